"""The tests of Lineal."""
