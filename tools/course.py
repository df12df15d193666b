"""Command line for authors: build the pages of the course, and check them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import chapters
import claims
import execution
import exercises
import live
import pages
import rules
import typer
from pages import ROOT, Page, PageError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

sys.path.insert(0, str(ROOT / "src"))  # the package of this tree, whatever is installed

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(soft_wrap=True)

Names = Annotated[
    list[str] | None,
    typer.Argument(help="Pages, as 03, 03_name or solutions/03_name; default all."),
]


def _stop(error: PageError) -> typer.Exit:
    console.print(Text.from_ansi(f"✗ {error}"), style="red")
    return typer.Exit(1)


def _wanted(names: list[str] | None) -> list[Page]:
    return pages.find(names, ROOT) if names else pages.all_pages(ROOT)


def refresh_stubs(page: Page) -> None:
    """Derive the stubs of the chapter to which a page belongs."""
    chapter = page.partner if page.is_solution else page
    if chapter.text.exists() and chapter.partner.text.exists():
        text, solutions = (p.text.read_text(encoding="utf-8") for p in (chapter, chapter.partner))
        try:
            pages.write_file(chapter.text, exercises.with_stubs(text, solutions))
        except PageError as error:
            raise PageError(f"{chapter.text.relative_to(ROOT)}: {error}") from error


def refresh_times(page: Page) -> None:
    """Write the line on times into a chapter's text."""
    if page.is_solution:
        return
    line = chapters.times_line(page, pages.read_text(page))
    text = page.text.read_text(encoding="utf-8")
    try:
        pages.write_file(page.text, chapters.with_times(text, line))
    except PageError as error:
        raise PageError(f"{page.text.relative_to(ROOT)}: {error}") from error


def refresh_table() -> None:
    """Write the chapter table into the README."""
    readme = ROOT / "README.md"
    text = chapters.with_table(readme.read_text(encoding="utf-8"), chapters.table(ROOT))
    pages.write_file(readme, text)


def refresh_claims() -> None:
    """Write the page of claims from the executed chapters."""
    pages.write_file(claims.path(ROOT), claims.page(ROOT))


def measure(page: Page, warm: bool, on_cell) -> float:
    """Build a page with empty compile caches, on request again with full ones; record both."""
    with execution.empty_caches() as caches:
        cold = execution.build(page, force=True, variables=caches, on_cell=on_cell)
        again = (
            execution.build(page, force=True, variables=caches, on_cell=on_cell) if warm else None
        )
    chapters.record(page, cold, again)
    if cold > chapters.COLD_SECONDS_STOP:
        raise PageError(
            f"{page.name} took {cold:.0f} s cold; the hard stop is {chapters.COLD_SECONDS_STOP} s"
        )
    if cold > chapters.COLD_SECONDS_GOAL:
        console.print(f"  {cold:.0f} s cold: more than the {chapters.COLD_SECONDS_GOAL} s aimed at")
    return cold


def build_one(page: Page, force: bool, cold: bool, warm: bool) -> None:
    """Build one page with a progress bar, and say what was done."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("cell {task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    if not console.is_terminal:
        console.print(f"  {page.name} …")
    with bar if console.is_terminal else nullcontext():
        task = bar.add_task(page.name, total=None)

        def on_cell(done: int, total: int) -> None:
            bar.update(task, completed=done + 1, total=total)

        refresh_stubs(page)
        refresh_times(page)
        if cold and not page.is_solution:
            seconds = measure(page, warm, on_cell)
            refresh_times(page)
            execution.build(page)
        else:
            seconds = execution.build(page, force=force, on_cell=on_cell)
    done = "up to date" if seconds is None else f"executed in {seconds:.1f} s"
    console.print(f"✓ {page.name}: {done}")


@app.command()
def build(
    names: Names = None,
    all_: Annotated[bool, typer.Option("--all", help="Execute also what is fresh.")] = False,
    cold: Annotated[
        bool, typer.Option("--cold", help="Execute chapters with empty compile caches; record it.")
    ] = False,
    warm: Annotated[
        bool, typer.Option("--warm", help="With --cold: a second run with full caches too.")
    ] = False,
) -> None:
    """Derive stubs, notebooks, lines on times, the chapter table and the page of claims.

    Only pages whose code changed since their execution are executed; new prose is taken over.
    """
    failed = False
    try:
        for page in _wanted(names):
            try:
                build_one(page, all_, cold or warm, warm)
            except PageError as error:
                _stop(error)
                failed = True
    except PageError as error:
        raise _stop(error) from None
    try:
        refresh_table()
        refresh_claims()
    except PageError as error:  # with names given, another chapter may be half written
        _stop(error)
        failed = failed or not names
    if failed:
        raise typer.Exit(1)


@app.command()
def check(names: Names = None) -> None:
    """Say for every stored page which rule it breaks, and how to mend it."""
    try:
        wanted = _wanted(names)
    except PageError as error:
        raise _stop(error) from None
    found = [what for page in wanted for what in rules.problems(page.notebook, ROOT)]
    if not names:
        try:
            readme = (ROOT / "README.md").read_text(encoding="utf-8")
            if chapters.with_table(readme, chapters.table(ROOT)) != readme:
                found.append(
                    "README.md: the chapter table is out of date. Mend: "
                    "python tools/course.py table"
                )
            stored = claims.path(ROOT)
            if not stored.exists() or stored.read_text(encoding="utf-8") != claims.page(ROOT):
                found.append(
                    "notebooks/claims.md is out of date. Mend: python tools/course.py table"
                )
        except PageError as error:
            found.append(f"{error}. Mend: add what is missing, then python tools/course.py table")
    for what in found:
        console.print(Text(f"✗ {what}"), style="red")
    if found:
        raise typer.Exit(1)
    console.print(f"✓ {len(wanted)} pages keep all rules")


@app.command()
def stubs(names: Names = None) -> None:
    """Derive the exercise stubs of the chapters from the worked solutions."""
    try:
        for page in _wanted(names):
            refresh_stubs(page)
    except PageError as error:
        raise _stop(error) from None


@app.command()
def table() -> None:
    """Write the chapter table into the README, and the page of claims."""
    try:
        refresh_table()
        refresh_claims()
    except PageError as error:
        raise _stop(error) from None


@app.command(name="live")
def live_(names: Names = None) -> None:
    """Write live-coding copies of chapters into live: by-hand code blank."""
    try:
        for page in _wanted(names):
            if not page.is_solution:
                console.print(f"✓ {live.write(page).relative_to(ROOT)}")
    except PageError as error:
        raise _stop(error) from None


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="A chapter, as 01 or 01_name.")],
    part: Annotated[str, typer.Option("--part", help="The program: tag program-PART in the text.")],
) -> None:
    """Run one program of a chapter as a script, straight from the text pair."""
    try:
        page = pages.find([name], ROOT)[0]
        source = exercises.program(page.text.read_text(encoding="utf-8"), part)
    except PageError as error:
        raise _stop(error) from None
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, f"{page.stem}_{part.replace('-', '_')}.py")
        script.write_text(source, encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run([sys.executable, script], cwd=ROOT / "notebooks", env=environment)
    raise typer.Exit(done.returncode)


if __name__ == "__main__":
    app()
