"""What pages show: figures with caption and alt text, source from where it lives, moving pictures.

Exact tests; nothing is random.
"""

import re

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

from course_utils import mh
from course_utils.display import COLORS, figure, show_source, use_style
from course_utils.figures import chapter_03


def picture():
    use_style()
    fig, ax = plt.subplots()
    ax.plot([0, 1], [0, 1])
    return fig


def test_a_figure_carries_caption_and_alt_text():
    shown = figure(picture(), caption="A < B & C", alt='a "line"')
    html = shown._repr_html_()
    assert '<img src="data:image/png;base64,' in html
    assert 'alt="a &quot;line&quot;"' in html
    assert "<figcaption>A &lt; B &amp; C</figcaption>" in html
    assert repr(shown) == "Figure: A < B & C"
    assert not plt.get_fignums()


def test_the_same_figure_gives_the_same_bytes():
    assert (
        figure(picture(), caption="c", alt="a").png == figure(picture(), caption="c", alt="a").png
    )


@pytest.mark.parametrize("missing", ["caption", "alt"])
def test_a_figure_without_words_is_refused(missing):
    words = {"caption": "c", "alt": "a"} | {missing: " "}
    with pytest.raises(ValueError, match=f"{missing} is empty"):
        figure(picture(), **words)
    plt.close("all")


def test_figures_are_opaque_and_white():
    import io

    pixels = plt.imread(io.BytesIO(figure(picture(), caption="c", alt="a").png))
    assert np.allclose(pixels[0, 0], 1.0)


def _luminance(color):
    channels = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("name", ["blue", "orange", "green", "grey", "black"])
def test_colours_used_for_lines_stand_out_on_white(name):
    # WCAG 2.1, 1.4.11: graphical objects need a contrast of 3:1.
    assert 1.05 / (_luminance(COLORS[name]) + 0.05) >= 3


def test_source_is_shown_from_the_file_with_a_short_docstring():
    shown = show_source(mh.metropolis_hastings, mh.random_walk)
    assert "def metropolis_hastings(logdensity" in repr(shown)
    assert "key_proposal, key_accept = jax.random.split(key)" in repr(shown)
    assert "Parameters" not in repr(shown)
    assert shown._repr_markdown_().startswith("```python\ndef metropolis_hastings")


def test_source_without_docstring_is_shown_whole():
    def plain(x):
        return x + 1

    assert repr(show_source(plain)) == "def plain(x):\n    return x + 1"


def test_the_moving_picture_needs_no_network():
    film = chapter_03.walk_film(stats.norm.pdf, -3.0, 3.0, start=0.0, step_size=1.0)
    assert not re.search(r"(https?:)?//[a-z]", film.document)
    assert "/*SETTINGS*/" not in film.document
    html = film._repr_html_()
    assert html.startswith("<iframe srcdoc=")
    assert 'title="' in html
    assert "step size" in repr(film)
