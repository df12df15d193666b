"""Words that mean something else in another language: the traps of chapter 13, each tried.

Only what is installed with the course can be tried: NumPyro, PyMC, NumPy and SciPy.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pymc as pm
from scipy import stats

X, COUNTS = np.array([0.3, 1.0, 1.7]), np.array([0, 2, 5])


def tried() -> dict[str, bool]:
    """Try each trap at a few points.

    Returns
    -------
    dict of str to bool
        For each trap, named by its number on the page and a word, whether it is as the page says.
    """
    half = dist.HalfCauchy(5.0).log_prob(X) - dist.Cauchy(0.0, 5.0).log_prob(X)
    eight, ones, key = dist.Normal(jnp.zeros(8), 1.0), jnp.ones(8), jax.random.key(1)
    return _densities() | {
        "2 and 3 in NumPy": _numpy().exponential(2) == 2 * _numpy().exponential(1)
        and _numpy().gamma(3, 2) == 2 * _numpy().gamma(3, 1),
        "4 scale is not sd": _alike(dist.StudentT(5.0, 0.0, 2.0).variance, 2**2 * 5 / 3),
        "5 half": _alike(half, np.log(2)),
        "5 PyMC's Cauchy": bool(
            np.isfinite(_in_pymc(pm.Cauchy.dist(0, 5), -1.0))
            and not np.isfinite(_in_pymc(pm.HalfCauchy.dist(5), -1.0))
        ),
        "9 event dimension": eight.log_prob(ones).shape == (8,)
        and _alike(eight.to_event(1).log_prob(ones), eight.log_prob(ones).sum()),
        "10 shape": _shapes() == {"one": (), "eight": (8,)},
        "13 keys": _alike(jax.random.normal(key), jax.random.normal(key)),
        "14 if": _branches(2.0) == 1.0 and _refused(_branches),
        "16 in NumPyro": _alike(dist.Bernoulli(0.3).log_prob(1), np.log(0.3)),
    }


def _densities() -> dict[str, bool]:
    """Compare one density in NumPyro, in SciPy and in PyMC, under the names that each has."""
    same = {
        "1 sd, precision": (
            dist.Normal(0.0, 2.0),
            stats.norm(0, 2).logpdf(X),
            pm.Normal.dist(0, 2),
            pm.Normal.dist(0, tau=1 / 4),
        ),
        "2 rate, scale": (
            dist.Exponential(2.0),
            stats.expon(scale=1 / 2).logpdf(X),
            pm.Exponential.dist(2),
        ),
        "3 rate, scale": (
            dist.Gamma(3.0, 2.0),
            stats.gamma(3, scale=1 / 2).logpdf(X),
            pm.Gamma.dist(3, 2),
        ),
        "6 which probability": (
            dist.NegativeBinomialProbs(3.0, 0.4),
            stats.nbinom(3, 1 - 0.4).logpmf(COUNTS),
            pm.NegativeBinomial.dist(n=3, p=1 - 0.4),
        ),
        "7 log-normal": (
            dist.LogNormal(1.0, 0.5),
            stats.lognorm(0.5, scale=np.e).logpdf(X),
            pm.LogNormal.dist(1, 0.5),
        ),
        "8 ends, width": (
            dist.Uniform(-1.0, 2.0),
            stats.uniform(-1, 3).logpdf(X),
            pm.Uniform.dist(-1, 2),
        ),
    }
    found = {}
    for trap, (in_numpyro, by_scipy, *others) in same.items():
        at = COUNTS if trap.startswith("6") else X
        by_pymc = [_in_pymc(other, at) for other in others]
        found[trap] = _alike(by_scipy, in_numpyro.log_prob(at), *by_pymc)
    return found


def _in_pymc(distribution, at):
    return pm.logp(distribution, at).eval(mode="FAST_COMPILE")


def _alike(*values) -> bool:
    """Equal up to float32."""
    return all(np.allclose(values[0], other, rtol=1e-4, atol=1e-5) for other in values[1:])


def _numpy() -> np.random.Generator:
    """NumPy's generator, always in the same state."""
    return np.random.default_rng(1)


def _shapes() -> dict:
    with pm.Model() as model:
        pm.Normal("one", 0, 1)
        pm.Normal("eight", 0, 1, shape=8)
    return model.eval_rv_shapes()


def _branches(tau):
    """Python's own `if` on a value."""
    return 1.0 if tau > 1 else 0.0


def _refused(function) -> bool:
    try:
        jax.jit(function)(2.0)
    except jax.errors.TracerBoolConversionError:
        return True
    return False
