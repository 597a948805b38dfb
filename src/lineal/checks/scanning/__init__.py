"""What may be named in a model's file, and what a scan makes of it."""
