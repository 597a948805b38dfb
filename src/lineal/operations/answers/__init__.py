"""What operations answer: values put together for a reader. Each carries the reference by which to ask for it again."""
