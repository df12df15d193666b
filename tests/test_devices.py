"""Chains over devices: the same draws wherever a chain runs, and words where they cannot be split.

Draws are compared bit for bit, or to rounding where the compiler may order a sum differently.
"""

import os
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.devices import over_devices, use_cpu_devices
from course_utils.hmc import hmc
from course_utils.kernel import sample, sample_chain

KEY = jax.random.key(5)
STARTS = jnp.linspace(-1.0, 1.0, 8).reshape(4, 2)
few = settings(max_examples=25, deadline=None)


def kernel():
    return hmc(lambda x: -0.5 * jnp.sum(x**2), 0.4, jnp.ones(2), 5)


def one_chain(key, position):
    return sample_chain(key, kernel(), position, 30)


@pytest.mark.parametrize("chain_method", ["sequential", "vectorized"])
def test_draws_are_those_of_the_plain_driver(chain_method):
    plain, plain_info = jax.jit(lambda key: sample(key, kernel(), STARTS, 30))(KEY)
    draws, info = jax.jit(
        lambda key: over_devices(one_chain, key, STARTS, num_devices=1, chain_method=chain_method)
    )(KEY)
    assert draws.shape == (4, 30, 2)
    # Rounding of 1e-7 a step, magnified over 30 short trajectories on a Gaussian.
    np.testing.assert_allclose(draws, plain, atol=2e-5)
    assert jnp.array_equal(info.is_accepted, plain_info.is_accepted)


def test_a_program_of_all_chains_gets_them_together():
    draws, info = over_devices(
        lambda key, starts: sample(key, kernel(), starts, 30),
        KEY,
        STARTS,
        num_devices=1,
        chain_method="together",
    )
    assert draws.shape == (4, 30, 2)
    assert info.acceptance_rate.shape == (4, 30)


TWO_DEVICES = """
    import jax
    import jax.numpy as jnp
    import numpy as np
    import pytest
    from course_utils.devices import over_devices, use_cpu_devices
    from course_utils.hmc import hmc
    from course_utils.kernel import sample, sample_chain
    from course_utils.progress import ProgressBar, sample_with_progress

    use_cpu_devices(2)
    assert jax.device_count() == 2
    use_cpu_devices(2)  # as it is already
    with pytest.raises(RuntimeError, match="JAX_NUM_CPU_DEVICES=3 before Python starts"):
        use_cpu_devices(3)

    key, starts = jax.random.key(5), jnp.linspace(-1.0, 1.0, 8).reshape(4, 2)
    kernel = lambda: hmc(lambda x: -0.5 * jnp.sum(x**2), 0.4, jnp.ones(2), 5)
    one_chain = lambda key, position: sample_chain(key, kernel(), position, 30)
    for method in ("sequential", "vectorized"):
        one, two = (
            jax.jit(lambda key, n=n: over_devices(
                one_chain, key, starts, num_devices=n, chain_method=method))(key)[0]
            for n in (1, 2)
        )
        assert two.shape == (4, 30, 2)
        assert len(two.sharding.device_set) == 2
        # Rounding, as in the test on one device.
        assert np.allclose(one, two, atol=2e-5, rtol=0)
        assert not np.array_equal(two[0], two[2])  # each device has keys of its own
    together = jax.jit(lambda key: over_devices(
        lambda key, x: sample_with_progress(key, kernel(), x, 30)[0], key, starts,
        chain_method="together"))
    with ProgressBar(4 * 30) as bar:
        draws = together(key)
    assert bar.done == 120, bar.done
    keys = jax.random.split(key, 4)
    for device in range(2):
        mine = slice(2 * device, 2 * device + 2)
        alone = sample(keys[2 * device], kernel(), starts[mine], 30)[0]
        assert np.allclose(draws[mine], alone, atol=2e-5, rtol=0)
    with pytest.raises(ValueError, match="positions holds 3 chains; allowed over 2 devices is a"):
        over_devices(one_chain, key, starts[:3])
    print("done")
"""


def test_two_devices_draw_what_one_draws():
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    environment.pop("JAX_NUM_CPU_DEVICES", None)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(TWO_DEVICES)],
        env=environment | {"JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout.strip() == "done", run.stderr


# Bad input.


@few
@given(st.lists(st.integers(0, 3), max_size=3).filter(lambda s: len(s) != 2 or s[0] == 0))
def test_positions_without_chains_are_refused(shape):
    with pytest.raises(ValueError, match=r"positions has shape .*; allowed is \(num_chains, dim\)"):
        over_devices(one_chain, KEY, jnp.zeros(shape))


@few
@given(st.one_of(st.integers(max_value=0), st.floats(), st.booleans(), st.text()))
def test_a_number_of_devices_is_an_integer_from_1(num_devices):
    for refuse in (
        lambda: over_devices(one_chain, KEY, STARTS, num_devices=num_devices),
        lambda: use_cpu_devices(num_devices),
    ):
        with pytest.raises(ValueError, match=r"num_devices is .*; allowed are integers"):
            refuse()


def test_other_bad_arguments_of_devices_are_refused():
    more = jax.device_count() + 1
    with pytest.raises(ValueError, match=rf"num_devices is {more}, but JAX sees .*{more}\) right"):
        over_devices(one_chain, KEY, STARTS, num_devices=more)
    with pytest.raises(ValueError, match="chain_method is 'parallel'; allowed are sequential, vec"):
        over_devices(one_chain, KEY, STARTS, chain_method="parallel")
    with pytest.raises(ValueError, match="positions of chain 1"):
        over_devices(one_chain, KEY, STARTS.at[1, 0].set(jnp.nan))
