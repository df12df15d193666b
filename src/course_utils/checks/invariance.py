"""The first check of every sampler: that it leaves its target as it is."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils.checks.verdict import Target, Verdict, dkw_envelope, ks_distance
from course_utils.kernel import Kernel

Driver = Callable[[Array, Array, int], tuple[Array, Any]]


def invariance(
    key: Array,
    kernel: Kernel | Driver,
    target: Target,
    *,
    num_chains: int = 20_000,
    num_steps: int = 20,
    alpha: float = 1e-4,
    acceptance: tuple[float, float] = (0.2, 0.95),
) -> Verdict:
    """Test that the kernel leaves the target as it is.

    Start ``num_chains`` independent chains from *exact* draws, run ``num_steps`` steps. A right
    kernel gives exact draws again; a wrong one drifts towards its own stationary law. One draw is
    taken from each chain, so the draws are independent and the bound holds. The check looks at the
    rule and not at the journey: a chain that is stuck in one of two humps passes as well. And it
    sees only what the target and its statistics make visible.

    Parameters
    ----------
    key : Array
        A random key.
    kernel : Kernel or Callable
        Its info needs the field ``acceptance_rate``. For a sampler that steers all chains itself, a
        function ``(key, positions, num_draws) -> (draws, info)`` with draws of shape (num_chains,
        num_draws, dim).
    target : Target
        The density with its exact draws and statistics.
    num_chains, num_steps : int
        Budget: the detectable distance shrinks as 1 / sqrt(num_chains).
    alpha : float
        Probability of failing a right kernel.
    acceptance : tuple of float
        Range in which the mean acceptance must lie, so that both outcomes are exercised. It begins
        at 0.2 because a well-tuned random walk accepts 0.23 to 0.44. Exact conditionals are always
        accepted: give (0.2, 1) for Gibbs.

    Returns
    -------
    Verdict
        Property "movement", "acceptance" or "invariance".

    Notes
    -----
    The same kernel object with another key needs no new compilation.
    """
    key_start, key_steps = jax.random.split(key)
    start = target.draw(key_start, num_chains)
    if hasattr(kernel, "step"):
        keys = jax.random.split(key_steps, num_chains)
        end, rates = _last_position(keys, start, kernel.init, kernel.step, num_steps)
    else:
        end, rates = _last_of_driver(key_steps, start, kernel, num_steps)
    end = np.asarray(end)
    if not np.isfinite(end).all():
        return Verdict(False, "movement", "the chain reached a position that is not finite")
    moved = float(np.mean(np.any(end != np.asarray(start), axis=1)))
    rate = float(np.mean(rates))
    if moved < 0.5:
        return Verdict(
            False,
            "movement",
            f"only {moved:.0%} of the chains left their start in {num_steps} steps; "
            "a chain that never moves leaves every target as it is",
        )
    if not acceptance[0] <= rate <= acceptance[1]:
        return Verdict(
            False,
            "acceptance",
            f"the mean acceptance rate is {rate:.2f}; this check needs {acceptance[0]:g} to "
            f"{acceptance[1]:g}, so that acceptances and rejections both occur",
        )
    bound = dkw_envelope(num_chains, len(target.statistics), alpha)
    distances = {
        name: ks_distance(np.asarray(jax.vmap(statistic)(jnp.asarray(end))), cdf)
        for name, (statistic, cdf) in target.statistics.items()
    }
    worst = max(distances, key=distances.__getitem__)
    passed = distances[worst] <= bound
    return Verdict(
        passed,
        "invariance",
        f"after {num_steps} steps the law of {worst} is {distances[worst]:.4f} away from the exact "
        f"one (largest gap between the two cumulative curves); chance explains up to {bound:.4f}",
    )


# Static functions are found again by identity, so that the next key finds the compiled program.
@partial(jax.jit, static_argnames=("init", "step", "num_steps"))
def _last_position(keys, start, init, step, num_steps):
    def run_chain(key, position):
        keys = jax.random.split(key, num_steps)
        state, info = jax.lax.scan(lambda state, key: step(key, state), init(position), keys)
        return state.position, info.acceptance_rate.mean()

    return jax.vmap(run_chain)(keys, start)


@partial(jax.jit, static_argnames=("driver", "num_steps"))
def _last_of_driver(key, start, driver, num_steps):
    draws, info = driver(key, start, num_steps)
    return draws[:, -1], info.acceptance_rate.mean(axis=1)
