"""What every connector to a kind of source promises.

Subclass ``SourceContract`` in a test module and define two fixtures: the connector, and a real place with content that
the suite may change and remove::

    class TestMySources(SourceContract):
        @pytest.fixture
        def connector(self): return MySources(...)

        @pytest.fixture
        def place(self): return MyPlace(...)  # a ``Place``
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import pytest

from lineal.objects.canonical import canonical_bytes, decode
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Corrupt, LinealError, NotFound
from lineal.objects.sources import Source
from lineal.storage.sources.source import Asked, Connector, Pinned, hash_only, read_pieces

Content = Mapping[str, Any]
"""What is in files, by path, in a form that can be compared."""


class Place(Protocol):
    """A real place that holds something.

    Args:
        asked: how to refer to it.
        never: how to refer to something beside it that was never there.
        keeps: whether the place keeps what it held before.
        secrets: what must be in no message and in nothing that is kept.
    """

    asked: Asked
    never: Asked
    keeps: bool
    secrets: tuple[str, ...]

    def content(self) -> Content:
        """Return what it holds now."""

    def read(self, files: Mapping[str, bytes]) -> Content:
        """Return what is in files that came from it."""

    def change(self) -> None:
        """Hold something else of the same size, if that can be."""

    def remove(self) -> None:
        """Remove it with everything that it held before."""

    def blob(self, pinned: Pinned) -> None:
        """Make the list of a prefix known, as a repository does."""


class SourceContract:
    """The promises. Needs the fixtures ``connector`` and ``place``."""

    def test_what_is_pinned_comes_back(self, connector: Connector[Any], place: Place) -> None:
        """And is told as unchanged."""
        pinned = self.pin(connector, place)

        assert place.content() == place.read(fetched(connector, pinned.source))
        assert connector.check(pinned.source).state == "unchanged"

    def test_an_unchanged_source_is_the_same_value(self, connector: Connector[Any], place: Place) -> None:
        """However often it is looked at, so that a dataset keeps its version."""
        first, second = self.pin(connector, place), self.pin(connector, place)

        assert first.source == second.source
        assert digest_of(canonical_bytes(first.source)) == digest_of(canonical_bytes(second.source))

    def test_a_source_comes_back_from_its_bytes(self, connector: Connector[Any], place: Place) -> None:
        """It is an object like any other."""
        source = self.pin(connector, place).source

        assert source == decode(canonical_bytes(source), type(source))

    def test_what_is_read_has_its_digest(self, connector: Connector[Any], place: Place) -> None:
        """In the one read that pins it."""
        kept: dict[str, bytes] = {}

        def keep(pieces: Any) -> Any:
            data = b"".join(pieces)
            kept[str(digest_of(data))] = data
            return digest_of(data), len(data)

        pinned = connector.pin(place.asked, keep)
        place.blob(pinned)
        files = {each.path: kept[each.digest] for each in pinned.entries}

        assert place.content() == place.read(files)
        assert [len(kept[each.digest]) for each in pinned.entries] == [each.size_bytes for each in pinned.entries]
        assert place.content() == place.read(fetched(connector, pinned.source))

    def test_a_change_is_told(self, connector: Connector[Any], place: Place) -> None:
        """In a sentence, and a new version can be pinned."""
        before = self.pin(connector, place)
        place.change()
        found = connector.check(before.source)

        assert found.state == ("superseded" if place.keeps else "changed")
        assert found.sentence
        assert before.source != self.pin(connector, place).source

    def test_after_a_change_the_old_content_comes_back_or_none(self, connector: Connector[Any], place: Place) -> None:
        """Never other bytes under the old name."""
        before, content = self.pin(connector, place), place.content()
        place.change()
        if place.keeps:
            assert content == place.read(fetched(connector, before.source))
            return
        with pytest.raises(Conflict) as caught:
            fetched(connector, before.source)

        assert before.source.place in caught.value.message
        assert "add it again" in caught.value.hint

    def test_other_bytes_than_were_read_are_refused(self, connector: Connector[Any], place: Place) -> None:
        """Also when the place says that nothing changed."""
        before = connector.pin(place.asked, hash_only)
        place.blob(before)
        place.change()
        if place.keeps:
            fetched(connector, before.source)
            return
        with pytest.raises((Conflict, Corrupt)):
            fetched(connector, before.source)

    def test_what_is_gone_is_told(self, connector: Connector[Any], place: Place) -> None:
        """By the check and by whoever wants the content, with what to do."""
        pinned = self.pin(connector, place)
        place.remove()

        assert connector.check(pinned.source).state == "gone"
        with pytest.raises(NotFound, match="is gone") as caught:
            fetched(connector, pinned.source)
        assert pinned.source.place in caught.value.message
        assert "--copy" in caught.value.hint

    def test_what_was_never_there_is_not_found(self, connector: Connector[Any], place: Place) -> None:
        """With what to do next."""
        with pytest.raises(NotFound) as caught:
            connector.pin(place.never)

        assert caught.value.hint

    def test_no_secret_is_kept_or_told(self, connector: Connector[Any], place: Place) -> None:
        """Not in the source, nor in any message."""
        pinned = self.pin(connector, place)
        said = [repr(pinned), *self.told(connector, place, pinned)]

        assert place.secrets
        assert [] == [each for each in place.secrets if any(each in text for text in said)]

    def told(self, connector: Connector[Any], place: Place, pinned: Pinned) -> Iterator[str]:
        """Yield everything that the connector says while its place goes away."""
        yield connector.check(pinned.source).sentence
        place.change()
        yield connector.check(pinned.source).sentence
        place.remove()
        yield connector.check(pinned.source).sentence
        for ask in (lambda: connector.pin(place.never), lambda: fetched(connector, pinned.source)):
            try:
                ask()
            except LinealError as error:
                yield f"{error.message} {error.hint} {error.__context__}"

    def pin(self, connector: Connector[Any], place: Place) -> Pinned:
        """Pin the place as it is, without reading what need not be read."""
        pinned = connector.pin(place.asked)
        place.blob(pinned)
        return pinned


def fetched(connector: Connector[Any], source: Source) -> dict[str, bytes]:
    """Return the files of a source, each verified."""
    return {each.path: b"".join(read_pieces(each, source)) for each in connector.files(source)}
