"""MLflow's command line: each command as it is, in this process, for each would import MLflow again; the server is a process."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from pathlib import Path

import mlflow
import numpy as np
from learning import X, log_model, y
from mlflow.cli import cli
from sklearn.linear_model import LogisticRegression

READY_SECONDS_MAX = 90


def main() -> dict[str, str]:
    """Return the run whose artifacts were changed, and the experiment."""
    warnings.simplefilter("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    run, model = train()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    serving = ("models", "serve", "-m", "models:/scored@champion", "--env-manager", "local", "-p", str(port))
    process = subprocess.Popen((sys.executable, "-m", "mlflow", *serving), stderr=subprocess.DEVNULL)
    try:
        experiment = experiments_and_runs()
        artifacts(run)
        predict(model)
        ask(port, model)
    finally:
        process.terminate()
        process.wait()
    return {"run": run, "experiment": experiment}


def train() -> tuple[str, LogisticRegression]:
    """Log a model that has an alias and is in production."""
    mlflow.set_experiment("scored")
    model = LogisticRegression().fit(X, y)
    with mlflow.start_run() as run:
        log_model(mlflow.sklearn, model, registered_model_name="scored")
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("scored", "champion", 1)
    client.transition_model_version_stage("scored", "1", "Production")
    return run.info.run_id, model


def said(*arguments: str) -> str:
    """Return what a command prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        cli.main(args=list(arguments), standalone_mode=False)
    return printed.getvalue()


def experiments_and_runs() -> str:
    """Create, search, rename, delete and restore; return the experiment."""
    printed = said("experiments", "create", "--experiment-name", "from the command")
    experiment = printed.split()[-1]
    assert mlflow.get_experiment(experiment).name == "from the command"
    with mlflow.start_run(experiment_id=experiment, run_name="seen") as run:
        mlflow.log_metric("auc", 0.9)
    said("experiments", "rename", "--experiment-id", experiment, "--new-name", "renamed")
    assert "renamed" in said("experiments", "search")
    said("experiments", "delete", "--experiment-id", experiment)
    assert "renamed" not in said("experiments", "search")
    assert "renamed" in said("experiments", "search", "--view", "deleted_only")
    said("experiments", "restore", "--experiment-id", experiment)
    assert "auc" in said("experiments", "csv", "--experiment-id", experiment)
    assert run.info.run_id in said("runs", "list", "--experiment-id", experiment)
    described = json.loads(said("runs", "describe", "--run-id", run.info.run_id))
    assert described["data"]["metrics"] == {"auc": 0.9}
    said("runs", "delete", "--run-id", run.info.run_id)
    assert run.info.run_id not in said("runs", "list", "--experiment-id", experiment)
    assert run.info.run_id in said("runs", "list", "--experiment-id", experiment, "--view", "deleted_only")
    said("runs", "restore", "--run-id", run.info.run_id)
    assert run.info.run_id in said("runs", "list", "--experiment-id", experiment)
    return experiment


def artifacts(run: str) -> None:
    """Log, list and download."""
    Path("report").mkdir()
    Path("report/hello.txt").write_text("hello", encoding="utf-8")
    said("artifacts", "log-artifact", "--run-id", run, "--local-file", "report/hello.txt", "--artifact-path", "notes")
    said("artifacts", "log-artifacts", "--run-id", run, "--local-dir", "report", "--artifact-path", "all")
    listed = json.loads(said("artifacts", "list", "--run-id", run, "--artifact-path", "notes"))
    assert [(each["path"], int(each["file_size"])) for each in listed] == [("notes/hello.txt", 5)]
    got = said("artifacts", "download", "--run-id", run, "--artifact-path", "all", "--dst-path", "downloaded")
    assert Path(got.strip().splitlines()[-1], "hello.txt").read_text(encoding="utf-8") == "hello"
    model = said("artifacts", "download", "--artifact-uri", "models:/scored/Production", "--dst-path", "production")
    assert Path(model.strip().splitlines()[-1], "MLmodel").exists()


def predict(model: LogisticRegression) -> None:
    """Predict with what is in production."""
    Path("rows.json").write_text(json.dumps({"inputs": X.tolist()}), encoding="utf-8")
    arguments = ("-i", "rows.json", "-o", "predicted.json", "-t", "json", "--env-manager", "local")
    said("models", "predict", "-m", "models:/scored/Production", *arguments)
    found = json.loads(Path("predicted.json").read_text(encoding="utf-8"))["predictions"]
    assert np.array_equal(found, model.predict(X))


def ask(port: int, model: LogisticRegression) -> None:
    """Ask the server of the model that the alias points at."""
    until = time.monotonic() + READY_SECONDS_MAX
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).close()
            break
        except OSError:
            assert time.monotonic() < until, "the model's server did not come up"
            time.sleep(0.2)
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        data=json.dumps({"inputs": X.tolist()}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.loads(answer.read())["predictions"]
    assert np.array_equal(found, model.predict(X))
