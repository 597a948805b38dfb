"""Where pushes go, a new place each time, and what the place itself takes for the same bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from benchmarks.store import ceph, peers
from benchmarks.store.files import copy, generate, size_of
from benchmarks.store.measure import Usage, run, talk, timed
from benchmarks.store.systems import Remote

_BUCKET = "bench"
_MAKE_BUCKET = """
import sys
from botocore.session import Session
Session().create_client("s3", endpoint_url=sys.argv[1]).create_bucket(Bucket=sys.argv[2])
"""


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
        self._there = home / "limit"
        home.mkdir()

    def at(self, name: str) -> Remote:
        """Return an empty directory."""
        directory = self._home / name
        directory.mkdir()
        return Remote(str(directory))

    def put(self, source: Path) -> Usage:
        """Copy the data."""
        return copy(source, self._there)

    def get(self) -> Usage:
        """Copy it back."""
        return copy(self._there, self._home / "back")


class Bucket:
    """Prefixes of a bucket behind S3's protocol."""

    def __init__(self, home: Path, here: ceph.Gateway, *, place: str) -> None:
        self.place = place
        self._file = home / "one-object"
        self._endpoint = here.endpoint
        self._variables = {
            "AWS_ACCESS_KEY_ID": here.access_key,
            "AWS_SECRET_ACCESS_KEY": here.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        home.mkdir()
        python = peers.programs(peers.DVC) / "python"
        run((python, "-c", _MAKE_BUCKET, here.endpoint, _BUCKET), variables=self._variables)

    def at(self, name: str) -> Remote:
        """Return a prefix under which nothing is."""
        return Remote(f"s3://{_BUCKET}/{name}", self._endpoint, self._variables)

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
        return timed((*command, self._endpoint, _BUCKET, self._file), variables=self._variables)


@contextmanager
def object_store(home: Path) -> Iterator[Bucket]:
    """Start Ceph's gateway, or moto where Ceph is not installed: the rows say which."""
    home.mkdir()
    if absent := ceph.missing():
        talk(f"{absent[0]} is not here, moto takes the place of Ceph; {ceph.NEEDS} bring it")
        with _moto(home) as here:
            yield Bucket(home / "limit", here, place="moto in place of Ceph")
    else:
        with ceph.running(home / "ceph") as here:
            yield Bucket(home / "limit", here, place="Ceph S3 gateway")


@contextmanager
def _moto(home: Path) -> Iterator[ceph.Gateway]:
    port = ceph.free_port()
    command = (str(peers.programs(peers.MOTO) / "moto_server"), "-H", "127.0.0.1", "-p", str(port))
    here = ceph.Gateway(f"http://127.0.0.1:{port}", "bench", "bench")
    with ceph.daemon(*command):
        ceph.wait(lambda: ceph.answers(here.endpoint), "moto", home)
        yield here
