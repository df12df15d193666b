"""The course's convention for a sampler, and the one driver that runs every sampler.

A sampler is a pair of functions, ``init`` and ``step``. This is BlackJAX's convention, so its own
samplers run in :func:`sample` unmodified.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils.arguments import require_integer


class Kernel(NamedTuple):
    """A Markov transition as two pure functions.

    Attributes
    ----------
    init : Callable
        ``init(position) -> state``; the state has at least a field ``position``.
    step : Callable
        ``step(key, state) -> (state, info)``; the same key gives the same step.
    """

    init: Callable[[Array], Any]
    step: Callable[[Array, Any], tuple[Any, Any]]


def sample(key: Array, kernel: Kernel, positions: Array, num_draws: int) -> tuple[Array, Any]:
    """Run one chain from each starting position and keep every draw.

    The function is pure and not compiled: wrap the outermost function that calls it in ``jax.jit``
    and build the kernel in there, so that a new step size needs no new compilation.

    Parameters
    ----------
    key : Array
        A random key. It is split once into a key per chain, then into a key per step.
    kernel : Kernel
        The sampler; anything with ``init`` and ``step`` will do.
    positions : Array, shape (num_chains, dim)
        Starting positions.
    num_draws : int
        Steps per chain, at least 1.

    Returns
    -------
    draws : Array, shape (num_chains, num_draws, dim)
        The position after each step. After a rejection it repeats the position before.
    info : NamedTuple of Arrays, leading shape (num_chains, num_draws)
        What the kernel reports on each step.

    Raises
    ------
    ValueError
        If ``positions`` is not two-dimensional, is empty or not finite, if ``num_draws`` is not a
        positive integer, or if a chain starts where the log density is not finite.
    """
    positions = jnp.asarray(positions)
    require_run(positions, num_draws)
    states = jax.vmap(kernel.init)(positions)
    require_finite_start(positions, getattr(states, "logdensity", positions))

    def run(key, state):
        return run_chain(key, kernel, state, num_draws)

    return jax.vmap(run)(jax.random.split(key, len(positions)), states)


def run_chain(key: Array, kernel: Kernel, state: Any, num_draws: int) -> tuple[Array, Any]:
    """Take ``num_draws`` steps from a state and keep the position and the info of each."""

    def one_step(state, key):
        state, info = kernel.step(key, state)
        return state, (state.position, info)

    return jax.lax.scan(one_step, state, jax.random.split(key, num_draws))[1]


def sample_chain(key: Array, kernel: Kernel, position: Array, num_draws: int) -> tuple[Array, Any]:
    """Run one chain: ``sample`` is this, vectorized over keys and positions.

    For programs that arrange chains in another way, such as one after another or over devices.

    Parameters
    ----------
    key : Array
        The key of this chain; it is split once into a key per step.
    kernel, num_draws
        As in :func:`sample`.
    position : Array, shape (dim,)
        Starting position.

    Returns
    -------
    draws : Array, shape (num_draws, dim)
        The position after each step.
    info : NamedTuple of Arrays, leading shape (num_draws,)
        What the kernel reports on each step.
    """
    return run_chain(key, kernel, kernel.init(position), num_draws)


def require_run(positions: Array, num_draws: int) -> None:
    """Refuse positions that are no chains, and a number of draws that is not positive."""
    if positions.ndim != 2 or positions.shape[0] == 0:
        raise ValueError(
            f"positions has shape {positions.shape}; allowed is (num_chains, dim) "
            "with at least one chain"
        )
    require_integer("num_draws", num_draws)


def require_finite_start(positions: Array, logdensity: Array) -> None:
    """Refuse a start that is not finite or where the log density is not."""
    if not jnp.issubdtype(positions.dtype, jnp.floating):
        raise ValueError(
            f"positions has dtype {positions.dtype}; allowed are floating-point numbers"
        )
    if logdensity is not positions and logdensity.shape != positions.shape[:1]:
        raise ValueError(
            f"the log density of a position has shape {logdensity.shape[1:]}; allowed is a scalar"
        )
    # Inside jit the values are not known yet: there the draws themselves show a stuck chain.
    if isinstance(logdensity, jax.core.Tracer) or isinstance(positions, jax.core.Tracer):
        return
    positions, logdensity = np.asarray(positions), np.asarray(logdensity)
    for chain, (position, value) in enumerate(zip(positions, logdensity, strict=True)):
        if not (np.isfinite(position).all() and np.isfinite(value).all()):
            raise ValueError(
                f"positions of chain {chain} is {position.tolist()}, where the log density is "
                f"{value.tolist()}; allowed are finite positions with a finite log density"
            )
