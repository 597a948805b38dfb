"""The table in which people look at runs: a page of it, with the columns that they chose, whatever the number of runs.

All that a page reads is bounded by its rows and columns: each statement asks about the runs of the page, by their ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lineal.objects.prepared import prepared
from lineal.operations.answers.questions import Cell
from lineal.operations.answers.tables import Column, ColumnKind, MadeVersion, RunRow, RunTable, UsedData
from lineal.operations.asking import columns as choice
from lineal.operations.asking.lineage import READ, holders
from lineal.operations.asking.searching import StoreFacts, going_on, next_of
from lineal.operations.operation import operation
from lineal.operations.people.sight import experiment_object, model_object, narrowed
from lineal.operations.recording.last_metrics import MetricLine
from lineal.operations.recording.ranks import RANK_OF
from lineal.operations.recording.summaries import Pair
from lineal.operations.recording.tracking import summaries
from lineal.operations.references import Row, dataset_reference, version_reference
from lineal.query.conditions import TOLD_OF_CODE, Values
from lineal.query.pages import read_page
from lineal.query.query import Understood, check_limit, understand
from lineal.query.syntax import Every, Known, Not, Sort
from lineal.query.wanted import Wanted
from lineal.storage.store import Store

_CHILDREN_MAX = 101
_LONG_NAMES_MAX = 200
"""Of a run that has more than its summary can hold, so many names of a kind are offered as columns."""

_DATASETS_MAX, _FILES_MAX, _VERSIONS_MAX = 500, 500, 500
"""All rows of a page together show so many."""

_metrics = msgspec.json.Decoder(prepared(list[MetricLine])).decode
_pairs = msgspec.json.Decoder(prepared(list[Pair])).decode
_words = msgspec.json.Decoder(list[str]).decode

_TABLE: dict[ColumnKind, str] = {"metrics": "metric_last", "params": "param", "tags": "tag"}


@operation("runs table", effect="reads", internal=True, about={"experiment": "experiment"})
def table(
    store: Store,
    *,
    experiment: int | None = None,
    query: str = "",
    sort: str = "",
    columns: tuple[str, ...] = (),
    deleted: bool = False,
    limit: int = 50,
    page: str = "",
) -> RunTable:
    """Return a page of runs as a table, those of one distributed training as one.

    Args:
        experiment: only runs of the experiment with this number.
        query: which runs, as ``search`` takes it.
        sort: what comes first in place of what the query says, as ``metrics.auc desc`` or ``started asc``.
        columns: what is shown of each, as ``metrics.auc`` or ``author``; by default what differs between the rows.
        deleted: runs that were deleted and can be restored, in place of the others.
        limit: so many rows.
        page: go on behind the page whose answer gave this, with everything else as it was.

    Raises:
        Invalid: the query, the sort or a column cannot be read. Or the page is that of another table.
        NotFound: the query names a dataset that is not here.
    """
    check_limit(limit)
    asked_for = choice.chosen(columns)
    now, token = going_on(page, store.clock.now())
    facts = StoreFacts(store)
    asked = understand(query, subject="runs", facts=facts, now=now)
    wanted = narrowed(store, _wanted(asked, experiment, choice.sorts(sort, facts.is_text_only), is_deleted=deleted))
    rows, behind = read_page(wanted, limit=asked.limit or limit, page_token=token, ask=store.database.run)
    note = "; ".join(filter(None, (asked.note, "" if rows else facts.unmeasured(asked.metrics))))
    values, long = _said(store, rows)
    shown = asked_for.columns if columns else choice.by_themselves(values, _spoken_of(asked, wanted))
    _read_long(store, values, rows, long, shown)
    found = _rows(store, rows, values, shown)
    return RunTable(
        rows=found,
        fields=asked_for.fields if columns else _fields(found),
        columns=choice.marked(shown, values),
        names=choice.names(values),
        note=note,
        next_page=next_of(now, behind) if asked.limit is None else "",
    )


def _wanted(asked: Understood, experiment: int | None, sorts: tuple[Sort, ...], *, is_deleted: bool) -> Wanted:
    wanted = asked.wanted
    experiments = wanted.experiments
    if experiment is not None:
        is_in = experiments is None or experiment in experiments
        experiments = (experiment,) if is_in else ()
    return msgspec.structs.replace(
        wanted,
        condition=Every((wanted.condition, Not(Known("tag", RANK_OF)))),
        sorts=sorts or wanted.sorts,
        experiments=experiments,
        view="deleted" if is_deleted else "active",
    )


def _spoken_of(asked: Understood, wanted: Wanted) -> list[Column]:
    """Return the columns that a search or an order speaks of, which are shown whatever else is."""
    kinds: dict[str, ColumnKind] = {name: kind for kind, name in choice.SINGULAR.items()}
    sorted_by = [each.by for each in wanted.sorts if isinstance(each.by, Known) and isinstance(each.by.name, str)]
    first = [Column(kinds[each.kind], str(each.name)) for each in sorted_by]
    return [*first, *(Column("metrics", name) for name in asked.metrics)]


def _said(
    store: Store, rows: Sequence[Row]
) -> tuple[dict[ColumnKind, list[dict[str, Cell]]], list[tuple[int, ColumnKind]]]:
    """Return what each run has of each kind, and which have more than their summary: of these there are some names only."""
    known = summaries(store, [row["id"] for row in rows])
    values: dict[ColumnKind, list[dict[str, Cell]]] = {kind: [{} for _ in rows] for kind in choice.KINDS}
    long = list[tuple[int, ColumnKind]]()
    for place, row in enumerate(rows):
        summary = known.get(row["id"])
        for kind in choice.KINDS:
            text = summary[kind] if summary else None
            if text is not None:
                read = _metrics if kind == "metrics" else _pairs
                values[kind][place] = {each.key: each.value for each in read(text)}
            elif summary or row["digest"]:
                long.append((place, kind))
    for place, kind in long:
        first = store.database.run(
            f"SELECT * FROM {_TABLE[kind]} WHERE subject = :run ORDER BY key LIMIT :most",
            run=rows[place]["id"],
            most=_LONG_NAMES_MAX,
        )
        values[kind][place] = {row["key"]: _value(row) for row in first}
    return values, long


def _read_long(
    store: Store,
    values: dict[ColumnKind, list[dict[str, Cell]]],
    rows: Sequence[Row],
    long: Iterable[tuple[int, ColumnKind]],
    shown: Iterable[Column],
) -> None:
    """Read of such runs what is shown of them."""
    for kind in choice.KINDS:
        places = {rows[place]["id"]: place for place, each in long if each == kind}
        names = [each.name for each in shown if each.kind == kind]
        if kind == "tags":
            names += TOLD_OF_CODE.values()
        if not places or not names:
            continue
        found = _ask(
            store, f"SELECT * FROM {_TABLE[kind]} WHERE subject IN ({{runs}}) AND key IN ({{keys}})", places, names
        )
        for row in found:
            values[kind][places[row["subject"]]][row["key"]] = _value(row)


def _value(row: Row) -> Cell:
    found: Cell = row.get("word") or row["value"]
    return found


def _ask(store: Store, sql: str, runs: Iterable[object], keys: Iterable[object] = (), **more: object) -> list[Row]:
    """Carry out a statement about the runs of a page."""
    values = Values()
    marked = sql.format(runs=values.marks(list(runs)), keys=values.marks(list(keys)))
    return store.database.run(marked, **values.bound, **more)


def _rows(
    store: Store, rows: Sequence[Row], values: dict[ColumnKind, list[dict[str, Cell]]], shown: Sequence[Column]
) -> tuple[RunRow, ...]:
    if not rows:
        return ()
    ids = [row["id"] for row in rows]
    experiments = _experiments(store, rows)
    parents, children, versions = _parents(store, ids), _children(store, ids), _versions(store, ids)
    datasets = _named_datasets(store, ids)
    for run, seen in _seen_datasets(store, {row["digest"]: row["id"] for row in rows if row["digest"]}).items():
        datasets[run] = [*datasets[run], *seen]
    return tuple(
        RunRow(
            id=row["id"],
            reference=f"run:{row['id']}",
            name=row["name"],
            state=row["state"],
            experiment=row["experiment"],
            experiment_name=experiments.get(row["experiment"], ""),
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            duration_ms=None if row["ended_at"] is None else row["ended_at"] - row["started_at"],
            author=row["started_by"],
            source=" ".join(_words(row["command"])) or _tag(values["tags"][place], "entry_point"),
            commit=_tag(values["tags"][place], "commit_id"),
            parent=parents.get(row["id"], ("", ""))[0],
            parent_name=parents.get(row["id"], ("", ""))[1],
            child_count=children[row["id"]],
            datasets=tuple(dict.fromkeys(datasets[row["id"]])),
            versions=tuple(versions[row["id"]]),
            deleted_at=row["deleted_at"],
            values=tuple(values[each.kind][place].get(each.name) for each in shown),
        )
        for place, row in enumerate(rows)
    )


def _tag(tags: dict[str, Cell], name: str) -> str:
    return str(tags.get(TOLD_OF_CODE[name], ""))


def _fields(rows: Sequence[RunRow]) -> tuple[str, ...]:
    """Return the other columns in which any row has something."""
    has: dict[str, Any] = {each: (lambda row, name=each: getattr(row, name)) for each in choice.FIELDS_SHOWN}
    has["duration"] = lambda row: row.duration_ms is not None
    return tuple(name for name in choice.FIELDS_SHOWN if any(has[name](row) for row in rows))


def _experiments(store: Store, rows: Sequence[Row]) -> dict[int, str]:
    numbers = {row["experiment"] for row in rows}
    found = _ask(store, "SELECT number, name FROM experiment WHERE number IN ({runs})", numbers)
    return {row["number"]: row["name"] for row in found}


def _parents(store: Store, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the id and the name of the run within which each was started; those that may not be seen are left out."""
    rows = _ask(
        store,
        "SELECT x.run, x.other, r.name, r.experiment FROM run_relation x LEFT JOIN run r ON r.id = x.other"
        " WHERE x.role = 'parent' AND x.run IN ({runs})",
        ids,
    )
    may = store.actor.may
    return {
        row["run"]: (row["other"], row["name"])
        for row in rows
        if row["name"] is not None and may("reader", experiment_object(row["experiment"]))
    }


def _children(store: Store, ids: Sequence[str]) -> dict[str, int]:
    rows = _ask(
        store,
        "SELECT r.id, (SELECT count(*) FROM (SELECT 1 FROM run_relation x WHERE x.other = r.id AND x.role = 'parent'"
        " LIMIT :most) few) AS children FROM run r WHERE r.id IN ({runs})",
        ids,
        most=_CHILDREN_MAX,
    )
    return {row["id"]: row["children"] for row in rows}


def _versions(store: Store, ids: Sequence[str]) -> dict[str, list[MadeVersion]]:
    found = defaultdict[str, list[MadeVersion]](list)
    rows = _ask(
        store,
        "SELECT * FROM version WHERE run IN ({runs}) AND deleted_at IS NULL ORDER BY model, number LIMIT :most",
        ids,
        most=_VERSIONS_MAX,
    )
    for row in rows:
        if store.actor.may("reader", model_object(row["model"])):
            found[row["run"]].append(MadeVersion(version_reference(row), row["stage"]))
    return found


def _named_datasets(store: Store, ids: Sequence[str]) -> dict[str, list[UsedData]]:
    """Return the datasets that programs said they used."""
    found = defaultdict[str, list[UsedData]](list)
    rows = _ask(
        store,
        "SELECT i.run, i.context, d.name FROM run_input i JOIN named_dataset d ON d.id = i.input"
        " WHERE i.run IN ({runs}) AND i.kind = 'dataset' ORDER BY i.run, i.position LIMIT :most",
        ids,
        most=_DATASETS_MAX,
    )
    for row in rows:
        found[row["run"]].append(UsedData(row["name"], context=row["context"]))
    return found


def _seen_datasets(store: Store, runs: dict[str, str]) -> dict[str, list[UsedData]]:
    """Return the datasets that hold what runs read, of each the newest version; the ids of runs by their digests."""
    found = defaultdict[str, list[UsedData]](list)
    if not runs:
        return found
    sql = "SELECT child, parent FROM edge WHERE child IN ({runs}) AND role = :read LIMIT :most"
    read = _ask(store, sql, runs, read=READ, most=_FILES_MAX)
    digests = {row["parent"] for row in read if row["parent"].startswith("sha256:")}
    # A run read a dataset itself where that refers to what stands elsewhere.
    held = holders(store, digests) | {(each, each) for each in digests}
    if not held:
        return found
    rows = _ask(store, "SELECT * FROM dataset WHERE digest IN ({runs})", {dataset for dataset, _ in held})
    for row in sorted(rows, key=lambda row: (row["name"], -row["number"])):
        if store.actor.may("reader", f"data:{row['name']}"):
            files = {file for dataset, file in held if dataset == row["digest"]}
            for run in {runs[each["child"]] for each in read if each["parent"] in files}:
                if row["name"] not in {each.name for each in found[run]}:
                    found[run].append(UsedData(row["name"], dataset_reference(row)))
    return found
