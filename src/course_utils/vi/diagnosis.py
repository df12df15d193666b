"""How good an approximation is: its ELBO with an error, and the tail of its importance weights."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils.arguments import require_integer
from course_utils.mh import LogDensity
from course_utils.vi.gaussian import Gaussian


def estimate_elbo(
    key: Array, logdensity: LogDensity, approximation: Gaussian, num_samples: int = 4000
) -> tuple[Array, Array]:
    """Estimate the ELBO with fresh draws, and the standard error of that estimate.

    The entropy is exact, so only the mean of log γ carries an error.

    Parameters
    ----------
    key : Array
        A random key.
    logdensity : Callable
        log γ, ``(dim,) -> ()``.
    approximation : Gaussian
        q.
    num_samples : int
        Number of draws, at least 2.

    Returns
    -------
    elbo, standard_error : Array, shape ()
        NaN or minus infinity where log γ is not finite at some draw.
    """
    require_integer("num_samples", num_samples, at_least=2)
    values = jax.vmap(logdensity)(approximation.sample(key, num_samples))
    standard_error = jnp.std(values, ddof=1) / np.sqrt(num_samples)
    return values.mean() + approximation.entropy, standard_error


def pareto_khat(
    key: Array, logdensity: LogDensity, approximation: Gaussian, num_samples: int = 4000
) -> float:
    """Diagnose the approximation by the tail of its importance weights γ(x) / q(x).

    k̂ is the shape of a generalised Pareto law fitted to the largest weights: weights have about
    1 / k̂ finite moments. Below 0.7 importance sampling can still correct q; above it q misses a
    part of the target that matters. On a Gaussian of correlation ρ the mean-field optimum has
    k = ρ.

    Parameters
    ----------
    key : Array
        A random key.
    logdensity : Callable
        log γ, ``(dim,) -> ()``.
    approximation : Gaussian
        q.
    num_samples : int
        Number of draws, at least 100.

    Returns
    -------
    float
        k̂; minus infinity when the largest weights are equal, as they are when q is the target;
        infinity when next to no draw has any weight.

    Raises
    ------
    ValueError
        If there are too few draws, or a weight is NaN or infinite.

    References
    ----------
    Yao, Y., Vehtari, A., Simpson, D. and Gelman, A. (2018). Yes, but did it work?: Evaluating
    variational inference. Proceedings of the 35th International Conference on Machine Learning,
    5581-5590.
    """
    from arviz_stats.base import array_stats

    require_integer("num_samples", num_samples, at_least=100)
    draws = approximation.sample(key, num_samples)
    log_target = jax.vmap(logdensity)(draws)
    log_q = jax.vmap(approximation.logdensity)(draws)
    log_weights = np.asarray(log_target - log_q, np.float64)
    bad = np.isnan(log_weights) | (log_weights == np.inf)
    if bad.any() or np.isinf(log_weights).all():
        raise ValueError(
            f"logdensity at {np.asarray(draws)[bad.argmax()]} gives a log weight of "
            f"{log_weights[bad.argmax()]}; allowed are finite numbers and minus infinity"
        )
    tail = np.sort(log_weights)[-int(min(num_samples / 5, 3 * num_samples**0.5)) :]  # ArviZ's
    if np.isinf(tail).any():
        return np.inf
    # Where rounding alone tells the largest weights apart, there is no tail to fit.
    size = np.abs(np.asarray(log_q)).max() + np.abs(tail).max()
    if np.ptp(tail) <= 10 * np.finfo(log_q.dtype).eps * size:
        return -np.inf
    # ArviZ takes log likelihoods, of which the weights are the inverse: hence the minus.
    return float(array_stats.psislw(-log_weights)[1])
