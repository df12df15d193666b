"""The checkers of chapter 9, Eight schools."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from course_utils import checks
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, call, exercise, function_name, number

SIGMA_A, KEPT = 15.0, 0.8  # standard error of school A, and the share asked for in exercise 9.1


@exercise("9.1")
def _share(answer: Any) -> Verdict:
    tau = number(answer, "tau_of_a")
    if tau <= 0:
        return Verdict(False, "scale", f"it is {tau:g}; a spread is positive")
    kept = tau**2 / (tau**2 + SIGMA_A**2)
    hint = ""
    if abs(kept - KEPT) > 5e-3:
        hint = " Too small." if kept < KEPT else " Too large."
        if abs(kept - (1 - KEPT)) < 5e-3:
            hint += " This is the share B that comes from μ; A is to keep the other one."
    return Verdict(
        not hint,
        "shrinkage",
        f"with τ = {tau:g} school A keeps {kept:.1%} of its own estimate; wanted 80 %.{hint}",
    )


@exercise("9.2")
def _log_prior(answer: Callable) -> Verdict:
    log_taus = np.array([0.0, -3.0, -1.0, 0.5, 1.0, 2.0, 2.5])
    got = np.array([number(call(answer, float(v)), "the result") for v in log_taus])
    got -= got[0]  # a constant does not matter

    def matches(log_p):
        return np.allclose(got, log_p - log_p[0], rtol=1e-4, atol=1e-4)  # float32 is welcome

    tau = np.exp(log_taus)
    half_normal, half_cauchy = -(tau**2) / 50, -np.log1p((tau / 5) ** 2)
    if matches(half_normal + log_taus):
        return Verdict(True, "determinant", "the density of log tau, and not that of tau")
    for log_p, why in (
        (half_normal, "this is the density of tau; log tau needs the factor dτ / d log τ"),
        (half_normal - log_taus, "the factor is dτ / d log τ, not its inverse"),
        (half_normal + tau, "the factor is τ, so its logarithm is log τ and not τ"),
        (half_normal + 8 * log_taus, "one tau was changed to log tau: one factor, not eight"),
    ):
        if matches(log_p):
            return Verdict(False, "determinant", why)
    for log_p, why in (
        (half_cauchy + log_taus, "this is the half-Cauchy; the exercise has a half-normal"),
        (-tau / 5 + log_taus, "this is an exponential prior; the exercise has a half-normal"),
        (-(tau**2) / 5 + log_taus, "the scale 5 is a standard deviation: divide by 2 · 5²"),
        (-(tau**2) / 10 + log_taus, "the scale 5 is a standard deviation: divide by 2 · 5²"),
        (-(tau**2) / 25 + log_taus, "the exponent is τ² / (2 · 5²); a factor of 2 is missing"),
        (np.exp(half_normal) * tau, "this is the density; its logarithm is asked for"),
        (-(log_taus**2) / 50, "tau is half-normal here, not its logarithm"),
        (-(log_taus**2) / 50 + log_taus, "tau is half-normal here, not its logarithm"),
    ):
        if matches(log_p):
            return Verdict(False, "prior", why)
    right = half_normal + log_taus
    return Verdict(
        False,
        "prior",
        f"from log tau = 0 to {log_taus[-1]:g} it changes by {got[-1]:.3f}, but "
        f"{right[-1] - right[0]:.3f} is right",
    )


@exercise("9.3")
def _prediction(answer: Callable) -> Verdict:
    num = 20_000
    rng = np.random.default_rng(93)
    mu, tau = rng.normal(4.0, 3.0, num), np.exp(rng.normal(1.0, 0.8, num))
    try:
        got = np.asarray(call(answer, mu, tau, np.random.default_rng(1)), float)
    except (TypeError, ValueError):
        raise KeepWorking("an array of numbers is wanted, one prediction for each draw") from None
    if got.shape != (num,):
        return Verdict(
            False, "shape", f"{num} draws gave predictions of shape {got.shape}; one for each"
        )
    if not np.isfinite(got).all():
        return Verdict(False, "finite", "some predictions are not finite")
    rest = got - mu
    if np.ptp(rest) < 1e-9:
        return Verdict(False, "spread", "this is μ itself; a ninth school differs from the mean")
    # A right answer has slope 1; its error is sd(tau z) / sd(mu) / sqrt(num), below 0.02.
    slope = np.cov(got, mu)[0, 1] / mu.var()
    if abs(slope - 1) > 0.15:
        return Verdict(
            False,
            "uncertainty of μ",
            f"where μ is larger by 1, the prediction is larger by {slope:.2f} on average; each "
            "draw must use its own μ",
        )
    low, high = tau < np.quantile(tau, 0.25), tau > np.quantile(tau, 0.75)
    spreads = rest[low].std(), rest[high].std()
    if spreads[1] < 1.5 * spreads[0]:  # a right answer: 5.8 times
        return Verdict(
            False,
            "uncertainty of τ",
            f"draws with a small τ have the spread {spreads[0]:.2f}, those with a large one "
            f"{spreads[1]:.2f}; each draw must use its own τ, and nothing else may add to the "
            "spread, such as a standard error",
        )
    distance = checks.ks_distance(rest / tau, stats.norm.cdf)
    bound = checks.dkw_envelope(num, 1, 1e-4)
    cause = ""
    if distance > bound:
        for power, why in ((0.5, "a variance"), (2.0, "the square of one")):
            if checks.ks_distance(rest / tau**power, stats.norm.cdf) <= bound:
                cause = f"; it looks as if τ was taken for {why}, but it is a standard deviation"
    return Verdict(
        distance <= bound,
        "spread",
        f"(prediction − μ) / τ is {distance:.3f} away from a standard normal (largest gap between "
        f"the cumulative curves; chance explains up to {bound:.3f}){cause}",
    )


def _cases() -> list[tuple]:
    """Programs for exercise 9.4 with values, arguments, and exact log prior and likelihood."""
    import numpyro
    import numpyro.distributions as dist

    def single(y):
        x = numpyro.sample("x", dist.Normal(1.0, 2.0))
        numpyro.deterministic("twice", 2 * x)
        numpyro.sample("y", dist.Normal(x, 0.5), obs=y)

    def schools(sigma, y):
        mu = numpyro.sample("mu", dist.Normal(0, 5))
        tau = numpyro.sample("tau", dist.HalfCauchy(5))
        with numpyro.plate("school", len(sigma)):
            theta = numpyro.sample("theta", dist.Normal(mu, tau))
            numpyro.sample("y", dist.Normal(theta, sigma), obs=y)

    def two_kinds(counts, y):
        rate = numpyro.sample("rate", dist.Exponential(1.0))
        with numpyro.plate("row", len(counts)):
            numpyro.sample("counts", dist.Poisson(rate), obs=counts)
            numpyro.sample("y", dist.Normal(rate, 1.0), obs=y)

    sigma, y = np.array([1.0, 2.0, 0.5]), np.array([3.0, -1.0, 0.4])
    theta = np.array([2.0, 0.5, 1.0])
    counts = np.array([2, 0, 3])
    return [
        ("one observation", single, {"x": 0.3}, (0.8,),
         stats.norm.logpdf(0.3, 1, 2), [stats.norm.logpdf(0.8, 0.3, 0.5)]),
        ("three schools", schools, {"mu": 1.0, "tau": 2.0, "theta": theta}, (sigma, y),
         stats.norm.logpdf(1, 0, 5) + stats.halfcauchy.logpdf(2, scale=5)
         + stats.norm.logpdf(theta, 1, 2).sum(), stats.norm.logpdf(y, theta, sigma)),
        ("two observed sites", two_kinds, {"rate": 1.4}, (counts, y),
         -1.4, np.r_[stats.poisson.logpmf(counts, 1.4), stats.norm.logpdf(y, 1.4, 1)]),
    ]  # fmt: skip


@exercise("9.4")
def _log_likelihood(answer: Callable) -> Verdict:
    for name, program, values, args, prior, terms in _cases():
        got = number(call(answer, program, dict(values), *args), "the result")
        exact = np.sum(terms)
        if abs(got - exact) <= 1e-4 * (1 + abs(exact)):  # float32 keeps seven digits
            continue
        said = f"for a program with {name} it is {got:.4f}, but {exact:.4f} is wanted"
        for wrong, property_name, why in (
            (exact + prior, "observed sites", "the free sites, and so the prior, are counted too"),
            (prior, "observed sites", "these are the free sites; the observed ones are asked for"),
            (np.mean(terms), "sum", "this is the mean over the observations, not their sum"),
            (np.exp(exact), "logarithm", "this is the likelihood itself"),
        ):
            if abs(got - wrong) <= 1e-4 * (1 + abs(wrong)):
                return Verdict(False, property_name, f"{said}; {why}")
        return Verdict(
            False, "values", f"{said}; are the given values filled in, and all sites added up?"
        )
    return Verdict(True, "observed sites", "right for three programs")


@exercise("9.5")
def _partly_centered(answer: Callable) -> Verdict:
    from numpyro import handlers

    sigma, y = np.array([15.0, 10.0, 16.0]), np.array([28.0, 8.0, -3.0])
    outer = function_name(answer)
    for c in (0.5, 0.0, 1.0):
        program = call(answer, c)
        if not callable(program):
            raise KeepWorking(
                f"`{outer}` must return a program, a function of (sigma, y), but it returned "
                f"{type(program).__name__}"
            )
        mu, tau, x = 1.5, 2.5, np.array([0.7, -0.4, 1.2])

        def trace(program=program, values=(mu, tau, x)):
            filled = handlers.substitute(
                handlers.seed(program, 0), dict(zip(("mu", "tau", "x"), values, strict=True))
            )
            return dict(handlers.trace(filled).get_trace(sigma, y)) or None

        trace.__name__ = "program"  # for messages
        found = call(trace)
        sites = {name: site for name, site in found.items() if site["type"] != "plate"}
        free = {
            name
            for name, site in sites.items()
            if site["type"] == "sample" and not site["is_observed"]
        }
        if free != {"mu", "tau", "x"}:
            return Verdict(
                False,
                "sites",
                f"the free sites are {', '.join(sorted(free)) or 'none'}; wanted are mu, tau, x",
            )
        if sites["x"]["fn"].batch_shape != (3,):
            return Verdict(False, "sites", "x must be one number for each school: use a plate")
        observed = [s for s in sites.values() if s["type"] == "sample" and s["is_observed"]]
        if len(observed) != 1 or "theta" not in sites or sites["theta"]["type"] != "deterministic":
            return Verdict(
                False, "sites", "wanted are one observed site y, and theta as numpyro.deterministic"
            )
        theta = mu + tau ** (1 - c) * (x - c * mu)
        for site, exact, property_name, wanted in (
            ("mu", stats.norm.logpdf(mu, 0, 5), "prior of μ", "Normal(0, 5)"),
            ("tau", stats.halfcauchy.logpdf(tau, scale=5), "prior of τ", "HalfCauchy(5)"),
            ("x", stats.norm.logpdf(x, c * mu, tau**c), "prior of x", "Normal(c μ, τ^c)"),
        ):
            got = np.asarray(sites[site]["fn"].log_prob(sites[site]["value"]), float)
            if not np.allclose(got, exact, rtol=1e-4, atol=1e-4):  # float32
                return Verdict(
                    False,
                    property_name,
                    f"for c = {c:g} the log prior of {site} is {np.round(got, 3).tolist()} at a "
                    f"point where {wanted} gives {np.round(exact, 3).tolist()}",
                )
        got = np.asarray(sites["theta"]["value"], float)
        if got.shape != (3,) or not np.allclose(got, theta, rtol=1e-4, atol=1e-4):
            return Verdict(
                False,
                "law of θ",
                f"for c = {c:g}, μ = {mu:g}, τ = {tau:g} and x = {x.tolist()} θ is "
                f"{np.round(got, 3).tolist()} instead of {np.round(theta, 3).tolist()}; then θ is "
                "not Normal(μ, τ)",
            )
        got = float(np.sum(observed[0]["fn"].log_prob(observed[0]["value"])))
        exact = stats.norm.logpdf(y, theta, sigma).sum()
        if abs(got - exact) > 1e-4 * abs(exact):
            return Verdict(
                False, "likelihood", f"for c = {c:g} it is {got:.3f}; {exact:.3f} is wanted"
            )
    return Verdict(True, "law of θ", "one model for c = 0, 0.5 and 1, in three coordinate systems")
