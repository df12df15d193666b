"""Worked conditionals for :func:`course_utils.gibbs.gibbs`: each a list of (block, conditional).

Positions are those of the course's models, so rates and variances stand there as logarithms. A
*draw* moves to another scale as it is: draw the rate, take its logarithm. Only a density would need
a Jacobian.
"""

from collections.abc import Callable, Iterable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.linalg import solve_triangular
from jax.typing import ArrayLike

from course_utils.models import change_point as change_point_model
from course_utils.models import linear_regression as linear_regression_model

Pairs = list[tuple[int | slice | ArrayLike, Callable[[Array, Array], Array]]]


def gaussian(
    mean: ArrayLike, covariance: ArrayLike, blocks: Iterable[int | slice | ArrayLike] | None = None
) -> Pairs:
    """Write the conditionals of Normal(mean, covariance).

    With P the inverse covariance, b a block and r the rest,
    x_b | x_r ~ Normal(mean_b − P_bb⁻¹ P_br (x_r − mean_r), P_bb⁻¹).

    Parameters
    ----------
    mean : array_like, shape (dim,)
        Mean.
    covariance : array_like, shape (dim, dim)
        Covariance, positive definite; it may be traced, so one compilation serves all correlations.
    blocks : iterable of int, slice or vectors of indices, optional
        The blocks, in order. Left out: each coordinate by itself.

    References
    ----------
    Bishop (2006). Pattern Recognition and Machine Learning, equations 2.73 and 2.75.
    """
    mean, covariance = jnp.asarray(mean), jnp.asarray(covariance)
    precision = jnp.linalg.inv(covariance)

    def pair(block):
        block = _indices(block, len(mean))
        draw = _draw_deviation(precision, block)
        return block, lambda key, position: mean[block] + draw(key, position - mean)

    return [pair(block) for block in (range(len(mean)) if blocks is None else blocks)]


def _indices(block: int | slice | ArrayLike, dim: int) -> int | np.ndarray:
    # int32 is the same in single and in double precision, where JAX may meet one array twice.
    indices = np.arange(dim, dtype=np.int32)[block]
    return indices if indices.ndim else int(indices)


def _draw_deviation(precision: Array, block: int | np.ndarray) -> Callable[[Array, Array], Array]:
    """Draw a block of a Gaussian with mean 0, given the rest: ``(key, deviation) -> values``."""
    everything = _indices(slice(None), len(precision))
    rows, rest = everything[block].reshape(-1), np.setdiff1d(everything, block)
    lower = jnp.linalg.cholesky(precision[np.ix_(rows, rows)])
    across = precision[np.ix_(rows, rest)]

    def draw(key, deviation):
        # P_bb = L Lᵀ, so L⁻ᵀ z has covariance P_bb⁻¹, and −P_bb⁻¹ a = −L⁻ᵀ L⁻¹ a.
        z = jax.random.normal(key, rows.shape, deviation.dtype)
        pull = solve_triangular(lower, across @ deviation[rest], lower=True)
        return solve_triangular(lower, z - pull, lower=True, trans="T").reshape(np.shape(block))

    return draw


def linear_regression(
    data: linear_regression_model.Data,
    blocks: Iterable[int | slice | ArrayLike] | None = None,
) -> Pairs:
    """Write the conditionals of :mod:`course_utils.models.linear_regression`.

    With P = I / 10² + XᵀX and m = P⁻¹ Xᵀy the coefficients given the variance are
    Normal(m, variance · P⁻¹). Given N observations and K coefficients b, the variance is
    InverseGamma(3 + (N + K) / 2, 2 + (|y − X b|² + |b|² / 10²) / 2).

    Parameters
    ----------
    data : Data
        Design matrix (N, K) and responses (N,).
    blocks : iterable of int, slice or vectors of indices, optional
        How the coefficients are drawn, in order. Left out: all at once. ``range(K)`` draws them one
        at a time, which is slow when columns of X are correlated.

    Returns
    -------
    list of (block, conditional)
        For positions (coefficients, log variance) of shape (K + 1,).
    """
    x, y = jnp.asarray(data.x), jnp.asarray(data.y)
    num_rows, num_columns = x.shape
    scale = linear_regression_model.COEFFICIENT_SCALE
    precision = jnp.eye(num_columns) / scale**2 + x.T @ x
    mean = jnp.linalg.solve(precision, x.T @ y)

    def coefficients(block):
        block = _indices(block, num_columns)
        draw = _draw_deviation(precision, block)

        def conditional(key, position):
            sd = jnp.exp(position[-1] / 2)
            return mean[block] + sd * draw(key, (position[:-1] - mean) / sd)

        return block, conditional

    def log_variance(key, position):
        b = position[:-1]
        squares = jnp.sum((y - x @ b) ** 2) + jnp.sum(b**2) / scale**2
        shape = linear_regression_model.SHAPE + (num_rows + num_columns) / 2
        draw = jax.random.gamma(key, shape, dtype=position.dtype)
        return jnp.log(linear_regression_model.SCALE + squares / 2) - jnp.log(draw)

    blocks = [slice(num_columns)] if blocks is None else blocks
    return [*(coefficients(block) for block in blocks), (num_columns, log_variance)]


def change_point(data: change_point_model.Data) -> Pairs:
    """Write the conditionals of :mod:`course_utils.models.change_point`, its year included.

    Given the year of change, with n years and s disasters before it, the early rate is
    Gamma(2 + s, 1 + n), and the late rate likewise. Given the rates, a year has a probability
    proportional to its likelihood.

    Parameters
    ----------
    data : Data
        Years and disasters, both of shape (T,).

    Returns
    -------
    list of (block, conditional)
        For positions (log early rate, log late rate, year of change), the first two as the model
        has them.
    """
    year, disasters = jnp.asarray(data.year), jnp.asarray(data.disasters)
    prior_shape, prior_rate = change_point_model.SHAPE, change_point_model.RATE

    def log_rate(key, position, is_counted):
        shape = prior_shape + jnp.sum(disasters * is_counted)
        draw = jax.random.gamma(key, shape, dtype=position.dtype)
        return jnp.log(draw) - jnp.log(prior_rate + jnp.sum(is_counted))

    def change(key, position):
        rates = jnp.exp(position[:2])
        sites = {"early_rate": rates[0], "late_rate": rates[1]}
        log_weights = change_point_model.log_likelihoods(sites, data)
        return year[1:][jax.random.categorical(key, log_weights)]

    return [
        (0, lambda key, position: log_rate(key, position, year < position[2])),
        (1, lambda key, position: log_rate(key, position, year >= position[2])),
        (2, change),
    ]
