"""The policy of a repository: ``lineal.toml`` beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineal.objects.errors import Invalid
from lineal.storage.store import Store

if TYPE_CHECKING:
    from lineal.checks.policies.policy import Policy

POLICY_FILE = "lineal.toml"


def policy_of(store: Store) -> tuple[Policy, str]:
    """Return the policy that holds now, and its text; without a file, the policy of an empty one.

    Raises:
        Invalid: the file cannot be read, or is no policy.
    """
    from lineal.checks.policies.policy import parse_policy  # noqa: PLC0415 - it brings every check, and most acts ask none

    text = policy_text(store)
    return parse_policy(text), text


def policy_text(store: Store) -> str:
    """Return the text of the policy that holds now; empty where there is none. Raises Invalid."""
    path = store.root.parent / POLICY_FILE if store.root else None
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}", hint="mend the file; it must be UTF-8 text") from None
