"""The contenders: how each records a program by its own shortest recommendation, in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from benchmarks.store.measure import talk

TOP = Path(__file__).parents[2]
LIBRARIES = ("scikit-learn", "pandas", "pyarrow")


class Peer(NamedTuple):
    """One way to record a program.

    ``begin``, ``log`` and ``end`` are lines of the program; ``value`` and ``step`` are there to be logged. ``before`` stands
    before the command; ``HOME`` is where the peer keeps its things, a fresh directory each time.
    """

    name: str
    requirement: str
    begin: str
    log: str
    end: str = ""
    before: tuple[str, ...] = ()
    variables: dict[str, str] = {}
    dump: str = ""
    """A program that prints what the store in ``HOME`` holds, where its files do not say so in clear."""


_WANDB_DUMP = """
import glob, os, struct
from wandb.proto import wandb_internal_pb2 as messages
for path in glob.glob(os.path.join(os.environ['HOME'], '**', '*.wandb'), recursive=True):
    data, at, whole = open(path, 'rb').read(), 7, b''
    while at + 7 < len(data):
        if (left := 32768 - at % 32768) < 7:
            at += left
            continue
        size, kind = struct.unpack_from('<HB', data, at + 4)
        whole, at = whole + data[at + 7:at + 7 + size], at + 7 + size
        if kind in (1, 4):
            record = messages.Record()
            record.ParseFromString(whole)
            print(record)
            whole = b''
"""
"""A log of messages in blocks of 32 KiB, each piece behind a checksum, its size, and whether it is whole, first or last."""

LINEAL = Peer("Lineal", "", "import lineal", "lineal.log(loss=value)", before=("lineal", "run", "-q", "--"))
PEERS = (
    Peer(
        "MLflow",
        "mlflow==3.17.2",
        "import mlflow; mlflow.set_tracking_uri('sqlite:///' + os.environ['HOME'] + '/mlflow.db');"
        " mlflow.autolog(); mlflow.start_run()",
        "mlflow.log_metric('loss', value, step=step)",
        "mlflow.end_run()",
    ),
    Peer(
        "W&B",
        "wandb==0.31.0",
        "import wandb; run = wandb.init(project='bench', mode='offline', dir=os.environ['HOME'])",
        "run.log({'loss': value})",
        "run.finish()",
        variables={"WANDB_SILENT": "true"},
        dump=_WANDB_DUMP,
    ),
    Peer(
        "Trackio",
        "trackio==0.43.0",
        "import trackio; trackio.init(project='bench')",
        "trackio.log({'loss': value})",
        "trackio.finish()",
    ),
    Peer(
        "ClearML",
        "clearml==2.1.12",
        "from clearml import Task; Task.set_offline(True); task = Task.init('bench', 'bench')",
        "task.get_logger().report_scalar('loss', 'loss', value, step)",
        "task.close()",
    ),
    Peer(
        "Guild AI",
        "guildai==0.9.0",
        "",
        "print(f'loss: {value}')",
        before=("guild", "run", "-y", "--quiet"),
        variables={"GUILD_HOME": "{HOME}/guild"},
    ),
)


def python(peer: Peer) -> Path:
    """Return the interpreter of a peer's own environment, made on first use; Lineal's is this one."""
    return _environment(peer.requirement) / "bin" / "python" if peer.requirement else Path(sys.executable)


@cache
def _environment(requirement: str) -> Path:
    home = TOP / ".peers" / f"capture-{requirement.partition('=')[0]}"
    wanted = " ".join((requirement, *LIBRARIES))
    stamp = home / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        talk(f"installing {requirement} into {home.relative_to(TOP)}")
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run((sys.executable, "-m", "venv", home), check=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted.split())
        # Guild AI asks for pkg_resources, which the newest setuptools has no more.
        subprocess.run((home / "bin" / "python", *install, "setuptools<81"), check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return home


def command(peer: Peer, program: str, *arguments: str) -> tuple[str, ...]:
    """Return the line that records ``program``."""
    if peer.before[:1] == ("guild",):
        return (str(python(peer).parent / "guild"), *peer.before[1:], program, *arguments)
    words = (str(python(peer)), program, *arguments)
    return (str(python(peer).parent / peer.before[0]), *peer.before[1:], *words) if peer.before else words


def environment(peer: Peer, home: Path) -> dict[str, str]:
    """Return the variables of a recorded program, with everything that a peer keeps below ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    known = {name: value for name, value in os.environ.items() if not name.startswith(("LINEAL_", "PYTHON"))}
    mine = {"PYTHONPATH": str(TOP / "src")} if not peer.requirement else {}
    own = {name: value.replace("{HOME}", str(home)) for name, value in peer.variables.items()}
    if "GUILD_HOME" in own:
        Path(own["GUILD_HOME"]).mkdir(exist_ok=True)
    places = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "TRACKIO_DIR": str(home / "trackio")}
    path = f"{python(peer).parent}{os.pathsep}{known['PATH']}"
    return {**known, **mine, **own, **places, "CLEARML_CACHE_DIR": str(home / "clearml"), "PATH": path}
