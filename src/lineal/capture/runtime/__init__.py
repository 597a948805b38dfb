"""What a program ran with besides its code and data: packages, lock files, machine, container."""
