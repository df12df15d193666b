"""The walk in JAX: a compiled step in a Python loop, one compiled program, BlackJAX's kernel."""

import jax
import jax.numpy as jnp

from course_utils.many_chains import random_walk_moments
from course_utils.walkers import STEP_SIZE


def log_mixture(target, x):
    """Log of the mixture's density, up to a constant, at every number of ``x``.

    No largest term is taken out first: where all four terms underflow, some 60 away from the
    centre, the logarithm is minus infinity, and no walk gets there.
    """
    factor = jnp.log(target.weight) - jnp.log(target.scale)
    z = (x - target.loc) * (1 / target.scale)
    return jnp.log(jnp.exp(factor - 0.5 * z**2).sum(axis=0))


def compiled(target, num_chains, num_draws):
    """Compile the course's engine: one program, on all devices if there is work for them."""
    devices = len(jax.devices())
    # To call a second device costs half a millisecond.
    is_worth_it = num_chains >= 250 and num_chains * num_draws >= 300_000
    num_streams = devices if is_worth_it and num_chains % devices == 0 else 1

    @jax.jit
    def walk(key, starts):
        return random_walk_moments(
            key,
            lambda x: log_mixture(target, x),
            STEP_SIZE,
            starts,
            num_draws,
            num_streams=num_streams,
        )

    walk.lower(jax.random.key(0), jnp.zeros(num_chains)).compile()

    def run(seed, starts):
        return jax.block_until_ready(walk(jax.random.key(seed), starts))

    return run


def generator(target, num_chains, num_draws):
    """Compile one step, and call it from Python, draw by draw."""

    @jax.jit
    def step(key, position, log_p, sums):
        key, key_proposal, key_decision = jax.random.split(key, 3)
        proposal = position + STEP_SIZE * jax.random.normal(key_proposal, (num_chains,))
        log_p_proposal = log_mixture(target, proposal)
        log_u = jnp.log(jax.random.uniform(key_decision, (num_chains,)))
        is_accepted = log_u < log_p_proposal - log_p
        position = jnp.where(is_accepted, proposal, position)
        log_p = jnp.where(is_accepted, log_p_proposal, log_p)
        now = position, position**2, is_accepted.astype(jnp.float32)
        return key, position, log_p, [total + one for total, one in zip(sums, now, strict=True)]

    log_density = jax.jit(lambda x: log_mixture(target, x))

    def run(seed, starts):
        key, position, log_p = jax.random.key(seed), jnp.asarray(starts), log_density(starts)
        sums = [jnp.zeros(num_chains)] * 3
        for _ in range(num_draws):
            key, position, log_p, sums = step(key, position, log_p, sums)
        return jax.block_until_ready((position, *(total / num_draws for total in sums)))

    return run


def blackjax_walk(target, num_chains, num_draws):
    """Compile BlackJAX's random walk, vectorized over chains as its documentation does."""
    import blackjax

    @jax.jit
    def walk(key, starts):
        kernel = blackjax.normal_random_walk(lambda x: log_mixture(target, x)[0], STEP_SIZE)

        def step(carry, key):
            states, sums = carry
            states, info = jax.vmap(kernel.step)(jax.random.split(key, num_chains), states)
            x = states.position
            now = x, x**2, info.is_accepted.astype(jnp.float32)
            return (states, [total + one for total, one in zip(sums, now, strict=True)]), None

        start = jax.vmap(kernel.init)(starts), [jnp.zeros(num_chains)] * 3
        (states, sums), _ = jax.lax.scan(step, start, jax.random.split(key, num_draws))
        return states.position, *(total / num_draws for total in sums)

    walk.lower(jax.random.key(0), jnp.zeros(num_chains)).compile()

    def run(seed, starts):
        return jax.block_until_ready(walk(jax.random.key(seed), starts))

    return run
