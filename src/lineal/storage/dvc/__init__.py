"""Caches and remotes of DVC: read and written in their own layout."""
