"""Signatures by a secret of the repository: whoever brings one back need not say who they are."""

from __future__ import annotations

import hmac
import secrets

import msgspec

from lineal.storage.database.database import Database

_LENGTH = 32
"""Hexadecimal digits: 128 bits, which nobody guesses."""


class Signer:
    """Signs what was asked for.

    Args:
        database: where the secret is; every server of one repository has the same.
        purpose: what it signs; a signature for one purpose is none for another.
    """

    def __init__(self, database: Database, purpose: str) -> None:
        self._database = database
        self._purpose = purpose

    def sign(self, *said: object) -> str:
        """Return the signature of some values."""
        return hmac.digest(self._key(), msgspec.json.encode(said), "sha256").hex()[:_LENGTH]

    def is_signed(self, signature: str, *said: object) -> bool:
        """Tell whether that is the signature of these values."""
        return hmac.compare_digest(signature.encode(), self.sign(*said).encode())

    def _key(self) -> bytes:
        """Return the secret. Made when it is first asked for; of two who make it at once, one is heard."""
        ask = "SELECT value FROM secret WHERE purpose = :purpose"
        if not (rows := self._database.run(ask, purpose=self._purpose)):
            self._database.run(
                "INSERT INTO secret (purpose, value) VALUES (:purpose, :value) ON CONFLICT (purpose) DO NOTHING",
                purpose=self._purpose,
                value=secrets.token_hex(32),
            )
            rows = self._database.run(ask, purpose=self._purpose)
        return bytes.fromhex(rows[0]["value"])
