# %% [markdown] slideshow={"slide_type": "slide"}
# # Start here
#
# Does everything work, and what is a posterior draw anyway?
#
# You will be able to **check** your set-up, **explain** a posterior draw without a formula, **sample** a first model, and
# **compare** draws with an exact answer.
#
# Bayesian sampling · Chapter 00

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

from course_utils.display import COLORS, figure

chapter = Chapter("00_start_here")
chapter.run("import arviz as az")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: start the installation (3), a posterior without a formula (18), check the
# set-up (6), where the idea breaks (3), a library (8), a real question (5), how to be wrong without noticing (2), how to
# work with the pages (4).
#
# **Say.** In this course you build every sampler by hand, then meet it again in the libraries that professionals use. No
# result is typed: each number on a page is computed by that page and checked against something known. That holds for these
# slides as well.
#
# **Prepare.** Have the notebook of chapter 00 open and all its cells run. Know whether the room's network can carry a class
# that installs at the same time; if not, ask for the installation as homework and begin with slide 3.
#
# **If you are 15 minutes late,** skip *Live: other data*, *A real question*, *Most of the gap* and *A wrong sampler*, only
# start the cell in *Live: does everything work?*, and look after failed installations once class is over.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Start the installation now: it works while we talk
#
# In the course's folder, on Linux, macOS or WSL:
#
# ```sh
# make lab
# ```
#
# On Windows, in PowerShell:
#
# ```powershell
# py -3.13 -m venv .venv
# .venv\Scripts\activate
# python -m pip install -r requirements.txt -e .
# python tools\lab.py
# ```
#
# conda, uv, pip, a container: `README.md`, *Other ways to install*

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 4.**
#
# **Say.** Type this, press Enter, and look up again. It makes an environment of its own, so it touches nothing else on your
# machine. The network is needed this once. When it is done, JupyterLab opens with the first chapter.
#
# **Ask.** "Who has Python older than 3.12?" They need a newer one first; the command says so in one line.
#
# **Answers one gets.** "It says `make: command not found`": on Windows take the second block, elsewhere install make. "I
# have a Mac with an Intel processor": there JAX has no wheels; pair up with a neighbour for today.
#
# **Misconception.** "I need a graphics card." Everything in this course runs on a laptop's processor.
#
# **Then.** Do not wait for it. We look at the result at minute 22.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Seven heads in ten flips: what do you know about $p$?
#
# **Predict.** Write down your best guess of $p$, the probability of heads, and an interval on which you would bet.

# %% [markdown] slideshow={"slide_type": "fragment"}
# An answer without a formula:
#
# 1. **Draw** a $p$ from what you held plausible *before*: the prior.
# 2. **Simulate** ten flips of this coin.
# 3. **Keep** its $p$ if it shows seven heads. Otherwise throw it away.
#
# Thousands of times. The $p$ that are left are **draws from the posterior**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 4 to 7.**
#
# **Ask.** Let everybody write, then collect three guesses and three intervals on the board. Keep them for the next slide.
#
# **Answers one gets.** "0.7." "0.5, coins are fair." "0.7, give or take something." Do not judge. Ask the one who said 0.5
# how many heads in a row it would take to change that mind: this is a prior.
#
# **Fragment.** Read the four lines slowly. **Ask.** "Which coins survive most often, and which ones hardly ever?" *Answer:*
# those with a $p$ near 0.7; those near 0 or 1.
#
# **Misconception.** "The posterior is a number." It is a whole distribution. A draw from it is one value of $p$ that could
# have produced your data; only many of them say what you know.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The coins that could have produced your data

# %% tags=["hide-input"]
chapter.run("figures.draw_simulate_keep(")
coins, heads = chapter.coins, chapter.flipped
fits = heads == 7
shifted = heads + np.random.default_rng(0).uniform(-0.3, 0.3, heads.size)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.3), width_ratios=[3, 2])
left.scatter(coins[~fits], shifted[~fits], s=6, color=COLORS["grey"], alpha=0.4, label="other")
left.scatter(coins[fits], shifted[fits], s=10, color=COLORS["orange"], label="fits: keep its p")
left.set(xlabel="p, the probability of heads", ylabel="heads in 10 flips", xlim=(0, 1))
left.legend(loc="upper left", frameon=True)
bins, grid = np.linspace(0, 1, 21), np.linspace(0, 1, 300)
right.hist(coins[fits], bins=bins, density=True, color=COLORS["orange"], alpha=0.5)
right.plot(grid, chapter.exact.pdf(grid), color=COLORS["blue"], label="exact posterior")
right.set(xlabel="p of the kept coins", ylabel="density", xlim=(0, 1), ylim=(0, 4.2))
right.legend(loc="upper left")
figure(
    fig,
    caption="Each dot is a coin drawn from the prior, and the number of heads that it gave.",
    alt=f"Left: {heads.size} dots that rise from lower left to upper right; the row at 7 heads, "
    f"{fits.sum()} dots, is highlighted. Right: the histogram of that row follows the curve of "
    "the exact posterior.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Where in this picture is the prior? Where is the likelihood?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 7 to 11.**
#
# **Point at** the orange row, then at the histogram: the same coins. The blue line is the exact answer; this model has one,
# so we can check.
#
# **Ask.** "Your interval from before: how much of the orange histogram lies inside?" Let two of them estimate it by eye.
# This is how one reads any posterior: by counting draws.
#
# **Fragment. Right answer.** The prior is how the dots are spread from left to right. The likelihood is, above one $p$, the
# share of dots that fall into the row. **Answers one gets.** "The prior is the grey ones." Not quite: prior are *all* the
# dots, orange included.
#
# **Ask.** "Why is the top of the blue line a little left of 0.7?" *Answer:* the prior offers more coins near one half.
#
# **Misconception.** "The row is the posterior because we chose 7." Yes, exactly: conditioning on the data *is* choosing the
# row.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: a complete Bayesian sampler

# %% tags=["hide-input", "wide"]
chapter.code("draw_simulate_keep")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Every question about $p$ is now a count: the mean, a spread, the share of draws above one half.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 11 to 14.**
#
# **Say.** Three lines are the three verbs. Let the class name them: `rng.beta` draws, `rng.binomial` simulates, `if` keeps.
#
# **Ask.** "What do you change for another prior? For three heads?" *Answer:* the line with `beta`; the argument `observed`.
#
# **Ask.** "How many draws do you get?" *Answers one gets:* "as many as `num_tries`". *Right answer:* as many as happened to
# fit, a different number in each run. Keep this in mind for the slide on what it costs.
#
# **Misconception.** "Throwing away draws loses information." What is thrown away are coins that contradict the data.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why it works: Bayes' rule, carried out by hand
#
# Prior $\mathrm{Beta}(2, 2)$: density $6\,p\,(1 - p)$. Likelihood of $y$ heads in $n$: $\binom{n}{y}\, p^y (1 - p)^{n - y}$.
#
# $$\pi(p) \;\propto\; p\,(1 - p) \cdot p^{y} (1 - p)^{n - y} = p^{\,1 + y} (1 - p)^{1 + n - y}$$
#
# This is the shape of $\mathrm{Beta}(2 + y,\; 2 + n - y)$, with mean $(2 + y) / (4 + n)$.

# %% [markdown] slideshow={"slide_type": "fragment"}
# > A coin **enters** with the density of the prior and **survives** with the probability of the data.
# > So the survivors have the product.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 14 to 19.**
#
# **On the board.** Multiply prior and likelihood, drop what does not contain $p$, add the exponents. Let a volunteer do the
# last step.
#
# **Ask.** "Where did the 6 and the binomial coefficient go?" *Answer:* they do not depend on $p$; scaling the area to 1
# takes care of them.
#
# **Ask.** "The mean for seven heads in ten?" *Right answer:* nine fourteenths. **Answers one gets.** "0.7." The formula
# pulls towards one half.
#
# **Fragment.** Say it once with the picture in mind: enters, survives, product. Nobody had to know Bayes' rule to run the
# loop.
#
# **Misconception.** "Then why simulate at all?" Because here prior and posterior have the same form, which is called
# *conjugate*. Most models have no such luck, and this is why the course exists.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is it right? Measure the error in standard errors
#
# The mean of $N$ independent draws has the standard error $\mathrm{sd} / \sqrt{N}$.

# %% tags=["hide-input"]
chapter.run("draws = draw_simulate_keep(", "def simulate(key)", "p, keep = simulate(")
exact_mean = chapter.exact.mean()
rows = {}
for name, tries, draws in (
    ("by hand", 40_000, chapter.draws),
    ("compiled", 1_000_000, chapter.many),
):
    standard_error = draws.std() / np.sqrt(draws.size)
    rows[name] = {
        "tries": f"{tries:,}",
        "kept": f"{draws.size:,}",
        "mean of p": f"{draws.mean():.4f}",
        "standard error": f"{standard_error:.4f}",
        "errors away": f"{(draws.mean() - exact_mean) / standard_error:+.1f}",
    }
HTML(pd.DataFrame(rows).T.to_html(border=0))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    f"Exact mean: {exact_mean:.4f}. **Two** standard errors are nothing special, "
    "**five** would be alarming."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 19 to 22.**
#
# **Ask, last column covered.** "By hand the mean misses in the third or fourth digit. Is the sampler wrong?" **Answers one
# gets.** "No, that is small." *Right answer:* small compared with what? The standard error is the unit, and the last column
# is the answer in that unit.
#
# **Ask.** "The second row kept many times more. By how much should its standard error be smaller?" *Answer:* by the root of
# that factor. Let them check it in the table.
#
# **Say.** The second row is the same recipe in JAX, all coins at once. Chapter 02 shows how. Its mean is judged by its own,
# smaller error.
#
# **Misconception.** "More digits agree, so it is more right." Both are right. The second is more precise, so it would show
# a smaller mistake.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: does everything work?

# %% tags=["hide-input"]
chapter.where("ready = check_environment()")

# %% [markdown]
# 1. Click into the cell, press **Shift+Enter**, and wait some seconds.
# 2. Read each line: `PASS`, or `FAIL` and what to do.
# 3. Find the line **NUTS**. What has it compared with what?
# 4. *Kernel → Restart Kernel and Run All Cells*, and let it work.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 22 to 28. Live demo.** Do it on the projector first, then everybody on their own machine. Walk through the room.
#
# **What will be seen.** A list of versions, then devices, precision, memory and disk, data, and near the end a line that
# begins with `PASS NUTS`. **Ask** question 3. *Right answer:* it has really sampled a posterior, and compared its mean with
# the exact one in standard errors. This is what we have just done.
#
# **Answers one gets.** "`ModuleNotFoundError`": the notebook runs in another environment. The kernel's name at the top
# right must be that of the course. "The first run is slow": it compiles. With `make lab` compiled programs are kept on
# disk, so the second time is quicker.
#
# **Misconception.** "My numbers differ in the last digits, something is broken." Another processor rounds differently, and
# a chain amplifies this. Verdicts should be the same.
#
# **If installations fail,** pair people up. *Troubleshooting*, at the end of the chapter, has the longer answers.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: how many coins must you make to keep one?
#
# In place of 7 heads in 10 flips: 70 in 100. Or 7000 in 10,000.
#
# And what if your data are **temperatures**, with decimals?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
beta_binomial = {
    flips: chapter.stats.betabinom(flips, 2, 2).pmf(round(0.7 * flips))
    for flips in (10, 100, 1000, 10_000)
}
table = pd.DataFrame(
    {
        "flips": [f"{flips:,}" for flips in beta_binomial],
        "one coin is kept of": [f"{1 / share:,.0f}" for share in beta_binomial.values()],
    }
)
HTML(table.to_html(border=0, index=False))

# %% [markdown] slideshow={"slide_type": "fragment"}
# The more you know, the fewer coins fit. With real numbers, **none** ever fits exactly.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 28 to 31.**
#
# **Ask for numbers** before the table comes: for 100 flips, one coin in how many? Write three guesses on the board.
#
# **Answers one gets.** "The same, since 70 of 100 is the same share." Far from it: exactly 70 is one outcome among a
# hundred and one.
#
# **Fragment. Ask.** "How does the cost grow from row to row?" *Answer:* in proportion to the number of flips. This is what
# the method costs, and it is paid in coins that are thrown away.
#
# **Second fragment. Say.** This is where the method breaks. We need samplers that *walk towards* what fits, instead of
# waiting for it. Chapter 03 builds the first one. Now we borrow one from a library.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In a library: say how the data come about

# %% tags=["hide-input"]
chapter.code("coin")

# %% [markdown]
# `sample` names a random quantity. `obs=` says that we have seen it. A sampler does the rest.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def coin(heads, flips)", "mcmc.run(jax.random.key(0)", "ALPHA = 1e-3")
found = np.asarray(chapter.posterior["p"], dtype=float)
mcse, ess = float(chapter.az.mcse(found)), float(chapter.az.ess(found))
Markdown(
    f"{found.shape[0]} chains of {found.shape[1]:,} draws: mean {found.mean():.4f}, "
    f"exact {exact_mean:.4f}. In standard errors: "
    f"**{abs(found.mean() - exact_mean) / mcse:.1f}** away. "
    f"The draws are worth {ess:,.0f} independent ones."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 31 to 35.**
#
# **Say.** The program reads like the story: first nature draws a $p$, then the coin is flipped. There is no formula for the
# posterior in it.
#
# **Ask.** "Which line is the prior, which the likelihood?" *Answer:* the two `sample` lines, in this order.
#
# **Ask.** "What would happen without `obs=`?" **Answers one gets.** "An error." *Right answer:* then `y` is one more
# unknown, and the program draws data instead of learning from them.
#
# **Fragment. Ask.** "Why are the draws worth fewer than there are?" *Answer:* each is made from the one before, so they
# resemble each other. Their error is larger than sd over root $N$; the library's estimate of it is called the Monte Carlo
# standard error, MCSE.
#
# **Misconception.** "It comes from a library, so it is right." We have just checked it, in the same unit as our loop.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: other data, another posterior

# %% tags=["hide-input"]
chapter.where("mcmc.run(jax.random.key(0)")

# %% [markdown]
# 1. Change `heads=7` to `heads=3`. **Predict** the mean, then run.
# 2. Run the check below it. Why does it **fail**?
# 3. Now `heads=70, flips=100`. What happens to `sd` in the summary?
# 4. And `heads=0, flips=10`: is the mean zero?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 35 to 39. Live demo.** (Skip when late.) Each run compiles anew, so it takes some seconds. Two cells further down
# stands the summary: `az.summary(…)`. Run it after each change, and read `mean` and `sd` only.
#
# **What will be seen.** 1: the mean is the mirror image of before, near five fourteenths. 2: the check fails, since it
# compares with the exact answer for *seven* heads. This is what a check is for: ask them to say it in their own words. 3:
# `sd` falls to about a third. 4: the mean is two fourteenths.
#
# **Answers one gets.** To 4: "Zero heads, so zero." The prior still speaks: ten flips do not prove that heads cannot
# happen.
#
# **Ask.** "Ten times the flips, why only a third of the sd?" *Answer:* the root of ten.
#
# **Misconception.** "More draws make the posterior narrower." More *data* do. More draws only show it more sharply.
#
# **At the end,** set the numbers back to 7 and 10, or reload the page.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A real question: does coaching help more at A than at C?
#
# Eight schools coached their pupils for a test (Rubin, 1981). Each reported an effect in points, and how uncertain it was.

# %% tags=["hide-input"]
chapter.run("data = eight_schools.load()")
schools = pd.DataFrame(
    [chapter.data.effect, chapter.data.standard_error],
    index=["reported effect", "standard error"],
    columns=list("ABCDEFGH"),
)
HTML(schools.to_html(float_format="{:.0f}".format, border=0))

# %% [markdown]
# **Predict.** How probable is it that coaching helps more at A than at C? Write down a percentage.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 39 to 42.** (Skip when late.)
#
# **Say.** Real data, small and famous. Each school is a study of its own, and each of them is very uncertain: compare the
# second row with the first.
#
# **Ask.** Everybody writes a percentage. Then hands up: above 90? above 75? above 60?
#
# **Answers one gets.** Most say 90 or more: A reported the most, C the least. Some compute the difference over its standard
# error, which is a good idea, and still too sure: it looks at A and C because they are the extremes, and forgets the other
# six.
#
# **Say before you go on.** The model lets the schools learn from each other: each has its own true effect, these scatter
# around a common mean, and the data decide how much. Chapter 09 is about nothing else.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Most of the gap is chance

# %% tags=["hide-input"]
theta = chapter.eight_schools.reference(chapter.data)["theta"]
# The figure takes draws. These 21 have exactly the posterior's quantiles 0.05, 0.5 and 0.95.
as_draws = np.repeat([theta.quantiles[q] for q in (0.05, 0.5, 0.95)], [2, 17, 2], axis=0)
chapter.figures.shrinkage(
    np.asarray(chapter.data.effect), np.asarray(chapter.data.standard_error), as_draws
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
helps, more = chapter.eight_schools.probabilities(chapter.data)
Markdown(
    f"More at A than at C: probability **{more:.2f}**. Coaching helps on average: **{helps:.2f}**."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 42 to 44.** (Skip when late.)
#
# **Point at** A and C in grey, then in blue. Grey is each school alone, blue is the posterior. **Ask.** "In which direction
# did the blue ones move?" *Answer:* all towards a common middle, the uncertain ones by the largest share.
#
# **Fragment. Say.** Compare with what you wrote. For A against C it is only a little better a bet than heads on a fair
# coin.
#
# **Where the numbers come from.** Here from one numerical integral. The notebook samples the model with NUTS and finds the
# same, within chance: with draws, the probability is the share of draws in which A's effect is larger than C's.
#
# **Misconception.** "The model destroys the data." It asks how much of the scatter eight such uncertain studies would show
# even if all schools were alike. That is most of it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A wrong sampler can look perfectly healthy

# %% tags=["hide-input", "wide"]
chapter.run("show_source(museum.one_key_for_both")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("wrong_draws = jax.jit(")
tidy = float(chapter.az.rhat(chapter.chains)) < 1.01
answer = {True: "**yes**", False: "**no**"}
Markdown(
    f"Chains agree with each other, R-hat below 1.01: {answer[tidy]}. "
    f"Mean more than 10 standard errors from the truth: {answer[bool(chapter.away > 10)]}."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 44 to 46.** (Skip when late.)
#
# **Say.** This is from the course's museum of wrong samplers. How it works comes in chapter 03; today look only for the
# word `key`.
#
# **Ask.** "In JAX the same key gives the same random numbers. How often is `key` used inside of `step`?" *Answer:* twice,
# once to propose a move, once to decide on it. So the proposal and its fate depend on each other.
#
# **Ask before the fragment.** "Will it crash? Will it warn?" **Answers one gets.** "It will look odd." It does not: no
# error, no warning, a tidy R-hat.
#
# **Misconception.** "Diagnostics prove that a sampler is right." They compare the chains with each other. Only a comparison
# with something known shows a mistake that all chains share; hence the exact answers all over this course.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## How to work with a chapter
#
# - **Predict**: write it down, then run the cell
# - **Exercises** check themselves: ○ not started, ✗ with the property that fails, ✓ correct
# - **Odd?** Restart, and run all cells
# - **Stuck?** Hints, then the solutions

# %% [markdown] tags=["right"]
# | you have | read |
# |---|---|
# | an hour | 00, pictures of 03 |
# | half a day | 00, 01, 03 |
# | two days | the core path |
# | a semester | everything |
#
# Core: 00 to 03, 05 to 10, 12

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 46 to 49.**
#
# **Say.** Every chapter has the same arc: a question, a picture, the mathematics, by hand, fast, is it right, where does it
# break, the libraries, what it costs, mistakes, exercises, a quiz. You always know where you are.
#
# **Stress** the first line. A wrong guess, written down, teaches more than a right answer that is read.
#
# **Point at** the map of chapters in the notebook, section *How a chapter works*: arrows say what needs what.
#
# **Ask.** "Who wants to get to NUTS, who to models of their own?" For the former the path is 03, 06, 07, for the latter the
# core path up to 09 and then 12.
#
# **Misconception.** "I'll read the solution and understand it." The checks name the property that fails, for instance *uses
# the prior*; that is a better hint than the solution.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - **check** your set-up by sampling
# - **say** what a posterior draw is
# - **write** and run a model
# - **measure** an error in standard errors
# - **find** your way in a chapter

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **0.1** change one number
# - **0.2** another prior
# - **0.3** find the bug
# - **0.4** predict

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** 0.1 takes two minutes, and you can do it with pencil and paper. 0.3 is our loop with a mistake in it;
# talk about it with your neighbour. 0.4 is short and surprises people: each prediction needs a $p$ of its own.
#
# **Homework for those whose installation failed:** *Troubleshooting* in the chapter, and be here five minutes early next
# time.
#
# **Question to take along.** "You flip a coin a hundred times. In how many different ways could you compute the posterior,
# and how would you tell which is best?"
#
# **Next.** Chapter 01 takes one coin and solves it three ways.
