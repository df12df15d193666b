"""Run jobs one after another, each in a fresh process, and keep every result at once."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from course_utils.bench.clock import PHASES, Clock
from course_utils.bench.quiet import wait_for_quiet, watch_neighbours
from course_utils.machine import describe_machine, version_of

VERSIONS = ("jax", "numpyro", "blackjax", "pymc", "pytensor", "nutpie", "numpy", "arviz")
# Of systems in environments of their own.
VERSIONS += ("tfp-nightly", "tensorflow", "tensorflow-cpu", "edward2", "pystan", "httpstan")
VERSIONS += ("pyro-ppl", "torch")
# Fields of a job that say how large it is.
SIZES = ("model", "chains", "size")
Job = dict[str, Any]
Row = dict[str, Any]
Arrays = dict[str, np.ndarray]


def rates_of_one_run(row: Row) -> Row:
    """Effective draws per second, of sampling alone and of a whole call of the sampler."""
    call_s = row["compile_s"] + row["warmup_s"] + row["sampling_s"]
    return {"ess_per_s": row["ess"] / row["sampling_s"], "ess_per_s_call": row["ess"] / call_s}


class Benchmark(NamedTuple):
    """What a benchmark says about its jobs.

    Attributes
    ----------
    measure : Callable
        ``(job, data, clock) -> (draws, notes)``, called in the worker: do the job, tell the clock,
        return the draws, arrays ``(chain, draw, ...)`` by name, and further fields of the row. Its
        module must not import a library whose import is to be timed.
    data : Callable
        ``(job) -> dict of arrays`` for the worker.
    summarize : Callable
        ``(job, draws) -> dict``: the row's fields that are computed from the draws, at
        least ``agrees`` (with the exact answer) and what ``rates`` needs.
    environment : Callable
        ``(job) -> dict``: environment variables for the worker.
    unavailable : Callable
        ``(job) -> str or None``: why the job cannot be run here.
    rates : Callable
        ``(row) -> dict``: fields computed from times and draws together, at least ``ess_per_s``.
    elsewhere : Callable
        ``(job) -> (interpreter, module) or None``: another Python that does the job, and the module
        whose ``measure`` it calls. None stands for this Python and the module of ``measure``.
    """

    measure: Callable[[Job, Arrays, Clock], tuple[Arrays, Row]]
    data: Callable[[Job], Arrays]
    summarize: Callable[[Job, Arrays], Row]
    environment: Callable[[Job], dict[str, str]]
    unavailable: Callable[[Job], str | None]
    rates: Callable[[Row], Row] = rates_of_one_run
    elsewhere: Callable[[Job], tuple[str, str] | None] = lambda job: None


def read_rows(file: Path) -> list[Row]:
    """Read the rows of a results file; a last line cut short by a kill is left out."""
    if not file.exists():
        return []
    *lines, _cut_short = file.read_text().split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def append_row(file: Path, row: Row) -> None:
    """Append one row as a line and push it to the disk; a line cut short is removed first."""
    with file.open("a+b") as handle:
        handle.seek(0)
        content = handle.read()
        handle.truncate(content.rfind(b"\n") + 1)
        handle.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def is_row_of(row: Row, job: Job) -> bool:
    """Tell whether a row holds the finished result of a job: all fields of the job are equal."""
    return row.get("status") == "ok" and all(row.get(name) == job[name] for name in job)


def run_jobs(
    benchmark: Benchmark,
    jobs: Sequence[Job],
    file: Path,
    *,
    time_limit_s: float,
    max_others: float = 1.0,
    console: Console | None = None,
) -> list[Row]:
    """Run every job that has no finished row yet; one JSON line a job.

    Parameters
    ----------
    benchmark : Benchmark
        How a job is measured.
    jobs : sequence of dict
        What distinguishes a result from others, such as system, size and repeat.
    file : Path
        Results are appended here, each as soon as it is there.
    time_limit_s : float
        A job that takes longer is stopped, with a row that says so.
    max_others : float
        Largest share of the machine that other programs may use. Below 1, a job waits until they
        use less, and one that they disturbed has no result.
    console : Console, optional
        Where progress is shown; standard error by default.

    Returns
    -------
    list of dict
        The rows of ``jobs``, the old ones and the new ones. A job without result has a row with
        ``status`` "not run" and ``why``.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    old = read_rows(file)
    finished = [next((row for row in old if is_row_of(row, job)), None) for job in jobs]
    rows = [row for row in finished if row]
    todo = [job for job, row in zip(jobs, finished, strict=True) if row is None]
    console = console or Console(stderr=True)
    if rows:
        console.print(f"{len(rows)} of {len(jobs)} rows are in {file.name} already")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task("", total=len(jobs), completed=len(rows))
        for number, job in enumerate(todo):
            left = _remaining(todo[number:], rows)
            progress.update(bar, description=f"{label(job)}, {left} left")
            why = benchmark.unavailable(job)
            if not why and max_others < 1:
                wait_for_quiet(max_others)
            result = _not_run(why) if why else _run(benchmark, job, time_limit_s, max_others)
            row = job | result
            append_row(file, row)
            rows.append(row)
            progress.console.print(one_line(row))
            progress.advance(bar)
    return rows


def _run(benchmark: Benchmark, job: Job, time_limit_s: float, max_others: float) -> Row:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        np.savez(folder / "data.npz", **benchmark.data(job))
        place = benchmark.elsewhere(job)
        interpreter, module = place or (sys.executable, benchmark.measure.__module__)
        environment = _cold(folder) | benchmark.environment(job)
        if place:  # Stan keeps what it compiled here
            environment["XDG_CACHE_HOME"] = str(folder / "cache")
        spec = job | {"module": module, "packages": VERSIONS, "spawned_at": time.time()}
        (folder / "job.json").write_text(json.dumps(spec))
        command = [interpreter, "-m", "course_utils.bench.worker", str(folder)]
        with watch_neighbours() as neighbours:
            failure = _wait(command, environment, folder, time_limit_s, cwd=place and folder)
        if failure:
            return _not_run(failure)
        if (neighbours.share or 0.0) > max_others:
            return _not_run(f"disturbed: others used {neighbours.share:.0%} of the machine")
        with np.load(folder / "draws.npz") as arrays:
            draws = dict(arrays)
        times = json.loads((folder / "times.json").read_text())
    times["versions"] |= {"arviz": version_of("arviz")}  # which computes the effective draws here
    row = {"status": "ok"} | times | benchmark.summarize(job, draws)
    return row | benchmark.rates(job | row) | {"others_share": neighbours.share}


def _not_run(why: str) -> Row:
    return {"status": "not run", "why": why} | describe_machine(VERSIONS)


def _cold(folder: Path) -> dict[str, str]:
    """Environment in which no library finds programs that an earlier process compiled."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JAX_COMPILATION_CACHE")}
    return kept | {
        "PYTENSOR_FLAGS": f"base_compiledir={folder / 'pytensor'}",
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "PYTHONWARNINGS": "ignore",
    }


def _wait(
    command: list[str],
    environment: dict[str, str],
    folder: Path,
    time_limit_s: float,
    cwd: Path | None,
) -> str | None:
    """Run a command to its end; return why it failed, or ``None``."""
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=output, stderr=output)
        try:
            process.wait(timeout=time_limit_s)
        except subprocess.TimeoutExpired:
            return f"stopped after {time_limit_s:g} s"
        finally:
            _end(process)
    if process.returncode == 0:
        return None
    failure = folder / "failure.txt"
    return failure.read_text() if failure.exists() else f"exit status {process.returncode}"


def _end(process: subprocess.Popen) -> None:
    """End a process that still runs, and the processes that it started."""
    if process.poll() is not None:
        return
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for member in family:
        member.kill()
    process.wait()


def _remaining(todo: Sequence[Job], rows: Sequence[Row]) -> str:
    """Guess the time for the jobs to do: that of finished rows of the same system and size."""
    done = [row for row in rows if row.get("status") == "ok"]
    if not done:
        return "unknown time"

    def guess(job: Job) -> float:
        for names in (("system", *SIZES), SIZES, ()):
            alike = [r["wall_s"] for r in done if all(r.get(n) == job.get(n) for n in names)]
            if alike:
                return statistics.median(alike)
        raise AssertionError("rows without a wall time")

    minutes, seconds = divmod(round(sum(map(guess, todo))), 60)
    return f"about {minutes} min" if minutes else f"about {seconds} s"


def label(job: Job) -> str:
    """Name a job in a few words."""
    names = [name for name in ("system", *SIZES, "repeat") if name in job]
    return ", ".join(job[n] if isinstance(job[n], str) else f"{n} {job[n]:,}" for n in names)


def one_line(row: Row) -> str:
    """Say in one line what came out of a job."""
    if row["status"] != "ok":
        return f"{label(row)}: not run: {row['why']}"
    phases = ", ".join(f"{name} {row[f'{name}_s']:.2f}" for name in PHASES)
    return (
        f"{label(row)}: wall {row['wall_s']:.1f} s ({phases}), {row['peak_memory_mb']:.0f} MB, "
        f"{row['ess_per_s']:.0f} ESS/s, {'agrees' if row['agrees'] else 'DISAGREES'} with the "
        "exact answer"
    )
