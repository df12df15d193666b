"""Figures of chapter 7, NUTS.

A *tree* here is what the chapter's sampler by hand returns: ``draw``, ``doublings`` (a list of new
leaves for each doubling, in the order in which they were taken), ``checks`` (the times of the first
and the last leaf of each stretch that was looked at, and whether it turns). A leaf has ``time``,
``x``, ``p`` and ``log_weight``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from course_utils.display import COLORS, Figure, figure
from course_utils.figures.film import Film, film

LogDensity = Callable[[np.ndarray], float]
Box = tuple[tuple[float, float], tuple[float, float]]
# One colour a doubling; beyond the sixth they begin anew.
DOUBLINGS = [COLORS[name] for name in ("blue", "purple", "yellow", "sky", "grey", "black")]


def _heights(log_density: LogDensity, box: Box, num: int = 120) -> tuple[np.ndarray, ...]:
    """Tabulate a log density on a grid, relative to its largest value there."""
    x, y = (np.linspace(low, high, num) for low, high in box)
    values = np.array([[log_density(np.array([a, b])) for a in x] for b in y])
    return x, y, values - values.max()


def _contours(ax: Any, log_density: LogDensity, box: Box) -> Any:
    """Draw lines of equal density at whole numbers of standard deviations of a normal."""
    levels = [-8.0, -4.5, -2.0, -0.5]
    drawn = ax.contour(
        *_heights(log_density, box), levels=levels, colors="#bbbbbb", linewidths=1, linestyles="-"
    )
    ax.set(xlim=box[0], ylim=box[1])
    return drawn


def u_turn(log_density: LogDensity, box: Box, positions: np.ndarray, turn: int) -> Figure:
    """Draw a path that turns back, and its distance from the start over time."""
    distance = np.linalg.norm(positions - positions[0], axis=1)
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4))
    _contours(left, log_density, box)
    for ax, x, y in (
        (left, positions[:, 0], positions[:, 1]),
        (right, np.arange(len(distance)), distance),
    ):
        ax.plot(x[: turn + 1], y[: turn + 1], "o-", color=COLORS["blue"], ms=5, lw=1.5)
        ax.plot(x[turn:], y[turn:], "s--", color=COLORS["orange"], ms=5, lw=1.5)
        ax.plot(x[0], y[0], "o", color=COLORS["black"], ms=9)
    left.plot(*zip(positions[0], positions[turn], strict=True), ":", color=COLORS["black"], lw=1.5)
    left.annotate("start", positions[0], (-4, 10), textcoords="offset points", ha="center")
    left.set(xlabel="$x_1$", ylabel="$x_2$", title="a path of leapfrog steps", aspect="equal")
    right.axvline(turn, color=COLORS["black"], ls=":", lw=1.5)
    right.annotate(
        "away:\nworth its price",
        (0, 0.85 * distance.max()),
        color=COLORS["blue"],
    )
    right.annotate(
        "back again:\nwasted",
        (turn, 0.15 * distance.max()),
        (10, 0),
        textcoords="offset points",
        color=COLORS["orange"],
    )
    right.set(xlabel="leapfrog step", ylabel="distance from the start", ylim=(0, None))
    right.set_title("how far it has come")
    return figure(
        fig,
        caption="One path on a round target. Up to the dotted line it moves away from where it "
        "began, beyond it it comes back: a U-turn.",
        alt=f"Left, a path of dots that curves away from its start and then back towards it. "
        f"Right, its distance from the start, which rises until step {turn} and falls afterwards.",
    )


def _order(tree: Any) -> dict[int, int]:
    """Give each time of a tree the place of its leaf in the order of taking; the start has 0."""
    taken = [leaf.time for new in tree.doublings for leaf in new]
    return {0: 0} | {time: number for number, time in enumerate(taken, start=1)}


def _is_dropped(tree: Any, index: int) -> bool:
    """Tell whether a doubling was thrown away: the last one, if it is broken."""
    new = tree.doublings[index]
    if index + 1 < len(tree.doublings):
        return False
    times = {leaf.time for leaf in new}
    turned = any(turns and {a, b} <= times for a, b, turns in tree.checks if a != b)
    return tree.is_divergent or turned or len(new) < 2**index


def tree(tree: Any, log_density: LogDensity, box: Box, root: Any) -> Figure:
    """Draw the leaves of a tree in the plane, and the tree itself with every stretch checked."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 5), width_ratios=[1, 1.35])
    _contours(left, log_density, box)
    leaves = sorted((leaf for new in tree.doublings for leaf in new), key=lambda leaf: leaf.time)
    path = sorted([*leaves, root], key=lambda leaf: leaf.time)
    left.plot(*np.array([leaf.x for leaf in path]).T, color=COLORS["grey"], lw=1)
    for index, new in enumerate(tree.doublings):
        color, is_dropped = DOUBLINGS[index % 6], _is_dropped(tree, index)
        style = {"mfc": "white" if is_dropped else color, "mec": color, "ms": 7, "mew": 1.6}
        left.plot(*np.array([leaf.x for leaf in new]).T, "o", **style)
        times = [leaf.time for leaf in new]
        right.plot(times, np.zeros(len(times)), "o", **style)
        right.annotate(
            f"{index + 1}",
            (np.mean(times), 0),
            (0, -20),
            textcoords="offset points",
            ha="center",
            color=color,
            weight="bold",
        )
    for a, b, turns in tree.checks:
        level = np.log2(abs(b - a) + 1)
        color = COLORS["orange"] if turns else COLORS["green"]
        right.plot([a, b], [level, level], "--" if turns else "-", color=color, lw=3)
        for end in (a, b):
            right.plot([end, end], [0, level], color=color, lw=0.6, alpha=0.6)
    turned = [check for check in tree.checks if check[2]]
    for a, b, _ in turned:
        right.annotate(
            "turns back",
            ((a + b) / 2, np.log2(abs(b - a) + 1)),
            (0, 6),
            textcoords="offset points",
            ha="center",
            color=COLORS["orange"],
        )
    for ax, start, draw in (
        (left, root.x, tree.draw.x),
        (right, (root.time, 0), (tree.draw.time, 0)),
    ):
        ax.plot(*start, "o", color=COLORS["black"], ms=10)
        ax.plot(*draw, "*", color=COLORS["orange"], mec=COLORS["black"], ms=19)
    left.set(xlabel="$x_1$", ylabel="$x_2$", title="where the leaves are")
    right.set(xlabel="time, in leapfrog steps", ylabel="level: stretch of $2^k$ points")
    top = int(np.log2(max(abs(b - a) + 1 for a, b, _ in tree.checks)))
    right.set(title="the tree", ylim=(-0.75, top + 0.6), yticks=range(top + 1))
    words = ", ".join(
        f"{len(new)} {'forward' if new[0].time > 0 else 'back'}" for new in tree.doublings
    )
    return figure(
        fig,
        caption="A real tree. Black: the start. Colours and numbers: the doublings (hollow: thrown "
        "away). Each bar is a stretch that was looked at: green, solid, if it goes straight on; "
        "orange, dashed, if it turns back. Star: the draw.",
        alt=f"Left, leaves along a curved path. Right, the same leaves in order of time, with bars "
        f"above them for stretches of 2, 4, 8 … points. The doublings add {words} leaves; "
        f"{len(turned)} of {len(tree.checks)} stretches turn back. The draw is at time "
        f"{tree.draw.time}.",
    )


def tree_film(
    trees: Mapping[str, Mapping[float, Any]],
    log_densities: Mapping[str, tuple[LogDensity, Box]],
    still: Figure,
) -> Film:
    """Make the moving picture of trees that were built beforehand, one for each step size.

    Parameters
    ----------
    trees : mapping of str to mapping of float to tree
        For each target the tree of each step size, all from one start with one momentum.
    log_densities : mapping of str to (Callable, box)
        The targets.
    still : Figure
        What is shown where no script runs.
    """
    targets = []
    for name, by_step in trees.items():
        log_density, box = log_densities[name]
        fig, ax = plt.subplots()
        lines = _contours(ax, log_density, box)
        plt.close(fig)
        films = [{"stepSize": size, **_film(tree)} for size, tree in sorted(by_step.items())]
        segments = [np.round(s, 2).tolist() for level in lines.allsegs for s in level if len(s)]
        targets.append({"name": name, "box": box, "contours": segments, "films": films})
    title = "a doubling tree that grows leaf by leaf, with sliders for leaf and step size"
    return film("tree", {"targets": targets}, title=title, height=560, still=still)


def _film(tree: Any) -> dict[str, Any]:
    """Turn a tree into what the film needs: leaves and checks in the order of their making."""
    order = _order(tree)
    start = tree.root
    leaves = [[0, *np.round(start.x, 3).tolist(), *np.round(start.p, 3).tolist(), 0]]
    for index, new in enumerate(tree.doublings, start=1):
        leaves += [
            [leaf.time, *np.round(leaf.x, 3).tolist(), *np.round(leaf.p, 3).tolist(), index]
            for leaf in new
        ]
    return {
        "leaves": leaves,
        "checks": [[a, b, bool(t), max(order[a], order[b])] for a, b, t in tree.checks],
        "draw": order[tree.draw.time],
        "dropped": len(tree.doublings) if _is_dropped(tree, len(tree.doublings) - 1) else 0,
        "turned": tree.checks[-1][2],
        "divergent": bool(tree.is_divergent),
    }


def warmup(
    step_sizes: np.ndarray,
    averages: np.ndarray,
    leaves: np.ndarray,
    windows: Sequence[tuple[int, int]],
) -> Figure:
    """Draw the step size over a warm-up and what a draw costs, with the windows behind them."""
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(10, 6), sharex=True, height_ratios=[1.4, 1])
    for ax in (top, bottom):
        for index, (begin, end) in enumerate(windows):
            ax.axvspan(begin, end, color=COLORS["sky"], alpha=0.30 if index % 2 else 0.15, lw=0)
    top.plot(step_sizes, ".", ms=3, color=COLORS["grey"])
    top.plot(averages, color=COLORS["blue"])
    top.annotate(
        "its average",
        (windows[-1][0] + 80, averages[windows[-1][0] + 80]),
        (0, 44),
        textcoords="offset points",
        color=COLORS["blue"],
    )
    top.set(yscale="log", ylabel="step size ε", xlim=(0, len(step_sizes)))
    for index, (begin, end) in enumerate(windows):
        top.annotate(
            f"window {index + 1}" if end - begin >= 100 else f"{index + 1}",
            ((begin + end) / 2, 1.02),
            xycoords=("data", "axes fraction"),
            ha="center",
            fontsize=12,
        )
    bottom.plot(leaves, ".", ms=4, color=COLORS["orange"])
    bottom.set(yscale="log", ylabel="leaves of the tree", xlabel="step of the warm-up")
    ends = ", ".join(str(end) for _, end in windows)
    return figure(
        fig,
        caption="A warm-up. Shaded: the windows in which draws are collected; at the end of each "
        "the inverse mass matrix is made anew and the search for the step size starts again. Grey "
        "dots: the step size in use. Line: its average.",
        alt=f"Above, a step size that swings and settles, and jumps up after the windows that end "
        f"at steps {ends}. Below, the number of leaves of a tree, which falls from about "
        f"{np.median(leaves[: windows[0][1]]):.0f} to about {np.median(leaves[-50:]):.0f}.",
    )


def path_lengths(
    hmc: Mapping[str, Mapping[int, np.ndarray]], nuts: Mapping[str, np.ndarray]
) -> Figure:
    """Draw effective draws per gradient of HMC against its number of steps, and of NUTS."""
    fig, axes = plt.subplots(1, len(hmc), figsize=(10, 4.2))
    words = []
    for ax, (name, by_steps) in zip(axes, hmc.items(), strict=True):
        steps = list(by_steps)
        middle = [np.median(values) for values in by_steps.values()]
        ax.plot(steps, middle, "-", color=COLORS["blue"], lw=1.5)
        for count, values in by_steps.items():
            ax.plot([count] * len(values), values, "o", color=COLORS["blue"], ms=5)
        ax.axhspan(nuts[name].min(), nuts[name].max(), color=COLORS["orange"], alpha=0.35, lw=0)
        level = np.median(nuts[name])
        ax.axhline(level, color=COLORS["orange"], ls="--")
        ax.annotate(
            "NUTS",
            (steps[-1], level),
            (0, 5),
            textcoords="offset points",
            ha="right",
            color=COLORS["orange"],
        )
        ax.annotate(
            "HMC",
            (steps[int(np.argmax(middle))], max(middle)),
            (0, 12),
            textcoords="offset points",
            ha="center",
            color=COLORS["blue"],
        )
        ax.set_xscale("log", base=2)
        ax.set_xticks(steps, [str(count) for count in steps])
        ax.set(yscale="log", title=name, xlabel="steps L of a path of HMC")
        best = steps[int(np.argmax(middle))]
        ax.margins(y=0.12)
        words.append(
            f"{name}: HMC is best with {best} steps, at {max(middle):.2g}, NUTS {level:.2g}"
        )
    axes[0].set_ylabel("effective draws per gradient")
    return figure(
        fig,
        caption="Effective draws per gradient, three runs each. HMC depends on its path length; "
        "NUTS (dashed, with the range of its runs) has none to choose.",
        alt="Curves of effective draws per gradient against the number of steps of HMC, with a "
        "level for NUTS. " + "; ".join(words) + ".",
    )


def waiting(steps: np.ndarray) -> Figure:
    """Draw what each chain does at each iteration, in nested loops and in the flat one.

    ``steps`` holds the leapfrog steps of each draw, shape (num_chains, num_draws).
    """
    num_chains, num_draws = steps.shape
    longest = steps.max(axis=0)
    fig, axes = plt.subplots(2, 1, figsize=(10, 6.4), sharex=True)
    shades = (COLORS["blue"], COLORS["sky"])
    for ax, title in zip(axes, ("nested loops", "the flat loop"), strict=True):
        for chain in range(num_chains):
            begin = 0
            for draw in range(num_draws):
                ax.barh(chain, steps[chain, draw], left=begin, color=shades[draw % 2], height=0.7)
                begin += longest[draw] if title == "nested loops" else steps[chain, draw]
        ax.set(ylabel="chain", yticks=range(num_chains), yticklabels=[], title=title)
        ax.grid(False)
    for end in np.cumsum(longest):
        axes[0].axvline(end, color=COLORS["black"], lw=0.8)
    axes[0].set_xlim(0, longest.sum())
    axes[1].set_xlabel("iteration: one leapfrog step of every chain that works")
    idle = 1 - steps.sum() / (num_chains * longest.sum())
    return figure(
        fig,
        caption=f"{num_chains} chains, {num_draws} draws each. Blue: a chain takes a leapfrog step "
        "(dark and light in turn, draw by draw). White: it waits. Above, the next draw begins for "
        "all when the longest tree is complete; below, a chain begins its next draw at once (the "
        "bars end where a chain has all its draws).",
        alt=f"Two bar charts, a row for each chain. Above, {idle:.0%} of the area is white, since "
        "every draw lasts as long as its longest tree. Below, the bars have no gaps, and end "
        f"after {steps.sum(axis=1).min()} to {steps.sum(axis=1).max()} iterations instead of "
        f"{longest.sum()}.",
    )


def neck(
    log_tau: np.ndarray, theta: np.ndarray, is_divergent: np.ndarray, quantiles: Mapping
) -> Figure:
    """Draw the draws of one school against log tau, divergences marked, with exact quantiles."""
    fig, ax = plt.subplots(figsize=(9, 4.8))
    ax.plot(theta, log_tau, ".", ms=2, color=COLORS["sky"], alpha=0.6)
    ax.plot(theta[is_divergent], log_tau[is_divergent], "x", ms=7, mew=1.8, color=COLORS["orange"])
    for probability, value in quantiles.items():
        ax.axhline(value, color=COLORS["black"], ls=":", lw=1.5)
        ax.annotate(
            f"exact {probability:.0%} quantile",
            (1, value),
            (-4, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
        )
    low = min(log_tau.min(), *quantiles.values()) - 0.3
    ax.set(xlabel="effect of the first school, θ₁", ylabel="log τ", ylim=(low, None))
    return figure(
        fig,
        caption="Eight schools, centered: the draws of NUTS (dots), those whose path diverged "
        "(crosses), and how far down the posterior really goes (dotted).",
        alt=f"A funnel of dots that narrows downwards. {int(is_divergent.sum())} divergences sit "
        f"in and above the neck. The lowest draw of log tau is {log_tau.min():.1f}.",
    )


def outlier_lines(
    data: Any,
    probability: np.ndarray,
    lines: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> Figure:
    """Draw the points, how probably each is an outlier, and lines from two posteriors."""
    fig, ax = plt.subplots(figsize=(9, 4.8))
    ends = np.array([min(data.x) - 0.2, max(data.x) + 0.2])
    looks = ((COLORS["orange"], "--"), (COLORS["blue"], "-"))
    last = {name: ends[1] * np.median(m) + np.median(b) for name, (m, b) in lines.items()}
    for (name, (m, b)), (color, style) in zip(lines.items(), looks, strict=True):
        ax.plot(ends, np.outer(ends, m) + b, style, color=color, lw=0.8, alpha=0.35)
        rank = sorted(last.values()).index(last[name])  # labels of near ends stand apart
        place, shift = (ends[1], last[name]), (8, 16 * rank - 12)
        ax.annotate(name, place, shift, textcoords="offset points", color=color)
    ax.errorbar(data.x, data.y, data.sigma, fmt="none", ecolor=COLORS["black"], lw=1.5)
    ax.scatter(
        data.x, data.y, c=1 - probability, cmap="gray", vmin=0, vmax=1, s=90, ec="black", zorder=3
    )
    ax.set(xlabel="x", ylabel="y", xlim=(ends[0], ends[1] + 1.1))
    likely = int((probability > 0.5).sum())
    return figure(
        fig,
        caption="The darker a point, the more probably it is an outlier. Solid lines: draws from "
        "the posterior of the model with outliers. Dashed: from the simple model, which must "
        "explain every point.",
        alt=f"{len(data.x)} points with error bars along a rising line, {likely} of them dark. "
        "Two bundles of lines, of slope "
        + " and ".join(f"{np.median(m):.2f} ({name})" for name, (m, _) in lines.items())
        + ".",
    )


def shares(counts: Mapping[str, np.ndarray], exact: np.ndarray) -> Figure:
    """Draw how often each leaf was picked, beside its share of the weight."""
    size = 5 * len(counts), 3.6
    fig, axes = plt.subplots(1, len(counts), figsize=size, squeeze=False, sharey=True)
    place = np.arange(len(exact))
    for ax, (name, picked) in zip(axes[0], counts.items(), strict=True):
        ax.bar(place, picked / picked.sum(), color=COLORS["sky"], label="picked")
        ax.plot(place, exact, "o", color=COLORS["orange"], label="share of the weight")
        ax.set(xlabel="leaf", title=name, xticks=place)
    axes[0, 0].legend()
    axes[0, 0].set_ylabel("share")
    axes[0, 0].set_ylim(bottom=0)
    worst = {name: np.abs(c / c.sum() - exact).max() for name, c in counts.items()}
    return figure(
        fig,
        caption="How often each leaf was picked (bars), and how often it should be (dots).",
        alt="Bars and dots for each leaf. "
        + "; ".join(f"{name}: largest gap {gap:.2f}" for name, gap in worst.items())
        + ".",
    )
