"""Chains spread over devices: the cores of a processor, or several accelerators."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, PartitionSpec

from course_utils.arguments import require_integer
from course_utils.kernel import require_finite_start

RunChain = Callable[[Array, Array], Any]


def use_cpu_devices(num_devices: int) -> None:
    """Let JAX see the processor as several devices; call it before JAX computes anything.

    Parameters
    ----------
    num_devices : int
        At least 1; no more than there are cores to run them.

    Raises
    ------
    RuntimeError
        If JAX has started already, with another number of devices.
    """
    require_integer("num_devices", num_devices)
    try:
        jax.config.update("jax_num_cpu_devices", num_devices)
    except RuntimeError as error:
        found = jax.local_device_count("cpu")
        if found != num_devices:
            raise RuntimeError(
                f"JAX has started with {found} CPU device(s), so it cannot have {num_devices} any "
                "more: call use_cpu_devices right after `import jax`, before the first computation "
                "and before `import blackjax`, which computes; or set the environment variable "
                f"JAX_NUM_CPU_DEVICES={num_devices} before Python starts"
            ) from error


def over_devices(
    run: RunChain,
    key: Array,
    positions: Array,
    *,
    num_devices: int | None = None,
    chain_method: str = "sequential",
) -> Any:
    """Run chains on several devices, each of which works through its share without waiting.

    Chain c gets the key ``jax.random.split(key, num_chains)[c]``, as in
    :func:`course_utils.kernel.sample`. So its draws depend neither on the number of devices nor,
    up to rounding, on ``chain_method``.

    Parameters
    ----------
    run : Callable
        One chain, ``run(key, position) -> pytree``, position of shape (dim,), for instance
        a warm-up and then :func:`course_utils.kernel.sample_chain`. With ``"together"`` all chains
        of a device at once, ``run(key, positions) -> pytree`` with a leading chain axis.
    key : Array
        A random key.
    positions : Array, shape (num_chains, dim)
        Starting positions; the number of chains is a multiple of the number of devices.
    num_devices : int, optional
        How many of ``jax.devices()``; all of them by default.
    chain_method : str
        What a device does with its chains. ``"sequential"``: one after another; the quickest for
        a few chains of NUTS on a CPU, since vectorized chains take every branch and wait for the
        longest trajectory at every draw. ``"vectorized"``: all at once, by ``jax.vmap``.
        ``"together"``: ``run`` takes them all, with the first one's key, and arranges them itself;
        then the draws do depend on the number of devices.

    Returns
    -------
    pytree
        What ``run`` returns, with a leading axis of length num_chains.

    Raises
    ------
    ValueError
        If there are fewer devices, if the chains cannot be shared out equally, or if an argument
        is none of those allowed.

    References
    ----------
    JAX documentation, "Manual parallelism with shard_map".
    """
    positions = jnp.asarray(positions)
    if positions.ndim != 2 or positions.shape[0] == 0:
        raise ValueError(
            f"positions has shape {positions.shape}; allowed is (num_chains, dim) "
            "with at least one chain"
        )
    require_finite_start(positions, positions)
    methods = {
        "sequential": lambda keys, starts: jax.lax.map(lambda chain: run(*chain), (keys, starts)),
        "vectorized": jax.vmap(run),
        "together": lambda keys, starts: run(keys[0], starts),
    }
    if chain_method not in methods:
        raise ValueError(f"chain_method is {chain_method!r}; allowed are {', '.join(methods)}")
    devices = _devices(num_devices)
    if len(positions) % len(devices):
        raise ValueError(
            f"positions holds {len(positions)} chains; allowed over {len(devices)} devices is a "
            f"multiple of {len(devices)}"
        )
    share = PartitionSpec("devices")
    # check_vma would demand that `run` marks every constant that its loops carry as device-local.
    spread = jax.shard_map(
        methods[chain_method],
        mesh=Mesh(np.array(devices), ("devices",)),
        in_specs=(share, share),
        out_specs=share,
        check_vma=False,
    )
    return spread(jax.random.split(key, len(positions)), positions)


def _devices(num_devices: int | None) -> list[jax.Device]:
    devices = jax.devices()
    if num_devices is None:
        return devices
    require_integer("num_devices", num_devices)
    if num_devices > len(devices):
        raise ValueError(
            f"num_devices is {num_devices}, but JAX sees {len(devices)}; on a CPU call "
            f"use_cpu_devices({num_devices}) right after `import jax`, or set the environment "
            f"variable JAX_NUM_CPU_DEVICES={num_devices} before Python starts"
        )
    return devices[:num_devices]
