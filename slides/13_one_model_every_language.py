# %% [markdown] slideshow={"slide_type": "slide"}
# # One model, every language
#
# The same model, by hand and in seven languages: do they agree, what does each ask of you, and which is quickest *when what is counted*?
#
# You will be able to
#
# - **read** one model in seven languages,
# - **prove** that two programs are one model, before you compare draws,
# - **test** whether two systems agree, and **choose** one for a stated need.
#
# Bayesian sampling · Chapter 13

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import ast
import textwrap
from html import escape

import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown
from IPython.utils.capture import capture_output

chapter = Chapter("13_one_model_every_language")
chapter.run("import blackjax")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: the race (4), what *the same model* means (6), reading programs (9), comparing
# densities, live (7), traps (6), agreement (5), what is counted (7), claims (3), exercises (2).
#
# **Say.** Everybody here will one day receive a model in a language that they don't write. And everybody has heard that one
# of these languages is the fast one. Today: is it the same model, and fast at what?
#
# **Prepare.** Have the notebook of chapter 13 open, and its cells run down to *The same function?*
#
# **If you are 15 minutes late,** skip *TFP*, *Recorded runs against the exact answer*, *In a first run*, *First
# depends on how much you want* and *Claims on trial*, make only the third change of *Live*, and let the first figure speak for speed.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Dots are advertised; rings are waited for

# %% tags=["hide-input"]
chapter.run("record = Record(")
record, label = chapter.record, chapter.figures.label
# One way to run each language: all that were recorded do not fit.
CHOSEN = ["numpyro-parallel", "blackjax-2dev", "pymc", "nutpie"]
CHOSEN += ["tfp-xla", "edward2", "stan", "pyro"]
speeds = {
    chapter.MODELS[model]: {name: record.speeds(model).get(name) for name in CHOSEN}
    for model in chapter.models[:2]
}
picture = chapter.figures.rates(speeds, record.where)
picture.caption = (
    "Effective draws per second. Dot: sampling alone; ring: a first call, compiling and warm-up "
    f"included. Recorded: {record.where}."
)
picture.alt = f"{len(CHOSEN)} of the recorded systems. {picture.alt}"
picture

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict.** Plain NumPy, a random walk, a Python loop: on the coin, who is first to a thousand effective draws?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 5.**
#
# **Say.** The same method everywhere, NUTS with four chains. Each system tuned itself; all chose a step size, most a metric too. Colours say what
# computes. The axis is logarithmic: from one line to the next is a factor of ten.
#
# **Ask.** "Read the order by the dots, then by the rings. Is it the same?" Let them find pairs that change places, if there are any.
#
# **Ask.** "Whose ring is far from its dot?" *Answer:* that of a system that compiles for long, or draws very fast once it is compiled.
#
# **Ask.** "Would the rings move if the runs were longer?" *Answers one gets:* "no, it is a rate". *Right answer:* yes, to the right:
# the fixed cost is spread over more draws.
#
# **Misconception.** "A ratio of two dots is a ratio of two languages." It is a ratio of two habits: 32 or 64 bits, chains side by side or one
# after another, each with its own warm-up.
#
# **Fragment.** Everybody writes down a name. The answer comes late; do not comment. The walk is not on this picture, and it is a poor
# sampler: the question is what else counts.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The same model: log densities a constant apart
#
# Programs $a$ and $b$ are **the same model** if
#
# $$\log\gamma_a(x) - \log\gamma_b(x) = c \quad \text{for all } x$$
#
# A sampler moves free numbers $u$ with $x = g(u)$, such as $\tau = e^u$:
#
# $$\log\gamma_u(u) = \log\gamma(g(u)) + \log\,\lvert\det g'(u)\rvert$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# > Compare densities of $x$, both **without** determinant, or of $u$, both **with** it and with the same $g$.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 5 to 9.**
#
# **Ask.** "Two programs differ by the same amount at every point. Which lacks a term?" *Answers one gets:* "the lower one." *Right answer:*
# perhaps one, but it does not matter: a posterior is scaled to total probability one. Samplers see differences and gradients.
#
# **Ask.** "Where does the constant matter?" *Answer:* for the evidence (chapter 01), so for comparing models.
#
# **Say.** Languages may choose different maps $g$. For a positive number some take the exponential, others the softplus
# $\log(1 + e^u)$. Their densities of $u$ are then different functions, and rightly so: they are densities of different numbers.
#
# **On the board.** With $\tau = e^u$ the derivative is $\tau$ itself, so the last term is $\log\tau$. It stands in the last line of the next slide.
#
# **Misconception.** "The Jacobian is a matter of taste." Leave it out on one side, and the models differ.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: eight lines, and each a place to go wrong

# %% tags=["hide-input"]
chapter.run("def log_density_by_hand(")
chapter.code("log_density_by_hand")

# %% [markdown]
# The last **term** belongs to no distribution of the model. Why is it there?

# %% [markdown] slideshow={"slide_type": "fragment"}
# Nothing is given: no gradient, no prior draws, no support. **Nothing is hidden.**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 9 to 11.**
#
# **Say.** The first language is none. Eight schools, noncentered: ten unknowns, and the sampler moves $\log\tau$.
#
# **Ask** the question on the slide. *Answers one gets:* "it is the prior of `log_tau`". *Right answer:* the prior is on $\tau$, the sampler moves
# $\log\tau$, and a density of other numbers has a Jacobian. **Ask.** "And `theta = …`?" It belongs to no distribution either, but it is no term.
#
# **Ask.** "Which factors were left out?" *Answer:* all that do not contain an unknown. And the half-Cauchy's factor of two.
#
# **Ask.** "Which line would be wrong if $\tau$ were given a half-normal prior?" *Answer:* only the one with `np.log(1 + …)`.
#
# **Fragment.** This is the measure to which we hold the others: slow, plain, and all of it in sight.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## NumPyro and PyMC: nearly the same words


# %% tags=["hide-input"]
def statements(language):
    """What a program says, without its name, docstring and imports."""
    text = chapter.figures.program(language, chapter.NAME)
    body = [node for node in ast.parse(text).body[0].body[1:] if not isinstance(node, ast.Import)]
    return textwrap.dedent("\n".join(text.splitlines()[body[0].lineno - 1 :]))


chapter.run('NAME = "eight')
chapter.figures.Programs({language: statements(language) for language in ("NumPyro", "PyMC")})

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 11 to 14.**
#
# **Say.** The text of the files that the benchmark ran; `MU_SCALE` and `TAU_SCALE` are the model's two fives.
#
# **Ask.** "Where is the Jacobian?" *Answer:* nowhere. Both know from the prior that $\tau$ is positive, and add it.
#
# **Ask.** "What makes eight of `theta_base`?" *Answer:* in NumPyro the plate, in PyMC `shape`. Leave `shape` out, and there is a single
# one, shared by all schools, without an error.
#
# **Ask.** "May I put `if tau > 1:` into the upper one?" *Answers one gets:* "it is Python, so yes." *Right answer:* no. The function runs once,
# while JAX traces it, and what remains is a compiled program. In Pyro, which reads almost the same, one may: PyTorch runs the
# function at each evaluation of the gradient.
#
# **Point at** `with pm.Model()`: PyMC builds a graph that *holds* its data. A NumPyro program is a function of them.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: in Stan, where does the Jacobian come from?

# %% tags=["hide-input"]
Markdown(f"```stan\n{chapter.figures.program('Stan', chapter.NAME)}\n```")

# %% [markdown] slideshow={"slide_type": "fragment"}
# `lower=0` brings the Jacobian; `~` adds a log density and draws nothing.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 14 to 17.**
#
# **Say.** A language of its own, translated to C++ and compiled. Data, parameters and model are declared with types.
#
# **Ask** the question of the title. **Answers one gets.** "From `cauchy`", "from the tilde". *Right answer:* from the type: `real<lower=0>` is the
# support, so Stan moves a free number behind it and adds the determinant.
#
# **Ask.** "Is this a Cauchy or a half-Cauchy prior?" *Answer:* half, because of the bound; a constant factor of two apart, which no sampler
# sees.
#
# **Ask.** "What if I delete the line of `tau` in the model block?" *Answers one gets:* "an error". *Right answer:* it runs. A parameter without
# such a line has a flat prior on its support. In the other languages a prior must be written.
#
# **Misconception.** "`mu ~ normal(0, 5)` draws `mu`." It adds a number to the log density, without its constants.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## TFP: you must think of the chains yourself

# %% tags=["hide-input"]
Markdown(f"```python\n{statements('TFP')}\n```")

# %% [markdown] slideshow={"slide_type": "fragment"}
# `[..., None]`: room for the schools. `Independent`: eight become one sum.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 17 to 20.** (Skip when late.)
#
# **Say.** TensorFlow Probability writes a joint distribution, a dictionary in which a later part is a function of the earlier ones. The sampler
# moves all chains at once, so every array has a leading axis of chains.
#
# **Ask.** "What is the shape of `mu` when four chains run? Of `theta_base`? May one add them?" *Answer:* four; four by eight; not without
# the `None`, which makes `mu` four by one.
#
# **Ask.** "What happens if I forget `Independent`?" *Answer:* eight log densities for each chain meet one. With four chains that is an error.
# **Ask.** "And with eight chains?" Wait for it: the shapes fit, nothing is said, and the result is wrong.
#
# **Then.** In a translation not the number of lines hurts but the words about shapes. The notebook also has plain JAX, Pyro, and Edward2, which reads like
# Pyro and computes like TFP.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which of these are the same model?
#
# Each minus the eight lines of NumPy, at 20 random points:

# %% tags=["hide-input"]
chapter.run("in_numpyro = from_numpyro(")
programs = dict(chapter.values)
programs["NumPy, + log_tau deleted"] = chapter.by_hand - chapter.points[:, 1]
differences = {name: np.asarray(found, float) - chapter.by_hand for name, found in programs.items()}
HTML(
    pd.DataFrame(
        {
            name: {"smallest difference": found.min(), "largest difference": found.max()}
            for name, found in differences.items()
        }
    ).T.to_html(border=0, float_format="{:.4f}".format)
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# A constant difference: the same model. **Compare densities first, draws second.**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 20 to 23.**
#
# **Ask.** "Which rows are the same model as our eight lines?" Let them decide for each row.
#
# **Answers one gets.** "The last, its differences are smallest." *Right answer:* small is not the question, *constant* is.
#
# **Ask.** "Why may the last digit of the first rows differ?" *Answer:* 32 bits. PyMC computes in 64, and there the two columns agree to
# many more digits.
#
# **Ask.** "What is the constant?" *Answer:* the logarithms of all factors that we left out by hand.
#
# **Say.** For this comparison all had to choose the same free numbers, and that is part of the test: each of them takes $\log\tau$. Pyro, Stan, TFP and
# Edward2 pass the other fair comparison, of densities of $x$, in environments of their own: it is part of the course's tests.
#
# **Misconception.** "One point is enough." At one point any two programs are a constant apart.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: break the model, and let twenty points find it

# %% tags=["hide-input"]
chapter.where("def log_density_by_hand(")

# %% [markdown]
# After each change run this cell, and the cell with `in_numpyro = …`
#
# 1. `mu / 5` becomes `mu / 4`
# 2. back, then delete `+ log_tau`
# 3. back, then add `+ 7` to the last line. **The same model?**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 23 to 27. Live demo.** The second cell takes a few seconds. Vote before each change: will it say True or False?
#
# **1.** False, and the page stops with the name of the first language. **Ask.** "Would you have seen it in the draws?" A prior that is a little
# narrower moves a mean by little.
#
# **2.** False. *Answers one gets:* "it is only a coordinate." Point back to the two formulas: both with a determinant, or both without.
#
# **3.** True. The constant is another one, the model is the same. Somebody always votes False; let the neighbour explain.
#
# **If the demonstration fails,** the table on the slide before has the same question in its last row.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: the same numbers, elsewhere


# %% tags=["hide-input", "left"]
def table(header, rows, size=24):
    """Show rows of words, every column from the left."""

    def line(tag, cells):
        inside = (f'<{tag} style="text-align: left">{escape(str(cell))}</{tag}>' for cell in cells)
        return f"<tr>{''.join(inside)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return HTML(
        f'<table style="font-size: {size}px"><thead>{line("th", header)}</thead>'
        f"<tbody>{body}</tbody></table>"
    )


dist, stats = chapter.dist, chapter.stats
in_numpyro = [
    ("Normal(0, 2)", "sd", float(dist.Normal(0.0, 2.0).variance) ** 0.5),
    ("Exponential(2)", "mean", float(dist.Exponential(2.0).mean)),
    ("Gamma(3, 2)", "mean", float(dist.Gamma(3.0, 2.0).mean)),
    ("Uniform(-1, 2)", "upper end", float(dist.Uniform(-1.0, 2.0).high)),
    ("Bernoulli(0.3)", "P(1)", float(dist.Bernoulli(0.3).mean)),
]
table(
    ["NumPyro", "", ""],
    [(word, what, f"{value:.2f}") for word, what, value in in_numpyro],
    size=28,
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "right"]
elsewhere = [
    ("BUGS: dnorm(0, 2)", 2**-0.5),
    ("NumPy: exponential(2)", stats.expon(scale=2).mean()),
    ("NumPy: gamma(3, 2)", stats.gamma(3, scale=2).mean()),
    ("SciPy: uniform(-1, 2)", stats.uniform(-1, 2).support()[1]),
    ("TFP: Bernoulli(0.3)", 1 / (1 + np.exp(-0.3))),
]
table(["elsewhere", ""], [(word, f"{value:.2f}") for word, value in elsewhere], size=28)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Precision, scale, scale, width, log-odds. The notebook has sixteen such traps.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 27 to 30.**
#
# **Ask,** row by row: "Somebody copies these numbers into another library. Which number comes out?" Let them write five answers.
#
# **First fragment. Ask.** "Who has all five?" Nobody has. Then by name: BUGS wants the *precision*, one over the variance. NumPy's second
# number is a *scale*, NumPyro's a *rate*. SciPy's uniform wants start and *width*. TFP's first number for a coin is the *log-odds*.
#
# **Ask.** "Which slip would you find by an error message?" *Answer:* none of these.
#
# **Ask.** "And `StudentT(5, 0, 2)`: is its standard deviation two?" *Answers one gets:* "yes". *Right answer:* two is its scale; its standard deviation
# is larger, since its tails are heavy.
#
# **Say.** Not one of these has to be known by heart. Evaluate both densities at a few points.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A common mistake: healthy chains of another model
#
# A text gives eight schools with *variances*: 25 for $\mu$, and "25 for $\tau$, too". In the port both 25 stand as **standard deviation and scale**.
#
# Four chains: $\hat R$ is fine, and effective draws are plenty.
#
# **Predict.** What notices?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
mu, tau = chapter.points[:, 0], np.exp(chapter.points[:, 1])


def log_priors(scale):
    """Both priors of eight schools with this scale, without constants."""
    return -0.5 * (mu / scale) ** 2 - np.log1p((tau / scale) ** 2)


off = log_priors(25) - log_priors(5)
Markdown(
    "Not one diagnostic that looks at chains. **Twenty points do:** the port minus the original runs "
    f"from {off.min():.2f} to {off.max():.2f}, which is no constant."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 30 to 33.**
#
# **Say.** In this course $\mathrm{Normal}(m, s)$ has the standard deviation $s$. Many texts write the variance. The port's priors are five times too wide.
#
# **Ask** the question. **Answers one gets.** "$\hat R$", "divergences", "a trace plot". *Right answer:* the chains are right, they are draws from the
# posterior of *another model*. No diagnostic that looks at chains can know what you meant.
#
# **Ask.** "Would a comparison of means with the old program notice?" *Answer:* in this case the notebook finds means that differ by more than chance
# explains. A smaller slip may hide within the errors; densities have no Monte Carlo error.
#
# **Fragment. Ask.** "How many points are needed, at least?" *Answer:* two. More, since two may agree by accident.
#
# **Misconception.** "A wrong model does not converge." A wrong model is a model.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Agreement needs an error bar, and a count of the looks
#
# $$\lvert m_a - m_b\rvert \le c_\kappa \sqrt{\mathrm{MCSE}_a^2 + \mathrm{MCSE}_b^2}, \qquad c_\kappa = \Phi^{-1}\Bigl(1 - \frac{\kappa}{2K}\Bigr)$$
#
# $K$: how often you look. $\kappa$: probability of any false alarm.

# %% tags=["hide-input"]
chapter.run("KAPPA = 1e-3")
limits = {K: stats.norm.isf(chapter.KAPPA / (2 * K)) for K in (1, 100, 10_000)}
table(
    [f"comparisons, with κ = {chapter.KAPPA:g}", *(f"{K:,}" for K in limits)],
    [["standard errors that are allowed", *(f"{limit:.2f}" for limit in limits.values())]],
    size=26,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# *Agree* means: nothing larger was seen. **Short runs agree with everything.**

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 33 to 36.**
#
# **Ask.** "Two systems report means that differ in the second decimal. Do they agree?" Wait until somebody asks for the errors.
#
# **Ask.** "Why the root of a sum?" *Answer:* the runs are independent, so the variances add. **Ask.** "And against an exact answer?" *Answer:* then one
# of the two errors is zero.
#
# **Ask.** "Why not two standard errors, as everywhere?" *Answer:* with a hundred looks some five would be beyond, by chance alone.
#
# **Point at** the table: it grows slowly. A hundred times as many looks cost about one standard error more.
#
# **Fragment. Ask.** "How do you make the test sharper?" *Answer:* longer runs. Four times as many draws halve the bias that it can see.
#
# **Ask.** "All pairs, or all against the exact answer?" *Answer:* pairs grow like the square of the number of systems; know the exact answer if you can.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recorded runs against the exact answer

# %% tags=["hide-input"]
quantities = ["mu", "tau", "log tau", *(f"theta {school}" for school in "ABCDEFGH")]
reference = chapter.schools.reference()
grid = {
    label(name): record.distances(chapter.NAME, name, reference)
    for name in CHOSEN
    if name in record.of(chapter.NAME)
}
limit = float(stats.norm.isf(chapter.KAPPA / (2 * len(grid) * len(quantities))))
chapter.figures.agreement(grid, quantities, limit, f"Recorded: {record.where}.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 36 to 38.** (Skip when late.)
#
# **Say.** A row is a system, a column a quantity of the eight schools. Each number is a distance from the exact mean, in standard errors. The colours end
# where chance stops to be an explanation, for as many comparisons as there are cells.
#
# **Ask.** "What would a wrong system look like?" *Answer:* a dark row. **Ask.** "And a dark column?" *Answer:* a wrong 'exact' answer.
#
# **Ask.** "Is a row in a single colour suspicious?" *Answers one gets:* "yes, all on one side". *Right answer:* not by itself. The quantities are
# correlated: if $\mu$ is a little high, so are all $\theta_j$.
#
# **Say.** Systems that disagree take no part in any comparison of speed. A wrong sampler has no speed.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In a first run, how much of the wait is sampling?

# %% tags=["hide-input"]
chapter.run("PHASES = (")
spent = {name: chapter.spent[name] for name in CHOSEN if name in chapter.spent}
chapter.figures.phases(spent, "Eight schools, noncentered", record.where)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 38 to 40.** (Skip when late.)
#
# **Say.** From the import to the last draw, caches empty. The number at the end of a bar is the share of warm-up and sampling together.
#
# **Ask.** "What would you improve first, for a user who fits one small model?" *Answer:* the longest part of a bar. **Ask.** "Where is that the sampler?"
#
# **Ask.** "Whose second run is quicker?" *Answer:* it depends on who compiles again in the same process; the notebook has a table of who pays again.
#
# **Point out** that systems differ in what they tell: some say when they compile, others compile silently in their first run. There *compile* is what the
# first run takes longer than the others.
#
# **Misconception.** "Compiling time is wasted." It is a fixed cost; whether it pays is the next question.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Your prediction: a thousand effective draws of the coin

# %% tags=["hide-input"]
# The chapter shares KAPPA among all its comparisons with chance; this deck makes a single one.
chapter.define(ALPHA=chapter.KAPPA)
chapter.run("def walk_in_numpy(", "its_seconds =")
calls, coin = chapter.calls, record.of("binomial")
order = sorted(calls, key=calls.get)
table(
    ["", "compiling (s)", "1000 effective draws after (s)"],
    [
        ("random walk in NumPy, now", "0", f"{chapter.its_seconds:.2g}"),
        *(
            (
                f"{what} of the record: {label(name)}",
                f"{coin[name]['compile_s']:.2g}",
                f"{calls[name]:.2g}",
            )
            for what, name in (("first", order[0]), ("last", order[-1]))
        ),
    ],
    size=26,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# $F + \nu n$, as in chapter 12: a **fixed cost** and a **price**. A dot shows only $1 / \nu$.

# %% [markdown] slideshow={"slide_type": "fragment"}
# > Who writes the loop **is** the compiler, and the next model costs another evening.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 40 to 43.**
#
# **Say.** Now take out the name that you wrote down. The walk ran when this deck was built, on the machine that built it; the other rows are
# from the record, perhaps of another machine. The import is left out everywhere, and the walk was checked against the exact mean.
#
# **Ask.** "Who has a thousand effective draws first?" Read it from the last column together.
#
# **Ask.** "How much of the wait of the others is the middle column?" Compare the two columns, row by row.
#
# **Ask.** "What would have to change for the order to turn?" *Answers:* more draws, the same fit again and again, a dearer density, more
# unknowns. A random walk in many dimensions is a poor sampler (chapter 03), and then no start is early enough.
#
# **Ask.** "So should one write NumPy loops?" *Answer:* look at the second fragment.
#
# **Misconception.** "Compiled is fast." Compiled has a fixed cost and, mostly, a low price. Which of the two counts depends on $n$.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## First depends on how much you want

# %% tags=["hide-input"]
winners = chapter.run("wanted = (100")
table(
    ["effective draws wanted", *winners.columns],
    [(model, *row) for model, row in zip(winners.index, winners.to_numpy(), strict=True)],
    size=22,
)

# %% [markdown]
# Who has them first, by $F + \nu n$, import left out. Recorded.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 43 to 45.** (Skip when late.)
#
# **Say.** Each row is a model, each column a number of effective draws that somebody wants. The cell says who delivers first.
#
# **Point out:** here all recorded systems compete, also those for which the first figure had no room, such as the NUTS of this course.
#
# **Ask.** "Read one row from left to right. When does the name change, and why?" *Answer:* left the fixed cost decides, right the price. Where a name stays, one system has
# a good enough start and a good enough price.
#
# **Ask.** "Which column are you in?" Most people want a few hundred to a few thousand effective draws, once.
#
# **Ask.** "Whose advertisement uses the rightmost column?" *Answer:* whoever shows only the dots.
#
# **Misconception.** "The winner here is the system to learn." Speed is one reason among many: what you read, what your colleagues write, which unknowns are discrete.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Claims on trial: ask which seconds

# %% tags=["hide-input"]
TRIALS = [
    "All systems give the same posterior",
    "PyMC calling NumPyro costs at most",
    "NumPyro is at least 100 times faster",
    "Stan's compiling takes half a minute",
    "The order of the systems is the same",
    "nutpie gets more effective",
    "With the same PyMC program nutpie",
]
with capture_output() as trials:
    chapter.run("def on_trial(", *TRIALS)


def counted(claim):
    """Cases in which a claim holds, in which its repeats contradict each other, and all."""
    found, _, rest = claim["verdict"].removesuffix(")").partition(" (undecided when ")
    every = len(claim["measured"])
    some = every if found == "is undecided" else 1 + rest.count("; ") if rest else 0
    if found.startswith("holds only when "):
        return 1 + found.count("; "), some, every
    return (every if found == "holds" else 0), some, every


claims = [output.metadata["claim"] for output in trials.outputs]
table(
    ["claim", "holds in", "undecided in", "cases"],
    [(claim["claim"].split(":")[0], *counted(claim)) for claim in claims],
    size=22,
)

# %% [markdown]
# A case is a model, and where seconds count a clock: **sampling**, **a first call**, **a further call**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 45 to 48.** (Skip when late.)
#
# **Say.** Each of these sentences is said or printed somewhere. Each was tried on every model, and by every clock, for which the record has the systems that it names; a
# claim whose systems were not run is not in the table.
#
# **Ask.** "Which sentence would you repeat tomorrow without a condition?" Only those whose first two numbers say so.
#
# **Ask.** "A claim holds in some cases and fails in others. Who lied?" *Answer:* perhaps nobody. Both sides may have measured well, by two clocks.
#
# **Point at** the claim about gradients. **Ask.** "Why does it need no clock?" *Answer:* effective draws for a gradient are counted, not timed, so they know no machine.
#
# **Then.** The bounds and all numbers are in the notebook and on the page of all claims, `notebooks/claims.md`.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - **read** one model in seven languages
# - **show** that two programs are one model
# - **test** agreement, and say what it misses
# - **catch** traps of translation at a few points
# - ask **which seconds** are counted

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **13.1** three priors for SciPy
# - **13.2** the missing Jacobian
# - **13.3** port a program
# - **13.4** find the bugs
# - **13.5** an agreement test
# - **13.6** choose a system

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 48 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 13.1 takes two minutes. 13.2 is one derivative. 13.4 has two slips that you have seen
# today; talk about them with your neighbour. 13.6 is for home: the benchmark in your hands.
#
# **Question to take along.** "A colleague's port has an R-hat of one and thousands of effective draws. Is it right?" *Answer:* it cannot be said. Compare the log
# densities.
#
# **To end.** The course in a sentence: log densities first, draws second, seconds last.
