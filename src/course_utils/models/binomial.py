"""A coin's unknown probability of heads: the one model whose posterior everybody can check.

    p ~ Beta(2, 2),    y_i ~ Binomial(n_i, p),    i = 1 … N

One count out of 100 trials is the case N = 1; single flips are the case n_i = 1. Both give the
same posterior, since it depends on the data through the totals alone. Flips cost a sampler more
the more of them there are, which is what chapter 01 measures.
"""

from typing import TYPE_CHECKING, NamedTuple

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from numpy.typing import ArrayLike
from scipy.special import betaln, gammaln
from scipy.stats import beta

from course_utils.arguments import (
    require_counts,
    require_integer,
    require_positive,
    require_same_length,
)
from course_utils.models.base import PROBABILITIES, Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm

HEADS_PRIOR, TAILS_PRIOR = 2.0, 2.0


class Data(NamedTuple):
    """Successes and trials, both of shape (N,)."""

    successes: ArrayLike
    trials: ArrayLike


def simulate(seed: int = 42, num_observations: int = 100, p: float = 0.7) -> Data:
    """Flip a coin ``num_observations`` times, the same flips on every machine.

    A flip is heads when a uniform number falls below ``p``. The first flips of a longer series
    are the flips of the shorter one, so data can grow without being replaced.

    Parameters
    ----------
    seed : int
        Seed of NumPy's generator.
    num_observations : int
        Number of flips, at least 1.
    p : float
        True probability of heads, between 0 and 1.

    Returns
    -------
    Data
        Single flips: ``successes`` of zeros and ones, ``trials`` of ones.
    """
    require_integer("num_observations", num_observations)
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie between 0 and 1, got {p}")
    flips = np.random.default_rng(seed).random(num_observations) < p
    return Data(successes=flips.astype(np.int64), trials=np.ones(num_observations, np.int64))


def pooled(data: Data) -> Data:
    """Add all observations up to a single one, which leaves the posterior as it is."""
    return Data(
        successes=np.array([np.sum(data.successes)]), trials=np.array([np.sum(data.trials)])
    )


def log_joint(sites: Sites, data: Data) -> Array:
    """Log of Beta(p | 2, 2) times the product of Binomial(y_i | n_i, p)."""
    prior = stats.beta.logpdf(sites["p"], HEADS_PRIOR, TAILS_PRIOR)
    likelihood = stats.binom.logpmf(data.successes, data.trials, sites["p"]).sum()
    return prior + likelihood


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    p = numpyro.sample("p", dist.Beta(HEADS_PRIOR, TAILS_PRIOR))
    numpyro.sample("y", dist.Binomial(data.trials, p), obs=data.successes)


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        p = pm.Beta("p", HEADS_PRIOR, TAILS_PRIOR)
        pm.Binomial("y", data.trials, p, observed=data.successes)
    return model


def posterior(data: Data) -> tuple[float, float]:
    """Return the two parameters of the posterior Beta(2 + successes, 2 + failures)."""
    successes, trials = np.sum(data.successes), np.sum(data.trials)
    return float(HEADS_PRIOR + successes), float(TAILS_PRIOR + trials - successes)


def log_evidence(data: Data) -> float:
    """Log of the probability of the data: Σ log C(n_i, y_i) + log B(a', b') − log B(2, 2).

    References
    ----------
    Gelman et al. (2013). Bayesian Data Analysis, third edition, section 2.4.
    """
    y, n = np.asarray(data.successes), np.asarray(data.trials)
    log_choose = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    return float(log_choose.sum() + betaln(*posterior(data)) - betaln(HEADS_PRIOR, TAILS_PRIOR))


def reference(data: Data) -> dict[str, Reference]:
    """Exact posterior of p, which is a Beta distribution."""
    exact = beta(*posterior(data))
    quantiles = {probability: exact.ppf(probability) for probability in PROBABILITIES}
    return {"p": Reference(exact.mean(), exact.std(), quantiles, 0.0, "conjugate Beta posterior")}


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw p from the prior, then the successes out of the trials of ``data``."""
    key_p, key_y = jax.random.split(key)
    p = jax.random.beta(key_p, HEADS_PRIOR, TAILS_PRIOR)
    trials = np.asarray(data.trials)
    return {"p": p}, data._replace(successes=jax.random.binomial(key_y, trials, p))


def model(data: Data | None = None) -> Model:
    """Bundle the model with its data.

    Parameters
    ----------
    data : Data, optional
        Successes and trials of shape (N,). Left out: 100 simulated flips, added up to one count.

    Raises
    ------
    ValueError
        If the two differ in length, are empty or not whole numbers, if there are no trials or if
        successes exceed trials.
    """
    given = pooled(simulate()) if data is None else data
    trials = require_counts("trials", given.trials)
    require_positive("trials", trials)
    require_same_length(successes=np.asarray(given.successes), trials=trials)
    successes = require_counts("successes", given.successes, at_most=trials)
    return Model(
        name="binomial",
        data=Data(successes, trials),
        support={"p": dist.constraints.unit_interval},
        shapes={"p": ()},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
    )
