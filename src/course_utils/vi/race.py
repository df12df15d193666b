"""A race to the posterior means of a regression: NUTS against mean-field ADVI.

A method returns its estimates of all posterior means after each of its steps, and the gradients it
has spent until then. It arrives at the first step from which on every mean stays near the exact
one. Its time is that of the run, shared out over its gradients.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from numpy.typing import NDArray

from course_utils.kernel import Kernel
from course_utils.models import linear_regression
from course_utils.nuts import nuts
from course_utils.vi.advi import meanfield_vi
from course_utils.warmup import warmup_and_sample

DIM = 4  # three coefficients and the variance
NUM_WARMUP, NUM_DRAWS = 200, 1000
NUM_STEPS, NUM_SAMPLES = 1500, 8
NEAR = 0.1  # posterior standard deviations


class Track(NamedTuple):
    """One run: means after each step (num, 4), gradients until then (num,), sds at its end (3,)."""

    means: Array
    gradients: Array
    sds: Array


class Finish(NamedTuple):
    """How runs of a method ended; a run that did not arrive is infinitely long.

    Attributes
    ----------
    seconds, gradients : NDArray, shape (num_runs,)
        What it took to arrive, compilation left out.
    whole : NDArray, shape (num_runs,)
        Gradients of the whole run.
    sd_shares : NDArray, shape (num_runs, 3)
        Reported over exact standard deviation of each coefficient.
    compile_s : float
        Seconds to trace and compile.
    """

    seconds: NDArray[np.float64]
    gradients: NDArray[np.float64]
    whole: NDArray[np.float64]
    sd_shares: NDArray[np.float64]
    compile_s: float


class Counted(NamedTuple):
    """A state of a sampler that remembers how many gradients it has cost so far."""

    position: Array
    logdensity: Array
    inner: Any
    gradients: Array


def counting(kernel: Kernel) -> Kernel:
    """Wrap a kernel so that its info tells the gradients since the very beginning."""

    def init(position):
        state = kernel.init(position)
        return Counted(position, state.logdensity, state, jnp.array(0))

    def step(key, counted):
        state, info = kernel.step(key, counted.inner)
        total = counted.gradients + info.num_integration_steps
        counted = Counted(state.position, state.logdensity, state, total)
        return counted, info._replace(num_integration_steps=total)

    return Kernel(init, step)


def nuts_track(key: Array, data: linear_regression.Data) -> Track:
    """Run one chain of NUTS; its estimates are the running means of its draws."""
    logdensity = replace(linear_regression.model(), data=data).logdensity
    draws, info, _ = warmup_and_sample(
        key,
        lambda step, metric: counting(nuts(logdensity, step, metric)),
        jnp.zeros((1, DIM)),
        NUM_WARMUP,
        NUM_DRAWS,
    )
    draws = draws[0].at[:, -1].set(jnp.exp(draws[0, :, -1]))  # the variance itself
    # Sums of differences, not of draws: in 32 bits, a narrow posterior far from 0 needs that.
    moved = jnp.cumsum(draws - draws[0], axis=0)
    means = draws[0] + moved / jnp.arange(1, NUM_DRAWS + 1)[:, None]
    return Track(means, info.num_integration_steps[0], draws.std(axis=0)[:-1])


def meanfield_track(key: Array, data: linear_regression.Data) -> Track:
    """Climb with mean-field ADVI, from 0, with a first scale that narrows like posteriors do."""
    logdensity = replace(linear_regression.model(), data=data).logdensity
    optimizer = optax.adam(optax.cosine_decay_schedule(0.1, NUM_STEPS))
    algorithm = meanfield_vi(logdensity, optimizer, NUM_SAMPLES, len(data.y) ** -0.5)

    def step(state, key):
        state, _ = algorithm.step(key, state)
        return state, state.approximation

    keys = jax.random.split(key, NUM_STEPS)
    path = jax.lax.scan(step, algorithm.init(jnp.zeros(DIM)), keys)[1]
    spread = jnp.exp(2 * path.log_scale[:, -1])
    variance = jnp.exp(path.mean[:, -1] + 0.5 * spread)  # the mean of a log-normal
    gradients = NUM_SAMPLES * jnp.arange(1, NUM_STEPS + 1)
    return Track(path.mean.at[:, -1].set(variance), gradients, jnp.exp(path.log_scale[-1, :-1]))


def arrival(estimates: NDArray, mean: NDArray, sd: NDArray) -> int | None:
    """Return the first step from which on every mean stays near the exact one, if there is one."""
    distance = (np.abs(estimates - mean) / sd).max(axis=1)
    away = np.flatnonzero(~(distance <= NEAR))  # what is not a number is away, too
    first = int(away[-1]) + 1 if away.size else 0
    return first if first < len(estimates) else None


def run(
    method: Callable[[Array, linear_regression.Data], Track],
    data: linear_regression.Data,
    keys: Array,
) -> Finish:
    """Compile a method for the data, run it once with each key, and see when it arrives.

    Parameters
    ----------
    method : Callable
        :func:`nuts_track` or :func:`meanfield_track`.
    data : linear_regression.Data
        The rows; their exact posterior is known.
    keys : Array
        One random key a run.

    Returns
    -------
    Finish
    """
    known = linear_regression.reference(data)
    mean, sd = (
        np.append(getattr(known["coefficients"], part), getattr(known["variance"], part))
        for part in ("mean", "sd")
    )
    data = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), data)
    begun = time.perf_counter()
    program = jax.jit(method).lower(keys[0], data).compile()
    compile_s = time.perf_counter() - begun
    runs = []
    for key in keys:
        begun = time.perf_counter()
        track = jax.block_until_ready(program(key, data))
        took = time.perf_counter() - begun
        means, gradients, sds = (np.asarray(part, np.float64) for part in track)
        at = arrival(means, mean, sd)
        spent = np.inf if at is None else gradients[at]
        runs.append((took * spent / gradients[-1], spent, gradients[-1], sds / sd[:-1]))
    return Finish(*(np.array(part) for part in zip(*runs, strict=True)), compile_s)
