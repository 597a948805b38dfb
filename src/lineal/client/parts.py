"""Runs inside a run, and what a run said that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lineal.capture.spool import NESTED
from lineal.capture.told.reading import read
from lineal.objects.errors import Ambiguous, NotFound
from lineal.objects.ulid import is_ulid
from lineal.operations.recording.related import Relations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lineal.capture.launched import Launched
    from lineal.capture.told.record import About
    from lineal.client.connect import Repository


def parts_of(launched: Launched, spool: Path) -> Iterator[tuple[Launched, Path]]:
    """Yield the runs that the program began inside its run, each with the directory of its events.

    They ran the same code in the same processes; which files each of them read or wrote is not known.
    """
    folder = spool / NESTED
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        record = read(each)
        if not is_ulid(each.name) or not record.first_at:
            continue
        about = record.about
        about = msgspec.structs.replace(about, parent=about.parent or launched.run_id)
        yield (
            msgspec.structs.replace(
                launched,
                run_id=each.name,
                record=msgspec.structs.replace(record, about=about),
                state=about.state or launched.state,
                exit_status=None,
                started_at=record.first_at,
                ended_at=record.last_at,
                inputs=(),
                outputs=(),
                intermediates=(),
                stdout=None,
                stderr=None,
                capture_level="",
                gaps=record.gaps,
                training=None,
            ),
            each,
        )


def find_related(repository: Repository, about: About, gaps: list[str]) -> tuple[Relations, str]:
    """Return the runs that ``about`` refers to, by their ids, and the name of the one that is resumed.

    One that cannot be found is told to ``gaps``.
    """
    found: dict[str, Any] = {}
    resumed = ""
    for role in ("parent", "resumes", "forks"):
        said = getattr(about, role).removeprefix("run:")
        if not said or (is_ulid(said) and role != "resumes"):
            found[role] = said
            continue
        try:
            answer: Any = repository.show(f"run:{said}")
        except (NotFound, Ambiguous) as error:
            gaps.append(f"runs: the run was to be connected to run:{said} ({role}), which cannot be: {error.message}")
            continue
        found[role] = answer.id
        resumed = answer.name if role == "resumes" else resumed
    return Relations(**found, from_step=about.from_step), resumed
