"""Wrong log densities, each beside the right one, and a model that is wrong in one language."""

from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import logsumexp
from jax.scipy.stats import norm
from scipy import stats

from course_utils.checks import Target

if TYPE_CHECKING:
    from course_utils.models import Model

WEIGHTS = np.array([0.3, 0.7])
MEANS = np.array([-2.0, 1.5])
SDS = np.array([0.6, 1.0])


def mixture(x: Array) -> Array:
    """Log density of two normals, log Σ_k w_k p_k(x): the right one."""
    return logsumexp(jnp.log(WEIGHTS) + norm.logpdf(x[0], MEANS, SDS))


def weights_not_logged(x: Array) -> Array:
    """Add the weights, where their logarithms belong."""
    return logsumexp(WEIGHTS + norm.logpdf(x[0], MEANS, SDS))


def harmonic_mean(x: Array) -> Array:
    """Take −log Σ_k w_k / p_k(x): a harmonic mean, small wherever any component is small."""
    return -logsumexp(jnp.log(WEIGHTS) - norm.logpdf(x[0], MEANS, SDS))


def scipy_mixture(x: np.ndarray) -> float:
    """Return the same from SciPy, a component at a time."""
    return float(np.log(sum(WEIGHTS * stats.norm(MEANS, SDS).pdf(x[0]))))


MIXTURES = {density.__name__: density for density in (weights_not_logged, harmonic_mean)}

OBSERVED = np.array([0.3, -1.2, 2.0, 0.7, 1.1])
PREDICTOR = np.array([0.0, 1.0, 2.0, 3.0, 4.0])


def line_likelihood(coefficients: Array) -> Array:
    """Log likelihood of a line with unit noise: the right one."""
    mean = coefficients[0] + coefficients[1] * PREDICTOR  # (N,)
    return norm.logpdf(OBSERVED, mean, 1.0).sum()


def broadcasts_to_a_matrix(coefficients: Array) -> Array:
    """Compare a column of N observations with a row of N means: N × N terms and no error."""
    mean = coefficients[0] + coefficients[1] * PREDICTOR  # (N,)
    return norm.logpdf(OBSERVED[:, None], mean, 1.0).sum()


def likelihood_in_a_loop(coefficients: np.ndarray) -> float:
    """Return the same, an observation at a time."""
    total = 0.0
    for y, x in zip(OBSERVED, PREDICTOR, strict=True):
        total += stats.norm(coefficients[0] + coefficients[1] * x, 1.0).logpdf(y)
    return total


RATE = 2.0


def gamma_with_rate() -> Target:
    """Build Gamma(3) with rate 2, that is, with scale 1/2."""
    return Target(
        lambda x: jnp.where(x[0] > 0, 2 * jnp.log(x[0]) - RATE * x[0], -jnp.inf),
        lambda key, num: jax.random.gamma(key, 3.0, (num, 1)) / RATE,
        {"x": (lambda x: x[0], stats.gamma(3, scale=1 / RATE).cdf)},
    )


def rate_as_scale(x: Array) -> Array:
    """Log density of Gamma(3) with the rate where the scale belongs."""
    return jnp.where(x[0] > 0, 2 * jnp.log(x[0]) - x[0] / RATE, -jnp.inf)


def half_cauchy_as_cauchy() -> "Model":
    """Write eight schools with a Cauchy prior of tau in PyMC, half-Cauchy in the other two."""
    from course_utils.models import eight_schools

    def pymc_given(data):
        import pymc as pm

        with pm.Model() as model:
            mu = pm.Normal("mu", 0, eight_schools.MU_SCALE)
            tau = pm.Cauchy("tau", 0, eight_schools.TAU_SCALE)
            theta = pm.Normal("theta", mu, tau, shape=len(data.effect))
            pm.Normal("y", theta, data.standard_error, observed=data.effect)
        return model

    return replace(eight_schools.model(parameterization="centered"), pymc_given=pymc_given)
