"""Conditionals of the coin, the line and the eight schools: cuts through the joint density.

Two tests of each, which know nothing of each other's algebra. Draws of a conditional are compared
with the joint density along that coordinate, normalised on a grid. And the whole Gibbs sampler,
started from exact posterior draws, must leave the posterior as it is.

False-alarm budget: 37 cuts and three invariance tests at 1e-4 each: below 0.4 %; keys were drawn
once. Conditionals of the regression and of the change point are tested in ``test_gibbs.py``.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from course_utils import checks, conditionals
from course_utils.gibbs import Within, gibbs
from course_utils.kernel import sample
from course_utils.models import binomial, eight_schools, line, registry

ALPHA, NUM = 1e-4, 20_000
MODELS = {
    "binomial": registry.build("binomial"),
    "line": registry.build("line"),
    "eight schools": registry.build("eight_schools_centered"),
}
PAIRS = {
    "binomial": conditionals.binomial(MODELS["binomial"].data),
    "line": conditionals.line(MODELS["line"].data, 0.3),
    "eight schools": conditionals.eight_schools(MODELS["eight schools"].data),
}


def log_inverse_gamma(x, shape, scale):
    """Log density without its constant, which holds the scale."""
    return shape * jnp.log(scale) - (shape + 1) * jnp.log(x) - scale / x


def schools_with_a(position):
    """Log joint of (mu, log tau, theta, log a): the half-Cauchy prior replaced by its mixture."""
    model = MODELS["eight schools"]
    tau, a = jnp.exp(position[1]), jnp.exp(position[-1])
    half_cauchy = -jnp.log1p((tau / eight_schools.TAU_SCALE) ** 2)
    # The density of tau is that of tau² times 2 tau; that of log a is that of a times a.
    given_a = log_inverse_gamma(tau**2, 0.5, 1 / a) + jnp.log(tau)
    of_a = log_inverse_gamma(a, 0.5, eight_schools.TAU_SCALE**-2) + jnp.log(a)
    return model.logdensity(position[:-1]) - half_cauchy + given_a + of_a


JOINT = {name: model.logdensity for name, model in MODELS.items()} | {
    "eight schools": schools_with_a
}
PLACES = {
    "binomial": [[0.3]],
    "line": [[0.1, 0.2], [-1.0, 1.2], [0.8, -1.5]],
    "eight schools": [
        [4.0, 1.0, 12.0, 5.0, 2.0, 6.0, 1.0, 3.0, 9.0, 4.0, 2.0],
        [-2.0, -1.0, -1.5, -2.2, -2.0, -1.9, -2.4, -2.0, -1.7, -2.1, 5.0],
        # Deep in the neck of the funnel: all effects within a thousandth of mu.
        [1.0, -7.0, 1.001, 0.999, 1.0005, 1.0, 0.9992, 1.0011, 1.0, 0.9996, 14.0],
    ],
}
CUTS = [
    (name, place, coordinate)
    for name, places in PLACES.items()
    for place in places
    for coordinate in range(len(place))
    if (name, coordinate) != ("line", 1)  # moved by a walk, not drawn
]


def test_the_number_of_cuts_is_the_one_in_the_budget():
    assert len(CUTS) == 37


@pytest.mark.parametrize(("name", "place", "coordinate"), CUTS)
def test_a_conditional_is_a_cut_through_the_joint_density(name, place, coordinate):
    place = jnp.array(place)
    indices = {i: np.atleast_1d(np.arange(len(place))[block]) for i, (block, _) in
               enumerate(PAIRS[name])}  # fmt: skip
    number = next(i for i, found in indices.items() if coordinate in found)
    keys = jax.random.split(jax.random.key(1200 + coordinate), NUM)
    drawn = jax.vmap(lambda key: PAIRS[name][number][1](key, place))(keys).reshape(NUM, -1)
    drawn = np.asarray(drawn[:, list(indices[number]).index(coordinate)], float)
    # The schools of one block know nothing of each other, so each has its own cut.
    reach = 3 * np.ptp(drawn)
    grid = np.linspace(drawn.mean() - reach, drawn.mean() + reach, 40_001)
    log_p = jax.vmap(lambda x: JOINT[name](place.at[coordinate].set(x)))(jnp.asarray(grid))
    weights = np.exp(np.asarray(log_p, float) - float(jnp.nanmax(log_p)))
    weights = np.nan_to_num(weights)
    below = (np.cumsum(weights) - weights / 2) / weights.sum()
    distance = checks.ks_distance(drawn, lambda x: np.interp(x, grid, below))
    # The grid resolves a probability to 1e-3 at worst.
    assert distance < checks.dkw_envelope(NUM, 1, ALPHA) + 1e-3


def test_the_mixture_of_inverse_gammas_is_the_half_cauchy():
    """Integrate a out, on a grid of log a."""
    log_a = np.linspace(-30, 40, 20_001)
    scale = eight_schools.TAU_SCALE

    def density_of_tau(tau):
        given_a = stats.invgamma(0.5, scale=np.exp(-log_a)).pdf(tau**2) * 2 * tau
        of_log_a = stats.invgamma(0.5, scale=scale**-2).pdf(np.exp(log_a)) * np.exp(log_a)
        return np.sum(given_a * of_log_a) * (log_a[1] - log_a[0])

    for tau in (0.01, 1.0, 5.0, 80.0):
        exact = stats.halfcauchy.pdf(tau, scale=scale)
        assert density_of_tau(tau) == pytest.approx(exact, rel=1e-4)


# Exact posteriors to start from.


def on_grid(log_density, low, high):
    """Grid, and the cumulative distribution on it."""
    grid = np.linspace(low, high, 20_001)
    log_p = log_density(grid)
    weights = np.exp(log_p - log_p.max())
    return grid, (np.cumsum(weights) - weights / 2) / weights.sum()


def binomial_target():
    law = stats.beta(*binomial.posterior(MODELS["binomial"].data))

    def draw(key, num):
        p = law.rvs(size=(num, 1), random_state=np.random.default_rng(np.asarray(key_data(key))))
        return jnp.asarray(np.log(p) - np.log1p(-p), jnp.float32)

    return checks.Target(None, draw, {"p": (lambda x: jax.nn.sigmoid(x[0]), law.cdf)})


def key_data(key):
    return jax.random.key_data(key)


def line_target():
    model = MODELS["line"]
    x, y, sigma = (np.asarray(column, float) for column in model.data)

    def given(theta):
        residuals = y - np.tan(theta)[:, None] * x
        precision = 1 + (1 / sigma**2).sum() / np.cos(theta) ** 2
        mean = (residuals / sigma**2).sum(1) / np.cos(theta) / precision
        return mean, 1 / np.sqrt(precision), residuals

    def log_density(theta):
        mean, sd, residuals = given(theta)
        return np.log(sd) + (mean**2 / sd**2 - (residuals**2 / sigma**2).sum(1)) / 2

    grid, below = on_grid(log_density, 0.4, 1.1)

    def draw(key, num):
        rng = np.random.default_rng(np.asarray(key_data(key)))
        theta = np.interp(rng.uniform(size=num), below, grid)
        mean, sd, _ = given(theta)
        b_perp = mean + sd * rng.standard_normal(num)
        return jax.vmap(model.unconstrain)({"theta": theta, "b_perp": b_perp})

    def standardised(position):
        sites = model.constrain(position)
        theta, b_perp = sites["theta"], sites["b_perp"]
        residuals = y - jnp.tan(theta) * x
        precision = 1 + (1 / sigma**2).sum() / jnp.cos(theta) ** 2
        mean = (residuals / sigma**2).sum() / jnp.cos(theta) / precision
        return (b_perp - mean) * jnp.sqrt(precision)

    return checks.Target(
        model.logdensity,
        draw,
        {
            "theta": (lambda x: model.constrain(x)["theta"], lambda t: np.interp(t, grid, below)),
            "b_perp given theta": (standardised, ndtr),
        },
    )


def schools_target():
    y, sigma = (np.asarray(c, float) for c in MODELS["eight schools"].data)

    def of_mu(tau):
        precision = 1 / (sigma**2 + tau[:, None] ** 2)
        variance = 1 / (1 / eight_schools.MU_SCALE**2 + precision.sum(1))
        return variance * (precision @ y), np.sqrt(variance), precision

    def log_density(u):  # tau = 5 tan u, and u is uniform under the prior
        mean, sd, precision = of_mu(eight_schools.TAU_SCALE * np.tan(u))
        return np.log(sd) + (mean**2 / sd**2 + (np.log(precision) - precision * y**2).sum(1)) / 2

    grid, below = on_grid(log_density, 1e-5, np.pi / 2 - 1e-6)  # below, 32 bits end

    def draw(key, num):
        rng = np.random.default_rng(np.asarray(key_data(key)))
        tau = eight_schools.TAU_SCALE * np.tan(np.interp(rng.uniform(size=num), below, grid))
        mean, sd, _ = of_mu(tau)
        mu = rng.normal(mean, sd)
        keep = tau[:, None] ** 2 / (sigma**2 + tau[:, None] ** 2)
        theta = rng.normal(keep * y + (1 - keep) * mu[:, None], np.sqrt(keep) * sigma)
        a = (eight_schools.TAU_SCALE**-2 + tau**-2) / rng.standard_exponential(num)
        columns = [mu, np.log(tau), *theta.T, np.log(a)]
        return jnp.asarray(np.column_stack(columns), jnp.float32)

    def z_of_mu(position):
        tau = jnp.exp(position[1])
        precision = 1 / (sigma**2 + tau**2)
        variance = 1 / (1 / eight_schools.MU_SCALE**2 + precision.sum())
        return (position[0] - variance * (precision @ y)) / jnp.sqrt(variance)

    def squares_of_theta(position):
        tau2 = jnp.exp(2 * position[1])
        keep = tau2 / (sigma**2 + tau2)
        mean = keep * y + (1 - keep) * position[0]
        return jnp.sum((position[2:10] - mean) ** 2 / (keep * sigma**2))

    def of_a(position):
        return (eight_schools.TAU_SCALE**-2 + jnp.exp(-2 * position[1])) / jnp.exp(position[-1])

    def cdf_of_tau(tau):
        return np.interp(np.arctan(tau / eight_schools.TAU_SCALE), grid, below)

    return checks.Target(
        schools_with_a,
        draw,
        {
            "tau": (lambda x: jnp.exp(x[1]), cdf_of_tau),
            "mu given tau": (z_of_mu, ndtr),
            "theta given mu and tau": (squares_of_theta, stats.chi2(8).cdf),
            "a given tau": (of_a, stats.expon.cdf),
        },
    )


TARGETS = {"binomial": binomial_target, "line": line_target, "eight schools": schools_target}


@pytest.mark.parametrize("name", TARGETS)
def test_the_posterior_stays_as_it_is(name):
    verdict = checks.invariance(
        jax.random.key(1201), gibbs(PAIRS[name]), TARGETS[name](), num_steps=5,
        acceptance=(0.2, 1), alpha=ALPHA,
    )  # fmt: skip
    assert verdict.passed, verdict


def spoiled(number, change):
    """The conditionals of the eight schools, one of them changed."""
    pairs = list(PAIRS["eight schools"])
    block, draw = pairs[number]
    pairs[number] = block, lambda key, position: change(draw(key, position), position)
    return gibbs(pairs)


@pytest.mark.parametrize(
    "kernel",
    [
        spoiled(2, lambda new, position: 2 * new),  # tau² taken for tau
        spoiled(3, lambda new, position: new + np.log(2)),  # a twice too large
        spoiled(1, lambda new, position: position[2:10].mean()),  # mu without its noise
    ],
)
def test_wrong_conditionals_are_caught(kernel):
    verdict = checks.invariance(
        jax.random.key(1202), kernel, schools_target(), num_steps=5, acceptance=(0.2, 1)
    )
    assert not verdict.passed and verdict.property == "invariance"


def test_the_schools_come_out_of_the_neck_again():
    """From tau = 4e-5 the chain climbs by a drift of some hundredths a step, in 32 bits too."""
    kernel = gibbs(PAIRS["eight schools"])
    start = jnp.array([4.0, -10.0, *[4.0] * 8, 20.0])
    draws, info = jax.jit(lambda key: sample(key, kernel, jnp.tile(start, (50, 1)), 3000))(
        jax.random.key(1204)
    )
    assert (info.acceptance_rate == 1).all()
    assert np.median(np.asarray(draws[:, -1, 1])) > -2


def test_the_coin_is_drawn_independently():
    """Its one conditional is the posterior, so the position it is given does not matter."""
    ((_, draw),) = PAIRS["binomial"]
    key = jax.random.key(1203)
    assert draw(key, jnp.array([5.0])) == draw(key, jnp.array([-5.0]))


def test_the_angle_is_moved_by_another_kernel():
    (_, draw), (block, walk) = PAIRS["line"]
    assert block == 1 and isinstance(walk, Within) and callable(draw)
    _, info = gibbs(PAIRS["line"]).step(
        jax.random.key(0), gibbs(PAIRS["line"]).init(jnp.array([0.0, 0.9]))
    )
    assert 0.5 <= info.acceptance_rate <= 1


@pytest.mark.parametrize("name", PAIRS)
def test_no_key_is_used_twice(name):
    kernel = gibbs(PAIRS[name])
    start = jnp.array(PLACES[name][0])
    verdict = checks.key_reuse(kernel.step, jax.random.key(0), kernel.init(start))
    assert verdict.passed, verdict


def test_the_step_size_may_be_traced():
    data = line.simulate()

    @jax.jit
    def step(key, step_size):
        kernel = gibbs(conditionals.line(data, step_size))
        return kernel.step(key, kernel.init(jnp.array([0.0, 0.9])))[0].position

    found = [step(jax.random.key(4), size) for size in (0.01, 1.0)]
    assert found[0][0] == found[1][0] and np.isfinite(found).all()
