"""A recorded program behaves as it would alone, whatever happens to it; its record is kept, or says what it lacks."""

from __future__ import annotations

import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from lineal.client.connect import connect, init
from lineal.client.delivery import deliver_orphans
from lineal.storage.database.sqlite import Sqlite
from tests.parts.part import need_root
from tests.surfaces.commands import SOURCES, lineal, start
from tests.surfaces.fault_cases import CASES, Case, wait_for
from tests.surfaces.test_cli_faults import FILL, LINEAL, on_disk, until

RUN = (sys.executable, "-m", "lineal", "run", "-q")
OURS = re.compile(rb"(?m)^lineal: warning: .*\n")


_WAIT_FOR_GO = (
    "import os, time\nopen('ready', 'w').close()\nwhile not os.path.exists('go'): time.sleep(0.01)\nraise SystemExit(4)"
)


class Outcome(NamedTuple):
    """All that can be seen of a program from outside."""

    status: int
    out: bytes
    err: bytes
    files: dict[str, bytes]


def outcome(case: Case, directory: Path, recorder: tuple[str, ...], variables: dict[str, str]) -> Outcome:
    """Run a case in ``directory``, which is made anew, and return what it did."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for name, text in {"program.py": case.program, **case.files}.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    if recorder:
        (directory / "recorded").touch()
    program = ("sh", "-c", case.shell) if case.shell else (sys.executable, *case.options, "program.py")
    line = (*recorder, *program)
    process = subprocess.Popen(
        ("sh", "-c", case.before, "sh", *line) if case.before else line,
        cwd=directory,
        env={name: value for name, value in {**variables, **case.variables}.items() if value is not None},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    if case.act is not None:
        wait_for(directory / "ready")
        case.act(process, directory)
    out, err = process.communicate(case.stdin, timeout=60)
    (directory / "recorded").unlink(missing_ok=True)
    files = {
        os.fsdecode(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and "env" not in path.relative_to(directory).parts and "__pycache__" not in path.parts
    }
    # A recorder that found no room says so once, and nothing else of ours may be among what the program said.
    assert len(OURS.findall(err)) <= bool(recorder)
    return Outcome(process.returncode, out, OURS.sub(b"", err), files)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository for all cases; in the end it is sound."""
    top = tmp_path_factory.mktemp("faults")
    with init(top):
        pass
    yield top
    with connect(top) as repository:
        assert repository.verify().problems == ()
    assert [] == list((top / ".lineal" / "spool").glob("*"))


@pytest.fixture(scope="module")
def variables(place: Path) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINEAL_")}
    return known | {
        "PYTHONPATH": str(SOURCES),
        "LINEAL_REPOSITORY": str(place),
        "XDG_CACHE_HOME": str(place / "cache"),
        "TMPDIR": str(place),
    }


@pytest.mark.parametrize("name", CASES)
def test_a_program_is_the_same_with_a_recorder(name: str, place: Path, variables: dict[str, str]) -> None:
    case = CASES[name]
    if "unshare" in case.before:
        need_root()
    directory = place / re.sub(r"\W", "-", name)
    recorder = (*RUN, "--name", name, "--")
    own = case.variables.get("PYTHONPATH")
    if own is not None:  # the recorder itself must be found; the program's own comes first for both
        case = case._replace(variables={**case.variables, "PYTHONPATH": os.pathsep.join((own, str(SOURCES)))})

    alone = outcome(case, directory, (), variables)
    recorded = outcome(case, directory, recorder, variables)

    assert alone == recorded
    with connect(place) as repository:
        deliver_orphans(repository, variables)  # as the next command does
        run = next((each for each in repository.runs(limit=200) if each.name == name), None)
        if not case.recorded:
            return  # nothing of ours may be opened or written either
        assert run is not None
        run = repository.show(f"run:{run.id}")
        assert run.exit_status_of_program is not None
        assert case.gap in "\n".join(run.run.gaps)
        if case.kept and alone.out:
            assert alone.out == repository.blobs.get(run.run.stdout)


def test_a_terminal_stays_a_terminal(place: Path, variables: dict[str, str]) -> None:
    program = (
        "import sys, os; print([each.isatty() for each in (sys.stdin, sys.stdout, sys.stderr)], os.get_terminal_size());"
        "print('name:', end=' ', flush=True); print(input().upper())"
    )

    def said(*line: str) -> bytes:
        pid, terminal = pty.fork()
        if not pid:
            os.chdir(place)
            os.execve(line[0], line, variables)
        os.write(terminal, b"ada\n")
        found = bytearray()
        with suppress(OSError):  # the terminal is gone when its last process is
            while piece := os.read(terminal, 4096):
                found += piece
        assert (pid, 0) == os.waitpid(pid, 0)
        return bytes(found)

    assert said(sys.executable, "-c", program) == said(*RUN, "--", sys.executable, "-c", program)


def test_a_killed_recorder_takes_nothing_with_it(place: Path, variables: dict[str, str], tmp_path: Path) -> None:
    program = (
        "import os, time\nprint('before', flush=True); open('ready', 'w').close()\n"
        "while not os.path.exists('go'): time.sleep(0.01)\n"
        "for each in range(1000): print('after', each, flush=True)\nopen('done', 'w').close()"
    )
    line = (*RUN, "--name", "orphan", "--", sys.executable, "-c", program)
    process = subprocess.Popen(line, cwd=tmp_path, env=variables, stdout=subprocess.PIPE)
    wait_for(tmp_path / "ready")
    process.kill()
    process.wait()
    (tmp_path / "go").touch()
    out, _ = process.communicate(timeout=60)

    assert (tmp_path / "done").exists()
    assert b"after 999\n" == out.splitlines(keepends=True)[-1]
    until(lambda: lineal(place, "runs", "-q", **{k: variables[k] for k in ("XDG_CACHE_HOME", "TMPDIR")}))
    with connect(place) as repository:
        until(lambda: next(each for each in repository.runs(limit=200) if each.name == "orphan").state != "running")
        run = repository.show(f"run:{next(each.id for each in repository.runs(limit=200) if each.name == 'orphan')}")
        assert "lost" == run.state
        assert out == repository.blobs.get(run.run.stdout)


def test_a_run_whose_processes_nobody_else_can_see_is_left_to_itself(
    place: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    need_root()  # for namespaces
    line = (*RUN, "--name", "unseen", "--", sys.executable, "-c", _WAIT_FOR_GO)
    unseen = ("unshare", "--fork", "--pid", "--mount-proc", "--time", "--boottime", "100000")
    process = subprocess.Popen((*unseen, *line), cwd=tmp_path, env=variables)
    wait_for(tmp_path / "ready")
    with connect(place) as repository:
        assert "unseen" not in [each.name for each in deliver_orphans(repository, variables)]
        (tmp_path / "go").touch()
        assert 4 == process.wait(timeout=60)
        run = next(each for each in repository.runs(limit=200) if each.name == "unseen")
        assert ("failed", 4) == (run.state, run.exit_status_of_program)


@contextmanager
def answering(reply: bytes | None) -> Iterator[str]:
    """Serve one answer to everything, or none at all, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while reply is not None:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(reply)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


SERVERS = {
    "hangs": None,
    "garbage": b"\x16\x03\x01 no HTTP at all",
    "a stranger": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "expired": b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
    "broken": b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}",
}


def test_whatever_a_server_does_the_program_starts_at_once_and_ends_as_it_does(tmp_path: Path) -> None:
    with ExitStack() as stack:
        urls = {name: stack.enter_context(answering(reply)) for name, reply in SERVERS.items()}
        urls["down"] = "http://127.0.0.1:9"
        began = time.monotonic()
        program = "import time; print(time.monotonic()); raise SystemExit(4)"
        processes = {
            name: start(
                tmp_path, "run", "-q", "--repository", url, "--", sys.executable, "-c", program,
                XDG_CACHE_HOME=str(tmp_path / name),
            )
            for name, url in urls.items()
        }  # fmt: skip
        for name, process in processes.items():
            out, err = process.communicate(timeout=60)
            assert (name, 4) == (name, process.returncode), err
            assert 1 == err.count("lineal: warning:") == err.count("\n"), (name, err)
            assert float(out) - began < 10, name
            assert list((tmp_path / name).glob("lineal/spool/*/*/end.json")), name


def test_a_full_or_read_only_disk_is_told_once_and_the_run_waits_elsewhere(small_disk: Path, tmp_path: Path) -> None:
    run = f"XDG_CACHE_HOME={tmp_path} {LINEAL} run -q -- sh -c 'cat t.csv; exit 4'"

    full = on_disk(small_disk, FILL, run, "rm big", f"XDG_CACHE_HOME={tmp_path} {LINEAL} runs --json")
    read_only = on_disk(small_disk, run, read_only=True)

    assert "a,b\n1,2\nstatus 4\n" in full.stdout
    assert '"exit_status_of_program":4' in full.stdout
    assert (1, 2) == (full.stderr.count("warning:"), full.stderr.count("\n")), full.stderr
    assert read_only.stdout.startswith("a,b\n1,2\nstatus 4\n")
    assert 1 == read_only.stderr.count("\n"), read_only.stderr


def test_many_runs_at_once_are_all_recorded_also_when_nobody_can_write_for_long(tmp_path: Path) -> None:
    count = 60
    with init(tmp_path):
        pass
    # Every third one waits at its end for no others, and leaves its record to a later process.
    script = (
        f"for i in $(seq {count}); do LINEAL_EXIT_SECONDS=$((i % 3 * 30)) {LINEAL} run -q --name $i -- "
        "sh -c 'echo > ended.'$i'; exit 3' || echo $? & done; wait"
    )
    database = Sqlite(tmp_path / ".lineal" / "database.sqlite")

    with database.transaction():
        process = subprocess.Popen(
            ("sh", "-c", script), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        until(lambda: count == len(list(tmp_path.glob("ended.*"))), seconds=240)
    database.close()
    out, err = process.communicate(timeout=240)

    assert (b"", b"3\n" * count) == (err, out)
    assert lineal(tmp_path, "runs", "-q", "--limit", "1")[0]
    assert [] == list((tmp_path / ".lineal" / "spool").iterdir())
    with connect(tmp_path) as repository:
        states = [(each.name, each.exit_status_of_program) for each in repository.runs(limit=count + 1)]
        assert sorted((str(each + 1), 3) for each in range(count)) == sorted(states)
        assert repository.verify().problems == ()
