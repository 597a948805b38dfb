"""Scanners of model files, on a corpus of both kinds: what each finds, what it takes for bad, how long it takes."""
