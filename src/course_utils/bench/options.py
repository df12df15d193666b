"""What the commands of several benchmarks share: their options, and how lists are read."""

import importlib.util
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from course_utils.bench.jobs import Row

TimeLimit = Annotated[float, typer.Option(help="Seconds a job may take.")]
MaxOthers = Annotated[
    float,
    typer.Option(
        min=0.01, max=1, help="Share of the machine that others may use; below 1, wait for it."
    ),
]


def read_names(text: str, allowed: Iterable[str], option: str) -> list[str]:
    """Read names with commas between; refuse unknown ones."""
    names = text.split(",")
    unknown = sorted(set(names) - set(allowed))
    if unknown:
        message = f"got {', '.join(unknown)}, allowed are {', '.join(allowed)}"
        raise typer.BadParameter(message, param_hint=option)
    return names


def read_counts(text: str, option: str) -> list[int]:
    """Read whole numbers of at least 1 with commas between."""
    try:
        counts = [int(number) for number in text.split(",")]
    except ValueError:
        counts = [0]
    if min(counts) < 1:
        message = f"got {text}, allowed are whole numbers ≥ 1 with commas between"
        raise typer.BadParameter(message, param_hint=option)
    return counts


def not_installed(modules: Iterable[str]) -> str | None:
    """Say which modules are missing, if any."""
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    return f"{', '.join(absent)} not installed" if absent else None


def exit_if_wrong(rows: Sequence[Row]) -> None:
    """End the program with exit code 1 if some draws disagree with the exact answer."""
    if any(row["status"] == "ok" and not row["agrees"] for row in rows):
        raise typer.Exit(code=1)
