"""Hamilton's dynamics: the ground on which HMC and NUTS stand.

The position x gets a companion of the same shape, the momentum p ~ Normal(0, M). Together they have
the energy

    H(x, p) = −log π(x) + ½ pᵀ M⁻¹ p,

and exp(−H) is the joint density of which π is the marginal. M⁻¹, the ``inverse_mass_matrix``, is
best near the covariance of the target; of shape (dim,) it is the diagonal of a diagonal matrix.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

LogDensity = Callable[[Array], Array]


class HMCState(NamedTuple):
    """Where the chain stands: ``position`` (dim,), ``logdensity`` () and its gradient (dim,)."""

    position: Array
    logdensity: Array
    logdensity_grad: Array


class PhaseState(NamedTuple):
    """A point of phase space: position and momentum (dim,), log density (), gradient (dim,)."""

    position: Array
    momentum: Array
    logdensity: Array
    logdensity_grad: Array


def init(logdensity: LogDensity, position: Array, inverse_mass_matrix: Array) -> HMCState:
    """Evaluate the log density and its gradient at the start of a chain."""
    require_same_dim(position, inverse_mass_matrix)
    return HMCState(position, *jax.value_and_grad(logdensity)(position))


def velocity(momentum: Array, inverse_mass_matrix: Array) -> Array:
    """Return the velocity M⁻¹ p, shape (dim,)."""
    if jnp.ndim(inverse_mass_matrix) == 2:
        return jnp.dot(inverse_mass_matrix, momentum, precision="highest")
    return inverse_mass_matrix * momentum


def kinetic_energy(momentum: Array, inverse_mass_matrix: Array) -> Array:
    """Return ½ pᵀ M⁻¹ p, shape ()."""
    return 0.5 * jnp.dot(velocity(momentum, inverse_mass_matrix), momentum)


def energy(state: PhaseState, inverse_mass_matrix: Array) -> Array:
    """Return H(x, p) = −log π(x) + ½ pᵀ M⁻¹ p, shape ()."""
    return -state.logdensity + kinetic_energy(state.momentum, inverse_mass_matrix)


def sample_momentum(key: Array, position: Array, inverse_mass_matrix: Array) -> Array:
    """Draw p ~ Normal(0, M), shape (dim,)."""
    noise = jax.random.normal(key, position.shape, position.dtype)
    if jnp.ndim(inverse_mass_matrix) == 2:
        # M⁻¹ = L Lᵀ, so p = L⁻ᵀ z has covariance L⁻ᵀ L⁻¹ = M.
        lower = jnp.linalg.cholesky(inverse_mass_matrix)
        return jax.scipy.linalg.solve_triangular(lower, noise, lower=True, trans="T")
    return 1 / jnp.sqrt(inverse_mass_matrix) * noise


def leapfrog(
    logdensity: LogDensity, inverse_mass_matrix: Array
) -> Callable[[PhaseState, Array], PhaseState]:
    """Build the leapfrog step: half a kick, a drift, half a kick.

    p ← p + ε/2 ∇log π(x),   x ← x + ε M⁻¹ p,   p ← p + ε/2 ∇log π(x).

    The step is reversible (negate p and step again: back at the start), keeps volume, and errs in
    the energy by O(ε²) over a path of fixed length.

    Parameters
    ----------
    logdensity : Callable
        Logarithm of the target density up to a constant, ``(dim,) -> ()``.
    inverse_mass_matrix : Array, shape (dim,) or (dim, dim)
        M⁻¹, in squared units of x.

    Returns
    -------
    Callable
        ``(state, step_size) -> state``; a negative step size goes back in time.

    References
    ----------
    Neal, R. M. (2011). MCMC using Hamiltonian dynamics. Handbook of Markov Chain Monte Carlo,
    chapter 5, section 2.3.
    """
    value_and_grad = jax.value_and_grad(logdensity)

    def step(state, step_size):
        momentum = state.momentum + step_size * 0.5 * state.logdensity_grad
        position = state.position + step_size * velocity(momentum, inverse_mass_matrix)
        value, grad = value_and_grad(position)
        return PhaseState(position, momentum + step_size * 0.5 * grad, value, grad)

    return step


def require_metric(step_size: float | Array, inverse_mass_matrix: Array) -> Array:
    """Refuse a step size or an inverse mass matrix that no sampler can use; return the matrix.

    Raises
    ------
    ValueError
        If ``step_size`` is not a positive finite number, or ``inverse_mass_matrix`` is not positive
        of shape (dim,) or symmetric positive definite of shape (dim, dim). Values that are traced
        by ``jax.jit`` are not known yet and pass.
    """
    if not isinstance(step_size, jax.core.Tracer):
        value = np.asarray(step_size)
        is_number = value.ndim == 0 and value.dtype.kind in "iuf"
        if not (is_number and np.isfinite(value) and value > 0):
            raise ValueError(f"step_size is {step_size!r}; allowed is one positive finite number")
    if not isinstance(inverse_mass_matrix, jax.core.Tracer):
        _require_positive_definite(inverse_mass_matrix)
    shape = np.shape(inverse_mass_matrix)
    if len(shape) not in (1, 2) or 0 in shape or (len(shape) == 2 and shape[0] != shape[1]):
        raise ValueError(
            f"inverse_mass_matrix has shape {shape}; allowed are (dim,) and (dim, dim)"
        )
    return jnp.asarray(inverse_mass_matrix)


def _require_positive_definite(inverse_mass_matrix: Any) -> None:
    matrix = np.asarray(inverse_mass_matrix)
    if matrix.dtype.kind in "iuf":
        eigenvalues = matrix = matrix.astype(np.float64)
        if matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]:
            is_symmetric = np.isfinite(matrix).all() and np.allclose(matrix, matrix.T)
            eigenvalues = np.linalg.eigvalsh(matrix) if is_symmetric else np.array([np.nan])
        if np.isfinite(eigenvalues).all() and np.all(eigenvalues > 0):
            return
    raise ValueError(
        f"inverse_mass_matrix is {np.array2string(matrix, threshold=20)}; allowed are positive "
        "finite numbers, or a symmetric positive definite matrix"
    )


def require_same_dim(position: Array, inverse_mass_matrix: Array) -> None:
    """Refuse a position of another dimension than the metric."""
    dim = len(inverse_mass_matrix)
    if jnp.shape(position) != (dim,):
        raise ValueError(
            f"a position has shape {jnp.shape(position)} and inverse_mass_matrix "
            f"{jnp.shape(inverse_mass_matrix)}; allowed is one dimension for both"
        )
