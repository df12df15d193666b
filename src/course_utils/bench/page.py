"""The pages of the benchmarks: Markdown and figures, all computed from the results files."""

from pathlib import Path
from typing import Annotated

import typer

from course_utils.bench.elsewhere import PEERS
from course_utils.bench.jobs import read_rows
from course_utils.bench.languages_page import write_languages
from course_utils.bench.samplers_page import write_samplers
from course_utils.bench.walk_page import write_walk
from course_utils.data import DATA_FOLDER
from course_utils.display import Figure

FOLDER = DATA_FOLDER / "benchmarks"
NAMES = ("samplers", "walk", "languages")


def write_page(json: Path) -> tuple[str, dict[str, Figure]]:
    """Turn a results file into Markdown and figures.

    Parameters
    ----------
    json : Path
        Results of ``python -m course_utils.bench samplers`` or ``walk``. If systems with an
        environment of their own take part in the first, the page is that of all languages. Beside a
        file of ``walk`` may lie ``limits.jsonl``, results of ``limits``.

    Returns
    -------
    str
        The page.
    dict of str to Figure
        The figures to which it links, as ``NAME.png`` beside it.

    Raises
    ------
    ValueError
        If the file is missing, is of another benchmark, or holds nothing to compare.
    """
    rows = read_rows(json)
    kinds = sorted({str(row.get("benchmark")) for row in rows})
    if kinds == ["walk"]:
        return write_walk(rows, json.stem, read_rows(json.with_name("limits.jsonl")))
    if kinds != ["samplers"]:
        raise ValueError(
            f"{json} holds rows of {', '.join(kinds) or 'nothing'}; allowed are rows of samplers "
            "or of walk"
        )
    has_peers = any(row["system"] in PEERS for row in rows)
    return (write_languages if has_peers else write_samplers)(rows, json.stem)


def command(
    json: Annotated[
        list[Path] | None, typer.Option(help="Results of `samplers` or `walk`; default: ours.")
    ] = None,
) -> None:
    """Write the pages of results files, with their figures, beside them."""
    for file in json or [FOLDER / f"{name}.jsonl" for name in NAMES]:
        try:
            text, figures = write_page(file)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--json") from error
        file.with_suffix(".md").write_text(text, encoding="utf-8")
        for name, figure in figures.items():
            file.with_name(f"{name}.png").write_bytes(figure.png)
        typer.echo(f"{file.with_suffix('.md')} written, with {', '.join(figures)}.png")
