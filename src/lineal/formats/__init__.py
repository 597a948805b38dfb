"""Bytes ⇄ values, without I/O: tables, predictions, metric series, model cards."""
