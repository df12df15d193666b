# %% [markdown]
# # 4. Ten thousand chains: worked solutions
#
# Try [the exercises](../04_ten_thousand_chains.ipynb) first. Every answer below is executed and checked.

# %%
import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats
from scipy.special import logsumexp

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 4.1: change one number
#
# The humps are 6 apart. A step of about that size, a little more, often lands on the other hump, or on the other side of the same one. Anything near will do: the optimum is flat.

# %% tags=["exercise"]
# Exercise 4.1
step_size = None  # your number
### BEGIN SOLUTION
step_size = 8.0
### END SOLUTION

# %% tags=["check"]
check("4.1", step_size)

# %% [markdown]
# ## Exercise 4.2: find the bug, in the density
#
# The published line computes $-\log \sum_k w_k / \pi_k(x)$, the logarithm of $1 / \sum_k w_k \pi_k(x)^{-1}$. That is the weighted *harmonic* mean of the component densities, where the mixture is their weighted arithmetic mean. The harmonic mean is never the larger of the two, and it is tiny wherever one component is. So it integrates to less than 1, and after normalising it is another density. Both signs were wrong, and two wrong signs gave something that looks like a hump.


# %% tags=["exercise"]
# Exercise 4.2
def log_mixture_density(x, loc, scale, weight):
    """Log density of the mixture at each number of x."""
    ### BEGIN SOLUTION
    log_probs = stats.norm.logpdf(x, loc[:, None], scale[:, None])  # (K, n)
    return logsumexp(np.log(weight)[:, None] + log_probs, axis=0)
    ### END SOLUTION


# %% tags=["check"]
check("4.2", log_mixture_density)

# %% [markdown]
# ## Exercise 4.3: find the bug, in the keys
#
# The same key gives the same numbers. So every step makes the same move, and after nine of them the crowd is nine times as wide as after one, where nine independent moves make it three times as wide. And the same random bits make the proposal and decide on it, so some moves are accepted more easily than others. Each step needs two new keys.


# %% tags=["exercise"]
# Exercise 4.3
def repaired_walk(key, log_density, starts, step_size, num_draws):
    """Random-walk Metropolis for many chains; returns their last positions."""
    ### BEGIN SOLUTION
    position, log_p = starts, log_density(starts)
    for _ in range(num_draws):
        key, key_proposal, key_decision = jax.random.split(key, 3)
        proposal = position + step_size * jax.random.normal(key_proposal, position.shape)
        log_p_proposal = log_density(proposal)
        log_u = jnp.log(jax.random.uniform(key_decision, position.shape))
        is_accepted = log_u < log_p_proposal - log_p
        position = jnp.where(is_accepted, proposal, position)
        log_p = jnp.where(is_accepted, log_p_proposal, log_p)
    return position
    ### END SOLUTION


# %% tags=["check"]
check("4.3", repaired_walk)

# %% [markdown]
# ## Exercise 4.4: find the bug, in the compiling
#
# The log density is a function, so it is static: another function is another program. The key is data. It must be an ordinary argument, or each step would need a new compilation, if it could be compiled at all.


# %% tags=["exercise"]
# Exercise 4.4
def compile_step(step):
    """Return step(key, log_density, position, log_p), compiled."""
    ### BEGIN SOLUTION
    return jax.jit(step, static_argnums=1)
    ### END SOLUTION


# %% tags=["check"]
check("4.4", compile_step)

# %% [markdown]
# ## Exercise 4.5: find the bug, in the clock
#
# Starting and compiling take the same time for ten draws and for ten million, so they belong into a number of their own. And a program that walks four rows makes four times the draws.


# %% tags=["exercise"]
# Exercise 4.5
def draws_per_second(record):
    """Draws of all chains per second of sampling."""
    ### BEGIN SOLUTION
    seconds = record["wall_s"] - record["start_s"] - record["compile_s"]
    return record["num_rows"] * record["num_chains"] * record["num_draws"] / seconds
    ### END SOLUTION


# %% tags=["check"]
check("4.5", draws_per_second)

# %% [markdown]
# ## Exercise 4.6: build the nested R-hat
#
# Three variances at three levels: of the draws inside a chain, of the chains' means inside a superchain, and of the superchains' means. The first two add up to $V_\mathrm{tot}$.


# %% tags=["exercise"]
# Exercise 4.6
def nested_rhat(draws):
    """Nested R-hat of draws (superchain, chain, draw)."""
    ### BEGIN SOLUTION
    chain_means = draws.mean(axis=2)  # (superchain, chain)
    between = chain_means.mean(axis=1).var(ddof=1)
    within = chain_means.var(axis=1, ddof=1).mean() + draws.var(axis=2, ddof=1).mean()
    return np.sqrt(1 + between / within)
    ### END SOLUTION


# %% tags=["check"]
check("4.6", nested_rhat)
