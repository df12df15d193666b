"""What every model of the course offers: three views, two scales, one exact reference.

A *site* is a variable of the model that a sampler moves. Its values live on the *constrained*
scale (a probability between 0 and 1, a scale above 0). Samplers work on the *unconstrained* scale,
where every coordinate ranges over the real line, and on flat vectors, called positions.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpyro.distributions import biject_to
from numpyro.distributions.constraints import Constraint
from numpyro.distributions.transforms import Transform

if TYPE_CHECKING:
    import pymc as pm

Sites = Mapping[str, ArrayLike]


class Reference(NamedTuple):
    """What the posterior of one quantity really is.

    Attributes
    ----------
    mean, sd : ndarray, the shape of the quantity
        Posterior mean and standard deviation; ``inf`` where they do not exist.
    quantiles : dict of float to ndarray
        Posterior quantiles at 0.05, 0.5 and 0.95.
    standard_error : float
        Bound on the error of all numbers above; 0 where a formula gives them. Where ``source``
        calls it statistical, the largest standard error among them.
    source : str
        Where they come from, in one sentence.
    """

    mean: ArrayLike
    sd: ArrayLike
    quantiles: dict[float, ArrayLike]
    standard_error: float
    source: str


PROBABILITIES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Model:
    """A model with its data, written three times, and its exact answer.

    The fields hold functions of the data, so ``dataclasses.replace(model, data=other)`` is the
    same model for other data, also inside ``jax.vmap`` over many data sets.

    Attributes
    ----------
    name : str
        Name that appears in tables and messages.
    data : NamedTuple
        What was observed, and what is known beside it.
    support : dict of str to Constraint
        The values that each site may take, as a NumPyro constraint.
    shapes : dict of str to tuple of int
        The shape of each site on the constrained scale.
    log_joint_given : Callable
        ``(sites, data) -> ()``, the log joint density of sites and data in plain JAX.
    numpyro_given : Callable
        ``(data) -> None``, the NumPyro program.
    pymc_given : Callable
        ``(data) -> pm.Model``, the PyMC program.
    reference_given : Callable
        ``(data) -> dict of str to Reference``.
    draw_joint_given : Callable
        ``(key, data) -> (sites, data)``: sites from the prior, then observations from the model.
        Of ``data`` it keeps what is not modelled, such as the number of trials.
    quantities_given : Callable
        ``(sites) -> dict``: what is reported, keyed as the reference is. Leading axes, such as
        (chain, draw), are kept.
    """

    name: str
    data: Any
    support: dict[str, Constraint]
    shapes: dict[str, tuple[int, ...]]
    log_joint_given: Callable[[Sites, Any], Array]
    numpyro_given: Callable[[Any], None]
    pymc_given: "Callable[[Any], pm.Model]"
    reference_given: Callable[[Any], dict[str, Reference]]
    draw_joint_given: Callable[[Array, Any], tuple[dict[str, Array], Any]]
    quantities_given: Callable[[Sites], dict[str, Array]] = dict

    def log_joint(self, sites: Sites) -> Array:
        """Log joint density of constrained ``sites`` and the data; a scalar."""
        return self.log_joint_given(sites, self.data)

    def logdensity(self, position: Array) -> Array:
        r"""Log density of a flat unconstrained position, up to the evidence.

        With x = T(z) the map from position z to sites x,
        log p(z, y) = log p(x, y) + log |det ∂T/∂z|.

        Parameters
        ----------
        position : Array, shape (dim,)
            The sites in alphabetical order, each mapped to the real line and flattened.

        Returns
        -------
        Array, shape ()

        References
        ----------
        Stan Reference Manual, chapter "Constraint transforms", section "Changes of variables".
        """
        unconstrained = self.unravel(position)
        sites = self.constrain(position)
        log_jacobian = sum(
            jnp.sum(transform.log_abs_det_jacobian(unconstrained[name], sites[name]))
            for name, transform in self.transforms.items()
        )
        return self.log_joint(sites) + log_jacobian

    def constrain(self, position: Array) -> dict[str, Array]:
        """Map a position, shape (dim,), to the sites on their constrained scale."""
        unconstrained = self.unravel(position)
        return {name: self.transforms[name](unconstrained[name]) for name in self._layout}

    def unconstrain(self, sites: Sites) -> Array:
        """Map constrained sites to a position, shape (dim,); the inverse of ``constrain``."""
        pieces = [self.transforms[name].inv(jnp.asarray(sites[name])) for name in self._layout]
        return jnp.concatenate([jnp.ravel(piece) for piece in pieces])

    def unravel(self, position: Array) -> dict[str, Array]:
        """Cut a position into its sites, still on the unconstrained scale."""
        ends = np.cumsum([math.prod(shape) for shape in self._layout.values()])
        pieces = jnp.split(position, ends[:-1])
        return {
            name: piece.reshape(shape)
            for piece, (name, shape) in zip(pieces, self._layout.items(), strict=True)
        }

    def quantities(self, sites: Sites) -> dict[str, Array]:
        """Everything that the reference speaks of, computed from constrained sites."""
        return self.quantities_given(sites)

    def numpyro(self) -> None:
        """Run as a NumPyro program: ``NUTS(model.numpyro)``."""
        self.numpyro_given(self.data)

    def pymc(self) -> "pm.Model":
        """Build the PyMC model."""
        return self.pymc_given(self.data)

    def reference(self) -> dict[str, Reference]:
        """Exact posterior of every reported quantity."""
        return self.reference_given(self.data)

    def draw_joint(self, key: Array) -> tuple[dict[str, Array], Any]:
        """Draw sites from the prior and data from the model, with one random key."""
        return self.draw_joint_given(key, self.data)

    @property
    def dim(self) -> int:
        """Number of unconstrained coordinates."""
        return sum(math.prod(shape) for shape in self._layout.values())

    @cached_property
    def transforms(self) -> dict[str, Transform]:
        """For each site the map from the unconstrained to the constrained scale."""
        return {name: biject_to(constraint) for name, constraint in self.support.items()}

    @cached_property
    def _layout(self) -> dict[str, tuple[int, ...]]:
        """Shape of each site on the unconstrained scale, in the order of a position."""
        return {
            name: self.transforms[name].inverse_shape(self.shapes[name])
            for name in sorted(self.shapes)
        }
