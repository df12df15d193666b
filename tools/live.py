"""Live-coding copies of the chapters: the functions of the section *By hand* are left to write.

Prose, figures and everything else stays. A copy lies in ``live``, outside of ``notebooks``: there
JupyterLab would pair it with a text of its own.
"""

from __future__ import annotations

import ast
import copy
import posixpath
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pages import Page, PageError, read_notebook

SECTION = "By hand"
TO_WRITE = "...  # live"
_HEADING = re.compile(r"^## +(.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|mailto:|#|/)([^)\s]+)\)")


def path(page: Page) -> Path:
    """Return where the copy of a chapter lies."""
    return page.root / "live" / page.notebook.name


def blank(source: str) -> str:
    """Return code whose functions have a docstring at most, and one line to write in."""
    lines = source.splitlines()
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    for node in reversed(functions):
        first = node.body[0]
        if first.lineno == node.lineno:  # all on one line
            head = lines[node.lineno - 1][: first.col_offset].rstrip()
            lines[node.lineno - 1 : node.end_lineno] = [head, f"    {TO_WRITE}"]
            continue
        kept = first.end_lineno if ast.get_docstring(node) is not None else first.lineno - 1
        lines[kept : node.end_lineno] = [" " * first.col_offset + TO_WRITE]
    return "\n".join(lines)


def live_copy(notebook: NotebookNode) -> NotebookNode:
    """Return an executed chapter with its by-hand code blank, and no outputs but figures."""
    found, section = copy.deepcopy(notebook), ""
    for cell in found.cells:
        if cell.cell_type == "markdown":
            section = [section, *_HEADING.findall(cell.source)][-1]
            cell.source = _LINK.sub(_from_here, cell.source)
        elif cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [output for output in cell.outputs if _is_figure(output)]
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = None
            if section == SECTION:
                cell.source = blank(cell.source)
    return found


def write(page: Page) -> Path:
    """Write the copy of a chapter."""
    notebook = read_notebook(page)
    if notebook is None:
        raise PageError(f"{page.name} has no notebook yet. Mend: {page.mend}")
    target = path(page)
    target.parent.mkdir(exist_ok=True)
    nbformat.write(live_copy(notebook), target)
    return target


def _from_here(link: re.Match) -> str:
    """Turn a link from a chapter into one from its copy."""
    return f"]({posixpath.normpath(f'../notebooks/{link[1]}')})"


def _is_figure(output: NotebookNode) -> bool:
    data = output.get("data", {})
    html = data.get("text/html", "")
    return any(kind.startswith("image/") for kind in data) or "<figure" in html or "<iframe" in html
