"""Whose role counts: the experiments and models that a request is about, and what of an answer may be seen.

A verb says with ``about`` which of its parameters name something, and of what kind; this is where kinds are looked up.
``perform`` asks for the role on all that is found. One who sees everything costs no look-up at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec

from lineal.objects.errors import Denied, Invalid, NotFound
from lineal.operations.answers.data import DatasetAnswer
from lineal.operations.answers.lineage import Lineage
from lineal.operations.answers.models import DeploymentAnswer, ModelAnswer, RunAnswer, VersionLine
from lineal.operations.answers.questions import Found, LogLine
from lineal.operations.answers.registry import HoldAnswer, PlannedMove, Wish
from lineal.operations.answers.tracking import ExperimentAnswer
from lineal.operations.operation import Operation
from lineal.operations.people.sight import experiment_object, model_object
from lineal.operations.references import Row, find_any, find_deployment, find_run, find_version
from lineal.storage.store import Actor, Role, Store

EVERYONE = "everyone"
"""The name that a grant to all has."""

_READING = "read "
"""Begins a kind that only needs to be read, whatever the verb does elsewhere."""

_LOGGED, _VERSION, _SHARED = "logged:", "version:", "shared"


def check_role(store: Store, operation: Operation, request: msgspec.Struct) -> None:
    """Refuse what the actor's roles do not allow. Raises Denied."""
    actor = store.actor
    if actor.may(operation.role):
        return
    if operation.about is None:
        raise _denied(actor, operation.words, operation.role)
    things = list(_things(store, operation, request))
    if not things and not _may_elsewhere(actor, operation.role):
        raise _denied(actor, operation.words, operation.role)
    for thing, needed in things:
        if not actor.may(needed, thing):
            raise _denied(actor, operation.words, needed, thing)


def _may_elsewhere(actor: Actor, needed: Role) -> bool:
    """Tell whether somebody may do what is about no experiment and no model, or about some that are looked for."""
    return actor.may(needed, "anything") or (needed == "reader" and actor.may_somewhere(needed))


def _denied(actor: Actor, words: str, needed: Role, thing: str = "") -> Denied:
    role, where = (actor.role_on(thing), f" on {thing}") if thing else (actor.role, "")
    here = "has no role" if role == "none" else f"is a {role}"
    return Denied(
        f"{actor.name} {here}{where}; '{words}' needs a {needed}",
        hint="ask an administrator of this repository for the role",
    )


def _things(store: Store, operation: Operation, request: msgspec.Struct) -> Iterator[tuple[str, Role]]:
    """Yield what a request is about, with the role that is needed there."""
    for name, kind in (operation.about or {}).items():
        value = getattr(request, name)
        needed: Role = "reader" if kind.startswith(_READING) else operation.role
        find = _KINDS[kind.removeprefix(_READING)]
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None and each != "":
                # What is not there, the verb itself tells.
                with suppress(NotFound, Invalid):
                    yield from ((thing, needed) for thing in find(store, each))


def _of_experiment(_: Store, number: Any) -> Iterator[str]:
    if number is not None and number >= 0:
        yield experiment_object(number)


def _of_experiment_name(store: Store, name: Any) -> Iterator[str]:
    for row in store.database.run("SELECT number FROM experiment WHERE name = :name", name=name):
        yield experiment_object(row["number"])


def _of_run_id(store: Store, run: Any) -> Iterator[str]:
    for row in store.database.run("SELECT experiment FROM run WHERE id = :run", run=run):
        yield experiment_object(row["experiment"])


def _of_new(store: Store, new: Any) -> Iterator[str]:
    """Yield the experiment of a run, or of a logged model, that begins; what names none is of the first one."""
    if new is not None:
        yield experiment_object(getattr(new, "experiment", 0))
        if run := getattr(new, "run", None):
            yield from _of_run_id(store, run)


def _of_finished(store: Store, run: Any) -> Iterator[str]:
    yield from _of_run_id(store, run.id) if run is not None else ()


def _of_source(store: Store, new: Any) -> Iterator[str]:
    """Yield where a version that is registered comes from: what its address leads to, and not only what it names."""
    from lineal.operations.messages.outbox import PROMPT_TAG  # noqa: PLC0415 - most requests register nothing
    from lineal.operations.versioning.weights import resolve  # noqa: PLC0415

    if new is None:
        return
    is_prompt = new.tags.get(PROMPT_TAG, "").lower() == "true"
    found = resolve(store, new.source, run=new.run, logged_model=new.logged_model, is_prompt=is_prompt)
    if found.copied:
        yield model_object(found.copied["model"])
    if found.subject:
        yield from _of_files(store, found.subject)
    for run in filter(None, (new.run, found.run)):
        yield from _of_run_id(store, run)
    if new.logged_model:
        yield from _of_logged(store, new.logged_model)


def _of_logged(store: Store, model: Any) -> Iterator[str]:
    for row in store.database.run("SELECT experiment FROM logged_model WHERE id = :id", id=model):
        yield experiment_object(row["experiment"])


def _of_files(store: Store, subject: Any) -> Iterator[str]:
    """Yield whose files a subject has; one version may be in several models, and the best role on any of them counts."""
    if subject.startswith(_LOGGED):
        yield from _of_logged(store, subject.removeprefix(_LOGGED))
    elif subject.startswith(_VERSION):
        rows = store.database.run(
            "SELECT model FROM version WHERE digest = :digest", digest=subject.removeprefix(_VERSION)
        )
        models = [model_object(row["model"]) for row in rows]
        yield from [each for each in models if store.actor.may("reader", each)][:1] or models
    elif subject != _SHARED:
        yield from _of_run_id(store, subject)


def _of_model(_: Store, name: Any) -> Iterator[str]:
    yield model_object(name)


def _of_version(store: Store, text: Any) -> Iterator[str]:
    yield model_object(find_version(store, text)["model"])


def _of_planned(store: Store, move: Any) -> Iterator[str]:
    for row in store.database.run(
        "SELECT versions FROM planned_move WHERE id LIKE :prefix", prefix=str(move).removeprefix("move:") + "%"
    ):
        for each in msgspec.json.decode(row["versions"]):
            yield from _of_version(store, each)


def _of_run(store: Store, text: Any) -> Iterator[str]:
    yield experiment_object(find_run(store, text)["experiment"])


def _of_deployment(store: Store, text: Any) -> Iterator[str]:
    yield model_object(find_deployment(store, text)["model"])


def _of_reference(store: Store, text: Any) -> Iterator[str]:
    kind, row = find_any(store, text)
    yield from _of_row(kind, row)


def _of_row(kind: str, row: Row) -> Iterator[str]:
    if kind == "run":
        yield experiment_object(row["experiment"])
    elif kind == "model":
        yield model_object(row["name"])
    elif kind == "dataset":
        yield f"data:{row['name']}"
    else:
        yield model_object(row["model"])


def _of_contents(store: Store, text: Any) -> Iterator[str]:
    """Yield what a word is that is a dataset where nothing else has that name."""
    try:
        yield from _of_reference(store, text)
    except NotFound:
        yield from _of_reference(store, f"data:{text}")


def _of_account(_: Store, name: Any) -> Iterator[str]:
    yield f"account:{name}"


def _of_token(store: Store, token: Any) -> Iterator[str]:
    for row in store.database.run("SELECT account FROM access_token WHERE id = :id", id=token):
        yield f"account:{row['account']}"


def named_object(store: Store, text: str) -> str:
    """Return what ``experiment:NAME``, ``experiment:#7`` or ``model:NAME`` is called in grants. Raises Invalid, NotFound."""
    kind, _, name = text.partition(":")
    if kind == "model" and name:
        if not store.database.run("SELECT 1 AS one FROM model WHERE name = :name", name=name):
            raise NotFound(f"there is no model {name!r}", hint="lineal model list shows the models")
        return model_object(name)
    if kind != "experiment" or not name:
        raise Invalid(f"{text!r} is no experiment and no model", hint="write experiment:NAME or model:NAME")
    column = "'#' || CAST(number AS TEXT)" if name.startswith("#") else "name"
    if rows := store.database.run(f"SELECT number FROM experiment WHERE {column} = :name", name=name):
        return experiment_object(rows[0]["number"])
    raise NotFound(f"there is no experiment {name!r}", hint="lineal experiments lists them")


def _of_object(store: Store, text: Any) -> Iterator[str]:
    yield named_object(store, text)


_KINDS: dict[str, Callable[[Store, Any], Iterator[str]]] = {
    "account": _of_account,
    "contents": _of_contents,
    "deployment": _of_deployment,
    "experiment": _of_experiment,
    "experiment name": _of_experiment_name,
    "files": _of_files,
    "finished run": _of_finished,
    "logged model": _of_logged,
    "model": _of_model,
    "new": _of_new,
    "object": _of_object,
    "planned move": _of_planned,
    "reference": _of_reference,
    "run": _of_run,
    "run id": _of_run_id,
    "source": _of_source,
    "token": _of_token,
    "version": _of_version,
}
"""How what a parameter says leads to the experiments and models that it is about."""


def visible(store: Store, answer: Any) -> Any:
    """Return an answer without what the actor may not see of it."""
    if store.actor.may("reader"):
        return answer
    if isinstance(answer, tuple) and answer and type(answer[0]) in _LISTED:
        about = _LISTED[type(answer[0])]
        return tuple(each for each in answer if all(_is_visible(store, text) for text in _several(about(each))))
    if isinstance(answer, Found):
        return msgspec.structs.replace(
            answer, versions=visible(store, answer.versions), runs=visible(store, answer.runs)
        )
    if isinstance(answer, Lineage):
        nodes = tuple(each for each in answer.nodes if each.kind not in _HIDDEN or _is_visible(store, each.reference))
        kept = {each.digest for each in nodes}
        edges = tuple(each for each in answer.edges if each.child in kept and each.parent in kept)
        return msgspec.structs.replace(answer, nodes=nodes, edges=edges)
    return answer


_HIDDEN = frozenset(("run", "version", "deployment", "evaluation", "dataset"))
"""Kinds of nodes that belong to an experiment or a model."""


def _several(about: str | tuple[str, ...]) -> tuple[str, ...]:
    return (about,) if isinstance(about, str) else about


_LISTED: dict[type, Callable[[Any], str | tuple[str, ...]]] = {
    DatasetAnswer: lambda each: f"data:{each.name}",
    DeploymentAnswer: lambda each: model_object(each.model),
    ExperimentAnswer: lambda each: experiment_object(each.number),
    HoldAnswer: lambda each: each.reference,
    PlannedMove: lambda each: each.versions,
    LogLine: lambda each: each.subject,
    ModelAnswer: lambda each: model_object(each.reference),
    RunAnswer: lambda each: each.reference,
    VersionLine: lambda each: model_object(each.model),
    Wish: lambda each: model_object(each.model),
}
"""What the items of a list are about."""


def _is_visible(store: Store, text: str) -> bool:
    """Tell whether a list may show what ``text`` names; of what nothing is known, it may not."""
    if text.startswith(("model:", "experiment:")):
        return store.actor.may("reader", text)
    try:
        kind, row = find_any(store, text)
    except (NotFound, Invalid):
        return False
    return all(store.actor.may("reader", each) for each in _of_row(kind, row))
