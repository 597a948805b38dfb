"""What a program did elsewhere than in files, while its events are read: one use for however many tellings of it."""

from __future__ import annotations

import msgspec

from lineal.objects.places import Label, ObjectUse, QueryUse

_OBJECTS_MAX, _QUERIES_MAX = 10_000, 1_000


class Elsewhere:
    """Objects, queries, labels of files and connections.

    A read through several libraries is told by each of them: an address that one of them knows the version of, and
    another does not, is one use.
    """

    def __init__(self) -> None:
        self.objects: list[ObjectUse] = []
        self.queries: dict[tuple[str, str], QueryUse] = {}
        self.labels: dict[str, Label] = {}
        self.addresses: set[str] = set()
        self.has_native_reads = False
        self._by_place: dict[tuple[str, str], list[int]] = {}
        self._open: dict[str, str] = {}
        self._explained: set[str] = set()
        self._listening: set[str] = set()
        self._left_out: dict[str, int] = {"objects": 0, "queries": 0}

    def add_object(self, use: ObjectUse) -> None:
        """Keep ``use``, together with what was told of the same state before."""
        places = self._by_place.setdefault((use.uri, use.access), [])
        for index in places:
            if _is_same(self.objects[index], use):
                self.objects[index] = _merged(self.objects[index], use)
                return
        if len(self.objects) >= _OBJECTS_MAX:
            self._left_out["objects"] += 1
            return
        places.append(len(self.objects))
        self.objects.append(use)

    def add_query(self, use: QueryUse) -> None:
        """Keep ``use``; the last count of rows stays."""
        known = self.queries.get((use.connection, use.sql))
        if known is None and len(self.queries) >= _QUERIES_MAX:
            self._left_out["queries"] += 1
            return
        by = _joined(known.by if known else (), use.by)
        rows = use.row_count if use.row_count is not None or known is None else known.row_count
        self.queries[use.connection, use.sql] = msgspec.structs.replace(use, by=by, row_count=rows)

    def add_label(self, path: str, label: Label) -> None:
        """Keep ``label``, unless a fuller one of the same file is known."""
        known = self.labels.get(path)
        if known is None or label.columns or label.shape or not (known.columns or known.shape):
            self.labels[path] = label

    def add_peer(self, name: str, address: str, *, state: str) -> None:
        """Keep a connection: ``state`` is ``open``, ``explained``, ``unseen`` or ``listening``."""
        self.addresses.add(address)
        if state == "listening":
            self._listening.add(address.rpartition(":")[2])
        elif state == "explained":
            self._explained |= {name, address}
        else:
            self._open[name] = "unseen" if "unseen" in {state, self._open.get(name)} else "open"

    def gaps(self) -> list[str]:
        """Return sentences about what nobody explained."""
        found = [
            f"network: what the program got from {name} is not known"
            + (", since it sent it something to be answered" if state == "unseen" else "")
            for name, state in self._open.items()
            if state == "unseen" or not (name in self._explained or self._is_own(name))
        ]
        return found + [f"{what}: {count} more were not kept" for what, count in self._left_out.items() if count]

    def _is_own(self, name: str) -> bool:
        host, _, port = name.rpartition(":")
        return is_loopback(host) and port in self._listening


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is this machine itself."""
    return host.startswith("127.") or host in {"localhost", "::1", "::ffff:127.0.0.1", "0.0.0.0"}  # noqa: S104 compared


def _is_same(known: ObjectUse, use: ObjectUse) -> bool:
    """Tell whether two tellings may be of one state: nothing that both know differs."""
    facts = ((known.version, use.version), (known.etag, use.etag), (known.digest, use.digest))
    return all(not (one and other) or one == other for one, other in facts)


def _merged(known: ObjectUse, use: ObjectUse) -> ObjectUse:
    return msgspec.structs.replace(
        known,
        version=known.version or use.version,
        etag=known.etag or use.etag,
        digest=known.digest or use.digest,
        size_bytes=use.size_bytes if known.size_bytes is None else known.size_bytes,
        endpoint=known.endpoint or use.endpoint,
        by=_joined(known.by, use.by),
        label=use.label or known.label,
    )


def _joined(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))
