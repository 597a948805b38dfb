"""What the first bytes of a file tell, before anything that reads tables is loaded: that takes longer than to add most files."""

from __future__ import annotations

import codecs


def may_be_text(beginning: bytes) -> bool:
    """Tell whether a file that begins with these bytes may be a table; one that is no text mostly shows it at once."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return b"\0" not in beginning
