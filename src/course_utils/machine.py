"""What every measurement must state beside its number: machine, threads, versions, date."""

import datetime
import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil


def describe_machine(packages: Iterable[str] = ("jax", "numpyro", "pymc", "numpy")) -> dict:
    """Describe where and with what a number is measured.

    Parameters
    ----------
    packages : Iterable of str
        Distributions whose versions are wanted; one that is not installed gets ``None``.

    Returns
    -------
    dict
        ``platform``, ``cpu``, ``threads`` (logical cores this process may use), ``memory_gb``,
        ``versions`` (dict, Python's own included) and ``date`` (ISO 8601, UTC).
    """
    versions: dict[str, Any] = {"python": platform.python_version()}
    return {
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu_name(),
        "threads": num_threads(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "versions": versions | {name: version_of(name) for name in packages},
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def num_threads() -> int:
    """Count the logical cores that this process may use (a container may grant fewer)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def version_of(name: str) -> str | None:
    """Return the installed version of a distribution, ``None`` where it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
