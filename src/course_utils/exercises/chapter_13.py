"""The checkers of chapter 13, One model, every language."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import stats

from course_utils.bench.languages import seconds_to
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, call, exercise, function_name, number

# Exercise 13.1: what the three lines of other languages mean.
PRIORS = {
    "mu": stats.norm(2.0, 2.0),  # precision 0.25
    "rate": stats.expon(scale=0.25),  # rate 4
    "x": stats.t(4, 1.0, 2.0),  # lam 0.25
}
TOTAL_ALPHA = 1e-3  # of exercise 13.5


@exercise("13.1")
def _priors(answer: Any) -> Verdict:
    if not isinstance(answer, Mapping):
        raise KeepWorking(f"a dictionary is expected, but this is {type(answer).__name__}")
    if missing := PRIORS.keys() - answer.keys():
        raise KeepWorking(f"the dictionary lacks {', '.join(sorted(missing))}")
    mistakes = {
        "mu": ((stats.norm(2, 0.25), "0.25 is a precision, not a standard deviation"),
               (stats.norm(2, 0.5), "0.25 is a precision, not a variance"),
               (stats.norm(2, 4), "1 / 0.25 is the variance; SciPy asks for its root")),
        "rate": ((stats.expon(scale=4), "SciPy's scale is the inverse of the rate"),
                 (stats.expon(4), "SciPy's first number is a shift; the scale is the second"),
                 (stats.expon(0.25), "SciPy's first number is a shift; the scale is the second")),
        "x": ((stats.t(4, 1, 0.25), "lam is 1 / scale², not the scale"),
              (stats.t(4, 1, 0.5), "lam is 1 / scale², not scale²"),
              (stats.t(4, 1, 4), "1 / lam is the square of the scale"),
              (stats.t(4, 1, np.sqrt(2)), "the scale of Student's t is not its standard deviation"),
              (stats.norm(1, 2), "this has the tails of a normal; nu = 4 is missing")),
    }  # fmt: skip
    for name, exact in PRIORS.items():
        given = answer[name]
        if given is None or given is Ellipsis:
            raise KeepWorking(f"`{name}` is still missing")
        points = exact.ppf([0.05, 0.3, 0.5, 0.8, 0.99])
        if not hasattr(given, "logpdf"):
            raise KeepWorking(f"`{name}` must be a distribution of SciPy, such as stats.norm(0, 1)")
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(given.logpdf(points), float)
        except Exception as error:
            raise KeepWorking(
                f"the log density of `{name}` stopped with {type(error).__name__}: {error}"
            ) from error
        if found.shape != points.shape:
            raise KeepWorking(f"`{name}` must be one distribution, not an array of them")
        if np.allclose(found, exact.logpdf(points), rtol=1e-6, atol=1e-6):
            continue
        why = next(
            (said for wrong, said in mistakes[name]
             if np.allclose(found, wrong.logpdf(points), rtol=1e-6, atol=1e-6)),
            f"at {points[2]:g} its log density is {found[2]:.4f}; "
            f"{exact.logpdf(points[2]):.4f} is right",
        )  # fmt: skip
        return Verdict(False, f"density of {name}", why)
    return Verdict(True, "densities", "all three are the same at five points")


def _angle(u: np.ndarray) -> np.ndarray:
    return np.pi * (1 / (1 + np.exp(-u)) - 0.5)


@exercise("13.2")
def _jacobian(answer: Callable) -> Verdict:
    grid = np.linspace(-3.0, 3.0, 13)
    sigmoid = 1 / (1 + np.exp(-grid))
    right = np.log(sigmoid) + np.log1p(-sigmoid)
    for name, log_density in (
        ("a flat density", lambda theta: 0.0),
        ("a hump", lambda theta: -0.5 * ((theta - 0.4) / 0.3) ** 2),
    ):
        found = np.array(
            [number(call(answer, log_density, float(u)), "the result") for u in grid]
        ) - np.array([log_density(theta) for theta in _angle(grid)])

        def constant(values):
            return np.ptp(values) < 1e-4 * (1 + np.abs(values).max())  # float32 is welcome

        if constant(found - right):
            continue
        for wrong, why in (
            (0 * right, "the Jacobian is missing: this is the density of θ at another place"),
            (-right, "the Jacobian is upside down: dθ/du belongs there, not du/dθ"),
            (np.log(sigmoid), "dv/du is v (1 − v); the second factor is missing"),
            (np.log1p(-sigmoid), "dv/du is v (1 − v); the first factor is missing"),
            (np.exp(right), "the logarithm of dθ/du is to be added, not dθ/du itself"),
            (np.pi * np.exp(right), "the logarithm of dθ/du is to be added, not dθ/du itself"),
        ):
            if constant(found - wrong):
                return Verdict(False, "Jacobian", why)
        if name == "a hump" or constant(found):
            return Verdict(
                False, "change of variable", f"{name}: the log density must be taken at θ, not at u"
            )
        stray = (found - right) - (found - right)[len(grid) // 2]
        return Verdict(
            False,
            "Jacobian",
            f"{name}: from u = 0 to u = 3 it strays by {stray[-1]:.3f} from the right log density",
        )
    return Verdict(True, "Jacobian", "a constant apart from the exact density of u, for two cases")


def _terms(program: Any, points: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Log density of each variable of a PyMC model, at values on the constrained scale."""
    import pytensor

    inputs, values = {}, {}
    for variable in program.free_RVs:
        point = inputs[variable.name] = variable.type(variable.name)
        transform = program.rvs_to_transforms[variable]
        forward = transform.forward(point, *variable.owner.inputs) if transform else point
        values[program.rvs_to_values[variable]] = forward
    every = [*program.free_RVs, *program.observed_RVs]
    compute = pytensor.function(
        list(inputs.values()),
        [program.logp(vars=[variable], jacobian=False) for variable in every]
        + [program.logp(jacobian=False)],
        givens=values,
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    columns = [np.asarray(points[name], float) for name in inputs]
    rows = np.array([compute(*point) for point in zip(*columns, strict=True)], float)
    names = [*(variable.name for variable in every), "all"]
    return dict(zip(names, rows.T, strict=True))


@exercise("13.3")
def _port(answer: Callable) -> Verdict:
    import pymc as pm

    x, y = np.array([-1.0, 0.0, 0.5, 2.0]), np.array([0, 3, 1, 6])
    program = call(answer, x, y)
    if not isinstance(program, pm.Model):
        raise KeepWorking(
            f"`{function_name(answer)}` must return the pm.Model, but it returned "
            f"{type(program).__name__}"
        )
    free = {variable.name for variable in program.free_RVs}
    if free != {"rate", "slope"}:
        return Verdict(
            False,
            "unknowns",
            f"they are {', '.join(sorted(free)) or 'none'}; wanted are rate and slope",
        )
    if len(program.observed_RVs) != 1:
        return Verdict(
            False, "likelihood", "one observed variable is wanted: hand over y as `observed`"
        )
    shapes = program.eval_rv_shapes()
    if shapes["rate"] != () or shapes["slope"] != ():
        return Verdict(False, "unknowns", "rate and slope are one number each, without a shape")
    rng = np.random.default_rng(133)
    points = {"rate": rng.gamma(3.0, 0.5, 12), "slope": rng.normal(0, 0.7, 12)}
    mean = points["rate"][:, None] * np.exp(points["slope"][:, None] * x)

    def counts(size):  # SciPy: n is the size, p the share of failures
        return stats.nbinom.logpmf(y, size, size / (size + mean)).sum(1)

    exact = {
        "rate": stats.gamma(3, scale=0.5).logpdf(points["rate"]),
        "slope": stats.t(4, 0, 2.5).logpdf(points["slope"]),
        "counts": counts(3.0),
    }
    found = _terms(program, points)
    if not np.isfinite(found["all"]).all():
        return Verdict(False, "finite", "the log density is not finite at possible points")

    def gap(have, want):  # how far the difference is from constant
        return np.ptp(have - want)

    # PyMC computes in float64; the data make sums of some ten terms.
    if gap(found["all"], sum(exact.values())) < 1e-6:
        return Verdict(True, "same density", "a constant apart from the program in NumPyro")
    hints = {
        "rate": (
            (stats.gamma(3, scale=2).logpdf(points["rate"]), "2 is a rate, not a scale"),
            (stats.expon(scale=0.5).logpdf(points["rate"]), "the shape 3 is missing"),
        ),
        "slope": (
            (stats.t(4, 0, 1 / np.sqrt(2.5)).logpdf(points["slope"]),
             "2.5 is taken for lam, which is 1 / scale²"),
            (stats.t(4, 0, np.sqrt(2.5)).logpdf(points["slope"]), "2.5 is the scale itself"),
            (stats.norm(0, 2.5).logpdf(points["slope"]), "nu = 4 is missing"),
        ),
        "counts": (
            (stats.poisson.logpmf(y, mean).sum(1), "these are Poisson counts, without the 3"),
            (counts(1 / 3), "the 3 is taken for its inverse"),
            (stats.nbinom.logpmf(y, 3, 1 - 3 / (3 + mean)).sum(1), "p is the other probability"),
        ),
    }  # fmt: skip
    observed = program.observed_RVs[0].name
    for name, title in (
        ("rate", "prior of rate"), ("slope", "prior of slope"), ("counts", "likelihood")
    ):  # fmt: skip
        have = found[observed if name == "counts" else name]
        if gap(have, exact[name]) < 1e-6:
            continue
        why = next((said for wrong, said in hints[name] if gap(have, wrong) < 1e-6), None)
        said = f"its log density strays by {gap(have, exact[name]):.3g} from that in NumPyro"
        return Verdict(False, title, f"{said}; {why}" if why else said)
    return Verdict(False, "same density", "each part is right, but something is added to them")


@exercise("13.4")
def _mixture(answer: Callable) -> Verdict:
    rng = np.random.default_rng(134)
    for _ in range(4):
        line, sigma = rng.normal(size=6), rng.uniform(0.1, 0.5, 6)
        y = line + rng.normal(size=6)
        share, mean, sd = rng.uniform(0.1, 0.4), rng.normal(), rng.uniform(0.5, 3.0)

        def density(share=share, spread=None, line=line, sigma=sigma, y=y, mean=mean, sd=sd):
            spread = np.sqrt(sd**2 + sigma**2) if spread is None else spread
            near = np.log1p(-share) + stats.norm(line, sigma).logpdf(y)
            return np.logaddexp(near, np.log(share) + stats.norm(mean, spread).logpdf(y))

        got = call(answer, y, line, sigma, share, mean, sd)
        if np.shape(got) == (6,):
            return Verdict(False, "sum", "one number is wanted, the sum over the points")
        got = number(got, "the result")
        right = density()

        def near(value, got=got):
            return abs(got - value) <= 1e-4 * (1 + abs(value))  # float32 is welcome

        if near(right.sum()):
            continue
        variance = sd**2 + sigma**2
        for wrong, named, why in (
            (density(1 - share, variance).sum(), "two bugs", "both are still there"),
            (density(spread=variance).sum(), "spread", "a variance stands where a sd belongs"),
            (density(1 - share).sum(), "shares", "points belong to the line with 1 − probability"),
            (density(spread=sd + sigma).sum(), "spread", "variances add up, and not sds"),
            (density(spread=np.broadcast_to(sd, 6)).sum(), "spread",
             "an outlier has its measurement error too"),
            (right.mean(), "sum", "this is the mean over the points, not their sum"),
            (np.exp(right).sum(), "logarithm", "these are densities; add their logarithms"),
        ):  # fmt: skip
            if near(wrong):
                return Verdict(False, named, why)
        return Verdict(False, "same density", f"it is {got:.4f}; {right.sum():.4f} is right")
    return Verdict(True, "same density", "that of the program in Stan, at four random points")


def _chains(rng: np.random.Generator, num_draws: int, rho: float) -> np.ndarray:
    """Four chains of standard normal law that forget by a factor rho a step."""
    from scipy.signal import lfilter

    noise = rng.standard_normal((4, num_draws)) * np.sqrt(1 - rho**2)
    noise[:, 0] /= np.sqrt(1 - rho**2)
    return lfilter([1.0], [1.0, -rho], noise, axis=1)


@exercise("13.5")
def _agree(answer: Callable) -> Verdict:
    import arviz as az

    def says(a, b, num):
        got = call(answer, a, b, num)
        if np.shape(got) != () or np.asarray(got).dtype.kind not in "bif":
            raise KeepWorking(f"True or False is expected, but it returned {type(got).__name__}")
        if got not in (True, False, 0, 1):
            raise KeepWorking(f"True or False is expected, but it returned {got!r}")
        return bool(got)

    rng = np.random.default_rng(135)
    alarms = sum(
        not says(_chains(rng, 1000, 0.9), _chains(rng, 1000, 0.9), 1000) for _ in range(40)
    )
    if alarms == 40:
        return Verdict(False, "false alarms", "no pair of right samplers agrees; True means agreed")
    if alarms:  # a right answer: one in 10⁶ a pair
        return Verdict(
            False,
            "false alarms",
            f"{alarms} of 40 pairs of right samplers are said to disagree; do their draws count as "
            "independent, though they remember?",
        )

    def apart(first, second, distance):
        """Two runs whose means are ``distance`` joint standard errors apart."""
        a, b = _chains(rng, first, 0.0), _chains(rng, second, 0.0)
        both = np.hypot(float(az.mcse(a)), float(az.mcse(b)))
        return a, b + (a.mean() - b.mean()) + distance * both

    # One comparison: chance explains 3.3 standard errors; a thousand of them: 4.9.
    for first, second, distance, num, agrees, named, why in (
        (1000, 1000, 7.0, 1, False, "power", "runs 7 standard errors apart must disagree"),
        (1000, 1000, -7.0, 1, False, "power", "the second mean may be the smaller one, too"),
        (4000, 100, 2.0, 1, True, "both errors",
         "a long run and a short one, 2 standard errors apart: the short one's error counts too"),
        (100, 4000, 2.0, 1, True, "both errors",
         "a short run and a long one, 2 standard errors apart: the short one's error counts too"),
        (1000, 1000, 5.8, 1000, False, "standard error",
         "5.8 standard errors are too many even among 1000 comparisons; errors add up as squares"),
        (1000, 1000, 4.05, 1, False, "number of comparisons",
         "4.05 standard errors are too many for a single comparison at 1e-3"),
        (1000, 1000, 4.05, 1000, True, "number of comparisons",
         "4.05 standard errors are to be expected somewhere among 1000 comparisons"),
    ):  # fmt: skip
        if says(*apart(first, second, distance), num) != agrees:
            return Verdict(False, named, why)
    return Verdict(True, "false alarms", "passes right pairs, fails wrong ones, at 1e-3 in all")


ROW = {"status": "ok", "agrees": True, "model": "line", "dtype": "float32"}


def _row(system: str, compile_s: float, warmup_s: float, ess_per_s: float, **other: Any) -> dict:
    return ROW | {"system": system, "compile_s": compile_s, "warmup_s": warmup_s,
                  "ess_per_s": ess_per_s} | other  # fmt: skip


ROWS = (
    _row("slow start", 20.0, 0.5, 50_000.0, dtype="float64"),
    _row("quick start", 0.5, 0.5, 200.0),
    _row("long warm-up", 0.1, 15.0, 1000.0),
    _row("middle", 5.0, 0.2, 2000.0),
    _row("wrong", 0.1, 0.1, 1e6, agrees=False),
    _row("other model", 0.1, 0.1, 1e6, model="binomial"),
    {"status": "not run", "why": "is not installed", "system": "absent", "model": "line"},
)


@exercise("13.6")
def _choose(answer: Callable) -> Verdict:
    def pick(rows, num, dtype=None):
        return call(answer, [dict(row) for row in rows], "line", num, dtype)

    for num, dtype in ((400, None), (8000, None), (1_000_000, None), (400, "float64")):
        allowed = [
            row
            for row in ROWS
            if row["status"] == "ok" and row["agrees"] and row["model"] == "line"
        ]
        allowed = [row for row in allowed if dtype in (None, row["dtype"])]
        best = min(allowed, key=lambda row, num=num: seconds_to(row, num))
        got = pick(ROWS, num, dtype)
        if not isinstance(got, str):
            raise KeepWorking(f"the name of a system is expected, not {type(got).__name__}")
        if got == best["system"]:
            continue
        asked = f"{num:,} effective draws" + (f" in {dtype}" if dtype else "")
        for name, named, why in (
            ("wrong", "right answers first", "its draws disagree with the exact posterior"),
            ("other model", "model", "that row is about another model"),
            ("absent", "rows that ran", "that system did not run"),
        ):
            if got == name:
                return Verdict(False, named, f"{asked}: you chose '{name}', but {why}")
        chosen = next((row for row in allowed if row["system"] == got), None)
        if chosen is None and dtype:
            return Verdict(False, "stated need", f"{asked}: '{got}' does not compute in {dtype}")
        if chosen is None:
            known = ", ".join(row["system"] for row in ROWS)
            raise KeepWorking(f"the name of a system is expected ({known}), not {got!r}")
        return Verdict(
            False,
            "seconds to the last draw",
            f"{asked}: '{got}' takes {seconds_to(chosen, num):.1f} s, compiling and warm-up "
            f"included; '{best['system']}' takes {seconds_to(best, num):.1f} s",
        )
    return Verdict(True, "seconds to the last draw", "right for four needs")
