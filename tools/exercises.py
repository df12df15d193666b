"""Exercises, quizzes and programs: what the cells of a text pair are for.

The worked solution is the source. The stub that a learner meets in the chapter is derived from
it: each region between the two solution markers becomes one line to fill in.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from pages import PageError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
TO_FILL_IN = "# your code here"

_CELL = re.compile(r"^# %%(?!%)")
_TAGS = re.compile(r"\btags=(\[[^\]]*\])")
_EXERCISE = re.compile(r"# Exercise (\d+\.\d+)\b")
_BARE_FRAME = re.compile(r"\s*(?:def |class |\)).*:$")
_OPTION = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One cell of a py:percent file: lines `start` (its marker) to `stop`, and its tags."""

    start: int
    stop: int
    tags: tuple[str, ...]


def blocks(text: str) -> list[Block]:
    """Find the cells of a py:percent file by their marker lines."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if _CELL.match(line)]
    found = []
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        listed = _TAGS.search(lines[start])
        tags = tuple(json.loads(listed.group(1))) if listed else ()
        found.append(Block(start, stop, tags))
    return found


def exercise_number(source: str) -> str:
    """Return the number in an exercise's first line, `# Exercise 3.1`."""
    match = _EXERCISE.match(source)
    if not match:
        first = source.partition("\n")[0]
        raise PageError(f"a cell tagged exercise starts with {first!r}, not with '# Exercise N.M'")
    return match.group(1)


def derive_stub(solution: str) -> str:
    """Return a solution cell with each solution region replaced by one line to fill in."""
    number, kept, inside, regions = exercise_number(solution), [], False, 0
    for line in solution.splitlines():
        marker = line.strip()
        if marker in (BEGIN, END):
            if inside == (marker == BEGIN):
                raise PageError(f"exercise {number}: {marker!r} stands where it can't")
            if marker == BEGIN:
                if kept and _BARE_FRAME.match(kept[-1]):
                    # (A formatter would also pull the dots up behind the colon.)
                    raise PageError(f"exercise {number}: give the function a docstring")
                indent = line[: len(line) - len(line.lstrip())]
                # Outside a function `...` would be the cell's value and show as its output.
                kept.append(f"{indent}...  {TO_FILL_IN}" if indent else TO_FILL_IN)
                regions += 1
            inside = not inside
        elif not inside:
            kept.append(line)
    if inside or not regions:
        raise PageError(f"exercise {number}: needs {BEGIN!r} and {END!r} on lines of their own")
    return "\n".join(kept)


def exercise_sources(text: str) -> dict[str, str]:
    """Return number → source of the cells tagged exercise in a py:percent file."""
    lines, found = text.splitlines(), {}
    for block in blocks(text):
        if "exercise" in block.tags:
            source = "\n".join(lines[block.start + 1 : block.stop]).rstrip()
            number = exercise_number(source)
            if number in found:
                raise PageError(f"exercise {number} stands twice")
            found[number] = source
    return found


def with_stubs(chapter: str, solutions: str) -> str:
    """Return a chapter's text with every stub derived from its solution."""
    solved, asked = exercise_sources(solutions), exercise_sources(chapter)
    if missing := sorted(solved.keys() ^ asked.keys()):
        side = "the chapter" if missing[0] in solved else "the solutions"
        raise PageError(f"exercise {missing[0]} is missing in {side}")
    lines = chapter.splitlines()
    for block in reversed([block for block in blocks(chapter) if "exercise" in block.tags]):
        old = "\n".join(lines[block.start + 1 : block.stop]).rstrip()
        stub = derive_stub(solved[exercise_number(old)])
        lines[block.start + 1 : block.start + 1 + len(old.splitlines())] = stub.splitlines()
    return "\n".join(lines) + "\n"


def program_parts(text: str) -> list[str]:
    """Return the names of the self-contained programs of a text, in order."""
    named = [tag for block in blocks(text) for tag in block.tags if tag.startswith("program-")]
    return list(dict.fromkeys(tag.removeprefix("program-") for tag in named))


def program(text: str, part: str) -> str:
    """Return the cells of one program, each line where it stands in the text.

    All other lines are blank, so a traceback names the right line of the text pair.
    """
    if part not in program_parts(text):
        allowed = ", ".join(program_parts(text)) or "none here"
        raise PageError(f"no part is called {part!r}; parts: {allowed}")
    kept = {
        number
        for block in blocks(text)
        if f"program-{part}" in block.tags
        for number in range(block.start + 1, block.stop)
    }
    lines = text.splitlines()
    return "\n".join(line if n in kept else "" for n, line in enumerate(lines)).rstrip() + "\n"


def quiz_problems(source: str) -> list[str]:
    """Say what is wrong with a quiz cell: its opening, its options, its one right answer."""
    found = []
    if not re.match(r"\*\*Quiz \d+\.\*\* \S", source):
        found.append("a quiz starts with '**Quiz N.** ' and the question")
    options = _OPTION.findall(source)
    if len(options) < 2 or len(options) != source.count("<details"):
        found.append("a quiz has at least two <details><summary>A. …</summary>…</details>")
    for number, (summary, _) in enumerate(options):
        if not summary.strip().startswith(f"{chr(ord('A') + number)}. "):
            found.append(f"option {number + 1} starts with '{chr(ord('A') + number)}. '")
    verdicts = [re.match(r"\*\*(Right|No)\.\*\*", text.strip()) for _, text in options]
    if not all(verdicts):
        found.append("every explanation starts with **Right.** or **No.**")
    right = sum(bool(verdict) and verdict.group(1) == "Right" for verdict in verdicts)
    if right != 1:
        found.append(f"exactly one option is right, here {right}")
    return found
