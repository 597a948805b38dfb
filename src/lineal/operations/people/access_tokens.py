"""Verbs of tokens: what programs say who they are with. Only their digests are kept."""

from __future__ import annotations

import secrets

from lineal.objects.digest import digest_of
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.secret import Secret
from lineal.operations.answers.accounts import NewTokenAnswer, TokenAnswer
from lineal.operations.operation import operation
from lineal.operations.people.accounts import find
from lineal.operations.references import Row
from lineal.storage.store import Store

PREFIX = "lineal_"
"""Begins every token, so that whoever looks for secrets in sources knows one."""

_DAY_MS = 24 * 3_600_000
_DAYS_MAX = 36_500
_NOTE_CHARACTERS_MAX = 200


@operation("token create", effect="writes", role="admin", about={"user": "account"})
def create(store: Store, user: str, *, days: int = 90, note: str = "") -> NewTokenAnswer:
    """Make a token, by which a program may do what the user may. It is told this once.

    Args:
        user: whose; everybody may make their own.
        days: for how long it is good; 0 for as long as nobody revokes it.
        note: what it is for.

    Raises:
        NotFound: there is no such user.
    """
    find(store, user)
    if not 0 <= days <= _DAYS_MAX or len(note) > _NOTE_CHARACTERS_MAX:
        raise Invalid(
            f"a token is good for at most {_DAYS_MAX:,} days, and its note has at most {_NOTE_CHARACTERS_MAX} characters",
            hint="--days 90 --note laptop",
        )
    token, now = Secret(PREFIX + secrets.token_urlsafe(32)), store.clock.now()
    made = store.clock.new_id()
    expires_at = now + days * _DAY_MS if days else None
    store.database.run(
        "INSERT INTO access_token (id, account, digest, note, created_by, created_at, expires_at)"
        " VALUES (:id, :account, :digest, :note, :by, :at, :expires_at)",
        id=made,
        account=user,
        digest=digest_of(token.encode()),
        note=note,
        by=store.actor.name,
        at=now,
        expires_at=expires_at,
    )
    return NewTokenAnswer(id=made, account=user, token=token, expires_at=expires_at)


@operation("token list", effect="reads", role="admin", about={"user": "account"})
def list_tokens(store: Store, user: str = "") -> tuple[TokenAnswer, ...]:
    """List tokens, the newest first: whose, until when, and when they were last used.

    Args:
        user: only whose; everybody may look at their own.
    """
    rows = store.database.run(
        "SELECT * FROM access_token WHERE account = :user OR :user = '' ORDER BY id DESC LIMIT 1000", user=user
    )
    return tuple(map(_answer, rows))


@operation("token revoke", effect="writes", role="admin", about={"token": "token"})
def revoke(store: Store, token: str) -> TokenAnswer:
    """Take back a token: whoever brings it is nobody from then on.

    Args:
        token: its id, as the list shows it; everybody may take back their own.

    Raises:
        NotFound: there is none.
    """
    rows = store.database.run("DELETE FROM access_token WHERE id = :id RETURNING *", id=token)
    if not rows:
        raise NotFound(f"there is no token {token!r}", hint="lineal token list shows the ids")
    return _answer(rows[0])


def _answer(row: Row) -> TokenAnswer:
    return TokenAnswer(
        id=row["id"],
        account=row["account"],
        note=row["note"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )
