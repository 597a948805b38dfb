"""Whatever stands in a file: it is read, or refused as Invalid; nothing else comes out."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from lineal.objects.errors import Invalid
from tests.unit.formats.evaluations.recorded import RECORDED, read_files

ODD: tuple[Any, ...] = (
    None,
    True,
    "",
    "x",
    "nan",
    -1,
    1e308,
    10**400,
    float("nan"),
    [],
    [[]],
    [1, "a"],
    {},
    {"a": {}},
    {"count": "x"},
)
FEATURES = ((), ("sex",), ("sex", "region"))
TIMES = 60


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from _places(each, (*path, key))


def _with(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = _with(value[path[0]], path[1:], odd)
    return copied


@pytest.mark.parametrize("path", sorted(str(each.relative_to(RECORDED)) for each in RECORDED.rglob("*.json")))
def test_a_recording_with_an_odd_value_somewhere_is_read_or_refused(path: str) -> None:
    hints, chance, said = list[str](), random.Random(path), json.loads((RECORDED / path).read_text(encoding="utf-8"))
    places = list(_places(said))
    for _ in range(TIMES):
        changed = _with(said, chance.choice(places), chance.choice(ODD))
        try:
            found = read_files({path: json.dumps(changed).encode()}, features=chance.choice(FEATURES))
        except Invalid as error:
            hints.append(error.hint)
        else:
            assert found.results
    assert all(hints)


@pytest.mark.parametrize(
    "path", ["torchmetrics/computed.pt", "torchmetrics/computed.safetensors", "fairlearn/parquet/by_group.parquet"]
)
def test_a_recording_with_other_bytes_is_read_or_refused(path: str) -> None:
    hints, chance, data = list[str](), random.Random(path), (RECORDED / path).read_bytes()
    for _ in range(TIMES):
        changed = bytearray(data)
        for _ in range(3):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            read_files({path: bytes(changed[: chance.choice((len(data), len(data) // 2))])}, features=("sex",))
        except Invalid as error:
            hints.append(error.hint)
    assert all(hints)
