"""What is read of files in formats whose libraries are not here."""

from __future__ import annotations

import io
import tarfile

import pytest

from lineal.formats.structures.files import Budget, metered, one_file
from lineal.formats.structures.reading import read_file, read_structure
from lineal.objects.structures import Field, TensorInfo
from tests.unit.formats.structures.making import (
    GGUF,
    ONNX,
    PMML,
    SAVED_MODEL,
    TFLITE,
    XGBOOST_BINARY,
    field,
    node,
    onnx,
    tensor,
    varint,
)
from tests.unit.formats.structures.reading import structure_in
from tests.unit.formats.tensors.making import safetensors

LARGE_BYTES = 64 << 20


def test_onnx_has_its_opsets_operators_inputs_outputs_and_weights() -> None:
    found = structure_in(ONNX)

    assert ({"ai.onnx": 18}, {"Relu": 2, "Conv": 1}, "Conv\nRelu × 2") == (
        found.opsets,
        found.operators,
        found.architecture,
    )
    assert {"x": Field(dtype="float32", shape=(-1, 4))} == found.inputs
    assert {"y": Field(dtype="int64", shape=(-1,))} == found.outputs
    assert ("far", (1 << 20,)) == (found.tensors[0].name, found.tensors[0].shape)
    assert TensorInfo(name="w", dtype="float32", shape=(2, 4)) == found.tensors[1]
    assert {"ir_version": "8", "producer_name": "me", "graph": "main", "k": "v"} == found.facts
    assert ("weights are kept outside of it, in far.bin",) == found.notes


def test_another_stride_or_operator_is_another_architecture_and_other_weights_are_not() -> None:
    def fingerprint(strides: int, kind: str, data: bytes) -> object:
        conv = node("Conv", field(1, "strides") + field(8, varint(strides) * 2))
        return structure_in(onnx([conv, node(kind)], [tensor("w", (2, 4), data)])).fingerprint

    same = fingerprint(2, "Relu", bytes(32))
    assert same == fingerprint(2, "Relu", b"\1" * 32)
    assert 3 == len({same, fingerprint(1, "Relu", bytes(32)), fingerprint(2, "Gelu", bytes(32))})


def test_labels_of_a_classifier_in_onnx_are_its_classes() -> None:
    labels = field(1, "classlabels_strings") + field(9, "no") + field(9, "yes")
    found = structure_in(onnx([node("LinearClassifier", labels, domain="ai.onnx.ml")], []))

    assert (("no", "yes"), {"ai.onnx.ml.LinearClassifier": 1}) == (found.classes, found.operators)


def test_an_input_that_is_a_weight_is_no_input() -> None:
    found = structure_in(onnx([node("Relu")], [tensor("x", (4,), bytes(16))], version=3))

    assert {} == found.inputs


def test_gguf_has_its_facts_and_tensors() -> None:
    found = structure_in(GGUF)

    assert {"general.architecture": "llama", "answer": "42", "tokens": "[a, b]"} == found.facts
    assert (TensorInfo(name="t.weight", dtype="float32", shape=(3, 4)),) == found.tensors


def test_pmml_has_its_columns_and_the_kind_of_its_model() -> None:
    found = structure_in(PMML)

    assert {"age": Field(dtype="float64")} == found.inputs
    assert {"rich": Field(dtype="string", categories=("no", "yes"))} == found.outputs
    assert ("TreeModel", ("no", "yes"), "maker 1.2") == (found.architecture, found.classes, found.facts["application"])


def test_a_saved_model_has_its_signature_and_operators() -> None:
    found = structure_in(SAVED_MODEL)

    assert {"x": Field(dtype="float32", shape=(-1, 4))} == found.inputs
    assert {"y": Field(dtype="float32", shape=(-1, 2))} == found.outputs
    assert ("2.19.0", {"MatMul": 1, "Relu": 1}) == (found.framework_version, found.operators)


def test_tflite_has_its_tensors_and_operators() -> None:
    found = structure_in(TFLITE)

    assert {"x": Field(dtype="float32", shape=(1, 4))} == found.inputs
    assert {"y": Field(dtype="float32", shape=(1, 2))} == found.outputs
    assert (TensorInfo(name="w", dtype="float32", shape=(2, 4)),) == found.tensors
    assert ({"FULLY_CONNECTED": 1}, "made by hand") == (found.operators, found.facts["description"])


def test_the_first_format_of_pytorch_is_known() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("sys_info"), io.BytesIO())
    found = structure_in(made.getvalue())

    assert ("torch", True) == (found.framework, "save it again" in found.notes[0])


def test_the_old_binary_form_of_xgboost_says_what_it_is_and_what_was_not_read() -> None:
    found = structure_in(XGBOOST_BINARY)

    assert ("gbtree(binary:logistic)", {"X": Field(dtype="float32", shape=(-1, 3))}) == (
        found.architecture,
        found.inputs,
    )
    assert 1 == len(found.notes)


def _large_safetensors() -> bytes:
    count, each = 256, LARGE_BYTES // 256
    headers = {
        f"layers.{at}.weight": {"dtype": "F32", "shape": [each // 4], "data_offsets": [at * each, (at + 1) * each]}
        for at in range(count)
    }
    return safetensors(headers, bytes(LARGE_BYTES))


def _large_onnx() -> bytes:
    each = LARGE_BYTES // 32
    return onnx([node("MatMul")] * 32, [tensor(f"w{at}", (each // 4,), bytes(each)) for at in range(32)])


@pytest.mark.parametrize("make", [_large_safetensors, _large_onnx])
def test_of_a_large_file_less_than_a_mebibyte_is_read(make: object) -> None:
    assert callable(make)
    file, budget = io.BytesIO(make()), Budget(1 << 30)
    found = read_file(file, budget)

    assert found
    assert LARGE_BYTES // 4 == sum(each.shape[0] for each in found.tensors)
    assert budget.spent < 1 << 20


def test_what_takes_more_than_the_budget_is_said_not_to_be_read() -> None:
    found = read_structure(one_file("m", io.BytesIO(_large_onnx())), most_bytes=1 << 16)

    assert ("it was not read to its end: that takes more than 65,536 bytes",) == found.notes


def test_a_metered_file_is_read_as_the_file_itself() -> None:
    budget = Budget(100)
    file = metered(io.BytesIO(b"0123456789"), budget)
    file.seek(4)

    assert (b"456", 10) == (file.read(3), file.seek(0, 2))
    assert budget.spent <= 10


@pytest.mark.parametrize("data", [b"", b"just a text", b'{"a": 1}', b"[1, 2", b"<html></html>", bytes(5_000)])
def test_what_is_no_model_has_no_format_and_no_notes(data: bytes) -> None:
    found = structure_in(data)

    assert ("", (), None) == (found.format, found.notes, found.fingerprint)
