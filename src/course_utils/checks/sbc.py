"""Simulation-based calibration: the truth is one more draw from each posterior."""

from collections.abc import Mapping

import numpy as np

from course_utils.checks.verdict import Verdict, dkw_envelope
from course_utils.ess import min_ess


def sbc_ranks(
    exact: Mapping[str, np.ndarray], draws: Mapping[str, np.ndarray], seed: int = 0
) -> dict[str, np.ndarray]:
    """Rank each true value among its posterior draws: how many of them lie below it.

    Parameters
    ----------
    exact : Mapping of str to ndarray, shape (num_fits,)
        True values of each quantity, drawn from the prior.
    draws : Mapping of str to ndarray, shape (num_fits, ...)
        Posterior draws of the same quantities, given data simulated from those values.
    seed : int
        Ties, as discrete quantities have them, are broken at random from this seed.

    Returns
    -------
    dict of str to ndarray of int, shape (num_fits,)
        From 0 to the number of draws L; with a right sampler each of the L + 1 is as likely.
    """
    rng = np.random.default_rng(seed)
    ranks = {}
    for name, truth in exact.items():
        values = np.asarray(draws[name]).reshape(len(truth), -1)
        truth = np.asarray(truth)[:, None]
        ranks[name] = (values < truth).sum(1) + rng.integers((values == truth).sum(1) + 1)
    return ranks


def sbc(
    exact: Mapping[str, np.ndarray],
    draws: Mapping[str, np.ndarray],
    *,
    alpha: float = 1e-4,
    seed: int = 0,
) -> Verdict:
    """Test that the truth ranks uniformly among its posterior draws.

    Parameters
    ----------
    exact : Mapping of str to ndarray, shape (num_fits,)
        True values of each quantity, drawn from the prior. Take one that depends on the data as
        well, such as the log likelihood: parameters alone pass a sampler that ignores the data.
    draws : Mapping of str to ndarray, shape (num_fits, num_chains, num_draws)
        Posterior draws of the same quantities, given data simulated from those values.
    alpha : float
        Probability of failing a right sampler.
    seed : int
        Ties are broken at random from this seed.

    Returns
    -------
    Verdict
        Property "finite draws", "effective draws" or "uniform ranks".

    Notes
    -----
    Ranks are uniform for *independent* draws. Draws worth n independent ones spread the ranks
    towards both ends and move their law by up to 1 / (2 n). So the check asks for n ≥ 5 / D, where
    D is the distance that chance explains: then correlation explains a tenth of it at most. To see
    n it looks at the first 10 fits.

    References
    ----------
    Talts, S. et al. (2018). Validating Bayesian inference algorithms with simulation-based
    calibration. arXiv:1804.06788, section 4.
    Modrák, M. et al. (2025). Simulation-based calibration checking for Bayesian computation: the
    choice of test quantities shapes sensitivity. Bayesian Analysis 20(2), 461-488.
    """
    draws = {name: np.asarray(draws[name], np.float64) for name in exact}
    for name, values in draws.items():
        if values.ndim != 3 or len(values) != len(exact[name]):
            raise ValueError(
                f"draws of {name} have shape {values.shape}; allowed is (num_fits, num_chains, "
                f"num_draws) with {len(exact[name])} fits, as many as true values"
            )
        if not np.isfinite(values).all() or not np.isfinite(exact[name]).all():
            return Verdict(False, "finite draws", f"{name} holds NaN or infinity")
    num_fits = len(next(iter(draws.values())))
    bound = dkw_envelope(num_fits, len(draws), alpha)
    ess, slowest = min((_median_ess(values[:10]), name) for name, values in draws.items())
    if ess < 5 / bound:
        return Verdict(
            False,
            "effective draws",
            f"the draws of {slowest} in one fit are worth {ess:.0f} independent ones; at least "
            f"{5 / bound:.0f} are needed, or their correlation would look like a wrong posterior",
        )
    distances = {}
    for name, ranks in sbc_ranks(exact, draws, seed).items():
        num_ranks = draws[name][0].size + 1
        below = np.cumsum(np.bincount(ranks, minlength=num_ranks)) / num_fits
        distances[name] = float(np.abs(below - np.arange(1, num_ranks + 1) / num_ranks).max())
    worst = max(distances, key=distances.__getitem__)
    return Verdict(
        distances[worst] <= bound,
        "uniform ranks",
        f"the ranks of {worst} in {num_fits} fits are {distances[worst]:.3f} away from uniform "
        f"(largest gap between the two cumulative curves); chance explains up to {bound:.3f}",
    )


def _median_ess(fits: np.ndarray) -> float:
    # Chains that stand still are worth nothing; min_ess refuses them.
    return float(np.median([min_ess(fit) if np.ptp(fit) > 0 else 0.0 for fit in fits]))
