"""The files people work with: what changed since they were added, and how versions of them are put in place."""
