"""JointDistribution: the sum of its marginals, in every shape, under every transformation.

False-alarm budget: about 20 comparisons at four to five standard errors, and eight KS tests at
1e-6: below 1e-3 together. The seeds were drawn once.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpyro import handlers
from numpyro.distributions import biject_to, constraints
from numpyro.distributions.batch_util import promote_batch_shape, vmap_over
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal
from numpyro.infer.util import log_density
from scipy import stats

from course_utils import checks
from course_utils.adapters import from_numpyro
from course_utils.joint_distribution import JointDistribution
from course_utils.joint_support import Pieces
from course_utils.nuts import nuts
from course_utils.timing import count_compiles
from course_utils.warmup import warmup_and_sample

# Event shapes (), (2,), (3,), (2, 2) and supports of five kinds, each for any batch shape.
KINDS = {
    "normal": lambda batch: dist.Normal(jnp.full(batch, 0.5), 2.0),
    "gamma": lambda batch: dist.Gamma(jnp.full(batch, 3.0), 2.0),
    "bounded": lambda batch: dist.Uniform(-1.0 + jnp.arange(math.prod(batch)).reshape(batch), 20.0),
    "block": lambda batch: dist.HalfNormal(jnp.full((*batch, 2), 1.5)).to_event(1),
    "simplex": lambda batch: dist.Dirichlet(jnp.full((*batch, 3), 1.5)),
    "matrix": lambda batch: dist.LKJCholesky(2, jnp.full(batch, 2.0)),
    "tied": lambda batch: dist.MultivariateNormal(
        jnp.zeros((*batch, 2)), jnp.array([[1.0, 0.5], [0.5, 1.0]])
    ),
}


def mixed(batch=()):
    """One marginal of each kind."""
    return JointDistribution({name: make(batch) for name, make in KINDS.items()})


def marginal_sum(joint, value):
    parts = joint.split(value)
    named = zip(joint.names, joint.marginals, strict=True)
    return sum(marginal.log_prob(parts[name]) for name, marginal in named)


# Density, shapes, moments.


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4),
    st.sampled_from([(), (3,), (2, 3)]),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.sampled_from([(), (5,), (4, 1)]),
)
def test_shapes_and_density_for_any_marginals(kinds, batch, batched, sample_shape):
    marginals = [KINDS[kind](batch if wide else ()) for kind, wide in zip(kinds, batched)]  # noqa: B905
    joint = JointDistribution(marginals)
    sizes = [math.prod(marginal.event_shape) for marginal in marginals]
    wanted = batch if any(batched[: len(kinds)]) else ()
    assert (joint.batch_shape, joint.event_shape) == (wanted, (sum(sizes),))
    value = joint.sample(jax.random.key(1), sample_shape)
    assert value.shape == (*sample_shape, *wanted, sum(sizes)) == joint.shape(sample_shape)
    assert bool(jnp.all(joint.support(value)))
    found = joint.log_prob(value)
    assert found.shape == (*sample_shape, *wanted)
    start, exact = 0, 0.0
    for marginal, size in zip(marginals, sizes, strict=True):
        piece = value[..., start : start + size].reshape(value.shape[:-1] + marginal.event_shape)
        exact, start = exact + marginal.log_prob(piece), start + size
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-5)  # float32, up to four terms
    assert (joint.join(joint.split(value)) == value).all()


def test_density_against_scipy():
    joint = JointDistribution(
        {"x": dist.Normal(1.0, 2.0), "w": dist.Dirichlet(jnp.array([1.0, 2, 3]))}
    )
    w = np.array([0.2, 0.3, 0.5])
    exact = stats.norm(1, 2).logpdf(0.4) + stats.dirichlet([1, 2, 3]).logpdf(w)
    assert float(joint.log_prob(jnp.array([0.4, *w]))) == pytest.approx(exact, rel=1e-5)


def test_each_marginal_has_its_law_and_they_are_independent():
    joint = JointDistribution(
        {"x": dist.Normal(1.0, 2.0), "g": dist.Gamma(3.0, 0.5), "y": dist.Normal()}
    )
    draws = np.asarray(joint.sample(jax.random.key(2), (20_000,)), float)
    laws = [stats.norm(1, 2), stats.gamma(3, scale=2), stats.norm()]
    bound = checks.dkw_envelope(20_000, 3, 1e-6)
    scores = []
    for law, values in zip(laws, draws.T, strict=True):
        assert checks.ks_distance(values, law.cdf) < bound
        scores.append(stats.norm.ppf(law.cdf(values)))
    assert np.abs(np.corrcoef(scores) - np.eye(3)).max() < 5 / np.sqrt(20_000)


def test_a_marginal_without_a_batch_is_drawn_anew_for_each_member():
    joint = JointDistribution([dist.Normal(), dist.Normal(jnp.zeros(4), 1.0)])
    draws = np.asarray(joint.sample(jax.random.key(3), (5000,)))[..., 0]  # (5000, 4)
    # Two float32 normals are equal about once in a million, by rounding.
    assert (draws[:, :1] != draws[:, 1:]).mean() > 0.999
    assert np.abs(np.corrcoef(draws.T) - np.eye(4)).max() < 5 / np.sqrt(5000)


@pytest.mark.parametrize("batch", [(), (3,)])
def test_mean_and_variance(batch):
    kinds = ("normal", "gamma", "block", "simplex", "tied")
    joint = JointDistribution(
        {kind: KINDS[kind](batch if kind == "gamma" else ()) for kind in kinds}
    )
    mean, variance = joint.split(joint.mean), joint.split(joint.variance)
    for name, marginal in zip(joint.names, joint.marginals, strict=True):
        shape = (*batch, *marginal.event_shape)
        np.testing.assert_allclose(mean[name], np.broadcast_to(marginal.mean, shape))
        np.testing.assert_allclose(variance[name], np.broadcast_to(marginal.variance, shape))
    assert joint.mean.shape == joint.variance.shape == joint.shape()


def test_expand_and_plates():
    joint = mixed((3,))
    wide = joint.expand((4, 3))
    assert isinstance(wide, JointDistribution) and wide.names == joint.names
    draws = wide.sample(jax.random.key(4), (2,))
    assert draws.shape == (2, 4, *joint.shape())
    np.testing.assert_allclose(wide.log_prob(draws), joint.log_prob(draws), rtol=1e-5)
    assert len(np.unique(np.asarray(draws)[..., 0])) == 2 * 4 * 3
    assert joint.expand_by((2,)).batch_shape == (2, 3)
    with pytest.raises(ValueError, match="Cannot broadcast"):
        wide.expand((5, 3))

    def model():
        with numpyro.plate("row", 6):
            numpyro.sample("x", JointDistribution([dist.Normal(), dist.Gamma(2.0)]))

    site = handlers.trace(handlers.seed(model, 0)).get_trace()["x"]
    assert site["value"].shape == (6, 2) and site["fn"].log_prob(site["value"]).shape == (6,)


def test_all_discrete_is_allowed():
    joint = JointDistribution([dist.Poisson(2.0), dist.Bernoulli(0.5)])
    value = joint.sample(jax.random.key(5), (100,))
    assert joint.is_discrete and bool(joint.support(value).all())
    assert jnp.issubdtype(value.dtype, jnp.integer)
    exact = stats.poisson(2).logpmf(3) + np.log(0.5)
    assert float(joint.log_prob(jnp.array([3, 1]))) == pytest.approx(exact, rel=1e-5)
    with pytest.raises(NotImplementedError):
        biject_to(joint.support)


def test_draws_carry_gradients_where_the_marginals_do():
    def first(loc):
        return JointDistribution([dist.Normal(loc, 1.0), dist.Gamma(2.0)]).sample(
            jax.random.key(0)
        )[0]

    assert float(jax.grad(first)(0.3)) == 1.0
    assert mixed().has_rsample
    assert not JointDistribution([dist.Poisson(1.0)]).has_rsample


# The support and its bijection.


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_the_bijection_goes_there_and_back(batch):
    joint = mixed(batch)
    transform = biject_to(joint.support)
    value = joint.sample(jax.random.key(6), (4,))
    free = transform.inv(value)
    assert free.shape == transform.inverse_shape(value.shape)
    assert free.shape[-1] == joint.event_shape[0] - 1 - 3  # a simplex loses one, the matrix three
    assert transform.forward_shape(free.shape) == value.shape
    np.testing.assert_allclose(transform(free), value, rtol=1e-4, atol=1e-4)  # float32 log and exp
    anywhere = 3 * jax.random.normal(jax.random.key(7), free.shape)
    assert bool(joint.support(transform(anywhere)).all())
    jacobian = transform.log_abs_det_jacobian(anywhere, transform(anywhere))
    assert jacobian.shape == value.shape[:-1]
    # The same, marginal by marginal.
    named = zip(joint.marginals, transform.transforms, transform.free_shapes, strict=True)
    start, exact = 0, 0.0
    for marginal, part, shape in named:
        assert type(part) is type(biject_to(marginal.support))
        size = math.prod(shape)
        piece = anywhere[..., start : start + size].reshape(anywhere.shape[:-1] + shape)
        exact, start = exact + part.log_abs_det_jacobian(piece, part(piece)), start + size
    np.testing.assert_allclose(jacobian, exact, rtol=1e-4, atol=1e-4)


def test_the_jacobian_is_that_of_automatic_differentiation():
    joint = JointDistribution(
        [dist.Gamma(2.0), dist.Uniform(-1.0, 3.0), dist.HalfNormal(jnp.ones(2)).to_event(1)]
    )
    transform = biject_to(joint.support)
    for key in jax.random.split(jax.random.key(8), 5):
        free = jax.random.normal(key, (4,))
        exact = jnp.linalg.slogdet(jax.jacfwd(transform)(free))[1]
        found = transform.log_abs_det_jacobian(free, transform(free))
        assert float(found) == pytest.approx(float(exact), abs=1e-4)  # float32


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("normal", "tied")])
def test_one_bad_piece_is_outside_the_support(kind):
    joint = mixed()
    parts = joint.split(joint.sample(jax.random.key(9)))
    assert bool(joint.support(joint.join(parts)))
    bad = joint.join(parts | {kind: -40.0 * jnp.ones_like(parts[kind])})
    assert not bool(joint.support(bad))


def test_the_support_is_a_constraint_like_others():
    joint, other = mixed((2,)), mixed((2,))
    support = joint.support
    assert support == joint.support
    # As in NumPyro, arrays are compared by identity in ==, and by value in eq.
    assert bool(support.eq(other.support)) and bool(biject_to(support).eq(biject_to(other.support)))
    assert support != mixed().support and support != constraints.real_vector
    assert support.event_dim == 1 and not support.is_discrete
    assert jax.tree.unflatten(*reversed(jax.tree.flatten(support))) == support
    feasible = support.feasible_like(jnp.zeros(mixed((2,)).shape()))
    assert bool(support(feasible).all())
    assert "Pieces" in repr(support)


# Transformations of JAX.


def test_a_joint_is_an_argument_of_a_compiled_function():
    @jax.jit
    def density(joint, value):
        return joint.log_prob(value)

    value = mixed().sample(jax.random.key(10))
    assert float(density(mixed(), value)) == pytest.approx(float(mixed().log_prob(value)), rel=1e-5)
    make = lambda loc: JointDistribution([dist.Normal(loc, 1.0), dist.Gamma(2.0)])  # noqa: E731
    density(make(jnp.float32(0.0)), jnp.ones(2))
    with count_compiles() as log:
        density(make(jnp.float32(1.0)), jnp.ones(2))
    assert log.count == 0  # new parameters, no new program
    assert jax.tree.map(lambda leaf: leaf, mixed()).names == mixed().names


def test_vmap_inside_as_an_argument_and_as_a_result():
    locs, scales = jnp.arange(3.0), jnp.array([0.5, 1.0, 2.0])

    def make(loc, scale):
        tied = dist.MultivariateNormal(jnp.zeros(2), scale_tril=scale * jnp.eye(2))
        return JointDistribution({"x": dist.Normal(loc, scale), "y": tied, "g": dist.Gamma(2.0)})

    values = jnp.abs(jax.random.normal(jax.random.key(11), (3, 4)))
    exact = [make(*pair).log_prob(v) for *pair, v in zip(locs, scales, values, strict=True)]
    inside = jax.vmap(lambda *args: make(*args[:2]).log_prob(args[2]))(locs, scales, values)
    np.testing.assert_allclose(inside, exact, rtol=1e-5)
    stack = jax.vmap(make)(locs, scales)
    np.testing.assert_allclose(
        jax.vmap(lambda j, v: j.log_prob(v))(stack, values), exact, rtol=1e-5
    )
    axes = vmap_over(stack, marginals=0)
    draw = jax.vmap(lambda j, k: j.sample(k), (axes, 0))
    keys = jax.random.split(jax.random.key(12), 3)
    by_hand = [make(*pair).sample(k) for *pair, k in zip(locs, scales, keys, strict=True)]
    np.testing.assert_allclose(draw(stack, keys), np.array(by_hand), rtol=1e-5)
    batch = promote_batch_shape(stack)
    assert (batch.batch_shape, batch.event_shape) == ((3,), (4,))
    np.testing.assert_allclose(batch.log_prob(values), exact, rtol=1e-5)
    assert batch.sample(jax.random.key(13), (7,)).shape == (7, 3, 4)


def test_scan_with_a_joint_as_carry():
    joint = JointDistribution({"x": dist.Normal(jnp.float32(0.0), 1.0), "g": dist.Gamma(2.0)})

    def step(joint, key):
        value = joint.sample(key)
        return jax.tree.map(lambda leaf: leaf + 1.0, joint), joint.log_prob(value)

    last, densities = jax.lax.scan(step, joint, jax.random.split(jax.random.key(14), 3))
    assert densities.shape == (3,) and last.names == ("x", "g")
    assert float(last.marginals[0].loc) == 3.0


# In inference.


def shop(visitors, buyers, kinds, days):
    """Three unknowns of three kinds in one site, with a conjugate likelihood for each."""
    joint = JointDistribution(
        {"rate": dist.Gamma(2.0, 0.05), "p": dist.Beta(2.0, 2.0), "w": dist.Dirichlet(jnp.ones(3))}
    )
    parts = joint.split(numpyro.sample("shop", joint))
    numpyro.sample("visitors", dist.Poisson(days * parts["rate"]), obs=visitors)
    numpyro.sample("buyers", dist.Binomial(visitors, parts["p"]), obs=buyers)
    numpyro.sample("kinds", dist.Multinomial(buyers, parts["w"]), obs=kinds)


def test_nuts_finds_the_conjugate_posteriors():
    data = (210, 42, np.array([12, 7, 23]), 5.0)
    model = from_numpyro(shop, *data)
    assert model.dim == 4

    @jax.jit
    def run(key):
        starts = 0.5 * jax.random.normal(key, (4, model.dim))
        kernel = lambda step, metric: nuts(model.logdensity, step, metric)  # noqa: E731
        draws, _, _ = warmup_and_sample(key, kernel, starts, 500, 2000)
        return jax.vmap(jax.vmap(model.constrain))(draws)["shop"]

    draws = np.asarray(run(jax.random.key(15)))
    w = np.ones(3) + data[2]
    exact = [(2 + 210) / (0.05 + 5.0), (2 + 42) / (4 + 210), *(w / w.sum())]
    for k, mean in enumerate(exact):
        for power in (1, 2):
            if power == 2 and k == 0:
                mean = (212 / 5.05) ** 2 + 212 / 5.05**2
            elif power == 2 and k == 1:
                mean = stats.beta(44, 170).moment(2)
            elif power == 2:
                mean = stats.beta(w[k - 2], w.sum() - w[k - 2]).moment(2)
            verdict = checks.mean_within_mcse(draws[..., k] ** power, mean, f"{k}^{power}", 1e-5)
            assert verdict.passed, verdict.message


@pytest.mark.parametrize("guide", [AutoNormal, AutoMultivariateNormal])
def test_svi_finds_a_posterior_that_the_guide_can_be(guide):
    """Normal and log-normal are normal on the real line, so the best ELBO is exactly log Z = 0."""

    def model():
        joint = JointDistribution({"x": dist.Normal(1.0, 2.0), "s": dist.LogNormal(0.3, 0.5)})
        numpyro.sample("both", joint)

    steps = 3000
    auto = guide(model)
    svi = SVI(model, auto, optax.adam(optax.cosine_decay_schedule(0.05, steps)), Trace_ELBO(16))
    result = jax.jit(lambda key: svi.run(key, steps, progress_bar=False))(jax.random.key(16))
    # −ELBO is the divergence from guide to target. Its estimate has the standard error
    # sqrt(2 KL / 20,000), below 1e-3 here.
    loss = Trace_ELBO(20_000).loss(jax.random.key(17), result.params, model, auto)
    assert abs(float(loss)) < 5e-3
    draws = auto.sample_posterior(jax.random.key(18), result.params, sample_shape=(4, 5000))["both"]
    laws = [stats.norm(1, 2), stats.lognorm(0.5, scale=np.exp(0.3))]
    for k, law in enumerate(laws):
        # KL < 6e-3 moves a cumulative curve by at most sqrt(KL / 2) = 0.055 (Pinsker).
        bound = checks.dkw_envelope(20_000, 2, 1e-6) + 0.055
        assert checks.ks_distance(np.asarray(draws)[..., k].ravel(), law.cdf) < bound


def test_one_site_and_separate_sites_are_one_density():
    def together(y):
        joint = JointDistribution({"a": dist.Normal(0, 3), "s": dist.HalfNormal(2.0)})
        parts = joint.split(numpyro.sample("both", joint))
        numpyro.sample("y", dist.Normal(parts["a"], parts["s"]), obs=y)

    def apart(y):
        a, s = numpyro.sample("a", dist.Normal(0, 3)), numpyro.sample("s", dist.HalfNormal(2.0))
        numpyro.sample("y", dist.Normal(a, s), obs=y)

    y = jnp.array([0.3, -1.0, 2.0])
    for a, s in ((0.5, 1.0), (-2.0, 0.3), (4.0, 5.0)):
        one = log_density(together, (y,), {}, {"both": jnp.array([a, s])})[0]
        two = log_density(apart, (y,), {}, {"a": a, "s": s})[0]
        assert float(one) == pytest.approx(float(two), rel=1e-5)


# Bad input.


@pytest.mark.parametrize(
    ("marginals", "names", "error", "message"),
    [
        ([], None, ValueError, "marginals is empty"),
        ({}, None, ValueError, "marginals is empty"),
        (dist.Normal(), None, TypeError, "of type Normal; allowed is a sequence"),
        (None, None, TypeError, "of type NoneType"),
        ("ab", None, TypeError, "of type str"),
        ({"x": dist.Normal(), "y": 1.0}, None, TypeError, "marginal 'y' is of type float"),
        ([dist.Normal, dist.Normal()], None, TypeError, "marginal '0' is of type DistributionMeta"),
        ([dist.Normal(), dist.Normal()], ["x", "x"], ValueError, "all distinct"),
        ([dist.Normal(), dist.Normal()], ["x"], ValueError, "one for each marginal"),
        ([dist.Normal(), dist.Normal()], [1, 2], TypeError, "allowed are strings"),
        ({"x": dist.Normal()}, ["x"], ValueError, "keys of the mapping"),
        (
            {"x": dist.Normal(jnp.zeros(2)), "y": dist.Normal(jnp.zeros(3))},
            None,
            ValueError,
            r"'x' \(2,\), 'y' \(3,\); allowed are those that broadcast",
        ),
        ({"x": dist.Normal(), "k": dist.Poisson(2.0)}, None, ValueError, "'k' are discrete"),
    ],
)
def test_bad_marginals_are_refused_in_words(marginals, names, error, message):
    with pytest.raises(error, match=message):
        JointDistribution(marginals, names)


def test_bad_values_are_refused_in_words():
    joint = JointDistribution({"x": dist.Normal(), "w": dist.Dirichlet(jnp.ones(3))})
    for wrong in (jnp.zeros(3), jnp.zeros(()), jnp.zeros((4, 5))):
        with pytest.raises(ValueError, match=r"allowed is \(\.\.\., 4\)"):
            joint.log_prob(wrong)
        with pytest.raises(ValueError, match=r"allowed is \(\.\.\., 4\)"):
            joint.split(wrong)
    with pytest.raises(ValueError, match="pieces are x; allowed are x, w"):
        joint.join({"x": 0.0})
    assert isinstance(joint.support, Pieces)
    outside = jnp.array([0.0, -1.0, 1.0, 1.0])
    with pytest.warns(UserWarning, match="Out-of-support"):
        assert float(joint.log_prob(outside)) == -np.inf
