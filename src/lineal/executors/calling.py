"""Run as a program: call a function of the user's with a dict, and write what it answers as JSON.

``python calling.py MODULE:FUNCTION EVIDENCE ANSWER``. It imports nothing of Lineal, whose modules are not on the path.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def main(name: str, evidence: str, answer: str) -> None:
    """Write the answer of a function to the file ``answer``: an outcome, a reason and numbers."""
    Path(answer).write_text(json.dumps(_answer(name, evidence)), encoding="utf-8")


def _answer(name: str, evidence: str) -> dict[str, Any]:
    module, _, function = name.partition(":")
    # This file's own directory is no place for the user's modules.
    sys.path.pop(0)
    try:
        found = getattr(import_module(module), function)(json.loads(Path(evidence).read_text(encoding="utf-8")))
    except AssertionError as error:
        return {"outcome": "fail", "reason": str(error) or "an assertion failed"}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no judgement
        return {"outcome": "inconclusive", "reason": f"{type(error).__name__}: {error}"}
    if isinstance(found, dict):
        return found
    if isinstance(found, bool):
        return {"outcome": "pass" if found else "fail", "reason": f"it returned {found}"}
    return {"outcome": "inconclusive", "reason": f"it returned {found!r}, neither True nor False nor a dict"}


if __name__ == "__main__":
    main(*sys.argv[1:])
