"""Tie the files that PyTorch's modules are exported to with the modules: TorchScript, ONNX, exported programs."""

from __future__ import annotations

from .models import Beside, describers, facts_of, tell_model
from .tensors import inputs_of, tensor_in_words
from .torch import module_facts
from ..guarding import also, first, method

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_made_of = Beside()
"""What each exported program was made of."""


def watch_scripts(jit: Any) -> None:
    """Record ``torch.jit.save`` and the method of the same name."""
    also(jit, "save", lambda _result, arguments, named: _note(arguments, named, "m", "f"))
    method(jit.RecursiveScriptModule, "save", lambda _result, arguments, named: _note(arguments, named, "self", "f"))


def watch_onnx(onnx: Any) -> None:
    """Record ``torch.onnx.export``, and programs that it returns and that are saved later."""
    also(onnx, "export", _note_onnx)
    program = getattr(onnx, "ONNXProgram", None)
    if program is not None:
        method(program, "save", lambda _result, arguments, named: _note_program(arguments, named, "destination"))


def watch_exports(export: Any) -> None:
    """Record ``torch.export.save``."""
    describers.append(_program_facts)
    also(export, "export", _note_exported)
    also(export, "save", lambda _result, arguments, named: _note(arguments, named, "ep", "f"))


def _note(arguments: tuple[Any, ...], named: dict[str, Any], value_name: str, path_name: str) -> None:
    tell_model(first(arguments, named, path_name, at=1), facts_of(first(arguments, named, value_name)))


def _note_onnx(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    model = first(arguments, named, "model")
    facts = facts_of(model)
    if facts is None:
        return
    given = first(arguments, named, "args", at=1)
    inputs = inputs_of(model, given if isinstance(given, tuple) else (given,), named.get("kwargs") or {})
    facts = {"inputs": inputs, **facts, "framework": "onnx", "framework_version": ""}
    target = first(arguments, named, "f", at=2)
    if target is not None:
        tell_model(target, facts)
    if result is not None:
        _made_of.put(result, facts)


def _note_program(arguments: tuple[Any, ...], named: dict[str, Any], path_name: str) -> None:
    tell_model(first(arguments, named, path_name, at=1), _made_of.get(arguments[0]))


def _note_exported(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    _made_of.put(result, module_facts(first(arguments, named, "mod")))


def _program_facts(value: Any) -> dict[str, object] | None:
    """Return what an exported program says of itself, with the classes of the module that it was made of."""
    graph_signature = getattr(value, "graph_signature", None)
    if graph_signature is None or type(value).__name__ != "ExportedProgram":
        return None
    known = _made_of.get(value) or module_facts(value.graph_module)
    tensors = {each.name: each.meta.get("val") for each in value.graph_module.graph.nodes}
    sides = {"inputs": graph_signature.user_inputs, "outputs": graph_signature.user_outputs}
    shapes = {
        side: {str(name): tensor_in_words(tensors[name]) for name in names if hasattr(tensors.get(name), "dtype")}
        for side, names in sides.items()
    }
    return {**known, **shapes}
