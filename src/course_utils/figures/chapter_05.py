"""Figures of chapter 5, Gibbs sampling."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from course_utils.display import COLORS, Figure, figure
from course_utils.figures.film import Film, film
from course_utils.models.change_point import Data, Posterior


def _contours(ax: Axes, mean: np.ndarray, covariance: np.ndarray) -> None:
    """Draw the ellipses at one, two and three standard deviations of a normal pair."""
    angle = np.linspace(0, 2 * np.pi, 200)
    lower = np.linalg.cholesky(covariance)
    for radius in (1, 2, 3):
        x, y = lower @ (radius * np.array([np.cos(angle), np.sin(angle)])) + mean[:, None]
        ax.plot(x, y, color="#999999", lw=1.2)


def _pair(correlation: float) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(2), np.array([[1.0, correlation], [correlation, 1.0]])


def slices(correlation: float, x1: float, x2: float) -> Figure:
    """Draw a joint density, cut along each axis, and the two conditionals that the cuts give."""
    sd = np.sqrt(1 - correlation**2)
    grid = np.linspace(-3.2, 3.2, 400)
    joint = stats.multivariate_normal(*_pair(correlation))
    height = joint.pdf(np.stack(np.meshgrid(grid, grid), -1))
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.9), width_ratios=[1.15, 1, 1])
    left.contourf(grid, grid, height, 8, cmap="Blues")
    left.axhline(x2, color=COLORS["orange"], lw=2.5)
    left.axvline(x1, color=COLORS["green"], lw=2.5, linestyle="--")
    left.plot(x1, x2, "o", color=COLORS["black"], ms=9)
    left.set(xlabel="$x_1$", ylabel="$x_2$", title="the joint density", aspect="equal")
    left.grid(False)
    for ax, mean, color, style, name, given in (
        (middle, correlation * x2, "orange", "-", "$x_1$", f"$x_2$ = {x2:g}"),
        (right, correlation * x1, "green", "--", "$x_2$", f"$x_1$ = {x1:g}"),
    ):
        density = stats.norm(mean, sd).pdf(grid)
        ax.fill_between(grid, density, color=COLORS[color], alpha=0.2)
        ax.plot(grid, density, style, color=COLORS[color])
        ax.set(xlabel=name, yticks=[], ylim=(0, None), title=f"{name} given {given}")
    return figure(
        fig,
        caption="A cut through the joint density, brought to area one, is a conditional density: "
        "along the solid line that of x₁, along the dashed line that of x₂.",
        alt=f"A tilted hill over the plane of two unknowns of correlation {correlation:g}, cut by "
        "a horizontal and a vertical line. Beside it the two cuts: bell curves of standard "
        f"deviation {sd:.2f}, centered at {correlation * x2:.2f} and {correlation * x1:.2f}.",
    )


def staircases(paths: Mapping[float, np.ndarray]) -> Figure:
    """Draw the first moves of Gibbs on normal pairs; a path holds every corner, (corners, 2)."""
    fig, axes = plt.subplots(1, len(paths), figsize=(4 * len(paths), 4.6), layout="compressed")
    for ax, (correlation, path) in zip(np.atleast_1d(axes), paths.items(), strict=True):
        _contours(ax, *_pair(correlation))
        ax.plot(*path.T, color=COLORS["blue"], lw=1.6)
        ax.plot(*path[::2].T, "o", color=COLORS["blue"], ms=4)
        ax.plot(*path[0], "s", color=COLORS["orange"], ms=9)
        ax.plot(*path[-1], "D", color=COLORS["green"], ms=8)
        ax.set(xlim=(-3.3, 3.3), ylim=(-3.3, 3.3), aspect="equal", xlabel="$x_1$")
        ax.set_title(f"correlation {correlation:g}")
    np.atleast_1d(axes)[0].set_ylabel("$x_2$")
    steps = (len(next(iter(paths.values()))) - 1) // 2
    gaps = "; ".join(
        f"at correlation {correlation:g} x1 goes from {path[0, 0]:.1f} to {path[-1, 0]:.1f}"
        for correlation, path in paths.items()
    )
    return figure(
        fig,
        caption=f"The same start (square) and the same random numbers: {steps} steps of two moves "
        "each, first sideways, then up or down. The end is the diamond.",
        alt=f"Staircase paths on the ellipses of normal pairs, {steps} steps each: {gaps}. The "
        "narrower the ellipses, the smaller the stairs.",
    )


def staircase_film(correlation: float, start: float = -2.4, num_steps: int = 8) -> Film:
    """Make the moving picture of Gibbs on a normal pair, with its first steps already taken."""
    settings = {"correlation": correlation, "start": start, "steps": num_steps}
    title = "a Gibbs sampler on two correlated normals, with a slider for the correlation"
    return film("staircase", settings, title=title, height=500)


def coal(data: Data, exact: Posterior, draws: np.ndarray) -> Figure:
    """Draw the disasters with the rate of each year, the year of change, and the two rates.

    ``draws`` has the columns early rate, late rate, year of change.
    """
    early, late, change = draws.T
    year = np.asarray(data.year)
    rate = np.where(year < change[:, None], early[:, None], late[:, None])
    low, high = np.quantile(rate, (0.05, 0.95), axis=0)
    fig, axes = plt.subplot_mosaic("aa;bc", figsize=(10, 7.2), height_ratios=[1.25, 1])
    axes["a"].bar(year, data.disasters, color="#bbbbbb", width=0.9)
    axes["a"].fill_between(year, low, high, step="mid", color=COLORS["orange"], alpha=0.3)
    axes["a"].plot(year, rate.mean(0), drawstyle="steps-mid", color=COLORS["orange"])
    axes["a"].set(xlabel="year", ylabel="disasters", xlim=(1850, 1963))
    axes["a"].set_title("counts (bars) and posterior of the rate (mean and 90 % band)")
    shown = np.arange(1883, 1901)
    share = np.array([(change == y).mean() for y in shown])
    at = shown - exact.change[0]
    axes["b"].bar(shown, exact.probability[at], color=COLORS["sky"], alpha=0.7, width=0.8)
    axes["b"].plot(shown, share, "o", color=COLORS["black"], ms=6)
    axes["b"].set(xlabel="year of change", ylabel="probability", xticks=shown[2::5])
    axes["b"].set_title("bars: exact, dots: draws")
    grid = np.linspace(0.5, 4.2, 400)
    for values, (shapes, rates), color, name in (
        (late, exact.late, "green", "late"),
        (early, exact.early, "blue", "early"),
    ):
        density = stats.gamma(shapes, scale=1 / rates).pdf(grid[:, None]) @ exact.probability
        axes["c"].hist(values, 50, density=True, color=COLORS[color], alpha=0.3)
        axes["c"].plot(grid, density, color=COLORS[color])
        peak = grid[density.argmax()]
        axes["c"].annotate(name, (peak, density.max() * 1.05), ha="center", color=COLORS[color])
    axes["c"].set(xlabel="disasters a year", ylabel="density", xlim=(0.5, 4.2))
    axes["c"].set_title("the two rates; lines: exact")
    axes["c"].set_ylim(0, axes["c"].get_ylim()[1] * 1.12)
    best = exact.change[exact.probability.argmax()]
    return figure(
        fig,
        caption="British coal mines, 1851 to 1962. Above: disasters a year, with the posterior of "
        "the rate. Below: the posterior of the year of change and of the two rates.",
        alt=f"Bars of yearly counts, high at first and low later, with a rate that falls from "
        f"{early.mean():.1f} to {late.mean():.1f} around 1890. Dots that sit on bars: the "
        f"likeliest year of change is {best}, with probability {exact.probability.max():.2f}. "
        "Two histograms that follow their exact curves.",
    )


def autocorrelation_times(exact: Mapping[float, float], measured: Mapping[float, float]) -> Figure:
    """Draw the price of an effective draw against the correlation, theory and measurement."""
    fig, ax = plt.subplots(figsize=(8, 4.4))
    fine = 1 - np.geomspace(1, 8e-4, 200)
    # -log10(1 - ρ) spreads out the ridge; it is 0 for independent unknowns.
    place = lambda rho: -np.log10(1 - np.asarray(rho))  # noqa: E731
    ax.plot(place(fine), (1 + fine**2) / (1 - fine**2), color=COLORS["orange"])
    ax.plot(place(list(measured)), list(measured.values()), "o", color=COLORS["blue"], ms=9)
    ax.annotate("exact: (1 + ρ²) / (1 − ρ²)", (2.2, 300), ha="right", color=COLORS["orange"])
    ax.annotate("measured", (place(0.99), exact[0.99]), (-14, 4), textcoords="offset points",
                ha="right", color=COLORS["blue"])  # fmt: skip
    ax.axhline(10, color=COLORS["grey"], linestyle=":", lw=1.5)
    ax.annotate("10 steps", (3, 11), ha="right", color=COLORS["grey"])
    ax.set(
        xlabel="correlation ρ of the two unknowns",
        ylabel="steps for one effective draw",
        yscale="log",
        xticks=place(list(measured)),
        xticklabels=[f"{rho:g}" for rho in measured],
    )
    points = "; ".join(
        f"{value:.3g} at {rho:g} (exact {exact[rho]:.3g})" for rho, value in measured.items()
    )
    return figure(
        fig,
        caption="The integrated autocorrelation time of x₁ under Gibbs on two normals.",
        alt=f"A rising curve with measured points on it: {points}.",
    )


def blocking(
    paths: Mapping[str, np.ndarray], mean: np.ndarray, covariance: np.ndarray, names: list[str]
) -> Figure:
    """Draw two coefficients, moved one at a time and together, beside their traces."""
    fig, axes = plt.subplots(
        2, len(paths), figsize=(5 * len(paths), 6.4), height_ratios=[1.7, 1], sharey="row"
    )
    sd = np.sqrt(np.diag(covariance))
    for (above, below), (title, path) in zip(axes.T, paths.items(), strict=True):
        _contours(above, mean, covariance)
        above.plot(*path[:25].T, "o-", color=COLORS["blue"], lw=1.2, ms=4)
        above.plot(*path[0], "s", color=COLORS["orange"], ms=9)
        above.set(xlabel=names[0], title=title)
        above.set(
            xlim=(mean[0] - 3.4 * sd[0], mean[0] + 3.4 * sd[0]),
            ylim=(mean[1] - 3.4 * sd[1], mean[1] + 3.4 * sd[1]),
        )
        below.plot(path[:, 0], lw=0.9)
        below.axhline(mean[0], color=COLORS["grey"], lw=1)
        below.set(xlabel="step")
    axes[0, 0].set_ylabel(names[1])
    axes[1, 0].set_ylabel(names[0])
    ranges = "; ".join(
        f"{title}: {names[0]} covers {np.ptp(path[:, 0]) / sd[0]:.1f} standard deviations"
        for title, path in paths.items()
    )
    return figure(
        fig,
        caption="Above: the first 25 positions on the ellipses of the posterior. Below: the first "
        "of the two coefficients over time; the line is its exact mean.",
        alt=f"Paths and traces of two strongly correlated coefficients. {ranges}.",
    )


def squares(chains: np.ndarray) -> Figure:
    """Draw chains on two squares that touch in one corner; shape (chains, draws, 2)."""
    fig, ax = plt.subplots(figsize=(4.6, 4.2))
    for corner in (-1, 0):
        ax.fill_between([corner, corner + 1], corner, corner + 1, color=COLORS["sky"], alpha=0.25)
    for chain, color, mark in zip(chains, ("blue", "orange"), ("o", "^"), strict=True):
        ax.plot(*chain.T, mark, color=COLORS[color], ms=4)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    crossed = sum(bool((np.sign(c) != np.sign(c[0])).any()) for c in chains)
    return figure(
        fig,
        caption=f"Two chains on a density that is constant on the two squares. {crossed} of "
        f"{len(chains)} ever left the square in which it began.",
        alt="Two shaded squares that touch in the corner at zero. The points of one chain fill the "
        f"lower left one, those of the other the upper right one. Chains that crossed: {crossed}.",
    )


def scatters(draws: Mapping[str, np.ndarray], correlation: float) -> Figure:
    """Draw the pairs of several samplers on the ellipses of the pair that they should follow."""
    fig, axes = plt.subplots(1, len(draws), figsize=(4 * len(draws), 4.8), layout="compressed")
    for ax, (title, values) in zip(np.atleast_1d(axes), draws.items(), strict=True):
        ax.plot(*values.T, ".", color=COLORS["blue"], ms=3, alpha=0.5)
        _contours(ax, *_pair(correlation))
        ax.set(xlim=(-3.8, 3.8), ylim=(-3.8, 3.8), aspect="equal", xlabel="$x_1$")
        ax.set_title(f"{title}\ncorrelation {np.corrcoef(values.T)[0, 1]:.2f}", fontsize=13)
    np.atleast_1d(axes)[0].set_ylabel("$x_2$")
    found = "; ".join(
        f"{title}: correlation {np.corrcoef(values.T)[0, 1]:.2f}, standard deviation "
        f"{values[:, 0].std():.2f}"
        for title, values in draws.items()
    )
    return figure(
        fig,
        caption=f"Draws on the ellipses of the target, whose correlation is {correlation:g}.",
        alt=f"Scatter plots over the same ellipses. {found}.",
    )
