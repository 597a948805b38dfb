"""The data, the same for everyone: ``python data.py KIND PATH SIZE [VERSION]``, in a process of its own.

Versions after the first are made of the one before, in place.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

FILES_A_DIRECTORY = 500
CHANGED = 100
"""Files of a tree that every later version replaces."""

TENSORS = 200
ROW_BYTES = 90
"""Of a row of the CSV: ten cells of nine characters."""


def file(path: Path, size: int, version: int) -> None:
    """Write a file of ``size`` bytes that nothing compresses."""
    generator = np.random.default_rng(version)
    with path.open("wb", buffering=0) as out:
        for start in range(0, size, 1 << 26):
            out.write(generator.bytes(min(1 << 26, size - start)))


def tree(path: Path, size: int, version: int, *, smallest: int = 4096, largest: int = 16384) -> None:
    """Write ``size`` files of 4 to 16 KiB, 500 a directory; every later version has 100 others in their place."""
    generator, chance = np.random.default_rng(version), random.Random(version)
    for number in range(size) if version == 1 else chance.sample(range(size), CHANGED):
        each = path / f"{number // FILES_A_DIRECTORY:03d}" / f"{number:06d}.bin"
        if version == 1:
            each.parent.mkdir(parents=True, exist_ok=True)
            each.write_bytes(generator.bytes(chance.randint(smallest, largest)))
        else:
            content = each.read_bytes()
            each.unlink()
            each.write_bytes(generator.bytes(64) + content[64:])


def crumbs(path: Path, size: int, version: int) -> None:
    """Write ``size`` files of 64 to 1,024 bytes: their number is what costs."""
    tree(path, size, version, smallest=64, largest=1024)


def csv(path: Path, size: int, version: int) -> None:
    """Write a table of ``size`` bytes; every later version appends 1 %."""
    if version == 1:
        path.write_bytes(b",".join(b"column_%d" % number for number in range(10)) + b"\n")
    rows = (size if version == 1 else path.stat().st_size // 100) // ROW_BYTES
    generator = np.random.default_rng(version)
    with path.open("ab") as out:
        for start in range(0, rows, 100_000):
            shape = (min(100_000, rows - start), 10, 9)
            cells = generator.integers(ord("0"), ord("9") + 1, shape, dtype=np.uint8)
            cells[:, :, 1] = ord(".")
            cells[:, :, 8] = ord(",")
            cells[:, 9, 8] = ord("\n")
            out.write(cells.tobytes())


def safetensors(path: Path, size: int, version: int) -> None:
    """Write 200 tensors, ``size`` bytes together; every later version has others in place of 10 % of them."""
    generator = np.random.default_rng(version)
    width = size // TENSORS // 4
    header = json.dumps(
        {
            f"layer.{number}.weight": {
                "dtype": "F32",
                "shape": [width],
                "data_offsets": [number * width * 4, (number + 1) * width * 4],
            }
            for number in range(TENSORS)
        }
    ).encode()
    changed = range(TENSORS) if version == 1 else generator.choice(TENSORS, TENSORS // 10, replace=False)
    with path.open("w+b" if version == 1 else "r+b") as out:
        out.write(len(header).to_bytes(8, "little") + header)
        for number in changed:
            out.seek(8 + len(header) + int(number) * width * 4)
            out.write((generator.standard_normal(width, dtype=np.float32) * 0.02).tobytes())


def parquet(path: Path, size: int, version: int) -> None:
    """Write about ``size`` bytes of Parquet; every later version has rows inserted at 5 places, 0.3 % together."""
    import pyarrow as pa  # noqa: PLC0415 - only this kind of data needs it
    import pyarrow.parquet as pq  # noqa: PLC0415 - only this kind of data needs it

    generator = np.random.default_rng(version)
    if version == 1:
        write_parquet(_rows(generator, size // 35), path)
        return
    # A row group at a time would be less memory; this process is not the one that is measured.
    before = pq.read_table(path)
    inserted = before.num_rows // 1667
    places = sorted(generator.choice(before.num_rows, 5, replace=False).tolist())
    pieces = []
    for start, end in zip([0, *places], [*places, before.num_rows], strict=True):
        pieces += [before.slice(start, end - start), _rows(generator, inserted)]
    write_parquet(pa.concat_tables(pieces[:-1]).combine_chunks(), path)


def _rows(generator: np.random.Generator, count: int) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - only this kind of data needs it

    return pa.table(
        {
            "customer": generator.integers(0, 1 << 40, count),
            "day": generator.integers(0, 3650, count),
            "amount": generator.lognormal(4, 1, count).round(2),
            "balance": generator.normal(0, 1000, count).round(2),
            "country": pa.array(generator.integers(0, 40, count).astype("U2")),
            "score": generator.random(count),
            "weight": generator.random(count),
            "visits": generator.poisson(3, count),
            "label": generator.random(count) < 0.1,
            "rate": generator.random(count, dtype=np.float32),
        }
    )


def write_parquet(table: Any, path: Path) -> None:
    """Write a table with our writer."""
    try:
        from lineal import write_parquet as ours  # noqa: PLC0415 - it wants pyarrow
    except ImportError:
        import pyarrow.parquet as pq  # noqa: PLC0415 - only this kind of data needs it

        pq.write_table(table, path, use_content_defined_chunking=True, compression="zstd")
    else:
        ours(table, path)


KINDS = {each.__name__: each for each in (file, tree, crumbs, csv, safetensors, parquet)}


if __name__ == "__main__":
    os.umask(0o022)
    KINDS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 1)
