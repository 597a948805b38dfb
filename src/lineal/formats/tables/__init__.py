"""Tables in every format: what they look like, and their rows in batches of columns."""
