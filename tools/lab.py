"""Open JupyterLab on the first chapter.

`make lab` calls it; anywhere else: `python tools/lab.py [any option of jupyter lab]`.
"""

import os
import sys
import webbrowser
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
START = "/lab/tree/notebooks/00_start_here.ipynb"

# Keep what JAX compiled for the next kernel, however small and quick it was.
COMPILE_CACHE = {
    "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def has_browser(environ=os.environ, platform=sys.platform) -> bool:
    """Return whether a browser window can open: text browsers in a terminal don't count."""
    if "BROWSER" in environ:
        return True
    if platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(environ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def is_root() -> bool:
    """Return whether this process runs as root (never on Windows)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def options(argv: list[str], *, browser: bool, root: bool) -> list[str]:
    """Return JupyterLab's options; those in `argv` come last, so that they win."""
    return [
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url={START}",
        "--LabApp.news_url=None",  # no question about news, no look-up of updates
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--ServerApp.answer_yes=True",  # Ctrl-C stops at once
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
        *(["--allow-root"] if root else []),
        *([] if browser else ["--no-browser"]),
        *argv,
    ]


def trust_pages() -> None:
    """Sign the course's own pages: JupyterLab strips moving pictures from pages nobody signed."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()
    for pattern in ("notebooks/[0-9]*.ipynb", "notebooks/solutions/[0-9]*.ipynb", "live/*.ipynb"):
        for path in ROOT.glob(pattern):
            notary.sign(nbformat.read(path, as_version=4))


def greeting(url: str, token: str, *, browser: bool) -> str:
    """Return what the learner reads once the server listens."""
    address = f"{url}?{urlencode({'token': token})}" if token else url
    lines = [
        "",
        "JupyterLab is ready. " + ("If no browser opens, open:" if browser else "Open:"),
        "",
        f"    {address}",
        "",
    ]
    if not browser:
        lines += [
            "In a container: publish a port and start with  make lab IP=0.0.0.0 PORT=8888",
            "On a remote machine: forward the port of this address to your own machine by ssh -L",
        ]
    return "\n".join([*lines, "Stop with Ctrl-C.", ""])


def main() -> None:
    """Start the server and serve until Ctrl-C."""
    print("Starting JupyterLab …", flush=True)
    for name, value in {**COMPILE_CACHE, "JUPYTER_TOKEN": token_hex(24)}.items():
        os.environ.setdefault(name, value)
    from jupyterlab.labapp import LabApp  # reads the environment when imported

    trust_pages()
    browser = has_browser()
    server = LabApp.initialize_server(options(sys.argv[1:], browser=browser, root=is_root()))
    wildcard = server.ip in ("", "0.0.0.0", "::")
    url = server.local_url if wildcard else server.public_url
    print(greeting(url.split("?")[0], server.identity_provider.token, browser=browser), flush=True)
    server.start()


if __name__ == "__main__":
    main()
