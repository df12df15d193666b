"""The page tests have teeth: proved on copies of a tiny course, and of the real first chapter.

The tiny course in `tests/fixtures/course` has one chapter and its solutions. It is built once by
the tools themselves; each test that breaks something breaks its own copy.
"""

import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal

import chapters
import compare
import course
import execution
import exercises
import nbformat
import pages
import pytest
import rules
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page, PageError
from typer.testing import CliRunner

ROOT = pages.ROOT
TINY = ROOT / "tests" / "fixtures" / "course"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run(*command, cwd):
    """Run a Python command in a folder and return it with its output, colours removed."""
    environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )
    done.stdout = ANSI.sub("", done.stdout)
    return done


def failures(done):
    """Return item → message of what failed in a run, as `notebooks/00_tiny.ipynb::Cell 1`."""
    assert done.returncode in (0, 1), done.stdout
    parts = re.split(r"^_+ (\S+\.ipynb::.+?) _+$", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def command(root, *arguments):
    """Run the authors' command line of a course in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "ROOT", root)
        return CliRunner().invoke(course.app, arguments)


def furnish(root):
    """Give a course the tools of this repository."""
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copy(ROOT / "notebooks" / "conftest.py", root / "notebooks")
    for name in ("machine.py", "display.py"):
        shutil.copy(ROOT / "src" / "course_utils" / name, root / "src" / "course_utils")
    return root


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Build the tiny course by its own command line."""
    root = furnish(shutil.copytree(TINY, tmp_path_factory.mktemp("course") / "tiny"))
    done = run("tools/course.py", "build", cwd=root)
    assert done.returncode == 0, done.stdout
    return root


@pytest.fixture
def page(built, tmp_path):
    """Return the chapter of a copy, to break it."""
    return Page(shutil.copytree(built, tmp_path / "tiny"), "00_tiny")


def replace(path, old, new):
    """Replace a text that stands exactly once in a file."""
    content = path.read_text(encoding="utf-8")
    assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in {path.name}"
    path.write_text(content.replace(old, new), encoding="utf-8")


def change(page, edit, restamp=False):
    """Edit the stored notebook of a page, on request with a new (false) stamp."""
    notebook = pages.read_notebook(page)
    edit(notebook)
    if restamp:
        pages.stamp(notebook)
    nbformat.write(notebook, page.notebook)


def printing(notebook, text):
    """Return the stream output that contains a text."""
    outputs = [out for cell in pages.code_cells(notebook) for out in cell.outputs]
    return next(out for out in outputs if text in out.get("text", ""))


def twin(page, name):
    """Copy a page under another name, and its solutions as text alone."""
    other = Page(page.root, name)
    shutil.copy(page.notebook, other.notebook)
    shutil.copy(page.text, other.text)
    shutil.copy(page.partner.text, other.partner.text)
    return other


# --- plain `pytest --nbval notebooks` ----------------------------------------------------------


@pytest.mark.parametrize("where", ["root", "inside", "elsewhere"])
def test_untouched_course_is_green(page, tmp_path, where):
    folder, target = {
        "root": (page.root, "notebooks"),
        "inside": (page.root / "notebooks", "."),
        "elsewhere": (tmp_path, str(page.root / "notebooks")),
    }[where]
    done = run("-m", "pytest", "--nbval", target, cwd=folder)
    assert done.returncode == 0, done.stdout
    cells = [len(pages.code_cells(pages.read_notebook(p))) for p in pages.all_pages(page.root)]
    assert f"{sum(cells) + len(cells)} passed" in done.stdout  # every cell, and each page's rules


def change_number(page):
    def edit(notebook):
        output = printing(notebook, "posterior mean 5.8333")
        output.text = output.text.replace("5.8333", "5.9333")

    change(page, edit, restamp=True)


def change_words(page):
    def edit(notebook):
        output = printing(notebook, "posterior mean")
        output.text = output.text.replace("mean", "mode")

    change(page, edit, restamp=True)


def change_ignored_output(page):
    def edit(notebook):
        printing(notebook, "the clock stands at").text = "the clock stands still\n"

    change(page, edit)


def change_pair(page):
    replace(page.text, "# The answer is exact.", "# The answer is nearly exact.")


def edit_code_on_both_sides(page):
    edited = "OBSERVED.sum();  # edited"
    replace(page.text, "OBSERVED.sum();  # noqa: E703  # fmt: skip", edited)

    def edit(notebook):
        pages.code_cells(notebook)[2].source = edited

    change(page, edit)


def strip_outputs(page):
    def edit(notebook):
        for cell in pages.code_cells(notebook):
            cell.outputs, cell.execution_count = [], None

    change(page, edit)


def strip_outputs_keep_counts(page):
    def edit(notebook):
        for cell in pages.code_cells(notebook):
            cell.outputs = []

    change(page, edit, restamp=True)


# How a page is broken, which item must fail, and what it must say. Where the stamp is forged
# too, the comparison of outputs alone has to notice.
BROKEN = {
    "10_number": (change_number, "Cell 1", "number 1 differs: stored 5.9333, computed 5.8333"),
    "11_words": (
        change_words,
        "Cell 1",
        "words differ: stored 'posterior mode', computed 'posterior mean'",
    ),
    "12_ignored": (change_ignored_output, "page", "an output was changed after its execution"),
    "13_pair": (
        change_pair,
        "page",
        "text pair and notebook differ: cell 2 (The answer is nearly exact.) differs in its source",
    ),
    "14_edited": (
        edit_code_on_both_sides,
        "page",
        "a code cell was edited after its execution",
    ),
    "15_stripped": (strip_outputs, "page", "was stored without outputs"),
    "16_stripped": (strip_outputs_keep_counts, "page", "was stored without outputs"),
}


@pytest.fixture(scope="session")
def broken(built, tmp_path_factory):
    """Run, beside the untouched page, one twin of it for each way to break a page."""
    root = shutil.copytree(built, tmp_path_factory.mktemp("broken") / "tiny")
    whole = Page(root, "00_tiny")
    for name, (spoil, _, _) in BROKEN.items():
        spoil(twin(whole, name))
    return failures(run("-m", "pytest", "--nbval", "notebooks", cwd=root))


@pytest.mark.parametrize("name", BROKEN)
def test_broken_page_is_red(broken, name):
    _, item, message = BROKEN[name]
    found = {key.partition("::")[2]: text for key, text in broken.items() if name in key}
    assert message in found[item]
    if item == "page":
        assert f"Mend: python tools/course.py build {name}" in found[item]
    if name != "16_stripped":  # there every cell that prints differs from its empty output
        assert list(found) == [item]


def test_page_beside_broken_ones_is_green(broken):
    assert not [item for item in broken if "00_tiny" in item]


def test_prior_changed_from_5_to_50_is_red(page):
    replace(page.root / "src/course_utils/model.py", "PRIOR_SD = 5\n", "PRIOR_SD = 50\n")
    found = failures(run("-m", "pytest", "--nbval", "notebooks", cwd=page.root))
    assert list(found) == ["notebooks/00_tiny.ipynb::Cell 1"]
    message = found["notebooks/00_tiny.ipynb::Cell 1"]
    assert "number 1 differs: stored 5.8333, computed 8.7065" in message


def test_tag_loosens_the_tolerance_of_its_cell(page):
    # A prior sd of 4.5 moves the printed mean by 7 % and the sd by 4 %: red without a tag.
    replace(page.root / "src/course_utils/model.py", "PRIOR_SD = 5\n", "PRIOR_SD = 4.5\n")
    tagged = twin(page, "01_tagged")
    cell = '# %% tags=["program-posterior"]\nmean'
    replace(tagged.text, cell, cell.replace('"]', '", "tol-0.1"]'))
    assert execution.build(tagged) is None  # a tag is not code: the old outputs stay
    found = failures(run("-m", "pytest", "--nbval", "notebooks", cwd=page.root))
    assert list(found) == ["notebooks/00_tiny.ipynb::Cell 1"]


def test_real_course_is_red_when_a_prior_is_changed_from_5_to_50(tmp_path):
    """Eight schools on the real first page: HalfCauchy(50) for tau, in the package alone."""
    for part in ("notebooks", "src", "tools", "data", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    model = tmp_path / "src" / "course_utils" / "models" / "eight_schools.py"
    replace(model, "MU_SCALE, TAU_SCALE = 5.0, 5.0", "MU_SCALE, TAU_SCALE = 5.0, 50.0")
    target = "notebooks/00_start_here.ipynb"
    found = failures(run("-m", "pytest", "--nbval", "-x", target, cwd=tmp_path))
    assert [item for item in found if "::Cell" in item]


# --- rules, one by one -------------------------------------------------------------------------


def test_built_course_keeps_all_rules(built):
    done = command(built, "check")
    assert done.exit_code == 0, done.stdout
    assert "2 pages keep all rules" in done.stdout


def stream(name, text):
    return nbformat.v4.new_output("stream", name=name, text=text)


def shown(**data):
    data = {key.replace("_", "/"): value for key, value in data.items()}
    return nbformat.v4.new_output("display_data", data=data)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (stream("stderr", "sampling: 10%"), "writes to stderr"),
        (nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[]), "ends in an error"),
        (shown(image_png="iVBORw0KGgo="), "shows a bare picture without alt text"),
        (shown(text_html="<figure><img src='data:,'>"), "an <img> has no alt text"),
        (shown(text_html="<figure><img alt='' src='data:,'>"), "an <img> has no alt text"),
        (shown(text_html="<figure><img alt='Dots.'></figure>"), "a <figure> has no <figcaption>"),
        (shown(text_html="<iframe srcdoc='hi'></iframe>"), "an <iframe> has no title"),
        (shown(text_plain="<object at 0x7f12ab34cd>"), "which differs from run to run"),
        (stream("stdout", "saved to /tmp/a1b2/x"), "which differs from run to run"),
        (
            nbformat.v4.new_output(
                "display_data",
                data={"application/vnd.jupyter.widget-view+json": {"model_id": "a"}},
            ),
            "shows a widget whose state is not stored",
        ),
        (stream("stdout", "x" * (rules.SIZE_LIMIT + 1)), "MB large, the limit is 2 MB"),
    ],
)
def test_bad_output_breaks_a_rule(page, output, message):
    change(page, lambda notebook: pages.code_cells(notebook)[0].outputs.append(output), True)
    found = rules.problems(page.notebook, page.root)
    assert message in "".join(found)
    for problem in found:
        assert problem.startswith("notebooks/00_tiny.ipynb: ")
        assert problem.endswith(". Mend: python tools/course.py build 00_tiny")


def test_cells_run_out_of_order_break_a_rule(page):
    def edit(notebook):
        first, second = pages.code_cells(notebook)[:2]
        first.execution_count, second.execution_count = 2, 1

    change(page, edit)
    assert "did not run once each in order" in "".join(rules.problems(page.notebook, page.root))


def edited_text(page, old, new):
    """Edit the text and take it over without executing, as a careless author would."""
    replace(page.text, old, new)
    merged = pages.merge(pages.read_text(page), pages.read_notebook(page))
    pages.stamp(merged)
    pages.write(merged, page.notebook)
    return "".join(rules.problems(page.notebook, page.root))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("**Right.**", "**No.**", "exactly one option is right, here 0"),
        ("**No.**", "**Right.**", "exactly one option is right, here 2"),
        ("**No.** A narrow one does.", "Not so.", "every explanation starts with **Right.** or"),
        ("**Quiz 1.** What", "What", "a quiz starts with '**Quiz N.** '"),
        ("B. It lets", "C. It lets", "option 2 starts with 'B. '"),
        (' tags=["quiz"]', "", "a quiz needs the tag quiz"),
        ("nbval-ignore-output", "nbval_ignore_output", "is not lower-case with hyphens"),
        ("nbval-ignore-output", "nbval-skip", "would hide the cell from the tests"),
        ("nbval-ignore-output", "tol-3", "needs a number below 1"),
        ("    ...  # your code here", "    return 9.0", "is not the one its solution gives"),
        ("# Exercise 0.1", "# Exercise 0.2", "exercise 0.2 has no solution"),
        ("# Exercise 0.1", "# Task 0.1", "not with '# Exercise N.M'"),
        (' tags=["check"]', "", "exercise 0.1 is not followed by a cell tagged check"),
        ("**Question.**", "**Riddle.**", "no line '**Question.** …'"),
        ("About 1 minute", "About 2 minutes", "its line on times is out of date"),
        ("# The answer is exact.", "# ![](picture.png)", "a picture has no alt text"),
    ],
)
def test_bad_text_breaks_a_rule(page, old, new, message):
    assert message in edited_text(page, old, new)


def test_wrong_state_of_a_checker_breaks_a_rule(page):
    def edit(notebook):
        printing(notebook, "✓ 0.1").text = "✗ 0.1 keep working\n"

    change(page.partner, edit, restamp=True)
    found = "".join(rules.problems(page.partner.notebook, page.root))
    assert "the check of exercise 0.1 does not print '✓ 0.1'" in found


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    ### BEGIN SOLUTION\n", "", "'### END SOLUTION' stands where it can't"),
        (' tags=["exercise"]', "", "exercise 0.1 has no solution in 00_tiny.py"),
    ],
)
def test_bad_solutions_break_a_rule_of_the_chapter(page, old, new, message):
    replace(page.partner.text, old, new)
    assert message in "".join(rules.problems(page.notebook, page.root))


def test_solution_without_exercise_breaks_a_rule(page):
    replace(page.text, 'tags=["exercise"]', "")
    found = "".join(rules.problems(page.notebook, page.root))
    assert "the solution of exercise 0.1 has no exercise in the chapter" in found


def test_orphans_break_a_rule(page):
    page.text.unlink()
    assert "has no text pair" in "".join(rules.problems(page.notebook, page.root))
    page.partner.notebook.unlink()
    assert "does not exist" in "".join(rules.problems(page.partner.notebook, page.root))


# --- build -------------------------------------------------------------------------------------


def test_building_again_gives_the_same_bytes_pictures_included(page):
    content = page.text.read_text(encoding="utf-8")
    content = re.sub(r"# %% tags=\[\"nbval-ignore-output\"\].*?\n\n\n", "", content, flags=re.S)
    content += (
        "\n# %%\nimport matplotlib.pyplot as plt\n"
        "from course_utils.display import figure, use_style\n\nuse_style()\n"
        "fig, ax = plt.subplots()\nax.plot(OBSERVED)\n"
        'figure(fig, caption="Eight numbers.", alt="A line through eight points.")\n'
        "\n# %%\nset('unordered words')\n"
    )
    page.text.write_text(content, encoding="utf-8")
    execution.build(page)
    first = page.notebook.read_bytes()
    assert b"data:image/png" in first
    assert execution.build(page, force=True) is not None
    assert page.notebook.read_bytes() == first


def test_build_executes_only_new_code_and_keeps_ids(page):
    before = [cell.id for cell in pages.read_notebook(page).cells]
    replace(page.text, "# The answer is exact.", "# The answer is a formula.")
    assert execution.build(page) is None
    assert [cell.id for cell in pages.read_notebook(page).cells] == before

    replace(page.text, "# %% [markdown]\n# The", "# %%\nanswer = 42\n\n# %% [markdown]\n# The")
    assert execution.build(page) is not None
    after = [cell.id for cell in pages.read_notebook(page).cells]
    assert after[:2] + after[3:] == before
    assert after[2] not in before


def test_two_machines_agree_on_new_ids(page):
    text = pages.read_text(page)
    first, second = (pages.merge(text, None).cells for _ in range(2))
    assert [cell.id for cell in first] == [cell.id for cell in second]
    assert len({cell.id for cell in first}) == len(first)


@pytest.mark.parametrize(
    ("line", "message"),
    [("1 / 0", "ZeroDivisionError"), ("import warnings; warnings.warn('old')", "writes to stderr")],
)
def test_failing_page_says_where_and_keeps_the_old_notebook(page, line, message):
    before = page.notebook.read_bytes()
    replace(page.text, "mean, sd = posterior()", f"mean, sd = posterior()\n{line}")
    with pytest.raises(PageError) as error:
        execution.build(page)
    assert message in str(error.value)
    assert "notebooks/src/00_tiny.py" in str(error.value).replace(os.sep, "/")
    assert "cell 3 (mean, sd = posterior())" in str(error.value)
    assert page.notebook.read_bytes() == before


def test_unknown_page_lists_the_pages(page):
    done = command(page.root, "build", "07")
    assert done.exit_code == 1
    assert "no page is called '07'; pages: 00_tiny, solutions/00_tiny" in done.stdout


def test_times_and_table_come_from_the_run(page):
    done = command(page.root, "build", "00_tiny", "--cold", "--warm")
    assert done.exit_code == 0, done.stdout
    row = chapters.measured(page.root)["00_tiny"]
    assert row["cold_seconds"] > 0
    assert row["warm_seconds"] > 0
    assert row["cpu"]
    assert row["threads"] >= 1
    assert row["versions"].keys() == {"python", "jax", "numpyro", "pymc"}
    opening = pages.read_notebook(page).cells[0].source
    assert (
        f"About 1 minute to read, exercises not counted, {row['cold_seconds']:.0f} s to run"
        in opening
    )
    readme = (page.root / "README.md").read_text(encoding="utf-8")
    assert (
        "| [00 A tiny page](notebooks/00_tiny.ipynb) | What is the mean of eight numbers, given "
        f"what we knew before? | 1 min | {row['cold_seconds']:.0f} s |" in readme
    )
    assert command(page.root, "check").exit_code == 0


def test_table_out_of_date_breaks_a_rule(page):
    replace(page.root / "README.md", "| 1 min |", "| 9 min |")
    done = command(page.root, "check")
    assert done.exit_code == 1
    assert "README.md: the chapter table is out of date" in done.stdout


def test_reading_time_counts_words_and_lines():
    page = nbformat.v4.new_notebook()
    page.cells = [
        nbformat.v4.new_markdown_cell("word " * 5 * chapters.WORDS_PER_MINUTE),
        nbformat.v4.new_code_cell("x = 1\n\n" * 3 * chapters.CODE_LINES_PER_MINUTE),
        nbformat.v4.new_markdown_cell("<!-- times -->\n" + "word " * 999 + "\n<!-- /times -->"),
    ]
    assert chapters.reading_minutes(page) == 8


# --- exercises and programs --------------------------------------------------------------------


def test_stub_keeps_the_frame_and_the_indentation():
    solution = """# Exercise 3.1
def step(x):
    \"\"\"Go up.\"\"\"
    ### BEGIN SOLUTION
    y = x + 1
    return y
    ### END SOLUTION

### BEGIN SOLUTION
z = step(1)
### END SOLUTION
answer = z"""
    assert (
        exercises.derive_stub(solution)
        == """# Exercise 3.1
def step(x):
    \"\"\"Go up.\"\"\"
    ...  # your code here

# your code here
answer = z"""
    )


@pytest.mark.parametrize(
    "body",
    [
        "x = 1",
        "### BEGIN SOLUTION\nx = 1",
        "x = 1\n### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
        "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION",
    ],
    ids=["none", "open", "closed", "nested", "no-docstring"],
)
def test_bad_solution_markers_are_refused(body):
    with pytest.raises(PageError, match=r"exercise 3\.1"):
        exercises.derive_stub(f"# Exercise 3.1\n{body}")


def test_stubs_are_written_from_the_solutions_and_touch_nothing_else(page):
    before = page.text.read_text(encoding="utf-8")
    replace(page.text, "    ...  # your code here", "    return 9.0  # left over\n    # and more")
    assert command(page.root, "stubs").exit_code == 0
    assert page.text.read_text(encoding="utf-8") == before


def test_exercise_that_only_one_side_has_is_refused(page):
    replace(page.partner.text, "# Exercise 0.1", "# Exercise 0.2")
    done = command(page.root, "stubs")
    assert done.exit_code == 1
    assert "exercise 0.1 is missing in the solutions" in done.stdout


def test_part_runs_as_a_script(page, capfd):
    done = command(page.root, "run", "00", "--part", "posterior")
    assert done.exit_code == 0, done.stdout
    assert capfd.readouterr().out == "posterior mean 5.8333, sd 2.8868\n"

    done = command(page.root, "run", "00", "--part", "numpyro")
    assert done.exit_code == 1
    assert "no part is called 'numpyro'; parts: posterior" in done.stdout


def test_part_that_fails_names_the_line_of_the_text(page, capfd):
    text = page.text
    replace(text, "mean, sd = posterior()", "mean, sd = posterior() + 1")
    number = text.read_text(encoding="utf-8").splitlines().index("mean, sd = posterior() + 1") + 1
    done = command(page.root, "run", "00", "--part", "posterior")
    assert done.exit_code == 1
    assert f"line {number}" in capfd.readouterr().err


# --- numbers to a tolerance --------------------------------------------------------------------

floats = st.floats(-1e6, 1e6, allow_nan=False)
places = st.integers(1, 8)


@settings(deadline=None)  # a busy machine is no failure
@given(floats, st.floats(-0.99, 0.99), places)
def test_equal_values_agree_however_they_are_rounded(value, share, digits):
    other = value * (1 + share * compare.DEFAULT_RTOL * 0.9)
    assert not compare.differences(f"x = {value:.{digits}f}", f"x = {other:.{digits}f}")


@settings(deadline=None)
@given(floats, places, st.sampled_from([-1, 1]), st.sampled_from([1e-4, 1e-2, 0.3]))
def test_a_change_beyond_tolerance_and_rounding_is_seen(value, digits, sign, rtol):
    stored = Decimal(f"{value:.{digits}f}")
    unit = Decimal(1).scaleb(-digits)
    beyond = (Decimal(repr(rtol)) * abs(stored)).quantize(unit, rounding="ROUND_CEILING") + 2 * unit
    assert compare.differences(f"a {stored} b", f"a {stored + sign * beyond} b", rtol)


@settings(deadline=None)
@given(st.integers(-9999, 9999), st.integers(1, 9))
def test_small_whole_numbers_are_exact(number, step):
    assert compare.differences(f"{number} divergences", f"{number + step} divergences")
    assert not compare.differences(f"{number} divergences", f"{number} divergences")


@settings(deadline=None)
@given(st.text(max_size=40))
def test_every_text_equals_itself(text):
    assert not compare.differences(text, text)


@pytest.mark.parametrize(
    ("stored", "computed"),
    [
        ("[ 1.  -0.5]", "[1.00001 -0.50001]"),
        ("      mean\nx  9.9999", "     mean\nx 10.0000"),
        ("1.5e-05 s", "1.5001e-05 s"),
        ("10,000.5 draws", "10,000.9 draws"),
        ("−0.1234", "-0.1235"),
        ("<f at 0x7f0011223344>", "<f at 0x7f9988776655>"),
    ],
)
def test_what_agrees(stored, computed):
    assert compare.Printed(stored) == compare.Printed(computed)


@pytest.mark.parametrize(
    ("stored", "computed"),
    [
        ("0.5123", "0.5125"),
        ("-0.5", "0.5"),
        ("float32", "float64"),
        ("version 1.2.3", "version 1.2.4"),
        ("theta[3]", "theta[4]"),
        ("True", "False"),
        ("1.0 nan", "1.0 inf"),
        ("PASS 1.0", "FAIL 1.0"),
        ("1.0 2.0", "1.0"),
        ("2026-11-20", "2026-11-21"),
        ("10,000 draws", "20,000 draws"),
    ],
)
def test_what_differs(stored, computed):
    assert compare.Printed(stored) != compare.Printed(computed)


def test_tolerance_of_a_tag():
    for tag, rtol in (("tol-0.3", 0.3), ("tol-.3", 0.3), ("tol-1e-2", 0.01), ("tol-2", None)):
        assert rules.tolerance(nbformat.v4.new_code_cell(metadata={"tags": [tag]})) == rtol
    assert compare.Printed("1.00", 0.3) == compare.Printed("1.29", 0.3)
    assert compare.Printed("1.00", 0.3) != compare.Printed("1.32", 0.3)
