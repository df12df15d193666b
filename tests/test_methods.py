"""The five methods: each draws from the exact posterior, says what it did, and compiles once.

False-alarm budget: eleven runs are held against exact quantiles at 1e-4 each, with fixed keys that
were drawn once. What must fail here fails by far.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from course_utils import methods, vi
from course_utils.bench.agreement import agreement
from course_utils.methods import scores
from course_utils.models.base import Reference
from course_utils.timing import count_compiles, min_ess

SAMPLERS = ("Metropolis-Hastings", "Gibbs", "HMC", "NUTS", "VI")
MODELS = ("binomial", "line", "eight_schools")
CHAINS, WARMUP, DRAWS = 40, 300, 250
ALPHA = 1e-4


@pytest.fixture(scope="module")
def runs():
    """Every method on every model: 40 chains of 250 draws, so that chains judge themselves."""
    return {
        (method, model): methods.run(method, model, jax.random.key(1204), CHAINS, WARMUP, DRAWS)
        for method in SAMPLERS
        for model in MODELS
    }


def test_these_are_the_methods_and_models():
    assert tuple(methods.METHODS) == SAMPLERS and methods.MODELS[:3] == MODELS


# A random walk in ten dimensions, Gibbs down a funnel and proposals from a normal without tails
# forget too slowly to be judged after 300 steps; their kernels have tests of their own.
QUICK = [
    (method, model)
    for method in SAMPLERS
    for model in MODELS
    if model != "eight_schools" or method in ("HMC", "NUTS")
]


@pytest.mark.parametrize(("method", "model"), QUICK)
def test_the_chain_has_the_exact_posterior(runs, method, model):
    draws = methods.quantities(method, model, runs[method, model].chain)
    found = agreement(draws, methods.model_for(method, model).reference())
    assert found["agrees"], found


@pytest.mark.parametrize("method", SAMPLERS)
@pytest.mark.parametrize("model", MODELS)
def test_a_run_has_its_shapes(runs, method, model):
    result = runs[method, model]
    dim = methods.model_for(method, model).dim
    assert result.positions.shape == result.chain.shape == (CHAINS, DRAWS, dim)
    assert np.isfinite(result.chain).all() and np.isfinite(result.positions).all()
    for field in ("acceptance_rate", "evaluations", "is_divergent"):
        assert getattr(result, field).shape == (CHAINS, DRAWS)
    rate = np.asarray(result.acceptance_rate)
    assert rate.min() >= 0 and rate.max() <= 1
    is_vi = method == "VI"
    assert (result.corrected is None) == (result.approximation is None) == (not is_vi)
    if is_vi:
        assert result.approximation.mean.shape == (CHAINS, dim)


def test_what_a_step_evaluates(runs):
    for model, blocks in zip(MODELS, (1, 2, 4), strict=True):
        assert (runs["Gibbs", model].evaluations == blocks).all()
        assert (runs["Metropolis-Hastings", model].evaluations == 1).all()
        assert (runs["VI", model].evaluations == 1).all()
        steps = np.asarray(runs["HMC", model].evaluations)
        assert (steps == steps[:, :1]).all()  # one path length a chain
        assert 1 < runs["NUTS", model].evaluations.mean() < 20


def test_acceptance_is_what_was_aimed_at(runs):
    for model in ("binomial", "eight_schools"):
        assert (runs["Gibbs", model].acceptance_rate == 1).all()
    # A walk whose warm-up is short does not hit its target; this range costs little (chapter 3).
    for model in MODELS:
        assert 0.1 < runs["Metropolis-Hastings", model].acceptance_rate.mean() < 0.5
    for method in ("HMC", "NUTS"):
        for model in MODELS:
            assert runs[method, model].acceptance_rate.mean() > 0.7


def test_proposals_of_vi_are_draws_from_its_q(runs):
    result = runs["VI", "line"]
    q = result.approximation
    z = (result.positions - q.mean[:, None]) / jnp.exp(q.log_scale)[:, None]
    z = np.asarray(z, float).reshape(-1, 2)
    for column in z.T:
        assert stats.kstest(column, "norm").pvalue > ALPHA
    moved = np.any(np.diff(result.corrected, axis=1) != 0, axis=2)
    accepted = np.all(result.corrected == result.positions, axis=2)
    assert (moved <= accepted[:, 1:]).all()  # the chain moves only to what was proposed
    rate = float(result.acceptance_rate.mean())
    assert abs(accepted.mean() - rate) < 0.05


def test_vi_is_biased_on_the_schools_and_its_correction_is_another_law(runs):
    draws = methods.quantities("VI", "eight_schools", runs["VI", "eight_schools"].positions)
    error = methods.worst_error(draws, methods.model_for("VI", "eight_schools").reference())
    assert error.error > 0.05 and error.p_value < ALPHA and "tau" in error.name


def test_the_eight_schools_come_in_the_form_that_suits():
    forms = {m: methods.model_for(m, "eight_schools").name for m in SAMPLERS}
    assert forms.pop("Gibbs") == "eight schools, centered"
    assert set(forms.values()) == {"eight schools, noncentered"}
    for method in SAMPLERS:
        name = methods.model_for(method, "eight_schools_centered").name
        assert name == "eight schools, centered"


def test_the_same_key_gives_the_same_run_and_compiles_nothing():
    sizes = 3, 20, 5
    first = methods.run("NUTS", "line", jax.random.key(1), *sizes)
    with count_compiles() as log:
        again = methods.run("NUTS", "line", jax.random.key(1), *sizes)
        other = methods.run("NUTS", "line", jax.random.key(2), *sizes)
    assert log.count == 0
    assert (first.positions == again.positions).all()
    assert not (first.positions == other.positions).all()


def test_each_program_is_one_compilation():
    program = methods.build("HMC", "line", 2, 20, 5)
    key = jax.random.key(0)
    with count_compiles() as log:
        jax.block_until_ready(program(key))
    assert log.count == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Gips", "line"), "method is 'Gips'; allowed are Metropolis-Hastings, Gibbs"),
        (("NUTS", "circle"), "model_name is 'circle'; allowed are binomial, line"),
        (("NUTS", "line", 0), "num_chains"),
        (("NUTS", "line", 2, 19), "num_warmup"),
        (("NUTS", "line", 2, 20, 0), "num_draws"),
        (("NUTS", "line", 2, 20, 1.5), "num_draws"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        methods.build(*arguments)


# Scores

NORMAL = {
    "x": Reference(0.0, 1.0, {p: stats.norm.ppf(p) for p in (0.05, 0.5, 0.95)}, 0.0, "normal law")
}


def test_right_draws_are_off_by_chance_and_shifted_ones_by_more():
    right = np.random.default_rng(120).standard_normal((4, 2000))
    found = methods.worst_error({"x": right}, NORMAL)
    assert found.comparisons == 3 and found.p_value > ALPHA and found.error < 0.03
    shifted = methods.worst_error({"x": right + 0.2}, NORMAL)
    exact = 0.5 - stats.norm.cdf(-0.2)  # at the median, where the density is highest
    assert shifted.name == "x below its 50% quantile"
    assert abs(shifted.error - exact) < 5 * shifted.mcse and shifted.p_value < ALPHA


def test_vectors_are_compared_component_by_component():
    draws = np.random.default_rng(121).standard_normal((4, 1000, 2))
    draws[..., 1] += 1
    exact = NORMAL["x"]
    vector = exact._replace(quantiles={p: np.full(2, q) for p, q in exact.quantiles.items()})
    found = methods.worst_error({"x": draws}, {"x": vector})
    assert found.comparisons == 6 and found.name.startswith("x[1]")


def test_a_chain_that_never_visits_a_tail_does_not_pretend_to_know_its_error():
    stuck = np.full((4, 1000), 0.1)
    found = methods.worst_error({"x": stuck}, NORMAL)
    assert found.error == 0.5 and found.mcse == pytest.approx(0.25)


def test_the_error_falls_as_draws_come_in():
    draws = np.random.default_rng(122).standard_normal((400, 1000))
    path = scores.error_path({"x": draws}, NORMAL, [1, 1000])
    spread = np.sqrt(np.mean([p * (1 - p) for p in (0.05, 0.5, 0.95)]))
    assert path[0] < 5 * spread / 20 and path[1] < 5 * spread / np.sqrt(400_000)
    assert path[1] < path[0]


def test_a_score_counts_what_the_chain_is_worth(runs):
    result = runs["VI", "line"]
    found = methods.score("VI", "line", result)
    chain = methods.quantities("VI", "line", result.corrected)
    assert found["ess"] == min_ess(chain)
    assert found["autocorrelation_time"] == CHAINS * DRAWS / found["ess"]
    assert found["ess_per_evaluation"] == pytest.approx(1 / found["autocorrelation_time"])
    handed_out = methods.quantities("VI", "line", result.positions)
    reference = methods.model_for("VI", "line").reference()
    assert found["error"] == methods.worst_error(handed_out, reference).error
    assert found["divergences"] == 0


def test_weights_are_those_of_the_worst_chain():
    model = methods.model_for("VI", "line")
    means, scales = jnp.array([[0.0, 1.02]] * 2), jnp.array([[0.04, 0.04], [0.01, 0.01]])
    q = vi.Gaussian(means, jnp.log(scales), None)
    good, both = (
        methods.diagnose(model, jax.tree.map(lambda leaf, s=part: leaf[s], q))
        for part in (slice(0, 1), slice(None))
    )
    assert both.khat > 0.7 > good.khat and both.largest > good.largest > 1


def test_weights_of_the_posterior_itself_are_equal():
    target = methods.model_for("VI", "binomial")
    flat = vi.Gaussian(jnp.zeros((1, 1)), jnp.zeros((1, 1)), None)
    normal = type("Model", (), {"logdensity": staticmethod(lambda x: -0.5 * jnp.sum(x**2))})
    found = methods.diagnose(normal, flat)
    assert found.khat == -np.inf and found.largest == pytest.approx(1)
    assert methods.diagnose(target, flat).largest > 1
