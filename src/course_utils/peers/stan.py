"""Stan: a model is a program in a language of its own, translated to C++ and compiled.

Tuned by Stan, whose way the others follow: a step size for each chain by dual averaging, and
a diagonal metric in windows. Chains run in processes of their own.
"""

import dataclasses
import re

import numpy as np
import stan

PROGRAMS = {
    "binomial": """
        data {
          int N;
          array[N] int successes;
          array[N] int trials;
        }
        parameters {
          real<lower=0, upper=1> p;
        }
        model {
          p ~ beta(2, 2);
          successes ~ binomial(trials, p);
        }
    """,
    "eight_schools_noncentered": """
        data {
          int N;
          vector[N] effect;
          vector[N] standard_error;
        }
        parameters {
          real mu;
          real<lower=0> tau;
          vector[N] theta_base;
        }
        model {
          mu ~ normal(0, 5);
          tau ~ cauchy(0, 5);
          theta_base ~ std_normal();
          effect ~ normal(mu + tau * theta_base, standard_error);
        }
    """,
    "line": """
        data {
          int N;
          vector[N] x;
          vector[N] y;
          vector[N] sigma;
        }
        parameters {
          real<lower=-pi() / 2, upper=pi() / 2> theta;
          real b_perp;
        }
        model {
          b_perp ~ std_normal();
          y ~ normal(tan(theta) * x + b_perp / cos(theta), sigma);
        }
    """,
    "line_with_outliers": """
        data {
          int N;
          vector[N] x;
          vector[N] y;
          vector[N] sigma;
        }
        parameters {
          real<lower=-pi() / 2, upper=pi() / 2> theta;
          real b_perp;
          real<lower=0, upper=1> outlier_probability;
          real outlier_mean;
          real<lower=0> outlier_sd;
        }
        model {
          vector[N] line = tan(theta) * x + b_perp / cos(theta);
          vector[N] spread = sqrt(square(outlier_sd) + square(sigma));
          b_perp ~ std_normal();
          outlier_mean ~ std_normal();
          outlier_sd ~ normal(0, 3);
          for (i in 1:N)
            target += log_mix(outlier_probability,
                              normal_lpdf(y[i] | outlier_mean, spread[i]),
                              normal_lpdf(y[i] | line[i], sigma[i]));
        }
    """,
    "bradley_terry": """
        data {
          int K;
          int N;
          array[N] int first;
          array[N] int second;
          array[N] int won;
        }
        parameters {
          real<lower=0> scale;
          vector[K] skill;
        }
        model {
          scale ~ std_normal();
          skill ~ normal(0, scale);
          won ~ bernoulli_logit(skill[first] - skill[second]);
        }
    """,
}


def build(name, data):
    """Compile the program."""
    given = {"N": len(next(reversed(data.values()))), **data}
    if name == "bradley_terry":  # Stan counts from 1
        players, first, second = (data[key] for key in ("players", "first", "second"))
        given |= {"K": len(players), "first": first + 1, "second": second + 1}
    return stan.build(PROGRAMS[name], data=given)


def prepare(name, data, settings):
    """Compile the program."""
    posterior = build(name, data)

    def sample(seed):
        fit = dataclasses.replace(posterior, random_seed=seed + 1).sample(
            num_chains=settings.num_chains,
            num_warmup=settings.num_warmup,
            num_samples=settings.num_draws,
        )

        def by_chain(flat):  # (..., draw and chain) -> (chain, draw, ...)
            apart = flat.reshape(*flat.shape[:-1], settings.num_draws, settings.num_chains)
            return np.moveaxis(apart, (-1, -2), (0, 1))

        draws = {
            key: by_chain(fit[key][0] if not fit.dims[i] else fit[key])
            for i, key in enumerate(fit.param_names)
        }
        notes = {
            "sampling_share": _sampling_share(fit),
            "leapfrogs": int(fit["n_leapfrog__"].sum()),
            "divergences": int(fit["divergent__"].sum()),
        }
        return draws, notes

    return sample


def _sampling_share(fit):
    """Read what part of the time went into sampling: Stan says so at the end of each chain.

    It rounds to milliseconds, so half of one is added to each number that it says.
    """
    said = " ".join(output.decode() for output in fit.stan_outputs)
    seconds = [
        sum(float(one) + 0.0005 for one in re.findall(rf"([\d.e-]+) seconds \({part}\)", said))
        for part in ("Warm-up", "Sampling")
    ]
    return seconds[1] / sum(seconds)
