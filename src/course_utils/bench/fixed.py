"""Samplers with a fixed step size and metric, each compiled into one program.

Every system gets the same log density, keys, starting positions, step size and metric, and returns
the same numbers: the draws and, for each, its leapfrog steps, whether it diverged, and its
acceptance rate. So nothing but the sampler differs.
"""

import hashlib
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from course_utils.bench.clock import Clock
from course_utils.bench.jobs import Arrays, Job, Row

SEED = 7
NUM_HMC_STEPS = 10
# Effective draws are computed from as many runs as it takes to have a thousand chains.
ESS_CHAINS = 1000

Run = Callable[..., tuple[Any, dict[str, Any]]]


def flat(logdensity: Callable, num_draws: int) -> Run:
    """Run the course's NUTS in one loop."""
    from course_utils.flat_nuts import flat_nuts

    def run(key, positions, step_size, metric):
        draws, info = flat_nuts(key, logdensity, positions, num_draws, step_size, metric)
        return draws, _cost(info)

    return run


def in_driver(kernel: Callable[[], Callable]) -> Callable[[Callable, int], Run]:
    """Run a kernel in ``course_utils.kernel.sample``, where chains are vectorized."""

    def build(logdensity: Callable, num_draws: int) -> Run:
        from course_utils.kernel import sample

        make = kernel()

        def run(key, positions, step_size, metric):
            draws, info = sample(key, make(logdensity, step_size, metric), positions, num_draws)
            return draws, _cost(info)

        return run

    return build


# Each imports what it needs when it is called, and returns ``make(logdensity, step_size, metric)``.


def _nested() -> Callable:
    from course_utils.nuts import nuts

    return nuts


def _blackjax() -> Callable:
    import blackjax

    return blackjax.nuts


def _hmc() -> Callable:
    from course_utils.hmc import hmc

    return partial(hmc, num_integration_steps=NUM_HMC_STEPS)


def _blackjax_hmc() -> Callable:
    import blackjax

    return partial(blackjax.hmc, num_integration_steps=NUM_HMC_STEPS)


def _random_walk() -> Callable:
    from course_utils.mh import metropolis_hastings, random_walk

    return lambda logdensity, _, metric: metropolis_hastings(
        logdensity, random_walk(_scales(metric))
    )


def _blackjax_random_walk() -> Callable:
    import blackjax

    return lambda logdensity, _, metric: blackjax.normal_random_walk(logdensity, _scales(metric))


def _scales(metric: Any) -> Any:
    # Roberts and Rosenthal (2001), Optimal scaling for various Metropolis-Hastings algorithms.
    return 2.38 / np.sqrt(metric.shape[0]) * metric**0.5


def numpyro_nuts(logdensity: Callable, num_draws: int) -> Run:
    """Run NumPyro's NUTS kernel, vectorized by itself and scanned here."""
    import jax
    from numpyro.infer import NUTS

    def run(key, positions, step_size, metric):
        kernel = NUTS(
            potential_fn=lambda position: -logdensity(position),
            step_size=step_size,
            inverse_mass_matrix=metric,
            adapt_step_size=False,
            adapt_mass_matrix=False,
        )
        state = kernel.init(jax.random.split(key, len(positions)), 0, positions)

        def one_draw(state, _):
            state = kernel.sample(state, (), {})
            return state, (state.z, state.num_steps, state.diverging, state.accept_prob)

        _, kept = jax.lax.scan(one_draw, state, length=num_draws)
        draws, steps, diverging, rate = (leaf.swapaxes(0, 1) for leaf in kept)
        return draws, {"leapfrogs": steps, "divergent": diverging, "acceptance": rate}

    return run


FIXED = {
    "flat": flat,
    "nested": in_driver(_nested),
    "numpyro": numpyro_nuts,
    "blackjax": in_driver(_blackjax),
    "hmc": in_driver(_hmc),
    "blackjax-hmc": in_driver(_blackjax_hmc),
    "random-walk": in_driver(_random_walk),
    "blackjax-random-walk": in_driver(_blackjax_random_walk),
}


def measure(job: Job, data: Arrays, clock: Clock) -> tuple[Arrays, Row]:
    """Compile a system's program, run it once and ``repeats`` times more, each with a new key."""
    with clock.phase("import"):
        import jax

        from course_utils.compiles import count_compiles
        from course_utils.models import registry

        model = registry.build(job["model"])
        run = jax.jit(FIXED[job["system"]](model.logdensity, job["draws"]))
    keys = list(jax.random.split(jax.random.key(SEED), job["repeats"] + 1))
    starts = [jax.device_put(start) for start in data["starts"]]
    numbers = [jax.device_put(data[name]) for name in ("step_size", "inverse_mass_matrix")]
    jax.block_until_ready((keys, starts, numbers))
    seconds, kept, costs = [], [], []
    num_kept = max(1, min(job["repeats"], ESS_CHAINS // job["chains"]))
    with count_compiles() as log:
        with clock.phase("compile"):
            run.lower(keys[0], starts[0], *numbers).compile()
        for key, start in zip(keys, starts, strict=True):
            begin = time.perf_counter()
            draws, cost = jax.block_until_ready(run(key, start, *numbers))
            seconds.append(time.perf_counter() - begin)
            if not kept:
                digest = hashlib.sha256(np.asarray(draws)).hexdigest()[:16]
            if len(seconds) > job["repeats"] + 1 - num_kept:
                kept.append(np.asarray(draws))
            costs.append({name: np.asarray(values) for name, values in cost.items()})
        recompiles = log.count - 1
    clock.stop()
    first, *steady = seconds
    clock.add("sampling", statistics.median(steady))
    notes = {
        "first_run_s": first,
        "first_s": clock.seconds["compile"] + first,
        "run_s": steady,
        "compiles": log.count,
        "recompiles": recompiles,
        "tuning_s": float(data["tuning_s"]),
        "step_size": float(data["step_size"]),
        "inverse_mass_matrix": [float(f"{value:.6g}") for value in data["inverse_mass_matrix"]],
        "draws_digest": digest,
        "ess_runs": num_kept,
        "device": jax.devices()[0].device_kind,
        "dtype": str(kept[0].dtype),
    }
    return {"positions": np.concatenate(kept)}, notes | _summary(job["system"], costs[1:])


def _cost(info: Any) -> dict[str, Any]:
    fields = {
        "leapfrogs": "num_integration_steps",
        "divergent": "is_divergent",
        "acceptance": "acceptance_rate",
    }
    found = {name: getattr(info, field, None) for name, field in fields.items()}
    return {name: values for name, values in found.items() if values is not None}


def _summary(system: str, costs: list[Arrays]) -> Row:
    """Average what the steady runs report; a random walk takes no leapfrog steps."""

    def mean(measure: Callable[[Arrays], Any]) -> float | None:
        return float(np.mean([measure(cost) for cost in costs]))

    if "leapfrogs" not in costs[0]:
        leapfrogs, iterations, divergences = 0.0, 1.0, None
    else:
        leapfrogs = mean(lambda cost: cost["leapfrogs"].mean())
        iterations = mean(lambda cost: iterations_per_draw(system, cost["leapfrogs"]))
        divergences = mean(lambda cost: cost["divergent"].sum())
    return {
        "mean_leapfrogs": leapfrogs,
        "iterations_per_draw": iterations,
        "divergences": divergences,
        "acceptance_rate": mean(lambda cost: cost["acceptance"].mean()),
    }


def iterations_per_draw(system: str, leapfrogs: np.ndarray) -> float:
    """Count loop iterations per draw, from the leapfrog steps of each draw.

    The flat loop looks every 64 iterations whether the slowest chain has all its draws. A nested
    loop takes, at each draw, at least as many iterations as the longest trajectory of all chains.

    Parameters
    ----------
    system : str
        "flat", or any other, whose chains wait at every draw.
    leapfrogs : ndarray, shape (num_chains, num_draws)
        Leapfrog steps.
    """
    if system != "flat":
        return float(leapfrogs.max(axis=0).mean())
    from course_utils.flat_nuts import BLOCK

    blocks = -(-leapfrogs.sum(axis=1).max() // BLOCK)
    return float(blocks * BLOCK / leapfrogs.shape[1])
