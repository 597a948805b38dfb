"""How the demo talks: chapters, the commands it types, and what came of them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

WIDTH = 96


class Narrator:
    """Types real ``lineal`` commands in a project, shows them and their output, and says why.

    Args:
        project: the directory where the commands run.
    """

    def __init__(self, project: Path) -> None:
        self.project = project
        self._chapter = 0
        self._started = time.monotonic()
        # The command of the environment that runs the demo, whatever is on the person's PATH.
        scripts = str(Path(sys.executable).parent)
        self._variables = {
            **os.environ,
            "PATH": scripts + os.pathsep + os.environ.get("PATH", ""),
            "LINEAL_USER": "ada",
        }

    def chapter(self, title: str, why: str) -> None:
        """Begin the next part, and say what it is for."""
        self._chapter += 1
        print(f"\n{'─' * WIDTH}\n{self._chapter}. {title}\n")
        self.say(why)

    def say(self, text: str) -> None:
        """Say something."""
        print(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent="   ", subsequent_indent="   "), flush=True)

    def run(self, command: str, *, exit_status: int = 0, lines: int = 40) -> None:
        """Type ``command`` and show the first ``lines`` of what it prints, and its last words.

        Raises:
            SystemExit: it exited with another status than the one that belongs here.
        """
        print(f"\n   $ {command}", flush=True)
        done = subprocess.run(
            shlex.split(command), cwd=self.project, env=self._variables, capture_output=True, text=True, check=False
        )
        out, talk = done.stdout.rstrip().splitlines(), done.stderr.rstrip().splitlines()
        left_out = [f"… {len(out) - lines} more lines"] if len(out) > lines else []
        print(textwrap.indent("\n".join([*out[:lines], *left_out, *talk]), "     "), flush=True)
        if done.returncode != exit_status:
            raise SystemExit(f"demo: that exited with {done.returncode}, not {exit_status}")

    def answer(self, command: str) -> Any:
        """Return what ``command --json`` answers, without showing it."""
        done = subprocess.run(
            [*shlex.split(command), "--json"],
            cwd=self.project,
            env=self._variables,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    @property
    def seconds(self) -> float:
        """How long it took so far."""
        return time.monotonic() - self._started
