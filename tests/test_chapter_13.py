"""Chapter 13: its checkers name what is wrong, its figures and programs say what they show.

The checkers use fixed seeds, so a given answer always gets the same reply. Of right answers to
exercise 13.5, whose pairs are drawn, one seed in some 20,000 would refuse one.
"""

from pathlib import Path
from types import SimpleNamespace

import arviz as az
import numpy as np
import pymc as pm
import pytest
from scipy import stats

from course_utils import traps
from course_utils.bench.languages import Record, first_to, seconds_to
from course_utils.exercises import chapter_13, grade
from course_utils.figures import chapter_13 as figures
from course_utils.models import registry

PAGE = Path(__file__).parents[1] / "notebooks" / "src" / "13_one_model_every_language.py"


def priors(**changes):
    return {
        "mu": stats.norm(2, 2), "rate": stats.expon(scale=0.25), "x": stats.t(4, 1, 2)
    } | changes  # fmt: skip


def of_u(jacobian, at=None):
    """Exercise 13.2 with another Jacobian, or evaluated at another place."""

    def log_density_of_u(log_density, u):
        v = 1 / (1 + np.exp(-u))
        theta = np.pi * (v - 0.5)
        return log_density(theta if at is None else at(u)) + jacobian(v)

    return log_density_of_u


def ported(rate=None, slope=None, counts=None, extra=None, build=True):
    """Exercise 13.3, with any part replaced."""

    def counts_in_pymc(x, y):
        with pm.Model() as model:
            r = (rate or (lambda: pm.Gamma("rate", 3, 2)))()
            s = (slope or (lambda: pm.StudentT("slope", nu=4, mu=0, sigma=2.5)))()
            mean = r * pm.math.exp(s * x)
            (counts or (lambda m, y: pm.NegativeBinomial("y", mu=m, alpha=3, observed=y)))(mean, y)
            if extra:
                extra(r, s)
        return model if build else None

    return counts_in_pymc


def mixture(spread=lambda sd, sigma: np.sqrt(sd**2 + sigma**2), swap=False, total=np.sum):
    """Exercise 13.4, with any part replaced."""

    def log_mixture(y, line, sigma, probability, mean, sd):
        near = stats.norm(line, sigma).logpdf(y)
        far = stats.norm(mean, spread(sd, sigma)).logpdf(y)
        share = 1 - probability if swap else probability
        return total(np.logaddexp(np.log1p(-share) + near, np.log(share) + far))

    return log_mixture


def mcse(draws):
    return float(az.mcse(draws))


def agreement(error=np.hypot, one=mcse, alpha=1e-3, sides=2, count=True, gap=abs):
    """Exercise 13.5, with any part replaced."""

    def systems_agree(a, b, num_comparisons):
        limit = stats.norm.isf(alpha / (sides * (num_comparisons if count else 1)))
        return bool(gap(a.mean() - b.mean()) <= limit * error(one(a), one(b)))

    return systems_agree


def batch_means(draws):
    """Another estimate of the standard error: from the means of 20 batches a chain."""
    size = draws.shape[1] // 20
    means = draws[:, : 20 * size].reshape(-1, size).mean(axis=1)
    return means.std(ddof=1) / np.sqrt(len(means))


def naive(draws):
    return draws.std() / np.sqrt(draws.size)


def choose(status=True, model=True, agrees=True, dtype=True, seconds=None):
    """Exercise 13.6, with any part left out."""

    def full(row, n):
        return row["compile_s"] + row["warmup_s"] + n / row["ess_per_s"]

    def choose_system(rows, name, num_effective, kind=None):
        kept = [row for row in rows if not status or row["status"] == "ok"]
        kept = [row for row in kept if not model or row["model"] == name]
        kept = [row for row in kept if not agrees or row["agrees"]]
        kept = [row for row in kept if not dtype or kind in (None, row["dtype"])]
        return min(kept, key=lambda row: (seconds or full)(row, num_effective))["system"]

    return choose_system


RIGHT = [
    ("13.1", priors()),
    ("13.1", priors(rate=stats.gamma(1, scale=0.25), mu=stats.norm(loc=2, scale=0.25**-0.5))),
    ("13.2", of_u(lambda v: np.log(v) + np.log1p(-v))),
    ("13.2", of_u(lambda v: np.log(np.pi * v * (1 - v)))),
    ("13.2", of_u(lambda v: np.float32(np.log(v) + np.log1p(-v)))),
    ("13.3", ported()),
    ("13.3", ported(rate=lambda: pm.Gamma("rate", mu=1.5, sigma=np.sqrt(3) / 2))),
    ("13.3", ported(slope=lambda: pm.StudentT("slope", nu=4, mu=0, lam=1 / 2.5**2))),
    ("13.3", ported(counts=lambda m, y: pm.NegativeBinomial("z", n=3, p=3 / (3 + m), observed=y))),
    ("13.3", ported(extra=lambda r, s: pm.Deterministic("twice", 2 * r))),
    ("13.4", mixture()),
    ("13.4", lambda y, line, sigma, p, m, sd: sum(
        np.log((1 - p) * stats.norm.pdf(y[i], line[i], sigma[i])
               + p * stats.norm.pdf(y[i], m, np.hypot(sd, sigma[i]))) for i in range(len(y)))),
    ("13.5", agreement()),
    ("13.5", agreement(one=lambda d: d.std() / np.sqrt(float(az.ess(d))))),
    ("13.5", lambda a, b, k: np.bool_(agreement()(a, b, k))),
    ("13.6", choose()),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


WRONG = [
    ("13.1", priors(mu=stats.norm(2, 0.25)), "density of mu", "a precision, not a standard"),
    ("13.1", priors(mu=stats.norm(2, 0.5)), "density of mu", "a precision, not a variance"),
    ("13.1", priors(mu=stats.norm(2, 4)), "density of mu", "SciPy asks for its root"),
    ("13.1", priors(rate=stats.expon(scale=4)), "density of rate", "inverse of the rate"),
    ("13.1", priors(rate=stats.expon(4)), "density of rate", "a shift"),
    ("13.1", priors(x=stats.t(4, 1, 0.25)), "density of x", "not the scale"),
    ("13.1", priors(x=stats.norm(1, 2)), "density of x", "tails of a normal"),
    ("13.1", priors(x=stats.t(4, 1, np.sqrt(2))), "density of x", "not its standard deviation"),
    ("13.1", priors(x=stats.t(5, 1, 2)), "density of x", "is right"),
    ("13.1", {"mu": stats.norm(2, 2)}, "answer", "lacks rate, x"),
    ("13.1", priors(mu=2.0), "answer", "must be a distribution"),
    ("13.1", priors(mu=None), "answer", "still missing"),
    ("13.1", priors(mu=stats.norm([2, 3], 2)), "answer", "log density of `mu` stopped"),
    ("13.2", of_u(lambda v: 0.0), "Jacobian", "missing: this is"),
    ("13.2", of_u(lambda v: -np.log(v * (1 - v))), "Jacobian", "upside down"),
    ("13.2", of_u(np.log), "Jacobian", "second factor"),
    ("13.2", of_u(lambda v: np.log1p(-v)), "Jacobian", "first factor"),
    ("13.2", of_u(lambda v: np.pi * v * (1 - v)), "Jacobian", "not dθ/du itself"),
    ("13.2", of_u(lambda v: 2 * np.log(v * (1 - v))), "Jacobian", "strays by"),
    ("13.2", of_u(lambda v: np.log(v * (1 - v)), at=lambda u: u), "change of variable", "not at u"),
    ("13.3", ported(rate=lambda: pm.Gamma("rate", 3, 1 / 2)), "prior of rate", "not a scale"),
    ("13.3", ported(rate=lambda: pm.Exponential("rate", 2)), "prior of rate", "shape 3"),
    ("13.3", ported(rate=lambda: pm.HalfNormal("rate", 2)), "prior of rate", "strays by"),
    ("13.3", ported(slope=lambda: pm.StudentT("slope", nu=4, mu=0, lam=2.5)), "prior of slope",
     "taken for lam"),
    ("13.3", ported(slope=lambda: pm.StudentT("slope", nu=4, mu=0, sigma=2.5**0.5)),
     "prior of slope", "the scale itself"),
    ("13.3", ported(slope=lambda: pm.Normal("slope", 0, 2.5)), "prior of slope", "nu = 4"),
    ("13.3", ported(counts=lambda m, y: pm.Poisson("y", m, observed=y)), "likelihood", "Poisson"),
    ("13.3", ported(counts=lambda m, y: pm.NegativeBinomial("y", mu=m, alpha=1 / 3, observed=y)),
     "likelihood", "inverse"),
    ("13.3", ported(counts=lambda m, y: pm.NegativeBinomial("y", n=3, p=m / (3 + m), observed=y)),
     "likelihood", "other probability"),
    ("13.3", ported(extra=lambda r, s: pm.Potential("more", -s**2)), "same density", "added"),
    ("13.3", ported(rate=lambda: pm.Gamma("a", 3, 2)), "unknowns", "wanted are rate and slope"),
    ("13.3", ported(rate=lambda: pm.Gamma("rate", 3, 2, shape=4)), "unknowns", "without a shape"),
    ("13.3", ported(counts=lambda m, y: None), "likelihood", "as `observed`"),
    ("13.4", mixture(spread=lambda sd, s: sd**2 + s**2, swap=True), "two bugs", "still there"),
    ("13.4", mixture(spread=lambda sd, s: sd**2 + s**2), "spread", "a variance"),
    ("13.4", mixture(swap=True), "shares", "1 − probability"),
    ("13.4", mixture(spread=lambda sd, s: sd + s), "spread", "variances add up"),
    ("13.4", mixture(spread=lambda sd, s: sd + 0 * s), "spread", "measurement error"),
    ("13.4", mixture(total=np.mean), "sum", "the mean"),
    ("13.4", mixture(total=lambda x: x), "sum", "one number"),
    ("13.4", mixture(total=lambda x: np.exp(x).sum()), "logarithm", "densities"),
    ("13.4", lambda *a: 1.0, "same density", "is right"),
    ("13.5", agreement(one=naive), "false alarms", "they remember"),
    ("13.5", agreement(alpha=0.05, count=False), "false alarms", "they remember"),
    ("13.5", lambda a, b, k: False, "false alarms", "True means agreed"),
    ("13.5", lambda a, b, k: True, "power", "must disagree"),
    ("13.5", agreement(gap=lambda x: x), "power", ""),
    ("13.5", agreement(error=lambda x, y: y), "both errors", "a short run and"),
    ("13.5", agreement(error=lambda x, y: x), "both errors", "a long run and"),
    ("13.5", lambda a, b, k: bool(abs(a.mean() - b.mean()) <= 5 * np.hypot(mcse(a), mcse(b))),
     "number of comparisons", "single comparison"),
    ("13.5", lambda a, b, k: bool(abs(a.mean() - b.mean()) <= 4 * np.hypot(mcse(a), mcse(b))),
     "number of comparisons", "somewhere among"),
    ("13.5", agreement(error=lambda x, y: x + y), "standard error", "add up as squares"),
    ("13.5", lambda a, b, k: "yes", "answer", "True or False"),
    ("13.6", choose(agrees=False), "right answers first", "disagree"),
    ("13.6", choose(model=False), "model", "another model"),
    ("13.6", choose(dtype=False), "stated need", "does not compute in float64"),
    ("13.6", choose(seconds=lambda row, n: n / row["ess_per_s"]), "seconds to the last draw", ""),
    ("13.6", choose(seconds=lambda row, n: row["warmup_s"] + n / row["ess_per_s"]),
     "seconds to the last draw", "compiling"),
    ("13.6", choose(seconds=lambda row, n: row["compile_s"] + n / row["ess_per_s"]),
     "seconds to the last draw", "warm-up"),
    ("13.6", choose(status=False), "answer", "KeyError"),
    ("13.6", lambda *a: "absent", "rows that ran", "did not run"),
    ("13.6", lambda *a: 3, "answer", "name of a system"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


def test_the_right_answers_differ_from_each_other():
    """No winner of exercise 13.6 wins under every need, so that a constant answer fails."""
    pick = choose()
    found = {pick(chapter_13.ROWS, "line", n) for n in (400, 8000, 1_000_000)}
    assert len(found) == 3


# Programs and figures


@pytest.mark.parametrize("language", figures.LANGUAGES)
@pytest.mark.parametrize("model", ["binomial", "eight_schools_noncentered", "bradley_terry"])
def test_programs_are_those_of_the_files(language, model):
    text = figures.program(language, model)
    source = Path(figures.__file__).parents[1]
    folder = source / ("models" if figures.LANGUAGES[language][0].endswith("_given") else "peers")
    body = [line.strip() for line in text.splitlines()[2:]]
    files = [file.read_text(encoding="utf-8") for file in folder.glob("*.py")]
    assert len(body) >= 2 and any(all(line in file for line in body) for file in files)
    shown = figures.programs(model, language)
    assert text in repr(shown) and f"```{figures.LANGUAGES[language][1]}\n" in (
        shown._repr_markdown_()
    )


def test_every_figure_says_what_it_shows():
    names = [*figures.SYSTEMS, "a new one"]
    pairs = {name: (1000.0 * (i + 1), 500.0 / (i + 1)) for i, name in enumerate(names)}
    fewer = pairs | {"stan": None}
    times = {name: [1.0, 2.0 + i, 0.1, 0.2] for i, name in enumerate(names)}
    one, many = (
        figures.rates({"coin": pairs}, "a machine"),
        figures.rates({str(i): fewer for i in range(5)}, "a machine"),
    )
    grid = figures.agreement(
        {"here": [0.5, -1.0], "there": None}, ["mu", "tau"], 4.0, "Where it is from."
    )
    bars = figures.phases(times, "A model", "a machine")
    lines = figures.growth(
        {"stan": {1000: 50.0, 10_000: 10.0}, "nutpie": {1000: 40.0, 100_000: 5.0}}, "a machine"
    )
    for picture in (one, many, grid, bars, lines):
        assert picture.caption.strip() and len(picture.alt) > 60
    assert "a new one is first by the dots, NumPyro, parallel by the rings" in one.alt
    assert "largest is 1.0" in grid.alt and "A dash" in grid.caption
    assert "shortest is that of NumPyro, parallel, 3.3 s" in bars.alt
    assert "At 1,000 matches Stan is first" in lines.alt


def test_the_systems_are_those_that_can_run():
    from course_utils.bench.elsewhere import PEERS
    from course_utils.bench.whole import WHOLE

    assert set(figures.SYSTEMS) <= {*PEERS, *WHOLE}
    assert set(PEERS) <= set(figures.SYSTEMS)
    assert {family for _, family in figures.SYSTEMS.values()} == set(figures.FAMILIES)


def test_the_page_names_models_that_are_registered():
    text = PAGE.read_text(encoding="utf-8")
    block = text.split("MODELS = {")[1].split("}")[0]
    for line in block.splitlines():
        if ":" in line:
            assert line.split('"')[1] in registry.MODELS


# The record

MACHINE = {"cpu": "a processor", "threads": 2, "date": "2026-11-21T10:00:00+00:00"}


def row(system, model, rate, compile_s=1.0, runs=(2.0, 4.0), **other):
    """Return a row in which 1000 effective draws take 1000 / rate seconds of sampling."""
    seconds = 1000 / rate
    return MACHINE | {
        "status": "ok", "p_value": 0.5, "system": system, "model": model, "ess_min": 1000.0,
        "compile_s": compile_s, "warmup_s": seconds, "sampling_s": seconds, "ess_per_s": rate,
        "ess_per_s_call": 1000 / (compile_s + 2 * seconds), "first_s": compile_s + 2 * seconds,
        "run_s": list(runs), "warmup_run_s": [seconds] * 2, "sampling_run_s": [seconds] * 2,
        "ess_min_runs": [1000.0] * 2, "ess_runs": 15, "chains": 2, "z_mean": {"x": 9.0},
    } | other  # fmt: skip


def a_record():
    absent = MACHINE | {"status": "not run", "why": "is not here"}
    newer = {"compile_s": 30.0, "ess_per_gradient": 0.5, "ess_min_runs": [1000.0, 500.0]}
    return Record(
        [
            row("stan", "line", 1.0),
            row("stan", "line", 1000.0, **newer),  # the newer one counts
            row("pymc", "line", 100.0, compile_s=2.0, runs=(1.0, 1.0), ess_per_gradient=0.1),
            row("nutpie", "line", 1e6, p_value=0.9e-4),
            row("stan", "binomial", 50.0),
            row("stan", "bradley_terry", 80.0),
            row("stan", "bradley_terry_10000", 20.0),
            row("new", "bradley_terry", 7.0),
            absent | {"system": "pyro", "model": "line"},
        ],
        systems=("pymc", "stan", "nutpie", "pyro"),
    )


def test_a_record_answers_from_its_newest_right_rows():
    record = a_record()
    assert record.models == ["binomial", "line", "bradley_terry", "bradley_terry_10000"]
    assert record.systems == ["pymc", "stan", "nutpie", "pyro", "new"]
    assert record.where == "a processor, 2 threads, 2026-11-21"
    assert list(record.of("line")) == ["pymc", "stan"]
    assert record.speeds("line")["stan"] == (1000.0, 1000 / 32)
    assert record.speeds("line")["nutpie"] is None and ("line", "nutpie") in record.finished
    assert record.absent("line") == {"pyro": "is not here", "new": "no row"}
    assert record.with_all("stan", "pymc") == ["line"]
    assert record.swaps("line") == (1, 1) and record.swaps("bradley_terry") == (0, 1)
    assert record.growing("bradley_terry", 1000) == {"stan": {1000: 80.0, 10_000: 20.0}}


def test_times_faster_divides_seconds_for_an_effective_draw_run_by_run():
    record = a_record()

    def times(clock):  # each run of pymc over each of stan, whose second has half as much ESS
        return record.times_faster("line", "stan", "pymc", clock)

    assert times("sampling") == pytest.approx([10.0, 5.0] * 2)
    assert times("a first call") == pytest.approx([22 / 32, 11 / 32] * 2)
    assert times("a further call") == pytest.approx([1 / 2, 1 / 8] * 2)
    assert record.seconds("line", "pymc", "warm-up and sampling").tolist() == [20.0, 20.0]
    cases = record.cases("stan", "pymc", ["sampling", "gradients"], {"line": "a line"})
    assert list(cases) == ["the model is a line, sampling", "the model is a line, gradients"]
    assert cases["the model is a line, gradients"] == pytest.approx([5.0, 2.5] * 2)
    assert record.cases("stan", "pymc", ["sampling"], {"binomial": "coin"}) == {}


def test_distances_are_given_where_they_are_recorded():
    means = {"b_perp": -1.0, "theta": [0.5, 2.0]}
    record = Record([row("stan", "line", 1.0, z_mean=means)])
    assert record.distances("line", "stan", ["theta", "b_perp"]).tolist() == [0.5, 2.0, -1.0]


@pytest.mark.parametrize(
    ("runs", "z", "right"),
    [(15, 4.3, True), (14, 4.0, True), (14, 4.3, False), (14, np.nan, False), (14, np.inf, True)],
)
def test_means_decide_too_where_chains_are_few(runs, z, right):
    """Two chains a run: from 30 on shares decide; below, 4.3 sd of two means has p < 0.0001.

    An infinite distance says that the exact mean is: the slope of a line has none.
    """
    rows = [row("stan", "line", 1.0, ess_runs=runs, z_mean={"x": [0.0, z]}), row("pymc", "line", 1)]
    assert ("stan" in Record(rows).of("line")) == right


def test_who_is_first_depends_on_how_much_is_wanted():
    rows = a_record().of("line")
    assert seconds_to(rows["pymc"], 500) == 2 + 10 + 5
    assert first_to(rows, (100, 1_000_000)) == {100: "pymc", 1_000_000: "stan"}


def test_a_record_refuses_what_it_cannot_compare():
    with pytest.raises(ValueError, match="none has a result that is right"):
        Record([row("stan", "line", 1.0, p_value=0.0)])
    with pytest.raises(ValueError, match="rows are from 2 machines; allowed is one"):
        Record([row("stan", "line", 1.0), row("pymc", "line", 1.0, threads=64)])


# Traps


def test_every_trap_is_as_the_page_says():
    page = PAGE.read_text(encoding="utf-8")
    found = traps.tried()
    assert all(found.values()), found
    for trap in found:
        assert f"# | {trap.split()[0]} | " in page


def test_a_trap_that_is_none_is_seen(monkeypatch):
    by_scale = SimpleNamespace(**vars(traps.dist))
    by_scale.Exponential = lambda scale: traps.dist.Gamma(1.0, 1 / scale)
    monkeypatch.setattr(traps, "dist", by_scale)
    assert [trap for trap, holds in traps.tried().items() if not holds] == ["2 rate, scale"]
