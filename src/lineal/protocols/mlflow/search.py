"""MLflow's searches for experiments and runs, in its own grammar; `filters.py` reads that."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid
from lineal.operations.recording import experiments, tracking
from lineal.protocols.mlflow import ids
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.experiments import Experiment
from lineal.protocols.mlflow.experiments import shown as shown_experiment
from lineal.protocols.mlflow.filters import parse_filter, parse_order
from lineal.protocols.mlflow.runs import Run
from lineal.protocols.mlflow.runs import shown as shown_run
from lineal.protocols.mlflow.subjects import SUBJECTS
from lineal.query.wanted import Wanted

RESULTS_MAX = 50_000

_View = Literal["active", "deleted", "all"]
_VIEWS: dict[str | int, _View] = {
    "ACTIVE_ONLY": "active",
    "DELETED_ONLY": "deleted",
    "ALL": "all",
    1: "active",
    2: "deleted",
    3: "all",
    "1": "active",
    "2": "deleted",
    "3": "all",
}


class _SearchRuns(msgspec.Struct):
    experiment_ids: list[str] = []
    filter: str = ""
    run_view_type: str | int = "ACTIVE_ONLY"
    max_results: int = 1_000
    order_by: list[str] = []
    page_token: str = ""


class _Runs(msgspec.Struct, omit_defaults=True):
    runs: list[Run] = []
    next_page_token: str = ""


class _SearchExperiments(msgspec.Struct):
    max_results: int = 1_000
    page_token: str = ""
    filter: str = ""
    order_by: list[str] = []
    view_type: str | int = "ACTIVE_ONLY"


class _Experiments(msgspec.Struct, omit_defaults=True):
    experiments: list[Experiment] = []
    next_page_token: str = ""


def _search_runs(repository: LocalRepository, asked: _SearchRuns) -> _Runs:
    _check_count(asked.max_results)
    wanted = Wanted(
        SUBJECTS["runs"].source,
        parse_filter(asked.filter, "runs"),
        parse_order(asked.order_by, "runs"),
        experiments=tuple(ids.experiment(each) for each in asked.experiment_ids),
        view=_view(asked.run_view_type),
    )
    page = tracking.page(repository.store, wanted, limit=asked.max_results, page_token=asked.page_token)
    return _Runs([shown_run(each) for each in page.found], page.next_token)


def _search_experiments(repository: LocalRepository, asked: _SearchExperiments) -> _Experiments:
    _check_count(asked.max_results)
    wanted = Wanted(
        SUBJECTS["experiments"].source,
        parse_filter(asked.filter, "experiments"),
        parse_order(asked.order_by, "experiments"),
        view=_view(asked.view_type),
    )
    page = experiments.page(repository.store, wanted, limit=asked.max_results, page_token=asked.page_token)
    return _Experiments([shown_experiment(each) for each in page.found], page.next_token)


def _check_count(count: int) -> None:
    if not 1 <= count <= RESULTS_MAX:
        wanted = f"It must be at most {RESULTS_MAX}" if count > 0 else "It must be a positive integer"
        raise Invalid(f"Invalid value {count} for parameter 'max_results' supplied. {wanted}, but got value {count}")


def _view(said: str | int) -> _View:
    if said not in _VIEWS:
        raise Invalid(
            f"Invalid value \"{said}\" for parameter 'view_type' supplied: it is one of ACTIVE_ONLY, DELETED_ONLY, ALL"
        )
    return _VIEWS[said]


ENDPOINTS = (
    Endpoint("POST", "/2.0/mlflow/runs/search", _SearchRuns, _search_runs),
    Endpoint("POST", "/2.0/mlflow/experiments/search", _SearchExperiments, _search_experiments),
    Endpoint("GET", "/2.0/mlflow/experiments/search", _SearchExperiments, _search_experiments),
)
