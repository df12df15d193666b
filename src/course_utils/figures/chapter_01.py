"""Figures of chapter 1, One coin, three ways."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.display import COLORS, Figure, figure

Density = Callable[[np.ndarray], np.ndarray]
MARKERS = "osD^vP"


def beliefs(prior: Density, likelihood: Density, posterior: Density, share: float) -> Figure:
    """Draw what was believed before, what the flips say, and what is believed afterwards."""
    grid = np.linspace(0, 1, 600)
    said = likelihood(grid) / np.trapezoid(likelihood(grid), grid)
    fig, ax = plt.subplots(figsize=(8, 4))
    ax.plot(grid, prior(grid), color=COLORS["grey"], linestyle="--", label="before: the prior")
    ax.plot(grid, said, color=COLORS["orange"], linestyle=":", label="the flips: the likelihood")
    ax.fill_between(grid, posterior(grid), color=COLORS["sky"], alpha=0.3)
    ax.plot(grid, posterior(grid), color=COLORS["blue"], label="afterwards: the posterior")
    ax.set(xlabel="p, the probability of heads", ylabel="density", xlim=(0, 1), ylim=(0, None))
    ax.legend(loc="upper left")
    top = grid[np.argmax(posterior(grid))]
    return figure(
        fig,
        caption="The posterior is the product of prior and likelihood, scaled to area 1. (The "
        "likelihood is scaled to area 1 as well, to be seen beside them.)",
        alt="Three curves over the probability of heads. The prior is a low, wide hill around one "
        f"half. The likelihood is a narrow peak at {share:.2f}, the posterior nearly the same peak "
        f"at {top:.2f}, pulled a little towards the prior.",
    )


def grid_bars(points: np.ndarray, weights: np.ndarray, exact: Density) -> Figure:
    """Draw the weights of a grid as bars under the exact density."""
    width = points[1] - points[0]
    fine = np.linspace(0.5, 0.9, 400)
    fig, ax = plt.subplots(figsize=(8, 4))
    ax.bar(
        points, weights / width, width, color=COLORS["sky"], edgecolor="white", label="grid weights"
    )
    ax.plot(fine, exact(fine), color=COLORS["blue"], label="exact posterior")
    ax.plot(points, 0 * points, "|", color=COLORS["black"], markersize=12)
    ax.set(xlabel="p", ylabel="density", xlim=(0.5, 0.9), ylim=(0, None))
    ax.legend(loc="upper left")
    return figure(
        fig,
        caption="A grid replaces the curve by bars. Each bar's area is the weight of its point.",
        alt=f"Bars of width {width:.2f} follow the bell-shaped curve of the exact posterior.",
    )


def running_mean(means: np.ndarray, mcse: np.ndarray, exact: float) -> Figure:
    """Draw the mean of the first k draws against k, with its own error band."""
    count = np.arange(1, len(means) + 1)
    fig, ax = plt.subplots(figsize=(8, 4))
    ax.fill_between(
        count,
        exact - 2 * mcse,
        exact + 2 * mcse,
        color=COLORS["sky"],
        alpha=0.4,
        label="exact ± 2 MCSE",
    )
    ax.plot(count, means, color=COLORS["orange"], label="mean of the draws so far")
    ax.axhline(exact, color=COLORS["blue"], label="exact mean")
    ax.set(xscale="log", xlim=(10, len(means)), xlabel="number of draws", ylabel="mean of p")
    ax.set_ylim(exact - 2.2 * mcse[9], exact + 2.2 * mcse[9])
    ax.legend(loc="upper right")
    return figure(
        fig,
        caption="The mean of the draws wanders inside a funnel that narrows like one over the root "
        "of their number.",
        alt="A jagged line that settles on the exact mean, inside a band that is "
        f"{mcse[9] / mcse[-1]:.0f} times narrower at {len(means)} draws than at 10.",
    )


def errors(
    work: Mapping[str, Sequence[int]], error: Mapping[str, Sequence[float]], rounding: float
) -> Figure:
    """Draw the error of the posterior mean against the number of evaluations or draws."""
    fig, ax = plt.subplots(figsize=(8, 4.2))
    for (name, counts), color, marker in zip(
        work.items(), ("blue", "orange"), MARKERS, strict=False
    ):
        seen = np.maximum(error[name], rounding)
        ax.loglog(counts, seen, marker=marker, color=COLORS[color], label=name)
    ax.axhline(rounding, color=COLORS["grey"], linestyle=":")
    ax.annotate("rounding", (ax.get_xlim()[1], rounding), (-8, 6), textcoords="offset points",
                ha="right", color=COLORS["grey"])  # fmt: skip
    ax.set(xlabel="points or draws", ylabel="error of the mean")
    ax.legend(loc="center right")
    words = "; ".join(
        f"{name}: {error[name][0]:.1e} with {counts[0]}, {error[name][-1]:.1e} with {counts[-1]}"
        for name, counts in work.items()
    )
    return figure(
        fig,
        caption="In one dimension a grid reaches rounding error with a few dozen points. Monte "
        "Carlo needs a hundred times the draws for one more digit.",
        alt=f"Two falling lines on logarithmic axes. Error of the mean: {words}.",
    )


def too_coarse(panels: Mapping[int, tuple[np.ndarray, np.ndarray, Density]]) -> Figure:
    """Draw one grid under ever narrower posteriors."""
    fig, axes = plt.subplots(1, len(panels), figsize=(4 * len(panels), 3.6))
    most = []
    for ax, (n, (points, weights, exact)) in zip(axes, panels.items(), strict=True):
        width = points[1] - points[0]
        low, high = points[np.argmax(weights)] + np.array([-3.5, 3.5]) * max(width, 0.02)
        fine = np.linspace(low, high, 2000)
        shown = (points > low) & (points < high)
        ax.plot(fine, exact(fine) / exact(fine).max(), color=COLORS["blue"])
        ax.vlines(points[shown], 0, weights[shown] / weights.max(), color=COLORS["orange"], lw=3)
        ax.set(title=f"{n:,} flips", xlabel="p", yticks=[], xlim=(low, high))
        most.append(f"with {n:,} flips the largest weight is {weights.max():.2f}")
    return figure(
        fig,
        caption="The same 100 grid points (orange), more and more flips (blue: the exact "
        "posterior). In the end the posterior falls between two points.",
        alt="Panels in which a bell curve becomes narrower than the spacing of the grid: "
        + "; ".join(most)
        + ".",
    )


def phases(seconds: Mapping[str, Mapping[str, float]], title: str) -> Figure:
    """Draw for each system where its wall time goes, as one stacked bar."""
    names = list(seconds)
    parts = list(seconds[names[0]])
    palette = [COLORS[c] for c in ("grey", "sky", "orange", "green", "purple")]
    hatches = ["", "//", "", "..", "\\\\"]
    fig, ax = plt.subplots(figsize=(9, 0.6 * len(names) + 1.6))
    left = np.zeros(len(names))
    for part, color, hatch in zip(parts, palette, hatches, strict=False):
        width = np.array([seconds[name][part] for name in names])
        ax.barh(names, width, left=left, color=color, edgecolor="white", hatch=hatch, label=part)
        left += width
    ax.invert_yaxis()
    ax.set(xlabel="seconds", title=title)
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.22), ncols=len(parts), fontsize=11)
    totals = ", ".join(f"{name} {total:.1f} s" for name, total in zip(names, left, strict=True))
    return figure(
        fig,
        caption="Where the wall time of one run goes, from starting Python to the last draw; "
        "medians over the repeats.",
        alt=f"Stacked bars of seconds. In all: {totals}.",
    )


def growth(panels: Mapping[str, Mapping[str, Mapping[int, np.ndarray]]]) -> Figure:
    """Draw measures against the number of flips: medians, with the range over the repeats.

    ``panels[label][system][size]`` holds one value a repeat.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(5.4 * len(panels), 5))
    words = []
    for ax, (label, systems) in zip(axes, panels.items(), strict=True):
        for (name, sizes), color, marker in zip(
            systems.items(), ("blue", "sky", "green", "orange", "purple", "black"), MARKERS,
            strict=False,
        ):  # fmt: skip
            middle = np.array([np.median(values) for values in sizes.values()])
            low = middle - [np.min(values) for values in sizes.values()]
            high = [np.max(values) for values in sizes.values()] - middle
            ax.errorbar(
                list(sizes),
                middle,
                [low, high],
                color=COLORS[color],
                marker=marker,
                capsize=3,
                label=name,
            )
            words.append(f"{name} from {middle[0]:,.0f} to {middle[-1]:,.0f}")
        words.append(f"these were {label}")
        ax.set(xscale="log", yscale="log", xlabel="number of flips", title=label)
    handles, labels = axes[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=11)
    return figure(
        fig,
        caption="How it grows with the data: median and range over the repeats.",
        alt="Lines on logarithmic axes, from the fewest to the most flips: "
        + "; ".join(words)
        + ".",
    )
