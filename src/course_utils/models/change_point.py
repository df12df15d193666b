"""The change in the rate of coal-mining disasters: two rates, and the year in which they changed.

    early_rate, late_rate ~ Gamma(2, 1),   change ~ Uniform(all years but the first),
    y_t ~ Poisson(early_rate) before the year of change, Poisson(late_rate) from then on

Rates are in disasters a year; Gamma(2, 1) has shape 2 and rate 1, so mean 2. The sites are the two
rates: all views sum over the year, since no gradient leads from one year to the next. Two programs
that keep the year as a discrete site stand beside them.

References
----------
Carlin, B. P., Gelfand, A. E. and Smith, A. F. M. (1992). Hierarchical Bayesian analysis of
changepoint problems. Applied Statistics 41(2), 389-405.
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
from scipy.special import gammaln, logsumexp
from scipy.stats import gamma

from course_utils.arguments import require_counts, require_same_length
from course_utils.data import load as load_table
from course_utils.models import quadrature
from course_utils.models.base import Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm

SHAPE, RATE = 2.0, 1.0  # of the gamma prior of both rates


class Data(NamedTuple):
    """Consecutive years and the disasters in each, both of shape (T,)."""

    year: ArrayLike
    disasters: ArrayLike


class Posterior(NamedTuple):
    """What the data say for each possible year of change; arrays of shape (T - 1,).

    Given the year ``change``, whose posterior probability is ``probability``, the rates are
    independent: gamma with the shapes and rates ``early`` and ``late``, each (shapes, rates).
    """

    change: NDArray
    probability: NDArray[np.float64]
    early: tuple[NDArray[np.float64], NDArray[np.float64]]
    late: tuple[NDArray[np.float64], NDArray[np.float64]]
    log_evidence: float


def load() -> Data:
    """Read the disasters of 1851 to 1962 from ``data/coal_mining_disasters.csv``."""
    table = load_table("coal_mining_disasters")
    return Data(table["year"].to_numpy(), table["disasters"].to_numpy())


def log_likelihoods(sites: Sites, data: Data) -> Array:
    """Log likelihood of the two rates for each possible year of change, shape (T - 1,)."""
    early = stats.poisson.logpmf(data.disasters, sites["early_rate"])
    late = stats.poisson.logpmf(data.disasters, sites["late_rate"])
    return jnp.cumsum(early)[:-1] + jnp.cumsum(late[::-1])[::-1][1:]


def log_joint(sites: Sites, data: Data) -> Array:
    """Log joint density of rates and data, summed over the year of change."""
    prior = stats.gamma.logpdf(sites["early_rate"], SHAPE, scale=1 / RATE)
    prior += stats.gamma.logpdf(sites["late_rate"], SHAPE, scale=1 / RATE)
    likelihoods = log_likelihoods(sites, data)
    return prior + jax.nn.logsumexp(likelihoods) - np.log(len(likelihoods))


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro: a mixture with one component for each year of change."""
    early_rate = numpyro.sample("early_rate", dist.Gamma(SHAPE, RATE))
    late_rate = numpyro.sample("late_rate", dist.Gamma(SHAPE, RATE))
    change = data.year[1:, None]
    rates = jnp.where(data.year < change, early_rate, late_rate)
    years = dist.Categorical(logits=jnp.zeros(len(change)))
    series = dist.Poisson(rates).to_event(1)
    numpyro.sample("y", dist.MixtureSameFamily(years, series), obs=data.disasters)


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC, which mixes single counts only, so the sum stands by itself."""
    import pymc as pm

    with pm.Model() as model:
        early_rate = pm.Gamma("early_rate", SHAPE, RATE)
        late_rate = pm.Gamma("late_rate", SHAPE, RATE)
        change = data.year[1:, None]
        rates = pm.math.where(data.year < change, early_rate, late_rate)
        likelihoods = pm.logp(pm.Poisson.dist(rates), data.disasters).sum(axis=1)
        pm.Potential("y", pm.math.logsumexp(likelihoods) - np.log(len(change)))
    return model


def numpyro_discrete(data: Data) -> None:
    """Keep the year in NumPyro, as the index of the last early year.

    An index from 0, because the discrete samplers of NumPyro 0.22 try the values 0, 1, 2, … of a
    site whatever its support is.
    """
    early_rate = numpyro.sample("early_rate", dist.Gamma(SHAPE, RATE))
    late_rate = numpyro.sample("late_rate", dist.Gamma(SHAPE, RATE))
    last_early = numpyro.sample("last_early", dist.DiscreteUniform(0, len(data.year) - 2))
    rates = jnp.where(np.arange(len(data.year)) <= last_early, early_rate, late_rate)
    numpyro.sample("y", dist.Poisson(rates).to_event(1), obs=data.disasters)


def pymc_discrete(data: Data) -> "pm.Model":
    """Keep the year in PyMC, as the index of the last early year."""
    import pymc as pm

    with pm.Model() as model:
        early_rate = pm.Gamma("early_rate", SHAPE, RATE)
        late_rate = pm.Gamma("late_rate", SHAPE, RATE)
        last_early = pm.DiscreteUniform("last_early", 0, len(data.year) - 2)
        rates = pm.math.where(np.arange(len(data.year)) <= last_early, early_rate, late_rate)
        pm.Poisson("y", rates, observed=data.disasters)
    return model


def posterior(data: Data) -> Posterior:
    """Go through all years of change.

    With n years and s disasters before the change, the early rate is Gamma(2 + s, 1 + n), and the
    likelihood of the year is a ratio of gamma functions; the same for the late rate.
    """
    y = np.asarray(data.disasters, float)
    num_early = np.arange(1, len(y))
    sum_early = np.cumsum(y)[:-1]
    early = SHAPE + sum_early, RATE + num_early
    late = SHAPE + y.sum() - sum_early, RATE + len(y) - num_early
    log_weights = -np.log(len(num_early)) - gammaln(y + 1).sum()
    for shape, rate in (early, late):
        log_weights = log_weights + SHAPE * np.log(RATE) - gammaln(SHAPE)
        log_weights = log_weights + gammaln(shape) - shape * np.log(rate)
    log_evidence = logsumexp(log_weights)
    change = np.asarray(data.year)[1:]
    return Posterior(change, np.exp(log_weights - log_evidence), early, late, float(log_evidence))


def reference(data: Data) -> dict[str, Reference]:
    """Exact posterior of the rates: mixtures of gammas over the year of change."""
    exact = posterior(data)

    source = "conjugate given the year of change, summed over all years"

    def summarize(shapes: NDArray, rates: NDArray) -> Reference:
        law = gamma(shapes, scale=1 / rates)
        high = law.isf(1e-9).max()
        return Reference(*quadrature.summarize_laws(law, exact.probability, 0, high), 0.0, source)

    return {"early_rate": summarize(*exact.early), "late_rate": summarize(*exact.late)}


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw rates and year of change from the prior, then disasters for the years of ``data``."""
    key_rates, key_change, key_y = jax.random.split(key, 3)
    early_rate, late_rate = jax.random.gamma(key_rates, SHAPE, (2,)) / RATE
    num_years = len(data.year)
    num_early = jax.random.randint(key_change, (), 1, num_years)
    rates = jnp.where(np.arange(num_years) < num_early, early_rate, late_rate)
    sites = {"early_rate": early_rate, "late_rate": late_rate}
    return sites, data._replace(disasters=jax.random.poisson(key_y, rates))


def model(data: Data | None = None) -> Model:
    """Bundle the model with its data.

    Parameters
    ----------
    data : Data, optional
        Years and disasters of shape (T,), T at least 2. Left out: British coal mines, 1851 to 1962.

    Raises
    ------
    ValueError
        If years and disasters differ in length, are not whole numbers, if there are fewer than two
        years, or if they are not consecutive.
    """
    given = load() if data is None else data
    year = require_counts("year", given.year)
    disasters = require_counts("disasters", given.disasters)
    require_same_length(year=year, disasters=disasters)
    if len(year) < 2 or np.any(np.diff(year) != 1):
        raise ValueError(f"year must hold at least two consecutive years, got {year}")
    return Model(
        name="change point",
        data=Data(year, disasters),
        support={"early_rate": dist.constraints.positive, "late_rate": dist.constraints.positive},
        shapes={"early_rate": (), "late_rate": ()},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
    )
