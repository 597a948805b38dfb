"""Runs that tell of themselves, with files, as MLflow's programs make them."""

from __future__ import annotations

from lineal.client.local import LocalRepository
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal
from lineal.operations.answers.registry import RegisteredVersion
from lineal.operations.recording import artifacts, logged_models, tracking
from lineal.operations.recording.logged_models import NewModel
from lineal.operations.versioning import registered_models, registered_versions
from lineal.operations.versioning.registered_versions import NewVersion

MLMODEL = b"""\
flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.11.7
  sklearn:
    pickled_model: model.pkl
    sklearn_version: 1.5.0
signature:
  inputs: '[{"type": "double", "name": "age", "required": true}, {"type": "long", "name": "visits"}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
"""
REQUIREMENTS = b"mlflow==3.18.0\nscikit-learn==1.5.0\n# more\nnumpy\n"
MODEL = {"MLmodel": MLMODEL, "model.pkl": b"weights", "requirements.txt": REQUIREMENTS}


def tracked(
    repository: LocalRepository, files: dict[str, bytes] = MODEL, *, under: str = "model", **params: str
) -> str:
    """Begin a run that logs a metric, some params and files; return its id."""
    store = repository.store
    run = tracking.NewRun(
        id=store.clock.new_id(),
        name="train",
        started_at=store.clock.now(),
        tags={"mlflow.source.git.commit": "a" * 40, "mlflow.source.name": "train.py", "team": "a"},
    )
    tracking.create(repository, run)
    tracking.record(
        repository, run.id, points=(Point(key="auc", step=1, value=0.9, at=1),), params={"depth": "5", **params}
    )
    upload(repository, run.id, {f"{under}/{path}": data for path, data in files.items()})
    return run.id


def upload(repository: LocalRepository, subject: str, files: dict[str, bytes]) -> None:
    """Keep files of a run or a logged model."""
    store = repository.store
    for path, data in files.items():
        artifacts.put(repository, subject, path, digest=store.blobs.put(data), size_bytes=len(data))


def logged(repository: LocalRepository, run: str | None, model: str, files: dict[str, bytes] = MODEL) -> str:
    """Log a model that a run made; return its id."""
    logged_models.create(repository, NewModel(id=model, name="model", run=run))
    upload(repository, f"logged:{model}", files)
    logged_models.finish(repository, model, status="READY")
    return model


def source(run: str, under: str = "model") -> str:
    """Return the source by which programs name files of a run."""
    return f"runs:/{hexadecimal(run)}/{under}"


def made(repository: LocalRepository, name: str) -> str:
    """Make a model without versions; return its name."""
    registered_models.create(repository, name)
    return name


def registered(repository: LocalRepository, name: str, run: str = "", **fields: object) -> RegisteredVersion:
    """Register the files of a run, or of a new one, as the next version of a model."""
    run = run or tracked(repository)
    new = NewVersion(**{"source": source(run), "run": run, **fields})  # type: ignore[arg-type]
    return registered_versions.create(repository, name, new)
