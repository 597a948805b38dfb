"""Frozen values, their canonical bytes and digests, references, errors. Imports nothing of ours, does no I/O."""
