"""Checks of a sampler: what the tests use and what the exercises use, one and the same.

Every check answers with a :class:`Verdict` that names the property and says by how much it holds
or fails.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils.kernel import Kernel

Statistic = tuple[Callable[[Array], Array], Callable[[np.ndarray], np.ndarray]]


class Verdict(NamedTuple):
    """The answer of a check: did it pass, which property was looked at, what was seen."""

    passed: bool
    property: str
    message: str


class Target(NamedTuple):
    """A density that can be drawn from exactly, with statistics whose law is known.

    Attributes
    ----------
    logdensity : Callable
        ``(dim,) -> ()``, up to a constant.
    draw : Callable
        ``draw(key, num) -> (num, dim)``, exact and independent draws.
    statistics : Mapping of str to (Callable, Callable)
        For each name a function of a position, ``(dim,) -> ()``, and its exact cumulative
        distribution function.
    """

    logdensity: Callable[[Array], Array]
    draw: Callable[[Array, int], Array]
    statistics: Mapping[str, Statistic]


def dkw_envelope(num_draws: int, num_statistics: int, alpha: float) -> float:
    """Largest distance between empirical and exact distribution that chance explains.

    By the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant and a union bound,
    P(any of m distances > D) ≤ alpha for D = sqrt(log(2 m / alpha) / (2 N)).

    References
    ----------
    Massart, P. (1990). The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality.
    Annals of Probability 18(3), 1269-1283.
    """
    return float(np.sqrt(np.log(2 * num_statistics / alpha) / (2 * num_draws)))


def invariance(
    key: Array,
    kernel: Kernel,
    target: Target,
    *,
    num_chains: int = 20_000,
    num_steps: int = 20,
    alpha: float = 1e-4,
    acceptance: tuple[float, float] = (0.2, 0.95),
) -> Verdict:
    """Test that the kernel leaves the target as it is.

    Start ``num_chains`` independent chains from *exact* draws, run ``num_steps`` steps. A right
    kernel gives exact draws again; a wrong one drifts towards its own stationary law. One draw is
    taken from each chain, so the draws are independent and the bound holds. The check looks at the
    rule and not at the journey: a chain that is stuck in one of two humps passes as well. And it
    sees only what the target and its statistics make visible.

    Parameters
    ----------
    key : Array
        A random key.
    kernel : Kernel
        Its info needs the fields ``acceptance_rate`` and ``is_accepted``.
    target : Target
        The density with its exact draws and statistics.
    num_chains, num_steps : int
        Budget: the detectable distance shrinks as 1 / sqrt(num_chains).
    alpha : float
        Probability of failing a right kernel.
    acceptance : tuple of float
        Range in which the mean acceptance must lie, so that both outcomes are exercised. It begins
        at 0.2 because a well-tuned random walk accepts 0.23 to 0.44.

    Returns
    -------
    Verdict
        Property "movement", "acceptance" or "invariance".
    """
    key_start, key_steps = jax.random.split(key)
    start = target.draw(key_start, num_chains)

    @jax.jit
    def last_position(keys, start):
        def run_chain(key, position):
            state = kernel.init(position)
            state, info = jax.lax.scan(
                lambda state, key: kernel.step(key, state), state, jax.random.split(key, num_steps)
            )
            return state.position, info.acceptance_rate.mean()

        return jax.vmap(run_chain)(keys, start)

    end, rates = last_position(jax.random.split(key_steps, num_chains), start)
    end = np.asarray(end)
    if not np.isfinite(end).all():
        return Verdict(False, "movement", "the chain reached a position that is not finite")
    moved = float(np.mean(np.any(end != np.asarray(start), axis=1)))
    rate = float(np.mean(rates))
    if moved < 0.5:
        return Verdict(
            False,
            "movement",
            f"only {moved:.0%} of the chains left their start in {num_steps} steps; "
            "a chain that never moves leaves every target as it is",
        )
    if not acceptance[0] <= rate <= acceptance[1]:
        return Verdict(
            False,
            "acceptance",
            f"the mean acceptance rate is {rate:.2f}; this check needs {acceptance[0]:g} to "
            f"{acceptance[1]:g}, so that acceptances and rejections both occur",
        )
    bound = dkw_envelope(num_chains, len(target.statistics), alpha)
    distances = {
        name: ks_distance(np.asarray(jax.vmap(statistic)(jnp.asarray(end))), cdf)
        for name, (statistic, cdf) in target.statistics.items()
    }
    worst = max(distances, key=distances.__getitem__)
    passed = distances[worst] <= bound
    return Verdict(
        passed,
        "invariance",
        f"after {num_steps} steps the law of {worst} is {distances[worst]:.4f} away from the exact "
        f"one (largest gap between the two cumulative curves); chance explains up to {bound:.4f}",
    )


def ks_distance(values: np.ndarray, cdf: Callable[[np.ndarray], np.ndarray]) -> float:
    """Largest gap between the empirical distribution of independent ``values`` and ``cdf``."""
    from scipy.stats import kstest

    return float(kstest(np.asarray(values, dtype=np.float64), cdf).statistic)


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


def mean_within_mcse(
    draws: np.ndarray, exact: float, name: str, alpha: float = 1e-3, min_ess: float = 400
) -> Verdict:
    """Test that the mean of the draws is as near to the exact one as its Monte Carlo error says.

    Parameters
    ----------
    draws : ndarray, shape (num_chains, num_draws)
        Draws of one quantity after warm-up.
    exact : float
        Its exact mean.
    name : str
        Name of the quantity, for the message.
    alpha : float
        Probability of failing a right sampler (two-sided normal quantile), about, given enough
        effective draws.
    min_ess : float
        Effective draws below which nothing is decided: a chain that hardly moves has so large an
        error that anything would agree. 400 is the bound of Vehtari et al. (2021).

    Returns
    -------
    Verdict
        Property "effective draws" or "posterior mean".
    """
    import arviz as az
    from scipy.stats import norm

    draws = np.asarray(draws, dtype=np.float64)
    ess = 0.0 if np.ptp(draws, axis=1).min() == 0 else float(az.ess(draws))
    if not ess >= min_ess:
        return Verdict(
            False,
            "effective draws",
            f"{draws.size} draws of {name} are worth {ess:.0f} independent ones; "
            f"at least {min_ess:g} are needed for a verdict",
        )
    mcse = float(az.mcse(draws))
    z = (draws.mean() - exact) / mcse
    limit = norm.isf(alpha / 2)
    return Verdict(
        bool(abs(z) <= limit),
        "posterior mean",
        f"the mean of {name} is {draws.mean():.4f}, exact {exact:.4f}: {abs(z):.1f} Monte Carlo "
        f"standard errors apart; chance explains up to {limit:.1f}",
    )
