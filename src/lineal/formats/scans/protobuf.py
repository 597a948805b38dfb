"""Protocol buffers by their wire format: the fields of a message, without knowing what they are called."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.formats.scans.look import Unreadable


class Message:
    """A message in bytes that are held; a part of it is another message on the same bytes.

    Args:
        data: the bytes.
        start: where it begins.
        end: where it ends.
    """

    def __init__(self, data: memoryview, start: int = 0, end: int | None = None) -> None:
        self._data = data
        self._start = start
        self._end = len(data) if end is None else end

    def fields(self) -> Iterator[tuple[int, int | Message]]:
        """Yield the number of each field and its value: a number, or what may be text, bytes or a message.

        Raises:
            Unreadable: it breaks off or has a kind of field that is not known.
        """
        at = self._start
        while at < self._end:
            key, at = self._varint(at)
            kind, field = key & 7, key >> 3
            if kind == 0:
                value, at = self._varint(at)
                yield field, value
            elif kind in {1, 5}:
                at += 8 if kind == 1 else 4
            elif kind == 2:
                size, at = self._varint(at)
                if at + size > self._end:
                    raise Unreadable("a message in it breaks off")
                yield field, Message(self._data, at, at + size)
                at += size
            else:
                raise Unreadable(f"a message in it has a field of the kind {kind}, which is not known")
        if at != self._end:
            raise Unreadable("a message in it breaks off")

    def of(self, *path: int) -> Iterator[Message]:
        """Yield the messages at a path of field numbers."""
        for field, value in self.fields():
            if field == path[0] and isinstance(value, Message):
                if len(path) == 1:
                    yield value
                else:
                    yield from value.of(*path[1:])

    def text(self, field: int) -> str:
        """Return the last text of a field, empty when there is none."""
        found = ""
        for number, value in self.fields():
            if number == field and isinstance(value, Message):
                found = value.whole()
        return found

    def whole(self) -> str:
        """Return the message as the text that it is."""
        return bytes(self._data[self._start : min(self._end, self._start + (1 << 16))]).decode("utf-8", "replace")

    def _varint(self, at: int) -> tuple[int, int]:
        value = shift = 0
        while at < self._end and shift < 70:
            byte = self._data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
            shift += 7
        raise Unreadable("a number in it breaks off")
