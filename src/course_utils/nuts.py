"""The No-U-Turn Sampler: a path that doubles until it turns back, without recursion.

The path is a binary tree. Each doubling picks a direction in time and builds a subtree with as many
leaves as the tree has; a leaf is one leapfrog step. Recursion cannot be compiled, so the subtree is
built leaf by leaf, and of the leaves behind only those are remembered at which a U-turn has yet to
be looked for: one per level.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from course_utils import hamiltonian
from course_utils.arguments import require_integer
from course_utils.hamiltonian import HMCState, LogDensity, PhaseState
from course_utils.kernel import Kernel


class NUTSInfo(NamedTuple):
    """What a draw cost and how it went.

    Mean over the leaves of min(1, exp(H₀ − H)); whether a leaf's energy rose by more than the
    threshold; the energy at the draw; doublings; leapfrog steps.
    """

    acceptance_rate: Array
    is_divergent: Array
    energy: Array
    tree_depth: Array
    num_integration_steps: Array


class Tree(NamedTuple):
    """A stretch of the path: its two ends, and what is kept of the leaves between them."""

    left: PhaseState
    right: PhaseState
    momentum_sum: Array
    proposal: HMCState
    proposal_energy: Array
    log_weight: Array  # log Σ exp(H₀ − H)
    sum_acceptance: Array  # Σ min(1, exp(H₀ − H))
    num_leaves: Array
    is_divergent: Array
    is_turning: Array


class Checkpoints(NamedTuple):
    """Momentum and momentum sum at the first leaf of each unfinished subtree, (depth, dim) each."""

    momentum: Array
    momentum_sum: Array


def is_turning(
    momentum_left: Array, momentum_right: Array, momentum_sum: Array, inverse_mass_matrix: Array
) -> Array:
    """Tell whether a path turns back at one of its ends.

    Its direction is ρ, the sum of the momenta with half the weight at both ends. It turns when
    ρᵀ M⁻¹ p ≤ 0 at the left or at the right end.

    References
    ----------
    Betancourt, M. (2013). Generalizing the No-U-Turn sampler to Riemannian manifolds.
    arXiv:1304.1920. The half weights are those of Stan's discussion in 2019 and of NumPyro.
    """
    direction = momentum_sum - (momentum_right + momentum_left) / 2
    at_left = jnp.dot(hamiltonian.velocity(momentum_left, inverse_mass_matrix), direction)
    at_right = jnp.dot(hamiltonian.velocity(momentum_right, inverse_mass_matrix), direction)
    return (at_left <= 0) | (at_right <= 0)


def choose(condition: Array, yes: NamedTuple, no: NamedTuple) -> NamedTuple:
    """Pick one of two states of the same shapes."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)


def checkpoint_range(leaf: Array) -> tuple[Array, Array]:
    """Say which checkpoints a leaf touches.

    An even leaf is the first of a subtree and is stored at ``last``. An odd leaf ends one subtree
    for each 1 at the end of its binary number; their first leaves are at ``first`` to ``last``.
    """
    last = jnp.bitwise_count(leaf >> 1).astype(jnp.int32)
    ending = jnp.bitwise_count((~leaf & (leaf + 1)) - 1).astype(jnp.int32)
    return last - ending + 1, last


def nuts(
    logdensity: LogDensity,
    step_size: float | Array,
    inverse_mass_matrix: Array,
    max_tree_depth: int = 10,
    divergence_threshold: float = 1000.0,
) -> Kernel:
    """Build the NUTS kernel with multinomial sampling.

    The next position is one of the leaves, drawn with weights exp(−H). Inside a subtree the draw is
    exact; between the tree so far and a new subtree it prefers the new one with probability
    min(1, W_new / W_old), which moves farther and leaves the target as it is all the same. A
    subtree that turns inside itself or diverges adds nothing and ends the draw.

    Parameters
    ----------
    logdensity : Callable
        Logarithm of the target density up to a constant, ``(dim,) -> ()``.
    step_size : float or Array, shape ()
        Positive length of a leapfrog step.
    inverse_mass_matrix : Array, shape (dim,) or (dim, dim)
        M⁻¹, in squared units of x.
    max_tree_depth : int
        Most doublings of a draw, 1 to 20; 10 are 1023 leapfrog steps.
    divergence_threshold : float
        Rise of the energy that counts as a divergence.

    Returns
    -------
    Kernel
        With ``HMCState`` and ``NUTSInfo``.

    Raises
    ------
    ValueError
        If step size, inverse mass matrix or tree depth is out of range.

    References
    ----------
    Hoffman, M. D. and Gelman, A. (2014). The No-U-Turn sampler. JMLR 15, 1593-1623.
    Betancourt, M. (2017). A conceptual introduction to Hamiltonian Monte Carlo. arXiv:1701.02434,
    appendix A.
    Phan, D., Pradhan, N. and Jankowiak, M. (2019). Composable effects for flexible and accelerated
    probabilistic programming in NumPyro. arXiv:1912.11554, section 3.
    """
    inverse_mass_matrix = hamiltonian.require_metric(step_size, inverse_mass_matrix)
    require_integer("max_tree_depth", max_tree_depth, at_most=20)
    leapfrog = hamiltonian.leapfrog(logdensity, inverse_mass_matrix)

    def turning(left, right, momentum_sum):
        return is_turning(left, right, momentum_sum, inverse_mass_matrix)

    def new_leaf(state, start_energy):
        energy = hamiltonian.energy(state, inverse_mass_matrix)
        log_weight = start_energy - energy
        log_weight = jnp.where(jnp.isnan(log_weight), -jnp.inf, log_weight)
        return Tree(
            left=state,
            right=state,
            momentum_sum=state.momentum,
            proposal=HMCState(state.position, state.logdensity, state.logdensity_grad),
            proposal_energy=energy,
            log_weight=log_weight,
            sum_acceptance=jnp.exp(jnp.minimum(log_weight, 0.0)),
            num_leaves=jnp.int32(1),
            is_divergent=-log_weight > divergence_threshold,
            is_turning=jnp.bool_(False),
        )

    def join(old, new, takes_new):
        """Count the leaves of both; the proposal is the new one's where ``takes_new``."""
        pick = (old.proposal, old.proposal_energy), (new.proposal, new.proposal_energy)
        proposal, proposal_energy = choose(takes_new, pick[1], pick[0])
        return old._replace(
            right=new.right,
            momentum_sum=old.momentum_sum + new.momentum_sum,
            proposal=proposal,
            proposal_energy=proposal_energy,
            log_weight=jnp.logaddexp(old.log_weight, new.log_weight),
            sum_acceptance=old.sum_acceptance + new.sum_acceptance,
            num_leaves=old.num_leaves + new.num_leaves,
            is_divergent=old.is_divergent | new.is_divergent,
        )

    def build_subtree(key, end, directed_step, num_leaves, start_energy):
        """Grow 2^depth leaves from an end of the tree; ``right`` is the end that moves."""

        def add_leaf(carry):
            subtree, checkpoints = carry
            number = subtree.num_leaves
            leaf = new_leaf(leapfrog(subtree.right, directed_step), start_energy)
            # Of the first k + 1 leaves each is taken with its share of their weight.
            share = jax.scipy.special.expit(leaf.log_weight - subtree.log_weight)
            takes_leaf = jax.random.bernoulli(jax.random.fold_in(key, number), share)
            subtree = choose(number == 0, leaf, join(subtree, leaf, takes_leaf))

            first, last = checkpoint_range(number)
            here = Checkpoints(leaf.left.momentum, subtree.momentum_sum)
            checkpoints = jax.tree.map(
                lambda stored, now: jnp.where(number % 2 == 0, stored.at[last].set(now), stored),
                checkpoints,
                here,
            )

            def look_back(carry):
                level, _ = carry
                past = jax.tree.map(lambda stored: stored[level], checkpoints)
                momentum_sum = here.momentum_sum - past.momentum_sum + past.momentum
                return level - 1, turning(past.momentum, here.momentum, momentum_sum)

            _, turns = jax.lax.while_loop(
                lambda carry: (carry[0] >= first) & ~carry[1], look_back, (last, False)
            )
            return subtree._replace(is_turning=turns), checkpoints

        def is_growing(carry):
            subtree, _ = carry
            whole = subtree.num_leaves >= num_leaves
            return ~(whole | subtree.is_turning | subtree.is_divergent)

        nothing = new_leaf(end, start_energy)._replace(num_leaves=jnp.int32(0))
        levels = jnp.zeros((max_tree_depth, len(end.momentum)), end.momentum.dtype)
        return jax.lax.while_loop(is_growing, add_leaf, (nothing, Checkpoints(levels, levels)))[0]

    def init(position):
        return hamiltonian.init(logdensity, position, inverse_mass_matrix)

    def step(key, state):
        key_momentum, key_tree = jax.random.split(key)
        momentum = hamiltonian.sample_momentum(key_momentum, state.position, inverse_mass_matrix)
        start = PhaseState(state.position, momentum, state.logdensity, state.logdensity_grad)
        start_energy = hamiltonian.energy(start, inverse_mass_matrix)

        def double(carry):
            tree, depth = carry
            key_depth = jax.random.fold_in(key_tree, depth)
            key_direction, key_subtree, key_proposal = jax.random.split(key_depth, 3)
            forward = jax.random.bernoulli(key_direction)
            end = choose(forward, tree.right, tree.left)
            directed_step = jnp.where(forward, step_size, -step_size)
            subtree = build_subtree(key_subtree, end, directed_step, 2**depth, start_energy)
            broken = subtree.is_divergent | subtree.is_turning
            ratio = jnp.exp(jnp.minimum(subtree.log_weight - tree.log_weight, 0.0))
            takes_new = jax.random.bernoulli(key_proposal, ratio) & ~broken
            joined = join(tree, subtree, takes_new)
            left = choose(forward, tree.left, subtree.right)
            right = choose(forward, subtree.right, tree.right)
            turns = turning(left.momentum, right.momentum, joined.momentum_sum)
            joined = joined._replace(left=left, right=right, is_turning=turns | subtree.is_turning)
            return joined, depth + 1

        def is_doubling(carry):
            tree, depth = carry
            return (depth < max_tree_depth) & ~tree.is_turning & ~tree.is_divergent

        root = new_leaf(start, start_energy)._replace(
            num_leaves=jnp.int32(0), sum_acceptance=jnp.zeros_like(start_energy)
        )
        tree, depth = jax.lax.while_loop(is_doubling, double, (root, jnp.int32(0)))
        info = NUTSInfo(
            acceptance_rate=tree.sum_acceptance / tree.num_leaves,
            is_divergent=tree.is_divergent,
            energy=tree.proposal_energy,
            tree_depth=depth,
            num_integration_steps=tree.num_leaves,
        )
        return tree.proposal, info

    return Kernel(init, step)
