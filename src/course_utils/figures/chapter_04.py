"""Figures of chapter 4, ten thousand chains."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from course_utils.display import COLORS, Figure, figure

Density = Callable[[np.ndarray], np.ndarray]
LOOK = {
    "jax": ("blue", "o", "JAX, one program"),
    "jax-1dev": ("blue", "o", "JAX, one device"),
    "jax-generator": ("sky", "v", "JAX, step by step"),
    "blackjax": ("purple", "P", "BlackJAX"),
    "tfp-jax": ("green", "s", "TFP on JAX"),
    "tfp-xla": ("yellow", "D", "TFP, XLA"),
    "tfp-graph": ("yellow", "d", "TFP, graph"),
    "tfp-eager": ("grey", "x", "TFP, eager"),
    "numpy": ("orange", "^", "NumPy, lean"),
    "numpy-2proc": ("orange", "<", "NumPy, 2 processes"),
    "numpy-published": ("black", "X", "NumPy and SciPy, 2019"),
}


def cloud(
    density: Density, snapshots: Mapping[int, np.ndarray], start: float, low: float, high: float
) -> Figure:
    """Draw where the chains stand after so many steps, beside the target."""
    grid = np.linspace(low, high, 400)
    bins = np.linspace(low, high, 90)
    fig, axes = plt.subplots(1, len(snapshots), figsize=(11, 3.4), sharey=True)
    words = []
    for ax, (steps, values) in zip(axes, snapshots.items(), strict=True):
        after = f"{steps:,} step{'s' if steps > 1 else ''}"
        ax.hist(values, bins=bins, density=True, color=COLORS["sky"], alpha=0.8)
        ax.plot(grid, density(grid), color=COLORS["orange"])
        ax.axvline(start, color=COLORS["black"], lw=1, ls=":")
        ax.set(
            title=after,
            xlabel="x",
            xlim=(low, high),
            ylim=(0, 0.3),
        )
        ax.set_yticks([])
        words.append(f"after {after} mean {values.mean():.1f} and sd {values.std():.1f}")
    axes[0].set_ylabel("density")
    return figure(
        fig,
        caption=f"{len(values):,} chains that all start at the dotted line. Bars: where they "
        "stand after so many steps. Line: the target.",
        alt=f"{len(snapshots)} panels: a histogram of chains and the target's density, a hump with "
        f"a shoulder and long tails. The chains {'; '.join(words)}.",
    )


def components(density: Density, parts: Mapping[str, Density], low: float, high: float) -> Figure:
    """Draw the mixture and its weighted components."""
    grid = np.linspace(low, high, 500)
    fig, ax = plt.subplots(figsize=(8, 3.6))
    colors = ("green", "purple", "sky", "orange")
    for number, ((name, part), color) in enumerate(zip(parts.items(), colors, strict=False)):
        values = part(grid)
        ax.fill_between(grid, values, color=COLORS[color], alpha=0.35)
        # Names stand in two columns, and thin lines lead to where a component is half as high.
        left = number < 2
        half = np.flatnonzero(values > 0.5 * values.max())
        at = grid[half[0] if left else half[-1]]
        ax.annotate(
            name,
            (at, part(at)),
            (low + 0.5 if left else high - 0.5, 0.075 + 0.045 * (number % 2)),
            ha="left" if left else "right",
            va="center",
            fontsize=12,
            arrowprops={"arrowstyle": "-", "color": COLORS["grey"], "lw": 0.8},
        )
    ax.plot(grid, density(grid), color=COLORS["black"])
    ax.set(xlabel="x", ylabel="density", xlim=(low, high), ylim=(0, None))
    return figure(
        fig,
        caption="The target (line) is the sum of four normal densities, each times its weight.",
        alt="A curve with a high narrow peak near 0, a shoulder to its left and a broad one to its "
        f"right, over {len(parts)} filled bell curves: {', '.join(parts)}.",
    )


def sweeps(panels: Mapping[str, Mapping[str, Mapping[int, Sequence[float]]]], where: str) -> Figure:
    """Draw draws per second against size, one line a system, one panel a sweep.

    Parameters
    ----------
    panels : mapping of str to mapping of str to mapping of int to sequence
        Label of the horizontal axis → system → size → draws per second of each run.
    where : str
        Machine and date.
    """
    fig, axes = plt.subplots(
        1, len(panels), figsize=(11.5, 5.4), sharey=True, squeeze=False, layout="constrained"
    )
    words = []
    for ax, (label, systems) in zip(axes[0], panels.items(), strict=True):
        ends = {}
        for system, points in systems.items():
            color, marker, name = LOOK[system]
            sizes = np.array(sorted(points))
            middle = np.array([np.median(points[size]) for size in sizes])
            low, high = (np.array([f(points[size]) for size in sizes]) for f in (min, max))
            ls = "--" if system in ("jax-1dev", "numpy-2proc", "tfp-graph") else "-"
            ax.plot(sizes, middle, marker=marker, ls=ls, color=COLORS[color], lw=1.8, ms=6)
            ax.fill_between(sizes, low, high, color=COLORS[color], alpha=0.2, lw=0)
            ends[name] = (sizes[-1], middle[-1], COLORS[color])
            words.append(f"{name} {middle[0]:.2g} to {middle[-1]:.2g} ({label.lower()})")
        _label_ends(ax, ends)
        ax.set(xscale="log", yscale="log", xlabel=label)
        ax.yaxis.set_major_locator(LogLocator(numticks=12))
        ax.yaxis.set_minor_formatter(NullFormatter())
    axes[0, 0].set_ylabel("draws per second")
    return figure(
        fig,
        caption="Draws per second, compiling left out; the band spans all runs. Recorded: "
        f"{where}.",
        alt="Two panels of lines on logarithmic axes, draws per second against size. "
        + "; ".join(words)
        + ".",
    )


def _label_ends(ax, ends: Mapping[str, tuple[float, float, str]]) -> None:
    """Write names to the right of the last points, far enough apart to be read."""
    farthest = max(x for x, _, _ in ends.values())
    order = sorted(ends, key=lambda name: ends[name][1])
    logs = [np.log10(ends[name][1]) for name in order]
    low, high = min(logs), max(logs)
    step = max((high - low) / max(len(order) - 1, 1) * 0.75, 0.24)
    places = []
    for value in logs:
        places.append(max(value, places[-1] + step) if places else value)
    shift = (places[-1] - high) / 2
    for name, place in zip(order, places, strict=True):
        x, y, color = ends[name]
        ax.annotate(
            name,
            (x, y),
            (farthest * 2.2, 10 ** (place - shift)),
            color=color,
            fontsize=11,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": color, "lw": 0.6, "alpha": 0.6},
        )


def crossover(
    sizes: np.ndarray,
    seconds: Mapping[str, np.ndarray],
    fixed: Mapping[str, float],
    crossings: Mapping[str, float],
    label: str,
) -> Figure:
    """Draw seconds of a whole run, compiling included, against its size.

    Parameters
    ----------
    sizes : ndarray
        Draws a chain of the runs.
    seconds : mapping of str to ndarray
        For each program the seconds of its runs, compiling not included.
    fixed : mapping of str to float
        Seconds before the first draw.
    crossings : mapping of str to float
        For each slow program the draws from which on the fast one is done first.
    label : str
        Label of the horizontal axis.
    """
    fig, ax = plt.subplots(figsize=(9.5, 4.6))
    end = max(3 * max(crossings.values()), 10 * sizes[-1])
    line = np.geomspace(sizes[0], end, 200)
    words = []
    for (name, values), color in zip(seconds.items(), ("black", "orange", "blue"), strict=False):
        start, each = fixed[name], values[-1] / sizes[-1]
        ax.plot(line, start + each * line, color=COLORS[color], lw=1.5)
        ax.plot(sizes, start + values, "o", color=COLORS[color])
        ax.annotate(
            name,
            (end, start + each * end),
            (8, 0),
            textcoords="offset points",
            color=COLORS[color],
            va="center",
        )
        if name in crossings:
            ax.axvline(crossings[name], color=COLORS[color], ls=":", lw=1.5)
            words.append(f"{name}, which JAX overtakes at {crossings[name]:,.0f} draws")
    ax.set(xscale="log", yscale="log", xlabel=label, ylabel="seconds, compiling included")
    ax.set_xlim(sizes[0] / 1.5, end * 12)
    return figure(
        fig,
        caption="A whole run, compiling included. Dots: measured by this page. Lines: fixed cost "
        "plus seconds a step. Dotted: where JAX has caught up.",
        alt="Three curves on logarithmic axes. That of JAX is flat for a long time and then rises; "
        f"the others rise from the start: {'; '.join(words)}.",
    )


def forgetting(
    sizes: np.ndarray, times: np.ndarray, rates: np.ndarray, marked: Mapping[str, float]
) -> Figure:
    """Draw autocorrelation time and acceptance rate against the step size."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.9))
    left.plot(sizes, times, "o-", color=COLORS["blue"])
    right.plot(sizes, rates, "o-", color=COLORS["green"])
    for ax, values in ((left, times), (right, rates)):
        for name, size in marked.items():
            at = float(np.interp(np.log(size), np.log(sizes), values))
            ax.plot(size, at, "o", ms=13, mfc="none", mec=COLORS["orange"], mew=2.5)
            ax.annotate(
                name,
                (size, at),
                (8, 10),
                textcoords="offset points",
                color=COLORS["orange"],
            )
        ax.set(xscale="log", xlabel="step size", xlim=(0.7 * sizes[0], 1.4 * sizes[-1]))
    left.set(yscale="log", ylabel="autocorrelation time (steps)")
    left.set_ylim(times.min() / 2, times.max() * 4)
    right.set(ylabel="acceptance rate", ylim=(0, 1.15))
    best = sizes[np.argmin(times)]
    return figure(
        fig,
        caption="Left: steps for one effective draw. Right: share of accepted proposals. Both from "
        "the transition matrix on a grid, so without noise.",
        alt=f"The autocorrelation time falls from {times[0]:.0f} steps at step size {sizes[0]:g} "
        f"to {times.min():.0f} at {best:.1f} and rises again; the acceptance rate falls from "
        f"{rates[0]:.2f} to {rates[-1]:.2f}.",
    )


def convergence(
    lengths: np.ndarray,
    errors: np.ndarray,
    mcse: np.ndarray,
    rhats: Mapping[str, np.ndarray],
    threshold: Mapping[str, float],
) -> Figure:
    """Draw the error of the mean, and two diagnostics, against the length of the warm-up."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    left.plot(lengths, np.abs(errors), "o-", color=COLORS["orange"])
    left.plot(lengths, 2 * mcse, "s--", color=COLORS["grey"])
    left.annotate(
        "error",
        (lengths[0], abs(errors[0])),
        (6, 6),
        textcoords="offset points",
        color=COLORS["orange"],
    )
    left.annotate(
        "2 standard errors",
        (lengths[0], 2 * mcse[0]),
        (0, -26),
        textcoords="offset points",
        color=COLORS["grey"],
    )
    left.set(xscale="log", yscale="log", xlabel="steps of warm-up", ylabel="error of the mean")
    for (name, values), (color, marker) in zip(
        rhats.items(), (("blue", "o"), ("green", "s")), strict=False
    ):
        right.plot(lengths, values - 1, marker=marker, color=COLORS[color])
        right.annotate(
            name,
            (lengths[-1], values[-1] - 1),
            (8, 0),
            textcoords="offset points",
            color=COLORS[color],
            va="center",
        )
        right.axhline(threshold[name] - 1, color=COLORS[color], ls=":", lw=1.5)
    right.set(xscale="log", yscale="log", xlabel="steps of warm-up", ylabel="diagnostic − 1")
    right.set_xlim(lengths[0] / 1.3, lengths[-1] * 12)
    words = "; ".join(f"{n} from {v[0]:.3g} to {v[-1]:.5g}" for n, v in rhats.items())
    return figure(
        fig,
        caption="Many short chains. Left: distance of the mean of all draws from the exact one, "
        "and two standard errors. Right: two diagnostics less 1; dotted, what each should stay "
        "below.",
        alt=f"Left: the error falls from {abs(errors[0]):.2g} to {abs(errors[-1]):.2g} as the "
        f"warm-up grows. Right: {words}.",
    )


def wrong_density(grid: np.ndarray, curves: Mapping[str, np.ndarray]) -> Figure:
    """Draw what a wrong log density takes for the target."""
    fig, ax = plt.subplots(figsize=(8, 3.6))
    looks = (("black", "-"), ("orange", "--"))
    for (name, values), (color, style) in zip(curves.items(), looks, strict=False):
        ax.plot(grid, values, ls=style, color=COLORS[color], label=name)
    ax.set(xlabel="x", ylabel="density", ylim=(0, None), xlim=(grid[0], grid[-1]))
    ax.legend(loc="upper right")
    areas = "; ".join(f"{n}: area {np.trapezoid(v, grid):.2f}" for n, v in curves.items())
    return figure(
        fig,
        caption="The mixture, and what the published log density makes of it.",
        alt=f"Two curves over x. {areas}.",
    )
