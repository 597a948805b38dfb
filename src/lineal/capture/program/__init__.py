"""The program that is recorded: its processes and streams, what it uses of the machine, whom it is connected to."""
