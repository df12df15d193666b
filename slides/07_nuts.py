# %% [markdown] slideshow={"slide_type": "slide"}
# # NUTS: the no-U-turn sampler
#
# Can a path find out for itself when it has gone far enough, and still give honest draws?
#
# You will be able to
#
# - **explain** why a path may stop at its U-turn only if it grows by doubling
# - **read** the sampler, by recursion and without
# - **follow** a warm-up: step size and mass matrix
# - **judge** NUTS against HMC, and know its alarms
#
# Bayesian sampling · Chapter 07

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import textwrap

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

from course_utils.display import COLORS, Source, figure

chapter = Chapter("07_nuts")
chapter.run("import arviz as az")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: the turn and the fair stretch (14), the tree live (7), the draw and the code (11), warm-up (5),
# many chains (2), NUTS against HMC (3), failures and mistakes (5), exercises (2).
#
# **Say.** Last time we had to say how long a path is, and one wrong number ruined the sampler. Today the path decides. This is the method
# behind Stan, PyMC and NumPyro; if you have ever fitted a Bayesian model, you have used it.
#
# **Prepare.** Have the notebook of chapter 07 open, and run its cells down to the film in *By hand*.
#
# **If you are 15 minutes late,** skip *The turn belongs*, *Has it turned?*, *Grow and check*, *Without recursion*, *The target looks round*
# and *Side by side*, and take *Live* in three minutes.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A long path comes back

# %% tags=["hide-input"]
picture = chapter.run("figures.u_turn(")
picture.caption = (
    "One path on a round target. "
    "Up to the dotted line each step leads away, beyond it each leads back."
)
picture

# %% [markdown] slideshow={"slide_type": "fragment"}
# So why not stop right there, at the **U-turn**?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 4.**
#
# **Say.** Blue is worth its price: each gradient brings us farther. Orange is paid twice: we spend gradients to get a worse proposal.
#
# **Ask.** "Chapter 06 had a number for the best path length. Which one?" *Answer:* a quarter of an orbit in the widest direction. "And
# who knows the widest direction of a new posterior?" Nobody.
#
# **Fragment. Ask.** "What is wrong with stopping there?" *Answers one gets:* "nothing", "the draw is then always far away". Collect,
# do not judge yet.
#
# **Aim.** Somebody says "the place where it stops depends on where it began". That is the problem of the next slide.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Stop at the turn, and the way back is missing
#
# With mass 1, a path moves away from its start $x_0$ as long as this is positive:
#
# $$\frac{\mathrm{d}}{\mathrm{d}t}\, \tfrac12 \lVert x - x_0 \rVert^2 = (x - x_0)^\top p$$
#
# **Predict.** A path from $A$ stops at its U-turn, $B$. Now start at $B$, with the momentum turned round. Does it stop at $A$?

# %% [markdown] slideshow={"slide_type": "fragment"}
# It passes the same points, but **nothing makes it stop at** $A$. The way from $A$ to $B$ has no way back: no balance, wrong draws.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 4 to 8.**
#
# **On the board.** Let a volunteer take the derivative: $(x - x_0)^\top\, \mathrm{d}x/\mathrm{d}t$, and the velocity is $p$ when the mass is 1.
#
# **Ask for a vote** on the prediction: yes, no, sometimes.
#
# **Answers one gets.** "Yes, since the leapfrog runs backwards exactly." It does, and so the path comes past $A$. But whether it *stops* there
# is decided by another sum: distances from $B$, not from $A$. Its U-turn may come sooner or later.
#
# **Ask.** "Which property of chapter 03 is lost?" *Answer:* detailed balance. Flow from $A$ to $B$, none from $B$ to $A$.
#
# **Misconception.** "Then weigh the draws afterwards." One would need the probability of stopping at $B$ from everywhere. There is a
# neater way: a rule under which all points of the path are in the same position.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A fair stretch: grow by doubling
#
# Start with one point. Toss a coin, **forward or back** in time; add as many points as there are; repeat until the stretch has turned.
#
# **Ask of each of four points:** which coins lead from it to these same four?

# %% [markdown] slideshow={"slide_type": "fragment"}
# | start at point | 1 | 2 | 3 | 4 |
# |---|---|---|---|---|
# | first coin | forward | back | forward | back |
# | second coin | forward | forward | back | back |
#
# One sequence each: after $j$ doublings every point had the chance $2^{-j}$.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 8 to 12.**
#
# **On the board.** Draw four points in a row, numbered from left to right. Let four people write the coins for one point each, then the fragment.
#
# **Say.** Two points first: 1 and 2 form a pair, 3 and 4 form a pair, whichever of the two you begin with. Then the pairs join.
#
# **Right answer.** Exactly one sequence of coins for each of the points, so each had the same probability of ending up with this stretch. This is
# what stopping at the turn lacked.
#
# **Ask.** "When may one stop?" *Answer:* when the stretch has turned, seen from either end. "Is that enough?" *Answers one gets:* "yes". *Right
# answer:* no. A point *inside* must not have stopped earlier. So one checks every stretch that some point would have gone through: halves,
# quarters, eighths, down to pairs. That is a binary tree.
#
# **Ask.** "And if a stretch inside the new half has turned?" *Answer:* then the points there would never have got this far; the new half is
# thrown away, and the old stretch is the final one.
#
# **Misconception.** "It doubles to be fast." It doubles to be fair.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A real tree: read it from the bottom up

# %% tags=["hide-input"]
chapter.run("class Leaf(")
picture = chapter.run("figures.tree(")
picture.caption = (
    "Black: start. Numbers: doublings (hollow: thrown away). Green: straight on. "
    "Orange: turns back. Star: the draw."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 12 to 15.**
#
# **Say.** Right: dots are leaves, points of the path, in order of time. Above them a bar for each stretch of 2, 4, 8 … points that was checked.
#
# **Ask.** "Follow the numbers. Which coins were tossed?" *Answer:* read them off: 1 to the right, 2 to the left, and so on.
#
# **Ask.** "Why are there bars over stretches that were no tree of their own at any time?" *Answer:* some other point would have gone through
# them.
#
# **Ask.** "What happened to the last doubling?" *Answer:* a stretch inside it turned back; it was broken off, and is hollow. Its leaves were
# paid for all the same.
#
# **Point at the left side.** The path bounces between the walls, so the momentum changes all the time. What is checked is whether an *end* comes
# back along the *whole* way.
#
# **Misconception.** "The draw is the last point." It is any point of the stretch, drawn by its weight.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: grow a tree

# %% tags=["hide-input"]
chapter.where("figures.tree_film(")

# %% [markdown]
# 1. Press **Play**. At which leaves are stretches checked?
# 2. **Predict:** halve the **step size**. How many leaves will the tree have, and why? Then try.
# 3. Target **banana**: find a tree whose last doubling is hollow. Which bar is to blame?
# 4. Where do the two **arrows** point when the tree stops?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 15 to 20. Live demo.** Switch to the notebook. The film needs no network and no kernel. The trees were built by the chapter's own code;
# only the step size differs, and the coins are the same.
#
# **1.** At every second leaf a pair ends, at every fourth a stretch of four. They will meet this again as binary numbers.
#
# **2. Let them write the number down.** *Answers one gets:* "the same number", "half as many". *Right answer:* about twice as many, one doubling
# more. The next slide measures it over many trees.
#
# **3.** Hollow leaves: a half that was thrown away. The dashed bar is the stretch that turned.
#
# **4.** Arrows show where both ends go next. When the tree as a whole has turned, at least one of them points back along the way.
#
# **If the demonstration fails,** go back one slide: the picture there is a frame of this film.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The turn belongs to the target, not to the step size

# %% tags=["hide-input"]
root = np.linalg.cholesky(np.linalg.inv(chapter.precision))
ridge = chapter.log_ridge, chapter.ridge_gradient


def mean_leaves(step_size):
    """Leaves of a tree on the ridge: the mean of 200, each from an exact draw."""
    rng, counted = np.random.default_rng(70), []
    for _ in range(200):
        x, p = root @ rng.normal(size=2), rng.normal(size=2)
        noise = chapter.randomness(rng)
        tree = chapter.build_tree(*ridge, x, p, step_size, np.ones(2), *noise)
        counted.append(sum(map(len, tree.doublings)))
    return np.mean(counted)


means = {size: mean_leaves(size) for size in (0.2, 0.1, 0.05)}
table = pd.DataFrame(
    {
        "step size": [f"{size:g}" for size in means],
        "leaves of a tree, on average": [f"{mean:.1f}" for mean in means.values()],
        "time that they cover": [f"{size * mean:.1f}" for size, mean in means.items()],
    }
)
HTML(table.to_html(index=False, border=0))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Half the step size: about **twice the leaves**, nearly the same time. A smaller step is dearer, not shorter of sight.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 20 to 22.** (Skip when late.)
#
# **Say.** A single tree depends on its coins; these are means over two hundred trees, each from an exact draw of the ridge.
#
# **Ask.** "Why is the last column nearly constant?" *Answer:* where the path turns is a matter of the target and of the push. The step size only says
# into how many pieces the way is cut.
#
# **Ask.** "Compare with HMC at a fixed number of steps. What happens there when the step size is halved?" *Answer:* the path becomes half as long,
# and the sampler a random walk. NUTS repairs that by itself.
#
# **Misconception.** "With NUTS the step size does not matter." It does: too small is dear, too large loses energy, and then leaves have no weight.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The draw: any point of the stretch, by its weight
#
# A point weighs $w = \exp(H_0 - H)$, with $H_0$ the energy of the start; $W = \sum w$. Take one with probability $w / W$. Then for any two points $A$ and $B$
#
# $$e^{-H(A)} \cdot 2^{-j} \cdot \frac{w(B)}{W} = e^{-H(B)} \cdot 2^{-j} \cdot \frac{w(A)}{W}$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# Neighbours of the start are poor draws. **Prefer the new half**: move the draw into it with probability
#
# $$\min\Bigl(1, \frac{W_\text{new}}{W_\text{old}}\Bigr)$$

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 22 to 26.**
#
# **Say.** Left: be at $A$, get this stretch, pick $B$. Right: the same with $A$ and $B$ exchanged. That is detailed balance.
#
# **Ask.** "Why are both sides equal?" *Answer:* $w$ is $e^{-H}$ up to a factor, the factor cancels in $w / W$, and $2^{-j}$ is the same for all points: this is
# where the doubling pays.
#
# **Ask.** "Where is the rejection?" *Answers one gets:* "the start may be picked again". *Right answer:* that is all there is. No point is rejected; there are only points
# with small weights.
#
# **Fragment. Ask.** "You have seen this formula. Where?" *Answer:* Metropolis, chapter 03, between two halves in place of two positions. The flow from old to new is
# the smaller of the two weights, and the same the other way round.
#
# **Misconception.** "An acceptance rate of 0.8 means that one draw in five is rejected." In NUTS it is the mean of $\min(1, w)$ over the leaves. It says how
# well the energy is kept, nothing more. It is what the step size is tuned by.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Has it turned? Ask both ends
#
# $$p_\Sigma = \sum_i p_i - \tfrac12 (p_\text{left} + p_\text{right})$$
#
# Turned if $\;p_\text{left}^\top M^{-1} p_\Sigma \le 0\;$ or $\;p_\text{right}^\top M^{-1} p_\Sigma \le 0$

# %% tags=["hide-input"]
chapter.code("has_turned")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 26 to 28.** (Skip when late.)
#
# **Say.** At the beginning the criterion had positions, $(x - x_0)^\top p$. Today's samplers take the sum of the momenta in place of the way.
#
# **Ask.** "Why is that nearly the same?" *Answer:* each leapfrog step moves $x$ by $\varepsilon M^{-1} p$, so $\varepsilon M^{-1} p_\Sigma$ is nearly the way from the left end to
# the right one. Both ends count half, as in the trapezoidal rule.
#
# **Ask.** "Why *or*, and not *and*?" *Answer:* whichever end comes back, going on there is wasted. And the answer must not change when the path is played backwards; so
# both ends must be asked alike.
#
# **Point at** the code: it does not mind in which direction the leaves are listed. Turning the list round only swaps the two ends.
#
# **Exercise 7.2** is the older criterion, with positions.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Grow and check: the tree is in the recursion

# %% tags=["hide-input"]
whole = chapter.code("build_tree").text
grow = whole[whole.index("    def grow(") : whole.index("    start_energy = energy(")]
Source(textwrap.dedent(grow).strip())

# %% [markdown] slideshow={"slide_type": "fragment"}
# A broken half returns at once. It is **paid for, and never gives the draw**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 28 to 31.** (Skip when late.)
#
# **Say.** A piece of `build_tree`; the outer loop, which tosses the coins, stands below it in the notebook. `grow` makes $2^j$ new leaves from one end of the path.
#
# **Ask.** "Where is the binary tree?" *Answer:* `grow` calls itself twice and checks what it made. So every stretch of 2, 4, 8 … leaves is checked, no line
# of code names them.
#
# **Ask.** "What ends the growing besides a turn?" *Answer:* a divergence: a leaf whose energy has risen by more than a thousand. NUTS notices on the way,
# HMC only at the end of its path.
#
# **Ask.** "Why does the second call get `first[-1]`?" *Answer:* the second half goes on where the first one ended. And the two calls are not two sides of the start: one
# doubling grows on one side only.
#
# **Misconception.** "The new half is thrown away, so nothing happened." The stretch ends there too: the old one is final.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Without recursion: read the leaf's number in binary
#
# A stretch of $2^k$ leaves ends wherever the number ends in $k$ ones.

# %% tags=["hide-input"]
table = chapter.run("looks at places")
HTML(table.reset_index().to_html(index=False, border=0))

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 31 to 33.** (Skip when late.)
#
# **Say.** A compiler that must know all shapes beforehand cannot compile a function that calls itself to a depth found on the way. So the package builds the new half leaf by leaf, in
# a loop.
#
# **Cover the third column. Ask.** "Leaf 3 is the fourth leaf. Which stretches end with it?" *Answer:* the pair 2 and 3, and the four from 0 to 3. Two ones at the end,
# two stretches.
#
# **Ask.** "How many leaves must be remembered at once?" *Answer:* one place for each level, $j$ in place of $2^j$: when the next stretch of that size begins, the one before
# is finished.
#
# **Then.** The notebook gives both versions the same coins: the same trees, the same draws.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Warm-up: nobody sets the step size
#
# **Dual averaging** aims at an acceptance rate $\delta$, usually 0.8. After draw $t$ with rates $a_1, \dots, a_t$
#
# $$\log\varepsilon_{t+1} = \log(10\,\varepsilon_0) - \frac{\sqrt t}{0.05} \cdot \frac{1}{t + 10} \sum_{i \le t} (\delta - a_i)$$
#
# $$\log\bar\varepsilon_{t+1} = t^{-0.75} \log\varepsilon_{t+1} + (1 - t^{-0.75}) \log\bar\varepsilon_t$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Windows** of growing length: at the end of each, $M^{-1}$ is made of its draws, and the search begins anew. Then all numbers are **fixed**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 33 to 36.**
#
# **Ask.** "Accepted too often. Which sign has the sum, and what does the step do?" *Answer:* negative; with the minus before it the step grows.
#
# **Ask.** "Which of the two is the answer, $\varepsilon$ or $\bar\varepsilon$?" *Answer:* the average. The one in use keeps swinging, which is good for learning and bad for
# reporting.
#
# **Ask.** "Why ten times the first guess?" *Answer:* too long a step is found out quickly, too short a one is dear.
#
# **Fragment. Ask.** "Why not one estimate of the mass matrix from all of the warm-up?" *Answer:* early draws come from a chain that is not there yet, made with a
# matrix that does not fit yet. So each window forgets the ones before.
#
# **Misconception.** "Adapting on and on makes the sampler ever better." A sampler that adapts to its own past is no Markov chain with the right
# target. Warm-up ends, its draws are thrown away, and nothing moves any more.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The target looks round, and the trees shrink

# %% tags=["hide-input"]
chapter.run("def warm_up_by_hand(")
windows = chapter.mass_matrix.slow_windows(len(chapter.history))
in_use, average, _, leaves = chapter.history.T
fig, (top, bottom) = plt.subplots(2, 1, figsize=(10, 4.4), sharex=True)
for ax in (top, bottom):
    for number, (begin, end) in enumerate(windows):
        ax.axvspan(begin, end, color=COLORS["sky"], alpha=0.15 + 0.15 * (number % 2), lw=0)
    ax.set(yscale="log", xlim=(0, len(in_use)))
for number, (begin, end) in enumerate(windows, start=1):
    place = (begin + end) / 2, 1.02
    top.annotate(str(number), place, xycoords=("data", "axes fraction"), ha="center")
top.plot(in_use, ".", ms=3, color=COLORS["grey"])
top.plot(average, color=COLORS["blue"])
top.set(ylabel="step size ε")
bottom.plot(leaves, ".", ms=4, color=COLORS["orange"])
bottom.set(ylabel="leaves of a tree", xlabel="step of the warm-up")
ends = ", ".join(str(end) for _, end in windows)
first, last = leaves[: windows[0][0]].mean(), leaves[windows[-1][1] :].mean()
figure(
    fig,
    caption="Grey: the step size in use. Blue: its average. Shaded and numbered: the windows.",
    alt="Above, a step size that swings and settles, and jumps up after the windows that end at "
    f"steps {ends}. Below, the leaves of a tree, which fall from {first:.0f} to {last:.0f}.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
Markdown(f"Leaves of a tree: **{first:.0f}** on average at first, **{last:.0f}** at the end.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 36 to 38.** (Skip when late.)
#
# **Say.** Four independent coordinates, with standard deviations from 0.1 to 4. At first the mass is 1 for all.
#
# **Ask.** "Why are the trees so large at the beginning?" *Answer:* the narrowest coordinate sets the step, the widest sets the path; the ratio is the price. Chapter
# 06, once more.
#
# **Ask.** "Why does the grey cloud jump at the end of a window?" *Answer:* there is a new matrix; the old step size means something else now, and the search begins near ten times
# the old average.
#
# **Ask.** "Which part of these steps may be used as draws?" *Answer:* none. All of it is warm-up.
#
# **Fragment.** The same target, the same accuracy, far fewer gradients for a draw.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Side by side, all chains wait for the longest tree

# %% tags=["hide-input"]
chapter.run("def nuts_by_hand(")
rng = np.random.default_rng(7)
banana = chapter.log_banana, chapter.banana_gradient
steps = []
for _ in range(8):
    _, grown = chapter.nuts_by_hand(*banana, rng.normal(size=2), 0.3, np.ones(2), 6, rng)
    steps.append([sum(map(len, tree.doublings)) for tree in grown])
steps = np.array(steps)  # (chain, draw)
longest = steps.max(axis=0)
begins = {
    "nested loops": np.broadcast_to(longest.cumsum() - longest, steps.shape),
    "one flat loop": steps.cumsum(axis=1) - steps,
}
fig, axes = plt.subplots(2, 1, figsize=(10, 4.2), sharex=True)
for ax, (title, begin) in zip(axes, begins.items(), strict=True):
    for draw, (left, width) in enumerate(zip(begin.T, steps.T, strict=True)):
        shade = COLORS["sky"] if draw % 2 else COLORS["blue"]
        ax.barh(np.arange(len(steps)), width, left=left, color=shade, height=0.7)
    ax.set(ylabel="chain", yticks=[], title=title)
    ax.grid(False)
for end in longest.cumsum():
    axes[0].axvline(end, color=COLORS["black"], lw=0.8)
axes[1].set_xlabel("iteration: one leapfrog step of every chain that works")
busiest = steps.sum(axis=1).max()
figure(
    fig,
    caption=f"Eight chains, six draws each. White: waiting. Above {longest.sum()} iterations, "
    f"below {busiest}, those of the busiest chain.",
    alt="Two bar charts, a row for each chain. Above, every draw lasts as long as its longest tree, "
    f"and much of the area is white; it ends after {longest.sum()} iterations. Below, the bars "
    f"have no gaps, and the longest ends after {busiest}.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
row = chapter.run("recorded = Results(").loc["eight schools centered, 100 × 500"]
Markdown(
    "Recorded, centered eight schools, 100 chains, iterations for a leapfrog step: "
    f"flat **{row.iloc[0]}**, NumPyro **{row.iloc[1]}**"
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 38 to 40.** (Skip when late.)
#
# **Say.** On a vector machine, on a GPU above all, chains run side by side: one instruction for all. A `while` loop then runs until the *last* chain is done.
#
# **Ask.** "What would you do?" *Answers one gets:* "stop the long trees early" (then the draws are wrong), "smaller steps" (all trees become longer). *Right answer:* let a
# chain begin its next draw while others are busy.
#
# **Say.** That is the lower picture: one loop, one leapfrog step of each chain per round, and each chain asks itself where it stands. Every chain does what it
# would do alone; only the waiting is gone.
#
# **Ask.** "What limits the lower picture?" *Answer:* the busiest chain. With more draws the sums become alike.
#
# **Fragment.** 1 would be no waiting at all. The notebook has the table of all recorded cases; where all trees are equally large nothing can be saved.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Not the best HMC, but HMC that nobody has to tune


# %% tags=["hide-input"]
def recorded(beginning):
    """What the chapter measured on a claim, case by case."""
    (claim,) = chapter.claims(beginning)
    cases = [case.rsplit(": ", 1) for case in claim.cases]
    return pd.DataFrame(cases).to_html(index=False, header=False, border=0)


HTML(
    "<h3>Effective draws for a gradient: NUTS ÷ HMC</h3>"
    + recorded("NUTS is as good as or better than HMC")
    + "<h3>Sampling with NumPyro: saved by not coming from PyMC</h3>"
    + recorded("calling NumPyro's NUTS through PyMC costs")
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 40 to 43.**
#
# **Say.** *NUTS is as good as or better than HMC*, you will read. HMC got all help here: the starting points, step size and mass matrix of the same warm-up. Only the length of the
# path was its own affair, one of five.
#
# **Ask, with the rows covered.** "Who wins against a length picked blindly? And against the best of the five, which one knows only afterwards?"
#
# **Right answer.** NUTS wins against the blind pick, and loses against the best. **Ask.** "What does it pay for?" *Answer:* of all its leaves only one becomes the
# draw, and a broken half is work for nothing.
#
# **Say.** In brackets: the range of three runs. 1 means equally good.
#
# **Lower table.** The question was whether PyMC's way of calling NumPyro's sampler costs up to a fifth of the time. A negative number: PyMC's model was the faster one. **But** this is the
# steady state. At the keyboard one waits for translation and compilation, in both libraries, at every call: the notebook has those seconds too.
#
# **Misconception.** "NUTS is a better sampler than HMC." It is HMC with a path length that it finds itself. That is worth a lot: your time.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where it breaks: one step size for a funnel

# %% tags=["hide-input"]
schools = chapter.eight_schools.model(parameterization="centered")
exact = schools.reference()
middle = jnp.array([exact["mu"].mean, exact["log_tau"].quantiles[0.95], *exact["theta"].mean])
widths = jnp.array([exact["mu"].sd, exact["log_tau"].sd, *exact["theta"].sd])
kernel = chapter.nuts(schools.logdensity, 0.15, widths**2)
run = jax.jit(lambda key, starts: chapter.sample(key, kernel, starts, 500))
draws, info = run(jax.random.key(7), jnp.tile(middle, (16, 1)))
# Coordinates of a draw: mu, log tau, theta of the first school, and so on.
draws, is_divergent = np.asarray(draws, float), np.asarray(info.is_divergent)
picture = chapter.figures.neck(
    draws[..., 1].ravel(),
    draws[..., 2].ravel(),
    is_divergent.ravel(),
    exact["log_tau"].quantiles,
)
picture.caption = (
    f"Eight schools, centered. Crosses: the path diverged, in {is_divergent.sum():,} of "
    f"{is_divergent.size:,} draws. Dotted: how far down the posterior goes."
)
picture

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 43 to 45.**
#
# **Say.** Each school's effect $\theta_j$ is normal about $\mu$ with spread $\tau$. Where $\tau$ is small all effects must lie close together: the neck. Here step size and mass were set by hand
# from the exact widths; the notebook has them from a warm-up, and its picture tells the same.
#
# **Ask.** "In the notebook the mean acceptance rate is as it was asked for. Is all well?" *Answers one gets:* "yes". *Right answer:* the mean rate says nothing about a corner that is hardly visited.
#
# **Point at** the lowest dotted line: a twentieth of the posterior lies below it. **Ask.** "How many draws are there?"
#
# **How one notices.** Divergences, a high $\hat R$, a low ESS; the notebook prints all three. This is why libraries warn.
#
# **Ask.** "What helps?" *Answers one gets:* "a smaller step". It pushes the trouble farther down, and never cures it. *Right answer:* other coordinates; chapter 09.
#
# **Three more limits,** in a sentence each: separate modes, discrete unknowns, and trees that often reach their largest depth (right, but dear: look at the scales of the model).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: the check inside is gone. Who notices?

# %% tags=["hide-input"]
lines = chapter.museum.show(chapter.museum.NUTS["skips_subtree_check"]).splitlines()
print("\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[:2] in ("- ", "+ ")))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
table = chapter.run("recorded_checks = matrix()").drop(index="NUTS (dense metric)")
table = table.rename(index=lambda name: name.replace("_", " "))
HTML(table.rename_axis(index=None, columns=None).to_html(border=0))

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 45 to 48.**
#
# **Say.** One line of the package's source is replaced: of all stretches only the whole one is still checked.
#
# **Ask, before the fragment.** "Does it run? Does it mix? Does $\hat R$ see it? And which statistic gives it away: a mean, or the squared radius?" Vote on each.
#
# **Right answer.** It runs, mixes, and $\hat R$ is content: with this one and with all six wrong samplers. The means are right, since the target is symmetric and so is the mistake. It is the *spread* that is wrong; the squared
# radius is farthest off.
#
# **Ask.** "Why is it wrong at all? The whole path *was* checked." *Answer:* a point inside would have stopped earlier. The points of the stretch are no longer in the same position; back to the table of
# coins.
#
# **Say.** The invariance test sees all six: exact draws in, a few steps of many chains, exact draws out? It compares the sampler not with itself, as $\hat R$ does, but with a law that is known.
#
# **Is ours right?** The first rows are the course's own samplers. The notebook also compares them with quadrature on eight schools, and with the version by hand, leaf by leaf.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - explain why a **fair stretch** needs doubling, and checks inside
# - write NUTS by **recursion**, and read it in **binary**
# - follow a **warm-up**: dual averaging, windows, then fixed
# - say what **waiting** costs
# - say what NUTS is better at: **not needing you**

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **7.1** change one number
# - **7.2** the first criterion
# - **7.3** find the bug
# - **7.4** the metric of a window
# - **7.5** build the tuner

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 48 to 50.**
#
# **Say.** Each exercise checks itself and names the property that fails. 7.1 takes two minutes, 7.3 is the one to talk about with your neighbour, 7.5 is for home.
#
# **Ask, as a last check.** "Why does NUTS double, and not add one step at a time until it turns?" If the answer is "for speed", go back to the table of coins.
#
# **Question to take along.** "Six wrong samplers, and $\hat R$ liked them all. How would you test a sampler that you did not write?" *Answer:* chapter 08.
#
# **Next.** Chapter 08: is my sampler right?
