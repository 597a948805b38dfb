"""What frameworks do: one file each, loaded when the program loads the framework."""
