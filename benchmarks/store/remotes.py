"""Where pushes go, a new place each time, and what the place itself takes for the same bytes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

from benchmarks.store import peers
from benchmarks.store.files import copy, generate, size_of
from benchmarks.store.measure import Usage, talk, timed
from benchmarks.store.systems import Remote
from tests.parts.ceph import CEPH
from tests.parts.moto import MOTO
from tests.parts.part import stop_all
from tests.parts.s3 import KEY_ID, SECRET

_VARIABLES = {
    "AWS_ACCESS_KEY_ID": KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Remotes(Protocol):
    """A kind of place to push to."""

    place: str
    """As people call it."""

    def at(self, name: str) -> Remote:
        """Return an empty remote."""

    def put(self, source: Path) -> Usage:
        """Bring the bytes of ``source`` there in the simplest way."""

    def get(self) -> Usage:
        """Fetch what ``put`` brought there in the simplest way."""


class Directories:
    """Directories on the same disk."""

    place = "local remote"

    def __init__(self, home: Path) -> None:
        self._home = home
        self._copies = count()
        self._there = home
        home.mkdir()

    def at(self, name: str) -> Remote:
        """Return an empty directory."""
        directory = self._home / name
        directory.mkdir()
        return Remote(str(directory))

    def put(self, source: Path) -> Usage:
        """Copy the data."""
        self._there = self._copied(source)
        return copy(source, self._there)

    def get(self) -> Usage:
        """Copy it back."""
        return copy(self._there, self._copied(self._there))

    def _copied(self, source: Path) -> Path:
        """Return where a copy goes: in the place of the one before, but many files are not deleted before all is measured."""
        return self._home / (f"copy-{next(self._copies)}" if source.is_dir() else f"{source.name}.copy")


class Bucket:
    """Prefixes of a bucket behind S3's protocol."""

    def __init__(self, home: Path, endpoint: str, *, place: str) -> None:
        self.place = place
        self._file = home / "one-object"
        self._endpoint = endpoint
        # In a process of its own, as Amazon's client is large: measure.run says why that matters.
        make = (sys.executable, "-c", f"from tests.parts.s3 import S3; print(S3({endpoint!r}).make())")
        made = subprocess.run(make, cwd=peers.TOP, check=True, capture_output=True, text=True)
        self._bucket = made.stdout.strip()

    def at(self, name: str) -> Remote:
        """Return a prefix under which nothing is."""
        return Remote(f"s3://{self._bucket}/{name}", self._endpoint, _VARIABLES)

    def put(self, source: Path) -> Usage:
        """Put as many bytes as ``source`` holds, in one object."""
        size_bytes = size_of(source)
        if not self._file.exists() or self._file.stat().st_size != size_bytes:
            generate("file", self._file, size_bytes)
        return self._one_object("put")

    def get(self) -> Usage:
        """Get that object."""
        return self._one_object("get")

    def _one_object(self, act: str) -> Usage:
        command = (sys.executable, Path(__file__).with_name("one_object.py"), act)
        return timed((*command, self._endpoint, self._bucket, self._file), variables=_VARIABLES)


@contextmanager
def object_store(home: Path) -> Iterator[Bucket]:
    """Start Ceph's gateway, or moto where Ceph is not installed: the rows say which."""
    part, place = (CEPH, "Ceph S3 gateway") if all(CEPH.programs) else (MOTO, "moto in place of Ceph")
    if part is MOTO:
        talk(f"Ceph is not here, moto takes its place: {CEPH.how}")
    there = home / part.name
    there.mkdir(parents=True)
    try:
        yield Bucket(home, part.start(there)["endpoint"], place=place)
    finally:
        stop_all(home)
