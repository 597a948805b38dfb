"""DVC beside Lineal: its repositories are read in place, written for it, and their history is brought over."""
