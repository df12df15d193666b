"""Warm-up: let the chains find their target, and the sampler its step size and its metric.

A sampler that goes on adapting is no Markov chain and has another law than its target. Warm-up here
returns *numbers*, and sampling starts afterwards with those numbers fixed.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils.adaptation import Adapted, BuildKernel, run
from course_utils.kernel import require_run, sample, sample_chain

__all__ = ["Adapted", "sample_adapted", "warmup", "warmup_and_sample"]


def warmup(
    key: Array,
    build_kernel: BuildKernel,
    positions: Array,
    num_warmup: int,
    *,
    target_acceptance_rate: float = 0.8,
    dense: bool = False,
    pooled: bool = False,
    adapt_metric: bool = True,
    initial_step_size: float = 1.0,
) -> Adapted:
    """Run each chain for ``num_warmup`` steps and learn step size and inverse mass matrix.

    The step size comes from dual averaging, the metric from the covariance of the draws in windows
    of growing length. The function is pure and not compiled: wrap the outermost function that calls
    it in ``jax.jit``.

    Parameters
    ----------
    key : Array
        A random key.
    build_kernel : Callable
        ``(step_size, inverse_mass_matrix) -> Kernel``, such as
        ``lambda step, metric: nuts(logdensity, step, metric)``; it may ignore the metric. The
        kernel's info has a field ``acceptance_rate``.
    positions : Array, shape (num_chains, dim)
        Starting positions.
    num_warmup : int
        Steps per chain, at least 20; 500 to 1000 are usual.
    target_acceptance_rate : float
        Between 0 and 1: 0.8 for HMC and NUTS, 0.574 for Langevin proposals, 0.234 for a random walk
        in many dimensions. NUTS in a pool of chains hits it. A chain that learns alone ends
        somewhat above it, here as in Stan, for the average of step sizes that still swing lies
        below the one they swing about.
    dense : bool
        Learn a full covariance matrix instead of its diagonal.
    pooled : bool
        Let all chains share one step size and one metric: the acceptance rate is averaged over
        chains and the moments are those of all chains' draws. They then learn num_chains times as
        fast, and no chain makes the others wait by a tiny step size of its own.
    adapt_metric : bool
        False for samplers without a metric: it stays the identity, and the step size has the whole
        warm-up to settle in, not the last 50 steps.
    initial_step_size : float
        Where the search for a step size starts, at first and again whenever the metric changes.
        Positive; 1 suits a metric that fits, and a step that is too long costs little.

    Returns
    -------
    Adapted
        Numbers, so that adaptation ends here. A step size of NaN tells that the chain (pooled: one
        of the chains) never accepted a step or stands where the log density is not finite.

    Raises
    ------
    TypeError
        If the kernel's info has no ``acceptance_rate``.
    ValueError
        If an argument is out of range or a chain starts where the log density is not finite. Inside
        ``jax.jit`` the values are not known yet, and the step size of NaN tells.

    References
    ----------
    Hoffman, M. D. and Gelman, A. (2014). The No-U-Turn sampler. JMLR 15, 1593-1623, section 3.2.
    Stan Reference Manual, chapter "MCMC Sampling", section "Automatic parameter tuning".
    """
    options = target_acceptance_rate, dense, pooled, adapt_metric, initial_step_size
    return run((key, key), build_kernel, positions, (num_warmup, 0), *options)[2]


def warmup_and_sample(
    key: Array,
    build_kernel: BuildKernel,
    positions: Array,
    num_warmup: int,
    num_draws: int,
    *,
    target_acceptance_rate: float = 0.8,
    dense: bool = False,
    pooled: bool = False,
    adapt_metric: bool = True,
    initial_step_size: float = 1.0,
) -> tuple[Array, Any, Adapted]:
    """Warm up, then sample with the numbers found, in one loop that compiles half as long.

    The step of the sampler is what takes long to compile. Two loops, of :func:`warmup` and
    :func:`sample_adapted`, hold it twice; this one loop holds it once, and after ``num_warmup``
    steps it learns no more. It needs memory for the positions of warm-up as well.

    Parameters
    ----------
    key : Array
        A random key, split into one for warm-up and one for the draws.
    num_draws : int
        Steps per chain after warm-up, at least 1.
    build_kernel, positions, num_warmup and the options
        As in :func:`warmup`.

    Returns
    -------
    draws : Array, shape (num_chains, num_draws, dim)
    info : NamedTuple of Arrays, leading shape (num_chains, num_draws)
    adapted : Adapted
        As :func:`warmup` returns it. A chain whose step size is NaN keeps repeating its position.

    Raises
    ------
    TypeError, ValueError
        As in :func:`warmup`.
    """
    require_run(jnp.asarray(positions), num_draws)
    options = target_acceptance_rate, dense, pooled, adapt_metric, initial_step_size
    keys = jax.random.split(key)
    return run(keys, build_kernel, positions, (num_warmup, num_draws), *options)


def sample_adapted(
    key: Array, build_kernel: BuildKernel, adapted: Adapted, num_draws: int
) -> tuple[Array, Any]:
    """Run every chain from where warm-up left it, with the numbers that warm-up found.

    Parameters
    ----------
    key : Array
        A random key, another one than warm-up had.
    build_kernel : Callable
        As in :func:`warmup`.
    adapted : Adapted
        The result of :func:`warmup`, per chain or pooled.
    num_draws : int
        Steps per chain, at least 1.

    Returns
    -------
    draws : Array, shape (num_chains, num_draws, dim)
    info : NamedTuple of Arrays, leading shape (num_chains, num_draws)

    Raises
    ------
    ValueError
        If warm-up found no step size, or as :func:`course_utils.kernel.sample` does.
    """
    positions, step_size, metric = adapted
    if not isinstance(step_size, jax.core.Tracer) and not np.isfinite(step_size).all():
        raise ValueError(
            f"adapted.step_size is {np.asarray(step_size).tolist()}: where it is NaN, warm-up "
            "accepted no step or ended where the log density is not finite; allowed are positive "
            "finite numbers"
        )
    if step_size.ndim == 0:
        return sample(key, build_kernel(step_size, metric), positions, num_draws)
    require_run(positions, num_draws)

    def run_chain(key, position, step_size, metric):
        return sample_chain(key, build_kernel(step_size, metric), position, num_draws)

    return jax.vmap(run_chain)(jax.random.split(key, len(positions)), positions, step_size, metric)
