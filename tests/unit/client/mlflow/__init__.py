"""What moves between MLflow and here."""
