"""Is this machine ready for the course? Every answer comes from trying, not from a list."""

import importlib.metadata
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TextIO

import psutil
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from course_utils.machine import num_threads, version_of

DISTRIBUTION = "course-utils"
# The hungriest cell of the course, chapter 01's comparison of samplers, peaks below 2 GB.
MIN_MEMORY_GB = 2.0
# Compilation caches of all chapters together stay below this.
MIN_DISK_GB = 1.0
# Width of the agreement band: a right sampler leaves ±4 standard errors once in 15,000 runs.
MAX_Z = 4.0


class Line(NamedTuple):
    """One line of the check: did it pass, what was looked at, what was seen, what to do."""

    passed: bool
    name: str
    seen: str
    remedy: str = ""

    def __str__(self) -> str:
        """``PASS  name: seen``, or ``FAIL  name: seen. To do: remedy``."""
        head = f"{'PASS' if self.passed else 'FAIL'}  {self.name}: {self.seen}"
        return head if self.passed else f"{head}. To do: {self.remedy}"


def check_environment(file: TextIO | None = None) -> bool:
    """Try everything that the chapters need, one printed line each.

    Parameters
    ----------
    file : TextIO, optional
        Where to print; standard output by default.

    Returns
    -------
    bool
        True when no line begins with FAIL.
    """
    print("Checking the set-up; the sampling run takes some seconds.", file=file, flush=True)
    ready = True
    for check in CHECKS:
        try:
            lines = check()
        except Exception as error:  # a check that breaks is itself a finding
            name = check.__name__.removeprefix("check_").replace("_", " ")
            last = str(error).strip().splitlines() or [""]
            lines = [Line(False, name, f"{type(error).__name__}: {last[-1]}", REINSTALL)]
        for line in lines:
            print(line, file=file, flush=True)
            ready = ready and line.passed
    print("Ready." if ready else "Not ready yet: see the FAIL lines.", file=file, flush=True)
    return ready


REINSTALL = (
    "install the locked versions (make lab, or pip install -r requirements.txt), restart the kernel"
)


def check_python() -> list[Line]:
    """Compare the running Python with the bounds that the package declares."""
    bounds = SpecifierSet(importlib.metadata.metadata(DISTRIBUTION)["Requires-Python"])
    version = platform.python_version()
    seen = f"{version}, needs {bounds}"
    remedy = "make an environment with a newer Python; README.md says how"
    return [Line(bounds.contains(version, prereleases=True), "Python", seen, remedy)]


def check_packages() -> list[Line]:
    """Compare every installed package with the bounds that the package declares."""
    requirements = [Requirement(text) for text in importlib.metadata.requires(DISTRIBUTION) or []]
    lines = []
    for requirement in requirements:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = version_of(requirement.name)
        seen = f"{version or 'not installed'}, needs {requirement.specifier}"
        fits = version is not None and requirement.specifier.contains(version, prereleases=True)
        lines.append(Line(fits, requirement.name, seen, REINSTALL))
    return lines


def check_devices() -> list[Line]:
    """Compute on every device that JAX finds."""
    import jax

    broken = [
        str(device)
        for device in jax.devices()
        if float(jax.device_put(20.0, device) + jax.device_put(22.0, device)) != 42.0
    ]
    kinds = ", ".join(sorted({device.device_kind for device in jax.devices()}))
    seen = f"{len(jax.devices())} × {kinds}, {num_threads()} threads"
    if broken:
        seen += f", wrong answers from {', '.join(broken)}"
    remedy = "set JAX_PLATFORMS=cpu and restart the kernel; the course needs no accelerator"
    return [Line(not broken, "devices", seen, remedy)]


def check_precision() -> list[Line]:
    """Find out how many digits JAX keeps by default, and whether it can keep more."""
    import jax
    import jax.numpy as jnp

    default = jnp.ones(()).dtype
    with jax.enable_x64(True):
        keeps_double = float(jnp.asarray(1.0) + 2.0**-50) > 1.0
    seen = f"{default} by default, float64 {'on request' if keeps_double else 'out of reach'}"
    remedy = (
        "unset JAX_ENABLE_X64 and restart the kernel: pages show float32 numbers"
        if keeps_double
        else "use a device with float64: set JAX_PLATFORMS=cpu and restart the kernel"
    )
    return [Line(default == jnp.float32 and keeps_double, "float precision", seen, remedy)]


def check_memory_and_disk() -> list[Line]:
    """Compare free memory and disk with what the chapters use."""
    memory = psutil.virtual_memory().available / 1e9
    disk = shutil.disk_usage(Path.cwd()).free / 1e9
    return [
        Line(
            memory >= MIN_MEMORY_GB,
            "memory",
            f"{memory:.0f} GB free, needs {MIN_MEMORY_GB:g}",
            "shut down other kernels (in JupyterLab: Kernel, Shut Down All Kernels)",
        ),
        Line(
            disk >= MIN_DISK_GB,
            "disk",
            f"{disk:.0f} GB free, needs {MIN_DISK_GB:g}",
            "free some space; compiled programs are kept in .cache and can be deleted",
        ),
    ]


def check_data() -> list[Line]:
    """Read every data set of the course, which also checks each of its numbers."""
    from course_utils import data

    lines = []
    remedy = "restore the file with git checkout -- data"
    for name in data.COLUMNS:
        try:
            lines.append(Line(True, f"data {name}", f"{len(data.load(name))} rows"))
        except (OSError, ValueError) as error:
            lines.append(Line(False, f"data {name}", str(error), remedy))
    return lines


def check_sampling() -> list[Line]:
    """Sample a posterior that is known exactly, and compare."""
    import arviz as az
    import jax
    from numpyro.infer import MCMC, NUTS

    from course_utils.models import binomial

    model = binomial.model()
    mcmc = MCMC(
        NUTS(model.numpyro),
        num_warmup=300,
        num_samples=500,
        num_chains=2,
        chain_method="vectorized",
        progress_bar=False,
    )
    mcmc.run(jax.random.key(0))
    draws = {"p": mcmc.get_samples(group_by_chain=True)["p"]}
    exact = float(model.reference()["p"].mean)
    z = (float(draws["p"].mean()) - exact) / float(az.mcse(draws)["p"])
    agrees = abs(z) <= MAX_Z
    seen = f"posterior mean {'within' if agrees else 'not within'} {MAX_Z:g} standard errors of "
    remedy = "please report this with your versions (CONTRIBUTING.md says where)"
    return [Line(agrees, "NUTS", seen + f"the exact {exact:.4f}", remedy)]


def check_compilation_cache() -> list[Line]:
    """Look whether compiled programs outlive the process; without a cache all still works."""
    import jax

    folder = jax.config.jax_compilation_cache_dir
    if not folder:
        return [Line(True, "compilation cache", "off, so every new kernel compiles again")]
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            writable = True
    except OSError:
        writable = False
    seen = "on" if writable else f"on, but {folder} cannot be written"
    remedy = "unset JAX_COMPILATION_CACHE_DIR or point it to a folder of yours, restart the kernel"
    return [Line(writable, "compilation cache", seen, remedy)]


CHECKS: tuple[Callable[[], list[Line]], ...] = (
    check_python,
    check_packages,
    check_devices,
    check_precision,
    check_memory_and_disk,
    check_data,
    check_sampling,
    check_compilation_cache,
)


if __name__ == "__main__":
    sys.exit(0 if check_environment() else 1)
