"""The verbs and what every one of them passes through."""
