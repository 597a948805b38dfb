"""What is computed of answers to rows: metrics, intervals, tests, curves. Numbers in, numbers out."""
