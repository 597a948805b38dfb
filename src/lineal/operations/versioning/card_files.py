"""What people write on cards, in a file of the project: registration takes it along."""

from __future__ import annotations

import msgspec

from lineal.formats.cards.marks import parse_base, parse_sections, tidy
from lineal.objects.errors import Invalid
from lineal.operations.answers.models import VersionAnswer
from lineal.operations.references import Row
from lineal.operations.versioning.card_facts import card_policy
from lineal.operations.versioning.cards import check_sections, taken
from lineal.operations.versioning.models import show_row
from lineal.storage.store import Store

_BYTES_MAX = 1 << 20


def take_along(store: Store, row: Row) -> VersionAnswer:
    """Write what the policy's file says on the card of a version that was registered just now, and return the version.

    What others wrote on the card of the version before is kept. Where both changed the same lines, the card stays as it is
    and the answer names the sections.

    Raises:
        Invalid: the file cannot be read, or its marks are broken.
    """
    text = _text(store)
    if not text:
        return show_row(store, row, created=True)
    sections = {name: tidy(each) for name, each in parse_sections(text).items()}
    check_sections(sections)
    row, _, conflicts = taken(store, row, sections, parse_base(text), from_file=True)
    return msgspec.structs.replace(show_row(store, row, created=True), card_conflicts=tuple(conflicts))


def _text(store: Store) -> str:
    """Return the text of the policy's file; empty where there is none, as behind a server that has no project."""
    name = card_policy(store).file
    path = store.root.parent / name if store.root and name else None
    if path is None or not path.is_file():
        return ""
    try:
        return path.read_bytes()[:_BYTES_MAX].decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            f"{path} cannot be read: {error}", hint="save it as UTF-8, or mend [card] in lineal.toml"
        ) from None
