"""Hamiltonian Monte Carlo: roll for a while, then accept or reject."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils import hamiltonian
from course_utils.hamiltonian import HMCState, LogDensity, PhaseState
from course_utils.kernel import Kernel
from course_utils.mh import accept_reject


class HMCInfo(NamedTuple):
    """What a step did.

    Acceptance probability; whether the end of the path was accepted; whether the energy rose there
    by more than the threshold; the energy at the end; leapfrog steps taken.
    """

    acceptance_rate: Array
    is_accepted: Array
    is_divergent: Array
    energy: Array
    num_integration_steps: Array


def hmc(
    logdensity: LogDensity,
    step_size: float | Array,
    inverse_mass_matrix: Array,
    num_integration_steps: int,
    divergence_threshold: float = 1000.0,
) -> Kernel:
    """Build the HMC kernel: a fresh momentum, L leapfrog steps, one Metropolis decision.

    The end (x', p') of the path is accepted with probability min(1, exp(H(x, p) − H(x', p'))).
    Leapfrog steps keep volume and can be reversed, so no other factor is needed. (The proposal is
    (x', −p'), which makes the path its own way back; H does not see the sign, and the momentum is
    drawn afresh.)

    Parameters
    ----------
    logdensity : Callable
        Logarithm of the target density up to a constant, ``(dim,) -> ()``.
    step_size : float or Array, shape ()
        Positive length ε of a leapfrog step.
    inverse_mass_matrix : Array, shape (dim,) or (dim, dim)
        M⁻¹, in squared units of x; best near the variances or the covariance of the target.
    num_integration_steps : int
        Leapfrog steps L of a path, at least 1.
    divergence_threshold : float
        Rise of the energy that counts as a divergence.

    Returns
    -------
    Kernel
        With ``HMCState`` and ``HMCInfo``.

    Raises
    ------
    ValueError
        If step size, inverse mass matrix or number of steps is out of range.

    References
    ----------
    Duane, S., Kennedy, A. D., Pendleton, B. J. and Roweth, D. (1987). Hybrid Monte Carlo.
    Physics Letters B 195(2), 216-222.
    """
    inverse_mass_matrix = hamiltonian.require_metric(step_size, inverse_mass_matrix)
    if not isinstance(num_integration_steps, jax.core.Tracer):
        steps = np.asarray(num_integration_steps)
        if steps.ndim or steps.dtype.kind not in "iu" or steps < 1:
            raise ValueError(
                f"num_integration_steps is {num_integration_steps!r}; allowed are integers ≥ 1"
            )
    leapfrog = hamiltonian.leapfrog(logdensity, inverse_mass_matrix)

    def init(position):
        return hamiltonian.init(logdensity, position, inverse_mass_matrix)

    def step(key, state):
        key_momentum, key_accept = jax.random.split(key)
        momentum = hamiltonian.sample_momentum(key_momentum, state.position, inverse_mass_matrix)
        start = PhaseState(state.position, momentum, state.logdensity, state.logdensity_grad)
        end = jax.lax.fori_loop(
            0, num_integration_steps, lambda _, point: leapfrog(point, step_size), start
        )
        energy = hamiltonian.energy(end, inverse_mass_matrix)
        log_ratio = hamiltonian.energy(start, inverse_mass_matrix) - energy
        proposed = HMCState(end.position, end.logdensity, end.logdensity_grad)
        state, acceptance_rate, is_accepted = accept_reject(key_accept, state, proposed, log_ratio)
        is_divergent = ~(log_ratio >= -divergence_threshold)  # a NaN is one too
        steps = jnp.asarray(num_integration_steps)
        return state, HMCInfo(acceptance_rate, is_accepted, is_divergent, energy, steps)

    return Kernel(init, step)
