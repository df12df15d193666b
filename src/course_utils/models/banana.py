"""The banana: a normal pair, bent along a parabola.

    x ~ Normal(0, width),   y ~ Normal(curvature · (x² − width²), 1)

The bend has Jacobian 1, so all is known: x / width and the height above the parabola,
y − curvature · (x² − width²), are independent standard normals. There are no data.

References
----------
Haario, H., Saksman, E. & Tamminen, J. (1999). Adaptive proposal distribution for random walk
Metropolis algorithm. Computational Statistics 14(3), 375-395, section 5.
"""

from typing import TYPE_CHECKING, NamedTuple

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from jax.typing import ArrayLike
from scipy.stats import norm

from course_utils.arguments import require_number, require_scale
from course_utils.models import quadrature
from course_utils.models.base import PROBABILITIES, Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm


class Data(NamedTuple):
    """What is known: the standard deviation of x, and how strongly y bends with it."""

    width: float
    curvature: float


def parabola(x: ArrayLike, data: Data) -> ArrayLike:
    """Mean of y given x; over all x it averages to zero."""
    return data.curvature * (x**2 - data.width**2)


def log_joint(sites: Sites, data: Data) -> Array:
    """Log density of x, and of y given x."""
    x, y = sites["x"], sites["y"]
    return stats.norm.logpdf(x, 0.0, data.width) + stats.norm.logpdf(y, parabola(x, data), 1.0)


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    x = numpyro.sample("x", dist.Normal(0, data.width))
    numpyro.sample("y", dist.Normal(parabola(x, data), 1))


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        x = pm.Normal("x", 0, data.width)
        pm.Normal("y", parabola(x, data), 1)
    return model


def y_given_nodes(data: Data, num_nodes: int = 800) -> tuple[np.ndarray, np.ndarray]:
    """Write the law of y as a mixture of Normal(mean_k, 1): means and weights, (num_nodes,)."""
    z, weights = quadrature.standard_normal_nodes(num_nodes)
    return parabola(data.width * z, data), weights


def reference(data: Data) -> dict[str, Reference]:
    """Exact law of x, and that of y, a mixture of normals over x."""
    law = norm(scale=data.width)
    at = {p: law.ppf(p) for p in PROBABILITIES}

    def summarize(num_nodes: int) -> dict[str, quadrature.Summary]:
        means, weights = y_given_nodes(data, num_nodes)
        return {"y": quadrature.summarize_normals(means, np.ones(num_nodes), weights)}

    return {
        "x": Reference(law.mean(), law.std(), at, 0.0, "normal law"),
        **quadrature.references(summarize, 800, "Gauss-Legendre quadrature over x, 800 nodes"),
    }


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw x and y from their law, exactly."""
    key_x, key_y = jax.random.split(key)
    x = data.width * jax.random.normal(key_x)
    return {"x": x, "y": parabola(x, data) + jax.random.normal(key_y)}, data


def model(width: float = 2.0, curvature: float = 0.5) -> Model:
    """Build the banana.

    Parameters
    ----------
    width : float
        Standard deviation of x, positive.
    curvature : float
        Bend of the parabola; 0 gives a plain normal pair.

    Raises
    ------
    TypeError
        If an argument is no real number.
    ValueError
        If an argument is not finite or not a single number, or if width is not positive.
    """
    width, curvature = require_scale("width", width), require_number("curvature", curvature)
    return Model(
        name=f"banana, width {width:g}, curvature {curvature:g}",
        data=Data(width, curvature),
        support={"x": dist.constraints.real, "y": dist.constraints.real},
        shapes={"x": (), "y": ()},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
    )
