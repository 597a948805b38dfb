"""A structure with every field set."""

from __future__ import annotations

from lineal.objects.digest import digest_of
from lineal.objects.structures import Field, Structure, TensorInfo

STRUCTURE = Structure(
    format="onnx",
    framework="onnx",
    framework_version="1.23.2",
    architecture="Gemm\nRelu",
    fingerprint=digest_of(b"a"),
    tensor_fingerprint=digest_of(b"b"),
    tensors=(TensorInfo(name="fc.weight", dtype="float32", shape=(32, 4)), TensorInfo(name="steps", dtype="int64")),
    tensor_count=2,
    parameter_count=129,
    size_bytes=1_024,
    inputs={
        "x": Field(dtype="float32", shape=(-1, 4)),
        "town": Field(dtype="category", categories=("Oslo", "Rome")),
    },
    outputs={"y": Field(dtype="float32", shape=(), optional=True), "z": Field()},
    classes=("no", "yes"),
    params={"C": 0.5, "max_iter": 100, "warm_start": False, "n_jobs": None, "solver": "lbfgs"},
    opsets={"ai.onnx": 18},
    operators={"Gemm": 1, "Relu": 1},
    facts={"producer_name": "pytorch"},
    notes=("weights are kept outside of it, in ext.bin",),
)
