"""Small files of models in formats whose libraries are not here, made byte by byte."""

from __future__ import annotations

import struct


def varint(value: int) -> bytes:
    """Return a number as protocol buffers write it."""
    value &= (1 << 64) - 1
    found = b""
    while value >= 0x80:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def field(number: int, value: int | bytes | str) -> bytes:
    """Return a field of a protocol buffer: a number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def value_info(name: str, dtype: int, shape: tuple[int | str, ...]) -> bytes:
    """Return the name and type of an input or output of ONNX."""
    sizes = b"".join(field(1, field(2 if isinstance(each, str) else 1, each)) for each in shape)
    return field(1, name) + field(2, field(1, field(1, dtype) + field(2, sizes)))


def tensor(name: str, dims: tuple[int, ...], data: bytes, *, external: str = "") -> bytes:
    """Return a tensor of ONNX of floats."""
    where = field(13, field(1, "location") + field(2, external)) + field(14, 1) if external else field(9, data)
    return field(1, b"".join(map(varint, dims))) + field(2, 1) + field(8, name) + where


def node(kind: str, *attributes: bytes, domain: str = "") -> bytes:
    """Return an operator of ONNX."""
    return field(4, kind) + b"".join(field(5, each) for each in attributes) + (field(7, domain) if domain else b"")


def onnx(nodes: list[bytes], weights: list[bytes], *, version: int = 8) -> bytes:
    """Return a model of ONNX that takes ``x`` and gives ``y``."""
    graph = b"".join(field(1, each) for each in nodes) + field(2, "main")
    graph += b"".join(field(5, each) for each in weights)
    graph += field(11, value_info("x", 1, ("batch", 4))) + field(12, value_info("y", 7, (-1,)))
    opset = field(8, field(1, "") + field(2, 18))
    return field(1, version) + field(2, "me") + field(7, graph) + opset + field(14, field(1, "k") + field(2, "v"))


ONNX = onnx(
    [node("Conv", field(1, "strides") + field(8, varint(2) + varint(2)) + field(20, 7)), node("Relu"), node("Relu")],
    [tensor("w", (2, 4), bytes(32)), tensor("far", (1 << 20,), b"", external="far.bin")],
)


def text(value: str) -> bytes:
    """Return a text as GGUF writes it."""
    return struct.pack("<Q", len(value)) + value.encode()


GGUF = (
    b"GGUF"
    + struct.pack("<IQQ", 3, 1, 3)
    + (text("general.architecture") + struct.pack("<I", 8) + text("llama"))
    + (text("answer") + struct.pack("<II", 4, 42))
    + (text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"))
    + (text("t.weight") + struct.pack("<IQQIQ", 2, 4, 3, 0, 0))
)

PMML = b"""<?xml version="1.0"?>
<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header><Application name="maker" version="1.2"/></Header>
<DataDictionary><DataField name="age" optype="continuous" dataType="double"/>
<DataField name="rich" optype="categorical" dataType="string"><Value value="no"/><Value value="yes"/></DataField></DataDictionary>
<TreeModel functionName="classification"><MiningSchema><MiningField name="rich" usageType="target"/><MiningField name="age"/>
</MiningSchema><Node score="no"/></TreeModel></PMML>"""


def signature(name: str, dtype: int, sizes: tuple[int, ...]) -> bytes:
    """Return a named tensor of TensorFlow's."""
    shape = b"".join(field(2, field(1, each)) for each in sizes)
    return field(1, name) + field(2, field(1, f"{name}:0") + field(2, dtype) + field(3, shape))


SAVED_MODEL = field(1, 1) + field(
    2,
    field(1, field(4, "serve") + field(5, "2.19.0"))
    + field(2, field(1, field(1, "a") + field(2, "MatMul")) + field(1, field(1, "b") + field(2, "Relu")))
    + field(
        5,
        field(1, "serving_default")
        + field(2, field(1, signature("x", 1, (-1, 4))) + field(2, signature("y", 1, (-1, 2)))),
    ),
)


def variable(dtype: int, shape: tuple[int, ...]) -> bytes:
    """Return what a table of variables says of one."""
    return (
        field(1, dtype) + field(2, b"".join(field(2, field(1, each) if each else b"") for each in shape)) + field(5, 4)
    )


def table(entries: dict[str, bytes]) -> bytes:
    """Return a sorted table of one block, keys sharing how they begin, as TensorFlow writes it."""
    block, before = b"", ""
    for key, value in sorted(entries.items()):
        shared = next((place for place, pair in enumerate(zip(key, before, strict=False)) if len(set(pair)) > 1), 0)
        own = key[shared:].encode()
        block += varint(shared) + varint(len(own)) + varint(len(value)) + own + value
        before = key
    written = bytearray()

    def put(content: bytes) -> bytes:
        place = varint(len(written)) + varint(len(content) + 8)
        written.extend(content + struct.pack("<II", 0, 1) + b"\0" + bytes(4))
        return place

    where = put(block)
    beside = put(b"")
    index = put(varint(0) + varint(1) + varint(len(where)) + b"z" + where)
    return bytes(written) + (beside + index).ljust(40, b"\0") + (0xDB4775248B80FB57).to_bytes(8, "little")


VARIABLES = table(
    {
        "": field(1, 1),
        "_CHECKPOINTABLE_OBJECT_GRAPH": variable(7, ()),
        "_all_variables/0/.ATTRIBUTES/VARIABLE_VALUE": variable(1, (4, 2)),
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE": variable(9, ()),
        "variables/0/.ATTRIBUTES/VARIABLE_VALUE": variable(1, (4, 2)),
        "variables/1/.ATTRIBUTES/VARIABLE_VALUE": variable(14, (2,)),
    }
)

XGBOOST_BINARY = (
    b"binf"
    + struct.pack("<fIiiII108x", 0.5, 3, 0, 0, 0, 0)
    + struct.pack("<Q", 15)
    + b"binary:logistic"
    + struct.pack("<Q", 6)
    + b"gbtree"
)


class Flat:
    """Writes a FlatBuffer from its beginning to its end: what is referred to comes later."""

    def __init__(self, identity: bytes) -> None:
        self.data = bytearray(4) + identity

    def table(self, place: int, sizes: list[int]) -> list[int]:
        """Put a table to which a place refers; return the places of its fields, which have these sizes."""
        offsets, at = [], 4
        for each in sizes:
            at += -at % max(each, 1)
            offsets.append(at)
            at += each
        self._align(2 * len(sizes))
        start = len(self.data)
        self.data += struct.pack(f"<HH{len(sizes)}H", 4 + 2 * len(sizes), at, *offsets)
        here = len(self.data)
        self.data += struct.pack("<i", here - start) + bytes(at - 4)
        self.put(place, "<I", here - place)
        return [here + each for each in offsets]

    def _align(self, size_bytes: int = 0) -> None:
        self.data += bytes(-(len(self.data) + size_bytes) % 4)

    def put(self, place: int, form: str, value: int) -> None:
        """Put a number."""
        struct.pack_into(form, self.data, place, value)

    def _refer(self, place: int) -> None:
        self._align()
        self.put(place, "<I", len(self.data) - place)

    def numbers(self, place: int, *values: int) -> None:
        """Put a list of numbers to which a place refers."""
        self._refer(place)
        self.data += struct.pack(f"<I{len(values)}i", len(values), *values)

    def text(self, place: int, value: str) -> None:
        """Put a text to which a place refers."""
        self._refer(place)
        self.data += struct.pack("<I", len(value)) + value.encode() + b"\0"

    def places(self, place: int, count: int) -> list[int]:
        """Put a list of references to which a place refers; return where they are."""
        self._refer(place)
        start = len(self.data) + 4
        self.data += struct.pack("<I", count) + bytes(4 * count)
        return [start + 4 * each for each in range(count)]


def tflite() -> bytes:
    """Return a model of one operator: a kind of operator, a graph of three tensors, two buffers."""
    flat = Flat(b"TFL3")
    version, kinds, graphs, description, buffers = flat.table(0, [4, 4, 4, 4, 4])
    flat.put(version, "<i", 3)
    flat.put(flat.table(flat.places(kinds, 1)[0], [1])[0], "<b", 9)
    tensors, inputs, outputs, operators = flat.table(flat.places(graphs, 1)[0], [4, 4, 4, 4])
    shapes = {"x": (1, 4), "w": (2, 4), "y": (1, 2)}
    for place, (name, shape) in zip(flat.places(tensors, 3), shapes.items(), strict=True):
        its_shape, _, buffer, its_name = flat.table(place, [4, 1, 4, 4])
        flat.put(buffer, "<i", int(name == "w"))
        flat.numbers(its_shape, *shape)
        flat.text(its_name, name)
    flat.numbers(inputs, 0)
    flat.numbers(outputs, 2)
    flat.table(flat.places(operators, 1)[0], [4])
    flat.text(description, "made by hand")
    empty, full = flat.places(buffers, 2)
    flat.table(empty, [])
    flat.numbers(flat.table(full, [4])[0], *range(8))
    return bytes(flat.data)


TFLITE = tflite()
