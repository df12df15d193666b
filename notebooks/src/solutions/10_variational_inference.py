# %% [markdown]
# # 10. Variational inference: worked solutions
#
# Try [the exercises](../10_variational_inference.ipynb) first. Every answer below is executed and checked.

# %%
import numpy as np
from scipy.special import logsumexp

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 10.1: change one number
#
# Scale each unknown to standard deviation 1: the correlation stays, and so does the share, $\sqrt{1 - \rho^2}$. Half means $1 - \rho^2 = \tfrac14$, so
# $\rho = \sqrt{3} / 2$, with either sign.

# %% tags=["exercise"]
# Exercise 10.1
rho = None  # your number
### BEGIN SOLUTION
rho = np.sqrt(3) / 2
### END SOLUTION

# %% tags=["check"]
check("10.1", rho)

# %% [markdown]
# ## Exercise 10.2: the gradient
#
# A draw is $x = m + \sigma z$. Moving $m$ moves every draw by as much, so the gradient is the average slope. Moving $\omega = \log\sigma$ moves a draw by $\sigma z$, and
# raises the entropy by 1.


# %% tags=["exercise"]
# Exercise 10.2
def elbo_gradient(gradient, mean, log_scale, z):
    """Gradient of the estimated ELBO in mean and in log_scale."""
    ### BEGIN SOLUTION
    moved = np.exp(log_scale) * z
    slope = gradient(mean + moved)
    return slope.mean(axis=0), (slope * moved).mean(axis=0) + 1
    ### END SOLUTION


# %% tags=["check"]
check("10.2", elbo_gradient)

# %% [markdown]
# ## Exercise 10.3: a divergence on a grid
#
# Subtracting the logarithm of the sum makes probabilities of both. In the ratio of two probabilities the spacing cancels. Minus infinity times zero is not a number on a
# computer, so points without probability are left out.


# %% tags=["exercise"]
# Exercise 10.3
def kl_on_grid(log_q, log_p):
    """KL(q ‖ p) of two densities on one grid, given by logarithms up to constants."""
    ### BEGIN SOLUTION
    log_q, log_p = log_q - logsumexp(log_q), log_p - logsumexp(log_p)
    there = np.exp(log_q) > 0
    return np.sum(np.exp(log_q[there]) * (log_q[there] - log_p[there]))
    ### END SOLUTION


# %% tags=["check"]
check("10.3", kl_on_grid)

# %% [markdown]
# ## Exercise 10.4: find the bug
#
# The factor belongs to the likelihood alone. With the prior inside it, a hundred batches count the prior a hundred times: the coefficients are pulled to zero far too strongly. Nothing crashes, and with one batch of all
# rows the mistake does not show.


# %% tags=["exercise"]
# Exercise 10.4
def minibatch_log_posterior(coefficients, x_batch, y_batch, num_rows):
    """Unbiased estimate of the log posterior of num_rows rows from a batch of them."""
    ### BEGIN SOLUTION
    log_prior = -0.5 * np.sum(coefficients**2)
    log_likelihood = -0.5 * np.sum((y_batch - x_batch @ coefficients) ** 2)
    return log_prior + num_rows / len(y_batch) * log_likelihood
    ### END SOLUTION


# %% tags=["check"]
check("10.4", minibatch_log_posterior)

# %% [markdown]
# ## Exercise 10.5: build the variant, a tighter bound
#
# `logsumexp` takes the largest number out before it exponentiates, so nothing overflows. Subtracting $\log K$ turns the sum into a mean. The outer average comes after the logarithm: with the logarithm last, the result would estimate
# $\log Z$ itself, and its error would have no sign.


# %% tags=["exercise"]
# Exercise 10.5
def tighter_bound(log_weights):
    """Average over rows of the logarithm of the mean weight."""
    ### BEGIN SOLUTION
    return np.mean(logsumexp(log_weights, axis=1) - np.log(log_weights.shape[1]))
    ### END SOLUTION


# %% tags=["check"]
check("10.5", tighter_bound)
