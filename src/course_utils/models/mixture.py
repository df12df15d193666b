"""A mixture of normals on the line, four humps by default: what a walk must cross to see it all.

    x ~ Σ_k weight_k · Normal(loc_k, scale_k)

There are no data. The default has loc −2, 0, 3.2, 2.5, scale 1.2, 1, 5, 2.8 and weight 0.2, 0.3,
0.1, 0.4. The components overlap, so it has fewer humps than components, and one long tail.
"""

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from course_utils.arguments import require_finite, require_positive, require_same_length
from course_utils.models import quadrature
from course_utils.models.base import Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm


class Data(NamedTuple):
    """What is known: means, standard deviations and shares of the components, shape (K,)."""

    loc: ArrayLike
    scale: ArrayLike
    weight: ArrayLike


FOUR = Data(loc=(-2.0, 0.0, 3.2, 2.5), scale=(1.2, 1.0, 5.0, 2.8), weight=(0.2, 0.3, 0.1, 0.4))


def log_joint(sites: Sites, data: Data) -> Array:
    """Log of the weighted sum of normal densities."""
    components = stats.norm.logpdf(sites["x"], data.loc, data.scale)
    return jax.nn.logsumexp(jnp.log(data.weight) + components)


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    components = dist.Normal(data.loc, data.scale)
    shares = dist.Categorical(probs=data.weight)
    numpyro.sample("x", dist.MixtureSameFamily(shares, components))


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        pm.NormalMixture("x", w=data.weight, mu=data.loc, sigma=data.scale)
    return model


def pdf(x: ArrayLike, data: Data) -> NDArray:
    """Density in float64, shape of x: Σ_k weight_k φ((x − loc_k) / scale_k) / scale_k."""
    loc, scale, weight = (np.asarray(column, float) for column in data)
    z = (np.asarray(x, float)[..., None] - loc) / scale
    return np.exp(-0.5 * z**2) / (scale * np.sqrt(2 * np.pi)) @ weight


def cdf(x: ArrayLike, data: Data) -> NDArray:
    """Cumulative distribution function, shape of x: Σ_k weight_k Φ((x − loc_k) / scale_k)."""
    z = (np.asarray(x)[..., None] - np.asarray(data.loc)) / np.asarray(data.scale)
    return ndtr(z) @ np.asarray(data.weight)


def reference(data: Data) -> dict[str, Reference]:
    """Exact mean and sd by formula; quantiles where the exact distribution function says."""
    loc, scale, weight = (np.asarray(column, float) for column in data)
    exact = quadrature.summarize_normals(loc, scale, weight)
    source = "formulas for mixtures of normals; quantiles by root finding"
    return {"x": Reference(*exact, 0.0, source)}


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw a component, then x from it, exactly."""
    key_component, key_x = jax.random.split(key)
    component = jax.random.categorical(key_component, jnp.log(data.weight))
    loc, scale = jnp.asarray(data.loc)[component], jnp.asarray(data.scale)[component]
    return {"x": loc + scale * jax.random.normal(key_x)}, data


def model(data: Data = FOUR) -> Model:
    """Build the mixture.

    Parameters
    ----------
    data : Data
        Means, standard deviations and shares of shape (K,). The shares sum to 1.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If they are empty, not finite or differ in length, if a scale or weight is not positive, or
        if the weights do not sum to 1.
    """
    loc = require_finite("loc", data.loc)
    scale, weight = require_positive("scale", data.scale), require_positive("weight", data.weight)
    require_same_length(loc=loc, scale=scale, weight=weight)
    if abs(weight.sum() - 1) > 1e-6:  # what float32 weights leave
        raise ValueError(f"weight must sum to 1, got numbers that sum to {weight.sum():g}")
    return Model(
        name=f"mixture of {len(loc)} normals",
        data=Data(loc, scale, weight / weight.sum()),
        support={"x": dist.constraints.real},
        shapes={"x": ()},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
    )
