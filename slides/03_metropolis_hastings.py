# %% [markdown] slideshow={"slide_type": "slide"}
# # Metropolis-Hastings
#
# How do you draw from a density that you can only evaluate, and only up to a constant?
#
# Bayesian sampling · Chapter 03

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

chapter = Chapter("03_metropolis_hastings")
chapter.run("import arviz as az")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: the rule (12), the walk live (5), why it works (6), code (8), what a draw is
# worth and how far to step (10), asymmetric proposals and failures (7), exercises (2).
#
# **Say.** Last time the answer was exact, because the coin has a formula. Almost no model has one. Today we learn the oldest
# method that needs no formula. It is more than seventy years old, fits on one slide, and is still inside the software you use.
#
# **Prepare.** Have the notebook of chapter 03 open and its cells run, at the top of *Picture first*.
#
# **If you are 15 minutes late,** skip *The same, compiled* and *Balance in numbers*, and let the last figures speak alone.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A hill in fog: you may measure only heights

# %% tags=["hide-input"]
chapter.run("figures.idea(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 5.**
#
# **Say.** You stand on a hill in fog. You can measure the height where you stand, and at one other place of your choice. You want
# to spend your time in each place in proportion to its height. What do you do?
#
# **Ask.** "Uphill: go or stay? Downhill: never, always, or sometimes?" Let them argue for a minute.
#
# **Answers one gets.** "Always uphill": that ends on the top and stays there, which finds the mode and is optimisation, not
# sampling. "Downhill half of the time": then a place that is ten times lower is not visited ten times less.
#
# **Aim.** Someone says "it depends on how much lower". That is the rule: the ratio of the two heights.
#
# **Misconception.** "The walker climbs." It does not; it wanders, and it is at the top no more often than the top deserves.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What we have, and what we want
#
# **We have** a function $\gamma(x) > 0$ that we can evaluate: likelihood times prior.
#
# $$\pi(x) = \frac{\gamma(x)}{Z}, \qquad Z = \int \gamma(x)\,\mathrm{d}x \quad \text{unknown}$$
#
# **We want** positions $x_0, x_1, x_2, \dots$, each made from the one before, that in the long run are draws from $\pi$.

# %% [markdown] slideshow={"slide_type": "fragment"}
# > The price: the draws are not independent. We shall count what they are worth.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 5 to 8.**
#
# **Say.** The height on the previous slide was $\gamma$, not $\pi$. Nobody gave us the area under the curve.
#
# **Ask.** "Why is $Z$ hard, when the coin's was easy?" *Answer:* the coin has one unknown. With ten unknowns a grid of a hundred
# points each has $100^{10}$ cells.
#
# **Misconception.** "Then we know the posterior only up to a scale, so the draws are only right up to a scale." No: the draws are
# draws from $\pi$ itself. Only the *function* we evaluate lacks a constant.
#
# **Fragment.** Promise the number: it comes on the slide about autocorrelation.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The rule: propose, compare, decide
#
# 1. **Propose** $x'$ from a density $q(x' \mid x)$ of your choice.
# 2. **Compare**
# $$r(x, x') = \frac{\gamma(x')\, q(x \mid x')}{\gamma(x)\, q(x' \mid x)}$$
# 3. **Decide**: go to $x'$ with probability $\alpha = \min(1, r)$, otherwise **stay, and count $x$ once more**.

# %% [markdown] slideshow={"slide_type": "fragment"}
# *Random walk:* $x' = x + s z$ with $z \sim \mathrm{Normal}(0, 1)$. Its $q$ is symmetric, so $r = \gamma(x') / \gamma(x)$.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 8 to 11.**
#
# **Ask.** "Where did $Z$ go?" *Answer:* it would stand above and below the fraction, so it cancels. Let them say it.
#
# **Ask.** "How do you go somewhere with probability $r$?" *Answer:* draw a uniform number and see whether it lies below $r$. When
# $r > 1$ it always does, so nobody has to code the minimum.
#
# **Stress** the last words of step 3. A rejection is a draw. It is the most common mistake of all, and we shall see what it does.
#
# **Fragment.** Metropolis and his co-authors had the symmetric case in 1953; Hastings added the two $q$ in 1970.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Five steps, five pictures

# %% tags=["hide-input"]
chapter.run("figures.idea(", "def metropolis_by_hand", "def log_posterior_by_hand")
walk = (chapter.draws[:5], chapter.proposals[:5], chapter.accepted[:5])
chapter.figures.film_strip(chapter.posterior.pdf, 0.45, 0.9, chapter.start, *walk)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Write down the five draws. How many different numbers are among them?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 11 to 13.**
#
# **Say.** Black is where the walker stands, the ring is what it tries. Green is accepted, orange rejected. Go through the panels
# one by one, and let the class call *accept* or *reject* before you point at the title.
#
# **Ask.** "What is the draw of a panel in which the proposal was rejected?" *Answer one gets:* "there is none". *Right answer:* the
# black point, once more.
#
# **Fragment.** There are five draws, and each rejection repeats a number. If everybody writes fewer than five numbers, go back to
# step 3 of the rule.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: watch it walk

# %% tags=["hide-input"]
chapter.where("figures.walk_film(")

# %% [markdown]
# 1. Press **Play**. How long until the bars fill the curve?
# 2. Move the **step size** to the far left. Is more accepted, or less?
# 3. Move it to the far right. And now?
# 4. Find the best place. **What did you look at to judge?**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 13 to 18. Live demo.** Switch to the notebook. The film needs no network and no kernel.
#
# **Before each move, let them vote by hand:** more accepted or fewer? Bars fill sooner or later?
#
# **Answers one gets.** Most expect that a high acceptance rate is good. At the far left nearly everything is accepted and the walker
# hardly moves: let this sink in. At the far right it stands still for long stretches.
#
# **Question 4** has no wrong answer yet. Collect: "the bars", "the trace", "the acceptance rate". Keep the list for the slide on
# step size.
#
# **If the demonstration fails,** go back one slide: the five pictures carry the same questions.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why it works: as much flows forth as back
#
# **Invariance** is what we need: if $x$ is a draw from $\pi$, so is the next position.
#
# **Detailed balance** is stronger, and easier to check:
#
# $$\pi(x)\, P(x' \mid x) = \pi(x')\, P(x \mid x') \quad \text{for all } x \ne x'$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# The rule has it, since for $x' \ne x$
#
# $$\pi(x)\, q(x' \mid x)\, \alpha(x, x') = \min\bigl(\pi(x)\, q(x' \mid x),\; \pi(x')\, q(x \mid x')\bigr)$$
#
# and the right-hand side stays the same when $x$ and $x'$ **trade places**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 18 to 22.**
#
# **Say.** Think of a large crowd that is spread over the hill as $\pi$. Everybody takes one step. Between any two places as many
# people go left as right. So the crowd looks the same afterwards: that is invariance.
#
# **On the board.** Integrate both sides over $x$. On the right $\int P(x \mid x')\,\mathrm{d}x = 1$.
#
# **Fragment.** Multiply $\alpha = \min(1, r)$ into $\pi(x)\, q(x' \mid x)$. Ask a volunteer to do it; it takes one line.
#
# **Ask.** "Is this enough to *get* to $\pi$ from a bad start?" *Answer:* no. The chain must also be able to reach every
# region and not run in a cycle. A walk with normal steps can, in principle. How long it takes is the rest of this class.
#
# **Misconception.** "Detailed balance is necessary." It is not: Gibbs sampling that sweeps in a fixed order lacks it, and is right.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Balance in numbers: three places
#
# Flow $\pi_i P_{ij}$ for $\pi = (0.2,\ 0.5,\ 0.3)$. Proposals go one place left or right.

# %% tags=["hide-input", "left"]
chapter.run("def metropolis_matrix")
three = np.array([0.2, 0.5, 0.3])
by_the_rule = chapter.metropolis_matrix(three)
moves = by_the_rule - np.diag(np.diag(by_the_rule))
no_rejections = moves / moves.sum(axis=1, keepdims=True)


def flow_table(title, transition):
    flow = pd.DataFrame(
        three[:, None] * transition,
        index=["from 1", "from 2", "from 3"],
        columns=["to 1", "to 2", "to 3"],
    )
    return HTML(f"<h3>{title}</h3>" + flow.to_html(float_format="{:.3f}".format, border=0))


flow_table("The rule", by_the_rule)

# %% tags=["hide-input", "right"]
flow_table("Rejections dropped", no_rejections)

# %% [markdown] slideshow={"slide_type": "fragment"}
# A sampler is in balance when this table equals its own **mirror image**. Which one is?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 22 to 24.** (Skip when late.)
#
# **Say.** With three places the whole sampler is a table of nine numbers. Row: where the walker is. Column: where it goes.
#
# **Ask.** "Compare *from 1 to 2* with *from 2 to 1*, left table, then right." *Answer:* equal on the left, not on the right.
#
# **Ask.** "What stands on the diagonal?" *Answer:* staying, which is rejection. It balances with itself. On the right it is zero,
# because whoever drops rejections makes the walker move every time.
#
# **Then.** The notebook does the same on 20 points of the coin's posterior.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand

# %% tags=["hide-input"]
chapter.code("metropolis_by_hand")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 24 to 28.**
#
# **Say.** Three lines carry the method: the proposal, the comparison, and the `append`.
#
# **Ask.** "Why logarithms?" *Answer:* a product of a thousand densities underflows to zero; a sum of logarithms does not.
#
# **Ask.** "Why does `draws.append(position)` stand outside the `if`?" Wait for it: a rejection counts.
#
# **Ask.** "What happens if `log_p` is not updated after an accepted step?" *Answer:* the walker compares with a place where it no longer
# is. That is exercise 3.3; do not solve it here.
#
# **Why are `z` and `u` arguments?** So that the compiled version can be given the same randomness and must give the same walk.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The walk follows the posterior

# %% tags=["hide-input"]
chapter.run("figures.trace_and_histogram(")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    f"Accepted {chapter.accepted.mean():.0%}. Mean of the draws {chapter.draws.mean():.4f}, "
    f"exact {chapter.posterior.mean():.4f}. Close, but **is it close enough?**"
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 28 to 30.**
#
# **Ask.** "Where did the walk start?" *Answer:* far out on the flank, as the five pictures showed. **Ask.** "Is the first draw a draw
# from the posterior?" *Answer:* no, we chose where to start. Later draws forget that choice; this is why one drops the first ones
# as warm-up.
#
# **Fragment. Ask.** "Is this error large or small?" *Answers one gets:* "it is small, look". The honest answer is: compared with what?
# We need the size of the error that chance makes. That is the next but one slide.
#
# **Misconception.** "A good-looking trace is a proof." Keep it in mind for the end.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The same, compiled

# %% tags=["hide-input", "wide"]
chapter.show_source(chapter.metropolis_hastings)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 30 to 32.** (Skip when late.)
#
# **Say.** This is the package's own file, not a copy. A sampler is a pair of functions: `init` makes a state, `step` makes the next.
#
# **Point at** `jax.random.split`: one key for the proposal, another one for the decision. **Ask.** "What if both used the same key?"
# *Answer:* the step and its fate would depend on each other. It runs, it mixes, and it is wrong; we meet it on the slide of bugs.
#
# **Point at** `propose`, which returns two things. The second is the logarithm of the ratio of the two $q$. Nobody can forget it.
#
# **Then.** The notebook shows that both versions make the same two thousand decisions, and how much faster this one is.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## What is a draw worth?
#
# Draws remember.
#
# $$\tau_\mathrm{int} = 1 + 2 \sum_{k \ge 1} \rho(k)$$
#
# $$\mathrm{ESS} = \frac{N}{\tau_\mathrm{int}}$$
#
# $$\mathrm{MCSE} = \frac{\mathrm{sd}}{\sqrt{\mathrm{ESS}}}$$

# %% tags=["hide-input", "right"]
chapter.run("def logdensity(position)")
chapter.run("def autocorrelation(chains")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("tau_int = ")
num_draws = chapter.kept.size
Markdown(
    f"Here {num_draws} draws are worth **{num_draws / chapter.tau_int:.0f}** independent ones: "
    f"the MCSE is {chapter.mcse:.4f}."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 32 to 36.**
#
# **Say.** $\rho(k)$ is the correlation between a draw and the one $k$ steps later. ESS is the number of independent draws that
# would give the same error. MCSE is that error, and the unit in which this course measures every other error.
#
# **Ask.** "To halve the MCSE, how many times longer do you run?" *Answer:* four times.
#
# **Ask.** "Should we keep only every tenth draw?" *Answer one gets:* yes, then they are independent. *Right answer:* it throws
# information away; thin only when memory is short.
#
# **Back to the question** "is it close enough?": the error should be about one MCSE, rarely more than three.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which of these two is better?

# %% tags=["hide-input"]
chapter.run("figures.step_sizes(")
rates = {size: chapter.rates[size] for size in (min(chapter.sizes), max(chapter.sizes))}
picture = chapter.figures.step_sizes({size: chapter.chains[size] for size in rates}, rates)
picture.caption = "The same target, the same number of steps, two step sizes."
picture.alt = "Two traces. Step size " + "; ".join(
    f"{size:g} accepts {rate:.0%} and {how}"
    for (size, rate), how in zip(
        rates.items(), ("drifts slowly", "stands still for long stretches"), strict=True
    )
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 36 to 38.**
#
# **Ask for a vote** before you say anything: the upper one, the lower one, neither.
#
# **Answers one gets.** "The upper one, since nearly everything is accepted." "The lower one, since it gets around."
#
# **Right answer.** Both are bad. One moves all the time and gets nowhere, the other gets around and hardly ever moves. In both a
# draw tells little more than the one before.
#
# **Misconception.** "A high acceptance rate is the aim." It is the aim of nobody. The aim is to forget fast.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How far to step: accept 0.44 in one dimension, 0.234 in many

# %% tags=["hide-input"]
chapter.run("def sweep(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 38 to 42.**
#
# **Say.** Left: the longer the step, the fewer are accepted. Right: the effective sample size against the acceptance rate. One curve
# for each dimension, each scaled to its own best.
#
# **Ask.** "How wrong may the acceptance rate be before you lose half?" Let them read it from the right panel. *Answer:* the
# top is flat, anything between about 20 % and 50 % will do. So do not fuss.
#
# **Ask.** "The curves are scaled. What is hidden?" *Answer:* the best itself falls like one over the dimension. That is the bad news, and
# the reason for Hamiltonian Monte Carlo.
#
# **Where the numbers come from.** 0.44: one dimension, normal target. 0.234: many dimensions, independent coordinates. For other
# shapes they are good advice, not law.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A proposal that is not symmetric needs its ratio

# %% tags=["hide-input"]
chapter.run("def run_positive(")

# %% [markdown]
# A step by a factor, $x' = x\, e^{s z}$, has $q(x \mid x') / q(x' \mid x) = x' / x$.
# Without it the walk draws from $\gamma(x) / x$: **another target, and nothing crashes.**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 42 to 45.**
#
# **Say.** For a scale or a rate a factor is the natural step: it never leaves the positive numbers. But from 1 to 2 and from 2 to 1
# are not equally likely: near 2 the same factors are spread over an interval twice as long.
#
# **Ask.** "What did the right-hand sampler draw from?" *Answer:* a Gamma density too, with shape 2 instead of 3. It looks like a posterior.
#
# **Ask.** "How would you notice, if you did not know the answer?" *Answer one gets:* "$\hat R$". The notebook shows that it is content.
# What helps: a test on a target that you know.
#
# **Misconception.** "The ratio is a fine point." It moved the mean by a third.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where it breaks: no diagnostic sees what no chain has visited

# %% tags=["hide-input"]
chapter.run("def two_humps(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 45 to 47.**
#
# **Say.** Two humps, each with half of the probability; two chains start on each side.
#
# **Ask.** "What does each chain believe?" *Answer:* that there is one hump, its own.
#
# **Ask.** "And if all four start on the left?" *Answer:* they may agree perfectly, with half of the probability missing. The
# notebook prints what $\hat R$ says then.
#
# **What helps.** Start chains far apart, know your model, or use a method made for several modes.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three wrong samplers, and what the diagnostics say

# %% tags=["hide-input"]
chapter.run("correlated = ")
chapter.run("def look_at(")

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Invariance test:** start thousands of chains from exact draws, walk, and ask whether the end points are still exact draws.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 47 to 49.**
#
# **Say.** The exact standard deviation is 1. One row is right. Cover the last column with your hand, and ask: which rows
# would you ship?
#
# **One key for both:** the number that makes the proposal also decides on it. **Rejections dropped:** the walker lingers too
# little at the top, the spread is too large. **Noise as proposal:** `x' = s * z` in place of `x + s * z`, with no ratio.
#
# **Ask.** "Why does $\hat R$ not see it?" *Answer:* it compares the chains with each other, and they agree: on the wrong answer.
#
# **Fragment.** This is the test that the course's own samplers must pass. Chapter 08 is about nothing else.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - explain why **heights are enough**
# - **write** the walk in a dozen lines
# - **tune** it by its acceptance rate
# - **correct** an asymmetric proposal
# - **judge** a chain by ESS and MCSE, and test a sampler by **invariance**

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **3.1** change one number
# - **3.2** the ratio of a new walk
# - **3.3** find the bug
# - **3.4** another rule
# - **3.5** build the variant

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 3.1 takes two minutes, 3.3 is the one to talk about with your
# neighbour, 3.5 is for home.
#
# **Question to take along.** "The best that this walk can do falls like one over the dimension. What would you have to know about the
# hill, besides its height, to do better?" *Answer, in chapter 06:* its slope.
#
# **Next.** Chapter 05 draws one unknown at a time, exactly: Gibbs. Chapter 06 gives the walker a gradient and a push.
