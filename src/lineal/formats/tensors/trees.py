"""Models of trees: XGBoost's JSON and UBJSON, LightGBM's text. Each tree is a few lists of numbers, one value a node."""

from __future__ import annotations

import re
from typing import BinaryIO

import msgspec

from lineal.formats.tensors.nested_numbers import FACTS_MAX, numbers, walked
from lineal.formats.tensors.tensor import PIECE_BYTES, TENSORS_MAX, Contents, Tensor, corrupt, size_of
from lineal.formats.tensors.ubjson import Ubjson

TEXT_BYTES_MAX = 512 << 20
"""A model of trees in text is read whole; nobody's is larger."""

_XGBOOST_KEYS = {"learner", "version"}
_TREE = re.compile(r"Tree=(\d+)")


def is_xgboost(head: bytes) -> bool:
    """Tell whether a file that begins so may be a model of XGBoost's, as JSON or UBJSON."""
    return head.lstrip()[:1] == b"{" and b"learner" in head


def is_lightgbm(head: bytes) -> bool:
    """Tell whether a file that begins so may be a model of LightGBM's."""
    return head.startswith((b"tree\nversion=", b"tree\r\nversion="))


def read_xgboost(file: BinaryIO) -> Contents:
    """Return the lists of numbers of a model of XGBoost's: ``learner.gradient_booster.model.trees.0.base_weights``.

    Raises:
        Corrupt: it is neither JSON nor UBJSON, is nested too deep or too large.
    """
    file.seek(0)
    head = file.read(16)
    is_text = re.match(rb'\s*\{\s*"', head) is not None
    root = _json(file) if is_text else Ubjson(file).read()
    if not isinstance(root, dict) or not root.keys() >= _XGBOOST_KEYS:
        raise corrupt("it has no learner, which a model of XGBoost's has")
    return walked("xgboost", root)


def _json(file: BinaryIO) -> object:
    try:
        return msgspec.json.decode(_text(file))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise corrupt(f"it is no JSON ({error})") from None


def read_lightgbm(file: BinaryIO) -> Contents:
    """Return the lists of numbers of a model of LightGBM's: ``trees.0.leaf_value``. Raises Corrupt."""
    tensors: list[Tensor] = []
    facts: dict[str, str] = {}
    within = ""
    for line in _text(file).decode("utf-8", "replace").splitlines():
        name, sign, text = line.partition("=")
        if found := _TREE.fullmatch(line):
            within = f"trees.{found[1]}."
        elif line == "end of trees":
            within = ""
        elif sign and within and (tensor := _tensor(within + name, text)):
            tensors.append(tensor)
        elif sign and not within and len(facts) < FACTS_MAX:
            facts[name] = text[:1_000]
        if len(tensors) > TENSORS_MAX:
            raise corrupt(f"it has more than {TENSORS_MAX:,} lists")
    return Contents("lightgbm", tuple(tensors), facts)


def _tensor(name: str, text: str) -> Tensor | None:
    words = text.split()
    try:
        is_whole = all(each.lstrip("-").isdigit() and len(each) < 20 for each in words)
        return numbers(name, [int(each) for each in words] if is_whole else [float(each) for each in words])
    except ValueError:
        return None


def _text(file: BinaryIO) -> bytes:
    if size_of(file) > TEXT_BYTES_MAX:
        raise corrupt(f"a model in text has more than {TEXT_BYTES_MAX >> 20} MiB")
    file.seek(0)
    return b"".join(iter(lambda: file.read(PIECE_BYTES), b""))
