"""Bytes by digest: one interface, several stores, and wrappers that compose."""
