"""The pages of the course: a notebook, its text pair, and what says whether they agree.

`notebooks/src/NN_name.py` (py:percent) is the source; `notebooks/NN_name.ipynb` is derived from it
and holds the outputs. Worked solutions live in the sub-folder `solutions` on both sides.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from jupytext.combine import map_outputs_to_inputs
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
SHARED_METADATA = ("tags", "slideshow")  # the cell metadata that both sides of a pair hold
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


class PageError(Exception):
    """A page can't be read, built or found; the message says which and what to do."""


@dataclass(frozen=True, order=True)
class Page:
    """One page; `name` is `03_some_name` or `solutions/03_some_name`."""

    root: Path
    name: str

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.root / "notebooks" / f"{self.name}.ipynb"

    @property
    def text(self) -> Path:
        """The py:percent source."""
        return self.root / "notebooks" / "src" / f"{self.name}.py"

    @property
    def is_solution(self) -> bool:
        """Whether the page holds worked solutions."""
        return self.name.startswith("solutions/")

    @property
    def stem(self) -> str:
        """The file's own name, the same for a chapter and its solutions."""
        return self.name.removeprefix("solutions/")

    @property
    def number(self) -> str:
        """The digits that open the name."""
        return self.stem.partition("_")[0]

    @property
    def partner(self) -> Page:
        """The solutions of a chapter, the chapter of solutions."""
        return Page(self.root, self.stem if self.is_solution else f"solutions/{self.stem}")

    @property
    def mend(self) -> str:
        """The command that builds this page anew."""
        return f"python tools/course.py build {self.name}"


def all_pages(root: Path = ROOT) -> list[Page]:
    """Return every page of which a text or a notebook exists, chapters first."""
    folder = root / "notebooks"
    names = {
        path.relative_to(base).with_suffix("").as_posix()
        for base, suffix in ((folder, "ipynb"), (folder / "src", "py"))
        for pattern in (f"[0-9]*.{suffix}", f"solutions/[0-9]*.{suffix}")
        for path in base.glob(pattern)
    }
    return [Page(root, name) for name in sorted(names, key=lambda n: ("/" in n, n))]


def page_of(notebook: Path, root: Path = ROOT) -> Page:
    """Return the page whose notebook lies at `notebook`."""
    folder = (root / "notebooks").resolve()
    return Page(root, notebook.resolve().relative_to(folder).with_suffix("").as_posix())


def find(names: Iterable[str], root: Path = ROOT) -> list[Page]:
    """Return the pages called `names`; a bare number means a chapter and its solutions."""
    known = all_pages(root)
    found: list[Page] = []
    for name in names:
        wanted = re.sub(r"^(\./)?(notebooks/)?(src/)?", "", name)
        wanted = re.sub(r"\.(py|ipynb)$", "", wanted)
        wanted = wanted.zfill(2) if wanted.isdigit() else wanted
        hits = [
            page
            for page in known
            if wanted in (page.name, page.number)
            or (page.is_solution and wanted == f"solutions/{page.number}")
        ]
        if not hits:
            allowed = ", ".join(page.name for page in known) or "none yet in notebooks/src"
            raise PageError(f"no page is called {name!r}; pages: {allowed}")
        found += [page for page in hits if page not in found]
    return found


def read_text(page: Page) -> NotebookNode:
    """Read the text side of a pair: cells without outputs."""
    if not page.text.exists():
        raise PageError(f"{page.notebook.relative_to(page.root)} has no text pair {page.text.name}")
    return jupytext.read(page.text, fmt="py:percent")


def read_notebook(page: Page) -> NotebookNode | None:
    """Read the notebook side of a pair, or None where there is none yet."""
    return nbformat.read(page.notebook, as_version=4) if page.notebook.exists() else None


def shared(cell: NotebookNode) -> dict:
    """Return what both sides of a pair say about a cell."""
    metadata = {key: cell.metadata[key] for key in SHARED_METADATA if cell.metadata.get(key)}
    return {"type": cell.cell_type, "source": cell.source, **metadata}


def pair_differences(text: NotebookNode, notebook: NotebookNode) -> list[str]:
    """Compare a pair cell by cell: types, sources, tags, order and number."""
    found = []
    if len(text.cells) != len(notebook.cells):
        found.append(f"the text has {len(text.cells)} cells, the notebook {len(notebook.cells)}")
    for index, (left, right) in enumerate(zip(text.cells, notebook.cells, strict=False)):
        if shared(left) != shared(right):
            what = [
                key
                for key in ("type", "source", *SHARED_METADATA)
                if shared(left).get(key) != shared(right).get(key)
            ]
            found.append(f"cell {index} ({headline(left)}) differs in its {' and '.join(what)}")
            break  # one inserted cell shifts all that follow
    return found


def headline(cell: NotebookNode) -> str:
    """Return the first line of a cell, short, so that a reader finds it."""
    line = next((line for line in cell.source.splitlines() if line.strip()), "empty")
    return line if len(line) <= 50 else line[:49] + "…"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags", []))


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def code_hash(notebook: NotebookNode) -> str:
    """Hash the code; prose may change without a new execution."""
    return _hash([cell.source for cell in code_cells(notebook)])


def outputs_hash(notebook: NotebookNode) -> str:
    """Hash all outputs, pictures and ignored cells included."""
    return _hash([cell.get("outputs", []) for cell in code_cells(notebook)])


def stamp(notebook: NotebookNode) -> None:
    """Record which code produced which outputs."""
    notebook.metadata["course"] = {
        "code_hash": code_hash(notebook),
        "outputs_hash": outputs_hash(notebook),
    }


def is_executed(notebook: NotebookNode) -> bool:
    """Whether all code cells ran once, in order: counts 1, 2, …, n."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return counts == list(range(1, len(counts) + 1))


def is_fresh(notebook: NotebookNode) -> bool:
    """Whether the outputs are those that the present code produced."""
    recorded = notebook.metadata.get("course", {})
    return (
        is_executed(notebook)
        and recorded.get("code_hash") == code_hash(notebook)
        and recorded.get("outputs_hash") == outputs_hash(notebook)
    )


def merge(text: NotebookNode, old: NotebookNode | None) -> NotebookNode:
    """Return the text's cells with the ids, outputs and counts they had in the old notebook."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": dict(KERNELSPEC)})
    matches = map_outputs_to_inputs(text.cells, old.cells) if old else [None] * len(text.cells)
    taken = {old.cells[match].id for match in matches if match is not None}
    for index, (source, match) in enumerate(zip(text.cells, matches, strict=True)):
        cell = nbformat.from_dict(source)
        cell.metadata = nbformat.from_dict(
            {key: source.metadata[key] for key in SHARED_METADATA if source.metadata.get(key)}
        )
        if match is None:
            cell.id = _new_id(f"{index}\n{cell.source}", taken)
            taken.add(cell.id)
        else:
            cell.id = old.cells[match].id
            if cell.cell_type == "code":
                cell.outputs = old.cells[match].outputs
                cell.execution_count = old.cells[match].execution_count
        notebook.cells.append(cell)
    if old:
        for key in ("language_info", "course", "widgets"):
            if key in old.metadata:
                notebook.metadata[key] = old.metadata[key]
    return notebook


def _new_id(content: str, taken: set[str]) -> str:
    """Return an id that depends on the content alone, so that two machines agree on it."""
    while (candidate := _hash(content)[:8]) in taken:
        content += "\n"
    return candidate


def write(notebook: NotebookNode, path: Path) -> bool:
    """Write a notebook in one step, and only if it changed; say whether it did."""
    nbformat.validate(notebook)
    content = nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"
    return write_file(path, content)


def write_file(path: Path, content: str) -> bool:
    """Write text in one step, and only if it changed; say whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.write_text(content, encoding="utf-8", newline="\n")
    draft.replace(path)
    return True
