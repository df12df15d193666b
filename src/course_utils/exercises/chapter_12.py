"""The checkers of chapter 12, Choosing a sampler."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils import checks
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, NotStarted, call, exercise, number

# Exercise 12.1: seconds for warm-up and compiling, for a step; steps for an effective draw; draws.
COMPILE_S, WARMUP_S, STEP_S, STEPS, WANTED = 0.9, 0.1, 2e-6, 30, 10_000
# Exercise 12.5: ten unknowns of sd 1, all correlated alike; at most so many draws a chain.
DIM, CORRELATION, MOST_DRAWS, FEWEST_ESS = 10, 0.95, 4000, 400


@exercise("12.1")
def _seconds(answer: Any) -> Verdict:
    seconds = number(answer, "seconds")
    work = WANTED * STEPS * STEP_S
    right = COMPILE_S + WARMUP_S + work

    def near(value):
        return abs(seconds - value) <= 5e-3 * value

    if near(right):
        return Verdict(
            True, "whole cost", f"{right:g} s, of which {right - work:g} s before the first draw"
        )
    for value, named, why in (
        (work, "fixed cost", "compiling and warm-up are paid too, once"),
        (work + COMPILE_S, "fixed cost", "warm-up is paid too"),
        (work + WARMUP_S, "fixed cost", "compiling is paid too"),
        (COMPILE_S + WARMUP_S + WANTED * STEP_S, "effective draws",
         "this is the time for 10,000 draws; one effective draw takes 30 of them"),
        (COMPILE_S + WARMUP_S + WANTED / STEPS * STEP_S, "effective draws",
         "an effective draw takes more steps than one, not fewer"),
        (STEPS * (COMPILE_S + WARMUP_S) + work, "fixed cost",
         "compiling and warm-up are paid once"),
    ):  # fmt: skip
        if near(value):
            return Verdict(False, named, f"it is {seconds:g} s; {why}")
    return Verdict(
        False,
        "whole cost",
        f"it is {seconds:g} s; add what is paid once and what 10,000 effective draws take",
    )


@exercise("12.2")
def _crossover(answer: Callable) -> Verdict:
    def at(*arguments):
        got = call(answer, *arguments)
        try:
            value = float(np.asarray(got, dtype=float).item())
        except (TypeError, ValueError):
            raise KeepWorking(f"one number is expected, but it returned {got!r}") from None
        if np.isnan(value):
            raise KeepWorking("it returned NaN; a number of draws or infinity is expected")
        return value

    for a, b in (((0.5, 1e-4), (3.0, 2e-5)), ((3.0, 2e-5), (0.5, 1e-4)), ((0.0, 3.0), (1.0, 1.0))):
        n = at(*a, *b)
        right = (b[0] - a[0]) / (a[1] - b[1])
        if abs(n - right) <= 1e-6 * right:
            continue
        said = f"fixed {a[0]:g} s and {a[1]:g} s a draw against {b[0]:g} s and {b[1]:g} s"
        if n <= 0:
            return Verdict(False, "equal cost", f"{said}: a number of draws cannot be {n:g}")
        if np.isinf(n):
            return Verdict(
                False, "equal cost", f"{said}: they do meet, at {right:.6g} effective draws"
            )
        costs = [fixed + n * price for fixed, price in (a, b)]
        return Verdict(
            False,
            "equal cost",
            f"{said}: at your {n:.6g} effective draws they cost {costs[0]:.6g} s and "
            f"{costs[1]:.6g} s; that should be the same",
        )
    for a, b, why in (
        ((0.5, 1e-4), (3.0, 2e-4), "the first is cheaper in both respects"),
        ((3.0, 2e-4), (0.5, 1e-4), "the second is cheaper in both respects"),
        ((0.5, 1e-4), (3.0, 1e-4), "a draw costs the same with both"),
        ((0.5, 1e-4), (0.5, 2e-5), "both start alike, and the second draws at a lower price"),
    ):
        try:
            n = at(*a, *b)
        except NotStarted:
            raise KeepWorking(f"{why}, so they never meet: return np.inf, not None") from None
        if n != np.inf:
            return Verdict(
                False, "no crossover", f"{why}, so they never meet: return np.inf, not {n:g}"
            )
    return Verdict(True, "equal cost", "right in seven cases, also where the two never meet")


@exercise("12.3")
def _independence(answer: Callable) -> Verdict:
    x = np.linspace(-2.5, 2.5, 12)
    target = np.exp(-0.5 * x**2) * (1 + 0.5 * np.sin(2 * x))
    target /= target.sum()
    proposal = np.exp(-0.5 * ((x - 0.4) / 1.3) ** 2)
    proposal /= proposal.sum()
    shifts = {"log_gamma": 3.0, "log_q": -7.0}  # constants that nobody knows

    def log_gamma(value):
        return float(np.interp(value, x, np.log(target))) + shifts["log_gamma"]

    def log_q(value):
        return float(np.interp(value, x, np.log(proposal))) + shifts["log_q"]

    size = len(x)
    ratio = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            got = call(answer, log_gamma, log_q, float(x[i]), float(x[j]))
            ratio[i, j] = number(got, "the result")

    def verdict_of(log_ratio):
        transition = proposal[None, :] * np.exp(np.minimum(log_ratio, 0.0))
        np.fill_diagonal(transition, 0.0)
        np.fill_diagonal(transition, 1 - transition.sum(axis=1))
        # An answer may compute in 32 bits, with constants of size 10; wrong ones are off by 1e-3.
        return checks.detailed_balance(transition, target, tolerance=1e-6)

    found = verdict_of(ratio)
    log_w = np.log(target) - np.log(proposal)
    right = log_w[None, :] - log_w[:, None]
    if found.passed and np.allclose(ratio, right, atol=1e-4):
        return Verdict(True, found.property, "flows between all pairs of points are equal")
    if found.passed:  # another rule that balances, such as Barker's, or never moving
        return Verdict(
            False,
            "ratio",
            "the flows balance, but it is not the logarithm of the Hastings ratio",
        )
    hint = ""
    gamma_only = np.log(target)[None, :] - np.log(target)[:, None]
    q_only = np.log(proposal)[None, :] - np.log(proposal)[:, None]
    for wrong, why in (
        (-right, "upside down: it accepts where the weight falls"),
        (gamma_only, "log q is missing, which only a symmetric proposal may leave out"),
        (gamma_only + q_only, "the two terms of log q are the wrong way round"),
        (np.exp(right), "this is the ratio itself; its logarithm is asked for"),
    ):
        if np.allclose(ratio, wrong, atol=1e-4):
            hint = f"; {why}"
    return Verdict(False, found.property, found.message + hint)


class _LateDraws:
    """Draws that arrive some time after the call has returned, as JAX's do."""

    def __init__(self, values: np.ndarray, seconds: float):
        self._values, self._ready_at = values, time.perf_counter() + seconds

    @property
    def shape(self) -> tuple[int, ...]:
        """Known before the numbers are."""
        return self._values.shape

    @property
    def size(self) -> int:
        """Known before the numbers are."""
        return self._values.size

    def block_until_ready(self) -> "_LateDraws":
        """Wait for the numbers."""
        time.sleep(max(0.0, self._ready_at - time.perf_counter()))
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """Wait, and hand them out."""
        self.block_until_ready()
        return np.array(self._values, dtype=dtype)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Wait, and hand some of them out."""
        return np.asarray(self)[index]


def _columns() -> np.ndarray:
    """Draws of two unknowns: one forgets at once, one slowly."""
    from scipy.signal import lfilter

    noise = np.random.default_rng(124).standard_normal((4, 2000, 2))
    noise[:, 0, 1] /= np.sqrt(1 - 0.9**2)
    noise[..., 1] = lfilter([1.0], [1.0, -0.9], noise[..., 1], axis=1)
    return noise


@exercise("12.4")
def _honest_benchmark(answer: Callable) -> Verdict:
    from course_utils.ess import min_ess

    values = _columns()
    ess, work_s, compile_s = min_ess(values), 0.1, 0.8
    best_rate = 0.0
    for _ in range(3):  # a busy machine makes a time too long, never too short
        calls: list[None] = []

        def run(calls=calls):
            calls.append(None)
            time.sleep(compile_s if len(calls) == 1 else 0.0)
            return _LateDraws(values, work_s)

        rate = number(call(answer, run), "the result")
        if not calls:
            return Verdict(False, "waits for the result", "`run` was never called")
        if rate <= 0:
            return Verdict(False, "counts information", f"a rate of {rate:g} is not positive")
        if len(calls) < 2:
            return Verdict(
                False,
                "compiling apart",
                "`run` was called once, and its first call compiles; time another one",
            )
        best_rate = max(best_rate, rate)
        verdict = _judge_rate(best_rate, values, ess, work_s, compile_s)
        if verdict.passed:
            break
    return verdict


def _judge_rate(
    rate: float, values: np.ndarray, ess: float, work_s: float, compile_s: float
) -> Verdict:
    """Say from the rate alone what was counted, and between which moments."""
    from course_utils.ess import min_ess

    # What the clock showed, if effective draws were counted, if all draws were, if numbers were.
    best = {"worst": ess, "first": min_ess(values[..., :1]), "draws": 8000, "numbers": 16_000}
    seconds = {name: count / rate for name, count in best.items()}
    # A sleep is never too short; a busy machine may make it up to twice as long.
    right = {name: 0.9 * work_s <= s <= 2.2 * work_s for name, s in seconds.items()}
    if right["worst"]:
        return Verdict(
            True,
            "counts information",
            "effective draws of the worst unknown, timed to their arrival, compiling left out",
        )
    if right["draws"] or right["numbers"] or right["first"]:
        # One unknown is white noise: its effective draws are about as many as its draws.
        return Verdict(
            False,
            "counts information",
            f"{rate:.0f} a second is a rate of draws, or that of the unknown that mixes best; "
            f"8000 draws are worth {ess:.0f} effective ones of the worst unknown",
        )
    if 0.5 * compile_s < seconds["worst"] < 4 * compile_s:
        return Verdict(
            False,
            "compiling apart",
            f"{rate:.3g} a second is what comes out if the call that compiles is timed too",
        )
    if seconds["numbers"] < 0.9 * work_s:
        return Verdict(
            False,
            "waits for the result",
            f"{rate:.3g} a second: the clock stopped when the call returned, before the draws "
            "had arrived",
        )
    return Verdict(
        False,
        "counts information",
        f"{rate:.3g} a second; {ess:.0f} effective draws in {work_s:g} s are {ess / work_s:.0f}",
    )


@exercise("12.5")
def _choice(answer: Callable) -> Verdict:
    import jax

    raw = call(answer, jax.random.key(125))
    try:
        draws = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError):
        raise KeepWorking("an array of draws is expected, shape (4, num_draws, 10)") from None
    if draws.ndim != 3 or draws.shape[0] != 4 or draws.shape[2] != DIM or draws.shape[1] < 4:
        return Verdict(False, "shape", f"it is {draws.shape}; wanted is (4, num_draws, {DIM})")
    if draws.shape[1] > MOST_DRAWS:
        return Verdict(
            False, "budget", f"{draws.shape[1]} draws a chain; at most {MOST_DRAWS} are allowed"
        )
    if not np.isfinite(draws).all():
        return Verdict(False, "finite", "some draws are not finite")
    if np.ptp(draws, axis=1).min() == 0:
        return Verdict(False, "movement", "a chain never changes one of its coordinates")
    # The mean of x[i] x[j] over all pairs.
    pairs = (draws.sum(axis=-1) ** 2 - (draws**2).sum(axis=-1)) / (DIM * (DIM - 1))
    # x[i+1] − x[i] is narrow, so its square tells correlations near 1 apart.
    gaps = (np.diff(draws, axis=-1) ** 2).mean(axis=-1)
    # Ten means, ten squares and two products share a false alarm of one in a thousand.
    alpha = 1e-3 / (2 * DIM + 2)
    looks = [(draws[..., i], 0.0, "posterior mean", f"x[{i}]") for i in range(DIM)]
    looks += [(draws[..., i] ** 2, 1.0, "spread", f"x[{i}]²") for i in range(DIM)]
    looks.append((pairs, CORRELATION, "correlation", "x[i] x[j], all pairs"))
    looks.append((gaps, 2 * (1 - CORRELATION), "correlation", "(x[i+1] − x[i])²"))
    for values, exact, named, what in looks:
        verdict = checks.mean_within_mcse(values, exact, what, alpha=alpha, min_ess=FEWEST_ESS)
        if not verdict.passed:
            named = "effective draws" if verdict.property == "effective draws" else named
            return Verdict(False, named, verdict.message)
    return Verdict(True, "effective draws", "enough of them, and means, spread, correlation agree")
