"""Programs that PyTorch exported: a zip of a graph in JSON and of weights, described in JSON too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from zipfile import ZipFile

from lineal.formats.structures.found import Found, info
from lineal.formats.structures.readable import as_dict, as_list, as_text, json_of
from lineal.formats.tensors.tensor import corrupt
from lineal.formats.tensors.zips import within
from lineal.objects.structures import Field

_JSON_BYTES_MAX = 64 << 20
_DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8_e4m3fn", 30: "float8_e5m2",
}  # fmt: skip


def graph_of(names: list[str]) -> str:
    """Return the member that holds the graph of an exported program, empty when an archive is none."""
    found = [each for each in names if each.endswith(("models/model.json", "serialized_exported_program.json"))]
    return found[0] if found else ""


def read(archive: ZipFile) -> Found:
    """Return what an exported program is. Raises Corrupt."""
    names = archive.namelist()
    name = graph_of(names)
    said = as_dict(_json(archive, name))
    found = Found("torch.export", "torch", framework_version=as_text(said.get("torch_version")))
    module = as_dict(said.get("graph_module"))
    graph = as_dict(module.get("graph"))
    values = as_dict(graph.get("tensor_values"))
    signature = as_dict(module.get("signature"))
    found.inputs = dict(_inputs(signature, values))
    found.outputs = dict(_outputs(signature, values))
    nodes = [as_text(as_dict(each).get("target")) for each in as_list(graph.get("nodes"))]
    found.graph = nodes
    found.operators = dict(Counter(nodes).most_common())
    found.opsets = {
        key: value
        for key, value in as_dict(said.get("opset_version")).items()
        if type(value) is int and abs(value) < 1 << 63
    }
    weights = next((each for each in names if each.endswith("data/weights/model_weights_config.json")), "")
    for key, each in as_dict(as_dict(_json(archive, weights)).get("config")).items() if weights else ():
        field = _field(as_dict(each).get("tensor_meta"))
        found.tensors.append(info(key, field.dtype, field.shape or ()))
    if not weights:
        found.note("the weights of this exported program are in a form that is not read")
    return found


def _json(archive: ZipFile, name: str) -> Any:
    size_bytes = archive.getinfo(name).file_size
    if size_bytes > _JSON_BYTES_MAX:
        raise corrupt(f"its member {name!r} has {size_bytes:,} bytes")
    with within(archive, name) as member:
        data = member.read(_JSON_BYTES_MAX)
    return json_of(data, f"its member {name!r}")


def _inputs(signature: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, Field]]:
    for each in as_list(signature.get("input_specs")):
        argument = as_dict(as_dict(as_dict(each).get("user_input")).get("arg"))
        name = as_text(as_dict(argument.get("as_tensor")).get("name"))
        if name:
            yield name, _field(values.get(name))


def _outputs(signature: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, Field]]:
    for each in as_list(signature.get("output_specs")):
        argument = as_dict(as_dict(as_dict(each).get("user_output")).get("arg"))
        name = as_text(as_dict(argument.get("as_tensor")).get("name"))
        if name:
            yield name, _field(values.get(name))


def _field(said: Any) -> Field:
    """Return what is said of a tensor; a size that depends on what is sent is -1."""
    meta = as_dict(said)
    sizes = (as_dict(each).get("as_int") for each in as_list(meta.get("sizes")))
    shape = tuple(each if type(each) is int and 0 <= each < 1 << 63 else -1 for each in sizes)
    dtype = meta.get("dtype")
    return Field(dtype=_DTYPES.get(dtype, "") if type(dtype) is int else "", shape=shape)
