"""The record of all systems, ``data/benchmarks/languages.jsonl``, as chapter 13 asks it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType

import numpy as np
from scipy.stats import norm

from course_utils.bench.agreement import ALPHA
from course_utils.bench.elsewhere import MODELS
from course_utils.bench.jobs import Row

# What a clock shows of each steady run, in seconds. The import is never in it; the compiling, which
# a process does once, is the same in all. The last counts gradients in place of seconds, on average
# over the runs, and knows no machine.
CLOCKS: MappingProxyType[str, Callable[[Row], list[float]]] = MappingProxyType(
    {
        "sampling": lambda row: row["sampling_run_s"],
        "warm-up and sampling": lambda row: _warm_and_sample(row),
        "a first call": lambda row: [row["compile_s"] + run for run in _warm_and_sample(row)],
        "a further call": lambda row: row["run_s"],
        "gradients": lambda row: [row["ess_min"] / row["ess_per_gradient"]] * len(row["run_s"]),
    }
)
APART = 1.2  # two rates nearer than this may be equal
MANY = 30  # chains: with fewer, the test of shares has little power, and the means decide as well


def _warm_and_sample(row: Row) -> list[float]:
    parts = zip(row["warmup_run_s"], row["sampling_run_s"], strict=True)
    return [warmup + sampling for warmup, sampling in parts]


def p_value(row: Row) -> float:
    """P-value of the worst comparison of draws with the exact answer, times their number.

    The shares below exact quantiles are compared, and where chains are few, the means as well, of
    quantities that have one.
    """
    if row["ess_runs"] * row["chains"] >= MANY:
        return row["p_value"]
    distances = np.abs(np.concatenate([np.ravel(found) for found in row["z_mean"].values()]))
    distances = distances[~np.isinf(distances)]  # all draws are finite, but not every exact mean
    of_means = 2 * norm.sf(distances.max()) * distances.size
    return float(np.minimum(row["p_value"], of_means))  # NaN, if a mean is, which is never right


class Record:
    """Rows of a results file by model and system, the newest of each.

    Parameters
    ----------
    rows : sequence of dict
        Rows of ``python -m course_utils.bench samplers``.
    systems : iterable of str
        Systems that are asked for; others that have a row are added.

    Attributes
    ----------
    finished : dict of (model, system) to dict
        Rows with a result.
    right : dict of (model, system) to dict
        Those that agree with the exact answer, with a :func:`p_value` of at least
        ``agreement.ALPHA``: a wrong sampler has no speed.
    models, systems : list of str
        Models that have a row that is right, and all systems.

    Raises
    ------
    ValueError
        If no row is right, or the rows are from different machines.
    """

    def __init__(self, rows: Sequence[Row], systems: Iterable[str] = ()) -> None:
        newest = {(row["model"], row["system"]): row for row in rows}
        self.finished = {
            (row["model"], row["system"]): row for row in rows if row["status"] == "ok"
        }
        self.right = {cell: row for cell, row in self.finished.items() if p_value(row) >= ALPHA}
        self._why = {cell: row["why"] for cell, row in newest.items() if row["status"] != "ok"}
        if not self.right:
            raise ValueError("rows: none has a result that is right; allowed is at least one")
        machines = {(row["cpu"], row["threads"]) for row in self.finished.values()}
        if len(machines) > 1:
            raise ValueError(f"rows are from {len(machines)} machines; allowed is one")
        known = dict.fromkeys([*MODELS, *(model for model, _ in self.right)])
        self.models = [model for model in known if any(model == m for m, _ in self.right)]
        self.systems = list(dict.fromkeys([*systems, *(name for _, name in self.finished)]))

    @property
    def machine(self) -> Row:
        """A row that tells machine and date."""
        return next(iter(self.right.values()))

    @property
    def where(self) -> str:
        """Machine and date in words."""
        dates = sorted({row["date"][:10] for row in self.finished.values()})
        when = " to ".join(dict.fromkeys([dates[0], dates[-1]]))
        return f"{self.machine['cpu']}, {self.machine['threads']} threads, {when}"

    def of(self, model: str) -> dict[str, Row]:
        """Right rows of a model, by system."""
        return {
            name: self.right[model, name] for name in self.systems if (model, name) in self.right
        }

    def speeds(self, model: str) -> dict[str, tuple[float, float] | None]:
        """Effective draws per second, of sampling and of a first call; None: no right row."""
        return {
            name: (row["ess_per_s"], row["ess_per_s_call"]) if row else None
            for name in self.systems
            for row in [self.right.get((model, name))]
        }

    def absent(self, model: str) -> dict[str, str]:
        """Systems without a finished row of a model, each with the reason."""
        return {
            name: self._why.get((model, name), "no row")
            for name in self.systems
            if (model, name) not in self.finished
        }

    def seconds(self, model: str, system: str, clock: str) -> np.ndarray:
        """Read one of ``CLOCKS``; shape (number of steady runs,)."""
        return np.array(CLOCKS[clock](self.right[model, system]), float)

    def times_faster(self, model: str, fast: str, slow: str, clock: str) -> np.ndarray:
        """How many times the effective draws per second of ``slow`` the system ``fast`` has.

        One number for each pair of a run of ``fast`` and a run of ``slow``.
        """
        dear, cheap = (
            self.seconds(model, name, clock) / self.right[model, name]["ess_min_runs"]
            for name in (slow, fast)
        )
        return np.divide.outer(dear, cheap).ravel()

    def cases(
        self, fast: str, slow: str, clocks: Iterable[str], names: Mapping[str, str]
    ) -> dict[str, np.ndarray]:
        """List :meth:`times_faster` by model and clock, where both ran and the model is named."""
        return {
            f"the model is {names[model]}, {clock}": self.times_faster(model, fast, slow, clock)
            for model in self.with_all(fast, slow)
            for clock in clocks
            if model in names
        }

    def distances(self, model: str, system: str, names: Iterable[str]) -> np.ndarray:
        """Posterior means minus exact ones, in standard errors."""
        found = self.finished[model, system]["z_mean"]
        return np.concatenate([np.ravel(found[name]) for name in names])

    def with_all(self, *systems: str) -> list[str]:
        """List the models of which all these systems have a right row."""
        return [
            model for model in self.models if all((model, name) in self.right for name in systems)
        ]

    def swaps(self, model: str) -> tuple[int, int]:
        """Pairs of systems that change places when compiling is counted, and all pairs.

        Both times they must be at least a factor of ``APART`` from each other.
        """
        pairs = list(combinations(self.of(model).values(), 2))
        changed = 0
        for a, b in pairs:
            before, after = (np.log(a[rate] / b[rate]) for rate in ("ess_per_s", "ess_per_s_call"))
            changed += before * after < 0 and min(abs(before), abs(after)) > np.log(APART)
        return changed, len(pairs)

    def growing(self, model: str, default: int) -> dict[str, dict[int, float]]:
        """Effective draws per second of sampling by size of the data; systems with two sizes.

        A model's name may end in that size, as ``bradley_terry_10000``; without one it is
        ``default``.
        """
        found: dict[str, dict[int, float]] = {}
        for (name, system), row in self.right.items():
            if name == model or name.startswith(f"{model}_"):
                size = int(name[len(model) + 1 :] or default)
                found.setdefault(system, {})[size] = row["ess_per_s"]
        return {name: rates for name, rates in found.items() if len(rates) > 1}


def seconds_to(row: Row, num_effective: float) -> float:
    """Seconds to so many effective draws: compiling, warm-up, and their price."""
    return row["compile_s"] + row["warmup_s"] + num_effective / row["ess_per_s"]


def first_to(rows: dict[str, Row], numbers: Iterable[int]) -> dict[int, str]:
    """Name, for each number of effective draws, the system that has them first."""
    return {n: min(rows, key=lambda name: seconds_to(rows[name], n)) for n in numbers}
