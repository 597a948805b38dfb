"""SQL as text."""

from __future__ import annotations

import pytest

from lineal.storage.database.text import statements, with_numbers


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT :a, :a_2", ("SELECT $1, $2", ("a", "a_2"))),
        ("SELECT :b, :a, :b", ("SELECT $1, $2, $1", ("b", "a"))),
        ("SELECT ':a', \":a\", :a", ("SELECT ':a', \":a\", $1", ("a",))),
        ("SELECT 'it''s :a' -- :b\n, :c", ("SELECT 'it''s :a' -- :b\n, $1", ("c",))),
        ("SELECT :a::text, x::int", ("SELECT $1::text, x::int", ("a",))),
        ("SELECT x LIKE '%' || :a, 5 % 2", ("SELECT x LIKE '%' || $1, 5 % 2", ("a",))),
        ("CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID", ("CREATE TABLE t (a TEXT PRIMARY KEY)", ())),
        ("SELECT array[1:2], '{:a}'", ("SELECT array[1:2], '{:a}'", ())),
    ],
)
def test_names_of_values_are_written_as_postgresql_reads_them(sql: str, expected: tuple[str, tuple[str, ...]]) -> None:
    assert expected == with_numbers(sql)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        ("-- only words; here\n", []),
        ("A; B;\n C", ["A", "B", "C"]),
        ("A ';' \";\" ; B", ["A ';' \";\"", "B"]),
        ("A -- a; b's\n b; ; C", ["A \n b", "C"]),
        ("A 'it''s; --' ;", ["A 'it''s; --'"]),
    ],
)
def test_a_script_is_cut_where_its_statements_end(script: str, expected: list[str]) -> None:
    assert expected == list(statements(script))
