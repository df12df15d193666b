"""The loop in which chains learn their step size and metric, and in which they then sample.

:mod:`course_utils.warmup` is its front door.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils import dual_averaging, mass_matrix
from course_utils.arguments import require_integer
from course_utils.dual_averaging import StepSizeState
from course_utils.kernel import Kernel, require_finite_start, require_run
from course_utils.mass_matrix import Moments

BuildKernel = Callable[[Array, Array], Kernel]


class Adapted(NamedTuple):
    """What warm-up found: where the chains stand now, and the numbers to sample with.

    Per chain: ``positions`` (num_chains, dim), ``step_size`` (num_chains,), ``inverse_mass_matrix``
    (num_chains, dim) or (num_chains, dim, dim). Pooled, the last two have no axis for chains.
    """

    positions: Array
    step_size: Array
    inverse_mass_matrix: Array


class Learner(NamedTuple):
    """What a pool of chains has learned: its step size, its draws, which chains ever accepted."""

    step: StepSizeState
    moments: Moments
    has_accepted: Array


def run(
    keys: tuple[Array, Array],
    build_kernel: BuildKernel,
    positions: Array,
    num_steps: tuple[int, int],
    target_acceptance_rate: float,
    dense: bool,
    pooled: bool,
    adapt_metric: bool,
    initial_step_size: float,
) -> tuple[Array, Any, Adapted]:
    """Warm up and sample in one loop; keys and numbers of steps are those of (warm-up, draws)."""
    num_warmup, num_draws = num_steps
    positions = jnp.asarray(positions)
    require_run(positions, num_draws or 1)
    _require(num_warmup, target_acceptance_rate, initial_step_size)
    first_step = jnp.asarray(initial_step_size, positions.dtype)
    first_metric = jnp.ones_like(positions[0])
    first_metric = jnp.diag(first_metric) if dense else first_metric
    no_moments = mass_matrix.no_moments(positions[0], dense)
    states = jax.vmap(build_kernel(first_step, first_metric).init)(positions)
    require_finite_start(positions, getattr(states, "logdensity", positions))
    schedule = mass_matrix.build_schedule(num_warmup, num_draws, adapt_metric)

    def learn(now, states, info, metric, learner):
        step = dual_averaging.update(
            learner.step, info.acceptance_rate.mean(), target_acceptance_rate
        )
        moments = jax.lax.cond(
            now.is_slow, mass_matrix.add_draws, lambda old, _: old, learner.moments, states.position
        )
        step, moments, metric = jax.lax.cond(
            now.is_window_end,
            lambda: (
                dual_averaging.start(first_step),
                no_moments,
                mass_matrix.regularized(moments),
            ),
            lambda: (step, moments, metric),
        )
        has_accepted = learner.has_accepted | (info.acceptance_rate > 0)
        logdensity = getattr(states, "logdensity", states.position.sum(axis=1))
        is_found = jnp.all(has_accepted & jnp.isfinite(logdensity))
        answer = jnp.where(is_found, step.log_average, jnp.nan)
        step_size = jnp.exp(jnp.where(now.is_last, answer, step.log_step_size))
        return step_size, metric, Learner(step, moments, has_accepted)

    def run_pool(keys, states):
        def one_step(carry, now):
            states, step_size, metric, learner = carry
            step_keys, now = now
            step = build_kernel(step_size, metric).step
            states, info = _vmap(step, len(step_keys))(step_keys, states)
            _require_acceptance_rate(info)
            step_size, metric, learner = jax.lax.cond(
                now.is_warmup,
                lambda: learn(now, states, info, metric, learner),
                lambda: (step_size, metric, learner),
            )
            kept = (states.position, info) if num_draws else None
            return (states, step_size, metric, learner), kept

        never = jnp.zeros(len(states.position), bool)
        learner = Learner(dual_averaging.start(first_step), no_moments, never)
        over = jnp.concatenate(list(map(_keys_of_steps, keys, num_steps))), schedule
        carry = states, first_step, first_metric, learner
        (states, step_size, metric, _), kept = jax.lax.scan(one_step, carry, over)
        if not num_draws:
            return Adapted(states.position, step_size, metric), None, None
        adapted = Adapted(kept[0][num_warmup - 1], step_size, metric)
        return adapted, *jax.tree.map(lambda leaf: leaf[num_warmup:].swapaxes(0, 1), kept)

    keys = tuple(jax.random.split(key, len(positions)) for key in keys)
    if pooled:
        adapted, draws, info = run_pool(keys, states)
        return draws, info, adapted
    # A chain that learns alone is a pool of one.
    alone = jax.tree.map(lambda leaf: leaf[:, None], (keys, states))
    adapted, draws, info = _vmap(run_pool, len(positions))(*alone)
    draws, info = jax.tree.map(lambda leaf: leaf[:, 0], (draws, info))
    return draws, info, adapted._replace(positions=adapted.positions[:, 0])


def _vmap(function: Callable, num: int) -> Callable:
    # Vectorized over one, a branch runs both its sides and a loop carries masks, for nothing.
    if num > 1:
        return jax.vmap(function)

    def alone(*arguments):
        found = function(*jax.tree.map(lambda leaf: leaf[0], arguments))
        return jax.tree.map(lambda leaf: leaf[None], found)

    return alone


def _keys_of_steps(chain_keys: Array, num_steps: int) -> Array:
    # The keys that ``sample`` would use, step by step: shape (num_steps, num_chains).
    return jax.vmap(partial(jax.random.split, num=num_steps), out_axes=1)(chain_keys)


def _require_acceptance_rate(info: Any) -> None:
    if not hasattr(info, "acceptance_rate"):
        raise TypeError(
            f"build_kernel makes a kernel whose info is {type(info).__name__}; allowed is one "
            "with a field acceptance_rate"
        )


def _require(num_warmup: int, target_acceptance_rate: float, initial_step_size: float) -> None:
    require_integer("num_warmup", num_warmup, at_least=20)
    if not 0 < target_acceptance_rate < 1:
        raise ValueError(
            f"target_acceptance_rate is {target_acceptance_rate!r}; allowed is a number between "
            "0 and 1, both excluded"
        )
    if not 0 < initial_step_size < np.inf:
        raise ValueError(
            f"initial_step_size is {initial_step_size!r}; allowed is one positive finite number"
        )
