"""Model cards: what stands on one, and the forms it is written in. Facts are generated; a person's words are kept."""
