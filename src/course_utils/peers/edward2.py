"""Edward2: a model is a function that makes random choices, and TensorFlow Probability samples it.

Edward2 has no sampler of its own. Here NUTS of TFP, compiled by XLA, is tuned by dual averaging:
one step size for all chains, and no metric, which costs draws where scales differ.
"""

import sys

# Edward2's second half, for NumPy, fails with the SciPy of today.
sys.modules["edward2.numpy"] = None

import edward2 as ed
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from course_utils.peers.tfp import kept

tfb, tfd = tfp.bijectors, tfp.distributions
POSITIVE, PROBABILITY, REAL = tfb.Exp(), tfb.Sigmoid(), tfb.Identity()
ANGLE = tfb.Sigmoid(-np.float32(np.pi / 2), np.float32(np.pi / 2))


def binomial(chains, successes, trials):
    """Flip a coin."""
    p = ed.Beta(2.0, 2.0, sample_shape=chains, name="p")
    ed.Binomial(trials, probs=p[..., None], name="y")


def eight_schools_noncentered(chains, effect, standard_error):
    """Coach in eight schools."""
    mu = ed.Normal(0.0, 5.0, sample_shape=chains, name="mu")
    tau = ed.HalfCauchy(0.0, 5.0, sample_shape=chains, name="tau")
    theta_base = ed.Normal(0.0, 1.0, sample_shape=[chains, len(effect)], name="theta_base")
    ed.Normal(mu[..., None] + tau[..., None] * theta_base, standard_error, name="y")


def line(chains, x, y, sigma):
    """Draw a straight line."""
    theta = ed.Uniform(-np.pi / 2, np.pi / 2, sample_shape=chains, name="theta")
    b_perp = ed.Normal(0.0, 1.0, sample_shape=chains, name="b_perp")
    mean = tf.tan(theta)[..., None] * x + (b_perp / tf.cos(theta))[..., None]
    ed.Normal(mean, sigma, name="y")


def line_with_outliers(chains, x, y, sigma):
    """Draw a straight line through points of which some belong elsewhere."""
    theta = ed.Uniform(-np.pi / 2, np.pi / 2, sample_shape=chains, name="theta")
    b_perp = ed.Normal(0.0, 1.0, sample_shape=chains, name="b_perp")
    probability = ed.Uniform(0.0, 1.0, sample_shape=chains, name="outlier_probability")
    mean = ed.Normal(0.0, 1.0, sample_shape=chains, name="outlier_mean")
    sd = ed.HalfNormal(3.0, sample_shape=chains, name="outlier_sd")
    near = tf.tan(theta)[..., None] * x + (b_perp / tf.cos(theta))[..., None]
    far = mean[..., None] + tf.zeros_like(near)
    spread = tf.sqrt(sd[..., None] ** 2 + sigma**2)
    shares = tf.stack([1 - probability, probability], axis=-1)[..., None, :]
    spreads = tf.stack([sigma + tf.zeros_like(spread), spread], axis=-1)
    points = tfd.Normal(tf.stack([near, far], axis=-1), spreads)
    ed.MixtureSameFamily(tfd.Categorical(probs=shares), points, name="y")


def bradley_terry(chains, players, first, second, won):
    """Let players meet in matches."""
    scale = ed.HalfNormal(1.0, sample_shape=chains, name="scale")
    skill = ed.Normal(tf.zeros(len(players)), scale[..., None], name="skill")
    difference = tf.gather(skill, first, axis=-1) - tf.gather(skill, second, axis=-1)
    ed.Bernoulli(logits=difference, name="y")


# What each site may be, as a map from the real line; and which column is observed.
SITES = {
    "binomial": ({"p": PROBABILITY}, "successes"),
    "eight_schools_noncentered": ({"mu": REAL, "tau": POSITIVE, "theta_base": REAL}, "effect"),
    "line": ({"theta": ANGLE, "b_perp": REAL}, "y"),
    "line_with_outliers": (
        {
            "theta": ANGLE,
            "b_perp": REAL,
            "outlier_probability": PROBABILITY,
            "outlier_mean": REAL,
            "outlier_sd": POSITIVE,
        },
        "y",
    ),
    "bradley_terry": ({"scale": POSITIVE, "skill": REAL}, "won"),
}


def log_joint(name, data):
    """Return the log joint density of a model's sites, in the order of ``SITES``."""
    sites, outcome = SITES[name]
    columns = {
        key: tf.constant(x, tf.int32 if key in ("players", "first", "second") else tf.float32)
        for key, x in data.items()
    }

    def density(*values):
        """Sum over all axes but the first, that of chains."""
        chains, given = values[0].shape[0], dict(zip(sites, values, strict=True))
        y = tf.stack([columns[outcome]] * chains)
        with ed.condition(**given, y=y), ed.tape() as choices:
            globals()[name](chains, **columns)
        terms = [choice.distribution.log_prob(choice.value) for choice in choices.values()]
        return sum(tf.reduce_sum(term, axis=range(1, term.shape.rank)) for term in terms)

    return density


def prepare(name, data, settings):
    """Trace the model's log density and NUTS; XLA compiles them at the first call."""
    bijectors, outcome = SITES[name]
    shapes = {"theta_base": [len(data[outcome])], "skill": [len(data.get("players", ()))]}
    kernel = tfp.mcmc.DualAveragingStepSizeAdaptation(
        tfp.mcmc.TransformedTransitionKernel(
            tfp.mcmc.NoUTurnSampler(log_joint(name, data), step_size=0.1),
            list(bijectors.values()),
        ),
        num_adaptation_steps=settings.num_warmup,
        target_accept_prob=0.8,
    )

    @tf.function(jit_compile=True, autograph=False)
    def run(seed):
        start, go = tfp.random.split_seed(seed)
        seeds = tfp.random.split_seed(start, n=len(bijectors))
        starts = [
            bijector.forward(
                tf.random.stateless_uniform(
                    [settings.num_chains, *shapes.get(key, [])], one, minval=-2.0, maxval=2.0
                )
            )
            for one, (key, bijector) in zip(seeds, bijectors.items(), strict=True)
        ]
        return tfp.mcmc.sample_chain(
            settings.num_warmup + settings.num_draws,
            current_state=starts,
            kernel=kernel,
            trace_fn=trace,
            seed=go,
        )

    run.get_concrete_function(tf.TensorSpec([2], tf.int32))

    def sample(seed):
        draws, results = run(tf.constant([seed, 0]))
        return kept(dict(zip(bijectors, draws, strict=True)), results, settings)

    return sample


def trace(_draw, results):
    """Keep leapfrog steps and divergences of each draw."""
    inner = results.inner_results.inner_results
    return {"leapfrogs": inner.leapfrogs_taken, "divergent": inner.has_divergence}
