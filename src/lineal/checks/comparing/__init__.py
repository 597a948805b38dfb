"""What differs between two things of a kind: values, files, rows, sources, tables, tensors."""
