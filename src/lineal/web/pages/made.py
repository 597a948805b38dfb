"""What a run used and made: datasets as its program called them, logged models, versions, files, and runs that belong to it."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import LinealError
from lineal.objects.prepared import prepared
from lineal.operations.answers.models import RunAnswer
from lineal.operations.answers.tracking import TrackedRun
from lineal.operations.recording import logged_models
from lineal.operations.recording.inputs import CONTEXT
from lineal.operations.recording.summaries import Inputs, Outputs
from lineal.web.pages.media import address as media_address
from lineal.web.pages.media import kind_of
from lineal.web.pages.page import Asked

_MODELS_MAX, _VERSIONS_MAX, _RELATED_SHOWN, _COMPARED_MAX = 20, 20, 50, 32
_LOGGED = "logged:"

_inputs = msgspec.json.Decoder(prepared(Inputs)).decode
_outputs = msgspec.json.Decoder(prepared(Outputs)).decode


class File(NamedTuple):
    """A file or a directory in a list: its name, its size, where it is looked at, and where its bytes are."""

    name: str
    is_dir: bool
    size_bytes: int
    address: str
    download: str


def of_run(repository: LocalRepository, run: RunAnswer, told: TrackedRun) -> dict[str, Any]:
    """Return what a run used and made."""
    used, made = _inputs(told.inputs), _outputs(told.outputs)
    models = {each.model_id: each.step for each in made.model_outputs}
    return {
        "used_datasets": [
            {
                "name": each.dataset.name,
                "digest": each.dataset.digest,
                "context": next((tag.value for tag in each.tags if tag.key == CONTEXT), ""),
                "source_type": each.dataset.source_type,
            }
            for each in used.dataset_inputs
        ],
        "used_models": [each.model_id for each in used.model_inputs],
        "made_models": list(_models(repository, models)),
        "versions": _versions(repository, run.id),
        "files": files(repository, run.id, "") if run.artifacts else [],
        "relations": run.relations[:_RELATED_SHOWN],
        "relation_count": len(run.relations),
        "compare": _compare(run),
    }


def _models(repository: LocalRepository, models: dict[str, int]) -> Any:
    for model, step in list(models.items())[:_MODELS_MAX]:
        try:
            found = logged_models.show(repository, model)
        except LinealError:
            continue  # it was deleted
        yield {
            "id": model,
            "name": found.name,
            "model_type": found.model_type,
            "status": found.status.lower(),
            "step": step,
            "created_at": found.created_at,
            "address": files_address(_LOGGED + model, ""),
        }


def _versions(repository: LocalRepository, run: str) -> Any:
    return repository.search(f'run = "{run}"', kind="versions", limit=_VERSIONS_MAX).versions


def _compare(run: RunAnswer) -> str:
    """Return the address of the comparison of a run with those below it, or with its like; nothing where it is alone."""
    below = [each.reference.removeprefix("run:") for each in run.relations if each.role == "child"]
    if len(below) > 1:
        return "/compare?" + urlencode([("run", each) for each in below[:_COMPARED_MAX]])
    near = [each.reference.removeprefix("run:") for each in run.relations if each.role != "parent"]
    return "/compare?" + urlencode([("run", each) for each in (run.id, *near[: _COMPARED_MAX - 1])]) if near else ""


def files_address(subject: str, under: str) -> str:
    """Return the address of a list of files."""
    return "/files?" + urlencode({"of": subject, **({"under": under} if under else {})})


def files(repository: LocalRepository, subject: str, under: str) -> list[File]:
    """Return one level of the files of a run or a logged model: directories first."""
    found = repository.artifacts.list(subject, under=under)
    return [
        File(
            each.path.rpartition("/")[2],
            each.is_dir,
            each.size_bytes,
            files_address(subject, each.path) if each.is_dir else _look(subject, each.path),
            "" if each.is_dir else media_address(subject, each.path, "/media/file"),
        )
        for each in sorted(found, key=lambda each: (not each.is_dir, each.path))
    ]


def _look(subject: str, path: str) -> str:
    """Return where a file can be looked at, if there is anything to see."""
    return "" if subject.startswith(_LOGGED) or kind_of(path) == "file" else media_address(subject, path)


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return the files of a run, or of a model that it logged."""
    subject, under = asked.query.get("of", ""), asked.query.get("under", "").strip("/")
    if subject.startswith(_LOGGED):
        model = logged_models.show(repository, subject.removeprefix(_LOGGED))
        run, name = model.run or "", model.name
    else:
        found: Any = repository.show(f"run:{subject}")
        run, name, subject = found.id, found.name, found.id
    parts = under.split("/") if under else []
    return {
        "run": run,
        "name": name,
        "of": subject,
        "under": under,
        "above": [(part, files_address(subject, "/".join(parts[: at + 1]))) for at, part in enumerate(parts)],
        "top": files_address(subject, ""),
        "files": files(repository, subject, under),
    }
