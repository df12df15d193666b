"""What a check answers, what it is given, and how far chance reaches."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jax import Array

Statistic = tuple[Callable[[Array], Array], Callable[[np.ndarray], np.ndarray]]


class Verdict(NamedTuple):
    """The answer of a check: did it pass, which property was looked at, what was seen."""

    passed: bool
    property: str
    message: str


class Target(NamedTuple):
    """A density that can be drawn from exactly, with statistics whose law is known.

    Attributes
    ----------
    logdensity : Callable
        ``(dim,) -> ()``, up to a constant.
    draw : Callable
        ``draw(key, num) -> (num, dim)``, exact and independent draws.
    statistics : Mapping of str to (Callable, Callable)
        For each name a function of a position, ``(dim,) -> ()``, and its exact cumulative
        distribution function.
    """

    logdensity: Callable[[Array], Array]
    draw: Callable[[Array, int], Array]
    statistics: Mapping[str, Statistic]


def dkw_envelope(num_draws: int, num_statistics: int, alpha: float) -> float:
    """Largest distance between empirical and exact distribution that chance explains.

    By the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant and a union bound,
    P(any of m distances > D) ≤ alpha for D = sqrt(log(2 m / alpha) / (2 N)).

    References
    ----------
    Massart, P. (1990). The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality.
    Annals of Probability 18(3), 1269-1283.
    """
    return float(np.sqrt(np.log(2 * num_statistics / alpha) / (2 * num_draws)))


def ks_distance(values: np.ndarray, cdf: Callable[[np.ndarray], np.ndarray]) -> float:
    """Largest gap between the empirical distribution of independent ``values`` and ``cdf``."""
    from scipy.stats import kstest

    return float(kstest(np.asarray(values, dtype=np.float64), cdf).statistic)
