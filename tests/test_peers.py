"""Other systems: their programs are the course's models, they sample, and their builder builds.

What needs an environment that ``make peers`` has not built is skipped by name. False-alarm budget:
agreement with the exact posterior is judged at 1e-4 a row, seven rows with fixed seeds.
"""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import peers as builder
import pytest
from typer.testing import CliRunner

from course_utils.bench import elsewhere, jobs, samplers
from course_utils.bench.agreement import ALPHA
from course_utils.bench.app import app
from course_utils.bench.elsewhere import MODELS, PEERS
from course_utils.bench.languages import p_value
from course_utils.models import registry
from course_utils.peers import source

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "course_utils"


def needs(system):
    """Skip a test where a system is not installed, and say which."""
    if why := elsewhere.unavailable({"system": system, "model": "binomial"}):
        pytest.skip(f"{system}: {why}")


# Programs


DENSITIES = {
    "tfp-jax": """
from course_utils.peers import tfp_jax as it
def density(name, data, sites):
    model, y = getattr(it.programs, name)(it.tf, it.tfp, **data)
    sites = {key: it.tf.cast(value, it.tf.float32) for key, value in sites.items()}
    return model.log_prob(**sites, y=y)
""",
    "edward2": """
from course_utils.peers import edward2 as it
def density(name, data, sites):
    values = [it.tf.constant(sites[key], it.tf.float32) for key in it.SITES[name][0]]
    return it.log_joint(name, data)(*values)
""",
    "stan": """
from course_utils.peers import stan as it
def density(name, data, sites):
    model = it.build(name, data)
    def one(i):
        unconstrained = model.unconstrain_pars({key: x[i].tolist() for key, x in sites.items()})
        return model.log_prob(unconstrained, adjust_transform=False)
    return [one(i) for i in range(len(next(iter(sites.values()))))]
""",
    "pyro": """
import torch
from pyro import poutine
from course_utils.peers import pyro as it
def density(name, data, sites):
    model = it.bind(name, data)
    def one(i):
        point = {key: torch.tensor(x[i], dtype=torch.float32) for key, x in sites.items()}
        return float(poutine.trace(poutine.condition(model, point)).get_trace().log_prob_sum())
    return [one(i) for i in range(len(next(iter(sites.values()))))]
""",
}
RUN = """
import sys
import numpy as np
found = {}
for name in sys.argv[2:]:
    data, sites = (dict(np.load(f"{sys.argv[1]}/{name}_{part}.npz")) for part in ("data", "sites"))
    found[name] = np.asarray(density(name, data, sites))
np.savez(f"{sys.argv[1]}/found.npz", **found)
"""


@pytest.mark.parametrize("system", DENSITIES)
def test_a_program_is_a_model_of_the_course(system, tmp_path):
    """Log densities of both differ by a constant, as in the contract of the course's own views.

    TensorFlow's graph and XLA use the text that is tried here on JAX.
    """
    needs(system)
    num_points, wanted, allowed = 20, {}, {}
    for name in MODELS:
        model = registry.build(name)
        positions = 0.5 * jax.random.normal(jax.random.key(95), (num_points, model.dim))
        sites = jax.vmap(model.constrain)(positions)
        np.savez(tmp_path / f"{name}_sites.npz", **sites)
        np.savez(tmp_path / f"{name}_data.npz", **elsewhere.data_of({"model": name}))
        value, slope = jax.jit(jax.vmap(jax.value_and_grad(model.log_joint)))(sites)
        steep = sum(np.abs(sites[key] * slope[key]).reshape(num_points, -1).sum(1) for key in sites)
        wanted[name] = np.asarray(value, float)
        # As in ``course_utils.models.contract``: ten times float32's first-order rounding error.
        allowed[name] = 1e-4 + 10 * np.finfo(np.float32).eps * (np.abs(value) + steep)
    subprocess.run(
        [PEERS[system].interpreter, "-c", DENSITIES[system] + RUN, tmp_path, *MODELS],
        env=os.environ | {"PYTHONPATH": str(elsewhere.SOURCE), "XDG_CACHE_HOME": str(tmp_path)},
        check=True,
        capture_output=True,
    )
    with np.load(tmp_path / "found.npz") as found:
        for name in MODELS:
            difference = found[name] - wanted[name]
            best = wanted[name].argmax()
            stray = np.abs(difference - difference[best])
            assert np.all(stray <= allowed[name] + allowed[name][best]), (name, stray.max())


@pytest.mark.parametrize("system", PEERS)
def test_a_system_samples_the_exact_posterior(system, tmp_path):
    needs(system)
    model = "eight_schools_noncentered" if system in ("stan", "tfp-jax") else "binomial"
    size = "--chains 4 --warmup 200 --draws 200 --repeats 2".split()
    file = ["--json", str(tmp_path / "rows.jsonl")]
    result = CliRunner().invoke(
        app, ["samplers", "--systems", system, "--models", model, *size, *file]
    )
    (row,) = jobs.read_rows(tmp_path / "rows.jsonl")
    assert row["status"] == "ok", row["why"]
    assert result.exit_code == 0 and p_value(row) >= ALPHA, (row["worst"], row["z_mean"])
    assert len(row["run_s"]) == 2 and row["first_s"] > 0
    assert row["dtype"] == ("float64" if system == "stan" else "float32")
    for phase in ("import", "warmup", "sampling"):
        assert row[f"{phase}_s"] > 0, phase
    # Pyro without its compiler may be as quick at first as later; getting ready is not nothing.
    assert row["compile_s"] > 0
    if system.startswith("pyro"):
        assert row["mean_leapfrogs"] is None and row["ess_per_gradient"] is None
        assert row["versions"]["python"].startswith("3.11") and "torch" in row["versions"]
    else:
        assert row["mean_leapfrogs"] >= 1 and row["ess_per_gradient"] > 0
        assert "pystan" in row["versions"] and "torch" not in row["versions"]


# Running elsewhere


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    job = {"system": "stan", "model": "binomial", "chains": 4}
    monkeypatch.setattr(elsewhere, "SOURCE", tmp_path / "src")
    assert samplers.missing(job) == ".venv-peers is not there, `make peers` builds it"
    (tmp_path / ".venv-peers" / "bin").mkdir(parents=True)
    (tmp_path / ".venv-peers" / ".stamp").touch()
    PEERS["stan"].interpreter.parent.mkdir(parents=True, exist_ok=True)
    PEERS["stan"].interpreter.touch()
    assert samplers.missing(job) is None
    assert samplers.missing(job | {"model": "bradley_terry_10000"}) is None
    assert "no program for this model; allowed are binomial, " in samplers.missing(
        job | {"model": "funnel"}
    )
    assert "--any-chains asks for them" in samplers.missing_or_too_many(job | {"chains": 100})


def test_what_runs_elsewhere_is_old_enough_and_asks_for_little():
    """Python 3.11 reads these files, and nothing is imported that is not there."""
    files = ["bench/clock", "bench/elsewhere", "bench/systems", "bench/worker", "machine", "memory"]
    for file in [PACKAGE / f"{name}.py" for name in files] + [*(PACKAGE / "peers").glob("*.py")]:
        ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 11))
    code = (
        "import sys; before = {name.partition('.')[0] for name in sys.modules}; "
        "import course_utils.bench.worker, course_utils.bench.elsewhere; "
        "new = {name.partition('.')[0] for name in sys.modules} - before; "
        "print(*new - set(sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"course_utils", "numpy", "psutil"}


def test_every_program_has_every_model():
    """Without importing them, since their systems may not be here."""
    for program in ("tfp", "edward2", "pyro"):
        for model in MODELS:
            assert source(program, model).startswith(f"def {model}(")
    for model in MODELS:
        program = source("stan", model)
        assert program.startswith("data {") and program.endswith("}")
        columns = elsewhere.data_of({"model": model})
        assert all(f" {name};" in program for name in columns.keys() - {"players"})
    with pytest.raises(ValueError, match=r"model is 'funnel', of which pyro\.py has no program"):
        source("pyro", "funnel")
    with pytest.raises(ValueError, match="program is 'bugs'; allowed are stan"):
        source("bugs", "line")
    for peer in PEERS.values():
        assert importlib.util.find_spec(f"course_utils.peers.{peer.program}")


@pytest.mark.parametrize(("seconds", "compile_s"), [([5.0, 2.0, 3.0], 2.5), ([1.0, 2.0, 3.0], 0)])
def test_times_are_divided_as_is_said(monkeypatch, seconds, compile_s):
    """With a system made here, whose runs take as long as a clock made here says."""
    now, left = [0.0], list(seconds)

    class Program:
        @staticmethod
        def prepare(name, data, settings):
            now[0] += 1.0

            def sample(seed):
                now[0] += left.pop(0)
                draws = {"p": np.full((2, 3), float(seed))}
                return draws, {"sampling_share": 0.4, "leapfrogs": 12, "divergences": 1}

            return sample

    monkeypatch.setattr(elsewhere.importlib, "import_module", lambda name: Program)
    monkeypatch.setattr(elsewhere.time, "perf_counter", lambda: now[0])
    job = {"system": "stan", "model": "line", "chains": 2, "warmup": 5, "draws": 3, "repeats": 2}
    told = {}

    class Clock:
        def phase(self, name):
            return pytest.MonkeyPatch.context()

        def add(self, name, seconds):
            told[name] = seconds

        def stop(self):
            pass

    draws, notes = elsewhere.measure(job, {}, Clock())
    assert draws["p"].tolist() == [[8.0] * 3] * 2 + [[9.0] * 3] * 2  # not those of the first run
    assert told == pytest.approx({"compile": 1 + compile_s, "warmup": 1.5, "sampling": 1.0})
    assert notes["first_s"] == 1 + seconds[0] and notes["run_s"] == seconds[1:]
    assert notes["mean_leapfrogs"] == 2 and notes["divergences"] == 1


# Building


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a folder in which nothing is built, and the commands that a builder runs there."""
    monkeypatch.setattr(builder, "ROOT", tmp_path)
    for environment in builder.ENVIRONMENTS:
        environment.lock.write_text("a==1\n")
    ran, present, broken = [], set(), {}

    def run(command, **options):
        ran.append(" ".join(map(str, command)))
        for part, message in broken.items():
            if part in ran[-1]:
                raise RuntimeError(message)
        if "venv" in command:
            Path(command[-1]).mkdir(exist_ok=True)
            present.add(Path(command[-1]))

    monkeypatch.setattr(builder, "run", run)
    monkeypatch.setattr(builder, "find_python", lambda version: f"/some/python{version}")
    monkeypatch.setattr(builder, "is_python", lambda path, version: path.parents[1] in present)
    monkeypatch.setattr(
        builder.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), 0, "here")
    )
    return ran, broken


def test_environments_are_built_once_and_again_when_the_lock_changes(site, capsys):
    ran, _ = site
    assert builder.main() == 0
    assert [line for line in ran if "UncheckedGet" in line]  # Stan is mended
    assert not any("torch" in line for line in ran)  # the first installer worked
    ran.clear()
    assert builder.main() == 0 and ran == []
    assert ".venv-pyro is there: Pyro" in capsys.readouterr().out
    builder.ENVIRONMENTS[1].lock.write_text("a==2\n")
    assert builder.main() == 0
    assert len(ran) == 1 and "--no-deps -r" in ran[0].replace(" --quiet", "").replace(
        " --disable-pip-version-check", ""
    )


def test_what_cannot_be_had_is_one_line_and_the_others_are_built(site, capsys):
    ran, broken = site
    broken["--python /some/python3.13"] = "out of space"
    assert builder.main() == 1
    assert capsys.readouterr().err.splitlines() == [
        "TensorFlow Probability, Edward2 and Stan: not built: out of space"
    ]
    assert (builder.ENVIRONMENTS[1].folder / ".stamp").exists()
    broken.clear()
    ran.clear()
    assert builder.main() == 0  # goes on with what is missing
    assert "pyro" not in " ".join(ran)


def test_one_environment_can_be_asked_for(site, capsys):
    ran, _ = site
    assert builder.main(["pyro"]) == 0
    assert "requirements-pyro.txt" in " ".join(ran)
    assert not (builder.ENVIRONMENTS[0].folder / ".stamp").exists()
    assert builder.main(["conda"]) == 2
    assert "no environment 'conda'; there are: peers, pyro" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="fakes are shell scripts")
def test_a_python_is_believed_only_after_it_ran(monkeypatch, tmp_path):
    for name, line in (("shim", "exit 127"), ("old", "echo 3.9"), ("good", "echo 3.11")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "python3.11").write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name / "python3.11").chmod(0o755)
    folders = [str(tmp_path / name) for name in ("none", "shim", "old", "good")]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    monkeypatch.setattr(sys, "_base_executable", "/nowhere/python")
    assert builder.find_python("3.11") == str(tmp_path / "good" / "python3.11")
    monkeypatch.setenv("PATH", os.pathsep.join(folders[:3]))
    with pytest.raises(RuntimeError, match=r"no python3\.11 on the path that runs; install one"):
        builder.find_python("3.11")


def test_every_way_to_install_is_tried(site, capsys):
    ran, broken = site
    broken["requirements-pyro.txt"] = "no torch"
    assert builder.main() == 1
    tries = [line for line in ran if "requirements-pyro.txt" in line]
    assert len(tries) == 2 and builder.TORCH in tries[1]
    assert "Pyro: not built: no torch" in capsys.readouterr().err


def test_a_failing_command_is_told_in_its_own_words():
    code = "import sys; sys.exit('first\\nERROR: no such package\\nlast')"
    with pytest.raises(RuntimeError, match=r"^ERROR: no such package$"):
        builder.run((sys.executable, "-c", code))


def test_locks_hold_exact_versions():
    for environment in builder.ENVIRONMENTS:
        lines = (ROOT / environment.lock.name).read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert pins and all("==" in line for line in pins)
    course = json.dumps((ROOT / "requirements.txt").read_text())
    for line in (ROOT / "requirements-peers.txt").read_text().splitlines():
        if line.startswith(("jax==", "jaxlib==", "numpy==", "scipy==")):
            assert line in course  # the same JAX for everyone
