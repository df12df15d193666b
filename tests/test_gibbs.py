"""Gibbs: invariance on exact targets, its theory, worked conditionals, and the change-point model.

False-alarm budget: nine invariance tests, one of a prior and eighteen means at alpha = 1e-4 each,
and 21 comparisons with normal theory at five standard errors (6e-7 each): together below 0.3 % of
choices of the seeds, which were drawn once. The wrong samplers are random too, but far away: on
five fresh keys none came nearer to the exact law than .065, where .017 is the bound.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpyro.infer.util import log_density
from scipy import stats
from scipy.special import logsumexp

from course_utils import checks, conditionals, museum, targets
from course_utils.gibbs import GibbsState, Within, gibbs
from course_utils.kernel import sample
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.models import change_point, linear_regression
from course_utils.timing import count_compiles

EXACT = (1.0, 1.0)  # the acceptance of exact conditionals
GAUSSIAN = targets.gaussian(correlation=0.8)
COVARIANCE = np.array([[1.0, 0.8], [0.8, 1.0]])
PAIR = conditionals.gaussian(np.zeros(2), COVARIANCE)

THREE = targets.gaussian(correlation=0.5, dim=3)
BLOCKS = ([0, 1], 2)
OVERLAPPING = (slice(0, 2), slice(1, None), -1)


def three(blocks):
    return conditionals.gaussian(np.zeros(3), 0.5 * np.eye(3) + 0.5, blocks)


def walk_within(target, step_size):
    return Within(target.logdensity, lambda f: metropolis_hastings(f, random_walk(step_size)))


def regression_target(data):
    """Exact posterior of coefficients and log variance, with marginal and joint statistics."""
    exact = linear_regression.posterior(data)
    model = linear_regression.model(data)
    lower = jnp.linalg.cholesky(jnp.asarray(exact.covariance))
    dim = len(exact.mean)
    scales = np.sqrt(exact.scale / exact.shape * np.diag(exact.covariance))

    def draw(key, num):
        key_variance, key_noise = jax.random.split(key)
        variance = exact.scale / jax.random.gamma(key_variance, exact.shape, (num, 1))
        noise = jax.random.normal(key_noise, (num, dim)) @ lower.T
        return jnp.hstack([exact.mean + jnp.sqrt(variance) * noise, jnp.log(variance)])

    def distance(x):
        deviation = jax.scipy.linalg.solve_triangular(lower, x[:-1] - exact.mean, lower=True)
        return jnp.sum(deviation**2) / jnp.exp(x[-1])

    def coefficient(k):
        return (lambda x: x[k]), stats.t(2 * exact.shape, exact.mean[k], scales[k]).cdf

    statistics = {f"coefficient {k}": coefficient(k) for k in range(dim)}
    statistics["variance"] = (
        lambda x: jnp.exp(x[-1]),
        stats.invgamma(exact.shape, scale=exact.scale).cdf,
    )
    statistics["distance from the mean"] = (distance, stats.chi2(dim).cdf)
    return checks.Target(model.logdensity, draw, statistics)


def change_point_target(data):
    """Exact posterior of log rates and year; given the year each rate is a gamma variable."""
    exact = change_point.posterior(data)
    years, probability = jnp.asarray(exact.change), jnp.asarray(exact.probability)
    early, late = jax.tree.map(jnp.asarray, (exact.early, exact.late))

    def draw(key, num):
        key_year, *keys = jax.random.split(key, 3)
        index = jax.random.categorical(key_year, jnp.log(probability), shape=(num,))
        log_rates = [
            jnp.log(jax.random.gamma(key, shape[index]) / rate[index])
            for key, (shape, rate) in zip(keys, (early, late), strict=True)
        ]
        return jnp.column_stack([*log_rates, years[index]])

    def given_year(x, k, shape, rate):
        index = (x[2] - years[0]).astype(int)
        return jax.scipy.special.gammainc(shape[index], rate[index] * jnp.exp(x[k]))

    def of_year(x):
        # Uniform within the jump of the discrete law, by a number that is uniform given the year.
        index = (x[2] - years[0]).astype(int)
        below = jnp.cumsum(probability)[index] - probability[index]
        return below + probability[index] * given_year(x, 0, *early)

    def both_rates(x):
        return given_year(x, 0, *early) * given_year(x, 1, *late)

    uniform = stats.uniform.cdf
    return checks.Target(
        None,
        draw,
        {
            "the year": (of_year, uniform),
            "the early rate given the year": (lambda x: given_year(x, 0, *early), uniform),
            "the late rate given the year": (lambda x: given_year(x, 1, *late), uniform),
            # The product of two independent uniform numbers.
            "both rates given the year": (both_rates, lambda u: u * (1 - np.log(u))),
        },
    )


COAL = change_point.load()
REGRESSION = linear_regression.simulate(correlation=0.9)

RIGHT = {
    "systematic": (PAIR, "systematic", GAUSSIAN),
    "random": (PAIR, "random", GAUSSIAN),
    "blocks": (three(BLOCKS), "systematic", THREE),
    "blocks, random": (three(BLOCKS), "random", THREE),
    "overlapping blocks": (three(OVERLAPPING), "systematic", THREE),
    "regression": (
        conditionals.linear_regression(REGRESSION),
        "systematic",
        regression_target(REGRESSION),
    ),
    "change point": (conditionals.change_point(COAL), "systematic", change_point_target(COAL)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_target_stays_as_it_is(name):
    pairs, scan, target = RIGHT[name]
    verdict = checks.invariance(
        jax.random.key(577), gibbs(pairs, scan), target, num_steps=2, acceptance=EXACT
    )
    assert verdict.passed, verdict


@pytest.mark.parametrize("scan", ["systematic", "random"])
def test_a_block_can_be_moved_by_another_kernel(scan):
    kernel = gibbs([(0, walk_within(GAUSSIAN, 1.5)), PAIR[1]], scan)
    verdict = checks.invariance(jax.random.key(578), kernel, GAUSSIAN)
    assert verdict.passed, verdict


# Negative controls.


WRONG = {name: make(0.8) for name, make in museum.GIBBS.items()} | {
    "one conditional of another correlation": gibbs(
        [PAIR[0], conditionals.gaussian(np.zeros(2), np.array([[1, 0.7], [0.7, 1]]))[1]]
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_samplers_are_caught(name):
    verdict = checks.invariance(
        jax.random.key(579), WRONG[name], GAUSSIAN, num_steps=2, acceptance=EXACT
    )
    assert not verdict.passed
    assert verdict.property == "invariance"


# Theory: on a Gaussian of correlation ρ one step of the systematic scan correlates with the step
# before by ρ². A random scan of two draws multiplies twice by half the covariance matrix C, so the
# moments of old and new position are C³ / 4.

NUM = 20_000
RHO = (0.0, 0.5, 0.9, 0.999)


@pytest.fixture(scope="module", params=["systematic", "random"])
def one_step(request):
    """Old and new positions, shape (4, NUM, 2), for each of the four correlations."""

    def pairs(key, rho):
        covariance = jnp.array([[1.0, 0.0], [0.0, 1.0]]) + rho * jnp.array([[0.0, 1.0], [1.0, 0.0]])
        kernel = gibbs(conditionals.gaussian(jnp.zeros(2), covariance), request.param)
        key_start, key_step = jax.random.split(key)
        old = jax.random.normal(key_start, (NUM, 2)) @ jnp.linalg.cholesky(covariance).T
        keys = jax.random.split(key_step, NUM)
        return old, jax.vmap(lambda key, x: kernel.step(key, GibbsState(x))[0].position)(keys, old)

    keys = jax.random.split(jax.random.key(580), len(RHO))
    return request.param, *map(np.asarray, jax.jit(jax.vmap(pairs))(keys, jnp.array(RHO)))


def test_autocorrelation_is_what_theory_says(one_step):
    scan, old, new = one_step
    for rho, x, y in zip(RHO, old, new, strict=True):
        exact = rho**2 if scan == "systematic" else (1 + 3 * rho**2) / 4
        # A product of two standard normals of correlation r has variance 1 + r².
        error = np.sqrt((1 + exact**2) / NUM)
        for k in range(2):
            assert np.mean(x[:, k] * y[:, k]) == pytest.approx(exact, abs=5 * error)


def test_only_the_random_scan_is_reversible(one_step):
    scan, old, new = one_step
    x, y = old[RHO.index(0.5)], new[RHO.index(0.5)]
    asymmetry = x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]
    # Systematic: E[x₀ y₁] = ρ³ and E[x₁ y₀] = ρ, with x₀ drawn first.
    exact = 0.5**3 - 0.5 if scan == "systematic" else 0.0
    assert asymmetry.mean() == pytest.approx(exact, abs=5 * asymmetry.std() / np.sqrt(NUM))


# Exact posteriors, from starts that are not exact.


@pytest.mark.parametrize("blocks", [None, range(3)], ids=["all at once", "one at a time"])
def test_regression_has_the_exact_posterior(blocks):
    model = linear_regression.model(REGRESSION)
    kernel = gibbs(conditionals.linear_regression(REGRESSION, blocks))
    starts = 3 * jax.random.normal(jax.random.key(581), (4, model.dim))
    draws, _ = jax.jit(lambda key: sample(key, kernel, starts, 2500))(jax.random.key(582))
    sites = jax.vmap(jax.vmap(model.constrain))(draws[:, 500:])
    exact = model.reference()
    for k in range(3):
        coefficient = np.asarray(sites["coefficients"][..., k], float)
        mean, sd = exact["coefficients"].mean[k], exact["coefficients"].sd[k]
        verdict = checks.mean_within_mcse(coefficient, mean, f"coefficient {k}", alpha=1e-4)
        assert verdict.passed, verdict
        square = (coefficient - mean) ** 2
        verdict = checks.mean_within_mcse(square, sd**2, f"its square {k}", alpha=1e-4)
        assert verdict.passed, verdict
    verdict = checks.mean_within_mcse(
        sites["variance"], exact["variance"].mean, "variance", alpha=1e-4
    )
    assert verdict.passed, verdict


def test_the_disasters_have_the_exact_posterior():
    model = change_point.model()
    exact, reference = change_point.posterior(model.data), model.reference()
    starts = jnp.array([[0.0, 0.0, 1852], [2, -2, 1900], [-2, 2, 1962], [1, 1, 1920.0]])
    run = jax.jit(
        lambda key: sample(key, gibbs(conditionals.change_point(model.data)), starts, 2500)
    )
    draws = np.asarray(run(jax.random.key(583))[0][:, 500:], float)
    assert set(np.unique(draws[..., 2])) <= set(exact.change)
    for name, values, mean in (
        ("early rate", np.exp(draws[..., 0]), reference["early_rate"].mean),
        ("late rate", np.exp(draws[..., 1]), reference["late_rate"].mean),
        ("year of change", draws[..., 2] - 1890, exact.probability @ (exact.change - 1890)),
        ("change before 1890", draws[..., 2] < 1890, exact.probability @ (exact.change < 1890)),
    ):
        verdict = checks.mean_within_mcse(values, mean, name, alpha=1e-4)
        assert verdict.passed, verdict


# The change-point model itself.


def test_change_point_posterior_against_a_grid():
    """Integrate the plain log joint over both log rates, knowing nothing of conjugacy."""
    model = change_point.model()
    exact, reference = change_point.posterior(model.data), model.reference()
    early, step = np.linspace(np.log(1.5), np.log(6), 200, retstep=True)
    late, late_step = np.linspace(np.log(0.4), np.log(2), 200, retstep=True)
    grid = jnp.asarray(np.stack(np.meshgrid(early, late, indexing="ij"), -1).reshape(-1, 2))
    log_p = np.asarray(jax.jit(jax.vmap(model.logdensity))(grid), float)
    # Float32 terms that add up to some 200: each log density is known to about 1e-4. The trapezium
    # rule is as good as exact for smooth humps, and less than 1e-9 of the mass lies outside.
    assert logsumexp(log_p) + np.log(step * late_step) == pytest.approx(
        exact.log_evidence, abs=5e-4
    )
    weights = np.exp(log_p - logsumexp(log_p))
    for k, name in enumerate(("early_rate", "late_rate")):
        rates = np.exp(np.asarray(grid[:, k], float))
        mean = weights @ rates
        assert mean == pytest.approx(reference[name].mean, rel=5e-4)
        assert np.sqrt(weights @ (rates - mean) ** 2) == pytest.approx(reference[name].sd, rel=5e-4)
        for p, quantile in reference[name].quantiles.items():
            # A grid resolves a probability to its step times the density, here 1.5 %.
            assert weights @ (rates <= quantile) == pytest.approx(p, abs=0.02)


def test_programs_with_a_discrete_year_sum_to_the_marginal_ones():
    model = change_point.model()
    sites = {"early_rate": 2.7, "late_rate": 1.1}
    indices = np.arange(len(model.data.year) - 1)
    numpyro_terms = jax.vmap(
        lambda i: log_density(
            change_point.numpyro_discrete, (model.data,), {}, sites | {"last_early": i}
        )[0]
    )(indices)
    program = change_point.pymc_discrete(model.data)
    logp = program.compile_logp(jacobian=False, mode="FAST_COMPILE")
    names = {"early_rate_log__": np.log(2.7), "late_rate_log__": np.log(1.1)}
    pymc_terms = [logp(names | {"last_early": i}) for i in indices]
    for terms in (numpyro_terms, pymc_terms):
        # Float32 sums of 112 terms of size up to 10: rounding is some 1e-4.
        assert logsumexp(np.asarray(terms, float)) == pytest.approx(
            float(model.log_joint(sites)), abs=1e-3
        )


def test_change_point_prior_and_model_are_drawn_as_written():
    model = change_point.model()
    num = 2000
    keys = jax.random.split(jax.random.key(584), num)
    sites, data = jax.jit(jax.vmap(model.draw_joint))(keys)
    law = stats.gamma(change_point.SHAPE, scale=1 / change_point.RATE).cdf
    bound = checks.dkw_envelope(num, 2, 1e-4)
    for name in model.shapes:
        assert checks.ks_distance(np.asarray(sites[name]), law) < bound
    # Given the rates, year t is early in (T − 1 − t) of T − 1 cases; first and last have no choice.
    disasters = np.asarray(data.disasters, float)
    for t in (0, 30, 111):
        is_early = (111 - t) / 111
        mean = is_early * sites["early_rate"] + (1 - is_early) * sites["late_rate"]
        error = np.asarray(disasters[:, t] - mean)
        assert abs(error.mean()) < 5 * error.std() / np.sqrt(num)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9), st.sampled_from([-1.0, 1.5, np.nan, np.inf]))
def test_bad_disasters_are_refused(index, bad):
    disasters = np.ones(10)
    disasters[index] = bad
    with pytest.raises(ValueError, match=rf"disasters must .*, got .* at index {index}"):
        change_point.model(change_point.Data(np.arange(1900, 1910), disasters))


@pytest.mark.parametrize(
    ("year", "disasters", "message"),
    [
        ([1900], [1], "year must hold at least two consecutive years"),
        ([1900, 1902], [1, 1], "year must hold at least two consecutive years"),
        ([1901, 1900], [1, 1], "year must hold at least two consecutive years"),
        ([], [], "year must hold at least one number"),
        ([1900, 1901], [1], "year and disasters must be vectors of one length"),
    ],
)
def test_bad_years_are_refused(year, disasters, message):
    with pytest.raises(ValueError, match=message):
        change_point.model(change_point.Data(year, disasters))


# The kernel's unit tests.


@pytest.mark.parametrize(
    ("pairs", "scan", "position"),
    [
        (conditionals.change_point(COAL), "systematic", [0.0, 0.0, 1890.0]),
        ([(0, walk_within(GAUSSIAN, 1.0)), PAIR[1]], "random", [0.0, 0.0]),
    ],
)
def test_no_key_is_used_twice(pairs, scan, position):
    kernel = gibbs(pairs, scan)
    verdict = checks.key_reuse(kernel.step, jax.random.key(0), kernel.init(jnp.array(position)))
    assert verdict.passed, verdict


def test_each_draw_sees_what_the_draws_before_it_changed():
    kernel = gibbs(
        [(0, lambda key, x: x[1] + 1), (1, lambda key, x: x[0] + 1), ([2], lambda *_: [7])]
    )
    state, info = kernel.step(jax.random.key(0), kernel.init(jnp.zeros(3)))
    assert state.position.tolist() == [1, 2, 7]
    assert info == (1.0, True)


def test_one_compile_and_none_for_a_new_correlation():
    @jax.jit
    def run(key, rho):
        covariance = jnp.eye(2) + rho * (1 - jnp.eye(2))
        return sample(key, gibbs(conditionals.gaussian(jnp.zeros(2), covariance)), starts, 20)

    key, starts = jax.random.key(0), jnp.zeros((2, 2))
    for rho, compiles in ((0.5, 1), (0.9, 0)):
        with count_compiles() as log:
            jax.block_until_ready(run(key, rho))
        assert log.count == compiles


@pytest.mark.parametrize("scan", ["systematic", "random"])
def test_positions_keep_their_type(scan):
    key = jax.random.key(0)
    whole = gibbs([(0, lambda key, x: jax.random.bernoulli(key, 0.5).astype(int))], scan)
    start = whole.init(jnp.zeros(1, int))
    assert jax.eval_shape(whole.step, key, start)[0].position.dtype == start.position.dtype
    with jax.enable_x64(True):
        pair = gibbs(PAIR, scan)
        start = pair.init(jnp.zeros(2))
        assert jax.eval_shape(pair.step, key, start)[0].position.dtype == np.float64


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("scan", ["systematic", "random"])
def test_a_value_that_is_not_finite_is_refused_and_shows(bad, scan):
    kernel = gibbs([PAIR[0], (1, lambda key, x: jnp.where(x[0] > 0, bad, 0.5))], scan)
    draws, info = sample(jax.random.key(585), kernel, jnp.full((2, 2), 0.2), 100)
    assert np.isfinite(np.asarray(draws)).all()
    assert not info.is_accepted.all()
    assert 0.5 <= info.acceptance_rate.mean() < 1


def test_the_acceptance_of_a_kernel_within_is_reported():
    never = Within(lambda x: jnp.where(x[0] == 0, 0.0, -jnp.inf), walk_within(GAUSSIAN, 1.0).build)
    _, info = sample(jax.random.key(0), gibbs([(0, never), PAIR[1]]), jnp.zeros((1, 2)), 10)
    assert (info.acceptance_rate == 0.5).all()
    assert not info.is_accepted.any()


def constant(*shape):
    return lambda key, position: jnp.zeros(shape)


@pytest.mark.parametrize(
    ("pairs", "error", "message"),
    [
        ([], ValueError, "conditionals is empty; allowed is at least one"),
        ([constant()], TypeError, r"conditionals\[0\] is .*; allowed is \(block, conditional\)"),
        ([(0, 3.0)], TypeError, r"the conditional of conditionals\[0\] is 3.0; allowed is a func"),
        ([(0.5, constant())], TypeError, r"the block of conditionals\[0\] is 0.5; allowed are"),
        ([("x", constant())], TypeError, r"the block of conditionals\[0\] is 'x'; allowed are"),
        ([([[0]], constant())], TypeError, r"is \[\[0\]\]; allowed are an index"),
        ([([], constant(0))], ValueError, r"block \[\] holds the coordinates \[\]; allowed is at"),
        (
            [(slice(2, 2), constant(0))],
            ValueError,
            "allowed is at least one, and each of them once",
        ),
        ([(3, constant())], ValueError, "block 3 is out of range for 3 coordinates"),
        ([([0, 7], constant(2))], ValueError, r"block \[0 7\] is out of range for 3"),
        ([(slice(0, 4), constant(3))], ValueError, r"block slice\(0, 4, None\) is out of range"),
        (
            [([0, 0], constant(2))],
            ValueError,
            r"coordinates \[0, 0\]; allowed is at least one, and",
        ),
        ([([0, -3], constant(2))], ValueError, r"coordinates \[0, 0\]; allowed is at least one"),
        ([(0, constant()), (2, constant())], ValueError, "no block holds coordinate 1 of 3"),
        ([(slice(3), constant())], ValueError, r"returns shape \(\); allowed is \(3,\)"),
        ([(slice(3), constant(3, 1))], ValueError, r"returns shape \(3, 1\); allowed is \(3,\)"),
        ([(slice(3), constant(2))], ValueError, r"returns shape \(2,\); allowed is \(3,\)"),
    ],
)
@pytest.mark.parametrize("scan", ["systematic", "random"])
def test_bad_conditionals_are_refused(pairs, error, message, scan):
    with pytest.raises(error, match=message):
        kernel = gibbs(pairs, scan)
        jax.eval_shape(kernel.step, jax.random.key(0), kernel.init(jnp.zeros(3)))


def test_other_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"scan is 'fast'; allowed are 'systematic' and 'random'"):
        gibbs(PAIR, "fast")
    with pytest.raises(ValueError, match=r"position has shape \(2, 2\); allowed is \(dim,\)"):
        gibbs(PAIR).init(jnp.zeros((2, 2)))
    kernel = gibbs(PAIR)
    with pytest.raises(TypeError, match="returns float32; allowed is what fits into int32"):
        kernel.step(jax.random.key(0), kernel.init(jnp.zeros(2, int)))
    with pytest.raises(ValueError, match="positions of chain 0"):
        sample(jax.random.key(0), gibbs(PAIR), jnp.full((1, 2), jnp.nan), 2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-8, 8), max_size=6), st.integers(1, 6))
def test_blocks_are_accepted_exactly_when_they_cover_all_coordinates(blocks, dim):
    kernel_or_none = None
    covered = {block % dim for block in blocks if -dim <= block < dim}
    is_good = covered == set(range(dim)) and all(-dim <= block < dim for block in blocks)
    try:
        kernel_or_none = gibbs([(block, constant()) for block in blocks])
        kernel_or_none.init(jnp.zeros(dim))
    except ValueError:
        assert not is_good
    else:
        assert is_good
