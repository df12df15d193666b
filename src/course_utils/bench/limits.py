"""What bounds a walk: how fast random numbers alone come, and how fast memory is copied.

The walk of :mod:`course_utils.many_chains` is timed, and beside it what it cannot do without: the
random bits that it consumes, and those made into normal and uniform numbers, in blocks of the same
size on the same devices. A copy of a large array tells what the memory gives.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from course_utils.bench.jobs import Row, append_row
from course_utils.bench.options import MaxOthers
from course_utils.bench.quiet import wait_for_quiet, watch_neighbours
from course_utils.machine import describe_machine

DEVICES = 2
COPIED = 2**28  # bytes; no cache holds them
PARTS = {
    "bits": "random bits alone",
    "numbers": "random numbers alone",
    "walk": "the walk",
    "copy": "copying memory",
}


def random_alone(part: str, num_chains: int, num_draws: int) -> Callable[[int], object]:
    """Compile a program that makes the walk's random bits or numbers, and only adds them up.

    Parameters
    ----------
    part : str
        "bits" or "numbers".
    num_chains, num_draws : int
        Size of the walk; the devices share the chains.

    Returns
    -------
    Callable
        ``run(seed)``, which waits until all is done.
    """
    import jax
    import jax.numpy as jnp

    from course_utils.devices import over_devices
    from course_utils.many_chains import BLOCK_NUMBERS, BLOCK_STEPS
    from course_utils.threefry import normal_and_uniform, threefry

    width = num_chains // DEVICES
    steps = max(1, min(BLOCK_STEPS, BLOCK_NUMBERS // width))

    def bits(key):
        words = jax.random.key_data(key)
        counter = jax.lax.iota(np.uint32, steps * width).reshape(steps, width)
        first, second = threefry(words[0], words[1], jnp.zeros_like(counter), counter)
        return first ^ second

    make = {"bits": bits, "numbers": lambda key: normal_and_uniform(key, (steps, width))}[part]

    def stream(key, start):
        def one_block(number, sums):
            block = make(jax.random.fold_in(key, number))

            def one_step(step, sums):  # as the walk reads them
                now = block[step]
                return sums + (now if part == "bits" else now.real + now.imag)

            return jax.lax.fori_loop(0, steps, one_step, sums)

        sums = jnp.zeros(start.shape, np.uint32 if part == "bits" else np.float32)
        return jax.lax.fori_loop(0, num_draws // steps, one_block, sums)

    @jax.jit
    def program(key):
        return over_devices(stream, key, jnp.zeros((DEVICES, width)), num_devices=DEVICES)

    return lambda seed: jax.block_until_ready(program(jax.random.key(seed)))


def the_walk(num_chains: int, num_draws: int) -> Callable[[int], object]:
    """Prepare the course's own program of the benchmark ``walk``; all chains start at 0."""
    from course_utils.models.mixture import FOUR
    from course_utils.walkers import Mixture
    from course_utils.walkers.with_jax import compiled

    target = Mixture(*(np.asarray(column, np.float32)[:, None] for column in FOUR))
    run = compiled(target, num_chains, num_draws)
    return lambda seed: run(seed, np.zeros(num_chains, np.float32))


def copying() -> Callable[[int], object]:
    """Prepare to copy ``COPIED`` bytes, in as many threads as the walk has devices."""
    source = np.ones((DEVICES, COPIED // DEVICES), np.uint8)
    target = np.empty_like(source)
    pool = ThreadPoolExecutor(DEVICES)
    return lambda seed: list(pool.map(np.copyto, target, source))


def measure(part: str, num_chains: int, num_draws: int, repeats: int) -> Row:
    """Time one of ``PARTS``, once to warm up and then ``repeats`` times.

    Returns
    -------
    dict
        ``run_s``, list; ``work``, how much a run does: draws, or bytes that are copied.
    """
    if part == "copy":
        run, work = copying(), COPIED
    else:
        make = the_walk if part == "walk" else lambda *size: random_alone(part, *size)
        run, work = make(num_chains, num_draws), num_chains * num_draws
    run(0)
    seconds = []
    for seed in range(1, repeats + 1):
        begin = time.perf_counter()
        run(seed)
        seconds.append(time.perf_counter() - begin)
    return {"part": part, "work": work, "devices": DEVICES, "run_s": seconds}


def command(
    chains: Annotated[int, typer.Option(min=2, help="A multiple of 2.")] = 10_000,
    draws: Annotated[int, typer.Option(min=256)] = 9_984,  # whole blocks
    repeats: Annotated[int, typer.Option(min=1, help="Runs after the first; report ≥ 5.")] = 5,
    max_others: MaxOthers = 1.0,
    json: Annotated[Path, typer.Option(help="Results file, appended to.")] = Path("limits.jsonl"),
) -> None:
    """Measure what bounds the random walk: random numbers, and memory."""
    from course_utils.devices import use_cpu_devices

    if chains % DEVICES:
        message = f"got {chains}, allowed are multiples of {DEVICES}"
        raise typer.BadParameter(message, param_hint="--chains")
    use_cpu_devices(DEVICES)
    for part, words in PARTS.items():
        if max_others < 1:
            wait_for_quiet(max_others)
        with watch_neighbours() as others:
            found = measure(part, chains, draws, repeats)
        if (others.share or 0) > max_others:
            typer.echo(f"{words}: disturbed, others used {others.share:.0%} of the machine")
            raise typer.Exit(1)
        size = {"benchmark": "limits", "chains": chains, "draws": draws}
        found = size | found | describe_machine(("jax", "numpy")) | {"others_share": others.share}
        append_row(json, found)
        typer.echo(f"{words}: {float(np.median(found['run_s'])):.3g} s")
