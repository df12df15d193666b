"""The checkers of chapter 10, variational inference."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats
from scipy.special import logsumexp

from course_utils import vi
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, call, exercise, number


def _array(value: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Read a student's array of a given shape, or say why it is none."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise KeepWorking(
            f"{name} must be an array of numbers, but it is of type {type(value).__name__}"
        ) from None
    if array.shape != shape:
        raise KeepWorking(f"{name} has shape {array.shape}; wanted {shape}")
    return array


@exercise("10.1")
def _correlation(answer: Any) -> Verdict:
    rho = number(answer, "rho")
    if not -1 < rho < 1:
        return Verdict(
            False, "correlation", f"it is {rho:g}; a correlation lies between -1 and 1, excluded"
        )
    share = np.sqrt(1 - rho**2)
    hint = ""
    if abs(share - 0.5) > 0.008:  # an answer to two digits is welcome
        hint = " Too strong." if share < 0.5 else " Too weak."
        if abs(1 - rho**2 - 0.5) < 0.005:
            hint += " This halves the variance."
    return Verdict(
        not hint,
        "standard deviation",
        f"at correlation {rho:g} mean-field reports {share:.3f} of each standard deviation; wanted "
        f"0.5.{hint}",
    )


def _curved(x):
    """Return a log density that is no normal, so that shortcuts for normals show."""
    return -0.5 * x[0] ** 2 - 0.5 * (x[1] - x[0] ** 2) ** 2 + jnp.sin(x[2])


def _curved_slopes(x):
    x = np.asarray(x, float)
    height = x[:, 1] - x[:, 0] ** 2
    return np.stack([-x[:, 0] + 2 * x[:, 0] * height, -height, np.cos(x[:, 2])], axis=1)


@exercise("10.2")
def _gradient(answer: Callable) -> Verdict:
    rng = np.random.default_rng(102)
    mean, log_scale, z = rng.normal(size=3), rng.normal(size=3) - 0.5, rng.normal(size=(7, 3))
    pair = call(answer, _curved_slopes, mean.copy(), log_scale.copy(), z.copy())
    if isinstance(pair, np.ndarray | jax.Array) and pair.shape == (2, 3):
        pair = tuple(pair)
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise KeepWorking("return a pair: the gradient in mean, the gradient in log_scale")
    in_mean, in_log_scale = (
        _array(part, name, (3,))
        for part, name in zip(pair, ("the first", "the second"), strict=True)
    )
    with jax.enable_x64(True):
        q = vi.Gaussian(jnp.asarray(mean), jnp.asarray(log_scale), None)
        right = jax.grad(vi.reparameterized_elbo)(q, jnp.asarray(z), _curved)
        right_mean, right_log_scale = np.asarray(right.mean), np.asarray(right.log_scale)

    def near(found, wanted):
        return np.allclose(found, wanted, rtol=1e-4, atol=1e-4)  # float32 answers are welcome

    scale = np.exp(log_scale)
    slope = _curved_slopes(mean + scale * z)
    if not near(in_mean, right_mean):
        name, cause = "gradient in the mean", "compare with the average slope at the draws"
        if near(in_mean, slope.sum(axis=0)):
            name, cause = "average", "this is the sum over the draws, and the mean is asked for"
        elif near(in_mean, -right_mean):
            name, cause = "direction", "the sign is reversed: the ELBO is climbed"
        elif near(in_mean, right_log_scale):
            name, cause = "order", "the gradient in the mean comes first"
        elif near(in_mean, _curved_slopes(mean[None])[0]):
            name, cause = "reparameterization", "the slope is taken at the mean, not at the draws"
        elif near(in_mean, _curved_slopes(mean + log_scale * z).mean(axis=0)):
            name, cause = "reparameterization", "the draw is mean + exp(log_scale) * z"
        return Verdict(
            False, name, f"the first part is {in_mean.round(3)}, automatic differentiation gives "
            f"{right_mean.round(3)}; {cause}",
        )  # fmt: skip
    if not near(in_log_scale, right_log_scale):
        name, cause = "gradient in the log scale", "what does a draw do when log_scale moves?"
        inner = (slope * scale * z).mean(axis=0)
        if near(in_log_scale, inner):
            name, cause = "entropy", "the entropy grows with log_scale, too: its derivative is 1"
        elif near(in_log_scale, (slope * z).mean(axis=0) + 1):
            name, cause = "chain rule", "this is the slope in sigma; d sigma / d log_scale = sigma"
        elif near(in_log_scale, (slope * z).mean(axis=0) + 1 / scale):
            name, cause = "chain rule", "this is the gradient in sigma, not in its logarithm"
        elif near(in_log_scale, (slope * scale).mean(axis=0) + 1):
            name, cause = "chain rule", "the draw moves by sigma * z, and z is missing"
        elif near(in_log_scale, (slope * scale * z).sum(axis=0) + 1):
            name, cause = "average", "this is the sum over the draws, and the mean is asked for"
        elif near(in_log_scale, inner - 1):
            name, cause = "entropy", "its sign is reversed: width is rewarded"
        return Verdict(
            False, name, f"the second part is {in_log_scale.round(3)}, automatic differentiation "
            f"gives {right_log_scale.round(3)}; {cause}",
        )  # fmt: skip
    return Verdict(True, "gradient", "both parts agree with automatic differentiation")


@exercise("10.3")
def _kl(answer: Callable) -> Verdict:
    grid = np.linspace(-10, 10, 801)
    narrow, wide = stats.norm.logpdf(grid, 0.5, 0.8), stats.norm.logpdf(grid, 0.0, 1.5)

    def kl(log_q, log_p):
        return number(call(answer, log_q, log_p), "the divergence")

    exact = np.log(1.5 / 0.8) + (0.8**2 + 0.5**2) / (2 * 1.5**2) - 0.5
    other = np.log(0.8 / 1.5) + (1.5**2 + 0.5**2) / (2 * 0.8**2) - 0.5
    got = kl(narrow.copy(), wide.copy())
    # The rectangle rule is exact here to 1e-10; 1e-4 leaves room for float32.
    if abs(got - exact) > 1e-4:
        name, cause = "divergence", "the mean over q of log q − log p"
        if abs(got - other) < 1e-3:
            name, cause = "direction", "this is KL(p ‖ q): average over q"
        elif abs(got + exact) < 1e-3:
            name, cause = "sign", "a divergence is not negative"
        elif abs(got - exact - np.log(grid[1] - grid[0])) < 1e-3:
            name, cause = "normalization", "q is normalised, and p is not"
        elif abs(got * (grid[1] - grid[0]) - exact) < 1e-3:
            name, cause = "normalization", "the spacing of the points is missing"
        return Verdict(
            False, name, f"two normals on a grid give {got:.4f} where {exact:.4f} is right; {cause}"
        )
    got = kl(narrow + 3.0, wide - 2.0)
    if abs(got - exact) > 1e-4:
        return Verdict(
            False,
            "normalization",
            f"adding constants to the logarithms changes it from {exact:.4f} to {got:.4f}: "
            "normalise both first",
        )
    with np.errstate(all="ignore"):
        inside = np.where(np.abs(grid) < 2, narrow, -np.inf)
        try:
            cut = kl(inside, wide.copy())
        except KeepWorking as trouble:
            return Verdict(
                False, "underflow", f"where q gives nothing, nothing is added; but {trouble}"
            )
        try:
            steep = kl(np.where(np.abs(grid) < 2, narrow, -1e4), wide - 5000.0)
        except KeepWorking as trouble:
            return Verdict(
                False,
                "underflow",
                f"with log_p near −5000, a constant that must not matter, {trouble}; subtract "
                "logsumexp before you take the exponential",
            )
    log_q = inside - logsumexp(inside)
    kept = np.isfinite(log_q)
    wanted = np.sum(np.exp(log_q[kept]) * (log_q - wide + logsumexp(wide))[kept])
    if abs(cut - wanted) > 1e-4 or abs(steep - wanted) > 1e-4:
        return Verdict(
            False,
            "underflow",
            f"with points to which q gives nothing it is {cut:.4f} and, at −10⁴, {steep:.4f}; "
            f"{wanted:.4f} is right",
        )
    return Verdict(True, "divergence", "it agrees with the formula for normals, edges included")


@exercise("10.4")
def _minibatch(answer: Callable) -> Verdict:
    rng = np.random.default_rng(104)
    x, y, at = rng.normal(size=(24, 2)), rng.normal(size=24), np.array([0.7, -1.1])
    prior = -0.5 * np.sum(at**2)
    likelihood = -0.5 * np.sum((y - x @ at) ** 2)

    def estimate(rows):
        value = call(answer, at.copy(), x[rows].copy(), y[rows].copy(), 24)
        return number(value, "the log posterior")

    whole = estimate(slice(None))
    wanted = prior + likelihood
    if abs(whole - wanted) > 1e-3:
        cause = ""
        if abs(whole - likelihood) < 1e-3:
            cause = "; the prior is missing"
        elif abs(whole - wanted + 13 * np.log(2 * np.pi)) < 1e-3:
            cause = "; constants, such as log(2π) / 2 for each normal, are left out here"
        elif abs(whole + wanted) < 1e-3:
            cause = "; the sign is reversed"
        return Verdict(
            False,
            "log density",
            f"with all rows as one batch it is {whole:.4f} where {wanted:.4f} is right{cause}",
        )
    for count in (2, 6):
        average = np.mean([estimate(slice(i, None, count)) for i in range(count)])
        if abs(average - wanted) > 1e-3:
            cause = "how many rows does a batch stand for?"
            if abs(average - (prior + likelihood / count)) < 1e-3:
                cause = f"{24 // count} rows count as {24 // count}, and they stand for 24"
            elif abs(average - (count * prior + likelihood)) < 1e-3:
                cause = "the prior is counted once for each batch that there is"
            elif abs(average - (prior / count + likelihood)) < 1e-3:
                cause = "the prior is divided, and it does not depend on the rows"
            return Verdict(
                False,
                "unbiasedness",
                f"the average over {count} batches is {average:.4f}, all rows give {wanted:.4f}; "
                f"{cause}",
            )
    return Verdict(True, "unbiasedness", "the average over all batches is that of all rows")


@exercise("10.5")
def _tighter(answer: Callable) -> Verdict:
    log_weights = np.random.default_rng(105).normal(-0.5, 1.0, size=(400, 16))

    def bound(values):
        return number(call(answer, values.copy()), "the bound")

    single = log_weights[:, :1]
    got, wanted = bound(single), float(single.mean())
    if abs(got - wanted) > 1e-4:
        cause = "with one draw a row it is the average log weight"
        if abs(got - np.log(np.exp(single).mean())) < 1e-4:
            cause = "this is the logarithm of the average over all rows; take the logarithm first"
        elif abs(got - single.sum()) < 1e-3:
            cause = "this is the sum over the rows"
        return Verdict(
            False, "ELBO", f"for K = 1 it is {got:.4f} where the ELBO is {wanted:.4f}; {cause}"
        )
    got = bound(log_weights)
    wanted = float((logsumexp(log_weights, axis=1) - np.log(16)).mean())
    if abs(got - wanted) > 1e-4:
        cause = "the logarithm of the mean weight, row by row, then the mean"
        name = "bound"
        if abs(got - wanted - np.log(16)) < 1e-4:
            name, cause = "average", "this is the logarithm of the sum: log K is missing"
        elif abs(got - log_weights.mean()) < 1e-4:
            name, cause = "tightness", "this is the ELBO again: average the weights, not their logs"
        elif abs(got - np.log(np.exp(log_weights).mean())) < 1e-4:
            cause = "this is the logarithm of the average over everything"
        return Verdict(
            False, name, f"for K = 16 it is {got:.4f} where {wanted:.4f} is right; {cause}"
        )
    with np.errstate(all="ignore"):
        try:
            far = [bound(log_weights + shift) - shift for shift in (-1000.0, 1000.0)]
            apart = bound(log_weights + np.where(np.arange(400) % 2, 1000.0, -1000.0)[:, None])
        except KeepWorking as trouble:
            return Verdict(False, "overflow", f"with log weights near ±1000, {trouble}")
    if max(abs(value - wanted) for value in far) > 1e-3:
        return Verdict(
            False,
            "overflow",
            f"log weights moved by −1000 and 1000 give {far[0]:.4f} and {far[1]:.4f} after moving "
            f"back; {wanted:.4f} is right",
        )
    if abs(apart - wanted) > 1e-3:
        return Verdict(
            False,
            "overflow",
            f"half of the rows moved by −1000 and half by 1000 give {apart:.4f}; {wanted:.4f} is "
            "right",
        )
    return Verdict(True, "bound", "the mean over rows of the logarithm of the mean weight")
