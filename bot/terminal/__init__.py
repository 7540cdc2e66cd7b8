"""A walk at a terminal: keys in, the same command handler, the same words out."""
