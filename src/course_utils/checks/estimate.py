"""Check of an estimate against the exact number."""

import numpy as np

from course_utils.checks.verdict import Verdict


def mean_within_mcse(
    draws: np.ndarray, exact: float, name: str, alpha: float = 1e-3, min_ess: float = 400
) -> Verdict:
    """Test that the mean of the draws is as near to the exact one as its Monte Carlo error says.

    Parameters
    ----------
    draws : ndarray, shape (num_chains, num_draws)
        Draws of one quantity after warm-up.
    exact : float
        Its exact mean.
    name : str
        Name of the quantity, for the message.
    alpha : float
        Probability of failing a right sampler (two-sided normal quantile), about, given enough
        effective draws.
    min_ess : float
        Effective draws below which nothing is decided: a chain that hardly moves has so large an
        error that anything would agree. 400 is the bound of Vehtari et al. (2021).

    Returns
    -------
    Verdict
        Property "effective draws" or "posterior mean".
    """
    import arviz as az
    from scipy.stats import norm

    draws = np.asarray(draws, dtype=np.float64)
    ess = 0.0 if np.ptp(draws, axis=1).min() == 0 else float(az.ess(draws))
    if not ess >= min_ess:
        return Verdict(
            False,
            "effective draws",
            f"{draws.size} draws of {name} are worth {ess:.0f} independent ones; "
            f"at least {min_ess:g} are needed for a verdict",
        )
    mcse = float(az.mcse(draws))
    z = (draws.mean() - exact) / mcse
    limit = norm.isf(alpha / 2)
    return Verdict(
        bool(abs(z) <= limit),
        "posterior mean",
        f"the mean of {name} is {draws.mean():.4f}, exact {exact:.4f}: {abs(z):.1f} Monte Carlo "
        f"standard errors apart; chance explains up to {limit:.1f}",
    )
