#!/bin/sh
# Build the environment: find a Python that works, then install the lock and the course into it.
# Needs no network when everything is already there. Called by make, with the folder's name.
set -eu
cd "$(dirname "$0")/.."
venv=$1

# A candidate is believed only after it ran: version managers leave launchers that fail.
versions=$(sed -n 's/^requires-python = "\(.*\)"/\1/p' pyproject.toml)
probe='import re, sys
low, high = [int(minor) for minor in re.findall("3[.]([0-9]+)", sys.argv[1])]
sys.stdout.write("%d.%d.%d" % sys.version_info[:3])
if sys.version_info[0] != 3 or not low <= sys.version_info[1] < high:
    sys.exit(1)
try:
    import ensurepip, venv
except ImportError:
    sys.stdout.write(" without its venv module")
    sys.exit(1)'

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- "python$(cat .python-version)" python3.14 python3.12 python3 python
    fi
    found=
    for candidate; do
        path=$(command -v "$candidate") || continue
        if answer=$("$path" -c "$probe" "$versions" 2>/dev/null); then
            python=$path
            return
        fi
        case $found in *"$path "*) continue ;; esac
        found="$found${found:+, }$path (${answer:-does not run})"
    done
    echo "This course needs Python $versions; found ${found:-none}." \
        "Install one, or name one: make PYTHON=/path/to/python3.13" >&2
    exit 1
}

reinstall=
if ! "$venv/bin/python" -c "$probe" "$versions" >/dev/null 2>&1; then # none yet, or none any more
    find_python
    echo "Building $venv with $path ($answer). This happens once."
    rm -rf "$venv"
    "$python" -m venv "$venv"
elif [ "$(cat "$venv/.stamp" 2>/dev/null || pwd -P)" != "$(pwd -P)" ]; then
    echo "The folder was moved, and the scripts in $venv hold the old path: writing them again."
    "$venv/bin/python" -m venv "$venv"
    reinstall=--reinstall
fi
python=$venv/bin/python
# An environment that uv made has no pip.
"$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null
"$python" -m pip install --quiet --disable-pip-version-check \
    "$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.txt)"
# uv is ten times quicker than pip, but doesn't read pip's settings, such as a mirror.
"$python" -m uv pip install --python "$python" $reinstall -r requirements.txt ||
    "$python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
# The build backend is in the lock, so building the course asks the network for nothing.
"$python" -m uv pip install --python "$python" --quiet --no-deps --no-build-isolation -e .
pwd -P >"$venv/.stamp"
