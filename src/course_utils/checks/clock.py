"""Checks of a stopwatch: programs whose cost is known, handed to whoever claims to measure it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from course_utils.checks.verdict import Verdict

if TYPE_CHECKING:
    from course_utils.timing import Timing

WORK_S = 0.02
COMPILE_S = 0.3


class Late:
    """Stands for an array whose numbers arrive ``WORK_S`` after the call has returned."""

    def block_until_ready(self) -> "Late":
        """Wait for the numbers."""
        time.sleep(WORK_S)
        return self


def honest_timer(timer: Callable[[Callable], float]) -> Verdict:
    """Test that a timer waits for the result and tells compiling and running apart.

    It is handed two programs. The result of the first arrives some time after the call has
    returned, as JAX's results do. The first call of the second takes long, as a call that compiles
    does, and the others take no time.

    Parameters
    ----------
    timer : Callable
        ``timer(fun) -> seconds`` that a steady call ``fun()`` takes.

    Returns
    -------
    Verdict
        Property "waits for the result" or "compiling apart". A sleep is never too short, so the
        first never fails a right timer; the second would if half of its calls that do nothing were
        each held up by a tenth of a second.
    """
    seconds = float(timer(lambda: {"late": (Late(),)}))
    if not seconds >= WORK_S:
        return Verdict(
            False,
            "waits for the result",
            f"a program that takes {WORK_S * 1e3:.0f} ms was said to take {seconds * 1e3:.3g} ms: "
            "the clock stopped when the call returned, before the numbers had arrived",
        )
    calls = []

    def slow_at_first():
        calls.append(None)
        if len(calls) == 1:
            time.sleep(COMPILE_S)

    seconds = float(timer(slow_at_first))
    return Verdict(
        seconds < COMPILE_S / 3,
        "compiling apart",
        f"a program whose first call takes {COMPILE_S * 1e3:.0f} ms and whose others take none was "
        f"said to take {seconds * 1e3:.3g} ms",
    )


def honest_rate(rate: Callable[[np.ndarray, float], float]) -> Verdict:
    """Test that a rate counts effective draws and not draws.

    It is handed draws of x_t = 0.9 x_{t−1} + noise, of which one in 19 counts: the effective sample
    size is N (1 − 0.9) / (1 + 0.9).

    Parameters
    ----------
    rate : Callable
        ``rate(draws, seconds) -> float`` with draws of shape (4, 5000, 1).

    Returns
    -------
    Verdict
        Property "counts information". A factor of 2 is allowed: the estimate of an effective size
        near 1000 varies by some 10 %, and samples per second are 19 times too many.
    """
    from scipy.signal import lfilter

    noise = np.random.default_rng(31).standard_normal((4, 5000))
    noise[:, 0] /= np.sqrt(1 - 0.9**2)  # the chain starts in its own law
    draws = lfilter([1.0], [1.0, -0.9], noise, axis=1)[..., None]
    exact = draws.size * (1 - 0.9) / (1 + 0.9)
    ratio = float(rate(draws, 2.0)) / (exact / 2.0)
    return Verdict(
        0.5 <= ratio <= 2,
        "counts information",
        f"{draws.size} draws worth {exact:.0f} independent ones, drawn in 2 s, were given a rate "
        f"{ratio:.2g} times the effective draws per second",
    )


def like_with_like(first: "Timing", second: "Timing") -> Verdict:
    """Test that two timings may be compared: same kind of number, same device, no compiling."""
    for name, one, other in (
        ("dtype", first.dtype, second.dtype),
        ("device", first.device, second.device),
        ("threads", first.machine["threads"], second.machine["threads"]),
    ):
        if one != other:
            message = f"{first.name} ran with {name} {one}, {second.name} with {other}"
            return Verdict(False, "like with like", message)
    for timing in (first, second):
        if timing.recompiles:
            message = f"{timing.recompiles} of the steady calls of {timing.name} compiled"
            return Verdict(False, "like with like", message)
    return Verdict(True, "like with like", f"both ran with {first.dtype} on {first.device}")
