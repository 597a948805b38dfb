"""What models are built of, read from their files without executing anything that is in them.

One file a format; `reading.read_structure` knows them all, and the layouts of directories. What comes of each is the same:
`lineal.objects.structures.Structure`. Only what describes a model is read, not its weights.
"""
