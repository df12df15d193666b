"""The exercises: every stub fails its check, every solution passes, no answer breaks the checker.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import json
import re
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from scipy.special import expit

from course_utils.exercises import check, grade

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CHAPTERS = sorted(path.name for path in NOTEBOOKS.glob("[0-9]*.ipynb"))


def replies(path):
    """Return exercise number → the mark that the stored notebook shows under its check cell."""
    found = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if "check" in cell["metadata"].get("tags", ()):
            number = re.search(r'check\("(\d+\.\d+)"', "".join(cell["source"])).group(1)
            text = "".join("".join(output.get("text", "")) for output in cell["outputs"])
            found[number] = text[:1]
    return found


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_stub_is_told_apart_and_every_solution_passes(name):
    stubs, solved = replies(NOTEBOOKS / name), replies(NOTEBOOKS / "solutions" / name)
    assert len(stubs) >= 4
    assert set(stubs.values()) == {"○"}
    assert set(solved.values()) == {"✓"}
    assert stubs.keys() == solved.keys()


def flip(x, new):
    return np.log(x - 1) - np.log(new - 1)


def drops_rejections(log_density, start, step_size, num_steps, rng):
    position, draws = start, []
    for _ in range(num_steps):
        proposal = position + step_size * rng.normal()
        if np.log(rng.uniform()) < log_density(proposal) - log_density(position):
            position = proposal
            draws.append(position)
    return np.array(draws)


def stale(log_density, start, step_size, num_steps, rng):
    position, log_p, draws = start, log_density(start), []
    for _ in range(num_steps):
        proposal = position + step_size * rng.normal()
        if np.log(rng.uniform()) < log_density(proposal) - log_p:
            position = proposal
        draws.append(position)
    return np.array(draws)


def all_accepted(log_density, start, step_size, num_steps, rng):
    return rng.normal(size=num_steps)


def no_ratio(key, position):
    return 2.0 * jax.random.normal(key, position.shape), 0.0


def ratio_upside_down(key, position):
    new = 2.0 * jax.random.normal(key, position.shape)
    return new, jnp.sum(position**2 - new**2) / 8


def too_narrow(key, position):
    new = jax.random.normal(key, position.shape)
    return new, jnp.sum(new**2 - position**2) / 2


def walks(key, position):
    return position + 2.0 * jax.random.normal(key, position.shape), 0.0


def ratio_reversed(log_density, start, step_size, num_steps, rng):
    return drops_nothing(lambda x: -log_density(x), start, step_size, num_steps, rng)


def keeps_the_ratio(log_density, start, step_size, num_steps, rng):
    position, log_p, draws = start, log_density(start), []
    for _ in range(num_steps):
        proposal = position + step_size * rng.normal()
        log_ratio = log_density(proposal) - log_p
        if np.log(rng.uniform()) < log_ratio:
            position, log_p = proposal, log_ratio
        draws.append(position)
    return np.array(draws)


def balanced_but_not_barker(log_ratio):
    return min(1, np.exp(min(log_ratio, 0))) * (1 - 0.5 * np.exp(-abs(log_ratio)))


def ignores_the_target(log_density, start, step_size, num_steps, rng):
    moves = rng.normal(size=num_steps) * (rng.uniform(size=num_steps) < 0.5)
    return start + step_size * np.cumsum(moves)


def drops_nothing(log_density, start, step_size, num_steps, rng):
    position, draws = start, []
    for _ in range(num_steps):
        proposal = position + step_size * rng.normal()
        if np.log(rng.uniform()) < log_density(proposal) - log_density(position):
            position = proposal
        draws.append(position)
    return np.array(draws)


def numpy_noise(key, position):
    new = 2.0 * np.random.default_rng().normal(size=2)
    return new, float(new @ new - position @ position) / 8


def model_with(prior, trials=None, name="p", observed=True):
    def coin(heads, flips):
        p = numpyro.sample(name, prior)
        numpyro.sample("y", dist.Binomial(trials or flips, p), obs=heads if observed else None)

    return coin


def flip_by_flip(heads, flips):
    p = numpyro.sample("p", dist.Uniform(0, 1))
    numpyro.sample("y", dist.Bernoulli(p), obs=jnp.arange(flips) < heads)


def one_array_at_a_time(rng, num_tries):
    p = rng.beta(2, 2, size=num_tries)
    return p[rng.binomial(10, p) == 7]


def each_flip_shown(rng, p):
    return (rng.random((len(p), 10)) < p[:, None]).sum(axis=1)


def with_the_libraries_density(key, position):
    q = dist.Normal(0.0, 2.0).expand([2]).to_event(1)
    new = q.sample(key)
    return new, q.log_prob(position) - q.log_prob(new)


def knows_one_target(log_density, start, step_size, num_steps, rng):
    return drops_nothing(lambda x: -0.5 * x**2, start, step_size, num_steps, rng)


def at_least_seven(rng, num_tries):
    p = rng.beta(2, 2, size=num_tries)
    return p[rng.binomial(10, p) >= 7]


def other_prior(rng, num_tries):
    p = rng.beta(1, 1, size=num_tries)
    return p[rng.binomial(10, p) == 7]


RIGHT = [
    ("0.1", np.float32(5 / 14)),
    ("0.2", model_with(dist.Uniform(0, 1))),
    ("0.2", flip_by_flip),
    ("0.3", one_array_at_a_time),
    ("0.4", each_flip_shown),
    ("3.1", jnp.array(26.0)),
    ("3.2", lambda x, new: jnp.log((new - 1) / (x - 1))),
    ("3.3", drops_nothing),
    ("3.4", lambda log_ratio: 0.5 * (1 + np.tanh(log_ratio / 2))),
    ("3.4", jax.nn.sigmoid),
    ("3.5", with_the_libraries_density),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_right_answer_passes_too(number, answer):
    assert grade(number, answer).state == "correct", grade(number, answer)


WRONG = [
    ("0.1", 0.3, "posterior mean"),
    ("0.1", 9 / 14, "posterior mean"),
    ("0.2", model_with(dist.Beta(2, 2)), "prior"),
    ("0.2", model_with(dist.Beta(1, 1), trials=10), "likelihood"),
    ("0.2", model_with(dist.Beta(1, 1), trials=11), "likelihood"),
    ("0.2", model_with(dist.Beta(1, 1), name="q"), "answer"),
    ("0.2", model_with(dist.Beta(1, 1), observed=False), "answer"),
    ("0.2", lambda heads, flips: dist.Beta(1, 1), "answer"),
    ("0.3", at_least_seven, "number of draws"),
    ("0.3", other_prior, "posterior"),
    ("0.4", lambda rng, p: rng.binomial(10, p.mean(), size=p.shape), "uncertainty of p"),
    ("0.4", lambda rng, p: rng.permutation(rng.binomial(10, p)), "uncertainty of p"),
    ("0.4", lambda rng, p: 10 * p, "range"),
    ("0.4", lambda rng, p: rng.binomial(10, p.mean()), "shape"),
    ("3.1", -1.0, "step size"),
    ("3.1", 1.0, "acceptance"),
    ("3.1", 200.0, "acceptance"),
    ("3.2", flip, "reversibility"),
    ("3.2", lambda x, new: 0.0, "reversibility"),
    ("3.2", lambda x, new: (new - 1) / (x - 1), "reversibility"),
    ("3.2", lambda x, new: np.log(new / x), "reversibility"),
    ("3.3", drops_rejections, "rejected means repeated"),
    ("3.3", stale, "invariance"),
    ("3.3", all_accepted, "rejected means repeated"),
    ("3.3", ratio_reversed, "invariance"),
    ("3.3", ignores_the_target, "invariance"),
    ("3.3", keeps_the_ratio, "invariance"),
    ("3.3", knows_one_target, "invariance"),
    ("3.3", lambda *a: np.abs(drops_nothing(*a)), "invariance"),
    ("3.4", balanced_but_not_barker, "acceptance"),
    ("3.4", lambda log_ratio: float(expit(-log_ratio)), "range"),
    ("3.4", lambda log_ratio: min(1.0, np.exp(min(log_ratio, 0.0))), "acceptance"),
    ("3.4", lambda log_ratio: float(expit(2 * log_ratio)), "detailed balance"),
    ("3.4", lambda log_ratio: 0.5, "range"),
    ("3.5", no_ratio, "reversibility"),
    ("3.5", ratio_upside_down, "reversibility"),
    ("3.5", numpy_noise, "randomness"),
    ("3.5", too_narrow, "proposal"),
    ("3.5", walks, "independence"),
]


@pytest.mark.parametrize(("number", "answer", "named"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named, outcome


def test_an_answer_that_never_ends_is_given_up():
    def forever(*args):
        while True:
            pass

    begin = time.monotonic()
    outcome = grade("3.4", forever, time_limit=1.0)
    assert outcome.property == "time"
    # The limit, and a second for the thread to be scheduled on a busy machine.
    assert time.monotonic() - begin < 10
    assert grade("3.4", expit).state == "correct"


def test_check_prints_one_line_in_three_states(capsys):
    check("3.4", None)
    check("3.4", lambda log_ratio: 0.5)
    check("3.4", expit)
    marks = [line[:5] for line in capsys.readouterr().out.splitlines()]
    assert marks == ["○ 3.4", "✗ 3.4", "✓ 3.4"]


def test_an_unknown_exercise_is_the_page_s_mistake():
    with pytest.raises(ValueError, match=r"number is '3\.99'; allowed are .*3\.1"):
        grade("3.99", 1)
    with pytest.raises(ValueError, match="number is 'x'"):
        grade("x", 1)
