"""Where versions run: real server processes."""
