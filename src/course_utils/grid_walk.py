"""The random walk on a line, cut into a fine grid: its autocorrelation, known instead of estimated.

On a grid the sampler is a matrix P of transition probabilities. Detailed balance makes
D^(1/2) P D^(-1/2), with the target's probabilities on the diagonal of D, symmetric. Its eigenvalues
λ_i say how fast each mode of the walk forgets: a share c_i² of the variance of f(x) has the
autocorrelation λ_i^k at lag k. So the variance of a chain's mean is a finite sum.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_utils.arguments import require_integer, require_scale


class GridWalk(NamedTuple):
    """A random walk on a grid, see :func:`grid_walk`.

    Attributes
    ----------
    points, probability : ndarray, shape (n,)
        The grid, and the target's probability of each of its points.
    acceptance_rate : float
        Mean share of accepted proposals.
    eigenvalues : ndarray, shape (n,)
        Those of the transition matrix, all between -1 and 1; the last is 1.
    modes : ndarray, shape (n, n)
        Eigenvectors of the symmetric form, one a column.
    """

    points: NDArray
    probability: NDArray
    acceptance_rate: float
    eigenvalues: NDArray
    modes: NDArray

    def variance_of_mean(self, f: ArrayLike, num_draws: int) -> float:
        """Variance of the mean of f over the draws of one chain that starts in the target.

        Parameters
        ----------
        f : array_like, shape (n,)
            Values of f at the grid points.
        num_draws : int
            Draws of the chain, at least 1.
        """
        n, eigenvalues, shares = num_draws, *self._shares(f)
        near = 1 - eigenvalues
        # 1 + 2 Σ_k (1 - k/n) λ^k, over n, summed up; for λ = 1 - near with a tiny near it would
        # cancel, but then the share of the mode is that of the constant, which is left out.
        powers = 1 - eigenvalues**n
        sums = (1 + eigenvalues) / near - 2 * eigenvalues * powers / (n * near**2)
        return float(shares @ sums / n)

    def autocorrelation_time(self, f: ArrayLike) -> float:
        """Integrated autocorrelation time of f, in steps: 1 + 2 Σ_k ρ(k)."""
        eigenvalues, shares = self._shares(f)
        return float(shares @ ((1 + eigenvalues) / (1 - eigenvalues)) / shares.sum())

    def variance(self, f: ArrayLike) -> float:
        """Variance of f under the target."""
        return float(self._shares(f)[1].sum())

    def _shares(self, f: ArrayLike) -> tuple[NDArray, NDArray]:
        """Eigenvalues, and how much of the variance of f belongs to each; the constant left out."""
        f = np.asarray(f, float)
        centred = f - self.probability @ f
        return self.eigenvalues[:-1], (self.modes.T @ (np.sqrt(self.probability) * centred))[
            :-1
        ] ** 2


def grid_walk(
    density: Callable[[NDArray], NDArray],
    step_size: float,
    low: float,
    high: float,
    num_points: int | None = None,
) -> GridWalk:
    """Put a random walk with normal proposals on a grid.

    Parameters
    ----------
    density : Callable
        The target's density up to a constant, for an array of points; positive on the grid.
    step_size : float
        Standard deviation of the proposal.
    low, high : float
        Ends of the grid; what the target has beyond them must not matter.
    num_points : int, optional
        By default three points a step, and 400 at least. The sum over grid points then stands for
        the integral over proposals to many digits: the error of a sum over a normal density
        falls like exp(-2 π² 3²).

    Raises
    ------
    ValueError
        If an argument is none of those allowed, or the density is not positive on the grid.
    """
    step_size, width = (
        require_scale("step_size", step_size),
        require_scale("high - low", high - low),
    )
    if num_points is None:
        num_points = max(400, round(3 * width / step_size))
    points = np.linspace(low, high, require_integer("num_points", num_points, at_least=2))
    height = np.asarray(density(points), float)
    if not (np.isfinite(height).all() and (height > 0).all()):
        raise ValueError("density must be positive and finite on the whole grid")
    spacing = points[1] - points[0]
    distance = (points[:, None] - points) / step_size
    proposal = np.exp(-0.5 * distance**2) * spacing / (step_size * np.sqrt(2 * np.pi))
    # sqrt(π_i / π_j) P_ij with P_ij = q_ij min(1, π_j / π_i) is symmetric.
    ratio = height[None, :] / height[:, None]
    moves = proposal * np.minimum(1, ratio)
    np.fill_diagonal(moves, 0.0)
    stays = 1 - moves.sum(axis=1)
    symmetric = proposal * np.minimum(np.sqrt(ratio), np.sqrt(1 / ratio))
    np.fill_diagonal(symmetric, stays)
    eigenvalues, modes = np.linalg.eigh(symmetric)
    probability = height / height.sum()
    on_itself = spacing / (step_size * np.sqrt(2 * np.pi))
    rate = float(probability @ (moves.sum(axis=1) + on_itself))
    return GridWalk(points, probability, rate, eigenvalues, modes)
