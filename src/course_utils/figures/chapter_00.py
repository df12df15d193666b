"""Figures of chapter 0, Start here."""

from collections.abc import Callable, Collection

import matplotlib.pyplot as plt
import numpy as np

from course_utils.display import COLORS, Figure, figure


def draw_simulate_keep(
    p: np.ndarray, heads: np.ndarray, observed: int, flips: int, exact: Callable
) -> Figure:
    """Draw pairs of a probability and the heads it gave; mark those that fit the observation."""
    kept = heads == observed
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(8, 6), sharex=True, height_ratios=[3, 2])
    jitter = np.random.default_rng(0).uniform(-0.3, 0.3, len(p))
    top.scatter(p, heads + jitter, s=6, color=COLORS["grey"], alpha=0.4, label="other outcome")
    top.scatter(
        p[kept], (heads + jitter)[kept], s=10, color=COLORS["orange"], label="fits: keep its p"
    )
    top.set(ylabel=f"heads in {flips} flips")
    top.legend(loc="upper left", frameon=True)
    grid = np.linspace(0, 1, 300)
    bottom.hist(
        p[kept], bins=np.linspace(0, 1, 31), density=True, color=COLORS["orange"], alpha=0.5
    )
    bottom.plot(grid, exact(grid), color=COLORS["blue"], label="exact posterior")
    bottom.set(xlabel="p, the probability of heads", ylabel="density of the kept", xlim=(0, 1))
    bottom.legend(loc="upper left")
    return figure(
        fig,
        caption=f"Each dot is a coin drawn from the prior and its number of heads. The coins that "
        f"gave {observed} heads are kept; their p are draws from the posterior.",
        alt=f"Scatter of the probability of heads against simulated heads, rising from lower left "
        f"to upper right. The row at {observed} heads is highlighted: {int(kept.sum())} of "
        f"{len(p)} dots. Below, the histogram of that row follows the exact posterior curve.",
    )


def shrinkage(effect: np.ndarray, standard_error: np.ndarray, theta: np.ndarray) -> Figure:
    """Draw what each school reported beside what the model makes of it."""
    fig, ax = plt.subplots(figsize=(8, 4))
    schools = np.arange(len(effect))
    low, middle, high = np.quantile(theta, [0.05, 0.5, 0.95], axis=0)
    ax.errorbar(
        schools - 0.12,
        effect,
        1.645 * standard_error,
        fmt="o",
        color=COLORS["grey"],
        label="reported alone, ± 1.645 standard errors",
    )
    ax.errorbar(
        schools + 0.12,
        middle,
        [middle - low, high - middle],
        fmt="s",
        color=COLORS["blue"],
        label="posterior, median and 90 %",
    )
    ax.set_xticks(schools, list("ABCDEFGH")[: len(effect)])
    ax.set(xlabel="school", ylabel="effect of coaching (points)")
    ax.legend(fontsize=11)
    spread = f"{effect.min():.0f} to {effect.max():.0f}"
    return figure(
        fig,
        caption="The model lets the schools learn from each other: estimates move towards their "
        "common mean and become more certain.",
        alt=f"Eight pairs of error bars. The reported effects range from {spread} points; the "
        f"posterior medians from {middle.min():.1f} to {middle.max():.1f}, with shorter bars.",
    )


# Number, title, chapters needed first, and place on the map (column, row).
CHAPTERS = (
    (0, "Start here", (), (0, 0)),
    (1, "One coin,\nthree ways", (0,), (1, 0)),
    (2, "JAX for\nsamplers", (1,), (2, 1)),
    (3, "Metropolis-\nHastings", (1,), (2, 0)),
    (4, "Ten thousand\nchains", (2, 3), (3, -1)),
    (5, "Gibbs", (2, 3), (3, 1)),
    (6, "Hamiltonian\nMonte Carlo", (2, 3), (3, 0)),
    (7, "NUTS", (6,), (4, 0)),
    (8, "Is my sampler\nright?", (7,), (5, 0)),
    (9, "Eight schools", (8,), (6, 0)),
    (10, "Variational\ninference", (6,), (5, 1)),
    (11, "Joint\ndistributions", (9, 10), (6, 1)),
    (12, "Choosing\na sampler", (5, 9, 10), (7, 0)),
    (13, "One model,\nevery language", (12,), (7, -1)),
    (14, "Capstone", (12,), (8, 0)),
    (15, "Scaling out", (4, 7), (5, -1)),
)
CORE = (0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 12)


def course_map(existing: Collection[int]) -> Figure:
    """Draw the chapters and what each needs; filled boxes exist, dashed ones are planned."""
    fig, ax = plt.subplots(figsize=(13, 4.6))
    place = {number: (1.75 * x, 1.5 * y) for number, _, _, (x, y) in CHAPTERS}
    boxes = {}
    for number, title, _, _ in CHAPTERS:
        color = COLORS["blue"] if number in CORE else COLORS["grey"]
        here = number in existing
        boxes[number] = ax.text(
            *place[number],
            f"{number:02d}\n{title}",
            ha="center",
            va="center",
            fontsize=11,
            color="white" if here else color,
            bbox={
                "boxstyle": "round,pad=0.4",
                "facecolor": color if here else "white",
                "edgecolor": color,
                "linestyle": "-" if here else "--",
                "linewidth": 1.5,
            },
        ).get_bbox_patch()
    for number, _, needs, _ in CHAPTERS:
        for before in needs:
            ax.annotate(
                "",
                place[number],
                place[before],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": COLORS["grey"],
                    "patchA": boxes[before],
                    "patchB": boxes[number],
                    "shrinkA": 3,
                    "shrinkB": 3,
                },
            )
    ax.set(xlim=(-1, 15), ylim=(-2.3, 2.3))
    ax.axis("off")
    titles = {number: title.replace("\n", " ") for number, title, _, _ in CHAPTERS}
    arrows = "; ".join(
        f"{number:02d} {titles[number]} needs {', '.join(f'{n:02d}' for n in needs) or 'nothing'}"
        for number, _, needs, _ in CHAPTERS
    )
    return figure(
        fig,
        caption="The chapters and what each needs. Blue: the core path of a two-day class. Filled: "
        "ready to read. Dashed: planned.",
        alt=f"A map of chapters joined by arrows. {arrows}.",
    )
