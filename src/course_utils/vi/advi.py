"""ADVI: climb the reparameterised ELBO with any optimiser, all steps in one loop."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from course_utils.arguments import require_integer, require_positive
from course_utils.mh import LogDensity
from course_utils.vi.gaussian import Gaussian


class VIState(NamedTuple):
    """Where the optimisation stands: the approximation and the optimiser's own state."""

    approximation: Gaussian
    opt_state: Any


class VIInfo(NamedTuple):
    """What a step saw: the ELBO estimated before it, and whether it could be taken."""

    elbo: Array
    is_finite: Array


class VIAlgorithm(NamedTuple):
    """``init(position) -> state``, ``step(key, state) -> (state, info)``, and a way to draw.

    ``sample(key, state, num_samples) -> (num_samples, dim)``. These are the functions of BlackJAX's
    ``meanfield_vi`` and ``fullrank_vi``.
    """

    init: Callable[[Array], VIState]
    step: Callable[[Array, VIState], tuple[VIState, VIInfo]]
    sample: Callable[[Array, VIState, int], Array]


class VIResult(NamedTuple):
    """What a run leaves: approximation, ELBO of each step (num_steps,), and a flag.

    ``is_finite`` tells whether ELBO and gradient were finite in every step. A step where they were
    not changed nothing, so the approximation itself is always finite: look at the flag.
    """

    approximation: Gaussian
    elbo: Array
    is_finite: Array


def meanfield_vi(
    logdensity: LogDensity,
    optimizer: optax.GradientTransformation | None = None,
    num_samples: int = 16,
    initial_scale: float | Array = 0.1,
) -> VIAlgorithm:
    """Approximate by independent normals, one a coordinate; blind to correlation.

    On a Gaussian the best q has the variances 1 / P_ii, where P is the inverse covariance. They are
    too small: with two coordinates of correlation ρ, by the factor 1 − ρ².

    Parameters
    ----------
    logdensity : Callable
        log γ, ``(dim,) -> ()``, finite on the whole space.
    optimizer : optax.GradientTransformation, optional
        Left out: ``optax.adam(0.01)``. A decaying learning rate takes the noise out of the end.
    num_samples : int
        Draws for each gradient, at least 1.
    initial_scale : float or Array, shape () or (dim,)
        Standard deviations to begin with, positive.

    Returns
    -------
    VIAlgorithm
        ``init(position)`` begins with ``position``, shape (dim,), as the mean.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong kind.
    """
    return _gaussian_vi(logdensity, optimizer, num_samples, initial_scale, is_full=False)


def fullrank_vi(
    logdensity: LogDensity,
    optimizer: optax.GradientTransformation | None = None,
    num_samples: int = 16,
    initial_scale: float | Array = 0.1,
) -> VIAlgorithm:
    """Approximate by a normal with any covariance, dim (dim + 3) / 2 numbers.

    Parameters, returns and errors as in :func:`meanfield_vi`.
    """
    return _gaussian_vi(logdensity, optimizer, num_samples, initial_scale, is_full=True)


def reparameterized_elbo(approximation: Gaussian, noise: Array, logdensity: LogDensity) -> Array:
    """Estimate the ELBO as (1/S) Σ log γ(m + L z_s) + entropy, differentiable in m and L.

    Parameters
    ----------
    approximation : Gaussian
        q.
    noise : Array, shape (S, dim)
        Standard normal z.
    logdensity : Callable
        log γ, ``(dim,) -> ()``.
    """
    return jax.vmap(logdensity)(approximation.transform(noise)).mean() + approximation.entropy


def _gaussian_vi(
    logdensity: LogDensity,
    optimizer: optax.GradientTransformation | None,
    num_samples: int,
    initial_scale: float | Array,
    is_full: bool,
) -> VIAlgorithm:
    optimizer = optax.adam(0.01) if optimizer is None else optimizer
    if not (hasattr(optimizer, "init") and hasattr(optimizer, "update")):
        raise TypeError(f"optimizer is {optimizer!r}; allowed is an optax GradientTransformation")
    require_integer("num_samples", num_samples)
    if not isinstance(initial_scale, jax.core.Tracer):
        require_positive("initial_scale", initial_scale)

    def init(position):
        mean = _require_start(position)
        log_scale = jnp.broadcast_to(jnp.log(initial_scale), mean.shape).astype(mean.dtype)
        lower = jnp.zeros((mean.size, mean.size), mean.dtype) if is_full else None
        approximation = Gaussian(mean, log_scale, lower)
        return VIState(approximation, optimizer.init(approximation))

    def step(key, state):
        old = state.approximation
        noise = jax.random.normal(key, (num_samples, *old.mean.shape), old.mean.dtype)
        elbo, uphill = jax.value_and_grad(reparameterized_elbo)(old, noise, logdensity)
        downhill = jax.tree.map(jnp.negative, uphill)  # optax minimises
        updates, opt_state = optimizer.update(downhill, state.opt_state, old)
        proposed = VIState(optax.apply_updates(old, updates), opt_state)
        leaves = jax.tree.leaves((elbo, uphill, proposed.approximation))
        is_finite = jnp.stack([jnp.isfinite(leaf).all() for leaf in leaves]).all()
        state = jax.tree.map(lambda new, old: jnp.where(is_finite, new, old), proposed, state)
        return state, VIInfo(elbo, is_finite)

    def sample(key, state, num_samples):
        return state.approximation.sample(key, num_samples)

    return VIAlgorithm(init, step, sample)


def run(key: Array, algorithm: VIAlgorithm, position: Array, num_steps: int) -> VIResult:
    """Take all steps in one loop.

    The function is pure and not compiled: wrap the outermost function that calls it in ``jax.jit``
    and build algorithm and optimiser in there, so that a new learning rate compiles nothing anew.

    Parameters
    ----------
    key : Array
        A random key; it is split once into a key per step.
    algorithm : VIAlgorithm
        From :func:`meanfield_vi` or :func:`fullrank_vi`.
    position : Array, shape (dim,)
        Mean of the first approximation.
    num_steps : int
        Number of steps, at least 1.

    Returns
    -------
    VIResult
        Inside ``jax.jit`` nothing can be raised: read ``is_finite``.

    Raises
    ------
    ValueError
        If ``position`` is not a finite vector, if ``num_steps`` is no integer of at least 1, or,
        outside ``jax.jit``, if ELBO or gradient were not finite in some step.
    """
    require_integer("num_steps", num_steps)
    keys = jax.random.split(key, num_steps)
    state, infos = jax.lax.scan(
        lambda state, key: algorithm.step(key, state), algorithm.init(position), keys
    )
    if not isinstance(infos.is_finite, jax.core.Tracer) and not infos.is_finite.all():
        bad = np.flatnonzero(~np.asarray(infos.is_finite))
        raise ValueError(
            f"the ELBO or its gradient was not finite in {bad.size} of {num_steps} steps, first in "
            f"step {bad[0]}, where the ELBO was {float(infos.elbo[bad[0]])}; allowed is a log "
            "density that is finite, with a finite gradient, wherever the approximation draws"
        )
    return VIResult(state.approximation, infos.elbo, infos.is_finite.all())


def _require_start(position: Array) -> Array:
    position = jnp.asarray(position)
    if position.ndim != 1 or position.size == 0:
        raise ValueError(f"position has shape {position.shape}; allowed is (dim,) with dim ≥ 1")
    if not isinstance(position, jax.core.Tracer) and not np.isfinite(position).all():
        raise ValueError(f"position is {position}; allowed are finite numbers")
    return position.astype(jnp.result_type(position, float))
