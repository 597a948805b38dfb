"""Where MLflow's databases and folders say that files are, and how they are reached from here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.objects.errors import LinealError, NotFound
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.opening import open_bucket
from lineal.storage.mlflow.source import Found

_SCHEMES = {"s3": "s3", "s3a": "s3", "gs": "gs", "az": "az"}
_PROXY = "mlflow-artifacts"
_TAIL_PARTS_MIN = 3
"""``experiment/run/artifacts`` are enough to know files by where their folder was moved."""


class Places:
    """Finds files by the addresses that MLflow has for them.

    Args:
        base: what relative paths are relative to.
        moved: where files are now, when they are not where MLflow says: a directory or a bucket, as the server knows it by
            ``--artifacts-destination``.
    """

    def __init__(self, base: Path, moved: str = "") -> None:
        self._base = base
        self._moved = moved
        self._buckets: dict[str, Bucket] = {}

    def files(self, uri: str) -> Iterator[Found]:
        """Yield the files at an address.

        Raises:
            NotFound: nothing is known of the place from here.
        """
        parts = urlsplit(uri)
        path = unquote(parts.path)
        if parts.scheme in _SCHEMES:
            yield from self._in_bucket(f"{_SCHEMES[parts.scheme]}://{parts.netloc}", path.strip("/"))
        elif parts.scheme == _PROXY:
            yield from self._behind_proxy(uri, path.strip("/"))
        elif parts.scheme in {"", "file"}:
            yield from self._on_disk(path)
        else:
            raise NotFound(f"nothing here reads {parts.scheme}:", hint="--artifacts PLACE says where its files are now")

    def _behind_proxy(self, uri: str, path: str) -> Iterator[Found]:
        place = self._moved or str(self._base / "mlartifacts")
        if "://" in place:
            yield from self._in_bucket(place.rstrip("/"), path)
        elif Path(place).is_dir():
            yield from _walk(Path(place) / path)
        else:
            raise NotFound(
                f"{uri} is behind a server", hint="--artifacts PLACE is what it has as --artifacts-destination"
            )

    def _on_disk(self, path: str) -> Iterator[Found]:
        folder = self._base / path
        # Of a run that logged no file there is no folder; of one on another machine there is not even what it is in.
        if any(each.is_dir() for each in (folder, *list(folder.parents)[:3])):
            yield from _walk(folder)
            return
        if self._moved and "://" not in self._moved:
            moved = self._tail(folder)
            if moved:
                yield from _walk(moved)
                return
        elif self._moved:
            yield from self._in_bucket(self._moved.rstrip("/"), "/".join(folder.parts[-_TAIL_PARTS_MIN:]))
            return
        raise NotFound(f"there is no {folder} on this machine", hint="--artifacts PLACE says where it is now")

    def _tail(self, folder: Path) -> Path | None:
        """Return where a folder was moved, known by the last parts of its path."""
        root = Path(self._moved)
        for count in range(len(folder.parts) - 1, _TAIL_PARTS_MIN - 1, -1):
            if (found := root.joinpath(*folder.parts[-count:])).is_dir():
                return found
        # Without files there is no folder, as long as that is there which it would be in.
        return root / "nothing" if (root / folder.parts[-_TAIL_PARTS_MIN]).is_dir() else None

    def _in_bucket(self, place: str, path: str) -> Iterator[Found]:
        """Yield the files below a path of a bucket; each is fetched when somebody wants its bytes."""
        if place not in self._buckets:
            self._buckets[place] = open_bucket(place)
        bucket, prefix = self._buckets[place], f"{path}/" if path else ""
        for held in bucket.list(prefix):
            key = held.key
            yield Found(key.removeprefix(prefix), held.size_bytes, pieces=partial(_fetched, bucket, key))


def _fetched(bucket: Bucket, key: str) -> Iterator[bytes]:
    with tempfile.NamedTemporaryFile(prefix="lineal-") as file:
        bucket.fetch(key, Path(file.name))
        with Path(file.name).open("rb") as opened:
            while piece := opened.read(1 << 20):
                yield piece


def _walk(folder: Path) -> Iterator[Found]:
    if folder.is_file():
        yield Found(folder.name, folder.stat().st_size, folder)
        return
    for path in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):
            if path.is_file():
                yield Found(path.relative_to(folder).as_posix(), path.stat().st_size, path)


def reason(error: LinealError) -> str:
    """Return what went wrong, and what helps, in one line."""
    return f"{error.message} ({error.hint})" if error.hint else error.message
