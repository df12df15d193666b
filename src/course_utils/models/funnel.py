"""Neal's funnel: one variable sets the scale of all others, from tiny to huge.

    v ~ Normal(0, v_sd),   x_i ~ Normal(0, exp(v / 2)),   i = 1 … num_x

Neal takes v_sd = 3 and nine x. No step size suits both the neck, where x is narrow, and the mouth.
Yet all is known, since x_i exp(−v / 2) is standard normal. There are no data.

References
----------
Neal, R. M. (2003). Slice sampling. Annals of Statistics 31(3), 705-767, section 8.
"""

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from scipy.stats import norm

from course_utils.arguments import require_integer, require_scale
from course_utils.models import quadrature
from course_utils.models.base import PROBABILITIES, Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm


class Data(NamedTuple):
    """What is known: the number of x, and the standard deviation of v."""

    num_x: int
    v_sd: float


def log_joint(sites: Sites, data: Data) -> Array:
    """Log density of v, and of all x given v."""
    v, x = sites["v"], sites["x"]
    return stats.norm.logpdf(v, 0.0, data.v_sd) + stats.norm.logpdf(x, 0.0, jnp.exp(v / 2)).sum()


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    v = numpyro.sample("v", dist.Normal(0, data.v_sd))
    with numpyro.plate("coordinate", data.num_x):
        numpyro.sample("x", dist.Normal(0, jnp.exp(v / 2)))


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        v = pm.Normal("v", 0, data.v_sd)
        pm.Normal("x", 0, pm.math.exp(v / 2), shape=data.num_x)
    return model


def reference(data: Data) -> dict[str, Reference]:
    """Exact law of v, and that of x, a mixture of normals over v.

    The variance of x is the mean of exp(v), which is exp(v_sd² / 2).
    """
    law = norm(scale=data.v_sd)
    at = {p: law.ppf(p) for p in PROBABILITIES}

    def summarize(num_nodes: int) -> dict[str, quadrature.Summary]:
        z, weights = quadrature.standard_normal_nodes(num_nodes)
        sds = np.exp(data.v_sd * z / 2)
        x_at = quadrature.summarize_normals(np.zeros(num_nodes), sds, weights)[2]
        every = {p: np.full(data.num_x, quantile) for p, quantile in x_at.items()}
        return {"x": (np.zeros(data.num_x), np.full(data.num_x, np.exp(data.v_sd**2 / 4)), every)}

    source = "formulas; quantiles by Gauss-Legendre quadrature over v, 400 nodes"
    return {
        "v": Reference(law.mean(), law.std(), at, 0.0, "normal law"),
        **quadrature.references(summarize, 400, source),
    }


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw v and x from their law, exactly."""
    key_v, key_x = jax.random.split(key)
    v = data.v_sd * jax.random.normal(key_v)
    return {"v": v, "x": jnp.exp(v / 2) * jax.random.normal(key_x, (data.num_x,))}, data


def model(num_x: int = 9, v_sd: float = 3.0) -> Model:
    """Build the funnel.

    Parameters
    ----------
    num_x : int
        Number of x, at least 1. A position holds v first, then x.
    v_sd : float
        Standard deviation of v, positive.

    Raises
    ------
    TypeError
        If v_sd is no real number.
    ValueError
        If num_x is no integer of at least 1, or v_sd is not positive and finite.
    """
    num_x, v_sd = require_integer("num_x", num_x), require_scale("v_sd", v_sd)
    return Model(
        name=f"funnel, {num_x} x, sd of v {v_sd:g}",
        data=Data(num_x, v_sd),
        support={"v": dist.constraints.real, "x": dist.constraints.real},
        shapes={"v": (), "x": (num_x,)},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
    )
