"""Run cells of a chapter inside its deck, so that both show the same code and the same numbers."""

import ast
import contextlib
import io
from pathlib import Path
from typing import Any, NamedTuple

import jupytext
from IPython.display import Markdown

from course_utils.display import Source

CHAPTERS = Path(__file__).resolve().parents[1] / "notebooks" / "src"


CLAIMS = CHAPTERS.parent / "claims.md"


class Claim(NamedTuple):
    """A claim that a chapter tried, as the page of all claims has it.

    Attributes
    ----------
    words, verdict : str
        The claim; "holds", "does not hold", "holds only when …".
    cases : list of str
        What was measured, case by case.
    where : str
        Date and machine.
    """

    words: str
    verdict: str
    cases: list[str]
    where: str

    @property
    def short(self) -> str:
        """The verdict with cases counted, in place of named."""
        found = self.verdict.partition(" (undecided")[0]
        if not found.startswith("holds only"):
            return found
        return f"holds in {found.count('; ') + 1} of {len(self.cases)} cases"


class Chapter:
    """A chapter's text, and what its cells have defined so far: ``chapter.name`` is that name.

    Parameters
    ----------
    name : str
        Name of the chapter's file in ``notebooks/src``, without ``.py``.
    """

    def __init__(self, name: str):
        self._name, self._names = name, {}
        self._cells = jupytext.read(CHAPTERS / f"{name}.py", fmt="py:percent").cells

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(f"no cell that was run has defined {name!r}")
        return self._names[name]

    def run(self, *marks: str) -> Any:
        """Run the cells that contain ``marks``, and return the value of the last one's last line.

        What the cells print stays in the chapter.
        """
        for mark in marks:
            body = ast.parse(self._cells[self._find(mark)].source).body
            last = body.pop() if isinstance(body[-1], ast.Expr) else ast.Expr(ast.Constant(None))
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(ast.Module(body, []), self._name, "exec"), self._names)
                ending = ast.fix_missing_locations(ast.Expression(last.value))
                value = eval(compile(ending, self._name, "eval"), self._names)
        return value

    def define(self, **names: Any) -> None:
        """Give names values, in place of a cell that is too slow for a deck."""
        self._names |= names

    def claims(self, *beginnings: str) -> list[Claim]:
        """Return the claims that the chapter tried, or those with these beginnings."""
        page = CLAIMS.read_text(encoding="utf-8")
        section = page.partition(f"\n## [{int(self._name[:2])}. ")[2].partition("\n## ")[0]
        rows = [line.strip("| ").split(" | ") for line in section.splitlines() if "|" in line]
        found = [
            Claim(words, verdict.strip("*"), measured.split("<br>"), where)
            for words, verdict, measured, where in rows[2:]
        ]
        for beginning in beginnings:
            if not any(claim.words.startswith(beginning) for claim in found):
                raise ValueError(f"{self._name} tried no claim that begins {beginning!r}")
        return [claim for claim in found if claim.words.startswith(beginnings or "")]

    def verdicts(self, *beginnings: str) -> Markdown:
        """Return a table of claims with their verdicts."""
        rows = [f"| {claim.words} | **{claim.short}** |" for claim in self.claims(*beginnings)]
        return Markdown("\n".join(["| claim | verdict |", "|:---|:---|", *rows]))

    def code(self, function: str) -> Source:
        """Return a function that the chapter defines, to be shown."""
        source = self._cells[self._find(f"def {function}(")].source
        for node in ast.parse(source).body:
            if getattr(node, "name", None) == function:
                return Source("\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno]))
        raise ValueError(f"{self._name} does not define {function!r} at the top level of a cell")

    def where(self, mark: str) -> Markdown:
        """Say where a learner finds the cell that contains ``mark``."""
        index = self._find(mark)
        above = "\n".join(cell.source for cell in self._cells[:index] if cell.cell_type != "code")
        section = [line for line in above.splitlines() if line.startswith("#")][-1].strip("# ")
        return Markdown(
            f"Open `notebooks/{self._name}.ipynb`, section **{section}**, the cell with `{mark}…`"
        )

    def _find(self, mark: str) -> int:
        found = [
            index
            for index, cell in enumerate(self._cells)
            if cell.cell_type == "code" and mark in cell.source
        ]
        if len(found) != 1:
            raise ValueError(f"{len(found)} cells of {self._name} contain {mark!r}; allowed is one")
        return found[0]
