"""Record what the program tells MLflow, at the one place that its functions, clients and autologging all pass."""

from __future__ import annotations

import os
import sys

from .files import hand_over
from .telling import know_run, tell_metrics, tell_params, tell_tags
from ..frameworks.models import Beside
from ..guarding import first, method

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_MLFLOW = "mlflow"
_DEPTH_MAX = 12
_OF_MLFLOW = "mlflow."
_MODELS_MAX = 1_000

_places = Beside()
"""Whose files go through each repository of artifacts, and at which server."""

_models: dict[str, tuple[str, str]] = {}
"""The run of each logged model, and what stands before the names of its files."""

_watched: set[tuple[type, str]] = set()


def watch_mlflow(module: Any) -> None:
    """Record parameters, metrics, tags, data sets and files of every run that the program tells of."""
    client = module.TrackingServiceClient
    for name, record in _RECORDED.items():
        method(client, name, record)


def _note_run(result: Any, arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
    info = result.info
    tracking_uri = getattr(arguments[0], "tracking_uri", "")
    know_run(_MLFLOW, info.run_id, getattr(info, "run_name", ""), {"tracking_uri": tracking_uri})


def _run_of(arguments: tuple[Any, ...], named: dict[str, Any]) -> str:
    run_id = str(first(arguments, named, "run_id", at=1))
    know_run(_MLFLOW, run_id, tags={"tracking_uri": getattr(arguments[0], "tracking_uri", "")})
    return run_id


def _note_param(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    key, value = first(arguments, named, "key", at=2), first(arguments, named, "value", at=3)
    tell_params(_MLFLOW, _run_of(arguments, named), {key: value}, is_automatic=_is_automatic())


def _note_metric(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    key, value = first(arguments, named, "key", at=2), first(arguments, named, "value", at=3)
    tell_metrics(_MLFLOW, _run_of(arguments, named), {key: value}, first(arguments, named, "step", at=5) or 0)


def _note_tag(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    _tell_tags(
        _run_of(arguments, named), {first(arguments, named, "key", at=2): first(arguments, named, "value", at=3)}
    )


def _note_batch(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    run_id = _run_of(arguments, named)
    params = {each.key: each.value for each in first(arguments, named, "params", at=3) or ()}
    tell_params(_MLFLOW, run_id, params, is_automatic=_is_automatic())
    _tell_tags(run_id, {each.key: each.value for each in first(arguments, named, "tags", at=4) or ()})
    if _is_asked_by("log_model_metrics_for_step"):
        return  # points that the run has, told once more with the model that was logged
    at_steps: dict[int, dict[str, Any]] = {}
    for each in first(arguments, named, "metrics", at=2) or ():
        values = at_steps.setdefault(each.step, {})
        if each.key in values:  # two points of one metric at one step
            tell_metrics(_MLFLOW, run_id, {each.key: each.value}, each.step)
        else:
            values[each.key] = each.value
    for step, values in at_steps.items():
        tell_metrics(_MLFLOW, run_id, values, step)


def _note_inputs(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    for each in first(arguments, named, "datasets", at=2) or ():
        dataset = each.dataset
        tell_tags(
            _MLFLOW,
            _run_of(arguments, named),
            {f"mlflow.dataset.{dataset.name}": f"{dataset.digest} {dataset.source_type} {dataset.source}"},
        )


def _note_place(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Remember whose files go through a repository of artifacts, and look at what goes through those of its class.

    All functions that log a file come here, and the threads that log pictures behind the program's back do.
    """
    subject = str(first(arguments, named, "resource_id", "run_id", at=1))
    if _places.get(result) is None:
        _places.put(result, (subject, getattr(arguments[0], "tracking_uri", "")))
    for name, record in _HANDED.items():
        owner = next((each for each in type(result).__mro__ if name in vars(each)), None)
        if owner is not None and (owner, name) not in _watched:
            _watched.add((owner, name))
            method(owner, name, record)


def _note_model(result: Any, _arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
    name = getattr(result, "name", "") or "model"
    _models[result.model_id] = str(getattr(result, "source_run_id", None) or ""), f"models/{name}"
    if len(_models) > _MODELS_MAX:
        del _models[next(iter(_models))]


def _note_file(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    path = os.fspath(first(arguments, named, "local_file", at=1))
    _hand_over(arguments, named, path, os.path.basename(path))


def _note_folder(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    _hand_over(arguments, named, os.fspath(first(arguments, named, "local_dir", at=1)), "")


def _hand_over(arguments: tuple[Any, ...], named: dict[str, Any], path: str, name: str) -> None:
    known = _places.get(arguments[0])
    if known is None:
        return  # of no run: the program asked for it by an address
    subject, tracking_uri = known
    run_id, folder = _models.get(subject, (subject, ""))
    before = know_run(_MLFLOW, run_id, tags={"tracking_uri": tracking_uri}) if run_id else ""
    if before is not None:
        parts = (folder, first(arguments, named, "artifact_path", at=2), name)
        hand_over(_MLFLOW, before, "/".join(str(each) for each in parts if each), path)


def _tell_tags(run_id: str, tags: dict[str, Any]) -> None:
    # Its own tags name the user, the script and the commit, which are recorded anyway.
    tell_tags(_MLFLOW, run_id, {key: value for key, value in tags.items() if not str(key).startswith(_OF_MLFLOW)})


def _is_automatic() -> bool:
    """Tell whether MLflow's autologging asks, by the function that it alone works off its queue with."""
    return _is_asked_by("_flush_pending_operations")


def _is_asked_by(function: str) -> bool:
    frame = sys._getframe(1)  # noqa: SLF001 the one way to know the caller
    for _ in range(_DEPTH_MAX):
        if frame.f_back is None:
            return False
        frame = frame.f_back
        if frame.f_code.co_name == function:
            return True
    return False


_RECORDED = {
    "create_run": _note_run,
    "log_param": _note_param,
    "log_metric": _note_metric,
    "set_tag": _note_tag,
    "log_batch": _note_batch,
    "log_inputs": _note_inputs,
    "create_logged_model": _note_model,
    "_get_artifact_repo": _note_place,
}

_HANDED = {"log_artifact": _note_file, "log_artifacts": _note_folder}
