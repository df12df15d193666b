"""Assignments for nbgrader, one a chapter, made from its exercises: `make assignments`.

A source notebook goes to ``assignments/source/chNN``. nbgrader's own commands take it from there,
see ``assignments/README.md``. The worked solutions stay the only copy of every answer.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from pathlib import Path

import nbformat
import pages
from exercises import exercise_number
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pages import ROOT, Page, PageError, read_text

FOLDER = ROOT / "assignments"
POINTS = 2
_NUMBER = re.compile(r"^### Exercise (\d+\.\d+)", re.MULTILINE)
_CHECK = re.compile(r"^check\((.+)\)$", re.MULTILINE | re.DOTALL)

INTRODUCTION = """# {title}: assignment

Work through chapter {number} first. Each exercise checks itself: the line `check(…)` below your
answer says what is still missing, as often as you like. The same checker gives the points. Leave
the names of functions and numbers as they are, and run everything once more before you hand in.
"""
HIDDEN = """# {points} points, given by the checker of the line above
### BEGIN HIDDEN TESTS
from course_utils.exercises.judge import require_correct

require_correct({arguments})
### END HIDDEN TESTS"""


def assignment(page: Page) -> NotebookNode:
    """Return nbgrader's source notebook of a chapter's exercises.

    Raises
    ------
    PageError
        If an exercise of the chapter has no solution or no check.
    """
    solved = _answers(read_text(page.partner))
    chapter = read_text(page).cells
    title = re.search(r"^# (.+)$", chapter[0].source, re.MULTILINE)[1]
    cells = [_note(INTRODUCTION.format(title=title, number=int(page.number)))]
    prelude = [_imports(chapter), _imports(read_text(page.partner).cells)]
    cells += [_locked(f"imports-{index}", source) for index, source in enumerate(prelude)]
    known = set().union(*map(_defined, prelude))
    number = None
    for index, cell in enumerate(_exercises(chapter)):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            found = _NUMBER.search(cell.source)
            number = found[1] if found else number
            if found or number:
                cells.append(_note(_task(cell.source)))
        elif "exercise" in tags:
            number = exercise_number(cell.source)
            if number not in solved:
                raise PageError(f"{page.name}: exercise {number} has no solution")
            cells.append(_graded(f"answer-{_id(number)}", solved[number], solution=True))
        elif "check" in tags:
            arguments = _CHECK.search(cell.source)
            if not arguments:
                raise PageError(f"{page.name}: {cell.source!r} is not a line check(…)")
            cells.append(new_code_cell(cell.source))
            test = HIDDEN.format(points=POINTS, arguments=arguments[1])
            cells.append(
                _graded(f"points-{_id(number)}", test, grade=True, points=POINTS, locked=True)
            )
        elif number:
            if _needed(cell.source) <= known:
                cells.append(_locked(f"given-{index}", cell.source))
                known |= _defined(cell.source)
            else:  # it needs more of the chapter; it is there to be read
                cells.append(_note(f"From the chapter:\n\n```python\n{cell.source}\n```"))
    notebook = new_notebook(cells=cells, metadata={"kernelspec": pages.KERNELSPEC})
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"
    return notebook


def path(page: Page, folder: Path = FOLDER) -> Path:
    """Return where nbgrader finds the source of a chapter's assignment."""
    name = f"ch{page.number}"
    return folder / "source" / name / f"{name}.ipynb"


def write(page: Page, folder: Path = FOLDER) -> Path:
    """Write the source of a chapter's assignment."""
    target = path(page, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(assignment(page), target)
    return target


def _answers(solutions: NotebookNode) -> dict[str, str]:
    return {
        exercise_number(cell.source): cell.source
        for cell in solutions.cells
        if "exercise" in cell.metadata.get("tags", [])
    }


def _imports(cells: list[NotebookNode]) -> str:
    """Return the import statements of a page's first code cell, and what is set up there."""
    return next(cell.source for cell in cells if cell.cell_type == "code")


def _exercises(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells of the section Exercises."""
    starts = [i for i, cell in enumerate(cells) if re.search(r"^## Exercises", cell.source, re.M)]
    found = []
    for cell in cells[starts[0] :]:
        is_next = cell.cell_type == "markdown" and re.match(r"## (?!Exercises)", cell.source)
        if is_next or "quiz" in cell.metadata.get("tags", []):
            break
        found.append(cell)
    return found


def _task(source: str) -> str:
    """Return the text of a task without the chapter's own heading and its pointer to solutions."""
    return source[source.index("### Exercise") :] if "### Exercise" in source else source


def _defined(source: str) -> set[str]:
    tree = ast.parse(source)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
             and isinstance(node.ctx, ast.Store)}  # fmt: skip
    kinds = (ast.FunctionDef, ast.ClassDef)
    names |= {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return names | {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }


def _needed(source: str) -> set[str]:
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return used - _defined(source) - set(dir(builtins))


def _id(number: str) -> str:
    """Return the number of an exercise as nbgrader's names allow it."""
    return number.replace(".", "-")


def _note(source: str) -> NotebookNode:
    return new_markdown_cell(source)


def _locked(name: str, source: str) -> NotebookNode:
    return _graded(name, source, locked=True)


def _graded(
    name: str,
    source: str,
    *,
    grade: bool = False,
    locked: bool = False,
    solution: bool = False,
    points: int | None = None,
) -> NotebookNode:
    about = {
        "schema_version": 3, "grade_id": name, "grade": grade, "locked": locked,
        "solution": solution, "task": False,
    }  # fmt: skip
    if points is not None:
        about["points"] = points
    return new_code_cell(source, metadata={"nbgrader": about})


def main(names: list[str]) -> int:
    """Write the sources of these chapters, or of all; return 1 if one cannot be made."""
    try:
        wanted = pages.find(names) if names else pages.all_pages()
        for page in wanted:
            if not page.is_solution:
                print(write(page).relative_to(ROOT))
    except PageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
