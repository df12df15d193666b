"""Where the wall time of one job goes."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from course_utils.memory import peak_memory

PHASES = ("import", "compile", "warmup", "sampling")


class Clock:
    """Split the time from the start of a process to the last draw into phases.

    Whatever no phase claims, such as starting Python and collecting draws, is ``other``. To be used
    in a ``with`` block, which also ends the watch over memory.

    Parameters
    ----------
    spawned_at : float
        When the process was started, in seconds since the epoch.
    """

    def __init__(self, spawned_at: float) -> None:
        self.spawned_at = spawned_at
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self.wall_s: float | None = None
        self._watch = ExitStack()

    def __enter__(self) -> Self:
        """Begin to watch the memory."""
        self._memory = self._watch.enter_context(peak_memory(interval=0.05))
        return self

    def __exit__(self, *_error: object) -> None:
        """End the watch, also after an error."""
        self._watch.close()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time of a ``with`` block to a phase."""
        begin = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - begin)

    def add(self, name: str, seconds: float) -> None:
        """Add seconds that were found in another way; allowed after ``stop`` as well."""
        if name not in self.seconds:
            raise ValueError(f"name: got {name!r}, allowed are {', '.join(PHASES)}")
        self.seconds[name] += seconds

    def stop(self) -> None:
        """Say that the draws are in hand: the wall clock and the memory watch end here."""
        self.wall_s = time.time() - self.spawned_at
        self._watch.close()

    def report(self) -> dict[str, Any]:
        """Return seconds per phase, in all, and the memory in MB."""
        if self.wall_s is None:
            raise RuntimeError("stop() must be called when the draws are in hand")
        seconds = {f"{name}_s": value for name, value in self.seconds.items()}
        other = self.wall_s - sum(self.seconds.values())
        return seconds | {
            "other_s": other,
            "wall_s": self.wall_s,
            "peak_memory_mb": self._memory.peak_mb,
            "start_memory_mb": self._memory.start_mb,
        }
