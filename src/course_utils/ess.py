"""Effective draws: ArviZ's effective sample size, reduced to the number that limits you."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def min_ess(draws: Any) -> float:
    """Return the smallest effective sample size: over all parameters, of bulk and tail.

    Parameters
    ----------
    draws : Array, mapping of str to Array, or DataTree
        Draws ``(chain, draw, ...)``, the shape of one draw last; of a DataTree its posterior.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shape is not ``(chain, draw, ...)``, there are fewer than 4 draws, a draw is not
        finite, or a parameter never changes: ArviZ would credit a stuck chain with every draw.

    Notes
    -----
    Tail ESS is ArviZ's own: for the quantiles of its setting ``stats.ci_prob``, by default 0.89,
    so for those at 11 % and 89 %. Vehtari et al. (2021) take 5 % and 95 %.

    References
    ----------
    Vehtari, A., Gelman, A., Simpson, D., Carpenter, B., & Bürkner, P.-C. (2021).
    Rank-normalization, folding, and localization: an improved R-hat. Bayesian Analysis 16(2),
    section 4.
    """
    import arviz as az
    import xarray as xr

    if hasattr(draws, "children"):
        draws = draws["posterior"].dataset
    if not isinstance(draws, Mapping):
        draws = {"draws": draws}
    arrays = {str(name): np.asarray(values, dtype=float) for name, values in draws.items()}
    for name, values in arrays.items():
        if values.ndim < 2 or values.shape[1] < 4:
            raise ValueError(
                f"draws: {name!r} has shape {values.shape}, allowed is (chain, draw, ...) with at "
                "least 4 draws"
            )
        if not np.isfinite(values).all():
            raise ValueError(f"draws: {name!r} holds NaN or infinity, allowed are finite numbers")
        if (np.ptp(values, axis=(0, 1)) == 0).any():
            raise ValueError(
                f"draws: {name!r} has a component that never changes; a chain that does not move "
                "has no effective draws, and a constant is not a parameter"
            )
    # A Dataset, since ArviZ warns about arrays and dictionaries with more chains than draws.
    posterior = xr.Dataset(
        {
            name: (["chain", "draw", *(f"{name}_{i}" for i in range(values.ndim - 2))], values)
            for name, values in arrays.items()
        }
    )
    return min(
        float(az.ess(posterior, method=method).to_array().min()) for method in ("bulk", "tail")
    )


def ess_per_second(draws: Any, seconds: float) -> float:
    """Effective draws per second: :func:`min_ess` over the time that the draws took.

    Parameters
    ----------
    draws : Array, mapping of str to Array, or DataTree
        As in :func:`min_ess`.
    seconds : float
        Time; say whether it holds compilation and warm-up.
    """
    if not seconds > 0 or not np.isfinite(seconds):
        raise ValueError(f"seconds: got {seconds!r}, allowed are finite numbers > 0")
    return min_ess(draws) / seconds


def ess_per_gradient(draws: Any, num_gradients: int) -> float:
    """Effective draws per gradient: :func:`min_ess` over all gradients that the draws took.

    It knows no machine and no compiler, so it compares samplers, where effective draws per second
    compare programs.

    Parameters
    ----------
    draws : Array, mapping of str to Array, or DataTree
        As in :func:`min_ess`.
    num_gradients : int
        Gradient evaluations of all chains together, such as the sum of leapfrog steps.
    """
    if not num_gradients > 0 or not np.isfinite(num_gradients):
        raise ValueError(f"num_gradients: got {num_gradients!r}, allowed are finite numbers > 0")
    return min_ess(draws) / num_gradients
