"""Checks of one chain's rule: its flows, its rejections, its random keys."""

from collections.abc import Callable

import jax
import numpy as np

from course_utils.checks.verdict import Verdict


def detailed_balance(
    transition: np.ndarray, target: np.ndarray, tolerance: float = 16 * 2.0**-53
) -> Verdict:
    """Test that π_i P_ij = π_j P_ji for every pair of grid points.

    Parameters
    ----------
    transition : ndarray, shape (n, n)
        Transition probabilities, each row a distribution.
    target : ndarray, shape (n,)
        Target probabilities.
    tolerance : float
        Largest difference of two flows that counts as rounding. Every flow is a handful of products
        and sums of numbers of at most one, so in float64 a right matrix is exact to a few rounding
        errors (16 times 2^-53, about 2e-15).

    Returns
    -------
    Verdict
        Property "transition matrix" or "detailed balance".
    """
    transition, target = np.asarray(transition, float), np.asarray(target, float)
    rows = np.abs(transition.sum(axis=1) - 1).max()
    if not np.isfinite(transition).all() or transition.min() < 0 or rows > len(target) * tolerance:
        return Verdict(
            False,
            "transition matrix",
            f"row sums are off by {rows:.2g} and the smallest entry is {transition.min():.2g}; "
            "every row must be a probability distribution",
        )
    flow = target[:, None] * transition
    gap = np.abs(flow - flow.T)
    i, j = np.unravel_index(np.argmax(gap), gap.shape)
    return Verdict(
        bool(gap.max() <= tolerance),
        "detailed balance",
        f"the largest difference between the flow from point {i} to {j} and back is "
        f"{gap.max():.2g}; rounding explains up to {tolerance:.1g}",
    )


def rejections_repeat(start: np.ndarray, draws: np.ndarray, is_accepted: np.ndarray) -> Verdict:
    """Test that a rejected step repeats the position before it, and that accepted ones move.

    Parameters
    ----------
    start : ndarray, shape (dim,)
        Starting position.
    draws : ndarray, shape (num_draws, dim)
        Positions after each step.
    is_accepted : ndarray of bool, shape (num_draws,)
        Which steps were accepted.
    """
    start, draws, is_accepted = (np.asarray(a) for a in (start, draws, is_accepted))
    before = np.concatenate([start[None], draws[:-1]])
    moved = np.any(draws != before, axis=1)
    wrong, stuck = int(np.sum(moved & ~is_accepted)), int(np.sum(~moved & is_accepted))
    return Verdict(
        wrong == 0 and stuck == 0 and bool(np.any(~is_accepted)) and bool(np.any(moved)),
        "rejected means repeated",
        f"{wrong} of {int(np.sum(~is_accepted))} rejected steps changed the position; "
        f"{stuck} of {int(np.sum(is_accepted))} accepted steps did not",
    )


def key_reuse(step: Callable, *args) -> Verdict:
    """Test that no random key is used twice: runs ``step(*args)`` under JAX's own key checker."""
    from jax.errors import KeyReuseError

    try:
        with jax.debug_key_reuse(True):
            jax.block_until_ready(jax.jit(step)(*args))
    except KeyReuseError as error:
        first_line = str(error).strip().splitlines()[0]
        return Verdict(False, "key reuse", f"a random key is used twice: {first_line}")
    return Verdict(True, "key reuse", "every random key is used once")
