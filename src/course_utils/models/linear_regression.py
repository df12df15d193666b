"""Linear regression with a conjugate prior: exact in every part, and ready for Gibbs sampling.

    variance ~ InverseGamma(3, 2),   coefficients_k ~ Normal(0, sqrt(variance) · 10),
    y_i ~ Normal(x_i · coefficients, sqrt(variance))

The prior of the coefficients scales with the noise. That is what makes the posterior of the same
family as the prior, a normal-inverse-gamma, and both conditionals of a Gibbs sampler standard.
"""

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln
from scipy.stats import invgamma, t

from course_utils.arguments import (
    require_finite,
    require_integer,
    require_same_length,
)
from course_utils.models.base import PROBABILITIES, Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm

SHAPE, SCALE = 3.0, 2.0  # of the inverse gamma: mean 1, standard deviation 1
COEFFICIENT_SCALE = 10.0


class Data(NamedTuple):
    """Design matrix x of shape (N, K), a column of ones included, and y of shape (N,)."""

    x: ArrayLike
    y: ArrayLike


class Posterior(NamedTuple):
    """Normal-inverse-gamma: coefficients ~ Normal(mean, variance · covariance), variance ~ IG."""

    mean: NDArray[np.float64]  # (K,)
    covariance: NDArray[np.float64]  # (K, K), in units of the variance
    shape: float
    scale: float


def simulate(seed: int = 42, num_observations: int = 50, correlation: float = 0.5) -> Data:
    """Simulate y = 1 + 2 x_1 − x_2 + noise of standard deviation 0.7, the same for each seed.

    Parameters
    ----------
    seed : int
        Seed of NumPy's generator.
    num_observations : int
        Number of rows, at least 1.
    correlation : float
        Correlation of the predictors x_1 and x_2, strictly between −1 and 1. The nearer to ±1,
        the slower a Gibbs sampler that moves one coefficient at a time.
    """
    require_integer("num_observations", num_observations)
    if not -1 < correlation < 1:
        raise ValueError(f"correlation must lie strictly between -1 and 1, got {correlation}")
    rng = np.random.default_rng(seed)
    x_1, other, noise = rng.standard_normal((3, num_observations))
    x_2 = correlation * x_1 + np.sqrt(1 - correlation**2) * other
    x = np.column_stack([np.ones(num_observations), x_1, x_2])
    return Data(x, x @ np.array([1.0, 2.0, -1.0]) + 0.7 * noise)


def log_joint(sites: Sites, data: Data) -> Array:
    """Log joint density; JAX has no inverse gamma, so its formula stands here."""
    coefficients, variance = sites["coefficients"], sites["variance"]
    sd = jnp.sqrt(variance)
    log_normalizer = SHAPE * np.log(SCALE) - gammaln(SHAPE)
    prior = log_normalizer - (SHAPE + 1) * jnp.log(variance) - SCALE / variance
    prior += stats.norm.logpdf(coefficients, 0.0, COEFFICIENT_SCALE * sd).sum()
    return prior + stats.norm.logpdf(data.y, data.x @ coefficients, sd).sum()


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    variance = numpyro.sample("variance", dist.InverseGamma(SHAPE, SCALE))
    sd = jnp.sqrt(variance)
    with numpyro.plate("column", data.x.shape[1]):
        coefficients = numpyro.sample("coefficients", dist.Normal(0, COEFFICIENT_SCALE * sd))
    with numpyro.plate("row", data.x.shape[0]):
        numpyro.sample("y", dist.Normal(data.x @ coefficients, sd), obs=data.y)


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        variance = pm.InverseGamma("variance", SHAPE, SCALE)
        sd = pm.math.sqrt(variance)
        columns = data.x.shape[1]
        coefficients = pm.Normal("coefficients", 0, COEFFICIENT_SCALE * sd, shape=columns)
        pm.Normal("y", pm.math.dot(data.x, coefficients), sd, observed=data.y)
    return model


def posterior(data: Data) -> Posterior:
    """Update the prior by the data.

    With prior precision P = I / 10² and posterior precision P' = P + XᵀX:
    mean = P'⁻¹ Xᵀy, shape = 3 + N/2, scale = 2 + (yᵀy − meanᵀ P' mean) / 2.

    References
    ----------
    Bishop (2006). Pattern Recognition and Machine Learning, section 3.3 and exercise 3.12.
    """
    x, y = np.asarray(data.x), np.asarray(data.y)
    precision = np.eye(x.shape[1]) / COEFFICIENT_SCALE**2 + x.T @ x
    mean = np.linalg.solve(precision, x.T @ y)
    # The residuals form of yᵀy − meanᵀ P' mean, which does not cancel.
    squares = np.sum((y - x @ mean) ** 2) + np.sum(mean**2) / COEFFICIENT_SCALE**2
    return Posterior(mean, np.linalg.inv(precision), SHAPE + len(y) / 2, SCALE + squares / 2)


def log_evidence(data: Data) -> float:
    """Log of the density of y with coefficients and variance integrated out."""
    exact = posterior(data)
    columns = len(exact.mean)
    log_ratio = np.linalg.slogdet(exact.covariance)[1] - columns * np.log(COEFFICIENT_SCALE**2)
    prior_part = SHAPE * np.log(SCALE) - gammaln(SHAPE)
    posterior_part = exact.shape * np.log(exact.scale) - gammaln(exact.shape)
    return float(prior_part - posterior_part + (log_ratio - len(data.y) * np.log(2 * np.pi)) / 2)


def reference(data: Data) -> dict[str, Reference]:
    """Exact posterior: Student t for each coefficient, inverse gamma for the variance."""
    exact = posterior(data)
    scales = np.sqrt(exact.scale / exact.shape * np.diag(exact.covariance))
    laws = {
        "coefficients": t(df=2 * exact.shape, loc=exact.mean, scale=scales),
        "variance": invgamma(exact.shape, scale=exact.scale),
    }
    source = "conjugate normal-inverse-gamma posterior"
    return {
        name: Reference(law.mean(), law.std(), {p: law.ppf(p) for p in PROBABILITIES}, 0.0, source)
        for name, law in laws.items()
    }


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw variance and coefficients from the prior, then y for the rows of ``data``."""
    key_variance, key_coefficients, key_noise = jax.random.split(key, 3)
    variance = SCALE / jax.random.gamma(key_variance, SHAPE)
    sd = jnp.sqrt(variance)
    rows, columns = np.shape(data.x)
    coefficients = COEFFICIENT_SCALE * sd * jax.random.normal(key_coefficients, (columns,))
    y = data.x @ coefficients + sd * jax.random.normal(key_noise, (rows,))
    return {"coefficients": coefficients, "variance": variance}, data._replace(y=y)


def model(data: Data | None = None) -> Model:
    """Bundle the model with its data.

    Parameters
    ----------
    data : Data, optional
        Design matrix and responses. Left out: the simulated ones.

    Raises
    ------
    ValueError
        If numbers are missing or not finite, if x is not a matrix, or if y has not one number for
        each row of x.
    """
    given = simulate() if data is None else data
    x, y = require_finite("x", given.x), require_finite("y", given.y)
    if x.ndim != 2:
        raise ValueError(f"x must be a matrix of shape (rows, columns), got shape {x.shape}")
    require_same_length(**{"a column of x": x[:, 0], "y": y})
    return Model(
        name="linear regression",
        data=Data(x, y),
        support={"coefficients": dist.constraints.real, "variance": dist.constraints.positive},
        shapes={"coefficients": (x.shape[1],), "variance": ()},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
    )
