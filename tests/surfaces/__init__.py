"""What people and programs see: the same claims against a local repository, PostgreSQL and a server."""
