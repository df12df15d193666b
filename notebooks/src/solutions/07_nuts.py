# %% [markdown]
# # 7. NUTS: worked solutions
#
# Try [the exercises](../07_nuts.ipynb) first. Every answer below is executed and checked.

# %%
import numpy as np

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 7.1: change one number
#
# On a standard normal in two dimensions a step of about 1.27 is accepted at 80 %. Put $x = 12 z$, where $z$ is standard normal. A step of $12 \cdot 1.27$ in $x$ with the momentum as it is moves $z$ by 1.27, and the gradient in $x$ is a
# twelfth of that in $z$: the two factors make the same path, point by point. So the answer is 12 times the one for a standard deviation of 1.

# %% tags=["exercise"]
# Exercise 7.1
step_size = None  # your number
### BEGIN SOLUTION
step_size = 12 * 1.27
### END SOLUTION

# %% tags=["check"]
check("7.1", step_size)

# %% [markdown]
# ## Exercise 7.2: the first criterion
#
# Playing the path backwards swaps the ends and turns the momenta round. The way between the ends changes its sign, and so do both momenta, so both products are as before, in the other order. `or` does not mind the order. If the answer could change, a stretch that stops when grown from one end would go on when grown
# from the other, and its points would not all choose it.


# %% tags=["exercise"]
# Exercise 7.2
def turned(x_left, p_left, x_right, p_right):
    """Has the stretch between these two ends turned back? True or False."""
    ### BEGIN SOLUTION
    way = x_right - x_left
    return way @ p_left <= 0 or way @ p_right <= 0
    ### END SOLUTION


# %% tags=["check"]
check("7.2", turned)

# %% [markdown]
# ## Exercise 7.3: find the bug
#
# The new leaf is compared with the total *before* it joined: with two equal weights the second is always taken. The probability $\min(1, w / W)$ is Metropolis' rule between a leaf and the leaves before it, and it would be right for halves of a tree. For one leaf after another, in a fixed order, it is not:
# late leaves are preferred. The right probability is $w / (W + w)$: let the leaf join first, then compare.


# %% tags=["exercise"]
# Exercise 7.3
def repaired_pick(log_weights, u):
    """Index of one leaf, drawn in proportion to exp(log_weights)."""
    ### BEGIN SOLUTION
    log_total = log_weights[0]
    picked = 0
    for i in range(1, len(log_weights)):
        log_total = np.logaddexp(log_total, log_weights[i])
        if np.log(u[i]) < log_weights[i] - log_total:
            picked = i
    return picked
    ### END SOLUTION


# %% tags=["check"]
check("7.3", repaired_pick)

# %% [markdown]
# Why are the shares right? The last of $n$ leaves is taken with probability $w_n / (w_1 + \dots + w_n)$, its share. If it is not taken, the pick is what it was among the first $n - 1$, which had the right shares by the same argument; multiplied by the probability of not taking the last one, they are the right shares among all $n$.
#
# ## Exercise 7.4: the metric of a window
#
# Regularizing pulls the variance a little towards 0.001. With many draws it does nothing; with few it keeps a coordinate that hardly moved from getting a variance of zero, which would freeze it for good.


# %% tags=["exercise"]
# Exercise 7.4
def inverse_mass_of(draws):
    """Regularized variances of the draws of a window."""
    ### BEGIN SOLUTION
    n = len(draws)
    variance = np.var(draws, axis=0, ddof=1)
    return n / (n + 5) * variance + 5 / (n + 5) * 0.001
    ### END SOLUTION


# %% tags=["check"]
check("7.4", inverse_mass_of)

# %% [markdown]
# ## Exercise 7.5: build the tuner
#
# The step size tried swings, so that both sides of the answer are seen again and again. The answer is its average, in which later values count more.


# %% tags=["exercise"]
# Exercise 7.5
def find_step_size(acceptance_at, first, target, num_steps):
    """Step size at which acceptance_at is target on average."""
    ### BEGIN SOLUTION
    log_center = np.log(10 * first)
    log_step, log_average, mean_error = log_center, 0.0, 0.0
    for t in range(1, num_steps + 1):
        error = target - acceptance_at(np.exp(log_step))
        mean_error += (error - mean_error) / (t + 10)
        log_step = log_center - np.sqrt(t) / 0.05 * mean_error
        log_average = t**-0.75 * log_step + (1 - t**-0.75) * log_average
    return np.exp(log_average)
    ### END SOLUTION


# %% tags=["check"]
check("7.5", find_step_size)
