"""Claims on trial: what was measured, case by case, and the verdict that it gives."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def trial(
    claim: str,
    cases: Mapping[str, np.ndarray],
    *,
    chapter: str,
    at_least: float = -np.inf,
    at_most: float = np.inf,
    unit: str = "",
    recorded: Mapping[str, Any] | None = None,
) -> None:
    """Judge a claim, show what was measured and the verdict, and leave both for the claims page.

    The page of all claims is made from the executed notebooks: the output carries the claim, its
    verdict, the date and the machine as metadata, which a reader does not see.

    Parameters
    ----------
    claim, cases, at_least, at_most
        As :func:`verdict` takes them.
    chapter : str
        Number of the chapter that tries the claim, such as ``"03"``.
    unit : str
        Unit of the values, written after them; nothing for ratios.
    recorded : Mapping, optional
        Where the values come from a recorded run, its ``date``, ``cpu`` and ``threads``. Left out:
        they were measured here and now.
    """
    from IPython import get_ipython
    from IPython.display import display

    from course_utils.machine import describe_machine

    found = verdict(claim, cases, at_least, at_most)
    measured = [
        (case, " ".join([_middle_and_range(np.asarray(values)), *unit.split()]))
        for case, values in cases.items()
    ]
    text = "\n".join([found, *(f"  {case}: {value}" for case, value in measured)])
    machine = describe_machine(()) if recorded is None else recorded
    record = {
        "chapter": chapter,
        "claim": claim,
        "verdict": found.removeprefix(f"“{claim}” ").removesuffix("."),
        "measured": measured,
        "date": machine["date"][:10],
        "machine": f"{machine['cpu']}, {machine['threads']} threads",
    }
    if get_ipython() is None:  # a script
        print(text)
    else:
        display({"text/plain": text}, raw=True, metadata={"claim": record})


def _middle_and_range(values: np.ndarray) -> str:
    middle, low, high = (
        f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
        for value in (np.median(values), values.min(), values.max())
    )
    return f"{middle} ({low} to {high})"


def verdict(
    claim: str,
    cases: Mapping[str, np.ndarray],
    at_least: float = -np.inf,
    at_most: float = np.inf,
) -> str:
    """Judge a claim about numbers, case by case.

    A case supports the claim if the value of *every* repeat lies within the bounds, speaks against
    it if every one lies outside, and is undecided if some do and some do not.

    Parameters
    ----------
    claim : str
        The claim in words.
    cases : mapping of str to ndarray
        For each case its values, one a repeat.
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
