"""Figures of chapter 8, on samplers that may be wrong."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

from course_utils.display import COLORS, Figure, figure

if TYPE_CHECKING:
    import pandas as pd

# Letter and colour of a cell; both say the same, so that neither is needed alone.
CELLS = {
    "fails": ("F", COLORS["orange"], "white"),
    "passes": ("p", "#DCEBF5", COLORS["black"]),
    "undecided": ("?", "#BBBBBB", COLORS["black"]),
}


def traces(panels: Mapping[str, np.ndarray], notes: Mapping[str, str]) -> Figure:
    """Draw four chains of each sampler, and under its name what is said of it."""
    fig, axes = plt.subplots(1, len(panels), figsize=(5 * len(panels), 3.6), sharey=True)
    for ax, (title, chains) in zip(axes, panels.items(), strict=True):
        ax.plot(chains.T, lw=0.8)
        ax.set(xlabel="draw", title=f"{title}\n{notes[title]}")
    axes[0].set_ylabel("x[0]")
    return figure(
        fig,
        caption="Four chains of each sampler on the same target. Which of the two is wrong?",
        alt="Two panels of four overlapping jagged traces around zero. "
        + "; ".join(f"{title}: {notes[title]}" for title in panels)
        + ".",
    )


def ranks(
    panels: Mapping[str, np.ndarray], num_draws: int, bound: float, num_bins: int = 20
) -> Figure:
    """Draw ranks as histograms, and below them how far their cumulative curve is from even."""
    fig, axes = plt.subplots(2, len(panels), figsize=(2.9 * len(panels), 5.4), sharey="row")
    edges = np.linspace(0, num_draws + 1, num_bins + 1)
    places = np.arange(1, num_draws + 2) / (num_draws + 1)
    gaps = {}
    for column, (title, values) in enumerate(panels.items()):
        top, bottom = axes[:, column]
        low, high = stats.binom.interval(0.99, len(values), 1 / num_bins)
        top.axhspan(low, high, color=COLORS["grey"], alpha=0.25, lw=0)
        top.hist(values, bins=edges, color=COLORS["sky"], alpha=0.8)
        top.set(title=title, xlabel="rank of the truth")
        below = np.cumsum(np.bincount(values, minlength=num_draws + 1)) / len(values)
        gaps[title] = np.abs(below - places).max()
        outside = gaps[title] > bound
        bottom.fill_between([0, num_draws], -bound, bound, color=COLORS["grey"], alpha=0.25, lw=0)
        bottom.plot(below - places, color=COLORS["orange" if outside else "blue"])
        bottom.set(xlabel="rank of the truth")
    axes[0, 0].set_ylabel("fits")
    axes[1, 0].set_ylabel("cumulative share\nminus even share")
    return figure(
        fig,
        caption="Above: ranks of the truth; the grey band holds 99 of 100 bars if ranks are even. "
        "Below: the gap between their cumulative curve and an even one; the grey band is what "
        "chance explains for the whole curve, and a curve that leaves it is orange.",
        alt="Rank histograms and cumulative differences. "
        + "; ".join(
            f"{title}: largest gap {gap:.2f}, {'outside' if gap > bound else 'inside'} the band"
            for title, gap in gaps.items()
        )
        + ".",
    )


def gallery(draws: Mapping[str, np.ndarray], correlation: float) -> Figure:
    """Draw the symptoms of each sampler: trace, histogram and both coordinates together."""
    fig, axes = plt.subplots(3, len(draws), figsize=(3 * len(draws), 8), sharex="row", sharey="row")
    grid, turn = np.linspace(-4, 4, 200), np.linspace(0, 2 * np.pi, 100)
    # 95 % of a normal pair lie inside this radius, after making its coordinates independent.
    radius = np.sqrt(stats.chi2(2).ppf(0.95))
    u, v = radius * np.cos(turn), radius * np.sin(turn)
    for column, (title, values) in enumerate(draws.items()):
        trace, histogram, cloud = axes[:, column]
        trace.plot(values[:, :200, 0].T, lw=0.7)
        trace.set(title=title, xlabel="draw")
        histogram.hist(
            values[..., 0].ravel(), bins=np.linspace(-4, 4, 50), density=True, color=COLORS["sky"]
        )
        histogram.plot(grid, stats.norm.pdf(grid), color=COLORS["orange"])
        histogram.set(xlabel="x[0]")
        cloud.plot(*values[:, ::40].reshape(-1, 2).T, ".", ms=3, alpha=0.5)
        cloud.plot(u, correlation * u + np.sqrt(1 - correlation**2) * v, color=COLORS["orange"])
        cloud.set(xlabel="x[0]", xlim=(-4.5, 4.5), ylim=(-4.5, 4.5))
    for ax, label in zip(axes[:, 0], ("x[0]", "density", "x[1]"), strict=True):
        ax.set_ylabel(label)
    words = "; ".join(
        f"{title}: mean {v[..., 0].mean():.1f}, sd {v[..., 0].std():.1f}, correlation "
        f"{np.corrcoef(v.reshape(-1, 2).T)[0, 1]:.1f}"
        for title, v in draws.items()
    )
    return figure(
        fig,
        caption="Symptoms of four samplers: four chains; all draws of x[0] with the exact density "
        "(orange); both coordinates, with the curve that holds 95 % of the target (orange).",
        alt=f"Traces, histograms and scatter plots of four samplers. {words}.",
    )


def matrix(table: "pd.DataFrame", caption: str) -> Figure:
    """Draw the matrix bug × check: one row a sampler, one column a check, coloured and lettered."""
    rows, columns = table.shape
    fig, ax = plt.subplots(figsize=(10, 2.4 + 0.42 * rows))
    seen = 0
    for (i, j), outcome in np.ndenumerate(table.to_numpy()):
        if not outcome:
            continue
        if outcome in CELLS:
            letter, color, ink = CELLS[outcome]
        else:  # "fails 1 of 3"
            count, _, runs = outcome.removeprefix("fails ").split()
            letter, color, ink = f"{count}/{runs}", COLORS["yellow"], COLORS["black"]
        seen += outcome == "fails"
        ax.add_patch(plt.Rectangle((j - 0.47, i - 0.46), 0.94, 0.92, color=color, lw=0))
        weight = "bold" if letter == "F" else "normal"
        ax.text(j, i, letter, ha="center", va="center", color=ink, weight=weight)
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    ax.set_xticks(range(columns), table.columns, rotation=40, ha="left", rotation_mode="anchor")
    ax.set_yticks(range(rows), table.index)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return figure(
        fig,
        caption=f"{caption} F: the check fails on every seed, so it sees the bug; p: it passes on "
        "every seed; k/n: it fails on k of n seeds; ?: it says that it cannot tell; empty: it does "
        "not apply.",
        alt=f"A table of {rows} samplers against {columns} checks with coloured, lettered cells; "
        f"{seen} cells are marked F.",
    )


def energies(energy: Mapping[str, np.ndarray], bfmi: Mapping[str, float]) -> Figure:
    """Draw the spread of the energy, and that of its change from one draw to the next."""
    fig, axes = plt.subplots(1, len(energy), figsize=(4.8 * len(energy), 3.8))
    for ax, (title, values) in zip(axes, energy.items(), strict=True):
        centred, change = values - values.mean(), np.diff(values, axis=1)
        reach = np.quantile(np.abs(centred), 0.995)
        bins = np.linspace(-reach, reach, 50)
        ax.hist(centred.ravel(), bins, density=True, color=COLORS["sky"], alpha=0.7)
        ax.hist(change.ravel(), bins, density=True, histtype="step", lw=2.5, color=COLORS["orange"])
        ax.set(
            title=f"{title}\nE-BFMI {bfmi[title]:.2f}", xlabel="energy minus its mean", yticks=[]
        )
        ax.annotate("energy", (0.03, 0.88), xycoords="axes fraction", color=COLORS["blue"])
        ax.annotate(
            "its change\nin one draw", (0.03, 0.7), xycoords="axes fraction", color=COLORS["orange"]
        )
    return figure(
        fig,
        caption="Blue: the energies of all draws. Orange: how much the energy changes from one "
        "draw to the next. Where orange is much narrower, the sampler creeps between energies.",
        alt="Histograms of the energy and of its changes: "
        + "; ".join(f"{title}, E-BFMI {bfmi[title]:.2f}" for title in energy)
        + ".",
    )


def predictive(replicated: Mapping[str, np.ndarray], observed: Mapping[str, float]) -> Figure:
    """Draw statistics of replicated data, and the observed one as a line."""
    fig, axes = plt.subplots(1, len(replicated), figsize=(4.8 * len(replicated), 3.6))
    for ax, (title, values) in zip(axes, replicated.items(), strict=True):
        seen = observed[title]
        low, high = min(values.min(), seen) - 1.5, max(values.max(), seen) + 1.5
        ax.hist(values, np.arange(np.floor(low) - 0.5, high + 1), color=COLORS["sky"], alpha=0.8)
        ax.axvline(seen, color=COLORS["orange"])
        ax.annotate(
            f" observed: {seen:g}",
            (seen, 0.97),
            xycoords=("data", "axes fraction"),
            va="top",
            ha="right" if seen > np.mean(values) + 2 * np.std(values) else "left",
            color=COLORS["orange"],
        )
        ax.set(xlabel=title, yticks=[], ylim=(0, 1.25 * ax.get_ylim()[1]))
    axes[0].set_ylabel("replicated data sets")
    return figure(
        fig,
        caption="Statistics of data sets that the fitted model would produce, and of the real one.",
        alt="Histograms of replicated statistics: "
        + "; ".join(
            f"{title}: replicated mean {values.mean():.0f}, observed {observed[title]:g}"
            for title, values in replicated.items()
        )
        + ".",
    )


def from_arviz(collection: Any, *, caption: str, alt: str) -> Figure:
    """Give a plot of ArviZ (a ``PlotCollection``) its caption and its alternative text."""
    fig = collection.viz["figure"].item()
    for ax in fig.axes:
        for text in ax.texts:  # ArviZ writes its p-value at the upper left, where the curves start
            x, y = text.get_position()
            text.set_position((x, -y))
    return figure(fig, caption=caption, alt=alt)
