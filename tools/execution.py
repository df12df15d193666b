"""Run a page in a fresh kernel of the current environment, and build notebooks from texts."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pages
import rules
from jupyter_client.manager import AsyncKernelManager
from lab import COMPILE_CACHE
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager
from pages import Page, PageError

CELL_TIMEOUT = 300  # seconds, the same for building and for testing


@contextlib.contextmanager
def kernel_environment(root: Path) -> Iterator[dict[str, str]]:
    """Yield the variables under which pages run, when they are built and when they are tested.

    The package comes from this tree's own `src`, whatever is installed; the order of sets is
    fixed; pictures are drawn inline; and no start-up file, history or warning filter of the
    person at the keyboard takes part.
    """
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as folder:
        yield {
            "PYTHONPATH": str(root / "src"),
            "PYTHONHASHSEED": "0",
            "PYTHONWARNINGS": "default::DeprecationWarning:__main__",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "IPYTHONDIR": folder,
        }


@contextlib.contextmanager
def empty_caches() -> Iterator[dict[str, str]]:
    """Yield the variables that point JAX's and PyTensor's compile caches to an empty folder."""
    with tempfile.TemporaryDirectory(prefix="cold-", ignore_cleanup_errors=True) as folder:
        yield {
            **COMPILE_CACHE,
            "JAX_COMPILATION_CACHE_DIR": str(Path(folder, "jax")),
            "PYTENSOR_FLAGS": f"base_compiledir={Path(folder, 'pytensor')}",
            "NUMBA_CACHE_DIR": str(Path(folder, "numba")),
        }


class _Client(NotebookClient):
    """A client whose kernel is that of the running Python, as nbval's is."""

    def create_kernel_manager(self) -> AsyncKernelManager:
        """Return the manager of a kernel in this environment."""
        self.km = AsyncKernelManager(
            kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager()
        )
        return self.km


def execute(
    notebook: NotebookNode,
    page: Page,
    variables: Mapping[str, str] | None = None,
    on_cell: Callable[[int, int], None] | None = None,
) -> float:
    """Execute a notebook in place, in its own folder, and return the seconds it took."""
    here = 0

    def starting(cell: NotebookNode, cell_index: int) -> None:
        nonlocal here
        here = cell_index
        if on_cell:
            on_cell(cell_index, len(notebook.cells))

    for cell in pages.code_cells(notebook):
        cell.update(outputs=[], execution_count=None)
    notebook.metadata.pop("widgets", None)
    page.notebook.parent.mkdir(parents=True, exist_ok=True)
    client = _Client(
        notebook,
        timeout=CELL_TIMEOUT,
        iopub_timeout=60,  # on a busy machine outputs come late; the default drops them
        raise_on_iopub_timeout=True,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(page.notebook.parent)}},
        on_cell_start=starting,
        # A kernel on the loopback device warns at each start that it is not encrypted.
        extra_arguments=["--log-level=ERROR"],
    )
    start = time.perf_counter()
    try:
        with kernel_environment(page.root) as environment:
            client.execute(env={**os.environ, **environment, **(variables or {})})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        where = f"{page.text.relative_to(page.root)}: cell {here}"
        raise PageError(
            f"{where} ({pages.headline(notebook.cells[here])}) failed\n{error}"
        ) from error
    seconds = time.perf_counter() - start
    # The patch release of Python says nothing about the page, and would change every file.
    notebook.metadata.get("language_info", {}).pop("version", None)
    return seconds


def build(
    page: Page,
    *,
    force: bool = False,
    variables: Mapping[str, str] | None = None,
    on_cell: Callable[[int, int], None] | None = None,
) -> float | None:
    """Derive the notebook from the text; return the seconds of execution, None if none was due.

    New prose is taken over as it is; new code is executed, and adds its row to the recorded table
    of costs (see `course_utils.costs`). A page that fails, or that writes to
    stderr, leaves the old notebook untouched.
    """
    notebook = pages.merge(pages.read_text(page), pages.read_notebook(page))
    seconds = None
    if force or not pages.is_fresh(notebook):
        recording = {"COURSE_RECORD": "1", **(variables or {})}
        seconds = execute(notebook, page, recording, on_cell)
        wrong = rules.output_problems(notebook)
        if wrong:
            listed = "\n".join(f"  {line}" for line in wrong)
            raise PageError(f"{page.text.relative_to(page.root)} ran, but:\n{listed}")
        pages.stamp(notebook)
    pages.write(notebook, page.notebook)
    return seconds
