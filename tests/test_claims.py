"""Verdicts on claims, from numbers whose verdict is plain."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course_utils.bench.quotients import quotients
from course_utils.claims import trial, verdict

YES, NO, MIXED = np.array([6.0, 7.0]), np.array([2.0, 3.0]), np.array([4.0, 6.0])


@pytest.mark.parametrize(
    ("cases", "found"),
    [
        ({"a": YES, "b": YES}, "holds."),
        ({"a": YES, "b": NO}, "holds only when a."),
        ({"a": YES, "b": NO, "c": YES}, "holds only when a; c."),
        ({"a": NO, "b": NO}, "does not hold."),
        ({"a": MIXED}, "is undecided."),
        ({"a": YES, "b": MIXED}, "holds only when a (undecided when b)."),
        ({"a": NO, "b": MIXED}, "does not hold (undecided when b)."),
    ],
)
def test_verdict(cases, found):
    assert verdict("five times faster", cases, at_least=5) == f"“five times faster” {found}"


def test_both_bounds_count():
    assert verdict("5 to 20", {"a": np.array([30.0])}, 5, 20).endswith("does not hold.")
    assert verdict("less", {"a": np.array([0.5])}, at_most=1).endswith(" holds.")
    with pytest.raises(ValueError, match="cases: got none"):
        verdict("nothing", {})


def rows():
    values = [("a", 100, 0, 8.0), ("b", 100, 0, 2.0), ("a", 100, 1, 9.0), ("b", 100, 1, 3.0)]
    values += [("a", 10, 0, 1.0), ("b", 10, 0, 4.0), ("a", 10, 1, 5.0)]
    keys = ("system", "size", "repeat", "wall_s")
    found = [dict(zip(keys, value, strict=True)) | {"status": "ok"} for value in values]
    return [*found, {"system": "b", "size": 10, "repeat": 1, "status": "not run", "why": "rain"}]


def test_quotients_pair_the_rounds_and_leave_out_what_is_not_there():
    got = quotients(rows(), "a", "b", "wall_s")
    assert list(got) == [10, 100]
    assert got[10].tolist() == [0.25] and got[100].tolist() == [4.0, 3.0]
    doubled = quotients(rows(), "a", "b", lambda row: row["wall_s"] ** 2)
    assert doubled[100].tolist() == [16.0, 9.0]
    with pytest.raises(ValueError, match="no round holds both 'a' and 'c'"):
        quotients(rows(), "a", "c", "wall_s")


def test_a_trial_prints_what_was_measured(capsys):
    trial("fast", {"a": np.array([2000.0, 3.0, 4.0])}, chapter="00", at_least=1, unit="times")
    assert capsys.readouterr().out == "“fast” holds.\n  a: 4 (3 to 2,000) times\n"


def test_a_trial_leaves_a_record_in_the_page():
    kernel = InteractiveShell.instance()
    try:
        with capture_output() as shown:
            trial("fast", {"b": YES, "a": NO}, chapter="00", at_least=5)
            recorded = {"date": "2001-02-03T04:05", "cpu": "abacus", "threads": 7}
            trial("slow", {"a": NO}, chapter="00", recorded=recorded)
    finally:
        kernel.clear_instance()
    now, then = (output.metadata["claim"] for output in shown.outputs)
    assert shown.outputs[0].data["text/plain"].startswith("“fast” holds only when b.")
    assert now["verdict"] == "holds only when b"
    assert now["measured"] == [("b", "6.5 (6 to 7)"), ("a", "2.5 (2 to 3)")]
    assert (then["date"], then["machine"]) == ("2001-02-03", "abacus, 7 threads")
