"""Starting costs next to nothing: processor seconds of whole processes, the best of several."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ATTEMPTS = 7
IMPORT_S = 0.030
HELP_S = 0.150


def cpu_s(*command: str) -> float:
    """Return the least processor time that ``command`` took, of several attempts."""
    return min(_cpu_once(command) for _ in range(ATTEMPTS))


def _cpu_once(command: tuple[str, ...]) -> float:
    before = os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def test_importing_lineal_takes_thirty_milliseconds_at_most() -> None:
    bare, ours = cpu_s(sys.executable, "-c", "pass"), cpu_s(sys.executable, "-c", "import lineal")

    assert ours - bare <= IMPORT_S


def test_the_help_takes_a_hundred_and_fifty_milliseconds_at_most() -> None:
    assert cpu_s(str(Path(sys.executable).parent / "lineal"), "--help") <= HELP_S


@pytest.mark.parametrize("module", ["msgspec", "sqlite3", "starlette", "urllib3", "numpy"])
def test_importing_lineal_loads_nothing_that_takes_time(module: str) -> None:
    program = f"import sys, lineal; sys.exit({module!r} in sys.modules)"

    assert subprocess.run((sys.executable, "-c", program), check=False).returncode == 0


def test_a_local_command_loads_no_web_framework_and_no_client() -> None:
    program = (
        "import sys; from lineal.cli.main import execute; from lineal.client.connect import connect;"
        "print([name for name in ('starlette', 'uvicorn', 'urllib3', 'jinja2', 'psycopg', 'numpy', 'asyncio')"
        " if name in sys.modules])"
    )
    loaded = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"


def test_nothing_is_searched_for_garbage_while_a_command_is_loaded_and_everything_after(tmp_path: Path) -> None:
    program = (
        "import atexit, gc, sys; from lineal.cli.main import main; early = [];"
        "gc.callbacks.append(lambda phase, info: gc.get_freeze_count() or early.append(len(sys.modules)));"
        "atexit.register(lambda: print(early, gc.isenabled(), gc.get_freeze_count() > 10_000));"
        "sys.argv[1:] = ['remote', 'list']; sys.exit(main())"
    )
    subprocess.run((sys.executable, "-m", "lineal", "init"), cwd=tmp_path, capture_output=True, check=True)
    said = subprocess.run((sys.executable, "-c", program), cwd=tmp_path, capture_output=True, text=True, check=True)

    assert said.stdout.splitlines()[-1] == "[] True True"


@pytest.mark.parametrize("command", [("data", "status"), ("data", "add", "rows.csv")])
def test_a_command_loads_what_its_own_answer_needs_and_no_other(command: tuple[str, ...], tmp_path: Path) -> None:
    program = (
        "import sys; from lineal.cli.main import main; status = main(sys.argv[1:]); print(); print(status,"
        "[name for name in ('ssl', 'http.client', 'email', 'xml', 'json', 'difflib', 'tempfile', 'tomllib', 'random', 'lineal.checks',"
        " 'lineal.cli.render.versions', 'lineal.cli.render.runs', 'lineal.cli.commands.server') if name in sys.modules])"
    )
    subprocess.run((sys.executable, "-m", "lineal", "init"), cwd=tmp_path, capture_output=True, check=True)
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    said = subprocess.run(
        (sys.executable, "-c", program, *command), cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert said.stdout.splitlines()[-1] == "0 []"


def test_adding_a_file_that_is_no_text_loads_nothing_that_reads_tables(tmp_path: Path) -> None:
    program = (
        "import sys; from lineal.cli.main import main; status = main(['data', 'add', 'weights.bin']); print();"
        "print(status, [name for name in ('numpy', 'pyarrow') if name in sys.modules])"
    )
    subprocess.run((sys.executable, "-m", "lineal", "init"), cwd=tmp_path, capture_output=True, check=True)
    (tmp_path / "weights.bin").write_bytes(os.urandom(100_000))
    said = subprocess.run((sys.executable, "-c", program), cwd=tmp_path, capture_output=True, text=True, check=True)

    assert said.stdout.splitlines()[-1] == "0 []"


def test_a_push_to_a_directory_loads_nothing_that_looks_at_the_workspace_reads_tables_or_asks_for_credentials(
    tmp_path: Path,
) -> None:
    names = (
        *("subprocess", "configparser", "csv", "json", "difflib", "tempfile", "tomllib", "random"),
        *("lineal.client.workspace", "lineal.formats.tables", "lineal.checks", "lineal.storage.remotes.pulling"),
        *("lineal.objects.runs", "lineal.objects.versions", "lineal.objects.statements"),
    )
    program = (
        "import sys; from lineal.cli.main import main; status = main(['data', 'push', 'data:weights']); print();"
        f"print(status, [name for name in {names} if name in sys.modules])"
    )
    (tmp_path / "weights.bin").write_bytes(os.urandom(100_000))
    (tmp_path / "remote").mkdir()
    for command in (("init",), ("data", "add", "weights.bin"), ("remote", "add", "backup", "remote")):
        subprocess.run((sys.executable, "-m", "lineal", *command), cwd=tmp_path, capture_output=True, check=True)
    said = subprocess.run((sys.executable, "-c", program), cwd=tmp_path, capture_output=True, text=True, check=True)

    assert said.stdout.splitlines()[-1] == "0 []"
