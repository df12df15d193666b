"""Normal and uniform numbers in pairs: JAX's own random bits, with nothing thrown away.

JAX's generator, Threefry, turns a key and a counter into *two* words of 32 random bits. By default
JAX folds the two into one (by exclusive or), so that an array spread over devices has the same
numbers as on one. A random walk needs two numbers a step and can use both words. On a CPU the
compiler makes one loop for each array that it is asked for, and would compute Threefry twice for
two arrays. So a pair is packed into a complex number: one array, one loop.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def normal_and_uniform(key: Array, shape: tuple[int, ...]) -> Array:
    """Draw a standard normal and a uniform number for each place of an array.

    Parameters
    ----------
    key : Array
        A key of JAX's default generator; it must not be used for anything else.
    shape : tuple of int
        Shape of the result, fewer than 2³² places.

    Returns
    -------
    Array of complex64
        The normal number in the real part, the uniform one, strictly between 0 and 1, in the
        imaginary part.

    Raises
    ------
    ValueError
        If the key belongs to another generator.
    """
    words = jax.random.key_data(key)
    if words.shape != (2,):
        raise ValueError(
            f"key has {words.shape} words; allowed is one key of JAX's default generator, "
            "threefry2x32, which has 2"
        )
    counter = jax.lax.iota(np.uint32, int(np.prod(shape))).reshape(shape)
    first, second = threefry(words[0], words[1], jnp.zeros_like(counter), counter)
    normal = np.float32(2**0.5) * jax.lax.erf_inv(2 * _uniform(first) - 1)
    return jax.lax.complex(normal, _uniform(second))


def threefry(key_0: Array, key_1: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Turn pairs of 32-bit words into random pairs: Threefry-2x32 with 20 rounds.

    References
    ----------
    Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random numbers: as
    easy as 1, 2, 3. SC'11, section 4.
    """
    keys = key_0, key_1, key_0 ^ key_1 ^ np.uint32(0x1BD11BDA)
    x, y = x + keys[0], y + keys[1]
    for group in range(5):
        for distance in ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << np.uint32(distance)) | (y >> np.uint32(32 - distance)))
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x, y


def _uniform(bits: Array) -> Array:
    """Turn 32 bits into the middle of one of 2²³ equal parts of (0, 1)."""
    # 23 bits make the fraction of a float between 1 and 2.
    one_to_two = jax.lax.bitcast_convert_type(
        (bits >> np.uint32(9)) | np.uint32(0x3F800000), np.float32
    )
    return one_to_two - np.float32(1 - 2**-24)
