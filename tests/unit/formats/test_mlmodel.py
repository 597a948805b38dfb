"""What MLflow writes beside a model is read, and what cannot be read says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.mlmodel import Description, describe, pinned
from lineal.objects.runs import ModelFacts, Package

TEXT = b"""\
artifact_path: model
flavors:
  python_function:
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: mlflow.xgboost
    data: model.xgb
    python_version: 3.10.12
  xgboost:
    code: null
    data: model.ubj
    xgb_version: 2.0.3
mlflow_version: 3.18.0
utc_time_created: '2026-11-23 16:28:02.123456'
signature:
  inputs: '[{"type": "double", "name": "age"}, {"type": "long"}, {"type": "datetime", "name": "at"}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  params: null
"""


def test_the_framework_the_columns_and_the_file_of_the_weights_are_known() -> None:
    found = describe(TEXT)

    assert ("model.ubj", "3.10.12") == (found.weights, found.python)
    assert (
        ModelFacts(
            framework="xgboost",
            framework_version="2.0.3",
            inputs={"age": "float64", "input 1": "int64", "at": "datetime64[ns]"},
            outputs={"output 0": "float32"},
        )
        == found.facts
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"- a",
        b"{",
        b"\xff",
        b"flavors: 7",
        b"flavors: {sklearn: 7}\nsignature: x",
        b"flavors: {}\nsignature: {inputs: '{', outputs: '7'}",
        b"a: &a [x]\nb: [*a, *nobody]",
        b"!!python/object:os.system x",
    ],
)
def test_what_is_no_description_says_nothing(data: bytes) -> None:
    found = describe(data)

    assert ("", "", {}, {}) == (found.weights, found.python, found.facts.inputs, found.facts.outputs)


@given(st.binary())
def test_any_bytes_are_a_description_or_none(data: bytes) -> None:
    assert isinstance(describe(data), Description)
    assert isinstance(pinned(data), tuple)


def test_only_what_is_pinned_is_a_package() -> None:
    data = b"mlflow==3.18.0\n numpy==2.1 ; python_version > '3'\nscipy>=1\n# x==1\nxgboost[gpu]==2.0.3 --hash=sha256:0\n-r x\n"

    assert (
        Package(name="mlflow", version="3.18.0"),
        Package(name="numpy", version="2.1"),
        Package(name="xgboost", version="2.0.3"),
    ) == pinned(data)
