"""What the launcher puts into the recorded program's own interpreter: standard library only, and never in its way."""
