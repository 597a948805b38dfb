"""Rows: one small interface, SQLite and PostgreSQL behind it, one SQL text for both."""
