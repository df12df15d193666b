"""Figures of chapter 13, One model, every language, and its programs as text."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from course_utils.display import COLORS, Figure, figure, show_source

# What computes, and its colour; then each system of the record: its name in pictures, its family.
FAMILIES = {
    "JAX": COLORS["blue"],
    "PyMC": COLORS["orange"],
    "TensorFlow": COLORS["green"],
    "Stan": COLORS["purple"],
    "PyTorch": COLORS["grey"],
}
SYSTEMS = {
    "numpyro-parallel": ("NumPyro, parallel", "JAX"),
    "numpyro-vectorized": ("NumPyro, vectorized", "JAX"),
    "nested-2dev": ("the course's NUTS", "JAX"),
    "blackjax-2dev": ("BlackJAX, 2 devices", "JAX"),
    "blackjax-vectorized": ("BlackJAX, vectorized", "JAX"),
    "tfp-jax": ("TFP on JAX", "JAX"),
    "pymc": ("PyMC's own", "PyMC"),
    "nutpie": ("PyMC → nutpie", "PyMC"),
    "pymc-numpyro": ("PyMC → NumPyro", "PyMC"),
    "pymc-blackjax": ("PyMC → BlackJAX", "PyMC"),
    "tfp-xla": ("TFP, XLA", "TensorFlow"),
    "tfp-graph": ("TFP, graph", "TensorFlow"),
    "edward2": ("Edward2, XLA", "TensorFlow"),
    "stan": ("Stan", "Stan"),
    "pyro": ("Pyro", "PyTorch"),
    "pyro-jit": ("Pyro, jit", "PyTorch"),
}
# Languages of models: how a program is found, and how its text is highlighted.
LANGUAGES = {
    "NumPyro": ("numpyro_given", "python"),
    "PyMC": ("pymc_given", "python"),
    "plain JAX": ("log_joint_given", "python"),
    "Pyro": ("pyro", "python"),
    "Edward2": ("edward2", "python"),
    "TFP": ("tfp", "python"),
    "Stan": ("stan", "stan"),
}
PHASES = ("import", "compile", "warm-up", "sampling")


def label(system: str) -> str:
    """Name a system in pictures and tables; one that is new keeps its own name."""
    return SYSTEMS.get(system, (system, ""))[0]


def color(system: str) -> str:
    """Colour of a system's family; black for one that is new."""
    return FAMILIES.get(SYSTEMS.get(system, ("", ""))[1], COLORS["black"])


def program(language: str, model: str) -> str:
    """Return the text of a model in a language, from the file that the benchmark runs.

    Parameters
    ----------
    language : str
        A key of ``LANGUAGES``.
    model : str
        Name of the model, such as "eight_schools_noncentered".
    """
    from course_utils import peers
    from course_utils.models import registry

    where, _ = LANGUAGES[language]
    if where.endswith("_given"):
        return show_source(getattr(registry.build(model), where)).text
    return peers.source(where, model)


class Programs:
    """Programs one below the other, each a highlighted block with its language above."""

    def __init__(self, texts: Mapping[str, str]):
        self.texts = dict(texts)

    def __repr__(self) -> str:
        return "\n\n".join(f"{language}\n\n{text}" for language, text in self.texts.items())

    def _repr_markdown_(self) -> str:
        return "\n\n".join(
            f"**{language}**\n\n```{LANGUAGES[language][1]}\n{text}\n```"
            for language, text in self.texts.items()
        )


def programs(model: str, *languages: str) -> Programs:
    """Show a model in these languages."""
    return Programs({language: program(language, model) for language in languages})


def rates(
    found: Mapping[str, Mapping[str, tuple[float, float] | None]],
    where: str,
    what: tuple[str, str] = ("sampling alone", "a first call, compiling and warm-up included"),
) -> Figure:
    """Draw effective draws per second of each system, counted in two ways, sorted in each panel.

    Parameters
    ----------
    found : mapping of str to mapping of str to (float, float) or None
        For each model the systems' rates, for both ways of counting; None where it did not run.
    where : str
        Machine and date.
    what : pair of str
        What dot and ring count.
    """
    columns = min(len(found), 2)
    rows = -(-len(found) // columns)
    longest = max(len(cells) for cells in found.values())
    size = (5.6 * columns, rows * (0.27 * longest + 1.2) + 0.4)
    fig, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, sharex=True)
    words = []
    for ax, (model, cells) in zip(grid.flat, found.items(), strict=False):
        ran = {name: pair for name, pair in cells.items() if pair}
        order = sorted(ran, key=lambda name, ran=ran: -ran[name][0])
        order += [name for name in cells if name not in ran]
        for row, name in enumerate(order):
            if name in ran:
                ax.plot(ran[name], [-row, -row], color=color(name), lw=2, alpha=0.5)
                ax.plot(ran[name][0], -row, "o", color=color(name), ms=8)
                ax.plot(ran[name][1], -row, "o", mfc="white", mec=color(name), mew=2, ms=8)
            else:
                ax.text(0.02, -row, "not run", va="center", fontsize=11, color=COLORS["grey"],
                        transform=ax.get_yaxis_transform())  # fmt: skip
        ax.set(title=model, xscale="log", ylim=(0.7 - len(order), 0.7))
        ax.set_yticks(-np.arange(len(order)), [label(name) for name in order], fontsize=11.5)
        for text, name in zip(ax.get_yticklabels(), order, strict=True):
            text.set_color(color(name))
        firsts = [label(max(ran, key=lambda name, i=i, ran=ran: ran[name][i])) for i in (0, 1)]
        words.append(f"{model}: {firsts[0]} is first by the dots, {firsts[1]} by the rings")
    for ax in list(grid.flat)[len(found) :]:
        ax.axis("off")
    for ax in list(grid.flat)[max(0, len(found) - columns) : len(found)]:
        ax.set_xlabel("effective draws per second")
        ax.tick_params(labelbottom=True)
    shown = {SYSTEMS.get(name, ("", "other"))[1] for cells in found.values() for name in cells}
    handles = [
        Line2D([], [], marker="o", ls="", ms=8, color=hue, label=name)
        for name, hue in FAMILIES.items()
        if name in shown
    ]
    fig.legend(handles=handles, loc="outside upper center", ncols=len(handles), fontsize=12)
    return figure(
        fig,
        caption=f"Effective draws per second, on a logarithmic axis. Dot: {what[0]}; ring: "
        f"{what[1]}. Each panel is sorted by the dots. Colours say what computes. Recorded: "
        f"{where}.",
        alt="A panel for each model, a row for each system, with a dot and a ring. "
        + "; ".join(words)
        + ".",
    )


def agreement(
    found: Mapping[str, Sequence[float] | None], quantities: Sequence[str], limit: float, where: str
) -> Figure:
    """Draw how far each system's posterior means are from the exact ones, in standard errors.

    Parameters
    ----------
    found : mapping of str to sequence of float or None
        For each system one number for each quantity, or None where no means are known.
    quantities : sequence of str
        Names of the quantities.
    limit : float
        Largest distance that counts as agreement.
    where : str
        Which rows come from where.
    """
    table = np.array(
        [np.full(len(quantities), np.nan) if z is None else np.asarray(z, float) for z in
         found.values()]
    )  # fmt: skip
    fig, ax = plt.subplots(figsize=(10.5, 1.3 + 0.4 * len(found)))
    shades = plt.get_cmap("RdBu_r").with_extremes(bad="#eeeeee")
    image = ax.imshow(table, cmap=shades, vmin=-limit, vmax=limit, aspect="auto")
    for (row, column), z in np.ndenumerate(table):
        dark = np.isfinite(z) and abs(z) > 0.7 * limit
        text = f"{z:+.1f}" if np.isfinite(z) else "–"
        ax.text(column, row, text, ha="center", va="center", fontsize=11,
                color="white" if dark else "black")  # fmt: skip
    ax.set_xticks(range(len(quantities)), quantities, fontsize=11.5)
    ax.set_yticks(range(len(found)), list(found), fontsize=11.5)
    ax.grid(False)
    ax.xaxis.tick_top()
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    bar = fig.colorbar(image, ax=ax, fraction=0.03, pad=0.02)
    bar.set_label("standard errors")
    known = table[np.isfinite(table).all(axis=1)]
    empty = " A dash: no means are recorded." if len(known) < len(table) else ""
    return figure(
        fig,
        caption="Posterior mean minus exact mean, in Monte Carlo standard errors. The colours end "
        f"at ±{limit:.1f}, beyond which chance is no explanation.{empty} {where}",
        alt=f"A grid of {len(found)} systems and {len(quantities)} quantities. Of {known.size} "
        f"distances the largest is {np.abs(known).max():.1f} standard errors, and "
        f"{(np.abs(known) <= 2).mean():.0%} are at most 2.",
    )


def phases(found: Mapping[str, Sequence[float]], model: str, where: str) -> Figure:
    """Draw where the time of a first run goes, as stacked bars.

    Parameters
    ----------
    found : mapping of str to sequence of float, length 4
        For each system the seconds of ``PHASES``.
    model, where : str
        What was sampled; machine and date.
    """
    order = sorted(found, key=lambda name: sum(found[name]))
    hues = [COLORS["grey"], COLORS["yellow"], COLORS["sky"], COLORS["blue"]]
    fig, ax = plt.subplots(figsize=(10, 1.5 + 0.36 * len(order)))
    rows = -np.arange(len(order))
    begin = np.zeros(len(order))
    for part, name in enumerate(PHASES):
        seconds = np.array([found[system][part] for system in order])
        ax.barh(rows, seconds, left=begin, color=hues[part], label=name, height=0.7)
        begin += seconds
    for row, system in zip(rows, order, strict=True):
        share = sum(found[system][2:]) / sum(found[system])
        text = f"{100 * share:.0f} %" if share >= 0.01 else "< 1 %"
        ax.text(sum(found[system]) + 0.01 * begin.max(), row, text, va="center", fontsize=11)
    ax.set_yticks(rows, [label(system) for system in order])
    ax.set(xlabel="seconds", xlim=(0, 1.1 * begin.max()))
    ax.grid(axis="y", visible=False)
    ax.margins(y=0.02)
    fig.legend(loc="outside upper center", ncols=len(PHASES), fontsize=12)
    shares = [sum(times[2:]) / sum(times) for times in found.values()]
    return figure(
        fig,
        caption=f"{model}: seconds of a first run with empty caches, from the import to the last "
        "draw. The number is the share of warm-up and sampling together. Recorded: "
        f"{where}.",
        alt=f"A bar for each of {len(order)} systems, cut into import, compile, warm-up and "
        f"sampling. The shortest is that of {label(order[0])}, {sum(found[order[0]]):.1f} s; the "
        f"longest that of {label(order[-1])}, {sum(found[order[-1]]):.1f} s. Warm-up and sampling "
        f"take between {min(shares):.1%} and {max(shares):.0%} of it.",
    )


def growth(found: Mapping[str, Mapping[int, float]], where: str) -> Figure:
    """Draw effective draws per second of sampling against the number of matches.

    Parameters
    ----------
    found : mapping of str to mapping of int to float
        For each system the rates by number of matches.
    where : str
        Machine and date.
    """
    fig, ax = plt.subplots(figsize=(9.5, 5.4))
    last = {name: rates[max(rates)] for name, rates in found.items()}
    most = max(size for rates in found.values() for size in rates)
    low = min(min(rates.values()) for rates in found.values())
    high = max(max(rates.values()) for rates in found.values())
    ends = sorted(last, key=lambda name: last[name])
    places = _pushed_apart([np.log(last[name]) for name in ends], 0.06 * np.log(high / low))
    dashes: dict[str, int] = {}
    for name, place in zip(ends, places, strict=True):
        rates, hue = dict(sorted(found[name].items())), color(name)
        style = ("-", "--", "-.", ":")[dashes.setdefault(hue, 0) % 4]
        dashes[hue] += 1
        ax.plot(rates.keys(), rates.values(), marker="o", ls=style, color=hue, ms=7)
        ax.annotate(label(name), (max(rates), last[name]), (1.5 * most, np.exp(place)),
                    va="center", color=hue, fontsize=12,
                    arrowprops={"arrowstyle": "-", "color": hue, "lw": 0.7,
                                "relpos": (0, 0.5)})  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="matches")
    ax.set_ylabel("effective draws per second of sampling")
    sizes = sorted({size for rates in found.values() for size in rates})
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.set_xlim(0.8 * sizes[0], 8 * most)
    ax.set_ylim(0.6 * low, 1.5 * high)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(LogLocator())
    firsts = {size: max((n for n in found if size in found[n]), key=lambda n, s=size: found[n][s])
              for size in sizes}  # fmt: skip
    return figure(
        fig,
        caption="Bradley and Terry's model with 100 players: effective draws per second of "
        f"sampling, as the matches grow. Both axes are logarithmic. Recorded: {where}.",
        alt="A line for each system. "
        + ", ".join(f"At {size:,} matches {label(name)} is first" for size, name in firsts.items())
        + ".",
    )


def _pushed_apart(places: Sequence[float], gap: float) -> np.ndarray:
    """Move rising places apart until neighbours keep a distance, each as little as may be."""
    moved = np.array(places, float)
    for _ in range(500):
        close = np.maximum(0.0, gap - np.diff(moved)) / 2
        moved[:-1] -= close
        moved[1:] += close
    return moved
