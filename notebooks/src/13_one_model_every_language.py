# %% [markdown]
# # 13. One model, every language
#
# **Question.** The same model, written in eight languages: do they agree, what does each ask of you, and which is quickest *when what is counted*?
#
# After this chapter you will be able to
#
# - **read** a model in NumPyro, PyMC, Pyro, Stan, TensorFlow Probability, Edward2 and plain JAX, and say where the words differ,
# - **prove** that two programs are the same model, by their log densities, before you compare a single draw,
# - **test** whether two systems agree, with an error bar and a threshold that counts how often you look,
# - **name** the traps of a translation: rate and scale, precision and variance, shapes, flat priors,
# - **choose** a system for a stated need, from a record that says what its clock counts.
#
# **You need** chapters 02, 07, 09 and 12; chapter 11 helps with shapes. Symbols are collected in [the notation table](notation.md), words in
# [the glossary](glossary.md).
#
# <!-- times -->
# About 54 minutes to read, exercises not counted, 47 s to run (measured cold: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
from itertools import combinations
from pathlib import Path

import arviz as az
import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
import pymc as pm
from numpyro.infer import MCMC, NUTS
from scipy import stats

from course_utils import checks, peers
from course_utils.adapters import from_numpyro
from course_utils.adapters.foreign import init_positions
from course_utils.bench.jobs import read_rows
from course_utils.bench.languages import Record, first_to
from course_utils.bench.whole import blackjax_chain, course_chain
from course_utils.claims import trial
from course_utils.compiles import disk_cache
from course_utils.costs import cost_row, running_table
from course_utils.data import DATA_FOLDER
from course_utils.devices import over_devices
from course_utils.display import show_source, use_style
from course_utils.ess import min_ess
from course_utils.exercises import check
from course_utils.figures import chapter_13 as figures
from course_utils.kernel import sample, sample_chain
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.models import binomial, bradley_terry, registry
from course_utils.museum import densities
from course_utils.timing import time_jax, time_python

use_style()
pd.set_option("display.width", 200, "display.max_columns", 20)

# %% [markdown]
# ## Picture first
#
# The models of this course, sampled by everything that could be installed: NUTS in each case, four chains. Every system found its step size and metric itself. All but those in the main environment live in environments of their own, so these runs took place once, and were recorded. **On this page what is recorded says so; all else runs while you read.**

# %%
MODELS = {
    "binomial": "coin",
    "eight_schools_noncentered": "eight schools",
    "line": "line",
    "line_with_outliers": "line with outliers",
    "bradley_terry": "Bradley-Terry",
}
rows = read_rows(DATA_FOLDER / "benchmarks" / "languages.jsonl")
record = Record(rows, systems=figures.SYSTEMS)
models = [model for model in record.models if model in MODELS]
lengths = {(row["chains"], row["warmup"], row["draws"]) for row in record.finished.values()}
others = max(row["others_share"] for row in record.finished.values())
print(f"recorded: {record.where}; {len(record.finished)} runs")
print(f"other programs used up to {others:.0%} of the processor meanwhile")
print("chains, warm-up and draws of each:", *sorted(lengths))
figures.rates({MODELS[model]: record.speeds(model) for model in models}, record.where)

# %% [markdown]
# The dots are what advertisements show. The rings are what you wait for, the first time. The axis is logarithmic. How far apart are the systems by the dots, and how far by the rings? The next cell counts.
#
# (*Effective draws* are those of the worst quantity of the model, bulk or tail. A first call is compiling, warm-up and sampling; the import is left out.)

# %%
for model in models:
    ran = {name: pair for name, pair in record.speeds(model).items() if pair}
    for i, how in enumerate(("sampling alone", "a first call")):
        order = sorted(ran, key=lambda name, i=i, ran=ran: -ran[name][i])
        first, gap = figures.label(order[0]), ran[order[0]][i] / ran[order[-1]][i]
        print(f"{MODELS[model]}, {how}: {first} is first; first and last {gap:,.0f} times apart")
for model, short in MODELS.items():
    absent = [f"{figures.label(name)} ({why})" for name, why in record.absent(model).items()]
    said = (", ".join(absent) or "none") if model in models else "all"
    print(f"{short}, not run: {said}")

# %% [markdown]
# **Predict.** Plain NumPy is not in this picture. Write a random walk in it, with a Python loop, and start the clock together with all these systems. On the coin, who has a thousand effective draws first? The answer is under *Where it breaks*.

# %% [markdown]
# ## The mathematics
#
# **One model.** A program with unknowns $x$ and data $y$ defines a function $\gamma(x)$, proportional to the posterior density. Two programs $a$ and $b$ are *the same model* if
#
# $$\log\gamma_a(x) - \log\gamma_b(x) = c \quad\text{for all } x ,$$
#
# with one constant $c$. The constant does not matter, because a posterior is scaled to total probability 1, and samplers only ever see differences and gradients of $\log\gamma$. That is why languages may drop constants, and they do. Nothing else may differ: not at one point.
#
# **In which coordinates?** Samplers do not move $x$ but free numbers $u$ with $x = g(u)$ (chapter 07), such as $\tau = e^u$. The density $\gamma_u$ of $u$ takes the determinant along,
#
# $$\log\gamma_u(u) = \log\gamma(g(u)) + \log\lvert\det g'(u)\rvert .$$
#
# Two languages may choose different $g$. Then their densities of $u$ are different functions, and rightly so: they are densities of different numbers. So there are two fair comparisons. Compare densities of $x$, both *without* a determinant. Or compare densities of $u$, both with one, after you made sure that $g$ is the same.
#
# **When do two systems agree?** System $a$ reports the mean $m_a$ of a quantity with the standard error $\mathrm{MCSE}_a$, system $b$ likewise. The runs are independent, so the variance of the difference is the sum of the variances. We say that they *agree* on this quantity if
#
# $$\lvert m_a - m_b\rvert \le c_\kappa \sqrt{\mathrm{MCSE}_a^2 + \mathrm{MCSE}_b^2} .$$
#
# If both estimate the same number, they fail this only by chance. Against an exact answer one of the two errors is 0. And $c_\kappa$? With $K$ comparisons, and a probability of at most $\kappa$ for a false alarm in any of them, each may have $\kappa / K$ (two-sided), so
#
# $$c_\kappa = \Phi^{-1}\Bigl(1 - \frac{\kappa}{2K}\Bigr), \qquad K = \text{the number of all comparisons},$$
#
# such as models × quantities × systems, where $\Phi^{-1}$ is the quantile function of the standard normal distribution. It grows slowly:

# %%
KAPPA = 1e-3
for K in (1, 10, 100, 1000, 10_000):
    print(f"K = {K:6,}: c = {stats.norm.isf(KAPPA / (2 * K)):.2f}")

# %% [markdown]
# Two warnings. *Agree* means: no difference larger than about $c_\kappa$ standard errors was seen. A smaller one may be there, and short runs agree with everything. And with $S$ systems there are $S (S - 1) / 2$ pairs but only $S$ comparisons with an exact answer, so know the exact answer if you can.
#
# **What speed means.** Chapter 12 had it: a run costs $F + \nu n$ for $n$ effective draws, with the fixed cost $F$ (compiling, warm-up) and the price $\nu$. The dots of the first figure are $1 / \nu$. The rings are $n / (F + \nu n)$ for the one $n$ that those runs happened to have. So the rings would move right if the runs were longer.
#
# **Bradley and Terry's model**, the larger one of this chapter. Player $k$ of 100 has a skill $\beta_k$. In match $i$ player $k_i$ meets player $l_i$, and
#
# $$\Pr(k_i \text{ wins}) = \frac{1}{1 + e^{-(\beta_{k_i} - \beta_{l_i})}}, \qquad \beta_k \sim \mathrm{Normal}(0, s_\beta), \qquad s_\beta \sim \mathrm{HalfNormal}(1) .$$
#
# Only differences of skills show in the matches: add any number $\Delta$ to *all* skills, and the likelihood does not move. It is flat along that direction, for ever, however many matches there are. What stops the skills from drifting away is the prior alone: with $\Delta$ added, its logarithm changes by
#
# $$-\frac{1}{2 s_\beta^2} \sum_k \bigl[(\beta_k + \Delta)^2 - \beta_k^2\bigr] = -\frac{2 \Delta \sum_k \beta_k + 100\, \Delta^2}{2 s_\beta^2} ,$$
#
# a parabola in $\Delta$, so the mean of all skills stays where the prior wants it, near 0 with standard deviation $s_\beta / 10$. Some write a constraint in its place (the skills sum to zero). Here it is not needed. Let us see:

# %%
season = bradley_terry.simulate(num_matches=1000)
rng = np.random.default_rng(13)
skill, scale, shift = rng.normal(size=100), 0.8, 1.7


def log_matches(skill):
    """Log likelihood of all matches, in NumPy."""
    difference = skill[season.first] - skill[season.second]
    return np.sum(season.won * difference - np.logaddexp(0, difference))


def log_skills(skill):
    """Log prior of the skills given their scale, without its constant."""
    return -np.sum(skill**2) / (2 * scale**2)


moved = log_matches(skill + shift) - log_matches(skill)
parabola = -(2 * shift * skill.sum() + 100 * shift**2) / (2 * scale**2)
print(f"all skills raised by {shift}: the likelihood moves by {abs(moved):.1f}")
print("the prior moves by the parabola:", end=" ")
print(np.isclose(log_skills(skill + shift) - log_skills(skill), parabola))
assert abs(moved) < 1e-9 and np.isclose(log_skills(skill + shift) - log_skills(skill), parabola)

# %% [markdown]
# ## By hand
#
# The first language is none: plain NumPy. The model is eight schools in its noncentered form (chapter 09), ten unknowns. Samplers move $(\mu, \log\tau, \tilde\theta_1, \dots, \tilde\theta_8)$, so the Jacobian is $\mathrm{d}\tau / \mathrm{d}\log\tau = \tau$.

# %%
schools = registry.build("eight_schools_noncentered")
y, sigma = (np.asarray(column, float) for column in schools.data)


def log_density_by_hand(position):
    """Log density of mu, log tau and eight theta_base, all constants left out."""
    mu, log_tau, theta_base = position[0], position[1], position[2:]
    tau = np.exp(log_tau)
    theta = mu + tau * theta_base
    log_prior = -0.5 * (mu / 5) ** 2  # mu ~ Normal(0, 5)
    log_prior -= np.log(1 + (tau / 5) ** 2)  # tau ~ HalfCauchy(5)
    log_prior -= 0.5 * np.sum(theta_base**2)  # theta_base ~ Normal(0, 1)
    log_likelihood = -0.5 * np.sum(((y - theta) / sigma) ** 2)  # y ~ Normal(theta, sigma)
    return log_prior + log_likelihood + log_tau  # the last term is the Jacobian


# %% [markdown]
# Eight lines, and every one is a place to go wrong. Nothing here knows what a distribution is, nobody draws from a prior for you, nobody derives a gradient or finds a Jacobian. In return *nothing is hidden*. So this is the measure to which we hold the others.

# %% [markdown]
# ## Fast
#
# ### Seven programs, to be read side by side
#
# What follows is the text of the very files that the benchmark runs.

# %%
NAME = "eight_schools_noncentered"
figures.programs(NAME, "plain JAX", "NumPyro", "Pyro")

# %% [markdown]
# - **Plain JAX** is what BlackJAX and the course's own samplers take: *any function* of the unknowns. (The package's version adds constants and serves both forms of the model.) It has no priors to draw from, and it does not know that $\tau > 0$. The Jacobian is added outside, from a declared support.
# - **NumPyro** says it by names: `sample` for each unknown, `deterministic` for what is computed, `plate` for the eight that are alike. The support of $\tau$ comes from its prior, and with it Jacobian and start. (`MU_SCALE` and `TAU_SCALE` are the model's two fives.)
# - **Pyro** is its elder sister, nearly word for word. The difference is invisible: PyTorch runs the function, line by line, at each evaluation of the gradient. You may put a `print` or an `if` into it. NumPyro's function runs once, while JAX traces it, and what remains is a compiled program (chapter 02).

# %%
figures.programs(NAME, "PyMC", "Stan")

# %% [markdown]
# - **PyMC** builds a graph inside of a `with` block. There is no function of the data: the model *holds* its data. `shape=len(...)` makes eight of `theta_base`; without it there would be a single one, shared by all. The parameters have names: `mu` and `sigma`, or `tau` for the precision in place of `sigma`.
# - **Stan** is a language of its own, translated to C++ and compiled. Data, parameters and model are *declared with types*. `real<lower=0>` is the support, so Stan adds the Jacobian; `cauchy` on a positive number is then a half-Cauchy, a constant factor of 2 apart. `~` does not draw anything: it adds a log density, without its constants (`target += normal_lpdf(...)` keeps them). A parameter without any such line has a flat prior on its support.

# %%
figures.programs(NAME, "TFP", "Edward2")

# %% [markdown]
# - **TensorFlow Probability** (TFP) writes a joint distribution: a dictionary in which a later part is a function of the earlier ones. The sampler moves all chains at once, so every array has a leading axis of chains that you must think of: `mu[..., None]` makes room for the eight schools behind it. `Independent(…, 1)` says that eight log densities are to be *added*: the event dimension of chapter 11. Forget it, and eight log densities for each chain meet one: with four chains that is an error, with eight it passes without a word, and is wrong.
# - **Edward2** reads like Pyro and computes like TFP. It has no sampler. The chain axis is passed by hand, `sample_shape=chains`, and who calls the model must say which map leads from free numbers to each unknown.
#
# What each asks of you, counted from these texts:

# %%
SHAPE_WORDS = ("[..., None]", "Independent(", "plate(", "shape=", "vector[", "len(")
SHAPE_WORDS += ("array[", "zeros(")
asked = {}
for language in figures.LANGUAGES:
    every = {model: figures.program(language, model) for model in MODELS}
    asked[language] = {
        "lines, eight schools": len(every[NAME].splitlines()),
        "lines, all five models": sum(len(text.splitlines()) for text in every.values()),
        "words about shapes, all five": sum(
            text.count(word) for text in every.values() for word in SHAPE_WORDS
        ),
        "thinks of chains": "[..., None]" in every[NAME],
    }
pd.DataFrame(asked).T

# %% [markdown]
# Lines are a poor measure of effort. The column on shapes is nearer to what hurts. (Plain JAX leans on arrays that know their shapes, and has no word for the support, which is declared elsewhere.)
#
# The other models differ in more than names. Look at the line with outliers in three languages. Which point is an outlier is unknown, a whole number, and so it is summed out: `log_mix` in Stan, a mixture distribution elsewhere.

# %%
figures.programs("line_with_outliers", "Stan", "NumPyro", "TFP")

# %% [markdown]
# In Stan `theta` has no prior line: it is uniform, because its *bounds* say so. In NumPyro and TFP the prior is written, and the bounds follow from it. And `log_mix` wants the probability of its *first* term, here the outlier, while the mixtures want a list of shares.
#
# ### The same function?
#
# Now the programs that live in the main environment, one after another, are held against eight lines of NumPy: at 20 random points, all in the free coordinates that each library chooses for itself. (That it chooses $\log\tau$ is part of the test.)

# %%
points = np.random.default_rng(130).normal(size=(20, schools.dim))
by_hand = np.array([log_density_by_hand(point) for point in points])

in_numpyro = from_numpyro(schools.numpyro)
in_pymc = schools.pymc()
print("PyMC's coordinates:", ", ".join(v.name for v in in_pymc.value_vars))
pymc_logp = in_pymc.compile_logp(mode="FAST_COMPILE")
values = {
    "plain JAX (BlackJAX, course)": jax.vmap(schools.logdensity)(points),
    "NumPyro": jax.vmap(in_numpyro.logdensity)(points),
    "PyMC": [
        pymc_logp({"mu": point[0], "tau_log__": point[1], "theta_base": point[2:]})
        for point in points
    ],
}
for name, found in values.items():
    difference = np.asarray(found, float) - by_hand
    # float32 leaves about 1e-5 of a sum of ten terms of size 100; PyMC computes in float64.
    same = np.ptp(difference) < (1e-9 if name == "PyMC" else 1e-4)
    print(f"{name:29} minus NumPy is the constant {difference.mean():.3f}: {same}")
    assert same, name

# %% [markdown]
# The constant is the sum of the logarithms of all factors that we left out: 17 times $1/\sqrt{2\pi}$, the $1/5$ and the eight $1/\sigma_j$ of the normals, and $2/(5\pi)$ of the half-Cauchy. Pyro, TFP and Edward2 pass the other fair comparison, that of densities of $x$ without a determinant, in their own environments: it is part of the course's tests (`tests/test_peers.py`). Stan is only held against the exact posterior.
#
# And other coordinates? TFP, for instance, maps a half-normal scale to the free line by the *softplus* $\tau = \log(1 + e^u)$, where others take the exponential. At the same $\tau$ the two Jacobians, $\mathrm{d}\tau/\mathrm{d}u = 1 - e^{-\tau}$ and $\tau$, differ.

# %%
taus = np.array([0.1, 1.0, 5.0, 20.0])
gap = np.log(taus) - np.log1p(-np.exp(-taus))
print("exponential minus softplus, at four values of tau:", np.round(gap, 2))
print("a constant apart:", bool(np.ptp(gap) < 1e-4))

# %% [markdown]
# Not the same function of the position, and yet the same model: the densities of $\tau$ agree. If you forget that, you will hunt a bug that is none. If you leave out the Jacobian in *one* language, you have one:

# %%
forgotten = by_hand - points[:, 1]
print("without the Jacobian, a constant apart:", bool(np.ptp(forgotten - by_hand) < 1e-4))
assert np.ptp(forgotten - by_hand) > 1

# %% [markdown]
# ### Four of them, sampling
#
# BlackJAX brings no language, only samplers. This is how the benchmark, and this page, run it: a warm-up that returns numbers, then a kernel in the course's own driver.

# %%
show_source(blackjax_chain)

# %% [markdown]
# Now four systems sample here and now: NumPyro through `MCMC`, BlackJAX, the course's NUTS (from the same log density), and PyMC with its own sampler.

# %%
QUANTITIES = ["mu", "tau", "log tau", *(f"theta {school}" for school in "ABCDEFGH")]


def columns(sites):
    """Draws of all eleven quantities, each of shape (chain, draw)."""
    found = schools.quantities(sites)
    single = [np.asarray(found[name], float) for name in ("mu", "tau", "log_tau")]
    return dict(
        zip(QUANTITIES, [*single, *np.moveaxis(np.asarray(found["theta"], float), -1, 0)],
            strict=True)
    )  # fmt: skip


here = {}
print("NumPyro: compiling and sampling …")
mcmc = MCMC(
    NUTS(schools.numpyro),
    num_warmup=500,
    num_samples=1000,
    num_chains=4,
    chain_method="sequential",  # compiles quicker than "vectorized"
    progress_bar=False,
)
mcmc.run(jax.random.key(131))
here["NumPyro"] = columns(mcmc.get_samples(group_by_chain=True))


# %%
def four_chains(key, one_chain):
    """Four chains from random starts, divided among the devices."""
    key_starts, key_chains = jax.random.split(key)
    starts = init_positions(key_starts, schools.logdensity, np.zeros(10, np.float32), 4)
    return over_devices(one_chain, key_chains, starts)


@jax.jit
def run_blackjax(key):
    """BlackJAX: draws, and what it tells about each."""

    def one_chain(key, start):
        position, parameters = blackjax_chain(schools.logdensity, 500, 1000).warm(key, start)
        kernel = blackjax.nuts(schools.logdensity, **parameters)
        return sample_chain(jax.random.fold_in(key, 1), kernel, position, 1000)

    return four_chains(key, one_chain)


def log_density_with(position, scale):
    """Eight schools with another scale of both priors than 5: for an experiment further down."""
    mu, tau = position[0], jnp.exp(position[1])
    change = 0.5 * (mu / 5) ** 2 + jnp.log1p((tau / 5) ** 2)  # is zero where scale is 5
    change -= 0.5 * (mu / scale) ** 2 + jnp.log1p((tau / scale) ** 2)
    return schools.logdensity(position) + change


@jax.jit
def run_course(key, scale):
    """Draw with the course's NUTS."""
    chain = course_chain(lambda position: log_density_with(position, scale), 500, 1000)
    return four_chains(key, lambda key, start: chain.both(key, start)[0])


constrain = jax.jit(jax.vmap(jax.vmap(schools.constrain)))
print("BlackJAX: compiling and sampling …")
timing = time_jax(run_blackjax, jax.random.key(132), repeats=3)
draws, info = run_blackjax(jax.random.key(132))
here["BlackJAX"] = columns(constrain(draws))
print("the course: compiling and sampling …")
here["the course"] = columns(constrain(run_course(jax.random.key(133), 5.0)))

# %%
print("PyMC: compiling and sampling …")
with in_pymc:
    trace = pm.sample(
        draws=500,
        tune=500,
        chains=4,
        cores=1,
        nuts_sampler="pymc",
        random_seed=134,
        progressbar=False,
        quiet=True,
        compute_convergence_checks=False,
    )
here["PyMC"] = columns({name: trace["posterior"][name].values for name in schools.shapes})

# %% [markdown]
# ## Is it right?
#
# First the exact answer, by the one-dimensional integral of chapter 09. The threshold comes from *all* comparisons with chance that are made with draws of this page. (Recorded rows in the grid further down are not counted.)

# %%
reference = schools.reference()
exact = dict(
    zip(QUANTITIES, np.concatenate(
        [np.ravel(reference[name].mean) for name in ("mu", "tau", "log_tau", "theta")]
    ), strict=True)
)  # fmt: skip
pairs = list(combinations(here, 2))
COMPARISONS = len(QUANTITIES) * (len(here) + len(pairs)) + 2  # two more follow, on the coin
ALPHA = KAPPA / COMPARISONS
limit = stats.norm.isf(ALPHA / 2)
print(f"{COMPARISONS} comparisons: each may be off by {limit:.2f} standard errors")

# %%
for name, drawn in here.items():
    verdicts = [
        checks.mean_within_mcse(drawn[quantity], exact[quantity], quantity, alpha=ALPHA)
        for quantity in QUANTITIES
    ]
    print(
        f"{name:11} agrees with all {len(verdicts)} exact means:", all(v.passed for v in verdicts)
    )
    assert all(v.passed for v in verdicts), [v.message for v in verdicts if not v.passed]


def agree(a, b, limit):
    """Whether the means of two independent runs are within limit joint standard errors."""
    both = np.hypot(float(az.mcse(a)), float(az.mcse(b)))
    return abs(a.mean() - b.mean()) <= limit * both


for a, b in pairs:
    together = [agree(here[a][quantity], here[b][quantity], limit) for quantity in QUANTITIES]
    assert all(together), (a, b)
print(f"and all {len(pairs)} pairs of systems agree with each other")

# %% [markdown]
# What would this test have missed? A bias is caught half of the time if it is as large as $c_\kappa$ joint standard errors. In units of the posterior's standard deviation (the sizes of the errors are estimates, good to some ten per cent, which is the tolerance when this cell is tested; the smallest of many varies more):

# %% tags=["tol-0.3"]
smallest = {
    name: max(
        limit * float(az.mcse(drawn[quantity])) / drawn[quantity].std() for quantity in QUANTITIES
    )
    for name, drawn in here.items()
}
print("caught half of the time:", {name: round(float(b), 2) for name, b in smallest.items()})

# %% [markdown]
# Biases of that size are nothing for a scientist and much for a test of software. If you want to see smaller ones, draw longer: four times as many draws halve it.
#
# Now the grid: each system against each quantity, in standard errors. Four rows were sampled just now. Recorded runs follow, as far as they tell their means.


# %%
def distances(drawn):
    """(mean - exact) / MCSE of all quantities."""
    return [(drawn[q].mean() - exact[q]) / float(az.mcse(drawn[q])) for q in QUANTITIES]


grid = {f"{name}, here": distances(drawn) for name, drawn in here.items()}
for name in record.of(NAME):
    if (found := record.distances(NAME, name, reference)) is not None:
        grid[figures.label(name)] = found
print(f"{len(grid) - len(here)} of {len(record.of(NAME))} recorded runs tell their means")
figures.agreement(
    grid, QUANTITIES, limit, f"Rows with “here”: sampled now; others: {record.where}."
)

# %% [markdown]
# How to read such a grid: a dark row is a wrong system, a dark *column* a wrong "exact" answer. A row may lean towards one colour without harm, because its quantities are correlated: if $\mu$ is a little high, so are all $\theta_j$.
#
# The recorded runs were judged in another way as well: for each quantity the share of draws below the exact 5 %, 50 % and 95 % quantiles, chain by chain, as in chapter 12. (With few chains this sees little: below some 30 chains, all runs of a system together, a tail that is too short cannot fail.) Here is the p-value of the worst share, times the number of shares. The benchmark calls a row right if it is at least 0.0001.

# %%
p_values = {
    MODELS[model]: {figures.label(name): "not run" for name in record.systems} for model in models
}
for (model, name), row in record.finished.items():
    if model in MODELS:
        p_values[MODELS[model]][figures.label(name)] = f"{row['p_value']:.2g}"
print(f"{len(record.finished)} finished, {len(record.right)} agree with the exact answer")
pd.DataFrame(p_values)

# %% [markdown]
# (A row that disagrees takes no part in any comparison of speed.)

# %% [markdown]
# ## Where it breaks
#
# ### One word, another model
#
# Programs look alike, and words do not mean alike. The table lists the traps that translators fall into, and the cell below it tries each that can be tried here.
#
# | | the word | means | but |
# |---|---|---|---|
# | 1 | `Normal(m, 2)` | standard deviation 2 in NumPyro, PyMC, Stan, TFP, Pyro, SciPy | BUGS writes the precision, $1/\mathrm{sd}^2$, and PyMC has it as `tau=`; in prose it is often the variance |
# | 2 | `Exponential(2)` | *rate* 2, mean 1/2, in the modelling languages | NumPy's `rng.exponential(2)` and SciPy's `expon(scale=2)` have mean 2; SciPy's first number is a shift |
# | 3 | `Gamma(3, 2)` | shape and rate | NumPy's `rng.gamma(3, 2)`: shape and scale |
# | 4 | `StudentT(5, 0, 2)` | *scale* 2 | its standard deviation is larger, $2\sqrt{5/3}$; PyMC wants the scale by name, `sigma=2`, or `lam=` $1/\text{scale}^2$ |
# | 5 | `HalfCauchy(5)` | $\tau > 0$ | Stan: `cauchy(0, 5)` on a bounded number, $\log 2$ apart: harmless. PyMC: `Cauchy(0, 5)` leaves $\tau$ unbounded: not harmless |
# | 6 | `NegativeBinomial(3, p)` | NumPyro's `NegativeBinomialProbs`: counts events of probability $p$ | PyMC and SciPy count the others: their $p$ is its $1 - p$ |
# | 7 | `LogNormal(1, .5)` | mean and sd of the *logarithm* | SciPy: `lognorm(.5, scale=e)` |
# | 8 | `Uniform(-1, 2)` | both ends | SciPy: `uniform(-1, 3)`, start and *width* |
# | 9 | a vector of eight normals | eight log densities | one, after `to_event(1)`, `Independent(…, 1)`, or in Stan, always |
# | 10 | `pm.Normal("x", 0, 1)` | one number | `shape=8` makes eight |
# | 11 | Stan's parameter without `~` | flat on its support | elsewhere a prior must be written |
# | 12 | player 1 | the second one, in Python | the first one, in Stan |
# | 13 | a key | the same key, the same draws, in JAX | NumPy's and PyTorch's generators move on by themselves |
# | 14 | `if tau > 1:` | works in Pyro, which runs your Python at every step | fails when JAX traces it |
# | 15 | Stan's `~` | drops constants | `target += …_lpdf` keeps them: no matter for the posterior, all the matter for comparing models |
# | 16 | `tfd.Bernoulli(0.3)` | TFP: the first number is the *log-odds* | NumPyro: the first number is the probability |

# %%
x, counts = np.array([0.3, 1.0, 1.7]), np.array([0, 2, 5])
densities_of = {  # in NumPyro; in SciPy; in PyMC, once or twice
    "1 sd, precision": (dist.Normal(0.0, 2.0), stats.norm(0, 2).logpdf(x),
                        pm.Normal.dist(0, 2), pm.Normal.dist(0, tau=1 / 4)),
    "2 rate, scale": (dist.Exponential(2.0), stats.expon(scale=1 / 2).logpdf(x),
                      pm.Exponential.dist(2)),
    "3 rate, scale": (dist.Gamma(3.0, 2.0), stats.gamma(3, scale=1 / 2).logpdf(x),
                      pm.Gamma.dist(3, 2)),
    "6 which probability": (dist.NegativeBinomialProbs(3.0, 0.4),
                            stats.nbinom(3, 1 - 0.4).logpmf(counts),
                            pm.NegativeBinomial.dist(n=3, p=1 - 0.4)),
    "7 log-normal": (dist.LogNormal(1.0, 0.5), stats.lognorm(0.5, scale=np.e).logpdf(x),
                     pm.LogNormal.dist(1, 0.5)),
    "8 ends, width": (dist.Uniform(-1.0, 2.0), stats.uniform(-1, 3).logpdf(x),
                      pm.Uniform.dist(-1, 2)),
}  # fmt: skip


def alike(*values):
    """Equal up to float32."""
    return all(np.allclose(values[0], other, rtol=1e-4, atol=1e-5) for other in values[1:])


tried = {}
for trap, (in_jax, by_scipy, *others) in densities_of.items():
    at = counts if trap.startswith("6") else x
    by_pymc = [pm.logp(other, at).eval(mode="FAST_COMPILE") for other in others]
    tried[trap] = alike(by_scipy, in_jax.log_prob(at), *by_pymc)


def seeded():
    """NumPy's generator, always in the same state."""
    return np.random.default_rng(1)


def branches(tau):
    """Python's own `if` on a value."""
    return 1.0 if tau > 1 else 0.0


try:
    jax.jit(branches)(2.0)
    refused = False
except jax.errors.TracerBoolConversionError:
    refused = True
with pm.Model() as shapes:
    pm.Normal("one", 0, 1)
    pm.Normal("eight", 0, 1, shape=8)
eight, ones, key = dist.Normal(jnp.zeros(8), 1.0), jnp.ones(8), jax.random.key(1)
half = dist.HalfCauchy(5.0).log_prob(x) - dist.Cauchy(0.0, 5.0).log_prob(x)
tried |= {
    "2 and 3 in NumPy": seeded().exponential(2) == 2 * seeded().exponential(1)
    and seeded().gamma(3, 2) == 2 * seeded().gamma(3, 1),
    "4 scale is not sd": alike(dist.StudentT(5.0, 0.0, 2.0).variance, 2**2 * 5 / 3),
    "5 half": alike(half, np.log(2)),
    "5 PyMC's Cauchy": np.isfinite(pm.logp(pm.Cauchy.dist(0, 5), -1.0).eval(mode="FAST_COMPILE"))
    and not np.isfinite(pm.logp(pm.HalfCauchy.dist(5), -1.0).eval(mode="FAST_COMPILE")),
    "9 event dimension": eight.log_prob(ones).shape == (8,)
    and alike(eight.to_event(1).log_prob(ones), eight.log_prob(ones).sum()),
    "10 shape": shapes.eval_rv_shapes() == {"one": (), "eight": (8,)},
    "11 flat by its bounds": "theta ~" not in figures.program("Stan", "line"),
    "12 counting from 1": "first + 1" in Path(peers.__file__).with_name("stan.py").read_text(),
    "13 keys": alike(jax.random.normal(key), jax.random.normal(key)),
    "14 if": branches(2.0) == 1.0 and refused,
    "16 in NumPyro": alike(dist.Bernoulli(0.3).log_prob(1), np.log(0.3)),
}
print("as the table says:", *(trap for trap, holds in tried.items() if holds), sep="\n  ")
print("otherwise:", [trap for trap, holds in tried.items() if not holds])
assert all(tried.values())

# %% [markdown]
# (Where a row speaks of BUGS, Stan, TFP or PyTorch, it says what their documentation says: they are not installed here. Row 15 is theirs altogether.)
#
# What does such a slip do? Somebody ports eight schools from a text that gives *variances*: $\mu$ has prior variance 25, and the scale of $\tau$ "is 25 too". Written down as standard deviation and scale, the priors are five times too wide. We sample that, with the course's program from above.

# %%
print("sampling the port …")
ported = columns(constrain(run_course(jax.random.key(135), 25.0)))
worst_rhat = max(float(az.rhat(drawn)) for drawn in ported.values())
fewest = min_ess(np.stack(list(ported.values()), axis=-1))
print("R-hat of all quantities below 1.02:", worst_rhat < 1.02)
print("at least 400 effective draws of each:", fewest > 400)
apart = [q for q, z in zip(QUANTITIES, distances(ported), strict=True) if abs(z) > limit]
print("some mean is off by more than chance explains:", len(apart) > 0)
difference = jax.vmap(lambda point: log_density_with(point, 25.0))(points) - by_hand
print("log densities a constant apart:", bool(np.ptp(difference) < 1e-4))
assert apart and np.ptp(difference) > 1e-2

# %% [markdown]
# The chains are healthy. They are chains of *another model*, and no diagnostic that looks at chains can know what you meant. Twenty evaluations of the log density know it at once. **Compare densities first, draws second.**
#
# ### When the compiler loses
#
# Your prediction: the coin, by a random walk in plain NumPy. Four chains like everyone, on the log-odds $\eta$ of $p$ (the posterior of $\eta$ is proportional to $p^{2 + y} (1 - p)^{2 + n - y}$, the Jacobian $p (1 - p)$ included).

# %%
coin = binomial.model()
heads, flips = (int(np.sum(column)) for column in coin.data)
STEP = 2.4 * np.sqrt(1 / (2 + heads) + 1 / (2 + flips - heads))  # chapter 03: 2.4 times the sd


def walk_in_numpy(rng, num_draws):
    """Four chains of a random walk on eta; p of each draw, shape (4, num_draws)."""
    eta = rng.normal(size=4)
    noise, log_u = STEP * rng.normal(size=(num_draws, 4)), np.log(rng.uniform(size=(num_draws, 4)))

    def log_gamma(eta):  # log p = -log(1 + exp(-eta))
        return -(2 + heads) * np.log1p(np.exp(-eta)) - (2 + flips - heads) * np.log1p(np.exp(eta))

    now, kept = log_gamma(eta), np.empty((num_draws, 4))
    for i in range(num_draws):
        proposal = eta + noise[i]
        then = log_gamma(proposal)
        is_accepted = log_u[i] < then - now
        eta, now = np.where(is_accepted, proposal, eta), np.where(is_accepted, then, now)
        kept[i] = eta
    return 1 / (1 + np.exp(-kept.T))


@jax.jit
def walk_in_jax(key):
    """The same walk with the package's kernel, compiled."""
    starts = jax.random.normal(key, (4, 1))
    kernel = metropolis_hastings(coin.logdensity, random_walk(STEP))
    draws, _ = sample(jax.random.fold_in(key, 1), kernel, starts, 5000)
    return jax.nn.sigmoid(draws[..., 0])


print("compiling and timing …")
programs = {
    "random walk, NumPy": (walk_in_numpy, np.random.default_rng(136), 5000),
    "random walk, JAX": (walk_in_jax, jax.random.key(137)),
}
timed, drawn = {}, {}
with disk_cache(None):  # or a program that was compiled yesterday would count as compiled for free
    for name, (program, *arguments) in programs.items():
        clock = time_python if "NumPy" in name else time_jax
        timed[name] = clock(program, *arguments, repeats=3, name=name)
        drawn[name] = np.asarray(program(*arguments), float)[:, 500:]

# %% [markdown]
# First, are they right? (The first 500 steps are left out as warm-up.)

# %%
for name, of_p in drawn.items():
    verdict = checks.mean_within_mcse(of_p, float(coin.reference()["p"].mean), "p", alpha=ALPHA)
    print(f"{name:19} agrees with the exact mean: {verdict.passed}")
    assert verdict.passed, verdict.message

# %% tags=["nbval-ignore-output"]
table = {}
for name, timed_here in timed.items():
    ess, fixed = min_ess(drawn[name]), timed_here.trace_s + timed_here.compile_s
    table[name] = {
        "compiling (s)": fixed,
        "ESS/s, compiling left out": ess / timed_here.median_s,
        "ESS/s, compiling included": ess / (fixed + timed_here.median_s),
        "1000 effective draws after (s)": fixed + 1000 * timed_here.median_s / ess,
    }
lesson = pd.DataFrame(table).T
print(lesson.round(2).to_string())
prices = 1 / lesson["ESS/s, compiling left out"]
crossover = lesson["compiling (s)"].iloc[1] / (prices.iloc[0] - prices.iloc[1])
print("the compiled walk overtakes", end=" ")
print(f"from {crossover:,.0f} effective draws on" if crossover > 0 else "never")
print("first once compiling counts:", lesson["ESS/s, compiling included"].idxmax())
calls = {name: row["ess_per_s_call"] for name, row in record.of("binomial").items()}
best = max(calls, key=calls.get, default=None)
if best:
    print("the best first call of the record, perhaps on another machine:", end=" ")
    print(f"{figures.label(best)}, {calls[best]:,.0f} effective draws per second")

# %% [markdown]
# For one small model, once, the program that compiles nothing has its answer before the others have begun. (That is not a plea for NumPy: *you* were the compiler, and the next model costs you the evening.) The crossover says when the machinery pays: with longer runs, repeated fits, or a dearer density. And the record's first calls, of samplers far better than a walk, have the same handicap.

# %% [markdown]
# ## In the libraries
#
# ### Where the time goes
#
# Recorded first runs of the eight schools, from the import to the last draw, with empty caches.

# %%
PHASES = ("import_s", "compile_s", "warmup_s", "sampling_s")
spent = {name: [row[phase] for phase in PHASES] for name, row in record.of(NAME).items()}
figures.phases(spent, "Eight schools, noncentered", record.where)

# %% [markdown]
# How the phases are told apart differs from system to system. Some say when they compile. Others compile silently in their first run; there *compile* is what the first run takes longer than the others. The modules `course_utils.bench.systems` and `course_utils.bench.elsewhere` say it for each. And a second run in the same process? It shows who compiles again:

# %%
again = {}
for name, row in record.of(NAME).items():
    further, working = np.median(row["run_s"]), row["warmup_s"] + row["sampling_s"]
    again[figures.label(name)] = {
        "first call, as it was (s)": f"{row['first_s']:.2f}",
        "further call (s)": f"{further:.2f}",
        "warm-up and sampling (s)": f"{working:.2f}",
        "pays again": "yes" if further > 3 * working else "no",
        "numbers": row["dtype"],
        "peak memory (MB)": f"{row['peak_memory_mb']:,.0f}",
        "ESS of a run": f"{row['ess_min']:,.0f}",
        "ESS per gradient": f"{row['ess_per_gradient']:.3f}" if row["ess_per_gradient"] else "–",
    }
pd.DataFrame(again).T

# %% [markdown]
# (*Pays again*: a further call takes more than three times as long as its warm-up and sampling.) Unlike with unlike: some compute in 32 bits, some in 64. Some chains run side by side, some one after another. TFP's windowed warm-up shares one step size among the chains, and Edward2's runs have no metric. `data/benchmarks/README.md` says how each was tuned. A ratio between two rows is a ratio between two *habits*.
#
# So who is first? It depends on how much you want. For each model, and for each number $n$ of effective draws, who has them first, by $F + \nu n$ with the import left out?

# %%
wanted = (100, 10_000, 1_000_000, 100_000_000)
winners = {MODELS[model]: first_to(record.of(model), wanted) for model in models}
pd.DataFrame(winners).map(figures.label).T.rename(columns="{:,}".format)

# %% [markdown]
# ### A larger model
#
# Bradley and Terry's model, 100 players, 101 unknowns. The matches are simulated, and every match stays an observation of its own: the work of a gradient grows with them, the number of unknowns does not. So this asks which system makes good use of the arithmetic, and no longer which has the smallest overhead.

# %%
figures.programs("bradley_terry", "NumPyro", "Stan")

# %%
growing = record.growing("bradley_terry", default=1000)
sizes = sorted({size for rates in growing.values() for size in rates})
for name, rates in growing.items():
    more, dearer = max(rates) / min(rates), rates[min(rates)] / rates[max(rates)]
    print(f"{figures.label(name)}: {more:.0f} times the matches, a draw {dearer:.1f} times as dear")
print("recorded numbers of matches:", sizes or "only 1,000; more were not run")
figures.growth(growing, record.where) if growing else None

# %% [markdown]
# In the long run the price of an effective draw grows in proportion to the matches. At first it may grow more slowly: as long as the bookkeeping of the sampler takes longer than the matches, more of them are nearly free. A line that stays flat for longer has the larger overhead. (More matches also change the posterior, and with it the gradients that a draw needs.)
#
# ### What each can do
#
# A comparison of systems usually ends in a table of features. In this one every entry says where it comes from: **x** was executed or looked up on this page just now, **r** is from the record, **d** is from the system's documentation, **o** is an opinion, ours.

# %%
with pm.Model() as discrete:
    pm.Bernoulli("z", 0.3)
    pm.Normal("x", 0, 1)
chosen = {method.__name__ for method in pm.sampling.mcmc.assign_step_methods(discrete)[1]}
base = numpyro.infer.mcmc.MCMCKernel
kernels = [k for k in vars(numpyro.infer).values() if isinstance(k, type) and issubclass(k, base)]
asked_for = ("nuts", "hmc", "mala", "rmh", "elliptical_slice", "mclmc", "pathfinder")
algorithms = [name for name in asked_for if hasattr(blackjax, name)]
print("NumPyro's kernels:", ", ".join(sorted(kernel.__name__ for kernel in kernels)))
print("PyMC chose for a coin and a normal:", ", ".join(sorted(chosen)))
print("BlackJAX has, among others:", ", ".join(algorithms))
assert numpyro.infer.DiscreteHMCGibbs in kernels
assert chosen == {"BinaryGibbsMetropolis", "NUTS"} and len(algorithms) == len(asked_for)

# %% [markdown]
# | | methods | gradient by | discrete unknowns | hardware | ease |
# |---|---|---|---|---|---|
# | NumPyro | NUTS and the kernels above x, VI d | JAX x | summed out by itself (with funsor) d, Gibbs steps x | CPU x, GPU, TPU d | easy, if you know JAX o |
# | PyMC | NUTS, Metropolis, VI, SMC d | PyTensor x | steps of their own x | CPU x, GPU by JAX d | easiest to begin with o |
# | BlackJAX | those above, and more x | JAX x | what you write d | CPU x, GPU, TPU d | for builders of samplers o |
# | Stan | NUTS r, VI, optimiser d | C++ d | summed out by hand d | CPU r, some functions on GPU d | strict, kind to the careful o |
# | Pyro | NUTS r, VI d | PyTorch d | summed out by itself d | CPU r, GPU d | easy to write and to debug o |
# | TFP | NUTS r, kernels as parts, VI d | TensorFlow, JAX d | summed out by hand d | CPU r, GPU, TPU d | shapes take practice o |
# | Edward2 | those of TFP d | TensorFlow d | summed out by hand d | CPU r, GPU, TPU d | much is left to you o |
# | plain NumPy | what you write x | nobody x | what you write x | CPU x | nothing hidden, nothing given o |
#
# (An **r** holds where the figures above have a row of that system. In which kind of numbers each computes is in the table before.)

# %% [markdown]
# ### Claims on trial
#
# All rows that follow are recorded. A claim about speed must say *which seconds*. We try up to three clocks: **sampling** (the draws after warm-up), **a first call** (compiling, warm-up, sampling), and **a further call** in the same process, which for some systems compiles again. Seconds are divided by effective draws. The bounds are those that the claims' words set. Where the record has one number for a system (the median run, the first call), a case has one; of further calls there are several.


# %%
def on_trial(claim, found, **bounds):
    """Try a claim against the record, if it has a row that bears on it."""
    if found:
        trial(claim, found, chapter="13", recorded=record.machine, **bounds)
    else:
        print(f"“{claim}” was not tried: the systems that it names were not run.")


CALLS = ("sampling", "a first call", "a further call")

# %% [markdown]
# **They all give the same posterior.** Said of every pair of systems, and the reason why one may choose by taste. *The same* shall mean: no share below an exact quantile is further off than chance explains, at the level of the benchmark.

# %%
on_trial(
    "All systems give the same posterior: the worst share below an exact quantile has a p-value of "
    "at least 0.0001",
    {
        f"the model is {MODELS[model]}": np.array(
            [row["p_value"] for (m, _), row in record.finished.items() if m == model]
        )
        for model in models
    },
    at_least=1e-4,
)

# %% [markdown]
# **PyMC calling NumPyro costs 0 % to 20 %** against native NumPyro (Cooper, 2023), on the line, simple and complex. Chapter 07 has his seconds, and tried the claim for sampling alone, with one compiler for both. Here are whole calls, as one types them: `MCMC.run` and `pm.sample(nuts_sampler="numpyro")`, chains in parallel on both sides; native NumPyro in 32 bits, PyMC's in 64, since that is what they do if you say nothing. A *further call* holds the compiling that both pay again; *warm-up and sampling* leaves it out. As in chapter 07: *costs at most 20 %* means that at most 0.2 of the time through PyMC could be saved.


# %%
saved = {}
for native in ("numpyro-parallel", "numpyro-vectorized"):
    for line in sorted({"line", "line_with_outliers"} & {*record.with_all(native, "pymc-numpyro")}):
        for clock in ("a further call", "warm-up and sampling"):
            alone, through = (record.seconds(line, n, clock) for n in (native, "pymc-numpyro"))
            case = f"the model is the {MODELS[line]}, {clock}, native is {figures.label(native)}"
            saved[case] = 1 - alone[: len(through)] / through[: len(alone)]
on_trial(
    "PyMC calling NumPyro costs at most 20 % of the time, against native NumPyro",
    saved,
    at_most=0.2,
    unit="of the time",
)

# %% [markdown]
# **NumPyro is 100 times faster than Pyro.** One hears it where NumPyro is introduced to those who know Pyro. The bound is the claim's own, 100, and Pyro is taken as it comes, without its compiler.

# %%
on_trial(
    "NumPyro is at least 100 times faster than Pyro",
    record.cases("numpyro-parallel", "pyro", CALLS, MODELS),
    at_least=100,
    unit="times",
)

# %% [markdown]
# **Stan's compiling takes half a minute.** We take 20 to 40 seconds for half a minute.

# %%
on_trial(
    "Stan's compiling takes half a minute: between 20 and 40 seconds",
    {
        f"the model is {MODELS[model]}": np.array([record.of(model)["stan"]["compile_s"]])
        for model in models
        if model in record.with_all("stan")
    },
    at_least=20,
    at_most=40,
    unit="s",
)

# %% [markdown]
# **The order of the systems is the same with compiling counted.** This is what anybody assumes who shows only one of the two. We count pairs of systems that change places.


# %%
on_trial(
    "The order of the systems is the same with compiling counted: no pair changes places",
    {
        f"the model is {MODELS[model]}, {pairs} pairs": np.array([float(changed)])
        for model in models
        for changed, pairs in [record.swaps(model)]
    },
    at_most=0,
    unit="pairs",
)

# %% [markdown]
# **nutpie.** `pm.sample` picks nutpie by itself where it is installed, so it is what most users of PyMC run today. Its own page says that it "often produces a higher effective sample size per gradient evaluation" than PyMC and Stan. This claim knows no clock. (An ESS is itself an estimate, good to some ten per cent here: a ratio between 0.85 and 1.15 is a draw.) *Often* we leave to the verdict's list of cases.

# %%
for rival, whose in {"pymc": "PyMC's own", "stan": "Stan's"}.items():
    on_trial(
        f"nutpie gets more effective draws from a gradient than {whose} NUTS",
        record.cases("nutpie", rival, ["gradients"], MODELS),
        at_least=1,
        unit="times",
    )

# %% [markdown]
# And is it the quicker way to run a PyMC program, on whichever clock?

# %%
on_trial(
    "With the same PyMC program nutpie is faster than PyMC's own sampler",
    record.cases("nutpie", "pymc", CALLS, MODELS),
    at_least=1,
    unit="times",
)

# %% [markdown]
# Read the cases, not only the verdicts. Where a claim holds by one clock and fails by another, both sides of an argument may have measured well.

# %% [markdown]
# ## What it costs
#
# The row of this chapter: BlackJAX's NUTS on the eight schools, warm-up included, as it ran and was timed above. It can stand beside the rows of chapters 07 and 09, which have the same target.

# %% tags=["nbval-ignore-output"]
row = cost_row(
    "NUTS (BlackJAX), with warm-up",
    "eight schools, noncentered",
    np.asarray(draws),
    timing,
    float(info.acceptance_rate.mean()),
    num_warmup=500,
    gradients_per_draw=float(info.num_integration_steps.mean()),
)
running_table(row).T

# %% [markdown]
# ## Common mistakes
#
# Two from the bug museum that are at home in translations. (Chapter 09 has a third, the half-Cauchy written as a Cauchy.)
#
# **The rate taken for a scale.** A gamma density with rate 2, ported with the 2 as its scale.

# %%
at = np.array([[0.2], [0.7], [1.5], [3.0]])
right_one, wrong_one = densities.gamma_with_rate().logdensity, densities.rate_as_scale
for name, log_density in {"with the rate": right_one, "with a scale": wrong_one}.items():
    verdict = checks.same_density(
        log_density, lambda point: stats.gamma(3, scale=1 / 2).logpdf(point[0]), at
    )
    print(f"{name:13} {verdict.property} as SciPy's: {verdict.passed}")
    assert verdict.passed == (name == "with the rate")

# %% [markdown]
# - *Symptom:* none in the chains; a posterior that is too wide or too narrow by a factor. *Cure:* evaluate both densities at four points.
#
# **Shapes that multiply.** The data are a column, the means a row, and their difference is a square. The sum over it is finite, and wrong.

# %%
show_source(densities.broadcasts_to_a_matrix)

# %%
places = np.random.default_rng(138).normal(size=(6, 2))
for name, log_density in {
    "right": densities.line_likelihood,
    "a column against a row": densities.broadcasts_to_a_matrix,
}.items():
    verdict = checks.same_density(log_density, densities.likelihood_in_a_loop, places)
    print(f"{name:23} {verdict.property} as a loop over the observations: {verdict.passed}")
    assert verdict.passed == (name == "right")

# %% [markdown]
# - *Symptom:* an estimate that is much too sure, or the slope lost. *Cure:* a loop over the observations, in NumPy, is slow and right. TFP's `[..., None]` and `Independent` exist for this reason.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in [the solutions](solutions/13_one_model_every_language.ipynb); try first.
#
# ### Exercise 13.1: three priors for SciPy
#
# Three languages state three priors. Write each as a distribution of SciPy, such as `stats.norm(0, 1)`.
#
# - BUGS: `mu ~ dnorm(2, 0.25)`. The second number is a precision.
# - Stan: `rate ~ exponential(4)`
# - PyMC: `x = pm.StudentT("x", nu=4, mu=1, lam=0.25)`, where `lam` is $1 / \text{scale}^2$.
#
# <details><summary>Hint 1</summary>A precision is 1 / sd².</details>
# <details><summary>Hint 2</summary><code>stats.expon(scale=…)</code> and <code>stats.t(nu, location, scale)</code>.</details>

# %% tags=["exercise"]
# Exercise 13.1
priors = None  # a dictionary with the keys "mu", "rate" and "x"
# your code here

# %% tags=["check"]
check("13.1", priors)

# %% [markdown]
# ### Exercise 13.2: the missing Jacobian
#
# The line of chapter 07 has an angle $\theta$ between $-\pi/2$ and $\pi/2$. A sampler moves $u$, with $\theta = \pi\,(v - \tfrac12)$ and $v = 1 / (1 + e^{-u})$. Given the log density of $\theta$ as a function, return the log density of $u$ at one $u$. A constant does not matter.
#
# <details><summary>Hint 1</summary>Which formula of <em>The mathematics</em> tells how a density changes with its coordinates?</details>
# <details><summary>Hint 2</summary>dv/du = v (1 − v).</details>


# %% tags=["exercise"]
# Exercise 13.2
def log_density_of_u(log_density, u):
    """Log density of the free number u, from that of the angle."""
    ...  # your code here


# %% tags=["check"]
check("13.2", log_density_of_u)

# %% [markdown]
# ### Exercise 13.3: port a program
#
# Here is a regression of counts in NumPyro. Write it in PyMC: a function of `x` and `y` that returns the `pm.Model`, with unknowns of the same names. The checker compares log densities, part by part.


# %%
def counts_in_numpyro(x, y):
    """Counts with mean rate * exp(slope * x), and more spread than Poisson's."""
    rate = numpyro.sample("rate", dist.Gamma(3.0, 2.0))
    slope = numpyro.sample("slope", dist.StudentT(4.0, 0.0, 2.5))
    mean = rate * jnp.exp(slope * x)
    with numpyro.plate("row", len(x)):
        numpyro.sample("y", dist.NegativeBinomial2(mean, 3.0), obs=y)


# %% [markdown]
# <details><summary>Hint 1</summary>The two numbers of <code>NegativeBinomial2</code>, mean and concentration, are <code>mu</code> and <code>alpha</code> in PyMC.</details>
# <details><summary>Hint 2</summary>NumPyro's third number of StudentT is the scale, PyMC's <code>sigma</code>. The exponential is <code>pm.math.exp</code>.</details>


# %% tags=["exercise"]
# Exercise 13.3
def counts_in_pymc(x, y):
    """The same model for PyMC."""
    ...  # your code here


# %% tags=["check"]
check("13.3", counts_in_pymc)

# %% [markdown]
# ### Exercise 13.4: find the bugs
#
# Somebody has ported the likelihood of the line with outliers from Stan to SciPy. The Stan program is printed above, under *Fast*. The port has two bugs. Repair both. `line` and `sigma` are the line's height and the standard error at each point, the other arguments are the three parameters of the outliers.


# %%
def mixture_with_bugs(y, line, sigma, probability, mean, sd):
    """Log likelihood of all points, or so it says."""
    near = stats.norm(line, sigma).logpdf(y)
    far = stats.norm(mean, sd**2 + sigma**2).logpdf(y)
    return np.sum(np.logaddexp(np.log(probability) + near, np.log(1 - probability) + far))


# %% [markdown]
# <details><summary>Hint 1</summary>What does SciPy's <code>norm</code> want as its second number?</details>
# <details><summary>Hint 2</summary><code>log_mix(share, a, b)</code> gives the share to <code>a</code>.</details>


# %% tags=["exercise"]
# Exercise 13.4
def log_mixture(y, line, sigma, probability, mean, sd):
    """Log likelihood of all points, as in the Stan program."""
    ...  # your code here


# %% tags=["check"]
check("13.4", log_mixture)

# %% [markdown]
# ### Exercise 13.5: an agreement test
#
# Write a test that takes draws of one quantity from two systems, each of shape (chain, draw), and the number of comparisons of which this is one. It returns True if the two means agree. All comparisons together may raise a false alarm with probability $10^{-3}$. The checker hands it right pairs, whose chains remember, and wrong pairs.
#
# <details><summary>Hint 1</summary>Both formulas are in <em>The mathematics</em>.</details>
# <details><summary>Hint 2</summary><code>float(az.mcse(draws))</code> is the standard error of the mean; <code>stats.norm.isf(q)</code> is the point beyond which a share q lies.</details>


# %% tags=["exercise"]
# Exercise 13.5
def systems_agree(a, b, num_comparisons):
    """Whether the means of two runs are the same, as far as chance can tell."""
    ...  # your code here


# %% tags=["check"]
check("13.5", systems_agree)

# %% [markdown]
# ### Exercise 13.6: choose a system
#
# Somebody needs `num_effective` effective draws of a model, as soon as possible, in a fresh process (import left out), and perhaps in numbers of a certain kind, `dtype`, such as "float64"; None stands for any. Given rows like those of the record, return the name of the system to use. Rows may be about other models, may not have run, or may disagree with the exact answer. The fields are `system`, `model`, `status`, `agrees` (True or False), `dtype`, `compile_s`, `warmup_s` and `ess_per_s`. The checker has rows of its own.
#
# <details><summary>Hint 1</summary>Look only at rows with <code>status</code> "ok"; others lack most fields.</details>
# <details><summary>Hint 2</summary>The seconds are F + ν n: <code>compile_s</code> and <code>warmup_s</code>, and n over <code>ess_per_s</code>.</details>


# %% tags=["exercise"]
# Exercise 13.6
def choose_system(rows, model, num_effective, dtype=None):
    """Name of the system that has so many effective draws first."""
    ...  # your code here


# %% tags=["check"]
check("13.6", choose_system)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** Two programs' log densities differ by 7.3 at every point. What follows for their posteriors?
#
# <details><summary>A. One of the programs lacks a term.</summary>
#
# **No.** It may lack a constant, and constants disappear when a density is scaled to total probability 1.
#
# </details>
# <details><summary>B. They are the same distribution.</summary>
#
# **Right.** A constant difference is a constant factor of the density, and the posterior is scaled to 1 in either case. (The evidence of chapter 01 does change with the constant.)
#
# </details>
# <details><summary>C. The second one is narrower than the first.</summary>
#
# **No.** Width shows in how the log density falls from point to point, and that is equal.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** A colleague's NumPyro port has R-hat 1.00 and 4000 effective draws. Is the port right?
#
# <details><summary>A. It cannot be said: compare the log densities.</summary>
#
# **Right.** Diagnostics tell whether the chains have found the law of the program. Whether the program is the model that you meant, they cannot know.
#
# </details>
# <details><summary>B. Yes: a wrong model would not have converged.</summary>
#
# **No.** A wrong model is a model, and chains converge to its posterior just as well. The port above did.
#
# </details>
# <details><summary>C. Yes, if no divergences were reported either.</summary>
#
# **No.** Divergences speak of geometry. A prior five times too wide has none.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** System A is ahead by effective draws per second of sampling, B when compiling is counted. You fit one small model, once. Which?
#
# <details><summary>A. System A, as long as its sampling is the faster one.</summary>
#
# **No.** It counts once there is enough of it. For one small fit the compiling is most of what you wait for.
#
# </details>
# <details><summary>B. Neither: such a contradiction shows a faulty benchmark.</summary>
#
# **No.** Both numbers can be right. They are answers to two questions.
#
# </details>
# <details><summary>C. System B, as long as you need fewer draws than where the two are equal.</summary>
#
# **Right.** Compute the seconds F + ν n for the n that you need. Below the crossover the cheaper start wins.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - read one model in seven languages, and see chains, shapes, supports and priors in each,
# - show that two programs are one model, in the same coordinates or with the Jacobian,
# - test agreement with $c_\kappa \sqrt{\mathrm{MCSE}_a^2 + \mathrm{MCSE}_b^2}$, and say what such a test would miss,
# - list sixteen traps of translation, and catch each by evaluating log densities at a few points,
# - ask of every claim about speed which seconds it counts, and choose by $F + \nu n$.
#
# ### Further reading
#
# - Bingham, E., Chen, J. P., Jankowiak, M., Obermeyer, F., Pradhan, N., Karaletsos, T., Singh, R., Szerlip, P., Horsfall, P. and Goodman, N. D. (2019). Pyro: deep universal probabilistic programming. *Journal of Machine Learning Research* 20(28), 1–6.
# - Bradley, R. A. and Terry, M. E. (1952). Rank analysis of incomplete block designs: I. The method of paired comparisons. *Biometrika* 39(3/4), 324–345.
# - Carpenter, B., Gelman, A., Hoffman, M. D., Lee, D., Goodrich, B., Betancourt, M., Brubaker, M., Guo, J., Li, P. and Riddell, A. (2017). Stan: a probabilistic programming language. *Journal of Statistical Software* 76(1), 1–32.
# - Dillon, J. V., Langmore, I., Tran, D., Brevdo, E., Vasudevan, S., Moore, D., Patton, B., Alemi, A., Hoffman, M. and Saurous, R. A. (2017). TensorFlow distributions. arXiv:1711.10604.
# - Phan, D., Pradhan, N. and Jankowiak, M. (2019). Composable effects for flexible and accelerated probabilistic programming in NumPyro. arXiv:1912.11554.
# - Salvatier, J., Wiecki, T. V. and Fonnesbeck, C. (2016). Probabilistic programming in Python using PyMC3. *PeerJ Computer Science* 2, e55.
# - Tran, D., Hoffman, M. D., Moore, D., Suter, C., Vasudevan, S., Radul, A., Johnson, M. and Saurous, R. A. (2018). Simple, distributed, and accelerated probabilistic programming. *Advances in Neural Information Processing Systems* 31. (Edward2.)
#
# **Next:** chapter 14 puts everything to work on one model of a business's own: adstock, saturation, and a decision at the end.
