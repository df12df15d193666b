"""Checks of single arguments: one whole number, one number within bounds, one scale."""

import numbers

from numpy.typing import ArrayLike

from course_utils.data import require_finite, require_positive


def require_number(name: str, value: ArrayLike) -> float:
    """Return ``value`` as a float, if it is a single finite real number."""
    array = require_finite(name, value)
    if array.ndim:
        raise ValueError(f"{name} must be a single number, got shape {array.shape}")
    return float(array)


def require_scale(name: str, value: ArrayLike) -> float:
    """Return ``value`` as a float, if it is a single finite number greater than 0."""
    return float(require_positive(name, require_number(name, value)))


def require_whole(name: str, value: int, at_least: int) -> int:
    """Return ``value`` as an int, if it is an integer and no less than ``at_least``.

    Raises
    ------
    TypeError
        If it is no integer; True and 2.0 are none.
    ValueError
        If it is too small.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an integer of at least {at_least}, got {value!r}")
    if value < at_least:
        raise ValueError(f"{name} must be an integer of at least {at_least}, got {value}")
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
