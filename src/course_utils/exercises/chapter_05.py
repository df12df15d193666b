"""The checkers of chapter 5, Gibbs sampling."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from scipy import special, stats

from course_utils import checks, targets
from course_utils.checks import Verdict
from course_utils.conditionals import gaussian
from course_utils.exercises import KeepWorking, call, exercise, number
from course_utils.gibbs import gibbs

ALPHA = 1e-4  # of every comparison; a right answer fails at most in 4 of 10,000 seeds


@exercise("5.1")
def _correlation(answer: Any) -> Verdict:
    correlation = number(answer, "correlation")
    if abs(correlation) >= 1:
        return Verdict(
            False,
            "correlation",
            f"it is {correlation:g}; allowed is between -1 and 1, both excluded",
        )
    steps = (1 + correlation**2) / (1 - correlation**2)
    hint = "" if 45 <= steps <= 55 else (" Closer to 1." if steps < 45 else " Farther from 1.")
    return Verdict(
        not hint,
        "autocorrelation time",
        f"at correlation {correlation:g} one effective draw takes {steps:.3g} steps; "
        f"wanted 45 to 55.{hint}",
    )


@exercise("5.2")
def _gamma_given(answer: Callable) -> Verdict:
    for waits in (np.array([0.2, 1.5, 0.7, 3.1, 0.4]), np.array([2.0]), np.full(40, 0.25)):
        pair = call(answer, waits)
        if isinstance(pair, np.ndarray | jax.Array) and pair.ndim == 1:
            pair = list(pair)
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise KeepWorking("return a pair: shape, rate")
        shape, rate = number(pair[0], "shape"), number(pair[1], "rate")
        if min(shape, rate) <= 0:
            return Verdict(
                False, "conditional", f"shape {shape:g} and rate {rate:g} must both be positive"
            )
        # The joint density as a function of the rate of events: a conditional may differ from it by
        # a factor, so the difference of the logarithms must be one constant.
        events = np.array([0.3, 0.6, 1.0, 1.7, 2.9])
        joint = stats.gamma.logpdf(events, 2.0) + np.array(
            [stats.expon.logpdf(waits, scale=1 / one).sum() for one in events]
        )
        gap = stats.gamma.logpdf(events, shape, scale=1 / rate) - joint
        if np.ptp(gap) > 1e-3 * max(1.0, float(np.abs(joint).max())):  # float32 is welcome
            count, total = len(waits), waits.sum()
            causes = {
                "; the second number is the scale, one over the rate": (2 + count, 1 / (1 + total)),
                "; the prior is missing": (count, total),
                "; the count and the sum have changed places": (2 + total, 1 + count),
                "; the prior's shape is missing": (count, 1 + total),
                "; the prior's rate is missing": (2 + count, total),
                "; with a mean where the sum belongs": (2 + count, 1 + waits.mean()),
            }
            cause = next(
                (said for said, other in causes.items() if np.allclose((shape, rate), other)), ""
            )
            return Verdict(
                False,
                "conditional",
                f"for {count} waits with sum {total:g}, Gamma({shape:g}, {rate:g}) is not "
                f"proportional to the joint density{cause}",
            )
    return Verdict(True, "conditional", "it is proportional to the joint density")


@exercise("5.3")
def _variance_given(answer: Callable) -> Verdict:
    rng = np.random.default_rng(53)
    x = np.column_stack([np.ones(6), np.arange(6.0), [1.0, -1.0, 1.0, 0.0, 2.0, 1.0]])
    coefficients = np.array([9.0, -6.0, 7.0])
    y = x @ coefficients + np.array([0.4, -0.9, 0.2, 1.1, -0.6, 0.1])
    draws = np.array([number(call(answer, coefficients, x, y, rng), "a draw") for _ in range(4000)])
    if draws.min() <= 0:
        return Verdict(False, "conditional", f"a draw is {draws.min():.3g}; a variance is positive")
    if len(np.unique(draws)) < 2000:
        return Verdict(False, "randomness", "most draws are equal; draw afresh with `rng`")
    squares, shrunk = np.sum((y - x @ coefficients) ** 2), np.sum(coefficients**2) / 100
    right = stats.invgamma(3 + 9 / 2, scale=2 + (squares + shrunk) / 2)
    distance = checks.ks_distance(draws, right.cdf)
    bound = checks.dkw_envelope(len(draws), 1, ALPHA)
    if distance <= bound:
        return Verdict(
            True,
            "conditional",
            f"the draws are {distance:.3f} away from the exact conditional; chance explains up to "
            f"{bound:.3f}",
        )
    wrong = {
        "the coefficients' prior is still missing, in the shape and in the scale": stats.invgamma(
            3 + 6 / 2, scale=2 + squares / 2
        ),
        "the shape is right, the scale lacks the squares of the coefficients": stats.invgamma(
            3 + 9 / 2, scale=2 + squares / 2
        ),
        "the scale is right, the shape lacks half the number of coefficients": stats.invgamma(
            3 + 6 / 2, scale=2 + (squares + shrunk) / 2
        ),
        "the squares of the coefficients are not divided by 10²": stats.invgamma(
            3 + 9 / 2, scale=2 + (squares + 100 * shrunk) / 2
        ),
        "the half is missing: the squares enter with 1/2": stats.invgamma(
            3 + 9 / 2, scale=2 + squares + shrunk
        ),
        "these are draws of 1 / variance": stats.gamma(
            3 + 9 / 2, scale=1 / (2 + (squares + shrunk) / 2)
        ),
    }
    distances = {said: checks.ks_distance(draws, law.cdf) for said, law in wrong.items()}
    distances["these are draws of the standard deviation"] = checks.ks_distance(draws**2, right.cdf)
    near = min(distances, key=distances.__getitem__)
    cause = f"; {near}" if distances[near] <= bound else ""
    return Verdict(
        False,
        "conditional",
        f"the draws are {distance:.3f} away from the exact conditional (largest gap between the "
        f"cumulative curves; chance explains up to {bound:.3f}){cause}",
    )


@exercise("5.4")
def _block(answer: Callable) -> Verdict:
    key = jax.random.key(54)
    here = jax.numpy.array([0.3, -1.1, 2.0])
    values = call(answer, key, here)
    if isinstance(values, tuple | list):
        raise KeepWorking("return one array of shape (2,): jnp.array([first, second])")
    if np.shape(values) != (2,):
        raise KeepWorking(
            f"the shape returned is {np.shape(values)}; wanted (2,): the new first and second "
            "coordinate"
        )
    if not np.array_equal(values, call(answer, key, here)):
        return Verdict(False, "randomness", "the same key gave two different draws; use `key`")
    if not np.array_equal(values, call(answer, key, here.at[:2].set(5.0))):
        return Verdict(
            False,
            "conditioning",
            "the draw depends on the old values of the block itself; it may depend on position[2] "
            "only",
        )
    try:
        many = jax.vmap(jax.jit(answer), (0, None))(jax.random.split(key, 100_000), here)
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError) as error:
        raise KeepWorking(
            "it cannot be compiled: use jnp instead of np, jnp.where instead of if, no float()"
        ) from error
    first, second = np.asarray(many, dtype=float).T
    if not np.isfinite(many).all():
        return Verdict(False, "conditional", "some draws are not finite")
    # Given x2 = 2: means 1, variances 3/4, covariance 1/4.
    laws = {
        "the first coordinate": (first, stats.norm(1.0, 0.75**0.5)),
        "the second coordinate": (second, stats.norm(1.0, 0.75**0.5)),
        "their sum": (first + second, stats.norm(2.0, 2**0.5)),
        "their difference": (first - second, stats.norm(0.0, 1.0)),
    }
    bound = checks.dkw_envelope(len(first), len(laws), ALPHA)
    for name, (found, law) in laws.items():
        distance = checks.ks_distance(found, law.cdf)
        if distance > bound:
            return Verdict(
                False,
                "conditional",
                f"given x2 = 2 the law of {name} is {distance:.3f} away from the exact one (chance "
                f"explains up to {bound:.3f}): mean {found.mean():.2f} where {law.mean():.2f} is "
                f"wanted, variance {found.var():.2f} where {law.var():.2f} is wanted",
            )
    third = gaussian(np.zeros(3), 0.5 * np.eye(3) + 0.5)[2]
    kernel = gibbs([([0, 1], answer), third])
    target = targets.gaussian(correlation=0.5, dim=3)
    return checks.invariance(key, kernel, target, num_steps=3, acceptance=(1.0, 1.0))


def _probability(answer: Callable, *args: Any) -> tuple[float, Any]:
    """Call the step of exercise 5.5; return the probability as a number, and the other result."""
    try:
        pair = call(answer, *args)
    except KeepWorking as error:
        if isinstance(error.__cause__, ValueError) and "<= 0" in str(error):  # as NumPy words it
            raise KeepWorking(f"{error}; a beta needs positive numbers: is a 1 missing?") from error
        raise
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise KeepWorking("return a pair: probability, is_outlier")
    return number(pair[0], "the first result, probability,"), pair[1]


@exercise("5.5")
def _outliers(answer: Callable) -> Verdict:
    rng = np.random.default_rng(55)
    y = np.array([0.1, -0.3, 0.2, 2.6, 0.0, -1.1, 0.4, -3.4, 0.1, 0.9, -0.2, 1.4])
    num = len(y)
    log_near, log_far = stats.norm.logpdf(y, 0, 0.4), stats.norm.logpdf(y, 0, 3.0)
    is_outlier, shares, outliers = np.zeros(num, bool), [], []
    for _ in range(6000):
        share, is_outlier = _probability(answer, is_outlier, log_near, log_far, rng)
        if np.shape(is_outlier) != (num,):
            return Verdict(
                False,
                "shape",
                f"the second result, is_outlier, has shape {np.shape(is_outlier)}; wanted ({num},)",
            )
        is_outlier = np.asarray(is_outlier)
        if not np.isin(is_outlier, (0, 1)).all():
            return Verdict(False, "range", "is_outlier must hold True and False, nothing else")
        is_outlier = is_outlier.astype(bool)
        shares.append(share)
        outliers.append(is_outlier)
    shares, outliers = np.array(shares), np.array(outliers)
    if shares.min() < 0 or shares.max() > 1:
        return Verdict(False, "range", "probability left the interval from 0 to 1")
    # The means below hardly feel a slip of one in the beta, so its law is looked at by itself.
    bound = checks.dkw_envelope(4000, 2, ALPHA)
    for count in (0, 4):
        given = np.arange(num) < count
        draws = np.array(
            [_probability(answer, given.copy(), log_near, log_far, rng)[0] for _ in range(4000)]
        )
        law = stats.beta(1 + count, 1 + num - count)
        distance = checks.ks_distance(draws, law.cdf)
        if distance > bound:
            return Verdict(
                False,
                "conditional of the probability",
                f"given {count} outliers among {num} points the law of the probability is "
                f"{distance:.3f} away from the exact one (chance explains up to {bound:.3f}): mean "
                f"{draws.mean():.3f} where {law.mean():.3f} is wanted",
            )
    # Exact: with "outlier or not" summed out for each point, one integral over q is left.
    nodes, weights = special.roots_legendre(200)
    q, weights = (nodes + 1) / 2, weights / 2
    near, far = (1 - q[:, None]) * np.exp(log_near), q[:, None] * np.exp(log_far)
    weights = weights * np.prod(near + far, axis=1)
    weights /= weights.sum()
    given = far / (near + far)
    exact = weights @ given
    for i in range(num):
        verdict = checks.mean_within_mcse(
            outliers[None, 200:, i], exact[i], f"“point {i} is an outlier”", ALPHA / num
        )
        share = outliers[200:, i].mean()
        # A chain that never changes has no Monte Carlo error; points that are all but certain may.
        if verdict.property == "effective draws" and abs(share - exact[i]) < 0.02:
            continue
        if not verdict.passed:
            return Verdict(
                False,
                "posterior mean",
                f"point {i} (y = {y[i]:g}) is called an outlier in {share:.1%} of the steps; "
                f"its posterior probability is {exact[i]:.1%}",
            )
    for name, values, mean in (
        ("probability", shares, weights @ q),
        ("probability times the number of outliers", shares * outliers.sum(1),
         weights @ (q * given.sum(1))),
    ):  # fmt: skip
        verdict = checks.mean_within_mcse(values[None, 200:], mean, name, ALPHA)
        if not verdict.passed:
            return verdict._replace(property="joint law" if "times" in name else verdict.property)
    return Verdict(True, "posterior mean", "every mean is the exact one, up to chance")
