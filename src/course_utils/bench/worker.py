"""One job in a process of its own: ``python -m course_utils.bench.worker FOLDER``.

The folder holds ``job.json`` and ``data.npz``; the worker leaves ``times.json`` and ``draws.npz``
there, or ``failure.txt``. It imports nothing heavy itself, so that the import of a library is
timed and its memory counted. It also runs in the environments of other systems, whose Python may be
as old as 3.11.
"""

import importlib
import json
import sys
from pathlib import Path

import numpy as np

from course_utils.bench.clock import Clock
from course_utils.machine import describe_machine


def main(folder: Path) -> None:
    """Measure the job in ``folder`` and leave its results there, or the reason why not."""
    job = json.loads((folder / "job.json").read_text())
    try:
        with Clock(job["spawned_at"]) as clock, np.load(folder / "data.npz") as data:
            measure = importlib.import_module(job["module"]).measure
            draws, notes = measure(job, dict(data), clock)
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        (folder / "failure.txt").write_text(f"{type(error).__name__}: {first}")
        raise
    np.savez(folder / "draws.npz", **draws)
    machine = describe_machine(job["packages"])
    machine["versions"] = {name: found for name, found in machine["versions"].items() if found}
    (folder / "times.json").write_text(json.dumps(clock.report() | notes | machine))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
