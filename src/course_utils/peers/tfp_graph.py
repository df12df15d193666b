"""TensorFlow Probability on TensorFlow's graph, which is traced once and then interpreted.

Tuned by TFP in windows, see ``tfp``: one step size for all chains, and a diagonal metric.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from course_utils.peers import tfp as programs


def prepare(name, data, settings, jit_compile=False):
    """Trace warm-up and sampling as one function of a seed; XLA compiles it at its first call."""
    model, observed = getattr(programs, name)(tf, tfp, **data)

    @tf.function(jit_compile=jit_compile, autograph=False)
    def run(seed):
        return programs.nuts(tfp, model, observed, settings, seed)

    run.get_concrete_function(tf.TensorSpec([2], tf.int32))

    def sample(seed):
        draws, trace = run(tf.constant([seed, 0]))
        return programs.kept(draws, trace, settings)

    return sample
