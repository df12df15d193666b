"""The random walk of chapter 04 in many systems, to be read side by side: equal work for all.

Every program walks the same target, a mixture of normals on the line, with the same step size, in
float32, from the same starts. And it keeps the same: of each chain its last draw, and over all its
draws the means of x and of x², and the share of proposals that were accepted.

A program is a function ``prepare(target, num_chains, num_draws)`` that returns ``run(seed, starts)
-> (position, mean, mean_square, acceptance_rate)``, each an array (num_chains,). What can be
compiled in advance is compiled by ``prepare``. Two programs do more or less on purpose and say so:
``numpy-published`` computes in float64, as in 2019, and ``tfp-stored`` keeps every draw.

The modules import their system at the top, so each can only be imported where that is installed.
"""

from typing import NamedTuple

STEP_SIZE = 0.1


class Mixture(NamedTuple):
    """The target, Σ_k weight_k Normal(loc_k, scale_k): three float32 arrays of shape (K, 1).

    The components stand on the leading axis, so that a vector of chains is the inner loop.
    """

    loc: object
    scale: object
    weight: object


class System(NamedTuple):
    """Where a program is, what it needs, and which Python runs it.

    Attributes
    ----------
    module, program : str
        Module in :mod:`course_utils.walkers`, and the name of its ``prepare`` function.
    needs : tuple of str
        Modules that must be installed.
    devices : int
        Number of CPU devices that JAX shall see; a short run may use one of them alone.
    environment : str or None
        The environment ``.venv-NAME``; None stands for this Python's.
    """

    module: str
    program: str
    needs: tuple[str, ...] = ()
    devices: int = 1
    environment: str | None = None


SYSTEMS = {
    "numpy-published": System("with_scipy", "published", ("scipy",)),
    "numpy": System("with_numpy", "lean"),
    "numpy-2proc": System("with_numpy", "two_processes"),
    "jax-generator": System("with_jax", "generator", ("jax",)),
    "jax": System("with_jax", "compiled", ("jax",), devices=2),
    "jax-1dev": System("with_jax", "compiled", ("jax",)),
    "blackjax": System("with_jax", "blackjax_walk", ("jax", "blackjax")),
    "tfp-jax": System("with_tfp_on_jax", "compiled", environment="peers"),
    "tfp-xla": System("with_tfp", "xla", environment="peers"),
    "tfp-graph": System("with_tfp", "graph", environment="peers"),
    "tfp-eager": System("with_tfp", "eager", environment="peers"),
    "tfp-stored": System("with_tfp", "stored", environment="peers"),
}
