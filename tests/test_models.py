"""Every model keeps its contract: three views that are one density, and clear errors.

The points of the contract are drawn with fixed keys, and its tolerance bounds rounding, not
chance. The simulated sets are held to their truth at five standard errors, a dozen times: a false
alarm of 1e-5 in all.
"""

import re
from dataclasses import fields, replace

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.scipy.stats import norm
from scipy import stats
from scipy.special import logsumexp

from course_utils import checks
from course_utils import models as course_models
from course_utils.models import (
    Model,
    banana,
    binomial,
    bradley_terry,
    change_point,
    eight_schools,
    funnel,
    gaussian,
    line,
    line_with_outliers,
    linear_regression,
    logistic,
    mixture,
    views_agree,
)

KEY = jax.random.key(20)

MODELS = {
    "binomial": binomial.model,
    "change point": change_point.model,
    "centered": lambda: eight_schools.model(parameterization="centered"),
    "noncentered": eight_schools.model,
    "linear regression": linear_regression.model,
    "line": line.model,
    "line with outliers": lambda: line_with_outliers.model(line_with_outliers.simulate(12, 6)),
    "gaussian": lambda: gaussian.model(3, -0.4, scales=[0.5, 1.0, 3.0]),
    "banana": banana.model,
    "funnel": funnel.model,
    "mixture": mixture.model,
    "logistic": lambda: logistic.model(logistic.simulate(num_observations=40, num_columns=3)),
    "Bradley-Terry": lambda: bradley_terry.model(bradley_terry.simulate(42, 20, 4)),
}
OTHER_DATA = {
    "single flips": lambda: binomial.model(binomial.simulate()),
    "line of Hogg, Bovy & Lang": lambda: line.model(line.load()),
    "50 dimensions": course_models.MODELS["gaussian50"],
    "10,000 rows": course_models.MODELS["logistic"],
    "10,000 matches": course_models.MODELS["bradley_terry_10000"],
}
models = pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)


@pytest.mark.parametrize(
    "build", [*MODELS.values(), *OTHER_DATA.values()], ids=[*MODELS, *OTHER_DATA]
)
def test_three_views_are_one_density(build):
    verdict = views_agree(build(), KEY)
    assert verdict.passed, verdict.message


@models
def test_positions_and_sites_are_each_others_inverse(build):
    model = build()
    position = jax.random.normal(KEY, (model.dim,))
    sites = model.constrain(position)
    assert {name: site.shape for name, site in sites.items()} == model.shapes
    # Near the edge of its range a float32 site carries 1e-7, which the inverse magnifies tenfold.
    np.testing.assert_allclose(model.unconstrain(sites), position, atol=1e-5)


@models
def test_quantities_keep_leading_axes(build):
    model = build()
    positions = jax.random.normal(KEY, (2, 5, model.dim))
    sites = jax.vmap(jax.vmap(model.constrain))(positions)
    reference = model.reference()
    quantities = model.quantities(sites)
    assert quantities.keys() == reference.keys()
    for name, quantity in quantities.items():
        assert quantity.shape == (2, 5, *np.shape(reference[name].mean))


def test_models_by_name_are_what_the_name_says():
    assert set(course_models.MODELS) == {
        "banana",
        "binomial",
        "bradley_terry",
        "bradley_terry_10000",
        "bradley_terry_100000",
        "change_point",
        "eight_schools_centered",
        "eight_schools_noncentered",
        "funnel",
        "gaussian50",
        "line",
        "line_with_outliers",
        "linear_regression",
        "logistic",
        "mixture",
    }
    named = {name: course_models.build(name) for name in course_models.MODELS}
    assert "theta" in named["eight_schools_centered"].shapes
    assert "theta_base" in named["eight_schools_noncentered"].shapes
    assert (named["gaussian50"].dim, named["logistic"].dim, named["funnel"].dim) == (50, 50, 10)
    seasons = [named[f"bradley_terry{end}"].data.won for end in ("", "_10000", "_100000")]
    assert [len(season) for season in seasons] == [1_000, 10_000, 100_000]
    assert len({model.name for model in named.values()}) == len(named)
    with pytest.raises(ValueError, match=r"name must be one of banana, .*, got 'coin'"):
        course_models.build("coin")


# Densities of the toys against SciPy, which knows nothing of JAX: float32 rounding of some tens of
# terms is what ``same_density`` allows.


def scipy_gaussian(x):
    scales = np.array([0.5, 1.0, 3.0])
    correlations = np.array([[1, -0.4, -0.4], [-0.4, 1, -0.4], [-0.4, -0.4, 1]])
    return stats.multivariate_normal(np.zeros(3), np.outer(scales, scales) * correlations).logpdf(x)


def scipy_banana(position):
    x, y = position
    return stats.norm(0, 2).logpdf(x) + stats.norm(0.5 * (x**2 - 4), 1).logpdf(y)


def scipy_funnel(position):
    v, x = position[0], position[1:]
    return stats.norm(0, 3).logpdf(v) + stats.norm(0, np.exp(v / 2)).logpdf(x).sum()


def scipy_mixture(x):
    humps = zip((0.2, 0.3, 0.1, 0.4), (-2, 0, 3.2, 2.5), (1.2, 1, 5, 2.8), strict=True)
    return np.log(sum(weight * stats.norm(loc, scale).pdf(x[0]) for weight, loc, scale in humps))


SCIPY = {
    "gaussian": scipy_gaussian,
    "banana": scipy_banana,
    "funnel": scipy_funnel,
    "mixture": scipy_mixture,
}


@pytest.mark.parametrize("name", SCIPY)
def test_toys_against_scipy_with_their_constant(name):
    model = MODELS[name]()
    points = np.random.default_rng(20).normal(scale=2, size=(20, model.dim))
    verdict = checks.same_density(model.logdensity, SCIPY[name], points)
    assert verdict.passed, verdict.message
    # The views may differ by a constant, but the toys are normalised.
    exact = SCIPY[name](points[0])
    assert float(model.logdensity(points[0])) == pytest.approx(exact, rel=1e-5, abs=1e-5)


def without_log_weights(sites, data):
    components = norm.logpdf(sites["x"], data.loc, data.scale)
    return jax.nn.logsumexp(data.weight + components)


def test_mixture_integrates_to_one_and_a_wrong_one_does_not():
    right = mixture.model()
    verdict = checks.integrates_to_one(right.logdensity, -40, 50)
    assert verdict.passed, verdict.message
    wrong = replace(right, log_joint_given=without_log_weights)
    assert not checks.integrates_to_one(wrong.logdensity, -40, 50).passed


def test_outlier_probabilities_follow_from_bayes_rule():
    model = MODELS["line with outliers"]()
    sites = model.constrain(jax.random.normal(KEY, (model.dim,)))
    found = line_with_outliers.outlier_probabilities(sites, model.data)
    (x, y, sigma), share = model.data, float(sites["outlier_probability"])
    mean = np.tan(sites["theta"]) * x + sites["b_perp"] / np.cos(sites["theta"])
    near = (1 - share) * stats.norm(mean, sigma).pdf(y)
    spread = np.hypot(sites["outlier_sd"], sigma)
    far = share * stats.norm(sites["outlier_mean"], spread).pdf(y)
    np.testing.assert_allclose(found, far / (near + far), rtol=1e-4)  # float32 exponents up to 100


def test_density_of_the_coin_integrates_to_its_evidence():
    # With the Jacobian the integral over the real line is the evidence. The trapezium rule is as
    # good as exact for a smooth hump; float32 gives each log density an error of some 1e-5.
    model = binomial.model()
    z, step = np.linspace(-3, 5, 1001, retstep=True)
    logdensities = jax.jit(jax.vmap(model.logdensity))(z[:, None])
    log_total = logsumexp(np.asarray(logdensities, float)) + np.log(step)
    assert log_total == pytest.approx(binomial.log_evidence(model.data), abs=1e-4)


# Negative controls: a model that is wrong in one language must fail the same comparison.


def wrong_prior(data):
    mu = numpyro.sample("mu", dist.Normal(0, 50))  # 5 in the other two
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    theta = numpyro.sample("theta", dist.Normal(mu, tau).expand([8]).to_event(1))
    numpyro.sample("y", dist.Normal(theta, data.standard_error).to_event(1), obs=data.effect)


def cauchy_in_numpyro(data):
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.Cauchy(0, 5))  # half-Cauchy in the other two
    theta = numpyro.sample("theta", dist.Normal(mu, tau).expand([8]).to_event(1))
    numpyro.sample("y", dist.Normal(theta, data.standard_error).to_event(1), obs=data.effect)


def cauchy_in_pymc(data):
    import pymc as pm

    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.Cauchy("tau", 0, 5)  # half-Cauchy in the other two
        theta = pm.Normal("theta", mu, tau, shape=8)
        pm.Normal("y", theta, data.standard_error, observed=data.effect)
    return model


def variance_for_sd(data):
    import pymc as pm

    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", mu, tau**2, shape=8)
        pm.Normal("y", theta, data.standard_error, observed=data.effect)
    return model


def last_four_schools_left_out(sites, data):
    theta = sites["theta"][4:]
    left_out = norm.logpdf(data.effect[4:], theta, data.standard_error[4:])
    return eight_schools.log_joint(sites, data) - left_out.sum()


def variance_for_sd_in_the_funnel(data):
    v = numpyro.sample("v", dist.Normal(0, data.v_sd))
    numpyro.sample("x", dist.Normal(0, jnp.exp(v)).expand([data.num_x]).to_event(1))


def error_bars_left_out_for_outliers(sites, data):
    near, _ = line_with_outliers.log_likelihoods(sites, data)
    far = norm.logpdf(data.y, sites["outlier_mean"], sites["outlier_sd"])
    far += jnp.log(sites["outlier_probability"])
    right = jnp.logaddexp(*line_with_outliers.log_likelihoods(sites, data)).sum()
    return line_with_outliers.log_joint(sites, data) - right + jnp.logaddexp(near, far).sum()


def log_normal_for_half_normal(data):
    import pymc as pm

    with line_with_outliers.pymc_model(data) as model:
        log_normal = pm.logp(pm.LogNormal.dist(0, 3), model["outlier_sd"])
        pm.Potential("swap", log_normal - pm.logp(pm.HalfNormal.dist(3), model["outlier_sd"]))
    return model


class WithoutJacobian(Model):
    def logdensity(self, position):
        return self.log_joint(self.constrain(position))


def centered(**change):
    return replace(eight_schools.model(parameterization="centered"), **change)


def without_jacobian():
    model = eight_schools.model(parameterization="centered")
    return WithoutJacobian(**{field.name: getattr(model, field.name) for field in fields(model)})


WRONG = {
    "wrong prior in NumPyro": (lambda: centered(numpyro_given=wrong_prior), "NumPyro on the "),
    "Cauchy in NumPyro": (lambda: centered(numpyro_given=cauchy_in_numpyro), "NumPyro on the unc"),
    "Cauchy in PyMC": (lambda: centered(pymc_given=cauchy_in_pymc), "PyMC on the unc"),
    "variance for sd in PyMC": (lambda: centered(pymc_given=variance_for_sd), "PyMC on the "),
    "data left out": (lambda: centered(log_joint_given=last_four_schools_left_out), " on the "),
    "missing Jacobian": (without_jacobian, "on the unconstrained scale"),
    "variance for sd in the funnel": (
        lambda: replace(funnel.model(), numpyro_given=variance_for_sd_in_the_funnel),
        "NumPyro on the ",
    ),
    "no error bars for outliers": (
        lambda: replace(
            MODELS["line with outliers"](), log_joint_given=error_bars_left_out_for_outliers
        ),
        "line with outliers: .* on the ",
    ),
    "another prior of outlier_sd": (
        lambda: replace(MODELS["line with outliers"](), pymc_given=log_normal_for_half_normal),
        "PyMC on the ",
    ),
    "weights for log weights": (
        lambda: replace(mixture.model(), log_joint_given=without_log_weights),
        "mixture of 4 normals: .* on the ",
    ),
    "another form of the model": (
        lambda: centered(pymc_given=eight_schools.pymc_noncentered),
        "PyMC samples .*theta_base.*, the log joint .*theta",
    ),
}


@pytest.mark.parametrize(("build", "message"), WRONG.values(), ids=WRONG)
def test_contract_catches(build, message):
    verdict = views_agree(build(), KEY)
    assert not verdict.passed
    assert re.search(message, verdict.message), verdict.message


def test_contract_needs_two_points():
    with pytest.raises(ValueError, match="num_points must be at least 2, got 1"):
        views_agree(binomial.model(), KEY, num_points=1)


# Bad data: every model names the argument, what it got and what is allowed.

counts = st.lists(st.integers(1, 50), min_size=1, max_size=5)
bad_number = st.sampled_from([np.nan, np.inf, -np.inf])
bad_scale = st.sampled_from([0.0, -1.0, np.nan, np.inf])
few = settings(max_examples=30, deadline=None)  # a model costs a millisecond or two to build


@few
@given(counts, st.integers(1, 10))
def test_successes_cannot_exceed_trials(trials, excess):
    successes = [trials[0] + excess, *trials[1:]]
    message = f"successes must be at most {trials[0]}, got {successes[0]} at index 0"
    with pytest.raises(ValueError, match=message):
        binomial.model(binomial.Data(successes, trials))


@pytest.mark.parametrize(
    ("successes", "trials", "message"),
    [
        ([1], [0], "trials must be greater than 0, got 0"),
        ([-1], [3], "successes must hold whole numbers from 0"),
        ([1.5], [3], "successes must hold whole numbers from 0"),
        ([np.nan], [3], "successes must be finite"),
        ([], [], "trials must hold at least one number"),
        ([1, 2], [3], "successes and trials must be vectors of one length"),
        (1, 3, "successes and trials must be vectors of one length"),
    ],
)
def test_bad_counts_are_refused(successes, trials, message):
    with pytest.raises(ValueError, match=message):
        binomial.model(binomial.Data(successes, trials))


@few
@given(st.integers(0, 7), bad_scale)
def test_a_standard_error_must_be_positive_and_finite(index, bad):
    data = eight_schools.load()
    standard_error = np.array(data.standard_error, float)
    standard_error[index] = bad
    for build, given_data in (
        (eight_schools.model, data._replace(standard_error=standard_error)),
        (line.model, line.Data(np.arange(8), np.arange(8), standard_error)),
        (line_with_outliers.model, line.Data(np.arange(8), np.arange(8), standard_error)),
    ):
        with pytest.raises(ValueError, match=rf"(standard_error|sigma) must be .* index {index}"):
            build(given_data)


@few
@given(st.integers(0, 7), bad_number)
def test_observations_must_be_finite(index, bad):
    y, ones = np.ones(8), np.ones(8)
    y[index] = bad
    for build, given_data in (
        (eight_schools.model, eight_schools.Data(y, ones)),
        (line.model, line.Data(ones, y, ones)),
        (line_with_outliers.model, line.Data(ones, y, ones)),
        (linear_regression.model, linear_regression.Data(ones[:, None], y)),
        (logistic.model, logistic.Data(ones[:, None], y)),
    ):
        with pytest.raises(ValueError, match=rf"(effect|y) must be finite, got .* index {index}"):
            build(given_data)


@few
@given(st.integers(1, 6), st.integers(1, 6))
def test_lengths_must_agree(rows, others):
    a, b = np.ones(rows), np.ones(others)
    for build, given_data in (
        (eight_schools.model, eight_schools.Data(a, b)),
        (line.model, line.Data(a, b, a)),
        (linear_regression.model, linear_regression.Data(a[:, None], b)),
        (logistic.model, logistic.Data(a[:, None], b)),
        (mixture.model, mixture.Data(a, a, b / others)),
    ):
        if rows == others:
            assert build(given_data).dim > 0
        else:
            with pytest.raises(ValueError, match="must be vectors of one length"):
                build(given_data)


no_whole_number = st.sampled_from([2.0, 2.5, True, "2", None, np.nan])
no_number = st.sampled_from(["1", None, 1j])


@few
@given(bad_scale, st.integers(0, 3))
def test_scales_of_toys_must_be_positive_and_finite(bad, index):
    four = np.ones(4)
    four[index] = bad
    for name, build_toy in (
        ("width", lambda: banana.model(width=bad)),
        ("v_sd", lambda: funnel.model(v_sd=bad)),
        ("scales", lambda: gaussian.model(4, scales=four)),
        ("scales", lambda: gaussian.model(4, scales=bad)),
        ("scale", lambda: mixture.model(mixture.FOUR._replace(scale=four))),
        ("weight", lambda: mixture.model(mixture.FOUR._replace(weight=four))),
    ):
        with pytest.raises(ValueError, match=rf"^{name} must be (greater than 0|finite), got"):
            build_toy()


@few
@given(bad_number)
def test_other_numbers_of_toys_must_be_finite(bad):
    for name, build_toy in (
        ("curvature", lambda: banana.model(curvature=bad)),
        ("correlation", lambda: gaussian.model(correlation=bad)),
        ("loc", lambda: mixture.model(mixture.FOUR._replace(loc=(0, 1, bad, 2)))),
    ):
        with pytest.raises(ValueError, match=f"^{name} must be finite, got {bad}"):
            build_toy()


@few
@given(no_whole_number, no_number)
def test_arguments_of_another_kind_are_refused(no_whole, no_real):
    for name, build_toy in (
        ("dim", lambda: gaussian.model(dim=no_whole)),
        ("num_x", lambda: funnel.model(num_x=no_whole)),
        ("num_columns", lambda: logistic.simulate(num_columns=no_whole)),
    ):
        with pytest.raises(ValueError, match=f"^{name} is .*; allowed are integers of at least"):
            build_toy()
    for name, build_toy in (
        ("width", lambda: banana.model(width=no_real)),
        ("v_sd", lambda: funnel.model(v_sd=no_real)),
        ("loc", lambda: mixture.model(mixture.FOUR._replace(loc=(0, 1, 2, no_real)))),
        ("y", lambda: logistic.model(logistic.Data(np.ones((1, 1)), [no_real]))),
    ):
        with pytest.raises(TypeError, match=f"^{name} must .*got "):
            build_toy()


@few
@given(st.integers(2, 12), st.floats(0, 5))
def test_correlation_must_leave_a_covariance(dim, excess):
    lowest = -1 / (dim - 1)
    for bad in (1 + excess, lowest - excess):
        with pytest.raises(
            ValueError, match=r"^correlation must lie strictly between .* and 1, got"
        ):
            gaussian.model(dim, bad)
    assert gaussian.model(dim, 0.99 * lowest).dim == dim


@few
@given(st.integers(-3, 1))
def test_counts_of_toys_have_a_lower_bound(small):
    with pytest.raises(ValueError, match=f"^dim is {small}; allowed are integers of at least 2"):
        gaussian.model(small)
    with pytest.raises(ValueError, match=r"^num_x is .*; allowed are integers of at least 1"):
        funnel.model(num_x=min(small, 0))


@few
@given(st.integers(0, 5), st.sampled_from([2, -1, 0.5]))
def test_outcomes_are_zero_or_one(index, bad):
    y = np.zeros(6)
    y[index] = bad
    with pytest.raises(ValueError, match=f"^y must .*, got {bad:g}.* at index {index}"):
        logistic.model(logistic.Data(np.ones((6, 2)), y))


@pytest.mark.parametrize(
    ("build_toy", "message"),
    [
        (lambda: mixture.model(mixture.Data([], [], [])), "loc must hold at least one number"),
        (
            lambda: mixture.model(mixture.FOUR._replace(weight=(0.2, 0.3, 0.1, 0.5))),
            r"weight must sum to 1, got numbers that sum to 1\.1",
        ),
        (
            lambda: gaussian.model(3, scales=[1, 2]),
            r"scales must be one number or a vector of length 3, got shape \(2,\)",
        ),
        (
            lambda: gaussian.model(3, np.eye(2)),
            r"correlation must be one number or a matrix of shape \(3, 3\), got shape \(2, 2\)",
        ),
        (lambda: gaussian.model(2, [[1, 0.5], [0.4, 1]]), "correlation must be symmetric"),
        (lambda: gaussian.model(2, [[2, 0], [0, 2]]), "symmetric with a diagonal of ones"),
        (lambda: gaussian.model(2, np.ones((2, 2))), "correlation must be positive definite, got"),
        (lambda: gaussian.decaying(1.0, 3), "correlation must lie strictly between -1 and 1, got"),
        (lambda: gaussian.model(3, scales=[]), "scales must hold at least one number"),
        (lambda: banana.model(width=[1, 2]), r"width must be a single number, got shape \(2,\)"),
        (lambda: logistic.model(logistic.Data([], [])), "x must hold at least one number"),
        (lambda: logistic.model(logistic.Data(np.ones(3), np.ones(3))), "x must be a matrix"),
        (lambda: line_with_outliers.model(line.Data([], [], [])), "x must hold at least one"),
        (
            lambda: line_with_outliers.simulate(outlier_probability=1.2),
            r"outlier_probability must lie between 0 and 1, got 1\.2",
        ),
        (
            lambda: line_with_outliers.reference(line.simulate(num_observations=21)),
            "data must hold at most 20 points for an exact reference, got 21",
        ),
    ],
)
def test_bad_toys_are_refused(build_toy, message):
    with pytest.raises(ValueError, match=message):
        build_toy()


def test_other_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"'centered' or 'noncentered', got 'centred'"):
        eight_schools.model(parameterization="centred")
    with pytest.raises(ValueError, match="x must be a matrix"):
        linear_regression.model(linear_regression.Data(np.ones(3), np.ones(3)))
    with pytest.raises(ValueError, match="correlation must lie strictly between -1 and 1"):
        linear_regression.simulate(correlation=1.0)
    with pytest.raises(ValueError, match=r"p must lie between 0 and 1, got 1\.2"):
        binomial.simulate(p=1.2)
    for module in (binomial, linear_regression, line, line_with_outliers, logistic):
        with pytest.raises(ValueError, match=r"num_observations is .*; allowed are integers"):
            module.simulate(num_observations=0)


# Simulated data are the same on every machine and for every length.


def test_flips_grow_without_being_replaced():
    short, long = binomial.simulate(num_observations=100), binomial.simulate(num_observations=1000)
    np.testing.assert_array_equal(long.successes[:100], short.successes)
    # NumPy keeps the stream of a generator: the number is fixed by seed 42, not measured.
    assert binomial.pooled(short).successes == 73


def test_pooling_changes_the_density_by_a_constant_only():
    flips = binomial.model(binomial.simulate())
    total = binomial.model()
    positions = jax.random.normal(KEY, (20, 1))
    difference = jax.vmap(flips.logdensity)(positions) - jax.vmap(total.logdensity)(positions)
    # A hundred float32 terms of size up to 3: roundoff of 100 · 3 · 6e-8 · a few.
    np.testing.assert_allclose(difference, difference[0], atol=2e-4)
    assert flips.reference() == total.reference()


def test_simulated_sets_have_the_truth_they_promise():
    # Ordinary least squares on many points, within 5 standard errors: chance of a miss 1e-6.
    data = linear_regression.simulate(num_observations=10_000, correlation=0.9)
    fit = np.linalg.lstsq(data.x, data.y)[0]
    errors = 0.7 * np.sqrt(np.diag(np.linalg.inv(data.x.T @ data.x)))
    assert np.all(np.abs(fit - [1, 2, -1]) < 5 * errors)
    assert np.corrcoef(data.x[:, 1:].T)[0, 1] == pytest.approx(0.9, abs=5 * 0.19 / 100)
    points = line.simulate(num_observations=10_000)
    residuals = (points.y - points.x) / points.sigma
    assert abs(residuals.mean()) < 5 / 100 and abs(residuals.std() - 1) < 5 / 141


def test_simulated_outliers_are_those_that_were_said():
    data, is_outlier = line_with_outliers.simulate_with_truth(num_observations=10_000)
    plain = line.simulate(num_observations=10_000)
    np.testing.assert_array_equal(data.y[~is_outlier], plain.y[~is_outlier])
    # Within 5 standard errors, as above: a share of 0.2, and outliers around 0 with variance 1.04.
    assert abs(is_outlier.mean() - 0.2) < 5 * 0.4 / 100
    elsewhere = data.y[is_outlier] / np.sqrt(1.04)
    size = np.sqrt(is_outlier.sum())
    assert abs(elsewhere.mean()) < 5 / size and abs(elsewhere.std() - 1) < 5 / (1.41 * size)
    assert abs(np.corrcoef(elsewhere, data.x[is_outlier])[0, 1]) < 5 / size


def test_a_simulated_regression_has_probabilities_of_all_sizes():
    data = logistic.simulate()
    assert data.x.shape == (10_000, 50)
    assert 0.4 < data.y.mean() < 0.6
    # Recovered within 5 posterior standard deviations, coefficients drawn first from the seed.
    fit = logistic.reference(logistic.simulate(num_observations=2000, num_columns=2))
    truth = np.random.default_rng(42).standard_normal(2)
    for exact in fit.values():
        assert np.all(np.abs(exact.mean - truth) < 5 * exact.sd)
