"""From the tree of a search to one SQL statement. ``conditions`` says how its conditions are asked."""

from __future__ import annotations

import math

from lineal.query.conditions import TABLES, Conditions, Datasets, Values
from lineal.query.fields import Field, Subject
from lineal.query.syntax import Known, Query, Sort

__all__ = ["Datasets", "statement"]

_SELECT = {"versions": "SELECT v.* FROM version v", "runs": "SELECT r.* FROM run r"}
_SUBJECT = {"versions": "v.digest", "runs": "r.id"}
_NEWEST = {"versions": "v.created_at DESC, v.model, v.number DESC", "runs": "r.started_at DESC, r.id DESC"}
_CAME_FROM = {
    "versions": "v.digest IN (SELECT o.version FROM origin o WHERE o.dataset IN ({marks}))",
    "runs": "r.digest IS NOT NULL AND r.digest IN"
    " (SELECT e.child FROM edge e WHERE e.role = 'read' AND e.parent IN ({marks}))",
}


def statement(query: Query, subject: Subject, datasets: Datasets, limit: int) -> tuple[str, dict[str, object]]:
    """Return the SQL of ``query`` and its values.

    Args:
        query: the tree.
        subject: what is searched.
        datasets: the digests of the dataset versions that a reference means.
        limit: how many rows when the query does not say.

    Raises:
        NotFound: a dataset is not here; from ``datasets``.
    """
    values = Values()
    conditions = Conditions(values, _SUBJECT[subject], came_from=_CAME_FROM[subject], datasets=datasets)
    where = conditions.condition(query.condition)
    joins, order = _sorted_by(query.sorts, subject, values)
    sql = f"{_SELECT[subject]}{joins} WHERE {where} ORDER BY {order} LIMIT :limit"
    return sql, {**values.bound, "limit": query.limit or limit}


def _sorted_by(sorts: tuple[Sort, ...], subject: Subject, values: Values) -> tuple[str, str]:
    """Return the joins that the order needs, and the order; equal ones come newest first."""
    joins, order = "", []
    for index, each in enumerate(sorts):
        direction = "ASC" if each.ascending else "DESC"
        if isinstance(each.by, Field):
            columns, has_gaps = each.by.columns, each.by.is_nullable
        else:
            table, has_gaps = f"s{index}", not each.best
            columns = (f"{table}.number", f"{table}.value") if each.by.kind == "param" else (f"{table}.value",)
            joins += _join(each, each.by, table, subject, values)
        # Databases disagree where NULL stands; here what has no value, or NaN, comes last.
        last = "{column} IS NULL, " if has_gaps else ""
        order += [f"{last}{{column}} {direction}".format(column=column) for column in columns]
    return joins, ", ".join([*order, _NEWEST[subject]])


def _join(sort: Sort, by: Known, table: str, subject: Subject, values: Values) -> str:
    kind = "JOIN" if sort.best else "LEFT JOIN"
    on = f"{table}.subject = {_SUBJECT[subject]} AND {table}.key = {values.bind(by.name)}"
    if sort.best:
        on += f" AND {table}.value > {values.bind(-math.inf)} AND {table}.value < {values.bind(math.inf)}"
    return f" {kind} {TABLES[by.kind]} {table} ON {on}"
