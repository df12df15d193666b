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

from course_utils.gibbs import Conditional, Within
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.models import binomial as binomial_model
from course_utils.models import change_point as change_point_model
from course_utils.models import eight_schools as eight_schools_model
from course_utils.models import line as line_model
from course_utils.models import linear_regression as linear_regression_model

Pairs = list[tuple[int | slice | ArrayLike, Conditional | Within]]


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


def binomial(data: binomial_model.Data) -> Pairs:
    """Write the one conditional of :mod:`course_utils.models.binomial`: its whole posterior.

    With a single unknown there is nothing to be given, so each draw is independent of the one
    before: p ~ Beta(2 + successes, 2 + failures).

    Parameters
    ----------
    data : Data
        Successes and trials, both of shape (N,).

    Returns
    -------
    list of (block, conditional)
        For positions (log-odds of p,), as the model has them.
    """
    heads, tails = binomial_model.posterior(data)

    def log_odds(key, position):
        # p = g / (g + h) with two gamma variables, so its log-odds is log g - log h.
        key_heads, key_tails = jax.random.split(key)
        heads_draw = jax.random.loggamma(key_heads, heads, dtype=position.dtype)
        return heads_draw - jax.random.loggamma(key_tails, tails, dtype=position.dtype)

    return [(0, log_odds)]


def line(data: line_model.Data, step_size: float | Array) -> Pairs:
    """Write the conditionals of :mod:`course_utils.models.line`, one of them by Metropolis.

    With w_i = 1 / sigma_i² and residuals r_i = y_i − tan(theta) x_i, b_perp given theta has
    precision P = 1 + Σ w_i / cos² theta and is Normal(Σ w_i r_i / (P cos theta), P^(−1/2)). Theta
    given b_perp has no law with a name, so a step of a random walk moves it.

    Parameters
    ----------
    data : Data
        Positions, measurements and their standard errors, all of shape (N,).
    step_size : float or Array, shape ()
        Of the random walk, on the unconstrained scale of theta; positive.

    Returns
    -------
    list of (block, conditional)
        For positions (b_perp, unconstrained theta), as the model has them.
    """
    model = line_model.model(data)
    x, y, weight = jnp.asarray(data.x), jnp.asarray(data.y), 1 / jnp.asarray(data.sigma) ** 2

    def b_perp(key, position):
        theta = model.constrain(position)["theta"]
        cosine = jnp.cos(theta)
        precision = 1 + weight.sum() / cosine**2
        mean = jnp.sum(weight * (y - jnp.tan(theta) * x)) / cosine / precision
        return mean + jax.random.normal(key, dtype=position.dtype) / jnp.sqrt(precision)

    def walk(logdensity):
        return metropolis_hastings(logdensity, random_walk(step_size))

    return [(0, b_perp), (1, Within(model.logdensity, walk))]


def eight_schools(data: eight_schools_model.Data) -> Pairs:
    """Write the conditionals of :mod:`course_utils.models.eight_schools`, centered form.

    The half-Cauchy prior of tau has no conditional with a name. One more unknown a gives it one:
    if a ~ InverseGamma(1/2, 1/A²) and tau² | a ~ InverseGamma(1/2, 1/a), then tau is
    HalfCauchy(A). With B_j = sigma_j² / (sigma_j² + tau²) and J schools,

        theta_j | rest ~ Normal((1 − B_j) y_j + B_j mu, sqrt(1 − B_j) sigma_j)
        mu | rest ~ Normal(V Σ theta_j / tau², sqrt(V)),   1 / V = 1 / 5² + J / tau²
        tau² | rest ~ InverseGamma((J + 1) / 2, 1/a + Σ (theta_j − mu)² / 2)
        a | rest ~ InverseGamma(1, 1/A² + 1/tau²)

    Parameters
    ----------
    data : Data
        Estimated effects and their standard errors, both of shape (J,).

    Returns
    -------
    list of (block, conditional)
        For positions (mu, log tau, theta_1 … theta_J, log a): those of the centered model, and one
        coordinate more.

    References
    ----------
    Wand, M. P., Ormerod, J. T., Padoan, S. A. and Frühwirth, R. (2011). Mean field variational
    Bayes for elaborate distributions. Bayesian Analysis 6(4), 847-900.
    Makalic, E. and Schmidt, D. F. (2016). A simple sampler for the horseshoe estimator. IEEE Signal
    Processing Letters 23(1), 179-182.
    """
    y, variance = jnp.asarray(data.effect, float), jnp.asarray(data.standard_error, float) ** 2
    num_schools = len(y)
    mu_scale, tau_scale = eight_schools_model.MU_SCALE, eight_schools_model.TAU_SCALE
    effects = slice(2, 2 + num_schools)

    def log_inverse_gamma(key, shape, scale, position):
        return jnp.log(scale) - jax.random.loggamma(key, shape, dtype=position.dtype)

    def theta(key, position):
        mu, tau = position[0], jnp.exp(position[1])
        # As a difference 1 − B is 0 for tau below 0.004, and the chain never comes back.
        kept = tau**2 / (variance + tau**2)
        z = jax.random.normal(key, y.shape, position.dtype)
        return mu + kept * (y - mu) + jnp.sqrt(kept * variance) * z

    def mu(key, position):
        precision = jnp.exp(-2 * position[1])
        total = 1 / mu_scale**2 + num_schools * precision
        mean = precision * position[effects].sum() / total
        return mean + jax.random.normal(key, dtype=position.dtype) / jnp.sqrt(total)

    def log_tau(key, position):
        squares = jnp.sum((position[effects] - position[0]) ** 2)
        scale = jnp.exp(-position[-1]) + squares / 2
        return log_inverse_gamma(key, (num_schools + 1) / 2, scale, position) / 2

    def log_a(key, position):
        scale = 1 / tau_scale**2 + jnp.exp(-2 * position[1])
        return log_inverse_gamma(key, 1.0, scale, position)

    return [(effects, theta), (0, mu), (1, log_tau), (2 + num_schools, log_a)]
