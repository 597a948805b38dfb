"""Interfaces as tests: subclass a contract, give it the fixtures it asks for, and pass."""
