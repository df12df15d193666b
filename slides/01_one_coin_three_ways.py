# %% [markdown] slideshow={"slide_type": "slide"}
# # One coin, three ways
#
# A coin shows 73 heads in 100 flips. What is its probability of heads, and does it matter which program you ask?
#
# You will be able to **derive** the posterior, **compute** it on a grid, **estimate** it by Monte Carlo with an error, and **judge**
# a claim about speed.
#
# Bayesian sampling · Chapter 01

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

chapter = Chapter("01_one_coin_three_ways")
chapter.run("from scipy import integrate, stats", "assert (y, n) == (73, 100)")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: the picture and the formula (12), a grid (5), Monte Carlo (6), which is better
# and where the grid breaks (12), programs and their speed (10), a mistake that no diagnostic sees (3), exercises (1).
#
# **Say.** We compute one curve again and again: with a formula, on a grid, from random draws, and with programs. Because
# the answer is known, we can watch each method being right or wrong. Later chapters have no such luxury.
#
# **Prepare.** Have the notebook of chapter 01 open, its cells run down to *Where it breaks*.
#
# **If you are 15 minutes late,** skip *What the prior weighs*, *A promise can be tested*, *Where do the seconds go*,
# *"Faster" depends* and *Four claims on trial*, and do only the first half of the live demonstration.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A hundred flips leave little of the prior

# %% tags=["hide-input"]
chapter.run("figures.beliefs(")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The coin was made with $p = 0.7$. Does the posterior rule this out? Does it rule out 0.75?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 5.**
#
# **Point at** the three curves, in order: what we held before, what the flips say, the product scaled to area 1.
#
# **Ask.** "What would the posterior look like after no flips at all? After a million?" *Answer:* the prior; a needle.
#
# **Fragment. Answers one gets.** "It should peak at 0.7, so something is off." *Right answer:* 0.7 lies well inside, and so
# does 0.75. A hundred flips do not tell them apart.
#
# **Ask.** "Why is the blue top left of the orange one?" *Answer:* the prior pulls towards one half, a little.
#
# **Misconception.** "The likelihood is a distribution of $p$." It is a function of $p$; its area means nothing. It was
# scaled here only to be seen beside the others.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Prior times likelihood has the prior's form again
#
# $$\gamma(p) = \binom{n}{y}\, p^{y} (1 - p)^{n - y} \cdot \frac{p^{a-1} (1 - p)^{b-1}}{B(a, b)}, \qquad \pi(p) = \frac{\gamma(p)}{Z}$$
#
# Here $a = b = 2$. The beta function $B(a, b) = \int_0^1 p^{a-1} (1 - p)^{b-1}\,\mathrm{d}p$ makes the prior's area 1.

# %% [markdown] slideshow={"slide_type": "fragment"}
# Keep only what depends on $p$:
#
# $$\pi(p) \propto p^{a + y - 1} (1 - p)^{b + n - y - 1}, \qquad \text{so } \pi \text{ is } \mathrm{Beta}(a + y,\; b + n - y)$$
#
# The same form as the prior: this is what **conjugate** means.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 5 to 9.**
#
# **On the board.** Let a volunteer multiply the two and add the exponents before you show the fragment.
#
# **Ask.** "Why may we forget the binomial coefficient and $B(a, b)$?" *Answer:* they do not contain $p$, and the area has
# to be 1 in the end. This is what the sign $\propto$ says.
#
# **Ask.** "If I give you the hundred flips one by one in place of the count, does the posterior change?" **Answers one
# gets.** "Yes, there is more information." *Right answer:* no. The coefficient is gone, everything else is the same. A
# computer, though, multiplies a hundred factors in place of one; we use that later, to let the data grow.
#
# **Misconception.** "Conjugate priors are the right ones." They are the convenient ones. It is a property of the algebra,
# not of your beliefs.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the prior weighs: $a + b$ flips against $n$
#
# $$\mathrm{E}[p] = \frac{a + y}{a + b + n} = \frac{a + b}{a + b + n} \cdot \frac{a}{a + b} + \frac{n}{a + b + n} \cdot \frac{y}{n}$$
#
# The constant has a name, the **evidence**: the probability that the model gives to the data.
#
# $$Z = \int_0^1 \gamma(p)\,\mathrm{d}p = \binom{n}{y} \frac{B(a + y,\; b + n - y)}{B(a, b)}$$

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("by_formula = {")
Markdown(
    f"By formula {chapter.by_formula['evidence']:.6f}, by numerical integration {chapter.Z:.6f}. "
    f"Mean {chapter.by_formula['mean']:.6f} and {chapter.mean:.6f}."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 9 to 13.** (Skip when late.)
#
# **Say.** The mean is a compromise between the prior's mean and the share of heads. The weights are $a + b$ and $n$.
#
# **Ask.** "A friend believes firmly in fair coins. How would you write that?" *Answer:* a large $a = b$. Exercise 1.1 asks
# how large, so leave the number open.
#
# **Ask.** "Why check algebra by integration?" *Answer:* it knows nothing of our algebra. Two ways that share no step and
# agree in so many digits are rarely both wrong. This habit runs through the course.
#
# **Misconception.** "$Z$ is a nuisance." It compares models. But for most models nobody knows it, and samplers are methods
# that never ask for it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## On a grid: evaluate everywhere, divide by the sum

# %% tags=["hide-input"]
chapter.code("grid_posterior")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 13 to 16.**
#
# **Say.** Now forget the formula. A posterior is likelihood times prior, scaled. Nothing else is in these lines.
#
# **Ask.** "Where is the binomial coefficient? Where is the 6 of the prior?" *Answer:* left out. The division by the sum
# removes whatever does not depend on $p$.
#
# **Ask.** "Why `i + 0.5`?" *Answer:* the middles of the intervals, so that no point is 0 or 1, where the logarithm is
# infinite.
#
# **Ask.** "Why subtract the largest before the exponential?" **Answers one gets.** "For speed." *Right answer:*
# $0.7^{10{,}000}$ is zero on a computer, for every point; a *ratio* of two such numbers is harmless. Without this line all
# weights of ten thousand flips are zero divided by zero. Think of it again in exercise 1.3.
#
# **Misconception.** "Logarithms make it approximate." They make it possible. The weights are the same.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Fifty points are enough, in one dimension

# %% tags=["hide-input"]
chapter.run("figures.grid_bars(")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("grid_mean = ")
Markdown(
    f"Mean {chapter.grid_mean:.6f}, sd {chapter.grid_sd:.6f}. "
    f"Exact: {chapter.posterior.mean():.6f} and {chapter.posterior.std():.6f}."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 16 to 18.**
#
# **Point at** the small marks on the axis: these are the points, and each bar's area is the weight of its point.
#
# **Ask before the fragment.** "How many digits of the mean are right?" **Answers one gets.** "Two or three, the bars are
# coarse." Let them count.
#
# **Say.** The steps of the bars err to both sides, and for a smooth bump that vanishes at the ends the errors cancel nearly
# perfectly.
#
# **Ask.** "When would that stop?" *Answer one wants:* when the bump is narrower than a bar. Keep it; we come back in ten
# minutes.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By Monte Carlo: averages over draws, with an error

# %% tags=["hide-input"]
chapter.run("figures.running_mean(")

# %% [markdown] slideshow={"slide_type": "fragment"}
# $\mathrm{MCSE} = \mathrm{sd} / \sqrt{N}$. One more digit costs a hundred times the draws.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 18 to 22.**
#
# **Say.** The second idea does not visit every place. If we can draw from the posterior, averages over draws approach
# averages over the posterior: the law of large numbers. Here NumPy draws for us, since it knows the Beta distribution.
#
# **On the board.** The variance of a mean of $N$ independent draws is the variance of one draw over $N$. Take the root.
# This is the Monte Carlo standard error, and this course measures every error in it.
#
# **Ask.** "If the line left the funnel somewhere, would something be wrong?" **Answers one gets.** "Yes." *Right answer:* the
# funnel is two standard errors wide on each side, so at any one place a line in about twenty lies outside.
#
# **Ask.** "To halve the error?" *Answer:* four times the draws.
#
# **Misconception.** "With more draws the posterior becomes narrower." The sd belongs to the posterior and stays. The MCSE
# shrinks.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A promise can be tested
#
# A standard error promises how often it is exceeded. So repeat the estimate 2000 times, with 400 draws each, and count.

# %% tags=["hide-input"]
chapter.run("many = np.random.default_rng(2)")
kept = {
    f"within {width} MCSE": {
        "found": f"{np.mean(np.abs(chapter.z) <= width):.3f}",
        "promised": f"{1 - 2 * chapter.stats.norm.sf(width):.3f}",
    }
    for width in (1, 2)
}
HTML(pd.DataFrame(kept).T.to_html(border=0))

# %% [markdown] slideshow={"slide_type": "fragment"}
# The count is an estimate, too: it has a standard error of its own.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 22 to 24.** (Skip when late.)
#
# **Ask.** "Found and promised differ in the second or third digit. Is the promise broken?" **Answers one gets.** "A bit."
# *Right answer:* measure the difference in its own standard error: the root of promised times one minus promised, over 2000.
#
# **Fragment.** Let them work it out for the first row, roughly: about one in a hundred. The page lets a right method stray
# four of these before it complains.
#
# **Say.** This is how the course tests its samplers: not once, but many times, with a count and the error of the count.
#
# **Misconception.** "Errors are for apologising." An error that is stated is a claim, and a claim can be refuted.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In one dimension the grid wins by a landslide

# %% tags=["hide-input"]
chapter.run("figures.errors(")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
years = 60**10 / 1e6 / (365.25 * 24 * 3600)
Markdown(f"Ten unknowns, 60 points each, a million a second: **{years:,.0f} years.**")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 24 to 28.**
#
# **Ask.** "From this picture, why does anybody draw?" Wait. Let them look for a reason.
#
# **Answers one gets.** "Because it is simpler." "Because of higher dimensions." For the second, ask how many points two
# unknowns need, then five, and let them multiply.
#
# **Fragment.** Eight schools, in chapter 00, had ten unknowns.
#
# **Say.** The formula of the MCSE does not contain the dimension: sd over root $N$, whatever it is. This is why Monte Carlo
# is what remains.
#
# **Point at** the dotted line: rounding. Below it no method gets, in these numbers.
#
# **Misconception.** "So Monte Carlo is as good in a hundred dimensions as in one." The *error for a given number of
# independent draws* is. Making the draws is the hard part, and the rest of the course.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: the same 100 points, a million flips
#
# We keep a grid of 100 points and flip the coin a million times. What does the grid report as the posterior's **sd**?
#
# - **A** nearly the right one, as before
# - **B** far too large
# - **C** far too small
# - **D** an error message

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 28 to 30.**
#
# **Ask for hands** on A, B, C and D. Then let one voter of each letter say why, in one sentence. Do not judge yet.
#
# **Answers one gets.** A: "it had all digits before". B: "it cannot show anything narrower than its spacing". C:
# "everything sits on one point". D is rare, and the most hopeful.
#
# **Help,** if they are stuck: how wide is the posterior after a million flips? Its sd falls with the root of the number of
# flips. How far apart are the points?
#
# **Then** the next slide. B and C are both within reach, and which one it is depends on where the points happen to lie.
# Nobody gets D.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The posterior falls between two points, unnoticed

# %% tags=["hide-input"]
chapter.run("figures.too_coarse(")
few, most = min(chapter.panels), max(chapter.panels)
chapter.figures.too_coarse({size: chapter.panels[size] for size in (few, most)})

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
points, weights, _ = chapter.panels[most]
sd = np.sqrt(weights @ (points - weights @ points) ** 2)
Markdown(
    f"{most:,} flips: sd on the grid **{sd:.6f}**, exact **{chapter.exact.std():.6f}**. "
    f"Points that carry the weight, $1 / \\sum_i w_i^2$: **{1 / np.sum(weights**2):.1f}**"
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 30 to 32.**
#
# **Point at** the right panel: orange is what the grid sees, blue is the truth.
#
# **Ask.** "Which letter was right?" *Answer:* here B. It is an accident of where the points lie; the demonstration will
# show C.
#
# **Fragment. Say.** The last number counts the points that carry the weight. For a bell it is about three and a half times
# sd over spacing. Below four or so, mistrust the grid. The number comes back in disguise, as an *effective sample size*.
#
# **Misconception.** "A finer grid cures it." In one dimension, yes. In ten you cannot afford it, and you do not know where
# to put it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: move the grid by a hair

# %% tags=["hide-input"]
chapter.where("figures.too_coarse(")

# %% [markdown]
# 1. Run the cell. Read the line for a million flips.
# 2. In `grid_posterior(heads, size, 100)` make it **101**. What will the sd be?
# 3. Now **200**, **500**, **10_000**. When is it right?
# 4. Which of the printed numbers **told you**, without the exact answer?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 32 to 36. Live demo.** Let them vote before each run: larger, smaller, the same?
#
# **What will be seen.** With 101 points the reported sd for a million flips drops to practically zero: one point has caught
# everything. So answer C has its turn, after a change of one point in a hundred. With ten thousand points the reported sd
# is right.
#
# **Question 4. Right answer.** The number of points that carry the weight: near one or two while the sd is nonsense, well
# above four when it is right.
#
# **Answers one gets.** "The picture." True, but in ten dimensions there is none.
#
# **Misconception.** "101 is finer than 100, so it must be a bit better." Both are accidents.
#
# **At the end,** set it back to 100, or reload the page.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two programs, one density: compare this first

# %% tags=["hide-input"]
chapter.code("coin_model")

# %% tags=["hide-input"]
chapter.code("in_pymc")

# %% [markdown]
# First the **log densities**, at random points. Then the draws, with the **exact** answer. Only then the **speed**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 36 to 39.**
#
# **Say.** Above NumPyro, below PyMC. In one the model is a function, in the other an object that `with` opens.
#
# **Ask.** "What would make a comparison of their speed worthless?" Collect. **Answers one gets.** "Different computers."
# "Different numbers of draws." *The one to wait for:* they might not sample the same posterior.
#
# **Ask.** "Why compare densities before draws?" *Answer:* a density is compared to the last digit, with no randomness in
# between. If it is wrong, the sampler will be faithful to the wrong thing, and no diagnostic will mind.
#
# **Say.** The notebook runs both, and nutpie, and PyMC's model in NumPyro's sampler, and holds all of them against the
# exact mean.
#
# **Misconception.** "Two libraries agree, so both are right." Two translations of one misunderstanding agree as well. Hence
# the exact answer.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where do the seconds go? Mostly not into sampling

# %% tags=["hide-input"]
chapter.run("rows = read_rows(")
picture = chapter.run("def seconds_by_phase(")
picture.caption = (
    "From starting Python to the last draw, medians over the rounds. "
    f"All {len(chapter.everything)} recorded runs agree with the exact posterior."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 39 to 41.** (Skip when late.)
#
# **Say.** A recorded run, every system in a process of its own, caches empty. So this is a first day.
#
# **Ask.** "Two people measure the same two libraries, and one finds the first far faster, the other finds hardly a
# difference. Who lies?" *Answer:* nobody. One has started the clock at the first draw, the other when Python started.
#
# **Point at** the phases: importing and compiling take most of it, for a model as small as this.
#
# **Answers one gets.** "Then the sampler does not matter." For a hundred flips, once, it does not. With many flips, or when
# the compiled program is used again and again, it is all that matters.
#
# **Misconception.** "Fast is a property of a library." It is a property of a library, a task and a clock.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## "Faster" depends on the clock, on the data, on the rival

# %% tags=["hide-input"]
chapter.run("def speed_ups(")
table = {}
for rival, system in chapter.against.items():
    for case, quotient in chapter.speed_ups(system, "numpyro").items():
        clock, size = case.split(", ", 1)
        middle, low, high = np.median(quotient), quotient.min(), quotient.max()
        table.setdefault(f"{rival}: {clock}", {})[size] = f"{middle:.2g} ({low:.2g} to {high:.2g})"
HTML(pd.DataFrame(table).T.to_html(border=0))

# %% [markdown]
# Seconds for an **effective draw**, rival over NumPyro: above 1, NumPyro is faster.
# *Wall*: the whole script. *Call*: compiling, warm-up, sampling. *Sampling* alone.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 41 to 44.** (Skip when late.)
#
# **Say.** Median, and in brackets the range over the rounds. Both sides of a quotient come from the same round, so a slow
# hour of the machine meets both.
#
# **Ask.** "Find a row and a column that prove *NumPyro is much faster*. Find one that proves the opposite." Give them a
# minute; both exist.
#
# **Ask.** "Why effective draws, and not draws?" **Answers one gets.** "Draws are easier to count." *Right answer:* if draws
# resemble each other, a hundred may be worth one. Only effective draws lower your error.
#
# **Point at** the columns from left to right: as the data grow, the order changes.
#
# **Misconception.** "I take the median and forget the brackets." Where the brackets contain 1, nobody is faster.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Four claims on trial

# %% tags=["hide-input"]
first, *larger = chapter.sizes


def support(cases, at_least=-np.inf, at_most=np.inf):
    """Count the cases in which every single round lies within the bounds."""
    held = [bool(np.all((at_least <= case) & (case <= at_most))) for case in cases]
    return f"in {sum(held)} of {len(held)} cases"


verdicts = {}
for rival, system in chapter.against.items():
    speed = chapter.speed_ups(system, "numpyro")
    memory = chapter.quotients(chapter.finished, "numpyro", system, "peak_memory_mb")
    price = chapter.quotients(chapter.finished, "numpyro", system, chapter.clocks["sampling"])
    small = [case for name, case in speed.items() if name.endswith(f" {first:,} flips")]
    verdicts[f"against {rival}"] = {
        "at least 5 times faster": support(speed.values(), at_least=5),
        "less memory": support(memory.values(), at_most=1),
        "scales better with data": support([price[n] / price[first] for n in larger], at_most=1),
        "no advantage on small data": support(small, at_most=1.25),
    }
HTML(pd.DataFrame(verdicts).rename_axis("NumPyro …", axis=1).to_html(border=0))

# %% [markdown]
# A case counts only if **every** round supports the claim.

# %% [markdown] slideshow={"slide_type": "fragment"}
# No claim names a clock, a number of flips or a sampler. **Before you compare, say what is counted.**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 44 to 46.** (Skip when late.)
#
# **Say.** Programs come with sentences like these. They sound like facts. **Ask for a vote** on each row before you read it
# out.
#
# **Ask.** "How strict is *every round*? If a case were a toss-up, how often would five rounds agree on one side by chance?"
# *Answer:* once in sixteen. Strict, but no proof.
#
# **Fragment. Then.** The page of claims, `notebooks/claims.md`, has each verdict with what was measured, when and where.
# The notebook says how to put the claims on trial on your own machine.
#
# **Ask.** "What was *not* equal in this comparison?" *Answers:* the precision, how chains share the cores, each library's
# own warm-up.
#
# **Misconception.** "So benchmarks are useless." Vague ones are. A claim with a unit, a clock and a size can be tried.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A common mistake: a column meets a row
#
# Flips of shape `(100, 1)` against trials of shape `(100,)`: broadcasting makes 100 × 100 terms.

# %% tags=["hide-input"]
chapter.run("column = one_by_one")
spreads = {**chapter.spreads, "exact": (chapter.posterior.mean(), chapter.posterior.std())}
frame = pd.DataFrame(spreads, index=["mean", "sd"]).T
HTML(frame.to_html(float_format="{:.4f}".format, border=0))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Every flip counts a hundred times: a plausible mean with **far too much confidence**. And every diagnostic is content.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 46 to 49.**
#
# **Ask, before the fragment.** "Which number gives it away, if you do not know the exact row?" *Answer:* none. The mean is
# plausible and the sd is a number.
#
# **Ask.** "By what factor is the sd too small, and why?" *Right answer:* about ten, the root of a hundred. Each flip was
# counted once with every trial.
#
# **Why are diagnostics content?** The chain samples its target perfectly. The target is wrong.
#
# **What helps.** Look at the *shape* of the log likelihood before it is summed, and compare with a loop over a handful of
# flips. The course's models refuse such data.
#
# **Misconception.** "An error in the model would show up as bad mixing." Only errors of the sampler do, and not even all of
# them.
#
# **Two more in the notebook:** exponentiating too early, and one seed for all chains.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - **derive** a conjugate posterior
# - **compute** on a grid, and see when it is too coarse
# - **estimate** by Monte Carlo, with its error
# - **show** that programs agree
# - **try** a claim: unit, clock, size

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **1.1** change one number
# - **1.2** how sure is a mean?
# - **1.3** find the bug
# - **1.4** the bug in a stopwatch
# - **1.5** build the variant

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** 1.1 is one equation. 1.2 tests your standard error by its promise, as we did. 1.4 is the one to talk about with
# your neighbour: which call compiles, and when is the result really there? 1.5 is for home: two coins, and which is better.
#
# **Question to take along.** "NumPy could draw from this posterior, because it has a name. How would you make draws from a
# density that you can only evaluate?"
#
# **Next.** Chapter 03 does this with a walk and a rule. Chapter 02, in between, is for those who want to know what `jit`,
# `grad` and `vmap` do first.
