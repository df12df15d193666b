"""The checkers of chapter 8, on samplers that may be wrong."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import stats

from course_utils.checks import Verdict, dkw_envelope, ks_distance, sbc_ranks
from course_utils.exercises import KeepWorking, NotStarted, call, exercise, function_name, number

WANTED_DISTANCE, NUM_QUANTITIES, FALSE_ALARMS = 0.05, 3, 1e-4  # of exercise 8.1
FLIPS = 10  # the coin of exercises 8.3 and 8.4

# Who is who in the page's first picture and among its four patients: not to be read before the
# predictions. The others of the museum's samplers are wrong.
PAIR = {"A": "right", "B": "noise_as_proposal"}
PATIENTS = {
    "I": "one_key_for_both",
    "II": "right",
    "III": "stale_values",
    "IV": "drops_rejections",
}
# The three patients of exercise 8.2, and by which symptom each is told from the others.
MYSTERY = {
    "X": "records_the_proposal",
    "Y": "accepts_per_coordinate",
    "Z": "stale_logdensity",
}
CANDIDATES = sorted((*MYSTERY.values(), "never_moves", "variance_as_sd"))  # as on the page
SYMPTOMS = {
    "X": (
        "rejected means repeated",
        "more than half of X's proposals are refused, and yet X never stands still",
    ),
    "Y": ("joint decision", "in many steps of Y one coordinate moves and the other does not"),
    "Z": ("R-hat", "Z's chains do not agree, although they move; each has a law of its own"),
}


@exercise("8.1")
def _fits(answer: Any) -> Verdict:
    num_fits = number(answer, "num_fits")
    if num_fits < 1:
        return Verdict(False, "number of fits", f"it is {num_fits:g}; at least one fit is needed")
    bound = dkw_envelope(num_fits, NUM_QUANTITIES, FALSE_ALARMS)
    if num_fits != round(num_fits):
        return Verdict(False, "number of fits", f"{num_fits:g} is no whole number; round it up")
    said = f"with {num_fits:.0f} fits chance explains a gap of up to {bound:.6f}"
    if bound > WANTED_DISTANCE:
        return Verdict(False, "envelope", f"{said}; wanted at most {WANTED_DISTANCE:g}")
    one_less = dkw_envelope(num_fits - 1, NUM_QUANTITIES, FALSE_ALARMS) if num_fits > 1 else 1.0
    return Verdict(
        one_less > WANTED_DISTANCE,
        "envelope",
        f"{said}" if one_less > WANTED_DISTANCE else f"{said}; fewer fits would do",
    )


@exercise("8.2")
def _diagnosis(answer: Any) -> Verdict:
    if not isinstance(answer, Mapping):
        raise KeepWorking(f"a dictionary is expected, but this is {type(answer).__name__}")
    if set(answer) != set(MYSTERY):
        raise KeepWorking(f"the letters are {', '.join(map(str, answer))}; wanted are X, Y and Z")
    if all(name is None for name in answer.values()):
        raise NotStarted("write the name of a bug for each letter")
    for letter, name in answer.items():
        if name not in CANDIDATES:
            raise KeepWorking(f"{letter} is {name!r}; choose from {', '.join(CANDIDATES)}")
    for letter, name in MYSTERY.items():
        if answer[letter] != name:
            named, symptom = SYMPTOMS[letter]
            return Verdict(
                False, named, f"{letter} is not {answer[letter]!r}. Look again: {symptom}"
            )
    return Verdict(True, "diagnosis", "all three, from symptoms alone")


def _exact(heads: Any, num: int, rng: np.random.Generator) -> np.ndarray:
    return rng.beta(2 + heads, 2 + FLIPS - heads, size=num)


def _too_sure(heads: Any, num: int, rng: np.random.Generator) -> np.ndarray:
    return rng.beta(2 + 4 * heads, 2 + 4 * (FLIPS - heads), size=num)


def _too_high(heads: Any, num: int, rng: np.random.Generator) -> np.ndarray:
    return rng.beta(5 + heads, 2 + FLIPS - heads, size=num)


def _gap(ranks: np.ndarray, num_draws: int) -> float:
    """Largest gap between the cumulative curve of the ranks and an even one."""
    below = np.cumsum(np.bincount(ranks, minlength=num_draws + 1)) / len(ranks)
    return float(np.abs(below - np.arange(1, num_draws + 2) / (num_draws + 1)).max())


@exercise("8.3")
def _calibration(answer: Callable) -> Verdict:
    function_name(answer)
    num_fits, num_draws = 1000, 99
    bound = dkw_envelope(num_fits, 1, FALSE_ALARMS)
    heads_seen, gaps, mean_ranks = [], {}, {}
    fits = {"exact": _exact, "too sure": _too_sure, "too high": _too_high}
    for name, fit in fits.items():

        def spy(heads, num, rng, fit=fit):
            heads_seen.append(number(heads, "the data handed to `posterior_draws`"))
            return fit(heads, num, rng)

        rng = np.random.default_rng(83)
        raw = call(answer, spy, num_fits, num_draws, rng)
        try:
            ranks = np.asarray(raw, dtype=float)
        except (TypeError, ValueError):
            raise KeepWorking("an array of ranks is expected, one number for each fit") from None
        if ranks.shape != (num_fits,):
            raise KeepWorking(f"the ranks have shape {ranks.shape}; wanted is ({num_fits},)")
        if not np.isfinite(ranks).all() or (ranks != np.round(ranks)).any():
            return Verdict(False, "range", "a rank is a count of draws: a whole number")
        if ranks.min() < 0 or ranks.max() > num_draws:
            return Verdict(
                False,
                "range",
                f"ranks go from {ranks.min():.0f} to {ranks.max():.0f}; {num_draws} draws leave "
                f"places 0 to {num_draws}",
            )
        gaps[name], mean_ranks[name] = _gap(ranks.astype(int), num_draws), ranks.mean()
    if len(heads_seen) != len(fits) * num_fits:
        asked = len(heads_seen) / len(fits)
        return Verdict(
            False,
            "data",
            f"for {num_fits} fits `posterior_draws` was asked {asked:g} times; wanted: once for "
            "each fit",
        )
    # Heads of a coin whose p is Beta(2, 2): beta-binomial, whatever the sampler does.
    prior_heads = stats.betabinom(FLIPS, 2, 2)
    spread = np.var(heads_seen) / prior_heads.var()
    if not 0.8 < spread < 1.25:  # 3000 data sets: the variance is known to some 3 %
        return Verdict(
            False,
            "prior",
            f"the spread of your data sets is {spread:.2f} times the one that the model has; is "
            "every truth a fresh draw from the prior?",
        )
    if gaps["exact"] > bound:
        return Verdict(
            False,
            "uniform ranks",
            f"with exact posterior draws the ranks are {gaps['exact']:.3f} away from even; chance "
            f"explains {bound:.3f}. Do truth, data and draws belong to one fit?",
        )
    said = (
        f"{gaps['exact']:.3f} from even with the exact posterior, {gaps['too sure']:.3f} with one "
        f"that is too sure; chance explains {bound:.3f}"
    )
    # A posterior that counts the data four times strays by .17 here, known to .01.
    if gaps["too sure"] <= bound:
        return Verdict(False, "power", said)
    # Draws that lie too high leave the truth a mean rank of 30, known to .8; the middle is 49.5.
    if mean_ranks["too high"] > num_draws / 2:
        return Verdict(
            False,
            "order",
            f"for draws that lie too high the mean of your ranks is {mean_ranks['too high']:.0f} "
            f"of {num_draws}; a rank counts the draws *below* the truth, so it should be low",
        )
    return Verdict(True, "uniform ranks", said)


@exercise("8.4")
def _quantity(answer: Callable) -> Verdict:
    function_name(answer)
    num_fits, num_draws = 1000, 99
    rng = np.random.default_rng(84)
    truths = rng.beta(2, 2, size=num_fits)
    heads = rng.binomial(FLIPS, truths)
    bound = dkw_envelope(num_fits, 1, FALSE_ALARMS)

    def look(p, y):
        value = call(answer, p, y)
        try:
            value = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            kind = type(value).__name__
            raise KeepWorking(f"a number is expected, but this is of type {kind}") from None
        if value.shape != np.shape(p):
            raise KeepWorking(
                f"for p of shape {np.shape(p)} the result has shape {value.shape}; one number for "
                "each p is wanted"
            )
        return value

    if not np.array_equal(look(truths[:5], 3), look(truths[:5], 3), equal_nan=True):
        return Verdict(False, "randomness", "the same p and y gave two different values")
    gaps = {}
    for name, fit in {
        "exact": _exact,
        "prior": lambda heads, num, rng: rng.beta(2, 2, size=num),
    }.items():
        values = np.array(
            [
                look(np.append(p, fit(y, num_draws, rng)), int(y))
                for p, y in zip(truths, heads, strict=True)
            ]
        )
        if not np.isfinite(values).all():
            return Verdict(False, "finite values", "some values are NaN or infinite")
        ranks = sbc_ranks({"q": values[:, 0]}, {"q": values[:, 1:]})["q"]
        gaps[name] = _gap(ranks, num_draws)
    if gaps["exact"] > bound:
        return Verdict(
            False,
            "uniform ranks",
            f"exact posterior draws rank {gaps['exact']:.3f} from even; chance explains "
            f"{bound:.3f}. Is every p treated alike?",
        )
    said = (
        f"for draws from the prior the ranks are {gaps['prior']:.3f} away from even; chance "
        f"explains {bound:.3f}"
    )
    hint = "" if gaps["prior"] > bound else (
        ". Your quantity cannot tell a p that suits y from one that does not; for example, it may "
        "sort the draws as p itself does, whatever y is"
    )  # fmt: skip
    return Verdict(not hint, "power", said + hint)


@exercise("8.5")
def _largest_gap(answer: Callable) -> Verdict:
    function_name(answer)
    num_chains, law = 4000, stats.norm()
    bound = dkw_envelope(num_chains, 1, FALSE_ALARMS)

    def draw(rng, num):
        return rng.normal(size=num)

    def gap(step, num_steps, draw=draw, cdf=law.cdf):
        rng = np.random.default_rng(85)
        return number(call(answer, draw, step, cdf, num_chains, num_steps, rng), "the gap")

    def shift(by):
        return lambda x, rng: x + by

    still = gap(shift(0.0), 3)
    if not 0 <= still <= bound:
        return Verdict(
            False,
            "exact start",
            f"steps that do nothing gave a gap of {still:.3f}; exact, independent starts explain "
            f"0 to {bound:.3f}",
        )
    if still == 0:
        return Verdict(False, "sensitivity", "no sample follows its law without any gap")
    by, exact = 0.5, 2 * law.cdf(0.75) - 1
    up, down = gap(shift(by), 3), gap(shift(-by), 3)
    if max(up, down) <= bound:
        return Verdict(
            False,
            "movement",
            f"three steps that each add {by:g} move the law by {exact:.3f}, but the answer is "
            f"{up:.3f}; are the steps taken, and is the gap returned?",
        )
    for sign, moved in ((1, up), (-1, down)):
        if abs(moved - exact) > bound:
            named, why = "last position", "are only the positions after the last step compared?"
            if moved < bound:
                named, why = "both sides", "a gap may have either sign"
            elif abs(moved - (2 * law.cdf(by / 2) - 1)) < bound:
                named, why = "number of steps", "that is what one step does"
            return Verdict(
                False,
                named,
                f"three steps that each add {sign * by:g} move the law by {exact:.3f}, but the gap "
                f"is {moved:.3f}; {why}",
            )
    exponential = stats.expon()
    other = gap(lambda x, rng: x, 1, lambda rng, num: rng.exponential(size=num), exponential.cdf)
    if other > bound:
        return Verdict(
            False,
            "law",
            f"for an exponential target and steps that do nothing the gap is {other:.3f}; compare "
            "with the cdf that is handed in, and start from the draws that are handed in",
        )

    def recorded(rng, num):
        draws.append(rng.normal(size=num))
        return draws[-1]

    draws: list[np.ndarray] = []
    for by in (0.2, -0.2):  # the largest gap is on one side of the jumps, then on the other
        draws.clear()
        seen = gap(shift(by), 1, recorded)
        starts = np.concatenate([[], *draws])
        if starts.size != num_chains:
            return Verdict(
                False,
                "independent chains",
                f"{starts.size} exact draws were taken; wanted are {num_chains}, one start for "
                "each chain, and the end points are compared with `cdf`",
            )
        wanted = ks_distance(starts + by, law.cdf)
        # Looking at one side of each jump loses one jump on one of the two shifts: 1 / num_chains.
        if abs(seen - wanted) > 0.1 / num_chains:
            return Verdict(
                False,
                "largest gap",
                f"after one step of {by:g} it is {seen:.5f}, where the largest gap between the two "
                f"curves is {wanted:.5f}; look at both sides of every jump",
            )
    return Verdict(True, "largest gap", f"it is {seen:.5f}, and so says the checker")
