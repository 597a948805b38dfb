"""A program that is run bare and then recorded: it must not notice, and what is seen of it is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from lineal.client.local import LocalRepository
from lineal.client.recorder import record
from lineal.objects.digest import Digest
from lineal.objects.runs import Run
from lineal.storage import series
from tests.parts.capture import interpreter
from tests.parts.part import TOP

PROGRAMS = TOP / "tests" / "surfaces" / "programs"


class Seen(NamedTuple):
    """A recorded run, and the steps of its metrics."""

    run: Run
    steps: dict[str, list[int]]


def run_twice(repository: LocalRepository, place: Path, program: str, **more: str) -> Seen:
    """Run a program of ``programs/`` bare and recorded, each in an empty directory; both must print the same.

    Args:
        repository: where it is recorded.
        place: a directory for both.
        program: its name.
        more: more of its environment.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINEAL_", "PYTHON"))}
    variables = {
        **kept,
        # What libraries make once in a home of their own takes seconds.
        "HOME": str(place),
        "MPLCONFIGDIR": str(place),
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        **more,
    }
    command = (str(interpreter()), f"{program}.py")
    folders = [place / each for each in ("bare", "recorded")]
    for folder in folders:
        folder.mkdir()
        shutil.copy(PROGRAMS / f"{program}.py", folder)
    with (place / "printed").open("wb") as out, (place / "said").open("wb") as said:
        # Both at once: the imports of some libraries take ten seconds.
        bare = subprocess.Popen(command, cwd=folders[0], env=variables, stdout=out, stderr=said)
        try:
            answer = record(repository, command, directory=folders[1], variables=variables)
        finally:
            assert bare.wait() == 0, (place / "said").read_text()
    run = repository.store.get_object(Digest(answer.digest or ""), Run)
    assert run.exit_status == 0
    printed = repository.blobs.get(run.stdout) if run.stdout else b""
    assert (place / "printed").read_text().splitlines() == printed.decode().splitlines()
    assert not [each for each in run.gaps if "Error" in each]
    return Seen(run, {key: series.history(repository.store.database, run.id, key).steps for key in run.metrics})
