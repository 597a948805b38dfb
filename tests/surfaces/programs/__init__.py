"""Programs that the real MLflow's interpreter runs: they import nothing of ours, and assert what they find."""
