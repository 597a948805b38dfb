"""Remotes: what is asked of them before anything is sent or handed out."""
