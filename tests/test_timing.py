"""The timing helper, on functions whose compilations, delays and sizes are known.

No test here asserts an absolute time: the machine may be busy. Where times are compared, a sleep
gives a lower bound that holds on every machine. False-alarm budget: none, nothing is random but
the draws of two ESS tests, whose bounds are stated there.
"""

import time

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils.compiles import CompileLog, disk_cache
from course_utils.memory import peak_memory
from course_utils.timing import (
    Timing,
    compare,
    count_compiles,
    ess_per_second,
    min_ess,
    time_jax,
    time_python,
)

SLEEP_S = 0.02


class Late:
    """Stands for an array whose numbers arrive ``SLEEP_S`` after the call has returned."""

    def block_until_ready(self):
        time.sleep(SLEEP_S)
        return self


def test_same_shape_does_not_recompile_and_a_new_one_does():
    double = jax.jit(lambda x: 2 * x)
    three, three_more, four = (jax.device_put(np.ones(n, np.float32)) for n in (3, 3, 4))
    with count_compiles() as log:
        double(three)
    assert log.count == 1
    with count_compiles() as log:
        double(three_more)
    assert log.count == 0
    with count_compiles() as log:
        double(four)
    assert log.count == 1


def test_new_static_value_recompiles():
    power = jax.jit(lambda x, n: x**n, static_argnums=1)
    x = jax.device_put(np.ones(3, np.float32))
    with count_compiles() as log:
        for n in (2, 3, 2, 3):
            power(x, n)
    assert log.count == 2


def test_traced_float_does_not_recompile_but_another_kind_of_number_does():
    scale = jax.jit(lambda x, factor: x * factor)
    x = jax.device_put(np.ones(3, np.float32))
    with count_compiles() as log:
        for factor in (1.0, 2.0, 3.0):
            scale(x, factor)
    assert log.count == 1
    with count_compiles() as log:
        scale(x, 3)  # an int has another type
    assert log.count == 1


def test_new_function_object_recompiles():
    x = jax.device_put(np.ones(3, np.float32))
    with count_compiles() as log:
        for _ in range(3):
            jax.jit(lambda x: x + 1)(x)
    assert log.count == 3


def test_counting_stops_after_the_block_and_after_an_error():
    x = jax.device_put(np.ones(5, np.float32))
    with pytest.raises(KeyError), count_compiles() as log:
        raise KeyError("inside")
    jax.jit(lambda x: x - 1)(x)
    assert log.count == 0 and not log.spans


def test_nested_counters_both_count():
    x = jax.device_put(np.ones(6, np.float32))
    with count_compiles() as outer:
        with count_compiles() as inner:
            jax.jit(lambda x: x - 2)(x)
        jax.jit(lambda x: x - 3)(x)
    assert (outer.count, inner.count) == (2, 1)


def test_seconds_is_the_length_of_the_union():
    spans = [(5.0, 6.0), (0.0, 2.0), (1.0, 3.0), (1.5, 1.75)]
    assert CompileLog(spans=spans).seconds == 4.0
    assert CompileLog().seconds == 0.0


def test_cache_hits_are_told_apart(tmp_path):
    """The same program, forgotten in memory but kept on disk, is loaded the second time."""

    def triple(x):
        return 3 * x

    x = jax.device_put(np.ones(7, np.float32))
    with disk_cache(str(tmp_path)):
        with count_compiles() as cold:
            jax.jit(triple)(x)
        jax.clear_caches()
        with count_compiles() as warm:
            jax.jit(triple)(x)
        with disk_cache(None), count_compiles() as off:
            jax.jit(lambda x: 3 * x)(x)
    assert (cold.count, cold.cache_hits) == (1, 0)
    assert (warm.count, warm.cache_hits) == (1, 1)
    assert (off.count, off.cache_hits) == (1, 0)


def test_time_jax_compiles_once_and_reports_every_call():
    x = jax.device_put(np.ones((20, 20), np.float32))
    timing = time_jax(lambda x: {"product": x @ x, "total": x.sum()}, x, repeats=3, name="product")
    assert (timing.compiles, timing.recompiles) == (1, 0)
    assert len(timing.steady_s) == 3
    assert timing.dtype == "float32"
    assert timing.machine["versions"]["jax"] == jax.__version__
    low, high = timing.range_s
    assert 0 < low <= timing.median_s <= high
    assert min(timing.trace_s, timing.compile_s, timing.first_s, timing.peak_memory_mb) > 0


def test_time_jax_shows_that_a_function_was_compiled_before():
    square = jax.jit(lambda x: x * x)
    x = jax.device_put(np.ones(8, np.float32))
    square(x)
    assert time_jax(square, x, repeats=1).compiles == 0


def test_time_jax_keeps_static_arguments():
    power = jax.jit(lambda x, n: x**n, static_argnums=1)
    timing = time_jax(power, jax.device_put(np.ones(9, np.float32)), 2, repeats=2)
    assert (timing.compiles, timing.recompiles) == (1, 0)


def test_a_steady_call_that_recompiles_is_reported():
    x = jax.device_put(np.ones(10, np.float32))
    timing = time_python(lambda x: jax.jit(lambda x: x + 4)(x), x, repeats=3)
    assert timing.recompiles == 3


def test_every_leaf_is_waited_for():
    """Without a wait the clock would show less than the sleep; ``dispatch_s`` shows that."""
    timing = time_python(lambda: {"first": np.ones(2), "late": (Late(),)}, repeats=2)
    assert min(timing.first_s, *timing.steady_s) >= SLEEP_S
    assert timing.dispatch_s < SLEEP_S


def test_jax_itself_returns_before_the_work_is_done():
    """A product of large matrices is dispatched; a clock stopped at the return sees less."""
    x = jax.device_put(np.ones((1200, 1200), np.float32))
    timing = time_jax(lambda x: x @ x @ x, x, repeats=5)
    assert timing.dispatch_s < timing.median_s / 2


def test_one_line_and_a_table():
    x = jax.device_put(np.ones(11, np.float32))
    fast = time_jax(lambda x: x + 1, x, repeats=2, name="fast")
    slow = time_python(lambda: time.sleep(SLEEP_S), repeats=2, name="slow")
    for timing in (fast, slow):
        line = str(timing)
        assert "\n" not in line and line.startswith(timing.name)
        for word in ("trace", "compile", "first", "steady", "compiled", "MB", "threads"):
            assert word in line
    table = compare([slow, fast])
    assert list(table.index) == ["slow", "fast"]
    assert table.loc["slow", "times_faster"] == 1
    assert table.loc["fast", "times_faster"] == slow.median_s / fast.median_s
    assert table.loc["fast", "compiles"] == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.5 s"), (0.0131, "13.1 ms"), (4.2e-6, "4.2 µs"), (3e-9, "3 ns")]
)
def test_units(seconds, text):
    timing = Timing(
        "x", 0, 0, 0, (seconds,), 0, 0, 0, 0, "cpu", "float32", {"threads": 1, "date": ""}
    )
    assert f"steady {text} (" in str(timing)


def test_bad_arguments():
    with pytest.raises(TypeError, match="fun: got int"):
        time_jax(3)
    with pytest.raises(ValueError, match=r"repeats is 2\.0; allowed are integers"):
        time_jax(jnp.sin, 1.0, repeats=2.0)
    with pytest.raises(ValueError, match="repeats is 0; allowed are integers"):
        time_python(len, [], repeats=0)
    with pytest.raises(ValueError, match="timings: got none"):
        compare([])
    with pytest.raises(ValueError, match="interval: got 0"), peak_memory(interval=0):
        pass


def test_peak_memory_sees_a_block_that_is_gone_again():
    """100 MB are held until the watcher has looked, then given back: the peak keeps them.

    The margin of 10 MB covers what the interpreter and its threads take or give back meanwhile. In
    a large process on a busy machine one look takes long, hence the wait.
    """
    with peak_memory(interval=0.001) as memory:
        block = np.ones(100_000_000, np.uint8)
        deadline = time.monotonic() + 30
        while memory.peak_mb - memory.start_mb <= 90 and time.monotonic() < deadline:
            time.sleep(SLEEP_S)
        del block
    assert memory.peak_mb - memory.start_mb > 90


def test_min_ess_is_the_smallest_of_bulk_and_tail_over_parameters():
    """Against ArviZ, asked one parameter at a time."""
    rng = np.random.default_rng(20)
    draws = rng.standard_normal((4, 500, 3))
    draws[..., 2] = np.cumsum(draws[..., 2], axis=1)  # a walk: few effective draws
    each = [
        float(az.ess({"x": draws[..., i]}, method=method)["x"])
        for i in range(3)
        for method in ("bulk", "tail")
    ]
    assert min_ess(draws) == min(each)
    assert min_ess({"a": draws[..., :2], "b": draws[..., 2]}) == min(each)
    assert min_ess(az.from_dict({"posterior": {"x": draws}})) == min(each)
    assert ess_per_second(draws, 2.0) == min(each) / 2


def test_many_short_chains_are_no_reason_to_warn():
    assert min_ess(np.random.default_rng(21).standard_normal((50, 10))) > 0


@pytest.mark.parametrize(
    ("draws", "message"),
    [
        (np.ones(5), r"shape \(5,\)"),
        (np.ones((4, 3)), "at least 4 draws"),
        (np.full((4, 10), np.nan), "NaN or infinity"),
        ({"stuck": np.ones((4, 10))}, "'stuck' has a component that never changes"),
    ],
)
def test_draws_without_an_ess_are_refused(draws, message):
    with pytest.raises(ValueError, match=message):
        min_ess(draws)


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), float("inf")])
def test_ess_per_second_refuses_impossible_times(seconds):
    with pytest.raises(ValueError, match="seconds: got"):
        ess_per_second(np.random.default_rng(22).standard_normal((4, 10)), seconds)
