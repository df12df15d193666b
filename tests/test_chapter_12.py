"""Chapter 12: its checkers name what is wrong, and its figures say what they show.

The checkers use fixed seeds, so a given answer always gets the same reply. Only exercise 12.4 looks
at a clock, at times that differ by factors of two and more.
"""

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils.ess import min_ess
from course_utils.exercises import chapter_12, grade
from course_utils.figures import chapter_12 as figures
from course_utils.kernel import sample
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.nuts import nuts
from course_utils.targets import gaussian
from course_utils.warmup import warmup_and_sample

TARGET = gaussian(chapter_12.CORRELATION, chapter_12.DIM)


def crossover(fixed_a, price_a, fixed_b, price_b):
    if price_a == price_b:
        return np.inf
    n = (fixed_b - fixed_a) / (price_a - price_b)
    return n if n > 0 else np.inf


def log_ratio(log_gamma, log_q, x, x_new):
    return log_gamma(x_new) - log_gamma(x) + log_q(x) - log_q(x_new)


def honest(run, calls=3, count=min_ess, wait=jax.block_until_ready, warm=True, reduce=np.median):
    """Exercise 12.4, with any part of it replaced."""
    if warm:
        wait(run())
    seconds = []
    for _ in range(calls):
        begin = time.perf_counter()
        draws = run()
        wait(draws)
        seconds.append(time.perf_counter() - begin)
    return count(np.asarray(draws)) / reduce(seconds)


def benchmark(**changes):
    return lambda run: honest(run, **changes)


def with_nuts(key, num_draws=2000):
    starts = jax.random.normal(key, (4, 10))

    def build(step_size, metric):
        return nuts(TARGET.logdensity, step_size, metric)

    run = jax.jit(lambda key: warmup_and_sample(key, build, starts, 500, num_draws)[0])
    return run(jax.random.fold_in(key, 1))


def with_a_walk(key):
    kernel = metropolis_hastings(TARGET.logdensity, random_walk(0.17))
    starts = TARGET.draw(key, 4)
    return jax.jit(lambda key: sample(key, kernel, starts, 2000)[0])(jax.random.fold_in(key, 1))


def independent(correlation=0.95, scale=1.0, shift=0.0, shape=(4, 1000, 10)):
    cholesky = np.linalg.cholesky(correlation * np.ones((10, 10)) + (1 - correlation) * np.eye(10))

    def draw(key):
        rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
        return shift + scale * rng.standard_normal(shape) @ cholesky.T

    return draw


RIGHT = [
    ("12.1", 1.6),
    ("12.1", np.float32(1.6)),
    ("12.2", crossover),
    ("12.2", lambda a, p, b, q: jnp.inf if (b - a) * (p - q) <= 0 else (b - a) / (p - q)),
    ("12.3", log_ratio),
    ("12.3", lambda g, q, x, new: (g(new) - q(new)) - (g(x) - q(x))),
    ("12.3", lambda g, q, x, new: jnp.subtract(g(new) - q(new), g(x) - q(x))),  # in 32 bits
    ("12.4", benchmark()),
    ("12.4", benchmark(calls=1)),
    ("12.4", benchmark(wait=np.asarray, reduce=min)),
    ("12.5", with_nuts),
    ("12.5", independent()),  # the target can be drawn from directly
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


def stops_early(run):
    run().block_until_ready()
    begin = time.perf_counter()
    draws = run()
    seconds = time.perf_counter() - begin
    return min_ess(np.asarray(draws)) / seconds


def once(run):
    begin = time.perf_counter()
    draws = np.asarray(run())
    return min_ess(draws) / (time.perf_counter() - begin)


WRONG = [
    ("12.1", 0.6, "fixed cost", "paid too, once"),
    ("12.1", 1.5, "fixed cost", "warm-up is paid too"),
    ("12.1", 0.7, "fixed cost", "compiling is paid too"),
    ("12.1", 1.02, "effective draws", "takes 30 of them"),
    ("12.1", 30.6, "fixed cost", "paid once"),
    ("12.1", 99.0, "whole cost", "what 10,000 effective draws take"),
    ("12.2", lambda a, p, b, q: (b - a) / (p - q) if p != q else np.inf, "no crossover", "cheaper"),
    ("12.2", lambda a, p, b, q: (a - b) / (p - q) if p != q else np.inf, "equal cost", "cannot be"),
    ("12.2", lambda a, p, b, q: np.inf, "equal cost", "they do meet"),
    ("12.2", lambda a, p, b, q: b / p, "equal cost", "should be the same"),
    ("12.2", lambda a, p, b, q: (b - a) / (p - q) if (b - a) / (p - q) > 0 else np.inf, "answer",
     "ZeroDivisionError"),
    ("12.2", lambda a, p, b, q: np.nan, "answer", "NaN"),
    ("12.2", lambda a, p, b, q: crossover(a, p, b, q) if a != b else 0.0, "no crossover", "alike"),
    ("12.2", lambda a, p, b, q: n if (n := crossover(a, p, b, q)) < np.inf else None, "answer",
     "not None"),
    ("12.3", lambda g, q, x, new: g(new) - g(x), "detailed balance", "log q is missing"),
    ("12.3", lambda g, q, x, new: -log_ratio(g, q, x, new), "detailed balance", "upside down"),
    ("12.3", lambda g, q, x, new: g(new) - g(x) + q(new) - q(x), "detailed balance", "wrong way"),
    ("12.3", lambda g, q, x, new: np.exp(log_ratio(g, q, x, new)), "detailed balance", "itself"),
    ("12.3", lambda g, q, x, new: 0.0, "detailed balance", "flow"),
    ("12.3", lambda g, q, x, new: min(0.0, log_ratio(g, q, x, new)), "ratio", "logarithm"),
    ("12.4", stops_early, "waits for the result", "before the draws"),
    ("12.4", once, "compiling apart", "called once"),
    ("12.4", benchmark(warm=False, reduce=np.max), "compiling apart", "timed too"),
    ("12.4", benchmark(count=lambda draws: draws.shape[0] * draws.shape[1]), "counts information",
     "rate of draws"),
    ("12.4", benchmark(count=np.size), "counts information", "rate of draws"),
    ("12.4", benchmark(count=lambda draws: min_ess(draws[..., :1])), "counts information",
     "mixes best"),
    ("12.4", lambda run: 100.0, "waits for the result", "never called"),
    ("12.5", with_a_walk, "effective draws", "are needed"),
    ("12.5", independent(correlation=0.0), "correlation", "x[i] x[j]"),
    ("12.5", independent(correlation=0.9), "correlation", "(x[i+1]"),
    ("12.5", independent(scale=np.sqrt(0.05)), "spread", "x[0]"),  # what mean-field reports
    ("12.5", independent(shift=1.0), "posterior mean", "x[0]"),
    ("12.5", independent(shape=(4, 5000, 10)), "budget", "at most 4000"),
    ("12.5", independent(shape=(1000, 10)), "shape", "wanted is"),
    ("12.5", lambda key: np.zeros((4, 100, 10)), "movement", "never changes"),
    ("12.5", lambda key: np.full((4, 100, 10), np.nan), "finite", "not finite"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


# Figures


def test_every_figure_says_what_it_shows():
    methods = tuple(figures.LOOK)
    seconds = np.geomspace(0.01, 1, 5)
    paths = {name: (seconds * (i + 1), 0.3 / seconds**0.5 / (i + 1)) for i, name in
             enumerate(methods)}  # fmt: skip
    cells = {name: (0.01 * (i + 1), 0.004) for i, name in enumerate(methods)}
    speeds = {name: (1000.0 * (i + 1), 50.0 / (i + 1)) for i, name in enumerate(methods)}
    advice = figures.Advice("free", "Is it\nfree?", "Take it", "01", "it costs 0 s")
    walk = np.random.default_rng(1).normal(size=(20, 2))
    drawn = [
        figures.race(paths, "a model", "a machine", "VI"),
        figures.two_walks(
            lambda x, y: -(x**2) - y**2, {"walk": walk, "fit": walk}, walk.T, ((-3, 3), (-3, 3))
        ),
        figures.errors({"coin": cells, "line": cells}, 0.02, "Today"),
        figures.rates({"coin": speeds, "line": speeds}, "a machine"),
        figures.guide([advice, advice], advice, advice),
    ]
    for picture in drawn:
        assert picture.caption.strip() and len(picture.alt) > 60
    assert "That of VI runs level at" in drawn[0].alt
    assert "largest for VI, 5.0 points" in drawn[2].alt
    assert "VI is first without compiling, Metropolis-Hastings with it" in drawn[3].alt
    assert drawn[4].alt.count("Is it free? Take it, chapter 01 (it costs 0 s).") == 4
