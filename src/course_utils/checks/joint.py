"""The joint test: parameters and data drawn together, where no exact posterior is needed."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import Array

from course_utils.checks.verdict import Verdict
from course_utils.kernel import Kernel


def joint_test(
    key: Array,
    draw_joint: Callable[[Array], tuple[Array, Any]],
    kernel_given: Callable[[Any], Kernel],
    statistics: Mapping[str, Callable[[Array, Any], Array]],
    *,
    draw_data: Callable[[Array, Array, Any], Any] | None = None,
    num_replicates: int = 10_000,
    num_steps: int = 10,
    num_cycles: int = 1,
    alpha: float = 1e-4,
    redraws_last: bool = False,
) -> Verdict:
    """Test a posterior sampler without knowing one posterior.

    Each replicate starts from an exact joint draw (θ, y): θ from the prior, y from the model. The
    sampler for p(θ | y) then takes a few steps. If it leaves every posterior as it is, (θ, y) still
    has the joint law, so any statistic of both has the law that it has in fresh joint draws. More
    cycles redraw y and go on, so that a small mistake adds up.

    Parameters
    ----------
    key : Array
        A random key.
    draw_joint : Callable
        ``key -> (position, data)``, the position of shape (dim,) and any data.
    kernel_given : Callable
        ``data -> Kernel`` for the posterior of these data.
    statistics : Mapping of str to Callable
        ``(position, data) -> ()``. Take some of θ alone, and some that need both, such as the log
        likelihood: a sampler that ignores the data has the right law of θ.
    draw_data : Callable, optional
        ``(key, position, data) -> data``, data from the model for this θ; for several cycles.
    num_replicates : int
        Independent replicates on each side, at least 458, from where on the bound holds.
    num_steps : int
        Steps of the sampler before y is redrawn.
    num_cycles : int
        How often the sampler moves; between two moves y is redrawn.
    alpha : float
        Probability of failing a right sampler.
    redraws_last : bool
        Look after y was redrawn once more: a common form of the test, here only to show that it is
        blind to a sampler that ignores the data.

    Returns
    -------
    Verdict
        Property "joint law". The distance of two empirical laws of n draws each exceeds
        D = sqrt(log(2 m / alpha) / n) for any of m statistics with probability alpha at most.

    References
    ----------
    Geweke, J. (2004). Getting it right. JASA 99(467), 799-804.
    Gandy, A. and Scott, J. (2020). Unit testing for MCMC and other Monte Carlo methods.
    arXiv:2001.06465, section 3.
    Wei, F. and Dudley, R. M. (2012). Two-sample Dvoretzky-Kiefer-Wolfowitz inequalities.
    Statistics & Probability Letters 82(3), 636-644, theorem 1.
    """
    from scipy.stats import ks_2samp

    if num_replicates < 458:
        raise ValueError(f"num_replicates is {num_replicates}; allowed are integers ≥ 458")
    if draw_data is None and (num_cycles > 1 or redraws_last):
        raise ValueError("draw_data is None; to redraw y a function is needed")
    fresh, before, after = _simulate(
        key,
        draw_joint,
        kernel_given,
        tuple(statistics.values()),
        draw_data or _keep_data,
        num_replicates,
        num_steps,
        num_cycles,
    )
    moved = after if redraws_last else before
    fresh, moved = np.asarray(fresh, np.float64), np.asarray(moved, np.float64)
    for name, values in zip(statistics, moved, strict=True):
        if not np.isfinite(values).all():
            return Verdict(False, "joint law", f"{name} is not finite after {num_steps} steps")
    distances = {
        name: float(ks_2samp(one, other).statistic)
        for name, one, other in zip(statistics, fresh, moved, strict=True)
    }
    worst = max(distances, key=distances.__getitem__)
    bound = float(np.sqrt(np.log(2 * len(distances) / alpha) / num_replicates))
    return Verdict(
        distances[worst] <= bound,
        "joint law",
        f"after {num_cycles} × {num_steps} steps the law of {worst} is {distances[worst]:.4f} away "
        f"from the one in fresh joint draws; chance explains up to {bound:.4f}",
    )


def _keep_data(key, position, data):
    return data


@partial(jax.jit, static_argnums=range(1, 8))
def _simulate(
    key, draw_joint, kernel_given, statistics, draw_data, num_replicates, num_steps, num_cycles
):
    def look(position, data):
        return [statistic(position, data) for statistic in statistics]

    def move(key, position, data):
        kernel = kernel_given(data)
        keys = jax.random.split(key, num_steps)
        start = kernel.init(position)
        return jax.lax.scan(lambda s, k: (kernel.step(k, s)[0], None), start, keys)[0].position

    def cycle(carry, key):
        position, data, _ = carry
        key_steps, key_data = jax.random.split(key)
        position = move(key_steps, position, data)
        return (position, draw_data(key_data, position, data), data), None

    def replicate(key):
        key_start, key_cycles = jax.random.split(key)
        position, data = draw_joint(key_start)
        keys = jax.random.split(key_cycles, num_cycles)
        (position, redrawn, data), _ = jax.lax.scan(cycle, (position, data, data), keys)
        return look(position, data), look(position, redrawn)

    key_fresh, key_moved = jax.random.split(key)
    fresh = jax.vmap(lambda key: look(*draw_joint(key)))(
        jax.random.split(key_fresh, num_replicates)
    )
    return fresh, *jax.vmap(replicate)(jax.random.split(key_moved, num_replicates))
