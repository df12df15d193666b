"""Peak memory of a process and its children."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass
class MemoryLog:
    """Memory of a process and its children, in MB (10^6 bytes): at the start, and at most."""

    start_mb: float
    peak_mb: float


@contextmanager
def peak_memory(pid: int | None = None, interval: float = 0.01) -> Iterator[MemoryLog]:
    """Watch the memory of a process and its children from a thread.

    The look itself costs time, so looks come no closer together than twenty times their cost; a
    peak shorter than that can be missed. On Linux a page that several processes share
    is divided among them (proportional set size); elsewhere the resident set is used, and shared
    pages count once for each process.

    Parameters
    ----------
    pid : int, optional
        The process to watch; this one by default.
    interval : float
        Seconds between two looks, at least.

    Yields
    ------
    MemoryLog
        Its ``peak_mb`` grows while the block runs.
    """
    if not interval > 0:
        raise ValueError(f"interval: got {interval!r}, allowed are seconds > 0")
    process = psutil.Process(pid)
    start = _memory_mb(process)
    log = MemoryLog(start, start)
    done = threading.Event()

    def watch() -> None:
        pause = interval
        while not done.wait(pause):
            begin = time.perf_counter()
            log.peak_mb = max(log.peak_mb, _memory_mb(process))
            pause = max(interval, 20 * (time.perf_counter() - begin))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield log
    finally:
        done.set()
        thread.join()
        log.peak_mb = max(log.peak_mb, _memory_mb(process))


def _memory_mb(process: psutil.Process) -> float:
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for member in family:
        try:
            memory = member.memory_full_info() if psutil.LINUX else member.memory_info()
            total += getattr(memory, "pss", memory.rss)
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # it ended between the two looks
            continue
    return total / 1e6
