from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.tables.beginnings import may_be_text
from lineal.formats.tables.delimited import describe, rows
from lineal.formats.tables.delimited_files import DelimitedFiles
from lineal.objects.datasets import Column
from lineal.objects.errors import Invalid
from tests.unit.formats.tables.sources import profile_of

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[place : place + size] for place in range(0, len(data), size)]


def columns(text: str) -> dict[str, str]:
    facts = describe([text.encode()])
    assert facts
    return {each.name: each.dtype + ("?" if each.optional else "") for each in facts.columns}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_table_is_read_however_its_bytes_are_cut(delimiter: str, size: int) -> None:
    text = '\ufeffcity,note,size\r\nKöln,"two\nlines, one cell",3\r\nAachen,"he said ""no""",4.5\r\n'
    data = text.replace(",", delimiter).encode()

    facts = describe(cut(data, size))

    assert facts
    assert facts.columns == (
        Column(name="city", dtype="string"),
        Column(name="note", dtype="string"),
        Column(name="size", dtype="float"),
    )
    assert facts.row_count == 2
    first, second = rows(cut(data, size))
    assert first == {"city": "Köln", "note": f"two\nlines{delimiter} one cell", "size": "3"}
    assert second["note"] == 'he said "no"'


def test_a_column_has_the_narrowest_dtype_that_fits_every_cell() -> None:
    text = "a,b,c,d,e\n1,1.5,true,x,\n-2,2,FALSE,1,\n3,1e-3,True,2,\n"

    assert columns(text) == {"a": "integer", "b": "float", "c": "boolean", "d": "string", "e": "string?"}


def test_blanks_make_a_column_optional_and_keep_its_dtype() -> None:
    assert columns("a,b\n1,x\n,y\nNaN,NA\n") == {"a": "integer?", "b": "string?"}


def test_a_late_word_widens_a_column_of_numbers() -> None:
    text = "a,b\n" + "1,2\n" * 25_000 + "x,2\n"

    assert columns(text) == {"a": "string", "b": "integer"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"\x80\x04\x95model,of\npickle,bytes\n",
        b"a,b\n1,\xff\n",
        b"a,b\n1,\x00\n",
        b"# A title\n\nProse, with a comma.\nMore prose\n",
        b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n',
        b"<html>,\n1,2\n",
        b"a,b\n1,2\n3\n",
        b"1,2\n3,4\n",
        b"a,a\n1,2\n",
        b"a,b\n",
        b"word\nanother\n",
    ],
)
def test_what_is_no_table_is_not_described(data: bytes) -> None:
    assert describe([data]) is None


def test_one_column_of_numbers_is_a_table() -> None:
    assert columns("label\n1\n0\n") == {"label": "integer"}


def test_a_table_of_forty_thousand_columns_is_read() -> None:
    names, cells = (",".join(f"{letter}{place}" for place in range(40_000)) for letter in "x0")
    facts = describe([f"{names}\n{cells}\n".encode()])

    assert facts
    assert (len(facts.columns), facts.row_count) == (40_000, 1)


def test_the_row_that_breaks_a_table_is_named() -> None:
    with pytest.raises(Invalid, match="row 3 has 1 cells under 2 columns"):
        list(rows([b"a,b\n1,2\n3,4\n5\n"]))


def test_a_table_in_another_encoding_is_refused_in_words() -> None:
    with pytest.raises(Invalid, match="the file is no UTF-8 text"):
        list(rows(["a,b\nü,1\n".encode("latin-1")]))


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=60), st.integers(1, 50))
def test_what_csv_writes_is_read_back(table: list[tuple[str, str, str]], size: int) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerows([("x", "y", "z"), *table])

    read = [tuple(row.values()) for row in rows(cut(file.getvalue().encode(), size))]

    assert table == read


@given(st.binary(max_size=12) | CELLS.map(str.encode), st.integers(0, 40), st.integers(1, 8))
def test_what_does_not_begin_as_text_is_a_table_for_nobody(data: bytes, rows_before: int, size: int) -> None:
    whole = b"a,b\n" + b"1,2\n" * rows_before + data + b",3\n"

    if not may_be_text(whole):
        assert describe(cut(whole, size)) is None
        with pytest.raises(Invalid):
            profile_of(DelimitedFiles(), whole)


@pytest.mark.parametrize(
    ("data", "is_text"),
    [
        (b"", True),
        (b"\xef\xbb\xbfa,b\n", True),
        ("a,Köl".encode()[:-2], True),  # it breaks off in a letter
        (b"a,b\n1,\xff\n", False),
        (b"a,b\n1,\0\n", False),
    ],
)
def test_a_beginning_tells_whether_it_may_be_that_of_a_text(data: bytes, is_text: bool) -> None:
    assert may_be_text(data) == is_text
