"""Store the tables, pictures and other values that a program logged as files of its run, and an index of them.

So are files that it handed to other trackers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineal.formats.media import INDEX_PATH, MediaLine, canonical, index
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Corrupt, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lineal.capture.told.record import Artifact, Media
    from lineal.client.connect import Repository


def keep_media(repository: Repository, run_id: str, spool: Path, media: Iterable[Media]) -> None:
    """Store each of ``media`` whose bytes are in the spool, and last the index that says what they are. Raises LinealError."""
    lines = []
    for each in media:
        file = spool / each.path
        if not file.is_file():
            continue
        try:
            digest, size_bytes = _put(repository, each.what, file)
        except Corrupt:
            continue  # it was written whole and renamed, so whatever this is was not written by us
        repository.artifacts.put(run_id, each.path, digest=digest, size_bytes=size_bytes)
        lines.append(
            MediaLine(key=each.key, step=each.step, kind=each.what, path=each.path, at=each.at, size_bytes=size_bytes)
        )
    if lines:
        text = index(lines)
        repository.artifacts.put(run_id, INDEX_PATH, digest=repository.blobs.put(text), size_bytes=len(text))


def keep_artifacts(
    repository: Repository, run_id: str, spool: Path, artifacts: Iterable[Artifact], gaps: list[str]
) -> None:
    """Store the files that trackers were handed, by the names they have there; ``gaps`` gets those that are gone.

    Raises LinealError.
    """
    for each in artifacts:
        file = spool / each.path
        try:
            if each.stamp is not None and not _is_still(file, each.stamp):
                gaps.append(
                    f"files: {each.name} has {each.stamp[1]:,} bytes, too many to be copied when a tracker was handed it;"
                    " it changed or went away since and was not kept"
                )
                continue
            if not file.is_file():
                continue  # told by somebody who did not write it
            digest, size_bytes = repository.blobs.put_file(file)
            repository.artifacts.put(run_id, each.name, digest=digest, size_bytes=size_bytes)
        except (Invalid, Conflict) as error:
            gaps.append(f"files: {each.name} was handed to a tracker and was not kept: {error.message}")


def _is_still(file: Path, stamp: tuple[int, int, int]) -> bool:
    try:
        found = file.stat()
    except OSError:
        return False
    return stamp == (found.st_mtime_ns, found.st_size, found.st_ino)


def keep_output_of_ranks(repository: Repository, run_id: str, files: Iterable[Path]) -> None:
    """Store what each rank of a distributed training printed; ``files`` are named ``stdout-3``. Raises LinealError."""
    for file in files:
        stream, _, rank = file.name.partition("-")
        digest, size_bytes = repository.blobs.put_file(file)
        repository.artifacts.put(run_id, f"ranks/{rank}/{stream}.txt", digest=digest, size_bytes=size_bytes)


def _put(repository: Repository, what: str, file: Path) -> tuple[Digest, int]:
    if file.suffix == ".json":
        data = canonical(what, file.read_bytes())
        return repository.blobs.put(data), len(data)
    return repository.blobs.put_file(file)
