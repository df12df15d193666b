"""Chapter 9: its checkers name what is wrong, and its figures say what they show.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from numpyro import handlers
from numpyro.infer.reparam import LocScaleReparam

from course_utils.exercises import chapter_09, grade
from course_utils.figures import chapter_09 as figures
from course_utils.models import eight_schools


def partly(loc=lambda c, mu: c * mu, scale=lambda c, tau: tau**c, theta=None, tau_prior=None,
           mu_scale=5.0, observe=True, noise=lambda sigma: sigma, plate=True):  # fmt: skip
    """Exercise 9.5, with any part of it replaced."""
    theta = theta or (lambda c, mu, tau, x: mu + tau ** (1 - c) * (x - c * mu))
    tau_prior = tau_prior or dist.HalfCauchy(5)

    def partly_centered(c):
        def program(sigma, y=None):
            mu = numpyro.sample("mu", dist.Normal(0, mu_scale))
            tau = numpyro.sample("tau", tau_prior)
            law = dist.Normal(loc(c, mu), scale(c, tau))
            if plate:
                with numpyro.plate("school", len(sigma)):
                    x = numpyro.sample("x", law)
            else:
                x = numpyro.sample("x", law.expand([len(sigma)]).to_event(1))
            effects = numpyro.deterministic("theta", theta(c, mu, tau, x))
            numpyro.sample("y", dist.Normal(effects, noise(sigma)), obs=y if observe else None)

        return program

    return partly_centered


def one_for_all(c):
    def program(sigma, y=None):
        mu = numpyro.sample("mu", dist.Normal(0, 5))
        tau = numpyro.sample("tau", dist.HalfCauchy(5))
        x = numpyro.sample("x", dist.Normal(c * mu, tau**c))
        theta = numpyro.deterministic("theta", mu + tau ** (1 - c) * (x - c * mu))
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)

    return program


def always_centered(c):
    def program(sigma, y=None):
        mu = numpyro.sample("mu", dist.Normal(0, 5))
        tau = numpyro.sample("tau", dist.HalfCauchy(5))
        with numpyro.plate("school", len(sigma)):
            theta = numpyro.sample("theta", dist.Normal(mu, tau))
            numpyro.sample("y", dist.Normal(theta, sigma), obs=y)

    return program


def without_deterministic(c):
    def program(sigma, y=None):
        mu = numpyro.sample("mu", dist.Normal(0, 5))
        tau = numpyro.sample("tau", dist.HalfCauchy(5))
        with numpyro.plate("school", len(sigma)):
            x = numpyro.sample("x", dist.Normal(c * mu, tau**c))
            theta = mu + tau ** (1 - c) * (x - c * mu)
            numpyro.sample("y", dist.Normal(theta, sigma), obs=y)

    return program


def total(which, reduce=jnp.sum):
    """Exercise 9.4: add up the sites that ``which`` picks."""

    def log_likelihood_of(program, values, *args):
        found = handlers.trace(handlers.substitute(program, data=values)).get_trace(*args)
        parts = [
            jnp.ravel(site["fn"].log_prob(site["value"]))
            for site in found.values()
            if site["type"] == "sample" and which(site)
        ]
        return reduce(jnp.concatenate(parts))

    return log_likelihood_of


def observed(site):
    return site["is_observed"]


def values_forgotten(program, values, *args):
    found = handlers.trace(handlers.seed(program, 0)).get_trace(*args)
    return sum(
        site["fn"].log_prob(site["value"]).sum()
        for site in found.values()
        if site["type"] == "sample" and site["is_observed"]
    )


def no_handler_at_all(program, values, *args):
    return program(*args)


def last_site_only(program, values, *args):
    found = handlers.trace(handlers.substitute(program, data=values)).get_trace(*args)
    site = [s for s in found.values() if s["type"] == "sample" and s["is_observed"]][-1]
    return site["fn"].log_prob(site["value"]).sum()


def right_prior(log_tau):
    return -np.exp(2 * log_tau) / 50 + log_tau


def right_prediction(mu, tau, rng):
    return rng.normal(mu, tau)


RIGHT = [
    ("9.1", 30),
    ("9.1", np.float32(30.1)),
    ("9.2", right_prior),
    ("9.2", lambda v: 7.0 - np.exp(v) ** 2 / 50 + v),  # a constant is free
    ("9.2", lambda v: jnp.asarray(right_prior(v), jnp.float32)),
    ("9.3", right_prediction),
    ("9.3", lambda mu, tau, rng: mu + tau * rng.standard_normal(len(mu))),
    ("9.3", lambda mu, tau, rng: [rng.normal(m, t) for m, t in zip(mu, tau, strict=True)]),
    ("9.4", total(observed)),
    ("9.4", lambda program, values, *args: float(total(observed)(program, values, *args))),
    ("9.5", partly()),
    ("9.5", partly(theta=lambda c, mu, tau, x: (1 - c * tau ** (1 - c)) * mu + tau ** (1 - c) * x)),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_right_answers_may_differ_in_style(number, answer):
    outcome = grade(number, answer)
    assert outcome.state == "correct", outcome


WRONG = [
    ("9.1", 7.5, "shrinkage", "share B"),
    ("9.1", 12.0, "shrinkage", "Too small"),
    ("9.1", 60.0, "shrinkage", "Too large"),
    ("9.1", -30.0, "scale", "positive"),
    ("9.2", lambda v: -np.exp(2 * v) / 50, "determinant", "dτ / d log τ"),
    ("9.2", lambda v: -np.exp(2 * v) / 50 - v, "determinant", "inverse"),
    ("9.2", lambda v: -np.exp(2 * v) / 50 + np.exp(v), "determinant", "not τ"),
    ("9.2", lambda v: -np.exp(2 * v) / 50 + 8 * v, "determinant", "not eight"),
    ("9.2", lambda v: -np.log1p(np.exp(2 * v) / 25) + v, "prior", "half-Cauchy"),
    ("9.2", lambda v: -np.exp(2 * v) / 25 + v, "prior", "factor of 2"),
    ("9.2", lambda v: -np.exp(2 * v) / 10 + v, "prior", "standard deviation"),
    ("9.2", lambda v: -(v**2) / 50 + v, "prior", "not its logarithm"),
    ("9.2", lambda v: np.exp(right_prior(v)), "prior", "logarithm is asked"),
    ("9.2", lambda v: 0.0, "prior", "is right"),
    ("9.3", lambda mu, tau, rng: rng.normal(mu.mean(), tau.mean(), mu.shape), "uncertainty of μ",
     "its own μ"),
    ("9.3", lambda mu, tau, rng: rng.normal(mu.mean(), tau), "uncertainty of μ", "its own μ"),
    ("9.3", lambda mu, tau, rng: rng.normal(mu, tau.mean()), "uncertainty of τ", "its own τ"),
    ("9.3", lambda mu, tau, rng: rng.normal(mu, np.sqrt(tau)), "spread", "a variance"),
    ("9.3", lambda mu, tau, rng: rng.normal(mu, tau**2), "spread", "square"),
    ("9.3", lambda mu, tau, rng: mu, "spread", "μ itself"),
    ("9.3", lambda mu, tau, rng: mu + tau * rng.uniform(-1, 1, mu.shape), "spread", "normal"),
    ("9.3", lambda mu, tau, rng: rng.normal(mu.mean(), tau.mean()), "shape", "one for each"),
    ("9.3", lambda mu, tau, rng: np.full(mu.shape, np.nan), "finite", "not finite"),
    ("9.3", lambda mu, tau, rng: "text", "answer", "array of numbers"),
    ("9.4", total(lambda site: True), "observed sites", "free sites, and so the prior"),
    ("9.4", total(lambda site: not site["is_observed"]), "observed sites", "these are the free"),
    ("9.4", total(observed, jnp.mean), "sum", "mean over"),
    ("9.4", lambda *a: jnp.exp(total(observed)(*a)), "logarithm", "likelihood itself"),
    ("9.4", values_forgotten, "values", "filled in"),
    ("9.4", last_site_only, "values", "all sites"),
    ("9.4", total(observed, lambda parts: parts), "answer", "one number"),
    ("9.4", no_handler_at_all, "answer", "AssertionError"),
    ("9.5", partly(loc=lambda c, mu: mu), "prior of x", "Normal(c μ, τ^c)"),
    ("9.5", partly(scale=lambda c, tau: tau), "prior of x", "c = 0.5"),
    ("9.5", partly(scale=lambda c, tau: tau ** (1 - c), loc=lambda c, mu: c * mu,
                   theta=lambda c, mu, tau, x: mu + tau**c * (x - c * mu)), "prior of x", "c = 0"),
    ("9.5", partly(theta=lambda c, mu, tau, x: mu + tau * (x - c * mu)), "law of θ", "instead of"),
    ("9.5", partly(theta=lambda c, mu, tau, x: mu + tau ** (1 - c) * (x - mu)), "law of θ",
     "instead of"),
    ("9.5", partly(tau_prior=dist.HalfNormal(5)), "prior of τ", "HalfCauchy(5)"),
    ("9.5", partly(mu_scale=1.0), "prior of μ", "Normal(0, 5)"),
    ("9.5", partly(noise=lambda sigma: sigma**2), "likelihood", "is wanted"),
    ("9.5", partly(observe=False), "sites", "free sites are mu, tau, x, y"),
    ("9.5", partly(plate=False), "sites", "use a plate"),
    ("9.5", one_for_all, "sites", "use a plate"),
    ("9.5", always_centered, "sites", "free sites are mu, tau, theta"),
    ("9.5", without_deterministic, "sites", "deterministic"),
    ("9.5", lambda c: 3.0, "answer", "must return a program"),
    ("9.5", lambda c: lambda: None, "answer", "TypeError"),
    ("9.5", 3, "answer", "a function is expected"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome


def test_the_checkers_speak_of_the_chapter_s_schools():
    assert eight_schools.load().standard_error[0] == chapter_09.SIGMA_A


def test_the_exact_numbers_of_a_checker_are_those_of_numpyro():
    for name, program, values, args, prior, terms in chapter_09._cases():
        both = total(lambda site: True)(program, values, *args)
        assert float(both) == pytest.approx(prior + np.sum(terms), rel=1e-5), name


def test_the_variant_is_what_numpyro_does():
    """``partly_centered(c)`` and ``LocScaleReparam(centered=c)`` have one log density."""
    y, sigma = (np.asarray(column, float) for column in eight_schools.load())
    values = {"mu": 1.0, "tau": 2.0}
    x = np.linspace(-1, 2, 8)
    everything = total(lambda site: True)
    for c in (0.0, 0.3, 1.0):
        ours = everything(partly()(c), values | {"x": x}, sigma, y)
        config = {"theta": LocScaleReparam(centered=c)}
        theirs = handlers.reparam(always_centered(c), config=config)
        name = "theta" if c == 1.0 else "theta_decentered"
        assert float(ours) == pytest.approx(
            float(everything(theirs, values | {name: x}, sigma, y)), rel=1e-5
        )


@pytest.fixture
def pooled():
    effect, error = (np.asarray(column, float) for column in eight_schools.load())
    taus = np.geomspace(0.1, 100, 5)
    given = [(4.0, 1.0, np.full(8, 4.0), np.full(8, 2.0))] * 5
    return effect, error, taus, given, np.array([0.1, 0.5, 1.0, 0.4, 0.1])


def test_the_film_needs_no_network_and_leaves_a_still(pooled):
    film = figures.shrinkage_film(*pooled)
    assert "http" not in film.document.replace("http://www.w3.org", "")
    assert "/*SETTINGS*/" not in film.document and "<!--STILL-->" not in film.document
    still = film.document.split("<noscript>")[1].split("</noscript>")[0]
    assert "data:image/png" in still and "alt=" in still
    assert "<iframe srcdoc=" in film._repr_html_() and "title=" in film._repr_html_()


def test_every_figure_of_draws_says_what_it_shows(pooled):
    effect, error, taus, given, density = pooled
    rng = np.random.default_rng(1)
    cloud = rng.normal(size=(50, 2))
    forms = ("centered", "noncentered")
    bad = {name: rng.uniform(size=50) < 0.1 for name in forms}
    drawn = [
        figures.schools(effect, error, 7.7),
        figures.shrinkage_lines(taus, given, density),
        figures.necks(dict.fromkeys(forms, cloud[:, 0]), cloud[:, 1], bad, -2.0),
        figures.funnels(dict.fromkeys(forms, cloud), bad, cloud),
        figures.tau_posterior(dict.fromkeys(forms, cloud[:, 0]), np.cos, np.sin),
        figures.new_school(cloud[:, 0], lambda x: np.exp(-(x**2)), lambda x: np.exp(-(x**2))),
        figures.estimates(effect, error, effect / 2, error / 2, (4.0, 3.0), (4.0, 6.0)),
    ]
    for picture in drawn:
        assert picture.caption.strip() and len(picture.alt) > 60
    for name in forms:
        assert str(bad[name].sum()) in drawn[2].alt and str(bad[name].sum()) in drawn[3].alt
