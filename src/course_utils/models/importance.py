"""Posterior summaries by importance sampling, with the standard error that they carry.

Where no formula and no quadrature reaches, independent draws still do, if a proposal is near
enough. Near the mode a log-concave posterior looks normal, so draws from a Student t with the
mode as its centre and the curvature there as its precision need only mild weights.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtri
from scipy.stats import chi2, multivariate_t, qmc

from course_utils.models.base import PROBABILITIES, Reference

SEED = 42
NUM_REPLICATES, NUM_POINTS = 16, 1024


def reference(
    log_density: Callable[[NDArray], NDArray],
    gradient: Callable[[NDArray], NDArray],
    precision: Callable[[NDArray], NDArray],
    dim: int,
) -> Reference:
    """Summarise each coordinate of a log-concave density on R^dim with normal tails or lighter.

    The draws are Sobol' points, scrambled afresh for each of ``NUM_REPLICATES`` replicates; what
    the replicates differ by gives the standard error.

    Parameters
    ----------
    log_density : Callable
        Log density up to a constant, ``(n, dim) -> (n,)``.
    gradient, precision : Callable
        Its gradient, and the negative of its matrix of second derivatives, at a point (dim,).
    dim : int
        Number of coordinates.

    Returns
    -------
    Reference
        Its ``standard_error`` is statistical: the largest among means, sds and quantiles.

    References
    ----------
    Owen, A. B. (2013). Monte Carlo theory, methods and examples, sections 9.2 and 17.3.
    https://artowen.su.domains/mc/
    """
    mode = minimize(
        lambda x: -log_density(x[None])[0],
        np.zeros(dim),
        jac=lambda x: -gradient(x),
        hess=precision,
        method="trust-exact",
    ).x
    # A t's tails are heavier than those of the posterior, so that the weights are bounded.
    proposal = multivariate_t(mode, np.linalg.inv(precision(mode)), df=dim + 5)
    cholesky = np.linalg.cholesky(proposal.shape)

    def propose(uniform: NDArray) -> tuple[NDArray, NDArray]:
        stretch = np.sqrt(proposal.df / chi2(proposal.df).ppf(uniform[:, -1:]))
        draws = mode + stretch * ndtri(uniform[:, :-1]) @ cholesky.T
        return draws, log_density(draws) - proposal.logpdf(draws)

    (found,) = summarize({"": slice(None)}, propose, dim + 1, "around the mode").values()
    return found


def summarize(
    parts: Mapping[str, slice | int],
    propose: Callable[[NDArray], tuple[NDArray, NDArray]],
    num_uniforms: int,
    where: str,
) -> dict[str, Reference]:
    """Turn a proposal into summaries of each part of its draws.

    Parameters
    ----------
    parts : mapping of str to slice or int
        Which coordinates a quantity consists of.
    propose : Callable
        ``(n, num_uniforms) -> ((n, dim), (n,))``: from uniform numbers, draws of the proposal and
        the log of their weights, up to a constant.
    num_uniforms : int
        How many uniform numbers a draw takes.
    where : str
        Where the proposal lies, for the ``source``.

    Returns
    -------
    dict of str to Reference
        For each part, with the statistical standard error that its replicates show.
    """
    rng = np.random.default_rng(SEED)
    points = (qmc.Sobol(num_uniforms, rng=rng).random(NUM_POINTS) for _ in range(NUM_REPLICATES))
    draws, log_weights = (
        np.array(part) for part in zip(*(propose(uniform) for uniform in points), strict=True)
    )
    weights = np.exp(log_weights - log_weights.max())
    spread = np.std([_numbers(*one) for one in zip(draws, weights, strict=True)], axis=0, ddof=1)
    numbers = _numbers(draws.reshape(-1, draws.shape[-1]), weights.ravel())
    ess = weights.sum() ** 2 / (weights**2).sum()
    source = (
        f"importance sampling {where}, {weights.size} draws worth {ess:.0f}, seed {SEED}; "
        "the standard error is statistical"
    )

    def reference_of(part: slice | int) -> Reference:
        mean, sd, *quantiles = numbers[:, part]
        error = float(spread[:, part].max() / np.sqrt(NUM_REPLICATES))
        return Reference(mean, sd, dict(zip(PROBABILITIES, quantiles, strict=True)), error, source)

    return {name: reference_of(part) for name, part in parts.items()}


def _numbers(draws: NDArray, weights: NDArray) -> NDArray:
    """Mean, sd and quantiles of weighted draws (n, dim), shape (5, dim)."""
    weights = weights / weights.sum()
    mean = weights @ draws
    sd = np.sqrt(weights @ (draws - mean) ** 2)
    quantiles = [
        np.quantile(column, PROBABILITIES, method="inverted_cdf", weights=weights)
        for column in draws.T
    ]
    return np.vstack([mean, sd, np.transpose(quantiles)])
