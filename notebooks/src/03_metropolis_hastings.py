# %% [markdown]
# # 3. Metropolis-Hastings
#
# **Question.** How do you draw from a density that you can only evaluate, and only up to a constant?
#
# After this chapter you will be able to
#
# - **explain** why comparing two heights is enough to draw from a density,
# - **write** a random-walk Metropolis sampler in a dozen lines, and read its compiled twin,
# - **tune** its step size by the acceptance rate,
# - **correct** a proposal that is not symmetric, with the Hastings ratio,
# - **judge** a chain: autocorrelation, effective sample size, Monte Carlo standard error, and the invariance test.
#
# **You need** chapters 00 and 01. Chapter 02 explains JAX; the few JAX lines here are walked through as they come.
# Symbols are collected in [the notation table](notation.md), words in [the glossary](glossary.md).
#
# <!-- times -->
# About 31 minutes to read, exercises not counted, 46 s to run (measured cold: AMD EPYC, 2 cores, 2026-11-21).
# <!-- /times -->

# %%
import arviz as az
import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pymc as pm
from scipy import optimize, stats

from course_utils import checks, museum, targets
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.display import show_source, use_style
from course_utils.exercises import check
from course_utils.figures import chapter_03 as figures
from course_utils.kernel import run_chain, sample
from course_utils.mh import (
    accept_reject,
    independence,
    log_normal_walk,
    metropolis_hastings,
    random_walk,
)
from course_utils.models import binomial
from course_utils.timing import compare, time_jax, time_python

use_style()

# %% [markdown]
# ## Picture first
#
# Take the coin of chapter 01. Its posterior is a hill over the values of $p$, the probability of heads.
# Imagine that you stand on this hill in fog. You cannot see its shape, and you do not know its area.
# You can only measure the height where you stand, and the height at one other place of your choice.
#
# The rule of Metropolis says: pick a place near you at random. If it is higher, go there. If it is lower, go there
# with a probability equal to the ratio of the two heights, and otherwise stay where you are. Then repeat.

# %%
coin = binomial.model()
a, b = binomial.posterior(coin.data)
posterior = stats.beta(a, b)

figures.idea(posterior.pdf, 0.5, 0.9, here=0.655, up=0.69, down=0.625)

# %% [markdown]
# That is all. The rule needs no area under the curve, no derivative and no map. It turns a walk into draws from the
# posterior. The rest of this chapter says why it works, how fast, and when it does not.
#
# Here is the walk itself. Press *Play*, watch the bars fill the curve, then move the step size to both ends.

# %%
figures.walk_film(posterior.pdf, 0.5, 0.9, start=0.55, step_size=0.05)

# %% [markdown]
# The curve is the posterior, the bars are the histogram of the walk so far. A ring is a proposal: green when it was
# accepted, orange when it was rejected. On the right are the last positions. (Where this page is only read and not run,
# the film strip below shows such a walk in six still pictures.)
#
# **Predict.** With a tiny step size, are more or fewer proposals accepted? And does the histogram fill sooner or later?
# Write your answer down. We will measure both.

# %% [markdown]
# ## The mathematics
#
# **What we have.** A function $\gamma(x) \ge 0$, the target density up to a constant. The position $x$ may be one number or a list of $d$
# numbers, $x \in \mathbb{R}^d$:
#
# $$\pi(x) = \frac{\gamma(x)}{Z}, \qquad Z = \int \gamma(x)\,\mathrm{d}x .$$
#
# For a posterior, $\gamma$ is likelihood times prior, and $Z$ is the evidence, which we cannot compute in general.
#
# **What we want.** A *Markov chain*: positions $x_0, x_1, x_2, \dots$ where each is drawn from the one before by a fixed
# rule $P(x' \mid x)$, so that in the long run the positions are draws from $\pi$. For this $P$ must leave $\pi$
# *invariant*. If $x$ is a draw from $\pi$, then so is the next position:
#
# $$\int \pi(x)\, P(x' \mid x)\,\mathrm{d}x = \pi(x') \quad \text{for all } x'.$$
#
# **How to get it.** Ask for something stronger that is easier to check. *Detailed balance* demands that between any two
# points as much probability flows forth as back:
#
# $$\pi(x)\, P(x' \mid x) = \pi(x')\, P(x \mid x') .$$
#
# Integrate both sides over $x$: on the right $\int P(x \mid x')\,\mathrm{d}x = 1$, and invariance is what remains. ($P$ includes the
# chance of staying. Further down, on a grid, the integral is a sum, and you can see every term.)
#
# **The construction.** Propose $x'$ from a density $q(x' \mid x)$ that you choose. Accept it with probability
#
# $$\alpha(x, x') = \min\bigl(1, r(x, x')\bigr), \qquad
# r(x, x') = \frac{\gamma(x')\, q(x \mid x')}{\gamma(x)\, q(x' \mid x)} ,$$
#
# and stay at $x$ otherwise. The ratio is really one of $\pi$. Write it with $\pi = \gamma / Z$: the same unknown $Z$ stands above and below
# the line, and cancels.
#
# **Why it works.** For $x' \neq x$ the chain moves with $P(x' \mid x) = q(x' \mid x)\,\alpha(x, x')$. Multiply $\pi(x)\, q(x' \mid x)$ into the
# minimum of 1 and $r$. The 1 gives $\pi(x)\, q(x' \mid x)$. The $r$ gives $\pi(x')\, q(x \mid x')$, since $\gamma(x') / \gamma(x) = \pi(x') / \pi(x)$.
# Therefore
#
# $$\pi(x)\, q(x' \mid x)\, \alpha(x, x') = \min\bigl(\pi(x)\, q(x' \mid x),\; \pi(x')\, q(x \mid x')\bigr) .$$
#
# The right-hand side does not change when $x$ and $x'$ trade places. So the left-hand side does not either, and that is
# detailed balance. For $x' = x$ there is nothing to show.
#
# **A special case.** If the proposal is symmetric, $q(x' \mid x) = q(x \mid x')$, then the two $q$ cancel and the ratio is
# that of the heights, $\gamma(x') / \gamma(x)$. This is the rule of Metropolis (1953). The *random walk* is the usual choice:
# $x' = x + s\,z$ with $z \sim \mathrm{Normal}(0, 1)$ and a *step size* $s$. The general ratio is due to Hastings (1970).
#
# **One more condition.** Invariance says that the chain stays right once it is right. That it *becomes* right from any
# start takes two more things. It must be able to reach every region that has probability (*irreducible*), and it must not
# run in a fixed cycle (*aperiodic*). A random walk with normal steps can jump anywhere in one step, however unlikely. So it has both
# for every target that is a density; for the coin too, whose density is zero outside of 0 to 1. Start it where $\gamma$ is positive.
# How long it takes is another matter, and the subject of half of this chapter.
#
# On a computer we work with logarithms, since densities underflow:
# $\log r = \log\gamma(x') - \log\gamma(x) + \log q(x \mid x') - \log q(x' \mid x)$.

# %% [markdown]
# ## By hand
#
# Now in plain NumPy: one chain, an honest loop. All randomness comes in as two arrays, the normal steps `z` and the
# uniform numbers `u`. So a second implementation can be given the very same randomness, and must then give the very
# same walk.


# %%
def metropolis_by_hand(log_density, start, step_size, z, u):
    """Walk one chain; return its draws, its proposals, and which of them were accepted."""
    position, log_p = start, log_density(start)
    draws, proposals, accepted = [], [], []
    for z_t, u_t in zip(z, u, strict=True):
        proposal = position + step_size * z_t
        log_p_proposal = log_density(proposal)
        is_accepted = np.log(u_t) < log_p_proposal - log_p
        if is_accepted:
            position, log_p = proposal, log_p_proposal
        draws.append(position)  # after a rejection, the old position once more
        proposals.append(proposal)
        accepted.append(is_accepted)
    return np.array(draws), np.array(proposals), np.array(accepted)


# %% [markdown]
# Three lines carry the method. `proposal = ...` is the random walk. `np.log(u_t) < ...` is true with probability
# $\min(1, r)$, because a uniform number lies below $r$ with that probability. And `draws.append(position)` stands *outside*
# the `if`: a rejection counts as a draw, at the old position. Dropping it is a classic mistake, and we come back to it.
#
# The target is the coin's log posterior, up to a constant. Outside of $0 < p < 1$ the density is zero, so its logarithm
# is minus infinity and such a proposal is never accepted.


# %%
def log_posterior_by_hand(p):
    """Beta(a, b) without its constant."""
    return (a - 1) * np.log(p) + (b - 1) * np.log1p(-p) if 0 < p < 1 else -np.inf


rng = np.random.default_rng(3)
num_draws = 2000
start = 0.55
draws, proposals, accepted = metropolis_by_hand(
    log_posterior_by_hand,
    start,
    step_size=0.1,
    z=rng.normal(size=num_draws),
    u=rng.uniform(size=num_draws),
)

figures.film_strip(posterior.pdf, 0.45, 0.9, start, draws[:6], proposals[:6], accepted[:6])

# %% [markdown]
# Each panel is one step. A green ring is an accepted proposal, and the next panel starts from there. An orange one was
# rejected, and the next panel starts from the same place as before.

# %%
figures.trace_and_histogram(np.append(start, draws), posterior.pdf, 0.5, 0.9)

# %% [markdown]
# The walk starts at 0.55, out on the flank, is soon on the hill, and wanders over it. The histogram of where it has been
# follows the exact posterior.

# %%
print(f"acceptance rate {accepted.mean():.3f}")
print(f"mean of p       {draws.mean():.4f}   exact {posterior.mean():.4f}")
print(f"sd of p         {draws.std():.4f}   exact {posterior.std():.4f}")

# %% [markdown]
# Close, but is it close *enough*? One walk of 2000 steps is too short to tell. We shall answer with a number, for a longer run, as soon
# as we can say how many independent draws a walk is worth.

# %% [markdown]
# ## Fast
#
# The loop above takes one Python step at a time. The course's package holds the same algorithm for JAX, which compiles
# the loop and runs many chains at once. Here it is, shown from the file in which it lives.

# %%
show_source(metropolis_hastings, accept_reject, random_walk)

# %% [markdown]
# Read it beside the version by hand:
#
# - A sampler is a pair of functions, a *kernel*: `init` makes the first state from a position, `step` makes the next state
#   from a random key and a state. The state remembers its log density, so that each step evaluates the target only once.
# - Randomness in JAX comes from explicit *keys*. `jax.random.split` makes two new keys from one: one draws the proposal,
#   the other makes the decision. No key is used twice.
# - `propose` returns the new position *and* the logarithm of $q(x \mid x') / q(x' \mid x)$, here zero, so that nobody can
#   forget it.
# - `accept_reject` cannot use `if`: inside a compiled function both sides are computed and `jnp.where` picks one. A state has two
#   parts, position and log density, and `jax.tree.map` makes the same choice for both. A ratio that is not a number counts as zero.
# - `jax.random.bernoulli` draws a uniform number and asks whether it lies below the probability: our `np.log(u_t) < ...`. What is
#   called `acceptance_rate` is this probability, $\alpha$; its average over the steps is the rate.
# - `MHState` and `MHInfo` are named tuples: tuples whose parts have names.
#
# Two more functions run any kernel:

# %%
show_source(run_chain, sample)

# %% [markdown]
# The two lines that begin with `require_` look at the arguments and raise an error if they are no good. `jax.lax.scan` is a `for` loop over the keys. In each round `one_step`
# returns two things: the state to carry on, and what to write down. At the end `scan` returns the last state and everything
# written down, and `[1]` takes the second. `jax.vmap` runs the loop for many chains side by side. We wrap the whole in `jax.jit`,
# which compiles it. The step size is an argument of the compiled function, so trying another one costs no new
# compilation.


# %%
@jax.jit
def logdensity(position):
    """The coin's log posterior, for a position of shape (1,)."""
    p = position[0]
    inside = (a - 1) * jnp.log(p) + (b - 1) * jnp.log1p(-p)
    return jnp.where((p > 0) & (p < 1), inside, -jnp.inf)


@jax.jit
def run(key, step_size, starts):
    """2000 draws from each start."""
    kernel = metropolis_hastings(logdensity, random_walk(step_size))
    return sample(key, kernel, starts, num_draws=2000)


# %% [markdown]
# Do the two versions agree? We give the version by hand the random numbers that the compiled version uses. They come
# from splitting the keys in the same way: per chain, per step, per use.

# %%
key = jax.random.key(3)
fast_draws, fast_info = run(key, 0.1, jnp.array([[start]]))

chain_key = jax.random.split(key, 1)[0]
step_keys = jax.vmap(jax.random.split)(jax.random.split(chain_key, num_draws))
z = jax.vmap(jax.random.normal)(step_keys[:, 0])
u = jax.vmap(jax.random.uniform)(step_keys[:, 1])
slow_draws, _, slow_accepted = metropolis_by_hand(
    log_posterior_by_hand, start, 0.1, np.asarray(z, float), np.asarray(u, float)
)

# The closest decision was 1e-4 from the edge; rounding is below that.
same_decisions = np.array_equal(slow_accepted, fast_info.is_accepted[0])
largest_gap = np.abs(slow_draws - fast_draws[0, :, 0]).max()
print(f"all {num_draws} decisions equal: {same_decisions}")
print(f"positions equal to within 0.0001: {largest_gap < 1e-4}")
assert same_decisions and largest_gap < 1e-4

# %% [markdown]
# They take the same steps. The tolerance of 0.0001 is for rounding: JAX computes with 32 bits here, NumPy with 64, and
# the rounding of up to 2000 steps (each about $10^{-7}$ of the position) adds up.
#
# **Predict.** How many times faster is the compiled loop for one chain? And what does it cost to run 1000 chains instead
# of one: 1000 times as much?

# %% tags=["nbval-ignore-output"]
by_hand = time_python(
    metropolis_by_hand,
    log_posterior_by_hand,
    start,
    0.1,
    rng.normal(size=num_draws),
    rng.uniform(size=num_draws),
    name="by hand, 1 chain",
)
one_chain = time_jax(run, key, 0.1, jnp.full((1, 1), start), name="compiled, 1 chain")
many_chains = time_jax(run, key, 0.1, jnp.full((1000, 1), start), name="compiled, 1000 chains")
costs = compare([by_hand, one_chain, many_chains])[["compile_s", "median_s"]]
costs["ns_per_draw"] = 1e9 * costs["median_s"] / (num_draws * np.array([1, 1, 1000]))
costs.round({"compile_s": 2, "median_s": 5, "ns_per_draw": 0})

# %% [markdown]
# Read the last column from top to bottom: nanoseconds per draw. Processors like to do the same thing to many numbers at a time, so
# look whether a draw of a thousand chains is cheaper than a draw of one. The compiler is paid once, in `compile_s`. Is the loop by hand
# finished before the compiler is? Then compiling pays only when there is a lot to do. Your two predictions, and this question:

# %% tags=["nbval-ignore-output"]
seconds = costs["median_s"]
compiling = costs["compile_s"].iloc[1]
print(f"compiled, one chain: {seconds.iloc[0] / seconds.iloc[1]:.1f} times as fast as by hand")
print(f"1000 chains take {seconds.iloc[2] / seconds.iloc[1]:.0f} times as long as one chain")
print(f"compiling takes {compiling / seconds.iloc[0]:.3g} times as long as the loop by hand")

# %% [markdown]
# ## Is it right?
#
# ### First against the exact answer
#
# Draws of a walk are not independent: each remembers the one before. The *autocorrelation* $\rho(k)$ is the correlation
# between $x_t$ and $x_{t+k}$. If the chain forgets slowly, many draws tell little more than one. For a chain that has settled and that
# forgets fast enough for the sum to be finite, the variance of the mean of $N$ draws is, for large $N$,
#
# $$\operatorname{Var}\Bigl(\frac1N \sum_t x_t\Bigr) \approx \frac{\operatorname{Var}(x)}{N}\, \tau_\mathrm{int},
# \qquad \tau_\mathrm{int} = 1 + 2 \sum_{k=1}^{\infty} \rho(k) .$$
#
# (Multiply out the square of the sum: there are $N$ variances, and for each lag $k$ about $2N$ covariances
# $\operatorname{Var}(x)\,\rho(k)$. Divide by $N^2$.)
#
# So $N$ draws are worth as much as $\mathrm{ESS} = N / \tau_\mathrm{int}$ independent ones: the *effective sample size*. The
# *Monte Carlo standard error* of the mean is $\mathrm{MCSE} = \mathrm{sd} / \sqrt{\mathrm{ESS}}$, and it is the unit in which we measure
# every error in this course.
#
# We run four chains from places far apart, and drop the first 200 draws of each as *warm-up*, while the walk finds the hill.

# %%
starts = jnp.array([[0.2], [0.4], [0.6], [0.9]])
all_draws, info = run(jax.random.key(31), 0.11, starts)
kept = np.asarray(all_draws[:, 200:, 0], dtype=float)


def autocorrelation(chains, num_lags):
    """Autocorrelation at lags 0 to num_lags - 1, averaged over chains."""
    centred = chains - chains.mean()
    length = chains.shape[1]
    products = [(centred[:, : length - k] * centred[:, k:]).mean() for k in range(num_lags)]
    return np.array(products) / products[0]


rho = autocorrelation(kept, 40)
independent = posterior.rvs(size=kept.shape, random_state=np.random.default_rng(31))
figures.autocorrelation({"random walk": rho, "independent draws": autocorrelation(independent, 40)})

# %% [markdown]
# The walk forgets where it was within a dozen steps. Independent draws forget at once. Beyond that there is only noise, so we
# stop the sum at lag 39. Each of the 39 correlations adds its own noise. Together they leave the sum with a relative error of about
# $\sqrt{2 (2 \cdot 39 + 1) / N}$, 15 % here, so the test of the next cell allows 50 %.

# %% tags=["tol-0.5"]
tau_int = 1 + 2 * rho[1:].sum()
mcse = kept.std() / np.sqrt(kept.size / tau_int)
print(f"integrated autocorrelation time {tau_int:.1f} steps")
print(f"{kept.size} draws are worth {kept.size / tau_int:.0f} independent ones")
print(f"Monte Carlo standard error of the mean {mcse:.5f}")

# %%
ALPHA = 1e-4  # five means; with R-hat and two invariance tests below 1e-3 in all
verdict = checks.mean_within_mcse(kept, posterior.mean(), "p", alpha=ALPHA)
print("the mean agrees with the exact one:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# `mean_within_mcse` takes the error of the mean in units of its MCSE and calls it a failure only beyond what chance does in one of ten
# thousand runs, so that all the checks of this page together raise a false alarm less than once in a thousand. Here is what it saw:

# %% tags=["nbval-ignore-output"]
print(verdict.message)

# %% [markdown]
# ### Then with ArviZ
#
# In practice nobody sums autocorrelations by hand. ArviZ estimates the ESS with more care, and adds $\hat R$, which compares
# the spread of all chains together with the spread inside each (in fact inside each half of each, so that a drift shows too). It is
# close to 1 when the chains agree. `ess_bulk` is about the centre
# of the distribution, `ess_tail` about two quantiles in its tails (11 % and 89 %, ArviZ's setting). (An ESS is estimated from the draws, with an error of some 10 %. The
# test of the next cell allows 30 %.)

# %% tags=["tol-0.3"]
data_tree = az.from_dict({"posterior": {"p": kept}})
az.summary(data_tree, kind="all")[["mean", "sd", "ess_bulk", "ess_tail", "r_hat", "mcse_mean"]]

# %%
rhat, ess = float(az.rhat(kept)), float(az.ess(kept))
print(f"R-hat below 1.01: {rhat < 1.01}; ESS above 400: {ess > 400}")
assert rhat < 1.01 and ess > 400

# %% [markdown]
# The two thresholds are those of Vehtari et al. (2021). They are necessary, not sufficient. Remember this sentence when you
# come to *Common mistakes*.
#
# ### Then the property itself
#
# Detailed balance can be looked at. Cut the coin's posterior into 20 grid points and write the whole sampler as a
# $20 \times 20$ matrix of transition probabilities $P_{ij}$. The proposal is one grid point to the left or to the right.
# Detailed balance says that the flow matrix $\pi_i P_{ij}$ equals its own mirror image.


# %%
def metropolis_matrix(target):
    """Transition matrix of Metropolis on a grid, proposing one of the two neighbours."""
    size = len(target)
    transition = np.zeros((size, size))
    for i in range(size):
        for j in (i - 1, i + 1):
            if 0 <= j < size:  # a proposal beyond the edge is rejected
                transition[i, j] = 0.5 * min(1, target[j] / target[i])
        transition[i, i] = 1 - transition[i].sum()  # rejected means stay
    return transition


grid = np.linspace(0.55, 0.85, 20)
on_grid = posterior.pdf(grid) / posterior.pdf(grid).sum()
right = metropolis_matrix(on_grid)
without_staying = right - np.diag(np.diag(right))
dropped = without_staying / without_staying.sum(axis=1, keepdims=True)

for name, transition in {"Metropolis": right, "rejections dropped": dropped}.items():
    print(
        f"{name:18} detailed balance holds: {checks.detailed_balance(transition, on_grid).passed}"
    )
assert checks.detailed_balance(right, on_grid).passed
assert not checks.detailed_balance(dropped, on_grid).passed

# %%
figures.flows(
    grid,
    {"Metropolis": on_grid[:, None] * right, "rejections dropped": on_grid[:, None] * dropped},
)

# %% [markdown]
# Above, the flow is symmetric up to rounding. Below, every rejected step was left out, and the flow out of the middle no
# longer equals the flow back.
#
# ### And the property of a real sampler
#
# A matrix needs a grid. For a real sampler we test invariance directly: start 20,000 chains from *exact* draws of a target
# that we know, run each for 20 steps, and ask whether the end points are still exact draws. Here the target has two coordinates,
# each standard normal, with correlation 0.8. We compare whole distributions: of each coordinate, of their sum and
# difference, and of the squared radius (the squared distance from the centre, in units of the target's own spread). The largest gap between the two cumulative curves that chance allows is known (the
# inequality of Dvoretzky, Kiefer and Wolfowitz), so the test has a stated rate of false alarms: at most one in 10,000.

# %%
correlated = targets.gaussian(correlation=0.8)
kernel = metropolis_hastings(correlated.logdensity, random_walk(1.0))
verdict = checks.invariance(jax.random.key(32), kernel, correlated)
print(f"{verdict.property} holds: {verdict.passed}")
assert verdict.passed, verdict.message

# %% tags=["nbval-ignore-output"]
print(verdict.message)

# %% [markdown]
# It is a strong test, and it has two limits. It tests the rule, not the journey: a walk that is stuck in one corner can have a perfect
# rule, as you will see under *Where it breaks*. And it sees only what the target makes visible, which is why this one is correlated.

# %% [markdown]
# ## How far to step
#
# Now back to your prediction. The same target, three step sizes:

# %%
sizes = (0.005, 0.11, 1.5)
chains, rates = {}, {}
for size in sizes:
    size_draws, size_info = run(jax.random.key(33), size, jnp.array([[start]]))
    chains[size] = np.asarray(size_draws[0, :600, 0])
    rates[size] = float(size_info.acceptance_rate.mean())

figures.step_sizes(chains, rates)

# %% [markdown]
# A tiny step is nearly always accepted, and leads nowhere. A huge step is nearly always rejected, and leads nowhere
# either. *A high acceptance rate is not the aim.* What counts is how soon the walk forgets, so the effective sample size.
#
# Let us measure it. The target is a standard normal in $d$ dimensions, for four values of $d$. For each we try 11 step sizes,
# start many chains from exact draws, and compute the acceptance rate and the effective sample size per draw. Here the latter needs no
# autocorrelations. Each coordinate has mean 0 and variance 1, so the mean of a chain has variance $1 / \mathrm{ESS}$, and with many chains
# we can see this variance. The chains are dealt into four groups, and each group estimates on its own, to show how far chance goes. You
# need not read the code: it runs the walk for every step size at once.


# %%
def sweep(key, dim, scales, num_chains, num_draws):
    """Acceptance rate, and ESS per draw in each of 4 groups, for each scale = step size × √dim."""

    @jax.jit
    def run_all(keys, step_sizes):
        def run_one(key, step_size):
            key_start, key_run = jax.random.split(key)
            begin = jax.random.normal(key_start, (num_chains, dim))
            kernel = metropolis_hastings(lambda x: -0.5 * jnp.sum(x**2), random_walk(step_size))
            draws, info = sample(key_run, kernel, begin, num_draws)
            return draws.mean(axis=1), info.acceptance_rate.mean()

        return jax.lax.map(lambda pair: run_one(*pair), (keys, step_sizes))

    means, rates = run_all(jax.random.split(key, len(scales)), scales / np.sqrt(dim))
    variance_of_mean = np.square(means).reshape(len(scales), 4, -1).mean(axis=2)
    return np.asarray(rates), 1 / (variance_of_mean.T * num_draws)


# Chains and draws for each dimension: a run is long beside the time in which a good walk forgets.
budget = {1: (8000, 200), 2: (3000, 200), 10: (200, 1000), 50: (40, 2000)}
scales = (2.38 * 1.35 ** np.arange(-5, 6)).astype(np.float32)
acceptance, efficiency = {}, {}
for i, dim in enumerate(budget):
    acceptance[dim], efficiency[dim] = sweep(jax.random.key(340 + i), dim, scales, *budget[dim])

means = {dim: each.mean(axis=0) for dim, each in efficiency.items()}
figures.acceptance_surface(scales, acceptance, means)

# %% [markdown]
# Why 0.44 and 0.234? Theory gives both. In one dimension, with a normal target and normal steps of size $s$, the mean
# acceptance rate is $\tfrac{2}{\pi} \arctan(2 / s)$, and the best $s$, found numerically by Gelman, Roberts and Gilks (1996), is
# about 2.4 standard deviations. In many dimensions, write the step size as $s = \ell / \sqrt{d}$ with a scale $\ell$. Long steps lead far but are
# refused. As $d$ grows, the acceptance rate tends to $2\Phi(-\ell / 2)$, where $\Phi$ is the cumulative distribution function of the standard
# normal, and the speed of the walk is proportional to the squared step times that rate, $\ell^2 \cdot 2\Phi(-\ell / 2)$. (Roberts, Gelman and
# Gilks, 1997, have the proof for many independent coordinates of one common density; the formula is for the standard normal. For other
# densities $\ell$ is rescaled, and the best rate stays.) Maximise the speed:

# %%
best = optimize.minimize_scalar(
    lambda ell: -(ell**2) * stats.norm.cdf(-ell / 2), bounds=(0.1, 10), method="bounded"
)
print(
    f"best scale for large d: {best.x:.2f}, acceptance rate {2 * stats.norm.cdf(-best.x / 2):.3f}"
)
print(f"one dimension, step of 2.4 sd: acceptance rate {2 / np.pi * np.arctan(2 / 2.4):.3f}")

# %% [markdown]
# And what did the sweep say? We read it off at the scale 2.38, which is one of those tried, in every dimension.

# %% tags=["tol-0.05"]
near = int(np.argmin(np.abs(scales - best.x)))
for dim in acceptance:
    print(f"dimension {dim:2}: a step of {scales[near]:.2f}/√d accepts {acceptance[dim][near]:.3f}")

# %% [markdown]
# (Such a rate is the mean of tens of thousands of steps and more, good to one per cent or better; the test of the cell allows 5 %.) What is
# this step worth, and how much
# does it matter to hit it? Three claims go on trial. Each group of chains is one repeat, and a claim *holds* if every repeat supports it.

# %% tags=["tol-0.5"]
best_of = {dim: each.max(axis=1) for dim, each in efficiency.items()}
trial(
    "a random walk in d dimensions keeps at least 80 % of the best ESS with a step of 2.38/√d",
    {f"d is {dim}": efficiency[dim][:, near] / best_of[dim] for dim in efficiency},
    chapter="03",
    at_least=0.8,
)
worst = {}
for dim, rate in acceptance.items():
    sensible = (rate > 0.2) & (rate < 0.5)
    worst[f"d is {dim}"] = efficiency[dim][:, sensible].min(axis=1) / best_of[dim]
trial(
    "a random walk that accepts between 20 % and 50 % keeps at least half of the best ESS",
    worst,
    chapter="03",
    at_least=0.5,
)
trial(
    "the best ESS per draw of a random walk falls like 1/d, to within a factor of 1.5",
    {"d goes from 10 to 50": 50 * best_of[50] / (10 * best_of[10])},
    chapter="03",
    at_least=1 / 1.5,
    at_most=1.5,
)

# %% [markdown]
# (The ESS of one group is good to 3 % to 6 %, and a quotient of two, the smallest or largest of several, to some 10 %. The test of this
# cell allows 50 % for the numbers, and nothing for the verdicts.) Where the first two claims hold, the optimum is flat, so do not fuss
# over the second digit. Where the third holds, it is the bad news: the best that a random walk can do gets worse in proportion to the
# dimension. That is why chapters 06 and 07 exist.
#
# (These are results for normal targets, and for targets of many independent coordinates. For other shapes they are good
# advice, not law.)

# %% [markdown]
# ## Proposals that are not symmetric
#
# Some unknowns must be positive: a scale, a rate. A natural step for them is a *factor*: $x' = x\, e^{s z}$ with
# $z \sim \mathrm{Normal}(0, 1)$. It never leaves the positive numbers. But it is not symmetric. From 1, factors between ½ and 2 lead to between
# 0.5 and 2. From 2, the same factors lead to between 1 and 4: an interval twice as long, so the proposals are half as dense. The
# density of the proposal is log-normal,
#
# $$q(x' \mid x) = \frac{1}{x'\, s \sqrt{2\pi}} \exp\Bigl(-\frac{(\log x' - \log x)^2}{2 s^2}\Bigr),
# \qquad \frac{q(x \mid x')}{q(x' \mid x)} = \frac{x'}{x} .$$
#
# The squares are equal both ways, so only the factor $1/x'$ remains. The Hastings ratio is therefore
# $\gamma(x')\,x' / (\gamma(x)\,x)$.

# %%
show_source(log_normal_walk)

# %% [markdown]
# **Predict.** The target is a Gamma(3, 1) density, $\gamma(x) = x^2 e^{-x}$, with mean 3. Now forget the factor $x'/x$. Will the mean of the draws
# be too small, right, or too large?

# %%
positive = targets.gamma(3.0)


@jax.jit
def run_positive(key):
    """With the q-ratio, and without it."""
    starts = jnp.full((8, 1), 2.0)
    with_ratio = metropolis_hastings(positive.logdensity, log_normal_walk(1.0))
    # a wrong sampler, kept on purpose: see Common mistakes
    without = museum.forgets_q_ratio(positive.logdensity, 1.0)
    return [sample(key, k, starts, 4000)[0][..., 0] for k in (with_ratio, without)]


with_ratio, without_ratio = (np.asarray(d) for d in run_positive(jax.random.key(35)))
figures.histograms(
    {"with the ratio x'/x": with_ratio.ravel(), "ratio forgotten": without_ratio.ravel()},
    stats.gamma(3).pdf,
    0,
    12,
    label="x",
)

# %% [markdown]
# Without the factor the walk is a symmetric one in $u = \log x$. It treats $\gamma(x)$ as the density of $u$. The density of $x$ is that of $u$
# times $\mathrm{d}u / \mathrm{d}x = 1/x$. So what it draws from is $\gamma(x) / x = x\, e^{-x}$: Gamma(2, 1), with mean 2. A different posterior, and nothing crashed.

# %%
for name, chain, mean in (
    ("with the ratio", with_ratio, 3.0),
    ("ratio forgotten", without_ratio, 3.0),
    ("ratio forgotten", without_ratio, 2.0),
):
    verdict = checks.mean_within_mcse(chain[:, 200:], mean, "x", alpha=ALPHA)
    print(
        f"{name:16} mean {mean:g} within chance: {verdict.passed}; "
        f"R-hat below 1.01: {float(az.rhat(chain[:, 200:])) < 1.01}"
    )
    assert verdict.passed == ((name, mean) != ("ratio forgotten", 3.0))

# %% [markdown]
# $\hat R$ is content with both. It asks whether the chains agree with each other, and they do: on the wrong answer.
#
# Another asymmetric proposal ignores the current position: the *independence sampler* draws $x'$ from a fixed density $q(x')$,
# with ratio $\gamma(x')\,q(x) / (\gamma(x)\,q(x'))$. It is excellent when $q$ is close to the target with heavier tails, and
# hopeless otherwise: where the target has mass and $q$ has almost none, the chain comes rarely, and then sticks. You will build one
# in the exercises.

# %%
show_source(independence)

# %% [markdown]
# ## Where it breaks
#
# A target with two humps, at $-10$ and at $10$, each a normal of standard deviation 1 with half of the probability. Its mean is 0.
# We start two chains on each side, with a step size that suits one hump.


# %%
def two_humps(position):
    """Equal mixture of Normal(-10, 1) and Normal(10, 1)."""
    x = position[0]
    return jnp.logaddexp(-0.5 * (x + 10) ** 2, -0.5 * (x - 10) ** 2)


def two_humps_pdf(x):
    """The same as a normalised density, for the picture."""
    return 0.5 * (stats.norm.pdf(x, -10) + stats.norm.pdf(x, 10))


@jax.jit
def run_humps(key, starts):
    """2000 draws with a step size that suits one hump."""
    return sample(key, metropolis_hastings(two_humps, random_walk(2.4)), starts, 2000)[0][..., 0]


both_sides = np.asarray(
    run_humps(jax.random.key(36), jnp.array([[-10.0], [-10.0], [10.0], [10.0]]))
)
figures.stuck(both_sides, two_humps_pdf, -14, 14)

# %% [markdown]
# **Predict.** Now start all four on the left. What will $\hat R$ say?

# %%
one_side = np.asarray(run_humps(jax.random.key(37), jnp.full((4, 1), -10.0)))
alarms = {}
for name, humps in {
    "two chains on each side": both_sides,
    "all four on the left": one_side,
}.items():
    alarms[name] = bool(az.rhat(humps) > 1.01)
    enough = bool(az.ess(humps) > 400)
    print(
        f"{name:24} mean {humps.mean():5.1f}, exact 0; R-hat alarmed: {alarms[name]!s:5}, "
        f"ESS above 400: {enough}"
    )
assert alarms == {"two chains on each side": True, "all four on the left": False}

# %% [markdown]
# Started on both sides, $\hat R$ sounds the alarm. Started all on the left, no chain ever leaves its hump. $\hat R$ and
# ESS are content, and half of the probability is missing. **No diagnostic sees a region that no
# chain has visited.** What helps: start the chains far apart, know your model, and use a method that was made for several modes.
#
# A second weakness is the narrow ridge: two unknowns that are almost a function of each other. The step must be as small as the ridge is
# narrow, and the walk along it takes forever. Chapter 06 has a cure. The third, high dimension, you have seen above.

# %% [markdown]
# ## In the libraries
#
# ### The log density first
#
# Before samplers are compared, they must have the same target. The course's `binomial` model is written three times: as a
# plain function, in NumPyro and in PyMC. On random points the three log densities must differ by a constant.

# %%
from course_utils.models.contract import views_agree

verdict = views_agree(coin, jax.random.key(38))
print("plain, NumPyro and PyMC are one model:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# ### BlackJAX
#
# BlackJAX is a library of kernels, and this course follows its convention. Its random walk runs in our driver as it is. On
# the same keys it must give the same draws, up to the rounding of two compiled programs.


# %%
@jax.jit
def run_blackjax(key, step_size, starts):
    """BlackJAX's kernel in the course's driver."""
    kernel = blackjax.normal_random_walk(logdensity, step_size)
    return sample(key, kernel, starts, num_draws=2000)


theirs, _ = run_blackjax(jax.random.key(31), 0.11, starts)
gap = float(jnp.abs(theirs - all_draws).max())
print("all draws equal, up to rounding:", gap < 1e-4)
assert gap < 1e-4

# %% [markdown]
# ### NumPyro
#
# Which samplers does NumPyro offer? Ask it:

# %%
import inspect

import numpyro.infer
from numpyro.infer import MCMC, BarkerMH
from numpyro.infer.mcmc import MCMCKernel

kernels = sorted(
    name
    for name, item in vars(numpyro.infer).items()
    if inspect.isclass(item) and issubclass(item, MCMCKernel)
)
print("\n".join(kernels))
print("a plain random walk among them:", any("RandomWalk" in name for name in kernels))

# %% [markdown]
# There is no plain random walk (and `ESS` in this list is *ensemble slice sampling*). Its nearest relative is `BarkerMH`: a Metropolis-Hastings sampler whose proposal leans
# towards the side where the gradient points, with the ratio that corrects for this (Livingstone and Zanella, 2022). It tunes
# its step size, and one scale for each unknown, during warm-up.

# %%
print("sampling with NumPyro …")
mcmc = MCMC(
    BarkerMH(coin.numpyro),
    num_warmup=500,
    num_samples=2000,
    num_chains=4,
    chain_method="sequential",  # BarkerMH does not run its chains side by side
    progress_bar=False,
)
mcmc.run(jax.random.key(39))
numpyro_draws = mcmc.get_samples(group_by_chain=True)["p"]

verdict = checks.mean_within_mcse(numpyro_draws, posterior.mean(), "p", alpha=ALPHA)
print("NumPyro agrees with the exact mean:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# ### PyMC
#
# PyMC has the random walk as `pm.Metropolis`. It walks on the log-odds $\log\frac{p}{1 - p}$, which have no edges, and corrects the
# density for this change of variable, as the factor $x'/x$ did for us. It tunes the step size during the first draws. (With
# several unknowns it moves one at a time, so it is then a sweep of random walks.)

# %%
print("sampling with PyMC …")
with coin.pymc():
    trace = pm.sample(
        draws=1000,
        tune=500,
        chains=4,
        cores=1,
        step=pm.Metropolis(),
        random_seed=39,
        progressbar=False,
        quiet=True,
        compute_convergence_checks=False,
    )
pymc_draws = trace["posterior"]["p"].values
verdict = checks.mean_within_mcse(pymc_draws, posterior.mean(), "p", alpha=ALPHA)
print("PyMC agrees with the exact mean:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# ## What it costs
#
# Every chapter adds one row to the course's table: what a step costs, what an effective draw costs.

# %% tags=["nbval-ignore-output"]
# A new function, so that the clock sees its compilation too.
timing = time_jax(lambda key: run(key, 0.11, starts), jax.random.key(31), name="random walk")
row = cost_row(
    "random walk",
    "coin, 100 flips",
    all_draws[:, 200:],
    timing,
    float(info.acceptance_rate.mean()),
    num_warmup=200,
)
table = running_table(row)
table.T

# %% [markdown]
# A step costs little: one evaluation of the log density and no gradient. Beside it stands NUTS, which you met as a black box in
# chapter 00. Its draws are worth more each, and cost more each. Which of the two wins on one coin?

# %% tags=["nbval-ignore-output"]
walk, nuts = (table.loc[(name, "coin, 100 flips")] for name in ("random walk", "NUTS (NumPyro)"))
for what, column in (("compiled", "ess_per_s"), ("with compiling", "ess_per_s_with_compile")):
    times = walk[column] / nuts[column]
    print(f"{what}: a second of the walk brings {times:.2g} times as many effective draws as NUTS")

# %% [markdown]
# A number above 1 says that the cheap steps win here. In many dimensions they do not, as chapters 06 and 07 will show.

# %% [markdown]
# ## Common mistakes
#
# Three wrong samplers from the course's *bug museum*, and the right one. (A fourth, the walk by factors without its ratio, you have
# seen above.) The next cell shows two of the mistakes; can you spot them? The third leaves the rejections out.

# %%
show_source(museum.one_key_for_both, museum.noise_as_proposal)

# %% [markdown]
# The target is a standard normal in two dimensions. Each sampler runs four chains and is looked at in the usual way: $\hat R$, ESS, mean and standard deviation of the first
# coordinate (exactly 0 and 1). *Fine* means an $\hat R$ below 1.01, and a mean within 0.1. The last column is the invariance test.

# %% tags=["tol-0.3"]
makers = {
    "right": lambda target, size: metropolis_hastings(target, random_walk(size)),
    "one key for both": museum.one_key_for_both,
    "rejections dropped": museum.drops_rejections,
    "noise as proposal": museum.noise_as_proposal,
}
plain = targets.gaussian(correlation=0.0)


def look_at(make):
    """The usual diagnostics, and the test that does not look at chains."""
    chains = jax.jit(
        lambda key: sample(key, make(plain.logdensity, 1.7), jnp.zeros((4, 2)), 10_000)[0]
    )(jax.random.key(310))
    first = np.asarray(chains[:, 500:, 0], dtype=float)
    tested = checks.invariance(jax.random.key(311), make(plain.logdensity, 1.7), plain)
    return {
        "R-hat fine": float(az.rhat(first)) < 1.01,
        "ESS": round(float(az.ess(first)) / 100) * 100,
        "mean fine": bool(abs(first.mean()) < 0.1),
        "sd": round(first.std(), 2),
        "invariance": "holds" if tested.passed else "fails",
    }


symptoms = pd.DataFrame({name: look_at(make) for name, make in makers.items()}).T
symptoms

# %%
wrong = symptoms.drop(index="right")
assert symptoms.loc["right", "invariance"] == "holds"
assert (wrong["invariance"] == "fails").all()
print(
    f"wrong samplers: {len(wrong)}; R-hat is content with {wrong['R-hat fine'].sum()} of "
    "them, the invariance test with none"
)

# %% [markdown]
# - **One key for both.** The number that makes the proposal also decides on it, so some directions are accepted more
#   often than others. *Symptom:* a shifted mean. *Cure:* split the key. JAX's key checker
#   (`jax.debug_key_reuse(True)`) finds this one by itself.
# - **Rejections dropped.** Only accepted moves are recorded. The chain counts too little time at the top, where most
#   proposals are downhill. *Symptom:* a spread that is too large. *Cure:* record the position after every step.
# - **Noise as proposal.** `x' = s * z` instead of `x' = x + s * z`, still with the ratio of a symmetric proposal. *Symptom:* an ESS
#   too good for a random walk, and a spread that is too small. *Cure:* it is an independence sampler; give it its ratio.
#
# The wrong samplers mix as well as the right one, or better. This is why chapter 08 is called *Is my sampler right?*

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in
# [the solutions](solutions/03_metropolis_hastings.ipynb); try first.
#
# ### Exercise 3.1: change one number
#
# The target is normal with mean 50 and standard deviation 12. Find a step size with which a random walk accepts between 40 %
# and 48 % of its proposals.
#
# <details><summary>Hint</summary>The section <em>How far to step</em> has a formula for a standard deviation of 1.
# What counts is the step size in units of the standard deviation.</details>

# %% tags=["exercise"]
# Exercise 3.1
step_size = None  # your number
# your code here

# %% tags=["check"]
check("3.1", step_size)

# %% [markdown]
# ### Exercise 3.2: the ratio of a new walk
#
# A walk for numbers above 1: $x' = 1 + (x - 1)\, e^{s z}$ with $z \sim \mathrm{Normal}(0, 1)$. It multiplies the distance from 1 by a factor. Write the
# logarithm of $q(x \mid x') / q(x' \mid x)$. The checker compares it with the density itself, both ways.
#
# <details><summary>Hint</summary>Put u = x − 1. How does u walk? A shift does not change a density's height.</details>


# %% tags=["exercise"]
# Exercise 3.2
def log_q_ratio(x, x_new):
    """Logarithm of q(x | x_new) / q(x_new | x)."""
    ...  # your code here


# %% tags=["check"]
check("3.2", log_q_ratio)

# %% [markdown]
# ### Exercise 3.3: find the bug
#
# This sampler runs, accepts a plausible share of proposals, and is wrong. Started at $x = 2$, its histogram has a flat
# top. Find the one line that is missing, and write the repaired function below.


# %%
def sampler_with_a_bug(log_density, start, step_size, num_steps, rng):
    """Something is missing."""
    position, log_p = start, log_density(start)
    draws = []
    for _ in range(num_steps):
        proposal = position + step_size * rng.normal()
        log_ratio = log_density(proposal) - log_p
        if np.log(rng.uniform()) < log_ratio:
            position = proposal
        draws.append(position)
    return np.array(draws)


buggy = sampler_with_a_bug(lambda x: -0.5 * x**2, 2.0, 2.4, 20_000, np.random.default_rng(7))
figures.histograms({"sampler_with_a_bug": buggy}, stats.norm.pdf, -4, 4, label="x")

# %% [markdown]
# <details><summary>Hint 1</summary>Which two numbers does the ratio compare after the first accepted step?</details>
# <details><summary>Hint 2</summary>Compare with <code>metropolis_by_hand</code>, line by line.</details>


# %% tags=["exercise"]
# Exercise 3.3
def repaired_sampler(log_density, start, step_size, num_steps, rng):
    """Random-walk Metropolis; returns num_steps draws."""
    ...  # your code here


# %% tags=["check"]
check("3.3", repaired_sampler)

# %% [markdown]
# ### Exercise 3.4: another rule
#
# Metropolis' $\min(1, r)$ is not the only rule that gives detailed balance. Barker (1965) accepts with probability
# $r / (1 + r)$. Write it as a function of $\log r$. The checker puts it into a transition matrix and looks at the flows. Beware
# of overflow: $\log r$ may be 2000.
#
# <details><summary>Hint 1</summary>r / (1 + r) = 1 / (1 + 1/r), a function that SciPy knows under another name.</details>
# <details><summary>Hint 2</summary>It is the logistic function, the inverse of the log-odds; look for it in <code>scipy.special</code>.</details>


# %% tags=["exercise"]
# Exercise 3.4
def barker_acceptance(log_ratio):
    """Probability of acceptance r / (1 + r), from log r."""
    ...  # your code here


# %% tags=["check"]
check("3.4", barker_acceptance)

# %% [markdown]
# ### Exercise 3.5: build the variant
#
# Write an independence proposal in the course's convention, for positions of two coordinates: each coordinate of $x'$ comes
# from $\mathrm{Normal}(0, 2)$, whatever the position. Return a pair: the new position, and the one number
# $\log q(x) - \log q(x')$. A constant in $\log q$ does not matter, since it cancels. The checker plugs it into `metropolis_hastings` with a standard normal target and runs
# the invariance test.
#
# <details><summary>Hint 1</summary>A standard normal number times s has standard deviation s; ask JAX for as many as
# <code>position.shape</code> says.</details>
# <details><summary>Hint 2</summary>Write the log density of Normal(0, 2) at one coordinate, drop its constant, and add up the
# coordinates.</details>


# %% tags=["exercise"]
# Exercise 3.5
def independence_proposal(key, position):
    """Return a new position and log q(position) - log q(new position)."""
    ...  # your code here


# %% tags=["check"]
check("3.5", independence_proposal)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** You do not know the evidence $Z$ of your model. What follows for Metropolis-Hastings?
#
# <details><summary>A. It cannot be used.</summary>
#
# **No.** It was made for exactly this case: the ratio divides one value of the density by another, and Z cancels.
#
# </details>
# <details><summary>B. Nothing; Z cancels in the ratio.</summary>
#
# **Right.** π(x′)/π(x) = γ(x′)/γ(x). The walk never needs the area under the curve.
#
# </details>
# <details><summary>C. The draws are right up to an unknown scale.</summary>
#
# **No.** The density is known up to a scale; the draws are from π itself.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** A random walk in 30 dimensions accepts 95 % of its proposals. What do you do?
#
# <details><summary>A. Nothing: a high acceptance rate is a sign of quality.</summary>
#
# **No.** Nearly everything is accepted because nearly nothing is tried: the steps are too short.
#
# </details>
# <details><summary>B. Take longer steps.</summary>
#
# **Right.** In many dimensions a random walk works best near 0.234.
#
# </details>
# <details><summary>C. Take shorter steps.</summary>
#
# **No.** The rate would rise further, and the walk would move even less.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** Four chains give an R-hat below 1.01 and an ESS in the thousands. Which is certain?
#
# <details><summary>A. The sampler draws from the target.</summary>
#
# **No.** Three wrong samplers above have just that. The chains agree with each other, not necessarily with the target.
#
# </details>
# <details><summary>B. Every mode has been visited.</summary>
#
# **No.** No diagnostic sees a region that no chain has visited.
#
# </details>
# <details><summary>C. Neither of the two.</summary>
#
# **Right.** Good diagnostics are necessary, not sufficient. Test the sampler on a target that you know.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - explain why heights are enough: detailed balance, and a ratio in which $Z$ cancels,
# - write the walk by hand, and read its compiled form,
# - choose a step size by the acceptance rate: 0.44 in one dimension, 0.234 in many, and anything near will do,
# - correct an asymmetric proposal,
# - state an error in units of its Monte Carlo standard error, and test invariance, which diagnostics do not see.
#
# ### Further reading
#
# - Barker, A. A. (1965). Monte Carlo calculations of the radial distribution functions for a proton-electron plasma.
#   *Australian Journal of Physics* 18(2), 119–134.
# - Gelman, A., Roberts, G. O. and Gilks, W. R. (1996). Efficient Metropolis jumping rules. In *Bayesian Statistics 5*, 599–607.
#   Oxford University Press.
# - Hastings, W. K. (1970). Monte Carlo sampling methods using Markov chains and their applications. *Biometrika* 57(1), 97–109.
# - Livingstone, S. and Zanella, G. (2022). The Barker proposal: combining robustness and efficiency in gradient-based MCMC.
#   *Journal of the Royal Statistical Society B* 84(2), 496–523.
# - Metropolis, N., Rosenbluth, A. W., Rosenbluth, M. N., Teller, A. H. and Teller, E. (1953). Equation of state calculations by
#   fast computing machines. *Journal of Chemical Physics* 21(6), 1087–1092.
# - Roberts, G. O., Gelman, A. and Gilks, W. R. (1997). Weak convergence and optimal scaling of random walk Metropolis
#   algorithms. *Annals of Applied Probability* 7(1), 110–120.
# - Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021). Rank-normalization, folding, and localization:
#   an improved R-hat for assessing convergence of MCMC. *Bayesian Analysis* 16(2), 667–718.
#
# **Next:** chapter 04 runs ten thousand of these walks at once; chapter 05 replaces the proposal by exact draws of one unknown at a time, Gibbs sampling; chapter 06 gives the walker
# a gradient and a push, Hamiltonian Monte Carlo.
