"""The rules that a stored page keeps, each with a message that says how to mend it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import chapters
import exercises
import pages
from nbformat import NotebookNode
from pages import Page, PageError

SIZE_LIMIT = 2_000_000  # bytes; larger files are slow to open and to review

# What a comparison of outputs leaves out, beyond nbval's own list: pictures and markup that
# libraries fill with random ids or font versions, and stderr, which no page may have.
NOT_COMPARED = (
    "stderr",
    "text/html",
    "text/latex",
    "image/svg+xml",
    "image/gif",
    "application/javascript",
)
_NEVER_COMPARED = (*NOT_COMPARED, "image/png", "image/jpeg")
_WIDGET = "application/vnd.jupyter.widget-view+json"
_WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
_OF_THIS_MACHINE = re.compile(
    r"\b0x[0-9a-f]{6,}\b|(?:/home/|/Users/|/root/|/tmp/)\S+|\b[A-Z]:\\Users\\\S+"
)


class _Pictures(HTMLParser):
    """Collect what is wrong with the pictures in a piece of markup."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.figures = self.captions = 0
        self.feed(markup)
        if self.figures > self.captions:
            self.problems.append("a <figure> has no <figcaption>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        given = {key for key, value in attrs if value and value.strip()}
        if tag == "img" and "alt" not in given:
            self.problems.append("an <img> has no alt text")
        if tag == "iframe" and "title" not in given:
            self.problems.append("an <iframe> has no title")
        self.figures += tag == "figure"
        self.captions += tag == "figcaption"


def output_problems(notebook: NotebookNode) -> list[str]:
    """Say what is wrong with the outputs of a notebook, whatever its history."""
    found = []
    models = notebook.metadata.get("widgets", {}).get(_WIDGET_STATE, {}).get("state", {})
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            found += [
                f"cell {index} ({pages.headline(cell)}): {what}"
                for what in _one_output(output, models, pages.tags(cell))
            ]
    return found


def _one_output(output: NotebookNode, models: dict, tags: list[str]) -> list[str]:
    if output.output_type == "error":
        return [f"ends in an error, {output.ename}: {output.evalue}"]
    if output.output_type == "stream" and output.name == "stderr":
        return [f"writes to stderr (a warning, a log, a progress bar?):\n{output.text.rstrip()}"]
    found, data = [], output.get("data", {})
    if any(key in data for key in ("image/png", "image/jpeg", "image/svg+xml", "image/gif")):
        found.append("shows a bare picture without alt text; use course_utils.display.figure")
    found += _Pictures(data.get("text/html", "")).problems
    if _WIDGET in data and data[_WIDGET]["model_id"] not in models:
        found.append("shows a widget whose state is not stored, so a reader sees nothing")
    text = output.get("text", "") + data.get("text/plain", "")
    if "nbval-ignore-output" not in tags and (match := _OF_THIS_MACHINE.search(text)):
        found.append(f"prints {match.group()!r}, which differs from run to run")
    return found


def history_problems(notebook: NotebookNode) -> list[str]:
    """Say where the outputs are not those of the code: never run, edited, or changed by hand."""
    cells = pages.code_cells(notebook)
    if cells and not any(cell.outputs for cell in cells):
        return ["was stored without outputs"]
    if not pages.is_executed(notebook):
        counts = [cell.execution_count for cell in cells]
        return [f"its code cells did not run once each in order (execution counts {counts})"]
    recorded = notebook.metadata.get("course", {})
    found = []
    if recorded.get("code_hash") != pages.code_hash(notebook):
        found.append("a code cell was edited after its execution")
    if recorded.get("outputs_hash") != pages.outputs_hash(notebook):
        found.append("an output was changed after its execution")
    return found


def is_compared(cell: NotebookNode) -> bool:
    """Whether a test run compares any output of this cell."""
    if cell.cell_type != "code" or "nbval-ignore-output" in pages.tags(cell):
        return False
    kinds = {"stdout" for output in cell.outputs if output.get("name") == "stdout"}
    kinds |= {kind for output in cell.outputs for kind in output.get("data", {})}
    return bool(kinds - {*_NEVER_COMPARED, _WIDGET})


def tag_problems(notebook: NotebookNode) -> list[str]:
    """Say which tags can't mean what their author meant."""
    found = []
    for index, cell in enumerate(notebook.cells):
        for tag in pages.tags(cell):
            if not re.fullmatch(r"[a-z0-9]+(?:[.-][a-z0-9]+)*", tag):
                found.append(f"cell {index}: tag {tag!r} is not lower-case with hyphens")
            elif tag in ("nbval-skip", "raises-exception"):
                found.append(f"cell {index}: tag {tag!r} would hide the cell from the tests")
            elif tag.startswith("tol-") and tolerance(cell) is None:
                found.append(f"cell {index}: tag {tag!r} needs a number below 1, as tol-0.3")
    return found


def tolerance(cell: NotebookNode) -> float | None:
    """Return the relative tolerance in a cell's tag `tol-X`, None without one (or a bad one)."""
    for tag in pages.tags(cell):
        match = re.fullmatch(r"tol-(0?\.\d+|\d+e-\d+)", tag)
        if match and 0 < float(match.group(1)) < 1:
            return float(match.group(1))
    return None


def reading_problems(notebook: NotebookNode) -> list[str]:
    """Say what is wrong with quizzes and with pictures in the prose."""
    found = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        if "quiz" in pages.tags(cell):
            found += [f"cell {index}: {what}" for what in exercises.quiz_problems(cell.source)]
        elif cell.source.startswith("**Quiz"):
            found.append(f"cell {index}: a quiz needs the tag quiz")
        found += [f"cell {index}: {what}" for what in _Pictures(cell.source).problems]
        if re.search(r"!\[\s*\]\(", cell.source):
            found.append(f"cell {index}: a picture has no alt text")
    return found


def exercise_problems(page: Page, notebook: NotebookNode) -> list[str]:
    """Say where chapter and solutions differ in their exercises, or a checker's state is wrong."""
    try:
        here = exercises.exercise_sources(page.text.read_text(encoding="utf-8"))
        if page.partner.text.exists():
            there = exercises.exercise_sources(page.partner.text.read_text(encoding="utf-8"))
        else:
            there = {}
        stubs, solved = (there, here) if page.is_solution else (here, there)
        derived = {number: exercises.derive_stub(source) for number, source in solved.items()}
    except PageError as error:
        return [str(error)]
    found = []
    for number in sorted(derived.keys() | stubs.keys()):
        if number not in derived:
            found.append(f"exercise {number} has no solution in {page.partner.text.name}")
        elif number not in stubs:
            found.append(f"the solution of exercise {number} has no exercise in the chapter")
        elif stubs[number] != derived[number]:
            found.append(f"the stub of exercise {number} is not the one its solution gives")
    return found + _checker_problems(page, notebook)


def _checker_problems(page: Page, notebook: NotebookNode) -> list[str]:
    found, cells = [], pages.code_cells(notebook)
    wanted = "✓" if page.is_solution else "○"
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if "exercise" not in pages.tags(cell):
            continue
        number = exercises.exercise_number(cell.source)
        if following is None or "check" not in pages.tags(following):
            found.append(f"exercise {number} is not followed by a cell tagged check")
        elif f"{wanted} {number}" not in _printed(following):
            found.append(f"the check of exercise {number} does not print '{wanted} {number}'")
    return found


def _printed(cell: NotebookNode) -> str:
    plain = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "".join([*(output.get("text", "") for output in cell.outputs), *plain])


def opening_problems(page: Page, notebook: NotebookNode) -> list[str]:
    """Say what a chapter's first cell lacks, or whether its line on times is out of date."""
    if page.is_solution:
        return []
    opening = notebook.cells[0].source if notebook.cells else ""
    try:
        chapters.title(opening)
        chapters.question(opening)
        if chapters.with_times(opening, chapters.times_line(page, notebook)) != opening:
            return ["its line on times is out of date"]
    except PageError as error:
        return [str(error)]
    return []


def problems(notebook: Path, root: Path = pages.ROOT) -> list[str]:
    """Return one sentence for each rule that a stored page breaks, with the command to mend it."""
    page = pages.page_of(notebook, root)
    where = f"notebooks/{page.name}.ipynb"
    try:
        text, stored = pages.read_text(page), pages.read_notebook(page)
    except PageError as error:
        return [f"{error} Mend: write notebooks/src/{page.name}.py, then {page.mend}"]
    if stored is None:
        return [f"{where} does not exist. Mend: {page.mend}"]
    differences = pages.pair_differences(text, stored)
    found = [f"text pair and notebook differ: {what}" for what in differences]
    found += history_problems(stored) + output_problems(stored)
    if not any(is_compared(cell) for cell in stored.cells):
        found.append("no output of this page is compared by a test run")
    size = page.notebook.stat().st_size
    if size > SIZE_LIMIT:
        found.append(f"is {size / 1e6:.1f} MB large, the limit is {SIZE_LIMIT / 1e6:.0f} MB")
    found += tag_problems(stored) + reading_problems(stored)
    found += exercise_problems(page, stored) + opening_problems(page, stored)
    return [f"{where}: {what}. Mend: {page.mend}" for what in found]
