"""Rows of the matrix: HMC and NUTS."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from course_utils import checks, hamiltonian, hmc, nuts, targets
from course_utils.checks import Target
from course_utils.flat_nuts import flat_nuts
from course_utils.museum.dynamics import HMC, NUTS
from course_utils.museum.exhibit import Chain, Exhibit, Path, on_the_line

METRIC = jnp.array([0.5, 2.0])
DENSE = jnp.array([[1.0, 0.8], [0.8, 1.0]])
DENSE_LINE = jnp.array([[0.4, -0.2], [-0.2, 0.27]])  # the posterior covariance of the line


def _path(dynamics: Any, metric: Array, target: Target) -> Path:
    def energy(position, momentum):
        return hamiltonian.kinetic_energy(momentum, metric) - target.logdensity(position)

    leapfrog = dynamics.leapfrog(target.logdensity, metric)
    return Path(checks.integrator(leapfrog, target.logdensity), energy)


def hmc_rows() -> list[Exhibit]:
    """List HMC: right kernels, then wrong ones."""
    gaussian = targets.gaussian(correlation=0.8)

    def exhibit(name, make, dynamics, caught_by=None, dense=False):
        metric, step_size, num_steps = (DENSE, 1.2, 2) if dense else (METRIC, 0.5, 3)
        kernel = make(gaussian.logdensity, step_size, metric, num_steps)
        facets = {
            "chain": Chain(kernel, gaussian),
            "path": _path(dynamics, metric, gaussian),
            "posterior": on_the_line(
                lambda logdensity: (
                    make(logdensity, 0.9, DENSE_LINE, 2)
                    if dense
                    else make(logdensity, 0.4, metric, 3)
                )
            ),
        }
        return Exhibit(name, "HMC", facets, caught_by)

    caught = {
        "forgets_last_half_kick": "reversibility",
        "drifts_with_old_momentum": "volume",
        "flips_gradient_sign": "movement",
    }
    return [
        exhibit("HMC (diagonal metric)", hmc.hmc, hamiltonian),
        exhibit("HMC (dense metric)", hmc.hmc, hamiltonian, dense=True),
        *(
            exhibit(
                name,
                mutant,
                mutant.modules()[1],
                caught.get(name, "invariance"),
                dense=name == "forgets_transpose",
            )
            for name, mutant in HMC.items()
        ),
    ]


def nuts_rows() -> list[Exhibit]:
    """List NUTS: right kernels and the flat driver, then wrong ones."""
    gaussian = targets.gaussian(correlation=0.8)

    def exhibit(name, make, dynamics, caught_by=None, dense=False):
        # With the target's own covariance as metric all scales are 1, and steps can be longer.
        metric, step_size = (DENSE, 1.2) if dense else (METRIC, 0.5)
        line_metric = DENSE_LINE if dense else METRIC
        kernel = make(gaussian.logdensity, step_size, metric, 6)
        facets = {
            "chain": Chain(kernel, gaussian, num_steps=5, rejects=False),
            "path": _path(dynamics, metric, gaussian),
            "posterior": on_the_line(lambda density: make(density, step_size, line_metric, 6)),
        }
        return Exhibit(name, "NUTS", facets, caught_by)

    def flat(key, positions, num_draws):
        return flat_nuts(key, gaussian.logdensity, positions, num_draws, 0.5, METRIC, 6)

    return [
        exhibit("NUTS (diagonal metric)", nuts.nuts, hamiltonian),
        exhibit("NUTS (dense metric)", nuts.nuts, hamiltonian, dense=True),
        Exhibit("flat NUTS", "NUTS", {"chain": Chain(flat, gaussian, num_steps=5, rejects=False)}),
        *(
            exhibit(name, mutant, mutant.modules()[1], "invariance")
            for name, mutant in NUTS.items()
        ),
    ]
