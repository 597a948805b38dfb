"""Write the sound files, and what libraries call what they got from others: ``python sound DIRECTORY NAMES``."""

import json
import sys
from pathlib import Path
from types import BuiltinFunctionType, FunctionType

sys.path.insert(0, str(Path(__file__).parents[1]))

from sound import write

_LIBRARIES = "numpy scipy sklearn pandas joblib xgboost lightgbm catboost torch keras transformers".split()


def borrowed() -> list[tuple[str, str]]:
    """Return names of these libraries for functions and classes of others, each with what it is called at home."""
    found = set()
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _LIBRARIES:
            for alias, each in list(vars(module).items()):
                home = each.__module__ if isinstance(each, type | FunctionType | BuiltinFunctionType) else None
                if isinstance(home, str) and home.partition(".")[0] != name.partition(".")[0]:
                    found.add((f"{name}.{alias}", f"{home}.{each.__qualname__}"))
    return sorted(found)


write(Path(sys.argv[1]))
Path(sys.argv[2]).write_text(json.dumps(borrowed()))
