"""Directories that are one model: as MLflow, Hugging Face, PEFT, sentence-transformers and TensorFlow lay them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lineal.formats import mlmodel
from lineal.formats.structures.files import Files
from lineal.formats.structures.found import ITEMS_MAX, Found, scalar, text
from lineal.formats.structures.readable import as_dict, as_list, as_text, json_file
from lineal.formats.structures.variables import read_variables
from lineal.formats.tensors.tensor import TENSORS_MAX, corrupt, exactly
from lineal.objects.errors import Corrupt
from lineal.objects.structures import TensorInfo

DEPTH_MAX = 4
SHARDS_MAX = 2_000
_TRIED_MAX = 20
"""So many files are tried where nobody says which one is the model."""

Read = Callable[[str], Found | None]
"""Reads one file by its path."""

_INDEXES = (
    "model.safetensors.index.json",
    "pytorch_model.bin.index.json",
    "diffusion_pytorch_model.safetensors.index.json",
)
_WEIGHTS = (
    "model.safetensors", "pytorch_model.bin", "adapter_model.safetensors", "adapter_model.bin", "tf_model.h5",
    "model.onnx", "onnx/model.onnx",
)  # fmt: skip
_TRANSFORMERS, _ADAPTER, _SENTENCES, _SAVED_MODEL = (
    "config.json",
    "adapter_config.json",
    "modules.json",
    "saved_model.pb",
)
_VARIABLES = "variables/variables.index"
_TOKENIZER = "tokenizer_config.json"
_NOT_PARAMS = {"transformers_version", "_name_or_path", "architectures", "torch_dtype", "dtype"}


class Layout:
    """A directory, and how a file in it is read.

    Args:
        files: in it.
        read: reads one file by its path.
        main: the file that a server loads, where that is known.
        depth: how many directories it is in that were read for it.
    """

    def __init__(self, files: Files, read: Read, main: str = "", depth: int = 0) -> None:
        self._files, self._read, self._main, self._depth = files, read, main, depth
        if depth > DEPTH_MAX:
            raise corrupt(f"its directories are models of models more than {DEPTH_MAX} deep")

    def found(self) -> Found | None:
        """Return what the directory is. Raises Corrupt."""
        return next((read(self) for marker, read in _LAYOUTS if marker in self._files.sizes), None) or self._single()

    def _single(self) -> Found | None:
        """Return what the main file is, or the largest that is of a known format."""
        sizes = self._files.sizes
        if self._main in sizes:
            return self._read(self._main)
        wrong: Corrupt | None = None
        for path in sorted(sizes, key=lambda path: (-sizes[path], path))[:_TRIED_MAX]:
            try:
                if found := self._read(path):
                    return found
            except Corrupt as error:
                wrong = wrong or error
        if wrong:
            raise wrong
        return None

    def _below(self, folder: str) -> Layout:
        prefix = folder.strip("/") + "/"
        sizes = {path.removeprefix(prefix): size for path, size in self._files.sizes.items() if path.startswith(prefix)}
        inside = Files(sizes, lambda path: self._files.open(prefix + path))
        return Layout(inside, lambda path: self._read(prefix + path), self._main.removeprefix(prefix), self._depth + 1)

    def _json(self, path: str) -> Any:
        return json_file(self._files.open(path), path) if path in self._files.sizes else None

    def mlflow(self) -> Found | None:
        """Return a model that MLflow logged: what its description says, over what its files say."""
        path = mlmodel.MLMODEL
        file = self._files.open(path)
        if self._files.sizes[path] > mlmodel.BYTES_MAX:
            raise corrupt(f"its {path} has {self._files.sizes[path]:,} bytes")
        said = mlmodel.describe(exactly(file, self._files.sizes[path]))
        try:
            found = self._described(said.weights.strip("/")) or Found("")
        except Corrupt as error:
            found = Found("", notes=[error.message])  # what it is described as is known all the same
        facts = said.facts
        found.format = f"mlflow, {found.format}" if found.format else "mlflow"
        found.framework = found.framework or facts.framework
        found.framework_version = found.framework_version or facts.framework_version
        found.inputs = dict(said.inputs) or found.inputs
        found.outputs = dict(said.outputs) or found.outputs
        if said.flavors:
            found.facts["flavors"] = ", ".join(said.flavors)
        return found

    def _described(self, weights: str) -> Found | None:
        """Return what the weights are that a description names: a file, or a directory."""
        sizes = self._files.sizes
        if weights in sizes:
            return self._read(weights)
        if weights and any(each.startswith(f"{weights}/") for each in sizes):
            return self._below(weights).found()
        return self._read(self._main) if self._main in sizes and self._main != mlmodel.MLMODEL else None

    def adapter(self) -> Found | None:
        """Return an adapter of PEFT's: few weights beside those of another model."""
        config = as_dict(self._json(_ADAPTER))
        found = self._weights() or Found("")
        kind = as_text(config.get("peft_type"))
        found.format = f"adapter, {found.format}" if found.format else "adapter"
        found.framework, found.framework_version = "peft", as_text(config.get("peft_version"))
        found.lines = [f"{kind} adapter of {as_text(config.get('base_model_name_or_path'))}"]
        _scalars(found, config)
        if modules := as_list(config.get("target_modules")):
            found.params["target_modules"] = ", ".join(sorted(as_text(each) for each in modules))
        return found

    def sentences(self) -> Found | None:
        """Return modules of sentence-transformers, which stand one behind the other in directories of their own."""
        parts = [as_dict(each) for each in as_list(self._json(_SENTENCES))][:100]
        if not parts or not all("type" in each and "path" in each for each in parts):
            return None
        found = Found("sentence-transformers", "sentence-transformers")
        versions = as_dict(as_dict(self._json("config_sentence_transformers.json")).get("__version__"))
        found.framework_version = as_text(versions.get("sentence_transformers"))
        for each in parts:
            path, kind = as_text(each.get("path")).strip("/"), as_text(each.get("type"))
            found.lines.append(kind)
            inner = self._below(path).found() if path else self.transformers(is_part=True)
            if inner:
                found.lines += [f"  {line}" for line in inner.lines]
                found.tensors += [_under(path, tensor) for tensor in inner.tensors]
                found.params |= {f"{path}.{name}".lstrip("."): value for name, value in inner.params.items()}
                for note in inner.notes:
                    found.note(note)
        return found

    def transformers(self, *, is_part: bool = False) -> Found | None:
        """Return a model of Hugging Face's: its configuration, its shards, its tokenizer."""
        config = as_dict(self._json(_TRANSFORMERS))
        weights = self._weights()
        if not config.keys() & {"architectures", "model_type", "transformers_version", "_class_name"}:
            return weights
        found = weights or Found("")
        found.format = f"transformers, {found.format}" if found.format else "transformers"
        found.framework = "diffusers" if "_class_name" in config else "transformers"
        found.framework_version = as_text(config.get("transformers_version") or config.get("_diffusers_version"))
        names = [as_text(each) for each in as_list(config.get("architectures"))] or [
            as_text(config.get("_class_name") or config.get("model_type"))
        ]
        found.lines = [name for name in names if name]
        _scalars(found, config)
        labels = as_dict(config.get("id2label"))
        if all(key.isascii() and key.isdecimal() and len(key) < 8 for key in labels):
            found.classes = tuple(text(as_text(labels[key])) for key in sorted(labels, key=int))
        tokenizer = as_text(as_dict(self._json(_TOKENIZER)).get("tokenizer_class"))
        if tokenizer:
            found.facts["tokenizer"] = tokenizer
        if not weights and not is_part:
            found.note("its weights are not among the files")
        return found

    def saved_model(self) -> Found | None:
        """Return a SavedModel of TensorFlow's: its graph, and its variables beside it."""
        found = self._read(_SAVED_MODEL)
        if found and _VARIABLES in self._files.sizes:
            found.tensors = read_variables(self._files.open(_VARIABLES))
        return found

    def _weights(self) -> Found | None:
        """Return the weights, of one file or of several that an index names."""
        sizes = self._files.sizes
        for path in _INDEXES:
            if path in sizes:
                return self._shards(path)
        return next((self._read(path) for path in _WEIGHTS if path in sizes), None)

    def _shards(self, path: str) -> Found | None:
        where = as_dict(as_dict(self._json(path)).get("weight_map"))
        names = sorted({each for each in where.values() if isinstance(each, str)})
        if len(names) > SHARDS_MAX:
            raise corrupt(f"its index names {len(names):,} files")
        whole: Found | None = None
        tensors: list[TensorInfo] = []
        missing = [name for name in names if name not in self._files.sizes]
        for name in names:
            part = self._read(name) if name in self._files.sizes else None
            whole = whole or part
            tensors += part.tensors if part else ()
            if len(tensors) > TENSORS_MAX:
                raise corrupt(f"it has more than {TENSORS_MAX:,} tensors")
        if not whole:
            return None
        held = {each.name for each in tensors}
        lacking = [name for name in where if text(name) not in held]
        whole.tensors = tensors
        whole.facts["shards"] = str(len(names))
        for name in missing[:ITEMS_MAX]:
            whole.note(f"its part {name} is not among the files")
        if lacking and not missing:
            whole.note(f"{len(lacking):,} tensors that its index names are not there, such as {text(lacking[0])}")
        return whole


def _under(path: str, tensor: TensorInfo) -> TensorInfo:
    return TensorInfo(name=f"{path}.{tensor.name}", dtype=tensor.dtype, shape=tensor.shape) if path else tensor


def _scalars(found: Found, config: Mapping[str, Any]) -> None:
    for name, value in config.items():
        if name not in _NOT_PARAMS and isinstance(value, str | bool | int | float) and len(found.params) < ITEMS_MAX:
            found.params[text(name)] = scalar(value)


def _markers() -> Iterator[tuple[str, Callable[[Layout], Found | None]]]:
    yield mlmodel.MLMODEL, Layout.mlflow
    yield _ADAPTER, Layout.adapter
    yield _SENTENCES, Layout.sentences
    yield _SAVED_MODEL, Layout.saved_model
    for name in (*_INDEXES, _TRANSFORMERS):
        yield name, Layout.transformers


_LAYOUTS = tuple(_markers())
"""Which file a directory has that is laid out so, and what reads it."""
