"""Variational inference with a Gaussian: ADVI, mean-field and full-rank.

A sampler draws from the target γ(x), whose integral is Z. Variational inference picks among the
Gaussians q the one with the highest evidence lower bound,

    ELBO(q) = E_q[log γ(x)] + entropy of q = log Z − KL(q ‖ π) ≤ log Z.

A draw from q is x = m + L z with z ~ Normal(0, I). For given z the mean of log γ(m + L z) is a
function of m and L with a gradient, and any optimiser can climb it.

References
----------
Kucukelbir, A., Tran, D., Ranganath, R., Gelman, A. and Blei, D. M. (2017). Automatic
differentiation variational inference. Journal of Machine Learning Research 18(14), 1-45.
"""

from course_utils.vi.advi import (
    VIAlgorithm,
    VIInfo,
    VIResult,
    VIState,
    fullrank_vi,
    meanfield_vi,
    reparameterized_elbo,
    run,
)
from course_utils.vi.diagnosis import estimate_elbo, pareto_khat
from course_utils.vi.gaussian import Gaussian

__all__ = [
    "Gaussian",
    "VIAlgorithm",
    "VIInfo",
    "VIResult",
    "VIState",
    "estimate_elbo",
    "fullrank_vi",
    "meanfield_vi",
    "pareto_khat",
    "reparameterized_elbo",
    "run",
]
