"""Five methods, three models, one function: warm up, then draw."""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from course_utils import conditionals, vi
from course_utils.arguments import require_integer
from course_utils.gibbs import gibbs
from course_utils.hmc import hmc
from course_utils.kernel import sample, sample_chain
from course_utils.mh import independence, metropolis_hastings, random_walk
from course_utils.models import registry
from course_utils.models.base import Model
from course_utils.nuts import nuts
from course_utils.warmup import warmup_and_sample

# Of a random walk: in one dimension, in two, in many (Gelman, Roberts and Gilks, 1996, table 1).
WALK_ACCEPTANCE = {1: 0.44, 2: 0.35}
MANY_ACCEPTANCE = 0.234
PATH = np.pi / 2  # a quarter of an orbit of a standard normal
MOST_STEPS = 64  # of a path of HMC, while warm-up tries tiny step sizes
VI_DRAWS, VI_RATE = 16, 0.1  # draws from q for a gradient of the ELBO; the first learning rate
VI_SETTLE = 100  # steps of the chain of proposals from q that are thrown away


class Result(NamedTuple):
    """What a run leaves; everything but ``approximation`` is about the kept steps.

    Attributes
    ----------
    positions : Array, shape (num_chains, num_draws, dim)
        What the method hands out as draws from the posterior. Of variational inference: draws from
        its approximation q.
    acceptance_rate : Array, shape (num_chains, num_draws)
        Probability of acceptance. Of Gibbs: mean over the conditionals. Of variational inference:
        of a draw from q as the proposal of an independence sampler.
    evaluations : Array, shape (num_chains, num_draws)
        What a step evaluates: log densities (Metropolis-Hastings, variational inference),
        conditionals (Gibbs), gradients (HMC, NUTS).
    is_divergent : Array, shape (num_chains, num_draws)
        Always False where there is no path that could diverge.
    corrected : Array, shape (num_chains, num_draws, dim), or None
        Of variational inference: the independence sampler that accepts or rejects the draws from q.
        It draws from the posterior.
    approximation : Gaussian or None
        Of variational inference: the fitted q of each chain.
    """

    positions: Array
    acceptance_rate: Array
    evaluations: Array
    is_divergent: Array
    corrected: Array | None = None
    approximation: vi.Gaussian | None = None

    @property
    def chain(self) -> Array:
        """Draws of a Markov chain with the posterior as its law; of every method."""
        return self.positions if self.corrected is None else self.corrected


Program = Callable[[Model, Array, Array, int, int], Result]


def _result(draws: Array, info: NamedTuple, evaluations: int | Array) -> Result:
    rate = info.acceptance_rate
    return Result(
        draws,
        rate,
        jnp.broadcast_to(jnp.asarray(evaluations), rate.shape),
        getattr(info, "is_divergent", jnp.zeros(rate.shape, bool)),
    )


def metropolis(model: Model, key: Array, starts: Array, num_warmup: int, num_draws: int) -> Result:
    """Walk at random, in steps proportional to the scales that warm-up finds."""

    def build_kernel(step_size, variances):
        return metropolis_hastings(model.logdensity, random_walk(step_size * jnp.sqrt(variances)))

    rate = WALK_ACCEPTANCE.get(model.dim, MANY_ACCEPTANCE)
    draws, info, _ = warmup_and_sample(
        key, build_kernel, starts, num_warmup, num_draws, target_acceptance_rate=rate
    )
    return _result(draws, info, 1)


def gibbs_sampling(
    model: Model, key: Array, starts: Array, num_warmup: int, num_draws: int
) -> Result:
    """Draw every conditional in turn; where one has no name, by a step of a random walk."""
    if model.name == "line":
        rate = (1 + WALK_ACCEPTANCE[1]) / 2  # the mean of an exact draw and a walk in one dimension
        draws, info, _ = warmup_and_sample(
            key,
            lambda step_size, _: gibbs(conditionals.line(model.data, step_size)),
            starts,
            num_warmup,
            num_draws,
            target_acceptance_rate=rate,
            adapt_metric=False,
        )
        return _result(draws, info, 2)
    if model.name == "binomial":
        pairs = conditionals.binomial(model.data)
    else:
        pairs = conditionals.eight_schools(model.data)
        starts = jnp.column_stack([starts, jnp.zeros(len(starts), starts.dtype)])  # log a
    draws, info = sample(key, gibbs(pairs), starts, num_warmup + num_draws)
    # The coordinates of the model come first; what helps to draw them is dropped.
    kept = jax.tree.map(lambda leaf: leaf[:, num_warmup:], (draws[..., : model.dim], info))
    return _result(*kept, len(pairs))


def hamiltonian(model: Model, key: Array, starts: Array, num_warmup: int, num_draws: int) -> Result:
    """Roll a quarter of an orbit, in as many steps as the step size of the warm-up makes of it."""

    def build_kernel(step_size, variances):
        num_steps = jnp.clip(jnp.round(PATH / step_size), 1, MOST_STEPS).astype(int)
        return hmc(model.logdensity, step_size, variances, num_steps)

    draws, info, _ = warmup_and_sample(key, build_kernel, starts, num_warmup, num_draws)
    return _result(draws, info, info.num_integration_steps)


def no_u_turn(model: Model, key: Array, starts: Array, num_warmup: int, num_draws: int) -> Result:
    """Roll until the path turns back."""
    build_kernel = partial(nuts, model.logdensity)
    draws, info, _ = warmup_and_sample(key, build_kernel, starts, num_warmup, num_draws)
    return _result(draws, info, info.num_integration_steps)


def fit(model: Model, key: Array, start: Array, num_steps: int) -> vi.Gaussian:
    """Fit a mean-field normal to the posterior."""
    optimizer = optax.adam(optax.cosine_decay_schedule(VI_RATE, num_steps))
    algorithm = vi.meanfield_vi(model.logdensity, optimizer, VI_DRAWS)
    return vi.run(key, algorithm, start, num_steps).approximation


def variational(model: Model, key: Array, starts: Array, num_warmup: int, num_draws: int) -> Result:
    """Fit a mean-field normal q, draw from it, and let Metropolis-Hastings judge the draws.

    The steps of the optimiser are the warm-up. Each chain fits a q of its own.
    """

    def one_chain(key, start):
        key_fit, key_first, key_chain = jax.random.split(key, 3)
        q = fit(model, key_fit, start, num_warmup)

        def draw(key):
            return q.sample(key, 1)[0]

        kernel = metropolis_hastings(model.logdensity, independence(draw, q.logdensity))
        chain, info = sample_chain(key_chain, kernel, draw(key_first), VI_SETTLE + num_draws)
        chain, info = jax.tree.map(lambda leaf: leaf[VI_SETTLE:], (chain, info))
        return chain, info, q

    chain, info, q = jax.vmap(one_chain)(jax.random.split(key, len(starts)), starts)
    result = _result(info.proposal, info, 1)
    return result._replace(corrected=chain, approximation=q)


METHODS: dict[str, Program] = {
    "Metropolis-Hastings": metropolis,
    "Gibbs": gibbs_sampling,
    "HMC": hamiltonian,
    "NUTS": no_u_turn,
    "VI": variational,
}
MODELS = ("binomial", "line", "eight_schools", "eight_schools_centered")


def model_for(method: str, model_name: str) -> Model:
    """Return the model in the coordinates that the method moves.

    ``"eight_schools"`` is the noncentered form for all but Gibbs, whose conditionals are those of
    the centered form; ``"eight_schools_centered"`` is the centered form for all.

    Raises
    ------
    ValueError
        If there is no such method or model.
    """
    for name, value, allowed in (("method", method, METHODS), ("model_name", model_name, MODELS)):
        if value not in allowed:
            raise ValueError(f"{name} is {value!r}; allowed are {', '.join(allowed)}")
    return registry.build(_registered(method, model_name))


def _registered(method: str, model_name: str) -> str:
    if model_name != "eight_schools":
        return model_name
    return "eight_schools_centered" if method == "Gibbs" else "eight_schools_noncentered"


def build(
    method: str, model_name: str, num_chains: int = 4, num_warmup: int = 1000, num_draws: int = 1000
) -> Callable[[Array], Result]:
    """Make the program of a method on a model: one jitted function of a random key.

    Chains start uniformly within 2 of the origin of the unconstrained scale, warm up for
    ``num_warmup`` steps and take ``num_draws`` more. Nothing is compiled before the first call.

    Parameters
    ----------
    method : str
        A key of ``METHODS``.
    model_name : str
        One of ``MODELS``; see :func:`model_for`.
    num_chains, num_warmup, num_draws : int
        Chains, and for each the steps that are thrown away and those that are kept. Variational
        inference takes ``num_warmup`` steps of its optimiser. At least 1, 20 and 1.

    Returns
    -------
    Callable
        ``key -> Result``. Each call of ``build`` returns a new function, with a compilation of its
        own to measure.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    model = model_for(method, model_name)
    require_integer("num_chains", num_chains)
    require_integer("num_warmup", num_warmup, at_least=20)
    require_integer("num_draws", num_draws)

    @jax.jit
    def program(key):
        key_run, starts = _starts(key, num_chains, model.dim)
        return METHODS[method](model, key_run, starts, num_warmup, num_draws)

    return program


def build_uncorrected(
    model_name: str, num_chains: int = 4, num_warmup: int = 1000, num_draws: int = 1000
) -> Callable[[Array], Array]:
    """Make variational inference as its users run it: fit, and draw from the fit.

    Parameters and errors are those of :func:`build`.

    Returns
    -------
    Callable
        ``key -> draws``, of shape (num_chains, num_draws, dim): a jitted function. They are draws
        from the approximation; nothing corrects them.
    """
    model = model_for("VI", model_name)
    require_integer("num_chains", num_chains)
    require_integer("num_warmup", num_warmup, at_least=20)
    require_integer("num_draws", num_draws)

    def one_chain(key, start):
        key_fit, key_draw = jax.random.split(key)
        return fit(model, key_fit, start, num_warmup).sample(key_draw, num_draws)

    @jax.jit
    def program(key):
        key_run, starts = _starts(key, num_chains, model.dim)
        return jax.vmap(one_chain)(jax.random.split(key_run, num_chains), starts)

    return program


def _starts(key: Array, num_chains: int, dim: int) -> tuple[Array, Array]:
    key_start, key_run = jax.random.split(key)
    return key_run, jax.random.uniform(key_start, (num_chains, dim), minval=-2, maxval=2)


_build_once = cache(build)


def run(
    method: str,
    model_name: str,
    key: Array,
    num_chains: int = 4,
    num_warmup: int = 1000,
    num_draws: int = 1000,
) -> Result:
    """Run a method on a model; the same call with another key compiles nothing anew.

    Parameters and errors as in :func:`build`, and ``key``, a random key.
    """
    return _build_once(method, model_name, num_chains, num_warmup, num_draws)(key)


def quantities(method: str, model_name: str, positions: Array) -> dict[str, np.ndarray]:
    """Compute all that the model's exact reference speaks of, shapes (num_chains, num_draws, ...).

    Parameters
    ----------
    method, model_name : str
        What made the positions.
    positions : Array, shape (num_chains, num_draws, dim)
        ``positions`` or ``chain`` of a :class:`Result`.
    """
    found = _quantities_of(_registered(method, model_name))(positions)
    return {name: np.asarray(values, float) for name, values in found.items()}


@cache
def _quantities_of(registered: str) -> Callable[[Array], dict[str, Array]]:
    model = registry.build(registered)
    return jax.jit(lambda x: model.quantities(jax.vmap(jax.vmap(model.constrain))(x)))
