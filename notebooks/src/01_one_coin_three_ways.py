# %% [markdown]
# # 1. One coin, three ways
#
# **Question.** A coin shows 73 heads in 100 flips. What is its probability of heads, and does it matter which program you
# ask?
#
# After this chapter you will be able to
#
# - **derive** the posterior of a coin, its mean, its spread and its evidence, with pencil and paper,
# - **compute** it on a grid, and know when a grid fails,
# - **estimate** it by Monte Carlo, and state the error of the estimate,
# - **run** the same model in NumPyro, in PyMC and in nutpie, and show that they agree,
# - **judge** a claim about speed: what was counted, on how much data, and by which clock.
#
# **You need** chapter 00. Symbols are collected in [the notation table](notation.md), words in [the glossary](glossary.md).
#
# <!-- times -->
# About 31 minutes to read, exercises not counted, 55 s to run (measured cold: AMD EPYC, 2 cores, 2026-11-21).
# <!-- /times -->

# %%
import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import pandas as pd
from scipy import integrate, stats
from scipy.special import beta as beta_function
from scipy.special import comb

from course_utils import checks
from course_utils.bench.jobs import read_rows
from course_utils.bench.quotients import quotients
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.data import DATA_FOLDER
from course_utils.display import show_source, use_style
from course_utils.exercises import check
from course_utils.figures import chapter_01 as figures
from course_utils.models import binomial
from course_utils.timing import compare, time_jax, time_python

use_style()

# %% [markdown]
# ## Picture first
#
# Here are the flips. The coin was made for this page with a probability of heads of 0.7, which we now pretend not to know.

# %%
flips = np.random.default_rng(42).random(100) < 0.7
n, y = flips.size, int(flips.sum())
assert (y, n) == (73, 100)  # the numbers that the text names
print(f"{y} heads in {n} flips")
print("the first twenty:", "".join("H" if flip else "T" for flip in flips[:20]))

# %% [markdown]
# Before the flips we held coins near one half more plausible than extreme ones: the *prior*. The flips say how well each
# value of $p$ explains them: the *likelihood*. Multiply the two, point by point, and scale the product to area 1. That is
# the *posterior*.

# %%
prior = stats.beta(2, 2)
posterior = stats.beta(2 + y, 2 + n - y)
figures.beliefs(prior.pdf, lambda p: stats.binom(n, p).pmf(y), posterior.pdf, y / n)

# %% [markdown]
# A hundred flips leave little of the prior. They also leave room: the true 0.7 lies well inside the posterior, and so does
# 0.75.
#
# This chapter computes this one curve again and again: with a formula, on a grid, from random draws, and with three
# programs. Because we know the answer, we can watch each method being right or wrong. Later chapters have no such luxury.

# %% [markdown]
# ## The mathematics
#
# **Prior.** With two numbers $a, b > 0$, the density of $\mathrm{Beta}(a, b)$ at $0 < p < 1$ is
#
# $$\frac{p^{a-1} (1 - p)^{b-1}}{B(a, b)}, \qquad
# B(a, b) = \int_0^1 p^{a-1} (1 - p)^{b-1}\,\mathrm{d}p = \frac{\Gamma(a)\,\Gamma(b)}{\Gamma(a + b)} .$$
#
# $B$ is called the beta function; it is there to make the area 1. $\Gamma$ extends the factorial: $\Gamma(k) = (k - 1)!$ for whole
# $k$. We take $a = b = 2$.
#
# **Likelihood.** Each flip is heads with probability $p$, independently. The probability of $y$ heads in $n$ flips, in any order, is
# $\binom{n}{y}\, p^{y} (1 - p)^{n - y}$.
#
# **Posterior.** Likelihood times prior is
#
# $$\gamma(p) = \binom{n}{y}\, p^{y} (1 - p)^{n - y} \cdot \frac{p^{a-1} (1 - p)^{b-1}}{B(a, b)} .$$
#
# By Bayes' rule the posterior is this function, scaled to area 1: $\pi(p) = \gamma(p) / Z$ with $Z = \int_0^1 \gamma(p)\,\mathrm{d}p$. The part that
# depends on $p$ is $p^{a + y - 1} (1 - p)^{b + n - y - 1}$, that of a $\mathrm{Beta}(a + y,\; b + n - y)$ density. So this is the posterior. It has
# the same form as the prior, which is what *conjugate* means. The prior acts like $a - 1$ heads and $b - 1$ tails, seen by somebody who
# began with a flat prior, $\mathrm{Beta}(1, 1)$.
#
# **Evidence.** The constant is
#
# $$Z = \int_0^1 \gamma(p)\,\mathrm{d}p = \binom{n}{y} \frac{B(a + y,\; b + n - y)}{B(a, b)} .$$
#
# $Z$ is the probability that the model gives to the data, before $p$ is known. For this model it is a formula. For most
# models nobody knows it, and samplers are methods that never ask for it.
#
# **Mean and spread.** Write $a_n = a + y$ and $b_n = b + n - y$. One more factor $p$ under the integral turns $B(a_n, b_n)$ into
# $B(a_n + 1, b_n)$, two factors give $\mathrm{E}[p^2]$, and $\Gamma(x + 1) = x\,\Gamma(x)$ does the rest. Under the posterior,
#
# $$\mathrm{E}[p] = \frac{B(a_n + 1, b_n)}{B(a_n, b_n)} = \frac{a_n}{a_n + b_n}, \qquad
# \mathrm{Var}[p] = \mathrm{E}[p^2] - \mathrm{E}[p]^2 = \frac{a_n\, b_n}{(a_n + b_n)^2 (a_n + b_n + 1)} .$$
#
# The mean is a compromise between the prior's mean $a / (a + b)$ and the share of heads $y / n$, weighted by $a + b$ and
# $n$ (the flat start counts as two more flips):
#
# $$\mathrm{E}[p] = \frac{a + b}{a + b + n} \cdot \frac{a}{a + b} + \frac{n}{a + b + n} \cdot \frac{y}{n} .$$
#
# It is also the probability that the *next* flip is heads.
#
# **One count or a hundred flips?** Written flip by flip, with $y_i = 1$ for heads and 0 for tails, the likelihood is
# $\prod_i p^{y_i} (1 - p)^{1 - y_i} = p^{y} (1 - p)^{n - y}$. The binomial coefficient is gone, but it does not depend on
# $p$: the posterior is the same. A computer, though, multiplies a hundred factors instead of one. We shall use this at the
# end, to let the data grow.
#
# Formulas deserve a check. Numerical integration (quadrature) knows nothing of the algebra above:

# %%
a, b = 2, 2


def joint(p):
    """Likelihood times prior."""
    return stats.binom(n, p).pmf(y) * stats.beta(a, b).pdf(p)


# The integrand is a narrow peak: without a hint the routine may step over it.
integral = {"points": [y / n], "epsabs": 0, "epsrel": 1e-10}
by_formula = {
    "evidence": comb(n, y) * beta_function(a + y, b + n - y) / beta_function(a, b),
    "mean": posterior.mean(),
    "sd": posterior.std(),
}
Z = integrate.quad(joint, 0, 1, **integral)[0]
mean = integrate.quad(lambda p: p * joint(p) / Z, 0, 1, **integral)[0]
variance = integrate.quad(lambda p: (p - mean) ** 2 * joint(p) / Z, 0, 1, **integral)[0]
for (name, formula), quadrature in zip(
    by_formula.items(), (Z, mean, np.sqrt(variance)), strict=True
):
    print(f"{name:8} by formula {formula:.6f}, by quadrature {quadrature:.6f}")
    assert np.isclose(formula, quadrature, rtol=1e-8), name  # both are good to about 1e-10

# %% [markdown]
# ## By hand
#
# ### On a grid
#
# Now forget the formula. A posterior is likelihood times prior, scaled. So evaluate the product at many points, and divide
# by the sum. Nothing else is needed. The points are the middles of equal intervals, so none is exactly 0 or 1, where the
# logarithm would be infinite.


# %%
def grid_posterior(y, n, num_points):
    """Posterior of p on a grid: the points, and weights that sum to 1."""
    points, log_weights = [], []
    for i in range(num_points):
        p = (i + 0.5) / num_points
        log_prior = np.log(p) + np.log(1 - p)
        log_likelihood = y * np.log(p) + (n - y) * np.log(1 - p)
        points.append(p)
        log_weights.append(log_prior + log_likelihood)
    log_weights = np.array(log_weights)
    weights = np.exp(log_weights - log_weights.max())  # the largest becomes 1
    return np.array(points), weights / weights.sum()


points, weights = grid_posterior(y, n, num_points=50)
figures.grid_bars(points, weights, posterior.pdf)

# %% [markdown]
# Two lines carry the method. Constants may be left out of `log_prior` and `log_likelihood`, since the division by the sum
# removes them. And before the exponential we subtract the largest logarithm: $0.7^{10{,}000}$ is zero on a computer, but a
# *ratio* of two such numbers is harmless. *Common mistakes* shows what happens without it.
#
# From the weights, every posterior quantity is a weighted sum.

# %%
grid_mean = weights @ points
grid_sd = np.sqrt(weights @ (points - grid_mean) ** 2)
print(f"grid of 50: mean {grid_mean:.6f}, sd {grid_sd:.6f}")
print(f"exact:      mean {posterior.mean():.6f}, sd {posterior.std():.6f}")

# %% [markdown]
# ### By Monte Carlo
#
# The second idea does not need to visit every place. If we can *draw* from the posterior, then averages over draws approach
# averages over the posterior. This is the law of large numbers, and the method is called *Monte Carlo*. Here NumPy draws
# for us, because it knows the Beta distribution. From chapter 03 on we make draws ourselves.
#
# How far is the average of $N$ independent draws from the truth? Its variance is the variance of one draw divided by $N$.
# Its standard deviation is therefore
#
# $$\mathrm{MCSE} = \frac{\mathrm{sd}}{\sqrt{N}} ,$$
#
# the *Monte Carlo standard error*. The sd is that of the posterior, estimated from the same draws.


# %%
def monte_carlo(rng, num_draws):
    """Draw p one at a time; after each draw, the mean so far and its standard error."""
    total = total_of_squares = 0.0
    means, errors = [], []
    for k in range(1, num_draws + 1):
        p = rng.beta(2 + y, 2 + n - y)
        total += p
        total_of_squares += p**2
        mean = total / k
        variance = max(total_of_squares / k - mean**2, 0.0)
        means.append(mean)
        errors.append(np.sqrt(variance / k))
    return np.array(means), np.array(errors)


means, errors = monte_carlo(np.random.default_rng(1), num_draws=10_000)
figures.running_mean(means, errors, posterior.mean())

# %% [markdown]
# The line stays inside the funnel most of the time. That is what a standard error promises, and a promise can be tested. We
# repeat the estimate 2000 times with 400 draws each, and count. (Rounding differs between machines and may move a few estimates
# across a line, so the test of this cell allows 2 %.)

# %% tags=["tol-0.02"]
many = np.random.default_rng(2).beta(2 + y, 2 + n - y, size=(2000, 400))
z = (many.mean(axis=1) - posterior.mean()) / (many.std(axis=1) / np.sqrt(400))
for width, promised in ((1, 0.683), (2, 0.954)):
    kept = np.mean(np.abs(z) <= width)
    print(f"within {width} MCSE: {kept:.3f} of the estimates, promised {promised}")
    # The count itself has a standard error; a right method strays four of them once in 15,000.
    assert abs(kept - promised) < 4 * np.sqrt(promised * (1 - promised) / 2000)

# %% [markdown]
# The price of a digit is steep. One more digit is an error ten times smaller, so it takes a hundred times the draws.

# %% [markdown]
# ## Fast
#
# The course's package holds this model, written once for all chapters. Here is its log density, shown from the file in
# which it lives:

# %%
show_source(binomial.log_joint)

# %% [markdown]
# It is the sum that we wrote by hand, with all constants. `sites` holds the unknowns by name, `data` the successes and
# trials. JAX evaluates it at all grid points at once:


# %%
coin = binomial.model()  # its data are the flips above, added up
assert (int(coin.data.successes.sum()), int(coin.data.trials.sum())) == (y, n)


@jax.jit
def grid_fast(points):
    """Posterior weights at all points at once."""
    log_weights = jax.vmap(lambda p: coin.log_joint({"p": p}))(points)
    return jax.nn.softmax(log_weights)


@jax.jit
def draws_fast(key):
    """Ten thousand draws from the exact posterior, in four chains."""
    return jax.random.beta(key, 2.0 + y, 2.0 + n - y, (4, 2500))


fast_weights = grid_fast(jnp.asarray(points))
gap = np.abs(fast_weights - weights).max()
print(f"grid by hand and in JAX agree to within 1e-5: {gap < 1e-5}")
assert gap < 1e-5

# %% [markdown]
# Line by line:
#
# - `jax.vmap` turns a function of one point into a function of an array of points. There is no loop left to write.
# - `jax.nn.softmax` is the last two lines of the version by hand: subtract the largest, exponentiate, divide by the sum.
# - `jax.jit` compiles the whole for the shape of `points`. A grid of another size compiles again.
# - The tolerance is that of 32-bit numbers: log weights of size 100 are known to about 1e-5.
#
# **Predict.** How many times faster is the compiled grid with 100,000 points? And how many calls does it take until its
# compilation has paid off?

# %% tags=["nbval-ignore-output"]
fine = (np.arange(100_000) + 0.5) / 100_000


def draws_numpy(rng):
    """Ten thousand draws in NumPy."""
    return rng.beta(2 + y, 2 + n - y, (4, 2500))


timings = [
    time_python(grid_posterior, y, n, 100_000, name="grid by hand"),
    time_jax(grid_fast, jnp.asarray(fine), name="grid in JAX"),
    time_python(draws_numpy, np.random.default_rng(3), name="draws in NumPy"),
    time_jax(draws_fast, jax.random.key(3), name="draws in JAX"),
]
for timing in timings:
    print(timing)
hand, fast = timings[:2]
gain = hand.median_s - fast.median_s
print(f"the compiled grid is {hand.median_s / fast.median_s:.0f} times as fast", end="; ")
print(
    f"it has paid off after {(fast.trace_s + fast.compile_s) / gain:.1f} calls"
    if gain > 0
    else "it never pays off"
)
compare(timings)[["trace_s", "compile_s", "first_s", "median_s", "compiles"]].round(4)

# %% [markdown]
# A loop in Python pays for every turn. NumPy and JAX pay once for the whole array, and JAX pays the compiler before that.
# Now look at the two lines about draws, and beware of reading too much into the first two. NumPy's sampler for the Beta
# distribution is compiled code as well. JAX's draws one after another on a CPU, and many at once on a GPU. *Fast* is not a
# property of a library.

# %% [markdown]
# ## Is it right?
#
# Against the exact answer, both methods can be judged by their errors. First the error of the mean against the number of
# points or draws.

# %%
counts = [5, 10, 15, 20, 30, 40, 60, 100]
grid_errors = []
for count in counts:
    p, w = grid_posterior(y, n, count)
    grid_errors.append(abs(w @ p - posterior.mean()))
draw_counts = [10, 100, 1000, 10_000, 100_000]
rng = np.random.default_rng(5)
draw_errors = [
    np.sqrt(np.mean((rng.beta(2 + y, 2 + n - y, (50, count)).mean(axis=1) - posterior.mean()) ** 2))
    for count in draw_counts
]  # the root of the mean squared error of 50 repetitions
figures.errors(
    {"grid: error": counts, "Monte Carlo: error": draw_counts},
    {"grid: error": grid_errors, "Monte Carlo: error": draw_errors},
    rounding=1e-16,
)

# %% [markdown]
# In one dimension the grid wins by a landslide. Once its spacing is below the width of the posterior, each further point
# gains digits, down to rounding. So why does anybody draw? Count the points for more unknowns. A grid of 60 points an axis
# needs $60^d$ of them in $d$ dimensions. The MCSE does not know the dimension: sd over root $N$, whatever $d$.

# %%
for d in (1, 2, 5, 10):
    print(f"{d:2} unknowns: {60**d:.1e} grid points, at a million a second {60**d / 1e6:.1e} s")

# %% [markdown]
# A year has $3 \times 10^7$ seconds. Eight schools, in chapter 00, had ten unknowns.
#
# Now the draws. As everywhere in this course, the error is measured in units of its MCSE, then ArviZ has a look.

# %%
ALPHA = 1e-3 / 11  # eleven comparisons with chance on this page: together less than 1e-3
draws = np.asarray(draws_fast(jax.random.key(3)), dtype=float)
found = checks.mean_within_mcse(draws, posterior.mean(), "p", alpha=ALPHA)
print("the mean of the draws agrees with the exact one:", found.passed)
assert found.passed, found.message

# %% tags=["tol-0.05"]
az.summary(az.from_dict({"posterior": {"p": draws}}), kind="all")[
    ["mean", "sd", "ess_bulk", "ess_tail", "r_hat", "mcse_mean"]
]

# %% [markdown]
# Ten thousand independent draws, and an effective sample size near ten thousand: one independent draw is one effective draw. The samplers
# to come are compared with it. (The size is estimated from the draws and is good to a few per cent. When the pages are tested, this cell
# may stray by 5 %, and so may the next one, whose share has a relative standard error of about one per cent.)
#
# With draws, every question about $p$ is an average. How probable are at least 8 heads in the next 10 flips? Give each draw
# its own ten flips, and count.

# %% tags=["tol-0.05"]
p_drawn = draws.ravel()
next_heads = np.random.default_rng(4).binomial(10, p_drawn)
share = np.mean(next_heads >= 8)
exact_share = stats.betabinom(10, 2 + y, 2 + n - y).sf(7)
mcse = np.sqrt(share * (1 - share) / p_drawn.size)
print(f"P(at least 8 of the next 10): {share:.3f}, exact {exact_share:.3f}")
assert abs(share - exact_share) < 4 * mcse

# %% [markdown]
# ## Where it breaks
#
# **Predict.** We keep a grid of 100 points and flip the coin 10,000 times, then a million times. What does the grid report
# as the posterior's sd?

# %%
panels = {}
for size in (100, 10_000, 1_000_000):
    data = binomial.simulate(num_observations=size)
    heads = int(data.successes.sum())
    p, w = grid_posterior(heads, size, 100)
    exact = stats.beta(2 + heads, 2 + size - heads)
    panels[size] = (p, w, exact.pdf)
    sd = np.sqrt(w @ (p - w @ p) ** 2)
    print(
        f"{size:9,} flips: sd on the grid {sd:.6f}, exact {exact.std():.6f}; "
        f"points that carry the weight: {1 / np.sum(w**2):.1f}"
    )

figures.too_coarse(panels)

# %% [markdown]
# With a million flips the whole posterior fits between two points. What the grid reports then, mean and spread, is an
# accident of where its points lie. It gives no warning. The cure is to look at the last number: $1 / \sum_i w_i^2$ counts
# the points that carry the weight. For a bell it is about 3.5 times the sd over the spacing; below four or so, mistrust the grid. (This
# number will come back in
# disguise as an *effective sample size*.)
#
# Monte Carlo breaks elsewhere: somebody has to draw from the posterior. Here NumPy could, because the posterior had a name.
# A real posterior has none. Making draws from a density that one can only evaluate is what samplers are for, and what the
# rest of the course is about.

# %% [markdown]
# ## In the libraries
#
# Three ways to run the same model, each as a program of its own. You can run each of them outside of this page as well:
#
# ```bash
# python tools/course.py run 01 --part numpyro
# python tools/course.py run 01 --part pymc
# python tools/course.py run 01 --part comparison
# ```
#
# ### The log density first
#
# Two programs can only agree on a posterior if they have the same density. So this is compared before anything is sampled:
# the plain function, the NumPyro program and the PyMC program of the package, at random points, with and without the
# Jacobian. (Samplers stretch the interval from 0 to 1 to the whole line; the *Jacobian* is the factor that keeps areas right.) The two
# programs below write the same model once more; the exact answer will check their draws.

# %%
from course_utils.models.contract import views_agree

agreement = views_agree(coin, jax.random.key(5))
print(f"{agreement.property}: {agreement.passed}")
assert agreement.passed, agreement.message

# %% [markdown]
# ### The simple program: NumPyro
#
# The next cell needs nothing from this page. `NUTS` is the sampler of chapter 07; for now it is a machine that makes draws
# from a density. (Its sd, estimated from dependent draws, has a relative error of some two per cent. When the pages are tested, the numbers
# of this program and of the next may stray by 10 %.)

# %% tags=["program-numpyro", "tol-0.1"]
import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS

flips = np.random.default_rng(42).random(100) < 0.7
n, y = flips.size, int(flips.sum())


def coin_model(n, y):
    """A coin with an unknown probability of heads."""
    p = numpyro.sample("p", dist.Beta(2, 2))
    numpyro.sample("y", dist.Binomial(n, p), obs=y)


print("NumPyro: compiling and sampling …")
mcmc = MCMC(
    NUTS(coin_model),
    num_warmup=500,
    num_samples=1000,
    num_chains=4,
    chain_method="vectorized",
    progress_bar=False,
)
mcmc.run(jax.random.key(42), n, y)
numpyro_draws = np.asarray(mcmc.get_samples(group_by_chain=True)["p"], dtype=float)
low, high = np.quantile(numpyro_draws, [0.05, 0.95])
print(f"mean {numpyro_draws.mean():.3f}, sd {numpyro_draws.std():.3f}")
print(f"90 % of the posterior lies between {low:.3f} and {high:.3f}")

# %% [markdown]
# ### The original program: PyMC
#
# The same model, in a library with another style: the model is an object, and `with` opens it. We name the sampler. PyMC
# would take nutpie by itself where that is installed. `cores=1` runs the four chains one after another; for a model as
# small as this, starting worker processes can take longer than sampling.

# %% tags=["program-pymc", "tol-0.1"]
import numpy as np
import pymc as pm

flips = np.random.default_rng(42).random(100) < 0.7
n, y = flips.size, int(flips.sum())

with pm.Model() as pymc_coin:
    p = pm.Beta("p", alpha=2, beta=2)
    pm.Binomial("y", n=n, p=p, observed=y)
    print("PyMC: compiling and sampling …")
    trace = pm.sample(
        draws=1000,
        tune=500,
        chains=4,
        cores=1,
        nuts_sampler="pymc",
        random_seed=42,
        progressbar=False,
        quiet=True,
    )

pymc_draws = trace["posterior"]["p"].values
low, high = np.quantile(pymc_draws, [0.05, 0.95])
print(f"mean {pymc_draws.mean():.3f}, sd {pymc_draws.std():.3f}")
print(f"90 % of the posterior lies between {low:.3f} and {high:.3f}")

# %% [markdown]
# Do they agree, with each other and with the truth?

# %%
for name, chains in {"NumPyro": numpyro_draws, "PyMC": pymc_draws}.items():
    found = checks.mean_within_mcse(chains, posterior.mean(), "p", alpha=ALPHA)
    print(f"{name:8} agrees with the exact mean: {found.passed}")
    assert found.passed, found.message
distance = abs(numpyro_draws.mean() - pymc_draws.mean())
both = np.hypot(*(float(az.mcse(d)) for d in (numpyro_draws, pymc_draws)))
alike = bool(distance < stats.norm.isf(ALPHA / 2) * both)
print(f"they agree with each other: {alike}")
assert alike

# %% [markdown]
# ### The full comparison
#
# Two words first. An *effective draw* is worth one independent draw; we count the smaller of ArviZ's bulk and tail ESS. And NUTS asks for
# the slope of the log density, its *gradient*, several times a draw: that is most of its work.
#
# One model, four ways to sample it: PyMC's own sampler, nutpie, NumPyro as PyMC's backend, and NumPyro itself. The cell
# runs each, tells apart compiling, warm-up and sampling, watches the memory, and counts effective draws per second.
#
# How are the phases told apart, when a library does all in one call? By what each library records: JAX announces when it
# compiles, PyMC notes the time of every draw, and all of them count gradient evaluations. The module that does it explains
# it, system by system:

# %%
from IPython.display import Markdown

from course_utils.bench import systems

Markdown(systems.__doc__.replace("``", "`"))

# %% tags=["program-comparison", "nbval-ignore-output"]
import time

import arviz as az
import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
import pymc as pm

from course_utils.bench.clock import Clock
from course_utils.bench.systems import SYSTEMS, Settings
from course_utils.timing import min_ess

flips = np.random.default_rng(42).random(100) < 0.7
n, y = flips.size, int(flips.sum())
exact_mean = (2 + y) / (4 + n)


def in_numpyro():
    """The model as a NumPyro program."""

    def model():
        p = numpyro.sample("p", dist.Beta(2, 2))
        numpyro.sample("y", dist.Binomial(n, p), obs=y)

    return model


def in_pymc():
    """The model as a PyMC object."""
    with pm.Model() as model:
        p = pm.Beta("p", alpha=2, beta=2)
        pm.Binomial("y", n=n, p=p, observed=y)
    return model


ways = {
    "NumPyro": ("numpyro-vectorized", in_numpyro),
    "PyMC": ("pymc", in_pymc),
    "nutpie": ("nutpie", in_pymc),
    "PyMC → NumPyro": ("pymc-numpyro-vectorized", in_pymc),
}
settings = Settings(num_chains=4, num_warmup=500, num_draws=1000, seed=42, cores=1)
table, compared = {}, {}
for way, (system, make_model) in ways.items():
    # PyMC switches JAX to 64 bits, but only when it first loads its own JAX part.
    jax.config.update("jax_enable_x64", way == "PyMC → NumPyro")
    print(f"{way}: compiling and sampling …")
    with Clock(time.time()) as clock:
        sampled, notes = SYSTEMS[system].run(make_model, settings, clock)
    seconds = clock.report()
    call_s = seconds["compile_s"] + seconds["warmup_s"] + seconds["sampling_s"]
    compared[way] = np.asarray(sampled["p"], dtype=float)
    ess = min_ess(compared[way])
    z = (compared[way].mean() - exact_mean) / float(az.mcse(compared[way]))
    table[way] = {
        "compile (s)": seconds["compile_s"],
        "warm-up (s)": seconds["warmup_s"],
        "sampling (s)": seconds["sampling_s"],
        "memory added (MB)": seconds["peak_memory_mb"] - seconds["start_memory_mb"],
        "ESS": ess,
        "ESS/s sampling": ess / seconds["sampling_s"],
        "ESS/s with compile": ess / call_s,
        "precision": str(sampled["p"].dtype),
        "agrees": "yes" if abs(z) < 4 else "NO",
    }
jax.config.update("jax_enable_x64", False)
comparison = pd.DataFrame(table).T
print(comparison.to_string(float_format=lambda value: f"{value:,.3g}"))

# %% [markdown]
# All four must agree with the exact posterior, or their speed means nothing.

# %%
for way, chains in compared.items():
    found = checks.mean_within_mcse(chains, posterior.mean(), "p", alpha=ALPHA)
    print(f"{way:15} agrees with the exact mean: {found.passed}")
    assert found.passed, found.message

# %% [markdown]
# And what does the table say? Much less than it seems to. It is one run, on one small data set, in a process that had
# imported everything before, on a machine that may have been busy. PyMC had compiled this very model a few cells above, and the memory
# added depends on the order. Run the cell twice and the numbers move. A claim about speed needs more than that.

# %% [markdown]
# ## What it costs
#
# First the row that this chapter adds to the course's table: ten thousand independent draws from a posterior with a name.
# One independent draw is one effective draw: the yardstick for what follows.

# %% tags=["nbval-ignore-output"]
timing = time_jax(draws_fast, jax.random.key(3), name="independent draws")
row = cost_row(
    "independent draws", "coin, 100 flips", draws[..., None], timing, acceptance_rate=1.0
)
running_table(row).T

# %% [markdown]
# ### Claims on trial
#
# Programs like the ones above usually come with sentences like these:
#
# - NumPyro is typically 5 to 20 times faster than PyMC.
# - It uses less memory.
# - It scales better with data.
# - On small data it shows no advantage.
#
# Each is put on trial by a benchmark that anyone can run again:
#
# ```bash
# python -m course_utils.bench coin --systems numpyro,numpyro-float64,pymc,nutpie,pymc-numpyro \
#     --sizes 100,10000,100000 --repeats 5 --max-others 0.1 --json my_coin.jsonl
# ```
#
# It runs every system in a process of its own, with empty compilation caches, and keeps every flip as an observation, so
# that the data can grow. Each round runs all systems one after the other. Quotients are taken within a round, so a slow
# hour of the machine meets both sides. A run that other programs disturbed is measured again (`--max-others 0.1`). All this takes a
# while, so the page shows a recorded run. To try the claims on your machine, write `Path("my_coin.jsonl")`, with its folder, into the
# next cell.

# %%
from pathlib import Path

rows = read_rows(Path(DATA_FOLDER) / "benchmarks" / "coin.jsonl")
everything = [row for row in rows if row["status"] == "ok"]
finished = [row for row in everything if row["likelihood"] == "bernoulli"]
binomial_rows = [row for row in everything if row["likelihood"] == "binomial"]
machine = finished[0]
dates = sorted({row["date"][:10] for row in everything})
print(f"recorded {' to '.join(dict.fromkeys([dates[0], dates[-1]]))}: {len(everything)} runs")
print(f"on {machine['cpu']}, {machine['threads']} threads, {machine['platform']}")
print(", ".join(f"{name} {version}" for name, version in machine["versions"].items()))
print(f"{sum(row['wall_s'] for row in everything) / 60:.0f} minutes of runs")
assert len({(row["cpu"], row["threads"], str(row["versions"])) for row in everything}) == 1
print("every run agrees with the exact posterior:", all(row["agrees"] for row in everything))
assert all(row["agrees"] for row in everything)

# %% [markdown]
# The systems: `numpyro` runs four chains in parallel on four virtual devices, into which the benchmark divides the processor (without
# them, NumPyro's default runs one chain after another; on this page the four run side by side on one device). `numpyro-float64` is the same in double precision, which is what
# PyMC uses. `pymc` is PyMC's own sampler with its default number of worker processes. `pymc-numpyro` is PyMC's model in
# NumPyro's sampler. Caches of compiled programs were empty. On a second day PyMC and nutpie
# find parts of theirs on disk; NumPyro does so only if JAX's cache is switched on. So this shows a first day.

# %%
columns = [
    "wall_s",
    "import_s",
    "compile_s",
    "warmup_s",
    "sampling_s",
    "peak_memory_mb",
    "ess_per_s",
]
medians = pd.DataFrame(finished).groupby(["size", "system"])[columns].median()
medians.round({"peak_memory_mb": 0, "ess_per_s": 0}).round(2)

# %%
sizes = sorted({row["size"] for row in finished})
names = list(dict.fromkeys(row["system"] for row in finished))


def seconds_by_phase(size):
    """Median seconds of each phase, for each system."""
    parts = ["other_s", "import_s", "compile_s", "warmup_s", "sampling_s"]
    chosen = pd.DataFrame([row for row in finished if row["size"] == size])
    table = chosen.groupby("system", sort=False)[parts].median()
    table.columns = ["start of Python, other", "import", "compile", "warm-up", "sampling"]
    return table.T.to_dict()


figures.phases(seconds_by_phase(sizes[0]), f"{sizes[0]:,} flips")

# %% [markdown]
# Where did the time go? Here is the share of the wall time that is warm-up and sampling; the rest is starting Python, importing and
# compiling.

# %%
share = (medians["warmup_s"] + medians["sampling_s"]) / medians["wall_s"]
share.unstack("size").round(3)

# %%
figures.phases(seconds_by_phase(sizes[-1]), f"{sizes[-1]:,} flips")

# %%
panels = {
    label: {
        name: {
            size: np.array(
                [row[f] for row in finished if row["system"] == name and row["size"] == size]
            )
            for size in sizes
            if any(row["system"] == name and row["size"] == size for row in finished)
        }
        for name in names
    }
    for label, f in {
        "effective draws per second of sampling": "ess_per_s",
        "peak memory (MB)": "peak_memory_mb",
    }.items()
}
figures.growth(panels)

# %% [markdown]
# Now the trial. *Faster* needs a unit, and ours is the effective draw: how many seconds does one cost? And it needs a
# clock. Three are sensible:
#
# - the *wall*: from starting Python to the last draw, what you wait for when you run a script;
# - the *call*: compiling, warm-up and sampling, what you wait for in a notebook;
# - the *sampling* alone, what remains when a compiled program is used again and again.
#
# A case supports the claim only if every single round does. First what was measured, then the verdicts.

# %%
clocks = {
    "wall": lambda row: row["wall_s"] / row["ess"],
    "call": lambda row: (row["compile_s"] + row["warmup_s"] + row["sampling_s"]) / row["ess"],
    "sampling": lambda row: row["sampling_s"] / row["ess"],
}


def speed_ups(slow, fast):
    """How many times more seconds `slow` needs for an effective draw than `fast`."""
    return {
        f"{clock}, {size:,} flips": values
        for clock, seconds in clocks.items()
        for size, values in quotients(finished, slow, fast, seconds).items()
    }


against = {"PyMC's own sampler": "pymc", "nutpie": "nutpie"}
pd.DataFrame(
    {f"NumPyro against {who}": {case: f"{np.median(q):.2g} ({q.min():.2g} to {q.max():.2g})"
     for case, q in speed_ups(system, "numpyro").items()} for who, system in against.items()}
)  # fmt: skip

# %% [markdown]
# Numbers above 1 mean that NumPyro is faster, below 1 that it is slower: median, and range over the rounds.
#
# **Predict** the four verdicts before you run the next cells.
#
# How strict is our rule? If both sides of a bound were equally likely, five rounds would agree on one of them once in 16 by chance. More
# rounds make *undecided* likelier in close cases. Of claim 1 we try only the lower end, 5 times, and *typically* we read as: in every case.
#
# #### Claim 1: NumPyro is typically 5 to 20 times faster than PyMC

# %%
claim = "NumPyro is at least 5 times faster than {}"
for who, system in against.items():
    trial(
        claim.format(who), speed_ups(system, "numpyro"), chapter="01", recorded=machine, at_least=5
    )

# %% [markdown]
# #### Claim 2: NumPyro uses less memory

# %%
for who, system in against.items():
    memory = quotients(finished, "numpyro", system, "peak_memory_mb")
    cases = {f"{size:,} flips": values for size, values in memory.items()}
    trial(f"NumPyro uses less memory than {who}", cases, chapter="01", recorded=machine, at_most=1)

# %% [markdown]
# #### Claim 3: NumPyro scales better with data
#
# We ask by what factor an effective draw becomes dearer (sampling alone) as the flips grow, and compare the two factors.

# %%
for who, system in against.items():
    ratio = quotients(finished, "numpyro", system, clocks["sampling"])
    cases = {
        f"flips grow from {sizes[0]:,} to {size:,}": ratio[size] / ratio[sizes[0]]
        for size in sizes[1:]
    }
    trial(f"NumPyro scales better than {who}", cases, chapter="01", recorded=machine, at_most=1)

# %% [markdown]
# A large fixed cost can hide the flips: whoever is slow to begin with grows by a small factor. So we look at the price of one more flip, too.

# %%
for system in ("numpyro", *against.values()):
    low, high = (
        np.median(
            [
                clocks["sampling"](row)
                for row in finished
                if (row["system"], row["size"]) == (system, size)
            ]
        )
        for size in (sizes[0], sizes[-1])
    )
    price = 1e9 * (high - low) / (sizes[-1] - sizes[0])
    print(f"{system:8} {price:.2g} ns an effective draw for each further flip")

# %% [markdown]
# #### Claim 4: on small data there is no advantage
#
# *No advantage* shall mean: at most 1.25 times faster.

# %%
for who, system in against.items():
    small = {
        case: values
        for case, values in speed_ups(system, "numpyro").items()
        if case.endswith(f" {sizes[0]:,} flips")
    }
    claim = f"On small data NumPyro has no advantage over {who}"
    trial(claim, small, chapter="01", recorded=machine, at_most=1.25)

# %% [markdown]
# Four sentences that sounded like facts. None names a clock, a number of flips or a sampler, and no verdict could do without. That is the
# habit to take along: **before you compare, say what is counted**. The model and the number of draws were equal here. Much was not: the
# precision, how chains share the cores, each library's warm-up. Precision alone can be tried. NumPyro computes in 32 bits by default, PyMC
# in 64:

# %%
for name, seconds in clocks.items():
    for size, q in quotients(finished, "numpyro-float64", "numpyro", seconds).items():
        spread_of = f"{np.median(q):.2g} ({q.min():.2g} to {q.max():.2g})"
        print(f"{name:8} {size:9,} flips: 64 bits cost {spread_of} times as much as 32")

# %% [markdown]
# (Part of this on the wall is compiling, and in every round the run in 32 bits came first.)
#
# And one more thing was equal on purpose: how the model is *written*. A single flip is $\mathrm{Bernoulli}(p)$. It is also
# $\mathrm{Binomial}(1, p)$, the same distribution with the same log density. The benchmark was run with the second spelling
# too (`--likelihood binomial`).

# %%
spelled = pd.DataFrame(binomial_rows).groupby(["size", "system"])[columns].median()
both = ["compile_s", "sampling_s", "peak_memory_mb"]
times = spelled[both] / medians.loc[spelled.index, both]
times.columns = ["compile", "sampling", "peak memory"]
print("Binomial(1, p) against Bernoulli(p), the same posterior:")
times.round(1)

# %% [markdown]
# A general formula costs more than a special one, and libraries differ in how much of the difference their compilers find
# out by themselves. How you write a model can matter more than which library you choose.

# %% [markdown]
# ## Common mistakes
#
# Three wrong ways to compute this posterior. None stops with an error.
#
# **Exponentiating too early.** The product of ten thousand numbers below 1 is zero on a computer, for every $p$. Zero
# divided by zero is not a number.

# %%
big = binomial.simulate(num_observations=10_000)
heads = int(big.successes.sum())
grid = (np.arange(2000) + 0.5) / 2000
with np.errstate(invalid="ignore"):
    product = grid**heads * (1 - grid) ** (10_000 - heads)
    print("largest product:", product.max(), "  weights:", (product / product.sum())[:3])
log_product = heads * np.log(grid) + (10_000 - heads) * np.log1p(-grid)
weights = np.exp(log_product - log_product.max())
print("with logarithms the weights sum to", (weights / weights.sum()).sum().round(6))

# %% [markdown]
# *Symptom:* NaN, or a posterior of exactly zero. *Cure:* add logarithms, subtract the largest before you exponentiate.
#
# **A column against a row.** Flips of shape (100, 1), as a table's column often comes, meet trials of shape (100,).
# Broadcasting makes 100 × 100 terms, and every flip is counted a hundred times.

# %%
one_by_one = binomial.simulate(num_observations=100)
column = one_by_one._replace(successes=np.asarray(one_by_one.successes)[:, None])


points = (np.arange(500) + 0.5) / 500


def spread(data):
    """Mean and sd on a grid, from the package's log density."""
    log_p = jax.jit(jax.vmap(lambda p: binomial.log_joint({"p": p}, data)))(jnp.asarray(points))
    w = np.asarray(jax.nn.softmax(log_p), dtype=float)
    return w @ points, np.sqrt(w @ (points - w @ points) ** 2)


spreads = {"row, right": spread(one_by_one), "column, wrong": spread(column)}
for name, (mean, sd) in spreads.items():
    print(f"{name:13}: mean {mean:.3f}, sd {sd:.4f}   (exact {posterior.mean():.3f}, {posterior.std():.4f})")  # fmt: skip
assert np.isclose(spreads["row, right"][1], posterior.std(), rtol=1e-2)
assert spreads["column, wrong"][1] < posterior.std() / 5

# %% [markdown]
# *Symptom:* a plausible mean with far too much confidence; every diagnostic is content, since the chain samples its (wrong)
# target perfectly. *Cure:* look at the shape of the log likelihood before it is summed, and compare with a loop. The
# course's models refuse such data.
#
# **One seed for all chains.** Four chains that start from the same seed are one chain, four times.

# %%
same = np.stack([np.random.default_rng(7).beta(2 + y, 2 + n - y, 1000) for _ in range(4)])
different = np.random.default_rng(7).beta(2 + y, 2 + n - y, (4, 1000))
alike = {
    name: bool(np.all(chains == chains[0]))
    for name, chains in {"same seed": same, "one generator": different}.items()
}
for name, chains in {"same seed": same, "one generator": different}.items():
    print(
        f"{name:13}: R-hat below 1.01 {bool(az.rhat(chains) < 1.01)}, "
        f"ArviZ counts {float(az.ess(chains)):5.0f} effective draws, "
        f"different draws {np.unique(chains).size}"
    )
assert alike == {"same seed": True, "one generator": False}

# %% [markdown]
# *Symptom:* $\hat R$ that is too good, an effective sample size four times too large, a standard error half as large as it
# should be. *Cure:* one generator for all chains, or `jax.random.split`. Chapter 08 returns to what diagnostics cannot see.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in [the
# solutions](solutions/01_one_coin_three_ways.ipynb); try first.
#
# ### Exercise 1.1: change one number
#
# A friend believes firmly in fair coins. With a prior $\mathrm{Beta}(s, s)$, and our 73 heads in 100 flips, how large must
# $s$ be for the posterior mean to be 0.600?
#
# <details><summary>Hint</summary>The posterior mean is (s + 73) / (2s + 100). Solve for s, or try.</details>

# %% tags=["exercise"]
# Exercise 1.1
strength = None  # your number
# your code here

# %% tags=["check"]
check("1.1", strength)

# %% [markdown]
# ### Exercise 1.2: how sure is a mean?
#
# Write the Monte Carlo standard error of the mean of independent draws. The checker compares it with the formula, then
# tests its promise: how many of 2000 means lie within two of your errors?
#
# <details><summary>Hint</summary>sd over root N. A draw has a sd; the mean of N draws has a smaller one.</details>


# %% tags=["exercise"]
# Exercise 1.2
def standard_error(draws):
    """Monte Carlo standard error of the mean of independent draws, shape (N,)."""
    ...  # your code here


# %% tags=["check"]
check("1.2", standard_error)

# %% [markdown]
# ### Exercise 1.3: find the bug
#
# This grid is right for 100 flips. For 10,000 it is not.


# %%
def grid_with_a_bug(heads, flips, num_points):
    """Something goes wrong when there are many flips."""
    points = (np.arange(num_points) + 0.5) / num_points
    weights = points ** (1 + heads) * (1 - points) ** (1 + flips - heads)
    return points, weights / weights.sum()


with np.errstate(invalid="ignore"):
    for heads, flips_made in ((73, 100), (7_000, 10_000)):
        p, w = grid_with_a_bug(heads, flips_made, 2000)
        print(f"{flips_made:6,} flips: mean {w @ p:.4f}")

# %% [markdown]
# <details><summary>Hint 1</summary>What is 0.7 to the power of 7000 on a computer?</details>
# <details><summary>Hint 2</summary>Compare with <code>grid_posterior</code>: where does it take the exponential?</details>


# %% tags=["exercise"]
# Exercise 1.3
def repaired_grid(heads, flips, num_points):
    """Return the grid points and the posterior weights, which sum to 1."""
    ...  # your code here


# %% tags=["check"]
check("1.3", repaired_grid)

# %% [markdown]
# ### Exercise 1.4: find the bug in a stopwatch
#
# This stopwatch reports a wonderful time for JAX, or a terrible one, never the right one. Repair it: it shall return the
# median seconds of several calls, when compilation is over and the result is really there. (The minimum is a good answer, too. The mean is
# not: one slow call spoils it.)


# %%
def dishonest_clock(fun, *args):
    """Seconds of a call, or so it says."""
    import time

    begin = time.perf_counter()
    fun(*args)
    return time.perf_counter() - begin


# %% [markdown]
# <details><summary>Hint 1</summary>Which call compiles? Make it, and do not count it.</details>
# <details><summary>Hint 2</summary>JAX returns before the work is done. <code>jax.block_until_ready(result)</code> waits for every array inside.</details>
# <details><summary>Hint 3</summary>Call at least four times in all, and take the median.</details>


# %% tags=["exercise"]
# Exercise 1.4
def honest_clock(fun, *args):
    """Median seconds of a call, compilation left out, the result waited for."""
    ...  # your code here


# %% tags=["check"]
check("1.4", honest_clock)

# %% [markdown]
# ### Exercise 1.5: build the variant
#
# Two coins: the first shows 73 heads in 100 flips, the second 58 in 90. Is the first one better? Write a NumPyro model
# `two_coins(heads, flips)`, where both arguments are arrays of shape (2,). It needs a site (a named `sample` statement) `"p"` of shape (2,) with
# independent Beta(2, 2) priors, the observed counts, and `numpyro.deterministic("difference", p[0] - p[1])`. The checker
# compares its log density with SciPy's. The solution runs it and finds the probability that the first coin is better.
#
# <details><summary>Hint 1</summary><code>with numpyro.plate("coin", 2):</code> makes two independent copies of what stands below it.</details>
# <details><summary>Hint 2</summary><code>dist.Binomial</code> takes arrays of trials and probabilities as it takes numbers.</details>


# %% tags=["exercise"]
# Exercise 1.5
def two_coins(heads, flips):
    """Two coins and the difference of their probabilities of heads."""
    ...  # your code here


# %% tags=["check"]
check("1.5", two_coins)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** You double the number of independent draws. What happens to the Monte Carlo standard error, and what to the posterior's sd?
#
# <details><summary>A. Both halve.</summary>
#
# **No.** The sd belongs to the posterior. More draws show it more clearly, they do not shrink it.
#
# </details>
# <details><summary>B. The error halves, the sd stays.</summary>
#
# **No.** For half the error you need four times the draws.
#
# </details>
# <details><summary>C. The error falls by a factor of about 1.4, the sd stays.</summary>
#
# **Right.** The error is sd over root N. Only more data, not more draws, narrow the posterior.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** Library A makes 100,000 draws a second, library B 20,000. Which one do you take?
#
# <details><summary>A. Library A: five times as many draws, so five times less waiting.</summary>
#
# **No.** If A's draws resemble each other, a hundred of them may be worth one of B's.
#
# </details>
# <details><summary>B. The one that makes more effective draws a second.</summary>
#
# **Right.** Provided that both are right, and on data like yours. Effective draws are what lowers your error; and a wrong sampler can be very fast.
#
# </details>
# <details><summary>C. Library B: slower samplers look at more of the posterior.</summary>
#
# **No.** The number of draws a second says nothing about quality, in either direction.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** The first call of a compiled function takes 5 s, each further call 0.01 s. A colleague's uncompiled version takes 0.5 s a call. When is yours
# faster in all?
#
# <details><summary>A. From the 11th call on.</summary>
#
# **Right.** Ten calls: 5 + 9 × 0.01 = 5.09 s against 5.0 s. Eleven calls: 5.10 s against 5.5 s.
#
# </details>
# <details><summary>B. Always: 0.01 is less than 0.5.</summary>
#
# **No.** After one call you have waited 5 s, your colleague half a second.
#
# </details>
# <details><summary>C. Never: the 5 s are lost.</summary>
#
# **No.** Each further call wins back half a second.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - derive a conjugate posterior, its mean, sd and evidence, and check the algebra by quadrature,
# - compute a posterior on a grid, with logarithms, and see when the grid is too coarse,
# - estimate by Monte Carlo, and say how far off the estimate may be,
# - run one model in NumPyro, PyMC and nutpie, and show that they agree before you compare their speed,
# - try a claim: name the unit, the clock and the amount of data, repeat, and let every round speak.
#
# ### Further reading
#
# - Abril-Pla, O., Andreani, V., Carroll, C., Dong, L., Fonnesbeck, C. J., Kochurov, M., Kumar, R., Lao, J., Luhmann, C. C.,
#   Martin, O. A., Osthege, M., Vieira, R., Wiecki, T. and Zinkov, R. (2023). PyMC: a modern, and comprehensive
#   probabilistic programming framework in Python. *PeerJ Computer Science* 9, e1516.
# - Bayes, T. (1763). An essay towards solving a problem in the doctrine of chances. *Philosophical Transactions of the
#   Royal Society* 53, 370–418.
# - Gelman, A., Carlin, J. B., Stern, H. S., Dunson, D. B., Vehtari, A. and Rubin, D. B. (2013). *Bayesian Data Analysis*,
#   third edition. CRC Press. Chapter 2.
# - Kalibera, T. and Jones, R. (2013). Rigorous benchmarking in reasonable time. *Proceedings of the International Symposium
#   on Memory Management*, 63–74. ACM.
# - Metropolis, N. and Ulam, S. (1949). The Monte Carlo method. *Journal of the American Statistical Association* 44(247),
#   335–341.
# - Phan, D., Pradhan, N. and Jankowiak, M. (2019). Composable effects for flexible and accelerated probabilistic
#   programming in NumPyro. arXiv:1912.11554.
#
# **Next:** chapter 03 makes draws from a density that has no name, with a walk and a rule. (Chapter 02 is about JAX, for
# those who want to know what `jit` and `vmap` do before they go on.)
