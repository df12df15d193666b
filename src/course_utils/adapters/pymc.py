"""PyMC's models in the course's driver."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from course_utils.adapters.foreign import ForeignModel

if TYPE_CHECKING:
    import pymc as pm


def from_pymc(model: "pm.Model") -> ForeignModel:
    """Turn a PyMC model into a log density of flat positions: PyMC's own, translated to JAX.

    It computes in JAX's present precision, float32 unless ``jax_enable_x64`` is set, although
    PyMC alone would compute in float64.

    Parameters
    ----------
    model : pm.Model
        A model whose free variables are continuous.

    Returns
    -------
    ForeignModel
        Positions hold the variables in the order of ``model.value_vars``. Data declared as
        ``pm.Data`` can be given anew by name, as keywords of ``logdensity_given`` and
        ``constrain_given``. Starts are those of ``pm.sample``: its initial point, jittered by
        up to 1. Dims and coords are the model's.

    Raises
    ------
    TypeError
        If ``model`` is no PyMC model.
    ValueError
        If a free variable is discrete, or there is none at all.
    """
    import pymc
    from pymc.backends.arviz import coords_and_dims_for_inferencedata, find_observations
    from pymc.util import get_default_varnames
    from pytensor.graph.replace import clone_replace

    if not isinstance(model, pymc.Model):
        raise TypeError(f"model is a {type(model).__name__}; allowed is a pm.Model")
    if not model.free_RVs or model.discrete_value_vars:
        found = ", ".join(value.name for value in model.discrete_value_vars) or "none"
        raise ValueError(
            f"model: free variables that are discrete: {found}; allowed are models with "
            "continuous free variables, and with at least one"
        )
    variables = get_default_varnames(model.unobserved_value_vars, include_transformed=False)
    with _jax_settings_kept():
        from pymc.sampling.jax import get_jaxified_graph

        inputs = {shared.name: shared.type() for shared in model.data_vars}
        replace = {shared: inputs[shared.name] for shared in model.data_vars}
        graph = clone_replace([model.logp(), *variables], replace=replace)
        every_input = [*model.value_vars, *inputs.values()]
        logp = get_jaxified_graph(inputs=every_input, outputs=graph[:1])
        values = get_jaxified_graph(inputs=every_input, outputs=graph[1:])
    start = model.initial_point()
    center, unravel = ravel_pytree([jnp.asarray(start[v.name], float) for v in model.value_vars])
    kwargs = {shared.name: shared.get_value() for shared in model.data_vars}
    names = [variable.name for variable in variables]

    def call(function: Any, position: Array, given: dict[str, Any]) -> Any:
        merged = kwargs | given
        if unknown := given.keys() - kwargs.keys():
            raise ValueError(f"data is {sorted(unknown)}; allowed are pm.Data: {sorted(kwargs)}")
        with warnings.catch_warnings():
            # The graph asks for float64, which JAX does not grant unless it is told to.
            warnings.filterwarnings("ignore", "Explicitly requested dtype")
            return function(*unravel(position), *(jnp.asarray(merged[name]) for name in kwargs))

    coords, dims = coords_and_dims_for_inferencedata(model)
    return ForeignModel(
        dim=len(center),
        logdensity_given=lambda position, **given: call(logp, position, given)[0],
        constrain_given=lambda position, **given: dict(
            zip(names, call(values, position, given), strict=True)
        ),
        center=np.asarray(center),
        radius=1.0,
        kwargs=kwargs,
        dims=dims,
        coords=coords,
        observed_data={name: np.asarray(x) for name, x in find_observations(model).items()},
    )


@contextmanager
def _jax_settings_kept() -> Iterator[None]:
    """Keep JAX's precision and devices, which the import of PyMC's JAX parts would change."""
    precision, flags = jax.config.jax_enable_x64, os.environ.get("XLA_FLAGS")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Explicitly requested dtype")
            yield
    finally:
        jax.config.update("jax_enable_x64", precision)
        if flags is None:
            os.environ.pop("XLA_FLAGS", None)
        else:
            os.environ["XLA_FLAGS"] = flags
