"""The bug museum: wrong samplers that look right.

Each exhibit has one mistake. The tests prove that each fails a named check; the chapters show how
each looks to somebody who does not check. :func:`show` returns the mistake as text, and
:func:`matrix` which check sees which mistake, as ``python -m course_utils.museum`` measured it.

The kernels are grouped by what they take:

- ``METROPOLIS`` and ``LOG_NORMAL``: ``(logdensity, step_size)``;
- ``GIBBS``: the correlation of two normals;
- ``HMC`` and ``NUTS``: what ``course_utils.hmc.hmc`` and ``course_utils.nuts.nuts`` take. They are
  differences to the package's own source;
- ``POSTERIORS``: the data of a line whose posterior is known.
"""

from course_utils.museum.densities import MIXTURES, half_cauchy_as_cauchy
from course_utils.museum.dynamics import HMC, NUTS
from course_utils.museum.metropolis import (
    LOG_NORMAL,
    METROPOLIS,
    accepts_per_coordinate,
    drops_rejections,
    flips_q_ratio,
    forgets_q_ratio,
    never_moves,
    noise_as_proposal,
    one_key_for_both,
    records_the_proposal,
    stale_logdensity,
)
from course_utils.museum.others import GIBBS, keeps_adapting
from course_utils.museum.posteriors import POSTERIORS
from course_utils.museum.rewrite import Rewritten, show
from course_utils.museum.timers import TIMERS

__all__ = [
    "GIBBS",
    "HMC",
    "LOG_NORMAL",
    "METROPOLIS",
    "MIXTURES",
    "NUTS",
    "POSTERIORS",
    "TIMERS",
    "Rewritten",
    "accepts_per_coordinate",
    "drops_rejections",
    "flips_q_ratio",
    "forgets_q_ratio",
    "half_cauchy_as_cauchy",
    "keeps_adapting",
    "never_moves",
    "noise_as_proposal",
    "one_key_for_both",
    "records_the_proposal",
    "show",
    "stale_logdensity",
]
