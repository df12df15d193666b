"""Bradley and Terry's model: who is how strong, when all that is known is who beat whom.

    scale ~ HalfNormal(1),   skill_k ~ Normal(0, scale),   k = 1 … K
    won_i ~ Bernoulli(1 / (1 + exp(−(skill_first_i − skill_second_i)))),   i = 1 … N

Only differences of skills show in the matches; that the skills scatter around 0 is what the prior
adds. Every match stays an observation of its own, so a sampler's cost grows with their number
while the number of unknowns does not.

References
----------
Bradley, R. A. & Terry, M. E. (1952). Rank analysis of incomplete block designs: I. The method of
paired comparisons. Biometrika 39(3/4), 324-345.
"""

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from jax.scipy import stats
from numpy.typing import ArrayLike
from scipy.special import expit

from course_utils.arguments import (
    require_counts,
    require_integer,
    require_same_length,
    require_scale,
)
from course_utils.models import season
from course_utils.models.base import Model, Reference, Sites

if TYPE_CHECKING:
    import pymc as pm


class Data(NamedTuple):
    """Players 0 to K − 1, shape (K,); first and second player and won, 1 or 0, all (N,)."""

    players: ArrayLike
    first: ArrayLike
    second: ArrayLike
    won: ArrayLike


def simulate(
    seed: int = 42, num_matches: int = 1000, num_players: int = 100, scale: float = 1.0
) -> Data:
    """Simulate matches between players drawn at random, the same on every machine.

    The first matches of a longer season are those of the shorter one.

    Parameters
    ----------
    seed : int
        Seed of NumPy's generator.
    num_matches, num_players : int
        At least 1 match and 2 players.
    scale : float
        True standard deviation of the skills.
    """
    matches = require_integer("num_matches", num_matches)
    num = require_integer("num_players", num_players, at_least=2)
    rng = np.random.default_rng(seed)
    skill = require_scale("scale", scale) * rng.standard_normal(num)
    uniform = rng.random((matches, 3))
    first = (num * uniform[:, 0]).astype(np.int64)
    second = (first + 1 + ((num - 1) * uniform[:, 1]).astype(np.int64)) % num
    won = uniform[:, 2] < expit(skill[first] - skill[second])
    return Data(np.arange(num), first, second, won.astype(np.int64))


def log_joint(sites: Sites, data: Data) -> Array:
    """Log joint density; of the log likelihood Σ won_i d_i − log(1 + exp d_i), d the difference."""
    scale, skill = sites["scale"], sites["skill"]
    prior = jnp.log(2.0) + stats.norm.logpdf(scale) + stats.norm.logpdf(skill, 0.0, scale).sum()
    difference = skill[data.first] - skill[data.second]
    return prior + jnp.sum(data.won * difference - jax.nn.softplus(difference))


def numpyro_model(data: Data) -> None:
    """Write the model for NumPyro."""
    scale = numpyro.sample("scale", dist.HalfNormal(1))
    with numpyro.plate("player", len(data.players)):
        skill = numpyro.sample("skill", dist.Normal(0, scale))
    with numpyro.plate("match", len(data.won)):
        difference = skill[data.first] - skill[data.second]
        numpyro.sample("won", dist.Bernoulli(logits=difference), obs=data.won)


def pymc_model(data: Data) -> "pm.Model":
    """Write the model for PyMC."""
    import pymc as pm

    with pm.Model() as model:
        scale = pm.HalfNormal("scale", 1)
        skill = pm.Normal("skill", 0, scale, shape=len(data.players))
        difference = skill[data.first] - skill[data.second]
        pm.Bernoulli("won", logit_p=difference, observed=data.won)
    return model


def reference(data: Data) -> dict[str, Reference]:
    """Posterior by importance sampling, with the standard error that this leaves.

    Computed in float64 from the matches added up by pair, apart from the three views.
    """
    return season.reference(season.Season(*data))


def draw_joint(key: Array, data: Data) -> tuple[dict[str, Array], Data]:
    """Draw scale and skills from the prior, then who won the matches of ``data``."""
    key_scale, key_skill, key_won = jax.random.split(key, 3)
    scale = jnp.abs(jax.random.normal(key_scale))
    skill = scale * jax.random.normal(key_skill, np.shape(data.players))
    probability = jax.nn.sigmoid(skill[data.first] - skill[data.second])
    won = jax.random.bernoulli(key_won, probability).astype(int)
    return {"scale": scale, "skill": skill}, data._replace(won=won)


def model(data: Data | None = None) -> Model:
    """Bundle the model with its data.

    Parameters
    ----------
    data : Data, optional
        Players and matches. Left out: 1000 simulated matches of 100 players.

    Raises
    ------
    ValueError
        If players are not numbered 0, 1, …, if there are no matches, if the columns differ in
        length, if somebody plays against himself or is no player, or if won is not 0 or 1.
    """
    given = simulate() if data is None else data
    players = require_counts("players", given.players)
    if players.ndim != 1 or not np.array_equal(players, np.arange(len(players))):
        raise ValueError(f"players must be numbered 0, 1, 2, …, got {given.players!r}")
    first, second = (
        require_counts(name, getattr(given, name), at_most=len(players) - 1)
        for name in ("first", "second")
    )
    won = require_counts("won", given.won, at_most=1)
    require_same_length(first=first, second=second, won=won)
    if (first == second).any():
        where = int(np.argmax(first == second))
        raise ValueError(f"second must differ from first, got {second[where]} at index {where}")
    return Model(
        name=f"Bradley-Terry, {len(players)} players, {len(won)} matches",
        data=Data(players, first, second, won),
        support={"scale": dist.constraints.positive, "skill": dist.constraints.real},
        shapes={"scale": (), "skill": players.shape},
        log_joint_given=log_joint,
        numpyro_given=numpyro_model,
        pymc_given=pymc_model,
        reference_given=reference,
        draw_joint_given=draw_joint,
    )
