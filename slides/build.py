"""Build the decks: each ``slides/NN_name.py`` becomes one HTML file that needs no network, and a PDF.

``python slides/build.py`` builds every deck, ``python slides/build.py 03 --html-only`` one of them
without a browser, ``python slides/build.py 03 --contact-sheet`` also draws all its slides on one PNG.
"""

import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import jupytext
import typer
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import SlidesExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets.config import Config

SLIDES = Path(__file__).resolve().parent
WORKERS = 2  # decks at a time; each has a kernel of its own
SIZE = {"width": 1280, "height": 720}
NO_BROWSER = (
    "PDF and contact sheets need Playwright and a Chromium: pip install playwright, then install "
    "Chromium or Chrome, or run 'playwright install chromium'"
)


class DeckError(Exception):
    """What is wrong with a deck or its tools, in one line for the person who builds it."""


class NoBrowser(DeckError):
    """There is nothing to draw PDFs and contact sheets with."""


class CurrentEnvironment(AsyncKernelManager):
    """Run decks with the Python that builds them, whatever kernels are registered elsewhere."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(resource_dir="", **get_kernel_dict())


class PinTitle(Preprocessor):
    """Take "## Title" off a slide's first cell, so that the template can pin it to the top."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, index: int
    ) -> tuple[NotebookNode, dict]:
        starts = cell.metadata.get("slideshow", {}).get("slide_type") in {"slide", "subslide"}
        heading = re.match(r"## +(.+)\n*", cell.source)
        if starts and cell.cell_type == "markdown" and heading:
            cell.metadata.title = heading[1]
            cell.source = cell.source[heading.end() :]
        return cell, resources


def find_decks(names: list[str]) -> list[Path]:
    """Return the sources that ``names`` stand for: paths, or starts of names in ``slides/``."""
    every = sorted(SLIDES.glob("[0-9][0-9]_*.py"))
    found = []
    for name in names:
        path = Path(name)
        match = [path] if path.is_file() else [deck for deck in every if deck.stem.startswith(name)]
        if not match:
            available = ", ".join(deck.stem for deck in every) or "none yet"
            raise DeckError(f"there is no deck {name!r}; there are: {available}")
        found += match
    return list(dict.fromkeys(found)) if names else every


def execute(source: Path) -> NotebookNode:
    """Read a deck's text and run its cells in a fresh kernel of the current environment."""
    notebook = jupytext.read(source, fmt="py:percent")
    if not any(cell.cell_type == "code" for cell in notebook.cells):
        return notebook
    NotebookClient(
        notebook,
        kernel_manager_class=CurrentEnvironment,
        config=Config(CurrentEnvironment={"transport_encryption": "auto"}),
        timeout=300,
        record_timing=False,
        resources={"metadata": {"path": str(source.resolve().parent)}},
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise DeckError(f"{source.name} prints to stderr: {output.text.strip()[:200]}")
    return notebook


def render(notebook: NotebookNode) -> str:
    """Turn an executed notebook into the text of one self-contained HTML file."""
    heading = re.search(r"^# +(.+)$", notebook.cells[0].source, flags=re.MULTILINE)
    if not heading:
        raise DeckError("the first cell of a deck must hold its title: a line '# Title'")
    exporter = SlidesExporter(
        template_name="template",
        extra_template_basedirs=[str(SLIDES)],
        extra_template_paths=[str(SLIDES)],
        exclude_anchor_links=True,
        preprocessors=[PinTitle],
        config=Config(TagRemovePreprocessor={"enabled": True, "remove_input_tags": ["hide-input"]}),
    )
    html, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": heading[1]}})
    return html


@contextmanager
def offline_browser() -> Iterator[Any]:
    """Start a headless Chromium, the first one found, whose pages have no network."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise NoBrowser(NO_BROWSER) from error
    names = ("chromium", "chromium-browser", "google-chrome")
    choices = [{"executable_path": path} for path in map(shutil.which, names) if path]
    choices += [{}, {"channel": "chrome"}, {"channel": "msedge"}]
    unwanted = ("gpu", "background-networking", "component-update", "sync")
    # Chromium refuses its sandbox to root, which is who builds in most containers.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        for choice in choices:
            try:
                browser = playwright.chromium.launch(
                    args=[f"--disable-{feature}" for feature in unwanted],
                    chromium_sandbox=not is_root,
                    **choice,
                )
                break
            except Error:
                continue
        else:
            raise NoBrowser(NO_BROWSER)
        try:
            yield browser.new_context(offline=True, viewport=SIZE)
        finally:
            browser.close()


def open_deck(context: Any, html: Path, query: str = "") -> Any:
    """Open a deck, wait until formulas and pictures are drawn, and return its page."""
    page = context.new_page()
    page.goto(html.resolve().as_uri() + query)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    return page


def show_slide(page: Any, index: int) -> None:
    """Go to a slide by its number, from 0, with all its fragments shown."""
    page.evaluate(
        """(index) => {
          const slide = Reveal.getSlides()[index];
          const { h, v } = Reveal.getIndices(slide);
          Reveal.slide(h, v, slide.querySelectorAll(".fragment").length - 1);
        }""",
        index,
    )


def open_for_print(context: Any, html: Path) -> tuple[Any, int]:
    """Open a deck laid out as pages, and return it with the number of its slides."""
    page = open_deck(context, html, "?print-pdf")
    # reveal.js moves each slide onto a page of its own, after it has called itself ready. Both
    # numbers are taken in one look: a number from an earlier look may have changed meanwhile.
    page.wait_for_function(
        """() => {
          const all = document.querySelectorAll("section").length;
          return all > 0 && document.querySelectorAll(".pdf-page section").length === all;
        }"""
    )
    return page, page.locator("section").count()


def write_pdf(context: Any, html: Path) -> Path:
    """Print a deck, one slide a page, to a PDF beside it."""
    page, slides = open_for_print(context, html)
    target = html.with_suffix(".pdf")
    # Without the range a blank page trails.
    page.pdf(
        path=target,
        print_background=True,
        prefer_css_page_size=True,
        page_ranges=f"1-{slides}",
        tagged=True,
    )
    page.close()
    return target


def write_contact_sheet(context: Any, html: Path, columns: int = 3) -> Path:
    """Put a picture of every slide on one sheet, to look at."""
    from PIL import Image

    page = open_deck(context, html)
    width, height = SIZE["width"] // 2, SIZE["height"] // 2
    slides = page.evaluate("Reveal.getTotalSlides()")
    gap = 8
    size = columns * (width + gap) + gap, -(-slides // columns) * (height + gap) + gap
    sheet = Image.new("RGB", size, "grey")
    for index in range(slides):
        show_slide(page, index)
        shot = Image.open(io.BytesIO(page.screenshot())).resize((width, height))
        row, column = divmod(index, columns)
        sheet.paste(shot, (gap + column * (width + gap), gap + row * (height + gap)))
    page.close()
    target = html.with_suffix(".png")
    sheet.save(target)
    return target


def write_html(source: Path, out: Path) -> Path:
    """Run a deck's cells, and write its HTML into a folder."""
    print(f"{source.stem}: running its cells ...", flush=True)
    html = render(execute(source))
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{source.stem}.html"
    target.write_text(html, encoding="utf-8")
    print(target, flush=True)
    return target


def build(
    decks: Annotated[list[str] | None, typer.Argument(help="Starts of names, or paths.")] = None,
    pdf: Annotated[
        bool | None,
        typer.Option("--pdf/--html-only", help="Insist on the PDF, or leave it out."),
    ] = None,
    contact_sheet: Annotated[
        bool, typer.Option("--contact-sheet", help="Also draw all slides on one PNG.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Where the files go.")] = SLIDES / "build",
) -> None:
    """Build decks: HTML that needs no network, and a PDF where a Chromium is found."""
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            pages = list(pool.map(partial(write_html, out=out), find_decks(decks or [])))
        writers = [write_pdf] if pdf is not False else []
        writers += [write_contact_sheet] if contact_sheet else []
        if pages and writers:
            try:
                with offline_browser() as context:
                    for page in pages:
                        for write in writers:
                            print(write(context, page), flush=True)
            except NoBrowser as error:
                if pdf or contact_sheet:
                    raise
                print(f"HTML only: {error}")
    except (DeckError, CellExecutionError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    typer.run(build)
