"""What systems that start programs say of themselves in environment variables: one entry of a table each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from lineal.capture.secrets import mask
from lineal.objects.context import Context
from lineal.objects.ulid import is_ulid

RUN_ID = "LINEAL_RUN_ID"
"""The run around a program; `lineal run` sets it for the program that it starts."""

_TEXT_MAX = 500


class _System(NamedTuple):
    """Which variables tell what. ``mark``: one of these must be set, or the system says nothing.

    Alternatives stand one after the other, and the first whose variables are all set counts. ``A/B`` puts two together
    with a slash; words in lower case stand for themselves.
    """

    name: str
    mark: str
    workflow: str = ""
    run: str = ""
    task: str = ""
    attempt: str = ""
    url: str = ""


_SYSTEMS = (
    _System(
        "github",
        "GITHUB_ACTIONS",
        workflow="GITHUB_REPOSITORY/GITHUB_WORKFLOW GITHUB_WORKFLOW",
        run="GITHUB_RUN_ID",
        task="GITHUB_JOB",
        attempt="GITHUB_RUN_ATTEMPT",
        url="GITHUB_SERVER_URL/GITHUB_REPOSITORY/actions/runs/GITHUB_RUN_ID",
    ),
    _System(
        "gitlab",
        "GITLAB_CI",
        workflow="CI_PROJECT_PATH",
        run="CI_PIPELINE_ID",
        task="CI_JOB_NAME",
        url="CI_JOB_URL CI_PIPELINE_URL",
    ),
    _System(
        "jenkins",
        "JENKINS_URL",
        workflow="JOB_NAME",
        run="BUILD_NUMBER",
        task="STAGE_NAME",
        url="BUILD_URL JENKINS_URL",
    ),
    _System(
        "airflow",
        "AIRFLOW_CTX_DAG_ID",
        workflow="AIRFLOW_CTX_DAG_ID",
        run="AIRFLOW_CTX_DAG_RUN_ID AIRFLOW_CTX_LOGICAL_DATE AIRFLOW_CTX_EXECUTION_DATE",
        task="AIRFLOW_CTX_TASK_ID",
        attempt="AIRFLOW_CTX_TRY_NUMBER",
    ),
    _System(
        "argo",
        "ARGO_WORKFLOW_NAME ARGO_NODE_ID",
        workflow="ARGO_WORKFLOW_NAME",
        run="ARGO_WORKFLOW_UID",
        task="ARGO_NODE_ID ARGO_POD_NAME",
    ),
    _System(
        "kubeflow",
        "KFP_POD_NAME KFP_RUN_ID _KFP_RUNTIME",
        workflow="KFP_RUN_NAME",
        run="KFP_RUN_ID",
        task="KFP_POD_NAME",
    ),
    _System(
        "metaflow",
        "METAFLOW_FLOW_NAME",
        workflow="METAFLOW_FLOW_NAME",
        run="METAFLOW_RUN_ID",
        task="METAFLOW_STEP_NAME/METAFLOW_TASK_ID METAFLOW_STEP_NAME",
        attempt="METAFLOW_RETRY_COUNT",
    ),
    _System("prefect", "PREFECT__FLOW_RUN_ID", run="PREFECT__FLOW_RUN_ID"),
    _System(
        "flyte",
        "FLYTE_INTERNAL_EXECUTION_ID",
        workflow="FLYTE_INTERNAL_EXECUTION_WORKFLOW",
        run="FLYTE_INTERNAL_EXECUTION_ID",
        task="FLYTE_INTERNAL_TASK_NAME",
        attempt="FLYTE_ATTEMPT_NUMBER",
    ),
    _System("dvc", "DVC_STAGE", workflow="DVC_ROOT", run="DVC_EXP_NAME", task="DVC_STAGE"),
    _System(
        "slurm",
        "SLURM_JOB_ID",
        workflow="SLURM_JOB_NAME",
        run="SLURM_ARRAY_JOB_ID SLURM_JOB_ID",
        task="SLURM_ARRAY_TASK_ID SLURM_STEP_ID",
        attempt="SLURM_RESTART_COUNT",
    ),
    _System(
        "torchelastic",
        "TORCHELASTIC_RUN_ID",
        run="TORCHELASTIC_RUN_ID",
        task="RANK",
        attempt="TORCHELASTIC_RESTART_COUNT",
    ),
    _System(
        "mlflow",
        "MLFLOW_RUN_ID MLFLOW_EXPERIMENT_NAME MLFLOW_EXPERIMENT_ID",
        workflow="MLFLOW_EXPERIMENT_NAME MLFLOW_EXPERIMENT_ID",
        run="MLFLOW_RUN_ID",
        url="MLFLOW_TRACKING_URI",
    ),
    _System(
        "wandb", "WANDB_RUN_ID WANDB_SWEEP_ID", workflow="WANDB_PROJECT", run="WANDB_RUN_ID", task="WANDB_SWEEP_ID"
    ),
)


def find_context(variables: Mapping[str, str]) -> tuple[Context, ...]:
    """Return what the systems around a program say of themselves in its environment variables, masked and short."""
    found = [*_open_lineage(variables)]
    for system in _SYSTEMS:
        if any(variables.get(each) for each in system.mark.split()):
            told = {name: _first(text, variables) for name, text in system._asdict().items() if name not in _NO_FIELD}
            found.append(Context(system=system.name, **told))
    return tuple(found)


_NO_FIELD = ("name", "mark")


def find_parent(variables: Mapping[str, str]) -> str:
    """Return the id of the run whose program these variables belong to, or "" when it is none of ours."""
    parent = variables.get(RUN_ID, "")
    return parent if is_ulid(parent) else ""


def _first(alternatives: str, variables: Mapping[str, str]) -> str:
    for text in alternatives.split():
        parts = [each if each.islower() else variables.get(each, "") for each in text.split("/")]
        if all(parts):
            return _kept("/".join(parts))
    return ""


def _kept(text: str) -> str:
    return mask(text)[0][:_TEXT_MAX]


def _open_lineage(variables: Mapping[str, str]) -> Iterator[Context]:
    """Yield the parent that OpenLineage passes on: JSON, or in older versions ``namespace/name/run``."""
    try:
        parent = msgspec.json.decode(variables.get("OPENLINEAGE_CONTEXT", ""), type=dict[str, Any])["parent"]
        job, run = parent["job"], parent["run"]["runId"]
        task = f"{job['namespace']}/{job['name']}"
        root = (parent.get("root") or {}).get("job")
        workflow = f"{root['namespace']}/{root['name']}" if root else ""
    except (msgspec.MsgspecError, KeyError, TypeError, AttributeError):
        task, _, run = variables.get("OPENLINEAGE_PARENT_ID", "").rpartition("/")
        workflow = variables.get("OPENLINEAGE_ROOT_PARENT_ID", "").rpartition("/")[0]
    if task:
        yield Context(system="openlineage", workflow=_kept(workflow), run=_kept(str(run)), task=_kept(task))
