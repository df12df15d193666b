"""The exercises: every stub fails its check, every solution passes, no answer breaks the checker.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import json
import re
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from course_utils.exercises import Outcome, check, grade

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CHAPTERS = sorted(path.name for path in NOTEBOOKS.glob("[0-9]*.ipynb"))


def replies(path):
    """Return exercise number → the mark that the stored notebook shows under its check cell."""
    found = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if "check" in cell["metadata"].get("tags", ()):
            number = re.search(r'check\("(\d+\.\d+)"', "".join(cell["source"])).group(1)
            text = "".join("".join(output.get("text", "")) for output in cell["outputs"])
            found[number] = text[:1]
    return found


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_stub_is_told_apart_and_every_solution_passes(name):
    stubs, solved = replies(NOTEBOOKS / name), replies(NOTEBOOKS / "solutions" / name)
    assert len(stubs) >= 4
    assert set(stubs.values()) == {"○"}
    assert set(solved.values()) == {"✓"}
    assert stubs.keys() == solved.keys()


def flip(x, new):
    return np.log(x) - np.log(new)


def drops_rejections(log_density, start, step_size, num_steps, rng):
    position, draws = start, []
    for _ in range(num_steps):
        proposal = position + step_size * rng.normal()
        if np.log(rng.uniform()) < log_density(proposal) - log_density(position):
            position = proposal
            draws.append(position)
    return np.array(draws)


def stale(log_density, start, step_size, num_steps, rng):
    position, log_p, draws = start, log_density(start), []
    for _ in range(num_steps):
        proposal = position + step_size * rng.normal()
        if np.log(rng.uniform()) < log_density(proposal) - log_p:
            position = proposal
        draws.append(position)
    return np.array(draws)


def all_accepted(log_density, start, step_size, num_steps, rng):
    return rng.normal(size=num_steps)


def no_ratio(key, position):
    return 2.0 * jax.random.normal(key, position.shape), 0.0


def ratio_upside_down(key, position):
    new = 2.0 * jax.random.normal(key, position.shape)
    return new, jnp.sum(position**2 - new**2) / 8


def too_narrow(key, position):
    new = jax.random.normal(key, position.shape)
    return new, jnp.sum(new**2 - position**2) / 2


def walks(key, position):
    return position + 2.0 * jax.random.normal(key, position.shape), 0.0


WRONG = [
    ("3.1", -1.0, "step size"),
    ("3.1", 1.0, "acceptance"),
    ("3.1", 200.0, "acceptance"),
    ("3.2", flip, "reversibility"),
    ("3.2", lambda x, new: 0.0, "reversibility"),
    ("3.2", lambda x, new: new / x, "reversibility"),
    ("3.3", drops_rejections, "rejected means repeated"),
    ("3.3", stale, "invariance"),
    ("3.3", all_accepted, "rejected means repeated"),
    ("3.4", lambda log_ratio: min(1.0, np.exp(min(log_ratio, 0.0))), "acceptance"),
    ("3.4", lambda log_ratio: float(expit(2 * log_ratio)), "detailed balance"),
    ("3.4", lambda log_ratio: 0.5, "range"),
    ("3.5", no_ratio, "invariance"),
    ("3.5", ratio_upside_down, "invariance"),
    ("3.5", too_narrow, "proposal"),
    ("3.5", walks, "independence"),
]


@pytest.mark.parametrize(("number", "answer", "named"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named, outcome


ALL = ["3.1", "3.2", "3.3", "3.4", "3.5"]


def raises(*args):
    raise RuntimeError("oh no")


def wants_more(a, b, c, d, e, f, g):
    return 1.0


@pytest.mark.parametrize("number", ALL)
@pytest.mark.parametrize(
    "answer",
    ["text", float("nan"), np.zeros((3, 3)), raises, wants_more, object(), lambda *a: "text",
     lambda *a: np.nan, lambda *a: np.zeros((2, 2)), lambda *a: [], print],
)  # fmt: skip
def test_no_answer_breaks_the_checker(number, answer):
    outcome = grade(number, answer)
    assert isinstance(outcome, Outcome)
    assert outcome.state != "correct"
    assert outcome.message


@pytest.mark.parametrize("number", ALL)
@pytest.mark.parametrize("answer", [None, ..., lambda *a: None, lambda *a: ...])
def test_a_stub_is_not_started(number, answer):
    if number == "3.1" and callable(answer):
        pytest.skip("3.1 asks for a number")
    assert grade(number, answer).state == "not started"


def test_an_answer_that_never_ends_is_given_up():
    def forever(*args):
        while True:
            pass

    begin = time.monotonic()
    outcome = grade("3.4", forever, time_limit=1.0)
    assert outcome.property == "time"
    # The limit, and a second for the thread to be scheduled on a busy machine.
    assert time.monotonic() - begin < 10
    assert grade("3.4", expit).state == "correct"


def test_check_prints_one_line_in_three_states(capsys):
    check("3.4", None)
    check("3.4", lambda log_ratio: 0.5)
    check("3.4", expit)
    marks = [line[:5] for line in capsys.readouterr().out.splitlines()]
    assert marks == ["○ 3.4", "✗ 3.4", "✓ 3.4"]


def test_an_unknown_exercise_is_the_page_s_mistake():
    with pytest.raises(ValueError, match=r"number is '3\.99'; allowed are .*3\.1"):
        grade("3.99", 1)
    with pytest.raises(ValueError, match="number is 'x'"):
        grade("x", 1)
