"""Chapter 4: its checkers name what is wrong, and its recorded run is whole.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import time
from functools import partial

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from course_utils.bench.jobs import read_rows
from course_utils.data import DATA_FOLDER
from course_utils.exercises import grade
from course_utils.figures import chapter_04 as figures
from course_utils.walkers import SYSTEMS

# 4.2


def right_density(x, loc, scale, weight):
    log_probs = stats.norm.logpdf(x, loc[:, None], scale[:, None])
    return logsumexp(np.log(weight)[:, None] + log_probs, axis=0)


def by_addition(x, loc, scale, weight):
    return np.log(sum(w * stats.norm.pdf(x, m, s) for m, s, w in zip(loc, scale, weight)))  # noqa: B905


def in_jax(x, loc, scale, weight):
    z = (jnp.asarray(x) - loc[:, None]) / scale[:, None]
    log_probs = -0.5 * z**2 - jnp.log(scale)[:, None] - 0.5 * jnp.log(2 * jnp.pi)
    return jax.nn.logsumexp(jnp.log(weight)[:, None] + log_probs, axis=0)


def harmonic(x, loc, scale, weight):
    log_probs = stats.norm.logpdf(x, loc[:, None], scale[:, None])
    return -logsumexp(np.log(weight)[:, None] - log_probs, axis=0)


def one_sign(x, loc, scale, weight):
    return -right_density(x, loc, scale, weight)


def not_logged(x, loc, scale, weight):
    log_probs = stats.norm.logpdf(x, loc[:, None], scale[:, None])
    return logsumexp(weight[:, None] + log_probs, axis=0)


def no_weights(x, loc, scale, weight):
    log_probs = stats.norm.logpdf(x, loc[:, None], scale[:, None])
    return logsumexp(log_probs, axis=0)


def equal_weights(x, loc, scale, weight):
    return right_density(x, loc, scale, np.full(len(weight), 1 / len(weight)))


def wrong_axis(x, loc, scale, weight):
    log_probs = stats.norm.logpdf(x, loc[:, None], scale[:, None])
    return logsumexp(np.log(weight)[:, None] + log_probs, axis=1)


# 4.3


def walk(key, log_density, starts, step_size, num_draws, fault=None):
    position, log_p = starts, log_density(starts)
    for _ in range(num_draws):
        if fault != "same key each step":
            key, key_proposal, key_decision = jax.random.split(key, 3)
        else:
            key_proposal, key_decision = jax.random.split(key)
        if fault == "one key a step":
            key_decision = key_proposal
        noise = jax.random.normal(key_proposal, position.shape)
        proposal = position + step_size * noise
        if fault == "noise as proposal":
            proposal = step_size * noise
        log_p_proposal = log_density(proposal)
        log_u = jnp.log(jax.random.uniform(key_decision, position.shape))
        if fault == "one decision for all":
            log_u = log_u[0]
        log_ratio = log_p_proposal - log_p
        if fault == "upside down":
            log_ratio = -log_ratio
        is_accepted = log_u < log_ratio
        position = jnp.where(is_accepted, proposal, position)
        if fault != "stale":
            log_p = jnp.where(is_accepted, log_p_proposal, log_p)
    return position


def by_scan(key, log_density, starts, step_size, num_draws):
    def one(carry, key):
        position, log_p = carry
        key_proposal, key_decision = jax.random.split(key)
        proposal = position + step_size * jax.random.normal(key_proposal, position.shape)
        log_p_proposal = log_density(proposal)
        u = jax.random.uniform(key_decision, position.shape)
        is_accepted = u < jnp.exp(log_p_proposal - log_p)
        where = partial(jnp.where, is_accepted)
        return (where(proposal, position), where(log_p_proposal, log_p)), None

    keys = jax.random.split(key, num_draws)
    return jax.lax.scan(one, (starts, log_density(starts)), keys)[0][0]


def with_numpy(key, log_density, starts, step_size, num_draws):
    rng = np.random.default_rng(0)
    return np.asarray(starts) + step_size * rng.normal(size=(num_draws, len(starts))).sum(axis=0)


# 4.4


def always_anew(step):
    def compiled(key, log_density, position, log_p):
        return jax.jit(lambda key, x, log_p: step(key, log_density, x, log_p))(key, position, log_p)

    return compiled


def first_density_only(step):
    kept = []

    def compiled(key, log_density, position, log_p):
        if not kept:
            kept.append(jax.jit(lambda key, x, log_p: step(key, log_density, x, log_p)))
        return kept[0](key, position, log_p)

    return compiled


def same_key(step):
    fast = jax.jit(step, static_argnums=1)
    return lambda key, log_density, x, log_p: fast(jax.random.key(7), log_density, x, log_p)


# 4.5


def rate(rows=True, start=True, compiling=True):
    def draws_per_second(record):
        draws = record["num_chains"] * record["num_draws"] * (record["num_rows"] if rows else 1)
        seconds = record["wall_s"] - start * record["start_s"] - compiling * record["compile_s"]
        return draws / seconds

    return draws_per_second


# 4.6


def nested(draws, ddof=1, between="super", within="both", root=True, one=True):
    means = draws.mean(axis=2)
    b = means.mean(axis=1).var(ddof=ddof) if between == "super" else means.var(ddof=ddof)
    chains = means.var(axis=1, ddof=ddof).mean()
    inside = draws.var(axis=2, ddof=ddof).mean()
    w = {"both": chains + inside, "chains": chains, "inside": inside}[within]
    return (one + b / w) ** (0.5 if root else 1)


def from_arviz(draws):
    chains = draws.reshape(-1, draws.shape[-1])
    ids = np.repeat(np.arange(len(draws)), draws.shape[1])
    return az.rhat_nested(chains, method="identity", superchain_ids=ids)


WRONG = [
    ("4.1", 0.5, "autocorrelation", "Too timid"),
    ("4.1", 60.0, "autocorrelation", "Too bold"),
    ("4.1", 1e-6, "autocorrelation", "tiny"),
    ("4.1", 1e9, "autocorrelation", "huge"),
    ("4.1", -3.0, "step size", "positive"),
    ("4.1", float("nan"), "answer", "finite"),
    ("4.2", harmonic, "total probability", "harmonic"),
    ("4.2", one_sign, "total probability", "sign"),
    ("4.2", not_logged, "total probability", "instead of 1"),
    ("4.2", no_weights, "total probability", "instead of 1"),
    ("4.2", equal_weights, "same density", "off by"),
    ("4.2", wrong_axis, "answer", "sum over the components"),
    ("4.2", lambda x, *rest: x * np.nan, "total probability", "nan"),
    ("4.2", lambda x: x, "answer", "TypeError"),
    ("4.3", partial(walk, fault="same key each step"), "fresh randomness", "same move"),
    ("4.3", partial(walk, fault="one key a step"), "key reuse", "twice"),
    ("4.3", partial(walk, fault="noise as proposal"), "movement", "instead of 3"),
    ("4.3", partial(walk, fault="upside down"), "invariance", "away"),
    ("4.3", partial(walk, fault="stale"), "invariance", "away"),
    ("4.3", with_numpy, "answer", "cannot be compiled"),
    ("4.3", lambda key, log_density, starts, step_size, num_draws: starts, "movement", "not move"),
    ("4.3", lambda *args: jnp.zeros(3), "answer", "shape (3,)"),
    ("4.3", 3, "answer", "a function is expected"),
    ("4.4", lambda step: jax.jit(step, static_argnums=(0, 1)), "static key", "hashed"),
    ("4.4", jax.jit, "static function", "static argument"),
    ("4.4", lambda step: step, "compiled", "plain Python"),
    ("4.4", always_anew, "recompilation", "3 times"),
    ("4.4", first_density_only, "log density", "first one"),
    ("4.4", same_key, "static key", "same step"),
    ("4.4", lambda step: 3, "answer", "a function is expected"),
    ("4.5", rate(rows=False), "equal work", "rows"),
    ("4.5", rate(rows=False, start=False, compiling=False), "equal work", "author"),
    ("4.5", rate(start=False), "start-up", "Python"),
    ("4.5", rate(start=False, compiling=False), "start-up", "Python"),
    ("4.5", rate(compiling=False), "compilation", "compiling"),
    ("4.5", lambda record: 1 / rate()(record), "rate", "upside down"),
    ("4.5", lambda record: 800_000.0, "rate", "a second"),  # right for the page's record alone
    ("4.5", lambda record: record["speed"], "answer", "KeyError"),
    ("4.6", partial(nested, ddof=0), "degrees of freedom", "ddof"),
    ("4.6", partial(nested, between="chains"), "between", "superchains"),
    ("4.6", partial(nested, within="chains"), "within", "inside"),
    ("4.6", partial(nested, within="inside"), "within", "between"),
    ("4.6", partial(nested, root=False), "root", "square root"),
    ("4.6", partial(nested, one=False), "lower bound", "1 under"),
    ("4.6", lambda draws: 1.0, "nested R-hat", "instead of"),
    ("4.6", lambda draws: draws.mean(axis=2), "answer", "one number"),
]


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("4.1", 6.0),
        ("4.1", 8),
        ("4.1", np.float32(10.0)),
        ("4.2", right_density),
        ("4.2", by_addition),
        ("4.2", in_jax),
        ("4.3", walk),
        ("4.3", by_scan),
        ("4.4", lambda step: jax.jit(step, static_argnums=1)),
        ("4.4", lambda step: jax.jit(step, static_argnums=(1,))),
        ("4.4", partial(jax.jit, static_argnames="log_density")),
        ("4.5", rate()),
        ("4.6", nested),
        ("4.6", from_arviz),
        ("4.6", lambda draws: np.float32(nested(draws))),
    ],
)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


def endless(*args):
    while True:
        time.sleep(0.01)


def exits(*args):
    raise SystemExit(1)


@pytest.mark.parametrize("number", ["4.2", "4.3", "4.4", "4.5", "4.6"])
@pytest.mark.parametrize("answer", [endless, exits, lambda: 1, lambda *args: "text", [], "text"])
def test_the_checkers_stay_calm(number, answer):
    outcome = grade(number, answer, time_limit=2.0)
    assert outcome.state == "keep working" and outcome.message


def test_the_recorded_run_is_whole():
    """What the page shows: every system, right, on a machine that was nearly its own."""
    rows = read_rows(DATA_FOLDER / "benchmarks" / "walk.jsonl")
    done = [row for row in rows if row["status"] == "ok"]
    assert {row["system"] for row in done} == set(SYSTEMS)
    assert set(figures.LOOK) == set(SYSTEMS) - {"tfp-stored"}
    for row in done:
        assert row["agrees"] and row["versions"]["numpy"] and row["cpu"] and row["date"]
        assert row["others_share"] <= 0.1
    for system in ("numpy-published", "numpy", "jax", "blackjax", "tfp-jax"):
        found = {row["chains"] for row in done if (row["system"], row["draws"]) == (system, 1000)}
        assert {1, 10, 100, 1000, 10_000} <= found, system
    billion = [row for row in done if row["size"] == 10**9]
    assert billion and all(len(row["run_s"]) >= 3 for row in billion)
    assert len({(row["cpu"], row["threads"]) for row in rows}) == 1
