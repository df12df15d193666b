"""Exact posteriors by an integral over one variable.

In eight schools and in the line fit everything is normal once one variable u is known. The
posterior of u is then a one-dimensional integral away, and every other quantity is a mixture of
normals with the posterior of u as its weights. Gauss-Legendre quadrature with some hundred nodes
reaches the precision of the machine on integrands this smooth.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp, ndtr, roots_legendre

from course_utils.models.base import PROBABILITIES, Reference

_legendre = cache(roots_legendre)
Density = Callable[[NDArray], NDArray]
Summary = tuple[NDArray, NDArray, dict[float, NDArray]]


def posterior_nodes(
    log_density: Density, low: float, high: float, num_nodes: int
) -> tuple[NDArray, NDArray, float]:
    """Place nodes on (low, high) and weigh them by a density known up to a constant.

    Returns
    -------
    nodes, weights : ndarray, shape (num_nodes,)
        The weights sum to 1, so Σ w_k f(u_k) is the mean of f.
    log_total : float
        Log of the integral of the density.
    """
    x, w = _legendre(num_nodes)
    nodes = low + (high - low) * (x + 1) / 2
    log_weights = np.log(w * (high - low) / 2) + log_density(nodes)
    log_total = logsumexp(log_weights)
    return nodes, np.exp(log_weights - log_total), float(log_total)


def standard_normal_nodes(num_nodes: int) -> tuple[NDArray, NDArray]:
    """Nodes and weights for the mean of a function of z ~ Normal(0, 1), cut off at ±9."""
    return posterior_nodes(lambda z: -(z**2) / 2, -9.0, 9.0, num_nodes)[:2]


def quantiles_of_node(
    log_density: Density, low: float, high: float, num_nodes: int
) -> dict[float, float]:
    """Find where the integral from ``low`` reaches each probability of the whole."""
    total = posterior_nodes(log_density, low, high, num_nodes)[2]

    def excess(upper: float, probability: float) -> float:
        part = posterior_nodes(log_density, low, upper, num_nodes)[2]
        return np.exp(part - total) - probability

    inside = low + 1e-9 * (high - low)
    return {p: brentq(excess, inside, high, args=(p,), xtol=1e-13) for p in PROBABILITIES}


class Gathered(NamedTuple):
    """Nodes on (low, high) that lie closer together around one place.

    They are centre + width · sinh(v) for Legendre nodes v on an interval, and stand as
    close around the centre as if the interval were a few widths long.
    """

    centre: float
    width: float
    ends: tuple[float, float]  # of v
    num_nodes: int

    @classmethod
    def on(cls, low: float, high: float, centre: float, width: float, num_nodes: int) -> "Gathered":
        """Choose v so that the nodes cover (low, high)."""
        ends = (np.arcsinh((end - centre) / width) for end in (low, high))
        return cls(centre, width, tuple(ends), num_nodes)

    def nodes(self) -> tuple[NDArray, NDArray]:
        """Return nodes and weights, so that Σ w_k f(u_k) is the integral of f."""
        x, w = _legendre(self.num_nodes)
        half = (self.ends[1] - self.ends[0]) / 2
        v = self.ends[0] + half * (x + 1)
        return self.centre + self.width * np.sinh(v), w * half * self.width * np.cosh(v)

    def quantiles(self, posterior_weights: NDArray) -> dict[float, float]:
        """Find quantiles from the posterior weights of the nodes alone, for a costly density.

        The weights give the coefficients of the density of v in Legendre polynomials, and the
        integral of a polynomial is exact.
        """
        degree = np.arange(self.num_nodes)
        polynomials = legendre.legvander(_legendre(self.num_nodes)[0], self.num_nodes - 1)
        density = posterior_weights @ polynomials * (2 * degree + 1) / 2
        below = legendre.legint(density, lbnd=-1)
        half = (self.ends[1] - self.ends[0]) / 2
        at = {
            p: brentq(lambda x, p=p: legendre.legval(x, below) - p, -1, 1, xtol=1e-14)
            for p in PROBABILITIES
        }
        return {
            p: self.centre + self.width * np.sinh(self.ends[0] + half * (x + 1))
            for p, x in at.items()
        }


def largest(weights: NDArray, negligible: float) -> NDArray:
    """Find the indices of the largest weights, leaving out no more than ``negligible`` of mass."""
    order = np.argsort(weights)
    return order[np.cumsum(weights[order]) > negligible * weights.sum()]


def summarize_function(values: NDArray, weights: NDArray, at: dict[float, float]) -> Summary:
    """Summarise a quantity that takes ``values`` on the nodes and whose quantiles are ``at``."""
    mean = weights @ values
    return mean, np.sqrt(weights @ (values - mean) ** 2), at


def summarize_normals(means: NDArray, sds: NDArray, weights: NDArray) -> Summary:
    """Summarise mixtures of normals.

    Parameters
    ----------
    means, sds : ndarray, shape (num_nodes, ...)
        Mean and standard deviation given each node; trailing axes are separate quantities.
    weights : ndarray, shape (num_nodes,)
        Weight of each node, summing to 1.
    """
    mean = np.tensordot(weights, means, 1)
    sd = np.sqrt(np.tensordot(weights, sds**2 + (means - mean) ** 2, 1))

    def quantile(p: float, m: NDArray, s: NDArray) -> float:
        below = lambda x: weights @ ndtr((x - m) / s) - p  # noqa: E731
        return brentq(below, np.min(m - 10 * s), np.max(m + 10 * s), xtol=1e-13)

    columns = np.moveaxis(means, 0, -1), np.moveaxis(sds, 0, -1)
    invert = np.vectorize(quantile, signature="(),(k),(k)->()")
    return mean, sd, {p: invert(p, *columns) for p in PROBABILITIES}


def summarize_laws(law, weights: NDArray, low: float, high: float) -> Summary:
    """Summarise one mixture of the laws of a frozen SciPy distribution with array parameters."""
    mean = weights @ law.mean()
    sd = np.sqrt(weights @ (law.var() + (law.mean() - mean) ** 2))
    below = lambda x, p: weights @ law.cdf(x) - p  # noqa: E731
    return mean, sd, {p: brentq(below, low, high, args=(p,), xtol=1e-13) for p in PROBABILITIES}


def references(
    summarize: Callable[[int], dict[str, Summary]], num_nodes: int, source: str
) -> dict[str, Reference]:
    """Attach to each summary its error, the largest change when the number of nodes is halved."""
    coarse, fine = summarize(num_nodes // 2), summarize(num_nodes)

    def error(name: str) -> float:
        (mean, sd, at), (mean_2, sd_2, at_2) = coarse[name], fine[name]
        pairs = [(mean, mean_2), (sd, sd_2), *((at[p], at_2[p]) for p in PROBABILITIES)]
        finite = [(a, b) for a, b in pairs if np.all(np.isfinite(b))]  # an infinite mean has none
        return float(max(np.max(np.abs(a - b)) for a, b in finite))

    return {name: Reference(*fine[name], error(name), source) for name in fine}
