"""The parts of ``benchmarks/store.py``: what is measured, against what, and on which data."""
