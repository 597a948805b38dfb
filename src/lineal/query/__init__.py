"""The language of ``lineal search``: text to one SQL statement. No I/O: the caller runs it."""
