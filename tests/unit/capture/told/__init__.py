"""Tests of lineal.capture.told."""
