"""Record the Trainer of transformers: its arguments, its log, its checkpoints; and models saved by hand."""

from __future__ import annotations

import os

from .models import describers, tell_model, version_of
from .naming import numbers, params_of
from .torch import module_facts
from ..guarding import first, method
from ..seeds import note_seed
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_ALWAYS = frozenset(
    "learning_rate num_train_epochs max_steps per_device_train_batch_size gradient_accumulation_steps weight_decay"
    " lr_scheduler_type optim seed".split()
)
"""Arguments that are told even where they are the defaults, which differ between releases."""

_NO_PARAMS = frozenset("output_dir logging_dir run_name report_to".split())
_CHECKPOINT = "checkpoint-"


def watch_training(callbacks: Any) -> None:
    """Record what the Trainer tells its callbacks, at the place where it calls them."""
    handler = callbacks.CallbackHandler
    method(handler, "on_train_begin", _note_begin)
    method(handler, "on_log", _note_log)
    method(handler, "on_save", _note_save)
    method(handler, "on_train_end", _note_end)


def watch_saves(modeling: Any) -> None:
    """Record ``save_pretrained`` of models."""
    model = modeling.PreTrainedModel
    # Before that of PyTorch, whose module such a model is too.
    describers.insert(0, lambda value: model_facts(value) if isinstance(value, model) else None)
    method(model, "save_pretrained", _note_pretrained)


def _note_begin(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    settings = first(arguments, named, "args", at=1)
    params = params_of(type(settings).__name__, _told(settings))
    config = getattr(arguments[0].model, "config", None)
    if config is not None:
        params |= params_of(type(config).__name__, config.to_diff_dict().items())
        params.pop(f"{type(config).__name__}.transformers_version", None)  # a package, and no parameter
    emit("param", params=params, source="transformers")
    note_seed("TrainingArguments.seed", settings.seed)


def _told(settings: Any) -> Iterator[tuple[str, object]]:
    """Yield the arguments that are not what they are by default, and those that always matter."""
    for name, field in type(settings).__dataclass_fields__.items():
        value = getattr(settings, name, None)
        value = getattr(value, "value", value)  # members of enumerations
        default = getattr(field.default, "value", field.default)
        if name not in _NO_PARAMS and (name in _ALWAYS or (field.init and value != default)):
            yield name, value


def _note_log(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    state = first(arguments, named, "state", at=2)
    found = numbers(first(arguments, named, "logs", at=4) or {})
    if found and state.is_world_process_zero:
        emit("metric", metrics=found, step=state.global_step)


def _note_save(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    settings, state = first(arguments, named, "args", at=1), first(arguments, named, "state", at=2)
    if state.is_world_process_zero:
        path = os.path.join(settings.output_dir, f"{_CHECKPOINT}{state.global_step}")
        tell_model(path, model_facts(arguments[0].model) | _made(path))


def _note_end(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    state = first(arguments, named, "state", at=2)
    best = getattr(state, "best_model_checkpoint", None)
    if best and state.is_world_process_zero:
        tell_model(best, model_facts(arguments[0].model) | {"role": "best"})


def _note_pretrained(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    path = first(arguments, named, "save_directory", at=1)
    tell_model(path, model_facts(arguments[0]) | _made(str(path)))


def _made(path: str) -> dict[str, object]:
    name = os.path.basename(os.path.normpath(path))
    step = name.removeprefix(_CHECKPOINT)
    return {"role": "checkpoint", "step": int(step)} if name != step and step.isdigit() else {}


def model_facts(model: Any) -> dict[str, object]:
    """Return what transformers says of a model: version, parameters and modules, its main input, its labels."""
    config = getattr(model, "config", None)
    labels = getattr(config, "id2label", None) or {}
    name = getattr(model, "main_input_name", "")
    return {
        **module_facts(model),
        "framework": "transformers",
        "framework_version": version_of("transformers"),
        "inputs": {str(name): ""} if name else {},
        "classes": [str(each) for each in labels.values()] if "Classification" in type(model).__name__ else [],
    }
