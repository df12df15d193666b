"""What the course's samplers set out to reach, on trial against a results file.

The bounds are goals, fixed before anything was measured. Each is judged by medians; the page shows
how far single runs lie apart.
"""

import statistics
from collections.abc import Callable, Iterable

import numpy as np

from course_utils.bench.jobs import Row
from course_utils.bench.results import Case, Results
from course_utils.bench.whole import LIBRARIES
from course_utils.claims import verdict

# Most iterations of the flat loop per leapfrog step, at 100 chains.
ITERATIONS = {
    "eight_schools_noncentered": 1.15,
    "line": 1.15,
    "gaussian50": 1.15,
    "eight_schools_centered": 1.4,
}
# Least gain in ESS per second over NumPyro's kernel, by chains and model.
GAINS = {
    1000: {
        "eight_schools_noncentered": 3.0,
        "eight_schools_centered": 2.0,
        "funnel": 2.0,
        "gaussian50": 1.5,
    },
    100: {
        "eight_schools_noncentered": 1.5,
        "eight_schools_centered": 1.2,
        "funnel": 1.2,
        "gaussian50": 1.5,
    },
}
EVERYDAY_MODELS = ("binomial", "eight_schools_noncentered", "eight_schools_centered", "line")
RIVALS = ("numpyro-parallel", "numpyro-sequential", "numpyro-vectorized", "blackjax-2dev", "nutpie")
TWINS = {"hmc": "blackjax-hmc", "random-walk": "blackjax-random-walk"}


def verdicts(results: Results) -> list[str]:
    """Judge every goal.

    Parameters
    ----------
    results : Results
        A results file.

    Returns
    -------
    list of str
        A sentence a goal: the claim, and "holds", "does not hold", "holds only when …", or that it
        was not measured.
    """
    first = "the first run, compilation included"
    return [
        _judge(
            "At 100 chains the flat loop takes at most 1.15 iterations for a leapfrog step, and "
            "1.4 on the centred eight schools",
            _share_of_bound(results),
            models=ITERATIONS,
            at_most=1,
        ),
        *(
            _judge(
                f"At {chains:,} chains flat NUTS has at least so many times the ESS per second of "
                f"NumPyro's kernel: {_listed(bounds)}",
                _gains(results, chains, bounds),
                models=bounds,
                at_least=1,
            )
            for chains, bounds in GAINS.items()
        ),
        _judge(
            "With a heavy gradient, flat gains over nested at least 80 % of what it saves in "
            "iterations",
            _heavy(results),
            at_least=0.8,
        ),
        _judge(
            "Four chains: the course over two devices needs no longer than the fastest of NumPyro, "
            "BlackJAX and nutpie, in steady runs",
            _everyday(results, lambda row: statistics.median(row["run_s"])),
            models=EVERYDAY_MODELS,
            at_least=1,
        ),
        _judge(
            f"Four chains: the same for {first}",
            _everyday(results, lambda row: row["first_s"]),
            models=EVERYDAY_MODELS,
            at_least=1,
        ),
        _judge(
            "A second call of the course compiles nothing",
            {
                str(case): results.of("nested-2dev", case)["recompiles"]
                for case in results.cases(["nested-2dev"])
            },
            at_most=0,
        ),
        _judge(
            "On eight schools the second call of NumPyro's MCMC.run takes at least 20 times as "
            "long as that of the course",
            _second_call(results),
            at_least=20,
        ),
        _judge(
            "HMC and random walk draw what BlackJAX draws, bit for bit",
            {
                f"{name}, {case}": float(
                    results.of(name, case)["draws_digest"] == results.of(twin, case)["draws_digest"]
                )
                for name, twin, case in _twins(results)
            },
            at_least=1,
        ),
        _judge(
            "They need at most 10 % longer for it",
            {
                f"{name}, {case}": 1 / results.times(name, twin, case).median
                for name, twin, case in _twins(results)
            },
            at_most=1.1,
        ),
    ]


def _judge(claim: str, cases: dict[str, float], models: Iterable[str] = (), **bounds: float) -> str:
    if not cases:
        return f"“{claim}” was not measured."
    found = verdict(claim, {case: np.array([value]) for case, value in cases.items()}, **bounds)
    names = [model.replace("_", " ") for model in models]
    missing = [name for name in names if not any(case.startswith(name) for case in cases)]
    return f"{found} Not measured: {', '.join(missing)}." if missing else found


def _listed(bounds: dict[str, float]) -> str:
    return ", ".join(f"{bound:g} on {model.replace('_', ' ')}" for model, bound in bounds.items())


def _longest(cases: Iterable[Case]) -> list[Case]:
    """Keep, for each model and number of chains, the case with most draws."""
    found: dict[tuple[str, int], Case] = {}
    for case in cases:
        key = case.model, case.chains
        found[key] = max(case, found.get(key, case), key=lambda one: one.draws)
    return list(found.values())


def _share_of_bound(results: Results) -> dict[str, float]:
    found = {}
    for case in _longest(results.cases(["flat"])):
        if case.chains == 100 and case.model in ITERATIONS:
            row = results.of("flat", case)
            waste = row["iterations_per_draw"] / row["mean_leapfrogs"]
            found[str(case)] = waste / ITERATIONS[case.model]
    return found


def _gains(results: Results, chains: int, bounds: dict[str, float]) -> dict[str, float]:
    return {
        str(case): results.times("flat", "numpyro", case, "ess_min").median / bounds[case.model]
        for case in results.cases(["flat", "numpyro"], least=2)
        if case.chains == chains and case.model in bounds
    }


def _heavy(results: Results) -> dict[str, float]:
    found = {}
    for case in results.cases(["flat", "nested"], least=2):
        if case.model == "logistic" and case.chains >= 100:
            waiting = (
                results.of("nested", case)["iterations_per_draw"]
                / results.of("flat", case)["iterations_per_draw"]
            )
            found[str(case)] = results.times("flat", "nested", case).median / waiting
    return found


def _everyday(results: Results, seconds: Callable[[Row], float]) -> dict[str, float]:
    found = {}
    for case in results.cases(["nested-2dev"]):
        rivals = [row for name in RIVALS if (row := results.of(name, case))]
        if case.chains == 4 and case.model in EVERYDAY_MODELS and rivals:
            fastest = min(map(seconds, rivals))
            found[str(case)] = fastest / seconds(results.of("nested-2dev", case))
    return found


def _second_call(results: Results) -> dict[str, float]:
    found = {}
    for name in LIBRARIES:
        for case in results.cases(["nested-2dev", name], least=2):
            if name.startswith("numpyro-") and case.model.startswith("eight_schools"):
                ours, theirs = results.of("nested-2dev", case), results.of(name, case)
                found[f"{name}, {case}"] = theirs["run_s"][0] / ours["run_s"][0]
    return found


def _twins(results: Results) -> list[tuple[str, str, Case]]:
    return [
        (name, twin, case)
        for name, twin in TWINS.items()
        for case in results.cases([name, twin], least=2)
    ]
