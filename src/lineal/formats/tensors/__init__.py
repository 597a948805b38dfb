"""Tensors in files of models, found without executing anything that is in them.

One file a format; `formats.read_model` knows them all. What comes of each is the same: `tensor.Contents`.
"""
