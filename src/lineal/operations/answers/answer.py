"""What every answer has in common."""

from __future__ import annotations

import msgspec


def _tag(name: str) -> str:
    return name.removesuffix("Answer").lower()


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=_tag):
    """The answer of an operation. Its ``type`` in JSON tells which."""

    @property
    def exit_status(self) -> int:
        """What a command that prints this answer exits with."""
        return 0

    @property
    def remark(self) -> str:
        """What the journal should say of the act beside its request."""
        return ""
