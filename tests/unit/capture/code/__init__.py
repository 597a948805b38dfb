"""Tests of what is found of the code of a program."""
