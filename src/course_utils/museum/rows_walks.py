"""Rows of the matrix: Metropolis-Hastings and Gibbs."""

import jax
import jax.numpy as jnp
import numpy as np

from course_utils import mh, targets
from course_utils.museum import densities, others
from course_utils.museum.exhibit import Chain, Exhibit, on_the_line
from course_utils.museum.metropolis import LOG_NORMAL, METROPOLIS


def metropolis_rows() -> list[Exhibit]:
    """List Metropolis-Hastings: right kernels, then wrong ones."""
    gaussian, gamma = targets.gaussian(correlation=0.8), targets.gamma(3.0)

    def walk(logdensity, step_size):
        return mh.metropolis_hastings(logdensity, mh.random_walk(step_size))

    def langevin(logdensity, step_size):
        return mh.metropolis_hastings(logdensity, mh.langevin(logdensity, step_size))

    def wide_normal(logdensity, scale):
        propose = mh.independence(
            lambda key: scale * jax.random.normal(key, (2,)),
            lambda x: -0.5 * jnp.sum((x / scale) ** 2),
        )
        return mh.metropolis_hastings(logdensity, propose)

    def log_normal(logdensity, step_size):
        return mh.metropolis_hastings(logdensity, mh.log_normal_walk(step_size))

    def exhibit(name, make, sizes, caught_by=None, num_draws=2000):
        facets = {
            "chain": Chain(make(gaussian.logdensity, sizes[0]), gaussian),
            "posterior": on_the_line(lambda logdensity: make(logdensity, sizes[1]), num_draws),
        }
        return Exhibit(name, "Metropolis-Hastings", facets, caught_by)

    def positive(name, make, caught_by=None):
        facets = {"chain": Chain(make(gamma.logdensity, 1.0), gamma)}
        return Exhibit(name, "Metropolis-Hastings", facets, caught_by)

    caught = {"never_moves": "movement", "one_key_for_both": "key reuse"}
    caught |= dict.fromkeys(("records_the_proposal",), "rejected means repeated")
    funnel, rate = targets.funnel(num_x=1, v_sd=1.5), densities.gamma_with_rate()
    return [
        exhibit("random walk", walk, (1.0, 0.8)),
        exhibit("Langevin", langevin, (0.7, 0.6)),
        exhibit("independence", wide_normal, (1.5, 1.2)),
        positive("log-normal walk", log_normal),
        *(
            exhibit(name, make, (1.0, 0.8), caught.get(name, "invariance"))
            for name, make in METROPOLIS.items()
        ),
        *(positive(name, make, "invariance") for name, make in LOG_NORMAL.items()),
        Exhibit(
            "rate_as_scale",
            "Metropolis-Hastings",
            {"chain": Chain(log_normal(densities.rate_as_scale, 1.0), rate)},
            "invariance",
        ),
        Exhibit(
            "keeps_adapting",
            "Metropolis-Hastings",
            {"chain": Chain(others.keeps_adapting(funnel.logdensity, 1.0), funnel, 100)},
            "invariance",
        ),
        Exhibit("flows on a grid", "Metropolis-Hastings", {"grid": flows(right=True)}),
        Exhibit(
            "flows without the rejected part",
            "Metropolis-Hastings",
            {"grid": flows(right=False)},
            "detailed balance",
        ),
    ]


def flows(right: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix of a walk on 20 points, or what is left when rejections are dropped."""
    target = np.exp(-0.5 * np.linspace(-2.5, 2.5, 20) ** 2)
    target /= target.sum()
    neighbours = np.eye(20, k=1) + np.eye(20, k=-1)
    matrix = 0.5 * neighbours * np.minimum(1, target[None, :] / target[:, None])
    if right:
        return matrix + np.diag(1 - matrix.sum(axis=1)), target
    return matrix / matrix.sum(axis=1, keepdims=True), target


def gibbs_rows() -> list[Exhibit]:
    """List Gibbs samplers of two normals."""
    gaussian = targets.gaussian(correlation=0.8)
    makes = {"Gibbs": others.right_gibbs} | others.GIBBS
    return [
        Exhibit(
            name,
            "Gibbs",
            {"chain": Chain(make(0.8), gaussian, acceptance=(0.2, 1.0), rejects=False)},
            None if name == "Gibbs" else "invariance",
        )
        for name, make in makes.items()
    ]
