"""Targets are drawn from exactly, their laws are right, and wrong densities are told from them.

False-alarm budget: every comparison of draws with a law runs at alpha = 1e-4, twelve of them, so
that the file fails right targets in less than 0.12 % of choices of the seeds, which were drawn
once. The wrong densities are random as well, but far away: each is seen at twice the bound.
"""

import subprocess
import sys
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.scipy.stats import norm
from scipy import stats
from scipy.integrate import quad

from course_utils import checks, targets
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.models import banana, funnel, gaussian, mixture

ALPHA, NUM = 1e-4, 20_000
TARGETS = {
    "gaussian": lambda: targets.gaussian(0.8, 3),
    "gamma": targets.gamma,
    "banana": targets.banana,
    "banana, bent the other way": lambda: targets.banana(1.0, -2.0),
    "funnel": targets.funnel,
    "funnel with one x": lambda: targets.funnel(1, 1.5),
    "mixture": targets.mixture,
}


@pytest.mark.parametrize("name", TARGETS)
def test_exact_draws_follow_every_law(name):
    target = TARGETS[name]()
    draws = target.draw(jax.random.key(1618), NUM)
    assert draws.shape[0] == NUM and np.isfinite(np.asarray(draws)).all()
    bound = checks.dkw_envelope(NUM, len(target.statistics), ALPHA)
    for statistic, (function, cdf) in target.statistics.items():
        distance = checks.ks_distance(jax.vmap(function)(draws), cdf)
        assert distance <= bound, f"{statistic}: {distance:.4f}, allowed {bound:.4f}"


@pytest.mark.parametrize("name", ["banana", "funnel", "mixture"])
def test_laws_are_distribution_functions(name):
    for statistic, (_, cdf) in TARGETS[name]().statistics.items():
        values = np.asarray(cdf(np.linspace(-1e3, 1e3, 4001)))
        # A sum of some hundred weights rounds to 1 within 1e-13 each way.
        assert np.all(np.diff(values) >= -1e-13), statistic
        assert values[0] == pytest.approx(0, abs=0.02) and values[-1] <= 1 + 1e-12, statistic
        assert values[-1] == pytest.approx(1, abs=0.02), statistic


# Laws that are integrals, by adaptive quadrature.


def test_law_of_y_in_the_banana():
    _, cdf = targets.banana(1.5, 0.7).statistics["y"]
    for y in (-3.0, 0.0, 1.0, 8.0):
        exact = quad(
            lambda x, y=y: norm_pdf(x, 1.5) * stats.norm.cdf(y - 0.7 * (x**2 - 1.5**2)), -15, 15
        )
        assert cdf(y) == pytest.approx(exact[0], abs=1e-7)  # quad's own 1.5e-8, and some


def norm_pdf(x, sd):
    return stats.norm.pdf(x, 0, sd)


@pytest.mark.parametrize("num_x", [1, 4])
def test_law_of_the_log_density_of_the_funnel(num_x):
    _, cdf = targets.funnel(num_x, 2.0).statistics["the log density"]
    for value in (-12.0, -6.0, -3.0, 0.0):

        def above(v, value=value):
            # log density = top(v) − half a chi-squared number
            top = stats.norm.logpdf(v, 0, 2) + num_x * stats.norm.logpdf(0, 0, np.exp(v / 2))
            return norm_pdf(v, 2) * stats.chi2.sf(max(2 * (top - value), 0), num_x)

        exact = quad(above, -20, 20, limit=400, epsabs=1e-10)
        # With one x the chi-squared law begins like a square root, which 100 nodes integrate with
        # an error of some 1 / 100³.
        assert cdf(value) == pytest.approx(exact[0], abs=2e-6)


# Wrong densities: each must be told from the right one by a random walk that starts on it.


def without_log_weights(sites, data):
    return jax.nn.logsumexp(data.weight + norm.logpdf(sites["x"], data.loc, data.scale))


def mirrored(sites, data):
    """Give every marginal its right law: only the joint law is wrong."""
    return funnel.log_joint({"v": -sites["v"], "x": sites["x"]}, data)


def straight(sites, data):
    return banana.log_joint(sites, data._replace(curvature=0.8 * data.curvature))


WALKS = {"banana": (banana, 1.5), "funnel": (funnel, 1.2), "mixture": (mixture, 4.0)}
WRONG = {
    "weights for log weights": ("mixture", without_log_weights),
    "a mirrored funnel": ("funnel", mirrored),
    "a banana a fifth too straight": ("banana", straight),
}


def invariance_of(name, logdensity):
    target = TARGETS[name]() if name != "funnel" else targets.funnel(2, 1.5)
    kernel = metropolis_hastings(logdensity or target.logdensity, random_walk(WALKS[name][1]))
    return checks.invariance(jax.random.key(577), kernel, target, alpha=ALPHA, num_chains=NUM)


@pytest.mark.parametrize("name", WALKS)
def test_a_right_walk_leaves_the_target_as_it_is(name):
    verdict = invariance_of(name, None)
    assert verdict.passed, verdict


@pytest.mark.parametrize(("name", "log_joint"), WRONG.values(), ids=WRONG)
def test_a_wrong_density_is_told_from_the_right_one(name, log_joint):
    model = funnel.model(2, 1.5) if name == "funnel" else WALKS[name][0].model()
    verdict = invariance_of(name, replace(model, log_joint_given=log_joint).logdensity)
    assert not verdict.passed
    assert verdict.property == "invariance", verdict
    distance, bound = (float(part.split(" ")[0]) for part in split_numbers(verdict.message))
    assert distance > 2 * bound, verdict


def split_numbers(message):
    """The two numbers of the verdict: how far, and how far chance reaches."""
    return message.split(" is ")[1], message.split("up to ")[1]


def test_marginals_of_the_mirrored_funnel_are_right():
    """So that what catches it above are the joint statistics alone."""
    target = targets.funnel(2, 1.5)
    draws = target.draw(jax.random.key(1618), NUM) * jnp.array([-1, 1, 1])
    bound = checks.dkw_envelope(NUM, 2, ALPHA)
    for statistic in ("v", "x[0]"):
        function, cdf = target.statistics[statistic]
        assert checks.ks_distance(jax.vmap(function)(draws), cdf) <= bound


def test_both_gaussians_are_one():
    target, model = targets.gaussian(0.6, 4), gaussian.model(4, 0.6)
    points = jax.random.normal(jax.random.key(2), (20, 4))
    difference = jax.vmap(target.logdensity)(points) - jax.vmap(model.logdensity)(points)
    np.testing.assert_allclose(difference, difference[0], atol=1e-4)  # float32, terms up to 50


@pytest.mark.parametrize(
    "correlation", [-0.3, 0.8, gaussian.decaying(0.9, 4)], ids=["negative", "positive", "fading"]
)
def test_draws_of_the_gaussian_model_have_its_covariance(correlation):
    model = gaussian.model(4, correlation, scales=[0.1, 1.0, 2.0, 5.0])
    keys = jax.random.split(jax.random.key(3), NUM)
    draws = np.asarray(jax.vmap(lambda key: model.draw_joint(key)[0]["x"])(keys), float)
    exact = gaussian.covariance(model.data)
    whitened = np.linalg.solve(np.linalg.cholesky(exact), draws.T)
    # An entry of the covariance of N whitened draws has standard deviation 1 / sqrt(N), on the
    # diagonal sqrt(2 / N); ten entries, three correlations.
    scores = (whitened @ whitened.T / NUM - np.eye(4)) * np.sqrt(NUM / (1 + np.eye(4)))
    assert np.abs(scores).max() < stats.norm.isf(ALPHA / (2 * 10 * 3))


def test_importing_targets_is_light():
    program = (
        "import sys; from course_utils import targets; targets.gaussian(); targets.gamma(); "
        "print([m for m in ('numpyro', 'pymc', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert result.stdout.strip() == "[]", result.stdout


bad_scale = st.sampled_from([0.0, -1.0, np.nan, np.inf])


@settings(max_examples=10, deadline=None)
@given(bad_scale, st.sampled_from([0, -1, 2.5, True]))
def test_bad_arguments_are_refused(bad, bad_dim):
    for name, build in (
        ("width", lambda: targets.banana(width=bad)),
        ("v_sd", lambda: targets.funnel(v_sd=bad)),
        ("shape", lambda: targets.gamma(bad)),
        ("dim", lambda: targets.gaussian(dim=bad_dim)),
        ("num_x", lambda: targets.funnel(num_x=min(bad_dim, 0) if bad_dim != 2.5 else bad_dim)),
        ("scale", lambda: targets.mixture(mixture.FOUR._replace(scale=(1, 1, 1, bad)))),
        ("correlation", lambda: targets.gaussian(np.nan)),
    ):
        with pytest.raises((ValueError, TypeError), match=f"^{name} (is|must) .*"):
            build()
