"""Tests of what is seen of a program from outside."""
