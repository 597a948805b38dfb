"""MLflow's protocol."""
