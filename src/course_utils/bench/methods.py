"""The five methods of the course side by side, warm-up included, for chapter 12.

Each job is one method on one model: a program of :mod:`course_utils.methods`, compiled once and run
``repeats`` times after the first, each time with a new key. What needs no clock is computed by
:func:`course_utils.methods.score`, run by run, as the chapter does.
"""

import statistics
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from course_utils.bench.clock import Clock
from course_utils.bench.jobs import Arrays, Benchmark, Job, Row, run_jobs
from course_utils.bench.options import MaxOthers, TimeLimit, exit_if_wrong, read_names

SEED = 12
PATH_POINTS = 25  # places along a run where the error is looked at


def measure(job: Job, data: Arrays, clock: Clock) -> tuple[Arrays, Row]:
    """Compile a method's program, run it once and ``repeats`` times more."""
    with clock.phase("import"):
        import jax

        from course_utils import methods
        from course_utils.compiles import count_compiles

        sizes = job["chains"], job["warmup"]
        program = methods.build(job["system"], job["model"], *sizes, job["draws"])
    keys = list(jax.random.split(jax.random.key(SEED), job["repeats"] + 1))
    jax.block_until_ready(keys)
    seconds, results = [], []
    with count_compiles() as log:
        with clock.phase("compile"):
            program.lower(keys[0]).compile()
        for key in keys:
            begin = time.perf_counter()
            result = jax.block_until_ready(program(key))
            seconds.append(time.perf_counter() - begin)
            results.append(jax.device_get(result))
        recompiles = log.count - 1
    clock.stop()
    first, *steady = seconds
    clock.add("sampling", statistics.median(steady))
    whole = job["warmup"] + job["draws"]
    if job["system"] == "VI":
        # Its steps are those of the optimiser, and its users leave the draws uncorrected.
        num_steps = job["warmup"]
        warmup_s, handed_out_s = (
            _times(methods.build_uncorrected(job["model"], *sizes, num_draws), keys)
            for num_draws in (1, job["draws"])
        )
        step_s = [taken / (job["chains"] * num_steps) for taken in warmup_s]
    else:
        warmup_s = [taken * job["warmup"] / whole for taken in steady]
        handed_out_s = steady
        step_s = [taken / (job["chains"] * whole) for taken in steady]
    notes = {
        "first_run_s": first,
        "run_s": steady,
        "warmup_run_s": warmup_s,
        "handed_out_s": handed_out_s,
        "us_per_step": [1e6 * taken for taken in step_s],
        "compiles": 1 + recompiles,
        "recompiles": recompiles,
        "device": jax.devices()[0].device_kind,
        "dtype": str(results[0].positions.dtype),
    }
    kept = jax.tree.map(lambda *leaves: np.stack(leaves), *results[1:])
    names = ("positions", "acceptance_rate", "evaluations", "is_divergent")
    arrays = {name: getattr(kept, name) for name in names}
    if kept.corrected is not None:
        q = kept.approximation
        arrays |= {"corrected": kept.corrected, "q_mean": q.mean, "q_log_scale": q.log_scale}
    return arrays, notes


def _times(program: Any, keys: list[Any]) -> list[float]:
    """Time all runs but the first, which compiles."""
    import jax

    seconds = []
    for key in keys:
        begin = time.perf_counter()
        jax.block_until_ready(program(key))
        seconds.append(time.perf_counter() - begin)
    return seconds[1:]


def nothing(job: Job) -> Arrays:
    """Return the data of a job: the models bring their own."""
    return {}


def summarize(job: Job, draws: Arrays) -> Row:
    """Score each run by itself; judge all chains of all runs together."""
    from course_utils import methods, vi
    from course_utils.bench.agreement import agreement
    from course_utils.methods.scores import error_path

    name, model_name = job["system"], job["model"]
    model = methods.model_for(name, model_name)
    reference = model.reference()
    runs = [
        methods.Result(
            *(draws[field][i] for field in methods.Result._fields[:4]),
            corrected=draws["corrected"][i] if "corrected" in draws else None,
        )
        for i in range(job["repeats"])
    ]
    scores = [methods.score(name, model_name, run) for run in runs]
    row: Row = {field: [one[field] for one in scores] for field in scores[0]}
    chains = [methods.quantities(name, model_name, run.chain) for run in runs]
    together = {q: np.concatenate([chain[q] for chain in chains]) for q in reference}
    row |= agreement(together, reference)
    lengths = np.unique(np.geomspace(1, job["draws"], PATH_POINTS).round().astype(int))
    row["path_draws"] = lengths.tolist()
    handed_out = [methods.quantities(name, model_name, run.positions) for run in runs]
    for field, each in (("path_error", handed_out), ("path_error_chain", chains)):
        squares = [error_path(one, reference, lengths) ** 2 for one in each]
        row[field] = np.sqrt(np.mean(squares, axis=0)).tolist()
    if "corrected" in draws:
        q = zip(draws["q_mean"], draws["q_log_scale"], strict=True)
        weights = [methods.diagnose(model, vi.Gaussian(*one, None)) for one in q]
        row["khat"] = [one.khat for one in weights]
        row["largest_weight"] = [one.largest for one in weights]
        errors = [methods.worst_error(chain, reference) for chain in chains]
        row["corrected_error"] = [error.error for error in errors]
        row["corrected_p_value"] = [error.p_value for error in errors]
    return row


def rates(row: Row) -> Row:
    """Effective draws per second of a whole run, without and with its compilation."""
    runs = list(zip(row["ess"], row["run_s"], strict=True))
    without = [ess / taken for ess, taken in runs]
    compiled = [ess / (row["compile_s"] + taken) for ess, taken in runs]
    return {
        "ess_per_s": statistics.median(without),
        "ess_per_s_call": statistics.median(compiled),
        "ess_per_s_runs": without,
        "ess_per_s_call_runs": compiled,
    }


BENCHMARK = Benchmark(
    measure=measure,
    data=nothing,
    summarize=summarize,
    environment=nothing,
    unavailable=lambda job: None,
    rates=rates,
)


def make_jobs(
    methods: list[str], models: list[str], chains: int, draws: int, warmup: int, repeats: int
) -> list[Job]:
    """List all jobs, methods innermost, so that a drift of the machine meets all alike."""
    return [
        {
            "benchmark": "methods",
            "system": method,
            "model": model,
            "chains": chains,
            "draws": draws,
            "warmup": warmup,
            "repeats": repeats,
        }
        for model in models
        for method in methods
    ]


def command(
    methods: Annotated[str, typer.Option(help="Comma-separated.")] = "",
    models: Annotated[str, typer.Option(help="Comma-separated.")] = "",
    chains: Annotated[int, typer.Option(min=2)] = 4,
    draws: Annotated[int, typer.Option(min=100)] = 10_000,
    warmup: Annotated[int, typer.Option(min=20)] = 1000,
    repeats: Annotated[int, typer.Option(min=1, help="Runs after the first; report ≥ 5.")] = 5,
    time_limit: TimeLimit = 1800,
    max_others: MaxOthers = 1.0,
    json: Annotated[Path, typer.Option(help="Results file, appended to.")] = Path("methods.jsonl"),
) -> None:
    """Compare the five methods of the course on three models."""
    from course_utils.methods import METHODS, MODELS

    chosen = read_names(methods or ",".join(METHODS), METHODS, "--methods")
    targets = read_names(models or ",".join(MODELS), MODELS, "--models")
    jobs = make_jobs(chosen, targets, chains, draws, warmup, repeats)
    rows = run_jobs(BENCHMARK, jobs, json, time_limit_s=time_limit, max_others=max_others)
    exit_if_wrong(rows)
