"""What a model is built of, as its files say: read without executing anything that is in them."""

from __future__ import annotations

from lineal.objects.canonical import Object, Scalar
from lineal.objects.digest import Digest

TENSORS_LISTED_MAX = 2_000
"""A structure names so many tensors at most; ``tensor_count`` says how many there are."""


class TensorInfo(Object, frozen=True):
    """A tensor of a model: its name there, its dtype and its shape."""

    name: str
    dtype: str
    shape: tuple[int, ...] = ()


class Field(Object, frozen=True):
    """An input or output of a model. A dimension of -1 may have any size; no ``shape``: it is not recorded."""

    dtype: str = ""
    shape: tuple[int, ...] | None = None
    optional: bool = False
    categories: tuple[str, ...] = ()


DEVICES = "devices"
"""The fact of a structure that says on which devices its tensors were when they were saved, such as ``cuda:0``."""


class Structure(Object, frozen=True, tag="structure"):
    """What the files of a version say that it is.

    ``architecture`` has one line a part of the model, indented below the part that holds it. ``fingerprint`` is equal
    where the classes, the tensors and the operators of a graph are, whatever format they are kept in, and
    ``tensor_fingerprint`` where the names, dtypes and shapes of all tensors are. ``params`` are what estimators were
    constructed with, and what boosters were told; ``facts`` is what else a file says of itself. ``operators`` counts the
    operators of a graph, ``opsets`` has the version of each set of them. ``parameter_count`` is the number of values in all
    tensors. ``notes`` are sentences about what could not be read.
    """

    format: str = ""
    framework: str = ""
    framework_version: str = ""
    architecture: str = ""
    fingerprint: Digest | None = None
    tensor_fingerprint: Digest | None = None
    tensors: tuple[TensorInfo, ...] = ()
    tensor_count: int = 0
    parameter_count: int = 0
    size_bytes: int = 0
    inputs: dict[str, Field] = {}
    outputs: dict[str, Field] = {}
    classes: tuple[str, ...] = ()
    params: dict[str, Scalar] = {}
    opsets: dict[str, int] = {}
    operators: dict[str, int] = {}
    facts: dict[str, str] = {}
    notes: tuple[str, ...] = ()
