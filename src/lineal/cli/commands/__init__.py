"""Commands that are more than one operation."""
