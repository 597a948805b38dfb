"""Any history of a blob store in files gives what a dictionary would give."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, NotFound
from lineal.storage.blobs.files import FileBlobs

contents = st.one_of(st.binary(max_size=30), st.integers(1, 3).map(lambda count: bytes(count << 19)))


class FileBlobsHistory(RuleBasedStateMachine):
    """Stores, forgets, spoils and reads; the store is opened anew now and then."""

    known = Bundle("known")

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.here = Path(self.directory.name)
        self.model: dict[Digest, bytes] = {}
        self.spoiled: set[Digest] = set()
        self.open_again()

    def teardown(self) -> None:
        self.directory.cleanup()

    @rule()
    def open_again(self) -> None:
        self.blobs = FileBlobs(self.here / "blobs", self.here / "tmp")

    @rule(target=known, data=contents)
    def put(self, data: bytes) -> Digest:
        return self.stored(self.blobs.put(data), data)

    @rule(target=known, data=contents, cut=st.integers(0, 40))
    def put_pieces(self, data: bytes, cut: int) -> Digest:
        digest, size_bytes = self.blobs.put_stream([data[:cut], data[cut:]], expected=digest_of(data))
        assert len(data) == size_bytes
        return self.stored(digest, data)

    @rule(target=known, data=contents)
    def put_file(self, data: bytes) -> Digest:
        (self.here / "file").write_bytes(data)
        digest, size_bytes = self.blobs.put_file(self.here / "file")
        assert len(data) == size_bytes
        return self.stored(digest, data)

    @rule(data=contents, other=contents)
    def put_what_is_not_expected(self, data: bytes, other: bytes) -> None:
        if data != other:
            with pytest.raises(Corrupt):
                self.blobs.put_stream([data], expected=digest_of(other))

    def stored(self, digest: Digest, data: bytes) -> Digest:
        assert digest_of(data) == digest
        self.model[digest] = data
        # Storing over a blob repairs it when its size is wrong, which `spoil` takes care of.
        self.spoiled.discard(digest)
        return digest

    @rule(digest=known)
    def read(self, digest: Digest) -> None:
        if digest in self.spoiled:
            with pytest.raises(Corrupt, match=digest):
                self.blobs.get(digest)
        elif digest in self.model:
            assert self.model[digest] == self.blobs.get(digest)
        else:
            with pytest.raises(NotFound, match=digest):
                self.blobs.get(digest)

    @rule(digest=known, start=st.integers(0, 40), size=st.none() | st.integers(0, 40))
    def read_a_part(self, digest: Digest, start: int, size: int | None) -> None:
        if digest in self.model and digest not in self.spoiled:
            end = None if size is None else start + size
            assert self.model[digest][start:end] == b"".join(self.blobs.open(digest, start=start, size=size))

    @rule(digest=known)
    def spoil(self, digest: Digest) -> None:
        if digest in self.model:
            self.blobs.path(digest).chmod(0o600)
            self.blobs.path(digest).write_bytes(self.model[digest] + b"!")
            self.spoiled.add(digest)

    @rule(target=known, digest=consumes(known))
    def delete(self, digest: Digest) -> Digest:
        self.blobs.delete(digest)
        self.model.pop(digest, None)
        self.spoiled.discard(digest)
        return digest

    @rule(target=known)
    def ask_for_what_never_was(self) -> object:
        assert set() == self.blobs.has([digest_of(b"never stored")])
        return multiple()

    @invariant()
    def the_list_is_that_of_the_model(self) -> None:
        assert sorted(self.model) == list(self.blobs.list())
        assert set(self.model) == self.blobs.has(self.model)

    @invariant()
    def nothing_is_left_over(self) -> None:
        scratch = self.here / "tmp"
        assert not scratch.exists() or not list(scratch.iterdir())


TestFileBlobsHistory = FileBlobsHistory.TestCase
TestFileBlobsHistory.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
