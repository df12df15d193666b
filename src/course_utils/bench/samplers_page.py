"""The page of the benchmark ``samplers``: tables, a figure and verdicts."""

from collections.abc import Sequence

from course_utils.bench.elsewhere import PEERS
from course_utils.bench.fixed import FIXED
from course_utils.bench.goals import EVERYDAY_MODELS, TWINS, verdicts
from course_utils.bench.jobs import Row
from course_utils.bench.report import head, machine, not_run, picture, spread
from course_utils.bench.results import Case, Results, number, table
from course_utils.bench.whole import WHOLE
from course_utils.display import Figure

NUTS = ("flat", "nested", "numpyro", "blackjax")


def write_samplers(rows: Sequence[Row], name: str) -> tuple[str, dict[str, Figure]]:
    """Turn rows into Markdown and a figure, see :func:`course_utils.bench.page.write_page`."""
    from course_utils.figures.benchmarks import flat_against_nested

    results = Results(rows)
    cases = results.cases(["flat", "numpyro"], least=2)
    if not cases:
        raise ValueError(
            f"{name}.jsonl holds no case with flat and numpyro; allowed is a file that does"
        )
    figure = flat_against_nested(results, cases)
    parts = [
        head("Samplers side by side", name) + " “Steady” is the median of the runs after the "
        "first.",
        machine(list(results.right.values())),
        picture(name, figure),
        "## What was to be reached\n\n"
        + "\n".join(f"- {sentence}" for sentence in verdicts(results)),
        _waiting(results),
        _costs(results),
        _everyday(results),
        _twins(results),
        _left_out(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n", {name: figure}


def _waiting(results: Results) -> str:
    """Flat against nested: how long chains wait, and what not waiting gains."""

    def line(case: Case) -> list[str]:
        rows = {name: results.of(name, case) for name in NUTS}
        flat = rows["flat"]
        return [
            str(case),
            number(flat["mean_leapfrogs"]),
            *(number(rows[name] and rows[name]["iterations_per_draw"]) for name in NUTS[:3]),
            *(
                str(results.times("flat", name, case, "ess_min")) if rows[name] else ""
                for name in NUTS[1:]
            ),
        ]

    header = ["model, chains × draws", "leapfrog steps a draw"]
    header += [f"iterations a draw: {name}" for name in NUTS[:3]]
    header += [f"ESS/s, flat ÷ {name}" for name in NUTS[1:]]
    shown = [case for case in results.cases(["flat"]) if results.of("flat", case)]
    return (
        "## Many chains: what waiting costs\n\nNUTS with the same step size, metric and starts for "
        "all. Nested loops wait for the longest trajectory at every draw, the flat loop does not. "
        "The quotient of medians, and in brackets what single runs would make of it; compilation "
        "is left out.\n\n" + table(header, map(line, shown))
    )


def _costs(results: Results) -> str:
    def line(system: str, row: Row, case: Case) -> list[str]:
        return [
            f"{case}: {system}",
            *(number(row[name]) for name in ("compile_s", "first_s")),
            spread(row["run_s"]),
            *(number(row[name]) for name in ("ess_min", "ess_per_s", "ess_per_gradient")),
            *(number(row[name]) for name in ("acceptance_rate", "divergences", "peak_memory_mb")),
        ]

    header = "system; compile, s; compile + first run, s; steady run, s; ESS; ESS/s; "
    header += "ESS a gradient; acceptance; divergences a run; peak memory, MB"
    lines = [
        line(name, row, case)
        for case in results.cases(FIXED)
        for name in FIXED
        if (row := results.of(name, case))
    ]
    return (
        "## Every sampler with fixed step size and metric\n\nESS is that of one run: the smallest "
        "over all quantities of the model, of bulk and tail. No warm-up is counted.\n\n"
        + table(header.split("; "), lines)
    )


def _everyday(results: Results) -> str:
    def line(system: str, row: Row, case: Case) -> list[str]:
        return [
            f"{case}: {system}",
            *(number(row[name]) for name in ("compile_s", "first_s")),
            spread(row["run_s"]),
            *(number(row[name]) for name in ("recompiles", "warmup_s", "sampling_s")),
            *(number(row[name]) for name in ("ess_min", "ess_per_s", "ess_per_s_call")),
            row["dtype"],
        ]

    header = "system; compile, s; first call, s; further call, s; programs compiled again; "
    header += "warm-up, s; sampling, s; ESS; ESS/s of sampling; ESS/s of a first call; dtype"
    lines = [
        line(name, row, case)
        for case in sorted(results.cases((*WHOLE, *PEERS)), key=_everyday_order)
        for name in (*WHOLE, *PEERS)
        if (row := results.of(name, case))
    ]
    if not lines:
        return ""
    return (
        "## A few chains, warm-up included\n\nEach system finds step size and metric itself. A "
        "further call is the same job with a new seed in the same process.\n\n"
        + table(header.split("; "), lines)
    )


def _everyday_order(case: Case) -> tuple[int, str]:
    known = case.model in EVERYDAY_MODELS
    return (EVERYDAY_MODELS.index(case.model) if known else len(EVERYDAY_MODELS), case.model)


def _twins(results: Results) -> str:
    lines = [
        [
            f"{case}: {name}",
            str(results.times(name, twin, case)),
            "yes" if first["draws_digest"] == second["draws_digest"] else "no",
        ]
        for name, twin in (*TWINS.items(), ("nested", "blackjax"))
        for case in results.cases([name, twin], least=2)
        for first, second in [(results.of(name, case), results.of(twin, case))]
    ]
    if not lines:
        return ""
    return (
        "## Beside BlackJAX, on the same keys\n\nHow many times faster the course's sampler is, "
        "and whether the draws are the same bits.\n\n"
        + table(["sampler", "times faster", "same draws"], lines)
    )


def _left_out(results: Results) -> str:
    wrong = [
        f"- {row['system']}, {_label(row)}: its draws disagree with the exact answer "
        f"({row['worst']}, p = {row['p_value']:.1g})"
        for row in results.wrong
    ]
    return not_run(results.not_run, lambda row: f"{row['system']}, {_label(row)}", wrong)


def _label(row: Row) -> str:
    return str(Case(row["model"], row["chains"], row["draws"]))
