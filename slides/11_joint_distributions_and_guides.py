# %% [markdown] slideshow={"slide_type": "slide"}
# # Joint distributions and guides
#
# Some unknowns belong together. How do you say so, and does an approximation keep what ties them?
#
# You will be able to
#
# - **write** unknowns that belong together in three ways, with one density,
# - **read** the three shapes of a distribution,
# - **judge** whether a loop over variables costs you anything,
# - **build** a guide that keeps a correlation, and tell what it cannot see.

# %% [markdown] tags=["small"]
# Bayesian sampling · Chapter 11. Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import numpyro.distributions as dist
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

from course_utils.display import COLORS, Source, figure

chapter = Chapter("11_joint_distributions_and_guides")
chapter.run("import optax")


def recorded(beginning):
    """Return a claim and its verdict, as the page of all claims records them."""
    (claim,) = chapter.claims(beginning)
    return claim.words, claim.verdict.replace("-0.", "−0.")


# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: two meanings of *together* (4), shapes, one vector and its density (10), three programs and the
# loop (8), what a guide can reach, with a live demonstration (10), building one (7), what is lost, and what even it cannot see (5), a mistake (4),
# exercises (1).
#
# **Say.** "These unknowns belong together." You say it about intercept and slope, about the shares of a market, about the effects of eight
# schools. Today we find out that the sentence has two meanings, and that programs mix them up easily.
#
# **Prepare.** Have the notebook of chapter 11 open and its cells run as far as *Two guides that learn*.
#
# **If you are 15 minutes late,** skip *You see five numbers*, *Predict: which of these costs more*, *JAX writes a loop down*, *What a lost correlation
# does to the line* and *Every marginal right, the joint wrong*, and show only the first of the three programs.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Together: in one vector, or dependent?

# %% tags=["hide-input"]
picture = chapter.run("figures.idea(")
picture.caption = (
    "Shaded: 90 % of the posterior. Outlined: the best normal without the tie, and with it."
)
picture

# %% [markdown] slideshow={"slide_type": "fragment"}
# One vector is **bookkeeping**. Dependence is a statement about **probability**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 5.**
#
# **Say.** A line $a + b x$ through points that lie far from $x = 0$. The posterior of $(a, b)$ is the shaded ellipse, known exactly.
#
# **Ask.** "Why is it so thin and tilted?" *Answers one gets:* "because the data are noisy". *Right answer:* the points fix the height of the line where
# *they* are. If the slope is larger, the intercept, far away from them, must be smaller, or the line would miss the points. Hold a ruler over your fist and
# tilt it.
#
# **Ask.** "What is wrong with the left outline?" *Answer:* not its place. Its width, and that it does not know of the tie.
#
# **Fragment. Ask.** "I write $a$ and $b$ into one array. Are they dependent now?" *Answers one gets:* a long silence, then both. *Right answer:* the array
# says nothing about probability. And two variables with two names may well be dependent.
#
# **Misconception.** "One site in the program, one joint distribution, so the correlation is in." Keep this sentence on the board; there is a vote on
# it later.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A distribution has three kinds of shape
#
# | | counts | here |
# |:--|:--|:--|
# | **sample** | how often you ask | `(10,)` |
# | **batch** | copies side by side, with a log density each | `(4,)` |
# | **event** | one draw; its numbers share one log density | `(3,)` |

# %% [markdown]
# **Predict:** which shape have the draws, and which has their log density?

# %% slideshow={"slide_type": "fragment"}
law = dist.MultivariateNormal(jnp.zeros((4, 3)), jnp.eye(3))
draws = law.sample(jax.random.key(0), (10,))
print("draws", draws.shape, "  log density", law.log_prob(draws).shape)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 5 to 9.**
#
# **Say.** Four normals side by side, each in three dimensions, drawn ten times.
#
# **Everybody writes down two shapes** before the fragment. Then show of hands: who has the same shape twice?
#
# **Answers one gets.** The draws are mostly right. For the log density many say the same shape again, "one for each number".
#
# **Right answer.** Draws: sample, batch, event. Log density: sample, batch. The numbers of one event share *one* log density, so the event axis is gone.
#
# **Ask.** "Twelve independent scalar normals, batch $(4, 3)$: what is different?" *Answer:* the draws look the same, and the log density keeps
# both axes. `.to_event(1)` turns the last batch axis into part of the event: it sums over it.
#
# **Misconception.** "Shapes are a matter of taste as long as the code runs." A column of five observations meets a row of five means, NumPy
# broadcasts, and twenty-five terms are added up where five belong. Nothing stops. It is in the notebook under *Common mistakes*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You see five numbers, a sampler moves four

# %% tags=["hide-input"]
picture = chapter.run("figures.layout(")
picture.caption = "Above: each piece with a support of its own. Below: the same on the real line."
picture

# %% [markdown] slideshow={"slide_type": "fragment"}
# $$\log p(u) = \sum_i \bigl( \log p_i(g_i(u_i)) + \log \lvert\det g_i'(u_i)\rvert \bigr)$$

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 9 to 12.** (Skip when late.)
#
# **Say.** A little shop: a rate of visitors, the probability that a visitor buys, the shares of three kinds of things. They are independent, and they live in
# three different places: positive, between 0 and 1, positive with sum 1.
#
# **Ask.** "Why four numbers below, and five above?" *Answer:* the third share follows from the other two. A vector of free numbers may be shorter.
#
# **Fragment. Ask.** "For independent pieces log densities add up. Which other thing adds up?" *Answer:* the log Jacobians, since each
# bijection $g_i$ acts on its own piece.
#
# **Answers one gets.** "We multiply Jacobians": right, and their logarithms add.
#
# **Misconception.** "The Jacobian is a technical detail." Without it the sampler moves in another density, and nothing crashes: like the missing ratio of chapter 03.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: cut the vector, ask each piece, add up

# %% tags=["hide-input", "wide"]
chapter.code("log_density_by_hand")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def log_density_by_hand", "def prior_for(")
Markdown(
    f"The package's `JointDistribution.log_prob` agrees at {len(chapter.shop_draws)} draws, "
    f"to {float(chapter.gap):.0e}."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 12 to 15.**
#
# **Say.** The slices `start : start + size` are all the bookkeeping there is. It is dull, and mistakes happen there. So you want it written once,
# and tested.
#
# **Ask.** "What is `int(np.prod(shape))` for an empty shape?" *Answers one gets:* 0, or an error. *Right answer:* 1, a single number. Exercise 11.2 needs it.
#
# **Ask.** "Why the check at the end?" *Answer:* a vector that is too long would be read without complaint, and its tail ignored.
#
# **Ask.** "And drawing: may all pieces use the same random key?" Let them argue, do not settle it; exercise 11.3 does.
#
# **Fragment.** The package's version is the same loop, also for batches and for thousands of draws at once, and it brings its bijection along. So NUTS and the
# automatic guides can use it without knowing that the class exists.
#
# **If asked why the two differ at all:** 32 bits in JAX, 64 in SciPy.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One density, said in three ways

# %% tags=["hide-input", "wide"]
Source("\n\n".join(chapter.code(name).text for name in ("separate", "one_joint", "multivariate")))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def record_and_observe(")
Markdown(
    f"At {len(chapter.points)} points the three agree to {chapter.gap.max():.0e} of their size."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 15 to 18.** (When late: the first program only.)
#
# **Say.** The line, three times. What they share, the likelihood, is in `record_and_observe`.
#
# **Ask.** "Do the three have the same posterior?" *Answer:* yes, one density, so one posterior. The fragment says so in numbers.
#
# **Ask.** "Then why three?" Collect on the board what each *can* say. Separate statements: any marginals, and a statement may use those above it.
# `JointDistribution`: any marginals, independent, one name. `MultivariateNormal`: normal marginals only, and any covariance.
#
# **Ask.** "In which of these programs are $a$ and $b$ dependent *in the posterior*?" *Answers one gets:* "only in the third". *Right answer:* in all three. The
# data tie them, not the prior, and not the way it is written.
#
# **Misconception.** "A multivariate normal means correlated unknowns." Its prior covariance is diagonal here; one site, and independent coordinates.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which of these costs more, and when?

# %% tags=["hide-input", "wide"]
chapter.code("three_ways")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 18 to 20.** (Skip when late, with the next slide.)
#
# **Say.** Again one density: $n$ independent normals. A loop of statements; one statement with a loop of marginals; arrays.
#
# **Ask for three votes.** For 100 unknowns, how many times longer than the batched program does the first one take *to trace and compile*? The same, ten
# times, a hundred times? And the *compiled* program: the same, or slower? And the second program: is it on the side of the first or of the third?
#
# **Answers one gets.** "Under `jit` loops are gone, so no difference." "It's one statement, so the second is like the third."
#
# **Note the votes** and go on.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## JAX writes a loop down statement by statement
#
# Operations in the gradient, before anything is compiled:

# %% tags=["hide-input"]
chapter.run("def three_ways(")


def count_operations(program, n):
    """Count what JAX writes down for the gradient of a program's log density."""
    logdensity = chapter.from_numpyro(program).logdensity
    return len(jax.make_jaxpr(jax.grad(logdensity))(jnp.zeros(n)).eqns)


counts = pd.DataFrame(
    {
        f"{n} unknowns": {
            name: f"{count_operations(program, n):,}"
            for name, program in chapter.three_ways(n).items()
        }
        for n in (10, 30, 100)
    }
)
HTML(counts.to_html(border=0))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
rows = "".join(
    f"<tr><td>{claim}</td><td style='text-align: left'><strong>{verdict}</strong></td></tr>"
    for claim, verdict in map(recorded, ("Loops don't matter under jit", "Explicit batching wins"))
)
HTML(f"<table><tbody>{rows}</tbody></table>")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 20 to 23.** (Skip when late.)
#
# **Say.** `jit` runs the Python code once and writes down every operation that it meets. Then the loop is gone, and all its operations are there.
#
# **Point at** the rows. The batched program has the same few operations whatever $n$. **Ask.** "And the row in the middle?" *Answer:* one statement, but
# $n$ marginals, and each is traced. It is a loop, only elsewhere.
#
# **Fragment.** Two claims that one hears, tried in the notebook with the clock; the verdicts are read from the page of claims, where the seconds stand.
#
# **Ask.** "Does it matter for you?" *Answer:* that is a question of *how many* unknowns and of *which clock*. Ten unknowns: write what reads best. A
# thousand: you wait for the compiler.
#
# **Misconception.** "Then switch off `jit`." Each of thousands of gradients would walk through all statements in Python.
#
# **The cure:** batch like with like, join only the unlike. Exercise 11.4.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What each kind of guide can reach at best
#
# Posterior: normal with $\mu$, $\Sigma = \Lambda^{-1}$. Guide $q$: normal with $m$, $L L^\top$. Then
#
# $$\mathrm{ELBO}(m, L) = -\tfrac12 (m - \mu)^\top \Lambda (m - \mu) - \tfrac12 \operatorname{tr}(\Lambda L L^\top) + \sum_i \log L_{ii} + \text{const}$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Joint**, any lower triangular $L$: best at $L L^\top = \Sigma$, the posterior itself.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Factorized**, diagonal $L$: best at $L_{ii}^2 = 1 / \Lambda_{ii}$, the variance of $x_i$ *with the others held fixed*. For two unknowns: the
# share $\sqrt{1 - \rho^2}$ of each standard deviation.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 23 to 27.**
#
# **Say.** Chapter 10 in three lines. What the program calls a *guide* is the approximation $q$. For a normal posterior everything is exact.
#
# **Ask.** "Which terms know about $m$, which about $L$?" *Answer:* the first, and the other two. So the mean is right in both families.
#
# **On the board.** For a diagonal $L$ the trace is $\sum_i \Lambda_{ii} L_{ii}^2$. **Ask** for the derivative in $L_{ii}$:
# $-\Lambda_{ii} L_{ii} + 1 / L_{ii} = 0$. Nothing off the diagonal of $\Lambda$ is left: a factorized guide never sees the tie.
#
# **For the line:** $\Lambda = X^\top X + I / 10^2$, and off its diagonal stands $\sum_i x_i$. **Ask.** "So what ties intercept and slope?" *Answer:* the place of the
# origin.
#
# **Misconception.** "A factorized guide loses the correlation but keeps the standard deviations." It loses both, by one formula.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Same ELBO, same start: only one may tilt

# %% tags=["hide-input"]
picture = chapter.run("def learn_by_hand(")
picture.caption = "Shaded: the posterior. Outlined: where each guide stands after so many steps."
picture

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("found = {name: factors")
share = {name: np.sqrt(found[0, 0]) / chapter.sds[0] for name, found in chapter.found.items()}
Markdown(
    f"Reported share of the sd of $a$: **{share['factorized']:.0%}** above, "
    f"**{share['joint']:.0%}** below."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 27 to 29.**
#
# **Say.** The two rows run the same code. The only difference is which entries of $L$ may move: the diagonal, or the lower triangle.
#
# **Ask.** "What happens between the third panel and the last, above?" *Answer:* nothing. It has arrived. "And below?" It still grows along the ridge: the
# ELBO is nearly flat there, so the last part takes longest.
#
# **Ask.** "Would you have noticed, from the upper row alone, that it is too narrow?" *Answer:* no. It climbs, it settles, it stands still.
#
# **Fragment.** Compare with $\sqrt{1 - \rho^2}$ on the board. (More steps do not change the upper number.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: move the points, watch the tie

# %% tags=["hide-input"]
chapter.where("def learn_by_hand(")

# %% [markdown]
# 1. In the first cell of *Picture first* replace `np.linspace(2, 8, 13)` by `np.linspace(0, 6, 13)`.
# 2. **Vote:** does the tie grow weaker or stronger? Does the *factorized* guide report another width for $a$?
# 3. Run that cell, then this one, and the one below it.
# 4. Where must the points lie, so that both rows end alike?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 29 to 33. Live demo.** Switch to the notebook; two cells to run, a second or two each.
#
# **Before you run, vote by hand.** *Answers one gets:* "stronger, the points are nearer to the origin". Remind them of the ruler: how far is the intercept from
# the points?
#
# **What is seen.** The ellipse of the posterior is less thin, and the upper guide fills more of it. The printed share rises.
#
# **The surprise is in the printed widths:** the factorized sd of $a$ is the same as before, to all digits shown. **Ask** why. *Answer:* it is the width of $a$ with $b$
# held fixed, $1 / \sqrt{\Lambda_{aa}}$, and that depends only on how many points there are. The guide did not improve; the posterior moved towards
# it.
#
# **Step 4** is exercise 11.1. Let them guess, do not solve it.
#
# **Afterwards set the line back** to `np.linspace(2, 8, 13)` and run it, or later cells show another posterior.
#
# **If the demonstration fails,** draw two lines of points on the board, near to and far from the axis, and tilt the ruler.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A joint guide: draw one vector, then set the sites

# %% tags=["hide-input", "wide"]
chapter.code("normal_site")

# %% [markdown] slideshow={"slide_type": "fragment"}
# With a bijection $x = g(u)$ between: $\;\log q(x) = \log q(u) - \log \lvert\det g'(u)\rvert$. The last term is the `log_density` of `Delta`.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "small"]
chapter.run("def two_sites(", "def complaint(")
not_marked = chapter.complaint({}, chapter.by_delta)
no_sample = chapter.complaint({"is_auxiliary": True}, chapter.numpyro.deterministic)
Markdown(
    f"- Without the mark NumPyro says: `{not_marked}`\n"
    f"- With `deterministic` in the place of `Delta`: `{no_sample}`"
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 33 to 37.**
#
# **Say.** The model has two sites, `a` and `b`. The guide wants one normal in the plane. So it draws a vector `u`, a variable that the model does
# not know, and then *sets* the two sites.
#
# **Ask.** "Why must the guide *sample* `a`, if it knows its value already?" *Answer:* SVI matches sample sites by name. `Delta` is the distribution that is
# always its value: a sample site without randomness.
#
# **First fragment. Ask.** "The unknown is a rate, and I set it to $e^u$. What is forgotten?" *Answer:* the Jacobian, here $-u$ in $\log q$.
# Exercise 11.5 is exactly this.
#
# **Ask.** "What happens if it is forgotten?" *Answers one gets:* "an error". *Right answer:* nothing visible. The ELBO is another one, and its best guide is wrong.
#
# **Second fragment.** What NumPyro does see. The mark changes no number; it says that the extra site is meant.
#
# **In practice** nobody writes this by hand: `AutoMultivariateNormal` makes the same guide, an auxiliary vector and a `Delta` for each site.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: one site for both. Does it find the tie?

# %% tags=["hide-input", "wide"]
chapter.code("joint_site")

# %% [markdown]
# Three guides for the line: **two sites** with a normal each, this **JointDistribution**, and the **MultivariateNormal** of the last slide.
#
# Which of them will find the correlation?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 37 to 38.**
#
# **Vote, by hand, for each of the three.** Write the counts on the board. Do not comment.
#
# **Answers one gets.** All give the correlation to the third and deny it to the first. The second splits the class: it *is* one site, one vector, one joint
# distribution.
#
# **Ask one of each camp** for a reason. Somebody should say which numbers the optimiser may move in this guide: two means and two standard deviations.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One site is bookkeeping; a covariance is a tie

# %% tags=["hide-input"]
chapter.run("def fit_and_draw(")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
verdict = recorded("A guide with one joint site")[1]
Markdown(f"“A guide with one joint site catches the correlation” **{verdict}**.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 38 to 40.**
#
# **Say.** The first two clouds are the same guide in two spellings: one family of densities, one optimum.
#
# **Ask.** "Which line of the program would have told you?" *Answer:* the marginals of a `JointDistribution` are independent by construction; its log
# density is a sum with one term for each.
#
# **Go back** to the sentence that stood on the board, "one site, one joint distribution, so the correlation is in", and correct it together: *a distribution that
# **can** be correlated finds the correlation.*
#
# **Fragment.** The claim was tried on two data sets, with a strong and a weaker tie; the numbers are in `notebooks/claims.md`.
#
# **Misconception.** "So `JointDistribution` is useless in a guide." It is useful for what it says: pieces of different kinds in one vector. A
# joint of several multivariate normals ties each block inside and nothing between.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What a lost correlation does to the line

# %% tags=["hide-input"]
chapter.run("def optimum(")
picture = chapter.run("for place in (0, 5, 10)")
picture.caption = "Left: bands of two standard deviations. Right: the standard deviation itself."
picture

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
best = chapter.optimum(chapter.x, is_joint=False)
ratios = []
for place in (0, 5, 10):
    at = np.array([1, place])
    ratio = np.sqrt(at @ best @ at / (at @ chapter.covariance @ at))
    ratios.append(f"**{ratio:.2f}** at $x = {place}$")
Markdown(f"Reported over exact standard deviation: {', '.join(ratios)}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 40 to 42.** (Skip when late.)
#
# **Ask** before you point at anything: "Mean-field is too narrow, we said. Is the band of the line too narrow everywhere?"
#
# **Answers one gets.** "Yes." *Right answer:* no. Where the points are it is too *wide*.
#
# **On the board.** The variance of $a + b x$ is $S_{aa} + 2 x S_{ab} + x^2 S_{bb}$. The middle term is negative here, and it is what makes the exact band narrow
# among the points. Without it the band is narrowest at $x = 0$, where there are no points at all, only the origin.
#
# **Misconception.** "Understated uncertainty is at least on one side." For a quantity that combines unknowns the error may go either way.
#
# **Ask.** "Which of your own quantities combine several unknowns?" *Answer:* nearly all predictions.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## Dependent is more than correlated
#
# $v \sim \mathrm{Normal}(0, 1.5)$
#
# $x \sim \mathrm{Normal}(0, e^{v/2})$
#
# For each $v$ symmetric in $x$, so the **covariance is zero**.
#
# **Predict:** how much higher is the ELBO of the joint guide?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "right"]
picture = chapter.run("def funnel_elbo(")
picture.caption = "The funnel, and the best normal guide of each kind."
picture

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
flat, full = -chapter.flat[2], -chapter.full[2]
Markdown(f"KL in nats: factorized {flat:.3f}, joint {full:.3f}. **No gain at all.**")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 42 to 45.**
#
# **Say.** The funnel of chapter 09. The variable $v$ decides how wide $x$ is. More dependent is hardly possible.
#
# **Collect numbers** for the prediction before the first fragment.
#
# **Answers one gets.** "A lot, they depend strongly." "A little." The answer is zero.
#
# **First fragment.** Two ellipses that lie on each other. **Ask.** "What does neither of them see?" *Answer:* the neck on the left and the mouth on the right.
#
# **Why exactly zero.** Let $c$ be the guide's covariance. Whatever it is, the best mean of $x$ is $c$, and then $c$ is left in the entropy alone, where it only does harm.
#
# **Ask.** "How would you notice, without knowing the answer?" *Answer:* a few thousand draws of NUTS beside the guide; the weights of chapter 10. Better: a change of variables. Noncentered,
# this funnel is two independent normals, and both guides are exact.
#
# **The other limit, in a sentence:** a full covariance has $d (d + 1) / 2$ numbers to learn. Tie what belongs together, block by block.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Every marginal right, the joint wrong
#
# Both sds are 1, the correlation is 0.8. **One sampler is wrong.**

# %% tags=["hide-input"]
kernels = {
    "A": chapter.museum.others.right_gibbs(0.8),
    "B": chapter.museum.GIBBS["stale_values"](0.8),
}
walks = {}
for name, kernel in kernels.items():
    walk = jax.jit(
        lambda key, kernel=kernel: chapter.sample(key, kernel, jnp.zeros((4, 2)), 10_000)[0]
    )
    walks[name] = np.asarray(walk(jax.random.key(119))[:, 200:], dtype=float)
looks = {
    f"sampler {name}": {
        "sd of the first": f"{walk[..., 0].std():.2f}",
        "sd of the second": f"{walk[..., 1].std():.2f}",
        "R-hat": f"{max(float(chapter.az.rhat(walk[..., k])) for k in (0, 1)):.3f}",
    }
    for name, walk in walks.items()
}
HTML(pd.DataFrame(looks).T.to_html(border=0))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(9.6, 2.9), sharex=True, sharey=True)
seen = []
for ax, (name, walk), color in zip(axes, walks.items(), ("green", "orange"), strict=True):
    correlation = round(float(np.corrcoef(walk.reshape(-1, 2).T)[0, 1]), 2) + 0.0
    seen.append(f"sampler {name}: correlation {correlation:.2f}".replace("-", "−"))
    ax.plot(*walk[0, :1500].T, ".", color=COLORS[color], ms=3, alpha=0.5)
    ax.set_title(seen[-1])
    ax.set(xlabel="first unknown")
axes[0].set_ylabel("second")
figure(
    fig,
    caption="The same draws, two unknowns at a time.",
    alt="Two clouds of points. On the left a tilted one, on the right a round one. "
    + "; ".join(seen)
    + ".",
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 45 to 49.** (Skip when late.)
#
# **Say.** Two Gibbs samplers from the bug museum, many draws each. You may look at every histogram and at $\hat R$. **Ask.** "Which one is wrong?"
#
# **Answers one gets.** "Neither." "The table cannot tell." The second is the right one: each number in it looks at *one* unknown.
#
# **Fragment.** Now at two unknowns at a time. In sampler B each unknown is drawn given where the other *was*, not where it is now. Each marginal is perfect, and
# the tie is gone: the same loss as in a factorized guide, by a different mistake.
#
# **Ask.** "What would you have to plot to see it?" *Answer:* a joint statistic: a sum, a difference, the log density. Such a number should be
# among those that you report.
#
# **Misconception.** "All $\hat R$ are 1, all histograms are right, so the draws are right." The chains agree with each other, on independent unknowns.
#
# **In the notebook** this sampler fails the invariance test of chapter 08, and a second one, with a variance for a standard deviation, fails with it.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - say *together* in **three ways**
# - **read** sample, batch and event
# - **count** compilation when loops are called free
# - **write** a joint guide with `Delta`
# - keep apart *in one vector*, *correlated* and *dependent*

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **11.1** change one number
# - **11.2** cut a vector
# - **11.3** find the bug
# - **11.4** batch like with like
# - **11.5** a guide for a positive unknown
# - **11.6** build the variant

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 11.1 is the question of the live slide. 11.3 is the one to talk about with your
# neighbour: each marginal is perfect there, too. 11.5 and 11.6 build guides; 11.6 needs no auxiliary site at all.
#
# **Question to take along.** "A guide draws $a$ first, and then $b$ from a normal whose mean moves with $a$. Is it joint or factorized?" *Answer, in 11.6:* joint, though it has
# two sites. Sites do not decide; densities do.
#
# **Next.** Chapter 12 sets the samplers of this course side by side, on the same models and by the same clock.
