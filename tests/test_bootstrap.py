"""The two commands: which Python is taken, when the environment is built again, what lab says.

The bootstrap runs as it is, in a tiny copy of the repository, on fake Pythons that report a
version and write down how they were called. The server of `make lab` is started for real, once.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
import urllib.request
import webbrowser
from pathlib import Path
from urllib.parse import urlsplit

import lab
import picture
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
needs_make = pytest.mark.skipif(
    shutil.which("make") is None or os.name == "nt", reason="needs make and a POSIX shell"
)

# Answers the question for its version as a Python of that version would; makes environments
# that are copies of itself; and notes every other call.
FAKE = """#!{python}
import os, shutil, sys
sys.version_info = {version}
if not {has_venv}:
    sys.modules["venv"] = None
if sys.argv[1] == "-c":
    code = sys.argv[2]
    sys.argv[:3] = ["-c"]
    exec(code)
elif sys.argv[1:3] == ["-m", "venv"]:
    os.makedirs(sys.argv[3] + "/bin", exist_ok=True)
    if not os.path.exists(sys.argv[3] + "/bin/python"):
        shutil.copy(__file__, sys.argv[3] + "/bin/python")
else:
    with open("calls", "a") as calls:
        print(*sys.argv[1:], file=calls)
"""


@pytest.fixture
def house(tmp_path):
    """Return a copy of what the bootstrap reads, in a folder whose name holds a space."""
    root = tmp_path / "a house"
    (root / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.txt", ".python-version"):
        shutil.copy(ROOT / name, root)
    shutil.copy(ROOT / "tools" / "bootstrap.sh", root / "tools")
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "make", "dirname", "cat", "sed", "rm", "awk"):
        if found := shutil.which(tool):
            (tmp_path / "bin" / tool).symlink_to(found)
    return root


def add_python(house, name, version, has_venv=True):
    """Put a fake Python on the path."""
    path = house.parent / "bin" / name
    text = FAKE.format(python=sys.executable, version=version, has_venv=has_venv)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def run(house, *command, **environment):
    """Run a command that finds nothing but the fakes and a few tools."""
    environment = {"PATH": str(house.parent / "bin"), "PWD": str(house), **environment}
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True)


def bootstrap(house, **environment):
    """Run the bootstrap."""
    return run(house, "sh", "tools/bootstrap.sh", ".venv", **environment)


def is_due(house):
    """Whether make would call the bootstrap."""
    code = run(house, "make", "-q", ".venv/.stamp").returncode
    assert code in (0, 1)
    return code == 1


@needs_make
def test_first_python_that_works_is_taken(house):
    broken = house.parent / "bin" / "python3.13"  # the launcher of a version manager
    broken.write_text("#!/bin/sh\necho 'python3.13: command not found' >&2\nexit 127\n")
    broken.chmod(0o755)
    add_python(house, "python3.14", (3, 14, 0), has_venv=False)
    add_python(house, "python3", (3, 11, 2))
    add_python(house, "python", (3, 12, 4))
    done = bootstrap(house)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Building \.venv with \S+/bin/python \(3\.12\.4\)", done.stdout)


@needs_make
@pytest.mark.parametrize("name", ["python3.12", "python3.13", "python3.14", "python3", "python"])
def test_each_name_is_tried(house, name):
    add_python(house, name, (3, 13, 1))
    assert bootstrap(house).returncode == 0


@needs_make
def test_default_version_goes_first(house):
    for minor in (12, 13, 14):
        add_python(house, f"python3.{minor}", (3, minor, 0))
    assert "(3.13.0)" in bootstrap(house).stdout


@needs_make
def test_without_a_suitable_python_one_line_says_what_is_needed(house):
    add_python(house, "python3.13", (3, 13, 0), has_venv=False)
    add_python(house, "python3", (3, 11, 2))
    add_python(house, "python", (3, 15, 0))
    done = run(house, "make", "lab")
    assert done.returncode != 0
    line, *rest = done.stderr.splitlines()
    assert line.startswith(f"This course needs Python {PROJECT['project']['requires-python']}; ")
    for what in ("3.13.0 without its venv module", "(3.11.2)", "(3.15.0)", "make PYTHON="):
        assert what in line
    assert all(extra.startswith("make") for extra in rest)  # make's own word on the failure
    assert not (house / ".venv").exists()


@needs_make
def test_without_any_python(house):
    done = bootstrap(house)
    assert done.returncode == 1 and "found none" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@needs_make
def test_named_python_is_the_only_one_tried(house):
    add_python(house, "python3.13", (3, 13, 0))
    old = add_python(house, "old", (3, 9, 0))
    done = bootstrap(house, PYTHON=str(old))
    assert done.returncode == 1 and f"found {old} (3.9.0)." in done.stderr


@needs_make
def test_lock_then_course_are_installed(house):
    add_python(house, "python3", (3, 13, 0))
    assert bootstrap(house).returncode == 0
    calls = (house / "calls").read_text(encoding="utf-8").splitlines()
    uv, lock, course = [call for call in calls if "install" in call]
    assert re.search(r"uv==[\d.]+$", uv)
    assert lock.startswith("-m uv pip install") and lock.endswith("-r requirements.txt")
    assert course.endswith("--no-deps --no-build-isolation -e .")


@needs_make
def test_environment_is_built_again_only_when_due(house):
    add_python(house, "python3", (3, 13, 0))
    assert is_due(house)
    link = house.with_name("link")
    link.symlink_to(house)
    assert run(link, "make", ".venv/.stamp").returncode == 0
    assert not is_due(link) and not is_due(house)

    newer = (house / ".venv" / ".stamp").stat().st_mtime + 10
    os.utime(house / "requirements.txt", (newer, newer))
    assert is_due(house)
    os.utime(house / "requirements.txt", (0, 0))
    assert not is_due(house)

    house = house.rename(house.with_name("moved"))
    assert is_due(house)
    assert "was moved" in bootstrap(house).stdout
    assert not is_due(house)

    (house / ".venv" / "bin" / "python").unlink()
    assert is_due(house)
    assert "Building" in bootstrap(house).stdout
    assert not is_due(house)


@needs_make
def test_interrupted_build_is_finished(house):
    add_python(house, "python3", (3, 13, 0))
    assert bootstrap(house).returncode == 0
    (house / ".venv" / ".stamp").unlink()
    kept = house / ".venv" / "kept"
    kept.touch()
    assert is_due(house)
    assert bootstrap(house).returncode == 0
    assert kept.exists() and not is_due(house)


@needs_make
def test_help_names_every_command():
    done = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True)
    listed = re.findall(r"make (\w+) ", done.stdout)
    phony = re.search(r"^\.PHONY: (.*) FORCE$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    assert set(phony) <= set(listed)


@pytest.mark.parametrize(
    ("environ", "platform", "found", "expected"),
    [
        ({}, "linux", True, False),  # no display: only text browsers could open
        ({"DISPLAY": ":0"}, "linux", True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True, True),
        ({"DISPLAY": ":0"}, "linux", False, False),
        ({"BROWSER": "firefox"}, "linux", False, True),
        ({}, "darwin", True, True),
        ({}, "win32", True, True),
        ({}, "win32", False, False),
    ],
)
def test_has_browser(monkeypatch, environ, platform, found, expected):
    def get():
        if not found:
            raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", get)
    assert lab.has_browser(environ, platform) is expected


def test_options():
    plain = lab.options(["--port=9000"], browser=True, root=False)
    assert plain[-1] == "--port=9000"  # the last one wins
    assert not {"--allow-root", "--no-browser"} & set(plain)
    bare = lab.options([], browser=False, root=True)
    assert {"--allow-root", "--no-browser"} <= set(bare)


def test_greeting_says_what_to_do():
    seen = lab.greeting("http://localhost:8888/lab", "secret", browser=True)
    assert "http://localhost:8888/lab?token=secret\n" in seen and "make lab IP=" not in seen
    bare = lab.greeting("http://localhost:8888/lab", "", browser=False)
    assert "http://localhost:8888/lab\n" in bare and "make lab IP=0.0.0.0" in bare


def test_server_is_up_on_a_free_port_with_the_course_in_it(tmp_path):
    """The address is printed and answers within 20 s, though the wanted port is taken."""
    folders = {
        f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")
    }
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, ROOT / "tools" / "lab.py", "--no-browser", f"--port={port}"],
            env={**os.environ, **folders},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = threading.Timer(20, server.kill)  # what the course promises
        deadline.start()
        with server:
            try:
                printed = next(line for line in server.stdout if "http://" in line)
                address = urlsplit(printed.strip())
                assert urllib.request.urlopen(address.geturl()).status == 200
                deadline.cancel()
                assert address.port != port
                assert address.path == "/lab/tree/notebooks/00_start_here.ipynb"
                for page in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
                    # As JupyterLab does: through jupytext, with the pair.
                    wanted = address._replace(path=f"/api/contents/notebooks/{page.name}").geturl()
                    cells = json.load(urllib.request.urlopen(wanted))["content"]["cells"]
                    code = [cell for cell in cells if cell["cell_type"] == "code"]
                    assert code and all(cell["metadata"]["trusted"] for cell in code)
            finally:
                deadline.cancel()
                server.terminate()


def test_lock_holds_every_direct_dependency_at_an_allowed_version():
    """`requirements*.txt` are derived from pyproject.toml by `make lock`."""
    project = PROJECT["project"]
    locked = project["dependencies"] + project["optional-dependencies"]["dev"]
    for name, wanted in (
        ("requirements.txt", locked + PROJECT["build-system"]["requires"]),
        ("requirements-instructors.txt", PROJECT["dependency-groups"]["instructors"]),
    ):
        pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / name).read_text("utf-8"), re.M))
        for requirement in map(Requirement, wanted):
            assert requirement.name in pins, f"{name} lacks {requirement.name}: run make lock"
            assert requirement.specifier.contains(pins[requirement.name])


def test_readme_shows_the_picture_of_the_page():
    stored = picture.PICTURE.read_bytes()
    assert stored == picture.picture(), "run python tools/picture.py"
    assert picture.PICTURE.relative_to(ROOT).as_posix() in (ROOT / "README.md").read_text("utf-8")
