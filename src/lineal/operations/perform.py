"""Carry out an operation: permission, idempotency, transaction, journal and measure, written once for every verb."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Busy, Conflict, Denied, LinealError, Refused, Unavailable
from lineal.objects.prepared import prepared
from lineal.operations.journal import Outcome, write_entry
from lineal.operations.operation import Effect, Operation
from lineal.storage.store import Store

Observer = Callable[[str, str, float], None]
"""Told of every operation: its words, how it ended (``done`` or the error's name), and its seconds."""


def perform(
    store: Store, operation: Operation, request: msgspec.Struct, *, key: str = "", observer: Observer | None = None
) -> Any:
    """Carry out ``operation`` on ``store`` and return its answer.

    Args:
        store: where, and as whom.
        operation: the verb.
        request: its arguments.
        key: an idempotency key; a second request with the same key gets the first one's answer.
        observer: is told how it went.

    Raises:
        Denied: the actor's role is too small.
        Conflict: the key was used for another request.
        LinealError: what the operation itself raises. A ``Refused`` is an answer: what led to it is kept and journalled.
    """
    started, ended = time.perf_counter(), "done"
    try:
        _check_role(store, operation, request)
        return _WAYS[operation.effect](store, operation, request, key)
    except LinealError as error:
        ended = type(error).__name__
        raise
    finally:
        if observer:
            observer(operation.words, ended, time.perf_counter() - started)


def _check_role(store: Store, operation: Operation, request: msgspec.Struct) -> None:
    if not store.actor.may(operation.role):
        from lineal.operations.people import access  # noqa: PLC0415 - the owner of a directory may do everything

        try:
            access.check_role(store, operation, request)
        except Denied as denied:
            _note_denied(store, operation, request, denied)
            raise


def _seen(store: Store, answer: Any) -> Any:
    """Return what the actor may see of an answer."""
    if store.actor.may("reader"):
        return answer
    from lineal.operations.people import access  # noqa: PLC0415 - most see everything

    return access.visible(store, answer)


def _read(store: Store, operation: Operation, request: msgspec.Struct, _key: str) -> Any:
    return _seen(store, _call(store, operation, request))


def _record(store: Store, operation: Operation, request: msgspec.Struct, _key: str) -> Any:
    with store.database.transaction():
        return _call(store, operation, request)


def _call(store: Store, operation: Operation, request: msgspec.Struct) -> Any:
    return operation.function(store, **msgspec.structs.asdict(request))


def _write(store: Store, operation: Operation, request: msgspec.Struct, key: str) -> Any:
    """One transaction holds the change, its journal entry and the answer for a retry."""
    refusal: Refused | None = None
    result: Any = None
    if operation.prepare:
        operation.prepare(store, **msgspec.structs.asdict(request))
    noting = store.noting()
    try:
        with noting.database.transaction() if operation.effect == "shares" and not key else noting.writing():
            if key and (known := _known_answer(store, operation, request, key)) is not None:
                return known
            try:
                result = _call(noting, operation, request)
            except Refused as refused:
                refusal = refused
            _journal(noting, operation, request, "failed" if refusal else "done", result, refusal)
            if key and refusal is None and not operation.tells_secret:
                _keep_answer(store, operation, request, key, result)
    except Denied as denied:
        _note_denied(store, operation, request, denied)
        raise
    if refusal:
        raise refusal
    return result


def _act(store: Store, operation: Operation, request: msgspec.Struct, key: str) -> Any:
    """Journal the beginning and the end, so that a crash in between shows as a beginning without an end."""
    with store.writing():
        if key and (known := _known_answer(store, operation, request, key)) is not None:
            return known
        _journal(store, operation, request, "began", None, None)
    noting = store.noting()
    try:
        result = _call(noting, operation, request)
    except LinealError as error:
        with noting.writing():
            _journal(noting, operation, request, "denied" if isinstance(error, Denied) else "failed", None, error)
        raise
    with noting.writing():
        _journal(noting, operation, request, "done", result, None)
        if key:
            _keep_answer(store, operation, request, key, result)
    return result


def _examine(store: Store, operation: Operation, request: msgspec.Struct, key: str) -> Any:
    if _can_journal(store):
        return _act(store, operation, request, key)
    return _call(store, operation, request)


def _can_journal(store: Store) -> bool:
    try:
        with store.writing():
            return True
    except Busy:
        raise
    except Unavailable:
        return False


def _known_answer(store: Store, operation: Operation, request: msgspec.Struct, key: str) -> Any:
    rows = store.database.run("SELECT operation, request, response FROM answer WHERE key = :key", key=key)
    if not rows:
        return None
    if (rows[0]["operation"], rows[0]["request"]) != (operation.words, _request_digest(operation, request)):
        raise Conflict(f"the idempotency key {key!r} was used for another request", hint="use a new key")
    return msgspec.json.decode(rows[0]["response"], type=prepared(operation.response))


def _keep_answer(store: Store, operation: Operation, request: msgspec.Struct, key: str, result: Any) -> None:
    store.database.run(
        "INSERT INTO answer (key, operation, request, response, at) VALUES (:key, :words, :request, :response, :at)",
        key=key,
        words=operation.words,
        request=_request_digest(operation, request),
        response=msgspec.json.encode(result).decode(),
        at=store.clock.now(),
    )


def _request_digest(operation: Operation, request: msgspec.Struct) -> Digest:
    """Return the digest by which a request is known again: without its secrets, which nobody must find by trying."""
    return digest_of(msgspec.json.encode(_masked(operation, request), order="sorted"))


def _masked(operation: Operation, request: msgspec.Struct) -> msgspec.Struct:
    if not operation.secrets:
        return request
    from lineal.capture.secrets import MASK  # noqa: PLC0415 - a question is not journalled

    hidden = {name: MASK for name in operation.secrets if getattr(request, name)}
    return msgspec.structs.replace(request, **hidden)


def _journal(
    store: Store,
    operation: Operation,
    request: msgspec.Struct,
    outcome: Outcome,
    result: Any,
    error: LinealError | None,
) -> None:
    """Append the entry of an act to the journal."""
    write_entry(
        store,
        operation.words,
        msgspec.json.encode(_masked(operation, request), order="sorted"),
        outcome,
        subject=_subject(operation, request, result),
        result=digest_of(msgspec.json.encode(result, order="sorted")) if result is not None else None,
        detail=error.message if error else getattr(result, "remark", ""),
    )


def _note_denied(store: Store, operation: Operation, request: msgspec.Struct, error: Denied) -> None:
    """Journal that somebody tried what they may not. Where even that cannot be written, they are denied all the same."""
    if operation.is_journalled:
        with suppress(LinealError), store.writing():
            _journal(store, operation, request, "denied", None, error)


def _subject(operation: Operation, request: msgspec.Struct, result: Any) -> str:
    """What the act was about: the reference of what it gave, or the first text it was given."""
    if reference := getattr(result, "reference", ""):
        return str(reference)
    texts = (getattr(request, each.name) for each in operation.parameters if each.type is str)
    return next(filter(None, texts), "")


_WAYS: dict[Effect, Callable[[Store, Operation, msgspec.Struct, str], Any]] = {
    "reads": _read,
    "records": _record,
    "writes": _write,
    "shares": _write,
    "acts": _act,
    "examines": _examine,
}
