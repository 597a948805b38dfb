"""Answer the rows of a table, batch by batch, and measure on the way what that costs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from lineal.formats import predictions
from lineal.formats.tables import delimited
from lineal.objects.errors import Invalid, Unavailable
from lineal.serving.loaders import Predictor
from lineal.serving.measuring import Measuring
from lineal.serving.rows import cells, typed

BATCH_ROWS = 4096
"""Enough for a model to be fast, few enough for wide rows to fit in memory."""

_PIECE_BYTES = 1 << 20
_LINES = ".jsonl"


def predict_table(predictor: Predictor, source: Path, target: Path, measuring: Measuring | None = None) -> None:
    """Write one prediction a row of the table ``source`` to ``target``: all of them, or no file.

    Args:
        predictor: the loaded model.
        source: CSV, or JSON lines of texts by column where its name ends so.
        target: the file to write.
        measuring: what measures the cost.

    Raises:
        Invalid: it is no table, or not what the model takes; the message names the row and the column.
        Unavailable: a file cannot be read or written.
    """
    partial = target.with_name(f".{target.name}.partial")
    measure = measuring or Measuring(most_requests=0)
    try:
        with partial.open("wb") as output:
            rows = cells(_rows(source), predictor.inputs)
            for first in itertools.count(1, BATCH_ROWS):
                if not (batch := list(itertools.islice(rows, BATCH_ROWS))):
                    break
                if first == 1:
                    measure.single_requests(predictor, batch)
                with measure.batch(len(batch)):
                    found = predictor.predict(typed(batch, predictor.inputs, first=first))
                output.write(predictions.encode(found))
        partial.replace(target)
    except OSError as error:
        raise Unavailable(f"{error.filename or target}: {error.strerror}", hint="check the path and the disk") from None
    finally:
        partial.unlink(missing_ok=True)


def _rows(source: Path) -> Iterator[Mapping[str, str]]:
    with source.open("rb") as file:
        if source.suffix != _LINES:
            yield from delimited.rows(iter(lambda: file.read(_PIECE_BYTES), b""))
            return
        decode = msgspec.json.Decoder(dict[str, str]).decode
        for number, line in enumerate(file, 1):
            try:
                yield decode(line)
            except msgspec.DecodeError as error:
                hint = "give one JSON object of texts a line"
                raise Invalid(f"line {number} of {source.name} is no row: {error}", hint=hint) from None
