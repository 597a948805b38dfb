"""``model-index`` in the metadata of a README, as the Hugging Face hub has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import Results, is_number, metric, shown, text
from lineal.objects.canonical import Number
from lineal.objects.errors import Invalid
from lineal.objects.outside_evaluations import OutsideResult

_KEY = "model-index"


def read(given: Given) -> Results | None:
    """Return the results that the metadata of a README states, if it has some."""
    from lineal.formats.dvc import yaml12  # noqa: PLC0415 - a server of which nobody asks this does without YAML

    for path, head in given.front_matter():
        said = yaml12.load(head, path)
        if isinstance(said, dict) and _KEY in said:
            return _read(path, said[_KEY])
    return None


def _read(path: str, models: Any) -> Results:
    if not isinstance(models, list) or len(models) != 1 or not isinstance(models[0], dict):
        raise Invalid(f"{_KEY} of {path} names no model, or several", hint="give the results of one model")
    notes: list[str] = []
    found: dict[str, dict[str, Number]] = {}
    facts: dict[str, str] = {}
    for each in _dicts(models[0].get("results")):
        task = _task(each)
        facts |= {f"{task}: source": text(source) for source in [_of(each, "source").get("url")] if source}
        for said in _dicts(each.get("metrics")):
            name, value = text(said.get("name") or said.get("type")), said.get("value")
            if not name or not is_number(value):
                notes.append(f"{name or 'a metric'} of {task or 'all rows'} is {shown(value)}, and was not taken over")
                continue
            metrics = found.setdefault(task, {})
            if name in metrics:
                raise Invalid(f"{path} has {name} of {task} twice", hint="give it once, or name the split of each")
            metrics[name] = metric(value, f"{path}: {name}")
            facts |= {f"{task}: {name}": "verified by the hub"} if said.get("verified") is True else {}
    results = tuple(OutsideResult(task=task, metrics=metrics) for task, metrics in found.items())
    return Results(
        "model-index",
        "model-index",
        results,
        model=text(models[0].get("name")),
        dataset_said=", ".join(filter(None, found)),
        facts=facts,
        notes=tuple(notes),
    )


def _task(result: dict[str, Any]) -> str:
    """Return what the rows are called: the dataset with its configuration and split."""
    dataset = _of(result, "dataset")
    name = dataset.get("type") or dataset.get("name") or _of(result, "task").get("type")
    parts = [text(dataset[key]) for key in ("config", "split", "revision") if dataset.get(key)]
    return text(name) + (f" ({', '.join(parts)})" if parts else "")


def _of(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _dicts(said: Any) -> Iterator[dict[str, Any]]:
    yield from (each for each in said if isinstance(each, dict)) if isinstance(said, list) else ()
