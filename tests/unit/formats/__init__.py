"""Tests of bytes ⇄ values: each codec gives back what it was given, and refuses what is not its own."""
