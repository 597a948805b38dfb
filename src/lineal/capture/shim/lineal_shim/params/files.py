"""Record configuration files that the program reads: JSON, YAML, TOML and INI.

A file counts when it is small, in the project or named by an argument, not written by the program itself, and called
like a configuration (its own name or its folder's), or, when it is no JSON, named by an argument whatever it is called.
"""

from __future__ import annotations

import os
import re
import sys

from ..calling import callers, is_of_a_library
from ..guarding import alike, also, first, quietly
from ..writing import STARTED_AT, gap
from .flat import flattened
from .hydra import resolved
from .telling import CONFIG, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

SUFFIXES = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf")
_NAMED = re.compile(r"conf|cfg|settings|param|hyper|options|args|experiment", re.IGNORECASE)
_OTHERS = re.compile(r"tokenizer|special_tokens|added_tokens|logg(ing|er)|package|lock", re.IGNORECASE)
_FOLDERS = re.compile(r"conf(ig)?s?|cfgs?|(hyper)?params|experiments?|settings", re.IGNORECASE)
BYTES_MAX = 1 << 18
_FILES_MAX = 20

_KNOWN_MAX = 1_000

_known: dict[str, str] = {}
_files: set[str] = set()
_directory = os.getcwd()


def watch_loads(module: Any) -> None:
    """Record ``load(file)`` of ``json``, ``yaml``, ``tomllib`` and modules like them; its safe forms call this one."""
    also(module, "load", lambda result, arguments, named: _note_load(result, first(arguments, named, *_STREAMS)))


_STREAMS = ("stream", "fp", "f")


def watch_sections(configparser: Any) -> None:
    """Record the files that parsers of INI files read."""
    parser = configparser.RawConfigParser
    read, read_file = parser.read, parser.read_file

    def read_then_note(self: Any, *arguments: Any, **named: Any) -> Any:
        result = read(self, *arguments, **named)
        quietly(_note_sections, self, result)
        return result

    def read_file_then_note(self: Any, *arguments: Any, **named: Any) -> Any:
        result = read_file(self, *arguments, **named)
        quietly(_note_sections, self, [first(arguments, named, "f")])
        return result

    parser.read, parser.read_file = alike(read_then_note, read), alike(read_file_then_note, read_file)


def _note_sections(parser: Any, read: list[Any]) -> None:
    for each in read:
        if path := configuration(each):
            tell_file(path, flattened(sections_of(parser)))


def sections_of(parser: Any) -> dict[str, Any]:
    """Return what a parser of INI files holds: what is common to all sections once."""
    common = parser.defaults()
    sections = {
        section: {
            name: value
            for name, value in parser.items(section, raw=True)
            if name not in common or common[name] != value
        }
        for section in parser.sections()
    }
    return {**common, **sections}


def _note_load(result: Any, stream: Any) -> None:
    # Most of what is loaded is no dictionary from a file, and is let go before anything else is asked.
    if isinstance(result, dict) and (path := configuration(stream)) and not is_read_by_hydra():
        tell_file(path, resolved(result))


def is_read_by_hydra() -> bool:
    """Hydra composes a whole out of many files, and tells the whole."""
    return any(each.f_globals.get("__name__", "").startswith("hydra.") for each in callers(2))


def tell_file(path: str, found: Iterable[tuple[str, object]]) -> None:
    """Record what a configuration file holds."""
    if path not in _files and len(_files) >= _FILES_MAX:
        gap(f"params: more than {_FILES_MAX} configuration files were read; the first ones are kept")
        return
    _files.add(path)
    shown = os.path.relpath(path, _directory)
    tell(path if shown.startswith("..") else shown, found, CONFIG)


def configuration(file: Any) -> str:
    """Return the whole path of a file that is a configuration of the program, else "".

    Programs may read a million files of data this way, so what is cheap is asked first, and each file once.
    """
    path = _path_of(file)
    if not path.endswith(SUFFIXES):
        return ""
    if path not in _known:
        if len(_known) > _KNOWN_MAX:
            _known.clear()
        _known[path] = _found(path)
    return _known[path]


def loaded_as_one(file: Any) -> str:
    """Return the whole path of a file that the program loads as a configuration, whatever it is called; else ""."""
    path = _path_of(file)
    return _found(path, is_named=True) if path else ""


def _path_of(file: Any) -> str:
    path = file if isinstance(file, str) else getattr(file, "name", None)
    if not isinstance(path, str) and hasattr(file, "__fspath__"):
        path = os.fspath(file)
    return path if isinstance(path, str) else ""


def _found(path: str, *, is_named: bool = False) -> str:
    is_named = is_named or _is_named_like_one(os.path.abspath(path))
    if not is_named and path.endswith(".json"):
        return ""
    path = os.path.realpath(path)
    is_argument = _is_argument(path)
    if not is_argument and not (is_named and _is_in_project(path)):
        return ""
    try:
        known = os.stat(path)
    except OSError:
        return ""
    return path if known.st_size <= BYTES_MAX and known.st_mtime <= STARTED_AT else ""


def _is_named_like_one(path: str) -> bool:
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    is_named = _NAMED.search(stem) or _FOLDERS.fullmatch(os.path.basename(folder))
    return bool(is_named) and not _OTHERS.search(stem)


def _is_argument(path: str) -> bool:
    return any(
        os.path.realpath(os.path.join(_directory, each.rpartition("=")[2])) == path for each in sys.argv[1:] if each
    )


def _is_in_project(path: str) -> bool:
    if is_of_a_library(path) or (_is_below(path, sys.prefix) and not _is_below(_directory, sys.prefix)):
        return False  # an environment may lie in the project
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    starts = {_directory, os.path.dirname(os.path.abspath(script))} if script else {_directory}
    return any(_is_below(path, _top(each)) for each in starts)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


def _top(folder: str) -> str:
    """Return the top of the Git repository around ``folder``, or ``folder`` where there is none."""
    above = os.path.realpath(folder)
    while above != os.path.dirname(above):
        if os.path.exists(os.path.join(above, ".git")):
            return above
        above = os.path.dirname(above)
    return os.path.realpath(folder)
