"""The support of several variables in one vector: a constraint of pieces, and its bijection.

NumPyro's ``constraints.cat`` tests coordinate by coordinate. It cannot hold a piece whose numbers
are tied together, such as a simplex, nor one whose unconstrained form is shorter, nor bounds that
differ within a batch. Here each piece is cut out, given its own shape, and then judged.
"""

import math
from collections.abc import Sequence
from functools import reduce

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpyro.distributions import constraints
from numpyro.distributions.constraints import Constraint
from numpyro.distributions.transforms import Transform, biject_to

Shapes = tuple[tuple[int, ...], ...]


def total_size(shapes: Shapes) -> int:
    """Count the numbers in all pieces together."""
    return sum(math.prod(shape) for shape in shapes)


def cut(vector: ArrayLike, shapes: Shapes) -> list[Array]:
    """Cut vectors, shape (..., total), into pieces of shapes (..., *shape)."""
    vector = jnp.asarray(vector)
    if vector.ndim == 0 or vector.shape[-1] != total_size(shapes):
        raise ValueError(
            f"value has shape {vector.shape}; allowed is (..., {total_size(shapes)}), the pieces "
            f"of shapes {', '.join(map(str, shapes))} in one vector"
        )
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    pieces = jnp.split(vector, ends[:-1], axis=-1)
    return [p.reshape(p.shape[:-1] + shape) for p, shape in zip(pieces, shapes, strict=True)]


def join(pieces: Sequence[ArrayLike], shapes: Shapes) -> Array:
    """Flatten pieces of shapes (..., *shape), broadcast what leads, and concatenate."""
    flat = [
        jnp.reshape(piece, (*jnp.shape(piece)[: jnp.ndim(piece) - len(shape)], math.prod(shape)))
        for piece, shape in zip(pieces, shapes, strict=True)
    ]
    lead = jnp.broadcast_shapes(*(piece.shape[:-1] for piece in flat))
    return jnp.concatenate([jnp.broadcast_to(p, (*lead, p.shape[-1])) for p in flat], axis=-1)


class Pieces(Constraint):
    """Vectors whose pieces, cut out in order, each satisfy a constraint of their own.

    Parameters
    ----------
    parts : sequence of Constraint
        One a piece, of event dimension ``len(shape)``.
    shapes : tuple of tuple of int
        Event shape of each piece.
    """

    event_dim = 1

    def __init__(self, parts: Sequence[Constraint], shapes: Shapes):
        self.parts, self.shapes = tuple(parts), shapes

    @property
    def is_discrete(self) -> bool:
        """Whether any piece is."""
        return any(part.is_discrete for part in self.parts)

    def __repr__(self) -> str:
        return f"Pieces({list(self.parts)}, shapes={list(self.shapes)})"

    def __call__(self, x: ArrayLike) -> Array:
        """Test vectors, shape (..., total); True where every piece passes."""
        pieces = zip(self.parts, cut(x, self.shapes), strict=True)
        return reduce(jnp.logical_and, [part(piece) for part, piece in pieces])

    def feasible_like(self, prototype: ArrayLike) -> Array:
        """Return some vectors that pass, of the prototype's shape."""
        pieces = zip(self.parts, cut(prototype, self.shapes), strict=True)
        return join([part.feasible_like(piece) for part, piece in pieces], self.shapes)

    def eq(self, other: object, static: bool = False) -> ArrayLike:
        """Whether the other is the same, piece by piece."""
        return _same(self, other, "parts", static)

    def tree_flatten(self):
        """Tell JAX which parts hold arrays."""
        return (self.parts,), (("parts",), {"shapes": self.shapes})


class PiecesTransform(Transform):
    """Map real vectors onto :class:`Pieces`, each piece by the bijection of its own constraint.

    The log Jacobian is the sum of those of the pieces: no piece depends on another.
    """

    domain = constraints.real_vector

    def __init__(self, transforms: Sequence[Transform], shapes: Shapes):
        self.transforms, self.shapes = tuple(transforms), shapes

    @property
    def codomain(self) -> Pieces:
        """What the bijection maps onto."""
        return Pieces([transform.codomain for transform in self.transforms], self.shapes)

    @property
    def free_shapes(self) -> Shapes:
        """Shape of each piece on the real line; a simplex of three has two free numbers."""
        found = []
        for transform, shape in zip(self.transforms, self.shapes, strict=True):
            full = transform.inverse_shape(shape)  # batched bounds add dimensions on the left
            found.append(full[len(full) - transform.domain.event_dim :])
        return tuple(found)

    def __call__(self, x: ArrayLike) -> Array:
        """Map real vectors, shape (..., free), to the support, shape (..., total)."""
        pieces = zip(self.transforms, cut(x, self.free_shapes), strict=True)
        return join([transform(piece) for transform, piece in pieces], self.shapes)

    def _inverse(self, y: ArrayLike) -> Array:
        pieces = zip(self.transforms, cut(y, self.shapes), strict=True)
        return join([transform.inv(piece) for transform, piece in pieces], self.free_shapes)

    def log_abs_det_jacobian(self, x: ArrayLike, y: ArrayLike, intermediates=None) -> Array:
        """Sum the pieces' log Jacobians, shape (...)."""
        pieces = zip(self.transforms, cut(x, self.free_shapes), cut(y, self.shapes), strict=True)
        return sum(transform.log_abs_det_jacobian(a, b) for transform, a, b in pieces)

    def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape on the support of real vectors of this shape."""
        return (*shape[:-1], total_size(self.shapes))

    def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape on the real line of vectors of this shape."""
        return (*shape[:-1], total_size(self.free_shapes))

    def eq(self, other: object, static: bool = False) -> ArrayLike:
        """Whether the other is the same, piece by piece."""
        return _same(self, other, "transforms", static)

    def tree_flatten(self):
        """Tell JAX which parts hold arrays."""
        return (self.transforms,), (("transforms",), {"shapes": self.shapes})


def _same(one, other, field: str, static: bool) -> ArrayLike:
    if type(one) is not type(other) or one.shapes != other.shapes:
        return False
    pairs = zip(getattr(one, field), getattr(other, field), strict=True)
    return reduce(lambda a, b: a & b, [a.eq(b, static=static) for a, b in pairs])


@biject_to.register(Pieces)
def _biject_to_pieces(constraint: Pieces) -> PiecesTransform:
    return PiecesTransform([biject_to(part) for part in constraint.parts], constraint.shapes)
