"""scikit-learn's ``classification_report(…, output_dict=True)``."""

from __future__ import annotations

from typing import Any

from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import Results, is_number, metric, share, whole
from lineal.objects.outside_evaluations import OutsideResult

_PARTS = frozenset(("precision", "recall", "f1-score", "support"))
_AVERAGES = ("micro avg", "macro avg", "weighted avg", "samples avg")


def read(given: Given) -> Results | None:
    """Return the report in the one JSON file that is given, if it is one."""
    if len(given.json) != 1:
        return None
    ((path, said),) = given.json.items()
    if not isinstance(said, dict) or not {"macro avg", "weighted avg"} <= said.keys():
        return None
    rows = {name: value for name, value in said.items() if isinstance(value, dict) and _PARTS <= value.keys()}
    support = whole(rows.get("weighted avg", {}).get("support"))
    overall: dict[str, Any] = {
        name: metric(value, f"{path}: {name}") for name, value in said.items() if is_number(value)
    }
    for average in _AVERAGES:
        for name, value in rows.pop(average, {}).items():
            if name != "support":
                overall[f"{average} {name}"] = metric(value, f"{path}: {average}: {name}")
    correct = share(said.get("accuracy"), support)
    whole_result = OutsideResult(metrics=overall, row_count=support, shares={"accuracy": correct} if correct else {})
    classes = tuple(_class(path, name, value) for name, value in rows.items())
    return Results("scikit-learn report", "scikit-learn", (whole_result, *classes))


def _class(path: str, name: str, said: dict[str, Any]) -> OutsideResult:
    """Return what is said of one class; its support is the number of rows that have it, so recall is a share of them."""
    support = whole(said["support"])
    found = share(said["recall"], support)
    return OutsideResult(
        feature="class",
        value=name,
        row_count=support,
        metrics={key: metric(value, f"{path}: {name}: {key}") for key, value in said.items() if key != "support"},
        shares={"recall": found} if found else {},
    )
