"""Commands of whoever walks at a terminal, and of what is at hand when the rest is gone."""
