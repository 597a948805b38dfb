"""Statements about a digest: make one, find those that were made."""

from __future__ import annotations

from typing import TypeVar

from lineal.objects.canonical import Object, object_digest
from lineal.objects.digest import Digest
from lineal.objects.replays import Replay
from lineal.objects.statements import Bump, Predicate, Statement
from lineal.operations.references import Row, semantic
from lineal.storage.store import Store

P = TypeVar("P", bound=Predicate)


def make_statement(store: Store, subject: Digest, predicate: Predicate) -> Digest:
    """Say ``predicate`` about ``subject``, as the store's actor, now; return the statement's digest."""
    statement = Statement(subject=subject, predicate=predicate, by=store.actor.name, at=store.clock.now())
    digest = object_digest(statement)
    store.put_object(statement)
    store.database.run(
        "INSERT INTO statement (digest, subject, kind, made_by, made_at) VALUES (:digest, :subject, :kind, :by, :at)"
        " ON CONFLICT (digest) DO NOTHING",
        digest=digest,
        subject=subject,
        kind=kind_of(type(predicate)),
        by=statement.by,
        at=statement.at,
    )
    return digest


def statements_about(store: Store, subject: Digest, kind: str = "") -> tuple[Statement, ...]:
    """Return the statements about ``subject``, newest first; of one ``kind`` when it is given."""
    rows = store.database.run(
        "SELECT digest FROM statement WHERE subject = :subject AND (kind = :kind OR :kind = '')"
        " ORDER BY made_at DESC, digest",
        subject=subject,
        kind=kind,
    )
    return tuple(store.get_object(row["digest"], Statement) for row in rows)


def said(store: Store, subject: Digest, predicate: type[P]) -> tuple[tuple[Statement, P], ...]:
    """Return each statement about ``subject`` of one kind with its predicate, newest first."""
    found = ((each, each.predicate) for each in statements_about(store, subject, kind_of(predicate)))
    return tuple((each, said) for each, said in found if isinstance(said, predicate))


def newest_replay(store: Store, version: Digest, against: Digest) -> Replay | None:
    """Return the newest replay of a version against another."""
    return next((each for _, each in said(store, version, Replay) if each.against == against), None)


def kind_of(predicate: type[Object]) -> str:
    """Return the word by which a kind of statement is found: its tag."""
    return str(predicate.__struct_config__.tag)


def bump_of(store: Store, row: Row) -> Bump | None:
    """Return why the version of a row has its number; the same bytes may have got others, which have reasons of their own."""
    found = [bump for _, bump in said(store, row["digest"], Bump)]
    return next((each for each in found if each.semantic == semantic(row)), found[0] if found else None)
