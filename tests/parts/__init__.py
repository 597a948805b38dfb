"""Real parts that tests need, each started once for all workers of a session and stopped at its end."""
