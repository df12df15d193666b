# %% [markdown] slideshow={"slide_type": "slide"}
# # Ten thousand chains
#
# What does a sampler gain from running ten thousand chains at once, and how do you measure it without fooling yourself?
#
# You will be able to **write** a crowd of chains, **read** a benchmark, **compare** samplers by effective draws, and **judge**
# many short chains.
#
# Bayesian sampling · Chapter 04

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import textwrap

import numpy as np
from chapter import Chapter
from IPython.display import Markdown

from course_utils.display import Source

chapter = Chapter("04_ten_thousand_chains")
chapter.run("use_cpu_devices(2)", "import arviz as az")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: the crowd (5), live (5), what a crowd divides (3), code by hand (3), reading a
# benchmark (6), fast and right (5), the race and its verdicts (9), what a draw is worth (6), where it breaks (5), exercises (2).
#
# **Say.** A computer does the same thing to ten thousand numbers nearly as gladly as to one. Last time we walked with one chain, or
# with four. Today we find out what the other thousands are good for. Half of the class is about samplers, the other half about
# how not to be fooled by a stopwatch.
#
# **Prepare.** Have the notebook of chapter 04 open and its first cells run, down to the four panels of *Picture first*.
#
# **If you are 15 minutes late,** skip *A common mistake*, *Fast*, *The lines cross*, *Claims on trial* and *Predict: all of them*, and take
# one question of *Live*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: how long until the crowd has arrived?

# %% tags=["hide-input"]
chapter.run("figures.cloud(")
early = {steps: chapter.snapshots[steps] for steps in (1, 30)}
chapter.figures.cloud(chapter.density, early, -15.0, -20, 20)

# %% [markdown]
# All start at the dotted line. One chain needs hundreds of steps to forget its start.
# **And ten thousand: fewer, as many, or more?**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 4.**
#
# **Say.** Bars are the chains, the line is the target: four normals added up. Every chain is a random walk of the last class. They
# do not know of each other.
#
# **Ask.** "One chain needs hundreds of steps until nobody can see where it began. We have ten thousand. How long does the crowd need?"
# Vote by hand: fewer, as many, more. Write the three counts on the board.
#
# **Answers one gets.** "Fewer, because together they explore faster." "A ten-thousandth, because the work is shared." Sometimes "more,
# because all must arrive".
#
# **Ask** somebody who said *fewer*: "What would chain number seven learn from chain number eight?" Let it stand. The next slide answers.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A crowd arrives no earlier than one of its members

# %% tags=["hide-input"]
chapter.figures.cloud(chapter.density, chapter.snapshots, -15.0, -20, 20)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > Many chains give **more** draws, not **better** ones.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 4 to 6.**
#
# **Point at** the third panel. The crowd is on its way, all ten thousand of them. In the last one it has arrived.
#
# **Right answer.** As many steps as one chain. Nobody tells anybody anything. The first steps of each chain are lost, and so they are
# lost ten thousand times.
#
# **Misconception.** "More chains make a shorter warm-up." They make a *smoother histogram of the same mistake*. Look at the second
# panel of the slide before: the bars were beautifully smooth, and in the wrong place.
#
# **Then.** "Still, the machine has just decided about millions of proposals before you had read the caption. So it must be
# good for something. Let us play with it."

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: fewer chains, more chains, longer steps

# %% tags=["hide-input"]
chapter.where("far_out = jnp.full(")

# %% [markdown]
# 1. Write `100` in place of `10_000`. Does the crowd arrive later?
# 2. Write `100_000`. Does it arrive earlier? **What did change?**
# 3. Back to `10_000`. Now write a step size of `5.0` in place of `0.5`.
# 4. Which number moved the arrival: that of the chains, or that of the step?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 6 to 11. Live demo.** Switch to the notebook, first section, the cell with the four panels. Each change is one number; run
# the cell again. A new number of chains compiles again, which takes a moment: say so, it is needed later.
#
# **Before each run, let them vote:** earlier, later, the same?
#
# **What will be seen.** 1: the bars become ragged, and they stand where they stood. 2: the bars become smooth, and stand where
# they stood. 3: already the panel of thirty steps looks nearly like the target.
#
# **Answers one gets** to question 2. "The smoothness." "The time to run it." Both are right. Keep the time for the slide on costs.
#
# **Right answer** to question 4. The step. One number in the algorithm did what no number of chains could. Say it now; it is the last
# word of this class too.
#
# **If the demonstration fails,** go back one slide. The third and the fourth panel carry the same question.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## More chains divide the variance, not the bias
#
# $$\mathrm{Var}(\bar x) = \frac{1}{N_\mathrm{ch}}\, \mathrm{Var}(\bar x_1) \approx \frac{\mathrm{Var}(x)}{N}\, \tau_\mathrm{int}$$
#
# - $N = N_\mathrm{ch} N_\mathrm{dr}$: the draws of all chains together
# - $\bar x_1$ is the mean of **one** chain: with thousands of chains its variance can be *seen*
# - the walk keeps its price: $\tau_\mathrm{int}$ steps for one effective draw

# %% [markdown] slideshow={"slide_type": "fragment"}
# > Divided by nothing: the **bias** of chains that still remember their start.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 11 to 14.**
#
# **Say.** $N_\mathrm{ch}$ chains of $N_\mathrm{dr}$ draws each. The chains are independent, so the first equation is plain statistics. The
# second one is the last class: a chain much longer than $\tau_\mathrm{int}$ holds $N_\mathrm{dr} / \tau_\mathrm{int}$ effective draws.
#
# **Ask.** "To get the standard error of last class we had to estimate autocorrelations. Why not here?" *Right answer:* there are ten
# thousand means of chains, all independent. Take their standard deviation, and divide by the root of their number.
#
# **Ask.** "You have a fixed budget of a million steps. A thousand chains of a thousand, or ten chains of a hundred thousand?" *Answers one
# gets:* "the same". *Right answer:* the same variance, but the thousand chains pay a thousand warm-ups.
#
# **Fragment. Ask.** "Is the bias larger in a crowd?" *Right answer:* no, equal. But the standard error has shrunk, so the
# same bias now is many standard errors. A crowd makes an old fault visible.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: the `if` becomes `np.where`

# %% tags=["hide-input", "wide"]
chapter.code("walk_by_hand")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 14 to 17.**
#
# **Say.** Every line was in chapter 03. What was one number is now an array with one number for each chain.
#
# **Ask.** "Why can the `if` not stay?" *Right answer:* some chains accept, others reject, in the same step. There are ten thousand
# decisions, so the result is chosen number by number.
#
# **Ask.** "How many random numbers does a step need for a thousand chains?" *Answers one gets:* two. *Right answer:* two thousand. A single `u`
# for all would make the chains decide alike, and they would no longer be independent.
#
# **Point at** `draws.append(position)`. "A billion draws in 32 bits are four gigabytes." Ask what one wants of them. Mostly means.
# So keep sums.
#
# **How do we know that it is the walk of chapter 03?** The notebook gives both the same `z` and `u`, and they take the same steps.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: would you let this benchmark pass?
#
# 1. `-logsumexp(log(w) - log_probs)` as log density of a mixture
# 2. one random key: for the proposal, for the decision, for every step
# 3. `static_argnums=(0, 1)`, where argument 0 is the key
# 4. a clock around the whole program, imports included
# 5. one program keeps every draw, another one only the last

# %% [markdown] slideshow={"slide_type": "fragment"}
# > A wrong sampler **has no speed**. First repair, then hold every result against exact moments, and only then start the clock.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 17 to 21.**
#
# **Say.** In 2019 a benchmark of just this appeared: a random walk on our four normals, in NumPy, JAX and TensorFlow Probability. It was
# quoted widely. All five lines were in it; its author mended some of them a year later. None of this is unusual.
#
# **Give two minutes in pairs:** for each line, what does it do to the draws, and what to the seconds?
#
# **Right answers.** 1: it is the logarithm of something else, see the next slide. 2: proposal and decision depend on each other, and every step
# repeats the noise of the first; this is no random walk. 3: a static argument is part of the program, so every new key would compile
# again, and an array of random bits cannot even be hashed. 4: Python's start is timed. 5: unequal work.
#
# **Ask.** "Which of the five does the stopwatch notice?" *Answers one gets:* all. *Right answer:* lines 1 and 2 change hardly any time at all.
# A stopwatch does not look at draws.
#
# **Misconception.** "It is only a benchmark, the numbers do not matter." A program that may return wrong numbers can be made as fast
# as you like.
#
# **Exercises 4.2 to 4.5** are these lines. Do not solve them here beyond what the slides show.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A common mistake: a wrong density draws a hump, too

# %% tags=["hide-input"]
chapter.run("figures.components(")
chapter.run("figures.wrong_density(")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The mixture: $\log \sum_k w_k\, \pi_k(x)$. As published: $-\log \sum_k w_k / \pi_k(x)$, a **harmonic mean**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 21 to 23.** (Skip when late.)
#
# **Ask.** "What would a trace of the dashed density look like? What would $\hat R$ say?" *Right answer:* a fine trace, and a content $\hat R$.
# The chains agree with each other, about another target.
#
# **Fragment. Ask.** "Where is a harmonic mean small?" *Right answer:* wherever *one* of its parts is small. Away from any one component it
# is nearly zero, so the long tail is gone, and with it the variance.
#
# **Ask.** "What would have caught it?" *Right answer:* for one number, integrate the density on a grid; compare it with a library's. Two
# lines, before any sampling. (The area under the dashed curve is far below one.)
#
# **Misconception.** "One sees it if the density is wrong." Cover the solid line with your hand and ask again.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Fast: sums instead of draws, in one compiled program

# %% tags=["hide-input", "wide"]
chapter.run("from course_utils import many_chains")
walk = chapter.show_source(chapter.many_chains._walk).text
heart = walk[walk.index("        def one_step(") : walk.index("        here = ")]
two_sum = chapter.show_source(chapter.many_chains._two_sum).text
Source(textwrap.dedent(heart).rstrip() + "\n\n" + two_sum)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 23 to 26.** (Skip when late.)
#
# **Say.** This is the heart of the course's program, cut out of its file. Above: one step of all chains. Below: how two sums
# are added.
#
# **Point at** `is_accepted`: the walk by hand, line by line. **Ask.** "Which line looks at another chain?" *Right answer:* none. Everything goes
# number by number, so the compiler makes a few short loops of it, where NumPy makes one for each operation.
#
# **Ask.** "Why is the logarithm of `u` gone?" *Right answer:* $u < e^{d}$ is the same decision as $\log u < d$. One function less, for
# each chain and step.
#
# **Point at** `_two_sum`. 32 bits have about seven digits. **Ask.** "Add a million numbers of size one, one by one. What happens to the last
# of them?" *Right answer:* the total has six digits before the point, one is left. `_two_sum` returns what rounding lost, exactly, and the
# program keeps it aside.
#
# **Misconception.** "Rounding errors cancel." Some do. The notebook measures what is left, with and without.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is it right? Three comparisons before the clock starts

# %% tags=["hide-input"]
chapter.run("def standard_errors(")
draws = chapter.moments.mean.size * 1000
Markdown(
    f"""- **The same random numbers,** by hand and compiled: the same walk.
- **The exact moments:** {draws:,} draws from exact starts. The mean is off by
  **{abs(chapter.z_mean):.1f}** standard errors, the mean of $x^2$ by
  **{abs(chapter.z_square):.1f}**. Chance explains up to {chapter.bound:.1f}.
- **Invariance:** a crowd of exact draws walks on, and is still one."""
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Every one of the recorded programs had to pass the second one. **Only then its seconds were read.**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 26 to 28.**
#
# **Say.** A mixture has exact moments: $\sum_k w_k m_k$ is the mean, and $\sum_k w_k (m_k^2 + \sigma_k^2)$ is that of the square. That is
# why the benchmark's target is a good one.
#
# **Ask.** "Why start in exact draws? That is cheating." *Right answer:* then every draw is one, no warm-up blurs the picture, and an error
# that is left belongs to the walk. It is a test, not an application.
#
# **Ask.** "Where does the standard error come from?" *Right answer:* from the spread of the chains' means, the gift of five slides ago.
#
# **Ask.** "Is a smaller number here a better sampler?" *Answers one gets:* yes. *Right answer:* no. Anything within the bound is what
# chance does. It decides between right and wrong, not between good and better.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A run has a fixed cost, and a cost for each step
#
# $$F + N_\mathrm{dr}\,(t_0 + N_\mathrm{ch}\, t_\mathrm{d})$$
#
# $F$ before the first step, such as compiling · $t_0$ for a step, however short the arrays · $t_\mathrm{d}$ for each chain in it
#
# **Predict.** One program compiles for 2 s and needs 1 ms a step. NumPy compiles nothing and needs 3 ms a step. From how many steps on is
# the compiled one done first?

# %% [markdown] slideshow={"slide_type": "fragment"}
# Each step saves 2 ms, so after 2 s / 2 ms = **1000 steps**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 28 to 31.**
#
# **Say.** Three numbers describe a program. In Python $t_0$ is large: some microseconds for each operation on an array, though the array
# be short. A compiled loop has a small $t_0$ and a large $F$.
#
# **Ask for the prediction** on paper, then by hand: below 700, about 1000, at once.
#
# **Answers one gets.** "About 670": that is 2 s over 3 ms; the compiled program has steps to pay as well. "At once, it is three times as fast":
# that is its speed, and a user waits for the compiling too.
#
# **Ask.** "In the demonstration a hundred chains and ten thousand took about equally long. Why?" *Right answer:* most of both was $F$, the
# compiling. And $t_0$ is shared by all chains of a step.
#
# **Misconception.** "Faster" is a property of a program. It is a property of a program *at a size*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The lines cross, and *which* NumPy decides where

# %% tags=["hide-input"]
chapter.run("recorded = [row for row")
lengths = np.array([10, 100, 1000, 10_000])
systems = {
    "NumPy and SciPy, 2019": "numpy-published",
    "NumPy, lean": "numpy",
    "JAX, compiled": "jax",
}
seconds = {
    name: np.array([np.median(chapter.of(system, 1000, n)["run_s"]) for n in lengths])
    for name, system in systems.items()
}
compiling = np.median([chapter.of("jax", 1000, n)["compile_s"] for n in lengths])
per_step = {name: values[-1] / lengths[-1] for name, values in seconds.items()}
crossings = {
    name: compiling / (per_step[name] - per_step["JAX, compiled"])
    for name in ("NumPy and SciPy, 2019", "NumPy, lean")
}
fixed = dict.fromkeys(seconds, 0.0) | {"JAX, compiled": compiling}
picture = chapter.figures.crossover(
    lengths, seconds, fixed, crossings, "draws a chain (1,000 chains)"
)
picture.caption = "Recorded, compiling included. Dots: measured. Dotted: JAX has caught up."
picture

# %% [markdown]
# To the left of its dotted line a NumPy is done before JAX.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 31 to 34.** (Skip when late.)
#
# **Point at** the flat part of JAX's curve. **Ask.** "Why is it flat?" *Right answer:* there, compiling is all that counts. It takes about the same
# time for ten draws as for ten thousand.
#
# **Say.** Two NumPys. The upper one was published: SciPy's distribution object, made anew at every step, 64 bits. The
# other one is lean: it writes into arrays that exist already, stays in 32 bits, and asks the generator for what it needs.
#
# **Ask.** "Somebody says: JAX is so many times as fast as NumPy. What do you ask back?" Collect: which NumPy, how many chains, how
# many draws, compiling included, how many cores, how many bits. Each of these moves the answer.
#
# **Misconception.** "The slower program was badly written, so it does not count." It is how most people write it. Both belong into
# the comparison, under their names.
#
# **If there is time,** run the timing cell of *Live: where is the crossover?* in the notebook. It takes about ten seconds.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Claims on trial: as fast as *what*?


# %% tags=["hide-input"]
def times_as_fast(system, chains):
    """How many times as fast as a NumPy JAX draws, 1000 draws a chain."""
    slow, fast = (np.array(chapter.of(name, chains, 1000)["run_s"]) for name in (system, "jax"))
    return np.median(np.divide.outer(slow, fast))


chapter.verdicts("JAX draws", "lean NumPy", "the compiling", "a billion draws")

# %% tags=["hide-input"]
Markdown(
    f"JAX against the published NumPy: {times_as_fast('numpy-published', 1):,.0f} times as fast "
    f"with one chain, {times_as_fast('numpy-published', 10_000):.0f} with ten thousand. "
    f"Against the lean one: **{times_as_fast('numpy', 1):.0f}** and "
    f"**{times_as_fast('numpy', 10_000):.1f}**."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 34 to 37.** (Skip when late.)
#
# **Say.** These are recorded runs on a quiet machine, two cores, every program in a process of its own. The cases and the spread of
# each are on the page of claims.
#
# **Go through the table** line by line, and let the class say *holds* or *not* before you point at it.
#
# **Ask.** "Why does the advantage shrink when the chains grow?" *Answers one gets:* "JAX gets slower." *Right answer:* NumPy gets better.
# With many chains its $t_0$ is spread over many of them, and what remains is arithmetic, which both do well.
#
# **Ask.** "Running out of memory: whose fault?" *Right answer:* that of the question. `sample_chain` returns all draws because it was asked for
# all draws. Told to keep sums it needs little memory.
#
# **Misconception.** "JAX is fast because of the graphics card." There was none here.
#
# **Fair is fair.** JAX had two cores where there was work for two, NumPy one. The notebook has the comparison on equal cores, too.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: two walks at the same draws per second

# %% tags=["hide-input"]
chapter.run("figures.forgetting(")
Markdown(
    f"""The same program, the same machine, ten thousand chains on the same target.
One walk has step size **0.1**, as in 2019. The other one has **{chapter.tuned:.1f}**.

Every step of both costs **the same number of operations**.

1. By what factor do their *draws* per second differ?
2. By what factor do their *effective draws* per second differ?"""
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 37 to 39.**
#
# **Give a minute.** Everybody writes two numbers down. Then collect some for question 2: twice, ten times, a hundred times?
#
# **Help, if they are stuck.** "The target is some ten units wide. How many steps of a tenth does it take to walk across, if every step
# forgets its direction?" A random walk needs the *square* of the distance in steps: a hundred squared.
#
# **Answers one gets.** For the second question mostly "two to ten times". Hardly anybody goes beyond a hundred.
#
# **Do not tell yet.** Next slide.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## First the algorithm, then the hardware

# %% tags=["hide-input"]
picture = chapter.figures.forgetting(
    chapter.sizes_tried, chapter.times, chapter.acceptance, {"2019": 0.1, "tuned\n": chapter.tuned}
)
picture.caption = "Steps for one effective draw, and the share of accepted proposals."
picture

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    f"Step size 0.1: **{chapter.times[0]:,.0f}** steps for one effective draw. "
    f"Step size {chapter.tuned:.1f}: **{chapter.times.min():.1f}**. "
    f"A billion draws of 2019 are worth {round(1e9 / chapter.times[0], -4):,.0f} independent ones."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 39 to 43.**
#
# **Right answers.** Draws per second: the same, up to noise. Effective draws per second: the ratio of the two marked points on the left,
# which is read off a logarithmic axis. Let somebody compute it from the fragment.
#
# **Ask.** "Compare with the previous table. What brought more: the change from NumPy to JAX, or the change of one number?" Wait for the
# answer; it is the point of this class. **First the algorithm, then the hardware.**
#
# **Ask.** "Which of the two has the higher acceptance rate?" *Right answer:* the bad one, by far. A high acceptance rate is not the
# aim; we had that last time.
#
# **How can this be known without noise?** In one dimension the line is cut into a grid, the sampler is a matrix, and its eigenvalues say how
# fast it forgets. The notebook checks that the spread of the real chains' means agrees.
#
# **Misconception.** "Samples per second measure a sampler." They measure how fast it writes numbers down. Whenever you read them, ask for the
# autocorrelation time.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where it breaks: how long must a short chain warm up?

# %% tags=["hide-input"]
chapter.run("figures.convergence(")

# %% [markdown]
# $n\hat R = \sqrt{1 + V_\mathrm{sup} / V_\mathrm{tot}}$ asks: do groups with **different starts** still differ?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 43 to 46.**
#
# **Say.** With thousands of chains five draws of each are plenty. So let every chain run until it has forgotten its start, and
# stop. But how long is that?
#
# **Point at** the blue curve, the usual $\hat R$. **Ask.** "Why does it stay high, although the error on the left is gone?" *Right answer:* it
# compares the spread between chains with the spread within each. A chain of five draws has hardly moved, so the spread within is tiny,
# whether the crowd has arrived or not.
#
# **Nested $\hat R$.** All chains of a *superchain* begin at the same point, and the points differ. $V_\mathrm{sup}$ is the variance of the
# superchains' means, $V_\mathrm{tot}$ the whole variance inside them. While the start is remembered, the superchains differ from each other.
#
# **Ask.** "Where does it settle?" *Right answer:* near $\sqrt{1 + 1/M_\mathrm{s}}$ or below, with $M_\mathrm{s}$ chains in a superchain: their mean
# still wavers by chance.
#
# **Misconception.** "Then many chains save the warm-up." No. Every chain still walks it. The diagnostic only says when it is over.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: all of them from one point. What does it say?

# %% tags=["hide-input"]
chapter.run("one_place = short_chains")
Markdown(
    f"""Again {chapter.NUM_SUPER} superchains of {chapter.NUM_EACH} chains.

But now **all of them start at the same point**, −15, and they warm up for 30 steps only.

The nested $\\hat R$ should stay below 1.01. Is it content? Is it right?"""
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    f"It says **{chapter.value:.3f}**, and the mean is off by **{abs(chapter.off):,.0f}** "
    "standard errors."
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > A diagnostic compares. **Give it something to compare:** starts farther apart than the target is wide.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 46 to 48.** (Skip when late.)
#
# **Ask for a vote:** content and right, content and wrong, alarmed.
#
# **Answers one gets.** "Alarmed, since the error is large." The error is large, but the diagnostic does not know the exact mean.
#
# **Right answer.** Content, and wrong by many standard errors. Superchains that share one start cannot differ from each other, whatever they do.
#
# **Point back** to the first picture: after thirty steps the crowd was a heap, far out on the left. A heap agrees with itself.
#
# **Misconception.** "The newer diagnostic is the better one." It answers the question that its starts put.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - **move** a crowd with arrays in place of an `if`
# - **keep** sums instead of draws
# - **read** a benchmark like a proof: target, keys, work, clock
# - **compute** where two programs cross
# - **insist** on effective draws per second

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **4.1** change one number
# - **4.2** the bug in the density
# - **4.3** the bug in the keys
# - **4.4** the bug in the compiling
# - **4.5** the bug in the clock
# - **4.6** build the nested R-hat

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 48 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 4.1 takes two minutes. 4.2 to 4.5 are the faults of the
# published benchmark; take one in pairs and explain it to the other pair. 4.6 is for home.
#
# **Question to take along.** "Ten thousand chains with a step that is too short are beaten by ten chains with a good one. What beats a
# good step?" *Answers, in the next chapters:* drawing an unknown exactly (05), and following the slope (06).
#
# **Next.** Chapter 05 leaves the random walk behind and draws one unknown at a time: Gibbs sampling.
