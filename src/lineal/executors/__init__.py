"""Where work is done: the environment a version was made in, and the programs that run in it."""
