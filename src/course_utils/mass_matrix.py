"""The metric of a sampler: in which windows of the warm-up it learns, and what from.

It is made of the covariance of draws that come one after the other and are not kept.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

FIRST_PHASE, FIRST_WINDOW, LAST_PHASE = 75, 25, 50


def slow_windows(num_warmup: int) -> list[tuple[int, int]]:
    """Cut the middle of a warm-up into windows, as (first step, step after the last).

    First 75 steps adapt the step size alone, while chains find the target. Then come windows of 25,
    50, 100 … steps; at the end of each the metric is made of its draws, which are then forgotten.
    The last 50 steps fit the step size to the final metric. A warm-up of less than 150 steps has
    phases of 15 % and 10 %, and one window between them.

    References
    ----------
    Stan Reference Manual, chapter "MCMC Sampling", section "Automatic parameter tuning".
    """
    first, size, last = FIRST_PHASE, FIRST_WINDOW, LAST_PHASE
    if num_warmup < first + size + last:
        first, last = int(0.15 * num_warmup), int(0.1 * num_warmup)
        size = num_warmup - first - last
    begin, stop = first, num_warmup - last
    windows = []
    while begin < stop:
        # A window that would leave less than the next one after it takes all that is left.
        end = stop if 3 * size > stop - begin else begin + size
        windows.append((begin, end))
        begin, size = end, 2 * size
    return windows


class Schedule(NamedTuple):
    """What each step of a run does, as arrays of bool of shape (num_warmup + num_draws,).

    Whether it is part of the warm-up, and its last step; whether the metric learns from it, and
    whether a window ends with it.
    """

    is_warmup: np.ndarray
    is_last: np.ndarray
    is_slow: np.ndarray
    is_window_end: np.ndarray


def build_schedule(num_warmup: int, num_draws: int = 0, adapt_metric: bool = True) -> Schedule:
    """Lay the windows of the warm-up, if the metric is to learn, out over the steps of a run."""
    step = np.arange(num_warmup + num_draws)
    windows = slow_windows(num_warmup)
    return Schedule(
        is_warmup=step < num_warmup,
        is_last=step == num_warmup - 1,
        is_slow=adapt_metric & (step >= windows[0][0]) & (step < windows[-1][1]),
        is_window_end=adapt_metric & np.isin(step, [end - 1 for _, end in windows]),
    )


class Moments(NamedTuple):
    """Number of draws (), their mean (dim,), and the sum of squares about it.

    ``scatter`` is Σ (x − mean)², shape (dim,), or Σ (x − mean)(x − mean)ᵀ, shape (dim, dim).
    """

    count: Array
    mean: Array
    scatter: Array


def no_moments(position: Array, dense: bool) -> Moments:
    """Return the moments of no draws at all, for positions like this one of shape (dim,)."""
    mean = jnp.zeros_like(position)
    scatter = jnp.zeros((len(mean), len(mean)), mean.dtype) if dense else mean
    return Moments(jnp.zeros((), mean.dtype), mean, scatter)


def add_draws(moments: Moments, draws: Array) -> Moments:
    """Add m draws to the n seen before, without ever subtracting two large numbers.

    With δ = (mean of the new) − (mean of the old),

        mean ← mean + δ m / (n + m),   scatter ← scatter + (scatter of the new) + δδᵀ n m / (n + m).

    For m = 1 this is Welford's formula.

    Parameters
    ----------
    moments : Moments
        What was seen before.
    draws : Array, shape (m, dim)
        For instance one position of each of m chains.

    References
    ----------
    Chan, T. F., Golub, G. H. and LeVeque, R. J. (1983). Algorithms for computing the sample
    variance. The American Statistician 37(3), 242-247, equation 2.1.
    """
    count, mean, scatter = moments
    num = len(draws)
    center = draws.mean(axis=0)
    spread, delta = draws - center, center - mean
    total = count + num
    weight = count * num / total
    if scatter.ndim == 2:
        scatter = scatter + jnp.dot(spread.T, spread, precision="highest")
        scatter = scatter + weight * jnp.outer(delta, delta)
    else:
        scatter = scatter + jnp.sum(spread**2, axis=0) + weight * delta**2
    return Moments(total, mean + delta * num / total, scatter)


def covariance(moments: Moments) -> Array:
    """Return the unbiased variances (dim,) or the covariance matrix (dim, dim)."""
    return moments.scatter / (moments.count - 1)


def regularized(moments: Moments) -> Array:
    """Return the covariance, drawn a little towards 0.001 I as Stan does it.

    With n draws, M⁻¹ = n / (n + 5) covariance + 5 / (n + 5) · 0.001 I: a coordinate that hardly
    moved gets a small variance and not 0, and the matrix can be inverted although n < dim.

    References
    ----------
    Stan Reference Manual, chapter "MCMC Sampling", section "Hamiltonian Monte Carlo"; the numbers
    are those of Stan's source, ``var_adaptation.hpp`` and ``covar_adaptation.hpp``.
    """
    weight = moments.count / (moments.count + 5)
    floor = 1e-3 * (1 - weight) * jnp.ones_like(moments.mean)
    return weight * covariance(moments) + (jnp.diag(floor) if moments.scatter.ndim == 2 else floor)
