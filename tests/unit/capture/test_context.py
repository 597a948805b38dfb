"""What systems around a program say of themselves in its environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.context import find_context, find_parent
from lineal.capture.launched import Launched, recover
from lineal.objects.context import Context

ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
_JOB = {"namespace": "prod", "name": "churn.train"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            {
                "AIRFLOW_CTX_DAG_ID": "churn",
                "AIRFLOW_CTX_TASK_ID": "train",
                "AIRFLOW_CTX_DAG_RUN_ID": "manual__2026",
                "AIRFLOW_CTX_TRY_NUMBER": "2",
            },
            Context(system="airflow", workflow="churn", run="manual__2026", task="train", attempt="2"),
        ),
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": "ada/churn",
                "GITHUB_WORKFLOW": "ci",
                "GITHUB_RUN_ID": "7",
                "GITHUB_JOB": "train",
                "GITHUB_RUN_ATTEMPT": "1",
                "GITHUB_SERVER_URL": "https://github.com",
            },
            Context(
                system="github",
                workflow="ada/churn/ci",
                run="7",
                task="train",
                attempt="1",
                url="https://github.com/ada/churn/actions/runs/7",
            ),
        ),
        (
            {
                "METAFLOW_FLOW_NAME": "Churn",
                "METAFLOW_RUN_ID": "3",
                "METAFLOW_STEP_NAME": "fit",
                "METAFLOW_TASK_ID": "9",
            },
            Context(system="metaflow", workflow="Churn", run="3", task="fit/9"),
        ),
        (
            {"SLURM_JOB_ID": "12", "SLURM_ARRAY_JOB_ID": "10", "SLURM_ARRAY_TASK_ID": "2", "SLURM_JOB_NAME": "sweep"},
            Context(system="slurm", workflow="sweep", run="10", task="2"),
        ),
        (
            {"MLFLOW_RUN_ID": "ab", "MLFLOW_TRACKING_URI": "https://ada:hunter2@mlflow.example"},
            Context(system="mlflow", run="ab", url="https://ada:[masked]@mlflow.example"),
        ),
        (
            {
                "OPENLINEAGE_CONTEXT": json.dumps(
                    {"parent": {"run": {"runId": "r"}, "job": _JOB, "root": {"job": _JOB}}}
                )
            },
            Context(system="openlineage", workflow="prod/churn.train", run="r", task="prod/churn.train"),
        ),
        (
            {"OPENLINEAGE_CONTEXT": "no JSON", "OPENLINEAGE_PARENT_ID": "prod/churn.train/r"},
            Context(system="openlineage", run="r", task="prod/churn.train"),
        ),
        ({"_KFP_RUNTIME": "true"}, Context(system="kubeflow")),
    ],
)
def test_a_system_is_known_by_its_variables(variables: dict[str, str], expected: Context) -> None:
    assert (expected,) == find_context(variables)


def test_several_systems_may_be_around_one_program() -> None:
    found = find_context({"TORCHELASTIC_RUN_ID": "x", "RANK": "3", "GITLAB_CI": "true", "CI_JOB_NAME": "train"})

    assert [("gitlab", "train"), ("torchelastic", "3")] == [(each.system, each.task) for each in found]


def test_variables_that_say_nothing_are_no_context() -> None:
    assert () == find_context({"RANK": "0", "GITHUB_ACTIONS": "", "OPENLINEAGE_CONTEXT": "{}", "JOB_NAME": "x"})


def test_only_an_id_of_ours_is_a_parent() -> None:
    assert [ID, "", ""] == [find_parent(each) for each in ({"LINEAL_RUN_ID": ID}, {"LINEAL_RUN_ID": "../x"}, {})]


def test_a_program_knows_its_run_and_the_run_its_parent_even_when_the_recorder_died(
    record: Callable[..., Launched],
    write: Callable[[str, str], Path],
    variables: dict[str, str],
    spool: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write("program.py", "import os; print(os.environ['LINEAL_RUN_ID'])")
    around = {"LINEAL_RUN_ID": ID, "LINEAL_AROUND": "1", "DVC_STAGE": "train"}

    launched = record("program.py", variables=variables | around)
    (spool / "end.json").unlink()
    recovered = recover(spool)

    assert ("RUN\n", ID) == (capfd.readouterr().out, launched.parent)
    assert (Context(system="dvc", task="train"),) == launched.context
    assert (launched.parent, launched.context) == (recovered.parent, recovered.context)
