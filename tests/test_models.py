"""Every model keeps its contract: three views that are one density, and clear errors.

The points of the contract are drawn with fixed keys, and its tolerance bounds rounding, not
chance, so there is no false alarm to budget for.
"""

import re
from dataclasses import fields, replace

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.scipy.stats import norm
from scipy.special import logsumexp

from course_utils.models import Model, binomial, eight_schools, line, linear_regression, views_agree

KEY = jax.random.key(20)

MODELS = {
    "binomial": binomial.model,
    "centered": lambda: eight_schools.model(parameterization="centered"),
    "noncentered": eight_schools.model,
    "linear regression": linear_regression.model,
    "line": line.model,
}
OTHER_DATA = {
    "single flips": lambda: binomial.model(binomial.simulate()),
    "line of Hogg, Bovy & Lang": lambda: line.model(line.load()),
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
        (linear_regression.model, linear_regression.Data(ones[:, None], y)),
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
    ):
        if rows == others:
            assert build(given_data).dim > 0
        else:
            with pytest.raises(ValueError, match="must be vectors of one length"):
                build(given_data)


def test_other_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"'centered' or 'noncentered', got 'centred'"):
        eight_schools.model(parameterization="centred")
    with pytest.raises(ValueError, match="x must be a matrix"):
        linear_regression.model(linear_regression.Data(np.ones(3), np.ones(3)))
    with pytest.raises(ValueError, match="correlation must lie strictly between -1 and 1"):
        linear_regression.simulate(correlation=1.0)
    with pytest.raises(ValueError, match=r"p must lie between 0 and 1, got 1\.2"):
        binomial.simulate(p=1.2)
    for module in (binomial, linear_regression, line):
        with pytest.raises(ValueError, match="num_observations must be"):
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
