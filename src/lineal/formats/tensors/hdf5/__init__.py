"""HDF5 from strangers: groups, attributes and datasets, read in a bounded way, without the library that others use for it."""
