"""The files of DVC."""
