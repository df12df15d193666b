"""Wrong HMC and NUTS kernels: each takes what ``hmc`` or ``nuts`` takes."""

from course_utils import hamiltonian, hmc, nuts
from course_utils.museum.rewrite import Rewritten

ENERGY = "    return -state.logdensity + kinetic_energy(state.momentum, inverse_mass_matrix)\n"
DECISION = """\
        state, acceptance_rate, is_accepted = accept_reject(key_accept, state, proposed, log_ratio)
"""


def _hmc(source, *changes):
    return Rewritten(hmc, source, changes)


def _nuts(source, *changes):
    return Rewritten(nuts, source, changes)


HMC = {
    "forgets_last_half_kick": _hmc(
        hamiltonian,
        (
            "return PhaseState(position, momentum + step_size * 0.5 * grad, value, grad)",
            "return PhaseState(position, momentum, value, grad)",
        ),
    ),
    "drifts_with_old_momentum": _hmc(
        hamiltonian,
        (
            "state.position + step_size * velocity(momentum, inverse_mass_matrix)",
            "state.position + step_size * velocity(state.momentum, inverse_mass_matrix)",
        ),
    ),
    "flips_gradient_sign": _hmc(
        hamiltonian,
        (
            "state.momentum + step_size * 0.5 * state.logdensity_grad",
            "state.momentum - step_size * 0.5 * state.logdensity_grad",
        ),
        ("momentum + step_size * 0.5 * grad,", "momentum - step_size * 0.5 * grad,"),
    ),
    "momentum_of_inverse_mass": _hmc(
        hamiltonian,
        (
            "return 1 / jnp.sqrt(inverse_mass_matrix) * noise",
            "return jnp.sqrt(inverse_mass_matrix) * noise",
        ),
    ),
    "forgets_transpose": _hmc(
        hamiltonian,
        (
            'solve_triangular(lower, noise, lower=True, trans="T")',
            "solve_triangular(lower, noise, lower=True)",
        ),
    ),
    "accepts_everything": _hmc(
        hmc,
        (
            DECISION,
            DECISION.replace("state, acc", "_, acc").replace("is_accepted =", "_ =")
            + "        state, is_accepted = proposed, jnp.bool_(True)\n",
        ),
    ),
    "accepts_on_potential_only": _hmc(hamiltonian, (ENERGY, "    return -state.logdensity\n")),
    "keeps_rejected_gradient": _hmc(
        hmc,
        (
            DECISION,
            DECISION + "        state = state._replace(logdensity_grad=end.logdensity_grad)\n",
        ),
    ),
}

NUTS = {
    "skips_subtree_check": _nuts(
        nuts,
        (
            "return level - 1, turning(past.momentum, here.momentum, momentum_sum)",
            "return level - 1, jnp.bool_(False)",
        ),
    ),
    "skips_top_check": _nuts(
        nuts, ("is_turning=turns | subtree.is_turning", "is_turning=subtree.is_turning")
    ),
    "takes_aborted_subtree": _nuts(
        nuts,
        (
            "jax.random.bernoulli(key_proposal, ratio) & ~broken",
            "jax.random.bernoulli(key_proposal, ratio)",
        ),
    ),
    "prefers_late_leaves": _nuts(
        nuts,
        (
            "share = jax.scipy.special.expit(leaf.log_weight - subtree.log_weight)",
            "share = jnp.exp(jnp.minimum(leaf.log_weight - subtree.log_weight, 0.0))",
        ),
    ),
    "weighs_leaves_equally": _nuts(
        nuts, ("            log_weight=log_weight,\n", "            log_weight=0 * log_weight,\n")
    ),
    "forgets_kinetic_energy": _nuts(hamiltonian, (ENERGY, "    return -state.logdensity\n")),
}
