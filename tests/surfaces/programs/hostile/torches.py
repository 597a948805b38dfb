"""PyTorch's formats, and archives that contradict themselves."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator

from .archive_assembly import (
    central_name,
    seven_zip,
    with_hidden_member,
    zipped,
)
from .making import Files, one, system
from .pickle_assembly import named, number, pickled


def torches(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield PyTorch's formats."""
    evil, fine = pickled(system(marker), protocol=2), pickled(b"}", protocol=2)
    base = {"model/version": b"3\n", "model/byteorder": b"little", "model/data/0": bytes(64)}
    yield "torch", one("model.pt", zipped({"model/data.pkl": evil, **base}))
    yield "torch, another member", one("model.pt", zipped({"model/data.pkl": fine, "model/notes": evil, **base}))
    yield (
        "torch, a member deep below",
        one("model.pt", zipped({"model/data.pkl": fine, "model/.data/x/y.bin": evil, **base})),
    )
    yield (
        "torch, where numbers should be",
        one("model.pt", zipped({**base, "model/data.pkl": fine, "model/data/0": evil})),
    )
    yield "torch, compressed", one("model.pt", zipped({"model/data.pkl": evil, **base}, method=zipfile.ZIP_DEFLATED))
    whole = zipped({"model/data.pkl": evil, **base})
    at = whole.rfind(b"PK\x01\x02")
    first = whole.find(b"PK\x01\x02")
    yield "zip, a wrong checksum", one("model.pt", whole[: first + 16] + b"\1\2\3\4" + whole[first + 20 :])
    flagged = bytearray(whole)
    flagged[first + 8] |= 1
    yield "zip, marked as encrypted", one("model.pt", bytes(flagged))
    flagged[6] |= 1
    yield "zip, marked as encrypted twice", one("model.pt", bytes(flagged))
    yield "zip, two names for one member", one("model.pt", central_name(whole, b"model/data.pkl", b"model/data.txt"))
    yield (
        "zip, a member that the list does not have",
        one("model.pt", with_hidden_member(zipped({"model/data.pkl": fine, **base}), "model/data.pkl", evil)),
    )
    yield "zip, behind something else", one("model.bin", b"\x89PNG\r\n\x1a\n" + bytes(100) + whole)
    yield "zip, in a zip", one("model.zip", zipped({"inner.zip": zipped({"deeper.zip": whole})}))
    yield "zip, broken list", one("model.pt", whole[:at])


def archives(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield PyTorch's formats."""
    evil, fine = pickled(system(marker), protocol=2), pickled(b"}", protocol=2)
    base = {"model/version": b"3\n", "model/byteorder": b"little", "model/data/0": bytes(64)}
    whole = zipped({"model/data.pkl": evil, **base})
    old = [
        pickled(b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", protocol=2),
        pickled(b"M\xe9\x03", protocol=2),
        fine,
        evil,
        pickled(b"]", protocol=2),
    ]
    yield "torch of old", one("model.pt", b"".join(old) + bytes(100))
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in {
            "sys_info": fine,
            "storages": pickled(number(0)),
            "tensors": pickled(number(0)),
            "pickle": evil,
        }.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    yield "torch of older", one("model.pt", made.getvalue())
    yield "tar, gzip", one("model.tar.gz", gzip.compress(made.getvalue()))
    yield "7z", one("model.7z", seven_zip({"model.pkl": evil}))
    yield "7z under the name of torch", one("model.pt", seven_zip({"model.pt": whole}))


def nested(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield PyTorch's formats."""
    evil, fine = pickled(system(marker), protocol=2), pickled(b"}", protocol=2)
    script = b'class Net(Module):\n  def forward(self, x):\n    y = ops.aten.from_file("/etc/passwd")\n    ops.aten.save(x, "/tmp/out")\n    return x\n'
    yield (
        "torchscript",
        one(
            "model.pt",
            zipped(
                {
                    "m/data.pkl": pickled(named("__torch__", "Net") + b")\x81", protocol=2),
                    "m/constants.pkl": fine,
                    "m/code/__torch__.py": script,
                    "m/version": b"3",
                }
            ),
        ),
    )
    yield (
        "torch export",
        one(
            "model.pt2",
            zipped(
                {
                    "m/models/model.json": b"{}",
                    "m/data/constants/c.pt": zipped({"c/data.pkl": evil}),
                    "m/data/sample_inputs/model.pt": evil,
                }
            ),
        ),
    )


def old(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield PyTorch's formats."""
    evil, fine = pickled(system(marker), protocol=2), pickled(b"}", protocol=2)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in {
            "sys_info": fine,
            "storages": pickled(number(0)),
            "tensors": pickled(number(0)),
            "pickle": evil,
        }.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    leading = io.BytesIO()
    with tarfile.open(fileobj=leading, mode="w") as archive:
        info = tarfile.TarInfo("../../.bashrc")
        archive.addfile(info)
        link = tarfile.TarInfo("weights")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    yield "tar, paths that lead out", one("model.tar", leading.getvalue())
    yield "zip, paths that lead out", one("model.zip", zipped({"../../.bashrc": b"x"}))


PARTS = (
    torches,
    archives,
    nested,
    old,
)
"""What makes them."""
