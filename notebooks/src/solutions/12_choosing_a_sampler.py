# %% [markdown]
# # 12. Choosing a sampler: worked solutions
#
# Try [the exercises](../12_choosing_a_sampler.ipynb) first. Every answer below is executed and checked.

# %%
import time

import jax
import jax.numpy as jnp
import numpy as np

from course_utils.ess import min_ess
from course_utils.exercises import check
from course_utils.nuts import nuts
from course_utils.warmup import warmup_and_sample

# %% [markdown]
# ## Exercise 12.1: a price
#
# The fixed cost is $F = 0.9 + 0.1 = 1$ second. An effective draw costs $\nu = 30 \cdot 2$ µs, and 10,000 of them 0.6 s.

# %% tags=["exercise"]
# Exercise 12.1
seconds = None  # your number
### BEGIN SOLUTION
seconds = 0.9 + 0.1 + 10_000 * 30 * 2e-6
### END SOLUTION

# %% tags=["check"]
check("12.1", seconds)

# %% [markdown]
# ## Exercise 12.2: the crossover
#
# Two straight lines over the number of draws meet once, unless they are parallel. A meeting point at a negative number of draws is none.


# %% tags=["exercise"]
# Exercise 12.2
def crossover(fixed_a, price_a, fixed_b, price_b):
    """Effective draws at which both methods cost the same; np.inf if there is none."""
    ### BEGIN SOLUTION
    if price_a == price_b:
        return np.inf
    n = (fixed_b - fixed_a) / (price_a - price_b)
    return n if n > 0 else np.inf
    ### END SOLUTION


# %% tags=["check"]
check("12.2", crossover)

# %% [markdown]
# ## Exercise 12.3: make VI honest
#
# $\log r = \log w(x') - \log w(x)$ with $\log w = \log\gamma - \log q$. Each unknown constant occurs once with plus and once with minus.


# %% tags=["exercise"]
# Exercise 12.3
def log_ratio(log_gamma, log_q, x, x_new):
    """Logarithm of r(x, x_new) for proposals from q."""
    ### BEGIN SOLUTION
    log_w, log_w_new = log_gamma(x) - log_q(x), log_gamma(x_new) - log_q(x_new)
    return log_w_new - log_w
    ### END SOLUTION


# %% tags=["check"]
check("12.3", log_ratio)

# %% [markdown]
# ## Exercise 12.4: find the bugs
#
# The first call compiles, so it is made before the clock starts. The clock stops when the draws are there. And what is counted are effective draws, of the worst unknown.


# %% tags=["exercise"]
# Exercise 12.4
def honest_benchmark(run):
    """Effective draws of the worst unknown, per second of a call that compiles nothing."""
    ### BEGIN SOLUTION
    jax.block_until_ready(run())
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        draws = jax.block_until_ready(run())
        seconds.append(time.perf_counter() - begin)
    return min_ess(np.asarray(draws)) / np.median(seconds)
    ### END SOLUTION


# %% tags=["check"]
check("12.4", honest_benchmark)

# %% [markdown]
# ## Exercise 12.5: choose, and defend it
#
# The guide says NUTS. Mean-field VI would report $1 / \sqrt{\Lambda_{kk}}$, and the next cell prints how little that is. A random walk needs steps as short as the narrow directions, and forgets along the wide one only after some thousand of them: 8000 draws are worth too few.

# %%
inverse = np.linalg.inv(0.95 * np.ones((10, 10)) + 0.05 * np.eye(10))
print(f"mean-field would report a standard deviation of {inverse[0, 0] ** -0.5:.2f}")


def log_ridge(position):
    """Log density of ten unknowns, every two with correlation 0.95."""
    return -0.5 * position @ jnp.asarray(inverse, jnp.float32) @ position


# %% tags=["exercise"]
# Exercise 12.5
def draw(key):
    """Draws of four chains, shape (4, num_draws, 10)."""
    ### BEGIN SOLUTION

    def build_kernel(step_size, metric):
        return nuts(log_ridge, step_size, metric)

    @jax.jit
    def run(key):
        key_start, key_run = jax.random.split(key)
        starts = jax.random.normal(key_start, (4, 10))
        return warmup_and_sample(key_run, build_kernel, starts, num_warmup=500, num_draws=4000)[0]

    return run(key)
    ### END SOLUTION


# %% tags=["check"]
check("12.5", draw)
