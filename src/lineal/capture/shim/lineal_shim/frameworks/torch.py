"""Tie the files that PyTorch's modules and their weights are saved to with what the modules are."""

from __future__ import annotations

import sys
import weakref

from .models import describers, facts_of, tell_model, version_of
from .tensors import listen, tensors_of
from ..guarding import also, first, method

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_DICTIONARIES = "tensors", "tensor_dict", "model"
_LINES_MAX = 100
_KNOWN_MAX = 100

_modules: dict[tuple[str, ...], tuple[weakref.ref[Any], dict[str, object]]] = {}
"""Modules whose weights the program asked for, by the names of the weights; and what they were, should they be gone later."""


def watch_modules(module: Any) -> None:
    """Remember whose weights ``state_dict`` gave out: the dictionary itself does not say."""
    kind = module.Module
    describers.append(lambda value: module_facts(value) if isinstance(value, kind) else _state_facts(value))
    method(kind, "state_dict", _note_state)
    listen()


def watch_saves(serialization: Any) -> None:
    """Record ``torch.save``."""
    also(serialization, "save", lambda _result, arguments, named: _note_save(arguments, named, ("obj",), "f"))


def watch_safetensors(safetensors_torch: Any) -> None:
    """Record ``save_file`` and ``save_model`` of safetensors, of tensors or of arrays that were tensors before."""
    for name in ("save_file", "save_model"):
        also(
            safetensors_torch,
            name,
            lambda _result, arguments, named: _note_save(arguments, named, _DICTIONARIES, "filename"),
        )


def _note_state(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    # Parts of a module are asked with the dictionary that they fill.
    if len(arguments) == 1 and named.get("destination") is None and isinstance(result, dict) and result:
        names, module = tuple(result), arguments[0]
        known = _modules.pop(names, None)
        # Describing it takes longer than asking for its weights, which some do at every step.
        is_known = known is not None and known[0]() is module
        _modules[names] = known if known is not None and is_known else (weakref.ref(module), module_facts(module))
        _modules[names][1].update(tensors_of(module))
        if len(_modules) > _KNOWN_MAX:
            del _modules[next(iter(_modules))]


def _note_save(arguments: tuple[Any, ...], named: dict[str, Any], value_names: tuple[str, ...], path_name: str) -> None:
    value = first(arguments, named, *value_names)
    facts = facts_of(value)
    if facts is not None and isinstance(value, dict) and any(_is_optimizer(each) for each in value.values()):
        # Training can go on from it, so it was made on the way.
        facts["role"] = "checkpoint"
    tell_model(first(arguments, named, path_name, at=1), facts)


def _is_optimizer(value: Any) -> bool:
    return isinstance(value, dict) and "param_groups" in value


def _state_facts(value: Any) -> dict[str, object] | None:
    known = _modules.get(tuple(value)) if isinstance(value, dict) and value else None
    if known is None:
        return None
    module = known[0]()
    return module_facts(module) if module is not None else dict(known[1])


def module_facts(module: Any, framework: str = "torch") -> dict[str, object]:
    """Return what PyTorch says of a module: version, parameters, tree of classes, what its first call took and gave."""
    return {
        "framework": framework,
        "framework_version": version_of(framework),
        "architecture": "\n".join(_tree(module)),
        **tensors_of(module),
    }


def _tree(module: Any) -> Iterator[str]:
    sizes = [(each.numel(), each.requires_grad) for each in module.parameters() if not _is_lazy(each)]
    every, trained = sum(size for size, _ in sizes), sum(size for size, is_trained in sizes if is_trained)
    frozen = f" ({every - trained:,} frozen)" if trained != every else ""
    yield f"{_kind(module)}: {every:,} parameters{frozen}"
    parts = [(name, each) for name, each in module.named_modules() if name]
    for name, each in parts[:_LINES_MAX]:
        detail = each.extra_repr() if not any(True for _ in each.children()) and not _is_script(each) else ""
        last = name.rpartition(".")[2]
        yield "  " * (name.count(".") + 1) + f"{last}: {_kind(each)}" + (f"({detail})" if detail else "")
    if len(parts) > _LINES_MAX:
        yield f"  … and {len(parts) - _LINES_MAX} more modules"


def _is_lazy(parameter: Any) -> bool:
    lazy = getattr(sys.modules.get("torch.nn.parameter"), "UninitializedTensorMixin", ())
    return isinstance(parameter, lazy)


def _is_script(module: Any) -> bool:
    """Tell whether a module was made TorchScript, whose classes are all the same."""
    return hasattr(type(module), "original_name")


def _kind(module: Any) -> str:
    if _is_script(module):
        return str(module.original_name)
    kind = type(module)
    return str(kind.__qualname__) if kind.__module__ == "__main__" else f"{kind.__module__}.{kind.__qualname__}"
