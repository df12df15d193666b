# %% [markdown]
# # 2. JAX for samplers: worked solutions
#
# Try [the exercises](../02_jax_for_samplers.ipynb) first. Every answer below is executed and checked.

# %%
import jax
import jax.numpy as jnp

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 2.1: change one number
#
# The rule says $h \approx \varepsilon_{32}^{1/3} \approx 0.004$ for a function of size one. Here the function and its third derivative are larger, and the figure shows the valley:
# it is wide, and anything near 0.02 lies in it.

# %% tags=["exercise"]
# Exercise 2.1
h = None  # your number
### BEGIN SOLUTION
h = 0.02
### END SOLUTION

# %% tags=["check"]
check("2.1", h)

# %% [markdown]
# ## Exercise 2.2: a slope that survives
#
# Where $x$ is positive, the exponential now gets 0 instead of $x$. Its result is not chosen there, and with $e^0 = 1$ nothing in the backward pass is infinite.


# %% tags=["exercise"]
# Exercise 2.2
def safe_selu(x):
    """SELU with a derivative that is finite everywhere."""
    ### BEGIN SOLUTION
    c, k = 1.0507009873554805, 1.6732632423543772
    harmless = jnp.where(x > 0, 0.0, x)
    return c * jnp.where(x > 0, x, k * jnp.expm1(harmless))
    ### END SOLUTION


# %% tags=["check"]
check("2.2", safe_selu)

# %% [markdown]
# `expm1` is a small gift: near zero it keeps the digits that $e^x - 1$ loses.
#
# ## Exercise 2.3: a loop becomes a scan
#
# What is carried and what is written down are the same number here.


# %% tags=["exercise"]
# Exercise 2.3
def recursion(phi, start, noises):
    """Return x_1, x_2, … as an array of the shape of noises."""

    ### BEGIN SOLUTION
    def one_step(x, z):
        x = phi * x + z
        return x, x

    return jax.lax.scan(one_step, jnp.asarray(start, noises.dtype), noises)[1]
    ### END SOLUTION


# %% tags=["check"]
check("2.3", recursion)

# %% [markdown]
# ## Exercise 2.4: find the bug
#
# One key served three times. So slope and intercept were the *same* number $a$, and every line was $a\,(x + 1)$ plus noise: all of them go through $(-1, 0)$, but for the noise.


# %% tags=["exercise"]
# Exercise 2.4
def repaired_line(key, x):
    """A line with random slope and intercept, and noise, at the points x of shape (N,)."""
    ### BEGIN SOLUTION
    key_slope, key_intercept, key_noise = jax.random.split(key, 3)
    slope = jax.random.normal(key_slope)
    intercept = jax.random.normal(key_intercept)
    noise = 0.1 * jax.random.normal(key_noise, x.shape)
    return intercept + slope * x + noise
    ### END SOLUTION


# %% tags=["check"]
check("2.4", repaired_line)

# %% [markdown]
# ## Exercise 2.5: why does it compile?
#
# First, the function is defined inside of the loop, so each turn makes a new function object. Second, a static argument becomes part of the program, so each new temperature is a new program. The helper below is made once,
# and `vmap` takes the temperatures as what they are: data.


# %%
@jax.jit
def all_tempered(x, temperatures):
    """Log density of a standard normal at x, divided by each of an array of temperatures."""
    return jax.vmap(lambda temperature: -0.5 * jnp.sum(x**2) / temperature)(temperatures)


# %% tags=["exercise"]
# Exercise 2.5
def tempered_once(x, temperatures):
    """Log density of a standard normal at x, divided by each temperature; shape (number,)."""
    ### BEGIN SOLUTION
    return all_tempered(x, jnp.asarray(temperatures))
    ### END SOLUTION


# %% tags=["check"]
check("2.5", tempered_once)

# %% [markdown]
# ## Exercise 2.6: build a stable one
#
# $\log \frac1N \sum_i e^{a_i} = m + \log \frac1N \sum_i e^{a_i - m}$ for any $m$. With $m = \max_i a_i$ every exponent is at most zero, so nothing overflows. One of them *is* zero, so the mean is at least $1/N$ and its logarithm is finite.


# %% tags=["exercise"]
# Exercise 2.6
def log_mean_exp(a):
    """Logarithm of the mean of exp(a), for an array of shape (N,)."""
    ### BEGIN SOLUTION
    largest = jnp.max(a)
    return largest + jnp.log(jnp.mean(jnp.exp(a - largest)))
    ### END SOLUTION


# %% tags=["check"]
check("2.6", log_mean_exp)
