# %% [markdown]
# # 13. One model, every language
#
# **Question.** The same model, by hand and in seven languages: do they agree, what does each ask of you, and which is quickest *when what is counted*?
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
# About 46 minutes to read, exercises not counted, 38 s to run (measured cold, 24 s again with warm caches: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
from itertools import combinations

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

from course_utils import checks, traps
from course_utils.adapters import from_numpyro
from course_utils.adapters.foreign import init_positions
from course_utils.bench.jobs import read_rows
from course_utils.bench.languages import Record, first_to, p_value, seconds_to
from course_utils.bench.whole import blackjax_chain, course_chain
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.data import DATA_FOLDER
from course_utils.devices import over_devices
from course_utils.display import show_source, use_style
from course_utils.ess import min_ess
from course_utils.exercises import check
from course_utils.figures import chapter_13 as figures
from course_utils.kernel import sample_chain
from course_utils.models import binomial, registry
from course_utils.museum import densities
from course_utils.timing import time_jax, time_python

use_style()
pd.set_option("display.width", 200, "display.max_columns", 20)

# %% [markdown]
# ## Picture first
#
# The models of this course, sampled with NUTS, four chains, by every system that could be installed. Each tuned itself during warm-up. What it tuned differs: all chose a step size, most a metric too. (An arrow hands a program on: *PyMC → nutpie* is PyMC's model in nutpie's sampler. *Parallel* is one device a chain, *vectorized* all chains in lockstep. *XLA*, *graph* and *jit* say what compiles.) Most need environments of their own, so these runs took place once, and were recorded. **On this page what is recorded says so; all else runs while you read.**

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
# - **TensorFlow Probability** (TFP) writes a joint distribution: a dictionary in which a later part is a function of the earlier ones. The sampler moves all chains at once, so every array has a leading axis of chains that you must think of: `mu[..., None]` makes room for the eight schools behind it. `Independent(…, 1)` says that eight log densities are to be *added*: the event dimension of chapter 11. Forget it, and an array of shape (chains, 8) is added to one of shape (chains,). Four chains: an error. Eight chains: it passes without a word, and is wrong.
# - **Edward2** reads like Pyro and computes like TFP. It has no sampler. The chain axis is passed by hand, `sample_shape=chains`, and who calls the model must say which map leads from free numbers to each unknown.
#
# What hurts in a translation is not the number of lines but the words about shapes: look for `[..., None]`, `Independent`, `plate`, `shape=` and `vector[` in the seven texts. (Plain JAX leans on arrays that know their shapes, and has no word for the support, which is declared elsewhere.)
#
# The other models differ in more than names. Look at the line with outliers in three languages. Whether a point is an outlier is an unknown 0 or 1, which NUTS cannot move. So it is summed out: `log_mix` in Stan, a mixture distribution elsewhere.

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
# The constant is the sum of the logarithms of all factors that we left out: 17 times $1/\sqrt{2\pi}$, the $1/5$ and the eight $1/\sigma_j$ of the normals, and $2/(5\pi)$ of the half-Cauchy. Pyro, Stan, TFP and Edward2 pass the other fair comparison, that of densities of $x$ without a determinant, in their own environments: it is part of the course's tests (`tests/test_peers.py`).
#
# And other coordinates? TFP, for instance, maps a half-normal scale to the free line by the *softplus* $\tau = \log(1 + e^u)$, where others take the exponential. The Jacobians are then $1 - e^{-\tau}$ and $\tau$. So the densities of $u$ are not a constant apart, and the model is the same all the same. Forget this, and you hunt a bug that is none. Forget the Jacobian in *one* language, and you have one.

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
COMPARISONS = len(QUANTITIES) * (len(here) + len(pairs)) + 1  # one more follows, on the coin
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
# What would this test have missed? Against the exact answer a bias of $c_\kappa$ standard errors is caught half of the time. With $n$ effective draws that is $c_\kappa / \sqrt{n}$ posterior standard deviations, about a tenth of one if $n$ is 2000. To see half of that, draw four times as long.
#
# Now the grid: each system against each quantity, in standard errors. Four rows were sampled just now. Recorded runs follow.


# %%
def distances(drawn):
    """(mean - exact) / MCSE of all quantities."""
    return [(drawn[q].mean() - exact[q]) / float(az.mcse(drawn[q])) for q in QUANTITIES]


grid = {f"{name}, here": distances(drawn) for name, drawn in here.items()}
for name in record.of(NAME):
    grid[figures.label(name)] = record.distances(NAME, name, reference)
figures.agreement(
    grid, QUANTITIES, limit, f"Rows with “here”: sampled now; others: {record.where}."
)

# %% [markdown]
# How to read such a grid: a dark row is a wrong system, a dark *column* a wrong "exact" answer. A row may lean towards one colour without harm, because its quantities are correlated: if $\mu$ is a little high, so are all $\theta_j$.
#
# The recorded runs were judged in another way as well: the share of draws below the exact 5 %, 50 % and 95 % quantiles, chain by chain, as in chapter 12. (From fewer than some 30 chains a tail that is too short can hardly be seen, so there the means count too.) The table has the p-value of the worst comparison, times their number. A row is called right from 0.0001 on, and a row that disagrees enters no comparison of speed.

# %%
p_values = {
    MODELS[model]: {figures.label(name): "not run" for name in record.systems} for model in models
}
for (model, name), row in record.finished.items():
    if model in MODELS:
        p_values[MODELS[model]][figures.label(name)] = f"{p_value(row):.2g}"
print(f"{len(record.finished)} finished, {len(record.right)} agree with the exact answer")
pd.DataFrame(p_values)

# %% [markdown]
# ## Where it breaks
#
# ### One word, another model
#
# Programs look alike, and words do not mean alike. The table lists the traps that translators fall into, and the cell below it evaluates each that can be tried here at a few points; the code is `course_utils.traps`.
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
tried = traps.tried()
print("as the table says:", *(trap for trap, holds in tried.items() if holds), sep="\n  ")
print("otherwise:", [trap for trap, holds in tried.items() if not holds])
assert all(tried.values())

# %% [markdown]
# (Where a row speaks of BUGS, Stan, TFP or PyTorch, it says what their documentation says: they are not installed here. Rows 11, 12 and 15 are theirs altogether.)
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


rng = np.random.default_rng(136)
timed = time_python(walk_in_numpy, rng, 5000, repeats=3, name="random walk, NumPy")
of_p = walk_in_numpy(rng, 5000)[:, 500:]  # the first 500 steps are warm-up
verdict = checks.mean_within_mcse(of_p, float(coin.reference()["p"].mean), "p", alpha=ALPHA)
print(f"agrees with the exact mean: {verdict.passed}")
assert verdict.passed, verdict.message

# %% tags=["nbval-ignore-output"]
its_seconds = 1000 * timed.median_s / min_ess(of_p)
print(f"the walk in NumPy, here: 1000 effective draws after {its_seconds:.2f} s")
calls = {name: seconds_to(row, 1000) for name, row in record.of("binomial").items()}
if calls:
    best = min(calls, key=calls.get)
    print(f"first of the record, perhaps on another machine: {figures.label(best)}, ", end="")
    print(f"1000 effective draws after {calls[best]:.2f} s")

# %% [markdown]
# Compare the seconds: that is the answer to your prediction. Whoever compiles starts late, and one small model, fitted once, may be done before that. (No plea for NumPy: *you* were the compiler, and the next model costs you the evening.) The machinery pays with longer runs, repeated fits, or a dearer density. Chapter 04 measured where.

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
# Some systems say when they compile. For the others *compile* is what the first run takes longer than the next ones. A second run in the same process shows who compiles again:

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
# Bradley and Terry's model. Player $k$ of 100 has a skill $\beta_k$. In match $i$ player $k_i$ meets player $l_i$, and
#
# $$\Pr(k_i \text{ wins}) = \frac{1}{1 + e^{-(\beta_{k_i} - \beta_{l_i})}}, \qquad \beta_k \sim \mathrm{Normal}(0, s_\beta), \qquad s_\beta \sim \mathrm{HalfNormal}(1) .$$
#
# Only differences of skills show in the matches. Add the same number to *all* skills, and the likelihood does not move, however many matches there are. The prior alone holds their mean, near 0 with standard deviation $s_\beta / 10$, so no constraint is needed.
#
# That is 101 unknowns. The matches are simulated, and every match stays an observation of its own: the work of a gradient grows with them, the number of unknowns does not. So this asks which system makes good use of the arithmetic, and no longer which has the smallest overhead.

# %%
figures.programs("bradley_terry", "NumPyro", "Stan")

# %%
growing = record.growing("bradley_terry", default=1000)
sizes = sorted({size for rates in growing.values() for size in rates})
for name, rates in growing.items():
    more, dearer = max(rates) / min(rates), rates[min(rates)] / rates[max(rates)]
    print(
        f"{figures.label(name)}: {more:.0f} times the matches, an effective draw {dearer:.1f} times as dear"
    )
print("recorded numbers of matches:", sizes or "only 1,000; more were not run")
figures.growth(growing, record.where) if growing else None

# %% [markdown]
# If a draw needs as many gradients as before, its price must in the end grow in proportion to the matches. Before that, more matches are nearly free, as long as the bookkeeping of the sampler takes longer than they do. (But more matches change the posterior, and with it the number of gradients.)
#
# ### What each can do
#
# A comparison of systems usually ends in a table of features. In this one every entry says where it comes from: **x** was executed or looked up on this page just now, **r** is from the record, **d** is from the system's documentation.

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
# | | methods | gradient by | discrete unknowns | hardware |
# |---|---|---|---|---|
# | NumPyro | NUTS and the kernels above x, VI d | JAX x | summed out by itself (with funsor) d, Gibbs steps x | CPU x, GPU, TPU d |
# | PyMC | NUTS, Metropolis, VI, SMC d | PyTensor x | steps of their own x | CPU x, GPU by JAX d |
# | BlackJAX | those above, and more x | JAX x | what you write d | CPU x, GPU, TPU d |
# | Stan | NUTS r, VI, optimiser d | C++ d | summed out by hand d | CPU r, some functions on GPU d |
# | Pyro | NUTS r, VI d | PyTorch d | summed out by itself d | CPU r, GPU d |
# | TFP | NUTS r, kernels as parts, VI d | TensorFlow, JAX d | summed out by hand d | CPU r, GPU, TPU d |
# | Edward2 | those of TFP d | TensorFlow d | summed out by hand d | CPU r, GPU, TPU d |
# | plain NumPy | what you write x | nobody x | what you write x | CPU x |
#
# (An **r** holds where the figures above have a row of that system. In which kind of numbers each computes is in the table before.)

# %% [markdown]
# ### Claims on trial
#
# All rows that follow are recorded. A claim about speed must say *which seconds*. We try up to three clocks: **sampling** (the draws after warm-up), **a first call** (compiling, warm-up, sampling), and **a further call** in the same process, which for some systems compiles again. Seconds are divided by effective draws. The bounds are those that the claims' words set. Every run of one system is held against every run of the other. Only the compiling of a first call was measured once.


# %%
def on_trial(claim, found, **bounds):
    """Try a claim against the record, if it has a row that bears on it."""
    if found:
        trial(claim, found, chapter="13", recorded=record.machine, **bounds)
    else:
        print(f"“{claim}” was not tried: the systems that it names were not run.")


CALLS = ("sampling", "a first call", "a further call")

# %% [markdown]
# **They all give the same posterior.** Said of every pair of systems, and the reason why one may choose by taste. *The same* shall mean: nothing that was compared with the exact answer is further off than chance explains, at the level of the benchmark.

# %%
on_trial(
    "All systems give the same posterior: the worst comparison with the exact answer has a "
    "p-value of at least 0.0001",
    {
        f"the model is {MODELS[model]}": np.array(
            [p_value(row) for (m, _), row in record.finished.items() if m == model]
        )
        for model in models
    },
    at_least=1e-4,
)

# %% [markdown]
# **PyMC calling NumPyro costs 0 % to 20 %** (Cooper, 2023; chapter 07 tried it for sampling alone). Here are whole calls as one types them, native in 32 bits, through PyMC in 64. A *further call* holds the compiling that both pay again, *warm-up and sampling* leaves it out. As in chapter 07: at most 0.2 of the time through PyMC could be saved.


# %%
saved = {}
for native in ("numpyro-parallel", "numpyro-vectorized"):
    for line in sorted({"line", "line_with_outliers"} & {*record.with_all(native, "pymc-numpyro")}):
        for clock in ("a further call", "warm-up and sampling"):
            alone, through = (record.seconds(line, n, clock) for n in (native, "pymc-numpyro"))
            case = f"the model is the {MODELS[line]}, {clock}, native is {figures.label(native)}"
            saved[case] = 1 - np.divide.outer(alone, through).ravel()
on_trial(
    "PyMC calling NumPyro costs at most 20 % of the time, against native NumPyro",
    saved,
    at_most=0.2,
    unit="of the time",
)

# %% [markdown]
# **NumPyro is 100 times faster than Pyro.** We have no source that names a model or a clock, so all are tried. The bound is the claim's own, 100, and Pyro is taken as it comes, without its compiler.

# %%
on_trial(
    "NumPyro is at least 100 times faster than Pyro",
    record.cases("numpyro-parallel", "pyro", CALLS, MODELS),
    at_least=100,
    unit="times",
)

# %% [markdown]
# **Stan's compiling takes half a minute.** A rule of thumb, without a source. We take 20 to 40 seconds for half a minute.

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
# **The order of the systems is the same with compiling counted.** This is what anybody assumes who shows only one of the two. We count pairs of systems that change places. A pair counts only if it is more than 20 % apart both times; less may be chance.


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
# **nutpie.** `pm.sample` picks nutpie by itself where it is installed. Its own page said, in November 2026, that it "often produces a higher effective sample size per gradient evaluation" than PyMC and Stan. This claim knows no clock. (The ESS of a run is itself an estimate. The range over all pairs of runs says how good.) *Often* we leave to the verdict's list of cases.

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
# One from the bug museum that is at home in translations. (The rate taken for a scale you have met in the table, the half-Cauchy written as a Cauchy in chapter 09.)
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
# - know sixteen traps of translation, and catch most of them by evaluating log densities at a few points,
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
