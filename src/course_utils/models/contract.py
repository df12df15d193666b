"""The contract of a model: its three views are one density, on both scales."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from numpyro import handlers
from numpyro.infer.util import log_density, potential_energy, unconstrain_fn

from course_utils.checks import Verdict
from course_utils.models.base import Model


def views_agree(model: Model, key: Array, num_points: int = 20, tolerance: float = 1e-4) -> Verdict:
    """Compare plain log joint, NumPyro and PyMC at random points.

    The same values of the sites go into each view; each view maps them to its own unconstrained
    scale and adds its own Jacobian. Between two views of one model the difference of the log
    densities is then one constant, with the Jacobian and without.

    Parameters
    ----------
    model : Model
        The model whose views are compared.
    key : Array
        Random key for the points: standard normal on the unconstrained scale.
    num_points : int
        Number of points, at least 2: a single difference is always constant.
    tolerance : float
        How far a difference may stray from the constant. 1e-4 is what float32 leaves of a sum of
        some ten terms of size 100. Where the log density is large or steep float32 knows it less
        well, so ten times its first-order rounding error is added: with x the sites and ε the
        roundoff, ε (|log p| + Σ |x ∂log p/∂x|).

    Returns
    -------
    Verdict
        Passed if all differences are constant; else the message names the worst.
    """
    if num_points < 2:
        raise ValueError(f"num_points must be at least 2, got {num_points}")
    name = "the three views are one density"
    for view, found in (("NumPyro", _numpyro_sites(model)), ("PyMC", _pymc_sites(model))):
        if found != model.shapes:
            return Verdict(False, name, f"{view} samples {found}, the log joint {model.shapes}")
    positions = jax.random.normal(key, (num_points, model.dim))
    sites = jax.jit(jax.vmap(model.constrain))(positions)
    constrained, slopes = jax.jit(jax.vmap(jax.value_and_grad(model.log_joint)))(sites)
    plain = np.array([constrained, jax.jit(jax.vmap(model.logdensity))(positions)], np.float64)
    # The constant is read off where the density is highest, since rounding is least there.
    best = plain[1].argmax()
    steepness = sum(
        np.abs(sites[site] * slope).reshape(num_points, -1).sum(axis=1)
        for site, slope in slopes.items()
    )
    rounding = np.finfo(np.float32).eps * (np.abs(plain) + steepness)
    allowed = tolerance + 10 * (rounding + rounding[:, [best]])
    worst = Verdict(True, name, f"{model.name}: no point was compared")
    largest_ratio = 0.0
    for view, other in (("NumPyro", _numpyro(model, sites)), ("PyMC", _pymc(model, sites))):
        difference = other - plain
        # Infinities cancel to NaN, which means that a view had no density where another had one.
        with np.errstate(invalid="ignore"):
            stray = np.abs(difference - difference[:, [best]])
        ratio = np.nan_to_num(stray / allowed, nan=math.inf)
        if ratio.max() >= largest_ratio:
            largest_ratio = ratio.max()
            scale, point = np.unravel_index(ratio.argmax(), ratio.shape)
            where = ("constrained", "unconstrained")[scale]
            seen = f"strays by {stray[scale, point]:.2g}, allowed {allowed[scale, point]:.2g}"
            message = f"{model.name}: {view} on the {where} scale {seen} (worst of {num_points})"
            worst = Verdict(bool(largest_ratio <= 1), name, message)
    return worst


def _numpyro_sites(model: Model) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the unobserved sites of the NumPyro program."""
    inside = model.constrain(jnp.zeros(model.dim))  # so that the program sees possible values
    program = handlers.substitute(handlers.seed(model.numpyro, 0), inside)
    trace = handlers.trace(program).get_trace()
    return {
        name: np.shape(site["value"])
        for name, site in trace.items()
        if site["type"] == "sample" and not site["is_observed"]
    }


def _pymc_sites(model: Model) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the unobserved variables of the PyMC program."""
    program = model.pymc()
    shapes = program.eval_rv_shapes()
    return {variable.name: shapes[variable.name] for variable in program.free_RVs}


def _numpyro(model: Model, sites: dict[str, Array]) -> NDArray[np.float64]:
    """NumPyro's log densities, shape (2, num_points): constrained, unconstrained."""

    def both(point: dict[str, Array]) -> tuple[Array, Array]:
        unconstrained = unconstrain_fn(model.numpyro, (), {}, point)
        constrained, _ = log_density(model.numpyro, (), {}, point)
        return constrained, -potential_energy(model.numpyro, (), {}, unconstrained)

    return np.array(jax.jit(jax.vmap(both))(sites), np.float64)


def _pymc(model: Model, sites: dict[str, Array]) -> NDArray[np.float64]:
    """PyMC's log densities, shape (2, num_points): constrained, unconstrained."""
    import pytensor

    program = model.pymc()
    points, values = {}, {}
    for variable in program.free_RVs:
        point = points[variable.name] = variable.type(variable.name)
        transform = program.rvs_to_transforms[variable]
        forward = transform.forward(point, *variable.owner.inputs) if transform else point
        values[program.rvs_to_values[variable]] = forward
    both = pytensor.function(
        list(points.values()),
        [program.logp(jacobian=False), program.logp(jacobian=True)],
        givens=values,
        mode="FAST_COMPILE",
    )
    columns = [np.asarray(sites[name], np.float64) for name in points]
    return np.array([both(*point) for point in zip(*columns, strict=True)]).T
