"""Chapter 7: its exercises name the property that fails, and its figures tell what they show.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import json
import re
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest

from course_utils.exercises import grade
from course_utils.figures import chapter_07 as figures


def paper(x_left, p_left, x_right, p_right):
    way = x_right - x_left
    return way @ p_left <= 0 or way @ p_right <= 0


def strict(x_left, p_left, x_right, p_right):
    way = x_right - x_left
    return way @ p_left < 0 or way @ p_right < 0


def both_must_turn(x_left, p_left, x_right, p_right):
    way = x_right - x_left
    return way @ p_left <= 0 and way @ p_right <= 0


def one_end_only(x_left, p_left, x_right, p_right):
    return (x_right - x_left) @ p_right <= 0


def not_yet(*ends):
    return not paper(*ends)


def momenta_oppose(x_left, p_left, x_right, p_right):
    return p_left @ p_right <= 0


def per_coordinate(x_left, p_left, x_right, p_right):
    return (x_right - x_left) * p_left <= 0


def pick_from(compare):
    def picked(log_weights, u):
        log_total, index = log_weights[0], 0
        for i in range(1, len(log_weights)):
            with_new = np.logaddexp(log_total, log_weights[i])
            if np.log(u[i]) < compare(log_weights[i], log_total, with_new):
                index = i
            log_total = with_new
        return index

    return picked


OWN = np.random.default_rng(7)
right_pick = pick_from(lambda new, before, total: new - total)


def by_inverse(log_weights, u):
    weights = np.exp(log_weights - np.max(log_weights))
    return int(np.searchsorted(np.cumsum(weights) / weights.sum(), u[0], side="right"))


def gumbel(log_weights, u):
    return np.argmax(log_weights - np.log(-np.log(u)))


def overflows(log_weights, u):
    weights = np.exp(log_weights)
    index = np.searchsorted(np.cumsum(weights) / weights.sum(), u[0], side="right")
    return min(int(index), len(weights) - 1)


def own_generator(log_weights, u):
    return right_pick(log_weights, OWN.random(len(u)))


def uniform_pick(log_weights, u):
    return int(u[0] * len(log_weights))


def variance_of(draws, ddof=1):
    return np.var(draws, axis=0, ddof=ddof)


def regularized(draws, ddof=1):
    n = len(draws)
    return n / (n + 5) * variance_of(draws, ddof) + 5 / (n + 5) * 0.001


def ignores_the_target(acceptance_at, first, target, num_steps):
    return tuner()(acceptance_at, first, 0.8, num_steps)


def tuner(sign=1, last=False, calls=None, center=10, average=np.exp):
    def find(acceptance_at, first, target, num_steps):
        log_center = np.log(center * first)
        log_step, log_average, mean_error = log_center, 0.0, 0.0
        for t in range(1, (calls or num_steps) + 1):
            error = sign * (target - acceptance_at(float(np.exp(np.clip(log_step, -50, 50)))))
            mean_error += (error - mean_error) / (t + 10)
            log_step = log_center - np.sqrt(t) / 0.05 * mean_error
            log_average = t**-0.75 * log_step + (1 - t**-0.75) * log_average
        return average(np.clip(log_step if last else log_average, -50, 50))

    return find


def never_learns(acceptance_at, first, target, num_steps):
    for _ in range(num_steps):
        acceptance_at(first)
    return first


def ignores_the_guess(acceptance_at, first, target, num_steps):
    return tuner()(acceptance_at, 0.1, target, num_steps)


WRONG = [
    ("7.1", 1.2, "acceptance", "Too timid"),
    ("7.1", 23.0, "acceptance", "Too bold"),
    ("7.1", 1000.0, "acceptance", "Too bold"),
    ("7.1", -3.0, "step size", "positive"),
    ("7.1", [1.0, 2.0], "answer", "one number"),
    ("7.2", both_must_turn, "U-turn", "one end that comes back"),
    ("7.2", one_end_only, "reversibility", "both ends"),
    ("7.2", strict, "U-turn", "exactly 0"),
    ("7.2", not_yet, "U-turn", "True means that it has turned"),
    ("7.2", momenta_oppose, "U-turn", "judged wrongly"),
    ("7.2", per_coordinate, "answer", "True or False"),
    ("7.2", lambda *ends: 0.5, "answer", "True or False"),
    ("7.3", pick_from(lambda new, before, total: new - before), "shares", "late leaves"),
    ("7.3", uniform_pick, "shares", "weights play no part"),
    ("7.3", lambda log_weights, u: 0, "shares", "always takes the same"),
    ("7.3", lambda log_weights, u: int(np.argmax(log_weights)), "shares", "share is"),
    ("7.3", lambda log_weights, u: len(log_weights), "range", "an index"),
    ("7.3", lambda log_weights, u: 0.5, "range", "an index"),
    ("7.3", own_generator, "randomness", "numbers in `u`"),
    ("7.3", overflows, "overflow", "differences of logarithms"),
    ("7.4", variance_of, "regularization", "pull"),
    ("7.4", lambda draws: regularized(draws, 0), "unbiased variance", "ddof=1"),
    ("7.4", lambda draws: 1 / regularized(draws), "scale", "its inverse is wanted"),
    ("7.4", lambda draws: np.sqrt(regularized(draws)), "scale", "standard deviations"),
    ("7.4", lambda draws: np.cov(draws.T), "shape", "(3,)"),
    ("7.4", lambda draws: regularized(draws.T), "shape", "(3,)"),
    ("7.4", lambda draws: np.full(3, np.nan), "scale", "finite"),
    ("7.5", tuner(last=True), "scatter", "average"),
    ("7.5", tuner(sign=-1), "acceptance", "grow"),
    ("7.5", tuner(calls=200), "budget", "200 times"),
    ("7.5", tuner(average=lambda log_step: log_step), "step size", "positive"),
    ("7.5", never_learns, "acceptance", "off by"),
    ("7.5", ignores_the_guess, "first guess", "Is `first` used"),
    ("7.5", ignores_the_target, "acceptance", "is `target` used"),
]


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("7.1", np.float32(14.4)),
        ("7.1", jnp.array(15.0)),
        ("7.2", paper),
        ("7.2", lambda a, p, b, q: min(np.dot(b - a, p), np.dot(b - a, q)) <= 0),
        ("7.2", lambda a, p, b, q: jnp.minimum((b - a) @ p, (b - a) @ q) <= 0),
        ("7.2", lambda a, p, b, q: int(paper(a, p, b, q))),
        ("7.3", right_pick),
        ("7.3", by_inverse),
        ("7.3", gumbel),
        ("7.4", regularized),
        ("7.4", lambda draws: jnp.asarray(regularized(draws), jnp.float32)),
        ("7.5", tuner()),
        ("7.5", tuner(center=1)),
    ],
)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


class Leaf(NamedTuple):
    time: int
    x: np.ndarray
    p: np.ndarray
    log_weight: float


class Tree(NamedTuple):
    root: Leaf
    draw: Leaf
    doublings: list
    checks: list
    is_divergent: bool


def leaf(time):
    return Leaf(time, np.array([0.1 * time, 0.0]), np.array([1.0, 0.0]), 0.0)


def a_tree(turning):
    """Three doublings: forward, back, and forward, of which the last may be broken."""
    doublings = [[leaf(1)], [leaf(-1), leaf(-2)], [leaf(t) for t in (2, 3, 4, 5)]]
    checks = [(0, 1, False), (-1, -2, False), (-2, 1, False), (2, 3, turning), (4, 5, False)]
    if turning:
        doublings[2], checks = doublings[2][:2], checks[:4]
    return Tree(leaf(0), leaf(-1), doublings, checks, False)


def density(x):
    return -0.5 * float(x @ x)


BOX = (-2.0, 2.0), (-2.0, 2.0)


@pytest.mark.parametrize("turning", [False, True])
def test_the_film_holds_every_leaf_and_check_in_order(turning):
    tree = a_tree(turning)
    still = figures.tree(tree, density, BOX, tree.root)
    page = figures.tree_film({"plain": {0.1: tree}}, {"plain": (density, BOX)}, still).document
    settings = json.loads(re.search(r"const settings = (\{.*\});", page).group(1))
    (film,) = settings["targets"][0]["films"]
    assert [row[0] for row in film["leaves"]] == [0, 1, -1, -2, 2, 3] + [4, 5] * (not turning)
    # Each check comes with the leaf that ends its stretch.
    for a, b, _, after in film["checks"]:
        order = [row[0] for row in film["leaves"]]
        assert after == max(order.index(a), order.index(b))
    assert film["dropped"] == (3 if turning else 0)
    assert film["leaves"][film["draw"]][0] == -1
    assert "http" not in page.replace("http://www.w3.org", "")  # nothing is fetched


def test_alternative_texts_tell_what_was_measured():
    steps = np.array([[3, 7, 3], [1, 3, 15]])
    # Nested: 3 + 7 + 15 iterations of two chains; 32 of 50 are worked.
    assert "36% of the area is white" in figures.waiting(steps).alt
    assert "13 to 19 iterations instead of 25" in figures.waiting(steps).alt
    hmc = {"one": {1: np.array([0.1, 0.2, 0.3]), 4: np.array([0.5, 0.6, 0.7])}}
    alt = figures.path_lengths(
        {**hmc, "two": hmc["one"]}, dict.fromkeys(("one", "two"), np.ones(3))
    )
    assert "HMC is best with 4 steps" in alt.alt
