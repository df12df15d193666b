"""Honest timing of JAX programs: trace, compile, first call and steady calls, told apart.

Three traps make a program look faster or slower than it is, and the helpers here close them. JAX
returns before the work is done, so every call is waited for. The first call compiles, so
compilation is measured on its own and *counted*. Draws are not information, so samplers are
compared by effective draws per second.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax

from course_utils.arguments import require_integer
from course_utils.compiles import CompileLog, count_compiles
from course_utils.ess import ess_per_gradient, ess_per_second, min_ess
from course_utils.machine import describe_machine
from course_utils.memory import peak_memory

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CompileLog",
    "Timing",
    "compare",
    "count_compiles",
    "ess_per_gradient",
    "ess_per_second",
    "min_ess",
    "peak_memory",
    "time_jax",
    "time_python",
]


@dataclass(frozen=True)
class Timing:
    """What one program costs, in seconds; printed as one line.

    Attributes
    ----------
    name : str
        What was timed.
    trace_s, compile_s : float
        Tracing and lowering to XLA's language; compiling that. Both 0 for a function that is not
        compiled.
    first_s : float
        First call of the compiled program.
    steady_s : tuple of float
        The calls after it, each waited for.
    dispatch_s : float
        Median time after which a steady call *returned*. JAX returns before the work is done, so
        a clock stopped here would have reported this.
    compiles : int
        Programs compiled from the first trace to the last call; 1 is right for one function.
    recompiles : int
        Those among them that a steady call compiled; anything but 0 spoils ``steady_s``.
    peak_memory_mb : float
        Most memory the process held during one more call (see :func:`peak_memory`).
    device, dtype : str
        Where the result lives and of what kind its numbers are.
    machine : dict
        See :func:`course_utils.machine.describe_machine`.
    """

    name: str
    trace_s: float
    compile_s: float
    first_s: float
    steady_s: tuple[float, ...]
    dispatch_s: float
    compiles: int
    recompiles: int
    peak_memory_mb: float
    device: str
    dtype: str
    machine: Mapping[str, Any]

    @property
    def median_s(self) -> float:
        """Median of the steady calls."""
        return statistics.median(self.steady_s)

    @property
    def range_s(self) -> tuple[float, float]:
        """Fastest and slowest of the steady calls."""
        return min(self.steady_s), max(self.steady_s)

    def __str__(self) -> str:
        """One line: the four times, the range, the compilations, and where it ran."""
        low, high = map(_seconds, self.range_s)
        return (
            f"{self.name}: trace {_seconds(self.trace_s)}, compile {_seconds(self.compile_s)}, "
            f"first {_seconds(self.first_s)}, steady {_seconds(self.median_s)} ({low} to {high}, "
            f"{len(self.steady_s)} calls), {self.compiles} compiled, peak "
            f"{self.peak_memory_mb:.0f} MB; {self.dtype} on {self.device}, "
            f"{self.machine['threads']} threads, {self.machine['date'][:10]}"
        )


def time_jax(fun: Callable, *args: Any, repeats: int = 5, name: str | None = None) -> Timing:
    """Time a JAX function: trace, compile, first call, steady calls.

    Hand in the function object that will be used later: JAX remembers compiled programs by
    function object, shapes, dtypes and static values. A function that is already compiled for
    these arguments shows ``compiles=0``.

    Parameters
    ----------
    fun : Callable
        A jitted function, or a plain one, which is then jitted.
    *args
        Its arguments; put them on the device beforehand, or their transfer is timed as well.
    repeats : int
        Number of steady calls, at least 1; report at least 5.
    name : str, optional
        Label; the function's own name by default.

    Returns
    -------
    Timing

    Raises
    ------
    TypeError
        If ``fun`` cannot be called.
    ValueError
        If ``repeats`` is no integer of at least 1.

    References
    ----------
    JAX documentation, "Benchmarking JAX code".
    """
    _check_call(fun, repeats)
    jitted = fun if hasattr(fun, "trace") else jax.jit(fun)
    with count_compiles() as log:
        begin = time.perf_counter()
        lowered = jitted.trace(*args).lower()
        traced = time.perf_counter()
        lowered.compile()
        compiled = time.perf_counter()
        measured = _time_calls(jitted, args, repeats, log)
    return Timing(
        name=name or getattr(fun, "__name__", "function"),
        trace_s=traced - begin,
        compile_s=compiled - traced,
        **measured,
    )


def time_python(fun: Callable, *args: Any, repeats: int = 5, name: str | None = None) -> Timing:
    """Time a function as it is, without compiling it: the by-hand version beside the fast one.

    Parameters, returns and errors as in :func:`time_jax`; ``trace_s`` and ``compile_s`` are 0.
    Whatever the function itself compiles shows in ``compiles``, and in ``recompiles`` where a
    steady call does it again.
    """
    _check_call(fun, repeats)
    with count_compiles() as log:
        measured = _time_calls(fun, args, repeats, log)
    return Timing(
        name=name or getattr(fun, "__name__", "function"), trace_s=0.0, compile_s=0.0, **measured
    )


def _check_call(fun: Callable, repeats: int) -> None:
    if not callable(fun):
        raise TypeError(f"fun: got {type(fun).__name__}, allowed is a function")
    require_integer("repeats", repeats)


def _time_calls(fun: Callable, args: tuple, repeats: int, log: CompileLog) -> dict[str, Any]:
    def call() -> tuple[Any, float, float]:
        begin = time.perf_counter()
        result = fun(*args)
        returned = time.perf_counter()
        jax.block_until_ready(result)
        return result, returned - begin, time.perf_counter() - begin

    result, _, first = call()
    compiles = log.count
    calls = [call()[1:] for _ in range(repeats)]
    recompiles = log.count - compiles
    with peak_memory() as memory:
        call()
    leaves = [leaf for leaf in jax.tree.leaves(result) if hasattr(leaf, "dtype")]
    devices = {d for leaf in leaves if isinstance(leaf, jax.Array) for d in leaf.devices()}
    return {
        "first_s": first,
        "steady_s": tuple(ready for _, ready in calls),
        "dispatch_s": statistics.median(dispatch for dispatch, _ in calls),
        "compiles": compiles + recompiles,
        "recompiles": recompiles,
        "peak_memory_mb": memory.peak_mb,
        "device": ", ".join(sorted({d.device_kind for d in devices})) or "cpu",
        "dtype": "+".join(sorted({str(leaf.dtype) for leaf in leaves})) or type(result).__name__,
        "machine": describe_machine(),
    }


def _seconds(value: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1:
            return f"{value * scale:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def compare(timings: Iterable[Timing]) -> "pd.DataFrame":
    """Set timings side by side.

    Parameters
    ----------
    timings : Iterable of Timing
        At least one; the first is what the others are compared with.

    Returns
    -------
    pandas.DataFrame
        One row a timing: seconds, the median's ratio to the first row's (> 1: faster than it),
        the compilations, the peak memory, dtype and device.
    """
    import pandas as pd

    timings = list(timings)
    if not timings:
        raise ValueError("timings: got none, allowed is at least one Timing")
    return pd.DataFrame(
        {
            "trace_s": t.trace_s,
            "compile_s": t.compile_s,
            "first_s": t.first_s,
            "median_s": t.median_s,
            "fastest_s": t.range_s[0],
            "slowest_s": t.range_s[1],
            "times_faster": timings[0].median_s / t.median_s,
            "compiles": t.compiles,
            "peak_memory_mb": t.peak_memory_mb,
            "dtype": t.dtype,
            "device": t.device,
        }
        for t in timings
    ).set_axis([t.name for t in timings])
