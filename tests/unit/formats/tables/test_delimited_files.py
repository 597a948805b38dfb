"""Files of delimited text: the same rows and profile whether Arrow or Python reads them."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineal.formats.tables import delimited, delimited_arrays
from lineal.formats.tables.delimited import Dialect
from lineal.formats.tables.delimited_files import DelimitedFiles
from lineal.formats.tables.measuring import measure
from lineal.objects.errors import Invalid
from tests.unit.formats.tables.sources import Bytes, columns_of, profile_of

READER = DelimitedFiles()
DIALECT = Dialect(",", ("x", "y"))
CELL = st.text('ab1.,;\n\r" é\ufeff', max_size=5)
QUOTED = st.tuples(CELL, CELL).map(lambda cells: ",".join('"' + each.replace('"', '""') + '"' for each in cells))
ROW = st.one_of(QUOTED, st.tuples(CELL, CELL).map(",".join), st.sampled_from(["", "1,2", '"",""', '" ",', "a,b\r"]))


@settings(max_examples=500)
@given(st.lists(ROW, min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]))
@example(['a"b,c"d', '5" pipe,1'], "\n")
@example(['"a"b,1', '"a",2'], "\n")
def test_arrow_reads_a_part_as_python_does_or_leaves_it(rows: list[str], end: str) -> None:
    data = end.join([*rows, ""]).encode()
    found = delimited_arrays.batches(DIALECT, data)
    if found is None:
        return
    expected = list(delimited.batches(DIALECT, data))
    read = list(found)

    assert [texts(each) for each in read] == [texts(each) for each in expected]
    assert measure(read) == measure(expected)


def texts(batch: delimited.Batch) -> dict[str, list[str | None]]:
    return {name: list(cells.texts()) for name, cells in batch.columns.items()}


def test_arrow_reads_what_is_written_plainly() -> None:
    assert delimited_arrays.batches(DIALECT, b'1,a\r\n2,"b, ""c"""\r\n')


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_has_the_columns_of_its_header(end: bytes, mark: bytes) -> None:
    found = profile_of(READER, mark + end.join((b'city;"one;\nsize"', b"", b"Bonn;1", b";2.5", b"")))

    assert found.row_count == 2
    assert {"city": "string", "one;\nsize": "float"} == {each.name: each.dtype for each in found.columns}
    assert columns_of(found)["city"].missing == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "header"),
        (b"\x80\x04\x95model,of\npickle,bytes\n", "UTF-8"),
        (b"a,b\n1,2\n3\n", "row 2 has 1 cells under 2 columns"),
        (b"a,b\n1,\x00\n", "no line of a table"),
        (b"a,a\n1,2\n", "two columns"),
        (b"a,b\n" + b"1,2\n" * 3_000_000 + b"3\n", "behind byte .*row .* has 1 cells"),
    ],
)
def test_what_is_no_table_is_refused_with_the_place(data: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        profile_of(READER, data)


def test_an_appended_file_has_the_units_of_before() -> None:
    draw = random.Random(3)
    data = b"id,text\n" + b"".join(b"%d,%x\n" % (each, draw.getrandbits(400)) for each in range(150_000))
    before = [unit.key for unit in READER.units(Bytes(data))]
    after = [unit.key for unit in READER.units(Bytes(data + b"7,seven\n", 1_000_003))]

    assert len(before) > 3
    assert after[:-1] == before[: len(after) - 1]
    assert after[-1] not in before


def test_the_key_of_a_unit_depends_on_the_columns() -> None:
    (left,) = READER.units(Bytes(b"a,b\n1,2\n"))
    (right,) = READER.units(Bytes(b"a,c\n1,2\n"))

    assert left.key != right.key


def test_units_make_the_whole_within_the_error() -> None:
    draw = random.Random(3)
    rows = [
        b"%d,%.6f,%s\n" % (draw.randrange(50), draw.gauss(0, 1), draw.choice([b"red", b"blue"])) for _ in range(400_000)
    ]
    found = profile_of(READER, b"age,score,colour\n" + b"".join(rows))
    age, score, colour = found.columns

    assert found.row_count == 400_000
    assert age.numbers and score.numbers and colour.texts  # noqa: PT018
    assert (50, 0) == (len(age.numbers.values), age.numbers.error)
    assert {"red", "blue"} == set(colour.texts.counts)
    assert 400_000 == sum(colour.texts.counts.values())
    assert 0 < score.numbers.error < 400_000 * 0.012


def test_units_of_wide_tables_are_larger_and_are_found_again_too() -> None:
    draw = random.Random(3)
    header = ",".join(f"c{place}" for place in range(64)).encode()
    rows = [b",".join(b"%d" % draw.getrandbits(60) for _ in range(64)) + b"\n" for _ in range(25_000)]
    data = header + b"\n" + b"".join(rows)
    before = list(READER.units(Bytes(data)))
    after = [unit.key for unit in READER.units(Bytes(data + rows[0]))]

    assert min(unit.size_bytes for unit in before[:-1]) >= 4 << 20
    assert len(before) > 2
    assert after[:-1] == [unit.key for unit in before[:-1]]
    assert 25_000 == sum(batch.row_count for unit in before for batch in unit.batches())
