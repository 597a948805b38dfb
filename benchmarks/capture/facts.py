"""What of a run is kept: one program, each contender's store read after it, and some twenty facts looked for there.

What the program computes, lists or is given stands in none of its sources, so that a copy of the sources holds no fact.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from benchmarks.capture.peers import LINEAL, PEERS, TOP, Peer, command, environment, python
from benchmarks.capture.work import Hung, run_whole
from benchmarks.store.measure import talk

PAGE = TOP / "docs" / "reference" / "capture-completeness.md"
_KEY = "AKIA" + "QX7ZJ2M4N6P8R0T1"
_PASSWORD = "correct-horse-battery-4711"
_STATUS = 37
_SLEEP_S = 3.0
_ATTEMPTS, _SECONDS_MAX = 2, 300
_OF_INSTALLERS = re.compile(r"^(\.\./|/)|\.pyc,|/(INSTALLER|REQUESTED|RECORD|direct_url\.json|uv_\w+\.json),")
_SETTINGS = '{"momentum": 0.77171}'

_PROGRAM = """
import argparse, glob, json, os, random, sqlite3, subprocess, sys, time, urllib.request
{begin}
import helper
import pandas as pd
from sklearn.linear_model import LogisticRegression
here = os.environ['PROJECT']
parser = argparse.ArgumentParser()
parser.add_argument('--depth', type=int)
parser.add_argument('--width', type=int, default=int('31') * 1000 + 337)
options = parser.parse_args()
random.seed(int('98') * 1000 + 765)
settings = json.load(open(glob.glob(here + '/*.settings.json')[0]))
subprocess.run(['cat', *glob.glob(here + '/*.child')], stdout=subprocess.DEVNULL)
table = pd.read_parquet(glob.glob(here + '/*.parquet')[0])
urllib.request.urlopen(os.environ['FAR'] + '/far-%d.csv' % (int('88') * 101)).read()
base = sqlite3.connect(glob.glob(here + '/*.base')[0])
base.execute('select %d as answer' % (int('77') * 1013)).fetchall()
model = LogisticRegression(C=int('73') / 1000).fit(table[[each for each in table if each != 'label']], table['label'])
for step in range(3):
    value = (step + 7) / 1024
    {log}
print('printed', int('55') * 1001)
time.sleep(3)
open('made-%d.bin' % (int('66') * 101), 'wb').write(b'weights' * int('77'))
sys.exit(int('37'))
"""


class Found(NamedTuple):
    """A store as text, with what is looked for in it."""

    text: str
    raw: bytes
    project: Path
    packages: Path
    commit: str
    began: float
    ended: float

    def has(self, *words: str) -> bool:
        """Tell whether all ``words`` are there."""
        return all(each in self.text for each in words)

    def holds(self, path: Path) -> bool:
        """Tell whether a file is known by name, and by its bytes or a digest of them."""
        data = path.read_bytes()
        digests = [hashlib.new(each, data, usedforsecurity=False).hexdigest() for each in ("sha256", "md5", "sha1")]
        return self.has(path.name) and (any(each in self.text for each in digests) or data in self.raw)

    def only(self, pattern: str) -> Path:
        """Return the one file of the project that matches."""
        (path,) = self.project.glob(pattern)
        return path


def _setting(found: Found) -> bool:
    # In a copy of the file it is known to who opens that, and to no search.
    return bool(re.search(r"momentum\W.{0,80}?0\.77171", found.text.replace(_SETTINGS, ""), re.DOTALL))


def _packages(found: Found) -> bool:
    names = {each.name.rpartition(".")[0] for each in found.packages.glob("*.dist-info")}
    names = {each for each in names if not each.startswith(("pip-", "setuptools-"))}
    known = [name.partition("-") for name in names]
    low = re.sub(r"[-_.]+", "-", found.text.lower())
    return all(re.sub(r"[-_.]+", "-", name.lower()) in low and version in found.text for name, _, version in known)


def _origin(found: Found) -> bool:
    """A digest of the list of files as it lies, or of its lines that have a hash, whatever installer wrote it."""
    (record,) = found.packages.glob("numpy-*.dist-info/RECORD")
    data = record.read_bytes()
    lines = (each for each in data.decode().splitlines() if ",sha256=" in each and not _OF_INSTALLERS.search(each))
    hashed = "".join(f"{each}\n" for each in sorted(lines)).encode()
    return any(hashlib.sha256(each).hexdigest() in found.text for each in (data, hashed))


def _gpu(found: Found) -> bool:
    # An option that was not given says nothing of the machine; where somebody looked, and found none, does.
    said = r"(?i)(?<![a-z])(gpu|accelerator|nvidia|cuda)[\w-]*[\"']?\s*[:=]\s*(?!null|none|false)[\w\"'\[{]"
    return bool(re.search(said, found.text))


def _times(found: Found) -> bool:
    numbers = [float(each) for each in re.findall(r"(?<![\d.])1[6-9]\d{8}(?:\.\d+)?(?![\d])", found.text)]
    for digits, scale in ((13, 1e3), (16, 1e6), (19, 1e9)):
        numbers += [int(each) / scale for each in re.findall(rf"(?<!\d)1[6-9]\d{{{digits - 2}}}(?!\d)", found.text)]
    stamps = re.findall(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d", found.text)
    numbers += [_seconds(each) for each in stamps]
    span = found.ended - found.began
    lasts = re.findall(r"(?:runtime|duration)\D{1,40}?(\d+\.\d+)", found.text)
    within = [each for each in numbers if found.began - 1 <= each <= found.ended + 1]
    is_known = any(_SLEEP_S <= float(each) <= span for each in lasts)
    return bool(within) and (is_known or max(within) - min(within) >= _SLEEP_S)


def _seconds(stamp: str) -> float:
    return float(time.mktime(time.strptime(stamp.replace("T", " "), "%Y-%m-%d %H:%M:%S"))) - time.timezone


FACTS: tuple[tuple[str, Callable[[Found], bool]], ...] = (
    ("the commit", lambda f: f.has(f.commit)),
    ("a change that was not committed", lambda f: f.has("changed_since_the_commit")),
    ("a helper that Git does not know", lambda f: f.has("helper_nobody_committed")),
    ("an argument", lambda f: bool(re.search(r"depth\W.{0,80}?\b4093\b", f.text, re.DOTALL))),
    ("the default of an argument", lambda f: f.has("31337")),
    ("a file of settings that was read", lambda f: f.holds(f.only("*.settings.json"))),
    ("a value in it, as a parameter", _setting),
    ("a parameter of the model", lambda f: bool(re.search(r"\bC\b.{0,80}?\b0\.073\b", f.text, re.DOTALL))),
    ("the seed", lambda f: f.has("98765")),
    ("a Parquet file that was read", lambda f: f.holds(f.only("*.parquet"))),
    ("a file that a child process read", lambda f: f.holds(f.only("*.child"))),
    ("what was read from the web, and its ETag", lambda f: f.has("far-8888.csv", "etag-48884")),
    ("a question to a database", lambda f: f.has("select 78001 as answer")),
    ("a file that was written", lambda f: f.holds(f.only("made-*.bin"))),
    ("the lock file", lambda f: f.has("lockedpackage==6.5.4")),
    ("versions of all packages", _packages),
    ("what a package was made of (a digest of its files)", _origin),
    ("the GPU and its driver, or that there is none", _gpu),
    ("a variable that decides numbers", lambda f: bool(re.search(r"OMP_NUM_THREADS\W.{0,40}?\b3\b", f.text))),
    ("no secret of the environment, the code or an argument", lambda f: not f.has(_KEY) and not f.has(_PASSWORD)),
    ("what was printed", lambda f: f.has("printed 55055")),
    ("the exit status", lambda f: bool(re.search(rf"(?i)exit\w*\W{{1,6}}{_STATUS}\b", f.text))),
    ("start and duration", _times),
    ("every point of a metric", lambda f: f.has("0.0068359375", "0.0078125", "0.0087890625")),
    ("the columns that a model wants", lambda f: f.has("column_1122", "column_2244")),
)
"""Each by what must be in the store. A secret counts as kept away only where code or command is kept at all."""


def page(home: Path) -> None:
    """Record the program with everybody, and write the table."""
    contenders = (LINEAL, *PEERS)
    with _web() as far:
        found = {each.name: _patiently(each, home / f"facts-{each.name.split()[0]}", far) for each in contenders}
    rows = []
    for fact, holds in FACTS:
        answers = {name: each is not None and bool(each.text) and holds(each) for name, each in found.items()}
        if fact.startswith("no secret"):
            # Who keeps no code, no command and no output has nothing to keep a secret out of.
            answers = {name: yes and found[name].has("changed_since_the_commit") for name, yes in answers.items()}
        rows.append((fact, answers))
    lines = [f"| {' | '.join(('of a run', *found))} |", "|---|" + ":-:|" * len(found)]
    lines += [f"| {fact} | {' | '.join('yes' if yes else '–' for yes in answers.values())} |" for fact, answers in rows]
    sums = [sum(answers[name] for _, answers in rows) for name in found]
    lines.append(f"| **of {len(rows)}** | {' | '.join(f'**{each}**' for each in sums)} |")
    PAGE.write_text(
        _TEXT.format(table="\n".join(lines), versions=", ".join(map(_version, contenders))), encoding="utf-8"
    )
    sys.stdout.write("\n".join(lines) + "\n")


_TEXT = """# What is kept of a run

Written by `python benchmarks/capture.py --facts`; do not edit. One program is recorded by each, with the line or two that
its own documentation begins with, in its offline or local mode. Afterwards everything that it stored is read and the fact is
looked for: the table says what is there, not what could be added with more calls. Files count when their name and their bytes,
or a digest of these, are there. Compared are {versions}.

{table}

The program is a child's play on purpose: a training on a Parquet file, with arguments, a file of settings, a seed, a child
process that reads a file, an address that is read, a question to SQLite, three points of a metric, a line of output, a file that
it writes, and an exit status of its own. It lies in a Git repository with a change that was not committed, a helper that Git
does not know, and a secret in each of its environment, its code and its arguments. Values are computed, listed or given, so
that a copy of the program's source does not count as knowledge of them.
"""


def _version(peer: Peer) -> str:
    return f"{peer.name} {peer.requirement.partition('==')[2]}" if peer.requirement else "Lineal as it is here"


class _Far(BaseHTTPRequestHandler):
    """A server on the web."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("ETag", f'"etag-{44 * 1111}"')
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"1,2\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _web() -> Iterator[str]:
    """Serve, and give the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Far) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def read(peer: Peer, home: Path, far: str) -> Found:
    """Record the program as ``peer`` does, with a server at ``far``, and return what it stored."""
    project = home / "project"
    project.mkdir(parents=True)
    given = {"DATABASE_PASSWORD": _PASSWORD, "OMP_NUM_THREADS": "3", "PROJECT": str(project), "FAR": far}
    own = environment(peer, home) | given
    commit = _make(peer, project, own)
    began = time.time()
    with tempfile.TemporaryFile() as said:
        run_whole(command(peer, "train.py", *_arguments(peer)), project, own, said, _SECONDS_MAX)
        said.seek(0)
        talk_of = said.read()[-2000:].decode(errors="replace")
    ended = time.time()
    made = list(project.glob("made-*.bin"))
    if not made:
        for each in home.rglob("made-*.bin"):
            shutil.copy(each, project)
            break
        else:
            raise RuntimeError(f"{peer.name} did not run the program: {talk_of}")
    raw = b"".join(_stored(home))
    text = raw.decode("utf-8", "replace") + _dumped(peer, own)
    found = subprocess.run(
        (python(peer), "-c", "import numpy, os; print(os.path.dirname(os.path.dirname(numpy.__file__)))"),
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return Found(text, raw, project, Path(found.stdout.strip()), commit, began, ended)


def _patiently(peer: Peer, home: Path, far: str) -> Found:
    """Read once more where a contender hung."""
    for attempt in range(_ATTEMPTS):
        try:
            return read(peer, home / str(attempt), far)
        except Hung as fault:
            talk(f"{peer.name}: {fault}")
    raise Hung(f"{peer.name} hung {_ATTEMPTS} times")


def _arguments(peer: Peer) -> tuple[str, ...]:
    return ("depth=4093",) if peer.before[:1] == ("guild",) else ("--depth", "4093")


def _make(peer: Peer, project: Path, own: dict[str, str]) -> str:
    """Make the project and return its commit."""
    log = peer.log.strip() or "pass"
    (project / "train.py").write_text(_PROGRAM.format(begin=peer.begin, log=log), encoding="utf-8")
    (project / "tracked.py").write_text("a = 1\n", encoding="utf-8")
    (project / "requirements.txt").write_text("lockedpackage==6.5.4\n", encoding="utf-8")
    (project / ".gitignore").write_text(
        "*.child\n*.parquet\n*.bin\n*.settings.json\n*.base\n.lineal/\n", encoding="utf-8"
    )
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run((*git, *words), cwd=project, check=True, env=own)
    (project / "tracked.py").write_text(f"a = 'changed_since_the_commit'\nkey = '{_KEY}'\n", encoding="utf-8")
    (project / "helper.py").write_text("name = 'helper_nobody_committed'\n", encoding="utf-8")
    (project / "x9.settings.json").write_text(_SETTINGS, encoding="utf-8")
    with sqlite3.connect(project / "w6.base") as base:
        base.execute("create table kept (number)")
    (project / "y8.child").write_text("read by a child only 4242", encoding="utf-8")
    write = (
        "import pandas as pd; n = [1, 2, 3, 4, 5, 6]"
        "; pd.DataFrame({'column_1122': n, 'column_2244': n[::-1], 'label': [0, 1] * 3}).to_parquet('z7.parquet')"
    )
    subprocess.run((python(peer), "-c", write), cwd=project, check=True)
    if peer is LINEAL:
        subprocess.run((command(LINEAL, "")[0], "init", "-q"), cwd=project, env=own, check=True, capture_output=True)
    done = subprocess.run((*git, "rev-parse", "HEAD"), cwd=project, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _stored(home: Path) -> Iterator[bytes]:
    """Yield the name and bytes of everything that was stored: databases as text, archives unpacked."""
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        is_project = inside.parts[0] == "project"
        if not path.is_file() or (
            is_project and (len(inside.parts) == 2 or inside.parts[1] in {".git", "__pycache__"})
        ):
            continue
        yield f"\n{inside}\n".encode("utf-8", "replace")
        data = path.read_bytes()
        if data.startswith(b"SQLite format 3"):
            with sqlite3.connect(path) as database:
                yield "\n".join(database.iterdump()).encode("utf-8", "replace")
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for each in archive.namelist():
                    yield f"\n{each}\n".encode() + archive.read(each)
        yield data


def _dumped(peer: Peer, own: dict[str, str]) -> str:
    """Return what the store says when it is asked, where its files do not say so in clear."""
    if not peer.dump:
        return ""
    done = subprocess.run((python(peer), "-c", peer.dump), env=own, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{peer.name}'s store could not be read: {done.stderr[-2000:].decode(errors='replace')}")
    return done.stdout.decode("utf-8", "replace")
