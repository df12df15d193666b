"""The walk in NumPy: lean, and lean in two processes."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np

from course_utils.walkers import STEP_SIZE


def lean(target, num_chains, num_draws):
    """Make a walk in float32 with little more than the arithmetic that it needs."""
    factor = np.log(target.weight) - np.log(target.scale)  # up to a constant
    precision = np.float32(1) / target.scale

    def log_density(x):
        z = (x - target.loc) * precision  # (K, num_chains)
        z *= z
        z *= np.float32(-0.5)
        z += factor
        return np.log(np.exp(z, out=z).sum(axis=0))

    def run(seed, starts):
        rng = np.random.default_rng(seed)
        position, log_p = starts.copy(), log_density(starts)
        total, total_square = np.zeros_like(position), np.zeros_like(position)
        accepted = np.zeros(num_chains, np.int32)
        for _ in range(num_draws):
            proposal = rng.standard_normal(num_chains, dtype=np.float32)
            proposal *= np.float32(STEP_SIZE)
            proposal += position
            log_p_proposal = log_density(proposal)
            # Minus the logarithm of a uniform number is exponential.
            wait = rng.standard_exponential(num_chains, dtype=np.float32)
            is_accepted = log_p - log_p_proposal < wait
            np.copyto(position, proposal, where=is_accepted)
            np.copyto(log_p, log_p_proposal, where=is_accepted)
            total += position
            total_square += position * position
            accepted += is_accepted
        return position, total / num_draws, total_square / num_draws, accepted / num_draws

    return run


def two_processes(target, num_chains, num_draws):
    """Deal the chains of the lean walk to two processes, which wait for work between runs."""
    shares = np.array_split(np.arange(num_chains), min(2, num_chains))
    pool = ProcessPoolExecutor(len(shares), get_context("spawn"))
    work = partial(_share, target, num_draws)
    seeds = [(seed,) for seed in range(len(shares))]
    list(pool.map(partial(_share, target, 1), seeds, [target.loc[:1, 0]] * len(shares)))  # start

    def run(seed, starts):
        seeds = [(seed, number) for number in range(len(shares))]
        parts = list(pool.map(work, seeds, [starts[share] for share in shares]))
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    return run


def _share(target, num_draws, seed, starts):
    return lean(target, len(starts), num_draws)(seed, starts)
