"""Counting what JAX compiles: recompilation is the commonest reason why a program is slow."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jax.experimental.compilation_cache.compilation_cache import reset_cache

COMPILE_EVENT = "/jax/core/compile/backend_compile_duration"
COMPILE_PHASES = "/jax/core/compile/"
CACHE_HIT_EVENT = "/jax/compilation_cache/cache_hits"


@dataclass
class CompileLog:
    """Compilations seen so far inside :func:`count_compiles`.

    Attributes
    ----------
    names : list of str
        One entry a compiled program, in order, by the name of its function.
    cache_hits : int
        How many of them were loaded from the compilation cache on disk instead of compiled.
    spans : list of (float, float)
        Start and end, in seconds, of all tracing, lowering and compiling; they may overlap.
    """

    names: list[str] = field(default_factory=list)
    cache_hits: int = 0
    spans: list[tuple[float, float]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of programs compiled or loaded from the cache."""
        return len(self.names)

    @property
    def seconds(self) -> float:
        """Wall time of tracing, lowering and compiling: the length of the union of the spans."""
        total, reached = 0.0, -np.inf
        for start, end in sorted(self.spans):
            total += max(0.0, end - max(start, reached))
            reached = max(reached, end)
        return total


@contextmanager
def count_compiles() -> Iterator[CompileLog]:
    """Count what JAX compiles inside a ``with`` block, in any thread.

    Yields
    ------
    CompileLog
        It grows while the block runs; small programs count as well, ``jnp.arange(3)`` is one.

    References
    ----------
    JAX documentation, ``jax.monitoring``; the event names are those of JAX 0.12.
    """
    log = CompileLog()

    def on_span(event: str, start: float, end: float, **labels: Any) -> None:
        if event.startswith(COMPILE_PHASES):
            log.spans.append((start, end))
        if event == COMPILE_EVENT:
            log.names.append(str(labels.get("fun_name", "?")))

    def on_event(event: str, **_labels: Any) -> None:
        if event == CACHE_HIT_EVENT:
            log.cache_hits += 1

    jax.monitoring.register_event_time_span_listener(on_span)
    jax.monitoring.register_event_listener(on_event)
    try:
        yield log
    finally:
        jax.monitoring.unregister_event_time_span_listener(on_span)
        jax.monitoring.unregister_event_listener(on_event)


@contextmanager
def disk_cache(folder: str | None) -> Iterator[None]:
    """Keep compiled programs in a folder, or nowhere, inside a ``with`` block.

    JAX reads the settings of its cache once, with the first program that it compiles, so changing
    them later needs a reset.

    Parameters
    ----------
    folder : str or None
        Where compiled programs are kept and looked for; None switches the cache off.

    References
    ----------
    JAX documentation, "Persistent compilation cache".
    """
    settings = {
        "jax_compilation_cache_dir": folder,
        "jax_persistent_cache_min_compile_time_secs": 0.0,  # the default leaves out quick ones
        "jax_persistent_cache_min_entry_size_bytes": -1,  # and small ones
    }
    before = {name: getattr(jax.config, name) for name in settings}
    try:
        for name, value in settings.items():
            jax.config.update(name, value)
        reset_cache()
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        reset_cache()
