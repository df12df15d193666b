# %% [markdown]
# # 5. Gibbs sampling
#
# **Question.** You cannot draw all unknowns at once. But what if each of them is easy to draw once the others are known?
#
# After this chapter you will be able to
#
# - **derive** the conditional distribution of one unknown from a joint density, by collecting its factors,
# - **write** a Gibbs sampler for a regression and for a change point, and read the compiled twin of each,
# - **test** a conditional before you trust it,
# - **predict** from a correlation how slow the sampler will be, and cure it by drawing blocks,
# - **combine** Gibbs with gradient-based samplers in NumPyro and PyMC, for models with discrete unknowns.
#
# **You need** chapters 00, 01, 02 and 03. Symbols are collected in [the notation table](notation.md), words in
# [the glossary](glossary.md).
#
# **Short of time?** Leave out *Then the sweep* and *A hole in the hill* at first: nothing later needs them.
#
# <!-- times -->
# About 44 minutes to read, exercises not counted, 57 s to run (measured cold: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
import time
from itertools import pairwise

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pymc as pm
from numpyro.infer import HMC, MCMC, NUTS, DiscreteHMCGibbs, HMCGibbs, MixedHMC
from numpyro.infer.util import log_density
from pymc.sampling.mcmc import assign_step_methods
from scipy import stats

from course_utils import checks, conditionals, museum, targets
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.display import show_source, use_style
from course_utils.ess import min_ess
from course_utils.exercises import check
from course_utils.figures import chapter_05 as figures
from course_utils.gibbs import gibbs
from course_utils.kernel import sample
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.models import change_point, linear_regression
from course_utils.nuts import nuts
from course_utils.timing import time_jax

use_style()

# %% [markdown]
# ## Picture first
#
# Two unknowns, $x_1$ and $x_2$, that are correlated. Their joint density is a hill over a plane, and we cannot draw from it in one go. So we
# hold $x_2$ where it is and look only along that line. What we see is a cut through the hill.

# %%
figures.slices(correlation=0.8, x1=-0.5, x2=1.2)

# %% [markdown]
# A cut, scaled to area one, is the *conditional density* of one unknown given the other. It is a density of a single number, often a
# well-known one. So draw a new $x_1$ from the cut along the solid line. From the new place, cut the other way and draw a new $x_2$. Repeat.
# That is Gibbs sampling: **draw each unknown afresh, given the present values of all others.** There is no proposal and no
# rejection.
#
# **Predict.** Nothing is ever rejected. Does the correlation cost anything all the same? How many steps are worth one independent draw, at correlation
# 0.99? Write a number down before you touch the film. We will compute it.
#
# Here it is at work. Press *Play*, then move the correlation towards 1.

# %%
figures.staircase_film(correlation=0.9)

# %% [markdown]
# Grey are the contours of the density, blue the last moves, light blue the draws so far. On the right is the trace of the first
# unknown. (Where this page is only read and not run, the next figure shows such staircases.)
#
# For two normals with means 0, standard deviations 1 and correlation $\rho$, the cut at $x_2$ is $\mathrm{Normal}(\rho\, x_2, \sqrt{1 - \rho^2})$. So the
# whole sampler is two lines in a loop. (We write $\rho$ without a bracket for the correlation of two unknowns. With a lag in brackets, $\rho(k)$
# stays the autocorrelation of a chain.)


# %%
def staircase_by_hand(rho, start, z):
    """Gibbs on two normals of correlation rho; returns every corner of the path."""
    x1, x2 = start
    sd = np.sqrt(1 - rho**2)
    corners = [(x1, x2)]
    for z1, z2 in z:
        x1 = rho * x2 + sd * z1  # given the present x2
        corners.append((x1, x2))
        x2 = rho * x1 + sd * z2  # given the x1 that was just drawn
        corners.append((x1, x2))
    return np.array(corners)


noise = np.random.default_rng(5).normal(size=(15, 2))
figures.staircases({rho: staircase_by_hand(rho, (-2.0, -2.0), noise) for rho in (0.0, 0.9, 0.99)})

# %% [markdown]
# The moves go along the axes. If the hill lies across them, each move is as short as the hill is narrow, although every draw is exact and
# none is refused.

# %% [markdown]
# ## The mathematics
#
# **What we have.** A target density $\pi(x)$ of $x \in \mathbb{R}^d$, known up to a constant. Split the coordinates into *blocks*. Write $x_b$ for
# the coordinates in block $b$, and $x_{-b}$ for all others. A block may be a single coordinate.
#
# **The rule.** Go through the blocks. Replace $x_b$ by a draw $x_b' \sim \pi(x_b \mid x_{-b})$. The density $\pi(x_b \mid x_{-b})$ is called the *full
# conditional*: given everything else, and the data.
#
# **Why it is right.** Let $x$ be a draw from $\pi$. Then $x_{-b}$ is a draw from its marginal density $\pi(x_{-b})$. Beside it we
# put a fresh draw from $\pi(x_b \mid x_{-b})$. The pair has the density
#
# $$\pi(x_{-b})\,\pi(x_b' \mid x_{-b}) = \pi(x_b', x_{-b}) ,$$
#
# which is $\pi$ again. So one such update leaves $\pi$ invariant, and so does any sequence of them. The proof uses that $x_b'$ is drawn given the
# *present* values of the others. Remember this when you come to *Common mistakes*.
#
# **It is a Metropolis-Hastings step that always accepts.** Take the full conditional as the proposal:
# $q(x' \mid x) = \pi(x_b' \mid x_{-b})$, and $x_{-b}' = x_{-b}$. Insert $\pi(x) = \pi(x_{-b})\,\pi(x_b \mid x_{-b})$ into the ratio of chapter 03:
#
# $$r(x, x') = \frac{\pi(x')\, q(x \mid x')}{\pi(x)\, q(x' \mid x)}
# = \frac{\pi(x_{-b})\,\pi(x_b' \mid x_{-b}) \cdot \pi(x_b \mid x_{-b})}{\pi(x_{-b})\,\pi(x_b \mid x_{-b}) \cdot \pi(x_b' \mid x_{-b})} = 1 .$$
#
# Hence each update has detailed balance. A *systematic scan*, which draws the blocks always in the same order, is invariant but in general not in detailed
# balance: run backwards, it would draw them in the opposite order. A *random scan*, which picks a block at random for each update,
# has both. Invariance is all we need.
#
# **How to find a full conditional.** It is proportional to the joint density, seen as a function of $x_b$ alone:
#
# 1. Write down the joint density of data and unknowns, a product of factors.
# 2. Keep *every* factor in which $x_b$ occurs. Treat everything else as a constant, and drop constant factors.
# 3. Recognise the function that is left: $e^{-a x^2 + b x}$ with $a > 0$ is a normal with mean $b / (2a)$ and variance $1 / (2a)$, $x^{a - 1} e^{-b x}$ on
#    $x > 0$ is a gamma, $x^{a-1}(1-x)^{b-1}$ on 0 to 1 is a beta, $x^{-a-1} e^{-b / x}$ on $x > 0$ is an inverse gamma, and finitely many values are a table of weights.
#
# Models in which step 3 succeeds are called *conditionally conjugate*. Two of them follow.
#
# **How slow.** For the two normals above we can say exactly. Put one line of the loop into the other:
#
# $$x_1' = \rho\, x_2 + \sqrt{1 - \rho^2}\, z_1, \qquad x_2 = \rho\, x_1 + \sqrt{1 - \rho^2}\, z_2
# \quad\Longrightarrow\quad x_1' = \rho^2 x_1 + \text{noise independent of } x_1 .$$
#
# So $x_1$ keeps the share $\rho^2$ of itself in each step. Its autocorrelation at lag $k$ is $\rho(k) = \rho^{2k}$, a geometric series, and
#
# $$\tau_\mathrm{int} = 1 + 2\sum_{k \ge 1} \rho^{2k} = 1 + \frac{2\rho^2}{1 - \rho^2} = \frac{1 + \rho^2}{1 - \rho^2} .$$
#
# At $\rho = 0$ every step is an independent draw. Towards $\rho = 1$ the price grows without bound.
#
# **One more condition.** As in chapter 03, the sampler must be able to reach every region that has probability. Where the conditionals
# are positive everywhere, as in this chapter's models, it can. Where they are not, it may not: see *Where it breaks*.

# %% [markdown]
# ## By hand
#
# ### A regression
#
# Observations $y_i$ for $i = 1, \dots, n$ and a design matrix $X$ with $n$ rows and $K$ columns, the first of them all ones. The unknowns are the $K$ coefficients
# $\beta$ and the variance $\sigma^2$ of the noise:
#
# $$\sigma^2 \sim \mathrm{InverseGamma}(3, 2), \qquad \beta_k \sim \mathrm{Normal}(0,\ 10\,\sigma), \qquad y_i \sim \mathrm{Normal}\bigl((X\beta)_i,\ \sigma\bigr) .$$
#
# The prior of $\beta$ is wide in units of the noise. $\mathrm{InverseGamma}(a, b)$ has a density proportional to $(\sigma^2)^{-a-1} e^{-b/\sigma^2}$, and a draw from it is $b / g$
# with $g \sim \mathrm{Gamma}(a, 1)$. Throughout, $\mathrm{Gamma}(a, b)$ means shape $a$ and *rate* $b$: density proportional to $x^{a-1} e^{-b x}$, mean $a / b$.
#
# **Step 1, the joint density.** One factor from the prior of $\sigma^2$, $K$ from the coefficients, $n$ from the observations:
#
# $$\gamma(\beta, \sigma^2) = (\sigma^2)^{-4} e^{-2/\sigma^2} \cdot (\sigma^2)^{-K/2} e^{-|\beta|^2 / (2 \cdot 10^2 \sigma^2)} \cdot (\sigma^2)^{-n/2} e^{-|y - X\beta|^2 / (2\sigma^2)} .$$
#
# **Coefficients given the variance.** The exponent is $-1/(2\sigma^2)$ times $|y - X\beta|^2 + |\beta|^2/10^2$, a quadratic function of $\beta$. Complete the square: with
#
# $$Q = X^\top X + \tfrac{1}{10^2} I, \qquad m = Q^{-1} X^\top y$$
#
# it equals $(\beta - m)^\top Q\, (\beta - m)$ plus a constant. So $\beta$ given $\sigma^2$ is normal with mean vector $m$ and covariance matrix $\sigma^2 Q^{-1}$. To draw it, take the
# Cholesky factor of $Q$, the lower triangular matrix $C$ with $C C^\top = Q$, and solve $C^\top v = z$ for independent standard normals $z$. Then $v$ has the covariance matrix
# $C^{-\top} C^{-1} = Q^{-1}$.
#
# **Variance given the coefficients.** Collect the powers and the exponents:
#
# $$(\sigma^2)^{-(3 + \frac{n + K}{2}) - 1} \exp\Bigl(-\frac{1}{\sigma^2}\Bigl[2 + \tfrac12 |y - X\beta|^2 + \tfrac12 |\beta|^2 / 10^2\Bigr]\Bigr) :$$
#
# an $\mathrm{InverseGamma}\bigl(3 + \tfrac{n+K}{2},\ 2 + \tfrac12 |y - X\beta|^2 + \tfrac12 |\beta|^2/10^2\bigr)$.
#
# The code is these two lines. All randomness comes in from outside, so that a second implementation can be given the same.


# %%
def regression_by_hand(x, y, variance, z, g):
    """Gibbs for the regression; z are standard normals, g draws from Gamma(3 + (n + K) / 2, 1)."""
    precision = x.T @ x + np.eye(x.shape[1]) / 10**2
    mean = np.linalg.solve(precision, x.T @ y)
    lower = np.linalg.cholesky(precision)
    draws = []
    for z_t, g_t in zip(z, g, strict=True):
        coefficients = mean + np.sqrt(variance) * np.linalg.solve(lower.T, z_t)
        squares = np.sum((y - x @ coefficients) ** 2) + np.sum(coefficients**2) / 10**2
        variance = (2 + squares / 2) / g_t
        draws.append([*coefficients, variance])
    return np.array(draws)


regression = linear_regression.model()
x, y = (np.asarray(a, float) for a in regression.data)
num_rows, num_columns = x.shape
gamma_shape = 3 + (num_rows + num_columns) / 2

rng = np.random.default_rng(51)
num_draws = 1000
by_hand = regression_by_hand(
    x,
    y,
    100.0,
    z=rng.normal(size=(num_draws, num_columns)),
    g=rng.gamma(gamma_shape, size=num_draws),
)
exact = regression.reference()
print(f"{num_rows} rows, {num_columns} columns")

# %% [markdown]
# We started at a variance of 100, which is absurd for these data. **Predict.** How many steps until the chain has forgotten it?

# %%
print("the first draws of the variance:", by_hand[:4, -1].round(2))
sd = exact["variance"].sd
outside = np.abs(by_hand[:, -1] - exact["variance"].mean) > 5 * sd
print("steps until the variance is within five standard deviations:", np.argmin(outside) + 1)
worth = float(az.ess(by_hand[None, :, -1]))
print(f"more than half of the draws of the variance are effective ones: {worth > num_draws / 2}")

# %% [markdown]
# At once. The data determine the coefficients well whatever the variance is, and given the coefficients they determine the variance. There is
# little that one block could tell the other.

# %% [markdown]
# ### A change point
#
# British coal mines, 1851 to 1962: how many explosions a year killed ten or more people? (Source and history of the data:
# `data/README.md`.) The rate seems to fall at some point. When?
#
# $$\lambda_1, \lambda_2 \sim \mathrm{Gamma}(2, 1), \qquad c \sim \text{all years but the first, equally likely}, \qquad
# y_t \sim \begin{cases} \mathrm{Poisson}(\lambda_1) & t < c, \\ \mathrm{Poisson}(\lambda_2) & t \ge c . \end{cases}$$
#
# The unknowns are an early rate, a late rate (disasters a year), and the year of change $c$. The year is *discrete*: a whole number, so there is no
# gradient to follow. Gibbs does not mind.
#
# **The joint density**, without factors that are constant ($n_1(c)$ years before $c$ with $S_1(c)$ disasters in all, $n_2(c)$ and $S_2(c)$ from $c$ on):
#
# $$\gamma(\lambda_1, \lambda_2, c) = \lambda_1 e^{-\lambda_1} \cdot \lambda_2 e^{-\lambda_2} \cdot \lambda_1^{S_1(c)} e^{-n_1(c) \lambda_1} \cdot \lambda_2^{S_2(c)} e^{-n_2(c) \lambda_2} .$$
#
# **Rates given the year.** Collect: $\lambda_1^{2 + S_1 - 1} e^{-(1 + n_1)\lambda_1}$, so $\lambda_1 \sim \mathrm{Gamma}(2 + S_1, 1 + n_1)$. The late rate likewise.
#
# **Year given the rates.** A table: for each year $c$ the weight $\lambda_1^{S_1(c)} e^{-n_1(c)\lambda_1}\, \lambda_2^{S_2(c)} e^{-n_2(c)\lambda_2}$. In logarithms these are running sums over the
# years, from the left for the early rate and from the right for the late one.


# %%
def change_point_by_hand(year, disasters, change, num_steps, rng):
    """Gibbs for the change point; returns rows of early rate, late rate, year of change."""
    draws = []
    for _ in range(num_steps):
        is_early = year < change
        early = rng.gamma(2 + disasters[is_early].sum()) / (1 + is_early.sum())
        late = rng.gamma(2 + disasters[~is_early].sum()) / (1 + (~is_early).sum())
        if_early = disasters * np.log(early) - early  # each year's log likelihood
        if_late = disasters * np.log(late) - late
        log_weights = np.cumsum(if_early)[:-1] + np.cumsum(if_late[::-1])[::-1][1:]
        weights = np.exp(log_weights - log_weights.max())
        change = rng.choice(year[1:], p=weights / weights.sum())
        draws.append((early, late, change))
    return np.array(draws)


coal = change_point.model()
year, disasters = (np.asarray(a) for a in coal.data)
coal_by_hand = change_point_by_hand(year, disasters, 1950, 5000, np.random.default_rng(52))[100:]

# %% [markdown]
# Two cautions are built in. NumPy's `gamma` takes a *scale*, one over the rate, so we draw with scale 1 and divide by the rate. And the
# largest log weight is subtracted before `exp`: below about $e^{-745}$ a computer's number is zero, and with more data all weights would be.
#
# This model has an exact answer, too. Given the year, the rates are gamma variables. Their integral is known, so the posterior
# probability of each year is a formula, and the posterior of each rate is a mixture of gammas over the years.

# %%
coal_exact = change_point.posterior(coal.data)
figures.coal(coal.data, coal_exact, coal_by_hand)

# %% [markdown]
# The dots sit on the bars and the histograms on the lines. In numbers, from the exact posterior:

# %%
coal_reference = coal.reference()
early_mean, late_mean = (coal_reference[f"{name}_rate"].mean for name in ("early", "late"))
likeliest = coal_exact.change[coal_exact.probability.argmax()]
print(f"{early_mean:.2f} disasters a year before the change, {late_mean:.2f} from then on")
print(f"likeliest year of change {likeliest}, probability {coal_exact.probability.max():.2f}")

# %% [markdown]
# The data name a year, and how sure they are of it. They do not name a cause.

# %% [markdown]
# ## Fast
#
# The package holds one Gibbs kernel for all models. It takes a list of pairs: a block, and a function that draws the block given the
# whole position.

# %%
show_source(gibbs)

# %% [markdown]
# - `step` splits its key into one for each block. The acceptance rate that it reports is 1 for an exact conditional; that of a step is the mean over its blocks. `systematic` goes through the blocks in a Python loop, which the compiler unrolls: there are only a few.
# - `update` puts the new values into a *copy* of the position, with `position.at[block].set(...)`, and the next conditional sees that
#   copy. In JAX nothing is overwritten, so a stale value cannot sneak in by itself. It can by a slip, as you will see.
# - `init` refuses a position in which a coordinate belongs to no block: it would keep its start for ever.
# - `scan="random"` picks a block at random for each update.
# - A `Within` in place of a conditional means one step of another kernel on that block. If a conditional has no name, move the block by a step of
#   Metropolis-Hastings instead: *Metropolis within Gibbs*. It leaves the conditional invariant, which is all the proof needs.
#
# The model comes in through its conditionals. For the regression:

# %%
show_source(conditionals.linear_regression)

# %% [markdown]
# A position is $(\beta, \log \sigma^2)$, as in all models of the course: unknowns that must be positive stand there as logarithms. A *draw*
# moves to another scale as it is; only a density would need a Jacobian. `blocks` decides how the coefficients are drawn: all at once
# if it is left out. With `range(K)` one at a time, which we will need. `_draw_deviation` (not shown) draws a block of a normal with mean 0 and inverse covariance `precision`, given how far the other coordinates are from their means; here in units of $\sigma$. The change point:

# %%
show_source(conditionals.change_point)

# %% [markdown]
# `year < position[2]` is an array of True and False, and multiplying by it counts only the early years. (A boolean index would
# change the shape of the array from step to step, and that cannot be compiled.)
#
# Do by hand and fast agree? For the regression we can ask for the same walk. We give the version by hand the random numbers of the compiled one, by
# splitting the keys in the same way: per chain, per step, per block.


# %%
@jax.jit
def run_regression(key, x, y, starts):
    """2000 draws from each start, the coefficients in one block."""
    data = linear_regression.Data(x, y)
    return sample(key, gibbs(conditionals.linear_regression(data)), starts, num_draws=2000)[0]


starts = jnp.array(np.random.default_rng(53).uniform(-4, 4, size=(20, num_columns + 1)))
fast = run_regression(jax.random.key(53), *regression.data, starts)


@jax.jit
def random_numbers(chain_key):
    """The 2000 standard normals and gammas that the compiled sampler draws for one chain."""
    step_keys = jax.vmap(jax.random.split)(jax.random.split(chain_key, 2000))
    z = jax.vmap(lambda key: jax.random.normal(key, (num_columns,)))(step_keys[:, 0])
    return z, jax.vmap(lambda key: jax.random.gamma(key, gamma_shape))(step_keys[:, 1])


z, g = random_numbers(jax.random.split(jax.random.key(53), 20)[0])
slow = regression_by_hand(x, y, np.exp(starts[0, -1]), np.asarray(z, float), np.asarray(g, float))
slow[:, -1] = np.log(slow[:, -1])
largest_gap = np.abs(slow - fast[0]).max()
print(f"2000 positions equal to within 0.001: {largest_gap < 1e-3}")
assert largest_gap < 1e-3

# %% [markdown]
# They take the same steps. JAX computes with 32 bits here, about seven digits; solving with a matrix loses one or two of them, which is where the tolerance comes
# from.
#
# For the change point the shapes of the gamma draws depend on the year, so the draws cannot be made beforehand. There we compare both with the
# exact answer, next.


# %%
@jax.jit
def run_coal(key, starts):
    """1000 draws of (log early rate, log late rate, year) from each start."""
    return sample(key, gibbs(conditionals.change_point(coal.data)), starts, num_draws=1000)[0]


coal_starts = jnp.tile(
    jnp.array([[0.0, 0, 1852], [2, -2, 1900], [-2, 2, 1962], [1, 1, 1920]]), (5, 1)
)
# The clock is for a later section: it compiles the function and runs it a few times.
coal_timing = time_jax(run_coal, jax.random.key(54), coal_starts, name="Gibbs")
coal_draws = np.asarray(run_coal(jax.random.key(54), coal_starts), float)[:, 100:]
print("draws:", coal_draws.shape, "(chains, draws, unknowns)")

# %% [markdown]
# ## Is it right?
#
# ### Against the exact answer
#
# Both models have one. Each mean, in units of its Monte Carlo standard error:

# %%
regression_draws = np.asarray(fast, float)[:, 200:]
coal_mean_year = coal_exact.probability @ coal_exact.change
ALPHA = 2e-4 / 25  # of each mean; the page compares 22, and other things besides
found = {}
for k in range(num_columns):
    name, mean = f"coefficient {k}", exact["coefficients"].mean[k]
    found[name] = checks.mean_within_mcse(regression_draws[..., k], mean, name, alpha=ALPHA)
found["variance"] = checks.mean_within_mcse(
    np.exp(regression_draws[..., -1]), exact["variance"].mean, "variance", alpha=ALPHA
)


def coal_agrees(early, late, change):
    """Verdicts on early rate, late rate and year of change; each of shape (chains, draws)."""
    return {
        "early rate": checks.mean_within_mcse(
            early, coal_reference["early_rate"].mean, "λ₁", alpha=ALPHA
        ),
        "late rate": checks.mean_within_mcse(
            late, coal_reference["late_rate"].mean, "λ₂", alpha=ALPHA
        ),
        "year of change": checks.mean_within_mcse(change, coal_mean_year, "c", alpha=ALPHA),
    }


found |= coal_agrees(np.exp(coal_draws[..., 0]), np.exp(coal_draws[..., 1]), coal_draws[..., 2])
hand = coal_agrees(*(coal_by_hand[None, :, k] for k in range(3)))
found |= {f"{name}, by hand": verdict for name, verdict in hand.items()}
for name, verdict in found.items():
    print(f"{name:23} agrees with the exact mean: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% tags=["nbval-ignore-output"]
print("\n".join(verdict.message for verdict in found.values()))

# %% [markdown]
# ### Then with ArviZ

# %% tags=["tol-0.1"]
tree = az.from_dict(
    {
        "posterior": {
            "early_rate": np.exp(coal_draws[..., 0]),
            "late_rate": np.exp(coal_draws[..., 1]),
            "change": coal_draws[..., 2],
        }
    }
)
az.summary(tree, kind="all", round_to=2)[["mean", "sd", "ess_bulk", "ess_tail", "r_hat"]]

# %% [markdown]
# (The numbers come from draws. A gamma draw rejects and tries again inside, and there another processor may round to the other side; so the tests allow 10 %.)
#
# ### Then each conditional
#
# Exact answers are a luxury. What remains when there is none? The ratio. The mathematics above says that every update has $r = 1$: the rise of the
# log joint density equals the rise of the log conditional, for *every* move. If you derived a conditional with a mistake, they differ.
#
# So write the joint density once more, from the model and not from your algebra, and the conditionals as SciPy knows them:


# %%
def log_ratios(log_joint, log_conditionals, chain):
    """Return log r of every update; a row of the chain holds all unknowns after a step."""
    found = []
    for old, new in pairwise(chain):
        for i, log_q in enumerate(log_conditionals):
            before = (*new[:i], *old[i:])
            after = (*new[: i + 1], *old[i + 1 :])
            rise = log_joint(*after) - log_joint(*before)
            found.append(rise + log_q(*before) - log_q(*after))
    return np.array(found)


def regression_log_joint(coefficients, variance):
    """The model as it is written, term by term."""
    sd = np.sqrt(variance)
    prior = stats.invgamma.logpdf(variance, 3, scale=2)
    prior += stats.norm.logpdf(coefficients, 0, 10 * sd).sum()
    return prior + stats.norm.logpdf(y, x @ coefficients, sd).sum()


precision = x.T @ x + np.eye(num_columns) / 10**2
center, covariance = np.linalg.solve(precision, x.T @ y), np.linalg.inv(precision)
regression_conditionals = [
    lambda b, v: stats.multivariate_normal.logpdf(b, center, v * covariance),
    lambda b, v: stats.invgamma.logpdf(
        v, gamma_shape, scale=2 + (np.sum((y - x @ b) ** 2) + np.sum(b**2) / 10**2) / 2
    ),
]


def coal_log_joint(early, late, change):
    """The model as it is written, term by term."""
    prior = stats.gamma.logpdf([early, late], 2).sum() - np.log(len(year) - 1)
    return prior + stats.poisson.logpmf(disasters, np.where(year < change, early, late)).sum()


def rate_conditional(rate, counted, shape=2, prior_rate=1):
    """Log density of a rate given the years that it is responsible for."""
    return stats.gamma.logpdf(
        rate, shape + disasters[counted].sum(), scale=1 / (prior_rate + counted.sum())
    )


def year_conditional(early, late, change):
    """Log probability of a year: its weight over the sum of all weights."""
    weights = stats.poisson.logpmf(disasters, np.where(year < year[1:, None], early, late)).sum(1)
    return weights[int(change) - year[1]] - np.logaddexp.reduce(weights)


coal_conditionals = [
    lambda early, late, change: rate_conditional(early, year < change),
    lambda early, late, change: rate_conditional(late, year >= change),
    year_conditional,
]
without_prior = [
    lambda early, late, change: rate_conditional(early, year < change, shape=0, prior_rate=0),
    *coal_conditionals[1:],
]

# Three stretches of each chain by hand, 50 steps each; a row (β, σ²) of the regression has two parts.
stretches = [slice(100 * i, 100 * i + 51) for i in (1, 4, 7)]
regression_rows = [(row[:-1], row[-1]) for row in by_hand]
ratios = {
    "regression, exact conditionals": [
        log_ratios(regression_log_joint, regression_conditionals, regression_rows[stretch])
        for stretch in stretches
    ],
    "coal mines, exact conditionals": [
        log_ratios(coal_log_joint, coal_conditionals, coal_by_hand[stretch])
        for stretch in stretches
    ],
}
for name, each in ratios.items():
    is_one = np.abs(each).max() < 1e-9
    print(f"{name}: r = 1 in every update, to nine digits: {is_one}")
    assert is_one
forgotten = log_ratios(coal_log_joint, without_prior, coal_by_hand[stretches[0]])
print(f"a conditional that forgets the prior: {np.abs(forgotten).max() < 1e-9}")
assert np.abs(forgotten).max() > 1e-9

# %% [markdown]
# The test costs a few lines, needs no exact posterior, and would have caught the forgotten prior. Run it on every conditional that you
# derive. (It looks at the algebra. Whether the *code* draws from that conditional is for the tests below and for the joint test of chapter 08,
# which needs no exact posterior either.)
#
# ### Then the sweep
#
# Detailed balance, or only invariance? Put two correlated normals on a grid of 8 by 8 points. One update of $x_1$ and one of $x_2$ are matrices of 64 rows.

# %%
points = np.linspace(-2, 2, 8)
square = points[:, None] ** 2 - 2 * 0.8 * np.outer(points, points) + points**2
on_grid = np.exp(-square / (2 * (1 - 0.8**2)))
on_grid /= on_grid.sum()
new_x1, new_x2 = on_grid / on_grid.sum(0), on_grid / on_grid.sum(1, keepdims=True)
same = np.eye(8)
# rows: from (i, j); columns: to (k, l); the coordinate that is not drawn stays as it is
move_x1 = np.einsum("kj,jl,i->ijkl", new_x1, same, np.ones(8)).reshape(64, 64)
move_x2 = np.einsum("il,ik,j->ijkl", new_x2, same, np.ones(8)).reshape(64, 64)
flat = on_grid.ravel()

balance = {}
for name, transition in {
    "draw x1": move_x1,
    "draw x2": move_x2,
    "systematic scan": move_x1 @ move_x2,
    "random scan": (move_x1 + move_x2) / 2,
}.items():
    balance[name] = checks.detailed_balance(transition, flat).passed
    stays = np.abs(flat @ transition - flat).max() < 1e-15
    print(f"{name:16} target stays as it is: {stays}; detailed balance: {balance[name]}")
    assert stays
assert balance == dict(zip(balance, (True, True, False, True), strict=True))

# %% [markdown]
# As promised: each update balances, the systematic scan does not, and the target stays as it is under all of them.
#
# ### And the property of the real sampler
#
# The invariance test of chapter 03, on two normals of correlation 0.8: 20,000 chains from exact draws, and the end points must again be
# exact draws, in each coordinate, their sum, their difference and the squared radius.


# %%
def pair(rho):
    """Blocks and conditionals of two normals; rho may be traced, so one compilation serves all."""
    sd = jnp.sqrt(1 - rho**2)
    return [
        (0, lambda key, x: rho * x[1] + sd * jax.random.normal(key)),
        (1, lambda key, x: rho * x[0] + sd * jax.random.normal(key)),
    ]


correlated = targets.gaussian(correlation=0.8)
right = gibbs(pair(0.8))
verdict = checks.invariance(jax.random.key(55), right, correlated, num_steps=5, acceptance=(1, 1))
print(f"{verdict.property} holds: {verdict.passed}")
assert verdict.passed, verdict.message

# %% [markdown]
# ## Where it breaks
#
# ### Correlation
#
# Now to your first prediction. We run the pair for correlations from 0 to 0.999, from exact starts: five groups of eight chains. For each we compare the
# lag-1 autocorrelation with $\rho^2$ and the price of an effective draw with $(1 + \rho^2)/(1 - \rho^2)$.

# %%
correlations = (0.0, 0.5, 0.8, 0.95, 0.99, 0.999)


@jax.jit
def run_pair(key, rho):
    """40 chains of 40,000 draws of x1, from exact starts."""
    key_start, key_run = jax.random.split(key)
    z = jax.random.normal(key_start, (40, 2))
    begin = jnp.column_stack([z[:, 0], rho * z[:, 0] + jnp.sqrt(1 - rho**2) * z[:, 1]])
    return sample(key_run, gibbs(pair(rho)), begin, 40_000)[0][..., 0]


lag_one, times = {}, {}
for i, rho in enumerate(correlations):
    chains = np.asarray(run_pair(jax.random.key(560 + i), rho), float)
    lag_one[rho] = (chains[:, 1:] * chains[:, :-1]).sum() / (chains[:, :-1] ** 2).sum()
    times[rho] = np.array(
        [group.size / az.ess(group, method="mean") for group in chains.reshape(5, 8, -1)]
    )

theory = {rho: (1 + rho**2) / (1 - rho**2) for rho in correlations}
figures.autocorrelation_times(theory, {rho: np.median(times[rho]) for rho in correlations})

# %%
# For such a chain the lag-1 autocorrelation is estimated with variance (1 - ρ⁴) / number of draws.
error = {rho: np.sqrt((1 - rho**4) / chains.size) for rho in correlations}
as_theory = {rho: abs(lag_one[rho] - rho**2) < 4.5 * error[rho] for rho in correlations}
print("lag-1 autocorrelation is ρ², within 4.5 standard errors:", all(as_theory.values()))
assert all(as_theory.values())
# The spread of the five groups says how well their mean is known.
near = {
    rho: stats.ttest_1samp(times[rho], theory[rho]).pvalue > 1e-4 / len(correlations)
    for rho in correlations
}
print("price of an effective draw is as theory says, by a t-test:", all(near.values()))
assert all(near.values())

# %% tags=["tol-0.05"]
pd.DataFrame(
    {"exact": theory, "measured": {rho: np.median(times[rho]) for rho in correlations}}
).round(3).rename_axis("correlation")

# %% [markdown]
# (These chains are made of normal draws, which every processor repeats to rounding; the tests allow 5 % in this table, for the lag at which the
# estimate of an ESS stops its sum.) Every one of these steps was accepted. **Acceptance says nothing about speed here.** What does: how strongly the
# blocks depend on each other. Compare the row of 0.99 with the number that you wrote down.
#
# ### In a real model, and the cure
#
# In a regression, predictors that resemble each other make coefficients that compensate each other. Here the two predictors have a correlation
# of 0.99. Draw the coefficients one at a time, and then all in one block:


# %%
@jax.jit
def run_one_at_a_time(key, x, y, starts):
    """2000 draws from each start, every coefficient a block of its own."""
    data = linear_regression.Data(x, y)
    pairs = conditionals.linear_regression(data, blocks=range(num_columns))
    return sample(key, gibbs(pairs), starts, num_draws=2000)[0]


twins = linear_regression.simulate(correlation=0.99)
twins_exact = linear_regression.posterior(twins)
twin_rho = twins_exact.covariance[1, 2] / np.sqrt(
    twins_exact.covariance[1, 1] * twins_exact.covariance[2, 2]
)
on_the_ridge = twins_exact.mean + np.array([0.0, 1.0, -1.0])
begin = jnp.tile(jnp.array([*on_the_ridge, np.log(0.5)]), (20, 1))
moved = {
    "one at a time": run_one_at_a_time(jax.random.key(57), *twins, begin),
    "in one block": run_regression(jax.random.key(57), *twins, begin),
}
paths = {name: np.asarray(draws[0, :600, 1:3], float) for name, draws in moved.items()}
variance = twins_exact.scale / (twins_exact.shape - 1)
figures.blocking(
    paths, twins_exact.mean[1:], variance * twins_exact.covariance[1:, 1:], ["slope 1", "slope 2"]
)

# %% [markdown]
# On the left the staircase crawls along the ridge. On the right every step jumps anywhere. Both draw from the same posterior, and both
# accept everything. This is *blocking*: **draw together what depends on each other.** It costs one Cholesky factor at the start, and in each step a
# triangular solve instead of a division for each coefficient. (Tick *draw both at once* in the moving picture above, and push the correlation to its end.)
#
# The theory of two normals predicts the price on the left: take the posterior correlation of the two slopes given the variance as $\rho$.


# %%
def steps_per_effective_draw(draws, groups=5):
    """Integrated autocorrelation time of one unknown, for groups of chains."""
    draws = np.asarray(draws, float)
    return np.array([part.size / az.ess(part, method="mean") for part in np.split(draws, groups)])


prices = {name: steps_per_effective_draw(draws[:, 200:, 1]) for name, draws in moved.items()}
predicted = (1 + twin_rho**2) / (1 - twin_rho**2)
print(f"correlation of the slopes {twin_rho:.3f}")
print(f"steps for one effective draw, predicted: {predicted:.0f}")
one_by_one = np.asarray(moved["one at a time"][:, 200:, 1], float)  # all chains together
close = 0.5 < one_by_one.size / float(az.ess(one_by_one, method="mean")) / predicted < 2
print("one at a time, the price is within a factor of two of it:", close)
print("in one block, it is less than two steps:", bool(prices["in one block"].max() < 2))
assert close and prices["in one block"].max() < 2

# %% [markdown]
# (Only to a factor of two: there is a third coefficient, and the chains are not long for such slow mixing.)
#
# Other cures: use *new coordinates* along the axes of the ellipse, so that the sampler never meets the correlation (a common case is centering the predictors, which frees the
# slopes from the intercept); *integrate out* an unknown, as the exact answer of the change point did with the rates; or leave the axes and follow the gradient, as chapters 06 and 07 do.
#
# #### Claim on trial: moderate autocorrelation
#
# Comparisons of samplers often say that Gibbs has *moderate autocorrelation*. We read *moderate* as: at most 10 steps for one effective draw.

# %% tags=["tol-0.2"]
coal_price = steps_per_effective_draw(coal_draws[..., 2])
trial(
    "Gibbs has moderate autocorrelation: an effective draw takes at most 10 steps",
    {f"two normals of correlation {rho:g}": times[rho] for rho in correlations}
    | {
        "coal mines, year of change": coal_price,
        "twin predictors, one block": prices["in one block"],
        "twin predictors, one at a time": prices["one at a time"],
    },
    chapter="05",
    at_most=10,
    unit="steps",
)

# %% [markdown]
# (Numbers of slow chains come with a standard error of some 10 %, so the tests allow 20 % here. The verdict must be the same.)
#
# ### A hole in the hill
#
# A density that is constant on two squares which touch in one corner. Given $x_2 > 0$, the first unknown is uniform on 0 to 1; given $x_2 < 0$, uniform on −1 to 0.


# %%
def two_squares(start, num_steps, rng):
    """Gibbs on two squares; the conditionals are exact."""
    x1, x2 = start
    draws = []
    for _ in range(num_steps):
        x1 = rng.uniform(0, 1) if x2 > 0 else rng.uniform(-1, 0)
        x2 = rng.uniform(0, 1) if x1 > 0 else rng.uniform(-1, 0)
        draws.append((x1, x2))
    return np.array(draws)


rng = np.random.default_rng(58)
corners = np.array([two_squares(start, 500, rng) for start in ((-0.5, -0.5), (0.5, 0.5))])
figures.squares(corners)

# %%
apart = float(az.rhat(corners[..., 0]))
alone = float(az.rhat(corners[0, :, 0].reshape(2, -1)))
print("started in both squares, R-hat is alarmed:", apart > 1.01)
print("started in one square, R-hat is alarmed:  ", alone > 1.01)
assert apart > 1.01 > alone

# %% [markdown]
# Every conditional is right, and half of the probability is never seen. No move along an axis leads from one square to the other. The posterior of a model
# with two separate explanations of the data may look like this. As in chapter 03, start chains far apart; and a block of both unknowns would do here, too.

# %% [markdown]
# ## In the libraries
#
# BUGS, the first widely used language for Bayesian models, has Gibbs sampling in its name. In the libraries of this course the *idea of parts* lives on: let a gradient-based sampler move the continuous unknowns, and
# draw the discrete ones given them. The coal mines have one of each kind. (The gradient-based samplers are HMC, chapter 06, and NUTS, chapter 07, which you met as a
# black box in chapter 00.)
#
# ### The log density first
#
# Both libraries get the model with the year as a discrete unknown: the index of the last early year, from 0. (NumPyro's samplers for discrete unknowns
# try the values 0, 1, 2, … of a site; so count from 0.)

# %%
show_source(change_point.numpyro_discrete, change_point.pymc_discrete)

# %%
program = change_point.pymc_discrete(coal.data)
pymc_log_density = program.compile_logp(jacobian=False, mode="FAST_COMPILE")
indices = np.arange(len(year) - 1)


@jax.jit
def numpyro_log_densities(early, late):
    """Log joint density for every year of change."""
    return jax.vmap(
        lambda index: log_density(
            change_point.numpyro_discrete,
            (coal.data,),
            {},
            {"early_rate": early, "late_rate": late, "last_early": index},
        )[0]
    )(indices)


worst = {"NumPyro": 0.0, "PyMC": 0.0}
for early, late in ((3.0, 1.0), (1.5, 2.5), (0.4, 6.0)):
    ours = np.array([coal_log_joint(early, late, one) for one in year[1:]])
    rates = {"early_rate_log__": np.log(early), "late_rate_log__": np.log(late)}
    theirs = {
        "NumPyro": np.asarray(numpyro_log_densities(early, late), float),
        "PyMC": np.array([pymc_log_density(rates | {"last_early": i}) for i in indices]),
    }
    for name, values in theirs.items():
        worst[name] = max(worst[name], np.abs(values / ours - 1).max())
for name, gap in worst.items():
    print(
        f"{name}: {len(indices)} years at three pairs of rates, the same log density: {gap < 1e-5}"
    )
    assert gap < 1e-5

# %% [markdown]
# (Relative to their size, to 32 bits.)
#
# ### NumPyro
#
# `HMCGibbs` takes a conditional of yours for some sites, and moves the others by HMC or NUTS. Ours is the table of the year, from the package.
# (One long chain each: with several, NumPyro takes much longer to compile these kernels. To save more of it, we put `mcmc.run` into a function
# with `jax.jit`, for by itself it compiles each small operation of its set-up alone, and we give it a start, which it would otherwise search for.
# The rates start as logarithms, the year as its index.)


# %%
def draw_year(rng_key, gibbs_sites, hmc_sites):
    """Draw the index of the last early year given the rates."""
    log_weights = change_point.log_likelihoods(hmc_sites, coal.data)
    return {"last_early": jax.random.categorical(rng_key, log_weights)}


def run_numpyro(kernel, accept_field, seed):
    """One long chain; returns verdicts on the unknowns and the mean acceptance of each quarter."""
    start = {"early_rate": jnp.array(0.0), "late_rate": jnp.array(0.0), "last_early": jnp.array(40)}

    @jax.jit
    def run(key):
        mcmc = MCMC(kernel, num_warmup=300, num_samples=2800, progress_bar=False)
        mcmc.run(key, coal.data, init_params=start, extra_fields=(accept_field,))
        return mcmc.get_samples(group_by_chain=True), mcmc.get_extra_fields()[accept_field]

    draws, rates = run(jax.random.key(seed))
    verdicts = coal_agrees(
        draws["early_rate"], draws["late_rate"], year[1:][np.asarray(draws["last_early"])]
    )
    return verdicts, np.asarray(rates, float).reshape(4, -1).mean(axis=1)


print("sampling with NumPyro, three ways …")
by_system, library_acceptance = {}, {}
by_system["HMCGibbs"], library_acceptance["coal mines, rates by NUTS (HMCGibbs)"] = run_numpyro(
    HMCGibbs(NUTS(change_point.numpyro_discrete), draw_year, ["last_early"]),
    "hmc_state.accept_prob",
    591,
)

# %% [markdown]
# `DiscreteHMCGibbs` finds the conditional of the year by itself: it evaluates the joint density at every possible value. No
# algebra, but one evaluation for each of the years, in each step. (Both are ready-made cases of `numpyro.infer.Gibbs`, which takes any list of
# kernels and their sites, as the course's `gibbs` does.)

# %%
by_system["DiscreteHMCGibbs"], _ = run_numpyro(
    DiscreteHMCGibbs(NUTS(change_point.numpyro_discrete)), "hmc_state.accept_prob", 592
)

# %% [markdown]
# `MixedHMC` (Zhou, 2020) does not take turns. It updates the discrete unknown in the middle of a path of HMC, and decides about the whole at its end.

# %%
by_system["MixedHMC"], library_acceptance["coal mines, one decision for all (MixedHMC)"] = (
    run_numpyro(
        MixedHMC(HMC(change_point.numpyro_discrete, trajectory_length=2.0)), "accept_prob", 593
    )
)
for system, verdicts in by_system.items():
    for name, verdict in verdicts.items():
        print(f"{system:17} {name:15} agrees with the exact mean: {verdict.passed}")
        assert verdict.passed, verdict.message

# %% [markdown]
# ### PyMC
#
# PyMC builds such a combination without being asked: a *compound step*. For each unknown it picks a step method by its type.

# %%
_, methods = assign_step_methods(program)
for method, variables in methods.items():
    print(f"{method.__name__:10} moves {', '.join(v.name for v in variables)}")

# %% [markdown]
# (The ending `_log__` says that the sampler sees the logarithm.) The year is moved by a random walk over whole numbers: Metropolis within
# Gibbs, with rejections.

# %%
print("sampling with PyMC …")
with program:
    trace = pm.sample(
        draws=2500,
        tune=1000,
        chains=4,
        cores=1,
        random_seed=59,
        progressbar=False,
        quiet=True,
        compute_convergence_checks=False,
    )
posterior = trace["posterior"]
by_system["PyMC"] = coal_agrees(
    posterior["early_rate"].values,
    posterior["late_rate"].values,
    year[1:][posterior["last_early"].values],
)
for name, verdict in by_system["PyMC"].items():
    print(f"PyMC {name:15} agrees with the exact mean: {verdict.passed}")
    assert verdict.passed, verdict.message
library_acceptance["coal mines, year by a random walk (PyMC)"] = (
    trace["sample_stats"]["accepted"].values.astype(float).reshape(4, -1).mean(axis=1)
)

# %% tags=["nbval-ignore-output"]
for system, verdicts in by_system.items():
    for verdict in verdicts.values():
        print(f"{system}: {verdict.message}")
years = posterior["last_early"].values
print(f"PyMC: {years.size} draws of the year are worth {float(az.ess(years)):.0f} independent ones")

# %% [markdown]
# #### Claim on trial: acceptance of 100 %
#
# For exact conditionals we measured the ratio itself, in *Is it right?* The libraries report theirs. The claim asks for every move: an acceptance of at least
# 99.9999 %.

# %% tags=["tol-0.3"]
exact_acceptance = {
    name: np.array([np.exp(np.minimum(0, stretch)).mean() for stretch in each])
    for name, each in ratios.items()
}
trial(
    "A Gibbs step accepts every move (an acceptance of at least 0.999999)",
    exact_acceptance | library_acceptance,
    chapter="05",
    at_least=0.999999,
)

# %% [markdown]
# (The acceptance of a short run depends on how the warm-up tuned it, so the tests allow 30 % here.) The claim is about *exact conditionals*. As soon as one part moves by
# another kernel, that part's acceptance comes back in.

# %% [markdown]
# ## What it costs
#
# **Predict.** Order by the time of one step: Gibbs, a random walk, NUTS. Then order by the time of one *effective* draw.
#
# All three in the course's driver, 20 chains side by side, on the regression and on the coal mines. The random walk and NUTS get the posterior's own variances and a
# step size in units of them; Gibbs has nothing to tune. On the coal mines they move the two rates, with the year summed out, since they cannot move a year. Five
# rounds; in each, every sampler runs once. (Side by side, all chains of NUTS wait for the longest path among them. That is part of its price here.)


# %%
def contenders(model, gibbs_run, gibbs_draws):
    """Three samplers of one posterior, each a function of a key that returns draws."""
    variances = jnp.asarray(gibbs_draws[..., : model.dim].var(axis=(0, 1)))
    here = jnp.asarray(gibbs_draws[:, -1, : model.dim])
    width = 2.38 * jnp.sqrt(variances / model.dim)  # the scale of chapter 03
    return {
        "Gibbs": gibbs_run,
        "random walk": jax.jit(
            lambda key: sample(
                key, metropolis_hastings(model.logdensity, random_walk(width)), here, 2000
            )[0]
        ),
        "NUTS": jax.jit(
            lambda key: sample(key, nuts(model.logdensity, 0.9, variances), here, 200)[0]
        ),
    }


print("compiling and timing …")
problems = {
    "regression": contenders(
        regression,
        lambda key: run_regression(key, *regression.data, starts),
        regression_draws,
    ),
    "coal mines": contenders(coal, lambda key: run_coal(key, coal_starts), coal_draws),
}
seconds, price = {}, {}  # for one step, and in steps for one effective draw
for problem, runs in problems.items():
    steps, rounds = {}, {sampler: [] for sampler in runs}
    for sampler, run in runs.items():  # the first call compiles
        draws = np.asarray(run(jax.random.key(60)))
        steps[sampler], kept = draws[..., 0].size, draws[:, 100:]
        price[problem, sampler] = kept[..., 0].size / min_ess(kept)
    for i in range(5):
        for sampler, run in runs.items():
            begin_s = time.perf_counter()
            jax.block_until_ready(run(jax.random.key(600 + i)))
            rounds[sampler].append((time.perf_counter() - begin_s) / steps[sampler])
    seconds |= {(problem, sampler): np.array(values) for sampler, values in rounds.items()}

# %% tags=["nbval-ignore-output"]
costs = pd.DataFrame(
    {
        "µs a step": {case: 1e6 * np.median(each) for case, each in seconds.items()},
        "steps an effective draw": price,
    }
)
costs["µs an effective draw"] = costs.prod(axis=1)
costs.round(2)

# %% [markdown]
# #### Claim on trial: lightning fast per step
#
# *Lightning fast* we read in two ways: at least ten times as fast as a step of NUTS, and at least as fast as a step of a random walk, the cheapest sampler that we know.

# %% tags=["nbval-ignore-output"]
for rival, bound, words in (
    ("NUTS", 10, "at least 10 times as fast as a NUTS step"),
    ("random walk", 1, "at least as fast as a random-walk step"),
):
    trial(
        f"A Gibbs step is lightning fast: {words}",
        {problem: seconds[problem, rival] / seconds[problem, "Gibbs"] for problem in problems},
        chapter="05",
        at_least=bound,
        unit="times",
    )

# %% [markdown]
# What is in a step? A random walk needs one evaluation of the log density and a few random numbers. NUTS needs several evaluations, each
# with a gradient. A Gibbs step needs no density at all, but draws, and *draws are not free*: a gamma number takes many more operations
# than a normal one, and a draw of the year looks at all years. Whether that is much or little depends on the model and on the code. So ask for the last column of the
# table. A step is not what you want to buy.
#
# The row for the course's table:

# %% tags=["nbval-ignore-output"]
row = cost_row("Gibbs", "coal mines, 112 years", coal_draws, coal_timing, 1.0, num_warmup=100)
running_table(row).T

# %% [markdown]
# ## Common mistakes
#
# Two wrong samplers from the course's *bug museum*, for two normals of correlation 0.8, beside the right one.

# %%
show_source(museum.GIBBS["stale_values"], museum.GIBBS["variance_as_sd"])

# %% [markdown]
# **Predict.** The first draws both coordinates from where the *other was before the step*. Which will be wrong: the means, the standard deviations, the
# correlation? And what will $\hat R$ say?

# %% tags=["tol-0.1"]
suspects = {
    "right": right,
    "stale values": museum.GIBBS["stale_values"](0.8),
    "variance as sd": museum.GIBBS["variance_as_sd"](0.8),
}


def look_at(kernel):
    """Draws of four chains, the usual diagnostics, and the test that does not look at chains."""
    chains = jax.jit(lambda key: sample(key, kernel, jnp.zeros((4, 2)), 20_000)[0])(
        jax.random.key(61)
    )
    values = np.asarray(chains[:, 200:], float)
    tested = checks.invariance(
        jax.random.key(62), kernel, correlated, num_steps=5, acceptance=(1, 1)
    )
    return values, {
        "R-hat fine": bool(max(az.rhat(values[..., k]) for k in (0, 1)) < 1.01),
        "mean fine": bool(np.abs(values.mean((0, 1))).max() < 0.05),
        "sd": round(values[..., 0].std(), 2),
        "correlation": abs(round(np.corrcoef(values.reshape(-1, 2).T)[0, 1], 1)),
        "invariance": "holds" if tested.passed else "fails",
    }


looks = {name: look_at(kernel) for name, kernel in suspects.items()}
symptoms = pd.DataFrame({name: row for name, (_, row) in looks.items()}).T
symptoms

# %%
figures.scatters({name: values[0, :1500] for name, (values, _) in looks.items()}, 0.8)

# %%
assert symptoms["R-hat fine"].all()
assert symptoms["invariance"].tolist() == ["holds", "fails", "fails"]
print("R-hat is content with all three, the invariance test with the right one only")

# %% [markdown]
# (The tests allow 10 % in this table, for the last digit of a rounded number.)
#
# - **Stale values.** All blocks are drawn from the state before the step. *Symptom,* with two blocks: none in any single unknown. Means and standard deviations are exact. (With three or more the spreads are wrong as well, and the chain may even run away.) Only the
#   *joint* law is wrong: the correlation is gone. (There are two interleaved chains: the new $x_1$ knows the old $x_2$, and the new $x_2$ the old $x_1$. The new
#   two never meet.) *Cure:* put each new value into the position at once. This bug is born when updates are computed "in parallel", or when a number made from an unknown, such as
#   a residual, is not recomputed after that unknown has moved.
# - **Variance as standard deviation.** The derivation gives $1 - \rho^2$, the code wants its root. *Symptom:* a spread that is too small, beside a mean
#   and a correlation that are right.
# - **Rate as scale.** The same slip with gamma draws. NumPy and SciPy take a scale; JAX's `gamma` takes neither and must be divided by the rate; the `Gamma` of NumPyro and PyMC takes a rate. The museum has
#   it as a density:

# %%
from course_utils.museum.densities import rate_as_scale

verdict = checks.same_density(
    rate_as_scale,
    lambda v: stats.gamma(3, scale=1 / 2).logpdf(v[0]),
    np.linspace(0.2, 4, 20)[:, None],
)
print("Gamma(3) with rate 2, and the same with scale 2, are one density:", verdict.passed)
assert not verdict.passed

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in
# [the solutions](solutions/05_gibbs.ipynb); try first.
#
# ### Exercise 5.1: change one number
#
# Gibbs on two normals. You can afford 50 steps for one effective draw. How large may the correlation be? Give a correlation for which an effective draw takes
# between 45 and 55 steps.
#
# <details><summary>Hint 1</summary>Which formula of <em>How slow</em> gives the steps for one effective draw?</details>
# <details><summary>Hint 2</summary>Set it to 50. It holds only ρ²: solve for that first.</details>

# %% tags=["exercise"]
# Exercise 5.1
correlation = None  # your number
# your code here

# %% tags=["check"]
check("5.1", correlation)

# %% [markdown]
# ### Exercise 5.2: derive a conditional
#
# Instead of counts a year, somebody wrote down the *waits* between disasters, $w_1, \dots, w_n$ in years. The model: $\lambda \sim \mathrm{Gamma}(2, 1)$, and each wait has the exponential
# density $\lambda e^{-\lambda w_i}$. The conditional of $\lambda$ given the waits is a gamma. Return its shape and its rate. The checker compares it with the joint density.
#
# <details><summary>Hint 1</summary>Multiply the prior, λ times e to the −λ, by the n factors of the waits. Collect powers of λ, and collect exponents.</details>
# <details><summary>Hint 2</summary>λ to the a − 1 times e to the −bλ is Gamma(a, b).</details>


# %% tags=["exercise"]
# Exercise 5.2
def gamma_given(waits):
    """Shape and rate of the gamma distribution of the rate, given the waits."""
    ...  # your code here


# %% tags=["check"]
check("5.2", gamma_given)

# %% [markdown]
# ### Exercise 5.3: find the bug
#
# A conditional for the variance of this chapter's regression. It runs, and with a thousand rows nobody would notice. With six rows the variance comes out wrong. Which
# factor of the joint density was forgotten? Write the repaired function.


# %%
def variance_given_with_a_bug(coefficients, x, y, rng):
    """Draw the variance given everything else. Something is missing."""
    squares = np.sum((y - x @ coefficients) ** 2)
    shape = 3 + len(y) / 2
    return (2 + squares / 2) / rng.gamma(shape)


# %% [markdown]
# <details><summary>Hint 1</summary>List the factors of the joint density in which σ² occurs. There are three kinds.</details>
# <details><summary>Hint 2</summary>The prior of the coefficients is Normal(0, 10σ). Its density has σ in front of the exponent and in it.</details>


# %% tags=["exercise"]
# Exercise 5.3
def repaired_variance_given(coefficients, x, y, rng):
    """Draw the variance given everything else; returns one number."""
    ...  # your code here


# %% tags=["check"]
check("5.3", repaired_variance_given)

# %% [markdown]
# ### Exercise 5.4: draw a block
#
# Three normals $x_0, x_1, x_2$ with means 0, variances 1, and correlation 0.5 between any two. Write the conditional that draws $x_0$ and $x_1$ *together*, given $x_2$, in
# the course's convention, so in JAX. For normals with mean 0 and covariance matrix $\Sigma$, cut into the rows and columns of the block $b$ and those of the
# rest $-b$:
#
# $$x_b \mid x_{-b} \ \text{is normal with mean}\ \ \Sigma_{b,-b}\, \Sigma_{-b,-b}^{-1}\, x_{-b} \ \ \text{and covariance}\ \ \Sigma_{b,b} - \Sigma_{b,-b}\, \Sigma_{-b,-b}^{-1}\, \Sigma_{-b,b} .$$
#
# The checker looks at your draws, then plugs the function into `gibbs` and runs the invariance test.
#
# <details><summary>Hint 1</summary>The rest is x₂ alone, and its variance is the number 1. So the mean is 0.5 x₂ twice, and the covariance is a 2 by 2 matrix that you can work out on
# paper.</details>
# <details><summary>Hint 2</summary>If C is the Cholesky factor of a covariance matrix, <code>C @ jax.random.normal(key, (2,))</code> has that covariance.</details>


# %% tags=["exercise"]
# Exercise 5.4
def first_two_given_third(key, position):
    """Draw (x0, x1) given x2; returns an array of shape (2,)."""
    ...  # your code here


# %% tags=["check"]
check("5.4", first_two_given_third)

# %% [markdown]
# ### Exercise 5.5: build the variant
#
# Astronomers fit lines to points of which a few do not belong there (Hogg, Bovy and Lang, 2010). Give each of the $n$ points an unknown of its own, $\mathrm{True}$ if it is an *outlier*:
#
# $$q \sim \mathrm{Uniform}(0, 1), \qquad \text{each point is an outlier with probability } q ,$$
#
# and the measured value has density *near* if the point is not an outlier, *far* if it is. Both densities are known here: you are given the
# arrays `log_near` and `log_far`, one number for each point. Write one Gibbs step. *First* draw $q$ given which points are outliers, *then*
# draw for every point whether it is one, given the new $q$. Return both: the new probability, and a new boolean array.
#
# <details><summary>Hint 1</summary>Given k outliers among n points, the joint density as a function of q is q to the k times (1 − q) to the n − k. Which row of
# step 3 in <em>How to find a full conditional</em> is this?</details>
# <details><summary>Hint 2</summary>Given q, the two weights of a point are q exp(log_far) and (1 − q) exp(log_near). With a uniform number you can choose.</details>


# %% tags=["exercise"]
# Exercise 5.5
def outlier_step(is_outlier, log_near, log_far, rng):
    """One Gibbs step; returns the new probability and the new is_outlier."""
    ...  # your code here


# %% tags=["check"]
check("5.5", outlier_step)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** A Gibbs sampler accepts every move. What does this tell you?
#
# <details><summary>A. It mixes fast: nothing is wasted.</summary>
#
# **No.** At a correlation of 0.999 it accepts every move too, and needs a thousand steps for one effective draw.
#
# </details>
# <details><summary>B. It is right: a wrong one would reject.</summary>
#
# **No.** Nothing in the code looks at the joint density. The wrong samplers of this chapter accept everything as well.
#
# </details>
# <details><summary>C. Neither: it accepts by construction.</summary>
#
# **Right.** An exact full conditional has ratio 1. Whether yours is exact, you must test; how fast it is, the autocorrelation tells.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** Your sampler has two blocks. To use two cores, you draw both at the same time, each given the old value of the other. What happens?
#
# <details><summary>A. The marginals look fine, the joint law is wrong.</summary>
#
# **Right.** This is the stale-value bug. With two blocks every marginal is exact, and the two new values know nothing of each other.
#
# </details>
# <details><summary>B. Nothing changes but the speed.</summary>
#
# **No.** The proof needs the present values of the others. (Blocks that are independent given the rest may be drawn at the same time.)
#
# </details>
# <details><summary>C. The chains diverge, and R-hat shows it.</summary>
#
# **No.** In the example above R-hat was content. All chains agree, on the wrong law.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** Two coefficients of your regression have a posterior correlation of 0.99. What helps most?
#
# <details><summary>A. Draw them in random order.</summary>
#
# **No.** The order does not make the moves longer: each is still as short as the ridge is narrow.
#
# </details>
# <details><summary>B. Draw them together, in one block.</summary>
#
# **Right.** Within a block, correlation costs nothing: the block is drawn from its joint conditional.
#
# </details>
# <details><summary>C. Run a longer warm-up.</summary>
#
# **No.** Warm-up finds the ridge. It does not shorten the way along it, and plain Gibbs has nothing to tune.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - derive a full conditional: keep every factor in which the unknown occurs, and recognise what is left,
# - write a Gibbs sampler by hand, and read it as a list of blocks and conditionals,
# - test a conditional: the ratio is one for every move,
# - predict the price of correlation, $(1 + \rho^2)/(1 - \rho^2)$, and pay less by drawing blocks,
# - move discrete unknowns in NumPyro and PyMC beside continuous ones.
#
# ### Further reading
#
# - Carlin, B. P., Gelfand, A. E. and Smith, A. F. M. (1992). Hierarchical Bayesian analysis of changepoint problems. *Applied Statistics* 41(2), 389–405.
# - Casella, G. and George, E. I. (1992). Explaining the Gibbs sampler. *The American Statistician* 46(3), 167–174.
# - Gelfand, A. E. and Smith, A. F. M. (1990). Sampling-based approaches to calculating marginal densities. *Journal of the American Statistical
#   Association* 85(410), 398–409.
# - Geman, S. and Geman, D. (1984). Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images. *IEEE Transactions on Pattern
#   Analysis and Machine Intelligence* 6(6), 721–741.
# - Hogg, D. W., Bovy, J. and Lang, D. (2010). Data analysis recipes: fitting a model to data. *arXiv*:1008.4686.
# - Jarrett, R. G. (1979). A note on the intervals between coal-mining disasters. *Biometrika* 66(1), 191–193.
# - Liu, J. S., Wong, W. H. and Kong, A. (1994). Covariance structure of the Gibbs sampler with applications to the comparisons of estimators and
#   augmentation schemes. *Biometrika* 81(1), 27–40.
# - Roberts, G. O. and Sahu, S. K. (1997). Updating schemes, correlation structure, blocking and parameterization for the Gibbs sampler. *Journal of the
#   Royal Statistical Society B* 59(2), 291–317.
# - Zhou, G. (2020). Mixed Hamiltonian Monte Carlo for mixed discrete and continuous variables. *Advances in Neural Information Processing Systems* 33.
#
# **Next:** chapter 06 leaves the axes. A gradient and a push carry the sampler along the ridge: Hamiltonian Monte Carlo.
