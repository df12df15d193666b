"""Reading the course's data sets.

The files lie in the folder ``data`` of the repository, beside ``data/README.md``, which tells
where each comes from.
"""

from pathlib import Path

import pandas as pd

from course_utils.arguments import require_counts, require_finite, require_positive

DATA_FOLDER = Path(__file__).resolve().parents[2] / "data"

COLUMNS = {
    "eight_schools": ["school", "effect", "standard_error"],
    "line": ["id", "x", "y", "sigma_y", "sigma_x", "rho"],
    "coal_mining_disasters": ["year", "disasters"],
}


def load(name: str) -> pd.DataFrame:
    """Read one of the course's data sets and check every number in it.

    Parameters
    ----------
    name : str
        ``"eight_schools"``, ``"line"`` or ``"coal_mining_disasters"``.

    Returns
    -------
    DataFrame
        One row per school, point or year; columns and units are described in ``data/README.md``.

    Raises
    ------
    ValueError
        If there is no such data set, or if the file holds other columns, holes or numbers that
        cannot be: a scale that is not positive, a count that is not a whole number.
    FileNotFoundError
        If the course's ``data`` folder is not where the repository keeps it.
    """
    if name not in COLUMNS:
        raise ValueError(f"name must be one of {sorted(COLUMNS)}, got {name!r}")
    path = DATA_FOLDER / f"{name}.csv"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist. The data live in the course's repository: work in a clone of "
            "it and install the package from there in editable form (make lab does so)"
        )
    table = pd.read_csv(path)
    if list(table.columns) != COLUMNS[name]:
        raise ValueError(f"{path.name} must hold {COLUMNS[name]}, got {list(table.columns)}")
    for column in table.columns.drop("school", errors="ignore"):
        where = f"column {column!r} of {path.name}"
        if column in ("id", "year", "disasters"):
            require_counts(where, table[column])
        elif column in ("standard_error", "sigma_y", "sigma_x"):
            require_positive(where, table[column])
        else:
            require_finite(where, table[column])
    return table
