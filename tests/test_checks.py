"""Every check is itself checked: it passes the right, fails the wrong, and knows its limits.

False-alarm budget. The checks of one right sampler run at alpha = 1e-4 on seeds that were drawn
once; there are ten of them. Where a rate of false alarms is estimated, the count may exceed
what alpha promises with probability 1e-6. So the file fails right code in about 0.1 % of choices
of the seeds. What involves no chance has a tolerance that the check itself derives.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from course_utils import checks, hamiltonian, targets
from course_utils.kernel import Kernel, sample
from course_utils.mh import MHInfo, MHState, metropolis_hastings, random_walk
from course_utils.museum import POSTERIORS, posteriors, timers
from course_utils.timing import count_compiles

GAUSSIAN = targets.gaussian(correlation=0.8)


def most_alarms(num_repeats, alpha):
    """Return the number of false alarms that a right check exceeds with probability 1e-6."""
    return stats.binom.isf(1e-6, num_repeats, alpha)


# Invariance


def draws_afresh(scale=1.0):
    """Return a kernel that draws from the target, or from a wider one, at every step."""

    def step(key, state):
        position = scale * GAUSSIAN.draw(key, 1)[0]
        return MHState(position, 0.0), MHInfo(jnp.array(0.5), jnp.array(True), position)

    return Kernel(lambda position: MHState(position, 0.0), step)


def test_invariance_fails_a_right_kernel_no_more_often_than_alpha():
    kernel, alarms = draws_afresh(), 0
    for seed in range(100):
        verdict = checks.invariance(
            jax.random.key(seed), kernel, GAUSSIAN, num_chains=500, num_steps=1, alpha=0.2
        )
        alarms += not verdict.passed
    assert alarms <= most_alarms(100, 0.2)


def test_invariance_sees_what_it_says_it_can_see():
    # Ten per cent too wide: the squared radius has the law 1 − exp(−r² / 2.42) instead of
    # 1 − exp(−r² / 2). The largest gap between the two is 0.070, where the bound is 0.017.
    verdict = checks.invariance(jax.random.key(41), draws_afresh(1.1), GAUSSIAN, num_steps=1)
    assert not verdict.passed and verdict.property == "invariance"
    assert "squared radius" in verdict.message


def test_another_key_needs_no_new_compilation():
    kernel = draws_afresh()
    checks.invariance(jax.random.key(0), kernel, GAUSSIAN, num_chains=500)
    with count_compiles() as log:
        checks.invariance(jax.random.key(1), kernel, GAUSSIAN, num_chains=500)
    assert "_last_position" not in " ".join(log.names)


def test_invariance_takes_a_driver_of_all_chains():
    kernel = metropolis_hastings(GAUSSIAN.logdensity, random_walk(1.0))

    def right(key, positions, num_draws):
        return sample(key, kernel, positions, num_draws)

    def wrong(key, positions, num_draws):
        draws, info = right(key, positions, num_draws)
        return 0.9 * draws, info

    assert checks.invariance(jax.random.key(42), right, GAUSSIAN, num_steps=5).passed
    assert not checks.invariance(jax.random.key(42), wrong, GAUSSIAN, num_steps=5).passed


def test_a_chain_that_reaches_nan_is_told():
    def step(key, state):
        position = state.position * jnp.nan
        return MHState(position, 0.0), MHInfo(jnp.array(0.5), jnp.array(True), position)

    kernel = Kernel(lambda position: MHState(position, 0.0), step)
    verdict = checks.invariance(jax.random.key(0), kernel, GAUSSIAN, num_chains=500)
    assert verdict == checks.Verdict(
        False, "movement", "the chain reached a position that is not finite"
    )


# Integrators

METRICS = {
    "diagonal": jnp.array([0.5, 1.0, 2.0]),
    "dense": jnp.array([[0.7, 0.2, 0.0], [0.2, 1.2, 0.3], [0.0, 0.3, 1.9]]),
}
STARTS = jax.random.normal(jax.random.key(43), (2, 8, 3))


def hump(x):
    """Log density with tails like a logistic one: the force is not linear."""
    return -jnp.sum(jnp.log(jnp.cosh(x))) - 0.5 * (x[0] - x[1] + x[2]) ** 2


@jax.jit
def euler(position, momentum, step_size, num_steps):
    force = jax.grad(hump)
    return jax.lax.fori_loop(
        0,
        num_steps,
        lambda _, s: (s[0] + step_size * s[1], s[1] + step_size * force(s[0])),
        (jnp.asarray(position), jnp.asarray(momentum)),
    )


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_the_leapfrog_is_reversible_symplectic_and_of_second_order(metric):
    integrate = checks.integrator(hamiltonian.leapfrog(hump, metric), hump)

    def energy(x, p):
        return hamiltonian.kinetic_energy(p, metric) - hump(x)

    for check in (checks.reversibility, checks.volume, checks.symplectic):
        verdict = check(integrate, *STARTS[:, 0])
        assert verdict.passed, verdict
    verdict = checks.energy_order(integrate, energy, *STARTS)
    assert verdict.passed, verdict
    assert "power 2.00;" in verdict.message  # to two digits, well inside what the check allows


def test_euler_s_method_is_none_of_these():
    for check in (checks.reversibility, checks.volume, checks.symplectic):
        verdict = check(euler, *STARTS[:, 0])
        assert not verdict.passed and verdict.property == check.__name__
    verdict = checks.energy_order(euler, lambda x, p: 0.5 * p @ p - hump(x), *STARTS)
    assert not verdict.passed
    order_one = checks.energy_order(
        euler, lambda x, p: 0.5 * p @ p - hump(x), *STARTS, num_steps=(256, 512, 1024), order=1.0
    )
    assert order_one.passed, order_one


def test_a_small_asymmetry_is_seen():
    """A kick that is one part in 10^9 too long on the way keeps volume but cannot be reversed."""
    leapfrog = hamiltonian.leapfrog(hump, METRICS["diagonal"])

    def asymmetric(state, step_size):
        state = leapfrog(state, step_size)
        return state._replace(momentum=state.momentum + 1e-9 * step_size * state.logdensity_grad)

    integrate = checks.integrator(asymmetric, hump)
    assert not checks.reversibility(integrate, *STARTS[:, 0]).passed
    assert checks.volume(integrate, *STARTS[:, 0]).passed


def test_a_path_by_hand_in_numpy_can_be_checked():
    def leapfrog(x, p, step_size, num_steps):
        for _ in range(num_steps):
            p = p - 0.5 * step_size * x
            x = x + step_size * p
            p = p - 0.5 * step_size * x
        return x, p

    assert checks.reversibility(leapfrog, *STARTS[:, 0]).passed
    verdict = checks.energy_order(leapfrog, lambda x, p: (x @ x + p @ p) / 2, *STARTS)
    assert verdict.passed, verdict


def test_a_path_that_ends_in_nan_fails_every_check_of_it():
    def broken(position, momentum, step_size, num_steps):
        return position * jnp.nan, momentum

    for check in (checks.reversibility, checks.volume, checks.symplectic):
        assert not check(broken, *STARTS[:, 0]).passed
    assert not checks.energy_order(broken, lambda x, p: x @ x, *STARTS).passed


# Joint test and calibration, on a line whose posterior is known exactly


def joint(sampler, key=44, quantities=posteriors.QUANTITIES, **more):
    return checks.joint_test(
        jax.random.key(key),
        posteriors.draw_joint,
        sampler,
        quantities,
        draw_data=posteriors.draw_data,
        num_steps=1,
        **more,
    )


def calibrate(sampler, quantities, key=45):
    exact, draws = checks.simulate_fits(
        jax.random.key(key),
        posteriors.draw_joint,
        sampler,
        quantities,
        num_draws=100,
        num_warmup=1,
    )
    return checks.sbc(exact, draws)


def test_exact_draws_pass_joint_test_and_calibration():
    for cycles in (1, 3):
        verdict = joint(posteriors.exact_posterior, num_cycles=cycles)
        assert verdict.passed, verdict
    verdict = calibrate(posteriors.exact_posterior, posteriors.QUANTITIES)
    assert verdict.passed, verdict


def test_the_joint_test_fails_a_right_sampler_no_more_often_than_alpha():
    alarms = sum(
        not joint(posteriors.exact_posterior, key, num_replicates=458, alpha=0.2).passed
        for key in range(100)
    )
    assert alarms <= most_alarms(100, 0.2)


def test_who_sees_a_sampler_that_ignores_the_data():
    """Blind are calibration of the parameters, and the joint test that redraws y last."""
    ignores = POSTERIORS["ignores_the_data"]
    assert calibrate(ignores, posteriors.PARAMETERS).passed
    assert not calibrate(ignores, posteriors.QUANTITIES).passed
    assert joint(ignores, redraws_last=True).passed
    assert joint(ignores, quantities=posteriors.PARAMETERS).passed
    assert not joint(ignores).passed


def test_who_sees_a_prior_that_was_left_out():
    """Calibration is blind on a location, with the log likelihood as well; the joint test sees."""
    omits = POSTERIORS["omits_the_prior"]
    assert calibrate(omits, posteriors.QUANTITIES).passed
    verdict = joint(omits)
    assert not verdict.passed and verdict.property == "joint law"


def test_the_joint_test_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="num_replicates is 100; allowed are integers ≥ 458"):
        joint(posteriors.exact_posterior, num_replicates=100)
    with pytest.raises(ValueError, match="draw_data is None"):
        checks.joint_test(
            jax.random.key(0),
            posteriors.draw_joint,
            posteriors.exact_posterior,
            posteriors.PARAMETERS,
            num_cycles=2,
        )


def test_a_statistic_that_is_not_finite_fails_the_joint_test():
    verdict = joint(posteriors.exact_posterior, quantities={"bad": lambda x, y: jnp.nan * x[0]})
    assert not verdict.passed and "bad is not finite" in verdict.message


def normal_ranks(rng, num_fits=200, scale=1.0, num_draws=99):
    """Return truths from Normal(0, 1), and draws from it or from a narrower law."""
    exact = {"θ": rng.standard_normal(num_fits)}
    return exact, {"θ": scale * rng.standard_normal((num_fits, 1, num_draws))}


def test_calibration_fails_right_ranks_no_more_often_than_alpha():
    rng = np.random.default_rng(46)
    alarms = sum(not checks.sbc(*normal_ranks(rng), alpha=0.2).passed for _ in range(40))
    assert alarms <= most_alarms(40, 0.2)


def test_calibration_sees_posteriors_that_are_too_narrow():
    verdict = checks.sbc(*normal_ranks(np.random.default_rng(47), 1000, scale=0.7))
    assert not verdict.passed and verdict.property == "uniform ranks"


def test_ranks_of_known_draws_and_ties():
    exact = {"a": np.array([0.5, 2.0, -1.0]), "tied": np.zeros(3)}
    draws = {"a": np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), "tied": np.zeros((3, 2))}
    ranks = checks.sbc_ranks(exact, draws)
    assert ranks["a"].tolist() == [1, 2, 0]
    assert set(ranks["tied"]) <= {0, 1, 2}
    many = checks.sbc_ranks({"t": np.zeros(3000)}, {"t": np.zeros((3000, 2))})["t"]
    # Three equal chances, 3000 throws: five standard errors are 5 sqrt(3000 · 2/9) = 129.
    assert np.abs(np.bincount(many) - 1000).max() < 129


def test_correlated_draws_get_no_verdict_on_their_ranks():
    rng = np.random.default_rng(48)
    exact, draws = normal_ranks(rng)
    walk = {"θ": np.cumsum(draws["θ"], axis=2)}
    stuck = {"θ": np.ones((200, 1, 99))}
    for bad in (walk, stuck):
        verdict = checks.sbc(exact, bad)
        assert not verdict.passed and verdict.property == "effective draws"
    assert checks.sbc(exact, {"θ": draws["θ"] * np.nan}).property == "finite draws"
    with pytest.raises(ValueError, match=r"draws of θ have shape \(200, 99\); allowed is"):
        checks.sbc(exact, {"θ": draws["θ"][:, 0]})


# Densities


def test_a_density_is_compared_with_a_reference():
    points = np.linspace(-3, 3, 7)[:, None]

    def log_normal(x):
        return -0.5 * x[0] ** 2 - 0.5 * np.log(2 * np.pi)

    def reference(x):
        return stats.norm.logpdf(x[0])

    assert checks.same_density(log_normal, reference, points).passed
    assert checks.same_density(lambda x: log_normal(x) + 3, reference, points).passed
    assert checks.integrates_to_one(log_normal, -8, 8).passed
    assert not checks.integrates_to_one(lambda x: log_normal(x) + 0.01, -8, 8).passed
    for wrong in (lambda x: 1.001 * log_normal(x), lambda x: jnp.nan * x[0], lambda x: -jnp.inf):
        verdict = checks.same_density(wrong, reference, points)
        assert not verdict.passed and verdict.property == "same density"
        assert not checks.integrates_to_one(wrong, -8, 2).passed
    assert "has shape (1,)" in checks.same_density(lambda x: -(x**2), reference, points).message
    with pytest.raises(ValueError, match="points has shape"):
        checks.same_density(log_normal, reference, points[:, 0])


# Stopwatches


def test_timers_and_rates():
    from course_utils.timing import ess_per_second

    assert checks.honest_timer(timers.right_timer).passed
    wrong = checks.honest_timer(timers.stops_at_the_return)
    assert not wrong.passed and wrong.property == "waits for the result"
    wrong = checks.honest_timer(timers.counts_the_compiling)
    assert not wrong.passed and wrong.property == "compiling apart"
    assert not checks.honest_timer(lambda fun: float("nan")).passed
    assert checks.honest_rate(ess_per_second).passed
    assert not checks.honest_rate(timers.draws_per_second).passed
    assert not checks.honest_rate(lambda draws, seconds: float("nan")).passed


def test_like_is_compared_with_like():
    assert checks.like_with_like(*timers.float32_against_float32()).passed
    verdict = checks.like_with_like(*timers.float32_against_float64())
    assert not verdict.passed and "dtype" in verdict.message


# Chains


def test_nan_is_no_reason_to_crash():
    bad = np.full((4, 500), np.nan)
    assert not checks.mean_within_mcse(bad, 0.0, "x").passed
    assert not checks.detailed_balance(np.full((3, 3), np.nan), np.ones(3) / 3).passed
    steps = np.array([[1.0], [np.nan], [np.nan]])
    assert not checks.rejections_repeat(np.zeros(1), steps, np.array([True, True, False])).passed
    infinite = checks.rejections_repeat(np.zeros(1), np.zeros((0, 1)), np.zeros(0, bool))
    assert not infinite.passed


def test_every_public_check_is_named_in_the_package():
    assert set(checks.__all__) >= {"invariance", "joint_test", "sbc", "reversibility", "key_reuse"}
    assert all(getattr(checks, name).__doc__ for name in checks.__all__)
