"""A thousand fits of a model to data simulated from it, for simulation-based calibration.

What costs time is not the fits but their waiting for each other: vectorized over fits, each step
takes as long as the longest path in the block. So a cheap pilot first finds out which fits need
short steps, and fits of like difficulty share a block. Blocks run on all cores, through one
compiled program.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpyro import handlers

from course_utils.arguments import require_integer
from course_utils.hmc import hmc
from course_utils.kernel import Kernel
from course_utils.models.base import Model, Sites
from course_utils.nuts import nuts
from course_utils.warmup import warmup, warmup_and_sample

BuildKernel = Callable[[Callable[[Array], Array], Array, Array], Kernel]
PILOT_STEPS = 100


class Fits(NamedTuple):
    """Truths and posterior draws, as :func:`course_utils.checks.sbc` takes them.

    Attributes
    ----------
    exact : dict of str to ndarray, shape (num_fits,)
        True value of each quantity: those of the model, element by element, and the log likelihood.
    draws : dict of str to ndarray, shape (num_fits, num_chains, num_draws // thin)
        Draws of the same quantities. NaN where warm-up found no step size.
    step_size : ndarray, shape (num_fits,)
        What warm-up found.
    num_divergent : ndarray of int, shape (num_fits,)
        Divergent draws after warm-up.
    num_integration_steps : ndarray, shape (num_fits,)
        Leapfrog steps per draw, on average.
    """

    exact: dict[str, np.ndarray]
    draws: dict[str, np.ndarray]
    step_size: np.ndarray
    num_divergent: np.ndarray
    num_integration_steps: np.ndarray


def run_fits(
    key: Array,
    model: Model,
    *,
    num_fits: int = 1000,
    num_chains: int = 4,
    num_warmup: int = 300,
    num_draws: int = 500,
    thin: int = 5,
    build_kernel: BuildKernel = nuts,
    target_acceptance_rate: float = 0.8,
    block_size: int = 25,
    report: Callable[[int], Any] | None = None,
) -> Fits:
    """Draw sites and data from the model, fit each data set with chains of its own, keep all draws.

    The chains of a fit start from Uniform(-2, 2) in each unconstrained coordinate, like Stan's, and
    share one step size and one metric. They first take 100 steps of HMC with a single leapfrog
    step, which cost the same for all fits; the step size found there tells how hard a fit is.

    Parameters
    ----------
    key : Array
        A random key; a fit's own key does not depend on the block it is in.
    model : Model
        Its data only say what is not modelled, such as the number of trials.
    num_fits, num_chains, num_warmup, num_draws : int
        Data sets; chains for each; steps of a chain.
    thin : int
        Keep one draw in ``thin``: ranks need draws that hardly depend on each other.
    build_kernel : Callable
        ``(logdensity, step_size, inverse_mass_matrix) -> Kernel``, with info fields
        ``acceptance_rate``, ``is_divergent`` and ``num_integration_steps``.
    target_acceptance_rate : float
        As in :func:`course_utils.warmup.warmup`.
    block_size : int
        Fits that run side by side.
    report : Callable, optional
        Called with the number of fits of each block when it is done, for a progress bar.

    Returns
    -------
    Fits

    Raises
    ------
    ValueError
        If a number is not an integer of at least 1, or ``thin`` exceeds ``num_draws``.

    References
    ----------
    Talts, S. et al. (2018). Validating Bayesian inference algorithms with simulation-based
    calibration. arXiv:1804.06788. Modrák, M. et al. (2025). Simulation-based calibration checking
    for Bayesian computation. Bayesian Analysis 20(2), 461-488, for the log likelihood.
    """
    for name, value in {
        "num_fits": num_fits,
        "num_chains": num_chains,
        "num_draws": num_draws,
        "thin": thin,
        "block_size": block_size,
    }.items():
        require_integer(name, value)
    if thin > num_draws:
        raise ValueError(f"thin is {thin}; allowed is at most num_draws, which is {num_draws}")

    def given(data):
        return replace(model, data=data)

    def simulate(key):
        key_joint, key_start, key_pilot = jax.random.split(key, 3)
        sites, data = model.draw_joint(key_joint)
        logdensity = given(data).logdensity
        start = jax.random.uniform(key_start, (num_chains, model.dim), minval=-2, maxval=2)
        build = partial(hmc, logdensity, num_integration_steps=1)
        pilot = warmup(key_pilot, build, start, PILOT_STEPS, pooled=True)
        # In units of x: the step size is relative to the metric.
        reach = pilot.step_size * jnp.sqrt(pilot.inverse_mass_matrix.min())
        return list_quantities(model, sites, data), data, pilot.positions, reach

    def fit(key, data, start):
        draws, info, adapted = warmup_and_sample(
            key,
            partial(build_kernel, given(data).logdensity),
            start,
            num_warmup,
            num_draws,
            pooled=True,
            target_acceptance_rate=target_acceptance_rate,
        )
        draws = jnp.where(jnp.isfinite(adapted.step_size), draws[:, thin - 1 :: thin], jnp.nan)

        def look(position):
            return list_quantities(model, model.constrain(position), data)

        cost = info.num_integration_steps.astype(float).mean()
        kept = jax.vmap(jax.vmap(look))(draws)
        return kept, adapted.step_size, info.is_divergent.sum(), cost

    key_simulate, key_fit = jax.random.split(key)
    exact, data, starts, reach = jax.jit(jax.vmap(simulate))(
        jax.random.split(key_simulate, num_fits)
    )
    keys = jax.random.split(key_fit, num_fits)
    fits = jax.tree.map(np.asarray, (jax.random.key_data(keys), data, starts))
    first, *_ = blocks = list(_blocks(np.asarray(reach), block_size))

    def fit_all(keys, data, starts):
        return jax.vmap(fit)(jax.random.wrap_key_data(keys), data, starts)

    program = jax.jit(fit_all).lower(*jax.tree.map(lambda leaf: leaf[first], fits)).compile()

    def run_block(members):
        result = program(*jax.tree.map(lambda leaf: leaf[members], fits))
        result = jax.tree.map(np.asarray, result)
        if report is not None:
            report(len(np.unique(members)))
        return result

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(run_block, blocks))
    # A fit that fills up a block twice has the same result both times.
    _, place = np.unique(np.concatenate(blocks), return_index=True)
    joined = jax.tree.map(lambda *leaves: np.concatenate(leaves)[place], *results)
    draws, step_size, num_divergent, cost = joined
    return Fits(jax.tree.map(np.asarray, exact), draws, step_size, num_divergent, cost)


def list_quantities(model: Model, sites: Sites, data: Any) -> dict[str, Array]:
    """Name every number that a posterior of the model is judged by, element by element.

    Those that the model reports, and the log likelihood, which ties them to the data.
    """
    numbers = {}
    for name, value in model.quantities(sites).items():
        value = jnp.asarray(value)
        for index in np.ndindex(value.shape):
            numbers[f"{name}[{', '.join(map(str, index))}]" if index else name] = value[index]
    return numbers | {"log likelihood": log_likelihood(model, sites, data)}


def log_likelihood(model: Model, sites: Sites, data: Any) -> Array:
    """Log density of the data given constrained sites, from the model's NumPyro program."""
    program = handlers.substitute(model.numpyro_given, dict(sites))
    trace = handlers.trace(program).get_trace(data)
    observed = [s for s in trace.values() if s["type"] == "sample" and s["is_observed"]]
    return sum(jnp.sum(site["fn"].log_prob(site["value"])) for site in observed)


def _blocks(reach: np.ndarray, block_size: int) -> Iterator[np.ndarray]:
    # The hardest fits first, so that no core is left with them at the end.
    order = np.argsort(np.nan_to_num(reach), kind="stable")
    num_blocks = -(-len(order) // block_size)
    size = -(-len(order) // num_blocks)
    for start in range(0, len(order), size):
        yield np.resize(order[start : start + size], size)
