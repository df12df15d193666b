"""Eight schools: how far coaching helps, and whether it helps more in some schools than others.

    mu ~ Normal(0, 5),   tau ~ HalfCauchy(5),   theta_j ~ Normal(mu, tau),
    y_j ~ Normal(theta_j, sigma_j),   j = 1 … 8

Each y_j is an estimated effect in points of the test, sigma_j its known standard error. Written
like this the model is *centered*. Its *noncentered* form moves other sites, theta_base_j ~
Normal(0, 1), and computes theta_j = mu + tau theta_base_j: the same model, another geometry.
Several priors circulate under the name eight schools; this file uses the one above throughout.

References
----------
Rubin, D. B. (1981). Estimation in parallel randomized experiments. Journal of Educational
Statistics 6(4), 377-401.
"""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from numpy.typing import ArrayLike
from scipy.special import ndtr

from course_utils.arguments import require_finite, require_positive, require_same_length
from course_utils.data import load as load_table
from course_utils.models import quadrature
from course_utils.models.base import Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm

MU_SCALE, TAU_SCALE = 5.0, 5.0


class Data(NamedTuple):
    """Estimated effects and their standard errors, in points, both of shape (J,)."""

    effect: ArrayLike
    standard_error: ArrayLike


def load() -> Data:
    """Read Rubin's eight schools from ``data/eight_schools.csv``."""
    table = load_table("eight_schools")
    return Data(table["effect"].to_numpy(), table["standard_error"].to_numpy())


def quantities(sites: Sites) -> dict[str, Array]:
    """Compute mu, tau, log tau and theta from the sites of either form."""
    mu, tau = jnp.asarray(sites["mu"]), jnp.asarray(sites["tau"])
    if "theta" in sites:
        theta = jnp.asarray(sites["theta"])
    else:
        theta = mu[..., None] + tau[..., None] * sites["theta_base"]
    return {"mu": mu, "tau": tau, "log_tau": jnp.log(tau), "theta": theta}


def log_joint(sites: Sites, data: Data) -> Array:
    """Log joint density; the sites tell which form is meant, ``theta`` or ``theta_base``."""
    mu, tau = sites["mu"], sites["tau"]
    prior = stats.norm.logpdf(mu, 0.0, MU_SCALE)
    prior += jnp.log(2.0) + stats.cauchy.logpdf(tau, 0.0, TAU_SCALE)
    theta = quantities(sites)["theta"]
    if "theta" in sites:
        prior += stats.norm.logpdf(theta, mu, tau).sum()
    else:
        prior += stats.norm.logpdf(sites["theta_base"]).sum()
    return prior + stats.norm.logpdf(data.effect, theta, data.standard_error).sum()


def numpyro_centered(data: Data) -> None:
    """Write the centered form for NumPyro."""
    mu = numpyro.sample("mu", dist.Normal(0, MU_SCALE))
    tau = numpyro.sample("tau", dist.HalfCauchy(TAU_SCALE))
    with numpyro.plate("school", len(data.effect)):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, data.standard_error), obs=data.effect)


def numpyro_noncentered(data: Data) -> None:
    """Write the noncentered form for NumPyro."""
    mu = numpyro.sample("mu", dist.Normal(0, MU_SCALE))
    tau = numpyro.sample("tau", dist.HalfCauchy(TAU_SCALE))
    with numpyro.plate("school", len(data.effect)):
        theta_base = numpyro.sample("theta_base", dist.Normal(0, 1))
        theta = numpyro.deterministic("theta", mu + tau * theta_base)
        numpyro.sample("y", dist.Normal(theta, data.standard_error), obs=data.effect)


def pymc_centered(data: Data) -> "pm.Model":
    """Write the centered form for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        mu = pm.Normal("mu", 0, MU_SCALE)
        tau = pm.HalfCauchy("tau", TAU_SCALE)
        theta = pm.Normal("theta", mu, tau, shape=len(data.effect))
        pm.Normal("y", theta, data.standard_error, observed=data.effect)
    return model


def pymc_noncentered(data: Data) -> "pm.Model":
    """Write the noncentered form for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        mu = pm.Normal("mu", 0, MU_SCALE)
        tau = pm.HalfCauchy("tau", TAU_SCALE)
        theta_base = pm.Normal("theta_base", 0, 1, shape=len(data.effect))
        theta = pm.Deterministic("theta", mu + tau * theta_base)
        pm.Normal("y", theta, data.standard_error, observed=data.effect)
    return model


NUM_NODES = 400


def _mu_given(
    w: np.ndarray, y: np.ndarray, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute tau at each node w, and mean and sd of mu given that tau and the effects."""
    tau = TAU_SCALE * np.tan(w**3)
    precisions = 1 / (sigma**2 + tau[:, None] ** 2)
    precision = 1 / MU_SCALE**2 + precisions.sum(1)
    return tau, precisions @ y / precision, 1 / np.sqrt(precision)


def _integral(y: np.ndarray, sigma: np.ndarray, num_nodes: int) -> tuple:
    """Return what the quadrature takes: the log density of w, its range and the nodes."""

    def log_density(w: np.ndarray) -> np.ndarray:
        tau, mean, sd = _mu_given(w, y, sigma)
        variances = sigma**2 + tau[:, None] ** 2
        exponent = mean**2 / sd**2 - (y**2 / variances).sum(1)
        log_likelihood = (exponent - np.log(2 * np.pi * variances).sum(1)) / 2
        return np.log(w**2 * sd / MU_SCALE) + log_likelihood

    return log_density, 0.0, (np.pi / 2) ** (1 / 3), num_nodes


def reference(data: Data) -> dict[str, Reference]:
    """Exact posterior of mu, tau, log tau and theta, by quadrature over w with tau = 5 tan w³.

    The half-Cauchy prior makes arctan(tau / 5) uniform on (0, π/2). Given tau, mu is normal
    around a weighted mean of the effects, and theta_j is normal between y_j and that mean. The
    cube gathers nodes at tau = 0, where log tau runs off to minus infinity.

    References
    ----------
    Gelman et al. (2013). Bayesian Data Analysis, third edition, section 5.4, equations 5.17-5.21.
    """
    y, sigma = np.asarray(data.effect, float), np.asarray(data.standard_error, float)

    def summarize(num_nodes: int) -> dict[str, quadrature.Summary]:
        over = _integral(y, sigma, num_nodes)
        w, weights, _ = quadrature.posterior_nodes(*over)
        tau, mean, sd = _mu_given(w, y, sigma)
        pull = sigma**2 / (sigma**2 + tau[:, None] ** 2)
        theta_mean = (1 - pull) * y + pull * mean[:, None]
        theta_sd = np.sqrt((1 - pull) * sigma**2 + (pull * sd[:, None]) ** 2)
        tau_at = {
            p: TAU_SCALE * np.tan(v**3) for p, v in quadrature.quantiles_of_node(*over).items()
        }
        log_tau_at = {p: np.log(value) for p, value in tau_at.items()}
        return {
            "mu": quadrature.summarize_normals(mean, sd, weights),
            "tau": quadrature.summarize_function(tau, weights, tau_at),
            "log_tau": quadrature.summarize_function(np.log(tau), weights, log_tau_at),
            "theta": quadrature.summarize_normals(theta_mean, theta_sd, weights),
        }

    source = f"Gauss-Legendre quadrature over w with tau = 5 tan w³, {NUM_NODES} nodes"
    return quadrature.references(summarize, NUM_NODES, source)


def probabilities(data: Data, first: int = 0, second: int = 2) -> tuple[float, float]:
    """Exact posterior probabilities of two statements, on the nodes of :func:`reference`.

    Parameters
    ----------
    data : Data
        Effects and standard errors, shape (J,).
    first, second : int
        Two schools, counted from 0.

    Returns
    -------
    helps : float
        P(mu > 0): coaching helps on average.
    more : float
        P(theta_first > theta_second): it helps more at the first school than at the second. Given
        mu and tau, theta_j has mean mu + kept_j (y_j - mu); given tau alone, the gap is normal too.
    """
    y, sigma = np.asarray(data.effect, float), np.asarray(data.standard_error, float)
    w, weights, _ = quadrature.posterior_nodes(*_integral(y, sigma, NUM_NODES))
    tau, mean, sd = _mu_given(w, y, sigma)
    two = [first, second]
    kept = tau[:, None] ** 2 / (sigma[two] ** 2 + tau[:, None] ** 2)  # no 0/0 at a tiny tau
    own = kept * sigma[two] ** 2  # variance of theta_j given mu and tau
    gap = (kept * (y[two] - mean[:, None])) @ (1, -1)
    spread = np.sqrt(own.sum(1) + (kept @ (1, -1) * sd) ** 2)
    return float(weights @ ndtr(mean / sd)), float(weights @ ndtr(gap / spread))


def draw_joint(key: Array, data: Data, parameterization: str) -> tuple[dict[str, Array], Data]:
    """Draw the sites of the chosen form from the prior, then effects for them."""
    key_mu, key_tau, key_theta, key_y = jax.random.split(key, 4)
    sigma = jnp.asarray(data.standard_error, float)
    mu = MU_SCALE * jax.random.normal(key_mu)
    tau = TAU_SCALE * jnp.abs(jax.random.cauchy(key_tau))
    theta_base = jax.random.normal(key_theta, sigma.shape)
    theta = mu + tau * theta_base
    effect = theta + sigma * jax.random.normal(key_y, sigma.shape)
    last = {"theta": theta} if parameterization == "centered" else {"theta_base": theta_base}
    return {"mu": mu, "tau": tau, **last}, data._replace(effect=effect)


def model(data: Data | None = None, parameterization: str = "noncentered") -> Model:
    """Bundle one form of the model with its data.

    Parameters
    ----------
    data : Data, optional
        Effects and standard errors of shape (J,). Left out: Rubin's eight schools.
    parameterization : str
        ``"centered"``, with the site ``theta``, or ``"noncentered"``, with ``theta_base``.

    Raises
    ------
    ValueError
        If the form is unknown, if effects or standard errors are not finite or empty or differ in
        length, or if a standard error is not positive.
    """
    if parameterization not in ("centered", "noncentered"):
        allowed = "'centered' or 'noncentered'"
        raise ValueError(f"parameterization must be {allowed}, got {parameterization!r}")
    given = load() if data is None else data
    effect = require_finite("effect", given.effect)
    standard_error = require_positive("standard_error", given.standard_error)
    require_same_length(effect=effect, standard_error=standard_error)
    centered = parameterization == "centered"
    last = "theta" if centered else "theta_base"
    return Model(
        name=f"eight schools, {parameterization}",
        data=Data(effect, standard_error),
        support={
            "mu": dist.constraints.real,
            "tau": dist.constraints.positive,
            last: dist.constraints.real,
        },
        shapes={"mu": (), "tau": (), last: effect.shape},
        log_joint_given=log_joint,
        numpyro_given=numpyro_centered if centered else numpyro_noncentered,
        pymc_given=pymc_centered if centered else pymc_noncentered,
        reference_given=reference,
        draw_joint_given=partial(draw_joint, parameterization=parameterization),
        quantities_given=quantities,
    )
