# %% [markdown]
# # 3. Metropolis-Hastings: worked solutions
#
# Try [the exercises](../03_metropolis_hastings.ipynb) first. Every answer below is executed and checked.

# %%
import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import expit

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 3.1: change one number
#
# For a standard normal target the acceptance rate is $\tfrac{2}{\pi}\arctan(2/s)$. Only the step size in units of the standard
# deviation matters, so here it is $\tfrac{2}{\pi}\arctan(2 \cdot 12 / s)$. Setting this to 0.44 gives
# $s = 24 / \tan(0.44\,\pi/2)$.

# %% tags=["exercise"]
# Exercise 3.1
step_size = None  # your number
### BEGIN SOLUTION
step_size = 24 / np.tan(0.44 * np.pi / 2)
### END SOLUTION

# %% tags=["check"]
check("3.1", step_size)

# %% [markdown]
# ## Exercise 3.2: the ratio of a new walk
#
# With $u = x - 1$ the walk is $u' = u\, e^{s z}$, the walk by factors, whose ratio is $u'/u$. A shift changes no density's height, so the
# ratio is $(x' - 1) / (x - 1)$. Its logarithm is a difference. Note the order: the *new* position comes first.


# %% tags=["exercise"]
# Exercise 3.2
def log_q_ratio(x, x_new):
    """Logarithm of q(x | x_new) / q(x_new | x)."""
    ### BEGIN SOLUTION
    return np.log(x_new - 1) - np.log(x - 1)
    ### END SOLUTION


# %% tags=["check"]
check("3.2", log_q_ratio)

# %% [markdown]
# ## Exercise 3.3: find the bug
#
# After an accepted step, `position` was updated and `log_p` was not. From then on every proposal is compared with the height
# at the *start*. Everything at least as high as the start is accepted without question, so the chain draws from a density with
# its top cut off: $\min(\pi(x), \pi(x_0))$.


# %% tags=["exercise"]
# Exercise 3.3
def repaired_sampler(log_density, start, step_size, num_steps, rng):
    """Random-walk Metropolis; returns num_steps draws."""
    ### BEGIN SOLUTION
    position, log_p = start, log_density(start)
    draws = []
    for _ in range(num_steps):
        proposal = position + step_size * rng.normal()
        log_p_proposal = log_density(proposal)
        if np.log(rng.uniform()) < log_p_proposal - log_p:
            position, log_p = proposal, log_p_proposal
        draws.append(position)
    return np.array(draws)
    ### END SOLUTION


# %% tags=["check"]
check("3.3", repaired_sampler)

# %% [markdown]
# ## Exercise 3.4: another rule
#
# With $r = e^{\ell}$ the rule is $e^{\ell} / (1 + e^{\ell}) = 1 / (1 + e^{-\ell})$, the logistic function. SciPy's `expit` computes it without
# overflow. Detailed balance holds because $\alpha(r) = r\,\alpha(1/r)$. The rule accepts less often than Metropolis' for every $r$. Peskun
# (1973) showed, for finitely many states, that among the acceptance rules with detailed balance and with the same proposal, none gives
# averages a smaller asymptotic variance than Metropolis' own; Tierney (1998) has the general case.


# %% tags=["exercise"]
# Exercise 3.4
def barker_acceptance(log_ratio):
    """Probability of acceptance r / (1 + r), from log r."""
    ### BEGIN SOLUTION
    return expit(log_ratio)
    ### END SOLUTION


# %% tags=["check"]
check("3.4", barker_acceptance)

# %% [markdown]
# ## Exercise 3.5: build the variant
#
# The proposal ignores the position; the ratio does not. The normal density's constant cancels, so its exponent is enough:
# $-|x|^2 / (2 \cdot 2^2)$.


# %% tags=["exercise"]
# Exercise 3.5
def independence_proposal(key, position):
    """Return a new position and log q(position) - log q(new position)."""
    ### BEGIN SOLUTION
    new_position = 2.0 * jax.random.normal(key, position.shape)
    log_q_ratio = jnp.sum(new_position**2) / 8 - jnp.sum(position**2) / 8
    return new_position, log_q_ratio
    ### END SOLUTION


# %% tags=["check"]
check("3.5", independence_proposal)

# %% [markdown]
# - Peskun, P. H. (1973). Optimum Monte-Carlo sampling using Markov chains. *Biometrika* 60(3), 607–612.
# - Tierney, L. (1998). A note on Metropolis-Hastings kernels for general state spaces. *Annals of Applied Probability* 8(1), 1–9.
