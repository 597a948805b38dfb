"""Run some of the programs in one process, for importing MLflow takes longer than most of them.

The last line that is printed says what each of them returned, as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

told = {}
for name in sys.argv[1:]:
    began = time.monotonic()
    told[name] = importlib.import_module(name).main()
    print(f"{name}: {time.monotonic() - began:.1f} s", file=sys.stderr)
print(json.dumps(told))
