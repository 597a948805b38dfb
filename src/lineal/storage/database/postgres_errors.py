"""psycopg's errors as ours."""

from __future__ import annotations

from contextlib import AbstractContextManager

import psycopg
from psycopg import errors

from lineal.objects.errors import Conflict, Invalid, LinealError, Unavailable

# postgresql.org/docs/current/errcodes-appendix.html; the first that fits.
_ERRORS: tuple[tuple[type[psycopg.Error], type[LinealError], str], ...] = (
    (errors.IntegrityError, Conflict, "read it again and retry"),
    (errors.SerializationFailure, Conflict, "retry"),
    (errors.DeadlockDetected, Conflict, "retry"),
    (errors.InFailedSqlTransaction, Conflict, "begin the transaction again"),
    (errors.ReadOnlySqlTransaction, Unavailable, "connect to the primary server"),
    (errors.InsufficientPrivilege, Unavailable, "grant the database's user the right"),
    (errors.OperationalError, Unavailable, "check that the database server runs and can be reached"),
    (errors.InterfaceError, Unavailable, "check that the database server runs and can be reached"),
    (errors.DataError, Invalid, "change the value"),
    (errors.Error, Invalid, "check the names and values"),
)


class Translated(AbstractContextManager[None]):
    """Turns psycopg's errors into ours."""

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> None:
        if isinstance(error, errors.Error):
            kind, hint = next((ours, hint) for theirs, ours, hint in _ERRORS if isinstance(error, theirs))
            raise kind(f"the database: {str(error).strip()}", hint=hint) from None
        if isinstance(error, UnicodeEncodeError):
            raise Invalid(f"the database cannot keep this value: {error}", hint="change the value") from None


translated = Translated()
