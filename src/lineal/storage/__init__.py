"""Bytes by digest, rows, and a clock. State that moves lives in rows; bytes never change."""
