# %% [markdown]
# # 9. Eight schools: worked solutions
#
# Try [the exercises](../09_eight_schools.ipynb) first. Every answer below is executed and checked.

# %%
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro import handlers

from course_utils.exercises import check

# %% [markdown]
# ## Exercise 9.1: change one number
#
# School A keeps the share $1 - B = \tau^2 / (\sigma^2 + \tau^2)$. Set it to 0.8: $\tau^2 = 4\sigma^2$, so $\tau = 2\sigma$. That is far out in the tail of the posterior of $\tau$.

# %% tags=["exercise"]
# Exercise 9.1
tau_of_a = None  # your number
### BEGIN SOLUTION
tau_of_a = 2 * 15
### END SOLUTION

# %% tags=["check"]
check("9.1", tau_of_a)

# %% [markdown]
# ## Exercise 9.2: another prior, and a determinant
#
# The log density of $\tau$ is $-\tau^2 / 50$ up to a constant. With $\tau = e^{\log\tau}$ we have $\mathrm{d}\tau / \mathrm{d}\log\tau = \tau$, whose logarithm is $\log\tau$.


# %% tags=["exercise"]
# Exercise 9.2
def log_prior(log_tau):
    """Log of the prior density of log tau, for a half-normal prior of tau with scale 5."""
    ### BEGIN SOLUTION
    tau = np.exp(log_tau)
    return -(tau**2) / (2 * 5**2) + log_tau
    ### END SOLUTION


# %% tags=["check"]
check("9.2", log_prior)

# %% [markdown]
# ## Exercise 9.3: find the bug
#
# The function replaced all pairs of $\mu$ and $\tau$ by one pair, their means. So it forgot that $\mu$ is uncertain, and that $\tau$ is: the large values of $\tau$ make the tails. Each posterior draw must make its own prediction.


# %% tags=["exercise"]
# Exercise 9.3
def predict_ninth(mu, tau, rng):
    """One predicted effect in a ninth school for each posterior draw of mu and tau."""
    ### BEGIN SOLUTION
    return rng.normal(mu, tau)
    ### END SOLUTION


# %% tags=["check"]
check("9.3", predict_ninth)

# %% [markdown]
# ## Exercise 9.4: a handler's work
#
# It is `log_density_by_hand` with one condition more. A plate is a site too, but not of type `sample`.


# %% tags=["exercise"]
# Exercise 9.4
def log_likelihood_of(program, values, *args):
    """Log density of the observed sites of a program, given values of the others."""
    ### BEGIN SOLUTION
    filled = handlers.substitute(program, data=values)
    found = handlers.trace(filled).get_trace(*args)
    return sum(
        site["fn"].log_prob(site["value"]).sum()
        for site in found.values()
        if site["type"] == "sample" and site["is_observed"]
    )
    ### END SOLUTION


# %% tags=["check"]
check("9.4", log_likelihood_of)

# %% [markdown]
# ## Exercise 9.5: build the variant
#
# Check the law of $\theta_j$: $x_j - c\,\mu$ is normal with mean 0 and standard deviation $\tau^c$; times $\tau^{1-c}$ its standard deviation is $\tau$; plus $\mu$ its mean is $\mu$. This is what `LocScaleReparam(centered=c)` does.


# %% tags=["exercise"]
# Exercise 9.5
def partly_centered(c):
    """A NumPyro program of (sigma, y) that moves x ~ Normal(c mu, tau^c) in place of theta."""
    ### BEGIN SOLUTION

    def program(sigma, y=None):
        mu = numpyro.sample("mu", dist.Normal(0, 5))
        tau = numpyro.sample("tau", dist.HalfCauchy(5))
        with numpyro.plate("school", len(sigma)):
            x = numpyro.sample("x", dist.Normal(c * mu, tau**c))
            theta = numpyro.deterministic("theta", mu + tau ** (1 - c) * (x - c * mu))
            numpyro.sample("y", dist.Normal(theta, sigma), obs=y)

    return program
    ### END SOLUTION


# %% tags=["check"]
check("9.5", partly_centered)
