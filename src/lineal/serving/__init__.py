"""The small server that runs beside a model, in the model's own environment: it knows values and formats, no store."""
