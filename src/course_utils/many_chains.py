"""Random-walk Metropolis for thousands of chains on the line, which keeps sums instead of draws.

A billion draws of one number fill four gigabytes. What one wants of them are means. So each chain
adds up x, x² and its accepted moves as it walks.

Four things make it quick. All chains take a step together, in a few fused loops over plain vectors.
Random numbers are drawn for a block of steps at once, few enough to stay in the processor's cache.
Of the random bits none is thrown away, see :mod:`course_utils.threefry`. And every device works
alone.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from course_utils.arguments import require_integer
from course_utils.devices import over_devices
from course_utils.kernel import require_finite_start
from course_utils.mh import _require_positive
from course_utils.threefry import normal_and_uniform

# Random numbers of one kind in a block, and most steps in one.
BLOCK_NUMBERS = 2**15
BLOCK_STEPS = 256


class Moments(NamedTuple):
    """What is left of a run: where each chain stands, and its means over all its draws.

    Each of shape (num_chains,): ``position``, the last draw; ``mean`` of x; ``mean_square`` of x²;
    ``acceptance_rate``, the share of its proposals that were accepted.
    """

    position: Array
    mean: Array
    mean_square: Array
    acceptance_rate: Array


def random_walk_moments(
    key: Array,
    logdensity: Callable[[Array], Array],
    step_size: float | Array,
    positions: Array,
    num_draws: int | Array,
    *,
    num_streams: int = 1,
    num_devices: int | None = None,
) -> Moments:
    """Walk many chains, x' = x + step_size · z, and return the moments of each.

    The function is pure and not compiled: wrap the outermost function that calls it in ``jax.jit``.
    Step size and number of draws may be arguments of that function: other values need no new
    compilation.

    Parameters
    ----------
    key : Array
        A random key. It is split once into a key per stream, and that one gives a key per block of
        steps.
    logdensity : Callable
        Logarithm of the target density up to a constant, for a vector of positions:
        ``(n,) -> (n,)``. Where it is NaN a proposal is rejected.
    step_size : float or Array, shape ()
        Standard deviation of the proposal, positive.
    positions : Array, shape (num_chains,)
        Starting positions.
    num_draws : int or Array, shape ()
        Steps per chain, at least 1. Starting positions do not count as draws.
    num_streams : int
        Into how many streams of random numbers the chains are dealt; it divides their number. The
        draws depend on it, and not on the number of devices.
    num_devices : int, optional
        How many devices share the streams; it divides their number. By default as many of
        ``jax.devices()`` as do.

    Returns
    -------
    Moments

    Raises
    ------
    ValueError
        If an argument is none of those allowed, or a chain starts where the log density is not
        finite.

    Notes
    -----
    A float32 sum of a million numbers may be wrong in the third digit. Here plain sums run over the
    at most 256 steps of a block. What rounding loses when blocks are added up is kept in a second
    number (Knuth's TwoSum). The error of a mean is then about 256 · 2^-24 = 1.5e-5 of the mean
    absolute value at most, as long as there are fewer than 50,000 blocks, and in practice a tenth
    of that.

    References
    ----------
    Knuth, D. E. (1997). The Art of Computer Programming, volume 2, third edition, section 4.2.2,
    theorem B.
    """
    positions = jnp.asarray(positions)
    _require_run(positions, step_size, num_draws)
    require_finite_start(positions[:, None], logdensity(positions))
    num_streams = require_integer("num_streams", num_streams)
    if len(positions) % num_streams:
        raise ValueError(
            f"num_streams is {num_streams}; allowed are divisors of the {len(positions)} chains"
        )
    if num_devices is None:
        num_devices = math.gcd(num_streams, len(jax.devices()))

    def walk(key, positions):
        return _walk(key, logdensity, step_size, positions, num_draws)

    # To over_devices a stream is one chain, whose position is the vector of those of its chains.
    dealt = positions.reshape(num_streams, -1)
    moments = over_devices(walk, key, dealt, num_devices=num_devices)
    return Moments(*(each.reshape(-1) for each in moments))


def _walk(key, logdensity, step_size, positions, num_draws):
    """Walk the chains of one stream: blocks of steps, each with its own random numbers."""
    num_chains = len(positions)
    steps = max(1, min(BLOCK_STEPS, BLOCK_NUMBERS // num_chains))
    if isinstance(num_draws, int):  # no more random numbers than are needed
        steps = min(steps, num_draws)
    nothing = (jnp.zeros_like(positions),) * 3

    def one_block(block, carry):
        position, log_p, sums, lost = carry
        noise = normal_and_uniform(jax.random.fold_in(key, block), (steps, num_chains))

        def one_step(step, carry):
            position, log_p, (total, total_square, accepted) = carry
            z, u = noise[step].real, noise[step].imag
            proposal = position + step_size * z
            log_p_proposal = logdensity(proposal)
            is_accepted = u < jnp.exp(log_p_proposal - log_p)  # False for NaN
            position = jnp.where(is_accepted, proposal, position)
            log_p = jnp.where(is_accepted, log_p_proposal, log_p)
            sums = total + position, total_square + position**2, accepted + is_accepted
            return position, log_p, sums

        here = jnp.minimum(steps, num_draws - block * steps)  # the last block may be shorter
        position, log_p, block_sums = jax.lax.fori_loop(
            0, here, one_step, (position, log_p, nothing)
        )
        added = [_two_sum(*pair) for pair in zip(sums, block_sums, strict=True)]
        lost = tuple(old + new for old, (_, new) in zip(lost, added, strict=True))
        return position, log_p, tuple(total for total, _ in added), lost

    num_blocks = (num_draws + steps - 1) // steps
    start = positions, logdensity(positions), nothing, nothing
    position, _, sums, lost = jax.lax.fori_loop(0, num_blocks, one_block, start)
    means = [(total + rest) / num_draws for total, rest in zip(sums, lost, strict=True)]
    return Moments(position, *means)


def _two_sum(a, b):
    """Return a + b as it is rounded, and what rounding lost of it, exactly."""
    total = a + b
    part_of_b = total - a
    return total, (a - (total - part_of_b)) + (b - part_of_b)


def _require_run(positions, step_size, num_draws):
    """Refuse positions that are no chains, and numbers that are not positive."""
    if positions.ndim != 1 or len(positions) == 0:
        raise ValueError(
            f"positions has shape {positions.shape}; allowed is (num_chains,) with at least one "
            "chain"
        )
    _require_positive("step_size", step_size)
    if not isinstance(num_draws, jax.core.Tracer):
        require_integer("num_draws", int(num_draws) if isinstance(num_draws, Array) else num_draws)
