# %% [markdown]
# # 9. Eight schools
#
# **Question.** Eight schools each measured how much coaching helps, all of them badly. What may they learn from each other? And why does the obvious way to
# write this down break a good sampler?
#
# After this chapter you will be able to
#
# - **derive** how far each estimate shrinks towards the others, and compute the whole posterior by one integral,
# - **recognise** a funnel: divergences, a low ESS, a high $\hat R$, a low E-BFMI,
# - **cure** it by a change of coordinates: by hand, with `LocScaleReparam`, with `TransformReparam`, and say when the cure is worse than the disease,
# - **take apart** a NumPyro program with effect handlers, and compute its log density and prior predictive by hand,
# - **predict** for a school that was not in the study.
#
# **You need** chapters 00, 01, 02, 03, 06 and 07; chapter 08 helps. Symbols are collected in [the notation table](notation.md), words in
# [the glossary](glossary.md).
#
# <!-- times -->
# About 46 minutes to read, exercises not counted, 59 s to run (measured cold, 34 s again with warm caches: AMD EPYC, 2 cores, 2026-11-21).
# <!-- /times -->

# %%
from dataclasses import replace
from functools import partial

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
import pymc as pm
from numpyro import handlers
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer import MCMC, NUTS, Predictive
from numpyro.infer.reparam import LocScaleReparam, TransformReparam
from scipy import stats

from course_utils import checks, museum, targets
from course_utils.adapters import from_numpyro, to_datatree
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.display import show_source, use_style
from course_utils.exercises import check
from course_utils.figures import chapter_09 as figures
from course_utils.kernel import sample
from course_utils.mh import log_normal_walk, metropolis_hastings
from course_utils.models import eight_schools, views_agree
from course_utils.nuts import nuts
from course_utils.timing import time_jax
from course_utils.warmup import warmup_and_sample

use_style()

# %% [markdown]
# ## Picture first
#
# Eight American high schools gave some of their pupils a short coaching course for a test, each school in an experiment of its own (Rubin, 1981). An experiment yields an
# estimate of the effect, in points of the test, and the estimate has a *standard error*: the standard deviation with which it scatters around the true effect of that school.

# %%
schools = eight_schools.load()
y, sigma = (np.asarray(column, float) for column in schools)
pooled = np.average(y, weights=1 / sigma**2)
figures.schools(y, sigma, pooled)

# %%
chi_square = np.sum((y - pooled) ** 2 / sigma**2)
print(f"mean of all eight, weighted by 1 / σ²: {pooled:.2f} ± {np.sum(1 / sigma**2) ** -0.5:.2f}")
print(f"scatter about it, in standard errors, squared and added: {chi_square:.2f}")
print("expected if all true effects were equal: 7, give or take 4")

# %% [markdown]
# School A reports 28 points. Would you expect 28 points from coaching there next year? Two simple answers suggest themselves.
#
# - *No pooling.* Every school stands alone: 28, give or take 15. But it is the largest of eight noisy numbers, and the largest is probably too large.
# - *Complete pooling.* All schools are alike: the dashed line, for all. The scatter of the eight does not contradict this. But eight schools with *exactly* equal effects?
#
# The sensible answer lies in between, and how far in between is a question on which the data have a say, together with a prior. This is what a *hierarchical model* does.
#
# **Predict.** School A has the largest estimate, 28, with a standard error of 15. School G has the second largest, 18, with a standard error of 10. Pull both towards the common mean, each the more the less
# precise it is. Which of the two ends higher? Write it down before you come to the table of exact means; the two figures behind it show why.

# %% [markdown]
# ## The mathematics
#
# **The model.** Let $\theta_j$ be the true effect in school $j = 1, \dots, 8$, let $y_j$ be its estimate and $\sigma_j$ the standard error, which we take as known. The true effects come from a
# common normal distribution with mean $\mu$ and spread $\tau$, and both are unknown:
#
# $$\mu \sim \mathrm{Normal}(0, 5), \qquad \tau \sim \mathrm{HalfCauchy}(5), \qquad \theta_j \sim \mathrm{Normal}(\mu, \tau), \qquad y_j \sim \mathrm{Normal}(\theta_j, \sigma_j) .$$
#
# (The half-Cauchy has density $\frac{2}{5\pi}\,/\,(1 + \tau^2/25)$ for $\tau > 0$. Half of its mass lies below 5, and its tail is long. Several other priors circulate under the name *eight schools*; every number on this page belongs to these.
# Note that $\mathrm{Normal}(0, 5)$ pulls $\mu$ towards 0. $\tau$ has nothing to do with $\tau_\mathrm{int}$, the autocorrelation time.)
#
# At $\tau = 0$ all schools are equal: complete pooling. At $\tau = \infty$ they have nothing in common: no pooling. The posterior of $\tau$ decides.
#
# **Shrinkage.** Suppose that $\mu$ and $\tau$ were known. Then each school is a small problem of its own: a normal prior, $\theta_j \sim \mathrm{Normal}(\mu, \tau)$, and one normal observation. The log density of $\theta_j$ is, up to a constant,
#
# $$-\frac{(\theta_j - \mu)^2}{2\tau^2} - \frac{(y_j - \theta_j)^2}{2\sigma_j^2} ,$$
#
# a parabola, so $\theta_j$ is normal. The coefficient of $-\tfrac12\theta_j^2$, the *precision*, is $1/\tau^2 + 1/\sigma_j^2$; the top is where the slope $-(\theta_j - \mu)/\tau^2 + (y_j - \theta_j)/\sigma_j^2$ is zero:
#
# $$\theta_j \mid \mu, \tau, y \;\sim\; \mathrm{Normal}\Bigl((1 - B_j)\, y_j + B_j\, \mu,\; \sqrt{1 - B_j}\;\sigma_j\Bigr), \qquad B_j = \frac{\sigma_j^2}{\sigma_j^2 + \tau^2} .$$
#
# $B_j$ is the *shrinkage factor*: the share of the way from the school's own estimate to the common mean. Imprecise schools go far, and a small $\tau$ draws everybody.
#
# **Given $\tau$ alone.** Leave $\theta_j$ out: $y_j$ scatters about $\mu$ by the spread of schools and by its own error, $y_j \sim \mathrm{Normal}(\mu, \sqrt{\sigma_j^2 + \tau^2})$. So the $y_j$ are eight measurements of $\mu$, and the prior is
# a ninth. Precisions add up, and $\mu \mid \tau, y$ is normal with
#
# $$\text{variance } V = \Bigl(\frac{1}{5^2} + \sum_j \frac{1}{\sigma_j^2 + \tau^2}\Bigr)^{-1}, \qquad \text{mean } \hat\mu = V \sum_j \frac{y_j}{\sigma_j^2 + \tau^2} .$$
#
# Both depend on $\tau$. With $\mu$ uncertain, $\theta_j \mid \tau, y$ is normal with mean $(1 - B_j) y_j + B_j \hat\mu$ and variance $(1 - B_j)\sigma_j^2 + B_j^2 V$: first the variance when $\mu$ is known, then what the uncertainty of $\mu$ adds.
#
# **And $\tau$ itself.** Bayes' rule for $\mu$, $p(\mu \mid \tau, y) = p(\mu)\, p(y \mid \mu, \tau) / p(y \mid \tau)$, holds at every $\mu$. Solve it for $p(y \mid \tau)$ and put in $\mu = 0$. Up to factors without $\tau$,
#
# $$p(y \mid \tau) \;\propto\; \sqrt{V}\, \exp\Bigl(\frac{\hat\mu^2}{2V}\Bigr) \prod_j \frac{1}{\sqrt{\sigma_j^2 + \tau^2}} \exp\Bigl(-\frac{y_j^2}{2(\sigma_j^2 + \tau^2)}\Bigr) .$$
#
# This times the prior is the posterior of $\tau$: a function of *one* variable. Everything else is normal given $\tau$. **So every posterior mean is a one-dimensional integral over $\tau$**, and we can have the exact answer to a problem with ten unknowns.
#
# **The funnel.** A sampler does not know this. It walks in all ten coordinates, and sees this: given $\mu$ and $\tau$, the standard deviation of $\theta_j - \mu$ is at most $\tau$. For $\tau = 10$ the effects have room, for $\tau = 0.1$ they must all lie within a fraction of a point of $\mu$. In the plane of $\theta_j - \mu$ and
# $\log\tau$ the posterior is a *funnel* with a wide mouth and a neck without end.
#
# The leapfrog with step size $\varepsilon$ is stable only while $\varepsilon$ is below twice the standard deviation in the narrowest direction (chapter 06). Which one is that? In the neck the log density is nearly $-\sum_j (\theta_j - \mu)^2 / 2\tau^2$. Move $\mu$ one way and all effects the other, by the amounts $-8$ and $1, \dots, 1$: the second derivatives
# of $\frac12\sum_j(\theta_j - \mu)^2$ turn $(-8, 1, \dots, 1)$ into 9 times itself, and no direction has a larger factor. So the narrowest standard deviation is $\tau/3$, and we need
#
# $$\varepsilon < \tfrac23\,\tau .$$
#
# No $\varepsilon$ will do for all $\tau$.
#
# **The cure** is to move something else. Let the sampler move $\tilde\theta_j \sim \mathrm{Normal}(0, 1)$ (`theta_base` in the code) and compute
#
# $$\theta_j = \mu + \tau\,\tilde\theta_j .$$
#
# It is the same model: the same law of $(\mu, \tau, \theta, y)$ in other coordinates. A density in new coordinates takes the determinant of the map along, $|\partial\theta / \partial\tilde\theta| = \tau^8$ with eight schools, so
#
# $$\log p(\mu, \tau, \tilde\theta, y) = \log p(\mu, \tau, \theta, y) + 8 \log\tau .$$
#
# In each factor $\mathrm{Normal}(\theta_j; \mu, \tau) = \frac{1}{\tau\sqrt{2\pi}} e^{-\tilde\theta_j^2/2}$ the $\tau$ below the line cancels, and what remains is $\mathrm{Normal}(\tilde\theta_j; 0, 1)$. Given $\mu$ and $\tau$, the variance of $\tilde\theta_j$ is $(1 - B_j)\sigma_j^2 / \tau^2 = B_j$,
# between 0 and 1, and near 1 where the neck used to be. The first form is called *centered*, because $\theta_j$ is centred on $\mu$; this one is *noncentered*.
#
# Samplers also want coordinates without an edge, so they move $\log\tau$. That brings one more determinant: $\mathrm{d}\tau / \mathrm{d}\log\tau = \tau$ adds $\log\tau$ to the log density.

# %% [markdown]
# ## By hand
#
# ### The exact answer
#
# First the laws given $\tau$, straight from the formulas.


# %%
def given_tau(tau):
    """Mean and variance of mu, then means and variances of the eight effects, given tau."""
    precision = 1 / (sigma**2 + tau**2)
    mu_var = 1 / (1 / 5**2 + precision.sum())
    mu_mean = mu_var * (precision * y).sum()
    pull = sigma**2 * precision  # the shrinkage factors B
    theta_mean = (1 - pull) * y + pull * mu_mean
    theta_var = (1 - pull) * sigma**2 + pull**2 * mu_var
    return mu_mean, mu_var, theta_mean, theta_var


def log_likelihood(tau):
    """log p(y | tau), up to a constant: mu and the effects are integrated out."""
    precision = 1 / (sigma**2 + tau**2)
    mu_mean, mu_var, _, _ = given_tau(tau)
    exponent = mu_mean**2 / mu_var - (precision * y**2).sum()
    return 0.5 * (np.log(mu_var) + np.log(precision).sum() + exponent)


for tau in (0.1, 5.0, 100.0):
    mu_mean, _, theta_mean, theta_var = given_tau(tau)
    print(
        f"tau {tau:5}: mean of mu {mu_mean:4.1f}, "
        f"school A {theta_mean[0]:4.1f} ± {theta_var[0] ** 0.5:4.1f}"
    )

# %% [markdown]
# At $\tau = 0.1$ all schools are pooled, and yet the mean of $\mu$ is not the dashed line of the first figure: the prior $\mathrm{Normal}(0, 5)$ pulls it towards 0. At $\tau = 100$ the schools say next to nothing about $\mu$, and the prior is all that is left.
#
# Now the integral. With $\tau = 5\tan u$ the half-Cauchy prior makes $u$ uniform on $(0, \pi/2)$, so the prior drops out and the interval is finite. *Gauss-Legendre quadrature* replaces the integral of a smooth function by a weighted sum over well-chosen nodes. Four hundred
# nodes are plenty.

# %%
nodes, node_weights = np.polynomial.legendre.leggauss(400)
taus = 5 * np.tan((nodes + 1) * np.pi / 4)
log_weights = np.log(node_weights) + np.array([log_likelihood(tau) for tau in taus])
weights = np.exp(log_weights - log_weights.max())
weights /= weights.sum()  # the posterior probability of each node

# From here on one row for each node: mu_mean and mu_var (400,), theta_mean and theta_var (400, 8).
mu_mean, mu_var, theta_mean, theta_var = map(
    np.array, zip(*(given_tau(t) for t in taus), strict=True)
)


def mean_and_sd(means, variances):
    """Average over tau; the variance is the mean of the variances plus that of the means."""
    mean = weights @ means
    return mean, np.sqrt(weights @ (variances + (means - mean) ** 2))


by_quadrature = {
    "mu": mean_and_sd(mu_mean, mu_var),
    "tau": mean_and_sd(taus, 0),
    "log tau": mean_and_sd(np.log(taus), 0),
    **{
        f"theta {name}": mean_and_sd(theta_mean[:, j], theta_var[:, j])
        for j, name in enumerate("ABCDEFGH")
    },
}
exact = pd.DataFrame(by_quadrature, index=["mean", "sd"]).T.astype(float)
exact.round(3)

# %% [markdown]
# That is the posterior, with no Markov chain and no Monte Carlo error. It is the measure for everything below.
#
# Here it is to play with. Move the slider: on the right you see how plausible each $\tau$ is, on the left what it does to the schools.

# %%
slider = np.geomspace(0.1, 100, 91)
at_slider = [given_tau(tau) for tau in slider]


def density_of_log_tau(log_tau):
    """Posterior density of log tau, normalised by the quadrature."""
    tau = np.exp(np.asarray(log_tau, float))
    log_p = np.array([log_likelihood(t) for t in np.ravel(tau)]).reshape(tau.shape)
    # Against u the density is p(y | tau); du / d log tau = (tau / 5) / (1 + (tau / 5)²).
    total = np.pi / 4 * np.exp(log_weights - log_weights.max()).sum()
    return np.exp(log_p - log_weights.max()) * (tau / 5) / (1 + (tau / 5) ** 2) / total


figures.shrinkage_film(y, sigma, slider, at_slider, density_of_log_tau(np.log(slider)))

# %% [markdown]
# A ring is a school's own estimate with its standard error, the dot below it is the estimate given $\tau$. (Where this page is only read and not run, the next figure shows all positions of the slider at once.)

# %%
figures.shrinkage_lines(slider, at_slider, density_of_log_tau(np.log(slider)))

# %% [markdown]
# Read the left panel from right to left: the schools move together. At large $\tau$ school A is on top, by far. Where the posterior of $\tau$ lies, A and G are nearly equal, because A is pulled more.
# The grey hump is the posterior of $\log\tau$, prior included. The data alone say less than it seems:

# %%
falls = np.diff([log_likelihood(tau) for tau in slider]) < 0
print("the likelihood p(y | tau) falls all the way from the smallest tau on:", bool(falls.all()))

# %% [markdown]
# The data rule out large values, not small ones. That the hump falls off on the left is the doing of the scale: near 0 the prior of $\tau$ is flat, but equal steps of $\log\tau$ are tiny steps of $\tau$ there. Your first prediction is settled by the table:

# %%
a, g = exact.loc["theta A", "mean"], exact.loc["theta G", "mean"]
print(f"posterior mean of school A {a:.2f}, of school G {g:.2f}; G is higher: {g > a}")

# %% [markdown]
# The right panel shows what is gained: given a small $\tau$, each school is known far more precisely than by its own experiment. The schools *borrow strength* from each other.
#
# ### Draws without a chain
#
# The same formulas give independent draws from the posterior: first $\tau$ from its own law (a uniform number, and the inverse of the cumulative distribution on a fine grid), then $\mu$ given $\tau$, then the effects given both. It is the best sampler this model can have, and few models have
# one like it.


# %%
def draw_given_tau(tau, rng):
    """One draw of mu, log tau and the eight effects, given tau."""
    mu_mean, mu_var, _, _ = given_tau(tau)
    mu = rng.normal(mu_mean, np.sqrt(mu_var))
    pull = sigma**2 / (sigma**2 + tau**2)
    theta = rng.normal((1 - pull) * y + pull * mu, np.sqrt(1 - pull) * sigma)
    return np.array([mu, np.log(tau), *theta])


def draw_by_hand(num_draws, rng):
    """Independent draws from the posterior; shape (num_draws, 10)."""
    edges = np.linspace(0, np.pi / 2, 2001)
    middles = (edges[1:] + edges[:-1]) / 2
    heights = np.array([log_likelihood(5 * np.tan(u)) for u in middles])
    cumulative = np.append(0, np.cumsum(np.exp(heights - heights.max())))
    draws = []
    for _ in range(num_draws):
        u = np.interp(rng.uniform() * cumulative[-1], cumulative, edges)
        draws.append(draw_given_tau(5 * np.tan(u), rng))
    return np.array(draws)


rng = np.random.default_rng(9)
independent = draw_by_hand(4000, rng)

names = ["mu", "log tau", *(f"theta {name}" for name in "ABCDEFGH")]
passed = []
for column, name in enumerate(names):
    verdict = checks.mean_within_mcse(
        independent[:, column].reshape(4, 1000), exact.loc[name, "mean"], name
    )
    passed.append(verdict.passed)
    assert verdict.passed, verdict.message
print(f"{sum(passed)} of {len(names)} means agree with quadrature within their Monte Carlo error")

# %% [markdown]
# ### Down the neck
#
# Why would a sampler that moves all ten coordinates have trouble? Here is the log joint density of the centered form, and its gradient by pen and paper, as a function of the position $(\mu, \log\tau, \theta_1, \dots, \theta_8)$. The last term, $\log\tau$, is the determinant for moving $\log\tau$.


# %%
def log_joint_centered(position):
    """Log density of (mu, log tau, theta), up to a constant."""
    mu, log_tau, theta = position[0], position[1], position[2:]
    tau = np.exp(log_tau)
    prior = -(mu**2) / (2 * 5**2) - np.log1p((tau / 5) ** 2)
    effects = np.sum(-((theta - mu) ** 2) / (2 * tau**2) - log_tau)
    return prior + effects + np.sum(-((y - theta) ** 2) / (2 * sigma**2)) + log_tau


def gradient_centered(position):
    """Its gradient."""
    mu, log_tau, theta = position[0], position[1], position[2:]
    tau = np.exp(log_tau)
    stretch = (theta - mu) / tau**2
    d_mu = -mu / 5**2 + stretch.sum()
    d_log_tau = -2 * tau**2 / (25 + tau**2) + np.sum(stretch * (theta - mu) - 1) + 1
    return np.array([d_mu, d_log_tau, *((y - theta) / sigma**2 - stretch)])


# %% [markdown]
# The noncentered form is the same function at $\theta = \mu + \tau\tilde\theta$, plus $8\log\tau$, and the chain rule gives its gradient:


# %%
def to_centered(position):
    """Turn (mu, log tau, theta_base) into (mu, log tau, theta)."""
    mu, log_tau = position[0], position[1]
    return np.array([mu, log_tau, *(mu + np.exp(log_tau) * position[2:])])


def log_joint_noncentered(position):
    """Log density of (mu, log tau, theta_base): the determinant is tau to the power of 8."""
    return log_joint_centered(to_centered(position)) + len(y) * position[1]


def gradient_noncentered(position):
    """Its gradient, by the chain rule."""
    tau, base = np.exp(position[1]), position[2:]
    d_mu, d_log_tau, *d_theta = gradient_centered(to_centered(position))
    d_theta = np.array(d_theta)
    d_log_tau += np.sum(d_theta * tau * base) + len(y)
    return np.array([d_mu + d_theta.sum(), d_log_tau, *(d_theta * tau)])


# %% [markdown]
# Now the experiment. We take 500 values of $\log\tau$ between $-6$ and 3, draw $\mu$ and the effects given each, and send one leapfrog path from there: five steps of $\varepsilon = 0.1$, unit mass, as in chapter 06. How far does the energy $H$ rise on the way? Exact motion would keep it. A rise of more than
# 1000 is called a *divergence*: the path has nothing to do with the true motion any more, and its end will never be accepted.
#
# **Predict.** Where do the paths that diverge begin? And how many will there be in the noncentered form?


# %%
def largest_rise(log_joint, gradient, position, momentum, step_size, num_steps):
    """Largest rise of the energy along one leapfrog path."""
    start = -log_joint(position) + 0.5 * momentum @ momentum
    rises = []
    for _ in range(num_steps):
        momentum = momentum + 0.5 * step_size * gradient(position)
        position = position + step_size * momentum
        momentum = momentum + 0.5 * step_size * gradient(position)
        rises.append(-log_joint(position) + 0.5 * momentum @ momentum - start)
    return np.max(np.nan_to_num(rises, nan=np.inf))


step_size = 0.1
centered_starts = np.array(
    [draw_given_tau(np.exp(log_tau), rng) for log_tau in np.linspace(-6, 3, 500)]
)
log_tau = centered_starts[:, 1:2]
base = (centered_starts[:, 2:] - centered_starts[:, :1]) / np.exp(log_tau)
starts = {
    "centered": centered_starts,
    "noncentered": np.concatenate([centered_starts[:, :2], base], axis=1),
}
by_hand = {
    "centered": (log_joint_centered, gradient_centered),
    "noncentered": (log_joint_noncentered, gradient_noncentered),
}
momenta = rng.normal(size=(500, 10))
with np.errstate(all="ignore"):  # a path that flies off ends in overflow
    flew_off = {
        name: np.array(
            [
                largest_rise(*by_hand[name], x, p, step_size, 5) > 1000
                for x, p in zip(starts[name], momenta, strict=True)
            ]
        )
        for name in starts
    }
marked = {
    "centered": centered_starts[:, 2] - centered_starts[:, 0],
    "noncentered": starts["noncentered"][:, 2],
}
figures.necks(marked, centered_starts[:, 1], flew_off, np.log(1.5 * step_size))

# %%
tau = np.exp(centered_starts[:, 1])
print("centered, of the paths from τ below ε: more than 90 % fly off:", end=" ")
print(flew_off["centered"][tau < step_size].mean() > 0.9)
print("of those from τ above 3 ε / 2: less than 1 %:", end=" ")
print(flew_off["centered"][tau > 1.5 * step_size].mean() < 0.01)
print("noncentered: paths that fly off:", flew_off["noncentered"].sum())

# %% [markdown]
# Theory was right: the wall stands at $\tau = \tfrac32\varepsilon$. Just below it a path flies off slowly, and five steps are not always enough; further down hardly one survives. A sampler with this step size is walled off from the neck. Smaller steps only move the wall down. In the noncentered form
# the very same 500 points lie in a cloud without a neck.

# %% [markdown]
# ## Fast
#
# The package holds the model in one file, in plain JAX, in NumPyro and in PyMC. Here is the plain view. It writes both forms at once: the names of the unknowns tell which one is meant.

# %%
show_source(eight_schools.log_joint, eight_schools.quantities)

# %% [markdown]
# - `sites` is a dictionary of the unknowns on their own scale. With `theta` in it, the prior of the effects is $\mathrm{Normal}(\mu, \tau)$; with `theta_base`, it is $\mathrm{Normal}(0, 1)$.
# - `quantities` computes the effects from either form, and keeps leading axes such as (chain, draw).
# - `jnp.log(2.0)` makes the Cauchy density a half-Cauchy. Constants do not matter to a sampler; they will matter when we compare with other programs.
#
# `model.logdensity` takes a flat position, with the sites in alphabetical order: $\mu$, $\log\tau$, then the eight. It adds the determinant for $\log\tau$. Do our functions agree with it, and our gradients with `jax.grad`?

# %%
models = {name: eight_schools.model(parameterization=name) for name in ("centered", "noncentered")}
points = rng.normal(size=(20, 10))
for name, model in models.items():
    value, slope = jax.jit(jax.vmap(jax.value_and_grad(model.logdensity)))(points)
    log_joint, gradient = by_hand[name]
    gap = np.array([log_joint(x) for x in points]) - np.asarray(value, float)
    slope_gap = np.array([gradient(x) for x in points]) - np.asarray(slope, float)
    scale = 1 + np.abs(slope)
    print(
        f"{name:11} log densities differ by a constant: {np.ptp(gap) < 1e-3}; "
        f"gradients agree: {bool(np.all(np.abs(slope_gap) < 1e-4 * scale))}"
    )
    assert np.ptp(gap) < 1e-3 and np.all(np.abs(slope_gap) < 1e-4 * scale)

# %% [markdown]
# The tolerances are for the 32 bits in which JAX computes here: the sums have some thirty terms of size up to 100, of which seven digits are kept.
#
# And the sampler? NUTS of chapter 07, which chooses its path's length by itself, with a warm-up that finds a step size and a diagonal inverse mass matrix for each chain. The data are an argument of the compiled function, so that other data need no new compilation.


# %%
def build_run(model):
    """Compile four chains of NUTS: 500 steps of warm-up, then 1000 draws each."""

    @jax.jit
    def run(key, data):
        given = replace(model, data=data)
        key_start, key_run = jax.random.split(key)
        starts = jax.random.uniform(key_start, (4, given.dim), minval=-2, maxval=2)
        build_kernel = partial(nuts, given.logdensity)
        return warmup_and_sample(key_run, build_kernel, starts, num_warmup=500, num_draws=1000)

    return run


data = jax.tree.map(jnp.asarray, models["centered"].data)
runs = {name: build_run(model) for name, model in models.items()}
keys = jax.random.split(jax.random.key(91), 8)

print("compiling both forms, then eight runs of four chains each …")
timing = time_jax(runs["noncentered"], keys[0], data, name="NUTS")
fits = {name: [run(key, data) for key in keys] for name, run in runs.items()}

# %% [markdown]
# We run each form eight times, with eight keys, because one run may be lucky. Pictures show the first run; verdicts look at all eight.

# %% [markdown]
# ## Is it right?
#
# First the noncentered form. `unknowns` brings the draws of either form to the same ten columns. Sixteen chains, from the first four runs, are held against quadrature.


# %%
def unknowns(name, draws):
    """mu, log tau and the eight effects, shape (chain, draw, 10)."""
    draws = np.asarray(draws, float)
    mu, log_tau, last = draws[..., :1], draws[..., 1:2], draws[..., 2:]
    theta = last if name == "centered" else mu + np.exp(log_tau) * last
    return np.concatenate([mu, log_tau, theta], axis=-1)


columns = {name: [unknowns(name, fit[0]) for fit in fits[name]] for name in fits}

# %%
together = {name: np.concatenate(values) for name, values in columns.items()}  # 32 chains
passed = []
for column, name in enumerate(names):
    # Ten comparisons share a false alarm of one in a thousand.
    verdict = checks.mean_within_mcse(
        together["noncentered"][:16, :, column], exact.loc[name, "mean"], name, alpha=1e-4
    )
    assert verdict.passed, verdict.message
    passed.append(verdict.passed)
print(f"noncentered: {sum(passed)} of {len(passed)} means agree with quadrature")

# %% [markdown]
# Means are not all. Does the whole law of $\log\tau$ come out, its lower tail included? The share of draws below the exact 5 %, 50 % and 95 % quantile is a mean too, of zeros and ones. The exact quantiles come from the package's reference, which also uses quadrature, with more nodes where $\tau$ is small. The two must agree. Ours is off a little in the mean of $\log\tau$, which goes to $-\infty$ at the end of the interval.

# %%
reference = models["noncentered"].reference()
package = np.array(
    [reference[name].mean for name in ("mu", "tau", "log_tau")] + [*reference["theta"].mean]
)
gap = np.abs(package - exact["mean"].to_numpy()).max()
print("our quadrature agrees with the package's to 1e-5:", bool(gap < 1e-5))
assert gap < 1e-5

ALPHA = 1e-5  # some thirty comparisons follow: together a false alarm of less than one in 1000
first = columns["noncentered"][0]
for probability, quantile in reference["log_tau"].quantiles.items():
    share = first[..., 1] < quantile
    verdict = checks.mean_within_mcse(share, probability, "the share", alpha=ALPHA)
    print(f"share of draws below the exact {probability:.0%} quantile is right: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% [markdown]
# Then ArviZ. `to_datatree` names the draws and adds what the sampler reported. (*E-BFMI* looks at the energy; *Where it breaks* explains it.)

# %%
trees = {name: to_datatree(*fits[name][0][:2], models[name]) for name in models}


def alarms(tree):
    """What the usual thresholds say: R-hat 1.01, ESS 400, E-BFMI 0.3."""
    summary = az.summary(tree, var_names=["mu", "tau", "theta"], kind="all", round_to="none")
    summary = summary[["r_hat", "ess_bulk", "ess_tail"]].astype(float)
    return {
        "R-hat above 1.01": bool((summary["r_hat"] > 1.01).any()),
        "bulk ESS below 400": bool((summary["ess_bulk"] < 400).any()),
        "tail ESS below 400": bool((summary["ess_tail"] < 400).any()),
        "E-BFMI below 0.3": bool((az.bfmi(tree)["energy"] < 0.3).any()),
    }


found = alarms(trees["noncentered"])
print("\n".join(f"{name}: {alarm}" for name, alarm in found.items()))
assert not any(found.values())

# %% [markdown]
# All calm, and rightly so.

# %% [markdown]
# ## Where it breaks
#
# ### The centered form
#
# Same model, same posterior, same sampler, other coordinates. Here are the draws of both, over the independent draws that we made by hand.

# %%
divergent = {name: np.asarray(fits[name][0][1].is_divergent) for name in fits}


def deviation_and_log_tau(values):
    """Effect of school A less mu, and log tau: the plane of the funnel."""
    return np.stack([values[..., 2] - values[..., 0], values[..., 1]], axis=-1).reshape(-1, 2)


figures.funnels(
    {name: deviation_and_log_tau(columns[name][0]) for name in columns},
    {name: bad.ravel() for name, bad in divergent.items()},
    deviation_and_log_tau(independent),
)

# %% [markdown]
# The chains of the centered form hardly come down into the neck, and the crosses, the divergent draws, crowd at its entrance. Part of the posterior is missing. What does that do to the law of $\log\tau$?

# %%
figures.tau_posterior(
    {name: values[..., 1].ravel() for name, values in together.items()},
    exact=density_of_log_tau,
    prior=lambda log_tau: 2 / np.pi * (np.exp(log_tau) / 5) / (1 + (np.exp(log_tau) / 5) ** 2),
)

# %% [markdown]
# These are all eight runs together. On the left the bars fall short of the line; that mass has gone to the right, where $\tau$ is larger. A larger $\tau$ means less pooling, so every effect is off as well, and each a little differently.

# %%
verdict = checks.mean_within_mcse(
    together["centered"][..., 1], exact.loc["log tau", "mean"], "log tau"
)
print("centered: the mean of log tau agrees with quadrature:", verdict.passed)
assert not verdict.passed and verdict.property == "posterior mean"

# %% tags=["nbval-ignore-output"]
print(verdict.message)

# %% [markdown]
# Would you have noticed, without the exact answer? We ask all eight runs, since $\hat R$ and ESS vary from run to run.

# %%
ess_of_tau, worst_rhat, num_divergent = {}, {}, {}
for name in columns:
    runs_of = columns[name]
    # Column 1 is log tau; bulk ESS works on ranks, so it is that of tau, too.
    ess_of_tau[name] = np.array([float(az.ess(values[..., 1])) for values in runs_of])
    worst_rhat[name] = np.array(
        [max(float(az.rhat(values[..., i])) for i in range(10)) for values in runs_of]
    )
    num_divergent[name] = np.array([int(fit[1].is_divergent.sum()) for fit in fits[name]])

print("centered: divergences in every run:", bool((num_divergent["centered"] > 0).all()))
print("centered: ESS of tau below 400 in every run:", bool((ess_of_tau["centered"] < 400).all()))
print(
    "centered: R-hat above 1.01 in most runs:", bool(np.mean(worst_rhat["centered"] > 1.01) > 0.5)
)
print("noncentered: R-hat below 1.01 in every run:", bool((worst_rhat["noncentered"] < 1.01).all()))
print(
    "noncentered: ESS of tau above 400 in every run:", bool((ess_of_tau["noncentered"] > 400).all())
)
print(
    "noncentered: at most 1 draw in 200 divergent, in every run:",
    bool((num_divergent["noncentered"] <= 4000 / 200).all()),
)
assert (num_divergent["centered"] > 0).all() and (ess_of_tau["centered"] < 400).all()

# %% [markdown]
# Yes: divergences and ESS sound the alarm every time, $\hat R$ most of the time. One more alarm belongs to it, the *energy*. A step along a path keeps the energy $H$; only the fresh momentum before it changes $H$, and its kinetic energy has a standard deviation of $\sqrt{d/2}$ in $d$ dimensions. Even for a normal target the energy itself has a standard deviation of $\sqrt d$, a little more than this. In a posterior with a funnel it varies by *much* more, and the chain must wade through it in small
# steps. The *E-BFMI* of chapter 08 is the mean squared change from draw to draw over the variance of the energy; below 0.3, a rule of thumb, it sounds the alarm (the quantity is Betancourt's, 2016). ArviZ shows it, and the two laws behind it: *marginal* is the energy, *transition* its changes from draw to draw.

# %%
figures.energies("centered", trees["centered"])

# %% [markdown]
# The changes are much narrower than the energy itself, so it takes many draws to cross its range. In the noncentered form the two are about equally wide:

# %%
figures.energies("noncentered", trees["noncentered"])

# %% [markdown]
# And over all eight runs, with the E-BFMI by hand:

# %%
bfmi = {
    name: [
        np.mean(np.diff(e, axis=1) ** 2, axis=1) / np.var(e, axis=1)
        for e in (np.asarray(fit[1].energy, float) for fit in fits[name])
    ]
    for name in fits
}
lowest = {name: min(values.min() for values in found) for name, found in bfmi.items()}
middle = {name: np.median(found) for name, found in bfmi.items()}
print("the median E-BFMI of the noncentered chains is higher:", end=" ")
print(middle["noncentered"] > middle["centered"])
print("an alarm below 0.3 in some centered chain:", lowest["centered"] < 0.3)
print("and in some noncentered one:", lowest["noncentered"] < 0.3)

# %% [markdown]
# ### Claims on trial
#
# The claim of NumPyro's own documentation about this example is in two parts: *the centered form gives a low effective sample size for tau, and divergent transitions; the noncentered form has an R-hat of 1.00 and none.* Low means here: under the 400 that four chains should
# have at least (Vehtari et al., 2021). An R-hat of 1.00 means: below 1.005 for the worst of the ten unknowns. Each of the eight runs is one repeat.

# %%
case = "four chains of 1000 draws after 500"

# %% tags=["nbval-ignore-output"]
trial(
    "the centered form gives a low effective sample size for tau: below 400",
    {case: ess_of_tau["centered"]},
    chapter="09",
    at_most=400,
)

# %% tags=["nbval-ignore-output"]
trial(
    "the centered form gives divergent transitions: at least one",
    {case: num_divergent["centered"]},
    chapter="09",
    at_least=1,
)

# %% tags=["nbval-ignore-output"]
trial(
    "the noncentered form gives an R-hat of 1.00: the worst of ten unknowns less than 5 thousandths "
    "above 1",
    {case: 1000 * (worst_rhat["noncentered"] - 1)},
    chapter="09",
    at_most=5,
    unit="thousandths",
)

# %% tags=["nbval-ignore-output"]
trial(
    "the noncentered form gives no divergent transition",
    {case: num_divergent["noncentered"]},
    chapter="09",
    at_most=0,
)

# %% [markdown]
# (These four cells show measured numbers, which are others on other processors, so the tests do not compare them. What must hold everywhere stands above, and that is compared.)
#
# *None* is a strong word: a stray divergence now and then is no alarm, a crowd in one place is. What matters is whether the draws are right, and the comparison with quadrature says so.
#
# ### An average that you can check
#
# The same documentation prints one chain of 500 + 1000 draws for each form, and with it the *expected log joint density*: the average of $\log p(x, y)$ over the draws, in the coordinates that the sampler moves. Each of our chains is such a run: 32 of them for each form. And this average has an exact value too. Given $\tau$ all terms are squares of normal variables, and the mean of a square
# is the squared mean plus the variance. The two differences that we need, everything given $\tau$ and $y$:
#
# $$\mathbb{E}(y_j - \theta_j)^2 = (y_j - \mathbb{E}\theta_j)^2 + \operatorname{Var}\theta_j, \qquad
# \mathbb{E}(\theta_j - \mu)^2 = (1 - B_j)^2 \bigl((y_j - \hat\mu)^2 + V\bigr) + (1 - B_j)\,\sigma_j^2 ,$$
#
# where the second uses $\theta_j - \mu = (1 - B_j)(y_j - \mu) + \text{noise}$.

# %%
pull = sigma**2 / (sigma**2 + taus[:, None] ** 2)
log_normal = -0.5 * np.log(2 * np.pi)
of_mu = log_normal - np.log(5) - (mu_mean**2 + mu_var) / (2 * 5**2)
of_tau = np.log(2 / (5 * np.pi)) - np.log1p((taus / 5) ** 2)
theta_minus_mu = (1 - pull) ** 2 * ((y - mu_mean[:, None]) ** 2 + mu_var[:, None]) + (
    1 - pull
) * sigma**2
of_theta = log_normal - np.log(taus)[:, None] - theta_minus_mu / (2 * taus[:, None] ** 2)
of_y = log_normal - np.log(sigma) - ((y - theta_mean) ** 2 + theta_var) / (2 * sigma**2)
given = of_mu + of_tau + of_theta.sum(axis=1) + of_y.sum(axis=1) + np.log(taus)
exact_log_joint = {
    "centered": weights @ given,
    "noncentered": weights @ (given + 8 * np.log(taus)),
}
for name, value in exact_log_joint.items():
    print(f"exact expected log joint density, {name:11} {value:.2f}")

# %% [markdown]
# The two differ by $8\,\mathbb{E}\log\tau$, the determinant, with the *same* posterior behind them. So a higher number does not mean a better form. What can be compared is each number with its own exact value. Here are the published figures, ours, and the exact ones. `effective_sample_size` and `split_gelman_rubin` are the functions behind the published numbers.

# %% tags=["nbval-ignore-output"]
published = {"centered": (91, 1.02, 19, -54.6), "noncentered": (489, 1.00, 0, -46.1)}
rows = ["ESS of tau", "R-hat of tau", "divergences", "expected log joint"]
single, table = {}, {}
for name, model in models.items():
    log_p = jax.jit(jax.vmap(jax.vmap(model.logdensity)))
    single[name] = np.array(
        [
            (
                effective_sample_size(np.exp(values[[chain], :, 1])),
                split_gelman_rubin(np.exp(values[[chain], :, 1])),
                fit[1].is_divergent[chain].sum(),
                np.asarray(log_p(fit[0]), float)[chain].mean(),
            )
            for values, fit in zip(columns[name], fits[name], strict=True)
            for chain in range(4)
        ],
        float,
    )
    low, middle, high = np.quantile(single[name], [0.05, 0.5, 0.95], axis=0)
    table[name, "published"] = published[name]
    table[name, "here, median"] = middle.round(2)
    table[name, "here, 5 % to 95 %"] = [
        f"{a:.4g} to {b:.4g}" for a, b in zip(low, high, strict=True)
    ]
    table[name, "exact"] = ["", "", "", f"{exact_log_joint[name]:.2f}"]
pd.DataFrame(table, index=rows).T

# %%
middle = {name: np.median(found[:, 3]) for name, found in single.items()}
print("noncentered: the median is within 0.3 of the exact value:", end=" ")
print(bool(abs(middle["noncentered"] - exact_log_joint["noncentered"]) < 0.3))
print("and so is the published figure:", abs(-46.1 - exact_log_joint["noncentered"]) < 0.3)
print("centered: the median is more than 1 below the exact value:", end=" ")
print(bool(middle["centered"] < exact_log_joint["centered"] - 1))
print("and so is the published figure:", -54.6 < exact_log_joint["centered"] - 1)

# %% [markdown]
# The numbers depend on machine and version, so equality was never to be expected. But the pattern is the same. Most of our centered chains, like the published one, have a log joint density that is *too low*. In the neck the centered log density is high, since $\theta$ has so little room there, and a chain that does not enter the neck misses the high values. A chain that gets in and sticks
# errs the other way. So one short run can miss on either side. The noncentered figures agree with the exact value to a few tenths.
#
# ### Where the cure breaks
#
# Is the noncentered form always the better one? Look at the variance of $\tilde\theta_j$ again: $B_j = \sigma_j^2 / (\sigma_j^2 + \tau^2)$. If the data are precise, $\sigma_j \ll \tau$, then the data pin $\theta_j$, and $\tilde\theta_j = (\theta_j - \mu)/\tau$ must follow every move of $\mu$ and $\tau$: a narrow ridge in ten dimensions. Centered, $\theta_j$ just stays where the data say.
#
# **Predict.** Make all standard errors 20 times smaller. Which form now brings more effective draws of $\tau$ per gradient?

# %% tags=["nbval-ignore-output"]
precise = data._replace(standard_error=data.standard_error / 20)
precise_fits = {name: [run(key, precise) for key in keys[:3]] for name, run in runs.items()}


def per_gradient(fit):
    """Effective draws of tau per gradient."""
    draws, info, _ = fit
    return float(az.ess(np.asarray(draws[..., 1], float))) / int(info.num_integration_steps.sum())


def ratio(some):
    """How many times more effective draws per gradient the noncentered form brings."""
    return np.array([per_gradient(n) for n in some["noncentered"]]) / np.array(
        [per_gradient(c) for c in some["centered"]]
    )


advantage = {"Rubin's standard errors": ratio(fits), "20 times smaller ones": ratio(precise_fits)}
trial(
    "the noncentered form brings more effective draws of tau per gradient than the centered one",
    advantage,
    chapter="09",
    at_least=1,
    unit="times",
)

# %%
print("Rubin's data: at least 5 times more:", bool(advantage["Rubin's standard errors"].min() > 5))
print("precise data: at least 5 times fewer:", bool(advantage["20 times smaller ones"].max() < 0.2))

# %% [markdown]
# So the rule is: *weak data, noncentered; strong data, centered*. It is a matter of each group: with some schools large and some small, each may want its own form, or something in between (exercise 9.5).

# %% [markdown]
# ## In the libraries
#
# ### The log density first

# %%
print("comparing plain JAX, NumPyro and PyMC …")
verdict = views_agree(models["noncentered"], jax.random.key(94))
print("plain, NumPyro and PyMC are one model:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# ### What a NumPyro program is
#
# Here is the centered model as people write it for NumPyro. With `y=None` it has no data.


# %%
def program(sigma, y=None):
    """Eight schools, centered."""
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", len(sigma)):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


# %% [markdown]
# It looks as if it drew random numbers. But what should `numpyro.sample` do? Draw from the prior? Take the value that the sampler proposes? Compare with the data? The program does not say. Each `sample` statement only sends out a *message*: "here is a site with this name and this distribution; what is its value?" Whoever runs the
# program wraps it in *effect handlers*, which see the messages pass and answer them. The plate says that the schools are independent given $\mu$ and $\tau$.
#
# So a `sample` statement with nobody around cannot work:

# %%
try:
    numpyro.sample("mu", dist.Normal(0, 5))
except AssertionError as error:
    print(f"a sample statement outside of any handler fails: {type(error).__name__} {error}")

# %% [markdown]
# The error has no words, so here they are: the distribution wanted a random key and got none. JAX has no hidden random state (chapter 02), so nobody knows which key to use. There are three ways out.

# %%
key = jax.random.key(93)
one = numpyro.sample("mu", dist.Normal(0, 5), rng_key=key)  # 1. hand over a key
with handlers.seed(rng_seed=key):  # 2. a handler that hands out keys
    two = numpyro.sample("mu", dist.Normal(0, 5))
with handlers.substitute(data={"mu": 3.0}):  # 3. no draw at all: the value is given
    three = numpyro.sample("mu", dist.Normal(0, 5))
print(f"each gives one number: {[np.shape(x) for x in (one, two, three)]}; the third is {three}")

# %% [markdown]
# `MCMC`, `Predictive` and (chapter 10) `SVI` do the second and the third for you; that is why you rarely meet this error inside of them, and always when you call your model by itself.
#
# Six handlers are enough to take a program apart. `trace` writes down all messages, as a dictionary by name; each message is itself a dictionary, with `type` (`"sample"`, `"plate"` and others), `fn` (the distribution), `value` and, for sample sites, `is_observed`. `seed` hands out keys; `condition` fixes the value of a site and marks it as observed; `substitute` fixes the value and leaves the site unobserved; `block` hides sites from the handlers outside of it; `reparam` replaces a site by others. A handler takes a
# program and returns a program, so they can be put around each other.


# %%
def sites_of(seeded):
    """Run a program that has its keys, and tell its sample sites: free or observed."""
    found = handlers.trace(seeded).get_trace(sigma, y)
    return ", ".join(
        f"{name} {'observed' if site['is_observed'] else 'free'}"
        for name, site in found.items()
        if site["type"] == "sample"
    )


seeded, fixed = handlers.seed(program, key), {"tau": 3.0}
noncentered = handlers.reparam(program, config={"theta": LocScaleReparam(centered=0)})
print("as written: ", sites_of(seeded))
print("condition:  ", sites_of(handlers.condition(seeded, fixed)))
print("substitute: ", sites_of(handlers.substitute(seeded, fixed)))
print("block:      ", sites_of(handlers.block(seeded, hide=["theta"])))
print("reparam:    ", sites_of(handlers.seed(noncentered, key)))

# %% [markdown]
# A message starts at its `sample` statement and travels outwards, from the innermost handler to the outermost. So order matters.
#
# **Predict.** Hide `tau` from the handlers outside, and fix it at 3. In which of these two orders do the effects see $\tau = 3$: `condition(block(program))` or `block(condition(program))`?

# %%
orders = {
    "condition around block": handlers.condition(handlers.block(seeded, hide=["tau"]), fixed),
    "block around condition": handlers.block(handlers.condition(seeded, fixed), hide=["tau"]),
}
for name, ordered in orders.items():
    theta = handlers.trace(ordered).get_trace(sigma, y)["theta"]["fn"]
    print(f"{name}: theta has variance 9: {bool(np.allclose(theta.variance, 9))}")

# %% [markdown]
# `condition` must stand inside of `block`, or the message does not reach it.

# %% [markdown]
# Now a log density by hand. Fill in the values, write down the sites, add up the log probabilities:


# %%
def log_density_by_hand(program, values, *args):
    """Log joint density of values and data."""
    filled = handlers.substitute(program, data=values)
    found = handlers.trace(filled).get_trace(*args)
    return sum(
        site["fn"].log_prob(site["value"]).sum()
        for site in found.values()
        if site["type"] == "sample"
    )


def sites_at(row):
    """Turn a row of our independent draws into named values."""
    return {"mu": row[0], "tau": np.exp(row[1]), "theta": row[2:]}


gaps = [
    float(log_density_by_hand(program, sites_at(row), sigma, y))
    - float(models["centered"].log_joint(sites_at(row)))
    for row in independent[:5]
]
print("the program's log density is the package's, constants included:", np.abs(gaps).max() < 1e-3)
assert np.abs(gaps).max() < 1e-3

# %% [markdown]
# (The tolerance is again for 32 bits.) Together with the determinant of each coordinate that is moved on another scale ($\log\tau$ here), this is the function whose value and gradient NUTS asks for. And the prior predictive: run the program without data, once for every key, and keep what it draws.


# %%
def prior_predictive_by_hand(program, key, *args):
    """One draw of all sample sites, the data included."""
    found = handlers.trace(handlers.seed(program, key)).get_trace(*args)
    return {name: site["value"] for name, site in found.items() if site["type"] == "sample"}


prior = jax.jit(jax.vmap(lambda key: prior_predictive_by_hand(program, key, sigma)))(
    jax.random.split(jax.random.key(95), 4000)
)
below = float((prior["tau"] < 5).mean())
spread = np.asarray(prior["y"], float).std(axis=1)
print("half of the prior draws of tau lie below 5:", abs(below - 0.5) < 4 * 0.5 / np.sqrt(4000))
print("the spread of the real eight lies between the 5 % and 95 % of simulated spreads:", end=" ")
print(bool(np.quantile(spread, 0.05) < y.std() < np.quantile(spread, 0.95)))

# %% [markdown]
# The model could have produced such data; it is no surprise to it. (The first line allows four standard errors of a share of one half.)
#
# A program may also hold a distribution of TensorFlow Probability. NumPyro wraps it when it meets it in `sample`, if TFP can be imported. The locked environment of this course does not contain TFP, so on most machines the next cell has nothing to do; it prints nothing either way.

# %%
try:
    from tensorflow_probability.substrates.jax import distributions as tfd
except Exception:  # not installed, or not made for this version of JAX
    tfd = None

if tfd is not None:
    theirs = log_density_by_hand(lambda: numpyro.sample("mu", tfd.Normal(0.0, 5.0)), {"mu": 3.0})
    assert abs(float(theirs) - stats.norm.logpdf(3.0, 0.0, 5.0)) < 1e-5

# %% [markdown]
# ### Two ways to be noncentered without rewriting
#
# `LocScaleReparam(centered=0)` takes an unobserved site on the whole real line whose distribution has a `loc` and a `scale`, and moves its standardised version in its place; you have seen its site `theta_decentered` above. `TransformReparam` is for a site whose distribution you write as a base distribution and a transformation:


# %%
def transformed(sigma, y=None):
    """Eight schools; theta is a transformed standard normal, and the base is what moves."""
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    scaled = dist.TransformedDistribution(
        dist.Normal(0, 1), dist.transforms.AffineTransform(mu, tau)
    )
    with numpyro.plate("school", len(sigma)):
        with handlers.reparam(config={"theta": TransformReparam()}):
            theta = numpyro.sample("theta", scaled)
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


print("TransformReparam:", sites_of(handlers.seed(transformed, key)))

# %% [markdown]
# Are they our noncentered form? `from_numpyro` turns a program into a log density of flat positions, and all three hold $\mu$, $\log\tau$ and eight standard normals.

# %%
ours = jax.jit(jax.vmap(models["noncentered"].logdensity))(points)
for name, written in {"LocScaleReparam": noncentered, "TransformReparam": transformed}.items():
    foreign = from_numpyro(written, sigma, y)
    gap = np.asarray(jax.jit(jax.vmap(foreign.logdensity))(points) - ours)
    print(f"{name:16} has the log density of the noncentered form: {np.abs(gap).max() < 1e-3}")
    assert np.abs(gap).max() < 1e-3

# %% [markdown]
# ### NumPyro's own NUTS

# %%
print("sampling with NumPyro …")
mcmc = MCMC(
    NUTS(noncentered),
    num_warmup=500,
    num_samples=1000,
    num_chains=4,
    chain_method="vectorized",
    progress_bar=False,
)
mcmc.run(jax.random.key(96), sigma, y, extra_fields=("potential_energy",))
theirs = mcmc.get_samples(group_by_chain=True)


def agrees(name, mu, log_tau, theta):
    """Hold the means of all ten unknowns against quadrature."""
    values = np.concatenate(
        [np.asarray(x, float).reshape(*np.shape(mu), -1) for x in (mu, log_tau, theta)], axis=-1
    )
    for column, quantity in enumerate(names):
        verdict = checks.mean_within_mcse(
            values[..., column], exact.loc[quantity, "mean"], quantity, alpha=ALPHA
        )
        assert verdict.passed, f"{name}: {verdict.message}"
    print(f"{name} agrees with quadrature on all {len(names)} unknowns")


agrees("NumPyro", theirs["mu"], np.log(theirs["tau"]), theirs["theta"])
# Potential energy U = −log density, in the coordinates moved (chapter 06): noncentered, log tau.
log_joint = -np.asarray(mcmc.get_extra_fields(group_by_chain=True)["potential_energy"], float)
verdict = checks.mean_within_mcse(
    log_joint, exact_log_joint["noncentered"], "log joint density", alpha=ALPHA
)
print("its expected log joint density agrees with the exact one:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# ### A ninth school
#
# What should a school expect that was not in the study? Its effect is a fresh draw, $\theta_9 \sim \mathrm{Normal}(\mu, \tau)$, for each posterior draw of $\mu$ and $\tau$. `Predictive` runs a program with the values that it is given, and draws the sites that are missing. So we hand it $\mu$ and $\tau$ alone, and one new school with a standard error of 10.
#
# (`batch_ndims=2` says that our draws have two leading axes, chain and draw.)
#
# **Predict.** Is $\theta_9$ more or less certain than $\mu$? Than $\theta_A$?

# %%
ninth = Predictive(program, {"mu": theirs["mu"], "tau": theirs["tau"]}, batch_ndims=2)(
    jax.random.key(97), np.array([10.0])
)
ninth_theta = np.asarray(ninth["theta"][..., 0], float)

ninth_mean, ninth_sd = mean_and_sd(mu_mean, mu_var + taus**2)
chance = weights @ stats.norm.cdf(0, mu_mean, np.sqrt(mu_var + taus**2))
for name, values, value in (
    ("mean", ninth_theta, ninth_mean),
    ("chance that coaching hurts there", ninth_theta < 0, chance),
):
    verdict = checks.mean_within_mcse(values, value, name, alpha=ALPHA)
    print(f"{name}: exact {value:.3f}, Predictive agrees: {verdict.passed}")
    assert verdict.passed, verdict.message
print(f"sd of mu {exact.loc['mu', 'sd']:.2f}, of a ninth school {ninth_sd:.2f}, ", end="")
print(f"of school A {exact.loc['theta A', 'sd']:.2f}")

# %%
plug_in = stats.norm(exact.loc["mu", "mean"], exact.loc["tau", "mean"])
figures.new_school(
    ninth_theta.ravel(),
    exact=lambda x: (
        weights @ stats.norm.pdf(x, mu_mean[:, None], np.sqrt(mu_var + taus**2)[:, None])
    ),
    plug_in=plug_in.pdf,
)

# %% [markdown]
# The dashed curve is what comes out if the means of $\mu$ and $\tau$ are put in as if they were known. It is too narrow, for $\mu$ is uncertain, and it has no tails, for now and then $\tau$ is large. A ninth school is less certain than $\mu$, since it has an effect of its own, and less certain than school A, which has at least some data. And here is everything at once:

# %%
effects = exact.loc[[f"theta {name}" for name in "ABCDEFGH"]]
figures.estimates(
    y,
    sigma,
    effects["mean"].to_numpy(),
    effects["sd"].to_numpy(),
    tuple(exact.loc["mu"]),
    (ninth_mean, ninth_sd),
)

# %% [markdown]
# ### PyMC
#
# The same two forms in PyMC, from the package. PyMC can rewrite a model too (`pm.do` fixes a variable, `pm.observe` conditions on one), but it brings nothing like `LocScaleReparam`: the noncentered form is written out.

# %%
show_source(eight_schools.pymc_noncentered)

# %%
print("sampling with PyMC …")
with models["noncentered"].pymc():
    trace = pm.sample(
        draws=1000,
        tune=500,
        chains=2,
        cores=1,
        random_seed=98,
        progressbar=False,
        quiet=True,
        compute_convergence_checks=False,
    )
posterior = trace["posterior"]
agrees("PyMC", posterior["mu"].values, np.log(posterior["tau"].values), posterior["theta"].values)

# %% [markdown]
# ## What it costs
#
# The row of this chapter is NUTS on the noncentered form, warm-up included. (The centered form has no row: speed is counted only for samplers that give the right answer.)

# %% tags=["nbval-ignore-output"]
draws, info, _ = fits["noncentered"][0]
row = cost_row(
    "NUTS, with warm-up",
    "eight schools, noncentered",
    draws,
    timing,
    float(info.acceptance_rate.mean()),
    num_warmup=500,
    gradients_per_draw=float(info.num_integration_steps.mean()),
)
running_table(row).T

# %% [markdown]
# Compare the two rates, without and with compilation: on a small model it is the compiler that you wait for. What the coordinates cost is counted in gradients, which know no machine: the trial above has the ratio.

# %% [markdown]
# ## Common mistakes
#
# Three from the bug museum, all of them at home in hierarchical models.
#
# **The determinant forgotten.** A walker moves $\tau$ by factors, so it moves $\log\tau$, without the factor $x'/x$ of chapter 03 (which is the determinant). It then draws from $p(\tau \mid y)/\tau$. At $\tau \to 0$ the posterior density of $\tau$ stays above zero, so this has no finite integral: it is not even a distribution. We give both walkers the exact posterior of $\tau$.


# %%
def log_posterior_of_tau(position):
    """Log of the exact posterior density of tau, in JAX, for a position of shape (1,)."""
    tau = position[0]
    precision = 1 / (sigma**2 + tau**2)
    mu_var = 1 / (1 / 5**2 + precision.sum())
    mu_mean = mu_var * (precision * y).sum()
    exponent = mu_mean**2 / mu_var - (precision * y**2).sum()
    log_p = 0.5 * (jnp.log(mu_var) + jnp.log(precision).sum() + exponent)
    return jnp.where(tau > 0, log_p - jnp.log1p((tau / 5) ** 2), -jnp.inf)


@jax.jit
def run_walks(key):
    """Walk by factors with the ratio, and without it."""
    kernels = [
        metropolis_hastings(log_posterior_of_tau, log_normal_walk(1.5)),
        museum.forgets_q_ratio(log_posterior_of_tau, 1.5),
    ]
    starts = jnp.full((64, 1), 3.0)
    return [sample(key, kernel, starts, 2000)[0][..., 0] for kernel in kernels]


right, wrong = (np.log(np.asarray(walk, float)) for walk in run_walks(jax.random.key(99)))
verdict = checks.mean_within_mcse(
    right[:, 100:], exact.loc["log tau", "mean"], "log tau", alpha=ALPHA
)
print("with the ratio, the mean of log tau is right:", verdict.passed)
assert verdict.passed, verdict.message
halves = [np.median(half) for half in np.array_split(wrong, 2, axis=1)]
print("without it, tau sinks from the first half to the second:", halves[1] < halves[0])
print("and its median in the second half is below 0.01:", halves[1] < np.log(0.01))

# %% [markdown]
# - *Symptom:* $\tau$ wanders off towards 0, comes back ever more rarely, and nearly all the time the schools are pooled completely. *Cure:* whenever you change a variable, write the determinant down first. NumPyro and PyMC do it for you, as long as you declare the support of $\tau$ by its prior.
#
# **Half-Cauchy written as Cauchy.** The model of this chapter, with `pm.Cauchy("tau", 0, 5)` in PyMC. A published version of eight schools has this mistake.

# %%
print("building the mutant in PyMC …")
mutant = museum.half_cauchy_as_cauchy()
verdict = views_agree(mutant, jax.random.key(100))
negative = float((pm.draw(mutant.pymc()["tau"], 2000, random_seed=101) < 0).mean())
print(f"{verdict.property}: {verdict.passed}")
print("about half of the prior draws of tau are negative:", 0.4 < negative < 0.6)
assert not verdict.passed

# %% [markdown]
# - *Symptom:* the posterior looks fine, because a negative $\tau$ is no standard deviation, and PyMC gives it no density. But the sampler now moves $\tau$ itself, against a wall at 0, and half of all prior draws are of no use. *Cure:* compare log densities between languages, point by point, before comparing means. That is what `views_agree` does.
#
# **Adapting for ever.** Divergences in the neck, so why not let the step size adapt all the time: small in the neck, large in the mouth? Because the step size then depends on where the chain has just been, and the flows no longer balance (chapter 03). The target is Neal's funnel of chapter 06 with a single $x$: $v \sim \mathrm{Normal}(0, 3)$ and $x \sim \mathrm{Normal}(0, e^{v/2})$, so the law of $v$ is known.

# %%
funnel = targets.funnel(num_x=1, v_sd=3.0)
funnel = funnel._replace(statistics={"v": funnel.statistics["v"]})
verdict = checks.invariance(
    jax.random.key(102),
    museum.keeps_adapting(funnel.logdensity, 1.0),
    funnel,
    num_chains=5000,
    num_steps=100,
)
print(f"{verdict.property} holds for a walk that never stops adapting: {verdict.passed}")
assert not verdict.passed

# %% [markdown]
# - *Symptom:* none that $\hat R$ would see; the law of $v$ drifts off. *Cure:* adapt during warm-up, then stop. If one step size does not fit everywhere, change the coordinates.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in [the solutions](solutions/09_eight_schools.ipynb); try first.
#
# ### Exercise 9.1: change one number
#
# For which $\tau$ does school A, with its standard error of 15, keep 80 % of its own estimate, so that only 20 % comes from $\mu$?
#
# <details><summary>Hint</summary>It keeps the share 1 − B. Set it to 0.8 and solve for τ.</details>


# %% tags=["exercise"]
# Exercise 9.1
tau_of_a = None  # your number
# your code here

# %% tags=["check"]
check("9.1", tau_of_a)

# %% [markdown]
# ### Exercise 9.2: another prior, and a determinant
#
# Replace the half-Cauchy by a half-normal: the density of $\tau$ is proportional to $\exp(-\tau^2 / (2 \cdot 5^2))$ for $\tau > 0$. The sampler moves $\log\tau$. Write the log of the prior density *of* $\log\tau$. A constant does not matter.
#
# <details><summary>Hint 1</summary>The density of log τ is that of τ times dτ / d log τ.</details>
# <details><summary>Hint 2</summary>See the last paragraph of <em>The mathematics</em>.</details>


# %% tags=["exercise"]
# Exercise 9.2
def log_prior(log_tau):
    """Log of the prior density of log tau, for a half-normal prior of tau with scale 5."""
    ...  # your code here


# %% tags=["check"]
check("9.2", log_prior)

# %% [markdown]
# ### Exercise 9.3: find the bug
#
# Somebody predicts the effect in a ninth school from posterior draws of $\mu$ and $\tau$. The function runs, and its answer is too tame: the tails are missing, and it looks like the dashed curve above. Repair it. It returns one prediction for each posterior draw.


# %%
def prediction_with_a_bug(mu, tau, rng):
    """Something is lost here."""
    return rng.normal(mu.mean(), tau.mean(), size=mu.shape)


tame = prediction_with_a_bug(independent[:, 0], np.exp(independent[:, 1]), np.random.default_rng(7))
sd_ninth = np.sqrt(mu_var + taus**2)
beyond = weights @ (stats.norm.sf(20, mu_mean, sd_ninth) + stats.norm.cdf(-20, mu_mean, sd_ninth))
print(f"beyond 20 points: exact {beyond:.3f}, this function {np.mean(np.abs(tame) > 20):.3f}")

# %% [markdown]
# <details><summary>Hint 1</summary>How many different pairs of μ and τ does the function use?</details>
# <details><summary>Hint 2</summary><code>rng.normal</code> takes arrays as mean and standard deviation.</details>


# %% tags=["exercise"]
# Exercise 9.3
def predict_ninth(mu, tau, rng):
    """One predicted effect in a ninth school for each posterior draw of mu and tau."""
    ...  # your code here


# %% tags=["check"]
check("9.3", predict_ninth)

# %% [markdown]
# ### Exercise 9.4: a handler's work
#
# Write the log *likelihood* of a NumPyro program (one without subsampling or `handlers.scale`): the log density of the observed sites alone, given the values of the others. `values` is a dictionary by name. Return one number.
#
# <details><summary>Hint 1</summary>Start from <code>log_density_by_hand</code>.</details>
# <details><summary>Hint 2</summary>A site of type <code>sample</code> knows whether it <code>is_observed</code>; other sites, such as plates, do not.</details>


# %% tags=["exercise"]
# Exercise 9.4
def log_likelihood_of(program, values, *args):
    """Log density of the observed sites of a program, given values of the others."""
    ...  # your code here


# %% tags=["check"]
check("9.4", log_likelihood_of)

# %% [markdown]
# ### Exercise 9.5: build the variant
#
# Between centered and noncentered lies a whole family, with a number $c$ from 0 to 1. The sampler moves $x_j \sim \mathrm{Normal}(c\,\mu, \tau^c)$, and
#
# $$\theta_j = \mu + \tau^{1 - c}\,(x_j - c\,\mu) .$$
#
# $c = 1$ is centered, $c = 0$ noncentered, and for every $c$ we have $\theta_j \sim \mathrm{Normal}(\mu, \tau)$. Write a function `partly_centered(c)` that returns a NumPyro program of `(sigma, y)`, with the sites `mu`, `tau`, `x` (one for each school, in a plate), the observed site `y`, and `theta` as `numpyro.deterministic`.
#
# <details><summary>Hint 1</summary>Take <code>program</code> above and change one line into two.</details>
# <details><summary>Hint 2</summary>A function inside a function: define <code>program(sigma, y)</code> inside, and return it.</details>


# %% tags=["exercise"]
# Exercise 9.5
def partly_centered(c):
    """A NumPyro program of (sigma, y) that moves x ~ Normal(c mu, tau^c) in place of theta."""
    ...  # your code here


# %% tags=["check"]
check("9.5", partly_centered)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** A centered hierarchical model with little data gives divergences. What is the cure?
#
# <details><summary>A. Throw the divergent draws away and keep the others.</summary>
#
# **No.** They mark a region that the chain cannot enter. Without the marks the region is missing all the same.
#
# </details>
# <details><summary>B. Take ten times as many draws from the same chains.</summary>
#
# **No.** The wall stays where it is. More draws make the error bars smaller, around a wrong value.
#
# </details>
# <details><summary>C. Move other coordinates, such as the noncentered ones.</summary>
#
# **Right.** The trouble is the geometry. In the new coordinates the neck is gone, and one step size fits everywhere.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** The expected log joint density is about 6 higher in the noncentered form. What follows?
#
# <details><summary>A. Nothing: they are densities in different coordinates.</summary>
#
# **Right.** They differ by 8 log τ, the determinant, on average about 6 here. Both belong to one and the same posterior. Compare each with its own exact value.
#
# </details>
# <details><summary>B. The noncentered model fits the data better.</summary>
#
# **No.** It is the same model: the law of θ and y has not changed at all.
#
# </details>
# <details><summary>C. The noncentered chain is nearer to the mode.</summary>
#
# **No.** Draws from the same posterior are equally near to it, and the mode itself depends on the coordinates.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** A NumPyro program runs fine inside of `MCMC` and fails when you call it yourself. Why?
#
# <details><summary>A. It must be compiled by JAX before it can be called.</summary>
#
# **No.** A program is an ordinary Python function; inside of a handler it runs without compilation.
#
# </details>
# <details><summary>B. No handler gives its sites a key or a value.</summary>
#
# **Right.** MCMC wraps it in handlers that do. Wrap it in `seed` or `substitute`, or hand over a key.
#
# </details>
# <details><summary>C. Its observed sites need the data as arguments.</summary>
#
# **No.** Missing arguments would be Python's own complaint. With `y=None` the site is drawn, and that takes a key.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - derive shrinkage, and compute a hierarchical posterior exactly where everything is normal given one number,
# - recognise a funnel by divergences in one place, by ESS, $\hat R$ and E-BFMI, and say what is missing behind the wall,
# - leave it: by hand with its determinant, with `LocScaleReparam`, with `TransformReparam`; and keep the centered form where the data are strong,
# - read a NumPyro program as messages and handlers, and compute its log density and prior predictive yourself,
# - predict for a new member of the group, with all the uncertainty that belongs to it.
#
# ### Further reading
#
# - Betancourt, M. (2016). Diagnosing suboptimal cotangent disintegrations in Hamiltonian Monte Carlo. arXiv:1604.00695. (The E-BFMI.)
# - Betancourt, M. and Girolami, M. (2013). Hamiltonian Monte Carlo for hierarchical models. arXiv:1312.0906.
# - Efron, B. and Morris, C. (1975). Data analysis using Stein's estimator and its generalizations. *Journal of the American Statistical Association* 70(350), 311–319.
# - Gelman, A. (2006). Prior distributions for variance parameters in hierarchical models. *Bayesian Analysis* 1(3), 515–534.
# - Gelman, A., Carlin, J. B., Stern, H. S., Dunson, D. B., Vehtari, A. and Rubin, D. B. (2013). *Bayesian Data Analysis*, third edition, chapter 5. CRC Press.
# - Gorinova, M. I., Moore, D. and Hoffman, M. D. (2019). Automatic reparameterisation of probabilistic programs. arXiv:1906.03028. (`LocScaleReparam`.)
# - Neal, R. M. (2003). Slice sampling. *Annals of Statistics* 31(3), 705–767. (The funnel, in section 8.)
# - Papaspiliopoulos, O., Roberts, G. O. and Sköld, M. (2007). A general framework for the parametrization of hierarchical models. *Statistical Science* 22(1), 59–73.
# - Phan, D., Pradhan, N. and Jankowiak, M. (2019). Composable effects for flexible and accelerated probabilistic programming in NumPyro. arXiv:1912.11554.
# - Rubin, D. B. (1981). Estimation in parallel randomized experiments. *Journal of Educational Statistics* 6(4), 377–401.
# - Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021). Rank-normalization, folding, and localization: an improved R-hat for assessing convergence of MCMC. *Bayesian Analysis* 16(2), 667–718.
#
# **Next:** chapter 10 gives up exactness for speed, and looks for the best approximation in a family: variational inference. The funnel will be waiting there too.
