"""Was the machine ours alone? A time measured beside other work is not worth recording."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


class Neighbours:
    """How much of the machine other programs used inside :func:`watch_neighbours`.

    Attributes
    ----------
    share : float or None
        Part of all cores' time, between 0 and 1; ``None`` while the block runs, and where the
        system does not tell the time of ended child processes (Windows).
    """

    share: float | None = None


@contextmanager
def watch_neighbours() -> Iterator[Neighbours]:
    """Compare the processor time of the whole machine with that of this process and its children.

    Children count once they have ended and been waited for.
    """
    found = Neighbours()
    busy, own, begin = _busy_seconds(), _own_seconds(), time.perf_counter()
    yield found
    elapsed = (time.perf_counter() - begin) * (psutil.cpu_count() or 1)
    if os.name == "posix":
        others = _busy_seconds() - busy - (_own_seconds() - own)
        found.share = min(1.0, max(0.0, others / elapsed))


def wait_for_quiet(limit: float, pause_s: float = 2.0) -> float:
    """Return when others leave at least ``1 - limit`` of the machine; the seconds that it took."""
    begin = time.perf_counter()
    while psutil.cpu_percent(interval=pause_s) > 100 * limit:
        pass
    return time.perf_counter() - begin


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    # Linux counts a guest's time inside user and nice as well; waiting for a disk is not work.
    idle = times.idle + getattr(times, "iowait", 0.0)
    guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return sum(times) - idle - guest


def _own_seconds() -> float:
    return sum(os.times()[:4])
