"""What is told to others: webhooks and their outbox."""
