"""The held-out rows that versions are measured on: one table, in one file or several, read row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from lineal.formats.tables import delimited
from lineal.formats.tables.formats import format_of, reader_of
from lineal.formats.tables.grouping import partitions
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.files import Entry
from lineal.operations.data.tables import BlobSource, entries
from lineal.storage.store import Store

CSV, LINES = "input.csv", "input.jsonl"
"""What the file is called that a version reads its rows from."""

_LISTED = 6


class HeldOut:
    """The rows of a dataset version, as text by column; what is missing is an empty text.

    Args:
        store: where it is.
        digest: the dataset version.
        reference: what people call it.

    Raises:
        Invalid: its content is not here, or holds no table.
    """

    def __init__(self, store: Store, digest: Digest, reference: str = "") -> None:
        self._store = store
        self.digest = digest
        self.reference = reference or digest
        dataset = store.get_object(digest, DatasetVersion)
        if not dataset.kept:
            raise Invalid(
                f"the content of {self.reference} is not here: it stands at its source",
                hint="add it again with --copy: what versions are measured on has to stay",
            )
        found = [each for each in entries(store, dataset.tree) if each.mode != "symlink"]
        self._files = found if len(found) == 1 else [each for each in found if format_of(each.path)]
        if not self._files or (len(found) == 1 and not dataset.columns and not format_of(found[0].path)):
            raise Invalid(
                f"{self.reference} is no table with a header",
                hint="add the held-out rows as CSV, Parquet, Arrow or JSON lines, in one file or in several",
            )

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield each row, file after file in the order of their paths.

        Raises:
            Invalid: a file is no table, or has other columns than the first; the message names it.
            Unavailable: what reads the format is not installed.
        """
        header: tuple[str, ...] = ()
        for file in self._files:
            place = partitions(file.path)
            for number, row in enumerate(self._rows(file, [each for each in header if each not in place])):
                found = {**place, **row}
                header = header or tuple(found)
                if not number:
                    self._check(file, header, found)
                yield found

    def write(self, directory: Path) -> str:
        """Write the rows into a file of ``directory`` as versions read them; return its name. Raises as `rows`."""
        only = self._files[0] if len(self._files) == 1 else None
        if only and (format_of(only.path) or "csv") == "csv" and not partitions(only.path):
            self._store.blobs.fetch_to(only.digest, directory / CSV)
            return CSV
        self.write_lines(directory / LINES)
        return LINES

    def write_lines(self, path: Path) -> None:
        """Write each row as a JSON object on a line. Raises as `rows`."""
        encode = msgspec.json.Encoder().encode
        with path.open("wb") as file:
            file.writelines(encode(row) + b"\n" for row in self.rows())

    def _rows(self, file: Entry, header: Sequence[str]) -> Iterator[dict[str, str]]:
        name = format_of(file.path) or "csv"
        try:
            if name == "csv":
                yield from delimited.rows(self._store.blobs.open(file.digest))
                return
            for unit in reader_of(name).units(BlobSource(self._store.blobs, file)):
                for batch in unit.batches():
                    # Objects need not have all members; the first ones say which columns there are.
                    header = header or tuple(batch.columns)
                    yield from _texts(batch.row_count, {k: each.texts() for k, each in batch.columns.items()}, header)
        except Invalid as error:
            raise Invalid(f"{file.path} of {self.reference}: {error.message}", hint=error.hint) from None

    def _check(self, file: Entry, header: Sequence[str], row: Mapping[str, str]) -> None:
        lacks, more = [each for each in header if each not in row], [each for each in row if each not in header]
        if lacks or more:
            said = [f"lacks {', '.join(lacks[:_LISTED])}"] if lacks else []
            said += [f"also has {', '.join(more[:_LISTED])}"] if more else []
            raise Invalid(
                f"{file.path} of {self.reference} has other columns than {self._files[0].path}: it {' and '.join(said)}",
                hint="held-out rows are one table: give all its files the same columns",
            )


def _texts(
    row_count: int, columns: Mapping[str, Iterable[str | None]], header: Sequence[str]
) -> Iterator[dict[str, str]]:
    found = [columns.get(name) or [None] * row_count for name in header]
    for cells in zip(*found, strict=True):
        yield dict(zip(header, ("" if each is None else each for each in cells), strict=True))
