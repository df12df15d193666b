"""Set-up of `pytest --nbval notebooks`: how cells run, what is compared, and the page rules.

nbval runs every cell of every notebook and compares its outputs with the stored ones. This file
adds: the current environment's kernel and this tree's own package; a time limit; numbers compared
to a tolerance (1e-4, loosened by a cell tag such as `tol-0.3`); and one item for each page, named
`page`, that checks what a comparison of outputs can't see (`tools/rules.py`).
"""

import functools
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import compare  # noqa: E402
import execution  # noqa: E402
import rules  # noqa: E402

collect_ignore = ["src"]
ENVIRONMENT = pytest.StashKey[dict[str, str]]()


def execute_with_history(kernel, cell_input, allow_stdin=None):
    """Run a cell as JupyterLab does.

    nbval leaves the history off, and then IPython overlooks a trailing semicolon and prints the
    value that the stored page does not show (nbval#194, ipython#14162).
    """
    return kernel.kc.execute(
        cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


def pytest_configure(config):
    """Choose kernel, time limit and variables, unless the command line says otherwise."""
    if config.option.nbval_kernel_name is None:
        config.option.nbval_current_env = True
    config.option.nbval_cell_timeout = min(config.option.nbval_cell_timeout, execution.CELL_TIMEOUT)
    # On Windows pyzmq says that it starts a helper thread beside the default event loop.
    config.addinivalue_line("filterwarnings", "ignore:Proactor event loop:RuntimeWarning")
    stack = ExitStack()
    config.add_cleanup(stack.close)
    config.stash[ENVIRONMENT] = stack.enter_context(execution.kernel_environment(ROOT))
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(RunningKernel, "execute_cell_input", execute_with_history)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Start kernels under the same variables as when the pages were built."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in item.config.stash[ENVIRONMENT].items():
            patch.setenv(key, value)
        return (yield)


def pytest_collect_file(file_path, parent):
    """Add the page rules to every notebook."""
    if file_path.suffix == ".ipynb":
        return PageFile.from_parent(parent, path=file_path)


def pytest_collectstart(collector):
    """Leave out of the comparison what differs without meaning anything."""
    if isinstance(collector, IPyNbFile):
        collector.skip_compare += rules.NOT_COMPARED


def pytest_itemcollected(item):
    """Let nbval compare numbers to a tolerance: its last step before `==` is `sanitize`."""
    if isinstance(item, IPyNbCell):
        rtol = rules.tolerance(item.cell) or compare.DEFAULT_RTOL
        item.sanitize = functools.partial(sanitize, rtol=rtol)


def sanitize(output, rtol):
    """Return an output that is equal to another one up to the tolerance of its cell."""
    return compare.Printed(output, rtol) if isinstance(output, str) else output


def pytest_assertrepr_compare(left, right):
    """Name the words or numbers that differ."""
    if isinstance(left, compare.Printed):
        return compare.differences(left, right, left.rtol)


class PageFile(pytest.File):
    """A notebook as a stored page."""

    def collect(self):
        """Yield the one item that checks all rules."""
        yield PageItem.from_parent(self, name="page")


class PageItem(pytest.Item):
    """The rules that a stored page keeps."""

    def runtest(self):
        """Fail with everything that is wrong with the page."""
        found = rules.problems(self.path, ROOT)
        if found:
            raise BrokenPage("\n".join(found))

    def repr_failure(self, excinfo):
        """Show the messages alone; a traceback of the checker helps nobody."""
        if isinstance(excinfo.value, BrokenPage):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        """Name the page in reports."""
        return self.path, 0, f"{self.path.relative_to(ROOT).as_posix()}::page"


class BrokenPage(Exception):
    """A stored page breaks a rule."""
