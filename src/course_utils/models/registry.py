"""The models by name, each with its default data: what benchmarks and tables ask for."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from course_utils.models import (
    banana,
    binomial,
    bradley_terry,
    change_point,
    eight_schools,
    funnel,
    gaussian,
    line,
    line_with_outliers,
    linear_regression,
    logistic,
    mixture,
)
from course_utils.models.base import Model

MODELS: Mapping[str, Callable[[], Model]] = MappingProxyType(
    {
        "banana": banana.model,
        "binomial": binomial.model,
        # A number at the end of a name is the size of the data.
        "bradley_terry": bradley_terry.model,
        "bradley_terry_10000": lambda: bradley_terry.model(bradley_terry.simulate(42, 10_000)),
        "bradley_terry_100000": lambda: bradley_terry.model(bradley_terry.simulate(42, 100_000)),
        "change_point": change_point.model,
        "eight_schools_centered": partial(eight_schools.model, parameterization="centered"),
        "eight_schools_noncentered": eight_schools.model,
        "funnel": funnel.model,
        # Scales over two orders of magnitude, which a warm-up has to find out, and correlations
        # that a diagonal metric can't take away, so that trajectories differ in length.
        "gaussian50": partial(
            gaussian.model, 50, gaussian.decaying(0.5, 50), scales=np.geomspace(0.1, 10, 50)
        ),
        "line": line.model,
        "line_with_outliers": line_with_outliers.model,
        "linear_regression": linear_regression.model,
        "logistic": logistic.model,
        "mixture": mixture.model,
    }
)


def build(name: str) -> Model:
    """Build the model of that name.

    Parameters
    ----------
    name : str
        One of the keys of ``MODELS``.

    Raises
    ------
    ValueError
        If there is no such model.
    """
    if name not in MODELS:
        raise ValueError(f"name must be one of {', '.join(MODELS)}, got {name!r}")
    return MODELS[name]()
