"""Which files are tables, and what is said where a format cannot be read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lineal.formats.tables.formats import FORMATS, format_of, reader_of

WITHOUT = """
import sys
sys.modules["pyarrow"] = sys.modules["numpy"] = None
from lineal.formats.tables.formats import has_arrays, reader_of
from lineal.formats.tables.measuring import measure
from lineal.objects.errors import Unavailable

class Source:
    size_bytes = 12
    def pieces(self):
        return iter((b'a,b\\n"1",x\\n',))

assert not has_arrays()
(unit,) = reader_of("csv").units(Source())
assert measure(unit.batches()).row_count == 1
try:
    reader_of("parquet")
except Unavailable as error:
    print(error, error.hint)
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.csv", "csv"),
        ("year=2024/part-0.PARQUET", "parquet"),
        ("x.ndjson", "json lines"),
        ("x.feather", "arrow"),
        ("notes.txt", ""),
        ("csv", ""),
        ("_delta_log/0.json", ""),
        ("data/_metadata.parquet", ""),
        ("data/.part.csv", ""),
    ],
)
def test_a_name_tells_a_format(path: str, expected: str) -> None:
    assert format_of(path) == expected


@pytest.mark.parametrize("name", sorted(set(FORMATS.values())))
def test_every_format_has_a_reader_of_its_name(name: str) -> None:
    assert reader_of(name).name == name


def test_without_the_extra_text_is_read_and_parquet_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)

    assert done.stdout == "Parquet files cannot be read here pip install 'lineal[tables]'\n"
