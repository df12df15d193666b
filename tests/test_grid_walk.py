"""The walk on a grid: its autocorrelation is that of formulas, and of real walks.

False-alarm budget: the only random numbers are those of one fixed seed, in a comparison of a
variance at five standard errors.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from course_utils.grid_walk import grid_walk
from course_utils.many_chains import random_walk_moments


@pytest.mark.parametrize("step_size", [0.3, 1.0, 2.4, 10.0])
def test_acceptance_is_that_of_the_formula(step_size):
    """Of a normal target and normal steps: (2/π) arctan(2 / step size)."""
    walk = grid_walk(stats.norm.pdf, step_size, -8, 8)
    # The corner of min(1, r) costs the sum over grid points an error of order spacing².
    assert walk.acceptance_rate == pytest.approx(2 / np.pi * np.arctan(2 / step_size), rel=3e-3)


def test_a_walk_that_is_accepted_always_is_a_moving_average():
    """With a flat target there is no rejection: on a wide grid a step decorrelates as a kernel."""
    walk = grid_walk(lambda x: np.ones_like(x), 1e-3, 0, 1, num_points=3)
    assert np.allclose(walk.eigenvalues, 1)  # steps too short for any neighbour


@pytest.mark.parametrize("f", [lambda x: x, lambda x: x**2])
def test_variance_of_a_mean_is_that_of_the_matrix(f):
    """Against the plain sum over lags, with powers of the matrix itself."""
    walk = grid_walk(stats.norm.pdf, 1.5, -6, 6, num_points=80)
    values = f(walk.points)
    root = np.sqrt(walk.probability)
    symmetric = (walk.modes * walk.eigenvalues) @ walk.modes.T
    transition = symmetric * root[None, :] / root[:, None]
    assert np.allclose(transition.sum(axis=1), 1) and transition.min() > -1e-12
    centred = values - walk.probability @ values
    for num_draws in (1, 2, 7, 50):
        total, power = 0.0, centred
        for lag in range(num_draws):
            share = walk.probability @ (centred * power)
            total += share * (num_draws - lag) * (1 if lag == 0 else 2)
            power = transition @ power
        assert walk.variance_of_mean(values, num_draws) == pytest.approx(total / num_draws**2)
    long = 10**6
    limit = walk.variance(values) * walk.autocorrelation_time(values) / long
    assert walk.variance_of_mean(values, long) == pytest.approx(limit, rel=1e-4)


def test_real_chains_have_the_variance_that_it_says():
    starts = jax.random.normal(jax.random.key(1), (20_000,))
    moments = jax.jit(
        lambda key: random_walk_moments(key, lambda x: -0.5 * x**2, 0.5, starts, 100)
    )(jax.random.key(2))
    walk = grid_walk(stats.norm.pdf, 0.5, -8, 8)
    for f, values in ((walk.points, moments.mean), (walk.points**2, moments.mean_square)):
        values = np.asarray(values, float)
        squares = (values - values.mean()) ** 2
        error = squares.std() / np.sqrt(len(squares))
        assert abs(squares.mean() - walk.variance_of_mean(f, 100)) < 5 * error


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"step_size": 0}, "step_size"),
        ({"low": 3.0, "high": 3.0}, "high - low"),
        ({"num_points": 1}, "num_points"),
        ({"density": lambda x: np.where(x > 0, 1.0, 0.0)}, "density must be positive"),
        ({"density": lambda x: x * np.nan}, "density must be positive"),
    ],
)
def test_bad_input_is_named(change, named):
    arguments = {"density": stats.norm.pdf, "step_size": 1.0, "low": -5.0, "high": 5.0} | change
    with pytest.raises(ValueError, match=named):
        grid_walk(**arguments)


def test_the_mixture_needs_its_own_number():
    """What the benchmark uses: the grid is fine enough, and wide enough."""
    from course_utils.bench import walk as bench
    from course_utils.models import mixture

    coarse = bench.walk_on_grid()
    exact = mixture.reference(mixture.FOUR)["x"]
    assert coarse.probability @ coarse.points == pytest.approx(float(exact.mean), abs=1e-4)
    assert coarse.variance(coarse.points) == pytest.approx(float(exact.sd) ** 2, rel=1e-3)
    finer = grid_walk(lambda x: mixture.pdf(x, mixture.FOUR), 0.1, *bench.GRID, num_points=1760)
    for num_draws in (10, 1000, 100_000):
        ratio = coarse.variance_of_mean(coarse.points, num_draws) / finer.variance_of_mean(
            finer.points, num_draws
        )
        assert ratio == pytest.approx(1, abs=2e-3)
    assert jnp.isfinite(coarse.acceptance_rate)
