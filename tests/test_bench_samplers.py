"""The benchmark of samplers: what enters it is right, what it counts is counted, and the page
says what the file holds.

False-alarm budget: runs and draws have fixed keys. Agreement is judged at 1e-4 a row (nine rows);
the starts of the funnel by one Kolmogorov-Smirnov test at 1e-4.
"""

import json
import time

import jax
import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from course_utils.bench import fixed, jobs, samplers, tuning, whole
from course_utils.bench.agreement import ALPHA, agreement
from course_utils.bench.app import app
from course_utils.bench.clock import Clock
from course_utils.bench.fixed import FIXED, iterations_per_draw
from course_utils.bench.goals import TWINS, verdicts
from course_utils.bench.page import FOLDER, NAMES, write_page
from course_utils.bench.results import Case, Results, number, table
from course_utils.bench.whole import WHOLE
from course_utils.data import DATA_FOLDER
from course_utils.models import registry
from course_utils.models.base import Reference
from course_utils.timing import ess_per_gradient, min_ess

PAGE = DATA_FOLDER / "benchmarks" / "samplers.md"
NORMAL = {
    "x": Reference(0.0, 1.0, {p: stats.norm.ppf(p) for p in (0.05, 0.5, 0.95)}, 0.0, "normal law")
}


# Agreement with the exact answer


def test_right_draws_agree_and_wrong_ones_do_not():
    right = np.random.default_rng(70).standard_normal((20, 500))
    found = agreement({"x": right}, NORMAL)
    assert found["agrees"] and found["comparisons"] == 3
    shifted = agreement({"x": right + 0.1}, NORMAL)
    assert not shifted["agrees"] and shifted["worst"] == "x below its 50% quantile"
    many = np.random.default_rng(71).standard_normal((500, 100))
    assert agreement({"x": many}, NORMAL)["agrees"]
    wide = agreement({"x": 1.1 * many}, NORMAL)
    assert not wide["agrees"] and "50%" not in wide["worst"]


def test_chains_that_stick_are_judged_by_their_number():
    """Chains that never move, from exact starts, are right draws, however few visit a tail."""
    starts = stats.norm.ppf((np.arange(20) + 0.5) / 20 * 0.9 + 0.05)  # none in either tail
    assert agreement({"x": np.repeat(starts[:, None], 100, axis=1)}, NORMAL)["agrees"]
    away = np.random.default_rng(72).standard_normal(500) + 0.5
    assert not agreement({"x": np.repeat(away[:, None], 100, axis=1)}, NORMAL)["agrees"]
    assert not agreement({"x": np.full((20, 100), 3.0)}, NORMAL)["agrees"]


def test_an_uncertain_reference_is_given_its_error():
    right = np.random.default_rng(73).standard_normal((500, 100))
    off = NORMAL["x"]._replace(quantiles={p: q + 0.03 for p, q in NORMAL["x"].quantiles.items()})
    assert not agreement({"x": right}, {"x": off})["agrees"]
    assert agreement({"x": right}, {"x": off._replace(standard_error=0.02)})["agrees"]


def test_every_component_of_a_quantity_is_compared():
    model = registry.build("gaussian50")
    scales = np.asarray(model.reference()["x"].sd)
    quantities = model.quantities({"x": np.asarray(tuning.draw_starts("gaussian50", 2000))})
    chains = {name: np.asarray(values)[:, None] for name, values in quantities.items()}
    assert agreement(chains, model.reference()) | {"p_value": 0, "worst": ""} == {
        "comparisons": 3 * 51,
        "p_value": 0,
        "worst": "",
        "agrees": True,
    }
    chains["x"] = chains["x"] + 0.3 * scales * (np.arange(50) == 49)  # one component alone
    assert agreement(chains, model.reference())["p_value"] < ALPHA


# Counting


def test_iterations_of_a_loop():
    leapfrogs = np.array([[1, 7, 3], [3, 1, 7]])
    assert iterations_per_draw("nested", leapfrogs) == (3 + 7 + 7) / 3
    assert iterations_per_draw("flat", leapfrogs) == 64 / 3  # 11 steps fill one block of 64
    assert iterations_per_draw("flat", np.full((2, 32), 3)) == 128 / 32


def test_ess_per_gradient():
    draws = np.random.default_rng(74).standard_normal((4, 100, 2))
    assert ess_per_gradient(draws, 800) == min_ess(draws) / 800
    with pytest.raises(ValueError, match="num_gradients: got 0"):
        ess_per_gradient(draws, 0)


def test_rates_of_a_row():
    times = {"compile_s": 5.0, "warmup_s": 1.0, "sampling_s": 2.0, "mean_leapfrogs": 5.0}
    row = times | {"chains": 10, "draws": 20, "ess_min": 100.0}
    assert samplers.rates(row) == {
        "ess_per_s": 50.0,
        "ess_per_s_call": 12.5,
        "ess_per_gradient": 0.1,
    }
    assert samplers.rates(row | {"mean_leapfrogs": 0.0})["ess_per_gradient"] is None


# Jobs


def test_systems_are_innermost_and_only_those_with_a_warmup_have_one():
    made = samplers.make_jobs(["flat", "nutpie"], ["line", "funnel"], [4, 100], 500, 1000, 5)
    assert [(job["model"], job["chains"], job["system"]) for job in made[:4]] == [
        ("line", 4, "flat"),
        ("line", 4, "nutpie"),
        ("line", 100, "flat"),
        ("line", 100, "nutpie"),
    ]
    assert {job["system"]: job["warmup"] for job in made} == {"flat": 0, "nutpie": 1000}
    assert jobs.label(made[2]) == "flat, line, chains 100"


@pytest.mark.parametrize(
    ("system", "chains", "why"),
    [
        ("pymc", 100, "warms up and runs its chains a few at a time"),
        ("nested-2dev", 1000, "--any-chains asks for them"),
        ("nested-2dev", 3, "3 chains cannot be shared out equally over two devices"),
    ],
)
def test_what_makes_no_sense_is_not_run(system, chains, why):
    job = {"system": system, "chains": chains}
    assert why in samplers.missing_or_too_many(job)
    assert samplers.missing_or_too_many({"system": "flat", "chains": 1000}) is None
    assert samplers.missing({"system": "pymc", "chains": 100}) is None


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert samplers.missing({"system": "nutpie", "chains": 4}) == "pymc, nutpie not installed"
    assert samplers.missing({"system": "blackjax-hmc", "chains": 4}) == "blackjax not installed"
    assert samplers.missing({"system": "flat", "chains": 4}) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--systems", "flat,stanley"], "got stanley, allowed are flat, nested"),
        (["--models", "line,circle"], "got circle, allowed are banana"),
        (["--chains", "4,many"], "got 4,many, allowed are whole numbers"),
        (["--chains", "0"], "got 0, allowed are whole numbers"),
        (["--draws", "3"], "Invalid value for '--draws'"),
        (["--repeats", "0"], "Invalid value for '--repeats'"),
        (["--warmup", "0"], "Invalid value for '--warmup'"),
    ],
)
def test_bad_arguments(arguments, message, tmp_path):
    file = ["--json", str(tmp_path / "rows.jsonl")]
    result = CliRunner().invoke(app, ["samplers", *arguments, *file], env={"COLUMNS": "400"})
    assert result.exit_code == 2 and message in result.output
    assert not (tmp_path / "rows.jsonl").exists()


def test_starts_of_the_funnel_are_exact_draws():
    starts = tuning.draw_starts("funnel", 4000)
    assert starts.shape == (4000, 10)
    assert stats.kstest(starts[:, 0] / 3, "norm").pvalue > 1e-4


# Real runs, small

LINE = {"model": "line", "chains": 4, "draws": 60, "repeats": 3}


@pytest.fixture(scope="module")
def line_rows():
    """Systems with fixed numbers, in this process; BlackJAX's NUTS runs as its HMC does."""
    rows = {}
    for system in FIXED.keys() - {"blackjax"}:
        job = LINE | {"system": system, "warmup": 0}
        data = samplers.given(job)
        with Clock(time.time()) as clock:
            draws, notes = samplers.measure(job, data, clock)
        assert draws["positions"].shape == (3 * 4, 60, 2)
        row = job | clock.report() | notes | samplers.summarize(job, draws)
        rows[system] = row | samplers.rates(row)
    return rows


def test_every_system_draws_from_the_target_and_compiles_once(line_rows):
    for system, row in line_rows.items():
        assert row["agrees"], (system, row["worst"], row["p_value"])
        assert (row["compiles"], row["recompiles"]) == (1, 0), system
        assert len(row["run_s"]) == 3 and min(row["run_s"]) > 0
        assert row["first_s"] == pytest.approx(row["compile_s"] + row["first_run_s"])
        assert row["sampling_s"] == np.median(row["run_s"])
        assert row["dtype"] == "float32" and 0 < row["acceptance_rate"] < 1


def test_all_start_from_the_same_numbers(line_rows):
    assert len({row["step_size"] for row in line_rows.values()}) == 1
    assert len({tuple(row["inverse_mass_matrix"]) for row in line_rows.values()}) == 1


def test_twins_draw_the_same_bits(line_rows):
    digests = {system: row["draws_digest"] for system, row in line_rows.items()}
    for name, twin in TWINS.items():
        assert digests[name] == digests[twin]
    assert len(set(digests.values())) == 5


def test_leapfrogs_are_counted_alike(line_rows):
    """Four samplers of one law: 720 trajectories each, whose mean length differs by chance.

    Lengths on the line are 1, 3 or 7, so their sd is at most 3, and 6 standard errors of
    a difference are below 6 · 3 · sqrt(2 / 720) = 0.95, were they independent.
    """
    means = [line_rows[name]["mean_leapfrogs"] for name in ("flat", "nested", "numpyro")]
    assert max(means) - min(means) < 0.95
    assert line_rows["nested"]["iterations_per_draw"] > line_rows["nested"]["mean_leapfrogs"]
    assert line_rows["hmc"]["mean_leapfrogs"] == fixed.NUM_HMC_STEPS
    assert line_rows["random-walk"]["mean_leapfrogs"] == 0


@pytest.mark.parametrize("name", ["numpyro-sequential", "numpyro-vectorized", "nutpie"])
def test_calls_of_a_library_are_told_apart(name, monkeypatch):
    """With a library made here, which compiles for 0.02 s and works for 0.05 s at every call.

    The real ones go through ``test_bench.py``. Sleeping takes at least as long as it is told to.
    """
    seeds = []

    def run(make_model, settings, clock):
        assert make_model() is not None
        seeds.append(settings.seed)
        with clock.phase("import"):
            time.sleep(0.01)
        with clock.phase("compile"):
            time.sleep(0.02)
            jax.jit(lambda x: x + len(seeds))(1.0)
        with clock.phase("warmup"):
            time.sleep(0.03)
        with clock.phase("sampling"):
            time.sleep(0.02)
        clock.stop()
        jax.jit(lambda x: x - len(seeds))(1.0)  # after the call, so not its own
        p = np.full((4, 60), float(len(seeds)))
        return {"p": p, "q": p}, {"divergences": len(seeds), "gradients": 480, "device": "cpu"}

    fake = whole.LIBRARIES[name]._replace(run=run)
    monkeypatch.setitem(whole.LIBRARIES, name, fake)
    job = LINE | {"model": "binomial", "system": name, "warmup": 100}
    with Clock(time.time()) as clock:
        draws, notes = samplers.measure(job, samplers.given(job), clock)
    assert len(set(seeds)) == 4
    assert list(draws) == ["p"] and sorted(set(draws["p"][:, 0])) == [2, 3, 4]  # not the first call
    again = 0.05 if name == "nutpie" else 0.07
    assert len(notes["run_s"]) == 3 and min(notes["run_s"]) >= again
    assert notes["first_s"] >= 0.07 and clock.seconds["import"] >= 0.01
    assert clock.seconds["compile"] < notes["first_s"] and clock.seconds["sampling"] >= 0.02
    assert notes["divergences"] == 3 and notes["mean_leapfrogs"] == 2
    assert notes["iterations_per_draw"] == (None if name == "numpyro-vectorized" else 2)
    assert notes["recompiles"] == (None if name == "nutpie" else 3)


def test_chains_that_move_together_wait_for_the_longest():
    job = LINE | {"model": "binomial", "system": "blackjax-vectorized", "warmup": 200, "draws": 200}
    with Clock(time.time()) as clock:
        draws, notes = samplers.measure(job, samplers.given(job), clock)
    assert draws["p"].shape == (3 * 4, 200)
    assert samplers.summarize(job, draws)["agrees"]
    assert notes["iterations_per_draw"] > notes["mean_leapfrogs"]
    assert (notes["compiles"], notes["recompiles"]) == (1, 0)
    assert min(clock.seconds["warmup"], clock.seconds["sampling"]) > 0


def test_the_command_writes_rows_and_resumes(tmp_path):
    """Over two devices, in a process of its own, which is what the devices need."""
    file = tmp_path / "rows.jsonl"
    options = "--models binomial --chains 4,100 --draws 200 --warmup 200 --repeats 2".split()
    command = ["samplers", "--systems", "nested-2dev", *options, "--json", str(file)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    few, many = jobs.read_rows(file)
    assert few["status"] == "ok" and few["agrees"], few
    assert few["recompiles"] == 0 and few["warmup_s"] > 0 and few["ess_per_s"] > 0
    assert {"versions", "date", "device", "peak_memory_mb", "others_share"} <= set(few)
    assert many["status"] == "not run" and "a few at a time" in many["why"]
    again = CliRunner().invoke(app, command)
    assert "1 of 2 rows are in rows.jsonl already" in again.output


def test_disagreement_ends_in_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(samplers, "run_jobs", lambda *_, **__: [{"status": "ok", "agrees": False}])
    result = CliRunner().invoke(app, ["samplers", "--json", str(tmp_path / "rows.jsonl")])
    assert result.exit_code == 1


# Page


def row(system, model, chains, run_s, **fields):
    return {
        "benchmark": "samplers",
        "system": system,
        "model": model,
        "chains": chains,
        "draws": 500,
        "warmup": 1000 if system in WHOLE else 0,
        "repeats": len(run_s),
        "status": "ok",
        "agrees": True,
        "run_s": list(run_s),
        "compile_s": 2.0,
        "first_s": 3.0,
        "warmup_s": 0.5,
        "sampling_s": float(np.median(run_s)),
        "ess_min": 100.0,
        "ess_per_s": 100.0 / float(np.median(run_s)),
        "ess_per_s_call": 10.0,
        "ess_per_gradient": 0.1,
        "mean_leapfrogs": 10.0,
        "iterations_per_draw": 11.0 if system == "flat" else 30.0,
        "recompiles": 0,
        "divergences": 0,
        "acceptance_rate": 0.8,
        "peak_memory_mb": 300.0,
        "draws_digest": "0123",
        "others_share": 0.01,
        "cpu": "a processor",
        "threads": 2,
        "device": "cpu",
        "dtype": "float32",
        "versions": {"jax": "0.12"},
        "date": "2026-11-21T12:00:00+00:00",
    } | fields


NONCENTERED = "eight_schools_noncentered"
CASE = Case(NONCENTERED, 100, 500)


def fast_rows():
    return [
        row("flat", NONCENTERED, 100, [1.0, 2.0, 1.5]),
        row("nested", NONCENTERED, 100, [2.0, 2.0, 2.0]),
        row("numpyro", NONCENTERED, 100, [2.0, 4.0, 3.0], ess_min=50.0),
        row("nested-2dev", NONCENTERED, 4, [0.1, 0.1, 0.1]),
        row("numpyro-parallel", NONCENTERED, 4, [3.0, 9.0, 9.0], recompiles=4, first_s=2.0),
        row("nutpie", NONCENTERED, 4, [0.2, 0.3, 0.3], recompiles=None, first_s=5.0),
        row("hmc", "line", 4, [1.0, 1.0, 1.05]),
        row("blackjax-hmc", "line", 4, [1.0, 1.0, 1.0]),
    ]


def test_quotients_come_from_medians_and_span_the_runs():
    found = Results(fast_rows()).times("flat", "numpyro", CASE, "ess_min")
    assert found == (2 * 3.0 / 1.5, 2 * 2.0 / 2.0, 2 * 4.0 / 1.0)
    assert str(found) == "4 (2 to 8)"
    assert Results(fast_rows()).times("flat", "numpyro", CASE).median == 2.0


def test_a_wrong_sampler_has_no_speed_and_the_newest_row_counts():
    wrong = row("flat", NONCENTERED, 100, [0.1], agrees=False, worst="mu", p_value=1e-9)
    results = Results([*fast_rows(), wrong])
    assert results.of("flat", CASE) is None and results.wrong == [wrong]
    assert results.cases(["flat"]) == []
    newer = row("flat", NONCENTERED, 100, [0.75])
    assert Results([wrong, *fast_rows(), newer]).times("flat", "nested", CASE).median == 2 / 0.75
    failed = {"status": "not run", "why": "rain", "system": "flat"} | CASE._asdict()
    assert Results([*fast_rows(), failed]).not_run == []  # a result is there
    assert Results([failed]).not_run == [failed]


@pytest.mark.parametrize(
    ("claim", "changes", "found"),
    [
        ("iterations for a leapfrog step", {}, "holds."),
        ("iterations for a leapfrog step", {"flat": {"iterations_per_draw": 12.0}}, "not hold."),
        ("At 100 chains flat NUTS", {}, "holds."),
        ("At 100 chains flat NUTS", {"numpyro": {"ess_min": 200.0}}, "does not hold."),
        ("At 1,000 chains flat NUTS", {}, "was not measured."),
        ("heavy gradient", {}, "was not measured."),
        ("in steady runs", {}, "holds."),
        ("in steady runs", {"nutpie": {"run_s": [0.01] * 3}}, "does not hold."),
        ("for the first run", {}, "does not hold."),
        ("for the first run", {"numpyro-parallel": {"first_s": 3.1}}, "holds."),
        ("compiles nothing", {}, "holds."),
        ("compiles nothing", {"nested-2dev": {"recompiles": 1}}, "does not hold."),
        ("at least 20 times as long", {}, "holds."),
        ("at least 20 times as long", {"numpyro-parallel": {"run_s": [1.9]}}, "does not hold."),
        ("bit for bit", {}, "holds."),
        ("bit for bit", {"hmc": {"draws_digest": "4567"}}, "does not hold."),
        ("at most 10 % longer", {}, "holds."),
        ("at most 10 % longer", {"hmc": {"run_s": [1.2]}}, "does not hold."),
    ],
)
def test_goals_are_judged_by_the_numbers(claim, changes, found):
    rows = [one | changes.get(one["system"], {}) for one in fast_rows()]
    (sentence,) = (line for line in verdicts(Results(rows)) if claim in line)
    judged, _, missing = sentence.partition(" Not measured: ")
    assert judged.endswith(found), sentence
    if "At 100 chains flat NUTS" in claim:
        assert missing == "eight schools centered, funnel, gaussian50."


def test_heavy_gradients_are_compared_with_what_waiting_costs():
    rows = [row("flat", "logistic", 100, [1.0]), row("nested", "logistic", 100, [2.5])]
    (sentence,) = (line for line in verdicts(Results(rows)) if "heavy" in line)
    assert sentence.endswith("holds.")  # 2.5 of 30 / 11 is 92 %
    rows[1]["run_s"] = [2.0]
    (sentence,) = (line for line in verdicts(Results(rows)) if "heavy" in line)
    assert sentence.endswith("does not hold.")


def test_the_page_shows_what_the_file_holds(tmp_path):
    file = tmp_path / "some.jsonl"
    wrong = row("blackjax", NONCENTERED, 100, [1.0], agrees=False, worst="mu", p_value=1e-9)
    unable = {"benchmark": "samplers", "status": "not run", "why": "rain", "system": "pymc"}
    unable |= CASE._asdict()
    file.write_text("".join(json.dumps(one) + "\n" for one in [*fast_rows(), wrong, unable]))
    result = CliRunner().invoke(app, ["page", "--json", str(file)])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "some.md").read_text()
    assert "| eight schools noncentered, 100 × 500 | 10 | 11 | 30 | 30 |" in text
    assert "| 4 (2 to 8) |" in text
    assert "eight schools noncentered, 4 × 500: numpyro-parallel | 2 | 2 | 9 (3 to 9) | 4 |" in text
    assert "- blackjax, eight schools noncentered, 100 × 500: its draws disagree" in text
    assert "- pymc, eight schools noncentered, 100 × 500: rain" in text
    assert "noncentered, 100 × 500: blackjax |" not in text
    assert "](some.png)" in text and "a processor, 2 threads, device cpu" in text
    assert (tmp_path / "some.png").read_bytes().startswith(b"\x89PNG")
    assert write_page(file)[0] == text


def test_a_file_without_a_comparison_is_refused(tmp_path):
    file = ["--json", str(tmp_path / "none.jsonl")]
    result = CliRunner().invoke(app, ["page", *file], env={"COLUMNS": "400"})
    assert result.exit_code == 2 and "holds rows of nothing; allowed are rows of" in result.output
    (tmp_path / "none.jsonl").write_text(json.dumps(row("nutpie", "line", 4, [1.0])) + "\n")
    result = CliRunner().invoke(app, ["page", *file], env={"COLUMNS": "400"})
    assert result.exit_code == 2 and "holds no case with flat and numpyro" in result.output


def test_numbers_and_tables():
    assert [number(x) for x in (None, 0, 0.01234, 12.345, 1234.5)] == [
        "",
        "0",
        "0.0123",
        "12.3",
        "1,234",
    ]
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | --: |\n| x | 1 |"


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_page_is_that_of_the_committed_file(name):
    text, figures = write_page(FOLDER / f"{name}.jsonl")
    assert text == (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    for figure in figures:
        assert (FOLDER / f"{figure}.png").exists() and f"({figure}.png)" in text
