"""Whatever a student hands in, to whichever exercise, the checker answers in words and in time."""

import re
import sys

import numpy as np
import pages
import pymc as pm
import pytest

from course_utils.exercises import Outcome, grade
from course_utils.kernel import Kernel

_CHECK = re.compile(r'^check\("(\d+\.\d+)", (\w+)\)$', re.MULTILINE)


def exercises() -> dict[str, bool]:
    """Each exercise of the course, and whether it asks for a function."""
    found = {}
    for page in pages.all_pages():
        if page.is_solution:
            text = page.text.read_text(encoding="utf-8")
            for number, name in _CHECK.findall(text):
                found[number] = f"\ndef {name}(" in text
    return found


ALL = exercises()
FUNCTIONS = [number for number, is_function in ALL.items() if is_function]


def raises(*args, **kwargs):
    raise RuntimeError("oh no")


def leaves(*args, **kwargs):
    sys.exit()


def wants_more(a, b, c, d, e, f, g):
    return 1.0


def forever(*args, **kwargs):
    while True:
        pass


# Chapters whose checkers foresee all of these; elsewhere the words may be those of Python's error.
FORESEEN = ("5", "7", "8")
HOSTILE = {
    "text": "text",
    "nan": float("nan"),
    "array": np.zeros((3, 3)),
    "object": object(),
    "empty list": [],
    "empty dict": {},
    "dict": {"X": 1},
    "print": print,
    "raises": raises,
    "leaves": leaves,
    "wants more": wants_more,
    "wants nothing": lambda: 1.0,
    "returns text": lambda *a: "text",
    "returns nan": lambda *a: np.nan,
    "returns -1": lambda *a: -1.0,
    "returns array": lambda *a: np.zeros((2, 2)),
    "returns list": lambda *a: [],
    "returns nans": lambda *a: (np.nan, np.nan),
    "returns arrays of nan": lambda *a: (np.full(3, np.nan),) * 2,
    "returns words": lambda *a: ("a", "b"),
    "returns raises": lambda *a: raises,
    "returns leaves": lambda *a: leaves,
    "returns a kernel that raises": lambda *a: Kernel(raises, raises),
    "returns a kernel of nothing": lambda *a: Kernel(lambda x: None, lambda k, s: None),
    "returns a model": lambda *a: pm.Model(),
}


def test_all_exercises_are_known():
    chapters = {int(number.split(".")[0]) for number in ALL}
    assert chapters == {int(page.number) for page in pages.all_pages()}
    assert len(FUNCTIONS) > len(ALL) / 2


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.parametrize("number", ALL)
def test_no_answer_breaks_the_checker(number, answer):
    outcome = grade(number, HOSTILE[answer])
    assert isinstance(outcome, Outcome)
    assert outcome.state != "correct"
    assert outcome.message and "Traceback" not in outcome.message
    if number.split(".")[0] in FORESEEN and answer != "leaves":
        assert "checker could not use" not in outcome.message, outcome


@pytest.mark.parametrize("number", ALL)
def test_a_stub_is_not_started(number):
    stubs = [None, ...]
    if ALL[number]:
        stubs += [lambda *a, **k: None, lambda *a, **k: ...]
    for stub in stubs:
        assert grade(number, stub).state == "not started"


@pytest.mark.parametrize("number", FUNCTIONS)
def test_an_answer_that_never_ends_is_given_up(number):
    assert grade(number, forever, time_limit=0.5).property == "time"
