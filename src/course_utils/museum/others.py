"""Wrong Gibbs steps, and a sampler that never stops adapting."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from course_utils.gibbs import GibbsInfo, GibbsState, gibbs
from course_utils.kernel import Kernel
from course_utils.mh import LogDensity, MHState, metropolis_hastings, random_walk


def right_gibbs(correlation: float) -> Kernel:
    """Draw two standard normals of this correlation, each given the other: the right one."""
    sd = (1 - correlation**2) ** 0.5
    return gibbs(
        [
            (0, lambda key, x: correlation * x[1] + sd * jax.random.normal(key)),
            (1, lambda key, x: correlation * x[0] + sd * jax.random.normal(key)),
        ]
    )


def stale_values(correlation: float) -> Kernel:
    """Draw both coordinates given where the other was *before* the step."""
    sd = (1 - correlation**2) ** 0.5

    def step(key, state):
        noise = jax.random.normal(key, (2,))
        position = correlation * state.position[::-1] + sd * noise
        return GibbsState(position), GibbsInfo(jnp.array(1.0), jnp.array(True))

    return Kernel(GibbsState, step)


def variance_as_sd(correlation: float) -> Kernel:
    """Draw each coordinate with its conditional variance where the standard deviation belongs."""
    variance = 1 - correlation**2
    return gibbs(
        [
            (0, lambda key, x: correlation * x[1] + variance * jax.random.normal(key)),
            (1, lambda key, x: correlation * x[0] + variance * jax.random.normal(key)),
        ]
    )


GIBBS = {kernel.__name__: kernel for kernel in (stale_values, variance_as_sd)}


class AdaptingState(NamedTuple):
    """A chain that carries its own step size."""

    position: Array
    logdensity: Array
    log_step_size: Array


def keeps_adapting(logdensity: LogDensity, step_size: float) -> Kernel:
    """Walk, and after every step make the next one longer or shorter, for ever.

    The step size then depends on where the chain has just been: long in the wide part, short in
    the narrow part. Proposals there and back no longer balance.
    """

    def init(position):
        return AdaptingState(position, logdensity(position), jnp.log(step_size))

    def step(key, state):
        walk = metropolis_hastings(logdensity, random_walk(jnp.exp(state.log_step_size)))
        moved, info = walk.step(key, MHState(state.position, state.logdensity))
        log_step_size = state.log_step_size + 0.5 * (info.acceptance_rate - 0.44)
        return AdaptingState(*moved, log_step_size), info

    return Kernel(init, step)
