"""Keras: the layers that a configuration describes, and the shapes of the weights beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from zipfile import ZipFile

from lineal.formats.structures.found import LINES_MAX, Found, info, text
from lineal.formats.structures.readable import as_dict, as_list, as_text, json_of
from lineal.formats.tensors.hdf5.contents import load_hdf5
from lineal.formats.tensors.zips import seekable, within
from lineal.objects.structures import Field, TensorInfo

WEIGHTS, CONFIG, METADATA = "model.weights.h5", "config.json", "metadata.json"
DEPTH_MAX = 16
_JSON_BYTES_MAX = 16 << 20
_WEIGHTS_BYTES_MAX = 256 << 20
_TRAINING = ("optimizer", "_optimizer", "optimizer_weights")
"""Groups of what training keeps beside the model."""

_NOT_SHOWN = {"name", "trainable", "sparse", "ragged", "optional", "batch_shape", "batch_input_shape", "dtype"}
"""What says nothing of how a layer is built, or is told otherwise; names are numbered as they come."""


def read_archive(archive: ZipFile) -> Found:
    """Return what a ``.keras`` archive is. Raises Corrupt."""
    found = Found("keras", "keras")
    names = archive.namelist()
    if METADATA in names:
        found.framework_version = as_text(as_dict(_json(archive, METADATA)).get("keras_version"))
    _weights(found, seekable(archive, WEIGHTS, most_bytes=_WEIGHTS_BYTES_MAX))
    if CONFIG in names:
        _layers(found, as_dict(_json(archive, CONFIG)))
    return found


def read_hdf5(file: BinaryIO) -> Found:
    """Return what a file of HDF5 is: a model of Keras's, or datasets. Raises Corrupt."""
    found = Found("hdf5")
    said = _weights(found, file)
    config = as_text(said.get("model_config"))
    if config or "keras_version" in said:
        found.framework, found.framework_version = "keras", as_text(said.get("keras_version"))
        found.tensors = [_renamed(each) for each in found.tensors]
    if config:
        _layers(found, as_dict(json_of(config.encode("utf-8", "replace"), "its configuration")))
    return found


def _renamed(tensor: TensorInfo) -> TensorInfo:
    return TensorInfo(name=tensor.name.removeprefix("model_weights/"), dtype=tensor.dtype, shape=tensor.shape)


def _weights(found: Found, file: BinaryIO) -> Mapping[str, Any]:
    """Write down the datasets of a file, and return the attributes of its root."""
    loaded = load_hdf5(file)
    for node in loaded.nodes:
        dataset = node.dataset
        if dataset and dataset.shape is not None and node.path.partition("/")[0] not in _TRAINING:
            found.tensors.append(info(node.path, dataset.datatype.name, dataset.shape))
    for node in loaded.nodes:
        for each in node.notes:
            found.note(f"{node.path or 'the root'}: {each}")
    return loaded.nodes[0].attributes if loaded.nodes else {}


def _json(archive: ZipFile, name: str) -> Any:
    with within(archive, name) as member:
        return json_of(member.read(_JSON_BYTES_MAX), f"its member {name!r}")


def _layers(found: Found, root: Mapping[str, Any]) -> None:
    found.lines = list(_lines("", root, 0))[: LINES_MAX + 1]
    # Layers, and the weights of some formats, are called after how many were made before: only shapes say something.
    found.is_learned_shape = True
    found.graph = sorted(f"{each.dtype} {list(each.shape)}" for each in found.tensors)
    config = as_dict(root.get("config"))
    layers = [as_dict(each) for each in as_list(config.get("layers"))]
    for each in layers:
        if each.get("class_name") == "InputLayer":
            inner = as_dict(each.get("config"))
            found.inputs[text(as_text(inner.get("name")))] = Field(
                dtype=_dtype(inner.get("dtype")),
                shape=_shape(inner.get("batch_shape") or inner.get("batch_input_shape")),
            )
    if "output_layers" in config:
        for each in as_list(config.get("output_layers")):
            name = next((as_text(part) for part in (each if isinstance(each, list) else [each])[:1]), "")
            if name:
                found.outputs[text(name)] = _output(layers, name)
    elif layers:
        name = as_text(as_dict(layers[-1].get("config")).get("name"))
        found.outputs[text(name)] = _output(layers, name)


def _lines(label: str, node: Mapping[str, Any], depth: int) -> Iterator[str]:
    config = as_dict(node.get("config"))
    shown = [f"{name}={_shown(value)}" for name, value in config.items() if name not in _NOT_SHOWN and _is_plain(value)]
    layers = as_list(config.get("layers"))
    built = f"({', '.join(shown)})" if shown and not layers else ""
    yield f"{'  ' * depth}{f'{label}: ' if label else ''}{as_text(node.get('class_name'))}{built}"
    if depth < DEPTH_MAX:
        for place, each in enumerate(layers[:LINES_MAX]):
            yield from _lines(str(place), as_dict(each), depth + 1)
        if inner := as_dict(config.get("layer")):
            yield from _lines("layer", inner, depth + 1)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return 0 < len(value) <= 8 and all(type(each) is int for each in value)
    return isinstance(value, str | bool | int | float)


def _shown(value: Any) -> str:
    return text(value)[:100]


def _output(layers: list[dict[str, Any]], name: str) -> Field:
    """Return what is known of what a layer gives: the shape of a dense one."""
    for each in layers:
        config = as_dict(each.get("config"))
        if config.get("name") == name and each.get("class_name") == "Dense" and type(config.get("units")) is int:
            before = _shape(as_dict(each.get("build_config")).get("input_shape"))
            return Field(dtype=_dtype(config.get("dtype")), shape=(*before[:-1], config["units"]) if before else None)
    return Field()


def _dtype(value: Any) -> str:
    if isinstance(value, str):
        return text(value)
    return text(as_text(as_dict(as_dict(value).get("config")).get("name")))


def _shape(value: Any) -> tuple[int, ...] | None:
    sizes = as_list(value)
    if not sizes or len(sizes) > 64:
        return None
    return tuple(each if type(each) is int and 0 <= each < 1 << 48 else -1 for each in sizes)
