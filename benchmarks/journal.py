"""The journal: a chain of a million entries verified whole, and its Merkle tree, beside pymerkle with the same entries.

``python benchmarks/journal.py [--quick] [--json] [--entries N]``. pymerkle is installed into an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.log_tiles import export_log
from lineal.formats.transparency.merkle import Growing, leaf_hash
from lineal.objects.canonical import canonical_bytes
from lineal.objects.digest import Digest, digest_of
from lineal.objects.journal import JournalEntry
from lineal.operations import transparency
from lineal.storage.buckets.directory import DirectoryBucket

FULL, QUICK = 1_000_000, 50_000
MINUTE_S = 60.0
PEER = "pymerkle==7.0.0"
PEERS = Path(__file__).parents[1] / ".peers"

_AT_ONCE = 20_000

_OF_PEER = """
import sys, time
from pymerkle import InmemoryTree
entries = [line.rstrip(b"\\n") for line in open(sys.argv[1], "rb")]
began = time.perf_counter()
tree = InmemoryTree(algorithm="sha256")
for entry in entries:
    tree.append_entry(entry)
root = tree.get_root()
print(time.perf_counter() - began, root.hex())
"""


class Row(NamedTuple):
    """One figure beside its peer's, or its limit."""

    row: str
    work: str
    ours: float
    peer: float
    peer_name: str
    unit: str
    goal: float
    ours_cpu: float
    """Seconds of the processor: what another program on the machine does not change."""

    @property
    def ratio(self) -> float:
        """How many times as long the peer takes."""
        return self.peer / self.ours

    @property
    def holds(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal

    def lines(self) -> str:
        """As people read it."""
        sign = "✓" if self.holds else "✗"
        return (
            f"{sign} {self.row:<12} {self.work}: {self.ours:.3f} {self.unit} ({self.ours_cpu:.3f} of the processor); {self.peer_name} {self.peer:.3f} {self.unit};"
            f" {self.ratio:.1f} × (goal {self.goal:g})"
        )

    def json(self) -> str:
        """As programs read it."""
        return json.dumps({**self._asdict(), "ratio": self.ratio, "holds": self.holds})


class Clock:
    """What passes in a block: seconds on the wall, and of the processor."""

    def __enter__(self) -> Self:
        self._began, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._began, time.process_time() - self._cpu


def fill(repository: LocalRepository, count: int) -> list[bytes]:
    """Write a sound journal of so many entries, as so many acts would have; return their canonical bytes."""
    database, previous, bodies = repository.store.database, None, list[bytes]()
    at = repository.store.clock.now()
    for start in range(0, count, _AT_ONCE):
        rows = []
        for sequence in range(start + 1, min(start + _AT_ONCE, count) + 1):
            entry = JournalEntry(
                sequence=sequence,
                at=at + sequence,
                by=f"user{sequence % 40}",
                operation="promote",
                request=f'{{"force":false,"reason":"","to":"production","version":"churn:1.{sequence}.0"}}',
                outcome="done",
                previous=previous,
                subject=f"churn:1.{sequence}.0",
                result=Digest(f"sha256:{sequence:064x}"),
            )
            body = canonical_bytes(entry)
            previous = digest_of(body)
            bodies.append(body)
            rows.append(
                {
                    "sequence": sequence,
                    "digest": previous,
                    "at": entry.at,
                    "by": entry.by,
                    "subject": entry.subject,
                    "body": body.decode(),
                }
            )
        database.many(
            "INSERT INTO journal (sequence, digest, at, made_by, operation, subject, body)"
            " VALUES (:sequence, :digest, :at, :by, 'promote', :subject, :body)",
            rows,
        )
    database.run(
        "UPDATE journal_head SET sequence = :sequence, digest = :digest, at = :at",
        sequence=count,
        digest=previous,
        at=at + count,
    )
    return bodies


def tree_of(bodies: list[bytes]) -> tuple[Clock, str]:
    """Return how long our tree takes over entries, and its root."""
    tree = Growing()
    with Clock() as clock:
        for body in bodies:
            for _ in tree.add(leaf_hash(body)):
                pass
    return clock, tree.root().hex()


def tree_of_peer(bodies: list[bytes], home: Path) -> tuple[float, str]:
    """Return how long pymerkle takes over the same entries, and its root."""
    python = PEERS / "pymerkle" / "bin" / "python"
    if not python.exists():
        venv.create(PEERS / "pymerkle", with_pip=True)
        subprocess.run((python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER), check=True)
    (home / "entries").write_bytes(b"\n".join(bodies) + b"\n")
    done = subprocess.run((python, "-c", _OF_PEER, home / "entries"), check=True, capture_output=True, text=True)
    seconds, root = done.stdout.split()
    return float(seconds), root


def rows(home: Path, count: int) -> Iterator[Row]:
    """Measure, and yield each figure when it is known."""
    with init(home / "project") as repository:
        bodies = fill(repository, count)
        minute = ("a minute", MINUTE_S)
        with Clock() as clock:
            answer = repository.verify(log=True)
        assert (count, ()) == (answer.journal_entries, answer.problems), answer.problems
        yield _row("verify", f"verify {count:,} entries", clock, *minute, 1)
        clock, root = tree_of(bodies)
        theirs, their_root = tree_of_peer(bodies, home)
        assert root == their_root == answer.root
        yield _row("tree", f"the Merkle tree of {count:,} entries", clock, "pymerkle", theirs, 2)
        with Clock() as first:
            note = transparency.checkpoint(repository)
        assert note.root == root
        repository.remote.add("one-more", "/mnt/more")
        with Clock() as clock:
            transparency.checkpoint(repository)
        yield _row("checkpoint", "a checkpoint after one more act", clock, "the first one", first.wall, 20)
        (home / "log").mkdir()
        with Clock() as clock:
            export_log(repository, DirectoryBucket(home / "log"))
        yield _row("export", f"export the tiles of {count:,} entries", clock, "five minutes", 5 * MINUTE_S, 1)


def _row(row: str, work: str, clock: Clock, peer_name: str, peer: float, goal: float) -> Row:
    return Row(row, work, clock.wall, peer, peer_name, "s", goal, clock.cpu)


def main() -> None:
    """Measure, print each row when it is known, and exit with 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} entries")
    parser.add_argument("--json", action="store_true", help="one object a row")
    parser.add_argument("--entries", type=int, default=0, metavar="N", help="so many entries")
    options = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="lineal-") as home:
        for row in rows(Path(home), options.entries or (QUICK if options.quick else FULL)):
            print(row.json() if options.json else row.lines(), flush=True)
            missed += not row.holds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the script with every entry in it: {peak:,.0f} MB", file=sys.stderr)
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
