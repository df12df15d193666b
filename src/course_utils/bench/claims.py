"""Claims on trial: ratios measured within one run, and the verdict that they give."""

from collections.abc import Callable, Mapping, Sequence

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


def verdict(
    claim: str,
    cases: Mapping[str, np.ndarray],
    at_least: float = -np.inf,
    at_most: float = np.inf,
) -> str:
    """Judge a claim about quotients, case by case.

    A case supports the claim if the quotient of *every* repeat lies within the bounds, speaks
    against it if every one lies outside, and is undecided if some do and some do not.

    Parameters
    ----------
    claim : str
        The claim in words.
    cases : mapping of str to ndarray
        For each case its quotients, one a repeat.
    at_least, at_most : float
        Bounds that the claim sets.

    Returns
    -------
    str
        The claim and one of "holds", "holds only when …", "does not hold", "is undecided".
    """
    if not cases:
        raise ValueError("cases: got none, allowed is at least one")
    inside = {
        case: (np.asarray(values) >= at_least) & (np.asarray(values) <= at_most)
        for case, values in cases.items()
    }
    support = [case for case, within in inside.items() if within.all()]
    undecided = [case for case, within in inside.items() if within.any() and not within.all()]
    if len(support) == len(cases):
        found = "holds"
    elif support:
        found = f"holds only when {'; '.join(support)}"
    elif len(undecided) == len(cases):
        found = "is undecided"
    else:
        found = "does not hold"
    if undecided and len(undecided) < len(cases):
        found += f" (undecided when {'; '.join(undecided)})"
    return f"“{claim}” {found}."
