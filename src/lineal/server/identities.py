"""Who there is, as the database knows them: by a token, by a name with a password, or by a browser's session."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import OrderedDict

from lineal.objects.digest import digest_of
from lineal.operations.journal import note_denied_login
from lineal.operations.people.access import EVERYONE
from lineal.operations.people.accounts import roles_of
from lineal.operations.references import Row
from lineal.storage import passwords
from lineal.storage.store import Actor, Store

_USED_MS = 60_000
"""When a token was last used is written down once a minute."""

_KNOWN_MAX = 1_024


class Identities:
    """Looks up who somebody is. Any thread may ask.

    Args:
        store: where accounts, tokens, sessions and roles are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        # MLflow's programs send their password with each request: what matched once is not computed again while the account
        # has the same password. The key is of this process, so that nothing here tells a password.
        self._key = secrets.token_bytes(32)
        self._matched: OrderedDict[bytes, str] = OrderedDict()

    def by_token(self, token: str) -> Actor | None:
        """Return whose token that is."""
        now = self._store.clock.now()
        rows = self._store.database.run(
            "SELECT a.name, a.role, t.id, t.used_at FROM access_token t JOIN account a ON a.name = t.account"
            " WHERE t.digest = :digest AND (t.expires_at IS NULL OR t.expires_at > :now)",
            digest=digest_of(token.encode()),
            now=now,
        )
        if rows and now - (rows[0]["used_at"] or 0) > _USED_MS:
            self._store.database.run("UPDATE access_token SET used_at = :now WHERE id = :id", now=now, id=rows[0]["id"])
        return self._actor(rows)

    def by_password(self, name: str, password: str) -> Actor | None:
        """Return the account of a name, if that is its password. It takes as long where there is no such account."""
        rows = self._store.database.run("SELECT name, role, password FROM account WHERE name = :name", name=name)
        kept = rows[0]["password"] if rows else ""
        seal = hmac.digest(self._key, f"{name}\0{password}".encode(), "sha256")
        if not (kept and self._matched.get(seal) == kept):
            if not passwords.matches(password, kept):
                return None
            with self._lock:
                self._matched[seal] = kept
                while len(self._matched) > _KNOWN_MAX:
                    self._matched.popitem(last=False)
        return self._actor(rows)

    def note_denied(self, name: str, address: str) -> None:
        """Journal that somebody at an address gave a wrong password."""
        note_denied_login(self._store, name, f"the password is wrong, or there is no such account; from {address}")

    def by_session(self, secret: str) -> Actor | None:
        """Return who logged in with the browser that holds this."""
        rows = self._store.database.run(
            "SELECT a.name, a.role FROM login_session s JOIN account a ON a.name = s.account"
            " WHERE s.digest = :digest AND s.expires_at > :now",
            digest=digest_of(secret.encode()),
            now=self._store.clock.now(),
        )
        return self._actor(rows)

    def granted(self, actor: Actor) -> Actor:
        """Return somebody with their roles on single experiments and models: those of everyone, and before them their own."""
        if actor.role == "admin":
            return actor
        found = roles_of(self._store, EVERYONE) | roles_of(self._store, actor.name)
        return Actor(actor.name, actor.role, found)

    def has_admin(self) -> bool:
        """Tell whether anybody could make users."""
        return bool(self._store.database.run("SELECT 1 AS one FROM account WHERE role = 'admin' LIMIT 1"))

    def _actor(self, rows: list[Row]) -> Actor | None:
        return self.granted(Actor(rows[0]["name"], rows[0]["role"])) if rows else None
