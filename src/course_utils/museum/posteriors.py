"""A line whose posterior is known exactly, and samplers of it that miss the posterior.

    θ ~ Normal(0, I),   y_i ~ Normal(θ_0 + θ_1 x_i, 1)   for x = 0, 1, 2.

Each sampler is a function of the data, as the joint test and simulation-based calibration want it.
"""

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.stats import norm

from course_utils.gibbs import GibbsInfo, GibbsState
from course_utils.kernel import Kernel

DESIGN = jnp.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])


def draw_data(key: Array, position: Array, data: Array | None = None) -> Array:
    """Draw y given θ; shape (3,)."""
    return DESIGN @ position + jax.random.normal(key, (3,))


def draw_joint(key: Array) -> tuple[Array, Array]:
    """Draw θ from the prior and y given θ."""
    key_position, key_data = jax.random.split(key)
    position = jax.random.normal(key_position, (2,))
    return position, draw_data(key_data, position)


def log_likelihood(position: Array, data: Array) -> Array:
    """Log density of y given θ."""
    return norm.logpdf(data, DESIGN @ position).sum()


def logdensity_given(data: Array):
    """Build the log joint density as a function of θ."""
    return lambda position: norm.logpdf(position).sum() + log_likelihood(position, data)


PARAMETERS = {
    "θ[0]": lambda position, data: position[0],
    "θ[1]": lambda position, data: position[1],
}
QUANTITIES = PARAMETERS | {"the log likelihood": log_likelihood}


def _draws_from(mean: Array, precision: Array) -> Kernel:
    """Build a kernel that draws from Normal(mean, precision⁻¹) at every step."""
    lower = jnp.linalg.cholesky(precision)

    def step(key, state):
        noise = jax.random.normal(key, mean.shape)
        position = mean + jax.scipy.linalg.solve_triangular(lower, noise, lower=True, trans="T")
        return GibbsState(position), GibbsInfo(jnp.array(1.0), jnp.array(True))

    return Kernel(GibbsState, step)


def exact_posterior(data: Array) -> Kernel:
    """Draw from the posterior: the right one."""
    precision = jnp.eye(2) + DESIGN.T @ DESIGN
    return _draws_from(jnp.linalg.solve(precision, DESIGN.T @ data), precision)


def ignores_the_data(data: Array) -> Kernel:
    """Draw from the prior, whatever the data."""
    return _draws_from(jnp.zeros(2), jnp.eye(2))


def omits_the_prior(data: Array) -> Kernel:
    """Draw from the likelihood alone, as under a flat prior."""
    precision = DESIGN.T @ DESIGN
    return _draws_from(jnp.linalg.solve(precision, DESIGN.T @ data), precision)


POSTERIORS = {sampler.__name__: sampler for sampler in (ignores_the_data, omits_the_prior)}
