"""Each exact reference is computed a second time, by another road.

Everything is deterministic but five tests with fixed keys: calibration, prior draws, the outliers
by importance sampling, the logistic regression's reference, which is a random one, and its prior
draws. They have a false alarm with probability 2e-3 in all, shared as stated beside each among its
comparisons (Bonferroni).
"""

from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest
from scipy.integrate import quad, trapezoid
from scipy.interpolate import CubicSpline
from scipy.special import beta as beta_function
from scipy.stats import (
    beta,
    binom,
    binomtest,
    cauchy,
    halfcauchy,
    halfnorm,
    invgamma,
    kstest,
    multivariate_normal,
    multivariate_t,
    norm,
    uniform,
)

from course_utils.models import (
    assignments,
    banana,
    binomial,
    eight_schools,
    funnel,
    gaussian,
    line,
    line_with_outliers,
    linear_regression,
    logistic,
    mixture,
)
from course_utils.models.base import PROBABILITIES, Reference


def assert_is_law(reference, values, density, tolerance):
    """Hold a reference against a density given on an even grid.

    Moments by the trapezium rule, the mass below each quantile by a cubic spline; ``tolerance`` is
    in units of the standard deviation, and of probability.
    """
    density = density / trapezoid(density, values)
    mean = trapezoid(values * density, values)
    sd = np.sqrt(trapezoid((values - mean) ** 2 * density, values))
    assert reference.mean == pytest.approx(mean, abs=tolerance * sd)
    assert reference.sd == pytest.approx(sd, abs=tolerance * sd)
    below = CubicSpline(values, density).antiderivative()
    for p in PROBABILITIES:
        assert below(reference.quantiles[p]) == pytest.approx(p, abs=tolerance)


@pytest.mark.parametrize(
    ("successes", "trials"), [([73], [100]), ([0], [1]), ([3, 0, 1], [5, 1, 1])]
)
def test_binomial_against_a_grid(successes, trials):
    data = binomial.Data(np.array(successes), np.array(trials))
    p = np.linspace(0, 1, 20_001)
    density = beta.pdf(p, 2, 2) * np.prod(
        [binom.pmf(y, n, p) for y, n in zip(successes, trials, strict=True)], axis=0
    )
    # The trapezium rule with 20,000 steps errs by (1/20,000)² / 12 times a slope of up to 20.
    assert_is_law(binomial.reference(data)["p"], p, density, 1e-8)
    assert binomial.log_evidence(data) == pytest.approx(np.log(trapezoid(density, p)), abs=1e-8)


# Eight schools, another road: adaptive quadrature over log tau, and for each tau the joint normal
# law of (mu, theta, y) with its full covariance matrix, conditioned on y by matrix algebra.


def given_log_tau(log_tau, data):
    """Density of log tau and y, then mean and covariance of (mu, theta_1 … theta_8) given both."""
    tau, y = np.exp(log_tau), np.asarray(data.effect, float)
    prior = np.full((9, 9), 25.0)
    prior[1:, 1:] += tau**2 * np.eye(8)
    marginal = prior[1:, 1:] + np.diag(np.asarray(data.standard_error, float) ** 2)
    gain = np.linalg.solve(marginal, prior[1:]).T
    covariance = prior - gain @ prior[1:]
    density = 2 * cauchy.pdf(tau, 0, 5) * tau * multivariate_normal.pdf(y, np.zeros(8), marginal)
    return density, gain @ y, covariance


@pytest.fixture(scope="module")
def over_log_tau():
    data = eight_schools.load()
    log_tau = np.linspace(-30, 12, 8401)
    rows = (given_log_tau(t, data) for t in log_tau)
    density, mean, covariance = map(np.array, zip(*rows, strict=True))
    return log_tau, density / trapezoid(density, log_tau), mean, covariance


def test_eight_schools_tau_against_a_grid_in_log_tau(over_log_tau):
    log_tau, density, _, _ = over_log_tau
    reference = eight_schools.model().reference()
    # Below log tau = -30 lies a mass of 1e-13, above 12 less.
    assert_is_law(reference["log_tau"], log_tau, density, 1e-9)
    moments = [trapezoid(np.exp(k * log_tau) * density, log_tau) for k in (1, 2)]
    assert reference["tau"].mean == pytest.approx(moments[0], abs=1e-9)
    assert reference["tau"].sd == pytest.approx(np.sqrt(moments[1] - moments[0] ** 2), abs=1e-9)


def test_eight_schools_mu_and_theta_against_matrix_algebra(over_log_tau):
    log_tau, density, mean, covariance = over_log_tau
    sd = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    reference = eight_schools.model().reference()
    whole = trapezoid(density[:, None] * mean, log_tau, axis=0)
    spread = np.sqrt(trapezoid(density[:, None] * (sd**2 + (mean - whole) ** 2), log_tau, axis=0))
    both = {
        field: np.r_[getattr(reference["mu"], field), getattr(reference["theta"], field)]
        for field in ("mean", "sd")
    }
    np.testing.assert_allclose(both["mean"], whole, atol=1e-9)
    np.testing.assert_allclose(both["sd"], spread, atol=1e-9)
    for p in PROBABILITIES:
        at = np.r_[reference["mu"].quantiles[p], reference["theta"].quantiles[p]]
        below = trapezoid(density[:, None] * norm.cdf((at - mean) / sd), log_tau, axis=0)
        np.testing.assert_allclose(below, p, atol=1e-9)


def test_eight_schools_probabilities_against_matrix_algebra(over_log_tau):
    log_tau, density, mean, covariance = over_log_tau
    found = eight_schools.probabilities(eight_schools.load())
    a_minus_c = np.eye(9)[1] - np.eye(9)[3]
    for probability, of in zip(found, (np.eye(9)[0], a_minus_c), strict=True):
        # Below tau = 1e-4 the variance of the gap is lost in rounding. There the sign of the gap is
        # a fair coin, to within 0.1 tau, and the mass is some 1e-5.
        sure = (log_tau > np.log(1e-4)) | (of is not a_minus_c)
        given = np.full_like(log_tau, 0.5)
        given[sure] = norm.cdf(mean[sure] @ of / np.sqrt(covariance[sure] @ of @ of))
        exact = trapezoid(density * given, log_tau)
        assert probability == pytest.approx(exact, abs=1e-9)
    # By another program: Gauss-Legendre over u, tau = 5 tan u; all digits shown.
    assert found == pytest.approx((0.907592, 0.617404), abs=5e-7)
    other_way = eight_schools.probabilities(eight_schools.load(), first=2, second=0)
    assert found[1] + other_way[1] == pytest.approx(1, abs=1e-12)


def test_eight_schools_against_figures_computed_elsewhere():
    reference = eight_schools.model().reference()
    mu, tau = reference["mu"], reference["tau"]
    # Gauss-Legendre over u, tau = 5 tan u, as printed by another program; all digits shown.
    assert mu.mean == pytest.approx(4.396820713833, abs=1e-11)
    assert mu.mean**2 + mu.sd**2 == pytest.approx(30.339195294, abs=1e-8)
    assert tau.mean == pytest.approx(3.597705484098, abs=1e-11)
    assert tau.mean**2 + tau.sd**2 == pytest.approx(23.311616942, abs=1e-8)
    theta = [6.2118842, 4.94017842, 3.9270044, 4.75709829, 3.61547702, 4.04261264, 6.29672413]
    np.testing.assert_allclose(reference["theta"].mean, [*theta, 4.85425332], atol=1e-8)


def test_both_forms_of_eight_schools_are_one_model():
    centered = eight_schools.model(parameterization="centered")
    noncentered = eight_schools.model()
    assert str(centered.reference()) == str(noncentered.reference())
    # The same key draws the same schools, so that calibrating one form calibrates both.
    key = jax.random.key(3)
    (sites, data), (other_sites, other_data) = centered.draw_joint(key), noncentered.draw_joint(key)
    jax.tree.map(np.testing.assert_array_equal, data, other_data)
    for name, quantity in noncentered.quantities(other_sites).items():
        np.testing.assert_allclose(quantity, centered.quantities(sites)[name], rtol=1e-6)


# Linear regression, another road: condition in the space of the observations.


def test_regression_against_conditioning_on_the_observations():
    data = linear_regression.simulate()
    reference = linear_regression.reference(data)
    n, columns = data.x.shape
    marginal = np.eye(n) + 100 * data.x @ data.x.T  # of y, in units of the variance
    gain = np.linalg.solve(marginal, 100 * data.x).T
    law = invgamma(3 + n / 2, scale=2 + data.y @ np.linalg.solve(marginal, data.y) / 2)
    covariance = 100 * np.eye(columns) - gain @ (100 * data.x)
    np.testing.assert_allclose(reference["variance"].mean, law.mean(), rtol=1e-9)
    np.testing.assert_allclose(reference["variance"].sd, law.std(), rtol=1e-9)
    np.testing.assert_allclose(reference["coefficients"].mean, gain @ data.y, rtol=1e-9)
    # The variance of a coefficient is the mean of the variance times its share: total variance.
    sd = np.sqrt(law.mean() * np.diag(covariance))
    np.testing.assert_allclose(reference["coefficients"].sd, sd, rtol=1e-9)
    # A mixture of normals over the variance must put the right mass below each quantile.
    for p in PROBABILITIES:
        assert law.cdf(reference["variance"].quantiles[p]) == pytest.approx(p, abs=1e-9)
        for k in range(columns):
            at = reference["coefficients"].quantiles[p][k] - (gain @ data.y)[k]

            def share(v, spread=covariance[k, k], at=at):
                return law.pdf(v) * norm.cdf(at / np.sqrt(v * spread))

            assert quad(share, 0.1, 3)[0] == pytest.approx(p, abs=1e-7)
    evidence = multivariate_t(np.zeros(n), 2 / 3 * marginal, df=6).logpdf(data.y)
    assert linear_regression.log_evidence(data) == pytest.approx(evidence, abs=1e-9)


# The line, another road: a plain grid in both parameters.


def line_on_a_grid(data, theta, b_perp):
    """Log joint density, shape (theta, b_perp), straight from the definition of the model."""
    slope = np.tan(theta)[:, None, None]
    intercept = (b_perp / np.cos(theta)[:, None])[:, :, None]
    likelihood = norm.logpdf(data.y, slope * data.x + intercept, data.sigma).sum(-1)
    return likelihood + norm.logpdf(b_perp) - np.log(np.pi)


@pytest.mark.parametrize("data", [line.simulate(), line.load()], ids=["simulated", "Hogg"])
def test_line_against_a_two_dimensional_grid(data):
    reference = line.reference(data)
    reach = {
        name: reference[name].mean + 12 * reference[name].sd * np.array([-1, 1])
        for name in ("theta", "b_perp")
    }
    theta, b_perp = (np.linspace(*reach[name], 601) for name in ("theta", "b_perp"))
    log_density = line_on_a_grid(data, theta, b_perp)
    density = np.exp(log_density - log_density.max())
    # Smooth humps on steps of sd / 25: the spline's mass errs by some (1/25)⁴ / 10.
    for name, axis, values in (("theta", 1, theta), ("b_perp", 0, b_perp)):
        marginal = trapezoid(density, (b_perp, theta)[axis == 0], axis=axis)
        assert_is_law(reference[name], values, marginal, 1e-6)
    weights = density / density.sum()
    for name, values in (("m", np.tan(theta)[:, None]), ("b", b_perp / np.cos(theta)[:, None])):
        mean = np.sum(weights * values)
        sd = np.sqrt(np.sum(weights * (values - mean) ** 2))
        assert reference[name].mean == pytest.approx(mean, abs=1e-8 * sd)
        assert reference[name].sd == pytest.approx(sd, rel=1e-8)
        for p in PROBABILITIES:
            # A grid can only say within which cell a quantile lies: a row holds up to 2 % mass.
            below = np.sum(weights * (values <= reference[name].quantiles[p]))
            assert below == pytest.approx(p, abs=0.02)


def test_hogg_contradicts_the_prior_on_the_distance():
    data = line.load()
    weights = 1 / data.sigma
    design = np.column_stack([np.ones(16), data.x]) * weights[:, None]
    b, m = np.linalg.lstsq(design, data.y * weights)[0]
    distance = b * np.cos(np.arctan(m))
    assert distance > 10  # prior standard deviations, as the module says
    assert line.reference(data)["b"].quantiles[0.95] < b


def test_errors_of_quadrature_are_below_what_sampling_can_see():
    for module in (eight_schools, line, banana, funnel):
        for quantity in module.model().reference().values():
            assert 0 <= quantity.standard_error < 1e-9


# The line with outliers, another road: for each assignment of three points to line and outliers,
# normal laws with their full covariance, and adaptive quadrature over theta and outlier_sd.


def conditional_moments(loadings, noise, prior_sd, y):
    """Density of y = loadings · u + noise, u ~ Normal(0, prior_sd), then mean and sd of u given y.

    With no y at all the density is 1 and u keeps its prior.
    """
    if len(y) == 0:
        return 1.0, 0.0, prior_sd
    covariance = prior_sd**2 * np.outer(loadings, loadings) + np.diag(noise**2)
    gain = prior_sd**2 * np.linalg.solve(covariance, loadings)
    density = multivariate_normal.pdf(y, np.zeros(len(y)), covariance)
    return density, gain @ y, np.sqrt(prior_sd**2 - prior_sd**2 * gain @ loadings)


def integrals(part, low, high, peak):
    """∫ density · f du for f = 1, u, u², and the mean and mean square of the normal given u."""

    def moments(u, k):
        density, mean, sd = part(u)
        return density * (1, u, u**2, mean, mean**2 + sd**2)[k]

    return np.array(
        [
            quad(moments, low, high, (k,), points=[peak], epsabs=1e-13, limit=200)[0]
            for k in range(5)
        ]
    )


def test_outliers_against_a_sum_of_adaptive_quadratures():
    data = line_with_outliers.Data(
        np.array([-1.0, 0.5, 1.5]), np.array([-0.7, 2.0, 1.4]), np.array([0.4, 0.5, 0.6])
    )
    x, y, sigma = data
    total, q_mean = np.zeros(9), 0.0
    for index in range(8):
        out = (index >> np.arange(3)) % 2 == 1

        def on_line(theta, i=~out):
            shifted = y[i] * np.cos(theta) - x[i] * np.sin(theta)
            noise = sigma[i] * np.cos(theta)
            density, mean, sd = conditional_moments(np.ones(i.sum()), noise, 1.0, shifted)
            return density * np.cos(theta) ** i.sum() / np.pi, mean, sd

        def elsewhere(spread, i=out):
            noise = np.hypot(spread, sigma[i])
            density, mean, sd = conditional_moments(np.ones(i.sum()), noise, 1.0, y[i])
            return density * 2 * norm.pdf(spread, 0, 3), mean, sd

        near = integrals(on_line, -np.pi / 2, np.pi / 2, 0.7)
        far = integrals(elsewhere, 0, 30, 1.0)
        share = beta_function(out.sum() + 1, 4 - out.sum())
        total += share * np.r_[near * far[0], far[1:] * near[0]]
        q_mean += share * near[0] * far[0] * (out.sum() + 1) / 5
    evidence, moments = total[0], total[1:] / total[0]
    exact = line_with_outliers.posterior(data)
    assert exact.log_evidence == pytest.approx(np.log(evidence), abs=1e-8)
    reference = line_with_outliers.reference(data)
    # Adaptive quadrature was asked for 1e-13; 128 nodes reach some 1e-9 on so few points.
    for k, name in enumerate(("theta", "b_perp", "outlier_sd", "outlier_mean")):
        mean, square = moments[2 * k : 2 * k + 2]
        assert reference[name].mean == pytest.approx(mean, abs=1e-7), name
        assert reference[name].sd == pytest.approx(np.sqrt(square - mean**2), abs=1e-7), name
    assert reference["outlier_probability"].mean == pytest.approx(q_mean / evidence, abs=1e-7)
    for quantity in reference.values():
        # A million independent draws leave a mean uncertain by sd / 1000; the middle 90 % of a
        # normal law are 3.3 sd wide.
        width = quantity.quantiles[0.95] - quantity.quantiles[0.05]
        assert 0 < quantity.standard_error < width / 3.3 / 1000


def test_outliers_against_importance_sampling_from_the_prior():
    """Every number of the reference, quantiles included, through the model's own log joint."""
    rng, num = np.random.default_rng(271828), 400_000
    data = line_with_outliers.simulate(num_observations=5)._replace(sigma=np.full(5, 0.5))
    reference = line_with_outliers.reference(data)
    sites = {
        "theta": rng.uniform(-np.pi / 2, np.pi / 2, num),
        "b_perp": rng.standard_normal(num),
        "outlier_probability": rng.random(num),
        "outlier_mean": rng.standard_normal(num),
        "outlier_sd": np.abs(3 * rng.standard_normal(num)),
    }
    prior = norm.logpdf(sites["b_perp"]) + norm.logpdf(sites["outlier_mean"]) - np.log(np.pi)
    prior += np.log(2) + norm.logpdf(sites["outlier_sd"], 0, 3)
    joint = jax.jit(jax.vmap(lambda one: line_with_outliers.log_joint(one, data)))(sites)
    weights = np.exp(np.asarray(joint, float) - prior)
    error = weights.std() / np.sqrt(num)
    scores = [(weights.mean() - np.exp(line_with_outliers.posterior(data).log_evidence)) / error]
    quantities = line_with_outliers.quantities(sites)
    for name, exact in reference.items():
        values = np.asarray(quantities[name], float)
        wanted = [(values <= at, p) for p, at in exact.quantiles.items()]
        if np.isfinite(exact.mean):
            wanted += [(values, exact.mean), ((values - exact.mean) ** 2, exact.sd**2)]
        for function, expected in wanted:
            excess = weights * (function - expected)
            scores.append(excess.sum() / np.sqrt((excess**2).sum()))
    assert len(scores) == 1 + 7 * 3 + 5 * 2
    # Tens of thousands of effective draws: each score is normal to well within the budget.
    assert weights.sum() ** 2 / (weights**2).sum() > 10_000
    assert np.max(np.abs(scores)) < norm.isf(2.5e-4 / (2 * len(scores)))


def test_slope_and_intercept_among_outliers_have_no_mean():
    # The density of theta at the ends of its range is above zero, so E|tan theta| is infinite:
    # each decade nearer to the end adds the same amount.
    data = line_with_outliers.simulate(num_observations=4)
    reference = line_with_outliers.reference(data)
    assert np.isinf([reference[name].mean for name in ("m", "b")]).all()
    exact = line_with_outliers.posterior(data)
    weights, _ = exact.line.components(exact.probability, ~exact.is_outlier)
    density = weights / exact.line.grid.nodes()[1]
    assert density[[0, -1]].min() > 1e-4


def test_exact_outlier_probabilities_single_out_the_true_ones():
    data, is_outlier = line_with_outliers.simulate_with_truth()
    exact = line_with_outliers.posterior(data)
    probability = exact.probability @ exact.is_outlier
    assert exact.probability.sum() == pytest.approx(1, abs=1e-12)
    far = np.abs(data.y - data.x) > 1  # five error bars off the true line
    assert far.any() and not (far & ~is_outlier).any()
    assert probability[far].min() > 0.9 and probability[~is_outlier].max() < 0.5


# The toys: laws on a grid from their definition.


def test_banana_against_a_grid():
    y = np.linspace(-30, 120, 15_001)
    x = np.linspace(-18, 18, 2001)[:, None]
    density = np.zeros_like(y)
    for rows in np.array_split(x, 40):  # in pieces, to save memory
        density += (norm.pdf(rows, 0, 2) * norm.pdf(y, 0.5 * (rows**2 - 4), 1)).sum(0)
    # Smooth functions on steps of sd / 100: the trapezium rule is as good as exact.
    assert_is_law(banana.model().reference()["y"], y, density, 1e-8)
    assert_is_law(banana.model().reference()["x"], x[:, 0], norm.pdf(x[:, 0], 0, 2), 1e-8)


def test_funnel_against_adaptive_quadrature_over_v():
    reference = funnel.model(num_x=2, v_sd=1.5).reference()
    for p, at in reference["x"].quantiles.items():
        below = quad(
            lambda v, at=at: norm.pdf(v, 0, 1.5) * norm.cdf(at[0], 0, np.exp(v / 2)), -15, 15
        )
        assert below[0] == pytest.approx(p, abs=1e-8)
        assert at[0] == at[1]
    variance = quad(lambda v: norm.pdf(v, 0, 1.5) * np.exp(v), -15, 20, epsabs=1e-12)[0]
    np.testing.assert_allclose(reference["x"].sd ** 2, variance, rtol=1e-8)
    assert_is_law(reference["v"], v := np.linspace(-15, 15, 3001), norm.pdf(v, 0, 1.5), 1e-8)


def test_mixture_against_a_grid():
    x = np.linspace(-50, 60, 40_001)
    density = np.sum(
        [
            weight * norm.pdf(x, loc, scale)
            for loc, scale, weight in zip(*mixture.FOUR, strict=True)
        ],
        axis=0,
    )
    assert_is_law(mixture.model().reference()["x"], x, density, 1e-8)


@pytest.mark.parametrize(
    "correlation", [-0.3, gaussian.decaying(-0.6, 4)], ids=["common", "fading"]
)
def test_gaussian_against_the_curvature_of_its_density(correlation):
    model = gaussian.model(4, correlation, scales=[0.1, 1.0, 2.0, 5.0])
    with jax.enable_x64(True):
        hessian = jax.hessian(model.logdensity)(np.zeros(4))
    covariance = np.linalg.inv(-np.asarray(hessian))
    reference = model.reference()
    np.testing.assert_allclose(reference["x"].sd, np.sqrt(np.diag(covariance)), rtol=1e-10)
    law = norm(0, np.sqrt(covariance.sum()))
    assert reference["sum"].sd == pytest.approx(law.std(), rel=1e-10)
    for p in PROBABILITIES:
        assert reference["sum"].quantiles[p] == pytest.approx(law.ppf(p), rel=1e-10)
    sds = np.sqrt(np.diag(covariance))
    expected = np.broadcast_to(correlation, (4, 4)).copy()
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(covariance / np.outer(sds, sds), expected, atol=1e-10)
    assert gaussian.decaying(-0.6, 4)[0].tolist() == pytest.approx([1, -0.6, 0.36, -0.216])


def test_logistic_against_a_grid():
    data = logistic.simulate(num_observations=60, num_columns=2)
    reference = logistic.reference(data)["coefficients"]
    assert "statistical" in reference.source
    axis = np.linspace(-5, 5, 401)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    eta = np.einsum("ijk,nk->ijn", grid, data.x)
    density = np.prod(np.where(data.y, 1, np.exp(-eta)) / (1 + np.exp(-eta)), axis=-1)
    density *= norm.pdf(grid).prod(-1)
    density /= density.sum()
    # Its standard error is the largest of all, so every score is normal or closer to 0.
    limit = norm.isf(2.5e-4 / (2 * 2 * (2 + len(PROBABILITIES)))) * reference.standard_error
    assert 0 < reference.standard_error < 0.03 * reference.sd.min()
    for k in range(2):
        marginal = density.sum(1 - k)
        mean = marginal @ axis
        assert abs(reference.mean[k] - mean) < limit
        assert abs(reference.sd[k] - np.sqrt(marginal @ (axis - mean) ** 2)) < limit
        below = CubicSpline(axis, marginal).antiderivative()
        for p, at in reference.quantiles.items():
            excess = below(at[k]) / below(5) - p
            slope = CubicSpline(axis, marginal)(at[k]) / below(5)
            assert abs(excess / slope) < limit


def test_logistic_prior_draws_have_the_right_link():
    """Moments of y and of its log odds: all rows start from coefficients of their prior."""
    num = 20_000
    model = logistic.model(logistic.simulate(num_observations=3, num_columns=2))
    keys = jax.random.split(jax.random.key(31), num)
    sites, data = jax.jit(jax.vmap(model.draw_joint))(keys)
    y, eta = np.asarray(data.y, float), np.asarray(sites["coefficients"]) @ model.data.x.T
    scores = []
    for row, spread in enumerate(np.linalg.norm(model.data.x, axis=1)):
        slope = quad(lambda z, s=spread: norm.pdf(z) * s * z / (1 + np.exp(-s * z)), -9, 9)[0]
        for value, expected in ((y[:, row], 0.5), (y[:, row] * eta[:, row], slope)):
            scores.append((value.mean() - expected) / (value.std() / np.sqrt(num)))
    for column in np.asarray(sites["coefficients"], float).T:
        assert kstest(column, norm.cdf).pvalue > 2.5e-4 / 8
    assert np.max(np.abs(scores)) < norm.isf(2.5e-4 / (2 * 8))


# Calibration: parameters drawn from the prior and data drawn from the model fall below the exact
# posterior quantile of probability p in a share p of all repetitions.


def quick_outliers(data):
    """Reference of four points without its error, for two hundred data sets."""
    exact = line_with_outliers.posterior(data, 48)
    summaries = assignments.summarize(exact)
    return {name: Reference(*summary, np.nan, "") for name, summary in summaries.items()}


BUDGET = 1e-3 / 2  # the other half is spent on the prior below
REPETITIONS = 200
PRIOR_DRAWS = 5000
CALIBRATED = {
    "binomial": (binomial.model, ["p"]),
    "eight schools": (eight_schools.model, ["mu", "tau", "theta"]),
    "linear regression": (linear_regression.model, ["coefficients", "variance"]),
    "line": (line.model, ["theta", "b_perp", "m", "b"]),
    "line with outliers": (
        lambda: replace(
            line_with_outliers.model(line_with_outliers.simulate(num_observations=4)),
            reference_given=quick_outliers,
        ),
        ["theta", "b_perp", "m", "b", "outlier_probability", "outlier_mean", "outlier_sd"],
    ),
}
COUNTS = len(PROBABILITIES) * (1 + 10 + 4 + 4 + 7)


@cache
def prior_draws(case):
    """Sites and data sets of one model, ``PRIOR_DRAWS`` of each along the leading axis."""
    model = CALIBRATED[case][0]()
    keys = jax.random.split(jax.random.key(7), PRIOR_DRAWS)
    sites, datasets = jax.jit(jax.vmap(model.draw_joint))(keys)
    return model, sites, datasets


def one_of(tree, i):
    return jax.tree.map(lambda leaf: np.asarray(leaf[i]), tree)


@pytest.mark.parametrize("case", CALIBRATED)
def test_prior_draws_are_calibrated_under_the_reference(case):
    model, sites, datasets = prior_draws(case)
    quantities = model.quantities(sites)
    truth = {name: np.asarray(value)[:REPETITIONS] for name, value in quantities.items()}
    exact = [model.reference_given(one_of(datasets, i)) for i in range(REPETITIONS)]
    for name in CALIBRATED[case][1]:
        for p in PROBABILITIES:
            quantile = np.array([reference[name].quantiles[p] for reference in exact])
            for count in np.atleast_1d((truth[name] < quantile).sum(axis=0)):
                chance = binomtest(int(count), REPETITIONS, p).pvalue
                assert chance > BUDGET / COUNTS, f"{name} below its {p} quantile: {count}"


PRIORS = {
    "binomial": {"p": beta(2, 2)},
    "eight schools": {"mu": norm(0, 5), "tau": halfcauchy(scale=5), "theta_base": norm()},
    "linear regression": {"variance": invgamma(3, scale=2), "standardized": norm()},
    "line": {"theta": uniform(-np.pi / 2, np.pi), "b_perp": norm()},
    "line with outliers": {
        "theta": uniform(-np.pi / 2, np.pi),
        "b_perp": norm(),
        "outlier_probability": uniform(),
        "outlier_mean": norm(),
        "outlier_sd": halfnorm(scale=3),
    },
}


@pytest.mark.parametrize("case", CALIBRATED)
def test_prior_draws_follow_the_prior(case):
    # Calibration alone hardly sees a wrong prior, since the data outweigh it.
    _, sites, _ = prior_draws(case)
    draws = dict(sites)
    if case == "linear regression":
        draws["standardized"] = sites["coefficients"] / (10 * np.sqrt(sites["variance"])[:, None])
    limit = BUDGET / sum(len(laws) for laws in PRIORS.values())
    for name, law in PRIORS[case].items():
        # One column a site: the columns of a vector are independent but exchangeable.
        column = np.asarray(draws[name], float).reshape(PRIOR_DRAWS, -1)[:, 0]
        assert kstest(column, law.cdf).pvalue > limit, name


@pytest.mark.parametrize("case", CALIBRATED)
def test_one_model_serves_many_data_sets_in_one_call(case):
    model, *draws = prior_draws(case)
    sites, datasets = jax.tree.map(lambda leaf: leaf[:REPETITIONS], draws)
    positions = jax.vmap(model.unconstrain)(sites)

    @jax.jit
    @jax.vmap
    @jax.value_and_grad
    def logdensity(position, data):
        return replace(model, data=data).logdensity(position)

    together, slopes = logdensity(positions, datasets)
    assert np.isfinite(slopes).all()
    for i in range(3):
        alone = replace(model, data=one_of(datasets, i)).logdensity(positions[i])
        # The same sum in another order: float32 roundoff of up to a hundred terms.
        np.testing.assert_allclose(together[i], alone, rtol=1e-4, atol=1e-4)
