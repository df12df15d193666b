# %% [markdown]
# # 1. One coin, three ways: worked solutions
#
# Try [the exercises](../01_one_coin_three_ways.ipynb) first. Every answer below is executed and checked.

# %%
import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS
from scipy import integrate, stats

from course_utils import checks
from course_utils.exercises import check

# %% [markdown]
# ## Exercise 1.1: change one number
#
# The posterior is $\mathrm{Beta}(s + 73, s + 27)$ with mean $(s + 73) / (2s + 100)$. Set it to 0.6: $s + 73 = 1.2\,s + 60$,
# so $0.2\,s = 13$ and $s = 65$. To pull the mean from
# 0.72 to 0.60, your friend must have seen 128 flips of fair coins already.

# %% tags=["exercise"]
# Exercise 1.1
strength = None  # your number
### BEGIN SOLUTION
strength = 13 / 0.2
### END SOLUTION

# %% tags=["check"]
check("1.1", strength)

# %% [markdown]
# ## Exercise 1.2: how sure is a mean?
#
# `ddof=1` divides by $N - 1$, which makes the variance unbiased. For large $N$ it does not matter.


# %% tags=["exercise"]
# Exercise 1.2
def standard_error(draws):
    """Monte Carlo standard error of the mean of independent draws, shape (N,)."""
    ### BEGIN SOLUTION
    return np.std(draws, ddof=1) / np.sqrt(len(draws))
    ### END SOLUTION


# %% tags=["check"]
check("1.2", standard_error)

# %% [markdown]
# ## Exercise 1.3: find the bug
#
# $0.7^{7000}$ is about $10^{-1084}$, and the smallest number that a computer keeps in 64 bits is about $10^{-324}$. All
# weights were zero, and zero divided by zero is NaN. With logarithms nothing underflows. The largest weight becomes 1
# before the division, and weights that still underflow are too small to matter.


# %% tags=["exercise"]
# Exercise 1.3
def repaired_grid(heads, flips, num_points):
    """Return the grid points and the posterior weights, which sum to 1."""
    ### BEGIN SOLUTION
    points = (np.arange(num_points) + 0.5) / num_points
    log_weights = (1 + heads) * np.log(points) + (1 + flips - heads) * np.log1p(-points)
    weights = np.exp(log_weights - log_weights.max())
    return points, weights / weights.sum()
    ### END SOLUTION


# %% tags=["check"]
check("1.3", repaired_grid)

# %% [markdown]
# ## Exercise 1.4: find the bug in a stopwatch
#
# There were two bugs. The first call compiles, and it was the only one. And the clock stopped when the call returned, which
# JAX does before the work is done. The median of several calls is better than their mean, since a busy moment of the
# machine spoils only one of them.


# %% tags=["exercise"]
# Exercise 1.4
def honest_clock(fun, *args):
    """Median seconds of a call, compilation left out, the result waited for."""
    ### BEGIN SOLUTION
    import time

    jax.block_until_ready(fun(*args))  # compiles
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        jax.block_until_ready(fun(*args))
        seconds.append(time.perf_counter() - begin)
    return np.median(seconds)
    ### END SOLUTION


# %% tags=["check"]
check("1.4", honest_clock)

# %% [markdown]
# ## Exercise 1.5: build the variant
#
# The plate makes two independent copies. Inside it `heads` and `flips`, arrays of shape (2,), meet `p` of the same shape.


# %% tags=["exercise"]
# Exercise 1.5
def two_coins(heads, flips):
    """Two coins and the difference of their probabilities of heads."""
    ### BEGIN SOLUTION
    with numpyro.plate("coin", 2):
        p = numpyro.sample("p", dist.Beta(2, 2))
        numpyro.sample("y", dist.Binomial(flips, p), obs=heads)
    numpyro.deterministic("difference", p[0] - p[1])
    ### END SOLUTION


# %% tags=["check"]
check("1.5", two_coins)

# %% [markdown]
# Is the first coin better? The share of draws with a positive difference answers. The exact probability is one integral,
# $\int \pi_1(p_1)\,\Pr(p_2 < p_1)\,\mathrm{d}p_1$.

# %%
heads, tosses = np.array([73, 58]), np.array([100, 90])
mcmc = MCMC(
    NUTS(two_coins),
    num_warmup=1000,
    num_samples=2000,
    num_chains=4,
    chain_method="vectorized",
    progress_bar=False,
)
mcmc.run(jax.random.key(15), heads, tosses)
difference = np.asarray(mcmc.get_samples(group_by_chain=True)["difference"])

first, second = (stats.beta(2 + h, 2 + t - h) for h, t in zip(heads, tosses, strict=True))
exact = integrate.quad(lambda p: first.pdf(p) * second.cdf(p), 0, 1, points=[0.72])[0]
found = checks.mean_within_mcse(difference > 0, exact, "first coin is better")
print(f"exact probability that the first coin is better: {exact:.3f}")
print("the draws agree:", found.passed)
assert found.passed, found.message
