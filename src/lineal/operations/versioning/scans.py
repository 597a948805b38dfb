"""The verb that tells what a model's files would do if somebody loaded them, and the scan of what is registered."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from lineal.capture.secrets import mask_bytes
from lineal.objects.digest import Digest
from lineal.objects.errors import NotFound, Refused
from lineal.objects.files import Entry
from lineal.objects.reference import parse_reference
from lineal.objects.runs import Run, Runtime
from lineal.objects.scans import Scan
from lineal.objects.versions import Version
from lineal.operations.answers.models import ScanAnswer
from lineal.operations.data.contents import find_contents
from lineal.operations.operation import operation
from lineal.operations.references import Row, find_run, find_version, version_reference
from lineal.operations.statements import make_statement, said
from lineal.storage.blobs.seekable import open_seekable
from lineal.storage.store import Store

if TYPE_CHECKING:
    from lineal.checks.scanning.scan import ScannedFile

_RECENT_MAX = 16
_HELD_BYTES_MAX = 64 << 20

_recent: dict[tuple[Digest, Digest, str], Scan] = {}
"""What was found a moment ago: a registration looks before its transaction, and again within it."""


@operation("model scan", effect="acts", about={"what": "contents"})
def scan(store: Store, what: str, *, file: str = "") -> ScanAnswer:
    """Tell what the files of a model would do if somebody loaded them. Nothing in them is carried out.

    What is found of a version stays with it as a statement, which the check scan_clean of a gate reads.

    Args:
        what: a version, a run or a dataset.
        file: only this file or directory of it.

    Raises:
        NotFound: there is no such thing, or it has no such file.
    """
    found = find_contents(store, what)
    runtime = _runtime(store, found.reference)
    answer = scanned(store, found.tree, runtime, under=file, anew=True)
    if file and not answer.formats:
        raise NotFound(f"{found.reference} has no file {file}", hint=f"lineal data files {found.reference}")
    if not file and parse_reference(found.reference).kind == "version":
        with store.writing():
            make_statement(store, find_version(store, found.reference)["digest"], answer)
    return ScanAnswer(reference=found.reference, scan=answer)


def _runtime(store: Store, reference: str) -> Digest | None:
    """Return the digest of what a version or a run was made with."""
    kind = parse_reference(reference).kind
    if kind == "version":
        return store.get_object(find_version(store, reference)["digest"], Version).runtime
    if kind == "run" and (digest := find_run(store, reference)["digest"]):
        return store.get_object(digest, Run).runtime
    return None


def keep(store: Store, digest: Digest, version: Version) -> None:
    """Scan the files of a version that is just made, and say of it what was found. One without files has no scan."""
    found = scanned(store, version.weights, version.runtime)
    if found.formats:
        make_statement(store, digest, found)


def scanned(store: Store, tree: Digest, runtime: Digest | None, *, under: str = "", anew: bool = False) -> Scan:
    """Return what the files of a tree would do if somebody loaded them.

    Args:
        store: where they are.
        tree: the files.
        runtime: what they were made with, whose packages are expected in them.
        under: only this path and what is below.
        anew: also look where that was done a moment ago.
    """
    key = (tree, runtime or tree, under)
    if anew or key not in _recent:
        # It brings readers of every kind of file along, YAML's among them, which a server needs when something is registered.
        from lineal.checks.scanning.scan import scan as scan_files  # noqa: PLC0415

        packages = [each.name for each in store.get_object(runtime, Runtime).packages] if runtime else []
        files = (_file(store, each) for each in store.entries(tree, under=under))
        found = scan_files(files, packages or None, secrets_in)
        while len(_recent) >= _RECENT_MAX:
            _recent.pop(next(iter(_recent)), None)
        _recent[key] = found
    return _recent[key]


def trusted_names(store: Store, version: Version) -> tuple[str, ...]:
    """Return the names that the main file of a version asks for and a scan expects there."""
    from lineal.checks.scanning.scan import expected_names  # noqa: PLC0415

    found = next((each for each in store.entries(version.weights) if each.path == version.main_file), None)
    packages = [each.name for each in store.get_object(version.runtime, Runtime).packages]
    return expected_names(_file(store, found), packages or None) if found else ()


def check_loadable(store: Store, row: Row) -> None:
    """Raise Refused when the newest scan of a version found that loading it does harm: then no loader may see its files."""
    found = next((each for _, each in said(store, row["digest"], Scan)), None)
    if found is not None and found.outcome == "hostile":
        worst = found.findings[0]
        raise Refused(
            f"loading {version_reference(row)} does harm: {worst.what} in {worst.file}: {worst.why}; nothing was loaded",
            hint=f"lineal model scan {version_reference(row)} says more; train or get it again from a source you know",
        )


def secrets_in(data: bytes) -> tuple[str, ...]:
    """Return a word for the secrets in a text, nothing when there are none."""
    _, count = mask_bytes(data)
    return (f"{count} {'secret' if count == 1 else 'secrets'}",) if count else ()


def _file(store: Store, entry: Entry) -> ScannedFile:
    from lineal.checks.scanning.scan import ScannedFile  # noqa: PLC0415

    return ScannedFile(entry.path, partial(_opened, store, entry), entry.mode)


@contextmanager
def _opened(store: Store, entry: Entry) -> Iterator[BinaryIO]:
    if entry.size_bytes <= _HELD_BYTES_MAX:
        yield io.BytesIO(store.blobs.get(entry.digest))
    else:
        yield open_seekable(store.blobs, entry.digest)
