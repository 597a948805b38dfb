"""Other systems' protocols."""
