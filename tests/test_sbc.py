"""A thousand fits at once: bookkeeping, and calibration that tells right from wrong.

False-alarm budget: two verdicts of `checks.sbc` at its alpha of 1e-4. The negative control is as
random as they are: its distance was .12, with a standard error of .01, where .09 is asked for.
The seeds were drawn once.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy import stats

from course_utils import checks, sbc
from course_utils.ess import min_ess
from course_utils.hmc import hmc
from course_utils.models import binomial, eight_schools

KEY = jax.random.key(2611)
SHORT = {"num_chains": 1, "num_warmup": 100, "num_draws": 300, "thin": 3, "block_size": 200}


@pytest.mark.parametrize("form", ["centered", "noncentered"])
def test_log_likelihood_is_the_log_joint_without_the_prior(form):
    model = eight_schools.model(parameterization=form)
    sites, data = model.draw_joint(KEY)
    theta = model.quantities(sites)["theta"]
    by_hand = stats.norm.logpdf(data.effect, theta, data.standard_error).sum()
    # A sum of eight float32 numbers.
    assert sbc.log_likelihood(model, sites, data) == pytest.approx(float(by_hand), rel=1e-5)


def test_quantities_are_named_element_by_element():
    model = eight_schools.model()
    sites, data = model.draw_joint(KEY)
    named = sbc.list_quantities(model, sites, data)
    schools = [f"theta[{j}]" for j in range(8)]
    assert list(named) == ["mu", "tau", "log_tau", *schools, "log likelihood"]
    assert all(jnp.ndim(value) == 0 for value in named.values())
    assert named["theta[3]"] == model.quantities(sites)["theta"][3]


@pytest.mark.parametrize(("num_fits", "block_size"), [(1, 5), (7, 3), (10, 5), (11, 100)])
def test_blocks_are_alike_in_size_hold_every_fit_and_begin_with_the_hardest(num_fits, block_size):
    reach = np.random.default_rng(num_fits).random(num_fits)
    reach[0] = np.nan  # a pilot that found no step size
    blocks = list(sbc._blocks(reach, block_size))
    assert len({len(block) for block in blocks}) == 1 and len(blocks[0]) <= block_size
    assert set(np.concatenate(blocks)) == set(range(num_fits))
    order = np.unique(np.concatenate(blocks), return_index=True)[1]
    assert order[0] == 0
    assert (np.diff(reach[1:][np.argsort(order[1:])]) >= 0).all()


def test_a_fit_is_its_own_whatever_block_it_is_in():
    done = []
    run = partial(
        sbc.run_fits, KEY, eight_schools.model(), num_fits=7, num_warmup=50, num_draws=20,
        build_kernel=partial(hmc, num_integration_steps=2),
    )  # fmt: skip
    small, large = run(block_size=2, report=done.append), run(block_size=7)
    assert sum(done) == 7 and len(done) == 4
    assert small.exact["mu"].shape == (7,) and small.draws["mu"].shape == (7, 4, 4)
    np.testing.assert_array_equal(small.exact["mu"], large.exact["mu"])
    # The same arithmetic, vectorised in another width: rounding, which HMC does not magnify here.
    np.testing.assert_allclose(small.draws["mu"], large.draws["mu"], rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(small.step_size, large.step_size, rtol=1e-3)


def test_conjugate_binomial_is_calibrated_and_has_its_exact_means():
    model = binomial.model()
    fits = sbc.run_fits(KEY, model, num_fits=200, num_draws=200, thin=2, block_size=200)
    verdict = checks.sbc(fits.exact, fits.draws)
    assert verdict.passed, verdict
    ranks = checks.sbc_ranks(fits.exact, fits.draws)
    assert {name: rank.shape for name, rank in ranks.items()} == {
        "p": (200,), "log likelihood": (200,),
    }  # fmt: skip
    assert np.isfinite(fits.step_size).all() and fits.num_divergent.sum() == 0
    # Shifting the truth by one sd is seen.
    shifted = fits.exact | {"p": fits.exact["p"] + fits.draws["p"].std(axis=(1, 2))}
    assert not checks.sbc(shifted, fits.draws).passed


def forgets_the_data(logdensity, step_size, inverse_mass_matrix):
    """Sample the prior Beta(2, 2) on the logit scale, whatever the data."""
    return hmc(
        lambda z: jnp.sum(2 * jax.nn.log_sigmoid(z) + 2 * jax.nn.log_sigmoid(-z)),
        step_size, inverse_mass_matrix, 3,
    )  # fmt: skip


def test_a_sampler_that_ignores_the_data_is_seen_by_the_log_likelihood_alone():
    fits = sbc.run_fits(
        KEY, binomial.model(), num_fits=200, thin=2, block_size=200, build_kernel=forgets_the_data
    )
    alone = {"p": fits.exact["p"]}
    assert checks.sbc(alone, fits.draws).passed
    verdict = checks.sbc(fits.exact, fits.draws)
    assert not verdict.passed and "log likelihood" in verdict.message


def distance_of_log_tau(fits):
    """Return the distance of its ranks from uniform, and what chance and correlation explain."""
    truth, draws = fits.exact["log_tau"], fits.draws["log_tau"]
    ranks = checks.sbc_ranks({"log_tau": truth}, {"log_tau": draws})["log_tau"]
    num_ranks = draws[0].size + 1
    below = np.cumsum(np.bincount(ranks, minlength=num_ranks)) / len(truth)
    distance = np.abs(below - np.arange(1, num_ranks + 1) / num_ranks).max()
    ess = np.median([min_ess(fit) for fit in draws[:20]])
    return distance, checks.dkw_envelope(len(truth), 1, 1e-4) + 1 / (2 * ess)


def test_the_noncentered_form_of_eight_schools_is_calibrated():
    fits = sbc.run_fits(KEY, eight_schools.model(), num_fits=400, **SHORT)
    chosen = {name: fits.exact[name] for name in ("mu", "log_tau", "theta[0]", "log likelihood")}
    verdict = checks.sbc(chosen, fits.draws)
    assert verdict.passed, verdict
    distance, bound = distance_of_log_tau(fits)
    assert distance < bound


def test_the_centered_form_is_not():
    model = eight_schools.model(parameterization="centered")
    fits = sbc.run_fits(KEY, model, num_fits=1000, **SHORT)
    distance, bound = distance_of_log_tau(fits)
    assert distance > bound, (distance, bound)
    assert fits.num_divergent.sum() > 0


def test_fits_that_fail_have_no_draws():
    def build(logdensity, step_size, inverse_mass_matrix):
        return hmc(lambda z: logdensity(z) * jnp.nan, step_size, inverse_mass_matrix, 2)

    fits = sbc.run_fits(
        KEY, binomial.model(), num_fits=3, num_warmup=50, num_draws=10, build_kernel=build
    )
    assert np.isnan(fits.step_size).all()
    assert np.isnan(fits.draws["p"]).all()
    assert checks.sbc(fits.exact, fits.draws).property == "finite draws"


@pytest.mark.parametrize("name", ["num_fits", "num_chains", "num_draws", "thin", "block_size"])
@pytest.mark.parametrize("bad", [0, -1, 1.5, True])
def test_bad_numbers_are_refused(name, bad):
    with pytest.raises(ValueError, match=f"{name} is {bad!r}; allowed are integers"):
        sbc.run_fits(KEY, binomial.model(), **{name: bad})


def test_other_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="thin is 20; allowed is at most num_draws, which is 10"):
        sbc.run_fits(KEY, binomial.model(), num_draws=10, thin=20)
    with pytest.raises(ValueError, match="num_warmup is 5; allowed are integers of at least 20"):
        sbc.run_fits(KEY, binomial.model(), num_fits=2, num_warmup=5)
