# %% [markdown]
# # 8. Is my sampler right?
#
# **Question.** A sampler runs, its chains agree, its plots look fine. How would you notice that it draws from the wrong distribution?
#
# After this chapter you will be able to
#
# - **compute** R-hat, bulk and tail ESS, MCSE and E-BFMI, and say what each can see,
# - **test** a sampler against an answer that is known: invariance, simulation-based calibration, the joint test,
# - **diagnose** a wrong sampler from its symptoms,
# - **choose** checks that cover each other's blind spots, each with a stated rate of false alarms,
# - **check** a model against its data with replicated data.
#
# **You need** chapters 00, 01, 02, 03, 06 and 07; 05 helps. Symbols are collected in [the notation table](notation.md), words in
# [the glossary](glossary.md).
#
# **Short of time?** Leave out *One check more*, *PyMC* and *What it costs*, and come back for them: nothing later needs them.
#
# <!-- times -->
# About 52 minutes to read, exercises not counted, 49 s to run (measured cold: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
import logging
import time
from functools import partial

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pymc as pm
from numpyro.infer import MCMC, NUTS, Predictive
from scipy import stats

from course_utils import checks, museum, targets
from course_utils.checks import fits, joint
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.display import show_source, use_style
from course_utils.exercises import check
from course_utils.exercises.chapter_08 import MYSTERY, PAIR, PATIENTS
from course_utils.figures import chapter_08 as figures
from course_utils.figures.chapter_03 import histograms
from course_utils.hmc import hmc
from course_utils.kernel import sample
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.models import binomial, mixture
from course_utils.models.contract import views_agree
from course_utils.museum import posteriors
from course_utils.museum.columns import COLUMNS
from course_utils.museum.exhibits import find
from course_utils.museum.matrix import matrix, read
from course_utils.nuts import nuts
from course_utils.timing import time_jax
from course_utils.warmup import warmup_and_sample

use_style()
logging.getLogger("pymc").setLevel(logging.WARNING)  # PyMC announces what it samples; we do so here

# %% [markdown]
# ## Picture first
#
# Two samplers, one target: a pair of standard normals with correlation 0.8. Each runs four chains, which start at four places, from the middle to far out,
# and are given 500 steps to come in. One of the two samplers is wrong. On the page, as in life, you see the chains and not the mistake.


# %%
pair = targets.gaussian(correlation=0.8)
KEPT, WARMUP, REPEATS = 10_000, 500, 3
STARTS = jnp.array([[0.0, 0.0], [1.0, 1.0], [-2.0, -2.0], [3.0, 3.0]])  # one for each chain


@partial(jax.jit, static_argnums=0)
def run_chains(kernel, key, starts=STARTS):
    """Draws (repeat, chain, draw, 2) after warm-up, and the mean acceptance rate."""
    draws, info = sample(key, kernel, jnp.tile(starts, (REPEATS, 1)), WARMUP + KEPT)
    return draws[:, WARMUP:].reshape(REPEATS, 4, KEPT, 2), info.acceptance_rate.mean()


right = metropolis_hastings(pair.logdensity, random_walk(1.0))
wrong = museum.noise_as_proposal(pair.logdensity, 1.0)
named = {"right": right, "noise_as_proposal": wrong}
first_runs = {
    letter: np.asarray(run_chains(named[name], jax.random.key(80))[0], dtype=float)
    for letter, name in PAIR.items()
}
first_look = {letter: draws[0] for letter, draws in first_runs.items()}

figures.traces(
    {letter: draws[:, :300, 0] for letter, draws in first_look.items()},
    {
        letter: f"R-hat {az.rhat(draws[..., 0]):.2f}, ESS {az.ess(draws[..., 0]):.0f}"
        for letter, draws in first_look.items()
    },
)

# %% [markdown]
# Both have an $\hat R$ of 1.00. One of them forgets faster, and its ESS is larger.
#
# **Predict.** Which one is wrong? Write down the letter, and what made you choose it.
#
# Here we know the target, so we may look: each coordinate is standard normal.

# %%
single = {letter: draws[..., 0].ravel() for letter, draws in first_look.items()}
histograms(single, stats.norm.pdf, -4, 4, label="x[0]")

# %%
rhats = {letter: float(az.rhat(draws[..., 0])) for letter, draws in first_look.items()}
better = az.ess(first_look["B"][..., 0]) > 2 * az.ess(first_look["A"][..., 0])
print("R-hat below 1.01 for both:", max(rhats.values()) < 1.01)
print("the ESS of B is more than twice that of A:", bool(better))
print("sd of x[0], exact 1:", {k: round(float(d[..., 0].std()), 1) for k, d in first_look.items()})

# %% [markdown]
# It is B, the one that looked better. It proposes the noise itself instead of position plus noise, and draws from a distribution that is too narrow. Nothing that is
# computed from its chains alone can say so: the chains are perfectly good draws, from something else.
#
# That is the theme of this chapter. **Some checks ask whether the chains agree with each other. Others ask whether they agree with the truth.** You need both kinds.

# %% [markdown]
# ## The mathematics
#
# ### What chains can say about each other
#
# **R-hat.** Cut each chain in two, so that a drift shows as a difference between halves. Let there be $C$ such half chains of $S$ draws each, with means $m_1, \dots, m_C$ and
# variances $v_1, \dots, v_C$. The variance *within* is $V_\mathrm{in} = \frac1C \sum_c v_c$. The variance *between* is $S$ times the sample variance of the means,
# $V_\mathrm{btw} = \frac{S}{C-1} \sum_c (m_c - \bar m)^2$. Both together estimate the variance of all draws as $\frac{S-1}{S} V_\mathrm{in} + \frac1S V_\mathrm{btw}$, and
#
# $$\hat R = \sqrt{\frac{\frac{S-1}{S}\, V_\mathrm{in} + \frac1S\, V_\mathrm{btw}}{V_\mathrm{in}}} .$$
#
# If all half chains have one law, the spread of the means $m_c$ goes to zero as chains grow (it is their MCSE), so $\tfrac1S V_\mathrm{btw}$ goes to zero, $V_\mathrm{in}$ does not, and $\hat R$ goes to 1.
#
# **Read this sentence backwards.** If all chains follow *one and the same* law $\pi'$, whatever it is, $\hat R$ goes to 1. The target $\pi$ does not occur in the formula. So $\hat R$ *cannot*
# tell a right sampler from one that draws from a wrong $\pi'$. It was not made for this. It sees chains that have not found each other yet.
#
# **Ranks.** A mean and a variance are poor summaries of a heavy tail. So replace each draw by its rank among all $N$ draws, from 1 to $N$, and each rank by the matching value of a normal
# distribution, $z = \Phi^{-1}\bigl((\mathrm{rank} - \tfrac38) / (N + \tfrac14)\bigr)$, with $\Phi$ the cumulative curve of the standard normal. This is the *rank-normalised* $\hat R$. Chains with equal centres and unequal *spread* pass it; they are caught by the same number for
# the distances from the median, $|x - \mathrm{median}|$. ArviZ reports the larger of the two (Vehtari et al., 2021). A *rank plot* shows the same thing: in chains that agree, each has its fair share of all ranks.
#
# **ESS and MCSE** you know from chapter 03. *Bulk* ESS is that of the rank-normalised draws. *Tail* ESS is the smaller of those of the two indicators "$x$ is below the 5 % quantile" and "… the 95 % quantile". A chain that visits
# its tails seldom and then stays has a fine bulk and a poor tail.
#
# **Energy.** HMC and NUTS, chapters 06 and 07, move on a level of the energy $H$ and change the level only by drawing a new momentum. Write $H_t$ for the energy at draw $t$. If the momentum
# changes $H$ by little compared with its spread over the target, the sampler creeps from level to level. The *estimated Bayesian fraction of missing information* is
#
# $$\text{E-BFMI} = \frac{\text{mean of } (H_t - H_{t-1})^2}{\text{variance of } H_t} ,$$
#
# for each chain. Below about 0.3 one worries (Betancourt, 2016). A *divergence* marks a place that the leapfrog cannot follow. Both are about the pair of sampler and *this* posterior.
#
# ### What the truth can say
#
# **How far chance reaches.** Let $F_N$ be the cumulative curve of $N$ *independent* draws from a law with cumulative curve $F$. The inequality of Dvoretzky, Kiefer and Wolfowitz, with Massart's constant, says that the largest gap
# exceeds $D$ with probability at most $2 e^{-2ND^2}$, for every law. Look at $Q$ quantities, allow a false alarm with probability $\kappa$ in all (`alpha` in the code), and solve for $D$:
#
# $$D = \sqrt{\frac{\log(2Q/\kappa)}{2N}} .$$
#
# A gap within this *envelope* is no evidence. A gap beyond it is a bug, except once in $1/\kappa$ runs.
#
# **The invariance test** (chapter 03): start $N$ chains from exact draws of a known target, take some steps, compare the end points with the target. One draw a chain, so they are independent.
#
# **Simulation-based calibration** (SBC). Mostly we can *not* draw from the posterior exactly. But we can draw from the model: a truth $\theta^\ast$ from the prior, then data $y$ given $\theta^\ast$. Now fit $y$, and get draws
# $\theta_1, \dots, \theta_N$. The theorem, in three lines:
#
# 1. $p(\theta^\ast)\, p(y \mid \theta^\ast) = p(y)\, p(\theta^\ast \mid y)$: given $y$, *the truth is one more draw from the posterior*.
# 2. So, if the fit is right and its draws independent, $\theta^\ast, \theta_1, \dots, \theta_N$ are $N + 1$ independent draws from one law, given $y$.
# 3. Each order of them is then equally likely: the rank of $\theta^\ast$, the number of $\theta_i$ below it, is uniform on $0, 1, \dots, N$. That is so for every $y$, hence over all $y$.
#
# The same holds for the rank of any function $f(\theta, y)$ without ties. Repeat with many truths and compare the ranks with the uniform law. (Each fit gives one rank, and the fits are independent. So in the envelope $D$ the number of *fits* stands in place of $N$.) Note the direction: a right sampler has uniform ranks. Uniform ranks do not make a sampler
# right. If $\theta_1, \dots, \theta_N$ come from the *prior*, whatever the data, then $\theta^\ast$ and the $\theta_i$ are again draws from one law, and the ranks of $\theta$ are uniform.
#
# **The joint test** (Geweke, 2004; in the form of Gandy and Scott, 2020). Draw $(\theta, y)$ from the model, let the sampler for $p(\theta \mid y)$ take a few steps from $\theta$ to $\theta'$. If it leaves every posterior as it is, $(\theta', y)$ has the joint law still.
# Compare any $f(\theta', y)$ with $f$ at fresh pairs. No long runs are needed, no posterior need be known, and nothing has to have converged. Two samples of $N$ each have the envelope $\sqrt{\log(2Q/\kappa)/N}$ (for $N \ge 458$; Wei and Dudley, 2012).
#
# Look *before* $y$ is drawn anew. A sampler that ignores the data turns $(\theta, y)$ into $(\theta', y)$ with $\theta'$ from the prior, independent of $y$: wrong. Draw $y'$ given $\theta'$ afterwards, and the pair is a perfect draw from the model.
#
# **Predict.** Which of the four, invariance test, SBC, joint test, $\hat R$, can find a mistake in the *log likelihood* that you wrote, as opposed to a mistake in the sampler? (The answer stands at the end of the chapter.)

# %% [markdown]
# ## By hand
#
# ### R-hat
#
# A few lines for the plain number, a few more for ranks. `chains` has the shape (chain, draw).


# %%
def split_rhat(chains):
    """Spread of all half chains together over the spread within them."""
    half = chains.shape[1] // 2
    halves = np.vstack([chains[:, :half], chains[:, -half:]])
    within = halves.var(axis=1, ddof=1).mean()
    between = half * halves.mean(axis=1).var(ddof=1)
    return np.sqrt(((half - 1) / half * within + between / half) / within)


def normal_scores(chains):
    """Replace each draw by the normal value that belongs to its rank among all draws."""
    ranks = stats.rankdata(chains).reshape(chains.shape)
    return stats.norm.ppf((ranks - 3 / 8) / (chains.size + 1 / 4))


def rank_rhat(chains):
    """The larger of two: for the place of the draws, and for their distance from the median."""
    folded = np.abs(chains - np.median(chains))
    return max(split_rhat(normal_scores(chains)), split_rhat(normal_scores(folded)))


# %% [markdown]
# We try them on chains that are made up: draws from NumPy, with a fault put in. **Predict.** Which faults does the plain number miss that the one of ranks finds?

# %%
rng = np.random.default_rng(8)
noise = rng.normal(size=(4, 1000))
apart, wider = np.array([[0.0], [0.0], [0.0], [0.5]]), np.array([[1.0], [1.0], [1.0], [2.0]])
made_up = {
    "all agree": noise,
    "one chain apart": noise + apart,
    "all drift alike": noise + np.linspace(-1, 1, 1000),
    "one chain wider": noise * wider,
    "heavy tails, one apart": np.tan(np.pi * rng.uniform(-0.5, 0.5, (4, 1000))) + 2 * apart,
    "all wrong alike": noise + 7,
}
by_hand = pd.DataFrame(
    {
        name: {
            "not split": float(az.rhat(chains, method="identity")),
            "split": split_rhat(chains),
            "rank": rank_rhat(chains),
        }
        for name, chains in made_up.items()
    }
).T
by_hand.round(2)

# %% [markdown]
# Without the split, a common drift goes unseen. Without ranks, so do a difference in spread and a shift among heavy tails (here a Cauchy law, which has no mean at all). The last row is the lesson of the first picture: *all wrong alike* is
# not among the faults that $\hat R$ can see. Now against ArviZ:

# %%
for chains in made_up.values():
    assert np.isclose(split_rhat(chains), az.rhat(chains, method="split"), rtol=1e-12)
    assert np.isclose(rank_rhat(chains), az.rhat(chains, method="rank"), rtol=1e-12)
    tails = [az.ess(chains <= np.quantile(chains, q), method="mean") for q in (0.05, 0.95)]
    bulk = az.ess(normal_scores(chains), method="mean")
    assert np.isclose(bulk, az.ess(chains, method="bulk"))
    assert np.isclose(min(tails), az.ess(chains, method="tail", prob=(0.05, 0.95)))
print("R-hat by hand equals ArviZ's methods 'split' and 'rank', to rounding")
print("bulk ESS is that of the normal scores, tail ESS the smaller of two indicators")
print("faults seen with ranks:", ", ".join(by_hand.index[by_hand["rank"] > 1.01]))

# %% [markdown]
# ### Simulation-based calibration
#
# The model is a coin with $p \sim \mathrm{Beta}(2, 2)$ and ten flips. Its posterior is $\mathrm{Beta}(2 + y, 12 - y)$, so "a sampler" is one line here, right or wrong. The loop follows the theorem.

# %%
FLIPS = 10


def sbc_by_hand(posterior_draws, num_fits, num_draws, rng):
    """Return the rank of the truth in each fit, and what it was found from."""
    ranks, truths, fitted = [], [], []
    for _ in range(num_fits):
        truth = rng.beta(2, 2)  # a truth from the prior
        heads = rng.binomial(FLIPS, truth)  # data from this truth
        draws = posterior_draws(heads, num_draws, rng)  # a fit
        ranks.append(np.sum(draws < truth))  # the place of the truth among the draws
        truths.append(truth)
        fitted.append(draws)
    return np.array(ranks), np.array(truths), np.array(fitted)


def beta_draws(sharpness=1.0, more_heads=0):
    """Draws from a posterior that is too narrow or too wide, or sees heads that were not."""

    def posterior_draws(heads, num_draws, rng):
        a, b = 2 + heads + more_heads, 2 + FLIPS - heads
        return rng.beta(sharpness * a, sharpness * b, size=num_draws)

    return posterior_draws


samplers = {
    "right": beta_draws(),
    "too sure": beta_draws(sharpness=3),
    "too unsure": beta_draws(sharpness=1 / 3),
    "shifted": beta_draws(more_heads=1),
}
num_fits, num_draws = 1000, 99
calibrated = {
    name: sbc_by_hand(draw, num_fits, num_draws, np.random.default_rng(81))
    for name, draw in samplers.items()
}
envelope = np.sqrt(np.log(2 * 1 / 1e-4) / (2 * num_fits))
assert np.isclose(envelope, checks.dkw_envelope(num_fits, 1, 1e-4))
print(f"with {num_fits} fits, chance explains a gap of up to {envelope:.3f}")

# %% [markdown]
# **Predict.** A posterior that is too narrow: where among its draws does the truth lie too often? Sketch the histogram of ranks for each of the four before you look.

# %%
figures.ranks({name: result[0] for name, result in calibrated.items()}, num_draws, envelope)

# %% [markdown]
# The shapes are a language. A *cup* means too narrow: the truth falls outside the draws too often. A *cap* means too wide. A *slope* means shifted: many low ranks say that the draws lie above the truth. Below, the same ranks as a cumulative
# curve minus an even one. For it there is a band that holds *at once* for the whole curve, which bars do not have.

# %%
even = np.arange(1, num_draws + 2) / (num_draws + 1)
gaps = {}
for name, (ranks, truths, fitted) in calibrated.items():
    below = np.cumsum(np.bincount(ranks, minlength=num_draws + 1)) / num_fits
    gaps[name] = np.abs(below - even).max()
    packaged = checks.sbc_ranks({"p": truths}, {"p": fitted})["p"]
    assert np.array_equal(packaged, ranks)
    verdict = checks.sbc({"p": truths}, {"p": fitted[:, None]})  # shape (fit, one chain, draw)
    assert verdict.passed == (gaps[name] <= envelope)
    print(f"{name:10} largest gap {gaps[name]:.3f}, calibrated: {verdict.passed}")
assert [name for name, gap in gaps.items() if gap <= envelope] == ["right"]

# %% [markdown]
# The package's `sbc_ranks` finds the same ranks, and its `sbc` the same verdict. It asks one thing more, that the draws of a fit be worth enough *independent* ones (see *Common mistakes*).

# %% [markdown]
# ## Fast
#
# Compiled, a thousand fits run side by side. This is the whole of it: `fit` is the body of our loop, and `jax.vmap` makes it a thousand fits.

# %%
show_source(fits._simulate, checks.sbc_ranks)

# %% [markdown]
# - `draw_joint` draws truth and data; `kernel_given(data)` builds the sampler for these data.
# - The chain starts from *another* draw of the prior. The truth itself is a draw from the posterior, so a chain that begins there is converged from its first step, and a sampler that never moves would pass.
# - `look` computes the quantities to be ranked, some of $\theta$ alone and some of $\theta$ and $y$ together.
# - `sbc_ranks` counts the draws below the truth, and breaks ties at random, which discrete quantities have.
#
# The model is a line with three points, $\theta \sim \mathrm{Normal}(0, 1)$ twice and $y_i \sim \mathrm{Normal}(\theta_0 + \theta_1 x_i, 1)$ at $x = 0, 1, 2$, whose posterior is known. The sampler is HMC, with the posterior's covariance as inverse mass matrix.


# %%
line_covariance = np.linalg.inv(np.eye(2) + posteriors.DESIGN.T @ posteriors.DESIGN)


def hmc_given(data):
    """HMC for the line's posterior given its data."""
    return hmc(posteriors.logdensity_given(data), 0.9, jnp.asarray(line_covariance), 2)


ALPHA = 1e-5  # of each comparison from here on (by hand 1e-4); all together less than 1e-3

begin = time.perf_counter()
exact, drawn = checks.simulate_fits(
    jax.random.key(82), posteriors.draw_joint, hmc_given, posteriors.QUANTITIES, num_draws=400
)
verdict = checks.sbc(exact, drawn, alpha=ALPHA)
seconds_sbc = time.perf_counter() - begin
print("HMC on the line is calibrated:", verdict.passed)
assert verdict.passed, verdict.message

# %% tags=["nbval-ignore-output"]
print(f"1000 fits, compiling and judging included: {seconds_sbc:.1f} s")
print(verdict.message)

# %% [markdown]
# `course_utils.sbc.run_fits(key, model)` does the same with NUTS and its warm-up, for any model of the course, and spreads the fits over the cores.
#
# The joint test is built alike. Its heart is this:

# %%
show_source(joint._simulate)

# %% [markdown]
# `move` runs the sampler, `cycle` moves and then redraws the data, so that small mistakes add up over cycles. The test looks at `(position, data)`, the data from *before* the last redraw. (With `redraws_last=True` it looks at `(position, redrawn)`, and we shall see what that costs.)

# %% [markdown]
# ## Is it right?
#
# First a right sampler: HMC on the line, for one data set, against the exact posterior.

# %%
_, data = posteriors.draw_joint(jax.random.key(83))
exact_mean = line_covariance @ posteriors.DESIGN.T @ data
run_hmc = jax.jit(lambda key: sample(key, hmc_given(data), jnp.zeros((4, 2)), 1000)[0])
hmc_draws = np.asarray(run_hmc(jax.random.key(84))[:, 100:], dtype=float)
for i in range(2):
    verdict = checks.mean_within_mcse(hmc_draws[..., i], float(exact_mean[i]), f"θ[{i}]", ALPHA)
    print(f"mean of θ[{i}] agrees with the exact one: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% tags=["tol-0.3"]
az.summary(az.from_dict({"posterior": {"θ": hmc_draws}}), kind="diagnostics")

# %% [markdown]
# (The tolerance is for the ESS, which on another processor, so with other draws, changes by some ten per cent. `ess_tail` in this table is for the 11 % and 89 % quantiles, ArviZ's setting `stats.ci_prob` = 0.89. Where we say
# tail ESS we hand in 0.05 and 0.95, as Vehtari et al. do.) $\hat R$, ESS and exact means are as they should be, and SBC passed it above.
#
# One right sampler on one seed is little. The course keeps a *museum*: right and wrong samplers, each asked by every check that applies to it, on several seeds (one program under one check is a *cell*). The page reads the recorded result (of `python -m course_utils.museum`). First the right ones.

# %%
recorded = read()
rightly = recorded[recorded.caught_by == ""]
print(
    f"{rightly.exhibit.nunique()} right programs, {len(rightly)} cells, {rightly.num_runs.sum()} runs"
)
print("false alarms:", rightly.num_failed.sum(), "| recorded:", ", ".join(rightly.date.unique()))
print(f"the whole museum took {recorded.seconds.sum() / 60:.0f} minutes")
assert (rightly.outcome == "passes").all()

# %% [markdown]
# A check may be trusted only if it is silent on right samplers *and* loud on wrong ones. The first half is done.

# %% [markdown]
# ## Where it breaks
#
# ### Four patients
#
# Four samplers of the same target, run as in the first picture. One is right. You see the symptoms.

# %%
mutants = {name: make(pair.logdensity, 1.0) for name, make in museum.METROPOLIS.items()}
mutants |= {name: make(0.8) for name, make in museum.GIBBS.items()}
mutants["noise_as_proposal"] = wrong  # compiled before
kernels = {letter: mutants.get(name, right) for letter, name in PATIENTS.items()}
patients, accepted = {}, {}
for name, kernel in kernels.items():
    draws, rate = run_chains(kernel, jax.random.key(86))
    patients[name], accepted[name] = np.asarray(draws, dtype=float), float(rate)

figures.gallery({name: draws[0] for name, draws in patients.items()}, correlation=0.8)


# %% tags=["tol-0.3"]
def look_at(draws, rate):
    """What can be read off the chains of one run, draws (chain, draw, 2)."""
    stays = draws[:, 1:] == draws[:, :-1]
    return {
        "R-hat": round(max(rank_rhat(draws[..., i]) for i in range(2)), 2),
        "accepted": round(rate, 2),
        "stands still": round(stays.all(axis=2).mean(), 2),
        "one moves, one stays": round((stays.sum(axis=2) == 1).mean(), 2),
        "mean fine": bool(abs(draws[..., 0].mean()) < 0.2),
        "sd": round(draws[..., 0].std(), 2),
        "sd of x[0] - x[1]": round((draws[..., 0] - draws[..., 1]).std(), 2),
    }


pd.DataFrame({name: look_at(draws[0], accepted[name]) for name, draws in patients.items()}).T

# %% [markdown]
# (*Stands still* is the share of steps that repeat the position before. *Mean fine*: within 0.2 of the exact 0. Exact are a standard deviation of 1 and, for the difference, of $\sqrt{2 - 2 \cdot 0.8} = 0.63$. The tolerance of this table and of the one in the
# exercises allows for other draws on another processor.)
#
# **Predict.** Which one is right? And what may be wrong in each of the three others? Use the third row of pictures too. Decide before you go on.
#
# The reveal. Patient I:

# %%
print(museum.show(museum.one_key_for_both))

# %% [markdown]
# One key draws the noise and makes the decision, so the two depend on each other: moves to one side are accepted more often. *Symptom:* a shifted mean. Patient III is a Gibbs sampler:

# %%
print(museum.show(museum.GIBBS["stale_values"]))

# %% [markdown]
# Both coordinates are drawn given where the other was *before* the step. Each histogram is perfect. Only the two together are not: the correlation has gone, and the difference varies far too much. *A check that looks at one coordinate at a time passes it.* Patient IV:

# %%
print(museum.show(museum.drops_rejections))

# %% [markdown]
# It goes on until a proposal is accepted (or 20 were refused), and so it hardly ever stands still. The right sampler stands still in more than half of its steps, most of all where the density is high. *Symptom:* too little time on the ridge, too much beside it. Here the ridge is
# so long that a single coordinate hardly shows it; the difference across the ridge does. Patient II is the random walk of the first picture. It is right.
#
# ### R-hat on trial
#
# "R-hat is below 1.01, so the sampler is right." If that were true, every wrong sampler would show an $\hat R$ of 1.01 or more. We ask all the museum's walks and Gibbs samplers on this target that move at all, three runs of four chains each, from the four starts of the first picture.

# %%
del mutants["never_moves"]  # its R-hat is infinite, which the matrix below counts as a failure
chains, rates = {}, {}
for name, kernel in mutants.items():
    draws, rate = run_chains(kernel, jax.random.key(86))
    chains[name], rates[name] = np.asarray(draws, dtype=float), float(rate)

one_height, _ = run_chains(mutants["stale_logdensity"], jax.random.key(86), jnp.ones((4, 2)))
equal_starts = {"stale_logdensity, four equal starts": np.asarray(one_height, dtype=float)}
worst_rhat = {
    name: np.array([max(rank_rhat(run[..., i]) for i in range(2)) for run in runs])
    for name, runs in (chains | equal_starts).items()
}

# %% tags=["tol-0.05"]
trial(
    "R-hat below 1.01 means that the sampler is right: every wrong one shows at least 1.01",
    worst_rhat,
    chapter="08",
    at_least=1.01,
)

# %% [markdown]
# (The tolerance is for the sampler that does show up: other draws change its $\hat R$ by a hundredth or two.) What $\hat R$ found is the one sampler whose chains have laws of their own: each compares with the height of its *own* start, and our four starts
# have four heights. The last line starts all four chains at one place, and the same sampler stays below 1.01 (before rounding). So choose starts that differ, and don't leave it to luck. All the others share one wrong law, and the mathematics told us what happens then.
#
# ### The matrix
#
# Here is the whole museum of samplers, *bug × check*, as recorded. Each row is a wrong sampler, each column a check. First walks, Gibbs samplers, and samplers that draw directly.

# %%
whole = matrix()
wrong_ones = whole[whole.index.get_level_values("caught_by") != ""]


def rows_of(*families):
    """The wrong samplers of some families, and the checks that apply to any of them."""
    table = wrong_ones[wrong_ones.index.get_level_values("family").isin(families)]
    table = table.droplevel(["family", "caught_by"])
    # Not a sampler but a matrix of flows, judged by detailed balance alone:
    table = table.drop(index="flows without the rejected part", errors="ignore")
    return table.loc[:, (table != "").any()]


figures.matrix(
    rows_of("Metropolis-Hastings", "Gibbs", "posterior draws"),
    "Wrong walks, Gibbs samplers and direct samplers.",
)

# %% [markdown]
# *Key reuse* runs one step under JAX's own checker of keys. *Rejected means repeated* compares the decisions with the positions. *Movement* asks whether at least half of the chains left their start and whether the acceptance rate is in a sensible range. Reversibility,
# volume, symplectic and energy order are the tests of chapter 06. `museum.show(museum.METROPOLIS["…"])`, or the same with `GIBBS`, `HMC` or `NUTS`, prints any row's mistake.
#
# Read a row: which checks see this bug? Read a column: what does this check miss? Then HMC and NUTS, which have a few checks more, of their integrator.

# %%
figures.matrix(rows_of("HMC", "NUTS"), "Wrong HMC and NUTS samplers.")

# %%
chain_bugs = rows_of("Metropolis-Hastings", "Gibbs", "HMC", "NUTS")
chain_bugs = chain_bugs[chain_bugs["R-hat"] != ""]
print(f"{len(chain_bugs)} wrong samplers that run chains")
for name in ("R-hat", "key reuse", "invariance", "joint test", "SBC with log likelihood"):
    asked = chain_bugs[chain_bugs[name] != ""][name]
    print(f"{name:24} asked of {len(asked):2}, fails {int((asked == 'fails').sum()):2}")
missed = chain_bugs[chain_bugs["invariance"] != "fails"]
print("where invariance cannot tell, movement fails:", bool((missed["movement"] == "fails").all()))

# %% [markdown]
# Two columns deserve a second look. *Invariance* misses none of the samplers that move: it is the first test of every sampler in this course. It needs a target with exact draws, and that is no restriction for testing a *sampler*, since you choose the target: take one with correlation and unequal scales (see *Common mistakes*). It says nothing about *your posterior*.
# For that there are the joint test and SBC, which take the model as it is. Here they see fewer bugs. Some of the missed samplers hardly move: like invariance, the joint test cannot see that, and SBC says that it cannot tell. For others the line is an easy target, and a harder model may show them.
#
# A matrix on a page should not be believed either. We measure some of its cells now, on seeds of our own, and compare.

# %%
print("asking …")
cells = {
    "one_key_for_both": ("invariance", "movement"),
    "ignores_the_data": (
        "joint test",
        "joint test, y redrawn last",
        "SBC of θ",
        "SBC with log likelihood",
    ),
    "forgets_last_half_kick": ("volume", "symplectic", "reversibility", "energy order"),
}
seeds = (881, 882, 883)
committed = whole.droplevel(["family", "caught_by"])
passed, seconds = {}, {}
for exhibit, names in cells.items():
    for name in names:
        passed[exhibit, name], seconds[exhibit, name] = [], []
        for seed in seeds:
            begin = time.perf_counter()
            verdict = COLUMNS[name].ask(find(exhibit), seed)
            seconds[exhibit, name].append(time.perf_counter() - begin)
            passed[exhibit, name].append(verdict.passed)

passed |= {(name, "R-hat"): worst_rhat[name] < 1.01 for name in mutants}  # measured above
for (exhibit, name), found in passed.items():
    outcome = "passes" if all(found) else "fails" if not any(found) else "differs"
    print(f"{exhibit:23} {name:27} {outcome}")
    assert outcome == committed.loc[exhibit, name], (exhibit, name, found)

# What the text below reads off the recorded matrix:
assert committed.loc["omits_the_prior", "SBC with log likelihood"] == "passes"
assert committed.loc["omits_the_prior", "joint test"] == "fails"
for name in ("reversibility", "volume", "symplectic", "energy order"):
    assert committed.loc["accepts_on_potential_only", name] == "passes"

# %% [markdown]
# All as recorded. Look for the blind spots that the mathematics promised, in these cells and in the pictures of the matrix:
#
# - **SBC of $\theta$ passes a sampler that ignores the data.** Its draws come from the prior, like the truth. The rank of the log likelihood depends on both, and sees it.
# - **The joint test with $y$ redrawn last passes it too.** Looked at before, it fails.
# - **SBC passes a sampler that omits the prior, with log likelihood and all.** On this line $\theta^\ast$ and the draws both scatter about the least-squares estimate with the same covariance, so neither is special. The joint test fails it.
# - **Reversibility, volume and energy are properties of the integrator.** They pass an HMC whose decision or whose momentum is wrong, such as `accepts_on_potential_only`.
#
# ### One check more
#
# And invariance? It tests the rule, not the journey. A walk on two humps far apart has a perfect rule and never crosses:

# %%
humps = mixture.Data(loc=(-10.0, 10.0), scale=(1.0, 1.0), weight=(0.5, 0.5))
twins = targets.mixture(humps)
hump_walk = metropolis_hastings(twins.logdensity, random_walk(2.4))
hump_starts = jnp.array([[-10.0], [-10.0], [10.0], [10.0]])
hump_run = jax.jit(lambda key: sample(key, hump_walk, hump_starts, 2000)[0][..., 0])

invariant, agree = np.zeros((2, len(seeds)), dtype=bool)
for i, seed in enumerate(seeds):
    key = jax.random.key(seed)
    invariant[i] = checks.invariance(key, hump_walk, twins, alpha=ALPHA).passed
    agree[i] = rank_rhat(np.asarray(hump_run(key), dtype=float)) < 1.01
print("invariance holds:", invariant.all(), "| R-hat is content:", agree.any())

# %% [markdown]
# Now $\hat R$ is the one that sees it, because the chains start on both sides. So a second sentence goes on trial: *a check that passes proves nothing about the others*. For each check we count, in the recorded matrix, the wrong samplers that pass it and fail another one, each on all
# three seeds. The chain that does not cross, measured just now on three, is one more row.

# %%
num_seeds = int(recorded[recorded.num_runs > 1].query("caught_by != ''").num_runs.min())
fails_one = (wrong_ones == "fails").any(axis=1)
pass_and_fail = {
    name: np.full(num_seeds, ((wrong_ones[name] == "passes") & fails_one).sum())
    for name in chain_bugs.columns
}
pass_and_fail["invariance"] += invariant & ~agree
pass_and_fail["R-hat"] += agree & ~invariant

trial(
    "A check that passes proves nothing about the others: at least 1 wrong sampler passes it and "
    "fails another",
    pass_and_fail,
    chapter="08",
    at_least=1,
)

# %% [markdown]
# Read the verdict line by line: what counts is that each line is at least 1. Checks are like witnesses. One tells you what it saw.
#
# ### When the sampler is right and the posterior is not kind
#
# A perfect sampler can fail on your posterior. Take $v \sim \mathrm{Normal}(0, 3)$ and nine coordinates $x_i \sim \mathrm{Normal}(0, e^{b v / 2})$. With $b = 0$ all is flat and easy. With $b = 1$ it is the funnel of chapter 06, narrow at one end. In both cases $v$ is normal with standard
# deviation 3. The sampler is the course's NUTS, right by all the checks above.


# %%
def logdensity_of(bend):
    """Nine numbers whose scale depends on v, for bend = 1; on nothing, for bend = 0."""

    def logdensity(position):
        v, x = position[0], position[1:]
        return -0.5 * (v / 3) ** 2 - 0.5 * jnp.sum(x**2) * jnp.exp(-bend * v) - 4.5 * bend * v

    return logdensity


@jax.jit
def run_nuts(key, bend):
    """Four chains, 500 steps of warm-up and 1000 draws."""
    key_start, key_run = jax.random.split(key)
    starts = jax.random.normal(key_start, (4, 10))
    build = partial(nuts, logdensity_of(bend))
    return warmup_and_sample(key_run, build, starts, 500, 1000, pooled=True)[:2]


print("sampling with NUTS …")
trees, energy, bfmi = {}, {}, {}
for name, bend in {"flat": 0.0, "funnel": 1.0}.items():
    draws, info = run_nuts(jax.random.key(87), bend)
    energy[name] = np.asarray(info.energy, dtype=float)
    steps = np.diff(energy[name], axis=1)
    bfmi[name] = (steps**2).mean(axis=1) / energy[name].var(axis=1, ddof=1)
    trees[name] = az.from_dict(
        {
            "posterior": {"v": np.asarray(draws[..., 0], dtype=float)},
            "sample_stats": {"energy": energy[name], "diverging": np.asarray(info.is_divergent)},
        }
    )
    theirs = az.bfmi(trees[name])["energy"].values
    assert np.allclose(bfmi[name], theirs)
    print(
        f"{name:7} E-BFMI above 0.3 in {int((theirs > 0.3).sum())} of 4 chains (by hand the same)"
    )

# %%
figures.energies(energy, {name: values.min() for name, values in bfmi.items()})

# %% [markdown]
# In the flat case a new momentum changes the energy by about as much as it varies at all. In the funnel the energy varies enormously, and one momentum changes it by little. What does that do to the answer?

# %%
for name, tree in trees.items():
    v = tree["posterior"]["v"].values
    verdict = checks.mean_within_mcse(v, 0.0, "v", ALPHA)
    tail = float(az.ess(v, method="tail", prob=(0.05, 0.95)))
    print(
        f"{name:7} R-hat below 1.01: {rank_rhat(v) < 1.01}; bulk and tail ESS above 400: "
        f"{bool(az.ess(v) > 400)}, {tail > 400}; mean of v: {verdict.property}, {verdict.passed}"
    )

# %% tags=["nbval-ignore-output"]
for name, tree in trees.items():
    v = tree["posterior"]["v"].values
    mcse_tail = float(az.mcse(v, method="quantile", prob=0.05))
    print(
        f"{name:7} sd of v {v.std():.2f} (exact 3); 5 % quantile {np.quantile(v, 0.05):.2f} "
        f"(exact {stats.norm.ppf(0.05, scale=3):.2f}), MCSE {mcse_tail:.2f}; "
        f"divergences {int(tree['sample_stats']['diverging'].sum())}"
    )

# %% [markdown]
# Here the diagnostics are the ones that help, each in its own way. The mean is not even judged: a verdict needs 400 effective draws. And note the MCSE of the quantile: an error bar from chains that never saw the neck is itself too small. The cure, another form of the model, is the subject of chapter 09.
#
# So the two kinds of checks divide the work. *Tests against the truth* ask, once and for all, whether the program is right. *Diagnostics* ask, for every fit anew, whether it has worked this time.

# %% [markdown]
# ## In the libraries
#
# ### ArviZ: rank plot and energy
#
# `az.plot_rank` draws, for each chain, the cumulative curve of its ranks among all draws minus an even one, much like our picture for SBC. Chains that agree stay close to zero. Black marks what a test of evenness finds suspicious.
# That test treats draws as independent: right chains with strong autocorrelation are marked too, so look at the curves first. Here is $v$ in the funnel.

# %%
figures.from_arviz(
    az.plot_rank(
        trees["funnel"],
        var_names="v",
        figure_kwargs={"figsize": (8, 3.6), "figsize_units": "inches"},
    ),
    caption="ArviZ's rank plot of v in the funnel, one line a chain. A line above zero: more than "
    "its share of low ranks. Black: what ArviZ's test of evenness finds suspicious.",
    alt="Four curves of cumulative rank differences that leave zero in different directions, with "
    "stretches marked in black.",
)

# %% [markdown]
# `az.plot_energy` would draw our picture of energies, and `az.summary` collects most of the numbers above.
#
# ### Replicated data: NumPyro
#
# A right sampler gives the posterior of the model *that you wrote*. Could this model have produced your data? No check above asks that. A *posterior predictive check* does: draw parameters from the posterior, draw a replicated data set for each, and compare
# a statistic of your choice with the observed one.
#
# The data: 100 flips of a coin that remembers. It shows the side of the flip before with probability 0.8. The model does not know that: 100 independent flips, $p \sim \mathrm{Beta}(2, 2)$.

# %%
rng = np.random.default_rng(88)
flips = (rng.integers(2) + np.cumsum(rng.random(100) > 0.8)) % 2
coin = binomial.model(binomial.Data(successes=flips, trials=np.ones(100, dtype=int)))

verdict = views_agree(coin, jax.random.key(88))
print("plain, NumPyro and PyMC are one model:", verdict.passed)
assert verdict.passed, verdict.message


# %%
@jax.jit
def draw_with_numpyro(key):
    """Run NumPyro's NUTS, and return the draws of p; as one program it compiles sooner."""
    mcmc = MCMC(
        NUTS(coin.numpyro),
        num_warmup=300,
        num_samples=500,
        num_chains=4,
        chain_method="vectorized",
        progress_bar=False,
    )
    mcmc.run(key)
    return mcmc.get_samples(group_by_chain=True)["p"]


print("sampling with NumPyro …")
p_draws = draw_with_numpyro(jax.random.key(89))
a, b = binomial.posterior(coin.data)
verdict = checks.mean_within_mcse(p_draws, a / (a + b), "p", ALPHA)
print("NumPyro agrees with the exact mean:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# `Predictive` runs the same program once for each draw, with `p` put in and `y` drawn. For that the program must not be handed the observed `y`, so `successes` is None.

# %%
blank = coin.data._replace(successes=None)
replicate = Predictive(coin.numpyro_given, {"p": p_draws}, batch_ndims=2)
y_numpyro = np.asarray(replicate(jax.random.key(90), blank)["y"])
print("replicated data (chain, draw, flip):", y_numpyro.shape)

# %% [markdown]
# **Predict.** Two statistics: the number of heads, and the number of switches from one side to the other. On which of them will the observed data look strange under the model?

# %%
statistics = {
    "number of heads": lambda y: y.sum(axis=-1),
    "number of switches": lambda y: (np.diff(y, axis=-1) != 0).sum(axis=-1),
}
observed = {name: int(f(flips)) for name, f in statistics.items()}
replicated = {name: f(y_numpyro) for name, f in statistics.items()}
figures.predictive({name: values.ravel() for name, values in replicated.items()}, observed)

# %% [markdown]
# The number of heads fits, and must: the model has a parameter for it. The number of switches does not fit at all. *Choose statistics that the model was not fitted to.* Both have exact predictive means: with $a, b$ the parameters of the posterior, $100\,\frac{a}{a+b}$ heads and
# $99 \cdot 2\,\mathrm{E}[p(1-p)] = 99 \cdot \frac{2ab}{(a+b)(a+b+1)}$ switches.

# %%
exact_means = {
    "number of heads": 100 * a / (a + b),
    "number of switches": 99 * 2 * a * b / ((a + b) * (a + b + 1)),
}
strange = {}
for name, values in replicated.items():
    verdict = checks.mean_within_mcse(values, exact_means[name], name, ALPHA)
    assert verdict.passed, verdict.message
    share = np.mean(values <= observed[name])
    strange[name] = not 0.01 < share < 0.99
    print(f"{name:18} predictive mean exact: {verdict.passed}; observed strange: {strange[name]}")
assert strange == {"number of heads": False, "number of switches": True}

# %% [markdown]
# ### PyMC
#
# PyMC's `sample_posterior_predictive` takes a model and any draws of its parameters, here NumPyro's.

# %%
print("replicating with PyMC …")
with coin.pymc():
    by_pymc = pm.sample_posterior_predictive(
        az.from_dict({"posterior": {"p": np.asarray(p_draws, dtype=float)}}),
        random_seed=90,
        progressbar=False,
    )
y_pymc = by_pymc["posterior_predictive"]["y"].values
for name, f in statistics.items():
    verdict = checks.mean_within_mcse(f(y_pymc), exact_means[name], name, ALPHA)
    print(f"{name:18} PyMC agrees with the exact predictive mean: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% [markdown]
# ArviZ draws such checks from a tree with observed and replicated data: `az.plot_ppc_dist` whole data sets, `az.plot_ppc_tstat` a statistic, `az.plot_ppc_pit` the rank of each observation. One warning: a predictive check uses the data twice, to fit and to judge, so it is
# mild. A share near 0.5 is no proof, just as $\hat R$ near 1 is none.

# %% [markdown]
# ## What it costs
#
# Above we took the time of each cell of the matrix that we asked: the first run compiles, the others do not.

# %% tags=["nbval-ignore-output"]
table = pd.DataFrame(
    [(name, runs[0], np.median(runs[1:])) for (_, name), runs in seconds.items()],
    columns=["check", "first_s", "again_s"],
)
table.groupby("check", sort=False).max().round(3)

# %% [markdown]
# (Where even `first_s` is 0.000, the check shared its runs with the one before it.) Once compiled, each check costs a fraction of a second here, and the tests of an integrator next to nothing. What one waits for is the first run, and nearly all of that is compilation.
# Weigh it against a wrong result.
#
# And the row for the course's table: the right walk on the museum's target.

# %% tags=["nbval-ignore-output"]
timing = time_jax(lambda key: run_chains(right, key)[0], jax.random.key(80), name="random walk")
row = cost_row(
    "random walk",
    "normal pair, correlation 0.8",
    patients["II"].reshape(-1, KEPT, 2),
    timing,
    accepted["II"],
    num_warmup=WARMUP,
)
running_table(row).T

# %% [markdown]
# ## Common mistakes
#
# **Trusting the integrator's tests for the sampler.** Here is the HMC whose momentum has a wrong covariance, a difference of one word:

# %%
lines = museum.show(museum.HMC["forgets_transpose"]).splitlines()
print("\n".join(line for line in lines if line[:2] in ("- ", "+ ")))

# %% [markdown]
# To draw a momentum with covariance $M$ from a Cholesky factor of $M^{-1}$ takes the transposed factor. Without it the covariance is another one (with the same eigenvalues). Its integrator is all right, and so are its decisions. The matrix says who is content:

# %%
row = committed.loc["forgets_transpose"]
print("passes:", ", ".join(row.index[row == "passes"]))
print("fails: ", ", ".join(row.index[row == "fails"]))

# %% [markdown]
# Only one check sees it, on a target with correlation and unequal scales. SBC and the joint test were asked on a posterior that is nearly blind to this mistake. *Test on a hard target.*
#
# **Testing one long chain.** A Kolmogorov-Smirnov test compares independent draws with a law. Draws of a chain are not. **Predict.** We cut the chains of the right walk A into stretches of 500 draws and test each at level 0.05. How many of 100 are rejected?

# %% tags=["tol-0.15"]
stretches = first_runs["A"][..., 0].reshape(-1, 500)
alone = np.array([stats.kstest(one, stats.norm.cdf).pvalue for one in stretches])
one_from_each = stats.kstest(stretches[:, -1], stats.norm.cdf).pvalue
print(f"of {len(stretches)} stretches, rejected at 0.05: {100 * np.mean(alone < 0.05):.0f} of 100")
print("one draw from each stretch, rejected at the level of this page:", one_from_each < ALPHA)
assert np.mean(alone < 0.05) > 0.5 and one_from_each >= ALPHA

# %% [markdown]
# A level of 0.05 promises 5 of 100, to *independent* draws. (The tolerance is for that share, which other draws change by some hundredths.) That is why the invariance test takes one draw from each of many chains. For the same reason SBC wants draws that hardly depend on each other:


# %%
def sticky_draws(heads, num_draws, rng):
    """Exact posterior draws, each repeated 20 times, as in a chain that rejects nearly all."""
    return np.repeat(beta_draws()(heads, num_draws // 20, rng), 20)


sticky_ranks, truths, fitted = sbc_by_hand(sticky_draws, num_fits, 100, np.random.default_rng(93))
below = np.cumsum(np.bincount(sticky_ranks, minlength=101)) / num_fits
gap = np.abs(below - np.arange(1, 102) / 101).max()
verdict = checks.sbc({"p": truths}, {"p": fitted[:, None]})  # shape (fit, one chain, draw)
print(f"right draws, each 20 times: ranks outside the envelope: {gap > envelope}")
print(f"the check's answer: {verdict.property}, passed {verdict.passed}")
assert gap > envelope and verdict.property == "effective draws"

# %% [markdown]
# A right sampler, and ranks that are not even: a fit has five different draws, so the truth lies below all of them or above all of them far too often. The check does not call that a bug, it says that the draws are too few: take longer chains.
#
# **Trying seeds until the test is green.** With a false-alarm rate of $\kappa$ for each try, a right sampler hardly ever needs a second one. A wrong sampler near the edge gets through after some tries. Fix $\kappa$ first, small, and believe the answer.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself. Worked answers are in
# [the solutions](solutions/08_is_my_sampler_right.ipynb); try first.
#
# ### Exercise 8.1: change one number
#
# You want to call any *observed* gap above 0.05 a bug, with SBC. You look at three quantities, and allow one false alarm in 10,000. How many fits do you need, at least? Give the smallest whole number for which the envelope $D$ is at most 0.05.
#
# <details><summary>Hint</summary>Solve the formula for D under <em>How far chance reaches</em> for N, here the number of fits. Q is 3, κ is 0.0001.</details>

# %% tags=["exercise"]
# Exercise 8.1
num_fits_needed = None  # your number
# your code here

# %% tags=["check"]
check("8.1", num_fits_needed)

# %% [markdown]
# ### Exercise 8.2: three more patients
#
# X, Y and Z are wrong samplers of the same target as before, two standard normals with correlation 0.8, run with step size 1. Their symptoms:

# %% tags=["tol-0.3"]
pd.DataFrame({letter: look_at(chains[name][0], rates[name]) for letter, name in MYSTERY.items()}).T

# %% [markdown]
# Which is which? Choose from these names.
#
# - `"accepts_per_coordinate"`: decides for each coordinate on its own
# - `"never_moves"`: steps a thousand times too long
# - `"records_the_proposal"`: writes down each proposal, also the refused ones, while the chain itself is right
# - `"stale_logdensity"`: compares every proposal with the log density of the start
# - `"variance_as_sd"`: Gibbs, with the conditional variance where the standard deviation belongs
#
# <details><summary>Hint 1</summary>For a sampler that accepts or rejects as a whole, how are <em>accepted</em> and <em>stands still</em> related?</details>
# <details><summary>Hint 2</summary>In which of them do the chains depend for ever on where they started?</details>

# %% tags=["exercise"]
# Exercise 8.2
diagnosis = {"X": None, "Y": None, "Z": None}  # the name of a bug for each
# your code here

# %% tags=["check"]
check("8.2", diagnosis)

# %% [markdown]
# ### Exercise 8.3: find the bug
#
# This loop is meant to do simulation-based calibration for the coin with ten flips. Handed exact posterior draws, it gives ranks that are far from even. The sampler is right, so the loop must be wrong. Find the mistake and write the repaired function. (It returns the ranks alone.)


# %%
def calibration_with_a_bug(posterior_draws, num_fits, num_draws, rng):
    """Something is in the wrong place."""
    ranks = []
    truth = rng.beta(2, 2)
    for _ in range(num_fits):
        heads = rng.binomial(FLIPS, truth)
        draws = posterior_draws(heads, num_draws, rng)
        ranks.append(np.sum(draws < truth))
    return np.array(ranks)


buggy = calibration_with_a_bug(beta_draws(), num_fits, num_draws, np.random.default_rng(83))
below = np.cumsum(np.bincount(buggy, minlength=num_draws + 1)) / num_fits
print(f"largest gap {np.abs(below - even).max():.2f}, chance explains {envelope:.2f}")

# %% [markdown]
# <details><summary>Hint 1</summary>Line 1 of the theorem starts with p(θ*). Is that what the loop does?</details>
# <details><summary>Hint 2</summary>A posterior is calibrated on average over the prior, not at one truth.</details>


# %% tags=["exercise"]
# Exercise 8.3
def repaired_calibration(posterior_draws, num_fits, num_draws, rng):
    """Return the ranks of num_fits truths, each among num_draws draws."""
    ...  # your code here


# %% tags=["check"]
check("8.3", repaired_calibration)

# %% [markdown]
# ### Exercise 8.4: a quantity that sees it
#
# A sampler of the coin ignores the data and draws from the prior. The ranks of $p$ do not show it. Write a quantity $f(p, y)$ whose ranks do. `p` is an array, `y` the number of heads in ten flips; return one number for each `p`. The checker runs 1000 fits with exact draws, which must pass, and 1000 with draws from the
# prior, which must fail.
#
# <details><summary>Hint 1</summary>The order in which your quantity puts values of p must change with y: values of p that suit the data must come out on one side. The order of p · y is that of p for every y above 0.</details>
# <details><summary>Hint 2</summary>The chapter names a quantity that ties parameters to data.</details>


# %% tags=["exercise"]
# Exercise 8.4
def telling_quantity(p, y):
    """Return a number for each p that depends on the data as well."""
    ...  # your code here


# %% tags=["check"]
check("8.4", telling_quantity)

# %% [markdown]
# ### Exercise 8.5: build the variant
#
# Build the invariance test in NumPy. You are given `draw(rng, num)`, which makes `num` exact draws at once; `step(x, rng)`, which moves an array of positions by one step; and `cdf(x)`, the exact cumulative distribution function. Return the largest gap between the cumulative curve of the
# positions *after* `num_steps` steps and `cdf`. The curve of $N$ sorted values jumps at each value from $i/N$ to $(i+1)/N$, with $i = 0, 1, \dots$; look at both sides of every jump. SciPy may do that for you.
#
# <details><summary>Hint 1</summary><code>x = draw(rng, num_chains)</code>, then a loop of steps, then a comparison.</details>
# <details><summary>Hint 2</summary><code>stats.kstest</code> takes a sample and a cdf; its result has a field <code>statistic</code>.</details>


# %% tags=["exercise"]
# Exercise 8.5
def gap_after_steps(draw, step, cdf, num_chains, num_steps, rng):
    """Start from exact draws, take steps, return the largest gap to the exact law."""
    ...  # your code here


# %% tags=["check"]
check("8.5", gap_after_steps)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** Four chains of a sampler have an R-hat of 1.00 and a bulk ESS of 5000. What do you know?
#
# <details><summary>A. The draws come from the target.</summary>
#
# **No.** The target does not occur in either formula. Chains of a wrong sampler agree with each other just as well.
#
# </details>
# <details><summary>B. The mean has a small error.</summary>
#
# **No.** The Monte Carlo error is small. The error of drawing from a wrong law, if it is one, is not in it.
#
# </details>
# <details><summary>C. The chains agree with one another.</summary>
#
# **Right.** That is what was computed. Whether they agree with the target takes a test that knows the target.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** The rank histogram of an SBC run has a cup: too many ranks near 0 and near N. What is a likely reason?
#
# <details><summary>A. The posteriors are too narrow, or the draws of a fit too dependent.</summary>
#
# **Right.** In both cases the draws of a fit huddle together, and the truth falls outside of them too often.
#
# </details>
# <details><summary>B. The posteriors are too wide, so the truth is seldom far out.</summary>
#
# **No.** Then the truth would lie in the middle of the draws too often: a cap.
#
# </details>
# <details><summary>C. The posteriors are shifted, all of them to the same side.</summary>
#
# **No.** Then ranks would pile up at one end: a slope.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** You wrote a new sampler, and a new model to use it on. Which check comes first?
#
# <details><summary>A. A posterior predictive check with the data.</summary>
#
# **No.** If it fails, you will not know whether model, likelihood or sampler is at fault.
#
# </details>
# <details><summary>B. The invariance test on a known target.</summary>
#
# **Right.** It judges the sampler alone. Then comes the model: its log density against another version, SBC or the joint test. Then the fit, by diagnostics.
#
# </details>
# <details><summary>C. R-hat and ESS of a long run on the model.</summary>
#
# **No.** They come last, and for every fit. A wrong sampler may show the best numbers of all, as B did in the first picture.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - say what R-hat, ESS, MCSE and E-BFMI are computed from, and therefore what they cannot see,
# - test a sampler on a known target, and a whole analysis by SBC and by the joint test, with a rate of false alarms that you chose,
# - read a histogram of ranks: cup, cap, slope,
# - diagnose from symptoms, and look at joint statistics as well as single ones,
# - keep apart three questions: is the program right, did this fit work, does the model fit the data?
#
# The answer to the question about the log likelihood: the invariance test and $\hat R$ take the log density as it is, so they cannot know that it is not the one you meant. SBC and the joint test draw data from the model by *another* program, and so can see that the two do not match. So can
# `views_agree`, which compares three versions of one model.
#
# ### Further reading
#
# - Betancourt, M. (2016). Diagnosing suboptimal cotangent disintegrations in Hamiltonian Monte Carlo. arXiv:1604.00695.
# - Gandy, A. and Scott, J. (2020). Unit testing for MCMC and other Monte Carlo methods. arXiv:2001.06465.
# - Gelman, A., Carlin, J. B., Stern, H. S., Dunson, D. B., Vehtari, A. and Rubin, D. B. (2013). *Bayesian Data Analysis*, third edition, chapter 6 on
#   predictive checks. CRC Press.
# - Gelman, A. and Rubin, D. B. (1992). Inference from iterative simulation using multiple sequences. *Statistical Science* 7(4), 457–472.
# - Geweke, J. (2004). Getting it right: joint distribution tests of posterior simulators. *Journal of the American Statistical
#   Association* 99(467), 799–804.
# - Massart, P. (1990). The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality. *Annals of Probability* 18(3), 1269–1283.
# - Modrák, M., Moon, A. H., Kim, S., Bürkner, P., Huurre, N., Faltejsková, K., Gelman, A. and Vehtari, A. (2025). Simulation-based calibration checking for
#   Bayesian computation: the choice of test quantities shapes sensitivity. *Bayesian Analysis* 20(2), 461–488.
# - Talts, S., Betancourt, M., Simpson, D., Vehtari, A. and Gelman, A. (2018). Validating Bayesian inference algorithms with
#   simulation-based calibration. arXiv:1804.06788.
# - Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021). Rank-normalization, folding, and localization:
#   an improved R-hat for assessing convergence of MCMC. *Bayesian Analysis* 16(2), 667–718.
# - Wei, F. and Dudley, R. M. (2012). Two-sample Dvoretzky-Kiefer-Wolfowitz inequalities. *Statistics & Probability Letters*
#   82(3), 636–644.
#
# **Next:** chapter 09 takes the eight schools, a model with a funnel inside, and gives it a form in which every check of this chapter is content.
