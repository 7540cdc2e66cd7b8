"""What an author asks of a folder of runbooks: what is wrong in it, and what has served from it."""
