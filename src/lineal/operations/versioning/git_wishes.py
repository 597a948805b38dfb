"""Verbs of the record in Git: write it now, and tell what a commit of it asks for."""

from __future__ import annotations

from typing import NamedTuple

from lineal.formats.registry_files import ModelFile, Place, decode, places
from lineal.objects.errors import LinealError
from lineal.operations.answers.registry import RecordLine, Wish
from lineal.operations.operation import operation
from lineal.operations.references import Row, find_version, version_reference
from lineal.operations.versioning import git_records
from lineal.operations.versioning.promotions import PRODUCTION
from lineal.operations.versioning.protection import NOTHING
from lineal.storage.store import Store


@operation("git record", effect="acts", role="admin")
def record(store: Store) -> tuple[RecordLine, ...]:
    """Commit what the registry says to the branch that ``[git]`` in the policy names, a file for each model.

    Raises:
        Invalid: the policy has no branch for that.
        NotFound: there is no Git repository.
        Conflict: a file and the registry both changed since they agreed; the other files were written.
        Unavailable: Git, or the remote, cannot be reached.
    """
    done = git_records.write(store, by=store.actor.name)
    return tuple(
        RecordLine(reference=each.model, model=each.model, state=each.state, commit=each.commit) for each in done
    )


@operation("git plan", effect="reads", internal=True, about={})
def plan(store: Store, file: str, *, before: str = "") -> tuple[Wish, ...]:
    """Return what the file of a model asks for: each place where it differs from what was last agreed on.

    Args:
        file: its text.
        before: what it said before, which counts where nothing was recorded.

    Raises:
        Invalid: it is no such file.
    """
    said = decode(file, "the file")
    old = git_records.agreed(store, said.model) or (decode(before, "the file before") if before else None)
    return tuple(_Wishes(store, said, git_records.state_of(store, said.model), old).all())


class _Wishes(NamedTuple):
    store: Store
    file: ModelFile
    now: ModelFile
    old: ModelFile | None

    def all(self) -> list[Wish]:
        """Return the wishes of one file, those for production first: they make room."""
        asked, now = places(self.file), places(self.now)
        # Without anything that was agreed on, what stands is what was.
        old = places(self.old) if self.old else now
        changed = [place for place in {**old, **asked} if asked.get(place, ()) != old.get(place, ())]
        changed.sort(key=lambda place: (place.name != PRODUCTION, place))
        wishes = [wish for place in changed for wish in self._of(place, asked, now, old)]
        coming = {each.version for each in wishes if each.kind == "stage" and each.name != "archived"}
        return [each for each in wishes if each.name != "archived" or each.version not in coming]

    def _of(
        self,
        place: Place,
        asked: dict[Place, tuple[str, ...]],
        now: dict[Place, tuple[str, ...]],
        old: dict[Place, tuple[str, ...]],
    ) -> list[Wish]:
        wanted, stands, was = asked.get(place, ()), now.get(place, ()), old.get(place, ())
        if wanted == stands:
            return []
        if stands != was:
            said = f"the file asks for {_named(wanted)} where {_named(was)} was, and {_named(stands)} stands there now"
            return [self._wish(place, each, "conflict", said) for each in wanted or ("",)]
        if place == Place("stage", PRODUCTION) and len(wanted) > 1:
            return [
                self._wish(place, each, "conflict", "one version of a model stands in production") for each in wanted
            ]
        coming = [self._coming(place, each, stands) for each in wanted if each not in stands]
        if place.kind == "alias":
            return coming or [self._wish(place, "", "wanted", "", stands)]
        makes_room = place.name == PRODUCTION and bool(wanted)
        going = () if makes_room else tuple(each for each in stands if each not in wanted)
        return coming + [self._wish(Place("stage", "archived"), each, "wanted", f"from {place.name}") for each in going]

    def _coming(self, place: Place, version: str, stands: tuple[str, ...]) -> Wish:
        try:
            row = find_version(self.store, f"{self.file.model}:{version}")
        except LinealError as error:
            return self._wish(place, version, "conflict", error.message)
        digest = self.file.versions.get(version, row["digest"])
        if digest != row["digest"]:
            return self._wish(
                place, version, "conflict", f"the file says that it is {digest}, and it is {row['digest']}"
            )
        return self._wish(place, version, "wanted", "", stands, row)

    def _wish(
        self, place: Place, version: str, state: str, detail: str, stands: tuple[str, ...] = (), row: Row | None = None
    ) -> Wish:
        model = self.file.model
        alone = place.kind == "alias" or place.name == PRODUCTION
        return Wish(
            reference=version_reference(row) if row else f"{model}:{version}" if version else model,
            model=model,
            version=version,
            kind=place.kind,
            name=place.name,
            expect=(f"{model}:{stands[0]}" if stands else NOTHING) if alone and state == "wanted" else "",
            state=state,
            detail=detail,
        )


def _named(versions: tuple[str, ...]) -> str:
    return " and ".join(versions) or "nothing"
