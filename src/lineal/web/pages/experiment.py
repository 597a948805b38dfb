"""Experiments: which there are, and one with its facts and its runs."""

from __future__ import annotations

from typing import Any

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.operations.answers.tracking import ExperimentAnswer
from lineal.operations.asking import experiment_tables
from lineal.operations.asking.experiment_tables import DESCRIPTION
from lineal.operations.people.sight import experiment_object
from lineal.operations.recording import experiments
from lineal.web.pages import run_table
from lineal.web.pages.page import Asked, Form

_ROWS = 50
_PLACE = "/experiments"


def load_many(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return a page of experiments."""
    seen = run_table.view(_PLACE, asked)
    found, error = None, None
    try:
        found = experiment_tables.table(
            repository, name=seen.query, sort=seen.sort, deleted=seen.deleted, limit=_ROWS, page=seen.page
        )
    except Invalid as wrong:
        error = {"message": wrong.message, "hint": wrong.hint}
    return {"view": seen, "table": found, "error": error}


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return an experiment with a page of its runs. Raises NotFound."""
    number = _number(asked)
    found = experiments.shown(repository, number=number)
    return {
        **run_table.values(repository, _view(found, asked), experiment=number),
        "experiment": found,
        "may_change": repository.store.actor.may("writer", experiment_object(number)),
        "is_default": number == experiments.DEFAULT,
        "name": found.name,
        "description": found.tags.get(DESCRIPTION, ""),
        "tags": {name: value for name, value in found.tags.items() if name != DESCRIPTION},
    }


def _view(found: ExperimentAnswer, asked: Asked) -> run_table.View:
    seen = run_table.view(f"{_PLACE}/{found.number}", asked)
    # The runs of an experiment that was deleted went with it.
    return msgspec.structs.replace(seen, deleted=seen.deleted or found.state == "deleted")


def act(repository: LocalRepository, asked: Asked, form: Form) -> str | dict[str, Any]:
    """Change the experiment, or those of its runs that were marked, and say what stands in the way."""
    number, refused = _number(asked), None
    try:
        if form.get("act", "") in run_table.ACTS:
            refused = run_table.act(repository, form)
        else:
            _change(repository, number, form)
    except (Invalid, Conflict) as error:
        refused = error
    if refused is None:
        return run_table.view(f"{_PLACE}/{number}", asked).link()
    typed = {name: form[name] for name in ("name", "description") if name in form}
    return {**load(repository, asked), **typed, "refused": run_table.told(refused)}


def _change(repository: LocalRepository, number: int, form: Form) -> None:
    match form.get("act", ""):
        case "edit":
            text = form.get("description", "").replace("\r\n", "\n").strip()
            before = experiments.shown(repository, number=number).tags.get(DESCRIPTION, "")
            experiments.update(
                repository,
                number,
                name=form.get("name", "").strip(),
                tags={DESCRIPTION: text} if text else {},
                untag=(DESCRIPTION,) if before and not text else (),
            )
        case "delete":
            experiments.delete(repository, number)
        case "restore":
            experiments.restore(repository, number)
        case other:
            raise Invalid(f"{other!r} is nothing that can be done here", hint="use the buttons of the page")


def _number(asked: Asked) -> int:
    if not asked.name.isdecimal() or len(asked.name) > 15:
        raise NotFound(f"{asked.name!r} is no number of an experiment", hint="/experiments lists them")
    return int(asked.name)
