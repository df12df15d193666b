"""Chapter 5: its checkers name what is wrong, and its figures draw what they are given.

The checkers use fixed seeds, and the answers draw from the generators and keys that they are given:
nothing here is random.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils.exercises import grade
from course_utils.figures import chapter_05 as figures

# Exercise 5.3: the variance given everything else.


def variance(shape_of=lambda n, k: 3 + (n + k) / 2, half=0.5, shrink=0.01, finish=lambda v: v):
    def draw(coefficients, x, y, rng):
        squares = np.sum((y - x @ coefficients) ** 2) + shrink * np.sum(coefficients**2)
        return finish((2 + half * squares) / rng.gamma(shape_of(*x.shape)))

    return draw


def one_variance(coefficients, x, y, rng):
    return 1.0


def variance_with_jax(coefficients, x, y, rng):
    squares = jnp.sum((y - x @ coefficients) ** 2) + jnp.sum(coefficients**2) / 100
    return jnp.array([(2 + squares / 2) / rng.gamma(3 + sum(x.shape) / 2)])


# Exercise 5.4: two of three normals.

COVARIANCE = np.array([[0.75, 0.25], [0.25, 0.75]])


def block(factor=None, share=0.5, given=lambda position: position[2]):
    lower = jnp.asarray(np.linalg.cholesky(COVARIANCE) if factor is None else factor)

    def draw(key, position):
        return share * given(position) + lower @ jax.random.normal(key, (2,))

    return draw


def block_one_by_one(key, position):
    """Right as well: first x0 given x2, then x1 given both."""
    key_0, key_1 = jax.random.split(key)
    first = 0.5 * position[2] + 0.75**0.5 * jax.random.normal(key_0)
    second = (first + position[2]) / 3 + (2 / 3) ** 0.5 * jax.random.normal(key_1)
    return jnp.stack([first, second])


def with_numpy(key, position):
    noise = np.asarray(jax.random.normal(key, (2,)))
    return 0.5 * position[2] + np.linalg.cholesky(COVARIANCE) @ noise


def with_float(key, position):
    return 0.5 * float(position[2]) + np.linalg.cholesky(COVARIANCE) @ jax.random.normal(key, (2,))


# Exercise 5.5: which points are outliers.


def outliers(prior=(1, 1), swap=False, blind=False, sharp=False, stale=False):
    def step(is_outlier, log_near, log_far, rng):
        k, n = np.sum(is_outlier), len(is_outlier)
        q = rng.beta(prior[0] + k, prior[1] + n - k)
        used = rng.beta(prior[0] + k, prior[1] + n - k) if stale else q
        near, far = (log_far, log_near) if swap else (log_near, log_far)
        if blind:
            near = far
        weight = used * np.exp(far)
        p = weight / (weight + (1 - used) * np.exp(near))
        return q, p > 0.5 if sharp else rng.uniform(size=n) < p

    return step


def outliers_as_numbers(is_outlier, log_near, log_far, rng):
    q, z = outliers()(is_outlier, log_near, log_far, rng)
    return q, z.astype(int)


def outliers_in_logs(is_outlier, log_near, log_far, rng):
    ones = int(np.sum(is_outlier))
    q = rng.beta(1 + ones, 1 + len(log_far) - ones)
    log_odds = np.log(q) - np.log1p(-q) + log_far - log_near
    return [q, [bool(rng.logistic() < one) for one in log_odds]]


RIGHT = [
    ("5.1", 0.98),
    ("5.1", -((49 / 51) ** 0.5)),
    ("5.1", jnp.array(0.9802)),
    ("5.2", lambda waits: (len(waits) + 2, 1 + waits.sum())),
    ("5.2", lambda waits: [jnp.float32(len(waits) + 2), jnp.float32(1 + waits.sum())]),
    ("5.2", lambda waits: np.array([len(waits) + 2, 1 + waits.sum()])),
    ("5.2", lambda waits: jnp.array([len(waits) + 2, 1 + waits.sum()])),
    ("5.3", variance()),
    ("5.3", variance_with_jax),
    ("5.4", block()),
    ("5.4", block_one_by_one),
    ("5.5", outliers()),
    ("5.5", outliers_as_numbers),
    ("5.5", outliers_in_logs),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


def raises_value_error(*args):
    raise ValueError("no such shape")


WRONG = [
    ("5.1", 49 / 51, "autocorrelation time", "Closer to 1"),
    ("5.1", 0.999, "autocorrelation time", "Farther from 1"),
    ("5.1", 1.0, "correlation", "both excluded"),
    ("5.1", 50, "correlation", "both excluded"),
    ("5.2", lambda w: (2 + len(w), 1 / (1 + w.sum())), "conditional", "is the scale"),
    ("5.2", lambda w: (len(w), w.sum()), "conditional", "prior is missing"),
    ("5.2", lambda w: (2 + w.sum(), 1 + len(w)), "conditional", "changed places"),
    ("5.2", lambda w: (len(w), 1 + w.sum()), "conditional", "prior's shape"),
    ("5.2", lambda w: (2 + len(w), w.sum()), "conditional", "prior's rate"),
    ("5.2", lambda w: (2 + len(w), 1 + w.mean()), "conditional", "mean where the sum"),
    ("5.2", lambda w: (1 + len(w), 1 + w.sum()), "conditional", "not proportional"),
    ("5.2", lambda w: (2 - len(w), 1 + w.sum()), "conditional", "positive"),
    ("5.2", lambda w: 2 + len(w), "answer", "return a pair"),
    ("5.3", variance(lambda n, k: 3 + n / 2, shrink=0), "conditional", "in the shape and in"),
    ("5.3", variance(shrink=0), "conditional", "scale lacks"),
    ("5.3", variance(lambda n, k: 3 + n / 2), "conditional", "shape lacks"),
    ("5.3", variance(shrink=1), "conditional", "divided by 10²"),
    ("5.3", variance(half=1), "conditional", "half is missing"),
    ("5.3", variance(finish=lambda v: 1 / v), "conditional", "1 / variance"),
    ("5.3", variance(finish=np.sqrt), "conditional", "standard deviation"),
    ("5.3", variance(finish=lambda v: -v), "conditional", "is positive"),
    ("5.3", variance(finish=lambda v: 3 * v), "conditional", "away from the exact"),
    ("5.3", one_variance, "randomness", "draw afresh"),
    ("5.4", block(np.eye(2)), "conditional", "variance 1.0"),
    ("5.4", block(0.75**0.5 * np.eye(2)), "conditional", "their"),
    ("5.4", block(COVARIANCE), "conditional", "variance"),
    ("5.4", block(np.linalg.cholesky(COVARIANCE).T), "conditional", "variance 0.83"),
    ("5.4", block(share=1.0), "conditional", "mean 2.0"),
    ("5.4", block(given=lambda x: x[0]), "conditioning", "position[2]"),
    ("5.4", block(np.linalg.cholesky([[1, 0.5], [0.5, 1]])), "conditional", "variance"),
    ("5.4", lambda k, x: np.random.default_rng().normal(size=2), "randomness", "same key"),
    ("5.4", lambda k, x: 0.5 * x[2], "answer", "wanted (2,)"),
    ("5.4", lambda k, x: block()(k, x).at[:].multiply(jnp.nan), "randomness", "same key"),
    ("5.4", lambda k, x: tuple(block()(k, x)), "answer", "return one array"),
    ("5.4", with_numpy, "answer", "compiled"),
    ("5.4", with_float, "answer", "no float()"),
    ("5.5", outliers(prior=(0, 0)), "answer", "is a 1 missing"),
    ("5.5", outliers(prior=(0, 1)), "answer", "is a 1 missing"),
    ("5.5", outliers(prior=(1, 0)), "answer", "is a 1 missing"),
    ("5.5", outliers(prior=(2, 1)), "conditional of the probability", "given 0 outliers among 12"),
    ("5.5", outliers(prior=(1, 2)), "conditional of the probability", "given 4 outliers among 12"),
    ("5.5", outliers(prior=(1e-3, 1e-3)), "conditional of the probability", "mean 0.0"),
    ("5.5", outliers(prior=(1, 30)), "conditional of the probability", "is wanted"),
    ("5.5", outliers(swap=True), "posterior mean", "posterior probability"),
    ("5.5", outliers(blind=True), "posterior mean", "posterior probability"),
    ("5.5", outliers(sharp=True), "posterior mean", "posterior probability"),
    ("5.5", outliers(stale=True), "joint law", "times the number of outliers"),
    ("5.5", lambda z, *a: outliers()(z, *a)[::-1], "answer", "probability"),
    ("5.5", lambda z, *a: (0.5, True), "shape", "wanted (12,)"),
    ("5.5", lambda z, *a: (0.5, np.full(len(z), 0.3)), "range", "True and False"),
    ("5.5", lambda z, *a: (1.5, z), "range", "0 to 1"),
    ("5.5", lambda z, *a: outliers()(z, *a)[1], "answer", "return a pair"),
    ("5.5", raises_value_error, "answer", "no such shape"),
]


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


def test_the_film_carries_its_settings_and_needs_no_network():
    page = figures.staircase_film(0.9).document
    assert '"correlation": 0.9' in page and "/*SETTINGS*/" not in page
    assert "http" not in page
    assert "noscript" in page
    assert "iframe" in figures.staircase_film(0.9)._repr_html_()
