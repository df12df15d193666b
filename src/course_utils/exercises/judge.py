"""Judge an answer in a process of its own, for graded assignments.

In a student's own kernel the checker may have been replaced, by accident or not. Here the answer
travels to a fresh Python, where the checker is the installed one. What takes too long is killed.
This protects the score from carelessness; whoever grades answers of people that they do not trust
runs the grading in a container.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from course_utils.exercises import TIME_LIMIT, Outcome, grade

START_S = 60.0  # for imports, on a slow machine


def judge(number: str, answer: Any, time_limit: float = TIME_LIMIT) -> Outcome:
    """Judge an answer in a fresh process.

    Parameters
    ----------
    number : str
        Number of the exercise, such as ``"3.1"``.
    answer
        What the exercise asks for. Functions travel with what they use.
    time_limit : float
        Seconds that the checker gives the answer.

    Returns
    -------
    Outcome
        State, the property that failed, and a message.
    """
    import cloudpickle

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        asked, told = Path(folder, "answer.pkl"), Path(folder, "outcome.json")
        try:
            asked.write_bytes(cloudpickle.dumps(answer))
        except Exception as error:
            return _unable(f"it cannot be sent to the checker: {error}")
        command = [sys.executable, "-m", __name__, number, str(asked), str(told), str(time_limit)]
        try:
            done = subprocess.run(
                command, capture_output=True, cwd=folder, timeout=time_limit + START_S
            )
        except subprocess.TimeoutExpired:
            return _unable(f"no answer within {time_limit + START_S:.0f} s")
        if done.returncode or not told.exists():
            return _unable(f"the process ended with exit status {done.returncode}")
        return Outcome(**json.loads(told.read_text(encoding="utf-8")))


def require_correct(number: str, answer: Any) -> None:
    """Raise AssertionError, with the property that fails, unless an answer is correct."""
    outcome = judge(number, answer)
    assert outcome.state == "correct", (
        f"Exercise {number}, {outcome.state}. {outcome.property}: {outcome.message}"
    )


def _unable(message: str) -> Outcome:
    return Outcome("keep working", "can be judged", message)


def _main(number: str, asked: str, told: str, time_limit: str) -> None:
    import cloudpickle

    answer = cloudpickle.loads(Path(asked).read_bytes())
    outcome = grade(number, answer, float(time_limit))
    Path(told).write_text(json.dumps(outcome._asdict()), encoding="utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:])
