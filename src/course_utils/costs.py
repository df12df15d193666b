"""The course's running table of costs: every chapter measures its sampler and adds a row."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_utils.ess import min_ess
from course_utils.timing import Timing

if TYPE_CHECKING:
    import pandas as pd

TABLE = Path(__file__).parents[2] / "data" / "measured" / "costs.csv"


def cost_row(
    sampler: str,
    target: str,
    draws: np.ndarray,
    timing: Timing,
    acceptance_rate: float,
    *,
    num_warmup: int = 0,
    gradients_per_draw: float = 0.0,
) -> "pd.DataFrame":
    """Measure what one effective draw costs.

    Parameters
    ----------
    sampler, target : str
        Names; together they identify the row.
    draws : ndarray, shape (num_chains, num_draws, dim)
        What the timed call returned, without its warm-up.
    timing : Timing
        The time of that call, warm-up included.
    acceptance_rate : float
        Mean acceptance probability, between 0 and 1.
    num_warmup : int
        Steps of each chain that were timed but thrown away.
    gradients_per_draw : float
        Gradients of the log density per draw; 0 for samplers that use none. Those of the warm-up
        do not count.

    Returns
    -------
    pandas.DataFrame
        One row: seconds per step of one chain, acceptance rate, integrated autocorrelation time in
        steps, effective sample size (minimum over coordinates of bulk and tail), the same per
        gradient, and per second without and with compilation.
    """
    import pandas as pd

    draws = np.asarray(draws)
    num_draws = draws.shape[0] * draws.shape[1]
    ess = min_ess(draws)
    gradients = gradients_per_draw * num_draws
    with_compile = timing.trace_s + timing.compile_s + timing.first_s
    return pd.DataFrame(
        {
            "sampler": [sampler],
            "target": [target],
            "us_per_step": [
                1e6 * timing.median_s / (draws.shape[0] * (draws.shape[1] + num_warmup))
            ],
            "acceptance_rate": [acceptance_rate],
            "autocorrelation_time": [num_draws / ess],
            "ess": [ess],
            "ess_per_gradient": [ess / gradients if gradients else np.nan],
            "ess_per_s": [ess / timing.median_s],
            "ess_per_s_with_compile": [ess / with_compile],
            "date": [timing.machine["date"][:10]],
            "device": [timing.device],
        }
    )


def running_table(row: "pd.DataFrame") -> "pd.DataFrame":
    """Show the rows recorded so far, with ``row`` in its place.

    The recorded table changes only when the environment variable ``COURSE_RECORD`` is set, as the
    build of the course does; so that running a page leaves the repository as it is.
    """
    import pandas as pd

    names = ["sampler", "target"]
    if TABLE.exists():
        old = pd.read_csv(TABLE)
        other = ~old.set_index(names).index.isin(row.set_index(names).index)
        row = pd.concat([old[other], row], ignore_index=True)
    if os.environ.get("COURSE_RECORD"):
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        row.to_csv(TABLE, index=False, float_format="%.6g")
    return row.set_index(names)
