"""Metropolis-Hastings with any proposal.

A proposal is a function ``propose(key, position) -> (new_position, log_q_ratio)`` with

    log_q_ratio = log q(position | new_position) - log q(new_position | position).

It is part of the return value so that nobody can forget it; for a symmetric proposal it is zero.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils.kernel import Kernel

LogDensity = Callable[[Array], Array]
Proposal = Callable[[Array, Array], tuple[Array, Array]]


class MHState(NamedTuple):
    """Where the chain stands: ``position`` (dim,) and its ``logdensity`` ()."""

    position: Array
    logdensity: Array


class MHInfo(NamedTuple):
    """What a step did: acceptance probability, whether it was accepted, what was proposed."""

    acceptance_rate: Array
    is_accepted: Array
    proposal: Array


def accept_reject(
    key: Array, state: Any, proposed: Any, log_ratio: Array
) -> tuple[Any, Array, Array]:
    """Move to ``proposed`` with probability min(1, exp(log_ratio)), else stay.

    Parameters
    ----------
    key : Array
        A random key, used for the decision alone.
    state, proposed : NamedTuple of Arrays
        Two states of the same shapes.
    log_ratio : Array, shape ()
        Logarithm of the Metropolis-Hastings ratio. A NaN counts as minus infinity: reject.

    Returns
    -------
    state, acceptance_rate, is_accepted
        The next state, the probability of acceptance, and the decision.
    """
    # XLA makes a quicker program of this than of exp(minimum(log_ratio, 0)).
    acceptance_rate = jnp.clip(jnp.exp(log_ratio), max=1.0)
    acceptance_rate = jnp.where(jnp.isnan(acceptance_rate), 0.0, acceptance_rate)
    is_accepted = jax.random.bernoulli(key, acceptance_rate)
    state = jax.tree.map(lambda new, old: jnp.where(is_accepted, new, old), proposed, state)
    return state, acceptance_rate, is_accepted


def metropolis_hastings(logdensity: LogDensity, propose: Proposal) -> Kernel:
    """Build the Metropolis-Hastings kernel for a target and a proposal.

    A proposal x' is accepted with probability min(1, π(x') q(x | x') / (π(x) q(x' | x))).

    Parameters
    ----------
    logdensity : Callable
        Logarithm of the target density up to a constant, ``(dim,) -> ()``.
    propose : Callable
        ``propose(key, position) -> (new_position, log_q_ratio)``.

    Returns
    -------
    Kernel
        With ``MHState`` and ``MHInfo``.

    References
    ----------
    Hastings, W. K. (1970). Monte Carlo sampling methods using Markov chains and their
    applications. Biometrika 57(1), 97-109.
    """

    def init(position):
        return MHState(position, logdensity(position))

    def step(key, state):
        key_proposal, key_accept = jax.random.split(key)
        position, log_q_ratio = propose(key_proposal, state.position)
        proposed = MHState(position, logdensity(position))
        log_ratio = proposed.logdensity - state.logdensity + log_q_ratio
        state, acceptance_rate, is_accepted = accept_reject(key_accept, state, proposed, log_ratio)
        return state, MHInfo(acceptance_rate, is_accepted, position)

    return Kernel(init, step)


def random_walk(step_size: float | Array) -> Proposal:
    """Propose x' = x + step_size · z with z ~ Normal(0, I); symmetric, so log_q_ratio = 0.

    Parameters
    ----------
    step_size : float or Array, shape () or (dim,)
        Standard deviation of the step in each coordinate, positive, in the units of x.
    """
    _require_positive("step_size", step_size)

    def propose(key, position):
        return position + step_size * jax.random.normal(key, position.shape, position.dtype), 0.0

    return propose


def log_normal_walk(step_size: float | Array) -> Proposal:
    """Propose x' = x · exp(step_size · z) with z ~ Normal(0, I), for positive x.

    The step is a factor, not a shift: log_q_ratio = Σ log x' - Σ log x.

    Parameters
    ----------
    step_size : float or Array, shape () or (dim,)
        Standard deviation of log x' - log x, positive, without unit.
    """
    _require_positive("step_size", step_size)

    def propose(key, position):
        z = jax.random.normal(key, position.shape, position.dtype)
        proposed = position * jnp.exp(step_size * z)
        return proposed, jnp.sum(jnp.log(proposed) - jnp.log(position))

    return propose


def independence(draw: Callable[[Array], Array], proposal_logdensity: LogDensity) -> Proposal:
    """Propose from one fixed density q, wherever the chain stands.

    log_q_ratio = log q(x) - log q(x').

    Parameters
    ----------
    draw : Callable
        ``draw(key) -> position`` of shape (dim,), a draw from q.
    proposal_logdensity : Callable
        log q up to a constant, ``(dim,) -> ()``. Its tails must be no lighter than the target's.
    """

    def propose(key, position):
        proposed = draw(key)
        return proposed, proposal_logdensity(position) - proposal_logdensity(proposed)

    return propose


def langevin(logdensity: LogDensity, step_size: float | Array) -> Proposal:
    """Propose x' = x + ½ step_size² ∇log π(x) + step_size · z with z ~ Normal(0, I).

    A random walk that leans uphill (MALA). It leans differently at x' than at x, so it is not
    symmetric: the way back, x = x' + ½ step_size² ∇log π(x') + step_size · z', needs the noise
    z' = −z − ½ step_size (∇log π(x) + ∇log π(x')), hence log_q_ratio = ½ |z|² − ½ |z'|².

    Parameters
    ----------
    logdensity : Callable
        The target's log density up to a constant, ``(dim,) -> ()``, with a gradient.
    step_size : float or Array, shape () or (dim,)
        Standard deviation of the noise in each coordinate, positive, in the units of x. It is the
        step size of a random walk, and that of HMC, whose path of one leapfrog step is this very
        proposal. BlackJAX's ``mala`` takes ½ step_size² in its place.

    Notes
    -----
    A step evaluates the gradient at both ends. HMC carries it along and needs one.

    References
    ----------
    Roberts, G. O. and Tweedie, R. L. (1996). Exponential convergence of Langevin distributions and
    their discrete approximations. Bernoulli 2(4), 341-363, section 1.4.
    """
    _require_positive("step_size", step_size)
    gradient = jax.grad(logdensity)

    def propose(key, position):
        z = jax.random.normal(key, position.shape, position.dtype)
        slope = gradient(position)
        proposed = position + 0.5 * step_size**2 * slope + step_size * z
        z_back = -z - 0.5 * step_size * (slope + gradient(proposed))
        return proposed, 0.5 * jnp.sum(z**2) - 0.5 * jnp.sum(z_back**2)

    return propose


def _require_positive(name: str, value: float | Array) -> None:
    # A traced value has no number yet; there a bad step size shows as an acceptance rate of 0 or 1.
    if isinstance(value, jax.core.Tracer):
        return
    array = np.asarray(value)
    if not np.all((array > 0) & np.isfinite(array)):
        raise ValueError(f"{name} is {value!r}; allowed are positive finite numbers")
