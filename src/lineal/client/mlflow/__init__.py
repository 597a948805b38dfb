"""History that moves from MLflow to here, and back."""
