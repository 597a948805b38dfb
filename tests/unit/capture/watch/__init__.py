"""Tests of lineal.capture.watch."""
