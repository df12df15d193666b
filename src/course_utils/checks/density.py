"""Checks of a log density: it is normalised, and it is the one that was meant."""

import math
from collections.abc import Callable

import jax
import numpy as np
from jax import Array

from course_utils.checks.verdict import Verdict


def integrates_to_one(
    logdensity: Callable[[Array], Array], lower: float, upper: float, tolerance: float = 1e-3
) -> Verdict:
    """Test that a normalised log density of one number has the total probability 1.

    Parameters
    ----------
    logdensity : Callable
        ``(1,) -> ()``, with its normalising constant.
    lower, upper : float
        Ends of an interval outside which less than ``tolerance / 2`` of the mass can lie.
    tolerance : float
        Largest error of the total. With 2001 points the trapezium rule is far better than this for
        any hump wider than a hundredth of the interval; mistakes change the total by percents.

    Returns
    -------
    Verdict
        Property "total probability".
    """
    points = np.linspace(lower, upper, 2001)
    values = np.asarray(jax.vmap(logdensity)(points[:, None].astype(np.float32)), np.float64)
    total = float(np.trapezoid(np.exp(values), points))
    return Verdict(
        abs(total - 1) <= tolerance,  # False for NaN
        "total probability",
        f"between {lower:g} and {upper:g} the density integrates to {total:.4f} instead of 1",
    )


def same_density(
    logdensity: Callable[[Array], Array],
    reference: Callable[[np.ndarray], float],
    points: np.ndarray,
    tolerance: float = 1e-5,
) -> Verdict:
    """Test a log density against a slow and safe one, up to a constant.

    Parameters
    ----------
    logdensity : Callable
        ``(dim,) -> ()``: the one to be tested.
    reference : Callable
        The same in float64: SciPy's, or a loop over the observations.
    points : ndarray, shape (num, dim)
        Where the two are compared, at least 2 points.
    tolerance : float
        Largest difference that counts as rounding, in units of the largest log density (at least
        1). A float32 has 24 binary digits; 1e-5 leaves room for some hundred roundings.

    Returns
    -------
    Verdict
        Property "same density".
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or len(points) < 2:
        raise ValueError(f"points has shape {points.shape}; allowed is (num, dim) with num ≥ 2")
    found = np.asarray(jax.vmap(logdensity)(points.astype(np.float32)), np.float64)
    if found.shape != (len(points),):
        message = f"the log density of one point has shape {found.shape[1:]} instead of ()"
        return Verdict(False, "same density", message)
    exact = np.array([float(reference(point)) for point in points])
    with np.errstate(invalid="ignore"):  # two infinities differ by NaN, which counts as infinite
        difference = found - exact
        stray = np.nan_to_num(np.abs(difference - difference[exact.argmax()]), nan=math.inf)
    allowed = tolerance * max(1.0, float(np.abs(exact[np.isfinite(exact)]).max(initial=0.0)))
    worst = int(stray.argmax())
    return Verdict(
        bool(stray[worst] <= allowed),
        "same density",
        f"at {np.round(points[worst], 3).tolist()} the log density strays by {stray[worst]:.2g} "
        f"from the reference, a constant apart; rounding explains up to {allowed:.1g}",
    )
