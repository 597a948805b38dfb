"""The files of a run: watched, hashed meanwhile, sorted at last, named and labelled."""
