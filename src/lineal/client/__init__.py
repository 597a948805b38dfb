"""connect() gives a Repository, here or behind a URL: the same methods."""
