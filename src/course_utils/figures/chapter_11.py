"""Figures of chapter 11, joint distributions and guides."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from course_utils.display import COLORS, Figure, figure

FACTORIZED, JOINT, EXACT = COLORS["orange"], COLORS["green"], COLORS["blue"]
INSIDE = np.sqrt(2 * np.log(10))  # radius of the ellipse that holds 90 % of a normal in the plane


def ellipse(mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Trace the ellipse that holds 90 % of a normal in the plane; shape (2, 200)."""
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = np.array([np.cos(angle), np.sin(angle)])
    return np.asarray(mean)[:, None] + INSIDE * np.linalg.cholesky(covariance) @ circle


def _fill(ax: Axes, mean: np.ndarray, covariance: np.ndarray) -> None:
    """Fill the target's ellipse, and fit the window to it."""
    outline = ellipse(mean, covariance)
    ax.fill(*outline, color=COLORS["sky"], alpha=0.35, lw=0)
    reach = 1.25 * (outline.max(axis=1) - np.asarray(mean))
    ax.set(
        xlim=(mean[0] - reach[0], mean[0] + reach[0]),
        ylim=(mean[1] - reach[1], mean[1] + reach[1]),
    )


def _sds(covariance: np.ndarray) -> np.ndarray:
    return np.sqrt(np.diag(covariance))


def idea(mean: np.ndarray, covariance: np.ndarray, factorized: np.ndarray) -> Figure:
    """Draw a tied posterior, and the best approximations without and with the tie."""
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.4), sharex=True, sharey=True)
    cases = (
        ("each unknown for itself", factorized, FACTORIZED),
        ("both unknowns together", covariance, JOINT),
    )
    for ax, (title, guide, color) in zip(axes, cases, strict=True):
        _fill(ax, mean, covariance)
        ax.plot(*ellipse(mean, guide), color=color, lw=3)
        ax.set_title(title, color=color)
        ax.set(xlabel="a, the intercept")
    axes[0].set_ylabel("b, the slope")
    end = ellipse(mean, covariance)
    corner = end[:, end[0].argmin()]
    axes[0].annotate(
        "posterior", corner, (4, -62), textcoords="offset points", color=COLORS["blue"]
    )
    ratio = _sds(factorized)[0] / _sds(covariance)[0]
    correlation = covariance[0, 1] / np.prod(_sds(covariance))
    return figure(
        fig,
        caption="Blue: the region that holds 90 % of the posterior of a line. Outlined: the same "
        "region of the best normal approximation whose two unknowns are independent (left), and "
        "of the best one that may tie them together (right).",
        alt=f"A thin tilted ellipse, correlation {correlation:.2f}. On the left a small upright "
        f"ellipse lies inside it, with {ratio:.0%} of its width. On the right an ellipse coincides "
        "with it.",
    )


def layout(
    names: Sequence[str], sizes: Sequence[int], free: Sequence[int], rules: Sequence[str]
) -> Figure:
    """Draw one vector cut into named pieces, and the vector of free numbers behind it."""
    fig, ax = plt.subplots(figsize=(9.6, 3.6))
    palette = [COLORS[name] for name in ("sky", "yellow", "green", "purple")]
    heights = {
        "the vector that you see": (1.2, sizes),
        "the vector that a sampler moves": (0, free),
    }
    for label, (bottom, counts) in heights.items():
        left = 0.0
        for index, count in enumerate(counts):
            for k in range(count):
                ax.add_patch(
                    plt.Rectangle(
                        (left + k, bottom), 1, 0.6, fc=palette[index % 4], ec="white", lw=3
                    )
                )
            text = names[index] if bottom else f"{count} real"
            ax.text(left + count / 2, bottom + 0.3, text, ha="center", va="center")
            if bottom:
                ax.text(left + count / 2, 1.92, rules[index], ha="center", fontsize=12)
            left += sizes[index]
        ax.text(-0.15, bottom + 0.3, label.replace(" that", "\nthat"), ha="right", va="center")
    left = 0.0
    for count, free_count in zip(sizes, free, strict=True):
        ax.annotate(
            "",
            (left + count / 2, 1.15),
            (left + free_count / 2, 0.65),
            arrowprops={"arrowstyle": "<->", "color": COLORS["grey"], "lw": 2},
        )
        left += count
    ax.set(xlim=(-2.4, left + 0.2), ylim=(-0.1, 2.2))
    ax.axis("off")
    parts = "; ".join(
        f"{name} holds {size}, free {count}, {rule}"
        for name, size, count, rule in zip(names, sizes, free, rules, strict=True)
    )
    return figure(
        fig,
        caption="Above: the vector of a joint distribution, each piece with a support of its own. "
        "Below: the same vector on the real line, where samplers and guides work. It can be "
        "shorter.",
        alt=f"Two rows of boxes, joined by arrows piece by piece. {parts}.",
    )


def learning(
    mean: np.ndarray,
    covariance: np.ndarray,
    paths: Mapping[str, tuple[np.ndarray, np.ndarray]],
    steps: Sequence[int],
) -> Figure:
    """Draw two guides that learn: one row a guide, one panel for each of some steps."""
    fig, axes = plt.subplots(
        len(paths),
        len(steps),
        figsize=(2.1 * len(steps), 2.3 * len(paths)),
        sharex=True,
        sharey=True,
    )
    drawn = [ellipse(mean, covariance)]
    for row, (name, (means, factors)), color in zip(
        axes, paths.items(), (FACTORIZED, JOINT), strict=True
    ):
        for ax, step in zip(row, steps, strict=True):
            _fill(ax, mean, covariance)
            ax.plot(*ellipse(means[step], factors[step] @ factors[step].T), color=color, lw=2.5)
            ax.set(xticks=[], yticks=[])
            if ax.get_subplotspec().is_first_row():
                ax.set_title(f"step {step}", fontsize=13)
            drawn.append(ellipse(means[step], factors[step] @ factors[step].T))
        row[0].set_ylabel(name, color=color)
    drawn = np.concatenate(drawn, axis=1)
    low, high = drawn.min(axis=1), drawn.max(axis=1)
    margin = 0.06 * (high - low)
    axes[0, 0].set(
        xlim=(low[0] - margin[0], high[0] + margin[0]),
        ylim=(low[1] - margin[1], high[1] + margin[1]),
    )
    ends = "; ".join(
        f"{name}: sd of a {_sds(f[-1] @ f[-1].T)[0]:.2f}" for name, (_, f) in paths.items()
    )
    return figure(
        fig,
        caption="Two guides climb the same ELBO. Blue: the posterior; outlined: where the guide "
        "stands after so many steps.",
        alt="Two rows of panels. A small upright ellipse moves into a tilted one; in the upper row "
        "it stays upright and small, in the lower row it tilts and grows until it fills the other. "
        f"At the end {ends}; exact {_sds(covariance)[0]:.2f}.",
    )


def marginals(draws: np.ndarray, laws: Mapping[str, Any]) -> Figure:
    """Draw the draws of each coordinate, shape (num_draws, dim), beside its exact law of SciPy."""
    fig, axes = plt.subplots(1, len(laws), figsize=(2.4 * len(laws), 3.1))
    for ax, (name, law), values in zip(axes, laws.items(), draws.T, strict=True):
        grid = np.linspace(values.min(), values.max(), 300)
        ax.hist(values, bins=40, density=True, color=COLORS["sky"], alpha=0.7)
        ax.plot(grid, law.pdf(grid), color=FACTORIZED)
        ax.set(xlabel=name, yticks=[])
    means = "; ".join(
        f"{name} {mean:.3g}" for name, mean in zip(laws, draws.mean(axis=0), strict=True)
    )
    return figure(
        fig,
        caption="Bars: draws of NUTS, which moved one vector. Lines: the exact posteriors, which "
        "come from three different families.",
        alt=f"{len(laws)} histograms, each followed by a smooth curve. Means: {means}.",
    )


STYLES = (("o", "-"), ("s", "--"), ("D", "-."))


Seconds = Mapping[tuple[str, int], Sequence[float]]  # by way of writing and number of unknowns


def loops(prepare: Seconds, running: Seconds) -> Figure:
    """Draw what a program costs before it runs, and while it runs, against its number of sites."""
    ways = list(dict.fromkeys(name for name, _ in prepare))
    sizes = sorted({size for _, size in prepare})
    compile_s, run_s = (
        {name: [np.median(table[name, size]) for size in sizes] for name in ways}
        for table in (prepare, running)
    )
    fig, axes = plt.subplots(1, 2, figsize=(10, 4.4), sharex=True)
    panels = (("trace and compile", "seconds", 1.0, compile_s), ("run", "milliseconds", 1e3, run_s))
    for ax, (title, unit, scale, table) in zip(axes, panels, strict=True):
        for (name, seconds), color, (marker, dash) in zip(
            table.items(), (EXACT, FACTORIZED, JOINT), STYLES, strict=True
        ):
            values = scale * np.asarray(seconds)
            ax.plot(sizes, values, dash, marker=marker, color=color, label=name)
        ax.set(xscale="log", yscale="log", xlabel="number of unknowns", title=title, ylabel=unit)
        ax.set_xticks(sizes, [str(size) for size in sizes])
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        ax.minorticks_off()
    axes[0].legend(fontsize=12)
    most = sizes[-1]
    words = "; ".join(
        f"{name}: {compile_s[name][-1]:.2g} s to compile, {run_s[name][-1]:.2g} s to run"
        for name in compile_s
    )
    return figure(
        fig,
        caption="The same density of n independent unknowns, written in three ways. Left: before "
        "the first result. Right: the compiled program.",
        alt=f"Two panels with a line for each way of writing, seconds against the number of "
        f"unknowns, both on logarithmic scales. At {most} unknowns {words}.",
    )


def guides(mean: np.ndarray, covariance: np.ndarray, draws: Mapping[str, np.ndarray]) -> Figure:
    """Draw what fitted guides think of the two unknowns, over the exact posterior."""
    fig, axes = plt.subplots(
        1, len(draws), figsize=(3.5 * len(draws), 3.9), sharex=True, sharey=True
    )
    found = []
    for ax, (name, points) in zip(axes, draws.items(), strict=True):
        _fill(ax, mean, covariance)
        correlation = round(np.corrcoef(points.T)[0, 1], 2) + 0.0  # no minus before a zero
        found.append(f"{name} {correlation:.2f}")
        color = JOINT if abs(correlation) > 0.1 else FACTORIZED
        ax.plot(*points[:400].T, ".", color=color, ms=4, alpha=0.6)
        ax.set_title(f"{name}\ncorrelation {correlation:.2f}".replace("-", "−"), fontsize=13)
        ax.set(xlabel="a, the intercept")
    axes[0].set_ylabel("b, the slope")
    return figure(
        fig,
        caption="Draws from three fitted guides over the region that holds 90 % of the posterior.",
        alt="Three clouds of points over the same tilted ellipse. Correlations: "
        f"{', '.join(found)}.",
    )


Moments = tuple[np.ndarray, np.ndarray]  # mean and covariance of intercept and slope


def bands(
    x: np.ndarray, y: np.ndarray, exact: Moments, factorized: Moments, joint: Moments
) -> Figure:
    """Draw the sd of the fitted line along x, as each guide sees it."""
    grid = np.linspace(0, 10, 101)
    rows = np.column_stack([np.ones_like(grid), grid])
    lines = {
        name: (rows @ mean, np.sqrt(np.einsum("gi,ij,gj->g", rows, covariance, rows)))
        for name, (mean, covariance) in (
            ("exact", exact),
            ("factorized", factorized),
            ("joint", joint),
        )
    }
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), sharex=True)
    left.plot(x, y, "o", color=COLORS["black"])
    looks = {
        "exact": {"color": COLORS["sky"], "lw": 8, "alpha": 0.6},
        "factorized": {"color": FACTORIZED, "ls": "--", "lw": 3},
        "joint": {"color": JOINT, "lw": 2},
    }
    for name, (center, sd) in lines.items():
        for sign in (-2, 2):
            left.plot(grid, center + sign * sd, **looks[name])
        right.plot(grid, sd, **looks[name])
    places = {"exact": (0.12, 8, 4), "factorized": (0.9, 4, -24), "joint": (0.22, 8, 4)}
    for name, (share, *offset) in places.items():
        k = int(share * (len(grid) - 1))
        color = EXACT if name == "exact" else looks[name]["color"]
        spot = grid[k], lines[name][1][k]
        right.annotate(name, spot, offset, textcoords="offset points", color=color)
    left.set(xlabel="x", ylabel="y", title="the line, ± 2 sd")
    right.set(xlabel="x", title="sd of a + b x", ylim=(0, None))
    words = "; ".join(
        f"{name}: sd from {sd.min():.2f} to {sd.max():.2f}" for name, (_, sd) in lines.items()
    )
    return figure(
        fig,
        caption="What a lost correlation does to the fitted line. Left: bands of two standard "
        "deviations. Right: the standard deviation itself.",
        alt=f"A cloud of points with bands around a line, and the width of the bands along x. "
        f"{words}.",
    )


def funnel(v_sd: float, ellipses: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw a funnel and two guides in it."""
    v, x = np.meshgrid(np.linspace(-3 * v_sd, 3 * v_sd, 300), np.linspace(-7, 7, 300))
    log_density = -0.5 * (v / v_sd) ** 2 - v / 2 - 0.5 * x**2 * np.exp(-v)
    fig, ax = plt.subplots(figsize=(7.6, 4.4))
    levels = log_density.max() - np.array([6, 4.5, 3, 1.5, 0])
    ax.contourf(v, x, log_density, levels, cmap="Blues", alpha=0.6)
    for (name, (mean, covariance)), color, dash, height in zip(
        ellipses.items(), (FACTORIZED, JOINT), ("-", "--"), (2.2, -2.9), strict=True
    ):
        ax.plot(*ellipse(mean, covariance), dash, color=color, lw=3)
        ax.text(-2.2, height, name, color=color)
    ax.set(xlabel="v, logarithm of the variance of x", ylabel="x")
    widths = "; ".join(f"{name}: sd of v {_sds(c)[0]:.2f}" for name, (_, c) in ellipses.items())
    return figure(
        fig,
        caption="A funnel: v sets the width of x, and yet the two are uncorrelated. The guide that "
        "may tie them together has nothing to tie.",
        alt="A density that is narrow on the left and wide on the right, and two nearly equal "
        f"ellipses in its middle. {widths}; exact {v_sd:.2f}.",
    )
