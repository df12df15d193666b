"""How pages show things: the plotting style, figures with caption and alt text, source code."""

import ast
import base64
import html
import inspect
import io
import textwrap
from typing import Any

# Okabe and Ito's eight colours, told apart with every common form of colour blindness.
COLORS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "yellow": "#E69F00",
    "grey": "#666666",
    "black": "#000000",
}


def use_style() -> None:
    """Set matplotlib to the course's style: large type, opaque white, colour-blind-safe colours."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=list(COLORS.values())),
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "figure.figsize": (8, 4),
            "font.size": 13,
            "grid.alpha": 0.3,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "savefig.dpi": 120,
            "savefig.facecolor": "white",
        }
    )


class Figure:
    """A picture with its caption and its alternative text, as :func:`figure` makes it."""

    def __init__(self, png: bytes, width: int, caption: str, alt: str):
        self.png, self.width, self.caption, self.alt = png, width, caption, alt

    def __repr__(self) -> str:
        return f"Figure: {self.caption}"

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode()
        return (
            '<figure style="margin: 0 0 1em 0">'
            f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.alt)}" '
            f'width="{self.width}" style="max-width: 100%; background: white; border-radius: 4px">'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )


def figure(fig: Any, *, caption: str, alt: str) -> Figure:
    """Turn a matplotlib figure into a picture with caption and alternative text.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        It is drawn once and closed.
    caption : str
        What the reader should see in the picture, in one or two sentences.
    alt : str
        What the picture shows, for those who cannot see it.

    Raises
    ------
    ValueError
        If caption or alt is empty.
    """
    import matplotlib.pyplot as plt

    for name, text in (("caption", caption), ("alt", alt)):
        if not text.strip():
            raise ValueError(f"{name} is empty; allowed is a sentence that describes the figure")
    buffer = io.BytesIO()
    # No version of matplotlib in the file: the same figure gives the same bytes.
    fig.savefig(buffer, format="png", metadata={"Software": None})
    width = round(fig.get_figwidth() * 100)
    plt.close(fig)
    return Figure(buffer.getvalue(), width, caption, alt)


class Source:
    """Source code that shows itself as a highlighted block."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def show_source(*objects: Any) -> Source:
    """Show functions or classes from the file they live in, docstrings cut to their first line.

    Parameters
    ----------
    *objects
        Functions or classes.

    Returns
    -------
    Source
        Displays itself at the end of a cell.
    """
    return Source("\n\n".join(_short_source(item) for item in objects))


def _short_source(item: Any) -> str:
    lines = textwrap.dedent(inspect.getsource(item)).rstrip().splitlines()
    docstring = ast.parse("\n".join(lines)).body[0].body[0]
    if isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant):
        first = inspect.cleandoc(docstring.value.value).splitlines()[0]
        indent = " " * docstring.col_offset
        lines[docstring.lineno - 1 : docstring.end_lineno] = [f'{indent}"""{first}"""']
    return "\n".join(line for i, line in enumerate(lines) if line or lines[i - 1])
