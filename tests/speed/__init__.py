"""Budgets that count: processor time of starting, modules loaded, statements run. Never the clock on the wall."""
