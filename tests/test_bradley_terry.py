"""Players and matches: the reference against a grid, the prior, and what is refused.

The contract of all models is in ``test_models.py``. False-alarm budget: all seeds are fixed; what
is random is compared at 2.5e-4 a test, divided by the number of comparisons.
"""

import jax
import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from course_utils.models import bradley_terry
from course_utils.models.base import PROBABILITIES
from course_utils.models.season import Season

ALPHA = 2.5e-4


def test_reference_of_two_players_against_a_grid():
    """Two skills are their difference, which the matches tell of, and their middle, which is free.

    The middle has the law Normal(0, scale / sqrt 2), whatever the matches.
    """
    won = np.array([1, 1, 0, 1, 1, 1, 0, 1])
    data = bradley_terry.Data(np.arange(2), np.array([0] * 5 + [1] * 3), np.arange(8) < 5, won)
    data = data._replace(second=np.asarray(data.second, int))
    model = bradley_terry.model(data)
    wins = won[:5].sum() + (1 - won[5:]).sum()
    log_scale, standard = np.meshgrid(
        np.linspace(-12, 2, 1401), np.linspace(-8, 8, 801), indexing="ij"
    )
    scale = np.exp(log_scale)
    difference = np.sqrt(2) * scale * standard
    weight = scale * norm.pdf(scale) * norm.pdf(standard)
    weight *= expit(difference) ** wins * expit(-difference) ** (8 - wins)
    weight /= weight.sum()
    found = model.reference()
    limit = norm.isf(ALPHA / (2 * 10))

    mean, middle_sd = (weight * scale).sum(), scale / np.sqrt(2)
    error = limit * found["scale"].standard_error
    assert 0 < found["scale"].standard_error < 0.03 * found["scale"].sd
    assert abs(found["scale"].mean - mean) < error
    assert abs(found["scale"].sd - np.sqrt((weight * (scale - mean) ** 2).sum())) < error
    for p, at in found["scale"].quantiles.items():
        low, high = ((weight * (scale < at + shift)).sum() for shift in (-error, error))
        assert low < p < high

    error = limit * found["skill"].standard_error
    assert 0 < found["skill"].standard_error < 0.03 * found["skill"].sd.min()
    for sign, k in ((1, 0), (-1, 1)):
        center = sign * difference / 2
        mean = (weight * center).sum()
        variance = (weight * ((center - mean) ** 2 + middle_sd**2)).sum()
        assert abs(found["skill"].mean[k] - mean) < error
        assert abs(found["skill"].sd[k] - np.sqrt(variance)) < error
        for p in PROBABILITIES:
            at = found["skill"].quantiles[p][k]
            low, high = (
                (weight * norm.cdf(at + shift, center, middle_sd)).sum()
                for shift in (-error, error)
            )
            assert low < p < high


def test_reference_computes_with_the_density_of_the_model():
    """Matches added up by pair, in NumPy, against match by match, in JAX: one constant apart."""
    data = bradley_terry.simulate(num_matches=60, num_players=6)
    model = bradley_terry.model(data)
    rng = np.random.default_rng(90)
    skill, log_scale = rng.standard_normal((20, 6)), rng.standard_normal(20)
    summed = Season(*data)
    with jax.enable_x64(True):
        positions = np.column_stack([log_scale, skill])  # scale before skill in the alphabet
        theirs = np.array([model.logdensity(position) for position in positions])
    difference = theirs - summed.log_density(skill, log_scale)
    # Sums of 60 terms in float64; the transform to the scale may round through float32 numbers.
    np.testing.assert_allclose(difference, difference[0], atol=1e-5)


def test_newton_steps_end_at_the_mode():
    season = Season(*bradley_terry.simulate(num_matches=60, num_players=6))
    log_scales = np.array([-1.0, 0.0, 1.0])
    for mode, log_scale in zip(season.modes(log_scales), log_scales, strict=True):
        # trust-exact stops at a slope of 1e-4.
        np.testing.assert_allclose(season.gradient(mode, log_scale), 0, atol=1e-4)
        here = season.log_density(mode[None], np.array([log_scale]))[0]
        around = mode + 0.01 * np.random.default_rng(91).standard_normal((50, 6))
        assert here > season.log_density(around, np.full(50, log_scale)).max()


def test_a_season_is_recovered_and_grows_without_being_replaced():
    short, long = (bradley_terry.simulate(num_matches=n) for n in (1000, 10_000))
    for column, more in zip(short[1:], long[1:], strict=True):
        np.testing.assert_array_equal(more[:1000], column)
    assert np.all(long.first != long.second)
    pairs = np.bincount(long.first, minlength=100), np.bincount(long.second, minlength=100)
    for count in pairs:  # 100 each: the sum of squares over 100 is chi-squared with 99 degrees
        assert 50 < ((count - 100) ** 2 / 100).sum() < 170
    few = bradley_terry.simulate(num_matches=2000, num_players=10, scale=0.7)
    truth = 0.7 * np.random.default_rng(42).standard_normal(10)  # skills are drawn first
    exact = bradley_terry.reference(few)["skill"]
    assert np.all(np.abs(exact.mean - truth) < 5 * exact.sd)


def test_prior_draws_have_the_right_link():
    """Moments of scale, skills and winners over draws of the joint distribution."""
    num = 20_000
    model = bradley_terry.model(bradley_terry.simulate(num_matches=4, num_players=3))
    keys = jax.random.split(jax.random.key(92), num)
    sites, data = jax.jit(jax.vmap(model.draw_joint))(keys)
    scale, skill, won = (np.asarray(x, float) for x in (sites["scale"], sites["skill"], data.won))
    difference = skill[:, model.data.first] - skill[:, model.data.second]
    residual = won - expit(difference)
    terms = [
        scale - np.sqrt(2 / np.pi),
        scale**2 - 1,
        *((skill / scale[:, None]) ** 2 - 1).T,
        *residual.T,
        *(residual * difference).T,
    ]
    scores = [term.mean() / term.std() * np.sqrt(num) for term in terms]
    assert np.max(np.abs(scores)) < norm.isf(ALPHA / (2 * len(terms)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"players": [0, 2]}, "players must be numbered 0, 1, 2"),
        ({"players": [0.5, 1]}, "players must hold whole numbers"),
        ({"first": [0, 2]}, "first must be at most 1, got 2"),
        ({"second": [1, 0], "first": [0, 0]}, "second must differ from first, got 0 at index 1"),
        ({"won": [0, 2]}, "won must be at most 1, got 2"),
        ({"won": [0]}, "must be vectors of one length"),
        ({"first": [], "second": [], "won": []}, "first must hold at least one number"),
    ],
)
def test_bad_data_are_refused(changes, message):
    good = bradley_terry.Data([0, 1], [0, 1], [1, 0], [0, 1])
    assert bradley_terry.model(good).dim == 3
    with pytest.raises(ValueError, match=message):
        bradley_terry.model(good._replace(**changes))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_matches": 0}, "num_matches is 0; allowed are integers of at least 1"),
        ({"num_players": 1}, "num_players is 1; allowed are integers of at least 2"),
        ({"scale": 0}, "scale must be greater than 0"),
    ],
)
def test_bad_seasons_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        bradley_terry.simulate(**arguments)
