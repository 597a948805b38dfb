"""Networks that are exported, and what goes in and out of them; `test_frameworks` has how they are trained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lineal.client.connect import init
from lineal.objects.runs import Run
from tests.parts.capture import interpreter
from tests.surfaces.twice import run_twice


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """What was seen of a program that exports in every way."""
    place = tmp_path_factory.mktemp("exports")
    (place / "repository").mkdir()
    with init(place / "repository") as repository:
        yield run_twice(repository, place, "exporting").run


INPUTS = {"values": "float32[8,4]", "scale": "float32[1]"}
OUTPUTS = {"output_0": "float32[8,2]", "output_1": "int64[8]"}


def test_every_file_knows_the_module_that_it_came_from(run: Run) -> None:
    torch = {path: facts for path, facts in run.models.items() if facts.framework == "torch"}
    names = {"method.pt", "scripted.pt", "traced.pt", "program.pt2", "outlived.pt", "arrays.safetensors"}
    assert {f"models/{each}" for each in names} == set(torch)
    assert {"Net: 58 parameters"} == {each.architecture.splitlines()[0] for each in torch.values()}
    program = torch.pop("models/program.pt2")
    assert [(INPUTS, OUTPUTS)] * 5 == [(each.inputs, each.outputs) for each in torch.values()]
    # The size that the program left open is no number.
    assert INPUTS | {"values": "float32[?,4]"} == program.inputs
    assert ["float32[?,2]", "int64[?]"] == sorted(program.outputs.values())
    assert "  body: Linear" == torch["models/traced.pt"].architecture.splitlines()[1]


def test_every_format_of_keras_is_known(run: Run) -> None:
    keras = {path: facts.inputs for path, facts in run.models.items() if facts.framework == "keras"}
    names = ("model.h5", "model.keras", "model.weights.h5")
    assert {f"models/{each}": {"input_0": "float32[?,4]"} for each in names} == keras


def test_what_safe_open_reads_has_a_label(run: Run) -> None:
    label = next(each.label for each in run.intermediates if each.path == "given.safetensors")
    assert label is not None
    assert ("safetensors", "tensors", {"w": "float32[8, 4]"}) == (label.by, label.kind, label.columns)


def test_onnx(run: Run) -> None:
    interpreter("onnxscript")
    onnx = {path: facts.inputs for path, facts in run.models.items() if facts.framework == "onnx"}
    assert {f"models/{each}.onnx": {"input": "float32[8,4]"} for each in ("saved", "traced")} == onnx
