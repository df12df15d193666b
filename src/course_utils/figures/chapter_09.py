"""Figures of chapter 9, Eight schools."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from course_utils.display import COLORS, Figure, figure
from course_utils.figures.film import Film, film

Curve = Callable[[np.ndarray], np.ndarray]
NAMES = "ABCDEFGH"
# One look for each form of the model in every picture of the chapter.
FORM = {"centered": (COLORS["orange"], "x"), "noncentered": (COLORS["blue"], "o")}


def schools(effect: np.ndarray, standard_error: np.ndarray, pooled: float) -> Figure:
    """Draw the eight estimates with their standard errors, and the mean that pools them."""
    fig, ax = plt.subplots(figsize=(8.5, 4.4))
    rows = np.arange(len(effect))
    ax.errorbar(effect, rows, xerr=standard_error, fmt="o", color=COLORS["blue"], ms=8, capsize=4)
    ax.axvline(pooled, color=COLORS["orange"], linestyle="--")
    ax.axvline(0, color=COLORS["black"], lw=1)
    ax.annotate(
        f"all eight pooled: {pooled:.1f}",
        (pooled, -0.75),
        (6, 0),
        textcoords="offset points",
        color=COLORS["orange"],
        va="center",
    )
    ax.set(yticks=rows, yticklabels=list(NAMES[: len(effect)]), ylim=(len(effect) - 0.4, -1.2))
    ax.set(xlabel="estimated effect of coaching (points)", ylabel="school")
    words = "; ".join(
        f"{name} {value:g} ± {error:g}"
        for name, value, error in zip(NAMES, effect, standard_error, strict=False)
    )
    return figure(
        fig,
        caption="Eight experiments. Dot: estimated effect of coaching; bar: one standard error to "
        "either side. Dashed: the mean of all eight, weighted by their precision.",
        alt=f"Eight dots with long horizontal bars that overlap: {words}. A dashed line at "
        f"{pooled:.1f} crosses nearly all bars.",
    )


def shrinkage_film(
    effect: np.ndarray,
    standard_error: np.ndarray,
    taus: np.ndarray,
    given: Sequence[tuple[Any, ...]],
    density: np.ndarray,
) -> Film:
    """Make the moving picture of pooling.

    Parameters
    ----------
    taus : ndarray, shape (num,)
        Values of tau, evenly spaced in log tau, from 0.1 to 100.
    given : sequence of (mean of mu, variance of mu, means of theta, variances of theta)
        The exact conditional law at each of them.
    density : ndarray, shape (num,)
        Posterior density of log tau at each of them, on any scale.
    """
    means = np.array([one[2] for one in given])
    sds = np.sqrt([one[3] for one in given])
    likely = int(np.argmax(density))
    settings = {
        "names": list(NAMES[: len(effect)]),
        "y": np.asarray(effect).tolist(),
        "sigma": np.asarray(standard_error).tolist(),
        "tau": np.round(taus, 4).tolist(),
        "muMean": [round(float(one[0]), 3) for one in given],
        "thetaMean": np.round(means, 3).tolist(),
        "thetaSd": np.round(sds, 3).tolist(),
        "density": np.round(density / density.max(), 4).tolist(),
        "likely": likely,
    }
    fig, ax = plt.subplots(figsize=(6, 4))
    rows = np.arange(len(effect))
    ax.errorbar(effect, rows - 0.15, xerr=standard_error, fmt="o", mfc="white", color="#999999")
    ax.errorbar(means[likely], rows + 0.15, xerr=sds[likely], fmt="o", color=COLORS["blue"], lw=3)
    ax.set(yticks=rows, yticklabels=settings["names"], ylim=(len(effect) - 0.4, -0.6))
    ax.set(xlabel="effect (points)")
    still = figure(
        fig,
        caption=f"A still frame at tau = {taus[likely]:.1f}. Rings: each school's own estimate; "
        "dots: its estimate given tau.",
        alt="Eight rings with long bars, and below each a dot with a shorter bar near the mean.",
    )
    title = "eight school effects that shrink towards their mean, with a slider for the spread tau"
    return film("shrinkage", settings, title=title, height=560, still=still)


def _spread_labels(values: np.ndarray, gap: float) -> np.ndarray:
    """Move labels apart until neighbours are ``gap`` away from each other."""
    order = np.argsort(values)
    places = values[order].astype(float)
    for _ in range(200):
        close = np.diff(places) < gap
        if not close.any():
            break
        for i in np.flatnonzero(close):
            push = (gap - (places[i + 1] - places[i])) / 2
            places[i] -= push
            places[i + 1] += push
    result = np.empty_like(places)
    result[order] = places
    return result


def shrinkage_lines(
    taus: np.ndarray, given: Sequence[tuple[Any, ...]], density: np.ndarray
) -> Figure:
    """Draw the conditional mean and sd of every effect against tau, over the posterior of tau."""
    means = np.array([one[2] for one in given])
    sds = np.sqrt([one[3] for one in given])
    fig, axes = plt.subplots(1, 2, figsize=(10.5, 4.8), sharex=True)
    shade = density / density.max()
    for ax, values, label in (
        (axes[0], means, "mean of θ given τ"),
        (axes[1], sds, "sd of θ given τ"),
    ):
        low, high = min(values.min(), 0.0), values.max()
        bottom, top = low - 0.05 * (high - low), high + 0.05 * (high - low)
        ax.fill_between(taus, bottom, bottom + 0.5 * (top - bottom) * shade, color="#E6E6E6", lw=0)
        places = _spread_labels(values[-1], 0.05 * (top - bottom))
        for j, name in enumerate(NAMES[: values.shape[1]]):
            color = COLORS["orange"] if name == "A" else COLORS["blue"]
            ax.plot(taus, values[:, j], color=color, lw=2 if name == "A" else 1.3)
            ax.annotate(
                name,
                (taus[-1], values[-1, j]),
                (taus[-1] * 1.25, places[j]),
                color=color,
                va="center",
                fontsize=12,
            )
        ax.set(xscale="log", xlabel="τ (points)", ylabel=label, ylim=(bottom, top))
        ax.set_xlim(taus[0], taus[-1] * 1.8)
        ax.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes[0].annotate("posterior\nof log τ", (2.4, axes[0].get_ylim()[0]), (0, 10),
                     textcoords="offset points", ha="center", color=COLORS["grey"])  # fmt: skip
    return figure(
        fig,
        caption="Every school's effect given τ. On the left of each panel complete pooling, on the "
        "right no pooling. Grey: where the posterior says that τ is.",
        alt="Left, eight curves of the mean effect against tau: one common value at tau 0.1, each "
        "school's own estimate at tau 100. Right, the standard deviations: about "
        f"{sds[0].mean():.0f} points on the left, {sds[-1].min():.0f} to {sds[-1].max():.0f} on "
        "the right. The posterior of tau lies where the curves have hardly opened.",
    )


def necks(
    across: Mapping[str, np.ndarray],
    log_tau: np.ndarray,
    flew_off: Mapping[str, np.ndarray],
    limit: float,
) -> Figure:
    """Draw the same draws in two coordinate systems, and mark from where paths flew off.

    Parameters
    ----------
    across : mapping of str to ndarray, shape (num,)
        For each form what lies across the funnel: the first effect less mu, or its base.
    log_tau : ndarray, shape (num,)
    flew_off : mapping of str to ndarray of bool, shape (num,)
        Whose energy rose by more than 1000.
    limit : float
        Below this log tau the centered form is unstable.
    """
    fig, axes = plt.subplots(1, 2, figsize=(10, 4.8), sharey=True)
    labels = {"centered": "θ − μ of school A (points)", "noncentered": "base of θ of school A"}
    for ax, (name, values) in zip(axes, across.items(), strict=True):
        bad = flew_off[name]
        ax.plot(values[~bad], log_tau[~bad], ".", color=COLORS["blue"], ms=5)
        ax.plot(values[bad], log_tau[bad], "x", color=COLORS["orange"], ms=6, mew=1.5)
        ax.set(xlabel=labels[name], title=f"{name}: {bad.sum()} of {len(bad)} fly off")
    axes[0].axhline(limit, color=COLORS["black"], linestyle=":")
    axes[0].annotate(
        "τ = 3 ε / 2", (1, limit), (-4, 6), xycoords=("axes fraction", "data"),
        textcoords="offset points", ha="right",
    )  # fmt: skip
    axes[0].set_ylabel("log τ")
    counts = ", ".join(f"{name} {bad.sum()} of {len(bad)}" for name, bad in flew_off.items())
    return figure(
        fig,
        caption="The same 500 draws given τ in two coordinate systems. From each of them one path "
        "starts; a cross marks those whose energy rose by more than 1000.",
        alt="Left, a cloud of points shaped like a funnel that narrows downwards; crosses fill its "
        f"neck below a dotted line. Right, the same draws in other coordinates, a cloud of even "
        f"width. Crosses: {counts}.",
    )


def funnels(
    draws: Mapping[str, np.ndarray],
    divergent: Mapping[str, np.ndarray],
    exact: np.ndarray,
) -> Figure:
    """Draw what NUTS sampled in each form over exact draws, with divergent draws marked.

    Parameters
    ----------
    draws : mapping of str to ndarray, shape (num, 2)
        For each form theta of school A less mu, and log tau.
    divergent : mapping of str to ndarray of bool, shape (num,)
    exact : ndarray, shape (num, 2)
        Independent draws from the posterior.
    """
    fig, axes = plt.subplots(1, 2, figsize=(10, 5), sharex=True, sharey=True)
    for ax, (name, points) in zip(axes, draws.items(), strict=True):
        bad = divergent[name]
        ax.plot(*exact.T, ".", color="#BBBBBB", ms=3)
        ax.plot(*points[~bad].T, ".", color=COLORS["blue"], ms=3)
        ax.plot(*points[bad].T, "x", color=COLORS["orange"], ms=8, mew=2)
        ax.set(xlabel="θ − μ of school A (points)", title=f"{name}: {bad.sum()} divergent")
        ax.set(xlim=(-22, 32), ylim=(-5.5, 4))
    axes[0].set_ylabel("log τ")
    axes[0].annotate("exact draws, where\nhardly a chain comes", (0.2, -2.2), (7, -3.3),
                     color=COLORS["grey"], va="center",
                     arrowprops={"arrowstyle": "->", "color": COLORS["grey"]})  # fmt: skip
    words = ", ".join(f"{name} {bad.sum()}" for name, bad in divergent.items())
    return figure(
        fig,
        caption="Four chains of NUTS on each form (blue), over independent exact draws (grey). "
        "Crosses: draws whose path diverged.",
        alt="Two funnels in the plane of log tau and theta of school A less mu. In the centered "
        "form the blue points thin out above the narrow neck, and crosses crowd there. In the "
        f"noncentered form they fill the neck. Divergent draws: {words}.",
    )


def tau_posterior(
    draws: Mapping[str, np.ndarray], exact: Curve, prior: Curve, low: float = -5, high: float = 4
) -> Figure:
    """Draw histograms of log tau of both forms against the exact density."""
    grid = np.linspace(low, high, 300)
    fig, axes = plt.subplots(1, len(draws), figsize=(10, 4.2), sharey=True)
    for ax, (name, values) in zip(axes, draws.items(), strict=True):
        bins = np.linspace(low, high, 46)
        # Draws beyond the picture are counted in the scale of the bars.
        weights = np.full(values.size, 1 / (values.size * (bins[1] - bins[0])))
        ax.hist(values, bins=bins, weights=weights, color=FORM[name][0], alpha=0.45)
        ax.plot(grid, exact(grid), color=COLORS["black"])
        ax.plot(grid, prior(grid), color=COLORS["grey"], linestyle=":")
        ax.set(xlabel="log τ", title=name)
    axes[0].set_ylabel("density")
    top = float(exact(grid).max())
    axes[0].annotate("exact", (grid[np.argmax(exact(grid))], top), (-40, -4),
                     textcoords="offset points", ha="right")  # fmt: skip
    axes[0].annotate("prior", (2.9, float(prior(np.array([2.9]))[0])), (6, 6),
                     textcoords="offset points", color=COLORS["grey"])  # fmt: skip
    means = "; ".join(f"{name} mean {np.mean(values):.2f}" for name, values in draws.items())
    return figure(
        fig,
        caption="Bars: draws of log τ. Line: its exact posterior density by quadrature. Dotted: "
        "the prior.",
        alt="Two histograms of log tau with the exact density as a curve. The noncentered bars "
        "follow it; the centered ones lack mass on the left and have too much in the middle. "
        f"{means}.",
    )


def energies(name: str, tree: Any) -> Figure:
    """Show ArviZ's energy plot of one form."""
    import arviz as az

    bfmi = az.bfmi(tree)["energy"].values
    plot = az.plot_energy(tree, kind="hist", figure_kwargs={"figsize": (9.5, 3.4)})
    fig = plot.viz["figure"].item()
    fig.suptitle(name, x=0.01, ha="left")
    return figure(
        fig,
        caption=f"{name}: left, the E-BFMI of each chain, with the alarm at 0.3; right, the law of "
        "the energy and of its changes from draw to draw.",
        alt=f"E-BFMI of four chains of the {name} form: "
        + ", ".join(f"{value:.2f}" for value in bfmi)
        + ". Beside it, the histogram of the energy and that of its changes, which is "
        + ("much narrower." if bfmi.max() < 0.6 else "about as wide."),
    )


def new_school(
    draws: np.ndarray, exact: Curve, plug_in: Curve, low: float = -25, high: float = 35
) -> Figure:
    """Draw the prediction for a school that was not in the study."""
    grid = np.linspace(low, high, 400)
    fig, ax = plt.subplots(figsize=(8.5, 4.2))
    bins = np.linspace(low, high, 61)
    weights = np.full(draws.size, 1 / (draws.size * (bins[1] - bins[0])))
    ax.hist(draws, bins=bins, weights=weights, color=COLORS["sky"], alpha=0.6)
    ax.plot(grid, exact(grid), color=COLORS["black"])
    ax.plot(grid, plug_in(grid), color=COLORS["orange"], linestyle="--")
    ax.axvline(0, color=COLORS["black"], lw=1)
    peak = float(exact(grid).max())
    ax.annotate("exact", (1.5, 0.75 * peak), (-26, 0), textcoords="offset points", ha="right")
    ax.annotate("one μ and one τ\nput in", (9.5, float(plug_in(np.array([9.5]))[0])), (14, 2),
                textcoords="offset points", color=COLORS["orange"])  # fmt: skip
    ax.set(xlabel="effect in a ninth school (points)", ylabel="density", xlim=(low, high))
    return figure(
        fig,
        caption="Prediction for a school outside the study. Bars: draws of Predictive; line: the "
        "exact density; dashed: what comes out if τ and μ are replaced by their means.",
        alt="A histogram with long tails, which the exact curve follows. The dashed normal curve "
        "is higher and narrower, and has no long tails.",
    )


def estimates(
    effect: np.ndarray,
    standard_error: np.ndarray,
    means: np.ndarray,
    sds: np.ndarray,
    mu: tuple[float, float],
    ninth: tuple[float, float],
) -> Figure:
    """Draw each school's own estimate beside its posterior, with mu and a ninth school below."""
    num = len(effect)
    rows = np.arange(num)
    fig, ax = plt.subplots(figsize=(8.5, 5.4))
    ax.errorbar(effect, rows - 0.17, xerr=standard_error, fmt="o", mfc="white", ms=7,
                color=COLORS["grey"], capsize=3)  # fmt: skip
    ax.errorbar(means, rows + 0.17, xerr=sds, fmt="o", color=COLORS["blue"], ms=7, lw=3)
    for j in rows:
        ax.plot([effect[j], means[j]], [j - 0.17, j + 0.17], color=COLORS["sky"], lw=1.2)
    for row, (mean, sd), color in (
        (num, mu, COLORS["orange"]),
        (num + 1, ninth, COLORS["green"]),
    ):
        ax.errorbar(mean, row, xerr=sd, fmt="D", color=color, ms=7, lw=3)
    ax.set(
        yticks=np.arange(num + 2),
        yticklabels=[*NAMES[:num], "μ", "a ninth"],
        ylim=(num + 1.6, -0.7),
        xlabel="effect of coaching (points)",
    )
    ax.annotate("own estimate", (effect[0], -0.17), (0, 9), textcoords="offset points",
                ha="center", color=COLORS["grey"])  # fmt: skip
    ax.annotate("posterior", (means[0], 0.17), (-75, -4), textcoords="offset points",
                ha="right", color=COLORS["blue"])  # fmt: skip
    return figure(
        fig,
        caption="Rings: each school's own estimate ± its standard error. Dots: exact posterior "
        "mean ± sd. Below: the mean μ of the schools, and a school outside the study.",
        alt="For each school the posterior dot lies much nearer to the common mean than the ring, "
        f"and its bar is shorter. Posterior means run from {means.min():.1f} to "
        f"{means.max():.1f}, estimates from {effect.min():g} to {effect.max():g}. "
        f"mu {mu[0]:.1f} ± {mu[1]:.1f}, a ninth school {ninth[0]:.1f} ± {ninth[1]:.1f}.",
    )
