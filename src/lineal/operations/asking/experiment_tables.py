"""The table in which people look for experiments: a page of it, with what it costs little to know of each."""

from __future__ import annotations

from lineal.objects.errors import Invalid
from lineal.operations.answers.tables import ExperimentRow, ExperimentTable
from lineal.operations.operation import operation
from lineal.operations.people.sight import narrowed
from lineal.operations.recording.experiments import subject
from lineal.operations.references import Row
from lineal.query.conditions import Values
from lineal.query.fields import EXPERIMENT
from lineal.query.pages import read_page
from lineal.query.query import check_limit
from lineal.query.sources import EXPERIMENTS
from lineal.query.syntax import LENGTH_MAX, Every, Property, Sort, check_characters
from lineal.query.wanted import Wanted
from lineal.storage.store import Store

DESCRIPTION = "mlflow.note.content"
"""The tag in which MLflow's programs keep what is said of an experiment, or of a run."""

COUNTED_MAX = 1_000
"""Nobody counts more runs than this to list an experiment: of the newest ones, how many are to be seen."""

_SORTED = ("name", "created", "updated")
_WAYS = {"asc": True, "desc": False}

_COUNTS = (
    "SELECT e.number,"
    " (SELECT count(*) FROM (SELECT 1 FROM run r WHERE r.experiment = e.number LIMIT :most) few) AS looked_at,"
    " (SELECT count(d.deleted_at) FROM (SELECT r.deleted_at FROM run r WHERE r.experiment = e.number"
    " ORDER BY r.started_at DESC, r.id DESC LIMIT :counted) d) AS deleted,"
    " (SELECT max(r.started_at) FROM run r WHERE r.experiment = e.number) AS began_at"
    " FROM experiment e WHERE e.number IN ({marks})"
)


@operation("experiment table", effect="reads", internal=True, about={})
def table(
    store: Store, *, name: str = "", sort: str = "", deleted: bool = False, limit: int = 50, page: str = ""
) -> ExperimentTable:
    """Return a page of experiments as a table, the newest first.

    Args:
        name: only those whose name holds this, in capitals or small letters.
        sort: what comes first, as ``name asc`` or ``created desc``.
        deleted: those that were deleted and can be restored, in place of the others.
        limit: so many rows.
        page: go on behind the page whose answer gave this, with everything else as it was.

    Raises:
        Invalid: the sort cannot be read, the page is that of another table, or no name holds such characters.
    """
    check_limit(limit)
    check_characters(name, LENGTH_MAX)
    wanted = Wanted(
        EXPERIMENTS,
        Property(EXPERIMENT["name"], "~", name) if name else Every(()),
        _sorts(sort),
        view="deleted" if deleted else "active",
    )
    rows, token = read_page(narrowed(store, wanted), limit=limit, page_token=page, ask=store.database.run)
    return ExperimentTable(rows=_rows(store, rows), next_page=token)


def _sorts(text: str) -> tuple[Sort, ...]:
    if not text:
        return (Sort(EXPERIMENT["number"], ascending=False),)
    name, _, way = text.partition(" ")
    if name not in _SORTED or way not in _WAYS:
        raise Invalid(f"{text!r} is no order of experiments", hint=f"write {', '.join(_SORTED)}, and asc or desc")
    return (Sort(EXPERIMENT[name], _WAYS[way]),)


def _rows(store: Store, rows: list[Row]) -> tuple[ExperimentRow, ...]:
    if not rows:
        return ()
    values, said = Values(), Values()
    counting = _COUNTS.format(marks=values.marks([row["number"] for row in rows]))
    counts = store.database.run(counting, **values.bound, most=COUNTED_MAX + 1, counted=COUNTED_MAX)
    known = {each["number"]: each for each in counts}
    subjects = said.marks([subject(row["number"]) for row in rows])
    told = store.database.run(
        f"SELECT subject, value FROM tag WHERE subject IN ({subjects}) AND key = :key", **said.bound, key=DESCRIPTION
    )
    descriptions = {each["subject"]: each["value"] for each in told}
    return tuple(_row(row, known[row["number"]], descriptions.get(subject(row["number"]), "")) for row in rows)


def _row(row: Row, counts: Row, description: str) -> ExperimentRow:
    has_more = counts["looked_at"] > COUNTED_MAX
    looked_at = min(counts["looked_at"], COUNTED_MAX)
    # The runs of one that was deleted went with it.
    is_deleted = row["state"] == "deleted"
    return ExperimentRow(
        number=row["number"],
        name=row["name"],
        state=row["state"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        happened_at=max(row["updated_at"], counts["began_at"] or 0),
        run_count=looked_at if is_deleted else looked_at - counts["deleted"],
        has_more_runs=has_more,
        description=description,
    )
