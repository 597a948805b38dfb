"""The one tree of errors; messages, exit codes and HTTP answers all derive from it.

::

    LinealError
    ├── Invalid        the request cannot be meant that way           exit 2   HTTP 400
    ├── NotFound       nothing here has that name                     exit 3   HTTP 404
    │   └── Ambiguous  more than one thing has that name              exit 3   HTTP 404
    ├── Conflict       somebody else was faster                       exit 4   HTTP 409
    │   └── Exists     something has that name already                exit 4   HTTP 409
    ├── Refused        a gate said no, with its reasons               exit 5   HTTP 422
    ├── Denied         you may not do that                            exit 6   HTTP 403
    ├── Corrupt        bytes are not what their digest says           exit 7   HTTP 500
    ├── Unavailable    the store, a model or a server cannot be had   exit 8   HTTP 503
    │   └── Busy       others write at this moment                    exit 8   HTTP 503
    └── Unsupported    made by a newer Lineal                         exit 9   HTTP 501
"""

from __future__ import annotations

from typing import ClassVar


class LinealError(Exception):
    """Something that went wrong, said so that a person knows what to do next.

    Args:
        message: what happened, naming the thing and the place.
        hint: the next step, one sentence or a command; empty when there is none.
    """

    exit_status: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Invalid(LinealError):
    """The request cannot be meant that way: a bad reference, option, policy or file."""

    exit_status = 2
    http_status = 400


class NotFound(LinealError):
    """Nothing here has that name; the hint lists what is near."""

    exit_status = 3
    http_status = 404


class Ambiguous(NotFound):
    """More than one thing has that name; the hint lists them."""


class Conflict(LinealError):
    """Another writer was faster, or the name is already taken: read again and retry."""

    exit_status = 4
    http_status = 409


class Exists(Conflict):
    """Something has that name already."""


class Refused(LinealError):
    """A gate said no; the message holds the reasons."""

    exit_status = 5
    http_status = 422


class Denied(LinealError):
    """The caller has no right to do that."""

    exit_status = 6
    http_status = 403


class Corrupt(LinealError):
    """Stored bytes are not what their digest says."""

    exit_status = 7
    http_status = 500


class Unavailable(LinealError):
    """The store, an environment or a running model cannot be reached or written (disk full, read-only, down)."""

    exit_status = 8
    http_status = 503


class Busy(Unavailable):
    """Others write at this moment; the same succeeds later."""


class Unsupported(LinealError):
    """The repository or file was written by a newer Lineal."""

    exit_status = 9
    http_status = 501


ERRORS: dict[str, type[LinealError]] = {
    each.__name__: each
    for each in (
        LinealError,
        Invalid,
        NotFound,
        Ambiguous,
        Conflict,
        Refused,
        Denied,
        Corrupt,
        Unavailable,
        Unsupported,
    )
}
