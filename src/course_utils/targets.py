"""Targets with exact draws and statistics of known law, on which samplers are tested.

The banana, the funnel and the mixture are the models of the same names, seen as targets: density
and draws are defined there, and only the laws of the statistics here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats
from scipy.special import chdtrc, ndtr, roots_legendre

from course_utils.arguments import require_integer
from course_utils.checks import Target
from course_utils.checks.verdict import Statistic

if TYPE_CHECKING:
    from course_utils.models import Model
    from course_utils.models.mixture import Data as Mixture


def gaussian(correlation: float = 0.0, dim: int = 2) -> Target:
    """Build a Gaussian with zero means, unit variances and one common correlation.

    Its statistics look at marginals *and* at the joint law, so that a sampler with right marginals
    and a wrong correlation is caught.

    Parameters
    ----------
    correlation : float
        Common correlation, between -1 / (dim - 1) and 1, both excluded.
    dim : int
        Dimension, at least 2.

    Raises
    ------
    ValueError
        If correlation or dim is out of range.
    """
    require_integer("dim", dim, at_least=2)
    if not -1 / (dim - 1) < correlation < 1:
        raise ValueError(
            f"correlation is {correlation}; allowed is between {-1 / (dim - 1):g} and 1"
        )
    covariance = (1 - correlation) * jnp.eye(dim) + correlation * jnp.ones((dim, dim))
    cholesky = jnp.linalg.cholesky(covariance)

    def squared_radius(x):
        return jnp.sum(jax.scipy.linalg.solve_triangular(cholesky, x, lower=True) ** 2)

    def normal(variance):
        return stats.norm(scale=variance**0.5).cdf

    return Target(
        logdensity=lambda x: -0.5 * squared_radius(x),
        draw=lambda key, num: jax.random.normal(key, (num, dim)) @ cholesky.T,
        statistics={
            "x[0]": (lambda x: x[0], normal(1.0)),
            "x[1]": (lambda x: x[1], normal(1.0)),
            "x[0] + x[1]": (lambda x: x[0] + x[1], normal(2 + 2 * correlation)),
            "x[0] - x[1]": (lambda x: x[0] - x[1], normal(2 - 2 * correlation)),
            # The log density up to sign and scale.
            "the squared radius": (squared_radius, stats.chi2(dim).cdf),
        },
    )


def gamma(shape: float = 3.0) -> Target:
    """Build a Gamma(shape, 1) density for one positive number.

    Parameters
    ----------
    shape : float
        Positive shape.

    Raises
    ------
    ValueError
        If shape is not positive and finite.
    """
    if not 0 < shape < np.inf:
        raise ValueError(f"shape is {shape}; allowed are positive finite numbers")

    def logdensity(x):
        inside = (shape - 1) * jnp.log(x[0]) - x[0]
        return jnp.where(x[0] > 0, inside, -jnp.inf)

    return Target(
        logdensity=logdensity,
        draw=lambda key, num: jax.random.gamma(key, shape, (num, 1)),
        statistics={"x": (lambda x: x[0], stats.gamma(shape).cdf)},
    )


def banana(width: float = 2.0, curvature: float = 0.5) -> Target:
    """Build the banana, whose position is (x, y): a normal pair, bent along a parabola.

    Straightened, x / width and the height above the parabola are independent standard normals;
    the squared radius there is the log density up to sign and scale. The arguments and errors are
    those of :func:`course_utils.models.banana.model`.
    """
    from course_utils.models import banana as form

    model = form.model(width, curvature)
    means, weights = form.y_given_nodes(model.data)

    def straight(position):
        x, y = position
        return jnp.stack([x / width, y - form.parabola(x, model.data)])

    return _target_of(
        model,
        {
            "x": (lambda x: x[0], stats.norm(scale=width).cdf),
            "y": (lambda x: x[1], lambda y: ndtr(np.asarray(y)[..., None] - means) @ weights),
            "the height above the parabola": (lambda x: straight(x)[1], ndtr),
            "x / width + the height": (lambda x: straight(x).sum(), stats.norm(scale=2**0.5).cdf),
            "the squared radius": (lambda x: jnp.sum(straight(x) ** 2), stats.chi2(2).cdf),
        },
    )


def funnel(num_x: int = 9, v_sd: float = 3.0) -> Target:
    """Build Neal's funnel, whose position is v followed by x.

    Brought to one scale, z_i = x_i exp(-v / 2) are standard normals, independent of v. The
    arguments and errors are those of :func:`course_utils.models.funnel.model`.
    """
    from course_utils.models import funnel as form
    from course_utils.models.quadrature import standard_normal_nodes

    model = form.model(num_x, v_sd)
    nodes, weights = standard_normal_nodes(400)

    def z(position):
        return position[1:] * jnp.exp(-position[0] / 2)

    def logdensity_cdf(values):
        # At v = v_sd u the log density is top - (u² + num_x v_sd u) / 2 less half a chi-squared
        # number. It can reach a value only for u between two roots, so the integral stops there.
        top = -0.5 * (num_x + 1) * np.log(2 * np.pi) - np.log(v_sd)
        values, shift = np.asarray(values, float)[..., None], num_x * v_sd / 2
        reach = np.sqrt(np.maximum(shift**2 + 2 * (top - values), 0))
        low, high = np.clip(-shift - reach, -9, 9), np.clip(-shift + reach, -9, 9)
        x, w = roots_legendre(100)
        u = low + (high - low) * (x + 1) / 2
        excess = np.maximum(2 * (top - values) - u**2 - 2 * shift * u, 0)
        inside = stats.norm.pdf(u) * chdtrc(num_x, excess) * (high - low) / 2
        return inside @ w + (ndtr(low) + ndtr(-high))[..., 0]

    return _target_of(
        model,
        {
            "v": (lambda x: x[0], stats.norm(scale=v_sd).cdf),
            "x[0]": (
                lambda x: x[1],
                lambda x: ndtr(np.asarray(x)[..., None] * np.exp(-v_sd * nodes / 2)) @ weights,
            ),
            "z[0]": (lambda x: z(x)[0], ndtr),
            "v / v_sd + z[0]": (lambda x: x[0] / v_sd + z(x)[0], stats.norm(scale=2**0.5).cdf),
            "the squared radius of z": (lambda x: jnp.sum(z(x) ** 2), stats.chi2(num_x).cdf),
            "the log density": (model.logdensity, logdensity_cdf),
        },
    )


def mixture(data: "Mixture | None" = None) -> Target:
    """Build a mixture of normals on the line; left out, the one with four components.

    In one dimension the law of x is the whole law, so that there is no second statistic. The
    argument and errors are those of :func:`course_utils.models.mixture.model`.
    """
    from course_utils.models import mixture as form

    model = form.model(form.FOUR if data is None else data)
    return _target_of(model, {"x": (lambda x: x[0], lambda x: form.cdf(x, model.data))})


def _target_of(model: "Model", statistics: Mapping[str, Statistic]) -> Target:
    """See a model without data as a target; its draws from the prior are exact."""

    def draw(key, num):
        one = lambda key: model.unconstrain(model.draw_joint(key)[0])  # noqa: E731
        return jax.vmap(one)(jax.random.split(key, num))

    return Target(model.logdensity, draw, statistics)
