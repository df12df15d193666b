"""Wrong stopwatches: each reports a time or a rate that means something else."""

import time
from collections.abc import Callable

import jax
import numpy as np

from course_utils.timing import Timing, time_python


def right_timer(fun: Callable) -> float:
    """Return the median of five steady calls, each waited for: the course's helper."""
    return time_python(fun).median_s


def stops_at_the_return(fun: Callable) -> float:
    """Stop the clock when the call returns; JAX returns before the work is done."""
    fun()
    begin = time.perf_counter()
    fun()
    return time.perf_counter() - begin


def counts_the_compiling(fun: Callable) -> float:
    """Time the first call, which compiles."""
    begin = time.perf_counter()
    jax.block_until_ready(fun())
    return time.perf_counter() - begin


def draws_per_second(draws: np.ndarray, seconds: float) -> float:
    """Count draws, however much they repeat each other."""
    return draws.shape[0] * draws.shape[1] / seconds


def _sum_of(dtype: type) -> Timing:
    numbers = np.ones(1000, dtype)
    return time_python(lambda: numbers + numbers, name=f"sum in {np.dtype(dtype)}")


def float32_against_float32() -> tuple[Timing, Timing]:
    """Time two programs on the same kind of number: the right comparison."""
    return _sum_of(np.float32), _sum_of(np.float32)


def float32_against_float64() -> tuple[Timing, Timing]:
    """Time one program in single and the other in double precision."""
    return _sum_of(np.float32), _sum_of(np.float64)


TIMERS = {timer.__name__: timer for timer in (stops_at_the_return, counts_the_compiling)}
