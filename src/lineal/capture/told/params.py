"""Which source a parameter's name belongs to, when several know it; and the takers of what sources tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.told.literals import literal_names, literal_names_in
from lineal.objects.canonical import Scalar

if TYPE_CHECKING:
    from lineal.capture.told.record import Event, Gathered

CALLED, GLOBAL = 4, 1
"""Named by a call (`lineal.param`, a framework); a literal of the script. The ranks between are the program's own."""

_SUFFIXES = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf")
_GLOBALS_MAX = 200
_LISTED = 5


class _Held(msgspec.Struct, frozen=True):
    value: Scalar
    source: str
    strength: tuple[bool, bool, int]


class Params:
    """Values by name, each of the strongest source that knows the name, and of the last among equals.

    What the program itself told is stronger than what the programs it started did, and then the higher rank counts. The
    other value of a weaker source is not lost: it is kept as ``<source>.<name>``. That of a started program is not
    kept, since there may be a thousand of them: ``overruled`` has the names.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self.overruled: dict[str, None] = {}

    def put(self, name: str, value: Scalar, source: str, rank: int, *, is_outer: bool, is_first: bool = True) -> None:
        """Take a value. ``is_first``: not from another rank of a training, which only fills in what the first one does not."""
        new, old = _Held(value, source, (is_outer, is_first, rank)), self._held.get(name)
        if old is None or (old.source == source and new.strength >= old.strength):
            self._held[name] = new
        elif str(old.value) == str(value):
            # Trackers tell numbers as texts; the number says more.
            stronger = max(old, new, key=lambda each: each.strength)
            kept = old.value if isinstance(value, str) else value
            self._held[name] = msgspec.structs.replace(stronger, value=kept)
        elif new.strength >= old.strength:
            self._held[name] = new
            self._keep_beside(name, old, new)
        else:
            self._keep_beside(name, new, old)

    def _keep_beside(self, name: str, weaker: _Held, stronger: _Held) -> None:
        if weaker.strength[0] < stronger.strength[0]:
            self.overruled[name] = None
        elif weaker.source and weaker.strength[1] == stronger.strength[1]:
            self._held[f"{_short(weaker.source)}.{name}"] = weaker

    def values(self) -> dict[str, Scalar]:
        """Return the values by name."""
        return {name: each.value for name, each in self._held.items()}

    def sources(self) -> dict[str, str]:
        """Return where each comes from, by name, where that is known."""
        return {name: each.source for name, each in self._held.items() if each.source}

    def gaps(self) -> list[str]:
        """Return what was told and is not kept."""
        if not self.overruled:
            return []
        names = list(self.overruled)
        listed = ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
        return [f"params: programs that the program started have other values of {listed}; its own are kept"]


def _short(source: str) -> str:
    """Return the name of a source; of a file without folder and suffix."""
    path = Path(source)
    return path.stem if path.suffix in _SUFFIXES else source


def take_params(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """Put each value under its name, or that of its source and its name."""
    _put(gathered, event, event["params"], event.get("source", ""), event.get("rank", CALLED))


def take_globals(gathered: Gathered, event: Event, _is_program: bool) -> None:
    """Globals of the script that it sets to nothing but literals are parameters, with the value at its end.

    The cells that ran are the script of a notebook.
    """
    script = event["script"]
    cells = [each.source for each in gathered.cells if each.kernel == event["file"]]
    names = literal_names_in(cells) if not script else literal_names(Path(script))
    found = {name: value for name, value in event["values"].items() if name in names}
    if len(found) > _GLOBALS_MAX:
        gathered.gaps[f"params: the script has more than {_GLOBALS_MAX} literal globals; the first ones are kept"] = (
            None
        )
    kept = dict(list(found.items())[:_GLOBALS_MAX])
    texts = {name: ", ".join(map(str, each)) if isinstance(each, list) else each for name, each in kept.items()}
    _put(gathered, event, texts, "global", GLOBAL)


def _put(gathered: Gathered, event: Event, params: dict[str, object], source: str, rank: int) -> None:
    is_outer, is_first = event["file"] in gathered.outer, not gathered.counting.rank(event)
    for name, value in params.items():
        kept = gathered.kept(str(name), value)
        gathered.params.put(str(name), kept, source, rank, is_outer=is_outer, is_first=is_first)
