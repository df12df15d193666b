"""Figures of chapter 3, Metropolis-Hastings."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.display import COLORS, Figure, figure
from course_utils.figures.film import Film, film

Density = Callable[[np.ndarray], np.ndarray]


def idea(density: Density, low: float, high: float, here: float, up: float, down: float) -> Figure:
    """Draw the rule in one picture: uphill always, downhill with the ratio of the heights."""
    grid = np.linspace(low, high, 400)
    ratio = density(down) / density(here)
    fig, ax = plt.subplots(figsize=(8, 4))
    ax.fill_between(grid, density(grid), color=COLORS["sky"], alpha=0.25)
    ax.plot(grid, density(grid), color=COLORS["blue"])
    for x, color, text in (
        (up, "green", "uphill:\nalways accept"),
        (down, "orange", f"downhill: accept with\nprobability {ratio:.2f}"),
    ):
        ax.vlines(x, 0, density(x), color=COLORS[color], linestyle="--")
        ax.annotate(
            "",
            (x, density(x)),
            (here, density(here)),
            arrowprops={"arrowstyle": "->", "color": COLORS[color], "lw": 2.5},
        )
        ax.annotate(
            text,
            (x, density(x)),
            (-12, 6),
            textcoords="offset points",
            ha="right",
            color=COLORS[color],
        )
    ax.vlines(here, 0, density(here), color=COLORS["black"])
    ax.plot(here, density(here), "o", color=COLORS["black"], markersize=10)
    ax.annotate(
        "you are here", (here, density(here)), (-12, 4), textcoords="offset points", ha="right"
    )
    ax.set(xlabel="p", ylabel="height (any scale)", yticks=[], xlim=(low, high), ylim=(0, None))
    return figure(
        fig,
        caption="The rule of Metropolis: compare two heights, and let the ratio decide.",
        alt="A bell-shaped density. From a point on its flank one arrow leads to a higher point, "
        f"marked always accept, another to a lower point, marked accept with probability "
        f"{ratio:.2f}.",
    )


def film_strip(
    density: Density,
    low: float,
    high: float,
    start: float,
    draws: Sequence[float],
    proposals: Sequence[float],
    is_accepted: Sequence[bool],
) -> Figure:
    """Draw one panel per step: where the walker stood, what it tried, whether it moved."""
    grid = np.linspace(low, high, 200)
    num = len(draws)
    fig, axes = plt.subplots(1, num, figsize=(2.1 * num, 3), sharey=True)
    before = [start, *draws[:-1]]
    for step, ax in enumerate(axes):
        color = COLORS["green"] if is_accepted[step] else COLORS["orange"]
        ax.fill_between(grid, density(grid), color=COLORS["sky"], alpha=0.3)
        ax.plot(before[step], density(before[step]), "o", color=COLORS["black"], markersize=8)
        ax.plot(
            proposals[step], density(proposals[step]), "o", mfc="white", mec=color, mew=2.5, ms=9
        )
        ax.annotate(
            "",
            (proposals[step], density(proposals[step])),
            (before[step], density(before[step])),
            arrowprops={"arrowstyle": "->", "color": color, "lw": 2},
        )
        ax.set_title(
            f"{step + 1}: {'accept' if is_accepted[step] else 'reject'}", color=color, fontsize=13
        )
        ax.set(xlim=(low, high), yticks=[], xlabel="p")
    words = ", ".join("accepted" if a else "rejected" for a in is_accepted)
    return figure(
        fig,
        caption=f"The first {num} steps. Black: where the walker stands. Ring: the proposal.",
        alt=f"{num} panels with the same density; in each a point, an arrow and a proposed point. "
        f"The proposals are in turn {words}.",
    )


def trace_and_histogram(draws: np.ndarray, density: Density, low: float, high: float) -> Figure:
    """Draw a chain over time beside its histogram and the exact density."""
    grid = np.linspace(low, high, 300)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), width_ratios=[2, 1], sharey=True)
    left.plot(draws, lw=0.8)
    left.set(xlabel="step", ylabel="p", title="the walk", xlim=(0, 1.03 * len(draws)))
    right.hist(
        draws, bins=40, density=True, orientation="horizontal", color=COLORS["sky"], alpha=0.7
    )
    right.plot(density(grid), grid, color=COLORS["orange"])
    right.set(xlabel="density", title="where it has been", ylim=(low, high))
    return figure(
        fig,
        caption="Left: the position at each step. Right: the same values as a histogram, with the "
        "exact posterior as a line.",
        alt="A jagged line that wanders around one level, and beside it a histogram that follows a "
        "smooth bell curve.",
    )


def flows(grid: np.ndarray, panels: Mapping[str, np.ndarray]) -> Figure:
    """Draw the flow π_i P_ij of each sampler on a grid, and beside it what it lacks in symmetry."""
    fig, axes = plt.subplots(len(panels), 2, figsize=(8.8, 3.7 * len(panels)), squeeze=False)
    gap_scale = max(np.abs(flow - flow.T).max() for flow in panels.values()) or 1.0
    extent = (grid[0], grid[-1], grid[-1], grid[0])
    for (title, flow), (left, right) in zip(panels.items(), axes, strict=True):
        inner = flow - np.diag(np.diag(flow))
        gap = inner - inner.T
        left.imshow(inner, cmap="viridis", extent=extent, vmin=0)
        right.imshow(gap, cmap="PuOr", extent=extent, vmin=-gap_scale, vmax=gap_scale)
        left.set_title(f"{title}\nflow from i to j", fontsize=13)
        right.set_title(f"flow minus its mirror\nlargest gap {np.abs(gap).max():.1e}", fontsize=13)
        for ax in (left, right):
            ax.set(xlabel="to p", ylabel="from p")
            ax.grid(False)
    return figure(
        fig,
        caption="Left: probability that flows between two different grid points in one step. "
        "Right: its difference from the mirror image: violet for more flow than back, orange for "
        "less, white for balance.",
        alt="Heat maps of the flow between grid points, one row per sampler: "
        + "; ".join(
            f"{title}: largest asymmetry {np.abs(flow - flow.T).max():.1e}"
            for title, flow in panels.items()
        )
        + ".",
    )


def step_sizes(chains: Mapping[float, np.ndarray], rates: Mapping[float, float]) -> Figure:
    """Draw a walk for each of several step sizes, the smallest on top."""
    fig, axes = plt.subplots(
        len(chains), 1, figsize=(8, 1.7 * len(chains)), sharex=True, sharey=True
    )
    for ax, (size, draws) in zip(axes, chains.items(), strict=True):
        ax.plot(draws, lw=0.9)
        ax.set_title(f"step size {size:g}: accepts {rates[size]:.0%}", fontsize=13)
        ax.set_ylabel("p")
    axes[-1].set_xlabel("step")
    words = ", ".join(f"{size:g} accepts {rates[size]:.0%}" for size in chains)
    return figure(
        fig,
        caption=f"The same target with {len(chains)} step sizes, from timid to bold.",
        alt=f"{len(chains)} traces; step size {words}. Small steps drift slowly, large ones stand "
        "still for long stretches.",
    )


def acceptance_surface(
    scales: np.ndarray, acceptance: Mapping[int, np.ndarray], efficiency: Mapping[int, np.ndarray]
) -> Figure:
    """Draw acceptance against scale, and efficiency against acceptance, for each dimension."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
    markers = dict(zip(acceptance, "osD^v", strict=False))
    for dim, rate in acceptance.items():
        left.plot(scales, rate, marker=markers[dim], markersize=5, label=f"{dim}")
        share = efficiency[dim] / efficiency[dim].max()
        right.plot(rate, share, marker=markers[dim], markersize=5, label=f"{dim}")
    for value in (0.234, 0.44):
        right.axvline(value, color=COLORS["black"], linestyle=":", lw=1.5)
        right.annotate(f"{value:g}", (value, 1.03), ha="center", fontsize=12)
    left.set(xlabel="scale: step size × √dimension", ylabel="acceptance rate", xscale="log")
    left.legend(title="dimension")
    right.set(
        xlabel="acceptance rate", ylabel="ESS per draw (best = 1)", ylim=(0, 1.12), xlim=(0, 1)
    )
    best = ", ".join(
        f"{rate[np.argmax(efficiency[dim])]:.2f} in dimension {dim}"
        for dim, rate in acceptance.items()
    )
    return figure(
        fig,
        caption="Left: larger steps are accepted less often. Right: effective draws against the "
        "acceptance rate; dotted, the optimum of theory in one dimension (0.44) and in infinitely "
        "many (0.234).",
        alt=f"Acceptance falls with the scale; efficiency peaks at an acceptance rate of {best}.",
    )


def autocorrelation(curves: Mapping[str, np.ndarray]) -> Figure:
    """Draw autocorrelation against lag."""
    fig, ax = plt.subplots(figsize=(8, 3.6))
    for (label, rho), style in zip(curves.items(), ("-", "--", ":"), strict=False):
        ax.plot(rho, style, label=label)
    ax.axhline(0, color=COLORS["black"], lw=1)
    ax.set(xlabel="lag k (steps)", ylabel="autocorrelation ρ(k)", ylim=(-0.1, 1.02))
    ax.legend()
    return figure(
        fig,
        caption="How long the walk remembers where it was.",
        alt="Curves of autocorrelation against lag, falling from one towards zero: "
        + "; ".join(
            f"{label}, {rho[min(10, len(rho) - 1)]:.2f} at lag 10" for label, rho in curves.items()
        )
        + ".",
    )


def histograms(
    draws: Mapping[str, np.ndarray], exact: Density, low: float, high: float, *, label: str
) -> Figure:
    """Draw the draws of several samplers beside the density that they should follow."""
    grid = np.linspace(low, high, 400)
    fig, axes = plt.subplots(1, len(draws), figsize=(4.6 * len(draws), 3.6), sharey=True)
    for ax, (title, values) in zip(np.atleast_1d(axes), draws.items(), strict=True):
        bins = np.linspace(low, high, 60)
        ax.hist(values, bins=bins, density=True, color=COLORS["sky"], alpha=0.7, label="draws")
        ax.plot(grid, exact(grid), color=COLORS["orange"], label="target")
        ax.set(xlabel=label, title=title)
    np.atleast_1d(axes)[0].legend()
    means = "; ".join(f"{title}: mean {np.mean(v):.2f}" for title, v in draws.items())
    return figure(
        fig,
        caption="Draws as bars, the target as a line.",
        alt=f"Histograms against the target density. {means}.",
    )


def stuck(chains: np.ndarray, exact: Density, low: float, high: float) -> Figure:
    """Draw chains on a target with two separate humps."""
    grid = np.linspace(low, high, 400)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), width_ratios=[2, 1], sharey=True)
    left.plot(chains.T, lw=0.8)
    right.plot(exact(grid), grid, color=COLORS["orange"])
    left.set(xlabel="step", ylabel="x", title="four chains")
    right.set(xlabel="density", title="the target")
    crossings = int(np.sum(np.diff(np.sign(chains), axis=1) != 0))
    return figure(
        fig,
        caption=f"Four chains on a target with two humps. Together they cross the valley "
        f"{crossings} times.",
        alt="Four traces, each staying near the hump where it began, beside a density with two "
        f"separate peaks. Number of crossings: {crossings}.",
    )


def walk_film(density: Density, low: float, high: float, start: float, step_size: float) -> Film:
    """Make the moving picture of a random walk on ``density``, tabulated on [low, high]."""
    grid = np.linspace(low, high, 401)
    settings = {
        "low": low,
        "high": high,
        "density": np.round(density(grid) / density(grid).max(), 6).tolist(),
        "start": start,
        "stepSize": step_size,
    }
    title = "a random walk on a density, with a slider for the step size"
    return film("walk", settings, title=title, height=470)
