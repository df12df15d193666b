"""Compare what a cell printed then and now: words exactly, numbers to a tolerance."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import zip_longest

DEFAULT_RTOL = 1e-4
"""Random walks, densities and uniforms move in the fifth digit between instruction sets."""

_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\.?\d)"
)
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def split(text: str) -> tuple[list[str], list[Decimal]]:
    """Split a text into its words and its numbers.

    A number of another width moves the columns of a table and the line breaks of an array, so
    white space counts only as a separator. Memory addresses are masked. A digit inside a name
    (`float32`) or a version (`1.2.3`) is part of a word.
    """
    text = _ADDRESS.sub("0xADDRESS", text)
    words = [" ".join(piece.split()) for piece in _NUMBER.split(text)]
    numbers = [number.replace("−", "-").replace(",", "") for number in _NUMBER.findall(text)]
    return words, [Decimal(number) for number in numbers]


def last_place(number: Decimal) -> Decimal:
    """Return one unit in the last printed digit, 0 for a whole number."""
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if exponent < 0 else Decimal(0)


def close(stored: Decimal, computed: Decimal, rtol: float = DEFAULT_RTOL) -> bool:
    """Say whether |computed − stored| ≤ rtol |stored| + one unit in the last printed digit.

    The unit is there because each print is rounded by up to half of one: two equal values on
    either side of a rounding boundary print one unit apart. The coarser print decides; whole
    numbers are not rounded, so they get none.
    """
    unit = max(last_place(stored), last_place(computed))
    return abs(computed - stored) <= Decimal(repr(rtol)) * abs(stored) + unit


def differences(stored: str, computed: str, rtol: float = DEFAULT_RTOL) -> list[str]:
    """Return one sentence for each number that left its tolerance, or for changed words."""
    (words, numbers), (new_words, new_numbers) = split(stored), split(computed)
    if words != new_words:
        pairs = zip_longest(words, new_words, fillvalue="the end")
        old, new = next(pair for pair in pairs if pair[0] != pair[1])
        return [f"words differ: stored {old!r}, computed {new!r}"]
    return [
        f"number {index} differs: stored {old}, computed {new}, relative tolerance {rtol:g}"
        for index, (old, new) in enumerate(zip(numbers, new_numbers, strict=True), start=1)
        if not close(old, new, rtol)
    ]


class Printed(str):
    """A text that equals another one if words agree, and numbers to a relative tolerance.

    As the left side of `==` it is the stored text, whose size sets the scale.
    """

    rtol: float

    def __new__(cls, text: str, rtol: float = DEFAULT_RTOL) -> Printed:
        """Return the text with its tolerance."""
        self = super().__new__(cls, text)
        self.rtol = rtol
        return self

    def __eq__(self, other: object) -> bool:
        """Compare with tolerance."""
        return isinstance(other, str) and not differences(self, other, self.rtol)

    def __ne__(self, other: object) -> bool:
        """Compare with tolerance."""
        return not self == other

    __hash__ = str.__hash__
