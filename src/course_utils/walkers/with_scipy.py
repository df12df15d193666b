"""The walk in NumPy and SciPy, as it was published in 2019."""

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

from course_utils.walkers import STEP_SIZE


def published(target, num_chains, num_draws):
    """Make the walk of 2019: SciPy's frozen distribution, float64, one temporary after another."""

    def log_density(x):
        log_probs = norm(target.loc, target.scale).logpdf(x)  # (K, num_chains)
        return logsumexp(np.log(target.weight) + log_probs, axis=0)

    def run(seed, starts):
        rng = np.random.RandomState(seed)  # the generator of 2019
        position, log_p = starts, log_density(starts)
        total = total_square = accepted = 0.0
        for _ in range(num_draws):
            proposal = position + rng.normal(0, STEP_SIZE, size=num_chains)
            log_p_proposal = log_density(proposal)
            log_u = np.log(rng.rand(num_chains))
            is_accepted = log_u < log_p_proposal - log_p
            position = np.where(is_accepted, proposal, position)
            log_p = np.where(is_accepted, log_p_proposal, log_p)
            total, total_square = total + position, total_square + position**2
            accepted = accepted + is_accepted
        return position, total / num_draws, total_square / num_draws, accepted / num_draws

    return run
