"""Chapter 8: its checkers name what is wrong, and answer calmly whatever they are given.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import numpy as np
import pytest
from scipy import stats

from course_utils.exercises import grade
from course_utils.exercises.chapter_08 import MYSTERY

FLIPS = 10


def calibrate(truth_of=lambda rng: rng.beta(2, 2), heads_of=None, rank_of=None, once=False):
    """Build a calibration loop with one part replaced."""
    heads_of = heads_of or (lambda rng, truth: rng.binomial(FLIPS, truth))
    rank_of = rank_of or (lambda rng, draws, truth: np.sum(draws < truth))

    def loop(posterior_draws, num_fits, num_draws, rng):
        ranks, first = [], truth_of(rng)
        for _ in range(num_fits):
            truth = first if once else truth_of(rng)
            draws = posterior_draws(heads_of(rng, truth), num_draws, rng)
            ranks.append(rank_of(rng, draws, truth))
        return np.array(ranks)

    return loop


def half_the_fits(posterior_draws, num_fits, num_draws, rng):
    """Fit every other data set, and use each fit for two truths."""
    ranks = []
    for _ in range(num_fits // 2):
        truth = rng.beta(2, 2)
        draws = posterior_draws(rng.binomial(FLIPS, truth), num_draws, rng)
        ranks += [np.sum(draws < truth)] * 2
    return np.array(ranks)


def vectorised(posterior_draws, num_fits, num_draws, rng):
    truths = rng.beta(2, 2, size=num_fits)
    heads = rng.binomial(FLIPS, truths)
    draws = np.array([posterior_draws(y, num_draws, rng) for y in heads])
    return (draws < truths[:, None]).sum(axis=1).tolist()


def gap_of(start=None, take=lambda num_steps: num_steps, look=None, law=None):
    """Build an invariance test with one part replaced."""
    start = start or (lambda draw, rng, num: draw(rng, num))
    look = look or (lambda path, cdf: stats.kstest(path[-1], cdf).statistic)

    def gap(draw, step, cdf, num_chains, num_steps, rng):
        path = [start(draw, rng, num_chains)]
        for _ in range(take(num_steps)):
            path.append(step(path[-1], rng))
        return look(path, law or cdf)

    return gap


def one_sided(path, cdf):
    x = np.sort(path[-1])
    return float(np.max(np.arange(1, len(x) + 1) / len(x) - cdf(x)))


def above_each_jump(path, cdf):
    x = np.sort(path[-1])
    return float(np.max(np.abs(np.arange(1, len(x) + 1) / len(x) - cdf(x))))


def below_each_jump(path, cdf):
    x = np.sort(path[-1])
    return float(np.max(np.abs(np.arange(len(x)) / len(x) - cdf(x))))


def by_hand(path, cdf):
    x = np.sort(path[-1])
    i = np.arange(len(x))
    exact = cdf(x)
    return float(max(np.max((i + 1) / len(x) - exact), np.max(exact - i / len(x))))


def p_value(path, cdf):
    return stats.kstest(path[-1], cdf).pvalue


def noisy(p, y):
    return np.random.default_rng().normal(size=np.shape(p))


NAMES = dict(MYSTERY)
WRONG = [
    ("8.1", 1000, "envelope", "wanted at most 0.05"),
    ("8.1", 3000, "envelope", "fewer fits would do"),
    ("8.1", np.log(6e4) / 0.005, "number of fits", "round it up"),
    ("8.1", np.log(2e4) / 0.005 // 1 + 1, "envelope", "wanted"),  # forgets the three quantities
    ("8.1", -3, "number of fits", "at least one"),
    ("8.2", NAMES | {"X": "never_moves"}, "rejected means repeated", "never stands still"),
    ("8.2", NAMES | {"Y": "variance_as_sd"}, "joint decision", "one coordinate moves"),
    ("8.2", NAMES | {"Z": "never_moves"}, "R-hat", "do not agree"),
    ("8.2", NAMES | {"Z": None}, "answer", "choose from"),
    ("8.2", {"X": "never_moves"}, "answer", "wanted are X, Y and Z"),
    ("8.2", ["never_moves"] * 3, "answer", "a dictionary is expected"),
    ("8.3", calibrate(once=True), "prior", "fresh draw from the prior"),
    ("8.3", calibrate(truth_of=lambda rng: rng.uniform()), "prior", "fresh draw"),
    ("8.3", calibrate(truth_of=lambda rng: 0.5), "prior", "fresh draw"),
    (
        "8.3",
        calibrate(heads_of=lambda rng, truth: rng.binomial(FLIPS, rng.beta(2, 2))),
        "uniform ranks",
        "belong to one fit",
    ),
    (
        "8.3",
        calibrate(rank_of=lambda rng, draws, truth: np.sum(draws < truth) + 1),
        "range",
        "places 0 to 99",
    ),
    (
        "8.3",
        calibrate(rank_of=lambda rng, draws, truth: np.mean(draws < truth)),
        "range",
        "whole number",
    ),
    (
        "8.3",
        calibrate(rank_of=lambda rng, draws, truth: rng.integers(100)),
        "power",
        "from even",
    ),
    (
        "8.3",
        calibrate(rank_of=lambda rng, draws, truth: np.sum(draws > truth)),
        "order",
        "counts the draws *below* the truth",
    ),
    ("8.3", half_the_fits, "data", "asked 500 times"),
    ("8.3", lambda fit, num_fits, num_draws, rng: np.zeros(num_fits), "data", "asked 0 times"),
    ("8.3", lambda fit, num_fits, num_draws, rng: np.zeros(3), "answer", "have shape (3,)"),
    ("8.4", lambda p, y: p, "power", "as p itself"),
    ("8.4", lambda p, y: np.sin(9 * p), "power", "suits y"),
    ("8.4", lambda p, y: p * (y + 1), "power", "as p itself"),
    ("8.4", lambda p, y: y, "answer", "one number for each p"),
    ("8.4", lambda p, y: np.full_like(p, np.nan), "finite values", "NaN"),
    ("8.4", noisy, "randomness", "two different values"),
    ("8.4", lambda p, y: stats.binom.logpmf(y, FLIPS, p)[:2], "answer", "one number for each p"),
    ("8.4", lambda p, y: np.arange(len(p)), "uniform ranks", "treated alike"),
    ("8.5", gap_of(start=lambda draw, rng, num: np.zeros(num)), "exact start", "0 to"),
    ("8.5", gap_of(start=lambda draw, rng, num: draw(rng, 50).repeat(80)), "exact start", "0 to"),
    ("8.5", gap_of(take=lambda num_steps: 1), "number of steps", "one step"),
    ("8.5", gap_of(take=lambda num_steps: 0), "movement", "are the steps taken"),
    (
        "8.5",
        gap_of(look=lambda path, cdf: stats.kstest(np.concatenate(path), cdf).statistic),
        "last position",
        "after the last step",
    ),
    ("8.5", gap_of(look=one_sided), "both sides", "either sign"),
    ("8.5", gap_of(look=above_each_jump), "largest gap", "both sides of every jump"),
    ("8.5", gap_of(look=below_each_jump), "largest gap", "both sides of every jump"),
    ("8.5", gap_of(law=stats.norm.cdf), "law", "exponential"),
    ("8.5", gap_of(start=lambda draw, rng, num: draw(rng, 500)), "exact start", "0 to"),
    ("8.5", gap_of(look=lambda path, cdf: 0.0), "sensitivity", "without any gap"),
    ("8.5", gap_of(look=p_value), "movement", "is the gap returned"),
]


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("8.1", 2201),
        ("8.1", np.float32(2201)),
        ("8.2", NAMES),
        ("8.3", calibrate()),
        ("8.3", vectorised),
        (
            "8.3",
            calibrate(rank_of=lambda rng, draws, truth: np.searchsorted(np.sort(draws), truth)),
        ),
        ("8.4", lambda p, y: np.abs(p - y / FLIPS)),
        ("8.4", lambda p, y: (p - y / FLIPS) ** 2),
        ("8.4", lambda p, y: stats.binom.pmf(y, FLIPS, p)),
        ("8.4", lambda p, y: y * np.log(p) + (FLIPS - y) * np.log1p(-p)),
        ("8.5", gap_of()),
        ("8.5", gap_of(look=by_hand)),
    ],
)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


@pytest.mark.parametrize("shift", range(20))
def test_a_right_calibration_passes_on_every_stream(shift):
    """A loop that draws in another order sees another stream of random numbers."""

    def loop(posterior_draws, num_fits, num_draws, rng):
        rng.random(shift)
        return calibrate()(posterior_draws, num_fits, num_draws, rng)

    assert grade("8.3", loop).state == "correct"


def test_a_diagnosis_without_names_is_not_started():
    assert grade("8.2", dict.fromkeys(NAMES)).state == "not started"
