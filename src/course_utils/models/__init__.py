"""The course's models, one file each: plain log joint, NumPyro, PyMC and exact reference."""

# First of all, because ArviZ 1.3 leaves a lazy stand-in for numpyro in sys.modules: if a submodule
# (numpyro.distributions, say) were the first to be really imported, it would stay incomplete.
import numpyro  # noqa: F401  # isort: skip

from course_utils.models.base import Model, Reference
from course_utils.models.contract import views_agree
from course_utils.models.registry import MODELS, build

__all__ = ["MODELS", "Model", "Reference", "build", "views_agree"]
