# %% [markdown] slideshow={"slide_type": "slide"}
# # Is my sampler right?
#
# The chains agree and the plots look fine. How would you notice that the draws come from the wrong distribution?
#
# You will be able to say **what each check sees**, test a sampler **against a known answer**, and diagnose one **from its symptoms**.
#
# Bayesian sampling · Chapter 08

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import numpy as np
from chapter import Chapter
from IPython.display import HTML, Markdown

chapter = Chapter("08_is_my_sampler_right")
chapter.run("import arviz as az")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: two suspects (5), R-hat (7), tests that know the truth (14), a live experiment (4),
# blind spots and four patients (8), the matrix (4), a mistake (2), your own posterior and your own data (4), exercises (1).
#
# **Say.** So far you have built several samplers, and each of them could have been wrong in a way that you did not see. Today is about the ways
# to find out, and about what each of these ways cannot find.
#
# **Prepare.** Have the notebook of chapter 08 open and its cells run down to the histograms of ranks.
#
# **If you are 15 minutes late,** begin with the first vote, and skip *Predict: which of these six does R-hat see?*, the live experiment,
# *Two sentences on trial*, *A common mistake*, *A right sampler can fail* and *Does the model fit?*. What must stay is the first pair, the
# theorem, the shapes, the patients and the matrix.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which of these two is wrong?

# %% tags=["hide-input"]
chapter.run("figures.traces(")

# %% [markdown]
# The target is a pair of standard normals with correlation 0.8. **Vote: A or B?** What made you choose?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 4.**
#
# **Say.** Two samplers, one target. Each runs four chains that start in four places, from the middle to far out, and throws its first
# steps away. One of the two samplers is wrong. You see what you see in life: the chains, and not the code.
#
# **Ask for a vote by hand,** and then for a reason. Write both reasons on the board; you will need them on the next slide.
#
# **Answers one gets.** "A, it forgets slowly, and its ESS is smaller." "B, it looks too good." A few say "neither, R-hat is fine for both".
#
# **Point at** the two lines of numbers above the panels. The usual limits, 1.01 for R-hat and 400 for ESS, are met by both.
#
# **Misconception.** "The one with the larger ESS is the better sampler." ESS says how fast the chain forgets. It does not say what
# the chain draws from.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The wrong one looked better

# %% tags=["hide-input"]
chapter.run("histograms(single")

# %% [markdown] slideshow={"slide_type": "fragment"}
# > Some checks ask whether the chains agree **with each other**. Others ask whether they agree **with the truth**. You need both.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 4 to 6.**
#
# **Say.** Here we know the target, so we may look. Each coordinate is a standard normal, the orange line. A follows it. B is too narrow.
#
# **What is wrong with B.** It proposes the noise itself, `s * z`, in place of position plus noise, `x + s * z`, and leaves out the ratio that
# such a proposal needs. Its proposals do not depend on where it stands, so it forgets fast: that is why it looked so good.
#
# **Ask.** "Could anything that is computed from B's chains *alone* have told us?" *Answers one gets:* "more draws", "more chains", "a better
# R-hat". *Right answer:* no. They are perfectly good draws, from something else.
#
# **Fragment.** This sentence is the class. Ask what we used just now that the first slide did not have. *Answer:* the exact density.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## R-hat compares the chains with each other
#
# Cut each chain in two: $C$ half chains of $S$ draws. Let $V_\mathrm{in}$ be the mean of their variances, and $V_\mathrm{btw}$ be $S$ times the variance of their means.
#
# $$\hat R = \sqrt{\frac{\frac{S-1}{S}\, V_\mathrm{in} + \frac1S\, V_\mathrm{btw}}{V_\mathrm{in}}}$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# > If all chains follow one and the same law, **whatever it is**, $\hat R$ goes to 1. The target $\pi$ does not occur in the formula.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 6 to 10.**
#
# **Say.** Two estimates of one variance. Below the line: how much a chain varies within itself. Above the line: how much all draws together
# vary. If the chains have found each other, the two are the same.
#
# **Ask.** "Why cut the chains in two?" *Answer:* if all of them drift in the same way, their means agree, and only the halves differ.
#
# **Ask.** "As the chains grow, what happens to $V_\mathrm{btw} / S$?" *Answer:* it is the variance of the means, and goes to zero like the
# squared Monte Carlo error, provided that all chains follow one law. So R-hat goes to 1.
#
# **Fragment. Ask** before you show it: "Where in this formula does $\pi$ stand?" Give them time to look. It stands nowhere.
#
# **Ranks.** What ArviZ reports is the same formula for the ranks of the draws, turned into normal values, and once more for the distances
# from the median; the larger counts. That helps with heavy tails and with unequal spread. It does not bring $\pi$ in.
#
# **Misconception.** "R-hat is a bad diagnostic, then." It is a good one, for what it was made for: chains that have not found each other yet.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which of these six does R-hat see?
#
# Four chains of noise, with a fault put in. For which of them is a number above 1.01?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def split_rhat(", "by_hand = pd.DataFrame(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 10 to 13.** (Skip when late.)
#
# **Read out the six rows before you show the table:** all four agree; one chain stands apart; all drift alike, upwards; one chain is
# wider than the others; heavy tails and one chain apart; all are wrong alike, shifted by seven. For each, hands up: will R-hat see it?
#
# **Answers one gets.** Everybody finds *one chain apart*. Most think that *one chain wider* is seen; it takes ranks and distances from the median to see it.
# Some raise their hands for the last row, although seven standard deviations are a lot.
#
# **Fragment. Point at** the columns. *Not split* misses the common drift. *Split* misses the different spread and the shift among heavy
# tails, where a mean and a variance are poor summaries. *Rank* finds these.
#
# **Point at** the last row. No column sees it. That is the first picture once more.
#
# **Then.** The notebook writes these numbers in a dozen lines, and holds them against ArviZ.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Invariance: start from the truth, and stay there
#
# 1. Start $N$ chains from **exact draws** of a target that you know.
# 2. Take some steps. Keep one draw of each chain.
# 3. Is the cumulative curve $F_N$ of the end points still that of the target?
#
# Chance alone explains a gap of up to
#
# $$D = \sqrt{\frac{\log(2Q/\kappa)}{2N}} \qquad Q \text{ quantities, false alarm } \kappa \text{ in all}$$

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("recorded = read()")
rightly = chapter.rightly
Markdown(
    f"All checks, asked of {rightly.exhibit.nunique()} **right** programs in "
    f"{rightly.num_runs.sum()} runs: {rightly.num_failed.sum()} false alarms."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 13 to 17.**
#
# **Say.** If the rule of the sampler leaves the target as it is, then exact draws stay exact draws, after one step and after fifty. You choose
# the target, so you can choose one from which you can draw.
#
# **Ask.** "Why one draw from each chain, and not a thousand from one?" *Answer:* the bound is for independent draws. We come back to
# this; it is the most common mistake in testing samplers.
#
# **Where $D$ comes from.** The inequality of Dvoretzky, Kiefer and Wolfowitz with Massart's constant: the largest gap exceeds $D$ with
# probability at most $2 \exp(-2ND^2)$, for every law. Set it equal to $\kappa / Q$ and solve. **On the board,** it takes two lines.
#
# **Ask.** "How many more chains do you need to see a mistake half as large?" *Answer:* four times as many.
#
# **Ask.** "Which target would you choose?" *Answers one gets:* "a standard normal". *Better:* one with correlation and unequal scales. On a round
# target many mistakes do nothing.
#
# **Fragment.** A check is worth something only if it is silent on right samplers and loud on wrong ones. This is the first half.
#
# **Misconception.** "A p-value below 0.05 shows a bug." With twenty checks a right program fails one of them. Fix $\kappa$ first, and make it small.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## SBC: the truth is one more draw from the posterior
#
# Draw a truth $\theta^\ast$ from the prior, then data $y$ given $\theta^\ast$. Fit $y$: $\theta_1, \dots, \theta_N$.
#
# 1. $p(\theta^\ast)\, p(y \mid \theta^\ast) = p(y)\, p(\theta^\ast \mid y)$: given $y$, the truth **is a draw from the posterior**.
# 2. If the fit is right, $\theta^\ast, \theta_1, \dots, \theta_N$ are $N + 1$ independent draws from one law.
# 3. Each order is equally likely. The **rank** of $\theta^\ast$ is uniform on $0, 1, \dots, N$.

# %% [markdown] slideshow={"slide_type": "fragment"}
# > No posterior had to be known. It is enough to be able to draw from the model.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 17 to 21.**
#
# **Say.** For your own model there is no exact posterior to start from. Simulation-based calibration turns this around: draw the truth first.
#
# **Line 1** is Bayes' rule, read from left to right. On the left stands how we made the pair: truth, then data. On the right stands the same
# pair, as if the data had come first. **Ask.** "So who drew $\theta^\ast$ from the posterior?" *Answer:* we did, without computing it.
#
# **Line 2. Ask.** "What if the draws of a chain depend on each other?" *Answer:* then line 2 fails, and the ranks are not uniform although the
# sampler is right. Thin, or run longer chains.
#
# **Line 3.** The rank is the number of draws below the truth. With $N$ draws there are $N + 1$ places.
#
# **Ask.** "Does the theorem hold for one particular truth?" *Answer one gets:* yes. *Right answer:* no, only over truths from the prior.
# A posterior is pulled towards the prior, at any one truth. Exercise 8.3 is this mistake.
#
# **Stress the direction.** A right sampler has uniform ranks. Nobody said that uniform ranks make a sampler right. We shall use that.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: the loop follows the theorem

# %% tags=["hide-input"]
chapter.code("sbc_by_hand")

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict.** Sketch the histogram of ranks for four samplers: *right*, *too sure* (a posterior too narrow), *too unsure* (too wide) and *shifted* (it sees one head too many).

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 21 to 24.**
#
# **Say.** The model is a coin with ten flips and the prior Beta(2, 2), so a fit is one line. `posterior_draws` is whatever we want to test.
#
# **Point at** the four lines with comments: a truth, data, a fit, a rank. They are the sentences of the slide before.
#
# **Ask.** "What happens if `truth` is drawn above the loop?" *Answer:* one truth for all fits, and the theorem does not apply.
#
# **Fragment.** Give them a full minute, with pencil and paper, four small boxes. The useful question is: "A posterior that is too narrow: where among
# its draws does the truth lie too often?" *Answer:* outside. It is below all of them or above all of them.
#
# **Answers one gets.** Many draw a hump for *too sure*, since the posterior is a narrow hump. Let it stand until the next slide.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A cup is too sure, a cap too unsure, a slope is shifted

# %% tags=["hide-input"]
chapter.run("def sbc_by_hand(")
picture = chapter.run("figures.ranks(")
picture.caption = ""  # the figure fills the slide; what its rows show is in the notes
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 24 to 27.**
#
# **Say.** Above: how often the truth had each rank; the grey band holds 99 of 100 bars of a right sampler. Below: the same ranks as a cumulative
# curve, minus an even one. Its grey band is $D$, with the number of fits in place of $N$, and a curve that leaves it is orange.
#
# **Ask.** "Compare with your sketch. Which one did you get wrong?" Mostly cup and cap are swapped.
#
# **Misconception.** "A cup: many truths in the middle." The histogram shows *ranks*, not values. High bars at both ends mean that the truth falls
# outside the draws too often.
#
# **Ask.** "The slope falls: many low ranks. To which side are the draws shifted?" *Answer:* few draws lie below the truth, so the draws are
# too high. It saw one head too many.
#
# **Ask.** "Why the lower row, when the upper one is easier to read?" *Answer:* its band holds for the whole curve at once. Of twenty bars, one or
# the other leaves its own band sooner or later, and then one begins to argue.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: how small a fault does it see?

# %% tags=["hide-input"]
chapter.where("samplers = {")

# %% [markdown]
# 1. Change `sharpness=3` to `1.3`. Run this cell and the **figure below it**. Is there a cup? Does the curve leave the band?
# 2. Now change the number of fits from `1000` to `10_000`, and run both again.
# 3. **What does a check that passes tell you?**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 27 to 31. Live demo.** (Skip when late.) Switch to the notebook. Run only the cell and the one with the figure; the cell after that
# compares with the package's verdicts, and would stop at the change.
#
# **Before each run, let them vote:** inside the band, or outside?
#
# **Step 1.** The posterior is now too narrow by a tenth or so. Looking hard one may see a trace of a cup. The curve most likely stays in the band.
# **Ask.** "Is this sampler right?" *Answers one gets:* "yes, it passed". You know that it is not, since you just broke it.
#
# **Step 2.** It takes a few seconds. The band is narrower by a factor of $\sqrt{10}$, the bend is what it was, and the curve leaves the band.
#
# **Step 3.** Collect answers. *Aim:* "that no fault larger than about the band was there." A check has a resolution, as a microscope has one.
# $D$ is that resolution, and exercise 8.1 asks how many fits it takes for a given one.
#
# **Undo** the changes afterwards. **If the demonstration fails,** go back one slide and ask which of the three faults would be missed first with
# a hundred fits.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Uniform ranks do not make a sampler right

# %% tags=["hide-input"]
chapter.run("ALPHA = 1e-5")
Markdown(f"HMC on a line, compiled, **passes**: {chapter.verdict.message}.")

# %% [markdown]
# **Predict.** Another sampler ignores the data, and draws from the **prior**. Its ranks of $\theta$?

# %% [markdown] slideshow={"slide_type": "fragment"}
# Uniform: truth and draws come from one law again. Rank a quantity that needs **both**, $\theta$ and $y$, such as the log likelihood.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Joint test.** Draw $(\theta, y)$ from the model, let the sampler move $\theta$ to $\theta'$. Is $(\theta', y)$ still a draw from the model? Look **before** $y$ is drawn anew.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 31 to 35.**
#
# **Say.** First what one hopes for: a real sampler, a thousand fits side by side, compiled. The message gives the worst quantity and what chance explains.
#
# **Predict. Ask,** and let them go back to line 3 of the theorem. *Answers one gets:* "a cap, since the prior is too wide". *Right answer:*
# uniform, exactly. The truth comes from the prior, so do the draws, and so each order is equally likely.
#
# **First fragment.** The rank of the log likelihood sees it: the truth fits its data, a draw from the prior does not. This is exercise 8.4.
#
# **Second fragment.** The joint test of Geweke, in the form of Gandy and Scott. No long run, nothing must converge, no posterior is known: a sampler that
# leaves every posterior as it is leaves the joint law as it is.
#
# **Ask.** "Suppose that you draw $y'$ given $\theta'$ at the end, and look at that pair. Who gets through?" *Answer:* the same sampler.
# $\theta'$ is from the prior, $y'$ belongs to it, and the pair is a perfect draw from the model.
#
# **Question to keep.** "You made a mistake in your log likelihood, and none in the sampler. Which of invariance, SBC, joint test and R-hat can find it?"
# *Answer, at the end of the chapter:* SBC and the joint test, because their data come from another program than the log density.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: one of four patients is healthy

# %% tags=["hide-input"]
chapter.run("figures.gallery(")
symptoms = chapter.run("def look_at(").T.drop(index="one moves, one stays")
symptoms = symptoms.map(
    lambda value: ("no", "yes")[value] if isinstance(value, bool) else f"{value:.2f}"
)
symptoms["exact"] = ["", "", "", "yes", "1.00", f"{np.sqrt(2 - 2 * 0.8):.2f}"]
HTML(symptoms.to_html(border=0))

# %% [markdown]
# Same target as before. Who is right? What may be wrong with the others?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
reveal = {letter: name.replace("_", " ") for letter, name in chapter.PATIENTS.items()}
Markdown("; ".join(f"**{letter}** {name}" for letter, name in reveal.items()))

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 35 to 39.**
#
# **Say.** Four samplers, run as in the first picture. Columns are samplers, rows are symptoms. *Stands still* is the share of steps that repeat the
# position before. *Mean fine* means within 0.2 of zero.
#
# **Two minutes with the neighbour,** then collect. First by exclusion: who has a symptom that a right sampler cannot have?
#
# **Patient I.** The mean is off. One random key makes the proposal *and* decides on it, so moves to one side are accepted more often.
#
# **Patient III.** The last row. Each coordinate alone is perfect, the difference varies far too much: the correlation is gone. A Gibbs sampler that draws both
# coordinates given *old* values. **Say:** a check that looks at one coordinate at a time passes it.
#
# **Patient IV.** It hardly ever stands still, and yet not every proposal is accepted. It records only moves. Too little time is spent
# where the density is high, so the difference across the ridge is a little too wide.
#
# **Answers one gets.** "II is ill, it stands still more than half of the time." That is what a random walk does where the density is high.
#
# **Point at** the first row. Nobody was found by it. **In the notebook** the same four come with pictures.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Read a row: who sees this bug? A column: what is missed?

# %% tags=["hide-input"]
chapter.run("whole = matrix()", "chain_bugs = rows_of")
chosen = [
    "one_key_for_both",
    "stale_logdensity",
    "accepts_per_coordinate",
    "never_moves",
    "ignores_the_data",
    "omits_the_prior",
]
part = chapter.rows_of("Metropolis-Hastings", "Gibbs", "posterior draws").loc[chosen]
picture = chapter.figures.matrix(part.loc[:, (part != "").any()], "Some wrong samplers.")
picture.caption = "F: sees the bug. p: passes. ?: cannot tell. Empty: does not apply."
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 39 to 42.**
#
# **Say.** The course keeps a museum of wrong samplers, and each was asked by every check that applies to it, on several seeds. This is a part of the
# table; the notebook has all of it.
#
# **A row. Ask.** "*One key for both*: what does R-hat say, and who sees it?" Read along the row.
#
# **A row. Ask.** "*Stale log density* compares each proposal with the height of the *start*. Why does R-hat, of all checks, see it?" *Answer:* four starts have
# four heights, so each chain has a law of its own. With four equal starts it is not seen. So choose starts that differ.
#
# **A row.** *Never moves*: invariance says that it cannot tell. Exact draws that stay where they are remain exact draws. That is why the check of movement stands beside it.
#
# **The last two rows. Ask.** "Why does SBC let through a sampler that omits the prior?" *Answer:* on this line the truth and the draws both scatter about the least-squares
# estimate with the same covariance; neither is special. The joint test sees it.
#
# **A column. Ask.** "Which column would you take to a desert island?" *Answer:* invariance, with movement beside it. But it tests the rule on *your* target
# of choice. It says nothing about your posterior.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two sentences on trial

# %% tags=["hide-input"]
chapter.verdicts()

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
bugs = chapter.chain_bugs
sees = {
    name: f"{(bugs[name] == 'fails').sum()} of {(bugs[name] != '').sum()}"
    for name in ("R-hat", "SBC with log likelihood", "joint test", "invariance")
}
Markdown("Wrong samplers seen. " + "; ".join(f"{name}: **{n}**" for name, n in sees.items()) + ".")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 42 to 43.** (Skip when late.)
#
# **Say.** The course puts sentences that one hears on trial, and measures. The first one is heard often.
#
# **Ask.** "In the first row a *case* is a wrong sampler. Where the sentence holds, what has R-hat done?" *Answer:* it gave the alarm. For all the others in the trial
# the sentence is refuted: wrong, and R-hat below 1.01.
#
# **Fragment.** The same in numbers, over the whole museum. Not every check applies to every sampler, so the second numbers differ.
#
# **Say.** Checks are like witnesses. One tells you what it saw. That it saw nothing is no alibi.
#
# **What it costs.** Once compiled, each of these checks takes a fraction of a second on such targets; what one waits for is the compiler. Weigh it against
# a wrong result.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A common mistake: testing one long chain
#
# A Kolmogorov-Smirnov test at level 0.05 promises 5 rejections in 100, **to independent draws**.
#
# **Predict.** We cut the chains of the *right* walk A into stretches of 500 draws, and test each stretch against the exact law. How many of 100 are rejected?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("stretches = first_runs")
share = np.mean(chapter.alone < 0.05)
Markdown(
    f"**{100 * share:.0f} of 100.** But with one draw from each of the {len(chapter.stretches)} "
    f"stretches, the p-value is {chapter.one_from_each:.2f}."
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# So: **one draw from each of many chains**. And choose the number of false alarms before you look, not the seed after.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 43 to 45.** (Skip when late.)
#
# **Ask** for a number from three people before you show the fragment. *Answers one gets:* "5", "10", "maybe 20".
#
# **First fragment.** Most of them, by far. Five hundred draws that remember are worth some dozens, so the curve lies much farther from the exact one than the
# test believes possible. The sampler is right, the test is not applicable.
#
# **Misconception.** "Then I thin a little, and it is all right." Only if what is left is nearly independent. One draw per chain needs no judgement.
#
# **Second fragment.** The other common mistake: trying seeds until the test is green. A right sampler hardly ever needs a second try; a wrong one near the edge
# gets through after some.
#
# **A third one,** if there is time: trusting the tests of an integrator for the sampler. An HMC whose momentum has a wrong covariance passes reversibility,
# volume and energy. Only invariance on a hard target sees it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A right sampler can fail on your posterior

# %% tags=["hide-input"]
chapter.run("def logdensity_of(")
chapter.run("figures.energies(energy")

# %% [markdown]
# **E-BFMI**: the mean squared change of the energy from draw to draw, over the variance of the energy. Below about 0.3 one worries.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 45 to 47.** (Skip when late.)
#
# **Say.** The course's NUTS, right by all the checks so far, on two targets of ten dimensions. *Flat*: nine numbers of one scale. *Funnel*: their scale depends on the
# tenth, from chapter 06.
#
# **Point at** the orange outlines. A path keeps its energy; only the fresh momentum changes it. In the flat case one new momentum spans the whole range. In the
# funnel the range is wide, and one momentum is a small step in it.
#
# **Ask.** "So which kind of check helps here, agreement or truth?" *Answer:* here it is the diagnostics that help: E-BFMI, divergences, R-hat, ESS all give the alarm. A test of the
# program would pass, and rightly.
#
# **Say.** Tests against the truth ask once and for all whether the program is right. Diagnostics ask for every fit anew whether it has worked this time.
#
# **Misconception.** "The error bar covers it." An MCSE from chains that never saw the neck is itself too small.
#
# **Then.** The cure is another form of the model: chapter 09.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does the model fit? Ask what it was not fitted to
#
# 100 flips of a coin that **remembers** the flip before. The model has independent flips. Which statistic of replicated data will look strange: **heads** or **switches**?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
rng = np.random.default_rng(88)  # the flips of the chapter, and the exact posterior of the model
flips = (rng.integers(2) + np.cumsum(rng.random(100) > 0.8)) % 2
a, b = chapter.binomial.posterior(chapter.binomial.Data(flips, np.ones(100, dtype=int)))
replicas = (rng.random((2000, 100)) < rng.beta(a, b, size=(2000, 1))).astype(int)
statistics = {
    "number of heads": lambda y: y.sum(axis=-1),
    "number of switches": lambda y: (np.diff(y, axis=-1) != 0).sum(axis=-1),
}
chapter.figures.predictive(
    {name: statistic(replicas) for name, statistic in statistics.items()},
    {name: int(statistic(flips)) for name, statistic in statistics.items()},
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 47 to 49.** (Skip when late.)
#
# **Say.** A right sampler gives the posterior of the model *that you wrote*. None of today's checks asks whether this model could have produced your data. A
# posterior predictive check does: draw parameters from the posterior, draw a data set for each, and compare a statistic of your choice.
#
# **Ask** for a vote before the fragment. *Answers one gets:* both.
#
# **Fragment. Right answer:** the number of heads fits, and must, since the model has a parameter for it. The number of switches does not fit at all.
#
# **Misconception.** "The check passed, so the model is right." It uses the data twice, to fit and to judge, so it is mild. Choose statistics that the model was
# not fitted to.
#
# **Say.** Three questions, then, to be kept apart: is the program right, did this fit work, does the model fit the data?

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - say what **R-hat, ESS and E-BFMI** cannot see
# - test a sampler by **invariance**, a whole analysis by **SBC** and the **joint test**
# - read ranks: **cup, cap, slope**
# - **diagnose** from symptoms
# - keep apart **program**, **fit** and **model**

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **8.1** change one number
# - **8.2** three more patients
# - **8.3** find the bug
# - **8.4** a quantity that sees it
# - **8.5** build the variant

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 8.1 takes three minutes, 8.2 is the one to do with your neighbour, in 8.5 you build the
# invariance test yourself.
#
# **Question to take along.** "You wrote a new sampler, and a new model to use it on. Which check comes first?" *Answer:* invariance, on a known target. It judges the sampler
# alone. Then the model, by SBC or the joint test. Then each fit, by diagnostics.
#
# **Next.** Chapter 09: eight schools, a model with a funnel inside.
