"""The code behind a run: what Git knows of it, the sources it does not know, modules from elsewhere, notebooks."""
