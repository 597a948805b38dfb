"""The checks of gates, one a file: each reads the evidence and gives a verdict."""
