"""The checkers of chapter 7, NUTS."""

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import ndtr

from course_utils import checks, mass_matrix
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, call, exercise, function_name, number
from course_utils.nuts import nuts

WIDTH = 12.0  # standard deviation of the target of exercise 7.1
NUM_PICKS = 4000


@cache
def _rate_of() -> Callable[[float], Any]:
    """Compile the acceptance rate of NUTS on the target of exercise 7.1, from exact draws."""

    @jax.jit
    def rate(step_size):
        kernel = nuts(lambda x: -0.5 * jnp.sum((x / WIDTH) ** 2), step_size, jnp.ones(2), 8)
        keys = jax.random.split(jax.random.key(71), 4000)
        starts = WIDTH * jax.random.normal(jax.random.key(72), (4000, 2))
        step = jax.vmap(lambda key, x: kernel.step(key, kernel.init(x))[1].acceptance_rate)
        return step(keys, starts).mean()

    return rate


@exercise("7.1")
def _step_size(answer: Any) -> Verdict:
    step_size = number(answer, "step_size")
    if step_size <= 0:
        return Verdict(False, "step size", f"it is {step_size:g}; a step size is positive")
    rate = float(_rate_of()(step_size))
    hint = "" if 0.75 <= rate <= 0.85 else (" Too timid." if rate > 0.85 else " Too bold.")
    return Verdict(
        not hint,
        "acceptance",
        f"with step size {step_size:g} the mean over the leaves is {rate:.0%}; wanted 75 % to "
        f"85 %.{hint}",
    )


def _yes_or_no(value: Any, name: str) -> bool:
    try:
        array = np.asarray(value)
    except Exception as error:
        raise KeepWorking(f"{name} must return True or False ({error})") from error
    if array.shape != () or (array.dtype != bool and array.item() not in (0, 1)):
        raise KeepWorking(
            f"{name} must return True or False, one answer for the stretch, but it returned "
            f"{array.dtype.name if array.shape else array.item()!r} of shape {array.shape}"
        )
    return bool(array)


@exercise("7.2")
def _turned(answer: Callable) -> Verdict:
    name = function_name(answer)
    rng = np.random.default_rng(72)
    got, right, backwards, one_end = [], [], [], []
    for dim in (2, 3):
        for _ in range(100):
            x_left, p_left, x_right, p_right = rng.normal(size=(4, dim))
            way = x_right - x_left
            ends = way @ p_left <= 0, way @ p_right <= 0
            right.append(ends[0] or ends[1])
            one_end.append(ends[0] != ends[1])
            got.append(_yes_or_no(call(answer, x_left, p_left, x_right, p_right), name))
            mirrored = call(answer, x_right, -p_right, x_left, -p_left)
            backwards.append(_yes_or_no(mirrored, name))
    got, right, backwards, one_end = map(np.array, (got, right, backwards, one_end))
    if (got == right).all() and (backwards == right).all():
        edge = np.zeros(2), np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.array([1.0, 1.0])
        if not _yes_or_no(call(answer, *edge), name):
            return Verdict(
                False, "U-turn", "a product of exactly 0 counts as turned: `<=`, not `<`"
            )
        return Verdict(True, "U-turn", "400 stretches judged as the paper does, both ways in time")
    if (got != backwards).any():
        return Verdict(
            False,
            "reversibility",
            f"{int((got != backwards).sum())} of 200 stretches get another answer when the path is "
            "played backwards in time; then the way back would not choose the same stretch. Are "
            "both ends looked at alike?",
        )
    cause = ""
    if (got != right).all():
        cause = "; True means that it has turned, which is what `<= 0` says"
    elif (got[~one_end] == right[~one_end]).all() and not got[one_end].any():
        cause = "; one end that comes back is enough"
    return Verdict(
        False,
        "U-turn",
        f"{int((got != right).sum())} of 200 stretches are judged wrongly{cause}",
    )


@exercise("7.3")
def _repaired_pick(answer: Callable) -> Verdict:
    name = function_name(answer)
    uniforms = np.random.default_rng(73).random((NUM_PICKS, 6))
    bound = checks.dkw_envelope(NUM_PICKS, 4, 1e-4)
    verdict = None
    for weights in ((1, 2, 3, 4), (4, 3, 2, 1), (1, 1, 1, 1, 1, 1), (1, 0, 5)):
        weights = np.array(weights, float)
        with np.errstate(divide="ignore"):
            log_weights = np.log(weights)
        picked = []
        for u in uniforms[:, : len(weights)]:
            index = number(call(answer, log_weights.copy(), u.copy()), f"what {name} returns")
            if index != int(index) or not 0 <= index < len(weights):
                return Verdict(
                    False, "range", f"it returned {index:g}; an index from 0 to {len(weights) - 1}"
                )
            picked.append(int(index))
        found = np.bincount(picked, minlength=len(weights)) / NUM_PICKS
        exact = weights / weights.sum()
        distance = float(np.abs(np.cumsum(found) - np.cumsum(exact)).max())
        worst = int(np.argmax(np.abs(found - exact)))
        if distance > bound:
            cause = ""
            if found[-1] > exact[-1] + bound:
                cause = "; late leaves are preferred"
            elif len(set(picked)) == 1:
                cause = "; it always takes the same one"
            elif np.abs(found - 1 / len(weights)).max() < bound:
                cause = "; the weights play no part"
            return Verdict(
                False,
                "shares",
                f"with weights {[int(w) for w in weights]} leaf {worst} is picked in "
                f"{found[worst]:.1%} of {NUM_PICKS} trials, but its share is {exact[worst]:.1%}"
                f"{cause}",
            )
        verdict = Verdict(True, "shares", "every leaf is picked with its share of the weight")

    def picks(shift: float) -> list[float]:
        log_weights = np.log([1.0, 2.0, 3.0, 4.0]) + shift
        with np.errstate(all="ignore"):
            found = [call(answer, log_weights.copy(), u.copy()) for u in uniforms[:50, :4]]
        return [number(index, "the index") for index in found]

    first = picks(0.0)
    if picks(0.0) != first:
        return Verdict(False, "randomness", "the same u gives another leaf; use the numbers in `u`")
    for shift in (1000.0, -1000.0):
        if picks(shift) != first:
            return Verdict(
                False,
                "overflow",
                f"log weights that are all {shift:+g} larger have the same shares, but other "
                "leaves are picked; work with differences of logarithms",
            )
    return verdict


@exercise("7.4")
def _inverse_mass(answer: Callable) -> Verdict:
    rng = np.random.default_rng(75)
    scales = np.array([0.1, 1.0, 20.0])
    draws = scales * rng.normal(size=(12, 3)) + 5.0
    got = call(answer, draws.copy())
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        raise KeepWorking(f"an array of shape (3,) is expected, not {type(got).__name__}") from None
    if got.shape != (3,):
        return Verdict(
            False, "shape", f"12 draws of 3 coordinates gave shape {got.shape}; wanted (3,)"
        )
    if not np.isfinite(got).all():
        return Verdict(False, "scale", f"it is {got.tolist()}; finite numbers are wanted")
    moments = mass_matrix.no_moments(jnp.zeros(3), dense=False)
    right = np.asarray(mass_matrix.regularized(mass_matrix.add_draws(moments, jnp.asarray(draws))))
    variance, floor = draws.var(axis=0, ddof=1), 0.001 * 5 / 17

    def close(value: np.ndarray) -> bool:
        return np.allclose(got, value, rtol=1e-4, atol=0)  # the reference has 32 bits

    if close(right):
        stuck = np.asarray(call(answer, np.ones((12, 3))), float)
        passed = stuck.shape == (3,) and bool((stuck > 0).all())
        reason = (
            "the variances, pulled towards 0.001; even draws that never moved give a positive one"
            if passed
            else (f"draws that never moved give {stuck.tolist()}; a metric must be positive")
        )
        return Verdict(passed, "scale", reason)
    if close(variance) or close(draws.var(axis=0)):
        return Verdict(
            False,
            "regularization",
            "these are the variances as they are; a few draws need the pull towards 0.001",
        )
    if close(12 / 17 * draws.var(axis=0) + floor):
        return Verdict(
            False, "unbiased variance", "the variance divides by n here; divide by n - 1 (ddof=1)"
        )
    cause = ""
    if np.allclose(got * right, 1, rtol=0.6) or np.allclose(got * variance, 1, rtol=0.6):
        cause = "; this is the mass matrix, its inverse is wanted"
    elif np.allclose(got, np.sqrt(variance), rtol=0.6):
        cause = "; these are standard deviations, variances are wanted"
    return Verdict(
        False,
        "scale",
        f"for standard deviations near 0.1, 1 and 20 it gives {np.array2string(got, precision=3)}; "
        f"wanted {np.array2string(right, precision=3)}{cause}",
    )


@exercise("7.5")
def _find_step_size(answer: Callable) -> Verdict:
    num_steps, errors = 1000, []
    for scale, target, first in ((1.0, 0.8, 0.1), (0.02, 0.8, 0.002), (30.0, 0.6, 3.0)):
        for seed in range(12):
            rng, calls, tried = np.random.default_rng([76, seed]), 0, []

            def acceptance_at(step_size: Any, rng=rng, scale=scale, tried=tried) -> float:
                nonlocal calls
                calls += 1
                tried.append(number(step_size, "the step size tried"))
                rate = _true_rate(tried[-1], scale)
                # Between 0 and twice the rate (or as far below 1): the mean is the rate itself.
                return float(rate + (2 * rng.random() - 1) * min(rate, 1 - rate))

            found = number(call(answer, acceptance_at, first, target, num_steps), "the step size")
            if not found > 0:
                return Verdict(False, "step size", f"it returned {found:g}; it must be positive")
            if calls != num_steps:
                return Verdict(
                    False,
                    "budget",
                    f"acceptance_at was called {calls} times; it may be called {num_steps} times",
                )
            if not 0.5 * first <= tried[0] <= 20 * first:
                return Verdict(
                    False,
                    "first guess",
                    f"the first step size tried is {tried[0]:g}; with the guess {first:g} it "
                    "should be the guess or ten times it. Is `first` used?",
                )
            errors.append(_true_rate(found, scale) - target)
    errors = np.array(errors).reshape(3, 12)
    biases, scatter = np.abs(errors.mean(axis=1)), errors.std(axis=1).max()
    # In 100 runs of dual averaging on each of the three, the average was off by 0.01 and scattered
    # by 0.013 at most; the last step size scattered by 0.033, 0.034 and 0.085.
    if biases.max() > 0.06:
        question = (
            "does an acceptance above the target make the step grow, and one below it shrink?"
        )
        if biases[:2].max() <= 0.06:  # only where the target is another one
            question = "is `target` used?"
        return Verdict(
            False,
            "acceptance",
            f"at the step sizes found the rate is off by {biases.max():.2f} on average; {question}",
        )
    return Verdict(
        bool(scatter <= 0.025),
        "scatter",
        f"over 12 runs the rate at the step size found scatters by {scatter:.3f}; wanted at most "
        f"0.025{'' if scatter <= 0.025 else '. Is it the average that is returned?'}",
    )


def _true_rate(step_size: float, scale: float) -> float:
    """Fall from 1 to 0 as the step size grows; 0.8 at a quarter of the scale, about."""
    if not np.isfinite(step_size) or step_size <= 0:
        raise KeepWorking(f"acceptance_at was called with {step_size}; a step size is positive")
    return float(2 * ndtr(-step_size / scale))
