"""The checkers of chapter 4, ten thousand chains."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from course_utils import checks, targets
from course_utils.checks import Verdict
from course_utils.exercises import KeepWorking, call, exercise, function_name, number
from course_utils.grid_walk import grid_walk
from course_utils.models.mixture import FOUR

MOST_STEPS = 12.0  # an effective draw may take, in exercise 4.1


@exercise("4.1")
def _step_size(answer: Any) -> Verdict:
    step_size = number(answer, "step_size")
    if step_size <= 0:
        return Verdict(False, "step size", f"it is {step_size:g}; a step size is positive")
    if not 0.05 <= step_size <= 500:  # a finer grid would take minutes
        size = "tiny" if step_size < 1 else "huge"
        return Verdict(False, "autocorrelation", f"a step size of {step_size:g} is {size} here")

    def density(x):
        return stats.norm.pdf(x, -3) + stats.norm.pdf(x, 3)

    walk = grid_walk(density, step_size, -9.0, 9.0, num_points=1080 if step_size < 0.15 else None)
    steps, rate = walk.autocorrelation_time(walk.points), walk.acceptance_rate
    hint = ""
    if steps > MOST_STEPS:
        hint = " Too timid: it stays on its hump." if step_size < 6 else " Too bold."
    return Verdict(
        not hint,
        "autocorrelation",
        f"with step size {step_size:g} an effective draw takes {steps:.1f} steps, and {rate:.0%} "
        f"of the proposals are accepted; wanted at most {MOST_STEPS:g} steps.{hint}",
    )


@exercise("4.2")
def _log_mixture_density(answer: Callable) -> Verdict:
    cases = {
        "the chapter's mixture": tuple(np.array(column) for column in FOUR),
        "two normals": (np.array([-1.0, 2.0]), np.array([0.5, 1.5]), np.array([0.3, 0.7])),
    }
    for name, (loc, scale, weight) in cases.items():
        x = np.linspace(-18.0, 26.0, 4001)
        values = np.asarray(call(answer, x, loc, scale, weight))
        if values.shape != x.shape:
            raise KeepWorking(
                f"for x of shape {x.shape} the result has shape {values.shape}; one number for "
                "each number of x is wanted: sum over the components"
            )
        values = values.astype(float)
        right = np.log(stats.norm.pdf(x[:, None], loc, scale) @ weight)
        total = float(np.trapezoid(np.exp(values), x))
        if not abs(total - 1) <= 1e-3:  # False for NaN
            cause = ""
            if np.allclose(np.exp(values), np.exp(right) ** -1, rtol=1e-3):
                cause = "; is a sign too many?"
            elif total < 1 and np.isfinite(values).all() and (values <= right + 1e-6).all():
                cause = "; it lies below the mixture everywhere, as a harmonic mean does"
            elif np.allclose(values, _weights_not_logged(x, loc, scale, weight), atol=1e-3):
                cause = "; the weights were added where their logarithms belong"
            return Verdict(
                False,
                "total probability",
                f"of {name} the density integrates to {total:.4f} instead of 1{cause}",
            )
        near = right > -30  # further out a density may underflow
        gap = np.abs(values - right)[near].max()
        if not gap <= 1e-3:  # float32 is welcome
            return Verdict(
                False,
                "same density",
                f"of {name} the density integrates to 1, but its logarithm is off by {gap:.2g}",
            )
    return Verdict(True, "same density", "it integrates to 1 and is that of the mixture")


def _weights_not_logged(x, loc, scale, weight):
    return np.logaddexp.reduce(weight[:, None] + stats.norm.logpdf(x, loc[:, None], scale[:, None]))


@exercise("4.3")
def _repaired_walk(answer: Callable) -> Verdict:
    key, num_chains = jax.random.key(43), 4000
    zeros = jnp.zeros(num_chains)

    def flat(x):
        return 0 * x

    found = call(answer, key, flat, zeros, 1.0, 9)
    if np.shape(found) != (num_chains,):
        raise KeepWorking(
            f"{num_chains} starts gave a result of shape {np.shape(found)}; the last position of "
            "each chain is wanted"
        )
    spread = float(np.std(np.asarray(found, float)))
    # A right spread of 3 is estimated to 1.1 %; the same move nine times gives 9.
    if not abs(spread - 3) < 0.3:
        cause = "every step makes the same move; does each step get a key of its own?"
        if spread < 1e-6:
            cause = "the crowd does not move"
        elif spread < 2.7:
            cause = "are all moves accepted where the density is constant, and all steps taken?"
        elif not 8.5 < spread < 9.5:
            cause = "are the steps of the given size, and as many as asked for?"
        return Verdict(
            False,
            "fresh randomness" if 8.5 < spread < 9.5 else "movement",
            f"after 9 steps of size 1 on a constant density the sd is {spread:.2f} instead of 3: "
            f"{cause}",
        )

    def walk(key, starts):
        return answer(key, lambda x: -0.5 * x**2, starts, 1.7, 3)

    try:
        jax.jit(walk)(key, zeros)
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError) as error:
        raise KeepWorking(
            "it cannot be compiled: use jnp instead of np, jnp.where instead of if, no float()"
        ) from error
    verdict = checks.key_reuse(walk, key, zeros)
    if not verdict.passed:
        return verdict
    target = targets.gaussian(correlation=0.0)

    def driver(key, positions, num_draws):
        x = answer(key, lambda x: -0.5 * x**2, positions[:, 0], 1.7, num_draws)
        rates = jnp.full((len(x), 1), 0.5)  # a walk tells nothing of its acceptance
        return jnp.stack([x, positions[:, 1]], axis=1)[:, None], _Info(rates)

    one = target._replace(statistics={"x": target.statistics["x[0]"]})
    verdict = checks.invariance(key, driver, one)
    return verdict._replace(message=verdict.message.replace("the law of x", "the law of the crowd"))


class _Info(NamedTuple):
    """Stands for a kernel's info."""

    acceptance_rate: jax.Array


@exercise("4.4")
def _compile_step(answer: Callable) -> Verdict:
    traced = []

    def step(key, log_density, position, log_p):
        traced.append(isinstance(position, jax.core.Tracer))
        key_proposal, key_decision = jax.random.split(key)
        proposal = position + 0.1 * jax.random.normal(key_proposal, position.shape)
        log_p_proposal = log_density(proposal)
        log_u = jnp.log(jax.random.uniform(key_decision, position.shape))
        is_accepted = log_u < log_p_proposal - log_p
        return (
            jnp.where(is_accepted, proposal, position),
            jnp.where(is_accepted, log_p_proposal, log_p),
        )

    def log_density(x):
        return -0.5 * x**2

    compiled = call(answer, step)
    name = function_name(compiled)
    position = jnp.linspace(-1.0, 1.0, 5)
    results = []
    for seed in (0, 1, 2):
        args = jax.random.key(seed), log_density, position, log_density(position)
        try:
            results.append(np.asarray(compiled(*args)[0]))
        except Exception as error:
            text = str(error)
            if "hash" in text.lower():
                return Verdict(
                    False,
                    "static key",
                    "an argument that cannot be hashed is static; a key is an array, leave it out "
                    "of static_argnums",
                )
            if "valid JAX type" in text or "abstract array" in text:
                return Verdict(
                    False,
                    "static function",
                    "the log density is a function, no array, so it must be a static argument",
                )
            raise KeepWorking(f"calling `{name}` stopped with {type(error).__name__}") from error
    if not all(traced):
        return Verdict(False, "compiled", "the step runs as plain Python; where is jax.jit?")
    if len(traced) > 1:
        return Verdict(
            False,
            "recompilation",
            f"three keys made it trace the step {len(traced)} times; once is enough if jax.jit is "
            "called once, and the key is no part of the program",
        )
    if np.array_equal(results[0], results[1]):
        return Verdict(False, "static key", "three keys gave the same step; is the key used?")
    other = compiled(jax.random.key(0), lambda x: -2.0 * x**2, position, -2.0 * position**2)
    right = step(jax.random.key(0), lambda x: -2.0 * x**2, position, -2.0 * position**2)
    if not np.allclose(other[1], right[1], atol=1e-5):
        return Verdict(
            False, "log density", "with another log density it still walks on the first one"
        )
    return Verdict(True, "recompilation", "one program serves all keys")


@exercise("4.5")
def _draws_per_second(answer: Callable) -> Verdict:
    records = [
        {"wall_s": 14.0, "start_s": 5.0, "compile_s": 4.0} | dict.fromkeys(_COUNTS, 1000),
        {"wall_s": 3.5, "start_s": 1.0, "compile_s": 0.5} | dict.fromkeys(_COUNTS, 200),
    ]
    records[0]["num_rows"], records[1]["num_rows"] = 4, 1
    records[1]["num_draws"] = 50
    for record in records:
        got = number(call(answer, dict(record)), "the rate")
        draws = record["num_chains"] * record["num_draws"] * record["num_rows"]
        wall, start, compiling = (record[name] for name in ("wall_s", "start_s", "compile_s"))
        if np.isclose(got, draws / (wall - start - compiling), rtol=1e-6):
            continue
        said = f"of {draws:,} draws in a program of {wall:g} s it makes {got:,.0f} a second"
        rows = record["num_rows"]
        for share, what, cause in (
            (draws / wall, "start-up", "the start of Python and the compiling are still counted"),
            (draws / (wall - compiling), "start-up", "the start of Python is still counted"),
            (draws / (wall - start), "compilation", "the compiling is still counted"),
            (draws / rows / (wall - start - compiling), "equal work", "all rows make draws"),
            (draws / rows / wall, "equal work", "this is the author's own number"),
            (draws / rows / (wall - compiling), "equal work", "all rows make draws"),
            (draws / rows / (wall - start), "equal work", "all rows make draws"),
        ):
            if np.isclose(got, share, rtol=1e-6):
                return Verdict(False, what, f"{said}; {cause}")
        if np.isclose(got, (wall - start - compiling) / draws, rtol=1e-6):
            return Verdict(False, "rate", f"{said}; these are seconds a draw, upside down")
        return Verdict(False, "rate", said)
    return Verdict(True, "equal work", "all draws, over the seconds in which they were drawn")


_COUNTS = ("num_chains", "num_draws")


@exercise("4.6")
def _nested_rhat(answer: Callable) -> Verdict:
    rng = np.random.default_rng(46)
    # (superchains, chains, draws): one with different superchains, one with different chains.
    apart = rng.normal(size=(5, 7, 4)) + 2 * rng.normal(size=(5, 1, 1))
    slow = 0.3 * rng.normal(size=(6, 4, 9)) + rng.normal(size=(6, 4, 1))
    for draws in (apart, slow):
        got = number(call(answer, draws.copy()), "the nested R-hat")
        between, chains, inside = _parts(draws, 1)
        right = np.sqrt(1 + between / (chains + inside))
        if abs(got - right) <= 1e-4 * right:  # float32 is welcome
            continue
        with_zero = _parts(draws, 0)
        for value, what, cause in (
            (1 + between / (chains + inside), "root", "the square root is missing"),
            (
                np.sqrt(between / (chains + inside)),
                "lower bound",
                "the 1 under the root is missing",
            ),
            (
                np.sqrt(1 + between / inside),
                "within",
                "V_tot lacks the variance between the chains",
            ),
            (np.sqrt(1 + between / chains), "within", "V_tot lacks the variance inside the chains"),
            (
                np.sqrt(1 + with_zero[0] / (with_zero[1] + with_zero[2])),
                "degrees of freedom",
                "every variance is divided by the number of its terms less 1 (ddof=1)",
            ),
            (
                np.sqrt(1 + draws.mean(axis=2).var(ddof=1) / (chains + inside)),
                "between",
                "V_sup is the variance of the superchains' means, not of the chains'",
            ),
        ):
            if abs(got - value) <= 1e-4 * right:
                return Verdict(False, what, f"it gives {got:.4f} instead of {right:.4f}; {cause}")
        return Verdict(
            False,
            "nested R-hat",
            f"for draws of shape {draws.shape} it gives {got:.4f} instead of {right:.4f}",
        )
    return Verdict(True, "nested R-hat", "it is the nested R-hat of the definition")


def _parts(draws: np.ndarray, ddof: int) -> tuple[float, float, float]:
    """Variance of superchains' means; mean variance of chains' means; mean variance inside."""
    means = draws.mean(axis=2)
    return (
        float(means.mean(axis=1).var(ddof=ddof)),
        float(means.var(axis=1, ddof=ddof).mean()),
        float(draws.var(axis=2, ddof=ddof).mean()),
    )
