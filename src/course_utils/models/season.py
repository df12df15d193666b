"""The exact posterior of a season of matches, for Bradley and Terry's model.

Given their scale, the skills have a log-concave posterior whose mode and curvature are quickly
found. So importance sampling draws the scale first, then the skills around that mode, and its
weights are even.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit, ndtri
from scipy.stats import chi2
from scipy.stats import t as student_t

from course_utils.models import importance
from course_utils.models.base import Reference

NUM_NODES = 33  # of log scale, at which the skills' modes are found
T_DF = 5  # of log scale in the proposal; as many beyond the skills' number for these


class Season:
    """Matches added up by pair, and the log density of skills and scale.

    Parameters
    ----------
    players, first, second, won : array_like
        As in :class:`course_utils.models.bradley_terry.Data`.
    """

    def __init__(
        self, players: ArrayLike, first: ArrayLike, second: ArrayLike, won: ArrayLike
    ) -> None:
        num = len(np.asarray(players))
        first, second, won = (np.asarray(column) for column in (first, second, won))
        low, high = np.minimum(first, second), np.maximum(first, second)
        pair, where = np.unique(low * num + high, return_inverse=True)
        self.low, self.high = pair // num, pair % num
        self.matches = np.bincount(where)
        wins = np.bincount(where, weights=np.where(first < second, won, 1 - won))
        self.balance = np.zeros(num)  # Σ won_i d_i is the product of this and the skills
        np.add.at(self.balance, self.low, wins)
        np.add.at(self.balance, self.high, -wins)

    def log_density(self, skill: NDArray, log_scale: NDArray) -> NDArray:
        """Log joint density of skills (n, K) and log scale (n,), up to a constant; (n,)."""
        difference = skill[:, self.low] - skill[:, self.high]
        likelihood = skill @ self.balance - np.logaddexp(0, difference) @ self.matches
        squares = (skill**2).sum(1) * np.exp(-2 * log_scale)
        prior = (1 - skill.shape[1]) * log_scale - (squares + np.exp(2 * log_scale)) / 2
        return likelihood + prior

    def gradient(self, skill: NDArray, log_scale: float) -> NDArray:
        """Gradient in the skills, (K,) -> (K,)."""
        expected = self.matches * expit(skill[self.low] - skill[self.high])
        slope = self.balance - skill * np.exp(-2 * log_scale)
        np.add.at(slope, self.low, -expected)
        np.add.at(slope, self.high, expected)
        return slope

    def precision(self, skill: NDArray, log_scale: NDArray) -> NDArray:
        """Negative second derivatives in the skills, (n, K) -> (n, K, K)."""
        probability = expit(skill[:, self.low] - skill[:, self.high])
        weight = self.matches * probability * (1 - probability)
        matrix = np.zeros((*skill.shape, skill.shape[1]))
        matrix[:, self.low, self.high] = matrix[:, self.high, self.low] = -weight
        diagonal = np.exp(-2 * log_scale)[:, None] - matrix.sum(2)
        index = np.arange(skill.shape[1])
        matrix[:, index, index] = diagonal
        return matrix

    def modes(self, log_scales: NDArray) -> NDArray:
        """Most probable skills given each log scale, (m,) -> (m, K)."""
        found = [np.zeros(len(self.balance))]
        for one in log_scales:
            best = minimize(
                lambda x, z: -self.log_density(x[None], np.array([z]))[0],
                found[-1],
                args=(one,),
                jac=lambda x, z: -self.gradient(x, z),
                hess=lambda x, z: self.precision(x[None], np.array([z]))[0],
                method="trust-exact",
            )
            found.append(best.x)
        return np.array(found[1:])


def reference(season: Season) -> dict[str, Reference]:
    """Summarise skills and scale by importance sampling.

    The proposal draws log scale near where Laplace's approximation puts it, then the skills
    around their mode given that scale; both from Student's t.
    """
    num = len(season.balance)
    low, high = -6.0, 3.0
    for _ in range(3):  # each round looks closer
        nodes = np.linspace(low, high, NUM_NODES)
        modes = season.modes(nodes)
        log_volume = -np.linalg.slogdet(season.precision(modes, nodes))[1] / 2
        laplace = season.log_density(modes, nodes) + log_volume
        weights = np.exp(laplace - laplace.max())
        center = np.average(nodes, weights=weights)
        spread = max(np.sqrt(np.average((nodes - center) ** 2, weights=weights)), (high - low) / 32)
        low, high = center - 6 * spread, center + 6 * spread
    # With precision C Cᵀ, a step C⁻ᵀ z has the right covariance for standard normal z.
    steps = np.linalg.inv(np.linalg.cholesky(season.precision(modes, nodes))).swapaxes(1, 2)
    df = num + T_DF

    def propose(uniform: NDArray) -> tuple[NDArray, NDArray]:
        log_scale = center + spread * student_t(T_DF).ppf(uniform[:, 0])
        # Mode and steps between two nodes are interpolated.
        place = np.clip((log_scale - nodes[0]) / (nodes[1] - nodes[0]), 0, NUM_NODES - 1.001)
        node, share = place.astype(int), (place % 1)[:, None]
        standard = ndtri(uniform[:, 2:])
        squares = (standard**2).sum(1) / chi2(df).ppf(uniform[:, 1])
        standard *= np.sqrt(df / chi2(df).ppf(uniform[:, 1]))[:, None]

        def at(values: NDArray) -> NDArray:
            weight = share.reshape(-1, *[1] * (values.ndim - 1))
            return (1 - weight) * values[node] + weight * values[node + 1]

        step = at(steps)
        skill = at(modes) + (step @ standard[..., None])[..., 0]
        log_volume = np.log(np.diagonal(step, axis1=1, axis2=2)).sum(1)
        log_q = -log_volume - (df + num) / 2 * np.log1p(squares)
        log_q += student_t(T_DF, center, spread).logpdf(log_scale)
        draws = np.column_stack([skill, np.exp(log_scale)])
        return draws, season.log_density(skill, log_scale) - log_q

    parts = {"skill": slice(0, num), "scale": num}
    where = "around the modes of the skills given their scale"
    return importance.summarize(parts, propose, num + 2, where)
