"""The page of all languages: rates, where the time goes, crossovers, and how it grows."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from course_utils.bench.elsewhere import MODELS, program_name
from course_utils.bench.jobs import Row
from course_utils.bench.languages import MANY, Record, first_to, p_value
from course_utils.bench.report import head, machine, not_run, picture, spread
from course_utils.bench.results import number, table
from course_utils.display import Figure

WANTED = (100, 1_000, 10_000, 100_000, 1_000_000)
MATCHES = 1_000  # of Bradley and Terry's model without a number in its name


def write_languages(rows: Sequence[Row], name: str) -> tuple[str, dict[str, Figure]]:
    """Turn rows into Markdown and figures, see :func:`course_utils.bench.page.write_page`."""
    import matplotlib.pyplot as plt

    from course_utils.display import use_style
    from course_utils.figures import chapter_13

    record = Record(rows, systems=chapter_13.SYSTEMS)
    shown = [model for model in record.models if program_name(model) == model]
    growing = record.growing("bradley_terry", MATCHES)
    with plt.rc_context():
        use_style()
        speeds = {_title(model): record.speeds(model) for model in shown}
        figures = {name: chapter_13.rates(speeds, record.where)}
        if growing:
            figures[f"{name}_growth"] = chapter_13.growth(growing, record.where)
    label = chapter_13.label
    wrong = [
        f"- {label(system)}, {_title(model)}: its draws disagree with the exact answer "
        f"(p = {p_value(row):.1g})"
        for (model, system), row in record.finished.items()
        if (model, system) not in record.right
    ]
    parts = [
        head("One model, every language", name) + " NUTS, four chains; each system finds step size "
        "and metric itself. Rows that disagree with the exact answer have no speed.",
        machine(list(record.right.values())),
        picture(name, figures[name]),
        _first(record, label),
        *(_table(record, model, label) for model in record.models),
        _growth(growing, figures.get(f"{name}_growth"), f"{name}_growth", label),
        _limits(record, label),
        not_run(
            (
                {"system": system, "model": model, "why": why}
                for model in MODELS
                for system, why in record.absent(model).items()
            ),
            lambda row: f"{label(row['system'])}, {_title(row['model'])}",
            wrong,
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n", figures


def _title(model: str) -> str:
    return model.replace("_", " ")


def _first(record: Record, label) -> str:
    """Who has so many effective draws first, with everything counted but the import."""
    lines = [
        [_title(model), *(label(name) for name in first_to(record.of(model), WANTED).values())]
        for model in record.models
    ]
    return (
        "## Who is done first\n\nBy how many effective draws are wanted: compiling, warm-up and "
        "sampling count, the import does not.\n\n"
        + table(["model", *(f"{n:,} effective draws" for n in WANTED)], lines)
    )


def _table(record: Record, model: str, label) -> str:
    def line(system: str, row: Row) -> list[str]:
        seconds = partial(record.seconds, model, system)
        effective = np.array(row["ess_min_runs"])
        return [
            label(system),
            *(number(row[f"{part}_s"]) for part in ("import", "compile")),
            *(spread(row[f"{part}_run_s"]) for part in ("warmup", "sampling")),
            spread(seconds("a further call")),
            spread(effective),
            *(spread(effective / seconds(clock)) for clock in ("sampling", "a first call")),
            *(number(row[name]) for name in ("ess_per_gradient", "divergences", "peak_memory_mb")),
            f"{p_value(row):.2g}",
        ]

    rows = record.of(model)
    header = "system; import, s; compile, s; warm-up, s; sampling, s; further call, s; ESS; "
    header += "ESS/s of sampling; ESS/s of a first call; ESS a gradient; divergences a run; "
    header += "peak memory, MB; p-value"
    order = sorted(rows.items(), key=lambda pair: -pair[1]["ess_per_s"])
    few = [label(name) for name, row in order if row["ess_runs"] * row["chains"] < MANY]
    told = (
        f" Of {', '.join(few)} fewer than {MANY} chains were run, and their means are judged as "
        "well as their shares."
        if few
        else ""
    )
    return (
        f"## {_title(model).capitalize()}\n\nThe median of the runs after the first, and in "
        "brackets the smallest and the largest. ESS is that of one run: the smallest of bulk and "
        f"tail over all quantities. The p-value is that of the worst comparison with the exact "
        f"answer, times their number.{told}\n\n"
        + table(header.split("; "), [line(*pair) for pair in order])
    )


def _growth(growing, figure: Figure | None, name: str, label) -> str:
    if figure is None:
        return ""
    sizes = sorted({size for rates in growing.values() for size in rates})
    lines = [
        [label(system), *(number(rates.get(size)) for size in sizes)]
        for system, rates in growing.items()
    ]
    firsts = []
    for one, other in pairwise(sizes):
        both = {system: rates for system, rates in growing.items() if {one, other} <= {*rates}}
        pairs = [
            f"{label(b)} overtakes {label(a)}"
            for a in both
            for b in both
            if both[a][one] > both[b][one] and both[a][other] < both[b][other]
        ]
        firsts.append(f"- from {one:,} to {other:,} matches: " + ("; ".join(pairs) or "nobody"))
    return (
        "## As the data grow\n\nBradley and Terry's model, 100 players: effective draws per second "
        "of sampling.\n\n"
        + picture(name, figure)
        + "\n\n"
        + table(["system", *(f"{size:,} matches" for size in sizes)], lines)
        + "\n\nWho overtakes whom:\n\n"
        + "\n".join(firsts)
    )


def _limits(record: Record, label) -> str:
    """Say what bounds a first call."""
    lines = []
    for model in record.models:
        shares = [
            row["compile_s"] / (row["compile_s"] + row["warmup_s"] + row["sampling_s"])
            for row in record.of(model).values()
        ]
        steps = {
            name: 1e6 * row["sampling_s"] / (row["mean_leapfrogs"] * row["chains"] * row["draws"])
            for name, row in record.of(model).items()
            if row["mean_leapfrogs"]
        }
        quickest = min(steps, key=lambda name, steps=steps: steps[name])
        lines.append(
            [
                _title(model),
                *(f"{f(shares):.0%}" for f in (np.min, np.median, np.max)),
                f"{number(steps[quickest])}, {label(quickest)}",
            ]
        )
    return (
        "## What bounds it\n\nThe share of compiling in a first call (the import left out): where "
        "it is near 100 %, no sampler can make the call shorter. What is left is gradients: the "
        "last column is the least time of a leapfrog step, all chains together, of any system that "
        "counts them.\n\n"
        + table(["model", "least share", "middle", "largest share", "µs a leapfrog step"], lines)
    )
