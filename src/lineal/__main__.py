"""``python -m lineal`` is ``lineal``."""

import sys

from lineal.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
