"""Hamilton's dynamics, HMC and NUTS: the integrator, the steps, and agreement with BlackJAX.

False-alarm budget: nothing here tests a law, so no right sampler is failed by chance; invariance is
tested in test_museum.py, beside the mutants. What bounds depend on rounding says where they come
from. Hypothesis looks for counterexamples at random.
"""

from functools import partial

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import checks, hamiltonian, targets
from course_utils.hamiltonian import PhaseState
from course_utils.hmc import hmc
from course_utils.kernel import sample
from course_utils.models import eight_schools
from course_utils.nuts import checkpoint_range, nuts
from course_utils.timing import count_compiles

GAUSSIAN = targets.gaussian(correlation=0.8)
SCHOOLS = eight_schools.model()
DIAGONAL = jnp.linspace(0.5, 1.5, SCHOOLS.dim)
_ROOT = 0.1 * jax.random.normal(jax.random.key(3), (SCHOOLS.dim, SCHOOLS.dim))
DENSE = _ROOT @ _ROOT.T + jnp.eye(SCHOOLS.dim)
metrics = pytest.mark.parametrize("metric", [DIAGONAL, DENSE], ids=["diagonal", "dense"])

SAMPLERS = {
    "hmc": partial(hmc, num_integration_steps=5),
    "nuts": partial(nuts, max_tree_depth=5),
}
samplers = pytest.mark.parametrize("build", SAMPLERS.values(), ids=SAMPLERS)


def standard(x):
    return -0.5 * jnp.sum(x**2)


# The integrator, in float64, on a real posterior


@metrics
def test_the_leapfrog_is_reversible_symplectic_and_of_second_order(metric):
    integrate = checks.integrator(
        hamiltonian.leapfrog(SCHOOLS.logdensity, metric), SCHOOLS.logdensity
    )

    def energy(position, momentum):
        return hamiltonian.kinetic_energy(momentum, metric) - SCHOOLS.logdensity(position)

    positions, momenta = jax.random.normal(jax.random.key(60), (2, 6, SCHOOLS.dim))
    for check in (checks.reversibility, checks.volume, checks.symplectic):
        verdict = check(integrate, positions[0], momenta[0])
        assert verdict.passed, verdict
    verdict = checks.energy_order(integrate, energy, positions, momenta)
    assert verdict.passed, verdict


def test_the_way_back_is_exact_to_a_few_roundings():
    """Ten steps there and back, relative to the size of the path: 1e-15 is 9 roundings of 2^-53."""
    step = hamiltonian.leapfrog(GAUSSIAN.logdensity, jnp.ones(2))
    integrate = checks.integrator(step, GAUSSIAN.logdensity)
    with jax.enable_x64(True):
        start = np.array([0.3, -1.1]), np.array([0.8, 0.4])
        x, p = integrate(*start, 0.1, 10)
        back, momentum = integrate(x, -p, 0.1, 10)
        assert float(jnp.abs(back - start[0]).max()) <= 1e-15
        assert float(jnp.abs(momentum + start[1]).max()) <= 1e-15


@metrics
def test_momentum_has_the_covariance_of_the_mass(metric):
    keys = jax.random.split(jax.random.key(61), 20_000)
    zero = jnp.zeros(SCHOOLS.dim)
    draw = jax.jit(jax.vmap(lambda key: hamiltonian.sample_momentum(key, zero, metric)))
    found = np.cov(np.asarray(draw(keys), float).T)
    full = np.diag(metric) if metric.ndim == 1 else np.asarray(metric, float)
    # An entry of a covariance from N draws has standard error of at most √2 · 2 / √N = 0.02, with
    # variances up to 2; five of them for the 55 entries.
    np.testing.assert_allclose(found, np.linalg.inv(full), atol=0.1)


def test_energy_is_half_the_square_of_the_velocity_and_more():
    state = PhaseState(jnp.zeros(2), jnp.array([1.0, 2.0]), jnp.array(-3.0), jnp.zeros(2))
    assert hamiltonian.energy(state, jnp.array([2.0, 0.5])) == 3 + (2 * 1 + 0.5 * 4) / 2
    dense = jnp.array([[2.0, 1.0], [1.0, 3.0]])
    assert hamiltonian.energy(state, dense) == 3 + (2 + 2 * 2 + 3 * 4) / 2


# Against BlackJAX


def run_both(ours, theirs, num_draws):
    """Run two kernels on the same keys in the course's driver."""
    starts = 0.5 * jax.random.normal(jax.random.key(1), (4, SCHOOLS.dim))
    key = jax.random.key(62)
    runs = [jax.jit(lambda k, p, b=b: sample(k, b(), p, num_draws)) for b in (ours, theirs)]
    return [run(key, starts) for run in runs]


PAIRS = {
    "hmc": (
        lambda metric: hmc(SCHOOLS.logdensity, 0.3, metric, 8),
        lambda metric: blackjax.hmc(SCHOOLS.logdensity, 0.3, metric, 8),
    ),
    "nuts": (
        lambda metric: nuts(SCHOOLS.logdensity, 0.3, metric),
        lambda metric: blackjax.nuts(SCHOOLS.logdensity, 0.3, metric),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_draws_equal_blackjax_bit_for_bit(name):
    ours, theirs = (partial(make, DIAGONAL) for make in PAIRS[name])
    (draws, info), (their_draws, their_info) = run_both(ours, theirs, 200)
    assert jnp.array_equal(draws, their_draws)
    assert jnp.array_equal(info.num_integration_steps, their_info.num_integration_steps)
    assert jnp.array_equal(info.is_divergent, their_info.is_divergent)
    # The mean over leaves may be summed in another order: float32, a few roundings.
    np.testing.assert_allclose(info.acceptance_rate, their_info.acceptance_rate, rtol=1e-5)
    np.testing.assert_allclose(info.energy, their_info.energy, rtol=1e-5)
    if name == "nuts":
        assert jnp.array_equal(info.tree_depth, their_info.num_trajectory_expansions)


@pytest.mark.parametrize("name", PAIRS)
def test_draws_equal_blackjax_up_to_rounding_with_a_dense_metric(name):
    """BlackJAX multiplies by M⁻¹ in another order. Thirty draws leave 2^-24 no time to grow."""
    ours, theirs = (partial(make, DENSE) for make in PAIRS[name])
    (draws, info), (their_draws, their_info) = run_both(ours, theirs, 30)
    np.testing.assert_allclose(draws, their_draws, atol=1e-4)
    assert jnp.array_equal(info.num_integration_steps, their_info.num_integration_steps)


# Steps


def test_hmc_repeats_the_state_after_a_rejection():
    kernel = hmc(GAUSSIAN.logdensity, 0.9, jnp.ones(2), 3)
    start = jnp.zeros((1, 2))
    draws, info = sample(jax.random.key(63), kernel, start, 300)
    verdict = checks.rejections_repeat(start[0], draws[0], info.is_accepted[0])
    assert verdict.passed, verdict


@samplers
def test_the_state_carries_its_own_density_and_gradient(build):
    """After rejections as well: a stale gradient is a mutant of the museum."""
    kernel = build(GAUSSIAN.logdensity, 0.9, jnp.ones(2))
    states = jax.vmap(kernel.init)(GAUSSIAN.draw(jax.random.key(64), 500))
    states, _ = jax.vmap(kernel.step)(jax.random.split(jax.random.key(65), 500), states)
    value, grad = jax.vmap(jax.value_and_grad(GAUSSIAN.logdensity))(states.position)
    # The same function, compiled twice: a few roundings of float32 numbers of size 10.
    np.testing.assert_allclose(states.logdensity, value, atol=1e-5)
    np.testing.assert_allclose(states.logdensity_grad, grad, atol=1e-5)


@samplers
def test_no_draw_lies_where_there_is_no_density(build):
    @jax.jit
    def run(bad):
        def wall(x):
            return jnp.where(x[0] > 0.5, bad, standard(x))

        kernel = build(wall, 0.5, jnp.ones(2))
        return sample(jax.random.key(66), kernel, jnp.zeros((4, 2)), 200)

    for bad in (jnp.nan, -jnp.inf):
        draws, info = run(bad)
        assert (draws[..., 0] <= 0.5).all()
        assert np.isfinite(np.asarray(draws)).all()
        assert info.is_divergent.any() and not info.is_divergent.all()
        assert np.isfinite(np.asarray(info.acceptance_rate)).all()
        assert len(np.unique(np.asarray(draws)[0, :, 0])) > 20  # the chain goes on all the same


@samplers
def test_a_divergence_is_flagged_where_the_step_is_too_long_and_not_elsewhere(build):
    @jax.jit
    def run(step_size):
        kernel = build(standard, step_size, jnp.ones(2))
        return sample(jax.random.key(67), kernel, jnp.ones((2, 2)), 20)

    draws, info = run(30.0)
    assert info.is_divergent.all() and (draws == 1).all()
    assert not run(0.3)[1].is_divergent.any()


def test_a_divergence_threshold_is_the_rise_that_counts():
    kernel = hmc(standard, 0.9, jnp.ones(2), 3, divergence_threshold=0.0)
    _, info = sample(jax.random.key(68), kernel, jnp.ones((2, 2)), 50)
    # With threshold 0 every rise of the energy counts, and those are the rates below 1.
    assert jnp.array_equal(info.is_divergent, info.acceptance_rate < 1)


def test_nuts_counts_what_it_does():
    kernel = nuts(GAUSSIAN.logdensity, 0.2, jnp.ones(2), max_tree_depth=3)
    _, info = sample(jax.random.key(69), kernel, jnp.zeros((4, 2)), 200)
    assert info.tree_depth.min() >= 1 and info.tree_depth.max() == 3
    full = 2**info.tree_depth - 1  # unless a subtree broke off
    assert (info.num_integration_steps <= full).all()
    assert (info.num_integration_steps >= 2 ** (info.tree_depth - 1)).all()
    assert ((info.acceptance_rate > 0) & (info.acceptance_rate <= 1)).all()


def test_checkpoints_are_those_of_a_binary_tree():
    """A leaf ends the subtrees [leaf + 1 − 2^k, leaf] with 2^k dividing leaf + 1, listed slowly."""
    stored = {}
    for leaf in range(64):
        first, last = (int(level) for level in checkpoint_range(jnp.int32(leaf)))
        if leaf % 2 == 0:
            stored[last] = leaf
            continue
        begins = {leaf + 1 - 2**k for k in range(1, 7) if (leaf + 1) % 2**k == 0}
        assert {stored[level] for level in range(first, last + 1)} == begins


@samplers
def test_no_key_is_used_twice(build):
    kernel = build(GAUSSIAN.logdensity, 0.5, jnp.ones(2))
    verdict = checks.key_reuse(kernel.step, jax.random.key(0), kernel.init(jnp.zeros(2)))
    assert verdict.passed, verdict


@samplers
def test_one_compile_and_the_same_key_gives_the_same_draws(build):
    @jax.jit
    def run(key, step_size, metric, starts):
        return sample(key, build(GAUSSIAN.logdensity, step_size, metric), starts, 10)[0]

    key, starts, metric = jax.random.key(70), jnp.zeros((3, 2)), jnp.ones(2)
    other = 2 * metric
    with count_compiles() as log:
        first = jax.block_until_ready(run(key, 0.5, metric, starts))
    assert log.count == 1
    with count_compiles() as log:  # a new step size and a new metric compile nothing
        jax.block_until_ready(run(key, 0.7, other, starts))
        again = run(key, 0.5, metric, starts)
    assert log.count == 0
    assert jnp.array_equal(first, again)
    assert not jnp.array_equal(first[0], first[1])


@samplers
@pytest.mark.parametrize("wide", [False, True], ids=["float32", "float64"])
def test_draws_keep_the_precision_of_the_start(build, wide):
    with jax.enable_x64(wide):
        kernel = build(standard, 0.5, np.ones(2))
        dtype = np.float64 if wide else np.float32
        draws, info = sample(jax.random.key(71), kernel, jnp.ones((2, 2), dtype), 10)
        assert draws.dtype == info.acceptance_rate.dtype == dtype
        assert np.isfinite(np.asarray(draws)).all()


# Bad input: a clear error or a right answer

BAD_STEP = st.one_of(
    st.floats(max_value=0.0), st.sampled_from([np.nan, np.inf, np.ones(2), np.zeros((1, 1))])
)


@samplers
@settings(max_examples=30, deadline=None)
@given(step_size=BAD_STEP)
def test_a_bad_step_size_is_refused(build, step_size):
    with pytest.raises(ValueError, match=r"(?s)step_size is .*; allowed is one positive finite"):
        build(standard, step_size, jnp.ones(2))


@st.composite
def bad_metrics(draw):
    dim = draw(st.integers(1, 4))
    bad = draw(st.sampled_from([0.0, -1.0, np.nan, np.inf, -np.inf]))
    where = draw(st.integers(0, dim - 1))
    diagonal = np.ones(dim)
    diagonal[where] = bad
    dense = np.eye(dim)
    dense[where, where] = bad
    skew = np.eye(dim + 1)
    skew[0, 1] = 0.5  # not symmetric
    indefinite = np.full((dim + 1, dim + 1), 2.0) - np.eye(dim + 1)  # eigenvalue −1
    shapes = np.ones((dim, dim + 1)), np.ones((dim, dim, dim)), np.ones(0), np.float64(1)
    return draw(st.sampled_from([diagonal, dense, skew, indefinite, *shapes]))


@samplers
@settings(max_examples=60, deadline=None)
@given(metric=bad_metrics())
def test_a_bad_metric_is_refused(build, metric):
    with pytest.raises(ValueError, match=r"(?s)inverse_mass_matrix (is|has shape) .*; allowed are"):
        build(standard, 0.1, metric)


@settings(max_examples=30, deadline=None)
@given(depth=st.one_of(st.integers(max_value=0), st.integers(21), st.floats(), st.booleans()))
def test_a_bad_tree_depth_is_refused(depth):
    with pytest.raises(ValueError, match=r"max_tree_depth is .*; allowed are integers from 1"):
        nuts(standard, 0.1, jnp.ones(2), max_tree_depth=depth)


@settings(max_examples=20, deadline=None)
@given(steps=st.integers(max_value=0))
def test_a_path_without_steps_is_refused(steps):
    with pytest.raises(ValueError, match=r"num_integration_steps is .*; allowed are integers ≥ 1"):
        hmc(standard, 0.1, jnp.ones(2), steps)


@samplers
@pytest.mark.parametrize("metric", [np.ones(3), np.eye(3)], ids=["diagonal", "dense"])
@pytest.mark.parametrize("dim", [1, 2])
def test_a_metric_of_another_dimension_gives_an_error_and_no_draws(build, metric, dim):
    with pytest.raises((ValueError, TypeError)):
        sample(jax.random.key(0), build(standard, 0.1, jnp.asarray(metric)), jnp.ones((2, dim)), 3)


@pytest.fixture(scope="module", params=SAMPLERS.values(), ids=SAMPLERS)
def run_anything(request):
    """One compiled run for every traced step size and metric."""

    @jax.jit
    def run(step_size, metric):
        kernel = request.param(standard, step_size, metric)
        return sample(jax.random.key(72), kernel, jnp.ones((2, 2)), 5)

    return run


# A number that jit has not seen yet cannot be refused. Whatever it is, the draws stay finite.
@settings(max_examples=60, deadline=None)
@given(
    step_size=st.floats(width=32),
    metric=st.lists(st.floats(width=32), min_size=2, max_size=2),
)
def test_no_traced_number_leads_to_nan_draws(run_anything, step_size, metric):
    draws, info = run_anything(step_size, np.array(metric, np.float32))
    assert np.isfinite(np.asarray(draws)).all()
    assert (info.num_integration_steps <= 31).all()
