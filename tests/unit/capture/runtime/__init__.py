"""Tests of what is found of packages, lock files, machine and container."""
