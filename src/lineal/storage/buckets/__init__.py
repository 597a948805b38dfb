"""Bytes by key: a directory or an object store, one file each, and wrappers that compose."""
