"""Figures of chapter 6, Hamiltonian Monte Carlo."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.display import COLORS, Figure, figure
from course_utils.figures.film import Film, film

Curve = Callable[[np.ndarray], np.ndarray]
Orbit = tuple[np.ndarray, np.ndarray]  # positions and momenta


def rolling(potential: Curve, orbit: Orbit, low: float, high: float) -> Figure:
    """Draw a ball that rolls through a valley, and its orbit in the plane of x and p."""
    grid = np.linspace(low, high, 400)
    x, p = orbit
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4))
    left.fill_between(grid, potential(grid), potential(grid).min() - 0.4, color="#e6e6e6")
    left.plot(grid, potential(grid), color=COLORS["grey"])
    shades = np.linspace(0.25, 1, len(x))
    lift = 0.02 * np.ptp(potential(grid))
    for place, shade in zip(x, shades, strict=True):
        left.plot(place, potential(place) + lift, "o", color=COLORS["blue"], ms=11, alpha=shade)
    left.annotate(
        "start,\nwith a push",
        (x[0], potential(x[0]) + lift),
        (-4, 46),
        textcoords="offset points",
        ha="center",
    )
    left.annotate(
        "",
        (x[0] + 0.75 * np.sign(p[0]), potential(x[0]) + 4 * lift),
        (x[0], potential(x[0]) + 4 * lift),
        arrowprops={"arrowstyle": "->", "color": COLORS["orange"], "lw": 2.5},
    )
    left.annotate(
        "end: the\nproposal",
        (x[-1], potential(x[-1]) + lift),
        (-16, 4),
        textcoords="offset points",
        ha="right",
    )
    left.set(xlabel="position x", ylabel="height U(x) = −log density", xlim=(low, high))
    left.set(title="the ball in its valley", ylim=(potential(grid).min() - 0.4, None))
    reach = 1.25 * np.abs(p).max()
    plane_x, plane_p = np.meshgrid(grid, np.linspace(-reach, reach, 300))
    energy = potential(plane_x) + 0.5 * plane_p**2
    own = float(potential(x[0]) + 0.5 * p[0] ** 2)
    levels = own * np.array([0.1, 0.25, 0.5, 1.0, 1.6, 2.4, 3.4])
    right.contour(plane_x, plane_p, energy, levels, colors="#bbbbbb", linewidths=1)
    right.plot(x, p, color=COLORS["blue"], lw=1.5)
    for place, momentum, shade in zip(x, p, shades, strict=True):
        right.plot(place, momentum, "o", color=COLORS["blue"], ms=7, alpha=shade)
    right.annotate("start", (x[0], p[0]), (-8, 8), textcoords="offset points", ha="right")
    right.annotate("end", (x[-1], p[-1]), (10, -4), textcoords="offset points")
    right.set(xlabel="position x", ylabel="momentum p", xlim=(low, high))
    right.set(title="the same, with its speed: an orbit")
    return figure(
        fig,
        caption="A ball is pushed, and rolls without friction. Pale to dark: early to late. Right: "
        "each dot of the left picture, with the ball's momentum; grey lines join points of equal "
        "energy, and the ball stays on one of them.",
        alt="Left, a valley with a ball that starts on one side and rolls through the bottom up "
        "the other side. Right, the same points in the plane of position and momentum: they "
        "follow one of the closed grey curves of equal energy.",
    )


def orbit_film(start: float, momentum: float, step_size: float, num_steps: int) -> Film:
    """Make the moving picture of a path; where no script runs, it shows a still one."""
    settings = {
        "start": start,
        "momentum": momentum,
        "stepSize": step_size,
        "numSteps": num_steps,
    }
    x, p = [start], [momentum]
    for _ in range(num_steps):
        half = p[-1] - 0.5 * step_size * x[-1]
        x.append(x[-1] + step_size * half)
        p.append(half - 0.5 * step_size * x[-1])
    fig, ax = plt.subplots(figsize=(6, 4))
    angle = np.linspace(0, 2 * np.pi, 200)
    radius = np.hypot(start, momentum)
    ax.plot(radius * np.cos(angle), radius * np.sin(angle), color=COLORS["grey"], lw=1)
    ax.plot(x, p, "o-", color=COLORS["blue"])
    ax.set(xlabel="position x", ylabel="momentum p", aspect="equal")
    still = figure(
        fig,
        caption="A still frame: the leapfrog's path beside the true orbit.",
        alt="Dots on a path close to a circle in the plane of position and momentum.",
    )
    title = "a ball in a valley and its orbit, with sliders for step size and number of steps"
    return film("orbit", settings, title=title, height=560, still=still)


def integrators(step_size: float, paths: Mapping[str, Orbit], energy: Callable) -> Figure:
    """Draw the orbit and the energy over time of two integrators."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), width_ratios=[1, 1.25])
    x, p = next(iter(paths.values()))
    angle = np.linspace(0, 2 * np.pi, 200)
    radius = np.hypot(x[0], p[0])
    left.plot(radius * np.cos(angle), radius * np.sin(angle), color=COLORS["grey"], lw=1)
    words = []
    for (name, (x, p)), color, style in zip(
        paths.items(), (COLORS["blue"], COLORS["orange"]), ("o-", "s--"), strict=False
    ):
        left.plot(x, p, style, color=color, lw=1.2, ms=4)
        error = energy(x, p) - energy(x[0], p[0])
        time = step_size * np.arange(len(x))
        right.plot(time, error, style, color=color, lw=1.2, ms=4)
        right.annotate(
            name, (time[-1], error[-1]), (0, 9), textcoords="offset points", ha="right", color=color
        )
        words.append(f"{name}: largest error {np.abs(error).max():.2g}")
    left.plot(x[0], p[0], "o", color=COLORS["black"], ms=8)
    left.annotate("start", (x[0], p[0]), (8, -16), textcoords="offset points")
    left.set(xlabel="position x", ylabel="momentum p", aspect="equal", title="orbits")
    right.set(xlabel="time", ylabel="energy − energy at the start", title="energy error")
    right.margins(y=0.14)
    return figure(
        fig,
        caption="The same start, the same step size, two integrators. Left: in the plane of x and "
        "p, with the true orbit in grey. Right: how far the energy is off.",
        alt="Euler's method spirals outwards and its energy grows without end; the leapfrog stays "
        "near the circle and its energy error stays bounded. " + "; ".join(words) + ".",
    )


def squares(clouds: Mapping[str, Sequence[Orbit]], areas: Mapping[str, Sequence[float]]) -> Figure:
    """Draw what the integrators do to a square of starting points, and the area it has then."""
    fig, axes = plt.subplots(
        1, len(clouds), figsize=(5 * len(clouds), 4.6), sharex=True, sharey=True
    )
    for ax, (name, shapes) in zip(axes, clouds.items(), strict=True):
        for i, ((x, p), area) in enumerate(zip(shapes, areas[name], strict=True)):
            color = list(COLORS.values())[i]
            ax.fill(x, p, color=color, alpha=0.35)
            ax.plot([*x, x[0]], [*p, p[0]], color=color, lw=1.2)
            away = np.array([x.mean(), p.mean()])
            away /= np.linalg.norm(away)
            ax.annotate(
                f"{area:.3f}",
                (x.mean(), p.mean()),
                tuple(56 * away if i else (0, -42)),
                textcoords="offset points",
                color=color,
                ha="center",
                va="center",
            )
        ax.set(xlabel="position x", ylabel="momentum p", title=name)
        ax.margins(0.2, 0.26)
    last = "; ".join(f"{name}: {values[-1]:.3f}" for name, values in areas.items())
    return figure(
        fig,
        caption="A square of starting points (blue) and where it has gone later, with its area in "
        "multiples of the first. The shape may bend and stretch; the area may not grow.",
        alt="Two panels. A small square is carried round the origin and sheared. Area at the end, "
        f"relative to the start: {last}.",
    )


def energy_order(
    step_sizes: np.ndarray, errors: Mapping[str, np.ndarray], slopes: Mapping[str, float]
) -> Figure:
    """Draw the energy error against the step size on logarithmic axes, with the slopes."""
    fig, ax = plt.subplots(figsize=(8, 4.2))
    for (name, error), color, marker in zip(
        errors.items(), (COLORS["blue"], COLORS["orange"]), "os", strict=False
    ):
        ax.loglog(step_sizes, error, marker=marker, color=color)
        middle = len(step_sizes) // 2
        ax.annotate(
            f"{name}: slope {slopes[name]:.2f}",
            (step_sizes[middle], error[middle]),
            (14, -16),
            textcoords="offset points",
            color=color,
        )
    ax.set_xticks(step_sizes, [f"{size:.3g}" for size in step_sizes])
    ax.minorticks_off()
    ax.set(xlabel="step size ε", ylabel="energy error at the end")
    return figure(
        fig,
        caption="A path of fixed length, cut into ever shorter steps. On logarithmic axes the "
        "slope is the order of the error.",
        alt="Two straight lines on logarithmic axes. "
        + "; ".join(f"{name} has slope {slope:.2f}" for name, slope in slopes.items())
        + ".",
    )


def _contours(ax, covariance: np.ndarray) -> None:
    grid = np.linspace(-3.2, 3.2, 200)
    a, b = np.meshgrid(grid, grid)
    inverse = np.linalg.inv(covariance)
    squared = inverse[0, 0] * a**2 + 2 * inverse[0, 1] * a * b + inverse[1, 1] * b**2
    ax.contour(a, b, squared, [1, 4, 9], colors="#aaaaaa", linewidths=1)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xlim=(-3.2, 3.2), ylim=(-3.2, 3.2))


def walk_and_roll(
    covariance: np.ndarray, walk: np.ndarray, paths: np.ndarray, draws: np.ndarray
) -> Figure:
    """Draw a random walk and some HMC paths of equal cost on the same correlated Gaussian."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 5.2), sharey=True)
    for ax in (left, right):
        _contours(ax, covariance)
    left.plot(walk[:, 0], walk[:, 1], "o-", color=COLORS["orange"], ms=4, lw=1)
    left.plot(*walk[0], "o", color=COLORS["black"], ms=8)
    for path in paths:
        right.plot(path[:, 0], path[:, 1], color=COLORS["sky"], lw=1.5)
    right.plot(draws[:, 0], draws[:, 1], "o", color=COLORS["blue"], ms=7)
    right.plot(*paths[0][0], "o", color=COLORS["black"], ms=8)
    left.set_title(f"random walk: {len(walk) - 1} steps")
    steps = len(paths[0]) - 1
    right.set_title(f"HMC: {len(paths)} paths of {steps} steps")
    spread = [float(np.ptp(points[:, 0])) for points in (walk, draws)]
    return figure(
        fig,
        caption="Equal numbers of steps on the same target, from the same start (black). Grey: "
        "lines of equal density. Pale blue: the paths that the ball rolled; dots: where it ended.",
        alt=f"Left, a random walk that covers a range of {spread[0]:.1f} in the first coordinate. "
        f"Right, a few long curved paths whose end points cover a range of {spread[1]:.1f}.",
    )


def surface(
    step_sizes: np.ndarray,
    num_steps: np.ndarray,
    acceptance: np.ndarray,
    efficiency: np.ndarray,
    stable: float,
    quarter: Curve,
) -> Figure:
    """Draw acceptance and effective draws per gradient over step size and number of steps.

    ``stable`` is the largest stable step size, ``quarter`` the number of steps of a quarter orbit.
    """
    fig, axes = plt.subplots(1, 2, figsize=(11, 4.8), sharey=True)
    panels = (
        ("acceptance rate", acceptance, "viridis"),
        ("ESS per gradient (best = 1)", efficiency / efficiency.max(), "magma"),
    )
    for ax, (title, values, cmap) in zip(axes, panels, strict=True):
        mesh = ax.pcolormesh(
            _edges(step_sizes),
            _edges(num_steps),
            values,
            cmap=cmap,
            vmin=0,
            vmax=1,
            rasterized=True,
        )
        fig.colorbar(mesh, ax=ax)
        ax.set(xscale="log", yscale="log", xlabel="step size ε", title=title)
        ax.set_yticks(num_steps, [f"{n}" for n in num_steps])
        ax.set_xticks(step_sizes[::3], [f"{size:.2f}" for size in step_sizes[::3]])
        ax.minorticks_off()
        ax.grid(False)
        ax.axvline(stable, color="white", lw=2)
        ax.axvline(stable, color=COLORS["black"], lw=2, ls="--")
    fine = np.geomspace(step_sizes[0], stable * 0.999, 200)
    white = {"color": "white", "fontsize": 12, "textcoords": "offset points"}
    axes[1].plot(fine, quarter(fine), color="white", lw=1.5)
    axes[1].plot(fine, 4 * quarter(fine), color="white", lw=1.5, ls=":")
    axes[1].annotate(
        "quarter orbit",
        (fine[50], quarter(fine[50])),
        (0, -72),
        ha="center",
        arrowprops={"arrowstyle": "->", "color": "white"},
        **white,
    )
    axes[1].annotate("whole\norbit", (stable, 4 * quarter(fine[-1])), (5, 0), va="center", **white)
    axes[0].set_ylabel("number of steps L")
    low, high = _edges(num_steps)[[0, -1]]
    for ax in axes:
        ax.set(ylim=(low, high), xlim=tuple(_edges(step_sizes)[[0, -1]]))
    axes[0].annotate(
        "too bold:\nrejected",
        (stable, num_steps[-3]),
        (5, 0),
        **(white | {"fontsize": 11}),
    )
    row, column = np.unravel_index(np.argmax(efficiency), efficiency.shape)
    return figure(
        fig,
        caption="A correlated Gaussian. Dashed: twice the smallest standard deviation, beyond "
        "which the leapfrog is unstable. White: paths of a quarter and of a whole orbit along the "
        "widest direction.",
        alt="Two heat maps over step size and number of steps. Acceptance is near one far left of "
        "the dashed line, lower close to it, and falls to zero right of it. Effective draws per "
        "gradient are best near the "
        f"quarter orbit, at a step size of {step_sizes[column]:.2g} with {num_steps[row]} steps.",
    )


def _edges(centers: np.ndarray) -> np.ndarray:
    logs = np.log(np.asarray(centers, float))
    middle = (logs[1:] + logs[:-1]) / 2
    return np.exp([2 * logs[0] - middle[0], *middle, 2 * logs[-1] - middle[-1]])


def metrics(covariance: np.ndarray, paths: Mapping[str, np.ndarray]) -> Figure:
    """Draw one path for each mass matrix, on the same correlated Gaussian."""
    fig, axes = plt.subplots(1, len(paths), figsize=(5 * len(paths), 5), sharey=True)
    for ax, (name, path) in zip(axes, paths.items(), strict=True):
        _contours(ax, covariance)
        ax.plot(path[:, 0], path[:, 1], "o-", color=COLORS["blue"], ms=5, lw=1.5)
        ax.plot(*path[0], "o", color=COLORS["black"], ms=8)
        ax.set_title(f"{name}: {len(path) - 1} steps")
    words = "; ".join(
        f"{name.replace('$M^{-1}$', 'inverse mass matrix')}, {len(path) - 1} steps"
        for name, path in paths.items()
    )
    return figure(
        fig,
        caption="A quarter orbit with each mass matrix, from the same start (black).",
        alt=f"Two paths on an elongated target: {words}. With unit mass the path bounces from wall "
        "to wall many times; with the matching mass it sweeps through in one arc.",
    )


def memory(
    lengths: np.ndarray, measured: Mapping[str, np.ndarray], exact: Mapping[str, np.ndarray]
) -> Figure:
    """Draw the correlation of successive draws against the length of the path in orbits."""
    fig, ax = plt.subplots(figsize=(8.4, 4.2))
    for (name, values), color, marker in zip(
        measured.items(), (COLORS["blue"], COLORS["orange"]), "os", strict=False
    ):
        ax.plot(lengths, values, marker, color=color)
        ax.plot(lengths, exact[name], color=color, lw=1.5)
        place = int(np.argmin(np.abs(lengths - (0.58 if name == "x" else 0.4))))
        ax.annotate(
            f"of {name}",
            (lengths[place], values[place]),
            (14, -12) if name == "x" else (-10, 8),
            textcoords="offset points",
            color=color,
            ha="left" if name == "x" else "right",
        )
    for share, name in ((0.25, "quarter"), (0.5, "half"), (1.0, "whole")):
        ax.axvline(share, color=COLORS["black"], ls=":", lw=1.2)
        ax.annotate(
            name, (share, 1.08), ha="center", fontsize=12, annotation_clip=False, va="bottom"
        )
    ax.axhline(0, color=COLORS["black"], lw=1)
    ax.set(
        xlabel="length of the path, in orbits",
        ylabel="correlation of\nsuccessive draws",
        ylim=(-1.08, 1.08),
    )
    return figure(
        fig,
        caption="A standard normal target. Dots: measured; lines: cos and cos² of the angle that "
        "the path turns.",
        alt="The correlation of x falls from one to zero at a quarter orbit, to minus one at half "
        "an orbit, and is back at one after a whole orbit. That of x squared is one at half an "
        "orbit already.",
    )


def traces(chains: Mapping[str, np.ndarray], label: str) -> Figure:
    """Draw chains over time, one panel for each setting."""
    fig, axes = plt.subplots(
        len(chains), 1, figsize=(8, 1.9 * len(chains)), sharex=True, sharey=True
    )
    for ax, (name, draws) in zip(np.atleast_1d(axes), chains.items(), strict=True):
        ax.plot(draws.T, lw=0.9)
        ax.set_title(name, fontsize=13)
        ax.set_ylabel(label)
    np.atleast_1d(axes)[-1].set_xlabel("step")
    return figure(
        fig,
        caption="Four chains each, from four different starts.",
        alt="Traces of four chains. " + "; ".join(chains) + ".",
    )


def funnel(
    exact: np.ndarray, draws: np.ndarray, divergent: np.ndarray, v_pdf: Curve, v_sd: float
) -> Figure:
    """Draw exact draws of the funnel, a chain's draws with its divergences, and the law of v."""
    fig, axes = plt.subplots(1, 3, figsize=(11, 4.8), sharey=True, width_ratios=[1.2, 1.2, 0.9])
    low, high = -3.6 * v_sd, 3.6 * v_sd
    for ax, points, title in zip(axes, (exact, draws), ("exact draws", "HMC"), strict=False):
        ax.plot(points[:, 1], points[:, 0], ".", color=COLORS["blue"], ms=2.5, alpha=0.5)
        ax.set(xlabel="$x_1$", title=title, xlim=(-25, 25), ylim=(low, high))
    axes[1].plot(divergent[:, 1], divergent[:, 0], "x", color=COLORS["orange"], ms=7, mew=2)
    axes[1].annotate(
        "× paths that\ndiverged\nbegan here",
        (0.97, 0.03),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        color=COLORS["orange"],
        fontsize=12,
    )
    axes[0].set_ylabel("v")
    grid = np.linspace(low, high, 200)
    bins = np.linspace(low, high, 45)
    axes[2].hist(
        draws[:, 0], bins=bins, density=True, orientation="horizontal", color=COLORS["sky"]
    )
    axes[2].plot(v_pdf(grid), grid, color=COLORS["orange"])
    axes[2].set(xlabel="density", title="v: HMC and exact")
    return figure(
        fig,
        caption="Neal's funnel. The exact draws reach down into the neck; the chain's do not. Its "
        "divergences gather at the entrance.",
        alt=f"Left, exact draws down to v = {exact[:, 0].min():.1f}. Middle, the chain's draws, "
        f"which end near v = {draws[:, 0].min():.1f}, with {len(divergent)} divergent starts "
        "marked near the lower end. Right, the histogram of v lacks the lower part of the exact "
        "curve.",
    )
