"""What the pages of all benchmarks say in the same words."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from course_utils.bench.jobs import Row
from course_utils.bench.results import number
from course_utils.display import Figure


def head(title: str, name: str) -> str:
    """Say what a page is about, and how it came about."""
    return (
        f"# {title}\n\nMade from `{name}.jsonl` by `python -m course_utils.bench page`; change "
        "nothing here by hand. [README.md](README.md) explains the fields. Compare ratios, never "
        "seconds between machines."
    )


def picture(name: str, shown: Figure) -> str:
    """Show a figure that lies beside the page as ``NAME.png``, with its caption."""
    return f"![{shown.alt}]({name}.png)\n\n{shown.caption}"


def machine(rows: Sequence[Row]) -> str:
    """Machine, versions and dates of rows with a result, and how quiet it was."""

    def told(get: Callable[[Row], object]) -> str:
        return ", ".join(sorted({str(get(row)) for row in rows} - {"None"}))

    names = sorted({name for row in rows for name, v in row["versions"].items() if v})
    versions = "; ".join(
        f"{name} {told(lambda row, n=name: row['versions'].get(n))}" for name in names
    )
    dates = sorted(row["date"][:10] for row in rows)
    shares = [row["others_share"] for row in rows if row["others_share"] is not None]
    others = f" Other programs used at most {max(shares):.0%} of it." if shares else ""
    return (
        f"Machine: {told(lambda row: row['cpu'])}, {told(lambda row: row['threads'])} threads, "
        f"device {told(lambda row: row['device'])}, {dates[0]} to {dates[-1]}.{others} {versions}."
    )


def spread(values: Iterable[float]) -> str:
    """Write the median of some runs, and in brackets the smallest and the largest."""
    values = np.fromiter(values, float)
    return f"{number(np.median(values))} ({number(values.min())} to {number(values.max())})"


def not_run(rows: Iterable[Row], label: Callable[[Row], str], wrong: Iterable[str] = ()) -> str:
    """List what has no result that counts: lines on wrong rows, and rows with their reasons."""
    lines = [*wrong, *dict.fromkeys(f"- {label(row)}: {row['why']}" for row in rows)]
    return "## Without result\n\n" + "\n".join(lines) if lines else ""
