# %% [markdown]
# # 8. Is my sampler right?: worked solutions
#
# Try [the exercises](../08_is_my_sampler_right.ipynb) first. Every answer below is executed and checked.

# %%
import numpy as np
from scipy import stats

from course_utils.exercises import check

FLIPS = 10

# %% [markdown]
# ## Exercise 8.1: change one number
#
# $D = \sqrt{\log(2Q/\kappa) / 2N} \le 0.05$ is the same as $N \ge \log(2Q/\kappa) / (2 \cdot 0.05^2)$. Round up. The cost grows with the square of the precision: half the gap takes four times the fits. It hardly depends on
# $\kappa$, so there is no reason to be lax with false alarms.

# %% tags=["exercise"]
# Exercise 8.1
num_fits_needed = None  # your number
### BEGIN SOLUTION
num_fits_needed = int(np.ceil(np.log(2 * 3 / 1e-4) / (2 * 0.05**2)))
### END SOLUTION

# %% tags=["check"]
check("8.1", num_fits_needed)

# %% [markdown]
# ## Exercise 8.2: three more patients
#
# A sampler that accepts or rejects as a whole stands still in just those steps that it does not accept: the two shares add up to 1.
#
# - X accepts less than half of its proposals and never stands still. What is written down is not where the chain stands. A recorded proposal is a position plus a step, and its spread is that of both together.
# - Y moves one coordinate and not the other in many steps. It decides for each on its own.
# - Z has the large $\hat R$: each chain compares with the height of its own start, so each has a law of its own. Below that height all is as it should be; above it everything is accepted.

# %% tags=["exercise"]
# Exercise 8.2
diagnosis = {"X": None, "Y": None, "Z": None}  # the name of a bug for each
### BEGIN SOLUTION
diagnosis = {
    "X": "records_the_proposal",
    "Y": "accepts_per_coordinate",
    "Z": "stale_logdensity",
}
### END SOLUTION

# %% tags=["check"]
check("8.2", diagnosis)

# %% [markdown]
# ## Exercise 8.3: find the bug
#
# The truth was drawn once, before the loop. For *one* truth a right posterior is not calibrated: with a prior in the middle it pulls towards the middle, and a truth at the edge has a rank at the edge nearly always. Only on average over truths from
# the prior are the ranks even. So each fit needs a fresh truth.


# %% tags=["exercise"]
# Exercise 8.3
def repaired_calibration(posterior_draws, num_fits, num_draws, rng):
    """Return the ranks of num_fits truths, each among num_draws draws."""
    ### BEGIN SOLUTION
    ranks = []
    for _ in range(num_fits):
        truth = rng.beta(2, 2)
        heads = rng.binomial(FLIPS, truth)
        draws = posterior_draws(heads, num_draws, rng)
        ranks.append(np.sum(draws < truth))
    return np.array(ranks)
    ### END SOLUTION


# %% tags=["check"]
check("8.3", repaired_calibration)

# %% [markdown]
# ## Exercise 8.4: a quantity that sees it
#
# The log likelihood of the truth tends to be larger than that of draws from the prior, since the data came from the truth. Other answers work too, such as the distance $|p - y/10|$. A quantity that for fixed $y$ rises with $p$, such as $p\,y$, gives the ranks of $p$ back.


# %% tags=["exercise"]
# Exercise 8.4
def telling_quantity(p, y):
    """Return a number for each p that depends on the data as well."""
    ### BEGIN SOLUTION
    return stats.binom.logpmf(y, FLIPS, p)
    ### END SOLUTION


# %% tags=["check"]
check("8.4", telling_quantity)

# %% [markdown]
# ## Exercise 8.5: build the variant
#
# All chains start at exact draws, move side by side, and only where they end counts: one draw from each chain, so the draws are independent and the envelope holds.


# %% tags=["exercise"]
# Exercise 8.5
def gap_after_steps(draw, step, cdf, num_chains, num_steps, rng):
    """Start from exact draws, take steps, return the largest gap to the exact law."""
    ### BEGIN SOLUTION
    x = draw(rng, num_chains)
    for _ in range(num_steps):
        x = step(x, rng)
    return stats.kstest(x, cdf).statistic
    ### END SOLUTION


# %% tags=["check"]
check("8.5", gap_after_steps)
