"""Which check sees which mistake: the matrix, measured by one command and kept as data."""

import datetime
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_utils.data import DATA_FOLDER
from course_utils.machine import version_of
from course_utils.museum.columns import COLUMNS, applies
from course_utils.museum.exhibit import Exhibit
from course_utils.museum.exhibits import exhibits

if TYPE_CHECKING:
    import pandas as pd

FILE = DATA_FOLDER / "museum.csv"
FIELDS = (
    "exhibit",
    "family",
    "caught_by",
    "check",
    "outcome",
    "num_failed",
    "num_runs",
    "message",
    "seed",
    "seconds",
    "versions",
    "date",
)
VERSIONS = ("jax", "numpy", "scipy", "arviz")
# A check that says "I cannot tell" by this property has not judged what its column asks.
UNDECIDED = {"invariance": ("movement", "acceptance")} | dict.fromkeys(
    ("SBC of θ", "SBC with log likelihood"), ("effective draws",)
)


def measure(exhibit: Exhibit, column: str, seed: int, num_runs: int) -> dict[str, Any]:
    """Ask one check of one exhibit, on seeds that follow each other.

    Parameters
    ----------
    exhibit : Exhibit
        A mutant or a right sampler.
    column : str
        Name of the check, one of ``COLUMNS``.
    seed : int
        First seed.
    num_runs : int
        Number of seeds; a check without chance is asked once.

    Returns
    -------
    dict
        A row: ``outcome`` is "passes", "fails", "undecided" or, where the seeds disagree,
        "fails k of n"; ``message`` is the verdict on the first seed that did not pass, or else on
        the first.
    """
    begin = time.perf_counter()
    runs = range(num_runs if COLUMNS[column].is_random else 1)
    verdicts = [COLUMNS[column].ask(exhibit, seed + run) for run in runs]
    failed = [verdict for verdict in verdicts if not verdict.passed]
    told = [v for v in failed if v.property not in UNDECIDED.get(column, ())]
    if not failed:
        outcome = "passes"
    elif not told:
        outcome = "undecided"
    else:
        outcome = "fails" if len(told) == len(verdicts) else f"fails {len(told)} of {len(verdicts)}"
    return {
        "exhibit": exhibit.name,
        "family": exhibit.family,
        "caught_by": exhibit.caught_by or "",
        "check": column,
        "outcome": outcome,
        "num_failed": len(failed),
        "num_runs": len(verdicts),
        "message": (failed or verdicts)[0].message,
        "seed": seed,
        "seconds": round(time.perf_counter() - begin, 1),
        "versions": ", ".join(f"{name} {version_of(name)}" for name in VERSIONS),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def cells(names: list[str] | None = None) -> Iterator[tuple[Exhibit, str]]:
    """Go through all pairs of an exhibit and a check that applies to it."""
    for exhibit in exhibits():
        if names is None or exhibit.name in names:
            yield from ((exhibit, name) for name in COLUMNS if applies(name, exhibit))


def read(file: Path = FILE) -> "pd.DataFrame":
    """Read the measured cells, one row each."""
    import pandas as pd

    if not file.exists():
        return pd.DataFrame(columns=FIELDS)
    return pd.read_csv(file, keep_default_na=False)


def append(row: dict[str, Any], file: Path) -> None:
    """Append one row."""
    import pandas as pd

    pd.DataFrame([row], columns=FIELDS).to_csv(
        file, mode="a", header=not file.exists(), index=False
    )


def matrix(file: Path = FILE) -> "pd.DataFrame":
    """Return the matrix bug × check as measured.

    Returns
    -------
    DataFrame
        One row an exhibit, one column a check, each cell the outcome; empty where the check does
        not apply. The index holds family, exhibit and the check that names the mistake.
    """
    table = read(file)
    index = ["family", "exhibit", "caught_by"]
    wide = table.pivot(index=index, columns="check", values="outcome")
    rows = [(e.family, e.name, e.caught_by or "") for e in exhibits()]
    return wide.reindex(
        index=[row for row in rows if row in wide.index], columns=[*COLUMNS]
    ).fillna("")
