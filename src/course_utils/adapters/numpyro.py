"""NumPyro's models and kernels in the course's driver."""

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from course_utils.adapters.foreign import ForeignModel
from course_utils.arguments import require_integer
from course_utils.kernel import Kernel

if TYPE_CHECKING:
    from numpyro.infer.mcmc import MCMCKernel


def from_numpyro(model: Callable[..., Any], *args: Any, **kwargs: Any) -> ForeignModel:
    """Turn a NumPyro program into a log density of flat positions.

    NumPyro's ``MCMC`` compiles at every run. Here the caller compiles, once, and new data of the
    same shape can be an argument of the compiled function:

        model = from_numpyro(program, y)
        run = jax.jit(lambda key, starts, y: sample(
            key, nuts(lambda x: model.logdensity_given(x, y), ...), starts, num_draws))

    Parameters
    ----------
    model : Callable
        A NumPyro program whose unobserved sites are continuous.
    *args, **kwargs
        Its arguments. They give the shapes, and are the data of ``logdensity`` and ``constrain``.

    Returns
    -------
    ForeignModel
        Positions hold the sites in alphabetical order. Starts are those of ``init_to_uniform``,
        dims are the names of the plates.

    Raises
    ------
    ValueError
        If an unobserved site is discrete, or there is none at all.
    """
    from numpyro import handlers
    from numpyro.infer.util import constrain_fn, potential_energy

    structure = _structure(model, args, kwargs)
    center, unravel = _flat(structure)

    # The seed serves programs that draw beside their sites, such as a plate with subsampling.
    def logdensity_given(position: Array, *args: Any, **kwargs: Any) -> Array:
        with handlers.seed(rng_seed=0):
            return -potential_energy(model, args, kwargs, unravel(position))

    def constrain_given(position: Array, *args: Any, **kwargs: Any) -> dict[str, Array]:
        with handlers.seed(rng_seed=0):
            return constrain_fn(model, args, kwargs, unravel(position), return_deterministic=True)

    return ForeignModel(
        dim=len(center),
        logdensity_given=logdensity_given,
        constrain_given=constrain_given,
        center=np.asarray(center),
        radius=2.0,
        args=args,
        kwargs=kwargs,
        dims=structure.dims,
        observed_data=structure.observed,
    )


class _Structure(NamedTuple):
    shapes: dict[str, tuple[int, ...]]
    dims: dict[str, list[str]]
    observed: dict[str, np.ndarray]


def _structure(model: Callable, args: tuple, kwargs: dict) -> _Structure:
    """Read off a program: unconstrained shapes of its free sites, plates, observed values."""
    from numpyro import handlers
    from numpyro.distributions import biject_to

    shapes, dims, observed = {}, {}, {}

    def look() -> None:
        trace = handlers.trace(handlers.seed(model, 0)).get_trace(*args, **kwargs)
        for name, site in trace.items():
            if site["type"] not in ("sample", "deterministic"):
                continue
            plates = {frame.dim: frame.name for frame in site["cond_indep_stack"]}
            # Plates count from the right, and stand left of what one draw of the site holds.
            if sorted(plates) == list(range(-len(plates), 0)) and len(plates) <= jnp.ndim(
                site["value"]
            ):
                dims[name] = [plates[dim] for dim in sorted(plates)]
            if site["type"] == "sample" and site["is_observed"]:
                observed[name] = site["value"]
            elif site["type"] == "sample":
                if site["fn"].support.is_discrete:
                    raise ValueError(
                        f"model: its site {name!r} is discrete and not observed; allowed are "
                        "continuous sites (sum discrete ones out of the density)"
                    )
                shapes[name] = biject_to(site["fn"].support).inverse_shape(site["value"].shape)

    jax.eval_shape(look)  # traced only: run eagerly, each of its distributions would be compiled
    if not shapes:
        raise ValueError("model: it has no unobserved site; allowed are programs with some")
    # A value that the program computes from its data is known at run time only, and left out.
    known = {
        name: np.asarray(value)
        for name, value in observed.items()
        if not isinstance(value, jax.core.Tracer)
    }
    return _Structure(dict(sorted(shapes.items())), dims, known)


def _flat(structure: _Structure) -> tuple[Array, Callable[[Array], dict[str, Array]]]:
    return ravel_pytree({name: jnp.zeros(shape) for name, shape in structure.shapes.items()})


class NumPyroState(NamedTuple):
    """``position`` (dim,), its ``logdensity`` (), and NumPyro's own state."""

    position: Array
    logdensity: Array
    state: Any


class NumPyroInfo(NamedTuple):
    """What NumPyro's state tells about a step; None where the kernel does not tell."""

    acceptance_rate: Array | None
    is_divergent: Array | None
    num_integration_steps: Array | None
    energy: Array | None
    step_size: Array | None


def from_numpyro_kernel(
    kernel: "MCMCKernel", *args: Any, num_warmup: int = 0, **kwargs: Any
) -> Kernel:
    """Turn a NumPyro kernel (NUTS, HMC, SA, BarkerMH) into one of the course.

    Parameters
    ----------
    kernel : numpyro.infer.mcmc.MCMCKernel
        Built from a model, or from a ``potential_fn`` of flat positions. It is not changed.
    *args, **kwargs
        Arguments of the model.
    num_warmup : int
        Steps in which NumPyro adapts; drop their draws. 0, the default, keeps step size and
        metric as the kernel has them.

    Returns
    -------
    Kernel
        With ``NumPyroState`` and ``NumPyroInfo``.

    Raises
    ------
    TypeError
        If ``kernel`` is no NumPyro kernel, or an ensemble kernel, whose chains move one another.
    ValueError
        If ``num_warmup`` is not an integer of at least 0.
    """
    from numpyro.infer.mcmc import MCMCKernel

    if not isinstance(kernel, MCMCKernel) or kernel.is_ensemble_kernel:
        raise TypeError(
            f"kernel is a {type(kernel).__name__}; allowed are NumPyro kernels that move one chain"
        )
    require_integer("num_warmup", num_warmup, at_least=0)
    unravel = lambda position: position  # noqa: E731
    if kernel.model is not None:
        unravel = _flat(_structure(kernel.model, args, kwargs))[1]
    # A NumPyro kernel keeps functions of its last `init`, so each `init` gets a copy of its own.
    running = {}

    def wrap(state: Any) -> NumPyroState:
        position = ravel_pytree(getattr(state, kernel.sample_field))[0]
        return NumPyroState(position, -state.potential_energy, state)

    def init(position: Array) -> NumPyroState:
        running["kernel"] = copy.copy(kernel)
        key = jax.random.key(0)  # each step brings its own
        return wrap(running["kernel"].init(key, num_warmup, unravel(position), args, kwargs))

    def step(key: Array, state: NumPyroState) -> tuple[NumPyroState, NumPyroInfo]:
        moved = running["kernel"].sample(state.state._replace(rng_key=key), args, kwargs)
        info = NumPyroInfo(
            getattr(moved, "accept_prob", None),
            getattr(moved, "diverging", None),
            getattr(moved, "num_steps", None),
            getattr(moved, "energy", None),
            getattr(moved.adapt_state, "step_size", None),
        )
        return wrap(moved), info

    return Kernel(init, step)
