"""The checkers of chapter 6, Hamiltonian Monte Carlo."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from course_utils import checks, hamiltonian, targets
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, NotStarted, call, exercise, function_name, number
from course_utils.kernel import sample

WIDTH, STEP_SIZE = 12.0, 3.0  # the target and the step size of exercise 6.1
SCALES = np.array([0.1, 1.0, 50.0])  # standard deviations of exercise 6.2


@exercise("6.1")
def _num_steps(answer: Any) -> Verdict:
    steps = number(answer, "num_steps")
    if steps != round(steps) or steps < 1:
        return Verdict(
            False, "number of steps", f"it is {steps:g}; a path has a whole number of steps, ≥ 1"
        )
    # Exact for a Gaussian: L leapfrog steps turn by L arccos(1 − ε² / 2σ²).
    turned = steps * np.arccos(1 - 0.5 * (STEP_SIZE / WIDTH) ** 2)
    kept, orbits = np.cos(turned), turned / (2 * np.pi)
    seen = f"{steps:g} steps are {orbits:.2f} orbits and keep {kept:+.2f} of the old position"
    if orbits > 0.5:
        why = "a shorter path forgets as much, for fewer gradients"
        if abs(kept) > 0.1:
            why = "the path has turned back: too long"
        return Verdict(False, "path length", f"{seen}; {why}")
    if abs(kept) > 0.1:
        hint = "too short" if kept > 0 else "too long"
        return Verdict(False, "autocorrelation", f"{seen}, wanted within 0.1 of 0: {hint}")
    return Verdict(True, "autocorrelation", seen)


@exercise("6.2")
def _inverse_mass(answer: Any) -> Verdict:
    try:
        values = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        raise KeepWorking(
            f"three numbers are expected, but this is {type(answer).__name__}"
        ) from None
    if values.shape == (3, 3) and np.array_equal(values, np.diag(np.diag(values))):
        values = np.diag(values)
    if values.shape != (3,):
        raise KeepWorking(f"three numbers are expected, but the shape is {values.shape}")
    if not np.isfinite(values).all() or values.min() <= 0:
        return Verdict(False, "mass", f"it is {values.tolist()}; a mass is positive and finite")
    periods = 2 * np.pi * SCALES / np.sqrt(values)
    shares = 0.5 * np.pi / periods
    if np.abs(shares - 0.25).max() < 0.005:
        return Verdict(True, "period", "the path is a quarter orbit in every coordinate")
    reason = "a path of length π/2 is " + ", ".join(f"{share:.3g}" for share in shares)
    reason += " orbits long in the three coordinates; 0.25 is wanted in each"
    if np.allclose(values, 1 / SCALES**2, rtol=0.05):
        reason += " (this is the mass itself; its inverse is asked for)"
    elif np.allclose(values, SCALES, rtol=0.05):
        reason += " (this is in units of x, and M⁻¹ is in squared units)"
    return Verdict(False, "period", reason)


@exercise("6.3")
def _leapfrog(answer: Callable) -> Verdict:
    function_name(answer)
    target, inverse_mass = targets.banana(), np.array([0.5, 2.0])
    gradient = jax.jit(jax.grad(target.logdensity))

    def one_step(position, momentum, step_size):
        result = call(answer, position, momentum, gradient, step_size, inverse_mass)
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise KeepWorking("return a pair: (position, momentum)")
        if any(np.shape(part) != (2,) for part in result):
            raise KeepWorking(
                f"position and momentum have shapes {np.shape(result[0])} and "
                f"{np.shape(result[1])}; those of the input are (2,)"
            )
        return tuple(result)

    def integrate(position, momentum, step_size, num_steps):
        for _ in range(num_steps):
            position, momentum = one_step(position, momentum, step_size)
        return position, momentum

    def energy(position, momentum):
        return hamiltonian.kinetic_energy(momentum, inverse_mass) - target.logdensity(position)

    positions, momenta = (
        np.asarray(part) for part in jax.random.normal(jax.random.key(6), (2, 4, 2))
    )
    ends = one_step(positions[0], momenta[0], 0.1)
    if not np.isfinite(np.asarray(ends, float)).all():
        return Verdict(False, "movement", "the step leads to a position that is not finite")
    try:
        kept = checks.volume(integrate, positions[0], momenta[0], num_steps=5)
    except jax.errors.TracerArrayConversionError:
        raise KeepWorking(
            "it cannot be differentiated: use plain arithmetic (+, *), without NumPy functions"
        ) from None
    except KeepWorking as trouble:
        if "Tracer" in str(trouble):
            raise KeepWorking(
                "it cannot be differentiated: use plain arithmetic (+, *), without NumPy functions"
            ) from None
        raise
    if not kept.passed:
        return kept._replace(message=kept.message + "; does each line use the newest values?")
    back = checks.reversibility(integrate, positions[0], momenta[0], num_steps=10)
    if not back.passed:
        hint = "; is the step the same from its end: half a kick, a drift, half a kick?"
        return back._replace(message=back.message + hint)
    order = checks.energy_order(
        integrate, energy, positions, momenta, length=0.5, num_steps=(8, 16, 32)
    )
    if not order.passed:
        hint = "; it keeps another energy: is the inverse mass in the drift, and only there?"
        if "no order" in order.message:
            hint = "; does the step move at all, and is the sign of the momentum left as it is?"
        return order._replace(message=order.message + hint)
    # Half a step, or a step back in time, has all these properties too. To first order x moves by
    # step_size M⁻¹ p; what is left out is of the size of the step.
    small = 1e-3
    rate = (np.asarray(one_step(positions[0], momenta[0], small)[0], float) - positions[0]) / small
    wanted = inverse_mass * momenta[0]
    if not np.allclose(rate, wanted, rtol=0.05, atol=0.05):
        return Verdict(
            False,
            "step size",
            f"a step of {small:g} moves the position by {small:g} times "
            f"{np.round(rate, 2).tolist()}, wanted are {wanted.round(2).tolist()}: the drift is "
            "step_size times M⁻¹ p, and the two half kicks add up to step_size times the gradient",
        )
    return order


@exercise("6.4")
def _repaired(answer: Callable) -> Verdict:
    # A step of 1.4 sd, with about a fifth of the paths rejected; three of them turn by 3/4 orbit,
    # so that draws are nearly independent.
    num_draws, step_size, num_steps = 10_000, 1.4, 3
    draws = np.asarray(
        call(
            answer,
            lambda x: -0.5 * x**2,
            lambda x: -x,
            0.5,
            step_size,
            num_steps,
            num_draws,
            np.random.default_rng(64),
        ),
        dtype=float,
    )
    if draws.shape != (num_draws,):
        return Verdict(
            False,
            "rejected means repeated",
            f"{num_draws} draws were asked for, the shape is {draws.shape}; every path gives one",
        )
    if not np.isfinite(draws).all():
        return Verdict(False, "movement", "some draws are not finite")
    stay = np.mean(draws[1:] == draws[:-1])
    if not 0.05 < stay < 0.6:
        return Verdict(
            False,
            "rejected means repeated",
            f"{stay:.0%} of the paths ended where they began; a rejection repeats the position, "
            "and at this step size some must be rejected and most accepted; does the decision "
            "compare the whole energy, kinetic part ½ p², before and after?",
        )
    # A right sampler has a Monte Carlo error of about 0.02 here.
    spread = (draws**2).mean()
    if abs(spread - 1) > 0.2:
        return Verdict(
            False,
            "invariance",
            f"the mean of x² is {spread:.3g} where 1 is wanted; does the decision compare the "
            "whole energy before and after?",
        )
    for name, values, exact in (("x²", draws**2, 1.0), ("x", draws, 0.0)):
        verdict = checks.mean_within_mcse(
            values.reshape(1, -1), exact, name, alpha=1e-4, min_ess=1000
        )
        if not verdict.passed:
            break
    return verdict._replace(property="invariance")


@exercise("6.5")
def _jittered(answer: Callable) -> Verdict:
    target = targets.gaussian(correlation=0.8)
    metric, max_steps = jnp.ones(2), 6
    kernel = call(answer, target.logdensity, 0.6, metric, max_steps)
    if not (callable(getattr(kernel, "init", None)) and callable(getattr(kernel, "step", None))):
        raise KeepWorking("return a Kernel(init, step)")
    key, start = jax.random.key(65), target.draw(jax.random.key(66), 1)
    try:
        state = kernel.init(start[0])
        pair = kernel.step(key, state)
    except (NotStarted, KeepWorking):
        raise
    except Exception as error:
        raise KeepWorking(f"your kernel stopped with {type(error).__name__}: {error}") from error
    if not isinstance(pair, tuple) or len(pair) != 2 or not hasattr(pair[0], "position"):
        raise KeepWorking("step must return what the step of hmc returns: (state, info)")
    if not (hasattr(pair[1], "num_integration_steps") and hasattr(pair[1], "acceptance_rate")):
        raise KeepWorking("step must return the info of hmc beside the state")
    try:
        _, info = jax.jit(lambda key: sample(key, kernel, start, 1200))(key)
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError) as error:
        raise KeepWorking(
            "it cannot be compiled: draw the number with jax.random.randint, without int()"
        ) from error
    numbers = np.asarray(info.num_integration_steps[0])
    counts = np.bincount(np.clip(numbers, 0, max_steps + 1), minlength=max_steps + 2)
    seen = ", ".join(f"{n}: {count}" for n, count in enumerate(counts) if count)
    # 1200 paths over 6 numbers: 200 each, with a standard deviation of 13; five of them are 65.
    if counts[0] or counts[-1] or np.abs(counts[1:-1] - 200).max() > 65:
        return Verdict(
            False,
            "number of steps",
            f"of 1200 paths with max_steps = 6 so many had each number of steps: {seen}; wanted "
            "are 1 to 6, each about equally often",
        )
    places = jnp.array([[0.0, 0.0], [2.0, 2.0], [-2.0, -2.0], [0.5, -0.5]])
    numbers_at = jax.vmap(
        lambda key, place: kernel.step(key, kernel.init(place))[1].num_integration_steps,
        in_axes=(None, 0),
    )
    found = np.asarray(
        jax.jit(jax.vmap(numbers_at, in_axes=(0, None)))(jax.random.split(key, 100), places)
    )
    if np.any(found != found[:, :1]):
        return Verdict(
            False,
            "independence",
            "from different places the same keys give different numbers of steps; the number must "
            "not depend on the position, or the way back has another probability than the path",
        )
    reuse = checks.key_reuse(kernel.step, key, state)
    if not reuse.passed:
        return reuse
    return checks.invariance(key, kernel, target)
