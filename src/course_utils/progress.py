"""A progress bar for a run that happens inside one compiled program.

A compiled program answers only when it is over. So the loop inside tells how far it is, through
:func:`tick`, and a bar outside listens and draws:

    run = jax.jit(lambda key: sample_with_progress(key, kernel, positions, num_draws))
    with ProgressBar(num_chains * num_draws):
        draws, info = run(key)

Runs below two seconds show nothing, and neither do programs whose output goes to a file. The draws
are those of :func:`course_utils.kernel.sample`. JAX keeps no program with a report in its
compilation cache on disk.
"""

import threading
import time
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.custom_batching import custom_vmap
from jax.experimental import io_callback
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from course_utils.arguments import require_integer
from course_utils.interrupts import Interrupts
from course_utils.kernel import Kernel, require_finite_start, sample

INTERVAL = 0.1  # seconds between two reports
GROWTH = 16  # a wait is at most so many times the one before, which began with one step
NO_MORE = 2**30  # steps; twice as many still fit an int32

_listening: list["ProgressBar"] = []


class Ticker(NamedTuple):
    """What a loop that reports carries.

    Attributes
    ----------
    wait : Array, shape (), int32
        Steps to take before the next report.
    reported_at : Array, shape (), float32
        When the last report was made, in seconds since the bar was made.
    """

    wait: Array
    reported_at: Array


def start_ticker() -> Ticker:
    """Begin with a report after one step, so that the bar knows when compiling is over."""
    return Ticker(jnp.int32(1), jnp.float32(0.0))


def tick(key: Array, ticker: Ticker, steps: int | Array) -> Ticker:
    """Report ``steps`` to the bar, and hear after how many more it wants the next report.

    The wait is chosen by the clock, about a tenth of a second. So a report, which costs some
    50 µs, is rare beside the work, whatever a step costs. Call it outside the innermost loop.

    Parameters
    ----------
    key : Array
        Any key of this chain. No number is drawn from it; it tells the report over how many chains
        the loop is vectorized. All of them together make one report.
    ticker : Ticker
        From :func:`start_ticker`, or from the report before.
    steps : int or Array, shape ()
        Steps taken by each chain since the report before.

    Returns
    -------
    Ticker
    """
    return _tick(key, jnp.int32(steps), jnp.int32(steps), ticker)


def tick_for_all(steps: Array, steps_of_all: Array, ticker: Ticker) -> Ticker:
    """Report as :func:`tick` does, from a loop that steers all chains itself.

    Parameters
    ----------
    steps : Array, shape (), int32
        Rounds of that loop since the report before; the wait that comes back counts them too.
    steps_of_all : Array, shape (), int32
        What the bar counts: steps or draws of all chains together since the report before.
    ticker : Ticker
        From :func:`start_ticker`, or from the report before.
    """
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct((), x.dtype), ticker)
    return io_callback(_report, shapes, steps, steps_of_all, ticker)


@custom_vmap
def _tick(_key: Array, steps: Array, steps_of_all: Array, ticker: Ticker) -> Ticker:
    return tick_for_all(steps, steps_of_all, ticker)


@_tick.def_vmap
def _tick_once_for_all(num_chains, is_batched, *arguments):
    # The chains take their steps together, so the first speaks for all. What comes back is one
    # number again, not one a chain: a loop that ends at it is no dearer than before.
    key, steps, steps_of_all, ticker = jax.tree.map(
        lambda x, batched: x[0] if batched else x, arguments, tuple(is_batched)
    )
    return _tick(key, steps, steps_of_all * num_chains, ticker), Ticker(False, False)


def _report(steps: Array, steps_of_all: Array, ticker: Ticker) -> Ticker:
    if not _listening:
        return Ticker(np.int32(NO_MORE), np.float32(0.0))
    return _listening[-1].report(int(steps), int(steps_of_all), float(ticker.reported_at))


def sample_with_progress(
    key: Array, kernel: Kernel, positions: Array, num_draws: int
) -> tuple[Array, Any]:
    """Run the chains as ``course_utils.kernel.sample`` does, and report to a :class:`ProgressBar`.

    Parameters, returns, errors and draws are those of ``sample``. Its loop over draws is cut here
    into pieces, with one report between two of them.
    """
    shapes = jax.eval_shape(lambda: sample(key, kernel, positions, num_draws))
    positions = jnp.asarray(positions)
    states = jax.vmap(kernel.init)(positions)
    require_finite_start(positions, getattr(states, "logdensity", positions))

    def run_chain(key, state, results):
        keys = jax.random.split(key, num_draws)

        def one_step(i, carry):
            state, results = carry
            state, info = kernel.step(keys[i], state)
            new = (state.position, info)
            return state, jax.tree.map(lambda all, one: all.at[i].set(one), results, new)

        def one_piece(carry):
            done, ticker, state, results = carry
            end = jnp.minimum(done + ticker.wait, num_draws)
            state, results = jax.lax.fori_loop(done, end, one_step, (state, results))
            return end, tick(key, ticker, end - done), state, results

        start = (jnp.int32(0), start_ticker(), state, results)
        return jax.lax.while_loop(lambda carry: carry[0] < num_draws, one_piece, start)[-1]

    results = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)
    return jax.vmap(run_chain)(jax.random.split(key, len(positions)), states, results)


class ProgressBar:
    """Show how far the runs inside a ``with`` block are, in a terminal or in Jupyter.

    Leaving the block, by an error as well, ends the bar. Ctrl-C stops the run at its next report;
    without the bar a compiled program runs to its end first.

    Parameters
    ----------
    total : int
        Steps of all chains together: ``num_chains * num_draws``, at least 1.
    delay : float
        Seconds before the bar appears.
    console : rich.console.Console, optional
        Where it is drawn; standard output by default.
    """

    def __init__(self, total: int, delay: float = 2.0, console: Console | None = None):
        require_integer("total", total)
        self.total, self.done = total, 0
        self._console = console or Console()
        self._progress = Progress(
            "{task.description}",
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._task = self._progress.add_task("compiling", total=total)
        self._timer = threading.Timer(delay, self._show)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._interrupts = Interrupts()

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        self._ended = False
        self._interrupts.__enter__()
        _listening.append(self)
        self._timer.start()
        return self

    def __exit__(self, kind: type | None, *_: Any) -> None:
        try:
            if kind is None:
                jax.effects_barrier()  # the last reports may still be on their way
        finally:
            self._timer.cancel()
            with self._lock:
                self._ended = True
            if self._progress.live.is_started:
                self._progress.stop()
            _listening.remove(self)
            self._interrupts.__exit__()
        if self._interrupts.interrupted and kind is not KeyboardInterrupt:
            raise KeyboardInterrupt from None

    def _show(self) -> None:
        with self._lock:
            if not self._ended and (self._console.is_terminal or self._console.is_jupyter):
                self._progress.start()

    def report(self, steps: int, steps_of_all: int, reported_at: float) -> Ticker:
        """Count the steps of a report, and answer when the next one is wanted."""
        self._interrupts.stop_if_interrupted()
        now = time.perf_counter() - self._began
        with self._lock:
            self.done += steps_of_all
            self._progress.update(self._task, description="sampling", completed=self.done)
        pace = steps / max(now - reported_at, 1e-9)
        wait = min(max(int(pace * INTERVAL), 1), GROWTH * max(steps, 1), NO_MORE)
        return Ticker(np.int32(wait), np.float32(now))
