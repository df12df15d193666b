"""The record of all systems, ``data/benchmarks/languages.jsonl``, as chapter 13 asks it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType

import numpy as np

from course_utils.bench.elsewhere import MODELS
from course_utils.bench.jobs import Row

# What a clock shows, in seconds: one number, or several. The import is never in it. The last counts
# gradients in place of seconds, and knows no machine.
CLOCKS: MappingProxyType[str, Callable[[Row], list[float]]] = MappingProxyType(
    {
        "sampling": lambda row: [row["sampling_s"]],
        "warm-up and sampling": lambda row: [row["warmup_s"] + row["sampling_s"]],
        "a first call": lambda row: [row["compile_s"] + row["warmup_s"] + row["sampling_s"]],
        "a further call": lambda row: row["run_s"],
        "gradients": lambda row: [row["ess_min"] / row["ess_per_gradient"]],
    }
)


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
        Those that agree with the exact answer: a wrong sampler has no speed.
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
        self.right = {cell: row for cell, row in self.finished.items() if row["agrees"]}
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
        """Read one of ``CLOCKS``; shape (number of readings,)."""
        return np.array(CLOCKS[clock](self.right[model, system]), float)

    def times_faster(self, model: str, fast: str, slow: str, clock: str) -> np.ndarray:
        """How many times the effective draws per second of ``slow`` the system ``fast`` has."""
        costs = [
            self.seconds(model, name, clock) / self.right[model, name]["ess_min"]
            for name in (fast, slow)
        ]
        length = min(map(len, costs))
        return costs[1][:length] / costs[0][:length]

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

    def distances(self, model: str, system: str, names: Iterable[str]) -> np.ndarray | None:
        """Posterior means minus exact ones in standard errors; None where none are recorded."""
        found = self.finished[model, system].get("z_mean")
        return np.concatenate([np.ravel(found[name]) for name in names]) if found else None

    def with_all(self, *systems: str) -> list[str]:
        """List the models of which all these systems have a right row."""
        return [
            model for model in self.models if all((model, name) in self.right for name in systems)
        ]

    def swaps(self, model: str) -> tuple[int, int]:
        """Pairs of systems that change places when compiling is counted, and all pairs."""
        pairs = list(combinations(self.of(model).values(), 2))
        changed = [
            (a["ess_per_s"] - b["ess_per_s"]) * (a["ess_per_s_call"] - b["ess_per_s_call"]) < 0
            for a, b in pairs
        ]
        return sum(changed), len(pairs)

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
