"""A repository on disk: made whole, found from below, and never opened by a Lineal too old for it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, LinealError, NotFound, Unavailable, Unsupported
from lineal.objects.runs import Code
from lineal.storage import repository
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.store import Actor, Store
from tests.unit.storage.processes import SOURCE, as_nobody, together

ADA = Actor("ada", "admin")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository.create(tmp_path)


def opened(root: Path) -> Store:
    return repository.open_store(root, actor=ADA)


def test_a_new_repository_is_empty_and_hidden_from_git(root: Path) -> None:
    store = opened(root)

    assert root.name == ".lineal"
    assert (root / "repository.toml").read_text() == "format = 1\n"
    assert (root / ".gitignore").read_text() == "*\n"
    assert [] == list(store.blobs.list())
    assert [] == store.database.run("SELECT * FROM object")
    assert (root, ADA) == (store.root, store.actor)


def test_making_it_again_changes_nothing(root: Path, tmp_path: Path) -> None:
    digest = opened(root).put_object(Code(commit="kept"))

    assert root == repository.create(tmp_path)
    assert Code(commit="kept") == opened(root).get_object(digest, Code)


def test_a_repository_whose_making_was_interrupted_is_none_and_can_be_completed(tmp_path: Path) -> None:
    (tmp_path / ".lineal" / "blobs").mkdir(parents=True)

    assert repository.find(tmp_path) is None
    with pytest.raises(NotFound):
        opened(tmp_path / ".lineal")
    assert opened(repository.create(tmp_path)).root == repository.find(tmp_path)


@pytest.mark.parametrize(("mask", "mode"), [(0o002, 0o664), (0o022, 0o644), (0o077, 0o600)])
def test_whoever_may_write_the_directory_may_write_the_database(mask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        store = opened(repository.create(tmp_path))
        store.put_object(Code(commit="kept"))
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in store.root.glob("database.sqlite*")}  # type: ignore[union-attr]
    finally:
        os.umask(before)

    assert {"database.sqlite": mode, "database.sqlite-wal": mode, "database.sqlite-shm": mode} == modes


def test_who_may_only_read_the_database_leaves_nothing_that_keeps_its_owner_out() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = repository.create(Path(name))
        store = opened(root)
        digest = store.put_object(Code(commit="kept"))
        store.database.close()
        (root / "database.sqlite").chmod(0o444)
        for each in (root.parent, root):
            each.chmod(0o777)  # a directory that is shared, and a file that is not
        script = f"print(repository.open_store(here, actor=ada).get_object({digest!r}, Code).commit)"
        said = as_nobody(script, root, imports="from lineal.objects.runs import Code").stdout

        assert "kept\n" == said
        assert ["database.sqlite"] == [each.name for each in root.glob("database.sqlite*")]


def test_a_repository_that_may_not_be_entered_is_told_and_none_above_it_is_taken() -> None:
    script = """
print(repository.find(here))
told(lambda: repository.open_store(here / ".lineal", actor=ada))
told(lambda: connect(str(here)))
"""
    with tempfile.TemporaryDirectory() as name:
        outer = repository.create(Path(name))
        inner = repository.create(Path(name) / "inner")
        outer.parent.chmod(0o755)
        inner.chmod(0)
        imports = "from lineal.client.connect import connect"
        found, *said = as_nobody(script, inner.parent, imports=imports).stdout.splitlines()
        inner.chmod(0o700)

    assert str(inner) == found
    assert 2 == len(said)
    assert all(each.startswith(f"Unavailable | {inner}") and "Permission denied" in each for each in said)


def test_the_nearest_repository_upwards_is_found(tmp_path: Path) -> None:
    outer = repository.create(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    inner = repository.create(tmp_path / "a")

    assert inner == repository.find(tmp_path / "a" / "b")
    assert inner == repository.find(tmp_path / "a")
    assert outer == repository.find(tmp_path)


def test_the_address_of_a_database_is_kept_from_others(tmp_path: Path) -> None:
    url = 'postgresql://ada:p"w@host/lineal'
    root = repository.create(tmp_path, database=url)

    assert repository.Settings(format=1, database=url) == repository.settings(root)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert root == repository.create(tmp_path, database=url)
    with pytest.raises(Conflict, match="another database"):
        repository.create(tmp_path, database="postgresql://elsewhere/lineal")


@pytest.mark.parametrize(
    "url", ["mysql://host/x", "postgresql://", "postgresql://a b", "postgresql://a\nb", "x.sqlite"]
)
def test_an_address_that_is_none_makes_no_repository(tmp_path: Path, url: str) -> None:
    with pytest.raises(Invalid):
        repository.create(tmp_path, database=url)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("format = 2\n", Unsupported, "has format 2; this Lineal knows 1"),
        ("format = 99\nlater = true\n", Unsupported, "has format 99"),
        ("format = 1\nlater = true\n", Corrupt, "later"),
        ("format = 'one'\n", Corrupt, "format"),
        ("", Corrupt, "format"),
        ("format = ", Corrupt, "cannot be read"),
        ("\x00", Corrupt, "cannot be read"),
        ("<<<<<<< HEAD\nformat = 1\n", Corrupt, "cannot be read"),
    ],
)
def test_a_description_that_is_newer_or_broken_is_told(
    root: Path, text: str, error: type[LinealError], words: str
) -> None:
    (root / "repository.toml").write_text(text)
    with pytest.raises(error, match=words) as caught:
        opened(root)

    assert str(root) in caught.value.message
    assert caught.value.hint
    assert not (root / "database.sqlite").exists()


def test_a_description_in_other_bytes_than_text_is_told(root: Path) -> None:
    (root / "repository.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Corrupt, match="cannot be read"):
        opened(root)


def test_tables_of_a_newer_lineal_are_refused_and_not_touched(root: Path) -> None:
    store = opened(root)
    store.database.run("INSERT INTO migration VALUES (9999, 'pre', 'later', 0)")
    store.database.close()
    before = (root / "database.sqlite").read_bytes()
    for read_only in (True, False):
        with pytest.raises(Unsupported, match="step 9999 is not known"):
            repository.open_store(root, actor=ADA, read_only=read_only)

    assert before == (root / "database.sqlite").read_bytes()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_a_file_that_is_no_database_is_corrupt_and_named(root: Path, content: bytes) -> None:
    (root / "database.sqlite").write_bytes(content)
    with pytest.raises(Corrupt, match=r"database\.sqlite"):
        opened(root)

    assert content == (root / "database.sqlite").read_bytes()


def test_a_directory_in_the_place_of_the_database_is_unavailable(root: Path) -> None:
    (root / "database.sqlite").mkdir()
    with pytest.raises(Unavailable, match=r"database\.sqlite"):
        opened(root)


def test_a_repository_opened_to_be_read_refuses_every_change(root: Path) -> None:
    digest = opened(root).put_object(Code(commit="kept"))
    store = repository.open_store(root, actor=ADA, read_only=True)
    changes = (
        lambda: store.put_object(Code()),
        lambda: store.blobs.put(b""),
        lambda: store.blobs.put_stream([b""]),
        lambda: store.blobs.put_file(__file__),
        lambda: store.blobs.delete(digest_of(b"")),
    )
    for change in changes:
        with pytest.raises(Unavailable) as caught:
            change()

        assert caught.value.hint
    assert Code(commit="kept") == store.get_object(digest, Code)


def test_many_processes_may_make_and_open_the_same_repository(tmp_path: Path) -> None:
    script = """
from lineal.objects.runs import Code
store = repository.open_store(repository.create(here), actor=ada)
for number in range(10):
    with store.database.transaction():
        store.put_object(Code(commit=sys.argv[2], branch=str(number)))
        store.database.run("UPDATE journal_head SET sequence = sequence + 1 WHERE id = 1")
print(store.database.run("SELECT count(*) AS count FROM migration"))
"""
    said = together(script, tmp_path, 6)
    database = opened(tmp_path / ".lineal").database

    assert 1 == len(set(said))
    assert [{"sequence": 60}] == database.run("SELECT sequence FROM journal_head")
    assert [{"count": 60}] == database.run("SELECT count(*) AS count FROM object")


def test_a_child_process_is_not_in_its_parents_transaction(tmp_path: Path) -> None:
    script = """
store = repository.open_store(repository.create(here), actor=ada)
with store.database.transaction():
    store.database.run("UPDATE journal_head SET sequence = 1")
    if (child := os.fork()) == 0:
        os._exit(10 + store.database.run("SELECT sequence FROM journal_head")[0]["sequence"])
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(store.database.run("SELECT sequence FROM journal_head"))
"""
    (said,) = together(script, tmp_path, 1)

    assert "10\n[{'sequence': 1}]\n" == said


def test_a_postgres_repository_needs_only_its_address(tmp_path: Path, postgres_url: str) -> None:
    root = repository.create(tmp_path, database=postgres_url)
    store = opened(root)
    digest = store.put_object(Code(commit="kept"))
    reader = repository.open_store(root, actor=ADA, read_only=True)

    assert "postgresql" == store.database.dialect
    assert not (root / "database.sqlite").exists()
    assert Code(commit="kept") == reader.get_object(digest, Code)
    with pytest.raises(Unavailable):
        reader.put_object(Code())
    for each in (store, reader):
        each.database.close()


def test_no_database_driver_is_imported_before_it_is_needed() -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); import lineal.storage.repository\n"
        "print([name for name in ('sqlite3', 'psycopg') if name in sys.modules])"
    )

    assert "[]\n" == subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def test_the_database_is_made_by_the_first_who_opens_it(root: Path) -> None:
    assert not (root / "database.sqlite").exists()
    opened(root).database.close()

    assert [{"journal_mode": "wal"}] == Sqlite(root / "database.sqlite").run("PRAGMA journal_mode")


@pytest.mark.parametrize("package", ["psycopg", "greenlet"])
def test_a_package_that_postgresql_needs_is_named_where_it_is_missing(tmp_path: Path, package: str) -> None:
    program = (
        f"import sys; sys.modules['{package}'] = None\n"
        "from pathlib import Path\nfrom lineal.objects.errors import Invalid\nfrom lineal.storage import repository\n"
        "from lineal.storage.store import Actor\n"
        "root = repository.create(Path('.'), database='postgresql://ada@127.0.0.1:9/none')\n"
        "try:\n    repository.open_store(root, actor=Actor('ada', 'admin'))\n"
        "except Invalid as error:\n    print(error.message, error.hint, sep='; ')\n"
    )
    command = (sys.executable, "-c", program)
    said = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True
    )

    assert f"not installed: {package}; pip install 'lineal[postgres]'\n" == said.stdout.partition("that is ")[2]
