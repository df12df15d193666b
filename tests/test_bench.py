"""The benchmark runner: nothing is lost, nothing is hidden, and every system really samples.

The runner is tried with a benchmark made here, whose jobs are cheap and misbehave on demand. One
short run of the coin then goes through every system.

False-alarm budget: the coin's rows compare mean and sd with the exact posterior at 4 Monte Carlo
standard errors, twelve comparisons at 6e-5 each, with fixed seeds.
"""

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from course_utils.bench import coin, jobs, quiet
from course_utils.bench.app import app
from course_utils.bench.clock import PHASES, Clock
from course_utils.bench.quiet import watch_neighbours
from course_utils.bench.systems import SYSTEMS
from course_utils.models import binomial

FAKE = """
    import os, time
    from pathlib import Path
    import numpy as np
    from course_utils.bench.jobs import Benchmark, run_jobs

    def measure(job, data, clock):
        with Path(os.environ["CALLS"]).open("a") as calls:
            calls.write(f"{job['repeat']}\\n")
        if job["system"] == "breaks":
            raise ValueError("first line\\nsecond line")
        if job["system"] == "crashes":
            os._exit(3)
        if job["system"] == "sleeps":
            time.sleep(600)
        with clock.phase("sampling"):
            time.sleep(0.01)
        clock.stop()
        time.sleep(float(os.environ.get("LINGER", 0)))
        return {"x": np.full((2, 5), data["value"])}, {"note": os.environ.get("FLAVOUR")}

    BENCHMARK = Benchmark(
        measure=measure,
        data=lambda job: {"value": np.float64(job["size"])},
        summarize=lambda job, draws: {"ess": 2.0, "agrees": float(draws["x"].min()) == job["size"]},
        environment=lambda job: {"FLAVOUR": job["system"]},
        unavailable=lambda job: "moon not installed" if job["system"] == "absent" else None,
    )
    JOBS = [{"system": "fine", "size": 7, "repeat": repeat} for repeat in range(4)]
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A benchmark in a module of its own, which the worker's process can import too."""
    (tmp_path / "fake_benchmark.py").write_text(textwrap.dedent(FAKE))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls.txt"))
    sys.modules.pop("fake_benchmark", None)
    import fake_benchmark

    return fake_benchmark


def run(benchmark, todo, file, time_limit_s=60.0, **options):
    console = Console(file=io.StringIO(), width=200)
    options |= {"time_limit_s": time_limit_s, "console": console}
    rows = jobs.run_jobs(benchmark, todo, file, **options)
    return rows, console.file.getvalue()


def test_every_result_is_one_line_with_all_that_a_measurement_states(fake, tmp_path):
    file = tmp_path / "deep" / "rows.jsonl"
    rows, shown = run(fake.BENCHMARK, fake.JOBS[:2], file)
    assert [json.loads(line) for line in file.read_text().splitlines()] == rows
    for repeat, row in enumerate(rows):
        assert row["status"] == "ok" and row["agrees"] is True and row["repeat"] == repeat
        assert row["note"] == "fine"  # the job's environment reached its process
        assert row["sampling_s"] >= 0.01 and row["compile_s"] == 0
        parts = sum(row[f"{name}_s"] for name in (*PHASES, "other"))
        assert parts == pytest.approx(row["wall_s"])
        assert 0 < row["peak_memory_mb"] and row["ess_per_s"] == 2 / row["sampling_s"]
        assert {"cpu", "threads", "versions", "date", "others_share"} <= set(row)
    assert "fine, size 7, repeat 1: wall" in shown and "2/2" in shown


def test_finished_rows_are_skipped_and_a_cut_line_is_mended(fake, tmp_path):
    file = tmp_path / "rows.jsonl"
    done = fake.JOBS[1] | {"status": "ok", "wall_s": 1.0}
    file.write_text(json.dumps(done) + '\n{"system": "fine", "si')
    rows, shown = run(fake.BENCHMARK, fake.JOBS[:3], file)
    assert (tmp_path / "calls.txt").read_text().split() == ["0", "2"]
    assert jobs.read_rows(file) == rows and rows[0] == done
    assert "1 of 3 rows are in rows.jsonl already" in shown


def test_a_row_without_result_is_tried_again(fake, tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(fake.JOBS[0] | {"status": "not run", "why": "power cut"}) + "\n")
    rows, _ = run(fake.BENCHMARK, fake.JOBS[:1], file)
    assert [row["status"] for row in rows] == ["ok"]


def test_a_killed_run_goes_on_where_it_stopped(fake, tmp_path):
    file = tmp_path / "rows.jsonl"
    code = (
        "from fake_benchmark import *; from pathlib import Path; "
        f"run_jobs(BENCHMARK, JOBS, Path({str(file)!r}), time_limit_s=60)"
    )
    slow = os.environ | {"LINGER": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], env=slow, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not jobs.read_rows(file) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    before = jobs.read_rows(file)
    assert 1 <= len(before) < 4
    run(fake.BENCHMARK, fake.JOBS, file)
    after = jobs.read_rows(file)
    assert after[: len(before)] == before
    assert sorted(row["repeat"] for row in after) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("system", "why"),
    [
        ("absent", "moon not installed"),
        ("breaks", "ValueError: first line"),
        ("crashes", "exit status 3"),
        ("sleeps", "stopped after 3 s"),
    ],
)
def test_a_job_without_result_says_why(fake, tmp_path, system, why):
    job = {"system": system, "size": 1, "repeat": 0}
    rows, shown = run(fake.BENCHMARK, [job], tmp_path / "rows.jsonl", time_limit_s=3)
    assert rows[0]["status"] == "not run" and rows[0]["why"] == why
    assert f"not run: {why}" in shown


@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are for POSIX")
def test_an_interrupt_leaves_no_worker_behind(fake, tmp_path):
    file = tmp_path / "rows.jsonl"
    code = (  # a job in the background of a shell begins with interrupts ignored
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from fake_benchmark import *; from pathlib import Path; "
        "job = {'system': 'sleeps', 'size': 1, 'repeat': 5}; "
        f"run_jobs(BENCHMARK, [job], Path({str(file)!r}), time_limit_s=600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    calls = tmp_path / "calls.txt"
    while not calls.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    import psutil

    (worker,) = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    assert not worker.is_running()
    assert jobs.read_rows(file) == []


SPIN = "import sys, time\nwhile time.process_time() < float(sys.argv[1]): pass"


@pytest.mark.skipif(os.name != "posix", reason="needs the time of ended child processes")
def test_neighbours_are_told_from_own_children():
    """Work of a child is ours; work of a process that is not waited for is not.

    Both bounds hold on a machine with any other work on it. What others did is at most what the
    machine did, in a block around this one, less the seconds that the child is known to have spun;
    0.2 s are for the ticks of the system's clocks (0.01 s for each core) and for rounding. And a
    stranger takes half a core in three seconds, or others do who keep it from that.
    """
    cores = os.cpu_count()
    machine, begin = quiet._busy_seconds(), time.perf_counter()
    with watch_neighbours() as alone:
        subprocess.run([sys.executable, "-c", SPIN, "1.5"], check=True)
    machine, capacity = quiet._busy_seconds() - machine, cores * (time.perf_counter() - begin)
    stranger = subprocess.Popen([sys.executable, "-c", SPIN, "30"])
    try:
        with watch_neighbours() as beside:
            time.sleep(3)
    finally:
        stranger.kill()
        stranger.wait()
    assert beside.share > 0.5 / cores
    assert alone.share * capacity <= max(0, machine - 1.5) + 0.2


def test_a_disturbed_job_has_no_result_and_is_tried_again(fake, tmp_path, monkeypatch):
    shares = iter([0.4, 0.02])

    @contextmanager
    def told():
        yield SimpleNamespace(share=next(shares))

    waited = []
    monkeypatch.setattr(jobs, "watch_neighbours", told)
    monkeypatch.setattr(jobs, "wait_for_quiet", waited.append)
    file = tmp_path / "rows.jsonl"
    rows, _ = run(fake.BENCHMARK, fake.JOBS[:1], file, max_others=0.1)
    assert rows[0]["why"] == "disturbed: others used 40% of the machine"
    rows, _ = run(fake.BENCHMARK, fake.JOBS[:1], file, max_others=0.1)
    assert rows[0]["status"] == "ok" and rows[0]["others_share"] == 0.02
    assert waited == [0.1, 0.1]


def test_remaining_time_is_that_of_like_jobs():
    rows = [
        {"status": "ok", "system": system, "size": size, "wall_s": wall}
        for system, size, wall in [("a", 1, 10), ("a", 1, 30), ("b", 1, 5), ("a", 2, 100)]
    ]
    assert jobs._remaining([{"system": "a", "size": 1}], rows) == "about 20 s"
    assert jobs._remaining([{"system": "c", "size": 1}], rows) == "about 10 s"
    assert jobs._remaining([{"system": "a", "size": 2}] * 3, rows) == "about 5 min"
    assert jobs._remaining([{"system": "a", "size": 1}], []) == "unknown time"


def test_clock():
    with Clock(time.time() - 5) as clock:
        with clock.phase("import"):
            time.sleep(0.01)
        with pytest.raises(ValueError, match="name: got 'lunch'"):
            clock.add("lunch", 1.0)
        with pytest.raises(RuntimeError, match="stop"):
            clock.report()
        clock.stop()
        clock.add("sampling", 2.0)
    report = clock.report()
    assert report["import_s"] >= 0.01 and report["sampling_s"] == 2.0 and report["wall_s"] >= 5
    assert report["other_s"] == pytest.approx(report["wall_s"] - report["import_s"] - 2.0)


@pytest.mark.parametrize("likelihood", coin.LIKELIHOODS)
def test_models_of_the_coin_are_the_one_of_the_package(likelihood):
    """The benchmark writes the model once more, so that PyMC's process need not import JAX.

    Log densities agree to 1e-4: a hundred terms of size one in float32.
    """
    from numpyro.infer.util import log_density

    data = binomial.simulate(num_observations=100)
    pymc_logp = coin.pymc_model(data.successes, likelihood).compile_logp(jacobian=False)
    numpyro_model = coin.numpyro_model(data.successes, likelihood)
    for p in np.random.default_rng(60).uniform(0.05, 0.95, size=20):
        wanted = float(binomial.log_joint({"p": p}, data))
        numpyro_logp = log_density(numpyro_model, (), {}, {"p": p})[0]
        assert float(numpyro_logp) == pytest.approx(wanted, rel=1e-4)
        theirs = pymc_logp({"p_logodds__": np.log(p) - np.log1p(-p)})
        assert float(theirs) == pytest.approx(wanted, rel=1e-4)


def test_summary_tells_right_draws_from_wrong_ones():
    job = {"size": 100}
    posterior = binomial.posterior(binomial.simulate(num_observations=100))
    right = np.random.default_rng(61).beta(*posterior, size=(4, 2000))
    row = coin.summarize(job, {"p": right})
    assert row["agrees"] and max(abs(row["z_mean"]), abs(row["z_sd"])) <= coin.MAX_Z
    assert not coin.summarize(job, {"p": right + 0.01})["agrees"]
    wide = right.mean() + 1.2 * (right - right.mean())
    row = coin.summarize(job, {"p": wide})
    assert abs(row["z_mean"]) <= coin.MAX_Z and not row["agrees"]  # the spread alone is wrong


def test_more_flips_keep_the_first_ones():
    short, long = (coin.flips_of({"size": n})["flips"] for n in (10, 1000))
    assert np.array_equal(short, long[:10])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--systems", "numpyro,stanley"], "got stanley, allowed are numpyro"),
        (["--sizes", "100,many"], "got 100,many, allowed are whole numbers"),
        (["--sizes", "0"], "got 0, allowed are whole numbers"),
        (["--likelihood", "cauchy"], "got cauchy, allowed are bernoulli, binomial"),
        (["--repeats", "0"], "Invalid value for '--repeats'"),
    ],
)
def test_bad_arguments(arguments, message, tmp_path):
    file = ["--json", str(tmp_path / "rows.jsonl")]
    result = CliRunner().invoke(app, ["coin", *arguments, *file], env={"COLUMNS": "300"})
    assert result.exit_code == 2 and message in result.output
    assert not (tmp_path / "rows.jsonl").exists()


def test_disagreement_ends_in_an_error(fake, tmp_path, monkeypatch):
    wrong = fake.BENCHMARK._replace(summarize=lambda job, draws: {"ess": 1.0, "agrees": False})
    monkeypatch.setattr(coin, "BENCHMARK", wrong)
    result = CliRunner().invoke(
        app, ["coin", "--systems", "pymc", "--repeats", "1", "--json", str(tmp_path / "r.jsonl")]
    )
    assert result.exit_code == 1 and "DISAGREES" in result.output


@pytest.fixture(scope="module")
def coin_rows(tmp_path_factory):
    """A short real run of every way to run a system; those left out differ by a flag alone."""
    file = tmp_path_factory.mktemp("coin") / "coin.jsonl"
    names = ["numpyro-vectorized", "pymc", "nutpie", "pymc-numpyro", "pymc-blackjax"]
    assert set(names) <= set(SYSTEMS)
    short = ["--chains", "2", "--warmup", "300", "--draws", "400"]
    command = ["coin", "--systems", ",".join(names), "--repeats", "1", *short, "--json", str(file)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return {row["system"]: row for row in jobs.read_rows(file)}


def test_every_system_samples_the_exact_posterior(coin_rows):
    for system, row in coin_rows.items():
        assert row["status"] == "ok", (system, row.get("why"))
        assert row["agrees"], (system, row["z_mean"], row["z_sd"])
        assert row["gradients"] >= 2 * 400  # at least one a draw


def test_every_system_tells_its_phases_apart(coin_rows):
    for system, row in coin_rows.items():
        for phase in PHASES:
            assert row[f"{phase}_s"] > 0, (system, phase)
        assert row["other_s"] > 0, system  # starting Python takes time
        assert row["ess_per_s"] > row["ess_per_s_call"]


def test_precision_is_stated(coin_rows):
    dtypes = {system: row["dtype"] for system, row in coin_rows.items()}
    single = "numpyro-vectorized"
    assert dtypes == {name: "float32" if name == single else "float64" for name in dtypes}
