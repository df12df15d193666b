"""A straight line through points of which an unknown share belongs elsewhere.

    theta ~ Uniform(−π/2, π/2),   b_perp ~ Normal(0, 1),   m = tan theta,   b = b_perp / cos theta,
    outlier_probability ~ Uniform(0, 1),   outlier_mean ~ Normal(0, 1),
    outlier_sd ~ HalfNormal(3),
    y_i ~ (1 − outlier_probability) · Normal(m x_i + b, sigma_i)
          + outlier_probability · Normal(outlier_mean, sqrt(outlier_sd² + sigma_i²))

Which points are outliers is not a site: each point's two possibilities are summed, so that every
site can be moved by a gradient. The priors of the outliers are wide in units of size 1, in which
the points are given; ``load`` puts Hogg, Bovy & Lang's table into such units.

References
----------
Hogg, D. W., Bovy, J. & Lang, D. (2010). Data analysis recipes: Fitting a model to data.
arXiv:1008.4686, section 3 and table 1.
Foreman-Mackey, D. (2022). An astronomer's introduction to NumPyro.
https://dfm.io/posts/intro-to-numpyro/
"""

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from numpy.typing import NDArray

from course_utils.arguments import require_between, require_integer
from course_utils.data import load as load_table
from course_utils.models import assignments, line, quadrature
from course_utils.models.base import Model, Reference, Sites
from course_utils.models.line import STEEPEST, Data

if TYPE_CHECKING:
    import pymc as pm

MEAN_SCALE, SD_SCALE = 1.0, 3.0  # of the priors of outlier_mean and outlier_sd
NUM_NODES = 128  # of the quadratures; half of them leave an error of some 1e-7 on the default data


def simulate_with_truth(
    seed: int = 12, num_observations: int = 15, outlier_probability: float = 0.2
) -> tuple[Data, NDArray[np.bool_]]:
    """Simulate points around y = x, and among them outliers around 0, and tell which are which.

    x is uniform on (−2, 2) and sorted, error bars are 0.2, and the outliers scatter with standard
    deviation 1 beside their error.

    Parameters
    ----------
    seed : int
        Seed of NumPy's generator.
    num_observations : int
        Number of points, at least 1.
    outlier_probability : float
        Probability that a point is an outlier, between 0 and 1.

    Returns
    -------
    data : Data
    is_outlier : ndarray of bool, shape (num_observations,)
    """
    require_integer("num_observations", num_observations)
    require_between("outlier_probability", outlier_probability, 0.0, 1.0)
    data = line.simulate(seed, num_observations)
    rng = np.random.default_rng([seed, 1])  # so that the points on the line are those of ``line``
    is_outlier = rng.random(num_observations) < outlier_probability
    elsewhere = np.sqrt(1 + data.sigma**2) * rng.standard_normal(num_observations)
    return data._replace(y=np.where(is_outlier, elsewhere, data.y)), is_outlier


def simulate(seed: int = 12, num_observations: int = 15, outlier_probability: float = 0.2) -> Data:
    """Simulate the same points, without telling which are outliers."""
    return simulate_with_truth(seed, num_observations, outlier_probability)[0]


def load() -> Data:
    """Read all 20 points of Hogg, Bovy & Lang's table 1, outliers included.

    They are measured from the point (170, 420) near their middle, x in units of 50 and y in units
    of 100, so that a prior of size 1 suits them.
    """
    table = load_table("line")
    x, y, sigma = (table[column].to_numpy(float) for column in ("x", "y", "sigma_y"))
    return Data((x - 170) / 50, (y - 420) / 100, sigma / 100)


def quantities(sites: Sites) -> dict[str, Array]:
    """Compute slope m and intercept b beside the sites."""
    outliers = ("outlier_probability", "outlier_mean", "outlier_sd")
    return line.quantities(sites) | {name: jnp.asarray(sites[name]) for name in outliers}


def log_likelihoods(sites: Sites, data: Data) -> tuple[Array, Array]:
    """Log of both terms of the mixture for each point, on the line and elsewhere, shape (N,)."""
    on_line = line.quantities(sites)
    probability = sites["outlier_probability"]
    near = stats.norm.logpdf(data.y, on_line["m"] * data.x + on_line["b"], data.sigma)
    spread = jnp.sqrt(sites["outlier_sd"] ** 2 + data.sigma**2)
    far = stats.norm.logpdf(data.y, sites["outlier_mean"], spread)
    return jnp.log1p(-probability) + near, jnp.log(probability) + far


def outlier_probabilities(sites: Sites, data: Data) -> Array:
    """Probability of each point to be an outlier, given the sites; shape (N,)."""
    near, far = log_likelihoods(sites, data)
    return jax.nn.sigmoid(far - near)


def log_joint(sites: Sites, data: Data) -> Array:
    """Log joint density, with each point's two possibilities summed."""
    prior = stats.uniform.logpdf(sites["theta"], -STEEPEST, 2 * STEEPEST)
    prior += stats.norm.logpdf(sites["b_perp"], 0.0, 1.0)
    prior += stats.uniform.logpdf(sites["outlier_probability"], 0.0, 1.0)
    prior += stats.norm.logpdf(sites["outlier_mean"], 0.0, MEAN_SCALE)
    prior += jnp.log(2.0) + stats.norm.logpdf(sites["outlier_sd"], 0.0, SD_SCALE)
    return prior + jnp.logaddexp(*log_likelihoods(sites, data)).sum()


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    theta = numpyro.sample("theta", dist.Uniform(-STEEPEST, STEEPEST))
    b_perp = numpyro.sample("b_perp", dist.Normal(0, 1))
    m = numpyro.deterministic("m", jnp.tan(theta))
    b = numpyro.deterministic("b", b_perp / jnp.cos(theta))
    probability = numpyro.sample("outlier_probability", dist.Uniform(0, 1))
    mean = numpyro.sample("outlier_mean", dist.Normal(0, MEAN_SCALE))
    sd = numpyro.sample("outlier_sd", dist.HalfNormal(SD_SCALE))
    shares = dist.Categorical(probs=jnp.array([1 - probability, probability]))
    near = dist.Normal(m * data.x + b, data.sigma)
    far = dist.Normal(mean, jnp.sqrt(sd**2 + data.sigma**2))
    with numpyro.plate("point", len(data.x)):
        numpyro.sample("y", dist.MixtureGeneral(shares, [near, far]), obs=data.y)


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        theta = pm.Uniform("theta", -STEEPEST, STEEPEST)
        b_perp = pm.Normal("b_perp", 0, 1)
        m = pm.Deterministic("m", pm.math.tan(theta))
        b = pm.Deterministic("b", b_perp / pm.math.cos(theta))
        probability = pm.Uniform("outlier_probability", 0, 1)
        mean = pm.Normal("outlier_mean", 0, MEAN_SCALE)
        sd = pm.HalfNormal("outlier_sd", SD_SCALE)
        near = pm.Normal.dist(m * data.x + b, data.sigma)
        far = pm.Normal.dist(mean, pm.math.sqrt(sd**2 + data.sigma**2))
        shares = pm.math.stack([1 - probability, probability])
        pm.Mixture("y", shares, [near, far], observed=data.y)
    return model


def posterior(data: Data, num_nodes: int = NUM_NODES) -> assignments.Posterior:
    """Exact posterior over the assignments of points to line and outliers.

    With ``exact = posterior(data)``, the exact probability of each point to be an outlier is
    ``exact.probability @ exact.is_outlier``.
    """
    return assignments.posterior(data, MEAN_SCALE, SD_SCALE, num_nodes)


def reference(data: Data) -> dict[str, Reference]:
    """Exact posterior, for at most 20 points: a sum over all assignments of quadratures.

    Each further point doubles the work. Slope and intercept have quantiles but no mean: that the
    line has at most one point is improbable, not impossible, and then any angle is possible.
    """
    return quadrature.references(
        lambda num_nodes: assignments.summarize(posterior(data, num_nodes)),
        NUM_NODES,
        "sum over all assignments of Gauss-Legendre quadratures over theta and outlier_sd, "
        f"{NUM_NODES} nodes each",
    )


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw the sites from the prior, then y at the positions of ``data``."""
    key_line, key_probability, key_mean, key_sd, key_choice, key_y = jax.random.split(key, 6)
    sites, near = line.draw_joint(key_line, data)
    probability = jax.random.uniform(key_probability)
    mean = MEAN_SCALE * jax.random.normal(key_mean)
    sd = SD_SCALE * jnp.abs(jax.random.normal(key_sd))
    is_outlier = jax.random.bernoulli(key_choice, probability, np.shape(data.x))
    spread = jnp.sqrt(sd**2 + data.sigma**2)
    far = mean + spread * jax.random.normal(key_y, np.shape(data.x))
    sites |= {"outlier_probability": probability, "outlier_mean": mean, "outlier_sd": sd}
    return sites, data._replace(y=jnp.where(is_outlier, far, near.y))


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
    plain = line.model(simulate() if data is None else data)
    outliers = {
        "outlier_probability": dist.constraints.unit_interval,
        "outlier_mean": dist.constraints.real,
        "outlier_sd": dist.constraints.positive,
    }
    return Model(
        name="line with outliers",
        data=plain.data,
        support=plain.support | outliers,
        shapes=plain.shapes | dict.fromkeys(outliers, ()),
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
        quantities_given=quantities,
    )
