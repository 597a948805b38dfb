"""Verbs of the transparency log: its checkpoint and its tiles, which exports, servers and witnesses read."""

from __future__ import annotations

from lineal.formats.signatures.keys import PrivateKey
from lineal.formats.transparency.notes import Checkpoint, verifier_key
from lineal.formats.transparency.tiles import parse_path
from lineal.objects.errors import Invalid
from lineal.operations.answers.journal import CheckpointAnswer, TileAnswer
from lineal.operations.operation import operation
from lineal.storage.log import Log
from lineal.storage.store import Store


def log_of(store: Store) -> Log:
    """Return the journal of a store as a log."""
    return Log(store.database, f"lineal/{store.identity}")


@operation("journal checkpoint", effect="reads", internal=True)
def checkpoint(store: Store) -> CheckpointAnswer:
    """Return the checkpoint over every act so far, signed where ``LINEAL_LOG_KEY`` names an Ed25519 key.

    Raises:
        Corrupt: an entry is missing.
        Invalid: the key is of another kind.
    """
    found, key = log_of(store).checkpoint(), ""
    if store.log_key:
        found, key = _signed(found, store.log_key())
    return CheckpointAnswer(origin=found.origin, size=found.size, root=found.root.hex(), note=found.note, key=key)


def _signed(found: Checkpoint, private: PrivateKey) -> tuple[Checkpoint, str]:
    if private.public.kind != "ed25519":
        raise Invalid("checkpoints are signed by Ed25519 keys", hint="lineal key create log --kind ed25519")
    public = private.public.raw
    return found.signed(found.origin, public, private.sign), verifier_key(found.origin, public)


@operation("journal tile", effect="reads", internal=True)
def tile(store: Store, path: str) -> TileAnswer:
    """Return the bytes of a tile, or of a bundle of entries.

    Args:
        path: where it is in the log, such as tile/0/000.p/12.

    Raises:
        NotFound: the log is not so long.
        Invalid: it is no path of a tile.
    """
    return TileAnswer(path=path, data=log_of(store).read(parse_path(path)))
