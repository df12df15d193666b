"""The checkers of chapter 3, Metropolis-Hastings."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from scipy import stats

from course_utils import checks, targets
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, call, exercise, number
from course_utils.mh import metropolis_hastings

WIDTH = 12.0  # standard deviation of the target of exercise 3.1


@exercise("3.1")
def _step_size(answer: Any) -> Verdict:
    step_size = number(answer, "step_size")
    if step_size <= 0:
        return Verdict(False, "step size", f"it is {step_size:g}; a step size is positive")
    # Exact for a Gaussian target and a Gaussian step: P(accept) = (2/π) arctan(2 sd / step_size).
    rate = 2 / np.pi * np.arctan(2 * WIDTH / step_size)
    hint = "" if 0.40 <= rate <= 0.48 else (" Too timid." if rate > 0.48 else " Too bold.")
    return Verdict(
        not hint,
        "acceptance",
        f"step size {step_size:g} accepts {rate:.0%} of its proposals; wanted 40 % to 48 %.{hint}",
    )


@exercise("3.2")
def _log_q_ratio(answer: Callable) -> Verdict:
    def log_q(new, old):
        return stats.lognorm(s=0.7, loc=1.0, scale=old - 1).logpdf(new)

    pairs = [(2.0, 3.0), (4.0, 1.5), (1.2, 1.9), (6.0, 6.0)]
    got = np.array([number(call(answer, x, new), "the result") for x, new in pairs])
    right = np.array([log_q(x, new) - log_q(new, x) for x, new in pairs])
    if np.allclose(got, right, rtol=1e-5, atol=1e-6):  # float32 answers are welcome
        return Verdict(True, "reversibility", "the forward and backward flows balance")
    x, new = pairs[0]
    reason = f"from x = {x:g} to x_new = {new:g} it gives {got[0]:.4f} instead of {right[0]:.4f}"
    by_factors = np.log([new / x for x, new in pairs])
    if np.allclose(got, -right, atol=1e-6):
        reason += "; the sign is reversed: q(x | x_new) belongs on top"
    elif np.allclose(got, by_factors, atol=1e-6):
        reason += "; this is the ratio for x' = x exp(s z), without the shift by 1"
    elif np.allclose(got, 0):
        reason += "; zero would mean that the proposal is symmetric, and a factor is not"
    elif np.allclose(np.log(np.abs(got) + 1e-300), right, atol=1e-5):
        reason += "; this is the ratio itself, its logarithm is asked for"
    return Verdict(False, "reversibility", reason)


@exercise("3.3")
def _repaired(answer: Callable) -> Verdict:
    # The page's target and start, then another target: the function must use what it is given.
    verdict = _walks_rightly(answer, 0.0, 1.0, start=2.0, step_size=2.4)
    return verdict if not verdict.passed else _walks_rightly(answer, 3.0, 2.0, 0.0, step_size=5.0)


def _walks_rightly(
    answer: Callable, mean: float, sd: float, start: float, step_size: float
) -> Verdict:
    num_steps = 20_000
    draws = np.asarray(
        call(
            answer,
            lambda x: -0.5 * ((x - mean) / sd) ** 2,
            start,
            step_size,
            num_steps,
            np.random.default_rng(7),
        ),
        dtype=float,
    )
    if draws.shape != (num_steps,):
        return Verdict(
            False,
            "rejected means repeated",
            f"{num_steps} steps gave draws of shape {draws.shape}; every step gives one draw",
        )
    if not np.isfinite(draws).all():
        return Verdict(False, "movement", "some draws are not finite")
    stay = np.mean(draws[1:] == draws[:-1])
    if not 0.2 < stay < 0.9:  # exact for a right sampler: 1 - (2/π) arctan(2 sd / step) = .56, .57
        return Verdict(
            False,
            "rejected means repeated",
            f"{stay:.0%} of the steps stayed where they were; a rejection repeats the position",
        )
    # A chain that runs away has a huge Monte Carlo error, within which anything would pass. A right
    # one has an error of about 0.03 here, so 0.3 is ten times that.
    squares = ((draws - mean) / sd) ** 2
    square, unit = ("x²", 1.0) if (mean, sd) == (0, 1) else (f"(x − {mean:g})²", sd**2)
    if abs(squares.mean() - 1) > 0.3:
        cause = (
            "the walk runs away; is a step downhill ever refused?"
            if squares.mean() > 10
            else "does log_p always belong to the position?"
        )
        return Verdict(
            False,
            "invariance",
            f"for a normal target with mean {mean:g} and sd {sd:g}, the mean of {square} is "
            f"{unit * squares.mean():.4g} where {unit:g} is wanted; {cause}",
        )
    for name, values, exact in ((square, unit * squares, unit), ("x", draws, mean)):
        # At this step size right rules reach 2900 effective draws and more, broken ones under 700.
        verdict = checks.mean_within_mcse(
            values.reshape(1, -1), exact, name, alpha=1e-4, min_ess=1500
        )
        if not verdict.passed:
            break
    return verdict._replace(property="invariance")


@exercise("3.4")
def _barker(answer: Callable) -> Verdict:
    def acceptance(log_ratio):
        return number(call(answer, log_ratio), "the acceptance probability")

    low, high = acceptance(-2000.0), acceptance(2000.0)
    if abs(low) > 1e-12 or abs(high - 1) > 1e-12:
        cause = "does exp overflow?"
        if (low, high) == (1.0, 0.0):
            cause = "is the sign of log r reversed?"
        elif low == high:
            cause = "does it depend on log r?"
        elif low < 0:
            cause = "a probability is wanted, not its logarithm"
        return Verdict(
            False,
            "range",
            f"log ratios of -2000 and 2000 give {low:g} and {high:g}; wanted 0 and 1 ({cause})",
        )
    grid = np.linspace(-2, 2, 20)
    target = np.exp(-0.5 * grid**2) / np.sum(np.exp(-0.5 * grid**2))
    transition = np.zeros((20, 20))
    for i in range(20):
        for j in (i - 1, i + 1):
            if 0 <= j < 20:
                transition[i, j] = 0.5 * acceptance(float(np.log(target[j] / target[i])))
        transition[i, i] = 1 - transition[i].sum()
    verdict = checks.detailed_balance(transition, target, tolerance=1e-7)  # float32 is welcome
    if not verdict.passed:
        return verdict
    for log_ratio in (0.0, -1.0, 1.0, -5.0, 5.0):
        got, right = acceptance(log_ratio), 1 / (1 + np.exp(-log_ratio))
        if abs(got - right) > 1e-6:
            return Verdict(
                False,
                "acceptance",
                f"detailed balance holds, but at log r = {log_ratio:g} the probability is "
                f"{got:.4f}; Barker's rule says {right:.4f} (is this another rule?)",
            )
    return verdict


@exercise("3.5")
def _independence_proposal(answer: Callable) -> Verdict:
    target = targets.gaussian(correlation=0.0)
    key = jax.random.key(35)
    pair = call(answer, key, target.draw(key, 1)[0])
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise KeepWorking("propose must return a pair: (new_position, log_q_ratio)")
    new, log_q_ratio = pair
    if np.shape(new) != (2,) or np.shape(log_q_ratio) != ():
        raise KeepWorking(
            f"the shapes returned are {np.shape(new)} and {np.shape(log_q_ratio)}; wanted (2,) for "
            "the position and (), one number, for log_q_ratio: sum over the coordinates"
        )
    if not np.array_equal(new, call(answer, key, target.draw(key, 1)[0])[0]):
        return Verdict(
            False, "randomness", "the same key gave two different proposals; draw with `key`"
        )
    other = call(answer, key, target.draw(key, 2)[1] + 3.0)[0]
    if not np.array_equal(new, other):
        return Verdict(
            False, "independence", "the proposal moves with the position; q must ignore it"
        )
    try:
        many = np.asarray(jax.vmap(lambda k: answer(k, new)[0])(jax.random.split(key, 20_000)))
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError) as error:
        raise KeepWorking(
            "it cannot be compiled: use jnp instead of np, jnp.where instead of if, no float()"
        ) from error
    distance = checks.ks_distance(many[:, 0], stats.norm(scale=2.0).cdf)
    bound = checks.dkw_envelope(20_000, 1, 1e-4)
    if distance > bound:
        return Verdict(
            False,
            "proposal",
            f"the proposals are {distance:.3f} away from Normal(0, 2) (largest gap between the "
            f"cumulative curves; chance explains up to {bound:.3f})",
        )
    here, there = jax.numpy.array([1.0, -2.0]), call(answer, key, jax.numpy.array([1.0, -2.0]))
    wanted = float((there[0] ** 2).sum() / 8 - 5 / 8)
    if abs(float(there[1]) - wanted) > 1e-4:  # float32, numbers of size one
        cause = ""
        if abs(float(there[1]) + wanted) < 1e-4:
            cause = "; the sign is reversed: log q(position) comes first"
        elif float(there[1]) == 0:
            cause = "; zero would mean a symmetric proposal"
        return Verdict(
            False,
            "reversibility",
            f"from {here.tolist()} to {[round(float(v), 3) for v in there[0]]} the log ratio is "
            f"{float(there[1]):.4f}, but {wanted:.4f} is right{cause}",
        )
    kernel = metropolis_hastings(target.logdensity, answer)
    return checks.invariance(key, kernel, target)
