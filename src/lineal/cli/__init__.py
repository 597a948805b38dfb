"""The command line: every operation is a command, and a few commands of its own."""
