"""Many simulated fits in one compiled program, for simulation-based calibration."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
from jax import Array

from course_utils.kernel import Kernel


def simulate_fits(
    key: Array,
    draw_joint: Callable[[Array], tuple[Array, Any]],
    kernel_given: Callable[[Any], Kernel],
    quantities: Mapping[str, Callable[[Array, Any], Array]],
    *,
    num_fits: int = 1000,
    num_draws: int = 500,
    num_warmup: int = 50,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Simulate truths and data, fit each with one chain of a kernel, all in one compiled program.

    Parameters
    ----------
    key : Array
        A random key.
    draw_joint, kernel_given : Callable
        As in :func:`course_utils.checks.joint_test`.
    quantities : Mapping of str to Callable
        ``(position, data) -> ()``.
    num_fits, num_draws : int
        Truths, and draws for each.
    num_warmup : int
        Steps thrown away. A chain starts from a prior draw of its own, not from the truth, which
        would be an exact posterior draw.

    Returns
    -------
    exact, draws : dict of str to Array
        Shapes (num_fits,) and (num_fits, 1, num_draws), as :func:`sbc` takes them.
    """
    functions = tuple(quantities.values())
    exact, draws = _simulate(
        key, draw_joint, kernel_given, functions, num_fits, num_draws, num_warmup
    )
    return (
        dict(zip(quantities, exact, strict=True)),
        dict(zip(quantities, (one[:, None] for one in draws), strict=True)),
    )


@partial(jax.jit, static_argnums=range(1, 7))
def _simulate(key, draw_joint, kernel_given, quantities, num_fits, num_draws, num_warmup):
    def fit(key):
        key_truth, key_start, key_chain = jax.random.split(key, 3)
        truth, data = draw_joint(key_truth)
        start, _ = draw_joint(key_start)
        kernel = kernel_given(data)

        def look(position):
            return [quantity(position, data) for quantity in quantities]

        def one_step(state, key):
            state, _ = kernel.step(key, state)
            return state, look(state.position)

        keys = jax.random.split(key_chain, num_warmup + num_draws)
        _, draws = jax.lax.scan(one_step, kernel.init(start), keys)
        return look(truth), [values[num_warmup:] for values in draws]

    return jax.vmap(fit)(jax.random.split(key, num_fits))
