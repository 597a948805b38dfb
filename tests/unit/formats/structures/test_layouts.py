"""Directories that are one model."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.objects.errors import Corrupt
from lineal.objects.structures import Field
from tests.parts.models import Models
from tests.unit.formats.structures.making import SAVED_MODEL, VARIABLES
from tests.unit.formats.structures.reading import structure_of_files
from tests.unit.formats.tensors.making import safetensors


def shard(*names: str) -> bytes:
    """Return safetensors of four floats each."""
    headers = {
        name: {"dtype": "F32", "shape": [2, 2], "data_offsets": [16 * at, 16 * at + 16]}
        for at, name in enumerate(names)
    }
    return safetensors(headers, bytes(16 * len(names)))


CONFIG = json.dumps(
    {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "hidden_size": 32,
        "transformers_version": "5.24.0",
        "id2label": {"1": "yes", "0": "no"},
    }
).encode()
INDEX = json.dumps({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}).encode()
SHARDED = {
    "config.json": CONFIG,
    "model.safetensors.index.json": INDEX,
    "one.safetensors": shard("a"),
    "two.safetensors": shard("b"),
    "tokenizer_config.json": b'{"tokenizer_class": "BertTokenizer"}',
}


def test_a_model_of_transformers_is_its_configuration_and_its_shards() -> None:
    found = structure_of_files(SHARDED)

    assert ("transformers, safetensors", "transformers", "5.24.0") == (
        found.format,
        found.framework,
        found.framework_version,
    )
    assert ("BertForSequenceClassification", ["a", "b"], 8) == (
        found.architecture,
        [each.name for each in found.tensors],
        found.parameter_count,
    )
    assert (("no", "yes"), 32, "BertTokenizer", ()) == (
        found.classes,
        found.params["hidden_size"],
        found.facts["tokenizer"],
        found.notes,
    )


def test_shards_make_the_fingerprint_that_one_file_has() -> None:
    whole = {"config.json": CONFIG, "model.safetensors": shard("a", "b")}

    assert structure_of_files(whole).fingerprint == structure_of_files(SHARDED).fingerprint


def test_a_shard_or_a_tensor_that_is_missing_is_said() -> None:
    lacking = {path: data for path, data in SHARDED.items() if path != "two.safetensors"}
    other = {**SHARDED, "two.safetensors": shard("c")}

    assert ("its part two.safetensors is not among the files",) == structure_of_files(lacking).notes
    assert ("1 tensors that its index names are not there, such as b",) == structure_of_files(other).notes


def test_an_adapter_names_the_model_it_is_for() -> None:
    config = {"peft_type": "LORA", "base_model_name_or_path": "org/base", "r": 8, "target_modules": ["v", "q"]}
    found = structure_of_files(
        {"adapter_config.json": json.dumps(config).encode(), "adapter_model.safetensors": shard("a")}
    )

    assert ("LORA adapter of org/base", "peft", 8, "q, v") == (
        found.architecture,
        found.framework,
        found.params["r"],
        found.params["target_modules"],
    )


def test_sentence_transformers_are_modules_one_behind_the_other() -> None:
    modules = [{"idx": 0, "path": "", "type": "Transformer"}, {"idx": 1, "path": "2_Dense", "type": "Dense"}]
    found = structure_of_files(
        {
            "modules.json": json.dumps(modules).encode(),
            "config_sentence_transformers.json": b'{"__version__": {"sentence_transformers": "5.1.0"}}',
            "config.json": CONFIG,
            "model.safetensors": shard("a"),
            "2_Dense/config.json": b'{"in_features": 2}',
            "2_Dense/model.safetensors": shard("linear.weight"),
        }
    )

    assert ["Transformer", "  BertForSequenceClassification", "Dense"] == found.architecture.splitlines()
    assert ("5.1.0", ["2_Dense.linear.weight", "a"]) == (found.framework_version, [each.name for each in found.tensors])


SIGNATURE = json.dumps(
    [{"type": "double", "name": "age", "required": True}, {"type": "long", "name": "town", "required": False}]
)


@pytest.mark.parametrize(("path", "file"), [("model.pkl", "pipeline.joblib"), ("data/model.pt", "net.whole.pt")])
def test_a_model_that_mlflow_logged_has_the_signature_it_describes(models: Models, path: str, file: str) -> None:
    described = (
        f"flavors:\n  python_function:\n    python_version: 3.11.7\n    model_path: {path}\n"
        f"  sklearn:\n    pickled_model: {path}\n    sklearn_version: 1.2.3\nsignature:\n  inputs: '{SIGNATURE}'\n"
    ).encode()
    found = structure_of_files({"MLmodel": described, path: (models.directory / file).read_bytes(), "conda.yaml": b""})

    assert {"age": Field(dtype="float64"), "town": Field(dtype="int64", optional=True)} == found.inputs
    assert (True, "python_function, sklearn", True) == (
        found.format.startswith("mlflow, "),
        found.facts["flavors"],
        found.tensor_count > 0,
    )


def test_a_saved_model_is_read_by_its_graph_and_its_variables_once_each() -> None:
    found = structure_of_files({"variables/variables.index": VARIABLES, "saved_model.pb": SAVED_MODEL})

    assert ("saved_model", 2, 10) == (found.format, len(found.operators), found.parameter_count)
    assert [("variables/0", "float32", (4, 2)), ("variables/1", "bfloat16", (2,))] == [
        (each.name, each.dtype, each.shape) for each in found.tensors
    ]


@given(
    st.lists(st.tuples(st.integers(0, len(VARIABLES) - 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=5),
    st.integers(0, len(VARIABLES)),
)
@settings(max_examples=200, deadline=None)
def test_a_table_of_variables_that_was_spoiled_is_read_or_found_corrupt(
    changes: list[tuple[int, bytes]], size_bytes: int
) -> None:
    data = bytearray(VARIABLES)
    for place, new in changes:
        data[place : place + len(new)] = new
    for each in (bytes(data), VARIABLES[:size_bytes]):
        with suppress(Corrupt):
            structure_of_files({"variables/variables.index": each, "saved_model.pb": SAVED_MODEL})


def test_the_main_file_is_read_among_others_and_without_one_the_largest_that_is_known() -> None:
    files = {"a.safetensors": shard("a"), "b.safetensors": shard("b", "c"), "read me.txt": b"x" * 10_000}

    assert ["a"] == [each.name for each in structure_of_files(files, "a.safetensors").tensors]
    assert ["b", "c"] == [each.name for each in structure_of_files(files).tensors]


def test_models_that_hold_models_are_not_read_for_ever() -> None:
    files = {}
    path = ""
    for _ in range(8):
        files[f"{path}MLmodel"] = b"flavors:\n  python_function:\n    data: m\n"
        path += "m/"
    files[f"{path}a.safetensors"] = shard("a")
    (note,) = structure_of_files(files).notes

    assert "models of models" in note
