"""The columns of the matrix: what is asked of every exhibit to which it applies."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

from course_utils import checks
from course_utils.checks import Verdict
from course_utils.kernel import sample
from course_utils.museum import posteriors
from course_utils.museum.exhibit import Exhibit
from course_utils.museum.exhibits import find

NUM_WARMUP, NUM_DRAWS = 500, 10_000  # of the chains that R-hat is shown
Ask = Callable[[Exhibit, int], Verdict]


class Column(NamedTuple):
    """A check: the facet that it needs, what it does with an exhibit and a seed.

    ``is_random`` says whether another seed may give another answer.
    """

    facet: str
    ask: Ask
    is_random: bool = True


def applies(column: str, exhibit: Exhibit) -> bool:
    """Tell whether a check can be asked of an exhibit."""
    if column == "rejected means repeated":
        return "chain" in exhibit.facets and exhibit.facets["chain"].rejects
    return COLUMNS[column].facet in exhibit.facets


def r_hat(exhibit: Exhibit, seed: int) -> Verdict:
    """Run four chains from dispersed starts and ask ArviZ; below 1.01 is content."""
    import arviz as az

    draws = _chains(exhibit.name, seed)[1][:, NUM_WARMUP:]
    moves = np.ptp(draws, axis=1).min() > 0
    worst = max(float(az.rhat(draws[..., i])) for i in range(draws.shape[2])) if moves else np.inf
    return Verdict(worst < 1.01, "R-hat", f"the largest R-hat is {worst:.3f}")


def key_reuse(exhibit: Exhibit, seed: int) -> Verdict:
    """Take one step under JAX's key checker."""
    chain, key = exhibit.facets["chain"], jax.random.key(seed)
    start = chain.target.draw(key, 1)
    if not hasattr(chain.kernel, "step"):
        return checks.key_reuse(lambda key: chain.kernel(key, start, 5), key)
    return checks.key_reuse(chain.kernel.step, key, chain.kernel.init(start[0]))


def rejections_repeat(exhibit: Exhibit, seed: int) -> Verdict:
    """Look at 500 steps of one chain."""
    starts, draws, info = _chains(exhibit.name, seed)
    accepted = np.asarray(info.is_accepted)
    return checks.rejections_repeat(starts[0], draws[0, :500], accepted[0, :500])


def movement(exhibit: Exhibit, seed: int) -> Verdict:
    """Ask whether chains move and accept a sensible share of the proposals."""
    verdict = _invariance(exhibit.name, seed)
    if verdict.property in ("movement", "acceptance"):
        return verdict
    return Verdict(True, "movement", "the chains move, and proposals are accepted and rejected")


def invariance(exhibit: Exhibit, seed: int) -> Verdict:
    """Ask whether the target stays as it is."""
    return _invariance(exhibit.name, seed)


@lru_cache(maxsize=32)
def _invariance(name: str, seed: int) -> Verdict:
    chain = find(name).facets["chain"]
    return checks.invariance(
        jax.random.key(seed),
        chain.kernel,
        chain.target,
        num_steps=chain.num_steps,
        acceptance=chain.acceptance,
    )


def on_path(check: Callable, exhibit: Exhibit, seed: int) -> Verdict:
    """Follow one path of 20 steps of 0.1."""
    position, momentum = jax.random.normal(jax.random.key(seed), (2, 2))
    return check(exhibit.facets["path"].integrate, position, momentum)


def energy_order(exhibit: Exhibit, seed: int) -> Verdict:
    """Follow eight paths of length 1, cut into ever more steps."""
    positions, momenta = jax.random.normal(jax.random.key(seed), (2, 8, 2))
    return checks.energy_order(*exhibit.facets["path"], positions, momenta)


def joint_test(redraws_last: bool, exhibit: Exhibit, seed: int) -> Verdict:
    """Move, redraw the data, move again: three cycles of ten steps."""
    return checks.joint_test(
        jax.random.key(seed),
        posteriors.draw_joint,
        exhibit.facets["posterior"].kernel_given,
        posteriors.QUANTITIES,
        draw_data=posteriors.draw_data,
        num_cycles=3,
        redraws_last=redraws_last,
    )


def calibration(names: Mapping, exhibit: Exhibit, seed: int) -> Verdict:
    """Fit 500 simulated data sets and rank the truth."""
    return _calibrations(exhibit.name, seed)[tuple(names)]


@lru_cache(maxsize=32)
def _calibrations(name: str, seed: int) -> dict[tuple[str, ...], Verdict]:
    posterior = find(name).facets["posterior"]
    exact, draws = checks.simulate_fits(
        jax.random.key(seed),
        posteriors.draw_joint,
        posterior.kernel_given,
        posteriors.QUANTITIES,
        num_fits=500,
        num_draws=posterior.num_draws,
    )
    choices = (tuple(posteriors.PARAMETERS), tuple(posteriors.QUANTITIES))
    return {names: checks.sbc({name: exact[name] for name in names}, draws) for names in choices}


def finished(column: str) -> Column:
    """Build a column whose facet is the finished check."""
    return Column(column, lambda exhibit, seed: exhibit.facets[column](), is_random=False)


@lru_cache(maxsize=2)
def _chains(name: str, seed: int) -> tuple[np.ndarray, np.ndarray, Any]:
    """Run four chains from starts twice as far out as exact draws."""
    key_start, key_chains = jax.random.split(jax.random.key(seed))
    chain = find(name).facets["chain"]
    starts = 2 * chain.target.draw(key_start, 4)
    draws, info = _run(key_chains, starts, chain.kernel, NUM_WARMUP + NUM_DRAWS)
    return np.asarray(starts), np.asarray(draws, np.float64), info


@partial(jax.jit, static_argnames=("kernel", "num_draws"))
def _run(key: Array, starts: Array, kernel: Any, num_draws: int) -> tuple[Array, Any]:
    if hasattr(kernel, "step"):
        return sample(key, kernel, starts, num_draws)
    return kernel(key, starts, num_draws)


COLUMNS = {
    "R-hat": Column("chain", r_hat),
    "key reuse": Column("chain", key_reuse, is_random=False),
    "rejected means repeated": Column("chain", rejections_repeat),
    "movement": Column("chain", movement),
    "invariance": Column("chain", invariance),
    "reversibility": Column("path", partial(on_path, checks.reversibility)),
    "volume": Column("path", partial(on_path, checks.volume)),
    "symplectic": Column("path", partial(on_path, checks.symplectic)),
    "energy order": Column("path", energy_order),
    "detailed balance": Column(
        "grid", lambda exhibit, seed: checks.detailed_balance(*exhibit.facets["grid"]), False
    ),
    "joint test, y redrawn last": Column("posterior", partial(joint_test, True)),
    "joint test": Column("posterior", partial(joint_test, False)),
    "SBC of θ": Column("posterior", partial(calibration, posteriors.PARAMETERS)),
    "SBC with log likelihood": Column("posterior", partial(calibration, posteriors.QUANTITIES)),
    "same density": finished("same density"),
    "total probability": finished("total probability"),
    "model contract": finished("model contract"),
    "timing": finished("timing"),
}
