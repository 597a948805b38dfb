"""Pure judges: evidence in, verdicts out. What a version scores, what its number must be, whether it may pass a gate."""
