"""Rows of the matrix: posterior draws, log densities, models, stopwatches."""

from collections.abc import Callable
from functools import partial

import jax
import numpy as np

from course_utils import checks
from course_utils.checks import Verdict
from course_utils.museum import densities, posteriors, timers
from course_utils.museum.exhibit import Exhibit, Posterior


def posterior_rows() -> list[Exhibit]:
    """List samplers that draw from a law at once: the posterior, or another."""
    caught = {"ignores_the_data": "SBC with log likelihood", "omits_the_prior": "joint test"}
    makes = {"exact posterior": posteriors.exact_posterior} | posteriors.POSTERIORS
    return [
        Exhibit(name, "posterior draws", {"posterior": Posterior(make, 100)}, caught.get(name))
        for name, make in makes.items()
    ]


def other_rows() -> list[Exhibit]:
    """List log densities, models and stopwatches."""
    from course_utils.models import eight_schools, views_agree
    from course_utils.timing import ess_per_second

    def mixture(logdensity: Callable) -> dict[str, Callable[[], Verdict]]:
        points = np.linspace(-5, 5, 21)[:, None]
        return {
            "same density": partial(
                checks.same_density, logdensity, densities.scipy_mixture, points
            ),
            "total probability": partial(checks.integrates_to_one, logdensity, -12.0, 12.0),
        }

    def likelihood(logdensity: Callable) -> dict[str, Callable[[], Verdict]]:
        points = np.random.default_rng(17).normal(size=(20, 2))
        loop = densities.likelihood_in_a_loop
        return {"same density": partial(checks.same_density, logdensity, loop, points)}

    def contract(make: Callable) -> dict[str, Callable[[], Verdict]]:
        return {"model contract": lambda: views_agree(make(), jax.random.key(20))}

    def timer(subject: Callable) -> dict[str, Callable[[], Verdict]]:
        return {"timing": partial(checks.honest_timer, subject)}

    def rate(subject: Callable) -> dict[str, Callable[[], Verdict]]:
        return {"timing": partial(checks.honest_rate, subject)}

    def pair(make: Callable) -> dict[str, Callable[[], Verdict]]:
        return {"timing": lambda: checks.like_with_like(*make())}

    centered = partial(eight_schools.model, parameterization="centered")
    rows = {
        "log densities": [
            ("mixture", mixture(densities.mixture), None),
            *((name, mixture(one), "same density") for name, one in densities.MIXTURES.items()),
            ("likelihood of a line", likelihood(densities.line_likelihood), None),
            (
                "broadcasts_to_a_matrix",
                likelihood(densities.broadcasts_to_a_matrix),
                "same density",
            ),
        ],
        "models": [
            ("eight schools", contract(centered), None),
            ("half_cauchy_as_cauchy", contract(densities.half_cauchy_as_cauchy), "model contract"),
        ],
        "stopwatches": [
            ("median of steady calls", timer(timers.right_timer), None),
            *((name, timer(one), "timing") for name, one in timers.TIMERS.items()),
            ("effective draws per second", rate(ess_per_second), None),
            ("draws_per_second", rate(timers.draws_per_second), "timing"),
            ("float32_against_float32", pair(timers.float32_against_float32), None),
            ("float32_against_float64", pair(timers.float32_against_float64), "timing"),
        ],
    }
    return [
        Exhibit(name, family, facets, caught_by)
        for family, exhibits in rows.items()
        for name, facets, caught_by in exhibits
    ]
