"""Where a program says that the files of a model are, and which of ours those are.

A program names a place in one of a few ways: files of a run, files that it uploaded, a model that it logged, another
version. Each is checked against the run that the program names. Places elsewhere are kept as they are, without bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lineal.objects.errors import Invalid, NotFound
from lineal.objects.ulid import hexadecimal, is_ulid, ulid_of
from lineal.operations.messages.outbox import STAGE_NAMES
from lineal.operations.recording.run_rows import missing
from lineal.operations.recording.tracking import find as find_run
from lineal.operations.references import Row
from lineal.operations.versioning.models import newest_by_stage
from lineal.storage.store import Store

SOURCE_CHARACTERS_MAX = 500

_HEXADECIMAL = re.compile(r"[0-9a-f]{32}")
_LOGGED = re.compile(r"m-[\w-]+")
_STAGES = {name.lower(): ours for ours, name in STAGE_NAMES.items()}


class Weights(NamedTuple):
    """The files that a source means.

    Args:
        location: where programs find them.
        subject: whose files they are, as the table ``artifact`` knows it; empty where they are not here.
        under: the path in those; empty for all.
        run: the run that made them.
        logged_model: the logged model that they are.
        copied: the version that they are already, if they are one.
    """

    location: str
    subject: str = ""
    under: str = ""
    run: str = ""
    logged_model: str = ""
    copied: Row | None = None


class _Named(NamedTuple):
    """What a program says beside the source."""

    source: str
    run: str
    logged_model: str


def resolve(store: Store, source: str, *, run: str, logged_model: str, is_prompt: bool = False) -> Weights:
    """Return which files a source means.

    Args:
        store: where.
        source: what the program said.
        run: the run that it names, if it does.
        logged_model: the logged model that it names.
        is_prompt: a prompt has no files, whatever its source says.

    Raises:
        Invalid: the source lies outside the run or model that is named, or cannot be meant.
        NotFound: there is no such run, logged model or version.
    """
    if len(source) > SOURCE_CHARACTERS_MAX:
        raise _wrong(source, f"it has more than {SOURCE_CHARACTERS_MAX} characters")
    if is_prompt:
        return Weights(source, run=run)
    parts = urlsplit(source)
    # Twice and more: a proxy on the way may have written its own signs for those of the program.
    path = parts.path
    while (plain := unquote(path)) != path:
        path = plain
    if ".." in re.split(r"[/\\]", path) or "\\" in path or "\0" in path:
        raise _wrong(
            source,
            "If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an"
            " absolute path must be provided without relative path references present. Please provide an absolute path.",
        )
    steps = [each for each in parts.path.split("/") if each]
    named = _Named(source, run, logged_model)
    kind = _KINDS.get(parts.scheme)
    return kind(store, named, steps) if kind else Weights(source, run=run, logged_model=logged_model)


def _of_run(store: Store, named: _Named, steps: list[str]) -> Weights:
    """``runs:/ID/path``."""
    if not steps:
        raise _wrong(named.source, "it names no run")
    if steps[0] == named.run and not _HEXADECIMAL.fullmatch(steps[0]) and not is_ulid(steps[0]):
        return Weights(named.source, run=named.run, logged_model=named.logged_model)  # no run of ours is called so
    run = _run_of(steps[0])
    return _in_run(store, named, run, "/".join(steps[1:]))


def _of_upload(store: Store, named: _Named, steps: list[str]) -> Weights:
    """``mlflow-artifacts:/PLACE/RUN/artifacts/path`` and ``mlflow-artifacts:/PLACE/models/ID/artifacts/path``."""
    for at, step in enumerate(steps[:-1]):
        if steps[at + 1] != "artifacts":
            continue
        root, under = "/" + "/".join(steps[: at + 2]), "/".join(steps[at + 2 :])
        if at and steps[at - 1] == "models" and _LOGGED.fullmatch(step):
            found = _in_logged(store, named, step, under)
        elif _HEXADECIMAL.fullmatch(step):
            found = _in_run(store, named, _run_of(step), under)
        else:
            continue
        if urlsplit(found.location).path != f"{root}/{under}".rstrip("/"):
            break  # it names another place than that of its experiment
        return found
    raise _outside(named)


def _of_model(store: Store, named: _Named, steps: list[str]) -> Weights:
    """``models:/m-…``, ``models:/NAME/VERSION``, ``models:/NAME/STAGE`` and ``models:/NAME@ALIAS``."""
    match steps:
        case [model] if _LOGGED.fullmatch(model):
            return _in_logged(store, named, model, "")
        case [text] if "@" in text:
            name, _, alias = unquote(text).rpartition("@")
            return _copied(named, by_alias(store, name, alias))
        case [*names, word] if names:
            return _copied(named, _numbered(store, named, unquote("/".join(names)), unquote(word)))
        case _:
            raise _wrong(named.source, "it names neither a version nor a logged model")


def _on_disk(store: Store, named: _Named, _: list[str]) -> Weights:
    """A path on some machine: only below the files of a run that keeps them there."""
    row = find_run(store, named.run) if is_ulid(named.run) else None
    path = urlsplit(named.source).path.rstrip("/")
    root = urlsplit(_root(row)).path if row and row["artifact_location"] else ""
    if not row or not root or not f"{path}/".startswith(f"{root}/"):
        raise _wrong(
            named.source,
            "To use a local path as a model version source, the run_id request parameter has to be specified and the"
            " local path has to be contained within the artifact directory of the run specified by the run_id.",
        )
    return Weights(named.source, run=named.run, logged_model=named.logged_model)


_KINDS: dict[str, Callable[[Store, _Named, list[str]], Weights]] = {
    "runs": _of_run,
    "mlflow-artifacts": _of_upload,
    "models": _of_model,
    "file": _on_disk,
    "": _on_disk,
}
"""The schemes that mean files of ours, or of a machine."""


def _in_run(store: Store, named: _Named, run: str, under: str) -> Weights:
    if named.run and named.run != run:
        raise _outside(named)
    try:
        row = find_run(store, run)
    except NotFound:
        if named.run == run and urlsplit(named.source).scheme == "runs":
            return Weights(named.source, run=run, logged_model=named.logged_model)  # another server has it
        raise
    root = _root(row)
    location = f"{root}/{under}" if under else root
    held = run if root.startswith("mlflow-artifacts:") else ""
    return Weights(location, held, under, run, named.logged_model)


def _in_logged(store: Store, named: _Named, model: str, under: str) -> Weights:
    rows = store.database.run("SELECT * FROM logged_model WHERE id = :id AND deleted_at IS NULL", id=model)
    if not rows:
        raise NotFound(f"Logged model with ID '{model}' not found.", hint="log it first")
    run = rows[0]["run"] or ""
    if (named.logged_model or model) != model or (named.run and run and named.run != run):
        raise _outside(named)
    place = rows[0]["artifact_location"] or f"mlflow-artifacts:/{rows[0]['experiment']}"
    root = f"{place}/models/{model}/artifacts"
    return Weights(f"{root}/{under}" if under else root, f"logged:{model}", under, named.run or run, model)


def _copied(named: _Named, row: Row) -> Weights:
    return Weights(
        download_uri(row),
        run=named.run or row["run"] or "",
        logged_model=named.logged_model or row["logged_model"],
        copied=row,
    )


def _numbered(store: Store, named: _Named, name: str, word: str) -> Row:
    if word.isascii() and word.isdecimal() and len(word) <= 18:
        return find(store, name, int(word))
    stages = tuple(_STAGES.values()) if word.lower() == "latest" else (_STAGES.get(word.lower(), ""),)
    if rows := newest_by_stage(store, (name,), stages):
        return rows[-1]
    raise _wrong(named.source, f"{name} has no version {word!r}")


def find(store: Store, name: str, number: int) -> Row:
    """Return the row of a version that was not deleted. Raises NotFound."""
    rows = store.database.run(
        "SELECT * FROM version WHERE model = :name AND number = :number AND deleted_at IS NULL",
        name=name,
        number=number,
    )
    if rows:
        return rows[0]
    raise NotFound(f"Model Version (name={name}, version={number}) not found", hint=f"lineal model show {name}")


def by_alias(store: Store, name: str, alias: str) -> Row:
    """Return the row of the version that an alias points at. Raises Invalid, as MLflow does, when there is none."""
    rows = store.database.run(
        "SELECT v.* FROM alias a JOIN version v ON v.model = a.model AND v.number = a.number"
        " WHERE a.model = :name AND a.alias = :alias AND v.deleted_at IS NULL",
        name=name,
        alias=alias,
    )
    if rows:
        return rows[0]
    raise Invalid(f"Registered model alias {alias} not found.", hint=f"lineal model show {name}")


def download_uri(row: Row) -> str:
    """Return where programs find the files of a version; those of one that we registered have the name of its digest."""
    return str(row["location"]) or f"mlflow-artifacts:/versions/{row['digest'].removeprefix('sha256:')}/artifacts"


def _root(row: Row) -> str:
    """Return where a run keeps its files."""
    place = row["artifact_location"] or f"mlflow-artifacts:/{row['experiment']}"
    return f"{place}/{hexadecimal(row['id'])}/artifacts"


def _run_of(text: str) -> str:
    if not _HEXADECIMAL.fullmatch(text):
        raise missing(text)
    return ulid_of(text)


def _outside(named: _Named) -> Invalid:
    what = (
        f"the model {named.logged_model}" if named.logged_model and not named.run else "the run specified by the run_id"
    )
    return _wrong(named.source, f"It has to be contained within the artifact directory of {what}.")


def _wrong(source: str, why: str) -> Invalid:
    return Invalid(f"Invalid model version source: '{source}'. {why}", hint="name the files of the run")
