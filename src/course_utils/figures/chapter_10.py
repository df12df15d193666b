"""Figures of chapter 10, variational inference."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.display import COLORS, Figure, figure
from course_utils.figures.film import Film, film
from course_utils.vi import Gaussian

Normal = tuple[np.ndarray, np.ndarray]  # mean (2,) and covariance (2, 2)
LogDensity = Callable[[np.ndarray], np.ndarray]  # (num, 2) -> (num,)

# Lower left and upper right corner of what is shown of a target.
WINDOWS = {
    "banana": ((-5, -8), (5, 16)),
    "funnel": ((-9, -12), (9, 12)),
    "humps at ±6": ((-9.5, -4), (9.5, 4)),
}


def outline(mean: np.ndarray, covariance: np.ndarray, num_sds: float = 2.0) -> np.ndarray:
    """Return the ellipse ``num_sds`` standard deviations from the mean, shape (2, 200)."""
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = num_sds * np.array([np.cos(angle), np.sin(angle)])
    return np.asarray(mean)[:, None] + np.linalg.cholesky(covariance) @ circle


def exact_climb(
    correlation: float, is_full: bool, start: Sequence[float], num_steps: int
) -> list[Normal]:
    """Climb the ELBO of a normal target by its exact gradient, in small steps, for a picture."""
    precision = np.linalg.inv([[1, correlation], [correlation, 1]])
    mean, factor = np.array(start[:2], float), np.diag(np.exp(start[2:4]))
    path = [(mean, factor @ factor.T)]
    allowed = np.tril(np.ones((2, 2))) if is_full else np.eye(2)
    for _ in range(num_steps):
        mean = mean - 0.02 * precision @ mean
        uphill = allowed * (np.diag(1 / np.diag(factor)) - precision @ factor)
        factor = factor + 0.02 * uphill
        path.append((mean, factor @ factor.T))
    return path


def idea(correlation: float, start: Sequence[float], steps: Sequence[int]) -> Figure:
    """Draw the approximation on its way to a correlated normal, for both families."""
    fig, axes = plt.subplots(1, 2, figsize=(10, 5.7), sharey=True)
    target = np.zeros(2), np.array([[1, correlation], [correlation, 1]])
    for ax, family in zip(axes, ("mean-field", "full rank"), strict=True):
        path = exact_climb(correlation, family == "full rank", start, max(steps))
        ax.fill(*outline(*target), color=COLORS["sky"], alpha=0.35)
        ax.plot(*outline(*target), color=COLORS["blue"])
        for rank, step in enumerate(steps):
            share = (rank + 1) / len(steps)
            ax.plot(*outline(*path[step]), color=COLORS["orange"], alpha=share, lw=1 + 2 * share)
        ax.plot(*np.transpose([mean for mean, _ in path]), ":", color=COLORS["orange"], lw=1.5)
        ax.annotate("start", path[0][0], (0, -26), textcoords="offset points", ha="center")
        ax.text(1.35, -1.0, "target π", color=COLORS["blue"])
        ax.text(-3.2, -2.55, "thin to thick:\nq on its way", color=COLORS["orange"])
        ax.set(title=family, xlabel="first unknown", xlim=(-3.4, 3), ylim=(-2.8, 3.2))
        ax.set_aspect("equal")
    axes[0].set_ylabel("second unknown")
    return figure(
        fig,
        caption="An approximation q climbs towards a normal target of correlation "
        f"{correlation:g}: after {', '.join(map(str, steps))} small steps. Ellipses are two "
        "standard deviations wide.",
        alt="Two panels with a tilted target ellipse. On the left, upright ellipses move from the "
        "upper left to the centre and end as a circle, too short along the target's ridge and too "
        "wide across it. On the right, they tilt as well and end on the target.",
    )


def climb_film(correlation: float, start: Sequence[float], rate: float = 0.1) -> Film:
    """Make the moving picture of the climb; where no script runs, it shows a still one."""
    fig, ax = plt.subplots(figsize=(5, 4))
    path = exact_climb(correlation, False, start, 400)
    ax.plot(*outline(np.zeros(2), np.array([[1, correlation], [correlation, 1]])), lw=3)
    ax.plot(*outline(*path[-1]), "--", color=COLORS["orange"])
    ax.set(xlabel="first unknown", ylabel="second unknown", aspect="equal")
    still = figure(
        fig,
        caption="A still frame: mean-field at its best, on a tilted target.",
        alt="A dashed circle at the centre of a tilted ellipse, shorter than its ridge.",
    )
    settings = {"rho": correlation, "step": 300, "start": [*start, 0.0], "rate": rate}
    title = (
        "An approximation moves onto a normal target while the ELBO climbs, with sliders for step "
        "and correlation"
    )
    return film("climb", settings, title=title, height=580, still=still)


def two_directions(
    grid: np.ndarray, target: np.ndarray, panels: Mapping[str, Mapping[str, np.ndarray]]
) -> Figure:
    """Draw the best normals in either direction of the divergence, over a target with two humps."""
    fig, axes = plt.subplots(1, len(panels), figsize=(5 * len(panels), 3.9), sharey=True)
    for ax, (title, curves) in zip(axes, panels.items(), strict=True):
        ax.fill_between(grid, target, color=COLORS["sky"], alpha=0.4)
        for (label, density), style in zip(curves.items(), ("-", "--"), strict=False):
            ax.plot(grid, density, style, color=COLORS["orange"])
            top = int(np.argmax(density))
            side = int(np.sign(grid[top])) if len(curves) > 1 else 1
            ax.annotate(
                label,
                (grid[top], density[top]),
                (20 * side, -4 if len(curves) > 1 else 8),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                color=COLORS["orange"],
            )
        ax.set(title=title, xlabel="x", yticks=[])
        ax.set_ylim(0, 1.1 * max(density.max() for c in panels.values() for density in c.values()))
    axes[0].set_ylabel("density")
    return figure(
        fig,
        caption="Shaded: the target. Lines: the normals that minimise the divergence in one "
        "direction and in the other.",
        alt="A density with two humps, twice. "
        + " ".join(
            f"{title}: normals centred at "
            + " and ".join(f"{grid[int(np.argmax(d))]:.1f}" for d in curves.values())
            + "."
            for title, curves in panels.items()
        ),
    )


def climbs(
    curves: Mapping[str, np.ndarray],
    levels: Mapping[str, float],
    seen: np.ndarray | None = None,
    depth: float = 6.0,
) -> Figure:
    """Draw the ELBO against steps, with the levels that it cannot exceed."""
    fig, ax = plt.subplots(figsize=(8.6, 4.3))
    length = max(len(curve) for curve in curves.values())
    if seen is not None:
        ax.plot(seen, ".", color=COLORS["grey"], alpha=0.35, markersize=4)
        ax.text(0.3 * length, np.min(seen[length // 5 :]) - 0.06 * depth, "dots: as estimated",
                color=COLORS["grey"], va="top")  # fmt: skip
    for (label, curve), color in zip(curves.items(), ("orange", "green"), strict=False):
        ax.plot(curve, color=COLORS[color], lw=1.5)
        ax.annotate(
            label,
            (length, curve[-1]),
            (6, -5),
            textcoords="offset points",
            va="top",
            color=COLORS[color],
        )
    for label, level in levels.items():
        ax.axhline(level, color=COLORS["blue"], linestyle="--", lw=1.5)
        ax.annotate(
            label,
            (length, level),
            (6, 3),
            textcoords="offset points",
            va="bottom",
            color=COLORS["blue"],
        )
    top = max(levels.values())
    ax.set(xlabel="step", ylabel="ELBO", xlim=(0, 1.36 * length))
    ax.set_ylim(top - depth, top + 0.2 * depth)
    return figure(
        fig,
        caption="The ELBO climbs from step to step. Dashed: levels that theory gives.",
        alt="; ".join(
            f"the ELBO of {label} rises to {np.mean(curve[-50:]):.2f}"
            for label, curve in curves.items()
        )
        + "; "
        + "; ".join(f"{label} is at {level:.2f}" for label, level in levels.items())
        + ".",
    )


def sd_ratios(rhos: np.ndarray, measured: Mapping[str, np.ndarray]) -> Figure:
    """Draw reported over true standard deviation against the correlation of the target."""
    fig, ax = plt.subplots(figsize=(8, 4.3))
    fine = np.linspace(0, 1, 400)
    ax.plot(fine, np.sqrt(1 - fine**2), color=COLORS["blue"])
    ax.text(0.40, 0.80, "√(1 − ρ²)", color=COLORS["blue"])
    colors = {"mean-field": "orange", "full rank": "green"}
    for (label, ratio), marker in zip(measured.items(), "os", strict=False):
        color = COLORS[colors.get(label, "black")]
        ax.plot(rhos, ratio.mean(axis=-1), marker, color=color, markersize=8)
        ax.text(
            0.02,
            0.90 if label == "mean-field" else 1.06,
            label,
            color=color,
        )
    ax.set(
        xlabel="correlation ρ of the target", ylabel="reported sd / true sd", ylim=(0, 1.18),
        xlim=(-0.02, 1.01),
    )  # fmt: skip
    return figure(
        fig,
        caption="Standard deviation that each family reports, as a share of the true one. Marks: "
        "fitted. Line: theory.",
        alt="Marks of mean-field lie on a curve that falls from one to zero as the correlation "
        "grows; those of full rank stay at one.",
    )


def misfits(panels: Mapping[str, tuple[LogDensity, Gaussian, str]]) -> Figure:
    """Draw targets that are no normals, with the normal fitted to each and a word on it."""
    fig, axes = plt.subplots(1, len(panels), figsize=(3.6 * len(panels), 4.2))
    for ax, (title, (logdensity, q, words)) in zip(axes, panels.items(), strict=True):
        first, second = np.linspace(*WINDOWS[title], 160).T
        points = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
        height = np.asarray(logdensity(points)).reshape(160, 160)
        levels = height.max() - np.array([8.0, 4.5, 2.0, 0.5, 0.0])
        ax.contourf(
            first, second, height, levels=levels, cmap="Blues", alpha=0.75, vmin=levels[0] - 2
        )
        ax.plot(
            *outline(np.asarray(q.mean), np.asarray(q.covariance)), color=COLORS["orange"], lw=3
        )
        ax.set(title=title, xlim=(first[0], first[-1]), ylim=(second[0], second[-1]))
        ax.set_xlabel(words, color=COLORS["orange"])
    return figure(
        fig,
        caption="Shaded: the target, each band a step down in log density. Ellipse: the fitted "
        "normal at two standard deviations.",
        alt="; ".join(
            f"{title}: an ellipse of the fitted normal covers only a part of the target, {words}"
            for title, (_, _, words) in panels.items()
        )
        + ".",
    )


def growth(sizes: Sequence[int], seconds: Mapping[str, Mapping[int, np.ndarray]]) -> Figure:
    """Draw seconds against rows of data, one line a method, with the range of the repeats."""
    fig, ax = plt.subplots(figsize=(8, 4.3))
    looks = zip(seconds.items(), ("blue", "orange"), ("o-", "s--"), strict=False)
    for (label, by_size), color, style in looks:
        arrived = {size: by_size[size][np.isfinite(by_size[size])] for size in sizes}
        there = [size for size in sizes if arrived[size].size]
        middle = [np.median(arrived[size]) for size in there]
        ax.plot(there, middle, style, color=COLORS[color], markersize=8)
        for size in there:
            ax.vlines(size, arrived[size].min(), arrived[size].max(), color=COLORS[color], lw=5,
                      alpha=0.3)  # fmt: skip
        if there:
            ax.annotate(
                label, (there[-1], middle[-1]), (10, 0), textcoords="offset points", va="center",
                color=COLORS[color],
            )  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="rows of data", ylabel="seconds, compiled")
    ax.set_xlim(0.7 * min(sizes), 8 * max(sizes))
    return figure(
        fig,
        caption="Seconds until every posterior mean is within a tenth of a standard deviation of "
        "the exact one, compiling left out. Bars: the range of the repeats.",
        alt="; ".join(
            f"{label}: "
            + ", ".join(f"{np.median(v):.2g} s at {size:,} rows" for size, v in by_size.items())
            for label, by_size in seconds.items()
        )
        + ".",
    )
