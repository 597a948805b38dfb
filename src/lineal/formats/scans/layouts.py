"""Files beside a model that say what is loaded: MLflow's ``MLmodel``, Hugging Face's JSON, lists of requirements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lineal.formats.dvc import yaml12
from lineal.formats.scans.keras_files import walk_config
from lineal.formats.scans.look import Look, Unreadable, whole
from lineal.formats.scans.paths import leaves
from lineal.formats.scans.templates import read_template
from lineal.objects.errors import Invalid

_TEXT_BYTES_MAX = 64 << 20
_MARKS = (
    b'"auto_map"',
    b"chat_template",
    b'"class_name"',
    b'"weight_map"',
    b'"custom_pipelines"',
    b"trust_remote_code",
)
_CODE_KEYS = ("code", "code_path", "code_paths", "model_code_path")
_URL = re.compile(r"(?:git\+|hg\+|svn\+|bzr\+|https?://|ftp://|file:)\S+")
_SOURCE_OPTION = re.compile(r"(-i|-e|-f|--index-url|--extra-index-url|--find-links|--editable|--trusted-host)\b")


def read_mlmodel(file: BinaryIO, look: Look) -> str:
    """Note the module that loads the model, and code that goes along. Raises Unreadable."""
    try:
        said = yaml12.load(whole(file, _TEXT_BYTES_MAX), look.name)
    except Invalid as error:
        raise Unreadable(error.message) from None
    if not isinstance(said, Mapping):
        raise Unreadable("it is no list of flavours")
    flavors = said.get("flavors")
    for name, flavor in flavors.items() if isinstance(flavors, Mapping) else ():
        if not isinstance(flavor, Mapping):
            continue
        if module := flavor.get("loader_module"):
            look.note("loader", str(module), f"the flavour {name} is loaded by it")
        for key in _CODE_KEYS:
            if flavor.get(key):
                look.note("code-path", str(flavor[key]), f"code that the flavour {name} brings along")
        for key in ("data", "model_data", "model_path", "pickled_model", "env"):
            if isinstance(flavor.get(key), str) and leaves(flavor[key]):
                look.note("path-escapes", flavor[key], f"where the flavour {name} has its {key}")
    return "MLmodel"


def read_requirements(file: BinaryIO, look: Look) -> str:
    """Note packages that come from an address of their own."""
    lines = whole(file, _TEXT_BYTES_MAX).decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        text = line.split(" #")[0].strip().removeprefix("- ").strip("'\"")
        if text.startswith("#"):
            continue
        if found := _SOURCE_OPTION.match(text):
            look.note("requirement", text, f"line {number}: {found[1]} says where packages come from")
        elif found := _URL.search(text):
            look.note("requirement", text, f"line {number}: it is fetched from {found[0][:80]}")
    return "requirements"


def read_json(file: BinaryIO, look: Look) -> str:
    """Note what a JSON file beside a model asks for: code from elsewhere, templates, layers of Keras's. Raises Unreadable."""
    data = whole(file, _TEXT_BYTES_MAX) if _has_marks(file) else b""
    if not data:
        return "json"
    try:
        said = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is no JSON ({error})") from None
    if isinstance(said, dict):
        _hugging_face(said, look)
        if isinstance(said.get("class_name"), str) and "config" in said:
            walk_config(said, look)
            return "keras"
    return "json"


def _has_marks(file: BinaryIO) -> bool:
    file.seek(0)
    tail = b""
    while piece := file.read(1 << 20):
        if any(mark in tail + piece for mark in _MARKS):
            return True
        tail = piece[-32:]
    return False


def _hugging_face(said: dict[str, Any], look: Look) -> None:
    for key in ("auto_map", "custom_pipelines"):
        if said.get(key):
            look.note("remote-code", key, _names(said[key]))
    if said.get("trust_remote_code"):
        look.note("remote-code", "trust_remote_code", "true")
    for name, text in _templates(said.get("chat_template")):
        read_template(text, look, name)
    weights = said.get("weight_map")
    for path in (
        sorted({each for each in weights.values() if isinstance(each, str)}) if isinstance(weights, dict) else ()
    ):
        if leaves(path):
            look.note("path-escapes", path, "where a part of the weights is")


def _names(value: Any) -> str:
    return ", ".join(sorted(map(str, value.values() if isinstance(value, dict) else [value])))


def _templates(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield "chat_template", value
    elif isinstance(value, list | dict):
        for each in value if isinstance(value, list) else value.values():
            if isinstance(each, str):
                yield "chat_template", each
            elif isinstance(each, dict) and isinstance(each.get("template"), str):
                yield str(each.get("name", "chat_template")), each["template"]
