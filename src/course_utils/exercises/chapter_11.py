"""The checkers of chapter 11, joint distributions and guides."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import handlers
from scipy import stats

from course_utils import checks
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, call, exercise, function_name, number

X = np.linspace(2, 8, 13)  # where the page's line was observed: a test compares them
PRIOR_SD = 10.0  # of intercept and slope


def line_correlation(center: float) -> float:
    """Posterior correlation of intercept and slope for predictors x − center, unit noise."""
    design = np.column_stack([np.ones_like(X), X - center])
    covariance = np.linalg.inv(np.eye(2) / PRIOR_SD**2 + design.T @ design)
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


@exercise("11.1")
def _center(answer: Any) -> Verdict:
    center = number(answer, "center")
    correlation = line_correlation(center)
    hint = (
        "" if abs(correlation) < 0.02 else " Move it up." if correlation < 0 else " Move it down."
    )
    return Verdict(
        not hint,
        "correlation",
        f"with x − {center:g} intercept and slope have correlation {correlation:.2f}; "
        f"wanted 0.00.{hint}",
    )


@exercise("11.2")
def _cut(answer: Callable) -> Verdict:
    rng = np.random.default_rng(112)
    cases = [
        ((), [(), (), (3,)]),
        ((), [(2, 3), (2,)]),
        ((5,), [(2,), (), (3,)]),
        ((4, 5), [(2, 3), (), (2,)]),
    ]
    for lead, shapes in cases:
        sizes = [int(np.prod(shape)) for shape in shapes]
        vector = rng.permutation(np.arange(1.0, math.prod(lead) * sum(sizes) + 1))
        vector = vector.reshape(*lead, -1)  # whole numbers, the same in 32 bits
        pieces = call(answer, vector.copy(), shapes)
        case = f"a vector of shape {vector.shape}, cut into {shapes},"
        if not isinstance(pieces, list | tuple) or len(pieces) != len(shapes):
            raise KeepWorking(
                f"return a list of {len(shapes)} pieces, one for each shape: here a vector of "
                f"shape {vector.shape} is cut into {shapes}"
            )
        found = [np.shape(piece) for piece in pieces]
        wanted = [(*lead, *shape) for shape in shapes]
        if found != wanted:
            return Verdict(False, "shape", f"{case} gives shapes {found}; wanted {wanted}")
        flat = [np.reshape(np.asarray(p, float), (*lead, -1)) for p in pieces]
        together = np.concatenate(flat, axis=-1)
        if not np.array_equal(np.sort(together.ravel()), np.sort(vector.ravel())):
            return Verdict(
                False,
                "completeness",
                f"{case} gives numbers twice or loses some; each belongs once",
            )
        if not np.array_equal(together, vector):
            return Verdict(False, "order", f"{case} gives the right numbers in the wrong places")
    return Verdict(True, "round trip", "joined again, the pieces are the vector, leading axes too")


@exercise("11.3")
def _repaired_sampler(answer: Callable) -> Verdict:
    import numpyro.distributions as dist

    num, key = 20_000, jax.random.key(113)
    # With one key, NumPyro's log-normal copies the normals; its gamma would hide a shared key.
    marginals = [dist.Normal(1.0, 2.0), dist.LogNormal(0.5, 0.4), dist.Normal(0.0, 1.0)]
    laws = [stats.norm(1.0, 2.0), stats.lognorm(0.4, scale=np.exp(0.5)), stats.norm()]
    draws = np.asarray(call(answer, key, marginals, num), dtype=float)
    if draws.shape != (num, 3):
        return Verdict(
            False, "shape", f"{num} draws of 3 marginals have shape {draws.shape}; wanted {num, 3}"
        )
    if not np.array_equal(draws, np.asarray(call(answer, key, marginals, num), dtype=float)):
        return Verdict(False, "randomness", "the same key gave two different answers; use `key`")
    if np.array_equal(draws, np.asarray(call(answer, jax.random.key(7), marginals, num))):
        return Verdict(False, "randomness", "another key gave the same draws; use `key`")
    bound = checks.dkw_envelope(num, 3, 1e-4)
    for k, law in enumerate(laws):
        distance = checks.ks_distance(draws[:, k], law.cdf)
        if not distance <= bound:  # NaN included
            return Verdict(
                False,
                "marginals",
                f"the draws of marginal {k} are {distance:.3f} from its law (largest gap between "
                f"cumulative curves); chance explains up to {bound:.3f}",
            )
    # Independent normal scores have a correlation of sd 1 / sqrt(num); 4.5 sd, three pairs.
    scores = np.array([stats.norm.ppf(law.cdf(d)) for law, d in zip(laws, draws.T, strict=True)])
    correlations = np.abs(np.corrcoef(scores) - np.eye(3))
    worst = float(correlations.max())
    return Verdict(
        worst < 4.5 / np.sqrt(num),
        "independence",
        f"the largest correlation between two marginals is {worst:.3f}; chance explains up to "
        f"{4.5 / np.sqrt(num):.3f}",
    )


@exercise("11.4")
def _two_blocks(answer: Callable) -> Verdict:
    from numpyro.distributions import Distribution

    from course_utils.joint_distribution import JointDistribution

    rng = np.random.default_rng(114)
    loc, scale = rng.normal(size=5), rng.uniform(0.5, 2.0, 5)
    concentration, rate = rng.uniform(1.0, 4.0, 3), rng.uniform(0.5, 2.0, 3)
    joint = call(answer, loc, scale, concentration, rate)
    if not isinstance(joint, Distribution):
        raise KeepWorking(f"return a distribution; this is of type {type(joint).__name__}")
    if (joint.batch_shape, joint.event_shape) != ((), (8,)):
        return Verdict(
            False,
            "event shape",
            f"with 5 normals and 3 gammas the batch shape is {joint.batch_shape} and the event "
            f"shape {joint.event_shape}; wanted () and (8,): `.to_event(1)` turns a batch into one "
            "event",
        )
    for _ in range(5):
        normals, gammas = rng.normal(size=5), rng.gamma(2.0, size=3)
        exact = stats.norm(loc, scale).logpdf(normals).sum()
        exact += stats.gamma(concentration, scale=1 / rate).logpdf(gammas).sum()
        value = jnp.asarray(np.concatenate([normals, gammas]), jnp.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPyro's, on values outside the support
            got = float(joint.log_prob(value))
        if not abs(got - exact) <= 1e-4 * (1 + abs(exact)):  # float32
            return Verdict(
                False,
                "log density",
                f"it is {got:.4f}, but {exact:.4f} is wanted, normals first, then gammas",
            )
    if not isinstance(joint, JointDistribution):
        return Verdict(False, "batching", f"wanted a JointDistribution, got {type(joint).__name__}")
    return Verdict(
        len(joint.marginals) == 2,
        "batching",
        f"the joint has {len(joint.marginals)} marginals; two are enough, one for all normals and "
        "one for all gammas",
    )


def _sites(guide: Callable, *args: Any, values: dict | None = None) -> dict[str, dict]:
    """Run a student's guide and return its sample sites, or raise NotStarted if it has no site."""

    def run():
        program = handlers.substitute(handlers.seed(guide, 115), values or {})
        return handlers.trace(program).get_trace(*args) or None

    run.__name__ = function_name(guide)
    return call(run)


def _log_q(sites: dict[str, dict]) -> float:
    return sum(
        float(np.sum(site["fn"].log_prob(site["value"])))
        for site in sites.values()
        if site["type"] == "sample"
    )


@exercise("11.5")
def _positive_guide(answer: Callable) -> Verdict:
    for loc, scale, u in ((0.3, 0.5, 0.9), (-1.0, 0.2, -1.3), (2.0, 1.0, 0.5)):
        sites = _sites(answer, loc, scale, values={"u": jnp.float32(u)})
        samples = {name: site for name, site in sites.items() if site["type"] == "sample"}
        if set(samples) != {"u", "rate"}:
            return Verdict(
                False,
                "sites",
                f"the guide has the sample sites {sorted(samples)}; wanted 'u' and 'rate', each in "
                "a `numpyro.sample`",
            )
        if not samples["u"]["infer"].get("is_auxiliary"):
            return Verdict(
                False,
                "auxiliary",
                "the model knows no 'u': mark it with infer={\"is_auxiliary\": True}",
            )
        rate = number(samples["rate"]["value"], "the value of 'rate'")
        if abs(rate - np.exp(u)) > 1e-4 * np.exp(u):
            return Verdict(
                False,
                "value",
                f"at u = {u:g} the rate is {rate:.4f}; wanted exp(u) = {np.exp(u):.4f}",
            )
        got, exact = _log_q(samples), float(stats.lognorm(scale, scale=np.exp(loc)).logpdf(rate))
        if not abs(got - exact) <= 1e-3:  # float32; NaN and infinity fail
            hint = ""
            if abs(got - exact - u) < 1e-3:
                hint = "; the term −u is missing: Delta's log_density is −log(d rate / du)"
            elif abs(got - exact - 2 * u) < 1e-3:
                hint = "; the sign of the term u is reversed"
            return Verdict(
                False,
                "density of the guide",
                f"at u = {u:g} its log density is {got:.4f}; that of a rate whose logarithm is "
                f"Normal({loc:g}, {scale:g}) is {exact:.4f}{hint}",
            )
    return Verdict(True, "density of the guide", "it is that of a log-normal rate, at three points")


@exercise("11.6")
def _chain_guide(answer: Callable) -> Verdict:
    cases = [
        (np.array([1.0, -0.5]), np.array([[4.0, -0.9], [-0.9, 0.25]])),
        (np.array([0.0, 2.0]), np.array([[1.0, 0.6], [0.6, 1.0]])),
    ]
    for mean, covariance in cases:
        exact = stats.multivariate_normal(mean, covariance)
        flat = stats.multivariate_normal(mean, np.diag(np.diag(covariance)))
        points = mean + np.sqrt(np.diag(covariance)) * np.array(
            [[0.0, 0.0], [1.0, 0.5], [-1.0, 1.0]]
        )
        got = []
        for a, b in points:
            values = {"a": jnp.float32(a), "b": jnp.float32(b)}
            sites = _sites(answer, mean, covariance, values=values)
            samples = {name: site for name, site in sites.items() if site["type"] == "sample"}
            if list(samples) != ["a", "b"]:
                return Verdict(
                    False,
                    "sites",
                    f"the guide samples {list(samples)}; wanted 'a' first, then 'b', and no other",
                )
            got.append(_log_q(samples))
        got, right = np.array(got), exact.logpdf(points)
        if not np.allclose(got, right, atol=1e-3):  # float32
            if np.allclose(got, flat.logpdf(points), atol=1e-3):
                return Verdict(
                    False,
                    "correlation",
                    "these are two independent normals; let the mean of b move with the value of a",
                )
            slope = covariance[0, 1] / covariance[0, 0]
            moved = points + np.array([[0.0, -slope * mean[0]]])
            if np.allclose(got, exact.logpdf(moved), atol=1e-3):
                return Verdict(
                    False,
                    "log density",
                    "the mean of b moves with a; let it move with a − m_a",
                )
            middle = abs(got[0] - right[0]) < 1e-3
            return Verdict(
                False,
                "log density",
                f"at a, b = {points[1].round(3).tolist()} it is {got[1]:.4f}, but {right[1]:.4f} "
                "is wanted; "
                + (
                    "the spreads are right, the slope is not"
                    if middle
                    else "look at means and spreads"
                ),
            )
    return Verdict(True, "log density", "two sites, one after the other, are the tied normal")
