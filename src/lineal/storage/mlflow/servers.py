"""A server that speaks MLflow's protocol: MLflow's own, of any version since 1.30, or another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from lineal.formats.mlflow import records
from lineal.formats.mlflow.records import (
    Curve,
    DatasetRecord,
    ExperimentRecord,
    LoggedModelRecord,
    Measured,
    ModelRecord,
    RunRecord,
    VersionRecord,
    value_of,
)
from lineal.objects.errors import NotFound, Unavailable
from lineal.objects.runs import Point
from lineal.storage.mlflow.api import Api, proxied
from lineal.storage.mlflow.source import Found

_HISTORIES = 4
_PAGE, _POINTS_PAGE, _MODELS_PAGE = 1_000, 25_000, 100
_PROXY = "mlflow-artifacts"

List = Callable[[str], list[dict[str, Any]]]


class Server:
    """Reads from a server.

    Args:
        api: the server.
    """

    def __init__(self, api: Api) -> None:
        self.address = api.url
        self.problems: list[str] = []
        self._api = api

    def experiments(self) -> Iterator[ExperimentRecord]:
        """Yield every experiment."""
        ask = partial(self._api.send, again=True)
        for each in self._api.pages(
            ask, "mlflow/experiments/search", "experiments", max_results=_PAGE, view_type="ALL", order_by=["name"]
        ):
            yield ExperimentRecord(
                id=str(each["experiment_id"]),
                name=each["name"],
                is_deleted=each.get("lifecycle_stage") == "deleted",
                artifact_location=each.get("artifact_location", ""),
                created_at=int(each.get("creation_time", 0)),
                updated_at=int(each.get("last_update_time", 0)),
                tags=_pairs(each.get("tags", ())),
            )

    def runs(self, experiment: ExperimentRecord) -> Iterator[RunRecord]:
        """Yield the runs of an experiment."""
        ask = partial(self._api.send, again=True)
        wanted = {"experiment_ids": [experiment.id], "run_view_type": "ALL", "max_results": _PAGE}
        for each in self._api.pages(ask, "mlflow/runs/search", "runs", **wanted):
            yield _run(each, experiment)

    def curves(self, runs: Sequence[RunRecord]) -> Iterator[Curve]:
        """Yield every point of runs."""
        # A server takes its time for each answer, whatever it holds; so many are asked for at once, and no more are held.
        wanted = ((run.id, metric.key) for run in runs for metric in run.metrics)
        with ThreadPoolExecutor(_HISTORIES) as pool:
            asked = deque(pool.submit(self._history, *each) for each in islice(wanted, _HISTORIES))
            while asked:
                yield from asked.popleft().result()
                asked.extend(pool.submit(self._history, *each) for each in islice(wanted, 1))

    def _history(self, run: str, key: str) -> list[Curve]:
        return list(self._history_pages(run, key))

    def _history_pages(self, run: str, key: str) -> Iterator[Curve]:
        token = ""
        while True:
            wanted = {"run_id": run, "run_uuid": run, "metric_key": key, "max_results": _POINTS_PAGE}
            said = self._api.get("mlflow/metrics/get-history", **wanted, **({"page_token": token} if token else {}))
            points = said.get("metrics", ())
            if points:
                yield Curve(
                    run=run,
                    key=key,
                    steps=[int(each.get("step", 0)) for each in points],
                    values=[value_of(each.get("value", 0.0)) for each in points],
                    times=[int(each.get("timestamp", 0)) for each in points],
                )
            token, before = said.get("next_page_token") or "", token
            if not token or token == before:
                return

    def logged_models(self, experiment: ExperimentRecord) -> Iterator[LoggedModelRecord]:
        """Yield the logged models of an experiment; a server before MLflow 3 has none."""
        ask = partial(self._api.send, again=True)
        try:
            for each in self._api.pages(
                ask, "mlflow/logged-models/search", "models", experiment_ids=[experiment.id], max_results=_MODELS_PAGE
            ):
                yield _model(each, experiment)
        except NotFound:
            return

    def registered_models(self) -> Iterator[ModelRecord]:
        """Yield the registered models."""
        for each in self._api.pages(
            self._api.get, "mlflow/registered-models/search", "registered_models", max_results=_MODELS_PAGE
        ):
            yield ModelRecord(
                name=each["name"],
                description=each.get("description", ""),
                created_at=int(each.get("creation_timestamp", 0)),
                updated_at=int(each.get("last_updated_timestamp", 0)),
                tags=_pairs(each.get("tags", ())),
                aliases={alias["alias"]: int(alias["version"]) for alias in each.get("aliases", ())},
            )

    def versions(self, model: ModelRecord) -> Iterator[VersionRecord]:
        """Yield the versions of a registered model, by number."""
        quoted = f'"{model.name}"' if "'" in model.name else f"'{model.name}'"
        found = self._api.pages(
            self._api.get, "mlflow/model-versions/search", "model_versions", filter=f"name={quoted}", max_results=_PAGE
        )
        for each in sorted(found, key=lambda said: int(said["version"])):
            yield self._version(each)

    def _version(self, said: dict[str, Any]) -> VersionRecord:
        place = self._api.get("mlflow/model-versions/get-download-uri", name=said["name"], version=said["version"])
        return VersionRecord(
            model=said["name"],
            number=int(said["version"]),
            description=said.get("description", ""),
            user=said.get("user_id", ""),
            stage=records.stage(said.get("current_stage")),
            source=said.get("source", ""),
            place=place.get("artifact_uri", ""),
            run=said.get("run_id", ""),
            run_link=said.get("run_link", ""),
            logged_model=said.get("model_id", ""),
            status=records.version_status(said.get("status")),
            status_message=said.get("status_message", ""),
            created_at=int(said.get("creation_timestamp", 0)),
            updated_at=int(said.get("last_updated_timestamp", 0)),
            tags=_pairs(said.get("tags", ())),
        )

    def files(self, owner: RunRecord | LoggedModelRecord | VersionRecord) -> Iterator[Found]:
        """Yield the files of a run, a logged model or a version. Raises NotFound."""
        if isinstance(owner, RunRecord):
            other = partial(self._of_run, owner.id)
            yield from self._files(partial(self._list_run, owner.id), owner.artifact_uri, other)
        elif isinstance(owner, LoggedModelRecord):
            yield from self._files(
                partial(self._list_model, owner.id), owner.artifact_uri, partial(self._of_model, owner.id)
            )
        elif _in_proxy(owner.place):
            yield from self._files(partial(self._list_proxy, _in_proxy(owner.place)), owner.place, str)
        else:
            raise NotFound(f"{owner.place} is not behind {self.address}", hint="import where it can be reached")

    def _files(self, listed: List, root: str, other: Callable[[str], str]) -> Iterator[Found]:
        """Yield files level by level; those behind the proxy are read there, any others where the server offers them."""
        below, waiting = _in_proxy(root), [""]
        while waiting:
            try:
                level = listed(waiting.pop())
            except (NotFound, Unavailable) as error:
                raise NotFound(f"{root} cannot be listed: {error.message}", hint=error.hint) from None
            waiting += [each["path"] for each in level if each.get("is_dir")]
            for each in level:
                if not each.get("is_dir"):
                    path = proxied(f"{below}/{each['path']}") if below else other(each["path"])
                    size = int(each.get("file_size") or 0)
                    yield Found(each["path"], size, pieces=partial(self._api.pieces, path))

    def _list_run(self, run: str, path: str) -> list[dict[str, Any]]:
        wanted = {"run_id": run, "run_uuid": run, **({"path": path} if path else {})}
        return list(self._api.pages(self._api.get, "mlflow/artifacts/list", "files", **wanted))

    def _list_model(self, model: str, path: str) -> list[dict[str, Any]]:
        wanted = {"artifact_directory_path": path} if path else {}
        return list(
            self._api.pages(self._api.get, f"mlflow/logged-models/{model}/artifacts/directories", "files", **wanted)
        )

    def _list_proxy(self, below: str, path: str) -> list[dict[str, Any]]:
        said = self._api.get("mlflow-artifacts/artifacts", path=f"{below}/{path}".rstrip("/"))
        return [{**each, "path": f"{path}/{each['path']}".lstrip("/")} for each in said.get("files", ())]

    def _of_run(self, run: str, path: str) -> str:
        return "/get-artifact?" + urlencode({"run_uuid": run, "path": path}, quote_via=quote)

    def _of_model(self, model: str, path: str) -> str:
        asked = urlencode({"artifact_file_path": path}, quote_via=quote)
        return f"/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files?{asked}"

    def close(self) -> None:
        """Let go of every connection."""
        self._api.close()


def _in_proxy(uri: str) -> str:
    """Return the path of an address behind the artifact proxy; empty for any other."""
    parts = urlsplit(uri)
    return unquote(parts.path).strip("/") if parts.scheme == _PROXY else ""


def _pairs(said: Sequence[dict[str, str]]) -> dict[str, str]:
    return {each["key"]: each.get("value", "") for each in said}


def _run(said: dict[str, Any], experiment: ExperimentRecord) -> RunRecord:
    info, data, inputs = said["info"], said.get("data", {}), said.get("inputs", {})
    tags = _pairs(data.get("tags", ()))
    started, ended = int(info.get("start_time", 0)), info.get("end_time")
    is_deleted = info.get("lifecycle_stage") == "deleted"
    return RunRecord(
        id=info.get("run_id") or info["run_uuid"],
        experiment=experiment.id,
        name=info.get("run_name") or tags.get(records.RUN_NAME, ""),
        user=info.get("user_id", ""),
        state=records.run_state(info.get("status")),
        started_at=started,
        ended_at=int(ended) if ended else None,
        # The protocol does not tell when.
        deleted_at=experiment.updated_at or int(ended or started) if is_deleted else None,
        artifact_uri=info.get("artifact_uri", ""),
        params=_pairs(data.get("params", ())),
        tags=tags,
        metrics=tuple(
            Point(
                key=each["key"],
                step=int(each.get("step", 0)),
                value=value_of(each.get("value", 0.0)),
                at=int(each.get("timestamp", 0)),
            )
            for each in data.get("metrics", ())
        ),
        datasets=tuple(_dataset(each) for each in inputs.get("dataset_inputs", ())),
        models_used=tuple(each["model_id"] for each in inputs.get("model_inputs", ())),
        models_made=tuple(
            (each["model_id"], int(each.get("step", 0))) for each in said.get("outputs", {}).get("model_outputs", ())
        ),
    )


def _dataset(said: dict[str, Any]) -> DatasetRecord:
    names = ("name", "digest", "source_type", "source", "schema", "profile")
    return DatasetRecord(
        **{name: said["dataset"][name] for name in names if name in said["dataset"]}, tags=_pairs(said.get("tags", ()))
    )


def _model(said: dict[str, Any], experiment: ExperimentRecord) -> LoggedModelRecord:
    info, data = said["info"], said.get("data", {})
    return LoggedModelRecord(
        id=info["model_id"],
        experiment=experiment.id,
        name=info.get("name", ""),
        model_type=info.get("model_type", ""),
        status=records.model_status(info.get("status")),
        run=info.get("source_run_id") or "",
        artifact_uri=info.get("artifact_uri", ""),
        created_at=int(info.get("creation_timestamp_ms", 0)),
        updated_at=int(info.get("last_updated_timestamp_ms", 0)),
        params=_pairs(data.get("params", ())),
        tags=_pairs(info.get("tags", ())),
        metrics=tuple(
            Measured(
                key=each["key"],
                value=value_of(each.get("value", 0.0)),
                step=int(each.get("step", 0)),
                at=int(each.get("timestamp", 0)),
                run=each.get("run_id", ""),
                dataset_name=each.get("dataset_name", ""),
                dataset_digest=each.get("dataset_digest", ""),
            )
            for each in data.get("metrics", ())
        ),
    )
