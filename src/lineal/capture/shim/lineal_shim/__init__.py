"""The recorder inside the program's interpreter. Its modules import the standard library and each other."""
