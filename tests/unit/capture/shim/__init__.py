"""Tests of what runs inside of recorded programs."""
