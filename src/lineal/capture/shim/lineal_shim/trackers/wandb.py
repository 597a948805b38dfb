"""Record what the program tells W&B: the configuration, what is logged with its steps, and the summary."""

from __future__ import annotations

import os
import weakref

from .files import hand_over, keep_histogram, keep_media
from .telling import know_run, tell_metrics, tell_params, tell_tags
from ..guarding import first, method, quietly
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_WANDB = "wandb"
_DEPTH_MAX = 6

_steps: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_configured: dict[str, dict[str, object]] = {}
_bound: dict[str, dict[str, list[Any]]] = {}
"""What each run is being logged, by its key."""

_runs: list[weakref.ref[Any]] = []
"""Runs that have begun, newest last; a configuration does not know whose it is."""


def watch_runs(module: Any) -> None:
    """Record the beginning and the end of runs, and what they log."""
    run = module.Run
    method(run, "_on_start", lambda _result, arguments, _named: _note_start(arguments[0]))
    method(run, "log", _note_log)
    method(run, "finish", lambda _result, arguments, _named: _note_config(arguments[0]))
    method(run, "_prepare_artifact", _note_artifact)
    method(run, "_save", _note_saved)


def watch_media(module: Any) -> None:
    """Record pictures, tables and whatever else is logged as a file."""
    method(module.Media, "bind_to_run", _note_media)


def watch_config(module: Any) -> None:
    """Record changes of the configuration."""
    config = module.Config
    for name in ("update", "setdefaults", "__setitem__", "__setattr__"):
        method(config, name, lambda _result, arguments, _named: _note_changed(arguments[0]))


def watch_summary(module: Any) -> None:
    """Record what the program itself writes into the summary."""
    method(module.Summary, "update", _note_summary)
    method(module.SummaryDict, "update", _note_summary)


def _note_start(run: Any) -> None:
    know_run(_WANDB, run.id, run.name or "", {"project": run.project, "url": getattr(run, "url", None)})
    _runs.append(weakref.ref(run))
    _note_config(run)
    tell_tags(_WANDB, run.id, {f"wandb.tag.{each}": "" for each in run.tags or ()})


def _note_changed(config: Any) -> None:
    for each in _runs:
        run = each()
        if run is not None and run.config is config:
            _note_config(run)


def _note_config(run: Any) -> None:
    params = dict(_flat(run.config.as_dict()))
    told = _configured.setdefault(run.id, {})
    new = {key: value for key, value in params.items() if key not in told or told[key] != value}
    told.update(new)
    tell_params(_WANDB, run.id, new)


def _note_log(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    run = arguments[0]
    step, commit = first(arguments, named, "step", at=2), first(arguments, named, "commit", at=3)
    if step is None:
        step = _steps.get(run, getattr(run, "starting_step", 0) or 0)
    # A step that is given stays until a later one is; one that is not ends with the call.
    is_complete = commit if commit is not None else first(arguments, named, "step", at=2) is None
    _steps[run] = step + 1 if is_complete else step
    data = first(arguments, named, "data", at=1)
    tell_metrics(_WANDB, run.id, dict(_flat(data)), int(step))
    _keep_media(run.id, int(step))
    before = know_run(_WANDB, run.id)
    for name, counts, edges in _histograms(data) if before is not None else ():
        keep_histogram(f"{before}{name}", int(step), counts, edges)


def _histograms(values: Mapping[Any, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any, Any]]:
    for key, value in values.items():
        if hasattr(value, "items"):
            # What is inside of a dictionary was replaced by what is sent.
            if value.get("_type") == "histogram" and "values" in value:
                yield f"{before}{key}", value["values"], value["bins"]
            elif depth < _DEPTH_MAX:
                yield from _histograms(value, f"{before}{key}.", depth + 1)
        elif type(value).__name__ == "Histogram" and type(value).__module__.startswith("wandb."):
            yield f"{before}{key}", value.histogram, value.bins


def _note_media(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    run, key = first(arguments, named, "run", at=1), first(arguments, named, "key", at=2)
    # Which step it is logged at is only known when the call that binds it to the run comes to its end.
    _bound.setdefault(run.id, {}).setdefault(str(key), []).append(arguments[0])


def _keep_media(run_id: str, step: int) -> None:
    before = know_run(_WANDB, run_id)
    several = [(key, place, each) for key, found in _bound.pop(run_id, {}).items() for place, each in enumerate(found)]
    for key, place, media in several if before is not None else ():
        what = _WHAT.get(os.path.basename(media.get_media_subdir()), "file")
        path = str(media._path)  # noqa: SLF001 where the file is now
        suffix = str(media._extension or os.path.splitext(path)[1]).lower()  # noqa: SLF001 as above
        # A table is laid out anew where it is stored; other JSON stays as W&B wrote it.
        ending = ".json" if what == "table" else ".file.json" if suffix == ".json" else suffix
        if what:
            quietly(keep_media, f"{before}{key}", step, what, path, f"_{place}{ending}" if place else ending)


_WHAT = {
    "images": "image",
    "table": "table",
    "audio": "audio",
    "videos": "video",
    "mask": "",
    "boxes2D": "",
}
"""What is in each directory of W&B's media; parts of pictures are none of their own."""


def _note_artifact(result: Any, arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
    run, artifact = arguments[0], result[0]
    before = know_run(_WANDB, run.id)
    if before is None or artifact.type in _OF_MEDIA:
        return
    name = str(artifact.name).partition(":")[0]
    for path, entry in list(artifact.manifest.entries.items()):
        if entry.local_path:
            hand_over(_WANDB, before, f"{name}/{path}", entry.local_path)


_OF_MEDIA = frozenset(("run_table", "wandb-history"))
"""Types of artifacts that W&B makes by itself, of what was logged anyway."""


def _note_saved(result: Any, arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
    run = arguments[0]
    before = know_run(_WANDB, run.id)
    for path in result if before is not None and isinstance(result, list) else ():
        hand_over(_WANDB, before or "", os.path.relpath(path, run.dir), path)


def _note_summary(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    values = dict(_flat(first(arguments, named, "d", at=1) or {}))
    run = next((run for each in reversed(_runs) if (run := each()) is not None), None)
    before = know_run(_WANDB, run.id) if run is not None else None
    if before is not None and values:
        emit("tracked", by=_WANDB, summary={f"{before}{name}": value for name, value in values.items()})


def _flat(values: Mapping[Any, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the values inside of dictionaries by names with dots, as W&B shows them; media are none."""
    for key, value in values.items():
        name = f"{before}{key}"
        if hasattr(value, "items") and depth < _DEPTH_MAX:
            if "_type" not in value:
                yield from _flat(value, f"{name}.", depth + 1)
        elif not type(value).__module__.startswith("wandb."):
            yield name, value
