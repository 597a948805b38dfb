"""A directory that is edited in every way, added, looked at and put back: what Lineal says of it is always the truth."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from lineal.client.connect import connect, init
from lineal.client.local import LocalRepository
from lineal.client.workspace import index
from lineal.objects.errors import Conflict, NotFound
from tests.unit.client.workspace.places import (
    EMPTY,
    Content,
    Files,
    Link,
    Program,
    digest_of_tree,
    read,
    remove,
)

PATHS = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a", "d/e/b", "d/e/f/a", "g/h/i", "g", "d/e", "zo\u00eb", "a.txt"])


class Large(bytes):
    """Content that is told in a word: Hypothesis keeps what it prints of every step."""

    def __repr__(self) -> str:
        return f"Large({len(self)} from {self[0]})"


LARGE = Large(bytes(range(256)) * (1 << 12) + b"1234")
SMALL = st.binary(max_size=3)
CONTENTS: st.SearchStrategy[Content] = st.one_of(
    SMALL, SMALL.map(Program), st.sampled_from([EMPTY, Link("a"), Link("nowhere"), LARGE, Program(Large(LARGE[::-1]))])
)
OLD_NS = 20_000_000
STAYS = "stays"


class Workspace(RuleBasedStateMachine):
    """``base`` is what was last added or put in place, as far as the index remembers that; ``versions`` are all."""

    def __init__(self) -> None:
        super().__init__()
        self.project = Path(tempfile.mkdtemp(prefix="lineal-workspace-"))
        self.top = self.project / "data"
        self.top.mkdir()
        # Always there: a tree of a single file is put in place as a file, and not as a directory.
        (self.top / STAYS).mkdir()
        (self.top / STAYS / "file").write_bytes(b"stays")
        self.versions: dict[str, Files] = {}
        self.base: Files | None = None

    @initialize()
    def begin(self) -> None:
        """Make the repository."""
        self.repository: LocalRepository = init(self.project)

    def teardown(self) -> None:
        """Every version is still what it was."""
        if hasattr(self, "repository"):
            for reference, files in self.versions.items():
                self.repository.data.get(reference, self.project / "again")
                assert files == read(self.project / "again")
            self.repository.close()
        shutil.rmtree(self.project)

    # Edits, each as a program or a person would make it.

    @rule(path=PATHS, content=CONTENTS)
    def write(self, path: str, content: Content) -> None:
        """Write a new file, link or directory, in the place of whatever was there."""
        place = self.top / path
        self._clear(path)
        if content is EMPTY:
            place.mkdir()
        elif isinstance(content, Link):
            place.symlink_to(content.target)
        else:
            data = content.content if isinstance(content, Program) else content
            place.write_bytes(data)
            place.chmod(0o755 if isinstance(content, Program) else 0o644)

    def _clear(self, path: str) -> None:
        for each in [*reversed((self.top / path).relative_to(self.top).parents), Path(path)]:
            place = self.top / each
            if os.path.lexists(place) and (str(each) == path or place.is_symlink() or not place.is_dir()):
                remove(place)
        (self.top / path).parent.mkdir(parents=True, exist_ok=True)

    @rule(data=st.data(), keeps_times=st.booleans())
    def edit_in_place(self, data: st.DataObject, keeps_times: bool) -> None:
        """Change one byte, perhaps with the old times; size and inode stay."""
        if files := self._regular():
            place = data.draw(st.sampled_from(files))
            status = place.stat()
            with place.open("r+b", buffering=0) as file:
                byte = file.read(1)
                file.seek(0)
                file.write(bytes([byte[0] ^ 1]) if byte else b"!")
            if keeps_times:
                os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))

    @rule(data=st.data())
    def append(self, data: st.DataObject) -> None:
        """Make a file longer."""
        if files := self._regular():
            with data.draw(st.sampled_from(files)).open("ab") as file:
                file.write(b"+")

    @rule(data=st.data(), path=PATHS)
    def rename(self, data: st.DataObject, path: str) -> None:
        """Move a file or directory, with its times, over whatever was there."""
        if (found := self._everything()) and not os.path.lexists(self.top / path):
            place = data.draw(st.sampled_from(found))
            kept = place.rename(self.project / "moving")
            self._clear(path)
            kept.rename(self.top / path)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Remove a file, link or directory."""
        if found := self._everything():
            remove(data.draw(st.sampled_from(found)))

    @rule(data=st.data())
    def change_mode(self, data: st.DataObject) -> None:
        """Make a program of a file, or the other way round."""
        if files := self._regular():
            place = data.draw(st.sampled_from(files))
            place.chmod(place.stat().st_mode ^ 0o111)

    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        """Give a file new times and nothing else."""
        if files := self._regular():
            os.utime(data.draw(st.sampled_from(files)))

    def _everything(self) -> list[Path]:
        return sorted(each for each in self.top.rglob("*") if self.top / STAYS not in {each, each.parent})

    def _regular(self) -> list[Path]:
        return [each for each in self._everything() if each.is_file() and not each.is_symlink()]

    # What is asked of Lineal.

    @rule()
    def wait(self) -> None:
        """Let files become old enough to be trusted."""
        time.sleep(OLD_NS / 1e9)

    @rule()
    def add(self) -> None:
        """Add the directory: the version holds exactly what is there."""
        truth = read(self.top)
        answer = self.repository.data.add(self.top, name="files")
        assert digest_of_tree(truth) == answer.dataset.tree
        self.base = self.versions[answer.reference] = truth

    @rule()
    def status(self) -> None:
        """Ask what differs: exactly what does."""
        if self.base is None:
            with pytest.raises(NotFound):
                self.repository.data.status(self.top)
            return
        truth = read(self.top)
        (found,) = self.repository.data.status(self.top)

        added, modified, removed = differences(self.base, truth, self.top)
        assert (added, modified, removed) == (set(found.added), set(found.modified), set(found.removed))
        assert found.is_clean == (self.base == truth)

    @precondition(lambda self: self.versions)
    @rule(data=st.data(), force=st.booleans())
    def get(self, data: st.DataObject, force: bool) -> None:
        """Put a version in place: it is there, and everything else is as it was; or it is refused, and nothing changed."""
        reference = data.draw(st.sampled_from(sorted(self.versions)))
        wanted, before, base = self.versions[reference], read(self.top), self.base or {}
        try:
            self.repository.data.get(reference, self.top, force=force)
        except Conflict:
            assert before == read(self.top)
            return
        after = read(self.top)
        untouched = {path for path in wanted if not force and base != wanted and base.get(path, 0) == wanted[path]}
        lost = {path: each for path, each in wanted.items() if path not in untouched and after.get(path, 0) != each}
        gone = {path: each for path, each in before.items() if path not in base and each is not EMPTY}
        assert {path for path, each in lost.items() if each is not EMPTY or not (self.top / path).is_dir()} == set()
        if not force:
            assert gone.items() <= {**after, **{path: gone[path] for path in gone if path in wanted}}.items()
        assert not (base.keys() - wanted.keys()) & {path for path, each in after.items() if each == base.get(path, 0)}
        if before == base:
            assert wanted == after
        self.base = wanted

    @rule(damage=st.sampled_from(["delete", "overwrite", "truncate", "none"]))
    def reopen(self, damage: str) -> None:
        """Begin a new process, perhaps after the index was lost."""
        self.repository.close()
        DAMAGES[damage](self.project / ".lineal" / "workspace.sqlite")
        if damage != "none":
            self.base = None
        self.repository = connect(self.project)


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)


def _overwrite(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)


def _truncate(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "delete": _delete,
    "overwrite": _overwrite,
    "truncate": _truncate,
    "none": lambda _: None,
}


def differences(base: Files, truth: Files, top: Path) -> tuple[set[str], set[str], set[str]]:
    """Return what status must say was added, modified and removed."""
    before = {path: each for path, each in base.items() if each is not EMPTY}
    now = {path: each for path, each in truth.items() if each is not EMPTY}
    empty_before, empty_now = base.keys() - before.keys(), truth.keys() - now.keys()
    had_files = {path.rpartition("/")[0] for path in before}
    added = (now.keys() - before.keys()) | {f"{path}/" for path in empty_now - empty_before - had_files}
    removed = before.keys() - now.keys()
    removed |= {f"{path}/" for path in empty_before if (top / path).is_symlink() or not (top / path).is_dir()}
    return set(added), {path for path in before.keys() & now.keys() if before[path] != now[path]}, set(removed)


def test_what_is_said_of_a_directory_is_true_however_it_is_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    # More than the clock of a file system needs, and less than a person waits.
    monkeypatch.setattr(index, "RACY_NS", OLD_NS // 2)
    run_state_machine_as_test(
        Workspace,
        settings=settings(
            settings.get_profile(settings._current_profile),
            max_examples=max(60, settings.default.max_examples),
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
