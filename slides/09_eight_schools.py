# %% [markdown] slideshow={"slide_type": "slide"}
# # Eight schools
#
# Eight schools measured how much coaching helps, all of them badly. What may they learn from each other? And why does the obvious way to write this down break a good sampler?
#
# You will be able to derive **shrinkage**, recognise a **funnel**, and **cure** it.
#
# Bayesian sampling · Chapter 09

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
from functools import partial

import jax
import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

chapter = Chapter("09_eight_schools")
chapter.run("import arviz as az")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: the data and the model (6), shrinkage (10), the exact answer (6), the funnel (6), the cure (4), what NUTS
# makes of it (5), when the cure is worse (5), programs and handlers (3), a ninth school (3), exercises (1).
#
# **Say.** This is the most famous small data set of hierarchical modelling. Ten unknowns, eight numbers, and it still breaks samplers that have
# passed every test of chapter 08. It also has an exact answer, so nobody can talk their way out.
#
# **Prepare.** Have the notebook of chapter 09 open at the film with the slider, under *The exact answer*. It needs no kernel.
#
# **If you are 15 minutes late,** skip the live slide (the figure after it shows all positions of the slider), *By hand*, *Claims on trial*,
# *A program sends messages* and *A common mistake*. What must stay: shrinkage, the funnel, the cure, and the two pictures of the funnel.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What would you expect at school A next year?

# %% tags=["hide-input"]
chapter.run("figures.schools(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 4.**
#
# **Say.** Eight American high schools coached some of their pupils for a test, each school in an experiment of its own. A dot is the estimated effect in
# points, a bar one standard error to either side. School A is on top.
#
# **Ask.** "The head of school A wants to know what coaching will bring there next year. What do you say?" Let them write a number down.
#
# **Answers one gets.** "What was measured." It is the largest of eight noisy numbers, and the largest is probably too large. "The dashed line." Then eight different
# schools would have *exactly* the same effect. "Something in between." How far in between?
#
# **Point at** the dashed line. It crosses nearly all bars: the scatter of the eight does not contradict equal effects. It does not prove them either.
#
# **Misconception.** "Not significantly different, so equal." The data cannot tell. That is another statement.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Between two simple answers stands a model
#
# - **No pooling:** every school stands alone.
# - **Complete pooling:** all schools are alike.
# - **Hierarchical model:** the true effects have a common mean $\mu$ and a spread $\tau$, both unknown.
#
# $$\mu \sim \mathrm{Normal}(0, 5), \qquad \tau \sim \mathrm{HalfCauchy}(5)$$
#
# $$\theta_j \sim \mathrm{Normal}(\mu, \tau), \qquad y_j \sim \mathrm{Normal}(\theta_j, \sigma_j), \qquad j = 1, \dots, 8$$

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 4 to 7.**
#
# **Say.** Read the formulas from below. The estimate $y_j$ scatters about the true effect with a standard error that we take as known. The true effects scatter about
# $\mu$ with spread $\tau$. And about $\mu$ and $\tau$ we know little.
#
# **Ask.** "Which $\tau$ is complete pooling, which is no pooling?" *Answer:* zero, and infinity. So both simple answers are in the model, and the posterior of $\tau$ decides
# between them.
#
# **Ask.** "How many unknowns?" *Answer:* ten. Keep the number; a sampler will walk in ten dimensions.
#
# **A warning.** $\tau$ has nothing to do with $\tau_\mathrm{int}$, the autocorrelation time. And several priors circulate under the name *eight schools*, so
# numbers from elsewhere need not agree with ours.
#
# **Misconception.** "The prior $\mathrm{Normal}(\mu, \tau)$ is invented." It is estimated, from eight schools at once. That is the point.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Each school is pulled, the noisier the further
#
# Suppose that $\mu$ and $\tau$ were known. The log density of $\theta_j$ is a parabola:
#
# $$-\frac{(\theta_j - \mu)^2}{2\tau^2} - \frac{(y_j - \theta_j)^2}{2\sigma_j^2}$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# $$\theta_j \mid \mu, \tau, y \;\sim\; \mathrm{Normal}\Bigl((1 - B_j)\, y_j + B_j\, \mu,\; \sqrt{1 - B_j}\;\sigma_j\Bigr), \qquad B_j = \frac{\sigma_j^2}{\sigma_j^2 + \tau^2}$$
#
# $B_j$ is the **shrinkage factor**: the share of the way from the school's own estimate to the common mean.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 7 to 11.**
#
# **On the board, with the class.** A parabola in $\theta_j$, so $\theta_j$ is normal. The precision is what stands before $-\tfrac12\theta_j^2$: it is $1/\tau^2 + 1/\sigma_j^2$.
# The mean is where the slope is zero. Let somebody finish it; it takes three lines.
#
# **Fragment. Ask.** "What does $B_j$ do when $\tau$ is tiny? When $\sigma_j$ is huge?" *Answer:* it goes to 1 in both cases, and the school goes all the way to $\mu$.
#
# **Ask.** "And the standard deviation?" *Answer:* it is smaller than $\sigma_j$, always. The school knows more than its own experiment told. The schools *borrow strength*.
#
# **Misconception.** "Shrinkage is a bias that one adds." It is Bayes' rule for a normal, and nothing was added. Look at the weights: precision against precision.
#
# **Exercise 9.1** asks for which $\tau$ school A keeps four fifths of its own estimate.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which of these two ends higher?

# %% tags=["hide-input"]
y, sigma = chapter.y, chapter.sigma
Markdown(
    f"- **School A**: the largest estimate, {y[0]:g}, with a standard error of {sigma[0]:g}\n"
    f"- **School G**: the second largest, {y[6]:g}, with a standard error of {sigma[6]:g}"
)

# %% [markdown]
# Both are pulled towards the common mean, each the more the noisier it is.
#
# **Write it down:** A higher, G higher, or it depends. On what?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 11 to 13.**
#
# **Ask** for a vote with three options, and for one reason each. No answer yet.
#
# **Answers one gets.** "A, since it starts ten points ahead." "G, since it is more precise." "It depends on $\mu$." A few say the best thing: "it depends on $\tau$".
#
# **Ask** those few: "At $\tau = 0$? At $\tau$ very large?" *Answer:* at zero both are equal, and equal to everybody. At infinity A is on top, by its whole lead.
#
# **Then.** So somewhere in between the two may cross. We look.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: move τ, and watch the schools

# %% tags=["hide-input"]
chapter.run("def given_tau(", "legendre.leggauss", "def density_of_log_tau(")
chapter.where("figures.shrinkage_film(")

# %% [markdown]
# 1. Press **no pooling**. Who is on top, and by how much?
# 2. Press **complete pooling**. What has happened to the bars?
# 3. Move the **slider** slowly from right to left. When does G overtake A?
# 4. Press **most plausible log τ**. How sure are you of this τ? Look at the right.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 13 to 17. Live demo.** (Skip when late: the next slide shows all positions at once.) Switch to the notebook. The film needs no network and no kernel.
#
# **Step 1.** Rings are a school's own estimates, the dots below them the estimates given $\tau$. Without pooling they lie on each other.
#
# **Step 2.** All dots are in one place, and the bars are short. **Ask.** "Is this place the dashed line of the first figure?" *Answer:* no, it lies below it. The prior of
# $\mu$ is centred on zero and pulls.
#
# **Step 3.** Let the class say *stop* when G passes A.
#
# **Step 4.** **Ask.** "Would you bet on this value of $\tau$?" The right-hand panel is wide: from a small spread to more than ten points, much is plausible. So one must average
# over $\tau$, not choose one.
#
# **If the demonstration fails,** go on: the next figure carries the same questions.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where τ probably lies, A and G are nearly equal

# %% tags=["hide-input"]
picture = chapter.run("figures.shrinkage_lines(")
picture.caption = (
    "Left end of each panel: complete pooling. Right end: no pooling. Grey: posterior of log τ."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 17 to 20.**
#
# **Say.** Left: the mean effect of each school, given $\tau$. Read it from right to left: the schools move together. Right: the standard deviations, smaller towards the left.
#
# **Point at** A, orange, and G. On the right A is far ahead. Over the grey hump, where $\tau$ probably lies, the two run side by side, because A is pulled more.
#
# **Ask.** "Why does the hump fall off on the left? Do the data rule out a small $\tau$?" *Answer one gets:* yes. *Right answer:* no. The likelihood of $\tau$ falls all
# the way from the smallest $\tau$ on. The picture is on the scale of $\log\tau$, where equal steps are tiny steps of $\tau$ near zero. The data rule out large values, not small ones.
#
# **Keep that in mind:** a good part of the posterior is at small $\tau$. A sampler must go there.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: given τ all is normal, and one integral is left

# %% tags=["hide-input", "wide"]
chapter.code("given_tau")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def draw_given_tau(")
mean = chapter.exact["mean"]
Markdown(
    f"Averaged over the posterior of τ: school A **{mean['theta A']:.2f}**, school G "
    f"**{mean['theta G']:.2f}**. Independent draws, made by the same formulas, agree on "
    f"{sum(chapter.passed)} of {len(chapter.names)} means, within their Monte Carlo error."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 20 to 23.** (Skip when late, but read out the two numbers of the fragment.)
#
# **Say.** Leave $\theta_j$ out: then $y_j \sim \mathrm{Normal}(\mu, \sqrt{\sigma_j^2 + \tau^2})$. So the eight $y_j$ are eight measurements of $\mu$, and the prior is a ninth. Precisions add up.
#
# **Point at** the last but one line. **Ask.** "Why two terms?" *Answer:* the variance when $\mu$ is known, plus what the uncertainty of $\mu$ adds.
#
# **Say.** What is left is the posterior of $\tau$, a function of *one* variable. Every posterior mean is an integral over $\tau$, and four hundred nodes do it. No chain, no Monte Carlo error.
#
# **Fragment.** The prediction is settled. Who voted for G? By how little.
#
# **Is it right?** Draw $\tau$, then $\mu$ given $\tau$, then the effects given both: independent draws, the best sampler that this model can have. They agree with the
# integral. From here on we know the truth, and can judge any sampler by it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The funnel: no step size fits everywhere
#
# A sampler walks in all ten coordinates. Given $\mu$ and $\tau$, the standard deviation of $\theta_j - \mu$ **is at most $\tau$**: a wide mouth, and a neck without end.
#
# In the neck the narrowest direction has standard deviation $\tau / 3$. The leapfrog is stable only below twice that:
#
# $$\varepsilon < \tfrac23\, \tau$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict.** Take $\varepsilon = 0.1$. Where do the paths begin that fly off?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 23 to 26.**
#
# **Say.** For a large $\tau$ the effects have room. For a tiny one they must all lie within a fraction of a point of $\mu$. Draw the plane of $\theta_j - \mu$ and $\log\tau$ on the board: a funnel.
#
# **Where the 3 comes from.** In the neck the log density is nearly $-\sum_j (\theta_j - \mu)^2 / 2\tau^2$. Move $\mu$ one way and all effects the other, by $-8$ and $1, \dots, 1$. The matrix
# of second derivatives turns this vector into nine times itself, and no direction has a larger factor. The square root of nine is three.
#
# **From chapter 06:** the leapfrog is stable while $\varepsilon$ is below twice the standard deviation of the narrowest direction.
#
# **Ask.** "Then take a small $\varepsilon$. What is wrong with that?" *Answer:* the wall only moves down, there is always a neck below it, and in the wide mouth the steps are far too short.
#
# **Fragment.** Let them compute it: below $\tau = \tfrac32\varepsilon$, so 0.15. Collect a few before you go on.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The wall stands where theory puts it

# %% tags=["hide-input"]
chapter.run("def log_joint_centered(", "def to_centered(", "figures.necks(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 26 to 29.**
#
# **Say.** Five hundred values of $\log\tau$, with $\mu$ and the effects drawn given each. From every point starts one leapfrog path of five steps. A cross: its energy rose by more than a
# thousand, which is called a *divergence*. Exact motion would keep the energy.
#
# **Point at** the dotted line, $\tau = \tfrac32\varepsilon$. Above it hardly a path is lost. Just below it a path flies off slowly, and five steps are not always enough; further down hardly one survives.
#
# **Ask.** "What will a sampler with this step size do?" *Answer:* it is walled off from the neck. Its proposals from there are rejected, and hardly ever does a path lead in.
#
# **Ask.** "The right panel shows *the same* five hundred points. What has changed?" Only the coordinate across. Let them guess which one before you turn the page.
#
# **Misconception.** "Divergences are numerical noise; throw these draws away." They mark a region that the chain cannot enter. Without the marks the region is missing all the same.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The cure: move something else
#
# Let the sampler move $\tilde\theta_j \sim \mathrm{Normal}(0, 1)$, and compute
#
# $$\theta_j = \mu + \tau\,\tilde\theta_j$$
#
# The same model in other coordinates. The density takes the determinant along:
#
# $$\log p(\mu, \tau, \tilde\theta, y) = \log p(\mu, \tau, \theta, y) + 8 \log\tau$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# Given $\mu$ and $\tau$, the variance of $\tilde\theta_j$ is $B_j$: between 0 and 1, and near 1 where the neck used to be.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 29 to 33.**
#
# **Say.** The first form is called *centered*, because $\theta_j$ is centred on $\mu$; this one is *noncentered*. Nothing about the schools has changed: the law of $\mu$, $\tau$, $\theta$ and $y$ is the same.
#
# **Ask.** "Where does the 8 come from?" *Answer:* eight effects, each stretched by $\tau$, so the determinant is $\tau^8$.
#
# **On the board.** $\mathrm{Normal}(\theta_j; \mu, \tau)$ has a $\tau$ below the line. The determinant cancels it, and what remains is $\mathrm{Normal}(\tilde\theta_j; 0, 1)$, without any $\tau$. The neck is gone.
#
# **Ask.** "And for moving $\log\tau$ in place of $\tau$?" *Answer:* one more determinant, one more $\log\tau$.
#
# **A common mistake.** Forget that last one, and the sampler draws from $p(\tau \mid y) / \tau$. This has no finite integral: $\tau$ sinks towards zero, and nearly all the time the schools are
# pooled completely. Nothing crashes. In the notebook it does just that.
#
# **Fragment. Predict. Ask.** "So NUTS on the centered form: which draws will be missing?" *Answer:* those at small $\tau$.
#
# **Misconception.** "It is an approximation." It is exact; it is a change of variables.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Same model, same sampler, other coordinates

# %% tags=["hide-input"]
# The first of the chapter's eight runs of each form: the same key, the same starts.
key_start, key_run = jax.random.split(jax.random.split(jax.random.key(91), 8)[0])


def draw_with_nuts(model):
    """Four chains: 500 steps of warm-up, then 1000 draws each."""
    starts = jax.random.uniform(key_start, (4, model.dim), minval=-2, maxval=2)
    build_kernel = partial(chapter.nuts, model.logdensity)

    @jax.jit
    def run(key):
        return chapter.warmup_and_sample(key, build_kernel, starts, num_warmup=500, num_draws=1000)

    draws, info, _ = run(key_run)
    return np.asarray(draws, float), info


def plane(name, draws):
    """Effect of school A less mu, and log tau: the plane of the funnel."""
    mu, log_tau, last = draws[..., 0], draws[..., 1], draws[..., 2]
    across = last - mu if name == "centered" else np.exp(log_tau) * last
    return np.stack([across, log_tau], axis=-1).reshape(-1, 2)


fits = {
    name: draw_with_nuts(chapter.eight_schools.model(parameterization=name))
    for name in ("centered", "noncentered")
}
chapter.figures.funnels(
    {name: plane(name, draws) for name, (draws, _) in fits.items()},
    {name: np.asarray(info.is_divergent).ravel() for name, (_, info) in fits.items()},
    plane("centered", chapter.independent),
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 33 to 36.**
#
# **Say.** Grey: the independent draws, so the truth. Blue: four chains of NUTS on each form, the same sampler with the same warm-up. Crosses: divergent draws.
#
# **Ask.** "What is missing on the left?" *Answer:* the neck. Hardly a chain comes down there, and the crosses crowd at its entrance.
#
# **Ask.** "What does that do to the effects of the schools?" Give them time. *Answer:* the missing mass has small $\tau$; so $\tau$ comes out too large, there is too little pooling, and *every*
# effect is off, each a little differently.
#
# **Ask.** "Would more draws help?" *Answer one gets:* yes. *Right answer:* no. The wall stays where it is, and the error bars get smaller around a wrong value.
#
# **Misconception.** "Then NUTS is not a right sampler." Its rule is right, and leaves the target as it is. It does not get there in time. Two questions of chapter 08, kept apart.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Would you have noticed, without the exact answer?


# %% tags=["hide-input"]
def report(name):
    """What can be read off a run, in words and numbers for the slide."""
    draws, info = fits[name]
    log_tau, energy = draws[..., 1], np.asarray(info.energy, float)
    bfmi = (np.diff(energy, axis=1) ** 2).mean(axis=1) / energy.var(axis=1)
    return {
        "divergent draws": f"{int(info.is_divergent.sum())}",
        "ESS of log τ": f"{float(chapter.az.ess(log_tau)):.0f}",
        "R-hat of log τ": f"{float(chapter.az.rhat(log_tau)):.4f}",
        "lowest E-BFMI": f"{bfmi.min():.2f}",
        "mean of log τ": f"{log_tau.mean():.2f}",
    }


table = pd.DataFrame({name: report(name) for name in fits})
table["should be"] = [
    "hardly any",
    "at least 400",
    "below 1.01",
    "at least 0.3",
    f"{chapter.exact.loc['log tau', 'mean']:.2f} (exact)",
]
HTML(table.to_html(border=0))

# %% [markdown]
# **Cover the last row.** Which of the others give the alarm?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 36 to 38.**
#
# **Say.** The two runs of the picture, four chains of a thousand draws each. The first four rows need no truth. The last row does.
#
# **Ask.** "Which rows give the alarm?" Let them read the table line by line, with the last column as the limit.
#
# **Answer.** Over the chapter's eight runs: divergences and ESS gave the alarm every time, R-hat most of the time. This is one run, so do not lean on any single row.
#
# **E-BFMI** is the energy: only a fresh momentum changes it, and in a funnel the energy varies far more than one momentum can change it. It is a rule of thumb, and stands near its
# limit here.
#
# **Ask.** "A stray divergence in the noncentered form: is that an alarm?" *Answer:* one now and then is none, a crowd in one place is. What matters is whether the draws are right.
#
# **Misconception.** "R-hat is below 1.01, so I may stop looking." Here it may let a run through that the first two rows catch.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where the data are strong, the cure is the disease
#
# Given $\mu$ and $\tau$, the variance of $\tilde\theta_j$ is $B_j = \sigma_j^2 / (\sigma_j^2 + \tau^2)$.
#
# - **Weak data**, $\sigma_j \gg \tau$: $B_j$ is near 1, and $\tilde\theta_j$ is free.
# - **Strong data**, $\sigma_j \ll \tau$: the data pin $\theta_j$, so $\tilde\theta_j = (\theta_j - \mu) / \tau$ must follow every move of $\mu$ and $\tau$.

# %% tags=["hide-input"]
tau = 5.0
few, many = (error**2 / (error**2 + tau**2) for error in (sigma[0], sigma[0] / 20))
Markdown(
    f"**Predict.** Make all standard errors 20 times smaller: at τ = {tau:g} school A goes from "
    f"B = {few:.2f} to B = {many:.3f}. Which form brings more effective draws now?"
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > **Weak data, noncentered. Strong data, centered.** It is a matter of each group.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 38 to 41.**
#
# **Say.** After such a success one is tempted to write every model noncentered. So look at the variance once more.
#
# **Ask.** "The data pin $\theta_j$. In which coordinates is that easy to walk?" *Answer:* centered: $\theta_j$ just stays where the data say, whatever $\mu$ and $\tau$ do. Noncentered, a
# small change of $\tau$ must be paid for in all eight $\tilde\theta_j$ at once.
#
# **Vote** before the fragment. *Answers one gets:* "noncentered, as always"; "it does not matter, the data are precise".
#
# **Fragment.** The next slide has the verdict: the ratio turns round. In the chapter it is more than a factor of five either way.
#
# **Say.** With some schools large and some small, each may want its own form, or one in between. Exercise 9.5 builds the family between the two.
#
# **Misconception.** "Noncentered is the modern way." It is the way for weak data.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Claims on trial

# %% tags=["hide-input"]
chapter.verdicts()

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 41 to 43.** (Skip when late.)
#
# **Say.** The first four sentences are from NumPyro's own documentation of this example. The course measured them, in eight runs of each form.
#
# **Ask.** "If a verdict says *undecided*, what has happened?" *Answer:* some runs supported the sentence and some did not. A stray divergence is enough to break the word *none*.
#
# **Point at** the last row, the answer to the last prediction. One of its two cases is the data of the eight schools: there the sentence holds. The other has errors 20 times smaller: there it does not.
#
# **Say.** Divide by gradients, not by seconds: gradients know no machine. **What it costs:** on a model this small one waits for the compiler; the notebook's table has both rates.
#
# **Ask.** "The documentation also prints the expected log joint density of both forms, and the noncentered one is higher. Does that form fit better?" *Answer:* no. They are densities in different
# coordinates, and differ by $8 \log\tau$ on average.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A program sends messages, handlers answer them

# %% tags=["hide-input"]
chapter.run("def program(", "key = jax.random.key(93)", "def sites_of(")
chapter.code("program")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
handlers, sites_of = chapter.handlers, chapter.sites_of
Markdown(
    f"- as written: {sites_of(chapter.seeded)}\n"
    f"- **condition** on τ: {sites_of(handlers.condition(chapter.seeded, chapter.fixed))}\n"
    f"- **reparam**: {sites_of(handlers.seed(chapter.noncentered, chapter.key))}"
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The last one is `LocScaleReparam(centered=0)`: noncentered, and not a line rewritten.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 43 to 46.** (Skip when late.)
#
# **Say.** It looks as if this program drew random numbers. But what should `sample` do: draw from the prior, take the value that a sampler proposes, compare with the data? The program does not say.
# Each statement sends out a message: "here is a site with this name and this distribution; what is its value?" Handlers around the program see it pass and answer.
#
# **Ask.** "So what happens if you call `program` by itself?" *Answer:* it fails, with an error without words. Nobody hands out a key.
#
# **First fragment.** Three handlers, and what becomes of the sites. *Condition* fixes a site and marks it as observed. *Reparam* replaces a site by another.
#
# **Ask.** "How would you compute the log density of this program with handlers?" *Answer:* `substitute` the values, `trace` the sites, add up the log probabilities. Six lines, in the notebook. Exercise 9.4 asks for the
# likelihood alone.
#
# **Second fragment.** The notebook checks that its log density is that of our noncentered form. PyMC has nothing like it: there the noncentered form is written out.
#
# **Common mistake.** A half-Cauchy written as a Cauchy, in a published version of this model: the posterior looks fine and half of the prior draws of $\tau$ are negative. Compare log densities
# between languages, point by point, before comparing means.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A common mistake: one μ and one τ put in
#
# A ninth school: $\theta_9 \sim \mathrm{Normal}(\mu, \tau)$. More certain than $\mu$? Than school A?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
draws = fits["noncentered"][0]
ninth = np.random.default_rng(97).normal(draws[..., 0], np.exp(draws[..., 1])).ravel()
normal, exact = chapter.stats.norm, chapter.exact
spread = np.sqrt(chapter.mu_var + chapter.taus**2)  # of a ninth school, given tau
_, sd_ninth = chapter.mean_and_sd(chapter.mu_mean, spread**2)
picture = chapter.figures.new_school(
    ninth,
    exact=lambda x: chapter.weights @ normal.pdf(x, chapter.mu_mean[:, None], spread[:, None]),
    plug_in=normal(exact.loc["mu", "mean"], exact.loc["tau", "mean"]).pdf,
)
picture.caption = (
    "Bars: one draw for each posterior draw of μ and τ. Line: exact. Dashed: their means put in. "
    f"Standard deviations: μ {exact.loc['mu', 'sd']:.2f}, school A "
    f"{exact.loc['theta A', 'sd']:.2f}, a ninth school {sd_ninth:.2f}."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 46 to 49.** (Skip when late.)
#
# **Ask** both questions before the fragment, by hand. *Answers one gets:* "as certain as $\mu$, since it comes from there"; "as school A".
#
# **Fragment. Right answer:** less certain than $\mu$, because it has an effect of its own; less certain than school A, because A has at least some data. The caption has the three numbers.
#
# **Point at** the dashed curve: somebody put in the means of $\mu$ and $\tau$ as if they were known. **Ask.** "Where is it wrong?" *Answer:* it is too narrow, for $\mu$ is uncertain, and it has no tails,
# for now and then $\tau$ is large.
#
# **How it happens in code.** `rng.normal(mu.mean(), tau.mean(), size=...)` in place of `rng.normal(mu, tau)`. It runs, and its answer is too tame. That is exercise 9.3.
#
# **Misconception.** "More draws of the ninth school make it more certain." They make its histogram smoother.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - derive **shrinkage**, and compute this posterior **exactly**
# - recognise a **funnel** by divergences, ESS, $\hat R$, E-BFMI
# - **leave** it, by hand and by `LocScaleReparam`; and stay **centered** where data are strong
# - read a program as **messages**
# - **predict** for a new school

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **9.1** change one number
# - **9.2** another prior, and a determinant
# - **9.3** find the bug
# - **9.4** a handler's work
# - **9.5** build the variant

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 9.1 takes two minutes, 9.3 is the one to talk about with your neighbour, 9.5 is for home.
#
# **Question to take along.** "A centered model gives divergences. Your colleague throws the divergent draws away and keeps the others. What do you say?" *Answer:* the marks are gone, the missing
# region is still missing. Move other coordinates.
#
# **Next.** Chapter 10 gives up exactness for speed: variational inference. The funnel will be waiting there too.
