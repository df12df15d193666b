"""Warm-up: its parts against formulas and libraries, then what it finds and what it leaves behind.

False-alarm budget: tests on chance bound a deviation at 5 standard errors (1e-6 each) or at an
alpha of 1e-4 in all, so the file fails a right warm-up in about one choice of the seeds in 5,000.
The seeds were drawn once.
"""

from functools import lru_cache, partial

import arviz as az
import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpyro.infer.hmc_util import build_adaptation_schedule
from numpyro.infer.hmc_util import dual_averaging as numpyro_dual_averaging

from course_utils import checks, dual_averaging, mass_matrix
from course_utils.hmc import hmc
from course_utils.kernel import Kernel, sample
from course_utils.mh import langevin, metropolis_hastings, random_walk
from course_utils.models import eight_schools
from course_utils.nuts import nuts
from course_utils.timing import count_compiles
from course_utils.warmup import Adapted, sample_adapted, warmup, warmup_and_sample

KEY = jax.random.key(1611)
few = settings(max_examples=25, deadline=None)

# A Gaussian with scales from 0.1 to 10 and correlation 0.5.
SCALES = np.array([0.1, 1.0, 10.0])
COVARIANCE = (0.5 + 0.5 * np.eye(3)) * np.outer(SCALES, SCALES)
PRECISION = jnp.asarray(np.linalg.inv(COVARIANCE), jnp.float32)


def correlated(x):
    return -0.5 * jnp.dot(x, jnp.dot(PRECISION, x, precision="highest"), precision="highest")


def standard(x):
    return -0.5 * jnp.sum(x**2)


def walk(step_size, _):
    return metropolis_hastings(standard, random_walk(step_size))


def starts(num_chains, dim):
    return jax.random.uniform(jax.random.key(3), (num_chains, dim), minval=-2, maxval=2)


# The step size.


def acceptance_curve(step_size):
    """Accept with probability exp(-4 step size), which is 0.8 at a step size of 0.0558."""
    return jnp.exp(-4 * step_size)


@pytest.mark.parametrize("first", [1e-4, 0.05, 1.0, 1e3])
def test_dual_averaging_settles_where_the_acceptance_curve_crosses_the_target(first):
    num_steps = 1000

    def one_step(state, _):
        rate = acceptance_curve(jnp.exp(state.log_step_size))
        return dual_averaging.update(state, rate, 0.8), None

    run = jax.jit(lambda s: jax.lax.scan(one_step, s, None, length=num_steps)[0])
    state = run(dual_averaging.start(jnp.float32(first)))
    exact = -np.log(0.8) / 4
    # The iterate rests where (sqrt(t) / gamma) · mean error = pull, with pull = log center − log ε.
    # So the sum of the errors grows like sqrt(t), and the t-th error is gamma · pull / (2 sqrt(t)).
    # The average lags behind by the weights t^-0.75: its t is at least half of the last one.
    pull = abs(float(state.log_center) - np.log(exact))
    bound = dual_averaging.GAMMA * pull / (2 * np.sqrt(num_steps / 2))
    error = abs(float(acceptance_curve(jnp.exp(state.log_average))) - 0.8)
    assert error < bound < 0.005


def test_first_step_size_halves_or_doubles_until_the_target_is_crossed():
    def search(first):
        state = dual_averaging.start(jnp.float32(first))
        for _ in range(30):
            rate = acceptance_curve(jnp.exp(state.log_step_size))
            state = dual_averaging.update(state, rate, 0.8)
            if not state.is_searching:
                return float(jnp.exp(state.log_center)) / 10
        raise AssertionError("the search did not end")

    # From above the first power of two below 0.0558, from below the first above it.
    assert search(1.0) == pytest.approx(2**-5, rel=1e-5)
    assert search(2**-10) == pytest.approx(2**-4, rel=1e-5)


def test_dual_averaging_is_numpyro_s_after_the_search():
    rates = np.random.default_rng(5).random(200)
    rates[:2] = 0.9, 0.1  # at 1 above the target, at 2 below: the search ends at 2
    init, update = numpyro_dual_averaging()
    state, other = dual_averaging.start(jnp.float32(1.0)), init(jnp.log(20.0))
    for step, rate in enumerate(rates):
        state = dual_averaging.update(state, jnp.float32(rate), 0.8)
        if step >= 1:
            other = update(0.8 - rate, other)
    # 200 float32 steps, each with a few roundings of numbers below 10.
    assert state.log_step_size == pytest.approx(float(other[0]), abs=1e-3)
    assert state.log_average == pytest.approx(float(other[1]), abs=1e-3)


@few
@given(st.lists(st.sampled_from([0.0, 1.0, np.nan, 0.5]), min_size=1, max_size=300))
def test_step_size_stays_a_positive_number_whatever_the_acceptance(rates):
    def one_step(state, rate):
        state = dual_averaging.update(state, rate, 0.8)
        return state, jnp.exp(jnp.stack([state.log_step_size, state.log_average]))

    padded = np.resize(np.float32(rates), 300)
    sizes = jax.lax.scan(one_step, dual_averaging.start(jnp.float32(1.0)), padded)[1]
    assert np.isfinite(sizes).all() and (np.asarray(sizes) > 0).all()


# The metric.


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 5), st.integers(2, 20), st.integers(1, 4), st.sampled_from([0.0, 1e6]))
def test_moments_are_numpy_s(num_chains, num_steps, dim, offset):
    rng = np.random.default_rng(num_chains + 10 * num_steps)
    draws = offset + rng.normal(size=(num_steps, num_chains, dim))
    everything = draws.reshape(-1, dim)
    with jax.enable_x64(True):
        for dense in (False, True):
            moments = mass_matrix.no_moments(jnp.zeros(dim), dense)
            for at_once in draws:
                moments = mass_matrix.add_draws(moments, jnp.asarray(at_once))
            exact = np.cov(everything, rowvar=False).reshape(dim, dim)
            found = np.asarray(mass_matrix.covariance(moments))
            # Numbers of 1e6 carry an error of 1e-10 in float64, and so do their deviations.
            close = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9)
            close(moments.mean, everything.mean(0))
            close(found, exact if dense else np.diag(exact))
            n = len(everything)
            stan = n / (n + 5) * exact + 5 / (n + 5) * 1e-3 * np.eye(dim)
            close(mass_matrix.regularized(moments), stan if dense else np.diag(stan))


def test_windows_are_stan_s():
    assert mass_matrix.slow_windows(1000) == [
        (75, 100), (100, 150), (150, 250), (250, 450), (450, 950),
    ]  # fmt: skip
    for num_warmup in range(20, 2001):
        first, *middle, last = build_adaptation_schedule(num_warmup)
        windows = mass_matrix.slow_windows(num_warmup)
        assert windows == [(window.start, window.end + 1) for window in middle]
        assert (windows[0][0], windows[-1][1]) == (first.end + 1, last.start)


def test_schedule_lays_the_windows_out():
    schedule = mass_matrix.build_schedule(150, 10)
    assert all(len(flags) == 160 for flags in schedule)
    assert np.flatnonzero(schedule.is_window_end).tolist() == [99]
    assert np.flatnonzero(schedule.is_slow).tolist() == list(range(75, 100))
    assert schedule.is_warmup.sum() == 150 and np.flatnonzero(schedule.is_last).tolist() == [149]


# What warm-up finds on a Gaussian with known covariance.

NUM_CHAINS, NUM_WARMUP, NUM_DRAWS = 8, 500, 500
LAST_WINDOW = 300  # steps 150 to 450
four_ways = pytest.mark.parametrize("pooled", [False, True], ids=["per chain", "pooled"])
shapes = pytest.mark.parametrize("dense", [False, True], ids=["diagonal", "dense"])


@lru_cache
def gaussian_run(dense, pooled):
    def run(key, positions):
        build = partial(nuts, correlated)
        return warmup_and_sample(
            key, build, positions, NUM_WARMUP, NUM_DRAWS, dense=dense, pooled=pooled
        )

    return jax.jit(run)(KEY, starts(NUM_CHAINS, 3))


@shapes
@four_ways
def test_inverse_mass_matrix_is_the_covariance_within_its_error(dense, pooled):
    draws, _, adapted = gaussian_run(dense, pooled)
    assert adapted.step_size.shape == (() if pooled else (NUM_CHAINS,))
    metric_shape = (3, 3) if dense else (3,)
    assert adapted.inverse_mass_matrix.shape == metric_shape if pooled else (8, *metric_shape)
    # Effective draws of the last window: as many per step as the squares have afterwards, where the
    # same kernel ran.
    whitener = np.linalg.inv(np.linalg.cholesky(COVARIANCE))
    whitened = np.asarray(draws, float) @ whitener.T
    per_step = min(float(az.ess(whitened[..., i] ** 2)) for i in range(3)) / draws[..., 0].size
    num_effective = per_step * LAST_WINDOW * (NUM_CHAINS if pooled else 1)
    # A variance of n draws has the relative error sqrt(2 / n), a covariance of whitened draws
    # sqrt(1 / n); regularisation takes 5 / (n + 5) of the whole.
    bound = 5 * np.sqrt(2 / num_effective) + 5 / LAST_WINDOW
    for metric in np.asarray(adapted.inverse_mass_matrix, float).reshape(-1, *metric_shape):
        if dense:
            error = np.abs(whitener @ metric @ whitener.T - np.eye(3)).max()
        else:
            error = np.abs(metric / SCALES**2 - 1).max()
        assert error < bound, (error, bound)
    assert bound < (0.25 if pooled else 0.7)


@shapes
@four_ways
def test_draws_after_warmup_have_the_exact_mean(dense, pooled):
    draws, info, _ = gaussian_run(dense, pooled)
    assert draws.shape == (NUM_CHAINS, NUM_DRAWS, 3)
    assert info.acceptance_rate.shape == (NUM_CHAINS, NUM_DRAWS)
    for i, scale in enumerate(SCALES):
        for name, values, exact in (
            ("x", draws[..., i], 0.0),
            ("x²", draws[..., i] ** 2, scale**2),
        ):
            verdict = checks.mean_within_mcse(values, exact, f"{name}[{i}]", alpha=4e-6)
            assert verdict.passed, verdict


def test_one_loop_or_two_give_the_same_draws():
    # Rounding may differ between the two programs. A random walk does not magnify it.
    build = walk
    for pooled in (False, True):

        @jax.jit
        def two(key, positions, pooled=pooled):
            key_warmup, key_draws = jax.random.split(key)
            adapted = warmup(key_warmup, build, positions, 40, pooled=pooled)
            return *sample_adapted(key_draws, build, adapted, 20), adapted

        @jax.jit
        def one(key, positions, pooled=pooled):
            return warmup_and_sample(key, build, positions, 40, 20, pooled=pooled)

        outcomes = one(KEY, starts(4, 2)), two(KEY, starts(4, 2))
        jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-4), *outcomes)


def test_a_pool_of_one_is_a_chain_alone():
    build = partial(hmc, standard, num_integration_steps=3)
    run = jax.jit(partial(warmup, build_kernel=build, num_warmup=100), static_argnames="pooled")
    alone = run(KEY, positions=starts(1, 2), pooled=False)
    pool = run(KEY, positions=starts(1, 2), pooled=True)
    np.testing.assert_allclose(alone.step_size[0], pool.step_size, rtol=1e-3)
    np.testing.assert_allclose(alone.inverse_mass_matrix[0], pool.inverse_mass_matrix, rtol=1e-3)


# The acceptance rate afterwards.

KERNELS = {
    "random walk": (walk, 0.234),
    "Langevin": (lambda step, _: metropolis_hastings(standard, langevin(standard, step)), 0.574),
    "HMC": (partial(hmc, standard, num_integration_steps=4), 0.8),
}


@pytest.mark.parametrize("name", KERNELS)
def test_a_step_size_that_had_time_to_settle_accepts_as_often_as_wanted(name):
    build, target = KERNELS[name]
    num_chains, num_warmup = 100, 500

    @jax.jit
    def run(key, positions):
        options = {"target_acceptance_rate": target, "pooled": True, "adapt_metric": False}
        return warmup_and_sample(key, build, positions, num_warmup, 200, **options)

    _, info, adapted = run(KEY, starts(num_chains, 10))
    assert jnp.array_equal(adapted.inverse_mass_matrix, jnp.ones(10))
    rates = np.asarray(info.acceptance_rate, float)
    # The average of dual averaging rests on the last t^0.75 of t steps, about 100, and on all
    # chains. Rates of one chain are correlated, hence effective numbers. To this come the error of
    # the estimate itself and the pull towards ten times the first step size (see the first test).
    mcse = float(az.mcse(rates))
    chance = mcse * np.sqrt(rates.shape[1] / num_warmup**0.75)
    pull = dual_averaging.GAMMA * np.log(10) / (2 * np.sqrt(num_warmup / 2))
    bound = 5 * np.hypot(chance, mcse) + pull
    assert abs(rates.mean() - target) < bound < 0.06, (rates.mean(), bound)


def test_nuts_in_a_pool_accepts_as_often_as_wanted_while_the_metric_learns():
    _, info, _ = gaussian_run(False, True)
    rates = np.asarray(info.acceptance_rate, float)
    # As above, with 50 steps since the metric changed last, and thus 19 that count.
    mcse = float(az.mcse(rates))
    chance = rates.std() / np.sqrt(50**0.75 * NUM_CHAINS)
    pull = dual_averaging.GAMMA * np.log(10) / (2 * np.sqrt(25))
    assert abs(rates.mean() - 0.8) < 5 * np.hypot(chance, mcse) + pull


def test_chains_that_learn_alone_find_the_step_size_that_blackjax_finds():
    """Both overshoot the target alike: 50 steps after the metric changed, both still swing."""
    num_chains = 100
    build = partial(hmc, standard, num_integration_steps=4)
    positions = starts(num_chains, 10)
    ours = jax.jit(partial(warmup, build_kernel=build, num_warmup=500))(KEY, positions=positions)
    adaptation = blackjax.window_adaptation(blackjax.hmc, standard, num_integration_steps=4)

    @jax.jit
    @jax.vmap
    def theirs(key, position):
        return adaptation.run(key, position, 500)[0].parameters["step_size"]

    logs = [
        np.log(ours.step_size),
        np.log(theirs(jax.random.split(jax.random.key(4), num_chains), positions)),
    ]
    # The last 50 steps decide, and there the two rules are the same but for BlackJAX's averaging
    # the step size used instead of the next one, one step of 50. Chance gives each mean of logs an
    # error of sd / 10.
    error = 5 * np.hypot(*(log.std() / np.sqrt(num_chains) for log in logs))
    assert abs(logs[0].mean() - logs[1].mean()) < 0.05 + error
    assert error < 0.15


# A posterior whose answer is known.


def test_eight_schools_has_its_exact_posterior_means():
    model = eight_schools.model()

    @jax.jit
    def run(key, positions):
        return warmup_and_sample(
            key, partial(nuts, model.logdensity), positions, 500, 1500, pooled=True
        )

    draws, info, _ = run(KEY, starts(4, model.dim))
    quantities = model.quantities(jax.vmap(jax.vmap(model.constrain))(draws))
    reference = model.reference()
    for name, values in quantities.items():
        exact = np.atleast_1d(reference[name].mean)
        for i, mean in enumerate(exact):
            value = np.asarray(values).reshape(*draws.shape[:2], -1)[..., i]
            if np.isfinite(mean):
                # Eleven of them: 1e-4 in all.
                verdict = checks.mean_within_mcse(value, mean, f"{name} {i}", alpha=1e-5)
                assert verdict.passed, verdict
    assert info.is_divergent.mean() < 0.01


# It compiles once.


def test_new_data_and_a_new_key_need_no_new_compilation():
    @jax.jit
    def run(key, positions, data):
        def build(step_size, metric):
            return hmc(lambda x: standard(x - data), step_size, metric, 3)

        return warmup_and_sample(key, build, positions, 50, 20)

    arguments = [(jax.random.key(i), starts(4, 2) + i, jnp.float32([i, 2 * i])) for i in range(2)]
    with count_compiles() as log:
        jax.block_until_ready(run(*arguments[0]))
    assert log.names == ["jit(run)"], log.names
    with count_compiles() as log:
        jax.block_until_ready(run(*arguments[1]))
    assert log.count == 0, log.names


# Bad input.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        *(({"num_warmup": n}, "num_warmup is .*at least 20") for n in (19, 0, -5, 50.0, True)),
        *(
            ({"target_acceptance_rate": t}, "target_acceptance_rate is .* between 0 and 1")
            for t in (0.0, 1.0, -0.1, 1.5, np.nan)
        ),
        *(
            ({"initial_step_size": s}, "initial_step_size is .* positive finite")
            for s in (0.0, -1.0, np.nan, np.inf)
        ),
        ({"positions": jnp.zeros((0, 2))}, "at least one chain"),
        ({"positions": jnp.zeros(2)}, "positions has shape"),
        ({"positions": jnp.array([[0.0, 0.0], [0.0, np.nan]])}, "positions of chain 1 is"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    arguments = {"positions": jnp.zeros((2, 2)), "num_warmup": 20} | change
    for run in (warmup, partial(warmup_and_sample, num_draws=5)):
        with pytest.raises(ValueError, match=message):
            run(KEY, walk, **arguments)


@pytest.mark.parametrize("num_draws", [0, -1, 2.0, True])
def test_a_bad_number_of_draws_is_refused(num_draws):
    adapted = Adapted(jnp.zeros((2, 2)), jnp.ones(2), jnp.ones((2, 2)))
    with pytest.raises(ValueError, match="num_draws is"):
        sample_adapted(KEY, walk, adapted, num_draws)
    with pytest.raises(ValueError, match="num_draws is"):
        warmup_and_sample(KEY, walk, jnp.zeros((2, 2)), 20, num_draws)


def test_a_kernel_that_reports_no_acceptance_rate_is_refused():
    def build(step_size, metric):
        kernel = walk(step_size, metric)
        return Kernel(kernel.init, lambda key, state: (kernel.step(key, state)[0], None))

    with pytest.raises(TypeError, match="info is NoneType; allowed is one with a field acceptance"):
        warmup(KEY, build, jnp.zeros((2, 2)), 20)


NOWHERE = {
    "minus infinity": lambda x: jnp.sum(x) * 0 - jnp.inf,
    "NaN": lambda x: jnp.sum(x) * jnp.nan,
    "only the start has a density": lambda x: jnp.where(jnp.all(x == 0), 0.0, -jnp.inf),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_a_density_that_is_nowhere_ends_in_words(name):
    build = partial(hmc, NOWHERE[name], num_integration_steps=2)
    positions = jnp.zeros((3, 2))
    if name != "only the start has a density":
        with pytest.raises(ValueError, match=r"positions of chain 0 is .* log density"):
            warmup(KEY, build, positions, 20)
    for pooled in (False, True):
        run = jax.jit(partial(warmup, build_kernel=build, num_warmup=60, pooled=pooled))
        adapted = run(KEY, positions=positions)
        assert np.isnan(adapted.step_size).all()
        assert np.isfinite(adapted.inverse_mass_matrix).all()
        with pytest.raises(ValueError, match=r"adapted\.step_size is .*warm-up accepted no step"):
            sample_adapted(KEY, build, adapted, 10)


def test_a_chain_that_is_lost_is_flagged_and_a_pool_with_it():
    def logdensity(x):
        return jnp.where(jnp.abs(x).max() < 100, standard(x), -jnp.inf)

    build = partial(hmc, logdensity, num_integration_steps=2)
    positions = jnp.array([[0.0, 0.0], [1000.0, 0.0], [1.0, 1.0]])
    for pooled, flagged in ((False, [False, True, False]), (True, True)):
        run = jax.jit(partial(warmup, build_kernel=build, num_warmup=60, pooled=pooled))
        assert np.isnan(run(KEY, positions=positions).step_size).tolist() == flagged


@settings(max_examples=4, deadline=None)  # an example compiles its own loop
@given(st.floats(1e-3, 0.999), st.integers(20, 40), st.integers(1, 3), st.booleans())
def test_any_allowed_numbers_end_in_numbers(target, num_warmup, num_chains, pooled):
    adapted = warmup(
        KEY,
        walk,
        jnp.ones((num_chains, 2)),
        num_warmup,
        target_acceptance_rate=target,
        pooled=pooled,
    )
    for leaf in adapted:
        assert np.isfinite(leaf).all()
    assert (np.asarray(adapted.step_size) > 0).all()


def test_float64_stays_float64():
    with jax.enable_x64(True):
        positions = jnp.zeros((2, 2)) + 0.5
        build = partial(hmc, standard, num_integration_steps=2)
        draws, _, adapted = warmup_and_sample(KEY, build, positions, 20, 5, dense=True)
        assert {leaf.dtype for leaf in (draws, *adapted)} == {jnp.dtype("float64")}


def test_pooled_numbers_run_in_the_plain_driver():
    adapted = warmup(KEY, walk, jnp.zeros((3, 2)), 50, pooled=True)
    draws = sample_adapted(KEY, walk, adapted, 30)[0]
    plain = sample(KEY, walk(adapted.step_size, None), adapted.positions, 30)[0]
    assert jnp.array_equal(draws, plain)
