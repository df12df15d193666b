"""The checkers of chapter 1, One coin, three ways."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, call, exercise, function_name, number

FLIPS, HEADS = 100, 73  # the data of the chapter: a test compares them with the model's


@exercise("1.1")
def _strong_prior(answer: Any) -> Verdict:
    strength = number(answer, "strength")
    if strength <= 0:
        return Verdict(False, "prior", f"it is {strength:g}; both parameters of a Beta are > 0")
    mean = (strength + HEADS) / (2 * strength + FLIPS)
    hint = "" if abs(mean - 0.6) < 5e-4 else " Too weak." if mean > 0.6 else " Too strong."
    return Verdict(
        not hint,
        "posterior mean",
        f"with a Beta({strength:g}, {strength:g}) prior it is {mean:.4f}; wanted 0.600.{hint}",
    )


@exercise("1.2")
def _mcse(answer: Callable) -> Verdict:
    def estimate(draws):
        return number(call(answer, draws), "the result")

    rng = np.random.default_rng(12)
    draws = rng.normal(5.0, 2.0, size=1000)
    got, right = estimate(draws), draws.std() / np.sqrt(1000)
    # 1 % apart: whether one divides by N or by N - 1 is 0.05 % here and up to you.
    if abs(got - right) > 0.01 * right:
        hint = ""
        if abs(got - draws.std()) < 0.01 * draws.std():
            hint = " This is the sd of the draws; their mean is less uncertain."
        elif abs(got - draws.var() / 1000) < 0.01 * draws.var() / 1000:
            hint = " This is the variance of the mean; its root is asked for."
        return Verdict(
            False, "standard error", f"{got:.4f} for 1000 draws of sd 2; wanted {right:.4f}.{hint}"
        )
    repeats = rng.normal(-3.0, 0.7, size=(2000, 50))  # another spread: it must come from the draws
    within = np.mean([abs(x.mean() + 3.0) <= 2 * estimate(x) for x in repeats])
    # 2 standard errors of Student's t with 49 degrees of freedom; 2000 repeats, 4 standard errors.
    exact = 1 - 2 * stats.t(49).sf(2.0)
    slack = 4 * np.sqrt(exact * (1 - exact) / 2000)
    return Verdict(
        abs(within - exact) <= slack,
        "coverage",
        f"{within:.1%} of 2000 means lie within two of your errors; theory says {exact:.1%}",
    )


@exercise("1.3")
def _grid(answer: Callable) -> Verdict:
    # At a million flips powers underflow in any precision that NumPy has.
    cases = ((HEADS, FLIPS, 200), (7_000, 10_000, 2_000), (700_000, 1_000_000, 20_000), (0, 5, 50))
    for heads, flips, points in cases:
        case = f"{heads:,} heads in {flips:,} flips"
        with np.errstate(all="ignore"):  # a student's division by zero becomes a verdict
            result = call(answer, heads, flips, points)
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise KeepWorking("return a pair: (points, weights)")
        grid, weights = (np.asarray(part, dtype=float) for part in result)
        if grid.shape != (points,) or weights.shape != (points,):
            return Verdict(
                False,
                "shape",
                f"{points} points were asked for; got {grid.shape} and {weights.shape}",
            )
        if not np.isfinite(weights).all() or abs(weights.sum() - 1) > 1e-6:
            return Verdict(
                False,
                "normalisation",
                f"for {case} the weights sum to {weights.sum():g}; did they underflow?",
            )
        exact = stats.beta(2 + heads, 2 + flips - heads)
        mean = float(weights @ grid)
        sd = float(np.sqrt(max(weights @ (grid - mean) ** 2, 0.0)))
        # Half a spacing forgives end points for midpoints; the sd is then a few percent off.
        if abs(mean - exact.mean()) > 0.5 / points or abs(sd / exact.std() - 1) > 0.1:
            return Verdict(
                False,
                "posterior",
                f"for {case}: mean {mean:.4f} and sd {sd:.5f}; "
                f"exact {exact.mean():.4f} and {exact.std():.5f}",
            )
    return Verdict(True, "posterior", "normalised and right, also for 10,000 and a million flips")


class _Late:
    """Stands for a result that arrives some time after the call has returned."""

    def __init__(self, seconds: float):
        self.ready_at = time.perf_counter() + seconds

    def block_until_ready(self) -> "_Late":
        time.sleep(max(0.0, self.ready_at - time.perf_counter()))
        return self


@exercise("1.4")
def _honest_clock(answer: Callable) -> Verdict:
    calls = []

    def first_call_compiles(seconds):
        calls.append(seconds)
        time.sleep(1.5 if len(calls) == 1 else 0.0)  # even a mean over 20 calls shows it
        return {"draws": [_Late(seconds)]}

    got = number(call(answer, first_call_compiles, 0.05), "the result")
    if len(calls) < 4:
        return Verdict(
            False, "repeats", f"the function was called {len(calls)} times; wanted at least 4"
        )
    if got < 0.045:  # a sleep of 0.05 s never ends early; 10 % for coarse clocks
        return Verdict(
            False,
            "waiting",
            f"{got:.3f} s, but the result arrives 0.050 s after the call; wait for all of it",
        )
    # Between 0.05 s and a mean that holds the first call lies what a busy machine may add.
    return Verdict(
        got < 0.12,
        "compilation",
        f"{got:.3f} s for a call that takes 0.050 s"
        + ("" if got < 0.12 else "; the first call compiles and must not be averaged in"),
    )


@exercise("1.5")
def _two_coins(answer: Callable) -> Verdict:
    from numpyro import handlers

    page = {"heads": np.array([73, 58]), "flips": np.array([100, 90])}
    other = {"heads": np.array([5, 30]), "flips": np.array([20, 40])}

    def trace(values, data):
        model = handlers.substitute(handlers.seed(answer, 0), values)
        found = handlers.trace(model).get_trace(**data)
        if not found:
            return None  # the stub
        sites = {name: site for name, site in found.items() if site["type"] != "plate"}
        if "p" not in sites or np.shape(sites["p"]["value"]) != (2,):
            raise KeepWorking("a site 'p' of shape (2,) is wanted, one probability a coin")
        if "difference" not in sites or sites["difference"]["type"] != "deterministic":
            raise KeepWorking("numpyro.deterministic('difference', ...) is missing")
        if not any(site.get("is_observed") for site in sites.values()):
            raise KeepWorking("no site is observed; hand the data in by obs=heads")
        return sites

    trace.__name__ = function_name(answer)  # for messages
    call(trace, {}, page)  # as the model draws p itself: is its shape right?
    for p, data in ((np.array([0.7, 0.6]), page), (np.array([0.2, 0.9]), other)):
        sites = call(trace, {"p": p.astype(np.float32)}, data)
        log_p = sum(
            float(np.sum(site["fn"].log_prob(site["value"])))
            for site in sites.values()
            if site["type"] == "sample"
        )
        exact = stats.beta(2, 2).logpdf(p).sum()
        exact += stats.binom(data["flips"], p).logpmf(data["heads"]).sum()
        if abs(log_p - exact) > 1e-4 * abs(exact):  # float32 keeps seven digits
            return Verdict(
                False,
                "log density",
                f"at p = {p.tolist()} it is {log_p:.4f}, but {exact:.4f} is wanted",
            )
        got = number(sites["difference"]["value"], "difference")
        if abs(got - (p[0] - p[1])) > 1e-5:
            return Verdict(
                False,
                "difference",
                f"at p = {p.tolist()} it is {got:.3f}; wanted p[0] - p[1] = {p[0] - p[1]:.3f}",
            )
    return Verdict(True, "model", "log density and difference agree at two points")
