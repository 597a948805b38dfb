"""DVC beside Lineal."""
