"""Do draws agree with the exact answer? No row enters a comparison that fails this."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm, t

from course_utils.bench.jobs import Row

ALPHA = 1e-4  # rows of a right sampler that fail: one in 10,000
FEW = 10  # effective draws of a chain; with fewer, shares are too skewed for Student's t


def agreement(quantities: Mapping[str, np.ndarray], reference: Mapping[str, Any]) -> Row:
    """Compare the share of draws below each exact quantile with what it should be.

    A share is compared chain by chain: chains know nothing of each other, so the spread of their
    shares gives the standard error, however slowly a chain moves. Student's t judges the distance.
    To the spread of a tail, that of one chain which never moves is added: where no chain happened
    to visit a tail, all shares are 0 and their own spread would say nothing.

    If chains move so slowly that some share is worth less than ten draws, a few stuck chains make
    up the spread of all of them, and where they are missing Student's t cries wolf. Then only the
    last draw of each chain counts. These are independent, so the number below a quantile is
    binomial.

    Parameters
    ----------
    quantities : mapping of str to ndarray, shape (num_chains, num_draws, ...)
        Draws of independent chains that start in the target.
    reference : mapping of str to Reference
        Exact answers of the same names.

    Returns
    -------
    dict
        ``comparisons``, their number; ``p_value`` of the worst, times that number, at most 1;
        ``worst``, its name; ``agrees``, whether the p-value is at least 1e-4.
    """
    names, by_shares, by_last_draws, fewest = [], [], [], np.inf
    for name, exact in reference.items():
        values = np.asarray(quantities[name], dtype=float)
        for p, quantile in exact.quantiles.items():
            is_below = values <= np.asarray(quantile)
            # The quantile itself may carry an error: it shifts the share by density times error.
            density = norm.pdf(norm.ppf(p)) / np.asarray(exact.sd, dtype=float)
            error = density * exact.standard_error
            found, effective = _of_shares(is_below.mean(axis=1), p, error)
            fewest = min(fewest, effective)
            by_shares.extend(np.ravel(found))
            by_last_draws.extend(np.ravel(_of_last_draws(is_below[:, -1], p, error)))
            names.extend(f"{name} below its {p:.0%} quantile" for _ in np.ravel(found))
    p_values = by_last_draws if fewest < FEW else by_shares
    worst = int(np.argmin(p_values))
    p_value = min(1.0, float(p_values[worst]) * len(p_values))
    return {
        "comparisons": len(p_values),
        "p_value": p_value,
        "worst": names[worst],
        "agrees": p_value >= ALPHA,
    }


def _of_shares(shares: NDArray, p: float, error: NDArray) -> tuple[NDArray, float]:
    """P-values by the spread between chains, and the fewest effective draws of a chain."""
    num_chains = len(shares)
    stuck = 0.0 if p == 0.5 else p * (1 - p)
    spread = ((shares - shares.mean(0)) ** 2).sum(0) + stuck
    se = np.sqrt(spread / (num_chains - 1) / num_chains + error**2)
    distance = np.abs(shares.mean(0) - p)
    # Without any spread, only a share that is right agrees.
    ratio = np.divide(distance, se, where=se > 0, out=np.where(distance > 0, np.inf, 0.0))
    effective = p * (1 - p) * (num_chains - 1) / np.maximum(np.max(spread), 1e-12)
    return 2 * t.sf(ratio, num_chains - 1), float(effective)


def _of_last_draws(is_below: NDArray, p: float, error: NDArray) -> NDArray:
    """P-values by the number of chains whose last draw is below the quantile."""
    num_chains, num_below = len(is_below), is_below.sum(axis=0)
    # Of the probabilities that an uncertain quantile leaves, the one nearest to what was seen.
    nearest = np.clip(num_below / num_chains, p - error, p + error)
    lower = binom.cdf(num_below, num_chains, nearest)
    upper = binom.sf(num_below - 1, num_chains, nearest)
    return np.minimum(1, 2 * np.minimum(lower, upper))
