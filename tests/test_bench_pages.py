"""The pages of the walks and of all languages: what they say follows from the rows.

Tests of the samplers' page are in ``test_bench_samplers.py``, with those of its rows.
"""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from course_utils.bench import limits, walk_page
from course_utils.bench.app import app
from course_utils.bench.jobs import read_rows
from course_utils.bench.page import write_page
from course_utils.bench.walk_page import crossing
from course_utils.walkers import SYSTEMS

MACHINE = {
    "cpu": "a processor", "threads": 2, "device": "cpu", "others_share": 0.05,
    "date": "2026-11-21T10:00:00+00:00", "versions": {"python": "3.13", "jax": "1"},
}  # fmt: skip


def write(file, rows):
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def walked(system, chains, draws, runs, compile_s=0.0, **fields):
    return MACHINE | {
        "benchmark": "walk", "system": system, "chains": chains, "draws": draws,
        "size": chains * draws, "status": "ok", "agrees": True, "run_s": runs,
        "compile_s": compile_s, "sampling_s": float(np.median(runs)),
    } | fields  # fmt: skip


def walks():
    """JAX needs 1 s to compile and 1 ms a run; lean NumPy takes 10 or 15 ms a chain."""
    rows = []
    for chains in (1, 10, 100, 1000):
        rows.append(walked("jax", chains, 1000, [0.001, 0.001], 1.0))
        rows.append(walked("jax-1dev", chains, 1000, [0.002, 0.002], 1.0))
        rows.append(walked("blackjax", chains, 1000, [0.002, 0.003], 1.0))
        rows.append(walked("numpy", chains, 1000, [0.01 * chains, 0.015 * chains]))
    absent = {"status": "not run", "why": "is not here"}
    return [*rows, walked("tfp-jax", 1, 1000, [1.0]) | absent]


def limit(part, seconds, work=1_000_000):
    return MACHINE | {
        "benchmark": "limits", "part": part, "work": work, "run_s": [seconds], "chains": 1000,
        "draws": 1000, "devices": 2,
    }  # fmt: skip


# Walks


@pytest.mark.parametrize(
    ("ratios", "found"),
    [
        ([0.1, 10, 10], 10.0),  # half-way between 1 and 100, on a logarithmic scale
        ([0.1, 10, 0.1, 10], 10_000**1.25),  # the last of three
        ([2, 3, 4], None),
        ([10, 2, 0.5], None),
        ([0.1, 0.2, 0.3], None),
    ],
)
def test_a_crossing_is_where_the_ratio_gets_above_one_for_good(ratios, found):
    sizes = [1, 100, 10_000, 1_000_000][: len(ratios)]
    assert crossing(sizes, ratios) == (pytest.approx(found) if found else None)


def test_the_page_of_walks_computes_what_it_says(tmp_path):
    file = write(tmp_path / "walk.jsonl", walks())
    text, figures = write_page(file)
    assert list(figures) == ["walk"] and "](walk.png)" in text
    assert "What bounds it" not in text  # nothing was measured
    goal = "“with 10 chains JAX draws at least 20 times as fast as lean NumPy” holds."
    assert f"- {goal} Measured: 10: 125 (100 to 150)." in text
    assert "“with 1 chain JAX draws at least 20 times as fast as lean NumPy” does not hold." in text
    assert "“with 10,000 chains JAX draws at least 4 times as fast as lean NumPy” was not" in text
    assert "| JAX, one program ÷ NumPy, lean | 12.5 (10 to 15) | 125 (100 to 150) |" in text
    # A whole run takes JAX 1.001 s and lean NumPy 12.5 ms a chain: as long at 80.1 chains.
    assert "| NumPy, lean | everywhere from 1 on | from 80.1 on |" in text
    assert "- tfp-jax, 1 × 1,000: is not here" in text
    assert "slower than BlackJAX's walk, within noise” holds." in text


def test_a_walk_that_is_wrong_has_no_speed_on_the_page(tmp_path):
    rows = [*walks(), walked("numpy", 10, 1000, [1e-9], agrees=False)]
    rows[7] |= {"agrees": False}
    text, _ = write_page(write(tmp_path / "walk.jsonl", rows))
    assert "- numpy, 10 × 1,000: its moments disagree with the exact ones" in text
    assert "“with 10 chains JAX draws at least 20 times as fast as lean NumPy” was not" in text
    with pytest.raises(ValueError, match="holds no right row of jax"):
        write_page(write(tmp_path / "walk.jsonl", rows[3:4]))


def test_limits_are_told_beside_the_walks(tmp_path):
    file = write(tmp_path / "walk.jsonl", walks())
    parts = [limit("walk", 0.004), limit("bits", 0.001), limit("numbers", 0.002)]
    # 4 ns a draw; 16 bytes moved for it are 4 GB a second, a fifth of a copy's 20.
    write(tmp_path / "limits.jsonl", [*parts, limit("copy", 0.01, 100_000_000)])
    text, _ = write_page(file)
    assert "random numbers, which alone take 50% of its time (their random bits 25%)" in text
    assert "could become 2 times as fast at most" in text
    assert "4 GB a second, 20% of the 20 GB" in text and "the bound is arithmetic." in text
    write(tmp_path / "limits.jsonl", [*parts, limit("copy", 0.1, 100_000_000)])
    assert "200% of the 2 GB" in write_page(file)[0]
    assert "the bound is memory." in write_page(file)[0]


def test_limits_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "COPIED", 2**20)
    sizes = ["--chains", "100", "--draws", "512", "--repeats", "2"]
    file = tmp_path / "limits.jsonl"
    monkeypatch.setattr(limits, "DEVICES", 1)  # as many as this process has
    done = CliRunner().invoke(app, ["limits", *sizes, "--json", str(file)])
    assert done.exit_code == 0, done.output
    rows = read_rows(file)
    assert [row["part"] for row in rows] == list(limits.PARTS)
    assert all(len(row["run_s"]) == 2 and min(row["run_s"]) > 0 for row in rows)
    assert [row["work"] for row in rows] == [51_200] * 3 + [2**20]
    text, _ = write_page(write(tmp_path / "walk.jsonl", walks()))
    assert "## What bounds it" in text


def test_random_numbers_alone_are_those_of_a_walk(monkeypatch):
    """The sums have the mean and variance of normal plus uniform numbers, to 5 standard errors."""
    monkeypatch.setattr(limits, "DEVICES", 1)
    sums = np.asarray(limits.random_alone("numbers", 1000, 256 * 4)(3), float).ravel()
    draws = 256 * 4
    assert abs(sums.mean() - draws / 2) < 5 * np.sqrt(draws * (1 + 1 / 12) / 1000)
    assert abs(sums.var() / (draws * (1 + 1 / 12)) - 1) < 5 * np.sqrt(2 / 1000)


def test_chains_that_devices_cannot_share_are_refused():
    done = CliRunner().invoke(app, ["limits", "--chains", "3"], env={"COLUMNS": "200"})
    assert done.exit_code == 2 and "got 3, allowed are multiples of 2" in done.output


# Languages


def sampled(system, model, rate, compile_s=1.0, **fields):
    """Return a row with two runs of 1000 and 500 effective draws in 1000 / rate seconds each."""
    seconds = 1000 / rate
    return MACHINE | {
        "benchmark": "samplers", "system": system, "model": model, "chains": 4, "draws": 1000,
        "warmup": 1000, "status": "ok", "agrees": True, "p_value": 0.5, "z_mean": {"x": 1.0},
        "ess_runs": 8, "import_s": 2.0, "compile_s": compile_s, "warmup_s": seconds,
        "sampling_s": seconds, "warmup_run_s": [seconds] * 2, "sampling_run_s": [seconds] * 2,
        "run_s": [2 * seconds] * 2, "ess_min": 750.0, "ess_min_runs": [1000.0, 500.0],
        "ess_per_s": 0.75 * rate, "ess_per_s_call": 750 / (compile_s + 2 * seconds),
        "ess_per_gradient": 0.05, "mean_leapfrogs": 5.0, "divergences": 0, "peak_memory_mb": 400.0,
    } | fields  # fmt: skip


def languages():
    return [
        sampled("stan", "bradley_terry", 100.0, 30.0),
        sampled("nutpie", "bradley_terry", 50.0),
        sampled("stan", "bradley_terry_10000", 10.0, 30.0),
        sampled("nutpie", "bradley_terry_10000", 20.0),
        sampled("stan", "binomial", 1000.0, 30.0),
        sampled("pyro", "binomial", 1e6, p_value=1e-9),
        sampled("edward2", "binomial", 500.0, ess_runs=2),
        MACHINE | {"benchmark": "samplers", "system": "pyro", "model": "line", "status": "not run",
                   "why": "rain"},
    ]  # fmt: skip


def test_the_page_of_languages_computes_what_it_says(tmp_path):
    text, figures = write_page(write(tmp_path / "some.jsonl", languages()))
    assert list(figures) == ["some", "some_growth"]
    assert "](some.png)" in text and "](some_growth.png)" in text
    assert "- Pyro, binomial: its draws disagree with the exact answer (p = 1e-09)" in text
    assert "- Pyro, line: rain" in text and "- nutpie, binomial: no row" not in text
    assert "- PyMC → nutpie, binomial: no row" in text
    # Edward2 is done after 1 + 2 s and 1 / 375 s a draw, Stan after 30 + 1 s and 1 / 750 s a draw:
    # equal at 21,000 effective draws.
    first = "| binomial | Edward2, XLA | Edward2, XLA | Edward2, XLA | Stan | Stan |"
    assert first in text
    assert "Of Edward2, XLA fewer than 30 chains were run" in text
    assert "| Stan | 2 | 30 | 10 (10 to 10) | 10 (10 to 10) | 20 (20 to 20) |" in text
    assert "- from 1,000 to 10,000 matches: PyMC → nutpie overtakes Stan" in text
    # 10 s of sampling for 5 · 4 · 1000 leapfrog steps are 500 µs each.
    assert "| bradley terry | 2% | 31% | 60% | 500, Stan |" in text


def test_rows_of_another_benchmark_are_refused(tmp_path):
    file = write(tmp_path / "coin.jsonl", [{"benchmark": "coin"}])
    with pytest.raises(ValueError, match="holds rows of coin; allowed are rows of samplers or of"):
        write_page(file)


def test_pages_and_pictures_are_written_beside_their_files(tmp_path):
    files = [write(tmp_path / "w.jsonl", walks()), write(tmp_path / "l.jsonl", languages())]
    options = [word for file in files for word in ("--json", str(file))]
    done = CliRunner().invoke(app, ["page", *options])
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {
        "w.jsonl", "w.md", "w.png", "l.jsonl", "l.md", "l.png", "l_growth.png"
    }  # fmt: skip
    assert (tmp_path / "w.md").read_text(encoding="utf-8") == write_page(files[0])[0]


def test_every_system_of_the_walk_has_a_name():
    names = [walk_page._name(system) for system in SYSTEMS]
    assert len({*names}) == len(SYSTEMS) and not {*names} & {*SYSTEMS}
