"""Taker of the files that an interpreter opened, where nobody else could see them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lineal.capture.told.record import FileTold

if TYPE_CHECKING:
    from lineal.capture.told.record import Event, Gathered


def take_file(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """Names come as the hexadecimal digits of their bytes: they need not be text."""
    path = os.fsdecode(bytes.fromhex(event["path"]))
    text = os.fsdecode(bytes.fromhex(event.get("text", "")))
    stamp = None if event["stamp"] is None else tuple(int(each) for each in event["stamp"])
    gathered.files.append(FileTold(str(event["purpose"]), path, text, stamp))  # type: ignore[arg-type]  # three numbers
