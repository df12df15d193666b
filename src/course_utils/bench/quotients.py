"""Ratios of a benchmark's rows, measured within one run: the evidence in trials of claims."""

from collections.abc import Callable, Sequence

import numpy as np

from course_utils.bench.jobs import Row


def quotients(
    rows: Sequence[Row], system: str, other: str, measure: str | Callable[[Row], float]
) -> dict[int, np.ndarray]:
    """Divide a measure of one system by that of another, repeat by repeat.

    Both numbers of a quotient come from the same round of the benchmark, minutes apart, so that a
    slow hour of the machine falls out.

    Parameters
    ----------
    rows : sequence of dict
        Rows of a results file; those without result are left out.
    system, other : str
        Names of the two systems: above and below the bar.
    measure : str or Callable
        A field of the row, or a function of the row.

    Returns
    -------
    dict of int to ndarray, shape (num_repeats,)
        For each size, in rising order, one quotient a repeat.

    Raises
    ------
    ValueError
        If no round holds both systems.
    """
    get = (lambda row: row[measure]) if isinstance(measure, str) else measure
    found = {
        (row["size"], row["repeat"], row["system"]): get(row)
        for row in rows
        if row["status"] == "ok" and row["system"] in (system, other)
    }
    pairs: dict[int, list[float]] = {}
    for size, repeat, name in sorted(found):
        if name == system and (size, repeat, other) in found:
            value = found[size, repeat, name] / found[size, repeat, other]
            pairs.setdefault(size, []).append(value)
    if not pairs:
        raise ValueError(f"rows: no round holds both {system!r} and {other!r}")
    return {size: np.array(values) for size, values in pairs.items()}
