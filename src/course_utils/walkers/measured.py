"""One job of the benchmark of :mod:`course_utils.bench.walk`, in a process of its own.

This module also runs in the environments of other systems, so it imports little.
"""

import importlib
import statistics
import time
from typing import Any

import numpy as np

from course_utils.bench.clock import Clock
from course_utils.walkers import SYSTEMS, Mixture

SEED = 4


def measure(
    job: dict[str, Any], data: dict[str, np.ndarray], clock: Clock
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Get a program ready, run it once, and then up to ``repeats`` times more.

    As many times as ``budget_s`` seconds allow, but 3 if one run does not take longer than that,
    and 1 in any case.

    What compiles does so while it gets ready, or in its first run; so *compile* is the time to get
    ready, and what the first run took longer than the median of the others.
    """
    system = SYSTEMS[job["system"]]
    _limit_memory(job["limit_gb"])
    with clock.phase("import"):
        module = importlib.import_module(f"course_utils.walkers.{system.module}")
    target = Mixture(*(data[name].astype(np.float32)[:, None] for name in Mixture._fields))
    begin = time.perf_counter()
    run = getattr(module, system.program)(target, job["chains"], job["draws"])
    ready_s = time.perf_counter() - begin
    seconds, kept = [], []
    num_runs = 1 + job["repeats"]
    while len(seconds) < num_runs:
        starts = data["starts"][len(seconds)]
        begin = time.perf_counter()
        moments = run(SEED + len(seconds), starts)
        seconds.append(time.perf_counter() - begin)
        kept.append([np.asarray(one) for one in moments])
        if len(seconds) == 1:
            fit = int(job["budget_s"] / seconds[0])
            num_runs = 1 + min(job["repeats"], max(fit, 3 if fit else 1))
    clock.stop()
    first, *steady = seconds
    run_s = statistics.median(steady)
    clock.add("compile", ready_s + max(0.0, first - run_s))
    clock.add("sampling", run_s)
    names = ("position", "mean", "mean_square", "acceptance_rate")
    columns = map(np.stack, zip(*kept, strict=True))
    return dict(zip(names, columns, strict=True)), {
        "first_s": ready_s + first,
        "run_s": steady,
        "device": "cpu",
        "devices": system.devices,
        "dtype": str(kept[0][1].dtype),
    }


def _limit_memory(gigabytes: float | None) -> None:
    """Let the process fail when it asks for more memory, where the system can see to it."""
    if gigabytes is None:
        return
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (int(gigabytes * 1e9),) * 2)
