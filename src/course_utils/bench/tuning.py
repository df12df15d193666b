"""Step size, metric and starting positions: found once for a model, the same for every system.

What is compared is sampling with *fixed* numbers. They come from one warm-up of the course's nested
NUTS, pooled over chains. Chains start from draws of the target, so that no system spends its draws
on the way there: exact ones where the model can be simulated, else draws of the tuned sampler. All
follow from the seeds below.
"""

import time
from functools import cache, partial
from typing import NamedTuple

import numpy as np

SEED = 42
NUM_CHAINS, NUM_WARMUP = 100, 500
# A pool has one step size, too long for a chain that starts far out. So a few chains, each with a
# step size of its own, find the target first.
NUM_SCOUTS = 4
TARGET_ACCEPTANCE_RATE = 0.8
INITIAL_STEP_SIZE = 0.1  # short enough for chains that start in the neck of the funnel
THIN = 5  # of the draws that become starts, so that neighbours are nearly independent

# Toys without data: drawing from the prior is drawing from the target.
SIMULATED = ("banana", "funnel", "gaussian50", "mixture")
# The centered form mixes badly, and the noncentered one has the same posterior.
EASIER_FORM = {"eight_schools_centered": "eight_schools_noncentered"}


class Tuning(NamedTuple):
    """What warm-up found, and the seconds it took, compilation included."""

    step_size: np.ndarray
    inverse_mass_matrix: np.ndarray
    positions: np.ndarray
    seconds: float


@cache
def tune(name: str) -> Tuning:
    """Tune NUTS for a model, once a process.

    Parameters
    ----------
    name : str
        A model of :mod:`course_utils.models.registry`.

    Returns
    -------
    Tuning
        One step size (), one diagonal metric (dim,), and where 100 chains stood at the end.

    Raises
    ------
    RuntimeError
        If warm-up found no step size.
    """
    import jax

    from course_utils.adapters.foreign import init_positions
    from course_utils.models import registry
    from course_utils.nuts import nuts
    from course_utils.warmup import warmup

    model = registry.build(name)
    key_start, key_scouts, key_pool = jax.random.split(jax.random.key(SEED), 3)

    @partial(jax.jit, static_argnames="pooled")
    def find(key, positions, pooled):
        return warmup(
            key,
            lambda step_size, metric: nuts(model.logdensity, step_size, metric),
            positions,
            NUM_WARMUP,
            target_acceptance_rate=TARGET_ACCEPTANCE_RATE,
            pooled=pooled,
            initial_step_size=INITIAL_STEP_SIZE,
        )

    begin = time.perf_counter()
    if name in SIMULATED:
        starts = draw_starts(name, NUM_CHAINS)
    else:
        far = init_positions(key_start, model.logdensity, np.zeros(model.dim), NUM_SCOUTS)
        scouts = find(key_scouts, far, pooled=False)
        starts = np.repeat(scouts.positions, NUM_CHAINS // NUM_SCOUTS, axis=0)
    adapted = jax.block_until_ready(find(key_pool, starts, pooled=True))
    seconds = time.perf_counter() - begin
    if not np.isfinite(adapted.step_size):
        raise RuntimeError(f"warm-up of {name} found no step size: a chain accepted no step")
    return Tuning(
        np.asarray(adapted.step_size),
        np.asarray(adapted.inverse_mass_matrix),
        np.asarray(adapted.positions),
        seconds,
    )


@cache
def draw_starts(name: str, number: int) -> np.ndarray:
    """Draw starting positions from the target of a model.

    Parameters
    ----------
    name : str
        A model of :mod:`course_utils.models.registry`.
    number : int
        How many, at least 1.

    Returns
    -------
    ndarray, shape (number, dim)
    """
    import jax

    from course_utils.kernel import sample
    from course_utils.models import registry
    from course_utils.nuts import nuts

    model = registry.build(name)
    key = jax.random.key(SEED + 1)
    if name in SIMULATED:
        draw = jax.jit(jax.vmap(lambda key: model.unconstrain(model.draw_joint(key)[0])))
        return np.asarray(draw(jax.random.split(key, number)))
    if name in EASIER_FORM:
        easier = registry.build(EASIER_FORM[name])

        def rewrite(position):
            quantities = easier.quantities(easier.constrain(position))
            return model.unconstrain({site: quantities[site] for site in model.shapes})

        return np.asarray(jax.jit(jax.vmap(rewrite))(draw_starts(EASIER_FORM[name], number)))

    tuning = tune(name)
    rounds = -(-number // NUM_CHAINS)

    def run(key, positions, step_size, metric):
        kernel = nuts(model.logdensity, step_size, metric)
        return sample(key, kernel, positions, THIN * rounds)[0][:, THIN - 1 :: THIN]

    draws = jax.jit(run)(key, tuning.positions, tuning.step_size, tuning.inverse_mass_matrix)
    # Round by round, so that the first starts belong to different chains.
    return np.asarray(draws).swapaxes(0, 1).reshape(-1, model.dim)[:number]
