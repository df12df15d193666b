# %% [markdown]
# # 0. Start here: worked solutions
#
# Try [the exercises](../00_start_here.ipynb) first. Every answer below is executed and checked.

# %%
import numpy as np
import numpyro
import numpyro.distributions as dist

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 0.1: change one number
#
# The posterior is $\mathrm{Beta}(2 + 3, 2 + 7)$, and the mean of $\mathrm{Beta}(a, b)$ is $a / (a + b)$.

# %% tags=["exercise"]
# Exercise 0.1
posterior_mean = None  # your number
### BEGIN SOLUTION
posterior_mean = (2 + 3) / (2 + 3 + 2 + 7)
### END SOLUTION

# %% tags=["check"]
check("0.1", posterior_mean)

# %% [markdown]
# ## Exercise 0.2: another prior
#
# Only the prior changes. `dist.Uniform(0, 1)` would do as well.


# %% tags=["exercise"]
# Exercise 0.2
def flat_prior_coin(heads, flips):
    """A coin of which every probability of heads is equally plausible."""
    ### BEGIN SOLUTION
    p = numpyro.sample("p", dist.Beta(1, 1))
    numpyro.sample("y", dist.Binomial(flips, p), obs=heads)
    ### END SOLUTION


# %% tags=["check"]
check("0.2", flat_prior_coin)

# %% [markdown]
# ## Exercise 0.3: find the bug
#
# The buggy version kept coins with *at least* 7 heads. That is another observation, "7 or more", with another posterior. What
# was observed is exactly 7.


# %% tags=["exercise"]
# Exercise 0.3
def repaired_sampler(rng, num_tries):
    """Draw, simulate, keep: posterior draws of p after 7 heads in 10 flips."""
    ### BEGIN SOLUTION
    kept = []
    for _ in range(num_tries):
        p = rng.beta(2, 2)
        heads = rng.binomial(10, p)
        if heads == 7:
            kept.append(p)
    return np.array(kept)
    ### END SOLUTION


# %% tags=["check"]
check("0.3", repaired_sampler)

# %% [markdown]
# ## Exercise 0.4: predict
#
# `rng.binomial` with an array of probabilities makes one prediction for each. So the predictions carry both kinds of uncertainty:
# that of the flips and that of $p$. With the mean of $p$ in place of the draws, the second kind would be lost.


# %% tags=["exercise"]
# Exercise 0.4
def predict_heads(rng, p):
    """Number of heads in the next 10 flips, one prediction for each draw of p."""
    ### BEGIN SOLUTION
    return rng.binomial(10, p)
    ### END SOLUTION


# %% tags=["check"]
check("0.4", predict_heads)
