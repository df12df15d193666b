"""The family of approximations: Gaussians, mean-field and full-rank."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.linalg import solve_triangular

from course_utils.arguments import require_integer


class Gaussian(NamedTuple):
    """The approximation q = Normal(m, L Lᵀ), by parameters without bounds.

    Attributes
    ----------
    mean : Array, shape (dim,)
        m.
    log_scale : Array, shape (dim,)
        Logarithms of the diagonal of L.
    lower : Array, shape (dim, dim), or None
        L below its diagonal; the rest is not looked at. None: L is diagonal, which is mean-field.
    """

    mean: Array
    log_scale: Array
    lower: Array | None

    @property
    def cholesky(self) -> Array:
        """The factor L, shape (dim, dim)."""
        diagonal = jnp.diag(jnp.exp(self.log_scale))
        return diagonal if self.lower is None else diagonal + jnp.tril(self.lower, -1)

    @property
    def covariance(self) -> Array:
        """The covariance L Lᵀ, shape (dim, dim)."""
        return self.cholesky @ self.cholesky.T

    @property
    def scale(self) -> Array:
        """Standard deviation of each coordinate, shape (dim,)."""
        return jnp.linalg.norm(self.cholesky, axis=1)

    @property
    def entropy(self) -> Array:
        """Entropy Σ log L_ii + dim · log(2πe) / 2, shape ()."""
        return jnp.sum(self.log_scale + 0.5 * np.log(2 * np.pi * np.e))

    def transform(self, noise: Array) -> Array:
        """Map standard normal ``noise``, shape (num, dim), to draws m + L z of the same shape."""
        scaled = noise * jnp.exp(self.log_scale)
        return self.mean + (scaled if self.lower is None else noise @ self.cholesky.T)

    def sample(self, key: Array, num_samples: int) -> Array:
        """Draw independently from q, shape (num_samples, dim)."""
        require_integer("num_samples", num_samples)
        shape = (num_samples, *self.mean.shape)
        return self.transform(jax.random.normal(key, shape, self.mean.dtype))

    def logdensity(self, position: Array) -> Array:
        """Log density of q at a position of shape (dim,), its constant included."""
        z = solve_triangular(self.cholesky, position - self.mean, lower=True)
        return jnp.sum(jax.scipy.stats.norm.logpdf(z) - self.log_scale)
