"""Registries of OCI artifacts, over the distribution API."""
