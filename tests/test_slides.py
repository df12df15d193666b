"""The decks in a real browser with the network off, and proof that each check can fail."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "slides" / "build.py"
AUDIT = (ROOT / "tests" / "slides_audit.js").read_text(encoding="utf-8")
DECKS = sorted(path.stem for path in (ROOT / "slides").glob("[0-9][0-9]_*.py"))


def load(path: Path):
    spec = importlib.util.spec_from_file_location(f"slides_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


decks = load(BUILD)
chapter = load(BUILD.with_name("chapter.py"))

GOOD = r'''# %% [markdown] slideshow={"slide_type": "slide"}
# # A sound deck
#
# Nothing here is wrong, so no check may complain.

# %% [markdown] slideshow={"slide_type": "notes"}
# Welcome; $\pi(x)$ is in the notes too.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Formulas such as $\pi(x)$ and `code`
#
# $$ \alpha(x, x') = \min\Big(1, \frac{\pi(x')\, q(x \mid x')}{\pi(x)\, q(x' \mid x)}\Big) $$

# %% [markdown] slideshow={"slide_type": "fragment"}
# - a fragment with **bold** words and a [link](https://example.org)
#
# | step | accepted |
# |---|---|
# | 1 | yes |

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask what $\alpha$ is.

# %% slideshow={"slide_type": "slide"}
shown_code = """A cost of $ 5 in code is no formula."""  # a comment
print(shown_code)

# %% [markdown] slideshow={"slide_type": "notes"}
# Show the code.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["left"]
# ## A figure beside its text
#
# - Words.

# %% tags=["hide-input", "right"]
import matplotlib.pyplot as plt

from course_utils.display import figure, use_style

use_style()
hidden_code, ax = plt.subplots()
ax.plot([1, 2, 3])
figure(hidden_code, caption="A line.", alt="A line that rises from 1 to 3.")

# %% [markdown] slideshow={"slide_type": "notes"}
# Describe it.

# %% [markdown] slideshow={"slide_type": "skip"}
# Never on a slide.
'''

# One fault a slide; the name of the fault comes first, then the slide's cells without its notes.
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
FAULTS = [
    ("fit", "# too many lines\n#\n" + "# - a line\n" * 20),
    ("fit", "# ```\n# " + "too_wide_" * 15 + "\n# ```"),
    ("fit", '# <div style="height: 100px; overflow: visible">' + "too tall<br>" * 8 + "</div>"),
    ("font", '# <span style="font-size: 17px">small</span>'),
    ("font", "# A script of a script: $a_{b_c}$"),
    ("font", f'# <figure><img src="{PIXEL}" alt="a dot" width="2"></figure>'),
    ("alt", f'# <img src="{PIXEL}">'),
    ("alt", f'# <img src="{PIXEL}" alt=" ">'),
    ("picture", '# <img src="data:image/png;base64,AAAA" alt="broken">'),
    ("formula", "# A stray dollar: \\$ x^2"),
    ("formula", r"# Brackets that nobody closes: <span>\\(</span> x^2"),
    ("formula", r"# An unknown macro: $\nosuchmacro{x}$"),
    ("formula", r"# An error: $\frac{1}$"),
    ("contrast", '# <span style="color: #777">grey on white</span>'),
    ("contrast", '# <span style="color: white">white on white: $x$</span>'),
    ("notes", "# Nothing for the instructor to say."),
]
NOTES = '\n\n# %% [markdown] slideshow={"slide_type": "notes"}\n# Notes.\n\n'
BROKEN = (
    '# %% [markdown] slideshow={"slide_type": "slide"}\n# # A deck of faults\n#\n'
    '# <script>throw new Error("boom")</script>\n'
    '# <img src="https://example.org/pixel.png" alt="from elsewhere" width="1">' + NOTES
) + "".join(
    f'# %% [markdown] slideshow={{"slide_type": "slide"}}\n{cell}\n'
    + (NOTES if fault != "notes" else "\n")
    for fault, cell in FAULTS
)


def run_build(*arguments: str | Path) -> subprocess.CompletedProcess:
    command = [sys.executable, str(BUILD), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Folder with the HTML of the two fixture decks and of every real deck.

    Who has just built the decks names their folder in ``SLIDES_BUILT`` and saves minutes.
    """
    folder = tmp_path_factory.mktemp("slides")
    (folder / "good.py").write_text(GOOD, encoding="utf-8")
    (folder / "broken.py").write_text(BROKEN, encoding="utf-8")
    decks = DECKS
    if given := os.environ.get("SLIDES_BUILT"):
        decks = []
        for name in DECKS:
            shutil.copy(ROOT / given / f"{name}.html", folder)
    sources = (folder / "good.py", folder / "broken.py", *decks)
    result = run_build(*sources, "--html-only", "--out", folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.fixture(scope="module")
def context():
    try:
        with decks.offline_browser() as context:
            yield context
    except decks.NoBrowser as error:
        pytest.skip(str(error))


class Watch:
    """Collects what a deck asks of the network and says on its console; lets only itself pass."""

    def __init__(self, context, html: Path):
        self.context, self.own = context, html.resolve().as_uri()
        self.requests, self.errors = [], []

    def decide(self, route):
        url = route.request.url
        if url.split("?")[0].split("#")[0] == self.own:
            return route.continue_()
        self.requests.append(url)
        route.abort()

    def hear(self, message):
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def fail(self, error):
        self.errors.append(str(error.error))

    def __enter__(self):
        self.context.route("**/*", self.decide)
        self.context.on("console", self.hear)
        self.context.on("weberror", self.fail)
        return self

    def __exit__(self, *_):
        self.context.unroute("**/*", self.decide)
        self.context.remove_listener("console", self.hear)
        self.context.remove_listener("weberror", self.fail)


class Report(NamedTuple):
    faults: list[tuple[int, str, str]]  # number of the slide from 1, check, detail
    requests: list[str]
    errors: list[str]
    slides: int


@pytest.fixture(scope="module")
def inspect(context, built):
    """Open a deck once, look at each of its slides, and remember the report."""
    reports = {}

    def look(name: str) -> Report:
        if name not in reports:
            html = built / f"{name}.html"
            with Watch(context, html) as watch:
                page = decks.open_deck(context, html)
                slides = page.evaluate("Reveal.getTotalSlides()")
                faults = []
                for index in range(slides):
                    decks.show_slide(page, index)
                    faults += [(index + 1, *fault) for fault in page.evaluate(AUDIT)]
                page.close()
            reports[name] = Report(faults, watch.requests, watch.errors, slides)
        return reports[name]

    return look


# --- Real decks ---------------------------------------------------------------------------------


def external_references(html: str) -> list[str]:
    """Return what a page would load from outside itself; links to follow by hand don't count."""

    class Scan(HTMLParser):
        found: list[str]

        def handle_starttag(self, tag, attrs):
            for name, value in attrs:
                loads = name in {"src", "srcset", "poster", "data"} or (
                    name == "href" and tag not in {"a", "area"}
                )
                if loads and value and not value.startswith(("data:", "#")):
                    self.found.append(value)
                if name == "srcdoc":
                    self.found += external_references(value or "")
                if name == "style":
                    self.handle_style(value or "")

        def handle_data(self, data):
            if self.lasttag == "style":
                self.handle_style(data)

        def handle_style(self, css):
            loads = re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""", css)
            self.found += [value for value in loads if not value.startswith(("data:", "#", "url("))]

    scan = Scan(convert_charrefs=True)
    scan.found = []
    scan.feed(html)
    return scan.found


def test_there_are_decks():
    assert DECKS


@pytest.mark.parametrize("name", ["good", *DECKS])
def test_deck_carries_everything_it_needs(built, name):
    assert external_references((built / f"{name}.html").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", ["good", *DECKS])
def test_every_slide_is_sound(inspect, name):
    report = inspect(name)
    assert report.faults == []
    assert report.errors == []
    assert report.requests == []


@pytest.mark.parametrize("name", DECKS)
def test_deck_fills_one_class(inspect, name):
    assert 12 <= inspect(name).slides <= 18


@pytest.mark.parametrize("name", ["good", *DECKS])
def test_pdf_has_one_page_with_text_for_each_slide(context, inspect, built, name):
    pdf = decks.write_pdf(context, built / f"{name}.html").read_bytes()
    assert pdf_fault(pdf, inspect(name).slides) is None


@pytest.mark.parametrize("name", ["good", *DECKS])
def test_speaker_view_opens_from_a_file_and_follows(context, built, name):
    html = built / f"{name}.html"
    with Watch(context, html) as watch:
        assert speaker_view_fault(decks.open_deck(context, html)) is None
    assert watch.requests == watch.errors == []


def pdf_fault(pdf: bytes, slides: int) -> str | None:
    """Read the page objects of a PDF as Chromium writes them."""
    pages = [item for item in pdf.split(b"endobj") if re.search(rb"/Type /Page\b", item)]
    if len(pages) != slides:
        return f"{len(pages)} pages for {slides} slides"
    for number, page in enumerate(pages, 1):
        # 1280 × 720 px of 1/96 inch, in points of 1/72 inch.
        if b"/MediaBox [0 0 960 540]" not in page:
            return f"page {number} has another size"
        if b"/Font" not in page:
            return f"page {number} has no text"
    return None


def speaker_view_fault(page, timeout: float = 10_000) -> str | None:
    """Press S, compare notes and previews with the slide, go on, compare again."""
    from playwright.sync_api import TimeoutError as Late

    step = "no window opens"
    try:
        with page.expect_popup(timeout=timeout) as popup:
            page.keyboard.press("s")
        speaker = popup.value
        for index in range(2):
            if index:
                page.evaluate("Reveal.slide(1)")
            step = f"the notes of slide {index + 1} do not show"
            notes = page.evaluate("Reveal.getCurrentSlide().querySelector('aside').textContent")
            shown = "(want) => document.querySelector('.speaker-controls-notes .value')"
            speaker.wait_for_function(
                f"{shown}?.textContent.trim() === want.trim()", arg=notes, timeout=timeout
            )
            fragments_wait = page.evaluate("Reveal.availableFragments().next")
            for frame, want in (("current", index), ("upcoming", index + (not fragments_wait))):
                step = f"the {frame} slide is not previewed beside slide {index + 1}"
                preview = speaker.wait_for_selector(f"#{frame}-slide iframe", timeout=timeout)
                preview.content_frame().wait_for_function(
                    "(want) => window.Reveal?.isReady() && Reveal.getState().indexh === want",
                    arg=want,
                    timeout=timeout,
                )
        speaker.close()
    except Late:
        return step
    finally:
        page.close()
    return None


# --- The tools ----------------------------------------------------------------------------------


def test_hidden_code_is_left_out_and_shown_code_stays(built):
    html = (built / "good.html").read_text(encoding="utf-8")
    assert "shown_code" in html
    assert "hidden_code" not in html
    assert "Never on a slide" not in html


@pytest.mark.parametrize(("flag", "code"), [(None, 0), ("--pdf", 1)])
def test_without_a_browser_the_html_is_built_and_one_line_says_so(built, tmp_path, flag, code):
    arguments = [str(BUILD), str(built / "broken.py"), "--out", str(tmp_path)]
    arguments += [flag] if flag else []
    program = (
        "import runpy, sys; sys.modules['playwright.sync_api'] = None; "
        f"sys.argv = {arguments!r}; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == code
    assert (tmp_path / "broken.html").is_file()
    lines = [line for line in (result.stdout + result.stderr).splitlines() if "Playwright" in line]
    assert len(lines) == 1 and "pip install playwright" in lines[0]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("# %% [markdown]\n# No title", "# Title"),
        ("# %% [markdown]\n# # T\n\n# %%\n1 / 0", "ZeroDivisionError"),
        ("# %% [markdown]\n# # T\n\n# %%\nimport sys\nprint('oh', file=sys.stderr)", "stderr: oh"),
    ],
)
def test_a_bad_deck_is_refused_with_its_reason(tmp_path, source, message):
    (tmp_path / "bad.py").write_text(source, encoding="utf-8")
    result = run_build(tmp_path / "bad.py", "--html-only", "--out", tmp_path)
    assert result.returncode == 1
    assert message in result.stderr
    assert not (tmp_path / "bad.html").exists()


def test_an_unknown_deck_is_named(tmp_path):
    result = run_build("no_such_deck", "--html-only", "--out", tmp_path)
    assert result.returncode == 1
    assert "there is no deck 'no_such_deck'" in result.stderr


CHAPTER = """# %% [markdown]
# # Chapter
#
# ## Counting

# %%
def double(x):
    return 2 * x  # twice


print("not for the deck")
total = double(4)
total + 1

# %%
again = double(total)
"""


def test_chapter_runs_its_cells_in_the_deck(tmp_path, monkeypatch, capsys):
    (tmp_path / "09_count.py").write_text(CHAPTER, encoding="utf-8")
    monkeypatch.setattr(chapter, "CHAPTERS", tmp_path)
    count = chapter.Chapter("09_count")
    assert count.run("def double", "again =") is None
    assert count.again == 16
    assert count.run("total + 1") == 9
    assert capsys.readouterr().out == ""
    assert count.code("double").text == "def double(x):\n    return 2 * x  # twice"
    count.define(total=1)
    count.run("again =")
    assert count.again == 2
    place = count.where("again =").data
    assert "`notebooks/09_count.ipynb`" in place and "**Counting**" in place
    with pytest.raises(AttributeError, match="defined 'nothing'"):
        _ = count.nothing
    # The name of the mark and how many cells hold it: a chapter that changed must be noticed.
    for mark, cells in (("no such line", 0), ("double(", 2)):
        with pytest.raises(
            ValueError, match=re.escape(f"{cells} cells of 09_count contain {mark!r}")
        ):
            count.run(mark)


def test_vendored_files_are_the_published_ones():
    vendor = ROOT / "slides" / "vendor"
    listed = dict(
        re.findall(r"\| `([^`]+)` \|[^\n]*`([0-9a-f]{64})`", (vendor / "README.md").read_text())
    )
    files = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.glob("*/*")
    }
    assert files == listed


# --- Each check can fail --------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_audit_finds_the_fault_of_each_broken_slide_and_no_other(inspect, number):
    slide = number + 2  # the title slide comes first
    found = {check for where, check, _ in inspect("broken").faults if where == slide}
    assert found == {FAULTS[number][0]}


def test_audit_hears_requests_and_errors(inspect):
    report = inspect("broken")
    assert report.requests == ["https://example.org/pixel.png"]
    assert any("boom" in error for error in report.errors)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<script src="https://x.org/a.js"></script>', ["https://x.org/a.js"]),
        ('<link rel="stylesheet" href="theme.css">', ["theme.css"]),
        ("<style>@import 'fonts.css'; p {}</style>", ["fonts.css"]),
        ("<style>p { background: url(//x.org/a.png) }</style>", ["//x.org/a.png"]),
        ('<p style="background: url(a.png)">', ["a.png"]),
        ('<img src="figure.png" alt="">', ["figure.png"]),
        ('<iframe srcdoc="&lt;img src=&quot;a.png&quot;&gt;"></iframe>', ["a.png"]),
        ('<a href="https://x.org">a link to follow</a><img src="data:,">', []),
    ],
)
def test_scan_for_external_references(html, expected):
    assert external_references(html) == expected


def test_speaker_check_fails_without_the_plugin(context, built, tmp_path):
    html = (built / "good.html").read_text(encoding="utf-8")
    assert "plugins: [RevealNotes]" in html
    (tmp_path / "mute.html").write_text(html.replace("plugins: [RevealNotes]", "plugins: []"))
    page = decks.open_deck(context, tmp_path / "mute.html")
    assert speaker_view_fault(page, timeout=1000) == "no window opens"


def test_pdf_check_finds_a_print_of_the_screen(context, built):
    page = decks.open_deck(context, built / "good.html")
    pdf = page.pdf(prefer_css_page_size=True)
    page.close()
    assert pdf_fault(pdf, 4) == "page 1 has another size"


def test_pdf_check_finds_a_missing_page(context, built):
    page, slides = decks.open_for_print(context, built / "good.html")
    pdf = page.pdf(prefer_css_page_size=True, page_ranges="1-3")
    page.close()
    assert slides == 4
    assert pdf_fault(pdf, slides) == "3 pages for 4 slides"


def test_pdf_check_finds_a_blank_page(context):
    page = context.new_page()
    page.set_content("<style>@page { size: 1280px 720px; margin: 0 }</style>")
    pdf = page.pdf(prefer_css_page_size=True)
    page.close()
    assert pdf_fault(pdf, 1) == "page 1 has no text"


CLAIMS = """# Claims

## [8. Other](x)

| claim | verdict | measured | when and where |
|---|---|---|---|
| eight is even | **holds** | a: 1 | now |

## [9. Counting](x)

| claim | verdict | measured | when and where |
|---|---|---|---|
| one is odd | **holds** | a: 1 | now |
| two is odd | **holds only when a; b (undecided when c)** | a: 1<br>b: 2<br>c: 3<br>d: 4 | now |

## [10. Another](x)
"""


def test_claims_are_those_of_the_chapter(tmp_path, monkeypatch):
    (tmp_path / "09_count.py").write_text(CHAPTER, encoding="utf-8")
    (tmp_path / "claims.md").write_text(CLAIMS, encoding="utf-8")
    monkeypatch.setattr(chapter, "CHAPTERS", tmp_path)
    monkeypatch.setattr(chapter, "CLAIMS", tmp_path / "claims.md")
    count = chapter.Chapter("09_count")
    assert [(claim.words, claim.short) for claim in count.claims()] == [
        ("one is odd", "holds"),
        ("two is odd", "holds in 2 of 4 cases"),
    ]
    assert count.claims("two")[0].cases == ["a: 1", "b: 2", "c: 3", "d: 4"]
    assert "| two is odd | **holds in 2 of 4 cases** |" in count.verdicts("two").data
    assert "one" not in count.verdicts("two").data
    with pytest.raises(ValueError, match="09_count tried no claim that begins 'three'"):
        count.claims("three")
