"""Metropolis-Hastings: invariance, detailed balance, and agreement with BlackJAX.

The mutants are in test_museum.py. False-alarm budget: the invariance tests run at alpha = 1e-4 each
and the mean at 1e-4; with fewer than twenty of them the file fails a right sampler in less than
0.2 % of choices of the seeds. The seeds were drawn once.
"""

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from course_utils import checks, museum, targets
from course_utils.kernel import Kernel, sample
from course_utils.mh import (
    MHState,
    accept_reject,
    independence,
    log_normal_walk,
    metropolis_hastings,
    random_walk,
)
from course_utils.timing import count_compiles

GAUSSIAN = targets.gaussian(correlation=0.8)
UNCORRELATED = targets.gaussian(correlation=0.0)
GAMMA = targets.gamma(3.0)


def wide_normal():
    """Return an independence proposal from Normal(0, 1.5) in two coordinates."""
    return independence(
        lambda key: 1.5 * jax.random.normal(key, (2,)),
        lambda x: -0.5 * jnp.sum((x / 1.5) ** 2),
    )


RIGHT = {
    "random walk": (GAUSSIAN, random_walk(1.0)),
    "random walk, a step size per coordinate": (UNCORRELATED, random_walk(jnp.array([0.5, 2.0]))),
    "log-normal walk": (GAMMA, log_normal_walk(1.0)),
    "independence": (UNCORRELATED, wide_normal()),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_samplers_leave_the_target_as_it_is(name):
    target, propose = RIGHT[name]
    kernel = metropolis_hastings(target.logdensity, propose)
    verdict = checks.invariance(jax.random.key(2026), kernel, target)
    assert verdict.passed, verdict


def test_the_detectable_distance_is_below_two_percent():
    for target in (GAUSSIAN, GAMMA):
        assert checks.dkw_envelope(20_000, len(target.statistics), 1e-4) < 0.02


def test_a_target_that_is_ten_percent_too_narrow_is_seen():
    kernel = metropolis_hastings(lambda x: 1.1 * GAUSSIAN.logdensity(x), random_walk(1.0))
    verdict = checks.invariance(jax.random.key(2029), kernel, GAUSSIAN)
    assert not verdict.passed
    assert verdict.property == "invariance"


def test_r_hat_does_not_catch_them():
    """Negative control: why the invariance test is needed at all."""
    import arviz as az

    content = []
    for make in (museum.one_key_for_both, museum.drops_rejections, museum.noise_as_proposal):
        run = jax.jit(
            lambda key, make=make: sample(
                key, make(UNCORRELATED.logdensity, 1.7), jnp.zeros((4, 2)), 5000
            )
        )
        draws = np.asarray(run(jax.random.key(2028))[0][:, 500:, 0])
        content.append(float(az.rhat(draws)) < 1.01)
    assert all(content)


def test_one_key_for_both_is_caught_by_the_key_checker():
    state = MHState(jnp.zeros(2), jnp.array(0.0))
    key = jax.random.key(0)
    right = metropolis_hastings(GAUSSIAN.logdensity, random_walk(1.0))
    wrong = museum.one_key_for_both(GAUSSIAN.logdensity, 1.0)
    assert checks.key_reuse(right.step, key, state).passed
    verdict = checks.key_reuse(wrong.step, key, state)
    assert not verdict.passed
    assert verdict.property == "key reuse"


def test_the_package_s_acceptance_gives_detailed_balance_on_a_grid():
    """Fill the matrix with the very acceptance rates that the kernel reports, in float64."""
    with jax.enable_x64(True):
        grid = jnp.linspace(0.2, 6.0, 20)
        target = stats.gamma(3).pdf(grid) / stats.gamma(3).pdf(grid).sum()

        def logdensity(x):
            return jnp.log(jnp.asarray(target))[x]

        transition = np.zeros((20, 20))
        for i in range(20):
            for j in (i - 1, i + 1):
                if 0 <= j < 20:
                    kernel = metropolis_hastings(
                        logdensity, lambda key, x, j=j: (jnp.array(j), 0.0)
                    )
                    _, info = kernel.step(jax.random.key(0), kernel.init(jnp.array(i)))
                    transition[i, j] = 0.5 * info.acceptance_rate
            transition[i, i] = 1 - transition[i].sum()
    assert checks.detailed_balance(transition, target).passed
    broken = transition.copy()
    broken[3, 4] *= 1 + 1e-12
    broken[3, 3] = 1 - broken[3, 2] - broken[3, 4]
    assert not checks.detailed_balance(broken, target).passed


def _log_normal_density(to, at):
    return stats.lognorm(s=0.7, scale=at).logpdf(to).sum()


def _wide_normal_density(to, at):
    return stats.norm(scale=1.5).logpdf(to).sum()


@pytest.mark.parametrize(
    ("propose", "q"),
    [(log_normal_walk(0.7), _log_normal_density), (wide_normal(), _wide_normal_density)],
)
def test_log_q_ratio_against_scipy(propose, q):
    x = jnp.array([0.8, 2.5])
    new, log_q_ratio = propose(jax.random.key(5), x)
    x, new = np.asarray(x, float), np.asarray(new, float)
    # Float32 numbers of size 1 to 10: rounding is about 1e-6.
    assert float(log_q_ratio) == pytest.approx(q(x, new) - q(new, x), abs=1e-5)


def test_a_rejected_step_repeats_the_state_and_an_accepted_one_moves():
    kernel = metropolis_hastings(GAUSSIAN.logdensity, random_walk(1.0))
    start = jnp.zeros((1, 2))
    draws, info = sample(jax.random.key(8), kernel, start, 500)
    verdict = checks.rejections_repeat(start[0], draws[0], info.is_accepted[0])
    assert verdict.passed, verdict
    wrong = museum.records_the_proposal(GAUSSIAN.logdensity, 1.0)
    draws, info = sample(jax.random.key(8), wrong, start, 500)
    assert not checks.rejections_repeat(start[0], draws[0], info.is_accepted[0]).passed
    stays = np.array([[1.0], [1.0], [1.0], [2.0]])
    accepted = np.array([True, False, True, True])
    assert not checks.rejections_repeat(np.zeros(1), stays, accepted).passed


@pytest.mark.parametrize("bad", [jnp.nan, -jnp.inf])
def test_a_proposal_without_density_is_rejected(bad):
    def logdensity(x):
        return jnp.where(x[0] > 0.1, bad, 0.0)

    kernel = metropolis_hastings(logdensity, random_walk(1.0))
    draws, info = sample(jax.random.key(9), kernel, jnp.zeros((4, 1)), 200)
    assert (draws <= 0.1).all()
    assert np.isfinite(np.asarray(draws)).all()
    assert not info.is_accepted.all()


def test_accept_reject_always_accepts_uphill_and_never_minus_infinity():
    old, new = MHState(jnp.zeros(1), jnp.array(0.0)), MHState(jnp.ones(1), jnp.array(1.0))
    keys = jax.random.split(jax.random.key(1), 1000)
    up = jax.vmap(lambda key: accept_reject(key, old, new, jnp.array(0.5)))(keys)
    down = jax.vmap(lambda key: accept_reject(key, old, new, -jnp.inf))(keys)
    assert up[2].all()
    assert (up[0].position == 1).all()
    assert not down[2].any()
    assert (down[0].position == 0).all()


def test_same_key_same_walk_and_chains_differ():
    kernel = metropolis_hastings(GAUSSIAN.logdensity, random_walk(1.0))
    first, _ = sample(jax.random.key(4), kernel, jnp.zeros((3, 2)), 50)
    again, _ = sample(jax.random.key(4), kernel, jnp.zeros((3, 2)), 50)
    assert jnp.array_equal(first, again)
    assert not jnp.array_equal(first[0], first[1])


@pytest.mark.parametrize("step_size", [0.7, np.array([0.3, 1.5], np.float32)])
def test_the_random_walk_equals_blackjax_bit_for_bit(step_size):
    def run(kernel):
        return jax.jit(lambda key: sample(key, kernel, jnp.ones((4, 2)), 300))(jax.random.key(11))

    ours, info = run(metropolis_hastings(GAUSSIAN.logdensity, random_walk(step_size)))
    theirs, their_info = run(blackjax.normal_random_walk(GAUSSIAN.logdensity, jnp.array(step_size)))
    assert jnp.array_equal(ours, theirs)
    assert jnp.array_equal(info.is_accepted, their_info.is_accepted)
    assert jnp.array_equal(info.acceptance_rate, their_info.acceptance_rate)


def test_one_compile_and_none_for_a_new_step_size():
    @jax.jit
    def run(key, step_size, starts):
        kernel = metropolis_hastings(GAUSSIAN.logdensity, random_walk(step_size))
        return sample(key, kernel, starts, 20)

    key, starts = jax.random.key(0), jnp.zeros((2, 2))
    with count_compiles() as log:
        jax.block_until_ready(run(key, 0.5, starts))
    assert log.count == 1
    with count_compiles() as log:
        jax.block_until_ready(run(key, 1.5, starts))
    assert log.count == 0


def _standard(x):
    return -0.5 * jnp.sum(x**2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions": jnp.zeros(3)}, r"positions has shape \(3,\); allowed is"),
        ({"positions": jnp.zeros((0, 2))}, r"positions has shape \(0, 2\)"),
        ({"positions": jnp.array([[0.0], [jnp.nan]])}, "positions of chain 1"),
        ({"num_draws": 0}, "num_draws is 0; allowed are"),
        ({"num_draws": 2.5}, "num_draws is 2.5"),
        ({"num_draws": True}, "num_draws is True"),
    ],
)
def test_the_driver_refuses_bad_input_in_words(change, message):
    arguments = {"positions": jnp.zeros((2, 1)), "num_draws": 3} | change
    kernel = metropolis_hastings(_standard, random_walk(1.0))
    with pytest.raises(ValueError, match=message):
        sample(jax.random.key(0), kernel, **arguments)


def test_a_start_outside_the_support_is_refused():
    kernel = metropolis_hastings(GAMMA.logdensity, log_normal_walk(1.0))
    with pytest.raises(ValueError, match="where the log density is -inf"):
        sample(jax.random.key(0), kernel, jnp.array([[1.0], [-2.0]]), 3)


@pytest.mark.parametrize("proposal", [random_walk, log_normal_walk])
@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf"), np.array([1.0, 0.0])])
def test_a_bad_step_size_is_refused(proposal, bad):
    with pytest.raises(ValueError, match=r"step_size is .*; allowed are positive finite numbers"):
        proposal(bad)


def test_any_pair_of_init_and_step_runs_in_the_driver():
    def init(position):
        return MHState(position, jnp.array(0.0))

    def step(key, state):
        return state._replace(position=state.position + 1), None

    draws, info = sample(jax.random.key(0), Kernel(init, step), jnp.zeros((2, 3)), 4)
    assert draws.shape == (2, 4, 3)
    assert info is None
    assert draws[1, :, 2].tolist() == [1, 2, 3, 4]


def test_the_mean_agrees_with_the_exact_one():
    kernel = metropolis_hastings(GAMMA.logdensity, log_normal_walk(1.2))
    draws, _ = jax.jit(lambda key: sample(key, kernel, jnp.ones((4, 1)), 5000))(jax.random.key(77))
    verdict = checks.mean_within_mcse(draws[:, 200:, 0], 3.0, "x", alpha=1e-4)
    assert verdict.passed, verdict
    assert not checks.mean_within_mcse(draws[:, 200:, 0] + 0.5, 3.0, "x", alpha=1e-4).passed


def test_chains_that_hardly_move_get_no_verdict_on_their_mean():
    frozen = np.repeat([[-1.0], [2.0], [0.3], [-0.7]], 1000, axis=1)
    walk = np.cumsum(np.random.default_rng(5).normal(size=(4, 1000)), axis=1)
    for draws in (frozen, walk):
        verdict = checks.mean_within_mcse(draws, 0.0, "x")
        assert not verdict.passed
        assert verdict.property == "effective draws"
