"""The main job of Lineal on real data, told in plain words: ``python -m demo``."""
