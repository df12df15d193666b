"""The set-up check passes where the set-up is right, and every fault it speaks of turns a line red.

False-alarm budget: the sampling line compares a posterior mean with the exact one at 4 Monte Carlo
standard errors (once in 15,000 keys); its key is fixed.
"""

import io
import shutil

import jax
import numpy as np
import pytest

from course_utils import data, environment
from course_utils.machine import describe_machine, num_threads, version_of
from course_utils.models import binomial


def lines_by_name(check):
    return {line.name: line for line in check()}


def run(monkeypatch, *checks):
    """Run a selection of checks as check_environment does; return its answer and its text."""
    monkeypatch.setattr(environment, "CHECKS", checks)
    text = io.StringIO()
    return environment.check_environment(text), text.getvalue()


def test_everything_passes_here():
    text = io.StringIO()
    assert environment.check_environment(text), text.getvalue()
    lines = text.getvalue().splitlines()
    assert lines[-1] == "Ready."
    assert all(line.startswith("PASS  ") for line in lines[1:-1])
    for word in ("Python", "numpyro", "devices", "float precision", "memory", "NUTS"):
        assert any(line.startswith(f"PASS  {word}") for line in lines)


def test_the_text_is_the_same_every_time(monkeypatch):
    """All but the amount of free memory and disk: nothing else may change from run to run."""
    checks = [c for c in environment.CHECKS if c is not environment.check_memory_and_disk]
    assert run(monkeypatch, *checks) == run(monkeypatch, *checks)


def test_too_old_and_missing_packages(monkeypatch):
    def version(name):
        return {"jax": "0.4.30", "numpyro": None}.get(name, version_of(name))

    monkeypatch.setattr(environment, "version_of", version)
    ready, text = run(monkeypatch, environment.check_packages)
    assert not ready
    assert "FAIL  jax: 0.4.30, needs >=" in text
    assert "FAIL  numpyro: not installed" in text
    assert text.count("FAIL  ") == 2
    assert text.count("To do: install the locked versions") == 2


def test_extras_are_not_demanded(monkeypatch):
    """Tools for contributors may be absent; whether they are is not looked at."""
    assert "hypothesis" not in lines_by_name(environment.check_packages)


def test_too_old_python(monkeypatch):
    monkeypatch.setattr(environment.platform, "python_version", lambda: "3.9.1")
    (line,) = environment.check_python()
    assert not line.passed and line.seen.startswith("3.9.1, needs ")


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    copy = shutil.copytree(data.DATA_FOLDER, tmp_path / "data")
    monkeypatch.setattr(data, "DATA_FOLDER", copy)
    return copy


def test_missing_data(data_folder):
    (data_folder / "line.csv").unlink()
    lines = lines_by_name(environment.check_data)
    assert not lines["data line"].passed and "line.csv" in lines["data line"].seen
    assert lines["data eight_schools"].passed


def test_damaged_data(data_folder):
    file = data_folder / "eight_schools.csv"
    file.write_text(file.read_text().replace(",15", ",-15", 1))
    line = lines_by_name(environment.check_data)["data eight_schools"]
    assert not line.passed and "standard_error" in line.seen


def test_wrong_posterior_is_noticed(monkeypatch):
    """A prior of Beta(20, 2) instead of Beta(2, 2) in the sampled program alone."""
    import numpyro
    import numpyro.distributions as dist

    def other_model(data):
        p = numpyro.sample("p", dist.Beta(20.0, 2.0))
        numpyro.sample("y", dist.Binomial(data.trials, p), obs=data.successes)

    monkeypatch.setattr(binomial, "numpyro_model", other_model)
    (line,) = environment.check_sampling()
    assert not line.passed and "not within 4 standard errors" in line.seen


@pytest.mark.parametrize(("wanted", "name"), [("MIN_MEMORY_GB", "memory"), ("MIN_DISK_GB", "disk")])
def test_too_little_room(monkeypatch, wanted, name):
    monkeypatch.setattr(environment, wanted, 1e6)
    lines = lines_by_name(environment.check_memory_and_disk)
    assert [n for n, line in lines.items() if not line.passed] == [name]


def test_double_precision_switched_on():
    with jax.enable_x64(True):
        (line,) = environment.check_precision()
    assert not line.passed and "JAX_ENABLE_X64" in line.remedy


def test_broken_device(monkeypatch):
    monkeypatch.setattr(jax, "device_put", lambda value, device: np.float32(value + 1))
    (line,) = environment.check_devices()
    assert not line.passed and "wrong answers from" in line.seen


def test_cache_folder(tmp_path):
    (tmp_path / "file").write_text("")
    before = jax.config.jax_compilation_cache_dir
    try:
        for folder, passed, seen in [
            (None, True, "off"),
            (str(tmp_path / "cache"), True, "on"),
            (str(tmp_path / "file" / "cache"), False, "cannot be written"),
        ]:
            jax.config.update("jax_compilation_cache_dir", folder)
            (line,) = environment.check_compilation_cache()
            assert line.passed is passed and seen in line.seen
    finally:
        jax.config.update("jax_compilation_cache_dir", before)


def test_a_check_that_breaks_is_a_failed_line(monkeypatch):
    def check_the_weather():
        raise OSError("no window\nin this room")

    ready, text = run(monkeypatch, check_the_weather, environment.check_python)
    assert not ready
    assert "FAIL  the weather: OSError: in this room. To do: " in text
    assert "PASS  Python" in text  # the checks after it still run
    assert text.endswith("Not ready yet: see the FAIL lines.\n")


def test_machine_states_what_a_measurement_needs():
    machine = describe_machine(["jax", "no-such-package"])
    assert machine["threads"] == num_threads() >= 1
    assert machine["versions"]["jax"] == jax.__version__
    assert machine["versions"]["no-such-package"] is None
    assert set(machine) == {"platform", "cpu", "threads", "memory_gb", "versions", "date"}
