"""MLflow's endpoints by which runs tell what they used and made."""

from __future__ import annotations

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid
from lineal.operations.recording import inputs as verbs
from lineal.operations.recording.summaries import MadeModel, UsedDataset, UsedModel
from lineal.protocols.mlflow import ids, limits
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.experiments import NOTHING, Nothing
from lineal.protocols.mlflow.runs import Named
from lineal.protocols.mlflow.wire import lacking

HISTORY_TAG = "mlflow.log-model.history"
EXPERIMENTS_MAX = 20

_MODEL_FIELDS = {"artifact_path", "flavors", "utc_time_created", "run_id"}


class _LogInputs(Named, kw_only=True):
    datasets: list[UsedDataset] = []
    models: list[UsedModel] = []


class _LogOutputs(Named, kw_only=True):
    models: list[MadeModel] = []


class _LogModel(Named, kw_only=True):
    model_json: str = ""


class _SearchDatasets(msgspec.Struct):
    experiment_ids: list[str] = []


class _Summary(msgspec.Struct, omit_defaults=True):
    experiment_id: str
    name: str
    digest: str
    context: str = ""


class _Summaries(msgspec.Struct, omit_defaults=True):
    dataset_summaries: list[_Summary] = []


def _log_inputs(repository: LocalRepository, asked: _LogInputs) -> Nothing:
    run = asked.run
    for each in asked.datasets:
        limits.check_dataset(each)
    verbs.add_inputs(
        repository, run, datasets=tuple(asked.datasets), models=tuple(each.model_id for each in asked.models)
    )
    return NOTHING


def _log_outputs(repository: LocalRepository, asked: _LogOutputs) -> Nothing:
    verbs.add_outputs(repository, asked.run, models=tuple(asked.models))
    return NOTHING


def _log_model(repository: LocalRepository, asked: _LogModel) -> Nothing:
    """Keep what an old client says of a model that it logged."""
    run = asked.run
    if not asked.model_json:
        raise lacking("model_json")
    try:
        said = msgspec.json.decode(asked.model_json, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        raise Invalid(f"Malformed model info. {asked.model_json} is not a valid JSON.") from None
    if missing := _MODEL_FIELDS - said.keys():
        raise Invalid(f"Model json is missing mandatory fields: {sorted(missing)}")
    verbs.append(repository, run, key=HISTORY_TAG, value=msgspec.Raw(asked.model_json.encode()))
    return NOTHING


def _search_datasets(repository: LocalRepository, asked: _SearchDatasets) -> _Summaries:
    if not asked.experiment_ids:
        raise Invalid("SearchDatasets request must specify at least one experiment_id.")
    if len(asked.experiment_ids) > EXPERIMENTS_MAX:
        raise Invalid(
            f"SearchDatasets request cannot specify more than {EXPERIMENTS_MAX} experiment_ids. Received"
            f" {len(asked.experiment_ids)} experiment_ids."
        )
    found = verbs.datasets_of(repository, experiments=tuple(map(ids.experiment, asked.experiment_ids)))
    return _Summaries([_Summary(str(each.experiment), each.name, each.digest, each.context) for each in found])


ENDPOINTS = (
    Endpoint("POST", "/2.0/mlflow/runs/log-inputs", _LogInputs, _log_inputs, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/runs/outputs", _LogOutputs, _log_outputs, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/runs/log-model", _LogModel, _log_model, is_quick=True),
    Endpoint("POST", "/2.0/mlflow/experiments/search-datasets", _SearchDatasets, _search_datasets),
)
