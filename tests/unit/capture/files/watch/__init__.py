"""Tests of lineal.capture.files.watch."""
