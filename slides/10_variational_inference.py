# %% [markdown] slideshow={"slide_type": "slide"}
# # Variational inference
#
# Can you *optimise* your way to a posterior, and how do you notice what that costs?
#
# You will be able to
#
# - **derive** the ELBO, and write the climb in a dozen lines,
# - **predict** by how much mean-field understates a standard deviation,
# - **notice** when the approximation fails, and when no alarm will ring,
# - **decide** between this and NUTS.

# %% [markdown] tags=["small"]
# Bayesian sampling · Chapter 10. Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

from course_utils.display import COLORS, figure

chapter = Chapter("10_variational_inference")
chapter.run("import optax", "figures.idea(")


def recorded(beginning):
    """Return a claim and its verdict, as the page of all claims records them."""
    (claim,) = chapter.claims(beginning)
    return claim.words, claim.verdict


def journey(families, steps, size, caption, alt):
    """Draw q on its way to the tilted target, one panel a family, in the size of a slide."""
    outline, correlation = chapter.figures.outline, chapter.correlation
    target = outline(np.zeros(2), np.array([[1, correlation], [correlation, 1]]))
    fig, axes = plt.subplots(1, len(families), figsize=size, sharey=True, squeeze=False)
    for ax, family in zip(axes[0], families, strict=True):
        path = chapter.figures.exact_climb(
            correlation, family == "full rank", chapter.begin, max(steps)
        )
        ax.fill(*target, color=COLORS["sky"], alpha=0.35)
        ax.plot(*target, color=COLORS["blue"])
        for rank, step in enumerate(steps, start=1):
            share = rank / len(steps)
            ax.plot(*outline(*path[step]), color=COLORS["orange"], alpha=share, lw=1 + 2 * share)
        ax.text(1.35, -1.1, "target π", color=COLORS["blue"])
        ax.set(title=family, xlabel="first unknown", xlim=(-3.4, 3), ylim=(-2.8, 3.2))
        ax.set_aspect("equal")
    axes[0, 0].set_ylabel("second unknown")
    return figure(fig, caption=caption, alt=alt)


# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: a picture to bet on (5), the ELBO and its direction (10), gradient and code (9),
# the climb live (4), what mean-field gets wrong (7), diagnostics and their blind spot (7), NUTS or not (3), mistakes (3), exercises (1).
#
# **Say.** A sampler wanders over the posterior and brings home draws. Today nobody wanders. We take a normal, move it and stretch it
# until it fits, and use it *in place of* the posterior. That is fast. The question of the day is what it costs, and who tells you.
#
# **Prepare.** Have the notebook of chapter 10 open and its first cells run, at the film in *Picture first*. Look once at this chapter's
# verdicts in `notebooks/claims.md`.
#
# **If you are 15 minutes late,** skip *Predict: two humps*, *The direction of the ELBO*, *It climbs to its own summit*, *A real posterior* and
# *Is there a law of 10,000 rows?*, and let *Take the randomness out* stand for half its time.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: it may move and stretch, but not tilt

# %% tags=["hide-input", "left"]
Markdown(
    f"**Blue:** the target π, a normal of correlation {chapter.correlation:g}. Both standard "
    "deviations are 1.\n\n"
    "**Orange:** the approximation $q$, two *independent* normals. It may have any centre and any "
    "two widths.\n\n"
    "- Where will it end?\n"
    "- Which width will it report: **1, more, or less?**"
)

# %% tags=["hide-input", "right"]
journey(
    ["mean-field"],
    [0],
    size=(5.3, 4.7),
    caption="Before the first step. Ellipses: two standard deviations.",
    alt="A tilted ellipse, the target, in the middle; a small round one, q, at the upper left.",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 4.**
#
# **Say.** This is the whole method in one picture. The orange ellipse belongs to us, and we may turn four knobs: two means, two widths. There
# is no fifth knob, so it cannot tilt. Such a family is called *mean-field*.
#
# **Ask for a vote** on the second question: 1, more, or less. Everybody writes the guess down. Then a number, for the brave.
#
# **Answers one gets.** "1, because that is the standard deviation." "More, since it must cover the corners." Hardly anyone says less. Let a
# volunteer from each camp give a reason.
#
# **If somebody asks "best in which sense?",** that is the right question. Promise the answer in two slides.
#
# **Misconception to watch for.** "With enough steps it will be right." Write it on the board with a question mark; it comes back in the live slide.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Both find the centre; without tilt the width is lost

# %% tags=["hide-input"]
journey(
    ["mean-field", "full rank"],
    [0, 15, 40, 100, 400],
    size=(9.8, 4.4),
    caption="Thin to thick: q after 0, 15, 40, 100 and 400 small steps.",
    alt="Two panels with a tilted target. On the left, upright ellipses move to its centre and end "
    "as a circle, too short along the target's ridge and too wide across it. On the right they "
    "tilt as well and end on the target.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
ends = [
    np.sqrt(chapter.figures.exact_climb(chapter.correlation, full, chapter.begin, 400)[-1][1][0, 0])
    for full in (False, True)
]
Markdown(f"Reported standard deviation: left **{ends[0]:.2f}**, right **{ends[1]:.2f}**. Exact: 1.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 4 to 6.**
#
# **Point at** the left circle: too short along the ridge, too wide across it. It fits the target's waist, not its length.
#
# **Ask.** "Compare with your guess. Who said *less*?" Then let the fragment give the number.
#
# **Ask.** "What would you tell a doctor who reads the left one as the uncertainty of a drug's effect?" *Answer:* the interval is too short,
# and nothing on the screen says so.
#
# **Say.** On the right there is a fifth knob, a tilt: *full rank*. For a normal target it ends on the target. The price is the number of knobs,
# which grows with the square of the dimension.
#
# **Then.** Why does the left one stop where it stops? For this we need what is being climbed.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Climb the ELBO, and the divergence falls
#
# How far $q$ is from $\pi = \gamma / Z$, in nats; zero only if they are equal:
#
# $$\mathrm{KL}(q \,\Vert\, \pi) = \mathrm{E}_q\Bigl[\log \frac{q(x)}{\pi(x)}\Bigr] \ge 0$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# We do not have $\pi$. Insert $\log\pi = \log\gamma - \log Z$:
#
# $$\log Z = \underbrace{\mathrm{E}_q[\log \gamma(x)] - \mathrm{E}_q[\log q(x)]}_{\mathrm{ELBO}(q)} + \mathrm{KL}(q \,\Vert\, \pi)$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# The left side does not know $q$. So **ELBO up is KL down**, and $\mathrm{ELBO} \le \log Z$.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 6 to 11.** On the board, in three steps, before each fragment.
#
# **Ask.** "Why can we not compute the divergence?" *Answer:* $\pi$ contains $Z$, the number that nobody gives us. It is the same trouble as
# in chapter 03, where it cancelled in a ratio. Here it comes out of the mean as a constant.
#
# **First fragment. Ask** a volunteer to insert and sort. It takes two lines. The mean of a constant is the constant.
#
# **Second fragment. Say.** Evidence lower bound: for a posterior $Z$ is the evidence. What we climb has a ceiling, and the distance to the
# ceiling is exactly how wrong we are.
#
# **Ask.** "The ELBO has two parts. Which one wants $q$ to be a needle at the top of $\gamma$, and which one prevents it?" *Answer:* the first
# rewards being where $\gamma$ is high. The second is the *entropy* of $q$, and rewards width.
#
# **Misconception.** "A high ELBO means a good approximation." Only its distance to $\log Z$ means that, and as a rule nobody knows $\log Z$.
# An ELBO of −100 may be perfect and one of −3 a disaster.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: two humps, and you own one normal
#
# The target has two humps, with 60 % and 40 % of the probability.
#
# $$\text{(a)}\quad \mathrm{KL}(q \,\Vert\, \pi) = \mathrm{E}_q\Bigl[\log \frac{q}{\pi}\Bigr] \qquad\qquad \text{(b)}\quad \mathrm{KL}(\pi \,\Vert\, q) = \mathrm{E}_\pi\Bigl[\log \frac{\pi}{q}\Bigr]$$
#
# Which of the two is minimised by a normal that **covers both** humps, and which by one that **sits on a single** hump?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 11 to 13.** (Skip when late, with the next slide.)
#
# **Say.** The divergence is not symmetric. In each, ask first: the mean is over *whose* draws?
#
# **Two minutes in pairs.** Help: "You draw from $q$. What is the worst that can happen to you?" *Answer:* a draw where $\pi$ has next to nothing;
# then $\log(q / \pi)$ is huge. So (a) stays where $\pi$ has mass for sure.
#
# **And for (b)?** You draw from $\pi$; the worst is a draw where $q$ has next to nothing. So (b) must cover everything.
#
# **Vote by hand,** then go on.
#
# **Answers one gets.** "Both cover both, since both are zero only at equality." True at equality; but one normal cannot get there, and then the
# two disagree about what is the lesser evil.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The direction of the ELBO picks one hump

# %% tags=["hide-input"]
chapter.run("def divergence(")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("table.round(3)")
missed = chapter.table["KL(q ‖ π)"]
Markdown(
    f"On the left hump {missed['on the left hump']:.2f} nats are missing, on the right one "
    f"{missed['on the right hump']:.2f}: two local optima. **Where you start decides.**"
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 13 to 16.** (Skip when late.)
#
# **Point at** the left panel. Two climbs, two answers, each of them sure of itself. On the right the normal covers both, and its centre is where
# the target has next to nothing.
#
# **Ask.** "Which one would you rather have?" There is no right answer. For a prediction perhaps the right panel; for "a plausible set
# of parameters" the left one.
#
# **Fragment. Ask.** "Sitting on a hump with the share $w$ of the probability: how many nats are missing?" *Answer:* there $\pi \approx w q$, so
# $\mathrm{KL} = -\log w$. Let them check both numbers with $w$ = 0.6 and 0.4.
#
# **Ask.** "Then why does anybody use the left one?" *Answer:* its mean is over $q$, and from $q$ we can draw. The other needs draws from $\pi$,
# and if we had those we would be done.
#
# **Remember for later:** half of a posterior can be missing without $q$ ever noticing.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Take the randomness out of what you optimise
#
# A draw from $q$, with $\omega_k = \log \sigma_k$ so that the climb has no edge:
#
# $$x_k = m_k + \sigma_k z_k, \qquad z_k \sim \mathrm{Normal}(0, 1)$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# $z$ does not depend on $m$ and $\omega$, so mean and derivative trade places:
#
# $$\frac{\partial\,\mathrm{ELBO}}{\partial m_k} = \mathrm{E}_z\bigl[\partial_k \log\gamma(x)\bigr] \qquad
# \frac{\partial\,\mathrm{ELBO}}{\partial \omega_k} = \mathrm{E}_z\bigl[\partial_k \log\gamma(x)\; \sigma_k z_k\bigr] + 1$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# An average over $S$ draws of $z$ is an **unbiased** estimate. Step uphill, draw again.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 16 to 20.**
#
# **Say.** We want to differentiate a mean over $q$ in the parameters of $q$. The draws themselves move when we turn a knob. The trick, called
# *reparameterisation*: roll the dice first, then let the knobs act on what was rolled.
#
# **On the board.** $\partial x_k / \partial m_k = 1$ and $\partial x_k / \partial \omega_k = \sigma_k z_k$. The rest is the chain rule.
#
# **Ask.** "Where does the $+1$ come from?" *Answer:* from the entropy, $\omega_k + \tfrac12 \log(2 \pi e)$ for each unknown. **Ask.** "And what happens
# if somebody forgets it?" Collect guesses; the answer is on the slide of mistakes.
#
# **Last fragment. Ask.** "Must $S$ be large?" *Answers one gets:* "yes, else it is wrong". *Right answer:* no, $S = 1$ is unbiased too; it is only noisier,
# and the steps average over it.
#
# **Misconception.** "The estimate of the gradient is biased because it uses few draws." Unbiased is about its mean, not about its noise.
#
# **Name.** With the gradient of $\log\gamma$ from automatic differentiation this is ADVI.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: a draw, two slopes, one step

# %% tags=["hide-input", "wide"]
chapter.code("advi_by_hand")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Which line would full rank change? Which line would another *target* change?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 20 to 23.**
#
# **Say.** Three lines carry the method: the draw `mean + scale * z` and the two slopes. Everything else is bookkeeping.
#
# **Ask.** "What are the shapes?" *Answer:* `z` and `slope` are $S$ times $d$; the averages have one number for each unknown.
#
# **Ask.** "Why is `noise` an argument?" *Answer:* so that the compiled version can be given the same numbers and must arrive at the same place. The notebook does it.
#
# **Fragment.** Full rank: the draw becomes $m + L z$, and the slope of $L$ is a matrix. Another target: no line at all, only the function `gradient`.
#
# **Ask.** "Why do the rates fall?" *Answer one gets:* "to be careful". *Right answer:* each gradient is noisy, so with a constant rate the climb never
# comes to rest; it trembles about the optimum.
#
# **Then.** The package writes down no slope at all: it writes the estimated ELBO, and JAX differentiates it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## It climbs to its own summit, not to log Z

# %% tags=["hide-input"]
chapter.run("def advi_by_hand", "start_mean, start_log_scale = np.array", "def exact_elbo(")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    f"At the end {chapter.log_z - chapter.elbos[-1]:.2f} nats are missing to log Z. "
    f"Theory says {chapter.log_z - chapter.best:.2f}."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 23 to 25.** (Skip when late.)
#
# **Say.** The same target as in the first picture. The upper dashed line is the ceiling, $\log Z$. The lower one is the best that any upright
# ellipse can reach.
#
# **Ask.** "The curve is flat. Has it converged?" *Answer:* yes. **Ask.** "To the posterior?" *Answer:* no. These are two questions, and the optimiser
# answers only the first.
#
# **Misconception.** "Converged" means "correct". For a sampler that is invariant and reaches everything, more time means nearer to the posterior.
# Here more time means nearer to the best member of the family.
#
# **Point at** the gap. In the picture it has a size. In practice the upper line is unknown, and all you see is the curve.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: does patience help?

# %% tags=["hide-input"]
chapter.where("figures.climb_film(")

# %% [markdown]
# 1. Press **Play**. Read the standard deviation below the picture.
# 2. Set **draws for each gradient** to 1, then to 256. What changes, what does not?
# 3. **Vote:** correlation to the far right, 0.98. Which width will it report?
# 4. Choose **full rank**. Which line does the climb reach now?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 25 to 29. Live demo.** Switch to the notebook. The film needs no network and no kernel.
#
# **Step 1.** The line below the film shows divergence and standard deviation, and what it should be by a formula that we have not derived yet. Let
# them see that it is not 1.
#
# **Step 2.** With one draw the path jitters, with 256 it is smooth. It ends at about the same place. *Other random numbers* shows the same once more. So
# patience and more draws take out noise, and leave the error.
#
# **Step 3. Answers one gets.** "About a half." At the end it reports a fifth. The second panel shows a deep gap.
#
# **Step 4.** The ellipse tilts and the climb comes near the blue line. If it stops short of it at 0.98, that is a
# climb that has not ended yet: 300 steps are few for a thin ridge.
#
# **Go back** to the sentence with the question mark on the board, "with enough steps it will be right", and cross it out together.
#
# **If the demonstration fails,** the third slide has the two ends.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## Mean-field reports the width with all else fixed
#
# $$\sigma_k^2 = \frac{1}{\Lambda_{kk}}$$
#
# with $\Lambda = \Sigma^{-1}$.
#
# Two unknowns:
#
# $$\sigma_k = \sqrt{1 - \rho^2}$$
#
# in place of 1.

# %% tags=["hide-input", "right"]
picture = chapter.run("def fit_each(")
picture.caption = "Standard deviation reported, as a share of the true one. Line: theory."
picture

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
verdict = recorded("Mean-field understates")[1]
Markdown(f"On trial, for each single run and each ρ above 0: the claim **{verdict}**.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 29 to 33.**
#
# **On the board.** For a normal target with mean 0, $\log\gamma = -\tfrac12 x^\top \Lambda x$. Under mean-field $\mathrm{E}_q[x_j x_k] = m_j m_k$ for
# $j \ne k$, so the off-diagonal of $\Lambda$ meets only the means:
#
# $$\mathrm{ELBO} = -\tfrac12 m^\top \Lambda m + \sum_k \bigl(-\tfrac12 \Lambda_{kk} \sigma_k^2 + \log \sigma_k\bigr) + \text{constant}$$
#
# **Ask** for the best $m$ (zero: right) and the best $\sigma_k$: $-\Lambda_{kk} \sigma_k + 1 / \sigma_k = 0$.
#
# **Ask.** "What *is* $1 / \Lambda_{kk}$?" *Answer:* the variance of $x_k$ when all other unknowns are held fixed. Mean-field answers a question
# that nobody asked.
#
# **Point at** the figure: marks are fits, the line is theory. At ρ = 0 there is nothing to lose. **Ask.** "Where does it begin to hurt?" Let them read
# it: the curve is flat at first and then falls steeply.
#
# **Misconception.** "My posterior has fifty unknowns, the pairwise correlations are small, so all is well." What counts is $1 / \Lambda_{kk}$, all others held
# fixed at once; many small ties add up.
#
# **Fragment.** The full claim, with what was measured, is in `notebooks/claims.md`.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A real posterior: means right, widths wrong
#
# A linear regression with two tied predictors, whose posterior **and** evidence have formulas:

# %% tags=["hide-input"]
chapter.run("def fitter(", "covariance, scale_free = exact")
q = chapter.regressions["mean-field"].approximation
known = chapter.truth["coefficients"]
found_mean = np.asarray(q.mean, float)[:, :3].mean(axis=0)
found_sd = np.exp(np.asarray(q.log_scale, float)[:, :3]).mean(axis=0)
HTML(
    pd.DataFrame(
        {
            "mean is off by (sd)": np.abs(found_mean - known.mean) / known.sd,
            "sd / exact sd": found_sd / known.sd,
            "by theory": chapter.share,
        },
        index=["intercept", "first predictor", "second predictor"],
    ).to_html(float_format="{:.2f}".format, border=0)
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    f"To the log evidence mean-field misses **{chapter.gaps['mean-field']:.2f} nats** "
    f"(theory {chapter.missing:.2f}), full rank {chapter.gaps['full rank']:.2f}."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 33 to 36.** (Skip when late.)
#
# **Say.** Mean-field on real work: three coefficients and a variance. The table is the average over several fits.
#
# **Point at** the first column, then at the second. The means are exact within the noise of the optimiser. The widths of the two tied
# coefficients are not even half of what they should be.
#
# **Ask.** "You report 95 % intervals from this. What do they really hold?" *Answers one gets:* "a bit less". *Right answer:* far less; an interval that is
# less than half as long as it should be misses more often than it says by a large factor.
#
# **Ask.** "Why is the intercept fine?" *Answer:* it is hardly tied to anything here.
#
# **Fragment. Say.** Here the evidence is known, so the gap is a diagnosis. In your own problem it is not known. So what do you look at then?
#
# **Detail, if asked.** Theory holds the variance of the noise fixed; that it is unknown makes the exact shares smaller by a percent or two. And the means
# are exact because this posterior is symmetric; on a skewed one they are off, too.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Without the answer: look at the largest weights
#
# At each draw from $q$ we know the **importance weight** $w = \gamma(x) / q(x)$. They are all equal if $q = \pi$. In a part that $q$ misses they are huge.
#
# | shape $\hat k$ of the tail of the weights | what it says |
# |:--|:--|
# | below 0.5 | their variance is finite: fine |
# | 0.5 to 0.7 | weighting can still repair $q$ |
# | above 0.7 | $q$ misses something that matters |

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def khats(")
Markdown(
    f"The regression: mean-field **{chapter.khat['mean-field']:.2f}**, "
    f"full rank **{chapter.khat['full rank']:.2f}**."
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict:** full rank on a banana, a funnel, two humps far apart. Where is the alarm?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 36 to 39.**
#
# **Say.** We draw from $q$ anyway, and at each draw both $\gamma$ and $q$ can be computed. The constant $Z$ only scales all weights alike.
#
# **Ask.** "If $q$ were the posterior, what would the weights be?" *Answer:* all equal, to $Z$. **Ask.** "And if $q$ is too narrow?" *Answer:* most are
# alike, and now and then a draw strays far out and has a weight like a thousand others. A *Pareto law* is fitted to the largest weights;
# its shape is $\hat k$.
#
# **Where 0.5 comes from:** a law of shape $k$ has finite moments of every order below $1/k$, so below 0.5 the variance is finite. The 0.7 is experience.
#
# **Second fragment. Vote** on each of the three, by hand, and note the counts on the board.
#
# **Answers one gets.** "All three, a normal fits none of them." "The humps most of all." Do not comment.
#
# **Misconception.** "$\hat k$ measures the distance to the posterior." It describes the weights that were *drawn*. About others it only extrapolates.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A normal cannot bend, nor be in two places

# %% tags=["hide-input"]
picture = chapter.run("def humps(")
picture.caption = "Shaded: the target. Ellipse: the fitted normal at two standard deviations."
picture

# %% [markdown] slideshow={"slide_type": "fragment"}
# On the right, half of the probability is missing, and $\hat k$ is content.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 39 to 41.**
#
# **Say.** Arms of the banana, neck and mouth of the funnel, a whole hump: all outside the ellipse. The direction of the divergence keeps $q$ where $\pi$
# has mass for sure.
#
# **Point at** the number below each panel, left to right. Compare with the vote on the board.
#
# **Ask.** "Why no alarm on the right?" Wait. *Answer:* no draw of $q$ ever came near the other hump, nor into the valley where weights rise. Seen
# from where $q$ stands, the target *is* a normal.
#
# **Ask.** "Would full rank, or more steps, help?" *Answer:* it is full rank already. None of these shapes is a matter of correlation.
#
# **You know it from chapter 03:** no diagnostic sees what no chain has visited. The same sentence, with *draw* in place of *chain*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## No diagnostic sees what q has not visited

# %% tags=["hide-input"]
report = pd.DataFrame(chapter.report).T
HTML(
    pd.DataFrame(
        {
            "KL(q ‖ π), nats": [f"{value:.2f}" for value in report["KL(q ‖ π)"]],
            "k-hat": list(report["k-hat"]),
            "alarm": ["yes" if alarm else "no" for alarm in report["alarm"]],
        },
        index=report.index,
    ).to_html(border=0)
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("far = list(hard)")
ends = ", ".join(
    f"from {start:+} to {float(mean.mean()):+.0f}".replace("-", "−")
    for start, mean in chapter.ends.items()
)
Markdown(f"**Start twice.** On the humps at ±6 the climb goes {ends}. Two answers are an alarm.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 41 to 43.**
#
# **Ask.** "Find the dangerous row." *Answer:* the last. Compare it with the row above: nearly the same divergence, but at ±3 some draws reach the valley between
# the humps, where the weights rise. At ±6 none does.
#
# **Ask.** "And the first row?" *Answer:* a normal target, full rank: nothing is missing and nothing rings, as it should be.
#
# **Fragment. Say.** A second start costs as much as the first. It is the only alarm in this chapter that can see another hump, and it sees only those
# that some start leads to.
#
# **Misconception.** "$\hat k$ is low, so the approximation is good." Low is necessary for a good one, and not sufficient.
#
# **If asked:** with $\hat k$ below 0.7 the weights can repair $q$; the notebook does it with smoothed ones.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is there a law of 10,000 rows?

# %% tags=["hide-input"]
rows = "".join(
    f"<tr><td>{claim}</td><td style='text-align: left'>{verdict}</td></tr>"
    for claim, verdict in map(recorded, ("Below 10,000 rows", "Above 10,000 rows", "ADVI has no g"))
)
HTML(
    "<table><thead><tr><th>Claim on trial</th><th style='text-align: left'>Verdict</th></tr>"
    f"</thead><tbody>{rows}</tbody></table>"
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Counted: seconds until all **means** are near. With more rows each gradient is dearer, but no more of them are needed. More rows do not repair the **widths**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 43 to 46.** (Skip when late.)
#
# **Say.** A common rule: below ten thousand rows NUTS, above it variational inference. The notebook lets both race on a regression whose posterior is known
# at every size. These verdicts are read from the page of claims, where the numbers and the machine stand too.
#
# **Ask.** "Which conditions do the verdicts name, beside the number of rows?" Let them read, and ask each time whose clock it is: is compiling counted or not?
#
# **Ask.** "Why should ten thousand be special?" *Answer:* it is not. Both methods need about as many gradients with few rows as with many, since the posterior only
# gets narrower. A crossover, if there is one, is made by fixed costs and by settings.
#
# **Fragment. Ask.** "What does the race not count?" *Answer:* the standard deviations. For two tied coefficients mean-field reports, at every size, $\sqrt{1 - \rho^2}$ of
# them; more data do not make the coefficients less tied.
#
# **The last claim.** For a correlated normal with full rank nothing remains; that is where the family holds the posterior.
#
# **And minibatches?** They make a step cheap. To know all means to a tenth of a standard deviation you must still look at about a hundred times as many
# rows as you have; the notebook derives it. Wonderful for getting *near*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The loss settles on wrong answers, too

# %% tags=["hide-input"]
chapter.run("no_entropy = museum.Rewritten", "def look_at(")
symptoms = chapter.symptoms.map(
    lambda value: f"{value:.2f}" if isinstance(value, float) else ("no", "yes")[int(value)]
)
HTML(symptoms.to_html(border=0))

# %% [markdown] slideshow={"slide_type": "fragment"}
# - A new **key** for each step, and an ELBO estimated afterwards with **fresh** draws
# - A test on a target that you **know**
# - The log density against a **loop**, at a few points

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 46 to 49.**
#
# **Say.** One row is right, three have one mistake each. Cover the last column with your hand. **Ask.** "Which rows would you ship?"
#
# **Answers one gets.** "All whose loss has settled." That is the column which cannot tell them apart.
#
# **No entropy:** nothing pays for width, so $q$ shrinks to a needle. That is the forgotten $+1$ of the gradient. One has reinvented the optimiser
# that finds the mode.
#
# **One noise for all steps:** made once outside the loop, "because it is only noise". $q$ then fits these few draws. **Ask.** "How can an ELBO be above
# $\log Z$?" *Answer:* it cannot. When you see it there is a mistake.
#
# **n × n terms:** a column of observations meets a row of means. Nothing in the optimiser shows it. It is a mistake in the *model*, and
# no approximation can be better than what it approximates.
#
# **Fragment.** These three habits catch all three. The third one takes two minutes.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - **derive** the ELBO in two lines
# - **write** mean-field ADVI by hand
# - **predict** its widths, $1 / \sqrt{\Lambda_{kk}}$
# - **look** for failure: evidence, $\hat k$, a second start
# - **say** what a race with NUTS counts

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **10.1** change one number
# - **10.2** the gradient
# - **10.3** a divergence on a grid
# - **10.4** find the bug
# - **10.5** build the variant, a tighter bound

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 10.1 takes two minutes with the formula of today. 10.4 is the one to talk
# about with your neighbour. 10.5 is for home.
#
# **When to use it?** For a first look, for starting points, for models so large that nothing else ends. When you report an uncertainty, check it against
# NUTS on a smaller data set first.
#
# **Question to take along.** "Suppose you put all unknowns of a model into one vector. Does mean-field now know that they are tied?" *Answer, in chapter
# 11:* no.
#
# **Next.** Chapter 11 builds guides for unknowns that belong together.
