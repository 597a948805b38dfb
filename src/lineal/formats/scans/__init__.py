"""What the files of a model would do if somebody loaded them, one format a file; nothing in them is carried out.

A format reads bytes and notes *traces*: names that would be imported, calls that would be made, paths that would be
opened, parts that contradict each other. Whether a trace is harmless is not said here but in ``checks/scanning.py``.
"""
