"""Chapter 11: its checkers name what is wrong, and speak of the page's own data.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

from course_utils.exercises import chapter_11, grade
from course_utils.joint_distribution import JointDistribution

PAGE = Path(__file__).parents[1] / "notebooks" / "src" / "11_joint_distributions_and_guides.py"
AUXILIARY = {"is_auxiliary": True}


def right_cut(vector, shapes):
    pieces, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        pieces.append(vector[..., start : start + size].reshape(vector.shape[:-1] + tuple(shape)))
        start += size
    return pieces


def cut_without_lead(vector, shapes):
    return [piece.reshape(shape) for piece, shape in zip(right_cut(vector, shapes), shapes)]  # noqa: B905


def cut_without_shape(vector, shapes):
    sizes = [int(np.prod(shape)) for shape in shapes]
    return np.split(vector, np.cumsum(sizes)[:-1], axis=-1)


def cut_from_the_front(vector, shapes):
    return [vector[..., : int(np.prod(s))].reshape(vector.shape[:-1] + tuple(s)) for s in shapes]


def cut_in_columns(vector, shapes):
    return [
        piece.reshape(vector.shape[:-1] + tuple(shape)[::-1]).swapaxes(-1, -2)
        if len(shape) == 2
        else piece
        for piece, shape in zip(right_cut(vector, shapes), shapes, strict=True)
    ]


def split_keys(key, marginals, num):
    keys = jax.random.split(key, len(marginals))
    return jnp.stack([m.sample(k, (num,)) for m, k in zip(marginals, keys, strict=True)], axis=-1)


def fold_keys(key, marginals, num):
    draws = [m.sample(jax.random.fold_in(key, i), (num,)) for i, m in enumerate(marginals)]
    return jnp.column_stack(draws)


def one_key(key, marginals, num):
    return jnp.stack([m.sample(key, (num,)) for m in marginals], axis=-1)


def first_of_the_keys(key, marginals, num):
    return one_key(jax.random.split(key, len(marginals))[0], marginals, num)


def new_key_for_the_third_only(key, marginals, num):
    keys = [key, key, jax.random.fold_in(key, 1)]
    return jnp.stack([m.sample(k, (num,)) for m, k in zip(marginals, keys, strict=True)], axis=-1)


def two_keys_for_three(key, marginals, num):
    first, second = jax.random.split(key)
    keys = [first, second, second]
    return jnp.stack([m.sample(k, (num,)) for m, k in zip(marginals, keys, strict=True)], axis=-1)


def wrong_way_round(key, marginals, num):
    return split_keys(key, marginals, num).T


def sorted_draws(key, marginals, num):
    return jnp.sort(split_keys(key, marginals, num), axis=0)


def own_noise(key, marginals, num):
    return np.random.default_rng().normal(size=(num, 3))


def ignores_the_key(key, marginals, num):
    return split_keys(jax.random.key(0), marginals, num)


def only_the_first(key, marginals, num):
    return split_keys(key, [marginals[0]] * 3, num)


def two_blocks(loc, scale, concentration, rate):
    return JointDistribution(
        [dist.Normal(loc, scale).to_event(1), dist.Gamma(concentration, rate).to_event(1)]
    )


def not_to_event(loc, scale, concentration, rate):
    return JointDistribution([dist.Normal(loc[0], scale[0]), dist.Gamma(concentration, rate)])


def one_by_one(loc, scale, concentration, rate):
    normals = [dist.Normal(m, s) for m, s in zip(loc, scale, strict=True)]
    return JointDistribution(
        [*normals, *(dist.Gamma(c, r) for c, r in zip(concentration, rate, strict=True))]
    )


def gammas_first(loc, scale, concentration, rate):
    return JointDistribution(
        [dist.Gamma(concentration, rate).to_event(1), dist.Normal(loc, scale).to_event(1)]
    )


def rate_as_scale(loc, scale, concentration, rate):
    return two_blocks(loc, scale, concentration, 1 / rate)


def all_normal(loc, scale, concentration, rate):
    return dist.Normal(jnp.zeros(8), 1.0).to_event(1)


def positive_guide(loc, scale, log_density=lambda u: -u, infer=AUXILIARY, value=jnp.exp):
    u = numpyro.sample("u", dist.Normal(loc, scale), infer=infer)
    numpyro.sample("rate", dist.Delta(value(u), log_density=log_density(u)))


def changed(**changes):
    return lambda loc, scale: positive_guide(loc, scale, **changes)


def with_deterministic(loc, scale):
    u = numpyro.sample("u", dist.Normal(loc, scale), infer=AUXILIARY)
    numpyro.deterministic("rate", jnp.exp(u))


def log_normal_alone(loc, scale):
    numpyro.sample("rate", dist.LogNormal(loc, scale))


def chain_guide(mean, covariance, slope=None, spread=None):
    if slope is None:
        slope = covariance[0, 1] / covariance[0, 0]
    if spread is None:
        spread = np.sqrt(covariance[1, 1] - slope * covariance[0, 1])
    a = numpyro.sample("a", dist.Normal(mean[0], np.sqrt(covariance[0, 0])))
    numpyro.sample("b", dist.Normal(mean[1] + slope * (a - mean[0]), spread))


def independent(mean, covariance):
    chain_guide(mean, covariance, slope=0.0, spread=np.sqrt(covariance[1, 1]))


def spread_of_the_marginal(mean, covariance):
    chain_guide(mean, covariance, spread=np.sqrt(covariance[1, 1]))


def slope_upside_down(mean, covariance):
    right = np.sqrt(covariance[1, 1] - covariance[0, 1] ** 2 / covariance[0, 0])
    chain_guide(mean, covariance, slope=covariance[0, 1] / covariance[1, 1], spread=right)


def variance_as_spread(mean, covariance):
    right = covariance[1, 1] - covariance[0, 1] ** 2 / covariance[0, 0]
    chain_guide(mean, covariance, spread=right)


def one_vector(mean, covariance):
    numpyro.sample("ab", dist.MultivariateNormal(mean, covariance))


WRONG = [
    ("11.1", 0.0, "correlation", "Move it up"),
    ("11.1", 10.0, "correlation", "Move it down"),
    ("11.1", 4.0, "correlation", "Move it up"),
    ("11.2", cut_without_lead, "answer", "reshape"),
    ("11.2", cut_without_shape, "shape", "wanted"),
    ("11.2", cut_from_the_front, "completeness", "loses some"),
    ("11.2", cut_in_columns, "order", "wrong places"),
    ("11.2", lambda vector, shapes: right_cut(vector, shapes)[::-1], "shape", "wanted"),
    ("11.2", lambda vector, shapes: right_cut(vector, shapes)[:1], "answer", "one for each shape"),
    ("11.3", one_key, "independence", "largest correlation"),
    ("11.3", first_of_the_keys, "independence", "largest correlation"),
    ("11.3", new_key_for_the_third_only, "independence", "largest correlation"),
    ("11.3", two_keys_for_three, "independence", "largest correlation"),
    ("11.3", sorted_draws, "independence", "largest correlation"),
    ("11.3", wrong_way_round, "shape", "(3, 20000)"),
    ("11.3", own_noise, "randomness", "same key"),
    ("11.3", ignores_the_key, "randomness", "another key"),
    ("11.3", only_the_first, "marginals", "marginal 1"),
    ("11.4", not_to_event, "event shape", "to_event"),
    ("11.4", one_by_one, "batching", "8 marginals"),
    ("11.4", gammas_first, "log density", "normals first"),
    ("11.4", rate_as_scale, "log density", "is wanted"),
    ("11.4", all_normal, "log density", "is wanted"),
    ("11.4", lambda *args: 3.0, "answer", "return a distribution"),
    ("11.5", changed(log_density=lambda u: 0.0), "density of the guide", "is missing"),
    ("11.5", changed(log_density=lambda u: u), "density of the guide", "reversed"),
    ("11.5", changed(infer=None), "auxiliary", "is_auxiliary"),
    ("11.5", changed(value=jax.nn.softplus), "value", "exp(u)"),
    ("11.5", with_deterministic, "sites", "'rate'"),
    ("11.5", log_normal_alone, "sites", "'u'"),
    ("11.6", independent, "correlation", "independent"),
    ("11.6", spread_of_the_marginal, "log density", "look at means and spreads"),
    ("11.6", slope_upside_down, "log density", "the slope is not"),
    ("11.6", variance_as_spread, "log density", "look at means and spreads"),
    ("11.6", one_vector, "sites", "'a' first"),
]


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


RIGHT = [
    ("11.1", 5),
    ("11.1", np.float32(5.0)),
    ("11.2", right_cut),
    ("11.2", lambda vector, shapes: tuple(map(jnp.asarray, right_cut(vector, shapes)))),
    ("11.3", split_keys),
    ("11.3", fold_keys),
    ("11.3", lambda key, marginals, num: JointDistribution(marginals).sample(key, (num,))),
    ("11.4", two_blocks),
    ("11.5", positive_guide),
    ("11.5", changed(log_density=lambda u: -jnp.log(jnp.exp(u)))),
    ("11.6", chain_guide),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


def test_the_checkers_speak_of_the_page_s_line():
    text = PAGE.read_text(encoding="utf-8")
    assert "x = np.linspace(2, 8, 13)" in text
    assert f"prior_sd = {chapter_11.PRIOR_SD}" in text
    np.testing.assert_array_equal(chapter_11.X, np.linspace(2, 8, 13))
