"""A straight line through points with known error bars, its slope written as an angle.

    theta ~ Uniform(−π/2, π/2),   b_perp ~ Normal(0, 1),
    m = tan theta,   b = b_perp / cos theta,   y_i ~ Normal(m x_i + b, sigma_i)

theta is the line's angle to the x axis and b_perp its distance from the origin. A flat prior on
the slope m would favour steep lines; a flat prior on the angle treats all directions alike.

A distance of size 1 suits data of size 1, so the default data are simulated, after
Foreman-Mackey. Points 5 to 20 of Hogg, Bovy & Lang can be loaded, but their line passes more than
ten prior standard deviations from the origin: there this prior contradicts the data, and a test
shows how far it pulls the line off.

References
----------
Foreman-Mackey, D. (2022). An astronomer's introduction to NumPyro.
https://dfm.io/posts/intro-to-numpyro/
Hogg, D. W., Bovy, J. & Lang, D. (2010). Data analysis recipes: Fitting a model to data.
arXiv:1008.4686, section 1 and table 1.
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
    require_finite,
    require_integer,
    require_positive,
    require_same_length,
)
from course_utils.data import load as load_table
from course_utils.models import quadrature
from course_utils.models.base import Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm

STEEPEST = np.pi / 2


class Data(NamedTuple):
    """Positions x, measurements y and their standard errors sigma, all of shape (N,)."""

    x: ArrayLike
    y: ArrayLike
    sigma: ArrayLike


def simulate(seed: int = 12, num_observations: int = 15) -> Data:
    """Simulate points around y = x: x uniform on (−2, 2) and sorted, error bars of 0.2.

    Parameters
    ----------
    seed : int
        Seed of NumPy's generator.
    num_observations : int
        Number of points, at least 1.
    """
    require_integer("num_observations", num_observations)
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-2.0, 2.0, num_observations))
    sigma = np.full(num_observations, 0.2)
    return Data(x, x + sigma * rng.standard_normal(num_observations), sigma)


def load() -> Data:
    """Read points 5 to 20 of Hogg, Bovy & Lang's table 1, which leaves the outliers out."""
    table = load_table("line").query("id >= 5")
    return Data(*(table[column].to_numpy(float) for column in ("x", "y", "sigma_y")))


def quantities(sites: Sites) -> dict[str, Array]:
    """Compute slope m and intercept b beside theta and b_perp."""
    theta, b_perp = jnp.asarray(sites["theta"]), jnp.asarray(sites["b_perp"])
    return {"theta": theta, "b_perp": b_perp, "m": jnp.tan(theta), "b": b_perp / jnp.cos(theta)}


def log_joint(sites: Sites, data: Data) -> Array:
    """Log joint density of the angle, the distance and the measurements."""
    line = quantities(sites)
    prior = stats.uniform.logpdf(line["theta"], -STEEPEST, 2 * STEEPEST)
    prior += stats.norm.logpdf(line["b_perp"], 0.0, 1.0)
    return prior + stats.norm.logpdf(data.y, line["m"] * data.x + line["b"], data.sigma).sum()


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    theta = numpyro.sample("theta", dist.Uniform(-STEEPEST, STEEPEST))
    b_perp = numpyro.sample("b_perp", dist.Normal(0, 1))
    m = numpyro.deterministic("m", jnp.tan(theta))
    b = numpyro.deterministic("b", b_perp / jnp.cos(theta))
    with numpyro.plate("point", len(data.x)):
        numpyro.sample("y", dist.Normal(m * data.x + b, data.sigma), obs=data.y)


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        theta = pm.Uniform("theta", -STEEPEST, STEEPEST)
        b_perp = pm.Normal("b_perp", 0, 1)
        m = pm.Deterministic("m", pm.math.tan(theta))
        b = pm.Deterministic("b", b_perp / pm.math.cos(theta))
        pm.Normal("y", m * data.x + b, data.sigma, observed=data.y)
    return model


def reference(data: Data) -> dict[str, Reference]:
    """Exact posterior by quadrature over theta, given which b_perp is normal.

    Given theta, y_i − m x_i = b_perp / cos theta + noise is a regression on a constant with a
    normal prior. The nodes cover the angles whose log posterior comes within 60 of its maximum;
    beyond them lies less than e⁻⁵⁰ of the mass.
    """
    x, y, sigma = (np.asarray(column, float) for column in data)

    def b_perp_given(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        residuals = y - np.tan(theta)[:, None] * x
        precision = 1 + (1 / sigma**2).sum() / np.cos(theta) ** 2
        return (residuals / sigma**2).sum(1) / np.cos(theta) / precision, 1 / np.sqrt(precision)

    def log_density(theta: np.ndarray) -> np.ndarray:
        mean, sd = b_perp_given(theta)
        residuals = y - np.tan(theta)[:, None] * x
        return np.log(sd) + (mean**2 / sd**2 - (residuals**2 / sigma**2).sum(1)) / 2

    low, high = -STEEPEST, STEEPEST
    for _ in range(3):  # each round looks closer, so that a narrow peak is resolved
        grid = np.linspace(low, high, 2001)[1:-1]
        near = np.flatnonzero(log_density(grid) > log_density(grid).max() - 60)
        step = grid[1] - grid[0]
        low, high = grid[near[0]] - step, grid[near[-1]] + step

    def summarize(num_nodes: int) -> dict[str, quadrature.Summary]:
        over = (log_density, low, high, num_nodes)
        theta, weights, _ = quadrature.posterior_nodes(*over)
        mean, sd = b_perp_given(theta)
        theta_at = quadrature.quantiles_of_node(*over)
        m_at = {p: np.tan(angle) for p, angle in theta_at.items()}
        cosine = np.cos(theta)
        return {
            "theta": quadrature.summarize_function(theta, weights, theta_at),
            "b_perp": quadrature.summarize_normals(mean, sd, weights),
            "m": quadrature.summarize_function(np.tan(theta), weights, m_at),
            "b": quadrature.summarize_normals(mean / cosine, sd / cosine, weights),
        }

    return quadrature.references(summarize, 400, "Gauss-Legendre quadrature over theta, 400 nodes")


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw angle and distance from the prior, then y at the positions of ``data``."""
    key_theta, key_b, key_noise = jax.random.split(key, 3)
    sites = {
        "theta": jax.random.uniform(key_theta, minval=-STEEPEST, maxval=STEEPEST),
        "b_perp": jax.random.normal(key_b),
    }
    line = quantities(sites)
    noise = data.sigma * jax.random.normal(key_noise, np.shape(data.x))
    return sites, data._replace(y=line["m"] * data.x + line["b"] + noise)


def model(data: Data | None = None) -> Model:
    """Bundle the model with its data.

    Parameters
    ----------
    data : Data, optional
        Positions, measurements and standard errors of shape (N,). Left out: the simulated ones.

    Raises
    ------
    ValueError
        If they are not finite or empty or differ in length, or if an error bar is not positive.
    """
    given = simulate() if data is None else data
    x, y = require_finite("x", given.x), require_finite("y", given.y)
    sigma = require_positive("sigma", given.sigma)
    require_same_length(x=x, y=y, sigma=sigma)
    return Model(
        name="line",
        data=Data(x, y, sigma),
        support={
            "theta": dist.constraints.interval(-STEEPEST, STEEPEST),
            "b_perp": dist.constraints.real,
        },
        shapes={"theta": (), "b_perp": ()},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
        quantities_given=quantities,
    )
