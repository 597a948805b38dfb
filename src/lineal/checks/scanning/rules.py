"""How bad a trace is: an allow-list for names of Python's, and a row for everything else."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import NamedTuple

from lineal.checks.scanning import names
from lineal.formats.scans.look import Trace
from lineal.objects.scans import ScanOutcome

RULES = 1
"""The version of these rules and their tables; it grows whenever another judgement may come of it."""


class Judgement(NamedTuple):
    """How bad something is, by which rule, and why."""

    outcome: ScanOutcome
    rule: str = ""
    why: str = ""


CLEAN = Judgement("clean")

_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg", "exceptions": "builtins", "UserDict": "collections"}
"""What modules of Python 2 are called now."""

_NAMES = {"unicode": "str", "basestring": "str", "xrange": "range", "long": "int", "unichr": "chr"}
"""And its names in ``builtins``."""

_UNPICKLE = re.compile(r"__pyx_unpickle_\w+|_*rebuild_\w+|_*unpickle_\w+|_*reconstruct\w*|newObj|_new_\w+")
_SCALAR = re.compile(r"numpy\.(?:u?int|float|complex)\d+")
_ERROR = re.compile(r"builtins\.[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt|Iteration)")
_DUNDER = re.compile(r"__\w+__")
_TYPES_WITH_METHODS = frozenset("str bytes int float list dict set tuple".split())
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


def judge_name(name: str, packages: frozenset[str] | None, *, is_called: bool) -> Judgement:
    """Judge a name of Python's that a file asks for.

    Args:
        name: dotted, module and name.
        packages: the distributions that the version was made with, None where they are not known.
        is_called: whether loading calls it, or only names it.
    """
    root, *rest = name.split(".")
    if root == "__builtin__" and rest:
        rest[0] = _NAMES.get(rest[0], rest[0])
    root = _MODULES.get(root, root)
    whole = ".".join((root, *rest))
    if whole in names.PLAIN_CALLS or _SCALAR.fullmatch(whole) or _ERROR.fullmatch(whole):
        return CLEAN
    if root == "__main__":
        return _OWN
    if root == "__torch__" or (not is_called and whole in names.PLAIN_NAMES):
        return CLEAN
    return (
        _hostile(whole, root, rest)
        or _plain(root, rest, is_called=is_called)
        or _unknown(whole, root, rest, packages, is_called=is_called)
    )


_OWN = Judgement(
    "suspicious", "own-class", "it is of the program that saved the model, and not there when it is loaded"
)
_UNKNOWN_CALL = Judgement("suspicious", "unknown-call", "loading calls it, which no model needs")


def _plain(root: str, rest: list[str], *, is_called: bool) -> Judgement | None:
    is_function = root in names.MODULES_OF_NAMES and len(rest) == 1
    is_method = root == "builtins" and len(rest) == 2 and rest[0] in _TYPES_WITH_METHODS and not rest[1].startswith("_")
    return (_UNKNOWN_CALL if is_called else CLEAN) if is_function or is_method else None


def _unknown(whole: str, root: str, rest: list[str], packages: frozenset[str] | None, *, is_called: bool) -> Judgement:
    if root in names.CARRIERS:
        return Judgement(
            "suspicious", "carries-code", f"{root} keeps code in the file, which nobody can judge by its names"
        )
    if root in sys.stdlib_module_names:
        return Judgement("suspicious", "unknown-name", "it is a part of Python's that models do not need")
    if root not in names.LIBRARIES:
        return Judgement("suspicious", "unknown-package", f"{root} is no library of models that is known")
    return _of_library(whole, root, rest, packages, is_called=is_called)


def _hostile(whole: str, root: str, rest: list[str]) -> Judgement | None:
    is_stdlib = root in sys.stdlib_module_names and root not in names.LIBRARIES
    if whole in names.HOSTILE_NAMES or root in names.HOSTILE_ROOTS or (is_stdlib and _is_file_method(rest)):
        return Judgement(
            "hostile", "hostile-name", "it runs, opens, fetches or changes something, which no model needs"
        )
    if len(rest) > 1 and ".".join((root, rest[0])) in names.HOSTILE_NAMES:
        return Judgement("hostile", "hostile-name", f"it is a part of {root}.{rest[0]}, which no model needs")
    if any(each in names.HOSTILE_COMPONENTS for each in rest):
        return Judgement("hostile", "hostile-name", "it reaches through a library to what no model needs")
    if rest and rest[-1] in names.HOSTILE_LAST:
        return Judgement("hostile", "hostile-name", "making it runs, opens or fetches something")
    if any(_DUNDER.fullmatch(each) for each in rest):
        return Judgement("hostile", "hostile-name", "it reaches into Python's own objects")
    return None


def _is_file_method(rest: list[str]) -> bool:
    """Tell whether a name is a method of a path, such as ``Path.write_text``."""
    return len(rest) > 1 and "Path" in rest[-2]


def _of_library(
    whole: str, root: str, rest: list[str], packages: frozenset[str] | None, *, is_called: bool
) -> Judgement:
    last = rest[-1] if rest else root
    worse: ScanOutcome = "hostile" if is_called else "suspicious"
    if any(whole == room or whole.startswith(room + ".") for room in names.HOSTILE_ROOMS):
        return Judgement(worse, "library-room", "it is of a part that opens, fetches, runs or builds")
    if any(each in _ROOMS_OF_TESTS for each in rest[:-1]):
        return Judgement("suspicious", "library-room", "it is of a part that is not for models")
    if packages is not None and not packages & set(names.LIBRARIES[root]):
        return Judgement(
            "suspicious", "not-in-lock", f"{root} is not among the packages that the version was made with"
        )
    is_class = last.lstrip("_")[:1].isupper()
    if not is_class and not _UNPICKLE.fullmatch(last):
        if words := _verbs(last):
            return Judgement(worse, "library-verb", f"its name says that it does something: {words}")
        if is_called:
            return Judgement("suspicious", "unknown-call", "loading calls it, and it is no function that makes models")
    return CLEAN


_ROOMS_OF_TESTS = frozenset(("tests", "testing", "conftest", "_vendor", "vendored"))


def _verbs(name: str) -> str:
    words = {each.lower() for each in _WORDS.findall(name)} | {name}
    return ", ".join(sorted(words & names.HOSTILE_VERBS)) if name not in names.PLAIN_VERBS else ""


Judge = Callable[[Trace, "frozenset[str] | None"], Judgement]


def judge(trace: Trace, packages: frozenset[str] | None) -> Judgement:
    """Judge a trace. What no row knows is suspicious."""
    row = _ROWS.get(trace.kind)
    if row is None:
        return Judgement("suspicious", trace.kind, "it is not known")
    return row(trace, packages) if callable(row) else row


def _import(trace: Trace, packages: frozenset[str] | None) -> Judgement:
    return judge_name(trace.what, packages, is_called=False)


def _call(trace: Trace, packages: frozenset[str] | None) -> Judgement:
    return judge_name(trace.what, packages, is_called=True)


def _new(trace: Trace, packages: frozenset[str] | None) -> Judgement:
    # Only a class can be made so: Python refuses a function there.
    return judge_name(trace.what, packages, is_called=False)


def _method(trace: Trace, packages: frozenset[str] | None) -> Judgement:
    owner, _, name = trace.what.rpartition(".")
    found = judge_name(owner, packages, is_called=True)
    if found.outcome != "clean":
        return found
    return (
        Judgement("suspicious", "method", "loading reaches for an attribute of what it made") if _verbs(name) else CLEAN
    )


def _keras_name(trace: Trace, packages: frozenset[str] | None) -> Judgement:
    root = trace.what.partition(".")[0]
    if root in {"keras", "tf_keras", "keras_core"}:
        found = judge_name(trace.what.replace("tf_keras", "keras", 1), None, is_called=True)
        is_plain = found.outcome == "clean" or found.rule == "unknown-call"
        return CLEAN if is_plain else Judgement("hostile", "keras-name", f"loading the model imports it: {found.why}")
    if root == "builtins" and trace.what in names.PLAIN_CALLS:
        return CLEAN
    found = judge_name(trace.what, packages, is_called=True)
    if found.outcome == "hostile":
        return Judgement("hostile", "keras-name", f"loading the model imports and calls it: {found.why}")
    if trace.what in _KERAS_PLAIN:
        return CLEAN
    return Judgement("suspicious", "keras-name", "loading the model imports it, and it is none of Keras' own")


_KERAS_PLAIN = frozenset(
    "relu softmax sigmoid tanh linear elu selu gelu swish silu mish softplus softsign exponential".split()
)


def _keras_function(trace: Trace, packages: frozenset[str] | None) -> Judgement:
    if trace.what.startswith(
        ("math.", "nn.", "cast", "reshape", "concat", "transpose", "expand_dims", "__operators__.")
    ):
        return CLEAN
    return _keras_name(trace, packages)


_FILE_OPERATIONS = frozenset(
    "ReadFile WriteFile MatchingFiles PyFunc PyFuncStateless EagerPyFunc Save SaveV2 SaveSlices PrintV2 ShardedFilename"
    " CreateSummaryFileWriter CreateSummaryDbWriter LoadDataset SaveDataset SaveDatasetV2 TextLineDataset FixedLengthRecordDataset"
    " TFRecordDataset WholeFileReader WholeFileReaderV2 TextLineReaderV2 TFRecordReaderV2 DecodeProtoV2 RpcServerStart RpcCall"
    " DebugIdentityV2 ImportEvent LookupTableExportV2 InitializeTableFromTextFile PyFuncDataset SnapshotDataset SnapshotDatasetV2"
    " MergeV2Checkpoints LMDBDataset SqlDataset GenerateVocabRemapping FileSystemSetConfiguration RegisterDataset CSVDataset".split()
)
_FILE_PLAIN = frozenset("SaveV2 ShardedFilename MergeV2Checkpoints".split())
"""Every SavedModel has these: they write its own variables where whoever saves it says."""


def _tensorflow(trace: Trace, _: frozenset[str] | None) -> Judgement:
    if trace.what in _FILE_OPERATIONS - _FILE_PLAIN:
        is_query = trace.what in {"InitializeTableFromTextFile", "PrintV2"}
        return Judgement(
            "suspicious" if is_query else "hostile",
            "graph-operation",
            "the graph reads or writes files, or calls Python, when it runs",
        )
    if ">" in trace.what:
        return Judgement("suspicious", "custom-operation", "it needs a library of its own")
    return CLEAN


_ONNX_DOMAINS = (
    "ai.onnx",
    "com.microsoft",
    "org.pytorch",
    "pkg.onnxscript",
    "pkg.torch",
    "local",
    "ai.onnx.ml",
    "onnx_extra",
)


def _onnx(trace: Trace, _: frozenset[str] | None) -> Judgement:
    if trace.what.startswith(_ONNX_DOMAINS):
        return CLEAN
    return Judgement("suspicious", "custom-operation", "it needs a library of its own, which runs beside the model")


_LOADERS = ("mlflow.",)


def _loader(trace: Trace, packages: frozenset[str] | None) -> Judgement:
    if (
        trace.what.startswith(_LOADERS)
        and judge_name("numpy." + trace.what, None, is_called=False).outcome != "hostile"
    ):
        return CLEAN
    if judge_name(trace.what, packages, is_called=True).outcome == "hostile":
        return Judgement("hostile", "loader", "MLflow imports it to load the model, and no model needs it")
    return Judgement("suspicious", "loader", "MLflow imports it to load the model, and it is none of MLflow's own")


_RUNS = re.compile(
    r"os\.(system|popen|exec\w*|spawn\w*|posix_spawn\w*|remove|unlink|rmdir|kill|fork)|posix\..*|subprocess\..*|builtins\.(eval|exec|compile|__import__)"
    r"|socket\.\w+.*|urllib\.request\..*|requests\..*|httpx\..*|pty\..*|ctypes\..*|shutil\.(rmtree|move)|(pickle|marshal|dill|cloudpickle)\.loads?"
    r"|importlib\.import_module|runpy\..*|webbrowser\..*|pip\..*|torch\.hub\..*|paramiko\..*|asyncio\.(create_subprocess\w*|run)"
)


def _source(trace: Trace, _: frozenset[str] | None) -> Judgement:
    if _RUNS.fullmatch(trace.what):
        return Judgement("hostile", "source-call", f"whoever imports it calls this at line {trace.place}")
    return CLEAN


_ROWS: dict[str, Judgement | Judge] = {
    "import": _import,
    "call": _call,
    "new": _new,
    "method": _method,
    "keras-class": _keras_name,
    "keras-function": _keras_function,
    "tensorflow-operation": _tensorflow,
    "onnx-operator": _onnx,
    "loader": _loader,
    "source-call": _source,
    "external-data": CLEAN,
    "call-of-call": Judgement(
        "hostile", "call-of-call", "it calls what another call made, so that nobody can tell what"
    ),
    "computed-name": Judgement(
        "hostile", "computed-name", "the name is put together while loading, so that nobody can tell which"
    ),
    "computed-data": Judgement("hostile", "computed-data", "it loads what is put together while loading"),
    "changes-global": Judgement(
        "hostile", "changes-global", "it changes a function, class or module itself, for the whole program"
    ),
    "extension": Judgement(
        "suspicious", "extension", "what the number stands for is said in the program that loads it"
    ),
    "persistent": Judgement("suspicious", "persistent", "what it stands for is decided by the program that loads it"),
    "trailing": Judgement("suspicious", "trailing", "nobody who loads the file as it says would read it"),
    "archive-disagrees": Judgement("suspicious", "archive-disagrees", "loaders read another archive than scanners"),
    "frames-disagree": Judgement(
        "hostile", "frames-disagree", "no pickler writes it: loaders read other opcodes there than scanners see"
    ),
    "checksum": Judgement("suspicious", "checksum", "it is damaged, or made so that scanners do not read it"),
    "path-escapes": Judgement("hostile", "path-escapes", "it leads out of the model's own directory"),
    "native": Judgement("suspicious", "native", "what a program does cannot be told from here"),
    "disguised-native": Judgement("hostile", "disguised-native", "a program under the name of a model"),
    "source": Judgement("suspicious", "source", "code that runs if somebody imports or starts it"),
    "template": Judgement("hostile", "template", "no chat needs it; rendered without a sandbox it runs"),
    "keras-code": Judgement("hostile", "keras-code", "it is bytecode, which runs with the model"),
    "keras-lambda": Judgement("suspicious", "keras-lambda", "a function of the program that saved the model"),
    "keras-custom": Judgement("suspicious", "keras-custom", "a class of the program that saved the model"),
    "keras-file": Judgement("suspicious", "keras-file", "loading reads another file"),
    "torchscript-operation": Judgement(
        "hostile", "torchscript-operation", "the model reads or writes files when it runs"
    ),
    "code-path": Judgement("suspicious", "code-path", "MLflow puts it before all other modules and imports from it"),
    "remote-code": Judgement(
        "suspicious", "remote-code", "loading with trust_remote_code runs code that comes with the model"
    ),
    "requirement": Judgement("suspicious", "requirement", "whoever installs it gets what that address gives that day"),
    "wrong-name": Judgement("suspicious", "wrong-name", "it is not what it is called"),
    "secret": Judgement("suspicious", "secret", "everybody who gets the model can read it"),
    "unreadable": Judgement("unreadable", "unreadable", "what it would do cannot be told"),
}
"""Every kind of trace, and how bad it is."""
