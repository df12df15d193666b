# %% [markdown]
# # 0. Start here
#
# **Question.** Does everything work, and what is a posterior draw anyway?
#
# After this chapter you will be able to
#
# - **check** your set-up by really sampling with it,
# - **explain** what a draw from a posterior is, without a formula,
# - **write** a first model in NumPyro and sample it,
# - **compare** draws with an exact answer, in units of their own error,
# - **use** these pages: predictions, exercises that check themselves, hints, solutions.
#
# **You need** one course in statistics (probability, mean, standard deviation, Bayes' rule seen once) and some NumPy.
# No other chapter. Symbols are collected in [the notation table](notation.md), words in [the glossary](glossary.md).
#
# <!-- times -->
# About 17 minutes to read, exercises not counted, 48 s to run (measured cold, 23 s again with warm caches: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
from numpyro.infer import MCMC, NUTS
from scipy import stats

from course_utils import checks, museum, targets
from course_utils.costs import cost_row, running_table
from course_utils.display import show_source, use_style
from course_utils.environment import check_environment
from course_utils.exercises import check
from course_utils.figures import chapter_00 as figures
from course_utils.kernel import sample
from course_utils.models import binomial, eight_schools
from course_utils.models.contract import views_agree
from course_utils.timing import time_jax, time_python

use_style()

# %% [markdown]
# ## Does everything work?
#
# Run the next cell: click into it and press Shift+Enter. It does not only look at version numbers. It samples a small model
# and compares the result with the exact answer.

# %% tags=["nbval-ignore-output"]
ready = check_environment()

# %%
print("ready:", ready)
assert ready, "read the FAIL lines above; each says what to do"

# %% [markdown]
# If a line says `FAIL`, it also says what to do. *Troubleshooting* at the end of this page has the longer answers.

# %% [markdown]
# ## Picture first
#
# You flip a coin 10 times and see 7 heads. What can you say about $p$, its probability of heads?
#
# Here is an answer that needs no formula. Make thousands of imaginary coins. Give each a $p$ from your *prior*, the
# distribution that says what you held plausible before the flips. Flip each coin 10 times. Throw away every coin that
# did not show 7 heads. The coins that are left could have produced your data, and their $p$ are *draws from the posterior*.


# %%
def draw_simulate_keep(rng, num_tries, observed=7, flips=10):
    """Draw p from the prior, simulate the flips, keep the p whose flips fit the observation."""
    kept = []
    for _ in range(num_tries):
        p = rng.beta(2, 2)
        heads = rng.binomial(flips, p)
        if heads == observed:
            kept.append(p)
    return np.array(kept)


rng = np.random.default_rng(42)
coins = rng.beta(2, 2, size=6000)
flipped = rng.binomial(10, coins)
exact = stats.beta(2 + 7, 2 + 3)
figures.draw_simulate_keep(coins, flipped, 7, 10, exact.pdf)

# %% [markdown]
# The orange histogram is all that a *sampler* has to offer: a set of draws. From it you read off whatever you want to know.
# The blue line is the exact posterior. For this model it has a formula, so we can check.

# %% [markdown]
# ## The mathematics
#
# Three distributions make up the picture.
#
# - The *prior* $p \sim \mathrm{Beta}(2, 2)$ has the density $6\,p\,(1 - p)$ on $0 < p < 1$: middling coins are held more plausible than
#   extreme ones.
# - The *likelihood* is the probability of the data for a given $p$. For $y$ heads in $n$ flips it is binomial,
#   $\binom{n}{y}\, p^y (1 - p)^{n - y}$.
# - The *posterior*, written $\pi(p)$ in this course, is what the data leave of the prior. Bayes' rule says that it is proportional to the
#   product of the two:
#
# $$\pi(p) \;\propto\; p\,(1 - p) \cdot p^{y} (1 - p)^{n - y} = p^{\,1 + y} (1 - p)^{1 + n - y} .$$
#
# That is the shape of a $\mathrm{Beta}(2 + y,\; 2 + n - y)$ density. Its mean is $(2 + y) / (4 + n)$. A prior for which the posterior has the
# same family is called *conjugate*. Most models have no such luck, and this is why the course exists.
#
# Why does *draw, simulate, keep* work? A coin with probability $p$ enters with density $6\,p\,(1 - p)$ and survives with probability
# $\binom{n}{y}\, p^y (1 - p)^{n - y}$. So among the survivors $p$ has a density proportional to the product. That is Bayes' rule, carried out
# by hand.

# %% [markdown]
# ## By hand
#
# The function `draw_simulate_keep` above is a complete Bayesian sampler. Let us use it.

# %%
draws = draw_simulate_keep(np.random.default_rng(1), num_tries=40_000)
print(f"kept {len(draws)} of 40000 tries")
print(f"mean of p {draws.mean():.4f}   exact {exact.mean():.4f}")
print(f"P(p > 1/2) {np.mean(draws > 0.5):.3f}   exact {exact.sf(0.5):.3f}")

# %% [markdown]
# Close. How close should it be? The mean of $N$ independent draws has a standard error of $\mathrm{sd} / \sqrt{N}$. We measure the error in
# this unit. Two standard errors are nothing special, five would be alarming.

# %%
standard_error = draws.std() / np.sqrt(len(draws))
error = (draws.mean() - exact.mean()) / standard_error
print(f"the mean is {error:+.1f} standard errors away from the exact one")
assert abs(error) < 4, "a right sampler goes this far once in 15,000 runs"

# %% [markdown]
# ## Fast
#
# JAX does the same for all coins at once and compiles it. The `key` carries the randomness; chapter 02 says more about it. There
# is no `if` any more: we get all the coins, and a mark on those to keep. The middle one
# of three uniform numbers has exactly a Beta(2, 2) distribution, and a flip is heads when a uniform number lies below `p`.


# %%
@jax.jit
def simulate(key):
    """A million coins, and which of them gave 7 heads in 10 flips."""
    key_p, key_flips = jax.random.split(key)
    p = jnp.sort(jax.random.uniform(key_p, (1_000_000, 3)), axis=1)[:, 1]
    flips = jax.random.uniform(key_flips, (1_000_000, 10)) < p[:, None]
    return p, flips.sum(axis=1) == 7


# %% tags=["nbval-ignore-output"]
fast = time_jax(simulate, jax.random.key(2), name="JAX, 1,000,000 tries")
slow = time_python(
    draw_simulate_keep, np.random.default_rng(1), 10_000, name="by hand, 10,000 tries"
)
print(slow)
print(fast)
ratio = (slow.median_s / 10_000) / (fast.median_s / 1_000_000)
print(f"a try by hand takes {ratio:.1f} times as long as a compiled one")

# %% [markdown]
# Read such a line from left to right. JAX first runs your function once to write down its operations (*trace*), then compiles the
# list: both are paid once. The first call may be slower than the others; *steady* is what every further call costs. The rest says
# how much memory was in use, which kind of numbers were computed, where, and when.

# %% [markdown]
# ## Is it right?
#
# By hand and fast are judged in the same way: against the exact mean, in standard errors.

# %%
p, keep = simulate(jax.random.key(2))
many = np.asarray(p[keep], dtype=float)
error = (many.mean() - exact.mean()) / (many.std() / np.sqrt(len(many)))
print(f"share kept, by hand {len(draws) / 40_000:.2f}, fast {len(many) / 1_000_000:.2f}")
print("the mean agrees with the exact one:", abs(error) < 4)
assert abs(error) < 4

# %% [markdown]
# ## Where it breaks
#
# **Predict.** With 70 heads in 100 flips instead of 7 in 10, what share of the coins do you keep? And with data that are not
# whole numbers?
#
# The answer is known: if $p$ is itself drawn from a Beta(2, 2) prior, the number of heads has a *beta-binomial* distribution.

# %%
for flips in (10, 100, 1000, 10_000):
    share = stats.betabinom(flips, 2, 2).pmf(round(0.7 * flips))
    print(f"{flips:6} flips: one coin in {1 / share:,.0f} is kept")

# %% [markdown]
# The more you know, the fewer coins fit. With measurements that are real numbers, no coin ever fits exactly. So we need
# samplers that *walk towards* what fits instead of waiting for it. Here is one, from a library.

# %% [markdown]
# ## In the libraries
#
# A NumPyro model is a Python function that tells how the data come about. `sample` names a random quantity; `obs=` says that we
# have seen it.


# %%
def coin(heads, flips):
    """A coin with an unknown probability of heads."""
    p = numpyro.sample("p", dist.Beta(2, 2))
    numpyro.sample("y", dist.Binomial(flips, p), obs=heads)


# %% [markdown]
# A library works with the logarithm of *prior times likelihood*, the *log density*. A sampler cannot be more right than the log density
# that it is given, so this is compared first, here as in every chapter. The course's package holds each model three times: as a plain
# function, in NumPyro, and in PyMC, another library. At random points the three must agree, up to a constant. Below are the coin, and a
# second model that this page samples further down.

# %%
schools = eight_schools.model(parameterization="noncentered")
for model in (binomial.model(binomial.Data([7], [10])), schools):
    verdict = views_agree(model, jax.random.key(7))
    print(f"{model.name}: plain, NumPyro and PyMC are one density: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% [markdown]
# Now sample. (`coin` above is the package's program once more, written so that it takes any data. Its draws are held against the exact
# answer.)

# %%
mcmc = MCMC(
    NUTS(coin),
    num_warmup=500,
    num_samples=1000,
    num_chains=4,
    chain_method="vectorized",
    progress_bar=False,
)
mcmc.run(jax.random.key(0), heads=7, flips=10)
posterior = mcmc.get_samples(group_by_chain=True)

# %% [markdown]
# That is a first posterior. `NUTS` is the sampler of chapter 07. It ran four chains, each with 500 steps of warm-up, which
# are thrown away, and 1000 draws. Is it right? Successive draws of a chain depend on each other, so their mean is less certain than
# its number of draws suggests. ArviZ estimates the *Monte Carlo standard error* (MCSE), which takes this into account.
# The check passes if the mean lies within so many MCSE of the exact one that a right sampler would leave this range only with the small
# probability `alpha`.

# %%
ALPHA = 1e-3 / 16  # the page compares 16 means, two of them above: less than 1e-3 in all
verdict = checks.mean_within_mcse(posterior["p"], exact.mean(), "p", alpha=ALPHA)
print("NumPyro agrees with the exact mean:", verdict.passed)
assert verdict.passed, verdict.message

# %% tags=["tol-0.3"]
az.summary(az.from_dict({"posterior": posterior}))

# %% [markdown]
# You will learn to read every column. For now: `mean` and `sd` describe the posterior; `r_hat` should be near 1; the `ess` columns say
# how many independent draws these are worth. (Estimated from draws, they differ by some 10 % between machines. When the pages are
# tested, this cell may stray by 30 %.)
#
# ### A real model, real data
#
# Eight schools in the United States coached their pupils for a test (Rubin, 1981). Each reported an estimated effect $y_j$ and its
# standard error $\sigma_j$:

# %%
data = eight_schools.load()
pd.DataFrame(data._asdict(), index=list("ABCDEFGH")).T

# %% [markdown]
# Is coaching worth it, and at school A more than at school C? The standard errors are large, so the differences may be chance. The
# model says: school $j$ has a true effect $\theta_j$, the true effects scatter around a common mean $\mu$ with a spread $\tau$, and both are
# unknown. The data decide how much the schools have in common. In NumPyro's words: `plate` means *once for each school*, `HalfCauchy` is a
# distribution on positive numbers, and `deterministic` keeps a computed quantity together with the draws. The code says *θ scatters around μ with
# spread τ* in other words: `theta_base` counts how many spreads $\tau$ a school lies from the common mean, so
# $\theta = \mu + \tau \cdot \mathtt{theta\_base}$. Chapter 09 says what this is good for, and is about this model.

# %%
show_source(eight_schools.numpyro_noncentered)

# %%
mcmc = MCMC(
    NUTS(schools.numpyro),
    num_warmup=1000,
    num_samples=1000,
    num_chains=4,
    chain_method="vectorized",
    progress_bar=False,
)
print("sampling eight schools …")
mcmc.run(jax.random.key(8))
effects = mcmc.get_samples(group_by_chain=True)
figures.shrinkage(
    np.asarray(data.effect),
    np.asarray(data.standard_error),
    np.asarray(effects["theta"]).reshape(-1, 8),
)

# %% [markdown]
# The exact posterior means of this model can be computed by one numerical integral (chapter 09 shows how). The course keeps them
# as the model's *reference*, and tests them against a second computation.

# %%
reference = schools.reference()
exact_means = pd.Series(
    {"mu": float(reference["mu"].mean), "tau": float(reference["tau"].mean)}
    | {
        f"theta[{name}]": float(m)
        for name, m in zip("ABCDEFGH", reference["theta"].mean, strict=True)
    }
)
exact_means.round(3)

# %%
chains = {"mu": effects["mu"], "tau": effects["tau"]} | {
    f"theta[{name}]": effects["theta"][..., j] for j, name in enumerate("ABCDEFGH")
}
verdicts = {
    name: checks.mean_within_mcse(chain, exact_means[name], name, alpha=ALPHA)
    for name, chain in chains.items()
}
for name, verdict in verdicts.items():
    print(f"{name:9} posterior mean agrees with quadrature: {verdict.passed}")
assert all(verdict.passed for verdict in verdicts.values())

# %% [markdown]
# A real model on real data, sampled by a library and held against the truth. This is how every page of the course works: **no
# result is typed; each is computed by the page and checked.** And the two questions? With draws, any question is a share of draws.
#
# **Predict.** A reported 28 points and C reported −3. How probable is it that coaching helps more at A than at C?

# %% tags=["tol-0.1"]
theta = effects["theta"]
questions = {
    "coaching helps on average": effects["mu"] > 0,
    "it helps more at A than at C": theta[..., 0] > theta[..., 2],
}
for (question, yes), exactly in zip(
    questions.items(), eight_schools.probabilities(data), strict=True
):
    verdict = checks.mean_within_mcse(yes, exactly, question, alpha=ALPHA)
    print(f"{question:28}: probability {float(yes.mean()):.2f}, exact {exactly:.4f}; ", end="")
    print("within chance:", verdict.passed)
    assert verdict.passed, verdict.message

# %% [markdown]
# A share is the mean of zeros and ones, so the same check applies. (Shares of 4000 draws stray by one or two hundredths, and the test of
# this cell allows 10 %.)
#
# Coaching probably helps. That it helps more at A than at C is only a little better a bet than heads on a fair coin, although A reported
# the largest effect and C the smallest. The model puts most of this gap down to chance.

# %% [markdown]
# ## What it costs
#
# Every chapter measures its sampler and adds a row to one table for the whole course. Here is the first row: NUTS on the coin of the
# next chapters, which was flipped 100 times, with its run compiled once.


# %%
next_coin = binomial.pooled(binomial.simulate())  # chapter 01's 100 flips, added up to one count


@jax.jit
def run_nuts(key):
    """Warm-up and 4 chains of 1000 draws of the coin."""
    sampler = MCMC(
        NUTS(coin),
        num_warmup=500,
        num_samples=1000,
        num_chains=4,
        chain_method="vectorized",
        progress_bar=False,
    )
    heads, flips = int(next_coin.successes[0]), int(next_coin.trials[0])
    sampler.run(key, heads=heads, flips=flips, extra_fields=("accept_prob", "num_steps"))
    extra = sampler.get_extra_fields()
    return (
        sampler.get_samples(group_by_chain=True)["p"],
        extra["accept_prob"].mean(),
        extra["num_steps"].mean(),
    )


# %% tags=["nbval-ignore-output"]
timing = time_jax(run_nuts, jax.random.key(0), name="NUTS on the coin")
nuts_draws, accept, steps = run_nuts(jax.random.key(0))
row = cost_row(
    "NUTS (NumPyro)",
    "coin, 100 flips",
    nuts_draws[..., None],
    timing,
    float(accept),
    num_warmup=500,
    gradients_per_draw=float(steps),
)
running_table(row).T.loc[["ess", "ess_per_s", "ess_per_s_with_compile"]]

# %%
next_exact = binomial.reference(next_coin)["p"].mean
verdict = checks.mean_within_mcse(nuts_draws, float(next_exact), "p", alpha=ALPHA)
print("the draws whose cost we count agree with the exact mean:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# `ess` says how many independent draws the run is worth, `ess_per_s` how many a second once everything is compiled, and
# `ess_per_s_with_compile` how many in the first run. For a small model the last number is the one you feel.

# %% [markdown]
# ## How a chapter works
#
# Every chapter has the same arc: a question, a picture, the mathematics, the method by hand, the fast version, *is it right?*,
# *where does it break?*, the libraries, the cost, common mistakes, exercises, a quiz.
#
# - **Predict** boxes ask for a guess before a cell. Write it down, then run the cell. A wrong guess teaches more than a right one.
# - **Exercises** have a stub, a hint and a check. The check prints one of three marks: ○ not started, ✗ keep working, ✓ correct. With
#   ✗ it says which *property* of your answer fails.
# - **Solutions** are in the folder `solutions`, one page a chapter, executed.
# - **Restart** whenever something is odd: *Kernel → Restart Kernel and Run All Cells*. Pages are made to run from top to bottom.
# - **Numbers on your screen** may differ a little from the stored ones. The same key gives the same draws on one machine, but another
#   processor rounds differently, and a chain amplifies this. Verdicts almost never differ: a right sampler fails about one in a thousand.
#
# ### The map

# %% tags=["nbval-ignore-output"]
from pathlib import Path

figures.course_map({int(path.name[:2]) for path in Path().glob("[0-9][0-9]_*.ipynb")})

# %% [markdown]
# ### A plan for your time
#
# | You have | Read |
# |---|---|
# | one hour | this chapter, then the pictures and *Where it breaks* of 03 |
# | half a day | 00, 01, 03, with two exercises each |
# | two days | the core path: 00 to 03, 05 to 10, 12 |
# | a semester | all chapters, one a week, all exercises |
#
# The table in the README says how long each chapter takes to read and to run. Dashed boxes on the map are still to be written.

# %% [markdown]
# ## Common mistakes
#
# - **Timing the first call.** The first call of a compiled function compiles it. *Symptom:* "JAX is slow". *Cure:* time later calls
#   too, and report both.
# - **Timing without waiting.** JAX returns before the work is done. *Symptom:* everything takes a millisecond. *Cure:*
#   `jax.block_until_ready(result)` before you stop the clock; the course's `time_jax` does so.
# - **Using a key twice.** The same key gives the same "random" numbers. *Symptom:* chains that agree too well. *Cure:* split a key for
#   each use and never touch the parent again.
#
# The second is easy to show. The same call, by two clocks:

# %% tags=["nbval-ignore-output"]
print(f"until the call returned: {1000 * fast.dispatch_s:.3f} ms")
print(f"until the work was done: {1000 * fast.median_s:.3f} ms")

# %% [markdown]
# The third has a second face. Here is a wrong sampler from the course's *bug museum*. It makes a proposal from `key`, and decides on it with the same
# `key`. (How such a sampler works is the matter of chapter 03. Look for the key only.)

# %%
show_source(museum.one_key_for_both)

# %% [markdown]
# It is asked for draws from the standard normal distribution (two independent coordinates), whose mean is 0.

# %%
normal = targets.gaussian(correlation=0.0)
wrong_walk = museum.one_key_for_both(normal.logdensity, 1.7)
wrong_draws = jax.jit(lambda key: sample(key, wrong_walk, jnp.zeros((4, 2)), 5000)[0])(
    jax.random.key(9)
)
chains = np.asarray(wrong_draws[..., 0], dtype=float)
found = checks.mean_within_mcse(chains, 0.0, "x", alpha=ALPHA)
away = abs(chains.mean()) / float(az.mcse(chains))
print("the mean agrees with the exact one:", found.passed)
print("it is more than 10 standard errors away:", away > 10)
print("and the chains agree with each other, r_hat below 1.01:", float(az.rhat(chains)) < 1.01)
assert not found.passed and away > 10

# %% [markdown]
# *Symptom:* no error, no warning, a tidy `r_hat`, and a wrong mean. Only the comparison with something known shows it.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in [the solutions](solutions/00_start_here.ipynb);
# try first.
#
# ### Exercise 0.1: change one number
#
# You flip 10 times and see 3 heads, not 7. What is the posterior mean of $p$, to three digits, with the same prior? Use the formula, or
# change a number in one of the cells above.
#
# <details><summary>Hint</summary>The posterior is Beta(2 + y, 2 + n − y), and the mean of Beta(a, b) is a / (a + b).</details>

# %% tags=["exercise"]
# Exercise 0.1
posterior_mean = None  # your number
# your code here

# %% tags=["check"]
check("0.1", posterior_mean)

# %% [markdown]
# ### Exercise 0.2: another prior
#
# Write the NumPyro model of the coin with a *flat* prior: every $p$ between 0 and 1 is equally plausible. Keep the name `"p"`.
#
# <details><summary>Hint</summary>The flat density on (0, 1) is Beta(1, 1), also known as Uniform(0, 1).</details>


# %% tags=["exercise"]
# Exercise 0.2
def flat_prior_coin(heads, flips):
    """A coin of which every probability of heads is equally plausible."""
    ...  # your code here


# %% tags=["check"]
check("0.2", flat_prior_coin)

# %% [markdown]
# ### Exercise 0.3: find the bug
#
# This version of *draw, simulate, keep* for 7 heads in 10 flips runs, and its histogram looks like a posterior. Its mean is wrong.


# %%
def keeps_the_wrong_coins(rng, num_tries):
    """Something is wrong here."""
    kept = []
    for _ in range(num_tries):
        p = rng.beta(2, 2)
        heads = rng.binomial(10, p)
        if heads >= 7:
            kept.append(p)
    return np.array(kept)


wrong = keeps_the_wrong_coins(np.random.default_rng(3), 40_000)
print(f"mean {wrong.mean():.3f}, exact {exact.mean():.3f}")

# %% [markdown]
# <details><summary>Hint</summary>What exactly did you observe: 7 heads, or at least 7?</details>


# %% tags=["exercise"]
# Exercise 0.3
def repaired_sampler(rng, num_tries):
    """Draw, simulate, keep: posterior draws of p after 7 heads in 10 flips."""
    ...  # your code here


# %% tags=["check"]
check("0.3", repaired_sampler)

# %% [markdown]
# ### Exercise 0.4: predict
#
# You have draws of $p$ from the posterior. How many heads will the next 10 flips show? Write a function that returns one prediction for
# each draw: `p` is an array, and so is the result.
#
# <details><summary>Hint 1</summary><code>rng.binomial</code> takes an array of probabilities.</details>
# <details><summary>Hint 2</summary>If you plug in the mean of p, you pretend to know p. Each prediction needs its own p.</details>


# %% tags=["exercise"]
# Exercise 0.4
def predict_heads(rng, p):
    """Number of heads in the next 10 flips, one prediction for each draw of p."""
    ...  # your code here


# %% tags=["check"]
check("0.4", predict_heads)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** In *draw, simulate, keep* you replace the prior by one that is twice as dense near $p = 0.9$. What happens to the draws?
#
# <details><summary>A. Nothing, the data decide.</summary>
#
# **No.** The data decide which coins are kept, the prior how many of each kind are offered.
#
# </details>
# <details><summary>B. There are more draws near 0.9, in proportion.</summary>
#
# **Right.** Twice as many coins with p near 0.9 enter, and each survives with the same probability as before.
#
# </details>
# <details><summary>C. All draws are near 0.9.</summary>
#
# **No.** Coins near 0.9 rarely show 7 heads in 10 flips; most of them are thrown away.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** A posterior mean from 4000 draws differs from the exact one by 0.004. Is the sampler wrong?
#
# <details><summary>A. Yes, four decimals should agree.</summary>
#
# **No.** Draws are random; no sampler gives all the decimals.
#
# </details>
# <details><summary>B. No, 0.004 is small.</summary>
#
# **No.** Small compared with what? For a posterior that is 0.0001 wide it would be a disaster.
#
# </details>
# <details><summary>C. It depends on the Monte Carlo standard error.</summary>
#
# **Right.** At two standard errors it is chance; at ten it is a bug.
#
# </details>

# %% [markdown]
# ## Troubleshooting
#
# **The installation fails.** `make lab` says in one line which Python it needs. On Windows, or with conda, follow the README. If a
# package is missing inside a notebook, the notebook runs in another environment: the kernel's name at the top right must be that
# of the environment in which you installed the course.
#
# **`numpyro.distributions` lacks an attribute.** With ArviZ 1.3, import `numpyro` itself before, or together with, its parts. Then ArviZ's lazy
# import cannot leave it half loaded.
#
# **The kernel dies, or memory runs out.** Draws are stored: chains × draws × dimensions × 4 bytes. Run fewer chains, or keep only what
# you need. Shut down other kernels. On a GPU, JAX takes most of the memory at once; set
# `XLA_PYTHON_CLIENT_PREALLOCATE=false` before starting.
#
# **Slower than expected.** Ask three questions, in this order.
#
# 1. *Does it compile again?* Every new shape, and every new run of `MCMC.run`, compiles. Count with
#    `course_utils.timing.count_compiles`. Compiled programs are kept on disk when you start with `make lab`.
# 2. *Which device?* `jax.devices()` tells. Small models are faster on a CPU than on a GPU.
# 3. *How much data?* The likelihood is evaluated at every step. Chapter 01 measures how time grows with data.
#
# **An error deep inside compiled code.** Switch compilation off, and the traceback points to your line:
#
# ```python
# with jax.disable_jit():
#     my_function(...)
# ```
#
# **NaN.** `jax.config.update("jax_debug_nans", True)` stops at the operation that made the first one.

# %% [markdown]
# ## You can now …
#
# - check your set-up by sampling,
# - say what a draw from a posterior is,
# - write and run a model in NumPyro,
# - measure an error in units of its own standard error,
# - find your way through a chapter.
#
# ### Further reading
#
# - Gelman, A., Carlin, J. B., Stern, H. S., Dunson, D. B., Vehtari, A. and Rubin, D. B. (2013). *Bayesian Data Analysis*, third edition.
#   CRC Press. Chapters 1, 2 and 5.
# - Phan, D., Pradhan, N. and Jankowiak, M. (2019). Composable effects for flexible and accelerated probabilistic programming in NumPyro.
#   arXiv:1912.11554.
# - Rubin, D. B. (1981). Estimation in parallel randomized experiments. *Journal of Educational Statistics* 6(4), 377–401.
# - Rubin, D. B. (1984). Bayesianly justifiable and relevant frequency calculations for the applied statistician. *Annals of Statistics*
#   12(4), 1151–1172. Section 3.1 describes *draw, simulate, keep*.
#
# **Next:** chapter 01 takes one coin and solves it in three ways.
