"""Results of EleutherAI's lm-evaluation-harness: a JSON file a run, several runs in a directory, samples beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import Results, finite, is_number, metric, share, text, whole
from lineal.objects.canonical import Number
from lineal.objects.errors import Invalid
from lineal.objects.outside_evaluations import OutsideResult

_NOT_METRICS = frozenset(("alias", "name", "sample_len", "sample_count", "samples"))
_ERROR = "_stderr"
_NO_FILTER = "none"
_HITS = frozenset(("acc", "acc_norm", "acc_bytes", "exact_match", "em", "quasi_exact_match", "prefix_exact_match"))
"""Metrics that are the mean of zeros and ones, so a share of the samples."""

_Said = Mapping[str, Any]


def read(given: Given) -> Results | None:
    """Return the results in the files that are of the harness, the newest of each task.

    Raises:
        Invalid: they are of different models, or have no sound results.
    """
    runs = {path: said for path, said in given.json.items() if _is_run(said)}
    if not runs:
        return None
    ordered = sorted(runs.items(), key=lambda each: finite(each[1].get("date")) or 0.0, reverse=True)
    models = dict.fromkeys(text(said.get("model_name") or _of(said, "config").get("model")) for _, said in ordered)
    if len(models) > 1:
        raise Invalid(
            f"{given.name} holds results of several models: {', '.join(list(models)[:4])}",
            hint="give the directory of one model",
        )
    found: dict[str, OutsideResult] = {}
    facts: dict[str, str] = {}
    notes: list[str] = []
    for path, said in ordered:
        for task, values in _tasks(path, said):
            if task in found:
                notes.append(f"{path} has an older result of {task}, which was not taken over")
                continue
            found[task] = _result(path, said, task, values)
            facts.update(_task_facts(said, task))
        notes.extend(_limited(path, said))
    newest = ordered[0][1]
    samples = [each for each in given.lines() if each.rpartition("/")[2].startswith("samples_")]
    notes.extend(f"{each} is kept; its {given.line_count(each):,} samples were not read" for each in samples)
    return Results(
        "lm-evaluation-harness",
        "lm-evaluation-harness",
        tuple(found.values()),
        tool_version=text(newest.get("lm_eval_version")),
        model=next(iter(models)),
        dataset_said=", ".join(dict.fromkeys(filter(None, (_dataset(said, task) for _, said in ordered for task in said["results"])))),
        facts={**_run_facts(newest), **facts},
        notes=tuple(notes),
    )  # fmt: skip


def _is_run(said: Any) -> bool:
    if not isinstance(said, dict) or not isinstance(said.get("results"), dict) or not said["results"]:
        return False
    return bool({"configs", "versions", "lm_eval_version", "n-shot"} & said.keys())


def _tasks(path: str, said: _Said) -> Iterator[tuple[str, _Said]]:
    for task, values in said["results"].items():
        if not isinstance(values, dict):
            raise Invalid(f"{path}: the results of {task} are no object", hint="let the harness write them again")
        yield task, values


def _result(path: str, said: _Said, task: str, values: _Said) -> OutsideResult:
    metrics: dict[str, Number] = {}
    errors: dict[str, float] = {}
    for key, value in values.items():
        name, _, filtered = key.partition(",")
        if key in _NOT_METRICS or not is_number(value):
            continue  # "N/A", where the harness has no standard error
        shown = name if filtered in {"", _NO_FILTER} else key
        if name.endswith(_ERROR):
            if (error := finite(value)) is not None:
                errors[shown.replace(_ERROR, "", 1)] = error
        else:
            metrics[shown] = metric(value, f"{path}: {task}: {key}")
    count = _count(said, task, values)
    is_group = task in _of(said, "groups")
    hits = {
        name: found for name, value in metrics.items() if (found := share(value, count)) and _is_mean(said, task, name)
    }
    return OutsideResult(
        task=text(task),
        metrics=metrics,
        row_count=count,
        standard_errors={name: error for name, error in errors.items() if name in metrics},
        # The mean of a group may weigh its tasks alike: then it is no share of all samples.
        shares={} if is_group else hits,
    )


def _is_mean(said: _Said, task: str, name: str) -> bool:
    metric_name = name.partition(",")[0]
    asked = _of(_of(said, "configs"), task).get("metric_list")
    listed = [each for each in asked if isinstance(each, dict)] if isinstance(asked, list) else []
    how = [each.get("aggregation", "mean") for each in listed if each.get("metric") == metric_name]
    return metric_name in _HITS and all(each == "mean" for each in how)


def _count(said: _Said, task: str, values: _Said) -> int | None:
    told = _of(_of(said, "n-samples"), task).get("effective")
    if (found := whole(told if told is not None else values.get("sample_len"))) is not None:
        return found
    parts = _of(said, "group_subtasks").get(task)
    if not isinstance(parts, list) or not parts:
        return None
    counts = [whole(_of(_of(said, "n-samples"), str(each)).get("effective")) for each in parts]
    return None if None in counts else sum(each or 0 for each in counts)


def _dataset(said: _Said, task: str) -> str:
    config = _of(_of(said, "configs"), task)
    return "/".join(text(config[key]) for key in ("dataset_path", "dataset_name", "test_split") if config.get(key))


def _task_facts(said: _Said, task: str) -> dict[str, str]:
    parts = _of(said, "group_subtasks").get(task)
    told = {
        "version": _of(said, "versions").get(task),
        "shots": _of(said, "n-shot").get(task),
        "hash": _of(said, "task_hashes").get(task),
        "dataset": _dataset(said, task),
        "tasks": ", ".join(map(str, parts)) if isinstance(parts, list) and parts else None,
    }
    return {text(f"{task}: {name}"): text(value) for name, value in told.items() if value not in (None, "")}


def _run_facts(said: _Said) -> dict[str, str]:
    config = _of(said, "config")
    told = {
        name: config.get(name) for name in ("model", "model_args", "batch_size", "device", "random_seed", "gen_kwargs")
    }
    return {name: text(value) for name, value in told.items() if value not in (None, "", {}, [])}


def _limited(path: str, said: _Said) -> Iterator[str]:
    if (limit := _of(said, "config").get("limit")) is not None:
        yield f"{path}: only {text(limit)} samples of each task were asked"


def _of(said: _Said, name: str) -> _Said:
    found = said.get(name)
    return found if isinstance(found, dict) else {}
