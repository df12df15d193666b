"""TensorFlow Probability on JAX: one program, compiled before it runs.

Tuned by TFP in windows, see ``tfp``: one step size for all chains, and a diagonal metric.
"""

import sys

# TFP would import TensorFlow, if it is there, and not use it.
sys.modules["tensorflow"] = None

import jax
import numpy as np
import tensorflow_probability.substrates.jax as tfp
from tensorflow_probability.substrates.jax import tf2jax as tf

from course_utils.peers import tfp as programs


def prepare(name, data, settings):
    """Compile warm-up and sampling into one function of a key."""
    model, observed = getattr(programs, name)(tf, tfp, **data)

    @jax.jit
    def run(key):
        return programs.nuts(tfp, model, observed, settings, key)

    compiled = run.lower(jax.random.key(0)).compile()

    def sample(seed):
        draws, trace = jax.tree.map(np.asarray, compiled(jax.random.key(seed)))
        return programs.kept(draws, trace, settings)

    return sample
