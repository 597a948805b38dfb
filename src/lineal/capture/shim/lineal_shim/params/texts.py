"""Record configuration files that the program reads as text and then parses: ``json.loads(path.read_text())`` and the like.

Which file a text came from is found by what the program's code names where it parses: a path in a variable, a literal, an
argument. It is one when its content is the text.
"""

from __future__ import annotations

import os
import sys

from ..calling import callers, is_of_a_library
from ..guarding import alike, also, first, method, quietly
from .files import BYTES_MAX, SUFFIXES, configuration, is_read_by_hydra, loaded_as_one, sections_of, tell_file
from .flat import flattened
from .hydra import container, resolved

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

_TIMES_MAX = 20
"""So often one place of the code is looked at; what it parses after that is data."""

_PLACES_MAX = 1_000
_FRAMES_MAX, _VALUES_MAX = 3, 500

_times: dict[int, int] = {}


def watch_texts(module: Any) -> None:
    """Record ``loads(text)`` of ``json``, ``tomllib`` and modules like them."""
    original = module.loads

    def loads(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        # Programs parse a million lines of data this way: a place of the code is let go once it did so often.
        if type(result) is dict and _is_looked_at(sys._getframe(1)):  # noqa: SLF001 the one way to know who calls
            quietly(_note_text, result, first(arguments, named, "s"))
        return result

    module.loads = alike(loads, original)
    module.loads.__module__ = module.__name__


def watch_yaml(yaml: Any) -> None:
    """Record ``yaml.load(text)``, which its safe forms call."""
    also(yaml, "load", lambda result, arguments, named: _note_text(result, first(arguments, named, "stream")))


def watch_sections(configparser: Any) -> None:
    """Record ``read_string`` of parsers of INI files."""
    method(configparser.RawConfigParser, "read_string", _note_sections)


def watch_omegaconf(omegaconf: Any) -> None:
    """Record ``OmegaConf.load``."""
    original = omegaconf.OmegaConf.load

    def load(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        quietly(_note_loaded, result, first(arguments, named, "file_"))
        return result

    omegaconf.OmegaConf.load = staticmethod(alike(load, original))


def _note_loaded(result: Any, file: Any) -> None:
    if not is_read_by_hydra() and (path := loaded_as_one(file)):
        tell_file(path, resolved(container(result)))


def _note_text(result: Any, text: Any) -> None:
    if isinstance(result, dict) and isinstance(text, (str, bytes)) and 0 < len(text) <= BYTES_MAX:
        path = _file_of(text)
        if path and not is_read_by_hydra():
            tell_file(path, resolved(result))


def _note_sections(_result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    text = first(arguments, named, "string", at=1)
    if isinstance(text, str) and 0 < len(text) <= BYTES_MAX and (path := _file_of(text)):
        tell_file(path, flattened(sections_of(arguments[0])))


def _file_of(text: str | bytes) -> str:
    """Return the configuration that has this text, among the files that the code around the call names; else ""."""
    frames: list[FrameType] = []
    for frame in callers(2):
        if frame.f_globals.get("__name__") == "yaml":  # its safe_load calls its load
            continue
        if is_of_a_library(frame.f_code.co_filename) or len(frames) == _FRAMES_MAX:
            break
        frames.append(frame)
    # As it is in the file, but for line ends and the mark that some editors begin a file with.
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    most = len(data) + data.count(b"\n") + 3
    for name in dict.fromkeys(each for frame in frames for each in _named(frame)):
        path = configuration(name)
        if path and len(data) <= os.stat(path).st_size <= most and _plain(_read(path)) == _plain(data):
            return path
    return ""


def _is_looked_at(frame: FrameType) -> bool:
    place = id(frame.f_code) ^ frame.f_lasti
    times = _times.get(place, 0)
    if times >= _TIMES_MAX:
        return False
    if len(_times) >= _PLACES_MAX:
        _times.clear()
    _times[place] = times + 1
    return True


def _named(frame: FrameType) -> Iterator[str]:
    """Yield the paths that the code of a frame names: in its variables, its literals, the program's arguments."""
    folder = os.path.dirname(os.path.abspath(frame.f_code.co_filename))
    values = [*list(frame.f_locals.values())[:_VALUES_MAX], *frame.f_code.co_consts, *sys.argv[1:]]
    values += list(frame.f_globals.values())[:_VALUES_MAX]
    for value in values:
        name = value if isinstance(value, str) else _path(value)
        if name.endswith(SUFFIXES) and "\n" not in name and "\0" not in name:
            # Relative to where the program runs, or beside the source: Path(__file__).parent / "config.json"
            yield from dict.fromkeys((os.path.abspath(name), os.path.join(folder, name)))


def _path(value: Any) -> str:
    kind = type(value)
    if kind.__module__.partition(".")[0] == "pathlib":
        return str(value)
    # An open file knows its name.
    name = value.name if kind.__module__ == "_io" and hasattr(value, "name") else ""
    return name if isinstance(name, str) else ""


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 2 * BYTES_MAX)
    finally:
        os.close(descriptor)


def _plain(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")
