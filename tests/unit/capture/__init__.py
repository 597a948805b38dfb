"""Tests of lineal.capture."""
