"""Where long tables are cut: at ends of records, by their content, the same however the end is looked for."""

from __future__ import annotations

import csv
import io
import random
from functools import partial
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.tables import cutting
from lineal.formats.tables.cutting import MAX_BYTES, MIN_BYTES, Window, line_spans, record_spans, units
from lineal.objects.errors import Invalid
from tests.unit.formats.tables.sources import Bytes

TEXTS = st.text('ab,;\n\r"é', max_size=60)


def lines_of(seed: int, count: int) -> list[bytes]:
    draw = random.Random(seed)
    return [b"%d,%s\n" % (draw.randrange(10**9), b"x" * draw.randrange(10, 150)) for _ in range(count)]


def cut(data: bytes, spans: cutting.Spans = line_spans) -> list[bytes]:
    return list(units(Window(Bytes(data).pieces()), spans))


def test_units_are_whole_lines_of_a_bounded_size_and_together_the_file() -> None:
    data = b"".join(lines_of(3, 400_000))
    found = cut(data)

    assert b"".join(found) == data
    assert len(found) > 5
    assert all(each.endswith(b"\n") for each in found)
    assert all(MIN_BYTES < len(each) < MAX_BYTES + 200 for each in found[:-1])


def test_a_change_of_some_rows_leaves_the_other_units_as_they_were() -> None:
    lines = lines_of(3, 400_000)
    before = cut(b"".join(lines))
    lines[200_000:200_000] = [b"a row,that is new\n"] * 3
    after = cut(b"".join(lines) + b"1,appended\n")

    assert len(set(before) & set(after)) >= len(before) - 3


@given(TEXTS, st.integers(0, 50))
def test_every_way_to_look_for_ends_finds_the_same(text: str, behind: int) -> None:
    data = text.encode()
    read = list(cutting._read_spans(data, behind, is_last=True, delimiter=","))

    assert list(record_spans(data, behind, is_last=True, delimiter=",")) == read
    assert [end for _, end in read] == ends_of(text, behind)


@given(TEXTS, st.integers(0, 60), st.integers(0, 50))
def test_what_breaks_off_has_the_ends_that_are_sure(text: str, size: int, behind: int) -> None:
    whole = list(record_spans(text.encode(), behind, is_last=True, delimiter=","))
    part = list(record_spans(text.encode()[:size], behind, is_last=False, delimiter=","))

    assert part == whole[: len(part)]


def ends_of(text: str, behind: int) -> list[int]:
    """Return where the records of a text end, by how many there are up to each place."""
    lines = io.StringIO(text, newline="").readlines()
    used = [0]

    def counted():
        for line in lines:
            used.append(used[-1] + len(line.encode()))
            yield line

    return [used[-1] for _ in csv.reader(counted()) if used[-1] > behind]


def test_a_line_break_in_quotes_ends_no_unit() -> None:
    rows = b"".join(b'"a\nb%d","c ""d"" \n"\r\n' % each for each in range(250_000))
    found = cut(rows, partial(record_spans, delimiter=","))

    assert len(found) > 1
    assert all(each.startswith(b'"a\n') and each.endswith(b'"\r\n') for each in found)


def test_a_row_without_an_end_is_refused() -> None:
    endless = (b"x" * (1 << 20) for _ in iter(int, 1))

    with pytest.raises(Invalid, match="are one row"):
        list(islice(units(Window(endless), line_spans), 1))
