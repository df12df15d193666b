"""Rows of a results file, ready for comparison."""

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from course_utils.bench.jobs import Row


class Case(NamedTuple):
    """What is compared: systems on one model, with so many chains and draws a chain."""

    model: str
    chains: int
    draws: int

    def __str__(self) -> str:
        return f"{self.model.replace('_', ' ')}, {self.chains:,} × {self.draws:,}"


class Quotient(NamedTuple):
    """A quotient of medians, and how small and how large the single runs make it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.median)} ({number(self.low)} to {number(self.high)})"


class Results:
    """The newest right result of each system in each case.

    Parameters
    ----------
    rows : sequence of dict
        Rows of ``python -m course_utils.bench samplers``. Those whose draws disagree with the exact
        answer are kept apart: a wrong sampler has no speed.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        newest = {(row["system"], _case(row)): row for row in rows}
        done = {(row["system"], _case(row)): row for row in rows if row["status"] == "ok"}
        self.right = {key: row for key, row in done.items() if row["agrees"]}
        self.wrong = [row for row in done.values() if not row["agrees"]]
        self.not_run = [row for key, row in newest.items() if key not in done]

    def cases(self, systems: Iterable[str], *, least: int = 1) -> list[Case]:
        """List the cases, in order of appearance, in which at least so many systems took part."""
        asked = set(systems)
        found: dict[Case, int] = {}
        for system, case in self.right:
            found[case] = found.get(case, 0) + (system in asked)
        return [case for case, count in found.items() if count >= least]

    def of(self, system: str, case: Case) -> Row | None:
        """Return the row of a system, if there is one."""
        return self.right.get((system, case))

    def times(self, system: str, other: str, case: Case, weight: str | None = None) -> Quotient:
        """Say how many times faster than the other a system is, by its steady runs.

        Parameters
        ----------
        system, other : str
            Two systems that took part in the case.
        case : Case
            The case.
        weight : str, optional
            A field, such as ``ess_min``, of which a run yields so much; left out, runs are equal.
        """
        fast, slow = self.right[system, case], self.right[other, case]
        gain = fast[weight] / slow[weight] if weight else 1.0
        return Quotient(
            gain * statistics.median(slow["run_s"]) / statistics.median(fast["run_s"]),
            gain * min(slow["run_s"]) / max(fast["run_s"]),
            gain * max(slow["run_s"]) / min(fast["run_s"]),
        )


def _case(row: Row) -> Case:
    return Case(row["model"], row["chains"], row["draws"])


def number(value: float | None) -> str:
    """Write a number with three digits; nothing for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; columns of numbers, all but the first, stand to the right."""
    rule = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *lines))
