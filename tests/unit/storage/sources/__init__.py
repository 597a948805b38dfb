"""Sources, kind by kind: what the conformance suite cannot know."""
