"""The policy of a repository: ``lineal.toml`` beside it."""

from __future__ import annotations

from lineal.checks.policies.policy import Policy, parse_policy
from lineal.objects.errors import Invalid
from lineal.storage.store import Store

POLICY_FILE = "lineal.toml"


def policy_of(store: Store) -> tuple[Policy, str]:
    """Return the policy that holds now, and its text; without a file, the policy of an empty one.

    Raises:
        Invalid: the file cannot be read, or is no policy.
    """
    text = ""
    path = store.root.parent / POLICY_FILE if store.root else None
    if path and path.exists():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"{path} cannot be read: {error}", hint="mend the file; it must be UTF-8 text") from None
    return parse_policy(text), text
