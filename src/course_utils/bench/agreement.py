"""Do draws agree with the exact answer? No row enters a comparison that fails this."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from course_utils.bench.jobs import Row

ALPHA = 1e-4  # rows of a right sampler that fail: one in 10,000


def agreement(quantities: Mapping[str, np.ndarray], reference: Mapping[str, Any]) -> Row:
    """Compare the share of draws below each exact quantile with what it should be.

    A share is compared chain by chain: chains know nothing of each other, so the spread of their
    shares gives the standard error, however slowly a chain moves. Student's t judges the distance.
    To the spread of a tail, that of one chain which never moves is added: where no chain happened
    to visit a tail, all shares are 0 and their own spread would say nothing.

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
    from scipy.stats import norm, t

    names, p_values = [], []
    for name, exact in reference.items():
        values = np.asarray(quantities[name], dtype=float)
        num_chains = len(values)
        for p, quantile in exact.quantiles.items():
            shares = (values <= np.asarray(quantile)).mean(axis=1)
            stuck = 0.0 if p == 0.5 else p * (1 - p)
            spread = ((shares - shares.mean(0)) ** 2).sum(0) + stuck
            # The quantile itself may carry an error: it shifts the share by density times error.
            density = norm.pdf(norm.ppf(p)) / np.asarray(exact.sd, dtype=float)
            error = density * exact.standard_error
            se = np.sqrt(spread / (num_chains - 1) / num_chains + error**2)
            distance = np.abs(shares.mean(0) - p)
            # Without any spread, only a share that is right agrees.
            ratio = np.divide(distance, se, where=se > 0, out=np.where(distance > 0, np.inf, 0.0))
            found = np.ravel(2 * t.sf(ratio, num_chains - 1))
            p_values.extend(found)
            names.extend(f"{name} below its {p:.0%} quantile" for _ in found)
    worst = int(np.argmin(p_values))
    p_value = min(1.0, float(p_values[worst]) * len(p_values))
    return {
        "comparisons": len(p_values),
        "p_value": p_value,
        "worst": names[worst],
        "agrees": p_value >= ALPHA,
    }
