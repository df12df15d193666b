# %% [markdown]
# # 13. One model, every language: worked solutions
#
# Try [the exercises](../13_one_model_every_language.ipynb) first. Every answer below is executed and checked.

# %%
import arviz as az
import numpy as np
import pymc as pm
from scipy import stats

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 13.1: three priors for SciPy
#
# A precision of 0.25 is a variance of 4 and a standard deviation of 2. A rate of 4 is a scale of 1/4. And `lam=0.25` is again a scale of 2, which for Student's t is not the standard deviation.

# %% tags=["exercise"]
# Exercise 13.1
priors = None  # a dictionary with the keys "mu", "rate" and "x"
### BEGIN SOLUTION
priors = {
    "mu": stats.norm(2, 0.25**-0.5),
    "rate": stats.expon(scale=1 / 4),
    "x": stats.t(4, 1, 0.25**-0.5),
}
### END SOLUTION

# %% tags=["check"]
check("13.1", priors)

# %% [markdown]
# ## Exercise 13.2: the missing Jacobian
#
# $\mathrm{d}\theta / \mathrm{d}u = \pi\, v (1 - v)$, and $\log\pi$ is a constant. Far out, where $v$ rounds to 0 or 1, $\log v = -\log(1 + e^{-u})$ and $\log(1 - v) = -\log(1 + e^{u})$ keep their digits.


# %% tags=["exercise"]
# Exercise 13.2
def log_density_of_u(log_density, u):
    """Log density of the free number u, from that of the angle."""
    ### BEGIN SOLUTION
    theta = np.pi * (1 / (1 + np.exp(-u)) - 0.5)
    return log_density(theta) - np.logaddexp(0, -u) - np.logaddexp(0, u)
    ### END SOLUTION


# %% tags=["check"]
check("13.2", log_density_of_u)

# %% [markdown]
# ## Exercise 13.3: port a program
#
# The gamma distribution has shape and rate in both languages. The others are safest with named arguments: a reader sees at once which parametrisation is meant.


# %% tags=["exercise"]
# Exercise 13.3
def counts_in_pymc(x, y):
    """The same model for PyMC."""
    ### BEGIN SOLUTION
    with pm.Model() as model:
        rate = pm.Gamma("rate", alpha=3, beta=2)
        slope = pm.StudentT("slope", nu=4, mu=0, sigma=2.5)
        pm.NegativeBinomial("y", mu=rate * pm.math.exp(slope * x), alpha=3, observed=y)
    return model
    ### END SOLUTION


# %% tags=["check"]
check("13.3", counts_in_pymc)

# %% [markdown]
# ## Exercise 13.4: find the bugs
#
# SciPy's `norm` wants a standard deviation, so the sum of the variances needs its root. And a point is an outlier with `probability`; it belongs to the line with the rest.


# %% tags=["exercise"]
# Exercise 13.4
def log_mixture(y, line, sigma, probability, mean, sd):
    """Log likelihood of all points, as in the Stan program."""
    ### BEGIN SOLUTION
    near = stats.norm(line, sigma).logpdf(y)
    far = stats.norm(mean, np.sqrt(sd**2 + sigma**2)).logpdf(y)
    return np.sum(np.logaddexp(np.log(1 - probability) + near, np.log(probability) + far))
    ### END SOLUTION


# %% tags=["check"]
check("13.4", log_mixture)

# %% [markdown]
# ## Exercise 13.5: an agreement test
#
# The MCSE of `az.mcse` knows that draws remember. Errors of independent runs add up as squares, and the threshold pays for the number of looks.


# %% tags=["exercise"]
# Exercise 13.5
def systems_agree(a, b, num_comparisons):
    """Whether the means of two runs are the same, as far as chance can tell."""
    ### BEGIN SOLUTION
    limit = stats.norm.isf(1e-3 / (2 * num_comparisons))
    both = np.hypot(float(az.mcse(a)), float(az.mcse(b)))
    return bool(abs(a.mean() - b.mean()) <= limit * both)
    ### END SOLUTION


# %% tags=["check"]
check("13.5", systems_agree)

# %% [markdown]
# ## Exercise 13.6: choose a system
#
# First drop what did not run, is about another model, is wrong, or computes in the wrong kind of numbers. Then compare $F + \nu n$. Whoever forgets the first step recommends the quickest wrong answer.


# %% tags=["exercise"]
# Exercise 13.6
def choose_system(rows, model, num_effective, dtype=None):
    """Name of the system that has so many effective draws first."""
    ### BEGIN SOLUTION
    usable = [
        row
        for row in rows
        if row["status"] == "ok"
        and row["model"] == model
        and row["agrees"]
        and dtype in (None, row["dtype"])
    ]

    def seconds_to(row):
        return row["compile_s"] + row["warmup_s"] + num_effective / row["ess_per_s"]

    return min(usable, key=seconds_to)["system"]
    ### END SOLUTION


# %% tags=["check"]
check("13.6", choose_system)
