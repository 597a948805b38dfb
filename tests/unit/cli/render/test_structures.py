"""What a version is built of as people read it."""

from __future__ import annotations

import msgspec

from lineal.objects.statements import Statement
from lineal.objects.structures import Field, Structure, TensorInfo
from tests.unit.cli.render.constructed import AT, VERSION, digest, text_of

STRUCTURE = Structure(
    format="onnx",
    framework="onnx",
    architecture="\n".join(f"Gemm {at}" for at in range(20)),
    fingerprint=digest("9"),
    tensors=(TensorInfo(name="w", dtype="float32", shape=(4, 32)),),
    tensor_count=1,
    parameter_count=128,
    size_bytes=2_048,
    inputs={"x": Field(dtype="float32", shape=(-1, 4))},
    outputs={f"y{at}": Field(dtype="int64") for at in range(10)},
    operators={"Gemm": 20},
    opsets={"ai.onnx": 18},
    notes=("weights are kept outside of it, in w.bin",),
)


def test_a_structure_is_a_short_section_and_no_line_among_what_was_said() -> None:
    said = Statement(subject=VERSION.digest, predicate=STRUCTURE, by="ada", at=AT)
    shown = text_of(msgspec.structs.replace(VERSION, statements=(*VERSION.statements, said)))

    assert (
        """\
  structure (read from its files)
    format       onnx (onnx)
    size         2.0 kB, 1 tensor, 128 values
    fingerprint  sha256:9999999999999999999999999999999999999999999999999999999999999999
    inputs       x float32 [any, 4]
    outputs      y0 int64, y1 int64, y2 int64, y3 int64, y4 int64, y5 int64, y6 int64, y7 int64, … 2 more
    operators    Gemm × 20
    opsets       ai.onnx 18
      Gemm 0
"""
        in shown
    )
    assert (
        "      Gemm 11\n      … 8 more lines; --json has them all\n    ! weights are kept outside of it, in w.bin\n"
        in shown
    )
    assert "its files were read" not in shown


def test_a_version_whose_files_were_not_read_has_no_such_section() -> None:
    assert "structure" not in text_of(VERSION)
