"""Write the hostile files: ``python hostile DIRECTORY MARKER`` in the directory above."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile import write

write(Path(sys.argv[1]), sys.argv[2])
