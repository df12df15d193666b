"""A mutant as a difference: the course's own source with one mistake made in it."""

import difflib
import inspect
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from course_utils import hamiltonian
from course_utils.kernel import Kernel


class Rewritten(NamedTuple):
    """A sampler of the package with a mistake in it; called like the right one, gives a kernel.

    Attributes
    ----------
    sampler : ModuleType
        ``course_utils.hmc`` or ``course_utils.nuts``.
    source : ModuleType
        Where the mistake is made: in the sampler, or in ``course_utils.hamiltonian`` below it.
    changes : tuple of (str, str)
        Old text, which must occur exactly once, and new text.
    """

    sampler: ModuleType
    source: ModuleType
    changes: tuple[tuple[str, str], ...]

    def __call__(self, *args: Any, **kwargs: Any) -> Kernel:
        """Build the wrong kernel."""
        return getattr(self.modules()[0], self.sampler.__name__.rpartition(".")[2])(*args, **kwargs)

    def modules(self) -> tuple[ModuleType, ModuleType]:
        """Return sampler and Hamilton's dynamics as they are with the mistake."""
        return _modules(self)

    def difference(self) -> str:
        """Return what was changed, as a unified diff."""
        right = inspect.getsource(self.source).splitlines()
        wrong = _changed(self.source, self.changes).splitlines()
        file = self.source.__name__.replace(".", "/") + ".py"
        lines = difflib.unified_diff(right, wrong, file, file, "right", "wrong", n=2, lineterm="")
        return "\n".join(lines)


def show(mutant: Any) -> str:
    """Return the mistake as text: the difference to the right sampler, or the whole function."""
    if isinstance(mutant, Rewritten):
        return mutant.difference()
    return inspect.getsource(mutant).rstrip()


@cache
def _modules(mutant: Rewritten) -> tuple[ModuleType, ModuleType]:
    if mutant.source is hamiltonian:
        dynamics = _execute(hamiltonian, mutant.changes)
        sampler = _execute(mutant.sampler, ())
        sampler.hamiltonian = dynamics
        return sampler, dynamics
    return _execute(mutant.source, mutant.changes), hamiltonian


def _changed(module: ModuleType, changes: tuple[tuple[str, str], ...]) -> str:
    source = inspect.getsource(module)
    for old, new in changes:
        if source.count(old) != 1:
            raise ValueError(
                f"{module.__name__} holds the text {old!r} {source.count(old)} times; a mutant "
                "needs it exactly once. The source has changed: change the mutant with it"
            )
        source = source.replace(old, new)
    return source


def _execute(module: ModuleType, changes: tuple[tuple[str, str], ...]) -> ModuleType:
    name = f"{module.__name__} (mutant)"
    mutant = ModuleType(name)
    exec(compile(_changed(module, changes), name, "exec"), vars(mutant))
    # The classes stay those of the right module, so that states of either are of one type.
    vars(mutant).update({k: v for k, v in vars(module).items() if isinstance(v, type)})
    return mutant
