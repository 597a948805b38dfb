"""Every implementation against the contract of its interface."""
