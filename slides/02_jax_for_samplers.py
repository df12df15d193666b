# %% [markdown] slideshow={"slide_type": "slide"}
# # JAX for samplers
#
# The samplers of this course are written for JAX. What does JAX do with a function, and what does it ask of you in return?
#
# You will be able to **compile**, **differentiate**, **loop** and **vectorise** a log density, **draw** from keys, and
# **time** the result honestly.
#
# Bayesian sampling · Chapter 02

# %% [markdown] tags=["small"]
# Arrow keys to move, S for the speaker's notes, F for full screen

# %% tags=["hide-input"]
import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from chapter import Chapter
from IPython.display import HTML, Markdown

from course_utils.display import COLORS, figure

chapter = Chapter("02_jax_for_samplers")
chapter.run("import tempfile", "def selu(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 0 to 1.** The plan for 50 minutes: what JAX sees (7), gradients (10), loops and keys and many runs at once (14),
# clocks and compiling (9), where it breaks (5), claims (3), exercises (1).
#
# **Say.** Four words carry this class: `jit` makes a function fast, `grad` makes its derivative, `scan` replaces a loop
# over steps, `vmap` a loop over chains. All four take a function and return another one.
#
# **Prepare.** Have the notebook of chapter 02 open, its cells run down to *What compiles again, and how to count it*.
#
# **If you are 15 minutes late,** skip *The chain rule from either end*, *A smaller step is better*, *Predict: what do these
# two stopwatches measure*, *Predict: a slope that everybody knows* and *What it costs*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Six trips to memory, or one

# %% tags=["hide-input"]
chapter.run("figures.passes(", "program = jax.jit(selu)")
whole = chapter.operations.jaxpr
moved = [
    *(map(chapter.megabytes, step[1:]) for step in chapter.steps),
    (chapter.megabytes(whole.invars), chapter.megabytes(whole.outvars)),
]
read, written = np.array([list(pair) for pair in moved]).T
labels = [*(step[0] for step in chapter.steps), "compiled: all in one"]
places = [*range(len(chapter.steps)), len(chapter.steps) + 0.7]
fig, ax = plt.subplots(figsize=(9.5, 3.6))
ax.barh(places, read, color=COLORS["blue"], label="read")
ax.barh(
    places,
    written,
    left=read,
    color=COLORS["orange"],
    hatch="//",
    edgecolor="white",
    label="written",
)
ax.set_yticks(places, labels)
ax.invert_yaxis()
ax.set(xlabel="megabytes", xlim=(0, 1.3 * (read + written).max()))
ax.legend(loc="lower right")
figure(
    fig,
    caption=f"SELU of a million numbers, operation by operation: {chapter.one_by_one:.0f} MB. "
    f"The compiler's own account of one loop: {chapter.fused:.0f} MB.",
    alt="Bars of megabytes read and written: "
    + "; ".join(f"{n} {r:.0f} and {w:.0f}" for n, r, w in zip(labels, read, written, strict=True)),
)

# %% [markdown]
# **Predict.** Is the compiled function faster by this factor, less, or more?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("selu_jit = jax.jit(selu)", "million_numpy = np.asarray(million)")
gain = chapter.speeds[1].median_s / chapter.speeds[2].median_s
Markdown(
    f"By memory alone {chapter.one_by_one / chapter.fused:.2f} times, "
    f"measured when this deck was built: **{gain:.1f} times**."
)

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 1 to 5.**
#
# **Say.** SELU is a short function from neural networks; JAX's own introduction uses it. It consists of six small
# operations. Without a compiler each of them reads its numbers from memory and writes its result back. A processor computes
# faster than its memory delivers.
#
# **Ask for hands:** by this factor, by less, by more?
#
# **Answers one gets.** "By this factor, since memory is all that counts." "By more, since Python is gone as well."
#
# **Fragment. Right answer.** The number depends on the machine, on the day, and on what else it does. Memory is not all
# that counts: the exponential takes its time however the numbers travel. And a fused loop is started once and needs no room
# for results in between.
#
# **Misconception.** "JAX is fast NumPy." Without `jit` it often is slower. It is a compiler that one writes to in NumPy's
# words.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## JAX writes your function down, and knows nothing else of it

# %% tags=["hide-input"]
chapter.code("selu")

# %% tags=["hide-input"]
print(chapter.operations.pretty_print(use_color=False))

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 5 to 8.**
#
# **Say.** Above what you wrote, below what JAX sees, a *jaxpr*. To get it, JAX has called the function once with a
# placeholder, a *tracer*, that has a shape and a type but no values.
#
# **Ask.** "Find the six operations." Let them: compare, exponentiate, multiply, subtract, choose, multiply.
#
# **Ask.** "If the function contained `print(x)`, where would it be in this list?" **Answers one gets.** "Before the first
# line." *Right answer:* nowhere. It runs once, while tracing, and shows a tracer.
#
# **Ask.** "And `if x > 0:`?" *Answer:* an error; a tracer has no value that could be compared. Hence `jnp.where`.
#
# **Stress.** What was not written down does not exist for JAX. Functions must be *pure*: the result depends on the
# arguments alone, and nothing else happens. Most rules of today follow from this sentence.
#
# **Misconception.** "`jit` translates my Python code." It translates the list.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The chain rule from either end
#
# A program is a composition $f = f_m \circ \dots \circ f_2 \circ f_1$. Operation $i$ makes $x_i = f_i(x_{i-1})$ and has the
# Jacobian $J_i$.
#
# $$\text{forward (JVP):}\quad v_i = J_i\, v_{i-1} \qquad\qquad \text{backward (VJP):}\quad w_{i-1} = J_i^{\mathsf T}\, w_i$$

# %% [markdown] slideshow={"slide_type": "fragment"}
# If $f$ is **one number**, as a log density is: put in $w_m = 1$, out comes $w_0 = \nabla f$.
#
# All $d$ derivatives in **one** backward pass. Forward needs $d$ passes.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 8 to 12.** (Skip when late.)
#
# **On the board.** Draw three boxes in a row. Send a vector through from the left: how does the end change, if I push the
# beginning in this direction? Then one from the right: how much does the end feel each of the inputs?
#
# **Ask.** "Your model has a thousand unknowns. What does one gradient cost?" **Answers one gets.** "A thousand
# evaluations." *Right answer:* as much as a few, whatever the number of unknowns. Theory bounds it by about four or five.
#
# **Ask.** "What is the price?" *Answer:* memory. The backward pass needs the values of the forward one.
#
# **Say.** This is why samplers that use gradients can work in thousands of dimensions. Without it there would be no
# chapters 06 and 07.
#
# **Misconception.** "Automatic derivatives are numerical, so approximate." There is no step and no limit in it. Exact, up
# to rounding.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One word, and the log density has a slope

# %% tags=["hide-input"]
chapter.code("log_density")

# %% [markdown]
# ```python
# value_and_slope = jax.jit(jax.value_and_grad(log_density))
# ```
#
# The coin, in its log-odds $\eta = \log\frac{p}{1 - p}$. By algebra $\;\mathrm{d} \log \pi / \mathrm{d}\eta = (2 + y) - (4 + n)\,p$.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def log_density_by_hand(", "def exact_derivative(", "def log_density(")
Markdown(
    f"At $\\eta = 0.5$: `grad` says **{float(chapter.slope):.4f}**, "
    f"algebra **{chapter.exact_derivative(0.5):.4f}**."
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Predict.** A difference over a small step $h$, in place of `grad`: is a smaller $h$ always better?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 12 to 15.**
#
# **Say.** Samplers like unknowns without edges. So the coin's $p$ becomes its log-odds, any real number, and the density
# gets the factor $\mathrm{d}p / \mathrm{d}\eta = p\,(1 - p)$. With the prior Beta(2, 2) this makes the two twos in the
# code.
#
# **On the board,** if they want it: the derivative of $\log p$ with respect to $\eta$ is $1 - p$, that of $\log(1 - p)$ is
# $-p$.
#
# **Ask.** "Why `log_sigmoid`, and not `jnp.log(p)`?" Collect, do not answer: slide *Seven digits*.
#
# **Last fragment. Ask for hands:** always better, or not? **Answers one gets.** "Always: the derivative is the limit." Keep
# it for the next slide. (When late, answer it: no, rounding takes over.)
#
# **Misconception.** "What `grad` returns is a number." It returns a *function*, which can be compiled, or differentiated
# once more.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A smaller step is better, until rounding takes over

# %% tags=["hide-input"]
chapter.run("figures.slopes(")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 15 to 18.** (Skip when late.)
#
# **Say.** Read it from right to left, while the step shrinks. First straight lines on logarithmic axes. **Ask.** "What are
# their slopes?" *Answer:* one for the one-sided difference, two for the central one: the orders that Taylor's formula
# gives.
#
# **Ask.** "Why do they turn up again?" *Answer:* a difference of nearly equal numbers keeps their absolute rounding error,
# and this is divided by $h$.
#
# **Point at** the far left of float32: the error is the whole slope. **Ask.** "Why flat?" *Answer:* $\eta + h$ is rounded
# to $\eta$, and the difference is zero.
#
# **Point at** the dotted lines: `grad` lies below the best of all steps, in either precision.
#
# **Say.** This picture is a *test*: two independent ways, which agree at the order that theory demands. Whenever you write
# a gradient by hand, draw it.
#
# **Misconception.** "In float64 rounding does not matter." It comes later. It comes.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## `scan`: a loop that carries something

# %% tags=["hide-input"]
chapter.code("pi_by_hand")

# %% tags=["hide-input"]
chapter.code("pi_fast")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 18 to 21.**
#
# **Say.** Points at random in a square; the share inside the quarter circle is close to $\pi / 4$. Above, a plain loop. It
# carries one number from turn to turn and writes another one down.
#
# **Ask.** "Which is carried, which is written down?" *Answer:* `inside` is carried, the estimate is written down. Below,
# `one_point` takes carry and input, and returns carry and output.
#
# **Ask.** "What will be the carry of a sampler?" *Answer:* the place where the chain stands. Every sampler of this course
# is such a loop.
#
# **Answers one gets.** "Why return `inside` twice?" Once as the carry, once as what is kept.
#
# **Misconception.** "A `for` loop inside of `jit` would do the same." It would give the same numbers. What it costs is on
# the next slide.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: how many operations does JAX write down?

# %% tags=["hide-input"]
chapter.run("figures.darts(", "def pi_fast(", "def pi_unrolled(")
chapter.code("pi_unrolled")

# %% [markdown]
# For 10 points and for 100, with this Python loop and with `scan`?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
counts = pd.DataFrame(chapter.sizes, index=["10 points", "100 points"]).T
HTML(counts.to_html(border=0))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Tracing runs Python's loop, turn by turn. The program becomes **as long as the loop**.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 21 to 23.**
#
# **Ask** for four numbers, and write some on the board.
#
# **Answers one gets.** "The same for all; it is the same loop." *Hint:* what does JAX see, the loop or its turns?
#
# **Fragment. Right answer.** With `scan` the number does not depend on the length: the loop is *one* operation, whose body
# is written down once. With Python's loop each turn is written down.
#
# **Ask.** "What does that mean for a chain of a hundred thousand steps?" *Answer:* the compiler would get millions of
# lines. People who wait for minutes in front of a compiled sampler have usually done this.
#
# **Misconception.** "Then Python loops are forbidden." A short one over eight schools or three blocks is fine.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A key is used once
#
# ```python
# key = jax.random.key(2)
# print(jax.random.normal(key))
# print(jax.random.normal(key))
# ```
#
# **Predict.** What do the two calls return?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
first, second = (float(jax.random.normal(jax.random.key(2))) for _ in range(2))
Markdown(f"**{first:.6f}** and **{second:.6f}**. A random number is a *function* of its key.")

# %% [markdown] slideshow={"slide_type": "fragment"}
# ```python
# key_x, key_y, key_rest = jax.random.split(key, 3)   # and never touch key again
# ```

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 23 to 26.**
#
# **Ask.** Two votes: the same number twice, or two numbers?
#
# **Answers one gets.** "Two different ones, it is random." NumPy's generator changes inside at each call, which is a side
# effect. JAX has none.
#
# **Second fragment. Say.** A key is used once: either to draw or to split. From then on the parent is dead.
#
# **Ask.** "What does one buy with this nuisance?" *Answers:* a run can be repeated from its key; a thousand chains draw
# side by side without asking each other; the numbers do not depend on the order of computing.
#
# **Misconception.** "Splitting a key and then still drawing from it is harmless, they are different functions." It is the
# same key used twice, and the checker will say so.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## `vmap`: four hundred runs, and still one loop

# %% tags=["hide-input"]
chapter.run("run_keys = ")
chapter.run("figures.bundle(")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("mcse = sd_of_one / np.sqrt(2000)")
Markdown(f"Inside the funnel at the end: **{chapter.share:.3f}** of the runs, promised 0.954.")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 26 to 29.**
#
# **Say.** The function was written for *one* run. `jax.vmap` makes from it a function of 400 keys. There is still one loop
# over points, and each of its turns does 400 runs: the loop has not become longer, its numbers have become arrays.
#
# **Ask.** "What must be different from run to run?" *Answer:* the key. That is why one splits first and maps over the keys.
#
# **Ask, before the fragment.** "The funnel is two standard errors wide on each side. How many of 400 runs may end outside?"
# *Answer:* about one in twenty.
#
# **Answers one gets, after it.** "Fewer than promised, so it is wrong." The share of 400 runs has a standard error of its
# own, about one in a hundred.
#
# **Then.** This is how the course runs many chains. Chapter 04 makes it ten thousand.
#
# **Misconception.** "`vmap` runs on several cores." It makes arrays of numbers. Who works on them is decided elsewhere.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A common mistake: one key for both coordinates

# %% tags=["hide-input"]
chapter.code("throw")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
chapter.run("def throw(")
verdicts = {}
for name, way in chapter.ways.items():
    thrown = np.asarray(way(jax.random.key(22), 40_000), dtype=float).reshape(4, -1)
    verdicts[name] = {
        "estimate of π": f"{thrown.mean():.3f}",
        "R-hat below 1.01": "yes" if float(chapter.az.rhat(thrown)) < 1.01 else "no",
        "π within chance": "yes" if chapter.agrees[name] else "no",
    }
HTML(pd.DataFrame(verdicts).T.to_html(border=0))

# %% [markdown] slideshow={"slide_type": "fragment"}
# All points lie on the diagonal: $4 / \sqrt 2 \approx 2.83$.
#
# **Test:** `with jax.debug_key_reuse(True):`

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 29 to 32.**
#
# **Ask, before the table.** "Somebody in a hurry passes the same key as `key_x` and `key_y`. What do the
# points look like?" Let them sketch. *Answer:* $x = y$, so all lie on the diagonal.
#
# **Ask.** "So which share lies inside the quarter circle?" *Answer:* those with $2 x^2 < 1$, a share of $1 / \sqrt 2$.
#
# **First fragment. Point at** the table: no error, no warning, R-hat is content, and the standard error is small. The
# estimate settles firmly on the wrong number.
#
# **Second fragment. Say.** JAX has a key checker: inside of this block a second use of a key is an error. The course runs its
# samplers under it.
#
# **Answers one gets.** "I would have seen this." In a plot of the points, yes. In a sampler with ten unknowns there is no
# such plot.
#
# **Misconception.** "R-hat near 1 means right." It means that the chains agree.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: what do these two stopwatches measure?

# %% tags=["hide-input"]
stopwatches = chapter.run("show_source(*museum.TIMERS")
lines = [line for line in stopwatches.text.splitlines() if '"""' not in line]
stopwatches.text = "\n".join(lines)  # names and docstrings would give the answer away
for letter, timer in zip("AB", chapter.museum.TIMERS.values(), strict=True):
    stopwatches.text = stopwatches.text.replace(timer.__name__, f"stopwatch_{letter}")
stopwatches

# %% [markdown] slideshow={"slide_type": "fragment"}
# **A** stops when the call **returns**. **B** counts the **compiling**.
#
# Honest: compile first, `jax.block_until_ready`, several calls, the median.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 32 to 35.** (Skip when late.)
#
# **Ask.** Two minutes with the neighbour: one mistake in each. One of them reports wonderful times, the other terrible
# ones. Which is which?
#
# **Answers one gets.** "The first should run more often." True, and not the point. Ask what `fun()` has given back when it
# returns.
#
# **Right answer.** JAX returns a promise of an array, and Python goes on while the processor computes: *asynchronous
# dispatch*. The clock stops before the work is done. The second one times the first call, and the first call compiles.
#
# **Ask.** "How would you *test* a stopwatch?" *Answer:* with programs whose time is known. The notebook does so, and names
# the property that fails.
#
# **Then.** In the notebook, section *An honest clock*: two matrix products, returned long before they were ready.
#
# **Misconception.** "Everything in JAX takes a fraction of a millisecond." Everything *returns* within that.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: which calls make a new program?
#
# `total` and `power` are compiled; `power` has a **static** exponent. Write 1 where a call compiles, and 0 where it
# does not.

# %% tags=["hide-input", "left"]
chapter.run("total = jax.jit(")
shown = list(chapter.compiled)[:9]
print("\n".join(shown))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "right"]
print("\n".join(str(chapter.compiled[name]) for name in shown))

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 35 to 37.**
#
# **Ask.** Everybody writes a column of ones and zeros. Then go down line by line, by show of hands, before the fragment.
#
# **Answers one gets.** "Integers: 0, it is the same sum." No: another type of number is another program. "Static, another
# value: 0, only the number changed." No: a static value is *part of* the program.
#
# **Right answer.** New values are free; new shapes, types and functions are not. JAX remembers a program by the function
# object, by shapes, types and static values. Whatever differs compiles again.
#
# **Ask.** "You try fifty step sizes, and the step size is static. How often does it compile?" *Answer:* fifty times. So let
# what changes be an ordinary argument.
#
# **Point at** the last line: `jax.jit(lambda …)` inside of a loop makes a new function in each turn, and every turn is as
# slow as a first call.
#
# **Misconception.** "The same source text is the same function." Two lambdas are two objects.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live: count the compilations

# %% tags=["hide-input"]
chapter.where("total = jax.jit(")

# %% [markdown]
# 1. Run the cell. Does your column agree?
# 2. Run it **again**. Which ones become zeros?
# 3. Delete `, static_argnums=1`. Which of the three lines with `power` **change**?
# 4. Which of the two would you want for a step size?

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 37 to 41. Live demo.** Let them vote before each run.
#
# **What will be seen.** 2: the same column as before. The cell makes `total` and `power` anew, and a new function object is
# a new program. **Answers one gets:** "All zeros, it is compiled already."
#
# 3: the third line with `power` turns to zero. The exponent is an ordinary argument now, and its values are free. The next
# cell asserts the old column and fails; that is right.
#
# **Question 4. Right answer.** Ordinary. Static is for what decides the *shape* of the program: a number of steps, a choice
# of method.
#
# **Ask.** "So why not make everything an ordinary argument?" *Answer:* a shape must be known when the program is compiled,
# and a special program may be quicker: a fixed power of two is one multiplication.
#
# **Misconception.** "The clock showed it was slow, so JAX is slow." Count before you judge. `count_compiles` is three lines
# of work.
#
# **At the end,** put the argument back.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Seven digits are enough, if you do not throw them away

# %% tags=["hide-input"]
chapter.run("figures.cancellation(")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Never form $1 - p$. Since $1 - p = \mathrm{logistic}(-\eta)$, write `log_sigmoid(-eta)`.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 41 to 44.**
#
# **Ask, before you show the slide.** "In float32, what is `jnp.log(1 - p)` at $\eta = 20$? The truth is very nearly $-20$."
# **Answers one gets.** "$-20$, to seven digits." "Zero." *Right answer:* minus infinity.
#
# **Say.** $p$ is so close to 1 that it is rounded to 1. The digits that made up the small difference were lost before the
# logarithm saw them. This is *catastrophic cancellation*.
#
# **Ask.** "What does a sampler make of minus infinity?" *Answer:* it takes a possible place for an impossible one, and
# never goes there.
#
# **Fragment.** The relatives are in a table of the notebook: `log1p`, `expm1`, `logsumexp`. The last is the one that
# samplers need most.
#
# **Misconception.** "With float64 the problem is gone." The cliff moves to a larger $\eta$. It does not go away.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict: a slope that everybody knows
#
# ```python
# c * jnp.where(x > 0, x, k * jnp.exp(x) - k)   # selu
# ```
#
# At $x = 100$ the slope is $c \approx 1.05$. What does `jax.grad(selu)(100.0)` say?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
slope = float(jax.grad(chapter.selu)(100.0))
value = float(chapter.selu(100.0))
Markdown(f"**`{slope}`**. And yet the value is right: {value:.2f}. No error, no warning.")

# %% [markdown] slideshow={"slide_type": "fragment"}
# `where` computes **both** branches, and $e^{100}$ overflows. Backward it is multiplied by zero, as the branch
# that was not chosen: $0 \cdot \infty$ is not a number.

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 44 to 46.** (Skip when late.)
#
# **Ask.** Let them say what the slope is, from the formula. Then what JAX says. **Answers one gets.** "1.05." "Infinity."
#
# **First fragment.** Wait. Let somebody explain it. *Hint:* which operations did the list on the third slide contain,
# whatever the sign of $x$?
#
# **Second fragment. Say.** The habit is: make the argument harmless in the branch that is not chosen, *before* the function
# that overflows sees it. Exercise 2.2 does so; leave it open here.
#
# **What helps to find it:** inside of `with jax.debug_nans(True):` JAX stops at the operation where the first one is born.
#
# **Ask.** "Loud errors or silent ones, which are worse?" The notebook has five loud ones and four silent ones, under *Sharp
# bits*.
#
# **Misconception.** "`where` is an `if`." It chooses between two results that both exist.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What it costs, and what makes the compiler work longer


# %% tags=["hide-input", "left"]
def recorded(beginning):
    """Return the medians of a claim's cases, from the page of all claims."""
    (claim,) = chapter.claims(beginning)
    cases = (case.rsplit(": ", 1) for case in claim.cases)
    return {case: values.split(" (")[0] for case, values in cases}


worth = recorded("jit is worth it for SELU")
rivals = {"NumPy": "NumPy", "no jit": "JAX, one by one"}
pays = {
    rival: {
        when: worth[f"the rival is {name}, {when}"]
        for when in ("after 1 call", "after 10 calls", "after 100 calls", "compiling left out")
    }
    for rival, name in rivals.items()
}
HTML("<h3>Time of the rival over jit</h3>" + pd.DataFrame(pays).to_html(border=0))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input", "right"]
constant = recorded("Compile time is a constant")
larger = pd.DataFrame({"times as long": constant})
HTML("<h3>Compiling the larger case</h3>" + larger.to_html(border=0))

# %% tags=["hide-input", "small"]
machine = chapter.claims("jit is worth it")[0].where
Markdown(f"Medians of five rounds from `notebooks/claims.md`: {machine}")

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 46 to 49.** (Skip when late.)
#
# **Say.** Two sentences that one hears. *`jit` is worth it*: left; above 1 it is, everything counted from the first call
# on. *Compile time is a constant*: right.
#
# **Ask, left.** "From how many calls on would you compile, if NumPy is the rival?" Let them read it. **Ask.** "Why does the
# second column hardly change with the calls?" *Answer:* JAX without `jit` compiles as well, each operation for itself.
#
# **Ask, before the fragment.** "A larger array, a longer `scan`, a longer Python loop, more shapes: which make the compiler
# work longer?" **Answers one gets.** "The large
# array." *Right answer:* the Python loop and the different shapes. What the compiler works on is the text of the program:
# how many operations, and how many programs. How many numbers an array holds, or how often a `scan` turns, is one number in
# that text.
#
# **Say.** A sampler calls its log density a hundred thousand times. For samplers the question is settled.
#
# **Misconception.** "Small model, so it compiles quickly." Short *text* compiles quickly.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## You can now …
#
# - **read** what JAX sees
# - get a gradient, and **check** it
# - write a loop as **scan**, and run it for many keys by **vmap**
# - keep densities from **overflow** and cancellation
# - **time** honestly, and count compilations

# %% [markdown] tags=["right"]
# **Your turn**, in the notebook:
#
# - **2.1** change one number
# - **2.2** a slope that survives
# - **2.3** a loop becomes a scan
# - **2.4** find the bug
# - **2.5** why does it compile?
# - **2.6** build a stable one

# %% [markdown] slideshow={"slide_type": "notes"}
# **Minute 49 to 50.**
#
# **Say.** 2.1 is read from a picture of today. 2.3 is the one everybody should do: it is the shape of every sampler to
# come. 2.4 is about keys, and one look at its plot says where. 2.5 has two reasons; find both. 2.6 is for home.
#
# **Question to take along.** "A sampler is a loop that carries a position, and at each turn needs a key, a proposal and a
# decision. What are the carry, the input and the output of its `scan`?"
#
# **Next.** Chapter 03 fills in the proposal and the decision. Chapter 04 runs it for ten thousand chains.
