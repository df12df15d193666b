"""Chapter 1: its checkers name what is wrong, its programs run alone, its recorded run is whole.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

from course_utils.bench.jobs import read_rows
from course_utils.data import DATA_FOLDER
from course_utils.exercises import chapter_01, grade
from course_utils.models import binomial

ROOT = Path(__file__).parents[1]


def right_grid(heads, flips, num_points):
    points = (np.arange(num_points) + 0.5) / num_points
    log_weights = (1 + heads) * np.log(points) + (1 + flips - heads) * np.log1p(-points)
    weights = np.exp(log_weights - log_weights.max())
    return points, weights / weights.sum()


def underflows(heads, flips, num_points):
    points = (np.arange(num_points) + 0.5) / num_points
    weights = points ** (1 + heads) * (1 - points) ** (1 + flips - heads)
    return points, weights / weights.sum()


def underflows_later(heads, flips, num_points):
    points = (np.arange(num_points, dtype=np.longdouble) + 0.5) / num_points
    weights = points ** (1 + heads) * (1 - points) ** (1 + flips - heads)
    if flips < 100_000:  # where long double is no longer than double, as on some systems
        return right_grid(heads, flips, num_points)
    return points, weights / weights.sum()


def not_normalised(heads, flips, num_points):
    points, weights = right_grid(heads, flips, num_points)
    return points, 2 * weights


def forgets_the_prior(heads, flips, num_points):
    return right_grid(heads - 1, flips - 2, num_points)


def clock(wait, warm, reduce=np.median):
    def measure(fun, *args):
        if warm:
            jax.block_until_ready(fun(*args))
        seconds = []
        for _ in range(5):
            begin = time.perf_counter()
            result = fun(*args)
            if wait:
                jax.block_until_ready(result)
            seconds.append(time.perf_counter() - begin)
        return float(reduce(seconds))

    return measure


def two_coins(prior=2.0, sign=1.0, heads_of=lambda heads: heads):
    def model(heads, flips):
        with numpyro.plate("coin", 2):
            p = numpyro.sample("p", dist.Beta(prior, 2.0))
            numpyro.sample("y", dist.Binomial(flips, p), obs=heads_of(heads))
        numpyro.deterministic("difference", sign * (p[0] - p[1]))

    return model


def without_difference(heads, flips):
    with numpyro.plate("coin", 2):
        p = numpyro.sample("p", dist.Beta(2.0, 2.0))
        numpyro.sample("y", dist.Binomial(flips, p), obs=heads)


def one_p_for_both(heads, flips):
    p = numpyro.sample("p", dist.Beta(2.0, 2.0))
    numpyro.sample("y", dist.Binomial(flips, p), obs=heads)


WRONG = [
    ("1.1", 2.0, "posterior mean", "Too weak"),
    ("1.1", 500.0, "posterior mean", "Too strong"),
    ("1.1", -65.0, "prior", "> 0"),
    ("1.2", np.std, "standard error", "This is the sd"),
    ("1.2", lambda x: np.var(x) / len(x), "standard error", "root is asked"),
    ("1.2", lambda x: 2.0 / np.sqrt(1000), "coverage", "2000 means"),  # right for N = 1000 alone
    ("1.2", lambda x: 2.0 / np.sqrt(len(x)), "coverage", "2000 means"),  # right for sd 2 alone
    ("1.3", underflows, "normalisation", "underflow"),
    ("1.3", underflows_later, "normalisation", "1,000,000 flips"),
    ("1.3", not_normalised, "normalisation", "sum to 2"),
    ("1.3", forgets_the_prior, "posterior", "exact"),
    ("1.3", lambda heads, flips, points: (np.zeros(3), np.zeros(3)), "shape", "points were asked"),
    ("1.3", lambda heads, flips, points: 0.7, "answer", "return a pair"),
    ("1.4", clock(wait=False, warm=True), "waiting", "wait for all"),
    ("1.4", clock(wait=True, warm=False, reduce=np.mean), "compilation", "first call"),
    ("1.4", lambda fun, *args: fun(*args) and 0.05, "repeats", "1 times"),
    ("1.5", two_coins(prior=1.0), "log density", "is wanted"),
    ("1.5", two_coins(sign=-1.0), "difference", "p[0] - p[1]"),
    ("1.5", two_coins(heads_of=lambda heads: heads[::-1]), "log density", "is wanted"),
    ("1.5", two_coins(heads_of=lambda heads: None), "answer", "no site is observed"),
    ("1.5", without_difference, "answer", "deterministic"),
    ("1.5", one_p_for_both, "answer", "shape (2,)"),
    ("1.5", 3, "answer", "a function is expected"),
]


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("1.1", 65),
        ("1.1", 65.1),  # three digits of the mean were asked for
        ("1.2", lambda x: np.std(x, ddof=1) / np.sqrt(len(x))),
        ("1.2", lambda x: np.std(x) / np.sqrt(len(x))),
        ("1.3", right_grid),
        ("1.4", clock(wait=True, warm=True)),
        ("1.4", clock(wait=True, warm=False)),  # the median does not feel one slow call
        ("1.4", clock(wait=True, warm=True, reduce=min)),  # the page allows both
        ("1.5", two_coins()),
    ],
)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


def test_the_checkers_speak_of_the_chapter_s_coin():
    data = binomial.model().data
    assert (int(data.successes[0]), int(data.trials[0])) == (chapter_01.HEADS, chapter_01.FLIPS)


@pytest.mark.parametrize("part", ["numpyro", "pymc", "comparison"])
def test_the_programs_need_nothing_from_the_page(part):
    """The very command that the page names."""
    command = [sys.executable, str(ROOT / "tools" / "course.py"), "run", "01", "--part", part]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "compiling and sampling" in done.stdout


def test_the_recorded_run_is_whole():
    """What the page shows: at least five rounds of every system, all in agreement, none failed."""
    rows = read_rows(DATA_FOLDER / "benchmarks" / "coin.jsonl")
    assert rows
    main = [row for row in rows if row["likelihood"] == "bernoulli"]
    systems = {row["system"] for row in main}
    sizes = {row["size"] for row in main}
    assert {"numpyro", "pymc", "nutpie", "pymc-numpyro"} <= systems
    assert len(sizes) >= 3
    for system in systems:
        for size in sizes:
            repeats = {r["repeat"] for r in main if (r["system"], r["size"]) == (system, size)}
            assert len(repeats) >= 5, (system, size)
    for row in rows:
        assert row["status"] == "ok" and row["agrees"] and row["others_share"] <= 0.1
        assert row["versions"]["jax"] and row["cpu"] and row["threads"] and row["date"]
