"""Independent variables as one vector: a NumPyro distribution with any number of marginals."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from numpyro.distributions import Distribution, constraints
from numpyro.distributions.batch_util import promote_batch_shape

from course_utils.joint_support import Pieces, Shapes, cut, join, total_size


class JointDistribution(Distribution):
    """Independent marginals, each flattened, one after the other in one vector.

    log p(x) = Σ_i log p_i(x_i),   x = (x_1, …, x_m)

    Parameters
    ----------
    marginals : Mapping of str to Distribution, or sequence of Distribution
        At least one. Event shapes may differ, batch shapes must broadcast. All are continuous, or
        all are discrete.
    names : sequence of str, optional
        Names of a sequence's marginals, for :meth:`split`. Left out: "0", "1", and so on.

    Raises
    ------
    TypeError
        If a marginal is no NumPyro distribution, or a name no string.
    ValueError
        If there is no marginal, if names are missing or not distinct, if batch shapes do not
        broadcast, or if discrete marginals meet continuous ones.

    References
    ----------
    Dillon, J. V. et al. (2017). TensorFlow Distributions. arXiv:1711.10604, on the three kinds of
    shape.
    """

    arg_constraints: ClassVar[dict] = {}  # the marginals check their own
    pytree_data_fields = ("marginals",)
    pytree_aux_fields = ("names",)

    def __init__(
        self,
        marginals: Mapping[str, Distribution] | Sequence[Distribution],
        names: Sequence[str] | None = None,
    ):
        self.marginals, self.names = _require_marginals(marginals, names)
        batch_shape = _require_one_batch(self.marginals, self.names)
        super().__init__(batch_shape, (total_size(self.shapes),))

    @property
    def shapes(self) -> Shapes:
        """Event shape of each marginal."""
        return tuple(marginal.event_shape for marginal in self.marginals)

    @constraints.dependent_property(event_dim=1)
    def support(self) -> Pieces:
        """Each piece in the support of its marginal."""
        return Pieces([_event_support(marginal) for marginal in self.marginals], self.shapes)

    @property
    def has_rsample(self) -> bool:
        """Whether draws can be differentiated in the parameters."""
        return all(marginal.has_rsample for marginal in self.marginals)

    def sample(self, key: Array, sample_shape: tuple[int, ...] = ()) -> Array:
        """Draw each marginal with a key of its own; shape (*sample, *batch, total)."""
        keys = jax.random.split(key, len(self.marginals))
        # A marginal without a batch is drawn anew for each member of the joint's batch.
        wide = self.expand(self.batch_shape).marginals
        draws = [m.sample(k, sample_shape) for m, k in zip(wide, keys, strict=True)]
        return join(draws, self.shapes)

    def log_prob(self, value: ArrayLike, intermediates=None) -> Array:
        """Sum the marginals' log densities; shape (*sample, *batch)."""
        pieces = cut(value, self.shapes)
        return sum(m.log_prob(piece) for m, piece in zip(self.marginals, pieces, strict=True))

    def split(self, value: ArrayLike) -> dict[str, Array]:
        """Cut vectors, shape (..., total), into named pieces of shapes (..., *event)."""
        return dict(zip(self.names, cut(value, self.shapes), strict=True))

    def join(self, pieces: Mapping[str, ArrayLike]) -> Array:
        """Put named pieces into vectors, shape (..., total): the inverse of :meth:`split`."""
        if set(pieces) != set(self.names):
            raise ValueError(f"pieces are {', '.join(pieces)}; allowed are {', '.join(self.names)}")
        return join([pieces[name] for name in self.names], self.shapes)

    def expand(self, batch_shape: Sequence[int]) -> "JointDistribution":
        """Repeat every marginal, so that the batch has this shape."""
        wide = [marginal.expand(tuple(batch_shape)) for marginal in self.marginals]
        return JointDistribution(wide, self.names)

    @property
    def mean(self) -> Array:
        """Means, shape (*batch, total)."""
        return join([m.mean for m in self.expand(self.batch_shape).marginals], self.shapes)

    @property
    def variance(self) -> Array:
        """Variances, shape (*batch, total)."""
        return join([m.variance for m in self.expand(self.batch_shape).marginals], self.shapes)


@promote_batch_shape.register
def _promote(joint: JointDistribution) -> JointDistribution:
    """Read the batch shape off the parameters again, after a vmap or a scan has added to them."""
    wide = [marginal.expand(joint.batch_shape) for marginal in joint.marginals]
    return JointDistribution([promote_batch_shape(marginal) for marginal in wide], joint.names)


def _event_support(marginal: Distribution) -> constraints.Constraint:
    missing = marginal.event_dim - marginal.support.event_dim
    return constraints.independent(marginal.support, missing) if missing else marginal.support


def _require_marginals(marginals, names) -> tuple[tuple[Distribution, ...], tuple[str, ...]]:
    """Return marginals and names as tuples of one length, or say what is wrong with them."""
    if isinstance(marginals, Mapping):
        if names is not None:
            raise ValueError("names must be left out: the keys of the mapping are the names")
        marginals, names = tuple(marginals.values()), tuple(marginals)
    if isinstance(marginals, Distribution | str) or not isinstance(marginals, Sequence):
        raise TypeError(
            f"marginals is of type {type(marginals).__name__}; allowed is a sequence of NumPyro "
            "distributions, or a mapping of names to them"
        )
    if not marginals:
        raise ValueError("marginals is empty; allowed is at least one distribution")
    names = tuple(map(str, range(len(marginals)))) if names is None else tuple(names)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"names are {names}; allowed are strings")
    if len(set(names)) != len(names) or len(names) != len(marginals):
        raise ValueError(f"names are {names}; allowed is one for each marginal, all distinct")
    for name, marginal in zip(names, marginals, strict=True):
        if not isinstance(marginal, Distribution):
            kind = type(marginal).__name__
            raise TypeError(f"marginal {name!r} is of type {kind}; allowed are distributions")
    discrete = [name for name, m in zip(names, marginals, strict=True) if m.support.is_discrete]
    if 0 < len(discrete) < len(names):
        raise ValueError(
            f"marginals {', '.join(map(repr, discrete))} are discrete, the others continuous, and "
            "only a continuous vector has a gradient; allowed is one kind: make two joints"
        )
    return tuple(marginals), names


def _require_one_batch(marginals, names) -> tuple[int, ...]:
    """Return the batch shape to which all batch shapes broadcast, or list them."""
    shapes = [marginal.batch_shape for marginal in marginals]
    try:
        return jnp.broadcast_shapes(*shapes)
    except ValueError as error:
        found = ", ".join(f"{n!r} {shape}" for n, shape in zip(names, shapes, strict=True))
        raise ValueError(f"batch shapes are {found}; allowed are those that broadcast") from error
