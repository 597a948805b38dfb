"""The validator of CycloneDX's own library, in an environment of its own: ``make parts`` installs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.parts.part import INSTALLED, missing

_PYTHON = INSTALLED / "cyclonedx" / "bin" / "python"

_VALIDATE = """
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    if error := JsonStrictValidator(version).validate_str(text):
        print(path, error)
"""


def faults(*paths: Path) -> str:
    """Return what is wrong with bills of materials; empty where nothing is."""
    if not _PYTHON.exists():
        missing("the validator of CycloneDX is not installed: make parts")
    return subprocess.run((_PYTHON, "-c", _VALIDATE, *paths), check=True, capture_output=True, text=True).stdout
