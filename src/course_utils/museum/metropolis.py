"""Wrong Metropolis-Hastings kernels: each takes a log density and a step size."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from course_utils.kernel import Kernel
from course_utils.mh import (
    LogDensity,
    MHInfo,
    MHState,
    accept_reject,
    log_normal_walk,
    metropolis_hastings,
    random_walk,
)


def one_key_for_both(logdensity: LogDensity, step_size: float) -> Kernel:
    """Use one random key for the proposal and for the decision."""
    right = metropolis_hastings(logdensity, random_walk(step_size))

    def step(key, state):
        position = state.position + step_size * jax.random.normal(key, state.position.shape)
        proposed = MHState(position, logdensity(position))
        log_ratio = proposed.logdensity - state.logdensity
        state, rate, is_accepted = accept_reject(key, state, proposed, log_ratio)
        return state, MHInfo(rate, is_accepted, position)

    return Kernel(right.init, step)


class RecordedState(NamedTuple):
    """What is recorded as ``position``, and the state from which the chain really goes on."""

    position: Array
    chain: MHState


def records_the_proposal(logdensity: LogDensity, step_size: float) -> Kernel:
    """Walk rightly, but record what was proposed instead of where the chain stands."""
    right = metropolis_hastings(logdensity, random_walk(step_size))

    def init(position):
        return RecordedState(position, right.init(position))

    def step(key, state):
        chain, info = right.step(key, state.chain)
        return RecordedState(info.proposal, chain), info

    return Kernel(init, step)


def drops_rejections(logdensity: LogDensity, step_size: float) -> Kernel:
    """Record a position only when a proposal was accepted."""
    right = metropolis_hastings(logdensity, random_walk(step_size))

    def step(key, state):
        def body(carry):
            key, old, _, tries = carry
            key, key_step = jax.random.split(key)
            new, info = right.step(key_step, old)
            return key, new, info, tries + 1

        def again(carry):
            return ~carry[2].is_accepted & (carry[3] < 20)

        key, key_step = jax.random.split(key)
        new, info = right.step(key_step, state)
        _, new, info, tries = jax.lax.while_loop(again, body, (key, new, info, 1))
        return new, info._replace(acceptance_rate=1.0 / tries)

    return Kernel(right.init, step)


def noise_as_proposal(logdensity: LogDensity, step_size: float) -> Kernel:
    """Propose the noise itself instead of the position plus the noise."""

    def propose(key, position):
        return step_size * jax.random.normal(key, position.shape), 0.0

    return metropolis_hastings(logdensity, propose)


def forgets_q_ratio(logdensity: LogDensity, step_size: float) -> Kernel:
    """Walk by factors on positive numbers, but treat the proposal as symmetric."""
    right = log_normal_walk(step_size)

    def propose(key, position):
        return right(key, position)[0], 0.0

    return metropolis_hastings(logdensity, propose)


def flips_q_ratio(logdensity: LogDensity, step_size: float) -> Kernel:
    """Walk by factors on positive numbers with the q-ratio upside down."""
    right = log_normal_walk(step_size)

    def propose(key, position):
        proposed, log_q_ratio = right(key, position)
        return proposed, -log_q_ratio

    return metropolis_hastings(logdensity, propose)


def stale_logdensity(logdensity: LogDensity, step_size: float) -> Kernel:
    """Move the position, but keep comparing with the log density of the start."""
    right = metropolis_hastings(logdensity, random_walk(step_size))

    def step(key, state):
        new, info = right.step(key, state)
        return new._replace(logdensity=state.logdensity), info

    return Kernel(right.init, step)


def accepts_per_coordinate(logdensity: LogDensity, step_size: float) -> Kernel:
    """Decide for each coordinate on its own, with the ratio of the whole."""
    right = metropolis_hastings(logdensity, random_walk(step_size))

    def step(key, state):
        key_proposal, key_accept = jax.random.split(key)
        noise = jax.random.normal(key_proposal, state.position.shape)
        proposal = state.position + step_size * noise
        log_ratio = logdensity(proposal) - state.logdensity
        rate = jnp.exp(jnp.minimum(log_ratio, 0.0))
        is_accepted = jax.random.bernoulli(key_accept, rate, state.position.shape)
        position = jnp.where(is_accepted, proposal, state.position)
        return MHState(position, logdensity(position)), MHInfo(rate, is_accepted.all(), proposal)

    return Kernel(right.init, step)


def never_moves(logdensity: LogDensity, step_size: float) -> Kernel:
    """Take steps a thousand times too long, so that nothing is ever accepted."""
    return metropolis_hastings(logdensity, random_walk(1000 * step_size))


METROPOLIS = {
    kernel.__name__: kernel
    for kernel in (
        one_key_for_both,
        records_the_proposal,
        drops_rejections,
        noise_as_proposal,
        stale_logdensity,
        accepts_per_coordinate,
        never_moves,
    )
}
LOG_NORMAL = {kernel.__name__: kernel for kernel in (forgets_q_ratio, flips_q_ratio)}
