"""For whoever extends Lineal: the definitions of its interfaces as tests, faults to inject, values to try."""
