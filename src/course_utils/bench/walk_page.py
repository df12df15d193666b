"""The page of the benchmark ``walk``: sweeps, ratios, crossovers, and what bounds the best."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_utils.bench.jobs import Row
from course_utils.bench.limits import PARTS
from course_utils.bench.report import head, machine, not_run, picture, spread
from course_utils.bench.results import number, table
from course_utils.claims import verdict
from course_utils.display import Figure
from course_utils.walkers import SYSTEMS

# The goals, fixed before anything was measured: JAX against two NumPys, by number of chains.
OVER_PUBLISHED = 20
OVER_LEAN = {1: 20, 10: 20, 1_000: 5, 10_000: 4}
BILLION_S = 10
KEPT = 1000  # draws a chain in the sweep over chains, and chains in that over draws
NUMBER_BYTES = 8  # of the normal and the uniform number of a draw


class Walk:
    """Rows of the benchmark, the newest of each system and size.

    Parameters
    ----------
    rows : sequence of dict
        Rows of ``python -m course_utils.bench walk``.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = {
            (row["system"], row["chains"], row["draws"]): row
            for row in rows
            if row["status"] == "ok" and row["agrees"]
        }
        seen = dict.fromkeys(system for system, _, _ in self.rows)
        self.systems = [name for name in SYSTEMS if name in seen]

    def sizes(self, *systems: str, by: str = "chains") -> list[int]:
        """Chains (or draws) of one sweep at which all these systems have a row."""
        found = [
            {
                (chains if by == "chains" else draws)
                for name, chains, draws in self.rows
                if name == system and (draws if by == "chains" else chains) == KEPT
            }
            for system in systems
        ]
        return sorted(set.intersection(*found))

    def of(self, system: str, size: int, by: str = "chains") -> Row:
        """Return the row of a system in one of the sweeps."""
        return self.rows[(system, size, KEPT) if by == "chains" else (system, KEPT, size)]

    def ratios(self, fast: str, slow: str, size: int, by: str = "chains") -> np.ndarray:
        """How many times faster: each run of one against each run of the other."""
        one, other = (np.array(self.of(name, size, by)["run_s"]) for name in (fast, slow))
        return np.divide.outer(other, one).ravel()


def write_walk(
    rows: Sequence[Row], name: str, limits: Sequence[Row] = ()
) -> tuple[str, dict[str, Figure]]:
    """Turn rows into Markdown and a figure, see :func:`course_utils.bench.page.write_page`."""
    walk = Walk(rows)
    if "jax" not in walk.systems:
        raise ValueError(f"{name}.jsonl holds no right row of jax; allowed is a file that does")
    figure = _sweeps(walk)
    wrong = [
        f"- {_label(row)}: its moments disagree with the exact ones"
        for row in rows
        if row["status"] == "ok" and not row["agrees"]
    ]
    parts = [
        head("Random-walk Metropolis side by side", name) + " Every system does the same work, on "
        "the same target, from the same starts; all walks below agree with the exact moments.",
        machine(list(walk.rows.values())),
        picture(name, figure),
        "## What was to be reached\n\n" + "\n".join(f"- {line}" for line in _goals(walk)),
        _speeds(walk, "chains"),
        _speeds(walk, "draws"),
        _gains(walk),
        _crossovers(walk),
        _limits(limits),
        not_run((row for row in rows if row["status"] != "ok"), _label, wrong),
    ]
    return "\n\n".join(part for part in parts if part) + "\n", {name: figure}


def crossing(sizes: Sequence[int], ratios: Sequence[float]) -> float | None:
    """Return the size from which on a ratio stays above 1, between the sizes on a straight line.

    Parameters
    ----------
    sizes, ratios : sequence of float
        Sizes in rising order and the ratio at each; both are taken on a logarithmic scale.

    Returns
    -------
    float or None
        The last crossing; None if the ratio is below 1 at the largest size, or nowhere.
    """
    x, y = np.log(sizes), np.log(ratios)
    below = np.flatnonzero(y < 0)
    if not below.size or below[-1] == len(y) - 1:
        return None
    i = below[-1]
    return float(np.exp(x[i] - y[i] * (x[i + 1] - x[i]) / (y[i + 1] - y[i])))


def _label(row: Row) -> str:
    return f"{row['system']}, {row['chains']:,} × {row['draws']:,}"


def _name(system: str) -> str:
    from course_utils.figures.chapter_04 import LOOK

    names = {name: look[2] for name, look in LOOK.items()}
    return (names | {"tfp-stored": "TFP, all draws kept"}).get(system, system)


def _sweeps(walk: Walk) -> Figure:
    import matplotlib.pyplot as plt

    from course_utils.display import use_style
    from course_utils.figures.chapter_04 import LOOK, sweeps

    row = next(iter(walk.rows.values()))
    panels: dict[str, Any] = {}
    for label, by in (("chains, 1,000 draws each", "chains"), ("draws, 1,000 chains", "draws")):
        panels[label] = {
            system: {size: walk.of(system, size, by)["size"] / np.array(
                walk.of(system, size, by)["run_s"]) for size in walk.sizes(system, by=by)}
            for system in LOOK
            if walk.sizes(system, by=by)
        }  # fmt: skip
    with plt.rc_context():
        use_style()
        return sweeps(panels, f"{row['cpu']}, {row['threads']} threads, {row['date'][:10]}")


def _goals(walk: Walk) -> list[str]:
    def judged(claim: str, cases: dict[str, np.ndarray], **bounds: float) -> str:
        if not cases:
            return f"“{claim}” was not measured."
        seen = "; ".join(f"{case}: {spread(values)}" for case, values in cases.items())
        return f"{verdict(claim, cases, **bounds)} Measured: {seen}."

    def over(slow: str, fast: str = "jax") -> dict[str, np.ndarray]:
        if not {fast, slow} <= set(walk.systems):
            return {}
        return {f"{n:,}": walk.ratios(fast, slow, n) for n in walk.sizes(fast, slow)}

    lines = [
        judged(
            f"JAX draws at least {OVER_PUBLISHED} times as fast as the published NumPy, whatever "
            "the number of chains",
            over("numpy-published"),
            at_least=OVER_PUBLISHED,
        )
    ]
    lean = over("numpy")
    for chains, bound in OVER_LEAN.items():
        cases = {case: values for case, values in lean.items() if case == f"{chains:,}"}
        claim = f"with {chains:,} chain{'s' * (chains > 1)} JAX draws at least {bound} times as "
        lines.append(judged(f"{claim}fast as lean NumPy", cases, at_least=bound))
    for rival, words in (("blackjax", "BlackJAX's walk"), ("tfp-jax", "TFP's walk on JAX")):
        both = {"jax-1dev", rival} <= set(walk.systems)
        cases = {
            f"{by}: {size:,}": walk.ratios("jax-1dev", rival, size, by)
            for by in ("chains", "draws")
            for size in (walk.sizes("jax-1dev", rival, by=by) if both else ())
        }
        claim = f"on one device each, the course's program is not slower than {words}, within noise"
        # Within noise: of all pairs of runs, one of each, at least one has it so.
        best = {case: np.array([values.max()]) for case, values in cases.items()}
        found = verdict(claim, best, at_least=1) if best else f"“{claim}” was not measured."
        lines.append(f"{found} The tables below have all pairs." if best else found)
    billions = {
        f"{chains:,} × {draws:,}": row["compile_s"] + np.array(row["run_s"])
        for (system, chains, draws), row in walk.rows.items()
        if system == "jax" and row["size"] == 10**9
    }
    claim = f"a billion draws take at most {BILLION_S} s, compiling included"
    return [*lines, judged(claim, billions, at_most=BILLION_S)]


def _speeds(walk: Walk, by: str) -> str:
    """Draws per second of all systems in one sweep."""
    sizes = sorted({size for system in walk.systems for size in walk.sizes(system, by=by)})

    def cell(system: str, size: int) -> str:
        if size not in walk.sizes(system, by=by):
            return ""
        row = walk.of(system, size, by)
        return spread(row["size"] / 1e6 / np.array(row["run_s"]))

    lines = [
        [_name(system), *(cell(system, size) for size in sizes)]
        for system in walk.systems
        if walk.sizes(system, by=by)
    ]
    other = "draws a chain" if by == "chains" else "chains"
    return (
        f"## Million draws a second, by number of {by}\n\nWith {KEPT:,} {other}; compiling left "
        "out. The median of the runs, and in brackets the slowest and the fastest.\n\n"
        + table(["system", *(f"{size:,}" for size in sizes)], lines)
    )


def _gains(walk: Walk) -> str:
    sizes = walk.sizes("jax")
    lines = [
        [
            f"{_name(fast)} ÷ {_name(slow)}",
            *(
                spread(walk.ratios(fast, slow, size)) if size in walk.sizes(fast, slow) else ""
                for size in sizes
            ),
        ]
        for slow in walk.systems
        for fast in ("jax", "jax-1dev")
        if slow not in ("jax", "jax-1dev") and fast in walk.systems and walk.sizes(fast, slow)
    ]
    return (
        f"## How many times faster, by number of chains\n\nWith {KEPT:,} draws a chain. In "
        "brackets what single runs would make of it: each of one system against each of the "
        "other.\n\n" + table(["quotient", *(f"{size:,}" for size in sizes)], lines)
    )


def _crossovers(walk: Walk) -> str:
    """Where JAX has caught up, with its compiling and without."""

    def whole(row: Row) -> float:
        return row["compile_s"] + float(np.median(row["run_s"]))

    def run(row: Row) -> float:
        return float(np.median(row["run_s"]))

    def cell(slow: str, by: str, seconds: Callable[[Row], float]) -> str:
        sizes = walk.sizes("jax", slow, by=by)
        ratios = [seconds(walk.of(slow, n, by)) / seconds(walk.of("jax", n, by)) for n in sizes]
        if len(sizes) < 2:
            return ""
        if min(ratios) > 1:
            return f"everywhere from {sizes[0]:,} on"
        found = crossing(sizes, ratios)
        return f"from {number(found)} on" if found else f"not up to {sizes[-1]:,}"

    lines = [
        [_name(slow), *(cell(slow, by, s) for by in ("chains", "draws") for s in (run, whole))]
        for slow in ("numpy-published", "numpy", "numpy-2proc")
        if slow in walk.systems
    ]
    header = [
        "NumPy",
        f"chains (of {KEPT:,} draws), compiling left out",
        "the same, compiling included",
        f"draws (of {KEPT:,} chains), compiling left out",
        "the same, compiling included",
    ]
    return (
        "## From which size on JAX is done first\n\nBetween two sizes the quotient of medians is "
        "read off a straight line, both on logarithmic scales.\n\n" + table(header, lines)
    )


def _limits(rows: Sequence[Row]) -> str:
    """Say what the walk cannot do without, and how near it comes to that."""
    newest = {row["part"]: row for row in rows}
    if set(newest) != set(PARTS):
        return ""
    rates = {part: row["work"] / np.median(row["run_s"]) for part, row in newest.items()}
    bits, numbers = (rates["walk"] / rates[part] for part in ("bits", "numbers"))
    lines = [
        [words, f"{number(1e9 / rates[part])} ns", spread(1e3 * np.array(newest[part]["run_s"]))]
        for part, words in PARTS.items()
        if part != "copy"
    ]
    traffic = 2 * NUMBER_BYTES * rates["walk"]
    moved = 2 * rates["copy"]
    row = newest["walk"]
    others = max(one["others_share"] or 0.0 for one in newest.values())
    return (
        f"## What bounds it\n\n{row['chains']:,} chains × {row['draws']:,} draws on "
        f"{row['devices']} devices, measured by `python -m course_utils.bench limits` on "
        f"{row['date'][:10]}, while other programs used at most {others:.0%} of the machine.\n\n"
        + table(["what", "a draw", "a run, ms"], lines)
        + f"\n\nThe walk cannot be quicker than its random numbers, which alone take {numbers:.0%} "
        f"of its time (their random bits {bits:.0%}). With this generator it could become "
        f"{number(1 / numbers)} times as fast at most, if densities and decisions were free. "
        "Were all random numbers written to memory and read again, this would move "
        f"{number(traffic / 1e9)} GB a second, {traffic / moved:.0%} of the {number(moved / 1e9)} "
        "GB a second that a copy of a large array moves here; in fact a block of them fits into "
        f"the cache. So the bound is {'arithmetic' if traffic < moved else 'memory'}."
    )
