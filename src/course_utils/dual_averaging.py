"""Dual averaging: find the step size at which a sampler accepts as often as wanted."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

GAMMA, T0, KAPPA = 0.05, 10.0, 0.75


class StepSizeState(NamedTuple):
    """What is known about the step size so far; every field has shape ().

    The log step size in use and its average; the average of target minus acceptance rate; how many
    steps went into both averages; the value that log ε is drawn to; the direction of the search for
    a first step size (+1 doubles, −1 halves, 0 not known yet) and whether it still goes on.
    """

    log_step_size: Array
    log_average: Array
    mean_error: Array
    count: Array
    log_center: Array
    direction: Array
    is_searching: Array


def start(step_size: Array) -> StepSizeState:
    """Begin a search at ``step_size``, shape ()."""
    log_step_size = jnp.log(step_size)
    zero = jnp.zeros_like(log_step_size)
    return StepSizeState(
        log_step_size, log_step_size, zero, zero, zero, jnp.int32(0), jnp.bool_(True)
    )


def update(
    state: StepSizeState, acceptance_rate: Array, target_acceptance_rate: float
) -> StepSizeState:
    r"""Learn from one step of the sampler.

    At first the step size doubles, or halves, until the acceptance rate crosses the target. From
    the step size ε₀ reached, with H_t = target − acceptance rate,

        log ε_{t+1} = log 10 ε₀ − (√t / γ) (1 / (t + t₀)) Σ_{i ≤ t} H_i,
        average_{t+1} = t^{−κ} log ε_{t+1} + (1 − t^{−κ}) average_t.

    The iterates wander, so that they explore; the average settles, and is the answer.

    Parameters
    ----------
    state : StepSizeState
        What was known before the step.
    acceptance_rate : Array, shape ()
        Acceptance rate of a step of length exp(``state.log_step_size``), between 0 and 1; NaN
        counts as 0.
    target_acceptance_rate : float
        The rate wanted, between 0 and 1.

    Returns
    -------
    StepSizeState

    References
    ----------
    Hoffman, M. D. and Gelman, A. (2014). The No-U-Turn sampler. JMLR 15, 1593-1623, section 3.2 and
    algorithms 4 and 6. Their search looks at one leapfrog step and at a rate of 1/2; this one looks
    at the sampler's own steps and at the target, and so serves samplers without leapfrog steps.
    """
    log_step_size, log_average, mean_error, count, log_center, direction, is_searching = state
    limits = jnp.finfo(log_step_size.dtype)
    error = target_acceptance_rate - jnp.nan_to_num(acceptance_rate)

    turn = jnp.where(error < 0, 1, -1)
    has_crossed = (direction != 0) & (turn != direction)
    stays = is_searching & ~has_crossed
    log_center = jnp.where(is_searching, jnp.log(10.0) + log_step_size, log_center)
    searched = log_step_size + turn * jnp.log(2.0)

    count = count + 1
    mean_error = mean_error + (error - mean_error) / (count + T0)
    averaged = log_center - jnp.sqrt(count) / GAMMA * mean_error
    weight = count**-KAPPA

    # The step size itself must remain a number that is neither 0 nor infinite: by a factor of e it
    # keeps away from where rounding in the exponential would make it so.
    log_new = jnp.where(stays, searched, averaged)
    log_new = jnp.clip(log_new, jnp.log(limits.tiny) + 1, jnp.log(limits.max) - 1)
    return StepSizeState(
        log_step_size=log_new,
        log_average=jnp.where(stays, log_new, weight * log_new + (1 - weight) * log_average),
        mean_error=jnp.where(stays, 0, mean_error),
        count=jnp.where(stays, 0, count),
        log_center=log_center,
        direction=turn.astype(direction.dtype),
        is_searching=stays,
    )
