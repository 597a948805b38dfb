"""Any history of nested transactions, kept, undone or failed, gives what a stack of dictionaries would give."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lineal.objects.errors import Conflict
from lineal.storage.database.sqlite import MEMORY, Sqlite

keys = st.sampled_from("abcd")
values = st.integers(0, 9)


class Undone(Exception):
    """Raised in a block to undo it."""


class TransactionHistory(RuleBasedStateMachine):
    """Opens and leaves blocks and changes rows; ``levels`` holds what is visible in each block, outermost first."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Sqlite(MEMORY)
        self.database.run("CREATE TABLE pair (key TEXT PRIMARY KEY, value BIGINT NOT NULL)")
        self.levels: list[dict[str, int]] = [{}]
        self.open: list[ExitStack] = []
        self.is_doomed = False

    def teardown(self) -> None:
        while self.open:
            self.undo()
        self.the_rows_are_those_of_the_model()
        self.database.close()

    @precondition(lambda self: not self.is_doomed and len(self.open) < 4)
    @rule(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        # Several with nothing between: they need but one savepoint.
        for _ in range(count):
            block = ExitStack()
            block.enter_context(self.database.transaction())
            self.open.append(block)
            self.levels.append(dict(self.levels[-1]))

    @precondition(lambda self: self.open and not self.is_doomed)
    @rule()
    def keep(self) -> None:
        self.open.pop().close()
        self.levels[-2:] = [self.levels[-1]]

    @precondition(lambda self: self.open)
    @rule()
    def undo(self) -> None:
        block = self.open.pop()
        with pytest.raises(Undone), block:
            raise Undone
        self.levels.pop()
        self.is_doomed = False

    @precondition(lambda self: self.is_doomed)
    @rule()
    def keep_what_failed(self) -> None:
        with pytest.raises(Conflict, match="undid its transaction"):
            self.open.pop().close()
        self.levels.pop()
        self.is_doomed = False

    @precondition(lambda self: self.is_doomed)
    @rule()
    def go_on_after_an_error(self) -> None:
        with pytest.raises(Conflict, match="undid its transaction"):
            self.database.run("DELETE FROM pair")

    @precondition(lambda self: not self.is_doomed)
    @rule(key=keys, value=values)
    def insert(self, key: str, value: int) -> None:
        sql = "INSERT INTO pair (key, value) VALUES (:key, :value)"
        if key not in self.levels[-1]:
            self.database.run(sql, key=key, value=value)
            self.levels[-1][key] = value
            return
        with pytest.raises(Conflict):
            self.database.run(sql, key=key, value=value)
        self.is_doomed = bool(self.open)

    @precondition(lambda self: not self.is_doomed)
    @rule(rows=st.lists(st.tuples(keys, values), max_size=4))
    def insert_many(self, rows: list[tuple[str, int]]) -> None:
        sql = "INSERT INTO pair (key, value) VALUES (:key, :value)"
        named = [{"key": key, "value": value} for key, value in rows]
        if len({key for key, _ in rows} - self.levels[-1].keys()) == len(rows):
            self.database.many(sql, named)
            self.levels[-1] |= dict(rows)
            return
        with pytest.raises(Conflict):
            self.database.many(sql, named)
        self.is_doomed = bool(self.open)

    @precondition(lambda self: not self.is_doomed)
    @rule(key=keys, seen=values, value=values)
    def compare_and_swap(self, key: str, seen: int, value: int) -> None:
        sql = "UPDATE pair SET value = :value WHERE key = :key AND value = :seen RETURNING value"
        moved = self.database.run(sql, key=key, seen=seen, value=value)

        assert ([{"value": value}] if self.levels[-1].get(key) == seen else []) == moved
        if moved:
            self.levels[-1][key] = value

    @precondition(lambda self: not self.is_doomed)
    @rule(key=keys)
    def delete(self, key: str) -> None:
        self.database.run("DELETE FROM pair WHERE key = :key", key=key)
        self.levels[-1].pop(key, None)

    @invariant()
    def the_rows_are_those_of_the_model(self) -> None:
        if not self.is_doomed:
            rows = self.database.run("SELECT key, value FROM pair")
            assert self.levels[-1] == {row["key"]: row["value"] for row in rows}


TestTransactionHistory = TransactionHistory.TestCase
TestTransactionHistory.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
