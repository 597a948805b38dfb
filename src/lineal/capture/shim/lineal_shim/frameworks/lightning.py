"""Record Lightning: hyperparameters, what its loggers would be given, and its checkpoints."""

from __future__ import annotations

from .models import tell_model
from .naming import numbers, params_of
from .torch import module_facts
from ..guarding import alike, first, method, quietly
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_OF_THE_TRAINER = ("max_epochs", "max_steps", "accumulate_grad_batches", "gradient_clip_val", "precision")


def watch_trainer(module: Any) -> None:
    """Record ``fit`` and checkpoints of the ``Trainer``."""
    trainer = module.Trainer
    fit = trainer.fit

    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        quietly(_note_params, self, arguments, named)
        result = fit(self, *arguments, **named)
        quietly(_note_best, self)
        return result

    trainer.fit = alike(recorded, fit)
    method(trainer, "save_checkpoint", _note_checkpoint)


def watch_metrics(connector: Any) -> None:
    """Record what is sent to loggers, at the place where they get it, whether there are any or none."""
    kind = connector._LoggerConnector  # noqa: SLF001 the one place that all loggers are told from
    method(kind, "log_metrics", _note_metrics)


def _note_metrics(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    trainer = arguments[0].trainer
    found = numbers(first(arguments, named, "metrics", at=1) or {})
    if not found or not trainer.is_global_zero:
        return
    step = first(arguments, named, "step", at=2)
    said = found.pop("step", None)
    if step is None:
        step = said if said is not None else trainer.fit_loop.epoch_loop._batches_that_stepped  # noqa: SLF001 as loggers
    emit("metric", metrics=found, step=int(step))


def _note_params(trainer: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    if not trainer.is_global_zero:
        return
    params = params_of("Trainer", [(name, getattr(trainer, name, None)) for name in _OF_THE_TRAINER])
    data = named.get("datamodule") or next((each for each in arguments if hasattr(each, "train_dataloader")), None)
    for each in (first(arguments, named, "model"), data):
        hparams = getattr(each, "hparams", None)
        params |= params_of(type(each).__name__, dict(hparams or {}).items())
    emit("param", params=params, source="lightning")


def _facts(trainer: Any) -> dict[str, object]:
    return module_facts(trainer.lightning_module, framework=type(trainer).__module__.partition(".")[0])


def _note_checkpoint(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    trainer = arguments[0]
    if trainer.is_global_zero:
        is_on_the_way = getattr(trainer.state.status, "value", "") == "running"
        made = {"role": "checkpoint", "step": trainer.global_step} if is_on_the_way else {}
        tell_model(first(arguments, named, "filepath", at=1), _facts(trainer) | made)


def _note_best(trainer: Any) -> None:
    for each in trainer.checkpoint_callbacks if trainer.is_global_zero else ():
        path = getattr(each, "best_model_path", "")
        # Without a measure to judge by, the newest is called the best.
        if path and getattr(each, "monitor", None):
            tell_model(path, _facts(trainer) | {"role": "best"})
