"""Samplers side by side: effective draws per second, and what a draw costs.

Two kinds of system take part. Those of :mod:`course_utils.bench.fixed` sample with one step size
and metric that is the same for all (``warmup`` is 0 in their rows). Those of
:mod:`course_utils.bench.whole` do the whole job, warm-up included, for a few chains; so do those of
:mod:`course_utils.bench.elsewhere`, each in an environment of its own.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from course_utils.bench import elsewhere, fixed, whole
from course_utils.bench.clock import Clock
from course_utils.bench.elsewhere import PEERS
from course_utils.bench.fixed import FIXED
from course_utils.bench.jobs import Arrays, Benchmark, Job, Row, run_jobs
from course_utils.bench.options import (
    MaxOthers,
    TimeLimit,
    exit_if_wrong,
    not_installed,
    read_counts,
    read_names,
)
from course_utils.bench.whole import WHOLE

SYSTEMS = (*FIXED, *WHOLE, *PEERS)
MAX_WHOLE_CHAINS = 16
COMPARED = "flat,nested,numpyro,blackjax,pymc,nutpie,pymc-numpyro"
MODELS = "eight_schools_noncentered,eight_schools_centered,line,gaussian50,funnel,logistic"


def measure(job: Job, data: Arrays, clock: Clock) -> tuple[Arrays, Row]:
    """Do one job in the worker; those of ``PEERS`` go to ``elsewhere.measure``."""
    if job["system"] in FIXED:
        return fixed.measure(job, data, clock)
    return whole.measure(job, clock)


def given(job: Job) -> Arrays:
    """Return what a system is given.

    With fixed numbers: the numbers, and starts for each run. In an environment of its own, where
    the course's models cannot be imported: the data.
    """
    if job["system"] in PEERS:
        return elsewhere.data_of(job)
    if job["system"] not in FIXED:
        return {}
    from course_utils.bench.tuning import draw_starts, tune

    tuning = tune(job["model"])
    runs, chains = job["repeats"] + 1, job["chains"]
    return {
        "starts": draw_starts(job["model"], runs * chains).reshape(runs, chains, -1),
        "step_size": tuning.step_size,
        "inverse_mass_matrix": tuning.inverse_mass_matrix,
        "tuning_s": np.array(tuning.seconds),
    }


def summarize(job: Job, draws: Arrays) -> Row:
    """Compute effective draws of one run, and whether the draws agree with the exact answer."""
    import jax

    from course_utils.bench.agreement import agreement
    from course_utils.ess import min_ess
    from course_utils.models import registry

    model = registry.build(job["model"])
    sites = draws
    if "positions" in draws:
        sites = jax.jit(jax.vmap(jax.vmap(model.constrain)))(draws["positions"])
    found = model.quantities({name: sites[name] for name in model.shapes})
    quantities = {name: np.asarray(values) for name, values in found.items()}
    num_chains = len(next(iter(quantities.values())))
    ess = min_ess(quantities) * job["chains"] / num_chains
    reference = _reference(job["model"])
    found = {"ess_min": ess, "z_mean": _distances(quantities, reference)}
    if job["system"] not in FIXED:  # their pool has other runs than those that are timed
        runs = np.arange(num_chains).reshape(-1, job["chains"])
        found["ess_min_runs"] = [
            min_ess({name: values[run] for name, values in quantities.items()}) for run in runs
        ]
    return found | agreement(quantities, reference)


def _distances(quantities: Arrays, reference: dict[str, Any]) -> dict[str, list[float]]:
    """Return how far each mean is from the exact one (inf if that is), in standard errors."""
    import arviz as az

    found = {}
    for name, exact in reference.items():
        draws = np.asarray(quantities[name], float)
        flat = draws.reshape(*draws.shape[:2], -1)
        mcse = np.array([float(az.mcse(flat[..., i])) for i in range(flat.shape[-1])])
        error = np.hypot(mcse, exact.standard_error)  # an exact answer by simulation has one too
        found[name] = ((flat.mean((0, 1)) - np.ravel(exact.mean)) / error).tolist()
    return found


@cache
def _reference(name: str) -> dict[str, Any]:
    """Return a model's reference, which may take seconds; once for all rows."""
    from course_utils.models import registry

    return registry.build(name).reference()


def rates(row: Row) -> Row:
    """Effective draws per second of sampling, of a whole call, and per gradient."""
    ess, call_s = row["ess_min"], row["compile_s"] + row["warmup_s"] + row["sampling_s"]
    gradients = (row["mean_leapfrogs"] or 0) * row["chains"] * row["draws"]
    return {
        "ess_per_s": ess / row["sampling_s"],
        "ess_per_s_call": ess / call_s,
        "ess_per_gradient": ess / gradients if gradients else None,
    }


def missing(job: Job) -> str | None:
    """Say why a job cannot be run here, if so."""
    system = job["system"]
    if system in PEERS:
        return elsewhere.unavailable(job)
    needs = WHOLE[system][0] if system in WHOLE else ("blackjax",) * ("blackjax" in system)
    if absent := not_installed(needs):
        return absent
    if system.endswith("-2dev") and job["chains"] % 2:
        return f"{job['chains']} chains cannot be shared out equally over two devices"
    return None


def missing_or_too_many(job: Job) -> str | None:
    """As ``missing``; a system that runs chains one by one is not asked for hundreds of them."""
    if job["system"] not in FIXED and job["chains"] > MAX_WHOLE_CHAINS:
        return (
            f"warms up and runs its chains a few at a time, {job['chains']} would only multiply "
            "the time; --any-chains asks for them all the same"
        )
    return missing(job)


def environment(job: Job) -> dict[str, str]:
    """Environment variables of a job's process."""
    if job["system"] in PEERS:  # where the course is not installed
        return {"PYTHONPATH": str(elsewhere.SOURCE)}
    return WHOLE[job["system"]][1] if job["system"] in WHOLE else {}


def place(job: Job) -> tuple[str, str] | None:
    """Return interpreter and module of a system in an environment of its own."""
    if job["system"] not in PEERS:
        return None
    return str(PEERS[job["system"]].interpreter), elsewhere.__name__


BENCHMARK = Benchmark(
    measure=measure,
    data=given,
    summarize=summarize,
    environment=environment,
    unavailable=missing_or_too_many,
    rates=rates,
    elsewhere=place,
)


def make_jobs(
    systems: list[str],
    models: list[str],
    chains: list[int],
    draws: int,
    warmup: int,
    repeats: int,
) -> list[Job]:
    """List all jobs, systems innermost, so that a drift of the machine meets all alike."""
    return [
        {
            "benchmark": "samplers",
            "system": system,
            "model": model,
            "chains": number,
            "draws": draws,
            "warmup": 0 if system in FIXED else warmup,
            "repeats": repeats,
        }
        for model in models
        for number in chains
        for system in systems
    ]


def command(
    systems: Annotated[str, typer.Option(help="Comma-separated.")] = COMPARED,
    models: Annotated[str, typer.Option(help="Comma-separated.")] = MODELS,
    chains: Annotated[str, typer.Option(help="Numbers of chains, comma-separated.")] = "4,100,1000",
    draws: Annotated[int, typer.Option(min=4)] = 500,
    repeats: Annotated[int, typer.Option(min=1, help="Runs after the first; report ≥ 5.")] = 5,
    warmup: Annotated[
        int, typer.Option(min=20, help="For systems that find step size and metric themselves.")
    ] = 1000,
    any_chains: Annotated[
        bool, typer.Option("--any-chains", help="Ask every system for every number of chains.")
    ] = False,
    time_limit: TimeLimit = 1800,
    max_others: MaxOthers = 1.0,
    json: Annotated[Path, typer.Option(help="Results file, appended to.")] = Path("samplers.jsonl"),
) -> None:
    """Compare samplers on the course's models."""
    from course_utils.models.registry import MODELS as known_models

    chosen = read_names(systems, SYSTEMS, "--systems")
    targets = read_names(models, known_models, "--models")
    counts = read_counts(chains, "--chains")
    jobs = make_jobs(chosen, targets, counts, draws, warmup, repeats)
    benchmark = BENCHMARK._replace(unavailable=missing) if any_chains else BENCHMARK
    rows = run_jobs(benchmark, jobs, json, time_limit_s=time_limit, max_others=max_others)
    exit_if_wrong(rows)
