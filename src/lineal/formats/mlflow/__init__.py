"""What MLflow keeps, as values, and as its file store writes them."""
