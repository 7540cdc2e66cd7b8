"""A walk at a terminal: keys in, the same desk, the same words out."""
