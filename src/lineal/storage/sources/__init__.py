"""Sources: content that stands elsewhere and is referred to, not copied. One interface, one file for each kind."""
