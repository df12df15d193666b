"""The five methods of the course, each on the three models that all of them can do.

One function runs any of them, and it is built from what the package has: kernels, warm-up,
conditionals and variational inference. Chapter 12 and the benchmark ``methods`` both call it.
"""

from course_utils.methods.programs import (
    METHODS,
    MODELS,
    Result,
    build,
    build_uncorrected,
    model_for,
    quantities,
    run,
)
from course_utils.methods.scores import Error, Weights, diagnose, score, worst_error

__all__ = [
    "METHODS",
    "MODELS",
    "Error",
    "Result",
    "Weights",
    "build",
    "build_uncorrected",
    "diagnose",
    "model_for",
    "quantities",
    "run",
    "score",
    "worst_error",
]
