"""Tests of the judges: figures against the literature and other libraries, verdicts against plain sense."""
