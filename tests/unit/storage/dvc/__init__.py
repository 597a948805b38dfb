"""Caches and remotes of DVC."""
