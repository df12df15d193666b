"""The checkers of chapter 0, Start here."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from course_utils.checks import Verdict, dkw_envelope, ks_distance
from course_utils.exercises import KeepWorking, call, exercise, function_name, number


@exercise("0.1")
def _posterior_mean(answer: Any) -> Verdict:
    got, exact = number(answer, "posterior_mean"), stats.beta(2 + 3, 2 + 7).mean()
    hints = {
        3 / 10: " That is the share of heads in the data; the prior is missing.",
        1 / 2: " That is the mean of the prior; the data are missing.",
        9 / 14: " That is the answer for 7 heads.",
    }
    hint = next((text for value, text in hints.items() if abs(got - value) < 1e-3), "")
    return Verdict(
        abs(got - exact) < 5e-4,  # three digits, as the exercise asks
        "posterior mean",
        f"{got:.4f} is {abs(got - exact):.4f} away from the exact one.{hint}",
    )


@exercise("0.2")
def _flat_prior_model(answer: Callable) -> Verdict:
    from numpyro import handlers

    def log_parts(p, heads, flips):
        conditioned = handlers.substitute(handlers.seed(answer, 0), {"p": p})
        with handlers.trace() as trace:
            result = conditioned(heads=heads, flips=flips)
        sites = {name: site for name, site in trace.items() if site["type"] == "sample"}
        if not sites and (result is None or result is Ellipsis):
            return None  # the stub
        if not sites:
            raise KeepWorking("it returns something, but calls no `numpyro.sample`")
        if "p" not in sites or sites["p"]["is_observed"]:
            raise KeepWorking("one `numpyro.sample`, the prior, must have the name 'p' and no obs=")
        if not any(site["is_observed"] for site in sites.values()):
            raise KeepWorking("nothing is observed; hand the data in by obs=heads")
        prior = sites["p"]["fn"].log_prob(p)
        if not bool(sites["p"]["fn"].support(0.5)) or bool(sites["p"]["fn"].support(1.2)):
            raise KeepWorking("the prior of p must cover 0 to 1 and nothing else")
        data = sum(site["fn"].log_prob(site["value"]).sum() for site in sites.values()
                   if site["is_observed"])  # fmt: skip
        return np.array([number(prior, "the log prior"), number(data, "the log likelihood")])

    log_parts.__name__ = function_name(answer)  # for messages
    for p, heads, flips in ((0.1, 7, 10), (0.6, 7, 10), (0.8, 7, 10), (0.4, 2, 5)):
        prior, likelihood = call(log_parts, p, heads, flips)
        # A count and single flips differ by a constant, which does not touch the posterior.
        likelihood = likelihood - call(log_parts, 0.5, heads, flips)[1]
        law = stats.binom(flips, [p, 0.5]).logpmf(heads)
        for name, words, got, exact in (
            ("prior", "log prior", prior, stats.beta(1, 1).logpdf(p)),
            (
                "likelihood",
                "log likelihood (up to a constant, counted from p = 0.5)",
                likelihood,
                law[0] - law[1],
            ),
        ):
            if abs(got - exact) > 1e-4:  # float32, numbers of size one to ten
                return Verdict(
                    False,
                    name,
                    f"at p = {p}, with {heads} heads in {flips} flips, the {words} is "
                    f"{got:.4f}, but {exact:.4f} is wanted",
                )
    return Verdict(True, "model", "prior and likelihood agree with SciPy at four points")


@exercise("0.3")
def _repaired(answer: Callable) -> Verdict:
    draws = np.asarray(call(answer, np.random.default_rng(3), 40_000), dtype=float)
    if draws.ndim != 1 or len(draws) < 500:
        return Verdict(
            False,
            "number of draws",
            f"40,000 tries gave kept draws of shape {draws.shape}; about one try in nine fits",
        )
    if not ((draws > 0) & (draws < 1)).all():
        return Verdict(False, "range", "some draws of p do not lie between 0 and 1")
    if len(draws) > 8000:  # one in nine fits: 4400 with a standard deviation of 63
        return Verdict(
            False,
            "number of draws",
            f"40,000 tries kept {len(draws)} coins; about one in nine shows exactly 7 heads",
        )
    distance = ks_distance(draws, stats.beta(2 + 7, 2 + 3).cdf)
    bound = dkw_envelope(len(draws), 1, 1e-4)
    return Verdict(
        distance <= bound,
        "posterior",
        f"the kept draws are {distance:.3f} away from the exact posterior (largest gap between the "
        f"cumulative curves); chance explains up to {bound:.3f}",
    )


@exercise("0.4")
def _predict(answer: Callable) -> Verdict:
    rng = np.random.default_rng(4)
    p = rng.beta(9, 5, size=20_000)
    heads = np.asarray(call(answer, np.random.default_rng(5), p), dtype=float)
    if heads.shape != p.shape:
        return Verdict(
            False, "shape", f"{len(p)} draws of p gave predictions of shape {heads.shape}"
        )
    if not np.isin(heads, np.arange(11)).all():
        return Verdict(False, "range", "a number of heads in 10 flips is one of 0, 1, …, 10")
    exact = stats.betabinom(10, 9, 5)
    z = (heads.mean() - exact.mean()) / (exact.std() / np.sqrt(len(p)))
    if abs(z) > 4:  # one right answer in 15,000 goes further
        return Verdict(False, "mean", f"the mean is {heads.mean():.2f}, exact {exact.mean():.2f}")
    # The sample variance of 20,000 draws strays by about 1 %; 5 % is five times that.
    ratio = heads.var() / exact.var()
    if abs(ratio - 1) > 0.05:
        return Verdict(
            False,
            "uncertainty of p",
            f"the variance is {ratio:.0%} of the exact one; every prediction needs its own p",
        )
    together = np.corrcoef(p, heads)[0, 1]
    exact_together = np.std(p) * 10 / exact.std()  # cov(p, heads) = 10 var(p)
    return Verdict(
        abs(together - exact_together) < 0.05,  # its standard error is below 1/sqrt(20,000) = .007
        "uncertainty of p",
        f"predictions and their p are correlated by {together:.2f}, exact {exact_together:.2f}",
    )
