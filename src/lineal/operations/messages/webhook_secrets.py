"""The secrets of webhooks: sealed in their rows, two of them while one follows the other."""

from __future__ import annotations

import base64
import secrets

from lineal.objects.errors import LinealError
from lineal.objects.secret import Secret
from lineal.operations.messages.outbox import Delivery
from lineal.operations.references import Row
from lineal.storage import sealed
from lineal.storage.store import Store

_SECRET_BYTES = 24
"""What Standard Webhooks recommends: between 24 and 64."""


def new() -> Secret:
    """Return a secret as Standard Webhooks writes one."""
    return Secret("whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode())


def valid(store: Store, hook: Row | Delivery) -> tuple[str, ...]:
    """Return the secrets by which a message is signed, the newest first; none where it is not signed.

    Raises:
        LinealError: they cannot be opened.
    """
    id_, current, previous, until = (
        (hook.webhook, hook.secret, hook.previous_secret, hook.previous_until)
        if isinstance(hook, Delivery)
        else (hook["id"], hook["secret"], hook["previous_secret"], hook["previous_until"])
    )
    kept = (current, previous if until > store.clock.now() else "")
    return tuple(sealed.unseal(store, each, id_) for each in kept if each)


def seal_all(store: Store) -> None:
    """Seal the secrets that were written before secrets were sealed, where that can be done, and let go of those that ended."""
    for row in store.database.run("SELECT id, secret FROM webhook WHERE secret <> '' AND secret NOT LIKE 'sealed:%'"):
        try:
            kept = sealed.seal(store, row["secret"], row["id"])
        except LinealError:  # they stay as they were: who needs them is told
            return
        store.database.run(
            "UPDATE webhook SET secret = :kept WHERE id = :id AND secret = :old",
            id=row["id"],
            kept=kept,
            old=row["secret"],
        )
    store.database.run(
        "UPDATE webhook SET previous_secret = '' WHERE previous_secret <> '' AND previous_until <= :now",
        now=store.clock.now(),
    )
