"""The walk in TensorFlow Probability on TensorFlow: eager, as a graph, and compiled by XLA."""

import tensorflow as tf
import tensorflow_probability as tfp

from course_utils.walkers import tfp_loop


def eager(target, num_chains, num_draws):
    """Run operation by operation, as TensorFlow does unless told otherwise."""

    def run(seed, starts):
        seed = tf.constant([seed, 0])
        found = tfp_loop.moments(tf, tfp, target, tf.constant(starts), num_draws, seed)
        return [one.numpy() for one in found]

    return run


def graph(target, num_chains, num_draws, jit_compile=False):
    """Trace the whole walk as one graph, which TensorFlow then interprets."""
    kinds = tf.TensorSpec([2], tf.int32), tf.TensorSpec([num_chains], tf.float32)

    @tf.function(input_signature=kinds, jit_compile=jit_compile, autograph=False)
    def walk(seed, starts):
        return tfp_loop.moments(tf, tfp, target, starts, num_draws, seed)

    walk.get_concrete_function()

    def run(seed, starts):
        found = walk(tf.constant([seed, 0]), tf.constant(starts))
        return [one.numpy() for one in found]

    return run


def xla(target, num_chains, num_draws):
    """Do the same, compiled by XLA at the first call."""
    return graph(target, num_chains, num_draws, jit_compile=True)


def stored(target, num_chains, num_draws):
    """Walk as in 2019: ``sample_chain`` keeps every draw, and all that the kernel reports on it."""
    kinds = tf.TensorSpec([2], tf.int32), tf.TensorSpec([num_chains], tf.float32)

    @tf.function(input_signature=kinds, autograph=False)
    def walk(seed, starts):
        kernel = tfp_loop.kernel_of(tf, tfp, target)
        draws, results = tfp.mcmc.sample_chain(
            num_draws, starts, kernel=kernel, trace_fn=lambda _, results: results, seed=seed
        )
        moved = tf.cast(results.is_accepted, tf.float32)
        means = (tf.reduce_mean(one, axis=0) for one in (draws, draws**2, moved))
        return draws, results, (draws[-1], *means)

    walk.get_concrete_function()

    def run(seed, starts):
        _draws, _results, found = walk(tf.constant([seed, 0]), tf.constant(starts))
        return [one.numpy() for one in found]

    return run
