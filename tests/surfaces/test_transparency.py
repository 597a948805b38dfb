"""The log outside of the repository: what a witness sees, with code of its own, and what happens to who rewrites history."""

from __future__ import annotations

import base64
import getpass
import hashlib
import io
import itertools
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineal.cli.main import execute
from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.log_tiles import export_log
from lineal.client.remote import RemoteRepository
from lineal.objects.canonical import canonical_bytes, decode, object_digest
from lineal.objects.errors import Corrupt
from lineal.objects.journal import JournalEntry
from lineal.operations import transparency
from lineal.storage.buckets.directory import DirectoryBucket
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import HTTP

NUMBERS = itertools.count()

# A second implementation, from RFC 6962 and C2SP alone: it reads every entry and knows no proofs.


def root_of(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0] if leaves else b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(leaves[:half]) + root_of(leaves[half:])).digest()


def parsed(note: str) -> tuple[str, int, bytes]:
    origin, size, root = note.split("\n\n", maxsplit=1)[0].split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


def entries_in(log: Path, size: int) -> list[bytes]:
    found = list[bytes]()
    for number in range(-(-size // 256)):
        width = min(256, size - 256 * number)
        data = (log / f"tile/entries/{number:03}{f'.p/{width}' if width < 256 else ''}").read_bytes()
        while data:
            end = 2 + int.from_bytes(data[:2], "big")
            found.append(data[2:end])
            data = data[end:]
    return found


def only_grew(log: Path, earlier: str) -> bool:
    """Tell whether a log is what its checkpoint says, and begins with what an earlier checkpoint had."""
    origin, size, root = parsed((log / "checkpoint").read_text())
    known, had, had_root = parsed(earlier)
    leaves = entries_in(log, size)
    return (origin, len(leaves), root_of(leaves), root_of(leaves[:had])) == (known, size, root, had_root)


def acts(repository: LocalRepository, count: int) -> None:
    """Do some things."""
    for number in range(count):
        repository.remote.add(f"r{next(NUMBERS)}", f"/mnt/{number}")


def lineal(place: Path, *line: str, status: int = 0, **variables: str) -> tuple[str, str]:
    """Return what a command prints and says; it runs here, on the repository in ``place`` if one is there."""
    where = ("--repository", str(place)) if (place / ".lineal").exists() else ()
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        assert status == execute((*line, *where), out, err, os.environ), out.getvalue() + err.getvalue()
    return out.getvalue(), err.getvalue()


def got(address: str) -> Any:
    return HTTP.request("GET", address)


def rewritten(project: Path, sequence: int, **changes: object) -> None:
    """Change an entry, and the whole chain after it, as whoever owns the database can."""
    with closing(sqlite3.connect(project / ".lineal" / "database.sqlite")) as connection:
        rows = connection.execute("SELECT body FROM journal ORDER BY sequence").fetchall()
        previous = None
        for body in rows:
            entry = decode(body[0], JournalEntry)
            told = changes if entry.sequence == sequence else {}
            entry = msgspec.structs.replace(entry, previous=previous, **told)
            previous = object_digest(entry)
            connection.execute(
                "UPDATE journal SET digest = ?, body = ?, made_by = ?, at = ? WHERE sequence = ?",
                (previous, canonical_bytes(entry).decode(), entry.by, entry.at, entry.sequence),
            )
        connection.execute("UPDATE journal_head SET digest = ?", (previous,))
        connection.execute("DELETE FROM journal_tile")
        connection.commit()


def test_a_witness_with_code_of_its_own_agrees_and_sees_what_was_rewritten(tmp_path: Path) -> None:
    project, log = tmp_path / "project", tmp_path / "log"
    log.mkdir()
    with init(project) as repository:
        acts(repository, 3)
        first = export_log(repository, DirectoryBucket(log)).checkpoint.note
        acts(repository, 260)
        export_log(repository, DirectoryBucket(log))
    seen = tmp_path / "seen"
    lineal(tmp_path, "witness", str(log), "--checkpoint", str(seen))
    with init(project) as repository:
        acts(repository, 2)
        export_log(repository, DirectoryBucket(log))
    _, said = lineal(tmp_path, "witness", str(log), "--checkpoint", str(seen))

    assert only_grew(log, first)
    assert "265 entries; the 263 entries seen before are unchanged" in said

    rewritten(project, 2, by="eve")
    kept, forged = seen.read_text(), tmp_path / "forged"
    forged.mkdir()
    with init(project) as repository:
        assert () == repository.verify(log=True).problems  # the chain is sound: only what is kept elsewhere tells
        with pytest.raises(Corrupt, match="not those of the earlier checkpoint"):
            export_log(repository, DirectoryBucket(log))
        export_log(repository, DirectoryBucket(forged))
    _, refused = lineal(tmp_path, "witness", str(forged), "--checkpoint", str(seen), status=7)
    told, _ = lineal(project, "verify", "--log", "--checkpoint", str(seen), "--tiles", str(log), status=7)

    assert not only_grew(forged, first)
    assert "the first 265 entries of the log" in refused
    assert kept == seen.read_text()
    assert f"it is not what was exported: by was '{getpass.getuser()}' and is 'eve': journal entry 2" in " ".join(
        told.split()
    )
    assert "journal entry 3" not in told


def test_tiles_that_were_changed_are_told_by_the_witness(tmp_path: Path) -> None:
    with init(tmp_path / "project") as repository:
        acts(repository, 4)
        log = tmp_path / "log"
        log.mkdir()
        export_log(repository, DirectoryBucket(log))
    tile = log / "tile" / "0" / "000.p" / "4"
    tile.chmod(0o644)
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])

    lineal(tmp_path, "witness", str(log), "--checkpoint", str(tmp_path / "seen"), status=7)


def test_a_server_answers_the_checkpoint_and_tiles_as_they_are_exported(local: LocalRepository, tmp_path: Path) -> None:
    log, other = tmp_path / "log", tmp_path / "other"
    for each in (log, other):
        each.mkdir()
    acts(local, 5)
    with served(local) as url, RemoteRepository(url) as remote:
        export_log(local, DirectoryBucket(log))
        export_log(remote, DirectoryBucket(other))
        files = {str(path.relative_to(log)): path.read_bytes() for path in log.rglob("*") if path.is_file()}

        assert files == {str(path.relative_to(other)): path.read_bytes() for path in other.rglob("*") if path.is_file()}
        assert files == {path: got(f"{url}/{path}").data for path in files}
        assert (404, 400) == tuple(got(f"{url}/tile/0/{number}").status for number in ("001", "1"))
        lineal(tmp_path, "witness", url, "--checkpoint", str(tmp_path / "seen"))


def test_checkpoints_are_signed_by_the_log_s_key(tmp_path: Path) -> None:
    project, log = tmp_path / "project", tmp_path / "log"
    with init(project) as repository:
        acts(repository, 1)
    settings = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    lineal(project, "key", "create", "log", "--kind", "ed25519", **settings)
    note, said = lineal(project, "export", "log", str(log), **settings, LINEAL_LOG_KEY="log")
    key = next(word for word in said.split() if word.count("+") >= 2)
    text, _, line = note.partition("\n\n")
    signature = base64.b64decode(line.split(" ")[2])[4:]
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key.split("+", 2)[2])[1:]).verify(
        signature, f"{text}\n".encode()
    )

    lineal(tmp_path, "witness", str(log), "--checkpoint", str(tmp_path / "seen"), "--key", key)
    other = key[:-6] + ("A" if key[-6] != "A" else "B") + key[-5:]
    lineal(tmp_path, "witness", str(log), "--checkpoint", str(tmp_path / "seen"), "--key", other, status=2)
    (log / "checkpoint").chmod(0o644)
    (log / "checkpoint").write_text(f"{text}\n\n")
    lineal(tmp_path, "witness", str(log), "--checkpoint", str(tmp_path / "seen"), "--key", key, status=2)


def test_two_repositories_of_one_journal_give_the_same_tiles(tmp_path: Path, postgres_url: str) -> None:
    with init(tmp_path / "one", database=postgres_url) as one, init(tmp_path / "two", database=postgres_url) as two:
        for number in range(150):
            (one, two)[number % 2].remote.add(f"r{number}", f"/mnt/{number}")
        notes = {transparency.checkpoint(each).note for each in (one, two)}
        problems = [each.verify(log=True, checkpoint=min(notes)).problems for each in (one, two)]

    assert (1, [(), ()]) == (len(notes), problems)


def test_an_exported_log_is_not_continued_by_another_repository(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    for name in ("one", "two"):
        with init(tmp_path / name) as repository:
            acts(repository, 2)
    with init(tmp_path / "one") as one:
        export_log(one, DirectoryBucket(log))
    _, said = lineal(tmp_path / "two", "export", "log", str(log), status=2)

    assert "is the log lineal/" in said
    assert 2 == parsed((log / "checkpoint").read_text())[1]
