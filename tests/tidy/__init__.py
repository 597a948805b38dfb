"""The shape of the house: budgets that keep it a pleasure to live in."""
