"""NUTS for many chains at once, in one loop in which no chain waits for another.

Vectorised over chains, the nested loops of :mod:`course_utils.nuts` go on until the longest tree of
all chains is complete, draw after draw. Here one iteration is one leapfrog step of every chain. A
chain whose tree is complete hands out its draw in that very iteration and starts the next one, so a
chain with short trees is simply further ahead. It is NUTS as a finite-state machine.

Once no chain waits, bookkeeping sets the pace, and three things keep it small.

- Arrays have the chain as their *last* axis: numbers that are treated alike lie side by side.
- Positions are measured in units in which the mass matrix is the identity.
- A chain takes exactly one leaf an iteration. So the first leaf of a subtree of 2^k leaves that
  ends now was taken 2^k − 1 iterations ago, *in every chain*. One common record of the last
  iterations replaces the checkpoints of each chain.

References
----------
Dance, H., Glaser, P., Orbanz, P. and Adams, R. (2025). Efficiently vectorized MCMC on modern
accelerators. ICML 2025, arXiv:2503.17405.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils import hamiltonian
from course_utils.arguments import require_integer
from course_utils.kernel import require_finite_start, require_run
from course_utils.nuts import NUTSInfo, choose

BLOCK = 64  # iterations between two looks at whether every chain has all its draws


class End(NamedTuple):
    """An end of the path, each (dim, chains)."""

    position: Array
    momentum: Array
    grad: Array


class Candidate(NamedTuple):
    """A leaf that may become the draw: (dim, chains) twice, then (chains,) twice."""

    position: Array
    grad: Array
    logdensity: Array
    energy: Array


class Record(NamedTuple):
    """The last iterations, (2^(max_tree_depth − 1), dim, chains) each.

    Momentum, and the sum of the subtree's momenta up to the middle of the leaf.
    """

    momentum: Array
    half_sum: Array


class Trees(NamedTuple):
    """What each chain knows of its tree and of the subtree that grows at its end ``moving``."""

    moving: End
    resting: End
    direction: Array  # +1 where the moving end goes forward in time, else −1
    start_energy: Array
    draw: Candidate
    momentum_sum: Array
    log_weight: Array
    subtree_draw: Candidate
    subtree_momentum_sum: Array
    subtree_log_weight: Array
    leaf: Array  # number of the next leaf in its subtree
    depth: Array
    sum_acceptance: Array
    num_leaves: Array


class Noise(NamedTuple):
    """Random numbers of an iteration, (chains,) each: two log uniforms and a fair coin."""

    log_uniform_leaf: Array
    log_uniform_subtree: Array
    changes_end: Array


def flat_nuts(
    key: Array,
    logdensity: Callable[..., Array],
    positions: Array,
    num_draws: int,
    step_size: float | Array,
    inverse_mass_matrix: Array,
    max_tree_depth: int = 10,
    divergence_threshold: float = 1000.0,
    chain_data: tuple[Any, ...] = (),
    progress: bool = False,
) -> tuple[Array, NUTSInfo]:
    """Draw with NUTS from every starting position, no chain waiting for another.

    Pure and not compiled, like :func:`course_utils.kernel.sample`: wrap the outermost function in
    ``jax.jit``. The record takes 2^max_tree_depth · dim · chains numbers of memory.

    Parameters
    ----------
    key : Array
        A random key.
    logdensity : Callable
        Logarithm of the target density up to a constant, ``(position, *chain_data) -> ()``.
    positions : Array, shape (num_chains, dim)
        Starting positions.
    num_draws : int
        Draws per chain, at least 1.
    step_size : float or Array, shape () or (num_chains,)
        Positive length of a leapfrog step, one for all chains or one for each.
    inverse_mass_matrix : Array, shape (dim,) or (dim, dim)
        M⁻¹, in squared units of x; with a step size for each chain there is one matrix for each
        chain too, shape (num_chains, dim) or (num_chains, dim, dim).
    max_tree_depth : int
        Most doublings of a draw, 1 to 20.
    divergence_threshold : float
        Rise of the energy that counts as a divergence.
    chain_data : tuple of pytrees
        Further arguments of ``logdensity`` with a leading axis of length num_chains, where chains
        have targets of their own.
    progress : bool
        Report to a :class:`course_utils.progress.ProgressBar` of total num_chains · num_draws.

    Returns
    -------
    draws : Array, shape (num_chains, num_draws, dim)
        As :func:`course_utils.kernel.sample` returns them.
    info : NUTSInfo of Arrays, shape (num_chains, num_draws)
        What each draw cost.

    Raises
    ------
    ValueError
        If an argument has a wrong shape or value, or a chain starts where the log density is not
        finite.
    """
    positions = jnp.asarray(positions)
    require_run(positions, num_draws)
    require_integer("max_tree_depth", max_tree_depth, at_most=20)
    num_chains, dim = positions.shape
    per_chain = np.ndim(step_size) == 1
    _require_metrics(step_size, inverse_mass_matrix, num_chains, dim)

    dtype = positions.dtype
    step_size = jnp.asarray(step_size, dtype)
    scale = jnp.asarray(inverse_mass_matrix, dtype)
    dense = scale.ndim - per_chain == 2
    # With M⁻¹ = L Lᵀ and x = L z the mass matrix of z is the identity.
    scale = jnp.linalg.cholesky(scale) if dense else jnp.sqrt(scale)

    def to_x(z, scale):
        return jnp.dot(scale, z, precision="highest") if dense else scale * z

    def to_z(x, scale):
        return jax.scipy.linalg.solve_triangular(scale, x, lower=True) if dense else x / scale

    def value_and_grad(z):
        axes = (-1, 0 if per_chain else None, *(0 for _ in chain_data))
        target = jax.value_and_grad(lambda z, scale, *data: logdensity(to_x(z, scale), *data))
        return jax.vmap(target, axes, (0, -1))(z, scale, *chain_data)

    chain_scale = 0 if per_chain else None
    start = jax.vmap(to_z, (0, chain_scale), -1)(positions, scale)
    value, grad = value_and_grad(start)
    require_finite_start(positions, value)

    key_momentum, key_noise = jax.random.split(key)
    momenta = jax.random.normal(key_momentum, (num_draws + 1, dim, num_chains), dtype)
    iterate = _iteration(value_and_grad, step_size, max_tree_depth, divergence_threshold)
    trees = _plant(start, value, grad, momenta[0])
    record = jnp.zeros((2 ** (max_tree_depth - 1), dim, num_chains), dtype)
    chains = jnp.arange(num_chains)

    def one_iteration(carry, noise):
        trees, record, collected, number, time = carry
        next_number = jnp.minimum(number + 1, num_draws)
        momentum = jnp.take_along_axis(momenta, next_number[None, None], 0)[0]
        trees, record, row, is_done = iterate(trees, record, time, noise, momentum)
        # A row is written at every iteration; the last one to be written is that of the draw.
        # Chains that have all their draws write outside of the array, which drops the row.
        collected = collected.at[number, chains].set(row.T, mode="drop", unique_indices=True)
        return (trees, record, collected, number + is_done, time + 1), None

    reported, report = _reporter(num_draws) if progress else ((), lambda reported, _: reported)

    def one_block(carry):
        key, reported, state = carry
        key, key_block = jax.random.split(key)
        state, _ = jax.lax.scan(one_iteration, state, _noise(key_block, num_chains, dtype))
        return key, report(reported, state[-2]), state

    def is_unfinished(carry):
        return jnp.min(carry[-1][-2]) < num_draws

    collected = jnp.zeros((num_draws, num_chains, dim + len(NUTSInfo._fields)), dtype)
    nothing = jnp.zeros(num_chains, jnp.int32)
    state = (trees, Record(record, record), collected, nothing, jnp.int32(0))
    carry = jax.lax.while_loop(is_unfinished, one_block, (key_noise, reported, state))
    collected = jnp.swapaxes(carry[-1][2], 0, 1)
    draws = jax.vmap(jax.vmap(to_x, (0, None)), (0, chain_scale))(collected[..., :dim], scale)
    rate, is_divergent, energy, depth, num_leaves = jnp.moveaxis(collected[..., dim:], -1, 0)
    counts = depth.astype(jnp.int32), num_leaves.astype(jnp.int32)
    return draws, NUTSInfo(rate, is_divergent > 0, energy, *counts)


def _reporter(num_draws: int) -> tuple[tuple, Callable]:
    """Begin a report to the progress bar, and make the function that goes on with it."""
    from course_utils.progress import start_ticker, tick_for_all

    def report(reported, number):
        blocks, draws, ticker = reported
        finished = jnp.minimum(number, num_draws).sum()
        is_due = (blocks + 1 >= ticker.wait) | (jnp.min(number) >= num_draws)
        return jax.lax.cond(
            is_due,
            lambda: (jnp.int32(0), finished, tick_for_all(blocks + 1, finished - draws, ticker)),
            lambda: (blocks + 1, draws, ticker),
        )

    return (jnp.int32(0), jnp.int32(0), start_ticker()), report


def _noise(key: Array, num_chains: int, dtype: Any) -> Noise:
    """Draw the random numbers of a block of iterations, (BLOCK, chains) each."""
    uniform = jax.random.uniform(key, (3, BLOCK, num_chains), dtype)
    return Noise(jnp.log(uniform[0]), jnp.log(uniform[1]), uniform[2] < 0.5)


def _dot(a: Array, b: Array) -> Array:
    return jnp.sum(a * b, axis=0)


def _is_turning(momentum_left: Array, momentum_right: Array, direction: Array) -> Array:
    return (_dot(momentum_left, direction) <= 0) | (_dot(momentum_right, direction) <= 0)


def _plant(position: Array, value: Array, grad: Array, momentum: Array) -> Trees:
    """Start the first tree of every chain."""
    end = End(position, momentum, grad)
    energy = 0.5 * _dot(momentum, momentum) - value
    draw = Candidate(position, grad, value, energy)
    zero, none = jnp.zeros_like(value), jnp.zeros(value.shape, jnp.int32)
    return Trees(
        moving=end,
        resting=end,
        direction=jnp.ones_like(value),
        start_energy=energy,
        draw=draw,
        momentum_sum=momentum,
        log_weight=zero,
        subtree_draw=draw,
        subtree_momentum_sum=jnp.zeros_like(momentum),
        subtree_log_weight=zero,
        leaf=none,
        depth=none,
        sum_acceptance=zero,
        num_leaves=none,
    )


def _iteration(
    value_and_grad: Callable, step_size: Array, max_tree_depth: int, divergence_threshold: float
) -> Callable:
    """Build one iteration: every chain takes a leaf, and does what the leaf brings about."""
    memory = 2 ** (max_tree_depth - 1)

    def iterate(trees, record, time, noise, fresh_momentum):
        # The leaf: one leapfrog step from the moving end.
        step = trees.direction * step_size
        momentum = trees.moving.momentum + 0.5 * step * trees.moving.grad
        position = trees.moving.position + step * momentum
        value, grad = value_and_grad(position)
        momentum = momentum + 0.5 * step * grad
        moving = End(position, momentum, grad)
        energy = 0.5 * _dot(momentum, momentum) - value
        log_weight = trees.start_energy - energy
        log_weight = jnp.where(jnp.isnan(log_weight), -jnp.inf, log_weight)
        is_divergent = log_weight < -divergence_threshold
        sum_acceptance = trees.sum_acceptance + jnp.exp(jnp.minimum(log_weight, 0.0))
        num_leaves = trees.num_leaves + 1

        # It joins the subtree.
        is_first = trees.leaf == 0
        subtree_log_weight = jnp.where(
            is_first, log_weight, jnp.logaddexp(trees.subtree_log_weight, log_weight)
        )
        takes_leaf = is_first | (noise.log_uniform_leaf < log_weight - subtree_log_weight)
        leaf = Candidate(position, grad, value, energy)
        subtree_draw = choose(takes_leaf, leaf, trees.subtree_draw)
        sum_before = jnp.where(is_first, 0.0, trees.subtree_momentum_sum)
        subtree_momentum_sum = sum_before + momentum

        # Does a subtree of 2^level leaves end here, and has it turned?
        now = Record(momentum, sum_before + 0.5 * momentum)
        record = jax.tree.map(
            lambda kept, new: jax.lax.dynamic_update_index_in_dim(kept, new, time % memory, 0),
            record,
            now,
        )
        half_sum = subtree_momentum_sum - 0.5 * momentum
        num_ending = jnp.bitwise_count(trees.leaf & ~(trees.leaf + 1)).astype(jnp.int32)

        def look_back(level, is_turning):
            moment = (time - (1 << level) + 1) % memory
            first = jax.tree.map(
                lambda kept: jax.lax.dynamic_index_in_dim(kept, moment, 0, keepdims=False), record
            )
            turns = _is_turning(first.momentum, momentum, half_sum - first.half_sum)
            return is_turning | (turns & (level <= num_ending))

        is_turning = jax.lax.fori_loop(
            1, jnp.max(num_ending) + 1, look_back, jnp.zeros_like(is_first)
        )

        # Is the subtree complete? Then it joins the tree.
        is_broken = is_divergent | is_turning
        is_complete = (trees.leaf + 1 == 1 << trees.depth) | is_broken
        joins = is_complete & ~is_broken
        takes_new = joins & (noise.log_uniform_subtree < subtree_log_weight - trees.log_weight)
        draw = choose(takes_new, subtree_draw, trees.draw)
        tree_log_weight = jnp.where(
            joins, jnp.logaddexp(trees.log_weight, subtree_log_weight), trees.log_weight
        )
        momentum_sum = trees.momentum_sum + subtree_momentum_sum
        middle = momentum_sum - 0.5 * (momentum + trees.resting.momentum)
        tree_turns = _is_turning(trees.resting.momentum, momentum, middle)
        depth = trees.depth + 1

        # Is the tree complete? Then hand out the draw and plant the next tree at it.
        is_done = is_complete & (is_broken | tree_turns | (depth == max_tree_depth))
        info = sum_acceptance / num_leaves, is_divergent, draw.energy, depth, num_leaves
        row = jnp.concatenate([draw.position, jnp.stack([part * 1.0 for part in info])])

        # Otherwise go on, after a doubling from one of the two ends at random.
        changes_end = is_complete & noise.changes_end
        root = End(draw.position, fresh_momentum, draw.grad)
        start_energy = 0.5 * _dot(fresh_momentum, fresh_momentum) - draw.logdensity
        ended_sum = jnp.where(is_complete, momentum_sum, trees.momentum_sum)
        trees = Trees(
            moving=choose(is_done, root, choose(changes_end, trees.resting, moving)),
            resting=choose(is_done, root, choose(changes_end, moving, trees.resting)),
            direction=jnp.where(changes_end, -trees.direction, trees.direction),
            start_energy=jnp.where(is_done, start_energy, trees.start_energy),
            draw=draw,
            momentum_sum=jnp.where(is_done, fresh_momentum, ended_sum),
            log_weight=jnp.where(is_done, 0.0, tree_log_weight),
            subtree_draw=subtree_draw,
            subtree_momentum_sum=subtree_momentum_sum,
            subtree_log_weight=subtree_log_weight,
            leaf=jnp.where(is_complete, 0, trees.leaf + 1),
            depth=jnp.where(is_done, 0, jnp.where(is_complete, depth, trees.depth)),
            sum_acceptance=jnp.where(is_done, 0.0, sum_acceptance),
            num_leaves=jnp.where(is_done, 0, num_leaves),
        )
        return trees, record, row, is_done

    return iterate


def _require_metrics(step_size: Any, inverse_mass_matrix: Any, num_chains: int, dim: int) -> None:
    shape = np.shape(inverse_mass_matrix)
    if np.ndim(step_size) == 0:
        hamiltonian.require_metric(step_size, inverse_mass_matrix)
        allowed = [(dim,), (dim, dim)]
    else:
        if np.shape(step_size) != (num_chains,):
            raise ValueError(
                f"step_size has shape {np.shape(step_size)}; allowed are () and ({num_chains},)"
            )
        allowed = [(num_chains, dim), (num_chains, dim, dim)]
        if shape in allowed and not isinstance(step_size, jax.core.Tracer):
            for step, matrix in zip(step_size, inverse_mass_matrix, strict=True):
                hamiltonian.require_metric(step, matrix)
    if shape not in allowed:
        raise ValueError(
            f"inverse_mass_matrix has shape {shape}; allowed are {allowed[0]} and {allowed[1]} "
            f"for {num_chains} chains in {dim} dimensions and a step size of shape "
            f"{np.shape(step_size)}"
        )
