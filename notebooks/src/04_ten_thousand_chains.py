# %% [markdown]
# # 4. Ten thousand chains
#
# **Question.** A computer does the same thing to ten thousand numbers nearly as gladly as to one. What does a sampler gain from running ten thousand chains at once, and how would you measure it without fooling yourself?
#
# After this chapter you will be able to
#
# - **write** a random walk that moves thousands of chains together, in NumPy and in JAX,
# - **keep** means instead of draws, so that a billion draws fit into memory,
# - **read** a benchmark: find its faults, count the compiling, compute where one program overtakes another,
# - **compare** samplers by effective draws per second, and say why draws per second mislead,
# - **judge** many short chains with the nested $\hat R$.
#
# **You need** chapters 02 (JAX) and 03 (Metropolis-Hastings).
# Symbols are collected in [the notation table](notation.md), words in [the glossary](glossary.md).
#
# <!-- times -->
# About 41 minutes to read, exercises not counted, 49 s to run (measured cold, 29 s again with warm caches: AMD EPYC, 2 cores, 2026-11-22).
# <!-- /times -->

# %%
import jax
import jax.numpy as jnp
import numpy as np

from course_utils.devices import use_cpu_devices

use_cpu_devices(2)  # JAX shall see the processor as two devices; this must come first

# %%
import time

import arviz as az
import pandas as pd
from scipy import stats

from course_utils import checks, museum, targets
from course_utils.bench.jobs import read_rows
from course_utils.claims import trial
from course_utils.costs import cost_row, running_table
from course_utils.data import DATA_FOLDER
from course_utils.display import show_source, use_style
from course_utils.exercises import check
from course_utils.figures import chapter_04 as figures
from course_utils.grid_walk import grid_walk
from course_utils.kernel import sample
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.models import mixture
from course_utils.threefry import normal_and_uniform
from course_utils.timing import time_jax
from course_utils.walkers import Mixture, tfp_loop, with_jax, with_numpy, with_scipy

use_style()

# %% [markdown]
# ## Picture first
#
# The target of this chapter is a mixture of four normals on the line. Ten thousand chains start at the same place, far out on the left, and walk with a step size of 0.5. They do not know of each other. Where is the crowd after a while?
#
# **Predict.** The panels show the crowd after 1, 30, 300 and 3000 steps. In which has it arrived? Would a single chain arrive earlier, later, or at the same time?

# %%
from course_utils.many_chains import random_walk_moments

LOC, SCALE, WEIGHT = (np.array(column, dtype=np.float32)[:, None] for column in mixture.FOUR)
target = Mixture(LOC, SCALE, WEIGHT)


def density(x):
    """Density of the mixture, in float64, for any array."""
    return stats.norm.pdf(np.asarray(x)[..., None], *mixture.FOUR[:2]) @ np.array(mixture.FOUR[2])


def log_mixture(x):
    """Log density for a vector of positions, up to a constant; walked through below."""
    return with_jax.log_mixture(target, x)


@jax.jit
def crowd(key, step_size, starts, num_draws):
    """Walk all chains, and return the moments of each."""
    return random_walk_moments(key, log_mixture, step_size, starts, num_draws, num_streams=2)


far_out = jnp.full(10_000, -15.0)
snapshots = {
    steps: np.asarray(crowd(jax.random.key(40), 0.5, far_out, steps).position)
    for steps in (1, 30, 300, 3000)
}
figures.cloud(density, snapshots, -15.0, -20, 20)

# %% [markdown]
# A crowd does not arrive earlier than one of its members. **Many chains give more draws, not better ones.** The first steps of each chain are lost, ten thousand times over. Keep this in mind for the end of the chapter.
#
# But look at what the machine did: more than thirty million proposals, weighed and decided, before you had read the caption. How fast is it, beside what, and what is it good for?

# %% [markdown]
# ## The mathematics
#
# **The target.** A *mixture* of normals with means $m_k$, standard deviations $\sigma_k$ and weights $w_k > 0$ that sum to 1 has the density
#
# $$\pi(x) = \sum_k w_k\, \pi_k(x), \qquad
# \pi_k(x) = \frac{1}{\sigma_k \sqrt{2\pi}}\, e^{-\frac12 z_k^2}, \qquad z_k = \frac{x - m_k}{\sigma_k} .$$
#
# (Under the root stands the number $\pi$.) On the log scale a sum becomes *log-sum-exp*: $\log \pi(x) = \log \sum_k e^{\log w_k + \log \pi_k(x)}$. Its moments are exact: the mean is $\sum_k w_k m_k$, the mean of $x^2$ is $\sum_k w_k (m_k^2 + \sigma_k^2)$.

# %%
exact = mixture.reference(mixture.FOUR)["x"]
exact_mean, exact_square = float(exact.mean), float(exact.mean**2 + exact.sd**2)
print(f"exact mean {exact_mean:.4f}, sd {exact.sd:.4f}, mean of x² {exact_square:.4f}")

parts = {
    f"{w:g} · Normal({m:g}, {s:g})".replace("-", "−"): lambda x, m=m, s=s, w=w: (
        w * stats.norm.pdf(x, m, s)
    )
    for m, s, w in zip(*mixture.FOUR, strict=True)
}
figures.components(density, parts, -15, 20)

# %% [markdown]
# **Many chains.** $N_\mathrm{ch}$ chains of $N_\mathrm{dr}$ draws each give $N = N_\mathrm{ch} N_\mathrm{dr}$ draws. The chains are independent, so the mean of all draws has variance
#
# $$\operatorname{Var}(\bar x) = \frac{1}{N_\mathrm{ch}} \operatorname{Var}(\bar x_1) \approx \frac{\operatorname{Var}(x)}{N}\, \tau_\mathrm{int}$$
#
# with $\bar x_1$ the mean of one chain and $\tau_\mathrm{int}$ its autocorrelation time (chapter 03). The second step is for chains much longer than $\tau_\mathrm{int}$. This is the price of the walk: $\tau_\mathrm{int}$ steps an effective draw, whatever the number of chains. What the number of chains does *not* divide is the bias of chains that have not yet forgotten their start.
#
# The first equation is a gift. With thousands of chains $\operatorname{Var}(\bar x_1)$ can be *seen*, as the variance of the chains' means, and no autocorrelation need be estimated.
#
# **What a run costs.** A step of all chains costs something for being a step, $t_0$ seconds, and something for each chain, $t_\mathrm{d}$ seconds a draw. Before the first step comes the fixed cost $F$, such as compiling. So a run takes
#
# $$F + N_\mathrm{dr}\,(t_0 + N_\mathrm{ch}\, t_\mathrm{d}) .$$
#
# In Python $t_0$ is large: some microseconds for each operation on an array, however short the array. For few chains it is all there is. A compiled loop has a small $t_0$ and a large $F$. Two programs *cross* where their costs are equal. If program $a$ has the fixed cost $F_a$ and takes $t_a$ seconds for a step of all chains, and program $b$ has $F_b > F_a$ but $t_b < t_a$, that is after $(F_b - F_a) / (t_a - t_b)$ steps. With few draws the one with the smaller $F$ wins, with many the one with the cheaper step.

# %% [markdown]
# ## By hand
#
# Chapter 03 walked one chain, with an `if` at every step. For many chains each line becomes one about arrays, with one number a chain, and the `if` becomes `np.where`. All randomness comes in from outside, as in chapter 03: `z` and `u` of shape (draws, chains).


# %%
def walk_by_hand(log_density, starts, step_size, z, u):
    """Walk all chains together; return their draws, (draws, chains), and which were accepted."""
    position, log_p = starts, log_density(starts)
    draws, accepted = [], []
    for z_t, u_t in zip(z, u, strict=True):
        proposal = position + step_size * z_t
        log_p_proposal = log_density(proposal)
        is_accepted = np.log(u_t) < log_p_proposal - log_p  # one decision a chain
        position = np.where(is_accepted, proposal, position)
        log_p = np.where(is_accepted, log_p_proposal, log_p)
        draws.append(position)
        accepted.append(is_accepted)
    return np.array(draws), np.array(accepted)


def log_density_by_hand(x):
    """Log density of the mixture; the components stand on the first axis, the chains on the last."""
    m, sd, w = (np.array(column)[:, None] for column in mixture.FOUR)  # (4, 1)
    log_parts = np.log(w) + stats.norm.logpdf(x, m, sd)  # (4, chains)
    return np.logaddexp.reduce(log_parts, axis=0)


# %% [markdown]
# Is it the walk of chapter 03? We take that loop, one chain after the other, and hand both the same random numbers.


# %%
def one_chain(log_density, start, step_size, z, u):
    """The loop of chapter 03."""
    position, log_p, draws = start, log_density(start), []
    for z_t, u_t in zip(z, u, strict=True):
        proposal = position + step_size * z_t
        log_p_proposal = log_density(proposal)
        if np.log(u_t) < log_p_proposal - log_p:
            position, log_p = proposal, log_p_proposal
        draws.append(position)
    return np.array(draws)


rng = np.random.default_rng(4)
z, u = rng.normal(size=(100, 20)), rng.uniform(size=(100, 20))
starts = rng.normal(size=20)
together, accepted = walk_by_hand(log_density_by_hand, starts, 0.5, z, u)
apart = [
    one_chain(lambda x: log_density_by_hand(x)[0], start, 0.5, z[:, chain], u[:, chain])
    for chain, start in enumerate(starts[:, None])
]
same = np.allclose(np.array(apart)[..., 0].T, together, rtol=0, atol=1e-9)
print("all 20 chains take the same steps together as alone:", same)
assert same

# %% [markdown]
# ## A benchmark of 2019
#
# In 2019 Rémi Louf published a benchmark of just this: a random walk with step size 0.1 on our four normals, thousands of chains at once, in NumPy, in JAX, and in TensorFlow Probability (TFP). He measured two sweeps: 1000 chains with more and more draws, and 1000 draws with more and more chains. His conclusions were quoted widely:
#
# - JAX is up to 20 times as fast as NumPy, with a million chains of 1000 draws.
# - NumPy wins when samples and chains are few, since JAX must compile first.
# - The compiling takes the same time whatever the size.
# - TFP keeps every draw and runs out of memory.
# - A billion draws take 25 seconds on a laptop.
#
# These are our claims on trial. But before one believes a benchmark, one reads its programs. These had faults, some of which its author mended in 2020. Here is what a reader could have seen:
#
# | what was written | what it does |
# |---|---|
# | the mixture's log density, in JAX | it is the logarithm of something else: **exercise 4.2** |
# | one random key for the proposal, for the decision, and for every step | the walk is none: **exercise 4.3** |
# | the key as a *static* argument of the compiled step | the program cannot run today: **exercise 4.4** |
# | a clock around the whole program, for some of the systems | the start of Python and the import of a library are timed: **exercise 4.5** |
# | the position has four rows, and component $k$ is evaluated at row $k$ alone | the components never meet at the same $x$, so the mixture is not the target; and every row accepts or rejects by itself |
# | TFP: the target in each row, step size 1, 32 bits, all draws kept. NumPy: step size 0.1, 64 bits, the last position kept | unequal work is compared |
#
# None of this is unusual. It is what benchmarks look like when speed is watched and draws are not. A wrong sampler has no speed. So we repair first: one target on the line, one step size, the same thing kept, one precision (but for one program that stands for 2019), and every result held against the exact moments.
#
# ### Lean NumPy
#
# What shall JAX be compared with? The published NumPy builds SciPy's `norm(loc, scale)` anew at every step, which checks its arguments each time and computes in 64 bits. Here it is, with keys, target and sums repaired, beside a lean program that does the same with less:

# %%
show_source(with_scipy.published, with_numpy.lean)

# %% [markdown]
# The lean one saves in three ways. It writes into arrays that are there already (`out=`, `*=`). It stays in 32 bits, as JAX does. And it asks the generator for what it needs: $-\log u$ of a uniform $u$ has an exponential distribution, and $\log u < \Delta$ is the same as $-\Delta < -\log u$, so no logarithm of $u$ is taken. Both keep three sums a chain instead of the draws.

# %% [markdown]
# ## Fast
#
# Now JAX. Three sums instead of draws, one compiled program, both cores. First the log density: the sum over components stands on the first axis, and the constant $1/\sqrt{2\pi}$ is left out, since it cancels in a quotient. Then the heart of `random_walk_moments`, from the file in which it lives:

# %%
from course_utils import many_chains

show_source(with_jax.log_mixture)
show_source(many_chains._walk, many_chains._two_sum)

# %% [markdown]
# Read it from the inside out.
#
# - `one_step` is the walk by hand, line by line. `u < exp(log_p_proposal - log_p)` decides as before, without a logarithm of `u`.
# - All it needs is *elementwise*: no chain looks at another. So the compiler fuses a whole step into a few short loops over the chains, where NumPy makes one for every operation.
# - `one_block` draws the random numbers for a block of steps at once, few enough to stay in the processor's cache. Its key comes from the number of the block (`fold_in`).
# - `normal_and_uniform` draws a normal and a uniform number for each chain and step, as the two parts of a complex number. It is a trick: JAX's generator computes two words of random bits at a time, and one array of pairs lets the compiler use both. The bits are JAX's own.
# - `fori_loop` with a number of rounds that is an *argument*: one compiled program serves runs of every length.
# - 32 bits have about seven digits. Add a million numbers one by one: soon the total is so large that each new number loses most of its digits. So plain sums run over a block only. `_two_sum` adds the block's sum to the total, *and* returns what rounding lost of it, exactly.
#
# Around it, the chains are dealt into *streams* of random numbers, and the streams are shared by the devices (`over_devices`). Is it still the walk by hand? Both get the same random numbers:

# %%
num_draws = 300
starts = jnp.asarray(rng.normal(size=200), jnp.float32)
key = jax.random.key(41)
fast = crowd(key, 0.5, starts, num_draws)


# The same random numbers for the version by hand: a key a stream, and from it a key a block.
def numbers_of(stream_key, num_draws, num_chains):
    """z and u as the program draws them, for the chains of one stream."""
    steps = min(many_chains.BLOCK_STEPS, many_chains.BLOCK_NUMBERS // num_chains)
    num_blocks = -(-num_draws // steps)
    keys = [jax.random.fold_in(stream_key, block) for block in range(num_blocks)]
    noise = np.concatenate([normal_and_uniform(key, (steps, num_chains)) for key in keys])
    return noise.real[:num_draws].astype(float), noise.imag[:num_draws].astype(float)


slow = []
for stream_key, its_starts in zip(jax.random.split(key, 2), starts.reshape(2, -1), strict=True):
    z, u = numbers_of(stream_key, num_draws, 100)
    slow.append(walk_by_hand(log_density_by_hand, np.asarray(its_starts, float), 0.5, z, u))
by_hand = {
    "position": np.concatenate([draws[-1] for draws, _ in slow]),
    "mean": np.concatenate([draws.mean(axis=0) for draws, _ in slow]),
    "mean_square": np.concatenate([(draws**2).mean(axis=0) for draws, _ in slow]),
    "acceptance_rate": np.concatenate([accepted.mean(axis=0) for _, accepted in slow]),
}
for name, values in by_hand.items():
    # Rounding: 300 steps of 32 bits on numbers of size 10, and squares of size 100.
    equal = np.allclose(values, getattr(fast, name), rtol=1e-4, atol=1e-3)
    print(f"{name:16} equal by hand and compiled: {equal}")
    assert equal

# %% [markdown]
# The same walk. And the device count does not matter, because each stream brings its own key. (`num_devices=1` makes one device work through both.)

# %%
single = jax.jit(
    lambda key, starts: random_walk_moments(
        key, log_mixture, 0.5, starts, 300, num_streams=2, num_devices=1
    )
)(key, starts)
same = np.allclose(np.asarray(single.mean), np.asarray(fast.mean), rtol=0, atol=1e-4)
print("two devices and one give the same chains:", same)
assert same

# %% [markdown]
# ## Is it right?
#
# ### Against the exact moments
#
# Ten thousand chains that start in *exact* draws of the target. Then every draw is one, no warm-up is needed, and the spread between the chains' means gives the standard error.


# %%
def exact_starts(seed, num_chains):
    """Draw from the target: pick a component, then a normal number."""
    rng = np.random.default_rng(seed)
    m, sd, w = mixture.FOUR
    component = rng.choice(4, size=num_chains, p=w)
    numbers = np.array(m)[component] + np.array(sd)[component] * rng.standard_normal(num_chains)
    return jnp.asarray(numbers, jnp.float32)


moments = crowd(jax.random.key(42), 0.1, exact_starts(42, 10_000), 1000)


def standard_errors(values, exact):
    """Distance of the mean of the chains' means from the exact one, in its standard errors."""
    values = np.asarray(values, float)
    return (values.mean() - exact) / (values.std(ddof=1) / np.sqrt(len(values)))


# Seven comparisons on this page are made at this bound, and two tests of invariance at 1e-4; all
# false alarms together stay below one in a thousand.
ALPHA = 5e-5
bound = stats.norm.isf(ALPHA / 2)
z_mean = standard_errors(moments.mean, exact_mean)
z_square = standard_errors(moments.mean_square, exact_square)
print(f"ten million draws; a comparison may be off by {bound:.1f} standard errors")
print(f"mean of x  agrees with the exact one: {abs(z_mean) < bound}")
print(f"mean of x² agrees with the exact one: {abs(z_square) < bound}")
assert max(abs(z_mean), abs(z_square)) < bound

# %% [markdown]
# ### Invariance
#
# The test of chapter 03: start in exact draws, walk 20 steps, and ask whether the crowd still has the target's distribution. The step size is larger here, so that both outcomes of a decision occur often.


# %%
def driver(key, positions, num_draws):
    """Our crowd in the form that the test wants: draws (chain, draw, dim) and an info."""
    moments = random_walk_moments(key, log_mixture, 4.0, positions[:, 0], num_draws, num_streams=2)
    return moments.position[:, None, None], moments._replace(
        acceptance_rate=moments.acceptance_rate[:, None]
    )


verdict = checks.invariance(jax.random.key(43), driver, targets.mixture())
print(f"{verdict.property} holds: {verdict.passed}")
assert verdict.passed, verdict.message

# %% [markdown]
# ### The sums themselves
#
# Is it worth splitting a sum into blocks? We add up a million squares of draws in 32 bits: one by one, and as the program does it. The truth comes from 64 bits.

# %%
numbers = np.asarray(np.random.default_rng(44).normal(exact_mean, exact.sd, 10**6) ** 2, np.float32)
truth = numbers.sum(dtype=np.float64)


@jax.jit
def both_ways(numbers):
    """Sum one by one; and by blocks of 256, with what rounding loses kept aside."""
    plain, _ = jax.lax.scan(lambda total, x: (total + x, None), jnp.float32(0), numbers)
    blocks = jnp.pad(numbers, (0, -len(numbers) % 256)).reshape(-1, 256)

    def add_block(carry, block):
        total, lost = carry
        its_sum, _ = jax.lax.scan(lambda s, x: (s + x, None), jnp.float32(0), block)
        total, rest = many_chains._two_sum(total, its_sum)
        return (total, lost + rest), None

    (total, lost), _ = jax.lax.scan(add_block, (jnp.float32(0), jnp.float32(0)), blocks)
    return plain, total, lost


plain, total, lost = both_ways(numbers)
error_plain = abs(float(plain) / truth - 1)
error_blocks = abs((float(total) + float(lost)) / truth - 1)
print(f"one by one, off by more than one part in 100,000: {error_plain > 1e-5}")
print(f"by blocks, off by less than one part in a million: {error_blocks < 1e-6}")
assert error_blocks < 1e-6 < error_plain

# %% [markdown]
# ## The race
#
# ### Live: where is the crossover?
#
# One thousand chains, more and more draws. We time the two NumPys and JAX here and now. The table leaves the compiling out. The figure below it adds it to JAX's time, because a user waits for it.

# %% tags=["nbval-ignore-output"]
print("timing; about ten seconds …")
starts = exact_starts(45, 1000)
begin = time.perf_counter()
program = crowd.lower(jax.random.key(0), 0.1, starts, 10).compile()
compile_s = time.perf_counter() - begin


def seconds_of(run, repeats=3):
    """Median time of a call that waits for its result."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        jax.block_until_ready(run())
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


lengths = np.array([10, 30, 100, 300, 1000, 3000])
numpy_starts = np.asarray(starts)
live = pd.DataFrame(index=pd.Index(lengths, name="draws a chain"))
live["JAX, compiled"] = [
    seconds_of(lambda n=n: program(jax.random.key(1), 0.1, starts, int(n))) for n in lengths
]
live["NumPy, lean"] = [
    seconds_of(lambda n=n: with_numpy.lean(target, 1000, n)(1, numpy_starts)) for n in lengths
]
live["NumPy and SciPy, 2019"] = [
    seconds_of(lambda n=n: with_scipy.published(target, 1000, n)(1, numpy_starts), 1)
    for n in lengths
]
print(f"compiling took {compile_s:.2f} s, and serves every number of draws")
live.round(4)

# %% [markdown]
# A straight line from zero through the longest run gives the seconds a step of each program, and from them follows the number of draws at which JAX has caught up, by the cost formula above:

# %% tags=["nbval-ignore-output"]
per_step = live.iloc[-1] / lengths[-1]
crossing = {
    name: compile_s / (per_step[name] - per_step["JAX, compiled"])
    for name in ("NumPy, lean", "NumPy and SciPy, 2019")
}
for name, draws in crossing.items():
    times = per_step[name] / per_step["JAX, compiled"]
    print(f"{name}: a step takes {times:.1f} times as long; JAX has caught up ", end="")
    print(f"after {draws:,.0f} draws of 1,000 chains")

figures.crossover(
    lengths,
    {name: live[name].values for name in ("NumPy and SciPy, 2019", "NumPy, lean", "JAX, compiled")},
    {"NumPy and SciPy, 2019": 0.0, "NumPy, lean": 0.0, "JAX, compiled": compile_s},
    crossing,
    "draws a chain (1,000 chains)",
)

# %% [markdown]
# JAX's line is flat as long as compiling is all that counts. To the left of a NumPy's dotted line that NumPy is done before JAX. *Which* NumPy decides where that line is.
#
# ### Recorded: every system, both sweeps
#
# The same walk, with equal work for all (but the published NumPy keeps its 64 bits), ran in eleven programs on a quiet machine, each in a process of its own. TensorFlow runs a program operation by operation (*eager*), as one recorded *graph*, or compiled by XLA, the compiler that JAX uses as well. TFP needs an environment of its own, so here are recorded rows. `python -m course_utils.bench walk --help` says how to make your own; [the benchmarks' README](../data/benchmarks/README.md) has the commands.

# %%
recorded = [row for row in read_rows(DATA_FOLDER / "benchmarks" / "walk.jsonl")]
rows = [row for row in recorded if row["status"] == "ok"]
machine = rows[0]
where = f"{machine['cpu']}, {machine['threads']} threads, {machine['date'][:10]}"
print(f"recorded: {where}")
versions = {name: v for row in rows for name, v in row["versions"].items() if v}
print(", ".join(f"{name} {v}" for name, v in sorted(versions.items())))
print(f"{len(rows)} runs; every one agrees with the exact moments:", all(r["agrees"] for r in rows))
assert all(row["agrees"] for row in rows)


def of(system, chains, draws):
    """The recorded row of a system at a size, if there is one."""
    found = [r for r in rows if (r["system"], r["chains"], r["draws"]) == (system, chains, draws)]
    return found[-1] if found else None


def speeds(row):
    """Draws per second of each steady run."""
    return row["size"] / np.array(row["run_s"])


shown = [name for name in figures.LOOK if any(row["system"] == name for row in rows)]
by_chains, by_draws = {}, {}
for row in rows:
    if row["system"] in shown and row["draws"] == 1000:
        by_chains.setdefault(row["system"], {})[row["chains"]] = speeds(row)
    if row["system"] in shown and row["chains"] == 1000:
        by_draws.setdefault(row["system"], {})[row["draws"]] = speeds(row)
figures.sweeps(
    {"chains, 1,000 draws each": by_chains, "draws a chain, 1,000 chains": by_draws}, where
)

# %% [markdown]
# Left, more chains; right, longer chains. Everything that calls Python at every step climbs on the left, because its time a step hardly depends on how many chains share it. So does a compiled loop, from a much higher start, until arithmetic takes over and its curve is flat. BlackJAX falls behind with many chains; it splits a key for every chain at every step. How much of the gap that explains we did not measure. On the right the NumPys of one process are flat: a step is a step. The compiled programs climb, until a run is long beside the cost of calling the program, of waking a second device, and of sharing out the work.

# %% [markdown]
# #### Claim 1: JAX is up to 20 times as fast as NumPy
#
# Compiling left out, JAX on two devices where there is work for two (from 1,000 chains on), NumPy as it is, on one core. The post names a million chains; our largest is 100,000. *Up to* names the best case, so a single size is enough for it. We ask for more: at which sizes is it *at least 20 times*?


# %%
def ratio(fast, slow, chains, draws):
    """How many times faster: every run of one against every run of the other."""
    one, other = of(fast, chains, draws), of(slow, chains, draws)
    if one is None or other is None:
        return None
    return np.divide.outer(np.array(other["run_s"]), np.array(one["run_s"])).ravel()


def cases_of(fast, slow, sizes, name):
    """Those sizes that both ran."""
    found = {
        name.format(chains, draws): ratio(fast, slow, chains, draws) for chains, draws in sizes
    }
    return {case: values for case, values in found.items() if values is not None}


sizes = [(chains, 1000) for chains in (1, 10, 100, 1000, 10_000, 100_000)]
both_sweeps = sizes + [(1000, draws) for draws in (10, 100, 10_000, 100_000)]
for style, system in (("the published NumPy", "numpy-published"), ("lean NumPy", "numpy")):
    trial(
        f"JAX draws at least 20 times as fast as {style}",
        cases_of("jax", system, sizes, "chains: {:,}"),
        chapter="04",
        recorded=machine,
        at_least=20,
        unit="times",
    )

# %% [markdown]
# Two cores against one is part of that. On equal cores:

# %%
for fast, slow, words in (
    ("jax", "numpy-2proc", "two devices against two processes"),
    ("jax-1dev", "numpy", "one device against one process"),
    ("jax-1dev", "tfp-jax", "one device each, against TFP on JAX"),
):
    shared = [size for size in sizes if fast != "jax" or size[0] >= 1000]
    for case, values in cases_of(fast, slow, shared, "chains: {:,}").items():
        print(f"{words}, {case}: {np.median(values):.3g} times")

# %% [markdown]
# And is a program of one's own needed for this? BlackJAX's and TFP's random walks are compiled as well:

# %%
trial(
    "the course's program is not slower than BlackJAX's random walk, one device each",
    cases_of("jax-1dev", "blackjax", both_sweeps, "chains × draws: {:,} × {:,}"),
    chapter="04",
    recorded=machine,
    at_least=1,
    unit="times",
)
trial(
    "the course's program is not slower than TFP's random walk on JAX, one device each",
    cases_of("jax-1dev", "tfp-jax", both_sweeps, "chains × draws: {:,} × {:,}"),
    chapter="04",
    recorded=machine,
    at_least=1,
    unit="times",
)

# %% [markdown]
# #### Claim 2: NumPy wins for few samples and few chains
#
# Now the compiling counts. A quotient below 1 says that NumPy's whole run is the shorter.


# %%
def whole(row):
    """Seconds of a run with its compiling, for each steady run."""
    return row["compile_s"] + np.array(row["run_s"])


def whole_ratio(first, second, chains, draws):
    """Time of a whole run of the first over that of the second."""
    one, other = of(first, chains, draws), of(second, chains, draws)
    if one is None or other is None:
        return None
    return np.divide.outer(whole(one), whole(other)).ravel()


cases = {
    f"{chains:,} × {draws:,}": whole_ratio("numpy", "jax", chains, draws)
    for chains, draws in sorted(both_sweeps, key=lambda size: size[0] * size[1])
    if whole_ratio("numpy", "jax", chains, draws) is not None
}
trial(
    "lean NumPy is done first (chains × draws), compiling included",
    cases,
    chapter="04",
    recorded=machine,
    at_most=1,
    unit="of JAX's time",
)

# %% [markdown]
# #### Claim 3: compiling is a constant
#
# The longest compile time of a sweep over its shortest, one measurement a size, on one device throughout (on two devices the program is another one). A compile time may vary by tens of per cent from process to process. So *constant* shall mean: at most 2, while chains or draws grow by a factor of ten thousand and more.

# %%
constant = {}
for words, name, fixed in (
    ("chains grow from {:,} to {:,}", "chains", "draws"),
    ("draws grow from {:,} to {:,}", "draws", "chains"),
):
    its = {r[name]: r["compile_s"] for r in rows if r["system"] == "jax-1dev" and r[fixed] == 1000}
    if len(its) >= 3:
        spread_of = max(its.values()) / min(its.values())
        constant[words.format(min(its), max(its))] = np.array([spread_of])
trial(
    "the compiling of JAX is a constant, to within a factor of 2",
    constant,
    chapter="04",
    recorded=machine,
    at_most=2,
    unit="times",
)

# %% [markdown]
# #### Claim 4: TFP as published keeps everything and runs out of memory
#
# `sample_chain` returns all draws and, unless told otherwise, everything that the kernel reports on each. We measure how memory grows from one run to a longer one, and say how much a billion draws would need. The claim: more than this machine has.

# %%
stored = sorted((r["size"], r["peak_memory_mb"]) for r in rows if r["system"] == "tfp-stored")
if len(stored) >= 3:
    largest_size, largest_mb = stored[-1]
    grown = np.array([(largest_mb - mb) / (largest_size - size) for size, mb in stored[:-1]])
    trial(
        f"a billion draws need more than the {machine['memory_gb']:.0f} GB of this machine",
        {"TFP as published": 1e9 * grown / 1e3},
        chapter="04",
        recorded=machine,
        at_least=machine["memory_gb"],
        unit="GB",
    )
for row in recorded:
    if row["system"] == "tfp-stored" and row["status"] != "ok":
        print(f"{row['size']:,} draws, {row['limit_gb'] or np.inf:g} GB allowed: {row['why'][:90]}")
for name in ("jax", "tfp-xla"):
    peaks = [row["peak_memory_mb"] for row in rows if row["system"] == name]
    if peaks:
        print(f"{name}, which keeps sums: at most {max(peaks) / 1e3:.1f} GB, the library included")

# %% [markdown]
# The fault is in the question, not in the library: nobody asked TFP to keep sums. Asked to, it does (the programs `tfp-…` of the figure; their text is `course_utils.walkers.tfp_loop`):

# %%
show_source(tfp_loop.moments)

# %% [markdown]
# #### Claim 5: a billion draws in 25 seconds
#
# First live, with ten million draws on *your* machine:

# %% tags=["nbval-ignore-output"]
ten_thousand = exact_starts(46, 10_000)
begin = time.perf_counter()
found = jax.block_until_ready(crowd(jax.random.key(46), 0.1, ten_thousand, 1000))
took = time.perf_counter() - begin
print(f"10,000 chains × 1,000 draws: {took:.2f} s, {1e7 / took / 1e6:.0f} million draws a second")
print(f"at this pace a billion take {100 * took:.0f} s")

# %% [markdown]
# Then all of them, recorded, compiling included, with the moments that came out:

# %%
billions = [row for row in rows if row["system"] == "jax" and row["size"] == 10**9]
for row in billions[-1:]:
    print(f"moments of all {row['num_runs']} runs together:")
    print(f"mean    {row['mean']:.5f}, exact {row['exact_mean']:.5f}, {row['z_mean']:+.1f} MCSE")
    print(f"mean x² {row['mean_square']:.5f}, exact {row['exact_mean_square']:.5f}, ", end="")
    print(f"{row['z_mean_square']:+.1f} MCSE")
    assert max(abs(row["z_mean"]), abs(row["z_mean_square"])) < 4
    trial(
        "a billion draws take at most 25 s, compiling included",
        {f"10,000 chains × 100,000 draws on {row['devices']} devices": whole(row)},
        chapter="04",
        recorded=row,
        at_most=25,
        unit="s",
    )

# %% [markdown]
# ### Samples per second is the wrong measure
#
# All of this counted draws. But with a step size of 0.1 on a target that is some ten units wide, a draw is nearly the same as the one before. What is it worth?
#
# **Predict.** Two walks, one with step size 0.1, the other with the best step size. Both cost the same number of operations. By what factor do their draws per second differ, and by what factor their *effective* draws per second?
#
# In one dimension this can be *known*. Cut the line into a fine grid, and the sampler is a matrix of transition probabilities, as in chapter 03. Any function on the grid is a sum of patterns, the eigenvectors of the matrix, which do not disturb each other: one step multiplies pattern $i$ by its eigenvalue $\lambda_i$. The constant has eigenvalue 1 and is left out. If the share $a_i$ of the variance of $x$ lies in pattern $i$ ($\sum_i a_i = 1$), then $\rho(k) = \sum_i a_i \lambda_i^k$. Since $1 + 2(\lambda + \lambda^2 + \dots) = \frac{1 + \lambda}{1 - \lambda}$, we get $\tau_\mathrm{int} = \sum_i a_i \frac{1 + \lambda_i}{1 - \lambda_i}$, without noise.

# %%
sizes_tried = np.geomspace(0.1, 60, 15)
on_grid = [grid_walk(density, size, -18, 26) for size in sizes_tried]
times = np.array([walk.autocorrelation_time(walk.points) for walk in on_grid])
acceptance = np.array([walk.acceptance_rate for walk in on_grid])
tuned = float(sizes_tried[np.argmin(times)])
figures.forgetting(sizes_tried, times, acceptance, {"2019": 0.1, "tuned": tuned})

# %%
print(f"step size 0.1: an effective draw takes {times[0]:,.0f} steps; accepts {acceptance[0]:.0%}")
print(f"step size {tuned:.1f}: an effective draw takes {times.min():.1f} steps; ", end="")
print(f"accepts {acceptance[np.argmin(times)]:.0%}")
print(f"a billion draws with step size 0.1 are worth {1e9 / times[0]:,.0f} independent ones")

# %% [markdown]
# Is the theory true of the program? The spread of the chains' means must show it. 10,000 chains, 1000 draws each, both step sizes:

# %%
for walk, size in ((on_grid[0], 0.1), (on_grid[np.argmin(times)], tuned)):
    means = np.asarray(crowd(jax.random.key(47), size, ten_thousand, 1000).mean, float)
    predicted = walk.variance_of_mean(walk.points, 1000)
    # A variance of 10,000 nearly normal numbers is good to 1.4 %; of heavier tails, to a little more.
    agree = abs(means.var() / predicted - 1) < 0.1
    print(f"step size {size:.1f}: the variance of a chain's mean is as the grid says: {agree}")
    assert agree

# %% [markdown]
# Your prediction, on this machine:

# %% tags=["nbval-ignore-output"]
per_second = {}
for size in (0.1, tuned):
    runs = []
    for repeat in range(5):
        begin = time.perf_counter()
        jax.block_until_ready(crowd(jax.random.key(repeat), size, ten_thousand, 500))
        runs.append(10_000 * 500 / (time.perf_counter() - begin))
    per_second[size] = np.sort(runs)

draws_ratio = per_second[tuned] / per_second[0.1]
effective_ratio = draws_ratio * times[0] / times.min()
print(
    "draws per second differ by less than a factor of 2:",
    bool(np.all(abs(np.log2(draws_ratio)) < 1)),
)
print(
    "effective draws per second differ by more than a factor of 50:",
    bool(effective_ratio.min() > 50),
)

# %% tags=["nbval-ignore-output"]
trial(
    "draws per second are the wrong measure: at the same draws per second, to within a factor of "
    "2, the effective draws per second of two walks differ at least 50 times",
    {
        f"step size {tuned:.1f} against 0.1": np.where(
            abs(np.log2(draws_ratio)) < 1, effective_ratio, 0
        )
    },
    chapter="04",
    at_least=50,
    unit="times",
)

# %% [markdown]
# One number changed, and ten thousand chains gain more than the change from NumPy to JAX brought them. **First the algorithm, then the hardware.** Whenever you read *samples per second*, ask for the autocorrelation time.

# %% [markdown]
# ## Where it breaks
#
# ### Many short chains
#
# With thousands of chains, five draws of each are plenty. So why not let every chain run just long enough to forget its start, and stop? Fine, but *how long is that?* The usual $\hat R$ cannot say. It compares the spread between chains with the spread within each, and a chain of five draws has hardly moved: the spread within is tiny, whether the crowd has arrived or not.
#
# The *nested* $\hat R$ (Margossian and colleagues, 2024) changes what is compared. ($n\hat R$ is one symbol, $n$ for *nested*.) Chains are grouped into $G$ *superchains*; all chains of a superchain start at the *same* point, and the points differ. While the start is remembered, the superchains differ from each other. Once it is forgotten, they are alike. With $\bar x_{gc}$ the mean of chain $c$ in superchain $g$, and $\bar x_g$ the mean of the superchain,
#
# $$n\hat R = \sqrt{1 + \frac{V_\mathrm{sup}}{V_\mathrm{tot}}}, \qquad V_\mathrm{sup} = \operatorname{Var}_g(\bar x_g), \qquad
# V_\mathrm{tot} = \operatorname{mean}_g \Bigl( \operatorname{Var}_c(\bar x_{gc}) + \operatorname{mean}_c(s_{gc}^2) \Bigr),$$
#
# where $s_{gc}^2$ is the variance of the draws inside a chain, and every variance is divided by the number of its terms less 1. If a superchain has $M_\mathrm{s}$ chains that have arrived, its mean still has a variance of up to $V_\mathrm{tot} / M_\mathrm{s}$ by chance, so $n\hat R$ settles near $\sqrt{1 + 1/M_\mathrm{s}}$ or below it. With superchains of 256 that is 1.002, and one may ask for $n\hat R < 1.01$; with fewer than 50 chains in each, chance alone could keep it above.
#
# We take 8 superchains of 256 chains. Their starts are spread more widely than the target. After each length of warm-up we keep 5 draws of every chain, and look at the error of the mean, at $\hat R$ and at $n\hat R$. ArviZ has both; it first halves each chain and replaces the draws by their ranks, as chapter 08 will explain. `az.rhat_nested(..., method="identity")` is the formula as it stands.

# %%
NUM_SUPER, NUM_EACH = 8, 256
superchain = np.repeat(np.arange(NUM_SUPER), NUM_EACH)


def short_chains(key, starts, warmup, num_draws=5):
    """Walk the warm-up, then keep a few draws: (chain, draw)."""
    key, *keys = jax.random.split(key, num_draws + 1)
    position = crowd(key, 1.0, starts, warmup).position
    draws = []
    for key in keys:
        position = crowd(key, 1.0, position, 1).position
        draws.append(np.asarray(position, float))
    return np.stack(draws, axis=1)


spread_starts = np.random.default_rng(48).normal(0, 10, NUM_SUPER)
spread = jnp.asarray(np.repeat(spread_starts, NUM_EACH), jnp.float32)
warmups = np.array([1, 3, 10, 30, 100, 300, 1000, 3000])
errors, mcse, classic, nested = [], [], [], []
for warmup in warmups:
    short = short_chains(jax.random.key(49), spread, int(warmup))
    errors.append(short.mean() - exact_mean)
    mcse.append(short.mean(axis=1).std(ddof=1) / np.sqrt(len(short)))
    classic.append(float(az.rhat(short)))
    nested.append(float(az.rhat_nested(short, superchain_ids=superchain)))
errors, mcse, classic, nested = map(np.array, (errors, mcse, classic, nested))

figures.convergence(
    warmups,
    errors,
    mcse,
    {"R-hat": classic, "nested R-hat": nested},
    {"R-hat": 1.01, "nested R-hat": 1.01},
)

# %% [markdown]
# On the left, the error falls until it is as small as chance alone makes it. On the right, the nested $\hat R$ falls with it. The usual $\hat R$ stays high: it complains about chains that are short, and they will always be short.

# %%
print("after 1 step    nested R-hat below 1.01:", bool(nested[0] < 1.01))
print("after 3000      nested R-hat below 1.01:", bool(nested[-1] < 1.01))
print("after 3000      usual  R-hat below 1.01:", bool(classic[-1] < 1.01))
print(f"after 3000      the mean is right: {bool(abs(errors[-1] / mcse[-1]) < bound)}")
assert nested[0] > 1.01 > nested[-1] and classic[-1] > 1.01 and abs(errors[-1] / mcse[-1]) < bound

# %% [markdown]
# **Predict.** Now all 2048 chains start at the *same* point, −15, and warm up for 30 steps only. What does the nested $\hat R$ say, and is it right?

# %%
one_place = short_chains(jax.random.key(50), jnp.full(NUM_SUPER * NUM_EACH, -15.0), 30)
value = float(az.rhat_nested(one_place, superchain_ids=superchain))
off = (one_place.mean() - exact_mean) / (one_place.mean(axis=1).std(ddof=1) / np.sqrt(2048))
print(f"nested R-hat below 1.01: {value < 1.01}; the mean is right: {bool(abs(off) < bound)}")
assert value < 1.01 and abs(off) > bound

# %% [markdown]
# It is content, and the mean is wrong by many standard errors. Superchains that share one start cannot differ. **A diagnostic compares; give it something to compare**: starts that are farther apart than the target is wide.
#
# So this is where ten thousand chains break: not the machine, but the warm-up. Each of them has to walk it, and no number of chains shortens it.

# %% [markdown]
# ## In the libraries
#
# ### The log density first
#
# The course's `mixture` is written as a plain function, in NumPyro and in PyMC. They may differ by a constant, and by nothing else; and so may the fast one of this chapter.

# %%
from course_utils.models.contract import views_agree

model = mixture.model()
verdict = views_agree(model, jax.random.key(51))
print("plain, NumPyro and PyMC are one model:", verdict.passed)
assert verdict.passed, verdict.message

points = jnp.linspace(-15, 20, 50)
gap = log_mixture(points) - np.log(density(points))
print("the fast log density is that of the mixture:", bool(jnp.ptp(gap) < 1e-4))
assert jnp.ptp(gap) < 1e-4  # float32 on numbers of size ten

# %% [markdown]
# ### BlackJAX
#
# BlackJAX has kernels for one chain; `jax.vmap` makes a crowd of them. This program is one of the eleven in the figure above:

# %%
show_source(with_jax.blackjax_walk)

# %%
theirs = with_jax.blackjax_walk(target, 10_000, 500)(1, exact_starts(52, 10_000))
z = standard_errors(theirs[1], exact_mean), standard_errors(theirs[2], exact_square)
print("BlackJAX agrees with both exact moments:", bool(max(map(abs, z)) < bound))
assert max(map(abs, z)) < bound

# %% [markdown]
# ### NumPyro
#
# NumPyro has no plain random walk. Its NUTS can run a crowd too, with `chain_method="vectorized"`. Here are 100 chains of it, started by NumPyro itself.

# %%
from numpyro.infer import MCMC, NUTS

print("sampling with NumPyro …")
mcmc = MCMC(
    NUTS(model.numpyro),
    num_warmup=300,
    num_samples=200,
    num_chains=100,
    chain_method="vectorized",
    progress_bar=False,
)
mcmc.run(jax.random.key(53))
numpyro_x = np.asarray(mcmc.get_samples(group_by_chain=True)["x"], float)
z = standard_errors(numpyro_x.mean(axis=1), exact_mean)
print("NumPyro agrees with the exact mean:", bool(abs(z) < stats.t.isf(ALPHA / 2, 99)))
assert abs(z) < stats.t.isf(ALPHA / 2, 99)

# %% [markdown]
# ### PyMC
#
# PyMC's `Metropolis` tunes its step size, and runs its chains one by one or in processes: made for a few long chains, not for a crowd.

# %%
import pymc as pm

print("sampling with PyMC …")
with model.pymc():
    trace = pm.sample(
        draws=2000,
        tune=500,
        chains=4,
        cores=1,
        step=pm.Metropolis(),
        random_seed=54,
        progressbar=False,
        quiet=True,
        compute_convergence_checks=False,
    )
pymc_x = trace["posterior"]["x"].values
verdict = checks.mean_within_mcse(pymc_x, exact_mean, "x", alpha=ALPHA)
print("PyMC agrees with the exact mean:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# ## What it costs
#
# A row for the course's table: 1000 chains, each with 200 draws, and the tuned step. (The table wants draws, so this one keeps them: `sample` of chapter 03.)

# %% tags=["nbval-ignore-output"]
stored_model = targets.mixture()


@jax.jit
def run_stored(key, starts):
    """Keep every draw."""
    kernel = metropolis_hastings(stored_model.logdensity, random_walk(tuned))
    return sample(key, kernel, starts, num_draws=200)


timing = time_jax(run_stored, jax.random.key(55), exact_starts(55, 1000)[:, None], name="crowd")
draws, info = run_stored(jax.random.key(55), exact_starts(55, 1000)[:, None])
row = cost_row(
    "random walk, 1000 chains",
    "mixture of 4 normals",
    draws,
    timing,
    float(info.acceptance_rate.mean()),
)
table = running_table(row)
table.T

# %% [markdown]
# Beside the walk of one chapter ago, with its four chains: how many times more effective draws does a second bring here? (Another target; and this crowd began in exact draws, while the time of chapter 03 has a warm-up in it. Take it as an order of magnitude.)

# %% tags=["nbval-ignore-output"]
crowd_row = table.loc[("random walk, 1000 chains", "mixture of 4 normals")]
few = table.loc[("random walk", "coin, 100 flips")]
times_more = crowd_row["ess_per_s"] / few["ess_per_s"]
print(f"effective draws per second, 1000 chains against 4: {times_more:.2g} times")

# %% [markdown]
# ## Common mistakes
#
# Three exhibits of the course's *bug museum* that this benchmark brought to life, and their right counterparts. What does each look like, and what catches it?

# %%
densities = {"right": museum.densities.mixture, **museum.MIXTURES}  # of two normals, for the check
grid = np.linspace(-12, 16, 400)
parts_at = stats.norm.pdf(grid[:, None], *mixture.FOUR[:2])
curves = {
    "right": density(grid),
    "as published": 1 / ((1 / parts_at) @ np.array(mixture.FOUR[2])),
}
figures.wrong_density(grid, curves)

# %% [markdown]
# The published log density draws a hump, and a sampler walks over it without complaint. It is not the mixture: it is nowhere above it, and nearly zero wherever any one component is. (The check below takes the museum's mixture of two normals.)

# %%
symptoms = {}
for name in ("right", "harmonic_mean"):
    verdict = checks.integrates_to_one(densities[name], -12, 12)
    symptoms[f"log density: {name}"] = verdict
two_dim = targets.gaussian()
for name, make in (
    ("right", lambda target, size: metropolis_hastings(target, random_walk(size))),
    ("one_key_for_both", museum.one_key_for_both),
):
    tested = checks.invariance(jax.random.key(56), make(two_dim.logdensity, 1.7), two_dim)
    symptoms[f"keys: {name}"] = tested
for name in ("right_timer", "stops_at_the_return", "counts_the_compiling"):
    timer = getattr(museum.timers, name)
    symptoms[f"clock: {name}"] = checks.honest_timer(timer)
for what, verdict in symptoms.items():
    print(f"{what:32} {'passes' if verdict.passed else 'FAILS':6} {verdict.property}")
assert [v.passed for v in symptoms.values()] == [True, False, True, False, True, False, False]

# %% [markdown]
# - **A wrong mixture.** *Symptom:* none in the chains; $\hat R$ and ESS are as good as ever, of the wrong density. *Cure:* before sampling, integrate a density of one number, and compare it with a library's on a grid.
# - **One key for both.** *Symptom:* moves and decisions depend on each other, and the crowd drifts out of the target. *Cure:* split the key: one for the move, one for the decision.
# - **A dishonest clock.** *Symptom:* JAX looks a thousand times faster (the clock stopped when the call returned, before the numbers were there) or slower (it counted the compiling) than it is. *Cure:* wait for the result, tell compiling and running apart, and report both.

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in [the solutions](solutions/04_ten_thousand_chains.ipynb); try first.
#
# ### Exercise 4.1: change one number
#
# The target is an equal mixture of Normal(−3, 1) and Normal(3, 1). Find a step size with which an effective draw takes at most 12 steps. `grid_walk(density, step_size, low, high)` gives the autocorrelation time, as above.
#
# <details><summary>Hint</summary>A step must often lead from one hump to the other, but not too often beyond both.</details>


# %%
def two_humps(x):
    """Density of the target of exercise 4.1."""
    return 0.5 * (stats.norm.pdf(x, -3) + stats.norm.pdf(x, 3))


walk = grid_walk(two_humps, 0.5, -9, 9)
print(f"step size 0.5: {walk.autocorrelation_time(walk.points):.0f} steps an effective draw")

# %% tags=["exercise"]
# Exercise 4.1
step_size = None  # your number
# your code here

# %% tags=["check"]
check("4.1", step_size)

# %% [markdown]
# ### Exercise 4.2: find the bug, in the density
#
# This is the mixture's log density as it was published, brought to one row. It is finite everywhere, its hump is in about the right place, and it is wrong. *Common mistakes* has named what it computes. Find the two signs that make it so, and write the right one, for the same arguments: arrays of the means, standard deviations and weights, and a vector `x`.


# %%
def published_log_density(x, loc, scale, weight):
    """Something is wrong."""
    from scipy.special import logsumexp

    log_probs = stats.norm.logpdf(x, loc[:, None], scale[:, None])  # (K, n)
    return -logsumexp(np.log(weight)[:, None] - log_probs, axis=0)


x = np.linspace(-18, 26, 2001)
total = np.trapezoid(np.exp(published_log_density(x, *map(np.array, mixture.FOUR))), x)
print(f"its density integrates to {total:.3f}")

# %% [markdown]
# <details><summary>Hint 1</summary>Take the exponential of the whole: one over the sum of w<sub>k</sub> divided by π<sub>k</sub>. Which kind of mean is that?</details>
# <details><summary>Hint 2</summary>The logarithm of w times p is the sum of two logarithms.</details>


# %% tags=["exercise"]
# Exercise 4.2
def log_mixture_density(x, loc, scale, weight):
    """Log density of the mixture at each number of x."""
    ...  # your code here


# %% tags=["check"]
check("4.2", log_mixture_density)

# %% [markdown]
# ### Exercise 4.3: find the bug, in the keys
#
# The published walk, with its single key. With a constant density every move is accepted, so after $n$ steps of size 1 the crowd should have spread to a standard deviation of $\sqrt n$. Look what it does:


# %%
def published_walk(key, log_density, starts, step_size, num_draws):
    """Something is wrong, in two places."""
    position, log_p = starts, log_density(starts)
    for _ in range(num_draws):
        proposal = position + step_size * jax.random.normal(key, position.shape)
        log_p_proposal = log_density(proposal)
        log_u = jnp.log(jax.random.uniform(key, position.shape))
        is_accepted = log_u < log_p_proposal - log_p
        position = jnp.where(is_accepted, proposal, position)
        log_p = jnp.where(is_accepted, log_p_proposal, log_p)
    return position


far = published_walk(jax.random.key(57), lambda x: 0 * x, jnp.zeros(10_000), 1.0, 9)
print(f"after 9 steps the sd is {float(far.std()):.0f}; it should be 3")

# %% [markdown]
# Write the repaired walk. It takes a key, a log density for a vector of positions, the starts, the step size and the number of steps, and returns the last positions.
#
# <details><summary>Hint 1</summary>How many random numbers does one step need, and for how many different purposes?</details>
# <details><summary>Hint 2</summary><code>key, key_proposal, key_decision = jax.random.split(key, 3)</code> at the top of each step.</details>


# %% tags=["exercise"]
# Exercise 4.3
def repaired_walk(key, log_density, starts, step_size, num_draws):
    """Random-walk Metropolis for many chains; returns their last positions."""
    ...  # your code here


# %% tags=["check"]
check("4.3", repaired_walk)

# %% [markdown]
# ### Exercise 4.4: find the bug, in the compiling
#
# The published step was compiled with `jax.jit(step, static_argnums=(0, 1))`: both the key and the log density are *static*. A static argument is part of the program, so it must be hashable, and every new value compiles anew. An array of random bits is not hashable:


# %%
def step(key, log_density, position, log_p):
    """One step of the crowd, right this time."""
    key_proposal, key_decision = jax.random.split(key)
    proposal = position + 0.1 * jax.random.normal(key_proposal, position.shape)
    log_p_proposal = log_density(proposal)
    is_accepted = jnp.log(jax.random.uniform(key_decision, position.shape)) < log_p_proposal - log_p
    return (
        jnp.where(is_accepted, proposal, position),
        jnp.where(is_accepted, log_p_proposal, log_p),
    )


try:
    jax.jit(step, static_argnums=(0, 1))(
        jax.random.key(0), log_mixture, starts, log_mixture(starts)
    )
except (TypeError, ValueError) as error:
    print(type(error).__name__, "mentions hashing:", "hash" in str(error))

# %% [markdown]
# Write `compile_step(step)`: it takes a function with these four arguments and returns a compiled one, called in the same way, that is compiled *once* for all keys.
#
# <details><summary>Hint</summary>A function is no array, so it must stay static. And the key?</details>


# %% tags=["exercise"]
# Exercise 4.4
def compile_step(step):
    """Return step(key, log_density, position, log_p), compiled."""
    ...  # your code here


# %% tags=["check"]
check("4.4", compile_step)

# %% [markdown]
# ### Exercise 4.5: find the bug, in the clock
#
# A benchmark hands you a record like this, from a stopwatch around a whole program. `start_s` is the start of Python and the import of the library, `num_rows` says that the program walks so many independent rows of chains (as TFP did with the published position of four rows), and its author divides `num_chains * num_draws` by `wall_s`.

# %%
example = {
    "wall_s": 14.0,  # the whole program
    "start_s": 5.0,  # starting Python, importing the library
    "compile_s": 4.0,
    "num_chains": 1000,
    "num_draws": 1000,
    "num_rows": 4,
}
print(f"its author says {1000 * 1000 / 14.0:,.0f} draws a second")

# %% [markdown]
# Write a function that takes such a record and returns how many draws a second this program *draws while it samples*.
#
# <details><summary>Hint</summary>What lasts as long however many draws are asked for? And how many chains are there really?</details>


# %% tags=["exercise"]
# Exercise 4.5
def draws_per_second(record):
    """Draws of all chains per second of sampling."""
    ...  # your code here


# %% tags=["check"]
check("4.5", draws_per_second)

# %% [markdown]
# ### Exercise 4.6: build the nested R-hat
#
# From its definition above, for an array of draws of shape (superchains, chains, draws).
#
# <details><summary>Hint 1</summary>First the mean of each chain, shape (superchains, chains); then the mean of each superchain.</details>
# <details><summary>Hint 2</summary>In V<sub>tot</sub> the variance between the chains of a superchain and the mean variance inside its chains are <em>added</em>; NumPy's <code>ddof=1</code> divides by the number of terms less 1.</details>


# %% tags=["exercise"]
# Exercise 4.6
def nested_rhat(draws):
    """Nested R-hat of draws (superchain, chain, draw)."""
    ...  # your code here


# %% tags=["check"]
check("4.6", nested_rhat)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** You go from 10 chains to 10,000. What happens to the number of warm-up steps that each chain needs?
#
# <details><summary>A. It falls, since the crowd explores together.</summary>
#
# **No.** The chains do not talk to each other. Each must forget its own start.
#
# </details>
# <details><summary>B. It falls like one over the square root of the number.</summary>
#
# **No.** That is how the standard error falls. The bias of the start is the same in every chain, and averaging does not remove it.
#
# </details>
# <details><summary>C. It stays what it was for one chain.</summary>
#
# **Right.** It depends on the walk and on the target. If anything you need a little more of it, since the smaller standard error makes a smaller bias visible.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** A compiled program needs 2 s to compile and 1 ms for a step. NumPy needs 3 ms for a step. From how many steps on is the compiled one done first?
#
# <details><summary>A. About 670.</summary>
#
# **No.** That is 2 s over 3 ms. But the compiled program needs time for its steps, too.
#
# </details>
# <details><summary>B. About 1000.</summary>
#
# **Right.** Each step saves 2 ms, and 2 s over 2 ms is 1000.
#
# </details>
# <details><summary>C. At once, it is three times as fast.</summary>
#
# **No.** That is its speed when it runs. A user waits for the compiling, too.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** Program A draws a billion samples in 5 s, program B ten million in the same time, of the same target. Which is better for estimating a mean?
#
# <details><summary>A. It depends on their autocorrelation times.</summary>
#
# **Right.** A wins only if its draws are less than a hundred times as dependent as those of B. A draw with step size 0.1 was worth nearly a thousand times less than a tuned one.
#
# </details>
# <details><summary>B. A, it has a hundred times as many samples.</summary>
#
# **No.** If each of them is nearly a copy of the one before, they may be worth less than those of B.
#
# </details>
# <details><summary>C. B, since fewer samples are always of higher quality.</summary>
#
# **No.** Few draws can be dependent as well. Only the effective number counts.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - move thousands of chains with arrays in place of an `if`, in NumPy and in one compiled program,
# - keep sums instead of draws, and keep what rounding would lose of them,
# - read a benchmark as you would read a proof: the target, the keys, the work, the clock,
# - compute the crossover of two programs from a fixed cost and a cost per step,
# - insist on effective draws per second, and judge many short chains by superchains with different starts.
#
# ### Further reading
#
# - Knuth, D. E. (1997). *The Art of Computer Programming*, volume 2: *Seminumerical Algorithms*, third edition, section 4.2.2. Addison-Wesley.
# - Louf, R. (2019, revised 2020). Massively parallel MCMC with JAX. https://rlouf.github.io/post/jax-random-walk-metropolis/.
# - Margossian, C. C., Hoffman, M. D., Sountsov, P., Riou-Durand, L., Vehtari, A. and Gelman, A. (2024). Nested R-hat: assessing the convergence of Markov chain Monte Carlo when running many short chains. *Bayesian Analysis*, doi 10.1214/24-BA1453.
# - Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random numbers: as easy as 1, 2, 3. In *Proceedings of the International Conference for High Performance Computing, Networking, Storage and Analysis (SC'11)*. The generator behind JAX's keys.
# - Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021). Rank-normalization, folding, and localization: an improved R-hat for assessing convergence of MCMC. *Bayesian Analysis* 16(2), 667–718.
#
# **Next:** chapter 05 leaves the random walk behind and draws one unknown at a time exactly: Gibbs sampling.
