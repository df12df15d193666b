"""Chapter 6: its checkers name what is wrong, its film and its figures say what they show.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils.exercises import grade
from course_utils.figures import chapter_06 as figures
from course_utils.hmc import hmc
from course_utils.kernel import Kernel
from course_utils.mh import metropolis_hastings, random_walk


def leapfrog(position, momentum, gradient, step_size, inverse_mass):
    momentum = momentum + 0.5 * step_size * gradient(position)
    position = position + step_size * inverse_mass * momentum
    return position, momentum + 0.5 * step_size * gradient(position)


def leapfrog_with_a_matrix(position, momentum, gradient, step_size, inverse_mass):
    momentum = momentum + step_size / 2 * gradient(position)
    position = position + step_size * jnp.diag(inverse_mass) @ momentum
    return [position, momentum + step_size / 2 * gradient(position)]


def drift_kick_drift(position, momentum, gradient, step_size, inverse_mass):
    """Another second-order step, as right as the leapfrog."""
    position = position + 0.5 * step_size * inverse_mass * momentum
    momentum = momentum + step_size * gradient(position)
    return position + 0.5 * step_size * inverse_mass * momentum, momentum


def euler(position, momentum, gradient, step_size, inverse_mass):
    return (
        position + step_size * inverse_mass * momentum,
        momentum + step_size * gradient(position),
    )


def one_whole_kick(position, momentum, gradient, step_size, inverse_mass):
    momentum = momentum + step_size * gradient(position)
    return position + step_size * inverse_mass * momentum, momentum


def no_last_kick(position, momentum, gradient, step_size, inverse_mass):
    momentum = momentum + 0.5 * step_size * gradient(position)
    return position + step_size * inverse_mass * momentum, momentum


def old_gradient(position, momentum, gradient, step_size, inverse_mass):
    kick = 0.5 * step_size * gradient(position)
    return position + step_size * inverse_mass * (momentum + kick), momentum + 2 * kick


def forgets_mass(position, momentum, gradient, step_size, inverse_mass):
    return leapfrog(position, momentum, gradient, step_size, 1.0)


def divides_by_inverse_mass(position, momentum, gradient, step_size, inverse_mass):
    return leapfrog(position, momentum, gradient, step_size, 1 / inverse_mass)


def mass_in_the_kick(position, momentum, gradient, step_size, inverse_mass):
    return leapfrog(position, momentum, lambda x: inverse_mass * gradient(x), step_size, 1.0)


def uphill(position, momentum, gradient, step_size, inverse_mass):
    return leapfrog(position, momentum, lambda x: -gradient(x), step_size, inverse_mass)


def stands_still(position, momentum, gradient, step_size, inverse_mass):
    return position, momentum


def with_numpy(position, momentum, gradient, step_size, inverse_mass):
    return tuple(
        np.asarray(part) for part in leapfrog(position, momentum, gradient, step_size, inverse_mass)
    )


def one_coordinate(
    log_density,
    gradient,
    start,
    step_size,
    num_steps,
    num_draws,
    rng,
    *,
    kinetic=1.0,
    sign=1.0,
    decide=True,
    repeat=True,
    refresh=True,
    sd=1.0,
):
    position, draws, momentum = start, [], rng.normal()
    for _ in range(num_draws):
        momentum = sd * rng.normal() if refresh else momentum
        x, p = position, momentum
        for _ in range(num_steps):
            p = p + 0.5 * step_size * gradient(x)
            x = x + step_size * p
            p = p + 0.5 * step_size * gradient(x)
        change = log_density(x) - log_density(position) + kinetic * (momentum**2 - p**2) / 2
        accepted = not decide or np.log(rng.uniform()) < sign * change
        position = x if accepted else position
        if accepted or repeat:
            draws.append(position)
    return np.array(draws)


def variant(**changes):
    return lambda *args: one_coordinate(*args, **changes)


def jittered(
    logdensity, step_size, inverse_mass_matrix, max_steps, low=1, over=1, reuse=False, fixed=False
):
    def init(position):
        return hmc(logdensity, step_size, inverse_mass_matrix, 1).init(position)

    def step(key, state):
        key_number, key_step = (key, key) if reuse else jax.random.split(key)
        number = jax.random.randint(key_number, (), low, max_steps + over)
        number = max_steps if fixed else number
        return hmc(logdensity, step_size, inverse_mass_matrix, number).step(key_step, state)

    return Kernel(init, step)


def jitter(**changes):
    return lambda *args: jittered(*args, **changes)


def fold_in(logdensity, step_size, inverse_mass_matrix, max_steps):
    def step(key, state):
        number = 1 + jax.random.randint(jax.random.fold_in(key, 1), (), 0, max_steps)
        kernel = hmc(logdensity, step_size, inverse_mass_matrix, number)
        return kernel.step(jax.random.fold_in(key, 2), state)

    return Kernel(hmc(logdensity, step_size, inverse_mass_matrix, 1).init, step)


def python_int(logdensity, step_size, inverse_mass_matrix, max_steps):
    def step(key, state):
        key_number, key_step = jax.random.split(key)
        number = int(jax.random.randint(key_number, (), 1, max_steps + 1))
        return hmc(logdensity, step_size, inverse_mass_matrix, number).step(key_step, state)

    return Kernel(hmc(logdensity, step_size, inverse_mass_matrix, 1).init, step)


def numpy_number(logdensity, step_size, inverse_mass_matrix, max_steps):
    number = np.random.default_rng(1).integers(1, max_steps + 1)
    return hmc(logdensity, step_size, inverse_mass_matrix, int(number))


def looks_at_the_position(logdensity, step_size, inverse_mass_matrix, max_steps):
    """Long paths from the middle, short ones outside: every number, and not invariant."""

    def step(key, state):
        key_number, key_step = jax.random.split(key)
        number = jax.random.randint(key_number, (), 1, max_steps + 1)
        inside = jnp.abs(state.position[0]) < 0.6745  # half of the probability
        number = jnp.where(inside, (number + 1) // 2 + 3, (number + 1) // 2)
        return hmc(logdensity, step_size, inverse_mass_matrix, number).step(key_step, state)

    return Kernel(hmc(logdensity, step_size, inverse_mass_matrix, 1).init, step)


def a_random_walk(logdensity, step_size, inverse_mass_matrix, max_steps):
    return metropolis_hastings(logdensity, random_walk(step_size))


RIGHT = [
    ("6.1", 6),
    ("6.1", np.int64(6)),
    ("6.1", jnp.array(6.0)),
    ("6.2", (0.01, 1, 2500)),
    ("6.2", jnp.array([0.1, 1.0, 50.0]) ** 2),
    ("6.2", np.diag([0.01, 1.0, 2500.0])),
    ("6.3", leapfrog),
    ("6.3", leapfrog_with_a_matrix),
    ("6.3", drift_kick_drift),
    ("6.4", one_coordinate),
    ("6.5", jittered),
    ("6.5", fold_in),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


WRONG = [
    ("6.1", 4, "autocorrelation", "too short"),
    ("6.1", 8, "autocorrelation", "too long"),
    ("6.1", 19, "path length", "fewer gradients"),
    ("6.1", 25, "path length", "orbits"),  # a whole orbit
    ("6.1", 6.28, "number of steps", "whole number"),
    ("6.1", -6, "number of steps", "≥ 1"),
    ("6.2", [1, 1, 1], "period", "0.25 is wanted"),
    ("6.2", [100, 1, 1 / 2500], "period", "the mass itself"),
    ("6.2", [0.1, 1, 50], "period", "squared units"),
    ("6.2", [0.02, 2, 5000], "period", "orbits long"),
    ("6.2", [0.01, 1, -2500], "mass", "positive"),
    ("6.2", [0.01, 1, float("nan")], "mass", "finite"),
    ("6.2", [0.01, 1], "answer", "shape is (2,)"),
    ("6.3", euler, "volume", "newest values"),
    ("6.3", old_gradient, "volume", "newest values"),
    ("6.3", one_whole_kick, "reversibility", "half a kick"),
    ("6.3", no_last_kick, "reversibility", "half a kick"),
    ("6.3", forgets_mass, "energy order", "in the drift"),
    ("6.3", divides_by_inverse_mass, "energy order", "in the drift"),
    ("6.3", mass_in_the_kick, "energy order", "in the drift"),
    ("6.3", uphill, "energy order", "another energy"),
    ("6.3", lambda x, p, g, step, m: leapfrog(x, p, g, step / 2, m), "step size", "half kicks"),
    ("6.3", lambda x, p, g, step, m: leapfrog(x, p, g, -step, m), "step size", "half kicks"),
    ("6.3", lambda *a: (lambda x, p: (x, -p))(*leapfrog(*a)), "energy order", "sign of the mom"),
    ("6.3", stands_still, "energy order", "no order to see"),
    ("6.3", with_numpy, "answer", "plain arithmetic"),
    ("6.3", lambda *args: args[0], "answer", "return a pair"),
    ("6.3", lambda *args: (args[0][0], args[1]), "answer", "shapes"),
    ("6.3", lambda *args: (args[0] * np.nan, args[1]), "movement", "not finite"),
    ("6.4", variant(kinetic=0.0), "invariance", "whole energy"),
    ("6.4", variant(kinetic=-1.0), "invariance", "whole energy"),
    ("6.4", variant(sign=-1.0), "invariance", "whole energy"),
    ("6.4", variant(decide=False), "rejected means repeated", "must be rejected"),
    ("6.4", variant(repeat=False), "rejected means repeated", "every path gives one"),
    ("6.4", variant(refresh=False), "rejected means repeated", "repeats the position"),
    ("6.4", variant(sd=0.5), "invariance", "x²"),
    ("6.4", lambda *args: np.full(10_000, np.nan), "movement", "not finite"),
    ("6.5", jitter(fixed=True), "number of steps", "6: 1200"),
    ("6.5", jitter(over=0), "number of steps", "wanted"),
    ("6.5", jitter(low=0), "number of steps", "0:"),
    ("6.5", jitter(reuse=True), "key reuse", "used twice"),
    ("6.5", numpy_number, "number of steps", "1200"),
    ("6.5", looks_at_the_position, "independence", "the way back"),
    ("6.5", python_int, "answer", "without int()"),
    ("6.5", a_random_walk, "answer", "info of hmc"),
    ("6.5", lambda *args: args, "answer", "Kernel(init, step)"),
]


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


def test_the_film_needs_no_network_and_has_a_still_frame():
    film = figures.orbit_film(start=-1.6, momentum=1.3, step_size=0.3, num_steps=8)
    assert "/*SETTINGS*/" not in film.document and "<!--STILL-->" not in film.document
    still = re.search(r"<noscript>(.*?)</noscript>", film.document, re.S).group(1)
    assert "data:image/png;base64," in still and 'alt="Dots' in still
    assert not re.search(r"(src|href)=\"(?!data:)|https?://|import\(|fetch\(", film.document)
    assert film._repr_html_().startswith("<iframe") and ' title="a ball' in film._repr_html_()


def test_the_alternative_text_of_the_heat_map_names_the_best_pair():
    sizes, numbers = np.geomspace(0.1, 1, 7), np.array([1, 2, 4, 8, 16])
    efficiency = np.zeros((5, 7))
    efficiency[3, 4] = 1.0
    shown = figures.surface(
        sizes, numbers, np.ones((5, 7)), efficiency, 0.5, lambda size: 1.6 / size
    )
    assert "step size of 0.46 with 8 steps" in shown.alt
