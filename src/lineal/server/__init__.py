"""The HTTP API, the pages and the protocols of a repository: wiring in app.py."""
