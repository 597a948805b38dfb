"""Record what the program tells MLflow, at the one place that its functions, clients and autologging all pass."""

from __future__ import annotations

import os
import sys
import tempfile

from .telling import know_run, tell_metrics, tell_params, tell_tags
from ..guarding import first, method
from ..writing import gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_MLFLOW = "mlflow"
_DEPTH_MAX = 12
_OF_MLFLOW = "mlflow."


def watch_mlflow(module: Any) -> None:
    """Record parameters, metrics, tags and data sets of every run that the program tells of."""
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


def _note_files(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    path = os.path.realpath(str(first(arguments, named, "local_path", "local_dir", at=2)))
    is_temporary = path.startswith(os.path.join(os.path.realpath(tempfile.gettempdir()), ""))
    if is_temporary and str(getattr(arguments[0], "tracking_uri", "")).startswith("http"):
        gap("mlflow: files that were uploaded from temporary directories, such as those of log_dict, are only there")


def _tell_tags(run_id: str, tags: dict[str, Any]) -> None:
    # Its own tags name the user, the script and the commit, which are recorded anyway.
    tell_tags(_MLFLOW, run_id, {key: value for key, value in tags.items() if not str(key).startswith(_OF_MLFLOW)})


def _is_automatic() -> bool:
    """Tell whether MLflow's autologging asks, by the function that it alone works off its queue with."""
    frame = sys._getframe(1)  # noqa: SLF001 the one way to know the caller
    for _ in range(_DEPTH_MAX):
        if frame.f_back is None:
            return False
        frame = frame.f_back
        if frame.f_code.co_name == "_flush_pending_operations":
            return True
    return False


_RECORDED = {
    "create_run": _note_run,
    "log_param": _note_param,
    "log_metric": _note_metric,
    "set_tag": _note_tag,
    "log_batch": _note_batch,
    "log_inputs": _note_inputs,
    "log_artifact": _note_files,
    "log_artifacts": _note_files,
    "log_model_artifacts": _note_files,
}
