"""A Gaussian with any scales and any correlations: the target whose answers are all known.

    x ~ Normal(0, S R S),   S = diag(scales),   R = the matrix of correlations

With the Cholesky factor L of S R S, x = L z for standard normal z. There are no data: prior and
posterior are the same.
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
from scipy.stats import norm

from course_utils.arguments import (
    require_between,
    require_finite,
    require_integer,
    require_positive,
)
from course_utils.models.base import PROBABILITIES, Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm


class Data(NamedTuple):
    """What is known: the Cholesky factor L of the covariance and its inverse, both (dim, dim).

    The inverse is worked out once, since it takes longer than all that a sampler does with it.
    """

    cholesky: ArrayLike
    whitening: ArrayLike


def covariance(data: Data) -> NDArray:
    """Return the covariance matrix L Lᵀ, shape (dim, dim)."""
    return np.asarray(data.cholesky) @ np.asarray(data.cholesky).T


def quantities(sites: Sites) -> dict[str, Array]:
    """Report x and the sum of its coordinates, whose spread tells the correlations."""
    x = jnp.asarray(sites["x"])
    return {"x": x, "sum": x.sum(-1)}


def log_joint(sites: Sites, data: Data) -> Array:
    """Log density: that of the whitened z = L⁻¹ x, and the Jacobian of whitening."""
    log_jacobian = jnp.sum(jnp.log(jnp.diagonal(data.whitening)))
    return stats.norm.logpdf(data.whitening @ sites["x"]).sum() + log_jacobian


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    zero = jnp.zeros(len(data.cholesky))
    numpyro.sample("x", dist.MultivariateNormal(zero, scale_tril=data.cholesky))


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        pm.MvNormal("x", np.zeros(len(data.cholesky)), chol=data.cholesky)
    return model


def reference(data: Data) -> dict[str, Reference]:
    """Exact law of every coordinate, and of their sum: normal."""
    matrix = covariance(data)
    laws = {"x": norm(scale=np.sqrt(np.diag(matrix))), "sum": norm(scale=np.sqrt(matrix.sum()))}
    return {
        name: Reference(
            law.mean(), law.std(), {p: law.ppf(p) for p in PROBABILITIES}, 0.0, "normal law"
        )
        for name, law in laws.items()
    }


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw x from its law, exactly."""
    return {"x": data.cholesky @ jax.random.normal(key, (len(data.cholesky),))}, data


def decaying(correlation: float, dim: int) -> NDArray:
    """Return the matrix of correlations correlation^|i − j|, which fade with the distance.

    Parameters
    ----------
    correlation : float
        Correlation of neighbours, strictly between -1 and 1.
    dim : int
        Dimension, at least 2.
    """
    correlation = require_between("correlation", correlation, -1.0, 1.0, strictly=True)
    index = np.arange(require_integer("dim", dim, at_least=2))
    return correlation ** np.abs(index[:, None] - index)


def model(dim: int = 2, correlation: ArrayLike = 0.0, scales: ArrayLike = 1.0) -> Model:
    """Build the Gaussian.

    Parameters
    ----------
    dim : int
        Dimension, at least 2.
    correlation : float or array_like, shape (dim, dim)
        One number, strictly between -1 / (dim - 1) and 1, for all pairs, or a matrix such as that
        of :func:`decaying`.
    scales : float or array_like, shape (dim,)
        Positive standard deviations; one number stands for all coordinates.

    Raises
    ------
    TypeError
        If correlation or scales hold no real numbers.
    ValueError
        If dim is no integer, if an argument is out of its range or has another shape than dim asks
        for, or if a matrix of correlations is not symmetric, positive definite and 1 on its
        diagonal.
    """
    dim = require_integer("dim", dim, at_least=2)
    scales = require_positive("scales", scales)
    if scales.shape not in ((), (dim,)):
        raise ValueError(
            f"scales must be one number or a vector of length {dim}, got shape {scales.shape}"
        )
    correlations, label = _correlations(correlation, dim)
    scales = np.broadcast_to(scales, dim)
    cholesky = scales[:, None] * np.linalg.cholesky(correlations)
    return Model(
        name=f"gaussian, dim {dim}, correlation {label}",
        data=Data(cholesky, np.linalg.inv(cholesky)),
        support={"x": dist.constraints.real_vector},
        shapes={"x": (dim,)},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
        quantities_given=quantities,
    )


def _correlations(correlation: ArrayLike, dim: int) -> tuple[NDArray, str]:
    """Write one number or a matrix as a matrix, and say in brief which it is."""
    matrix = require_finite("correlation", correlation)
    if matrix.ndim == 0:
        low = -1 / (dim - 1)
        common = require_between("correlation", correlation, low, 1.0, strictly=True)
        return np.where(np.eye(dim, dtype=bool), 1.0, common), f"{common:g}"
    if matrix.shape != (dim, dim):
        raise ValueError(
            f"correlation must be one number or a matrix of shape {dim, dim}, "
            f"got shape {matrix.shape}"
        )
    rounding = 1e-12
    if np.abs(matrix - matrix.T).max() > rounding or np.abs(np.diag(matrix) - 1).max() > rounding:
        raise ValueError(
            "correlation must be symmetric with a diagonal of ones, got another matrix"
        )
    if (smallest := np.linalg.eigvalsh(matrix)[0]) <= dim * np.finfo(float).eps:
        raise ValueError(
            f"correlation must be positive definite, got a matrix with eigenvalue {smallest:.2g}"
        )
    return matrix, f"{np.diag(matrix, 1).mean():g} between neighbours"
