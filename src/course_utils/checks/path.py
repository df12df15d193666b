"""Checks of an integrator, in float64, where rounding is too small to hide a mistake.

All of them take ``integrate(position, momentum, step_size, num_steps) -> (position, momentum)``.
"""

from collections.abc import Callable

import jax
import numpy as np
from jax import Array

from course_utils.checks.verdict import Verdict
from course_utils.hamiltonian import LogDensity, PhaseState

Integrate = Callable[[Array, Array, float, int], tuple[Array, Array]]
ROUNDOFF = 2.0**-53
# A step rounds each coordinate some eight times: products, sums and the gradient.
ROUNDINGS = 8


def wide(values: Array) -> np.ndarray:
    """Return the values as float64."""
    return np.asarray(values, np.float64)


def integrator(leapfrog: Callable[[PhaseState, Array], PhaseState], logdensity: LogDensity):
    """Turn a step ``(PhaseState, step_size) -> PhaseState`` into ``integrate`` as used here."""
    value_and_grad = jax.value_and_grad(logdensity)

    @jax.jit
    def integrate(position, momentum, step_size, num_steps):
        start = PhaseState(position, momentum, *value_and_grad(position))
        end = jax.lax.fori_loop(0, num_steps, lambda _, state: leapfrog(state, step_size), start)
        return end.position, end.momentum

    return integrate


def reversibility(
    integrate: Integrate,
    position: Array,
    momentum: Array,
    *,
    step_size: float = 0.1,
    num_steps: int = 20,
) -> Verdict:
    """Test that a path runs back to its start when the momentum is turned round.

    Rounding explains 2 · num_steps · 8 · 2^-53 of the largest number met, if the dynamics does not
    magnify it: choose a tame stretch of path. A mistake leaves a gap of the size of the step.

    Parameters
    ----------
    integrate : Callable
        ``(position, momentum, step_size, num_steps) -> (position, momentum)``.
    position, momentum : Array, shape (dim,)
        Where the path starts.
    step_size : float
        Length of a step.
    num_steps : int
        Steps there, and as many back.

    Returns
    -------
    Verdict
        Property "reversibility".
    """
    with jax.enable_x64(True):
        start = wide(position), wide(momentum)
        far = [wide(part) for part in integrate(*start, step_size, num_steps)]
        back = [wide(part) for part in integrate(far[0], -far[1], step_size, num_steps)]
    gap = max(np.abs(back[0] - start[0]).max(), np.abs(back[1] + start[1]).max())
    gap /= max(np.abs(part).max() for part in (*start, *far))
    allowed = 2 * num_steps * ROUNDINGS * ROUNDOFF
    return Verdict(
        bool(gap <= allowed),
        "reversibility",
        f"{num_steps} steps there and back end {gap:.2g} from the start, relative to the size of "
        f"the path; rounding explains up to {allowed:.1g}",
    )


def energy_order(
    integrate: Integrate,
    energy: Callable[[Array, Array], Array],
    positions: Array,
    momenta: Array,
    *,
    length: float = 1.0,
    num_steps: tuple[int, ...] = (16, 32, 64, 128),
    order: float = 2.0,
) -> Verdict:
    """Test how fast the energy error falls with the step size: as its square, for the leapfrog.

    Over a path of fixed length the error is c₂ ε² + c₄ ε⁴ + …, so on log-log axes it has slope 2 up
    to a few hundredths at these step sizes. Euler's method has slope 1; a step with a piece missing
    follows another energy and has slope 0. A slope within 0.1 of the order passes.

    Parameters
    ----------
    integrate : Callable
        ``(position, momentum, step_size, num_steps) -> (position, momentum)``.
    energy : Callable
        ``(position, momentum) -> ()``, minus the log joint density.
    positions, momenta : Array, shape (num_paths, dim)
        Starts; the error is the root mean square over them, since on one path it may be 0 by luck.
    length : float
        Length of the path in time, about one unit of the target's shortest scale.
    num_steps : tuple of int
        Into how many steps the path is cut.
    order : float
        Slope of a right integrator.

    Returns
    -------
    Verdict
        Property "energy order".
    """
    errors = []
    with jax.enable_x64(True):
        starts = list(zip(wide(positions), wide(momenta), strict=True))
        before = np.array([float(energy(*start)) for start in starts])
        for steps in num_steps:
            ends = [integrate(*start, length / steps, steps) for start in starts]
            after = np.array([float(energy(*end)) for end in ends])
            errors.append(np.sqrt(np.mean((after - before) ** 2)))
    if not np.all(np.isfinite(errors)) or min(errors) == 0:
        seen = [float(error) for error in errors]
        return Verdict(False, "energy order", f"the energy errors are {seen}: no order to see")
    slope = float(np.polyfit(np.log(length / np.array(num_steps)), np.log(errors), 1)[0])
    return Verdict(
        abs(slope - order) <= 0.1,
        "energy order",
        f"the energy error falls as the step size to the power {slope:.2f}; {order:g} is right",
    )
