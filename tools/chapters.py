"""What a chapter says of itself: its question, its reading time, its measured running time."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pages
from nbformat import NotebookNode
from pages import Page, PageError

# Adults read English non-fiction at 238 words a minute (Brysbaert, 2019, Journal of Memory and
# Language 109, 104047); formulas slow them down. Three seconds a line of code is a convention.
WORDS_PER_MINUTE = 200
CODE_LINES_PER_MINUTE = 20

# A chapter may take a minute on two cores; three times that is the hard stop.
COLD_SECONDS_GOAL, COLD_SECONDS_STOP = 60, 180

_TIMES = re.compile(r"^((?:# )?)<!-- times -->.*?<!-- /times -->", re.S | re.M)
_TABLE = re.compile(r"<!-- chapters -->.*?<!-- /chapters -->", re.S)


def title(opening: str) -> str:
    """Return the first heading of an opening cell."""
    match = re.search(r"^# +(.+)$", opening, re.M)
    if not match:
        raise PageError("the opening cell has no '# ' heading")
    return match.group(1).strip()


def question(opening: str) -> str:
    """Return the paragraph after `**Question.**` in an opening cell, on one line."""
    match = re.search(r"^\*\*Question\.\*\*\s+(.+?)(?:\n\s*\n|\Z)", opening, re.S | re.M)
    if not match:
        raise PageError("the opening cell has no line '**Question.** …'")
    return " ".join(match.group(1).split())


def reading_minutes(notebook: NotebookNode) -> int:
    """Return the minutes it takes to read a page: its words, and its lines of code."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    prose = _TIMES.sub("", prose)  # the line that holds this number must not change it
    words = len(re.findall(r"\w[\w'’-]*", re.sub(r"<[^>]*>", " ", prose)))
    code = "\n".join(cell.source for cell in pages.code_cells(notebook))
    lines = sum(bool(line.strip()) for line in code.splitlines())
    return max(1, round(words / WORDS_PER_MINUTE + lines / CODE_LINES_PER_MINUTE))


def measured_path(root: Path) -> Path:
    """Return the file that holds the measured running times."""
    return root / "data" / "measured" / "chapters.json"


def measured(root: Path) -> dict[str, dict]:
    """Return page name → what was measured, with machine, date and versions."""
    path = measured_path(root)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def record(page: Page, cold_seconds: float, warm_seconds: float | None = None) -> None:
    """Write down what a run took, and on what."""
    from course_utils.machine import describe_machine

    row = describe_machine(("jax", "numpyro", "pymc")) | {"cold_seconds": round(cold_seconds, 1)}
    if warm_seconds is not None:
        row["warm_seconds"] = round(warm_seconds, 1)
    rows = {**measured(page.root), page.name: row}
    pages.write_file(measured_path(page.root), json.dumps(rows, indent=1, sort_keys=True) + "\n")


def times_line(page: Page, notebook: NotebookNode) -> str:
    """Return the sentence on times that the opening cell of a chapter holds."""
    minutes = reading_minutes(notebook)
    read = f"About {minutes} minute{'s' if minutes > 1 else ''} to read, exercises not counted"
    row = measured(page.root).get(page.name)
    if row is None:
        return f"{read}; the running time is not measured yet."
    again = f", {row['warm_seconds']:.0f} s again with warm caches" if "warm_seconds" in row else ""
    machine = f"{row['cpu']}, {row['threads']} cores, {row['date'][:10]}"
    return f"{read}, {row['cold_seconds']:.0f} s to run (measured cold{again}: {machine})."


def with_times(text: str, line: str) -> str:
    """Return a text pair, or an opening cell, with the sentence on times in its place."""
    if not _TIMES.search(text):
        raise PageError("the opening cell has no '<!-- times -->' and '<!-- /times -->'")
    block = f"<!-- times -->\n{line}\n<!-- /times -->"
    return _TIMES.sub(
        lambda match: "\n".join(match.group(1) + part for part in block.splitlines()),
        text,
        count=1,
    )


def table(root: Path) -> str:
    """Return the chapter table of the README, made from the chapters themselves."""
    rows = ["| chapter | question | read | run |", "|---|---|--:|--:|"]
    times = measured(root)
    for page in pages.all_pages(root):
        if page.is_solution:
            continue
        notebook = pages.read_text(page)
        opening = notebook.cells[0].source
        name, asked = (part.replace("|", r"\|") for part in (title(opening), question(opening)))
        seconds = times.get(page.name, {}).get("cold_seconds")
        run = "–" if seconds is None else f"{seconds:.0f} s"
        link = f"[{name}](notebooks/{page.name}.ipynb)"
        rows.append(f"| {link} | {asked} | {reading_minutes(notebook)} min | {run} |")
    return "\n".join(rows)


def with_table(readme: str, rows: str) -> str:
    """Return the README with the chapter table in its place."""
    if not _TABLE.search(readme):
        raise PageError("README.md has no '<!-- chapters -->' and '<!-- /chapters -->'")
    return _TABLE.sub(lambda _: f"<!-- chapters -->\n{rows}\n<!-- /chapters -->", readme, count=1)
