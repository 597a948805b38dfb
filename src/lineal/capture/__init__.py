"""Read the world around a program: its code, packages, machine, files, parameters and metrics. Knows no repository."""
