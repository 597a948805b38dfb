"""What recording a program costs, and what it keeps: Lineal and its peers on the same programs."""
