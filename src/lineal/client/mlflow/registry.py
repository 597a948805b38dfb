"""Bring MLflow's registry: versions with their numbers, then the models that they are of."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import unquote

import msgspec

from lineal.client.mlflow.bringing import Bringing, state_of, unmarked
from lineal.client.mlflow.filing import tree_of
from lineal.formats.mlflow.records import ModelRecord, VersionRecord
from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError, NotFound, Unavailable
from lineal.objects.ulid import ulid_of
from lineal.operations.messages.outbox import PROMPT_TAG
from lineal.operations.migration.registry_imports import ComingVersion
from lineal.operations.recording import artifacts
from lineal.storage.mlflow.source import Source
from lineal.storage.progress import Progress

_OF_RUN = re.compile(r"(?:^|/)(?P<id>[0-9a-f]{32})/artifacts(?:/(?P<path>.+?))?/?$")
_RUNS = re.compile(r"runs:/+(?P<id>[0-9a-f]{32})(?:/(?P<path>.+?))?/?$")
_OF_MODEL = re.compile(r"(?:^|/)models/(?P<id>m-[0-9a-f]{32})/artifacts/?$|models:/+(?P<named>m-[0-9a-f]{32})/?$")


def bring_registry(bringing: Bringing, source: Source, progress: Progress | None) -> None:
    """Bring registered models and their versions; without ``progress``, no files are looked for."""
    for model in source.registered_models():
        bringing.registered.append(model.name)
        versions = list(map(unmarked, source.versions(model)))
        numbers = {each.number for each in versions}
        aliases = {alias: number for alias, number in model.aliases.items() if number in numbers}
        bringing.there.update(registered=1, versions=len(versions), aliases=len(aliases))
        is_prompt = model.tags.get(PROMPT_TAG, "").lower() == "true"
        here = {
            each.number for each in versions if _bring_version(bringing, source, each, progress, is_prompt=is_prompt)
        }
        if versions and not here:
            continue  # it is another model than that which has the name here, or nothing of it could be had
        # An alias leads to what came from there, never to what merely has the same number.
        kept = {alias: number for alias, number in aliases.items() if number in here}
        _bring_model(bringing, msgspec.structs.replace(model, aliases=kept))


def _bring_model(bringing: Bringing, model: ModelRecord) -> None:
    item, state = f"model:{model.name}", state_of(model)
    if bringing.state(item) == state:
        return
    try:
        bringing.repository.imports.registered(model, state=state)
    except Unavailable:
        raise
    except LinealError as error:
        bringing.leave_out(f"model {model.name}", error)
        return
    bringing.add(item, state)


def _bring_version(
    bringing: Bringing, source: Source, version: VersionRecord, progress: Progress | None, *, is_prompt: bool
) -> bool:
    """Bring a version unless it is here as it is there; tell whether it is here then."""
    item, state = f"version:{version.model}/{version.number}", state_of(version)
    if bringing.state(item) == state:
        return True
    try:
        new = ComingVersion(version=version, state=state)
        if progress is not None and not is_prompt and not bringing.state(item):
            new = _with_files(bringing, source, new, progress)
        bringing.repository.imports.numbered(new)
    except Unavailable:
        raise
    except (LinealError, OSError) as error:
        what = f"version {version.number} of {version.model}"
        bringing.leave_out(what, str(error) if isinstance(error, OSError) else error)
        return False
    bringing.add(item, state)
    return True


def _with_files(bringing: Bringing, source: Source, new: ComingVersion, progress: Progress) -> ComingVersion:
    """Say where the files of a version are here. Raises NotFound when they are nowhere."""
    version = new.version
    for place in (version.place, version.source):
        if (found := _OF_MODEL.search(place)) and (model := found["id"] or found["named"]) in bringing.filed:
            _check(bringing, model, f"logged:{model}", "")
            return _placed(new, f"models:/{model}")
        if (found := _RUNS.search(place) or _OF_RUN.search(place)) and (run := found["id"]) in bringing.filed:
            path = unquote(found["path"] or "")
            _check(bringing, run, ulid_of(run), path)
            return _placed(new, f"runs:/{run}/{path}".rstrip("/"))
    return _placed(new, "", tree_of(bringing, source, version, progress))


def _placed(new: ComingVersion, place: str, tree: Digest | None = None) -> ComingVersion:
    return msgspec.structs.replace(new, place=place, tree=tree)


def _check(bringing: Bringing, owner: str, subject: str, path: str) -> None:
    """Raise NotFound when the files of a version did not come, or when there were none."""
    is_here = bringing.filed[owner]
    if is_here and artifacts.list_artifacts(bringing.repository, subject, under=path):
        return
    if is_here and path:
        with suppress(NotFound):
            artifacts.show(bringing.repository, subject, path)
            return
    what = f"there is nothing at {path or owner}" if is_here else f"the files of {owner} could not be had"
    raise NotFound(what, hint="--without-artifacts keeps its address alone")
