"""Pickles of every protocol and every opcode that reaches a name."""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterator

from .making import Files, one, system
from .pickle_assembly import call, data, named, pickled, short, stacked, text


def protocols(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield pickles of every protocol and every opcode that reaches a name."""
    command, do = f"touch {marker}", system(marker)
    run = text(command)
    yield "system in a dict", one("model.pkl", pickled(b"}" + text("w") + do + b"s", protocol=2))
    yield (
        "protocol 0",
        one("model.pkl", b'c__builtin__\neval\n(S\'__import__("os").system("' + command.encode() + b"\")'\ntR."),
    )
    yield "protocol 1", one("model.pkl", b"cos\nsystem\n(U" + bytes([len(command)]) + command.encode() + b"tR.")
    yield "protocol 3", one("model.pkl", pickled(do, protocol=3))
    yield (
        "stack global",
        one("model.pkl", pickled(call(stacked("builtins", "exec"), text(f"import os; os.system({command!r})")))),
    )
    yield "protocol 5 in frames", one("model.pkl", b"\x80\x05\x95" + struct.pack("<Q", len(do) + 1) + do + b".")
    yield "inst", one("model.pkl", pickled(b"(" + run + b"ios\nsystem\n", protocol=1))
    yield "obj", one("model.pkl", pickled(b"(" + named("os", "system") + run + b"o", protocol=1))
    yield "newobj", one("model.pkl", pickled(named("subprocess", "Popen") + run + b"\x85\x81"))
    yield (
        "newobj with names",
        one(
            "model.pkl",
            pickled(
                named("subprocess", "Popen") + b")" + b"}" + text("args") + run + text("shell") + b"\x88" + b"\x92"
            ),
        ),
    )
    memo = short("os") + b"\x94" + b"0" + short("system") + b"\x94" + b"0" + b"h\x00h\x01\x93"
    yield "names out of the memo", one("model.pkl", pickled(call(memo, run)))
    joined = call(named("builtins", "str"), text("os"))
    yield "a name that is computed", one("model.pkl", pickled(call(joined + short("system") + b"\x93", run)))


def opcodes(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield pickles of every protocol and every opcode that reaches a name."""
    command, do = f"touch {marker}", system(marker)
    run = text(command)
    evil = pickled(do)
    yield (
        "a method of a text as a name",
        one(
            "model.pkl",
            pickled(
                call(
                    call(call(named("builtins", "getattr"), text("o"), text("__add__")), text("s"))
                    + short("system")
                    + b"\x93",
                    run,
                )
            ),
        ),
    )
    yield "an extension", one("model.pkl", pickled(call(b"\x82\x07", run), protocol=2))
    yield "a persistent id", one("model.pkl", pickled(b"Pos.system\n", protocol=1))
    yield "pickle.loads", one("model.pkl", pickled(call(named("pickle", "loads"), data(evil))))
    yield "loads under another name", one("model.pkl", pickled(call(named("_pickle", "loads"), data(evil))))
    yield "a pickle in bytes of a model", one("model.pkl", pickled(b"}" + text("handle") + data(evil) + b"s"))
    yield "the second pickle", one("model.pkl", pickled(text("fine")) + evil)
    yield "the third pickle", one("model.pkl", pickled(text("fine")) * 2 + evil)
    yield "behind padding", one("model.pkl", pickled(text("fine")) + bytes(64) + evil)
    yield "behind noise", one("model.pkl", pickled(text("fine")) + b"\xff\xfe\xfd" * 5 + evil)
    yield "behind a frame that is too short", one("model.pkl", _beyond_its_frame(do))
    yield "a pickle that breaks off after it", one("model.pkl", b"\x80\x04" + do + b"\x8c\xff")
    yield "a pickle that makes no sense after it", one("model.pkl", b"\x80\x04" + do + b"u.")


def _beyond_its_frame(do: bytes) -> bytes:
    """Return a pickle whose bytes are opcodes for a loader that reads from a file (CPython's issue 154848).

    The long text fills that loader's buffer, so that it begins to read anew in a frame of two bytes, which says that it
    holds a value of 263.
    """
    filler = b"V" + b"a" * (8192 * 16 - 17) + b"\n0"
    value = b"B" + struct.pack("<I", 263) + b"\0\0" + (do + b"(").ljust(261, b"N")
    return pickled(b"N" + filler + b"(\x95" + struct.pack("<Q", 2) + value + b"1", protocol=5)


def streams(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield pickles of every protocol and every opcode that reaches a name."""
    command = f"touch {marker}"
    run = text(command)
    yield (
        "builds a class of a library",
        one(
            "model.pkl",
            pickled(
                named("sklearn.base", "BaseEstimator") + b"N}" + text("predict") + named("os", "system") + b"s\x86b"
            ),
        ),
    )
    yield (
        "changes a class of a library",
        one(
            "model.pkl",
            pickled(
                named("sklearn.base", "BaseEstimator") + b"N}" + text("predict") + named("numpy", "log1p") + b"s\x86b"
            ),
        ),
    )
    yield (
        "fills a module's own dict",
        one("model.pkl", pickled(named("sklearn", "_config") + text("a") + text("b") + b"s")),
    )
    yield (
        "getattr",
        one("model.pkl", pickled(call(call(named("builtins", "getattr"), named("os", "path"), text("os")), run))),
    )
    attribute = call(named("builtins", "getattr"), call(named("builtins", "__import__"), text("os")), text("system"))
    yield "calls what getattr gave", one("model.pkl", pickled(call(attribute, run)))
    yield "partial", one("model.pkl", pickled(call(call(named("functools", "partial"), named("os", "system"), run))))
    code = marshal.dumps(compile(f"__import__('os').system({command!r})", "x", "exec"))
    function = call(named("types", "FunctionType"), call(named("marshal", "loads"), data(code)), b"}")
    yield "a function of marshalled code", one("model.pkl", pickled(call(function)))


def changes(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield pickles of every protocol and every opcode that reaches a name."""
    command = f"touch {marker}"
    run = text(command)
    code = marshal.dumps(compile(f"__import__('os').system({command!r})", "x", "exec"))
    carried = call(
        named("cloudpickle.cloudpickle", "_make_function"),
        call(named("cloudpickle.cloudpickle", "_builtin_type"), text("CodeType")),
        b"}",
    )
    yield "a function of cloudpickle's that is called", one("model.pkl", pickled(call(carried)))
    yield (
        "a function of dill's",
        one("model.pkl", pickled(call(named("dill._dill", "_create_function"), data(code), b"}"))),
    )
    yield "a class of nobody's", one("model.pkl", pickled(call(named("acme_models.core", "Model"), run)))
    yield "a class of the program", one("model.pkl", pickled(named("__main__", "Net") + b")\x81}b"))


PARTS = (
    protocols,
    opcodes,
    streams,
    changes,
)
"""What makes them."""
