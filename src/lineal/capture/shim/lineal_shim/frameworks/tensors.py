"""What goes into PyTorch's modules and comes out: names, types and shapes of the first call, for models without columns.

PyTorch's own hooks on all modules tell it. They are there only for the first few calls, as they would slow a training down,
and are gone before anything is compiled, which would compile them too.
"""

from __future__ import annotations

import sys
import threading
from inspect import signature

from .models import Beside
from ..guarding import also, method, quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_CALLS = 20
"""Calls of whole models that are looked at; each new optimizer begins to count anew."""

_TIMES_MAX = 10
_TENSORS_MAX = 50
_DEPTH_MAX = 3
_WRAPPERS = frozenset(("DistributedDataParallel", "DataParallel", "FullyShardedDataParallel"))

_seen = Beside()
_outer = threading.local()
_handles: list[Any] = []
_left = [_CALLS, _TIMES_MAX]


def listen() -> None:
    """Look at the next calls of modules, unless something was compiled."""
    torch_modules = sys.modules.get("torch.nn.modules.module")
    if torch_modules is None or not _left[1]:
        return
    _left[:] = _CALLS, _left[1] - 1
    if not _handles:
        before = torch_modules.register_module_forward_pre_hook(_begin)
        after = torch_modules.register_module_forward_hook(_end, with_kwargs=True, always_call=True)
        _handles.extend((before, after))


def watch_compiling(eval_frame: Any) -> None:
    """Stop for good before a module is compiled; ``eval_frame`` is ``torch._dynamo.eval_frame``."""
    method(eval_frame.OptimizeContext, "__init__", lambda *_: _stop_for_good())


def watch_scripting(recursive: Any) -> None:
    """A module that is made TorchScript takes what it was; ``recursive`` is ``torch.jit._recursive``."""
    also(recursive, "create_script_module", lambda result, arguments, _named: _carry_over(arguments[0], result))


def watch_tracing(trace: Any) -> None:
    """So does one that is traced; ``trace`` is ``torch.jit._trace``."""
    method(trace.TracedModule, "__init__", lambda _result, arguments, _named: _carry_over(arguments[1], arguments[0]))


def _carry_over(module: Any, made: Any) -> None:
    known = _seen.get(module)
    if known is not None:
        _seen.put(made, known)


def tensors_of(module: Any) -> dict[str, dict[str, str]]:
    """Return the ``inputs`` and ``outputs`` of a module, each a type and shape by name; nothing if no call was seen."""
    known: dict[str, dict[str, str]] | None = _seen.get(module)
    return known if known is not None else {}


def inputs_of(module: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, str]:
    """Return type and shape of each argument that is a tensor, by the names that the module gives them."""
    names = [*signature(type(module).forward).parameters][1:]
    given = [(names[place] if place < len(names) else f"input_{place}", each) for place, each in enumerate(arguments)]
    return dict(_tensors([*given, *named.items()]))


def _begin(module: Any, _arguments: Any) -> None:
    # Its parts are called inside of it.
    if getattr(_outer, "module", None) is None:
        _outer.module = module


def _end(module: Any, arguments: Any, named: Any, output: Any) -> None:
    if getattr(_outer, "module", None) is module:
        _outer.module = None
        quietly(_note_call, module, arguments, named, output)


def _note_call(module: Any, arguments: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
    _left[0] -= 1
    if _left[0] <= 0:
        _stop()
    # While a call is traced, its shapes are part of what is traced; after an exception there is no output.
    if output is None or _seen.get(module) is not None or sys.modules["torch"]._C._get_tracing_state() is not None:  # noqa: SLF001
        return
    found = {"inputs": inputs_of(module, arguments, named), "outputs": dict(_tensors(_outputs(output)))}
    _seen.put(module, found)
    if type(module).__name__ in _WRAPPERS:
        _seen.put(module.module, found)


def _outputs(output: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(output, dict):
        return [(str(name), each) for name, each in dict.items(output)]
    parts = output if isinstance(output, (list, tuple)) else [output]
    return [(f"output_{place}", each) for place, each in enumerate(parts)]


def _tensors(values: Iterable[tuple[str, Any]], depth: int = 0) -> Iterator[tuple[str, str]]:
    for place, (name, value) in enumerate(values):
        if place >= _TENSORS_MAX or depth > _DEPTH_MAX:
            return
        if _is_tensor(value):
            yield name, tensor_in_words(value)
        elif isinstance(value, dict):
            yield from _tensors([(f"{name}.{key}", each) for key, each in dict.items(value)], depth + 1)
        elif isinstance(value, (list, tuple)):
            yield from _tensors([(f"{name}.{position}", each) for position, each in enumerate(value)], depth + 1)


def _is_tensor(value: Any) -> bool:
    """Tell whether ``value`` is a tensor of PyTorch's own: others may do something when they are asked."""
    return isinstance(value, sys.modules["torch"].Tensor) and type(value).__module__.partition(".")[0] == "torch"


def tensor_in_words(tensor: Any) -> str:
    """Return type and shape, as ``float32[8,4]``; a size that is not known in advance is ``?``."""
    sizes = ",".join(str(each) if type(each) is int else "?" for each in tensor.shape)
    return f"{str(tensor.dtype).removeprefix('torch.')}[{sizes}]"


def _stop() -> None:
    while _handles:
        _handles.pop().remove()


def _stop_for_good() -> None:
    _left[1] = 0
    _stop()
