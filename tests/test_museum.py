"""Every mutant fails the check that names it: the test of the tests.

The seed is fixed and not that of the committed matrix. A mutant is random too, but far from right:
where chance decides, the matrix holds several seeds on which the named check failed. Right samplers
are asked here on one seed each at alpha = 1e-4, five of them, and on twenty in the matrix.
"""

import inspect
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

from course_utils import hmc, museum, nuts
from course_utils.museum import exhibits as catalogue
from course_utils.museum import matrix
from course_utils.museum.__main__ import app
from course_utils.museum.columns import COLUMNS, applies
from course_utils.museum.exhibit import Exhibit

SEED = 7001
EXHIBITS = catalogue.exhibits()
MUTANTS = [exhibit for exhibit in EXHIBITS if exhibit.caught_by]
PROPERTY = {
    "R-hat": {"R-hat"},
    "key reuse": {"key reuse"},
    "movement": {"movement", "acceptance"},
    "SBC with log likelihood": {"uniform ranks"},
    "joint test": {"joint law"},
    "model contract": {"the three views are one density"},
    "timing": {
        "waits for the result",
        "compiling apart",
        "counts information",
        "like with like",
    },
}


@pytest.fixture(autouse=True, scope="module")
def forget_programs_afterwards():
    """Give the memory of the compiled mutants back."""
    yield
    jax.clear_caches()


@pytest.mark.parametrize("exhibit", MUTANTS, ids=lambda exhibit: exhibit.name)
def test_every_mutant_fails_the_check_that_names_it(exhibit):
    verdict = COLUMNS[exhibit.caught_by].ask(exhibit, SEED)
    assert not verdict.passed, verdict
    assert verdict.property in PROPERTY.get(exhibit.caught_by, {exhibit.caught_by}), verdict
    assert verdict.message


RIGHT = [
    exhibit
    for exhibit in EXHIBITS
    if exhibit.caught_by is None and exhibit.family in ("HMC", "NUTS", "Gibbs")
]


@pytest.mark.parametrize("exhibit", RIGHT, ids=lambda exhibit: exhibit.name)
def test_right_samplers_leave_the_target_as_it_is(exhibit):
    verdict = COLUMNS["invariance"].ask(exhibit, SEED)
    assert verdict.passed, verdict


# Mutants as differences


@pytest.mark.parametrize("name", [*museum.HMC, *museum.NUTS])
def test_a_mutant_is_a_small_difference_that_can_be_shown(name):
    mutant = (museum.HMC | museum.NUTS)[name]
    lines = museum.show(mutant).splitlines()
    assert lines[0].startswith("--- course_utils/")
    changed = [line for line in lines[2:] if line[0] in "+-"]
    assert 1 <= len(changed) <= 4
    assert any(line.startswith("+") for line in changed)


def test_a_hand_written_mutant_is_shown_whole():
    text = museum.show(museum.one_key_for_both)
    assert text == inspect.getsource(museum.one_key_for_both).rstrip()


def test_a_source_that_has_changed_is_told():
    lost = museum.Rewritten(hmc, hmc, (("no such line", "x"),))
    with pytest.raises(ValueError, match=r"course_utils.hmc holds the text 'no such line' 0 times"):
        lost(lambda x: -0.5 * x @ x, 0.1, jnp.ones(2), 3)
    twice = museum.Rewritten(hmc, hmc, (("state", "x"),))
    with pytest.raises(ValueError, match="change the mutant with it"):
        museum.show(twice)


def test_without_a_change_the_copy_is_the_right_sampler():
    """What a mutant does differently comes from its change alone: bit for bit."""

    def target(x):
        return -0.5 * x @ x

    key, start = jax.random.key(3), jnp.ones(2)
    for sampler, more in ((hmc, {"num_integration_steps": 3}), (nuts, {"max_tree_depth": 4})):
        name = sampler.__name__.rpartition(".")[2]
        right = getattr(sampler, name)(target, 0.3, jnp.ones(2), **more)
        copy = museum.Rewritten(sampler, sampler, ())(target, 0.3, jnp.ones(2), **more)
        one, other = (k.step(key, k.init(start)) for k in (right, copy))
        assert jax.tree.structure(one) == jax.tree.structure(other)
        assert all(map(np.array_equal, jax.tree.leaves(one), jax.tree.leaves(other)))


# The matrix


def test_names_are_unique_and_every_name_of_a_check_exists():
    names = [exhibit.name for exhibit in EXHIBITS]
    assert len(set(names)) == len(names)
    for exhibit in EXHIBITS:
        asked = [name for name in COLUMNS if applies(name, exhibit)]
        assert asked
        if exhibit.caught_by:
            assert exhibit.caught_by in asked
    with pytest.raises(ValueError, match="exhibit is 'nobody'; allowed are random walk"):
        catalogue.find("nobody")


def test_the_committed_matrix_holds_every_cell_and_what_it_promises():
    table = matrix.read()
    cells = [(exhibit.name, check) for exhibit, check in matrix.cells()]
    assert sorted(zip(table.exhibit, table.check, strict=True)) == sorted(cells)
    assert table.seed.nunique() == 1 and (table.seed != SEED).all()
    named = table[table.check == table.caught_by]
    assert set(named.exhibit) == {exhibit.name for exhibit in MUTANTS}
    assert (named.outcome == "fails").all()
    right = table[table.caught_by == ""]
    assert (right.outcome == "passes").all()
    random = [COLUMNS[check].is_random for check in right.check]
    assert (right.num_runs[random] >= 20).all()
    wide = matrix.matrix()
    assert list(wide.columns) == list(COLUMNS)
    assert wide.shape[0] == len(EXHIBITS)
    # What chapter 08 is about: most samplers with a mistake look fine to R-hat.
    chains = table[(table.check == "R-hat") & (table.caught_by != "")]
    assert (chains.outcome == "passes").mean() > 0.5


def test_the_command_writes_rows_goes_on_and_refuses_a_wrong_name(tmp_path):
    file = tmp_path / "museum.csv"
    options = ["--only", "flows on a grid", "--only", "harmonic_mean", "--out", str(file)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = CliRunner().invoke(app, options)
    assert first.exit_code == 0, first.output
    table = matrix.read(file)
    assert table.check.tolist() == ["detailed balance", "same density", "total probability"]
    assert table.outcome.tolist() == ["passes", "fails", "fails"]
    before = file.read_text()
    assert CliRunner().invoke(app, options).exit_code == 0
    assert file.read_text() == before
    wrong = CliRunner().invoke(app, ["--only", "nobody", "--out", str(file)])
    assert wrong.exit_code == 2


def test_a_mutant_that_passes_its_check_stops_the_command(tmp_path, monkeypatch):
    passes = Exhibit("harmless", "models", catalogue.find("mixture").facets, "total probability")
    monkeypatch.setattr(matrix, "exhibits", lambda: (passes,))
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "museum.csv")])
    assert result.exit_code == 1
    assert "harmless, total probability: passes" in result.output
