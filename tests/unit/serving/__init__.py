"""The server of one version: its files, its rows, its answers, its end."""
