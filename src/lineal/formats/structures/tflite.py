"""TensorFlow Lite: one FlatBuffer with a graph, its tensors and their bytes."""

from __future__ import annotations

from collections import Counter
from typing import BinaryIO

from lineal.formats.structures.flatbuffers import Buffer, Table
from lineal.formats.structures.found import Found, info
from lineal.objects.structures import Field

_DTYPES = (
    "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64",
    "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4",
)  # fmt: skip
_OPERATORS = (
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE",
    "EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED", "HASHTABLE_LOOKUP", "L2_NORMALIZATION", "L2_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D", "MUL", "RELU", "RELU_N1_TO_1",
    "RELU6", "RESHAPE", "RESIZE_BILINEAR", "RNN", "SOFTMAX", "SPACE_TO_DEPTH", "SVDF", "TANH",
)  # fmt: skip
_CUSTOM = 32


def is_tflite(head: bytes) -> bool:
    """Tell whether a file that begins so is one."""
    return head[4:8] == b"TFL3"


def read(file: BinaryIO) -> Found:
    """Return what a model is. Raises Corrupt."""
    model = Buffer(file).root()
    found = Found("tflite", "tensorflow", facts={"version": str(model.number(0)), "description": model.text(3)})
    kinds = [_kind(each) for each in model.tables(1)]
    is_filled = [each.count(0) > 0 or each.number(2, 8) > 0 for each in model.tables(4)]
    for place, graph in enumerate(model.tables(2)):
        fields: list[tuple[str, Field]] = []
        for each in graph.tables(0):
            shape, dtype = each.numbers(0), _dtype(each.number(1, 1))
            fields.append((each.text(3), Field(dtype=dtype, shape=each.numbers(7) or shape)))
            buffer = each.number(2)
            if 0 <= buffer < len(is_filled) and is_filled[buffer]:
                found.tensors.append(info(each.text(3), dtype, shape))
        if not place:
            found.inputs = dict(fields[each] for each in graph.numbers(1) if 0 <= each < len(fields))
            found.outputs = dict(fields[each] for each in graph.numbers(2) if 0 <= each < len(fields))
        found.graph += [kinds[at] for each in graph.tables(3) if 0 <= (at := each.number(0)) < len(kinds)]
    found.operators = dict(Counter(found.graph).most_common())
    return found


def _kind(code: Table) -> str:
    number = max(code.number(0, 1), code.number(3))
    if number == _CUSTOM:
        return f"custom {code.text(1)}"
    return _OPERATORS[number] if 0 <= number < len(_OPERATORS) else f"operator {number}"


def _dtype(number: int) -> str:
    return _DTYPES[number] if 0 <= number < len(_DTYPES) else f"dtype {number}"
