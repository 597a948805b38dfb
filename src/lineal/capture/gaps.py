"""What could not be seen, in plain words: a failure of the recorder ends here, never in the program."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lineal.capture.files.places import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMED_MAX = 5


def named(names: Iterable[str]) -> str:
    """Return the first of ``names`` in a sentence, and how many more there are."""
    listed = list(names)
    rest = len(listed) - _NAMED_MAX
    return ", ".join(listed[:_NAMED_MAX]) + (f" and {rest} more" if rest > 0 else "")


class Gaps:
    """Sentences about what is missing from a record, each once, in the order they were found."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def note(self, sentence: str) -> None:
        """Keep ``sentence`` unless it is there already."""
        self._sentences[readable(sentence)] = None

    def extend(self, sentences: Iterable[str]) -> None:
        """Keep each of ``sentences`` that is not there already."""
        for each in sentences:
            self.note(each)

    @contextmanager
    def guard(self, what: str) -> Iterator[None]:
        """Turn any exception inside the block into a gap that says ``what`` is missing and why."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 the recorder may fail in any way; the program must not
            self.note(f"{what}: {type(error).__name__}: {error}")

    def __iter__(self) -> Iterator[str]:
        """Go through the sentences."""
        return iter(tuple(self._sentences))
