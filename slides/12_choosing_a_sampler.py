# %% [markdown] slideshow={"slide_type": "slide"}
# # Choosing a sampler
#
# You have a model and an evening. Which sampler, and how would you know that it was the wrong choice?
#
# You will be able to
#
# - **compute** what an effective draw costs, and when a dear start pays,
# - **turn** an approximation into a sampler that is right,
# - **decide** for a model of your own, and check the decision.
#
# Bayesian sampling · Chapter 12

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
from html import escape

import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown
from IPython.utils.capture import capture_output

chapter = Chapter("12_choosing_a_sampler")
chapter.run("import optax")
# The cell that names the models also compiles seven programs, for which a deck need not wait.
models = {"binomial": "coin", "line": "line", "eight_schools": "eight schools"}
chapter.define(models=models)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: the race (5), what a draw costs (4), a comparison by hand and live (12), variational
# inference made honest (9), the well-known table on trial (5), where it breaks (8), the guide (4), exercises (2).
#
# **Say.** You have met five methods. Everybody has heard which is best, and everybody has heard something else. Today we find
# out what must be said before such a sentence means anything.
#
# **Prepare.** Have the notebook of chapter 12 open and its cells run as far as *By hand*.
#
# **If you are 15 minutes late,** skip *One loop serves both*, *Live*, *Predict: which of these fits would you ship?*, *Predict: the
# words of a well-known table* and *A common mistake*, and talk about one claim in place of seven.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Four lines fall alike; the fifth meets a floor

# %% tags=["hide-input"]
race = chapter.run("figures.race(")
race.caption = ""  # no room below this picture: the next slide says where the runs took place
race

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 4.**
#
# **Say.** The eight schools of chapter 09, four chains of each method. To the right: computing time. Upwards: how wrong the
# probabilities are that the draws report, in percentage points. Both axes are logarithmic. A line starts where the warm-up of its
# method ends; that of VI, variational inference, where the fit ends.
#
# **Ask.** "What do the four samplers have in common?" *Answer:* in the end their lines have the same slope: the error falls like one
# over the square root of the number of draws. They differ by a shift to the right.
#
# **Ask.** "What does a shift to the right mean?" *Answers one gets:* "it starts later." That is half of it. *Right answer:* an effective
# draw costs more.
#
# **Point at** the line that becomes level. **Ask.** "Do more draws help here?" *Answer:* no. More draws from a wrong distribution
# tell more precisely what that distribution is.
#
# **Misconception.** "The wobbles mean something." They are few runs; look at the trend.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: will the order be the same on a coin?
#
# Write it down, for yourself:
#
# 1. A **coin**, one unknown, compiling left out: who has the most effective draws per second? Who the fewest?
# 2. **Compiling counted**, on any model: the same order?
# 3. Who is never last?

# %% tags=["hide-input", "small"]
machine = chapter.machine
Markdown(
    f"All that is called recorded in this deck: {machine['cpu']}, {machine['threads']} threads, "
    f"{machine['date'][:10]}, jax {machine['versions']['jax']}"
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 4 to 6.**
#
# **Ask,** and give them a full minute to write. A prediction that is only thought is forgotten when the answer comes.
#
# **Then** let three people read theirs aloud, and write the names on the board. The answer comes on the slide with dots and rings.
#
# **Answers one gets.** "The same order, a coin is only smaller." "Gibbs, since on a coin it draws independently." Both are good
# reasons. Do not comment.
#
# **Say** what recorded means: these runs took place once, on a machine that did nothing else, and the notebook reads the record.
# Whoever wants can make their own with one command.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Only the product counts: steps times seconds
#
# A run of $n$ effective draws costs
#
# $$F + \nu\, n \ \text{ seconds}, \qquad \nu = \tau_\mathrm{int}\, t_1$$
#
# $F$: compiling and warm-up, once. $t_1$: seconds for a step. $\nu$: the **price** of an effective draw.

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two methods cost the same at
#
# $$n = \frac{F_b - F_a}{\nu_a - \nu_b}, \qquad \text{if this is positive}$$

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def costs(")
meetings = []
for other in ("HMC", "NUTS"):
    (fixed_a, price_a), (fixed_b, price_b) = (
        chapter.costs("eight_schools", method) for method in ("Metropolis-Hastings", other)
    )
    n = (fixed_b - fixed_a) / (price_a - price_b)
    meetings.append(f"{other} {f'at **{n:,.0f}** effective draws' if n > 0 else '**never**'}")
Markdown(f"Eight schools, recorded: Metropolis-Hastings meets {', and '.join(meetings)}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 6 to 10.**
#
# **Ask.** "A step of method A takes one microsecond, one of B a hundred. Which is better?" Wait until someone asks for
# $\tau_\mathrm{int}$, the steps for one effective draw. Neither factor says anything alone.
#
# **On the board.** Two lines, seconds against $n$: one begins low and is steep, one begins high and is flat. Where they cross is the
# formula of the fragment.
#
# **Ask.** "And if the formula gives a negative number?" *Answer:* one method is cheaper in both, start and price; they never meet.
#
# **Second fragment.** Two of the dear steps against the walk. Where a number stands: who is right, a person who needs a few hundred draws
# once, or one who needs a million? Both, with different samplers. *Who wins depends on how much you ask for.* Where it says never: one of the
# two is cheaper in start and price, on this model of ten unknowns. That is no law; in more dimensions the price of the walk grows.
#
# **Misconception.** "ESS is one number." A chain has an ESS for each quantity. We take the smallest, over all quantities of the model, of bulk
# and tail: you wait for the worst.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One loop serves both samplers

# %% tags=["hide-input"]
chapter.run("line = registry.build(", "def metropolis_hastings_by_hand(")
chapter.code("metropolis_hastings_by_hand")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 10 to 13.** (Skip when late.)
#
# **Say.** The target is the line of chapter 07, two unknowns. We compare a random walk with an *independence sampler*: its proposals
# come from one fixed density $q$, wherever the chain stands. Chapter 03 had both; here they are one loop.
#
# **Point at** `log_w`, which is $\log\gamma - \log q$. **Ask.** "Which name has $\gamma / q$ in chapter 10?" *Answer:* the importance
# weight. The Hastings ratio of such a sampler is a ratio of two weights.
#
# **Ask.** "What is `log_q` for the random walk?" *Answers one gets:* "the normal density of the step." *Right answer:* zero. The
# proposal is symmetric, so it cancels, and the same line of code serves.
#
# **Ask.** "Where does the $q$ come from?" *Answer:* mean and covariance of a pilot run of the walk. The pilot is part of the cost, for
# both: one needs it as warm-up, the other for its $q$.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which of the two pays less for a draw?

# %% tags=["hide-input"]
chapter.run("step_size = 0.06")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 13 to 15.**
#
# **Say.** The same posterior, the same number of steps. Left: short steps, and a rejected step leaves the chain where it is. Right:
# proposals from the dashed normal.
#
# **Ask.** "On the left, why are there so few points?" *Answer:* many steps were rejected, and each accepted one ends nearby.
#
# **Vote:** who pays less for an *effective draw*, in seconds? Left, right, cannot be said.
#
# **Answers one gets.** "Right, it has been everywhere." "Left, since it need not evaluate $q$, so its steps are quicker." The
# picture shows only one of the two factors. *Cannot be said* is the right answer, until somebody has looked at a clock.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A cheap step is not yet a cheap draw

# %% tags=["hide-input"]
compared = chapter.run("compared = {}")
HTML(compared.to_html(border=0, float_format=lambda v: f"{v:,.0f}" if v >= 100 else f"{v:.2f}"))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
tau = compared["τ_int"]
Markdown(
    "For one effective draw the walk takes "
    f"**{tau['random walk'] / tau['independence sampler']:.0f} times** as many steps."
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > A comparison states: **one target**, **right answers**, what the **clock** holds, and effective draws of the **worst** unknown.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 15 to 18.**
#
# **Say.** Measured when this deck was built, on the machine that built it; the last columns will differ on yours.
#
# **Ask.** "Multiply in your head: which two columns make the price?" *Answer:* microseconds per step, times $\tau_\mathrm{int}$.
#
# **Ask.** "Why is the last column lower than the one before?" *Answer:* the pilot run is counted. For a longer run it would weigh less.
#
# **Second fragment.** Take the four conditions one by one, and ask what goes wrong without each. Another target: nothing can be
# compared. Wrong answers: a sampler that returns a constant is the quickest of all. The clock: with or without compiling? The worst
# unknown: otherwise one chooses the unknown that flatters.
#
# **Then.** The notebook holds both chains against the exact means before it prints a single rate.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: spoil the walk, and watch the other one

# %% tags=["hide-input"]
chapter.where("step_size = 0.06")

# %% [markdown]
# 1. `step_size = 0.01`. Run this cell and the next. **Which columns of the walk change?**
# 2. Look at the independence sampler. Nobody touched it: **why does it change?**
# 3. `step_size = 0.3`. The same questions.
# 4. Back to `0.06`, but a pilot run of 200 steps: `timed(200, …)`

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 18 to 22. Live demo.** (Skip when late.) Each run takes a moment. Vote before each.
#
# **1.** Tiny steps: nearly everything is accepted, and $\tau_\mathrm{int}$ grows by much. *Misconception, once more:* "a high acceptance
# is good."
#
# **2.** *Answers one gets:* "chance". *Right answer:* its $q$ comes from the pilot run, and the pilot walks with the same step size. A pilot
# that hardly moved has seen a part of the hill; its $q$ is too narrow or in the wrong place, and the acceptance falls.
#
# **3.** Long steps: most are rejected. The pilot has few different points, yet they lie all over the hill; $q$ suffers less than one
# thinks. Compare with 2.
#
# **4.** A poor fit shows in the acceptance of its draws as proposals. Keep this sentence: the next slide makes a method of it.
#
# **If the demonstration fails,** ask the four questions on the slide before, and argue with the picture of the two walks.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## An approximation becomes a sampler by its weights
#
# Draws of variational inference come from $q$, not from $\pi$. **Propose them**, and decide:
#
# $$r(x, x') = \frac{\gamma(x')\, q(x)}{\gamma(x)\, q(x')} = \frac{w(x')}{w(x)}, \qquad w(x) = \frac{\gamma(x)}{q(x)}$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# - $q = \pi$: all weights are equal, everything is accepted.
# - $q$ misses a part of $\pi$: the chain comes there **rarely**, with a **huge weight**, and then **sits**.
# - Either way the chain is invariant for $\pi$. Acceptance and $\tau_\mathrm{int}$ judge the fit.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 22 to 26.**
#
# **Ask.** "In the tables that one finds, VI has an autocorrelation of nothing and accepts everything. True?" *Answer:* true and empty.
# The draws are independent draws from the wrong distribution. To stand in a table with samplers they need a price in the
# same currency: effective draws *from the posterior*.
#
# **Say.** The tool is from chapter 03. Use the draws as proposals of an independence sampler. Nothing about $q$ has to be known
# but its density.
#
# **Ask.** "Which position is hard to leave?" *Answer:* one with a huge weight, since $r$ is then tiny. It is where $q$ puts too little.
#
# **Misconception.** "A low acceptance means that the corrected chain is wrong." It is slow, not wrong. But a short run that has not yet
# met such a place does not know that there is one, and its ESS is too good to be true.
#
# **Then.** In the notebook one run gives both: the draws that VI hands out, and the corrected chain.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## More draws do not move a bias

# %% tags=["hide-input"]
worst = {
    f"{short}, recorded": {
        method: tuple(
            np.median(chapter.recorded[model, method][part]) for part in ("error", "error_mcse")
        )
        for method in chapter.names
    }
    for model, short in models.items()
}
chapter.figures.errors(worst, 0.02, "The worst error of each method")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Far from zero, with a short bar: **certain, and wrong.**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 26 to 28.**
#
# **Say.** If seven per cent of the draws lie below the exact five per cent quantile, that is an error of two points. Each panel shows the
# worst such error, of the draws that a method hands out; for VI these are the uncorrected ones, since nobody corrects them.
#
# **Ask.** "Which rows would shrink if we ran ten times longer?" *Answer:* those of the four samplers: their bars are long, so their errors are
# chance. (The worst of many errors is above zero even by chance.) VI's row in the last panel would only get a shorter bar.
#
# **Ask.** "On which unknown do you expect VI's error?" *Answer:* on $\tau$, the spread of the schools; a mean-field normal cannot follow it.
#
# **Misconception.** "A short error bar means a good answer." It says how well the *wrong* number is known.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which of these fits would you ship?


# %% tags=["hide-input"]
def fit(model, field):
    """The median of VI's recorded runs."""
    return float(np.median(chapter.recorded[model, "VI"][field]))


HTML(
    pd.DataFrame(
        {
            short: {
                "Pareto k-hat (limit 0.7)": f"{fit(model, 'khat'):.1f}",
                "largest weight over the mean": f"{fit(model, 'largest_weight'):.0f}",
            }
            for model, short in models.items()
        }
    ).T.to_html(border=0)
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
HTML(
    pd.DataFrame(
        {
            short: {
                "acceptance": f"{fit(model, 'acceptance_rate'):.2f}",
                "error, points": f"{100 * fit(model, 'error'):.1f}",
                "once corrected": f"{100 * fit(model, 'corrected_error'):.1f}",
            }
            for model, short in models.items()
        }
    ).T.to_html(border=0)
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# k-hat asks whether weights can **repair** the draws, not whether the draws are right.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 28 to 31.** (Skip when late.)
#
# **Ask** with the first table only: "Chapter 10 says that a k-hat above its limit is an alarm. Which fit is bad?" Vote.
#
# **Answers one gets.** "The coin." It is what the rule says, and it is wrong.
#
# **First fragment.** On the coin nearly every proposal is accepted and the error is small. k-hat describes the *shape* of the tail of the
# weights, not its *height*. Where the largest weight is hardly above the mean, there is no tail to speak of.
#
# **Ask.** "And the eight schools?" *Answer:* k-hat lets them pass, and their draws are the furthest off. The weights are able to repair
# them, which is another thing: look at the last column.
#
# **Right answer to the title.** Judge by acceptance, and by how far the probabilities move when the draws are corrected.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: the words of a well-known table
#
# | | steps | autocorrelation | besides |
# |:---|:---|:---|:---|
# | Metropolis-Hastings | fast | high | |
# | Gibbs | lightning fast | moderate | acceptance 100 % |
# | HMC | expensive | low | high acceptance |
# | NUTS | expensive | very low | good on complex posteriors |
# | VI | fastest | none | biased on complex posteriors |
#
# Coin, line, eight schools: which of these words hold on **all three**?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 31 to 33.** (Skip when late.)
#
# **Say.** This table circulates in many versions, always in words. Words cannot be wrong. So each got a number first, before anything was
# measured: *high* is at least ten steps for an effective draw, *very low* at most two, *moderate* at most half as high as that of
# Metropolis-Hastings, *biased* more than two percentage points.
#
# **Ask.** Let everybody choose the one word they would bet on. Collect by a show of hands, row by row.
#
# **Answers one gets.** Most bet on *very low* and on *fastest*.
#
# **Ask.** "Which word cannot be tested at all as it stands?" *Answer:* 'complex'. We take the funnel, the eight schools in their centered form.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Most words are true of some model, false of another

# %% tags=["hide-input"]
CLAIMS = {  # what the slide says, and the chapter's trial
    "Metropolis-Hastings: at least 10 steps for a draw": "Metropolis-Hastings has a high autocorrelation",
    "Gibbs: at most half as many": "The autocorrelation of Gibbs is moderate",
    "HMC: its dear steps pay, against the walk": "The low autocorrelation of HMC pays",
    "NUTS: at most 2 steps for a draw": "NUTS has a very low autocorrelation",
    "NUTS: no probability off by more than 2 points": "NUTS is good on complex posteriors",
    "VI: no other whole run is shorter": "VI is the fastest",
    "VI: some probability off by more than 2 points": "VI is biased on complex posteriors",
}
with capture_output() as trials:
    chapter.run(*CLAIMS.values())


def named(cases):
    """Short names of the models, or a dash."""
    words = ", ".join(case.removeprefix("the model is ") for case in cases)
    return words.replace("eight schools, centered", "funnel") or "–"


def judged(claim):
    """Where a claim holds, and where its repeats contradict each other."""
    found, _, rest = claim["verdict"].removesuffix(")").partition(" (undecided when ")
    every, some = [case for case, _ in claim["measured"]], rest.split("; ") if rest else []
    if found == "is undecided":
        return named([]), named(every)
    if found.startswith("holds only when "):
        every = found.removeprefix("holds only when ").split("; ")
    return named(every if found.startswith("holds") else []), named(some)


def table(header, rows, size=22):
    """Show rows of words, every column from the left."""

    def line(tag, cells):
        inside = (f'<{tag} style="text-align: left">{escape(cell)}</{tag}>' for cell in cells)
        return f"<tr>{''.join(inside)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return HTML(
        f'<table style="font-size: {size}px"><thead>{line("th", header)}</thead>'
        f"<tbody>{body}</tbody></table>"
    )


verdicts = [judged(output.metadata["claim"]) for output in trials.outputs]
table(
    ["claim", "holds for", "undecided"],
    [(words, *verdict) for words, verdict in zip(CLAIMS, verdicts, strict=True)],
    size=26,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# A cell of such a table belongs to a method **on a model, in coordinates, in a program**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 33 to 36.**
#
# **Say.** Each claim got three models, two of them the funnel too, and five recorded runs for each. *Undecided* is where some runs
# say yes and some no. The numbers stand in the notebook, and on the page of all claims, `notebooks/claims.md`.
#
# **Ask.** "Who kept their bet?" Let them count the rows that hold on all models.
#
# **Point at** the row about Metropolis-Hastings. **Ask.** "Why is its autocorrelation not always high?" *Answer:* it grows with the
# dimension (chapter 03); the coin has one unknown.
#
# **Point at** NUTS and the funnel: absent. *Good on complex posteriors* fails on the very model for which one would need it. The
# next but one slide says what helps.
#
# **Misconception.** "Then the table is a lie." It is a summary that has lost its conditions.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## There is no ranking of samplers

# %% tags=["hide-input"]
chapter.run("speeds = {")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("orders = {}")
orders = list(chapter.orders.values())
places = [sorted(order.index(method) + 1 for order in orders) for method in chapter.names]
Markdown(
    f"**{len(set(map(tuple, orders)))} orders in {len(orders)} races.** Places taken: "
    + ", ".join(
        f"{method} {took[0]} to {took[-1]}"
        for method, took in zip(chapter.names, places, strict=True)
    )
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 36 to 39.**
#
# **Say.** Dots: compiling left out. Rings: compiling counted. Now take out what you wrote down.
#
# **Ask.** "Who is first by the dots on the coin? Is it Gibbs, which draws *independently* there?" If not: "How can independent
# draws lose?" *Answer:* an exact draw of a beta variable costs two gamma variables, and they cost more than a short path on a density of
# one unknown. The clock measures programs.
#
# **Ask.** "What does NUTS pay there, beside HMC?" *Answer:* it pays for the bookkeeping of its tree, and a coin does not repay it.
#
# **Ask.** "What do the rings do to the distances?" *Answer:* they shrink. On models this small you wait for the compiler.
#
# **Fragment.** Nobody's prediction was silly. Most had a method in mind and forgot the model.
#
# **Then.** The notebook counts evaluations in place of seconds, and gets yet another order.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: in the funnel, which alarm convicts?

# %% tags=["hide-input"]
wrong = chapter.run("wrong = {}")
HTML(wrong.drop(columns="largest error, points").to_html(border=0))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(
    "Largest error in points, which only the exact answer can tell: "
    + ", ".join(
        f"{method} **{error:.1f}**" for method, error in wrong["largest error, points"].items()
    )
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("guide = [", "by_coordinates =")
Markdown(
    f"ESS per second: NUTS in the other coordinates **{chapter.by_coordinates:.0f} times** as much; "
    f"there, the best of four samplers against the worst **{chapter.by_method:.0f} times**."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 39 to 42.**
#
# **Say.** So far each method had the coordinates that suit it. Now the gift is taken away: all five on the centered eight schools. The
# table shows what you would *see*, without the exact answer.
#
# **Ask.** "Who is right, who is wrong?" Vote row by row, before the fragment.
#
# **Answers one gets.** "Gibbs is wrong, its $\tau_\mathrm{int}$ is large." *Right answer:* it is slow and right; a long run pays for a large
# $\tau_\mathrm{int}$. **Divergences convict**, and only HMC and NUTS can have them.
#
# **Ask.** "Does acceptance tell anything?" *Answer:* nothing of the four samplers. Of VI it does.
#
# **Second fragment.** The choice of coordinates is worth more than the choice among the four samplers. And this flatters the wrong coordinates: what
# NUTS draws there is not even right.
#
# **Misconception.** "Divergences? Take Metropolis-Hastings, it never diverges." It has no alarm to ring, and the same funnel to walk down.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A common mistake: counting draws

# %% tags=["hide-input"]
chapter.run("draws_per_s = {")
HTML(
    pd.DataFrame(
        [chapter.by_draws, chapter.orders["eight schools", "compiling left out"]],
        index=["draws", "effective draws"],
        columns=["1st", "2nd", "3rd", "4th", "5th"],
    ).to_html(border=0)
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Three more stopwatches that lie:
#
# - it **stops at the return**, before the numbers are there
# - it **counts the compiling**, or hides it, and does not say so
# - it holds **32 bits against 64**, one core against two

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 42 to 44.** (Skip when late.)
#
# **Say.** The eight schools, recorded, by draws per second and by effective draws per second. Whoever counts draws rewards the sampler that moves least.
#
# **Ask.** "Sampler A makes fifty times as many draws a second as B. Which is faster?" *Right answer:* it cannot be said.
#
# **Fragment. Ask.** "How do you notice that a clock stopped at the return?" *Answer:* the times hardly depend on the number of draws.
# *Cure:* `block_until_ready` on everything that comes back.
#
# **Ask.** "Is it wrong to count the compiling?" *Answer:* neither counting nor leaving out is wrong; not saying it is. Report both.
#
# **Then.** The notebook holds each of these clocks against a program whose cost is known, and exercise 12.4 has three of the mistakes in five lines.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The guide: the first yes decides; then doubt it

# %% tags=["hide-input"]
table(
    ["question", "if yes", "chapter"],
    [
        (row.question.replace("\n", " "), row.advice, row.chapter)
        for row in [*chapter.guide, chapter.otherwise, chapter.afterwards]
    ],
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Walk it for: coal mines with an unknown year of change · a simulator without gradient · ten million rows, one evening · a model you meet today

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 44 to 48.**
#
# **Say.** In the notebook the guide is a picture, and below each advice stands what was measured for it.
#
# **Go down** the questions. For each: "When is the answer yes?" A formula: the coin. Whole numbers: a year, a count, a label. No gradient: a
# simulator. Time: your data are so many that NUTS does not get through its warm-up. Often: the same model every night.
#
# **Fragment.** Give each of the four problems to a corner of the room for half a minute. *Right answers:* Gibbs for the year and NUTS for the
# rest; Gibbs where conditionals have names, else a walk; VI, then k-hat, then its draws as proposals; NUTS.
#
# **Ask.** "Which row matters most?" *Answers one gets:* "otherwise: NUTS." *Right answer:* the last. Whatever you chose: other coordinates first,
# other samplers second.
#
# **Ask,** and come back to the question of the first slide: "How would you know that it was the wrong choice?" Collect: low ESS, $\hat R$,
# divergences in one place, for VI a low acceptance or probabilities that move when corrected, and a second method that disagrees.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - say what a comparison must **state**
# - compute **prices** and crossovers
# - make VI **honest**, and read its acceptance
# - say for **which model** a word holds
# - walk the **guide**, and doubt the result

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **12.1** a price
# - **12.2** the crossover
# - **12.3** make VI honest
# - **12.4** find the bugs
# - **12.5** choose, and defend it

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 48 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 12.1 takes two minutes. 12.3 is one line, and the line is a
# difference of two log weights. 12.4 is the one to talk about with your neighbour. 12.5 is for home: ten unknowns, strongly tied, and
# the choice is yours.
#
# **Question to take along.** "We compared five methods in one program. What if the same method is written in five languages?" *Answer,
# in chapter 13:* first ask whether it is the same model.
#
# **Next.** Chapter 13 keeps the models and changes the language.
