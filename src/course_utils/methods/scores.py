"""What a run is worth: effective draws, what they cost, and how far they are from the truth."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from course_utils import vi
from course_utils.ess import min_ess
from course_utils.methods.programs import Result, model_for, quantities
from course_utils.models.base import Model, Reference


class Error(NamedTuple):
    """How far the draws are from an exact posterior, as probabilities.

    Attributes
    ----------
    error : float
        Largest distance of the share of draws below an exact quantile from what it should be: 0.02
        where 7 % of the draws lie below the 5 % quantile. It does not depend on the scale on which
        a quantity is written.
    mcse : float
        Monte Carlo standard error of that share.
    name : str
        Which quantity, and which quantile.
    comparisons : int
        Number of shares.
    p_value : float
        Of the share that is farthest off in units of its MCSE, or of the error that it would have
        if it were right, whichever is larger; times the number of comparisons, at most 1.
    """

    error: float
    mcse: float
    name: str
    comparisons: int
    p_value: float


def shares_below(
    draws: Mapping[str, NDArray], reference: Mapping[str, Reference]
) -> tuple[list[str], NDArray, NDArray]:
    """Ask of each draw whether it is below each exact quantile.

    Returns
    -------
    names : list of str
    is_below : ndarray of bool, shape (num_comparisons, num_chains, num_draws)
    probability : ndarray, shape (num_comparisons,)
        The share that is right.
    """
    names, is_below, probability = [], [], []
    for name, exact in reference.items():
        for p, quantile in exact.quantiles.items():
            below = draws[name] <= np.asarray(quantile)
            below = below.reshape(*below.shape[:2], -1)
            for i in range(below.shape[2]):
                index = f"[{i}]" if below.shape[2] > 1 else ""
                names.append(f"{name}{index} below its {p:.0%} quantile")
                is_below.append(below[..., i])
                probability.append(p)
    return names, np.array(is_below), np.array(probability)


def worst_error(draws: Mapping[str, NDArray], reference: Mapping[str, Reference]) -> Error:
    """Compare draws with exact quantiles; the error that is largest, and what chance explains.

    Parameters
    ----------
    draws : mapping of str to ndarray, shape (num_chains, num_draws, ...)
        As :func:`course_utils.methods.quantities` returns them.
    reference : mapping of str to Reference
        Exact answers of the same names.
    """
    import arviz as az
    from scipy.stats import norm

    names, is_below, probability = shares_below(draws, reference)
    distance = np.abs(is_below.mean(axis=(1, 2)) - probability)
    # A chain that is always or never below does not tell its error: then a chain counts as a draw.
    fewest = np.sqrt(probability * (1 - probability) / is_below.shape[1])
    varies = (is_below.any(axis=2) & ~is_below.all(axis=2)).all(axis=1)
    mcse = np.array(
        [
            float(az.mcse(share.astype(float))) if known else least
            for share, known, least in zip(is_below, varies, fewest, strict=True)
        ]
    )
    # A share that is by chance too small also looks too certain: it is judged with at least the
    # error that it has where the share is right.
    ess = np.array(
        [
            float(az.ess(share.astype(float), method="mean")) if known else share.shape[0]
            for share, known in zip(is_below, varies, strict=True)
        ]
    )
    expected = np.maximum(mcse, np.sqrt(probability * (1 - probability) / ess))
    worst = int(np.argmax(distance))
    p_value = 2 * norm.sf(np.max(distance / expected)) * len(names)
    return Error(
        float(distance[worst]),
        float(mcse[worst]),
        names[worst],
        len(names),
        float(min(1.0, p_value)),
    )


def error_path(
    draws: Mapping[str, NDArray], reference: Mapping[str, Reference], lengths: Sequence[int]
) -> NDArray:
    """Root mean square error of all shares after each number of draws a chain, (len(lengths),)."""
    _, is_below, probability = shares_below(draws, reference)
    totals = np.cumsum(is_below.sum(axis=1), axis=1)  # over chains, then along the draws
    at = np.asarray(lengths)
    shares = totals[:, at - 1] / (at * is_below.shape[1])
    return np.sqrt(np.mean((shares - probability[:, None]) ** 2, axis=0))


def score(method: str, model_name: str, result: Result) -> dict[str, Any]:
    """Measure all of a run that needs no clock.

    Effective draws are those of the Markov chain, which is exact; the error is that of the draws
    that the method hands out. Only for variational inference are these two different.

    Parameters
    ----------
    method, model_name : str
        What was run.
    result : Result
        What came out.

    Returns
    -------
    dict
        ``ess``, the smallest over all quantities of bulk and tail; ``autocorrelation_time``, steps
        for one of them; ``acceptance_rate``; ``evaluations``, for a step; ``ess_per_evaluation``;
        ``divergences``; and of the draws (:class:`Error`) ``error``, ``error_mcse``, ``error_of``
        and ``error_p_value``.
    """
    reference = model_for(method, model_name).reference()
    chain = quantities(method, model_name, result.chain)
    handed_out = chain
    if result.corrected is not None:
        handed_out = quantities(method, model_name, result.positions)
    found = worst_error(handed_out, reference)
    evaluations = np.asarray(result.evaluations)
    ess = min_ess(chain)
    return {
        "ess": ess,
        "autocorrelation_time": evaluations.size / ess,
        "acceptance_rate": float(np.mean(result.acceptance_rate)),
        "evaluations": float(evaluations.mean()),
        "ess_per_evaluation": ess / float(evaluations.sum()),
        "divergences": int(np.sum(result.is_divergent)),
        "error": found.error,
        "error_mcse": found.mcse,
        "error_of": found.name,
        "error_p_value": found.p_value,
    }


class Weights(NamedTuple):
    """What the importance weights γ(x) / q(x) of draws from q say, the worst of several chains.

    Attributes
    ----------
    khat : float
        Pareto k-hat, the shape of their tail. It knows nothing of the height: where q is so good
        that all weights are alike, any shape may come out.
    largest : float
        The largest weight over the mean one. Near 1, there is nothing that a tail could spoil.
    """

    khat: float
    largest: float


def diagnose(model: Model, approximation: vi.Gaussian, num_samples: int = 4000) -> Weights:
    """Look at the importance weights of the fitted approximations of several chains.

    Computed in 64 bits, so that nearly equal weights are not told apart by rounding.

    Parameters
    ----------
    model : Model
        What was fitted.
    approximation : Gaussian
        Of a :class:`course_utils.methods.Result`: a leading axis for chains.
    num_samples : int
        Draws from each.
    """
    khats, largest = [], []
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, float)), approximation)
        key = jax.random.key(0)
        for i in range(len(wide.mean)):
            q = jax.tree.map(lambda leaf, i=i: leaf[i], wide)
            khats.append(vi.pareto_khat(key, model.logdensity, q, num_samples))
            draws = q.sample(key, num_samples)
            log_w = jax.vmap(model.logdensity)(draws) - jax.vmap(q.logdensity)(draws)
            largest.append(float(jnp.exp(log_w.max() - jax.nn.logsumexp(log_w)) * num_samples))
    return Weights(max(khats), max(largest))
