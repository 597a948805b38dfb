"""Places where MLflow keeps what it knows: databases, folders, servers."""
