"""The course's models in other languages, each in an environment of its own: ``make peers``.

One file a system, to be read side by side: ``stan``, ``pyro`` (``pyro_jit`` compiles it),
``edward2``, and ``tfp`` with ``tfp_jax``, ``tfp_graph`` and ``tfp_xla``, which say what TensorFlow
Probability computes with. NumPyro's and PyMC's programs are in :mod:`course_utils.models`, since
both live in the course's own environment.

Every file has ``prepare(name, data, settings)``: from the name of a model and its data it makes a
sampler, ``sample(seed) -> (draws, notes)``. Draws are arrays (chain, draw, ...) by the names that
the course's model has for its sites. Notes are ``sampling_share``, which part of the time after
compiling went into the draws that are kept, and of these ``divergences`` and ``leapfrogs``, the sum
over all, or None where a system keeps no count.

These files import their system at the top, so they can only be imported where it is installed.
:func:`source` reads them anywhere.
"""

import ast
import textwrap
from pathlib import Path


def source(program: str, model: str) -> str:
    """Return the text of a model in a language, as the benchmarks run it.

    Parameters
    ----------
    program : str
        "stan", "pyro", "edward2" or "tfp".
    model : str
        Name of the model, such as "eight_schools_noncentered".

    Raises
    ------
    ValueError
        If there is no such program, or it lacks the model.
    """
    file = Path(__file__).with_name(f"{program}.py")
    if not file.exists():
        raise ValueError(f"program is {program!r}; allowed are stan, pyro, edward2 and tfp")
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name == model:
            return ast.get_source_segment(text, node) or ""
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if ast.unparse(key) == repr(model) and isinstance(value, ast.Constant):
                    return textwrap.dedent(value.value).strip()
    raise ValueError(f"model is {model!r}, of which {file.name} has no program")
