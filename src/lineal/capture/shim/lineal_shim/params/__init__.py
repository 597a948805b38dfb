"""Where parameters come from: one file a source, loaded when the program loads the library."""
