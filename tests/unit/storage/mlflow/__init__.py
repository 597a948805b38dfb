"""What MLflow keeps, read."""
