# %% [markdown]
# # 6. Hamiltonian Monte Carlo: worked solutions
#
# Try [the exercises](../06_hamiltonian_monte_carlo.ipynb) first. Every answer below is executed and checked.

# %%
import jax
import numpy as np

from course_utils.exercises import check
from course_utils.hmc import hmc
from course_utils.kernel import Kernel

# %% [markdown]
# ## Exercise 6.1: change one number
#
# The orbit of a normal target with mass 1 has the period $2\pi\sigma$. A quarter of it is $\tfrac{\pi}{2} \cdot 12$ long, and each step covers 3.
# After three quarters the old position is forgotten as well, at three times the price.

# %% tags=["exercise"]
# Exercise 6.1
num_steps = None  # your number
### BEGIN SOLUTION
num_steps = round(np.pi / 2 * 12 / 3)
### END SOLUTION

# %% tags=["check"]
check("6.1", num_steps)

# %% [markdown]
# ## Exercise 6.2: one mass for three scales
#
# With $a = M^{-1}$ the equations of one coordinate are $\mathrm{d}x/\mathrm{d}t = a\,p$ and $\mathrm{d}p/\mathrm{d}t = -x/\sigma^2$. Together they say that the second derivative of $x$ is
# $-(a/\sigma^2)\,x$: a swing with the period $2\pi\sigma/\sqrt{a}$. It is $2\pi$ in every coordinate if $a = \sigma^2$: the inverse mass is the variance.

# %% tags=["exercise"]
# Exercise 6.2
inverse_mass = None  # your three numbers, as a list
### BEGIN SOLUTION
inverse_mass = [0.1**2, 1.0**2, 50.0**2]
### END SOLUTION

# %% tags=["check"]
check("6.2", inverse_mass)

# %% [markdown]
# ## Exercise 6.3: a leapfrog with mass
#
# The mass turns momentum into velocity, so it appears in the drift alone. A step without it would be a right leapfrog of another energy, and its acceptance rate would suffer: reversible, volume kept, energy error of order 0.


# %% tags=["exercise"]
# Exercise 6.3
def leapfrog_step(position, momentum, gradient, step_size, inverse_mass):
    """One leapfrog step; returns (position, momentum)."""
    ### BEGIN SOLUTION
    momentum = momentum + 0.5 * step_size * gradient(position)
    position = position + step_size * inverse_mass * momentum
    momentum = momentum + 0.5 * step_size * gradient(position)
    return position, momentum
    ### END SOLUTION


# %% tags=["check"]
check("6.3", leapfrog_step)

# %% [markdown]
# ## Exercise 6.4: find the bug
#
# The decision compared the *potential* energies alone. A quarter orbit turns $x$ into the momentum, so the end is an independent draw from the target, and the sampler then accepts it with the ratio of the densities, as if it came from a symmetric walk. It draws from
# $\pi(x)^2$ in place of $\pi(x)$: too narrow by the factor $\sqrt{2}$. With the kinetic energy, the ratio is that of the joint density, and on a good path it is close to 1.


# %% tags=["exercise"]
# Exercise 6.4
def repaired_hmc(log_density, gradient, start, step_size, num_steps, num_draws, rng):
    """HMC in one coordinate with mass 1; returns num_draws draws."""
    ### BEGIN SOLUTION
    position, draws = start, []
    for _ in range(num_draws):
        momentum = rng.normal()
        x, p = position, momentum
        for _ in range(num_steps):
            p = p + 0.5 * step_size * gradient(x)
            x = x + step_size * p
            p = p + 0.5 * step_size * gradient(x)
        energy = -log_density(position) + 0.5 * momentum**2
        new_energy = -log_density(x) + 0.5 * p**2
        if np.log(rng.uniform()) < energy - new_energy:
            position = x
        draws.append(position)
    return np.array(draws)
    ### END SOLUTION


# %% tags=["check"]
check("6.4", repaired_hmc)

# %% [markdown]
# ## Exercise 6.5: build the variant
#
# A kernel with a drawn number of steps is a mixture of HMC kernels. Each leaves the target invariant, and so does their mixture, *because* the number does not depend on the position. (If it did, the way back might be drawn with another probability than the way there.) The
# keys must be two: with one for both, the number of steps would know something about the momentum.


# %% tags=["exercise"]
# Exercise 6.5
def jittered_hmc(logdensity, step_size, inverse_mass_matrix, max_steps) -> Kernel:
    """HMC with a random number of leapfrog steps; returns a Kernel."""
    ### BEGIN SOLUTION

    def init(position):
        return hmc(logdensity, step_size, inverse_mass_matrix, 1).init(position)

    def step(key, state):
        key_number, key_step = jax.random.split(key)
        num_steps = jax.random.randint(key_number, (), 1, max_steps + 1)
        return hmc(logdensity, step_size, inverse_mass_matrix, num_steps).step(key_step, state)

    return Kernel(init, step)
    ### END SOLUTION


# %% tags=["check"]
check("6.5", jittered_hmc)
