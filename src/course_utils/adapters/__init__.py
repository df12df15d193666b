"""Other libraries in the course's driver, and the course's draws in ArviZ.

- :func:`from_numpyro`, :func:`from_pymc`: a model as a log density of flat positions;
- :func:`from_numpyro_kernel`: a NumPyro sampler as a kernel;
- a BlackJAX sampler needs no adapter: ``sample(key, blackjax.nuts(logdensity, ...), ...)``;
- :func:`to_datatree`: draws as an ArviZ ``DataTree``.
"""

from course_utils.adapters.foreign import ForeignModel
from course_utils.adapters.numpyro import from_numpyro, from_numpyro_kernel
from course_utils.adapters.pymc import from_pymc
from course_utils.adapters.results import to_datatree

__all__ = ["ForeignModel", "from_numpyro", "from_numpyro_kernel", "from_pymc", "to_datatree"]
