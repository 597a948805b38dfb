"""Predictions as JSON lines: what ``python -m lineal.serving predict`` writes, one line a row, in the rows' order.

::

    {"prediction":">50K","probabilities":{"<=50K":0.2,">50K":0.8}}
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import msgspec

from lineal.formats.pieces import Pieces
from lineal.objects.canonical import number
from lineal.objects.errors import Corrupt
from lineal.objects.prepared import prepared


class Prediction(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a model said of one row. ``probabilities`` maps each class to its probability, where the model has them."""

    prediction: str | int | float | bool
    probabilities: dict[str, float] = {}


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(prepared(Prediction))


def encode(predictions: Iterable[Prediction]) -> bytes:
    """Return ``predictions`` as lines; a number that is not finite becomes its word."""
    return b"".join(_encoder.encode(_finite(each)) + b"\n" for each in predictions)


def decode(data: bytes) -> Iterator[Prediction]:
    """Yield each prediction of ``data``. Raises Corrupt when a line is none; the message names it."""
    return decode_stream([data])


def decode_stream(pieces: Iterable[bytes]) -> Iterator[Prediction]:
    """Yield each prediction of bytes that come in pieces, cut anywhere.

    Raises:
        Corrupt: a line is no prediction; the message names it.
    """
    for place, line in enumerate(io.BufferedReader(Pieces(pieces)), 1):
        try:
            yield _decoder.decode(line)
        except msgspec.DecodeError as error:
            raise Corrupt(f"line {place} is no prediction: {error}", hint="let the model predict again") from None


def _finite(value: Prediction) -> Prediction:
    if isinstance(value.prediction, float):
        return Prediction(number(value.prediction), value.probabilities)
    return value
