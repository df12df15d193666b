# %% [markdown] slideshow={"slide_type": "slide"}
# # Hamiltonian Monte Carlo
#
# Can a sampler cross the whole posterior in one go, and still land where it is likely to be accepted?
#
# You will be able to
#
# - **explain** why a rolling ball draws from a density
# - **write** the leapfrog and the sampler around it
# - **choose** step size, path length and mass
# - **recognise** a divergence, and a path that comes back
#
# Bayesian sampling · Chapter 06

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

from course_utils.museum.matrix import read

chapter = Chapter("06_hamiltonian_monte_carlo")
chapter.run("import arviz as az")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: ball and energy (12), leapfrog, live and on trial (12), the sampler (6), how far and how
# long (8), failures and mistakes (8), price and exercises (3).
#
# **Say.** The random walk of chapter 03 tosses a coin at every step, so it takes a hundred steps to get ten steps far. Today a sampler
# gets a second piece of information, the slope, and keeps its direction.
#
# **Prepare.** Have the notebook of chapter 06 open, and run its cells down to the film at the end of *Picture first*.
#
# **If you are 15 minutes late,** skip *Predict: which integrator*, *The shape may bend*, *The walk loses its way*, *The mass matrix*,
# *Predict: half a kick* and *Expensive*; of *Live* take questions 2 and 3 only.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Turn the density upside down, and push a ball

# %% tags=["hide-input"]
picture = chapter.run("figures.rolling(")
picture.caption = (
    "Pale to dark: early to late. "
    "Right: grey lines join points of equal energy, and the ball stays on one of them."
)
picture

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Push at random, roll for a while, write down where the ball is.**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 5.**
#
# **Say.** Left is minus the log density: where the density is high there is a valley. A ball gets a push and rolls without friction.
# Where is it slow, where fast? It keeps its direction, and so it goes far in one roll.
#
# **Ask.** "The right picture has position and momentum as its axes. Why is the path closed?" *Answer:* what the ball loses in height
# it gains in speed; height and speed together are fixed, and that is a curve.
#
# **Ask, before the fragment.** "The roll is not random. So where does chance come in?" *Answers one gets:* "in the start", "in the
# time". *Right answer:* in the push. A new one for every draw.
#
# **Misconception.** "The ball rolls to the bottom and stays there, so we find the mode." There is no friction. At the bottom it is
# fastest. *Ask:* "Then why is the bottom the likeliest place?" *Answer:* weak pushes never leave it, strong ones pass it again and again.
#
# **Fragment.** This sentence is the whole method. The rest of the class is why it is exact, and what makes it fast.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Give the position a companion: the momentum
#
# $x \in \mathbb{R}^d$ gets a **momentum** $p \sim \mathrm{Normal}(0, M)$. The pair has the **energy**
#
# $$H(x, p) = \underbrace{-\log\gamma(x)}_{\text{potential energy } U(x)} + \underbrace{\tfrac12\, p^\top M^{-1} p}_{\text{kinetic energy}}$$
#
# **Hamilton's equations** move the pair:
#
# $$\frac{\mathrm{d}x}{\mathrm{d}t} = M^{-1} p, \qquad \frac{\mathrm{d}p}{\mathrm{d}t} = \nabla \log\gamma(x)$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# > Under $e^{-H}$ the two are independent: $x$ has the density $\pi$, and $p$ is normal.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 5 to 9.**
#
# **Say.** $M$ is the covariance of the momentum, the mass matrix. Until further notice it is the identity. Momentum moves the ball;
# the slope changes the momentum.
#
# **Ask.** "What is $\exp(-H(x, p))$?" Let a volunteer do it on the board: $\gamma(x)$ times $\exp(-\tfrac12\, p^\top M^{-1} p)$. *Then the
# fragment:* a product, so the two are independent.
#
# **Ask.** "We wanted $x$ alone. What do we do with $p$?" *Answer:* draw pairs, and throw $p$ away. That is a marginal.
#
# **Ask.** "Which constant of $\gamma$ is needed?" *Answer:* none. A constant factor shifts $U$, and the gradient does not see it.
#
# **Misconception.** "Momentum is an unknown of the model." It is a device: its law is ours to choose, and we choose what is easy to draw.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three properties make the roll exact
#
# 1. **Energy is kept:** what the slope takes, the speed gives.
# 2. **It runs backwards too:** turn $p$ round, and the ball goes home.
# 3. **Volume is kept:** a cloud of starts may bend, but not grow.
#
# By 1 and 3 the law $e^{-H}$ is carried into itself, so $\pi$ is invariant.
#
# **Predict.** $\pi = \mathrm{Normal}(0, \sigma)$. When has the ball forgotten its start?

# %% [markdown] slideshow={"slide_type": "fragment"}
# $$x(t) = x(0) \cos\frac{t}{\sigma} + \sigma\, p(0) \sin\frac{t}{\sigma}$$
#
# **After a quarter of an orbit,** $t = \pi\sigma / 2$: an independent draw.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 9 to 13.**
#
# **On the board,** property 1: $\mathrm{d}H/\mathrm{d}t = \nabla U^\top M^{-1} p - (M^{-1} p)^\top \nabla U = 0$.
#
# **Property 3 in words.** The velocity of $x$ depends on $p$ alone, that of $p$ on $x$ alone. Nothing is stretched in its own direction.
#
# **Say.** Probability is density times volume. The density $e^{-H}$ does not change along the way since $H$ does not, and the volume does
# not change either. A fresh momentum changes nothing about the law. So draws from $\pi$ stay draws from $\pi$.
#
# **Ask, for the prediction:** "Take $M = 1$. The ball is a pendulum. How long do you roll?" *Answers one gets:* "as long as possible",
# "until it is on the other side". *Right answer:* a quarter of the period $2\pi\sigma$. There the cosine is zero and $x = \sigma\,p(0)$: the
# old position has dropped out.
#
# **Ask.** "And after half an orbit?" *Answer:* $x = -x(0)$, nothing new at all. Remember it; it costs us a sampler later.
#
# **Misconception.** "The longer the path, the better." For a pendulum the longest path comes home.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## On a computer: half a kick, a drift, half a kick

# %% tags=["hide-input"]
chapter.run("def euler_by_hand")
chapter.code("leapfrog_by_hand")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The **leapfrog** keeps volume *exactly* and runs backwards *exactly*. Only its energy is a little off: by an amount of order $\varepsilon^2$.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 13 to 16.**
#
# **Say.** `gradient` is $\nabla\log\gamma$. Kicks change the momentum, the drift changes the position. $M$ is the identity here.
#
# **Ask.** "Each of the three lines adds something to one variable. On what does the amount depend?" *Answer:* on the other variable
# alone. Such a map is a shear: it slides layers along each other and keeps every volume.
#
# **Ask.** "Read the three lines from the bottom up. What do you get?" *Answer:* the same three lines. So with the momentum turned
# round the path goes back over its own points.
#
# **Ask.** "How many gradients does a step cost?" *Answer one gets:* two. *Right answer:* one, if you keep it: the last of a step is the
# first of the next. The package does.
#
# **Misconception.** "Then the draws are only right up to order $\varepsilon^2$." Ask them to keep the thought; the slide *The error becomes a rejection* answers it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: roll it yourself

# %% tags=["hide-input"]
chapter.where("figures.orbit_film(")

# %% [markdown]
# 1. Press **Roll**, then **Another push**, a few times.
# 2. Raise the **steps L**. With how many is the ball back where it began?
# 3. Move the **step size ε** slowly to the far right. **What happens beyond 2?**
# 4. Step size back to the left, integrator **Euler**. Where does the ball go?
# 5. **Two bowls**: push until it changes sides.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 16 to 21. Live demo.** Switch to the notebook. The film needs no network and no kernel. Black is the start; the end is green, or
# orange if it would probably be rejected; the thin grey curve is the perfect ball.
#
# **Before each move let them vote.** 2: "ten, twenty, forty?" *Right answer:* about $2\pi/\varepsilon$ steps, one orbit. 3: most expect "less
# and less accurate". Below 2 the points lie on an ellipse that gets ever wider; beyond 2 the path flies off, and the line below it reports a
# huge error.
#
# **Keep both answers on the board:** *back after one orbit*, *beyond 2 it flies off*. Each of them breaks a sampler before the hour is over.
#
# **Question 4.** Euler spirals outwards, at any step size. It looks like a small difference in the code.
#
# **Question 5.** A push that is too weak leaves the ball in its bowl. *Ask:* "Does HMC cure several modes?" *Answer:* no.
#
# **If the demonstration fails,** the next slide has the two integrators as a picture.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which integrator keeps the energy?
#
# Euler moves $x$ and $p$ at once. After forty steps, where is each ball?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
picture = chapter.run("figures.integrators(")
picture.caption = (
    "The same start, the same step size. "
    "Left: the orbits, the true one in grey. Right: the energy error."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 21 to 23.** (Skip when late.)
#
# **Ask before the fragment.** "Both make an error at each step. Do the errors add up?" *Answers one gets:* "in both, errors always add up".
#
# **Right answer.** Euler's do: in this valley the energy is multiplied by $1 + \varepsilon^2$ at every step. The leapfrog's swings, and comes
# back.
#
# **Why?** The leapfrog keeps *another* energy exactly, one that is close to $H$: here $\tfrac12 p^2 + \tfrac12 (1 - \varepsilon^2/4)\, x^2$. The notebook
# checks it to the last digits. So on long paths its error does not pile up.
#
# **Misconception.** "Euler is only less accurate; take smaller steps." It also stretches volume and does not run backwards. As a
# proposal it would be *wrong*, not only inefficient.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The shape may bend, the volume may not grow

# %% tags=["hide-input"]
chapter.run("figures.energy_order(")
picture = chapter.run("figures.squares(")
picture.caption = (
    "Blue: a square of starts; then where it is later. "
    "The numbers: its area, in multiples of the first."
)
picture

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
factors = {name: error[-2] / error[-1] for name, error in chapter.errors.items()}
Markdown(
    f"Half the step: energy error divided by **{factors['leapfrog']:.1f}** (leapfrog), "
    f"**{factors['Euler']:.1f}** (Euler)"
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 23 to 25.** (Skip when late.)
#
# **Say.** The valley is no parabola here: far balls take longer to come back than near ones, so the square must shear and bend.
#
# **Ask.** "Read the numbers. Which of the two may be used as a proposal without a correction?" *Answer:* the leapfrog. Euler's area
# grows.
#
# **Ask.** "What would one have to do with a map that stretches?" *Answer:* put the factor into the acceptance ratio, as $x'/x$ in
# chapter 03. Nobody wants to compute a determinant at every step.
#
# **Fragment. Ask first:** "Twice as many steps of half the size. By how much does the energy error fall?" *Right answer:* order 2 means
# a quarter, order 1 means a half.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The error becomes a rejection, never a bias
#
# Accept the end of the path with $\alpha = \min\bigl(1,\, \exp(H(x, p) - H(x', p'))\bigr)$

# %% tags=["hide-input", "wide"]
chapter.code("hmc_by_hand")

# %% [markdown] slideshow={"slide_type": "fragment"}
# $L$ steps, then turn $p$ round: its own inverse. So **no ratio of $q$**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 25 to 29.**
#
# **Say.** This is Metropolis-Hastings. The proposal is the end of the path; the ratio is that of $e^{-H}$. Three properties, three jobs: there
# and back, and volume, make it *right*; energy makes it *accepted*.
#
# **Ask.** "What is $\alpha$ when the leapfrog is perfect?" *Answer:* 1, always.
#
# **Ask.** "In the code nobody turns the momentum round. Is that a bug?" *Answers one gets:* "yes, it is in the proof". *Right answer:*
# $H$ does not see the sign of $p$, and the next draw has a new $p$ anyway.
#
# **Ask.** "Which line would you forget?" Wait for: both energies include the kinetic part. Exercise 6.4 is about this; do not solve it.
#
# **Point at** `draws.append(position)` outside the `if`, as in chapter 03: after a rejection the old position counts once more.
#
# **Misconception.** "The draws carry an error of order $\varepsilon^2$." The decision corrects it exactly. The price is rejections.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The walk loses its way, the ball crosses the ridge

# %% tags=["hide-input"]
chapter.run("def hmc_by_hand(")
picture = chapter.run("figures.walk_and_roll(")
picture.caption = (
    "As many steps, the same start (black). Pale blue: paths of the ball. Dots: where it ended."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 29 to 31.** (Skip when late.)
#
# **Say.** A narrow ridge: two coordinates, each standard normal, with correlation 0.95. It is the case that defeats a random walk.
#
# **Ask.** "How do you recognise a step of the walk that was rejected?" *Answer:* you do not see it; the point lies on the one before.
#
# **Point at** a pale blue path: it bounces between the walls, and slides along the ridge all the while.
#
# **Ask.** "Both took as many steps. Is the comparison fair?" *Answer:* not quite. A step of the ball costs a gradient, a step of the
# walk one density. A gradient costs a few densities, whatever the dimension. We come back to it.
#
# **Then.** The notebook runs the compiled twin from the package, and shows that it takes all the same decisions.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Narrow limits the step, wide sets the path
#
# In a direction of standard deviation $\sigma$ one leapfrog step turns by the angle
#
# $$\vartheta = \arccos\Bigl(1 - \frac{\varepsilon^2}{2\sigma^2}\Bigr) \qquad \text{as long as } \varepsilon < 2\sigma$$
#
# - The **narrowest** direction limits the step: beyond $2\sigma$ it flies off.
# - The **widest** direction sets the path: a quarter orbit is $L\vartheta = \pi/2$.

# %% [markdown] slideshow={"slide_type": "fragment"}
# > What a path costs is the ratio of the two: $L \approx \dfrac{\pi}{2}\, \dfrac{\sigma_\text{wide}}{\varepsilon}$ with $\varepsilon < 2\,\sigma_\text{narrow}$

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 31 to 34.**
#
# **Say.** The mass is 1. Multiply the three lines of the leapfrog out for a normal target: a matrix with determinant 1 and trace
# $2 - \varepsilon^2/\sigma^2$. Such a matrix is a rotation, in stretched coordinates, until the trace falls below $-2$.
#
# **Back to the board:** *beyond 2 it flies off*. In the film $\sigma$ was 1. Now they see why it was 2.
#
# **Ask.** "A target with standard deviations 1 and 100. How large may the step be, and how long must the path be?" *Answer:* below 2;
# a quarter orbit of the wide direction is about 157 long. So some hundred steps for one draw.
#
# **Ask.** "Which direction do you look at for the step?" Half of the class will say the widest, since it is the most important one.
# *Right answer:* the narrowest. The leapfrog takes one step for all directions at once.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The useful region is a stripe, next to a cliff

# %% tags=["hide-input"]
chapter.run("def run(key, step_size", "figures.surface(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 34 to 37.**
#
# **Say.** Ninety pairs of step size and number of steps on the ridge. Left the acceptance rate, right what counts: effective draws for each
# gradient.
#
# **Ask.** "Where is the cliff, and why there?" *Answer:* at the dashed line, twice the *narrow* standard deviation.
#
# **Ask.** "Where is the best place?" *Answer:* on the white line, the quarter orbit, at a step close to the cliff, but not at its edge.
#
# **Ask.** "Follow a column upwards from the best place. Why does it get dark?" *Answer:* the path turns back. At twice the height it is
# half an orbit, and $x$ becomes $-x$.
#
# **Misconception.** "The highest acceptance rate is best." It is highest far on the left, where the right picture is dark. Theory for
# many equal coordinates says 0.651; in practice one aims at 0.8, since a rejection wastes a whole path.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The mass matrix makes the ridge round

# %% tags=["hide-input"]
picture = chapter.run("figures.metrics(")
picture.alt = picture.alt.replace("$M^{-1}$", "inverse mass matrix")
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 37 to 39.** (Skip when late.)
#
# **Say.** If the ratio of widths is the price, make all directions equally wide. With $\Sigma$ the covariance of the target, choose
# $M^{-1} = \Sigma$: the drift $x \leftarrow x + \varepsilon M^{-1} p$ then takes long strides where the target is wide.
#
# **Ask.** "Both paths are about a quarter orbit long. What did the second one save?" *Answer:* count the dots.
#
# **Misconception, the most common one of this chapter.** "$M$ should be the covariance." It is the *inverse* that should be like the
# covariance: heavy in the narrow directions. That is why every library takes `inverse_mass_matrix`.
#
# **Ask.** "Who knows the covariance beforehand?" *Answer:* nobody; warm-up estimates it, in chapter 07.
#
# **Ask.** "And if the width differs from place to place?" *Answer:* then no single mass fits. Next but one slide.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: every path is exactly one orbit long
#
# Four chains from four starts. What will the acceptance rate say? And $\hat R$?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def run_normal(")
picture = chapter.run("closed = float(")
rate = float(chapter.info.acceptance_rate.mean())
rhat = float(chapter.az.rhat(chapter.first))
picture.caption = (
    f"A normal target. The whole orbit accepts {rate:.1%}; its R-hat is {rhat:,.0f} (1 is good)."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 39 to 42.**
#
# **Let them write it down** before the fragment. **Answers one gets.** "It is far from the start after one orbit, so it is good." "The
# acceptance rate will be poor."
#
# **Right answer.** Perfect acceptance, and no movement at all. In this valley *all* balls come back at the same time, whatever the push.
#
# **Ask.** "Is the rule wrong?" *Answer:* no, $\pi$ is invariant: whoever stays where he is changes nothing. But the chain cannot get
# anywhere. Invariance is not all.
#
# **Ask.** "How would you notice?" *Answer:* by $\hat R$ of chains that *began apart*, or a trace. Never by the acceptance rate.
#
# **The cure.** A random length, different for each path; you build it in exercise 6.5. Or a path that notices when it turns back: that
# is NUTS, chapter 07.
#
# **Worth knowing.** NumPyro's HMC has $2\pi$ as its default length; after warm-up all widths are about 1.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where it breaks: a divergence marks the spot

# %% tags=["hide-input"]
picture = chapter.run("figures.funnel(")
chapter.run("v = funnel_draws")
picture.caption = (
    "Neal's funnel. The chain's draws end above the neck: "
    f"{chapter.missed:.0%} of the probability lies below the lowest of them."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 42 to 44.**
#
# **Say.** $v \sim \mathrm{Normal}(0, 3)$, and nine $x_i \sim \mathrm{Normal}(0, e^{v/2})$. The deeper, the narrower. So *every* step size is more than
# twice the width somewhere.
#
# **Ask.** "What happens to a path that enters the neck?" *Answer:* it flies off. The energy rises by thousands, the proposal is rejected.
# That is a divergence: a rise of more than 1000.
#
# **Ask.** "The path was rejected, as it should be. So is all well?" *Answers one gets:* "yes, Metropolis corrects it", "delete those
# draws". *Right answer:* those paths are not among the draws at all. What is missing is the region behind them.
#
# **Say.** The notebook tests the rule, and the rule is right. It is the journey that fails. The cure is other coordinates: chapter 09.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: half a kick is missing. Who notices?

# %% tags=["hide-input"]
chapter.run("mutants = {")
mutant = chapter.mutants["no last half kick"]
lines = chapter.museum.show(mutant).splitlines()
print("\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[:2] in ("- ", "+ ")))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
rows = {
    "HMC (diagonal metric)": "the right sampler",
    "forgets_last_half_kick": "no last half kick",
    "momentum_of_inverse_mass": "p with the inverse of its covariance",
    "accepts_on_potential_only": "kinetic energy left out of H",
    "accepts_everything": "no decision",
}
museum = read()
outcomes = museum[museum["family"] == "HMC"].pivot(
    index="exhibit", columns="check", values="outcome"
)
table = outcomes.loc[list(rows), ["R-hat", "reversibility", "invariance"]]
table = table.set_axis(list(rows.values())).rename_axis(columns=None)
HTML(table.to_html(border=0))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("all_draws, info")
Markdown(f"The right one, on the ridge: {chapter.verdict.message}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 44 to 47.** (Skip when late.)
#
# **Say.** The line with the minus was taken out of the package's own source, the line with the plus put in its place.
#
# **Ask.** "The ball gets half of the pull at every step. Does the chain still mix? Does $\hat R$ see it?" Let them vote, then the fragment.
#
# **Right answer.** $\hat R$ is content with every row of the table. It compares the chains with each other, and they agree. The
# reversibility test looks at the path, the invariance test at the rule: exact draws in, exact draws out?
#
# **Ask.** "Row three is reversible. Why is it wrong all the same?" *Answer:* the path is right, but the momentum that is drawn is not
# the one that $H$ expects. And with mass 1 nobody sees it: *test with a mass that is not 1.*
#
# **Second fragment.** The right sampler against the exact answer: the unit is the Monte Carlo standard error.
#
# **Where it comes from.** The course recorded all checks of all exhibits; the whole matrix is in chapter 08.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Expensive, independent, always accepted?


# %% tags=["hide-input"]
def recorded(beginning):
    """What the chapter measured on a claim, case by case."""
    (claim,) = chapter.claims(beginning)
    cases = [case.rsplit(": ", 1) for case in claim.cases]
    return pd.DataFrame(cases).to_html(index=False, header=False, border=0)


HTML(
    "<h3>A draw with 10 leapfrog steps takes as long as … steps of the walk</h3>"
    + recorded("a step of HMC is expensive")
    + "<h3>Steps for an effective draw</h3>"
    + recorded("HMC has a low autocorrelation")
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Always accepted?** That is what *your step size* makes of it.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 47 to 49.** (Skip when late.)
#
# **Say.** Tables of samplers describe HMC in three words: expensive, low autocorrelation, high acceptance. The notebook made a number of
# each and measured. In brackets: the range of three runs.
#
# **Ask.** "Ten gradients against one density: why is the first row so mild?" *Answer:* with eight data points the fixed costs decide,
# above all random numbers. With twenty thousand rows the gradients do.
#
# **Ask.** "What do the two bad rows of the second table have in common?" *Answer:* the length of the path. Low autocorrelation is not a
# property of HMC, it is a property of the right $L$.
#
# **Fragment.** Beyond twice the narrowest standard deviation nothing is accepted.
#
# **More verdicts** are in `notebooks/claims.md`: too small a step is a random walk (holds); too long a path wastes work (holds); too
# large a step wastes work (only while it is stable, beyond that it is rejected).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - explain HMC as **push and roll**
# - **write** the leapfrog, and say which property does what
# - choose **step** by the narrowest, **path** by the widest direction, **mass** to make them agree
# - read **divergences** as a map

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **6.1** change one number
# - **6.2** one mass for three scales
# - **6.3** a leapfrog with mass
# - **6.4** find the bug
# - **6.5** build the variant

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 6.1 and 6.2 take two minutes each. 6.4 is the one to talk
# about with your neighbour. 6.5 cures the whole orbit, and is for home.
#
# **Question to take along.** "A path could stop by itself as soon as it turns back. Why would that be wrong?" *Answer, in chapter 07:*
# because from its end it would not stop at its start.
#
# **Next.** Chapter 07: the No-U-Turn Sampler, and a warm-up that finds step size and mass.
