"""Our own Parquet: ordinary files, of which two versions have most bytes in common."""

from __future__ import annotations

import random
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyfastcdc
import pytest

import lineal
from lineal.objects.errors import Invalid

VERSIONS, PLACES, ROWS, INSERTED = 10, 5, 500_000, 200


def rows(count: int, seed: int) -> pa.Table:
    draw = random.Random(seed)
    return pa.table(
        {
            "id": [draw.getrandbits(40) for _ in range(count)],
            "score": [draw.gauss(0, 1) for _ in range(count)],
            "name": [f"{draw.getrandbits(48):x}" for _ in range(count)],
            "city": [draw.choice(["Bonn", "Köln", "Mainz"]) for _ in range(count)],
        }
    )


def chunks(path: Path) -> dict[bytes, int]:
    """Return the chunks that the store cuts a file into, by digest, with their sizes in bytes."""
    cutter = pyfastcdc.FastCDC(avg_size=65_536, min_size=16_384, max_size=262_144)
    data = path.read_bytes()
    return {
        sha256(data[each.offset : each.offset + each.length]).digest(): each.length for each in cutter.cut_buf(data)
    }


def test_versions_with_rows_inserted_share_most_of_their_bytes(tmp_path: Path) -> None:
    path, draw, table = tmp_path / "t.parquet", random.Random(3), rows(ROWS, 0)
    stored: dict[bytes, int] = {}
    logical = 0
    for version in range(VERSIONS):
        lineal.write_parquet(table, path)
        logical += path.stat().st_size
        stored |= chunks(path)
        for place in range(PLACES):
            at = draw.randrange(len(table))
            new = rows(INSERTED, 100 * version + place + 1)
            table = pa.concat_tables([table.slice(0, at), new, table.slice(at)])

    assert sum(stored.values()) <= 0.45 * logical


@pytest.mark.parametrize("table", [{"a": [1, 2], "b": ["x", None]}, pd.DataFrame({"a": [1, 2], "b": ["x", None]})])
def test_what_people_have_is_written_and_read_back(table: object, tmp_path: Path) -> None:
    lineal.write_parquet(table, tmp_path / "t.parquet")

    assert pq.read_table(tmp_path / "t.parquet").to_pydict() == {"a": [1, 2], "b": ["x", None]}


def test_every_type_of_column_is_written(tmp_path: Path) -> None:
    table = pa.table(
        {
            "list": pa.array([[1], None]),
            "struct": pa.array([{"x": 1}, None]),
            "dictionary": pa.array(["a", None]).dictionary_encode(),
            "nothing": pa.nulls(2),
        }
    )
    lineal.write_parquet(table, tmp_path / "t.parquet")

    assert pq.read_table(tmp_path / "t.parquet").to_pydict() == table.to_pydict()


@pytest.mark.parametrize("table", [{"a": [1, "x"]}, {"a": [1], "b": [1, 2]}, 7])
def test_what_is_no_table_is_refused(table: object, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be written as Parquet"):
        lineal.write_parquet(table, tmp_path / "t.parquet")


def test_without_pyarrow_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['pyarrow'] = None; import lineal; lineal.write_parquet({}, 'x')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "Unavailable: Parquet cannot be written here" in done.stderr
