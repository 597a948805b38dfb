"""What lists show of a run, kept ready to be sent: its last metrics, params and tags, and what it used and made.

Beside it stand the same values as rows, for search. Both are written in one transaction, under the lock of the run's row.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, Generic, Literal, TypeVar

import msgspec

from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal
from lineal.operations.recording.last_metrics import (
    LATER_METRIC,
    METRIC,
    NEW_METRIC,
    MetricLine,
    latest,
    metric_row,
    order,
    read_metrics,
)
from lineal.storage import parents
from lineal.storage.database.database import Database, Row

SUMMARY_BYTES_MAX = 64 << 10
"""What is longer is not written anew at each change, but read from the rows when somebody asks."""

NOTHING, NOTHING_USED = b"[]", b"{}"
_SHOWN = ("metrics", "params", "tags")


class Pair(msgspec.Struct):
    """A param or a tag."""

    key: str
    value: str


class Dataset(msgspec.Struct, omit_defaults=True):
    """A dataset as a program called it."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class UsedDataset(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A dataset that a run used, and what it said of that."""

    tags: list[Pair] = []
    dataset: Dataset


class UsedModel(msgspec.Struct):
    """A logged model that a run used."""

    model_id: str


class MadeModel(msgspec.Struct):
    """A logged model that a run made, and at which step."""

    model_id: str
    step: int


class Inputs(msgspec.Struct, omit_defaults=True):
    """What a run used, in the order in which it told of it."""

    dataset_inputs: list[UsedDataset] = []
    model_inputs: list[UsedModel] = []


class Outputs(msgspec.Struct, omit_defaults=True):
    """What a run made."""

    model_outputs: list[MadeModel] = []


Line = TypeVar("Line", MetricLine, Pair)

_encode = msgspec.json.Encoder().encode
_metrics = msgspec.json.Decoder(prepared(list[MetricLine]))
_pairs = msgspec.json.Decoder(prepared(list[Pair]))


# What is known to be new is written without a look at what is there: PostgreSQL is done in three quarters of the time.
_NEW_PARAM = "INSERT INTO param (subject, key, value, number) VALUES (:subject, :key, :value, :number)"
_PARAM = f"{_NEW_PARAM} ON CONFLICT (subject, key) DO UPDATE SET value = excluded.value, number = excluded.number"
_NEW_TAG = "INSERT INTO tag (subject, key, value) VALUES (:subject, :key, :value)"
_TAG = f"{_NEW_TAG} ON CONFLICT (subject, key) DO UPDATE SET value = excluded.value"
_NEW_SUMMARY = "INSERT INTO run_summary (run, metrics, params, tags) VALUES (:run, :metrics, :params, :tags)"
_SUMMARY = (
    f"{_NEW_SUMMARY} ON CONFLICT (run) DO UPDATE SET"
    " metrics = excluded.metrics, params = excluded.params, tags = excluded.tags"
)


_CAUGHT_UP = "UPDATE run_summary SET metrics = :metrics WHERE run = :run RETURNING run"
_NOT_BEHIND = "UPDATE run SET is_behind = 0 WHERE id = :run"

SAID = "SELECT metrics, params, tags FROM run_summary WHERE run = :run"
"""Reads what is known of a run."""


class _Shown(Generic[Line]):
    """The lines of one kind, by their keys, read when something of them is needed: few requests change every kind.

    Args:
        text: the lines as they are kept; None for too many.
        decoder: reads them.
    """

    __slots__ = ("_decoder", "_lines", "_text")

    def __init__(self, text: str | None, decoder: msgspec.json.Decoder[list[Line]]) -> None:
        self._text = text
        self._decoder: msgspec.json.Decoder[list[Line]] = decoder
        self._lines: dict[str, Line] | None = None

    @property
    def lines(self) -> dict[str, Line] | None:
        """The lines, to be changed; None where they are too many: whatever is needed of them is read from the rows."""
        if self._lines is None and self._text is not None:
            self._lines = {each.key: each for each in self._decoder.decode(self._text)}
        return self._lines

    @property
    def text(self) -> str | None:
        """The lines as they are to be kept."""
        read = self._lines
        return self._text if read is None else _fitting(_encode(list(read.values())))


class Summary:
    """What is known of a run, to be changed and then saved.

    Args:
        database: where it is.
        run: the id of the run.
        is_new: whether the run has only just begun, so that nothing is known.
    """

    def __init__(self, database: Database, run: str, *, is_new: bool = False) -> None:
        self._database = database
        self._run = run
        self.is_whole = is_new
        """Whether the run has no rows but those that are shown, and its parent's tag: none of a run that we saw end has more."""
        rows = [] if is_new else database.run(SAID, run=run)
        self._saving = _NEW_SUMMARY if is_new else _SUMMARY
        said: Row = rows[0] if rows else {name: _known(database, run, name, is_new=is_new) for name in _SHOWN}
        self._metrics = _Shown(said["metrics"], _metrics)
        self._params = _Shown(said["params"], _pairs)
        self._tags = _Shown(said["tags"], _pairs)

    def log(self, points: Sequence[Point], experiment: int) -> None:
        """Take the latest of ``points`` of each metric, where it is later than what is known: by step, time and value.

        ``experiment`` is the number of the run's.
        """
        last = latest(points)
        if (shown := self._metrics.lines) is None:
            rows = [metric_row(self._run, each) | {"experiment": experiment} for each in last.values()]
            self._database.gather(LATER_METRIC, rows)
            return
        new = [
            each
            for key, each in last.items()
            if (was := shown.get(key)) is None
            or order(each.step, each.at, each.value) >= order(was.step, was.timestamp, was.value)
        ]
        rows = [metric_row(self._run, each) | {"experiment": experiment} for each in new]
        self._write(NEW_METRIC, METRIC, rows, shown if self.is_whole else None)
        shown.update((each.key, MetricLine(each.key, each.value, each.at, each.step)) for each in new)

    def leave_metrics(self) -> None:
        """Leave what is shown of the metrics, which is behind: whoever asks reads the rows."""
        self._metrics = _Shown(None, _metrics)

    def set_params(self, params: dict[str, str]) -> None:
        """Take params, each of which keeps its first value. Raises Invalid."""
        shown = self._params.lines
        before = shown if shown is not None else self._pairs_among("param", params)
        for key, value in params.items():
            if key in before and before[key].value != value:
                raise Invalid(
                    f"Changing param values is not allowed. Param with key='{key}' was already logged with"
                    f" value='{before[key].value}' for run ID='{hexadecimal(self._run)}'. Attempted logging new value '{value}'.",
                    hint="log it under another key, or in another run",
                )
        new = [Pair(key, value) for key, value in params.items() if key not in before]
        is_sure = self.is_whole or shown is None
        write_params(self._database, self._run, {each.key: each.value for each in new}, are_new=is_sure)
        if shown is not None:
            shown.update((each.key, each) for each in new)

    def set_tags(self, tags: dict[str, str]) -> None:
        """Take tags; one that is there gets its new value."""
        shown = self._tags.lines
        known = {*shown, parents.PARENT_TAG} if self.is_whole and shown is not None else None
        rows = [{"subject": self._run, "key": key, "value": value} for key, value in tags.items()]
        self._write(_NEW_TAG, _TAG, rows, known)
        parents.told(self._database, self._run, tags)
        if shown is not None:
            shown.update((key, Pair(key, value)) for key, value in tags.items())

    def remove_tag(self, key: str) -> bool:
        """Let go of a tag; tell whether it was there."""
        if (shown := self._tags.lines) is not None:
            shown.pop(key, None)
        if key == parents.PARENT_TAG:
            parents.forget(self._database, self._run)
        return remove_tag(self._database, self._run, key)

    def save(self) -> Row:
        """Write what lists show, and return it."""
        said: Row = {"metrics": self._metrics.text, "params": self._params.text, "tags": self._tags.text}
        self._database.gather(self._saving, [{"run": self._run, **said}])
        return said

    def _write(self, new: str, known: str, rows: list[dict[str, Any]], keys: Container[str] | None) -> None:
        """Write rows: those whose keys are none of ``keys`` are new; None is for not known."""
        are_new = [each for each in rows if each["key"] not in keys] if keys is not None else []
        others = [each for each in rows if each["key"] in keys] if keys is not None else rows
        for sql, some in ((new, are_new), (known, others)):
            if some:
                self._database.gather(sql, some)

    def _pairs_among(self, table: str, keys: Iterable[str]) -> dict[str, Pair]:
        return {
            row["key"]: Pair(row["key"], row["value"])
            for key in keys
            for row in self._database.run(
                f"SELECT key, value FROM {table} WHERE subject = :run AND key = :key", run=self._run, key=key
            )
        }


def catch_up(database: Database, run: str) -> None:
    """Write what lists show of the metrics of a run from its rows, where that is behind."""
    if database.run(_CAUGHT_UP, run=run, metrics=_fitting(_read(database, run, "metrics"))):
        database.run(_NOT_BEHIND, run=run)
    else:  # an older one, of which lists show nothing yet
        renew(database, run)


def renew(database: Database, run: str) -> None:
    """Write what lists show of a run from its rows, where others than the run itself wrote some."""
    said = {name: _fitting(_read(database, run, name)) for name in _SHOWN}
    database.run(_SUMMARY, run=run, **said)
    database.run(_NOT_BEHIND, run=run)


def write_tags(database: Database, subject: str, tags: dict[str, str]) -> None:
    """Keep tags of anything; one that is there gets its new value."""
    database.many(_TAG, [{"subject": subject, "key": key, "value": value} for key, value in tags.items()])


def write_params(database: Database, subject: str, params: dict[str, str], *, are_new: bool = False) -> None:
    """Keep params of anything; ``are_new`` is whether it is sure that none of them is there."""
    rows = [{"subject": subject, "key": key, "value": value, "number": _number(value)} for key, value in params.items()]
    database.gather(_NEW_PARAM if are_new else _PARAM, rows)


def remove_tag(database: Database, subject: str, key: str) -> bool:
    """Let go of a tag of anything; tell whether it was there."""
    rows = database.run(
        "DELETE FROM tag WHERE subject = :subject AND key = :key RETURNING key", subject=subject, key=key
    )
    return bool(rows)


def read_tags(database: Database, subject: str) -> dict[str, str]:
    """Return the tags of anything."""
    rows = database.run("SELECT key, value FROM tag WHERE subject = :subject ORDER BY key", subject=subject)
    return {row["key"]: row["value"] for row in rows}


def texts(database: Database, row: Row, metrics: bytes | None = None) -> Iterator[bytes]:
    """Yield the metrics, params and tags of a run as JSON arrays, then its inputs and outputs as JSON objects.

    Args:
        database: where the rows are.
        row: has the columns of a run and those of a summary; without one, a run has rows only when we saw it.
        metrics: its metrics, where those of its summary are behind.
    """
    has_any = row["summary"] is not None
    # Older runs that we saw have rows and no summary.
    has_rows = has_any or row["digest"] is not None or row["is_behind"]
    for name in _SHOWN:
        shown = row[name] if has_any else None
        if name == "metrics" and metrics is not None:
            yield metrics
        else:
            yield NOTHING if not has_rows else shown.encode() if shown else _read(database, row["id"], name)
    for name, read in (("inputs", read_inputs), ("outputs", read_outputs)):
        yield NOTHING_USED if not has_any else row[name].encode() if row[name] else _encode(read(database, row["id"]))


def _known(database: Database, run: str, name: str, *, is_new: bool) -> str:
    return "[]" if is_new else _read(database, run, name).decode()


def _read(database: Database, run: str, name: str) -> bytes:
    """Return what is in the rows: for want of a summary, or of room in it."""
    if name == "metrics":
        return read_metrics(database, [run])[run]
    table = name.removesuffix("s")
    rows = database.run(f"SELECT key, value FROM {table} WHERE subject = :run ORDER BY key", run=run)
    return _encode([Pair(row["key"], row["value"]) for row in rows])


def read_inputs(database: Database, run: str) -> Inputs:
    """Return what a run used."""
    rows = database.run(
        "SELECT i.kind, i.input, i.tags, d.* FROM run_input i LEFT JOIN named_dataset d ON d.id = i.input"
        " WHERE i.run = :run ORDER BY i.position, i.input",
        run=run,
    )
    datasets = [
        UsedDataset(
            tags=_pairs.decode(row["tags"] or "[]"),
            dataset=Dataset(*(row[name] for name in Dataset.__struct_fields__)),
        )
        for row in rows
        if row["kind"] == "dataset"
    ]
    return Inputs(datasets, [UsedModel(row["input"]) for row in rows if row["kind"] == "model"])


def read_outputs(database: Database, run: str) -> Outputs:
    """Return what a run made."""
    rows = database.run("SELECT model, step FROM run_output WHERE run = :run ORDER BY position", run=run)
    return Outputs([MadeModel(row["model"], row["step"]) for row in rows])


def save_used(database: Database, run: str, name: Literal["inputs", "outputs"], used: Inputs | Outputs) -> None:
    """Write what lists show of what a run used or made."""
    text = _encode(used)
    database.run(
        f"INSERT INTO run_summary (run, metrics, params, tags, {name}) VALUES (:run, '[]', '[]', '[]', :used)"
        f" ON CONFLICT (run) DO UPDATE SET {name} = excluded.{name}",
        run=run,
        used=_fitting(text),
    )


def _fitting(text: bytes) -> str | None:
    return text.decode() if len(text) <= SUMMARY_BYTES_MAX else None


def _number(text: str) -> float | None:
    """Return the number that a param is, if it is one that all databases know."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None
