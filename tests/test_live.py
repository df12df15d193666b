"""Copies for live coding: by-hand code is blank, all else stays."""

import ast

import live
import pages
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

FUNCTIONS = '''
CONSTANT = 3


def walk(x):
    """Walk."""
    # a comment
    for _ in range(9):
        x += 1
    return x


@decorated
def bare(x):
    return (
        x
    )


def short(x): return x


print(walk(CONSTANT))'''
BLANK = '''
CONSTANT = 3


def walk(x):
    """Walk."""
    ...  # live


@decorated
def bare(x):
    ...  # live


def short(x):
    ...  # live


print(walk(CONSTANT))'''


def test_functions_keep_their_first_lines():
    assert live.blank(FUNCTIONS) == BLANK
    assert live.blank("x = 1\nprint(x)") == "x = 1\nprint(x)"


def test_only_the_section_by_hand_is_blank():
    text = new_output("stream", name="stdout", text="42")
    picture = new_output("display_data", data={"image/png": "x"})
    drawn = new_output(
        "execute_result", data={"text/html": "<figure>x</figure>"}, execution_count=3
    )
    table = new_output("execute_result", data={"text/html": "<table>"}, execution_count=3)
    shown = "# [a](glossary.md), [b](https://x.org), [c](#here), [d](../data/README.md)\n\n"
    found = live.live_copy(
        new_notebook(
            cells=[
                new_code_cell("def f():\n    return 1"),
                new_markdown_cell(shown + "## By hand"),
                new_markdown_cell("### A part of it"),
                new_code_cell("def f():\n    return 1", outputs=[text, picture, drawn, table]),
                new_markdown_cell("## Fast"),
                new_code_cell("def f():\n    return 2", execution_count=3),
            ]
        )
    )
    kept, words, _, blank, _, fast = found.cells
    assert kept.source.endswith("return 1") and fast.source.endswith("return 2")
    assert blank.source == "def f():\n    ...  # live"
    assert [output.output_type for output in blank.outputs] == ["display_data", "execute_result"]
    assert blank.outputs[1].execution_count is fast.execution_count is None
    linked = (
        "# [a](../notebooks/glossary.md), [b](https://x.org), [c](#here), [d](../data/README.md)"
    )
    assert words.source.startswith(linked)


# Chapter 00 has its by-hand function in the first picture, where it stays.
CHAPTERS = [page for page in pages.all_pages() if not page.is_solution and page.number != "00"]


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)
def test_every_chapter_has_something_to_write(page):
    notebook = pages.read_notebook(page)
    found = live.live_copy(notebook)
    assert len(found.cells) == len(notebook.cells)
    code = [cell.source for cell in found.cells if cell.cell_type == "code"]
    assert any(live.TO_WRITE in source for source in code)
    for source in code:
        ast.parse(source)


def test_a_chapter_without_notebook_is_named(tmp_path):
    with pytest.raises(pages.PageError, match="03_none has no notebook yet"):
        live.write(pages.Page(tmp_path, "03_none"))
