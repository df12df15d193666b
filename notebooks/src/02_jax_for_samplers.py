# %% [markdown]
# # 2. JAX for samplers
#
# **Question.** The samplers of this course are written for JAX. What does JAX do with a function, and what does it ask of you in return?
#
# After this chapter you will be able to
#
# - **compile** a function, and say what that saves and what it costs,
# - **differentiate** a log density without algebra, and check the result,
# - **replace** loops over steps by `scan`, and loops over chains by `vmap`,
# - **draw** random numbers from keys, without using one twice,
# - **time** a JAX program honestly, and find out why one compiles again and again.
#
# **You need** chapters 00 and 01. Short of time? Leave out *Pytrees*, *The cache on disk* and *Devices* at first, and come back when you need them. Symbols are collected in [the notation table](notation.md), terms in
# [the glossary](glossary.md).
#
# <!-- times -->
# About 57 minutes to read, exercises not counted, 36 s to run (measured cold, 28 s again with warm caches: AMD EPYC, 2 cores, 2026-11-21).
# <!-- /times -->

# %%
import tempfile
import time

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np

from course_utils import checks, museum, timing
from course_utils.claims import trial
from course_utils.compiles import count_compiles, disk_cache
from course_utils.display import show_source, use_style
from course_utils.exercises import check
from course_utils.figures import chapter_02 as figures
from course_utils.models import binomial
from course_utils.timing import compare, time_jax, time_python

use_style()

# %% [markdown]
# ## Picture first
#
# JAX looks like NumPy: `jax.numpy`, called `jnp` by habit, has the same functions. Here is one made of them. SELU comes from neural
# networks; we borrow it because it is short, and because JAX's own introduction uses it:
#
# $$\mathrm{selu}(x) = c \cdot \begin{cases} x & \text{if } x > 0, \\ k\,(e^x - 1) & \text{otherwise,} \end{cases}
# \qquad c = 1.0507\ldots, \quad k = 1.6732\ldots$$


# %%
def selu(x, c=1.0507009873554805, k=1.6732632423543772):
    """Scaled exponential linear unit, six operations."""
    return c * jnp.where(x > 0, x, k * jnp.exp(x) - k)


million = jnp.linspace(-3.0, 3.0, 1_000_000)
operations = jax.make_jaxpr(selu)(million)
print(operations.pretty_print(use_color=False))

# %% [markdown]
# That list of operations is what JAX sees in the function: compare, exponentiate, multiply, subtract, choose, multiply. (`f32[1000000]` is
# a million numbers of 32 bits. The choice, `jnp.where`, is a small function of its own.) Executed one after the other, each operation reads
# its numbers from memory and writes its result back. A compiler that knows all six can do better:


# %%
def megabytes(variables):
    """Size of some variables of a jaxpr in MB; aval is what JAX knows of one: shape and type."""
    return sum(v.aval.size * v.aval.dtype.itemsize for v in variables) / 1e6


# One entry for each operation: its name, the variables that it reads, those that it writes.
steps = [
    (step.params.get("name", step.primitive.name).strip("_"), step.invars, step.outvars)
    for step in operations.eqns
]
figures.passes(
    [(name, megabytes(read), megabytes(written)) for name, read, written in steps],
    megabytes(operations.jaxpr.invars),
    megabytes(operations.jaxpr.outvars),
)

# %% [markdown]
# A processor computes faster than its memory delivers. So the picture on the right is a promise. The compiler's own account of what
# its program moves keeps it:

# %%
program = jax.jit(selu).lower(million).compile()
one_by_one = sum(megabytes(read) + megabytes(written) for _, read, written in steps)
fused = program.cost_analysis()["bytes accessed"] / 1e6
print(
    f"one by one {one_by_one:.0f} MB, compiled {fused:.0f} MB: {one_by_one / fused:.2f} times less"
)

# %% [markdown]
# **Predict.** If memory were all that counts, the compiled function would be faster by this factor. Will it be less than that, or more?
# The section `jit` measures it.

# %% [markdown]
# ## The mathematics
#
# ### Pure functions
#
# A function is *pure* if its result depends on its arguments alone, and if it does nothing but return it: no printing, no changing of
# variables outside. Functions in mathematics are pure. Functions in Python need not be.
#
# JAX takes a pure function and makes another one from it: `jit` a faster one, `grad` its derivative, `vmap` one for whole arrays. To do so it
# calls the function with placeholders, so-called *tracers*, in place of the arguments, and writes down what happens to them. The tracers of `jit` know a shape
# and a type of number but no values. (Those of `grad` alone have a value with them.) This is *tracing*, and the list above, a *jaxpr*, is its result. What was not written down does not exist for JAX. Most of its
# rules follow from this one sentence.
#
# ### Derivatives by the chain rule
#
# A program is a composition $f = f_m \circ \dots \circ f_2 \circ f_1$ of operations whose derivatives are known. It starts from the $d$ arguments $x_0$, and operation $i$ makes $x_i = f_i(x_{i-1})$. Let $J_i$ be the Jacobian, the
# matrix of partial derivatives, of operation $i$ at $x_{i-1}$. The chain rule says that the Jacobian of $f$ is the product
# $J_m \cdots J_2 J_1$. Nobody needs the big matrices. One multiplies a vector through them, from either end:
#
# $$\text{forward (JVP):}\quad v_i = J_i\, v_{i-1}, \qquad\qquad
# \text{backward (VJP):}\quad w_{i-1} = J_i^{\mathsf T}\, w_i .$$
#
# Forward begins with a direction $v_0$ in the space of arguments, and ends with the change of $f$ in that direction. Backward begins with $w_m$ in the space of
# results. If $f$ is a single number, as a log density is, take $w_m = 1$: what arrives is $w_0 = \nabla f$, *all* $d$ partial derivatives in
# one pass. Forward would need $d$ passes. This is why samplers that use gradients can work in thousands of dimensions. The price is memory: the
# backward pass needs the values $x_i$ of the forward one, so they are kept (or computed again).
#
# Both are exact, up to rounding. The alternative, a difference over a small step $h$, is not. Taylor's formula gives
#
# $$\frac{f(x + h) - f(x)}{h} = f'(x) + \frac{h}{2} f''(x) + \dots, \qquad
# \frac{f(x + h) - f(x - h)}{2h} = f'(x) + \frac{h^2}{6} f'''(x) + \dots$$
#
# The first is of order 1: half the step, half the error. The second, *central* one is of order 2.
#
# ### Rounding
#
# A computer keeps a number to so many binary digits. With $b$ bits for a number, the result of one addition, multiplication and so on is the true result times $1 + e$, with
#
# $$|e| \le \varepsilon_b, \qquad \varepsilon_{32} = 2^{-24} \approx 6 \cdot 10^{-8} \ \text{in float32}, \qquad
# \varepsilon_{64} = 2^{-53} \approx 10^{-16} \ \text{in float64.}$$
#
# (Unless it overflows or underflows.) JAX computes in float32 unless told otherwise, NumPy in float64. Two facts will be used below. A sum of $n$ terms $t_i$, added in any order, is off by at most about
#
# $$n\,\varepsilon_b \sum_i |t_i|$$
#
# (Higham, 2002, section 4.2). And a difference of two nearly equal numbers keeps their *absolute* error: if $f$ is known to $\varepsilon_b |f|$, the central difference is
# known to about $\varepsilon_b |f| / h$. The smaller the step, the worse. The two errors balance near $h \approx \varepsilon_b^{1/3}$, for a function whose value, third
# derivative and argument are of size one.
#
# ### The example
#
# All of this will be tried on the coin of chapter 01. A sampler likes unknowns without edges, so we take the *log-odds*
# $\eta = \log\frac{p}{1 - p}$, any real number, in place of $p$. Then $p = \operatorname{logistic}(\eta) = 1 / (1 + e^{-\eta})$, with derivative
# $\mathrm{d}p / \mathrm{d}\eta = p\,(1 - p)$. A density of $p$ becomes a density of $\eta$ when it is multiplied by this derivative. With the prior
# $\mathrm{Beta}(2, 2)$, whose density is $6\,p\,(1 - p)$, and $y$ heads in $n$ flips,
#
# $$\log \pi(\eta) = (2 + y) \log p + (2 + n - y) \log(1 - p) + \text{constant}, \qquad
# \frac{\mathrm{d} \log \pi}{\mathrm{d}\eta} = (2 + y) - (4 + n)\,p .$$
#
# (The derivative: $\mathrm{d} \log p / \mathrm{d}\eta = 1 - p$ and $\mathrm{d} \log(1 - p) / \mathrm{d}\eta = -p$.) So here we know the exact gradient, and can hold JAX against it.

# %% [markdown]
# ## By hand
#
# Three loops in plain Python and NumPy. Each will be replaced by one word of JAX. The first adds up a log density, flip by flip.


# %%
def log_density_by_hand(eta, flips):
    """Coin's log density of the log-odds, up to a constant."""
    p = 1 / (1 + np.exp(-eta))
    total = 2 * np.log(p) + 2 * np.log(1 - p)  # the prior, and dp/deta
    for flip in flips:
        total += np.log(p) if flip else np.log(1 - p)
    return total


flips = binomial.simulate(num_observations=100).successes.astype(bool)
n, y = flips.size, int(flips.sum())
print(f"{y} heads in {n} flips; log density at 0.5: {log_density_by_hand(0.5, flips):.6f}")

# %% [markdown]
# The second takes a derivative, by the central difference.


# %%
def derivative_by_hand(function, x, h):
    """Central difference."""
    return (function(x + h) - function(x - h)) / (2 * h)


def exact_derivative(eta):
    """What the algebra above says."""
    return (2 + y) - (4 + n) / (1 + np.exp(-eta))


by_hand = derivative_by_hand(lambda eta: log_density_by_hand(eta, flips), 0.5, h=1e-4)
print(f"derivative at 0.5 by hand {by_hand:.5f}, exact {exact_derivative(0.5):.5f}")

# %% [markdown]
# The third is a Monte Carlo estimate, as in chapter 01, and it keeps its whole history. Throw points at random into a square of side 1. The
# share that falls into the quarter circle $x^2 + y^2 < 1$ is close to its area, $\pi / 4$.


# %%
def pi_by_hand(points):
    """Estimate of pi after each point; points has shape (N, 2)."""
    inside, estimates = 0, []
    for t, (x, y) in enumerate(points, start=1):
        if x**2 + y**2 < 1:
            inside += 1
        estimates.append(4 * inside / t)
    return np.array(estimates)


points = np.random.default_rng(2).random((2000, 2), dtype=np.float32)
estimates = pi_by_hand(points)
figures.darts(points[:700], estimates)

# %% [markdown]
# Each new point corrects the estimate by less. We shall ask later whether it is as good as it should be.

# %% [markdown]
# ## Fast
#
# ### `jit`: compile
#
# `jax.jit` takes a function and returns one that is compiled at its first call, for the shapes and types of the arguments it meets. From then
# on, for these shapes, the Python code is not executed any more. The compiled program is.

# %%
selu_jit = jax.jit(selu)


def selu_numpy(x, c=1.0507009873554805, k=1.6732632423543772):
    """The same lines for NumPy; in float64 if x is."""
    return c * np.where(x > 0, x, k * np.exp(x) - k)


exact_selu = selu_numpy(np.asarray(million, dtype=float))
for name, result in {"one by one": selu(million), "compiled": selu_jit(million)}.items():
    gap = np.abs(np.asarray(result, dtype=float) - exact_selu).max()
    print(f"{name:10} agrees with NumPy to within 1e-6: {gap < 1e-6}")
    assert gap < 1e-6

# %% [markdown]
# Six operations, on values up to 3.2, each rounded by a part in $10^7$: that gives the tolerance of $10^{-6}$. Note that compiled and
# uncompiled need not agree in the last digit. The compiler may reorder.
#
# Now the times. `time_jax` and `time_python` are the course's stopwatches; how they work comes below.

# %% tags=["nbval-ignore-output"]
million_numpy = np.asarray(million)
speeds = [
    time_python(selu_numpy, million_numpy, name="NumPy"),
    time_python(selu, million, name="JAX, one by one"),
    time_jax(selu_jit, million, name="JAX, compiled"),
]
print(f"compiled: {speeds[1].median_s / speeds[2].median_s:.1f} times as fast as one by one;")
print(f"by memory alone it would be {one_by_one / fused:.2f} times")
compare(speeds)[["median_s", "times_faster", "dtype"]].round(5)

# %% [markdown]
# How good was your prediction? Memory is not all that counts. The arithmetic, above all the exponential, takes its time however the numbers travel. And a fused loop needs no room for
# results in between, and is started once instead of six times.

# %% [markdown]
# ### `grad`: differentiate
#
# `jax.grad` takes a function that returns one number, and returns the function that computes its gradient, by the backward pass. The example of JAX's
# introduction: a sum of logistic functions, whose derivative we know.


# %%
def sum_logistic(x):
    """Sum of 1 / (1 + exp(-x))."""
    return jnp.sum(1.0 / (1.0 + jnp.exp(-x)))


x_small = jnp.arange(3.0)
p_small = 1 / (1 + np.exp(-np.arange(3.0)))
print("grad: ", jax.grad(sum_logistic)(x_small))
print("exact:", p_small * (1 - p_small))
assert np.allclose(jax.grad(sum_logistic)(x_small), p_small * (1 - p_small), rtol=1e-6)

# %% [markdown]
# Three arguments, one backward pass, three partial derivatives. (`jax.jvp` and `jax.vjp` are the two directions of the chain rule, under their own names.)
#
# Now the log density. `jax.nn.log_sigmoid` is the logarithm of the logistic function; why we do not write `jnp.log(p)` is the subject of
# *Where it breaks*.


# %%
def log_density(eta, flips):
    """Coin's log density of the log-odds, up to a constant."""
    log_p, log_tails = jax.nn.log_sigmoid(eta), jax.nn.log_sigmoid(-eta)
    return 2 * log_p + 2 * log_tails + jnp.sum(jnp.where(flips, log_p, log_tails))


value_and_slope = jax.jit(jax.value_and_grad(log_density))
value, slope = value_and_slope(0.5, flips)
print(f"log density {value:.4f}, by hand {log_density_by_hand(0.5, flips):.4f}")
print(f"derivative  {slope:.4f}, exact   {exact_derivative(0.5):.4f}")

# %% [markdown]
# `value_and_grad` returns both, since the forward pass has the value anyway. The gradient is taken with respect to the first argument; `argnums=` picks others.
# What `grad` returns is a function like any other: it can be compiled, or differentiated once more.

# %% [markdown]
# ### `lax.scan`: a loop that carries something
#
# The loop of `pi_by_hand` carries a number from turn to turn (how many points were inside), and writes another one down (the estimate). `jax.lax.scan`
# is this pattern. It takes a function `(carry, x) -> (carry, result)`, the first carry, and an array to loop over; it returns the last carry and all
# results. Every sampler of this course is such a loop: the carry is the place where the chain stands.


# %%
def pi_fast(points):
    """Estimate of pi after each point; points has shape (N, 2)."""

    def one_point(inside, point):
        inside = inside + (jnp.sum(point**2) < 1)  # True counts as 1
        return inside, inside

    _, inside_so_far = jax.lax.scan(one_point, 0, points)
    return 4 * inside_so_far / jnp.arange(1, len(points) + 1)


gap = np.abs(jax.jit(pi_fast)(points) - estimates).max()
print(f"all {len(points)} estimates agree with the loop by hand to within 1e-6: {gap < 1e-6}")
assert gap < 1e-6

# %% [markdown]
# (Counts are whole numbers, so exact. Only the division is rounded, of numbers up to 4: hence the tolerance.)
#
# Why not a Python loop, compiled? Tracing runs Python's loop and writes down what every turn does. The program becomes as long as the loop.
#
# **Predict.** How many operations does JAX write down for 10 and for 100 points, with a Python loop and with `scan`?


# %%
def pi_unrolled(points):
    """The same with a Python loop."""
    inside, inside_so_far = 0, []
    for point in points:
        inside = inside + (jnp.sum(point**2) < 1)
        inside_so_far.append(inside)
    return 4 * jnp.array(inside_so_far) / jnp.arange(1, len(points) + 1)


def num_operations(function, *arguments):
    """Operations that JAX writes down: one line with an equals sign each."""
    return str(jax.make_jaxpr(function)(*arguments)).count(" = ")


sizes = {
    name: [num_operations(function, points[:length]) for length in (10, 100)]
    for name, function in {"Python loop": pi_unrolled, "scan": pi_fast}.items()
}
for name, (ten, hundred) in sizes.items():
    print(f"{name:11}: {ten:4} operations for 10 points, {hundred:4} for 100")
assert sizes["scan"][0] == sizes["scan"][1]

# %% [markdown]
# The time to compile follows the length of the program, as *What it costs* will show. Relatives of `scan`: `lax.fori_loop` keeps only the last
# carry, `lax.while_loop` runs until a condition fails (and has no backward pass), `lax.map` carries nothing.

# %% [markdown]
# ### Keys: random numbers without a hidden state
#
# NumPy's generator changes inside at each call: a side effect, so it is not pure. In JAX a random number is a *function* of a *key*.
#
# **Predict.** What do two calls of `jax.random.normal` with the same key return?

# %%
key = jax.random.key(2)
print("first call: ", jax.random.normal(key))
print("second call:", jax.random.normal(key))

# %% [markdown]
# The same number. To get new numbers one makes new keys from a key that has not been used, with `split`, and from then on does not touch that one:

# %%
key_x, key_y, key_rest = jax.random.split(jax.random.key(3), 3)
print("x:", jax.random.normal(key_x))
print("y:", jax.random.normal(key_y))
print("five more:", jax.random.normal(key_rest, (5,)))

# %% [markdown]
# The rule: **a key is used once**, either to draw or to split. It costs a line now and then, and buys much. A run can be repeated from its key. A thousand
# chains can draw side by side without asking each other. And the numbers do not depend on the order in which things are computed. (For loops that count there is `jax.random.fold_in(key, 7)`, which makes key number 7 from a key. It may be called again with another number, on a key that serves for nothing else: never draw from it, never split it.) What happens when the rule is broken, *Common mistakes* shows.

# %% [markdown]
# ### `vmap`: from one to many
#
# Write a function for *one* point. `jax.vmap` makes from it a function for an array of points, which does each operation for all of them at once. Here the log density and its derivative on a
# grid of $\eta$. `in_axes=(0, None)` says: go along the first argument, and take the second as it is each time.

# %%
grid = jnp.linspace(-1.0, 3.0, 201)
values, slopes = jax.vmap(value_and_slope, in_axes=(0, None))(grid, flips)
best = float(grid[jnp.argmax(values)])
exact_best = np.log((2 + y) / (2 + n - y))
print("shapes:", grid.shape, "→", values.shape, slopes.shape)
print(f"largest on the grid at η = {best:.2f}; the slope is zero at {exact_best:.3f}")
assert abs(best - exact_best) <= 0.02  # the grid's spacing

# %% [markdown]
# **Predict.** The estimate of π was one loop over 2000 points. We want 400 independent runs of it. How does the number of operations
# that JAX writes down grow?

# %%
run_keys = jax.random.split(jax.random.key(20), 400)


def one_run(key):
    """Estimate of pi after each of 2000 points, from a key."""
    return pi_fast(jax.random.uniform(key, (2000, 2)))


many_runs = jax.jit(jax.vmap(one_run))(run_keys)
one, many = num_operations(one_run, run_keys[0]), num_operations(jax.vmap(one_run), run_keys)
print("shape of the results:", many_runs.shape)
print(f"400 runs need at most 1.5 times the operations of one: {many <= 1.5 * one}")
assert many <= 1.5 * one

# %%
sd_of_one = 4 * np.sqrt(np.pi / 4 * (1 - np.pi / 4))
figures.bundle(np.asarray(many_runs), np.pi, sd_of_one)

# %% [markdown]
# There is still one loop over points, and each of its turns now does 400 runs at once: the loop has not become longer, its numbers have
# become arrays. That is how this course runs many chains. Keys are split along, one for each run.
#
# One point contributes 4 or 0, like 4 times a coin with probability $\pi / 4$. So one contribution has standard deviation $4 \sqrt{\frac\pi4 (1 - \frac\pi4)}$, and the funnel is two Monte Carlo standard errors wide on each side. How
# many of the 400 runs end inside it? We count under *Is it right?*

# %% [markdown]
# ### Pytrees: more than one array
#
# A state has parts: a position, its log density, perhaps more. JAX accepts any nesting of dictionaries, lists, tuples and named tuples with arrays at
# the ends, a *pytree*, wherever it accepts an array. `grad` then returns a gradient of the same form.


# %%
def log_density_of_two(belief, data):
    """Two independent coins."""
    return sum(log_density(belief[coin], data[coin]) for coin in ("first", "second"))


belief = {"first": jnp.array(0.5), "second": jnp.array(-1.0)}
data = {"first": flips, "second": ~flips}  # the second shows heads where the first shows tails
uphill = jax.grad(log_density_of_two)(belief, data)
print("gradient:", jax.tree.map(lambda slope: round(float(slope), 4), uphill))
moved = jax.tree.map(lambda place, slope: place + 0.01 * slope, belief, uphill)
print("a step uphill:", jax.tree.map(lambda place: round(float(place), 4), moved))
assert log_density_of_two(moved, data) > log_density_of_two(belief, data)

# %% [markdown]
# `jax.tree.map` applies a function to all arrays of a tree, or to pairs from two trees of the same form; `jax.tree.leaves` lists them.

# %% [markdown]
# ### An honest clock
#
# A JAX function returns *before* its work is done: it hands back a promise of an array, and Python goes on while the processor computes. This is
# *asynchronous dispatch*. It keeps the processor busy, and it fools stopwatches. `jax.block_until_ready(result)` waits. Here are the course's
# stopwatch and its inner part:

# %%
show_source(time_jax, timing._time_calls)

# %% [markdown]
# - `trace` and `lower` write the program down, `compile` translates it. So tracing and compiling have times of their own.
# - `call` notes two times: when the call *returned*, and when the result was *ready*. Only the second one is honest.
# - The first call is kept apart; what is reported is the median of the calls after it, and the range is kept.
# - `count_compiles` watches over all of it. If a steady call compiles anything, `recompiles` is not zero, and the measurement is spoilt.
#
# How far apart are the two times? A product of large matrices takes long enough to see it.

# %% tags=["nbval-ignore-output"]
square = jnp.ones((1000, 1000))
product = jax.jit(lambda a: a @ a @ a)
measured = time_jax(product, square, name="two matrix products")
print(measured)
print(
    f"returned after {measured.dispatch_s * 1e3:.3f} ms, ready after {measured.median_s * 1e3:.3f} ms"
)

# %% [markdown]
# ### What compiles again, and how to count it
#
# JAX remembers a compiled program by the function object, and by shapes, types and static values of the arguments. Whatever differs from all before compiles again.
# `count_compiles` listens to JAX's own announcements:

# %%
show_source(count_compiles)

# %% [markdown]
# **Predict.** Which of these calls compile? `total` and `power` are compiled functions; `power` has a *static* argument: one that becomes part of the
# program, as a Python number.

# %%
total = jax.jit(lambda v, factor: factor * jnp.sum(v))
power = jax.jit(lambda v, exponent: v**exponent, static_argnums=1)
five, other_five, six, whole = jnp.ones(5), jnp.arange(5.0), jnp.ones(6), jnp.arange(5)
calls = {
    "total(five, 2.0): the first call": lambda: total(five, 2.0),
    "total(other_five, 3.0): other values": lambda: total(other_five, 3.0),
    "total(six, 2.0): another shape": lambda: total(six, 2.0),
    "total(whole, 2.0): integers": lambda: total(whole, 2.0),
    "total(five, 2): a whole number as factor": lambda: total(five, 2),
    "power(five, 2): static, the first call": lambda: power(five, 2),
    "power(other_five, 2): same static value": lambda: power(other_five, 2),
    "power(five, 3): another static value": lambda: power(five, 3),
    "jax.jit(lambda …)(five): a new function": lambda: jax.jit(lambda v: jnp.sum(v))(five),
    "the same line once more: again a new function": lambda: jax.jit(lambda v: jnp.sum(v))(five),
}
compiled = {}
for name, one_call in calls.items():
    with count_compiles() as log:
        jax.block_until_ready(one_call())
    compiled[name] = log.count
    print(f"{log.count}   {name}")

# %%
assert list(compiled.values()) == [1, 0, 1, 1, 1, 1, 0, 1, 1, 1]

# %% [markdown]
# New values are free. New shapes, new types, new static values and new function objects are not. Hence three habits: make a function once and `jit` it outermost; let what
# changes (a step size!) be an ordinary argument; keep shapes fixed. Inside of `with jax.log_compiles(True):` JAX names each program as it compiles it; inside of `with jax.explain_cache_misses(True):`
# it says why.
#
# ### The cache on disk
#
# When Python ends, its compiled programs are gone. A *persistent compilation cache* keeps them in a folder. One setting, the folder, turns it on; two more make it keep small and quick programs as well. Here they hold for the length of a `with` block. (`make lab` sets them
# for this course, as environment variables: `JAX_COMPILATION_CACHE_DIR` and so on.)

# %%
show_source(disk_cache)

# %%
hits = []
with tempfile.TemporaryDirectory() as folder, disk_cache(folder):
    for _ in range(2):
        with count_compiles() as log:
            jax.block_until_ready(jax.jit(lambda v: jnp.tanh(v) + 1)(five))  # a new function
        hits.append(log.cache_hits)
        print(f"programs: {log.count}, of these found on disk: {log.cache_hits}")
assert hits == [0, 1]

# %% [markdown]
# The second function is a new object, so JAX's memory does not know it. Its *program* is the same, and that is what the disk knows. Tracing and lowering are done
# again; only compiling is saved.

# %% [markdown]
# ### Devices
#
# JAX runs on processors (CPU), graphics cards (GPU) and TPUs. It takes the best that it finds and has been installed for.

# %% tags=["nbval-ignore-output"]
print("devices:", jax.devices())

# %% [markdown]
# An array lives on a device, and a computation runs where its arguments live:

# %%
cpu = jax.devices("cpu")[0]
on_cpu = jax.device_put(np.ones(3), cpu)  # this one array
with jax.default_device(cpu):  # everything new inside of the block
    new = jnp.ones(3)
print("both on the CPU:", on_cpu.devices() == new.devices() == {cpu})

# %% [markdown]
# What to write when you have a choice, or a problem. The variables must be set *before* JAX starts, best before Python does.
#
# | you want | write |
# |---|---|
# | the CPU, although there is a GPU | `JAX_PLATFORMS=cpu` |
# | to see which GPU there is | `jax.devices("gpu")`; it raises an error if there is none |
# | several CPU "devices" for several chains | `course_utils.devices.use_cpu_devices(4)`; chapter 15 |
# | JAX not to take 75 % of the GPU's memory at its first operation | `XLA_PYTHON_CLIENT_PREALLOCATE=false` |
# | it to take another share, as 40 % | `XLA_CLIENT_MEM_FRACTION=.40` (older: `XLA_PYTHON_CLIENT_MEM_FRACTION`) |
# | memory given back as soon as it is free (slow) | `XLA_PYTHON_CLIENT_ALLOCATOR=platform` |
# | float64 | `jax.enable_x64(True)` as a `with` block, or `JAX_ENABLE_X64=1` |
#
# *Preallocation* is why two programs on one GPU fail at once: the second finds a quarter of the memory. Give each its share.

# %% [markdown]
# ## Is it right?
#
# ### The gradient, against differences and against algebra
#
# Differences must approach the gradient at their known order, until rounding stops them. If they do, two independent ways agree. We look at 50 places $\eta$, and take the largest error in
# units of the largest slope.

# %%
places = np.linspace(-1.0, 2.5, 50)
exact_slopes = exact_derivative(places)
step_sizes = 10.0 ** np.arange(-11, 0.1, 0.25)
errors, floors = {}, {}


def relative_error(found):
    """Largest error at any place, in units of the largest slope."""
    return np.abs(np.asarray(found, dtype=float) - exact_slopes).max() / np.abs(exact_slopes).max()


for dtype in (np.float32, np.float64):
    with jax.enable_x64(dtype == np.float64):
        density = jax.jit(jax.vmap(lambda eta: log_density(eta, flips)))
        here, name = jnp.asarray(places, dtype), dtype.__name__
        at = {
            h: [np.asarray(density(here + s * dtype(h)), float) for s in (-1, 0, 1)]
            for h in step_sizes
        }
        errors[f"central, {name}"] = np.array(
            [relative_error((up - down) / (2 * h)) for h, (down, _, up) in at.items()]
        )
        if dtype == np.float64:
            errors[f"one-sided, {name}"] = np.array(
                [relative_error((up - middle) / h) for h, (_, middle, up) in at.items()]
            )
        floors[f"grad, {name}"] = relative_error(
            jax.vmap(jax.grad(lambda eta: log_density(eta, flips)))(here)
        )

figures.slopes(step_sizes, errors, floors)

# %% [markdown]
# Far to the left the float32 curve is flat: $\eta + h$ is rounded to $\eta$ itself, the difference is 0, and the error is the whole slope. Further right
# there are straight lines on logarithmic axes: their slopes are the orders. We fit them where rounding is negligible, for steps from $10^{-3}$ to $10^{-1}$ in float64.

# %%
smooth = (step_sizes > 0.9e-3) & (step_sizes < 1.1e-1)
orders = {
    name: np.polyfit(np.log(step_sizes[smooth]), np.log(errors[f"{name}, float64"][smooth]), 1)[0]
    for name in ("one-sided", "central")
}
for name, order in orders.items():
    print(f"{name:9} order {order:.2f}")
assert abs(orders["one-sided"] - 1) < 0.05 and abs(orders["central"] - 2) < 0.05
for name in ("float32", "float64"):
    better = floors[f"grad, {name}"] < errors[f"central, {name}"].min()
    print(f"{name}: grad beats the best difference: {better}")
    assert better

# %% [markdown]
# The allowance of 0.05 is for the next term of Taylor's formula at the largest step. And the gradient is as close as rounding lets us demand: it is a sum of $n + 4$ numbers of at most one, which by the rule above may be off by about $(n + 4)^2\,\varepsilon_b$.

# %%
for name, unit in {"float32": 2.0**-24, "float64": 2.0**-53}.items():
    bound = (n + 4) ** 2 * unit / np.abs(exact_slopes).max()
    print(f"grad in {name}: within the rounding bound: {floors[f'grad, {name}'] <= bound}")
    assert floors[f"grad, {name}"] <= bound

# %% [markdown]
# ### The log density, against NumPy
#
# The same with the value: 32 bits in JAX against 64 in NumPy. The bound is $(n + 10)\,\varepsilon_{32} \sum_i |t_i|$. The sum needs $n$ additions; 10 more roundings are for what happens to one term before it is added.


# %%
def log_density_numpy(eta, flips):
    """The same in NumPy, without a loop; -logaddexp(0, -eta) is log p."""
    log_p, log_tails = -np.logaddexp(0, -eta), -np.logaddexp(0, eta)
    return 2 * log_p + 2 * log_tails + np.where(flips, log_p, log_tails).sum()


places32 = np.linspace(-5, 5, 1000).astype(np.float32)  # the very same numbers for both
fast = np.asarray(jax.jit(jax.vmap(log_density, (0, None)))(places32, flips), dtype=float)
slow = np.array([log_density_numpy(eta, flips) for eta in places32.astype(float)])
bounds = (n + 10) * 2.0**-24 * np.abs(slow)  # all terms are negative: the sum of |t| is |the sum|
print("within the rounding bound at all 1000 places:", bool(np.all(np.abs(fast - slow) <= bounds)))
assert np.all(np.abs(fast - slow) <= bounds)

# %% [markdown]
# ### Monte Carlo, in units of its standard error
#
# The 400 runs first. Their last estimates should miss π by less than two standard errors in 95.4 % of all cases; the share of 400 has a standard error of its own.

# %%
mcse = sd_of_one / np.sqrt(2000)
last = np.asarray(many_runs[:, -1], dtype=float)
share = np.mean(np.abs(last - np.pi) < 2 * mcse)
print(f"within two standard errors: {share:.3f} of the runs, promised 0.954")
assert abs(share - 0.954) < 4 * np.sqrt(0.954 * 0.046 / 400)
print(
    "the mean of all runs is within four standard errors of π:",
    abs(last.mean() - np.pi) < 4 * mcse / 20,
)
assert abs(last.mean() - np.pi) < 4 * mcse / np.sqrt(400)

# %% [markdown]
# Then a test that ties gradient and draws together. Average the slope of the log density over draws from the density itself:
#
# $$\int \pi(\eta)\, \frac{\mathrm{d} \log \pi}{\mathrm{d}\eta}\,\mathrm{d}\eta = \int \frac{\mathrm{d} \pi}{\mathrm{d}\eta}\,\mathrm{d}\eta = 0 ,$$
#
# since $\pi$ vanishes on both sides. So for a right gradient the average slope is zero, up to its Monte Carlo standard error. The exact posterior of $p$ is
# $\mathrm{Beta}(2 + y, 2 + n - y)$, and NumPy draws from it.

# %%
p_drawn = np.random.default_rng(21).beta(2 + y, 2 + n - y, size=10_000)
eta_drawn = np.log(p_drawn) - np.log1p(-p_drawn)
slope_drawn = jax.vmap(jax.grad(log_density), (0, None))(eta_drawn, flips)
slope_drawn = np.asarray(slope_drawn, dtype=float).reshape(4, -1)  # as if four chains
verdict = checks.mean_within_mcse(slope_drawn, 0.0, "slope")
print("the average slope is zero, up to chance:", verdict.passed)
assert verdict.passed, verdict.message

# %% [markdown]
# And ArviZ's look at these slopes. They are independent draws of a random quantity, so the effective sample size is close to their number. (A test run compares this table
# to one part in a hundred: the slopes are rounded to float32, which can swap neighbours in the ranks that ArviZ works with.)

# %% tags=["tol-0.01"]
found = az.summary(az.from_dict({"posterior": {"slope": slope_drawn}}), kind="all")
found[["sd", "ess_bulk", "ess_tail", "r_hat", "mcse_mean"]]

# %% [markdown]
# ## Where it breaks
#
# ### Seven digits
#
# float32 carries seven digits. That is enough for a log density, if one does not throw them away. Take $\log(1 - p)$ with $p = \operatorname{logistic}(\eta)$, the log
# probability of tails. For large $\eta$ the number $p$ is close to 1, and $1 - p$ is a difference of nearly equal numbers. The digits that made up the small
# difference were lost when $p$ was rounded.
#
# **Predict.** In float32, what is `jnp.log(1 - p)` for $\eta = 20$? The true value is very nearly $-20$.

# %%
for eta in (5.0, 10.0, 15.0, 20.0):
    p = jax.nn.sigmoid(jnp.float32(eta))
    print(
        f"η = {eta:4.0f}: log(1 - p) = {jnp.log(1 - p):9.5f}, log_sigmoid(-η) = "
        f"{jax.nn.log_sigmoid(-jnp.float32(eta)):9.5f}, exact {-np.logaddexp(0, eta):9.5f}"
    )

# %%
etas = np.linspace(0.0, 25.0, 401).astype(np.float32)
exact_log_tails = -np.logaddexp(0.0, etas.astype(float))
ways = {
    "log(1 − p)": jnp.log(1 - jax.nn.sigmoid(etas)),
    "log_sigmoid(−η)": jax.nn.log_sigmoid(-etas),
}
figures.cancellation(
    etas, {name: np.abs(np.asarray(way, float) / exact_log_tails - 1) for name, way in ways.items()}
)

# %% [markdown]
# *Catastrophic cancellation*: first the value becomes inaccurate, then it is minus infinity, and a sampler takes a possible place for an impossible one. The
# cure is to never form $1 - p$. Since $1 - p = \operatorname{logistic}(-\eta)$, `log_sigmoid(-eta)` says the same from $\eta$. In general:
#
# | instead of | write | because |
# |---|---|---|
# | `log(1 + x)`, x small | `jnp.log1p(x)` | 1 + x forgets x |
# | `exp(x) - 1`, x small | `jnp.expm1(x)` | the difference forgets x |
# | `log(sum(exp(a)))` | `jax.nn.logsumexp(a)` | `exp` overflows above 88, and is zero for very negative numbers |
# | `log(1 / (1 + exp(-x)))` | `jax.nn.log_sigmoid(x)` | for large x, 1 + exp(-x) forgets exp(-x); for very negative x, exp(-x) overflows |
#
# The third is the one that samplers need most: a mixture of densities, whose logarithms are all one has.

# %%
log_weights = jnp.array([-1000.0, -1001.0, -1002.0])
naive = jnp.log(jnp.sum(jnp.exp(log_weights)))
print("naive:", naive, " logsumexp:", jax.nn.logsumexp(log_weights))
with jax.enable_x64(True):
    print("naive in float64:", jnp.log(jnp.sum(jnp.exp(log_weights.astype(np.float64)))))
print("the next float32 after a million is larger by", np.spacing(np.float32(1e6)))
assert np.isneginf(naive)

# %% [markdown]
# More bits move the cliff, they do not remove it. When to use float64, then? When values are large and their differences matter: a log density of a
# million observations is of size $10^6$, where float32 moves in jumps of the last number above. Samplers compare log densities, and a difference of one tenth matters to them.
#
# ### Sharp bits
#
# JAX's documentation collects under this name what surprises people who come from NumPy. First, five errors. They are loud, so they are harmless. The first holds everywhere: arrays of JAX cannot be changed in place. The others come from `jit`: inside
# of it a value is a tracer, and whoever needs to know it *now* gets an error.


# %%
def outcome(attempt):
    """What happens: the result, or the name of the error."""
    try:
        return str(attempt())
    except Exception as error:
        return type(error).__name__


vector = jnp.arange(5.0)


def assign():
    vector[0] = 9.0


loud = {
    "v[0] = 9.0": (assign, "v.at[0].set(9.0), a new array"),
    "if x > 0: …": (lambda: jax.jit(lambda x: x if x > 0 else -x)(1.0), "jnp.where or lax.cond"),
    "for i in range(n): …": (lambda: jax.jit(lambda n: sum(range(n)))(3), "lax.fori_loop or scan"),
    "np.sin(x)": (lambda: jax.jit(lambda x: np.sin(x))(1.0), "jnp.sin"),
    "v[v > 0]": (lambda: jax.jit(lambda v: v[v > 0])(vector), "jnp.where(v > 0, v, 0.0)"),
}
for line, (attempt, instead) in loud.items():
    happened = outcome(attempt)
    print(f"{line:22}{happened:32}{instead}")
    assert happened.endswith("Error")

# %% [markdown]
# (The last one fails because the number of positive entries is a shape, and shapes must be known when the program is compiled.)
#
# Then four that are silent. **Numbers lose half their bits** at the border: a NumPy array in float64 becomes float32 when JAX takes it, unless float64 is switched on. **Reading beyond the end** gives the last element, and **writing beyond the end** does nothing:

# %%
print("vector[10]:            ", vector[10])
print("vector.at[10].set(9.0):", vector.at[10].set(9.0))
print("ask for NaN instead:   ", vector.at[10].get(mode="fill", fill_value=jnp.nan))
print("NumPy:                 ", outcome(lambda: np.arange(5.0)[10]))

# %% [markdown]
# **Side effects** happen while tracing, so once for each compilation, and with a tracer instead of a number.

# %%
seen = []


@jax.jit
def double(x):
    seen.append(isinstance(x, jax.core.Tracer))  # a side effect
    jax.debug.print("  jax.debug.print: x = {x}", x=x)
    return 2 * x


for x in (1.0, 2.0, 3.0):
    double(x).block_until_ready()
jax.effects_barrier()  # wait until everything has been printed
print(f"three calls; the list grew by {len(seen)}, and holds a tracer: {seen[0]}")
assert seen == [True]

# %% [markdown]
# `jax.debug.print` is the way to print from a compiled function. To look around with Python's own means, a debugger included, switch compiling off:

# %%
seen.clear()
with jax.disable_jit():
    for x in (1.0, 2.0, 3.0):
        double(x)
print(f"with jit off the list grew by {len(seen)}, tracers: {sum(seen)}")
assert seen == [False] * 3

# %% [markdown]
# It is slow, and inside of it `scan` becomes a Python loop, in which one can stop at any turn.
#
# The fourth is in our very first function. **Predict.** The slope of SELU at $x = 100$ is $c \approx 1.05$. What does `jax.grad` say?

# %%
print("selu(100)     =", selu(100.0))
print("grad selu(100) =", jax.grad(selu)(100.0))

# %% [markdown]
# **NaN**, and it spreads quietly. `jnp.where` computes both branches, and $e^{100}$ overflows in float32. In the value, the infinite branch is not chosen. In the backward pass it is multiplied by zero, as the branch that was not
# chosen, and zero times infinity is NaN. `jax.debug_nans` stops at the operation where a NaN is born:

# %%
try:
    with jax.debug_nans(True):
        jax.grad(selu)(100.0)
except FloatingPointError as error:
    print("FloatingPointError:", error)

# %% [markdown]
# A multiplication, in the backward pass. Exercise 2.2 mends it. The habit: *make the argument harmless in the branch that is not chosen*, before the function that overflows sees it.

# %% [markdown]
# ## In the libraries
#
# Samplers need two things from a model: log density and gradient. NumPyro and PyMC make both from the model, each in its own way. The log
# densities first, as always.
#
# NumPyro is built on JAX. Its `potential_energy` runs the model with the log-odds, adds up the terms and the factor $\mathrm{d}p / \mathrm{d}\eta$, and turns the sign (the name
# is from physics; chapter 06). It is a plain function of arrays, so `grad`, `vmap` and `jit` apply. (`numpyro.infer.util.log_density` beside it takes $p$ itself: no factor, no turned sign. It returns the log density together with a record of the model's run.) PyMC makes a graph of its own, differentiates that, and compiles it without JAX.

# %%
import pytensor
from numpyro.infer.util import potential_energy

coin = binomial.model()  # the same flips, added up to one count


def numpyro_density(eta):
    """Log density of the log-odds, by NumPyro."""
    return -potential_energy(coin.numpyro, (), {}, {"p": eta})


numpyro_both = jax.jit(jax.vmap(jax.value_and_grad(numpyro_density)))
etas = np.linspace(-1, 3, 20).astype(np.float32)
with count_compiles() as numpyro_log:
    numpyro_values, numpyro_slopes = (np.asarray(part, float) for part in numpyro_both(etas))

with count_compiles() as pymc_log:
    pymc_coin = coin.pymc()
    pymc_logp, pymc_dlogp = pymc_coin.compile_logp(), pymc_coin.compile_dlogp()
    at_places = [{"p_logodds__": np.array(eta)} for eta in etas.astype(float)]
    pymc_values = np.array([pymc_logp(place) for place in at_places])
    pymc_slopes = np.array([pymc_dlogp(place)[0] for place in at_places])

ours, our_slopes = (
    np.asarray(part, float) for part in jax.vmap(value_and_slope, (0, None))(etas, flips)
)
rounding = (n + 10) * 2.0**-24 * np.abs(ours).max()
for name, theirs in {"NumPyro": numpyro_values, "PyMC": pymc_values}.items():
    stray = np.ptp(theirs - ours)
    print(f"{name:8} differs from ours by a constant: {stray < 4 * rounding}")
    assert stray < 4 * rounding  # each of two densities at each of two places, one bound each

# %% [markdown]
# The constant is the binomial coefficient and that of the prior, which we left out. Now the gradients, against the exact one.

# %%
exact = exact_derivative(etas.astype(float))
slope_bound = (n + 4) ** 2 * 2.0**-24
gaps = {
    "jax.grad of ours": (our_slopes, slope_bound),
    "NumPyro": (numpyro_slopes, slope_bound),
    "PyMC": (pymc_slopes, (n + 4) ** 2 * 2.0**-53),
}
for name, (slopes, bound) in gaps.items():
    print(f"{name:17} gradient within the rounding bound: {np.abs(slopes - exact).max() <= bound}")
    assert np.abs(slopes - exact).max() <= bound, name

# %% [markdown]
# How did each compile? NumPyro's density is an ordinary JAX function: one program for value and gradient at all places, because *we* said `jit`. Call
# it without, and every small operation is compiled and sent off by itself. PyMC's functions are compiled by PyTensor, in double precision, and JAX is not involved.

# %%
with count_compiles() as uncompiled_log:
    numpyro_density(jnp.float32(0.5))
print("programs that JAX compiled")
print("  NumPyro, inside of jit:", numpyro_log.count)
print("  NumPyro, one by one: more than ten:", uncompiled_log.count > 10)
print("  PyMC:", pymc_log.count, "| its numbers are", pymc_slopes.dtype)
assert numpyro_log.count == 1 and uncompiled_log.count > 10 and pymc_log.count == 0

# %% tags=["nbval-ignore-output"]
linker = type(pytensor.compile.mode.get_default_mode().linker).__name__
print("PyTensor compiles with its", linker)

# %% [markdown]
# BlackJAX, the third library of this course, knows no models: its samplers take any function of a position that JAX can trace (and differentiate, where the sampler needs gradients), such as our `log_density` with the flips filled in.

# %% [markdown]
# ## What it costs
#
# There is no new sampler in this chapter, so the course's running table gets no row. Instead, the price of a log density and its gradient, for 10,000 flips:

# %% tags=["nbval-ignore-output"]
many_flips = binomial.simulate(num_observations=10_000).successes.astype(bool)
flips_on_device = jnp.asarray(many_flips)
hundred = jnp.linspace(-1.0, 1.0, 100)
at_hundred = jax.jit(jax.vmap(jax.value_and_grad(log_density), (0, None)))
costs = [
    time_python(log_density_by_hand, 0.5, many_flips, name="loop by hand"),
    time_python(log_density_numpy, 0.5, many_flips, name="NumPy"),
    time_python(log_density, 0.5, flips_on_device, name="JAX, one by one"),
    time_jax(jax.jit(log_density), 0.5, flips_on_device, name="JAX, compiled"),
    time_jax(jax.jit(jax.value_and_grad(log_density)), 0.5, flips_on_device, name="… and gradient"),
    time_jax(at_hundred, hundred, flips_on_device, name="… at 100 places"),
]
plain, with_gradient, at_all = costs[-3:]
print(f"value and gradient cost {with_gradient.median_s / plain.median_s:.1f} times the value")
print(f"100 places cost {at_all.median_s / with_gradient.median_s:.1f} times one place")
compare(costs)[["compile_s", "median_s", "times_faster", "compiles"]].round(6)

# %% [markdown]
# (`compile_s` is small where the program was found in the cache on disk.) Compare the lines of NumPy and of compiled JAX: for work as small as this, the price of a call itself counts, and JAX need not win.
# What NumPy has no line for are the last two. Theory bounds the first quotient: counting operations, a gradient by the backward pass costs at most a small multiple
# of the function, about four or five, *whatever the dimension* (Griewank and Walther, 2008, chapter 4). Differences would cost two evaluations per dimension.
#
# ### Claims on trial
#
# #### Claim 1: `jit` is worth it for SELU on a million numbers
#
# Introductions to JAX suggest it, with this very function. Worth it against what, and when? We try it against NumPy and against JAX one by one, after 1, 10 and 100 calls, *everything counted from the first call on*: what you wait for
# is compiling, too. (JAX one by one compiles as well, each operation for itself.) Then once more without the first call. *Worth it* shall mean: it takes no longer. Five rounds, each with empty caches.
#
# **Predict** the verdict.

# %% tags=["nbval-ignore-output"]


def seconds_of_calls(function, x, num_calls=100):
    """Seconds of each call, waited for."""
    seconds = []
    for _ in range(num_calls):
        begin = time.perf_counter()
        jax.block_until_ready(function(x))
        seconds.append(time.perf_counter() - begin)
    return seconds


print("five rounds of 100 calls each …")
rounds = {"compiled": [], "NumPy": [], "JAX, one by one": []}
with disk_cache(None):
    for _ in range(5):
        jax.clear_caches()
        rounds["compiled"].append(seconds_of_calls(jax.jit(lambda x: selu(x)), million))
        rounds["NumPy"].append(seconds_of_calls(selu_numpy, million_numpy))
        rounds["JAX, one by one"].append(seconds_of_calls(selu, million))
rounds = {name: np.array(seconds) for name, seconds in rounds.items()}
figures.paid_off(rounds)

# %% tags=["nbval-ignore-output"]
cases, waited = {}, {name: np.cumsum(seconds, axis=1) for name, seconds in rounds.items()}
for other in ("NumPy", "JAX, one by one"):
    for calls_made in (1, 10, 100):
        cases[f"the rival is {other}, after {calls_made} call{'s' * (calls_made > 1)}"] = (
            waited[other][:, calls_made - 1] / waited["compiled"][:, calls_made - 1]
        )
    steady = {name: np.median(seconds[:, 1:], axis=1) for name, seconds in rounds.items()}
    cases[f"the rival is {other}, compiling left out"] = steady[other] / steady["compiled"]
trial(
    "jit is worth it for SELU on a million numbers: all in all it takes no longer than doing without",
    cases,
    chapter="02",
    at_least=1,
)

# %% [markdown]
# The numbers are quotients, time without `jit` over time with it; above 1, `jit` wins. And after how many calls has it paid for itself?

# %% tags=["nbval-ignore-output"]
for other in ("NumPy", "JAX, one by one"):
    ahead = waited["compiled"] <= waited[other]
    # the call after the last one at which it was behind
    behind = [np.flatnonzero(~np.append(False, row)) for row in ahead]
    paid = [int(b[-1]) + 1 if row[-1] else None for b, row in zip(behind, ahead, strict=True)]
    print(
        f"against {other}: ahead from call {paid} on (one number a round; None: not ahead after 100)"
    )

# %% [markdown]
# Compare the two rivals. NumPy has nothing to compile, so a program that is used once may be left to it. JAX without `jit` still compiles, each operation
# for itself: leaving out `jit` does not save the compiling. And a sampler calls its log density a hundred thousand times.
#
# #### Claim 2: compile time is a constant
#
# It is often said that compiling costs a fixed time, whatever one does. As a function of what? We let four things grow: the numbers in the array, the turns of a Python loop, the turns of a `scan`, and the number of different shapes that
# one function meets. *Constant* shall mean: the larger case takes at most 1.5 times as long as the smaller. The first three times are the better of two each; the cache on disk is off; five rounds are made.

# %% tags=["nbval-ignore-output"]


def compile_seconds(make_function, x, tries=2):
    """Tracing, lowering and compiling; the best of a few, each with a function of its own."""
    seconds = []
    for _ in range(tries):
        begin = time.perf_counter()
        jax.jit(make_function()).lower(x).compile()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def unrolled(num_steps):
    """Make a function with a Python loop."""

    def run(x):
        for _ in range(num_steps):
            x = 0.5 * jnp.sin(x) + 0.3
        return x

    return run


def scanned(num_steps):
    """Make the same function with scan."""
    return lambda x: jax.lax.scan(lambda x, _: (0.5 * jnp.sin(x) + 0.3, None), x, length=num_steps)[
        0
    ]


assert np.allclose(unrolled(10)(vector), scanned(10)(vector), rtol=1e-5)  # ten roundings
array_sizes, turns, scan_turns, shapes = (
    (100, 10_000, 1_000_000),
    (10, 50, 250),
    (10, 300, 9000),
    (1, 3, 10),
)
table = {"array": [], "loop": [], "scan": [], "shapes": []}
print("five rounds of compiling …")
with disk_cache(None):
    for _ in range(5):
        table["array"].append(
            [
                compile_seconds(lambda: lambda x: selu(x), np.ones(k, np.float32))
                for k in array_sizes
            ]
        )
        table["loop"].append([compile_seconds(lambda k=k: unrolled(k), vector) for k in turns])
        table["scan"].append([compile_seconds(lambda k=k: scanned(k), vector) for k in scan_turns])
        each = [
            compile_seconds(lambda: lambda x: selu(x), np.ones(100 + k, np.float32), tries=1)
            for k in range(10)
        ]
        table["shapes"].append(np.cumsum(each)[np.array(shapes) - 1])
table = {name: np.array(seconds) for name, seconds in table.items()}
figures.compile_times(
    {
        "numbers in the array": {"SELU": (array_sizes, table["array"])},
        "turns of the loop": {
            "Python loop": (turns, table["loop"]),
            "scan": (scan_turns, table["scan"]),
        },
        "different shapes": {"SELU": (shapes, table["shapes"])},
    }
)

# %% tags=["nbval-ignore-output"]
trial(
    "Compile time is a constant: the larger case takes at most 1.5 times as long as the smaller",
    {
        f"an array grows from {array_sizes[0]:,} to {array_sizes[-1]:,} numbers": table["array"][
            :, -1
        ]
        / table["array"][:, 0],
        f"a scan grows from {scan_turns[0]} to {scan_turns[-1]:,} turns": table["scan"][:, -1]
        / table["scan"][:, 0],
        f"a Python loop grows from {turns[0]} to {turns[-1]} turns": table["loop"][:, -1]
        / table["loop"][:, 0],
        f"{shapes[-1]} shapes are met instead of one": table["shapes"][:, -1]
        / table["shapes"][:, 0],
    },
    chapter="02",
    at_most=1.5,
)

# %% [markdown]
# What the compiler works on is the text of the program: how many operations are written down, and how many programs there are. How many numbers an
# array holds, or how often a `scan` turns, is a number in that text.

# %% [markdown]
# ## Common mistakes
#
# **A key used twice.** π once more, in a hurry: one key for both coordinates.


# %%
def throw(key_x, key_y, num_points):
    """Four times the share inside, as numbers to be averaged."""
    x = jax.random.uniform(key_x, (num_points,))
    y = jax.random.uniform(key_y, (num_points,))
    return 4.0 * (x**2 + y**2 < 1)


ways = {
    "one key for both": lambda key, num_points: throw(key, key, num_points),
    "a key for each": lambda key, num_points: throw(*jax.random.split(key), num_points),
}
agrees = {}
for name, way in ways.items():
    thrown = np.asarray(way(jax.random.key(22), 40_000), dtype=float).reshape(4, -1)
    agrees[name] = checks.mean_within_mcse(thrown, np.pi, "π").passed
    reuse = checks.key_reuse(lambda key, way=way: way(key, 10), jax.random.key(23))
    print(
        f"{name}: estimate {thrown.mean():.3f}, R-hat below 1.01: {float(az.rhat(thrown)) < 1.01}, "
        f"π within chance: {agrees[name]}, {reuse.property} test passed: {reuse.passed}"
    )
    assert reuse.passed == agrees[name]
assert list(agrees.values()) == [False, True]

# %% [markdown]
# *Symptom:* no error and no warning. All points lie on the diagonal, so the share inside is $1 / \sqrt 2$, and the estimate settles, with a small standard error, on $4 / \sqrt 2 \approx 2.83$. *Cure:* split. *Test:*
# JAX has a key checker: inside of `with jax.debug_key_reuse(True):` a second use is an error; `checks.key_reuse` runs a function under it. (It watches keys made by `jax.random.key`, not the
# older ones of `jax.random.PRNGKey`, which you will meet in other people's code.)
#
# **A dishonest stopwatch.** Two of them from the course's museum of mistakes, beside the right one. Each times the matrix products from above, then is tested with programs whose time is known.

# %%
show_source(*museum.TIMERS.values())

# %% tags=["nbval-ignore-output"]
stopwatches = {**museum.TIMERS, "right_timer": museum.timers.right_timer}
for name, timer in stopwatches.items():
    fresh_product = jax.jit(lambda a: a @ a @ a)  # not compiled yet
    said = timer(lambda fresh_product=fresh_product: fresh_product(square))
    print(f"{name:21} says {1e3 * said:8.3f} ms")

# %%
tested = {name: checks.honest_timer(timer) for name, timer in stopwatches.items()}
for name, verdict in tested.items():
    print(f"{name:21} {'honest' if verdict.passed else 'fails at: ' + verdict.property}")
assert [verdict.passed for verdict in tested.values()] == [False, False, True]

# %% [markdown]
# *Symptom:* times that are far too good, and that hardly change with the size of the problem; or a first call that is many times slower than the rest. *Cure:* wait for the
# result, and report the first call apart.
#
# **A new function in every turn.** `jax.jit(lambda …)` inside of a loop makes a new function each time, and a new function is compiled, as the table of compilations showed. *Symptom:* every turn is as slow as a first
# call. *Cure:* `jit` outside, and what changes as an argument. *Test:* `count_compiles`. Exercise 2.5 has such a case.
#
# (A fourth, the side effect that happens only once, you have seen among the sharp bits.)

# %% [markdown]
# ## Exercises
#
# Each exercise checks itself, and names the property that fails. Worked answers are in
# [the solutions](solutions/02_jax_for_samplers.ipynb); try first.
#
# ### Exercise 2.1: change one number
#
# Choose the step $h$ of a central difference, for the coin's log density *in float32*, so that its error is below 0.02 everywhere between $\eta = 1.5$ and $2.5$ (that is one or two
# thousandths of the slope there). The checker computes the difference at 50 places.
#
# <details><summary>Hint</summary>Look at the figure of errors under <em>Is it right?</em>: where is the float32 curve lowest?</details>

# %% tags=["exercise"]
# Exercise 2.1
h = None  # your number
# your code here

# %% tags=["check"]
check("2.1", h)

# %% [markdown]
# ### Exercise 2.2: a slope that survives
#
# Write SELU so that its value is that of `selu`, and its derivative is right for every $x$: no NaN at $x = 100$. It must work on arrays, inside of `jit`. (At $x = 0$ there is a corner; the checker leaves it out.)
#
# <details><summary>Hint 1</summary>The exponential is only needed where x is not positive. What could it be given elsewhere, so that it does not overflow?</details>
# <details><summary>Hint 2</summary><code>jnp.minimum(x, 0.0)</code> or a second <code>jnp.where</code>, inside of the exponential.</details>


# %% tags=["exercise"]
# Exercise 2.2
def safe_selu(x):
    """SELU with a derivative that is finite everywhere."""
    ...  # your code here


# %% tags=["check"]
check("2.2", safe_selu)

# %% [markdown]
# ### Exercise 2.3: a loop becomes a scan
#
# Here is a recursion, $x_t = \varphi\, x_{t-1} + z_t$, as an honest loop. (It is a random walk that is pulled back to zero; chapter 03 will meet its relatives.)


# %%
def recursion_by_hand(phi, start, noises):
    """Return x_1, x_2, … for noises z_1, z_2, …"""
    x, path = start, []
    for z in noises:
        x = phi * x + z
        path.append(x)
    return np.array(path)


print(recursion_by_hand(0.5, 8.0, np.zeros(4)))

# %% [markdown]
# Write it with `jax.lax.scan`. The checker compares the path, asks that the program does not grow with the number of steps, and runs it for many starts with `vmap`.
#
# <details><summary>Hint 1</summary>The carry is x. What is written down in each turn is x, too.</details>
# <details><summary>Hint 2</summary>The type of the carry must not change from turn to turn: begin with <code>jnp.asarray(start, noises.dtype)</code>.</details>


# %% tags=["exercise"]
# Exercise 2.3
def recursion(phi, start, noises):
    """Return x_1, x_2, … as an array of the shape of noises."""

    ...  # your code here


# %% tags=["check"]
check("2.3", recursion)

# %% [markdown]
# ### Exercise 2.4: find the bug
#
# This function simulates data: a line with a random slope and a random intercept, both from $\mathrm{Normal}(0, 1)$, and noise of standard deviation 0.1 at each point of the array `x`. Thirty lines from it have
# something in common that they should not have.


# %%
def line_with_a_bug(key, x):
    """Something is wrong with the randomness."""
    slope = jax.random.normal(key)
    intercept = jax.random.normal(key)
    noise = 0.1 * jax.random.normal(key, x.shape)
    return intercept + slope * x + noise


x_line = jnp.linspace(-2.0, 2.0, 21)
lines = jax.vmap(line_with_a_bug, (0, None))(jax.random.split(jax.random.key(24), 30), x_line)
figures.fan(np.asarray(x_line), {"line_with_a_bug": np.asarray(lines)})

# %% [markdown]
# Write the repaired function.
#
# <details><summary>Hint 1</summary>Where do all lines meet, and what does that say about slope and intercept?</details>
# <details><summary>Hint 2</summary><code>jax.random.split(key, 3)</code></details>


# %% tags=["exercise"]
# Exercise 2.4
def repaired_line(key, x):
    """A line with random slope and intercept, and noise, at the points x of shape (N,)."""
    ...  # your code here


# %% tags=["check"]
check("2.4", repaired_line)

# %% [markdown]
# ### Exercise 2.5: why does it compile?
#
# Later chapters divide a log density by a *temperature*. This function does so for several temperatures, and compiles anew for each, even for those that it has seen in an earlier call. Find out why. There are two reasons.


# %%
from functools import partial


def tempered_with_a_bug(x, temperatures):
    """Log density of a standard normal at x, divided by each temperature."""
    values = []
    for temperature in temperatures:

        @partial(jax.jit, static_argnums=1)
        def tempered(x, temperature):
            return -0.5 * jnp.sum(x**2) / temperature

        values.append(tempered(x, temperature))
    return jnp.stack(values)


tempered_with_a_bug(vector, [1.0, 2.0, 4.0])
with count_compiles() as log:
    print(tempered_with_a_bug(vector, [1.0, 3.0, 9.0]))
print("programs compiled at the second call:", log.count)

# %% [markdown]
# Write `tempered_once`, with the same results. At a second call, with as many temperatures, it must compile nothing. You may define a helper in a cell of its own.
#
# <details><summary>Hint 1</summary>When is the function object made? And what does <code>static_argnums</code> make of a new number?</details>
# <details><summary>Hint 2</summary>A compiled helper above, outside of the function, with an ordinary second argument. Or a <code>vmap</code> over an array of temperatures.</details>


# %% tags=["exercise"]
# Exercise 2.5
def tempered_once(x, temperatures):
    """Log density of a standard normal at x, divided by each temperature; shape (number,)."""
    ...  # your code here


# %% tags=["check"]
check("2.5", tempered_once)

# %% [markdown]
# ### Exercise 2.6: build a stable one
#
# Many estimates in this course are averages of densities of which one has the logarithms. Write the logarithm of the *mean* of $e^{a_i}$, for an array of $a_i$ that may be $-5000$ or $+5000$, without `jax.nn.logsumexp`. Some of the $a_i$ may be $-\infty$, but not all.
#
# <details><summary>Hint 1</summary>What happens to the result when the same number is subtracted from every <code>a</code>?</details>
# <details><summary>Hint 2</summary>Subtract the largest. Then the largest exponential is 1.</details>


# %% tags=["exercise"]
# Exercise 2.6
def log_mean_exp(a):
    """Logarithm of the mean of exp(a), for an array of shape (N,)."""
    ...  # your code here


# %% tags=["check"]
check("2.6", log_mean_exp)

# %% [markdown]
# ## Quiz

# %% [markdown] tags=["quiz"]
# **Quiz 1.** A compiled function contains `print(x)`. You call it five times with arrays of one shape and type. What do you see?
#
# <details><summary>A. Five arrays, one for each of the calls.</summary>
#
# **No.** After the first call the Python code is not executed any more. `jax.debug.print` would show five.
#
# </details>
# <details><summary>B. Nothing, since printing is not compiled.</summary>
#
# **No.** It is not part of the compiled program, but Python runs the function once, to trace it.
#
# </details>
# <details><summary>C. One line, which shows a tracer.</summary>
#
# **Right.** Printing is a side effect: it happens while tracing, when there are no values yet.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 2.** A compiled sampler takes the step size as a static argument, and you try 50 step sizes. What happens?
#
# <details><summary>A. It compiles 50 times.</summary>
#
# **Right.** A static value is part of the program. As an ordinary argument it would cost one compilation.
#
# </details>
# <details><summary>B. It compiles once, since the shapes are equal.</summary>
#
# **No.** Shapes are one part of what JAX remembers a program by, static values another.
#
# </details>
# <details><summary>C. It raises an error at the second one.</summary>
#
# **No.** A Python number can be static without any error. It is only slow.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 3.** Your model has 1000 unknowns. What does one gradient of its log density cost?
#
# <details><summary>A. About 1000 evaluations of the log density.</summary>
#
# **No.** That is the price of one-sided differences, or of forward mode, one direction at a time.
#
# </details>
# <details><summary>B. As much as a few evaluations of the log density.</summary>
#
# **Right.** One pass forward and one backward, whatever the number of unknowns; the price is memory.
#
# </details>
# <details><summary>C. Nothing more, since the value is needed anyway.</summary>
#
# **No.** The forward pass is shared with the value, but the backward pass is work of its own.
#
# </details>

# %% [markdown]
# ## You can now …
#
# - read what JAX sees in a function, and say what the compiler makes of it,
# - get a gradient by `grad`, and check it by differences of the right order and by an average that must be zero,
# - write a loop as `scan` and run it for many keys by `vmap`,
# - keep log densities away from overflow and cancellation,
# - time a program with waiting and without compiling, count compilations, and name what caused them.
#
# ### Further reading
#
# - Baydin, A. G., Pearlmutter, B. A., Radul, A. A. and Siskind, J. M. (2018). Automatic differentiation in machine learning: a survey.
#   *Journal of Machine Learning Research* 18(153), 1–43.
# - Frostig, R., Johnson, M. J. and Leary, C. (2018). Compiling machine learning programs via high-level tracing. *SysML Conference*.
# - Griewank, A. and Walther, A. (2008). *Evaluating Derivatives: Principles and Techniques of Algorithmic Differentiation*, second edition. SIAM. Chapters 3 and 4.
# - Higham, N. J. (2002). *Accuracy and Stability of Numerical Algorithms*, second edition. SIAM. Chapters 1, 2 and 4.
# - Klambauer, G., Unterthiner, T., Mayr, A. and Hochreiter, S. (2017). Self-normalizing neural networks. *Advances in Neural
#   Information Processing Systems* 30, 971–980.
# - Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random numbers: as easy as 1, 2, 3. *Proceedings of the International Conference
#   for High Performance Computing, Networking, Storage and Analysis*. ACM. (Where JAX's generator comes from.)
# - The JAX documentation: *JAX, the sharp bits*, and *Benchmarking JAX code*. https://docs.jax.dev
#
# **Next:** chapter 03 makes draws from a density that has no name: a random walk, and a rule that decides whether to go.
