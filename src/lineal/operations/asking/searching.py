"""What searches have to know of a repository, and the rows that they find as lists show them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from lineal.objects.canonical import Number
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.reference import parse_reference
from lineal.operations.answers.models import RunAnswer, VersionLine
from lineal.operations.recording import runs
from lineal.operations.recording.model_metrics import SCOPE
from lineal.operations.references import Row, find_dataset, near
from lineal.operations.versioning import models
from lineal.query.query import Data
from lineal.storage.store import Store

_TABLES = {"metric": "metric_last", "param": "param", "tag": "tag"}
_TIME = re.compile(r"[0-9a-f]{1,13}")
_METRICS_SHOWN = 50
"""A list shows so many metrics of a run or version, where the search names none."""

# One look into an index for each name, however many rows have it.
_NAMES = (
    "WITH RECURSIVE named (key) AS (SELECT min(t.key) FROM {table} t UNION ALL"
    " SELECT (SELECT min(t.key) FROM {table} t WHERE t.key > n.key) FROM named n WHERE n.key IS NOT NULL)"
    " SELECT key FROM named WHERE key IS NOT NULL"
)
_PACKAGES = _NAMES.replace("t.key", "t.name").format(table="package")
_RELEASES = (
    "WITH RECURSIVE named (version) AS (SELECT min(k.version) FROM package k WHERE k.name = :name UNION ALL"
    " SELECT (SELECT min(k.version) FROM package k WHERE k.name = :name AND k.version > n.version) FROM named n"
    " WHERE n.version IS NOT NULL) SELECT version FROM named WHERE version IS NOT NULL"
)


class StoreFacts:
    """What a store knows: names, packages, datasets, experiments.

    Args:
        store: the store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._run = store.database.run

    def data(self, reference: str) -> Data:
        """Return what a reference to a dataset means: versions here, and those that programs said they used.

        Raises:
            NotFound: neither is there.
            Invalid: it is no reference to a dataset.
        """
        name, digest = _told(reference)
        has_told = bool(name) and bool(
            self._run(
                "SELECT 1 FROM named_dataset WHERE name = :name AND substr(digest, 1, CAST(:length AS INTEGER)) = :digest"
                " LIMIT 1",
                name=name,
                digest=digest,
                length=len(digest),
            )
        )
        try:
            return Data(tuple(self._digests(reference)), name if has_told else "", digest)
        except NotFound:
            if has_told:
                return Data((), name, digest)
            raise

    def _digests(self, reference: str) -> list[str]:
        """Return the dataset versions that a reference means: one, or all of a name that says no more."""
        name, digest = _told(reference)
        if digest and not digest.isdigit() and not digest.startswith("sha256:"):
            raise NotFound(f"no run used a dataset {name} whose digest begins with {digest}", hint=f"write data:{name}")
        row = find_dataset(self._store, reference)
        meant = parse_reference(reference)
        if meant.kind == "dataset" and not meant.detail:
            rows = self._run("SELECT DISTINCT digest FROM dataset WHERE name = :name", name=row["name"])
            return [each["digest"] for each in rows]
        return [row["digest"]]

    def names(self, kind: str) -> Sequence[str]:
        """Return the names of all metrics, params or tags."""
        found = [row["key"] for row in self._run(_NAMES.format(table=_TABLES[kind]))]
        # What logged models measured on a dataset stands there too, under names that nobody wrote.
        return [each for each in found if SCOPE not in each]

    def releases(self, package: str) -> Sequence[str]:
        """Return the versions of a package that anything was made with."""
        return [row["version"] for row in self._run(_RELEASES, name=package)]

    def packages(self) -> Sequence[str]:
        """Return the names of all packages."""
        return [row["key"] for row in self._run(_PACKAGES)]

    def experiment(self, name: str) -> int | None:
        """Return the number of the experiment of that name; None when there is none."""
        rows = self._run("SELECT number FROM experiment WHERE name = :name", name=name)
        return rows[0]["number"] if rows else None

    def is_text_only(self, param: str) -> bool:
        """Tell whether the param is a text wherever it is."""
        is_number = "SELECT 1 FROM param WHERE key = :key AND number IS NOT NULL LIMIT 1"
        is_there = "SELECT 1 FROM param WHERE key = :key LIMIT 1"
        return not self._run(is_number, key=param) and bool(self._run(is_there, key=param))

    def unmeasured(self, wanted: Sequence[str]) -> str:
        """Return a sentence for the first of the metrics that nothing here has: most likely a slip of the pen."""
        for name in wanted:
            if not self._run("SELECT 1 FROM metric_last WHERE key = :key LIMIT 1", key=name):
                like = near(name, self.names("metric"), "none is measured yet")
                return f"nothing here has a metric called {name}; {like}"
        return ""


def going_on(page: str, now: int) -> tuple[int, str]:
    """Return when the first page was asked for, and the token of the next: seven days ago stays where it was.

    Args:
        page: what the page before gave; empty for the first one.
        now: the time.

    Raises:
        Invalid: it is no page of a search.
    """
    if not page:
        return now, ""
    at, _, token = page.partition(".")
    if not _TIME.fullmatch(at) or not token:
        raise Invalid("this is no page of a search", hint="send what the page before gave as next_page")
    return int(at, 16), token


def next_of(now: int, token: str) -> str:
    """Return by what the next page is asked for, which ``going_on`` takes apart; empty when there is none."""
    return f"{now:x}.{token}" if token else ""


def _told(reference: str) -> tuple[str, str]:
    """Return the name and the beginning of the digest by which programs may know a dataset; empty for a digest alone."""
    if not reference.startswith("data:"):
        return "", ""
    name, _, digest = reference.removeprefix("data:").partition("@")
    return name, digest


def version_lines(store: Store, rows: Sequence[Row], wanted: Sequence[str]) -> tuple[VersionLine, ...]:
    """Return rows of versions as a list shows them, with the ``wanted`` metrics, or all of the overall ones."""
    metrics = _metrics(store, [row["digest"] for row in rows], wanted)
    return tuple(models.version_line(store, row, metrics=metrics[row["digest"]]) for row in rows)


def run_lines(store: Store, rows: Sequence[Row], wanted: Sequence[str]) -> tuple[RunAnswer, ...]:
    """Return rows of runs as a list shows them, with the ``wanted`` metrics, or the first ones."""
    metrics = _metrics(store, [row["id"] for row in rows], wanted)
    return tuple(runs.lines(store, rows, metrics=metrics))


def _metrics(store: Store, subjects: Sequence[str], wanted: Iterable[str]) -> dict[str, dict[str, Number]]:
    """Return metrics of several things by their subject, each with the wanted ones first."""
    found = defaultdict[str, dict[str, Number]](dict)
    names = {f"k{place}": name for place, name in enumerate(dict.fromkeys(wanted))}
    marks = ", ".join(f":{mark}" for mark in names)
    for subject in dict.fromkeys(subjects):
        chosen = f"AND key IN ({marks})" if names else "AND key NOT LIKE '%[%'"
        rows = store.database.run(
            f"SELECT key, value, word FROM metric_last WHERE subject = :subject {chosen} ORDER BY key LIMIT :most",
            subject=subject,
            most=len(names) or _METRICS_SHOWN,
            **names,
        )
        values = {row["key"]: row["word"] or row["value"] for row in rows}
        found[subject] = {name: values[name] for name in names.values() if name in values} if names else values
    return found
