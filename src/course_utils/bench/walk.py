"""Random-walk Metropolis in every system, with equal work for all, for chapter 04.

Each job walks many chains over a mixture of normals and keeps sums instead of draws, see
:mod:`course_utils.walkers`. All chains start in exact draws of the target. So every draw of theirs
is one of the target too, and the effective sample size is known without an estimate: it is the
variance of independent draws over that of a chain's mean, which a fine grid gives
(:mod:`course_utils.grid_walk`). It is the same for all systems.
"""

from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from course_utils.bench.elsewhere import SOURCE, Peer
from course_utils.bench.jobs import Arrays, Benchmark, Job, Row, run_jobs
from course_utils.bench.options import (
    MaxOthers,
    TimeLimit,
    exit_if_wrong,
    not_installed,
    read_counts,
    read_names,
)
from course_utils.checks import dkw_envelope, ks_distance
from course_utils.grid_walk import GridWalk, grid_walk
from course_utils.models import mixture
from course_utils.models.mixture import FOUR
from course_utils.walkers import STEP_SIZE, SYSTEMS
from course_utils.walkers.measured import SEED, measure

# A right walk is beyond this many standard errors once in 150,000 comparisons.
MAX_Z = 4.5
ALPHA = 1e-5  # of the test of the last draws
# Chains, all runs together, from which on the mean of their means is as good as normal.
ENOUGH_CHAINS = 1000
GRID = (-18.0, 26.0)  # outside of it the target has less than two parts in a million


def data_of(job: Job) -> Arrays:
    """Return the target, and exact draws of it in which the chains of each run start."""
    rng = np.random.default_rng(SEED)
    loc, scale, weight = (np.asarray(column) for column in FOUR)
    component = rng.choice(len(weight), size=(1 + job["repeats"], job["chains"]), p=weight)
    starts = loc[component] + scale[component] * rng.standard_normal(component.shape)
    target = {"loc": loc, "scale": scale, "weight": weight}
    return target | {"starts": starts.astype(np.float32)}


@cache
def walk_on_grid() -> GridWalk:
    """Return the walk of this benchmark on a grid."""
    return grid_walk(lambda x: mixture.pdf(x, FOUR), STEP_SIZE, *GRID)


def summarize(job: Job, draws: Arrays) -> Row:
    """Compute effective draws from theory, and judge the chains against the exact target."""
    exact = mixture.reference(FOUR)["x"]
    walk = walk_on_grid()
    x, num_draws = walk.points, job["draws"]
    num_chains = draws["mean"].size
    row: Row = {
        "ess": job["chains"] * walk.variance(x) / walk.variance_of_mean(x, num_draws),
        "acceptance_rate": float(draws["acceptance_rate"].mean(dtype=float)),
        "num_runs": len(draws["mean"]),
    }
    for name, values, right in (
        ("mean", x, float(exact.mean)),
        ("mean_square", x**2, float(exact.mean**2 + exact.sd**2)),
    ):
        mcse = (walk.variance_of_mean(values, num_draws) / num_chains) ** 0.5
        row |= {name: float(draws[name].mean(dtype=float)), f"mcse_{name}": mcse}
        row |= {f"exact_{name}": right, f"z_{name}": (row[name] - right) / mcse}
    last = draws["position"].ravel()
    row["ks_distance"] = ks_distance(last, lambda x: mixture.cdf(x, FOUR))
    row["ks_bound"] = dkw_envelope(last.size, 1, ALPHA)
    near = all(abs(row[name]) <= MAX_Z for name in ("z_mean", "z_mean_square"))  # False for NaN
    moments_agree = near or num_chains < ENOUGH_CHAINS
    row["agrees"] = bool(moments_agree and row["ks_distance"] <= row["ks_bound"])
    return row


def rates(row: Row) -> Row:
    """Draws and effective draws per second, of a steady run and of one with its compilation."""
    once = row["compile_s"] + row["sampling_s"]
    return {
        "draws_per_s": row["size"] / row["sampling_s"],
        "ess_per_s": row["ess"] / row["sampling_s"],
        "ess_per_s_call": row["ess"] / once,
    }


def _peer(job: Job) -> Peer | None:
    """Return where a job runs, if not in this environment."""
    system = SYSTEMS[job["system"]]
    return Peer(system.module, system.environment) if system.environment else None


def environment(job: Job) -> dict[str, str]:
    """Environment variables of a job's process: the devices that JAX sees, where the package is."""
    devices = SYSTEMS[job["system"]].devices
    found = {"JAX_NUM_CPU_DEVICES": str(devices), "TF_CPP_MIN_LOG_LEVEL": "3"}
    # Elsewhere the course is not installed.
    return found | ({"PYTHONPATH": str(SOURCE)} if _peer(job) else {})


def place(job: Job) -> tuple[str, str] | None:
    """Return interpreter and module of a system in an environment of its own."""
    peer = _peer(job)
    return (str(peer.interpreter), measure.__module__) if peer else None


def missing(job: Job) -> str | None:
    """Say why a job cannot be run here, if so."""
    peer = _peer(job)
    return peer.missing if peer else not_installed(SYSTEMS[job["system"]].needs)


BENCHMARK = Benchmark(
    measure=measure,
    data=data_of,
    summarize=summarize,
    environment=environment,
    unavailable=missing,
    rates=rates,
    elsewhere=place,
)


def make_jobs(
    systems: list[str],
    chains: list[int],
    draws: list[int],
    repeats: int,
    budget_s: float,
    limit_gb: float | None,
) -> list[Job]:
    """List all jobs, systems innermost, so that a drift of the machine meets all alike."""
    return [
        {
            "benchmark": "walk",
            "system": system,
            "chains": num_chains,
            "draws": num_draws,
            "size": num_chains * num_draws,
            "repeats": repeats,
            "budget_s": budget_s,
            "limit_gb": limit_gb,
        }
        for num_draws in draws
        for num_chains in chains
        for system in systems
    ]


def command(
    systems: Annotated[str, typer.Option(help="Comma-separated.")] = ",".join(SYSTEMS),
    chains: Annotated[str, typer.Option(help="Numbers of chains, comma-separated.")] = "1000",
    draws: Annotated[str, typer.Option(help="Draws a chain, comma-separated.")] = "1000",
    repeats: Annotated[int, typer.Option(min=1, help="Runs after the first, at most.")] = 5,
    budget: Annotated[
        float, typer.Option(min=0, help="Seconds for them; one is run in any case.")
    ] = 5.0,
    memory: Annotated[
        float | None,
        typer.Option(min=0.1, help="GB that a process may ask for."),
    ] = None,
    time_limit: TimeLimit = 600,
    max_others: MaxOthers = 1.0,
    json: Annotated[Path, typer.Option(help="Results file, appended to.")] = Path("walk.jsonl"),
) -> None:
    """Compare the random walk in every system, chain by chain and draw by draw."""
    chosen = read_names(systems, SYSTEMS, "--systems")
    sizes = read_counts(chains, "--chains"), read_counts(draws, "--draws")
    jobs = make_jobs(chosen, *sizes, repeats, budget, memory)
    rows = run_jobs(BENCHMARK, jobs, json, time_limit_s=time_limit, max_others=max_others)
    exit_if_wrong(rows)
