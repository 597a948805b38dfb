"""Let the loader of each format answer for models that the real libraries saved: prints what came of every claim as JSON.

Run by the Python that has the libraries, with Lineal's sources on its path. Arguments: a directory, and names of cases.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from loading_cases import CASES, REFUSED, Case

from lineal.objects.digest import digest_of
from lineal.objects.errors import Corrupt, Invalid, LinealError, Unavailable
from lineal.objects.files import Entry
from lineal.serving.loaders import Predictor, load
from lineal.serving.release import Release, verify_release
from lineal.serving.rows import typed


def claims(made: Case, folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield everything that a loader promises, with whether it holds."""
    predictor = load(made.path, made.facts, trusted=made.trusted)
    yield "answers as its library", _is_equal(predictor, made, made.rows)
    turned = [dict(reversed(row.items())) for row in made.rows]
    yield "takes columns in any order", _is_equal(predictor, made, turned)
    alone = predictor.predict(typed(made.rows[:1], predictor.inputs))
    yield (
        "answers a row alone as among others",
        _is_near(alone, predictor.predict(typed(made.rows, predictor.inputs))[:1]),
    )
    yield "answers nothing to nothing", predictor.predict([]) == []
    name = next(iter(predictor.inputs))
    lost = {key: value for key, value in made.rows[1].items() if key != name}
    yield "names a missing column", f"row 2 has no column {name!r}" in _said(predictor, [made.rows[0], lost])
    wrong = _said(predictor, [made.rows[0], {**made.rows[1], name: {"a": 1}}])
    yield "names a wrong value", "row 2" in wrong and repr(name) in wrong
    yield "refuses other bytes before it loads", _is_verified(made, folder)


def _is_equal(predictor: Predictor, made: Case, rows: list[dict[str, Any]]) -> bool:
    found = predictor.predict(typed(rows, predictor.inputs))
    if not made.classes:
        return bool(np.allclose([each.prediction for each in found], made.expected, rtol=1e-5, atol=1e-6))
    likeliest = [made.classes[place] for place in np.asarray(made.expected).argmax(axis=1)]
    chances = [list(each.probabilities.values()) for each in found]
    names = [list(each.probabilities) == [str(name) for name in made.classes] for each in found]
    return (
        all(names)
        and [each.prediction for each in found] == likeliest
        and np.allclose(chances, made.expected, atol=1e-6)
    )


def _is_near(left: Any, right: Any) -> bool:
    (one,), (other,) = left, right
    if isinstance(one.prediction, float):
        return bool(np.isclose(one.prediction, other.prediction, rtol=1e-5))
    return bool(one.prediction == other.prediction)


def _said(predictor: Predictor, rows: list[Any]) -> str:
    try:
        predictor.predict(typed(rows, predictor.inputs))
    except Invalid as error:
        return error.message
    return "it was taken"


def _is_verified(made: Case, folder: Path) -> bool:
    """Lay the files out as a release, change one byte, and see that nothing is loaded."""
    there = folder.with_name(folder.name + "-release")
    top = made.path.parent if made.path.parent != folder else folder
    entries = []
    for each in sorted(path for path in top.rglob("*") if path.is_file()):
        name = str(each.relative_to(top))
        target = there / "model" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(each.read_bytes())
        entries.append(Entry(path=name, digest=digest_of(each.read_bytes()), size_bytes=each.stat().st_size))
    main = made.path.name
    release = Release(
        digest=digest_of(b"v"), model="m", semantic="1.0.0", main_file=main, facts=made.facts, files=tuple(entries)
    )
    if verify_release(there, release) != there / "model" / main:
        return False
    data = bytearray((there / "model" / main).read_bytes())
    data[len(data) // 2] ^= 1
    (there / "model" / main).write_bytes(data)
    try:
        verify_release(there, release)
    except Corrupt as error:
        return "nothing was loaded" in error.message
    return False


def tried(name: str, folder: Path) -> dict[str, Any]:
    """Return what came of a case: what does not hold, or that its library is not here."""
    folder.mkdir(parents=True)
    try:
        made = (CASES.get(name) or REFUSED[name][0])(folder)
    except ImportError as error:
        return {"absent": str(error)}
    if name in CASES:
        return {"broken": [claim for claim, holds in claims(made, folder) if not holds]}
    why = REFUSED[name][1]
    try:
        predictor = load(made.path, made.facts)
        predictor.predict(typed(made.rows, predictor.inputs))
    except LinealError as error:
        return {"broken": [] if why in error.message and error.hint else [f"{error.message} ({error.hint})"]}
    return {"broken": ["it was taken"]}


def without(module: str, made: Case) -> bool:
    """Tell whether a loader names the library that it lacks."""
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == module}
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        load(made.path, made.facts)
    except Unavailable as error:
        return f"needs {module}, which is not in the environment" in error.message and "requirements.txt" in error.hint
    finally:
        del sys.modules[module]
        sys.modules |= hidden
    return False


def main() -> None:
    """Try every case and say what came of each."""
    directory = Path(sys.argv[1])
    found: dict[str, Any] = {}
    for name in sys.argv[2:] or (*CASES, *REFUSED):
        started = time.monotonic()
        try:
            found[name] = tried(name, directory / name)
        except Exception:  # noqa: BLE001 - told by name
            found[name] = {"broken": [traceback.format_exc()[-1500:]]}
        found[name]["seconds"] = round(time.monotonic() - started, 2)
    if "lightgbm_binary" in found:
        made = Case(directory / "lightgbm_binary" / "m.txt", [], [])
        found["a library that is missing"] = {"broken": [] if without("lightgbm", made) else ["it is not named"]}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
