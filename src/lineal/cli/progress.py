"""A sign of life on a terminal while something takes its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lineal.cli.context import Context

_AFTER_S = 1.0
"""What is done sooner needs no sign."""

_EVERY_S = 0.5
_CLEAR = "\r\x1b[K"


@contextmanager
def waiting(context: Context, title: str) -> Iterator[None]:
    """Show ``title`` and the seconds on a terminal's standard error until the block ends; then wipe it away."""
    if context.settings.quiet or context.settings.json or not context.err.isatty():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_show, args=(context, title, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _show(context: Context, title: str, done: threading.Event) -> None:
    started = time.monotonic()
    is_shown = False
    pause = _AFTER_S
    while not done.wait(pause):
        pause, is_shown = _EVERY_S, True
        context.err.write(f"{_CLEAR}{title[:60]} … {time.monotonic() - started:.0f} s")
        context.err.flush()
    if is_shown:
        context.err.write(_CLEAR)
        context.err.flush()
