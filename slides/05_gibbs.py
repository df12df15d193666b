# %% [markdown] slideshow={"slide_type": "slide"}
# # Gibbs sampling
#
# You cannot draw all unknowns at once. But what if each of them is easy to draw once the others are known?
#
# You will be able to **derive** the law of one unknown given the others, **write** the sampler, **test** it, **predict** how slow it will
# be, and **cure** that.
#
# Bayesian sampling · Chapter 05

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from chapter import Chapter
from IPython.display import HTML, Markdown

from course_utils.display import COLORS, Source, figure

chapter = Chapter("05_gibbs")
chapter.run("import arviz as az")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: the idea (8), a prediction and the moving picture (10), how slow and why right (9),
# a real model (9), is it right (3), the cure (2), where it breaks (5), what it costs (2), exercises (1).
#
# **Say.** The random walk of chapter 03 guessed, and then asked whether the guess was good. Today nobody guesses. We draw one unknown
# exactly, then the next one. There is no step size, no proposal and no rejection. So what could go wrong?
#
# **Prepare.** Have the notebook of chapter 05 open at the moving picture, in *Picture first*. Have a board or a sheet to write on: one
# derivation is done by hand.
#
# **If you are 15 minutes late,** begin with the first figure, and skip *A move is as short*, *Every step accepted*, *Coal mines by hand*,
# *The data name a year*, *The cure*, *Where it breaks* and *What it costs*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A cut through the hill is a density of one number

# %% tags=["hide-input"]
chapter.run("figures.slices(")

# %% [markdown]
# You cannot draw from the hill. **Can you draw from a cut?**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 4.**
#
# **Say.** Left: two unknowns that are correlated, seen from above. We stand at the black point. Hold $x_2$ where it is, and look along the
# solid line only.
#
# **Ask.** "What do we see along the line?" *Right answer:* a cut through the hill. Brought to area one it is the density of $x_1$ *given* $x_2$: the
# middle panel. For two normals it is a normal.
#
# **Ask.** "Where is the middle of that cut: at zero, or elsewhere?" *Answers one gets:* "at zero, the mean of $x_1$". *Right answer:*
# elsewhere. The two are correlated, so knowing that $x_2$ is large makes $x_1$ large.
#
# **Ask.** "Is the cut as wide as the hill?" *Right answer:* narrower. Keep this in mind, it will cost us something.
#
# **Misconception.** "The marginal density." That is the shadow of the whole hill, not a cut. It does not depend on where we stand.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The rule: draw each unknown afresh, given the others
#
# Replace $x_b$ by a draw from $\pi(x_b \mid x_{-b})$, given the **present** values of all others; then the next block. Two
# normals of correlation $\rho$: $\ x_1 \mid x_2 \sim \mathrm{Normal}\bigl(\rho\, x_2, \sqrt{1 - \rho^2}\bigr)$

# %% tags=["hide-input"]
chapter.run("def staircase_by_hand(")
chapter.code("staircase_by_hand")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 4 to 9.**
#
# **Say.** $x_b$ is a block of coordinates, often a single one. $x_{-b}$ are all the others. $\pi(x_b \mid x_{-b})$ is called the *full
# conditional*. Write the second argument of Normal on the board: in this course it is the standard deviation.
#
# **Ask.** "Which $x_1$ stands in the line that draws $x_2$?" *Answers one gets:* "the one from before the step". *Right answer:* the one
# that was just drawn. Let everybody find the place in the code. It looks like a detail, and it is the proof.
#
# **Ask.** "Where is the rejection? Where is the step size?" *Right answer:* nowhere. Count the things to tune: none.
#
# **Ask.** "Why does the code append twice in a round?" *Right answer:* to draw the corners of the path, one for each move. A draw of the sampler is
# every second corner.
#
# **Misconception.** "Gibbs needs normals." It needs conditionals from which one can draw. The coal mines will have gamma laws and a table.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## Predict: nothing is rejected. Is anything lost?
#
# Correlation 0.9, a few steps: first sideways, then up or down.
#
# Every move is **accepted**. Every draw of a cut is **exact**.
#
# At correlation **0.99**: how many steps are worth **one** independent draw?
#
# *Write a number down.*

# %% tags=["hide-input", "right"]
picture = chapter.figures.staircases(
    {0.9: chapter.staircase_by_hand(0.9, (-2.0, -2.0), chapter.noise)}
)
picture.caption = f"{len(chapter.noise)} steps, from the square to the diamond."
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 9 to 12.**
#
# **Say.** The ellipses are the hill, the blue line is the path. Follow the first three moves with your finger: sideways, up, sideways.
#
# **Give a minute.** Everybody writes a number down, for a correlation of 0.99, and keeps the paper. Collect a few on the board.
#
# **Answers one gets.** "One, because nothing is rejected." "Two or three." Somebody says "fifty"; do not show that you like it.
#
# **Ask** those with a small number: "What does the next $x_1$ know of the present one?" *Right answer:* it is drawn near $\rho x_2$, and
# $x_2$ was drawn near $\rho x_1$.
#
# **Misconception.** "Acceptance of 100 % means that every step counts." Acceptance says that no move was refused. It does not say
# how long the moves are.
#
# **Do not answer.** The moving picture of the next slide shows the number, and the slides after it say why.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: push the correlation towards one

# %% tags=["hide-input"]
chapter.where("figures.staircase_film(")

# %% [markdown]
# 1. Press **Play**. How long until the hill is covered?
# 2. Move the **correlation** to the left end. And now?
# 3. Move it to 0.99. Look at the **trace**, and at the last line: who was near?
# 4. Right end. Now tick **draw both at once**. Why is that allowed?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 12 to 17. Live demo.** Switch to the notebook. The film needs no network and no kernel.
#
# **Before each move, let them vote:** longer stairs, or shorter? A quicker trace, or a slower one?
#
# **What will be seen.** Left end: the points fall everywhere at once, and the trace is a blur. To the right the stairs shrink until they can hardly be
# seen, and the trace drifts like a random walk. With the box ticked the trace is a blur again, at the same correlation.
#
# **Question 3.** The last line under the picture says how many steps one effective draw takes, in theory. Compare with the papers: who was within
# a factor of two? **Ask.** "Which number would tell you that it is slow? The acceptance?" *Right answer:* no, all are accepted, all the time.
# The trace does.
#
# **Question 4. Answers one gets.** "It is another sampler." *Right answer:* it is the same rule with one block that holds both. Nothing is
# left that the blocks could fail to tell each other. Keep it: that is the cure.
#
# **If the demonstration fails,** the next slide has two correlations side by side.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## A move is as short as the hill is narrow
#
# The same start.
#
# The same random numbers.
#
# **Nothing is refused** on either side.

# %% tags=["hide-input", "right"]
chapter.figures.staircases(
    {rho: chapter.staircase_by_hand(rho, (-2.0, -2.0), chapter.noise) for rho in (0.9, 0.99)}
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 17 to 19.** (Skip when late.)
#
# **Point at** the stairs, not at the ends: where a path ends is chance. On the left a stair is long beside the ridge, on the right one can
# hardly see it.
#
# **Ask.** "How long is a move?" *Right answer:* about $\sqrt{1 - \rho^2}$, the standard deviation of a cut. **Ask.** "And how long is the ridge?"
# *Right answer:* a few standard deviations of the hill, whatever the correlation.
#
# **Then.** A walk with steps of that size needs about the square of the quotient. Next slide: exactly.
#
# **Misconception.** "The axes are to blame, so choose a random direction." A random direction lies across the ridge, too, nearly always.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How slow? For two normals, exactly
#
# $$x_2 = \rho\, x_1 + \sqrt{1 - \rho^2}\, z_2, \qquad x_1' = \rho\, x_2 + \sqrt{1 - \rho^2}\, z_1$$
#
# Insert: $\ x_1' = \rho^2\, x_1 + {}$ noise that does not depend on $x_1$.

# %% [markdown] slideshow={"slide_type": "fragment"}
# So the autocorrelation of the chain is $\rho(k) = \rho^{2k}$, a geometric series, and
#
# $$\tau_\mathrm{int} = 1 + 2 \sum_{k \ge 1} \rho^{2k} = \frac{1 + \rho^2}{1 - \rho^2}$$

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 19 to 22.**
#
# **Say.** Two lines of code, put into each other. Let a volunteer do it on the board. $\rho$ without a bracket is the correlation of the two
# unknowns; $\rho(k)$ with a lag in brackets is the autocorrelation of the chain, as in chapter 03.
#
# **Ask.** "What share of itself does $x_1$ keep in a step?" *Right answer:* $\rho^2$, not $\rho$: it goes through the other one and back.
#
# **Fragment. Ask.** "What does the formula say at $\rho = 0$?" *Right answer:* one. Every step is an independent draw. "And near one?" *Right answer:* with
# $\rho = 1 - \delta$ it is about $1/\delta$.
#
# **Let them compute** 0.99 on their paper, and compare with what the moving picture said.
#
# **Misconception.** "A correlation of 0.99 is a little worse than 0.95." Each further nine multiplies the price by ten.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Every step accepted, and hardly a draw to show for it

# %% tags=["hide-input"]
chapter.run("def pair(")
chapter.run("figures.autocorrelation_times(")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    f"At correlation 0.99: exact **{chapter.theory[0.99]:.1f}** steps for one effective draw, "
    f"measured **{np.median(chapter.times[0.99]):.0f}**."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 22 to 24.** (Skip when late.)
#
# **Say.** The line is the formula, the dots are real chains. The horizontal axis is stretched towards one, the vertical one is
# logarithmic. The dotted line is ten steps.
#
# **Ask.** "People say that Gibbs has a *moderate* autocorrelation. True or false?" *Right answer:* neither. It depends on how strongly the blocks
# hang together. Below the dotted line yes, above it no.
#
# **Fragment.** The number of the moving picture was theory. Here it is measured.
#
# **Ask.** "How would you see in an application that you are far up on this curve?" *Right answer:* from ESS and from the trace. Not from the
# acceptance.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why it is right: the others keep their own law
#
# Let $x$ be a draw from $\pi$; then $x_{-b}$ is one from its marginal. Put a fresh $x_b'$ beside it:
#
# $$\pi(x_{-b})\, \pi(x_b' \mid x_{-b}) = \pi(x_b', x_{-b})$$
#
# which is $\pi$ again: an update leaves it **invariant**, a sequence of them too.

# %% [markdown] slideshow={"slide_type": "fragment"}
# Metropolis and Hastings: with $q(x' \mid x) = \pi(x_b' \mid x_{-b})$ the ratio is
#
# $$r(x, x') = \frac{\pi(x')\, \pi(x_b \mid x_{-b})}{\pi(x)\, \pi(x_b' \mid x_{-b})} = 1$$

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 24 to 28.**
#
# **Say.** A large crowd, spread as $\pi$. Everybody forgets their own $x_b$ and draws a new one, given their own $x_{-b}$. The crowd looks as
# before. That is the whole proof.
#
# **Ask.** "Which word of the rule does the proof need?" *Right answer:* *present*. The fresh $x_b'$ must belong to the $x_{-b}$ that stands
# beside it.
#
# **Fragment.** Insert $\pi(x) = \pi(x_{-b})\, \pi(x_b \mid x_{-b})$ above and below, and everything cancels. Let a volunteer do it. So Gibbs is a
# Metropolis-Hastings step that is never refused.
#
# **Ask.** "Each update has detailed balance. Has the whole sweep, always in the same order?" *Answers one gets:* yes. *Right answer:* in general no:
# run backwards, it draws the blocks in the opposite order. Invariance is all we need. The notebook shows it on a grid.
#
# **Misconception.** "It accepts everything, so it is right." Nothing in the code looks at the joint density. A wrong conditional is
# accepted just as happily.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Find a conditional: keep *every* factor, drop the rest
#
# Coal mines: $\ \lambda_1, \lambda_2 \sim \mathrm{Gamma}(2, 1)$, a year of change $c$, any but the first; disasters a year
# $y_t \sim \mathrm{Poisson}(\lambda_1)$ before $c$ and $\mathrm{Poisson}(\lambda_2)$ from $c$ on.
#
# The early rate, say $\lambda$, given $c$, with $S$ disasters in the $n$ years before it:
#
# $$\lambda\, e^{-\lambda} \cdot \lambda^{S} e^{-n \lambda} = \lambda^{(2 + S) - 1}\, e^{-(1 + n) \lambda}$$
#
# **Predict:** which law is this?

# %% [markdown] slideshow={"slide_type": "fragment"}
# $\mathrm{Gamma}(2 + S,\ 1 + n)$. And the year given the rates: a **table** of weights, one for each year.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 28 to 33. On the board.**
#
# **Say.** British coal mines: how many explosions a year killed ten or more people? The rate seems to fall at some point. When? There are three
# unknowns, and one of them is a *year*: there is no gradient to follow. Gibbs does not mind.
#
# **Three steps.** Write the joint density as a product. Keep every factor in which the unknown occurs. Recognise what is left.
#
# **Let the class dictate** the factors of $\lambda$. Prior: $\lambda\, e^{-\lambda}$. Each year before $c$ gives $\lambda^{y} e^{-\lambda}$, up to a constant.
# Collect the powers, collect the exponents.
#
# **Answers one gets** to the prediction. "Gamma with $S$ and $n$": the prior was forgotten. It is the most common mistake of all, and
# with many years it hardly shows.
#
# **Fragment.** In this course $\mathrm{Gamma}(a, b)$ has shape $a$ and *rate* $b$. **Ask.** "What is its mean here?" *Right answer:* $(2 + S) / (1 + n)$, nearly
# disasters over years.
#
# **Misconception.** "For the year one needs calculus." It takes finitely many values. Compute a weight for each and choose.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Coal mines by hand: two gamma draws and a table

# %% tags=["hide-input"]
chapter.run("def regression_by_hand(", "def change_point_by_hand(")
chapter.code("change_point_by_hand")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 33 to 35.** (Skip when late.)
#
# **Point at** the three draws: `early`, `late`, `change`. Each uses the newest values of the others.
#
# **Ask.** "Why is there a division behind `rng.gamma`?" *Right answer:* NumPy's gamma takes a *scale*, one over the rate. With scale one,
# divide by the rate. Here the units are a classic trap.
#
# **Ask.** "Why subtract the largest log weight?" *Right answer:* `exp` of a large negative number is zero in a computer. With more data *all*
# weights would be zero, and the division fails.
#
# **Point at** the two `cumsum`: for each year of change, the years before it speak for the early rate and the years from it on for the late
# one. The second sum runs from the right.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The data name a year, and how sure they are of it

# %% tags=["hide-input"]
exact = chapter.change_point.posterior(chapter.coal.data)
early, late, change = chapter.coal_by_hand.T
rate = np.where(chapter.year < change[:, None], early[:, None], late[:, None])
low, high = np.quantile(rate, (0.05, 0.95), axis=0)
shown = np.arange(1883, 1901)
share = np.array([(change == year).mean() for year in shown])
likeliest = exact.change[exact.probability.argmax()]
means = [exact.probability @ (shapes / rates) for shapes, rates in (exact.early, exact.late)]

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=[1.4, 1])
left.bar(chapter.year, chapter.disasters, color="#bbbbbb", width=0.9)
left.fill_between(chapter.year, low, high, step="mid", color=COLORS["orange"], alpha=0.3)
left.plot(chapter.year, rate.mean(axis=0), drawstyle="steps-mid", color=COLORS["orange"])
left.set(xlabel="year", ylabel="disasters", title="counts, and the rate of each year")
at = shown - exact.change[0]
right.bar(shown, exact.probability[at], color=COLORS["sky"], alpha=0.7, width=0.8)
right.plot(shown, share, "o", color=COLORS["black"], ms=6)
right.set(xlabel="year of change", ylabel="probability", xticks=shown[2::5])
right.set_title("bars: exact, dots: draws")
figure(
    fig,
    caption="British coal mines. Left: the posterior of the rate, mean and 90 % band.",
    alt=f"Bars of yearly counts with a rate that falls from {means[0]:.1f} to {means[1]:.1f}. "
    f"Beside them the probability of each year of change, highest in {likeliest}; dots of the "
    "draws sit on the bars of the exact probabilities.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    f"Likeliest: **{likeliest}**, with probability {exact.probability.max():.2f}. "
    f"From {means[0]:.1f} disasters a year to {means[1]:.1f}."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 35 to 37.** (Skip when late.)
#
# **Say.** The dots come from the few lines of the last slide. The bars are exact: given the year the rates can be integrated out,
# so the probability of each year is a formula.
#
# **Ask.** "Why is the orange line not a clean step?" *Right answer:* the year is uncertain, so the mean of the rate slides from the one level
# to the other over some years.
#
# **Ask.** "What happened in that year?" *Answers one gets:* a law, a union, a new lamp. *Right answer:* the data name a year. They do not
# name a cause.
#
# **Misconception.** "The likeliest year is the answer." Look at its probability: most of the probability lies on its neighbours.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is it right? The ratio must be one, for *every* move
#
# For every update the joint density and the conditional must rise **by the same factor**.

# %% tags=["hide-input", "wide"]
chapter.run("def log_ratios(")
chapter.code("log_ratios")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
largest = np.abs(chapter.ratios["coal mines, exact conditionals"]).max()
Markdown(
    f"Coal mines, largest size of $\\log r$: **{largest:.0e}** with the exact conditionals, "
    f"**{np.abs(chapter.forgotten).max():.2f}** where one of them **forgets the prior**."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 37 to 40.**
#
# **Say.** An exact posterior is a luxury. This test needs none. Write the joint density once more, from the *model*, and the
# conditionals as a library knows them. Then every move of the chain must have ratio one.
#
# **Ask.** "Why from the model, and not from our collected factors?" *Right answer:* whoever forgot a factor in the derivation would forget
# it in the test as well.
#
# **Ask.** "Which constants may be left out?" *Right answer:* those of the joint density; they cancel. Not those of a conditional, if they depend on the
# other unknowns.
#
# **Fragment. Ask.** "Would you have seen the forgotten prior in the figure before?" *Right answer:* no. There are many years, and the prior is worth
# little. The test sees it at once.
#
# **What it does not see.** It looks at the algebra. Whether the *code* draws from that conditional is for the invariance test, and for
# chapter 08.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The cure: draw together what hangs together

# %% tags=["hide-input", "left"]
chapter.run("def run_regression(", "def run_one_at_a_time(", "def steps_per_effective_draw(")
rho = f"{chapter.twin_rho:.2f}".replace("-", "−")
one, block = (np.median(chapter.prices[name]) for name in ("one at a time", "in one block"))
Markdown(
    f"""Two slopes of correlation {rho}.

Steps for one effective draw:

**{one:.0f}** one at a time (the formula says {chapter.predicted:.0f})

**{block:.1f}** in one block"""
)

# %% tags=["hide-input", "right"]
first = 80
centre, spread = chapter.twins_exact.mean[1:], np.diag(chapter.twins_exact.covariance)[1:]
sd = np.sqrt(chapter.variance * spread)
picture = chapter.figures.scatters(
    {name: (path[:first] - centre) / sd for name, path in chapter.paths.items()}, chapter.twin_rho
)
picture.caption = (
    f"The first {first} draws of both slopes, in posterior standard deviations. "
    "Above: the correlation of the draws shown."
)
picture.alt = "Two scatter plots over the same narrow ellipses. " + "; ".join(
    f"{name}, the first slope covers {np.ptp(path[:first, 0]) / sd[0]:.1f} standard deviations"
    for name, path in chapter.paths.items()
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 40 to 42.** (Skip when late.)
#
# **Say.** A regression with two predictors that resemble each other. Their coefficients compensate: one up, the other down. Left, each
# coefficient is a block of its own. Right, all coefficients are one block, drawn by a Cholesky factor. The same model, the
# same posterior, the same number of draws.
#
# **Ask.** "What does the block cost?" *Right answer:* one Cholesky factor at the start, and a triangular solve in each step. Almost
# nothing.
#
# **Ask.** "The formula was for two normals. Why does it come so near?" *Right answer:* given the variance the slopes are two normals. The third
# coefficient and short chains make the rest.
#
# **Other cures.** New coordinates along the axes of the ellipse; integrate an unknown out; follow the gradient (chapters 06 and 07).
#
# **Misconception.** "A longer warm-up helps." Warm-up finds the ridge. It does not shorten the way along it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where it breaks: a hole in the hill

# %% tags=["hide-input", "left"]
chapter.run("def two_squares(", "apart = float(")
Markdown(
    f"""The density is constant on two squares. Given $x_2 > 0$, the first unknown is uniform on 0 to 1.

**Every conditional is exact.** Yet no chain ever changes squares.

- Chains start in both: $\\hat R$ is **{chapter.apart:.1f}**.
- All start in one: $\\hat R$ is **{chapter.alone:.2f}**."""
)

# %% tags=["hide-input", "right"]
chapter.figures.squares(chapter.corners)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 42 to 44.** (Skip when late.)
#
# **Ask.** "Stand in the lower left square. Which moves are there?" *Right answer:* sideways and up or down, inside the square. No
# move along an axis leads to the other one.
#
# **Ask.** "And if all chains start in one square?" *Right answer:* then $\hat R$ is content, and half of the probability is missing.
# It compares chains, and knows nothing of what none of them has visited.
#
# **Ask.** "What would help here?" *Answers one gets:* a longer run. *Right answer:* starts that lie far apart, which sound the alarm; and one block of
# both unknowns, which cures it.
#
# **Misconception.** "Exact conditionals guarantee the right answer." They guarantee invariance. The chain must also be able to reach everything.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: both drawn from the old state. What is wrong?

# %% tags=["hide-input"]
source = chapter.show_source(chapter.museum.GIBBS["stale_values"]).text
step = source[source.index("    def step(") : source.index("    return Kernel")]
Source(textwrap.dedent(step).rstrip())

# %% [markdown]
# Two normals of correlation 0.8. The means, the standard deviations, the correlation? **And will $\hat R$ notice?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def look_at(")
HTML(chapter.symptoms.to_html(border=0))

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 44 to 47.**
#
# **Point at** `state.position[::-1]`: the new $x_1$ is drawn given the old $x_2$, and the new $x_2$ given the old $x_1$. This is born when updates
# are "done in parallel", or when a residual is not recomputed.
#
# **Ask for a vote** on each of the four, before the fragment.
#
# **Answers one gets.** "The means." "Everything a little." Nearly always: "$\hat R$ will notice."
#
# **Right answer,** second row of the table. Means and standard deviations are exact. Only the correlation is gone: the two new numbers never meet.
# $\hat R$ is content, since all chains agree, on the wrong law.
#
# **Third row:** the conditional *variance* where the code wants the standard deviation. The spread is too small, the mean and the correlation are right.
#
# **Ask.** "Which column tells right from wrong in both rows?" *Right answer:* the last one, invariance. Start from exact draws,
# walk, and ask whether they still are.
#
# **Misconception.** "Two cores, two blocks: I draw both at the same time." Only if the blocks are independent given the rest.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What it costs: a step is not what you want to buy

# %% tags=["hide-input"]
chapter.verdicts()

# %% [markdown] slideshow={"slide_type": "fragment"}
# Ask for the time of an **effective draw**: steps for one, times seconds a step.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 47 to 49.** (Skip when late.)
#
# **Go through the table.** Let the class say *holds* or *not* first. The numbers are on the page of claims, `notebooks/claims.md`.
#
# **Acceptance.** It holds for exact conditionals. NumPyro's `HMCGibbs` and PyMC's compound step draw the discrete unknown and move the others by
# another sampler; as soon as one part moves like that, its rejections come back in.
#
# **A step. Ask.** "Gibbs needs no density at all. Why is its step not lightning fast?" *Right answer:* draws are not free. A gamma number takes many more
# operations than a normal one, and a draw of the year looks at all years.
#
# **Ask.** "Then is Gibbs a bad buy?" *Right answer:* look at the price of an effective draw in the notebook, in *What it costs*. On both models a
# step of Gibbs is worth nearly a draw, one of the random walk far less.
#
# **Misconception.** "Fewer operations a step, so faster." Fewer operations *for an effective draw* is what counts.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - **derive** a conditional: keep every factor, recognise the rest
# - **write** Gibbs as a list of blocks and conditionals
# - **test** it: the ratio is one
# - **predict** its price, $(1 + \rho^2)/(1 - \rho^2)$
# - **pay less** by drawing blocks

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **5.1** change one number
# - **5.2** derive a conditional
# - **5.3** find the bug
# - **5.4** draw a block
# - **5.5** build the variant

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 5.1 takes two minutes. 5.2 is today's derivation with waits in place
# of counts. 5.3 is the one to talk about with your neighbour. 5.5 finds outliers, and is for home.
#
# **Question to take along.** "The stairs are short because the moves go along the axes. Which direction would you rather take, and what
# would you have to know about the hill?" *Answer, in chapter 06:* along the ridge; its slope.
#
# **Next.** Chapter 06 leaves the axes. A gradient and a push carry the sampler along the ridge: Hamiltonian Monte Carlo.
