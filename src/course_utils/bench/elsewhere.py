"""Systems that live in environments of their own, which ``make peers`` builds.

Like :mod:`course_utils.bench.whole`, each finds step size and metric itself, and does the whole job
``repeats`` + 1 times in one process. How the phases are told apart: a system that compiles while it
runs for the first time does not say for how long, so *compile* is the time to get ready, and what
the first run took longer than the median of the others. These are divided between warm-up and
sampling: with Stan as Stan says itself, with Pyro by when each draw began, with TensorFlow
Probability and Edward2 in proportion to the leapfrog steps that the slowest chain took.

This module runs in those environments too. So it imports little, and is valid in Python 3.11.
"""

import importlib
import os
import re
import statistics
import time
from pathlib import Path
from typing import Any, NamedTuple

import course_utils
from course_utils.bench.clock import Clock
from course_utils.bench.systems import Arrays, Notes, Settings

SEED = 7
SOURCE = Path(course_utils.__file__).resolve().parents[1]
MODELS = (
    "binomial",
    "eight_schools_noncentered",
    "line",
    "line_with_outliers",
    "bradley_terry",
)


class Peer(NamedTuple):
    """A system: its program in :mod:`course_utils.peers`, and the environment ``.venv-NAME``."""

    program: str
    environment: str

    @property
    def folder(self) -> Path:
        """The environment."""
        return SOURCE.parent / f".venv-{self.environment}"

    @property
    def interpreter(self) -> Path:
        """The environment's Python."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def missing(self) -> str | None:
        """Why nothing can be run in the environment, if so."""
        if (self.folder / ".stamp").exists() and self.interpreter.exists():
            return None
        return f"{self.folder.name} is not there, `make peers` builds it"


PEERS = {
    "tfp-jax": Peer("tfp_jax", "peers"),
    "tfp-xla": Peer("tfp_xla", "peers"),
    "tfp-graph": Peer("tfp_graph", "peers"),
    "edward2": Peer("edward2", "peers"),
    "stan": Peer("stan", "peers"),
    "pyro": Peer("pyro", "pyro"),
    "pyro-jit": Peer("pyro_jit", "pyro"),
}


def program_name(model: str) -> str:
    """Return the program of a model, whose name may end in the size of its data."""
    return re.sub(r"_\d+$", "", model)


def unavailable(job: dict[str, Any]) -> str | None:
    """Say why a job cannot be run here, if so."""
    if why := PEERS[job["system"]].missing:
        return why
    if program_name(job["model"]) not in MODELS:
        return f"no program for this model; allowed are {', '.join(MODELS)}"
    return None


def data_of(job: dict[str, Any]) -> Arrays:
    """Return the data of a job's model, column by column."""
    import numpy as np

    from course_utils.models import registry

    columns = registry.build(job["model"]).data._asdict()
    return {name: np.asarray(values) for name, values in columns.items()}


def measure(job: dict[str, Any], data: Arrays, clock: Clock) -> tuple[Arrays, Notes]:
    """Get a system ready, run it once and ``repeats`` times more, each with a new seed."""
    import numpy as np

    with clock.phase("import"):
        program = importlib.import_module(f"course_utils.peers.{PEERS[job['system']].program}")
    settings = Settings(job["chains"], job["warmup"], job["draws"], SEED)
    begin = time.perf_counter()
    sample = program.prepare(program_name(job["model"]), data, settings)
    ready_s = time.perf_counter() - begin
    seconds, kept = [], []
    for number in range(job["repeats"] + 1):
        begin = time.perf_counter()
        kept.append(sample(SEED + number))
        seconds.append(time.perf_counter() - begin)
    clock.stop()
    first, *steady = seconds
    runs, notes = zip(*kept[1:], strict=True)
    run_s = statistics.median(steady)
    sampling_s = [note["sampling_share"] * run for note, run in zip(notes, steady, strict=True)]
    warmup_s = [run - part for part, run in zip(sampling_s, steady, strict=True)]
    clock.add("compile", ready_s + max(0.0, first - run_s))
    clock.add("warmup", statistics.median(warmup_s))
    clock.add("sampling", statistics.median(sampling_s))
    draws = {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}
    counts = [note["leapfrogs"] for note in notes]
    leapfrogs = None
    if None not in counts:
        leapfrogs = statistics.mean(counts) / (job["chains"] * job["draws"])
    return draws, {
        "first_s": ready_s + first,
        "run_s": steady,
        "warmup_run_s": warmup_s,
        "sampling_run_s": sampling_s,
        "compiles": None,
        "recompiles": None,
        "mean_leapfrogs": leapfrogs,
        "iterations_per_draw": None,
        "divergences": statistics.mean(note["divergences"] for note in notes),
        "device": "cpu",
        "dtype": str(next(iter(draws.values())).dtype),
        "ess_runs": job["repeats"],
    }
