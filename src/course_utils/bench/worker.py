"""One job in a process of its own: ``python -m course_utils.bench.worker FOLDER``.

The folder holds ``job.json``, and ``data.npz`` where the job has data; the worker leaves
``times.json`` and ``draws.npz`` there. It imports nothing heavy itself, so that the import of a
library is timed and its memory counted.
"""

import importlib
import json
import sys
from pathlib import Path

import numpy as np

from course_utils.bench.clock import Clock


def main(folder: Path) -> None:
    """Measure the job in ``folder`` and leave its results there."""
    job = json.loads((folder / "job.json").read_text())
    clock = Clock(job["spawned_at"])
    with np.load(folder / "data.npz") as arrays:
        data = dict(arrays)
    draws, notes = importlib.import_module(job["module"]).measure(job, data, clock)
    np.savez(folder / "draws.npz", **draws)
    (folder / "times.json").write_text(json.dumps(clock.report() | notes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
