"""Real places with real content, to which sources refer."""
