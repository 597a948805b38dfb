"""Safetensors: all that it is stands in its header."""

from __future__ import annotations

from typing import BinaryIO

from lineal.formats.structures.found import Found, infos
from lineal.formats.tensors.safetensors import read_safetensors

_FRAMEWORKS = {"pt": "torch", "np": "numpy", "tf": "tensorflow", "flax": "flax", "mlx": "mlx"}


def read(file: BinaryIO) -> Found:
    """Return what a file holds. Raises Corrupt."""
    contents = read_safetensors(file)
    return Found(
        "safetensors",
        framework=_FRAMEWORKS.get(contents.facts.get("format", ""), ""),
        tensors=infos(contents.tensors),
        facts=dict(contents.facts),
    )
