"""TensorFlow Probability: a model is a joint distribution, sampled for all chains at once.

The same text serves TensorFlow and JAX: ``tf`` and ``tfp`` are either, and ``tfp_graph``,
``tfp_xla`` and ``tfp_jax`` say which. Every line has to think of the leading axis of chains, hence
the dots and the ``None``. A vector is ``Independent`` of a vector of distributions: with ``Sample``
TensorFlow's XLA compiles the program again for every seed.

Tuned by TFP in windows, as by Stan: a diagonal metric, but one step size for all chains.
"""

import numpy as np


def binomial(tf, tfp, successes, trials):
    """Flip a coin; returns the joint distribution, and what was observed."""
    tfd = tfp.distributions
    trials = tf.cast(trials, tf.float32)
    model = tfd.JointDistributionNamed(
        {
            "p": tfd.Beta(2.0, 2.0),
            "y": lambda p: tfd.Independent(tfd.Binomial(trials, probs=p[..., None]), 1),
        }
    )
    return model, tf.cast(successes, tf.float32)


def eight_schools_noncentered(tf, tfp, effect, standard_error):
    """Coach in eight schools."""
    tfd = tfp.distributions
    sigma = tf.cast(standard_error, tf.float32)

    def y(mu, tau, theta_base):
        theta = mu[..., None] + tau[..., None] * theta_base
        return tfd.Independent(tfd.Normal(theta, sigma), 1)

    model = tfd.JointDistributionNamed(
        {
            "mu": tfd.Normal(0.0, 5.0),
            "tau": tfd.HalfCauchy(0.0, 5.0),
            "theta_base": tfd.Independent(tfd.Normal(tf.zeros(len(effect)), 1.0), 1),
            "y": y,
        }
    )
    return model, tf.cast(effect, tf.float32)


def line(tf, tfp, x, y, sigma):
    """Draw a straight line."""
    tfd = tfp.distributions
    x, sigma = tf.cast(x, tf.float32), tf.cast(sigma, tf.float32)
    observed = tf.cast(y, tf.float32)

    def y(theta, b_perp):
        mean = tf.tan(theta)[..., None] * x + (b_perp / tf.cos(theta))[..., None]
        return tfd.Independent(tfd.Normal(mean, sigma), 1)

    model = tfd.JointDistributionNamed(
        {"theta": tfd.Uniform(-1.5707963, 1.5707963), "b_perp": tfd.Normal(0.0, 1.0), "y": y}
    )
    return model, observed


def line_with_outliers(tf, tfp, x, y, sigma):
    """Draw a straight line through points of which some belong elsewhere."""
    tfd = tfp.distributions
    x, sigma = tf.cast(x, tf.float32), tf.cast(sigma, tf.float32)
    observed = tf.cast(y, tf.float32)

    def y(theta, b_perp, outlier_probability, outlier_mean, outlier_sd):
        mean = tf.tan(theta)[..., None] * x + (b_perp / tf.cos(theta))[..., None]
        elsewhere = outlier_mean[..., None] + tf.zeros_like(x)
        spread = tf.sqrt(outlier_sd[..., None] ** 2 + sigma**2)
        shares = tf.stack([1 - outlier_probability, outlier_probability], axis=-1)
        points = tfd.MixtureSameFamily(
            tfd.Categorical(probs=shares[..., None, :]),
            tfd.Normal(
                tf.stack([mean, elsewhere], axis=-1),
                tf.stack([sigma + tf.zeros_like(spread), spread], axis=-1),
            ),
        )
        return tfd.Independent(points, 1)

    model = tfd.JointDistributionNamed(
        {
            "theta": tfd.Uniform(-1.5707963, 1.5707963),
            "b_perp": tfd.Normal(0.0, 1.0),
            "outlier_probability": tfd.Uniform(0.0, 1.0),
            "outlier_mean": tfd.Normal(0.0, 1.0),
            "outlier_sd": tfd.HalfNormal(3.0),
            "y": y,
        }
    )
    return model, observed


def bradley_terry(tf, tfp, players, first, second, won):
    """Let players meet in matches."""
    tfd = tfp.distributions
    zeros = tf.zeros(len(players))

    def y(skill):
        difference = tf.gather(skill, first, axis=-1) - tf.gather(skill, second, axis=-1)
        return tfd.Independent(tfd.Bernoulli(logits=difference), 1)

    model = tfd.JointDistributionNamed(
        {
            "scale": tfd.HalfNormal(1.0),
            "skill": lambda scale: tfd.Independent(tfd.Normal(zeros, scale[..., None]), 1),
            "y": y,
        }
    )
    return model, tf.cast(won, tf.int32)


def nuts(tfp, model, observed, settings, seed):
    """Warm up and sample: draws by name, leapfrog steps and divergences, warm-up first."""
    return tfp.experimental.mcmc.windowed_adaptive_nuts(
        settings.num_draws,
        model,
        n_chains=settings.num_chains,
        num_adaptation_steps=settings.num_warmup,
        discard_tuning=False,
        dual_averaging_kwargs={"target_accept_prob": 0.8},  # like all others
        trace_fn=trace,
        seed=seed,
        y=observed,
    )


def trace(_state, _bijector, _is_adapting, results):
    """Keep leapfrog steps and divergences of each draw."""
    return {"leapfrogs": results.leapfrogs_taken, "divergent": results.has_divergence}


def kept(draws, trace, settings):
    """Leave the warm-up out, put chains first, and count.

    Chains move in lockstep, so each draw takes as long as the longest trajectory among them.
    """
    leapfrogs = np.asarray(trace["leapfrogs"])
    waited, last = leapfrogs.max(axis=1), slice(settings.num_warmup, None)
    notes = {
        "sampling_share": float(waited[last].sum() / waited.sum()),
        "leapfrogs": int(leapfrogs[last].sum()),
        "divergences": int(np.asarray(trace["divergent"])[last].sum()),
    }
    arrays = {name: np.asarray(values) for name, values in dict(draws).items()}
    return {name: x[last].swapaxes(0, 1) for name, x in arrays.items()}, notes
