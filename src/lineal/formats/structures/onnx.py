"""ONNX: a graph of operators in one protocol buffer, with its weights, which are stepped over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from lineal.formats.structures.found import ITEMS_MAX, Found, info, text
from lineal.formats.structures.protobuf import Message, signed, whole
from lineal.formats.tensors.tensor import TENSORS_MAX, corrupt
from lineal.objects.structures import Field, TensorInfo

DEPTH_MAX = 8
_NODES_MAX = 500_000
_DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 21: "uint4", 22: "int4",
    23: "float4_e2m1",
}  # fmt: skip
_NEXT = frozenset(b"\x12\x1a\x22\x28\x32\x3a\x42\x72")
"""What may follow the version of the format: the field of a model with the next number that is there."""

_TEXTS = {2: "producer_name", 3: "producer_version", 4: "domain"}
_LABELS = {"classlabels_strings", "classlabels_int64s", "classlabels_ints"}
_EXTERNAL = 1


def is_onnx(head: bytes) -> bool:
    """Tell whether a file that begins so may be one."""
    return len(head) > 2 and head[0] == 8 and 2 < head[1] < 64 and head[2] in _NEXT


class _Graph:
    """What was found in a graph and in those inside of it."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.operators: Counter[str] = Counter()
        self.external: dict[str, None] = {}

    def read(self, graph: Message, depth: int = 0) -> None:
        if depth > DEPTH_MAX:
            self.found.note(f"graphs that are nested more than {DEPTH_MAX} deep were not read")
            return
        inputs: dict[str, Field] = {}
        outputs: dict[str, Field] = {}
        for number, _, inside in graph.fields():
            if inside is None:
                continue
            if number == 1:
                self._node(inside, depth)
            elif number == 5:
                self._initializer(inside)
            elif number in {11, 12}:
                name, field = _value_info(inside)
                (inputs if number == 11 else outputs)[name] = field
            elif number == 2 and not depth:
                self.found.facts["graph"] = inside.text()
        if not depth:
            held = {each.name for each in self.found.tensors}
            # Before the fourth version of the format each initializer was an input too.
            self.found.inputs = {name: each for name, each in inputs.items() if name not in held}
            self.found.outputs = outputs

    def _initializer(self, message: Message) -> None:
        tensor, where = _tensor(message)
        self.found.tensors.append(tensor)
        if len(self.found.tensors) > TENSORS_MAX:
            raise corrupt(f"it has more than {TENSORS_MAX:,} tensors")
        if where is not None:
            self.external[text(where)] = None

    def _node(self, message: Message, depth: int) -> None:
        kind, domain, said, graphs = "", "", list[str](), list[Message]()
        for number, _, inside in message.fields():
            if inside is None:
                continue
            if number == 4:
                kind = inside.text()
            elif number == 7:
                domain = inside.text()
            elif number == 5:
                said += self._attribute(inside, graphs)
        name = f"{domain}.{kind}" if domain and domain != "ai.onnx" else kind
        self.operators[text(name)] += 1
        if len(self.found.graph) > _NODES_MAX:
            raise corrupt(f"it has more than {_NODES_MAX:,} operators")
        self.found.graph.append(f"{name}({', '.join(sorted(said))})" if said else name)
        for each in graphs:
            self.read(each, depth + 1)

    def _attribute(self, message: Message, graphs: list[Message]) -> Iterator[str]:
        """Yield what an attribute says of the operator, when it is not learned: a whole number, a text, a few numbers."""
        name, numbers, label = "", list[int](), list[str]()
        for number, value, inside in message.fields():
            if number == 1 and inside:
                name = inside.text()
            elif number in {6, 11} and inside:
                graphs.append(inside)
            elif number == 3 and inside is None:
                numbers.append(signed(value))
            elif number == 8 and len(numbers) <= ITEMS_MAX:
                numbers += map(signed, inside.packed()) if inside and inside.size_bytes < 1 << 14 else [signed(value)]
            elif number in {4, 9} and inside and len(label) <= ITEMS_MAX and inside.size_bytes <= 1_000:
                label.append(inside.text())
        if name in _LABELS and (label or numbers):
            self.found.classes = tuple(label or map(str, numbers))
        if 0 < len(numbers) <= 8:
            yield f"{name}={numbers[0] if len(numbers) == 1 else numbers}"
        elif len(label) == 1 and len(label[0]) <= 100:
            yield f"{name}={label[0]}"


def read(file: BinaryIO) -> Found:
    """Return what a model is. Raises Corrupt."""
    found = Found("onnx", "onnx")
    graph = _Graph(found)
    has_graph = False
    for number, value, inside in whole(file).fields():
        if number == 1:
            found.facts["ir_version"] = str(value)
        elif number in _TEXTS and inside:
            found.facts[_TEXTS[number]] = inside.text()
        elif number == 7 and inside:
            has_graph = True
            graph.read(inside)
        elif number == 8 and inside:
            said = {each.number: each for each in inside.fields()}
            domain = said[1].inside.text() if 1 in said and said[1].inside else ""
            found.opsets[domain or "ai.onnx"] = signed(said[2].value) if 2 in said else 0
        elif number == 14 and inside and len(found.facts) < ITEMS_MAX:
            found.facts |= [_entry(inside)]
    if not has_graph:
        raise corrupt("it has no graph, which a model of ONNX has")
    found.operators = dict(graph.operators.most_common())
    found.lines = list(_compact(found.graph))
    for where in list(graph.external)[:ITEMS_MAX]:
        found.note(f"weights are kept outside of it, in {where}")
    return found


def _compact(operators: list[str]) -> Iterator[str]:
    """Yield operators in their order, equal ones in a row as one line."""
    last, count = "", 0
    for each in [*(name.partition("(")[0] for name in operators), ""]:
        if each != last and count:
            yield last if count == 1 else f"{last} × {count}"
            count = 0
        last, count = each, count + 1


def _entry(message: Message) -> tuple[str, str]:
    said = {each.number: each.inside.text() for each in message.fields() if each.inside}
    return said.get(1, ""), said.get(2, "")


def _tensor(message: Message) -> tuple[TensorInfo, str | None]:
    """Return a tensor, and the file its bytes are in when they are in another one."""
    name, dtype, dims, where, is_external = "", 0, list[int](), "", False
    for number, value, inside in message.fields():
        if number == 1:
            dims += map(signed, inside.packed()) if inside else [signed(value)]
            if len(dims) > 64:
                raise corrupt("a tensor in it has more than 64 dimensions")
        elif number == 2:
            dtype = value
        elif number == 8 and inside:
            name = inside.text()
        elif number == 13 and inside:
            key, said = _entry(inside)
            where = said if key == "location" else where
        elif number == 14:
            is_external = value == _EXTERNAL
    return info(name, _DTYPES.get(dtype, f"dtype {dtype}"), dims), where if is_external else None


def _value_info(message: Message) -> tuple[str, Field]:
    name, field = "", Field()
    for number, _, inside in message.fields():
        if number == 1 and inside:
            name = inside.text()
        elif number == 2 and inside:
            field = _type(inside)
    return text(name), field


def _type(message: Message, depth: int = 0) -> Field:
    """Return what a type says: of a tensor its dtype and shape, of others a word for what is in what."""
    optional = False
    for number, _, inside in message.fields():
        if inside is None or depth > DEPTH_MAX:
            continue
        if number in {1, 8}:
            return _tensor_type(inside)
        parts = {each.number: each for each in inside.fields()}
        inner = [_type(part.inside, depth + 1).dtype for part in parts.values() if part.inside]
        optional = number == 9
        if number == 5 and 1 in parts:
            inner.insert(0, _DTYPES.get(parts[1].value, "?"))
        word = {4: "sequence", 5: "map", 9: "optional"}.get(number)
        if word:
            return Field(dtype=f"{word}({', '.join(inner)})", optional=optional)
    return Field()


def _tensor_type(message: Message) -> Field:
    dtype, shape = "", None
    for number, value, inside in message.fields():
        if number == 1:
            dtype = _DTYPES.get(value, f"dtype {value}")
        elif number == 2 and inside:
            sizes = []
            for each in inside.fields():
                known = {part.number: part.value for part in each.inside.fields()} if each.inside else {}
                sizes.append(size if 0 <= (size := signed(known.get(1, (1 << 64) - 1))) else -1)
                if len(sizes) > 64:
                    raise corrupt("a shape in it has more than 64 dimensions")
            shape = tuple(sizes)
    return Field(dtype=dtype, shape=shape)
