"""Targets with exact draws and statistics of known law, on which samplers are tested."""

import jax
import jax.numpy as jnp
from scipy import stats

from course_utils.checks import Target


def gaussian(correlation: float = 0.0, dim: int = 2) -> Target:
    """Build a Gaussian with zero means, unit variances and one common correlation.

    Its statistics look at marginals *and* at the joint law, so that a sampler with right marginals
    and a wrong correlation is caught.

    Parameters
    ----------
    correlation : float
        Common correlation, between -1 / (dim - 1) and 1, both excluded.
    dim : int
        Dimension, at least 2.

    Raises
    ------
    ValueError
        If correlation or dim is out of range.
    """
    if dim < 2:
        raise ValueError(f"dim is {dim}; allowed are integers of at least 2")
    if not -1 / (dim - 1) < correlation < 1:
        raise ValueError(
            f"correlation is {correlation}; allowed is between {-1 / (dim - 1):g} and 1"
        )
    covariance = (1 - correlation) * jnp.eye(dim) + correlation * jnp.ones((dim, dim))
    cholesky = jnp.linalg.cholesky(covariance)

    def squared_radius(x):
        return jnp.sum(jax.scipy.linalg.solve_triangular(cholesky, x, lower=True) ** 2)

    def normal(variance):
        return stats.norm(scale=variance**0.5).cdf

    return Target(
        logdensity=lambda x: -0.5 * squared_radius(x),
        draw=lambda key, num: jax.random.normal(key, (num, dim)) @ cholesky.T,
        statistics={
            "x[0]": (lambda x: x[0], normal(1.0)),
            "x[1]": (lambda x: x[1], normal(1.0)),
            "x[0] + x[1]": (lambda x: x[0] + x[1], normal(2 + 2 * correlation)),
            "x[0] - x[1]": (lambda x: x[0] - x[1], normal(2 - 2 * correlation)),
            # The log density up to sign and scale.
            "the squared radius": (squared_radius, stats.chi2(dim).cdf),
        },
    )


def gamma(shape: float = 3.0) -> Target:
    """Build a Gamma(shape, 1) density for one positive number.

    Parameters
    ----------
    shape : float
        Positive shape.
    """
    if not shape > 0:
        raise ValueError(f"shape is {shape}; allowed are positive numbers")

    def logdensity(x):
        inside = (shape - 1) * jnp.log(x[0]) - x[0]
        return jnp.where(x[0] > 0, inside, -jnp.inf)

    return Target(
        logdensity=logdensity,
        draw=lambda key, num: jax.random.gamma(key, shape, (num, 1)),
        statistics={"x": (lambda x: x[0], stats.gamma(shape).cdf)},
    )
