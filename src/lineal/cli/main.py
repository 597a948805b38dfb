"""The entry point: a line of words becomes a command, an answer and an exit status."""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TextIO

from lineal import __version__
from lineal.capture.program import standard
from lineal.cli import faults
from lineal.cli.context import Context, environment
from lineal.cli.globals import split
from lineal.objects.errors import LinealError

HELP = "help"

_SIGNALLED = 128
"""Shells report a program that signal N ended as 128 + N."""


def main(line: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit status.

    Args:
        line: the words after ``lineal``; by default this process's own.
    """
    if line is None:
        gc.disable()  # until all is there that the command needs: nothing of what is loaded is ever garbage
    standard.hold()
    # Python has no stream where there was no descriptor.
    sys.stdout, sys.stderr = (each or io.StringIO() for each in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign must not end the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    status = execute(sys.argv[1:] if line is None else line, sys.stdout, sys.stderr, environment())
    if status < 0:
        return _end_by(-status)
    if line is None:
        _leave(status)
    return status


def _leave(status: int) -> None:
    """End this process, if nothing is left that Python would wait for or tell of; it would tidy up for longer than many a run."""
    if any(not each.daemon and each is not threading.current_thread() for each in threading.enumerate()):
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - what Python itself calls then
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (OSError, ValueError):
        return
    os._exit(status)


def execute(line: Sequence[str], out: TextIO, err: TextIO, variables: Mapping[str, str]) -> int:
    """Carry out a command line, answer on ``out``, talk on ``err``, and return the exit status.

    It is negative where a signal ended the program that was run.
    """
    as_json = "--json" in line
    try:
        settings = split(line)
        as_json = settings.json  # what follows `run --` is not ours
        status = _dispatch(Context(settings, out, err, variables))
        out.flush()
    except LinealError as error:
        return faults.tell(error, err, as_json=as_json)
    except KeyboardInterrupt:
        err.write("\n")
        return faults.INTERRUPTED
    except BrokenPipeError:
        _forget(out)
        return faults.PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - the last resort: a line and a file, never a traceback
        return faults.tell_unexpected(error, err, variables, as_json=as_json)
    return status


def _dispatch(context: Context) -> int:
    settings = context.settings
    if settings.version:
        return _version(context)
    words = settings.words
    if words[:1] == (HELP,):
        words, settings = words[1:], settings._replace(help=True)
    if settings.help or not words:
        return _help(context, words)
    from lineal.cli.catalogue import find  # noqa: PLC0415 - the version needs none of them

    command, arguments = find(words)
    options = command.parser(width=context.width).read(arguments)
    if not gc.isenabled():
        gc.freeze()  # what was loaded is looked through no more
        gc.enable()
    return command.run(context, options)


def _version(context: Context) -> int:
    if context.settings.json:
        context.data({"lineal": __version__})
    else:
        context.out.write(f"lineal {__version__}\n")
    return 0


def _help(context: Context, words: Sequence[str]) -> int:
    from lineal.cli import help as texts  # noqa: PLC0415 - only who asks for it waits for it

    if not words:
        text = texts.overview()
    elif not (text := texts.group(words[0]) if len(words) == 1 else ""):
        from lineal.cli.catalogue import find  # noqa: PLC0415

        text = find(words)[0].parser(width=context.width).format_help()
    context.out.write(text)
    return 0


def _end_by(number: int) -> int:
    """End by the signal that ended the recorded program, as whoever waits for it would see without us."""
    import resource  # noqa: PLC0415 - only a program that was killed needs them
    import signal  # noqa: PLC0415

    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # If there is a core to look at, it is the program's.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if number not in {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    return _SIGNALLED + number


def _forget(out: TextIO) -> None:
    """Keep Python from complaining at its end of a reader who went away."""
    if out is sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
