"""What a program reads and writes elsewhere than in files: one file for each way there."""
