"""The data sets are what their sources say, and bad input is refused in words.

No test here is random beyond hypothesis' search for counterexamples, so there is no false alarm
to budget for.
"""

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import arguments, data

HASHES = {
    "eight_schools": "40d3b719a245adfc17512e0d3fdc4f6a219e5194d2c565fda5c202846084355e",
    "line": "2513bd6378dc9cab00640b11f40860ec0b52805f361b760c32bc403ab8bfc711",
    "coal_mining_disasters": "95c235ab8c26d7d7f4f711918232c4af50b01a549286de71858a1e229ffc07a5",
}


@pytest.mark.parametrize("name", HASHES)
def test_file_is_unchanged(name):
    # Newlines are normalised, since git may check text out with those of the platform.
    text = (data.DATA_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == HASHES[name]


def test_eight_schools_rounds_the_unrounded_table():
    # Unrounded effects and standard errors as in R's bayesmeta::Rubin1981, an independent copy.
    effect = [28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16]
    standard_error = [14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6]
    table = data.load("eight_schools")
    assert "".join(table.school) == "ABCDEFGH"
    np.testing.assert_array_equal(table.effect, np.round(effect))
    np.testing.assert_array_equal(table.standard_error, np.round(standard_error))


@pytest.mark.parametrize(
    ("first", "slope", "intercept"),
    # Published beside figures 1 and 2 of Hogg, Bovy & Lang: value and standard error.
    [(5, (2.24, 0.11), (34, 18)), (1, (1.08, 0.08), (213, 14))],
)
def test_line_reproduces_the_published_fits(first, slope, intercept):
    table = data.load("line").query(f"id >= {first}")
    weights = 1 / table.sigma_y.to_numpy()
    design = np.column_stack([np.ones(len(table)), table.x]) * weights[:, None]
    covariance = np.linalg.inv(design.T @ design)
    best = covariance @ design.T @ (table.y * weights)
    errors = np.sqrt(np.diag(covariance))
    # As many digits as the paper prints.
    assert (round(best[1], 2), round(errors[1], 2)) == slope
    assert (round(best[0]), round(errors[0])) == intercept


def test_line_has_twenty_points_with_possible_correlations():
    table = data.load("line")
    assert table.id.tolist() == list(range(1, 21))
    assert table.rho.between(-1, 1).all()


def test_coal_mining_disasters_agree_with_known_totals_and_dates():
    table = data.load("coal_mining_disasters")
    assert table.year.tolist() == list(range(1851, 1963))
    assert table.disasters.sum() == 191  # Jarrett (1979): 191 disasters
    by_year = table.set_index("year").disasters
    # The last one of the series, Hapton Valley, is the only one of 1962 (22 March).
    assert by_year[1962] == 1
    # Sneyd exploded on 1 January 1942: some copies of the series count it under 1941.
    assert (by_year[1941], by_year[1942]) == (3, 3)
    # Some copies lost a year without disasters in the 1940s, which moves all later counts.
    assert by_year.loc[1943:1945].tolist() == [0, 0, 0]
    assert by_year[1947] == 4


def test_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"name must be one of .*eight_schools.*, got 'schools'"):
        data.load("schools")


def test_missing_folder_is_explained(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "DATA_FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"work in a clone"):
        data.load("line")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("school,effect\nA,1\n", "must hold"),
        ("school,effect,standard_error\nA,1,-2\n", "'standard_error'.*greater than 0, got -2"),
        ("school,effect,standard_error\nA,,2\n", "'effect'.*finite, got nan at index 0"),
        ("school,effect,standard_error\n", "'effect'.*at least one"),
        ("school,effect,standard_error\nA,high,2\n", "'effect'.*real numbers"),
    ],
)
def test_damaged_file_is_refused(monkeypatch, tmp_path, text, message):
    (tmp_path / "eight_schools.csv").write_text(text)
    monkeypatch.setattr(data, "DATA_FOLDER", tmp_path)
    with pytest.raises((ValueError, TypeError), match=message):
        data.load("eight_schools")


numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8)
not_finite = st.sampled_from([np.nan, np.inf, -np.inf])
wholes = st.lists(st.integers(0, 10**6), min_size=1, max_size=8)


@given(numbers)
def test_finite_numbers_pass_unchanged(values):
    np.testing.assert_array_equal(arguments.require_finite("x", values), values)
    np.testing.assert_array_equal(arguments.require_finite("x", pd.Series(values)), values)


@given(numbers, not_finite, st.data())
def test_one_bad_number_is_found_and_named(values, bad, draw):
    index = draw.draw(st.integers(0, len(values) - 1))
    values[index] = bad
    with pytest.raises(ValueError, match=rf"^speed must be finite, got .* at index {index}$"):
        arguments.require_finite("speed", values)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=8), st.floats(-1e6, 0), st.data())
def test_positive_means_above_zero(values, bad, draw):
    np.testing.assert_array_equal(arguments.require_positive("scale", values), values)
    index = draw.draw(st.integers(0, len(values) - 1))
    values[index] = bad
    with pytest.raises(ValueError, match=rf"^scale must be greater than 0, got .* {index}$"):
        arguments.require_positive("scale", values)


@given(wholes, st.data())
def test_counts_are_whole_and_within_their_limit(values, draw):
    np.testing.assert_array_equal(arguments.require_counts("y", values, at_most=values), values)
    index = draw.draw(st.integers(0, len(values) - 1))
    limit = values.copy()
    values[index] += 1
    expected = rf"^y must be at most {limit[index]}, got {values[index]} at index {index}$"
    with pytest.raises(ValueError, match=expected):
        arguments.require_counts("y", values, at_most=limit)
    for bad in (-1, values[index] + 0.5, 2.0**60):
        with pytest.raises(ValueError, match=r"^y must hold whole numbers from 0"):
            arguments.require_counts("y", [*values, bad])


@given(st.lists(st.integers(0, 5), min_size=2, max_size=4))
@settings(max_examples=30)
def test_lengths_must_be_equal(lengths):
    arrays = {f"a{i}": np.zeros(length) for i, length in enumerate(lengths)}
    if len(set(lengths)) == 1:
        arguments.require_same_length(**arrays)
    else:
        with pytest.raises(ValueError, match=r"a0 and a1.* must be vectors of one length, got a0"):
            arguments.require_same_length(**arrays)


@pytest.mark.parametrize("bad", ["seven", None, [1j], [["a"]], object()])
def test_what_is_no_number_is_a_type_error(bad):
    with pytest.raises(TypeError, match=r"^x must hold real numbers"):
        arguments.require_finite("x", bad)


def test_empty_and_ragged_are_refused():
    with pytest.raises(ValueError, match=r"^x must hold at least one number"):
        arguments.require_finite("x", [])
    with pytest.raises(ValueError, match=r"^x must be rows of equal length"):
        arguments.require_finite("x", [[1, 2], [3]])
    with pytest.raises(ValueError, match=r"vectors of one length"):
        arguments.require_same_length(x=np.zeros((2, 2)), y=np.zeros((2, 2)))
