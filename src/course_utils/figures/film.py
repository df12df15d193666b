"""Moving pictures: a small page inside the page, which needs a browser but no network."""

import base64
import html
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from course_utils.display import Figure


class Film:
    """A picture that moves: a complete HTML document in a frame of its own."""

    def __init__(self, document: str, title: str, height: int):
        self.document, self.title, self.height = document, title, height

    def __repr__(self) -> str:
        return f"Film: {self.title} (needs a browser)"

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.document)}" title="{html.escape(self.title)}" '
            f'width="100%" height="{self.height}" '
            'style="border: 0; background: white; border-radius: 4px"></iframe>'
        )


def film(
    name: str, settings: Mapping[str, Any], *, title: str, height: int, still: Figure | None = None
) -> Film:
    """Make a film from its document ``NAME.html`` beside this file.

    Parameters
    ----------
    name : str
        Name of the document.
    settings : Mapping
        What its script begins with, in place of ``/*SETTINGS*/ null``.
    title : str
        What the film shows, for those who cannot see it.
    height : int
        Height of the frame in pixels.
    still : Figure, optional
        What is shown where no script runs, in place of ``<!--STILL-->``.
    """
    page = files("course_utils.figures").joinpath(f"{name}.html").read_text(encoding="utf-8")
    if still is not None:
        data = base64.b64encode(still.png).decode()
        picture = (
            f'<img src="data:image/png;base64,{data}" alt="{html.escape(still.alt)}" '
            f'style="max-width: 100%"><p>{html.escape(still.caption)}</p>'
        )
        page = page.replace("<!--STILL-->", picture)
    return Film(page.replace("/*SETTINGS*/ null", json.dumps(settings)), title, height)
