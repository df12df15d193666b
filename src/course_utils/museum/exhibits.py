"""The catalogue: every mutant and every right sampler, each with what the checks need of it."""

from functools import cache

from course_utils.museum.exhibit import Exhibit
from course_utils.museum.rows_dynamics import hmc_rows, nuts_rows
from course_utils.museum.rows_rest import other_rows, posterior_rows
from course_utils.museum.rows_walks import gibbs_rows, metropolis_rows


@cache
def exhibits() -> tuple[Exhibit, ...]:
    """Return all exhibits: in each family the right ones first."""
    return (
        *metropolis_rows(),
        *gibbs_rows(),
        *hmc_rows(),
        *nuts_rows(),
        *posterior_rows(),
        *other_rows(),
    )


def find(name: str) -> Exhibit:
    """Return the exhibit of this name."""
    by_name = {exhibit.name: exhibit for exhibit in exhibits()}
    if name not in by_name:
        raise ValueError(f"exhibit is {name!r}; allowed are {', '.join(by_name)}")
    return by_name[name]
