"""Checks of an integrator's Jacobian: what the path does to a small volume around its start."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils.checks.path import ROUNDINGS, ROUNDOFF, Integrate, wide
from course_utils.checks.verdict import Verdict


def volume(
    integrate: Integrate,
    position: Array,
    momentum: Array,
    *,
    step_size: float = 0.1,
    num_steps: int = 20,
) -> Verdict:
    """Test that the path keeps volume: its Jacobian J has |det J| = 1.

    Parameters as in :func:`reversibility`; ``integrate`` must be written in JAX. Entries of J carry
    the relative rounding error r = num_steps · 8 · 2^-53, which moves the determinant by no more
    than dim · cond(J) · r.

    Returns
    -------
    Verdict
        Property "volume".
    """
    jacobian, roundoff = _jacobian(integrate, position, momentum, step_size, num_steps)
    if not np.isfinite(jacobian).all():
        return Verdict(False, "volume", "the Jacobian of the path is not finite")
    determinant = abs(float(np.linalg.det(jacobian)))
    allowed = len(jacobian) * float(np.linalg.cond(jacobian)) * roundoff
    return Verdict(
        abs(determinant - 1) <= allowed,
        "volume",
        f"{num_steps} steps change volumes by the factor 1 {determinant - 1:+.2g}; rounding "
        f"explains up to {allowed:.1g}",
    )


def symplectic(
    integrate: Integrate,
    position: Array,
    momentum: Array,
    *,
    step_size: float = 0.1,
    num_steps: int = 20,
) -> Verdict:
    """Test that the path is symplectic: Jᵀ Ω J = Ω with Ω = [[0, I], [−I, 0]].

    Parameters as in :func:`volume`; it says more, and volume follows from it. Rounding explains
    2 · |J|² · r in the largest entry, with r the relative rounding error of J.

    Returns
    -------
    Verdict
        Property "symplectic".

    References
    ----------
    Leimkuhler, B. and Reich, S. (2004). Simulating Hamiltonian Dynamics, section 3.4.
    """
    jacobian, roundoff = _jacobian(integrate, position, momentum, step_size, num_steps)
    if not np.isfinite(jacobian).all():
        return Verdict(False, "symplectic", "the Jacobian of the path is not finite")
    half = len(jacobian) // 2
    omega = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(half))
    gap = float(np.abs(jacobian.T @ omega @ jacobian - omega).max())
    allowed = 2 * float(np.linalg.norm(jacobian, 2)) ** 2 * roundoff
    return Verdict(
        gap <= allowed,
        "symplectic",
        f"an entry of JᵀΩJ − Ω is {gap:.2g} after {num_steps} steps; rounding explains up to "
        f"{allowed:.1g}",
    )


def _jacobian(integrate, position, momentum, step_size, num_steps):
    position, momentum = wide(position), wide(momentum)
    dim = len(position)

    def path(point):
        return jnp.concatenate(integrate(point[:dim], point[dim:], step_size, num_steps))

    with jax.enable_x64(True):
        jacobian = wide(jax.jacfwd(path)(jnp.concatenate([position, momentum])))
    return jacobian, num_steps * ROUNDINGS * ROUNDOFF
