"""Take the README's picture out of the page that shows it, so that it can't go stale."""

import base64
import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "notebooks" / "03_metropolis_hastings.ipynb"
CELL = "figures.trace_and_histogram("
PICTURE = ROOT / "notebooks" / "images" / "walk.png"


def picture() -> bytes:
    """Return the PNG that the page shows under its first cell that starts with `CELL`."""
    for cell in nbformat.read(PAGE, as_version=4).cells:
        if cell.cell_type == "code" and cell.source.startswith(CELL):
            markup = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
            if found := re.search(r'src="data:image/png;base64,([^"]+)"', markup):
                return base64.b64decode(found[1])
    raise SystemExit(f"{PAGE.name} shows no picture under a cell that starts with {CELL!r}")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(picture())
