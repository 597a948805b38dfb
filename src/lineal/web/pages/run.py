"""Runs: all of them as a table, and everything that was seen of one."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.formats import wording
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.operations.answers import RunAnswer
from lineal.operations.recording import experiments, tracking
from lineal.storage import series
from lineal.web.drawing import lineage_svg
from lineal.web.pages import media, run_table
from lineal.web.pages.page import Asked, Form, Page
from lineal.web.plots import curve

_CURVES_MAX, _POINTS = 60, 150
_SHOWN_BYTES = 20_000
"""A page shows so much of what a program printed; the store has all of it."""


def _list(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    return run_table.values(repository, run_table.view("/runs", asked))


def _act(repository: LocalRepository, asked: Asked, form: Form) -> str | dict[str, Any]:
    """Delete or restore the runs that were marked."""
    if form.get("act", "") not in run_table.ACTS:
        raise Invalid("this is nothing that can be done here", hint="use the buttons of the page")
    refused = run_table.act(repository, form)
    if refused is None:
        return run_table.view("/runs", asked).link()
    return {**_list(repository, asked), "refused": run_table.told(refused)}


def _load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    found: Any = repository.show(f"run:{asked.name}")
    shown, drawn = media.of_run(repository, found)
    return {
        "run": found,
        "experiment": _experiment(repository, found.id),
        "before": _before(repository, found),
        "curves": _curves(repository, found),
        "media": shown,
        "drawn": drawn,
        "stdout": _text(repository, found.run.stdout if found.run else None),
        "stderr": _text(repository, found.run.stderr if found.run else None),
        "diff": _text(repository, found.code.diff if found.code else None),
        "lineage": lineage_svg(repository.lineage(found.reference)) if found.digest else "",
    }


def _experiment(repository: LocalRepository, run_id: str) -> dict[str, Any]:
    found = experiments.shown(repository, number=tracking.tracked(repository, run_id).experiment)
    return {"number": found.number, "name": found.name}


def _before(repository: LocalRepository, found: RunAnswer) -> str:
    """Return the id of the run of that name before this one, empty when there is none that has ended."""
    rows = repository.store.database.run(
        "SELECT id FROM run WHERE name = :name AND id < :id AND digest IS NOT NULL ORDER BY id DESC LIMIT 1",
        name=found.name,
        id=found.id,
    )
    return str(rows[0]["id"]) if rows and found.digest else ""


def _curves(repository: LocalRepository, found: RunAnswer) -> dict[str, Any]:
    """Return the picture of each metric that has more points than one."""
    database = repository.store.database
    drawn = (
        (name, curve(series.chart(database, found.id, name, first=None, last=None, count=_POINTS), wording.figure))
        for name in list(found.metrics)[:_CURVES_MAX]
    )
    return {name: picture for name, picture in drawn if picture}


def _text(repository: LocalRepository, digest: Any) -> str:
    if digest is None:
        return ""
    try:
        pieces = repository.blobs.open(digest, size=_SHOWN_BYTES)
        return b"".join(pieces).decode("utf-8", "replace")
    except (NotFound, Corrupt) as error:
        return error.message


LIST = Page("/runs", "runs.html", _list, _act, csv=run_table.rows)
PAGE = Page("/runs/{name:path}", "run.html", _load)
