"""Names that run, open, fetch or change something when they are called."""

from __future__ import annotations

from collections.abc import Iterator

from .making import Files, one
from .pickle_assembly import call, pickled, stacked, text

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


PARTS = (gadgets,)
"""What makes them."""
