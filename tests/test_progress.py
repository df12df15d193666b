"""The progress bar: the same draws, silence on short runs, an end whatever happens.

Nothing here depends on chance: draws are compared bit for bit.
"""

import io
import os
import re
import signal
import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from course_utils import progress
from course_utils.kernel import sample
from course_utils.mh import metropolis_hastings, random_walk
from course_utils.progress import ProgressBar, sample_with_progress
from course_utils.timing import count_compiles

KEY = jax.random.key(3)
STARTS = jnp.linspace(-1.0, 1.0, 8).reshape(4, 2)


def walk(step_size=0.7):
    return metropolis_hastings(lambda x: -0.5 * jnp.sum(x**2), random_walk(step_size))


def terminal():
    return Console(file=io.StringIO(), force_terminal=True, width=80)


@pytest.mark.parametrize("with_bar", [True, False])
@pytest.mark.parametrize("num_draws", [2, 17, 3000])
def test_draws_are_those_of_the_plain_driver(num_draws, with_bar):
    plain = jax.jit(lambda key: sample(key, walk(), STARTS, num_draws))(KEY)
    run = jax.jit(lambda key: sample_with_progress(key, walk(), STARTS, num_draws))
    if with_bar:
        with ProgressBar(4 * num_draws) as bar:
            reporting = run(KEY)
        assert bar.done == bar.total
    else:
        reporting = run(KEY)
    assert jax.tree.structure(plain) == jax.tree.structure(reporting)
    for expected, got in zip(jax.tree.leaves(plain), jax.tree.leaves(reporting), strict=True):
        assert jnp.array_equal(expected, got)


def test_a_single_draw_is_that_of_the_plain_driver():
    # XLA dissolves the plain driver's loop of one round and may fuse it with what stands around:
    # one rounding of a number below 1, 6e-8, for each of two additions.
    plain = jax.jit(lambda key: sample(key, walk(), STARTS, 1)[0])(KEY)
    reporting = jax.jit(lambda key: sample_with_progress(key, walk(), STARTS, 1)[0])(KEY)
    np.testing.assert_allclose(reporting, plain, atol=1.2e-7, rtol=0)


def test_every_run_and_every_arrangement_of_chains_counts_all_steps():
    run = jax.jit(lambda key, starts: sample_with_progress(key, walk(), starts, 500)[0])
    one_by_one = jax.jit(
        lambda keys, starts: jax.lax.map(lambda c: run(c[0], c[1][None]), (keys, starts))
    )
    with ProgressBar(4 * 500 * 4) as bar:
        jax.block_until_ready(run(KEY, STARTS))
        jax.block_until_ready(run(KEY, STARTS))  # compiled already
        one_by_one(jax.random.split(KEY, 4), STARTS)
        jax.jit(jax.vmap(run))(jax.random.split(KEY, 2), STARTS.reshape(2, 2, 2))  # not waited for
    assert bar.done == bar.total


def test_a_new_step_size_and_a_new_bar_need_no_new_program():
    run = jax.jit(lambda key, size: sample_with_progress(key, walk(size), STARTS, 100)[0])
    with ProgressBar(400):
        run(KEY, 0.5)
    with count_compiles() as log, ProgressBar(400) as bar:
        run(KEY, 1.5)
    assert log.count == 0
    assert bar.done == 400


def test_short_runs_show_nothing():
    console = terminal()
    with ProgressBar(4000, delay=60, console=console):
        jax.jit(lambda key: sample_with_progress(key, walk(), STARTS, 1000))(KEY)
    assert console.file.getvalue() == ""


def test_nothing_is_written_to_a_file():
    console = Console(file=io.StringIO())
    with ProgressBar(10, delay=0, console=console):
        time.sleep(0.3)
    assert console.file.getvalue() == ""


def test_long_runs_show_how_far_they_are():
    console = terminal()
    with ProgressBar(4000, delay=0, console=console) as bar:
        time.sleep(0.3)  # the bar comes up in a thread of its own
        jax.jit(lambda key: sample_with_progress(key, walk(), STARTS, 1000))(KEY)
        jax.effects_barrier()
        bar._progress.refresh()
    seen = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())
    assert "compiling" in seen
    assert "sampling" in seen
    assert "4000/4000" in seen


def test_the_bar_ends_when_the_run_fails():
    console = terminal()
    bar = ProgressBar(10, delay=0, console=console)
    with pytest.raises(ZeroDivisionError), bar:
        time.sleep(0.3)
        raise ZeroDivisionError
    assert not bar._progress.live.is_started
    assert not bar._timer.is_alive()
    assert progress._listening == []
    assert signal.set_wakeup_fd(-1) == -1


def test_ctrl_c_stops_a_run_inside_its_program():
    # Some ten seconds of work at the least; the signal comes after it has begun.
    num_draws = 10_000_000
    run = jax.jit(lambda key: sample_with_progress(key, walk(), jnp.zeros((1, 1)), num_draws)[0])
    bar = ProgressBar(num_draws)

    def press_ctrl_c():
        while bar.done == 0:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), bar:
        threading.Thread(target=press_ctrl_c, daemon=True).start()
        jax.block_until_ready(run(KEY))
    assert 0 < bar.done < num_draws
    assert progress._listening == []
    draws = jax.jit(lambda key: sample(key, walk(), STARTS, 10))(KEY)[0]  # JAX is well afterwards
    assert jnp.isfinite(draws).all()


def test_reports_are_rare_beside_the_work():
    # A report costs a call into Python. Their number times that cost must stay below 5 % of the
    # run; a ratio of two clock readings on a busy machine would not tell 3 % from 8 %.
    run = jax.jit(lambda key: sample_with_progress(key, walk(), STARTS, 300_000)[0])
    jax.block_until_ready(run(KEY))
    reports = []

    class Counting(ProgressBar):
        def report(self, *arguments):
            reports.append(arguments)
            return super().report(*arguments)

    begin = time.perf_counter()
    with Counting(1_200_000):
        jax.block_until_ready(run(KEY))
    elapsed = time.perf_counter() - begin

    @jax.jit
    def reports_alone(key):
        step = lambda _, ticker: progress.tick(key, ticker, 1)  # noqa: E731
        return jax.lax.fori_loop(0, 200, step, progress.start_ticker())

    jax.block_until_ready(reports_alone(KEY))
    begin = time.perf_counter()
    with ProgressBar(200):
        jax.block_until_ready(reports_alone(KEY))
    cost = (time.perf_counter() - begin) / 200
    assert len(reports) >= 4
    assert len(reports) * cost < 0.05 * elapsed, (len(reports), cost, elapsed)


@settings(max_examples=20, deadline=None)
@given(st.one_of(st.integers(max_value=0), st.floats(), st.booleans(), st.none()))
def test_a_total_that_counts_nothing_is_refused(total):
    with pytest.raises(ValueError, match=r"total is .*; allowed are integers of at least 1"):
        ProgressBar(total)


@pytest.mark.parametrize(
    ("positions", "num_draws", "message"),
    [
        (jnp.zeros((0, 2)), 3, "positions has shape"),
        (jnp.zeros(3), 3, "positions has shape"),
        (jnp.full((2, 2), jnp.nan), 3, "positions of chain 0"),
        (STARTS, 0, "num_draws is 0"),
    ],
)
def test_bad_input_is_refused_as_in_the_plain_driver(positions, num_draws, message):
    with pytest.raises(ValueError, match=message):
        sample_with_progress(KEY, walk(), positions, num_draws)
