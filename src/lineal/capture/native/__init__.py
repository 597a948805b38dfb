"""What a program tells of its run with calls of ours: runs that it begins, and values that are no numbers."""
