# %% [markdown]
# # 5. Gibbs sampling: worked solutions
#
# Try [the exercises](../05_gibbs.ipynb) first. Every answer below is executed and checked.

# %%
import jax
import jax.numpy as jnp
import numpy as np

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 5.1: change one number
#
# Set $(1 + \rho^2) / (1 - \rho^2) = 50$ and solve for $\rho^2$: $1 + \rho^2 = 50 - 50\rho^2$, so $\rho^2 = 49 / 51$. Do not forget the root. The
# negative root is as good: only the square counts.

# %% tags=["exercise"]
# Exercise 5.1
correlation = None  # your number
### BEGIN SOLUTION
correlation = np.sqrt(49 / 51)
### END SOLUTION

# %% tags=["check"]
check("5.1", correlation)

# %% [markdown]
# ## Exercise 5.2: derive a conditional
#
# The prior contributes $\lambda^{2-1} e^{-\lambda}$, each wait contributes $\lambda e^{-\lambda w_i}$. The product of $n$ waits and the prior is
# $\lambda^{n + 1} e^{-\lambda (1 + \sum w_i)}$. That is a gamma density with shape $n + 2$ and rate $1 + \sum w_i$. Compare with the coal mines: there
# the *sum* of the counts went into the shape and the *number* of years into the rate. Here it is the other way round, since
# now the events are counted one by one and the time is what was measured.


# %% tags=["exercise"]
# Exercise 5.2
def gamma_given(waits):
    """Shape and rate of the gamma distribution of the rate, given the waits."""
    ### BEGIN SOLUTION
    return 2 + len(waits), 1 + np.sum(waits)
    ### END SOLUTION


# %% tags=["check"]
check("5.2", gamma_given)

# %% [markdown]
# ## Exercise 5.3: find the bug
#
# The prior of the coefficients, $\mathrm{Normal}(0, 10\sigma)$, contains $\sigma$. So it is a factor of the joint density that belongs to the
# conditional of $\sigma^2$, and it was forgotten. It brings $K/2$ to the shape and $|\beta|^2 / (2 \cdot 10^2)$ to the scale. The rule: collect
# *every* factor in which the unknown occurs, not only those that look like data.


# %% tags=["exercise"]
# Exercise 5.3
def repaired_variance_given(coefficients, x, y, rng):
    """Draw the variance given everything else; returns one number."""
    ### BEGIN SOLUTION
    squares = np.sum((y - x @ coefficients) ** 2) + np.sum(coefficients**2) / 10**2
    shape = 3 + (len(y) + len(coefficients)) / 2
    return (2 + squares / 2) / rng.gamma(shape)
    ### END SOLUTION


# %% tags=["check"]
check("5.3", repaired_variance_given)

# %% [markdown]
# ## Exercise 5.4: draw a block
#
# Here $\Sigma_{b,b}$ has ones on the diagonal and 0.5 beside it, $\Sigma_{b,-b}$ is a column of 0.5, and $\Sigma_{-b,-b} = 1$. So the conditional mean is
# $0.5\, x_2$ for both, the variances are $1 - 0.25 = 0.75$, and the covariance is $0.5 - 0.25 = 0.25$. The Cholesky factor $C$ of this matrix
# turns two independent normal numbers into the pair: $C z$ has covariance $C C^\top$.


# %% tags=["exercise"]
# Exercise 5.4
def first_two_given_third(key, position):
    """Draw (x0, x1) given x2; returns an array of shape (2,)."""
    ### BEGIN SOLUTION
    lower = jnp.linalg.cholesky(jnp.array([[0.75, 0.25], [0.25, 0.75]]))
    return 0.5 * position[2] + lower @ jax.random.normal(key, (2,))
    ### END SOLUTION


# %% tags=["check"]
check("5.4", first_two_given_third)

# %% [markdown]
# ## Exercise 5.5: build the variant
#
# Given which of the $n$ points are outliers, $k$ of them, the rest of the model drops out: the probability $q$ has the prior $\mathrm{Uniform}(0, 1)$, the likelihood
# $q^k (1 - q)^{n - k}$, and so the conditional $\mathrm{Beta}(1 + k, 1 + n - k)$. Given $q$, each point is by itself. It is an outlier with weight
# $q\, e^{\log \mathrm{far}}$ and not one with weight $(1 - q)\, e^{\log \mathrm{near}}$. Drawing a uniform number and asking whether it lies below the
# probability makes the choice.


# %% tags=["exercise"]
# Exercise 5.5
def outlier_step(is_outlier, log_near, log_far, rng):
    """One Gibbs step; returns the new probability and the new is_outlier."""
    ### BEGIN SOLUTION
    num_outliers = np.sum(is_outlier)
    probability = rng.beta(1 + num_outliers, 1 + len(is_outlier) - num_outliers)
    weight_out = probability * np.exp(log_far)
    weight_in = (1 - probability) * np.exp(log_near)
    return probability, rng.uniform(size=len(log_far)) < weight_out / (weight_out + weight_in)
    ### END SOLUTION


# %% tags=["check"]
check("5.5", outlier_step)
