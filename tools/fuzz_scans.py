"""Fuzz what looks into model files, with atheris: ``python -m tools.fuzz_scans KIND [-max_total_time=300]``.

Whatever bytes come, looking may only say what it found: no other error, no memory or time without bounds. Needs atheris
in the environment; the hostile files that the tests make are where it begins. KIND is ``any`` or an ending such as
``pkl``, ``pt``, ``keras``, ``onnx``, ``gguf``, ``7z``, ``h5``: what the bytes are called.
"""

from __future__ import annotations

import io
import resource
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lineal"]):
    from lineal.checks.scanning.scan import ScannedFile, scan
    from lineal.formats.scans import look as looks

from tests.surfaces.programs.hostile import corpus

_MEMORY_BYTES_MAX = 4 << 30


def begin(directory: Path, kind: str) -> int:
    """Write the files of a kind to begin with, and return how many there are."""
    count = 0
    for files in corpus("/nowhere").values():
        for name, content in files.items():
            if kind in {"any", name.rpartition(".")[2]}:
                (directory / str(count)).write_bytes(content)
                count += 1
    return count


def main() -> None:
    """Fuzz until the time is over; a crash leaves the bytes in a file of the working directory."""
    kind = sys.argv[1]
    looks.SURPRISES = ()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))

    def look(data: bytes) -> None:
        scan([ScannedFile(f"model.{kind}", lambda: io.BytesIO(data))], ("numpy",))

    with tempfile.TemporaryDirectory(prefix="lineal-fuzz-") as home:
        print(begin(Path(home), kind), "files to begin with")
        # A shorter step than the default: no small file may take long.
        atheris.Setup([sys.argv[0], home, "-timeout=20", "-rss_limit_mb=3000", *sys.argv[2:]], look)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
