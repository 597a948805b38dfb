"""What all trackers' values have in common: who was told, in which of its runs."""

from __future__ import annotations

from ..frameworks.naming import metric_name, numbers
from ..scalars import scalar
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_runs: dict[tuple[str, str], str] = {}
"""What stands before the names of each run's values."""

_RUNS_MAX = 50


def know_run(tracker: str, run_id: str, name: str = "", tags: dict[str, object] | None = None) -> str | None:
    """Return what stands before the names of a run's values, or None when they are too many to be told.

    The first run of a tracker is this run, and nothing stands there; later ones are parts of it, by their names.
    """
    known = _runs.get((tracker, run_id))
    if known is None:
        others = [each for which, each in _runs.items() if which[0] == tracker]
        if len(others) >= _RUNS_MAX:
            return None
        known = f"{metric_name(name or run_id[:8])}." if others else ""
        if known in others:
            known = f"{metric_name(run_id[:8])}."
        _runs[tracker, run_id] = known
        said = {f"{tracker}.{key}": str(value) for key, value in {"run_id": run_id, **(tags or {})}.items() if value}
        emit("tracked", by=tracker, tags={f"{known}{key}": value for key, value in said.items()})
    return known


def tell_params(tracker: str, run_id: str, values: dict[str, Any], *, is_automatic: bool = False) -> None:
    """Record parameters; ``is_automatic`` when the tracker took them from a framework by itself."""
    before = know_run(tracker, run_id)
    if before is not None and values:
        params = {f"{before}{name}": scalar(value) for name, value in values.items()}
        emit("tracked", by=tracker, params=params, automatic=is_automatic)


def tell_metrics(tracker: str, run_id: str, values: dict[str, Any], step: int | None) -> None:
    """Record numbers at a step."""
    before = know_run(tracker, run_id)
    found = numbers(values)
    if before is not None and found:
        metrics = {f"{before}{name}": value for name, value in found.items()} if before else found
        emit("tracked", by=tracker, metrics=metrics, step=step)


def tell_tags(tracker: str, run_id: str, values: dict[str, Any]) -> None:
    """Record what is neither."""
    before = know_run(tracker, run_id)
    if before is not None and values:
        emit("tracked", by=tracker, tags={f"{before}{name}": str(value) for name, value in values.items()})
