"""Entry point of ``python -m course_utils.museum``: measure the matrix bug × check."""

from pathlib import Path
from typing import Annotated

import jax
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from course_utils.museum.exhibits import find
from course_utils.museum.matrix import FILE, append, cells, measure, read

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def main(
    seed: Annotated[int, typer.Option(help="First seed of every cell.")] = 1,
    right_runs: Annotated[int, typer.Option(min=1, help="Seeds for a right sampler.")] = 20,
    wrong_runs: Annotated[int, typer.Option(min=1, help="Seeds for a mutant.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="An exhibit; may be repeated.")] = None,
    out: Annotated[Path, typer.Option(help="Table, one row a cell; goes on where it ends.")] = FILE,
) -> None:
    """Ask every check of every exhibit, and write a row for each answer at once.

    Fails when a right sampler fails a check, or a mutant passes the one that names it.
    """
    try:
        names = [find(name).name for name in only] if only else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--only") from None
    done = {(row.exhibit, row.check, row.seed) for row in read(out).itertuples()}
    todo = [cell for cell in cells(names) if (cell[0].name, cell[1], seed) not in done]
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:60}"), BarColumn(), MofNCompleteColumn())
    surprises, before = [], None
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task("", total=len(todo))
        for exhibit, check in todo:
            progress.update(bar, description=f"{exhibit.name}: {check}")
            is_right = exhibit.caught_by is None
            if exhibit is not before:
                jax.clear_caches()  # the programs of the last exhibit are of no more use
                before = exhibit
            row = measure(exhibit, check, seed, right_runs if is_right else wrong_runs)
            append(row, out)
            expected = "passes" if is_right else "fails"
            if (is_right or check == exhibit.caught_by) and row["outcome"] != expected:
                surprises.append(row)
            progress.advance(bar)
    for row in surprises:
        console.print(f"✗ {row['exhibit']}, {row['check']}: {row['outcome']}. {row['message']}")
    if surprises:
        raise typer.Exit(code=1)


if __name__ == "__main__":
    app(prog_name="python -m course_utils.museum")
