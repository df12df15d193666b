# %% [markdown]
# # 7. NUTS: the no-U-turn sampler
#
# **Question.** Hamiltonian Monte Carlo must be told how long to roll. Can a path find out for itself when it has gone far enough,
# and still give honest draws?
#
# After this chapter you will be able to
#
# - **explain** why a path may stop at its U-turn only if it grows by doubling,
# - **write** NUTS by hand, and read its compiled twin, which needs no recursion,
# - **follow** a warm-up: dual averaging for the step size, growing windows for the mass matrix,
# - **measure** what it costs when many chains wait for each other, and what a loop without waiting saves,
# - **fit** a line with outliers in NumPyro and PyMC, and judge NUTS against HMC.
#
# **You need** chapters 00, 01, 02, 03 and 06. Symbols are collected in [the notation table](notation.md), words in
# [the glossary](glossary.md).
#
# **Short of time?** Skip *The same trees?*, *When chains wait* (then leave out quiz 3 as well) and *NumPyro's NUTS, on NumPyro's model and on PyMC's*. No later cell needs them.
#
# <!-- times -->
# About 65 minutes to read, exercises not counted, 52 s to run (measured cold, 35 s again with warm caches: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
import dataclasses
import time
from typing import NamedTuple

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpyro.infer import NUTS

from course_utils import checks, dual_averaging, hamiltonian, mass_matrix, museum, targets
from course_utils.adapters import from_numpyro, from_numpyro_kernel, from_pymc, to_datatree
from course_utils.bench.jobs import read_rows
from course_utils.bench.results import Case, Results
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.data import DATA_FOLDER
from course_utils.display import show_source, use_style
from course_utils.ess import min_ess
from course_utils.exercises import check
from course_utils.figures import chapter_07 as figures
from course_utils.flat_nuts import flat_nuts
from course_utils.hmc import hmc
from course_utils.kernel import sample
from course_utils.models import eight_schools, gaussian, line, line_with_outliers
from course_utils.museum.matrix import matrix
from course_utils.nuts import checkpoint_range, is_turning, nuts
from course_utils.timing import time_jax, time_python
from course_utils.warmup import sample_adapted, warmup

use_style()

# %% [markdown]
# ## Picture first
#
# Chapter 06 left you with a number to choose: how many leapfrog steps $L$ make a path. Here is one long path on a round target, a
# standard normal in two dimensions.


# %%
def leapfrog(gradient, x, p, step_size, inverse_mass):
    """One step of chapter 06; a negative step size goes back in time."""
    p = p + 0.5 * step_size * gradient(x)
    x = x + step_size * inverse_mass * p
    return x, p + 0.5 * step_size * gradient(x)


def log_round(x):
    """Log density of the round target, up to a constant."""
    return -0.5 * x @ x


x, p = np.array([-1.5, -0.9]), np.array([1.0, -0.8])
path = [x]
for _ in range(22):
    x, p = leapfrog(lambda x: -x, x, p, 0.22, np.ones(2))
    path.append(x)
path = np.array(path)
distance = np.linalg.norm(path - path[0], axis=1)

figures.u_turn(log_round, ((-2.4, 2.4), (-2.4, 2.4)), path, turn=int(distance.argmax()))

# %% [markdown]
# At first every step leads farther away. Then the path bends, and from the dotted line on each step brings it back to where it has
# been: more gradients for a worse proposal. So why not stop right there, at the *U-turn*?
#
# Because the place where a path turns depends on where it began, and whoever stops there draws from the wrong distribution. The rest of
# this chapter is about doing it in spite of that.

# %% [markdown]
# ## The mathematics
#
# **When has a path turned?** Take $M = I$, the identity, so that the velocity is $p$. The squared distance from the start $x_0$ changes as
#
# $$\frac{\mathrm{d}}{\mathrm{d}t}\, \tfrac12 \lVert x - x_0 \rVert^2 = (x - x_0)^\top p .$$
#
# While this is positive, the path moves away. When it is zero or negative, the path comes back.
#
# **Why not simply stop there?** Call a position with its momentum, $(x, p)$, a *point*. Let a path run from point $A$ and stop at its U-turn, at $B$. Now begin at $B$ with
# the momentum turned round. The path runs back over the same points, but nothing makes it stop at $A$: its own U-turn may come sooner or
# later. So the way from $A$ to $B$ has no way back, the two flows do not balance, and the target is not invariant.
#
# **A fair stretch.** Follow the leapfrog in both directions of time, and number the points: …, −2, −1, 0, 1, 2, …, where 0 is the start. We look for
# a *stretch* of neighbouring points that contains 0, chosen so that *every point in it would have chosen this stretch with the same probability*. Doubling does it
# (Hoffman and Gelman, 2014). Begin with the start alone. Toss a coin: forward or back in time? Grow the stretch on that side by as many points as
# it has, and repeat. After $j$ doublings it has $2^j$ points, and 0 may be any of them, depending on the coins. Turn this round: whatever point of the stretch you begin with, exactly one
# sequence of $j$ coins leads to it. Its probability is $2^{-j}$ for all of them.
#
# **Which stretches to check.** The stretch stops growing when it has turned: when the path comes back at its left or at its right end, seen from the other end. But the argument
# above needs more. A point inside must not have stopped *earlier*. The stretches that it goes through are those of a binary tree: the $2^j$ points in halves,
# quarters, eighths, down to pairs. So every one of these must be checked. If one *inside the new half* has turned (or its energy has run away), then a point there would
# never have got to the whole stretch; the new half is thrown away, and the old one is the stretch.
#
# **A draw from the stretch.** Each point weighs $w = e^{H_0 - H}$ with its energy $H$ and that of the start, $H_0$. Pick a point with a probability proportional to $w$. Then, with the probability
# $2^{-j}$ that all points of the stretch share,
#
# $$e^{-H(A)} \cdot 2^{-j} \cdot \frac{w(B)}{\sum w} = e^{-H(B)} \cdot 2^{-j} \cdot \frac{w(A)}{\sum w} :$$
#
# detailed balance between any two points $A$ and $B$. This is *multinomial* sampling (Betancourt, 2017). No point is ever rejected; there are only points with small weights.
#
# **Going farther.** Neighbours of the start are poor draws, so we want to prefer the new half. Let $W_\text{old}$ and $W_\text{new}$ be the sums of weights of both. When the new
# half joins, move the draw into it with probability
#
# $$\min\Bigl(1, \frac{W_\text{new}}{W_\text{old}}\Bigr)$$
#
# and to a point there in proportion to its weight. This is Metropolis' rule of chapter 03, between two halves in place of two positions: the flow from old to new is $W_\text{old} \min(1, W_\text{new} / W_\text{old})$, the smaller of the two weights,
# and it is the same the other way round. Within the half that is not left, the same holds one level down. So the weights remain invariant, and the draw moves farther than with the rule
# $W_\text{new} / (W_\text{old} + W_\text{new})$, which is Barker's.
#
# **The criterion as it is used.** With a mass matrix the velocity is $M^{-1} p$, and the distance is measured in units of the mass: the left end comes back when $p_\text{left}^\top (x_\text{right} - x_\text{left}) \le 0$.
# Instead of $x_\text{right} - x_\text{left}$ today's samplers use the sum of the momenta of the stretch, in which both ends count half:
#
# $$p_\Sigma = \sum_i p_i - \tfrac12 (p_\text{left} + p_\text{right}), \qquad
# \text{turned if } \; p_\text{left}^\top M^{-1} p_\Sigma \le 0 \;\text{ or }\; p_\text{right}^\top M^{-1} p_\Sigma \le 0 .$$
#
# Since $x$ moves by $\varepsilon M^{-1} p$ at each step, $\varepsilon M^{-1} p_\Sigma$ is nearly the way from the left end to the right one.

# %% [markdown]
# ## By hand
#
# The definition is recursive, and so is the code: a subtree of $2^j$ leaves is two subtrees of $2^{j-1}$, one behind the other. A *leaf* is a point of the path. All
# randomness comes in as arrays, as before: a direction for each doubling, a uniform number for each decision. The inverse mass matrix is diagonal, an array with one
# number for each coordinate.


# %%
class Leaf(NamedTuple):
    """A point of the path: its time in leapfrog steps, where it is, log weight H0 - H."""

    time: int
    x: np.ndarray
    p: np.ndarray
    log_weight: float


class Tree(NamedTuple):
    """A tree with all that one may want to draw."""

    root: Leaf
    draw: Leaf
    doublings: list  # the new leaves of each doubling, as they were taken
    checks: list  # (first time, last time, has it turned?) of each stretch checked
    is_divergent: bool


def has_turned(leaves, inverse_mass):
    """Does a stretch of the path come back at one of its ends?"""
    momenta = np.array([leaf.p for leaf in leaves])
    first, last = momenta[0], momenta[-1]
    way = inverse_mass * (momenta.sum(axis=0) - 0.5 * (first + last))
    return bool(first @ way <= 0 or last @ way <= 0)


def pick(log_weights, u):
    """Index of one leaf, drawn in proportion to its weight, in one pass."""
    log_total = -np.inf
    for i, log_weight in enumerate(log_weights):
        log_total = np.logaddexp(log_total, log_weight)
        if i == 0 or np.log(u[i]) < log_weight - log_total:  # its share of the weight so far
            picked = i
    return picked


def build_tree(log_density, gradient, x, p, step_size, inverse_mass, forward, u_leaf, u_half):
    """Double the path until it turns; forward, u_leaf and u_half are the randomness."""

    def energy(x, p):
        return -log_density(x) + 0.5 * p @ (inverse_mass * p)

    def is_divergent(leaf):
        return leaf.log_weight < -1000

    def check(leaves):
        checks.append((leaves[0].time, leaves[-1].time, has_turned(leaves, inverse_mass)))
        return checks[-1][2]

    def grow(leaf, depth, sign):
        """2**depth new leaves from an end of the path; and are they broken?"""
        if depth == 0:
            x, p = leapfrog(gradient, leaf.x, leaf.p, sign * step_size, inverse_mass)
            log_weight = start_energy - energy(x, p)
            if np.isnan(log_weight):
                log_weight = -np.inf  # a place without an energy has no weight
            new = Leaf(leaf.time + sign, x, p, log_weight)
            return [new], is_divergent(new)
        first, is_broken = grow(leaf, depth - 1, sign)
        if is_broken:
            return first, True
        second, is_broken = grow(first[-1], depth - 1, sign)
        leaves = first + second
        return leaves, is_broken or check(leaves)

    start_energy = energy(x, p)
    root = draw = Leaf(0, x, p, 0.0)
    tree, log_weight, doublings, checks = [root], 0.0, [], []
    for depth in range(len(forward)):
        sign = 1 if forward[depth] else -1
        new, is_broken = grow(tree[-1] if sign > 0 else tree[0], depth, sign)
        doublings.append(new)
        if is_broken:
            break  # the new half is thrown away
        new_log_weight = np.logaddexp.reduce([leaf.log_weight for leaf in new])
        if np.log(u_half[depth]) < new_log_weight - log_weight:
            draw = new[pick([leaf.log_weight for leaf in new], u_leaf[depth])]
        tree = tree + new if sign > 0 else new[::-1] + tree
        log_weight = np.logaddexp(log_weight, new_log_weight)
        if check(tree):
            break
    return Tree(root, draw, doublings, checks, is_divergent(doublings[-1][-1]))


# %% [markdown]
# Four places carry the method. `grow` calls itself twice, and checks what it made: this is the binary tree with all its stretches. If something inside is broken, `grow` returns at once
# and the new half is dropped. `pick` goes over the leaves once and takes each with its share of the weight so far; you can convince yourself that in the end each was
# taken with its share of the whole. And `has_turned` does not mind in which direction its leaves are listed: turning the list round swaps the two ends.
#
# Let one tree grow, on the ridge of chapter 06: two standard normal coordinates with correlation 0.95.

# %%
correlation = 0.95
precision = np.linalg.inv(np.array([[1, correlation], [correlation, 1]]))


def log_ridge(x):
    """Log density of the ridge, up to a constant."""
    return -0.5 * x @ precision @ x


def ridge_gradient(x):
    """Its gradient."""
    return -precision @ x


def log_banana(x):
    """Log density of the course's banana, up to a constant."""
    return -0.125 * x[0] ** 2 - 0.5 * (x[1] - 0.5 * (x[0] ** 2 - 4)) ** 2


def banana_gradient(x):
    """Its gradient."""
    height = x[1] - 0.5 * (x[0] ** 2 - 4)
    return np.array([-0.25 * x[0] + height * x[0], -height])


def randomness(rng, max_depth=8):
    """Directions and uniform numbers for a tree of up to max_depth doublings."""
    forward = rng.random(max_depth) < 0.5
    return forward, rng.random((max_depth, 2 ** (max_depth - 1))), rng.random(max_depth)


_, *uniforms = randomness(np.random.default_rng(7))
# The coins by hand, the uniform numbers from the generator.
noise = np.array([True, False, True, True, False, True, False, True]), *uniforms
ridge_start = np.array([-1.0, -1.3]), np.array([0.9, 0.5])
tree = build_tree(log_ridge, ridge_gradient, *ridge_start, 0.12, np.ones(2), *noise)
still = figures.tree(tree, log_ridge, ((-3, 3), (-3, 3)), tree.root)
still

# %% [markdown]
# Read the right-hand side from the bottom to the top. Dots are leaves in order of time, numbered by the doubling that made them. Above them is the binary tree: a bar for each stretch of 2, 4, 8 … points that
# was checked. The path bounces between the walls of the ridge, so its momentum changes all the time. What is checked is only whether an *end* comes back along the *whole* way.
#
# **Predict.** Halve the step size. How many leaves will the tree need, and why?
#
# The film lets you try: move the step size, then the leaf, or press *Play*. Arrows show where both ends go next. The banana is the second target, a bent ridge. (Where this page is only read and not run, the picture
# above is a frame of it.)

# %%
banana_start = np.array([-2.0, 0.3]), np.array([1.3, -0.6])
trees = {
    "ridge": {
        size: build_tree(log_ridge, ridge_gradient, *ridge_start, size, np.ones(2), *noise)
        for size in (0.05, 0.08, 0.12, 0.2, 0.3, 0.4)
    },
    "banana": {
        size: build_tree(log_banana, banana_gradient, *banana_start, size, np.ones(2), *noise)
        for size in (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
    },
}
boxes = {"ridge": (log_ridge, ((-3, 3), (-3, 3))), "banana": (log_banana, ((-5, 5), (-4, 6)))}
figures.tree_film(trees, boxes, still)

# %% [markdown]
# Your prediction. A single tree depends on its coins, so we average over 200, each from an exact draw of the ridge.

# %% tags=["tol-0.1"]
root = np.linalg.cholesky(np.linalg.inv(precision))
for size in (0.2, 0.1, 0.05):
    rng, counted = np.random.default_rng(70), []
    for _ in range(200):
        x, p = root @ rng.normal(size=2), rng.normal(size=2)
        tree = build_tree(log_ridge, ridge_gradient, x, p, size, np.ones(2), *randomness(rng))
        counted.append(sum(map(len, tree.doublings)))
    mean = np.mean(counted)
    print(
        f"step size {size:4}: {mean:4.1f} leaves on average; they cover a time of {size * mean:.1f}"
    )

# %% [markdown]
# The *time* that a tree covers stays about the same, since the turn belongs to the target and not to the step size. Half the step size, twice the leaves: one doubling more. (The tolerance of 0.1, here and below, leaves room for a processor that rounds an exponential in another way, so that one of many decisions falls differently.)
#
# A chain is now a loop: a fresh momentum, a tree, its draw.


# %%
def nuts_by_hand(log_density, gradient, start, step_size, inverse_mass, num_draws, rng):
    """Return the draws and the trees behind them."""
    x, grown = start, []
    for _ in range(num_draws):
        p = rng.normal(size=len(x)) / np.sqrt(inverse_mass)
        tree = build_tree(log_density, gradient, x, p, step_size, inverse_mass, *randomness(rng))
        x = tree.draw.x
        grown.append(tree)
    return np.array([tree.draw.x for tree in grown]), grown


rng = np.random.default_rng(71)
chains, leaves = [], []
for start in ([-2.0, -2.0], [2.0, 2.0]):
    draws, grown = nuts_by_hand(
        log_ridge, ridge_gradient, np.array(start), 0.3, np.ones(2), 2000, rng
    )
    chains.append(draws[50:])
    leaves += [sum(map(len, tree.doublings)) for tree in grown]
chains = np.array(chains)

ALPHA = 1e-5  # some thirty comparisons on this page: together a false alarm of less than 1 in 1000
for name, values, exact in (
    ("x1", chains[..., 0], 0.0),
    ("x1²", chains[..., 0] ** 2, 1.0),
    ("x1 x2", chains[..., 0] * chains[..., 1], correlation),
):
    verdict = checks.mean_within_mcse(values, exact, name, alpha=ALPHA)
    print(f"the mean of {name:5} agrees with the exact {exact:4.2f}: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% [markdown]
# Nobody chose a path length. The trees did, and each draw its own:

# %% tags=["tol-0.5"]
sizes, counts = np.unique(leaves, return_counts=True)
common = counts >= 50
pd.DataFrame(
    {"share of the draws": (counts[common] / counts.sum()).round(3)},
    index=pd.Index(sizes[common], name="leaves"),
)

# %% [markdown]
# In trees of 1, 3, 7 or 15 leaves, that is $2^j - 1$ new points, the last half was built to its end (it may still have been thrown away, if it turned at its last check). In the others a new half was broken off in the middle.
#
# (The tolerance of this table is a half: the rarest sizes have about a hundred draws, so their shares are known to a tenth or so, and those of another processor, whose draws are others, may differ by a few times that.)

# %% [markdown]
# ## Fast
#
# ### Without recursion
#
# A compiler that wants to know all shapes beforehand cannot compile a function that calls itself to a depth found on the way. So how can the tree be built in a loop, leaf by leaf? Look at a new half from left to right and ask at each leaf: *which stretches end here?* The answer is in the
# leaf's number, written in binary. Number the leaves of the new half from 0. A stretch of $2^k$ leaves ends at every leaf whose number ends in $k$ ones.

# %%
rows = {}
for leaf in range(8):
    first, last = (int(index) for index in checkpoint_range(jnp.int32(leaf)))
    ones = last - first + 1
    rows[leaf] = {
        "binary": f"{leaf:03b}",
        "stretches that end here": ", ".join(str(2 ** (k + 1)) for k in range(ones)) or "none",
        "what it does": {
            0: f"stored in place {last}",
            1: f"looks at place {last}",
        }.get(ones, f"looks at places {last} down to {first}"),
    }
pd.DataFrame(rows).T.rename_axis("leaf")

# %% [markdown]
# An even leaf begins a stretch, and is stored. An odd leaf ends one or more; each began at a leaf that is stored. The place of an even leaf is the number of ones in its binary number (leaf 6, 110, goes to place 2). An odd leaf with $k$ ones at its end looks at the last $k$ places in use. In the code below, `last` counts the ones without the last digit, `ending` the ones at the end. One place a level is enough, because when the
# next stretch of that size begins, the one before is finished. So the memory is $j$ leaves in place of $2^j$ (Phan, Pradhan and Jankowiak, 2019). Here is the package's sampler:

# %%
show_source(is_turning, checkpoint_range)

# %%
show_source(nuts)

# %% [markdown]
# Read it beside the version by hand.
#
# - `new_leaf` and `join`: a tree is not a list of leaves but what one needs to know of them: the two ends, the sum of the momenta, the draw, the sum of the weights. Joining two trees adds these up.
# - `build_subtree` is `grow`, as a loop. `add_leaf` takes a step, lets the leaf join, and looks back at the stretches that end with it. Of a stretch it needs the momentum at its first leaf and the sum of momenta since, a difference of two running sums.
# - `share` is the line in `pick`: `expit` of the difference is $w / (W + w)$.
# - `step` is the outer loop. `takes_new` is Metropolis' rule between the halves. A broken half adds its leaves to the bill, and to the acceptance rate, but never the draw.
# - `jax.lax.while_loop` repeats its second argument while its first says so. It may run for a number of rounds that nobody knows beforehand; only the shapes must be known.
# - The *acceptance rate* of NUTS is the mean of $\min(1, w)$ over all leaves taken. Nothing is accepted or rejected here. It says how well the energy is kept, which is what the step size is tuned by.
#
# ### The same trees?
#
# Does it build the trees that we built by hand? We take the banana, 200 starts, and 64 bits, so that no U-turn hangs on rounding. From the keys we derive the very numbers that the package draws, and hand them to `build_tree`.

# %%
num_trees, depths = 200, 6
banana = targets.banana()
metric = np.array([2.0, 1.0])
starts = np.random.default_rng(72).normal(size=(num_trees, 2)) * np.array([2.0, 1.0])


def randomness_of(key):
    """What the package's step draws from its key."""
    key_momentum, key_tree = jax.random.split(key)
    at_depth = jax.vmap(lambda depth: jax.random.split(jax.random.fold_in(key_tree, depth), 3))
    # Keys of shape (depths, 3): one column for each use.
    key_direction, key_subtree, key_half = at_depth(jnp.arange(depths)).T
    of_leaf = jax.vmap(jax.random.fold_in, (None, 0))
    leaf_keys = jax.vmap(of_leaf, (0, None))(key_subtree, jnp.arange(2 ** (depths - 1)))
    uniform = jax.vmap(jax.random.uniform)
    noise = jax.random.normal(key_momentum, (2,))
    return noise, uniform(key_direction) < 0.5, jax.vmap(uniform)(leaf_keys), uniform(key_half)


with jax.enable_x64(True):
    keys = jax.random.split(jax.random.key(73), num_trees)
    kernel = nuts(banana.logdensity, 0.3, jnp.asarray(metric), max_tree_depth=depths)
    step = jax.jit(jax.vmap(lambda key, x: kernel.step(key, kernel.init(x))))
    state, info = jax.tree.map(np.asarray, step(keys, jnp.asarray(starts)))
    noise_of = jax.tree.map(np.asarray, jax.jit(jax.vmap(randomness_of))(keys))

ours = [
    build_tree(log_banana, banana_gradient, x, z / np.sqrt(metric), 0.3, metric, *of_tree)
    for x, z, *of_tree in zip(starts, *noise_of, strict=True)
]
same_depth = [len(tree.doublings) for tree in ours] == info.tree_depth.tolist()
same_size = [sum(map(len, t.doublings)) for t in ours] == info.num_integration_steps.tolist()
gap = np.abs(np.array([tree.draw.x for tree in ours]) - state.position).max()
print(f"all {num_trees} trees: same doublings {same_depth}, same number of leaves {same_size}")
print(f"all draws equal to within a billionth: {gap < 1e-9}")
print("different sizes among them:", len({int(n) for n in info.num_integration_steps}) > 10)
assert same_depth and same_size and gap < 1e-9

# %% [markdown]
# Same coins, same trees, same draws. (A path of at most 63 leapfrog steps loses a few of its 16 digits; a billionth leaves six digits to spare.) Did both also visit the same *places*? The package does not write down its leaves. But its acceptance rate is a mean over
# all of them. And its leapfrog, run from each start both ways, must pass through every leaf of ours.

# %%
with jax.enable_x64(True):
    step = hamiltonian.leapfrog(banana.logdensity, jnp.asarray(metric))

    def orbit(position, momentum, directed_step):
        """Positions of 63 leapfrog steps of the package."""
        value, grad = jax.value_and_grad(banana.logdensity)(position)
        begin = hamiltonian.PhaseState(position, momentum, value, grad)
        move = lambda state, _: (step(state, directed_step), state.position)  # noqa: E731
        return jax.lax.scan(move, begin, None, 2**depths)[1]

    momenta = noise_of[0] / np.sqrt(metric)
    both_ways = jax.jit(jax.vmap(orbit, (0, 0, None)))
    orbits = {sign: np.asarray(both_ways(starts, momenta, sign * 0.3)) for sign in (1, -1)}

every_leaf = [(i, leaf) for i, tree in enumerate(ours) for new in tree.doublings for leaf in new]
gap = max(
    np.abs(leaf.x - orbits[int(np.sign(leaf.time))][i, abs(leaf.time)]).max()
    for i, leaf in every_leaf
)
rates = [
    np.mean([min(1.0, np.exp(leaf.log_weight)) for new in tree.doublings for leaf in new])
    for tree in ours
]
same_rates = np.allclose(rates, info.acceptance_rate, rtol=0, atol=1e-9)
print(f"all leaves of the trees lie on the package's paths: {gap < 1e-9}")
print(f"all acceptance rates, which are means over the leaves, are equal: {same_rates}")
assert gap < 1e-9 and same_rates

# %% [markdown]
# ### Warm-up: nobody sets the step size
#
# NUTS needs a step size $\varepsilon$ and an inverse mass matrix $M^{-1}$. Both are found during warm-up, and then fixed: a sampler that goes on adapting to its own past is no longer a Markov chain with the
# right target.
#
# **Dual averaging** finds the step size at which the mean acceptance rate is a number $\delta$ that we choose, usually 0.8 (Hoffman and Gelman, 2014, after Nesterov). After draw $t$, with acceptance rates $a_1, \dots, a_t$,
#
# $$\log\varepsilon_{t+1} = \log(10\,\varepsilon_0) - \frac{\sqrt t}{0.05} \cdot \frac{1}{t + 10} \sum_{i \le t} (\delta - a_i), \qquad
# \log\bar\varepsilon_{t+1} = t^{-0.75} \log\varepsilon_{t+1} + (1 - t^{-0.75}) \log\bar\varepsilon_t .$$
#
# Accepted too often: the sum is negative, and the step grows. $\varepsilon_t$ keeps swinging, which is good for learning. Its average $\bar\varepsilon_t$, in which later values count more, settles down, and it is the answer. $\varepsilon_0$ is a first guess, and the method
# starts by trying values near ten times as large, since too long a step is found out quickly and too short a one is dear.
#
# **Windows.** The inverse mass matrix should be the covariance of the target (chapter 06), so it is estimated from draws. But early draws come from a chain that is not there yet, with a matrix that does not fit yet. Stan's schedule, which NumPyro
# and BlackJAX follow too, takes windows of growing length. At the end of each the matrix is made from *its* draws, and the step size search begins anew. With $n$ draws of variance $v$ in a window, $M^{-1} = \frac{n}{n+5}\,v + \frac{5}{n+5} \cdot 0.001$ for each
# coordinate. Here is the whole warm-up by hand.


# %%
def warm_up_by_hand(log_density, gradient, start, num_warmup, rng, target_rate=0.8):
    """Return step size and inverse mass, and their history."""
    windows = mass_matrix.slow_windows(num_warmup)
    x, inverse_mass, collected = start, np.ones(len(start)), []
    log_center = np.log(10 * 0.1)  # a first guess of 0.1
    log_step, log_average, mean_error, count = log_center, 0.0, 0.0, 0
    history = []
    for t in range(num_warmup):
        p = rng.normal(size=len(x)) / np.sqrt(inverse_mass)
        step_size, noise = np.exp(log_step), randomness(rng)
        tree = build_tree(log_density, gradient, x, p, step_size, inverse_mass, *noise)
        x = tree.draw.x
        weights = np.exp([min(0.0, leaf.log_weight) for new in tree.doublings for leaf in new])
        history.append((step_size, np.exp(log_average), weights.mean(), len(weights)))

        count += 1
        mean_error += (target_rate - weights.mean() - mean_error) / (count + 10)
        log_step = log_center - np.sqrt(count) / 0.05 * mean_error
        log_average = count**-0.75 * log_step + (1 - count**-0.75) * log_average

        if windows[0][0] <= t < windows[-1][1]:
            collected.append(x)
        if t + 1 in [end for _, end in windows]:
            n, variance = len(collected), np.var(collected, axis=0, ddof=1)
            inverse_mass = n / (n + 5) * variance + 5 / (n + 5) * 0.001
            collected, log_center = [], np.log(10) + log_average
            log_step, mean_error, count = log_average, 0.0, 0
    return np.exp(log_average), inverse_mass, np.array(history)


sds = np.array([0.1, 0.5, 1.0, 4.0])
found_step, found_mass, history = warm_up_by_hand(
    lambda x: -0.5 * np.sum((x / sds) ** 2),
    lambda x: -x / sds**2,
    np.array([0.3, -1.0, 2.0, 9.0]),
    500,
    np.random.default_rng(74),
)
figures.warmup(history[:, 0], history[:, 1], history[:, 3], mass_matrix.slow_windows(500))

# %% [markdown]
# The target has four independent coordinates with standard deviations from 0.1 to 4. At first the narrowest coordinate sets the step and the widest sets the path, so trees are large. After the first windows the matrix has learned the four scales, the target looks round, the step size
# jumps up to several times its length, and the trees shrink.

# %%
ratio = np.sqrt(found_mass) / sds
print("root of the inverse mass within 30 % of the true scales:", np.abs(ratio - 1).max() < 0.3)
late = history[-40:, 2].mean()
print(f"mean acceptance rate of the last 40 steps within 0.1 of 0.8: {abs(late - 0.8) < 0.1}")
cheaper = history[:75, 3].mean() / history[-50:, 3].mean()
print(f"a tree at the end is at least 3 times cheaper than at the start: {cheaper > 3}")

# %% [markdown]
# (A variance from the last window's draws, at least 200 of them, has a relative error of about $\sqrt{2 / 200} = 10\,\%$, a standard deviation half of that, so 30 % is ample. The mean of 40 independent rates that scatter by 0.2 would be known to 0.03; dual averaging steers this mean and keeps it closer still.)
#
# The package's dual averaging is the same recursion. Given the same acceptance rates it must
# return the same step sizes:

# %%
show_source(dual_averaging.update)

# %%
last_stretch = history[450:, 2]  # after the last window


def package_step_sizes(rates):
    """Step sizes of the package for given acceptance rates, without its search at the start."""
    guess = jnp.float32(np.log(history[450, 0]))
    begin = dual_averaging.start(jnp.exp(guess))._replace(
        is_searching=jnp.bool_(False), log_center=guess + jnp.log(10.0)
    )

    def one(state, rate):
        return dual_averaging.update(state, rate, 0.8), jnp.exp(state.log_step_size)

    return jax.lax.scan(one, begin, rates)[1]


theirs = jax.jit(package_step_sizes)(jnp.asarray(last_stretch, jnp.float32))
same = np.allclose(theirs, history[450:, 0], rtol=1e-4)
print("same step sizes as by hand:", same)
assert same

# %% [markdown]
# (The numbers agree to 32 bits, and the factor $\sqrt t / 0.05$ enlarges rounding a little.) One thing the package does besides: it *searches* first, doubling or halving the step size until the acceptance rate crosses $\delta$. And it can let all chains learn together, `pooled=True`: one step size and one matrix for all.
#
# Now everything together. Three targets of ten dimensions: a Gaussian whose neighbouring coordinates have correlation 0.9, and eight schools in two forms. They compute how far coaching helps in each of eight schools: mu is the mean effect over schools, tau its spread. Chapter 09 is devoted to them; for now
# they are two posteriors with known answers. In the *centered* form the effect theta of a school is itself an unknown; in the *noncentered* one theta is mu + tau times a standard normal number, and that number is the unknown. (The centered form starts from draws of the noncentered one with a large tau; why, you will see under *Where it breaks*.) The target is an *argument* of the compiled program (`jax.lax.switch` picks one of several functions), so that the compiler is paid once for all three.

# %%
models = {
    "Gaussian": gaussian.model(10, gaussian.decaying(0.9, 10)),
    "eight schools": eight_schools.model(),  # noncentered
    "eight schools, centered": eight_schools.model(parameterization="centered"),
}
names = list(models)
num_chains, num_warmup, num_draws = 48, 300, 250


def density(which):
    """Log density of the target with this number."""
    return lambda x: jax.lax.switch(which, [model.logdensity for model in models.values()], x)


def nuts_on(which):
    """What warm-up needs: a kernel for any step size and metric."""
    return lambda step_size, metric: nuts(density(which), step_size, metric)


@jax.jit
def warm(key, which, starts):
    """Warm up 48 chains together."""
    return warmup(key, nuts_on(which), starts, num_warmup, pooled=True, initial_step_size=0.1)


@jax.jit
def draw(key, which, adapted):
    """250 draws of each chain with the numbers that warm-up found."""
    return sample_adapted(key, nuts_on(which), adapted, num_draws)


@jax.jit
def as_centered(position):
    """A position of the centered form with the same mu, tau and theta."""
    noncentered, centered = models[names[1]], models[names[2]]
    found = noncentered.quantities(noncentered.constrain(position))
    return centered.unconstrain({site: found[site] for site in centered.shapes})


print("compiling warm-up and sampler …")
starts = jax.random.normal(jax.random.key(74), (num_chains, 10))
adapted, runs = {}, {}
for which, name in enumerate(names):
    if name == "eight schools, centered":  # starts in good places: draws of the other form
        starts = jax.vmap(as_centered)(runs["eight schools"][0][:, -2:].reshape(-1, 10))
        starts = starts[jnp.argsort(starts[:, 1])[num_chains:]]  # the half with the larger tau
    adapted[name] = warm(jax.random.key(75), which, starts)
    if which == 0:
        first_time = time_jax(draw, jax.random.key(76), 0, adapted[name], repeats=1)
    runs[name] = draw(jax.random.key(76), which, adapted[name])

# %% [markdown]
# ## Is it right?
#
# ### First against the exact answer
#
# The posterior of eight schools (here in its *noncentered* form) is known exactly, by quadrature over tau.

# %%
schools = models["eight schools"]
draws, info = runs["eight schools"]
exact = schools.reference()
data_tree = to_datatree(draws, info, schools)
posterior = data_tree["posterior"]
for name in ("mu", "tau", "log_tau"):
    mean = float(exact[name].mean)
    verdict = checks.mean_within_mcse(posterior[name].values, mean, name, alpha=ALPHA)
    print(f"the mean of {name:7} agrees with the exact one: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% tags=["nbval-ignore-output"]
print(verdict.message)

# %% [markdown]
# ### Then with ArviZ

# %%
summary = az.summary(data_tree, var_names=["mu", "tau", "theta"], kind="all", round_to="none")
fine = pd.DataFrame(
    {
        "R-hat below 1.01": summary["r_hat"].astype(float) < 1.01,
        "bulk ESS above 400": summary["ess_bulk"].astype(float) > 400,
        "tail ESS above 400": summary["ess_tail"].astype(float) > 400,
    }
)
assert fine.to_numpy().all()
fine

# %% [markdown]
# ### And the rule itself
#
# The invariance test of chapter 03: exact draws in, a few steps of 10,000 chains, exact draws out?

# %%
pair = targets.gaussian(correlation=0.8)
pair_metric, pair_step, pair_depth = jnp.array([0.5, 2.0]), 0.5, 6


def test_invariance(make):
    """Ask whether a sampler that takes what nuts takes leaves the target as it is."""
    kernel = make(pair.logdensity, pair_step, pair_metric, pair_depth)
    return checks.invariance(jax.random.key(77), kernel, pair, num_chains=10_000, num_steps=4)


verdict = test_invariance(nuts)
print(f"{verdict.property} holds: {verdict.passed}")
assert verdict.passed, verdict.message

# %% tags=["nbval-ignore-output"]
print(verdict.message)

# %% [markdown]
# Keep this test in mind. Under *Common mistakes* you will meet six wrong NUTS samplers.

# %% [markdown]
# ## When chains wait
#
# On one processor core, on a GPU, everywhere: `jax.vmap` runs chains side by side, one instruction for all. A `while_loop` then runs until the *last* chain is done. Trees differ in size, so at every draw all chains wait for the largest tree.
#
# **Predict.** Take the centered eight schools, where trees differ much. For one draw of 48 chains, how many times the *average* number of leaves does the loop run: about once, two to three times, or about ten times?


# %%
def iterations_per_draw(info):
    """Mean leaves a draw; iterations a draw in nested loops and if no chain waits."""
    steps = np.asarray(info.num_integration_steps)
    return {
        "leaves a draw": steps.mean(),
        "iterations, nested": steps.max(axis=0).mean(),
        "iterations, no waiting": steps.sum(axis=1).max() / steps.shape[1],
    }


waits = pd.DataFrame({name: iterations_per_draw(run[1]) for name, run in runs.items()}).T

# %% tags=["tol-0.5"]
waits.round(1)

# %%
times = waits.loc[names[2], "iterations, nested"] / waits.loc[names[2], "leaves a draw"]
print("centered: well over once, and far below ten times the average:", 1.5 < times < 5)

# %% [markdown]
# The first column is what the chains need. The second is what the nested loops take: at each draw the longest of 48 trees. (Draws differ on another processor, and with them the step size that warm-up finds; over a dozen seeds the centered numbers vary by up to a half, so that is the tolerance here.) The third column is what would be enough if a chain could begin its next draw while others are still busy: the busiest chain's own total. (The picture has only six draws of each chain, so the busiest one still lies far ahead. The more draws, the closer the sums.) Here are the
# first draws of twelve chains:

# %%
some = np.asarray(runs["eight schools, centered"][1].num_integration_steps)[:12, :6]
figures.waiting(some)

# %% [markdown]
# **The flat form.** Throw the nested loops away: have *one* loop, in which every chain takes one leapfrog step in each iteration. After it, each chain asks itself where it stands, like a machine with a few states. Is the new half complete? Then let it join. Is the tree complete?
# Then write down the draw, take a fresh momentum, and begin the next tree *in this very iteration*. This is NUTS as a finite-state machine (Dance, Glaser, Orbanz and Adams, 2025). Each chain does what it would do alone; only the waiting is gone. A neat detail of the course's version, `course_utils/flat_nuts.py`: since every chain takes exactly one leaf
# an iteration, the first leaf of a stretch of $2^k$ leaves that ends now was taken $2^k - 1$ iterations ago, *in every chain*. One common record of the last iterations serves all.


# %%
@jax.jit
def draw_flat(key, which, adapted):
    """The same draws with the flat loop."""
    positions, step_size, metric = adapted
    return flat_nuts(key, density(which), positions, num_draws, step_size, metric)


print("compiling the flat sampler …")
jax.block_until_ready(draw_flat(jax.random.key(78), 2, adapted[names[2]]))
took = {draw: [], draw_flat: []}
for _ in range(5):  # in turns: a busy machine disturbs both alike
    for run in took:
        begin = time.perf_counter()
        jax.block_until_ready(run(jax.random.key(78), 2, adapted[names[2]]))
        took[run].append(time.perf_counter() - begin)
nested_s, flat_s = (np.median(took[run]) for run in (draw, draw_flat))
flat_draws, flat_info = draw_flat(jax.random.key(79), 1, adapted["eight schools"])
flat_posterior = to_datatree(flat_draws, flat_info, schools)["posterior"]
for name in ("mu", "tau", "log_tau"):
    mean = float(exact[name].mean)
    verdict = checks.mean_within_mcse(flat_posterior[name].values, mean, name, alpha=ALPHA)
    print(f"flat, the mean of {name:7} agrees with the exact one: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% [markdown]
# The draws are right. What is saved? Iterations first, then seconds, on the centered form:

# %%
_, flat_info = draw_flat(jax.random.key(78), 2, adapted[names[2]])
flat_count = iterations_per_draw(flat_info)["iterations, no waiting"]
nested_count = waits.loc[names[2], "iterations, nested"]
print("the flat loop takes less than three quarters:", flat_count < 0.75 * nested_count)

# %% tags=["nbval-ignore-output"]
print(f"iterations: {nested_count:.0f} nested, {flat_count:.0f} flat a draw")
print(f"seconds: {nested_s:.3f} nested, {flat_s:.3f} flat")
print(f"the flat form is {nested_s / flat_s:.1f} times as fast here")

# %% [markdown]
# This was a small run. The course's benchmark compares more chains, more targets and other systems, each in a process of its own on a quiet machine, and keeps what it measured. Iterations of the loop for each leapfrog step (1 would be no waiting at all), and by how many times the flat form has more effective draws per second than NumPyro's kernel (a row is a model, then chains × draws of each; `gaussian50` is a normal in 50 dimensions, and *line* comes later on this page):

# %% tags=["nbval-ignore-output"]
recorded = Results(read_rows(DATA_FOLDER / "benchmarks" / "samplers.jsonl"))
cases = [case for case in recorded.cases(("flat", "numpyro"), least=2) if case.chains >= 100]


def per_leaf(system: str, case: Case) -> float:
    """Iterations of the loop for one leapfrog step of a chain."""
    row = recorded.of(system, case)
    return row["iterations_per_draw"] / row["mean_leapfrogs"]


pd.DataFrame(
    {
        str(case): {
            "flat, iterations a step": round(per_leaf("flat", case), 2),
            "NumPyro, iterations a step": round(per_leaf("numpyro", case), 2),
            "ESS per second, flat ÷ NumPyro": str(
                recorded.times("flat", "numpyro", case, weight="ess_min")
            ),
        }
        for case in cases
    }
).T

# %% tags=["nbval-ignore-output"]
gains = {case: recorded.times("flat", "numpyro", case, weight="ess_min").median for case in cases}
slower = [str(case) for case, gain in gains.items() if gain <= 1]
print(f"the flat form is faster in {len(gains) - len(slower)} of {len(gains)} recorded cases")
print("not faster:", "; ".join(slower) or "none")

# %% [markdown]
# Where trees differ most, as in the funnel, most is saved in iterations. But the flat loop ends with its busiest chain. A chain in the funnel's neck takes long trees draw after draw, and with few draws the sums of 1000 chains are far from alike: so even the flat form is far from 1. Where all trees are equally large no iteration can be saved, and what remains is bookkeeping: what an iteration costs. There too the two programs differ, and on *line* that alone decides.

# %% [markdown]
# ## NUTS against HMC
#
# *NUTS is as good as or better than HMC*, you will read. As good in what? Gradients are what both pay for, so we count effective draws per gradient. HMC gets all help that NUTS gets: starting points, step size and mass matrix come from the same warm-up, for both. Only the path length is its own affair. We try five, from 1 to 16 steps, three runs each.


# %%
@jax.jit
def draw_hmc(key, which, adapted, num_steps):
    """250 draws of each chain with HMC, and with the numbers that warm-up found."""

    def hmc_on(step_size, metric):
        return hmc(density(which), step_size, metric, num_steps)

    return sample_adapted(key, hmc_on, adapted, num_draws)


def efficiency(draws, num_gradients):
    """Effective draws per gradient: the smallest ESS, bulk or tail, of all ten coordinates."""
    return min_ess(draws) / num_gradients


print("comparing with HMC …")
path_lengths = (1, 2, 4, 8, 16)
hmc_found, nuts_found = {}, {}
for which, name in enumerate(names[:2]):
    nuts_found[name], hmc_found[name] = [], {steps: [] for steps in path_lengths}
    for key in jax.random.split(jax.random.key(80), 3):
        key_start, key_warm, key_draw = jax.random.split(key, 3)
        starts = jax.random.normal(key_start, (num_chains, 10))
        numbers = warm(key_warm, which, starts)
        some, info = draw(key_draw, which, numbers)
        nuts_found[name].append(efficiency(some, int(info.num_integration_steps.sum())))
        for steps in path_lengths:
            some, _ = draw_hmc(key_draw, which, numbers, steps)
            hmc_found[name][steps].append(efficiency(some, steps * num_chains * num_draws))
    nuts_found[name] = np.array(nuts_found[name])
    hmc_found[name] = {steps: np.array(found) for steps, found in hmc_found[name].items()}

figures.path_lengths(hmc_found, nuts_found)

# %% [markdown]
# HMC has a path length at which it is good, another one for each target, and falls off on both sides. NUTS has nothing to choose. It pays for that: of its leaves only one becomes the draw, and a broken half is work for nothing.
#
# So the claim has two readings. Against HMC with the *best* of the path lengths, which one knows afterwards? And against HMC with one that was *picked blindly*? For the latter we take, in each run, the median over the five. *As good as or better* shall mean: at least as many effective draws per gradient.

# %% tags=["nbval-ignore-output"]
ratios = {}
for name in names[:2]:
    by_length = np.array(list(hmc_found[name].values()))  # (path length, run)
    best = by_length[np.argmax(np.median(by_length, axis=1))]
    ratios[f"HMC's path length is picked blindly ({name})"] = nuts_found[name] / np.median(
        by_length, axis=0
    )
    ratios[f"HMC's path length is the best of five ({name})"] = nuts_found[name] / best
trial(
    "NUTS is as good as or better than HMC: at least as many effective draws per gradient",
    ratios,
    chapter="07",
    at_least=1,
)

# %% [markdown]
# (Effective sample sizes are estimates, and the step sizes come from a warm-up, so the ratios differ from one machine to the next. What must not differ is this:)

# %%
for name in names[:2]:
    blind, best = (
        ratios[f"HMC's path length is {how} ({name})"]
        for how in ("picked blindly", "the best of five")
    )
    print(f"{name}: against a blind pick NUTS wins in the median: {np.median(blind) > 1}")
    print(f"{name}: against the best of five it does not: {np.median(best) < 1}")

# %% [markdown]
# That is the fair summary: *NUTS is not the most efficient HMC. It is HMC that nobody has to tune.*

# %% [markdown]
# ## Where it breaks
#
# The same eight schools, *centered*: theta, the effect of each school, is itself an unknown with mean mu and standard deviation tau. Where tau is small, all theta must lie close to mu: the neck of a funnel, as in chapter 06. Step size and mass are one compromise for the
# whole target. (That is why these chains began at large tau: a chain that begins deep in the neck hardly moves with a step that suits the rest, and in a pool its rejections would shorten the step of all. They are free to come down.) Warm-up reports no trouble:

# %%
centered = models["eight schools, centered"]
neck_draws, neck_info = runs["eight schools, centered"]
neck_sites = centered.quantities(jax.vmap(jax.vmap(centered.constrain))(neck_draws))
log_tau = np.asarray(neck_sites["log_tau"], float)
is_divergent = np.asarray(neck_info.is_divergent)
rate = float(neck_info.acceptance_rate.mean())
print(f"mean acceptance rate within 0.1 of the wanted 0.8: {abs(rate - 0.8) < 0.1}")

figures.neck(
    log_tau.ravel(),
    np.asarray(neck_sites["theta"])[..., 0].ravel(),
    is_divergent.ravel(),
    exact["log_tau"].quantiles,
)

# %% [markdown]
# How far down do the draws get? A twentieth of the posterior lies below the lowest dotted line.

# %%
ess, rhat = float(az.ess(log_tau)), float(az.rhat(log_tau))
verdict = checks.mean_within_mcse(log_tau, float(exact["log_tau"].mean), "log tau")
print(f"there are divergences: {bool(is_divergent.any())}")
print(f"R-hat above 1.01: {rhat > 1.01}")
print(f"ESS of log tau below a tenth of the draws: {ess < 0.1 * log_tau.size}")
assert is_divergent.any() and rhat > 1.01

# %% tags=["nbval-ignore-output"]
print(f"the check of the mean of log tau passes: {verdict.passed}")
print(verdict.message)

# %% [markdown]
# How one notices: divergences, a high $\hat R$, a low ESS. They are NUTS's own alarm, and the reason why libraries print a warning when they occur. A smaller step (a higher $\delta$) pushes the problem farther down the neck. What cures it is the other form of the model, and chapter 09 shows why.
#
# Three more limits. *Separate modes:* a path does not cross a valley without probability, no more than a random walk does. *Discrete unknowns* have no gradient. And if trees often reach `max_tree_depth`, paths are cut off before they turn: draws are right, but each is dear and leads not far. Then look at the scales of your model first.

# %% [markdown]
# ## In the libraries
#
# A straight line through points, with error bars that are known. How does one put a prior on a line? A flat prior on the slope $m$ prefers steep lines: between 1 (an angle of 45°) and 1000 (nearly 90°) lie 999 times as many slopes as between 0 and 1, and only as many degrees. So write the line by its angle $\theta$ and its distance $b_\perp$ from the
# origin:
#
# $$\theta \sim \mathrm{Uniform}(-\tfrac{\pi}{2}, \tfrac{\pi}{2}), \quad b_\perp \sim \mathrm{Normal}(0, 1), \quad m = \tan\theta, \quad b = \frac{b_\perp}{\cos\theta}, \quad y_i \sim \mathrm{Normal}(m x_i + b, \sigma_i) .$$
#
# That is the *simple* version. In the *complex* one each point is, with an unknown probability, an outlier from elsewhere: from a normal distribution with unknown mean and spread. (After Foreman-Mackey, 2022, and Hogg, Bovy and Lang, 2010.) Here is the complex one, in both languages:

# %%
show_source(line_with_outliers.numpyro_model, line_with_outliers.pymc_model)

# %% [markdown]
# Which point is an outlier is not an unknown of the program: `MixtureGeneral` and `pm.Mixture` add both possibilities up. NUTS could not move a yes or no.
#
# ### The log density first
#
# `from_numpyro` and `from_pymc` take a program apart and return its own log density as a JAX function of a flat position. PyMC lists its variables in the order of the program, NumPyro by the alphabet. Sorted alike, the two must differ by a constant, and so must the plain version.

# %%
data = line_with_outliers.simulate()  # 15 points, for both models
line_models = {"simple": line.model(data), "complex": line_with_outliers.model(data)}
densities = {}
for name, model in line_models.items():
    native, program = from_numpyro(model.numpyro), model.pymc()
    translated = from_pymc(program)
    order = jnp.array([sorted(model.shapes).index(site.name) for site in program.free_RVs])
    densities[name] = {
        "plain": model.logdensity,
        "NumPyro": native.logdensity,
        "PyMC": lambda x, order=order, translated=translated: translated.logdensity(x[order]),
    }
    points = jax.random.normal(jax.random.key(81), (20, model.dim))
    given = densities[name]
    values = jax.jit(lambda x, given=given: {w: jax.vmap(f)(x) for w, f in given.items()})(points)
    for who in ("plain", "PyMC"):
        gaps = np.asarray(values[who] - values["NumPyro"], float)
        # 32 bits: sums of some twenty terms, so a few roundings of the largest of them.
        allowed = 1e-6 * np.abs(values[who]).max() + 1e-4
        print(f"{name}: {who} and NumPyro differ by a constant: {np.ptp(gaps) < allowed}")
        assert np.ptp(gaps) < allowed

# %% [markdown]
# ### NumPyro's NUTS, on NumPyro's model and on PyMC's
#
# PyMC can hand its model to NumPyro's NUTS, and many do so for speed. *Calling NumPyro's NUTS through PyMC costs 0 % (simple) to 20 % (complex) against native NumPyro*, says an online comparison of PyMC with native NumPyro by Cooper (2023), on a line fit too. Its seconds, PyMC's first, then NumPyro's:

# %%
published = {"simple": (1.87, 1.87), "complex": (3.75, 3.01)}
for name, (through_pymc, native_s) in published.items():
    print(f"{name}: {1 - native_s / through_pymc:.0%} of the time through PyMC would be saved")

# %% [markdown]
# We take the question apart and measure *sampling* alone: NumPyro's NUTS, compiled once, with the model as an argument. Warm-up of 300 steps and 700 draws, four chains, both models on the same keys. First: do both give the right answer?


# %%
def compile_line(name):
    """NumPyro's NUTS on a line model; through_pymc says whose log density it uses."""
    model, both = line_models[name], densities[name]

    @jax.jit
    def run(key, through_pymc):
        def potential(x):
            return -jax.lax.cond(through_pymc, both["PyMC"], both["NumPyro"], x)

        key_start, key_run = jax.random.split(key)
        begin = jax.random.uniform(key_start, (4, model.dim), minval=-2, maxval=2)
        kernel = from_numpyro_kernel(NUTS(potential_fn=potential), num_warmup=300)
        draws, info = sample(key_run, kernel, begin, 1000)
        sites = jax.vmap(jax.vmap(model.constrain))(draws[:, 300:])
        return model.quantities(sites), info.num_integration_steps

    return run


print("compiling NumPyro's NUTS for both models …")
line_runs = {name: compile_line(name) for name in line_models}
line_posteriors = {
    (name, through_pymc): jax.tree.map(np.asarray, run(jax.random.key(82), through_pymc)[0])
    for name, run in line_runs.items()
    for through_pymc in (False, True)
}

# %%
assigned = line_with_outliers.posterior(data, num_nodes=64)  # all 2^15 ways to name outliers
at_theta, of_b_perp = assigned.line.components(assigned.probability, ~assigned.is_outlier)
at_sd, of_mean = assigned.outliers.components(assigned.probability, assigned.is_outlier)
num_out = assigned.is_outlier.sum(axis=1)
exact_means = {
    "simple": {site: float(r.mean) for site, r in line_models["simple"].reference().items()},
    "complex": {
        "theta": at_theta @ assigned.line.nodes,
        "b_perp": of_b_perp[3] @ of_b_perp[1],  # weights and means of normal pieces
        "outlier_probability": assigned.probability @ ((num_out + 1) / (len(data.x) + 2)),
        "outlier_mean": of_mean[3] @ of_mean[1],
        "outlier_sd": at_sd @ assigned.outliers.nodes,
    },
}
for (name, through_pymc), sites in line_posteriors.items():
    agree = {
        site: checks.mean_within_mcse(sites[site], mean, site, alpha=ALPHA)
        for site, mean in exact_means[name].items()
    }
    whose = "PyMC's model" if through_pymc else "NumPyro's model"
    print(f"{name}, {whose}: {len(agree)} means agree:", all(v.passed for v in agree.values()))
    assert all(verdict.passed for verdict in agree.values()), agree

# %% [markdown]
# The exact means come from quadrature: of the simple model over the angle, of the complex one by a sum over all ways to name the outliers. (Slope and intercept of the complex model have no mean, since with a tiny probability nearly all points are outliers, and then any slope is possible. The test leaves them out.) Here are both posteriors:

# %%
probability = assigned.probability @ assigned.is_outlier
few = slice(None, None, 60)
figures.outlier_lines(
    data,
    probability,
    {
        "simple": tuple(line_posteriors["simple", False][site].ravel()[few] for site in ("m", "b")),
        "with outliers": tuple(
            line_posteriors["complex", False][site].ravel()[few] for site in ("m", "b")
        ),
    },
)

# %% [markdown]
# Now the claim. Each model runs on both sides in turns, with three keys, twice each. Trees differ a little between the two sides, since their log densities are rounded differently, so we take the time for one iteration of the loop. *Costs at most 20 %* means: of the time through PyMC, at most 0.2 could be saved. A negative number means that PyMC's model was the faster one.


# %% tags=["nbval-ignore-output"]
def seconds_per_iteration(run, key, through_pymc):
    """Time of one run, over the iterations of its loop."""
    begin = time.perf_counter()
    _, steps = jax.block_until_ready(run(key, through_pymc))
    return (time.perf_counter() - begin) / int(steps.max(axis=0).sum())


saved = {}
for name, run in line_runs.items():
    found = np.array(
        [
            [[seconds_per_iteration(run, key, side) for side in (False, True)] for _ in range(2)]
            for key in jax.random.split(jax.random.key(83), 3)
        ]
    ).min(axis=1)  # the faster of two, since neighbours on the machine only ever slow it down
    saved[f"the model is {name}"] = 1 - found[:, 0] / found[:, 1]
trial(
    "calling NumPyro's NUTS through PyMC costs at most 20 % of the time, against native NumPyro",
    saved,
    chapter="07",
    at_most=0.2,
    unit="of the time",
)

# %% [markdown]
# So much for the steady state: the same sampler, the same mathematics, written down by two libraries, and compiled by one compiler. What you *feel* at the keyboard is another thing: a whole call, translation and compilation included. In NumPyro that is `MCMC(NUTS(model), …).run(key)`, in PyMC, inside the model's `with` block, `pm.sample(nuts_sampler="numpyro", …)`. The course's benchmark made such calls on the coin of chapter 01, both in 64 bits,
# each in a process of its own and with empty caches. Seconds, the medians of the recorded runs:

# %% tags=["nbval-ignore-output"]
spoken = {"numpyro-float64": "native NumPyro", "pymc-numpyro": "through PyMC"}
calls = pd.DataFrame(
    {
        "flips": row["size"],
        "call": spoken[row["system"]],
        "translation and compilation": row["compile_s"],
        "warm-up and sampling": row["warmup_s"] + row["sampling_s"],
    }
    for row in read_rows(DATA_FOLDER / "benchmarks" / "coin.jsonl")
    if row["system"] in spoken and row["status"] == "ok"
)
calls.groupby(["flips", "call"]).median().round(2)

# %% [markdown]
# Unless the data are many, nearly all of a whole call is translation and compilation, and both libraries pay it anew at every call. With the most flips, the call through PyMC even samples faster: both compute the same number, but the program that PyMC writes for this gradient goes over the flips with fewer operations. Chapter 13 compares whole calls of many systems on several models.

# %% [markdown]
# ## What it costs
#
# The row of NUTS, on the noncentered eight schools that HMC and the random walk had in chapter 06. (Warm-up is not part of it; the compile time is that of the program for three targets.)

# %% tags=["nbval-ignore-output"]
draws, info = runs["eight schools"]
again = time_python(draw, jax.random.key(85), 1, adapted["eight schools"], name="NUTS")
sites = schools.quantities(jax.vmap(jax.vmap(schools.constrain))(draws))
row = cost_row(
    "NUTS",
    "eight schools, noncentered",
    draws,
    dataclasses.replace(again, trace_s=first_time.trace_s, compile_s=first_time.compile_s),
    float(info.acceptance_rate.mean()),
    gradients_per_draw=float(info.num_integration_steps.mean()),
)
running_table(row).T

# %% [markdown]
# A draw of NUTS is dear and nearly independent: look at the autocorrelation time. That is the trade of this chapter and of the one before: pay in gradients, and forget.

# %% [markdown]
# ## Common mistakes
#
# NUTS has many places at which a line can go wrong and nothing crashes. The bug museum holds six. Here are two, as differences to the source that you read above.

# %%
print(museum.show(museum.NUTS["skips_subtree_check"]))

# %%
print(museum.show(museum.NUTS["takes_aborted_subtree"]))

# %% [markdown]
# The first looks only at the whole path, not at the stretches inside a new half. The second lets the draw move into a half that was aborted. Both undo the argument of *The mathematics*: a point of the stretch no longer sees the same stretch.
#
# **Predict.** What does $\hat R$ say to them? And which statistic gives the first one away: a mean, or the squared radius?

# %%
verdict = test_invariance(museum.NUTS["skips_subtree_check"])
print(f"subtree check skipped: invariance {'holds' if verdict.passed else 'fails'}")
print("farthest off is the squared radius:", "the squared radius" in verdict.message)
assert not verdict.passed

# %% tags=["nbval-ignore-output"]
print(verdict.message)

# %% [markdown]
# The means are right, since the target is symmetric and so is the mistake. It is the *spread* that is wrong. And $\hat R$? The course has run all checks on all six, three times each, with four chains of 10,000 draws for $\hat R$. From the recorded matrix:

# %%
recorded_checks = matrix().loc["NUTS"].reset_index("caught_by", drop=True)
recorded_checks[["R-hat", "movement", "invariance"]]

# %%
wrong = recorded_checks.loc[list(museum.NUTS)]
assert (wrong["R-hat"] == "passes").all() and (wrong["invariance"] == "fails").all()
print(f"{len(wrong)} wrong samplers: R-hat is content with all, invariance with none")

# %% [markdown]
# - **Subtree check skipped.** *Symptom:* a spread that is wrong, on symmetric targets the means are right. *Cure:* check every stretch of the binary tree.
# - **Aborted half taken.** *Symptom:* the same. *Cure:* a broken half never gives the draw.
# - **Late leaves preferred, leaves weighed equally, kinetic energy forgotten, whole path not checked**: the other four. All mix well. Only a test against a known law sees them.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in
# [the solutions](solutions/07_nuts.ipynb); try first.
#
# ### Exercise 7.1: change one number
#
# The target is normal with standard deviation 12 in each of two independent coordinates, and the inverse mass matrix is the identity. Find a step size at which the acceptance rate of NUTS (for each draw the mean over its leaves, then the mean over the draws) lies between 75 % and 85 %.
#
# <details><summary>Hint 1</summary>Try with <code>nuts_by_hand</code>, a few hundred draws. The acceptance rate of a tree is the mean of min(1, exp(log_weight)) over its new leaves; then average over the draws.</details>
# <details><summary>Hint 2</summary>A target that is 12 times as wide looks the same after a step that is 12 times as long. Find the answer for a standard deviation of 1 first.</details>

# %% tags=["exercise"]
# Exercise 7.1
step_size = None  # your number
# your code here

# %% tags=["check"]
check("7.1", step_size)

# %% [markdown]
# ### Exercise 7.2: the first criterion
#
# The paper of 2014 asks about positions, not about sums of momenta. With unit mass a stretch has turned if its left end or its right end comes back:
# $(x_\text{right} - x_\text{left})^\top p_\text{left} \le 0$ or $(x_\text{right} - x_\text{left})^\top p_\text{right} \le 0$. Write it. The checker also plays the path backwards in time (ends swapped, momenta turned round): the answer must not change. Why is that needed?
#
# <details><summary>Hint</summary>Two dot products with <code>@</code>, and <code>or</code>. A path has turned if <em>either</em> end comes back.</details>


# %% tags=["exercise"]
# Exercise 7.2
def turned(x_left, p_left, x_right, p_right):
    """Has the stretch between these two ends turned back? True or False."""
    ...  # your code here


# %% tags=["check"]
check("7.2", turned)

# %% [markdown]
# ### Exercise 7.3: find the bug
#
# This variant of `pick` also goes over the leaves once, and takes each with some probability. But its shares are wrong. Four leaves with weights 1, 2, 3 and 4:


# %%
def pick_with_a_bug(log_weights, u):
    """Index of one leaf; something is wrong with the shares."""
    log_total = log_weights[0]
    picked = 0
    for i in range(1, len(log_weights)):
        if np.log(u[i]) < log_weights[i] - log_total:
            picked = i
        log_total = np.logaddexp(log_total, log_weights[i])
    return picked


weights = np.array([1.0, 2.0, 3.0, 4.0])
uniforms = np.random.default_rng(86).random((10_000, 4))
found = {
    function.__name__: np.bincount([function(np.log(weights), u) for u in uniforms], minlength=4)
    for function in (pick, pick_with_a_bug)
}
figures.shares(found, weights / weights.sum())

# %% [markdown]
# Repair it. Keep the arguments: a list of log weights, and as many uniform numbers. The log weights may be as large as 1000.
#
# <details><summary>Hint 1</summary>With which probability is the second leaf taken, if both weights are equal? With which should it be?</details>
# <details><summary>Hint 2</summary>Compare with <code>pick</code>: when does the new leaf's weight join the total?</details>


# %% tags=["exercise"]
# Exercise 7.3
def repaired_pick(log_weights, u):
    """Index of one leaf, drawn in proportion to exp(log_weights)."""
    ...  # your code here


# %% tags=["check"]
check("7.3", repaired_pick)

# %% [markdown]
# ### Exercise 7.4: the metric of a window
#
# At the end of a window, make the inverse mass matrix from its draws, as the section on warm-up says, with the unbiased variance. The draws have shape $(n, d)$; return an array of shape $(d,)$.
#
# <details><summary>Hint</summary><code>np.var(draws, axis=0, ddof=1)</code> is the unbiased variance. The <em>inverse</em> mass matrix is near the variance itself, not near its inverse.</details>


# %% tags=["exercise"]
# Exercise 7.4
def inverse_mass_of(draws):
    """Regularized variances of the draws of a window."""
    ...  # your code here


# %% tags=["check"]
check("7.4", inverse_mass_of)

# %% [markdown]
# ### Exercise 7.5: build the tuner
#
# Write dual averaging on its own. You are given a function `acceptance_at(step_size)`, which runs one step of some sampler and returns its acceptance rate, a noisy number between 0 and 1. Start from the guess `first`, call it `num_steps` times, and return the step size at which the *mean* acceptance rate is `target`.
#
# <details><summary>Hint 1</summary>Take the four lines in <code>warm_up_by_hand</code> from <code>count += 1</code> on, and what they need before the loop. No windows.</details>
# <details><summary>Hint 2</summary>Which of the two is the answer: the last step size, or the average? The checker looks at how much your answer scatters.</details>


# %% tags=["exercise"]
# Exercise 7.5
def find_step_size(acceptance_at, first, target, num_steps):
    """Step size at which acceptance_at is target on average."""
    ...  # your code here


# %% tags=["check"]
check("7.5", find_step_size)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** Why does NUTS double its path, and not add one step at a time until it turns?
#
# <details><summary>A. So that every point of the final stretch would have chosen it with the same probability.</summary>
#
# **Right.** One sequence of coins leads from each point to the stretch. A path that stops at its first turn would, from its end, not stop at its start.
#
# </details>
# <details><summary>B. So that the number of leapfrog steps is a power of two, which a compiler handles well.</summary>
#
# **No.** The tree was there before any compiler; the shape of the work is a consequence, not the reason.
#
# </details>
# <details><summary>C. So that the path is longer, and a longer path always gives a better draw.</summary>
#
# **No.** Longer is not always better: beyond the turn a path comes back.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** What does an acceptance rate of 0.8 mean in NUTS?
#
# <details><summary>A. One draw in five is rejected, and the position before it is repeated.</summary>
#
# **No.** NUTS has no rejection of this kind. The start is one of the points of the stretch, and may be picked again, with its weight.
#
# </details>
# <details><summary>B. Eight of ten new halves pass their U-turn checks and may give the draw.</summary>
#
# **No.** The checks look at directions, not at energies, and do not enter the rate.
#
# </details>
# <details><summary>C. The mean over the leaves of min(1, exp(H₀ − H)) is 0.8: energies are kept this well.</summary>
#
# **Right.** It measures the leapfrog's energy error, which the step size governs; so it is what the step size is tuned by.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** A compiled NUTS runs 1000 chains side by side. Most trees have 7 leaves; in each draw some chain needs 255. What helps?
#
# <details><summary>A. More chains, since the long trees are then averaged over more of them.</summary>
#
# **No.** With more chains, the largest tree of a draw is rather larger still, and everybody waits for it.
#
# </details>
# <details><summary>B. The flat loop, in which a chain begins its next draw while others are busy.</summary>
#
# **Right.** The long trees come to every chain in turn. Over many draws the sums are alike, even though no single draw is.
#
# </details>
# <details><summary>C. A smaller step size, so that trees differ less in the number of their leaves.</summary>
#
# **No.** All trees would become larger, the long ones included.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - explain why a fair stretch needs doubling, and why every stretch of the binary tree must be checked,
# - write NUTS by recursion, and read its iterative twin: the binary number of a leaf says which stretches end with it,
# - follow a warm-up: dual averaging, windows, and then fixed numbers,
# - say what waiting costs, and how a flat loop avoids it,
# - fit a line in two libraries on one sampler, and state what NUTS is better at than HMC: not needing you.
#
# ### Further reading
#
# - Betancourt, M. (2013). Generalizing the no-U-turn sampler to Riemannian manifolds. *arXiv*:1304.1920.
# - Betancourt, M. (2017). A conceptual introduction to Hamiltonian Monte Carlo. *arXiv*:1701.02434.
# - Dance, H., Glaser, P., Orbanz, P. and Adams, R. (2025). Efficiently vectorized MCMC on modern accelerators. *Proceedings of the 42nd International Conference on
#   Machine Learning*; *arXiv*:2503.17405.
# - Foreman-Mackey, D. (2022). An astronomer's introduction to NumPyro. <https://dfm.io/posts/intro-to-numpyro/>
# - Hoffman, M. D. and Gelman, A. (2014). The No-U-Turn Sampler: adaptively setting path lengths in Hamiltonian Monte Carlo. *Journal of Machine Learning Research* 15,
#   1593–1623.
# - Hogg, D. W., Bovy, J. and Lang, D. (2010). Data analysis recipes: fitting a model to data. *arXiv*:1008.4686.
# - Nesterov, Y. (2009). Primal-dual subgradient methods for convex problems. *Mathematical Programming* 120(1), 221–259.
# - Phan, D., Pradhan, N. and Jankowiak, M. (2019). Composable effects for flexible and accelerated probabilistic programming in NumPyro. *arXiv*:1912.11554.
# - Stan Development Team. *Stan Reference Manual*, chapter *MCMC Sampling*, section *Automatic parameter tuning*. <https://mc-stan.org/docs/reference-manual/> (the windows of the warm-up)
#
# **Next:** chapter 08 asks of every sampler: is it right? It holds the whole museum, and the checks that see what $\hat R$ does not.
