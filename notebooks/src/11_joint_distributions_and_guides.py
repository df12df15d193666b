# %% [markdown]
# # 11. Joint distributions and guides
#
# **Question.** Some unknowns belong together. How do you say so in a program, what does each way of saying it cost, and does
# an approximation keep what ties them?
#
# After this chapter you will be able to
#
# - **write** unknowns that belong together in three ways, and show that they are one density,
# - **read** the three shapes of a distribution (sample, batch and event), and cut one vector into named pieces,
# - **judge** whether a loop over variables costs you anything, with compilation counted,
# - **build** a guide that keeps a correlation, with an auxiliary site and `Delta`,
# - **tell** what even that guide cannot see.
#
# **You need** chapters 00, 01, 02, 09 and 10. From 02 come `jit`, `vmap` and keys, from 09 NumPyro's handlers, from 10 the ELBO and
# the guide. The common mistakes use the Gibbs sampler of chapter 05. Symbols are collected in [the notation table](notation.md), words in [the glossary](glossary.md).
#
# **Short of time?** Skip *Does the loop matter?* but for its two verdicts and the sentence on `.to_event`, and *In the libraries* from `constraints.cat` on. (Run their cells all the same.)
#
# <!-- times -->
# About 51 minutes to read, exercises not counted, 50 s to run (measured cold: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
import logging
import warnings
from functools import partial

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
import pandas as pd
import pymc as pm
from numpyro import handlers
from numpyro.distributions import biject_to, constraints
from numpyro.infer import SVI, Predictive, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal
from numpyro.infer.util import log_density
from scipy import optimize, stats

from course_utils import checks, museum, targets, vi
from course_utils.adapters import from_numpyro
from course_utils.claims import trial
from course_utils.compiles import count_compiles, disk_cache
from course_utils.costs import cost_row, running_table
from course_utils.display import show_source, use_style
from course_utils.exercises import check
from course_utils.figures import chapter_11 as figures
from course_utils.joint_distribution import JointDistribution
from course_utils.joint_support import Pieces, PiecesTransform
from course_utils.kernel import sample
from course_utils.models import funnel
from course_utils.nuts import nuts
from course_utils.timing import time_jax
from course_utils.warmup import warmup_and_sample

use_style()
logging.getLogger("pymc").setLevel(logging.WARNING)  # PyMC announces what it fits; we do so here

# %% [markdown]
# ## Picture first
#
# A line $a + b x$ through thirteen points. The points lie far from $x = 0$, so the two unknowns pull on each other. If the slope $b$ is a
# little larger, the intercept $a$ must be smaller, or the line would miss the points.
#
# The noise has a known standard deviation of 1, and the priors are $\mathrm{Normal}(0, 10)$. Then the posterior is a normal distribution,
# and a formula gives it. So in this chapter we know what an approximation should find.

# %%
x = np.linspace(2, 8, 13)
y = 1 + 0.5 * x + np.random.default_rng(11).normal(size=13)
prior_sd = 10.0


def line_posterior(x):
    """Exact posterior mean and covariance of intercept and slope."""
    design = np.column_stack([np.ones_like(x), x])
    precision = np.eye(2) / prior_sd**2 + design.T @ design
    covariance = np.linalg.inv(precision)
    return covariance @ design.T @ y, covariance


mean, covariance = line_posterior(x)
precision = np.linalg.inv(covariance)
sds = np.sqrt(np.diag(covariance))
correlation = covariance[0, 1] / sds.prod()
print(f"mean of a, b: {mean.round(3)}, sd {sds.round(3)}, correlation {correlation:.3f}")

figures.idea(mean, covariance, factorized=np.diag(1 / np.diag(precision)))

# %% [markdown]
# On the left is the best that an approximation can do if it treats each unknown for itself. It is not wrong about where the
# posterior is. It is wrong about how wide it is, and it does not know that $a$ and $b$ are tied. On the right the approximation is one
# object in two dimensions.
#
# "These variables belong together" thus has two meanings. The first is bookkeeping: *keep them in one vector*. The second is
# a statement about probability: *they depend on each other*. This chapter is about both, and about not taking the one for the other.

# %% [markdown]
# ## The mathematics
#
# **Together and independent.** Let $x_1, \dots, x_K$ be unknowns with densities $p_1, \dots, p_K$; the $x_i$ may be numbers, vectors or matrices. Flatten
# each, and put one behind the other: $x = (x_1, \dots, x_K)$, a vector of $d$ numbers. If they are independent, their *joint density* is the product
# of their *marginal densities*:
#
# $$\log p(x) = \sum_{i=1}^{K} \log p_i(x_i) .$$
#
# **Three kinds of shape.** A distribution in NumPyro has an *event shape*: the shape of one draw, whose numbers share one log density. It has a
# *batch shape*: how many independent copies, perhaps with different parameters, sit side by side, each with a log density of its own. And you ask it for
# a *sample shape*: how many times to draw. A draw has the shape sample, then batch, then event. The log density has sample, then batch. Our joint vector has the event shape
# $(d,)$. The marginals' batch shapes must broadcast to one, by NumPy's rule, and that is the batch shape of the joint.
#
# **Support.** Each piece lives where its marginal lives: a rate is positive, a probability lies between 0 and 1, shares are positive and sum to 1.
# Samplers and guides work with a vector $u$ of free real numbers and map it by a bijection $g$, $x = g(u)$. For a joint, $g$ acts piece by piece, so
# the logarithm of its Jacobian determinant is the sum over the pieces:
#
# $$\log p(u) = \sum_{i=1}^{K} \bigl( \log p_i(g_i(u_i)) + \log \lvert\det g_i'(u_i)\rvert \bigr) .$$
#
# $u$ may be shorter than $x$: three shares that sum to 1 have two free numbers. (The determinant is then that of the map to the first two shares. The third follows from them.)
#
# **Guides.** Chapter 10 approximates a target $\pi = \gamma / Z$ by the density $q$, the *guide*, with the highest
# $\mathrm{ELBO}(q) = \mathrm{E}_q[\log \gamma - \log q] = \log Z - \mathrm{KL}(q \,\|\, \pi)$. A *factorized* guide (mean-field) is a product
# $q(x) = \prod_i q_i(x_i)$. A *joint* guide (full-rank, when it is normal) may hold any covariance.
#
# Let $\pi$ be normal with mean $\mu$, covariance $\Sigma$ and *precision matrix* $\Lambda = \Sigma^{-1}$. Let $q$ be normal with mean $m$ and covariance $L L^\top$, $L$ lower triangular
# with a positive diagonal. Then
#
# $$\mathrm{ELBO}(m, L) = -\tfrac12 (m - \mu)^\top \Lambda (m - \mu) - \tfrac12 \operatorname{tr}(\Lambda L L^\top) + \sum_i \log L_{ii} + \text{constant} .$$
#
# The first term is best at $m = \mu$. For a full $L$ the rest is best at $L L^\top = \Lambda^{-1} = \Sigma$: the target itself. For a diagonal $L$ the trace is
# $\sum_i \Lambda_{ii} L_{ii}^2$, and setting the derivative $-\Lambda_{ii} L_{ii} + 1 / L_{ii}$ to zero gives $L_{ii}^2 = 1 / \Lambda_{ii}$. This is the variance of $x_i$ *when the other unknowns
# are held fixed*, not its variance. With two unknowns of correlation $\rho$ it is $(1 - \rho^2)\, \Sigma_{ii}$: the guide's standard deviations are too small by the factor
# $\sqrt{1 - \rho^2}$, and what its ELBO lacks is $\mathrm{KL} = -\tfrac12 \log(1 - \rho^2)$.
#
# **The line.** Let $X$ be the matrix with the rows $(1, x_i)$, one a point. With unit noise and $\mathrm{Normal}(0, 10)$ priors the posterior of $(a, b)$ is normal, and
#
# $$\Lambda = X^\top X + \tfrac{1}{10^2} I, \qquad \mu = \Lambda^{-1} X^\top y .$$
#
# Off the diagonal of $\Lambda$ stands $\sum_i x_i$: it is the place of the origin that ties intercept and slope together.
#
# **An auxiliary site.** How does one write a joint guide, when the model has two separate unknowns? Draw $u$ from any density $q(u)$ that you like, a variable
# that the model does not know, and then *set* $x = g(u)$. If $g$ is a bijection, the density of the guide is
#
# $$\log q(x) = \log q(u) - \log \lvert\det g'(u)\rvert .$$
#
# The last term must not be forgotten. NumPyro has a place for it, as we shall see.

# %% [markdown]
# ## By hand
#
# ### A joint density
#
# A little shop has three unknowns: the `rate` of visitors a day, the probability `p` that a visitor buys, and the shares `w` of the three kinds of things that are bought.
# The shares get a *Dirichlet* distribution, the beta's relative for shares that sum to 1; with the parameters (1, 1, 1) all shares are equally dense. In SciPy and NumPy:


# %%
shop_by_hand = {
    "rate": (stats.gamma(2, scale=20), ()),  # a distribution and its event shape
    "p": (stats.beta(2, 2), ()),
    "w": (stats.dirichlet([1, 1, 1]), (3,)),
}


def log_density_by_hand(joint, vector):
    """Cut the vector, ask each marginal, add up."""
    total, start = 0.0, 0
    for marginal, shape in joint.values():
        size = int(np.prod(shape))
        piece = vector[start : start + size].reshape(shape)
        total += marginal.logpdf(piece)
        start += size
    if start != len(vector):
        raise ValueError(f"the pieces hold {start} numbers, the vector {len(vector)}")
    return float(total)


def draw_by_hand(joint, rng, num_draws):
    """Draw each marginal, flatten, and put one behind the other."""
    draws = []
    for _ in range(num_draws):
        pieces = [np.ravel(marginal.rvs(random_state=rng)) for marginal, _ in joint.values()]
        draws.append(np.concatenate(pieces))
    return np.array(draws)


shop_draws = draw_by_hand(shop_by_hand, np.random.default_rng(110), 500)
print("shape of the draws:", shop_draws.shape, " the first:", shop_draws[0].round(3))
print(f"its log density: {log_density_by_hand(shop_by_hand, shop_draws[0]):.4f}")

# %% [markdown]
# One generator draws all marginals, one after the other, so they are independent. The slices `start : start + size` are all the bookkeeping there is. It is dull, and mistakes happen there, so you want it written once and tested.

# %%
figures.layout(
    ["rate", "p", "w"], [1, 1, 3], [1, 1, 2], ["positive", "0 to 1", "positive, sum to 1"]
)

# %% [markdown]
# Five numbers that you see, four that a sampler moves.
#
# ### Two guides that learn
#
# Now the second meaning of *together*. For a normal target the gradient of the ELBO is exact: $-\Lambda (m - \mu)$ in $m$, and $-\Lambda L$ with $1 / L_{ii}$ added on the diagonal, in $L$.
# We climb it in small steps, once with all of the lower triangle and once with the diagonal alone.


# %%
def learn_by_hand(target_mean, precision, is_joint, step_size=0.002, num_steps=4000):
    """Climb the exact ELBO of a normal guide; return means and factors L, step by step."""
    free = np.tril(np.ones_like(precision)) if is_joint else np.eye(len(precision))
    m, factor = np.zeros(len(precision)), 0.1 * np.eye(len(precision))
    means, factors = [m], [factor]
    for _ in range(num_steps):
        m = m - step_size * precision @ (m - target_mean)
        uphill = np.diag(1 / np.diag(factor)) - precision @ factor
        factor = factor + step_size * free * uphill
        means.append(m)
        factors.append(factor)
    return np.array(means), np.array(factors)


paths = {
    "factorized": learn_by_hand(mean, precision, is_joint=False),
    "joint": learn_by_hand(mean, precision, is_joint=True),
}
figures.learning(mean, covariance, paths, steps=[0, 20, 200, 800, 4000])

# %% [markdown]
# The only difference is the array `free`: which entries of $L$ may move. The last steps against the formulas:

# %%
found = {name: factors[-1] @ factors[-1].T for name, (_, factors) in paths.items()}
shrink = np.sqrt(1 - correlation**2)
print(f"share of the sd that a factorized guide reports, by theory: {shrink:.3f}")
print(f"factorized: sd of a {np.sqrt(found['factorized'][0, 0]):.4f}, theory {shrink * sds[0]:.4f}")
print(f"joint:      sd of a {np.sqrt(found['joint'][0, 0]):.4f}, theory {sds[0]:.4f}")
assert np.allclose(found["factorized"], np.diag(1 / np.diag(precision)), rtol=1e-6)
assert np.allclose(found["joint"], covariance, rtol=1e-3)  # the longest way is not quite walked

# %% [markdown]
# With a correlation this strong, the factorized guide reports a small part of the true standard deviation. It does so *at its optimum*: more steps do not help.

# %% [markdown]
# ## Fast
#
# NumPyro has no joint distribution of its own. The course's package has one, `JointDistribution`, which is
# a NumPyro distribution like any other. Its two methods that matter:

# %%
show_source(JointDistribution.sample, JointDistribution.log_prob)

# %% [markdown]
# Read them beside the versions by hand:
#
# - `log_prob` is our loop. `cut` makes the pieces, also when there are leading axes: of a batch, of a thousand draws, or of both.
# - `sample` splits the key, one for each marginal. One key for all would make them dependent.
# - `expand` repeats a marginal that has no batch, so that each member of the batch gets a draw of its own.
# - `sum` and the list comprehension are loops in Python. Under `jit` they run once, while JAX traces. What that costs is on trial below.
#
# The support is an object that tests each piece, and a bijection to go with it:

# %%
show_source(Pieces.__call__, PiecesTransform.__call__, PiecesTransform.log_abs_det_jacobian)

# %% [markdown]
# `biject_to(joint.support)` finds this bijection, so everything in NumPyro that needs unconstrained numbers (NUTS, SVI, the automatic guides) works
# without knowing that the class exists. The last line is the sum of log Jacobians from above.


# %%
def prior_for(mean_rate):
    """The shop's prior, expecting this many visitors a day."""
    rate, w = dist.Gamma(2.0, 2.0 / mean_rate), dist.Dirichlet(jnp.ones(3))
    return JointDistribution({"rate": rate, "p": dist.Beta(2.0, 2.0), "w": w})


shop_prior = prior_for(40.0)
print("batch shape", shop_prior.batch_shape, " event shape", shop_prior.event_shape)
print("free numbers:", biject_to(shop_prior.support).inverse_shape((5,))[0])
print("pieces of a draw:", {k: v.shape for k, v in shop_prior.split(shop_draws[0]).items()})

by_hand = [log_density_by_hand(shop_by_hand, draw) for draw in shop_draws]
fast = jax.jit(shop_prior.log_prob)(jnp.asarray(shop_draws))
gap = np.abs(fast - np.array(by_hand)).max()
print("500 log densities equal to within 1e-4:", bool(gap < 1e-4))
assert gap < 1e-4

# %% [markdown]
# (The tolerance is for rounding: 32 bits in JAX, 64 in SciPy, and sums of size 10.)
#
# A `JointDistribution` is also a *pytree*, a container that JAX can look into (chapter 02). So a joint distribution may be an argument of a compiled function, or be made
# inside `vmap`:


# %%
log_prob_of = jax.jit(JointDistribution.log_prob)
value, mean_rates = jnp.asarray(shop_draws[0]), jnp.array([20.0, 40.0, 80.0])
priors = [prior_for(rate) for rate in mean_rates]
log_prob_of(priors[0], value)  # compiles
with count_compiles() as log:
    one_by_one = np.array([log_prob_of(prior, value) for prior in priors])
at_once = jax.jit(jax.vmap(lambda rate: prior_for(rate).log_prob(value)))(mean_rates)
print("one by one:", one_by_one.round(4), " under vmap:", np.asarray(at_once).round(4))
print("compiled anew for another rate:", log.count)
assert np.allclose(one_by_one, at_once, rtol=1e-5) and log.count == 0

# %% [markdown]
# ### Three ways to say it
#
# The line of the first picture, three times. First with a `sample` statement for each unknown, then with one site for a `JointDistribution`,
# then with one site for a multivariate normal. Each program also records the line's height at $x = 10$ by `numpyro.deterministic`: a value that follows from others, under
# a name, with no density and no influence on the posterior.


# %%
def record_and_observe(a, b, x, y):
    """What the three programs have in common."""
    numpyro.deterministic("at_ten", a + 10 * b)
    numpyro.sample("y", dist.Normal(a + b * x, 1.0), obs=y)


def separate(x, y):
    """Two statements."""
    a = numpyro.sample("a", dist.Normal(0, prior_sd))
    b = numpyro.sample("b", dist.Normal(0, prior_sd))
    record_and_observe(a, b, x, y)


def one_joint(x, y):
    """One site, independent marginals of any kind."""
    prior = JointDistribution({"a": dist.Normal(0, prior_sd), "b": dist.Normal(0, prior_sd)})
    ab = prior.split(numpyro.sample("ab", prior))
    record_and_observe(ab["a"], ab["b"], x, y)


def multivariate(x, y):
    """One site, normal marginals, any covariance."""
    prior_covariance = prior_sd**2 * jnp.eye(2)
    ab = numpyro.sample("ab", dist.MultivariateNormal(jnp.zeros(2), prior_covariance))
    record_and_observe(ab[0], ab[1], x, y)


points = np.random.default_rng(111).normal(mean, 3 * sds, size=(20, 2))


def log_densities(program, sites):
    """Log joint density of a NumPyro program at all points; `sites` names the coordinates."""
    at_point = lambda point: log_density(program, (x, y), {}, sites(point))[0]  # noqa: E731
    return jax.jit(jax.vmap(at_point))(points)


table = pd.DataFrame(
    {
        "separate": log_densities(separate, lambda point: {"a": point[0], "b": point[1]}),
        "one_joint": log_densities(one_joint, lambda point: {"ab": point}),
        "multivariate": log_densities(multivariate, lambda point: {"ab": point}),
    }
).astype(float)
gap = (table.max(axis=1) - table.min(axis=1)) / table.abs().max(axis=1)
print("the three log densities agree at 20 points, to 1e-5 of their size:", bool(gap.max() < 1e-5))
assert gap.max() < 1e-5

# %% [markdown]
# One density, so one posterior. What differs is what each can say:
#
# | | marginals | dependence in the prior | names |
# |---|---|---|---|
# | separate statements | any | any: a statement may use the values above it | one for each |
# | `JointDistribution` | any | none between its marginals | one, and `split` |
# | `MultivariateNormal` | normal | any covariance | one |
#
# Where the unknowns have other kinds of support, the multivariate normal cannot be used as it stands.

# %% [markdown]
# ## Does the loop matter?
#
# A model with hundreds of alike unknowns can be written with a loop, or with arrays. "Loops do not matter under `jit`", one hears, since they are gone once the
# program is compiled. And one also hears that explicit batching wins when there are many. We write $n$ independent normals in three ways.


# %%
def three_ways(n):
    """The same n independent normals: a loop of statements, a loop of marginals, arrays."""
    locs, scales = np.linspace(-1, 1, n), np.linspace(0.5, 2, n)

    def loop_of_statements():
        for i in range(n):
            numpyro.sample(f"x{i:04d}", dist.Normal(locs[i], scales[i]))

    def joint_of_scalars():
        pairs = zip(locs, scales, strict=True)
        numpyro.sample("x", JointDistribution([dist.Normal(*pair) for pair in pairs]))

    def batched():
        numpyro.sample("x", dist.Normal(locs, scales).to_event(1))

    return {
        "loop of statements": loop_of_statements,
        "joint of scalars": joint_of_scalars,
        "batched": batched,
    }


models = [from_numpyro(program) for program in three_ways(5).values()]
at_zero = [float(model.logdensity(jnp.zeros(5))) for model in models]
print("log densities equal at n = 5:", np.ptp(at_zero) < 1e-5)
assert np.ptp(at_zero) < 1e-5

# %% [markdown]
# `.to_event(1)` turns the last batch axis into part of the event: $n$ normals with a log density each become one vector with one log density.
#
# **Predict.** For $n = 10, 30, 100$: how many times longer than the batched program does the loop take to trace and compile? And the compiled
# program: how many times longer does it run?
#
# To look like a sampler's work, a run is 1000 steps along the gradient, compiled as one loop. The loop of statements and the batched program are built and compiled
# three times, the third program once, with the compiler's disk cache switched off.

# %% tags=["nbval-ignore-output"]
sizes, repeats = (10, 30, 100), 3


def climb(program):
    """A function that takes 1000 gradient steps on the program's log density."""
    model = from_numpyro(program)

    def run(position):
        step = lambda _, position: position + 0.01 * jax.grad(model.logdensity)(position)  # noqa: E731
        return jax.lax.fori_loop(0, 1000, step, position)

    return jax.jit(run)


print("compiling and timing …")
prepare, running = {}, {}
with disk_cache(None), count_compiles() as log:
    for n in sizes:
        for repeat in range(repeats):
            for name, program in three_ways(n).items():
                if name == "joint of scalars" and repeat > 0:
                    continue  # it is in the picture only
                timing = time_jax(climb(program), jnp.zeros(n), repeats=3)
                prepare.setdefault((name, n), []).append(timing.trace_s + timing.compile_s)
                running.setdefault((name, n), []).append(timing.median_s)
assert log.cache_hits == 0

figures.loops(prepare, running)

# %% [markdown]
# Look at the left panel first. JAX runs the Python code once and writes down every operation: $n$ statements, $n$ times the operations. The compiler then
# works on all of them. A batched program has the same few operations whatever $n$.
#
# Now the claims, in words that can be tried. The bounds were set before the measurement. (The clock starts when the log density has been built from the program; building runs the loop as well and is not counted.)

# %% tags=["nbval-ignore-output"]
loop, batched = "loop of statements", "batched"
cases = {
    f"{what}, {n} unknowns": np.array(table[loop, n]) / table[batched, n]
    for what, table in {"trace and compile": prepare, "run": running}.items()
    for n in sizes
}
trial(
    chapter="11",
    claim="Loops don't matter under jit: a loop of sample statements takes at most 1.5 times as long as one batched statement",
    cases=cases,
    at_most=1.5,
)

# %% tags=["nbval-ignore-output"]
total = {key: np.array(prepare[key]) + running[key] for key in prepare}
trial(
    chapter="11",
    claim="Explicit batching wins when there are many: from program to result it takes at most half the time of a loop",
    cases={f"{n} unknowns, 1000 gradients": total[loop, n] / total[batched, n] for n in sizes},
    at_least=2.0,
)

# %% [markdown]
# A claim about a loop is a claim about *how many* and about *which clock*. The middle way, a joint of scalars, is a loop too: one statement, but $n$ marginals to trace. The
# cure is to batch like with like and to join only the unlike: one marginal of event shape $(n,)$ for all normals, one for all gammas. See exercise 11.4.

# %% [markdown]
# ## Is it right?
#
# ### First against the exact answer
#
# Back to the shop. In five days 210 visitors came, 42 of them bought something, one thing each: 12, 7 and 23 of the three kinds. All three priors are conjugate to their
# likelihoods, so the posterior is known:
#
# $$\text{rate} \sim \mathrm{Gamma}\bigl(2 + 210,\ \tfrac{1}{20} + 5\bigr), \qquad p \sim \mathrm{Beta}(2 + 42,\ 2 + 168), \qquad w \sim \mathrm{Dirichlet}(1 + 12,\ 1 + 7,\ 1 + 23) .$$
#
# (The second number of the Gamma is a rate, not a scale. One share of a Dirichlet is a Beta: of its own number against the sum of the others.)
#
# NUTS sees none of this. It moves four free numbers, one vector.


# %%
def shop(visitors, buyers, kinds, days):
    """One site for all unknowns."""
    unknowns = shop_prior.split(numpyro.sample("shop", shop_prior))
    numpyro.sample("visitors", dist.Poisson(days * unknowns["rate"]), obs=visitors)
    numpyro.sample("buyers", dist.Binomial(visitors, unknowns["p"]), obs=buyers)
    numpyro.sample("kinds", dist.Multinomial(buyers, unknowns["w"]), obs=kinds)


visitors, buyers, kinds, days = 210, 42, np.array([12, 7, 23]), 5.0
shop_model = from_numpyro(shop, visitors, buyers, kinds, days)


@jax.jit
def run_shop(key):
    """Warm up and draw with NUTS, four chains; draws on the scale of the model."""
    key_start, key_run = jax.random.split(key)
    starts = 0.5 * jax.random.normal(key_start, (4, shop_model.dim))
    kernel = lambda step_size, metric: nuts(shop_model.logdensity, step_size, metric)  # noqa: E731
    positions, info, _ = warmup_and_sample(key_run, kernel, starts, 500, 1500)
    return jax.vmap(jax.vmap(shop_model.constrain))(positions)["shop"], info


print("compiling and sampling …")
# Timed here, since the first call compiles, and shown under "What it costs".
shop_timing = time_jax(run_shop, jax.random.key(112), name="NUTS, one joint site")
shop_nuts, shop_info = run_shop(jax.random.key(112))
shop_nuts = np.asarray(shop_nuts, dtype=float)

shares = 1 + kinds
exact = {
    "rate": stats.gamma(2 + visitors, scale=1 / (1 / 20 + days)),
    "p": stats.beta(2 + buyers, 2 + visitors - buyers),
    **{f"w[{k}]": stats.beta(shares[k], shares.sum() - shares[k]) for k in range(3)},
}
ALPHA = 1e-3 / 10  # the page makes 10 such comparisons
for k, (name, law) in enumerate(exact.items()):
    for power in (1, 2):
        values, label = shop_nuts[..., k] ** power, name + " ²"[power - 1]
        verdict = checks.mean_within_mcse(values, law.moment(power), label, alpha=ALPHA)
        print(f"mean of {label} within its Monte Carlo error: {verdict.passed}")
        assert verdict.passed, verdict.message

# %% [markdown]
# Each line compares an average of the draws with the exact one, in units of the MCSE. The bound is such that all ten together fail a right sampler in at most one of a thousand runs, about.

# %%
figures.marginals(shop_nuts.reshape(-1, 5), exact)

# %% [markdown]
# The posterior stays independent between the three, since each has a likelihood of its own. *Within* the piece `w` the shares are tied: they sum to 1.
#
# ### Then with ArviZ
#
# `split` gives the pieces their names back, for all chains and draws at once.

# %% tags=["tol-0.3"]
pieces = {name: np.asarray(piece) for name, piece in shop_prior.split(shop_nuts).items()}
print({name: piece.shape for name, piece in pieces.items()})
# Another processor is another seed: means move by some MCSE, effective sample sizes by some tenths.
summary = az.summary(az.from_dict({"posterior": pieces}), kind="all", round_to=3)
summary[["mean", "sd", "ess_bulk", "ess_tail"]]

# %%
rhat = max(float(np.max(az.rhat(piece))) for piece in (shop_nuts[..., k] for k in range(5)))
off = np.abs(pieces["w"].sum(axis=-1) - 1).max()
print(f"all R-hat below 1.01: {rhat < 1.01}; all shares sum to 1: {off < 1e-5}")
assert rhat < 1.01 and off < 1e-5

# %% [markdown]
# ## A guide for unknowns that belong together
#
# The second meaning of *together* in NumPyro: three guides for `separate`, with its two sites `a` and `b`.


# %%
def deviation(name):
    """A positive parameter that the optimiser may move."""
    return numpyro.param(name, 0.1, constraint=constraints.positive)


def two_sites(x, y):
    """Each unknown has a normal of its own."""
    for name in ("a", "b"):
        numpyro.sample(
            name, dist.Normal(numpyro.param(f"{name}_loc", 0.0), deviation(f"{name}_sd"))
        )


def joint_site(x, y):
    """One auxiliary vector with independent marginals; then a and b are set to its pieces."""
    q = JointDistribution(
        {n: dist.Normal(numpyro.param(f"{n}_loc", 0.0), deviation(f"{n}_sd")) for n in ("a", "b")}
    )
    u = numpyro.sample("u", q, infer={"is_auxiliary": True})
    for name, value in q.split(u).items():
        numpyro.sample(name, dist.Delta(value))


def normal_site(x, y):
    """One auxiliary vector with a covariance; then a and b are set to its coordinates."""
    m = numpyro.param("m", jnp.zeros(2))
    factor = numpyro.param("L", 0.1 * jnp.eye(2), constraint=constraints.lower_cholesky)
    u = numpyro.sample(
        "u", dist.MultivariateNormal(m, scale_tril=factor), infer={"is_auxiliary": True}
    )
    numpyro.sample("a", dist.Delta(u[0]))
    numpyro.sample("b", dist.Delta(u[1]))


# %% [markdown]
# Three words of NumPyro are new here.
#
# - **`infer={"is_auxiliary": True}`** marks a site that the guide has and the model has not. Its log density counts in $\log q$, with the mark or without. But without it, NumPyro takes
#   the extra site for a slip and warns.
# - **`Delta(value)`** is the distribution that is always `value`. The model wants sample sites called `a` and `b`, so the guide must *sample* them; `Delta` does so without
#   adding randomness. Its second argument, `log_density`, is what the site adds to $\log q$: here 0, and $-\log\lvert\det g'(u)\rvert$ when a bijection $g$ stands between. For a piece that is a vector, say `event_dim=1`; else NumPyro adds `log_density` once for each number.
# - **`deterministic`** will not do in the place of `Delta`. It records a value and is no sample site, and SVI refuses such a guide.


# %%
def complaint(infer, set_site):
    """What NumPyro says to a joint guide in which something may be forgotten."""

    def guide(x, y):
        u = numpyro.sample("u", dist.Normal(jnp.zeros(2), 1.0).to_event(1), infer=infer)
        for name, value in {"a": u[0], "b": u[1]}.items():
            set_site(name, value)

    def loss(key):
        return Trace_ELBO().loss(key, {}, separate, guide, x, y)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            jax.eval_shape(loss, jax.random.key(0))  # traces and computes nothing
        except RuntimeError as error:
            return f"error: {error}"
    return "; ".join(f"warning: {' '.join(str(w.message).split())}" for w in caught) or "nothing"


by_delta = lambda name, value: numpyro.sample(name, dist.Delta(value))  # noqa: E731
print("complete:      ", complaint({"is_auxiliary": True}, by_delta))
print("not marked:    ", complaint({}, by_delta))
print("deterministic: ", complaint({"is_auxiliary": True}, numpyro.deterministic))

# %% [markdown]
# **Predict.** `joint_site` has one site for both unknowns, `normal_site` too. Which of the three guides will find the correlation?
#
# We fit each to two data sets: the $x$ of above, and the same $x$ moved by 4 towards zero, where the correlation is weaker, each three times. `SVI.run` of chapter 10 does the steps, and the learning rate falls to zero along a cosine, which lets the noise of the gradients die out. Then `Predictive` draws from the guide and runs the model under each draw.

# %%
num_steps, num_draws = 3000, 100_000


@partial(jax.jit, static_argnums=0)
def fit_and_draw(guide, key, x):
    """Parameters of the guide after SVI; draws of a, b and the height at x = 10 from it."""
    key_fit, key_draw = jax.random.split(key)
    optimizer = optax.adam(optax.cosine_decay_schedule(0.05, num_steps))
    svi = SVI(separate, guide, optimizer, Trace_ELBO(num_particles=128))
    params = svi.run(key_fit, num_steps, x, y, progress_bar=False).params
    sites = ["a", "b", "at_ten"]
    predict = Predictive(
        separate, params=params, guide=guide, num_samples=num_draws, return_sites=sites
    )
    draws = predict(key_draw, x, y)
    return params, jnp.stack([draws[site] for site in sites], axis=-1)


designs = np.stack([x, x - 4])
guides = {
    "two sites": two_sites,
    "JointDistribution": joint_site,
    "MultivariateNormal": normal_site,
}
keys = jax.random.split(jax.random.key(113), (len(guides), len(designs), 3))
print(f"fitting {keys.size} guides …")
fitted, drawn = {}, {}
for (name, guide), rows in zip(guides.items(), keys, strict=True):
    fits = [[fit_and_draw(guide, k, x) for k in row] for row, x in zip(rows, designs, strict=True)]
    fitted[name] = fits[0][0][0]  # parameters of the first fit
    drawn[name] = np.array([[draws for _, draws in row] for row in fits], dtype=float)

first = {name: draws[0, 0, :, :2] for name, draws in drawn.items()}
figures.guides(mean, covariance, first)

# %% [markdown]
# One site is not enough. `JointDistribution` as a guide is a factorized guide in one vector: its marginals are independent by construction. Only a distribution that *can* be correlated finds
# the correlation. Here is the claim, with the share of the exact correlation that each guide's draws show.

# %% tags=["tol-0.1"]
# Other random numbers, as on another processor, move these shares by a hundredth or two.
cases = {}
for i, design in enumerate(designs):
    exact_covariance = line_posterior(design)[1]
    exact_correlation = exact_covariance[0, 1] / np.sqrt(np.diag(exact_covariance).prod())
    for name, draws in drawn.items():
        shares = [np.corrcoef(cloud.T)[0, 1] / exact_correlation for cloud in draws[i]]
        # The correlation of draws that have none is noise of size 1 / sqrt(num_draws): shown as 0.
        noise = num_draws**-0.5 / abs(exact_correlation)
        shares = np.where(np.abs(shares) < 5 * noise, 0.0, shares)
        cases[f"{name}, correlation {exact_correlation:.2f}"] = np.round(shares, 2)
trial(
    chapter="11",
    claim="A guide with one joint site catches the correlation that a factorized guide misses: at least 95 % of it",
    cases=cases,
    at_least=0.95,
)

# %% [markdown]
# And against the exact optimum of each family:


# %%
def optimum(design, is_joint):
    """Covariance of the best normal guide: the posterior's own, or 1 / Λ_ii on the diagonal."""
    covariance = line_posterior(design)[1]
    return covariance if is_joint else np.diag(1 / np.diag(np.linalg.inv(covariance)))


for name, draws in drawn.items():
    worst_sd = worst_mean = 0.0
    for design, cloud in zip(designs, draws[..., :2], strict=True):
        posterior_mean, posterior_covariance = line_posterior(design)
        best_sds = np.sqrt(np.diag(optimum(design, name == "MultivariateNormal")))
        worst_sd = max(worst_sd, np.abs(cloud.std(axis=1) / best_sds - 1).max())
        off = np.abs(cloud.mean(axis=1) - posterior_mean) / np.sqrt(np.diag(posterior_covariance))
        worst_mean = max(worst_mean, off.max())
    # A learning rate that falls to zero leaves a few thousandths; 0.03 is the size of an error
    # that a plot would not show, and a wrong formula is off by far more.
    sds_agree, means_agree = worst_sd < 0.03, worst_mean < 0.03
    print(f"{name:18} sds within 3 %: {sds_agree}, means within 0.03 sd: {means_agree}")
    assert sds_agree and means_agree

# %% [markdown]
# Two sites, and one joint site with independent marginals, are one family, with one optimum.
#
# ### What a lost correlation does
#
# Does it matter? That depends. The line's height at $x$ is $a + b x$, and its variance under a guide with covariance $S$ is $S_{aa} + 2 x S_{ab} + x^2 S_{bb}$. Without the
# middle term, and with $S_{aa}$ and $S_{bb}$ too small, it is wrong nearly everywhere:

# %%
for place in (0, 5, 10):
    at = np.array([1, place])
    ratio = np.sqrt(at @ optimum(x, is_joint=False) @ at / (at @ covariance @ at))
    print(f"x = {place:2}: the best factorized guide reports {ratio:.2f} of the exact sd")

moments = {name: (cloud.mean(axis=0), np.cov(cloud.T)) for name, cloud in first.items()}
figures.bands(x, y, (mean, covariance), moments["two sites"], joint=moments["MultivariateNormal"])

# %% [markdown]
# The exact band is narrow where the points are and widens away from them. The factorized one is narrowest at $x = 0$, where there are no points, only the origin: too narrow there, and too wide in the middle of the points. `Predictive` has run the model under the guide's draws, and so has recorded the `deterministic` site:

# %%
at = np.array([1, 10])
for name in ("two sites", "MultivariateNormal"):
    theory = np.sqrt(at @ optimum(x, name == "MultivariateNormal") @ at)
    # The sd of a + 10 b inherits the errors of both sds, b's up to doubled, and of the tie. They are
    # far below the 3 % allowed above, and a sd from so many draws adds little.
    agrees = abs(drawn[name][0, 0, :, 2].std() / theory - 1) < 0.05
    print(f"{name:18} sd at x = 10 as theory says for this guide, {theory:.3f}: {agrees}")
    assert agrees

# %% [markdown]
# ## Where it breaks
#
# A normal guide knows one kind of dependence: correlation. Take the funnel of chapter 09, in two dimensions: $v \sim \mathrm{Normal}(0, 1.5)$ and $x \sim \mathrm{Normal}(0, e^{v/2})$, with standard deviations as
# always. The variable $v$ decides how wide $x$ is, so the two depend on each other strongly. But for each $v$ the density is symmetric in $x$, so their covariance is exactly zero.
#
# **Predict.** How much higher will the ELBO of the joint guide be?
#
# Let $q$ be normal with means $m_v, m_x$, variances $s_v^2, s_x^2$ and covariance $c$. With $\mathrm{E}_q[x^2 e^{-v}] = e^{-m_v + s_v^2/2} \bigl((m_x - c)^2 + s_x^2\bigr)$,
#
# $$\mathrm{ELBO}(q) = -\frac{m_v^2 + s_v^2}{2 \cdot 1.5^2} - \frac{m_v}{2} - \tfrac12\, e^{-m_v + s_v^2 / 2} \bigl((m_x - c)^2 + s_x^2\bigr) + \tfrac12 \log(s_v^2 s_x^2 - c^2) + \text{constant} .$$
#
# An optimiser climbs the formula, for both families. (`corr` is the guide's correlation.)


# %%
v_sd = 1.5
neck = funnel.model(num_x=1, v_sd=v_sd)


def funnel_elbo(m_v, m_x, log_s_v, log_s_x, corr=0.0):
    """ELBO of a normal guide on the funnel, constants included."""
    s_v, s_x = np.exp(log_s_v), np.exp(log_s_x)
    c = corr * s_v * s_x
    pull = np.exp(-m_v + s_v**2 / 2) * ((m_x - c) ** 2 + s_x**2)
    expected = -(m_v**2 + s_v**2) / (2 * v_sd**2) - m_v / 2 - pull / 2 - np.log(v_sd)
    return expected + 0.5 * np.log(s_v**2 * s_x**2 - c**2) + 1.0


def best_on_funnel(start):
    """Climb from a start that has four numbers, or five with a correlation."""
    bounds = [(-5, 5)] * 4 + [(-0.99, 0.99)] * (len(start) - 4)
    climb = optimize.minimize(lambda q: -funnel_elbo(*q), start, bounds=bounds, tol=1e-12)
    m_v, m_x, log_s_v, log_s_x, *rest = climb.x
    s_v, s_x, corr = np.exp(log_s_v), np.exp(log_s_x), sum(rest)
    covariance = np.array([[s_v**2, corr * s_v * s_x], [corr * s_v * s_x, s_x**2]])
    return np.array([m_v, m_x]), covariance, -climb.fun


flat = best_on_funnel([0.5, 1.0, -0.5, 0.3])
full = best_on_funnel([0.5, 1.0, -0.5, 0.3, 0.6])
figures.funnel(v_sd, {"factorized": flat[:2], "joint": full[:2]})

# %% [markdown]
# Whatever $c$ is, the best $m_x$ is $c$, and then $c$ is left in the entropy alone, $\tfrac12 \log(s_v^2 s_x^2 - c^2)$, which is highest at $c = 0$. So the best joint guide *is* the factorized one.
# The two ellipses lie on each other, and both miss the neck and the mouth. In numbers: $\log Z$ is 0, since the funnel's density is normalised, so minus the ELBO is the KL divergence. The formula itself is held against draws,
# by the `vi` module of chapter 10.

# %%
cholesky = np.linalg.cholesky(full[1])
guide = vi.Gaussian(
    jnp.asarray(full[0], jnp.float32),
    jnp.log(jnp.diag(cholesky)).astype(jnp.float32),
    jnp.asarray(cholesky, jnp.float32),
)
estimate = jax.jit(lambda key: vi.estimate_elbo(key, neck.logdensity, guide, 20_000))
elbo, error = estimate(jax.random.key(115))
print(f"KL to the target: factorized {-flat[2]:.4f}, joint {-full[2]:.4f}")
print(f"sd of v in both guides {np.sqrt(full[1][0, 0]):.3f}, exact {v_sd:.3f}")
agrees = bool(abs(elbo - full[2]) < 5 * error)
print("formula and draws agree to within five standard errors:", agrees)
assert abs(full[2] - flat[2]) < 1e-5 and agrees

# %% [markdown]
# "The joint guide catches the dependence" is true of one kind of dependence. How would you notice, without knowing the answer? With the diagnostics of chapter 10, with a few thousand draws of NUTS beside the guide, or by a change of variables
# that takes the dependence away (chapter 09's noncentered form makes this funnel two independent normals, and then both guides are exact).
#
# The second limit is size. A full covariance in $d$ dimensions has $d (d + 1) / 2$ numbers to learn, and the means are $d$ more:

# %%
for d in (2, 10, 100, 1000):
    print(f"d = {d:4}: factorized {2 * d:5,} numbers, joint {d + d * (d + 1) // 2:7,}")

# %% [markdown]
# The way out is to tie together what belongs together, and nothing else: one multivariate normal for each block of tied unknowns, in separate sites, or in *one* `JointDistribution` of several multivariate normals. A single multivariate normal with a full covariance would have to learn the zeros
# between the blocks as well.

# %% [markdown]
# ## In the libraries
#
# ### The log density first
#
# The line in PyMC, with two variables and with one vector. Its log density, priors included, must be NumPyro's, to the last constant.

# %%
with pm.Model() as pymc_separate:
    a = pm.Normal("a", 0, prior_sd)
    b = pm.Normal("b", 0, prior_sd)
    pm.Normal("y", a + b * x, 1.0, observed=y)

with pm.Model() as pymc_vector:
    ab = pm.MvNormal("ab", np.zeros(2), cov=prior_sd**2 * np.eye(2))
    pm.Normal("y", ab[0] + ab[1] * x, 1.0, observed=y)

separate_logp, vector_logp = (  # twenty calls don't pay for compiling well
    model.compile_logp(mode="FAST_COMPILE") for model in (pymc_separate, pymc_vector)
)
table["PyMC, separate"] = [float(separate_logp({"a": a, "b": b})) for a, b in points]
table["PyMC, vector"] = [float(vector_logp({"ab": point})) for point in points]
gap = (table.max(axis=1) - table.min(axis=1)) / table.abs().max(axis=1)
print("five programs, one log density at 20 points, to 1e-5 of its size:", bool(gap.max() < 1e-5))
assert gap.max() < 1e-5

# %% [markdown]
# ### NumPyro
#
# In practice nobody writes `normal_site` by hand. `AutoNormal` and `AutoMultivariateNormal` read the model and make the guide. Look at what they make:

# %%
for auto in (AutoNormal(separate), AutoMultivariateNormal(separate)):
    trace = handlers.trace(handlers.seed(auto, 0)).get_trace(x, y)
    print(type(auto).__name__)
    for name, site in trace.items():
        if site["type"] == "sample":
            mark = "  (auxiliary)" if site["infer"].get("is_auxiliary") else ""
            kind, shape = type(site["fn"]).__name__, site["fn"].event_shape
            print(f"   {name}: {kind}, event shape {shape}{mark}")

# %% [markdown]
# An auxiliary site with a multivariate normal, and a `Delta` for each site of the model: it is `normal_site`. For a positive unknown the automatic guide gives `Delta` the log Jacobian as well. For our shop with its one site, the automatic guide
# asks `JointDistribution` for its support and gets everything else from that.

# %%
params = fitted["MultivariateNormal"] | {"u": jnp.ones(2)}
values = {"auto_loc": params["m"], "auto_scale_tril": params["L"], "_auto_latent": params["u"]}
with handlers.seed(rng_seed=0):
    theirs = log_density(auto, (x, y), {}, values)[0]  # the last one of the loop above
    ours = log_density(normal_site, (x, y), {}, params)[0]
agrees = bool(jnp.isclose(theirs, ours, rtol=1e-5))
print("with our parameters, the automatic guide has our density:", agrees)
assert agrees

# %% [markdown]
# And NumPyro's own joint distribution? There is none, but there is a part of one: `constraints.cat` tests a vector slice by slice, and `biject_to` knows it. This is enough for numbers that stand alone. It fails for a slice whose numbers are tied, such as shares:

# %%
alone = constraints.cat([constraints.positive, constraints.unit_interval], dim=-1)
ours = JointDistribution([dist.Gamma(2.0), dist.Beta(2.0, 2.0)]).support
free = jnp.array([0.3, -0.4])
assert jnp.allclose(biject_to(alone)(free), biject_to(ours)(free))
print("numbers that stand alone: the same bijection")
tied = constraints.cat([constraints.positive, constraints.simplex], dim=-1, lengths=[1, 3])
value = jnp.array([2.0, 0.2, 0.3, 0.5])
try:
    tied(value)
except Exception as error:
    print("a number and three shares: constraints.cat stops with", type(error).__name__)
ours = JointDistribution([dist.Gamma(2.0), dist.Dirichlet(jnp.ones(3))]).support
print("ours:", bool(ours(value)))

# %% [markdown]
# ### PyMC
#
# PyMC fits the factorized guide as `advi` and the joint guide as `fullrank_advi`. It builds the approximation itself, on the unconstrained scale, for all unknowns together. As in chapter 10 it compiles with JAX, and we undo its switch to 64 bits.

# %%
print("fitting with PyMC …")
with warnings.catch_warnings(), pymc_separate:
    warnings.filterwarnings("ignore", message="The RandomType SharedVariables")
    found = pm.fit(
        5000,
        method="fullrank_advi",
        obj_optimizer=pm.adam(learning_rate=0.01),
        obj_n_mc=20,
        backend="jax",
        random_seed=118,
        progressbar=False,
    )
    pymc_mean, pymc_covariance = (v.eval(mode="FAST_COMPILE") for v in (found.mean, found.cov))
assert list(found.ordering) == ["a", "b"]
jax.config.update("jax_enable_x64", False)
pymc_sds = np.sqrt(np.diag(pymc_covariance))
pymc_correlation = pymc_covariance[0, 1] / pymc_sds.prod()
# Its learning rate does not fall, so the fit keeps wandering; 20 draws a step keep that small
# beside the bounds.
agrees = {
    "the correlation to within 0.05": abs(pymc_correlation - correlation) < 0.05,
    "the standard deviations to within 25 %": np.abs(pymc_sds / sds - 1).max() < 0.25,
    "the means to within 0.25 sd": (np.abs(pymc_mean - mean) / sds).max() < 0.25,
}
for what, is_near in agrees.items():
    print(f"PyMC's joint guide finds {what}: {is_near}")
assert all(agrees.values())

# %% [markdown]
# (TensorFlow Probability's `JointDistribution…` classes hold a whole model, whose later parts may depend on earlier ones. Its `Blockwise` is the nearer relative: it concatenates independent distributions.)

# %% [markdown]
# ## What it costs
#
# The row of this chapter: NUTS on the shop, five numbers in one joint site.

# %% tags=["nbval-ignore-output"]
row = cost_row(
    "NUTS, one joint site",
    "shop, 5 numbers",
    shop_nuts,
    shop_timing,
    float(shop_info.acceptance_rate.mean()),
    num_warmup=500,
    gradients_per_draw=float(shop_info.num_integration_steps.mean()),
)
running_table(row).T

# %% [markdown]
# To the sampler a joint site is a vector like any other. What the three ways cost differs before the sampler starts, as the trial has shown.

# %% [markdown]
# ## Common mistakes
#
# Three from the course's bug museum. None of them stops or warns.
#
# **Shapes that broadcast.** A column of five observations meets a row of five means, and 25 terms are added up where 5 belong. In the words of this chapter: the batch axis of the observations was taken for a sample axis.

# %%
at = np.random.default_rng(17).normal(size=(20, 2))
for name in ("line_likelihood", "broadcasts_to_a_matrix"):
    likelihood = getattr(museum.densities, name)
    verdict = checks.same_density(likelihood, museum.densities.likelihood_in_a_loop, at)
    print(f"{name:24} equals a loop over the observations: {verdict.passed}")
    assert verdict.passed == (name == "line_likelihood")

# %% [markdown]
# *Symptom:* none while it runs. Every mean is compared with every observation, so the slope is pulled to zero whatever the data say, and the posterior is too sure of it. *Cure:* print the batch and event shapes, and compare the log density with a loop.
#
# **Marginals right, joint wrong.** A Gibbs sampler draws each of two correlated normals given where the other *was*, not where it is now.
#
# **A variance for a standard deviation.** Another one hands its conditional variance to a function that wants the standard deviation. `MultivariateNormal` sets the same trap: its second argument is a covariance, `scale_tril` is a factor of one.

# %%
tied_target = targets.gaussian(correlation=0.8)
kernels = {
    "right": museum.others.right_gibbs(0.8),
    "stale values": museum.GIBBS["stale_values"](0.8),
    "variance as sd": museum.GIBBS["variance_as_sd"](0.8),
}
report = {}
for name, kernel in kernels.items():
    chains = jax.jit(lambda key, kernel=kernel: sample(key, kernel, jnp.zeros((4, 2)), 10_000)[0])(
        jax.random.key(119)
    )
    kept = np.asarray(chains[:, 200:], dtype=float)
    both = np.corrcoef(kept.reshape(-1, 2).T)[0, 1]
    report[name] = {
        "R-hat fine": bool(max(az.rhat(kept[..., 0]), az.rhat(kept[..., 1])) < 1.01),
        "sds within 5 %": bool(np.abs(kept.reshape(-1, 2).std(0) - 1).max() < 0.05),
        "correlation within 0.05": bool(abs(both - 0.8) < 0.05),
        "invariance": checks.invariance(
            jax.random.key(120), kernel, tied_target, acceptance=(0.2, 1.0)
        ).passed,
    }
report = pd.DataFrame(report).T
assert report["R-hat fine"].all() and list(report["invariance"]) == [True, False, False]
assert list(report.loc["stale values"]) == [True, True, False, False]
report

# %% [markdown]
# *Symptom* of the first: every histogram of one variable is right, and the tie between them is lost, as in a factorized guide. *Cure:* look at a joint statistic: a sum, a difference, the log density. *Symptom* of the second: spreads that are too small with an
# $\hat R$ of 1. *Cure:* test on a target that you know.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in
# [the solutions](solutions/11_joint_distributions_and_guides.ipynb); try first.
#
# ### Exercise 11.1: change one number
#
# Use $x - c$ in the place of $x$. For one number $c$, intercept and slope are uncorrelated in the posterior, and a factorized guide is exact. Which?
#
# <details><summary>Hint 1</summary>Look at the precision matrix in <code>line_posterior</code>: off the diagonal stands the sum of the predictors.</details>
# <details><summary>Hint 2</summary>Which c makes the sum of x − c zero?</details>

# %% tags=["exercise"]
# Exercise 11.1
center = None  # your number
# your code here

# %% tags=["check"]
check("11.1", center)

# %% [markdown]
# ### Exercise 11.2: cut a vector
#
# Write `cut(vector, shapes)` in NumPy: `vector` has shape `(..., total)`, with any number of leading axes. Return a list with one array for each shape, of shape `(..., *shape)`. The pieces stand in the vector in this order, each flattened row by row.
#
# <details><summary>Hint 1</summary>An empty shape <code>()</code> holds one number: <code>int(np.prod(()))</code> is 1.</details>
# <details><summary>Hint 2</summary><code>vector[..., start:stop]</code> keeps the leading axes; <code>vector.shape[:-1] + tuple(shape)</code> is the shape of a piece.</details>


# %% tags=["exercise"]
# Exercise 11.2
def cut(vector, shapes):
    """Cut vectors, shape (..., total), into pieces of shapes (..., *shape)."""
    ...  # your code here


# %% tags=["check"]
check("11.2", cut)

# %% [markdown]
# ### Exercise 11.3: find the bug
#
# This function draws independent marginals. Each one, looked at alone, is perfect. Repair it.


# %%
def joint_sampler_with_a_bug(key, marginals, num):
    """Draws of shape (num, number of marginals)."""
    return jnp.stack([marginal.sample(key, (num,)) for marginal in marginals], axis=-1)


suspicious = joint_sampler_with_a_bug(
    jax.random.key(0), [dist.Normal(1.0, 2.0), dist.HalfNormal(3.0), dist.Normal(0.0, 1.0)], 2000
)
print("means", np.asarray(suspicious.mean(0)).round(1) + 0.0, "… and now plot one against another")

# %% [markdown]
# <details><summary>Hint 1</summary>Plot the first against the third, then against the second. What have <em>all</em> marginals in common?</details>
# <details><summary>Hint 2</summary><code>jax.random.split(key, len(marginals))</code></details>


# %% tags=["exercise"]
# Exercise 11.3
def repaired_joint_sampler(key, marginals, num):
    """Independent draws of shape (num, number of marginals)."""
    ...  # your code here


# %% tags=["check"]
check("11.3", repaired_joint_sampler)

# %% [markdown]
# ### Exercise 11.4: batch like with like
#
# Write a function that returns a joint distribution of $n$ normals and $k$ gammas, normals first, as a `JointDistribution` with only *two* marginals. `loc` and `scale` have shape (n,), `concentration` and `rate` shape (k,). The batch shape must be `()`, the event shape
# `(n + k,)`.
#
# <details><summary>Hint 1</summary><code>dist.Normal(loc, scale)</code> has batch shape (n,) and event shape (). Which method turns the one into the other?</details>
# <details><summary>Hint 2</summary><code>dist.Normal(loc, scale).to_event(1)</code></details>


# %% tags=["exercise"]
# Exercise 11.4
def two_blocks(loc, scale, concentration, rate):
    """One joint distribution of n normals and k gammas, two marginals in all."""
    ...  # your code here


# %% tags=["check"]
check("11.4", two_blocks)

# %% [markdown]
# ### Exercise 11.5: a guide for a positive unknown
#
# A model has one positive site, `"rate"`. Write a guide that draws an auxiliary site `"u"` from $\mathrm{Normal}(\text{loc}, \text{scale})$ and sets the rate to $e^u$ by `Delta`, with the right `log_density`. (`loc` and `scale` are given; in an application they would be `numpyro.param`s.) The checker compares the density of your guide with that of a log-normal rate.
#
# <details><summary>Hint 1</summary>See <em>An auxiliary site</em> in the mathematics. What is g, and what is its derivative?</details>
# <details><summary>Hint 2</summary>g(u) = exp(u) has the derivative exp(u), whose logarithm is u. It enters with a minus.</details>


# %% tags=["exercise"]
# Exercise 11.5
def positive_guide(loc, scale):
    """Auxiliary site "u", then the site "rate" at exp(u)."""
    ...  # your code here


# %% tags=["check"]
check("11.5", positive_guide)

# %% [markdown]
# ### Exercise 11.6: build the variant
#
# A guide can be correlated without any auxiliary site: draw `a` first, then `b` from a normal whose mean *moves with* `a`. Write `chain_guide(mean, covariance)` with the sites `"a"` and `"b"`, so that together they are the normal with this mean, shape (2,), and covariance, shape (2, 2).
#
# <details><summary>Hint 1</summary>For two normals, given a, b is normal with mean m_b + (S_ab / S_aa)(a − m_a) and variance S_bb − S_ab² / S_aa.</details>
# <details><summary>Hint 2</summary>NumPyro's Normal wants a standard deviation.</details>


# %% tags=["exercise"]
# Exercise 11.6
def chain_guide(mean, covariance):
    """Sites "a" and "b", jointly normal with this mean and covariance."""
    ...  # your code here


# %% tags=["check"]
check("11.6", chain_guide)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** A distribution has batch shape (4,) and event shape (3,). You draw with sample shape (10,). Which shapes have the draws and their log density?
#
# <details><summary>A. (10, 4, 3) and (10, 4).</summary>
#
# **Right.** Sample, batch, event. The numbers of one event share one log density, so the event axis is gone.
#
# </details>
# <details><summary>B. (10, 4, 3) and (10, 4, 3).</summary>
#
# **No.** This would be one log density for each number, as for twelve independent scalars.
#
# </details>
# <details><summary>C. (10, 3) and (10,).</summary>
#
# **No.** The batch is drawn whole: four copies, each with a log density of its own.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** Your guide samples one auxiliary vector from a `JointDistribution` of scalar normals, and sets each unknown by `Delta` to one number of it. What can it learn?
#
# <details><summary>A. All correlations, since there is one site.</summary>
#
# **No.** One site is bookkeeping. Its marginals are independent, so the unknowns are too.
#
# </details>
# <details><summary>B. Nothing, since `Delta` has no density.</summary>
#
# **No.** The auxiliary site has one, and it counts in the ELBO.
#
# </details>
# <details><summary>C. The same as a factorized guide with one site each.</summary>
#
# **Right.** It is the same family of densities, so it has the same optimum.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** A model loops over 5000 sample statements and takes minutes before the first draw. What do you do first?
#
# <details><summary>A. Switch off `jit`, since compiling is what takes so long.</summary>
#
# **No.** Then every one of the many gradient evaluations would go through 5000 statements in Python.
#
# </details>
# <details><summary>B. Batch like unknowns into arrays, a statement for each kind.</summary>
#
# **Right.** The traced program then has as many operations as there are kinds, not as there are unknowns.
#
# </details>
# <details><summary>C. Put the 5000 scalars into one `JointDistribution`.</summary>
#
# **No.** It is one statement, but its 5000 marginals are still traced one by one.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - say *together* in three ways, and know what each can say: any marginals, one vector of any marginals, one vector with a covariance,
# - read sample, batch and event shapes, and turn one into the other with `to_event`,
# - count compilation when somebody tells you that loops are free,
# - write a joint guide with an auxiliary site and `Delta`, Jacobian included, and read the automatic ones,
# - keep apart *in one vector*, *correlated* and *dependent*.
#
# ### Further reading
#
# - Dillon, J. V., Langmore, I., Tran, D., Brevdo, E., Vasudevan, S., Moore, D., Patton, B., Alemi, A., Hoffman, M. and Saurous, R. A. (2017). TensorFlow Distributions. arXiv:1711.10604.
# - Giordano, R., Broderick, T. and Jordan, M. I. (2018). Covariances, robustness, and variational Bayes. *Journal of Machine Learning Research* 19(51), 1–49.
# - Phan, D., Pradhan, N. and Jankowiak, M. (2019). Composable effects for flexible and accelerated probabilistic programming in NumPyro. arXiv:1912.11554.
#
# **Next:** chapter 12 sets the samplers of this course side by side, on the same models and by the same clock.
