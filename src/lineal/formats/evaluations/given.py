"""The files of a result, each looked at when a reader asks for it; what it is, is told by how it begins."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from lineal.formats.evaluations.strict_json import BYTES_MAX, read_json
from lineal.formats.tables import delimited
from lineal.formats.tensors.safetensors import is_safetensors
from lineal.objects.errors import Corrupt, Invalid

FILES_MAX = 1_000
_HEAD_BYTES = 1 << 12
_JSON_LINES = (".jsonl", ".ndjson")
_PARQUET, _ZIP = b"PAR1", b"PK\x03\x04"
_BINARY: Mapping[str, Callable[[bytes], bool]] = {
    "parquet": lambda head: head.startswith(_PARQUET),
    "tensors": lambda head: head.startswith(_ZIP) or is_safetensors(head),
}


class Given:
    """What somebody gave as a result.

    Args:
        sizes: the size in bytes of each file, by path.
        read: returns the whole content of one.
        name: what the file or directory is called, for messages.
        features: the columns that make groups, where the files do not tell.

    Raises:
        Invalid: there are none, or more than a result has.
    """

    def __init__(
        self, sizes: Mapping[str, int], read: Callable[[str], bytes], *, name: str, features: tuple[str, ...] = ()
    ) -> None:
        if not 0 < len(sizes) <= FILES_MAX:
            many = f"{len(sizes):,} files, more than a result has" if sizes else "no file"
            raise Invalid(f"{name} holds {many}", hint="give the file, or the directory, that the tool wrote")
        self.name = name
        self.features = features
        self._sizes = sizes
        self._read = read

    def data(self, path: str) -> bytes:
        """Return the content of a file. Raises Invalid when it is too large."""
        if self._sizes[path] > BYTES_MAX:
            raise Invalid(f"{path} is larger than {BYTES_MAX >> 20} MiB", hint="give the file with the metrics alone")
        return self._read(path)

    @cached_property
    def json(self) -> dict[str, Any]:
        """The values of the files that hold one JSON value, by path. Raises Invalid when one cannot be read."""
        return {path: read_json(self.data(path), path) for path in self._of("json")}

    @cached_property
    def tables(self) -> dict[str, list[dict[str, str]]]:
        """The rows of the files that are tables of text, by path."""
        found = {}
        for path in self._of("text"):
            try:
                found[path] = list(delimited.rows([self.data(path)]))
            except (Invalid, UnicodeDecodeError):
                continue  # prose, as a rule
        return found

    def parquet(self) -> tuple[str, ...]:
        """Return the paths of files of Parquet."""
        return self._of("parquet")

    def tensors(self) -> tuple[str, ...]:
        """Return the paths of files of tensors: PyTorch's zip and safetensors."""
        return self._of("tensors")

    def front_matter(self) -> Iterator[tuple[str, str]]:
        """Yield the path of each Markdown file with metadata, and that YAML."""
        for path in self._of("markdown"):
            text = self.data(path).decode("utf-8-sig", "replace").replace("\r\n", "\n")
            head, mark, _ = text.removeprefix("---\n").partition("\n---")
            if mark:
                yield path, head

    def line_count(self, path: str) -> int:
        """Return how many lines a file has."""
        return sum(1 for line in self.data(path).splitlines() if line.strip())

    def lines(self) -> tuple[str, ...]:
        """Return the paths of files of JSON lines."""
        return self._of("json lines")

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All paths."""
        return tuple(self._sizes)

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return {path: self._kind(path) for path in self._sizes}

    def _of(self, kind: str) -> tuple[str, ...]:
        return tuple(path for path, found in self._kinds.items() if found == kind)

    def _kind(self, path: str) -> str:
        if path.endswith(_JSON_LINES):
            return "json lines"
        if self._sizes[path] > BYTES_MAX:
            return "large"
        head = self._read(path)[:_HEAD_BYTES]
        if b"\0" in head or head.startswith(_PARQUET):
            return next((kind for kind, knows in _BINARY.items() if knows(head)), "binary")
        start = head.removeprefix(delimited.BYTE_ORDER_MARK).lstrip()
        if start[:1] in {b"{", b"["} or path.endswith(".json"):
            return "json"
        return "markdown" if start.startswith((b"---\n", b"---\r\n")) else "text"

    def opened(self, path: str) -> io.BytesIO:
        """Return a file, to be read here and there."""
        return io.BytesIO(self.data(path))


def unsound(path: str, error: Corrupt) -> Invalid:
    """Return the error for a file of tensors that contradicts itself."""
    return Invalid(f"{path}: {error.message}", hint="save the values as JSON")
