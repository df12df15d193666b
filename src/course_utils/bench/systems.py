"""Sample one model with one library, and tell the clock where the time went.

How the phases are told apart, system by system:

- NumPyro, ``MCMC.run``: *compile* is the wall time that JAX reports for tracing, lowering and
  compiling. The rest of the run is divided between warm-up and sampling in proportion to gradient
  evaluations. For that the warm-up is repeated with the same key, its gradients counted, after the
  wall clock has stopped.
- NumPyro as PyMC's backend, ``pm.sample(nuts_sampler="numpyro")``: the same, on the ``MCMC`` that
  PyMC makes. Building, translating and compiling PyMC's graph counts as *compile*.
- BlackJAX as PyMC's backend: the same, with the gradients of the warm-up counted as it runs.
- PyMC, ``pm.sample(nuts_sampler="pymc")``: *compile* lasts from the start of the model to the first
  draw, so it holds building the log density and starting the worker processes. Every draw carries
  the time when it began: chains take turns on the cores, so the time from first to last draw is
  divided in proportion to what all chains together spent before and after the end of warm-up.
- nutpie: *compile* is ``nutpie.compile_pymc_model``; the time of ``nutpie.sample`` is divided in
  proportion to gradient evaluations.

Libraries are imported inside the functions: their import is a phase.
"""

import copy
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from course_utils.bench.clock import Clock

Arrays = dict[str, np.ndarray]
Notes = dict[str, Any]


class Settings(NamedTuple):
    """Length of a run, its seed, and the cores for PyMC and nutpie (None: their own choice)."""

    num_chains: int
    num_warmup: int
    num_draws: int
    seed: int
    cores: int | None = None


class System(NamedTuple):
    """A way to sample: what it speaks, what it needs, and how it runs.

    Attributes
    ----------
    language : str
        Which form of the model ``run`` takes: "numpyro" or "pymc".
    needs : tuple of str
        Modules that must be installed.
    run : Callable
        ``(make_model, settings, clock) -> (draws, notes)``, see :func:`run_numpyro`.
    environment : dict
        Environment variables of its process.
    """

    language: str
    needs: tuple[str, ...]
    run: Callable[..., tuple[Arrays, Notes]]
    environment: dict[str, str]


def run_numpyro(
    make_model: Callable[[], Callable[[], None]],
    settings: Settings,
    clock: Clock,
    chain_method: str = "parallel",
) -> tuple[Arrays, Notes]:
    """Sample with NumPyro's own NUTS.

    Parameters
    ----------
    make_model : Callable
        Returns the NumPyro program, a function without arguments.
    settings : Settings
        Length and seed.
    clock : Clock
        Told about the phases; stopped when the draws are in hand.
    chain_method : str
        "parallel", one device a chain, or "vectorized".

    Returns
    -------
    dict of str to ndarray, shape (chain, draw, ...)
        The draws.
    dict
        ``divergences`` and ``gradients`` after warm-up, all chains together, and ``device``.
    """
    with clock.phase("import"):
        import jax
        import numpyro.infer

        model = make_model()
    mcmc = _timed_mcmc()(
        numpyro.infer.NUTS(model),
        num_warmup=settings.num_warmup,
        num_samples=settings.num_draws,
        num_chains=settings.num_chains,
        chain_method=chain_method,
        progress_bar=False,
    )
    begin = time.perf_counter()
    mcmc.run(jax.random.key(settings.seed), extra_fields=("num_steps", "diverging"))
    draws = {name: np.asarray(x) for name, x in mcmc.get_samples(group_by_chain=True).items()}
    elapsed = time.perf_counter() - begin
    clock.stop()
    extra = mcmc.get_extra_fields(group_by_chain=True)
    _divide_numpyro(mcmc, elapsed, clock)
    return draws, _notes(extra["diverging"], extra["num_steps"], jax.devices()[0].device_kind)


def run_pymc_numpyro(
    make_model: Callable[[], Any],
    settings: Settings,
    clock: Clock,
    chain_method: str = "parallel",
) -> tuple[Arrays, Notes]:
    """Sample a PyMC model with NumPyro's NUTS; as ``run_numpyro``, but a PyMC model is made.

    PyMC switches JAX to float64 when it first translates a model, for the rest of the process.
    """
    with clock.phase("import"):
        import jax
        import numpyro.infer
        import pymc as pm
        import pymc.sampling.jax
    timed, made = _timed_mcmc(), []

    def keep(*args: Any, **kwargs: Any) -> Any:
        made.append(timed(*args, **kwargs))
        return made[-1]

    begin = time.perf_counter()
    # PyMC makes its MCMC itself; this is how to get hold of it.
    with mock.patch.object(numpyro.infer, "MCMC", keep), make_model():
        trace = pm.sample(
            nuts_sampler="numpyro",
            nuts={"chain_method": chain_method},
            **_pymc_arguments(settings),
        )
    elapsed = time.perf_counter() - begin
    clock.stop()
    _divide_numpyro(made[0], elapsed, clock)
    stats = trace.sample_stats
    return _arrays(trace), _notes(stats.diverging, stats.n_steps, jax.devices()[0].device_kind)


def run_pymc_blackjax(
    make_model: Callable[[], Any],
    settings: Settings,
    clock: Clock,
    chain_method: str = "parallel",
) -> tuple[Arrays, Notes]:
    """Sample a PyMC model with BlackJAX's NUTS; as ``run_pymc_numpyro``.

    PyMC 6.4 speaks to a BlackJAX before 1.6: it hands a progress bar to the warm-up, and asks
    BlackJAX for a scan with one. What is gone is put in its place here.
    """
    with clock.phase("import"):
        import blackjax
        import jax
        import pymc as pm
        import pymc.sampling.jax
        from blackjax.adaptation.base import get_filter_adapt_info_fn

        from course_utils.compiles import count_compiles
    original, gradients = blackjax.window_adaptation, []
    sample, run_s = pymc.sampling.jax._sample_blackjax_nuts, []

    def window_adaptation(*args: Any, progress_bar: bool = False, **kwargs: Any) -> Any:
        kwargs["adaptation_info_fn"] = get_filter_adapt_info_fn(info_keys={"num_integration_steps"})
        adaptation = original(*args, **kwargs)

        def run(*args: Any, **kwargs: Any) -> Any:
            result, info = adaptation.run(*args, **kwargs)
            jax.debug.callback(gradients.append, info.info.num_integration_steps)
            return result, info

        return adaptation._replace(run=run)

    def gen_scan_fn(_num_draws: int, _progress_bar: bool) -> Callable:
        return jax.lax.scan

    def timed(*args: Any, **kwargs: Any) -> Any:
        before, begin = log.seconds, time.perf_counter()
        result = jax.block_until_ready(sample(*args, **kwargs)[:2])
        run_s.append(time.perf_counter() - begin - (log.seconds - before))
        return *result, blackjax

    begin = time.perf_counter()
    with (
        mock.patch.object(pymc.sampling.jax, "_sample_blackjax_nuts", timed),
        mock.patch.object(blackjax, "window_adaptation", window_adaptation),
        mock.patch.object(blackjax.progress_bar, "gen_scan_fn", gen_scan_fn, create=True),
        count_compiles() as log,
        make_model(),
    ):
        trace = pm.sample(
            nuts_sampler="blackjax",
            nuts={"chain_method": chain_method},
            **_pymc_arguments(settings),
        )
    elapsed = time.perf_counter() - begin
    clock.stop()
    stats = trace.sample_stats
    share = _share_of_sampling(np.sum(gradients), stats.n_steps.sum())
    clock.add("compile", elapsed - run_s[0])
    clock.add("warmup", (1 - share) * run_s[0])
    clock.add("sampling", share * run_s[0])
    return _arrays(trace), _notes(stats.diverging, stats.n_steps, jax.devices()[0].device_kind)


def _timed_mcmc() -> type:
    """Make a NumPyro ``MCMC`` whose runs note their seconds, compilation left out."""
    import jax
    from numpyro.infer import MCMC

    from course_utils.compiles import count_compiles

    class TimedMCMC(MCMC):
        def run(self, *args: Any, **kwargs: Any) -> None:
            begin = time.perf_counter()
            with count_compiles() as log:
                super().run(*args, **kwargs)
                jax.block_until_ready(self.get_samples())
            self.run_s = time.perf_counter() - begin - log.seconds
            self.call = args, kwargs

    return TimedMCMC


def _divide_numpyro(mcmc: Any, elapsed: float, clock: Clock) -> None:
    """Divide the elapsed time into compilation, warm-up and sampling."""
    args, kwargs = mcmc.call
    again = type(mcmc)(
        copy.copy(mcmc.sampler),  # a vectorized kernel cannot be initialised twice
        num_warmup=mcmc.num_warmup,
        num_samples=mcmc.num_samples,
        num_chains=mcmc.num_chains,
        chain_method=mcmc.chain_method,
        progress_bar=False,
    )
    again.warmup(*args, **kwargs, collect_warmup=True)
    share = _share_of_sampling(_gradients_waited_for(again), _gradients_waited_for(mcmc))
    clock.add("compile", elapsed - mcmc.run_s)
    clock.add("warmup", (1 - share) * mcmc.run_s)
    clock.add("sampling", share * mcmc.run_s)


def _gradients_waited_for(mcmc: Any) -> float:
    """Count gradient evaluations; vectorized chains wait for the longest trajectory each draw."""
    num_steps = np.asarray(mcmc.get_extra_fields(group_by_chain=True)["num_steps"])
    vectorized = mcmc.chain_method == "vectorized"
    return float((num_steps.max(axis=0) if vectorized else num_steps.mean(axis=0)).sum())


def run_pymc(
    make_model: Callable[[], Any], settings: Settings, clock: Clock
) -> tuple[Arrays, Notes]:
    """Sample with PyMC's own NUTS; parameters and returns as in ``run_numpyro``."""
    with clock.phase("import"):
        import pymc as pm
    begin = time.perf_counter()
    with make_model():
        trace = pm.sample(
            nuts_sampler="pymc",
            discard_tuned_samples=False,
            cores=settings.cores,
            **_pymc_arguments(settings),
        )
    clock.stop()
    warmup, stats = trace.warmup_sample_stats, trace.sample_stats
    first = float(warmup.perf_counter_start.min())
    last = float((stats.perf_counter_start + stats.perf_counter_diff).max())
    share = _share_of_sampling(warmup.perf_counter_diff.sum(), stats.perf_counter_diff.sum())
    clock.add("compile", first - begin)
    clock.add("warmup", (1 - share) * (last - first))
    clock.add("sampling", share * (last - first))
    return _arrays(trace), _notes(stats.diverging, stats.n_steps, "cpu")


def run_nutpie(
    make_model: Callable[[], Any], settings: Settings, clock: Clock
) -> tuple[Arrays, Notes]:
    """Sample a PyMC model with nutpie; parameters and returns as in ``run_numpyro``."""
    with clock.phase("import"):
        import nutpie
        import pymc  # noqa: F401, nutpie would import it while it compiles
    with clock.phase("compile"):
        compiled = nutpie.compile_pymc_model(make_model())
    begin = time.perf_counter()
    trace = nutpie.sample(
        compiled,
        chains=settings.num_chains,
        tune=settings.num_warmup,
        draws=settings.num_draws,
        cores=settings.cores,
        seed=settings.seed,
        progress_bar=False,
    )
    elapsed = time.perf_counter() - begin
    clock.stop()
    warmup, stats = trace.warmup_sample_stats, trace.sample_stats
    share = _share_of_sampling(warmup.n_steps.sum(), stats.n_steps.sum())
    clock.add("warmup", (1 - share) * elapsed)
    clock.add("sampling", share * elapsed)
    return _arrays(trace), _notes(stats.diverging, stats.n_steps, "cpu")


def _pymc_arguments(settings: Settings) -> dict[str, Any]:
    return {
        "chains": settings.num_chains,
        "tune": settings.num_warmup,
        "draws": settings.num_draws,
        "random_seed": settings.seed,
        "progressbar": False,
        "quiet": True,
        "compute_convergence_checks": False,
    }


def _share_of_sampling(before: Any, after: Any) -> float:
    return float(after) / (float(before) + float(after))


def _arrays(trace: Any) -> Arrays:
    return {str(name): values.to_numpy() for name, values in trace.posterior.data_vars.items()}


def _notes(diverging: Any, num_steps: Any, device: str) -> Notes:
    return {
        "divergences": int(np.sum(diverging)),
        "gradients": int(np.sum(num_steps)),
        "device": device,
    }


# One host device a chain is what NumPyro's default, chain_method="parallel", asks for.
FOUR_DEVICES = {"JAX_NUM_CPU_DEVICES": "4"}

SYSTEMS = {
    "numpyro": System("numpyro", ("numpyro",), run_numpyro, FOUR_DEVICES),
    "numpyro-vectorized": System(
        "numpyro", ("numpyro",), partial(run_numpyro, chain_method="vectorized"), {}
    ),
    "numpyro-float64": System(
        "numpyro", ("numpyro",), run_numpyro, FOUR_DEVICES | {"JAX_ENABLE_X64": "1"}
    ),
    "pymc": System("pymc", ("pymc",), run_pymc, {}),
    "nutpie": System("pymc", ("pymc", "nutpie"), run_nutpie, {}),
    "pymc-numpyro": System("pymc", ("pymc", "numpyro"), run_pymc_numpyro, FOUR_DEVICES),
    "pymc-blackjax": System("pymc", ("pymc", "blackjax"), run_pymc_blackjax, FOUR_DEVICES),
    "pymc-numpyro-vectorized": System(
        "pymc", ("pymc", "numpyro"), partial(run_pymc_numpyro, chain_method="vectorized"), {}
    ),
}
