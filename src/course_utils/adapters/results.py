"""The course's draws as an ArviZ ``DataTree``."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from course_utils.adapters.numpyro import from_numpyro

if TYPE_CHECKING:
    import xarray as xr

# ArviZ's name for what a kernel reports, and the kernels' names for it, BlackJAX's among them.
SAMPLE_STATS = {
    "acceptance_rate": ("acceptance_rate",),
    "accepted": ("is_accepted",),
    "diverging": ("is_divergent",),
    "energy": ("energy",),
    "tree_depth": ("tree_depth", "num_trajectory_expansions"),
    "n_steps": ("num_integration_steps",),
    "step_size": ("step_size",),
}


def to_datatree(
    draws: Array,
    info: Any = None,
    model: Any = None,
    *,
    step_size: ArrayLike | None = None,
    dims: Mapping[str, Sequence[str]] | None = None,
    coords: Mapping[str, Sequence[Any]] | None = None,
) -> "xr.DataTree":
    """Name the draws and put them on their own scale, for ArviZ.

    Parameters
    ----------
    draws : Array, shape (num_chains, num_draws, dim)
        Positions, without those of the warm-up.
    info : NamedTuple of Arrays, leading shape (num_chains, num_draws), optional
        What the kernel reported; the fields that ArviZ knows become ``sample_stats``.
    model : Model or ForeignModel, optional
        Anything with ``constrain`` and ``logdensity``. Derived quantities, dims and observed data
        come along where the model has them. Left out: one variable ``x``.
    step_size : array-like, shape () or (num_chains,), optional
        Step size of the kernel.
    dims, coords : Mapping, optional
        Names of dimensions by variable, and labels along a dimension; they overrule the model's.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior``, ``sample_stats`` and ``observed_data``, the last two if there is
        anything to hold.

    Raises
    ------
    ValueError
        If ``draws`` does not have three dimensions or not the model's ``dim``, or if ``info`` or
        ``step_size`` do not fit them.

    References
    ----------
    ArviZ documentation, "InferenceData schema specification".
    """
    from arviz_base import from_dict

    shape = np.shape(draws)
    wanted = getattr(model, "dim", shape[-1] if shape else 0)
    if len(shape) != 3 or shape[2] != wanted or 0 in shape:
        raise ValueError(
            f"draws has shape {shape}; allowed is (num_chains, num_draws, dim) with dim {wanted} "
            "and nothing empty"
        )
    posterior, stats = {"x": np.asarray(draws)}, {}
    dims, coords = dict(dims or {}), dict(coords or {})
    groups: dict[str, dict[str, Any]] = {}
    if model is not None:
        posterior = _every_draw(model.constrain, draws)
        if hasattr(model, "quantities"):
            posterior |= model.quantities(posterior)
        stats["lp"] = _every_draw(model.logdensity, draws)
        described = _describe(model)
        dims, coords = {**described.dims, **dims}, {**described.coords, **coords}
        groups["observed_data"] = dict(described.observed_data)
    for name, fields in SAMPLE_STATS.items():
        for field in fields:
            if getattr(info, field, None) is not None:
                stats[name] = np.asarray(getattr(info, field))
    if step_size is not None:
        sizes = np.asarray(step_size, float)
        if sizes.shape not in ((), shape[:1]):
            raise ValueError(
                f"step_size has shape {sizes.shape}; allowed is () or (num_chains,) = {shape[:1]}"
            )
        stats["step_size"] = np.broadcast_to(sizes.reshape(-1, 1), shape[:2])
    for name, values in stats.items():
        if np.shape(values) != shape[:2]:
            raise ValueError(
                f"info: its {name} has shape {np.shape(values)}; allowed is {shape[:2]}, "
                "the (num_chains, num_draws) of draws"
            )
    groups |= {"posterior": posterior, "sample_stats": stats}
    return from_dict(
        {name: group for name, group in groups.items() if group},
        dims={name: list(names) for name, names in dims.items()},
        coords=coords,
        check_conventions=False,  # more chains than draws are no mistake here
    )


@partial(jax.jit, static_argnums=0)
def _every_draw(function: Callable, draws: Array) -> Any:
    # A method is known by its object: a second call for the same model finds the compiled program.
    return jax.vmap(jax.vmap(function))(draws)


def _describe(model: Any) -> Any:
    """Return something with dims, coords and observed data: a course model has them in NumPyro."""
    return from_numpyro(model.numpyro) if hasattr(model, "numpyro") else model
