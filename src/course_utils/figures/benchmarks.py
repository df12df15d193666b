"""Figures of the benchmarks."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from course_utils.bench.results import Case, Results
from course_utils.display import COLORS, Figure, figure, use_style


def flat_against_nested(results: Results, cases: Sequence[Case]) -> Figure:
    """Draw what waiting costs in iterations, and what not waiting gains in effective draws.

    Parameters
    ----------
    results : Results
        A results file.
    cases : sequence of Case
        Cases in which flat NUTS and NumPyro's kernel took part, at least one.

    Returns
    -------
    Figure
    """
    cases = sorted(cases, key=lambda case: (case.model, case.chains, case.draws))
    gains = [results.times("flat", "numpyro", case, "ess_min") for case in cases]
    rows = np.arange(len(cases))[::-1]
    with plt.rc_context():
        use_style()
        fig, (left, right) = plt.subplots(1, 2, figsize=(11, 1.5 + 0.42 * len(cases)), sharey=True)
        waste = {
            system: [
                row["iterations_per_draw"] / row["mean_leapfrogs"]
                for case in cases
                if (row := results.of(system, case))
            ]
            for system in ("flat", "numpyro")
        }
        for system, marker, color in (("flat", "o", "blue"), ("numpyro", "s", "orange")):
            left.plot(waste[system], rows, marker, color=COLORS[color], label=_LABELS[system])
        left.hlines(rows, waste["flat"], waste["numpyro"], color=COLORS["grey"], alpha=0.5)
        left.axvline(1, color=COLORS["black"], linewidth=1)
        left.set(xlabel="iterations per leapfrog step", xscale="log")
        left.set_yticks(rows, list(map(str, cases)))
        left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
        medians = np.array([gain.median for gain in gains])
        low, high = (np.array([getattr(gain, end) for gain in gains]) for end in ("low", "high"))
        right.errorbar(
            medians, rows, xerr=[medians - low, high - medians], fmt="o", color=COLORS["blue"]
        )
        right.axvline(1, color=COLORS["black"], linewidth=1)
        right.set(xlabel="ESS per second, flat ÷ NumPyro", xscale="log")
        for axis in (left.xaxis, right.xaxis):
            axis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_locator(NullLocator())
        wins = int((medians > 1).sum())
        return figure(
            fig,
            caption="Left: how many iterations of its loop a sampler runs for one leapfrog step of "
            "a chain; at 1 no chain ever waits. Right: how many times the effective draws per "
            "second flat NUTS has, with all runs within the bar; beyond 1 it is faster.",
            alt=f"Two panels with a row for each of {len(cases)} cases. Left: the flat loop needs "
            f"{min(waste['flat']):.2f} to {max(waste['flat']):.2f} iterations per leapfrog step, "
            f"NumPyro's nested loops {min(waste['numpyro']):.2f} to {max(waste['numpyro']):.2f}. "
            f"Right: the ratio of effective draws per second is between {medians.min():.2f} and "
            f"{medians.max():.2f}, and above 1 in {wins} of {len(cases)} cases.",
        )


_LABELS = {"flat": "flat", "numpyro": "NumPyro"}
