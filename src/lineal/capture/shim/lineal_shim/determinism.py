"""The switches of frameworks that decide whether the same code gives the same numbers, as they stand at the end."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_VARIABLES = (
    "CUBLAS_WORKSPACE_CONFIG",
    "NVIDIA_TF32_OVERRIDE",
    "PYTHONHASHSEED",
    "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS",
    "XLA_FLAGS",
)
"""Variables that programs set themselves, before they use a framework."""

_at_start = {name: os.environ.get(name, "") for name in _VARIABLES}


def flags() -> dict[str, str]:
    """Return the switches of the frameworks that the program loaded; one that cannot be asked is left out."""
    found: dict[str, str] = {}
    for name, ask in _questions():
        try:
            found[name] = str(ask())
        except Exception:  # noqa: BLE001,S112 libraries change what they answer, and some refuse
            continue
    now = {name: os.environ.get(name, "") for name in _VARIABLES}
    return found | {name: value for name, value in now.items() if value != _at_start[name]}


def _questions() -> Iterator[tuple[str, Callable[[], Any]]]:
    modules = sys.modules
    if "torch" in modules:
        torch: Any = modules["torch"]
        yield "torch.deterministic_algorithms", torch.are_deterministic_algorithms_enabled
        yield "torch.matmul_precision", torch.get_float32_matmul_precision
        yield "torch.cudnn.deterministic", lambda: torch.backends.cudnn.deterministic
        yield "torch.cudnn.benchmark", lambda: torch.backends.cudnn.benchmark
        yield "torch.cudnn.allow_tf32", lambda: torch.backends.cudnn.allow_tf32
    if "tensorflow" in modules:
        tensorflow: Any = modules["tensorflow"]
        yield "tensorflow.op_determinism", lambda: tensorflow.config.experimental.is_op_determinism_enabled()
        yield "tensorflow.tf32", lambda: tensorflow.config.experimental.tensor_float_32_execution_enabled()
    if "jax" in modules:
        config: Any = modules["jax"].config
        yield "jax.enable_x64", lambda: config.jax_enable_x64
        yield "jax.matmul_precision", lambda: config.jax_default_matmul_precision
        yield "jax.prng", lambda: config.jax_default_prng_impl
