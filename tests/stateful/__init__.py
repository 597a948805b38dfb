"""Long random histories against simple models."""
