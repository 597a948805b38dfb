"""Pure judges: evidence in, verdicts out: what a version scores, what its number must be, whether it may pass."""
