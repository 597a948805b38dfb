"""TensorFlow's SavedModel: the graph and its signatures; the variables lie beside it (`variables`)."""

from __future__ import annotations

from collections import Counter
from typing import BinaryIO

from lineal.formats.structures.found import Found, text
from lineal.formats.structures.protobuf import Message, signed, whole
from lineal.formats.structures.variables import DTYPES
from lineal.formats.tensors.tensor import corrupt
from lineal.objects.structures import Field

SERVED = "serving_default"
"""The signature that a server calls."""


def is_saved_model(head: bytes) -> bool:
    """Tell whether a file that begins so may be the ``saved_model.pb`` of one."""
    return head.startswith(b"\x08\x01\x12")


def read(file: BinaryIO) -> Found:
    """Return what a model is. Raises Corrupt."""
    found = Found("saved_model", "tensorflow")
    signatures: dict[str, Message] = {}
    operators: Counter[str] = Counter()
    for number, _, graph in whole(file).fields():
        for part, _, inside in graph.fields() if number == 2 and graph else ():
            if part == 1 and inside:
                found.framework_version = next(
                    (e.inside.text() for e in inside.fields() if e.number == 5 and e.inside), ""
                )
            elif part == 2 and inside:
                _operators(inside, operators)
            elif part == 5 and inside:
                said = {each.number: each.inside for each in inside.fields() if each.inside}
                if 1 in said and 2 in said and len(signatures) < 100:
                    signatures[said[1].text()] = said[2]
    if served := signatures.get(SERVED) or next(iter(signatures.values()), None):
        for number, _, inside in served.fields():
            if number in {1, 2} and inside:
                name, field = _named(inside)
                (found.inputs if number == 1 else found.outputs)[name] = field
    found.operators = dict(operators.most_common())
    found.graph = [f"{name} × {count}" for name, count in sorted(operators.items())]
    found.facts |= {"signatures": ", ".join(sorted(signatures))} if signatures else {}
    return found


def _operators(graph: Message, operators: Counter[str]) -> None:
    for number, _, inside in graph.fields():
        if number == 1 and inside:
            operators[_operator(inside)] += 1
        elif number == 2 and inside:  # functions, each with its nodes
            for part, _, function in inside.fields():
                for each in function.fields() if part == 1 and function else ():
                    if each.number == 3 and each.inside:
                        operators[_operator(each.inside)] += 1


def _operator(node: Message) -> str:
    return text(next((each.inside.text() for each in node.fields() if each.number == 2 and each.inside), ""))


def _named(entry: Message) -> tuple[str, Field]:
    said = {each.number: each.inside for each in entry.fields() if each.inside}
    dtype, shape = "", None
    for number, value, inside in said[2].fields() if 2 in said else ():
        if number == 2:
            dtype = DTYPES.get(value, f"dtype {value}")
        elif number == 3 and inside:
            shape = _shape(inside)
    return text(said[1].text()) if 1 in said else "", Field(dtype=dtype, shape=shape)


def _shape(message: Message) -> tuple[int, ...] | None:
    sizes: list[int] = []
    for number, value, inside in message.fields():
        if number == 3 and value:
            return None  # even how many dimensions it has is not known
        if number == 2 and inside:
            known = next((each.value for each in inside.fields() if each.number == 1), 0)
            sizes.append(max(signed(known), -1))
        if len(sizes) > 64:
            raise corrupt("a shape in it has more than 64 dimensions")
    return tuple(sizes)
