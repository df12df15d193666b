"""The race of the random walks: every program that is installed walks rightly and does equal work.

False-alarm budget: a row is judged at 1e-5 by its last draws and twice at 4.5 standard errors, one
row a system with fixed seeds.
"""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from course_utils.bench import walk
from course_utils.bench.app import app
from course_utils.bench.jobs import Row
from course_utils.walkers import SYSTEMS


def command(file, *options):
    return CliRunner().invoke(app, ["walk", "--json", str(file), *options])


def rows_of(file) -> list[Row]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_walks(system, tmp_path):
    job = walk.make_jobs([system], [300], [60], 3, 5.0, None)[0]
    if why := walk.missing(job):
        pytest.skip(f"{system}: {why}")
    if system == "tfp-eager":
        job |= {"draws": 5, "size": 1500}
    file = tmp_path / "walk.jsonl"
    options = ["--systems", system, "--chains", "300", "--draws", str(job["draws"])]
    done = command(file, *options, "--repeats", "3")
    assert done.exit_code == 0, done.output
    (row,) = rows_of(file)
    assert row["status"] == "ok" and row["agrees"], row
    assert row["size"] == 300 * job["draws"]
    assert 1 <= len(row["run_s"]) <= 3 and row["num_runs"] == 1 + len(row["run_s"])
    assert row["first_s"] > 0 and row["compile_s"] >= 0 and row["draws_per_s"] > 0
    # The share of accepted steps, known from the grid, to five times what chance explains if the
    # chains' shares were as spread as single decisions are.
    exact = walk.walk_on_grid().acceptance_rate
    error = np.sqrt(exact * (1 - exact) / (row["size"] * row["num_runs"]))
    assert abs(row["acceptance_rate"] - exact) < 5 * 3 * error
    expected = "float64" if system == "numpy-published" else "float32"
    assert row["dtype"] == expected or system in ("numpy", "numpy-2proc")


def test_a_wrong_walk_has_no_speed():
    """A walk that stands still has right last draws and wrong moments; one that drifts, neither."""
    job = walk.make_jobs(["numpy"], [2000], [1000], 2, 5.0, None)[0]
    starts = walk.data_of(job)["starts"]
    shape = starts.shape
    good = {
        "position": starts,
        "mean": np.full(shape, 0.92),
        "mean_square": np.full(shape, 0.92**2 + 8.9056),
        "acceptance_rate": np.full(shape, 0.98),
    }
    exact = walk.mixture.reference(walk.FOUR)["x"]
    good["mean_square"][:] = exact.mean**2 + exact.sd**2
    assert walk.summarize(job, good)["agrees"]
    for change in (
        {"position": starts + 0.5},
        {"mean": good["mean"] + 0.2},
        {"mean_square": good["mean_square"] + 2.0},
        {"mean": good["mean"] * np.nan},
        {"mean_square": good["mean"] * np.nan},
    ):
        assert not walk.summarize(job, good | change)["agrees"], change


def test_effective_draws_come_from_theory():
    """One draw of an exact start is one effective draw; a long run has its share of them."""
    grid = walk.walk_on_grid()
    for chains, draws in ((10, 1), (10, 1000)):
        job = walk.make_jobs(["numpy"], [chains], [draws], 1, 5.0, None)[0]
        zeros = np.zeros((2, chains))
        names = ("position", "mean", "mean_square", "acceptance_rate")
        ess = walk.summarize(job, dict.fromkeys(names, zeros))["ess"]
        assert chains <= ess * 1.01
        if draws == 1:
            assert ess == pytest.approx(chains, rel=0.02)  # one step is nearly the start
    tau = grid.autocorrelation_time(grid.points)
    job = walk.make_jobs(["numpy"], [1], [10**8], 1, 5.0, None)[0]
    ess = walk.summarize(job, dict.fromkeys(names, np.zeros((2, 1))))["ess"]
    assert ess == pytest.approx(10**8 / tau, rel=1e-2)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--systems", "numpy,abacus"], "abacus"),
        (["--chains", "0"], "--chains"),
        (["--draws", "ten"], "--draws"),
        (["--repeats", "0"], "--repeats"),
    ],
)
def test_bad_options_are_named(options, named, tmp_path):
    done = command(tmp_path / "walk.jsonl", *options)
    assert done.exit_code == 2 and named in done.output


def test_a_limit_of_memory_is_a_row_and_no_crash(tmp_path):
    """The worker of a program that wants too much fails, and the row says so."""
    pytest.importorskip("resource")
    file = tmp_path / "walk.jsonl"
    options = ["--chains", "1000000", "--draws", "1", "--repeats", "1", "--memory", "0.3"]
    done = command(file, "--systems", "numpy", *options)
    assert done.exit_code == 0
    (row,) = rows_of(file)
    assert row["status"] == "not run" and "emory" in row["why"], row
    assert row["limit_gb"] == 0.3
