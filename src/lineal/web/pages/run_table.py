"""The table of runs that several pages show: what its address says, its links, its rows as CSV, and acts on its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict, Denied, Invalid, LinealError, NotFound
from lineal.operations.answers.tables import RunTable
from lineal.operations.asking import run_tables
from lineal.operations.people.sight import experiment_object
from lineal.operations.recording import tracking
from lineal.web.pages.page import Asked, Form

_ROWS = 50
ACTS: dict[str, Callable[[LocalRepository, str], Any]] = {
    "delete runs": tracking.delete,
    "restore runs": tracking.restore,
}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What the address of a table says: all of how somebody looks at it, so that a link shows the same to others."""

    path: str
    query: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    deleted: bool = False
    page: str = ""

    def link(self, form: str = "", **changed: Any) -> str:
        """Return the address of the view with something changed; whatever changes, it begins at the first page.

        Args:
            form: what is put behind the path, as ``.csv``.
            changed: by the names of the fields.
        """
        new = msgspec.structs.replace(self, **({"page": ""} | changed if changed else {}))
        said = [("q", new.query), ("sort", new.sort), *(("columns", each) for each in new.columns)]
        said += [("deleted", "1" if new.deleted else ""), ("page", new.page)]
        query = urlencode([(name, value) for name, value in said if value])
        return f"{self.path}{form}{'?' if query else ''}{query}"

    def sorted(self, name: str, first: str) -> str:
        """Return the address that puts a column in order: ``first`` asc or desc, and the other way round after that."""
        other = "desc" if first == "asc" else "asc"
        return self.link(sort=f"{name} {other if self.order(name) == f'{first}ending' else first}")

    def order(self, name: str) -> str:
        """Return what ``aria-sort`` says of a column: ascending or descending, or nothing."""
        newest_first = "" if self.query or self.sort else "started desc"
        column, _, way = (self.sort or newest_first).rpartition(" ")
        return f"{way}ending" if column == name else ""


def view(path: str, asked: Asked) -> View:
    """Return what the address of a table says."""
    said = asked.query
    return View(
        path=path,
        query=said.get("q", ""),
        sort=said.get("sort", ""),
        columns=said.every("columns"),
        deleted=bool(said.get("deleted", "")),
        page=said.get("page", ""),
    )


def values(repository: LocalRepository, seen: View, *, experiment: int | None = None) -> dict[str, Any]:
    """Return what a page with a table of runs shows of it: the table, or what is wrong with what was asked."""
    found, error = None, None
    try:
        found = run_tables.table(
            repository,
            experiment=experiment,
            query=seen.query,
            sort=seen.sort,
            columns=seen.columns,
            deleted=seen.deleted,
            limit=_ROWS,
            page=seen.page,
        )
    except (Invalid, NotFound) as wrong:
        error = told(wrong)
    experiments = {each.experiment for each in found.rows} if found and experiment is None else {experiment or 0}
    return {
        "view": seen,
        "table": found,
        "error": error,
        "refused": None,
        "may_write": any(repository.store.actor.may("writer", experiment_object(each)) for each in experiments),
        "experiment_number": experiment,
    }


def told(error: LinealError) -> dict[str, str]:
    """Return an error as pages show it: what is wrong, the place that it points at, and what to do next."""
    problem, _, place = error.message.partition("\n")
    return {"message": error.message, "hint": error.hint, "problem": problem, "place": place}


def act(repository: LocalRepository, form: Form) -> LinealError | None:
    """Delete or restore the runs that were marked; return why not, where some were refused.

    Raises:
        Denied: none of them may be changed by whoever asks.
    """
    change, runs = ACTS[form.get("act", "")], form.every("run")
    refusals = list[LinealError]()
    for run in runs:
        try:
            change(repository, run)
        except (Invalid, Conflict, Denied, NotFound) as error:
            refusals.append(error)
    if not runs:
        return Invalid("no run is marked", hint="mark runs at the left of the table first")
    denied = next((each for each in refusals if isinstance(each, Denied)), None)
    if denied and all(isinstance(each, Denied) for each in refusals) and len(refusals) == len(runs):
        raise denied
    if refusals:
        done = f"; the other {len(runs) - len(refusals)} are done" if len(runs) > len(refusals) else ""
        said = dict.fromkeys(each.message for each in refusals)
        return Conflict("\n".join(said), hint=f"{len(refusals)} of {len(runs)} stay as they were{done}")
    return None


def rows(found: dict[str, Any]) -> Iterator[Sequence[object]]:
    """Yield the rows of a table as CSV has them, its header first. Raises Invalid where the table could not be made."""
    if found["error"]:
        raise Invalid(found["error"]["message"], hint=found["error"]["hint"])
    table: RunTable = found["table"]
    told = ("run", "name", "state", "experiment", "started", "ended", "duration_s", "author", "source", "commit")
    yield (*told, "parent", "datasets", "versions", *(each.text for each in table.columns))
    for row in table.rows:
        yield (
            row.id,
            row.name,
            row.state,
            row.experiment_name,
            _time(row.started_at),
            _time(row.ended_at),
            "" if row.duration_ms is None else row.duration_ms / 1000,
            row.author,
            row.source,
            row.commit,
            row.parent,
            " ".join(each.reference or each.name for each in row.datasets),
            " ".join(each.reference for each in row.versions),
            *row.values,
        )


def _time(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
