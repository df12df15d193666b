# %% [markdown]
# # 11. Joint distributions and guides: worked solutions
#
# Try [the exercises](../11_joint_distributions_and_guides.ipynb) first. Every answer below is executed and checked.

# %%
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from course_utils.exercises import check
from course_utils.joint_distribution import JointDistribution

# %% [markdown]
# ## Exercise 11.1: change one number
#
# Off the diagonal of the precision matrix stands the sum of the predictors, divided by the noise variance, which is 1. The prior adds only to the diagonal. The sum of $x - c$ is zero
# when $c$ is the mean of the predictors. A precision matrix without off-diagonal numbers has an inverse without them, so the correlation is zero, and the best factorized guide is the posterior itself. This is why one centres predictors.

# %% tags=["exercise"]
# Exercise 11.1
center = None  # your number
### BEGIN SOLUTION
center = np.linspace(2, 8, 13).mean()
### END SOLUTION

# %% tags=["check"]
check("11.1", center)

# %% [markdown]
# ## Exercise 11.2: cut a vector
#
# The ellipsis keeps whatever axes lead. `reshape` writes them first, then the shape of the piece.


# %% tags=["exercise"]
# Exercise 11.2
def cut(vector, shapes):
    """Cut vectors, shape (..., total), into pieces of shapes (..., *shape)."""
    ### BEGIN SOLUTION
    pieces, start = [], 0
    for shape in shapes:
        stop = start + int(np.prod(shape))
        pieces.append(vector[..., start:stop].reshape(vector.shape[:-1] + tuple(shape)))
        start = stop
    return pieces
    ### END SOLUTION


# %% tags=["check"]
check("11.2", cut)

# %% [markdown]
# ## Exercise 11.3: find the bug
#
# Every marginal gets the same key. The two normals then are exact copies of each other, up to location and scale, and the half-normal is the absolute value of the same numbers. Each alone is perfect. The cure is to split the key, one for each.


# %% tags=["exercise"]
# Exercise 11.3
def repaired_joint_sampler(key, marginals, num):
    """Independent draws of shape (num, number of marginals)."""
    ### BEGIN SOLUTION
    keys = jax.random.split(key, len(marginals))
    draws = [m.sample(k, (num,)) for m, k in zip(marginals, keys, strict=True)]
    return jnp.stack(draws, axis=-1)
    ### END SOLUTION


# %% tags=["check"]
check("11.3", repaired_joint_sampler)

# %% [markdown]
# ## Exercise 11.4: batch like with like
#
# `to_event(1)` makes the batch of $n$ normals one vector of $n$ numbers. Without it, the joint would take the batches for batches: $n$ and $k$ would have to broadcast, and each member would have two numbers.


# %% tags=["exercise"]
# Exercise 11.4
def two_blocks(loc, scale, concentration, rate):
    """One joint distribution of n normals and k gammas, two marginals in all."""
    ### BEGIN SOLUTION
    return JointDistribution(
        {
            "normals": dist.Normal(loc, scale).to_event(1),
            "gammas": dist.Gamma(concentration, rate).to_event(1),
        }
    )
    ### END SOLUTION


# %% tags=["check"]
check("11.4", two_blocks)

# %% [markdown]
# ## Exercise 11.5: a guide for a positive unknown
#
# Here $g(u) = e^u$ and $\log g'(u) = u$, so `Delta` gets $-u$. Left out, the guide would claim a density that does not integrate to 1. SVI would climb to the wrong place, and its ELBO might even lie above $\log Z$.


# %% tags=["exercise"]
# Exercise 11.5
def positive_guide(loc, scale):
    """Auxiliary site "u", then the site "rate" at exp(u)."""
    ### BEGIN SOLUTION
    u = numpyro.sample("u", dist.Normal(loc, scale), infer={"is_auxiliary": True})
    numpyro.sample("rate", dist.Delta(jnp.exp(u), log_density=-u))
    ### END SOLUTION


# %% tags=["check"]
check("11.5", positive_guide)

# %% [markdown]
# ## Exercise 11.6: build the variant
#
# Any joint density is a marginal times a conditional. For normals the conditional is normal, its mean is linear in $a$, and its variance does not depend on $a$. This is the Cholesky factor, read row by row.


# %% tags=["exercise"]
# Exercise 11.6
def chain_guide(mean, covariance):
    """Sites "a" and "b", jointly normal with this mean and covariance."""
    ### BEGIN SOLUTION
    slope = covariance[0, 1] / covariance[0, 0]
    spread = np.sqrt(covariance[1, 1] - slope * covariance[0, 1])
    a = numpyro.sample("a", dist.Normal(mean[0], np.sqrt(covariance[0, 0])))
    numpyro.sample("b", dist.Normal(mean[1] + slope * (a - mean[0]), spread))
    ### END SOLUTION


# %% tags=["check"]
check("11.6", chain_guide)
