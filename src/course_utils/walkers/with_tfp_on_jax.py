"""The walk in TensorFlow Probability on JAX: one compiled program."""

import sys

# TFP would import TensorFlow, if it is there, and not use it.
sys.modules["tensorflow"] = None

import jax
import jax.numpy as jnp
import tensorflow_probability.substrates.jax as tfp
from tensorflow_probability.substrates.jax import tf2jax as tf

from course_utils.walkers import tfp_loop


def compiled(target, num_chains, num_draws):
    """Compile the walk."""

    @jax.jit
    def walk(key, starts):
        return tfp_loop.moments(tf, tfp, target, starts, num_draws, key)

    walk.lower(jax.random.key(0), jnp.zeros(num_chains)).compile()

    def run(seed, starts):
        return jax.block_until_ready(walk(jax.random.key(seed), starts))

    return run
