"""The driver: any kernel with init and step, and bad input that ends in words.

What is asserted here is exact or a matter of shape. The one test on chance says how often it fails
a right sampler.
"""

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import checks
from course_utils.kernel import sample, sample_chain
from course_utils.mh import metropolis_hastings, random_walk

KEY = jax.random.key(7)
few = settings(max_examples=25, deadline=None)  # an example compiles its own loop


def standard(x):
    return -0.5 * jnp.sum(x**2)


def walk(logdensity=standard):
    return metropolis_hastings(logdensity, random_walk(1.0))


def test_one_chain_is_a_row_of_many():
    positions = jnp.linspace(-1.0, 1.0, 6).reshape(3, 2)
    together, info = sample(KEY, walk(), positions, 50)
    for c, key in enumerate(jax.random.split(KEY, 3)):
        alone, alone_info = sample_chain(key, walk(), positions[c], 50)
        assert jnp.array_equal(together[c], alone)
        assert jnp.array_equal(info.is_accepted[c], alone_info.is_accepted)


# BlackJAX's kernels as they are. Each of the four fails a right sampler with probability 1e-4.

BLACKJAX = {
    "hmc": lambda: blackjax.hmc(standard, 0.5, jnp.ones(2), 5),
    "nuts": lambda: blackjax.nuts(standard, 0.5, jnp.ones(2)),
    "random walk": lambda: blackjax.rmh(
        standard, lambda key, x: x + 1.5 * jax.random.normal(key, x.shape)
    ),
    "mala": lambda: blackjax.mala(standard, 0.5),
}


@pytest.mark.parametrize("build", BLACKJAX.values(), ids=BLACKJAX)
def test_kernels_of_blackjax_run_unmodified(build):
    draws, info = jax.jit(lambda key: sample(key, build(), jnp.ones((4, 2)), 2000))(KEY)
    assert draws.shape == (4, 2000, 2)
    assert info.acceptance_rate.shape == (4, 2000)
    verdict = checks.mean_within_mcse(np.asarray(draws)[:, 100:, 0], 0.0, "x", alpha=1e-4)
    assert verdict.passed, verdict


# Bad input: a clear error or a right answer.


@few
@given(st.lists(st.integers(0, 3), max_size=3), st.sampled_from([-3, 0, 1, 4, 2.0, True, None]))
def test_shapes_and_lengths_are_right_or_refused(shape, num_draws):
    is_fine = len(shape) == 2 and shape[0] > 0 and type(num_draws) is int and num_draws > 0
    if is_fine:
        draws, info = sample(KEY, walk(), jnp.zeros(shape), num_draws)
        assert draws.shape == (shape[0], num_draws, shape[1])
        assert info.is_accepted.shape == draws.shape[:2]
        assert jnp.isfinite(draws).all()
    else:
        with pytest.raises(ValueError, match=r"(positions has shape|num_draws is) .*; allowed"):
            sample(KEY, walk(), jnp.zeros(shape), num_draws)


@few
@given(
    st.integers(0, 2), st.integers(0, 1), st.sampled_from([np.nan, np.inf, -np.inf]), st.booleans()
)
def test_a_start_that_is_not_finite_is_refused(chain, coordinate, bad, float64):
    with jax.enable_x64(float64):
        positions = np.zeros((3, 2))
        positions[chain, coordinate] = bad
        with pytest.raises(ValueError, match=f"positions of chain {chain} is .*; allowed are fin"):
            sample(KEY, walk(), positions, 3)


@settings(max_examples=4, deadline=None)
@given(st.sampled_from([np.nan, -np.inf]), st.integers(1, 5), st.booleans())
def test_no_chain_steps_where_the_density_is_not_a_number(bad, num_chains, float64):
    def walled(x):
        return jnp.where(jnp.abs(x).max() > 1, bad, standard(x))

    with jax.enable_x64(float64):
        draws, _ = sample(KEY, walk(walled), jnp.zeros((num_chains, 1)), 200)
        assert draws.dtype == (jnp.float64 if float64 else jnp.float32)
        assert jnp.abs(draws).max() <= 1  # false for NaN


def test_positions_that_are_no_real_numbers_are_refused():
    with pytest.raises(ValueError, match="positions has dtype int32; allowed are floating-point"):
        sample(KEY, walk(), jnp.zeros((2, 2), jnp.int32), 3)


def test_a_log_density_of_a_vector_is_refused():
    with pytest.raises(ValueError, match=r"log density of a position has shape \(2,\); allowed is"):
        sample(KEY, walk(lambda x: -0.5 * x**2), jnp.zeros((3, 2)), 3)
    with pytest.raises(ValueError, match=r"log density of a position has shape \(2,\)"):
        jax.jit(lambda x: sample(KEY, walk(lambda x: -0.5 * x**2), x, 3))(jnp.zeros((3, 2)))


@pytest.mark.parametrize("float64", [False, True])
def test_precision_follows_the_positions(float64):
    with jax.enable_x64(float64):
        draws, _ = sample(KEY, walk(), jnp.zeros((2, 2)), 20)
        assert draws.dtype == (jnp.float64 if float64 else jnp.float32)
        assert jnp.isfinite(draws).all()
