"""Graphs of operations: ONNX and TensorFlow's SavedModel. What they do is what their operations do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from lineal.formats.scans.look import Look, Unreadable, whole
from lineal.formats.scans.paths import leaves
from lineal.formats.scans.protobuf import Message

_DEPTH_MAX = 32
_NODES_MAX = 2_000_000


def read_onnx(file: BinaryIO, look: Look) -> str:
    """Note data that lie elsewhere, and operations that need a library of their own. Raises Unreadable."""
    model = Message(memoryview(whole(file)))
    if not any(True for _ in model.of(7)) or not any(number == 1 for number, _ in model.fields()):
        raise Unreadable("it has no graph, which a model of ONNX's has")
    for graph in model.of(7):
        _onnx_graph(graph, look, 0)
    for function in model.of(25):
        for node in function.of(7):
            _onnx_node(node, look, 0)
    return "onnx"


def _onnx_graph(graph: Message, look: Look, depth: int) -> None:
    if depth > _DEPTH_MAX:
        raise Unreadable("its graphs are nested too deep")
    for tensor in (*graph.of(5), *graph.of(15, 1), *graph.of(15, 2)):
        _onnx_tensor(tensor, look)
    for node in graph.of(1):
        _onnx_node(node, look, depth)


def _onnx_node(node: Message, look: Look, depth: int) -> None:
    if (look.budget.steps - 1) < 0:
        raise Unreadable("its graph is far too large")
    look.budget.steps -= 1
    domain, operator = node.text(7), node.text(4)
    look.note("onnx-operator", f"{domain or 'ai.onnx'}.{operator}") if domain else None
    for attribute in node.of(5):
        for tensor in (*attribute.of(5), *attribute.of(10)):
            _onnx_tensor(tensor, look)
        for graph in (*attribute.of(6), *attribute.of(11)):
            _onnx_graph(graph, look, depth + 1)


def _onnx_tensor(tensor: Message, look: Look) -> None:
    for entry in tensor.of(13):
        if entry.text(1) == "location":
            location = entry.text(2)
            kind = "path-escapes" if leaves(location) else "external-data"
            look.note(kind, location, f"the data of the tensor {tensor.text(8)}")


def read_saved_model(file: BinaryIO, look: Look) -> str:
    """Note every operation of a SavedModel once. Raises Unreadable."""
    if not _note_operations(Message(memoryview(whole(file))), look):
        raise Unreadable("it has no operations, which a SavedModel has")
    return "savedmodel"


def read_message(file: BinaryIO, look: Look) -> str:
    """Note every operation of what is called as a graph of TensorFlow's may be. Raises Unreadable.

    Beside a SavedModel lie a fingerprint and assets that are called so too, and have none.
    """
    return "tensorflow graph" if _note_operations(Message(memoryview(whole(file))), look) else "protobuf"


def _note_operations(model: Message, look: Look) -> int:
    """Note every operation once, and the files that the model reads; return how many operations there are."""
    count = 0
    seen: set[str] = set()
    for name in _operations(model):
        count += 1
        if count > _NODES_MAX:
            raise Unreadable("its graph is far too large")
        if name not in seen:
            seen.add(name)
            look.note("tensorflow-operation", name)
    for asset in model.of(2, 6):
        if leaves(asset.text(2)):
            look.note("path-escapes", asset.text(2), "a file that the model reads")
    return count


def _operations(model: Message) -> Iterator[str]:
    """Yield the operation of every node, in graphs and in functions, of a SavedModel or of a graph alone."""
    graphs = list(model.of(2, 2))
    for graph in graphs or [model]:
        yield from _graph(graph)


def _graph(graph: Message) -> Iterator[str]:
    for node in graph.of(1):
        if name := node.text(2):
            yield name
    for node in graph.of(2, 1, 3):
        if name := node.text(2):
            yield name
