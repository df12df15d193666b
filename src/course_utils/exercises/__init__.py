"""Exercises that check themselves.

``check("3.1", answer)`` prints one of three states and names the property that failed. Whatever a
student hands in (nothing, a function that raises, that returns NaN or never ends) gets an
answer in words, within a time limit.
"""

import ctypes
import importlib
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from course_utils.checks import Verdict

TIME_LIMIT = 60.0  # seconds; the slowest right answer takes about two on the slowest machine tried

_graders: dict[str, Callable[[Any], Verdict]] = {}


class Outcome(NamedTuple):
    """State of an exercise: "not started", "keep working" or "correct", and the reason."""

    state: str
    property: str
    message: str


class NotStarted(Exception):
    """The answer is still the stub."""


class KeepWorking(Exception):
    """The answer cannot be judged; the message says why."""


class _TimeIsUp(BaseException):
    """Raised inside the grading thread. Not an Exception, so that only a bare except stops it."""


def exercise(number: str) -> Callable[[Callable[[Any], Verdict]], Callable[[Any], Verdict]]:
    """Register ``grader(answer) -> Verdict`` for the exercise ``number``."""

    def register(grader):
        _graders[number] = grader
        return grader

    return register


def function_name(answer: Any) -> str:
    """Return the name of a student's function, for messages, or say that it is none.

    Raises
    ------
    KeepWorking
        If it is not a function.
    """
    if not callable(answer):
        raise KeepWorking(f"a function is expected, but this is {type(answer).__name__}")
    return getattr(answer, "__name__", "the answer")


def call(function: Callable, *args: Any) -> Any:
    """Call a student's function; turn what can go wrong into words.

    Raises
    ------
    NotStarted
        If it returns nothing, as the stub does.
    KeepWorking
        If it is not a function or raises an error.
    """
    name = function_name(function)
    try:
        result = function(*args)
    except (NotStarted, KeepWorking):
        raise
    except Exception as error:
        raise KeepWorking(f"`{name}` stopped with {type(error).__name__}: {error}") from error
    if result is None or result is Ellipsis:
        raise NotStarted(
            f"`{name}` returns nothing yet: write your code in place of the `...`, and end it with "
            "`return`"
        )
    return result


def number(value: Any, name: str) -> float:
    """Read a student's answer as one finite number, or say why it is none.

    Raises
    ------
    KeepWorking
        If it is not a number or not finite.
    """
    import numpy as np

    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise KeepWorking(f"{name} must be a number, but it is of type {kind}") from None
    if array.size != 1:
        raise KeepWorking(f"{name} must be one number, but it has shape {array.shape}")
    if not np.isfinite(array).all():
        raise KeepWorking(f"{name} is {array.item()}; a finite number is expected")
    return float(array.item())


def grade(number: str, answer: Any, time_limit: float = TIME_LIMIT) -> Outcome:
    """Judge an answer without printing.

    Parameters
    ----------
    number : str
        Number of the exercise, such as ``"3.1"``.
    answer
        What the exercise asks for: a number or a function.
    time_limit : float
        Seconds after which the answer is given up.

    Raises
    ------
    ValueError
        If there is no such exercise: this is the page's mistake, not the student's.
    """
    chapter = str(number).split(".")[0]
    if chapter.isdigit() and number not in _graders:
        try:
            importlib.import_module(f"{__name__}.chapter_{int(chapter):02d}")
        except ModuleNotFoundError:
            pass
    if number not in _graders:
        raise ValueError(f"number is {number!r}; allowed are {', '.join(sorted(_graders))}")
    outcome = [Outcome("keep working", "checker", "the checker ended without an answer")]

    def work():
        try:
            outcome[0] = _judge(_graders[number], answer)
        except _TimeIsUp:
            pass

    # A thread, because a signal cannot interrupt a notebook on Windows.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(time_limit)
    if thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeIsUp)
        )
        return Outcome(
            "keep working",
            "time",
            f"no answer within {time_limit:g} seconds; is there a loop that never ends? (If the "
            "computer stays busy, restart the kernel.)",
        )
    return outcome[0]


def _judge(grader: Callable[[Any], Verdict], answer: Any) -> Outcome:
    if answer is None or answer is Ellipsis:
        return Outcome("not started", "answer", "write your answer into the cell above")
    try:
        verdict = grader(answer)
    except NotStarted as stub:
        return Outcome("not started", "answer", str(stub))
    except KeepWorking as trouble:
        return Outcome("keep working", "answer", str(trouble))
    except _TimeIsUp:
        raise
    except BaseException as error:  # an answer may call sys.exit
        return Outcome(
            "keep working",
            "answer",
            f"the checker could not use this answer ({type(error).__name__}: {error})",
        )
    return Outcome("correct" if verdict.passed else "keep working", *verdict[1:])


def check(number: str, answer: Any) -> None:
    """Judge an answer and print the result in one of three states."""
    outcome = grade(number, answer)
    mark = {"not started": "○", "keep working": "✗", "correct": "✓"}[outcome.state]
    reason = outcome.message
    if outcome.state != "not started":
        reason = f"{outcome.property}: {reason}"
    print(f"{mark} {number} {outcome.state}: {reason}")
