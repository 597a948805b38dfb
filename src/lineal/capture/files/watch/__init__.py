"""See which files a program reads and writes, at the operating system, whatever library it uses."""
