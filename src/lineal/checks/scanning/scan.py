"""Scan the files of a model: look into each, judge what was found, and say it in one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple

from lineal.checks.scanning.rules import RULES, judge
from lineal.formats.scans.contents import look_into
from lineal.formats.scans.look import Trace
from lineal.formats.scans.paths import leaves
from lineal.objects.errors import NotFound, Unavailable
from lineal.objects.files import Mode
from lineal.objects.scans import SCAN_OUTCOMES, Scan, ScanFinding

FINDINGS_MAX = 200
_TEXT_BYTES_MAX = 1 << 20
_PICKLES = (
    "pickle",
    "torch",
    "npy of objects",
    "gzip, pickle",
    "zlib, pickle",
    "bzip2, pickle",
    "xz, pickle",
    "lzma, pickle",
    "lz4, pickle",
)
_SUPERSEDED = {"call": "import", "new": "import"}


class ScannedFile(NamedTuple):
    """A file to look into.

    Args:
        path: where it is in the model's directory.
        opened: opens it; for a symlink, the text of its target.
        mode: what it is.
    """

    path: str
    opened: Callable[[], AbstractContextManager[BinaryIO]]
    mode: Mode = "file"


def scan(
    files: Iterable[ScannedFile],
    packages: Iterable[str] | None = None,
    find_secrets: Callable[[bytes], Iterable[str]] | None = None,
) -> Scan:
    """Return what files would do if somebody loaded them.

    Args:
        files: the files of a model.
        packages: the names of the distributions that it was made with; None where they are not known.
        find_secrets: names the kinds of secrets in a text.
    """
    known = _normal(packages)
    found: list[ScanFinding] = []
    formats: Counter[str] = Counter()
    pickles: list[str] = []
    for each in files:
        format_name, traces = _look(each, find_secrets)
        formats[format_name] += 1
        if format_name.startswith(_PICKLES) or any(trace.kind in {"import", "call", "new"} for trace in traces):
            pickles.append(each.path)
        found += _judged(each.path, traces, known)
    found.sort(key=lambda each: -SCAN_OUTCOMES.index(each.outcome))
    return Scan(
        outcome=found[0].outcome if found else "clean",
        rules=RULES,
        findings=tuple(found[:FINDINGS_MAX]),
        formats=dict(sorted(formats.items())),
        pickles=tuple(pickles[:FINDINGS_MAX]),
        left_out=max(0, len(found) - FINDINGS_MAX),
    )


def expected_names(file: ScannedFile, packages: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the names that a file asks for and that are expected in it: each of which no trace is judged otherwise.

    Args:
        file: the file.
        packages: the names of the distributions that it was made with; None where they are not known.
    """
    known = _normal(packages)
    _, traces = _look(file, None)
    strange = {each.what for each in traces if judge(each, known).outcome != "clean"}
    return tuple(sorted({each.what for each in traces if each.kind in _SUPERSEDED.values()} - strange))


def _normal(packages: Iterable[str] | None) -> frozenset[str] | None:
    """Return distributions as they are compared."""
    if packages is None:
        return None
    return frozenset(each.lower().replace("_", "-").replace(".", "-") for each in packages)


def _look(each: ScannedFile, find_secrets: Callable[[bytes], Iterable[str]] | None) -> tuple[str, tuple[Trace, ...]]:
    if each.mode == "directory":
        return "directory", ()
    try:
        return _look_open(each, find_secrets)
    except (NotFound, Unavailable) as error:
        return "unreadable", (Trace("unreadable", each.path, error.message),)


def _look_open(
    each: ScannedFile, find_secrets: Callable[[bytes], Iterable[str]] | None
) -> tuple[str, tuple[Trace, ...]]:
    with each.opened() as file:
        if each.mode == "symlink":
            target = file.read(4096).decode("utf-8", "replace")
            escapes = (Trace("path-escapes", each.path, f"a link to {target}"),) if leaves(target, each.path) else ()
            return "symlink", escapes
        found = look_into(each.path, file)
        traces = found.traces
        if find_secrets and file.seek(0, 2) <= _TEXT_BYTES_MAX:
            file.seek(0)
            data = file.read()
            if b"\0" not in data[:4096]:
                traces += tuple(Trace("secret", kind) for kind in find_secrets(data))
        return found.format, traces


def _judged(path: str, traces: Iterable[Trace], packages: frozenset[str] | None) -> list[ScanFinding]:
    """Return the findings of a file; a name that is called is not also told as one that is named."""
    found: dict[tuple[str, str, str], ScanFinding] = {}
    for trace in sorted(traces, key=lambda each: each.kind not in _SUPERSEDED):
        said = judge(trace, packages)
        if said.outcome == "clean":
            continue
        key = (trace.member, trace.what, _SUPERSEDED.get(trace.kind, trace.kind))
        if key in found and (trace.kind == "import" or found[key].said == trace.said):
            continue
        if key in found:
            key = (*key[:2], f"{key[2]} {trace.said}")
        found[key] = ScanFinding(
            rule=said.rule or trace.kind,
            outcome=said.outcome,
            file=path,
            what=trace.what,
            why=said.why,
            said=trace.said,
            member=trace.member,
            place=trace.place,
        )
    return list(found.values())
