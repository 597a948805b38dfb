"""Statements on one connection to PostgreSQL: prepared once, sent together, and waited for when somebody needs their rows.

A request of a program is a dozen small statements, most of which give no rows. psycopg's cursors take four times as long for
each as what they are made of, and wait for each: so they are made here of its ``pq`` and ``adapt``, which speak the protocol
and know the values (docs/decisions/0039).
"""

from __future__ import annotations

import select
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

import psycopg
from psycopg import abc, errors, pq
from psycopg.adapt import PyFormat, Transformer

from lineal.storage.database import lanes
from lineal.storage.database.database import Row
from lineal.storage.database.text import with_numbers

_ON_THEIR_WAY_MAX, _ON_THEIR_WAY_BYTES_MAX = 256, 8 << 20
"""What is sent without anybody reading the answers fills the buffers of both ends in the end, and each waits for the other."""

_Key = tuple[str, tuple[int, ...]]
"""A statement, and of which types its values are."""

_ROWS, _DONE, _ERROR = map(int, (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.FATAL_ERROR))

_PREPARED_MAX = 128
_PREPARED_FROM = 2
"""Whatever is asked once is not prepared."""

_ANEW_AFTER = 4
"""What was prepared is prepared anew each time that it was used so many times as often. The server keeps the plan that it made for a
table of a few rows, which reads all of them, until it has looked at how large the table is now: a minute later at best."""


class _Statement:
    """What is known of a statement: how often it was used, its name once it was prepared, and what its rows are made with."""

    __slots__ = ("columns", "loading", "name", "prepared_at", "uses")

    def __init__(self) -> None:
        self.uses = 0
        self.prepared_at = _PREPARED_FROM
        """At which use it is prepared, or prepared anew; 0 for never."""
        self.name = b""
        self.columns: list[str] = []
        self.loading: abc.Transformer | None = None


class Promised:
    """The rows of a statement that was sent; None until somebody waited for it, and for ever when one before it failed."""

    __slots__ = ("done", "rows", "statement")

    def __init__(self, statement: _Statement) -> None:
        self.statement = statement
        self.rows: list[Row] | None = None
        self.done: pq.abc.PGresult | None = None
        """The answer to one that gives none."""


class Statements:
    """What is sent on a connection. One thread uses it at a time.

    Args:
        raw: the connection; nothing may be on its way there when its own cursors are used.
    """

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._raw = raw
        self._wire = raw.pgconn
        self._values = Transformer(raw)
        self._ready = select.poll()
        self._ready.register(self._wire.socket, select.POLLIN)
        self._known = OrderedDict[_Key, _Statement]()
        self._names = count()
        self._prepared_now = list[_Key]()
        self._sent = list[Promised | None]()
        self._sent_bytes = 0
        self.was_late = False
        """Whether what failed last was not the statement that was waited for, but one before it."""

    @property
    def is_waited_for(self) -> bool:
        """Whether something is on its way."""
        return bool(self._sent)

    @property
    def is_silent(self) -> bool:
        """Whether the server has said nothing that nobody asked for, and holds the other end."""
        self._ready.modify(self._wire.socket, select.POLLIN)
        return not self._ready.poll(0)

    def send(self, sql: str, values: Mapping[str, Any]) -> Promised:
        """Put a statement on its way. Raises psycopg's errors: of these values, or of one that was sent before it."""
        if len(self._sent) >= _ON_THEIR_WAY_MAX or self._sent_bytes > _ON_THEIR_WAY_BYTES_MAX:
            try:
                self.wait()
            except errors.Error:
                self.was_late = True
                raise
        self.was_late = False
        text, names = with_numbers(sql)
        try:
            given = [values[name] for name in names]
        except KeyError as missing:
            raise errors.ProgrammingError(f"no value for {missing} was given") from None
        if given:
            dumped = self._values.dump_sequence(given, [PyFormat.AUTO] * len(given))
            types, formats = self._values.types or (), self._values.formats
            self._sent_bytes += sum(map(len, filter(None, dumped)))
        else:
            dumped, types, formats = (), (), None
        statement = self._prepared((text, types))
        promised = Promised(statement)
        self._begin(promised)
        if statement.name:
            self._wire.send_query_prepared(statement.name, dumped, formats)
        else:
            self._wire.send_query_params(text.encode(), dumped, types, formats)
        return promised

    def forget(self) -> None:
        """Prepare everything anew from now on: the connection's own cursors may let go of all, not only of what they prepared."""
        for each in self._known.values():
            self._let_go(each)
        self._known.clear()
        self.wait()

    def push(self) -> None:
        """Let the server begin with what was sent."""
        self._wire.flush()

    def wait(self) -> None:
        """Wait until everything that was sent has been carried out.

        Raises psycopg's error of the first that failed: none after it was carried out.
        """
        if not self._sent:
            return
        sent, self._sent, self._sent_bytes, self.was_late = self._sent, [], 0, False
        prepared, self._prepared_now = self._prepared_now, []
        try:
            failure, place = self._answers(sent)
        except BaseException:
            self._raw.close()  # nobody knows what else will come
            raise
        if failure:
            self.was_late = place < len(sent) - 1
            for each in prepared:  # those may be among what was not carried out
                self._known.pop(each, None)
            raise errors.error_from_result(failure, self._raw.info.encoding)

    def _answers(self, sent: Sequence[Promised | None]) -> tuple[pq.abc.PGresult | None, int]:
        """Give each that was sent its rows; return the first answer that is an error, and to which of them."""
        wire = self._wire
        wire.pipeline_sync()
        while wire.flush():
            self._wait_until(select.POLLIN | select.POLLOUT)
        failure: pq.abc.PGresult | None = None
        failed = 0
        for place, answer in self._all(len(sent)):
            status, promised = answer.status, sent[place]
            if status == _ROWS and promised:
                promised.rows = self._rows(answer, promised.statement)
            elif status == _DONE and promised:
                promised.rows, promised.done = [], answer
            elif status == _ERROR and not failure:
                failure, failed = answer, place
        if wire.status == pq.ConnStatus.BAD:
            if failure:
                raise errors.error_from_result(failure, self._raw.info.encoding)
            raise errors.OperationalError(wire.get_error_message() or "the server hung up")
        wire.exit_pipeline_mode()
        return failure, failed

    def _all(self, count: int) -> Iterator[tuple[int, pq.abc.PGresult]]:
        """Yield the answers to so many statements and a sync, each with the place of its statement."""
        is_busy, get_result = self._wire.is_busy, self._wire.get_result
        for place in range(count):
            while True:
                if is_busy():
                    self._await_answer()
                if not (answer := get_result()):  # after the last of a statement, and when the server hung up
                    break
                yield place, answer
        self._await_answer()
        get_result()  # of the sync

    def _await_answer(self) -> None:
        while self._wire.is_busy():
            self._wait_until(select.POLLIN)

    def _wait_until(self, ready: int) -> None:
        if lane := lanes.current():
            lane.wait_until(self._wire.socket, ready)
        else:
            self._ready.modify(self._wire.socket, ready)
            self._ready.poll()
        self._wire.consume_input()

    def _rows(self, answer: pq.abc.PGresult, statement: _Statement) -> list[Row]:
        is_known = len(statement.columns) == answer.nfields
        if statement.loading is None or not is_known:
            statement.columns = [(answer.fname(place) or b"").decode() for place in range(answer.nfields)]
            statement.loading = Transformer(self._raw)
        statement.loading.set_pgresult(answer, set_loaders=not is_known)
        return statement.loading.load_rows(0, answer.ntuples, partial(_row, statement.columns))

    def _prepared(self, key: _Key) -> _Statement:
        """Return what is known of a statement, which is prepared now if that pays.

        Others are let go of only for one that takes values: the server refuses that in a transaction that failed, and what
        ends it takes none.
        """
        known = self._known.pop(key, None) or _Statement()
        known.uses += 1
        if known.uses == known.prepared_at:
            self._let_go(known)
            known.name = self._prepare(key)
            known.prepared_at = known.prepared_at * _ANEW_AFTER if key[1] else 0
        self._known[key] = known
        if len(self._known) > _PREPARED_MAX and key[1]:
            self._let_go(self._known.popitem(last=False)[1])
        return known

    def _let_go(self, statement: _Statement) -> None:
        if statement.name:
            self._begin(None)
            self._wire.send_query_params(b"DEALLOCATE " + statement.name, None)

    def _prepare(self, key: _Key) -> bytes:
        text, types = key
        name = b"lineal_%d" % next(self._names)
        self._begin(None)
        self._wire.send_prepare(name, text.encode(), types)
        self._prepared_now.append(key)
        return name

    def _begin(self, promised: Promised | None) -> None:
        if not self._sent:
            self._wire.enter_pipeline_mode()
        self._sent.append(promised)


def _row(names: list[str], values: Sequence[Any]) -> Row:
    return dict(zip(names, values, strict=True))
