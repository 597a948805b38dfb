"""What real tools wrote, by `python tools/recorded_evaluations.py`, read as somebody gives it."""

from __future__ import annotations

from pathlib import Path

from lineal.formats.evaluations.formats import read_results
from lineal.formats.evaluations.given import Given
from lineal.formats.evaluations.results import Results
from lineal.objects.outside_evaluations import OutsideResult

RECORDED = Path(__file__).parent / "recorded"


def read(path: str, *, features: tuple[str, ...] = ()) -> Results:
    """Return what the file or directory at ``path`` of the recorded ones says."""
    there = RECORDED / path
    files = [there] if there.is_file() else sorted(each for each in there.rglob("*") if each.is_file())
    base = there.parent if there.is_file() else there
    return read_files({str(each.relative_to(base)): each.read_bytes() for each in files}, features=features)


def read_files(files: dict[str, bytes], *, features: tuple[str, ...] = ()) -> Results:
    """Return what files say."""
    sizes = {path: len(data) for path, data in files.items()}
    return read_results(Given(sizes, files.__getitem__, name="result", features=features))


def only(found: Results, *, task: str = "", feature: str = "", value: str = "") -> OutsideResult:
    """Return the one result of a task or group."""
    (each,) = (one for one in found.results if (one.task, one.feature, one.value) == (task, feature, value))
    return each
