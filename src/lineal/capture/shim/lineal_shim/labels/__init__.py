"""What libraries take files for: one table of their readers and writers, and one way to describe what comes of them."""
