"""What goes wrong, said on standard error: for people, or as JSON for programs. Never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from lineal.objects.errors import LinealError

INTERRUPTED = 130
"""What shells report for a program that Ctrl-C ended: 128 + SIGINT."""

PIPE_CLOSED = 141
"""What shells report for a program whose reader went away: 128 + SIGPIPE."""

UNEXPECTED = 1


def tell(error: LinealError, err: TextIO, *, as_json: bool = False) -> int:
    """Say what went wrong and what to do, and return the exit status."""
    if as_json:
        import msgspec  # noqa: PLC0415 - people's errors do without it

        err.write(msgspec.json.encode(problem(error)).decode() + "\n")
    else:
        err.write(f"error: {_shown(error.message)}\n")
        if error.hint:
            err.write(f"hint: {_shown(error.hint)}\n")
    return error.exit_status


def _shown(text: str) -> str:
    """Return a message with its lines, and nothing else in it that could steer a terminal: it may quote a file's name."""
    from lineal.cli.render.page import plain  # noqa: PLC0415 - only who fails needs it

    return "\n".join(map(plain, text.split("\n")))


def problem(error: LinealError) -> dict[str, str | int]:
    """Return an error as HTTP answers it (RFC 9457)."""
    return {
        "type": type(error).__name__,
        "title": (type(error).__doc__ or "").partition("\n")[0],
        "detail": error.message,
        "hint": error.hint,
        "status": error.http_status,
    }


def tell_unexpected(error: Exception, err: TextIO, variables: Mapping[str, str], *, as_json: bool = False) -> int:
    """Say in one line what we did not expect, and where the traceback was written; LINEAL_DEBUG=1 shows it."""
    import traceback  # noqa: PLC0415 - rarely needed, and slow to load

    text = "".join(traceback.format_exception(error))
    if variables.get("LINEAL_DEBUG") == "1":
        err.write(text)
    said = LinealError(
        f"something unexpected happened: {type(error).__name__}: {' '.join(str(error).split())}",
        hint=f"this is a fault of Lineal; the traceback is in {_kept(text)}",
    )
    tell(said, err, as_json=as_json)
    return UNEXPECTED


def _kept(text: str) -> str:
    """Write a traceback where a person can find it, and say where."""
    import tempfile  # noqa: PLC0415

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="lineal-error-", suffix=".txt", encoding="utf-8", delete=False
        ) as file:
            file.write(text)
            return file.name
    except OSError:
        return "no file, for none can be written; LINEAL_DEBUG=1 shows it"
