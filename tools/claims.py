"""The page of claims: every claim that a chapter puts on trial, as its executed page judged it."""

from __future__ import annotations

from pathlib import Path

import chapters
import pages

HEAD = """# Claims on trial

The sources of this course make claims, and so do most people who talk about samplers. Each chapter
tries some of them. This page is made from the executed chapters: `make notebooks` writes it. A case
supports a claim if every repeat lies within the claim's bounds, and speaks against it if every
repeat lies outside. Values are medians, with the range over the repeats.
"""


def recorded(root: Path) -> list[dict]:
    """Return what the stored pages recorded of their trials, in the order of the pages."""
    found = []
    for page in pages.all_pages(root):
        notebook = None if page.is_solution else pages.read_notebook(page)
        for cell in pages.code_cells(notebook) if notebook else []:
            for output in cell.outputs:
                record = output.get("metadata", {}).get("claim")
                if record:
                    found.append({**record, "page": page.name})
    return found


def page(root: Path) -> str:
    """Return the page of all claims."""
    parts = [HEAD]
    titles = {
        page.name: chapters.title(pages.read_text(page).cells[0].source)
        for page in pages.all_pages(root)
        if not page.is_solution
    }
    found = recorded(root)
    for name, title in titles.items():
        rows = [record for record in found if record["page"] == name]
        if not rows:
            continue
        parts.append(f"## [{title}]({name}.ipynb)\n")
        parts.append("| claim | verdict | measured | when and where |\n|---|---|---|---|")
        for row in rows:
            cells = (
                row["claim"],
                f"**{row['verdict']}**",
                "<br>".join(f"{case}: {value}" for case, value in dict(row["measured"]).items()),
                f"{row['date']}, {row['machine']}",
            )
            parts.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def path(root: Path) -> Path:
    """Return where the page of claims lies."""
    return root / "notebooks" / "claims.md"
