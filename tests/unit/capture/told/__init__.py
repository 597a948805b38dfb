"""Tests of what is made of a program's events."""
