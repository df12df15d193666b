"""Checks of a sampler: what the tests use and what the exercises use, one and the same.

Every check answers with a :class:`Verdict` that names the property and says by how much it holds
or fails. Whatever it is given to judge, NaN included, it answers calmly.

===================  ===========================================================================
of a rule            :func:`invariance`, :func:`detailed_balance`, :func:`rejections_repeat`,
                     :func:`key_reuse`
of an integrator     :func:`reversibility`, :func:`volume`, :func:`symplectic`,
                     :func:`energy_order`
of a whole analysis  :func:`joint_test`, :func:`sbc`
of an estimate       :func:`mean_within_mcse`
of a density         :func:`integrates_to_one`, :func:`same_density`, and
                     :func:`course_utils.models.views_agree`
of a stopwatch       :func:`honest_timer`, :func:`honest_rate`, :func:`like_with_like`
===================  ===========================================================================
"""

from course_utils.checks.chain import detailed_balance, key_reuse, rejections_repeat
from course_utils.checks.clock import honest_rate, honest_timer, like_with_like
from course_utils.checks.density import integrates_to_one, same_density
from course_utils.checks.estimate import mean_within_mcse
from course_utils.checks.fits import simulate_fits
from course_utils.checks.invariance import invariance
from course_utils.checks.jacobian import symplectic, volume
from course_utils.checks.joint import joint_test
from course_utils.checks.path import energy_order, integrator, reversibility
from course_utils.checks.sbc import sbc, sbc_ranks
from course_utils.checks.verdict import Target, Verdict, dkw_envelope, ks_distance

__all__ = [
    "Target",
    "Verdict",
    "detailed_balance",
    "dkw_envelope",
    "energy_order",
    "honest_rate",
    "honest_timer",
    "integrates_to_one",
    "integrator",
    "invariance",
    "joint_test",
    "key_reuse",
    "ks_distance",
    "like_with_like",
    "mean_within_mcse",
    "rejections_repeat",
    "reversibility",
    "same_density",
    "sbc",
    "sbc_ranks",
    "simulate_fits",
    "symplectic",
    "volume",
]
