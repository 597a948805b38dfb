"""Results of tools that evaluate models, read from their files: one file a tool, known by content, nothing executed."""
