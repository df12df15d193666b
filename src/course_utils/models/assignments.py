"""Exact posterior of the line with outliers: a sum over all answers to "which points are out?".

An assignment S names the outliers among the N points, k of them. Given S the model falls into
three parts that know nothing of each other:

    p(S | y) ∝ B(k + 1, N − k + 1) · L(S) · O(S)

The beta function is the outlier probability integrated out. L(S) is the evidence of a line through
the points that are left, an integral over theta, since given theta the rest is normal. O(S) is the
evidence of the outliers, an integral over outlier_sd, since given that the rest is normal. So a
posterior in five dimensions becomes 2^N pairs of integrals over one variable each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, logsumexp
from scipy.stats import beta, theilslopes

from course_utils.models import quadrature

MOST_POINTS = 20  # a million assignments
NEGLIGIBLE = 1e-10  # mass that is left out, of the assignments and of the components
CHUNK = 256  # assignments at a time: their arrays stay in the processor's cache


class Part(NamedTuple):
    """One half of the model on its nodes: normal observations of one normal mean.

    Given a node and an assignment, the observations of the points in it are
    ``shifted ~ Normal(mean, 1 / sqrt(precision))`` and the mean is ``Normal(0, prior_sd)``.
    """

    grid: quadrature.Gathered
    nodes: NDArray  # (K,)
    log_prior: NDArray  # (K,): log of node weight times prior density
    shifted: NDArray  # (N, K)
    precision: NDArray  # (N, K)
    log_jacobian: NDArray  # (K,): of the map from y to shifted
    prior_sd: float

    def given(self, chosen: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Log weight, mean and sd on each node, shape (A, K), for rows of chosen points (A, N)."""
        chosen = chosen.astype(float)
        precision = chosen @ self.precision + 1 / self.prior_sd**2
        mean = chosen @ (self.precision * self.shifted) / precision
        squares = chosen @ (self.precision * self.shifted**2)
        constants = self.log_jacobian + np.log(self.precision / (2 * np.pi)) / 2
        log_weight = self.log_prior + chosen @ constants - np.log(self.prior_sd)
        log_weight += (precision * mean**2 - squares - np.log(precision)) / 2
        return log_weight, mean, 1 / np.sqrt(precision)

    def components(
        self, probability: NDArray, chosen: NDArray
    ) -> tuple[NDArray, tuple[NDArray, NDArray, NDArray, NDArray]]:
        """Weigh the nodes, shape (K,), and list the normal components of the mean.

        The components, one for each assignment and node that together matter, come as arrays of
        one length: index of the node, mean, sd, weight.
        """
        node_weights, pieces = np.zeros(len(self.nodes)), []
        for start in range(0, len(chosen), CHUNK):
            log_weight, mean, sd = self.given(chosen[start : start + CHUNK])
            log_weight -= logsumexp(log_weight, axis=1, keepdims=True)
            weight = probability[start : start + CHUNK, None] * np.exp(log_weight)
            node_weights += weight.sum(0)
            row, node = np.nonzero(weight > NEGLIGIBLE / (len(chosen) * len(self.nodes)))
            pieces.append((node, mean[row, node], sd[row, node], weight[row, node]))
        node, mean, sd, weight = (np.concatenate(column) for column in zip(*pieces, strict=True))
        return node_weights, (node, mean, sd, weight / weight.sum())


class Posterior(NamedTuple):
    """Assignments that matter, their probabilities, and the two parts they were computed from."""

    is_outlier: NDArray  # (A, N)
    probability: NDArray  # (A,)
    log_evidence: float
    line: Part
    outliers: Part


def posterior(data, mean_sd: float, sd_scale: float, num_nodes: int) -> Posterior:
    """Weigh all 2^N assignments.

    Parameters
    ----------
    data : line_with_outliers.Data
        At most ``MOST_POINTS`` points.
    mean_sd, sd_scale : float
        Scales of the priors of outlier_mean, normal, and outlier_sd, half-normal.
    num_nodes : int
        Nodes over theta, and over outlier_sd.
    """
    x, y, sigma = (np.asarray(column, float)[:, None] for column in data)
    if len(x) > MOST_POINTS:
        raise ValueError(
            f"data must hold at most {MOST_POINTS} points for an exact reference, got {len(x)}: "
            "it sums over 2^N assignments"
        )
    # Where the nodes gather is a guess that costs accuracy, seen in the error, if it is poor.
    slope = theilslopes(y[:, 0], x[:, 0]).slope if np.ptp(x) else 0.0
    noise = np.median(sigma)
    width = noise / (noise + np.std(x) * (1 + slope**2))
    grid = quadrature.Gathered.on(-np.pi / 2, np.pi / 2, np.arctan(slope), width, num_nodes)
    theta, weight = grid.nodes()
    # A line at distance b_perp: y cos theta − x sin theta is b_perp plus noise.
    line = Part(
        grid=grid,
        nodes=theta,
        log_prior=np.log(weight / np.pi),
        shifted=y * np.cos(theta) - x * np.sin(theta),
        precision=1 / (sigma * np.cos(theta)) ** 2,
        log_jacobian=np.log(np.cos(theta)),
        prior_sd=1.0,
    )
    # Beyond nine scales lies less than 1e-18 of a half-normal prior.
    grid = quadrature.Gathered.on(0.0, 9 * sd_scale, 0.0, noise, num_nodes)
    sd, weight = grid.nodes()
    outliers = Part(
        grid=grid,
        nodes=sd,
        log_prior=np.log(weight * np.sqrt(2 / np.pi) / sd_scale) - (sd / sd_scale) ** 2 / 2,
        shifted=y + 0 * sd,
        precision=1 / (sigma**2 + sd**2),
        log_jacobian=np.zeros_like(sd),
        prior_sd=mean_sd,
    )
    is_outlier = (np.arange(2 ** len(x))[:, None] >> np.arange(len(x))) % 2 == 1
    num_outliers = is_outlier.sum(1)
    log_mass = betaln(num_outliers + 1, len(x) - num_outliers + 1)
    for start in range(0, len(is_outlier), CHUNK):
        chunk = is_outlier[start : start + CHUNK]
        for part, chosen in ((line, ~chunk), (outliers, chunk)):
            log_mass[start : start + CHUNK] += logsumexp(part.given(chosen)[0], axis=1)
    log_evidence = logsumexp(log_mass)
    keep = quadrature.largest(np.exp(log_mass - log_evidence), NEGLIGIBLE)
    probability = np.exp(log_mass[keep] - logsumexp(log_mass[keep]))
    return Posterior(is_outlier[keep], probability, float(log_evidence), line, outliers)


def summarize(exact: Posterior) -> dict[str, quadrature.Summary]:
    """Summarise every quantity of the model.

    With probability above zero at most one point belongs to the line, and then theta reaches ±π/2
    with a density above zero. So slope and intercept have no posterior mean: it is infinite.
    """
    theta_weights, line = exact.line.components(exact.probability, ~exact.is_outlier)
    sd_weights, outliers = exact.outliers.components(exact.probability, exact.is_outlier)
    theta, sd = exact.line.nodes, exact.outliers.nodes
    theta_at = exact.line.grid.quantiles(theta_weights)
    sd_at = exact.outliers.grid.quantiles(sd_weights)
    node, mean, spread, weights = line
    cosine = np.cos(theta[node])
    b_at = quadrature.summarize_normals(mean / cosine, spread / cosine, weights)[2]
    num_points = exact.is_outlier.shape[1]
    size = np.arange(num_points + 1)
    by_size = np.bincount(exact.is_outlier.sum(1), exact.probability, num_points + 1)
    return {
        "theta": quadrature.summarize_function(theta, theta_weights, theta_at),
        "b_perp": quadrature.summarize_normals(mean, spread, weights),
        "m": (np.inf, np.inf, {p: np.tan(angle) for p, angle in theta_at.items()}),
        "b": (np.inf, np.inf, b_at),
        "outlier_probability": quadrature.summarize_laws(
            beta(size + 1, num_points - size + 1), by_size, 0.0, 1.0
        ),
        "outlier_mean": quadrature.summarize_normals(*outliers[1:]),
        "outlier_sd": quadrature.summarize_function(sd, sd_weights, sd_at),
    }
