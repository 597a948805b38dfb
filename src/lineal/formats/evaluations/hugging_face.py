"""What Hugging Face's ``evaluate`` saves, and what its evaluators compute with intervals."""

from __future__ import annotations

from typing import Any

from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import Results, finite, is_number, metric, text
from lineal.objects.outside_evaluations import OutsideResult

_VERSION = "_evaluate_version"
_PLACES = ("_timestamp", "_git_commit_hash", "_python_version")
_INTERVAL = frozenset(("confidence_interval", "standard_error", "score"))


def read(given: Given) -> Results | None:
    """Return the evaluation in the one JSON file that is given, if it is one."""
    if len(given.json) != 1:
        return None
    ((path, said),) = given.json.items()
    if not isinstance(said, dict) or not (_VERSION in said or any(map(_has_interval, said.values()))):
        return None
    metrics: dict[str, Any] = {}
    intervals, errors, facts = {}, {}, {}
    for name, value in said.items():
        if _has_interval(value):
            metrics[name] = metric(value["score"], f"{path}: {name}: score")
            if (error := finite(value["standard_error"])) is not None:
                errors[name] = error
            if interval := _interval(value["confidence_interval"]):
                intervals[name] = interval
        elif is_number(value) and not name.startswith("_"):
            metrics[name] = metric(value, f"{path}: {name}")
        elif isinstance(value, str) and value and (name in _PLACES or not name.startswith("_")):
            facts[text(name.lstrip("_"))] = text(value)
    return Results(
        "hugging face evaluate",
        "evaluate",
        (OutsideResult(metrics=metrics, intervals=intervals, standard_errors=errors),),
        tool_version=text(said.get(_VERSION)),
        model=facts.pop("model", ""),
        dataset_said=facts.pop("dataset", ""),
        facts=facts,
    )


def _has_interval(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= _INTERVAL


def _interval(value: Any) -> tuple[float, float] | None:
    ends = [finite(each) for each in value] if isinstance(value, list) else []
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return ends[0], ends[1]
