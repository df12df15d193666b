"""Logistic regression: yes or no, with a probability that depends on many predictors.

    coefficients_k ~ Normal(0, 1),   y_i ~ Bernoulli(1 / (1 + exp(−x_i · coefficients)))

The default has 10,000 rows and 50 columns, so that the gradient, two products with a matrix, costs
more than all else a sampler does.
"""

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from numpy.typing import ArrayLike

from course_utils.arguments import (
    require_counts,
    require_finite,
    require_integer,
    require_same_length,
)
from course_utils.models import importance
from course_utils.models.base import Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm


class Data(NamedTuple):
    """Predictors x of shape (N, D), and outcomes y of shape (N,), zeros and ones."""

    x: ArrayLike
    y: ArrayLike


def simulate(seed: int = 42, num_observations: int = 10_000, num_columns: int = 50) -> Data:
    """Simulate from the model: standard normal predictors, and coefficients from their prior.

    The predictors are divided by sqrt(num_columns), so that the probabilities spread over (0, 1)
    whatever the number of columns.

    Parameters
    ----------
    seed : int
        Seed of NumPy's generator.
    num_observations, num_columns : int
        Rows and columns, at least 1 each.
    """
    rows = require_integer("num_observations", num_observations)
    columns = require_integer("num_columns", num_columns)
    rng = np.random.default_rng(seed)
    coefficients = rng.standard_normal(columns)
    x = rng.standard_normal((rows, columns)) / np.sqrt(columns)
    probability = 1 / (1 + np.exp(-x @ coefficients))
    return Data(x, (rng.random(rows) < probability).astype(np.int64))


def log_joint(sites: Sites, data: Data) -> Array:
    """Log joint density; of the log likelihood Σ y_i eta_i − log(1 + exp eta_i)."""
    coefficients = sites["coefficients"]
    eta = data.x @ coefficients
    prior = stats.norm.logpdf(coefficients).sum()
    return prior + jnp.sum(data.y * eta - jax.nn.softplus(eta))


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    with numpyro.plate("column", data.x.shape[1]):
        coefficients = numpyro.sample("coefficients", dist.Normal(0, 1))
    with numpyro.plate("row", data.x.shape[0]):
        numpyro.sample("y", dist.Bernoulli(logits=data.x @ coefficients), obs=data.y)


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        coefficients = pm.Normal("coefficients", 0, 1, shape=data.x.shape[1])
        pm.Bernoulli("y", logit_p=pm.math.dot(data.x, coefficients), observed=data.y)
    return model


def reference(data: Data) -> dict[str, Reference]:
    """Posterior by importance sampling around its mode, with the standard error that this leaves.

    Computed in float64, apart from the three views.
    """
    x, y = np.asarray(data.x, float), np.asarray(data.y, float)

    def log_density(coefficients: np.ndarray) -> np.ndarray:
        eta = coefficients @ x.T
        return coefficients @ (y @ x) - np.logaddexp(0, eta).sum(-1) - (coefficients**2).sum(-1) / 2

    def gradient(coefficients: np.ndarray) -> np.ndarray:
        return (y - 1 / (1 + np.exp(-x @ coefficients))) @ x - coefficients

    def precision(coefficients: np.ndarray) -> np.ndarray:
        probability = 1 / (1 + np.exp(-x @ coefficients))
        return (x * (probability * (1 - probability))[:, None]).T @ x + np.eye(x.shape[1])

    return {
        "coefficients": importance.reference(log_density, gradient, precision, x.shape[1]),
    }


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw coefficients from the prior, then outcomes for the rows of ``data``."""
    key_coefficients, key_y = jax.random.split(key)
    rows, columns = np.shape(data.x)
    coefficients = jax.random.normal(key_coefficients, (columns,))
    probability = jax.nn.sigmoid(data.x @ coefficients)
    y = jax.random.bernoulli(key_y, probability, (rows,)).astype(int)
    return {"coefficients": coefficients}, data._replace(y=y)


def model(data: Data | None = None) -> Model:
    """Bundle the model with its data.

    Parameters
    ----------
    data : Data, optional
        Predictors and outcomes. Left out: the simulated ones.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If they are empty or not finite, if x is not a matrix, if y has not one outcome for each
        row of x, or if an outcome is neither 0 nor 1.
    """
    given = simulate() if data is None else data
    x, y = require_finite("x", given.x), require_counts("y", given.y, at_most=1)
    if x.ndim != 2:
        raise ValueError(f"x must be a matrix of shape (rows, columns), got shape {x.shape}")
    require_same_length(**{"a column of x": x[:, 0], "y": y})
    return Model(
        name=f"logistic regression, {x.shape[0]} x {x.shape[1]}",
        data=Data(x, y),
        support={"coefficients": dist.constraints.real},
        shapes={"coefficients": (x.shape[1],)},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
    )
