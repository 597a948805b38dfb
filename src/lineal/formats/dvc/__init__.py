"""The files of DVC, read and written as DVC writes them: bytes to values and back, no I/O."""
