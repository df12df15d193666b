"""The checkers of chapter 2, JAX for samplers."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from course_utils import checks
from course_utils.checks import Verdict
from course_utils.compiles import count_compiles
from course_utils.exercises import KeepWorking, call, exercise, function_name, number
from course_utils.models import binomial

C, K = 1.0507009873554805, 1.6732632423543772  # of SELU
_num_checks = itertools.count(1)
NOT_TRACEABLE = (
    jax.errors.ConcretizationTypeError,  # and those derived from it
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)


def _array(value: Any, shape: tuple[int, ...], name: str = "the result") -> np.ndarray:
    """Read what a student's function returned as an array of this shape."""
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise KeepWorking(f"{name} must be an array, but it is {type(value).__name__}") from None
    if found.shape != shape:
        raise KeepWorking(f"{name} has shape {found.shape}, wanted {shape}")
    return found


def _traced(answer: Callable, *args: Any) -> Any:
    """Call a student's function inside of a transformation, where values are tracers."""
    try:
        return answer(*args)
    except NOT_TRACEABLE as error:
        raise KeepWorking(
            f"inside of jit it stopped with {type(error).__name__}: use jnp instead of np, "
            "jnp.where instead of if, no float()"
        ) from error


@exercise("2.1")
def _step(answer: Any) -> Verdict:
    h = number(answer, "h")
    if h <= 0:
        return Verdict(False, "step", f"h is {h:g}; a step is positive")
    data = binomial.simulate(num_observations=100)
    heads, flips = int(data.successes.sum()), len(data.successes)

    def density(eta):
        log_p, log_tails = jax.nn.log_sigmoid(eta), jax.nn.log_sigmoid(-eta)
        terms = jnp.where(data.successes.astype(bool), log_p, log_tails)
        return 2 * log_p + 2 * log_tails + jnp.sum(terms)

    places = np.linspace(1.5, 2.5, 50)
    p = 1 / (1 + np.exp(-places))
    exact = (2 + heads) - (4 + flips) * p
    third = (4 + flips) * p * (1 - p) * (2 * p - 1)
    truncation = h**2 / 6 * np.abs(third).max()
    many = jax.jit(jax.vmap(density))
    places32, h32 = np.float32(places), np.float32(h)
    up, down = (np.asarray(many(places32 + sign * h32), float) for sign in (1, -1))
    error = np.abs((up - down) / (2 * h) - exact).max()
    if error < 0.02:
        return Verdict(True, "error", f"h = {h:g} is off by at most {error:.2g}")
    if truncation > 0.01:
        cause, hint = "truncation", "the step is so long that the curve bends"
    else:
        cause, hint = "rounding", "the step is so short that both values agree in most digits"
    return Verdict(False, cause, f"h = {h:g} is off by up to {error:.2g}, wanted 0.02: {hint}")


@exercise("2.2")
def _safe_selu(answer: Callable) -> Verdict:
    x = np.array([-100.0, -20.0, -3.0, -0.5, -0.01, 0.01, 0.5, 3.0, 100.0, 1e4], np.float32)
    below = np.minimum(x, 0).astype(float)
    exact_value = C * np.where(x > 0, x, K * np.expm1(below))
    exact_slope = C * np.where(x > 0, 1.0, K * np.exp(below))
    value = _array(call(answer, jnp.asarray(x)), x.shape)
    # c k (exp(x) − 1) in float32 is off by a few roundings of 1, so by less than 1e-6.
    wrong = ~(np.abs(value - exact_value) <= 1e-6 + 1e-5 * np.abs(exact_value))
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        return Verdict(
            False, "value", f"at x = {x[i]:g} it gives {value[i]:.6g}, selu {exact_value[i]:.6g}"
        )
    derivative = jax.grad(lambda one: jnp.sum(_traced(answer, one)))
    slope = _array(jax.jit(jax.vmap(derivative))(x), x.shape, "its gradient")
    wrong = ~(np.abs(slope - exact_slope) <= 1e-5)  # of numbers up to 1.8, in float32
    if wrong.any():
        i = int(np.flatnonzero(wrong)[-1])
        hint = "" if np.isfinite(slope[i]) else "; does an exponential overflow where it is unused?"
        return Verdict(
            False,
            "gradient",
            f"at x = {x[i]:g} the slope is {slope[i]:.6g}, wanted {exact_slope[i]:.6g}{hint}",
        )
    return Verdict(True, "gradient", "value and slope are right, far out as well")


def _by_loop(phi: float, start: float, noises: np.ndarray) -> np.ndarray:
    path = []
    for z in noises:
        start = phi * start + z
        path.append(start)
    return np.array(path)


def _num_operations(function: Callable, *args: Any) -> int:
    return str(jax.make_jaxpr(function)(*args)).count(" = ")


@exercise("2.3")
def _recursion(answer: Callable) -> Verdict:
    noises = np.random.default_rng(23).normal(size=200).astype(np.float32)
    phi, start = 0.9, 5.0
    path = _array(call(answer, phi, start, jnp.asarray(noises)), noises.shape, "the path")
    right = _by_loop(phi, start, noises)
    # Errors of earlier steps are damped by 0.9, so ten roundings of numbers up to 10 remain.
    gap = np.abs(path - right)
    if not gap.max() <= 1e-4:
        t = int(np.flatnonzero(~(gap <= 1e-4))[0]) + 1
        hint = "; x_1 already contains z_1" if np.isclose(path[0], start) else ""
        return Verdict(
            False, "recursion", f"x_{t} is {path[t - 1]:.4f}, wanted {right[t - 1]:.4f}{hint}"
        )
    short, long = (
        _num_operations(lambda z: _traced(answer, phi, start, z), noises[:length])
        for length in (10, 200)
    )
    if long > short:
        return Verdict(
            False,
            "program size",
            f"10 steps make a program of {short} operations, 200 steps one of {long}; with scan "
            "the program does not grow",
        )
    starts = jnp.array([-3.0, 0.0, 8.0])
    side_by_side = _array(
        jax.jit(jax.vmap(lambda s, z: _traced(answer, phi, s, z), (0, None)))(starts, noises),
        (3, 200),
        "the path of three starts under vmap",
    )
    right = np.array([_by_loop(phi, float(s), noises) for s in starts])
    if not np.abs(side_by_side - right).max() <= 1e-4:
        return Verdict(False, "vectorization", "with vmap over three starts the paths differ")
    return Verdict(True, "recursion", "200 steps are right, in one loop, for many starts")


@exercise("2.4")
def _line(answer: Callable) -> Verdict:
    x = jnp.array([-1.0, 0.0, 1.0, 2.0])
    key = jax.random.key(24)
    first = _array(call(answer, key, x), x.shape, "the line")
    if not np.array_equal(first, _array(call(answer, key, x), x.shape, "the line")):
        return Verdict(False, "randomness", "the same key gave two different lines; draw with it")
    reuse = checks.key_reuse(lambda k: _traced(answer, k, x), jax.random.key(25))
    if not reuse.passed:
        return reuse
    keys = jax.random.split(key, 20_000)
    lines = _array(jax.jit(jax.vmap(lambda k: _traced(answer, k, x)))(keys), (20_000, 4), "lines")
    if not np.isfinite(lines).all():
        return Verdict(False, "randomness", "some numbers are not finite")
    if np.ptp(lines, axis=0).max() == 0:
        return Verdict(False, "randomness", "20,000 keys gave the same line; draw with the key")
    # Quantity, its exact variance, what it tells. The estimate from 20,000 normal numbers has a
    # relative standard error of sqrt(2 / 20,000) = 0.01; six of them are allowed.
    for name, values, exact, what in (
        ("noise", lines @ np.array([1.0, -2.0, 1.0, 0.0]), 0.06, "y(-1) - 2 y(0) + y(1)"),
        ("noise", lines @ np.array([0.0, 1.0, -2.0, 1.0]), 0.06, "y(0) - 2 y(1) + y(2)"),
        ("intercept", lines[:, 1], 1.01, "y(0)"),
        ("slope", lines[:, 2] - lines[:, 1], 1.02, "y(1) - y(0)"),
        ("independence", lines[:, 0], 2.01, "y(-1) = intercept - slope + noise"),
    ):
        if not abs(values.var() / exact - 1) < 0.06:
            return Verdict(
                False, name, f"the variance of {what} is {values.var():.3f}, wanted {exact:g}"
            )
        if not abs(values.mean()) < 6 * np.sqrt(exact / 20_000):
            return Verdict(False, name, f"the mean of {what} is {values.mean():.3f}, wanted 0")
    return Verdict(True, "independence", "slope, intercept and noise are independent")


@exercise("2.5")
def _tempered(answer: Callable) -> Verdict:
    function_name(answer)
    # New temperatures at each check, or an answer that is checked again has seen them already.
    new = float(next(_num_checks))
    for x, temperatures in (
        (jnp.arange(5.0), [1.0, 2.0, 4.0]),
        (jnp.arange(5.0) + 1, [new + 0.25, new + 0.5, new + 0.75]),
    ):
        with count_compiles() as log:
            values = jax.block_until_ready(call(answer, x, temperatures))
        values = _array(values, (3,))
        right = -0.5 * float(jnp.sum(x**2)) / np.array(temperatures)
        if not np.allclose(values, right, rtol=1e-5):  # three roundings in float32
            return Verdict(
                False,
                "value",
                f"for x = {x.tolist()} and temperatures {temperatures} it gives "
                f"{np.round(values, 4).tolist()}, wanted {np.round(right, 4).tolist()}",
            )
    if log.count:
        return Verdict(
            False,
            "recompilation",
            f"the second call, with new temperatures, compiled {log.count} programs; is a function "
            "made anew, or a temperature static?",
        )
    return Verdict(True, "recompilation", "the second call compiled nothing")


@exercise("2.6")
def _log_mean_exp(answer: Callable) -> Verdict:
    function_name(answer)
    base = np.array([0.3, -1.2, 2.0, 0.9], np.float32)
    right = float(np.log(np.mean(np.exp(base.astype(float)))))
    for shift, name, hint in (
        (0.0, "value", ""),
        (5000.0, "overflow", "; exp of a large number is infinite"),
        (-5000.0, "underflow", "; exp of a very negative number is zero"),
    ):
        with np.errstate(all="ignore"):
            found = _array(call(answer, jnp.asarray(base + np.float32(shift))), ())
        # Near 5000, float32 knows a number to 0.0005: the arguments, and the result.
        allowed = 1e-5 if shift == 0 else 1e-3
        if not abs(found - (right + shift)) <= allowed:
            if abs(found - (right + shift) - np.log(4)) <= allowed:
                name, hint = "normalisation", "; this is the logarithm of the sum, not the mean"
            elif shift == 0 and abs(found - base.mean()) <= allowed:
                hint = "; this is the mean of the logarithms"
            return Verdict(
                False,
                name,
                f"for {[round(float(v), 1) for v in base + shift]} it gives {float(found):.5g}, "
                f"wanted {right + shift:.5g}{hint}",
            )
    with np.errstate(all="ignore"):
        wide = float(_array(call(answer, jnp.array([-jnp.inf, 0.0, -5000.0, 4.0])), ()))
    exact = np.log((1 + np.exp(4.0)) / 4)
    return Verdict(
        abs(wide - exact) <= 1e-5,
        "wide range",
        f"for [-inf, 0, -5000, 4] it gives {wide:.5g}, wanted {exact:.5g}"
        + ("; is the number that you subtract finite?" if np.isnan(wide) else ""),
    )
