"""A few chains as one uses them every day: compile, warm up, sample, and then once more.

Unlike in :mod:`course_utils.bench.fixed`, each system finds step size and metric itself. A *call*
is what its user would write a second time in the same process:

- ``nested-2dev``, ``blackjax-2dev``: a jitted function that draws starts, warms up, samples, and
  puts the draws on the constrained scale; chains run one after another on each of two devices. Its
  time is divided into warm-up and sampling in proportion to what the two take as programs of their
  own. ``blackjax-vectorized``: the same, on one device, where all chains move together.
- NumPyro, PyMC: ``MCMC.run`` and ``pm.sample``, phases told apart as in
  :mod:`course_utils.bench.systems`. Both compile at every call.
- nutpie: ``nutpie.sample``. Its model is compiled once, so only the first call holds compiling.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from course_utils.bench.clock import PHASES, Clock
from course_utils.bench.jobs import Arrays, Job, Row
from course_utils.bench.systems import SYSTEMS, Settings, System, run_numpyro

SEED = 7
TWO_DEVICES = {"JAX_NUM_CPU_DEVICES": "2"}

LIBRARIES = {
    "numpyro-parallel": SYSTEMS["numpyro"],
    "numpyro-sequential": System(
        "numpyro", ("numpyro",), partial(run_numpyro, chain_method="sequential"), {}
    ),
    "numpyro-vectorized": SYSTEMS["numpyro-vectorized"],
    "pymc": SYSTEMS["pymc"],
    "nutpie": SYSTEMS["nutpie"],
    "pymc-numpyro": SYSTEMS["pymc-numpyro"],
    "pymc-blackjax": SYSTEMS["pymc-blackjax"],
}


class Chain(NamedTuple):
    """What one chain does: both parts in one, and each alone.

    Attributes
    ----------
    both : Callable
        ``(key, position) -> (draws, num_integration_steps, is_divergent)``.
    warm : Callable
        ``(key, position) -> tuned``.
    draw : Callable
        ``(key, tuned) -> draws``.
    """

    both: Callable
    warm: Callable
    draw: Callable


def course_chain(logdensity: Callable, num_warmup: int, num_draws: int) -> Chain:
    """Warm up and sample with the course's NUTS."""
    import jax

    from course_utils.nuts import nuts
    from course_utils.warmup import sample_adapted, warmup, warmup_and_sample

    def build(step_size, metric):
        return nuts(logdensity, step_size, metric)

    def both(key, position):
        draws, info, _ = warmup_and_sample(key, build, position[None], num_warmup, num_draws)
        kept = draws, info.num_integration_steps, info.is_divergent
        return jax.tree.map(lambda leaf: leaf[0], kept)

    def warm(key, position):
        return warmup(key, build, position[None], num_warmup)

    def draw(key, adapted):
        return sample_adapted(key, build, adapted, num_draws)[0][0]

    return Chain(both, warm, draw)


def blackjax_chain(logdensity: Callable, num_warmup: int, num_draws: int) -> Chain:
    """Warm up and sample with BlackJAX's NUTS."""
    import blackjax
    import jax

    from course_utils.kernel import sample_chain

    def warm(key, position):
        adaptation = blackjax.window_adaptation(blackjax.nuts, logdensity)
        (state, parameters), _ = adaptation.run(key, position, num_warmup)
        return state.position, parameters

    def sample(key, tuned):
        position, parameters = tuned
        return sample_chain(key, blackjax.nuts(logdensity, **parameters), position, num_draws)

    def both(key, position):
        key_warmup, key_draws = jax.random.split(key)
        draws, info = sample(key_draws, warm(key_warmup, position))
        return draws, info.num_integration_steps, info.is_divergent

    return Chain(both, warm, lambda key, tuned: sample(key, tuned)[0])


CHAINS = {
    "nested-2dev": course_chain,
    "blackjax-2dev": blackjax_chain,
    "blackjax-vectorized": blackjax_chain,
}


def chain_method(system: str) -> str:
    """How a device works through its chains."""
    return "vectorized" if system.endswith("-vectorized") else "sequential"


def measure_over_devices(job: Job, clock: Clock) -> tuple[Arrays, Row]:
    """Measure one of ``CHAINS``: compile, first call, ``repeats`` further calls."""
    with clock.phase("import"):
        import jax

        from course_utils.adapters.foreign import init_positions
        from course_utils.compiles import count_compiles
        from course_utils.devices import over_devices
        from course_utils.models import registry

        method = chain_method(job["system"])
        model = registry.build(job["model"])
        chain = CHAINS[job["system"]](model.logdensity, job["warmup"], job["draws"])
    center = np.zeros(model.dim, np.float32)

    @jax.jit
    def call(key):
        key_starts, key_chains = jax.random.split(key)
        starts = init_positions(key_starts, model.logdensity, center, job["chains"])

        def one_chain(key, start):
            draws, *cost = chain.both(key, start)
            return jax.vmap(model.constrain)(draws), cost

        return over_devices(one_chain, key_chains, starts, chain_method=method)

    keys = list(jax.random.split(jax.random.key(SEED), job["repeats"] + 1))
    jax.block_until_ready(keys)
    seconds, kept = [], []
    with count_compiles() as log:
        with clock.phase("compile"):
            call.lower(keys[0]).compile()
        for key in keys:
            begin = time.perf_counter()
            result = jax.block_until_ready(call(key))
            seconds.append(time.perf_counter() - begin)
            kept.append(jax.tree.map(np.asarray, result))
        compiles = log.count
    clock.stop()
    share = _share_of_sampling(job, model, chain, over_devices, center)
    run_s = statistics.median(seconds[1:])
    clock.add("warmup", (1 - share) * run_s)
    clock.add("sampling", share * run_s)
    draws = {name: np.concatenate([sites[name] for sites, _ in kept[1:]]) for name in kept[0][0]}
    steps, divergent = (np.concatenate([cost[i] for _, cost in kept[1:]]) for i in (0, 1))
    waited = steps.reshape(job["repeats"], job["chains"], -1)
    notes = {
        "first_s": clock.seconds["compile"] + seconds[0],
        "run_s": seconds[1:],
        "warmup_run_s": [(1 - share) * run for run in seconds[1:]],
        "sampling_run_s": [share * run for run in seconds[1:]],
        "compiles": compiles,
        "recompiles": compiles - 1,
        "mean_leapfrogs": float(steps.mean()),
        # Where chains run one by one, none waits.
        "iterations_per_draw": float(
            (waited.max(axis=1) if method == "vectorized" else waited).mean()
        ),
        "divergences": float(divergent.sum() / job["repeats"]),
        "device": jax.devices()[0].device_kind,
        "dtype": str(next(iter(draws.values())).dtype),
    }
    return draws, notes


def _share_of_sampling(job: Job, model: Any, chain: Chain, over_devices: Any, center: Any) -> float:
    """Time warm-up and sampling as two programs; return what part the second one takes."""
    import jax
    import jax.numpy as jnp

    from course_utils.adapters.foreign import init_positions

    key = jax.random.key(SEED + 1)
    starts = init_positions(key, model.logdensity, center, job["chains"])
    numbers = jnp.arange(job["chains"], dtype=starts.dtype)[:, None]

    spread = partial(over_devices, chain_method=chain_method(job["system"]))
    warm = jax.jit(lambda key: spread(chain.warm, key, starts))
    tuned = jax.block_until_ready(warm(key))

    def one_chain(key, number):
        mine = jax.tree.map(lambda leaf: leaf[number[0].astype(int)], tuned)
        return chain.draw(key, mine)

    draw = jax.jit(lambda key: spread(one_chain, key, numbers))
    jax.block_until_ready(draw(key))

    def median_s(program: Callable) -> float:
        seconds = []
        for _ in range(job["repeats"]):
            begin = time.perf_counter()
            jax.block_until_ready(program(key))
            seconds.append(time.perf_counter() - begin)
        return statistics.median(seconds)

    warmup_s, draws_s = median_s(warm), median_s(draw)
    return draws_s / (warmup_s + draws_s)


class _CallClock(Clock):
    """The clock of one call; it also counts what JAX compiled up to the last draw."""

    def __init__(self, log: Any) -> None:
        super().__init__(time.time())
        self.log, self.before = log, log.count

    def stop(self) -> None:
        super().stop()
        self.compiles = self.log.count - self.before

    def call_s(self, left_out: tuple[str, ...] = ()) -> float:
        """Seconds of the call, the import and further phases left out."""
        return self.wall_s - sum(self.seconds[name] for name in ("import", *left_out))


def measure_library(job: Job, clock: Clock) -> tuple[Arrays, Row]:
    """Measure one of ``LIBRARIES``: ``repeats`` + 1 calls in one process."""
    with clock.phase("import"):
        from course_utils.compiles import count_compiles
        from course_utils.models import registry

        model = registry.build(job["model"])
    system = LIBRARIES[job["system"]]
    make_model = model.pymc if system.language == "pymc" else lambda: model.numpyro
    calls, kept = [], []
    with count_compiles() as log:
        for number in range(job["repeats"] + 1):
            settings = Settings(job["chains"], job["warmup"], job["draws"], seed=SEED + number)
            call = _CallClock(log)
            kept.append(system.run(make_model, settings, call))
            calls.append(call)
    clock.stop()
    first, *later = calls
    clock.add("import", first.seconds["import"])
    clock.add("compile", first.seconds["compile"])
    for phase in PHASES[2:]:
        clock.add(phase, statistics.median(call.seconds[phase] for call in later))
    notes = [notes for _, notes in kept[1:]]
    total = job["chains"] * job["draws"]
    leapfrogs = statistics.mean(note["gradients"] for note in notes) / total
    compiles_in_jax = "numpyro" in job["system"]
    draws = {name: np.concatenate([draws[name] for draws, _ in kept[1:]]) for name in model.shapes}
    return draws, {
        "first_s": first.call_s(),
        "run_s": [call.call_s(("compile",) if job["system"] == "nutpie" else ()) for call in later],
        "warmup_run_s": [call.seconds["warmup"] for call in later],
        "sampling_run_s": [call.seconds["sampling"] for call in later],
        "compiles": first.compiles if compiles_in_jax else None,
        "recompiles": sum(call.compiles for call in later) if compiles_in_jax else None,
        "mean_leapfrogs": leapfrogs,
        # Where chains are vectorized they wait, but the library keeps no count of it.
        "iterations_per_draw": None if "vectorized" in job["system"] else leapfrogs,
        "divergences": statistics.mean(note["divergences"] for note in notes),
        "device": notes[0]["device"],
        "dtype": str(draws[next(iter(draws))].dtype),
    }


def measure(job: Job, clock: Clock) -> tuple[Arrays, Row]:
    """Measure a system with its own warm-up."""
    if job["system"] in CHAINS:
        draws, notes = measure_over_devices(job, clock)
    else:
        draws, notes = measure_library(job, clock)
    return draws, notes | {"ess_runs": job["repeats"]}


WHOLE: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "nested-2dev": ((), TWO_DEVICES),
    "blackjax-2dev": (("blackjax",), TWO_DEVICES),
    "blackjax-vectorized": (("blackjax",), {}),
    **{name: (system.needs, system.environment) for name, system in LIBRARIES.items()},
}
