"""Chapter 2: its checkers name what is wrong, and let every right answer pass.

The checkers use fixed seeds, so a given answer always gets the same reply: nothing here is random.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils.exercises import grade
from course_utils.exercises.chapter_02 import C, K


def plain_selu(x):
    return C * jnp.where(x > 0, x, K * jnp.exp(x) - K)


def selu_with_if(x):
    return C * (x if np.all(x > 0) else K * np.expm1(np.minimum(x, 0)))


def numpy_selu(x):
    x = np.asarray(x)
    return C * np.where(x > 0, x, K * np.expm1(np.minimum(x, 0)))


def clipped_selu(x):
    """Its slope is lost where the exponential is cut off."""
    return C * jnp.where(x > 0, x, K * jnp.expm1(jnp.clip(x, -0.4, 0.0)))


def stop_gradient_selu(x):
    return C * jnp.where(x > 0, x, K * jnp.expm1(jax.lax.stop_gradient(jnp.minimum(x, 0.0))))


def safe_selu(x):
    return C * jnp.where(x > 0, x, K * jnp.exp(jnp.minimum(x, 0.0)) - K)


def scanned(phi, start, noises):
    def one_step(x, z):
        x = phi * x + z
        return x, x

    return jax.lax.scan(one_step, jnp.asarray(start, noises.dtype), noises)[1]


def looped(phi, start, noises):
    path = []
    for z in noises:
        start = phi * start + z
        path.append(start)
    return jnp.stack(path)


def in_numpy(phi, start, noises):
    path = []
    for z in np.asarray(noises):
        start = phi * start + z
        path.append(start)
    return np.array(path)


def writes_down_the_old_place(phi, start, noises):
    return jax.lax.scan(lambda x, z: (phi * x + z, x), jnp.asarray(start, noises.dtype), noises)[1]


def with_the_start(phi, start, noises):
    return jnp.concatenate([jnp.array([start]), scanned(phi, start, noises)])


def forgets_phi(phi, start, noises):
    return scanned(1.0, start, noises)


def starts_at_zero(phi, start, noises):
    """Right for one start, and for all of them the same."""
    return scanned(phi, 5.0, noises)


def with_fori_loop(phi, start, noises):
    def one_step(t, carry):
        x, path = carry
        x = phi * x + noises[t]
        return x, path.at[t].set(x)

    begin = (jnp.asarray(start, noises.dtype), jnp.zeros_like(noises))
    return jax.lax.fori_loop(0, len(noises), one_step, begin)[1]


def line(split=True, noise=0.1, intercept=1.0, slope=1.0, noise_shape=lambda x: x.shape):
    def simulate(key, x):
        keys = jax.random.split(key, 3) if split else [key] * 3
        a = slope * jax.random.normal(keys[0])
        b = intercept * jax.random.normal(keys[1])
        return b + a * x + noise * jax.random.normal(keys[2], noise_shape(x))

    return simulate


def splits_and_uses_the_parent(key, x):
    key_slope, key_noise = jax.random.split(key)
    noise = 0.1 * jax.random.normal(key_noise, x.shape)
    return jax.random.normal(key) + jax.random.normal(key_slope) * x + noise


def two_of_three(key, x):
    """Slope and noise share a key."""
    key_a, key_b = jax.random.split(key)
    noise = 0.1 * jax.random.normal(key_a, x.shape)
    return jax.random.normal(key_b) + jax.random.normal(key_a) * x + noise


def same_number_twice(key, x):
    """No key is used twice, but one number is."""
    key_a, key_b = jax.random.split(key)
    a = jax.random.normal(key_a)
    return a + a * x + 0.1 * jax.random.normal(key_b, x.shape)


def numpy_line(key, x):
    rng = np.random.default_rng()
    return rng.normal() + rng.normal() * x + 0.1 * rng.normal(size=x.shape)


def one_line_for_all(key, x):
    return line()(jax.random.key(0), x)


def with_fold_in(key, x):
    a, b, c = (jax.random.fold_in(key, i) for i in range(3))
    noise = 0.1 * jax.random.normal(c, x.shape)
    return jax.random.normal(a) + jax.random.normal(b) * x + noise


@jax.jit
def tempered(x, temperature):
    return -0.5 * jnp.sum(x**2) / temperature


static = jax.jit(lambda x, temperature: -0.5 * jnp.sum(x**2) / temperature, static_argnums=1)


def one_helper(x, temperatures):
    return jnp.stack([tempered(x, temperature) for temperature in temperatures])


def still_static(x, temperatures):
    return jnp.stack([static(x, temperature) for temperature in temperatures])


def still_inside(x, temperatures):
    inside = jax.jit(lambda x, temperature: -0.5 * jnp.sum(x**2) / temperature)
    return jnp.stack([inside(x, temperature) for temperature in temperatures])


def static_tuple(x, temperatures):
    return _for_a_tuple(x, tuple(temperatures))


_for_a_tuple = jax.jit(lambda x, ts: jnp.stack([tempered(x, t) for t in ts]), static_argnums=1)


def numpy_tempered(x, temperatures):
    return -0.5 * np.sum(np.asarray(x) ** 2) / np.array(temperatures)


def forgets_x(x, temperatures):
    return -15.0 / np.array(temperatures)


def stable(a):
    return jnp.max(a) + jnp.log(jnp.mean(jnp.exp(a - jnp.max(a))))


def naive(a):
    return jnp.log(jnp.mean(jnp.exp(a)))


def naive64(a):
    return np.log(np.mean(np.exp(np.asarray(a, float))))


def subtracts_the_smallest(a):
    return jnp.min(a) + jnp.log(jnp.mean(jnp.exp(a - jnp.min(a))))


def subtracts_the_mean(a):
    return jnp.mean(a) + jnp.log(jnp.mean(jnp.exp(a - jnp.mean(a))))


def forgets_to_add(a):
    return jnp.log(jnp.mean(jnp.exp(a - jnp.max(a))))


def clips(a):
    return jnp.log(jnp.mean(jnp.exp(jnp.maximum(a, -80.0))))


RIGHT = [
    ("2.1", 0.02),
    ("2.1", np.float32(0.01)),
    ("2.2", safe_selu),
    ("2.2", jax.nn.selu),
    ("2.3", scanned),
    ("2.3", jax.jit(scanned)),
    ("2.3", with_fori_loop),
    ("2.4", line()),
    ("2.4", with_fold_in),
    ("2.5", one_helper),
    ("2.5", numpy_tempered),  # compiles nothing at all
    ("2.6", stable),
    ("2.6", lambda a: jax.nn.logsumexp(a) - jnp.log(len(a))),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT)
def test_another_right_answer_passes_too(number, answer):
    assert grade(number, answer).state == "correct", grade(number, answer)


WRONG = [
    ("2.1", -0.01, "step", "positive"),
    ("2.1", 1.0, "truncation", "bends"),
    ("2.1", 1e-6, "rounding", "agree"),
    ("2.1", 1e-12, "rounding", "agree"),
    ("2.2", plain_selu, "gradient", "overflow"),
    ("2.2", stop_gradient_selu, "gradient", "wanted"),
    ("2.2", clipped_selu, "value", "at x = -100"),
    ("2.2", jax.nn.elu, "value", "selu"),
    ("2.2", selu_with_if, "value", "selu"),
    ("2.2", numpy_selu, "answer", "jnp"),
    ("2.2", lambda x: x[0], "answer", "shape"),
    ("2.3", looped, "program size", "does not grow"),
    ("2.3", in_numpy, "answer", "jnp"),
    ("2.3", writes_down_the_old_place, "recursion", "already contains"),
    ("2.3", forgets_phi, "recursion", "wanted"),
    ("2.3", with_the_start, "answer", "shape (201,)"),
    ("2.3", starts_at_zero, "vectorization", "three starts"),
    ("2.4", line(split=False), "key reuse", "twice"),
    ("2.4", splits_and_uses_the_parent, "key reuse", "twice"),
    ("2.4", two_of_three, "key reuse", "twice"),
    ("2.4", same_number_twice, "independence", "intercept - slope"),
    ("2.4", line(noise=0.5), "noise", "variance"),
    ("2.4", line(noise_shape=lambda x: ()), "noise", "variance"),
    ("2.4", line(slope=2.0), "slope", "variance"),
    ("2.4", line(intercept=0.0), "intercept", "variance"),
    ("2.4", numpy_line, "randomness", "same key"),
    ("2.4", one_line_for_all, "randomness", "same line"),
    ("2.5", still_static, "recompilation", "compiled 3"),
    ("2.5", still_inside, "recompilation", "made anew"),
    ("2.5", static_tuple, "recompilation", "compiled 1"),
    ("2.5", lambda x, ts: np.array([float(tempered(x, 1.0))] * len(ts)), "value", "wanted"),
    ("2.5", forgets_x, "value", "for x = [1"),
    ("2.5", lambda x, ts: tempered(x, ts[0]), "answer", "shape"),
    ("2.6", naive, "overflow", "infinite"),
    ("2.6", naive64, "overflow", "infinite"),
    ("2.6", clips, "overflow", "infinite"),
    ("2.6", jax.nn.logsumexp, "normalisation", "sum"),
    ("2.6", jnp.mean, "value", "mean of the logarithms"),
    ("2.6", forgets_to_add, "value", "wanted"),
    ("2.6", subtracts_the_smallest, "wide range", "nan"),
    ("2.6", subtracts_the_mean, "wide range", "nan"),
    ("2.6", lambda a: a, "answer", "shape"),
]


@pytest.mark.parametrize(("number", "answer", "named", "said"), WRONG)
def test_a_wrong_answer_is_told_which_property_fails(number, answer, named, said):
    outcome = grade(number, answer)
    assert outcome.state == "keep working", outcome
    assert outcome.property == named and said in outcome.message, outcome
