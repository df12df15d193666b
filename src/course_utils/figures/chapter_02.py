"""Figures of chapter 2, JAX for samplers."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import NullFormatter

from course_utils.display import COLORS, Figure, figure

STYLES = ("-", "--", ":", "-.")
MARKERS = "osD^"


def passes(operations: Sequence[tuple[str, float, float]], read: float, written: float) -> Figure:
    """Draw what each operation reads and writes alone, and what one fused loop does.

    ``operations`` holds a name and the megabytes read and written; ``read`` and ``written`` are
    those of the fused loop.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9.5, 0.85 * len(operations) + 1.2))
    apart = [(name, y, 0.62) for y, (name, _, _) in enumerate(reversed(operations))]
    moved = [(r, w) for _, r, w in reversed(operations)]
    top = len(operations) - 1
    together = [("\n".join(name for name, _, _ in operations), top / 2, 0.66 * len(operations))]
    total = sum(r + w for r, w in moved)
    for ax, boxes, loads, title in (
        (axes[0], apart, moved, f"one by one: {total:.0f} MB moved"),
        (axes[1], together, [(read, written)], f"fused: {read + written:.0f} MB moved"),
    ):
        memory = FancyBboxPatch((-0.1, -0.6), 0.9, top + 1.2, boxstyle="round,pad=0", alpha=0.35)
        memory.set_color(COLORS["sky"])
        ax.add_patch(memory)
        ax.text(0.35, top / 2, "memory", rotation=90, ha="center", va="center")
        for (name, y, height), (r, w) in zip(boxes, loads, strict=True):
            ax.add_patch(
                FancyBboxPatch(
                    (2.9, y - height / 2), 1.3, height, fc="white", ec=COLORS["black"], lw=1.5,
                    boxstyle="round,pad=0.05",
                )
            )  # fmt: skip
            ax.text(3.55, y, name, ha="center", va="center", linespacing=1.7)
            for start, end, shift, color, text in (
                (0.9, 2.8, 0.13, "blue", f"{r:.0f}"),
                (2.8, 0.9, -0.13, "orange", f"{w:.0f}"),
            ):
                ax.annotate(
                    "",
                    (end, y + shift),
                    (start, y + shift),
                    arrowprops={"arrowstyle": "->", "color": COLORS[color], "lw": 2},
                )
                ax.text(
                    1.85, y + 1.1 * shift, text, color=COLORS[color], ha="center",
                    va="bottom" if shift > 0 else "top", fontsize=12,
                )  # fmt: skip
        ax.set(xlim=(-0.3, 4.5), ylim=(-0.9, top + 0.9), title=title)
        ax.axis("off")
    names = ", ".join(name for name, _, _ in operations)
    return figure(
        fig,
        caption="Six operations on a million numbers. Blue: megabytes read, orange: written. "
        "Left, each operation passes over memory by itself; right, one loop does all six.",
        alt=f"Left: boxes named {names}, each with one arrow from memory and one back; "
        f"{total:.0f} megabytes in all. Right: one box with all six names, one arrow from memory "
        f"and one back; {read + written:.0f} megabytes.",
    )


def darts(points: np.ndarray, estimates: np.ndarray) -> Figure:
    """Draw points in the unit square, and the running estimate of π that they give."""
    inside = (points**2).sum(axis=1) < 1
    angle = np.linspace(0, np.pi / 2, 200)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), width_ratios=[1, 1.5])
    for chosen, color, marker in ((inside, "blue", "o"), (~inside, "orange", "x")):
        left.plot(*points[chosen].T, marker, color=COLORS[color], markersize=3.5)
    left.plot(np.cos(angle), np.sin(angle), color=COLORS["black"])
    left.set(xlabel="x", ylabel="y", aspect="equal", xlim=(0, 1), ylim=(0, 1))
    left.set_title("points in the square", fontsize=13)
    right.plot(np.arange(1, len(estimates) + 1), estimates)
    right.axhline(np.pi, color=COLORS["black"], linestyle=":")
    right.annotate("π", (1.2, np.pi), (0, 5), textcoords="offset points")
    right.set(xlabel="number of points", ylabel="estimate", xscale="log", ylim=(2.4, 4.05))
    right.set_title("four times the share inside", fontsize=13)
    return figure(
        fig,
        caption="Left: points at random, blue inside the quarter circle, orange crosses outside. "
        "Right: the estimate after each point.",
        alt=f"A square with {len(points)} points, {inside.sum()} of them under a quarter circle. "
        f"Beside it a jagged line that settles near pi; its last value is {estimates[-1]:.2f}.",
    )


def bundle(estimates: np.ndarray, center: float, sd: float) -> Figure:
    """Draw many running estimates, shape (runs, length), in the funnel of two standard errors."""
    counts = np.arange(1, estimates.shape[1] + 1)
    share = np.mean(np.abs(estimates[:, -1] - center) <= 2 * sd / np.sqrt(counts[-1]))
    fig, ax = plt.subplots(figsize=(8.5, 4))
    ax.plot(counts, estimates[:60].T, color=COLORS["blue"], lw=0.7, alpha=0.45)
    for sign in (-1, 1):
        ax.plot(counts, center + sign * 2 * sd / np.sqrt(counts), "--", color=COLORS["orange"])
    ax.annotate(
        "± 2 standard errors",
        (counts[len(counts) // 20], center + 2 * sd / np.sqrt(counts[len(counts) // 20])),
        (8, 8),
        textcoords="offset points",
        color=COLORS["orange"],
    )
    ax.set(xlabel="number of points", ylabel="estimate of π", xscale="log")
    ax.set(xlim=(10, counts[-1]), ylim=(center - 1.1, center + 1.1))
    return figure(
        fig,
        caption="Sixty of the runs, side by side, and the funnel that theory promises.",
        alt=f"Sixty jagged lines that narrow towards pi within a funnel; at the end {share:.0%} of "
        f"all {len(estimates)} runs lie inside it.",
    )


def slopes(
    steps: np.ndarray, errors: Mapping[str, np.ndarray], floors: Mapping[str, float]
) -> Figure:
    """Draw the error of numerical derivatives against the step, and that of exact ones."""
    fig, ax = plt.subplots(figsize=(9, 4.8))
    # Each label where its curve is alone: at the left end, at the lowest point, at the right end.
    spots = ((0, (8, 10), "left"), (None, (0, -16), "center"), (-1, (8, 0), "left"))
    for (name, values), style, color, (spot, offset, side) in zip(
        errors.items(), STYLES, ("blue", "orange", "green"), spots, strict=False
    ):
        at = int(np.argmin(values)) if spot is None else spot
        ax.loglog(steps, values, style, color=COLORS[color])
        ax.annotate(
            name, (steps[at], values[at]), offset, textcoords="offset points", va="center",
            ha=side, color=COLORS[color], fontsize=12,
        )  # fmt: skip
    for name, value in floors.items():
        ax.axhline(value, color=COLORS["black"], linestyle=":", lw=1.5)
        ax.annotate(name, (steps[-1], value), (4, 5), textcoords="offset points", fontsize=12)
    ax.set(xlabel="step h", ylabel="relative error", ylim=(1e-17, 30))
    ax.set_xlim(steps.min(), steps.max() * 300)
    low = ", ".join(f"{name}: {values.min():.0e}" for name, values in errors.items())
    exact = ", ".join(f"{name}: {value:.0e}" for name, value in floors.items())
    return figure(
        fig,
        caption="Error of the derivative of the coin's log density. Read from right to left: the "
        "difference gets better while the step shrinks, until rounding takes over. Dotted: grad.",
        alt=f"Curves that fall with the step and then rise again. Smallest errors: {low}. "
        f"Horizontal lines: {exact}.",
    )


def cancellation(eta: np.ndarray, errors: Mapping[str, np.ndarray]) -> Figure:
    """Draw the relative error of several ways to write one logarithm."""
    fig, ax = plt.subplots(figsize=(9, 4.2))
    for (name, values), style, color in zip(
        errors.items(), STYLES, ("orange", "blue", "green"), strict=False
    ):
        shown = np.where(np.isfinite(values), np.maximum(values, 1e-9), np.nan)
        ax.semilogy(eta, shown, style, color=COLORS[color])
        last = np.flatnonzero(np.isfinite(shown))[-1]
        lost = last < len(eta) - 1
        ax.annotate(
            f"{name}\n(then −∞)" if lost else name, (eta[last], shown[last]), (8, 0),
            textcoords="offset points", color=COLORS[color], va="center", fontsize=12,
        )  # fmt: skip
        if lost:
            ax.plot(eta[last], shown[last], "X", color=COLORS[color], markersize=10)
    ax.set(xlabel="log-odds η", ylabel="relative error", xlim=(eta[0], eta[-1] * 1.45))
    ax.set_xticks(np.arange(0, eta[-1] + 1, 5))
    words = "; ".join(
        f"{name}: {'minus infinity at the end' if not np.isfinite(v[-1]) else f'{v.max():.0e}'}"
        for name, v in errors.items()
    )
    return figure(
        fig,
        caption="The logarithm of the probability of tails, written in two ways, in float32. "
        "Errors below 1e-9 are drawn at 1e-9.",
        alt=f"Relative errors against the log-odds. {words}.",
    )


def fan(x: np.ndarray, panels: Mapping[str, np.ndarray]) -> Figure:
    """Draw simulated lines, shape (lines, points), one panel a simulator."""
    fig, axes = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 3.8), squeeze=False)
    for ax, (title, lines) in zip(axes[0], panels.items(), strict=True):
        ax.plot(x, lines.T, color=COLORS["blue"], lw=1, alpha=0.7)
        ax.set(xlabel="x", ylabel="y", title=title)
    narrow = {
        title: x[np.argmin(lines.std(axis=0))] for title, lines in panels.items()
    }  # where the lines are closest to each other
    return figure(
        fig,
        caption="Simulated lines, each with its own slope, intercept and noise.",
        alt="Bundles of lines. "
        + " ".join(f"{title}: narrowest at x = {value:.1f}." for title, value in narrow.items()),
    )


def paid_off(seconds: Mapping[str, np.ndarray]) -> Figure:
    """Draw cumulated seconds against the number of calls, shape (rounds, calls) each."""
    fig, ax = plt.subplots(figsize=(8.5, 4.4))
    for (name, values), style, color in zip(
        seconds.items(), STYLES, ("green", "orange", "blue"), strict=False
    ):
        total = np.median(np.cumsum(values, axis=1), axis=0)
        calls = np.arange(1, len(total) + 1)
        ax.loglog(calls, total, style, color=COLORS[color])
        ax.annotate(
            name, (calls[-1], total[-1]), (8, 0), textcoords="offset points", va="center",
            color=COLORS[color], fontsize=12,
        )  # fmt: skip
    ax.set(xlabel="number of calls", ylabel="seconds in all", xlim=(0.9, 5 * calls[-1]))
    words = "; ".join(
        f"{name}: first call {np.median(v[:, 0]):.1e} s, all {len(v[0])} calls "
        f"{np.median(v.sum(axis=1)):.1e} s"
        for name, v in seconds.items()
    )
    return figure(
        fig,
        caption="What you have waited for after so many calls, compiling included (median of the "
        "rounds). Where two lines cross, the compiler has paid for itself.",
        alt=f"Cumulated seconds against calls. {words}.",
    )


def compile_times(panels: Mapping[str, Mapping[str, tuple[Sequence[int], np.ndarray]]]) -> Figure:
    """Draw compile seconds against a size, panel by panel; values are (sizes, (rounds, sizes))."""
    fig, axes = plt.subplots(1, len(panels), figsize=(4.3 * len(panels), 4), sharey=True)
    words = []
    for ax, (label, curves) in zip(axes, panels.items(), strict=True):
        for (name, (sizes, values)), style, marker, color in zip(
            curves.items(), STYLES, MARKERS, ("blue", "orange"), strict=False
        ):
            middle = np.median(values, axis=0)
            ax.loglog(sizes, middle, style, marker=marker, color=COLORS[color])
            ax.annotate(
                name, (sizes[-1], middle[-1]), (0, 10), textcoords="offset points", ha="right",
                color=COLORS[color], fontsize=12,
            )  # fmt: skip
            words.append(
                f"{name}: {middle[0]:.2f} s at {sizes[0]}, {middle[-1]:.2f} s at {sizes[-1]}"
            )
        ax.set(xlabel=label)
    largest = max(v.max() for curves in panels.values() for _, v in curves.values())
    axes[0].set(ylabel="seconds to compile", ylim=(0.01, 2 * largest))
    axes[0].yaxis.set_major_formatter("{x:g}")
    axes[0].yaxis.set_minor_formatter(NullFormatter())
    return figure(
        fig,
        caption="Seconds from the Python function to the compiled program, by what grows.",
        alt=f"Three panels of compile time. {'; '.join(words)}.",
    )
