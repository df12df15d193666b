"""Reading the course's data sets, and the checks that every input passes.

The files lie in the folder ``data`` of the repository, beside ``data/README.md``, which tells
where each comes from. The ``require_*`` functions are the only place where the course says what
bad input is: each names the argument, what it got and what is allowed.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

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


def require_finite(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return ``value`` as an array of floats, if it holds finite real numbers and at least one.

    Parameters
    ----------
    name : str
        What the caller calls this argument; it opens the error message.
    value : array_like, any shape
        Numbers to be checked.

    Returns
    -------
    ndarray of float64, the shape of ``value``

    Raises
    ------
    TypeError
        If ``value`` does not consist of real numbers.
    ValueError
        If it is empty, ragged, or holds NaN or infinity.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be rows of equal length, got {value!r}") from error
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one number, got an empty array")
    if array.dtype.kind not in "iufb":
        raise TypeError(f"{name} must hold real numbers, got {value!r}")
    _refuse(name, "be finite", array, ~np.isfinite(array))
    return array.astype(np.float64)


def require_positive(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return ``value`` as an array of floats, if every number in it is finite and above zero.

    Parameters, returns and errors are those of :func:`require_finite`.
    """
    array = require_finite(name, value)
    _refuse(name, "be greater than 0", array, array <= 0)
    return array


def require_counts(
    name: str, value: ArrayLike, at_most: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Return ``value`` as an array of integers, if it holds whole numbers from 0 to ``at_most``.

    Parameters, returns and errors are otherwise those of :func:`require_finite`.
    """
    array = require_finite(name, value)
    # Beyond 2**53 a float no longer tells one whole number from the next.
    wrong = (array < 0) | (array % 1 != 0) | (array > 2**53)
    _refuse(name, "hold whole numbers from 0 to 2**53", array, wrong)
    counts = array.astype(np.int64)
    if at_most is not None:
        limit = np.broadcast_to(at_most, counts.shape)
        above = counts > limit
        if above.any():
            _refuse(name, f"be at most {limit[above][0]}", counts, above)
    return counts


def require_same_length(**arrays: NDArray) -> None:
    """Raise a ValueError unless all arrays are one-dimensional and of one length.

    Parameters
    ----------
    **arrays : ndarray
        The arrays under the names that the caller gives them.
    """
    shapes = {name: np.shape(array) for name, array in arrays.items()}
    if len(set(shapes.values())) != 1 or any(len(shape) != 1 for shape in shapes.values()):
        got = ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
        raise ValueError(f"{' and '.join(shapes)} must be vectors of one length, got {got}")


def _refuse(name: str, rule: str, array: NDArray, wrong: NDArray) -> None:
    """Raise a ValueError that shows the first number that breaks the rule, and where it stands."""
    if np.any(wrong):
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f" at index {index[0] if len(index) == 1 else index}" if index else ""
        raise ValueError(f"{name} must {rule}, got {array[index]}{where}")
