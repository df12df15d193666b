"""The course's models, one file each: plain log joint, NumPyro, PyMC and exact reference."""

from course_utils.models.base import Model, Reference
from course_utils.models.contract import views_agree

__all__ = ["Model", "Reference", "views_agree"]
