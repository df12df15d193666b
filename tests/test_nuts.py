"""NUTS: the recursive, the iterative and the flat form build the same trees; draws are right.

The recursive form here is the definition, written down as the papers have it, and small enough to
be checked by eye. Trees are compared in float64, where a U-turn that hangs on the last digit does
not occur in a few hundred trees: the dot products are sums of tens of terms of order one, known to
1e-14, and one of some ten thousand falls within that of zero with probability 1e-10.

False-alarm budget: six invariance tests at 1e-4 and means at 1e-4 below, so that the file fails a
right sampler in less than 0.2 % of choices of the seeds, which were drawn once.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import checks, flat_nuts, targets
from course_utils.kernel import sample
from course_utils.models import eight_schools
from course_utils.nuts import checkpoint_range, nuts
from course_utils.progress import ProgressBar
from course_utils.timing import count_compiles

DIM = 4
COVARIANCE = 0.7 * np.eye(DIM) + 0.3
METRICS = {
    "diagonal": np.array([0.5, 1.0, 2.0, 1.5]),
    "dense": COVARIANCE @ COVARIANCE + 0.2 * np.eye(DIM),
}


def quartic(x):
    """A log density that is no Gaussian, so that trees of one metric differ in depth."""
    return -0.25 * (x**4).sum() - 0.5 * ((x[1:] - x[:-1]) ** 2).sum()


def quartic_grad(x):
    gap = x[1:] - x[:-1]
    return -(x**3) + np.concatenate([gap, [0]]) - np.concatenate([[0], gap])


def as_matrix(inverse_mass_matrix):
    return np.diag(inverse_mass_matrix) if inverse_mass_matrix.ndim == 1 else inverse_mass_matrix


def recursive_tree(position, momentum, directions, step_size, inverse_mass_matrix):
    """Build the tree of NUTS by recursion; return doublings, leapfrog steps and the leaves.

    A subtree is (left momentum, right momentum, sum of momenta, the end that moves, is broken),
    broken because it turns inside or because the energy rose by more than 1000.
    """
    metric = as_matrix(inverse_mass_matrix)
    leaves = []

    def energy(x, p):
        return -float(quartic(x)) + p @ metric @ p / 2

    threshold = energy(position, momentum) + 1000

    def turns(left, right, total):
        direction = total - (left + right) / 2
        return left @ metric @ direction <= 0 or right @ metric @ direction <= 0

    def build(depth, x, p, sign):
        if depth == 0:
            p = p + sign * step_size / 2 * quartic_grad(x)
            x = x + sign * step_size * metric @ p
            p = p + sign * step_size / 2 * quartic_grad(x)
            leaves.append(x)
            return p, p, p, (x, p), energy(x, p) > threshold
        first = build(depth - 1, x, p, sign)
        if first[4]:
            return first
        second = build(depth - 1, *first[3], sign)
        total = first[2] + second[2]
        is_broken = second[4] or turns(first[0], second[1], total)
        return first[0], second[1], total, second[3], is_broken

    ends = {1: (position, momentum), -1: (position, momentum)}
    total = momentum
    for depth, sign in enumerate(directions):
        _, _, subtree_sum, end, is_broken = build(depth, *ends[sign], sign)
        ends[sign] = end
        total = total + subtree_sum
        if is_broken or turns(ends[-1][1], ends[1][1], total):
            break
    return depth + 1, len(leaves), np.array(leaves)


def recursive_trees(starts, momenta, directions, step_size, metric):
    return [
        recursive_tree(x, p, signs, step_size, metric)
        for x, p, signs in zip(starts, momenta, directions, strict=True)
    ]


def starts_of(num_chains):
    return np.random.default_rng(7).normal(size=(num_chains, DIM))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("step_size", [0.05, 0.4])
def test_iterative_nuts_builds_the_recursive_trees(metric, step_size):
    inverse_mass_matrix, num_chains, max_depth = METRICS[metric], 100, 6
    starts = starts_of(num_chains)
    with jax.enable_x64(True):
        kernel = nuts(quartic, step_size, jnp.asarray(inverse_mass_matrix), max_depth)
        keys = jax.random.split(jax.random.key(11), num_chains)
        run = jax.jit(jax.vmap(lambda key, x: kernel.step(key, kernel.init(x))))
        state, info = run(keys, jnp.asarray(starts))

        def randomness(key):
            # The keys of a step are split as the kernel's source says.
            key_momentum, key_tree = jax.random.split(key)
            noise = jax.random.normal(key_momentum, (DIM,))
            keys = [jax.random.split(jax.random.fold_in(key_tree, i), 3)[0] for i in range(6)]
            return noise, jnp.stack([jax.random.bernoulli(key) for key in keys])

        noise, forward = jax.tree.map(np.asarray, jax.jit(jax.vmap(randomness))(keys))
    inverse_root = np.linalg.inv(np.linalg.cholesky(as_matrix(inverse_mass_matrix)))
    directions = np.where(forward, 1, -1)
    trees = recursive_trees(
        starts, noise @ inverse_root, directions, step_size, inverse_mass_matrix
    )
    compare(trees, state.position, info.tree_depth, info.num_integration_steps, starts)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("step_size", [0.05, 0.4])
def test_flat_nuts_builds_the_recursive_trees(metric, step_size, monkeypatch):
    inverse_mass_matrix, num_chains, max_depth = METRICS[metric], 100, 6
    starts = starts_of(num_chains)
    rng = np.random.default_rng(8)
    changes_end = rng.random((flat_nuts.BLOCK, num_chains)) < 0.5
    log_uniform = np.log(rng.random((2, flat_nuts.BLOCK, num_chains)))
    noise = flat_nuts.Noise(*map(jnp.asarray, (*log_uniform, changes_end)))
    key = jax.random.key(12)
    with jax.enable_x64(True):
        monkeypatch.setattr(flat_nuts, "_noise", lambda *_: noise)
        run = jax.jit(
            lambda key, x: flat_nuts.flat_nuts(
                key, quartic, x, 1, step_size, jnp.asarray(inverse_mass_matrix), max_depth
            )
        )
        draws, info = run(key, jnp.asarray(starts))
        key_momentum, _ = jax.random.split(key)
        whitened = np.asarray(jax.random.normal(key_momentum, (2, DIM, num_chains)))[0].T
    # The first doubling goes forward; the end changes with the last leaf of doubling k,
    # which is taken in iteration 2^(k+1) - 2.
    last_leaves = [2 ** (k + 1) - 2 for k in range(max_depth - 1)]
    signs = np.cumprod(np.where(changes_end[last_leaves], -1, 1), axis=0).T
    directions = np.concatenate([np.ones((num_chains, 1), int), signs], axis=1)
    inverse_root = np.linalg.inv(np.linalg.cholesky(as_matrix(inverse_mass_matrix)))
    momenta = whitened @ inverse_root
    trees = recursive_trees(starts, momenta, directions, step_size, inverse_mass_matrix)
    compare(trees, draws[:, 0], info.tree_depth[:, 0], info.num_integration_steps[:, 0], starts)


def compare(trees, draws, depths, num_steps, starts):
    assert [tree[0] for tree in trees] == np.asarray(depths).tolist()
    assert [tree[1] for tree in trees] == np.asarray(num_steps).tolist()
    assert len({tree[1] for tree in trees}) > 3  # trees of different sizes were compared
    for (_, _, leaves), start, draw in zip(trees, starts, np.asarray(draws), strict=True):
        # The draw is a leaf or the start; 63 leapfrog steps lose less than 1e-9 in float64.
        near = np.abs(np.vstack([leaves, start[None]]) - draw).max(axis=1)
        assert near.min() < 1e-9


def test_checkpoints_cover_every_subtree_that_ends():
    stored = {}
    for leaf in range(64):
        first, last = (int(index) for index in checkpoint_range(jnp.int32(leaf)))
        if leaf % 2 == 0:
            stored[last] = leaf
            assert first > last  # nothing ends at an even leaf
        else:
            beginnings = [leaf + 1 - 2**k for k in range(1, 7) if (leaf + 1) % 2**k == 0]
            assert [stored[index] for index in range(first, last + 1)] == beginnings[::-1]


GAUSSIAN = targets.gaussian(correlation=0.8)
DENSE = jnp.array([[1.0, 0.8], [0.8, 1.0]])
# Metric and step size of each sampler; the acceptance is then between .6 and .95.
TUNED = {
    "diagonal": (jnp.array([1.0, 0.5]), 0.8),
    "dense": (DENSE, 1.3),
}


def flat_driver(metric, step_size, per_chain=False):
    """Return flat NUTS as the driver ``(key, positions, num_draws)`` that a check expects."""

    def driver(key, positions, num_draws):
        numbers = step_size, metric
        if per_chain:
            # Half of the chains with half the step and twice the matrix.
            half = jnp.arange(len(positions)) % 2
            numbers = step_size / (1 + half), metric * (1 + half)[:, None]
        return flat_nuts.flat_nuts(key, GAUSSIAN.logdensity, positions, num_draws, *numbers, 6)

    return driver


@pytest.mark.parametrize("metric", TUNED)
def test_iterative_nuts_leaves_the_target_as_it_is(metric):
    kernel = nuts(GAUSSIAN.logdensity, TUNED[metric][1], TUNED[metric][0], max_tree_depth=6)
    verdict = checks.invariance(jax.random.key(2026), kernel, GAUSSIAN, num_steps=10)
    assert verdict.passed, verdict


@pytest.mark.parametrize("metric", [*TUNED, "per chain"])
def test_flat_nuts_leaves_the_target_as_it_is(metric):
    if metric == "per chain":
        driver = flat_driver(*TUNED["diagonal"], per_chain=True)
    else:
        driver = flat_driver(*TUNED[metric])
    verdict = checks.invariance(jax.random.key(2027), driver, GAUSSIAN, num_steps=10)
    assert verdict.passed, verdict


def test_flat_and_iterative_nuts_cost_the_same():
    """Leapfrog steps, acceptance and depth of the tenth draw have one law in both forms.

    Independent chains from exact starts; a chi-square test of the two histograms at 1e-4.
    """
    from scipy.stats import chi2_contingency

    metric, step_size = TUNED["diagonal"]
    start = GAUSSIAN.draw(jax.random.key(3), 20_000)
    flat = jax.jit(flat_driver(metric, step_size), static_argnums=2)(jax.random.key(4), start, 10)
    kernel = nuts(GAUSSIAN.logdensity, step_size, metric, 6)
    nested = jax.jit(lambda key, x: sample(key, kernel, x, 10))(jax.random.key(5), start)
    for field in ("num_integration_steps", "tree_depth"):
        both = [np.asarray(getattr(info, field))[:, -1] for _, info in (flat, nested)]
        table = np.array([np.bincount(counts, minlength=64) for counts in both])
        table = table[:, table.min(axis=0) >= 5]  # the chi-square law needs filled cells
        assert table.sum() > 0.99 * 2 * 20_000
        assert chi2_contingency(table).pvalue > 1e-4, field


def test_chains_of_flat_nuts_may_have_targets_of_their_own():
    """Chain i has mean i; each mean within its Monte Carlo error (alpha 1e-4 over the chains)."""
    means = jnp.arange(8.0)
    draws, _ = jax.jit(
        lambda key: flat_nuts.flat_nuts(
            key,
            lambda x, mean: -0.5 * jnp.sum((x - mean) ** 2),
            means[:, None] + jnp.zeros((8, 3)),
            2000,
            0.9,
            jnp.ones(3),
            chain_data=(means,),
        )
    )(jax.random.key(6))
    for mean, chain in zip(means, draws, strict=True):
        verdict = checks.mean_within_mcse(chain[None, :, 0], float(mean), "x", alpha=1e-4 / 8)
        assert verdict.passed, verdict


def test_flat_nuts_finds_the_posterior_of_eight_schools():
    """Means of mu and tau, 5e-5 each."""
    model = eight_schools.model()
    start = jax.random.normal(jax.random.key(7), (100, model.dim))
    run = jax.jit(
        lambda key, x: flat_nuts.flat_nuts(key, model.logdensity, x, 600, 0.4, jnp.ones(model.dim))
    )
    draws, info = run(jax.random.key(8), start)
    sites = jax.vmap(jax.vmap(model.constrain))(draws[:, 100:])
    exact = model.reference()
    for name in ("mu", "tau"):
        verdict = checks.mean_within_mcse(sites[name], float(exact[name].mean), name, 5e-5)
        assert verdict.passed, verdict
    # No chain waits: the loop runs as long as the busiest chain, and the others are ahead.
    steps = np.asarray(info.num_integration_steps)
    assert steps.sum(axis=1).max() < 0.5 * steps.max(axis=0).sum()


@pytest.mark.parametrize("form", ["iterative", "flat"])
def test_a_new_step_size_needs_no_new_program(form):
    def run(key, positions, step_size, metric):
        if form == "flat":
            return flat_nuts.flat_nuts(key, quartic, positions, 5, step_size, metric, 5)
        return sample(key, nuts(quartic, step_size, metric, 5), positions, 5)

    jitted = jax.jit(run)
    metric = jnp.array([2.0, 1.0, 0.5, 1.0])
    positions = jnp.asarray(starts_of(3), jnp.float32)
    with count_compiles() as log:
        first = jax.block_until_ready(jitted(jax.random.key(0), positions, 0.1, jnp.ones(DIM)))
    assert log.count >= 1
    with count_compiles() as log:
        again = jax.block_until_ready(jitted(jax.random.key(0), positions, 0.1, jnp.ones(DIM)))
        jax.block_until_ready(jitted(jax.random.key(1), positions, 0.5, metric))
    assert log.count == 0
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), first, again))


def test_flat_nuts_rejects_what_has_no_density_and_says_so():
    """Beyond x = 1 the log density is NaN, below −1 it is −inf: no draw may lie there."""

    def logdensity(x):
        value = -0.5 * jnp.sum(x**2)
        return jnp.where(x[0] > 1, jnp.nan, jnp.where(x[0] < -1, -jnp.inf, value))

    draws, info = flat_nuts.flat_nuts(
        jax.random.key(9), logdensity, jnp.zeros((20, 2)), 50, 0.5, jnp.ones(2)
    )
    assert np.isfinite(draws).all() and np.abs(draws[..., 0]).max() <= 1
    assert np.asarray(info.is_divergent).any() and not np.asarray(info.is_divergent).all()


def test_flat_nuts_reports_every_draw_and_draws_the_same():
    def run(progress):
        arguments = (GAUSSIAN.logdensity, jnp.zeros((7, 2)), 300, 0.5, jnp.ones(2), 5)
        return flat_nuts.flat_nuts(jax.random.key(10), *arguments, progress=progress)

    with ProgressBar(7 * 300) as bar:
        told = jax.block_until_ready(jax.jit(partial(run, True))())
    assert bar.done == 7 * 300
    silent = jax.jit(partial(run, False))()
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), told, silent))


SHAPES = st.sampled_from([(), (1,), (3,), (2,), (3, 2), (2, 2), (3, 2, 2), (0,)])
NUMBERS = st.sampled_from([0.3, 1.0, 0.0, -1.0, np.nan, np.inf])


@given(shape=SHAPES, step_shape=SHAPES, matrix=NUMBERS, step=NUMBERS, draws=st.integers(-1, 2))
@settings(max_examples=60, deadline=None)
def test_bad_numbers_get_a_clear_error_or_a_right_answer(shape, step_shape, matrix, step, draws):
    inverse_mass_matrix = np.full(shape, matrix, np.float32)
    if shape[-2:] == (2, 2):
        inverse_mass_matrix = np.where(np.eye(2, dtype=bool), inverse_mass_matrix, 0)
    step_size = np.full(step_shape, step, np.float32)
    per_chain = step_shape == (3,)
    allowed = [(3, 2), (3, 2, 2)] if per_chain else [(2,), (2, 2)]
    right = (
        shape in allowed
        and (step_shape == () or per_chain)
        and 0 < step < np.inf
        and 0 < matrix < np.inf
        and draws > 0
    )
    arguments = (jax.random.key(0), GAUSSIAN.logdensity, jnp.zeros((3, 2)), draws)
    call = partial(flat_nuts.flat_nuts, *arguments, step_size, inverse_mass_matrix, 3)
    if right:
        result, _ = call()
        assert result.shape == (3, draws, 2) and np.isfinite(result).all()
    else:
        with pytest.raises(ValueError, match=r"step_size|inverse_mass_matrix|num_draws"):
            call()


@pytest.mark.parametrize("depth", [0, -1, 21, 2.0, True, "ten"])
def test_an_impossible_tree_depth_is_named(depth):
    with pytest.raises(ValueError, match="max_tree_depth"):
        nuts(quartic, 0.1, jnp.ones(DIM), depth)
    with pytest.raises(ValueError, match="max_tree_depth"):
        arguments = (jax.random.key(0), quartic, jnp.zeros((2, DIM)), 5, 0.1, jnp.ones(DIM))
        flat_nuts.flat_nuts(*arguments, max_tree_depth=depth)


@pytest.mark.parametrize("start", [np.nan, np.inf])
def test_a_start_without_density_is_named(start):
    positions = jnp.zeros((3, DIM)).at[1, 2].set(start)
    with pytest.raises(ValueError, match="positions of chain 1"):
        flat_nuts.flat_nuts(jax.random.key(0), quartic, positions, 5, 0.1, jnp.ones(DIM))
