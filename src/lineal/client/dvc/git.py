"""What Git knows of a directory, asked for with the ``git`` that is installed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from lineal.objects.errors import Invalid, Unavailable

_SECONDS_MAX = 300
_BATCH = 500


def ask(
    directory: Path,
    *arguments: str,
    statuses: tuple[int, ...] = (0,),
    given: bytes | None = None,
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """Return what Git prints.

    Args:
        directory: where it is asked.
        arguments: the command of Git and what it takes.
        statuses: the exit statuses that are an answer.
        given: what it reads from its standard input.
        variables: what is said to it by the environment, beside what is there.

    Raises:
        Invalid: Git refuses.
        Unavailable: it is not installed, or does not answer.
    """
    # Without its optional locks, looking at a repository does not disturb the user's own git.
    command = ("git", "--no-optional-locks", "-C", str(directory), *arguments)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            timeout=_SECONDS_MAX,
            input=given or b"",
            env={**os.environ, **(variables or {})},
        )
    except FileNotFoundError:
        raise Unavailable("git is not installed", hint="install Git") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"git {arguments[0]} did not answer in {directory}", hint="git status shows why") from None
    if done.returncode not in statuses:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise Invalid(f"git {arguments[0]} failed in {directory}: {said}", hint="git status shows what is wrong")
    return done.stdout


def top_of(directory: Path) -> Path | None:
    """Return the top of the Git repository around ``directory``, or None."""
    places = (directory, *directory.parents)
    return next((each for each in places if (each / ".git").exists()), None)


def contents(directory: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """Yield each of ``names`` with the bytes that Git has by it; None where there are none.

    Args:
        directory: where it is asked.
        names: ids of blobs, or ``COMMIT:PATH`` with the path from the top of the repository.
    """
    rest = iter(dict.fromkeys(names))
    while batch := list(islice(rest, _BATCH)):
        # A line ends a name, so a path with a line break in it cannot be asked for.
        asked = [each for each in batch if "\n" not in each]
        answer = ask(directory, "cat-file", "--batch", given="".join(f"{each}\n" for each in asked).encode())
        yield from ((each, None) for each in batch if each not in asked)
        start = 0
        for name in asked:
            end = answer.index(b"\n", start)
            head = _HEAD.fullmatch(answer, start, end)
            start = end + 1
            yield name, answer[start : start + int(head["size"])] if head and head["kind"] == b"blob" else None
            if head:
                start += int(head["size"]) + 1


_HEAD = re.compile(rb"[0-9a-f]{40,64} (?P<kind>blob|tree|commit|tag) (?P<size>\d+)")
"""How Git begins an answer about something that is there."""
