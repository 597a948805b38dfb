"""Questions: what there is, what it came from, in our language and in SQL."""
