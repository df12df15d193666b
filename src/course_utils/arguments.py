"""The checks that every input passes: arrays of numbers, single numbers, integers.

Each names the argument, what it got and what is allowed. This is the only place where the course
says what bad input is in general; what is special to one function stands there.
"""

import numbers

import numpy as np
from numpy.typing import ArrayLike, NDArray


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


def require_number(name: str, value: ArrayLike) -> float:
    """Return ``value`` as a float, if it is a single finite real number."""
    array = require_finite(name, value)
    if array.ndim:
        raise ValueError(f"{name} must be a single number, got shape {array.shape}")
    return float(array)


def require_scale(name: str, value: ArrayLike) -> float:
    """Return ``value`` as a float, if it is a single finite number greater than 0."""
    return float(require_positive(name, require_number(name, value)))


def require_integer(name: str, value: int, at_least: int = 1, at_most: int | None = None) -> int:
    """Return ``value`` as an int, if it is an integer from ``at_least`` to ``at_most``.

    Raises
    ------
    ValueError
        If it is no integer (True and 2.0 are none) or out of bounds.
    """
    is_integer = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not is_integer or value < at_least or (at_most is not None and value > at_most):
        bounds = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
        raise ValueError(f"{name} is {value!r}; allowed are integers {bounds}")
    return int(value)


def require_between(
    name: str, value: ArrayLike, low: float, high: float, *, strictly: bool = False
) -> float:
    """Return ``value`` as a float, if it is a single number between ``low`` and ``high``.

    With ``strictly`` the bounds themselves are refused.
    """
    number = require_number(name, value)
    if not (low < number < high if strictly else low <= number <= high):
        manner = "lie strictly" if strictly else "lie"
        raise ValueError(f"{name} must {manner} between {low:g} and {high:g}, got {number:g}")
    return number


def _refuse(name: str, rule: str, array: NDArray, wrong: NDArray) -> None:
    """Raise a ValueError that shows the first number that breaks the rule, and where it stands."""
    if np.any(wrong):
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f" at index {index[0] if len(index) == 1 else index}" if index else ""
        raise ValueError(f"{name} must {rule}, got {array[index]}{where}")
