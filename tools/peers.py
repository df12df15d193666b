"""Build the environments of other systems, which cannot live in the course's own: `make peers`.

Each has a Python of its own and a lock file. What is there already is left as it is, so a second
run needs no network, and one that was cut short goes on. If something cannot be had, one line says
what, the other environments are built all the same, and the exit code is 1.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
# The registry has PyTorch with CUDA in it for Linux, gigabytes of it; its makers keep the build for
# processors apart. It is asked only if neither pip's settings nor its folders have that build.
TORCH = "https://download.pytorch.org/whl/cpu"

# The wheel of httpstan for Python 3.13 holds one object file that was compiled for an older Python,
# and asks for a function that is gone. It is compiled again from the source in the same wheel, as
# httpstan compiles its models.
STAN = """
import os, sysconfig
from pathlib import Path
import httpstan.models
from setuptools._distutils.ccompiler import new_compiler
from setuptools._distutils.sysconfig import customize_compiler

folder = Path(httpstan.models.__file__).parent
wanted = folder / "stan_services.o"
if b"_PyThreadState_UncheckedGet" not in wanted.read_bytes():
    raise SystemExit
print("Stan: compiling stan_services.cpp for this Python", flush=True)
compiler = new_compiler()
customize_compiler(compiler)
macros = [("BOOST_DISABLE_ASSERTS", None), ("BOOST_PHOENIX_NO_VARIADIC_EXPRESSION", None),
          ("STAN_THREADS", None), ("_REENTRANT", None), ("_GLIBCXX_USE_CXX11_ABI", "0")]
(made,) = compiler.compile(
    ["stan_services.cpp"], output_dir="remade", macros=macros,
    include_dirs=["include", sysconfig.get_path("include")],
    extra_postargs=["-O3", "-std=c++17", "-w"],
)
os.replace(made, wanted)  # never written to: the file may be shared with a cache
os.rmdir("remade")
"""


class Environment(NamedTuple):
    """An environment: its Python, and what goes into it.

    Attributes
    ----------
    name : str
        The folder is ``.venv-NAME``, the lock ``requirements-NAME.txt``.
    python : str
        Version of Python.
    installers : sequence of sequence of str
        Commands that install the lock, the next if one fails; ``{python}`` is the interpreter.
    holds : str
        Which systems, for messages.
    code, inside : str
        Further Python code to run in it, in the folder of a package.
    """

    name: str
    python: str
    installers: Sequence[Sequence[str]]
    holds: str
    code: str = ""
    inside: str = ""

    @property
    def folder(self) -> Path:
        """Where it is built."""
        return ROOT / f".venv-{self.name}"

    @property
    def interpreter(self) -> Path:
        """Its Python, once it is built."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def lock(self) -> Path:
        """What goes into it."""
        return ROOT / f"requirements-{self.name}.txt"


UV = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", "{python}", "--no-deps")
PIP = (sys.executable, "-m", "pip", "--python", "{python}", "install", "--quiet", "--no-deps")
PIP += ("--disable-pip-version-check",)
ENVIRONMENTS = (
    Environment(
        "peers",
        "3.13",
        (UV, PIP),
        "TensorFlow Probability, Edward2 and Stan",
        code=STAN,
        inside="httpstan",
    ),
    Environment(
        "pyro", "3.11", (PIP, (*PIP, "--retries", "0", "--extra-index-url", TORCH)), "Pyro"
    ),
)


def run(command: Sequence[str], **options: object) -> None:
    """Run a command; on failure raise with the line that says most."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.stdout.strip():
        print(done.stdout.strip(), flush=True)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower()] or lines or ["no message"]
        raise RuntimeError(telling[0])


def first_that_works(commands: Sequence[Sequence[str]], **options: object) -> None:
    """Run commands until one works; if none does, raise what the first one said."""
    failures = []
    for command in commands:
        try:
            return run(command, **options)
        except RuntimeError as failure:
            failures.append(failure)
    raise failures[0]


def recipe(environment: Environment) -> str:
    """Return what an environment is built from: it is built again when this changes."""
    parts = (environment.lock.read_text(), environment.python, environment.code, str(ROOT))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def build(environment: Environment, say: Callable[[str], None] = print) -> None:
    """Build an environment, or what is missing of it."""
    stamp = environment.folder / ".stamp"
    if (
        stamp.exists()
        and stamp.read_text() == recipe(environment)
        and is_python(environment.interpreter, environment.python)
    ):
        return say(f"{environment.folder.name} is there: {environment.holds}")
    begin = time.monotonic()
    say(f"Building {environment.folder.name} for {environment.holds}")
    if not is_python(environment.interpreter, environment.python):
        uv = (sys.executable, "-m", "uv", "venv", "--quiet", "--clear", "--no-project")
        run((*uv, "--python", find_python(environment.python), str(environment.folder)), cwd=ROOT)
    python = str(environment.interpreter)
    commands = [
        (*(part.format(python=python) for part in installer), "-r", str(environment.lock))
        for installer in environment.installers
    ]
    first_that_works(commands, cwd=ROOT)
    if environment.code:
        find = f"import {environment.inside} as it; print(*it.__path__, end='')"
        found = subprocess.run((python, "-c", find), capture_output=True, text=True, check=True)
        run((python, "-c", environment.code), cwd=found.stdout)
    stamp.write_text(recipe(environment))
    return say(f"{environment.folder.name} is built, in {time.monotonic() - begin:.0f} s")


def find_python(version: str) -> str:
    """Return the first Python of a version that really runs: version managers leave some behind."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    found = [shutil.which(f"python{version}", path=folder) for folder in folders]
    candidates = [sys._base_executable, *filter(None, found)]
    for candidate in candidates:
        if is_python(candidate, version):
            return candidate
    raise RuntimeError(f"no python{version} on the path that runs; install one")


def is_python(interpreter: str | Path, version: str) -> bool:
    """Tell whether an interpreter is there, runs, and is of a version."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run((interpreter, "-c", code), capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return done.stdout.strip() == version


def main(names: Sequence[str] = ()) -> int:
    """Build the environments with these names, or all; return 1 if one is not complete."""
    known = {environment.name: environment for environment in ENVIRONMENTS}
    if unknown := set(names) - set(known):
        print(f"no environment {min(unknown)!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = 0
    for environment in map(known.get, names or known):
        try:
            build(environment)
        except (RuntimeError, subprocess.CalledProcessError, OSError) as failure:
            print(f"{environment.holds}: not built: {failure}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
