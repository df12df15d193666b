# %% [markdown]
# # 12. Choosing a sampler
#
# **Question.** You have a model and an evening. Which sampler, and how would you know that it was the wrong choice?
#
# After this chapter you will be able to
#
# - **say** what a comparison of samplers must state before it means anything,
# - **compute** what an effective draw costs, and from how many on a dear start pays,
# - **turn** an approximation into a sampler that is right, and read its acceptance as a diagnosis,
# - **read** the table of five methods with measured numbers, and distrust the one without,
# - **decide** for a model of your own, and check the decision.
#
# **You need** chapters 03, 05, 06, 07, 09 and 10. Symbols are collected in [the notation table](notation.md), words in
# [the glossary](glossary.md).
#
# <!-- times -->
# About 56 minutes to read, exercises not counted, 59 s to run (measured cold: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
import time

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import optax
import pandas as pd
import pymc as pm
from numpyro.infer import HMC, MCMC, SA, SVI, HMCGibbs, Trace_ELBO
from numpyro.infer.autoguide import AutoDiagonalNormal

from course_utils import checks, methods, museum
from course_utils.bench.jobs import read_rows
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.data import DATA_FOLDER
from course_utils.display import show_source, use_style
from course_utils.exercises import check
from course_utils.figures import chapter_12 as figures
from course_utils.kernel import sample
from course_utils.methods import programs
from course_utils.mh import independence, metropolis_hastings
from course_utils.models import registry, views_agree
from course_utils.timing import time_jax

use_style()

# %% [markdown]
# ## Picture first
#
# Five methods of this course, one posterior: the eight schools of chapter 09. Each runs four chains, and at every moment we ask how far the probabilities that its draws report are from the exact ones. (If 7 % of the draws lie below the exact 5 % quantile, that is an error of 2 percentage points.)
#
# These runs took place once, on a quiet machine, and were recorded. (A step of warm-up is taken to cost as much as a step after it; for HMC and NUTS it costs somewhat more.) The page reads the record; you can make your own with the command in `data/benchmarks/README.md`.

# %%
rows = read_rows(DATA_FOLDER / "benchmarks" / "methods.jsonl")
recorded = {(row["model"], row["system"]): row for row in rows if row["status"] == "ok"}
machine = rows[0]
where = f"{machine['cpu']}, {machine['threads']} threads, {machine['date'][:10]}"
names = list(methods.METHODS)


def path_of(model, method):
    """Seconds after the start of a run, and the error there, compiling left out."""
    row = recorded[model, method]
    warmup_s, run_s = np.median(row["warmup_run_s"]), np.median(row["handed_out_s"])
    share = np.array(row["path_draws"]) / row["draws"]
    return warmup_s + share * (run_s - warmup_s), np.array(row["path_error"])


paths = {method: path_of("eight_schools", method) for method in names}
figures.race(paths, "Eight schools", where, floor="VI")

# %% [markdown]
# In the end the four samplers fall about alike, by the $1/\sqrt{N}$ of independent draws (with wobbles: these are few runs). They differ by a *shift to the right*: by what one effective draw costs. Variational inference (VI) falls as well, but only to a floor. More draws from a wrong distribution tell more precisely what that distribution is.
#
# **Predict.** HMC is ahead here, and NUTS far to the right of it. Will the order be the same for a coin? And who is ahead when compiling is counted? Write it down; the numbers come in *The table*, the order under *Where it breaks*.

# %%
for moment in (0.005, 0.02):
    reached = {
        method: np.exp(np.interp(np.log(moment), np.log(seconds), np.log(error)))
        for method, (seconds, error) in paths.items()
        if seconds[0] <= moment
    }
    waiting = ", ".join(method for method in names if method not in reached) or "nobody"
    print(
        f"after {1000 * moment:2.0f} ms: ahead {min(reached, key=reached.get)}; "
        f"still in warm-up: {waiting}"
    )
ends = {method: error[-1] for method, (_, error) in paths.items()}
print(f"at the end of its run, {max(ends, key=ends.get)} has the largest error")

# %% [markdown]
# ## The mathematics
#
# **What one effective draw costs.** A run has a *fixed cost* $F$, in seconds: compiling, and warm-up. After that a step takes $t_1$ seconds, and it takes $\tau_\mathrm{int}$ steps, the integrated autocorrelation time of chapter 03, for one effective draw. So $n$ effective draws cost
#
# $$F + \nu\, n \text{ seconds}, \qquad \nu = \tau_\mathrm{int}\, t_1 .$$
#
# $\nu$ is the *price* of an effective draw, and $1 / \nu$ is the rate of *effective draws per second*. A quick step with a large $\tau_\mathrm{int}$ and a slow one with a small $\tau_\mathrm{int}$ may have the same price. **Only the product counts.** And two methods $a$ and $b$ cost the same at
#
# $$F_a + \nu_a n = F_b + \nu_b n \quad\Longleftrightarrow\quad n = \frac{F_b - F_a}{\nu_a - \nu_b} ,$$
#
# if this is positive. Below the crossover the one with the cheaper start wins, above it the one with the lower price. *So who wins depends on how much you ask for.*
#
# **What an effective draw is.** A chain has an ESS for each quantity. We take the smallest, over all quantities of the model, of bulk and tail ESS: you wait for the worst.
#
# **When the draws are wrong.** VI's draws are independent: $\tau_\mathrm{int} = 1$, acceptance 100 %. It means nothing, because they are draws from $q$, the approximation, and not from $\pi$. To put VI into one table with the others we need an honest count of what its draws are worth *for the posterior*. Chapter 03 has a tool: use the draws from $q$ as proposals of an *independence sampler*. A draw $x' \sim q$ is accepted with probability $\min(1, r)$,
#
# $$r(x, x') = \frac{\gamma(x')\, q(x)}{\gamma(x)\, q(x')} = \frac{w(x')}{w(x)}, \qquad w(x) = \frac{\gamma(x)}{q(x)} ,$$
#
# and $w$ is the importance weight of chapter 10. The chain is invariant for $\pi$, whatever $q$ is. If $q = \pi$, all weights are equal and everything is accepted. If $q$ misses a part of $\pi$, the chain comes there rarely, with a huge weight, and then sits there. So *acceptance* and *autocorrelation of VI* can be measured: those of this chain. They say of $q$ what Pareto $\hat k$ says, in units of work.
#
# **Gibbs for the three models.** We compare on the coin of chapter 01, the line of chapter 07 and the eight schools, because their exact posteriors are known. Gibbs needs conditionals.
#
# - *The coin* has one unknown. Given nothing else, its conditional **is** the posterior, $\mathrm{Beta}(2 + \text{heads}, 2 + \text{tails})$. So this Gibbs sampler draws independently, and a comparison on such a model says little about Gibbs elsewhere.
# - *The line*: $y_i \sim \mathrm{Normal}(m x_i + b, \sigma_i)$ with $m = \tan\theta$ and $b = b_\perp / \cos\theta$ and, from chapter 07, $b_\perp \sim \mathrm{Normal}(0, 1)$ and $\theta$ uniform between $\pm\pi/2$. Given $\theta$, everything that contains $b_\perp$ is $e^{-b_\perp^2 / 2}$ times factors $\exp\bigl(-(r_i - b_\perp/\cos\theta)^2 / 2\sigma_i^2\bigr)$ with $r_i = y_i - x_i \tan\theta$: a normal, with
#
# $$\text{precision } P = 1 + \frac{1}{\cos^2\theta} \sum_i \frac{1}{\sigma_i^2}, \qquad \text{mean } \frac{1}{P \cos\theta} \sum_i \frac{r_i}{\sigma_i^2} .$$
#
#   Given $b_\perp$, the law of $\theta$ has no name. A step of a random walk moves it: *Metropolis within Gibbs* (chapter 05).
# - *The eight schools*, centered: $\theta_j$ given the rest is the shrinkage formula of chapter 09, with $B_j = \sigma_j^2 / (\sigma_j^2 + \tau^2)$, and $\mu$ given the rest is normal with precision $\frac{1}{25} + \frac{8}{\tau^2}$ and mean $\sum_j \theta_j / \tau^2$ over that. Only $\tau$ with its half-Cauchy prior has no name. A trick gives it one: an *auxiliary variable* $a$, added for this purpose alone. If
#
# $$a \sim \mathrm{InverseGamma}\bigl(\tfrac12, \tfrac1{25}\bigr), \qquad \tau^2 \mid a \sim \mathrm{InverseGamma}\bigl(\tfrac12, \tfrac1a\bigr),$$
#
#   then $\tau \sim \mathrm{HalfCauchy}(5)$ (Wand et al., 2011): the density of $\tau^2$ is proportional to $\int a^{-1/2} (\tau^2)^{-3/2} e^{-1/(a\tau^2)} \cdot a^{-3/2} e^{-1/(25a)}\,\mathrm{d}a$, and with $v = 1/a$ this is $(\tau^2)^{-3/2} \int e^{-v(1/\tau^2 + 1/25)}\,\mathrm{d}v = (\tau^2)^{-3/2} / (1/\tau^2 + 1/25)$, proportional to $(\tau^2)^{-1/2} / (1 + \tau^2/25)$. The factor $\mathrm{d}\tau^2/\mathrm{d}\tau = 2\tau$ takes the $(\tau^2)^{-1/2}$ away. Now collect the factors of each:
#
# $$\tau^2 \mid \text{rest} \sim \mathrm{InverseGamma}\Bigl(\tfrac{1 + 8}{2},\; \tfrac1a + \tfrac12 \sum_j (\theta_j - \mu)^2\Bigr), \qquad
# a \mid \text{rest} \sim \mathrm{InverseGamma}\Bigl(1,\; \tfrac1{25} + \tfrac1{\tau^2}\Bigr) .$$
#
#   (In code write $1 - B_j$ as $\tau^2 / (\sigma_j^2 + \tau^2)$. As a difference, in 32 bits, it is exactly 0 for small $\tau$. Then all $\theta_j$ equal $\mu$, the next $\tau$ is smaller still, and the chain never returns from the neck.)
#
# **In which coordinates?** Gibbs needs the centered form, because there the conditionals have names. The four others get the noncentered form, since chapter 09 showed what the funnel does to whoever moves all coordinates at once. That is not unfair. Choosing coordinates is part of using a method; a comparison should give each the form that suits it, *and say so*. Further down we take that gift away.

# %% [markdown]
# ## By hand
#
# Now an honest comparison of two samplers, in plain NumPy, with nothing hidden. The target is the line, two unknowns. First its log density, from the formulas above.

# %%
line = registry.build("line")
x_data, y_data, sigma = (np.asarray(column, float) for column in line.data)


def log_line(b_perp, theta):
    """Log posterior of the line by hand, without its constant; theta within ± π/2."""
    residuals = y_data - np.tan(theta) * x_data - b_perp / np.cos(theta)
    return -0.5 * b_perp**2 - 0.5 * np.sum((residuals / sigma) ** 2)


def log_gamma(position):
    """The same for a position (b_perp, theta), and minus infinity where theta is no angle."""
    b_perp, theta = position
    return log_line(b_perp, theta) if abs(theta) < np.pi / 2 else -np.inf


# %% [markdown]
# One loop serves both samplers. `propose(position, z)` turns normal noise into a proposal, and `log_q(position)` is the logarithm of the density of proposing that position, or zero for a symmetric walk, where it cancels.


# %%
def metropolis_hastings_by_hand(log_gamma, propose, log_q, start, noise, uniforms):
    """One chain; returns its positions and which proposals were accepted."""
    position, log_w = start, log_gamma(start) - log_q(start)
    draws, accepted = [], []
    for z, u in zip(noise, uniforms, strict=True):
        proposal = propose(position, z)
        log_w_proposal = log_gamma(proposal) - log_q(proposal)
        is_accepted = np.log(u) < log_w_proposal - log_w
        if is_accepted:
            position, log_w = proposal, log_w_proposal
        draws.append(position)
        accepted.append(is_accepted)
    return np.array(draws), np.array(accepted)


def tau_int_by_hand(values):
    """Integrated autocorrelation time of one chain; the sum stops where rho turns negative."""
    centred, length = values - values.mean(), len(values)
    rho_sum = 0.0
    for lag in range(1, length // 10):
        rho = (centred[:-lag] * centred[lag:]).mean() / centred.var()
        if rho < 0:  # from here on there is only noise
            break
        rho_sum += rho
    return 1 + 2 * rho_sum


# %% [markdown]
# `log_w` is $\log w = \log\gamma - \log q$, so `log_w_proposal - log_w` is $\log r$: the Hastings ratio and the importance weights are one thing.
#
# The random walk comes first. Then the independence sampler: it needs a $q$, so we take the mean and the covariance of the walk's first 2000 draws, the *pilot run*, and use that normal. The pilot run is part of its cost.

# %%
rng = np.random.default_rng(12)
start = np.array([0.0, 0.8])
step_size = 0.06


def no_log_q(position):
    """A symmetric proposal: q cancels."""
    return 0.0


def timed(num_draws, propose, log_q, start):
    """Run a sampler, and take the time."""
    noise, uniforms = rng.normal(size=(num_draws, 2)), rng.uniform(size=num_draws)
    begin = time.perf_counter()
    draws, accepted = metropolis_hastings_by_hand(log_gamma, propose, log_q, start, noise, uniforms)
    return draws, accepted, time.perf_counter() - begin


def walk_proposal(position, z):
    """A step of the random walk."""
    return position + step_size * z


pilot, _, pilot_s = timed(2000, walk_proposal, no_log_q, start)
fit_mean, fit_root = pilot.mean(axis=0), np.linalg.cholesky(np.cov(pilot.T))


def fitted_proposal(position, z):
    """A draw from the fitted normal, wherever the chain stands."""
    return fit_mean + fit_root @ z


def log_fitted(position):
    """Its log density, without the constant."""
    return -0.5 * np.sum(np.linalg.solve(fit_root, position - fit_mean) ** 2)


walk, walk_accepted, walk_s = timed(10_000, walk_proposal, no_log_q, pilot[-1])
fitted, fitted_accepted, fitted_s = timed(10_000, fitted_proposal, log_fitted, pilot[-1])

angle = np.linspace(0, 2 * np.pi, 100)
outline = fit_mean[:, None] + 2 * fit_root @ [np.cos(angle), np.sin(angle)]
figures.two_walks(
    np.vectorize(log_line),
    {"random walk": walk[:60], "independence sampler": fitted[:60]},
    outline,
    ((fit_mean[0] - 0.17, fit_mean[0] + 0.17), (fit_mean[1] - 0.11, fit_mean[1] + 0.11)),
)

# %% [markdown]
# In the same number of steps the walk has been to far fewer places, for it stands still when a proposal is refused, and it moves to the neighbourhood. Now count. We take the worse of the two unknowns.

# %% tags=["nbval-ignore-output"]
compared = {}
for name, draws, accepted, seconds, fixed in (
    ("random walk", walk, walk_accepted, walk_s, pilot_s),
    ("independence sampler", fitted, fitted_accepted, fitted_s, pilot_s),
):
    tau = max(tau_int_by_hand(column) for column in draws.T)
    compared[name] = {
        "µs per step": 1e6 * seconds / len(draws),
        "acceptance": accepted.mean(),
        "τ_int": tau,
        "ESS": len(draws) / tau,
        "ESS per second": len(draws) / tau / seconds,
        "with the pilot run": len(draws) / tau / (seconds + fixed),
    }
pd.DataFrame(compared).T.round(2)

# %%
tau_walk, tau_fitted = (compared[name]["τ_int"] for name in compared)
print(
    "an effective draw takes the walk at least three times as many steps:",
    tau_walk > 3 * tau_fitted,
)
assert tau_walk > 3 * tau_fitted
exact_line = line.reference()
# Some 18 comparisons with exact answers stand on this page: together a false alarm below 1 in 1000.
ALPHA = 5e-5
for name, draws in {"random walk": walk, "independence sampler": fitted}.items():
    for column, site in enumerate(("b_perp", "theta")):
        quarters = draws[:, column].reshape(4, -1)  # as four chains
        verdict = checks.mean_within_mcse(
            quarters, float(exact_line[site].mean), site, alpha=ALPHA, min_ess=200
        )
        assert verdict.passed, (name, verdict.message)
        print(f"{name:20} the mean of {site:6} agrees with the exact one: {verdict.passed}")

# %% [markdown]
# A step of the walk is cheaper, an effective draw of it is not. This is what a comparison needs: *the same target, right answers, a stated cost, and effective draws of the worst unknown*. (Both pay for the pilot run here: one needs it as warm-up, the other for its $q$.)

# %% [markdown]
# ## Fast
#
# The package has all five methods behind one function, `methods.build(method, model)`. It returns one compiled function of a random key, and nothing in it is new: kernels, warm-up and conditionals of the chapters before. Here are three of the five, and the function itself.

# %%
show_source(
    programs.metropolis,
    programs.hamiltonian,
    programs.fit,
    programs.variational,
    programs.build,
)

# %% [markdown]
# - `warmup_and_sample` finds a step size for the acceptance rate that is asked for, and the scales of the unknowns, then stops adapting (chapter 07). The walk asks for 0.44, 0.35 or 0.234, in one, two and many dimensions (chapter 03).
# - HMC rolls for a quarter of an orbit, $\pi/2$ in units of the scales, as chapter 06 advises, and divides it into steps. NUTS, not shown, is one line: `nuts` in place of `hmc`.
# - VI fits a mean-field normal, the usual meaning of ADVI and what PyMC's `pm.fit` does if you say nothing else. Its warm-up *is* the optimiser: as many steps as the others' warm-up has. Then the chain of proposals from $q$ runs. `info.proposal` holds all proposals: these are VI's own draws. The chain holds the corrected ones. One run gives both, so a clock that times it holds the correction too. (Where we race VI as its users run it, in the first picture and in the claim that it is the fastest, a program without the correction is timed.)
# - Each chain warms up, or fits, alone, as four people would. So what differs between the chains is the error of everything, the fit included. `_starts` splits the key, and draws starts uniformly between −2 and 2.
#
# Does the package's independence sampler do what ours did? The same $q$, the same random numbers:


# %%
def jax_log_gamma(position):
    """The hand-written density, in JAX."""
    b_perp, theta = position
    residuals = y_data - jnp.tan(theta) * x_data - b_perp / jnp.cos(theta)
    inside = -0.5 * b_perp**2 - 0.5 * jnp.sum((residuals / sigma) ** 2)
    return jnp.where(jnp.abs(theta) < jnp.pi / 2, inside, -jnp.inf)


def jax_log_fitted(position):
    """The fitted normal, in JAX."""
    return -0.5 * jnp.sum(jnp.linalg.solve(fit_root, position - fit_mean) ** 2)


@jax.jit
def run_fitted(key):
    """One chain of 500 draws."""

    def draw(key):
        return fit_mean + fit_root @ jax.random.normal(key, (2,))

    kernel = metropolis_hastings(jax_log_gamma, independence(draw, jax_log_fitted))
    return sample(key, kernel, jnp.array([[0.0, 0.8]]), 500)


key = jax.random.key(12)
fast_draws, fast_info = run_fitted(key)
step_keys = jax.vmap(jax.random.split)(jax.random.split(jax.random.split(key, 1)[0], 500))
z = jax.vmap(lambda k: jax.random.normal(k, (2,)))(step_keys[:, 0])
u = jax.vmap(jax.random.uniform)(step_keys[:, 1])
slow_draws, slow_accepted = metropolis_hastings_by_hand(
    log_gamma, fitted_proposal, log_fitted, start, np.asarray(z, float), np.asarray(u, float)
)
same = np.array_equal(slow_accepted, fast_info.is_accepted[0])
gap = np.abs(slow_draws - fast_draws[0]).max()
print(f"all 500 decisions equal: {same}; positions equal to within 0.0001: {gap < 1e-4}")
assert same and gap < 1e-4

# %% [markdown]
# (The tolerance is for 32 bits against 64.) Now all five: four chains, 1000 steps of warm-up, 1000 draws. Each program is compiled and then timed, so compiling and running are told apart. Here and now we run the eight schools, and on the line the two that forget slowly. You would wait for the compiler, not for the samplers, if we ran everything; the whole is in the record.

# %%
models = {"binomial": "coin", "line": "line", "eight_schools": "eight schools"}
here = [("line", "Metropolis-Hastings"), ("line", "Gibbs")]
here += [("eight_schools", method) for method in names]
timings, results = {}, {}
print(f"compiling and running {len(here)} programs …")
for model, method in here:
    program = methods.build(method, model)
    timings[model, method] = time_jax(program, jax.random.key(1), repeats=3, name=method)
    results[model, method] = program(jax.random.key(121))
scores = {cell: methods.score(*cell[::-1], result) for cell, result in results.items()}

# %% [markdown]
# ## Is it right?
#
# Speed counts only for samplers that are right. For each cell we take the Markov chain and compare the share of draws below each exact 5 %, 50 % and 95 % quantile with what it should be. With fewer than 300 effective draws, 75 a chain, we do not judge: an error bar made of few draws is itself uncertain. And VI's chain is left to the long runs below. As long as it has not yet met a place where $w$ is huge, it cannot know that there is one, and its ESS is too good to be true.

# %%
verdicts = {}
for (model, method), result in results.items():
    if method == "VI":
        continue
    reference = methods.model_for(method, model).reference()
    error = methods.worst_error(methods.quantities(method, model, result.chain), reference)
    if scores[model, method]["ess"] < 300:
        verdicts[model, method] = "too few effective draws"
    else:
        # A share in a tail strays more often than a normal error does: a smaller ALPHA for these.
        verdicts[model, method] = "agrees" if error.p_value > ALPHA / 5 else "differs"
pd.Series(verdicts).unstack(0, fill_value="").loc[names[:-1]].rename(columns=models)

# %%
slow = [method for method in names[:-1] if verdicts["eight_schools", method] != "agrees"]
print("no chain differs from the exact posterior:", "differs" not in verdicts.values())
print("too slow to be judged on the eight schools after 4 × 1000 draws:", ", ".join(slow))
assert "differs" not in verdicts.values()

# %% [markdown]
# The eight schools have ten unknowns, and two of the four methods cannot even be judged there after 4000 draws. The recorded runs are ten times longer and there are five of each. There they can, all chains together:

# %%
for model, short in models.items():
    agree = {method: recorded[model, method]["agrees"] for method in names}
    print(f"{short:14} recorded chains agree with the exact posterior: {all(agree.values())}")
    assert all(agree.values()), agree

# %% [markdown]
# ### And the draws that VI hands out?
#
# Nobody runs VI to correct it afterwards. What you get from `pm.fit` or `SVI` are draws from $q$. So in the figure VI's row shows these, and the others show their chains.

# %%
shown = {
    "eight schools, here": {
        method: (found["error"], found["error_mcse"])
        for (model, method), found in scores.items()
        if model == "eight_schools"
    }
}
for model in ("eight_schools", "line"):
    shown[f"{models[model]}, recorded"] = {
        method: tuple(np.median(recorded[model, method][part]) for part in ("error", "error_mcse"))
        for method in names
    }
figures.errors(shown, 0.02, "The worst error of each method")

# %% [markdown]
# Errors of the four samplers come with long error bars where they are slow, and shrink in the recorded run, which is ten times longer. VI's error on the eight schools has a short bar, far from zero. That is a *bias*: more draws will not move it.

# %%
biased = scores["eight_schools", "VI"]
print("VI on the eight schools is off by more than 5 points:", biased["error"] > 0.05)
print("by more than five standard errors:", biased["error"] > 5 * biased["error_mcse"])
print("where:", biased["error_of"].split()[0])
assert biased["error"] > 5 * biased["error_mcse"] and biased["error"] > 0.05

# %% [markdown]
# ## The table
#
# Now the table of five methods, a measured number in each cell. How to read it:
#
# - *µs per step*: the time of a whole run over all steps of all chains, warm-up included. Of VI: a step of the optimiser, which evaluates 16 gradients. (Here the few draws count as part of it; the record has a separate run for it.)
# - *τ_int*: steps for one effective draw of the worst quantity. *Acceptance*: of Gibbs the mean over its conditionals; of VI, as the mathematics above defines it, both are those of its draws used as proposals.
# - *ESS per evaluation*: the work after warm-up, counted without a clock: log densities for Metropolis-Hastings and VI, gradients for HMC and NUTS (each worth two or three densities), conditionals for Gibbs, each of which reads the part of the density that its unknown is in.
# - *ESS per second* of a whole run, warm-up included, without and with compiling.
# - *Error*: the largest error of a probability, in percentage points, of the draws that the method hands out, with its standard error.
#
# First measured here and now, by your machine:

# %% tags=["nbval-ignore-output"]
table = {}
for (model, method), found in scores.items():
    timing = timings[model, method]
    whole = timing.trace_s + timing.compile_s + timing.median_s
    step_us = 1e6 * timing.median_s / (4 * (1000 if method == "VI" else 2000))
    table[models[model], method] = {
        "µs per step": f"{step_us:.2g}",
        "τ_int": f"{found['autocorrelation_time']:.3g}",
        "acceptance": f"{found['acceptance_rate']:.2f}",
        "ESS per evaluation": f"{found['ess_per_evaluation']:.2g}",
        "ESS per second": f"{found['ess'] / timing.median_s:,.0f}",
        "with compiling": f"{found['ess'] / whole:,.0f}",
        "error": f"{100 * found['error']:.1f} ± {100 * found['error_mcse']:.1f}",
    }
pd.DataFrame(table).T

# %% [markdown]
# And recorded: 10,000 draws a chain, medians of five runs, alone on the machine. (A fixed cost weighs less in a run that is ten times longer, so the rates are higher.)

# %%
print(f"recorded: {where}, jax {machine['versions']['jax']}")
columns = ["us_per_step", "autocorrelation_time", "acceptance_rate", "ess_per_evaluation"]
columns += ["error", "error_mcse"]
large = {}
for model, short in models.items():
    for method in names:
        cell = recorded[model, method]
        middle = {name: np.median(cell[name]) for name in columns}
        large[short, method] = {
            "µs per step": f"{middle['us_per_step']:.2g}",
            "τ_int": f"{middle['autocorrelation_time']:.3g}",
            "acceptance": f"{middle['acceptance_rate']:.2f}",
            "ESS per evaluation": f"{middle['ess_per_evaluation']:.2g}",
            "ESS per second": f"{cell['ess_per_s']:,.0f}",
            "with compiling": f"{cell['ess_per_s_call']:,.0f}",
            "error": f"{100 * middle['error']:.1f} ± {100 * middle['error_mcse']:.1f}",
        }
pd.DataFrame(large).T

# %% [markdown]
# Beside VI's acceptance belongs its $\hat k$, the worst of four fits:

# %%
for model, short in models.items():
    row = recorded[model, "VI"]
    middle = {field: np.median(row[field]) for field in ("khat", "largest_weight", "error")}
    print(
        f"{short:14} k-hat {middle['khat']:4.1f}, largest weight {middle['largest_weight']:5.1f} "
        f"times the mean, acceptance {np.median(row['acceptance_rate']):.2f}, "
        f"error {100 * middle['error']:.1f} points, "
        f"corrected {100 * np.median(row['corrected_error']):.1f}"
    )
assert (
    np.median(recorded["binomial", "VI"]["khat"])
    > 0.7
    > np.median(recorded["eight_schools", "VI"]["khat"])
)

# %% [markdown]
# Read line by line. Where $q$ fits, nearly everything is accepted, and the correction changes little. Where it does not, acceptance falls and $\tau_\mathrm{int}$ explodes. The coin shows a trap: $\hat k$ is far above its limit of 0.7, and yet $q$ is nearly perfect. It describes the *shape* of the tail of the weights and not its *height*; where the largest weight is hardly above the mean, there is no tail to speak of, and the fitted shape means nothing. Acceptance is not fooled, and it comes with a cure: the corrected draws *are* draws from the posterior, once there are enough effective ones.
#
# And the eight schools show the reverse trap. Their $\hat k$ is below 0.7, and yet the draws are further off than those of the two others. A $\hat k$ below 0.7 says that the weights can *repair* the draws, not that the draws are right. What tells is the $\tau_\mathrm{int}$ of the corrected chain, and how far the probabilities move when the draws are corrected.
#
# ### Claims on trial
#
# A table of five methods circulates in many versions, always in words: *Metropolis-Hastings: fast steps, high autocorrelation. Gibbs: lightning fast steps, moderate autocorrelation, acceptance 100 %. HMC: expensive steps, low autocorrelation, high acceptance. NUTS: expensive steps, very low autocorrelation, high acceptance, good on complex posteriors. VI: fastest, no autocorrelation, biased on complex posteriors.* Some of its cells had their trial: those of Gibbs in chapter 05, those of HMC in chapter 06, NUTS against HMC in chapter 07. Here are the others, and what follows from a row as a whole. The bounds were fixed before anything was measured; the cases are the models, the repeats are the five recorded runs.


# %%
def of(model, method, field):
    """A field of the five recorded runs."""
    return np.array(recorded[model, method][field], float)


def cases(value, extra=()):
    """A case for each model."""
    chosen = models | dict(extra)
    return {f"the model is {short}": value(model) for model, short in chosen.items()}


trial(
    "Metropolis-Hastings has a high autocorrelation: an effective draw takes at least 10 steps",
    cases(lambda model: of(model, "Metropolis-Hastings", "autocorrelation_time")),
    chapter="12",
    recorded=machine,
    at_least=10,
    unit="steps",
)

# %% [markdown]
# High it is in many dimensions; chapter 03 said how it grows with them. *Moderate*, for Gibbs, shall mean: at most half as high.

# %%
trial(
    "The autocorrelation of Gibbs is moderate: at most half of that of Metropolis-Hastings",
    cases(
        lambda model: (
            of(model, "Gibbs", "autocorrelation_time")
            / of(model, "Metropolis-Hastings", "autocorrelation_time")
        )
    ),
    chapter="12",
    recorded=machine,
    at_most=0.5,
)

# %% [markdown]
# HMC: *expensive steps, low autocorrelation.* As a whole, is that a good bargain?

# %%
trial(
    "The low autocorrelation of HMC pays for its expensive steps: at least as many effective draws "
    "per second as Metropolis-Hastings, compiling left out",
    cases(
        lambda model: (
            of(model, "HMC", "ess_per_s_runs") / of(model, "Metropolis-Hastings", "ess_per_s_runs")
        )
    ),
    chapter="12",
    recorded=machine,
    at_least=1,
    unit="times",
)

# %% [markdown]
# NUTS: *very low*, for us, is at most 2 steps for an effective draw. *Good on complex posteriors*: no probability off by more than 2 percentage points. The complex posterior is the funnel: the eight schools in their centered form.

# %%
trial(
    "NUTS has a very low autocorrelation: an effective draw takes at most 2 steps",
    cases(lambda model: of(model, "NUTS", "autocorrelation_time")),
    chapter="12",
    recorded=machine,
    at_most=2,
    unit="steps",
)

# %%
funnel = {"eight_schools_centered": "eight schools, centered"}
trial(
    "NUTS is good on complex posteriors: it reports every probability to within 2 percentage points",
    cases(lambda model: 100 * of(model, "NUTS", "error"), extra=funnel),
    chapter="12",
    recorded=machine,
    at_most=2,
    unit="points",
)

# %% [markdown]
# VI: *fastest* shall mean that fitting $q$ and drawing from it, compiling left out, takes no longer than the whole run of the quickest of the other four, for as many draws. (One thousand steps of its optimiser stand against as many steps of warm-up. The draws are left uncorrected, as its users leave them.) *Biased on complex posteriors*: some probability off by more than 2 points, in every run.

# %%
others = [method for method in names if method != "VI"]
trial(
    "VI is the fastest: a whole run takes no longer than one of any other of the five",
    cases(
        lambda model: (
            of(model, "VI", "handed_out_s")
            / np.min([of(model, m, "run_s") for m in others], axis=0)
        )
    ),
    chapter="12",
    recorded=machine,
    at_most=1,
    unit="times",
)

# %%
trial(
    "VI is biased on complex posteriors: some probability is off by more than 2 percentage points",
    cases(lambda model: 100 * of(model, "VI", "error"), extra=funnel),
    chapter="12",
    recorded=machine,
    at_least=2,
    unit="points",
)

# %% [markdown]
# Most words of that table are true of some model and false of another. A cell of such a table is not a property of the method. It is one of the method *on a model, in coordinates, with an implementation*.

# %% [markdown]
# ## Where it breaks
#
# ### The winner of one model loses the next

# %%
speeds = {
    short: {
        method: (recorded[model, method]["ess_per_s"], recorded[model, method]["ess_per_s_call"])
        for method in names
    }
    for model, short in models.items()
}
figures.rates(speeds, where)

# %%
orders = {}
for short, cells in speeds.items():
    for i, how in enumerate(("compiling left out", "compiling included")):
        order = sorted(cells, key=lambda method, i=i, cells=cells: -cells[method][i])
        orders[short, how] = order
        print(f"{short:14} {how:18}  {' > '.join(order)}")
print(f"{len(set(map(tuple, orders.values())))} different orders in {len(orders)} races")
for method in names:
    places = [order.index(method) + 1 for order in orders.values()]
    print(f"{method:20} places {min(places)} to {max(places)}")
assert len(set(map(tuple, orders.values()))) > 1
without = "compiling left out"
assert all(orders["eight schools", how][0] == "HMC" for _, how in orders)
assert orders["coin", without][-1] == "NUTS" != orders["eight schools", without][-1]

# %% [markdown]
# So much for your predictions. *There is no ranking of samplers.* NUTS comes last on the coin, and not on the eight schools. On ten unknowns HMC comes first, with and without compiling. (NUTS and the walk are near each other there, and their runs overlap; which is ahead may change with the next record.) And even independent draws need not win:

# %%
exact_us, hmc_us = (np.median(recorded["binomial", m]["us_per_step"]) for m in ("Gibbs", "HMC"))
print("on the coin, compiling left out, HMC beats independent draws:", end=" ")
assert orders["coin", without][0] == "HMC"
print(orders["coin", without][0] == "HMC")
print(f"a step of Gibbs takes {exact_us / hmc_us:.1f} times as long there as one of HMC")

# %% [markdown]
# An exact draw of a beta variable costs two gamma variables, and those cost more than a short path on a density of one unknown. The clock measures *programs*. NUTS pays for the bookkeeping of its tree (chapter 07), which these small models do not repay.
#
# What would remain if an evaluation of the density were so dear that nothing else mattered? Then count evaluations, warm-up included, a gradient as three densities, which is a rough rule. (Gibbs is left out: its conditionals are not evaluations of the whole density.)


# %%
def per_thousand(model, method):
    """Effective draws for a thousand evaluations of the density, warm-up included."""
    row = recorded[model, method]
    per_step = np.median(row["evaluations"]) * (3 if method in ("HMC", "NUTS") else 1)
    warmup = 16 * 3 if method == "VI" else per_step
    evaluations = row["chains"] * (row["warmup"] * warmup + row["draws"] * per_step)
    return 1000 * np.median(row["ess"]) / evaluations


by_evaluations = pd.DataFrame(
    {
        short: {method: per_thousand(model, method) for method in names if method != "Gibbs"}
        for model, short in models.items()
    }
)
by_evaluations.round(1)

# %%
behind = speeds["eight schools"]["HMC"][0] / speeds["eight schools"]["NUTS"][0]
left = by_evaluations.loc["HMC", "eight schools"] / by_evaluations.loc["NUTS", "eight schools"]
print(f"eight schools, HMC before NUTS: by the clock {behind:.1f} times, by evaluations {left:.1f}")
assert by_evaluations["coin"].idxmax() == "Metropolis-Hastings" and left < behind / 2

# %% [markdown]
# A third order. On the coin the walk is ahead, since it does not pay for gradients; on the line its lead is gone, and chapter 03 said that it gets worse in proportion to the dimension. And NUTS is now much nearer to HMC: the bookkeeping was what held it back.
#
# And with compiling all distances shrink: on models this small you wait for the compiler. Where is the crossover? Take the eight schools, and the walk and Gibbs against NUTS: does one of them start sooner, does the other draw at a lower price, and do they ever meet?


# %%
def costs(model, method):
    """Fixed seconds, and seconds for an effective draw, of four chains."""
    row = recorded[model, method]
    warmup_s, run_s = np.median(row["warmup_run_s"]), np.median(row["run_s"])
    return row["compile_s"] + warmup_s, (run_s - warmup_s) / np.median(row["ess"])


for other in ("Metropolis-Hastings", "Gibbs"):
    (fixed_a, price_a), (fixed_b, price_b) = (
        costs("eight_schools", other),
        costs("eight_schools", "NUTS"),
    )
    n = (fixed_b - fixed_a) / (price_a - price_b)
    verdict = f"NUTS pays from {n:,.0f} effective draws on" if n > 0 else "they never meet"
    print(
        f"{other} against NUTS: start {fixed_a:.1f} s and {fixed_b:.1f} s, "
        f"1000 effective draws {1000 * price_a:.2f} s and {1000 * price_b:.2f} s: {verdict}"
    )

# %% [markdown]
# And your evening? Four hours are enough for nearly anything here. Turn it round: on your own model a step may take a thousand times as long. Then four hours hold this many effective draws, at the prices of the eight schools:

# %%
for method in names:
    _, price = costs("eight_schools", method)
    print(f"{method:20} {4 * 3600 / (1000 * price):11,.0f} effective draws in an evening")

# %% [markdown]
# ### The same model, the wrong coordinates
#
# Now we take the gift away: all five on the centered form, with its funnel. (Gibbs has run in the centered form all along.)
#
# **Predict.** NUTS and VI you have seen there, in the trials. Which of the other three still reports the right probabilities, and which of the wrong ones give an alarm?

# %%
wrong = {}
for method in names:
    row = recorded["eight_schools_centered", method]
    wrong[method] = {
        "largest error, points": round(100 * float(np.median(row["error"])), 1),
        "τ_int": f"{np.median(row['autocorrelation_time']):,.0f}",
        "divergences a run": int(np.median(row["divergences"])),
        "acceptance": round(float(np.median(row["acceptance_rate"])), 2),
    }
pd.DataFrame(wrong).T

# %%
errors_there = {method: wrong[method]["largest error, points"] for method in names}
best_there = min(errors_there, key=errors_there.get)
next_there = min(e for m, e in errors_there.items() if m != best_there)
print(
    f"smallest error: {best_there}, {errors_there[best_there]:.1f} points; the next: {next_there:.1f}"
)

# %% [markdown]
# The first column needs the exact answer. The others are what you would *see* without it: a $\tau_\mathrm{int}$ far too large, which is a low ESS, and divergences, which only HMC and NUTS can have. A large $\tau_\mathrm{int}$ alone convicts nobody: that of Gibbs is large too, its answer is right, and a long run pays for it. Divergences do convict. Acceptance tells nothing of the four samplers; of VI it does. **How would you know that it was the wrong choice?** By these: ESS below 400, $\hat R$ above 1.01, divergences in one place, for VI a high $\hat k$, a low acceptance, a large $\tau_\mathrm{int}$ of its corrected chain, or probabilities that move when it is corrected. And by a second method that disagrees.

# %% [markdown]
# ## The guide
#
# Here is the decision as a list of questions, each with its advice, the chapter that explains it, and a line that was measured above. The first *yes* decides. What is measured is put in from the record, not typed.


# %%
def median_of(model, method, field, scale=1.0):
    """The median of the recorded runs, for a sentence."""
    return scale * float(np.median(of(model, method, field)))


taus = {
    (model, method): median_of(model, method, "autocorrelation_time") for model, method in recorded
}
schools = "eight_schools"
gradients_for_400 = (4 * 1000 + 400 * taus[schools, "NUTS"]) * median_of(
    schools, "NUTS", "evaluations"
)
hmc_gain = np.median(of(schools, "HMC", "ess_per_s_runs") / of(schools, "NUTS", "ess_per_s_runs"))
worst_tau = max(taus[model, "NUTS"] for model in models)
centered = "eight_schools_centered"

guide = [
    figures.Advice(
        "has_formula",
        "Does a formula give draws\nfrom the posterior?",
        "Use it; no chain is needed",
        "01",
        f"coin: {taus['binomial', 'Gibbs']:.1f} steps for an effective draw",
    ),
    figures.Advice(
        "has_discrete",
        "Are some unknowns\nwhole numbers?",
        "Gibbs for them, NUTS for the rest",
        "05",
        f"parts may be mixed; line, drawn and walked: {taus['line', 'Gibbs']:.1f} steps",
    ),
    figures.Advice(
        "lacks_gradient",
        "Is there no gradient?",
        "Gibbs if conditionals have names, else a walk",
        "03, 05",
        f"eight schools: {taus[schools, 'Gibbs']:.0f} steps, and "
        f"{taus[schools, 'Metropolis-Hastings']:.0f}; a walk likes few unknowns",
    ),
    figures.Advice(
        "is_too_dear",
        "Is your time up before NUTS\nis through its warm-up?",
        "VI, then k-hat, then its draws as proposals",
        "10",
        f"gradients: NUTS {gradients_for_400:,.0f} for 400 draws of 4 chains, a fit {1000 * programs.VI_DRAWS:,}; "
        f"VI off by {median_of(schools, 'VI', 'error', 100):.0f} points",
    ),
    figures.Advice(
        "runs_often",
        "Will this very model run\nhundreds of times?",
        "HMC, its path tuned once",
        "06",
        f"eight schools: {hmc_gain:.1f} times the effective draws per second of NUTS",
    ),
]
otherwise = figures.Advice(
    "", "Otherwise", "NUTS", "07", f"at most {worst_tau:.1f} steps, on all three models"
)
afterwards = figures.Advice(
    "",
    "And then: divergences,\nR-hat > 1.01, ESS < 400?",
    "Other coordinates first, other samplers second",
    "08, 09",
    f"the funnel: {taus[centered, 'NUTS']:.0f} steps in place of {taus[schools, 'NUTS']:.1f}",
)
figures.guide(guide, otherwise, afterwards)

# %% [markdown]
# The last box matters most. What is the choice of coordinates worth, and what the choice among the four samplers? (NUTS on the centered form is not even right, so its price there is flattered.)

# %%
rate = {m: recorded[schools, m]["ess_per_s"] for m in names}
by_coordinates = rate["NUTS"] / recorded[centered, "NUTS"]["ess_per_s"]
samplers = [method for method in names if method != "VI"]
by_method = max(rate[m] for m in samplers) / min(rate[m] for m in samplers)
print(f"NUTS, noncentered against centered: {by_coordinates:.0f} times the ESS per second")
print(f"eight schools, the best of the four samplers against the worst: {by_method:.0f} times")
assert by_coordinates > by_method

# %% [markdown]
# Think about coordinates first. (And VI wins in its box only where a fit costs fewer gradients than NUTS needs: few draws from $q$ for a gradient, an early stop, or a part of the data at a time, as in chapter 10.)
#
# As the guide is a list, walking it is a loop:


# %%
def walk_the_guide(**problem):
    """Return the first advice whose question is answered with yes."""
    unknown = set(problem) - {row.key for row in guide}
    assert not unknown, f"the guide does not ask for {unknown}"
    row = next((row for row in guide if problem.get(row.key)), otherwise)
    return f"{row.advice} (chapter {row.chapter})"


print("a coin:                        ", walk_the_guide(has_formula=True))
print("coal mines, year of change:    ", walk_the_guide(has_discrete=True))
print("a simulator, density only:     ", walk_the_guide(lacks_gradient=True))
print("ten million rows, one evening: ", walk_the_guide(is_too_dear=True))
print("a model you meet today:        ", walk_the_guide())

# %% [markdown]
# ## In the libraries
#
# ### The log density first

# %%
verdict = views_agree(line, jax.random.key(122))
print("plain, NumPyro and PyMC are one model:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# ### NumPyro
#
# NumPyro has all but the plain random walk, behind one door: `MCMC(kernel, …)`, and `SVI`. In place of the walk we take `SA`, sample adaptive MCMC, which needs no gradient either (Zhu, 2019): it keeps a cloud of points and proposes from a normal fitted to it. `HMCGibbs` is given our conditional of $b_\perp$ and moves $\theta$ by HMC, a quarter of an orbit as ours. NUTS you have met in chapters 00 and 07.


# %%
def draw_b_perp(rng_key, gibbs_sites, hmc_sites):
    """Draw b_perp given theta, for HMCGibbs: the formula of the mathematics above."""
    cosine = jnp.cos(hmc_sites["theta"])
    residuals = y_data - jnp.tan(hmc_sites["theta"]) * x_data
    precision = 1 + (1 / sigma**2).sum() / cosine**2
    mean = (residuals / sigma**2).sum() / cosine / precision
    return {"b_perp": dist.Normal(mean, precision**-0.5).sample(rng_key)}


roll = HMC(line.numpyro, trajectory_length=np.pi / 2)
kernels = {
    "SA": (SA(line.numpyro, adapt_state_size=50), 2000),
    "HMCGibbs": (HMCGibbs(roll, draw_b_perp, ["b_perp"]), 300),
}


def agrees(name, sites):
    """Hold the means of both unknowns against quadrature."""
    for site in ("b_perp", "theta"):
        verdict = checks.mean_within_mcse(
            sites[site], float(exact_line[site].mean), site, alpha=ALPHA, min_ess=200
        )
        assert verdict.passed, (name, verdict.message)
    print(f"{name:16} agrees with the exact means of both unknowns")


print("sampling with NumPyro, two ways …")
for i, (name, (kernel, num_warmup)) in enumerate(kernels.items()):
    mcmc = MCMC(kernel, num_warmup=num_warmup, num_samples=4000, progress_bar=False)
    mcmc.run(jax.random.key(123 + i))
    drawn = mcmc.get_samples()
    agrees(name, {site: np.asarray(drawn[site], float).reshape(4, -1) for site in line.shapes})

# %% [markdown]
# (One long chain each, judged in four pieces.) And `SVI` with the mean-field guide. The two unknowns of the line are mildly correlated, so it should be right about the mean and a little too sure (chapter 10).

# %%
print("fitting with NumPyro …")
guide_program = AutoDiagonalNormal(line.numpyro)
optimizer = optax.adam(optax.cosine_decay_schedule(0.1, 1000))
svi = SVI(line.numpyro, guide_program, optimizer, Trace_ELBO(num_particles=16))
params = jax.jit(lambda key: svi.run(key, 1000, progress_bar=False).params)(jax.random.key(127))
b_perp = exact_line["b_perp"]  # the first of the two, and not transformed
off = abs(float(params["auto_loc"][0]) - float(b_perp.mean)) / float(b_perp.sd)
share = float(params["auto_scale"][0]) / float(b_perp.sd)
print("SVI: the mean of b_perp within 0.1 sd of the exact one:", off < 0.1)
print("and its sd too small, by between 2 % and 20 %:", 0.8 < share < 0.98)
assert off < 0.1 and 0.8 < share < 0.98

# %% [markdown]
# ### PyMC
#
# PyMC puts the choice into `step`. Left out, it is NUTS for everything continuous; `pm.fit(method="advi")` is VI, as in chapter 10. `pm.Metropolis` is the walk, one unknown after the other, so it is also a Metropolis-within-Gibbs sampler.

# %%
print("sampling with PyMC …")
with line.pymc():
    trace = pm.sample(
        draws=2000,
        tune=500,
        chains=4,
        cores=1,
        step=pm.Metropolis(),
        random_seed=128,
        progressbar=False,
        quiet=True,
        compute_convergence_checks=False,
    )
agrees("pm.Metropolis", {site: trace["posterior"][site].values for site in line.shapes})

# %% [markdown]
# ## What it costs
#
# The course's running table gets the row that was missing, Gibbs on the eight schools, warm-up included. All other rows came from the chapters before, each measured there on its own target: compare only rows with equal targets.

# %% tags=["nbval-ignore-output"]
result = results["eight_schools", "Gibbs"]
row = cost_row(
    "Gibbs, with warm-up",
    "eight schools, centered",
    np.asarray(result.positions),
    timings["eight_schools", "Gibbs"],
    float(result.acceptance_rate.mean()),
    num_warmup=1000,
)
running_table(row).T

# %% [markdown]
# ## Common mistakes
#
# Four stopwatches of the bug museum, each held against a program whose cost is known. `honest_timer` hands over a program whose result arrives late, and one whose first call is slow; `honest_rate` hands over a chain of known autocorrelation; `like_with_like` compares what the two timings say about themselves.

# %%
timers = {
    "the course's own": checks.honest_timer(museum.timers.right_timer),
    "stops at the return": checks.honest_timer(museum.timers.stops_at_the_return),
    "counts the compiling": checks.honest_timer(museum.timers.counts_the_compiling),
    "counts draws": checks.honest_rate(museum.timers.draws_per_second),
    "32 bits against 64": checks.like_with_like(*museum.timers.float32_against_float64()),
}
for name, verdict in timers.items():
    print(f"{name:21} {verdict.property}: {'holds' if verdict.passed else 'fails'}")
assert [verdict.passed for verdict in timers.values()] == [True, False, False, False, False]

# %% [markdown]
# What does such a mistake do to a table? Count draws in place of effective draws, on the recorded eight schools:

# %%
draws_per_s = {
    method: 4 * 10_000 / np.median(recorded["eight_schools", method]["run_s"]) for method in names
}
by_draws = sorted(names, key=lambda method: -draws_per_s[method])
print("by draws per second:          ", " > ".join(by_draws))
print("by effective draws per second:", " > ".join(orders["eight schools", "compiling left out"]))
fooled = draws_per_s["Metropolis-Hastings"] > draws_per_s["NUTS"]
print("by draws, the walk beats NUTS:", bool(fooled))

# %% [markdown]
# - **The clock stops at the return.** *Symptom:* times that hardly depend on the number of draws. *Cure:* `block_until_ready` on everything that comes back.
# - **Compiling is counted, or hidden.** Neither is wrong; not saying it is. *Symptom:* a first run far slower than the second. *Cure:* report both.
# - **Draws are counted.** *Symptom:* the sampler that moves least wins. *Cure:* effective draws, of the worst quantity, and only of samplers that pass a test of their law.
# - **Unlike with unlike.** 32 bits against 64, one core against two, kept warm-up against dropped. *Cure:* write down what was equal.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in [the solutions](solutions/12_choosing_a_sampler.ipynb); try first.
#
# ### Exercise 12.1: a price
#
# A sampler compiles for 0.9 s and warms up for 0.1 s. After that a step takes 2 µs, and an effective draw takes 30 steps. How many seconds pass from the start to 10,000 effective draws?
#
# <details><summary>Hint</summary>F + ν n, with ν in seconds: 30 times 2 µs.</details>

# %% tags=["exercise"]
# Exercise 12.1
seconds = None  # your number
# your code here

# %% tags=["check"]
check("12.1", seconds)

# %% [markdown]
# ### Exercise 12.2: the crossover
#
# Write the number of effective draws at which two methods cost the same, from their fixed seconds and their seconds for an effective draw. If there is no such positive number, because one is cheaper in both, or the starts or the draws cost the same, return `np.inf`.
#
# <details><summary>Hint 1</summary>The formula is in <em>The mathematics</em>.</details>
# <details><summary>Hint 2</summary>Take care of equal prices before you divide, and of negative results after.</details>


# %% tags=["exercise"]
# Exercise 12.2
def crossover(fixed_a, price_a, fixed_b, price_b):
    """Effective draws at which both methods cost the same; np.inf if there is none."""
    ...  # your code here


# %% tags=["check"]
check("12.2", crossover)

# %% [markdown]
# ### Exercise 12.3: make VI honest
#
# Write the logarithm of the Hastings ratio for proposals from a fixed $q$. `log_gamma` and `log_q` are functions of a position, each up to a constant of its own. The checker builds the transition matrix on a grid, and compares the flows.
#
# <details><summary>Hint 1</summary>It is a difference of two log weights.</details>
# <details><summary>Hint 2</summary>The weight of the new position is the numerator.</details>


# %% tags=["exercise"]
# Exercise 12.3
def log_ratio(log_gamma, log_q, x, x_new):
    """Logarithm of r(x, x_new) for proposals from q."""
    ...  # your code here


# %% tags=["check"]
check("12.3", log_ratio)

# %% [markdown]
# ### Exercise 12.4: find the bugs
#
# Somebody measures "effective draws per second". `run()` starts a sampler and returns draws of shape (chain, draw, unknown), like a compiled JAX function does: the first call compiles, and the numbers arrive after the call has returned. There are three bugs. Repair all of them.


# %%
def benchmark_with_bugs(run):
    """Effective draws per second, or so it says."""
    begin = time.perf_counter()
    draws = run()
    seconds = time.perf_counter() - begin
    return draws.shape[0] * draws.shape[1] / seconds


# %% [markdown]
# <details><summary>Hint 1</summary>Which call compiles? When does the clock stop? What is counted?</details>
# <details><summary>Hint 2</summary><code>jax.block_until_ready(draws)</code> waits. <code>course_utils.ess.min_ess(draws)</code> is the smallest ESS over the unknowns; hand it <code>np.asarray(draws)</code>.</details>


# %% tags=["exercise"]
# Exercise 12.4
def honest_benchmark(run):
    """Effective draws of the worst unknown, per second of a call that compiles nothing."""
    ...  # your code here


# %% tags=["check"]
check("12.4", honest_benchmark)

# %% [markdown]
# ### Exercise 12.5: choose, and defend it
#
# Ten unknowns, jointly normal with mean 0 and standard deviation 1, every two with correlation 0.95. Pretend that you know nothing but the log density and its gradient; the facts are for the checker.


# %%
inverse = np.linalg.inv(0.95 * np.ones((10, 10)) + 0.05 * np.eye(10))


def log_ridge(position):
    """Log density of ten unknowns, every two with correlation 0.95."""
    return -0.5 * position @ jnp.asarray(inverse, jnp.float32) @ position


# %% [markdown]
# Choose a method, and write `draw(key)`: it returns at most 4000 draws of each of 4 chains, shape (4, num_draws, 10). (Neighbouring draws are tied here, for NUTS too: use the budget.) The checker wants at least 400 effective draws of each unknown, its square included, right means, right spread and the right correlation. Before you submit: what would mean-field VI report as the spread? And how many draws would a random walk need?
#
# <details><summary>Hint 1</summary>Walk the guide. There is a gradient, and time enough.</details>
# <details><summary>Hint 2</summary><code>warmup_and_sample(key, build_kernel, starts, num_warmup, num_draws)</code> returns draws first; the call stands in <code>programs.hamiltonian</code> above; <code>nuts(log_ridge, step_size, variances)</code> is the kernel. Import it from <code>course_utils.warmup</code>, and the kernel with <code>from course_utils.nuts import nuts</code>. Wrap it all in <code>jax.jit</code>.</details>


# %% tags=["exercise"]
# Exercise 12.5
def draw(key):
    """Draws of four chains, shape (4, num_draws, 10)."""
    ...  # your code here


# %% tags=["check"]
check("12.5", draw)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** Sampler A makes 100,000 draws a second, sampler B makes 2000. Which is faster?
#
# <details><summary>A. A, by a factor of 50.</summary>
#
# **No.** A chain that hardly moves makes many draws, and little information.
#
# </details>
# <details><summary>B. It cannot be said from these numbers.</summary>
#
# **Right.** The autocorrelation times are missing. If A needs 200 steps for an effective draw and B needs 2, B is twice as fast.
#
# </details>
# <details><summary>C. B, because slow samplers mix better.</summary>
#
# **No.** They often do, but nothing forces them to. Measure it.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** You use draws from a fitted $q$ as proposals, and 2 % are accepted. What do you know?
#
# <details><summary>A. The fitted q misses something that matters.</summary>
#
# **Right.** The weights differ by large factors, and the chain sits on the large ones. The chain is still right, in the long run; the run would have to be very long.
#
# </details>
# <details><summary>B. The chain does not have the posterior as its law.</summary>
#
# **No.** The Hastings ratio makes it invariant, whatever the acceptance. It is slow, not wrong.
#
# </details>
# <details><summary>C. The optimiser has stopped too soon.</summary>
#
# **No.** It may have, but the best q of the family may be as bad: no normal fits a funnel.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** NUTS gives 60 divergences and an ESS of 100 on your hierarchical model. What do you try first?
#
# <details><summary>A. Metropolis-Hastings, which never diverges.</summary>
#
# **No.** It has no alarm to ring, and the same funnel to walk down, in shorter steps.
#
# </details>
# <details><summary>B. Ten times as many draws with the same sampler.</summary>
#
# **No.** The region behind the wall is as hard to enter as before, and the error bars get smaller around a wrong value.
#
# </details>
# <details><summary>C. The same sampler in other coordinates.</summary>
#
# **Right.** The geometry is the trouble. Chapter 09 and this page: the same NUTS in other coordinates was worth far more than another sampler.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - state what a comparison needs: target, coordinates, right answers, effective draws of the worst quantity, what the clock includes,
# - compute prices and crossovers, and see that the winner depends on how much is asked for,
# - correct VI by Metropolis-Hastings, and read its acceptance beside $\hat k$,
# - say of each cell of the well-known table for which model it holds,
# - walk the guide, and afterwards doubt the result with the tools of chapter 08.
#
# ### Further reading
#
# - Gelman, A., Vehtari, A., Simpson, D., Margossian, C. C., Carpenter, B., Yao, Y., Kennedy, L., Gabry, J., Bürkner, P.-C. and Modrák, M. (2020). Bayesian workflow. arXiv:2011.01808.
# - Makalic, E. and Schmidt, D. F. (2016). A simple sampler for the horseshoe estimator. *IEEE Signal Processing Letters* 23(1), 179–182.
# - Tierney, L. (1994). Markov chains for exploring posterior distributions. *Annals of Statistics* 22(4), 1701–1728. (The independence sampler.)
# - Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021). Rank-normalization, folding, and localization: an improved R-hat for assessing convergence of MCMC. *Bayesian Analysis* 16(2), 667–718.
# - Wand, M. P., Ormerod, J. T., Padoan, S. A. and Frühwirth, R. (2011). Mean field variational Bayes for elaborate distributions. *Bayesian Analysis* 6(4), 847–900.
# - Yao, Y., Vehtari, A., Simpson, D. and Gelman, A. (2018). Yes, but did it work?: Evaluating variational inference. *Proceedings of the 35th International Conference on Machine Learning*, PMLR 80, 5581–5590.
# - Zhu, M. (2019). Sample adaptive MCMC. *Advances in Neural Information Processing Systems* 32.
#
# **Next:** chapter 13 keeps the models and changes the language: Stan, PyMC, NumPyro, BlackJAX and others, asserted to agree and timed alike.
