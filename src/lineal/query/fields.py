"""What can be asked of a version and of a run besides its metrics, parameters and data."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from lineal.objects.runs import RunState

Subject = Literal["versions", "runs"]
Shape = Literal["text", "time", "number", "line", "alias", "commit", "code"]
"""``line``: a semantic version or its beginning; the last column is that of the order of pre-releases. ``alias``: text, of which a version may have several. ``commit`` and
``code``: a commit by the beginning of its digits, and other texts that tell of code."""


class Field(msgspec.Struct, frozen=True):
    """A field: its first name, what its values look like, and the columns that hold it.

    ``words`` are all values that it can have, where that is known.
    """

    name: str
    shape: Shape
    columns: tuple[str, ...]
    words: tuple[str, ...] = ()
    is_nullable: bool = False


_EXPERIMENT = "(SELECT e.name FROM experiment e WHERE e.number = r.experiment)"

_CODE = (
    (Field("commit", "commit", ("commit_id",)), ()),
    (Field("branch", "code", ("branch",)), ()),
    (Field("entry_point", "code", ("entry_point",)), ("script",)),
)

_VERSION = (
    (Field("model", "text", ("v.model",)), ("name",)),
    (Field("stage", "text", ("v.stage",)), ()),
    (Field("alias", "alias", ("a.alias",)), ("aliases",)),
    (Field("version", "line", ("v.major", "v.minor", "v.patch", "v.pre_order")), ("semantic",)),
    (Field("pre_release", "text", ("v.pre",)), ("pre",)),
    (Field("number", "number", ("v.number",)), ()),
    (Field("author", "text", ("v.created_by",)), ("by", "created_by")),
    (Field("created", "time", ("v.created_at",)), ("created_at", "registered")),
    (Field("description", "text", ("v.description",)), ()),
    (Field("run", "text", ("v.run",), is_nullable=True), ("run_id",)),
    *_CODE,
)

_RUN = (
    (Field("name", "text", ("r.name",)), ()),
    (Field("id", "text", ("r.id",)), ("run_id",)),
    (Field("experiment", "text", (_EXPERIMENT,)), ()),
    (Field("state", "text", ("r.state",), words=(*get_args(RunState), "scheduled")), ("status",)),
    (Field("author", "text", ("r.started_by",)), ("by", "started_by", "user")),
    (Field("started", "time", ("r.started_at",)), ("started_at", "created", "created_at")),
    (Field("ended", "time", ("r.ended_at",), is_nullable=True), ("ended_at",)),
    (Field("host", "text", ("r.host",)), ()),
    (Field("command", "text", ("r.command",)), ()),
    (Field("exit_status", "number", ("r.exit_status",), is_nullable=True), ("exit",)),
    *_CODE,
)

EXPERIMENT: dict[str, Field] = {
    each.name: each
    for each in (
        Field("number", "number", ("e.number",)),
        Field("name", "text", ("e.name",)),
        Field("created", "number", ("e.created_at",)),
        Field("updated", "number", ("e.updated_at",)),
    )
}
"""What lists of experiments are put in order by."""

_TABLES: tuple[tuple[Subject, tuple[tuple[Field, tuple[str, ...]], ...]], ...] = (
    ("versions", _VERSION),
    ("runs", _RUN),
)

FIELDS: dict[Subject, dict[str, Field]] = {
    subject: {name: field for field, others in table for name in (field.name, *others)} for subject, table in _TABLES
}
"""The fields of each subject by each of their names."""
