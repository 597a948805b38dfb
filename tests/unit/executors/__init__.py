"""Environments and the programs that run in them."""
