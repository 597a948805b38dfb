"""Runs: all of them as a table, and everything that was seen of one."""

from __future__ import annotations

from typing import Any

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.objects.prepared import prepared
from lineal.operations.answers.models import RunAnswer
from lineal.operations.answers.run_sections import sections_of
from lineal.operations.recording import experiments, tracking
from lineal.operations.recording.summaries import Pair
from lineal.web.drawing import lineage_svg
from lineal.web.pages import made, media, metrics, run_table
from lineal.web.pages.page import Asked, Form

_DESCRIPTION, _INNER = "mlflow.note.content", ("mlflow.", "lineal.")
_SHOWN_OTHERWISE = {"metrics", "artifacts", "tags", "runs that belong to it"}
"""Sections of a run that its page has in another form."""

_SHOWN_BYTES = 20_000
"""A page shows so much of what a program printed; the store has all of it."""


def load_many(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return a page of the runs."""
    return run_table.values(repository, run_table.view("/runs", asked))


def act(repository: LocalRepository, asked: Asked, form: Form) -> str | dict[str, Any]:
    """Delete or restore the runs that were marked."""
    if form.get("act", "") not in run_table.ACTS:
        raise Invalid("this is nothing that can be done here", hint="use the buttons of the page")
    refused = run_table.act(repository, form)
    if refused is None:
        return run_table.view("/runs", asked).link()
    return {**load_many(repository, asked), "refused": run_table.told(refused)}


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return everything that was seen of a run."""
    found: Any = repository.show(f"run:{asked.name}")
    told = tracking.tracked(repository, found.id)
    params = {each.key: each.value for each in _pairs(told.params)}
    if not found.params:
        found = msgspec.structs.replace(found, params=params)
    tags = {each.key: each.value for each in _pairs(told.tags)}
    shown, drawn = media.of_run(repository, found)
    return {
        "run": found,
        "experiment": _experiment(repository, told.experiment),
        "before": _before(repository, found),
        "description": tags.pop(_DESCRIPTION, ""),
        "tags": {name: value for name, value in tags.items() if not name.startswith(_INNER)},
        "inner_tags": {name: value for name, value in tags.items() if name.startswith(_INNER)},
        **metrics.of_run(repository, found, told, asked),
        **made.of_run(repository, found, told),
        "sections": [each for each in sections_of(found) if each.title not in _SHOWN_OTHERWISE],
        "media": shown,
        "drawn": drawn,
        "stdout": _text(repository, found.run.stdout if found.run else None),
        "stderr": _text(repository, found.run.stderr if found.run else None),
        "diff": _text(repository, found.code.diff if found.code else None),
        "lineage": lineage_svg(repository.lineage(found.reference)) if found.digest else "",
    }


def _experiment(repository: LocalRepository, number: int) -> dict[str, Any]:
    found = experiments.shown(repository, number=number)
    return {"number": found.number, "name": found.name}


def _before(repository: LocalRepository, found: RunAnswer) -> str:
    """Return the id of the run of that name before this one, empty when there is none that has ended."""
    rows = repository.store.database.run(
        "SELECT id FROM run WHERE name = :name AND id < :id AND digest IS NOT NULL ORDER BY id DESC LIMIT 1",
        name=found.name,
        id=found.id,
    )
    return str(rows[0]["id"]) if rows and found.digest else ""


def _text(repository: LocalRepository, digest: Any) -> str:
    if digest is None:
        return ""
    try:
        pieces = repository.blobs.open(digest, size=_SHOWN_BYTES)
        return b"".join(pieces).decode("utf-8", "replace")
    except (NotFound, Corrupt) as error:
        return error.message


_pairs = msgspec.json.Decoder(prepared(list[Pair])).decode
