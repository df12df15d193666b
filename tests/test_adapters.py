"""Other libraries' models and kernels in the course's driver, and its draws in ArviZ.

Four tests on chance, one a NumPyro kernel, each fail a right sampler with probability 1e-4. All
else is compared to rounding.
"""

import os
import subprocess
import sys
import textwrap

import arviz as az
import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pymc as pm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpyro.infer import AIES, HMC, NUTS, SA, BarkerMH

from course_utils import checks
from course_utils.adapters import from_numpyro, from_numpyro_kernel, from_pymc, to_datatree
from course_utils.adapters.foreign import init_positions
from course_utils.hmc import hmc
from course_utils.kernel import sample
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.models import binomial, eight_schools, line
from course_utils.nuts import nuts
from course_utils.timing import count_compiles

KEY = jax.random.key(11)
MODELS = {
    "binomial": binomial.model,
    "centered": lambda: eight_schools.model(parameterization="centered"),
    "noncentered": eight_schools.model,
    "line": line.model,
}
COIN = binomial.model()
models = pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)


@models
@pytest.mark.parametrize("language", ["numpyro", "pymc"])
def test_an_adapted_model_is_the_density_of_the_course(build, language):
    model = build()
    adapted = from_numpyro(model.numpyro) if language == "numpyro" else from_pymc(model.pymc())
    assert adapted.dim == model.dim
    positions = jax.random.normal(KEY, (20, model.dim))
    sites = jax.jit(jax.vmap(adapted.constrain))(positions)
    ours = jax.jit(jax.vmap(lambda s: model.logdensity(model.unconstrain(s))))(
        {name: sites[name] for name in model.shapes}
    )
    difference = np.asarray(jax.jit(jax.vmap(adapted.logdensity))(positions) - ours)
    # Both are sums of some ten float32 terms; their rounding grows with the density's size.
    allowed = 1e-4 + 20 * np.finfo(np.float32).eps * np.abs(ours).max()
    np.testing.assert_allclose(difference, difference[0], atol=allowed, rtol=0)


@pytest.mark.parametrize("language", ["numpyro", "pymc"])
def test_names_and_deterministic_variables_come_back(language):
    model = eight_schools.model()
    adapted = from_numpyro(model.numpyro) if language == "numpyro" else from_pymc(model.pymc())
    positions = jax.random.normal(KEY, (2, 5, 10))
    sites = jax.vmap(jax.vmap(adapted.constrain))(positions)
    assert {name: site.shape for name, site in sites.items()} == {
        "mu": (2, 5),
        "tau": (2, 5),
        "theta_base": (2, 5, 8),
        "theta": (2, 5, 8),
    }
    theta = sites["mu"][..., None] + sites["tau"][..., None] * sites["theta_base"]
    # tau reaches 100, and a product of it has a float32 rounding of 1e-5.
    np.testing.assert_allclose(sites["theta"], theta, rtol=1e-5, atol=1e-4)
    assert np.array_equal(adapted.observed_data["y"], model.data.effect)


def test_starts_are_finite_and_those_of_init_to_uniform():
    adapted = from_numpyro(eight_schools.model().numpyro)
    starts = adapted.init_positions(KEY, 200)
    assert starts.shape == (200, 10)
    assert jnp.abs(starts).max() <= 2
    # 2000 uniform numbers: none beyond 1.9 on one side has the chance 0.975^2000 = 1e-22.
    assert starts.max() > 1.9 and starts.min() < -1.9
    assert not jnp.array_equal(starts[0], starts[1])


def test_starts_avoid_where_the_density_is_not_finite():
    starts = init_positions(KEY, lambda x: jnp.log(x[0]) - x[0], np.zeros(1), 50)
    assert (starts > 0).all()
    with pytest.raises(ValueError, match="100 starts within 2 of the center gave no finite value"):
        init_positions(KEY, lambda x: jnp.nan * x[0], np.zeros(1), 2)
    traced = jax.jit(lambda: init_positions(KEY, lambda x: jnp.nan * x[0], np.zeros(1), 2))()
    assert jnp.isnan(traced).all()


@settings(max_examples=20, deadline=None)
@given(st.one_of(st.integers(max_value=0), st.floats(), st.booleans(), st.none()))
def test_a_number_of_chains_is_an_integer_from_1(num_chains):
    with pytest.raises(ValueError, match=r"num_chains is .*; allowed are integers of at least 1"):
        init_positions(KEY, lambda x: -x @ x, np.zeros(1), num_chains)


def mean_of(y):
    mu = numpyro.sample("mu", dist.Normal(0, 10))
    numpyro.sample("y", dist.Normal(mu, 1), obs=y)


def pymc_mean_of(y):
    with pm.Model(coords={"toss": range(len(y))}) as model:
        data = pm.Data("data", y, dims="toss")
        pm.Normal("y", pm.Normal("mu", 0, 10), 1, observed=data, dims="toss")
    return model


@pytest.mark.parametrize("language", ["numpyro", "pymc"])
def test_new_data_need_no_new_program(language):
    y, other = jnp.arange(4.0), jnp.arange(4.0) + 5
    if language == "numpyro":
        adapted, given_data = from_numpyro(mean_of, y), lambda y: ((y,), {})
    else:
        adapted, given_data = from_pymc(pymc_mean_of(np.arange(4.0))), lambda y: ((), {"data": y})

    @jax.jit
    def fit(key, y):
        args, kwargs = given_data(y)
        kernel = hmc(lambda x: adapted.logdensity_given(x, *args, **kwargs), 0.3, jnp.ones(1), 5)
        starts = adapted.init_positions(key, 2, *args, **kwargs)
        draws, _ = sample(key, kernel, starts, 1000)
        return jax.vmap(jax.vmap(lambda x: adapted.constrain_given(x, *args, **kwargs)))(draws)

    first = fit(KEY, y)["mu"][:, 50:]
    with count_compiles() as log:
        second = fit(KEY, other)["mu"][:, 50:]
    assert log.count == 0
    # The posterior mean moves by 5 / 1.0025 and has sd 0.5: even 100 effective draws know it to .05
    assert float(second.mean() - first.mean()) == pytest.approx(5 / 1.0025, abs=0.4)


def test_models_that_cannot_be_adapted_are_refused():
    def discrete():
        numpyro.sample("z", dist.Bernoulli(0.5))

    with pytest.raises(ValueError, match="site 'z' is discrete and not observed"):
        from_numpyro(discrete)
    with pytest.raises(ValueError, match="it has no unobserved site"):
        from_numpyro(lambda: numpyro.sample("y", dist.Normal(0, 1), obs=1.0))
    with pm.Model() as with_discrete:
        pm.Bernoulli("z", 0.5)
    with pytest.raises(ValueError, match="variables that are discrete: z; allowed"):
        from_pymc(with_discrete)
    with pytest.raises(ValueError, match="with at least one"):
        from_pymc(pm.Model())
    with pytest.raises(TypeError, match=r"model is a function; allowed is a pm\.Model"):
        from_pymc(discrete)
    with pytest.raises(ValueError, match=r"data is \['wrong'\]; allowed are pm\.Data: \['data'\]"):
        from_pymc(pymc_mean_of(np.ones(2))).logdensity_given(jnp.zeros(1), wrong=1.0)


# NumPyro's kernels. SA adapts its proposal all through its warm-up; the others have a step size.


def correlated(x):
    return -0.5 * (x[0] ** 2 + (x[1] - x[0]) ** 2)


def potential(x):
    return -correlated(x)


KERNELS = {
    "NUTS": lambda: NUTS(potential_fn=potential, step_size=0.7),
    "HMC": lambda: HMC(potential_fn=potential, step_size=0.5, num_steps=4, trajectory_length=None),
    "SA": lambda: SA(potential_fn=potential, adapt_state_size=50),
    "BarkerMH": lambda: BarkerMH(potential_fn=potential, step_size=1.0),
}


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_of_numpyro_run_in_the_driver(name):
    num_warmup = 1000 if name == "SA" else 0
    kernel = from_numpyro_kernel(KERNELS[name](), num_warmup=num_warmup)
    draws, info = jax.jit(lambda key: sample(key, kernel, jnp.ones((4, 2)), 4000))(KEY)
    assert draws.shape == (4, 4000, 2)
    assert 0.1 < info.acceptance_rate[:, num_warmup:].mean() < 1
    if name in ("NUTS", "HMC"):
        assert info.num_integration_steps.min() >= 1
        assert not info.is_divergent.any()
        assert jnp.isfinite(info.energy).all()
    if num_warmup == 0:
        assert (info.step_size == info.step_size[0, 0]).all()
    kept = np.asarray(draws)[:, max(num_warmup, 100) :]
    verdict = checks.mean_within_mcse(kept[..., 1], 0.0, "y", alpha=1e-4)
    assert verdict.passed, verdict


def test_a_kernel_built_inside_jit_takes_a_traced_step_size():
    @jax.jit
    def run(key, step_size):
        kernel = from_numpyro_kernel(
            HMC(potential_fn=potential, step_size=step_size, num_steps=3, trajectory_length=None)
        )
        return sample(key, kernel, jnp.ones((2, 2)), 100)[1].acceptance_rate.mean()

    small = run(KEY, 0.1)
    with count_compiles() as log:
        large = run(KEY, 1.2)
    assert log.count == 0
    assert large < small


def test_a_kernel_of_a_model_adapts_in_its_warmup_only():
    kernel = from_numpyro_kernel(
        HMC(mean_of, num_steps=3, trajectory_length=None), jnp.arange(4.0), num_warmup=60
    )
    _, info = jax.jit(lambda key: sample(key, kernel, jnp.ones((2, 1)), 100))(KEY)
    step_size = np.asarray(info.step_size)
    assert len(np.unique(step_size[0, :60])) > 10
    assert (step_size[:, 60:] == step_size[:, [60]]).all()
    again, _ = jax.jit(lambda key: sample(key, kernel, jnp.ones((2, 1)), 50))(KEY)  # a second trace
    assert jnp.isfinite(again).all()


def test_kernels_that_cannot_be_adapted_are_refused():
    with pytest.raises(TypeError, match="kernel is a AIES; allowed are NumPyro kernels that move"):
        from_numpyro_kernel(AIES(mean_of))
    with pytest.raises(TypeError, match="kernel is a function"):
        from_numpyro_kernel(mean_of)
    for bad in (-1, 1.5, True):
        with pytest.raises(ValueError, match=r"num_warmup is .*; allowed are integers"):
            from_numpyro_kernel(NUTS(mean_of), num_warmup=bad)


# Results.

SCHOOLS = list("ABCDEFGH")


def draw(model, build_kernel, num_draws=300):
    starts = jnp.linspace(-0.5, 0.5, 2 * model.dim).reshape(2, model.dim)
    return jax.jit(lambda x: sample(KEY, build_kernel(model.logdensity), x, num_draws))(starts)


@pytest.mark.parametrize("source", ["course", "numpyro", "pymc"])
def test_draws_leave_with_names_dims_and_statistics(source):
    course = eight_schools.model()
    model = {
        "course": lambda: course,
        "numpyro": lambda: from_numpyro(course.numpyro),
        "pymc": lambda: from_pymc(course.pymc()),
    }[source]()
    draws, info = draw(model, lambda logp: hmc(logp, 0.3, jnp.ones(10), 8))
    tree = to_datatree(
        draws,
        info,
        model,
        step_size=[0.4, 0.4],
        coords={"school": SCHOOLS},
        dims={"theta": ["school"], "theta_base": ["school"]} if source == "pymc" else None,
    )
    posterior, stats = tree["posterior"], tree["sample_stats"]
    assert posterior["theta"].dims == ("chain", "draw", "school")
    assert posterior["mu"].dims == ("chain", "draw")
    assert list(posterior["school"].values) == SCHOOLS
    expected = {"mu", "tau", "theta", "theta_base"} | ({"log_tau"} if source == "course" else set())
    assert set(posterior.data_vars) == expected
    assert set(stats.data_vars) == {
        *("acceptance_rate", "accepted", "diverging", "energy", "n_steps", "step_size", "lp")
    }
    assert all(stat.dims == ("chain", "draw") for stat in stats.data_vars.values())
    assert float(stats["lp"][1, 7]) == pytest.approx(float(model.logdensity(draws[1, 7])), rel=1e-4)
    assert float(posterior["tau"][1, 7]) == pytest.approx(
        float(model.constrain(draws[1, 7])["tau"])
    )
    assert np.array_equal(tree["observed_data"]["y"], course.data.effect)
    summary = az.summary(tree, var_names=["mu", "theta"])
    assert "theta[A]" in summary.index
    assert np.isfinite(az.ess(tree)["mu"].item())


def test_plots_take_the_tree():
    draws, info = draw(COIN, lambda logp: nuts(logp, 0.4, jnp.ones(1)))
    tree = to_datatree(draws, info, COIN)
    assert {"diverging", "tree_depth", "energy"} <= set(tree["sample_stats"].data_vars)
    for plot in (az.plot_trace, az.plot_energy):
        plot(tree, backend="none")


def test_infos_of_other_kernels_are_understood():
    for build, stats in (
        (lambda logp: metropolis_hastings(logp, random_walk(0.5)), {"acceptance_rate", "accepted"}),
        (
            lambda logp: blackjax.nuts(logp, 0.5, jnp.ones(1)),
            {"acceptance_rate", "diverging", "energy", "tree_depth", "n_steps"},
        ),
    ):
        draws, info = draw(COIN, build, num_draws=20)
        tree = to_datatree(draws, info)
        assert set(tree["sample_stats"].data_vars) == stats
        assert tree["posterior"]["x"].shape == (2, 20, 1)
    assert list(to_datatree(draws).children) == ["posterior"]


def test_a_second_tree_of_a_model_needs_no_new_program():
    draws = jnp.zeros((2, 10, 1))
    to_datatree(draws, model=COIN)
    with count_compiles() as log:
        to_datatree(draws + 1, model=COIN)
    assert log.names.count("_every_draw") == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=4))
def test_draws_of_a_wrong_shape_are_refused(shape):
    if len(shape) == 3 and 0 not in shape:
        assert to_datatree(np.zeros(shape))["posterior"]["x"].shape == tuple(shape)
    else:
        with pytest.raises(ValueError, match=r"draws has shape .*; allowed is \(num_chains, num_d"):
            to_datatree(np.zeros(shape))
    if len(shape) != 3 or shape[2] != 1 or 0 in shape:
        with pytest.raises(ValueError, match=r"draws has shape .*; allowed is .* with dim 1"):
            to_datatree(np.zeros(shape), model=COIN)


def test_statistics_that_do_not_fit_are_refused():
    draws = jnp.zeros((2, 10, 1))
    _, info = draw(COIN, lambda logp: hmc(logp, 0.4, jnp.ones(1), 4), num_draws=9)
    with pytest.raises(ValueError, match=r"info: its .* has shape \(2, 9\); allowed is \(2, 10\)"):
        to_datatree(draws, info)
    with pytest.raises(
        ValueError, match=r"step_size has shape \(3,\); allowed is \(\) or \(num_ch"
    ):
        to_datatree(draws, step_size=np.ones(3))


ALONE = """
    import os, sys
    import course_utils.kernel, course_utils.adapters, course_utils.devices, course_utils.progress
    assert not {"numpyro", "pymc", "arviz", "arviz_base", "xarray"} & set(sys.modules)
    import pymc as pm
    from course_utils.adapters import from_pymc
    with pm.Model() as model:
        pm.Normal("x")
    from_pymc(model)
    import jax
    assert not jax.config.jax_enable_x64
    assert "XLA_FLAGS" not in os.environ
    assert jax.device_count() == 1
    assert jax.numpy.zeros(1).dtype == "float32"
    print("done")
"""


def test_adapters_import_late_and_leave_jax_as_it_was():
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    for name in ("JAX_NUM_CPU_DEVICES", "JAX_ENABLE_X64"):
        environment.pop(name, None)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ALONE)],
        env=environment | {"JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout.strip() == "done", run.stderr
