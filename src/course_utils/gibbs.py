"""Gibbs sampling with any conditionals, one block of coordinates after the other.

A conditional is a function ``draw(key, position) -> values``: new values of one block, drawn from
its law given all other coordinates of ``position``. A sampler is a list of pairs
``(block, conditional)``, where ``position[block]`` is what the conditional replaces.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from course_utils.kernel import Kernel
from course_utils.mh import LogDensity

Conditional = Callable[[Array, Array], Array]


class GibbsState(NamedTuple):
    """Where the chain stands: ``position`` (dim,)."""

    position: Array


class GibbsInfo(NamedTuple):
    """What a step did: mean acceptance over the blocks it drew, whether all were accepted.

    An exact conditional is always accepted. Below 1 the rate tells of a :class:`Within`, or of a
    conditional that returned a value that is not finite; the block then keeps its old value.
    """

    acceptance_rate: Array
    is_accepted: Array


class Within(NamedTuple):
    """A conditional that moves its block by one step of another kernel, where no draw is known.

    As a function of one block, the joint density is the conditional density up to a constant. A
    kernel that leaves the conditional as it is leaves the joint law as it is: "Metropolis within
    Gibbs".

    Attributes
    ----------
    logdensity : Callable
        Joint log density up to a constant, ``(dim,) -> ()``.
    build : Callable
        ``build(block_logdensity) -> Kernel`` for positions of shape (block size,), for instance
        ``lambda logdensity: metropolis_hastings(logdensity, random_walk(0.5))``.
    """

    logdensity: LogDensity
    build: Callable[[LogDensity], Kernel]


def gibbs(
    conditionals: Sequence[tuple[int | slice | ArrayLike, Conditional | Within]],
    scan: str = "systematic",
) -> Kernel:
    """Build the Gibbs kernel: draw block after block from its law given all the others.

    For block b the rest x_(−b) stays and x_b ~ π(x_b | x_(−b)). Each draw sees what the draws
    before it have changed.

    Parameters
    ----------
    conditionals : sequence of (block, conditional)
        A block is an index, a slice or a vector of indices; its conditional returns values of the
        shape of ``position[block]``, or is a :class:`Within`. Together the blocks cover all
        coordinates. They may share some: a right conditional is right whatever the others do.
    scan : str
        ``"systematic"``: a step draws all blocks in the order given. ``"random"``: it draws as many
        blocks, each chosen uniformly and afresh, which makes the step reversible. Under
        ``jax.vmap`` each of these draws computes every conditional and keeps one.

    Returns
    -------
    Kernel
        With ``GibbsState`` and ``GibbsInfo``.

    Raises
    ------
    ValueError
        If there is no conditional or ``scan`` is unknown. From ``init``: if a block is empty, out
        of range or names a coordinate twice, or if a coordinate is in no block. From ``step``: if a
        conditional returns another shape than its block has.
    TypeError
        If a pair is no block and conditional, or a conditional returns another kind of number than
        the position holds.

    References
    ----------
    Geman, S. and Geman, D. (1984). Stochastic relaxation, Gibbs distributions, and the Bayesian
    restoration of images. IEEE Transactions on Pattern Analysis and Machine Intelligence 6(6),
    721-741.
    """
    pairs = _require_pairs(conditionals)
    if scan not in ("systematic", "random"):
        raise ValueError(f"scan is {scan!r}; allowed are 'systematic' and 'random'")
    updates = [_update(*pair) for pair in pairs]

    def init(position):
        _require_cover([block for block, _ in pairs], jnp.shape(position))
        return GibbsState(position)

    def systematic(position, keys):
        infos = []
        for update, key in zip(updates, keys, strict=True):
            position, info = update(position, key)
            infos.append(info)
        return position, jax.tree.map(lambda *each: jnp.stack(each), *infos)

    def one_at_random(position, key):
        key_choice, key_draw = jax.random.split(key)
        choice = jax.random.randint(key_choice, (), 0, len(updates))
        return jax.lax.switch(choice, updates, position, key_draw)

    def step(key, state):
        keys = jax.random.split(key, len(updates))
        if scan == "systematic":
            position, infos = systematic(state.position, keys)
        else:
            position, infos = jax.lax.scan(one_at_random, state.position, keys)
        return GibbsState(position), GibbsInfo(infos[0].mean(), infos[1].all())

    return Kernel(init, step)


def _update(block: int | slice | np.ndarray, conditional: Conditional | Within) -> Callable:
    """Turn a pair into ``(position, key) -> (position, info)``."""

    def one_step(key, position):
        def block_logdensity(values):
            return conditional.logdensity(position.at[block].set(values.reshape(old.shape)))

        old = position[block]
        kernel = conditional.build(block_logdensity)
        state, info = kernel.step(key, kernel.init(old.reshape(-1)))
        is_accepted = getattr(info, "is_accepted", True)  # NUTS never rejects
        return state.position.reshape(old.shape), info.acceptance_rate, is_accepted

    def update(position, key):
        if isinstance(conditional, Within):
            new, rate, is_accepted = one_step(key, position)
        else:
            new, rate, is_accepted = conditional(key, position), 1.0, True
        new, old = jnp.asarray(new), position[block]
        where = f"the conditional of block {block}"
        if new.shape != old.shape:
            raise ValueError(f"{where} returns shape {new.shape}; allowed is {old.shape}")
        if not np.can_cast(new.dtype, old.dtype, "same_kind"):
            raise TypeError(f"{where} returns {new.dtype}; allowed is what fits into {old.dtype}")
        is_finite = jnp.isfinite(new).all()
        position = position.at[block].set(jnp.where(is_finite, new, old).astype(old.dtype))
        rate = jnp.asarray(rate * is_finite, jnp.result_type(float))
        return position, GibbsInfo(rate, is_accepted & is_finite)

    return update


def _require_pairs(conditionals: Sequence) -> list[tuple[int | slice | np.ndarray, Any]]:
    pairs = []
    for number, pair in enumerate(conditionals):
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise TypeError(f"conditionals[{number}] is {pair!r}; allowed is (block, conditional)")
        block, conditional = pair
        if not (callable(conditional) or isinstance(conditional, Within)):
            raise TypeError(
                f"the conditional of conditionals[{number}] is {conditional!r}; "
                "allowed is a function (key, position) -> values, or a Within"
            )
        if not isinstance(block, slice):
            block = np.asarray(block)
            if block.size and (block.dtype.kind not in "iu" or block.ndim > 1):
                raise TypeError(
                    f"the block of conditionals[{number}] is {pair[0]!r}; "
                    "allowed are an index, a slice and a vector of indices"
                )
            block = block.astype(np.int32) if block.ndim else int(block)
        pairs.append((block, conditional))
    if not pairs:
        raise ValueError("conditionals is empty; allowed is at least one (block, conditional)")
    return pairs


def _require_cover(blocks: list[int | slice | np.ndarray], shape: tuple[int, ...]) -> None:
    if len(shape) != 1:
        raise ValueError(f"position has shape {shape}; allowed is (dim,)")
    (dim,) = shape
    missing = set(range(dim))
    for block in blocks:
        # NumPy cuts a slice off at the end without a word, so its ends are looked at.
        ends = (block.start, block.stop) if isinstance(block, slice) else ()
        try:
            if any(end is not None and abs(end) > dim for end in ends):
                raise IndexError
            coordinates = np.arange(dim)[block].reshape(-1)
        except IndexError:
            raise ValueError(f"block {block} is out of range for {dim} coordinates") from None
        if not 0 < coordinates.size == np.unique(coordinates).size:
            raise ValueError(
                f"block {block} holds the coordinates {coordinates.tolist()}; "
                "allowed is at least one, and each of them once"
            )
        missing -= set(coordinates.tolist())
    if missing:
        raise ValueError(
            f"no block holds coordinate {min(missing)} of {dim}; "
            "a coordinate that no conditional draws would keep its start for ever"
        )
