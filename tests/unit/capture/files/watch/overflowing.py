"""A queue of the kernel that has more in it than it holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lineal.capture.files.places import Ignored
from lineal.capture.files.watch.inotify import Inotify
from lineal.capture.files.watch.watcher import Root


def overflowing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Inotify:
    """Return a watcher of ``folder`` whose queue is full and was not emptied yet."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    names = [folder / each for each in "ab"]
    for each in names:
        each.touch()
    watcher = Inotify((Root(str(folder)),), Ignored())
    monkeypatch.setattr(watcher, "_watch", lambda: None)  # nobody empties the queue meanwhile
    watcher.start()
    for position in range(limit):
        os.close(os.open(names[position % 2], os.O_RDONLY))
    return watcher
