r"""Golden requests and their answers as JSON lines, one a request, answers in the requests' order.

::

    {"path":"/predict","body":"{\"rows\":[{\"age\":39}]}","origin":"sampled","labels":["<=50K"]}
    {"status":200,"body":"{\"predictions\":[\"<=50K\"],\"probabilities\":[],\"classes\":[]}"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from lineal.formats.tables import delimited
from lineal.objects.digest import digest_of
from lineal.objects.errors import Corrupt, Invalid
from lineal.objects.prepared import prepared

Origin = Literal["sampled", "example", "given"]

REQUEST_BYTES_MAX = 1 << 20
ANSWER_BYTES_MAX = 256 << 10
"""Of a longer answer the digest is kept."""

GIVEN_MAX = 1_000
"""So many requests are taken from a file."""

PREDICT, INVOCATIONS, INFER = "/predict", "/invocations", "/infer"
"""Where requests go: rows, MLflow's forms, the Open Inference Protocol."""

_FORMS = ("dataframe_split", "dataframe_records", "instances")


class GoldenRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request: where it goes, its exact body, where it is from, and the true answer to each of its rows where they are known."""

    path: str
    body: str
    origin: Origin = "sampled"
    labels: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same request as another."""
        return self.path, self.body


class GoldenAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came back: the status and the exact body.

    ``status`` is 0 where nothing came, and ``reason`` says why. ``again`` is the answer to the same request a second time,
    where that was another. Of a body that is too long to keep, ``digest`` is there and ``body`` is not.
    """

    status: int
    body: str = ""
    reason: str = ""
    again: str = ""
    digest: str = ""

    @property
    def is_answer(self) -> bool:
        """Whether the request was answered, by no error."""
        return 200 <= self.status < 300


T = TypeVar("T", GoldenRequest, GoldenAnswer)


def encode(lines: Iterable[GoldenRequest] | Iterable[GoldenAnswer]) -> bytes:
    """Return requests, or answers, as lines."""
    return b"".join(msgspec.json.encode(each) + b"\n" for each in lines)


def decode(data: bytes, kind: type[T]) -> Iterator[T]:
    """Yield each request, or answer, in ``data``.

    Raises:
        Corrupt: a line is none; the message names it.
    """
    decoder = msgspec.json.Decoder(prepared(kind))
    for place, line in enumerate(data.splitlines(), 1):
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError as error:
            raise Corrupt(f"line {place} is no golden {kind.__name__[6:].lower()}: {error}") from None


def answer(status: int, body: bytes) -> GoldenAnswer:
    """Return what is kept of an answer: a long one by its digest, and what is no text with marks in place of its bytes."""
    if len(body) > ANSWER_BYTES_MAX:
        return GoldenAnswer(status, digest=digest_of(body), reason=f"an answer of {len(body):,} bytes")
    return GoldenAnswer(status, body.decode(errors="replace"))


def of_rows(
    rows: Sequence[Mapping[str, Any]], *, labels: Sequence[str] = (), origin: Origin = "sampled"
) -> GoldenRequest:
    """Return the request that asks for some rows; ``labels`` are the true answers."""
    return GoldenRequest(PREDICT, msgspec.json.encode({"rows": rows}).decode(), origin, tuple(labels))


def of_example(data: bytes) -> GoldenRequest:
    """Return the request of an example of input in MLflow's form (mlflow.org/docs, "Model Input Example").

    Raises:
        Invalid: it is no JSON.
    """
    value = _value(data, "the example")
    if isinstance(value, dict) and value.keys() == {"columns", "data"}:
        value = {"dataframe_split": value}
    elif not (isinstance(value, dict) and value.keys() & {*_FORMS, "inputs"}):
        value = {"inputs": value}
    return GoldenRequest(INVOCATIONS, msgspec.json.encode(value).decode(), "example")


def read_given(data: bytes, name: str) -> list[GoldenRequest]:
    """Return the requests of a file that somebody wrote: a table, or JSON, one request a line.

    A line is a row of values by column, or a whole body: ``{"rows": …}``, one of MLflow's forms, or one of the Open Inference
    Protocol; each goes where such a body belongs.

    Args:
        data: the file.
        name: what it is called; the suffix of a table tells that it is one.

    Raises:
        Invalid: a line is no request, or there are none or too many.
    """
    if name.endswith((".csv", ".tsv")):
        found = [of_rows([_typed(row)], origin="given") for row in delimited.rows([data])]
    else:
        lines = [(number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
        found = [_given(_value(line, f"line {number}"), line, number) for number, line in lines]
    if not found or len(found) > GIVEN_MAX:
        raise Invalid(f"{name} has {len(found):,} requests", hint=f"give 1 to {GIVEN_MAX:,}, one a line")
    return found


def _given(value: Any, line: bytes, number: int) -> GoldenRequest:
    if not isinstance(value, dict) or not value:
        raise Invalid(f"line {number} is no object", hint='write {"column": value, …}, or the body of a request')
    if len(line) > REQUEST_BYTES_MAX:
        raise Invalid(f"line {number} has {len(line):,} bytes", hint=f"a request has at most {REQUEST_BYTES_MAX:,}")
    inputs = value.get("inputs")
    is_tensor = isinstance(inputs, list) and inputs and isinstance(inputs[0], dict) and "datatype" in inputs[0]
    body = line.decode(errors="replace").strip()
    if is_tensor:
        return GoldenRequest(INFER, body, "given")
    if isinstance(value.get("rows"), list):
        return GoldenRequest(PREDICT, body, "given")
    if value.keys() & {*_FORMS, "inputs"}:
        return GoldenRequest(INVOCATIONS, body, "given")
    return of_rows([value], origin="given")


def _value(data: bytes, what: str) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"{what} is no JSON: {error}", hint="write one request a line, or give a CSV file") from None


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    """Return the cells of a row as JSON has them: a blank is nothing, and a number is one."""
    return {name: _cell(text) for name, text in row.items()}


def _cell(text: str) -> Any:
    if not text.strip():
        return None
    for kind in (int, float):
        try:
            found = kind(text)
        except ValueError:
            continue
        return found if "_" not in text and found - found == 0 else text
    return text
