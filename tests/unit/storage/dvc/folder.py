"""The smallest bucket: files in a directory. Counts what is asked of it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lineal.objects.errors import NotFound
from lineal.storage.buckets.bucket import Held, Progress


class Folder:
    """A bucket in a directory."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.calls: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return str(self.top)

    def put(self, key: str, data: bytes) -> Held:
        self.calls["put"] += 1
        path = self.top / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        return self._held(key)

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        self.calls["put_file"] += 1
        return self.put(key, path.read_bytes())

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        self.calls["get"] += 1
        if not (self.top / key).is_file():
            raise NotFound(f"there is no {key} in {self.top}")
        data = (self.top / key).read_bytes()
        assert not start or start < len(data), "a range that begins behind the end is an error in S3"
        return data[start : None if size is None else start + size]

    def fetch(self, key: str, path: Path, *, progress: Progress | None = None) -> None:
        shutil.copyfile(self.top / key, path)

    def head(self, key: str) -> Held | None:
        self.calls["head"] += 1
        return self._held(key) if (self.top / key).is_file() else None

    def list(self, prefix: str = "") -> Iterator[Held]:
        self.calls["list"] += 1
        keys = (str(each.relative_to(self.top)) for each in self.top.rglob("*") if each.is_file())
        return (self._held(key) for key in sorted(keys) if key.startswith(prefix))

    def delete(self, keys: Iterable[str]) -> None:
        self.calls["delete"] += 1
        for key in keys:
            (self.top / key).unlink(missing_ok=True)

    def _held(self, key: str) -> Held:
        status = (self.top / key).stat()
        return Held(key, status.st_size, status.st_mtime_ns // 1_000_000)


def open_folder(url: str, options: Mapping[str, str]) -> Folder:
    """Open a bucket as a project does."""
    return Folder(Path(url))
