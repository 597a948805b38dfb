"""The text of lineal.toml as values, and where an error stands in it."""
