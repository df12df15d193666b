"""What every adapted model offers: a log density of flat positions, and the way back to names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from course_utils.arguments import require_integer

MAX_TRIES = 100


@dataclass(frozen=True, eq=False)
class ForeignModel:
    """Another library's model with its data, in the form that the course's samplers take.

    Attributes
    ----------
    dim : int
        Number of unconstrained coordinates.
    logdensity_given : Callable
        ``(position, *args, **kwargs) -> ()``. Arguments may be traced, so one compiled function
        fits many data sets of one shape.
    constrain_given : Callable
        ``(position, *args, **kwargs) -> dict``: the variables on their own scale, deterministic
        ones included.
    args, kwargs
        The arguments meant when none are given: the data.
    center : ndarray, shape (dim,)
    radius : float
        Starts are uniform within ``radius`` of ``center``, as in the library the model is from.
    dims, coords : dict
        Names of the dimensions of each variable, and labels along them, where known.
    observed_data : dict
        Observed values by name.
    """

    dim: int
    logdensity_given: Callable[..., Array]
    constrain_given: Callable[..., dict[str, Array]]
    center: np.ndarray
    radius: float
    args: tuple = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    dims: Mapping[str, Sequence[str]] = field(default_factory=dict)
    coords: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    observed_data: Mapping[str, np.ndarray] = field(default_factory=dict)

    def logdensity(self, position: Array) -> Array:
        """Log density of a flat unconstrained position, shape (dim,), up to a constant."""
        return self.logdensity_given(position, *self.args, **self.kwargs)

    def constrain(self, position: Array) -> dict[str, Array]:
        """Map a position, shape (dim,), to named variables on their constrained scale."""
        return self.constrain_given(position, *self.args, **self.kwargs)

    def init_positions(self, key: Array, num_chains: int, *args: Any, **kwargs: Any) -> Array:
        """Draw starting positions, shape (num_chains, dim); with other data if these are given.

        Raises
        ------
        ValueError
            If ``num_chains`` is not a positive integer, or see :func:`init_positions`.
        """
        if not args and not kwargs:
            args, kwargs = self.args, self.kwargs
        return init_positions(
            key,
            lambda position: self.logdensity_given(position, *args, **kwargs),
            self.center,
            num_chains,
            self.radius,
        )


def init_positions(
    key: Array,
    logdensity: Callable[[Array], Array],
    center: Array | np.ndarray,
    num_chains: int,
    radius: float = 2.0,
) -> Array:
    """Draw starts uniformly around a point, where log density and gradient are finite.

    Each chain tries up to 100 times. Called inside ``jax.jit`` this compiles together with the
    sampler; outside, each call compiles.

    Parameters
    ----------
    key : Array
        A random key.
    logdensity : Callable
        ``(dim,) -> ()``.
    center : Array, shape (dim,)
        The middle of the starts, on the unconstrained scale.
    num_chains : int
        At least 1.
    radius : float
        Largest distance from ``center`` in each coordinate.

    Returns
    -------
    Array, shape (num_chains, dim)

    Raises
    ------
    ValueError
        If some chain found no start. Inside ``jax.jit`` no error can be raised; there such
        a chain starts at NaN, so that nobody takes its draws for a result.
    """
    require_integer("num_chains", num_chains)
    center = jnp.asarray(center, float)

    def is_finite(position):
        value, slope = jax.value_and_grad(logdensity)(position)
        return jnp.isfinite(value) & jnp.isfinite(slope).all()

    def try_again(carry):
        tries, key, _, _ = carry
        key, key_draw = jax.random.split(key)
        shift = jax.random.uniform(
            key_draw, center.shape, center.dtype, minval=-radius, maxval=radius
        )
        return tries + 1, key, center + shift, is_finite(center + shift)

    def one_chain(key):
        _, _, position, found = jax.lax.while_loop(
            lambda carry: (carry[0] < MAX_TRIES) & ~carry[3],
            try_again,
            (0, key, center, False),
        )
        return jnp.where(found, position, jnp.nan)

    positions = jax.jit(partial(jax.lax.map, one_chain))(jax.random.split(key, num_chains))
    if not isinstance(positions, jax.core.Tracer) and not np.isfinite(positions).all():
        raise ValueError(
            f"logdensity: {MAX_TRIES} starts within {radius:g} of the center gave no finite value "
            "and gradient; allowed are models that have both there"
        )
    return positions
