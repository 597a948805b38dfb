"""The blocks of code in a document, and a project in which they run as a reader would run them."""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

TOP = Path(__file__).parents[2]

DATABASE = "postgresql://ada@db.example.org/lineal"
"""The address that documents use; a run gets a real one in its place."""

_BLOCK = re.compile(r"^(?P<fence>`{3,})(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!-- (?P<what>file|not run): ?(?P<said>.*?) ?-->\s*\Z")
_PROJECT = re.compile(r"^<!-- project: (?P<path>\S+) -->$", re.MULTILINE)
_STATUS = re.compile(r"# exit status (?P<status>\d+)\s*\Z")
_PORT = re.compile(r"\b8[34]\d\d\b")
_TIMEOUT_S = 180


class Block(NamedTuple):
    """A block of code: ``line`` is that of its first fence; ``file`` where it is written; ``exempt`` why it is not run."""

    language: str
    text: str
    line: int
    file: str = ""
    exempt: str | None = None

    @property
    def commands(self) -> Iterator[str]:
        """What follows each ``$``; a line that ends in a backslash goes on in the next."""
        lines = iter(self.text.splitlines())
        for each in lines:
            if each.startswith("$ "):
                said = [each[2:]]
                while said[-1].endswith("\\"):
                    said.append(next(lines))
                yield "\n".join(said)


def blocks(document: str) -> Iterator[Block]:
    """Yield every block of a document, with what the comment before it says."""
    for found in _BLOCK.finditer(document):
        before = _COMMENT.search(document, 0, found.start()) if document[: found.start()].endswith("-->\n") else None
        said = {before["what"]: before["said"]} if before else {}
        line = document.count("\n", 0, found.start()) + 1
        yield Block(found["language"], found["text"], line, said.get("file", ""), said.get("not run"))


def project_of(document: str) -> str:
    """Return the document whose project this one goes on in; empty when it begins with nothing."""
    found = _PROJECT.search(document)
    return found["path"] if found else ""


def without_blocks(document: str) -> str:
    """Return a document's prose: no blocks, no code in lines."""
    return re.sub(r"`[^`\n]*`", "", _BLOCK.sub("", document))


class Shell:
    """A shell that carries out one command after the other, as a reader's terminal does.

    Args:
        directory: where it starts.
        variables: its environment variables.
    """

    def __init__(self, directory: Path, variables: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash"],
            cwd=directory,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._lines = queue.Queue[str]()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout

        for line in self._process.stdout:
            self._lines.put(line)

    def run(self, command: str) -> tuple[int, str]:
        """Return the exit status and the output of a command; one in the background has said something by then."""
        assert self._process.stdin

        mark = f"--- {os.urandom(8).hex()}"
        self._process.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '%s %d\\n' '{mark}' $?\n")
        self._process.stdin.flush()
        said = list[str]()
        while not (line := self._lines.get(timeout=_TIMEOUT_S)).startswith(mark):
            said.append(line)
        if command.endswith("&") and not said:
            said.append(self._lines.get(timeout=_TIMEOUT_S))
        return int(line.split()[-1]), "".join(said)

    def close(self) -> None:
        """End the shell, and what it left in the background."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()


class Project:
    """A directory in which the blocks of documents run.

    Args:
        directory: where.
        database: the address of a PostgreSQL database, where a document needs one.
    """

    def __init__(self, directory: Path, *, database: str = "") -> None:
        self.directory = directory
        self._database = database
        self._ports = dict[str, str]()
        self._names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, document: str, *, name: str) -> None:
        """Run every block of a document that is not exempt; nothing that it deployed or started outlives it."""
        shell = Shell(self.directory, variables())
        try:
            for each in blocks(document):
                if each.exempt is None:
                    self._run(each, shell, f"{name}:{each.line}")
        finally:
            shell.close()
            self._undeploy()

    def _run(self, block: Block, shell: Shell, where: str) -> None:
        text = self._own(block.text)
        if block.file:
            path = self.directory / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(text, where, "exec"), self._names)
        elif block.language == "console":
            for command in block._replace(text=text).commands:
                expected = _STATUS.search(command)
                status, said = shell.run(command)

                assert int(expected["status"] if expected else 0) == status, f"{where}: $ {command}\n{said}"
                assert "Traceback" not in said, f"{where}: $ {command}\n{said}"

    def _own(self, text: str) -> str:
        """Put ports that are free, and a database that answers, in place of those that documents name."""
        return _PORT.sub(lambda found: self._port(found[0]), text).replace(DATABASE, self._database or DATABASE)

    def _port(self, named: str) -> str:
        if named not in self._ports:
            with socket.socket() as bound:
                bound.bind(("127.0.0.1", 0))
                self._ports[named] = str(bound.getsockname()[1])
        return self._ports[named]

    def _undeploy(self) -> None:
        for root in self.directory.rglob(".lineal"):
            shell = Shell(root.parent, variables())
            command = "for each in $(lineal deployments --quiet); do lineal undeploy $each --quiet || exit 1; done"
            status, said = shell.run(f"({command})")
            shell.close()

            assert status == 0, said


def variables() -> dict[str, str]:
    """Return the environment of a reader who has installed Lineal and whom Git knows."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("LINEAL_", "GIT_"))}
    return known | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "LINEAL_USER": "ada",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
    }
