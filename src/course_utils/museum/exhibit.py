"""What a row of the matrix is made of."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from course_utils.checks import Target
from course_utils.checks.invariance import Driver
from course_utils.kernel import Kernel
from course_utils.museum import posteriors


class Chain(NamedTuple):
    """A kernel, or the driver of a sampler that steers all chains, and a target known exactly.

    ``num_steps`` and ``acceptance`` are those of the invariance check; ``rejects`` says whether a
    step can be rejected.
    """

    kernel: Kernel | Driver
    target: Target
    num_steps: int = 20
    acceptance: tuple[float, float] = (0.2, 0.95)
    rejects: bool = True


class Posterior(NamedTuple):
    """A sampler of the line's posterior given its data; ``num_draws`` is for calibration."""

    kernel_given: Callable[[Any], Kernel]
    num_draws: int = 400


class Path(NamedTuple):
    """An integrator and the energy that it should keep."""

    integrate: Callable
    energy: Callable


class Exhibit(NamedTuple):
    """One row of the matrix.

    Attributes
    ----------
    name, family : str
        What it is called and where it belongs.
    facets : Mapping of str to Any
        What columns need: ``chain``, ``path``, ``posterior``, ``grid``, or under the name of a
        column the finished check. A column without its facet does not apply.
    caught_by : str, optional
        The column that names the mistake; None for a right sampler.
    """

    name: str
    family: str
    facets: Mapping[str, Any]
    caught_by: str | None = None


def on_the_line(make: Callable[[Callable], Kernel], num_draws: int = 400) -> Posterior:
    """Hand a sampler of any log density the posterior of the line, whatever its data."""
    return Posterior(lambda data: make(posteriors.logdensity_given(data)), num_draws)
