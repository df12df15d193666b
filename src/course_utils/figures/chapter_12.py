"""Figures of chapter 12, Choosing a sampler."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch

from course_utils.display import COLORS, Figure, figure

# One look for each method in every picture of the chapter.
LOOK = {
    "Metropolis-Hastings": (COLORS["grey"], "s"),
    "Gibbs": (COLORS["orange"], "D"),
    "HMC": (COLORS["purple"], "^"),
    "NUTS": (COLORS["blue"], "o"),
    "VI": (COLORS["green"], "v"),
}


class Advice(NamedTuple):
    """A row of the decision guide: if the answer is yes, this is what to do.

    ``key`` names the property of the problem; ``chapter`` where the advice is explained;
    ``measured`` the line that speaks for it.
    """

    key: str
    question: str
    advice: str
    chapter: str
    measured: str


def race(
    paths: Mapping[str, tuple[np.ndarray, np.ndarray]], model: str, where: str, floor: str
) -> Figure:
    """Draw where each method's error goes as computing time grows.

    Parameters
    ----------
    paths : mapping of str to (seconds, errors)
        For each method, both of shape (num_points,), at a growing number of draws.
    model, where : str
        What was sampled; machine and date.
    floor : str
        The method whose error stops falling.
    """
    fig, ax = plt.subplots(figsize=(9.5, 5.4))
    ends = {name: errors[-1] for name, (_, errors) in paths.items()}
    for name, (seconds, errors) in paths.items():
        color, marker = LOOK[name]
        ax.plot(seconds, 100 * errors, color=color, marker=marker, ms=4, lw=2)
        # Beside the end of its line, where no other line runs.
        at, shift, side = {
            "Metropolis-Hastings": (0, (-8, 0), "right"),
            "Gibbs": (-1, (0, -16), "center"),
        }.get(name, (-1, (8, 0), "left"))
        ax.annotate(name, (seconds[at], 100 * errors[at]), shift, textcoords="offset points",
                    color=color, va="center", ha=side, fontweight="bold")  # fmt: skip
    begin = min(seconds[0] for seconds, _ in paths.values())
    last = max(seconds[-1] for seconds, _ in paths.values())
    ax.set(xscale="log", yscale="log", xlim=(0.07 * begin, 3 * last))
    ax.set(xlabel="computing time of one run, compiling left out (s)")
    ax.set(ylabel="error of a probability\n(percentage points)")
    ticks = [0.3, 1, 3, 10, 30]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    low = min(100 * end for end in ends.values())
    ax.set_ylim(0.6 * low, 60)
    return figure(
        fig,
        caption=f"{model}, four chains: root mean square error of the posterior probabilities that "
        "the draws report, while draws come in. Each line starts where the method's warm-up, of VI "
        f"the fit, ends. Recorded: {where}.",
        alt="Error against computing time, both on logarithmic axes, a line for each of five "
        f"methods. That of {floor} runs level at {100 * ends[floor]:.1f} "
        "percentage points. The others keep falling; at the end they are at "
        + ", ".join(f"{name} {100 * end:.1f}" for name, end in ends.items() if name != floor)
        + ".",
    )


def two_walks(
    log_density: Callable[[np.ndarray, np.ndarray], np.ndarray],
    walks: Mapping[str, np.ndarray],
    ellipse: np.ndarray,
    window: tuple[tuple[float, float], tuple[float, float]],
) -> Figure:
    """Draw the first steps of two samplers over the same posterior.

    Parameters
    ----------
    log_density : Callable
        Of two arrays of the same shape, first and second unknown.
    walks : mapping of str to ndarray, shape (num_steps, 2)
        Positions.
    ellipse : ndarray, shape (2, num)
        Outline of the fitted normal, drawn on the last panel.
    window : pair of pairs
        Range of the first and of the second unknown.
    """
    (x_low, x_high), (y_low, y_high) = window
    x, y = np.meshgrid(np.linspace(x_low, x_high, 120), np.linspace(y_low, y_high, 120))
    log_p = log_density(x, y)
    levels = log_p.max() - np.array([6.0, 3.0, 1.0, 0.3])
    fig, axes = plt.subplots(1, 2, figsize=(10, 4.4), sharey=True)
    for ax, (name, walk) in zip(axes, walks.items(), strict=True):
        ax.contour(x, y, log_p, levels=levels, colors=COLORS["sky"], linestyles="solid",
                   linewidths=1.5)  # fmt: skip
        ax.plot(*walk.T, "-", color=COLORS["grey"], lw=0.8)
        ax.plot(*walk.T, "o", color=COLORS["orange"], ms=4)
        ax.set(title=name, xlabel="distance b⊥", xlim=(x_low, x_high), ylim=(y_low, y_high))
        ax.locator_params(nbins=5)
    axes[0].set_ylabel("angle θ")
    axes[1].plot(*ellipse, "--", color=COLORS["green"])
    axes[1].text(0.97, 0.04, "dashed: fitted normal, 2 sd", transform=axes[1].transAxes, ha="right",
                 color=COLORS["green"])  # fmt: skip
    places = [len(np.unique(walk, axis=0)) for walk in walks.values()]
    return figure(
        fig,
        caption=f"The first {len(next(iter(walks.values())))} positions of two samplers on the "
        "line's posterior (contours). Left: a random walk. Right: proposals from a fitted normal, "
        "wherever the chain stands.",
        alt="Two panels with the same contours. The walk on the left moves in short steps and has "
        f"visited {places[0]} places of one region. On the right the chain has visited "
        f"{places[1]} places all over the hill; a dashed ellipse, the fitted normal, covers it.",
    )


def errors(
    found: Mapping[str, Mapping[str, tuple[float, float]]], limit: float, title: str
) -> Figure:
    """Draw the worst error of each method on each model, with two standard errors.

    Parameters
    ----------
    found : mapping of str to mapping of str to (error, standard error)
        For each model the methods' worst errors, as probabilities.
    limit : float
        A line to compare with, as a probability.
    title : str
        What the rows are.
    """
    fig, axes = plt.subplots(1, len(found), figsize=(11, 3.6), sharey=True)
    words = []
    for ax, (model, cells) in zip(axes, found.items(), strict=True):
        for row, (name, (error, mcse)) in enumerate(cells.items()):
            color, marker = LOOK[name]
            reach = [[min(200 * mcse, 100 * error)], [200 * mcse]]
            ax.errorbar(100 * error, -row, xerr=reach, fmt=marker, color=color, ms=8)
        ax.axvline(100 * limit, color=COLORS["black"], lw=1, ls="--")
        ax.set(title=model, xlabel="percentage points", yticks=-np.arange(len(cells)))
        ax.set_yticklabels(list(cells))
        ax.set_xlim(0, max(4.0, 1.15 * max(100 * (e + 2 * s) for e, s in cells.values())))
        worst = max(cells, key=lambda name: cells[name][0])
        words.append(f"{model}: largest for {worst}, {100 * cells[worst][0]:.1f} points")
    return figure(
        fig,
        caption=f"{title}: the largest distance between a share of draws below an exact quantile "
        "and what it should be, with two Monte Carlo standard errors to either side. Dashed: "
        f"{100 * limit:g} points.",
        alt="A panel for each model, a row for each method. " + "; ".join(words) + ".",
    )


def rates(found: Mapping[str, Mapping[str, tuple[float, float]]], where: str) -> Figure:
    """Draw effective draws per second, without and with compilation.

    Parameters
    ----------
    found : mapping of str to mapping of str to (without, with)
        For each model the methods' effective draws per second.
    where : str
        Machine and date.
    """
    fig, axes = plt.subplots(1, len(found), figsize=(11, 3.8), sharey=True, sharex=True)
    words = []
    for ax, (model, cells) in zip(axes, found.items(), strict=True):
        for row, (name, (without, whole)) in enumerate(cells.items()):
            color, _ = LOOK[name]
            ax.plot([whole, without], [-row, -row], color=color, lw=2, alpha=0.5)
            ax.plot(without, -row, "o", color=color, ms=9)
            ax.plot(whole, -row, "o", mfc="white", mec=color, mew=2, ms=9)
        ax.set(title=model, xscale="log", xlabel="effective draws per second")
        ax.set_yticks(-np.arange(len(cells)), list(cells))
        first = [max(cells, key=lambda name, i=i: cells[name][i]) for i in range(2)]
        words.append(f"{model}: {first[0]} is first without compiling, {first[1]} with it")
    return figure(
        fig,
        caption="Effective draws per second of a whole run, warm-up included. Dot: compiling left "
        f"out; ring: compiling included. Recorded: {where}.",
        alt="A panel for each model, a row for each method, a dot and a ring to its left. "
        + "; ".join(words)
        + ".",
    )


def guide(rows: Sequence[Advice], otherwise: Advice, afterwards: Advice) -> Figure:
    """Draw the decision guide: questions on the left, from top to bottom, advice on the right."""
    every = [*rows, otherwise, afterwards]
    step, height, left, right = 1.25, 0.86, 3.0, 4.0
    fig, ax = plt.subplots(figsize=(11.5, 1.08 * len(every)))
    arrow = {"arrowstyle": "-|>", "color": COLORS["black"], "lw": 1.6, "shrinkA": 0, "shrinkB": 0}

    def box(x, y, width, **look):
        corner, size = (x, y - height / 2), (width, height)
        ax.add_patch(
            FancyBboxPatch(corner, *size, boxstyle="round,pad=0,rounding_size=0.1", **look)
        )

    for i, row in enumerate(every):
        y, is_last = -i * step, row is afterwards
        color = COLORS["orange"] if is_last else COLORS["blue"]
        box(0, y, left, fc="white", ec=color, lw=2)
        ax.text(0.15, y, row.question, va="center", fontsize=12.5)
        ax.annotate("", (right, y), (left, y), arrowprops=arrow)
        box(right, y, 6.2, fc="#eaf4fb", ec=COLORS["sky"], lw=1.5)
        ax.text(right + 0.15, y + 0.19, row.advice, va="center", fontsize=12.5, fontweight="bold")
        ax.text(right + 0.15, y - 0.2, row.measured, va="center", fontsize=11.5)
        ax.text(right + 6.3, y, row.chapter, va="center", fontsize=11.5, color=COLORS["grey"])
        if row is not otherwise:
            ax.text((left + right) / 2, y + 0.14, "yes", ha="center", color=color)
        if not is_last:
            ends = (0.5, y - step + height / 2), (0.5, y - height / 2)
            ax.annotate("", *ends, arrowprops=arrow)
            if row is not otherwise:
                ax.text(0.62, y - step / 2, "no", va="center", color=color)
    ax.text(right + 6.3, 0.62, "chapter", fontsize=11.5, color=COLORS["grey"])
    ax.set(xlim=(-0.1, 11.3), ylim=(-(len(every) - 1) * step - 0.5, 0.9))
    ax.axis("off")
    flat = " ".join
    return figure(
        fig,
        caption="A guide, from top to bottom; the first yes decides. Under each advice stands what "
        "was measured on this page.",
        alt="A flow from top to bottom. "
        + " ".join(
            f"{flat(row.question.split())} {row.advice}, chapter {row.chapter} ({row.measured})."
            for row in every
        ),
    )
