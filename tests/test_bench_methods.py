"""The benchmark of methods: rows say what was run, and the committed file is whole.

Runs and draws have fixed keys. Two rows are held against exact quantiles at 1e-4 each.
"""

import time

import numpy as np
import pytest
from typer.testing import CliRunner

from course_utils.bench import jobs, methods
from course_utils.bench.app import app
from course_utils.bench.clock import PHASES, Clock
from course_utils.data import DATA_FOLDER
from course_utils.methods import METHODS, MODELS

RECORDED = DATA_FOLDER / "benchmarks" / "methods.jsonl"
SIZES = {"chains": 4, "draws": 500, "warmup": 200, "repeats": 3}
LISTS = (
    "run_s", "warmup_run_s", "handed_out_s", "us_per_step", "ess", "autocorrelation_time",
    "acceptance_rate", "evaluations", "ess_per_evaluation", "divergences", "error", "error_mcse",
    "error_of", "error_p_value", "ess_per_s_runs", "ess_per_s_call_runs",
)  # fmt: skip


def do(method, model):
    job = {"benchmark": "methods", "system": method, "model": model} | SIZES
    with Clock(time.time()) as clock:
        draws, notes = methods.measure(job, methods.nothing(job), clock)
    row = job | {"status": "ok"} | clock.report() | notes | methods.summarize(job, draws)
    return row | methods.rates(row)


@pytest.fixture(scope="module")
def rows():
    return {method: do(method, "line") for method in ("Metropolis-Hastings", "HMC", "VI")}


def test_a_row_has_one_number_for_each_run(rows):
    for row in rows.values():
        for field in LISTS:
            assert len(row[field]) == SIZES["repeats"], field
        assert (row["compiles"], row["recompiles"]) == (1, 0)
        assert row["sampling_s"] == np.median(row["run_s"]) > 0
        assert row["ess_per_s"] > row["ess_per_s_call"] > 0
        assert "agrees" in row and row["comparisons"] == 12
        assert "DISAGREES" not in jobs.one_line(row) or not row["agrees"]
    for method in ("HMC", "VI"):
        assert rows[method]["agrees"], rows[method]["worst"]


def test_rates_are_those_of_whole_runs(rows):
    row = rows["HMC"]
    i = 1
    assert row["ess_per_s_runs"][i] == row["ess"][i] / row["run_s"][i]
    whole = row["compile_s"] + row["run_s"][i]
    assert row["ess_per_s_call_runs"][i] == row["ess"][i] / whole


def test_a_step_of_vi_is_one_of_its_optimiser(rows):
    """Fitting takes no longer than fitting and drawing, up to the noise of the clock."""
    vi, walk = rows["VI"], rows["Metropolis-Hastings"]
    for field in ("khat", "largest_weight", "corrected_error", "corrected_p_value"):
        assert len(vi[field]) == 3 and field not in walk
    fitting = np.array(vi["us_per_step"]) * 1e-6 * SIZES["chains"] * SIZES["warmup"]
    assert fitting == pytest.approx(vi["warmup_run_s"])
    assert min(vi["warmup_run_s"]) < 1.5 * max(vi["run_s"])
    steps = SIZES["chains"] * (SIZES["warmup"] + SIZES["draws"])
    assert np.array(walk["us_per_step"]) * 1e-6 * steps == pytest.approx(walk["run_s"])


def test_the_path_ends_where_the_run_ends(rows):
    for row in rows.values():
        assert row["path_draws"][0] == 1 and row["path_draws"][-1] == SIZES["draws"]
        assert len(row["path_error"]) == len(row["path_draws"]) == len(row["path_error_chain"])
        # Root mean square over runs and shares: not above the largest error of any run.
        assert row["path_error"][-1] <= max(row["error"])
        assert row["path_error_chain"][-1] < row["path_error_chain"][0]


def test_methods_are_innermost():
    made = methods.make_jobs(["HMC", "VI"], ["line", "binomial"], 4, 1000, 500, 5)
    assert [(job["model"], job["system"]) for job in made] == [
        ("line", "HMC"),
        ("line", "VI"),
        ("binomial", "HMC"),
        ("binomial", "VI"),
    ]
    assert jobs.label(made[0]) == "HMC, line, chains 4"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--methods", "HMC,Gips"], "got Gips, allowed are Metropolis-Hastings, Gibbs"),
        (["--models", "line,circle"], "got circle, allowed are binomial, line"),
        (["--chains", "1"], "Invalid value for '--chains'"),
        (["--draws", "99"], "Invalid value for '--draws'"),
        (["--warmup", "19"], "Invalid value for '--warmup'"),
        (["--repeats", "0"], "Invalid value for '--repeats'"),
    ],
)
def test_bad_arguments(arguments, message, tmp_path):
    file = ["--json", str(tmp_path / "rows.jsonl")]
    result = CliRunner().invoke(app, ["methods", *arguments, *file], env={"COLUMNS": "400"})
    assert result.exit_code == 2 and message in result.output
    assert not (tmp_path / "rows.jsonl").exists()


def test_the_command_writes_rows_and_resumes(tmp_path):
    file = tmp_path / "rows.jsonl"
    options = "--methods Gibbs --models binomial --draws 200 --warmup 20 --repeats 2".split()
    command = ["methods", *options, "--json", str(file)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    (row,) = jobs.read_rows(file)
    assert row["status"] == "ok" and row["agrees"] and row["acceptance_rate"] == [1, 1]
    assert {"versions", "date", "device", "peak_memory_mb", "others_share"} <= set(row)
    assert "1 of 1 rows are in rows.jsonl already" in CliRunner().invoke(app, command).output


# The committed run


def test_the_recorded_run_is_whole_and_was_alone():
    rows = jobs.read_rows(RECORDED)
    found = {(row["model"], row["system"]) for row in rows if row["status"] == "ok"}
    assert found == {(model, method) for model in MODELS for method in METHODS}
    for row in rows:
        assert row["chains"] == 4 and row["draws"] == 10_000 and row["repeats"] >= 5
        assert row["others_share"] <= 0.15 and row["recompiles"] == 0
        parts = sum(row[f"{name}_s"] for name in (*PHASES, "other"))
        assert parts == pytest.approx(row["wall_s"])
    machines = {(row["cpu"], row["threads"], row["versions"]["jax"]) for row in rows}
    assert len(machines) == 1
