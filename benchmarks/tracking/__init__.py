"""How the benchmark of tracking measures."""
