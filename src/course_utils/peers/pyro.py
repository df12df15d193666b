"""Pyro: a model is a function that makes random choices, differentiated by PyTorch as it runs.

Tuned by Pyro as by Stan: a step size for each chain by dual averaging, and a diagonal metric in
windows. Pyro leaves one core to others; if chains are more than the cores that are left, all of
them run one after another.
"""

import multiprocessing
import time
from functools import partial

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import MCMC, NUTS


def binomial(successes, trials):
    """Flip a coin."""
    p = pyro.sample("p", dist.Beta(2.0, 2.0))
    with pyro.plate("count", len(trials)):
        pyro.sample("y", dist.Binomial(trials, p), obs=successes)


def eight_schools_noncentered(effect, standard_error):
    """Coach in eight schools."""
    mu = pyro.sample("mu", dist.Normal(0.0, 5.0))
    tau = pyro.sample("tau", dist.HalfCauchy(5.0))
    with pyro.plate("school", len(effect)):
        theta_base = pyro.sample("theta_base", dist.Normal(0.0, 1.0))
        pyro.sample("y", dist.Normal(mu + tau * theta_base, standard_error), obs=effect)


def line(x, y, sigma):
    """Draw a straight line."""
    theta = pyro.sample("theta", dist.Uniform(-torch.pi / 2, torch.pi / 2))
    b_perp = pyro.sample("b_perp", dist.Normal(0.0, 1.0))
    mean = torch.tan(theta) * x + b_perp / torch.cos(theta)
    with pyro.plate("point", len(x)):
        pyro.sample("y", dist.Normal(mean, sigma), obs=y)


def line_with_outliers(x, y, sigma):
    """Draw a straight line through points of which some belong elsewhere."""
    theta = pyro.sample("theta", dist.Uniform(-torch.pi / 2, torch.pi / 2))
    b_perp = pyro.sample("b_perp", dist.Normal(0.0, 1.0))
    probability = pyro.sample("outlier_probability", dist.Uniform(0.0, 1.0))
    mean = pyro.sample("outlier_mean", dist.Normal(0.0, 1.0))
    sd = pyro.sample("outlier_sd", dist.HalfNormal(3.0))
    near = torch.tan(theta) * x + b_perp / torch.cos(theta)
    far = mean.expand(x.shape)
    spread = torch.sqrt(sd**2 + sigma**2)
    shares = dist.Categorical(torch.stack([1 - probability, probability]))
    points = dist.Normal(torch.stack([near, far], -1), torch.stack([sigma, spread], -1))
    with pyro.plate("point", len(x)):
        pyro.sample("y", dist.MixtureSameFamily(shares, points), obs=y)


def bradley_terry(players, first, second, won):
    """Let players meet in matches."""
    scale = pyro.sample("scale", dist.HalfNormal(1.0))
    with pyro.plate("player", len(players)):
        skill = pyro.sample("skill", dist.Normal(0.0, scale))
    with pyro.plate("match", len(won)):
        pyro.sample("won", dist.Bernoulli(logits=skill[first] - skill[second]), obs=won)


INDICES = ("players", "first", "second")


def bind(name, data):
    """Give a model its data, as tensors."""
    tensors = {
        key: torch.tensor(x, dtype=torch.int64 if key in INDICES else torch.float32)
        for key, x in data.items()
    }
    return partial(globals()[name], **tensors)


def prepare(name, data, settings, jit_compile=False):
    """Bind the model to its data; PyTorch compiles nothing, unless asked, and then as it runs."""
    model = bind(name, data)

    def sample(seed):
        pyro.set_rng_seed(seed)
        spent, last = multiprocessing.Array("d", 2), [time.perf_counter()]

        def note_time(_kernel, _draw, stage, _number):  # also where chains are processes
            begin, last[0] = last[0], time.perf_counter()
            with spent.get_lock():
                spent[stage.startswith("Sample")] += last[0] - begin

        mcmc = MCMC(
            NUTS(model, jit_compile=jit_compile, ignore_jit_warnings=True),
            num_samples=settings.num_draws,
            warmup_steps=settings.num_warmup,
            num_chains=settings.num_chains,
            hook_fn=note_time,
            disable_progbar=True,
            mp_context="fork",
        )
        mcmc.run()
        draws = mcmc.get_samples(group_by_chain=True)
        divergences = mcmc.diagnostics()["divergences"]
        notes = {
            "sampling_share": spent[1] / sum(spent),
            "leapfrogs": None,  # no count is kept
            "divergences": sum(len(where) for where in divergences.values()),
        }
        return {key: np.asarray(x) for key, x in draws.items()}, notes

    return sample
