"""Values, their bytes and their names."""
