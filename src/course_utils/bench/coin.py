"""One coin, many flips: what a sampler costs as its data grow.

    p ~ Beta(2, 2),    y_i ~ Bernoulli(p),    i = 1 … N

Added up, N flips are one number and cost a sampler the same whatever N is. Here every flip stays
an observation of its own, as the rows of a real data set would, so each evaluation of the log
density visits N numbers. The posterior is Beta(2 + heads, 2 + tails) all the same, and every row
says whether the draws agree with it.

Binomial(1, p) is the same distribution as Bernoulli(p), written in another way. A job may ask for
it, to see what the way of writing costs.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from course_utils.bench.clock import Clock
from course_utils.bench.jobs import Arrays, Benchmark, Job, Row, run_jobs
from course_utils.bench.options import (
    MaxOthers,
    TimeLimit,
    exit_if_wrong,
    not_installed,
    read_counts,
    read_names,
)
from course_utils.bench.systems import SYSTEMS, Settings

# A right sampler leaves ±4 Monte Carlo standard errors once in 15,000 comparisons.
MAX_Z = 4.0


def numpyro_model(flips: np.ndarray, likelihood: str = "bernoulli") -> Callable[[], None]:
    """Return the NumPyro program for a vector of zeros and ones."""
    import numpyro
    import numpyro.distributions as dist

    def model() -> None:
        p = numpyro.sample("p", dist.Beta(2.0, 2.0))
        flip = dist.Bernoulli(p) if likelihood == "bernoulli" else dist.Binomial(1, p)
        numpyro.sample("y", flip, obs=flips)

    return model


def pymc_model(flips: np.ndarray, likelihood: str = "bernoulli") -> Any:
    """Return the PyMC model for a vector of zeros and ones."""
    import pymc as pm

    with pm.Model() as model:
        p = pm.Beta("p", 2.0, 2.0)
        if likelihood == "bernoulli":
            pm.Bernoulli("y", p, observed=flips)
        else:
            pm.Binomial("y", 1, p, observed=flips)
    return model


MODELS = {"numpyro": numpyro_model, "pymc": pymc_model}
LIKELIHOODS = ("bernoulli", "binomial")


def measure(job: Job, data: Arrays, clock: Clock) -> tuple[Arrays, Row]:
    """Do one job in the worker."""
    system = SYSTEMS[job["system"]]
    settings = Settings(job["chains"], job["warmup"], job["draws"], seed=42 + job["repeat"])
    make_model = partial(MODELS[system.language], data["flips"], job["likelihood"])
    draws, notes = system.run(make_model, settings, clock)
    return draws, notes | {"dtype": str(draws["p"].dtype)}


def flips_of(job: Job) -> Arrays:
    """Return the job's data: the first flips of one series, whatever the size."""
    from course_utils.models import binomial

    return {"flips": binomial.simulate(num_observations=job["size"]).successes}


def summarize(job: Job, draws: Arrays) -> Row:
    """Compute effective draws, estimates and their distance from the exact posterior."""
    import arviz as az

    from course_utils.ess import min_ess
    from course_utils.models import binomial

    p = {"p": np.asarray(draws["p"], dtype=float)}
    exact = binomial.reference(binomial.simulate(num_observations=job["size"]))["p"]
    row: Row = {"ess": min_ess(p), "exact_mean": float(exact.mean), "exact_sd": float(exact.sd)}
    for method, estimate in (("mean", p["p"].mean()), ("sd", p["p"].std(ddof=1))):
        mcse = float(az.mcse(p, method=method)["p"])
        row |= {method: float(estimate), f"mcse_{method}": mcse}
        row[f"z_{method}"] = (row[method] - row[f"exact_{method}"]) / mcse
    row["agrees"] = max(abs(row["z_mean"]), abs(row["z_sd"])) <= MAX_Z
    return row


def missing(job: Job) -> str | None:
    """Say which module a job's system lacks, if any."""
    return not_installed(SYSTEMS[job["system"]].needs)


BENCHMARK = Benchmark(
    measure=measure,
    data=flips_of,
    summarize=summarize,
    environment=lambda job: SYSTEMS[job["system"]].environment,
    unavailable=missing,
)


def make_jobs(
    systems: list[str],
    sizes: list[int],
    repeats: int,
    likelihood: str,
    chains: int,
    warmup: int,
    draws: int,
) -> list[Job]:
    """List all jobs, systems innermost, so that a drift of the machine meets all alike."""
    return [
        {
            "benchmark": "coin",
            "system": system,
            "size": size,
            "repeat": repeat,
            "likelihood": likelihood,
            "chains": chains,
            "warmup": warmup,
            "draws": draws,
        }
        for repeat in range(repeats)
        for size in sizes
        for system in systems
    ]


def command(
    systems: Annotated[str, typer.Option(help="Comma-separated.")] = ",".join(SYSTEMS),
    sizes: Annotated[str, typer.Option(help="Numbers of flips, comma-separated.")] = "100",
    repeats: Annotated[int, typer.Option(min=1)] = 5,
    likelihood: Annotated[str, typer.Option(help="bernoulli, or binomial of one")] = "bernoulli",
    chains: Annotated[int, typer.Option(min=1)] = 4,
    warmup: Annotated[int, typer.Option(min=1)] = 1000,
    draws: Annotated[int, typer.Option(min=4)] = 2000,
    time_limit: TimeLimit = 1800,
    max_others: MaxOthers = 1.0,
    json: Annotated[Path, typer.Option(help="Results file, appended to.")] = Path("coin.jsonl"),
) -> None:
    """Compare samplers on one coin, as its flips grow."""
    chosen = read_names(systems, SYSTEMS, "--systems")
    if likelihood not in LIKELIHOODS:
        raise typer.BadParameter(
            f"got {likelihood}, allowed are {', '.join(LIKELIHOODS)}", param_hint="--likelihood"
        )
    counts = read_counts(sizes, "--sizes")
    jobs = make_jobs(chosen, counts, repeats, likelihood, chains, warmup, draws)
    rows = run_jobs(BENCHMARK, jobs, json, time_limit_s=time_limit, max_others=max_others)
    exit_if_wrong(rows)
