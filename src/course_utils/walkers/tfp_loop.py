"""The walk in TensorFlow Probability, for TensorFlow and for JAX: ``tf`` and ``tfp`` are either."""

import numpy as np

from course_utils.walkers import STEP_SIZE


def kernel_of(tf, tfp, target):
    """Make TFP's random walk on the mixture, whose log density is that of the other programs."""
    factor = np.log(target.weight) - np.log(target.scale)
    precision = np.float32(1) / target.scale

    def log_density(x):
        z = (x - target.loc) * precision
        return tf.math.log(tf.reduce_sum(tf.math.exp(factor - 0.5 * z**2), axis=0))

    propose = tfp.mcmc.random_walk_normal_fn(scale=np.float32(STEP_SIZE))
    return tfp.mcmc.RandomWalkMetropolis(log_density, new_state_fn=propose)


def moments(tf, tfp, target, starts, num_draws, seed):
    """Walk, and add up x, x² and the accepted moves."""
    kernel = kernel_of(tf, tfp, target)

    def body(step, seed, position, results, total, total_square, accepted):
        seed, seed_now = tfp.random.split_seed(seed, 2)
        position, results = kernel.one_step(position, results, seed=seed_now)
        moved = tf.cast(results.is_accepted, tf.float32)
        sums = total + position, total_square + position**2, accepted + moved
        return step + 1, seed, position, results, *sums

    zeros = tf.zeros_like(starts)
    begin = 0, seed, starts, kernel.bootstrap_results(starts), zeros, zeros, zeros
    end = tf.while_loop(lambda step, *_: step < num_draws, body, begin)
    return end[2], end[4] / num_draws, end[5] / num_draws, end[6] / num_draws
