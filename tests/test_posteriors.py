"""NumPyro and PyMC draw from the exact posterior, to within their Monte Carlo standard error.

Each estimate e of an exact number x has a z-score (e − x) / MCSE, near to standard normal when
the sampler is right. All z-scores of this file together raise a false alarm with probability
1e-3: Bonferroni over their number. Seeds were drawn once, from the digits of π, and not tuned.
The centered eight schools are the negative control: NUTS is known to miss the neck of the funnel
there, and the same comparison must notice it.
"""

import arviz as az
import jax
import numpy as np
import pymc as pm
import pytest
from numpyro.infer import MCMC, NUTS
from scipy.stats import norm

from course_utils.models import (
    binomial,
    eight_schools,
    line,
    line_with_outliers,
    linear_regression,
)

BUDGET = 1e-3
SEED = 314159265


def numpyro_draws(model):
    """Posterior as a DataTree of the reported quantities, with divergences counted."""
    kernel = NUTS(model.numpyro, target_accept_prob=0.9)
    mcmc = MCMC(
        kernel,
        num_warmup=1000,
        num_samples=1000,
        num_chains=4,
        chain_method="vectorized",
        progress_bar=False,
    )
    mcmc.run(jax.random.key(SEED))
    divergences = int(mcmc.get_extra_fields()["diverging"].sum())
    return mcmc.get_samples(group_by_chain=True), divergences


def pymc_draws(model):
    with model.pymc():
        result = pm.sample(
            draws=1000,
            tune=1000,
            chains=4,
            cores=1,
            nuts_sampler="pymc",
            target_accept=0.9,
            random_seed=SEED,
            progressbar=False,
            quiet=True,
            compute_convergence_checks=False,
        )
    sites = {name: result.posterior[name].to_numpy() for name in model.shapes}
    return sites, int(result.sample_stats["diverging"].sum())


def z_scores(model, sites):
    """z-scores of all posterior means, and for scalars of the standard deviations as well."""
    quantities = {name: np.asarray(q, float) for name, q in model.quantities(sites).items()}
    posterior = az.from_dict({"posterior": quantities})
    effective = az.ess(posterior)
    errors = {method: az.mcse(posterior, method=method) for method in ("mean", "sd")}
    scores = {}
    for name, exact in model.reference().items():
        draws = quantities[name]
        # tau has a long right tail, so the z-score of its sd is far from normal at this many draws;
        # its logarithm judges the same draws.
        if name == "tau":
            continue
        # With fewer effective draws the normal law of a z-score would be in doubt.
        assert effective[name].min() > 400, f"{name}: {effective[name].to_numpy()}"
        for method, estimate in (("mean", draws.mean((0, 1))), ("sd", draws.std((0, 1)))):
            if method == "sd" and estimate.ndim:
                continue
            # Without a mean there is none to compare with: the median takes its place.
            if np.isinf(exact.mean).any():
                if method == "mean":
                    below = (draws < exact.quantiles[0.5]).astype(float)
                    scores[name, "median"] = np.atleast_1d((below.mean() - 0.5) / az.mcse(below))
                continue
            error = estimate - getattr(exact, method)
            scores[name, method] = np.atleast_1d(error / errors[method][name].to_numpy())
    return scores


def outlying_line():
    """Ten points: a thousand assignments, so that the reference takes no time."""
    return line_with_outliers.model(line_with_outliers.simulate(num_observations=10))


CASES = {
    "binomial by NumPyro": (binomial.model, numpyro_draws),
    "binomial by PyMC": (binomial.model, pymc_draws),
    "eight schools by NumPyro": (eight_schools.model, numpyro_draws),
    "eight schools by PyMC": (eight_schools.model, pymc_draws),
    "linear regression by NumPyro": (linear_regression.model, numpyro_draws),
    "line by NumPyro": (line.model, numpyro_draws),
    "line with outliers by NumPyro": (outlying_line, numpyro_draws),
}
# Means and sds: p has 1 + 1; mu and log tau 2 + 2 with 8 theta; 3 coefficients with a variance of
# 1 + 1; four numbers of the line 4 + 4; five among outliers 5 + 5, and 2 medians.
NUM_SCORES = 2 * 2 + 2 * 12 + 5 + 8 + 12
LIMIT = norm.isf(BUDGET / (2 * NUM_SCORES))


@pytest.mark.parametrize(("build", "draw"), CASES.values(), ids=CASES)
def test_posterior_is_the_exact_one(build, draw):
    model = build()
    sites, _ = draw(model)
    for statistic, score in z_scores(model, sites).items():
        assert np.all(np.abs(score) < LIMIT), f"{statistic}: z = {score}, limit {LIMIT:.2f}"


def test_number_of_comparisons_is_the_one_in_the_budget():
    # Counted on made-up draws of the right shapes, so that the budget can't drift from the tests.
    rng = np.random.default_rng(SEED)
    total = 0
    for build, _ in CASES.values():
        model = build()
        positions = rng.standard_normal((2, 500, model.dim))
        sites = jax.vmap(jax.vmap(model.constrain))(positions)
        total += sum(score.size for score in z_scores(model, sites).values())
    assert total == NUM_SCORES


def test_a_wrong_prior_is_noticed():
    # Exact draws under another prior, Beta(5, 5): what the comparison must not let through.
    model = binomial.model()
    heads, tails = binomial.posterior(model.data)
    draws = np.random.default_rng(SEED).beta(heads + 3, tails + 3, size=(4, 1000))
    scores = z_scores(model, {"p": draws})
    assert abs(scores["p", "mean"]) > LIMIT


def test_centered_eight_schools_are_noticed():
    model = eight_schools.model(parameterization="centered")
    sites, divergences = numpyro_draws(model)
    noticed = divergences > 0
    try:
        scores = z_scores(model, sites)
    except AssertionError:
        noticed = True  # too few effective draws
    else:
        noticed |= any(np.any(np.abs(score) >= LIMIT) for score in scores.values())
    assert noticed
